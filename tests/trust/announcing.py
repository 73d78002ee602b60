"""A school with sixty students of one year, its directors and officer, and an announcement of it."""

from datetime import UTC, date, datetime
from random import Random

import pytest
from django.urls import reverse

from yucai.errors import FaultyInputError
from yucai.web.accounts.audit_models import AuditEntry
from yucai.web.accounts.models import Account, Group, Membership, Person, Space
from yucai.web.selection.actions import add_lines, approve_announcement, hand_over, prepare_announcement
from yucai.web.selection.facts import AnnouncementFacts
from yucai.web.selection.lists import Entry
from yucai.web.selection.models import AnnouncedLine
from yucai.web.selection.showing import shown_digest

NOON = datetime(2026, 11, 27, 4, tzinfo=UTC)  # a Friday, noon in Shanghai
TODAY = date(2026, 11, 27)
NAMES = ("张三丰", "李四", "欧阳明德")


def school(code="board"):
    """Make the school; the first three students have names, the first an account."""
    space = Space.objects.create(
        code=code, name_en="Board school", name_zh="公示学校", simulated=False, evidence_map="evidence-demo-college"
    )
    for name, role in (("dean", "director"), ("vice", "director"), ("third", "director"), ("officer", "officer"),
                       ("ir", "researcher"), ("teacher", "teacher")):  # fmt: skip
        Account.objects.create_user(f"{code}-{name}", role=role, name_en=name, name_zh=name).spaces.add(space)
    group = Group.objects.create(space=space, code="c", kind="class", name_en="c", name_zh="c")
    people = []
    for n in range(60):
        name = NAMES[n] if n < len(NAMES) else f"学生{n}"
        people.append(Person(space=space, code=f"20230100{n:02}", name_zh=name, name_en=f"Student {n}"))
    Person.objects.bulk_create(people)
    for person in Person.objects.filter(name_zh__in=NAMES, space=space):
        Membership.objects.create(group=group, person=person)
    first = Person.objects.get(space=space, code="2023010000")
    Account.objects.create_user(f"{code}-first", role="student", person=first).spaces.add(space)
    return space


def who(name, code="board"):
    return Account.objects.get(username=f"{code}-{name}")


def facts(**more):
    said = {
        "title_zh": "校长奖拟获奖名单", "decided_zh": "经评审委员会评议，拟授予校长奖。",
        "reference": "《校长奖评选办法》第七条",
        "from_day": TODAY, "until_day": date(2026, 12, 3), "object_until": date(2026, 12, 10),
        "contact": "学生处 301 室，电话 010-62781234",
        "outcomes": (("一等奖", "First prize"), ("二等奖", "Second prize")),
    }  # fmt: skip
    return AnnouncementFacts(**{**said, **more})


def entries(*numbers, outcome=""):
    return [Entry(number=number, outcome=outcome) for number in numbers or ("2023010000", "2023010001", "2023010002")]


def draft(space, *, named=(), at=NOON, **more):
    made = prepare_announcement(space=space, facts=facts(**more), by=who("dean"), at=at)
    add_lines(announcement=made, entries=entries(*named), by=who("dean"), at=at)
    return made


def asked(space, *, named=(), at=NOON, **more):
    made = draft(space, named=named, at=at, **more)
    hand_over(announcement=made, by=who("dean"), at=at, rng=Random(1))
    made.refresh_from_db()
    return made


def approved(space, *, named=(), at=NOON, **more):
    made = asked(space, named=named, at=at, **more)
    approve_announcement(announcement=made, digest=shown_digest(made), by=who("vice"), at=at)
    made.refresh_from_db()
    return made


def faults(action):
    with pytest.raises(FaultyInputError) as refused:
        action()
    told = {}
    for fault in refused.value.faults:
        told[fault.code] = "\n".join([*told.get(fault.code, "").splitlines(), fault.in_language("en")])
    return told


def events(announcement):
    about = AuditEntry.objects.filter(target=f"announcement:{announcement.pk}").order_by("position")
    return [act.removeprefix("announcement.") for act in about.values_list("act", flat=True)]


def line_of(announcement, number="2023010000"):
    return AnnouncedLine.objects.get(announcement=announcement, person__code=number)


def seen(client, announcement, language="zh-hans"):
    client.cookies["django_language"] = language
    return client.get(reverse("announced", kwargs={"key": announcement.key}))
