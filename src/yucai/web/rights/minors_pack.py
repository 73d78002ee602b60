"""The yearly pack about minors for the authority: how many, for what, who read, what was asked, what went wrong.

It holds counts and no names. It goes to the authority that supervises the office and not to the public, so its counts
are plain; what is published of it has to pass the rules of release.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import polars as pl
from django.db import transaction
from django.utils import translation
from django.utils.timezone import localdate, localtime
from django.utils.translation import gettext as _

from yucai.evidence import write_sheets
from yucai.texts import Text
from yucai.web.accounts.age_models import GuardianConsent, MinorApproval
from yucai.web.accounts.ages import GROWN_UP, YOUNG, years_before
from yucai.web.accounts.audit import note
from yucai.web.accounts.audit_models import AuditEntry, AuditPerson
from yucai.web.accounts.case_models import ReviewCase
from yucai.web.accounts.models import Account, Person, Space
from yucai.web.accounts.purposes import Purpose
from yucai.web.evidence.models import DataSource, EvidenceRecord
from yucai.web.paper import RecordPage, RecordSection, record_pdf

__all__ = ["MinorsPack", "make_minors_pack"]

INCIDENTS: Final = ("audit.breach",)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sheet:
    name: str
    title: Text
    head: tuple[Text, ...]
    widths: tuple[float, ...]
    rows: tuple[tuple[object, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MinorsPack:
    """The workbook and the PDF, and the first numbers of them: under 14, from 14 to 17, whose age was not asked."""

    workbook: bytes
    paper: bytes
    under_14: int
    under_18: int
    unknown: int


@transaction.atomic
def make_minors_pack(space: Space, *, year: int, language: str, by: Account | None, at: datetime) -> MinorsPack:
    """Return the pack of a year as of its last day, or of today while it goes on; that it was made is an event."""
    day = min(date(year, 12, 31), localdate(at))
    tongue = "zh" if language.startswith("zh") else "en"
    ages = _ages(space, day)
    with translation.override("zh-hans" if tongue == "zh" else "en"):
        sheets = _sheets(space, year, day, ages, tongue)
        paper = record_pdf(_page(space, year, day, sheets, tongue, at), at=at)
        workbook = _workbook(sheets, tongue)
    note("minors.pack", by=by, at=at, space=space, target=f"{year}", detail={"under-14": ages[0], "14-17": ages[1]})
    return MinorsPack(workbook=workbook, paper=paper, under_14=ages[0], under_18=ages[1], unknown=ages[3])


def _ages(space: Space, day: date) -> tuple[int, int, int, int]:
    """Return how many are under 14, 14 to 17, 18 and older, and not asked, on a day."""
    people = Person.objects.filter(space=space)
    child = people.filter(born__gt=years_before(day, YOUNG)).count()
    minor = people.filter(born__gt=years_before(day, GROWN_UP)).count() - child
    unknown = people.filter(born=None).count()
    return child, minor, people.count() - child - minor - unknown, unknown


def _sheets(space: Space, year: int, day: date, ages: tuple[int, ...], tongue: str) -> tuple[_Sheet, ...]:
    begin, end = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    minors = dict(
        Person.objects.filter(space=space, born__gt=years_before(date(year, 1, 1), GROWN_UP)).values_list("pk", "born")
    )
    return (
        _counts(space, day, ages),
        _data_sets(space, minors),
        _accesses(minors, begin, end, tongue),
        _approvals(space, begin, end, tongue),
        _requests(space, minors, begin, end),
        _incidents(minors, begin, end),
    )


def _counts(space: Space, day: date, ages: tuple[int, ...]) -> _Sheet:
    consented = GuardianConsent.objects.filter(
        person__space=space, withdrawn_on=None, person__born__gt=years_before(day, YOUNG)
    ).count()
    named = (
        _("Under 14"),
        _("of them with a guardian's consent"),
        _("14 to 17"),
        _("18 and older"),
        _("age not asked"),
    )
    numbers = (ages[0], consented, *ages[1:])
    return _Sheet(
        name="people", title=Text("People", "人数"), head=(Text("age", "年龄"), Text("people", "人数")), widths=(3, 1),
        rows=tuple(zip(named, numbers, strict=True)),
    )  # fmt: skip


def _data_sets(space: Space, minors: dict[int, Any]) -> _Sheet:
    held = EvidenceRecord.objects.current().filter(person__space=space, person__in=minors)
    pairs = set(held.values_list("came_with__source", "person").order_by().distinct())
    people = Counter(source for source, _person in pairs)
    rows = tuple(
        (one.name_zh or one.name_en, one.purpose, one.legal_basis, one.retention_months, people[one.pk])
        for one in DataSource.objects.filter(space=space).order_by("code")
        if people[one.pk]
    )
    head = (Text("data set", "数据集"), Text("purpose", "目的"), Text("legal basis", "法律依据"),
            Text("months kept", "保存月数"), Text("minors", "未成年人数"))  # fmt: skip
    return _Sheet(name="purposes", title=Text("Data held of minors, and for what", "未成年人数据及处理目的"), head=head,
                  widths=(3, 4, 2, 1, 1), rows=rows)  # fmt: skip


def _looks(minors: dict[int, Any], begin: datetime, end: datetime) -> Iterable[tuple[Any, Any, Any, Any, Any, Any]]:
    """Yield each event and person who was under 18 on its day: account, purpose, refused, reason, person, event."""
    about = AuditPerson.objects.filter(
        person__in=minors, entry__act="read", entry__at__gte=begin, entry__at__lt=end
    ).order_by()
    told = about.values_list(
        "entry__account", "entry__purpose", "entry__refused", "entry__reason", "person", "entry", "entry__at"
    )
    for account, purpose, refused, reason, person, event, at in told.iterator(chunk_size=5000):
        if minors[person] > years_before(localdate(at), GROWN_UP):
            yield account, purpose, refused, reason, person, event


def _accesses(minors: dict[int, Any], begin: datetime, end: datetime, tongue: str) -> _Sheet:
    roles = dict(Account.objects.values_list("pk", "role"))
    words = dict(Account.Role.choices)
    shown: dict[tuple[str, str], tuple[set[int], set[int]]] = {}
    refused: Counter[tuple[str, str]] = Counter()
    for account, purpose, was_refused, _reason, person, event in _looks(minors, begin, end):
        key = (roles.get(account, ""), purpose)
        if was_refused:
            refused[key] += 1
        else:
            events, people = shown.setdefault(key, (set(), set()))
            events.add(event)
            people.add(person)
    rows = tuple(
        (str(words.get(role, _("command line"))), _purpose(purpose), len(shown.get((role, purpose), ((), ()))[0]),
         len(shown.get((role, purpose), ((), ()))[1]), refused[role, purpose])
        for role, purpose in sorted({*shown, *refused})
    )  # fmt: skip
    head = (Text("role", "角色"), Text("purpose", "目的"), Text("looks", "查阅次数"),
            Text("minors seen", "涉及未成年人"),
            Text("refused", "被拒绝"))  # fmt: skip
    return _Sheet(name="accesses", title=Text("Who read of minors", "查阅未成年人数据的情况"), head=head,
                  widths=(3, 3, 1, 1, 1), rows=rows)  # fmt: skip


def _purpose(value: str) -> str:
    return str(Purpose(value).label) if value in Purpose.values else value


def _approvals(space: Space, begin: datetime, end: datetime, tongue: str) -> _Sheet:
    found = MinorApproval.objects.filter(space=space, approved_at__lt=end, until__gte=begin.date())
    rows = tuple(
        (str(one.get_role_display()) if one.role else _("one account"), _whom(one, tongue), _purpose(one.purpose),
         one.reason, f"{localtime(one.approved_at):%Y-%m-%d}", f"{one.until}",
         f"{localtime(one.ended_at):%Y-%m-%d}" if one.ended_at else "")
        for one in found.select_related("group").order_by("pk")
    )  # fmt: skip
    head = (Text("for", "对象"), Text("of", "范围"), Text("purpose", "目的"), Text("why", "理由"),
            Text("approved", "批准日"), Text("until", "有效至"), Text("ended", "提前终止"))  # fmt: skip
    return _Sheet(name="approvals", title=Text("Approvals of reading", "查阅批准"), head=head,
                  widths=(2, 2, 2, 3, 2, 2, 2), rows=rows)  # fmt: skip


def _whom(one: MinorApproval, tongue: str) -> str:
    return one.group.name.in_language(tongue) if one.group is not None else _("all students")


def _requests(space: Space, minors: dict[int, Any], begin: datetime, end: datetime) -> _Sheet:
    found = ReviewCase.objects.filter(space=space, person__in=minors, opened_at__gte=begin, opened_at__lt=end)
    counted: Counter[tuple[str, str, str]] = Counter()
    for one in found:
        late = one.decided_at is not None and localdate(one.decided_at) > one.due_on
        counted[str(one.get_kind_display()), str(one.get_outcome_display() or one.get_state_display()),
                _("late") if late else ""] += 1  # fmt: skip
    head = (Text("request", "申请"), Text("outcome", "结果"), Text("in time", "时限"), Text("requests", "数量"))
    return _Sheet(name="requests", title=Text("Requests of minors", "未成年人的申请"), head=head, widths=(2, 3, 1, 1),
                  rows=tuple((*key, n) for key, n in sorted(counted.items())))  # fmt: skip


def _incidents(minors: dict[int, Any], begin: datetime, end: datetime) -> _Sheet:
    """Attempts that were refused because of age, and lists of who was affected by a breach that hold a minor."""
    refused = {event for *_f, was, reason, _p, event in _looks(minors, begin, end) if was and reason == "minor"}
    breaches = AuditEntry.objects.filter(act__in=INCIDENTS, at__gte=begin, at__lt=end, people__person__in=minors)
    rows = [(_("Attempts to read of minors that were refused for want of an approval"), "", len(refused))]
    for entry in breaches.distinct().order_by("position"):
        n = AuditPerson.objects.filter(entry=entry, person__in=minors).count()
        rows.append((_("List of who was affected by a breach"), f"{localtime(entry.at):%Y-%m-%d}", n))
    head = (Text("what", "事项"), Text("day", "日期"), Text("number", "数量"))
    return _Sheet(name="incidents", title=Text("Incidents", "事件"), head=head, widths=(4, 1, 1), rows=tuple(rows))


def _workbook(sheets: tuple[_Sheet, ...], tongue: str) -> bytes:
    tables = {}
    for sheet in sheets:
        names = [one.in_language(tongue) for one in sheet.head]
        columns = {name: [row[place] for row in sheet.rows] for place, name in enumerate(names)}
        tables[sheet.title.in_language(tongue)[:31]] = pl.DataFrame(columns, strict=False)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "pack.xlsx"
        write_sheets(file, tables)
        return file.read_bytes()


def _page(space: Space, year: int, day: date, sheets: tuple[_Sheet, ...], tongue: str, at: datetime) -> RecordPage:
    facts = ((_("Institution"), space.name.in_language(tongue)), (_("Year"), str(year)), (_("As of"), f"{day}"))
    return RecordPage(
        language=tongue,
        title=_("Protection of minors: yearly audit"),
        space=space.name.in_language(tongue),
        about=str(year),
        banner=_("Simulated data: nobody on this page exists.") if space.simulated else "",
        lead=(
            _("For the supervising authority. It holds counts and no names; it is not for publication."),
            _("Ages are those on record. Whose age was not asked is counted apart."),
        ),
        facts=facts,
        sections=tuple(
            RecordSection(
                title=sheet.title.in_language(tongue), note="" if sheet.rows else _("None in this year."),
                head=tuple(one.in_language(tongue) for one in sheet.head), widths=sheet.widths,
                rows=tuple(tuple(str(cell) for cell in row) for row in sheet.rows),
            )
            for sheet in sheets
        ),
        printed=_("Made on %(at)s.") % {"at": f"{localtime(at):%Y-%m-%d %H:%M}"},
        page=_("Page {page} of {pages}"),
    )  # fmt: skip
