"""What a file would change, before anything does: people, scores, and what the version before said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import polars as pl

from yucai.errors import Fault
from yucai.evidence import (
    QUESTION_BANK,
    RESPONSES,
    PeopleMatch,
    ProposedMatch,
    ResponseRule,
    Responses,
    SourceFacts,
    TableDiff,
    TableProfile,
    TableReading,
    TableResponses,
    check_items,
    compare_tables,
    item_names,
    keep_least,
    questions_from,
    read_table,
    refuse_unfit_questions,
    refuse_unfit_scores,
    responses_from,
)
from yucai.framework import load_evidence_map
from yucai.texts import Text
from yucai.web.accounts.models import Person, Space
from yucai.web.accounts.traits import added_traits
from yucai.web.evidence.actions import recorded, unfit, without_guardian
from yucai.web.evidence.desk_questions import (
    Question,
    old_file,
    questions_of,
    questions_of_graduates,
    questions_of_makers,
)
from yucai.web.evidence.graduates import GraduatesTold, faults_of_graduates, graduates_of_table
from yucai.web.evidence.makers import makers_of_table
from yucai.web.evidence.models import DataSource, EvidenceRecord, Import, Item, LearnedTitle
from yucai.web.evidence.questions import clashing_questions
from yucai.web.evidence.rosters import PersonNews, match_by_name, news_of, unfit_people
from yucai.web.evidence.settling import Settled, Wish, settle, supplemented, table_of, whole_table_of

__all__ = [
    "Foreseen",
    "Sample",
    "ScoreNews",
    "Sums",
    "Unnumbered",
    "Wish",
    "facts_of",
    "foresee",
    "learned_of",
    "owners_of",
    "proposed_correction",
    "read_wished",
    "table_of",
    "unnumbered_of",
]

CLASS_LIST: Final = "class-list"
EVALUATION: Final = "course-evaluation"
KEY: Final = ["learner", "item", "rater", "occasion"]
SAID: Final = ["score", "max_score", "at"]
MOST_COMPARED: Final = 20
MOST_SAMPLES: Final = 10
LIKE: Final = 0.5  # of the rows before that must stand in a file for it to be proposed as their correction
ELSEWHERE: Final = Text(
    "This is a table of course evaluations. Take it in on the page “Teaching quality”, which keeps no number of a "
    "rater.",
    "这是课程评价（评教）表。请在“教学质量”页面导入，该页面不保存评价人编号。",
)
NO_NUMBER: Final = Text(
    "{n} row{n:|s} {n:has|have} no student number: kept in the table, not taken as anybody's scores.",
    "有 {n} 行没有学号：保留在表中，不计为任何人的得分。",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """How rows become scores: ``later`` are resits, ``nobodys`` have no number, ``states`` are absent and the like.

    A wide table has ``items`` columns of scores, and ``states`` counts its cells without one.
    """

    rows: int
    items: int
    scores: int
    later: int
    nobodys: int
    states: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One of the first scores, as it would be recorded. ``name`` is the file's; "" where it has none."""

    code: str
    name: str
    title: str  # what was scored, as the file calls it
    occasion: str
    score: str
    highest: str  # "" for a grade in words


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreNews:
    """Scores that are new, changed (with the old score) and no longer there; ``same`` counts the others."""

    new: pl.DataFrame
    changed: pl.DataFrame
    removed: pl.DataFrame
    same: int
    new_people: tuple[PersonNews, ...]
    new_items: Mapping[str, str]  # each with what the file calls it
    strangers: tuple[str, ...]  # numbers that are not on record: people whom this would make
    sums: Sums
    samples: tuple[Sample, ...]

    @property
    def counts(self) -> dict[str, int]:
        """How many are new, changed and removed."""
        return {"new": self.new.height, "changed": self.changed.height, "removed": self.removed.height}


@dataclass(frozen=True, slots=True, kw_only=True)
class Unnumbered:
    """Rows refused only for want of a number: whom they may speak of, and which cannot be told."""

    proposed: tuple[tuple[str, ProposedMatch], ...]  # each with its sheet; ``row`` is the row of the sheet
    untold: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """What taking a file in would do. With ``faults`` it cannot be taken in as it is.

    ``unmeasured`` names the items that no rule of the space's evidence map covers: they are kept, not measured.
    ``questions`` wait for a yes; ``unchanged``: it says what is known, word for word. ``settled`` is what would go in.
    """

    already: bool
    unchanged: bool
    settled: Settled
    questions: tuple[Question, ...]
    corrects: Import | None
    diff: TableDiff | None
    people: tuple[PersonNews, ...]
    scores: ScoreNews | None
    unnumbered: Unnumbered
    notices: tuple[Fault, ...]
    faults: tuple[Fault, ...]
    unmeasured: tuple[Fault, ...] = ()

    @property
    def new_people(self) -> int:
        """The number of people who would be new."""
        more = self.scores.new_people if self.scores is not None else ()
        return sum(one.new for one in self.people) + len(more)

    @property
    def changed_people(self) -> int:
        """The number of people of whom something would change."""
        return sum(not one.new for one in self.people)


def read_wished(path: Path, wish: Wish, *, space: Space, at: datetime) -> TableReading:
    """Return the table in a file as it is wished, with what the space's files taught. Raises as ``read_table``."""
    yes = {place: number for place, number in wish.answers.items() if number}
    learned, traits = learned_of(space), added_traits(space)
    found = read_table(
        path, wish.profile or None, at=at, chosen=wish.chosen, learned=learned, learners=yes, protected=traits
    )
    return keep_least(refuse_unfit_questions(refuse_unfit_scores(found)))


def learned_of(space: Space) -> dict[str, dict[str, str]]:
    """Return what the files of a space taught: kind of table -> title -> column."""
    learned: dict[str, dict[str, str]] = {}
    for profile, title, column in LearnedTitle.objects.filter(space=space).values_list("profile", "title", "column"):
        learned.setdefault(profile, {})[title] = column
    return learned


def facts_of(space: Space, source: str) -> SourceFacts:
    """Return what is known of a source; empty where it was never asked."""
    found = DataSource.objects.filter(space=space, code=source).exclude(grade="").first()
    if found is None:
        return SourceFacts()
    return SourceFacts(
        purpose=found.purpose,
        legal_basis=found.legal_basis,
        owner=found.owner,
        grade=found.grade,
        retention_months=found.retention_months,
    )


def proposed_correction(reading: TableReading, *, space: Space, source: str) -> Import | None:
    """Return the import that a file looks like a correction of: most of its rows, told by the key, are there again.

    An old version that comes again is no correction unless somebody says so; nor are refused rows that come back.
    """
    if old_file(reading, space=space, source=source) or supplemented(reading, space=space, source=source):
        return None
    same = Import.objects.filter(source__space=space, source__code=source, profile=reading.profile.code, current=True)
    same = same.filter(supplements=None)  # whose rows are part of what they supplement
    for entry in same.filter(table__isnull=False).exclude(digest=reading.report.sha256).order_by("-pk")[:MOST_COMPARED]:
        before = table_of(entry)
        gone = len(compare_tables(before, reading.table, reading.profile).removed)
        if before.height and gone <= (1 - LIKE) * before.height:
            return entry
    return None


def owners_of(space: Space) -> list[str]:
    """Return who answers for the sources of a space, each once."""
    return sorted(set(DataSource.objects.filter(space=space).exclude(owner="").values_list("owner", flat=True)))


def foresee(reading: TableReading, wish: Wish, *, space: Space) -> Foreseen:
    """Return what taking a table in would change; nothing is written."""
    kind = reading.profile
    imports = Import.objects.filter(source__space=space, source__code=wish.source, profile=kind.code, current=True)
    settled = settle(reading, wish, space=space)
    corrects = imports.filter(pk=wish.corrects).first() if wish.corrects and settled.supplements is None else None
    already = imports.filter(digest=reading.report.sha256).exists()
    reading = settled.reading
    before = whole_table_of(corrects) if corrects is not None else None
    diff = compare_tables(before, reading.table, kind) if before is not None else None
    people: tuple[PersonNews, ...] = ()
    scores: ScoreNews | None = None
    notices = list(settled.notices)
    faults: list[Fault] = []
    unmeasured: tuple[Fault, ...] = ()
    if kind.code == EVALUATION:  # the desk keeps whole rows; there, who rated whom is not kept
        faults.append(Fault(code="elsewhere", says=ELSEWHERE))
    if kind.code == CLASS_LIST:
        faults += unfit_people(reading.table)
        people = news_of(reading.table, space)
    elif kind.code == QUESTION_BANK:
        faults += clashing_questions(questions_from(reading), space, corrects)
    elif kind.responses is not None:
        found = _responses_of(reading, notices, highest=wish.highest)
        unmeasured = check_items(found.responses, load_evidence_map(space.evidence_map))
        scores, faults = _scores(reading, found, corrects, space=space)
    graduates = graduates_of_table(reading, space)
    faults += faults_of_graduates(graduates)
    asked = questions_of(
        old=old_file(reading, space=space, source=wish.source),
        corrects=corrects,
        diff=diff,
        rows_before=before.height if before is not None else 0,
        strangers=scores.strangers if scores is not None else (),
    )
    return Foreseen(
        already=already,
        unchanged=_says_nothing_new(settled, diff, people, scores),
        settled=settled,
        questions=() if already else (*asked, *_asked_of_people(reading, graduates, space)),
        corrects=corrects,
        diff=_told_once(diff, kind) if diff is not None else None,
        people=people,
        scores=scores,
        unnumbered=unnumbered_of(reading, space),
        notices=tuple(notices),
        faults=() if already else tuple(faults),
        unmeasured=unmeasured,
    )


def _asked_of_people(reading: TableReading, graduates: GraduatesTold, space: Space) -> Iterator[Question]:
    yield from questions_of_makers(makers_of_table(reading, space))
    yield from questions_of_graduates(graduates)


def _says_nothing_new(
    settled: Settled, diff: TableDiff | None, people: tuple[PersonNews, ...], scores: ScoreNews | None
) -> bool:
    """Whether a file says what is known, word for word: a correction that changes nothing, a supplement that is in."""
    if settled.supplements is not None:
        return not settled.reading.table.height and not settled.reading.report.refused
    return diff is not None and diff.empty and not people and not (scores and any(scores.counts.values()))


def _told_once(diff: TableDiff, kind: TableProfile) -> TableDiff:
    """Return a difference without what only follows: a grade's points and kind change with the grade."""
    names = {column.name for column in kind.columns}
    follows = tuple(f"{name}_" for name in names)
    changed = tuple(one for one in diff.changed if one.column in names or not one.column.startswith(follows))
    return replace(diff, changed=changed)


def _numbered(reading: TableReading) -> pl.DataFrame:
    """Return the rows with a number: the others are nobody's."""
    rule = reading.profile.responses
    known = rule is not None and rule.learner in reading.table.columns
    return reading.table.filter(pl.col(rule.learner).is_not_null()) if rule and known else reading.table


def _responses_of(reading: TableReading, notices: list[Fault], *, highest: float | None) -> TableResponses:
    numbered = _numbered(reading)
    if missing := reading.table.height - numbered.height:
        notices.append(Fault(code="no-number", says=NO_NUMBER, facts={"n": missing}))
    found = responses_from(replace(reading, table=numbered), highest={"*": highest} if highest else None)
    notices += found.notices
    return found


def _sums(reading: TableReading, found: TableResponses) -> Sums:
    """Return how the rows of a table become scores, so that the counts add up."""
    rule, rows, scores = reading.profile.responses, reading.table.height, len(found.responses)
    nobodys = rows - _numbered(reading).height
    items = len(reading.item_columns) if rule is not None and not rule.score else 0
    later = sum(int(str(fault.facts["n"])) for fault in found.notices if fault.code == "later-attempts")
    whole = (rows - nobodys - later) * (items or 1)
    return Sums(rows=rows, items=items, scores=scores, later=later, nobodys=nobodys, states=whole - scores)


def _samples(reading: TableReading, found: TableResponses) -> tuple[Sample, ...]:
    """Return the first scores in the words of the file: names, courses or questions, grades."""
    rule, head = reading.profile.responses, found.responses.table.head(MOST_SAMPLES)
    if rule is None:
        return ()
    wanted = set(zip(head["source_sheet"].to_list(), head["source_row"].to_list(), strict=True))
    first = reading.table.filter(pl.col("source_row").is_in(head["source_row"].unique().to_list()))
    rows = {place: row for row in first.iter_rows(named=True)
            if (place := (row["source_sheet"], row["source_row"])) in wanted}  # fmt: skip
    titles = {f"{rule.item_prefix}{item}": title for title, item in reading.item_columns.items()}
    return tuple(
        _sample(score, rows.get((score["source_sheet"], score["source_row"]), {}), rule, titles)
        for score in head.iter_rows(named=True)
    )


def _sample(score: Mapping[str, Any], row: Mapping[str, Any], rule: ResponseRule, titles: Mapping[str, str]) -> Sample:
    called = next((row[name] for name in reversed(rule.item) if row.get(name)), None)
    worded = row.get(f"{rule.score}_kind") not in (None, "number")
    return Sample(
        code=score["learner"],
        name=row.get("name") or "",
        title=called or titles.get(score["item"]) or score["item"].removeprefix(rule.item_prefix),
        occasion=score["occasion"] or "",
        score=row[rule.score] if worded else f"{score['score']:g}",
        highest="" if worded else f"{score['max_score']:g}",
    )


def _scores(
    reading: TableReading, found: TableResponses, corrects: Import | None, *, space: Space
) -> tuple[ScoreNews, list[Fault]]:
    numbered = _numbered(reading)
    coming = found.responses.table.with_columns(pl.col("rater", "occasion").fill_null(""))
    before = _records_of(corrects)
    both = coming.join(before, on=KEY, how="inner", suffix="_before", maintain_order="left")
    differs = pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"{name}_before")) for name in SAID)
    changed = both.filter(differs)
    new = coming.join(before, on=KEY, how="anti", maintain_order="left")
    known = set(Person.objects.filter(space=space).values_list("code", flat=True))
    items, names = set(Item.objects.filter(space=space).values_list("code", flat=True)), item_names(reading)
    strangers = set(new["learner"]) - known
    named = numbered.filter(pl.col("learner").is_in(sorted(strangers))) if "learner" in numbered.columns else None
    scores = ScoreNews(
        new=new,
        changed=changed,
        removed=before.join(coming, on=KEY, how="anti", maintain_order="left"),
        same=both.height - changed.height,
        new_people=news_of(named.select(_naming(named)), space, only_new=True) if named is not None else (),
        new_items={item: names.get(item, item) for item in sorted(set(new["item"]) - items)},
        strangers=tuple(sorted(strangers)),
        sums=_sums(reading, found),
        samples=_samples(reading, found),
    )
    clashes = recorded(Responses(RESPONSES.check(new)), space)
    return scores, [*unfit(found.responses), *without_guardian(found.responses, space), *clashes]


def _naming(table: pl.DataFrame) -> list[str]:
    """Return the columns by which grades may name somebody new: never a class, which is for the class list to say."""
    return [name for name in ("learner", "name") if name in table.columns]


def _records_of(entry: Import | None) -> pl.DataFrame:
    """Return the current scores of an import, of versions before it that still stand, and of their supplements."""
    chain: list[int] = []
    if entry is not None:
        mine = Import.objects.filter(source=entry.source_id)
        replaced = dict(mine.filter(replaces__isnull=False).values_list("pk", "replaces"))
        supplements = mine.filter(supplements__isnull=False, undone_at=None).values_list("supplements", "pk")
        number: int | None = entry.pk
        while number is not None:
            chain.append(number)
            number = replaced.get(number)
        versions = set(chain)
        chain += [pk for of, pk in supplements if of in versions]
    names = ["pk", "person__code", "item__code", "rater", "occasion", "score", "max_score", "at"]
    rows = EvidenceRecord.objects.current().filter(came_with__in=chain).order_by("pk").values_list(*names)
    types = RESPONSES.schema
    schema = {"pk": pl.Int64, **{name: types[name] for name in (*KEY, *SAID)}}
    return pl.DataFrame(list(rows) if chain else [], schema=schema, orient="row")


def unnumbered_of(reading: TableReading, space: Space) -> Unnumbered:
    """Return whom rows without a number may speak of: one of that name in that class, and only a human says so."""
    titles = reading.report.understood
    if not {"learner", "name", "class_name"} <= titles.keys():
        return Unnumbered(proposed=(), untold=0)
    lacking = [
        row
        for row in reading.report.refused
        if [fault.code for fault in row.faults] == ["empty"] and not row.cells.get(titles["learner"], "").strip()
    ]
    cells = [(row.cells.get(titles["name"]), row.cells.get(titles["class_name"])) for row in lacking]
    schema = {"name": pl.String, "class_name": pl.String}
    match: PeopleMatch = match_by_name(pl.DataFrame(cells, schema=schema, orient="row"), space)
    proposed = tuple((lacking[one.row].sheet, replace(one, row=lacking[one.row].row)) for one in match.proposed)
    return Unnumbered(proposed=proposed, untold=len(match.unmatched))
