"""What observers linked to a behaviour, and how often that fits each possible reason: hypotheses, never findings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from yucai.errors import YucaiError
from yucai.evidence import Observations, ratio_interval
from yucai.texts import Text

__all__ = ["NeverSeenError", "ReasonFit", "linked_shares", "reason_fits"]

Array = npt.NDArray[np.float64]

HYPOTHESIS: Final = Text(
    "A reason is a hypothesis: records of what went before and after show association only. To test it, "
    "conditions must be "
    "changed on purpose, with the parents' consent and by somebody trained to do so.",
    "“原因”只是假设：前因后果的记录只能显示相伴关系。要检验它，须由受过训练的人员在家长同意下有意改变条件。",
)


class NeverSeenError(YucaiError):
    """The behaviour was never seen, so nothing can be said about what goes with it."""

    says = Text(
        "“{code}” was never seen in these sessions, so nothing goes before or after it. Observe longer or elsewhere.",
        "这些时段中从未看到“{code}”，因此没有前因后果可言。请延长观察或另选场合。",
    )
    exit_code = 65


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonFit:
    """The share of a behaviour's occurrences whose antecedent and consequence fit one code or reason.

    A share of all occurrences noted (the denominator), with intervals over children. Shares of several reasons
    may overlap
    and need not add up to one.
    """

    code: str
    name: Text
    count: int
    of: int
    share: float
    interval90: tuple[float, float]
    interval95: tuple[float, float]
    note: Text | None = None


def linked_shares(
    observations: Observations, behaviour: str, *, link: str, rng: np.random.Generator, n_resamples: int = 2000
) -> tuple[ReasonFit, ...]:
    """Return how often each antecedent, or each consequence, was linked to a behaviour by the observer.

    ``link`` is ``"antecedent"`` or ``"consequence"``. Raises NeverSeenError, UnknownObservationCodeError.
    """
    scheme = observations.scheme
    asked = {"antecedent": scheme.antecedents, "consequence": scheme.consequences}[link]
    rows = _rows(observations, behaviour)
    children = observations.first_records().children
    return tuple(
        _fit(rows, (rows[link] == one.code).fill_null(value=False), children,
             said=(one.code, one.name, None), rng=rng, n_resamples=n_resamples)
        for one in asked
    )  # fmt: skip


def reason_fits(
    observations: Observations, behaviour: str, *, rng: np.random.Generator, n_resamples: int = 2000
) -> tuple[ReasonFit, ...]:
    """Return how often antecedent and consequence together fit each reason of the scheme: hypotheses.

    Raises NeverSeenError, UnknownObservationCodeError.
    """
    rows = _rows(observations, behaviour)
    children = observations.first_records().children
    fits = []
    for reason in observations.scheme.reasons:
        before = rows["antecedent"].is_in(list(reason.antecedents)).fill_null(value=False)
        after = rows["consequence"].is_in(list(reason.consequences)).fill_null(value=False)
        fit = pl.repeat(value=True, n=rows.height, eager=True, dtype=pl.Boolean)
        if reason.antecedents:
            fit = fit & before
        if reason.consequences:
            fit = fit & after
        if reason.unseen:
            fit = rows["antecedent"].is_null() & rows["consequence"].is_null()
        said = (reason.code, reason.name, HYPOTHESIS)
        fits.append(_fit(rows, fit, children, said=said, rng=rng, n_resamples=n_resamples))
    return tuple(fits)


def _rows(observations: Observations, behaviour: str) -> pl.DataFrame:
    rows = observations.first_records().acts(behaviour)
    if not rows.height:
        raise NeverSeenError(code=behaviour)
    return rows


def _fit(
    rows: pl.DataFrame,
    fit: pl.Series,
    children: tuple[str, ...],
    *,
    said: tuple[str, Text, Text | None],
    rng: np.random.Generator,
    n_resamples: int,
) -> ReasonFit:
    place = {child: n for n, child in enumerate(children)}
    at = np.array([place[child] for child in rows["child"]], dtype=np.int64)
    above = np.bincount(at[fit.to_numpy()], minlength=len(children)).astype(np.float64)
    below = np.bincount(at, minlength=len(children)).astype(np.float64)
    ratio = ratio_interval(above, below, rng=rng, n_resamples=n_resamples, highest=1.0)
    code, name, note = said
    return ReasonFit(
        code=code,
        name=name,
        count=int(fit.sum()),
        of=rows.height,
        share=ratio.value,
        interval90=ratio.interval90,
        interval95=ratio.interval95,
        note=note,
    )
