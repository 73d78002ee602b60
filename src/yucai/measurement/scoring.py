"""From responses and a calibration to profiles: where each learner stands on each quality, and how surely."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from yucai.errors import YucaiError
from yucai.evidence import Responses
from yucai.frames import Column, Contract
from yucai.framework import EvidenceKind, EvidenceRule, ItemModel, Strength
from yucai.measurement.calibration import Calibration, QualityScale
from yucai.measurement.coding import CodedQuality
from yucai.measurement.estimation import grid_of, membership_of, posterior
from yucai.measurement.parameters import Design, Parameters, curves_of, design_of, table_of
from yucai.texts import Text

__all__ = ["PROFILES", "EnoughRule", "Profile", "Profiles", "UnknownUnitError", "score"]

Array = npt.NDArray[np.float64]
NODES: Final = 241
NORMAL_90: Final = 1.6448536269514722

PROFILES = Contract(
    "profiles",
    (
        Column(name="learner", kind="text", meaning=Text("learner", "学习者")),
        Column(name="occasion", kind="text", meaning=Text("term or period", "学期或时段"), nullable=True),
        Column(name="quality", kind="text", meaning=Text("quality", "素养")),
        Column(
            name="mean", kind="number", meaning=Text("where the learner stands", "所处位置"), unit="SD of all units"
        ),
        Column(name="std_error", kind="number", meaning=Text("standard error", "标准误"), unit="SD of all units"),
        Column(name="lower90", kind="number", meaning=Text("lower end of the 90 % interval", "90% 区间下限")),
        Column(name="upper90", kind="number", meaning=Text("upper end of the 90 % interval", "90% 区间上限")),
        Column(name="n_evidence", kind="whole", meaning=Text("pieces of evidence", "证据条数")),
        Column(name="enough", kind="flag", meaning=Text("enough evidence to show", "证据是否充足")),
    ),
)


class UnknownUnitError(YucaiError):
    """No profile of that learner in that occasion."""

    says = Text(
        "There is no evidence of {learner} in {occasion}, so there is no profile. Check both names.",
        "没有 {learner} 在 {occasion} 的证据，因此没有画像。请核对这两个名称。",
    )
    exit_code = 65


@dataclass(frozen=True, slots=True, kw_only=True)
class EnoughRule:
    """When there is enough evidence to show where a learner stands.

    Both must hold: at least ``min_evidence`` pieces, and a reliability 1 - SE^2 of at least ``min_reliability``
    (the share of the differences between learners that the profile can see).
    """

    min_evidence: int = 3
    min_reliability: float = 0.36

    def holds(self, n_evidence: npt.NDArray[np.int64], std_error: Array) -> npt.NDArray[np.bool_]:
        """Return, elementwise, whether there is enough."""
        return (n_evidence >= self.min_evidence) & (1.0 - std_error**2 >= self.min_reliability)

    def why_not(self, n_evidence: int, std_error: float) -> Text | None:
        """Return what is missing, or None when there is enough."""
        if n_evidence == 0:
            return Text("No evidence yet.", "尚无证据。")
        if n_evidence < self.min_evidence:
            return Text(
                f"Only {n_evidence} of at least {self.min_evidence} pieces of evidence.",
                f"目前只有 {n_evidence} 条证据，至少需要 {self.min_evidence} 条。",
            )
        if 1.0 - std_error**2 < self.min_reliability:
            return Text(
                f"The {n_evidence} pieces of evidence leave it too unsure; stronger or further evidence is needed.",
                f"现有 {n_evidence} 条证据仍不足以判断，需要更有力或更多的证据。",
            )
        return None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Profile:
    """Where one learner stands in one occasion. K qualities; numbers in SDs of all units, 0 their average.

    mean, lower90, upper90, n_evidence and enough are (K,); covariance is (K, K), diagonal as long as qualities are
    calibrated apart. Without evidence the mean is 0 and the variance 1: nothing known, and ``enough`` is False.
    """

    learner: str
    occasion: str | None
    qualities: tuple[str, ...]
    mean: Array
    covariance: Array
    lower90: Array
    upper90: Array
    n_evidence: npt.NDArray[np.int64]
    kinds: tuple[tuple[str, ...], ...]
    enough: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Profiles:
    """Profiles of N units on K qualities; arrays are (N, K), rows in the order of ``units`` (learner, occasion)."""

    units: pl.DataFrame
    qualities: tuple[str, ...]
    mean: Array
    std_error: Array
    lower90: Array
    upper90: Array
    n_evidence: npt.NDArray[np.int64]
    enough: npt.NDArray[np.bool_]
    kinds_used: tuple[tuple[tuple[str, ...], ...], ...]

    def __len__(self) -> int:
        """The number of units."""
        return self.units.height

    def of(self, learner: str, occasion: str | None = None) -> Profile:
        """Return the profile of a learner in an occasion. Raises UnknownUnitError."""
        here = (self.units["learner"] == learner) & self.units["occasion"].eq_missing(occasion)
        if not here.any():
            raise UnknownUnitError(learner=learner, occasion=occasion or "-")
        i = int(here.arg_max() or 0)
        return Profile(
            learner=learner,
            occasion=occasion,
            qualities=self.qualities,
            mean=self.mean[i],
            covariance=np.diag(self.std_error[i] ** 2),
            lower90=self.lower90[i],
            upper90=self.upper90[i],
            n_evidence=self.n_evidence[i],
            kinds=self.kinds_used[i],
            enough=self.enough[i],
        )

    def to_table(self) -> pl.DataFrame:
        """Return one row a unit and quality, in the columns of ``PROFILES``."""
        n, k = self.mean.shape
        rows = np.repeat(np.arange(n), k)
        table = self.units[rows.tolist()].with_columns(
            quality=pl.Series(list(self.qualities) * n, dtype=pl.String),
            mean=self.mean.ravel(),
            std_error=self.std_error.ravel(),
            lower90=self.lower90.ravel(),
            upper90=self.upper90.ravel(),
            n_evidence=self.n_evidence.ravel(),
            enough=self.enough.ravel(),
        )
        return PROFILES.check(table)


def score(responses: Responses, calibration: Calibration, *, rule: EnoughRule | None = None) -> Profiles:
    """Return the profiles that the responses give under a calibration.

    Expected a posteriori means with the standard normal as prior (Bock and Mislevy 1982), 90 % intervals from the
    5 % and 95 % points of the posterior, widened for what is not known of the raters' severity. Responses on items
    that the calibration does not hold, or in categories it has not met, are not counted.
    """
    rule = rule or EnoughRule()
    units = responses.table.select("learner", "occasion").unique().sort("learner", "occasion", nulls_last=False)
    n, k = units.height, len(calibration.qualities)
    mean, sd = np.zeros((n, k)), np.ones((n, k))
    lower, upper = np.full((n, k), -NORMAL_90), np.full((n, k), NORMAL_90)
    n_evidence = np.zeros((n, k), dtype=np.int64)
    kinds: list[list[tuple[str, ...]]] = [[()] * k for _ in range(n)]
    numbered = units.with_row_index("unit")
    for q, quality in enumerate(calibration.qualities):
        scale = calibration.scale(quality)
        coded = None if scale is None else _recoded(responses, numbered, scale)
        if scale is None or coded is None:
            continue
        rows = np.unique(coded.unit)
        place = _placed(coded, scale)
        for target, found in zip((mean, sd, lower, upper), place, strict=True):
            target[rows, q] = found[rows]
        n_evidence[:, q] = np.bincount(coded.unit, minlength=n)
        _note_kinds(kinds, q, coded, scale)
    return Profiles(
        units=units,
        qualities=calibration.qualities,
        mean=mean,
        std_error=sd,
        lower90=lower,
        upper90=upper,
        n_evidence=n_evidence,
        enough=rule.holds(n_evidence, sd),
        kinds_used=tuple(tuple(row) for row in kinds),
    )


def _recoded(responses: Responses, units: pl.DataFrame, scale: QualityScale) -> CodedQuality | None:
    """Return the responses on a scale's items in the scale's own categories; None when there are none."""
    known = {item.item: j for j, item in enumerate(scale.items)}
    raters = tuple(rater.rater for rater in scale.raters)
    mine = responses.table.filter(pl.col("item").is_in(list(known))).join(
        units, on=["learner", "occasion"], nulls_equal=True
    )
    if not mine.height:
        return None
    item = mine["item"].replace_strict(known, return_dtype=pl.Int64).to_numpy()
    category = np.full(mine.height, -1)
    score_, highest = mine["score"].to_numpy(), mine["max_score"].to_numpy()
    for j, parameters in enumerate(scale.items):
        here = np.flatnonzero(item == j)
        met = _category(score_[here], highest[here], parameters.bands, parameters.reversed)
        at = np.searchsorted(parameters.categories, met)
        fits = np.isin(met, parameters.categories)
        category[here[fits]] = at[fits]
    judge = mine["rater"].replace_strict({name: r for r, name in enumerate(raters)}, default=-1, return_dtype=pl.Int64)
    counted = category >= 0
    if not counted.any():
        return None
    return CodedQuality(
        quality=scale.quality,
        units=units,
        items=tuple(known),
        rules=tuple(_rule(scale.quality, i.model, i.kind, i.strength) for i in scale.items),
        used=tuple(i.categories for i in scale.items),
        raters=raters,
        unit=mine["unit"].to_numpy().astype(np.intp)[counted],
        item=item.astype(np.intp)[counted],
        category=category.astype(np.intp)[counted],
        rater=judge.to_numpy().astype(np.intp)[counted],
    )


def _category(score: Array, highest: Array, bands: tuple[float, ...], turned: bool) -> npt.NDArray[np.int64]:
    met = np.searchsorted(np.asarray(bands), score / highest + 1e-9, side="right") if bands else score.astype(np.int64)
    top = len(bands) if bands else highest.astype(np.int64)
    return np.asarray(top - met if turned else met, dtype=np.int64)


def _rule(quality: str, model: ItemModel, kind: str, strength: str) -> EvidenceRule:
    return EvidenceRule(
        item="*",
        quality=quality,
        model=model,
        kind=EvidenceKind(kind),
        strength=Strength(strength),
        reason=Text("", ""),
    )


def _parameters(scale: QualityScale) -> Parameters:
    most = max(len(item.intercepts) for item in scale.items)
    intercepts = np.full((len(scale.items), most), np.nan)
    for j, item in enumerate(scale.items):
        intercepts[j, : len(item.intercepts)] = item.intercepts
    return Parameters(
        slope=np.array([item.slope for item in scale.items]),
        intercepts=intercepts,
        severity=np.array([rater.severity for rater in scale.raters]),
        severity_sd=scale.severity_sd,
    )


def _placed(coded: CodedQuality, scale: QualityScale) -> tuple[Array, Array, Array, Array]:
    """Return mean, SD and both ends of the 90 % interval for every unit, each (N,)."""
    design, parameters, grid = design_of(coded), _parameters(scale), grid_of(NODES)
    weights, _ = posterior(membership_of(coded, design), table_of(design, parameters, grid.nodes), grid)
    mean = weights @ grid.nodes
    variance = np.maximum(weights @ grid.nodes**2 - mean**2, 1e-12)
    total = variance + _rater_variance(coded, design, parameters, scale, weights, mean, grid.nodes)
    wider = np.sqrt(total / variance)
    ends = [mean + (_quantile(weights, grid.nodes, share) - mean) * wider for share in (0.05, 0.95)]
    return mean, np.sqrt(total), ends[0], ends[1]


def _quantile(weights: Array, nodes: Array, share: float) -> Array:
    """Return the point below which a share of each posterior lies, each node's weight spread evenly over its cell."""
    reached = np.cumsum(weights, axis=1)
    q = np.minimum((reached < share).sum(axis=1), len(nodes) - 1)
    rows = np.arange(len(weights))
    before = np.where(q > 0, reached[rows, np.maximum(q - 1, 0)], 0.0)
    inside = (share - before) / np.maximum(weights[rows, q], 1e-300)
    reached_at: Array = nodes[q] + (inside - 0.5) * (nodes[1] - nodes[0])
    return reached_at


def _rater_variance(
    coded: CodedQuality,
    design: Design,
    parameters: Parameters,
    scale: QualityScale,
    weights: Array,
    mean: Array,
    nodes: Array,
) -> Array:
    """Return what not knowing the severities adds to each unit's variance (delta method), (N,)."""
    added = np.zeros(coded.units.height)
    if not scale.raters:
        return added
    error = np.array([rater.std_error for rater in scale.raters]) ** 2
    n_raters = len(scale.raters)
    total = np.zeros(coded.units.height * n_raters)
    for block in design.blocks:
        in_block = np.isin(design.entry, (block.first[:, None] + np.arange(block.n_categories)).ravel())
        mine = np.flatnonzero(in_block & (coded.rater >= 0))
        if not len(mine):
            continue
        by_place = curves_of(block, parameters, nodes).by_place
        cell = np.searchsorted(block.first, design.entry[mine], side="right") - 1
        category = design.entry[mine] - block.first[cell]
        for part in np.array_split(np.arange(len(mine)), max(1, len(mine) // 20_000)):
            r, c, k = mine[part], cell[part], category[part]
            w, slope = weights[coded.unit[r]], -by_place[c, k]
            # The derivative of a posterior mean by a parameter is the posterior covariance of place and score.
            covaries = np.einsum("rq,rq,rq->r", w, slope, nodes[None, :] - mean[coded.unit[r], None])
            total += np.bincount(coded.unit[r] * n_raters + coded.rater[r], covaries, minlength=len(total))
    return np.asarray(total.reshape(-1, n_raters) ** 2 @ error)


def _note_kinds(kinds: list[list[tuple[str, ...]]], q: int, coded: CodedQuality, scale: QualityScale) -> None:
    pairs = pl.DataFrame({"unit": coded.unit, "kind": [scale.items[j].kind for j in coded.item]}).unique()
    for unit, met in pairs.sort("kind").group_by("unit", maintain_order=True).agg("kind").iter_rows():
        kinds[unit][q] = tuple(met)
