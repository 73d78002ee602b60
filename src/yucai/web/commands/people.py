"""A person's data by command: everything on record into one ZIP, and such a ZIP into an institution."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from yucai.texts import Text
from yucai.web.commands.refusals import OutputExistsError
from yucai.web.commands.starting import person_named, space_named, start

__all__ = ["PersonExported", "PersonImported", "export_person_file", "import_person_file"]

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
