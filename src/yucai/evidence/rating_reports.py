"""What became of a rating sheet that was handed in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from yucai.errors import Fault
from yucai.evidence.quality import RefusedCells
from yucai.texts import Text

__all__ = ["SAYS", "AsideRow", "RatingSheetReport", "Remark"]

SAYS: Final = {
    "no-sheet": Text(
        "no sheet has a column “作品 Work”. Hand in the rating sheet with its columns as they were.",
        "没有任何工作表含“作品”列。请交回保留原有各列的评分表。",
    ),
    "several-sheets": Text(
        "several sheets hold ratings ({sheets}). Delete all but the one that counts.",
        "有多个工作表含评分（{sheets}）。请只保留有效的一个。",
    ),
    "column-twice": Text(
        "the column “{column}” stands twice. Delete the one that does not count.",
        "“{column}”列重复。请删去无效的一列。",
    ),
    "no-rater": Text(
        "it does not say whose sheet it is. Say who hands it in, or hand in the sheet with its page “说明 About”.",
        "未注明是谁的评分表。请指明交表人，或交回含“说明”页的评分表。",
    ),
    "unknown-rater": Text(
        "“{rater}” is no rater of this plan. Hand in the sheet that was made for this plan.",
        "“{rater}”不是本方案的评分人。请交回为本方案制作的评分表。",
    ),
    "other-rater": Text(
        "it is the sheet of {found}, but {rater} hands it in. Nothing was taken. Fill in your own sheet.",
        "这是 {found} 的评分表，交表人却是 {rater}。未读入任何评分。请填写自己的评分表。",
    ),
    "other-plan": Text(
        "it was made for the {what} “{found}”, but “{wanted}” is expected. Hand it in where it belongs.",
        "此表的{what}为“{found}”，这里需要的是“{wanted}”。请交到对应之处。",
    ),
    "other-version": Text(
        "it was made for version {found} of the rubric, but version {wanted} is in use: a level may mean something "
        "else. Take a new sheet and enter the ratings by its anchors.",
        "此表使用的量规版本为 {found}，现行版本为 {wanted}，同一等级的含义可能已变。请取新表，按新的锚定描述评分。",
    ),
    "no-about": Text(
        "the page “说明 About” is gone, so plan and version of the rubric could not be checked.",
        "“说明”页已不在，无法核对方案与量规版本。",
    ),
    "plan-changed": Text(
        "the plan was changed after this sheet was made; works that came later are not in it.",
        "此表生成后方案有变动，后来增加的作品不在表中。",
    ),
    "columns-gone": Text(
        "these criteria have no column any more: {columns}. They count as not yet rated.",
        "以下评分项的列已被删除：{columns}。按尚未评分处理。",
    ),
    "rows-gone": Text(
        "these works have no row any more: {works}. They count as not yet rated.",
        "以下作品的行已不在表中：{works}。按尚未评分处理。",
    ),
    "formulas-read": Text(
        "formulas stand in {n} cell{n:|s}; the results that the file holds were read. Check them.",
        "有 {n} 个单元格是公式，已读取文件中保存的结果。请核对。",
    ),
    "no-conflict-column": Text(
        "the column for conflicts of interest is gone; none could be declared.",
        "利益关系一列已被删除，无法声明。",
    ),
    "formulas-unchecked": Text(
        "whether formulas stand in the cells could not be checked ({reason}).",
        "无法检查单元格中是否有公式（{reason}）。",
    ),
    "no-work": Text("no work is named. Enter its code.", "没有作品编号。请补上。"),
    "unknown-work": Text(
        "“{work}” is no work of this plan. Correct the code.", "“{work}”不是本方案的作品。请改正编号。"
    ),
    "not-assigned": Text(
        "“{work}” was not given to {rater}. Remove the row, or change the plan first.",
        "“{work}”没有分给 {rater}。请删去该行，或先调整方案。",
    ),
    "twice": Text(
        "“{work}” stands in row {first} already; neither row was taken. Keep one.",
        "“{work}”在第 {first} 行已出现，两行均未读入。请只保留一行。",
    ),
    "out-of-range": Text(
        "“{column}”: {value} is no level. Levels run from 1 to {top}; what was not seen stays open.",
        "“{column}”：{value} 不是等级。等级为 1 至 {top}；没有看到的请留空。",
    ),
    "between-levels": Text(
        "“{column}”: {value} lies between two levels. Choose the highest whole level that was seen in every part.",
        "“{column}”：{value} 介于两级之间。请选各项表现均已看到的最高整数等级。",
    ),
    "no-level": Text(
        "“{column}”: “{value}” is no number. Enter a level from 1 to {top}; put words under remarks.",
        "“{column}”：“{value}”不是数字。请填 1 至 {top} 的等级；文字请写入备注。",
    ),
    "formula": Text(
        "“{column}”: a formula without a result stands there. Type a level from 1 to {top} instead.",
        "“{column}”：单元格是没有结果的公式。请直接填 1 至 {top} 的等级。",
    ),
    "unclear-conflict": Text(
        "“{value}” under conflict of interest is neither yes nor no; the row was kept aside. Enter yes, or nothing.",
        "利益关系一栏的“{value}”既非“是”也非“否”，该行暂搁置。请填“是”或留空。",
    ),
}
LINES: Final = {
    "head": Text(
        "{file}, sheet of {rater}: {kept} ratings taken, {refused} cells or rows refused, {aside} works kept aside, "
        "{missing} ratings still open.",
        "{file}，{rater} 的评分表：读入 {kept} 次评分，拒收 {refused} 处，搁置 {aside} 件作品，尚有 {missing} 次未评。",
    ),
    "nothing": Text("{file}: nothing was taken.", "{file}：未读入任何评分。"),
    "aside": Text(
        "Conflict of interest declared: “{work}” (row {row}) was kept aside. Give it to somebody else.",
        "声明有利益关系：“{work}”（第 {row} 行）已搁置。请改由他人评。",
    ),
    "open": Text("Not yet rated: {works}", "尚未评分：{works}"),
    "open-part": Text("{work} ({n} of {all})", "{work}（{n}/{all}）"),
    "ignored": Text("Columns not used: {columns}", "未使用的列：{columns}"),
    "notice": Text("Note: {says}", "提示：{says}"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AsideRow:
    """A work of which a rater declared a conflict of interest; what was rated there all the same is kept apart."""

    work: str
    row: int
    levels: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """What a rater wrote about a work."""

    work: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingSheetReport:
    """What became of a sheet. ``faults`` concern all of it: where there are any, no rating was taken.

    ``missing`` are work and criterion of what is not yet rated; that is no fault.
    """

    file: str
    sha256: str
    rater: str
    faults: tuple[Fault, ...]
    refused: tuple[RefusedCells, ...]
    aside: tuple[AsideRow, ...]
    missing: tuple[tuple[str, str], ...]
    notices: tuple[Fault, ...]
    ignored: tuple[str, ...]
    remarks: tuple[Remark, ...]
    kept_count: int

    @property
    def sound(self) -> bool:
        """Whether nothing was refused."""
        return not self.faults and not self.refused

    def in_language(self, language: str) -> str:
        """Return the report as plain lines."""
        return "\n".join(self._lines(language))

    def _lines(self, language: str) -> Iterator[str]:
        counts = {"kept": self.kept_count, "refused": len(self.refused), "aside": len(self.aside)}
        head = {"file": self.file, "rater": self.rater, "missing": len(self.missing), **counts}
        yield LINES["nothing" if self.faults else "head"].in_language(language, **head)
        yield from (f"- {fault.in_language(language)}" for fault in self.faults)
        yield from (f"- {row.in_language(language)}" for row in self.refused)
        yield from (LINES["aside"].in_language(language, work=row.work, row=row.row) for row in self.aside)
        if self.missing:
            yield LINES["open"].in_language(language, works=self._open(language))
        yield from (LINES["notice"].in_language(language, says=x.in_language(language)) for x in self.notices)
        if self.ignored:
            yield LINES["ignored"].in_language(language, columns=", ".join(self.ignored))

    def _open(self, language: str) -> str:
        criteria = {criterion for _work, criterion in self.missing}
        counted: dict[str, int] = {}
        for work, _criterion in self.missing:
            counted[work] = counted.get(work, 0) + 1
        part = LINES["open-part"]
        said = [part.in_language(language, work=w, n=n, all=len(criteria)) for w, n in counted.items()]
        return ("、" if language.startswith("zh") else ", ").join(said)
