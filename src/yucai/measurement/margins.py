"""The law of one learner's place on one quality, as a profile tells it: mean, standard error and an uneven interval."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import scipy

from yucai.measurement.profiles import Profiles

__all__ = ["Array", "bend_of", "bent", "chance_below"]

Array = npt.NDArray[np.float64]
NORMAL_90: Final = 1.6448536269514722
MOST_BEND: Final = 0.12  # beyond, the curve would turn within four standard errors


def bend_of(profiles: Profiles) -> Array:
    r"""Return how uneven each margin is, (N, K).

    A place is :math:`m + s\,(z + b (z^2 - 1)) / \sqrt{1 + 2 b^2}` with z standard normal (Cornish and Fisher 1938), b
    so that the middle of the 90 % interval lies where the profile has it; b is a sixth of the skewness.
    """
    middle = (profiles.upper90 + profiles.lower90) / 2 - profiles.mean
    bend = middle / (profiles.std_error * (NORMAL_90**2 - 1))
    return np.asarray(np.clip(bend, -MOST_BEND, MOST_BEND))


def bent(z: Array, bend: Array) -> Array:
    """Return standard normal values bent so that mean and variance stay 0 and 1 (up to the tails)."""
    return np.asarray((z + bend * (z**2 - 1)) / np.sqrt(1 + 2 * bend**2))


def chance_below(place: Array | float, mean: Array, std_error: Array, bend: Array) -> Array:
    """Return how likely a learner stands below a place, elementwise.

    >>> float(chance_below(0.0, np.array(0.0), np.array(0.5), np.array(0.0)))
    0.5
    """
    wanted = (np.asarray(place) - mean) / std_error * np.sqrt(1 + 2 * bend**2)
    # b z^2 + z - (b + wanted) = 0; the root that is the normal one when b goes to 0, in a form that bears b = 0
    inside = np.maximum(1 + 4 * bend * (bend + wanted), 0.0)
    return np.asarray(scipy.special.ndtr(2 * (bend + wanted) / (1 + np.sqrt(inside))))
