"""The second factor: codes of RFC 6238, each taken once; recovery codes; roles that must have one."""

import base64
import re
from dataclasses import replace

import pytest

from tests.accounts.signing import PHRASE, account, browser, come_in, events, is_in
from yucai.web.accounts.factor_models import CodeGenerator, RecoveryCode
from yucai.web.accounts.factors import code_at
from yucai.web.accounts.sign_in_models import SignIn

# RFC 6238, appendix B: time in seconds and the last six of its eight digits, SHA-1.
VECTORS = {59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037",
           20000000000: "353130"}  # fmt: skip
RFC_SECRET = base64.b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(("at", "code"), VECTORS.items())
def test_codes_are_those_of_the_standard(at, code):
    assert code_at(RFC_SECRET, at // 30) == code


@pytest.fixture
def wang(space):
    return account(space, "wang")


def code_of(secret, clock, aside=0):
    return code_at(secret, int(clock.at.timestamp()) // 30 + aside)


def set_up(client, clock):
    """Set up codes from a phone; give the secret and the recovery codes."""
    page = client.get("/account/generator").content.decode()
    secret = re.search(r'class="secret">([A-Z2-7 ]+)<', page)[1].replace(" ", "")
    page = client.post("/account/generator", {"code": code_of(secret, clock)}).content.decode()
    return secret, re.findall(r"<code>([a-z2-9]{5}-[a-z2-9]{5})</code>", page)


@pytest.fixture
def phone(wang, clock):
    """Wang with codes from a phone: secret and recovery codes. The next code is a new one."""
    client = browser()
    come_in(client, "wang")
    secret, codes = set_up(client, clock)
    clock.go(seconds=60)
    return secret, codes


def at_second_step():
    client = browser()
    assert come_in(client, "wang")["Location"] == "/second-step"
    assert not is_in(client)
    return client


@pytest.mark.django_db
def test_a_password_alone_opens_nothing_any_more_and_the_code_does(phone, clock):
    client = at_second_step()
    assert "code" in client.get("/second-step").content.decode()
    assert client.post("/second-step", {"code": code_of(phone[0], clock)})["Location"] == "/home/"
    assert SignIn.objects.order_by("-pk").first().way == "two-factors"
    assert len(phone[1]) == len(set(phone[1])) == 10


@pytest.mark.django_db
def test_a_code_is_taken_once_and_no_older_one_after_it(phone, clock):
    first, second = at_second_step(), at_second_step()
    code, older = code_of(phone[0], clock), code_of(phone[0], clock, aside=-1)
    assert first.post("/second-step", {"code": code}).status_code == 302
    for replayed in (code, older):
        assert "used already" in second.post("/second-step", {"code": replayed}).content.decode()
    assert not is_in(second)
    clock.go(seconds=30)
    assert second.post("/second-step", {"code": code_of(phone[0], clock)}).status_code == 302


@pytest.mark.django_db
def test_a_clock_set_back_lets_no_old_code_in(phone, clock):
    code = code_of(phone[0], clock)
    assert at_second_step().post("/second-step", {"code": code}).status_code == 302
    clock.go(seconds=-60)
    again = at_second_step()
    assert "used already" in again.post("/second-step", {"code": code_of(phone[0], clock)}).content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(("aside", "taken"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_half_a_minute_off(phone, clock, aside, taken):
    clock.go(minutes=5)
    answer = at_second_step().post("/second-step", {"code": code_of(phone[0], clock, aside)})
    assert (answer.status_code == 302) is taken


@pytest.mark.django_db
def test_guessing_codes_waits(phone, clock):
    right = code_of(phone[0], clock)
    wrong = next(
        f"{n:06}" for n in range(9) if all(f"{n:06}" != code_of(phone[0], clock, aside) for aside in (-1, 0, 1))
    )
    client = at_second_step()
    assert [client.post("/second-step", {"code": wrong}).status_code for _ in range(5)] == [200] * 5
    assert client.post("/second-step", {"code": right}).status_code == 429
    clock.go(seconds=5)
    assert client.post("/second-step", {"code": right}).status_code == 302
    assert {event.reason for event in events("sign-in-failed")} == {"factor"}


@pytest.mark.django_db
def test_a_recovery_code_opens_once(phone):
    code = phone[1][3]
    assert at_second_step().post("/second-step", {"code": code.upper().replace("-", " ")}).status_code == 302
    assert at_second_step().post("/second-step", {"code": code}).status_code == 200
    assert RecoveryCode.objects.filter(used_at=None).count() == 9
    assert len(events("recovery-code-used")) == 1


@pytest.mark.django_db
def test_secret_and_recovery_codes_are_in_no_table(phone):
    kept = str([*CodeGenerator.objects.values_list("secret"), *RecoveryCode.objects.values_list("digest")])
    assert phone[0] not in kept
    assert not any(code in kept or code.replace("-", "") in kept for code in phone[1])


@pytest.mark.django_db
def test_the_second_step_is_open_for_ten_minutes_after_the_password(phone, clock):
    client = at_second_step()
    clock.go(minutes=10)
    answer = client.post("/second-step", {"code": code_of(phone[0], clock)})
    assert answer["Location"] == "/"
    assert not is_in(client)


@pytest.mark.django_db
def test_the_second_step_alone_opens_nothing(phone, clock):
    client = browser()
    assert client.get("/second-step")["Location"] == "/"
    assert client.post("/second-step", {"code": code_of(phone[0], clock)})["Location"] == "/"


@pytest.mark.django_db
def test_a_password_that_was_changed_meanwhile_ends_the_second_step(phone, wang, clock):
    client = at_second_step()
    wang.set_password("another-phrase-of-words")
    wang.save()
    assert client.post("/second-step", {"code": code_of(phone[0], clock)})["Location"] == "/"


@pytest.mark.django_db
def test_setting_a_factor_ends_all_other_sessions(wang, clock):
    first, second = browser(), browser()
    for client in (first, second):
        come_in(client, "wang")
    set_up(first, clock)
    assert (is_in(first), is_in(second)) == (True, False)
    (event,) = events("factor-set")
    assert (event.account_id, event.reason) == (wang.pk, "generator")


@pytest.mark.django_db
def test_a_generator_that_was_not_confirmed_asks_nobody(wang, clock):
    client = browser()
    come_in(client, "wang")
    client.get("/account/generator")
    said = client.post("/account/generator", {"code": "12345x"}).content.decode()
    assert "not right" in said
    assert "recovery code" not in said
    assert come_in(browser(), "wang")["Location"] == "/home/"


@pytest.mark.django_db
def test_a_generator_in_use_is_never_shown_again(phone, clock):
    client = at_second_step()
    client.post("/second-step", {"code": code_of(phone[0], clock)})
    assert client.get("/account/generator").status_code == 403


@pytest.mark.django_db
def test_new_recovery_codes_and_removal_ask_for_the_password(phone, clock):
    client = at_second_step()
    client.post("/second-step", {"code": code_of(phone[0], clock)})
    for page in ("recovery-codes", "second-factor/remove"):
        assert "not your password" in client.post(f"/account/{page}", {"old": "wrong"}).content.decode()
    renewed = client.post("/account/recovery-codes", {"old": PHRASE}).content.decode()
    assert not set(phone[1]) & set(re.findall(r"<code>([^<]+)</code>", renewed))
    assert at_second_step().post("/second-step", {"code": phone[1][0]}).status_code == 200
    assert client.post("/account/second-factor/remove", {"old": PHRASE}).status_code == 302
    assert come_in(browser(), "wang")["Location"] == "/home/"


@pytest.mark.django_db
def test_the_office_removes_the_factor_of_who_lost_it(phone, space, wang):
    account(space, "lin", role="director")
    office = browser()
    come_in(office, "lin")
    assert "Remove the second factor" in office.get("/accounts/").content.decode()
    assert office.post(f"/accounts/{wang.pk}/second-factor").status_code == 302
    assert come_in(browser(), "wang")["Location"] == "/home/"
    assert SignIn.objects.filter(account=wang, ended_why="factor").exists()


@pytest.mark.django_db
def test_nobody_else_removes_it(phone, space, wang):
    account(space, "zhao")
    client = browser()
    come_in(client, "zhao")
    assert client.post(f"/accounts/{wang.pk}/second-factor").status_code == 403


@pytest.mark.django_db
def test_a_role_that_must_have_a_factor_sees_nothing_before_it_is_set(wang, clock, settings):
    settings.SIGN_IN = replace(settings.SIGN_IN, second_factor_for=("teacher",))
    client = browser()
    come_in(client, "wang")
    for page in ("/home/", "/ratings/", "/accounts/", "/no/such/page"):
        assert client.get(page)["Location"] == "/account/generator"
    assert client.get("/account/").status_code == 200
    set_up(client, clock)
    assert client.get("/home/").status_code == 200
    clock.go(seconds=60)
    assert come_in(browser(), "wang")["Location"] == "/second-step"


@pytest.mark.django_db
def test_other_roles_are_left_alone(space, settings):
    settings.SIGN_IN = replace(settings.SIGN_IN, second_factor_for=("director",))
    account(space, "zhao")
    client = browser()
    come_in(client, "zhao")
    assert client.get("/home/").status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize(
    "answer", ["", "[]", "{}", "null", "x" * 30_000, '{"id": 1}', '{"id": "AAAA", "rawId": "AAAA"}']
)
def test_a_passkey_that_is_none_opens_nothing(wang, answer):
    client = browser()
    client.post("/passkey/ask")
    said = client.post("/passkey/enter", {"answer": answer}, follow=True).content.decode()
    assert "The passkey was not taken" in said
    assert not is_in(client)
