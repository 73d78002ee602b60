"""Research exports: scores of people who consented, without names, each of them hidden among others.

Who attacks such files has three ways, and each is barred here. *Linking*: every export has pseudonyms of its own, from
a key that lies apart. *Differencing*: between this export and an earlier one that is still in use, nobody comes alone
and nobody leaves alone. *Singling out*: whoever shares their columns, or an item, with too few others stays out.
"""

from __future__ import annotations

import json
import random
import secrets
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

import polars as pl
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.timezone import localdate

from yucai.errors import Fault, FaultyInputError
from yucai.texts import Text
from yucai.web.accounts.access import read_people
from yucai.web.accounts.audit import note
from yucai.web.accounts.consents import consenting
from yucai.web.accounts.models import Account, Person, Space
from yucai.web.accounts.release_rules import policy_of
from yucai.web.evidence.consented import usable_records
from yucai.web.governance.research_keys import destroy_key, make_key, pseudonym
from yucai.web.governance.research_models import ResearchExport, ResearchExportPerson

__all__ = [
    "QUASI_IDENTIFIERS",
    "ResearchData",
    "ResearchWanted",
    "crowd_of",
    "end_export",
    "export_research",
    "may_export_research",
]

EXPORTS: Final = (Account.Role.DIRECTOR, Account.Role.RESEARCHER, Account.Role.OFFICER)
CONSENT: Final = "research"
QUASI_IDENTIFIERS: Final[Mapping[str, Text]] = {
    "cohort": Text("entry year", "入学年份"),
    "programme": Text("programme", "专业"),
    "talent_type": Text("talent type", "人才类型"),
}
STEP: Final = 0.05  # of the highest score: an exact score that somebody remembers would single a row out
THING: Final = Text("The research export", "研究导出")
EMPTY: Final = Text("Say {what}; it stands on the sheet of use.", "请写明{what}；数据使用单中须注明。")
PAST: Final = Text("“Until” is {day}; it lies after today.", "使用期限为 {day}；应晚于今天。")
NOBODY: Final = Text(
    "Nobody is left to export: {consenting} {consenting:person has|people have} consented, and a crowd needs at least "
    "{k} who are alike in every column chosen. Choose fewer columns, or wait for more consents.",
    "没有可导出的人员：已有 {consenting} 人同意，而所选各列取值相同者须至少 {k} 人。请减少所选列，或等待更多人同意。",
)
WORDS: Final = {
    "recipient": Text("who gets the data", "数据接收方"),
    "purpose": Text("what they are for", "使用目的"),
    "conditions": Text("on which conditions", "使用条件"),
    "reference": Text("where the signed agreement lies", "已签协议的编号或存放处"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ResearchWanted:
    """For whom, for what, until when, on which conditions, by which agreement; and which columns tell of a person."""

    recipient: str
    purpose: str
    conditions: str
    reference: str
    until: date
    columns: tuple[str, ...] = ("cohort",)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResearchData:
    """What goes out: the row in the list of exports, the table, and the sheet as plain values."""

    export: ResearchExport
    table: pl.DataFrame
    sheet: dict[str, Any]


@dataclass(slots=True)
class _Crowd:
    """Who is in, and how many stay out for which reason."""

    people: dict[int, tuple[str, ...]]  # number of a person, and what their columns say
    out: Counter[str] = field(default_factory=Counter)

    def leave(self, people: set[int], why: str) -> None:
        """Leave people out."""
        self.out[why] += len(people & self.people.keys())
        self.people = {one: said for one, said in self.people.items() if one not in people}


def may_export_research(account: Account, space: Space) -> bool:
    """Return whether an account exports for research: directors, research officers and data protection officers."""
    return account.role in EXPORTS and account.is_let_into(space.pk)


@transaction.atomic
def export_research(*, space: Space, wanted: ResearchWanted, by: Account, at: datetime) -> ResearchData:
    """Return scores of consenting people without names, and enter the export into the list.

    Raises PermissionDenied, FaultyInputError with all faults.
    """
    if not may_export_research(by, space):
        raise PermissionDenied
    if faults := _faults(wanted, at):
        raise FaultyInputError(THING, faults)
    Space.objects.select_for_update(no_key=True).get(pk=space.pk)  # two exports at once would not see each other
    k = policy_of(space, day=at.date()).min_cell
    records, crowd, rows_out = _gathered(space, wanted, k, at)
    if not crowd.people:
        facts = {"k": k, "consenting": consenting(space=space, code=CONSENT, at=at).count()}
        raise FaultyInputError(THING, [Fault(code="nobody", says=NOBODY, facts=facts)])
    read_people(by, Person.objects.filter(pk__in=crowd.people), page="research-export", at=at)
    code = secrets.token_hex(8)
    key = make_key(code)
    table = _table(records, crowd, wanted, key)
    sheet = _sheet(space, wanted, crowd, table, code=code, k=k, rows_out=rows_out, at=at)
    export = ResearchExport.objects.create(
        space=space, code=code, recipient=wanted.recipient.strip(), purpose=wanted.purpose.strip(),
        conditions=wanted.conditions.strip(), reference=wanted.reference.strip(), until=wanted.until, at=at, by=by,
        rows=table.height, people=len(crowd.people), sheet=json.dumps(sheet, ensure_ascii=False, sort_keys=True),
    )  # fmt: skip
    ResearchExportPerson.objects.bulk_create(
        ResearchExportPerson(export=export, person_id=person) for person in sorted(crowd.people)
    )
    note("research.exported", by=by, at=at, space=space, target=f"research-export:{export.pk}", people=crowd.people,
         detail={"rows": table.height})  # fmt: skip
    return ResearchData(export=export, table=table, sheet=sheet)


def _faults(wanted: ResearchWanted, at: datetime) -> list[Fault]:
    faults = [
        Fault(code="empty", says=EMPTY, where=name, facts={"what": what})
        for name, what in WORDS.items()
        if not getattr(wanted, name).strip()
    ]
    if wanted.until <= localdate(at):
        faults.append(Fault(code="past", says=PAST, where="until", facts={"day": f"{wanted.until:%Y-%m-%d}"}))
    if unknown := sorted(set(wanted.columns) - QUASI_IDENTIFIERS.keys()):
        raise KeyError(unknown)
    return faults


def _gathered(space: Space, wanted: ResearchWanted, k: int, at: datetime) -> tuple[list[tuple[Any, ...]], _Crowd, int]:
    """Return the records, who is in, and how many rows stay out because too few people have their item."""
    agreed = consenting(space=space, code=CONSENT, at=at)
    values = agreed.values_list("pk", *wanted.columns)
    crowd = _Crowd(people={pk: tuple(said) for pk, *said in values})
    found = usable_records(space, at=at).filter(person__in=agreed).order_by("pk")
    names = ("person", "item__code", "item__kind", "occasion", "score", "max_score", "at")
    records = list(found.values_list(*names))
    crowd.leave(crowd.people.keys() - {row[0] for row in records}, "without scores")
    size = -1
    while size != len(crowd.people):  # whoever stays out may leave others alone
        size = len(crowd.people)
        crowd_of(crowd, k)
        _against_earlier(space, crowd, k)
        kept = _common_items([row for row in records if row[0] in crowd.people], k)
        crowd.leave(crowd.people.keys() - {row[0] for row in kept}, "alone in every item")
    return kept, crowd, sum(row[0] in crowd.people for row in records) - len(kept)


def crowd_of(crowd: _Crowd, k: int) -> None:
    """Leave out who shares all columns with fewer than k people, themself counted: they hide in no crowd."""
    sizes = Counter(crowd.people.values())
    crowd.leave({one for one, said in crowd.people.items() if sizes[said] < k}, "in no crowd")


def _against_earlier(space: Space, crowd: _Crowd, k: int) -> None:
    """Let nobody come alone and nobody leave alone against any earlier export that is still in use.

    Fewer than k newcomers wait. Who left cannot be put back; others, drawn by lot, stay out with them.
    """
    lot = random.SystemRandom()
    for export in ResearchExport.objects.filter(space=space, ended_at=None).order_by("pk"):
        before = set(export.members.values_list("person", flat=True))
        gone_rows = export.people - len(before)  # erased since: gone from the list, and from nothing that left
        now = set(crowd.people)
        if 0 < len(now - before) < k:
            crowd.leave(now - before, "newcomers who wait")
        left = len(before - now) + gone_rows
        if 0 < left < k:
            stay = sorted(now & before)
            crowd.leave(set(lot.sample(stay, min(k - left, len(stay)))), "drawn by lot")


def _common_items(rows: list[tuple[Any, ...]], k: int) -> list[tuple[Any, ...]]:
    """Return the rows of items, in a term, that at least k people have."""
    takers: dict[tuple[str, str], set[int]] = {}
    for person, item, _kind, occasion, *_ in rows:
        takers.setdefault((item, occasion), set()).add(person)
    return [row for row in rows if len(takers[row[1], row[3]]) >= k]


def _table(records: list[tuple[Any, ...]], crowd: _Crowd, wanted: ResearchWanted, key: bytes) -> pl.DataFrame:
    """Return the table in an order that tells nothing: by pseudonym, item and term."""
    rows = [
        (pseudonym(key, person), *crowd.people[person], item, kind, occasion,
         round(round(score / highest / STEP) * STEP, 2) if highest else None, f"{at:%Y-%m}" if at else None)
        for person, item, kind, occasion, score, highest, at in records
    ]  # fmt: skip
    texts = ("person", *wanted.columns, "item", "kind", "term")
    schema = {**dict.fromkeys(texts, pl.String), "score": pl.Float64, "month": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row").sort("person", "item", "term", "score", nulls_last=True)


def _sheet(
    space: Space, wanted: ResearchWanted, crowd: _Crowd, table: pl.DataFrame, *, code: str, k: int, rows_out: int,
    at: datetime,
) -> dict[str, Any]:  # fmt: skip
    policy = policy_of(space, day=at.date())
    source = next((entry.source for entry in policy.sources if entry.rule == "min_cell"), "")
    sizes = Counter(crowd.people.values())
    return {
        "export": code,
        "space": space.code,
        "at": at.isoformat(timespec="seconds"),
        "recipient": wanted.recipient.strip(),
        "purpose": wanted.purpose.strip(),
        "conditions": wanted.conditions.strip(),
        "reference": wanted.reference.strip(),
        "until": wanted.until.isoformat(),
        "columns": list(table.columns),
        "quasi-identifiers": list(wanted.columns),
        "k": k,
        "k source": {"en": source.en, "zh": source.zh} if isinstance(source, Text) else str(source),
        "smallest crowd": min(sizes.values()),
        "people": len(crowd.people),
        "rows": table.height,
        "left out": {why: n for why, n in crowd.out.items() if n},
        "rows left out": rows_out,
        "score step": STEP,
    }


@transaction.atomic
def end_export(*, export: ResearchExport, by: Account, at: datetime) -> None:
    """Note that the recipient destroyed the data, and let the key go. Raises PermissionDenied."""
    if not may_export_research(by, export.space):
        raise PermissionDenied
    if ResearchExport.objects.filter(pk=export.pk, ended_at=None).update(ended_at=at, ended_by=by):
        note("research.ended", by=by, at=at, space=export.space, target=f"research-export:{export.pk}")
        transaction.on_commit(lambda: destroy_key(export.code))
