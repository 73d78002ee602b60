"""The gate of the pages: whatever is told of people to somebody who may not read them one by one passes here.

``PLACES`` is the register: one line for each place at which numbers over people leave. ``released`` lets a table out
at one of them, by the rules that its space has in force, set against all that left to the same audience before.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
from django.db import transaction

from yucai.governance import (
    Axis,
    AxisKind,
    Ledger,
    Measure,
    Percentages,
    Released,
    ReleasePolicy,
    Table,
    release_table,
    tabulate,
)
from yucai.texts import Text
from yucai.web.accounts.access import purpose_of
from yucai.web.accounts.audit import note
from yucai.web.accounts.models import Account, Space
from yucai.web.accounts.release_rules import policy_of
from yucai.web.governance.ledgers import keep_entry, ledger_beside, ledger_of

__all__ = [
    "ANYBODY",
    "PLACES",
    "Audience",
    "Place",
    "audience_of",
    "released",
    "released_alone",
    "released_counts",
    "told_axis",
]

ANYBODY: Final = Axis(code="anybody", name=Text("everybody", "全体"), leaves=("all",), has_total=False)
BUREAUS: Final = Text("regional bureau officers", "地方主管部门人员")
TEACHERS: Final = Text("a teacher, of those not in the teacher's own groups", "教师（限其任教班级以外的学生）")
KEEPERS: Final = Text(
    "regional bureau officers, directors and research officers", "地方主管部门人员、院长与院校研究人员"
)
OFFICE: Final = Text("directors and research officers", "院长与院校研究人员")
LECTURERS: Final = Text("a lecturer, of all lecturers of a survey", "教师（限其参加的评教中的全体教师）")
COMPARERS: Final = Text(
    "directors and research officers, and a teacher of the own groups", "院长、质评人员，以及教师（限本人任教的组）"
)
AUDITORS: Final = Text(
    "directors and research officers, of traits that they may not read of anybody",
    "主任与质评人员（限其不得逐人查看的特征）",
)
CLASSMATES: Final = Text("the students of the class", "本班学生")
EVERYONE: Final = Text("everybody who signs in", "所有登录者")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One place at which numbers over people leave: what, to whom, on which page, and by which minimum."""

    what: Text
    to: Text
    page: str  # the name of its address
    minimum: str  # the rule of release that it rests on: min_cell, min_spread
    shared: bool = False  # every reader gets the same table of it: what left to one has left to all


PLACES: Final[Mapping[str, Place]] = {
    "group-size": Place(
        what=Text("how many belong to a cohort", "入学年级人数"), to=BUREAUS, page="home", minimum="min_cell"
    ),
    "group-known": Place(
        what=Text("of how many of a cohort a quality is known", "年级中各素养有足够证据的人数"),
        to=BUREAUS,
        page="group",
        minimum="min_cell",
    ),
    "group-places": Place(
        what=Text("middle and middle half of a cohort on a quality", "年级在各素养上的中位数与中间一半范围"),
        to=BUREAUS,
        page="group",
        minimum="min_spread",
    ),
    "assessment-others": Place(
        what=Text("how many others took an assessment, and their mean", "其他参加同一测评者的人数与平均得分"),
        to=TEACHERS,
        page="assessment",
        minimum="min_cell",
    ),
    "indicator-size": Place(
        what=Text("how many people a figure of an indicator counts", "指标数据项所计人数"),
        to=BUREAUS,
        page="indicators",
        minimum="min_cell",
    ),
    "indicator-people": Place(
        what=Text("how many people a figure of an indicator counts, by group", "指标数据项所计人数（分组）"),
        to=KEEPERS,
        page="indicator",
        minimum="min_cell",
    ),
    "chain": Place(
        what=Text("how many reached each step of the chain, by group", "培养链条各环节人数（分组）"),
        to=KEEPERS,
        page="chain",
        minimum="min_cell",
    ),
    "destinations": Place(
        what=Text("where graduates went, by group", "毕业去向人数（分组）"),
        to=KEEPERS,
        page="chain",
        minimum="min_cell",
    ),
    "network": Place(
        what=Text("how people made works, alone or together, by programme", "成果完成方式人数（分专业）"),
        to=OFFICE,
        page="chain",
        minimum="min_cell",
    ),
    "teaching-places": Place(
        what=Text("how many lecturers stand above, near and below the average", "高于、接近和低于平均的教师人数"),
        to=LECTURERS,
        page="teaching_quality",
        minimum="min_cell",
    ),
    "value-added-groups": Place(
        what=Text("how many people of a group were compared (value added)", "参与增值比较的各组人数"),
        to=COMPARERS,
        page="value_added",
        minimum="min_cell",
    ),
    "list-fairness": Place(
        what=Text("whom a priority list proposes for a talk, by group", "优先关注名单建议谈话的对象（按组）"),
        to=AUDITORS,
        page="priority_fairness",
        minimum="min_cell",
        shared=True,
    ),
    "attainment-before": Place(
        what=Text("attainment of a class of the year before", "上一年班级的课程目标达成度"),
        to=TEACHERS,
        page="attainment_course",
        minimum="min_cell",
        shared=True,
    ),
    "attainment-class": Place(
        what=Text("attainment of the class of a course", "班级的课程目标达成度"),
        to=CLASSMATES,
        page="my_attainment",
        minimum="min_cell",
        shared=True,
    ),
    "rule-open-to": Place(
        what=Text("how many people can meet a rule", "能够满足某规则的人数"),
        to=EVERYONE,
        page="rules",
        minimum="min_cell",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Who may put together what they were shown: all bureau officers of a space, or one account."""

    code: str


def audience_of(account: Account) -> Audience:
    """Return whom an account belongs to as a reader of releases. Bureau officers talk to one another."""
    bureau = account.role == Account.Role.BUREAU
    return Audience(code="bureau" if bureau else f"account:{account.pk}")


def told_axis(code: str, name: Text) -> Axis:
    """Return an axis of yes and no: of how many something is known."""
    names = {"yes": Text("yes", "是"), "no": Text("no", "否")}
    return Axis(code=code, name=name, leaves=("yes", "no"), kind=AxisKind.COUNTED, names=names)


def released_counts(
    place: str, counts: Mapping[str, int], *, axis: Axis, policy: ReleasePolicy, at: datetime
) -> Released:
    """Return what may leave of numbers that came in counted: nobody knows their people, so nothing is kept of them.

    For a table that never changes once it is in. Raises KeyError for a place that is not in the register.
    """
    found = np.array([counts[leaf] for leaf in axis.leaves], dtype=np.int64)
    table = Table(code=place, name=PLACES[place].what, axes=(axis,), counts=found)
    return release_table(table, policy=policy, at=at).released


def released_alone(
    place: str,
    people: Sequence[Hashable],
    values: Mapping[str, Sequence[str]],
    *,
    axes: Sequence[Axis],
    policy: ReleasePolicy,
    at: datetime,
) -> Released:
    """Return what may be passed on of a table by somebody who may see its people one by one: this table by itself.

    Nothing is kept: whoever sees everybody learns nothing by subtraction, and what they pass on is theirs to weigh.
    Raises KeyError for a place that is not in the register.
    """
    table = tabulate(people, values, code=place, name=PLACES[place].what, axes=axes)
    return release_table(table, policy=policy, at=at).released


def released(
    place: str,
    people: Sequence[Hashable],
    values: Mapping[str, Sequence[str]],
    *,
    code: str,
    axes: Sequence[Axis],
    space: Space,
    to: Account,
    at: datetime,
    measures: Sequence[Measure] = (),
    percentages: Percentages | None = None,
) -> Released:
    """Return what may leave of a table at a place of the register, and keep in the ledger that it left.

    Where every reader gets the same table (``shared`` in the register), what left of it to anybody counts.
    ``code`` names the definition in the space and stays the same from date to date. The first time, and whenever
    something new leaves, an event enters the audit trail in the same transaction. Raises KeyError for a place that is
    not in the register.
    """
    table = tabulate(
        people, values, code=code, name=PLACES[place].what, axes=axes, measures=measures, percentages=percentages
    )
    policy, audience = policy_of(space, day=at.date()), audience_of(to)
    shared = PLACES[place].shared
    before, mine = _left(space, audience, code, shared=shared)
    answer = release_table(table, policy=policy, at=at, ledger=before)
    if answer.ledger is before and mine:
        return answer.released
    with transaction.atomic():
        Space.objects.select_for_update().get(pk=space.pk)
        now, mine = _left(space, audience, code, shared=shared)
        if len(now.entries) > len(before.entries):  # somebody else let something out meanwhile
            before, answer = now, release_table(table, policy=policy, at=at, ledger=now)
        theirs = None if mine else before.standing(code)  # of somebody else: from now on this reader has it too
        leaves = theirs if answer.ledger is before else answer.ledger.entries[-1]
        if leaves is not None:
            kept = keep_entry(space, audience.code, leaves)
            note("released", by=to, at=at, space=space, target=f"release:{kept.pk}", purpose=purpose_of(to),
                 detail={"what": place, "minimum": policy.min_cell})  # fmt: skip
    return answer.released


def _left(space: Space, audience: Audience, code: str, *, shared: bool) -> tuple[Ledger, bool]:
    """Return what a table is set against, and whether the one that stands left to this audience.

    Where every reader gets the same table, what left of it to anybody counts: two of them would put it together.
    """
    if shared:
        return ledger_beside(space, audience.code, code)
    return ledger_of(space, audience.code), True
