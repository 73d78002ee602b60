"""Where each number stands in a row of scores: items, severities, regression, covariances."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from yucai.measurement.engine import kernel_items
from yucai.measurement.engine.rated_steps import lines_of, rated_items, shared_qualities
from yucai.measurement.engine.records import Records
from yucai.measurement.engine.search import Part, Plan
from yucai.measurement.engine.state import State
from yucai.measurement.engine.tied import moving_ties, representatives

__all__ = ["Layout"]

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]
MOST_JOINT_RATERS: Final = 1500  # beyond, each is taken for itself


class Layout:
    """Places of all numbers, and which of them are free.

    Items' numbers begin at ``place`` (J,), severities at ``raters``, mean and regression (P+1, D) at ``backbone``, and
    from ``shares`` on the covariances (share_group, share_a >= share_b): all of each group's, those of the first group
    only where its scale is anchored or, off the diagonal, always.
    """

    def __init__(self, records: Records, state: State, plan: Plan) -> None:
        self.records = records
        nominal = records.items.family == kernel_items.NOMINAL
        guessing = records.items.family == kernel_items.GUESSING
        k = records.items.n_categories
        self.n_numbers = np.where(nominal, 2 * (k - 1), np.where(guessing, 3, k))
        self.place = np.concatenate([[0], np.cumsum(self.n_numbers)[:-1]])
        self.raters = int(self.n_numbers.sum())
        self.joint = records.n_raters <= MOST_JOINT_RATERS
        self.backbone = self.raters + (records.n_raters if self.joint else 0)
        p, d = state.backbone.regression.shape
        self.p, self.d = p + 1, d
        self.shares = self.backbone + self.p * d
        a, b = np.tril_indices(d)
        g_n = len(state.backbone.covariance)
        self.share_group = np.repeat(np.arange(g_n), len(a))
        self.share_a, self.share_b = np.tile(a, g_n), np.tile(b, g_n)
        self.n = self.shares + len(self.share_a)
        self.same = representatives(self.place, self.n, plan.tied, records.items.quality)
        self.free = self._free(plan)

    def _free(self, plan: Plan) -> npt.NDArray[np.bool_]:
        free = np.ones(self.n, dtype=bool)
        free[: self.raters] = np.repeat(plan.free, self.n_numbers)
        free[self.place[plan.tied & ~moving_ties(plan.tied, plan.free, self.records.items.quality)]] = False
        free[self.backbone : self.backbone + self.d] = plan.anchored
        units = (self.share_group == 0) & (self.share_a == self.share_b)
        free[self.shares :] = ~units | plan.anchored[self.share_a]
        return free

    def covariates(self, part: Part) -> Array:
        """Return a part's covariates with a leading one, (n, P+1)."""
        return np.concatenate([np.ones((len(part.covariates), 1)), part.covariates], axis=1)

    def held_items(self, plan: Plan) -> Array:
        """Return what the priors of items add to the diagonal."""
        return np.concatenate([self.of_items(plan.prior_precision), np.zeros(self.n - self.raters)])

    def of_items(self, packed: Array) -> Array:
        """Return what stands in one row an item (J, P) as one row of all items' numbers."""
        return np.concatenate([packed[j, :n] for j, n in enumerate(self.n_numbers)])

    def seen_by_average(self, state: State, plan: Plan) -> list[tuple[Array, Index]]:
        """Return for each quality how its items' numbers, as the average rater sees them, move with the mean severity.

        That is (n,), beside the places of its severities. Qualities are missing of which some rated items are kept, or
        were also answered unrated.
        """
        seen, of = [], self.records.rater_quality
        for d in shared_qualities(self.records, plan.free) if self.joint else ():
            by = np.zeros(self.n)
            for j in rated_items(self.records, d):
                lines, slopes = lines_of(state, self.records, j)
                by[self.place[j] + lines.start : self.place[j] + lines.stop] = -slopes
            seen.append((by, self.raters + np.flatnonzero(of == d)))
        return seen

    def held_raters(self, state: State) -> Array:
        """Return what the priors of severities add to the diagonal."""
        added = np.zeros(self.n)
        if self.joint:
            added[self.raters : self.backbone] = self.held_severities(state)
        return added

    def held_severities(self, state: State) -> Array:
        """Return the precision of each severity's prior, (raters,)."""
        spread: Array = state.numbers.severity_sd[self.records.rater_quality]
        return 1.0 / spread**2

    def fastened(self, information: Array) -> Array:
        """Return the information with numbers that are not free told apart from all others, each known for sure."""
        kept = np.where(np.outer(self.free, self.free), information, 0.0)
        kept[np.diag_indices(self.n)] = np.where(self.free, np.diag(information), 1.0)
        return kept
