"""Scores of consenting people without names, by command."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from yucai.errors import YucaiError
from yucai.texts import Text
from yucai.web.commands.refusals import OutputExistsError, UnknownAccountError
from yucai.web.commands.starting import space_named, start

__all__ = ["ResearchExported", "ResearchToExport", "export_for_research"]


class NoDayOfUseError(YucaiError):
    """What was typed is no day."""

    says = Text(
        "“{given}” is no day. Write it like 2027-06-30: until when the data may be used.",
        "“{given}”不是日期。请写成 2027-06-30 的形式：数据可使用到哪一天。",
    )
    exit_code = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class ResearchToExport:
    """For whom, what for, on which conditions, by which agreement, until when; who exports; where the archive goes."""

    space: str | None
    recipient: str
    purpose: str
    conditions: str
    reference: str
    until: str
    columns: tuple[str, ...]
    by: str
    to: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class ResearchExported:
    """What went out."""

    code: str
    people: int
    rows: int
    left_out: int
    file: Path

    def in_language(self, language: str) -> str:
        """Return it in a sentence."""
        said = Text(
            "Export {code}: {rows} row{rows:|s} of {people} people in {file}; {out} of who consented stay out.",
            "导出 {code}：{people} 人共 {rows} 行，已写入 {file}；已同意者中有 {out} 人未导出。",
        )
        facts = {"code": self.code, "rows": self.rows, "people": self.people, "file": self.file, "out": self.left_out}
        return said.in_language(language, **facts)


def export_for_research(workspace: Path, asked: ResearchToExport, *, at: datetime) -> ResearchExported:
    """Write an archive without names in the name of an account, and enter it into the list of exports.

    Raises UnknownAccountError, OutputExistsError, NoDayOfUseError, FaultyInputError.
    """
    start(workspace)
    from yucai.web.accounts.models import Account
    from yucai.web.governance.research import ResearchWanted, export_research
    from yucai.web.governance.research_files import research_archive

    by = Account.objects.filter(username=asked.by).first()
    if by is None:
        raise UnknownAccountError(account=asked.by)
    if asked.to.exists():
        raise OutputExistsError(file=asked.to)
    try:
        until = date.fromisoformat(asked.until)
    except ValueError:
        raise NoDayOfUseError(given=asked.until[:40]) from None
    wanted = ResearchWanted(
        recipient=asked.recipient, purpose=asked.purpose, conditions=asked.conditions, reference=asked.reference,
        until=until, columns=asked.columns,
    )  # fmt: skip
    data = export_research(space=space_named(asked.space), wanted=wanted, by=by, at=at)
    asked.to.write_bytes(research_archive(data, at=at))
    return ResearchExported(
        code=data.export.code, people=data.export.people, rows=data.export.rows,
        left_out=sum(data.sheet["left out"].values()), file=asked.to,
    )  # fmt: skip
