"""Observation plans as they are shown: what was drawn, how far observers are, what came in and what was missed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Count
from django.utils import translation

from yucai.evidence import CodingScheme, load_coding_scheme
from yucai.texts import Text
from yucai.web.accounts.models import Account
from yucai.web.evidence.observation_models import ObservationPlan, ObservationSession, ObservationTurn
from yucai.web.evidence.observation_plans import Planned, PlanWanted, observer_name

__all__ = ["ObserverView", "Preview", "Progress", "RecordView", "preview_of", "progress_of", "setting_names"]

TURNS_SHOWN: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a seed draws: how often each child, setting and observer has a turn, and the first turns."""

    turns: int
    seconds_records: int
    hours: float
    days: int
    children: int
    least: int
    most: int
    settings: tuple[tuple[Text, int], ...]
    observers: tuple[tuple[str, int, int], ...]
    first: tuple[tuple[datetime, str, Text, str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ObserverView:
    """How far one observer is."""

    name: str
    turns: int
    due: int
    recorded: int
    missed: int
    second: int
    last: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordView:
    """One record that came in; ``off_time`` says that watching began at another time than planned."""

    starts: datetime
    child: str
    setting: Text
    observer: str
    minutes: float
    rows: int
    second: bool
    off_time: bool
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a plan is."""

    turns: int
    recorded: int
    hours: float
    second: int
    silent: int
    observers: tuple[ObserverView, ...]
    missed: tuple[ObservationTurn, ...]
    records: tuple[RecordView, ...]


def setting_names(scheme: CodingScheme) -> dict[str, Text]:
    """Return the names of the settings of a scheme by code."""
    return {one.code: one.name for one in scheme.settings}


def preview_of(wanted: PlanWanted, drawn: Planned) -> Preview:
    """Return what was drawn, for the eye."""
    names = setting_names(load_coding_scheme(wanted.scheme))
    firsts = [turn for turn in drawn.turns if not turn.second]
    beside = {turn.number: turn.observer for turn in drawn.turns if turn.second}
    per_child = Counter(turn.slot.child for turn in firsts)
    counts = [per_child.get(child.child, 0) for child in wanted.children]
    per_setting = Counter(turn.slot.setting for turn in firsts)
    own, second = Counter(turn.observer for turn in firsts), Counter(beside.values())
    called = {observer_name(account): _called(account) for account in wanted.observers}
    return Preview(
        turns=len(firsts),
        seconds_records=len(beside),
        hours=len(firsts) * wanted.seconds / 3600,
        days=len({turn.slot.starts.date() for turn in firsts}),
        children=len(counts),
        least=min(counts),
        most=max(counts),
        settings=tuple((names[code], n) for code, n in per_setting.most_common()),
        observers=tuple((name, own[key], second[key]) for key, name in called.items()),
        first=tuple(
            (turn.slot.starts, turn.slot.child, names[turn.slot.setting], called[turn.observer],
             called.get(beside.get(turn.number, ""), ""))
            for turn in firsts[:TURNS_SHOWN]
        ),
    )  # fmt: skip


def progress_of(plan: ObservationPlan, scheme: CodingScheme, *, at: datetime) -> Progress:
    """Return how far a plan is at a moment."""
    turns = list(plan.turns.select_related("child", "observer").order_by("starts", "second"))
    sessions = list(
        ObservationSession.objects.filter(turn__plan=plan)
        .select_related("turn", "observer")
        .annotate(seen=Count("rows"))
        .order_by("-starts", "turn__second")
    )
    recorded = {session.turn_id for session in sessions}
    until = min(at, plan.closed_at) if plan.closed_at else at
    over = [turn for turn in turns if turn.starts + timedelta(seconds=turn.seconds) <= until]
    missed = [turn for turn in over if turn.pk not in recorded and turn.child.withdrawn_at is None]
    names = setting_names(scheme)
    firsts = [session for session in sessions if not session.turn.second]
    return Progress(
        turns=len(turns),
        recorded=len(recorded),
        hours=sum(session.exposure_s for session in firsts) / 3600,
        second=len(sessions) - len(firsts),
        silent=sum(session.seen == 0 for session in sessions),
        observers=_observers(turns, over, missed, sessions),
        missed=tuple(missed),
        records=tuple(_record(session, session.seen, names) for session in sessions),
    )


def _observers(
    turns: Sequence[ObservationTurn],
    over: Sequence[ObservationTurn],
    missed: Sequence[ObservationTurn],
    sessions: Iterable[ObservationSession],
) -> tuple[ObserverView, ...]:
    accounts = {turn.observer_id: turn.observer for turn in turns}
    mine, due, lost = (Counter(turn.observer_id for turn in some) for some in (turns, over, missed))
    second = Counter(turn.observer_id for turn in turns if turn.second)
    done: dict[int, set[int]] = {}
    last: dict[int, datetime] = {}
    for session in sessions:
        done.setdefault(session.observer_id, set()).add(session.turn_id)
        last[session.observer_id] = max(session.received_at, last.get(session.observer_id, session.received_at))
    views = [
        ObserverView(
            name=_called(account),
            turns=mine[pk],
            due=due[pk],
            recorded=len(done.get(pk, ())),
            missed=lost[pk],
            second=second[pk],
            last=last.get(pk),
        )
        for pk, account in accounts.items()
    ]
    return tuple(sorted(views, key=lambda view: view.name))


def _record(session: ObservationSession, seen: int, names: dict[str, Text]) -> RecordView:
    turn = session.turn
    return RecordView(
        starts=session.starts,
        child=session.child,
        setting=names.get(session.setting, Text(session.setting, session.setting)),
        observer=_called(session.observer),
        minutes=session.exposure_s / 60,
        rows=seen,
        second=turn.second,
        off_time=not turn.starts <= session.starts < turn.starts + timedelta(seconds=turn.seconds),
        received_at=session.received_at,
    )


def _called(account: Account) -> str:
    return account.name.in_language(translation.get_language() or "en")
