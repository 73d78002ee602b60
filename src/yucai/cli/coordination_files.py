"""A method audit and a two-way drive over a file, in the words of the pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from yucai.errors import YucaiError
from yucai.texts import Text

if TYPE_CHECKING:
    from yucai.governance import AuditStep, Direction, FormulaVariant, GradeChange

__all__ = ["AuditFound", "DriveFound", "audit_file", "drive_file"]

SEED: Final = 20261128
LAGS: Final = (1, 4)
DRAWS: Final = (99, 9_999)
ROWS: Final = Text("{n} row{n:|s} · {systems}", "{n} 行 · {systems}")
CLEAN: Final = Text(
    "No known mistake was found in what could be reproduced.", "在能够重现的部分中，没有发现已知的错误。"
)
MISTAKE: Final = Text("! {name}: {why}", "! {name}：{why}")
REPRODUCED: Final = Text("{name}: {cells} of {of} cells ({percent} %)", "{name}：{of} 格中的 {cells} 格（{percent}%）")
NOWHERE: Final = Text(
    "{name}: not reproduced. None of {n} variants reproduces it; the best reaches {cells} of {of} cells. The inputs "
    "are others than those shown, or a step is not written down.",
    "{name}：未能重现。{n} 种算法组合均不能重现；最接近的也只重现 {of} 格中的 {cells} 格。可能所用数据与表中不同，"
    "或有步骤未写明。",
)
EQUAL: Final = Text("  These cannot be told apart by this table.", "  仅凭此表无法区分这几种。")
MORE: Final = Text(" {n} more {n:does|do} as well.", "另有 {n} 种组合同样符合。")
GRADES: Final = Text(
    "{n} of {of} cells ({percent} %) change their grade of ten under the standard formula; by the corrected C it would "
    "be {newer} %.",
    "按标准公式，{of} 格中有 {n} 格（{percent}%）的十级等级会改变；若用修正 C，则为 {newer}%。",
)
STANDARD: Final = Text(
    "Standard here: {listed}classical C, factor n and n-th root, T with equal shares, square root in D. A grade has no "
    "empirical meaning.",
    "此处的标准：{listed}传统 C（含系数 n 与 n 次方根），T 取等权系数，D 开平方。等级没有实证含义。",
)
PANEL: Final = Text(
    "{units} units, {first} to {last}, seed {seed}", "{units} 个单位，{first} 至 {last} 年，随机种子 {seed}"
)
WAY: Final = Text(
    "- {cause} → {effect}: slope {slope} (95 %: {low} to {high}); p of the slope {p_slope}, p over units {p_units}, "
    "both together {p}; could have been found from {detectable}; stands out from chance: {stands}",
    "- {cause} → {effect}：斜率 {slope}（95%：{low} 至 {high}）；斜率的 p {p_slope}，跨单位的 p {p_units}，合并 {p}；"
    "{detectable} 以上才能发现；能否与偶然区分：{stands}",
)
AFTER: Final = Text(
    "    after {n} period{n:|s}: {estimate} ({low} to {high})", "    {n} 期后：{estimate}（{low} 至 {high}）"
)
YES: Final = Text("yes", "能")
CANNOT_TELL: Final = Text("cannot tell", "无法判断")


class OptionRangeError(YucaiError):
    """A number that was typed is too small or too large."""

    says = Text(
        "{option} is {value}; it must be from {low} to {high}.", "{option} 为 {value}；须在 {low} 至 {high} 之间。"
    )
    exit_code = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFound:
    """What an audit of a table found."""

    rows: int
    systems: tuple[str, ...]
    mistakes: tuple[FormulaVariant, ...]
    steps: tuple[AuditStep, ...]
    changes: tuple[GradeChange, ...]
    compared: int
    changed_corrected: int
    standard: tuple[FormulaVariant, ...]
    notes: tuple[Text, ...]
    conventions: tuple[Text, ...]

    def in_language(self, language: str) -> str:
        """Return what the page says of it, line by line."""
        lines = [ROWS.filled(n=self.rows, systems=" · ".join(self.systems))]
        lines += [MISTAKE.filled(name=one.name, why=one.mistake) for one in self.mistakes] or [CLEAN]
        lines += [line for step in self.steps for line in _told(step)]
        lines += self.notes
        if self.compared:
            percent, newer = (round(100 * n / self.compared) for n in (len(self.changes), self.changed_corrected))
            lines.append(GRADES.filled(n=len(self.changes), of=self.compared, percent=percent, newer=newer))
            lines.append(STANDARD.filled(listed=_chain(self.standard, end=" → ")))
        return "\n".join(one.in_language(language) for one in [*lines, *self.conventions])


@dataclass(frozen=True, slots=True, kw_only=True)
class DriveFound:
    """Whether two series of a file drive one another."""

    verdict: str
    says: Text
    directions: tuple[Direction, ...]
    found: tuple[bool, ...]
    units: int
    first: int
    last: int
    seed: int
    convention: tuple[Text, ...]

    def in_language(self, language: str) -> str:
        """Return the answer, both directions with their sizes, and by which conventions."""
        lines = [self.says, PANEL.filled(units=self.units, first=self.first, last=self.last, seed=self.seed)]
        for one, stands in zip(self.directions, self.found, strict=True):
            facts = {name: f"{getattr(one, name):.2f}" for name in ("slope", "low", "high", "detectable")}
            facts |= {name: f"{getattr(one, name):.3f}" for name in ("p_slope", "p_units", "p")}
            lines.append(WAY.filled(cause=one.cause, effect=one.effect, stands=YES if stands else CANNOT_TELL, **facts))
            for each in one.responses:
                sizes = {name: f"{getattr(each, name):.2f}" for name in ("estimate", "low", "high")}
                lines.append(AFTER.filled(n=each.horizon, **sizes))
        return "\n".join(one.in_language(language) for one in [*lines, *self.convention])


def audit_file(file: Path) -> AuditFound:
    """Return which formulas are behind the table in a file. Raises the refusals of files and of tables."""
    from yucai.governance import audit_method, read_claim_file

    claim = read_claim_file(file)
    audit = audit_method(claim)
    return AuditFound(
        rows=len(claim.units), systems=claim.systems, mistakes=audit.mistakes, steps=audit.steps, changes=audit.changes,
        compared=audit.compared, changed_corrected=audit.changed_corrected, standard=audit.standard,
        notes=audit.notes, conventions=audit.conventions,
    )  # fmt: skip


def drive_file(
    file: Path, *, unit: str, period: str, first: str, second: str, lags: int, draws: int, shared: Sequence[str]
) -> DriveFound:
    """Return whether two columns of a file drive one another.

    The seed is fixed: the same file gives the same answer. Raises OptionRangeError, the refusals of files and of
    panels, OverlappingIndicesError where an indicator is shared.
    """
    import numpy as np

    from yucai.governance import read_two_series_file, two_way_drive

    for option, value, (low, high) in (("--lags", lags, LAGS), ("--draws", draws, DRAWS)):
        if not low <= value <= high:
            raise OptionRangeError(option=option, value=value, low=low, high=high)
    series = read_two_series_file(file, unit=unit, period=period, first=first, second=second, lags=lags)
    answer = two_way_drive(series, rng=np.random.default_rng(SEED), lags=lags, draws=draws, shared=shared)
    return DriveFound(
        verdict=answer.verdict.value, says=answer.says, directions=answer.directions, found=answer.found,
        units=len(series.units), first=series.periods[0], last=series.periods[-1], seed=SEED,
        convention=answer.convention,
    )  # fmt: skip


def _told(step: AuditStep) -> list[Text]:
    best = step.best[0]
    if step.is_nowhere:
        return [NOWHERE.filled(name=step.name, n=step.tried, cells=best.cells, of=best.of)]
    lines = [REPRODUCED.filled(name=step.name, cells=best.cells, of=best.of, percent=int(100 * best.share))]
    lines += [_chain(one.variants, start="  - ") for one in step.best]
    if len(step.best) > 1:
        more = step.equals - len(step.best)
        beside = MORE.filled(n=more) if more else Text("", "")
        lines.append(Text(EQUAL.en + beside.en, EQUAL.zh + beside.zh))
    return lines


def _chain(variants: Sequence[FormulaVariant], *, start: str = "", end: str = "") -> Text:
    """Return steps one after the other, in both languages."""
    return Text(*(start + " → ".join(getattr(one.name, tongue) for one in variants) + end for tongue in ("en", "zh")))
