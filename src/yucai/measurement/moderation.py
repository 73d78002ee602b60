"""Means of few values, their spread borrowed from others as far as these are alike; and many tests at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import scipy

__all__ = ["ModeratedMean", "Spread", "false_discovery_rates", "moderated"]

PRIOR_FREEDOM: Final = 8.0  # what the others' spread is worth, in degrees of freedom of one's own


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """A mean, or a difference of means, and how far the values lie apart.

    The variance of the mean is ``variance * per_work``, with ``per_work`` 1/n or 1/n1 + 1/n2.
    """

    mean: float
    per_work: float
    variance: float
    freedom: int
    sizes: tuple[int, ...]
    counts: bool  # whether there are enough values


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeratedMean:
    """A mean with its standard error, 90 % interval, and two-sided p-value of being zero."""

    mean: float
    std_error: float
    freedom: float

    @property
    def interval90(self) -> tuple[float, float]:
        """The 90 % interval."""
        reach = float(scipy.stats.t.ppf(0.95, self.freedom)) * self.std_error
        return self.mean - reach, self.mean + reach

    @property
    def p_value(self) -> float:
        """How often a mean at least this far from zero would come by chance."""
        return float(2 * scipy.stats.t.sf(abs(self.mean) / self.std_error, self.freedom))


def moderated(spreads: Mapping[str, Spread]) -> dict[str, ModeratedMean]:
    r"""Return means with standard errors in which each spread has borrowed from the others.

    .. math:: \tilde s_r^2 = \frac{d_0 s_0^2 + d_r s_r^2}{d_0 + d_r}, \quad d_0 = 8      (Smyth 2004)

    with s_0^2 the spread pooled over all, d_r the degrees of freedom. d_0 is set, not estimated: from few raters the
    likeliest d_0 is too large, and its intervals cover 87 % instead of 90 %. One alone borrows nothing.
    """
    variance = np.array([spread.variance for spread in spreads.values()])
    freedom = np.array([spread.freedom for spread in spreads.values()], float)
    prior = PRIOR_FREEDOM if len(spreads) > 1 else 0.0
    pooled = float(freedom @ variance / freedom.sum()) if len(spreads) else 0.0
    joined = (prior * pooled + freedom * variance) / (prior + freedom)
    return {
        name: ModeratedMean(
            mean=spread.mean, std_error=float(np.sqrt(joined[n] * spread.per_work)), freedom=float(prior + freedom[n])
        )
        for n, (name, spread) in enumerate(spreads.items())
    }


def false_discovery_rates(p_values: Sequence[float]) -> list[float]:
    r"""Return for each p-value the share of false alarms among those at least as small (Benjamini and Hochberg 1995).

    .. math:: q_{(i)} = \min_{j \ge i} \min(1, p_{(j)} n / j)

    >>> false_discovery_rates([0.01, 0.04, 0.03, 0.5])
    [0.04, 0.0533..., 0.0533..., 0.5]
    """
    return scipy.stats.false_discovery_control(p_values, method="bh").tolist() if p_values else []
