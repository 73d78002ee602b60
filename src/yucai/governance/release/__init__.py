"""One gate for what leaves: numbers about people, rounded off from nobody, hidden where they would point at a few."""

from yucai.governance.release.figures import figures_of, guarded_quantile
from yucai.governance.release.policy import ReleasePolicy, RuleEntry, policy_on
from yucai.governance.release.releasing import Ledger, LedgerEntry, Release, disclosures, entry_of, release_table
from yucai.governance.release.results import HIDDEN_MARK, Released, ReleasedCell, Verdict, rows_of
from yucai.governance.release.tables import (
    TOTAL,
    Amounts,
    Axis,
    AxisKind,
    Measure,
    Percentages,
    Statistic,
    Table,
    tabulate,
)

__all__ = [
    "HIDDEN_MARK",
    "TOTAL",
    "Amounts",
    "Axis",
    "AxisKind",
    "Ledger",
    "LedgerEntry",
    "Measure",
    "Percentages",
    "Release",
    "ReleasePolicy",
    "Released",
    "ReleasedCell",
    "RuleEntry",
    "Statistic",
    "Table",
    "Verdict",
    "disclosures",
    "entry_of",
    "figures_of",
    "guarded_quantile",
    "policy_on",
    "release_table",
    "rows_of",
    "tabulate",
]
