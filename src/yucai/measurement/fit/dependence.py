"""Local dependence: what two items share beyond the quality they speak of."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from yucai.evidence import Responses
from yucai.measurement.calibration import Calibration
from yucai.measurement.engine import kernel_fit
from yucai.measurement.fit.ground import Ground, answers_of, averaged, lay_ground
from yucai.measurement.fit.resampling import spread_of_sums
from yucai.measurement.fit.results import LocalDependence, PairDependence
from yucai.measurement.fit.squares import two_sided
from yucai.measurement.moderation import false_discovery_rates

__all__ = ["judge_pairs"]

Array = npt.NDArray[np.float64]
MOST_UNITS: Final = 5_000
FEWEST_TOGETHER: Final = 30


def judge_pairs(calibration: Calibration, responses: Responses, *, rng: np.random.Generator) -> LocalDependence:
    """See ``local_dependence``."""
    ground = lay_ground(calibration, responses, most=MOST_UNITS)
    names = [(one.quality, item) for one in ground.coded for item in one.items]
    q3, together = _q3(ground)
    z = _score_tests(ground, rng=rng)
    found: list[PairDependence] = []
    for one in ground.coded:
        mine = [j for j, (quality, _item) in enumerate(names) if quality == one.quality]
        pairs = [
            (j, k)
            for a, j in enumerate(mine)
            for k in mine[a + 1 :]
            if together[j, k] >= FEWEST_TOGETHER and np.isfinite(z[j, k]) and np.isfinite(q3[j, k])
        ]
        if not pairs:
            continue
        middle = float(np.mean([q3[pair] for pair in pairs]))
        p_values = two_sided(np.array([z[pair] for pair in pairs])).tolist()
        rates = false_discovery_rates(p_values)
        found += [
            PairDependence(
                quality=one.quality,
                item=names[j][1],
                with_item=names[k][1],
                n_units=int(together[j, k]),
                q3=float(q3[j, k]),
                q3_above=float(q3[j, k]) - middle,
                z=float(z[j, k]),
                p_value=p,
                false_discovery_rate=rate,
            )
            for (j, k), p, rate in zip(pairs, p_values, rates, strict=True)
        ]
    found.sort(key=lambda pair: (pair.false_discovery_rate, pair.p_value, -abs(pair.q3_above), pair.item))
    return LocalDependence(pairs=tuple(found), n_units=ground.records.n_units)


def _q3(ground: Ground) -> tuple[Array, Array]:
    """Return Yen's (1984) Q3, (J, J): correlations of answers less what is expected of the unit, and the units met."""
    answers = answers_of(ground)
    n, j_n = ground.records.n_units, len(ground.records.items.family)
    left = ground.category[ground.records.row] - averaged(ground, ground.expected)
    key = answers.unit * j_n + answers.item
    value = np.bincount(key, left, minlength=n * j_n).reshape(n, j_n)
    seen = (np.bincount(key, minlength=n * j_n).reshape(n, j_n) > 0).astype(np.float64)
    together = seen.T @ seen
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = (value.T @ seen) / together
        square = ((value**2).T @ seen) / together - mean**2
        q3 = ((value.T @ value) / together - mean * mean.T) / np.sqrt(square * square.T)
    return q3, together


def _score_tests(ground: Ground, *, rng: np.random.Generator) -> Array:
    r"""Return for each pair of items a standard normal number of their dependence, (J, J); NaN without a pair.

    .. math:: c_i = \sum_q w_{iq} (y_{ij} - E_{jq}) (y_{ik} - E_{kq}), \qquad
        z = \sum_i c_i / \sqrt{\operatorname{Var} \sum_i c_i}

    Given the place, answers are independent under the model, so that c has mean zero (Glas 1999; Haberman and Sinharay
    2013); for the variance see ``spread_of_sums``.
    """
    seen = _products(ground).sum(axis=0)
    spread = spread_of_sums(ground, _products, rng=rng)
    first, second = _pairs(ground)
    z = np.full((len(ground.records.items.family),) * 2, np.nan)
    there = spread > 1e-9
    z[first[there], second[there]] = seen[there] / spread[there]
    return z


def _pairs(ground: Ground) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the pairs of items of one quality."""
    first, second = np.triu_indices(len(ground.records.items.family), 1)
    same = ground.records.items.quality[first] == ground.records.items.quality[second]
    return first[same], second[same]


def _products(ground: Ground) -> Array:
    """Return each unit's product of residuals for each pair, averaged over its place, (n, pairs)."""
    records = ground.records
    first, second = _pairs(ground)
    row_item = records.cell_item[ground.row_cell]
    residual = np.ascontiguousarray(ground.category[:, None] - ground.expected)
    found = np.empty((records.n_units, len(first)))
    beside = np.zeros((records.n_units, len(records.items.family)))
    for j in np.unique(first):
        kernel_fit.beside(records.pointer, records.row, records.quality, row_item, residual, ground.weights, j, beside)
        found[:, first == j] = beside[:, second[first == j]]
    return found
