"""How each rater stands to the others in one round, by the works that all of them rated, and what may be said of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import polars as pl

from yucai.evidence import Responses
from yucai.measurement.moderation import ModeratedMean, false_discovery_rates
from yucai.measurement.rater_checks import FALSE_DISCOVERIES, STEADY_WITHIN, compared, lower_than_others, spread_of
from yucai.texts import Text

__all__ = ["RaterStanding", "StandingReport", "StandingVerdict", "rater_standings"]

LINES: Final = {
    "stricter": Text(
        "{rater}: stricter than the others by {size} levels (90 %: {low} to {high}; {n} works).",
        "{rater}：比其他评分人严 {size} 级（90%：{low} 至 {high}；{n} 件作品）。",
    ),
    "more-lenient": Text(
        "{rater}: more lenient than the others by {size} levels (90 %: {low} to {high}; {n} works).",
        "{rater}：比其他评分人宽 {size} 级（90%：{low} 至 {high}；{n} 件作品）。",
    ),
    "alike": Text(
        "{rater}: like the others, within {within} levels (90 %: {low} to {high}; {n} works).",
        "{rater}：与其他评分人相当，相差不超过 {within} 级（90%：{low} 至 {high}；{n} 件作品）。",
    ),
    "cannot-tell": Text(
        "{rater}: cannot tell yet; anything from {low} to {high} is possible (90 %; {n} works).",
        "{rater}：尚不能判断，可能在 {low} 至 {high} 之间（90%；{n} 件作品）。",
    ),
    "too-few": Text(
        "{rater}: cannot tell yet; fewer than two works were rated that others rated too.",
        "{rater}：尚不能判断，与他人共评的作品不足两件。",
    ),
}


class StandingVerdict(StrEnum):
    """What can be said of a rater beside the others; "cannot tell" is a normal answer."""

    ALIKE = "alike"
    STRICTER = "stricter"
    MORE_LENIENT = "more-lenient"
    CANNOT_TELL = "cannot-tell"


@dataclass(frozen=True, slots=True, kw_only=True)
class RaterStanding:
    """How many levels lower a rater rates than the others; None where there is too little to say."""

    rater: str
    n_works: int
    severity: float | None
    severity90: tuple[float, float] | None
    false_discovery_rate: float | None
    verdict: StandingVerdict


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingReport:
    """How the raters of one occasion stand to each other, by ``n_common`` works that several of them rated."""

    occasion: str
    raters: tuple[RaterStanding, ...]
    within: float
    n_common: int

    def of(self, rater: str) -> RaterStanding:
        """Return the standing of a rater. Raises KeyError."""
        return {standing.rater: standing for standing in self.raters}[rater]

    def in_language(self, language: str) -> str:
        """Return one sentence a rater: who, how much, how sure."""
        return "\n".join(self._line(standing, language) for standing in self.raters)

    def _line(self, standing: RaterStanding, language: str) -> str:
        if standing.severity is None or standing.severity90 is None:
            return LINES["too-few"].in_language(language, rater=standing.rater)
        low, high = (f"{end:+.2f}".replace("-", "−") for end in standing.severity90)
        return LINES[standing.verdict].in_language(
            language,
            rater=standing.rater,
            size=f"{abs(standing.severity):.1f}",
            within=f"{self.within:g}",
            low=low,
            high=high,
            n=standing.n_works,
        )


def rater_standings(
    responses: Responses,
    *,
    common: Iterable[str],
    occasion: str,
    within: float = STEADY_WITHIN,
    false_discoveries: float = FALSE_DISCOVERIES,
) -> StandingReport:
    r"""Return how much lower each rater rates than the others in one ``occasion``, in levels, and how surely.

    ``common`` are the learners of the planted works, one a work. With x_rc the level of rater r on work c, averaged
    over criteria, the severity is the mean over works of the others' mean less x_rc; the test is the moderated t of
    ``rater_drift``. A rater is called stricter or more lenient where the share of false alarms stays below
    ``false_discoveries``, like the others where the 90 % interval lies within ``within`` levels, and otherwise it
    cannot be told. A rater without two such works has no figure.
    """
    table = responses.table.filter(
        pl.col("learner").is_in(list(common)) & (pl.col("occasion") == occasion) & pl.col("rater").is_not_null()
    )
    keys = ("rater", "learner", "item", "occasion")
    levels = {(r, x, i, o): s for r, x, i, o, s in table.select(*keys, "score").iter_rows()}
    lower = lower_than_others(levels, occasion)
    raters = sorted({rater for rater, *_rest in levels})
    spreads = {rater: spread_of([lower[rater]]) for rater in raters}
    told = compared({rater: spread for rater, spread in spreads.items() if spread.counts})
    rates = dict(zip(told, false_discovery_rates([mean.p_value for mean in told.values()]), strict=True))
    sizes = {rater: spread.sizes[0] for rater, spread in spreads.items()}
    return StandingReport(
        occasion=occasion,
        raters=tuple(_standings(sizes, told, rates, (within, false_discoveries))),
        within=within,
        n_common=len({work for of_rater in lower.values() for work in of_rater}),
    )


def _standings(
    sizes: Mapping[str, int],
    told: Mapping[str, ModeratedMean],
    rates: Mapping[str, float],
    limits: tuple[float, float],
) -> Iterator[RaterStanding]:
    within, false_discoveries = limits
    for rater, n_works in sizes.items():
        mean, verdict = told.get(rater), StandingVerdict.CANNOT_TELL
        if mean is not None:
            low, high = mean.interval90
            if rates[rater] <= false_discoveries:
                verdict = StandingVerdict.STRICTER if mean.mean > 0 else StandingVerdict.MORE_LENIENT
            elif -within <= low and high <= within:
                verdict = StandingVerdict.ALIKE
        yield RaterStanding(
            rater=rater,
            n_works=n_works,
            severity=mean.mean if mean is not None else None,
            severity90=mean.interval90 if mean is not None else None,
            false_discovery_rate=rates.get(rater),
            verdict=verdict,
        )
