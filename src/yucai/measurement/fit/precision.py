"""How much items tell, where on the scale, and how reliable what they tell is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from yucai.measurement.calibration import Calibration, ItemParameters, QualityScale
from yucai.measurement.chances import chances_of, rises_of
from yucai.measurement.fit.results import Informations, Reliabilities, Reliability
from yucai.measurement.profiles import Profiles, UnknownQualityError

__all__ = ["category_chances", "expected_score", "information", "item_information", "reliability"]

Array = npt.NDArray[np.float64]
PLACES: tuple[float, ...] = tuple(np.round(np.linspace(-4.0, 4.0, 81), 10).tolist())


def category_chances(item: ItemParameters, places: Sequence[float] | Array) -> Array:
    """Return the chance of each category of an unrated item at each place, (K, Q)."""
    return chances_of(item, places).T


def expected_score(item: ItemParameters, places: Sequence[float] | Array) -> Array:
    """Return the expected category at each place, (Q,), counted from 0 over the categories met."""
    chances = category_chances(item, places)
    return np.asarray(np.arange(len(chances)) @ chances)


def item_information(item: ItemParameters, places: Sequence[float] | Array) -> Array:
    r"""Return how much an unrated item tells at each place, (Q,), in 1 / variance (SDs of all units).

    .. math:: I(x) = \sum_k \frac{P_k'(x)^2}{P_k(x)}      (Samejima 1969; for two categories a^2 P (1 - P))
    """
    chances = chances_of(item, places)
    return np.asarray((rises_of(item, places) ** 2 / np.maximum(chances, 1e-300)).sum(axis=-1))


def information(calibration: Calibration, quality: str, *, places: Sequence[float] = PLACES) -> Informations:
    """Return how much each item of a quality tells at each of the places, by an average rater.

    Raises UnknownQualityError.
    """
    scale = calibration.scale(quality)
    if scale is None:
        raise UnknownQualityError(quality=quality, known=", ".join(one.quality for one in calibration.scales) or "-")
    return Informations(
        quality=quality,
        places=tuple(map(float, places)),
        items=tuple(item.item for item in scale.items),
        by_item=tuple(tuple(item_information(item, places).tolist()) for item in scale.items),
    )


def reliability(calibration: Calibration, profiles: Profiles) -> Reliabilities:
    r"""Return how much of the differences between units each quality's evidence can see.

    .. math:: \text{marginal} = \int \frac{I(x)}{I(x) + 1} \phi(x) dx, \quad
        \text{empirical} = \frac{\operatorname{var}(m)}{\operatorname{var}(m) + \overline{V}}

    over the units with evidence of their own (Green, Bock and others 1984). The first is for a unit that answers each
    item once, unrated or by an average rater; the second holds for the design there was, and is None for fewer than
    two units.
    """
    return Reliabilities(qualities=tuple(_reliability(scale, profiles) for scale in calibration.scales))


def _reliability(scale: QualityScale, profiles: Profiles) -> Reliability:
    places = np.linspace(-6.0, 6.0, 241)
    told = sum((item_information(item, places) for item in scale.items), np.zeros(len(places)))
    weights = np.exp(-0.5 * places**2)
    k = profiles.qualities.index(scale.quality)
    own = profiles.n_evidence[:, k] > 0
    empirical = None
    if own.sum() > 1:
        between = float(np.var(profiles.mean[own, k]))
        empirical = between / (between + float(profiles.covariance[own, k, k].mean()))
    return Reliability(
        quality=scale.quality,
        marginal=float((told / (told + 1.0)) @ weights / weights.sum()),
        empirical=empirical,
        n_units=int(own.sum()),
    )
