"""A method audit of an uploaded table, told for a page, and an example table that carries a known mistake."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from django.core import signing
from django.utils import translation
from django.utils.translation import gettext as _

from yucai.governance import (
    AuditClaim,
    AuditStep,
    MethodAudit,
    Reproduction,
    audit_method,
    load_provinces,
    read_claim_file,
)
from yucai.texts import Text
from yucai.web.accounts.models import Account
from yucai.web.governance.coordination_reading import worked_out
from yucai.web.listing import CellKind, Table, plain_table, said

__all__ = [
    "MOST_BYTES",
    "AuditTold",
    "StepTold",
    "audit_told",
    "claim_of_file",
    "example_table",
    "held_audit",
    "tables_of_held",
]

MOST_BYTES: Final = 4_000_000
EXAMPLE_YEAR: Final = 2020
MOST_SHOWN: Final = 100
HOLDS: Final = timedelta(days=1)
SALT: Final = "coordination.audit"


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
        return read_claim_file(file, limit=MOST_BYTES)


def audit_told(claim: AuditClaim) -> AuditTold:
    """Return what an audit of a claim found, for a page."""
    audit = audit_method(claim)
    steps = tuple(_told(step) for step in audit.steps)
    return AuditTold(
        rows=len(claim.units),
        systems=claim.systems,
        steps=steps,
        mistakes=tuple((one.name, one.mistake) for one in audit.mistakes if one.mistake is not None),
        audit=audit,
        percent=round(100 * len(audit.changes) / audit.compared) if audit.compared else 0,
        percent_corrected=round(100 * audit.changed_corrected / audit.compared) if audit.compared else 0,
        changes=_changes_table(_changes(audit)[:MOST_SHOWN]),
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


def _told(step: AuditStep) -> StepTold:
    first = step.best[0]
    return StepTold(
        name=step.name,
        whole=first.cells == first.of,
        none=step.is_nowhere,
        cells=first.cells,
        of=first.of,
        percent=int(100 * first.share),
        best=step.best,
        more=step.equals - len(step.best),
        tried=step.tried,
    )


def held_audit(told: AuditTold, *, by: Account) -> str:
    """Return what was found as a sealed text for the form that asks for a workbook: nothing is kept until then."""
    content = {
        "language": translation.get_language() or "en",
        "found": _found(told.audit),
        "changes": _changes(told.audit),
        "notes": [
            _("Of a table that was uploaded; where its figures come from is not known here."),
            *(said(one) for one in (*told.audit.notes, *told.audit.conventions)),
        ],
    }
    return signing.dumps([by.pk, content], salt=SALT, compress=True)


def tables_of_held(text: str, *, by: Account) -> tuple[Table, Table]:
    """Return what was found as two tables. Raises signing.BadSignature for what is old, altered or somebody else's."""
    number, content = signing.loads(text, salt=SALT, max_age=HOLDS)
    if number != by.pk:
        raise signing.BadSignature
    with translation.override(content["language"]):
        return _found_table(content), _changes_table(content["changes"])


def _found(audit: MethodAudit) -> list[list[Any]]:
    return [
        [said(step.name), " → ".join(said(one.name) for one in best.variants), best.cells, best.of, best.share,
         "; ".join(said(one.mistake) for one in best.mistakes if one.mistake is not None), step.equals, step.tried]
        for step in audit.steps
        for best in step.best
    ]  # fmt: skip


def _found_table(content: Mapping[str, Any]) -> Table:
    whole = CellKind.WHOLE
    columns = [(_("Result"), CellKind.TEXT, 0), (_("Steps that reproduce most of it"), CellKind.TEXT, 0),
               (_("Cells reproduced"), whole, 0), (_("Cells in all"), whole, 0), (_("Share"), CellKind.PERCENT, 0),
               (_("Known mistakes in it"), CellKind.TEXT, 0), (_("Do as well, in all"), whole, 0),
               (_("Variants tried"), whole, 0)]  # fmt: skip
    table = plain_table("audit", _("What was found"), columns, content["found"])
    return replace(table, notes=tuple(content["notes"]))


def _changes(audit: MethodAudit) -> list[list[Any]]:
    return [
        [one.unit, str(one.year) if one.year else "", one.printed, one.standard, one.corrected,
         said(one.printed_grade), said(one.standard_grade)]
        for one in audit.changes
    ]  # fmt: skip


def _changes_table(rows: Sequence[Sequence[Any]]) -> Table:
    columns = [(_("Unit"), CellKind.TEXT, 0), (_("Year"), CellKind.TEXT, 0), (_("D as printed"), CellKind.DECIMAL, 4),
               (_("D, standard"), CellKind.DECIMAL, 4), (_("D, corrected"), CellKind.DECIMAL, 4),
               (_("Grade as printed"), CellKind.TEXT, 0), (_("Grade, standard"), CellKind.TEXT, 0)]  # fmt: skip
    return plain_table("changes", said(Text("Cells whose grade changes", "等级改变的单元")), columns, rows)
