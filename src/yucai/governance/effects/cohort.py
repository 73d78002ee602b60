"""Whether a programme did something for one small cohort: an exact permutation test, and a shrunken estimate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from yucai.texts import Text

__all__ = ["CohortEffect", "estimate_cohort_effect"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CohortEffect:
    """The difference of one cohort from those it is compared with.

    ``estimate`` is the difference of means, ``p_value`` from the permutation test (``exact`` when all permutations
    were counted). ``shrunk``, ``shrunk_sd``, ``interval``: mean, SD and central interval of the posterior under a
    normal prior around 0 with ``prior_sd``. ``chance_positive`` is that the effect is above 0, ``chance_matters`` that
    it reaches the smallest effect of interest.
    """

    n_cohort: int
    n_comparison: int
    estimate: float
    p_value: float
    smallest_p: float
    exact: bool
    n_permutations: int
    prior_sd: float
    shrunk: float
    shrunk_sd: float
    interval: tuple[float, float]
    chance_positive: float
    chance_matters: float | None
    convention: Text
    says: tuple[Text, ...]


def estimate_cohort_effect(
    cohort: Sequence[float],
    comparison: Sequence[float],
    *,
    prior_sd: float,
    smallest_effect: float | None = None,
    alpha: float = 0.05,
    seed: int = 20261128,
    draws: int = 9_999,
) -> CohortEffect:
    """Return what one cohort gained over those it is compared with."""
    raise NotImplementedError
