"""What the import desk shows before a file goes in: what would change, how rows become scores, what is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import polars as pl
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from yucai.evidence import TableDiff, TableProfile, TableReading, items_without_highest
from yucai.web.accounts.models import Person, Space
from yucai.web.evidence.desk_files import wish_of
from yucai.web.evidence.foreseeing import (
    Foreseen,
    Sample,
    Sums,
    Unnumbered,
    foresee,
    proposed_correction,
    unnumbered_of,
)
from yucai.web.evidence.models import Import, Upload
from yucai.web.evidence.settling import NameQuestion, settle, whole_table_of

__all__ = [
    "Changes",
    "DiffLine",
    "WhoseRow",
    "arithmetic",
    "asked_rows",
    "asks_highest",
    "changes_of",
    "unanswered_rows",
]

MOST_LISTED: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class WhoseRow:
    """A row without a number: whom it may speak of, and what a human said ("yes", "no", "" nothing yet)."""

    sheet: str
    row: int
    name: str
    class_name: str
    learner: str
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffLine:
    """One thing that a corrected file changed; ``kind`` is "changed", "added" or "removed"."""

    key: str
    kind: str
    column: str = ""
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What a file would change, as a page lists it. ``looked_at`` are people of whom the record is shown."""

    foreseen: Foreseen
    candidates: tuple[Import, ...]
    rows: int
    diff_lines: tuple[DiffLine, ...]
    diff_more: int
    whose: tuple[WhoseRow, ...]
    names: tuple[NameQuestion, ...]  # unanswered first
    names_left: int  # of how many rows more it is asked later
    arithmetic: str
    samples: tuple[tuple[Sample, str], ...]
    agreed: frozenset[str]
    looked_at: tuple[Person, ...]


def changes_of(upload: Upload, reading: TableReading) -> Changes:
    """Return what a file on the desk would change; where nobody said yet what it corrects, that is proposed."""
    space, wish = upload.space, wish_of(upload)
    same = Import.objects.filter(
        source__space=space,
        source__code=wish.source,
        profile=reading.profile.code,
        current=True,
        table__isnull=False,
        supplements=None,
    ).exclude(digest=reading.report.sha256)
    if not upload.corrects_asked:
        proposed = proposed_correction(reading, space=space, source=wish.source)
        wish = replace(wish, corrects=proposed.pk if proposed is not None else None)
    foreseen = foresee(reading, wish, space=space)
    lines = _diff_lines(foreseen, reading, space)
    samples, looked_at = _samples(foreseen, space)
    open_names = [one for one in foreseen.settled.names if not one.answer]
    answered = [one for one in foreseen.settled.names if one.answer]
    disputed = _on_record(space, [one.code for one in (*open_names[:MOST_LISTED], *answered[:MOST_LISTED])])
    return Changes(
        foreseen=foreseen,
        candidates=() if foreseen.settled.supplements is not None else tuple(same.order_by("-pk")[:MOST_LISTED]),
        rows=foreseen.settled.reading.table.height,
        diff_lines=lines[:MOST_LISTED],
        diff_more=max(0, len(lines) - MOST_LISTED),
        whose=_whose(foreseen.unnumbered, upload, foreseen.settled.reading),
        names=(*open_names[:MOST_LISTED], *answered[:MOST_LISTED]),
        names_left=max(0, len(open_names) - MOST_LISTED),
        arithmetic=arithmetic(foreseen.scores.sums) if foreseen.scores is not None else "",
        samples=samples,
        agreed=frozenset(upload.agreed),
        looked_at=tuple({person.pk: person for person in (*looked_at, *disputed)}.values()),
    )


def asks_highest(upload: Upload, reading: TableReading) -> bool:
    """Return whether it has still to be said how high the questions of a file go."""
    return upload.highest is None and not upload.only_table and bool(items_without_highest(reading))


def asked_rows(upload: Upload, reading: TableReading) -> tuple[tuple[WhoseRow, ...], tuple[NameQuestion, ...]]:
    """Return the rows that it is or was asked about: whose they are, and whether their number decides."""
    settled = settle(reading, wish_of(upload), space=upload.space)
    unnumbered = unnumbered_of(settled.reading, upload.space)
    return _whose(unnumbered, upload, settled.reading), settled.names


def unanswered_rows(upload: Upload, reading: TableReading) -> tuple[str, ...]:
    """Return the rows that stay refused because nobody said whose they are, each with the name that it gives."""
    whose, names = asked_rows(upload, reading)
    asked: tuple[WhoseRow | NameQuestion, ...] = (*whose, *names)
    said = _("row %(row)s (%(name)s)")
    return tuple(f"{one.sheet} {said % {'row': one.row, 'name': one.name}}".strip() for one in asked if not one.answer)


def arithmetic(sums: Sums) -> str:
    """Return how rows become scores, as a sum that adds up."""
    if sums.items:
        parts = [_("%(n)s that count") % {"n": f"{sums.scores:,}"}]
        cells = sums.scores + sums.states
        lead = _("%(rows)s rows × %(items)s questions = %(cells)s answers") % {
            "rows": f"{sums.rows - sums.nobodys - sums.later:,}", "items": f"{sums.items:,}", "cells": f"{cells:,}",
        }  # fmt: skip
        if sums.states:
            parts.append(_("%(n)s empty or not used") % {"n": f"{sums.states:,}"})
        tail = [_("%(n)s rows without a number") % {"n": f"{sums.nobodys:,}"}] if sums.nobodys else []
        return " = ".join([lead, " + ".join(parts)]) + "".join(f"; {part}" for part in tail)
    parts = [ngettext("%(n)s score", "%(n)s scores", sums.scores) % {"n": f"{sums.scores:,}"}]
    lead = ngettext("%(n)s row", "%(n)s rows", sums.rows) % {"n": f"{sums.rows:,}"}
    if sums.states:
        parts.append(_("%(n)s absent, deferred and the like (no score)") % {"n": f"{sums.states:,}"})
    if sums.later:
        parts.append(_("%(n)s resits or repeated courses (first attempts count)") % {"n": f"{sums.later:,}"})
    if sums.nobodys:
        parts.append(_("%(n)s rows without a number") % {"n": f"{sums.nobodys:,}"})
    return f"{lead} = {' + '.join(parts)}"


def _whose(unnumbered: Unnumbered, upload: Upload, reading: TableReading) -> tuple[WhoseRow, ...]:
    """Return the rows without a number that were or are asked about, in the order of the file."""
    rows = [
        WhoseRow(
            sheet=sheet, row=match.row, name=match.name, class_name=match.class_name, learner=match.learner,
            answer="no" if upload.answers.get(f"{sheet}|{match.row}") == "" else "",
        )
        for sheet, match in unnumbered.proposed
    ]  # fmt: skip
    table, said = reading.table, {place: number for place, number in upload.answers.items() if number}
    if said and {"name", "class_name"} <= set(table.columns):
        columns = ["source_sheet", "source_row", "name", "class_name"]
        for sheet, row, name, class_name in table.select(columns).iter_rows():
            if number := said.get(f"{sheet or ''}|{row}"):
                rows.append(
                    WhoseRow(
                        sheet=sheet or "", row=row, name=name or "", class_name=class_name or "", learner=number,
                        answer="yes",
                    )
                )  # fmt: skip
    return tuple(sorted(rows, key=lambda one: (one.sheet, one.row)))


def _samples(foreseen: Foreseen, space: Space) -> tuple[tuple[tuple[Sample, str], ...], list[Person]]:
    """Return the first scores, each with a name: that of the file or, where it has none, that on record."""
    samples = foreseen.scores.samples if foreseen.scores is not None else ()
    people = {person.code: person for person in _on_record(space, [one.code for one in samples if not one.name])}
    recorded = {code: person.name.in_language(_language()) for code, person in people.items()}
    return tuple((one, one.name or recorded.get(one.code, "")) for one in samples), list(people.values())


def _on_record(space: Space, codes: list[str]) -> list[Person]:
    return list(Person.objects.filter(space=space, code__in=codes)) if codes else []


def _diff_lines(foreseen: Foreseen, reading: TableReading, space: Space) -> tuple[DiffLine, ...]:
    """Return what a corrected file changed: of which row, which column, before, after."""
    if foreseen.diff is None:
        return ()
    profile = reading.profile
    titles = {column.name: column.title.in_language(_language()) for column in profile.columns}
    before = whole_table_of(foreseen.corrects) if foreseen.corrects is not None else reading.table
    names = {**_names(before), **_names(reading.table)}
    diff: TableDiff = foreseen.diff
    lines = [
        DiffLine(
            key=_key(change.key, profile, names),
            kind="changed",
            column=titles.get(change.column, change.column),
            before=_shown(change.before),
            after=_shown(change.after),
        )
        for change in diff.changed
    ]
    lines += [DiffLine(key=_key(key, profile, names), kind="added") for key in diff.added]
    lines += [DiffLine(key=_key(key, profile, names), kind="removed") for key in diff.removed]
    return tuple(lines)


def _names(table: pl.DataFrame) -> dict[str, str]:
    """Return the names that a table gives to its numbers."""
    if not {"learner", "name"} <= set(table.columns):
        return {}
    return {code: str(name) for code, name in table.select("learner", "name").drop_nulls().iter_rows()}


def _shown(value: object) -> str:
    """Return a value as a person would write it.

    >>> _shown(None), _shown(0.0), _shown([{"name": "周老师", "code": None}, {"name": "吴老师", "code": None}])
    ('–', '0', '周老师、吴老师')
    """
    if value is None or value == "":
        return "–"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list):
        return "、".join(str(one["name"]) if isinstance(one, dict) and "name" in one else str(one) for one in value)
    return str(value)


def _key(key: tuple[object, ...], profile: TableProfile, names: Mapping[str, str]) -> str:
    """Return what tells a row, with the name behind the number."""
    parts = []
    for name, part in zip((*profile.key, "", ""), key, strict=False):
        if part is not None:
            said = names.get(str(part), "") if name == "learner" else ""
            parts.append(f"{part} {said}".strip())
    return " · ".join(parts)


def _language() -> str:
    return translation.get_language() or "en"
