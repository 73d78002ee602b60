"""Whether groups of raters see groups of lecturers differently: a description by groups, never of one lecturer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl
import scipy

from yucai.errors import Fault, FaultyInputError
from yucai.governance.teaching.checking import Wanted, checked_table, fitted
from yucai.texts import Text

__all__ = ["DifferentialRatings", "GroupDifferential", "RatedCell", "differential_ratings"]

Array = npt.NDArray[np.float64]

NO_SOLE_GROUND: Final = Text(
    "This describes groups. It says nothing of any one lecturer or rater, corrects nobody's result, and may not be the "
    "sole ground of any decision about a lecturer.",
    "这里描述的是群体，不说明任何一位教师或评分人，不用于修正任何人的结果，也不得作为对教师作出任何决定的唯一依据。",
)
CAUSE: Final = Text(
    "A difference may come of bias, of courses that differ, or of who chose which course; the ratings alone cannot "
    "say.",
    "差异可能源于偏见、课程不同，或选课人群不同；仅凭评分无法判断。",
)
FEW_GROUPS: Final = Text(
    "“{column}” has {n} group{n:|s}; to compare, two or more are needed, and no more than {most}.",
    "“{column}”列有 {n} 个组；比较需要两个以上，且不超过 {most} 个。",
)
NO_PAIR: Final = Text(
    "no rater of the group “{rater}” rated anybody of “{lecturer}”. Join groups, or leave one out.",
    "“{rater}”组没有人评过“{lecturer}”组。请合并或去掉某个组。",
)
TWO_GROUPS: Final = Text(
    "{n} level{n:|s} of “{column}” {n:stands|stand} in more than one group of “{group}”. Give each one group.",
    "“{column}”中有 {n} 个在“{group}”里属于多个组。请各归一个组。",
)
TABLE: Final = Text("the table of ratings with groups", "带分组的评分表")
MOST_GROUPS: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class RatedCell:
    """Ratings by one group of raters of one group of lecturers; ``mean`` is None where the cell is too small."""

    raters: str
    lecturers: str
    mean: float | None
    std_error: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupDifferential:
    """How much more (or less) one group of raters sets a group of lecturers apart than another group of raters does.

    The difference of differences between ``raters`` and ``raters_beside`` in how they rate ``lecturers`` beside
    ``lecturers_beside``; None where one of the four cells is too small.
    """

    raters: str
    raters_beside: str
    lecturers: str
    lecturers_beside: str
    difference: float | None
    low: float | None
    high: float | None

    @property
    def apart(self) -> bool:
        """Whether the interval leaves 0 out."""
        return self.low is not None and self.high is not None and not self.low <= 0 <= self.high


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferentialRatings:
    """The report by groups. Nobody is named in it."""

    cells: tuple[RatedCell, ...]
    differentials: tuple[GroupDifferential, ...]
    level: float
    least: int
    n_hidden: int
    cautions: tuple[Text, ...] = (NO_SOLE_GROUND, CAUSE)


def differential_ratings(
    table: pl.DataFrame,
    *,
    score: str = "score",
    rater: str = "rater",
    lecturer: str = "lecturer",
    rater_group: str = "rater_group",
    lecturer_group: str = "lecturer_group",
    least: int = 10,
    level: float = 0.95,
) -> DifferentialRatings:
    """Return the differential functioning of ratings by groups of raters and of lecturers.

    One mean for each pair of groups beside crossed effects of rater and lecturer. A cell of fewer than ``least`` raters
    or lecturers is hidden, and whatever would be worked out from it. Raises FaultyInputError with every fault.
    """
    wanted = Wanted(score=score, factors=(rater, lecturer, rater_group, lecturer_group))
    kept = checked_table(table, wanted, name=TABLE)
    names = [kept[one].unique().sort().to_list() for one in (rater_group, lecturer_group)]
    faults = [*_faults(kept, ((rater, rater_group), (lecturer, lecturer_group)), names)]
    if faults:
        raise FaultyInputError(TABLE, faults)
    cells = [(one, other) for one in names[0] for other in names[1]]
    codes = {one: kept[one].rank("dense").cast(pl.Int64).to_numpy() - 1 for one in wanted.factors}
    cell = codes[rater_group] * len(names[1]) + codes[lecturer_group]
    both = {rater: codes[rater], lecturer: codes[lecturer]}
    fit = fitted(kept[score].to_numpy(), np.eye(len(cells))[cell], factors=both, name=TABLE)
    large = [
        min(len(np.unique(codes[rater][cell == k])), len(np.unique(codes[lecturer][cell == k]))) >= least
        for k in range(len(cells))
    ]
    z = float(scipy.stats.norm.ppf(0.5 + level / 2))
    found = [*_differentials(fit.coefficients, fit.covariance, names, large=large, z=z)]
    return DifferentialRatings(
        cells=tuple(
            RatedCell(raters=one, lecturers=other, mean=float(mean) if shown else None,
                      std_error=float(error) if shown else None)
            for (one, other), mean, error, shown in zip(cells, fit.coefficients, fit.std_errors, large, strict=True)
        ),
        differentials=tuple(found),
        level=level,
        least=least,
        n_hidden=large.count(False),
    )  # fmt: skip


def _faults(table: pl.DataFrame, pairs: Sequence[tuple[str, str]], names: Sequence[Sequence[str]]) -> Iterator[Fault]:
    for (column, group), groups in zip(pairs, names, strict=True):
        if not 2 <= len(groups) <= MOST_GROUPS:
            facts = {"column": group, "n": len(groups), "most": MOST_GROUPS}
            yield Fault(code="groups", says=FEW_GROUPS, facts=facts)
        several = table.group_by(column).agg(pl.col(group).n_unique().alias("n")).filter(pl.col("n") > 1).height
        if several:
            yield Fault(code="two-groups", says=TWO_GROUPS, facts={"column": column, "group": group, "n": several})
    there = set(table.select(pairs[0][1], pairs[1][1]).unique().iter_rows())
    for one in names[0]:
        for other in names[1]:
            if (one, other) not in there:
                yield Fault(code="no-pair", says=NO_PAIR, facts={"rater": one, "lecturer": other})


def _differentials(
    means: Array, covariance: Array, names: Sequence[Sequence[str]], *, large: Sequence[bool], z: float
) -> Iterator[GroupDifferential]:
    """Yield each group beside the first one of its kind."""
    width = len(names[1])
    for i, one in enumerate(names[0][1:], start=1):
        for j, other in enumerate(names[1][1:], start=1):
            contrast = np.zeros(len(means))
            cells = (i * width + j, i * width, j, 0)
            contrast[list(cells)] = (1, -1, -1, 1)
            shown = all(large[k] for k in cells)
            difference = float(contrast @ means)
            error = float(np.sqrt(contrast @ covariance @ contrast))
            yield GroupDifferential(
                raters=one, raters_beside=names[0][0], lecturers=other, lecturers_beside=names[1][0],
                difference=difference if shown else None,
                low=difference - z * error if shown else None,
                high=difference + z * error if shown else None,
            )  # fmt: skip
