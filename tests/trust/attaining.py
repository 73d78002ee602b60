"""A class with a course, its map and scores, the people who fill in and check, and a student of it."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from tests.spec.test_attainment import COURSE, programme
from yucai.governance import StudentScores
from yucai.web.accounts.models import Account, Charge, Group, Membership, Person, Space
from yucai.web.governance.attainment_actions import open_course, put_scores
from yucai.web.governance.attainment_maps import put_course_map, put_programme_map

NOON = datetime(2026, 7, 1, 4, tzinfo=UTC)
MARKS = ((80, 30, 30), (90, 20, 48), (70, 40, 42), (60, 10, 36), (100, 36, 54), (75, 28, 44))


@dataclass
class Course:
    """One institution with two classes, of which the teacher has the first."""

    space: Space
    group: Group
    other: Group
    map: object
    run: object
    accounts: dict[str, Account] = field(default_factory=dict)


def scores(code, *, shift=0, absent=True):
    """The scores of the six students of a class; the last one was absent from the final exam."""
    found = [
        StudentScores(
            student=f"{code}{n}", scores={"作业": a, "期末/目标1": min(40, b + shift), "期末/目标2": min(60, c + shift)}
        )
        for n, (a, b, c) in enumerate(MARKS)
    ]
    if absent:
        states = {"期末/目标1": "absent", "期末/目标2": "absent"}
        found[5] = StudentScores(student=f"{code}5", scores={"作业": 50}, states=states)
    return found


def furnish_course(name):
    """Make the institution; the course of the first class has scores and nothing more."""
    space = Space.objects.create(
        code=name, name_en=name, name_zh=name, simulated=False, evidence_map="evidence-demo-college"
    )
    groups = [Group.objects.create(space=space, code=f"{name}-{x}", kind="class", name_en=x, name_zh=x) for x in "ab"]
    for letter, group in zip("ab", groups, strict=True):
        for n in range(6):
            code = f"{name}-{letter}{n}"
            person = Person.objects.create(space=space, code=code, name_en=code, name_zh=code)
            Membership.objects.create(group=group, person=person)
    accounts = {}
    for role in ("director", "researcher", "teacher", "student", "bureau", "mentor"):
        accounts[role] = Account.objects.create(username=f"{name}-{role}", role=role, name_en=f"N-{role}")
        accounts[role].spaces.add(space)
    Charge.objects.create(account=accounts["teacher"], group=groups[0])
    Account.objects.filter(pk=accounts["student"].pk).update(person=Person.objects.get(code=f"{name}-a0"))
    accounts["student"].refresh_from_db()
    put_programme_map(space=space, programme=programme(), file_name="p.xlsx", by=accounts["director"], at=NOON)
    made = put_course_map(space=space, course=COURSE, file_name="m.xlsx", by=accounts["teacher"], at=NOON)
    run = open_course(map=made, group=groups[0], term="2025-2026-2", by=accounts["teacher"], at=NOON)
    put_scores(run=run, scores=scores(f"{name}-a"), source="s.xlsx", by=accounts["teacher"], at=NOON)
    return Course(space=space, group=groups[0], other=groups[1], map=made, run=run, accounts=accounts)
