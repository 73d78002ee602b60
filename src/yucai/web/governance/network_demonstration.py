"""Works made together in the demonstration: a simulated list of projects, and names that students gave.

Planted for whoever looks: of three programmes, mathematical science and life and materials never work together; a
listed partner is nobody on record, two rows say 等 (and others), and the demo student is named in works of others.
"""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Final

import numpy as np
from django.db import transaction

from yucai.evidence import SourceFacts
from yucai.web.accounts.models import Person, Space
from yucai.web.evidence.foreseeing import Wish, foresee, read_wished
from yucai.web.evidence.makers import name_makers
from yucai.web.evidence.models import OwnWork
from yucai.web.evidence.taking import take_table
from yucai.web.governance.indicator_showing import last_year

__all__ = ["fill_joint_works"]

BY: Final = "yucai demo"
SEED: Final = 20260914
WORKS: Final = 56
STUDENT: Final = "2023010001"
WITH_STUDENT: Final = (3, 11)
APART: Final = (0, 2)  # places in the sorted names of programmes
TITLES: Final = ("项目编号", "项目名称", "项目负责人", "负责人学号", "项目成员", "结题时间")
TOPICS: Final = (
    "校园碳排放测算", "智能灌溉装置", "手语识别", "废旧电池回收",
    "社区助老终端", "古建筑三维重建", "低成本光谱仪", "农产品溯源",
)  # fmt: skip


@transaction.atomic
def fill_joint_works(space: Space, *, at: datetime) -> None:
    """Take the simulated list of last year's projects in, as the desk would, and name makers of own works."""
    rng = np.random.default_rng(SEED)
    facts = SourceFacts(
        purpose="Demonstration", legal_basis="public", owner=space.name_zh, grade="1", retention_months=120
    )
    wish = Wish(source="projects", profile="projects", facts=facts)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "大创项目结题名单（模拟）.csv"
        out = io.StringIO(newline="")
        csv.writer(out).writerows([TITLES, *_rows(space, last_year(at), rng)])
        file.write_text(out.getvalue(), encoding="utf-8")
        reading = read_wished(file, wish, space=space, at=at)
    asked = foresee(reading, wish, space=space).questions
    wish = replace(wish, agreed=frozenset(one.token for one in asked if one.needed))
    take_table(reading, wish, space=space, by=BY, at=at)
    _name_fellows(space, rng, at=at)


def _rows(space: Space, year: int, rng: np.random.Generator) -> Iterator[tuple[str, ...]]:
    """Yield projects with their teams; in two rows not all are named, in one somebody is nobody on record."""
    for n, (leader, *others) in enumerate(_teams(space, rng)):
        told = "、".join(f"{one.name_zh}（{one.code}）" for one in others)
        if n in (20, 40):
            told = f"{told} 等" if told else ""
        if n == 30:
            told = "、".join(filter(None, (told, "外校合作者")))
        title = f"{TOPICS[n % len(TOPICS)]}（{n // len(TOPICS) + 1}）"
        ends = date(year, 6, 1 + n % 28).isoformat()
        yield f"D{year}{n + 1:03d}", title, leader.name_zh, leader.code, told, ends


def _teams(space: Space, rng: np.random.Generator) -> Iterator[list[Person]]:
    """Yield teams of up to four, mostly inside a programme, some across, and none across the two that are apart."""
    people = list(Person.objects.filter(space=space).exclude(programme="").order_by("code"))
    names = sorted({person.programme for person in people})
    members = [[one for one in people if one.programme == name] for name in names]
    student = next(one for one in people if one.code == STUDENT)
    for n in range(WORKS):
        unit = names.index(student.programme) if n in WITH_STUDENT else n % len(names)
        near = [other for other in range(len(names)) if other != unit and {other, unit} != set(APART)]
        units = [unit, *(int(rng.choice([unit, unit, *near])) for _ in range(int(rng.integers(1, 4))))]
        if set(APART) <= set(units):  # met over a third programme
            units = [one for one in units if one != APART[1]]
        drawn = [members[one][int(rng.integers(len(members[one])))] for one in units]
        yield list(dict.fromkeys([*drawn, student] if n in WITH_STUDENT else drawn))


def _name_fellows(space: Space, rng: np.random.Generator, *, at: datetime) -> None:
    """Name makers of own works by more than one, of the same class, as their students would."""
    works = OwnWork.objects.filter(person__space=space, team_size__gt=1).select_related("person").order_by("pk")
    for work in works:
        near: Sequence[str] = list(
            Person.objects.filter(groups__in=work.person.groups.filter(kind="class"), programme=work.person.programme)
            .exclude(pk=work.person_id).order_by("code").values_list("code", flat=True).distinct()
        )  # fmt: skip
        most = min(len(near), work.team_size - 1)
        if most:
            chosen = rng.choice(len(near), size=most, replace=False)
            name_makers(work, [near[int(n)] for n in chosen], by=None, at=at)
