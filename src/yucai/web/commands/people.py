"""People's rights by command: all that is on record as a ZIP, such a ZIP in again, the yearly pack about minors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from yucai.texts import Text
from yucai.web.commands.refusals import OutputExistsError
from yucai.web.commands.starting import person_named, space_named, start

__all__ = [
    "MinorsPackWritten",
    "PersonExported",
    "PersonImported",
    "export_person_file",
    "import_person_file",
    "write_minors_pack",
]

EXPORTED: Final = Text(
    "{file} holds everything on record about {learner}: {records} pieces of evidence, {works} own works, {statements} "
    "statements, {looks} looks. It is written down that it was given out.",
    "{file} 包含 {learner} 的全部记录：证据 {records} 条、个人成果 {works} 项、陈述 {statements} 条、查阅 {looks} 次。"
    "本次导出已留痕。",
)
LOST: Final = Text(
    "{n} {n:file|files} of own works {n:is|are} not on the disk and not in it: {which}.",
    "有 {n} 个成果附件在磁盘上缺失，未能包含：{which}。",
)
IMPORTED: Final = Text(
    "{learner} is on record in “{space}” now: {records} pieces of evidence. What others decided elsewhere came along "
    "as it was and is not measured. Measure anew when you want the evidence to count.",
    "{learner} 已录入“{space}”：证据 {records} 条。其他单位作出的处理原样保留，不参与测量。"
    "需要使新证据生效时请重新标定。",
)


PACKED: Final = Text(
    "{workbook} and {paper} are the pack of {year}: {under_14} under 14, {under_18} from 14 to 17; the age of "
    "{unknown} was not asked. It holds counts and no names, and is for the authority, not for publication.",
    "{workbook} 与 {paper} 为 {year} 年度材料：未满 14 周岁 {under_14} 人，14 至 17 周岁 {under_18} 人，"
    "年龄未询问 {unknown} 人。"
    "材料只含数量、不含姓名，仅供主管部门使用，不得公开。",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MinorsPackWritten:
    """Where the pack was written, and its first numbers."""

    workbook: Path
    paper: Path
    year: int
    under_14: int
    under_18: int
    unknown: int

    def in_language(self, language: str) -> str:
        """Return where it is and what it says first."""
        facts = {name: getattr(self, name) for name in ("year", "under_14", "under_18", "unknown")}
        return PACKED.in_language(language, workbook=self.workbook, paper=self.paper.name, **facts)


def write_minors_pack(
    workspace: Path, *, space: str | None, year: int, to: Path | None, language: str, at: datetime
) -> MinorsPackWritten:
    """Write the yearly pack about minors into a folder, as a new workbook and a new PDF.

    Raises UnknownSpaceError, SeveralSpacesError, OutputExistsError.
    """
    start(workspace)
    from yucai.web.rights.minors_pack import make_minors_pack

    where, folder = space_named(space), (to or Path()).absolute()
    workbook, paper = (folder / f"minors-{year}-{where.code}.{kind}" for kind in ("xlsx", "pdf"))
    for file in (workbook, paper):
        if file.exists():
            raise OutputExistsError(file=file)
    made = make_minors_pack(where, year=year, language=language, by=None, at=at)
    folder.mkdir(parents=True, exist_ok=True)
    workbook.write_bytes(made.workbook)
    paper.write_bytes(made.paper)
    return MinorsPackWritten(workbook=workbook, paper=paper, year=year, under_14=made.under_14,
                             under_18=made.under_18, unknown=made.unknown)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonExported:
    """The ZIP that was written, and how many rows of each kind it holds."""

    file: Path
    learner: str
    counts: dict[str, int]
    missing: tuple[str, ...]

    def in_language(self, language: str) -> str:
        """Return what is in it, and what could not be."""
        said = EXPORTED.in_language(language, file=self.file, learner=self.learner, **self.counts)
        if not self.missing:
            return said
        which = ", ".join(one[:16] for one in self.missing)
        return f"{said}\n{LOST.in_language(language, n=len(self.missing), which=which)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonImported:
    """Who was taken in, where, and with how much evidence."""

    learner: str
    space: str
    records: int

    def in_language(self, language: str) -> str:
        """Return one sentence and what is to be done."""
        return IMPORTED.in_language(language, learner=self.learner, space=self.space, records=self.records)


def export_person_file(
    workspace: Path, learner: str, *, space: str | None, to: Path | None, language: str, at: datetime
) -> PersonExported:
    """Write everything on record about a person into a new ZIP.

    Raises UnknownLearnerError, SeveralLearnersError, UnknownSpaceError, OutputExistsError.
    """
    start(workspace)
    from yucai.web.rights.exporting import export_person

    person = person_named(learner, space=space)
    file = (to or Path(f"yucai-{person.code}.zip")).absolute()
    if file.exists():
        raise OutputExistsError(file=file)
    made = export_person(person, by=None, language=language, at=at)
    unfinished = file.with_name(f".{file.name}.part")
    unfinished.write_bytes(made.content)
    unfinished.rename(file)
    return PersonExported(file=file, learner=person.code, counts=dict(made.counts), missing=made.missing)


def import_person_file(workspace: Path, file: Path, *, space: str | None, at: datetime) -> PersonImported:
    """Take in a person from a ZIP of ``export_person_file``, all or nothing.

    Raises UnknownSpaceError, SeveralSpacesError, NoPackError, PersonThereError, FaultyInputError.
    """
    start(workspace)
    from yucai.web.evidence.actions import write_lake
    from yucai.web.rights.taking import take_in_person
    from yucai.web.rights.unpacking import unpack

    where = space_named(space)
    pack = unpack(file)
    person = take_in_person(pack, space=where, by=None, at=at)
    write_lake(where, at=at)
    return PersonImported(learner=person.code, space=where.code, records=len(pack.data.tables["records"]))
