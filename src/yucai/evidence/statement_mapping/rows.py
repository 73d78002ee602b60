"""One statement, one row: what it gives, or why it gives nothing."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, tzinfo
from functools import lru_cache
from typing import Any, Final, NamedTuple

from yucai.evidence.calendar_words import school_term
from yucai.evidence.statement_mapping.learners import LearnerNumbers
from yucai.evidence.statement_mapping.profiles import Gives, OccasionFrom, SessionRule, StatementProfile, VerbRule
from yucai.evidence.statements import Version, actor_key
from yucai.evidence.statements.forms import moment_of
from yucai.evidence.statements.rules import VOIDED

__all__ = ["PartOf", "Row", "SessionFact", "Walker", "item_of"]

Json = Mapping[str, Any]
SUCCESS: Final = "/success"
_term: Final = lru_cache(maxsize=4_096)(school_term)
_NOTHING: Final[Json] = {}


class Row(NamedTuple):
    """What one statement comes to; ``reason`` says why it gives nothing. ``part`` counts the responses of one."""

    n: int
    part: int
    id: str | None
    gives: str
    reason: str | None
    what: str | None
    learner: str | None
    item: str | None
    occasion: str | None
    at: datetime | None
    score: float | None
    max_score: float | None
    verb: str
    times: int | None
    session: str | None


class SessionFact(NamedTuple):
    """What one statement says of a whole session: its mode, or when it was abandoned."""

    id: str | None
    session: str
    mode: str | None
    abandoned: datetime | None


class PartOf(NamedTuple):
    """That a result was of a part of something: whose, and of what."""

    n: int
    learner: str
    whole: str
    occasion: str | None


class _Points(NamedTuple):
    score: float
    max_score: float
    scale: str = ""


class _LeftOut(Exception):  # noqa: N818  (no error: how the walk over one statement ends early)
    def __init__(self, reason: str, what: str) -> None:
        self.reason, self.what = reason, what


@dataclass(slots=True, kw_only=True)
class Walker:
    """Walks over statements that break no rule of xAPI, and notes what they say of others of the list."""

    profile: StatementProfile
    learners: LearnerNumbers
    highest: Mapping[str, float]
    occasions: Mapping[str, str]
    zone: tzinfo
    n: int = 0
    voided: set[str] = field(default_factory=set)
    sessions: list[SessionFact] = field(default_factory=list)
    parts: list[PartOf] = field(default_factory=list)

    def rows_of(self, statement: Json) -> Iterator[Row]:
        """Yield the row of a statement; more than one where it holds several responses."""
        n, self.n = self.n, self.n + 1
        verb = str(statement["verb"]["id"])
        own = statement.get("id")
        id = own.lower() if own else None
        try:
            yield from self._given(statement, n, id, verb)
        except _LeftOut as left:
            yield Row(n, 0, id, Gives.NOTHING, left.reason, left.what, *(None,) * 6, verb, None, None)

    def _given(self, statement: Json, n: int, id: str | None, verb: str) -> Iterator[Row]:
        rule, thing = self._rule_for(statement, verb), statement["object"]
        context = statement.get("context", _NOTHING)
        at = _moment(statement)
        session = self._session(self.profile.session, statement, at) if self.profile.session else None
        if rule.gives is Gives.NOTHING:
            raise _LeftOut("ignored", verb)
        if thing.get("objectType", "Activity") != "Activity":
            raise _LeftOut("not-an-activity", verb)
        learner = self._learner(statement["actor"])
        item = item_of(thing, self.profile)
        occasion = self._occasion(context, at, verb)
        result = statement.get("result", _NOTHING)
        points = _points_of(result, rule, item, self._stated(item)) if rule.gives is Gives.RESPONSE else None
        gives = rule.gives if points is not None or rule.gives is Gives.EVENT else rule.without_score
        if points is None and gives is not Gives.EVENT:
            raise _LeftOut("no-score", item)
        if self.profile.session and points is not None:
            _check_mastery(self.profile.session, rule, result, context, item)
        if points is None:
            yield Row(
                n, 0, id, gives, None, None, learner, item, occasion, at, None, None, verb, self._times(result), session
            )
            return
        place = (occasion, at)
        name = item + points.scale
        yield Row(
            n, 0, id, gives, None, None, learner, name, *place, points.score, points.max_score, verb, None, session
        )
        yield from self._also(
            result, Row(n, 0, id, gives, None, None, learner, item, *place, 0, 1, verb, None, session)
        )
        if self.profile.leaves_out_sums:
            for whole in _context_ids(context, self.profile.whole_from.value):
                self.parts.append(PartOf(n, learner, _named(whole, self.profile), occasion))

    def _rule_for(self, statement: Json, verb: str) -> VerbRule:
        if verb == VOIDED:
            self.voided.add(statement["object"]["id"].lower())
            raise _LeftOut("voids", verb)
        rule = self.profile.verbs.get(verb)
        if rule is not None:
            return rule
        scored = statement.get("result", _NOTHING).get("score")
        raise _LeftOut("score-unread" if scored else "no-rule", verb)

    def _learner(self, actor: Json) -> str:
        if actor.get("objectType") == "Group":
            raise _LeftOut("group", "")
        number = self.learners.number_of(actor)
        if number is None:
            raise _LeftOut("unknown-actor", actor_key(dict(actor)))
        return number

    def _stated(self, item: str) -> float | None:
        return self.highest.get(item, self.highest.get("*"))

    def _occasion(self, context: Json, at: datetime | None, verb: str) -> str | None:
        registration = context.get("registration")
        if registration and self.occasions and registration.lower() in self.occasions:
            return self.occasions[registration.lower()]
        source = self.profile.occasion_from
        if source is OccasionFrom.REGISTRATION and registration:
            return str(registration.lower())
        if source in (OccasionFrom.PARENT, OccasionFrom.GROUPING):
            ids = _context_ids(context, source.value)
            if ids:
                name = min(ids)
                rule = self.profile.occasion_name
                name = rule.apply(name) if rule else name
                return self.occasions.get(name, name)
        if at is None:
            raise _LeftOut("no-time", verb)
        return _term(_day(at, self.zone))

    def _also(self, result: Json, main: Row) -> Iterator[Row]:
        extensions = result.get("extensions", _NOTHING)
        for part, also in enumerate(self.profile.also, start=1):
            said = extensions.get(also.extension)
            if isinstance(said, bool):
                item = also.item.apply(main.item or "")
                if item != main.item:
                    yield main._replace(part=part, item=item, score=float(said), max_score=1.0)

    def _times(self, result: Json) -> int:
        said = result.get("extensions", _NOTHING).get(self.profile.times, 1) if self.profile.times else 1
        sound = isinstance(said, int) and not isinstance(said, bool) and 0 < said < 2**31
        return said if sound else 1

    def _session(self, rule: SessionRule, statement: Json, at: datetime | None) -> str:
        """Return the session of a statement that keeps the rules of one, and note what it says of the session."""
        context, verb, id = statement.get("context", _NOTHING), str(statement["verb"]["id"]), statement.get("id")
        categories = _context_ids(context, "category")
        extensions = context.get("extensions", _NOTHING)
        session = extensions.get(rule.session)
        if rule.defined not in categories or not isinstance(session, str) or not session:
            raise _LeftOut("not-defined", verb)
        if "registration" not in context:
            raise _LeftOut("not-defined", verb)
        result = statement.get("result", _NOTHING)
        if ("success" in result or "completion" in result) and rule.move_on not in categories:
            raise _LeftOut("no-move-on", verb)
        mode = extensions.get(rule.mode)
        if verb == rule.launched and isinstance(mode, str):
            self.sessions.append(SessionFact(id.lower() if id else None, session, mode, None))
        elif verb == rule.abandoned and at is not None:
            self.sessions.append(SessionFact(id.lower() if id else None, session, None, at))
        return session


def item_of(thing: Json, profile: StatementProfile) -> str:
    """Return the item that an activity is, as a profile names it."""
    item = str(thing["id"])
    if profile.sub_content:
        part = thing.get("definition", _NOTHING).get("extensions", _NOTHING).get(profile.sub_content)
        if isinstance(part, str) and part and f"subContentId={part}" not in item:
            item = f"{item}{'&' if '?' in item else '?'}subContentId={part}"
    return _named(item, profile)


def _named(item: str, profile: StatementProfile) -> str:
    return profile.item_name.apply(item) if profile.item_name else item


def _moment(statement: Json) -> datetime | None:
    """The time it was done; where no client said so, when it was stored. Both versions write what 1.0 takes."""
    text = statement.get("timestamp") or statement.get("stored")
    return moment_of(text, Version.V1) if text else None


def _day(at: datetime, zone: tzinfo) -> date:
    try:
        return at.astimezone(zone).date()
    except OverflowError:  # the first and the last day there are
        return at.astimezone(UTC).date()


def _context_ids(context: Json, place: str) -> list[str]:
    held = context.get("contextActivities", _NOTHING).get(place, ())
    return [activity["id"] for activity in ((held,) if isinstance(held, dict) else held)]


def _points_of(result: Json, rule: VerbRule, item: str, stated: float | None) -> _Points | None:
    """Return the points a result tells: raw of its highest, else scaled, else success; None where it tells none."""
    score, said = result.get("score", _NOTHING), result.get("success")
    if rule.success is not None and said is not None and said is not rule.success:
        raise _LeftOut("contradiction", item)
    raw, low = score.get("raw"), score.get("min", 0)
    if raw is not None and "max" in score:
        return _points(raw, low, score["max"], item)
    if "scaled" in score:
        return _points(score["scaled"], 0, 1, item)
    if raw is not None:
        if stated is None:
            raise _LeftOut("no-highest", item)
        return _points(raw, low, stated, item)
    success = rule.success if said is None else said
    return None if success is None else _Points(float(success), 1.0, SUCCESS)


def _points(raw: float, low: float, high: float, item: str) -> _Points:
    """Count from the lowest score, so that nothing is below 0."""
    try:
        score, most = float(raw) - float(low), float(high) - float(low)
    except OverflowError:
        raise _LeftOut("outside", item) from None
    if not (math.isfinite(score) and math.isfinite(most) and most > 0 and 0 <= score <= most):
        raise _LeftOut("outside", item)
    return _Points(score, most)


def _check_mastery(session: SessionRule, rule: VerbRule, result: Json, context: Json, item: str) -> None:
    """Passed must not lie below the mastery score, failed not at or above it."""
    mastery = context.get("extensions", _NOTHING).get(session.mastery)
    scaled = result.get("score", _NOTHING).get("scaled")
    if rule.success is None or scaled is None or isinstance(mastery, bool) or not isinstance(mastery, int | float):
        return
    if (scaled >= mastery) is not rule.success:
        raise _LeftOut("against-mastery", item)
