"""The rule of the demonstration, run on last year and held against the list that was made then (all simulated)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from yucai.evidence import AiContribution, AwardLevel, OwnWork, Proof, WorkKind
from yucai.selection import read_rule, template_text
from yucai.web.accounts.models import Account, Group, Person, Space
from yucai.web.evidence.own_works import enter_work
from yucai.web.selection.rule_actions import ask_for_run, keep_rule
from yucai.web.selection.rule_running import compare_run

__all__ = ["LAST_YEARS_LIST", "UNVERIFIED", "fill_selection"]

COHORT: Final = "2024"
DAY: Final = date(2026, 8, 4)
UNVERIFIED: Final = "2024010048"  # whose award was put in and never verified; the list counted it all the same
LAST_YEARS_LIST: Final = ("2024010003", "2024010014", "2024010020", "2024010045", "2024010047", "2024010060")
FILE: Final = "2026年动态退出名单（模拟）.xlsx"


def fill_selection(space: Space, *, at: datetime) -> None:
    """Keep the template of the last 15 % as a rule, run it on last year and hold it against last year's list.

    One difference is planted: an award that the list counted and that nobody verified.
    """
    director = Account.objects.get(username="director", demo=True)
    enter_work(person=Person.objects.get(space=space, code=UNVERIFIED), described=_award(), attachment=None,
               replaces=None, at=at)  # fmt: skip
    rule = keep_rule(space=space, rules=read_rule(template_text("last-share")), by=director, at=at)
    cohort = Group.objects.get(space=space, code=COHORT, kind=Group.Kind.COHORT)
    run = ask_for_run(rule=rule, scope=f"{cohort.pk}", as_of=DAY, known=False, flagged=(), by=director, at=at)
    compare_run(run=run, numbers=LAST_YEARS_LIST, file_name=FILE, by=director, at=at)


def _award() -> OwnWork:
    return OwnWork(
        kind=WorkKind.AWARD,
        title="省大学生物理竞赛二等奖（模拟） Provincial physics contest, second prize (simulated)",
        done_on=date(2026, 5, 16),
        part="独立参赛（模拟）。\nOn one's own (simulated).",
        quality="scientific-spirit",
        level=AwardLevel.PROVINCIAL,
        link="https://example.org/simulated-record",
        proof=Proof.OUTSIDE_RECORD,
        ai=AiContribution(used=False),
    )
