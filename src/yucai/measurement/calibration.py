"""A calibration: what is known of items and raters, quality by quality, and how it was found out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from yucai.errors import YucaiError
from yucai.evidence import Responses
from yucai.framework import EvidenceMap, ItemModel
from yucai.measurement.coding import CodedQuality, code_responses, qualities_of
from yucai.measurement.estimation import (
    INTERCEPT_PRIOR_SD,
    SLOPE_PRIOR,
    STEEPEST,
    Estimate,
    estimate,
)
from yucai.measurement.parameters import FEW_IN_CATEGORY, FEW_RESPONSES
from yucai.texts import Text

__all__ = ["CONVENTION", "Calibration", "CalibrationFileError", "QualityScale", "calibrate"]

Array = npt.NDArray[np.float64]
Report = Callable[[float, Text], None]

FILE_VERSION: Final = 1
CONVENTION: Final = (
    "Logistic metric (D = 1), slope-intercept form: graded logit P(Y >= k) = a (x - rho) + d_k; partial credit "
    "log P(k)/P(k-1) = a (x - rho) + d_k. x is standard normal over the units (learner in an occasion), rho is normal "
    f"with estimated spread. Items with fewer than {FEW_RESPONSES} responses, or {FEW_IN_CATEGORY} in the rarest "
    f"category, have priors a ~ N({SLOPE_PRIOR[0]}, {SLOPE_PRIOR[1]}^2), d ~ N(0, {INTERCEPT_PRIOR_SD}^2)."
)

ALL_ALIKE = Text(
    "{quality}: on {n} items everybody reached the same category (first: {item}); they tell nothing and were left out.",
    "{quality}：有 {n} 个题目所有人得分档相同（首个：{item}），不提供信息，已略去。",
)
MERGED = Text(
    "{quality}: {n} items have categories that nobody reached (first: {item}); they were joined with their neighbours.",
    "{quality}：有 {n} 个题目存在无人达到的得分档（首个：{item}），已与相邻档合并。",
)
TOO_ALIKE = Text(
    "{quality}: {n} items repeat each other almost word for word (first: {item}); their weight was bounded.",
    "{quality}：有 {n} 个题目的作答几乎完全相同（首个：{item}），其权重已设上限。",
)
NOT_CONVERGED = Text(
    "{quality}: the search ended after {n} steps without settling; read its numbers with care.",
    "{quality}：迭代 {n} 步后仍未收敛，其数值须谨慎使用。",
)
LONE_RATERS = Text(
    "{quality}: raters {raters} judged nobody whom others judged too; their severity rests on the assumption "
    "that their learners are like all others.",
    "{quality}：评分人 {raters} 评过的学习者没有其他人评过，其严格程度只能假定这些学习者与其他人相当。",
)
ONE_QUALITY = Text("Calibrating {quality}", "正在标定 {quality}")


class CalibrationFileError(YucaiError):
    """A file is no calibration of ours."""

    says = Text(
        "“{file}” is no calibration that this version can read ({reason}). Calibrate again: yucai measure",
        "“{file}”不是本版本可读取的标定文件（{reason}）。请重新标定：yucai measure",
    )
    exit_code = 65


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemParameters:
    """One item on the scale of its quality. ``categories`` are the score categories met, lowest first."""

    item: str
    model: ItemModel
    kind: str
    strength: str
    bands: tuple[float, ...]
    reversed: bool
    categories: tuple[int, ...]
    slope: float
    slope_std_error: float
    intercepts: tuple[float, ...]
    intercept_std_errors: tuple[float, ...]
    n_responses: int

    @property
    def difficulty(self) -> float:
        """Where on the scale the middle of the item lies: mean of -d/a; NaN for an item that does not discriminate."""
        if abs(self.slope) < 1e-6:
            return float("nan")
        return float(np.mean([-d / self.slope for d in self.intercepts]))


@dataclass(frozen=True, slots=True, kw_only=True)
class RaterSeverity:
    """How much further along a learner must be for the same rating from this rater as from an average one (logits)."""

    rater: str
    severity: float
    std_error: float
    n_ratings: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityScale:
    """Items and raters of one quality, and how well the search went."""

    quality: str
    items: tuple[ItemParameters, ...]
    raters: tuple[RaterSeverity, ...]
    severity_sd: float
    log_likelihood: float
    n_units: int
    n_responses: int
    n_steps: int
    n_nodes: int
    converged: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """What evidence says of items and raters. Scales are one for each quality that has evidence."""

    evidence_map: str
    evidence_map_version: str
    framework: str
    qualities: tuple[str, ...]  # all that the map has rules for, measured or not
    scales: tuple[QualityScale, ...]
    notices: tuple[Text, ...]
    convention: str = CONVENTION

    @property
    def converged(self) -> bool:
        """Whether the search settled for every quality."""
        return all(scale.converged for scale in self.scales)

    def scale(self, quality: str) -> QualityScale | None:
        """Return the scale of a quality, or None when it has no evidence."""
        return next((scale for scale in self.scales if scale.quality == quality), None)

    def items_table(self) -> pl.DataFrame:
        """Return one row an item: quality, item, model, slope, difficulty, standard errors, number of responses."""
        rows = [
            (s.quality, i.item, str(i.model), i.slope, i.slope_std_error, i.difficulty, i.n_responses)
            for s in self.scales
            for i in s.items
        ]
        names = ["quality", "item", "model", "slope", "slope_std_error", "difficulty", "n_responses"]
        return pl.DataFrame(rows, schema=names, orient="row")

    def raters_table(self) -> pl.DataFrame:
        """Return one row a rater and quality: severity in logits, its standard error, number of ratings."""
        rows = [(s.quality, r.rater, r.severity, r.std_error, r.n_ratings) for s in self.scales for r in s.raters]
        schema = {
            "quality": pl.String, "rater": pl.String, "severity": pl.Float64,
            "std_error": pl.Float64, "n_ratings": pl.Int64,
        }  # fmt: skip
        return pl.DataFrame(rows, schema=schema, orient="row")

    def save(self, file: Path) -> None:
        """Write the calibration as one JSON file with version and convention; whole or not at all."""
        said = {"yucai_calibration": FILE_VERSION, **asdict(self)}
        unfinished = file.with_name(f".{file.name}.part")
        unfinished.write_text(json.dumps(said, ensure_ascii=False), encoding="utf-8")
        unfinished.rename(file)

    @classmethod
    def load(cls, file: Path) -> Calibration:
        """Return the calibration in a file. Raises CalibrationFileError."""
        try:
            said = json.loads(file.read_text(encoding="utf-8"))
            if said.pop("yucai_calibration") != FILE_VERSION:
                raise CalibrationFileError(file=file.name, reason=Text("another version", "版本不同"))
            return _from_json(said)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as problem:
            raise CalibrationFileError(file=file.name, reason=problem) from problem


def calibrate(responses: Responses, evidence_map: EvidenceMap, *, report: Report | None = None) -> Calibration:
    """Return what the responses say of items and raters, each quality by marginal maximum likelihood.

    A response counts for the quality its item's rule names; items without a rule are passed over. ``report(done,
    text)`` hears of the progress from 0 to 1. What could not be estimated is left out and named in ``notices``.
    Raises FaultyInputError: no responses, none under a rule, scores that are no categories of their item.
    """
    coded = code_responses(responses, evidence_map)
    scales, notices = [], []
    for place, whole in enumerate(coded):
        part, said = _informative(whole)
        notices += said
        if part is None:
            continue

        def told(done: float, place: int = place, quality: str = whole.quality) -> None:
            if report is not None:
                report((place + done) / len(coded), Text(*(_filled(ONE_QUALITY, quality=quality))))

        found = estimate(part, told=told)
        notices += _warnings(part, found)
        scales.append(_scale(part, found))
    return Calibration(
        evidence_map=evidence_map.code,
        evidence_map_version=evidence_map.version,
        framework=evidence_map.framework,
        qualities=qualities_of(evidence_map),
        scales=tuple(scales),
        notices=tuple(notices),
    )


def _filled(text: Text, **facts: object) -> tuple[str, str]:
    return text.en.format(**facts), text.zh.format(**facts)


def _informative(coded: CodedQuality) -> tuple[CodedQuality | None, list[Text]]:
    """Leave out items that everybody answered alike; None when nothing is left."""
    dull = [j for j, used in enumerate(coded.used) if len(used) < 2]
    if not dull:
        return coded, []
    said = [Text(*_filled(ALL_ALIKE, quality=coded.quality, n=len(dull), item=coded.items[dull[0]]))]
    if len(dull) == len(coded.items):
        return None, said
    kept = [j for j in range(len(coded.items)) if j not in set(dull)]
    return _only_items(coded, kept), said


def _only_items(coded: CodedQuality, kept: list[int]) -> CodedQuality:
    here = np.isin(coded.item, kept)
    units, unit = np.unique(coded.unit[here], return_inverse=True)
    renamed = np.full(len(coded.items), -1)
    renamed[kept] = np.arange(len(kept))
    return CodedQuality(
        quality=coded.quality,
        units=coded.units[units.tolist()],
        items=tuple(coded.items[j] for j in kept),
        rules=tuple(coded.rules[j] for j in kept),
        used=tuple(coded.used[j] for j in kept),
        raters=coded.raters,
        unit=unit.astype(np.intp),
        item=renamed[coded.item[here]].astype(np.intp),
        category=coded.category[here],
        rater=coded.rater[here],
    )


def _warnings(coded: CodedQuality, found: Estimate) -> Iterator[Text]:
    merged = [
        item
        for item, used, rule in zip(coded.items, coded.used, coded.rules, strict=True)
        if len(used) < (len(rule.bands) + 1 if rule.bands else used[-1] + 1)
    ]
    if merged:
        yield Text(*_filled(MERGED, quality=coded.quality, n=len(merged), item=merged[0]))
    steep = [coded.items[j] for j in np.flatnonzero(np.abs(found.parameters.slope) >= STEEPEST)]
    if steep:
        yield Text(*_filled(TOO_ALIKE, quality=coded.quality, n=len(steep), item=steep[0]))
    if not found.converged:
        yield Text(*_filled(NOT_CONVERGED, quality=coded.quality, n=found.n_steps))
    lone = _lone_raters(coded)
    if lone:
        yield Text(*_filled(LONE_RATERS, quality=coded.quality, raters=", ".join(lone)))


def _lone_raters(coded: CodedQuality) -> list[str]:
    """Raters who share no unit with any other rater."""
    if len(coded.raters) < 2:
        return []
    pairs = np.unique(np.column_stack([coded.unit, coded.rater])[coded.rater >= 0], axis=0)
    judges_of_unit = np.bincount(pairs[:, 0], minlength=coded.units.height)
    linked = np.unique(pairs[judges_of_unit[pairs[:, 0]] > 1, 1])
    return [rater for r, rater in enumerate(coded.raters) if r not in set(linked.tolist())]


def _scale(coded: CodedQuality, found: Estimate) -> QualityScale:
    p = found.parameters
    errors = np.sqrt(np.maximum(np.diag(found.covariance), 0.0))
    n_items, steps = len(coded.items), (~np.isnan(p.intercepts)).sum(axis=1)
    first = n_items + np.concatenate([[0], np.cumsum(steps)[:-1]])
    n_responses = np.bincount(coded.item, minlength=n_items)
    items = tuple(
        ItemParameters(
            item=item,
            model=rule.model,
            kind=str(rule.kind),
            strength=str(rule.strength),
            bands=rule.bands,
            reversed=rule.reversed,
            categories=used,
            slope=float(p.slope[j]),
            slope_std_error=float(errors[j]),
            intercepts=tuple(float(d) for d in p.intercepts[j, : steps[j]]),
            intercept_std_errors=tuple(float(e) for e in errors[first[j] : first[j] + steps[j]]),
            n_responses=int(n_responses[j]),
        )
        for j, (item, rule, used) in enumerate(zip(coded.items, coded.rules, coded.used, strict=True))
    )
    n_ratings = np.bincount(coded.rater[coded.rater >= 0], minlength=len(coded.raters))
    after = n_items + int(steps.sum())
    raters = tuple(
        RaterSeverity(
            rater=rater,
            severity=float(p.severity[r]),
            std_error=float(errors[after + r]),
            n_ratings=int(n_ratings[r]),
        )
        for r, rater in enumerate(coded.raters)
    )
    return QualityScale(
        quality=coded.quality,
        items=items,
        raters=raters,
        severity_sd=p.severity_sd,
        log_likelihood=found.log_likelihood,
        n_units=coded.units.height,
        n_responses=len(coded.unit),
        n_steps=found.n_steps,
        n_nodes=found.n_nodes,
        converged=found.converged,
    )


def _from_json(said: Mapping[str, Any]) -> Calibration:
    scales = tuple(
        QualityScale(
            **{
                **scale,
                "items": tuple(
                    ItemParameters(
                        **{
                            **item,
                            "model": ItemModel(item["model"]),
                            **{name: tuple(item[name]) for name in TUPLES},
                        }
                    )
                    for item in scale["items"]
                ),
                "raters": tuple(RaterSeverity(**rater) for rater in scale["raters"]),
            }
        )
        for scale in said["scales"]
    )
    notices = tuple(Text(**notice) for notice in said["notices"])
    return Calibration(**{**said, "qualities": tuple(said["qualities"]), "scales": scales, "notices": notices})


TUPLES: Final = ("bands", "categories", "intercepts", "intercept_std_errors")
