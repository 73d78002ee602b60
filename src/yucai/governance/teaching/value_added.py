"""What schools add: later scores set against earlier ones that were measured with error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from yucai.errors import Fault, FaultyInputError
from yucai.governance.teaching.checking import Wanted, checked_table
from yucai.governance.teaching.ratings import FactorEffects, RatingFit, fit_ratings
from yucai.texts import Text

__all__ = ["AtReliability", "ValueAdded", "value_added"]

Array = npt.NDArray[np.float64]

NOT_RELIABLE: Final = Text(
    "the reliability {reliability} of “{prior}” is not between 0 and 1. Take it from the report of the test.",
    "“{prior}”的信度 {reliability} 不在 0 与 1 之间。请采用测验报告中的信度。",
)
TOO_NOISY: Final = Text(
    "with a reliability of {reliability} the error of the earlier scores would be larger than their spread within "
    "schools. Take a higher one.",
    "若信度为 {reliability}，先前成绩的误差将大于其在校内的差异。请采用更高的信度。",
)
UNNAMED: Final = Text(
    "for “{prior}” no reliability is given. Give one for each earlier score.",
    "未给出“{prior}”的信度。请为每项先前成绩各给一个。",
)
NO_PRIOR: Final = Text(
    "no earlier score is named. Name one or two columns that were measured before.",
    "未指明先前成绩。请指明一列或两列先前测得的成绩。",
)
ALIKE_WITHIN: Final = Text(
    "inside “{school}” the earlier scores {names} do not vary, or follow from one another, so that intake and what was "
    "added cannot be told apart. Take scores of each person.",
    "在“{school}”内部，先前成绩 {names} 没有差异，或可互相推出，因而无法区分生源与增值。请采用每个人各自的成绩。",
)
SCHOOLS: Final = Text("the table of scores", "成绩表")
LEAST_WITHIN: Final = 1e-9  # of the whole variance, in the direction that varies least


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AtReliability:
    """The model if the earlier scores are as reliable as this."""

    reliability: Mapping[str, float]
    fit: RatingFit

    @property
    def schools(self) -> FactorEffects:
        """The effects of the schools."""
        return self.fit.effects[0]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ValueAdded:
    """The model as if earlier scores were without error, and over a range of reliabilities.

    ``lowest`` and ``highest`` are, for each school, the ends of its effect over the whole range.
    """

    plain: RatingFit
    corrected: tuple[AtReliability, ...]

    @property
    def schools(self) -> FactorEffects:
        """The effects of the schools as if earlier scores were without error."""
        return self.plain.effects[0]

    @property
    def lowest(self) -> Array:
        """The lowest effect of each school over the range."""
        lowest: Array = np.min([self.schools.effects, *(one.schools.effects for one in self.corrected)], axis=0)
        return lowest

    @property
    def highest(self) -> Array:
        """The highest effect of each school over the range."""
        highest: Array = np.max([self.schools.effects, *(one.schools.effects for one in self.corrected)], axis=0)
        return highest


def value_added(
    table: pl.DataFrame,
    *,
    score: str,
    prior: Sequence[str],
    school: str,
    reliabilities: Sequence[Mapping[str, float]] = (),
) -> ValueAdded:
    r"""Return the effects of schools on a score given earlier ones, over a range of reliabilities of these.

    .. math:: score_{ij} = \beta_0 + \beta \xi_{ij} + school_j + error_{ij}, \quad prior = \xi + u

    Earlier scores with error make the slope too flat and credit schools for their intake. Each reliability gives the
    variance of u; the earlier scores are then replaced by what is expected of :math:`\xi` given all scores of the
    school (regression calibration; Carroll, Ruppert, Stefanski and Crainiceanu 2006), which makes slope and effects
    consistent for normal scores. Raises FaultyInputError with every fault.
    """
    if not prior:
        raise FaultyInputError(SCHOOLS, [Fault(code="no-prior", says=NO_PRIOR)])
    wanted = Wanted(score=score, factors=(school,), covariates=tuple(prior))
    kept = checked_table(table, wanted, name=SCHOOLS)
    within, between = _spread(kept, prior, school)
    if _least_share(within, between) < LEAST_WITHIN:
        facts = {"school": school, "names": ", ".join(prior)}
        raise FaultyInputError(SCHOOLS, [Fault(code="alike-within", says=ALIKE_WITHIN, facts=facts)])
    plain = fit_ratings(kept, score=score, factors=(school,), covariates=prior, joint=school)
    _check(reliabilities, prior, within=within, between=between)
    corrected = []
    for reliability in reliabilities:
        expected = _expected(kept, prior, school, within=within, between=between, reliability=reliability)
        fit = fit_ratings(
            kept.with_columns(pl.Series(name, expected[:, k]) for k, name in enumerate(prior)),
            score=score, factors=(school,), covariates=prior, joint=school,
        )  # fmt: skip
        corrected.append(AtReliability(reliability=dict(reliability), fit=fit))
    return ValueAdded(plain=plain, corrected=tuple(corrected))


def _spread(table: pl.DataFrame, prior: Sequence[str], school: str) -> tuple[Array, Array]:
    """Return the covariance of earlier scores within and between schools, by the analysis of variance."""
    scores = table.select(prior).to_numpy()
    means, sizes, codes = _means(table, prior, school)
    n, groups = len(scores), len(sizes)
    left = scores - means[codes]
    within = left.T @ left / (n - groups)
    apart = means - scores.mean(axis=0)
    typical = (n - (sizes @ sizes) / n) / (groups - 1)
    between = ((apart * sizes[:, None]).T @ apart / (groups - 1) - within) / typical
    values, vectors = np.linalg.eigh(between)
    return within, (vectors * np.maximum(values, 0)) @ vectors.T


def _least_share(within: Array, between: Array) -> float:
    """Return the share of the variance within schools in the direction in which it is least, scores put to one unit."""
    size = np.sqrt(np.maximum(np.diag(within) + np.diag(between), 1e-300))
    return float(np.linalg.eigvalsh(within / np.outer(size, size)).min())


def _means(table: pl.DataFrame, prior: Sequence[str], school: str) -> tuple[Array, Array, npt.NDArray[np.int64]]:
    codes = table[school].rank("dense").cast(pl.Int64).to_numpy() - 1
    sizes = np.bincount(codes).astype(np.float64)
    sums = [np.bincount(codes, weights=table[one].to_numpy()) for one in prior]
    return np.column_stack(sums) / sizes[:, None], sizes, codes


def _errors(prior: Sequence[str], reliability: Mapping[str, float], *, within: Array, between: Array) -> Array:
    """Return the variances of the errors of measurement; errors of different scores are independent."""
    total = np.diag(within) + np.diag(between)
    return np.diag([(1 - reliability[one]) * total[k] for k, one in enumerate(prior)])


def _expected(
    table: pl.DataFrame, prior: Sequence[str], school: str, *, within: Array, between: Array,
    reliability: Mapping[str, float],
) -> Array:  # fmt: skip
    """Return what is expected of the true earlier scores given all of the school: scores less their expected error."""
    scores = table.select(prior).to_numpy()
    means, sizes, codes = _means(table, prior, school)
    errors = _errors(prior, reliability, within=within, between=between)
    inside = (scores - means[codes]) @ np.linalg.solve(within, errors)
    apart = means - scores.mean(axis=0)
    of_school = np.stack(
        [mean @ np.linalg.solve(within + n * between, errors) for mean, n in zip(apart, sizes, strict=True)]
    )
    expected: Array = scores - inside - of_school[codes]
    return expected


def _check(
    reliabilities: Sequence[Mapping[str, float]], prior: Sequence[str], *, within: Array, between: Array
) -> None:
    faults = []
    for n, reliability in enumerate(reliabilities, start=1):
        place = f"reliabilities[{n}]"
        wrong = [
            Fault(code="unnamed", says=UNNAMED, where=place, facts={"prior": one})
            if one not in reliability
            else Fault(code="reliability", says=NOT_RELIABLE, where=place,
                       facts={"prior": one, "reliability": f"{reliability[one]:g}"})
            for one in prior
            if not 0 < reliability.get(one, 0.0) <= 1
        ]  # fmt: skip
        faults += wrong
        if not wrong:
            errors = _errors(prior, reliability, within=within, between=between)
            if np.linalg.eigvalsh(within - errors).min() <= 0:
                said = ", ".join(f"{reliability[one]:g}" for one in prior)
                faults.append(Fault(code="too-noisy", says=TOO_NOISY, where=place, facts={"reliability": said}))
    if faults:
        raise FaultyInputError(SCHOOLS, faults)
