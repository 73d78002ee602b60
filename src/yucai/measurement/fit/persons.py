"""Person fit: whose answers are unlike those of anybody at the same place."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from yucai.evidence import Responses
from yucai.measurement.calibration import Calibration
from yucai.measurement.engine import kernel_fit
from yucai.measurement.fit.ground import Ground, answers_of, averaged, lay_ground, with_answers
from yucai.measurement.fit.resampling import drawn_places, redrawn
from yucai.measurement.fit.results import PersonFit, PersonFits
from yucai.measurement.moderation import false_discovery_rates

__all__ = ["judge_persons", "likelihoods"]

Array = npt.NDArray[np.float64]
AT_ONCE: Final = 10_000  # units


def judge_persons(
    calibration: Calibration, responses: Responses, *, rng: np.random.Generator, n_resamples: int
) -> PersonFits:
    """See ``person_fit``."""
    known = [item.item for scale in calibration.scales for item in scale.items]
    table = responses.table.filter(pl.col("item").is_in(known))
    units = table.select("learner", "occasion").unique().sort("learner", "occasion", nulls_last=False)
    found: list[PersonFit] = []
    for begin in range(0, max(units.height, 1), AT_ONCE):
        some = table.join(units[begin : begin + AT_ONCE], on=["learner", "occasion"], nulls_equal=True, how="semi")
        ground = lay_ground(calibration, Responses(some) if some.height else responses, most=AT_ONCE)
        found += _some(ground, rng=rng, n_resamples=n_resamples)
    rates = false_discovery_rates([one.p_value for one in found])
    told = (replace(one, false_discovery_rate=rate) for one, rate in zip(found, rates, strict=True))
    return PersonFits(persons=tuple(told), n_resamples=n_resamples)


def likelihoods(ground: Ground) -> Array:
    r"""Return l_z of each unit on each quality, (n, D), averaged over what is known of its place; NaN without answers.

    .. math:: l_z = \sum_q w_q \frac{\sum_j \log P_{jq}(y_j) - \sum_j E_q[\log P_j]}{\sqrt{\sum_j V_q[\log P_j]}}

    (Drasgow, Levine and Williams 1985, averaged over the posterior).
    """
    records = ground.records
    chance = np.exp(ground.table)
    sizes = records.items.n_categories[records.cell_item]
    expected = np.repeat(np.add.reduceat(chance * ground.table, records.first, axis=0), sizes, axis=0)
    above = ground.table - expected
    variance = np.repeat(np.add.reduceat(chance * above**2, records.first, axis=0), sizes, axis=0)
    found = np.empty((records.n_units, records.n_qualities))
    kernel_fit.standardize(records.pointer, records.row, records.quality, above, variance, ground.weights, found)
    return found


def _some(ground: Ground, *, rng: np.random.Generator, n_resamples: int) -> list[PersonFit]:
    """Return what is said of the units of one ground, p-values by answers drawn from the model in the same design."""
    l_z = likelihoods(ground)
    design = _designs(ground)
    drawn = np.empty((n_resamples, *l_z.shape))
    for b in range(n_resamples):
        records = redrawn(ground, drawn_places(ground, rng=rng), rng=rng)
        drawn[b] = likelihoods(with_answers(ground, records))
    p = np.full(l_z.shape, np.nan)
    for members in design.values():
        at = tuple(np.array(members).T)
        pool = np.sort(drawn[:, at[0], at[1]].ravel())
        p[at] = (1 + np.searchsorted(pool, l_z[at], side="right")) / (1 + len(pool))
    infit, outfit, counts = _squares(ground)
    names = list(ground.units.iter_rows())
    qualities = [one.quality for one in ground.coded]
    return [
        PersonFit(
            learner=names[i][0], occasion=names[i][1], quality=qualities[d], n_answers=int(counts[i, d]),
            infit=float(infit[i, d]), outfit=float(outfit[i, d]), l_z=float(l_z[i, d]), p_value=float(p[i, d]),
            false_discovery_rate=float("nan"),  # told once all are known
        )
        for i, d in zip(*np.nonzero(counts), strict=True)
    ]  # fmt: skip


def _designs(ground: Ground) -> dict[tuple[int, bytes], list[tuple[int, int]]]:
    """Return which units and qualities (i, d) were answered in the same design: the same items by the same raters."""
    records = ground.records
    cells = ground.row_cell[records.row]
    of = records.quality[records.row]
    found: dict[tuple[int, bytes], list[tuple[int, int]]] = defaultdict(list)
    for i in range(records.n_units):
        here = slice(int(records.pointer[i]), int(records.pointer[i + 1]))
        for d in np.unique(of[here]):
            found[int(d), cells[here][of[here] == d].tobytes()].append((i, int(d)))
    return found


def _squares(ground: Ground) -> tuple[Array, Array, Array]:
    """Return infit, outfit and the number of answers of each unit on each quality, (n, D)."""
    answers = answers_of(ground)
    shape = (ground.records.n_units, ground.records.n_qualities)
    key = answers.unit * shape[1] + answers.quality
    away = (ground.category[:, None] - ground.expected) ** 2

    def added(curves: Array) -> Array:
        summed = np.bincount(key, averaged(ground, curves), minlength=shape[0] * shape[1])
        return np.asarray(summed, dtype=np.float64).reshape(shape)

    counts = np.bincount(key, minlength=shape[0] * shape[1]).reshape(shape).astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        outfit = added(away / np.maximum(ground.variance, 1e-12)) / counts
        infit = added(away) / added(ground.variance)
    return infit, outfit, counts
