"""Who may open what: one table, walked for every role, page and relation."""

from datetime import UTC, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import get_resolver

from yucai.evidence import SourceFacts
from yucai.web.accounts.models import Account, ReadEvent, Space
from yucai.web.evidence.desk_files import choose, keep_upload

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
OWN, OTHER = "2023010001", "2025010044"

# page                            director teacher student mentor researcher bureau
MATRIX = """
portrait of the own student       200      200     200     403    200        403
portrait of a stranger            200      403     403     403    200        403
paper of the own student          200      200     200     403    200        403
paper of a stranger               200      403     403     403    200        403
page of the own class             200      200     403     403    200        403
page of another class             200      403     403     403    200        403
page of a cohort                  200      403     403     403    200        200
page of the own mentees           200      403     403     200    200        403
page of others' mentees           200      403     403     403    200        403
assessment of the own class       200      200     403     403    200        403
assessment of another class       200      403     403     403    200        403
about the numbers                 200      200     200     200    200        200
own works of oneself              403      403     200     403    403        403
form for an own work              403      403     200     403    403        403
own works to verify               200      200     403     200    403        403
own work of the own student       200      200     200     403    200        403
own work of a stranger            200      403     403     403    200        403
file of the own student           200      200     200     403    200        403
file of a stranger                200      403     403     403    200        403
import desk of the own space      200      403     403     403    200        403
file on the import desk           200      403     403     403    200        403
changes a file would make         200      403     403     403    200        403
import desk of another space      403      403     403     403    403        403
ratings                           200      200     403     200    200        403
form for a rating round           200      403     403     403    403        403
rating round                      200      403     403     403    200        403
whose work is which number        200      403     403     403    403        403
work given to the teacher         403      200     403     403    403        403
observations                      200      200     403     200    200        403
form for an observation plan      200      403     403     403    403        403
observation plan                  200      403     403     403    200        403
answer of an observation plan     200      403     403     403    200        403
records for BORIS as text         200      403     403     403    200        403
records for BORIS as workbook     200      403     403     403    200        403
table of observation records      200      403     403     403    200        403
turns on the device               200      200     403     200    200        403
adaptive tests                    200      200     200     403    200        403
form for an adaptive test         200      200     403     403    403        403
adaptive test of the own class    200      200     403     403    200        403
sitting of the own student        403      403     200     403    403        403
sitting of a stranger             403      403     403     403    403        403
questions of the own space        200      200     403     403    200        403
questions of another space        403      403     403     403    403        403
"""
ROLES = ("director", "teacher", "student", "mentor", "researcher", "bureau")


def rows():
    for line in MATRIX.strip().splitlines():
        *page, a, b, c, d, e, f = line.split()
        for role, status in zip(ROLES, (a, b, c, d, e, f), strict=True):
            yield pytest.param(" ".join(page), role, int(status), id=f"{role}: {' '.join(page)}")


def file_on_desk():
    """A class list that the director dropped, with all that is asked of its source."""
    from tests.web.desk import NOON, ON_PAGE

    content = SimpleUploadedFile("list.csv", "学号,姓名\n2025990001,新生\n".encode())
    director = Account.objects.get(username="director")
    found = keep_upload(space=Space.objects.get(code="demo-college"), by=director, sent=content, at=NOON)
    facts = SourceFacts(**{**ON_PAGE, "retention_months": 84})
    choose(upload=found, source="class-list", facts=facts)
    return found


def other_space():
    """A space that no account of the demonstration is let into."""
    names = {"name_en": "Elsewhere", "name_zh": "别处"}
    return Space.objects.create(code="elsewhere", simulated=False, evidence_map="evidence-demo-college", **names)


@pytest.fixture
def rating_round(group):
    """Give an open rating round of the own class, rated by number by the demo teacher and the demo director."""
    from yucai.evidence import LearnersShown
    from yucai.web.evidence.rating_planning import RoundWanted
    from yucai.web.evidence.rating_rounds import open_rating_round

    accounts = {account.username: account for account in Account.objects.all()}
    wanted = RoundWanted(
        group=group("2023-1"), name="projects", rubric="rubric-nine-qualities", occasion="2026-2027-1",
        raters=(accounts["teacher"], accounts["director"]), each=1, common=2, shown=LearnersShown.NUMBERS, seed=1,
    )  # fmt: skip
    return open_rating_round(wanted=wanted, reason="", by=accounts["director"], at=NOW)


@pytest.fixture
def observation_plan(db):
    """Give an open observation plan with one record of the demo teacher."""
    from tests.web.observing import hand_in, opened, turns_of

    plan = opened()
    hand_in(turns_of(plan, "teacher").first())
    return plan


@pytest.fixture
def adaptive_test(db):
    """Give an open adaptive test of the own class."""
    from tests.web.adaptive import opened

    return opened()


@pytest.fixture
def address(person, group, rating_round, observation_plan, adaptive_test):
    from yucai.web.evidence.models import Item, OwnWork

    def work_of(code):
        return OwnWork.objects.filter(person=person(code), state="waiting").exclude(file_sha256="").get().pk

    def of(page):
        item = Item.objects.get
        return {
            "portrait of the own student": lambda: f"/people/{person(OWN).pk}/portrait/",
            "portrait of a stranger": lambda: f"/people/{person(OTHER).pk}/portrait/",
            "paper of the own student": lambda: f"/people/{person(OWN).pk}/portrait.pdf",
            "paper of a stranger": lambda: f"/people/{person(OTHER).pk}/portrait.pdf",
            "page of the own class": lambda: f"/groups/{group('2023-1').pk}/",
            "page of another class": lambda: f"/groups/{group('2025-2').pk}/",
            "page of a cohort": lambda: f"/groups/{group('2022').pk}/",
            "page of the own mentees": lambda: f"/groups/{group('mentees-M03').pk}/",
            "page of others' mentees": lambda: f"/groups/{group('mentees-M04').pk}/",
            "assessment of the own class": lambda: f"/assessments/{item(code='exam/optics-2024-2025-2').pk}/",
            "assessment of another class": lambda: f"/assessments/{item(code='exam/optics-2023-2024-2').pk}/",
            "about the numbers": lambda: "/about-the-numbers",
            "own works of oneself": lambda: "/own-works/",
            "form for an own work": lambda: "/own-works/add",
            "own works to verify": lambda: "/own-works/to-verify",
            "own work of the own student": lambda: f"/own-works/{work_of(OWN)}/",
            "own work of a stranger": lambda: f"/own-works/{work_of(OTHER)}/",
            "file of the own student": lambda: f"/own-works/{work_of(OWN)}/file",
            "file of a stranger": lambda: f"/own-works/{work_of(OTHER)}/file",
            "import desk of the own space": lambda: "/spaces/demo-college/import/",
            "file on the import desk": lambda: f"/spaces/demo-college/import/{file_on_desk().pk}/",
            "changes a file would make": lambda: f"/spaces/demo-college/import/{file_on_desk().pk}/changes",
            "import desk of another space": lambda: other_space() and "/spaces/elsewhere/import/",
            "ratings": lambda: "/ratings/",
            "form for a rating round": lambda: f"/ratings/add?group={group('2023-1').pk}",
            "rating round": lambda: f"/ratings/rounds/{rating_round.pk}/",
            "whose work is which number": lambda: f"/ratings/rounds/{rating_round.pk}/works",
            "observations": lambda: "/observations/",
            "form for an observation plan": lambda: "/observations/add?space=demo-college",
            "observation plan": lambda: f"/observations/plans/{observation_plan.pk}/",
            "answer of an observation plan": lambda: f"/observations/plans/{observation_plan.pk}/answer",
            "records for BORIS as text": lambda: f"/observations/plans/{observation_plan.pk}/boris.tsv",
            "records for BORIS as workbook": lambda: f"/observations/plans/{observation_plan.pk}/boris.xlsx",
            "table of observation records": lambda: f"/observations/plans/{observation_plan.pk}/observations.xlsx",
            "turns on the device": lambda: "/observe/turns",
            "adaptive tests": lambda: "/tests/",
            "form for an adaptive test": lambda: f"/tests/add?group={group('2023-1').pk}",
            "adaptive test of the own class": lambda: f"/tests/{adaptive_test.pk}/",
            "sitting of the own student": lambda: f"/tests/mine/{adaptive_test.sittings.get(person__code=OWN).pk}/",
            "sitting of a stranger": lambda: f"/tests/mine/{adaptive_test.sittings.exclude(person__code=OWN)[0].pk}/",
            "questions of the own space": lambda: "/spaces/demo-college/questions/",
            "questions of another space": lambda: other_space() and "/spaces/elsewhere/questions/",
            "work given to the teacher": lambda: (
                f"/ratings/works/{rating_round.seats.filter(rater__username='teacher').first().pk}/"
            ),
        }[page]()

    return of


@pytest.mark.parametrize(("page", "role", "status"), list(rows()))
def test_the_access_matrix(signed_in, address, page, role, status):
    assert signed_in(role).get(address(page)).status_code == status


def test_nobody_sees_anything_without_signing_in(client, address):
    for line in MATRIX.strip().splitlines():
        page = " ".join(line.split()[:-6])
        answer = client.get(address(page))
        assert answer.status_code == 302
        assert answer["Location"].startswith("/?next=")


def test_a_student_opens_nothing_of_another_by_any_address(signed_in, person):
    """Every address that names a person, a group or an assessment is tried with each number there is nearby."""
    own, student = person(OWN).pk, signed_in("student")
    patterns = [str(pattern.pattern) for pattern in get_resolver().url_patterns]
    asked = 0
    for pattern in patterns:
        if "<int:pk>" not in pattern:
            continue
        for pk in range(max(1, own - 3), own + 4):
            if pk == own and pattern.startswith("people"):
                continue
            answer = student.get("/" + pattern.replace("<int:pk>", str(pk)))
            assert answer.status_code in (403, 404, 405), pattern
            asked += 1
    assert asked >= 30


def test_a_look_is_written_down_with_its_purpose(signed_in, person):
    signed_in("teacher").get(f"/people/{person(OWN).pk}/portrait/")
    event = ReadEvent.objects.get(person=person(OWN))
    assert (event.account.username, event.page, event.purpose, event.denied) == (
        "teacher", "portrait", "teaching", False,
    )  # fmt: skip


def test_an_attempt_is_written_down_too(signed_in, person):
    signed_in("student").get(f"/people/{person(OTHER).pk}/portrait.pdf")
    event = ReadEvent.objects.get(person=person(OTHER))
    assert (event.account.username, event.denied) == ("student", True)


def test_whether_somebody_exists_is_not_told(signed_in, person):
    student = signed_in("student")
    hidden = student.get(f"/people/{person(OTHER).pk}/portrait/")
    nobody = student.get("/people/999999/portrait/")
    assert hidden.status_code == nobody.status_code == 403


def test_who_looked_is_shown_to_the_student(signed_in, person):
    signed_in("director").get(f"/people/{person(OWN).pk}/portrait/")
    page = signed_in("student").get(f"/people/{person(OWN).pk}/portrait/").content.decode()
    assert "Director Lin (demo)" in page


def test_demo_accounts_open_only_in_a_demonstration(client, settings):
    from dataclasses import replace

    settings.WORKSPACE = replace(settings.WORKSPACE, demo=False)
    assert client.post("/demo-sign-in", {"username": "director"}).status_code == 404
    assert "Director Lin" not in client.get("/").content.decode()


def test_an_ordinary_account_signs_in_with_its_password(client):
    Account.objects.create_user("office", password="a-long-pass-phrase", role="director")
    wrong = client.post("/", {"username": "office", "password": "no"}, headers={"accept-language": "zh"})
    assert "密码" in wrong.content.decode()
    right = client.post("/", {"username": "office", "password": "a-long-pass-phrase"})
    assert right["Location"] == "/home/"
