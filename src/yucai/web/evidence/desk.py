"""What the pages of the import desk show: a file as it was understood, and what would change."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Final

from django.utils import translation

from yucai.errors import YucaiError
from yucai.evidence import (
    Preview,
    ProfileMatch,
    SourceFacts,
    TableProfile,
    TableReading,
    items_without_highest,
    load_profile,
    load_profiles,
    load_source_templates,
    preview_file,
    read_table,
    source_from,
)
from yucai.texts import Text
from yucai.web.accounts.models import Space
from yucai.web.evidence.desk_files import file_of, wish_of
from yucai.web.evidence.foreseeing import Foreseen, facts_of, foresee, learned_of, owners_of, proposed_correction
from yucai.web.evidence.models import Import, Upload

__all__ = [
    "NOT_THERE",
    "Changes",
    "ColumnChoice",
    "KindChoice",
    "Understood",
    "changes_of",
    "read_upload",
    "space_imports",
    "understood",
]

NOT_THERE: Final = ""  # chosen for a column: no title of the file means it
MOST_SHOWN: Final = 8
MOST_LISTED: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class KindChoice:
    """A kind of table that a file may be, and the titles that speak for it."""

    code: str
    name: Text
    fits: bool
    reasons: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnChoice:
    """A column of a kind of table, and the title of the file that was taken for it."""

    name: str
    title: Text
    needed: bool
    found: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """A file on the desk as it was understood; ``reading`` is None where ``problem`` says why it could not be read."""

    preview: Preview | None
    kinds: tuple[KindChoice, ...]
    profile: TableProfile | None
    columns: tuple[ColumnChoice, ...]
    titles: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    reading: TableReading | None
    problem: YucaiError | None
    facts: SourceFacts
    facts_known: bool
    source: str
    source_name: Text  # how a page calls the source: a kind of table by its name
    owners: tuple[str, ...]  # who answers for the other sources, to choose from
    without_highest: tuple[str, ...]  # titles of items whose highest score nothing says


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What a file would change, as a page lists it."""

    foreseen: Foreseen
    candidates: tuple[Import, ...]
    rows: int
    diff_lines: tuple[tuple[str, str, str, str], ...]
    diff_more: int


def understood(upload: Upload, *, at: datetime) -> Understood:
    """Return how a file on the desk was understood. Raises NotOpenError."""
    path = file_of(upload)
    learned = json.dumps(learned_of(upload.space), sort_keys=True)
    try:
        preview = _previewed(path, learned)
    except YucaiError as problem:
        return _unreadable(problem)
    kinds = _kinds(preview)
    code = upload.profile or (kinds[0].code if kinds and kinds[0].fits else "")
    reading, problem_found = None, None
    try:
        reading = read_upload(upload, at=at)
    except YucaiError as problem:
        problem_found = problem
    profile = reading.profile if reading is not None else (load_profile(code) if code else None)
    match = next((one for one in preview.matches if profile is not None and one.profile == profile.code), None)
    header = match or (preview.matches[0] if preview.matches else None)
    source = upload.source_code or (profile.code if profile is not None else "")
    known = facts_of(upload.space, source)
    return Understood(
        preview=preview,
        kinds=kinds,
        profile=profile,
        columns=_columns(profile, upload, reading, match),
        titles=tuple(title for title in header.header.titles if title) if header else (),
        rows=_first_rows(preview, header),
        reading=reading,
        problem=problem_found,
        facts=known if known.purpose else _proposed_facts(upload, profile),
        facts_known=bool(known.purpose),
        source=source,
        source_name=profile.name if profile is not None and source == profile.code else Text(source, source),
        owners=tuple(owners_of(upload.space)),
        without_highest=items_without_highest(reading) if reading is not None else (),
    )


def read_upload(upload: Upload, *, at: datetime) -> TableReading:
    """Return the table of a file on the desk, read once for the pages that follow each other. Raises as read_table."""
    wish = wish_of(upload)
    learned = json.dumps(learned_of(upload.space), sort_keys=True)
    chosen, answers = tuple(sorted(wish.chosen.items())), tuple(sorted(wish.answers.items()))
    return _read(file_of(upload), wish.profile, chosen=chosen, answers=answers, learned=learned, at=at)


def changes_of(upload: Upload, reading: TableReading) -> Changes:
    """Return what a file on the desk would change; where nobody said yet what it corrects, that is proposed."""
    space, wish = upload.space, wish_of(upload)
    same = Import.objects.filter(
        source__space=space, source__code=wish.source, profile=reading.profile.code, current=True, table__isnull=False
    ).exclude(digest=reading.report.sha256)
    if not upload.corrects_asked:
        proposed = proposed_correction(reading, space=space, source=wish.source)
        wish = replace(wish, corrects=proposed.pk if proposed is not None else None)
    foreseen = foresee(reading, wish, space=space)
    lines = _diff_lines(foreseen, reading.profile)
    return Changes(
        foreseen=foreseen,
        candidates=tuple(same.order_by("-pk")[:MOST_LISTED]),
        rows=reading.table.height,
        diff_lines=lines[:MOST_LISTED],
        diff_more=max(0, len(lines) - MOST_LISTED),
    )


def _unreadable(problem: YucaiError) -> Understood:
    return Understood(
        preview=None, kinds=(), profile=None, columns=(), titles=(), rows=(), reading=None, problem=problem,
        facts=SourceFacts(), facts_known=False, source="", source_name=Text("", ""), owners=(), without_highest=(),
    )  # fmt: skip


@lru_cache(maxsize=4)
def _previewed(path: Path, learned: str) -> Preview:
    return preview_file(path, learned=json.loads(learned))


@lru_cache(maxsize=4)
def _read_once(
    path: Path,
    profile: str | None,
    *,
    chosen: tuple[tuple[str, str], ...],
    answers: tuple[tuple[tuple[str, int], str], ...],
    learned: str,
    day: datetime,
) -> TableReading:
    yes = {place: number for place, number in answers if number}
    return read_table(path, profile, at=day, chosen=dict(chosen), learned=json.loads(learned), learners=yes)


def _read(path: Path, profile: str | None, *, at: datetime, **said: object) -> TableReading:
    """Read within the same hour once: the time is that of the hour, the import has its own."""
    return _read_once(path, profile, day=at.replace(minute=0, second=0, microsecond=0), **said)


def _kinds(preview: Preview) -> tuple[KindChoice, ...]:
    profiles = load_profiles()
    best: dict[str, ProfileMatch] = {}
    for match in preview.matches:
        best.setdefault(match.profile, match)
    kinds = [
        KindChoice(code=code, name=profiles[code].name, fits=match.fits, reasons="、".join(match.found.values()))
        for code, match in best.items()
    ]
    others = [
        KindChoice(code=code, name=profile.name, fits=False, reasons="")
        for code, profile in profiles.items()
        if code not in best
    ]
    return (*kinds, *others)


def _columns(
    profile: TableProfile | None, upload: Upload, reading: TableReading | None, match: ProfileMatch | None
) -> tuple[ColumnChoice, ...]:
    if profile is None:
        return ()
    found = dict(reading.report.understood) if reading is not None else dict(match.found) if match else {}
    found.update({name: title for name, title in upload.chosen.items() if title != NOT_THERE})
    return tuple(
        ColumnChoice(
            name=column.name,
            title=column.title,
            needed=column.needed or bool(column.needed_one_of),
            found=found.get(column.name, ""),
        )
        for column in profile.columns
    )


def _first_rows(preview: Preview, match: ProfileMatch | None) -> tuple[tuple[str, ...], ...]:
    sheets = [sheet for sheet in preview.sheets if not sheet.hidden and (match is None or sheet.name == match.sheet)]
    return sheets[0].first_rows[:MOST_SHOWN] if sheets else ()


def _proposed_facts(upload: Upload, profile: TableProfile | None) -> SourceFacts:
    if upload.facts:
        return SourceFacts(**upload.facts)
    template = load_source_templates().get(profile.code) if profile is not None else None
    if template is None:
        return SourceFacts()
    return source_from(template, language=translation.get_language() or "en")


def _diff_lines(foreseen: Foreseen, profile: TableProfile) -> tuple[tuple[str, str, str, str], ...]:
    """Return what a corrected file changed: of which row, which column, before, after."""
    if foreseen.diff is None:
        return ()
    language = translation.get_language() or "en"
    titles = {column.name: column.title.in_language(language) for column in profile.columns}
    lines = [
        (
            _key(change.key),
            titles.get(change.column, change.column),
            _shown(change.before),
            _shown(change.after),
        )
        for change in foreseen.diff.changed
    ]
    lines += [(_key(key), "+", "", "") for key in foreseen.diff.added]
    lines += [(_key(key), "−", "", "") for key in foreseen.diff.removed]
    return tuple(lines)


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


def _key(key: tuple[object, ...]) -> str:
    return " · ".join(str(part) for part in key if part is not None)


def space_imports(space: Space) -> list[Import]:
    """Return what was taken into a space, the newest first."""
    return list(Import.objects.filter(source__space=space).select_related("source", "replaces").order_by("-pk")[:50])
