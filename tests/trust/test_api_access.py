"""Who may ask what of the API: the same as on the page, for every role and every relation, and never more.

The lines are those of the access matrix (tests/spec). An operation that shares its access with no page fails here.
"""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.spec.test_access_matrix import LETTERS, LINES, OPEN
from tests.trust.world import ROLES, furnish
from tests.web.programs import ALL, Program, program_of, token_of
from yucai.web.accounts.actions import change_password, end_everywhere, switch_off
from yucai.web.accounts.audit_models import AuditEntry
from yucai.web.accounts.factors import remove_factors
from yucai.web.accounts.models import Account, Person
from yucai.web.accounts.token_models import ApiToken
from yucai.web.accounts.tokens import SCOPES
from yucai.web.api.operations import OPERATIONS
from yucai.web.jobs.models import Job
from yucai.web.limits import OF_ADDRESSES, OF_TOKENS

pytestmark = pytest.mark.django_db
BODY = {"job_asked": {"kind": "measure"}}
GUARDED = [one for one in OPERATIONS if not one.open]


@pytest.fixture
def world(db, settings, tmp_path):
    settings.WORKSPACE = replace(settings.WORKSPACE, folder=tmp_path / "office")
    own, beside = furnish("near", tmp_path)
    elsewhere, _ = furnish("far", tmp_path)
    return {"own": own, "beside": beside, "elsewhere": elsewhere}


def lines_of(operation):
    return [line for line in LINES if line[0] == operation.page]


def asked(program, operation, parts):
    """Ask, and undo what that did."""
    with transaction.atomic():
        answer = program.ask(
            reverse(operation.url_name, kwargs=parts), method=operation.method, said=BODY.get(operation.name)
        )
        transaction.set_rollback(True)
    return answer


def asked_page(client, line, parts):
    with transaction.atomic():
        answer = getattr(client, line[1])(reverse(line[0], kwargs=parts))
        transaction.set_rollback(True)
    return answer.status_code


# The matrix


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.name)
def test_every_operation_shares_its_access_with_a_page(operation):
    assert operation.page in OPEN if operation.open else lines_of(operation)


@pytest.mark.parametrize("role", ROLES)
def test_the_api_lets_in_whom_the_page_lets_in(world, role):
    account = world["own"].accounts[role]
    program, browser = program_of(account), Client()
    browser.force_login(account)
    wrong, n = [], 0
    for operation in GUARDED:
        for line in lines_of(operation):
            for column, letters in zip(("own", "beside", "elsewhere"), line[3:], strict=True):
                if letters == "=":
                    continue
                parts = {} if line[2] == "-" else world[column].parts[line[2].replace("-", " ")]
                status = asked(program, operation, parts).status_code
                page = asked_page(browser, line, parts)
                n += 1
                if not (status < 500 and (status != 403) == (page != 403) == (LETTERS[role] in letters)):
                    wrong.append(f"{operation.name} {line[2]} {column}: {status}, page {page}, table {letters}")
    assert "\n".join(wrong) == ""
    assert n > 30


def test_without_a_token_nothing_but_the_open_operations_answers(world):
    for operation in OPERATIONS:
        line = next(iter(lines_of(operation)), None)
        parts = {} if line is None or line[2] == "-" else world["own"].parts[line[2].replace("-", " ")]
        answer = asked(Program(), operation, parts)
        assert answer.status_code == (200 if operation.open else 401), operation.name
        if not operation.open:
            assert answer["WWW-Authenticate"].startswith("Bearer")


# Scopes


def test_a_token_does_only_what_it_was_given(world):
    director = world["own"].accounts["director"]
    for operation in [one for one in GUARDED if one.scopes]:
        line = lines_of(operation)[0]
        parts = {} if line[2] == "-" else world["own"].parts[line[2].replace("-", " ")]
        others = [scope for scope in ALL if scope not in operation.scopes]
        refused = asked(program_of(director, *others), operation, parts)
        assert (refused.status_code, refused.json()["type"]) == (403, "urn:yucai:problem:scope"), operation.name
        assert 'error="insufficient_scope"' in refused["WWW-Authenticate"]
        for scope in operation.scopes:
            allowed = asked(program_of(director, scope), operation, parts)
            assert allowed.status_code == operation.status, operation.name


def test_each_scope_opens_something():
    assert {scope for one in OPERATIONS for scope in one.scopes} == set(SCOPES)


def test_a_token_of_every_scope_makes_nobody_more_than_they_are(world):
    person = world["beside"].parts["person"]["pk"]
    for role in ("teacher", "mentor", "student", "bureau", "officer"):
        answer = program_of(world["own"].accounts[role], *ALL).ask(f"people/{person}/portrait")
        assert answer.status_code == 403, role


# Tokens that open nothing


def test_a_token_that_is_over_opens_nothing(world):
    at = timezone.now()
    over, clock_set_back = {"made_at": at - timedelta(days=91)}, {"made_at": at + timedelta(days=1)}
    for more in (over, clock_set_back, {"revoked_at": at, "revoked_why": "by-owner"}):
        answer = program_of(world["own"].accounts["director"], **more).ask("me")
        assert (answer.status_code, answer.json()["type"]) == (401, "urn:yucai:problem:token"), more


def test_a_wrong_token_a_password_and_a_session_open_nothing(world, client):
    director = world["own"].accounts["director"]
    _row, value = token_of(director)
    client.force_login(director)
    program = Program(client=client)
    assert program.ask("me").status_code == 401  # the cookie of a browser
    for said in ("Bearer x", f"Bearer {value}x", f"Bearer {value[:-1]}", f"Basic {value}", f"Token {value}", value,
                 "Bearer", "Bearer ", f"bearer\t{value}", "Bearer " + "x" * 5000, f"Bearer {value} {value}",
                 ):  # fmt: skip
        assert program.ask("me", Authorization=said).status_code == 401, said
    assert program.ask("me", Authorization=f"bearer {value}").status_code == 200


def test_a_token_in_an_address_is_never_taken(world):
    _row, value = token_of(world["own"].accounts["director"])
    for name in ("token", "access_token", "key", "Authorization"):
        assert Program().ask(f"me?{name}={value}").status_code == 401
        assert Program(value=value).ask(f"me?{name}={value}").status_code == 422


def test_a_token_dies_with_its_account_at_once(world):
    teacher, director = world["own"].accounts["teacher"], world["own"].accounts["director"]
    program = program_of(teacher)
    assert program.ask("me").status_code == 200
    switch_off(account=teacher, by=director, at=timezone.now())
    assert program.ask("me").status_code == 401
    Account.objects.filter(pk=teacher.pk).update(is_active=True)  # on again, the token stays dead
    assert program.ask("me").status_code == 401


@pytest.mark.parametrize("act", ["password", "factors", "office"])
def test_a_token_ends_where_sign_ins_end(world, act):
    teacher, director = world["own"].accounts["teacher"], world["own"].accounts["director"]
    program, at = program_of(teacher), timezone.now()
    if act == "password":
        change_password(account=teacher, password="five-words-that-differ-much", keep=0, at=at)
    elif act == "factors":
        remove_factors(account=teacher, by=teacher, at=at)
    else:
        end_everywhere(account=teacher, by=director, at=at)
    assert program.ask("me").status_code == 401
    row = ApiToken.objects.get(account=teacher)
    assert row.revoked_why == {"password": "password", "factors": "factor", "office": "by-office"}[act]
    event = AuditEntry.objects.filter(act="api-token.revoked").latest("position")
    assert (event.target, event.reason) == (f"account:{teacher.pk}", row.revoked_why)


def test_a_token_made_with_a_password_alone_sleeps_where_two_factors_are_asked_for(world, settings):
    teacher = world["own"].accounts["teacher"]
    alone, both = program_of(teacher), program_of(teacher, way="two-factors")
    settings.SIGN_IN = replace(settings.SIGN_IN, second_factor_for=("teacher",))
    assert (alone.ask("me").status_code, both.ask("me").status_code) == (401, 200)


def test_nobody_outside_has_tokens(world):
    from yucai.web.accounts.tokens import may_have_tokens

    link = world["own"].parts["outside link"]["pk"]
    assert not may_have_tokens(Account.objects.get(outside_link=link))
    unbound = Account.objects.create(username="near-unbound", role="student")
    assert not may_have_tokens(unbound)
    assert program_of(unbound).ask("me").status_code == 401


# Attacks


def test_a_guessed_number_is_answered_like_a_strangers(world):
    """Whether somebody exists is not told: the same status and the same words."""
    strangers = world["elsewhere"].parts
    program = program_of(world["own"].accounts["teacher"])
    for path, stranger in (
        ("people/{}/portrait", strangers["person"]["pk"]), ("people/{}/looks", strangers["person"]["pk"]),
        ("people/{}/next-steps", strangers["person"]["pk"]), ("groups/{}", strangers["group"]["pk"]),
        ("groups/{}/people", strangers["group"]["pk"]), ("assessments/{}", strangers["assessment"]["pk"]),
        ("requests/{}", strangers["request"]["pk"]), ("jobs/{}", strangers["job"]["pk"]),
    ):  # fmt: skip
        theirs = program.ask(path.format(stranger))
        for number in (0, 987654321, 2**53 - 1, 2**63, 10**30):
            guessed = program.ask(path.format(number))
            assert (guessed.status_code, guessed.content) == (theirs.status_code, theirs.content), (path, number)
        assert theirs.status_code == 403
    assert program.ask("spaces/far/registers").content == program.ask("spaces/nowhere/registers").content


def test_a_refused_look_is_in_the_trail_with_the_token(world):
    student = world["own"].accounts["student"]
    row, value = token_of(student)
    stranger = Person.objects.get(pk=world["beside"].parts["person"]["pk"])
    assert Program(value=value).ask(f"people/{stranger.pk}/portrait").status_code == 403
    event = AuditEntry.objects.filter(people__person=stranger).latest("position")
    assert (event.target, event.refused, event.account_id) == ("portrait", True, student.pk)
    assert event.detail == f'{{"token":{row.pk},"via":"api"}}'


def test_fields_that_nobody_offered_are_not_taken(world):
    program = program_of(world["own"].accounts["director"])
    before = Job.objects.count()
    for said in (
        {"kind": "measure", "owner": 1}, {"kind": "measure", "state": "done"}, {"kind": "measure", "space": "far"},
        {"kind": "measure", "__class__": "x"}, {"kind": "import:7"}, {"kind": "feed"}, {"kind": ["measure"]},
        {"kind": "measure\n"}, {}, [], "measure", None,
    ):  # fmt: skip
        answer = program.ask("spaces/near/jobs", method="POST", said=b"null" if said is None else said)
        assert answer.status_code == 422, (said, answer.content)
        assert answer.json()["errors"]
    assert Job.objects.count() == before


def test_huge_and_broken_bodies_are_refused_in_words(world):
    program = program_of(world["own"].accounts["director"])

    def sent(body, **headers):
        return program.ask("spaces/near/jobs", method="POST", said=body, **headers).status_code

    assert sent(b'{"kind": "' + b"x" * 20_000 + b'"}') == 413
    assert sent(b"[" * 16_000) == sent(b'{"kind":' * 2_000) == 422
    assert sent(b"{") == sent(b"\xff\xfe") == sent(b'{"kind": "measure"} x') == 400
    assert sent(b'{"kind": "measure"}', Content_Type="text/plain") == 415
    assert sent(b'{"kind": "measure"}', Content_Type="application/json; charset=utf-16") == 415
    assert sent(b"kind=measure", Content_Type="application/x-www-form-urlencoded") == 415


def test_what_is_said_in_a_request_breaks_out_of_no_header(world):
    program = program_of(world["own"].accounts["director"])
    broken = "%0d%0aSet-Cookie:%20x=1"
    for path in (f"groups?space={broken}", f"groups?limit=1&space=near{broken}", f"groups?{broken}=1",
                 f"people/{world['own'].parts['person']['pk']}/portrait?period={broken}", f"spaces/{broken}/registers",
                 f"nothing/{broken}"):  # fmt: skip
        answer = program.ask(path)
        assert "Set-Cookie" not in answer
        assert all("\n" not in value and "\r" not in value for value in answer.headers.values()), path
        assert answer["Content-Type"].startswith(("application/json", "application/problem+json"))


def test_another_site_reads_nothing_and_no_answer_is_kept(world):
    program = program_of(world["own"].accounts["director"])
    for path, how in (("me", "GET"), ("nothing", "GET"), ("me", "OPTIONS"), ("spaces/near/jobs", "POST")):
        answer = program.ask(path, method=how, Origin="https://evil.example", Access_Control_Request_Method="GET")
        assert not [name for name in answer.headers if name.lower().startswith("access-control")]
        assert answer["Cache-Control"] == "no-store"
        assert not answer.cookies


def test_whoever_asks_too_much_waits_however_many_tokens_there_are(world, monkeypatch):
    monkeypatch.setattr(OF_TOKENS, "most", 6.0)
    monkeypatch.setattr(OF_TOKENS, "a_second", 0.01)
    teacher = world["own"].accounts["teacher"]
    programs = [program_of(teacher), program_of(teacher)]
    assert [programs[n % 2].ask("me").status_code for n in range(8)] == [200] * 6 + [429] * 2
    waits = programs[0].ask("me")
    assert 90 <= int(waits["Retry-After"]) <= 100
    assert waits.json()["type"] == "urn:yucai:problem:many"
    assert program_of(world["own"].accounts["student"]).ask("me").status_code == 200


def test_an_address_without_a_token_waits_too(monkeypatch):
    monkeypatch.setattr(OF_ADDRESSES, "most", 4.0)
    monkeypatch.setattr(OF_ADDRESSES, "a_second", 0.01)
    paths = ("me", "algorithms", "openapi.json", "nothing", "me", "algorithms", "openapi.json", "nothing")
    answers = [Program().ask(path) for path in paths]
    assert [answer.status_code for answer in answers] == [401, 200, 200, 404, 429, 429, 429, 429]
    assert {answer["Content-Type"] for answer in answers[4:]} == {"application/problem+json"}


def test_the_bureau_gets_of_a_group_only_what_may_leave(world):
    program = program_of(world["own"].accounts["bureau"])
    cohort = world["own"].parts["cohort"]["pk"]
    assert program.get(f"groups/{cohort}/people")["items"] == []
    assert program.get(f"groups/{cohort}/assessments")["items"] == []
    whole = program.get(f"groups/{cohort}")
    assert all(one["median"] is None for one in whole["qualities"])
    assert program.ask(f"groups/{world['own'].parts['group']['pk']}").status_code == 403
