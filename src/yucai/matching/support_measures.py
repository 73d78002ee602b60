"""Figures of each way of making a list on held-out cases, and how well the chances of a model hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import logit, ndtri

from yucai.matching.support_figures import (
    area_under_curve,
    brier_score,
    fit_logistic,
    top_share,
)
from yucai.matching.support_rules import SupportBand
from yucai.matching.support_tested import (
    BandFigures,
    Calibration,
    Difference,
    Figure,
    JoinRule,
    MethodFigures,
    PastCase,
    ReliabilityRow,
    SplitFigures,
)
from yucai.measurement import wilson_interval
from yucai.texts import Text

__all__ = ["METHODS", "Scored", "calibration_of", "precision_drawn", "split_figures"]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
ROWS: Final = 10  # of a table of reliability
NEARLY: Final = 1e-6  # a chance is kept this far from 0 and 1 before its odds are taken

METHODS: Final[Mapping[str, Text]] = {
    "rules": Text("written rules", "书面规则"),
    "model": Text("model", "模型"),
    "unseen": Text("seven days unseen", "七天未访问"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """Cases, the score that each way of making a list gives them, and the band of the rules ("" for none)."""

    cases: Sequence[PastCase]
    scores: Mapping[str, Floats]
    bands: Sequence[str]

    @property
    def happened(self) -> Flags:
        """To which cases it happened."""
        return np.array([case.happened for case in self.cases], dtype=np.bool_)

    @property
    def cohorts(self) -> NDArray[np.intp]:
        """The number of the cohort of each case."""
        return np.unique([case.cohort for case in self.cases], return_inverse=True)[1]


def split_figures(scored: Scored, rule: JoinRule, rng: np.random.Generator, *, says: Text) -> SplitFigures:
    """Return all figures of one way of holding learners out."""
    weights = _drawn_anew(scored.cases, rule.rounds, rng)
    drawn = {name: precision_drawn(scored, score, rule.share, weights) for name, score in scored.scores.items()}
    pairs = [pair for pair in combinations(["model", "rules", "unseen"], 2) if all(one in drawn for one in pair)]
    return SplitFigures(
        says=says,
        n_cases=len(scored.cases),
        n_events=int(scored.happened.sum()),
        n_cohorts=len(np.unique(scored.cohorts)),
        methods=tuple(_method(scored, name, drawn[name], rule) for name in scored.scores),
        bands=tuple(_band(scored, band) for band in ("", *SupportBand)),
        differences=tuple(
            Difference(method=one, against=other, precision=_figure(drawn[one][0] - drawn[other][0], rule.level))
            for one, other in pairs
        ),
        calibration=calibration_of(scored.scores["model"], scored.happened, level=rule.level),
    )


def precision_drawn(scored: Scored, score: Floats, share: float, weights: Floats) -> tuple[Floats, Floats]:
    """Return precision and recall of the top share of every cohort for each column of weights."""
    listed = _listed(scored, score, share, weights) * weights
    hits = listed[scored.happened].sum(axis=0)
    events = weights[scored.happened].sum(axis=0)
    return hits / listed.sum(axis=0), np.divide(hits, events, out=np.zeros_like(hits), where=events > 0)


def calibration_of(chance: Floats, happened: Flags, *, level: float = 0.95) -> Calibration:
    r"""Return how well chances hold.

    The slope :math:`b` is of :math:`\mathrm{logit}\,P(y) = a + b\,\mathrm{logit}\,p` (Cox 1958, Biometrika 45); the
    intercept is :math:`a` with :math:`b` held at 1. Van Calster et al. (2019, BMC Medicine 17) call the pair weak
    calibration. The table has tenths of the cases in the order of their chances.
    """
    odds = logit(np.clip(chance, NEARLY, 1.0 - NEARLY))
    line, spread = fit_logistic(odds[:, None], happened)
    large, spread_large = fit_logistic(np.empty((len(odds), 0)), happened, offset=odds)
    base = np.full(len(odds), happened.mean())
    return Calibration(
        intercept=_around(large[0], spread_large[0, 0], level),
        slope=_around(line[1], spread[1, 1], level),
        brier=brier_score(chance, happened),
        brier_of_base=brier_score(base, happened),
        expected=float(chance.sum()),
        observed=int(happened.sum()),
        table=_reliability(chance, happened, level),
    )


def _reliability(chance: Floats, happened: Flags, level: float) -> tuple[ReliabilityRow, ...]:
    order = np.argsort(chance, kind="stable")
    found = list[ReliabilityRow]()
    for part in np.array_split(order, ROWS):
        if len(part):
            found.append(
                ReliabilityRow(
                    n_cases=len(part),
                    predicted=float(chance[part].mean()),
                    observed=_share(int(happened[part].sum()), len(part), level),
                )
            )
    return tuple(found)


def _method(scored: Scored, name: str, drawn: tuple[Floats, Floats], rule: JoinRule) -> MethodFigures:
    score, happened, cohorts = scored.scores[name], scored.happened, scored.cohorts
    listed = _listed(scored, score, rule.share, np.ones(len(score))[:, None])[:, 0]
    days = np.array([_lead(case) for case in scored.cases])
    dated = happened & ~np.isnan(days) & (listed > 0)
    inside = [(area_under_curve(score[cohorts == c], happened[cohorts == c]), _pairs(happened[cohorts == c]))
              for c in np.unique(cohorts)]  # fmt: skip
    pairs = sum(n for _, n in inside)
    return MethodFigures(
        method=name,
        says=METHODS[name],
        precision=_figure(drawn[0], rule.level),
        recall=_figure(drawn[1], rule.level),
        auc=sum(area * n for area, n in inside if n) / pairs if pairs else float("nan"),
        lead_days=_weighted_median(days[dated], listed[dated]),
        n_with_day=float(listed[dated].sum()),
    )


def _listed(scored: Scored, score: Floats, share: float, weights: Floats) -> Floats:
    found, cohorts = np.zeros_like(weights), scored.cohorts
    for cohort in np.unique(cohorts):
        here = cohorts == cohort
        found[here] = top_share(score[here], share, weights[here])
    return found


def _drawn_anew(cases: Sequence[PastCase], rounds: int, rng: np.random.Generator) -> Floats:
    """Return how often each case counts: first as it is, then with learners drawn with replacement."""
    _, place = np.unique([case.signs.learner for case in cases], return_inverse=True)
    n = int(place.max()) + 1
    counts = rng.multinomial(n, np.full(n, 1.0 / n), size=rounds).T
    return np.column_stack([np.ones(len(cases)), counts[place]])


def _band(scored: Scored, band: str) -> BandFigures:
    here = np.array([one == band for one in scored.bands], dtype=np.bool_)
    n, events = int(here.sum()), int(scored.happened[here].sum())
    return BandFigures(band=band, n_cases=n, n_events=events, precision=_share(events, n, 0.95) if n else None)


def _share(hits: int, cases: int, level: float) -> Figure:
    low, high = wilson_interval(np.array([float(hits)]), np.array([float(cases)]), level=level)
    return Figure(value=hits / cases, low=float(low[0]), high=float(high[0]))


def _figure(drawn: Floats, level: float) -> Figure:
    """The first value is of the cases as they are, the others of learners drawn anew."""
    low, high = np.quantile(drawn[1:], [(1 - level) / 2, (1 + level) / 2])
    return Figure(value=float(drawn[0]), low=float(low), high=float(high))


def _around(value: float, variance: float, level: float) -> Figure:
    half = float(ndtri((1 + level) / 2)) * float(np.sqrt(variance))
    return Figure(value=float(value), low=float(value) - half, high=float(value) + half)


def _lead(case: PastCase) -> float:
    return float((case.on - case.signs.as_of).days) if case.on is not None else float("nan")


def _pairs(happened: Flags) -> int:
    return int(happened.sum()) * int((~happened).sum())


def _weighted_median(values: Floats, weights: Floats) -> float | None:
    if not len(values):
        return None
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(reached, reached[-1] / 2)])
