"""What a file would change, before anything does: people, scores, and what the version before said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Final

import polars as pl
from django.conf import settings

from yucai.errors import Fault
from yucai.evidence import (
    RESPONSES,
    PeopleMatch,
    ProposedMatch,
    Responses,
    SourceFacts,
    TableDiff,
    TableProfile,
    TableReading,
    TableResponses,
    check_items,
    compare_tables,
    item_names,
    read_table,
    responses_from,
)
from yucai.framework import load_evidence_map
from yucai.texts import Text
from yucai.web.accounts.models import Person, Space
from yucai.web.evidence.actions import recorded, unfit
from yucai.web.evidence.models import DataSource, EvidenceRecord, Import, Item, LearnedTitle
from yucai.web.evidence.rosters import PersonNews, match_by_name, news_of, other_names, unfit_people

__all__ = [
    "Foreseen",
    "ScoreNews",
    "Unnumbered",
    "Wish",
    "facts_of",
    "foresee",
    "learned_of",
    "owners_of",
    "proposed_correction",
    "read_wished",
    "table_of",
]

CLASS_LIST: Final = "class-list"
KEY: Final = ["learner", "item", "rater", "occasion"]
SAID: Final = ["score", "max_score", "at"]
MOST_COMPARED: Final = 20
LIKE: Final = 0.5  # of the rows before that must stand in a file for it to be proposed as their correction
NO_NUMBER: Final = Text(
    "{n} rows have no student number: kept in the table, not taken as anybody's scores.",
    "有 {n} 行没有学号：保留在表中，不计为任何人的得分。",
)
OTHER_NAME: Final = Text(
    "{n} numbers are on record under another name (first: {code} is {known}, here {name}). The number decides.",
    "有 {n} 个学号在库中对应另一姓名（首见：{code} 在库中是{known}，此处为{name}）。以学号为准。",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody wants of a file.

    ``answers`` says, by sheet and row, whose a row without a number is, as a human found ("": nobody's).
    ``corrects`` is the number of the import that the file corrects; None: it stands for itself. ``highest`` is the
    highest score of the items of which the file says none; without it they are not taken as scores.
    """

    source: str
    profile: str | None = None
    chosen: Mapping[str, str] = field(default_factory=dict)
    facts: SourceFacts = field(default_factory=SourceFacts)
    corrects: int | None = None
    answers: Mapping[tuple[str, int], str] = field(default_factory=dict)
    highest: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreNews:
    """Scores that are new, changed (with the old score) and no longer there; ``same`` counts the others."""

    new: pl.DataFrame
    changed: pl.DataFrame
    removed: pl.DataFrame
    same: int
    new_people: tuple[PersonNews, ...]
    new_items: Mapping[str, str]  # each with what the file calls it

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
    """

    already: bool
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
    return read_table(path, wish.profile or None, at=at, chosen=wish.chosen, learned=learned_of(space), learners=yes)


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


def table_of(entry: Import) -> pl.DataFrame:
    """Return the table that an import brought."""
    return pl.read_parquet(settings.WORKSPACE.folder / entry.table.path)


def proposed_correction(reading: TableReading, *, space: Space, source: str) -> Import | None:
    """Return the import that a file looks like a correction of: most of its rows, told by the key, are there again."""
    same = Import.objects.filter(source__space=space, source__code=source, profile=reading.profile.code, current=True)
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
    corrects = imports.filter(pk=wish.corrects).first() if wish.corrects else None
    already = imports.filter(digest=reading.report.sha256).exists()
    diff = _told_once(compare_tables(table_of(corrects), reading.table, kind), kind) if corrects is not None else None
    people: tuple[PersonNews, ...] = ()
    scores: ScoreNews | None = None
    notices: list[Fault] = []
    faults: list[Fault] = []
    unmeasured: tuple[Fault, ...] = ()
    if kind.code == CLASS_LIST:
        faults += unfit_people(reading.table)
        people = news_of(reading.table, space)
    elif kind.responses is not None:
        found = _responses_of(reading, space, notices, highest=wish.highest)
        unmeasured = check_items(found.responses, load_evidence_map(space.evidence_map))
        scores, faults = _scores(reading, found, corrects, space=space)
    return Foreseen(
        already=already,
        corrects=corrects,
        diff=diff,
        people=people,
        scores=scores,
        unnumbered=_unnumbered(reading, space),
        notices=tuple(notices),
        faults=() if already else tuple(faults),
        unmeasured=unmeasured,
    )


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


def _responses_of(
    reading: TableReading, space: Space, notices: list[Fault], *, highest: float | None
) -> TableResponses:
    rule, numbered = reading.profile.responses, _numbered(reading)
    if missing := reading.table.height - numbered.height:
        notices.append(Fault(code="no-number", says=NO_NUMBER, facts={"n": missing}))
    if others := other_names(numbered.rename({rule.learner: "learner"} if rule else {}), space):
        facts = {"n": len(others), **dict(zip(("code", "known", "name"), others[0], strict=True))}
        notices.append(Fault(code="other-name", says=OTHER_NAME, facts=facts))
    found = responses_from(replace(reading, table=numbered), highest={"*": highest} if highest else None)
    notices += found.notices
    return found


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
    )
    clashes = recorded(Responses(RESPONSES.check(new)), space)
    return scores, [*unfit(found.responses), *clashes]


def _naming(table: pl.DataFrame) -> list[str]:
    """Return the columns by which grades may name somebody new: never a class, which is for the class list to say."""
    return [name for name in ("learner", "name") if name in table.columns]


def _records_of(entry: Import | None) -> pl.DataFrame:
    """Return the current scores of an import and of the versions before it that still stand."""
    chain = []
    while entry is not None:
        chain.append(entry.pk)
        entry = entry.replaces
    names = ["pk", "person__code", "item__code", "rater", "occasion", "score", "max_score", "at"]
    rows = EvidenceRecord.objects.current().filter(came_with__in=chain).order_by("pk").values_list(*names)
    types = {column.name: column.dtype for column in RESPONSES.columns}
    schema = {"pk": pl.Int64, **{name: types[name] for name in (*KEY, *SAID)}}
    return pl.DataFrame(list(rows) if chain else [], schema=schema, orient="row")


def _unnumbered(reading: TableReading, space: Space) -> Unnumbered:
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
