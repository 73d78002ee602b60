"""The API, as a program meets it: from making a token to the last page of a list.

Everything here is asked of the demonstration, by its own accounts.
"""

import html
import json
import re

import msgspec
import pytest
from django.urls import get_resolver, reverse

from tests.accounts.signing import PHRASE, Clock, browser, come_in
from tests.accounts.signing import account as signed_account
from tests.web.programs import ALL, Program, program_of, token_of
from yucai.web.accounts.audit_models import AuditEntry
from yucai.web.accounts.looks import looks_at
from yucai.web.accounts.models import Account, Group
from yucai.web.accounts.token_models import ApiToken
from yucai.web.accounts.tokens import OF_ROLE, SCOPES
from yucai.web.api.document import document, path_of
from yucai.web.api.operations import OPERATIONS
from yucai.web.api.views import EXAMPLES
from yucai.web.evidence.models import Item
from yucai.web.jobs.models import Job

pytestmark = pytest.mark.django_db
PARTS = {"reasons", "data", "method", "sure", "change", "objection"}


@pytest.fixture
def asking(db):
    """Give a function that returns a program of a demo account."""

    def of(username, *scopes, language="en"):
        return program_of(Account.objects.get(username=username), *scopes, language=language)

    return of


def made(client, **said):
    """Make a token on the page; give the answer and the token on it."""
    answer = client.post(reverse("api_tokens"), {"name": "report", "scopes": ["read:registers"], "days": 90, **said})
    found = re.search(r'<code id="token">(yucai_[\w-]{43})</code>', answer.content.decode())
    return answer, found[1] if found else ""


# A token


def test_a_token_is_made_on_a_page_shown_once_and_kept_as_a_hash(signed_in):
    director = signed_in("director")
    _answer, value = made(director, scopes=["read:groups", "read:jobs"], days=30)
    row = ApiToken.objects.latest("pk")
    assert value
    assert row.scope_list == ("read:groups", "read:jobs")
    assert (row.expires_at - row.made_at).days == 30
    assert value not in "".join(str(one) for one in ApiToken.objects.values_list())
    assert value not in director.get(reverse("api_tokens")).content.decode()
    event = AuditEntry.objects.filter(act="api-token.made").latest("position")
    assert event.target == f"account:{row.account_id}"
    assert value not in event.detail
    assert Program(value=value).get("me")["token"]["scopes"] == ["read:groups", "read:jobs"]


def test_the_page_says_when_a_token_was_last_used_and_revokes_it(signed_in):
    director = signed_in("director")
    _answer, value = made(director, name="Dashboard of the dean")
    page = director.get(reverse("api_tokens")).content.decode()
    assert "Dashboard of the dean" in page
    assert "not used yet" in page
    Program(value=value).get("rules")
    assert "last used" in director.get(reverse("api_tokens")).content.decode()
    row = ApiToken.objects.latest("pk")
    director.post(reverse("api_token_revoke", args=[row.pk]))
    assert Program(value=value).ask("me").status_code == 401
    assert "revoked by its owner" in director.get(reverse("api_tokens")).content.decode()


def test_nobody_revokes_the_token_of_another(signed_in):
    row, value = token_of(Account.objects.get(username="director"))
    assert signed_in("teacher").post(reverse("api_token_revoke", args=[row.pk])).status_code == 403
    assert Program(value=value).ask("me").status_code == 200


def test_a_role_is_offered_what_it_can_use_and_nothing_else(signed_in):
    for role in ("director", "teacher", "student", "mentor", "bureau"):
        page = signed_in(role).get(reverse("api_tokens")).content.decode()
        offered = re.findall(r'name="scopes" value="([\w:]+)"', page)
        assert offered == list(OF_ROLE[role]), role
    _answer, value = made(signed_in("student"), scopes=["run:measure"])
    assert value == ""


def test_a_form_that_is_not_right_says_all_that_is_wrong(signed_in):
    answer, value = made(signed_in("director"), name=" ", scopes=[], days=366)
    said = answer.content.decode()
    assert value == ""
    assert said.count("errorlist") >= 2
    answer, value = made(signed_in("director"), days=366)
    assert value == ""
    assert "366 days are not possible here; write a number from 1 to 365." in answer.content.decode()


def test_at_a_machine_left_alone_no_token_is_made(space, monkeypatch):
    clock = Clock(monkeypatch)
    signed_account(space, "token-lin", role="director")
    office = browser()
    come_in(office, "token-lin")
    clock.go(minutes=11)
    answer = office.post(reverse("api_tokens"), {"name": "x", "scopes": ["read:groups"], "days": 1})
    assert answer["Location"] == f"{reverse('account_prove')}?for=token"
    assert office.post(answer["Location"], {"old": PHRASE})["Location"] == reverse("api_tokens")
    assert made(office)[1]


# Asking


def test_me_says_who_asks_and_with_what(asking):
    said = asking("director", "read:groups").get("me")
    assert said["username"] == "director"
    assert said["role"]["code"] == "director"
    assert said["token"]["name"] == "report"


def test_a_list_is_read_page_by_page_and_every_entry_comes_once(asking):
    program, seen, path = asking("director"), [], "groups?limit=3"
    while path:
        told = program.get(path)
        assert len(told["items"]) <= 3
        seen += [one["id"] for one in told["items"]]
        path = told["next"]
    assert seen == sorted(set(seen))
    assert len(seen) == Group.objects.filter(space__accounts__username="director").count()


def test_the_people_of_a_group_are_one_look_at_those_who_are_shown(asking):
    program, group = asking("director"), Group.objects.filter(kind="class").order_by("pk").first()
    told = program.get(f"groups/{group.pk}/people?limit=4")
    shown = [one["id"] for one in told["items"]]
    event = AuditEntry.objects.filter(act="read").latest("position")
    assert (event.target, sorted(event.people.values_list("person_id", flat=True))) == ("group", sorted(shown))
    rest = program.get(told["next"])["items"]
    assert set(shown).isdisjoint(one["id"] for one in rest)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_portrait_says_the_words_and_numbers_of_the_page(asking, signed_in, language):
    person = Account.objects.get(username="student").person
    told = asking("student", language=language).get(f"people/{person.pk}/portrait")
    page = html.unescape(signed_in("student", language).get(reverse("portrait", args=[person.pk])).content.decode())
    page = re.sub(r'<span lang="zh-hans">(.*?)</span>', r"\1", page)
    assert len(told["qualities"]) == 9
    for quality in told["qualities"]:
        for words in (quality["name"], quality["definition"], quality["sentence"], quality["place"],
                      quality["missing"], *(part["says"] for part in quality["explained"]),
                      *(line["what"] for line in quality["evidence"])):  # fmt: skip
            assert words in page, words
        assert quality["enough"] is (quality["mean"] is not None)
    for words in (*told["summary"], *told["reading"][:2], *(one["title"] for one in told["works"])):
        assert words in page
    assert any(quality["enough"] for quality in told["qualities"])


def test_the_numbers_are_those_of_the_calibration(asking):
    from yucai.web.measurement.models import ProfileRow

    person = Account.objects.get(username="student").person
    told = asking("student").get(f"people/{person.pk}/portrait")
    rows = ProfileRow.objects.filter(run__current=True, person=person, occasion=told["period"]["code"], enough=True)
    kept = {row.quality: (row.mean, row.lower90, row.upper90) for row in rows}
    said = {one["code"]: (one["mean"], one["lower90"], one["upper90"]) for one in told["qualities"] if one["enough"]}
    assert said
    for quality, numbers in said.items():
        assert numbers == pytest.approx(kept[quality], abs=5e-5)


def test_every_result_is_explained_in_six_parts(asking):
    person = Account.objects.get(username="student").person
    portrait = asking("student").get(f"people/{person.pk}/portrait")
    steps = asking("student").get(f"people/{person.pk}/next-steps")["steps"]
    group = asking("director").get(f"groups/{person.groups.get(kind='class').pk}")
    for result in (portrait, group, *portrait["qualities"], *portrait["literacy"], *steps):
        assert {part["code"] for part in result["explained"]} == PARTS
        assert all(part["says"] for part in result["explained"])


def test_a_period_that_is_not_there_is_named_with_those_that_are(asking):
    person = Account.objects.get(username="student").person
    program = asking("student")
    periods = [one["code"] for one in program.get(f"people/{person.pk}/portrait")["periods"]]
    first = program.get(f"people/{person.pk}/portrait?period={periods[0]}")
    assert first["period"]["code"] == periods[0]
    answer = program.ask(f"people/{person.pk}/portrait?period=1999")
    assert answer.status_code == 404
    assert all(period in answer.json()["detail"] for period in periods)


def test_next_steps_are_those_of_the_page(asking, signed_in):
    person = Account.objects.get(username="student").person
    told = asking("student").get(f"people/{person.pk}/next-steps")
    page = html.unescape(signed_in("student").get(reverse("portrait", args=[person.pk])).content.decode())
    said = [step["title"] for step in told["steps"]] + told["silent"] + [one["name"] for one in told["general"]]
    assert said
    assert all(words in page for words in said)


def test_who_looked_tells_what_a_program_looked_at(asking):
    person = Account.objects.get(username="student").person
    asking("director").get(f"people/{person.pk}/portrait")
    said = asking("student").get(f"people/{person.pk}/looks?limit=2")
    assert said["items"][1]["what"] == "portrait (by a program)"
    assert said["items"][1]["role"] == "Honours-college director"
    assert looks_at(person, most=1)[0].what.zh == "谁看过（经由程序）"
    asking("director").get(f"people/{person.pk}/portrait")
    first = asking("student").get(f"people/{person.pk}/looks?limit=1")
    further = asking("student").get(first["next"])["items"]
    assert further[0]["event"] < first["items"][0]["event"]


def test_an_assessment_says_what_its_page_says(asking, signed_in):
    group = Group.objects.filter(kind="class").order_by("pk").first()
    program = asking("director")
    listed = program.get(f"groups/{group.pk}/assessments")["items"]
    told = program.get(f"assessments/{listed[0]['id']}")
    page = html.unescape(signed_in("director").get(reverse("assessment", args=[told["id"]])).content.decode())
    assert told["results"] == sum(band["results"] for band in told["distribution"])
    assert told["name"] in page
    for sentence in told["says"]:
        assert sentence in page
    assert told["difficulty"] in page


def test_registers_rules_and_methods_are_open_to_who_may_read_them(asking):
    program = asking("student")
    (space,) = program.get("spaces")["items"]
    registers = program.get(f"spaces/{space['code']}/registers")
    assert {one["code"] for one in registers["methods"]} >= {"profiles", "next-steps"}
    assert all(one["purpose"] for one in registers["data_sets"])
    assert program.get("rules")["items"][0]["rules"]
    open_ = Program().get("algorithms")
    assert [one["code"] for one in open_["items"][0]["methods"]] == [one["code"] for one in registers["methods"]]


def test_work_is_asked_for_followed_and_called_off(asking):
    program = asking("director")
    code = program.get("spaces")["items"][0]["code"]
    answer = program.ask(f"spaces/{code}/jobs", method="POST", said={"kind": "measure"})
    assert answer.status_code == 202
    told = program.get(answer["Location"])
    assert (told["state"]["code"], told["open"]) == ("queued", True)
    again = program.ask(f"spaces/{code}/jobs", method="POST", said={"kind": "measure"})
    assert again["Location"] == answer["Location"]
    off = program.ask(f"jobs/{told['id']}/cancel", method="POST")
    assert (off.status_code, off.json()["state"]["code"]) == (202, "cancelled")
    assert Job.objects.get(pk=told["id"]).state == "cancelled"


# What is wrong is said in a sentence, in both languages


def test_a_problem_is_told_in_the_language_that_was_asked_for(asking):
    english, chinese = asking("director").ask("people/0/portrait"), asking("director", language="zh").ask("groups/0")
    assert english["Content-Type"] == chinese["Content-Type"] == "application/problem+json"
    assert english["Content-Language"] == "en"
    assert chinese["Content-Language"] == "zh-hans"
    assert english.json()["detail"] == "This is not there, or not for you to see or do. Which of these is not said."
    assert chinese.json()["detail"] == "该内容不存在，或您无权查看或操作（不予区分）。"


@pytest.mark.parametrize(
    ("path", "status", "told"),
    [
        ("groups?limit=0", 422, "It must be >= 1."),
        ("groups?limit=201", 422, "It must be <= 200."),
        ("groups?limit=many", 422, "It must be int and is str."),
        ("groups?limit=01", 422, "It must be int and is str."),
        ("groups?size=3", 422, "There is nothing called “size”."),
        ("groups?limit=1&limit=2", 422, "It was said twice."),
        (f"groups?space={'x' * 51}", 422, "Its length must be <= 50."),
        ("groups?space=%ff", 400, "What was sent cannot be read: what stands behind the question mark."),
        ("nothing", 404, "There is nothing at this address. The document api/v1/openapi.json lists all."),
        ("groups/abc", 404, "There is nothing at this address. The document api/v1/openapi.json lists all."),
    ],
)
def test_what_is_wrong_is_named(asking, path, status, told):
    answer = asking("director").ask(path)
    said = answer.json()
    assert answer.status_code == said["status"] == status
    assert told in [said["detail"], *(one["detail"] for one in said["errors"])]


def test_other_methods_and_other_forms_are_refused_in_words(asking):
    program = asking("director")
    answer = program.ask("me", method="DELETE")
    assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD")
    assert program.ask("jobs/1/cancel").status_code == 405
    for said in ("text/html", "application/xml;q=1, text/*", "application/json;q=0", ";;;"):
        assert program.ask("me", Accept=said).status_code == 406, said
    for said in ("", "*/*", "application/*", "text/html, application/json;q=0.1"):
        assert program.ask("me", Accept=said).status_code == 200, said
    assert program.ask("me", method="HEAD").content == b""


def test_the_old_addresses_of_nothing_are_told_as_json():
    for path in ("/api", "/api/", "/api/v1", "/api/v2/me", "/api/v1/groups/", "/api/\nx"):
        answer = Program().ask(path)
        assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json"), path


# The document and the page


def test_the_document_is_open_and_names_every_operation():
    said = Program().get("openapi.json")
    assert said["openapi"] == "3.1.0"
    named = {one["operationId"] for methods in said["paths"].values() for one in methods.values()}
    assert named == {one.name for one in OPERATIONS}
    chinese = Program(language="zh").get("openapi.json")
    assert chinese["paths"]["/api/v1/me"]["get"]["summary"] == "我是谁"


def test_every_address_of_the_api_is_in_the_document():
    names = {pattern.name for pattern in get_resolver().url_patterns if pattern.name.startswith("api_")}
    beside = {"api_tokens", "api_token_revoke", "api_document", "api_unknown"}
    assert names - beside == {one.url_name for one in OPERATIONS}
    assert len(document()["paths"]) == len(OPERATIONS)


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_page_tells_each_operation_with_a_question_and_an_answer(client, language):
    client.cookies["django_language"] = language
    page = html.unescape(client.get(reverse("api")).content.decode())
    for one in OPERATIONS:
        assert f"<code>{path_of(one)}</code>" in page
        assert (one.title.zh if language == "zh-hans" else one.title.en) in page
    assert page.count("curl") == len(OPERATIONS)
    assert not re.search(r'(?:src|href)="(?:https?:)?//', page)


def shape_of(value):
    """Return what a JSON value is made of: keys and kinds; of a list that of its first entry."""
    if isinstance(value, dict):
        return {key: shape_of(one) for key, one in value.items()}
    if isinstance(value, list):
        return [shape_of(value[0])] if value else []
    return "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.name)
def test_the_answer_on_the_page_is_one_of_the_demonstration(operation):
    from tools.api_examples import answers_now

    kept = json.loads(EXAMPLES.read_text(encoding="utf-8"))
    assert set(kept) == {one.name for one in OPERATIONS}
    now = answers_now(operation)
    for language in ("en", "zh"):
        msgspec.convert(kept[operation.name][language], operation.answer, strict=False)
        assert shape_of(kept[operation.name][language]) == shape_of(now[language]), "run tools/api_examples.py"


# What it costs


@pytest.mark.parametrize(
    ("path", "most"),
    [("me", 8), ("groups?limit=200", 8), ("groups/{group}", 20), ("groups/{group}/people?limit=200", 20),
     ("groups/{group}/assessments?limit=200", 20), ("people/{person}/portrait", 32), ("people/{person}/looks", 20),
     ("assessments/{item}", 20), ("requests", 20), ("rules", 20)],
)  # fmt: skip
def test_an_answer_asks_few_questions_of_the_database(asking, django_assert_max_num_queries, path, most):
    program = asking("director", *ALL)
    group = Group.objects.filter(kind="class").order_by("pk").first()
    numbers = {"group": group.pk, "person": group.people.order_by("pk").first().pk,
               "item": Item.objects.filter(code__startswith="exam/").order_by("pk").first().pk}  # fmt: skip
    program.get(path.format(**numbers))
    with django_assert_max_num_queries(most):
        program.get(path.format(**numbers))


def test_every_scope_is_said_in_both_languages():
    assert all(says.en and says.zh for says in SCOPES.values())
