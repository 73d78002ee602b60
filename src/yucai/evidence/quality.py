"""The data-quality report of one file: what was read, kept, refused and why, doubled, missing, and decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from yucai.errors import Fault
from yucai.texts import Text

__all__ = ["REFUSAL_COLUMNS", "REFUSAL_TITLES", "STATE_NAMES", "QualityReport", "RefusedCells"]

REFUSAL_COLUMNS: Final = (  # what is added to refused rows; passed over when they come back
    Text("Why refused", "拒收原因"), Text("From file", "原文件"), Text("From sheet", "原工作表"),
    Text("From row", "原行号"),
)  # fmt: skip
REFUSAL_TITLES: Final = frozenset(word.lower() for text in REFUSAL_COLUMNS for word in (text.en, text.zh))

MOST_LISTED: Final = 20
LINES: Final = {
    "file": Text("{file}: {kind}, {encoding}; read as: {profile} (one row is {row})",
                 "{file}：{kind}，{encoding}；按“{profile}”读取（每行为{row}）"),
    "understood": Text("Columns understood: {columns}", "识别的列：{columns}"),
    "unknown": Text("Other columns, kept as they are: {columns}", "其他列，原样保留：{columns}"),
    "dropped": Text("Personal columns not wanted, dropped: {columns}", "不需要的个人信息列，已去除：{columns}"),
    "kept-personal": Text("Personal columns kept for a stated purpose: {columns}",
                          "按所述目的保留的个人信息列：{columns}"),
    "counts": Text(
        "Read {read} row{read:|s}: {kept} kept, {refused} refused, {doubled} left out as repetitions.",
        "共读取 {read} 行：保留 {kept} 行，拒收 {refused} 行，重复略去 {doubled} 行。",
    ),
    "footers": Text("Rows of totals, signatures and repeated headers, passed over: {rows}",
                    "合计、签字、重复表头等行，已略过：{rows}"),
    "states": Text("States instead of grades: {states}", "以状态代替成绩：{states}"),
    "missing": Text("Missing: {shares}", "缺失比例：{shares}"),
    "notice": Text("Note: {says}", "提示：{says}"),
    "row": Text("row {row}", "第 {row} 行"),
    "more": Text("... and {n} more refused rows", "……另有 {n} 行拒收"),
}  # fmt: skip
STATE_NAMES: Final = {
    "absent": Text("absent", "缺考"),
    "deferred": Text("deferred", "缓考"),
    "withdrawn": Text("withdrawn", "弃修"),
    "exempt": Text("exempt", "免修"),
    "misconduct": Text("misconduct", "作弊"),
    "none": Text("no score", "无得分"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedCells:
    """A row that was not taken in: where it stands, everything wrong with it, and its cells to correct.

    ``cells`` maps the file's titles to what stood there, without the columns that are dropped.
    """

    sheet: str
    row: int
    faults: tuple[Fault, ...]
    cells: Mapping[str, str]

    def in_language(self, language: str) -> str:
        """Return where it stands and all that is wrong."""
        where = f"{self.sheet} {LINES['row'].in_language(language, row=self.row)}".strip()
        return (
            f"{where}：{self.reasons(language)}" if language.startswith("zh") else f"{where}: {self.reasons(language)}"
        )

    def reasons(self, language: str) -> str:
        """Return all that is wrong, as one text."""
        return " ".join(fault.in_language(language) for fault in self.faults)


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityReport:
    """What became of one file. Nothing is changed by making it: a dry run is reading and not recording.

    ``understood`` maps our columns to the file's titles, ``dropped`` titles to the kind of personal column,
    ``kept_personal`` titles to the purpose stated, ``missing`` our columns to the share of kept rows without a value.
    """

    file: str
    sha256: str
    kind: str
    encoding: str
    profile: str
    profile_name: Text
    row_means: Text
    sheets: tuple[str, ...]
    understood: Mapping[str, str]
    titles: Mapping[str, Text]  # our columns -> their names for people
    unknown: tuple[str, ...] = ()
    dropped: Mapping[str, Text] = field(default_factory=dict)
    kept_personal: Mapping[str, str] = field(default_factory=dict)
    read_count: int = 0
    kept_count: int = 0
    doubled: tuple[tuple[str, int], ...] = ()  # sheet and row of repetitions
    passed_over: tuple[tuple[str, int], ...] = ()  # totals, signatures, repeated headers
    refused: tuple[RefusedCells, ...] = ()
    states: Mapping[str, int] = field(default_factory=dict)
    missing: Mapping[str, float] = field(default_factory=dict)
    notices: tuple[Fault, ...] = ()

    @property
    def refused_count(self) -> int:
        """The number of rows refused."""
        return len(self.refused)

    def in_language(self, language: str) -> str:
        """Return the report as plain lines in ``"zh"`` or ``"en"``."""
        read_as = {"profile": self.profile_name.in_language(language), "row": self.row_means.in_language(language)}
        lines = [self._line(language, "file", file=self.file, kind=self.kind, encoding=self.encoding or "-", **read_as)]
        pairs = [f"{theirs} → {self._name(ours, language)}" for ours, theirs in self.understood.items()]
        lines += self._list(language, "understood", pairs)
        lines += self._list(language, "unknown", self.unknown)
        dropped = [f"{title} ({kind.in_language(language)})" for title, kind in self.dropped.items()]
        lines += self._list(language, "dropped", dropped)
        lines += self._list(language, "kept-personal", [f"{t} ({why})" for t, why in self.kept_personal.items()])
        counts = {"read": self.read_count, "kept": self.kept_count, "refused": self.refused_count}
        lines.append(self._line(language, "counts", doubled=len(self.doubled), **counts))
        if self.passed_over:
            lines.append(self._line(language, "footers", rows=_places(self.passed_over)))
        if self.states:
            states = [f"{STATE_NAMES[state].in_language(language)} {n}" for state, n in self.states.items()]
            lines.append(self._line(language, "states", states=", ".join(states)))
        shares = [f"{self._name(c, language)} {share:.1%}" for c, share in self.missing.items() if share > 0]
        if shares:
            lines.append(self._line(language, "missing", shares=", ".join(shares)))
        lines += [self._line(language, "notice", says=notice.in_language(language)) for notice in self.notices]
        lines += [f"  {row.in_language(language)}" for row in self.refused[:MOST_LISTED]]
        if self.refused_count > MOST_LISTED:
            lines.append("  " + self._line(language, "more", n=self.refused_count - MOST_LISTED))
        return "\n".join(lines)

    def _line(self, language: str, line: str, **facts: object) -> str:
        return LINES[line].in_language(language, **facts)

    def _list(self, language: str, line: str, listed: list[str] | tuple[str, ...]) -> list[str]:
        return [self._line(language, line, columns=", ".join(listed))] if listed else []

    def _name(self, column: str, language: str) -> str:
        return self.titles[column].in_language(language) if column in self.titles else column


def _places(places: tuple[tuple[str, int], ...]) -> str:
    listed = [f"{sheet} {row}".strip() for sheet, row in places[:MOST_LISTED]]
    return ", ".join(listed) + (" ..." if len(places) > MOST_LISTED else "")
