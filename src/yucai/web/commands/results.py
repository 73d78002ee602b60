"""What each command gives back: facts, and one way to say them in either language."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from yucai.errors import Fault
from yucai.texts import Text
from yucai.web.serving import Step

if TYPE_CHECKING:
    from yucai.evidence import QualityReport, TableDiff

__all__ = [
    "Checked",
    "DemoBuilt",
    "ImportUndone",
    "Measured",
    "PortraitWritten",
    "Served",
    "TableDone",
    "WorkspaceMade",
]

MOST_NOTES: Final = 5
NOTE: Final = Text("Note: {says}", "提示：{says}")
ALREADY: Final = Text("This very file was imported before: nothing to change.", "此文件此前已导入，无需改动。")
TOOK: Final = Text(
    "Import {n}: {rows} row{rows:|s}; {new} new {new:person|people}, {moved} changed; {scores} new score{scores:|s}, "
    "{changed} changed, {removed} no longer there. To undo: yucai import --undo {n}",
    "第 {n} 号导入：{rows} 行；新增 {new} 人，变动 {moved} 人；"
    "新增得分 {scores} 个，改动 {changed} 个，不再有 {removed} 个。"
    "撤销：yucai import --undo {n}",
)
WOULD_TAKE: Final = Text(
    "Dry run: would take in {rows} row{rows:|s}; {new} new {new:person|people}, {moved} changed; {scores} new "
    "score{scores:|s}, {changed} changed, {removed} no longer there. Nothing was changed.",
    "试运行：将入库 {rows} 行；新增 {new} 人，变动 {moved} 人；"
    "新增得分 {scores} 个，改动 {changed} 个，不再有 {removed} 个。"
    "未作任何改动。",
)
REFUSED_TO: Final = Text("{n} refused rows to correct: {file}", "拒收的 {n} 行待改正：{file}")
ASKED_ON_PAGE: Final = Text(
    "{n} row{n:|s} without a number may be somebody's of that name and class; the import desk asks you: yucai serve",
    "有 {n} 行没有学号，但班级与姓名可能对应某人；请在导入台上确认：yucai serve",
)
MORE_NOTES: Final = Text("Note: ... and {n} more item{n:|s} without a rule", "提示：……另有 {n} 项没有规则的题目")


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
class TableDone:
    """What an import changed, or would change; ``number`` is that of the import.

    ``unmeasured`` holds a notice for each item that no rule of the evidence map covers.
    """

    report: QualityReport
    number: int
    rows: int
    new_people: int
    changed_people: int
    new_scores: int
    changed_scores: int
    removed_scores: int
    diff: TableDiff | None
    notices: tuple[Fault, ...]
    unmeasured: tuple[Fault, ...]
    unnumbered: int  # rows without a number that may be somebody's: the import desk asks
    refused_file: Path | None
    already: bool
    dry_run: bool

    def in_language(self, language: str) -> str:
        """Return the report and what it came to."""
        lines = [self.report.in_language(language)]
        told = (*self.notices, *self.unmeasured[:MOST_NOTES])
        lines += [NOTE.in_language(language, says=fault.in_language(language)) for fault in told]
        if len(self.unmeasured) > MOST_NOTES:
            lines.append(MORE_NOTES.in_language(language, n=len(self.unmeasured) - MOST_NOTES))
        if self.diff is not None:
            lines.append(self.diff.in_language(language))
        if self.unnumbered:
            lines.append(ASKED_ON_PAGE.in_language(language, n=self.unnumbered))
        if self.refused_file is not None:
            lines.append(REFUSED_TO.in_language(language, n=self.report.refused_count, file=self.refused_file))
        facts = {
            "n": self.number, "rows": self.rows, "new": self.new_people, "moved": self.changed_people,
            "scores": self.new_scores, "changed": self.changed_scores, "removed": self.removed_scores,
        }  # fmt: skip
        said = ALREADY if self.already else WOULD_TAKE if self.dry_run else TOOK
        return "\n".join([*lines, said.in_language(language, **facts)])


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportUndone:
    """What undoing an import put back, or would put back."""

    file: str
    scores: int
    people: int
    stay: int
    dry_run: bool

    def in_language(self, language: str) -> str:
        """Return what was put back."""
        if self.dry_run:
            said = Text(
                "Dry run: would undo the import of “{file}” ({scores} score{scores:|s}). Nothing was changed.",
                "试运行：将撤销“{file}”的导入（{scores} 个得分）。未作任何改动。",
            )
        else:
            said = Text(
                "Undid the import of “{file}”: {scores} score{scores:|s} and {people} {people:person|people} are as "
                "before ({stay} stay as a bare number).",
                "已撤销“{file}”的导入：{scores} 个得分、{people} 人恢复原状（{stay} 人仅保留学号）。",
            )
        facts = {"file": self.file, "scores": self.scores, "people": self.people, "stay": self.stay}
        return said.in_language(language, **facts)


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
            planned = Text("Would calibrate {n} response{n:|s} of “{space}”.", "将对“{space}”的 {n} 条作答进行标定。")
            return planned.in_language(language, n=self.responses, space=self.space)
        said = Text(
            "Calibrated {n} response{n:|s} of {units} profiles in {seconds:.1f} s.",
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
