"""Signing in with SAML: an identity provider on this machine whose answers are signed, forged, replayed and late."""

import base64
import re
from dataclasses import replace
from datetime import timedelta

import pytest
import requests

from tests.accounts.saml_server import ISSUER, SamlServer, Signer, question_in, wrapped
from tests.accounts.signing import account, browser, is_in
from yucai.errors import FaultyInputError
from yucai.web.accounts.models import Account
from yucai.web.accounts.service_models import ServiceIdentity
from yucai.web.accounts.sign_in_models import SignIn
from yucai.web.policy import IdentityService, Protocol, read_service

BACK = "/identity-service/back"


@pytest.fixture(scope="module")
def server():
    opened = SamlServer()
    yield opened
    opened.close()


@pytest.fixture
def service(server, settings, space):
    """An office that takes the school's SAML identity provider."""
    settings.IDENTITY_SERVICE = IdentityService(
        protocol=Protocol.SAML, issuer=ISSUER, sign_in=server.address, certificate=server.signer.pem(), claim="uid"
    )
    return settings


def asked(client, page=""):
    return client.get(f"/identity-service?next={page}")["Location"]


def vouched(address, user):
    """Sign in at the provider as a user; give the answer in the form that it sends the browser with."""
    return re.search('value="([^"]+)"', requests.get(f"{address}&user={user}", timeout=30).text)[1]


def handed(answer):
    """Send the form of the provider, which brings no cookie of ours; give where the browser goes on."""
    return browser().post(BACK, {"SAMLResponse": answer})["Location"]


def encoded(xml):
    return base64.b64encode(xml).decode()


@pytest.mark.django_db
def test_a_person_comes_in_by_the_attribute_that_the_office_named(service, space):
    account(space, "wang")
    client = browser()
    answer = vouched(asked(client, "/account/"), "wang")
    assert client.get(handed(answer))["Location"] == "/account/"
    assert is_in(client)
    assert (SignIn.objects.get().way, ServiceIdentity.objects.get().subject) == ("service", "wang")
    assert client.post("/sign-out")["Location"] == "/"


@pytest.mark.django_db
def test_what_is_handed_on_is_sealed(service, space):
    assert "wang" not in handed(vouched(asked(browser()), "wang"))


@pytest.mark.django_db
@pytest.mark.parametrize("claim", ["uid", "two", "none"])
def test_nobody_comes_in_without_an_account_or_by_an_attribute_of_several_values(service, space, claim):
    service.IDENTITY_SERVICE = replace(service.IDENTITY_SERVICE, claim=claim)
    account(space, "a")
    client = browser()
    where = handed(vouched(asked(client), "wang"))
    assert "you have no account here" in client.get(where, follow=True).content.decode()


@pytest.mark.django_db
def test_an_account_is_opened_where_the_office_says_so(service, space):
    service.IDENTITY_SERVICE = replace(service.IDENTITY_SERVICE, open_role="mentor", open_space="school", claim="")
    client = browser()
    client.get(handed(vouched(asked(client), "li")))
    made = Account.objects.get(username="li")
    assert (made.role, made.name_en, made.has_usable_password()) == ("mentor", "Name of li", False)


@pytest.mark.django_db
def test_an_answer_opens_once_and_in_the_browser_that_asked(service, space):
    account(space, "wang")
    client, other = browser(), browser()
    answer = vouched(asked(client), "wang")
    asked(other)
    assert "did not vouch" in other.get(handed(answer), follow=True).content.decode()
    where = handed(answer)
    client.get(where)
    client.post("/sign-out")
    for again in (where, handed(answer)):
        assert "did not vouch" in client.get(again, follow=True).content.decode()
        assert not is_in(client)


@pytest.mark.django_db
def test_an_answer_that_nobody_asked_for_opens_nothing(service, space):
    account(space, "wang")
    answer = vouched(asked(browser()), "wang")
    assert "did not vouch" in browser().get(handed(answer), follow=True).content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("by", [{"minutes": 2}, {"minutes": -2}])
def test_what_is_handed_on_lasts_a_minute_and_no_clock_set_back_makes_it_longer(service, space, clock, by):
    account(space, "wang")
    client = browser()
    where = handed(vouched(asked(client), "wang"))
    clock.go(**by)
    assert "did not vouch" in client.get(where, follow=True).content.decode()


FORGED = {
    "other key": lambda signer, asked: Signer().answer(asked, "wang"),
    "other issuer": lambda signer, asked: signer.answer(asked, "wang", issuer="https://elsewhere.example"),
    "for another": lambda signer, asked: signer.answer(asked, "wang", audience="https://elsewhere.example"),
    "too old": lambda signer, asked: signer.answer(asked, "wang", age=timedelta(minutes=10)),
    "too early": lambda signer, asked: signer.answer(asked, "wang", age=timedelta(minutes=-10)),
    "changed": lambda signer, asked: signer.answer(asked, "li").replace(b">li<", b">wang<"),
    "cut by a comment": lambda signer, asked: signer.answer(asked, "wang.li").replace(b"wang.li", b"wang<!---->.li"),
    "wrapped": lambda signer, asked: wrapped(signer.answer(asked, "li"), "wang"),
    "unsigned": lambda signer, asked: re.sub(rb"<ds:Signature.*</ds:Signature>", b"", signer.answer(asked, "wang")),
    "bomb": lambda signer, asked: b'<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>',
    "no XML": lambda signer, asked: b"x",
    "nothing": lambda signer, asked: b"",
}


@pytest.mark.django_db
@pytest.mark.parametrize("kind", FORGED)
def test_a_forged_answer_opens_nothing(service, space, server, kind):
    account(space, "wang")
    client = browser()
    answer = encoded(FORGED[kind](server.signer, question_in(asked(client))))
    for language, words in (("en", "did not vouch for you"), ("zh", "未能确认您的身份")):
        said = browser(language=language).post(BACK, {"SAMLResponse": answer}, follow=True)
        assert words in said.content.decode()
    assert not is_in(client)
    assert SignIn.objects.count() == 0


@pytest.mark.django_db
@pytest.mark.parametrize("answer", ["***", "é", "x" * 200_000])
def test_what_is_no_answer_opens_nothing(service, answer):
    assert "did not vouch" in browser().post(BACK, {"SAMLResponse": answer}, follow=True).content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("where", ["", "?handed=", "?handed=x", "?handed=é"])
def test_a_made_up_way_back_opens_nothing(service, where):
    client = browser()
    asked(client)
    assert "did not vouch" in client.get(f"{BACK}{where}", follow=True).content.decode()


@pytest.mark.django_db
def test_no_log_out_from_outside_is_believed(service):
    answer = browser().post(BACK, {"logout_token": "a.b.c", "logoutRequest": "<x/>"})
    assert (answer.status_code, "Nobody was signed out" in answer.content.decode()) == (400, True)


def test_what_the_office_says_of_its_provider_is_held_against_the_rules(tmp_path, server):
    file = tmp_path / "yucai.toml"
    good = f'[saml]\nissuer = "{ISSUER}"\nsign_in = "https://idp.example.edu/sso"\n'
    file.write_text(f'{good}certificate = """{server.signer.pem()}"""\n')
    assert read_service(file).certificate == server.signer.pem()
    file.write_text('[saml]\nissuer = "urn:x"\nsign_in = "http://idp.example.edu"\ncertificate = "x"\n')
    with pytest.raises(FaultyInputError) as told:
        read_service(file)
    assert {fault.code for fault in told.value.faults} == {"not-safe", "no-certificate"}
