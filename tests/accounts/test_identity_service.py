"""Signing in with an identity service: a real OpenID Connect provider, in a process of its own, on this machine."""

import os
import re
import socket
import subprocess
import sys
import time
import urllib.parse

import pytest
import requests

from tests.accounts.signing import account, browser, events, is_in
from yucai.errors import FaultyInputError
from yucai.web.accounts.models import Account
from yucai.web.accounts.service import _client
from yucai.web.accounts.service_models import ServiceIdentity
from yucai.web.accounts.sign_in_models import SignIn
from yucai.web.policy import IdentityService, read_service

PROVIDER = """
import sys
from oidc_provider_mock import User, app
people = [User(sub="77", claims={"email": "wang@example.edu", "name": "Wang", "preferred_username": "wang"})]
people.append(User(sub="88", claims={"preferred_username": "wang", "name": "Another Wang"}))
people.append(User(sub="99", claims={"preferred_username": "new", "name": "New"}))
people.append(User(sub="66", claims={"name": "Without a number"}))
app(require_nonce=True, user_claims=people).run(host="127.0.0.1", port=int(sys.argv[1]))
"""


@pytest.fixture(scope="module")
def provider():
    """The address of a running provider."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = {**os.environ, "AUTHLIB_INSECURE_TRANSPORT": "1"}
    process = subprocess.Popen(
        [sys.executable, "-c", PROVIDER, str(port)], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            try:
                requests.get(f"{address}/.well-known/openid-configuration", timeout=5)
                break
            except requests.ConnectionError:
                assert process.poll() is None
                time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=30)


@pytest.fixture
def service(provider, settings, space, monkeypatch):
    """An office that takes the identity service, by the claim preferred_username."""
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
    _client.cache_clear()
    settings.IDENTITY_SERVICE = IdentityService(
        issuer=provider, client_id="yucai", client_secret="secret", claim="preferred_username"
    )
    return settings


def asked(client, page=""):
    """Go to the service; give the address that the browser is sent to."""
    return client.get(f"/identity-service?next={page}")["Location"]


def vouched(address, subject):
    """Say yes at the service as a subject; give the path it sends the browser back to."""
    answer = requests.post(address, data={"sub": subject}, allow_redirects=False, timeout=30)
    back = urllib.parse.urlsplit(answer.headers["Location"])
    return f"{back.path}?{back.query}"


def come_by_service(client, subject, page=""):
    return client.get(vouched(asked(client, page), subject), follow=True)


@pytest.mark.django_db
def test_a_person_comes_in_by_the_claim_that_the_office_named(service, space):
    wang = account(space, "wang")
    client = browser()
    assert come_by_service(client, "77", page="/account/").status_code == 200
    assert is_in(client)
    row = SignIn.objects.get()
    assert (row.way, row.account) == ("service", wang)
    (bound,) = events("service-bound")
    assert bound.account_id == wang.pk
    assert ServiceIdentity.objects.get().subject == "77"


@pytest.mark.django_db
def test_a_browser_is_sent_with_state_nonce_and_pkce(service):
    said = urllib.parse.parse_qs(urllib.parse.urlsplit(asked(browser())).query)
    assert said["code_challenge_method"] == ["S256"]
    assert all(len(said[name][0]) >= 20 for name in ("state", "nonce", "code_challenge"))
    assert said["redirect_uri"] == ["http://testserver/identity-service/back"]


@pytest.mark.django_db
def test_a_name_given_to_somebody_else_opens_nothing(service, space):
    account(space, "wang")
    come_by_service(browser(), "77")
    other = browser()
    assert "you have no account here" in come_by_service(other, "88").content.decode()
    assert not is_in(other)


@pytest.mark.django_db
def test_the_subject_counts_when_the_name_changes(service, space):
    account(space, "wang")
    come_by_service(browser(), "77")
    Account.objects.update(username="wang-renamed")
    client = browser()
    come_by_service(client, "77")
    assert is_in(client)


@pytest.mark.django_db
@pytest.mark.parametrize("subject", ["99", "66"])
def test_no_account_is_opened_by_itself(service, space, subject):
    client = browser()
    assert "you have no account here" in come_by_service(client, subject).content.decode()
    assert Account.objects.count() == 0


@pytest.mark.django_db
def test_an_account_is_opened_where_the_office_says_so(service, space):
    from dataclasses import replace

    service.IDENTITY_SERVICE = replace(service.IDENTITY_SERVICE, open_role="teacher", open_space="school")
    client = browser()
    come_by_service(client, "99")
    made = Account.objects.get()
    assert (made.username, made.role, made.has_usable_password(), [*made.spaces.all()]) == (
        "new", "teacher", False, [space],
    )  # fmt: skip
    assert is_in(client)
    assert not is_in(browser())


@pytest.mark.django_db
def test_an_account_switched_off_stays_shut(service, space):
    account(space, "wang", is_active=False)
    client = browser()
    come_by_service(client, "77")
    assert not is_in(client)


@pytest.mark.django_db
def test_an_answer_to_the_question_of_another_browser_opens_nothing(service, space):
    """Log-in forgery: somebody is made to come back with the answer that a stranger got."""
    account(space, "wang")
    back = vouched(asked(browser()), "77")
    victim = browser()
    asked(victim)
    assert "did not vouch" in victim.get(back, follow=True).content.decode()
    assert not is_in(victim)


@pytest.mark.django_db
def test_an_answer_is_taken_once(service, space):
    account(space, "wang")
    client = browser()
    back = vouched(asked(client), "77")
    client.get(back)
    assert is_in(client)
    client.post("/sign-out")
    assert "did not vouch" in client.get(back, follow=True).content.decode()
    assert not is_in(client)


@pytest.mark.django_db
def test_an_answer_with_another_nonce_opens_nothing(service, space):
    """A token that was made for another question, put under this one's state."""
    account(space, "wang")
    client = browser()
    back = vouched(asked(client), "77")
    session = client.session
    (kept,) = [name for name, _ in session.items() if name.startswith("_state_school_")]
    session[kept] = {**session[kept], "data": {**session[kept]["data"], "nonce": "of-another-question"}}
    session.save()
    assert "did not vouch" in client.get(back, follow=True).content.decode()
    assert not is_in(client)


@pytest.mark.django_db
def test_a_number_planted_before_going_to_the_service_opens_nothing(service, space):
    account(space, "wang")
    client, stranger = browser(), browser()
    back = vouched(asked(client), "77")
    planted = client.cookies["sessionid"].value
    client.get(back)
    assert is_in(client)
    stranger.cookies["sessionid"] = planted
    assert not is_in(stranger)


@pytest.mark.django_db
@pytest.mark.parametrize("page", ["https://elsewhere.example/", "//elsewhere.example", "/sign-out"])
def test_the_way_back_leads_to_no_foreign_host(service, space, page):
    account(space, "wang")
    client = browser()
    assert client.get(vouched(asked(client, page), "77"))["Location"] == "/home/"


@pytest.mark.django_db
@pytest.mark.parametrize("back", ["", "?code=x", "?state=x&code=y", "?error=access_denied&state=x"])
def test_a_made_up_answer_opens_nothing(service, back):
    client = browser()
    asked(client)
    assert "did not vouch" in client.get(f"/identity-service/back{back}", follow=True).content.decode()


@pytest.mark.django_db
def test_a_service_that_is_not_the_issuer_named_is_not_believed(service, provider):
    from dataclasses import replace

    service.IDENTITY_SERVICE = replace(service.IDENTITY_SERVICE, issuer=f"{provider}/oauth2/..")
    _client.cache_clear()
    answer = browser().get("/identity-service", follow=True).content.decode()
    assert "did not vouch" in answer


@pytest.mark.django_db
def test_a_service_that_is_away_is_told_as_one(service):
    from dataclasses import replace

    service.IDENTITY_SERVICE = replace(service.IDENTITY_SERVICE, issuer="http://127.0.0.1:9")
    assert "cannot be reached" in browser().get("/identity-service", follow=True).content.decode()


@pytest.mark.django_db
def test_signing_out_here_leads_on_to_signing_out_there(service, space, provider):
    account(space, "wang")
    client = browser()
    come_by_service(client, "77")
    there = client.post("/sign-out")["Location"]
    said = urllib.parse.parse_qs(urllib.parse.urlsplit(there).query)
    assert there.startswith(f"{provider}/oauth2/end_session?")
    assert said["post_logout_redirect_uri"] == ["http://testserver/"]
    assert re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]+", said["id_token_hint"][0])
    assert not is_in(client)
    assert requests.get(there, timeout=30).status_code == 200


@pytest.mark.django_db
def test_without_a_service_there_is_no_such_page(space):
    assert browser().get("/identity-service").status_code == browser().get("/identity-service/back").status_code == 404
    assert "identity service" not in browser().get("/").content.decode()


def test_what_the_office_says_of_its_service_is_held_against_the_rules(tmp_path):
    file = tmp_path / "yucai.toml"
    good = '[oidc]\nissuer = "https://id.example.edu"\nclient_id = "a"\nclient_secret = "b"\nclaim = "sub"\n'
    file.write_text(good)
    assert read_service(file) == IdentityService(
        issuer="https://id.example.edu", client_id="a", client_secret="b", claim="sub"
    )
    file.write_text('[oidc]\nissuer = "http://id.example.edu"\nclient_id = 1\nopen_role = "director"\nx = "y"\n')
    with pytest.raises(FaultyInputError) as told:
        read_service(file)
    assert {fault.code for fault in told.value.faults} == {
        "unknown", "not-text", "missing", "not-safe", "half", "no-such-role",
    }  # fmt: skip
    file.write_text("")
    assert read_service(file) is None
