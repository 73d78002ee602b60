"""Graduates of the demonstration: the works of the oldest entry year, and the simulated list of where they went.

Planted for whoever looks: of ten graduates nobody knows where they are. They stand as unknown, and none said that they
have neither work nor a place to study: whoever took the one for the other would report a sixth of the year as without.
"""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Final

import numpy as np
from django.db import transaction

from yucai.evidence import GRADUATES, AiContribution, AwardLevel, OwnWork, Proof, SourceFacts, WorkKind
from yucai.web.accounts.models import Account, Person, Space
from yucai.web.evidence.foreseeing import Wish, foresee, read_wished
from yucai.web.evidence.own_works import decide_work, enter_work
from yucai.web.evidence.taking import take_table
from yucai.web.governance.indicator_showing import last_year

__all__ = ["fill_graduates"]

BY: Final = "yucai demo"
SEED: Final = 20260915
STUDIES: Final = 4  # years
WITHOUT_WORK: Final = 4  # every fourth of the year put no work in
TITLES: Final = ("学号", "姓名", "专业", "毕业去向类别", "行业", "毕业年份", "毕业后年数")
WENT: Final = (
    ("境内升学", "", 22), ("境外留学", "", 7), ("签劳动合同形式就业", "信息技术", 9), ("协议就业", "制造业", 7),
    ("自主创业", "科学研究和技术服务", 5), ("去向不明", "", 9), ("航校待飞", "", 1),
)  # fmt: skip
WHY: Final = "已查询核对（模拟）。\nLooked it up (simulated)."
MADE: Final = (
    (WorkKind.PAPER, None, Proof.OUTSIDE_RECORD, "https://example.org/paper", "毕业论文公开发表 Published thesis"),
    (WorkKind.OPEN_SOURCE, None, Proof.OUTSIDE_RECORD, "https://example.org/code", "开源工具 Open-source tool"),
    (WorkKind.AWARD, AwardLevel.PROVINCIAL, Proof.OUTSIDE_RECORD, "https://example.org/prize", "省级竞赛 Contest"),
)


@transaction.atomic
def fill_graduates(space: Space, *, at: datetime) -> None:
    """Put in and verify works of the year that graduated, then take its list in, as the desk would."""
    year = last_year(at)
    people = list(Person.objects.filter(space=space, cohort=str(year - STUDIES)).order_by("code"))
    _put_in(people, year, at=at)
    facts = SourceFacts(
        purpose="Demonstration", legal_basis="public", owner=space.name_zh, grade="1", retention_months=60
    )
    wish = Wish(source=GRADUATES, profile=GRADUATES, facts=facts)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{year}届毕业去向（模拟）.csv"
        out = io.StringIO(newline="")
        csv.writer(out).writerows([TITLES, *_rows(people, year, np.random.default_rng(SEED))])
        file.write_text(out.getvalue(), encoding="utf-8")
        reading = read_wished(file, wish, space=space, at=at)
    asked = foresee(reading, wish, space=space).questions
    wish = replace(wish, agreed=frozenset(one.token for one in asked if one.needed))
    take_table(reading, wish, space=space, by=BY, at=at)


def _put_in(people: list[Person], year: int, *, at: datetime) -> None:
    director = Account.objects.get(username="director", demo=True)
    for n, person in enumerate(people):
        if n % WITHOUT_WORK == 0:
            continue
        kind, level, proof, link, title = MADE[n % len(MADE)]
        described = OwnWork(
            kind=kind, title=title, done_on=date(year - 1, 3 + n % 3, 1 + n % 28), part="（模拟） (simulated)",
            quality="innovation", proof=proof, ai=AiContribution(used=False), level=level, link=f"{link}/{n}",
        )  # fmt: skip
        work = enter_work(person=person, described=described, attachment=None, replaces=None, at=at)
        decide_work(work=work, verdict="verified", reason=WHY, score=None, by=director, at=at)


def _rows(people: list[Person], year: int, rng: np.random.Generator) -> Iterator[tuple[str, ...]]:
    words = [(word, industry) for word, industry, n in WENT for _ in range(n)]
    order = rng.permutation(len(people))
    for place, (word, industry) in zip(order, words, strict=True):
        one = people[int(place)]
        yield one.code, one.name_zh, one.programme.split()[0], word, industry, f"{year}届", "0"
    yield "2022999999", "（转出学生）", "", "境内升学", "", f"{year}届", "0"
