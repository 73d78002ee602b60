"""The door of the device: a shell without data, turns with pseudonyms only, records once, refusals in words."""

import json
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from tests.web.observing import SEEN, account, body, opened, row, turns_of
from yucai.evidence import load_coding_scheme
from yucai.web.evidence.observation_models import ObservationSession, ObservationTurn
from yucai.web.evidence.observation_plans import close_plan

pytestmark = pytest.mark.django_db


@pytest.fixture
def plan(db):
    """Give a plan whose turns are today, as the device is given those of the last weeks and the coming ones."""
    found = opened()
    ObservationTurn.objects.filter(plan=found).update(starts=timezone.now())
    return found


def send(client, said):
    return client.post("/observe/records", json.dumps(said), content_type="application/json")


def test_the_shell_and_its_worker_hold_nothing_about_anybody_and_are_the_same_for_all(client, signed_in, plan):
    stranger = client.get("/observe/")
    assert stranger.status_code == 200
    for role in ("teacher", "director"):
        page = signed_in(role).get("/observe/").content.decode()
        assert "K-0" not in page
        assert account(role).name_en not in page
    worker = Client().get("/observe/worker.js")
    assert worker["Content-Type"].startswith("text/javascript")
    assert "no-cache" in worker["Cache-Control"]
    files = json.loads(worker.content.decode().split("const FILES = ")[1].split(";\n")[0])
    assert files[0] == "/observe/"
    assert "/observe/turns" not in files


def test_every_file_that_the_worker_keeps_is_there(client):
    worker = client.get("/observe/worker.js").content.decode()
    files = json.loads(worker.split("const FILES = ")[1].split(";\n")[0])
    for file in files[1:]:
        answer = client.get(file)
        assert answer.status_code == 200, file
        text = b"".join(answer.streaming_content).decode()
        answer.close()
        if file.endswith(".js"):
            for line in text.splitlines():
                if line.startswith("import ") and ' from "./' in line:
                    assert f"/static/yucai/{line.split('./')[1].split(chr(34))[0]}" in files


def test_turns_go_to_their_observer_with_all_that_is_needed_and_no_more(signed_in, plan):
    given = signed_in("teacher").get("/observe/turns").json()
    mine = set(turns_of(plan, "teacher").values_list("pk", flat=True))
    mine |= set(turns_of(plan, "teacher", second=True).values_list("pk", flat=True))
    assert {turn["pk"] for turn in given["turns"]} == mine
    assert given["account"] == account("teacher").pk
    assert set(given["turns"][0]) == {"pk", "plan", "number", "child", "setting", "starts", "second", "done"}
    scheme = load_coding_scheme("aggression-preschool")
    held = given["schemes"]["aggression-preschool"]
    assert [code["code"] for code in held["behaviours"]] == list(scheme.codes_of("behaviours"))
    assert held["behaviours"][0]["excludes"][0]["zh"] == scheme.behaviours[0].excludes[0].zh
    text = json.dumps(given)
    assert "C-1" not in text  # the numbers of consent forms stay here
    assert "Zhao" not in text


def test_turns_of_a_closed_plan_and_of_a_space_one_left_are_not_given(signed_in, plan):
    teacher = signed_in("teacher")
    close_plan(plan=plan, by=account("director"), at=timezone.now())
    assert teacher.get("/observe/turns").json()["turns"] == []
    plan.refresh_from_db()
    type(plan).objects.filter(pk=plan.pk).update(closed_at=None, closed_by=None)
    assert teacher.get("/observe/turns").json()["turns"]
    account("teacher").spaces.clear()
    assert teacher.get("/observe/turns").json()["turns"] == []


def test_turns_of_a_child_whose_consent_was_withdrawn_are_not_given_and_its_records_refused(signed_in, plan):
    turn = turns_of(plan, "teacher").first()
    said = body(turn)
    signed_in("director").post(f"/observations/plans/{plan.pk}/withdraw", {"child": turn.child.pseudonym})
    teacher = signed_in("teacher")
    given = teacher.get("/observe/turns").json()
    assert turn.child.pseudonym not in json.dumps(given)
    refused = send(teacher, said)
    assert (refused.status_code, "withdrawn" in refused.json()["said"][0]) == (409, True)


def test_a_record_is_taken_and_sending_it_again_gets_the_same_answer(signed_in, plan):
    teacher, said = signed_in("teacher"), body(turns_of(plan, "teacher").first())
    first, again = send(teacher, said), send(teacher, said)
    assert first.status_code == again.status_code == 200
    assert first.json() == again.json()
    assert first.json()["uuid"] == said["uuid"]
    assert ObservationSession.objects.count() == 1
    assert [turn["done"] for turn in teacher.get("/observe/turns").json()["turns"]].count(True) == 1


def test_another_body_under_the_same_number_is_refused_in_words(signed_in, plan):
    teacher, said = signed_in("teacher", "zh"), body(turns_of(plan, "teacher").first())
    send(teacher, said)
    refused = send(teacher, {**said, "rows": []})
    assert refused.status_code == 409
    assert "已提交的记录不再更改" in refused.json()["said"][0]


def test_every_fault_of_a_record_is_told_in_the_language_of_the_page(signed_in, plan):
    turn = turns_of(plan, "teacher").first()
    wrong = body(turn, [row("jumping", 1), row("alone", 5), row("aggression", 700, 800)])
    refused = send(signed_in("teacher", "zh"), wrong)
    assert (refused.status_code, refused.json()["taken"]) == (422, False)
    assert len(refused.json()["said"]) == 3
    assert "jumping" in " ".join(refused.json()["said"])
    assert not ObservationSession.objects.exists()


def test_the_turn_of_another_and_one_that_is_none_are_refused_alike(signed_in, plan):
    foreign = body(turns_of(plan, "researcher").first())
    teacher = signed_in("teacher")
    answers = [send(teacher, foreign), send(teacher, {**foreign, "turn": 10**9})]
    assert [answer.status_code for answer in answers] == [403, 403]
    assert answers[0].json() == answers[1].json()
    assert "not given to the account" in answers[0].json()["said"][0]


def test_a_record_without_the_token_of_the_forms_is_refused_and_with_it_taken(plan):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(account("teacher"))
    said = body(turns_of(plan, "teacher").first())
    assert send(strict, said).status_code == 403
    token = strict.get("/observe/turns").json()["token"]
    taken = strict.post(
        "/observe/records", json.dumps(said), content_type="application/json", headers={"X-CSRFToken": token}
    )
    assert taken.status_code == 200


def test_signed_out_a_device_is_sent_to_the_sign_in_and_nothing_is_taken(client, plan):
    assert client.get("/observe/turns").status_code == 302
    assert send(client, body(turns_of(plan, "teacher").first())).status_code == 302
    assert not ObservationSession.objects.exists()


def test_signing_in_leads_back_to_the_recording_page_and_nowhere_else(client, plan):
    for post in ("/demo-sign-in", "/demo-sign-in?next=/observe/"):
        assert client.post(post, {"username": "teacher", "next": "/observe/"})["Location"] == "/observe/"
    for elsewhere in ("https://elsewhere.example/observe/", "//observe/", "/people/1/portrait/", ""):
        assert client.post("/demo-sign-in", {"username": "teacher", "next": elsewhere})["Location"] == "/home/"


@pytest.mark.parametrize("raw", ["", "[]", "{}", '{"uuid": 1}', "\ud83d"])
def test_nonsense_is_refused_in_words(signed_in, plan, raw):
    content = raw.encode("utf-8", "surrogatepass")
    answer = signed_in("teacher").post("/observe/records", content, content_type="application/json")
    assert answer.status_code == 422
    assert answer.json()["said"]


def test_a_record_with_every_column_comes_back_as_it_was_sent(signed_in, plan):
    full = row("aggression", 3.5, 9.1, target="K-002", antecedent="provoked", consequence="peer-leaves",
               modifiers="form=verbal;function=reactive", materials="积木",
               density=3, adult_distance_m=1.5)  # fmt: skip
    said = body(turns_of(plan, "teacher").first(), [*SEEN[:1], full], exposure_s=599.9, uuid=str(uuid4()))
    said["rows"][0] = row("alone", 0, 3.5)
    assert send(signed_in("teacher"), said).status_code == 200
    kept = ObservationSession.objects.get().rows.get(code="aggression")
    assert {name: getattr(kept, name) for name in full} == full
