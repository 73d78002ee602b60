"""Attacks on signing in: what is planted, replayed or forged opens nothing, and it is said why."""

import json
import re

import pytest
from django.test import Client

from tests.accounts.authenticator import PRESENT, Device
from tests.accounts.signing import PHRASE, account, browser, come_in, events, is_in
from yucai.web.accounts.factor_models import CodeGenerator, Passkey
from yucai.web.accounts.factors import code_at
from yucai.web.accounts.keys import seal
from yucai.web.accounts.models import Account, Group
from yucai.web.accounts.outside import give_link
from yucai.web.accounts.sign_in_models import SignIn

pytestmark = pytest.mark.django_db

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture
def wang(space):
    return account(space, "school-wang")


@pytest.fixture
def phone(wang, clock):
    """Wang is asked for a code of the phone."""
    CodeGenerator.objects.create(
        account=wang, secret=seal("generator", SECRET), begun_at=clock.at, confirmed_at=clock.at
    )
    return lambda: code_at(SECRET, int(clock.at.timestamp()) // 30)


@pytest.fixture
def device(wang, clock):
    """Wang's device with a passkey; the clock has gone on since."""
    client, made = browser(), Device()
    come_in(client, "school-wang")
    client.post("/account/passkeys/add", {"answer": made.made(asked(client, "/account/passkeys/offer")), "name": "x"})
    assert Passkey.objects.filter(account=wang).count() == 1
    return made


def asked(client, page="/passkey/ask"):
    return json.loads(client.post(page).content)["challenge"]


def enter(client, answer):
    return client.post("/passkey/enter", {"answer": answer}, follow=True).content.decode()


def planted(client):
    """Plant a session number in a browser, as an attacker who knows it would; give the number."""
    client.get("/")
    session = client.session
    session["planted"] = True
    session.save()
    client.cookies["sessionid"] = session.session_key
    return session.session_key


def opens_nothing(number):
    stranger = browser()
    stranger.cookies["sessionid"] = number
    return not is_in(stranger)


def test_a_passkey_opens_the_account_of_its_owner(device, wang):
    client = browser()
    enter(client, device.shown(asked(client)))
    assert is_in(client)
    assert SignIn.objects.order_by("-pk").first().way == "passkey"


def test_an_answer_of_a_passkey_is_taken_once_and_in_the_browser_that_asked(device):
    client, other = browser(), browser()
    answer = device.shown(asked(client))
    asked(other)
    assert "was not taken" in enter(other, answer)
    enter(client, answer)
    client.post("/sign-out")
    for again in (client, browser()):
        assert "was not taken" in enter(again, answer)
        assert not is_in(again)


@pytest.mark.parametrize(
    "change",
    [{"origin": "https://testserver.evil.example"}, {"host": "evil.example"}, {"flags": PRESENT}, {"count": -1}],
    ids=["another site", "another name", "owner not verified", "counter of a copy"],
)
def test_a_passkey_of_elsewhere_unverified_or_copied_opens_nothing(device, change):
    client = browser()
    device.count = 5
    enter(client, device.shown(asked(client)))
    client.post("/sign-out")
    for name, value in change.items():
        setattr(device, name, value)
    assert "was not taken" in enter(client, device.shown(asked(client)))
    assert not is_in(client)


def test_a_passkey_signed_with_another_key_opens_nothing(device):
    client = browser()
    assert "was not taken" in enter(client, Device(credential=device.credential).shown(asked(client)))


def test_a_passkey_of_an_account_switched_off_opens_nothing(device, wang):
    Account.objects.filter(pk=wang.pk).update(is_active=False)
    client = browser()
    assert "was not taken" in enter(client, device.shown(asked(client)))


def test_a_passkey_of_one_account_is_not_made_that_of_another(device, space):
    account(space, "school-zhao")
    zhao = browser()
    come_in(zhao, "school-zhao")
    zhao.post("/account/passkeys/add", {"answer": device.made(asked(zhao, "/account/passkeys/offer")), "name": "x"})
    assert Passkey.objects.count() == 1


def test_a_machine_left_alone_gets_no_factor_of_somebody_else(device, wang, clock):
    """Whoever sits down at it later can neither add nor remove what opens the account, without the password."""
    client = browser()
    come_in(client, "school-wang", page="/")
    enter(client, device.shown(asked(client)))
    key = Passkey.objects.get()
    clock.go(minutes=11)
    assert client.post("/account/passkeys/offer").status_code == 403
    assert client.post(f"/account/passkeys/{key.pk}/remove")["Location"] == "/account/prove"
    assert client.get("/account/generator")["Location"] == "/account/prove?for=generator"
    assert "Show your password to add or remove one" in client.get("/account/").content.decode()
    assert "not your password" in client.post("/account/prove", {"old": "wrong"}).content.decode()
    assert client.get("/account/generator").status_code == 302
    assert client.post("/account/prove?for=generator", {"old": PHRASE})["Location"] == "/account/generator"
    assert client.get("/account/generator").status_code == 200
    assert client.post(f"/account/passkeys/{key.pk}/remove")["Location"] == "/account/"
    assert not Passkey.objects.exists()


def test_a_clock_set_back_makes_no_proof_fresh(wang, clock):
    client = browser()
    come_in(client, "school-wang")
    clock.go(minutes=-4)
    assert client.post("/account/passkeys/offer").status_code == 403


def test_a_number_planted_before_the_second_step_opens_nothing(phone, wang):
    client = browser()
    before = planted(client)
    come_in(client, "school-wang")
    between = client.cookies["sessionid"].value
    assert client.post("/second-step", {"code": phone()}).status_code == 302
    assert is_in(client)
    assert len({before, between, client.cookies["sessionid"].value}) == 3
    assert opens_nothing(before)
    assert opens_nothing(between)


def test_a_number_planted_before_a_link_or_a_passkey_opens_nothing(device, space, clock):
    lin = account(space, "school-lin", role="director")
    group = Group.objects.create(space=space, code="g", kind="mentees", name_en="g", name_zh="g")
    given = give_link(name="Zhou", group=group, days=3, by=lin, at=clock.at)
    mentor, owner = browser(), browser()
    numbers = [planted(mentor), planted(owner)]
    mentor.post(f"/outside/{given.token}")
    enter(owner, device.shown(asked(owner)))
    assert is_in(owner)
    assert mentor.get(f"/groups/{group.pk}/").status_code == 200
    assert [opens_nothing(number) for number in numbers] == [True, True]


@pytest.mark.parametrize("page", ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example"])
def test_no_second_step_leads_to_a_foreign_host(phone, wang, page):
    client = browser()
    come_in(client, "school-wang", page=f"/?next={page}")
    assert client.post("/second-step", {"code": phone()})["Location"] == "/home/"


@pytest.mark.parametrize("done", ["off", "deleted"])
def test_an_account_that_goes_between_the_steps_opens_nothing(phone, wang, done):
    client = browser()
    come_in(client, "school-wang")
    if done == "off":
        Account.objects.filter(pk=wang.pk).update(is_active=False)
    else:
        wang.delete()
    assert client.post("/second-step", {"code": phone()})["Location"] == "/"
    assert not is_in(client)


def test_a_clock_set_back_between_the_steps_opens_nothing(phone, wang, clock):
    client = browser()
    come_in(client, "school-wang")
    clock.go(hours=-1)
    assert client.post("/second-step", {"code": phone()})["Location"] == "/"


def test_a_form_sent_by_another_site_signs_nobody_in_or_out(wang):
    """Log-in forgery: without the token of the page nothing is done."""
    strict = Client(enforce_csrf_checks=True)
    assert come_in(strict, "school-wang").status_code == 403
    client = Client(enforce_csrf_checks=True)
    client.force_login(wang)
    for page in ("/sign-out", "/account/sign-ins/end", "/account/password", "/account/passkeys/offer"):
        assert client.post(page).status_code == 403
    assert is_in(client)


def test_thirty_browsers_at_once_keep_the_owner_waiting_a_quarter_of_an_hour_at_most(wang, clock):
    """A burst from everywhere at one name: strangers wait, and so does a new browser of the owner, not long."""
    codes = [come_in(browser(f"198.51.100.{n}"), "school-wang", "wrong-wrong-wrong").status_code for n in range(30)]
    assert codes == [200] * 5 + [429] * 25
    clock.go(minutes=15)
    assert come_in(browser("203.0.113.9"), "school-wang").status_code == 302
    assert len(events("sign-in-failed")) == 5  # what only waits is no event: a burst does not fill the trail


REFUSALS = {
    "wrong password": (lambda client: come_in(client, "school-wang", "wrong"), "do not belong together", "不匹配"),
    "old link for a password": (lambda client: client.get(f"/password/{'A' * 43}"), "does not open", "已失效"),
    "forged link for outside": (lambda client: client.get("/outside/x:y:z"), "does not open", "已失效"),
    "no passkey": (lambda client: client.post("/passkey/enter", {"answer": "{}"}, follow=True), "was not taken",
                   "未被接受"),
}  # fmt: skip


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("case", REFUSALS)
def test_each_refusal_is_a_sentence_in_the_language_of_who_reads_it(wang, case, language):
    act, en, zh = REFUSALS[case]
    page = act(browser(language=language)).content.decode()
    assert (en if language == "en" else zh) in page
    assert "Traceback" not in page


@pytest.mark.parametrize(("language", "said"), [("en", "used already"), ("zh", "已使用过")])
def test_a_code_that_was_used_is_refused_in_both_languages(phone, wang, language, said):
    for n in range(2):
        client = browser(language=language)
        come_in(client, "school-wang", PHRASE)
        answer = client.post("/second-step", {"code": phone()})
        assert (answer.status_code == 302) is (n == 0)
    assert re.search(said, answer.content.decode())
