"""What the pages of a store show: counts, tools, who follows, what was refused, what was done."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec
from django.db.models import Sum
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from yucai.texts import Text
from yucai.web.drawing import DayBar, day_bars
from yucai.web.feeds.models import EvidenceFeed
from yucai.web.records.actions import tool_of
from yucai.web.records.counting import FOLLOWER as COUNTS
from yucai.web.records.counting import count_new, held_in, per_day, stored_by
from yucai.web.records.credentials import caller_of
from yucai.web.records.following import place_of
from yucai.web.records.keys import stored_of
from yucai.web.records.models import AttachmentContent, RecordCredential, RecordDocument, RecordStore, StatementRow
from yucai.web.records.operating_models import RefusedRequest
from yucai.web.records.refused_box import RefusedToday, refused_today
from yucai.web.stores.presets import words_of

__all__ = [
    "FollowerLine",
    "StoreShown",
    "ToolLine",
    "first_reason",
    "followers_of",
    "language",
    "plain_reason",
    "refused_lines",
    "shown",
    "size_words",
    "status_words",
    "tools_of",
]

PLACE: Final = re.compile(r"^(?P<dash>- )?\[(?P<n>\d{1,6})\]\.?(?P<part>[^:：\s]*)(?:: |：)", re.MULTILINE)
DAYS: Final = 30
ON_A_VIEW: Final = 5_000  # statements that a page adds to the counts by itself; the worker does the rest
MOST_BEHIND: Final = 10_000  # further a page does not count
REMEMBERED_SECONDS: Final = 60.0
_SIZES: dict[int, tuple[float, int]] = {}


def language() -> str:
    """Return the language of the page."""
    return "zh" if (translation.get_language() or "en").startswith("zh") else "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreShown:
    """A store as its pages show it. ``uncounted`` statements are still to be added up, ``more`` of them or more."""

    store: RecordStore
    statements: int
    uncounted: int
    uncounted_more: bool
    last_at: datetime | None
    today: int
    week: int
    bars: str
    size: str
    most: str
    documents: int
    tools: Sequence[str]
    refused: int

    @property
    def space(self) -> Any:
        """Whose store it is."""
        return self.store.space


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolLine:
    """A credential as the page shows it."""

    credential: RecordCredential
    name: str
    home: str
    may: str
    statements: int
    refused: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowerLine:
    """Who follows a store, and how many statements wait for it."""

    follower: str
    name: str
    behind: int
    more: bool
    at: datetime | None
    moved_at: datetime | None


def shown(store: RecordStore, *, at: datetime) -> StoreShown:
    """Return a store with its counts; a few statements that are new are added up first."""
    count_new(store, most=ON_A_VIEW)
    held, days = held_in(store), per_day(store, days=DAYS, at=at)
    uncounted = _behind(store, place_of(store, COUNTS))
    last = StatementRow.objects.filter(store=store).order_by("-seq").values_list("seq", flat=True).first()
    live = store.credentials.filter(revoked_at__isnull=True).order_by("pk")
    attachments = _attachment_bytes(store)
    return StoreShown(
        store=store,
        statements=held.statements,
        uncounted=min(uncounted, MOST_BEHIND),
        uncounted_more=uncounted > MOST_BEHIND,
        last_at=None if last is None else stored_of(last),
        today=days[-1][1],
        week=sum(n for _, n in days[-7:]),
        bars=_bars(store, days),
        size=size_words(held.bytes + attachments),
        most=size_words(store.most_bytes),
        documents=RecordDocument.objects.filter(store=store).count(),
        tools=tuple(dict.fromkeys(tool_of(one) for one in live)),
        refused=RefusedRequest.objects.filter(store=store, state=RefusedRequest.State.WAITING).count(),
    )


def _behind(store: RecordStore, seq: int) -> int:
    rows = StatementRow.objects.filter(store=store, seq__gt=seq).order_by("seq")
    return len(rows.values_list("pk", flat=True)[: MOST_BEHIND + 1])


def _attachment_bytes(store: RecordStore) -> int:
    """Return how many bytes the attachments of a store have, as of a minute ago at most."""
    until, size = _SIZES.get(store.pk, (0.0, 0))
    if until < time.monotonic():
        size = AttachmentContent.objects.filter(store=store).aggregate(n=Sum("size_bytes"))["n"] or 0
        _SIZES[store.pk] = (time.monotonic() + REMEMBERED_SECONDS, size)
    return size


def _bars(store: RecordStore, days: Sequence[tuple[Any, int]]) -> str:
    total = sum(n for _, n in days)
    title = ngettext(
        "%(n)s statement in the last %(days)s days", "%(n)s statements in the last %(days)s days", total
    ) % {"n": f"{total:,}", "days": len(days)}
    bars = [DayBar(value=n, title=f"{day:%Y-%m-%d}: {n:,}") for day, n in days]
    return day_bars(bars, name=f"days-{store.pk}", title=title)


def size_words(n_bytes: int) -> str:
    """Return a size as people write it."""
    for unit, size in (("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000)):
        if n_bytes >= size:
            return f"{n_bytes / size:.1f}".removesuffix(".0") + f" {unit}"
    return f"{n_bytes} B"


def tools_of(store: RecordStore) -> list[ToolLine]:
    """Return the credentials of a store, those in force first."""
    stored = stored_by(store)
    waiting = RefusedRequest.objects.filter(store=store, state=RefusedRequest.State.WAITING)
    refused: dict[int, int] = {}
    for credential in waiting.values_list("credential", flat=True):
        refused[credential] = refused.get(credential, 0) + 1
    lines = []
    for one in store.credentials.select_related("revoked_by", "created_by").order_by("-revoked_at", "pk"):
        account = msgspec.json.decode(one.authority)["account"]
        lines.append(
            ToolLine(
                credential=one,
                name=str(account["name"]),
                home=str(account["homePage"]),
                may=words_of(one.scopes.split(), language()),
                statements=stored.get(caller_of(one).authority_key, 0),
                refused=refused.get(one.pk, 0),
            )
        )
    return sorted(lines, key=lambda line: line.credential.revoked_at is not None)


def followers_of(store: RecordStore) -> list[FollowerLine]:
    """Return who follows a store, but for the counts of the pages themselves."""
    lines = []
    for cursor in store.cursors.exclude(follower=COUNTS).order_by("follower"):
        behind = _behind(store, cursor.seq)
        lines.append(
            FollowerLine(
                follower=cursor.follower,
                name=_follower_name(cursor.follower),
                behind=min(behind, MOST_BEHIND),
                more=behind > MOST_BEHIND,
                at=stored_of(cursor.seq) if cursor.seq else None,
                moved_at=cursor.moved_at,
            )
        )
    return lines


def _follower_name(follower: str) -> str:
    kind, _colon, which = follower.partition(":")
    if kind == "evidence" and which.isdigit():
        name = EvidenceFeed.objects.filter(pk=int(which)).values_list("name", flat=True).first()
        if name is not None:
            return _("Evidence source “%(name)s”") % {"name": name}
    names = {
        "lake": _("Data lake"),
        "evidence": _("Evidence source %(which)s"),
        "forward": _("Forwarding %(which)s"),
    }
    return names[kind] % {"which": which} if kind in names else follower


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedLine:
    """What a tool was refused today, in one sentence."""

    tool: str
    says: str
    credential: int
    code: str


def refused_lines(store: RecordStore, *, at: datetime) -> list[RefusedLine]:
    """Return a sentence for each tool and reason of today."""
    return [
        RefusedLine(tool=tool_of(one.credential), says=_sentence(one), credential=one.credential.pk, code=one.code)
        for one in refused_today(store, at=at)
    ]


def _sentence(one: RefusedToday) -> str:
    tool, why = tool_of(one.credential), first_reason(one.reason) or status_words(one.status)
    if one.statements:
        words = ngettext(
            "%(tool)s: %(n)s statement refused today, because: %(why)s",
            "%(tool)s: %(n)s statements refused today, because: %(why)s",
            one.statements,
        )
        return words % {"tool": tool, "n": f"{one.statements:,}", "why": why}
    words = ngettext(
        "%(tool)s: %(n)s delivery refused today, because: %(why)s",
        "%(tool)s: %(n)s deliveries refused today, because: %(why)s",
        one.requests,
    )
    return words % {"tool": tool, "n": f"{one.requests:,}", "why": why}


def first_reason(reason: Text) -> str:
    """Return the first thing that was wrong, in the language of the page."""
    lines = plain_reason(reason).splitlines()
    single = [line[2:] for line in lines if line.startswith("- ")]
    return (single or lines or [""])[0]


def plain_reason(reason: Text) -> str:
    """Return everything that was wrong, each place in words: “[1].verb.id” is the verb.id of the second statement."""
    return PLACE.sub(_place_words, reason.in_language(language()))


def _place_words(found: re.Match[str]) -> str:
    dash, n, part = found["dash"] or "", int(found["n"]) + 1, found["part"]
    if part:
        return dash + _("Statement %(n)s, %(part)s: ") % {"n": n, "part": part}
    return dash + _("Statement %(n)s: ") % {"n": n}


def status_words(status: int) -> str:
    """Return what a status means to the office."""
    return {
        400: _("it is not as the standard asks"),
        403: _("the credential may not do it, or the store is closed"),
        409: _("its id belongs to another statement here"),
        412: _("it was changed by somebody else meanwhile"),
        413: _("it is larger than this store takes"),
        503: _("the database did not answer"),
    }.get(status, str(status))
