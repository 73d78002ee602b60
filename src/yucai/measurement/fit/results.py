"""What judging fit gives: of items, persons, raters, pairs of items, the whole; and how precise the evidence is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from yucai.frames import Column, Contract
from yucai.texts import Text

__all__ = [
    "ITEM_FITS",
    "ITEM_INFORMATION",
    "LOCAL_DEPENDENCE",
    "PERSON_FITS",
    "RATER_FITS",
    "RELIABILITY",
    "Informations",
    "ItemFit",
    "ItemFits",
    "LocalDependence",
    "ModelFit",
    "PairDependence",
    "PersonFit",
    "PersonFits",
    "RaterFit",
    "RaterFits",
    "Reliabilities",
    "Reliability",
    "table_of_rows",
]

QUALITY: Final = Column(name="quality", kind="text", meaning=Text("quality", "素养"))
ITEM: Final = Column(name="item", kind="text", meaning=Text("item", "题目"))


def _number(name: str, meaning: Text, *, unit: str = "", nullable: bool = True) -> Column:
    return Column(name=name, kind="number", meaning=meaning, unit=unit, nullable=nullable)


def _squares(of: str) -> tuple[Column, ...]:
    return (
        _number("infit", Text("infit mean square (1: as expected)", "加权均方拟合（1 为符合预期）")),
        _number("infit_z", Text("infit as a standard normal number", "加权均方拟合的标准化值")),
        _number("outfit", Text("outfit mean square (1: as expected)", "未加权均方拟合（1 为符合预期）")),
        _number("outfit_z", Text("outfit as a standard normal number", "未加权均方拟合的标准化值")),
        Column(name=of, kind="whole", meaning=Text("answers", "作答数")),
    )


ITEM_FITS: Final = Contract(
    "item fit",
    (
        QUALITY, ITEM, *_squares("n_answers"),
        Column(name="curve_test", kind="text", meaning=Text("test of the curve", "曲线检验"), nullable=True),
        _number("curve_chi2", Text("its chi-square", "卡方值")),
        Column(name="curve_freedom", kind="whole", meaning=Text("its degrees of freedom", "自由度"), nullable=True),
        _number("curve_p", Text("its p-value", "p 值")),
        _number("curve_q", Text("share of false alarms", "错误发现率")),
        Column(name="misfits", kind="flag", meaning=Text("its curve does not hold", "曲线不符")),
    ),
)  # fmt: skip
PERSON_FITS: Final = Contract(
    "person fit",
    (
        Column(name="learner", kind="text", meaning=Text("learner", "学习者")),
        Column(name="occasion", kind="text", meaning=Text("term or period", "学期或时段"), nullable=True),
        QUALITY,
        _number("infit", Text("infit mean square (1: as expected)", "加权均方拟合（1 为符合预期）")),
        _number("outfit", Text("outfit mean square (1: as expected)", "未加权均方拟合（1 为符合预期）")),
        _number("l_z", Text("likelihood of the answers, standardized (low: unusual)", "标准化作答似然（低为异常）")),
        _number("p_value", Text("how often chance gives as unusual answers", "偶然出现同样异常作答的概率")),
        _number("false_discovery_rate", Text("share of false alarms", "错误发现率")),
        Column(name="n_answers", kind="whole", meaning=Text("answers", "作答数")),
    ),
)
RATER_FITS: Final = Contract(
    "rater fit",
    (
        QUALITY, Column(name="rater", kind="text", meaning=Text("rater", "评分人")), *_squares("n_ratings"),
        _number("false_discovery_rate", Text("share of false alarms", "错误发现率")),
    ),
)  # fmt: skip
LOCAL_DEPENDENCE: Final = Contract(
    "local dependence",
    (
        QUALITY, ITEM, Column(name="with_item", kind="text", meaning=Text("with item", "相关题目")),
        _number("q3", Text("correlation of what is left over", "残差相关")),
        _number("q3_above", Text("the same above the average of all pairs", "高于各对平均的残差相关")),
        _number("z", Text("score test as a standard normal number", "得分检验的标准化值")),
        _number("p_value", Text("its p-value", "p 值")),
        _number("false_discovery_rate", Text("share of false alarms", "错误发现率")),
        Column(name="n_units", kind="whole", meaning=Text("units that answered both", "两题均作答的单元数")),
    ),
)  # fmt: skip
RELIABILITY: Final = Contract(
    "reliability",
    (
        QUALITY,
        _number("marginal", Text("share of differences that the model promises", "模型预期的信度"), nullable=False),
        _number("empirical", Text("share of differences seen in these profiles", "实际画像的信度")),
        Column(name="n_units", kind="whole", meaning=Text("units", "单元数")),
    ),
)  # fmt: skip
ITEM_INFORMATION: Final = Contract(
    "item information",
    (
        QUALITY, ITEM,
        _number("place", Text("place on the scale", "量尺位置"), unit="SD of all units", nullable=False),
        _number("information", Text("information of the item there", "该处题目信息量"), nullable=False),
    ),
)  # fmt: skip


def table_of_rows(contract: Contract, rows: Sequence[tuple[Any, ...]]) -> pl.DataFrame:
    """Return rows as a table that keeps the contract; NaN becomes empty."""
    frame = pl.DataFrame(rows, schema=contract.schema, orient="row")
    return contract.check(frame.with_columns(pl.col(pl.Float64).fill_nan(None)))


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemFit:
    """How the answers on one item fit its curve. NaN, or None, where it cannot be said.

    ``curve_test`` is "s-x2" (everybody answered every item of the quality) or "q1" (any other design; its p-value
    comes from answers drawn from the model and calibrated anew).
    """

    quality: str
    item: str
    n_answers: int
    infit: float
    infit_error: float
    infit_z: float
    outfit: float
    outfit_error: float
    outfit_z: float
    curve_test: str | None
    curve_chi2: float | None
    curve_freedom: int | None
    curve_p: float | None
    curve_q: float | None

    @property
    def misfits(self) -> bool:
        """Whether the curve does not hold, at a share of false alarms of at most 5 %."""
        return self.curve_q is not None and self.curve_q <= 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemFits:
    """The fit of all items, in the order of the calibration."""

    items: tuple[ItemFit, ...]
    n_units: int
    notices: tuple[Text, ...]

    def of(self, item: str) -> ItemFit:
        """Return the fit of an item. Raises KeyError."""
        return {fit.item: fit for fit in self.items}[item]

    def to_table(self) -> pl.DataFrame:
        """Return one row an item, in the columns of ``ITEM_FITS``."""
        rows = [
            (
                f.quality, f.item, f.infit, f.infit_z, f.outfit, f.outfit_z, f.n_answers, f.curve_test, f.curve_chi2,
                f.curve_freedom, f.curve_p, f.curve_q, f.misfits,
            )
            for f in self.items
        ]  # fmt: skip
        return table_of_rows(ITEM_FITS, rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonFit:
    """How one unit's answers on one quality fit the model; ``p_value`` of answers as unusual or more so."""

    learner: str
    occasion: str | None
    quality: str
    n_answers: int
    infit: float
    outfit: float
    l_z: float
    p_value: float
    false_discovery_rate: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonFits:
    """The fit of all units on all qualities on which they answered anything."""

    persons: tuple[PersonFit, ...]
    n_resamples: int

    def to_table(self) -> pl.DataFrame:
        """Return one row a unit and quality, in the columns of ``PERSON_FITS``."""
        rows = [
            (
                p.learner, p.occasion, p.quality, p.infit, p.outfit, p.l_z, p.p_value, p.false_discovery_rate,
                p.n_answers,
            )
            for p in self.persons
        ]  # fmt: skip
        return table_of_rows(PERSON_FITS, rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class RaterFit:
    """How predictable one rater's ratings are: above 1 erratic, below 1 more alike than the works are."""

    quality: str
    rater: str
    n_ratings: int
    infit: float
    infit_error: float
    infit_z: float
    outfit: float
    outfit_error: float
    outfit_z: float
    false_discovery_rate: float  # of infit


@dataclass(frozen=True, slots=True, kw_only=True)
class RaterFits:
    """The fit of all raters."""

    raters: tuple[RaterFit, ...]
    notices: tuple[Text, ...]

    def of(self, rater: str) -> RaterFit:
        """Return the fit of a rater. Raises KeyError."""
        return {fit.rater: fit for fit in self.raters}[rater]

    def to_table(self) -> pl.DataFrame:
        """Return one row a rater and quality, in the columns of ``RATER_FITS``."""
        rows = [
            (r.quality, r.rater, r.infit, r.infit_z, r.outfit, r.outfit_z, r.n_ratings, r.false_discovery_rate)
            for r in self.raters
        ]
        return table_of_rows(RATER_FITS, rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class PairDependence:
    """What two items share beyond their quality. ``q3_above`` is Q3 less the average Q3 of the quality's pairs."""

    quality: str
    item: str
    with_item: str
    n_units: int
    q3: float
    q3_above: float
    z: float
    p_value: float
    false_discovery_rate: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalDependence:
    """All pairs of items of a quality that somebody answered together, the strongest first."""

    pairs: tuple[PairDependence, ...]
    n_units: int

    def to_table(self) -> pl.DataFrame:
        """Return one row a pair, in the columns of ``LOCAL_DEPENDENCE``."""
        rows = [
            (p.quality, p.item, p.with_item, p.q3, p.q3_above, p.z, p.p_value, p.false_discovery_rate, p.n_units)
            for p in self.pairs
        ]
        return table_of_rows(LOCAL_DEPENDENCE, rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFit:
    """How the whole model fits. M2 and what hangs on it are None where it cannot be had; ``notices`` say why.

    ``srmsr`` is the root of the mean squared gap between seen and expected correlations of items (unrated ones);
    ``srmsr_p`` how often the model itself gives a larger one.
    """

    n_units: int
    n_items: int
    m2: float | None
    freedom: int | None
    p_value: float | None
    rmsea: float | None
    rmsea90: tuple[float, float] | None
    srmsr: float | None
    srmsr_p: float | None
    notices: tuple[Text, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """How much of the differences between units the evidence on one quality can see.

    ``marginal`` is what the items promise a unit that answers each of them once; ``empirical`` what the profiles hold.
    """

    quality: str
    marginal: float
    empirical: float | None
    n_units: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliabilities:
    """The reliability of each quality."""

    qualities: tuple[Reliability, ...]

    def of(self, quality: str) -> Reliability:
        """Return the reliability of a quality. Raises KeyError."""
        return {one.quality: one for one in self.qualities}[quality]

    def to_table(self) -> pl.DataFrame:
        """Return one row a quality, in the columns of ``RELIABILITY``."""
        rows = [(r.quality, r.marginal, r.empirical, r.n_units) for r in self.qualities]
        return table_of_rows(RELIABILITY, rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Informations:
    """How much each item of a quality tells at each of the ``places``; lists are in the order of the items."""

    quality: str
    places: tuple[float, ...]
    items: tuple[str, ...]
    by_item: tuple[tuple[float, ...], ...]

    @property
    def whole(self) -> tuple[float, ...]:
        """Information of all items together, each answered once."""
        return tuple(sum(of_item[q] for of_item in self.by_item) for q in range(len(self.places)))

    @property
    def std_errors(self) -> tuple[float, ...]:
        """What standard error all items together leave, the population known: 1 / root of (information + 1)."""
        return tuple((told + 1.0) ** -0.5 for told in self.whole)

    @property
    def conditional_reliability(self) -> tuple[float, ...]:
        """Reliability at each place: information / (information + 1)."""
        return tuple(told / (told + 1.0) for told in self.whole)

    def to_table(self) -> pl.DataFrame:
        """Return one row an item and place, in the columns of ``ITEM_INFORMATION``."""
        rows = [
            (self.quality, item, place, told)
            for item, of_item in zip(self.items, self.by_item, strict=True)
            for place, told in zip(self.places, of_item, strict=True)
        ]
        return table_of_rows(ITEM_INFORMATION, rows)
