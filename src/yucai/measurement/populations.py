"""How learners are spread before any answer: by covariates, in groups, on the scale of an earlier calibration."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from yucai.errors import Fault, FaultyInputError
from yucai.evidence import Unwanted, is_protected
from yucai.texts import Text

__all__ = ["Background", "GroupLaw", "Population", "background_of", "normal_population"]

Array = npt.NDArray[np.float64]
Row = tuple[float, ...]
Rows = tuple[Row, ...]
KEY: Final = ("learner", "occasion")

NO_COLUMN = Text(
    "the column “{column}” is missing. Give one row a learner (or learner and occasion) with it.",
    "缺少列“{column}”。请为每名学习者（或每名学习者的每个时段）提供一行，并包含该列。",
)
TWICE = Text("{learner} has {n} row{n:|s} for one occasion. Keep one.", "{learner} 在同一时段有 {n} 行。请只保留一行。")
LACKING = Text(
    "{n} learner{n:|s} with evidence {n:has|have} no row (first: {learner}). Add the rows, or leave the evidence out.",
    "有 {n} 名学习者有证据却没有对应的行（首位：{learner}）。请补充，或剔除其证据。",
)
NO_NUMBER = Text(
    "{covariate} is not a number for {n} learner{n:|s} (first: {learner}). Fill it in, or leave the covariate out.",
    "{covariate} 有 {n} 名学习者的值不是数字（首位：{learner}）。请补全，或不用该协变量。",
)
NO_GROUP = Text(
    "{n} learner{n:|s} {n:has|have} no group (first: {learner}). Fill it in.",
    "有 {n} 名学习者没有组别（首位：{learner}）。请补全。",
)
ALL_SAME = Text(
    "{covariate} is the same for everybody, so it explains nothing. Leave it out.",
    "{covariate} 对所有人取值相同，不能解释任何差异。请删去。",
)
REPEATS = Text(
    "{covariate} follows from the covariates before it (and the groups). Leave one of them out.",
    "{covariate} 可由前面的协变量（及组别）推出。请删去其中之一。",
)
A_TRAIT = Text(
    "{covariate} is a protected trait: where learners stand must not hang on it. It belongs into the audit.",
    "{covariate} 属于受保护特征，学习者的位置不得取决于它；此类特征只用于公平性审查。",
)
NO_REFERENCE = Text(
    "the reference group “{group}” has no learner with evidence; there are {known}. Choose one of these.",
    "参照组“{group}”没有任何有证据的学习者；现有组别：{known}。请从中选择。",
)
SMALL = Text(
    "the group “{group}” has {n} unit{n:|s}; at least {least} are needed to tell its mean and spread. Join it with "
    "another.",
    "“{group}”组只有 {n} 个单元，至少需要 {least} 个才能估计其均值与离散程度。请与其他组合并。",
)
FEWEST: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupLaw:
    """How the places of one group are spread: mean (K,) and covariance (K, K), with standard errors.

    With covariates they are those of units whose covariates are at ``Population.centers``. A standard error of 0
    belongs to what is fixed. Without groups there is one law, its name empty.
    """

    group: str
    n_units: int
    mean: Row
    mean_std_errors: Row
    covariance: Rows
    covariance_std_errors: Rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """How places are spread before any answer: x ~ N(mean of the group + (z - centers) regression, its covariance).

    P covariates z with ``regression`` (P, K) in SDs for one unit of the covariate. ``mean`` (K,) and ``covariance``
    (K, K) are those of all calibrated units together, whatever their groups and covariates.
    """

    covariates: tuple[str, ...]
    centers: Row
    regression: Rows
    regression_std_errors: Rows
    groups: tuple[GroupLaw, ...]  # the first is the one in whose units places are counted
    anchored: tuple[str, ...]  # qualities whose scale an earlier calibration set
    mean: Row
    covariance: Rows

    def law(self, group: str) -> GroupLaw | None:
        """Return how a group is spread, or None."""
        return next((law for law in self.groups if law.group == group), None)

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Population:
        """Return what ``dataclasses.asdict`` and JSON made of a population."""
        laws = [{**law, **{name: _frozen(law[name]) for name in law if name not in ("group", "n_units")}}
                for law in said["groups"]]  # fmt: skip
        return cls(**{name: _frozen(value) for name, value in said.items() if name != "groups"},
                   groups=tuple(GroupLaw(**law) for law in laws))  # fmt: skip


def normal_population(correlations: Rows, errors: Rows, n_units: int) -> Population:
    """Return the population of units without covariates, groups and anchors: mean 0, variance 1."""
    zeros = (0.0,) * len(correlations)
    law = GroupLaw(
        group="", n_units=n_units, mean=zeros, mean_std_errors=zeros, covariance=correlations,
        covariance_std_errors=errors,
    )  # fmt: skip
    return Population(
        covariates=(), centers=(), regression=(), regression_std_errors=(), groups=(law,), anchored=(), mean=zeros,
        covariance=correlations,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Background:
    """What is known of N units before any answer: covariates (N, P), centred, and groups (N,), 0 the reference."""

    covariates: tuple[str, ...]
    centers: Array
    values: Array
    groups: tuple[str, ...]
    group: npt.NDArray[np.int64]

    def design(self) -> Array:
        """Return the covariates and one column of zeros and ones for each group but the first, (N, P + G - 1)."""
        others = np.arange(1, len(self.groups))
        return np.concatenate([self.values, (self.group[:, None] == others).astype(np.float64)], axis=1)


def background_of(
    units: pl.DataFrame,
    covariates: pl.DataFrame | None,
    groups: pl.DataFrame | None,
    *,
    reference: str | None = None,
    known: Population | None = None,
    protected: Sequence[Unwanted] = (),
) -> Background:
    """Return what is known of ``units`` (learner, occasion).

    ``covariates``: a column ``learner``, perhaps ``occasion``, and one numeric column a covariate; ``groups``: the same
    with a column ``group``. ``reference`` is the group in whose units places are counted, else the largest.
    With ``known`` names and centers are those of a population estimated before. Raises FaultyInputError.
    """
    faults: list[Fault] = []
    n = units.height
    names: tuple[str, ...] = ()
    values = np.zeros((n, 0))
    if covariates is not None:
        names, values = _covariates(units, covariates, faults, known, protected=protected)
    of: list[str] = [""] * n
    if groups is not None:
        of = _groups(units, groups, faults)
    if faults:
        raise FaultyInputError("covariates and groups", faults)
    ordered = _ordered(of, reference, known)
    group = np.array([ordered.index(one) for one in of], dtype=np.int64)
    centers = np.array(known.centers) if known else values[group == 0].mean(axis=0)
    found = Background(covariates=names, centers=centers, values=values - centers, groups=ordered, group=group)
    if known is None:
        faults = [*_too_small(of), *_without_use(found)]
    if faults:
        raise FaultyInputError("covariates and groups", faults)
    return found


def _joined(units: pl.DataFrame, table: pl.DataFrame, faults: list[Fault]) -> pl.DataFrame | None:
    if "learner" not in table.columns:
        faults.append(Fault(code="missing-column", says=NO_COLUMN, facts={"column": "learner"}))
        return None
    key = [name for name in KEY if name in table.columns]
    table = table.with_columns(pl.col(key).cast(pl.String))
    twice = table.group_by(key, maintain_order=True).len().filter(pl.col("len") > 1)
    for row in twice.iter_rows(named=True):
        faults.append(Fault(code="twice", says=TWICE, facts={"learner": row["learner"], "n": row["len"]}))
    if twice.height:
        return None
    joined = units.join(table.with_columns(told=True), on=key, how="left", nulls_equal=True, maintain_order="left")
    without = joined.filter(pl.col("told").is_null())
    if without.height:
        facts = {"n": without["learner"].n_unique(), "learner": without.item(0, "learner")}
        faults.append(Fault(code="no-row", says=LACKING, facts=facts))
        return None
    return joined.drop("told")


def _covariates(
    units: pl.DataFrame,
    table: pl.DataFrame,
    faults: list[Fault],
    known: Population | None,
    *,
    protected: Sequence[Unwanted],
) -> tuple[tuple[str, ...], Array]:
    names = known.covariates if known else tuple(name for name in table.columns if name not in KEY)
    missing = [name for name in names if name not in table.columns] or ([] if names else ["covariate"])
    faults += [Fault(code="missing-column", says=NO_COLUMN, facts={"column": name}) for name in missing]
    traits = [name for name in names if is_protected(name, besides=protected)]
    faults += [Fault(code="protected-trait", says=A_TRAIT, facts={"covariate": name}) for name in traits]
    joined = None if missing else _joined(units, table, faults)
    if joined is None:
        return names, np.zeros((units.height, 0))
    columns = []
    for name in names:
        column = joined[name].cast(pl.Float64, strict=False)
        broken = joined.filter(column.is_null() | ~column.is_finite())
        if broken.height:
            facts = {"covariate": name, "n": broken["learner"].n_unique(), "learner": broken.item(0, "learner")}
            faults.append(Fault(code="no-number", says=NO_NUMBER, facts=facts))
        columns.append(column.to_numpy())
    return names, np.column_stack(columns).astype(np.float64)


def _groups(units: pl.DataFrame, table: pl.DataFrame, faults: list[Fault]) -> list[str]:
    if "group" not in table.columns:
        faults.append(Fault(code="missing-column", says=NO_COLUMN, facts={"column": "group"}))
        return []
    joined = _joined(units, table.with_columns(pl.col("group").cast(pl.String)), faults)
    if joined is None:
        return []
    broken = joined.filter(pl.col("group").is_null())
    if broken.height:
        facts = {"n": broken["learner"].n_unique(), "learner": broken.item(0, "learner")}
        faults.append(Fault(code="no-group", says=NO_GROUP, facts=facts))
    return joined["group"].to_list()


def _ordered(of: Sequence[str], reference: str | None, known: Population | None) -> tuple[str, ...]:
    there = sorted(set(of))
    if known is not None:
        laws = tuple(law.group for law in known.groups)
        _check_known(laws, [group for group in there if group not in laws])
        return laws
    first = reference or max(there, key=lambda group: (of.count(group), group), default="")
    if first not in there:
        facts = {"group": first, "known": ", ".join(there)}
        raise FaultyInputError("groups", [Fault(code="no-reference", says=NO_REFERENCE, facts=facts)])
    return (first, *(group for group in there if group != first))


def _check_known(laws: Iterable[str], others: Sequence[str]) -> None:
    if others:
        facts = {"known": ", ".join(laws)}
        raise FaultyInputError(
            "groups", [Fault(code="unknown-group", says=UNKNOWN_GROUP, facts={"group": g, **facts}) for g in others]
        )


UNKNOWN_GROUP = Text(
    "the calibration knows no group “{group}”, only {known}. Correct the name, or score without groups.",
    "标定中没有“{group}”组，只有：{known}。请更正名称，或不按组别计分。",
)


def _too_small(of: Sequence[str]) -> Iterator[Fault]:
    for group in sorted(set(of)):
        n = list(of).count(group)
        if group and n < FEWEST:
            yield Fault(code="small-group", says=SMALL, facts={"group": group, "n": n, "least": FEWEST})


def _without_use(found: Background) -> Iterator[Fault]:
    """Find covariates that say nothing beyond those before them, the groups and the mean."""
    before = np.concatenate([np.ones((len(found.group), 1)), found.design()[:, len(found.covariates) :]], axis=1)
    for p, name in enumerate(found.covariates):
        column = found.values[:, p]
        if np.ptp(column) < 1e-12 * max(1.0, np.abs(column).max()):
            yield Fault(code="all-same", says=ALL_SAME, facts={"covariate": name})
            continue
        rest = column - before @ np.linalg.lstsq(before, column, rcond=None)[0]
        if np.linalg.norm(rest) < 1e-8 * np.linalg.norm(column - column.mean()):
            yield Fault(code="repeats", says=REPEATS, facts={"covariate": name})
            continue
        before = np.column_stack([before, column])


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list | tuple) else value
