"""What is wrong with a table of ratings: everything at once, before anything is worked out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from yucai.errors import Fault, FaultyInputError
from yucai.governance.teaching.crossed import CrossedFit, fit_crossed
from yucai.texts import Text

__all__ = ["RATINGS", "Wanted", "checked_table", "fitted"]

Array = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]

LEAST_LEVELS: Final = 2
LEAST_RATINGS: Final = 10

NO_COLUMN: Final = Text(
    "the column “{column}” is missing; there are: {there}. Add it or name the right one.",
    "缺少“{column}”列；现有列：{there}。请补上或指明正确的列名。",
)
NOT_NUMBERS: Final = Text(
    "the column “{column}” should hold numbers and holds {found}. Convert it first.",
    "“{column}”列应为数值，实际为 {found}。请先转换。",
)
EMPTY: Final = Text(
    "the column “{column}” is empty, or no number, in {n} row{n:|s} (first: row {row}). Fill it, or leave these "
    "rows out.",
    "“{column}”列有 {n} 行为空或不是数（首见第 {row} 行）。请补齐，或去掉这些行。",
)
OFF_SCALE: Final = Text(
    "{n} score{n:|s} of “{column}” {n:lies|lie} outside the scale {low} to {high} (first: row {row}, {value}). Correct "
    "them or name the right scale.",
    "“{column}”列有 {n} 个得分超出量表 {low} 至 {high}（首见第 {row} 行，{value}）。请更正，或指明正确的量表。",
)
FEW_ROWS: Final = Text("there are {n} ratings; at least {least} are needed.", "只有 {n} 条评分；至少需要 {least} 条。")
FEW_LEVELS: Final = Text(
    "“{column}” has {n} different value{n:|s}; to compare, at least two are needed.",
    "“{column}”列只有 {n} 个不同取值；至少有两个才能比较。",
)
ALL_ALONE: Final = Text(
    "every rating has a “{column}” of its own, so that it cannot be told from chance. Leave this factor out.",
    "每条评分的“{column}”都不相同，无法与偶然误差区分。请去掉该因素。",
)
ALL_EQUAL: Final = Text(
    "all scores of “{column}” are equal. There is nothing to explain.", "“{column}”列的得分全部相同，没有可解释的差异。"
)
SAME_FACTORS: Final = Text(
    "“{one}” and “{other}” divide the ratings in the same way and cannot be told apart. Leave one of them out.",
    "“{one}”与“{other}”对评分的划分完全相同，无法区分。请去掉其中一个。",
)
TOLD_BY_OTHERS: Final = Text(
    "the covariates {names} do not vary, or one follows from the others. Leave it out.",
    "协变量 {names} 没有变化，或其中一个可由其他推出。请去掉。",
)
TOO_LARGE: Final = Text(
    "{n} value{n:|s} of “{column}” {n:is|are} larger than {most} (first: row {row}, {value}): nothing exact can be "
    "worked out of such numbers. Correct {n:it|them}, or use a larger unit.",
    "“{column}”列有 {n} 个数值超出 ±{most}（首见第 {row} 行，{value}），无法准确计算。请更正，或改用更大的单位。",
)
TOO_CLOSE: Final = Text(
    "the values of “{column}” differ by {spread} only, at a size of {size}: too little to compute with. Use another "
    "unit, or take the same number off all of them.",
    "“{column}”列各值仅相差 {spread}，而数值大小为 {size}，差异过小，无法计算。请换用其他单位，或统一减去同一个数。",
)
NO_FACTOR: Final = Text(
    "no factor is named. Name at least one, such as the lecturer.", "未指明任何因素。请至少指明一个，例如教师。"
)
TWICE_NAMED: Final = Text(
    "“{column}” is named more than once. Name each column for one thing.",
    "“{column}”被指明了不止一次。请让每列只作一种用途。",
)
NOT_A_FACTOR: Final = Text(
    "“{column}” is no factor of this model; there are: {there}. Name one of these.",
    "“{column}”不是本模型的因素；现有：{there}。请从中指明一个。",
)
NO_FIT: Final = Text(
    "no model can be fitted: these scores follow from “{names}” without any chance, or their numbers lie too far "
    "apart. Look whether a column was taken for another.",
    "无法拟合模型：得分完全由“{names}”决定、没有偶然误差，或数值相差过大。请检查是否取错了列。",
)
RATINGS: Final = Text("the table of ratings", "评分表")
MOST: Final = 1e9  # beyond it squares of scores leave no digits for their differences
LEAST_SPREAD: Final = 1e-6  # of the size of the values, for the same reason
LEAST_SIZE: Final = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a fit asks of a table: its score with the ends of the scale, its factors, its covariates."""

    score: str
    factors: tuple[str, ...]
    covariates: tuple[str, ...] = ()
    scale: tuple[float, float] | None = None
    joint: str | None = None


def checked_table(table: pl.DataFrame, wanted: Wanted, *, name: Text = RATINGS) -> pl.DataFrame:
    """Return the columns that are wanted, numbers as numbers and names as text.

    Raises FaultyInputError with all faults.
    """
    named = (wanted.score, *wanted.covariates, *wanted.factors)
    faults = [
        Fault(code="missing-column", says=NO_COLUMN, facts={"column": one, "there": ", ".join(table.columns)})
        for one in dict.fromkeys(named)
        if one not in table.columns
    ]
    faults += [*_wrongly_named(named, wanted)]
    if not faults:
        faults = [*_wrong_values(table, wanted)]
    if faults:
        raise FaultyInputError(name, faults)
    kept = table.select(
        *(pl.col(one).cast(pl.Float64) for one in (wanted.score, *wanted.covariates)),
        *(pl.col(one).cast(pl.String) for one in wanted.factors),
    )
    faults = [*_nothing_to_learn(kept, wanted)]
    if faults:
        raise FaultyInputError(name, faults)
    return kept


def fitted(
    scores: Array, design: Array, *, factors: Mapping[str, Codes], joint: str | None = None, name: Text = RATINGS
) -> CrossedFit:
    """Return the crossed fit of scores that were checked. Raises FaultyInputError where there is none."""
    refused = FaultyInputError(name, [Fault(code="no-fit", says=NO_FIT, facts={"names": ", ".join(factors)})])
    try:
        with np.errstate(all="ignore"):  # what comes of it is looked at below
            found = fit_crossed(
                scores,
                design,
                factors=list(factors.values()),
                joint=None if joint is None else list(factors).index(joint),
            )
    except (ArithmeticError, ValueError, np.linalg.LinAlgError) as lost:  # the root of no positive number, and the like
        raise refused from lost
    told = [found.coefficients, found.std_errors, np.array([found.residual_sd, found.criterion])]
    told += [numbers for each in found.factors for numbers in (each.effects, each.std_errors)]
    if not all(np.isfinite(numbers).all() for numbers in told) or found.residual_sd <= 0:
        raise refused
    return found


def _wrongly_named(named: Sequence[str], wanted: Wanted) -> Iterator[Fault]:
    if not wanted.factors:
        yield Fault(code="no-factor", says=NO_FACTOR)
    for one, times in Counter(named).items():
        if times > 1:
            yield Fault(code="named-twice", says=TWICE_NAMED, facts={"column": one})
    if wanted.joint is not None and wanted.joint not in wanted.factors:
        facts = {"column": wanted.joint, "there": ", ".join(wanted.factors)}
        yield Fault(code="not-a-factor", says=NOT_A_FACTOR, facts=facts)


def _wrong_values(table: pl.DataFrame, wanted: Wanted) -> Iterator[Fault]:
    for one in (wanted.score, *wanted.covariates):
        column = table[one]
        if not (column.dtype.is_numeric() or column.dtype == pl.Boolean):
            yield Fault(code="not-numbers", says=NOT_NUMBERS, facts={"column": one, "found": str(column.dtype)})
            continue
        numbers = column.cast(pl.Float64)
        yield from _empty(one, ~numbers.is_finite().fill_null(False))
        yield from _too_large(one, numbers)
        if one == wanted.score and wanted.scale is not None:
            yield from _off_scale(one, numbers, wanted.scale)
    for one in wanted.factors:
        yield from _empty(one, table[one].is_null() | (table[one].cast(pl.String).str.strip_chars() == ""))


def _empty(column: str, missing: pl.Series) -> Iterator[Fault]:
    rows = np.flatnonzero(missing.fill_null(True).to_numpy())
    if len(rows):
        yield Fault(code="empty", says=EMPTY, facts={"column": column, "n": len(rows), "row": int(rows[0]) + 1})


def _too_large(column: str, numbers: pl.Series) -> Iterator[Fault]:
    rows = np.flatnonzero((numbers.is_finite() & (numbers.abs() > MOST)).fill_null(False).to_numpy())
    if len(rows):
        first = int(rows[0])
        facts = {"n": len(rows), "row": first + 1, "value": f"{numbers[first]:g}", "most": f"{MOST:g}"}
        yield Fault(code="too-large", says=TOO_LARGE, facts={"column": column, **facts})


def _off_scale(column: str, numbers: pl.Series, scale: tuple[float, float]) -> Iterator[Fault]:
    low, high = scale
    rows = np.flatnonzero((numbers.is_finite() & ((numbers < low) | (numbers > high))).fill_null(False).to_numpy())
    if len(rows):
        first = int(rows[0])
        facts = {"column": column, "n": len(rows), "row": first + 1, "value": f"{numbers[first]:g}"}
        yield Fault(code="off-scale", says=OFF_SCALE, facts={**facts, "low": f"{low:g}", "high": f"{high:g}"})


def _nothing_to_learn(table: pl.DataFrame, wanted: Wanted) -> Iterator[Fault]:
    n = table.height
    if n < LEAST_RATINGS:
        yield Fault(code="few-ratings", says=FEW_ROWS, facts={"n": n, "least": LEAST_RATINGS})
        return
    if table[wanted.score].n_unique() == 1:
        yield Fault(code="all-equal", says=ALL_EQUAL, facts={"column": wanted.score})
    for column in (wanted.score, *wanted.covariates):
        yield from _too_close(column, table[column].to_numpy())
    for one in wanted.factors:
        levels = table[one].n_unique()
        if levels < LEAST_LEVELS:
            yield Fault(code="few-levels", says=FEW_LEVELS, facts={"column": one, "n": levels})
        elif levels == n:
            yield Fault(code="all-alone", says=ALL_ALONE, facts={"column": one})
    yield from _same_factors(table, wanted.factors)
    if wanted.covariates:
        design = np.column_stack([np.ones(n), table.select(wanted.covariates).to_numpy()])
        centred = design - np.append(0.0, design[:, 1:].mean(axis=0))
        spread = centred / np.maximum(np.abs(centred).max(axis=0), 1e-300)
        if np.linalg.matrix_rank(spread, tol=LEAST_SPREAD * np.sqrt(n)) < design.shape[1]:
            yield Fault(code="collinear", says=TOLD_BY_OTHERS, facts={"names": ", ".join(wanted.covariates)})


def _too_close(column: str, values: Array) -> Iterator[Fault]:
    size, spread = float(np.abs(values).max()), float(np.ptp(values))
    if spread and spread < max(LEAST_SPREAD * size, LEAST_SIZE):
        yield Fault(code="too-close", says=TOO_CLOSE,
                    facts={"column": column, "spread": f"{spread:g}", "size": f"{size:g}"})  # fmt: skip


def _same_factors(table: pl.DataFrame, factors: Sequence[str]) -> Iterator[Fault]:
    for place, one in enumerate(factors):
        for other in factors[place + 1 :]:
            pairs = table.select(one, other).n_unique()
            if pairs == table[one].n_unique() == table[other].n_unique():
                yield Fault(code="same-factors", says=SAME_FACTORS, facts={"one": one, "other": other})
