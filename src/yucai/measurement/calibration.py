"""A calibration: what is known of items and raters, quality by quality, and how it was found out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from yucai.errors import FaultyInputError
from yucai.evidence import Responses, Unwanted
from yucai.frames import Column, Contract
from yucai.framework import EvidenceMap, ItemModel
from yucai.measurement.coding import Coded, CodedQuality, about_rules, code_responses, qualities_of, units_of
from yucai.measurement.keeping import UnreadableError, keep, kept_in
from yucai.measurement.linking import anchors_of, check_links
from yucai.measurement.notices import about_items_alike, about_numbers, about_one_rater, about_search
from yucai.measurement.populations import Population, background_of
from yucai.measurement.priors import FEW_IN_CATEGORY, FEW_RESPONSES, FLOOR_PRIOR, INTERCEPT_PRIOR_SD, SLOPE_PRIOR
from yucai.measurement.scales import ItemParameters, LeftOutItem, QualityScale, RaterSeverity
from yucai.measurement.severity_spread import SPREAD_MODE
from yucai.texts import Text

if TYPE_CHECKING:
    from yucai.measurement.joint import Joint, QualityNumbers

__all__ = [
    "CONVENTION",
    "ITEMS",
    "RATERS",
    "Calibration",
    "CalibrationFileError",
    "ItemParameters",
    "LeftOutItem",
    "QualityScale",
    "RaterSeverity",
    "StandardErrors",
    "calibrate",
    "calibration_of",
]

Array = npt.NDArray[np.float64]
Report = Callable[[float, Text], None]

FILE_VERSION: Final = 4
KEPT_AS: Final = "yucai_calibration"
CONVENTION: Final = (
    "Logistic metric (D = 1), slope-intercept form: graded logit P(Y >= k) = a (x - rho) + d_k; partial credit "
    "log P(k)/P(k-1) = a (x - rho) + d_k; nominal log P(k)/P(0) = a_k (x - rho) + d_k; guessing P(1) = c + (1 - c) / "
    "(1 + exp(-a (x - rho) - d)), logit c ~ "
    f"N({FLOOR_PRIOR[0]:g}, {FLOOR_PRIOR[1]:g}^2). The places x of all qualities are normal over the units (learner in "
    "an occasion), each with mean 0 and variance 1, and correlated as estimated; with covariates that is for units at "
    "the centers of the covariates, with groups for those of the first group, and a quality with anchors keeps the "
    "scale of the earlier calibration. rho is normal "
    f"with mean 0 and estimated spread (Rayleigh prior, mode {SPREAD_MODE:g}). Items with fewer than {FEW_RESPONSES} "
    f"responses, or {FEW_IN_CATEGORY} in the rarest category, have priors a ~ N({SLOPE_PRIOR[0]:g}, "
    f"{SLOPE_PRIOR[1]:g}^2), d ~ N(0, {INTERCEPT_PRIOR_SD:g}^2); all others have none. Of rated items d is as the "
    "average rater sees it. Items with a declared reliability r have a = pi / sqrt(3) * sqrt(r / (1 - r)), which is "
    "not estimated."
)
TOGETHER: Final = Text("Calibrating all qualities together", "正在联合标定各项素养")

ITEMS: Final = Contract(
    "calibrated items",
    (
        Column(name="quality", kind="text", meaning=Text("quality", "素养")),
        Column(name="item", kind="text", meaning=Text("item", "题目")),
        Column(name="model", kind="text", meaning=Text("model of the item", "题目模型")),
        Column(name="slope", kind="number", meaning=Text("discrimination", "区分度"), unit="logits per SD of units"),
        Column(name="slope_std_error", kind="number", meaning=Text("its standard error", "区分度标准误")),
        Column(
            name="difficulty", kind="number", meaning=Text("middle of the item on the scale", "难度"),
            unit="SD of all units", nullable=True,
        ),
        Column(
            name="floor", kind="number", meaning=Text("chance of whoever knows nothing", "猜对的概率"), nullable=True,
        ),
        Column(name="n_categories", kind="whole", meaning=Text("categories met", "得分档数")),
        Column(name="n_responses", kind="whole", meaning=Text("responses", "作答数")),
    ),
)  # fmt: skip
RATERS: Final = Contract(
    "calibrated raters",
    (
        Column(name="quality", kind="text", meaning=Text("quality", "素养")),
        Column(name="rater", kind="text", meaning=Text("rater", "评分人")),
        Column(name="severity", kind="number", meaning=Text("severity", "评分宽严"), unit="SD of all units"),
        Column(name="std_error", kind="number", meaning=Text("its standard error", "标准误"), unit="SD of all units"),
        Column(name="n_ratings", kind="whole", meaning=Text("ratings", "评分数")),
    ),
)


class CalibrationFileError(UnreadableError):
    """A file is no calibration of ours."""

    says = Text(
        "“{file}” is no calibration that this version can read ({reason}). Calibrate again: yucai measure",
        "“{file}”不是本版本可读取的标定文件（{reason}）。请重新标定：yucai measure",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """What evidence says of items and raters, all qualities together. Scales are one for each that has evidence.

    ``correlations`` (K, K) of the places, in the order of the scales, with ``correlation_std_errors``; with groups
    those of the first, with covariates what these do not explain.
    """

    evidence_map: str
    evidence_map_version: str
    framework: str
    qualities: tuple[str, ...]  # all that the map has rules for, measured or not
    scales: tuple[QualityScale, ...]
    left_out: tuple[LeftOutItem, ...]
    notices: tuple[Text, ...]
    correlations: tuple[tuple[float, ...], ...]
    correlation_std_errors: tuple[tuple[float, ...], ...]
    population: Population
    log_likelihood: float
    n_steps: int
    n_nodes: int
    converged: bool
    convention: str = CONVENTION

    def scale(self, quality: str) -> QualityScale | None:
        """Return the scale of a quality, or None when it has no evidence."""
        return next((scale for scale in self.scales if scale.quality == quality), None)

    def items_table(self) -> pl.DataFrame:
        """Return one row an item, in the columns of ``ITEMS``."""
        rows = [
            (
                s.quality,
                i.item,
                str(i.model),
                i.slope,
                i.slope_std_error,
                i.difficulty,
                i.floor if i.model is ItemModel.GUESSING else None,
                len(i.categories),
                i.n_responses,
            )
            for s in self.scales
            for i in s.items
        ]
        table = pl.DataFrame(rows, schema=ITEMS.schema, orient="row")
        return ITEMS.check(table.with_columns(pl.col("difficulty").fill_nan(None)))

    def raters_table(self) -> pl.DataFrame:
        """Return one row a rater and quality, in the columns of ``RATERS``."""
        rows = [(s.quality, r.rater, r.severity, r.std_error, r.n_ratings) for s in self.scales for r in s.raters]
        return RATERS.of_rows(rows)

    def save(self, file: Path) -> None:
        """Write the calibration as one JSON file with version and convention; whole or not at all."""
        keep(file, name=KEPT_AS, version=FILE_VERSION, said=asdict(self))

    @classmethod
    def load(cls, file: Path) -> Calibration:
        """Return the calibration in a file. Raises CalibrationFileError."""
        return kept_in(file, name=KEPT_AS, version=FILE_VERSION, made=_from_json, unreadable=CalibrationFileError)


class StandardErrors(StrEnum):
    """Where standard errors come from.

    ``FITTING``: from the observed information, and with at least 100 units a number from the cross-products of the
    units' scores, which is faster and then as good. ``EXACT``: always from the observed information (Louis 1982).
    """

    FITTING = "fitting"
    EXACT = "exact"


def calibrate(
    responses: Responses,
    evidence_map: EvidenceMap,
    *,
    covariates: pl.DataFrame | None = None,
    groups: pl.DataFrame | None = None,
    reference: str | None = None,
    anchors: Calibration | None = None,
    errors: StandardErrors = StandardErrors.FITTING,
    report: Report | None = None,
    protected: Sequence[Unwanted] = (),
) -> Calibration:
    r"""Return what the responses say of items and raters, all qualities together by marginal maximum likelihood.

    A response counts for the quality its item's rule names; items without a rule are passed over. ``report(done,
    text)`` hears of the progress from 0 to 1. What could not be estimated is left out and named in ``notices``.

    Places x are spread as

    .. math:: x \sim N(\mu_g + \Gamma'(z - c), \Sigma_g)                (latent regression, Mislevy 1984)

    ``covariates`` z: a table with a column ``learner``, perhaps ``occasion``, and numbers; c is their mean over the
    reference group. ``groups``: a table with ``learner``, perhaps ``occasion``, and ``group``; ``reference``, else the
    largest group, has mean 0 and variance 1, all others what is found (Bock and Zimowski 1997). Forms and occasions
    with common items calibrated together are linked by these (concurrent). ``anchors``: an earlier calibration whose
    common items keep their numbers, so that places are counted on its scale, with mean and covariance set free.

    ``protected`` are the traits that a school protects itself; no covariate may be one, by whatever title.

    Raises FaultyInputError: no responses, none under a rule, scores that are no categories of their item, covariates
    or groups that are missing for some learners or explain nothing, groups that nothing links, anchors of another
    framework or without a common item.
    """
    from yucai.measurement.joint import NOTHING, estimate_together  # loads the compiler, which takes a second

    if faults := [*about_rules(responses.table["item"].unique(maintain_order=True), evidence_map)]:
        raise FaultyInputError("responses", faults)
    parts, left_out, notices = _parts(responses, evidence_map)
    told = _teller(report)
    found = NOTHING
    if parts:
        units, whose = units_of(parts)
        background = background_of(units, covariates, groups, reference=reference, protected=protected)
        carried: tuple[dict[int, ItemParameters], ...] = tuple({} for _ in parts)
        if anchors is not None:
            carrying = anchors_of(parts, anchors.scales, anchors.framework, evidence_map.framework)
            carried, notices = carrying.items, [*notices, *carrying.notices]
        check_links(parts, whose, background, carried)
        found = estimate_together(
            parts, background=background, anchors=carried, exact=errors is StandardErrors.EXACT, told=told
        )
    told(1.0)
    return calibration_of(evidence_map, parts, found, left_out, notices)


def calibration_of(
    evidence_map: EvidenceMap, parts: Sequence[Coded], found: Joint,
    left_out: Sequence[LeftOutItem], notices: Sequence[Text],
) -> Calibration:  # fmt: skip
    """Return what was found as a calibration, with what is to be said of it."""
    notices = list(notices)
    for part, numbers in zip(parts, found.qualities, strict=True):
        notices += about_numbers(part, numbers)
    notices += about_search(found)
    return Calibration(
        evidence_map=evidence_map.code,
        evidence_map_version=evidence_map.version,
        framework=evidence_map.framework,
        qualities=qualities_of(evidence_map),
        scales=tuple(_scale(part, numbers) for part, numbers in zip(parts, found.qualities, strict=True)),
        left_out=tuple(left_out),
        notices=tuple(notices),
        correlations=_rows(found.correlations),
        correlation_std_errors=_rows(found.correlation_errors),
        population=found.population,
        log_likelihood=found.log_likelihood,
        n_steps=found.n_steps,
        n_nodes=found.n_nodes,
        converged=found.converged,
    )


def _parts(responses: Responses, evidence_map: EvidenceMap) -> tuple[list[CodedQuality], list[LeftOutItem], list[Text]]:
    """Return what can be estimated, items that tell nothing, and what is to be said of both."""
    parts: list[CodedQuality] = []
    left_out: list[LeftOutItem] = []
    notices: list[Text] = []
    for whole in code_responses(responses, evidence_map):
        part, dull = _informative(whole)
        left_out += [LeftOutItem(quality=whole.quality, item=item) for item in dull]
        if dull:
            notices.append(about_items_alike(whole.quality, dull))
        if part is None:
            continue
        if len(part.raters) == 1:
            notices.append(about_one_rater(part.quality, part.raters[0]))
            part = replace(part, raters=(), rater=np.full_like(part.rater, -1))
        parts.append(part)
    return parts, left_out, notices


def _row(values: Iterable[float]) -> tuple[float, ...]:
    return tuple(map(float, values))


def _rows(matrix: Iterable[Iterable[float]]) -> tuple[tuple[float, ...], ...]:
    return tuple(map(_row, matrix))


def _teller(report: Report | None) -> Callable[[float], None]:
    """Return what hears of the progress; it never goes back."""
    furthest = 0.0

    def told(done: float) -> None:
        nonlocal furthest
        furthest = max(furthest, done)
        if report is not None:
            report(furthest, TOGETHER)

    return told


def _informative(coded: CodedQuality) -> tuple[CodedQuality | None, list[str]]:
    """Leave out, and name, items that everybody answered alike; None when nothing is left."""
    dull = {j for j, used in enumerate(coded.used) if len(used) < 2}
    kept = [j for j in range(len(coded.items)) if j not in dull]
    named = [coded.items[j] for j in sorted(dull)]
    if not dull:
        return coded, named
    return (_only_items(coded, kept) if kept else None), named


def _only_items(coded: CodedQuality, kept: list[int]) -> CodedQuality:
    here = np.isin(coded.item, kept)
    units, unit = np.unique(coded.unit[here], return_inverse=True)
    judges, judge = np.unique(coded.rater[here], return_inverse=True)
    raters = tuple(coded.raters[r] for r in judges if r >= 0)
    renamed = np.full(len(coded.items), -1)
    renamed[kept] = np.arange(len(kept))
    return CodedQuality(
        quality=coded.quality,
        units=coded.units[units.tolist()],
        items=tuple(coded.items[j] for j in kept),
        rules=tuple(coded.rules[j] for j in kept),
        codings=tuple(coded.codings[j] for j in kept),
        used=tuple(coded.used[j] for j in kept),
        raters=raters,
        unit=unit.astype(np.intp),
        item=renamed[coded.item[here]].astype(np.intp),
        category=coded.category[here],
        rater=(judge - (len(judges) - len(raters))).astype(np.intp),
    )


def _scale(coded: Coded, numbers: QualityNumbers) -> QualityScale:
    n_responses = coded.counts.sum(axis=1)
    items = tuple(_item(coded, numbers, j, int(n)) for j, n in enumerate(n_responses))
    n_ratings = np.zeros(0, dtype=np.int64)
    if isinstance(coded, CodedQuality):
        n_ratings = np.bincount(coded.rater[coded.rater >= 0], minlength=len(coded.raters))
    raters = tuple(
        RaterSeverity(
            rater=rater,
            severity=float(numbers.severity[r]),
            std_error=float(numbers.severity_errors[r]),
            n_ratings=int(n_ratings[r]),
        )
        for r, rater in enumerate(coded.raters)
    )
    return QualityScale(
        quality=coded.quality,
        items=items,
        raters=raters,
        severity_sd=numbers.severity_sd,
        n_units=coded.n_units,
        n_responses=int(n_responses.sum()),
    )


def _item(coded: Coded, numbers: QualityNumbers, j: int, n_responses: int) -> ItemParameters:
    rule, used = coded.rules[j], coded.used[j]
    slopes, slope_errors = _row(numbers.slopes[j]), _row(numbers.slope_errors[j])
    floor, floor_error, n_steps = 0.0, 0.0, len(used) - 1
    if rule.model is ItemModel.GUESSING:
        floor = float(1.0 / (1.0 + np.exp(-numbers.intercepts[j][1])))
        floor_error = float(numbers.intercept_errors[j][1]) * floor * (1.0 - floor)  # delta method
    several = len(slopes) > 1
    return ItemParameters(
        item=coded.items[j],
        model=rule.model,
        kind=str(rule.kind),
        strength=str(rule.strength),
        bands=rule.bands,
        reversed=rule.reversed,
        top=coded.codings[j].top,
        categories=used,
        slope=slopes[-1],
        slope_std_error=slope_errors[-1],
        intercepts=_row(numbers.intercepts[j][:n_steps]),
        intercept_std_errors=_row(numbers.intercept_errors[j][:n_steps]),
        n_responses=n_responses,
        edges=rule.edges,
        reliability=rule.reliability,
        slopes=slopes if several else (),
        slope_std_errors=slope_errors if several else (),
        floor=floor,
        floor_std_error=floor_error,
    )


def _from_json(said: Mapping[str, Any]) -> Calibration:
    return Calibration(
        **{
            **said,
            "qualities": tuple(said["qualities"]),
            "scales": tuple(map(QualityScale.from_json, said["scales"])),
            "left_out": tuple(LeftOutItem(**item) for item in said["left_out"]),
            "notices": tuple(Text(**notice) for notice in said["notices"]),
            "correlations": _rows(said["correlations"]),
            "correlation_std_errors": _rows(said["correlation_std_errors"]),
            "population": Population.from_json(said["population"]),
        }
    )
