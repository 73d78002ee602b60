"""What the import desk shows of a file: how it was understood, and what is asked of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Final

from django.utils import translation
from django.utils.translation import gettext as _

from yucai.errors import Fault, YucaiError
from yucai.evidence import (
    COVERED,
    Preview,
    ProfileMatch,
    SourceFacts,
    TableProfile,
    TableReading,
    Unwanted,
    items_without_highest,
    keep_least,
    lacking_title,
    likely_title,
    load_profile,
    load_profiles,
    load_source_templates,
    preview_file,
    read_number,
    read_table,
    refuse_unfit_questions,
    refuse_unfit_scores,
    responses_from,
    source_from,
)
from yucai.texts import Text
from yucai.web.accounts.models import Space
from yucai.web.accounts.traits import added_traits
from yucai.web.evidence.desk_files import file_of, wish_of
from yucai.web.evidence.foreseeing import facts_of, learned_of, owners_of
from yucai.web.evidence.models import Import, Upload

__all__ = [
    "NOT_THERE",
    "ColumnChoice",
    "KindChoice",
    "Understood",
    "read_upload",
    "space_imports",
    "understood",
]

NOT_THERE: Final = ""  # chosen for a column: no title of the file means it
MOST_SHOWN: Final = 8
SCALES: Final = (1, 3, 5, 7, 10, 20, 50, 100, 150)  # highest scores that questions have


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
    template_fits: bool  # whether the proposal lacks nothing but who answers
    highest: HighestQuestion | None  # asked where the file does not say how high its questions go
    lacking: Lacking | None  # asked where a kind of table nearly fits
    already: Import | None  # the very same file is in
    left_out: tuple[Fault, ...]  # single scores that would be left out, and why


@dataclass(frozen=True, slots=True, kw_only=True)
class HighestQuestion:
    """Questions of which the file says no highest score, and what their answers let one guess."""

    titles: tuple[str, ...]
    least: str
    most: str
    guess: str  # "" where the answers are no numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class Lacking:
    """What a file lacks of the kind that it looks like, and which title may be it ("": none is like it)."""

    titles: tuple[Text, ...]
    column: str
    guess: str

    @property
    def listed(self) -> Text:
        """What is lacking, in one line."""
        return Text(", ".join(title.en for title in self.titles), "、".join(title.zh for title in self.titles))


def understood(upload: Upload, *, at: datetime) -> Understood:
    """Return how a file on the desk was understood. Raises NotOpenError."""
    path = file_of(upload)
    learned = json.dumps(learned_of(upload.space), sort_keys=True)
    try:
        preview = _previewed(path, learned, added_traits(upload.space))
    except YucaiError as problem:
        return _unreadable(problem)
    kinds = _kinds(preview)
    code = upload.profile or (kinds[0].code if kinds and kinds[0].reasons else "")
    reading, problem_found = None, None
    try:
        reading = read_upload(upload, at=at, profile=code)
    except YucaiError as problem:
        problem_found = problem
    profile = load_profile(code) if code else None
    match = next((one for one in preview.matches if one.profile == code), None)
    header = match or (preview.matches[0] if preview.matches else None)
    source = upload.source_code or code
    columns = _columns(profile, upload, reading, match)
    facts = _facts(upload, profile, source)
    return Understood(
        preview=preview,
        kinds=kinds,
        profile=profile,
        columns=columns,
        titles=tuple(title for title in header.header.titles if title) if header else (),
        rows=_first_rows(preview, header),
        reading=reading,
        problem=problem_found,
        facts=facts,
        facts_known=bool(facts_of(upload.space, source).purpose),
        source=source,
        source_name=profile.name if profile is not None and source == profile.code else Text(source, source),
        owners=tuple(owners_of(upload.space)),
        template_fits=bool(facts.purpose and facts.legal_basis and facts.grade and facts.retention_months),
        highest=_highest_question(reading),
        lacking=_lacking(profile, match, columns) if reading is None else None,
        already=_in_already(upload, code),
        left_out=_left_out(reading, upload),
    )


def read_upload(upload: Upload, *, at: datetime, profile: str = "") -> TableReading:
    """Return the table of a file on the desk, read once for the pages that follow each other. Raises as read_table.

    ``profile`` is the kind of table it looks like, where nobody has chosen one.
    """
    wish = wish_of(upload)
    learned = json.dumps(learned_of(upload.space), sort_keys=True)
    chosen, answers = tuple(sorted(wish.chosen.items())), tuple(sorted(wish.answers.items()))
    kind = wish.profile or profile or None
    traits = added_traits(upload.space)
    return _read(file_of(upload), kind, chosen=chosen, answers=answers, learned=learned, traits=traits, at=at)


def _unreadable(problem: YucaiError) -> Understood:
    return Understood(
        preview=None, kinds=(), profile=None, columns=(), titles=(), rows=(), reading=None, problem=problem,
        facts=SourceFacts(), facts_known=False, source="", source_name=Text("", ""), owners=(), template_fits=False,
        highest=None, lacking=None, already=None, left_out=(),
    )  # fmt: skip


@lru_cache(maxsize=4)
def _previewed(path: Path, learned: str, traits: tuple[Unwanted, ...]) -> Preview:
    return preview_file(path, learned=json.loads(learned), protected=traits)


@lru_cache(maxsize=4)
def _read_once(
    path: Path,
    profile: str | None,
    *,
    chosen: tuple[tuple[str, str], ...],
    answers: tuple[tuple[tuple[str, int], str], ...],
    learned: str,
    traits: tuple[Unwanted, ...],
    day: datetime,
) -> TableReading:
    yes = {place: number for place, number in answers if number}
    found = read_table(
        path, profile, at=day, chosen=dict(chosen), learned=json.loads(learned), learners=yes, protected=traits
    )
    return keep_least(refuse_unfit_questions(refuse_unfit_scores(found)))


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
    met = {column.needed_one_of for column in profile.columns if column.needed_one_of and column.name in found}
    return tuple(
        ColumnChoice(
            name=column.name,
            title=column.title,
            needed=column.needed or bool(column.needed_one_of and column.needed_one_of not in met),
            found=found.get(column.name, ""),
        )
        for column in profile.columns
    )


def _lacking(
    profile: TableProfile | None, match: ProfileMatch | None, columns: tuple[ColumnChoice, ...]
) -> Lacking | None:
    """Return what a file lacks of a kind of table, as a question that can be answered with yes."""
    if profile is None or match is None:
        return None
    there = {column.name for column in columns if column.found}
    missing = [name for name in match.missing if name not in there]
    if not missing:
        return None
    guess = likely_title(match, profile.column(missing[0])) if missing[0] != "items" and len(missing) == 1 else None
    titles = tuple(lacking_title(profile, name) for name in missing)
    return Lacking(titles=titles, column=missing[0], guess=guess or "")


def _highest_question(reading: TableReading | None) -> HighestQuestion | None:
    titles = items_without_highest(reading) if reading is not None else ()
    if reading is None or not titles:
        return None
    numbers = [
        number.value
        for title in titles
        for text in reading.table[title].drop_nulls().unique().to_list()
        if (number := read_number(text)) and not number.unit
    ]
    most = max(numbers, default=None)
    guess = next((f"{scale}" for scale in SCALES if most is not None and 0 < most <= scale), "")
    least = f"{min(numbers):g}" if numbers else ""
    return HighestQuestion(titles=titles, least=least, most=f"{most:g}" if most is not None else "", guess=guess)


def _left_out(reading: TableReading | None, upload: Upload) -> tuple[Fault, ...]:
    """Return which single scores of a table with a column for each question would be left out, and why."""
    rule = reading.profile.responses if reading is not None else None
    if reading is None or rule is None or rule.score:
        return ()
    found = responses_from(reading, highest={"*": upload.highest} if upload.highest else None)
    return tuple(notice for notice in found.notices if notice.code in ("outside", "twice", "no-score"))


def _in_already(upload: Upload, profile: str) -> Import | None:
    same = Import.objects.filter(source__space=upload.space, digest=upload.sha256, profile=profile, current=True)
    return same.first() if profile else None


def _first_rows(preview: Preview, match: ProfileMatch | None) -> tuple[tuple[str, ...], ...]:
    sheets = [sheet for sheet in preview.sheets if not sheet.hidden and (match is None or sheet.name == match.sheet)]
    covered = _("covered")
    rows = sheets[0].first_rows[:MOST_SHOWN] if sheets else ()
    return tuple(tuple(covered if cell == COVERED else cell for cell in row) for row in rows)


def _facts(upload: Upload, profile: TableProfile | None, source: str) -> SourceFacts:
    """Return what is known of a source, else what was said, else what a template proposes, in words of the page."""
    known = facts_of(upload.space, source)
    templates, language = load_source_templates(), translation.get_language() or "en"
    if not known.purpose and not upload.facts:
        template = templates.get(profile.code) if profile is not None else None
        return source_from(template, language=language) if template is not None else SourceFacts()
    facts = known if known.purpose else SourceFacts(**upload.facts)
    for template in templates.values():
        if facts.purpose in (template.purpose.en, template.purpose.zh):
            return replace(facts, purpose=template.purpose.in_language(language))
    return facts


def space_imports(space: Space, *, most: int | None = None) -> list[Import]:
    """Return what was taken into a space, the newest first; at most so many."""
    found = Import.objects.filter(source__space=space).select_related("source__space", "replaces", "table")
    return list(found.prefetch_related("supplemented_by").order_by("-pk")[:most])
