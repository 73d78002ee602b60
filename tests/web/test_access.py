"""What the demonstration shows to whom, and that each look is written down; the whole matrix is in tests/spec."""

import pytest
from django.urls import get_resolver

from tests.web.looks import looks
from yucai.web.accounts.models import Account
from yucai.web.limits import forget

pytestmark = pytest.mark.django_db

OWN, OTHER = "2023010001", "2025010044"


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
            forget()  # how much one account may ask is not what is asked here
            answer = student.get("/" + pattern.replace("<int:pk>", str(pk)))
            assert answer.status_code in ((401, 405) if pattern.startswith("api") else (403, 404, 405)), pattern
            asked += 1
    assert asked >= 30


def test_a_look_is_written_down_with_its_purpose(signed_in, person):
    signed_in("teacher").get(f"/people/{person(OWN).pk}/portrait/")
    (look,) = looks(person=OWN)
    assert (look.account, look.page, look.purpose, look.refused) == ("teacher", "portrait", "teaching", False)


def test_an_attempt_is_written_down_too(signed_in, person):
    signed_in("student").get(f"/people/{person(OTHER).pk}/portrait.pdf")
    (look,) = looks(person=OTHER)
    assert (look.account, look.refused) == ("student", True)


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
