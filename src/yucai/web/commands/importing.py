"""Taking in a file by the same actions as the import desk, and undoing an import, by command."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from yucai.errors import Fault, FaultyInputError, YucaiError
from yucai.texts import Text
from yucai.web.commands.refusals import OutputExistsError
from yucai.web.commands.results import ImportUndone, TableDone
from yucai.web.commands.starting import space_named, start

if TYPE_CHECKING:
    from yucai.evidence import SourceFacts, TableReading
    from yucai.web.accounts.models import Space
    from yucai.web.evidence.foreseeing import Foreseen

__all__ = ["TableOptions", "import_file", "undo_imported"]

BY: Final = "command line"
MAKES: Final = Text(
    "{n} student numbers are not on record and are made people: {listed}.",
    "有 {n} 个学号不在库中，将新建为人员：{listed}。",
)
TOLD: Final = {"untold", "namesakes", "leavers", "words"}  # asked at the desk, and told here
NOT_MEANT: Final = {
    "removes": Text(
        "{n} row{n:|s} would no longer count. If they are to go, say --remove-rows; to add a few rows, say "
        "--corrects 0.",
        "将有 {n} 行不再有效。如确应去掉，请加 --remove-rows；若只是补录几行，请用 --corrects 0。",
    ),
    "older": Text(
        "this is an old file, replaced by “{by}” on {at}; it would put {n} value{n:|s} back. To do so, say "
        "--corrects with the number of what counts now.",
        "这是旧文件，已于 {at} 被“{by}”取代；将把 {n} 处改回旧值。如确需如此，请用 --corrects 指明现行导入的编号。",
    ),
}
TEMPLATE: Final = Text(
    "the template “{code}” proposes: {purpose}; basis {basis}, grade {grade}, {months} months. Take it over with: "
    "--template {code} --owner NAME",
    "模板“{code}”建议：{purpose}；依据 {basis}，分级 {grade}，{months} 个月。"
    "可用以下参数采用：--template {code} --owner 责任人",
)


class LooksLikeCorrectionError(YucaiError):
    """Most rows of an earlier import stand in the file again: a human says what it is."""

    says = Text(
        "“{file}” holds most rows of import {n} (“{before}”). Say --corrects {n} if it is its correction, "
        "--corrects 0 if it is a file of its own. Nothing was changed.",
        "“{file}”包含第 {n} 号导入（“{before}”）的大部分行。若是其更正，请加 --corrects {n}；若是另一份文件，请加 "
        "--corrects 0。未作任何改动。",
    )
    exit_code = 65


class NotMeantError(FaultyInputError):
    """A file would do what its sender may not mean."""

    says = Text(
        "“{name}” would do what you may not mean ({n}). Nothing was changed.\n{listed}",
        "“{name}”可能并非您的本意（{n} 处）。没有改动任何数据。\n{listed}",
    )


class UnknownImportError(YucaiError):
    """No current import of that number."""

    says = Text(
        "There is no import number {n} in this space that counts now. Known are: {known}.",
        "本空间没有当前有效的第 {n} 号导入。现有：{known}。",
    )
    exit_code = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class TableOptions:
    """What was typed for a file: its kind, the facts of its source, what it corrects, where refused rows go."""

    profile: str | None = None
    template: str | None = None
    facts: dict[str, object] = field(default_factory=dict)
    corrects: int | None = None  # 0: a file of its own
    refused: Path | None = None
    highest: float | None = None
    names_differ: bool = False  # the number decides where the name is another than on record
    remove_rows: bool = False  # many rows of the version before may go
    language: str = "zh"


def import_file(
    workspace: Path,
    file: Path,
    *,
    space: str | None,
    source_name: str | None,
    dry_run: bool,
    at: datetime,
    options: TableOptions,
) -> TableDone:
    """Take a file in whole, or (dry run) say what would change; refused rows are in the report, the sound ones go in.

    Raises UnknownSpaceError, FaultyInputError for a source whose facts nobody stated, what
    ``yucai.evidence.read_table`` and ``take_table`` raise, OutputExistsError, LooksLikeCorrectionError, NotMeantError
    for a correction that removes many rows and for an old file.
    """
    from yucai.evidence import write_refused

    start(workspace)
    from yucai.web.evidence.actions import write_lake
    from yucai.web.evidence.foreseeing import Wish, foresee, read_wished
    from yucai.web.evidence.taking import take_table

    into = space_named(space)
    if options.refused is not None and options.refused.exists():
        raise OutputExistsError(file=options.refused)
    reading = read_wished(file, Wish(source="", profile=options.profile), space=into, at=at)
    source = source_name or reading.profile.code
    facts = _facts(reading, options, space=into, source=source)
    wish = Wish(
        source=source,
        profile=options.profile,
        facts=facts,
        corrects=options.corrects or None,
        highest=options.highest,
        all_by_number=options.names_differ,
    )
    foreseen = foresee(reading, wish, space=into)
    wish = replace(wish, agreed=frozenset(question.token for question in foreseen.questions if question.needed))
    if not foreseen.already:
        _require_decision(reading, foreseen, options, space=into, source=source)
        if foreseen.faults:
            raise FaultyInputError(file.name, foreseen.faults)
    report = foreseen.settled.reading.report
    if options.refused is not None and report.refused_count:
        write_refused(options.refused, report, language=options.language)
    number = 0
    if not dry_run:
        number = 0 if foreseen.already or foreseen.unchanged else take_table(reading, wish, space=into, by=BY, at=at).pk
        write_lake(into, at=at)  # also what an import that was broken off left behind
    return _done(foreseen, number=number, dry_run=dry_run, refused=options.refused)


def undo_imported(workspace: Path, number: int, *, space: str | None, dry_run: bool, at: datetime) -> ImportUndone:
    """Undo an import by its number. Raises UnknownImportError, BuiltUponError, AlreadyUndoneError."""
    start(workspace)
    from yucai.web.evidence.models import Import
    from yucai.web.evidence.taking import undo_import

    into = space_named(space)
    entry = Import.objects.filter(source__space=into, pk=number).first()
    if entry is None:
        raise _unknown(
            number, list(Import.objects.filter(source__space=into, current=True).values_list("pk", flat=True))
        )
    if dry_run:
        scores = entry.records.count()
        return ImportUndone(file=entry.file_name, scores=scores, people=0, stay=0, dry_run=True)
    undone = undo_import(entry=entry, by=BY, at=at)
    return ImportUndone(file=undone.file, scores=undone.scores, people=undone.people, stay=undone.stay, dry_run=False)


def _unknown(number: int, known: Sequence[int]) -> UnknownImportError:
    return UnknownImportError(n=number, known=", ".join(map(str, known)) or "-")


def _facts(reading: TableReading, options: TableOptions, *, space: Space, source: str) -> SourceFacts:
    """Return what is known of the source, else what was typed over the template. Raises FaultyInputError."""
    from yucai.evidence import SourceFacts, check_source, load_source_templates, source_from
    from yucai.web.evidence.foreseeing import facts_of

    known = facts_of(space, source)
    if known.purpose:
        return known
    templates = load_source_templates()
    template = templates.get(options.template or "")
    if template is not None:
        facts = source_from(template, language=options.language, **options.facts)
    else:
        facts = replace(SourceFacts(), **options.facts)  # type: ignore[arg-type]
    try:
        return check_source(source, facts)
    except FaultyInputError as refused:
        proposed = templates.get(reading.profile.code)
        if proposed is None:
            raise
        said = {"code": proposed.profile, "purpose": proposed.purpose, "basis": proposed.legal_basis,
                "grade": proposed.grade, "months": proposed.retention_months}  # fmt: skip
        hint = Fault(code="template", says=TEMPLATE, facts=said)
        raise FaultyInputError(source, [*refused.faults, hint]) from None


def _require_decision(
    reading: TableReading, foreseen: Foreseen, options: TableOptions, *, space: Space, source: str
) -> None:
    """Raise unless it is said, where it matters, whether the file corrects an earlier one."""
    from yucai.web.evidence.foreseeing import proposed_correction
    from yucai.web.evidence.models import Import

    if options.corrects and foreseen.corrects is None:
        same = Import.objects.filter(
            source__space=space, source__code=source, profile=reading.profile.code, current=True
        )
        raise _unknown(options.corrects, list(same.values_list("pk", flat=True)))
    if options.corrects is None and (before := proposed_correction(reading, space=space, source=source)) is not None:
        raise LooksLikeCorrectionError(file=reading.report.file, n=before.pk, before=before.file_name)
    said = {"makes", *TOLD}
    said |= ({"removes"} if options.remove_rows else set()) | ({"older"} if options.corrects else set())
    unmeant = [
        Fault(code=question.code, says=NOT_MEANT[question.code], facts=question.facts)
        for question in foreseen.questions
        if question.code not in said
    ]
    if unmeant:
        raise NotMeantError(reading.report.file, unmeant)


def _done(foreseen: Foreseen, *, number: int, dry_run: bool, refused: Path | None) -> TableDone:
    reading = foreseen.settled.reading
    made = [
        Fault(code="makes", says=MAKES, facts=question.facts)
        for question in foreseen.questions
        if question.code == "makes"
    ]
    made += [question.fault for question in foreseen.questions if question.code in TOLD]
    counts = foreseen.scores.counts if foreseen.scores is not None else {"new": 0, "changed": 0, "removed": 0}
    written = refused if refused is not None and reading.report.refused_count else None
    return TableDone(
        report=reading.report,
        number=number,
        rows=reading.table.height,
        new_people=foreseen.new_people,
        changed_people=foreseen.changed_people,
        new_scores=counts["new"],
        changed_scores=counts["changed"],
        removed_scores=counts["removed"],
        diff=foreseen.diff,
        notices=(*foreseen.notices, *made),
        unmeasured=foreseen.unmeasured,
        unnumbered=len(foreseen.unnumbered.proposed),
        refused_file=written,
        already=foreseen.already or foreseen.unchanged,
        dry_run=dry_run,
    )
