"""Pages of adaptive tests: planned and foretold, answered question by question, shown with what is not known."""

import json
import re

import pytest

from tests.trust.explained import lacking
from tests.web.adaptive import ME, NOON, OTHER, QUALITIES, account, mine, opened
from tests.web.looks import looks
from yucai.web.accounts.models import Person
from yucai.web.measurement.adaptive_models import AdaptiveSitting, AdaptiveTestRecord
from yucai.web.measurement.adaptive_sittings import begin_sitting, question_asked

pytestmark = pytest.mark.django_db


def form(group, **changes):
    said = {
        "name": "AI literacy, autumn", "occasion": "2026-2027-1", "qualities": list(QUALITIES), "std_error": "0.5",
        "least_items": "4", "most_items": "12", "exposure": "drawn", "fresh_only": "on", "seed": "11",
        "people": list(group.people.values_list("pk", flat=True)),
    }  # fmt: skip
    return {name: value for name, value in {**said, **changes}.items() if value is not None}


def post_answer(client, sitting, option, number=None):
    number = sitting.n_answers + 1 if number is None else number
    return client.post(f"/tests/mine/{sitting.pk}/answer", {"number": number, "option": option}, follow=True)


@pytest.mark.parametrize(("language", "words"), [("en", "What this test would do"), ("zh", "这次测试会怎样进行")])
def test_a_test_is_foretold_before_it_is_started(signed_in, group, language, words):
    client, klass = signed_in("teacher", language), group("2023-1")
    address = f"/tests/add?group={klass.pk}"
    assert client.get(address).status_code == 200
    page = client.post(address, {**form(klass), "look": "yes"}).content.decode()
    assert words in page
    assert re.search(r"\d+ questions a person on average|平均每人 \d+ 题", page)
    assert not AdaptiveTestRecord.objects.exists()
    client.post(address, {**form(klass), "start": "yes"})
    record = AdaptiveTestRecord.objects.get()
    assert (record.sittings.count(), record.occasion) == (30, "2026-2027-1")
    assert record.opened_by.username == "teacher"
    assert "test/ai/ai-innovative-thinking/9" not in record.questions  # misleading: never asked


def test_content_and_people_are_as_chosen(signed_in, group, person):
    client, klass = signed_in("teacher"), group("2023-1")
    chosen = form(klass, people=[person(ME).pk], area_0_least="3", area_1_most="5")
    client.post(f"/tests/add?group={klass.pk}", {**chosen, "start": "yes"})
    record = AdaptiveTestRecord.objects.get()
    assert list(record.sittings.values_list("person__code", flat=True)) == [ME]
    content = json.loads(record.test)["plan"]["content"]
    assert list(content.values()) == [[3, 12], [0, 5]]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": " "}, "This field is required"),
        ({"name": "x" * 101}, "at most 100 characters"),
        ({"people": None}, "This field is required"),
        ({"qualities": None}, "This field is required"),
        ({"most_items": "99"}, "lengths run from 1 to all of the bank (23)"),
        ({"least_items": "13"}, "a test of at least 13 and at most 12 items cannot be given"),
        ({"area_0_least": "13"}, "asks for 13 items of content in all"),
        ({"exposure": "held", "most_items": "20"}, "of learners are to see an item"),
    ],
)
def test_what_cannot_be_is_told_in_words_and_nothing_is_opened(signed_in, group, changes, words):
    client, klass = signed_in("teacher"), group("2023-1")
    page = client.post(f"/tests/add?group={klass.pk}", {**form(klass, **changes), "start": "yes"})
    assert words in page.content.decode()
    assert not AdaptiveTestRecord.objects.exists()


def test_people_of_another_class_are_refused(signed_in, group, person):
    client, klass = signed_in("teacher"), group("2023-1")
    changes = form(klass, people=[person("2025010044").pk])
    page = client.post(f"/tests/add?group={klass.pk}", {**changes, "start": "yes"}).content.decode()
    assert "is not one of the available choices" in page


def test_a_name_is_given_once(signed_in, group):
    opened(name="AI literacy, autumn")
    client, klass = signed_in("teacher"), group("2023-1")
    page = client.post(f"/tests/add?group={klass.pk}", {**form(klass), "start": "yes"}).content.decode()
    assert "is there already" in page


def test_whoever_answered_all_before_is_named(signed_in, group):
    client, klass = signed_in("teacher"), group("2024-1")  # this class tried the questions
    page = client.post(f"/tests/add?group={klass.pk}", {**form(klass), "start": "yes"}).content.decode()
    assert "29 of the people chosen (2024010001, " in page
    client.post(f"/tests/add?group={klass.pk}", {**form(klass, fresh_only=None), "start": "yes"})
    assert AdaptiveTestRecord.objects.get().sittings.count() == 30


@pytest.mark.parametrize(("language", "words"), [("en", "What your answers say"), ("zh", "您的作答说明了什么")])
def test_a_student_goes_from_the_list_to_an_honest_result(signed_in, language, words):
    record = opened(most_items=8)
    client, sitting = signed_in("student", language), mine(record)
    assert f"/tests/mine/{sitting.pk}/" in client.get("/tests/").content.decode()
    assert client.get(f"/tests/mine/{sitting.pk}/").status_code == 200
    client.post(f"/tests/mine/{sitting.pk}/begin")
    while (sitting := mine(record)).asked:
        question = question_asked(sitting).text
        page = client.get(f"/tests/mine/{sitting.pk}/").content.decode()
        assert question.stem.in_language(language) in page.replace("&#x27;", "'").replace("&quot;", '"')
        assert page.count('type="radio"') == 4
        post_answer(client, sitting, question.key)
    page = client.get(f"/tests/mine/{sitting.pk}/").content.decode()
    assert words in page
    assert page.count('<th scope="row">') == 4
    assert page.count('role="img"') == 2


@pytest.mark.usefixtures("db")
def test_too_few_answers_are_shown_as_not_sure_never_as_low(signed_in):
    record = opened(qualities=QUALITIES, most_items=3, least_items=1)
    client, sitting = signed_in("student"), mine(record)
    client.post(f"/tests/mine/{sitting.pk}/begin")
    while (sitting := mine(record)).asked:
        post_answer(client, sitting, "A")
    page = client.get(f"/tests/mine/{sitting.pk}/").content.decode()
    assert page.count('<tr class="grey">') == 4
    assert "at least 3 pieces" in page or "No evidence yet" in page
    assert "It ended after the most questions" in page


@pytest.mark.parametrize("language", ["en", "zh"])
def test_l9_the_result_of_a_test_holds_all_six_parts(signed_in, language):
    record = opened(most_items=1, least_items=1)
    client, sitting = signed_in("student", language), mine(record)
    client.post(f"/tests/mine/{sitting.pk}/begin")
    post_answer(client, mine(record), "A")
    assert lacking(client.get(f"/tests/mine/{sitting.pk}/").content.decode(), language) == []


def test_a_stale_tab_and_the_back_button_lead_to_the_question_that_waits(signed_in):
    record = opened()
    client, sitting = signed_in("student"), mine(record)
    client.post(f"/tests/mine/{sitting.pk}/begin")
    sitting = mine(record)
    post_answer(client, sitting, "A")
    same = post_answer(client, sitting, "A", number=1)
    assert "Question 2" in same.content.decode()
    other = post_answer(client, sitting, "B", number=1)
    assert "The first answer counts" in other.content.decode()
    assert "Question 2" in other.content.decode()
    assert mine(record).n_answers == 1
    for bad in ("", "x", "-1", "9" * 30):
        assert (
            "no answer to a question that is asked now"
            in post_answer(client, sitting, "A", number=bad).content.decode()
        )


@pytest.mark.parametrize("what", ["", "begin", "answer"])
def test_a_test_of_another_person_is_refused_as_one_that_is_not_there(signed_in, what):
    record = opened()
    client, other = signed_in("student"), mine(record, OTHER)
    for pk in (other.pk, 10**9):
        address = f"/tests/mine/{pk}/{what}"
        answer = client.post(address, {"number": 1, "option": "A"}) if what else client.get(address)
        assert answer.status_code == 403
    assert AdaptiveSitting.objects.filter(test=record, began_at__isnull=False).count() == 0


def test_the_teacher_sees_how_it_goes_and_each_look_is_written_down(signed_in):
    record = opened(most_items=6)
    me = mine(record)
    begin_sitting(sitting=me, by=account("student"), at=NOON)
    student = signed_in("student")
    post_answer(student, mine(record), "A")
    page = signed_in("teacher").get(f"/tests/{record.pk}/").content.decode()
    assert "1 question answered" in page
    assert page.count("not begun") == 29
    assert len(looks(page="adaptive-test", account="teacher", person=ME)) == 1


def test_a_teacher_closes_a_test_once_and_a_student_is_told(signed_in):
    record = opened()
    client = signed_in("teacher")
    assert "closed by" in client.post(f"/tests/{record.pk}/close", follow=True).content.decode()
    assert "closed this test" in client.post(f"/tests/{record.pk}/close").content.decode()
    student = signed_in("student")
    assert "You answered no question of it" in student.get(f"/tests/mine/{mine(record).pk}/").content.decode()
    late = student.post(f"/tests/mine/{mine(record).pk}/begin")
    assert "closed this test" in late.content.decode()


@pytest.mark.parametrize(
    ("role", "status"),
    [("director", 200), ("teacher", 200), ("researcher", 200), ("student", 403), ("mentor", 403), ("bureau", 403)],
)
def test_who_sees_a_test_and_the_questions(signed_in, role, status):
    record = opened()
    client = signed_in(role)
    assert client.get(f"/tests/{record.pk}/").status_code == status
    assert client.get("/spaces/demo-college/questions/").status_code == status


@pytest.mark.parametrize(
    ("role", "status"),
    [("director", 302), ("teacher", 302), ("researcher", 403), ("student", 403), ("mentor", 403), ("bureau", 403)],
)
def test_who_closes_a_test(signed_in, role, status):
    record = opened()
    assert signed_in(role).post(f"/tests/{record.pk}/close").status_code == status


def test_a_teacher_starts_no_test_for_a_class_of_others(signed_in, group):
    assert signed_in("teacher").get(f"/tests/add?group={group('2025-1').pk}").status_code == 403
    assert signed_in("teacher").get("/tests/add?group=x").status_code == 403


def test_who_left_the_class_keeps_their_test(signed_in, group):
    record = opened()
    group("2023-1").people.remove(Person.objects.get(code=ME))
    assert signed_in("student").get(f"/tests/mine/{mine(record).pk}/").status_code == 200


@pytest.mark.parametrize(("language", "words"), [("en", "Misleading"), ("zh", "误导")])
def test_questions_show_who_chooses_what_and_which_mislead(signed_in, language, words):
    page = signed_in("teacher", language).get("/spaces/demo-college/questions/").content.decode()
    assert page.count('class="quality of-bank"') == 24
    assert words in page
    assert page.count('<tr class="key">') == 24


def test_a_space_without_a_bank_says_what_to_do(director, space, people):
    page = director.get(f"/spaces/{space.code}/questions/").content.decode()
    assert "题库" in page
    assert "导入" in page
