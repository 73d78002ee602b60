"""A method audit of an uploaded table, told for a page, and an example table that carries a known mistake."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from django.utils.translation import gettext as _

from yucai.errors import FaultyInputError
from yucai.evidence import TitledSheet, read_titled
from yucai.governance import (
    CLAIM_TITLES,
    AuditClaim,
    AuditStep,
    MethodAudit,
    Reproduction,
    audit_method,
    load_provinces,
    read_claim,
)
from yucai.texts import Text
from yucai.web.governance.coordination_reading import worked_out
from yucai.web.listing import CellKind, Table, plain_table, said

__all__ = ["MOST_BYTES", "AuditTold", "StepTold", "audit_told", "claim_of_file", "example_table"]

MOST_BYTES: Final = 4_000_000
EXAMPLE_YEAR: Final = 2020
MOST_SHOWN: Final = 100
RESULTS: Final = {
    "scores": Text("Subsystem scores", "子系统得分"),
    "C": Text("C, coupling", "C，耦合度"),
    "T": Text("T, development", "T，综合发展指数"),
    "D": Text("D, coordination", "D，耦合协调度"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StepTold:
    """One result of the table in words: what reproduces it, in how many cells, and which mistakes are in that."""

    name: Text
    whole: bool
    none: bool
    cells: int
    of: int
    percent: int
    best: tuple[Reproduction, ...]
    more: int
    tried: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditTold:
    """An audit as a page tells it."""

    rows: int
    systems: tuple[str, ...]
    steps: tuple[StepTold, ...]
    mistakes: tuple[tuple[Text, Text], ...]
    audit: MethodAudit
    percent: int
    percent_corrected: int
    changes: Table


def claim_of_file(content: bytes, *, name: str) -> AuditClaim:
    """Return a table of a file as a claim; nothing of the file is kept.

    Raises the library's refusals of files, FaultyInputError with every fault of the table.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"table{Path(name).suffix.lower()[:10]}"
        file.write_bytes(content)
        _digest, sheets = read_titled(file, known=CLAIM_TITLES, limit=MOST_BYTES)
    return _first_claim(sheets)


def audit_told(claim: AuditClaim) -> AuditTold:
    """Return what an audit of a claim found, for a page."""
    audit = audit_method(claim)
    steps = tuple(_told(step) for step in audit.steps)
    named = {one.code: (one.name, one.mistake) for step in audit.steps if step.best and step.best[0].share > 0.5
             for one in step.best[0].mistakes if one.mistake is not None}  # fmt: skip
    return AuditTold(
        rows=len(claim.units),
        systems=claim.systems,
        steps=steps,
        mistakes=tuple((name, mistake) for name, mistake in named.values() if mistake is not None),
        audit=audit,
        percent=round(100 * len(audit.changes) / audit.compared) if audit.compared else 0,
        percent_corrected=round(100 * audit.changed_corrected / audit.compared) if audit.compared else 0,
        changes=_changes(audit),
    )


def example_table() -> Table:
    """Return a table as somebody might publish it: real scores of a year, and a D with a cube root in it."""
    return plain_table("example", _("Example for the method audit"), _example_columns(), _example_rows())


def _example_columns() -> list[tuple[str, CellKind, int]]:
    heads = ["U:talent", "U:nqp", "C", "T", "D"]
    return [("地区", CellKind.TEXT, 0), ("年份", CellKind.WHOLE, 0), *((head, CellKind.DECIMAL, 4) for head in heads)]


@lru_cache(maxsize=1)
def _example_rows() -> tuple[tuple[Any, ...], ...]:
    version = "2026.1"
    report = worked_out(version, "talent-nqp", EXAMPLE_YEAR, "entropy")
    coupling, panel = report.coupling, report.coupling.panel
    names = {one.code: one.name.zh for one in load_provinces().units}
    figures, scores = coupling.of(EXAMPLE_YEAR), panel.rows_of(coupling.scores, EXAMPLE_YEAR)
    wrong = np.cbrt(figures["c_classical"] * figures["t"])
    return tuple(
        (names[unit], EXAMPLE_YEAR, *scores[k].tolist(), float(figures["c_classical"][k]), float(figures["t"][k]),
         float(wrong[k]))
        for k, unit in enumerate(panel.units)
    )  # fmt: skip


def _first_claim(sheets: Sequence[TitledSheet]) -> AuditClaim:
    """Return the first sheet that is such a table; where none is, what is wrong with the first."""
    refused: FaultyInputError | None = None
    for sheet in sheets:
        rows = [[str(cell or "") for cell in row] for row in sheet.columns.iter_rows()]
        try:
            return read_claim([str(title or "") for title in sheet.header], [row for row in rows if any(row)])
        except FaultyInputError as fault:
            refused = refused or fault
    assert refused is not None  # a file without any sheet is refused when it is read
    raise refused


def _told(step: AuditStep) -> StepTold:
    first = step.best[0]
    return StepTold(
        name=RESULTS[step.result],
        whole=first.cells == first.of,
        none=first.share < 0.1,
        cells=first.cells,
        of=first.of,
        percent=int(100 * first.share),
        best=step.best,
        more=step.equals - len(step.best),
        tried=step.tried,
    )


def _changes(audit: MethodAudit) -> Table:
    rows = [
        (one.unit, str(one.year) if one.year else "", one.printed, one.standard, one.corrected, one.printed_grade,
         one.standard_grade)
        for one in audit.changes[:MOST_SHOWN]
    ]  # fmt: skip
    columns = [(_("Unit"), CellKind.TEXT, 0), (_("Year"), CellKind.TEXT, 0), (_("D as printed"), CellKind.DECIMAL, 3),
               (_("D, standard"), CellKind.DECIMAL, 3), (_("D, corrected"), CellKind.DECIMAL, 3),
               (_("Grade as printed"), CellKind.TEXT, 0), (_("Grade, standard"), CellKind.TEXT, 0)]  # fmt: skip
    return plain_table("changes", said(Text("Cells whose grade changes", "等级改变的单元")), columns, rows)
