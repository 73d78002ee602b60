"""What stands behind evidence that came from a store: its source in words, its statement, and what is only weak."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec
from django.db.models import Q
from django.utils import translation
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from yucai.texts import Text
from yucai.web.accounts.models import Person
from yucai.web.bulk import Part, read_together
from yucai.web.evidence.models import EvidenceRecord
from yucai.web.feeds.models import EvidenceFeed, WeakCount
from yucai.web.records.models import StatementRow

__all__ = [
    "StatementBehind",
    "WeakLine",
    "asked_weak",
    "feed_names",
    "statement_behind",
    "statement_source",
    "verb_name",
    "weak_from",
    "weak_lines",
]

VERBS: Final[Mapping[str, Text]] = {
    "access": Text("opened", "打开"),
    "answered": Text("answered", "作答"),
    "attempted": Text("begun", "开始"),
    "commented": Text("commented on", "评论"),
    "completed": Text("completed", "完成"),
    "experienced": Text("seen", "浏览"),
    "failed": Text("failed", "未通过"),
    "graded": Text("graded", "评分"),
    "interacted": Text("used", "操作"),
    "launched": Text("launched", "启动"),
    "navigated": Text("gone to", "转到"),
    "navigated-in": Text("gone to", "转到"),
    "passed": Text("passed", "通过"),
    "paused": Text("paused", "暂停"),
    "played": Text("played", "播放"),
    "progressed": Text("gone on with", "继续"),
    "scored": Text("scored", "得分"),
    "seeked": Text("jumped in", "跳转"),
    "submit": Text("handed in", "提交"),
    "viewed": Text("seen", "浏览"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class WeakLine:
    """What somebody did that is no score, as one source counted it."""

    source: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementBehind:
    """The statement that a score came from, in words and as it is kept; ``body`` is "" where it is kept no more."""

    source: str
    store: str
    id: str
    verb: str
    activity: str
    activity_id: str
    result: str
    at: datetime | None
    authority: str
    voided: bool
    body: str


def feed_names(space_pk: int) -> dict[str, str]:
    """Return the feeds of a space: the code of the source, and how it is called."""
    return dict(EvidenceFeed.objects.filter(space=space_pk).values_list("code", "name"))


def statement_source(name: str, at: datetime | None) -> str:
    """Return how a portrait names the source of a score."""
    if at is None:
        return name
    return _("%(source)s, statement of %(day)s") % {"source": name, "day": _day(at)}


def weak_lines(person: Person) -> tuple[WeakLine, ...]:
    """Return what a person did that is no score, a line for each source that counts."""
    return weak_from(read_together({"weak": asked_weak(person)})["weak"])


def asked_weak(person: Person) -> Part:
    """Return the question for what a person did that is no score; ``weak_from`` reads the answer."""
    undone = Q(feed__last_import__undone_at__isnull=False)  # what was undone counts for nothing
    counts = WeakCount.objects.filter(person=person).exclude(undone)
    return Part(counts, ("feed", "feed__name", "verb", "times"))


def weak_from(rows: Iterable[tuple[str, ...]]) -> tuple[WeakLine, ...]:
    """Return a line for each source, what was done most first, from feed, name, verb and times of each count."""
    by_feed: dict[tuple[int, str], list[str]] = defaultdict(list)
    for feed, name, verb, times in sorted(rows, key=lambda row: (int(row[0]), -int(row[3]), row[2])):
        by_feed[int(feed), name].append(_("%(verb)s %(n)s times") % {"verb": verb_name(verb), "n": f"{int(times):,}"})
    return tuple(WeakLine(source=name, what=_(", ").join(said)) for (_pk, name), said in by_feed.items())


def verb_name(verb: str) -> str:
    """Return how a page calls a verb: the last part of its IRI where it has no name of its own here."""
    last = verb.rstrip("/").rpartition("/")[2]
    known = VERBS.get(last)
    return known.in_language(_language()) if known is not None else last


def statement_behind(record: EvidenceRecord) -> StatementBehind | None:
    """Return the statement that a score came from; None where it came from no store."""
    source = record.came_with.source
    feed = EvidenceFeed.objects.filter(space=source.space_id, code=source.code).select_related("store").first()
    if feed is None:
        return None
    try:
        id = uuid.UUID(record.source_sheet)
    except ValueError:
        return None
    row = StatementRow.objects.filter(store=feed.store, id=id).first()
    told: Mapping[str, Any] = msgspec.json.decode(bytes(row.body)) if row is not None else {}
    item = record.item.name.in_language(_language())
    thing = told.get("object", {})
    return StatementBehind(
        source=feed.name,
        store=feed.store.code,
        id=str(id),
        verb=verb_name(told["verb"]["id"]) if told else "",
        activity=_named(thing) or item,
        activity_id=thing.get("id", ""),
        result=_result(told.get("result", {})),
        at=record.at,
        authority=_who(told.get("authority", {})),
        voided=row is not None and row.voided,
        body=msgspec.json.format(msgspec.json.encode(told), indent=2).decode() if told else "",
    )


def _named(thing: Mapping[str, Any]) -> str:
    names = thing.get("definition", {}).get("name", {})
    fitting = sorted(tag for tag in names if tag.lower().split("-")[0] == _language()[:2])
    return str(names[fitting[0] if fitting else min(names)]) if names else ""


def _result(result: Mapping[str, Any]) -> str:
    """Return what a result says, in words."""
    score, parts = result.get("score", {}), []
    if "raw" in score:
        parts.append(f"{score['raw']:g} / {score['max']:g}" if "max" in score else f"{score['raw']:g}")
    elif "scaled" in score:
        parts.append(f"{score['scaled']:g} / 1")
    if "success" in result:
        parts.append(_("success") if result["success"] else _("no success"))
    if "completion" in result:
        parts.append(_("completed") if result["completion"] else _("not completed"))
    return " · ".join(parts)


def _who(authority: Mapping[str, Any]) -> str:
    account = authority.get("account", {})
    return str(authority.get("name") or account.get("name") or "")


def _day(at: datetime) -> str:
    return date_format(localtime(at), _("j F Y"))


def _language() -> str:
    return translation.get_language() or "en"
