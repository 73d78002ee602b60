"""The provincial report as pages read it: what was chosen, and the report of it, worked out once a process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext_lazy as _

from yucai.governance import (
    CoordinationReport,
    CoupledSystems,
    IndexOverlap,
    load_indices,
    load_provinces,
    overlap_of,
    province_panel,
    report_coordination,
)
from yucai.web.accounts.models import Account

__all__ = ["WEIGHINGS", "Chosen", "choose", "overlap", "require_coordination", "worked_out"]

ROLES: Final = (Account.Role.DIRECTOR, Account.Role.RESEARCHER, Account.Role.BUREAU)
WEIGHINGS: Final = {
    "entropy": _("entropy"),
    "equal": _("equal weights"),
    "critic": _("CRITIC"),
    "variation": _("coefficient of variation"),
}
SEED: Final = 20261128
DRAWS: Final = 1000
KEPT: Final = 64  # couplings times years times weighings, with room


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What a page is about: which coupling of a version of the indices, which year, which weights."""

    version: str
    coupled: CoupledSystems
    year: int
    weighing: str


def require_coordination(account: Account) -> None:
    """Raise PermissionDenied for who has no business with the provinces: the pages are for who steers and reports."""
    if account.role not in ROLES:
        raise PermissionDenied


def choose(wanted: Mapping[str, str]) -> Chosen:
    """Return what an address asks for; what it does not say, or says wrongly, is the first or latest there is."""
    pack = load_indices()
    coupled = next((one for one in pack.couplings if one.code == wanted.get("index")), pack.couplings[0])
    year = next((one for one in pack.years if str(one) == wanted.get("year")), pack.years[-1])
    weighing = wanted.get("weights", "")
    return Chosen(
        version=pack.version, coupled=coupled, year=year, weighing=weighing if weighing in WEIGHINGS else "entropy"
    )


@lru_cache(maxsize=KEPT)
def worked_out(version: str, coupling: str, year: int, weighing: str) -> CoordinationReport:
    """Return the report; it hangs on the version and these choices alone, so that it is worked out once a process."""
    pack, provinces = load_indices(), load_provinces()
    coupled = next(one for one in pack.couplings if one.code == coupling)
    return report_coordination(
        province_panel(provinces, pack=pack), coupled, year, pack=pack, neighbours=provinces.neighbours,
        method=weighing, draws=DRAWS, rng=np.random.default_rng(SEED),
    )  # fmt: skip


def overlap() -> IndexOverlap:
    """Return what the two indices share."""
    first, second = load_indices().indices
    return overlap_of(first, second)
