"""The work behind the doors of fit: from a calibration and its responses to what fits and what does not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy

from yucai.evidence import Responses
from yucai.measurement.calibration import Calibration
from yucai.measurement.engine import kernels
from yucai.measurement.fit.ground import Answers, Ground, answers_of, lay_ground
from yucai.measurement.fit.limited import curves_of, limited_fit, modelled_moments, rmsea90_of, rmsea_of
from yucai.measurement.fit.resampling import replicates
from yucai.measurement.fit.results import ItemFit, ItemFits, ModelFit, RaterFit, RaterFits
from yucai.measurement.fit.squares import (
    mean_squares_of_items,
    mean_squares_of_raters,
    normal_of_mean_square,
    two_sided,
)
from yucai.measurement.fit.sum_scores import SumScoreFit, sum_score_fit
from yucai.measurement.moderation import false_discovery_rates
from yucai.texts import Text

__all__ = ["judge_items", "judge_raters", "judge_whole"]

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]
BINS: Final = 8  # of the population, each with as many units; Q1 compares answers within them
MOST_FOR_M2: Final = 100
FEWEST_UNITS: Final = 30

OTHER_ANSWERS = Text(
    "These are not the responses that were calibrated: the numbers of the items count as known.",
    "这些不是标定所用的作答：题目参数按已知处理。",
)
SPREAD_OUT = Text(
    "There are {n} units; items and the whole were judged by {used} of them, evenly spread.",
    "共 {n} 个单元；题目与整体拟合按其中均匀抽取的 {used} 个判断。",
)
NOT_COMPLETE = Text(
    "M2 asks that everybody answered every item; here the correlations are compared with answers drawn from the model.",
    "M2 要求人人作答全部题目；此处改为与模型抽取的作答比较相关。",
)
TOO_MANY_ITEMS = Text(
    "M2 is worked out for up to {most} items; here the correlations are compared with answers drawn from the model.",
    "M2 只用于不超过 {most} 题；此处改为与模型抽取的作答比较相关。",
)
TOO_FEW_ITEMS = Text(
    "There are no more means and products than numbers of items, so M2 can say nothing.",
    "矩的个数不多于题目参数，M2 无从判断。",
)
RATED_ITEMS = Text(
    "{n} rated items are left out of the correlations: several answers of one unit stand for one item.",
    "{n} 个评分题不计入相关：同一单元在一题上有多个评分。",
)


def judge_items(
    calibration: Calibration, responses: Responses, *, rng: np.random.Generator, n_resamples: int
) -> ItemFits:
    """See ``item_fit``."""
    ground = lay_ground(calibration, responses)
    answers = answers_of(ground)
    names = [(one.quality, item) for one in ground.coded for item in one.items]
    squares = mean_squares_of_items(ground, rng=rng)
    counts = np.bincount(answers.item, minlength=len(names))
    infit_z = normal_of_mean_square(squares.infit, squares.infit_error)
    outfit_z = normal_of_mean_square(squares.outfit, squares.outfit_error)
    tests = _curve_tests(ground, answers, rng=rng, n_resamples=n_resamples)
    told = [j for j, (_name, found) in enumerate(tests) if found is not None and found.p_value is not None]
    p_values = [tests[j][1].p_value for j in told]  # type: ignore[union-attr]  # None was ruled out just above
    rates = dict(zip(told, false_discovery_rates(p_values), strict=True))  # type: ignore[arg-type]
    return ItemFits(
        items=tuple(
            ItemFit(
                quality=quality,
                item=item,
                n_answers=int(counts[j]),
                infit=float(squares.infit[j]),
                infit_error=float(squares.infit_error[j]),
                infit_z=float(infit_z[j]),
                outfit=float(squares.outfit[j]),
                outfit_error=float(squares.outfit_error[j]),
                outfit_z=float(outfit_z[j]),
                curve_test=name if found is not None else None,
                curve_chi2=found.chi2 if found is not None else None,
                curve_freedom=found.freedom if found is not None and name == "s-x2" else None,
                curve_p=found.p_value if found is not None else None,
                curve_q=rates.get(j),
            )
            for j, ((quality, item), (name, found)) in enumerate(zip(names, tests, strict=True))
        ),
        n_units=ground.records.n_units,
        notices=tuple(about_ground(ground, responses)),
    )


def about_ground(ground: Ground, responses: Responses) -> Iterator[Text]:
    """Yield what the reader of any judgement must know of what it stands on."""
    if not ground.fitted:
        yield OTHER_ANSWERS
    n = responses.table.select("learner", "occasion").n_unique()
    if n > ground.records.n_units and ground.records.n_units >= 20_000:
        said = {"n": n, "used": ground.records.n_units}
        yield SPREAD_OUT.filled(**said)


def _curve_tests(
    ground: Ground, answers: Answers, *, rng: np.random.Generator, n_resamples: int
) -> list[tuple[str, SumScoreFit | None]]:
    """Return the test of each item's curve: S-X2 where a quality's block is complete, else Q1."""
    found: list[tuple[str, SumScoreFit | None]] = [("", None)] * len(ground.records.items.family)
    sparse = []
    for d in range(ground.records.n_qualities):
        items = np.flatnonzero(ground.records.items.quality == d)
        block = complete_block(answers, items)
        if block is None or len(items) < 3:
            sparse += items.tolist()
            continue
        fits = sum_score_fit(block, *_block_curves(ground, items))
        for j, fit in zip(items.tolist(), fits, strict=True):
            found[j] = ("s-x2", fit if len(block) >= FEWEST_UNITS else None)
    if sparse and ground.records.n_units >= FEWEST_UNITS and n_resamples:
        chi2 = _q1(ground)
        drawn = np.array([_q1(one) for one in replicates(ground, n_resamples, rng=rng)])
        p = (1 + (drawn >= chi2).sum(axis=0)) / (1 + n_resamples)
        for j in sparse:
            if np.isfinite(chi2[j]):
                found[j] = ("q1", SumScoreFit(chi2=float(chi2[j]), freedom=0, p_value=float(p[j])))
    return found


def complete_block(answers: Answers, items: Index) -> Index | None:
    """Return the categories (n, J) of the units that have any, where each answered each item once; else None."""
    here = np.isin(answers.item, items)
    if not here.any() or (answers.rater[here] >= 0).any():
        return None
    units, row = np.unique(answers.unit[here], return_inverse=True)
    if here.sum() != len(units) * len(items):
        return None
    block = np.full((len(units), len(items)), -1)
    block[row, np.searchsorted(items, answers.item[here])] = answers.category[here]
    return block if (block >= 0).all() else None


def _block_curves(ground: Ground, items: Index) -> tuple[list[Array], Array, list[int]]:
    """Return chances of the items' categories, weights of the nodes, and how many numbers of each were fitted."""
    records = ground.records
    curves = []
    for j in items:
        first = int(records.first[records.item_cells[records.item_pointer[j]]])
        curves.append(np.exp(ground.table[first : first + int(records.items.n_categories[j])]))
    weights = scipy.stats.norm.pdf(ground.nodes)
    spent = [int(records.items.n_categories[j]) if ground.fitted else 0 for j in items]
    return curves, weights / weights.sum(), spent


def _q1(ground: Ground) -> Array:
    r"""Return how far answers lie from each item's curve, by bins of the places (J,); NaN where nobody answered.

    .. math:: Q_1 = \sum_g \sum_k \frac{(\sum_{q \in g} R_{kq} - n_q P_{kq})^2}{\sum_{q \in g} n_q P_{kq}}

    with R the answers in category k spread over the nodes by what is known of each unit (Yen 1981, averaged). Its law
    is that of no table; the same is worked out of answers drawn from the model.
    """
    records = ground.records
    counts = np.zeros_like(ground.table)
    kernels.count(records.row_pointer, records.unit, records.quality, ground.weights, counts)
    cell = ground.row_cell
    there = np.repeat(np.add.reduceat(counts, records.first, axis=0), np.bincount(cell), axis=0)
    expected = there * np.exp(ground.table)
    bins = np.searchsorted(scipy.stats.norm.ppf(np.arange(1, BINS) / BINS), ground.nodes)
    row_key = _item_rows(ground)
    n_keys = int(row_key.max()) + 1
    seen, wanted = np.zeros((n_keys, BINS)), np.zeros((n_keys, BINS))
    for g in range(BINS):
        seen[:, g] = np.bincount(row_key, counts[:, bins == g].sum(axis=1), minlength=n_keys)
        wanted[:, g] = np.bincount(row_key, expected[:, bins == g].sum(axis=1), minlength=n_keys)
    of_key = ((seen - wanted) ** 2 / np.maximum(wanted, 0.5)).sum(axis=1)
    width = int(records.items.n_categories.max())
    found = np.bincount(np.arange(n_keys) // width, of_key, minlength=len(records.items.family))
    answered = np.bincount(np.arange(n_keys) // width, wanted.sum(axis=1), minlength=len(found))
    return np.where(answered > 0, found, np.nan)


def _item_rows(ground: Ground) -> Index:
    """Return for each row its item and category as one number, (T,)."""
    width = int(ground.records.items.n_categories.max())
    return np.asarray(ground.records.cell_item[ground.row_cell] * width + ground.category.astype(np.int64))


def judge_raters(calibration: Calibration, responses: Responses) -> RaterFits:
    """See ``rater_fit``."""
    ground = lay_ground(calibration, responses)
    answers = answers_of(ground)
    names = [(one.quality, rater) for one in ground.coded for rater in one.raters]
    if not names:
        return RaterFits(raters=(), notices=tuple(about_ground(ground, responses)))
    squares = mean_squares_of_raters(ground)
    counts = np.bincount(answers.rater[answers.rater >= 0], minlength=len(names))
    infit_z = normal_of_mean_square(squares.infit, squares.infit_error)
    outfit_z = normal_of_mean_square(squares.outfit, squares.outfit_error)
    here = [r for r in range(len(names)) if counts[r] and np.isfinite(infit_z[r])]
    rates = dict(zip(here, false_discovery_rates(two_sided(infit_z[here]).tolist()), strict=True))
    return RaterFits(
        raters=tuple(
            RaterFit(
                quality=names[r][0],
                rater=names[r][1],
                n_ratings=int(counts[r]),
                infit=float(squares.infit[r]),
                infit_error=float(squares.infit_error[r]),
                infit_z=float(infit_z[r]),
                outfit=float(squares.outfit[r]),
                outfit_error=float(squares.outfit_error[r]),
                outfit_z=float(outfit_z[r]),
                false_discovery_rate=rates[r],
            )
            for r in here
        ),
        notices=tuple(about_ground(ground, responses)),
    )


def judge_whole(
    calibration: Calibration, responses: Responses, *, rng: np.random.Generator, n_resamples: int
) -> ModelFit:
    """See ``model_fit``."""
    ground = lay_ground(calibration, responses)
    answers = answers_of(ground)
    notices = list(about_ground(ground, responses))
    rated = np.unique(answers.item[answers.rater >= 0])
    items = np.setdiff1d(np.unique(answers.item), rated)
    if len(rated):
        notices.append(RATED_ITEMS.filled(n=len(rated)))
    n_items = len(ground.records.items.family)
    block = complete_block(answers, items) if len(items) == n_items else None
    m2 = None
    if block is None:
        notices.append(NOT_COMPLETE)
    elif n_items > MOST_FOR_M2:
        notices.append(TOO_MANY_ITEMS.filled(most=MOST_FOR_M2))
    else:
        m2 = limited_fit(block, curves_of(ground))
        if m2 is None:
            notices.append(TOO_FEW_ITEMS)
    n = ground.records.n_units
    srmsr = _srmsr(ground, items) if len(items) > 2 and not len(rated) else None
    srmsr_p = None
    if srmsr is not None and n_resamples and m2 is None:
        drawn = [_srmsr(one, items) for one in replicates(ground, n_resamples, rng=rng)]
        srmsr_p = (1 + sum(one >= srmsr for one in drawn)) / (1 + n_resamples)
    return ModelFit(
        n_units=n,
        n_items=n_items,
        m2=m2.m2 if m2 else None,
        freedom=m2.freedom if m2 else None,
        p_value=m2.p_value if m2 else None,
        rmsea=rmsea_of(m2.m2, m2.freedom, n) if m2 else None,
        rmsea90=rmsea90_of(m2.m2, m2.freedom, n) if m2 else None,
        srmsr=srmsr,
        srmsr_p=srmsr_p,
        notices=tuple(notices),
    )


def _srmsr(ground: Ground, items: Index) -> float:
    """Return the root of the mean squared gap between seen and modelled correlations of the items."""
    answers = answers_of(ground)
    n, j_n = ground.records.n_units, len(ground.records.items.family)
    seen, value = np.zeros((n, j_n)), np.zeros((n, j_n))
    seen[answers.unit, answers.item] = 1.0
    value[answers.unit, answers.item] = answers.category
    observed = _correlations(value, seen)[np.ix_(items, items)]
    means, squares, products = modelled_moments(curves_of(ground))
    sd = np.sqrt(squares - means**2)
    modelled = ((products - np.outer(means, means)) / np.outer(sd, sd))[np.ix_(items, items)]
    gap = (observed - modelled)[np.triu_indices(len(items), 1)]
    return float(np.sqrt(np.nanmean(gap**2)))


def _correlations(value: Array, seen: Array) -> Array:
    """Return correlations of columns (n, J) over the rows in which both were seen; NaN of fewer than ten."""
    n = seen.T @ seen
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = (value.T @ seen) / n  # of the row's item where the column's was seen too
        square = ((value**2).T @ seen) / n - mean**2
        cross = (value.T @ value) / n - mean * mean.T
        found = cross / np.sqrt(square * square.T)
    return np.asarray(np.where(n >= 10, found, np.nan))
