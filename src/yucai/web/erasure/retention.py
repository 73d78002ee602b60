"""Retention clocks: what a data set may keep no longer, and its erasure after two people said so."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.db.models import Max, Min, Q, QuerySet
from django.utils.timezone import localdate, make_aware

from yucai.errors import Fault, FaultyInputError
from yucai.texts import Text
from yucai.web.accounts.audit import note
from yucai.web.accounts.erasure_models import LegalHold
from yucai.web.accounts.holding_back import holds_on_source, require_not_held
from yucai.web.accounts.models import Account, Person, Space
from yucai.web.erasure.actions import require_may_erase
from yucai.web.erasure.carrying import CarryingOut
from yucai.web.erasure.models import PersonErasure
from yucai.web.erasure.sealing import draft_of, keep_draft, seal_certificate
from yucai.web.evidence.actions import held, rewrite_lake, write_lake
from yucai.web.evidence.models import DataSource, EvidenceRecord, Import, PersonChange, TableFile
from yucai.web.matching.case_clock import TALKS, clear_talks, past_talks
from yucai.web.measurement.models import CalibrationRun, ProfileRow
from yucai.web.records.retention import months_before
from yucai.web.records.wiping import overwrite_deleted

__all__ = ["Due", "ask_retention", "carry_out_retention", "due_in"]

THING: Final = Text("The retention run", "到期清理")
NO_CLOCK: Final = Text(
    "“{source}” has no time of retention. State one on the import desk first.",
    "“{source}”未设定保存期限。请先在导入台填写。",
)
NOTHING: Final = Text(
    "Nothing of “{source}” is past its {months} months.", "“{source}”没有超过 {months} 个月保存期限的数据。"
)
KEPT: Final = Q(records__isnull=False) | Q(table__isnull=False) | Q(person_changes__isnull=False)
ASKED: Final = Text("Clearing “{source}” has been asked for already.", "“{source}”的清理申请已在处理中。")


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A data set with imports that are past their time: how many, their scores, and the people they speak of.

    Of talks it is cases that are over and lists, and ``held`` is how many cases a hold on their person keeps. ``hold``
    is a legal hold that keeps the whole; ``asked`` an erasure of it that waits or runs.
    """

    source: DataSource
    before: datetime
    oldest: datetime
    imports: int
    scores: int
    people: int
    hold: LegalHold | None
    asked: PersonErasure | None
    cases: int = 0
    lists: int = 0
    held: int = 0


def due_in(space: Space, *, at: datetime) -> tuple[Due, ...]:
    """Return the data sets of a space of which something is past its time at a moment, the oldest first.

    The clock of an import starts when it was taken in; ``retention_months`` of 0 was never stated and is never due.
    """
    found = []
    sources = list(DataSource.objects.filter(space=space, retention_months__gt=0).order_by("code"))
    oldest_of = _oldest(sources, at)
    for source in sources:
        before = _before(source, at)
        if source.code == TALKS:
            found += _talks_due(source, before)
            continue
        oldest = oldest_of.get(source.pk)
        if oldest is None:
            continue
        imports = _late(source, before)
        records = EvidenceRecord.objects.filter(came_with__in=imports)
        found.append(
            Due(
                source=source, before=before, oldest=oldest, imports=imports.count(), scores=records.count(),
                people=Person.objects.filter(_spoken_of(imports)).distinct().count(),
                hold=_hold_on(source), asked=_asked_of(source),
            )
        )  # fmt: skip
    return tuple(sorted(found, key=lambda due: due.oldest))


def _talks_due(source: DataSource, before: datetime) -> list[Due]:
    """Return that cases and lists of talks are past their time, where there are any."""
    past = past_talks(source.space, before=before)
    ends = [past.cases.aggregate(oldest=Min("ended_at"))["oldest"], past.lists.aggregate(oldest=Min("at"))["oldest"]]
    known = [one for one in ends if one is not None]
    if not known:
        return []
    people = past.cases.values("person").distinct().count()
    return [
        Due(source=source, before=before, oldest=min(known), imports=0, scores=0, people=people, hold=_hold_on(source),
            asked=_asked_of(source), cases=past.cases.count(), lists=past.lists.count(), held=past.held)
    ]  # fmt: skip


def _hold_on(source: DataSource) -> LegalHold | None:
    return next(iter(holds_on_source(source.pk)), None)


def _asked_of(source: DataSource) -> PersonErasure | None:
    """Return the erasure of a data set that waits or runs."""
    return PersonErasure.objects.filter(source=source, state__in=["asked", "running"]).first()


def _before(source: DataSource, at: datetime) -> datetime:
    """Return the beginning of the day so many months before: what came in earlier is past its time."""
    return make_aware(datetime.combine(months_before(localdate(at), source.retention_months), time()))


def _oldest(sources: Sequence[DataSource], at: datetime) -> dict[int, datetime]:
    """Return since when the oldest import lies here that is past its time, by data set; one question for all."""
    late = Q(pk__in=[])
    for source in sources:
        late |= Q(source=source.pk, at__lt=_before(source, at))
    rows = Import.objects.filter(KEPT, late).order_by().values("source").annotate(oldest=Min("at"))
    return dict(rows.values_list("source", "oldest"))


def _late(source: DataSource, before: datetime) -> QuerySet[Import]:
    """Return the imports of a source from before a moment of which anything is still kept."""
    return Import.objects.filter(KEPT, source=source, at__lt=before).distinct()


def _spoken_of(imports: QuerySet[Import]) -> Q:
    return Q(evidence__came_with__in=imports) | Q(changes__came_with__in=imports)


@transaction.atomic
def ask_retention(*, source: DataSource, reason: str, by: Account, at: datetime) -> PersonErasure:
    """Ask that what a data set may keep no longer be erased; another account confirms it.

    Raises PermissionDenied, FaultyInputError, HeldError.
    """
    require_may_erase(by, source.space)
    facts: dict[str, Any] = {"source": source.name, "months": source.retention_months}
    faults = []
    due = {one.source.pk: one for one in due_in(source.space, at=at)}.get(source.pk)
    if not source.retention_months:
        faults.append(Fault(code="no-clock", says=NO_CLOCK, facts=facts))
    elif due is None:
        faults.append(Fault(code="nothing", says=NOTHING, facts=facts))
    elif due.asked is not None:
        faults.append(Fault(code="asked", says=ASKED, facts=facts))
    if faults or due is None:
        raise FaultyInputError(THING, faults)
    require_not_held(holds_on_source(source.pk))
    made = PersonErasure.objects.create(
        space=source.space, code=secrets.token_hex(8), source=source, before=due.before, asked_by=by, asked_at=at,
        reason=reason.strip() or f"retention of {source.retention_months} months",
    )  # fmt: skip
    note("erasure.asked", by=by, at=at, space=source.space, target=f"erasure:{made.pk}")
    return made


def carry_out_retention(erasure: PersonErasure, how: CarryingOut) -> PersonErasure:
    """Erase what a data set may keep no longer, import after import, and seal the certificate.

    The line of an import stays, with when it came and how many rows it had; its scores, tables and changes go. Numbers
    of calibrations that rest on them go too, and the runs are marked to be run again. Raises HeldError.
    """
    source, before = erasure.source, erasure.before
    if source is None or before is None:
        raise ValueError(erasure.pk)
    require_not_held(holds_on_source(source.pk))
    overwrite_deleted()
    if not (draft := draft_of(erasure)):
        draft = {"begun": how.clock().isoformat(timespec="seconds"), "imports": {}}
        keep_draft(erasure, draft)
    if source.code == TALKS:
        _clear_talks(source, before, erasure, draft)
    for entry in _late(source, before).order_by("pk"):
        how.report(0.5, Text("Clearing what is past its time", "正在清理超期数据"))
        draft["imports"][str(entry.pk)] = _clear(entry, erasure, at=how.clock())
        keep_draft(erasure, draft)
    told = {
        "kind": "retention",
        "source": source.code,
        "months": source.retention_months,
        "before": before.isoformat(timespec="seconds"),
        **draft,
        "left": _late(source, before).count()
        + (past_talks(source.space, before=before).cases.count() if source.code == TALKS else 0),
    }
    with transaction.atomic():
        note("erasure.done", by=erasure.decided_by, at=how.clock(), space=erasure.space, target=f"erasure:{erasure.pk}")
        seal_certificate(erasure, told, at=how.clock())
    return erasure


@transaction.atomic
def _clear_talks(source: DataSource, before: datetime, erasure: PersonErasure, draft: dict[str, Any]) -> None:
    """Let cases and lists go that are past their time; after a fall what had gone before is still told."""
    earlier: dict[str, int] = draft.get("talks", {})
    went = clear_talks(source.space, before=before)
    draft["talks"] = {what: n + earlier.get(what, 0) for what, n in went.items()}
    keep_draft(erasure, draft)


@transaction.atomic
def _clear(entry: Import, erasure: PersonErasure, *, at: datetime) -> Mapping[str, int]:
    space = held(erasure.space)
    write_lake(space, at=at)
    mine = EvidenceRecord.objects.filter(came_with=entry)
    ends = mine.aggregate(low=Min("pk"), high=Max("pk"))
    people = set(mine.values_list("person", flat=True))
    counts = {"scores": mine.count(), "changes": PersonChange.objects.filter(came_with=entry).count()}
    mine.delete()
    PersonChange.objects.filter(came_with=entry).delete()
    if ends["low"] is not None:
        rewrite_lake(space, low=ends["low"], high=ends["high"], tag=f"t{erasure.pk}-{entry.pk}", at=at)
        _numbers_of(people)
    entry.works.all().delete()
    entry.graduates.all().delete()
    tables = list(TableFile.objects.filter(came_with=entry))
    TableFile.objects.filter(came_with=entry).delete()
    files = [settings.WORKSPACE.folder / path for one in tables for path in (one.path, one.refused_path) if path]
    for file in files:
        transaction.on_commit(lambda file=file: file.unlink(missing_ok=True))  # type: ignore[misc]
    return counts | {"files": len(files)}


def _numbers_of(people: set[int]) -> None:
    """Let numbers go that were computed of scores that are gone, and mark their runs."""
    rows = ProfileRow.objects.filter(person__in=people)
    for run in CalibrationRun.objects.filter(profiles__in=rows).distinct():
        run.erased_people += rows.filter(run=run).values("person").distinct().count()
        run.save(update_fields=["erased_people"])
    rows.delete()
