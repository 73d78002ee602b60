"""A simulated kindergarten class whose truth is known: how often 24 children hurt others, where, and why.

Everything here is invented by a seeded generator; no child is meant. Aggression begins at a constant rate outside
bouts (by setting, by child), bouts last an exponential time; what went before and what followed is drawn from known
shares.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import numpy as np
import polars as pl

from yucai.demo.spaces import SpaceFacts
from yucai.evidence import (
    OBSERVATIONS,
    FocalSchedule,
    FocalSlot,
    Observations,
    SamplingMode,
    Session,
    draw_schedule,
    load_coding_scheme,
)
from yucai.measurement import BehaviourAnswer, answer_behaviour
from yucai.texts import Text

__all__ = ["Kindergarten", "KindergartenTruth", "answer_kindergarten", "simulate_kindergarten", "times_of_day"]

SEED: Final = 20260302
N_CHILDREN: Final = 24
N_DAYS: Final = 18
SECONDS: Final = 600.0
FIRST_DAY: Final = datetime(2026, 3, 2, tzinfo=UTC)
TIMES: Final = ((1, 0, "free-play"), (1, 15, "free-play"), (2, 0, "transition"), (2, 15, "transition"),
                (3, 0, "outdoor"), (3, 15, "outdoor"), (4, 0, "meal"), (4, 15, "meal"))  # fmt: skip
CHILD_SD: Final = 0.6
RATES: Final = {"free-play": 3.0, "transition": 5.4, "outdoor": 3.6, "meal": 1.2}  # begun per hour outside bouts
MEAN_BOUT_S: Final = 12.0
REASONS: Final = {"tangible": 0.45, "attention": 0.15, "escape": 0.20, "reaction": 0.15, "sensory": 0.05}
BEFORE: Final[Mapping[str, tuple[str, ...]]] = {
    "tangible": ("object-dispute",),
    "attention": ("attention-elsewhere",),
    "escape": ("demand", "crowding"),
    "reaction": ("provoked",),
    "sensory": (),
}
AFTER: Final[Mapping[str, tuple[str, ...]]] = {
    "tangible": ("gets-object",),
    "attention": ("adult-attention", "peer-attention"),
    "escape": ("demand-ends", "peer-leaves"),
    "reaction": ("peer-hits-back",),
    "sensory": (),
}
UNANSWERED: Final = {
    "object-dispute": 6.0,
    "attention-elsewhere": 8.0,
    "demand": 10.0,
    "crowding": 4.0,
    "provoked": 1.5,
}
BY_ITSELF: Final = {"adult-attention": 6.0, "peer-attention": 4.0, "gets-object": 4.0, "demand-ends": 2.0,
                    "peer-leaves": 3.0}  # fmt: skip
CALM: Final = {"shared-play": (0.45, 90.0), "alone": (0.35, 60.0), "watching": (0.12, 30.0), "dispute": (0.08, 15.0)}
FORMS: Final = {"physical": 0.5, "verbal": 0.35, "relational": 0.15}
FUNCTIONS: Final = {
    "tangible": "instrumental",
    "attention": "hostile",
    "escape": "instrumental",
    "reaction": "reactive",
    "sensory": "hostile",
}
SEEN_BY_SECOND: Final = 0.93
SIMULATED: Final = Text(
    "Simulated: no such kindergarten and no such child exists; the figures show what the method can do.",
    "模拟数据：并无这所幼儿园，也没有这些幼儿；数字只用于展示方法。",
)
SPACE: Final = SpaceFacts(
    code="demo-kindergarten",
    name=Text("A simulated kindergarten", "模拟幼儿园"),
    simulated=True,
    attribution=SIMULATED,
    licence="CC BY 4.0",
    evidence_map="evidence-demo-college",
    period="school-year",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class KindergartenTruth:
    """What the generator knows, for children like these: averages over the whole spread of children."""

    rate_per_hour: Mapping[str, float]  # by setting: bouts begun in an hour of watching
    time_share: Mapping[str, float]  # by setting
    typical_rate: Mapping[str, float]  # by setting: of a child in the middle
    child_sd: float
    mean_bout_s: float
    reasons: Mapping[str, float]  # shares of all bouts


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Kindergarten:
    """The class as an observer would hold it, and the truth behind it. All of it is simulated."""

    observations: Observations
    schedule: FocalSchedule
    truth: KindergartenTruth
    said: Text = field(default=SIMULATED)
    space: SpaceFacts = field(default=SPACE)


def simulate_kindergarten(*, seed: int = SEED) -> Kindergarten:
    """Return the kindergarten of a seed; the same seed gives the same one, to the last bit."""
    rng = np.random.default_rng(seed)
    scheme = load_coding_scheme("aggression-preschool")
    children = [f"K-{n + 1:03d}" for n in range(N_CHILDREN)]
    days = [FIRST_DAY + timedelta(days=7 * (day // 5) + day % 5) for day in range(N_DAYS)]
    times = [moment for day in days for moment in times_of_day(day)]
    schedule = draw_schedule(children, times, seconds=SECONDS, seed=seed)
    effects = dict(zip(children, np.exp(rng.normal(0, CHILD_SD, N_CHILDREN)), strict=True))
    sessions: list[Session] = []
    rows: list[dict[str, Any]] = []
    for n, slot in enumerate(schedule.slots, start=1):
        session = _session(n, slot)
        sessions.append(session)
        seen = list(_watched(session, RATES[slot.setting] * effects[slot.child], rng))
        rows.extend(seen)
        if n % 5 == 0:  # every fifth session is watched by a second observer, only to look at agreement
            second = _session(n, slot, second=True)
            sessions.append(second)
            rows.extend(_seen_again(seen, second, rng))
    table = pl.DataFrame(rows, schema=OBSERVATIONS.empty().schema)
    observations = Observations.from_table(table, scheme=scheme, sessions=sessions)
    return Kindergarten(observations=observations, schedule=schedule, truth=_truth())


def times_of_day(day: datetime) -> list[tuple[datetime, str]]:
    """Return when children are watched on a day, which is given by its midnight in UTC, and in which setting."""
    return [(day + timedelta(hours=hour, minutes=minute), setting) for hour, minute, setting in TIMES]


def answer_kindergarten(kindergarten: Kindergarten, *, rng: np.random.Generator) -> BehaviourAnswer:
    """Return what the records say about aggression: how much, in which contexts, for which possible reasons."""
    return answer_behaviour(kindergarten.observations, "aggression", rng=rng)


def _truth() -> KindergartenTruth:
    """Return averages over a log-normal spread of children; a bout begins only where none is under way."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(80)
    weights = weights / weights.sum()
    rate, share = {}, {}
    for setting, begins in RATES.items():
        each = begins * np.exp(CHILD_SD * nodes)
        busy = each * MEAN_BOUT_S / 3600
        rate[setting] = float(weights @ (each / (1 + busy)))
        share[setting] = float(weights @ (busy / (1 + busy)))
    return KindergartenTruth(
        rate_per_hour=rate,
        time_share=share,
        typical_rate={s: begins / (1 + begins * MEAN_BOUT_S / 3600) for s, begins in RATES.items()},
        child_sd=CHILD_SD,
        mean_bout_s=MEAN_BOUT_S,
        reasons=REASONS,
    )


def _session(n: int, slot: FocalSlot, *, second: bool = False) -> Session:
    return Session(
        session=f"S{n:03d}",
        child=slot.child,
        observer="O2" if second else "O1",
        setting=slot.setting,
        mode=SamplingMode.TIMED_EVENT,
        starts=slot.starts,
        exposure_s=slot.seconds,
        consent=f"C{slot.child[2:]}",
        delete_on=date(2027, 8, 31),
        second=second,
    )


def _watched(session: Session, begins_per_hour: float, rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    """Yield what is seen in one session: bouts, what went before and after, what came by itself, and calm states."""
    begin, end = begins_per_hour / 3600, 1 / MEAN_BOUT_S
    busy, at = bool(rng.random() < begin / (begin + end)), 0.0
    while at < session.exposure_s:
        until = min(at + float(rng.exponential(1 / (end if busy else begin))), session.exposure_s)
        if busy:
            yield from _bout(session, at, until, rng)
        else:
            yield from _calm(session, at, until, rng)
        busy, at = not busy, until
    for code, rate in {**UNANSWERED, **BY_ITSELF}.items():
        for moment in rng.uniform(0, session.exposure_s, rng.poisson(rate * session.exposure_s / 3600)):
            yield _row(session, code, float(moment))


def _bout(session: Session, at: float, until: float, rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    reason = _drawn(REASONS, rng)
    before, after = (str(rng.choice(c)) if (c := where[reason]) else None for where in (BEFORE, AFTER))
    yield _row(session, "aggression", at, until) | {
        "target": "peer",
        "antecedent": before,
        "consequence": after,
        "modifiers": f"form={_drawn(FORMS, rng)};function={FUNCTIONS[reason]}",
        "density": float(rng.integers(1, 8)),
        "adult_distance_m": float(np.round(rng.gamma(2, 1.5), 1)),
    }
    earlier, later = at - float(rng.uniform(1, 6)), at + float(rng.uniform(1, 8))
    if before and earlier > 0:
        yield _row(session, before, earlier)
    if after and later < session.exposure_s:
        yield _row(session, after, later)


def _calm(session: Session, at: float, until: float, rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    last = ""
    while at < until:
        code = _drawn({name: share for name, (share, _) in CALM.items() if name != last}, rng)
        ends = min(at + float(rng.exponential(CALM[code][1])), until)
        yield _row(session, code, at, ends)
        last, at = code, ends


def _seen_again(rows: list[dict[str, Any]], second: Session, rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    """Yield what a second observer notes: some is missed or called otherwise, times are a little off."""
    free_from = 0.0
    others = {"aggression": "dispute", "dispute": "aggression", "alone": "watching", "watching": "alone"}
    for row in sorted(rows, key=lambda one: float(one["onset_s"])):
        if rng.random() > SEEN_BY_SECOND:
            continue
        onset = float(np.clip(row["onset_s"] + rng.normal(0, 0.7), 0, second.exposure_s))
        if row["offset_s"] is None:
            yield _row(second, row["code"], onset)
            continue
        onset = max(onset, free_from)
        ends = float(np.clip(row["offset_s"] + rng.normal(0, 0.7), onset, second.exposure_s))
        code = others.get(row["code"], row["code"]) if rng.random() < 0.07 else row["code"]
        free_from = ends
        yield _row(second, code, onset, ends)


def _row(session: Session, code: str, onset: float, offset: float | None = None) -> dict[str, Any]:
    empty = {column.name: None for column in OBSERVATIONS.columns}
    held = {"session": session.session, "observer": session.observer, "code": code}
    return {**empty, **held, "onset_s": onset, "offset_s": offset}


def _drawn(shares: Mapping[str, float], rng: np.random.Generator) -> str:
    weights = np.array(list(shares.values()))
    return str(rng.choice(list(shares), p=weights / weights.sum()))
