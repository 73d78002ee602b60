"""What each command gives back: facts, and one way to say them in either language."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from yucai.errors import Fault
from yucai.texts import Text
from yucai.web.serving import Step

if TYPE_CHECKING:
    from yucai.evidence import ImportReport

__all__ = [
    "BackedUp",
    "Checked",
    "DemoBuilt",
    "ImportDone",
    "Measured",
    "PortraitWritten",
    "Served",
    "WorkspaceMade",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceMade:
    """A new workspace, and the account to sign in with for the first time."""

    workspace: Path
    username: str
    password: str
    dry_run: bool

    def in_language(self, language: str) -> str:
        """Return what was made and how to sign in."""
        if self.dry_run:
            planned = Text("Would make a workspace in {workspace}.", "将在 {workspace} 建立工作区。")
            return planned.in_language(language, workspace=self.workspace)
        return Text(
            "Made a workspace in {workspace}. First account: {username}, password {password} (shown once; keep it).",
            "已在 {workspace} 建立工作区。首个账号：{username}，密码：{password}（只显示这一次，请妥善保存）。",
        ).in_language(language, workspace=self.workspace, username=self.username, password=self.password)


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoBuilt:
    """A demonstration workspace, new or found ready."""

    workspace: Path
    reused: bool
    dry_run: bool
    steps: tuple[Step, ...]

    def in_language(self, language: str) -> str:
        """Return what was built, or found."""
        if self.dry_run:
            said = Text("Would build the demonstration in {workspace}.", "将在 {workspace} 建立演示工作区。")
        elif self.reused:
            said = Text("The demonstration in {workspace} is ready.", "{workspace} 中的演示已就绪，直接使用。")
        else:
            said = Text("Built the demonstration in {workspace}.", "已在 {workspace} 建立演示工作区。")
        return said.in_language(language, workspace=self.workspace)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportDone:
    """What an import read, and what it changed or would change."""

    report: ImportReport
    kept: int
    new_people: int
    new_items: int
    already: bool
    dry_run: bool

    def in_language(self, language: str) -> str:
        """Return the report and what it came to."""
        if self.already:
            said = Text("This very file was imported before: nothing to change.", "此文件此前已导入，无需改动。")
        elif self.dry_run:
            said = Text(
                "Dry run: would record {n} scores ({people} new learners, {items} new items). Nothing was changed.",
                "试运行：将记录 {n} 个得分（新增学习者 {people} 名、题目 {items} 项）。未作任何改动。",
            )
        else:
            said = Text(
                "Recorded {n} scores ({people} new learners, {items} new items).",
                "已记录 {n} 个得分（新增学习者 {people} 名、题目 {items} 项）。",
            )
        facts = {"n": self.kept, "people": self.new_people, "items": self.new_items}
        return f"{self.report.in_language(language)}\n{said.in_language(language, **facts)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a check found: what is wrong, what holds, and what is worth a word without being wrong."""

    faults: tuple[Fault, ...]
    passed: tuple[Text, ...]
    notes: tuple[Fault, ...] = ()

    def in_language(self, language: str) -> str:
        """Return one line for each thing that holds and each that does not."""
        held = [f"✓ {text.in_language(language)}" for text in self.passed]
        broken = [f"✗ {fault.in_language(language)}" for fault in self.faults]
        noted = [f"· {note.in_language(language)}" for note in self.notes]
        return "\n".join(held + noted + broken)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A calibration, or what one would cover."""

    space: str
    responses: int
    units: int
    converged: bool
    seconds: float
    notices: tuple[Text, ...]
    dry_run: bool

    def in_language(self, language: str) -> str:
        """Return what was measured, with every notice."""
        if self.dry_run:
            planned = Text("Would calibrate {n} responses of “{space}”.", "将对“{space}”的 {n} 条作答进行标定。")
            return planned.in_language(language, n=self.responses, space=self.space)
        said = Text(
            "Calibrated {n} responses of {units} profiles in {seconds:.1f} s.",
            "已标定 {n} 条作答，得到 {units} 份画像，用时 {seconds:.1f} 秒。",
        ).in_language(language, n=self.responses, units=self.units, seconds=self.seconds)
        return "\n".join([said, *(f"- {notice.in_language(language)}" for notice in self.notices)])


@dataclass(frozen=True, slots=True, kw_only=True)
class PortraitWritten:
    """A portrait as a PDF file."""

    file: Path
    learner: str
    occasion: str
    dry_run: bool

    def in_language(self, language: str) -> str:
        """Return where the portrait is."""
        said = (
            Text("Would write the portrait of {learner} to {file}.", "将把 {learner} 的画像写入 {file}。")
            if self.dry_run
            else Text("Wrote the portrait of {learner} to {file}.", "已将 {learner} 的画像写入 {file}。")
        )
        return said.in_language(language, learner=self.learner, file=self.file)


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """How a server did: the steps it took, with their times."""

    address: str
    steps: tuple[Step, ...]

    def in_language(self, language: str) -> str:
        """Return one line a step."""
        return "\n".join(f"{step.seconds:6.2f} s  {step.name.in_language(language)}" for step in self.steps)


@dataclass(frozen=True, slots=True, kw_only=True)
class BackedUp:
    """A backup file."""

    file: Path
    size_bytes: int
    dry_run: bool

    def in_language(self, language: str) -> str:
        """Return where the backup is."""
        said = (
            Text("Would write a backup to {file}.", "将把备份写入 {file}。")
            if self.dry_run
            else Text("Wrote a backup to {file} ({size:.1f} MB).", "已将备份写入 {file}（{size:.1f} MB）。")
        )
        return said.in_language(language, file=self.file, size=self.size_bytes / 1e6)
