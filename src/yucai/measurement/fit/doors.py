"""The doors of fit; what does the work is loaded when it is asked, for it brings the compiler along."""

from __future__ import annotations

import numpy as np

from yucai.evidence import Responses
from yucai.measurement.calibration import Calibration
from yucai.measurement.fit.results import ItemFits, LocalDependence, ModelFit, PersonFits, RaterFits

__all__ = ["item_fit", "local_dependence", "model_fit", "person_fit", "rater_fit"]


def item_fit(
    calibration: Calibration, responses: Responses, *, rng: np.random.Generator, n_resamples: int = 99
) -> ItemFits:
    """Return how the responses fit the items' curves: infit, outfit, and a test of each curve.

    Infit and outfit are averaged over what is known of each unit's place, with expectation one (Wright and Masters
    1982); their standard errors take into account that the items were fitted to the same answers. Where everybody
    answered each item of a quality once, unrated, the curve is tested by S-X2 (Orlando and Thissen 2000; Kang and Chen
    2008), else by Q1 against ``n_resamples`` sets of answers drawn from the model in the same design and calibrated
    anew; with 0 resamples Q1 is left out. Share of false alarms by Benjamini and Hochberg (1995).
    Raises FaultyInputError: no responses, none on a calibrated item.
    """
    from yucai.measurement.fit.judging import judge_items

    return judge_items(calibration, responses, rng=rng, n_resamples=n_resamples)


def person_fit(
    calibration: Calibration, responses: Responses, *, rng: np.random.Generator, n_resamples: int = 99
) -> PersonFits:
    """Return how each unit's answers on each quality fit the model: infit, outfit and l_z averaged over its place.

    The p-value says how often the model gives an l_z at most as high in the same design (the same items by the same
    raters), by ``n_resamples`` sets of answers drawn from the whole population; units of one design share their draws.
    A low p is a hint to look at the answers, never a finding about a person. Raises FaultyInputError.
    """
    from yucai.measurement.fit.persons import judge_persons

    return judge_persons(calibration, responses, rng=rng, n_resamples=n_resamples)


def rater_fit(calibration: Calibration, responses: Responses) -> RaterFits:
    """Return how predictable each rater's ratings are: infit and outfit, averaged over the units' places.

    Above 1 the ratings jump about more than the model expects, below 1 they differ less than the works (the middle of
    the scale, or one impression for all criteria). Share of false alarms of infit. Raises FaultyInputError.
    """
    from yucai.measurement.fit.judging import judge_raters

    return judge_raters(calibration, responses)


def model_fit(
    calibration: Calibration, responses: Responses, *, rng: np.random.Generator, n_resamples: int = 99
) -> ModelFit:
    """Return how the whole fits: M2 with RMSEA and its 90 % interval, and the gap of correlations (SRMSR).

    M2 (Maydeu-Olivares and Joe 2006; Cai and Hansen 2013) for up to 100 unrated items that everybody answered, over
    all qualities together; else the SRMSR is compared with that of ``n_resamples`` sets of answers drawn from the model
    and calibrated anew. Raises FaultyInputError.
    """
    from yucai.measurement.fit.judging import judge_whole

    return judge_whole(calibration, responses, rng=rng, n_resamples=n_resamples)


def local_dependence(calibration: Calibration, responses: Responses, *, rng: np.random.Generator) -> LocalDependence:
    """Return, pair by pair of a quality's items, what they share beyond the quality, the surest first.

    Q3 (Yen 1984) tells how much: the correlation of what is left of the answers; ``q3_above`` compares it with the
    average pair, above 0.2 is worth a look (Christensen, Makransky and Horton 2017). A score test tells how surely:
    it allows for what fitting the items takes away (Glas 1999). Raises FaultyInputError.
    """
    from yucai.measurement.fit.dependence import judge_pairs

    return judge_pairs(calibration, responses, rng=rng)
