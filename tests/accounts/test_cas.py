"""Signing in with CAS: a server of its protocol on this machine, and log-out from both sides."""

import urllib.parse
from dataclasses import replace

import pytest
import requests

from tests.accounts.cas_server import CasServer, log_out_of
from tests.accounts.signing import account, browser, come_in, events, is_in
from yucai.errors import FaultyInputError
from yucai.web.accounts.models import Account
from yucai.web.accounts.service_models import ServiceIdentity, ServiceSession
from yucai.web.accounts.sign_in_models import SignIn
from yucai.web.policy import IdentityService, Protocol, read_service


@pytest.fixture(scope="module")
def server():
    opened = CasServer()
    yield opened
    opened.close()


@pytest.fixture
def service(server, settings, space):
    """An office that takes the school's CAS."""
    settings.IDENTITY_SERVICE = IdentityService(protocol=Protocol.CAS, issuer=server.address)
    return settings


def asked(client, page=""):
    return client.get(f"/identity-service?next={page}")["Location"]


def vouched(address, user):
    """Sign in at the server as a user; give the path that it sends the browser back to."""
    answer = requests.get(f"{address}&user={urllib.parse.quote(user)}", allow_redirects=False, timeout=30)
    back = urllib.parse.urlsplit(answer.headers["Location"])
    return f"{back.path}?{back.query}"


def ticket_in(back):
    return urllib.parse.parse_qs(urllib.parse.urlsplit(back).query)["ticket"][0]


def come_by_cas(client, user="20260001", page=""):
    """Sign in by way of the server; give the ticket."""
    back = vouched(asked(client, page), user)
    client.get(back)
    return ticket_in(back)


@pytest.mark.django_db
def test_a_person_comes_in_by_the_name_of_the_server(service, space):
    wang = account(space, "20260001")
    client = browser()
    back = vouched(asked(client, "/account/"), "20260001")
    assert client.get(back)["Location"] == "/account/"
    assert is_in(client)
    assert (SignIn.objects.get().way, ServiceIdentity.objects.get().subject) == ("service", "20260001")
    assert [event.account_id for event in events("service-bound")] == [wang.pk]
    assert ticket_in(back) not in str(ServiceSession.objects.values_list())


@pytest.mark.django_db
def test_an_attribute_may_be_the_account_name(service, space):
    service.IDENTITY_SERVICE = replace(service.IDENTITY_SERVICE, claim="mail")
    account(space, "wang@example.edu")
    client = browser()
    come_by_cas(client)
    assert is_in(client)


@pytest.mark.django_db
@pytest.mark.parametrize("user", ["20269999", "odd<user>&amp;"])
def test_no_account_is_opened_by_itself(service, space, user):
    client = browser()
    assert "you have no account here" in client.get(vouched(asked(client), user), follow=True).content.decode()
    assert not is_in(client)
    assert Account.objects.filter(spaces=space).count() == 0


@pytest.mark.django_db
def test_an_account_is_opened_where_the_office_says_so(service, space):
    service.IDENTITY_SERVICE = replace(service.IDENTITY_SERVICE, open_role="teacher", open_space="school")
    client = browser()
    come_by_cas(client, "20269999")
    made = Account.objects.get(username="20269999")
    assert (made.role, made.name_zh, made.has_usable_password()) == ("teacher", "New & other", False)
    assert is_in(client)


@pytest.mark.django_db
def test_a_ticket_opens_once(service, space):
    account(space, "20260001")
    client = browser()
    back = vouched(asked(client), "20260001")
    client.get(back)
    client.post("/sign-out")
    for again in (client, browser()):
        assert "did not vouch" in again.get(back, follow=True).content.decode()
        assert not is_in(again)


@pytest.mark.django_db
def test_a_ticket_of_another_browser_opens_nothing(service, space):
    """Log-in forgery: somebody is made to come back with the ticket that a stranger got."""
    account(space, "20260001")
    back, victim = vouched(asked(browser()), "20260001"), browser()
    asked(victim)
    assert "did not vouch" in victim.get(back, follow=True).content.decode()
    assert not is_in(victim)


@pytest.mark.django_db
def test_a_ticket_for_another_place_opens_nothing(service, space, server):
    account(space, "20260001")
    client = browser()
    state = urllib.parse.parse_qs(urllib.parse.urlsplit(asked(client)).query)["service"][0].partition("state=")[2]
    stolen = ticket_in(vouched(f"{server.address}/login?service=http%3A%2F%2Felsewhere.example%2F", "20260001"))
    answer = client.get(f"/identity-service/back?state={state}&ticket={stolen}", follow=True)
    assert "did not vouch" in answer.content.decode()
    assert not is_in(client)


@pytest.mark.django_db
@pytest.mark.parametrize("back", ["", "?ticket=ST-1", "?state=x&ticket=ST-1", "?state=&ticket=", "?state=é&ticket=x"])
def test_a_made_up_answer_opens_nothing(service, back):
    client = browser()
    asked(client)
    assert "did not vouch" in client.get(f"/identity-service/back{back}", follow=True).content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("away", ["http://127.0.0.1:9/cas", "no-such-path"])
def test_a_server_that_is_away_or_is_none_is_told_as_one(service, server, away):
    address = away if away.startswith("http") else server.address.replace("/cas", f"/{away}")
    client = browser()
    back = vouched(asked(client), "20260001")
    service.IDENTITY_SERVICE = replace(service.IDENTITY_SERVICE, issuer=address)
    said = client.get(back, headers={"accept-language": "zh"}, follow=True).content.decode()
    assert "身份认证服务未能确认您的身份" in said


@pytest.mark.django_db
def test_the_way_back_leads_to_no_foreign_host(service, space):
    account(space, "20260001")
    client = browser()
    assert client.get(vouched(asked(client, "//elsewhere.example"), "20260001"))["Location"] == "/home/"


@pytest.mark.django_db
def test_signing_out_here_leads_on_to_signing_out_there(service, space, server):
    account(space, "20260001")
    client = browser()
    come_by_cas(client)
    there = client.post("/sign-out")["Location"]
    assert there == f"{server.address}/logout?service=http%3A%2F%2Ftestserver%2F"
    assert requests.get(there, timeout=30).status_code == 200
    assert not is_in(client)


@pytest.mark.django_db
def test_who_came_with_a_password_is_not_sent_there(service, space):
    account(space, "20260001")
    client = browser()
    come_in(client, "20260001")
    assert client.post("/sign-out")["Location"] == "/"


@pytest.mark.django_db
def test_what_the_server_ends_ends_here(service, space):
    account(space, "20260001")
    first, second, local = browser(), browser(), browser()
    ticket, _ = come_by_cas(first), come_by_cas(second)
    come_in(local, "20260001")
    assert browser().post("/identity-service/back", {"logoutRequest": log_out_of(ticket)}).status_code == 200
    assert [is_in(client) for client in (first, second, local)] == [False, True, True]
    assert "ended by the identity service" in first.get("/").content.decode()
    assert [event.reason for event in events("session-ended")] == ["service"]


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + "".join(
    f'<!ENTITY {new} "{f"&{old};" * 10}">' for old, new in zip("abcdefgh", "bcdefghi", strict=True)
) + "]><x>&i;</x>"  # fmt: skip
READING = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + log_out_of("&a;")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "said",
    ["", "x", "<x/>", log_out_of(""), log_out_of("ST-made-up"), BOMB, READING, log_out_of("x") * 2, "<" * 30_000,
     '<?xml version="1.0" encoding="UTF-8"?>' + log_out_of("ST-x")],
    ids=["nothing", "no XML", "other XML", "no ticket", "unknown ticket", "bomb", "file", "two", "long", "declared"],
)  # fmt: skip
def test_a_forged_log_out_ends_nothing_and_is_written_down(service, space, said):
    account(space, "20260001")
    client = browser()
    come_by_cas(client)
    for language, words in (("en", "Nobody was signed out"), ("zh", "没有任何人被退出")):
        answer = browser(language=language).post("/identity-service/back", {"logoutRequest": said})
        assert (answer.status_code, words in answer.content.decode()) == (400, True)
    assert is_in(client)
    assert [event.refused for event in events("service-log-out")] == [True, True]


@pytest.mark.django_db
def test_guessing_tickets_waits(service, space, clock):
    thief = browser("198.51.100.1")
    codes = [
        thief.post("/identity-service/back", {"logoutRequest": log_out_of(f"ST-{n}")}).status_code for n in range(33)
    ]
    assert (codes[:30], set(codes[31:])) == ([400] * 30, {429})


def test_what_the_office_says_of_its_server_is_held_against_the_rules(tmp_path):
    file = tmp_path / "yucai.toml"
    file.write_text('[cas]\nserver = "https://cas.example.edu/cas"\n')
    assert read_service(file) == IdentityService(protocol=Protocol.CAS, issuer="https://cas.example.edu/cas")
    file.write_text('[cas]\nserver = "http://cas.example.edu"\nclient_id = "x"\n[oidc]\nissuer = "https://x.example"\n')
    with pytest.raises(FaultyInputError) as told:
        read_service(file)
    assert {fault.code for fault in told.value.faults} == {"not-safe", "unknown", "missing", "both"}
    assert "请只保留一个" in told.value.in_language("zh")
