"""What an import understood, kept and refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from yucai.errors import Fault
from yucai.texts import Text

__all__ = ["ImportReport", "RefusedRow"]

MOST_LISTED = 20
LINES = {
    "file": Text("{file}: {kind}, {encoding}", "{file}：{kind}，{encoding}"),
    "understood": Text("Columns understood: {columns}", "识别的列：{columns}"),
    "ignored": Text("Columns not needed: {columns}", "未使用的列：{columns}"),
    "counts": Text(
        "Read {read} rows: {kept} kept, {states} without a score (absent, deferred ...), {refused} refused.",
        "共读取 {read} 行：保留 {kept} 行，无得分（缺考、缓考等）{states} 行，拒收 {refused} 行。",
    ),
    "more": Text("... and {n} more refused rows", "……另有 {n} 行拒收"),
    "notice": Text("Note: {says}", "提示：{says}"),
    "row": Text("row {row}", "第 {row} 行"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedRow:
    """A row that was not taken in, and why."""

    sheet: str
    row: int
    fault: Fault

    def in_language(self, language: str) -> str:
        """Return where it stands and what is wrong."""
        place = LINES["row"].in_language(language, row=self.row)
        where = f"{self.sheet} {place}".strip()
        return replace(self.fault, where=where).in_language(language)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What became of a file. ``states`` counts rows whose score cell named a state, by state."""

    file: str
    sha256: str
    kind: str
    encoding: str
    understood: Mapping[str, str]  # our column -> the file's
    ignored: tuple[str, ...]
    read_count: int
    kept_count: int
    states: Mapping[str, int]
    refused: tuple[RefusedRow, ...]
    notices: tuple[Fault, ...] = ()  # what was not understood although no row was refused for it

    @property
    def refused_count(self) -> int:
        """The number of rows refused."""
        return len(self.refused)

    def in_language(self, language: str) -> str:
        """Return the report as plain lines."""
        pairs = ", ".join(f"{theirs} → {ours}" for ours, theirs in self.understood.items())
        lines = [
            LINES["file"].in_language(language, file=self.file, kind=self.kind, encoding=self.encoding or "-"),
            LINES["understood"].in_language(language, columns=pairs),
        ]
        if self.ignored:
            lines.append(LINES["ignored"].in_language(language, columns=", ".join(self.ignored)))
        counts = {"read": self.read_count, "kept": self.kept_count, "refused": self.refused_count}
        lines.append(LINES["counts"].in_language(language, states=sum(self.states.values()), **counts))
        lines += [LINES["notice"].in_language(language, says=notice.in_language(language)) for notice in self.notices]
        lines += [f"  {row.in_language(language)}" for row in self.refused[:MOST_LISTED]]
        if self.refused_count > MOST_LISTED:
            lines.append("  " + LINES["more"].in_language(language, n=self.refused_count - MOST_LISTED))
        return "\n".join(lines)
