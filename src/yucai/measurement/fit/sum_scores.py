"""S-X2: whether an item rises with the sum score as its curve says, where everybody answered everything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy

__all__ = ["SumScoreFit", "sum_score_fit", "sum_score_law"]

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]
FEWEST: Final = 1.0  # expected in a cell; cells with less are joined with their neighbours


@dataclass(frozen=True, slots=True, kw_only=True)
class SumScoreFit:
    """S-X2 of one item; p is None where joining cells leaves no freedom."""

    chi2: float
    freedom: int
    p_value: float | None


def sum_score_law(curves: Sequence[Array]) -> Array:
    r"""Return the law of the sum of categories at each node, (S+1, Q), from the items' chances (K_j, Q).

    .. math:: f_j(s) = \sum_k P_{jk} f_{j-1}(s - k)      (Lord and Wingersky 1984)

    >>> sum_score_law([np.array([[0.5], [0.5]]), np.array([[0.5], [0.5]])]).ravel().tolist()
    [0.25, 0.5, 0.25]
    """
    law = np.ones((1, curves[0].shape[1]))
    for chance in curves:
        wider = np.zeros((len(law) + len(chance) - 1, law.shape[1]))
        for k, of_k in enumerate(chance):
            wider[k : k + len(law)] += of_k * law
        law = wider
    return law


def sum_score_fit(
    answers: Index, curves: Sequence[Array], weights: Array, n_numbers: Sequence[int]
) -> list[SumScoreFit]:
    r"""Return S-X2 of each item, answers (n, J) by category, curves J arrays (K_j, Q), weights (Q,) of the places.

    .. math:: E_{sk} = \frac{\int P_{jk} f_{-j}(s - k) \phi}{\int f(s) \phi}, \quad
        S\text{-}X^2_j = \sum_s \sum_k N_s \frac{(O_{sk} - E_{sk})^2}{E_{sk}}

    with f_{-j} the law of the sum of the other items (Orlando and Thissen 2000; Kang and Chen 2008 for more than two
    categories). ``n_numbers``: numbers of each item that were fitted and cost freedom.
    """
    total = answers.sum(axis=1)
    found = []
    for j, chance in enumerate(curves):
        rest = sum_score_law([curve for i, curve in enumerate(curves) if i != j]) if len(curves) > 1 else None
        if rest is None:
            found.append(SumScoreFit(chi2=0.0, freedom=0, p_value=None))
            continue
        cells = np.zeros((len(rest) + len(chance) - 1, len(chance)))
        for k, of_k in enumerate(chance):
            cells[k : k + len(rest), k] = (of_k * rest) @ weights
        groups = np.bincount(total, minlength=len(cells)).astype(np.float64)
        expected = groups[:, None] * cells / np.maximum(cells.sum(axis=1, keepdims=True), 1e-300)
        observed = np.zeros_like(cells)
        np.add.at(observed, (total, answers[:, j]), 1.0)
        possible = cells > 0
        join = _joined_groups if len(chance) == 2 else _joined_categories
        chi2, n_cells = join(observed, expected, possible)
        freedom = n_cells - n_numbers[j]
        p = float(scipy.stats.chi2.sf(chi2, freedom)) if freedom > 0 else None
        found.append(SumScoreFit(chi2=chi2, freedom=max(freedom, 0), p_value=p))
    return found


def _joined_groups(observed: Array, expected: Array, possible: npt.NDArray[np.bool_]) -> tuple[float, int]:
    """Join groups of neighbouring scores, from both ends, until each cell expects enough; return X2 and freedom."""
    whole = possible.all(axis=1)
    o, e = list(observed[whole]), list(expected[whole])
    while len(e) > 1 and min(row.min() for row in e) < FEWEST:
        at = int(np.argmin([row.min() for row in e]))
        beside = at + 1 if at < len(e) / 2 else at - 1
        low, high = sorted((at, beside))
        o[low], e[low] = o[low] + o[high], e[low] + e[high]
        del o[high], e[high]
    if not e or min(row.min() for row in e) <= 0:
        return 0.0, 0
    return float(sum(((a - b) ** 2 / b).sum() for a, b in zip(o, e, strict=True))), len(e)


def _joined_categories(observed: Array, expected: Array, possible: npt.NDArray[np.bool_]) -> tuple[float, int]:
    """Join neighbouring categories within each score until each cell expects enough; return X2 and freedom."""
    chi2, freedom = 0.0, 0
    for o_row, e_row, there in zip(observed, expected, possible, strict=True):
        o, e = list(o_row[there]), list(e_row[there])
        while len(e) > 1 and min(e) < FEWEST:
            at = int(np.argmin(e))
            if at == 0:
                beside = 1
            elif at == len(e) - 1:
                beside = at - 1
            else:
                beside = at - 1 if e[at - 1] <= e[at + 1] else at + 1
            low, high = sorted((at, beside))
            o[low], e[low] = o[low] + o[high], e[low] + e[high]
            del o[high], e[high]
        if len(e) > 1:
            chi2 += float(sum((a - b) ** 2 / b for a, b in zip(o, e, strict=True)))
            freedom += len(e) - 1
    return chi2, freedom
