"""Taking a table in as one import, whole or not at all, as a version where it corrects one; and undoing an import."""

from __future__ import annotations

import hashlib
import os
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

import polars as pl
from django.conf import settings
from django.db import transaction
from django.db.models import Count, Exists, Max, Min, OuterRef, Q, Subquery
from django.utils.timezone import localtime

from yucai.errors import FaultyInputError, YucaiError
from yucai.evidence import (
    QUESTION_BANK,
    RESPONSES,
    TableReading,
    check_source,
    learn_titles,
    questions_from,
    write_parquet,
)
from yucai.texts import Text
from yucai.web.accounts.holding_back import holds_on_source, require_not_held
from yucai.web.accounts.models import Person, Space
from yucai.web.evidence.actions import held, name_items, record, rewrite_lake, tell_import, write_lake
from yucai.web.evidence.desk_questions import NAMESAKES, UnansweredError
from yucai.web.evidence.foreseeing import Foreseen, ScoreNews, Wish, facts_of, foresee
from yucai.web.evidence.graduates import graduates_of_table, record_graduates
from yucai.web.evidence.makers import makers_of_table, record_works
from yucai.web.evidence.models import (
    OWN_WORKS,
    DataSource,
    EvidenceRecord,
    Import,
    Item,
    LearnedTitle,
    PersonChange,
    TableFile,
)
from yucai.web.evidence.questions import record_questions
from yucai.web.evidence.refusals_kept import forget_refused, keep_refused
from yucai.web.evidence.rosters import bring_in, take_back

__all__ = [
    "AllRefusedError",
    "AlreadyUndoneError",
    "BuiltUponError",
    "GivenOnPagesError",
    "NothingToTakeError",
    "Seen",
    "Undone",
    "built_upon",
    "look_ahead",
    "require_ready",
    "take_table",
    "undo_import",
]

BATCH: Final = 500

SET_ASIDE: Final = "set-aside"  # evidence that a decision on a request took out


class NothingToTakeError(YucaiError):
    """The very same file is in already."""

    says = Text(
        "“{file}” is in already, exactly as it is: nothing to change.", "“{file}”此前已导入，内容完全相同，无需改动。"
    )
    exit_code = 65


class AllRefusedError(YucaiError):
    """No row of it is sound."""

    says = Text(
        "No row of “{file}” can go in: all are refused. Correct them and drop it again.",
        "“{file}”中没有一行可以入库：全部被拒收。请改正后再放入。",
    )
    exit_code = 65


class AlreadyUndoneError(YucaiError):
    """An import is undone once."""

    says = Text(
        "The import of “{file}” was undone on {at} by {by}; there is nothing left to undo.",
        "“{file}”的导入已于 {at} 由{by}撤销，无需再撤。",
    )
    exit_code = 65


class GivenOnPagesError(YucaiError):
    """It came from no file: somebody rated a work on its page."""

    says = Text(
        "“{file}” is a rating that somebody gave on the page of a work. It is taken back there, by who gave it, with a "
        "reason.",
        "“{file}”是在成果页面上给出的评分。请由评分人在该页面收回并说明理由。",
    )
    exit_code = 65


class DecidedOnRequestError(YucaiError):
    """It came from no file: a decision on a request took evidence out."""

    says = Text(
        "“{file}” is evidence that was set aside by a decision on a request. It is not undone here; an appeal decides "
        "anew.",
        "“{file}”是经申请决定剔除的证据，不在此撤销；如有异议，由申诉重新决定。",
    )
    exit_code = 65


class BuiltUponError(YucaiError):
    """Later imports rest on it."""

    says = Text(
        "The import of “{file}” cannot be undone yet: later ones build on it. Undo these first: {later}.",
        "“{file}”的导入暂不能撤销：后来的导入以它为基础。请先撤销：{later}。",
    )
    exit_code = 65


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """What undoing an import put back. ``stay`` people of it stay as a bare number, for somebody looked at them."""

    file: str
    scores: int
    people: int
    stay: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a table would change, found out before the space is held, and what the evidence of the space was then."""

    foreseen: Foreseen
    state: tuple[object, ...]


def look_ahead(reading: TableReading, wish: Wish, *, space: Space) -> Seen:
    """Find out what taking a table in would change while others may still write: ``take_table`` need not do it then."""
    state = _state_of(space)
    return Seen(foreseen=foresee(reading, wish, space=space), state=state)


def _state_of(space: Space) -> tuple[object, ...]:
    """Return what changes with all that changes the evidence or the people of a space."""
    imports = Import.objects.filter(source__space=space).aggregate(Max("pk"), Max("undone_at"), Count("pk"))
    people = Person.objects.filter(space=space).aggregate(Max("pk"), Count("pk"))
    last = EvidenceRecord.objects.aggregate(Max("pk"))
    return (*imports.values(), *people.values(), *last.values())


@transaction.atomic
def take_table(
    reading: TableReading, wish: Wish, *, space: Space, by: str, at: datetime, seen: Seen | None = None
) -> Import:
    """Take a table in: its facts, people, scores and the table itself, all or nothing; return the import.

    What a corrected file changed or left out is replaced, never overwritten. ``seen`` is what ``look_ahead`` gave for
    the same table and wish; where the evidence has changed since, it is found out anew. Raises FaultyInputError for
    facts of the source that were never stated, and for all that cannot be recorded; UnansweredError for what nobody
    said yes to; NothingToTakeError for the same file, or the same content, again; AllRefusedError where no row is
    sound.
    """
    held(space)
    facts = facts_of(space, wish.source) if facts_of(space, wish.source).purpose else wish.facts
    check_source(wish.source, facts)
    known = seen is not None and seen.state == _state_of(space)
    foreseen = seen.foreseen if seen is not None and known else foresee(reading, wish, space=space)
    require_ready(foreseen, wish)
    reading = foreseen.settled.reading
    names = {"name_en": reading.profile.name.en, "name_zh": reading.profile.name.zh}
    source, _ = DataSource.objects.update_or_create(
        space=space, code=wish.source, defaults=asdict(facts), create_defaults={**names, **asdict(facts)}
    )
    entry = _entered(reading, foreseen, source, by=by, at=at)
    if foreseen.people:
        bring_in(foreseen.people, entry)
    if foreseen.scores is not None:
        _record_scores(foreseen.scores, entry, at=at)
    if reading.profile.code == QUESTION_BANK:
        record_questions(questions_from(reading), entry)
    yes = {one.code for one in foreseen.questions if one.token in wish.agreed}
    record_works(makers_of_table(reading, space, by_name=NAMESAKES in yes), entry, at=at)
    record_graduates(graduates_of_table(reading, space), entry, at=at)
    _keep_table(reading, entry)
    _learn(reading, wish, space)
    tell_import("taken", entry, by=by, at=at)
    return entry


def require_ready(foreseen: Foreseen, wish: Wish) -> None:
    """Raise unless what is foreseen can go in as it is: what ``take_table`` raises."""
    file = foreseen.settled.reading.report.file
    if foreseen.already or foreseen.unchanged:
        raise NothingToTakeError(file=file)
    report = foreseen.settled.reading.report
    emptied = foreseen.corrects is not None and not report.read_count  # a source that says nothing any more
    if not foreseen.settled.reading.table.height and not emptied:
        raise AllRefusedError(file=file)
    if foreseen.faults:
        raise FaultyInputError(file, foreseen.faults)
    if unanswered := [one.fault for one in foreseen.questions if one.needed and one.token not in wish.agreed]:
        raise UnansweredError(file, unanswered)


def _entered(reading: TableReading, foreseen: Foreseen, source: DataSource, *, by: str, at: datetime) -> Import:
    before = foreseen.corrects
    if before is not None:
        before.current = False
        before.save(update_fields=["current"])
    return Import.objects.create(
        source=source,
        file_name=reading.report.file,
        digest=reading.report.sha256,
        profile=reading.profile.code,
        at=at,
        by=by,
        kept=reading.report.kept_count,
        refused=reading.report.refused_count,
        version=before.version + 1 if before is not None else 1,
        replaces=before,
        supplements=foreseen.settled.supplements,
        brought=[list(place) for place in foreseen.settled.brought],
    )


def _record_scores(scores: ScoreNews, entry: Import, *, at: datetime) -> None:
    space = entry.source.space
    old = [*scores.changed["pk"], *scores.removed["pk"]]
    if old:
        write_lake(space, at=at)  # the lake must hold all of it, or what is replaced could still follow
        for start in range(0, len(old), BATCH):
            EvidenceRecord.objects.filter(pk__in=old[start : start + BATCH]).update(replaced_by=entry)
    if scores.new_people:
        bring_in(scores.new_people, entry)
    coming = RESPONSES.check(scores.new.vstack(scores.changed.select(scores.new.columns)))
    record(coming, entry)
    name_items(space, scores.new_items)
    if old:
        rewrite_lake(space, low=min(old), high=max(old), tag=f"v{entry.pk}", at=at)
    write_lake(space, at=at)


def _keep_table(reading: TableReading, entry: Import) -> None:
    """Write the table of an import and list it; one written but not listed (the power went) is written anew."""
    place = f"tables/{entry.source.space.code}/{entry.profile}-{entry.pk}.parquet"
    file = settings.WORKSPACE.folder / place
    file.parent.mkdir(parents=True, exist_ok=True)
    write_parquet(file, reading.table.with_columns(import_code=pl.lit(f"{entry.pk}"), imported_at=pl.lit(entry.at)))
    with file.open("rb+") as written:
        digest = hashlib.file_digest(written, "sha256").hexdigest()
        os.fsync(written.fileno())
    refused = keep_refused(reading.report, entry)
    TableFile.objects.create(
        came_with=entry, path=place, rows=reading.table.height, sha256=digest, refused_path=refused
    )


def _learn(reading: TableReading, wish: Wish, space: Space) -> None:
    """Keep what somebody said of titles, for the next file of this institution."""
    profile = reading.profile.code
    titles = set(reading.report.understood.values())
    told = {title: column for column, title in wish.chosen.items() if title in titles}
    said = learn_titles({}, profile, told)
    for title, column in said.get(profile, {}).items():
        LearnedTitle.objects.update_or_create(space=space, profile=profile, title=title, defaults={"column": column})


@transaction.atomic
def undo_import(*, entry: Import, by: str, at: datetime) -> Undone:
    """Put records, people, groups and lake back as they were before an import, all or nothing.

    The line of the import stays, with who undid it and when, and so does the table it brought. Raises
    AlreadyUndoneError; GivenOnPagesError; DecidedOnRequestError; HeldError under a legal hold; BuiltUponError, which
    names the later imports that rest on it.
    """
    space = held(entry.source.space)
    entry = Import.objects.select_related("source__space", "replaces").get(pk=entry.pk)
    if entry.source.code == OWN_WORKS:
        raise GivenOnPagesError(file=entry.file_name)
    if entry.source.code == SET_ASIDE:
        raise DecidedOnRequestError(file=entry.file_name)
    if entry.undone_at is not None:
        raise AlreadyUndoneError(file=entry.file_name, at=f"{localtime(entry.undone_at):%Y-%m-%d}", by=entry.undone_by)
    require_not_held(holds_on_source(entry.source_id))
    if later := built_upon(entry):
        days = [(one.file_name, f"{localtime(one.at):%Y-%m-%d}") for one in later]
        said = Text(
            ", ".join(f"“{name}” ({day})" for name, day in days), "、".join(f"“{name}”（{day}）" for name, day in days)
        )
        raise BuiltUponError(file=entry.file_name, later=said)
    write_lake(space, at=at)
    mine = EvidenceRecord.objects.filter(came_with=entry)
    replaced = EvidenceRecord.objects.filter(replaced_by=entry)
    ends = [*mine.aggregate(low=Min("pk"), high=Max("pk")).values()]
    ends += replaced.aggregate(low=Min("pk"), high=Max("pk")).values()
    _, deleted = mine.delete()  # with what hangs on the scores, such as the options chosen
    scores = deleted.get(EvidenceRecord._meta.label, 0)
    replaced.update(replaced_by=None)
    made = entry.made.get("items", [])
    for start in range(0, len(made), BATCH):
        Item.objects.filter(space=space, code__in=made[start : start + BATCH], evidence__isnull=True).delete()
    people = entry.person_changes.values("person").distinct().count()
    entry.works.all().delete()
    entry.graduates.all().delete()
    stay = take_back(entry)
    if pks := [pk for pk in ends if pk is not None]:
        rewrite_lake(space, low=min(pks), high=max(pks), tag=f"u{entry.pk}", at=at)
    entry.current, entry.undone_at, entry.undone_by = False, at, by
    entry.save(update_fields=["current", "undone_at", "undone_by"])
    if entry.replaces is not None:
        Import.objects.filter(pk=entry.replaces.pk).update(current=True)
    transaction.on_commit(lambda: forget_refused(entry))
    tell_import("undone", entry, by=by, at=at)
    return Undone(file=entry.file_name, scores=scores, people=people, stay=stay)


def built_upon(entry: Import) -> list[Import]:
    """Return the later imports that rest on one, in the order in which to undo them.

    They are its corrections, what supplements it or counts on its refused rows, and what came of people that it made
    or changed.
    """
    later = Import.objects.filter(source__space=entry.source.space, undone_at__isnull=True, pk__gt=entry.pk)
    people = PersonChange.objects.filter(came_with=entry)
    fields = set(people.values_list("field", flat=True))
    made = people.filter(field=PersonChange.Field.PERSON).values("person")
    found = set(later.filter(Q(replaces=entry) | Q(supplements=entry)).values_list("pk", flat=True))
    if entry.supplements is not None:  # a correction of the file keeps what its supplement brought
        found |= set(later.filter(replaces=entry.supplements).values_list("pk", flat=True))
    found |= set(later.filter(records__person__in=made).values_list("pk", flat=True))
    found |= set(later.filter(person_changes__person__in=made).values_list("pk", flat=True))
    if fields - {PersonChange.Field.PERSON}:
        before = people.exclude(field=PersonChange.Field.PERSON).filter(field=OuterRef("field"))
        again = PersonChange.objects.filter(Exists(before.filter(person=OuterRef("person"))))
        found |= set(later.filter(pk__in=again.values("came_with")).values_list("pk", flat=True))
    found |= set(later.filter(pk__in=_in_place_of(entry)).values_list("pk", flat=True))
    return list(Import.objects.filter(pk__in=found).order_by("-pk"))


def _in_place_of(entry: Import) -> set[int]:
    """Return the imports that recorded anew what one had replaced: both cannot count at once."""
    key = {name: OuterRef(name) for name in ("person", "item", "rater", "occasion")}
    again = EvidenceRecord.objects.current().filter(**key).exclude(came_with=entry).values("came_with")[:1]
    replaced = EvidenceRecord.objects.filter(replaced_by=entry).annotate(again=Subquery(again))
    found = set(replaced.exclude(again=None).values_list("again", flat=True).distinct())
    if entry.replaces is not None:
        same = {"source": entry.source, "profile": entry.profile, "digest": entry.replaces.digest, "current": True}
        found |= set(Import.objects.filter(**same).values_list("pk", flat=True))
    return found
