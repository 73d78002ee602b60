"""Whether raters become stricter or more lenient, by works planted for all of them.

Everything is told in levels of the rubric, as seen in the ratings of the planted works. The unit is a work: what one
rater says of one work on several criteria hangs together, so the criteria are averaged first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import polars as pl

from yucai.errors import Fault, FaultyInputError
from yucai.evidence import Responses
from yucai.measurement.drift_reports import (
    SAYS,
    DriftBasis,
    DriftReport,
    DriftVerdict,
    OccasionSeverity,
    RaterDrift,
)
from yucai.measurement.moderation import ModeratedMean, Spread, false_discovery_rates, moderated

__all__ = ["FALSE_DISCOVERIES", "STEADY_WITHIN", "compared", "lower_than_others", "rater_drift", "spread_of"]

FALSE_DISCOVERIES: Final = 0.05
STEADY_WITHIN: Final = 0.5  # of a level: less than what makes a rater choose the next one
FEWEST_WORKS: Final = 2
ROUNDING: Final = 1 / 12  # variance of what is lost when a place between two levels is told as a whole level

Key = tuple[str, str, str, str]  # rater, learner, item, occasion


def rater_drift(
    responses: Responses,
    *,
    common: Iterable[str],
    occasions: Sequence[str],
    steady_within: float = STEADY_WITHIN,
    false_discoveries: float = FALSE_DISCOVERIES,
) -> DriftReport:
    r"""Return by how much each rater changed from the first to the last of the ``occasions``, and how surely.

    ``common`` are the learners of the planted works, one a work; ``occasions`` are in order of time. Where a rater
    rated at least two of the same works in both occasions, the change is that rater's own (first minus last level,
    so that stricter is above 0). Elsewhere it is the change of how much lower the rater stands than the others on
    works that all rated, which holds only if the works of both occasions are of one kind.

    With D_c the change on work c, averaged over criteria, the change is the mean of D_c and

    .. math:: \frac{\bar D - \delta}{\tilde s / \sqrt{n}} \sim t_{d_0 + n - 1}, \quad
        \tilde s^2 = \frac{d_0 s_0^2 + (n - 1) s^2}{d_0 + n - 1}, \quad d_0 = 8

    the moderated t of Smyth (2004): how much a rater wavers is known from few works, so it borrows from the others. A
    rater is called stricter or more lenient where the share of false alarms stays below ``false_discoveries``
    (Benjamini and Hochberg 1995), steady where the 90 % interval lies within ``steady_within`` levels, and otherwise it
    cannot be told. Raises FaultyInputError listing all faults.
    """
    table = _of_common(responses, tuple(common), tuple(occasions))
    levels: dict[Key, float] = {
        (rater, learner, item, occasion): score
        for rater, learner, item, occasion, score in table.select(
            "rater", "learner", "item", "occasion", "score"
        ).iter_rows()
    }
    raters = sorted({rater for rater, *_rest in levels})
    first, last = occasions[0], occasions[-1]
    lower = {occasion: lower_than_others(levels, occasion) for occasion in occasions}
    spreads: dict[str, tuple[DriftBasis, Spread]] = {}
    for rater in raters:
        own = _own_changes(levels, (rater, first, last))
        basis = DriftBasis.OWN if len(own) >= FEWEST_WORKS else DriftBasis.OTHERS
        samples = [own] if basis is DriftBasis.OWN else [lower[last][rater], lower[first][rater]]
        spreads[rater] = (basis, spread_of(samples))
    changes = moderated({r: spread for r, (b, spread) in spreads.items() if b is DriftBasis.OWN and spread.counts})
    changes |= compared({r: spread for r, (b, spread) in spreads.items() if b is DriftBasis.OTHERS and spread.counts})
    severities = {occasion: _severities(occasion, lower[occasion]) for occasion in occasions}
    found = [
        _drift(rater, spreads[rater], changes.get(rater), [s[rater] for s in severities.values() if rater in s])
        for rater in raters
    ]
    return DriftReport(
        occasions=tuple(occasions),
        raters=tuple(_judged(found, steady_within, false_discoveries)),
        steady_within=steady_within,
        false_discoveries=false_discoveries,
        n_common=table["learner"].n_unique(),
    )


def _of_common(responses: Responses, common: tuple[str, ...], occasions: tuple[str, ...]) -> pl.DataFrame:
    """Return the ratings of the planted works in these occasions. Raises FaultyInputError."""
    table = responses.table.filter(
        pl.col("learner").is_in(common) & pl.col("occasion").is_in(occasions) & pl.col("rater").is_not_null()
    )
    faults = []
    if len(set(occasions)) < 2 or len(set(occasions)) < len(occasions):
        faults.append(Fault(code="occasions", says=SAYS["occasions"], facts={"found": ", ".join(occasions) or "-"}))
    for code, wanted, there in (
        ("no-ratings-in", occasions, set(table["occasion"].to_list())),
        ("not-rated", common, set(table["learner"].to_list())),
    ):
        for name in dict.fromkeys(wanted):
            if name not in there:
                faults.append(Fault(code=code, says=SAYS[code], facts={"name": name}))
    tops = sorted(set(table["max_score"].to_list()))
    if len(tops) > 1:
        said = ", ".join(f"{top:g}" for top in tops)
        faults.append(Fault(code="other-tops", says=SAYS["other-tops"], facts={"tops": said}))
    if not common:
        faults.append(Fault(code="no-common", says=SAYS["no-common"]))
    if faults:
        raise FaultyInputError("rater drift", faults)
    return table


def _own_changes(levels: dict[Key, float], what: tuple[str, str, str]) -> dict[str, tuple[float, float]]:
    """Return, work by work, how much lower a rater rates at the last occasion, and the rounding in it."""
    rater, first, last = what
    changes: dict[str, list[float]] = defaultdict(list)
    for (who, learner, item, occasion), level in levels.items():
        later = levels.get((rater, learner, item, last))
        if (who, occasion) == (rater, first) and later is not None:
            changes[learner].append(level - later)
    return {work: (float(np.mean(found)), 2 * ROUNDING / len(found)) for work, found in changes.items()}


def lower_than_others(levels: dict[Key, float], occasion: str) -> dict[str, dict[str, tuple[float, float]]]:
    """Return, rater by rater and work by work, how much lower the rater stands than the others, and the rounding."""
    seen: dict[tuple[str, str], dict[str, float]] = defaultdict(dict)
    for (rater, learner, item, when), level in levels.items():
        if when == occasion:
            seen[learner, item][rater] = level
    lower: dict[str, dict[str, list[tuple[float, float]]]] = defaultdict(lambda: defaultdict(list))
    for (learner, _item), by_rater in seen.items():
        others, total = len(by_rater) - 1, sum(by_rater.values())
        for rater, level in by_rater.items() if others else ():
            lower[rater][learner].append(((total - level) / others - level, ROUNDING * (1 + 1 / others)))
    averaged = {
        rater: {work: (float(np.mean([d for d, _v in of])), of[0][1] / len(of)) for work, of in by_work.items()}
        for rater, by_work in lower.items()
    }
    return defaultdict(dict, averaged)


def spread_of(samples: Sequence[dict[str, tuple[float, float]]]) -> Spread:
    """Return the mean (first sample less the second), what it was averaged over, and how far works lie apart."""
    sizes = tuple(len(sample) for sample in samples)
    if min(sizes) < FEWEST_WORKS:
        return Spread(mean=0.0, per_work=0.0, variance=0.0, freedom=0, sizes=sizes, counts=False)
    values = [np.array([value for value, _rounding in sample.values()]) for sample in samples]
    rounding = float(np.mean([v for sample in samples for _value, v in sample.values()]))
    freedom = sum(size - 1 for size in sizes)
    variance = sum(float(((v - v.mean()) ** 2).sum()) for v in values) / freedom
    return Spread(
        mean=float(values[0].mean() - (values[1].mean() if len(values) > 1 else 0.0)),
        per_work=sum(1 / size for size in sizes),
        variance=max(variance, rounding),
        freedom=freedom,
        sizes=sizes,
        counts=True,
    )


def compared(spreads: Mapping[str, Spread]) -> dict[str, ModeratedMean]:
    """Return the means of raters who are compared with each other, their spread borrowed from more than one other.

    Two raters are one comparison told twice; the other holds nothing that could be borrowed.
    """
    if len(spreads) > 2:
        return moderated(spreads)
    return {rater: moderated({rater: spread})[rater] for rater, spread in spreads.items()}


def _severities(occasion: str, lower: dict[str, dict[str, tuple[float, float]]]) -> dict[str, OccasionSeverity]:
    """Return the severity of each rater with enough works in one occasion."""
    spreads = {rater: spread_of([of_rater]) for rater, of_rater in lower.items()}
    told = compared({rater: spread for rater, spread in spreads.items() if spread.counts})
    return {
        rater: OccasionSeverity(
            occasion=occasion, severity=mean.mean, severity90=mean.interval90, n_works=spreads[rater].sizes[0]
        )
        for rater, mean in told.items()
    }


def _drift(
    rater: str,
    basis_and_spread: tuple[DriftBasis, Spread],
    change: ModeratedMean | None,
    severities: Sequence[OccasionSeverity],
) -> RaterDrift:
    basis, spread = basis_and_spread
    return RaterDrift(
        rater=rater,
        basis=basis,
        n_works=min(spread.sizes),
        change=None if change is None else change.mean,
        std_error=None if change is None else change.std_error,
        change90=None if change is None else change.interval90,
        p_value=None if change is None else change.p_value,
        false_discovery_rate=None,
        verdict=DriftVerdict.CANNOT_TELL,
        severities=tuple(severities),
    )


def _judged(found: Sequence[RaterDrift], steady_within: float, false_discoveries: float) -> Iterator[RaterDrift]:
    told = [drift for drift in found if drift.p_value is not None]
    rates = dict(
        zip(
            (drift.rater for drift in told),
            false_discovery_rates([drift.p_value for drift in told if drift.p_value is not None]),
            strict=True,
        )
    )
    for drift in found:
        if drift.change is None or drift.change90 is None:
            yield drift
            continue
        rate = rates[drift.rater]
        low, high = drift.change90
        verdict = DriftVerdict.CANNOT_TELL
        if rate <= false_discoveries:
            verdict = DriftVerdict.STRICTER if drift.change > 0 else DriftVerdict.MORE_LENIENT
        elif -steady_within <= low and high <= steady_within:
            verdict = DriftVerdict.STEADY
        yield replace(drift, false_discovery_rate=rate, verdict=verdict)
