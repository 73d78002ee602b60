"""Indicators of the demonstration: three simulated years with targets, signatures, a contradiction, a small cell.

Planted for whoever looks: the number of graduates differs between two tables of the newest year (57 and 58), and two
students who did not graduate may not be told to a bureau.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from yucai.governance import period_of
from yucai.web.accounts.models import Account, Space
from yucai.web.governance.indicator_actions import fill_indicator, plan_indicator, sign_indicator
from yucai.web.governance.indicator_doors import indicator_known
from yucai.web.governance.indicator_showing import BACK, last_year

__all__ = ["fill_indicators"]

Years = tuple[float, float, float]
NONE: Final[Years] = (0, 0, 0)
ENROLMENT: Final[Mapping[str, Years]] = {
    "students.junior-college": NONE, "students.master": (18, 21, 24), "students.doctoral": NONE,
    "students.foreign": (6, 6, 8), "students.preparatory": NONE, "students.further": NONE,
    "students.adult-full-time": NONE, "students.evening": NONE, "students.correspondence": NONE,
}  # fmt: skip
TEACHERS: Final[Mapping[str, Years]] = {"teachers.full-time": (14, 15, 16), "teachers.outside": (5, 6, 6)}
FILLED: Final[Mapping[str, tuple[Mapping[str, Years], float | None]]] = {  # figures, target of the newest year
    "cn-01": ({}, None),
    "cn-02": (ENROLMENT, None),
    "cn-03": ({code: ENROLMENT[code] for code in list(ENROLMENT)[:7]}, None),
    "cn-05": ({"teachers.full-time": TEACHERS["teachers.full-time"]}, None),
    "cn-06": ({"teachers.senior": (6, 8, 9), "teachers.full-time": TEACHERS["teachers.full-time"]}, 55),
    "cn-07": ({}, None),
    "cn-08": ({**ENROLMENT, **TEACHERS}, 16),
    "cn-09": ({"courses": (88, 93, 96)}, None),
    "cn-12": ({"equipment.value": (2_450_000, 2_820_000, 3_160_000), **ENROLMENT}, 11_000),
    "cn-13": ({"equipment.new": (310_000, 370_000, 340_000)}, None),
    "cn-14": ({"books.paper": (20_400, 21_900, 22_800), **ENROLMENT}, 100),
    "cn-17": ({"space.teaching": (3_300, 3_900, 4_200), **{code: ENROLMENT[code] for code in list(ENROLMENT)[:7]}}, 14),
    "cn-19": ({"money.running": (640_000, 720_000, 760_000), **ENROLMENT}, 3_000),
    "cn-22": ({"leavers.due": (60, 60, 60), "leavers.graduated": (52, 54, 58)}, 95),
    "cn-23": ({"leavers.degree": (46, 48, 50), "leavers.graduated": (52, 54, 57)}, 95),
    "cn-24": ({"leavers.placed": (45, 47, 51), "leavers.graduated": (52, 54, 58)}, 90),
    "cn-25": ({"fitness.tested": (175, 232, 236), "fitness.passed": (158, 209, 221)}, 92),
}  # fmt: skip
UNSIGNED: Final = ("cn-12", "cn-19")  # of the newest year
NOT_HERE: Final = "cn-18"  # laboratories belong to the university
CORRECTED: Final = "cn-14"  # of the year before: a delivery was counted twice
SOURCE: Final = "模拟台账 simulated ledger"
WHY: Final = "到货重复登记，已更正（模拟）。 A delivery was counted twice (simulated)."


def fill_indicators(space: Space, *, at: datetime) -> None:
    """Fill in, sign and plan the indicators of the simulated college over three years, as its demo accounts would."""
    recorder, auditor = (Account.objects.get(username=name, demo=True) for name in ("researcher", "director"))
    newest = last_year(at)
    for code, (figures, target) in FILLED.items():
        pack, indicator = indicator_known(code)
        plan_indicator(space=space, indicator=indicator, year=newest, target=target, recorder=recorder,
                       auditor=auditor, by=auditor, at=at)  # fmt: skip
        for place in range(BACK):
            year = newest - BACK + 1 + place
            counts = {figure: values[place] for figure, values in figures.items()}
            facts: dict[str, Any] = {
                "space": space, "pack": pack, "indicator": indicator, "year": year, "applies": True, "at": at,
                "source": SOURCE, "as_of": min(period_of(indicator.reference, year).ends, at.date()), "by": recorder,
            }  # fmt: skip
            entry = fill_indicator(counts=counts, reason="", **facts)
            if year < newest or code not in UNSIGNED:
                sign_indicator(entry=entry, by=auditor, at=at)
            if year == newest - 1 and code == CORRECTED:
                again = fill_indicator(counts=counts | {"books.paper": 21_100}, reason=WHY, **facts)
                sign_indicator(entry=again, by=auditor, at=at)
    pack, indicator = indicator_known(NOT_HERE)
    fill_indicator(space=space, pack=pack, indicator=indicator, year=newest, counts={}, applies=False, source=SOURCE,
                   as_of=period_of(indicator.reference, newest).ends, reason="", by=recorder, at=at)  # fmt: skip
