"""Signing in with an identity service: a real OpenID Connect provider, in a process of its own, on this machine."""

import base64
import hmac
import json
import os
import re
import secrets
import subprocess
import sys
import time
import urllib.parse

import pytest
import requests
from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.accounts.signing import account, browser, come_in, events, is_in
from yucai.errors import FaultyInputError
from yucai.web.accounts.models import Account
from yucai.web.accounts.service_models import ServiceIdentity
from yucai.web.accounts.service_oidc import _client
from yucai.web.accounts.sign_in_models import SignIn
from yucai.web.policy import IdentityService, read_service

PROVIDER = """
import flask
from joserfc import jwt
from joserfc.jwk import RSAKey
from oidc_provider_mock import User, app
from werkzeug.serving import make_server
wang = {"email": "wang@example.edu", "name": "Wang", "preferred_username": "wang", "sid": "session-of-77"}
people = [User(sub="77", claims=wang)]
people.append(User(sub="88", claims={"preferred_username": "wang", "name": "Another Wang"}))
people.append(User(sub="99", claims={"preferred_username": "new", "name": "New"}))
people.append(User(sub="66", claims={"name": "Without a number"}))
provider = app(require_nonce=True, user_claims=people)

@provider.post("/signed")
def signed():
    # A token of any claims, signed with the key of the provider, as it does when somebody signs out there.
    key = RSAKey.import_key(flask.g.oidc_provider_mock_storage.jwk.as_dict(is_private=True))
    return jwt.encode({"alg": "RS256", "typ": "logout+jwt", "kid": key.kid}, flask.request.json, key)

server = make_server("127.0.0.1", 0, provider, threaded=True)
print(server.port, flush=True)
server.serve_forever()
"""


@pytest.fixture(scope="module")
def provider():
    """The address of a running provider, which takes a free port itself and listens when it says which."""
    env = {**os.environ, "AUTHLIB_INSECURE_TRANSPORT": "1"}
    process = subprocess.Popen(
        [sys.executable, "-c", PROVIDER], env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        port = process.stdout.readline().strip()
        assert port, "the provider did not start"
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=30)
        process.stdout.close()


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
    Account.objects.filter(username="wang").update(username="wang-renamed")
    client = browser()
    come_by_service(client, "77")
    assert is_in(client)


@pytest.mark.django_db
@pytest.mark.parametrize("subject", ["99", "66"])
def test_no_account_is_opened_by_itself(service, space, subject):
    client = browser()
    assert "you have no account here" in come_by_service(client, subject).content.decode()
    assert Account.objects.filter(demo=False).count() == 0


@pytest.mark.django_db
def test_an_account_is_opened_where_the_office_says_so(service, space):
    from dataclasses import replace

    service.IDENTITY_SERVICE = replace(service.IDENTITY_SERVICE, open_role="teacher", open_space="school")
    client = browser()
    come_by_service(client, "99")
    made = Account.objects.get(demo=False)
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


EVENT = {"http://schemas.openid.net/event/backchannel-logout": {}}


def claims_of(provider, **changed):
    """What a log-out token says (Back-Channel Logout 1.0, section 2.4); a change to None leaves a claim out."""
    now = int(time.time())
    whole = {"iss": provider, "aud": "yucai", "iat": now, "exp": now + 120, "jti": secrets.token_hex(8),
             "events": EVENT, "sub": "77", "sid": "session-of-77"}  # fmt: skip
    return {name: value for name, value in (whole | changed).items() if value is not None}


def signed(provider, **changed):
    return requests.post(f"{provider}/signed", json=claims_of(provider, **changed), timeout=30).text


def tell(token, **more):
    return browser(**more).post("/identity-service/back", {"logout_token": token})


@pytest.fixture
def wang_in(service, space):
    """Wang, who came by the service, and once more with a password."""
    account(space, "wang")
    by_service, by_password = browser(), browser()
    come_by_service(by_service, "77")
    come_in(by_password, "wang")
    return by_service, by_password


@pytest.mark.django_db
@pytest.mark.parametrize("changed", [{}, {"sub": None}, {"sid": None}, {"aud": ["other", "yucai"]}, {"exp": None}])
def test_what_the_service_ends_ends_here(wang_in, provider, changed):
    answer = tell(signed(provider, **changed))
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    assert [is_in(client) for client in wang_in] == [False, True]
    assert "ended by the identity service" in wang_in[0].get("/").content.decode()
    assert [event.reason for event in events("session-ended")] == ["service"]


@pytest.mark.django_db
@pytest.mark.parametrize("changed", [{"sub": "88", "sid": None}, {"sub": "88"}, {"sid": "another"}])
def test_the_log_out_of_another_ends_nothing_of_mine(wang_in, provider, changed):
    assert tell(signed(provider, **changed)).status_code == 200  # whoever is not here is signed out already
    assert is_in(wang_in[0])


@pytest.mark.django_db
@pytest.mark.parametrize(
    "changed",
    [{"iss": "https://elsewhere.example"}, {"aud": "other"}, {"aud": None}, {"iat": 1}, {"iat": "now"}, {"iat": None},
     {"iat": 2**40}, {"exp": 5}, {"events": None}, {"events": {}}, {"events": [*EVENT]}, {"nonce": "n"},
     {"sub": None, "sid": None}, {"sub": 77}, {"jti": None}, {"jti": ""}, {"iat": True}],
    ids=str,
)  # fmt: skip
def test_a_log_out_that_breaks_a_rule_of_the_standard_ends_nothing(wang_in, provider, changed):
    answer = tell(signed(provider, **changed))
    assert (answer.status_code, "Nobody was signed out" in answer.content.decode()) == (400, True)
    assert is_in(wang_in[0])
    assert [event.refused for event in events("service-log-out")] == [True]


@pytest.mark.django_db
def test_a_log_out_is_taken_once(wang_in, provider):
    token = signed(provider)
    assert tell(token).status_code == 200
    come_by_service(wang_in[0], "77")
    answer = tell(token, language="zh")
    assert (answer.status_code, "没有任何人被退出" in answer.content.decode()) == (400, True)
    assert is_in(wang_in[0])


@pytest.mark.django_db
def test_an_old_log_out_and_one_from_a_clock_set_back_end_nothing(wang_in, provider, clock):
    token = signed(provider)
    for hours in (1, -2):
        clock.go(hours=hours)
        assert tell(token).status_code == 400


def _forged(kind, provider):
    claims = claims_of(provider)
    (known,) = requests.get(f"{provider}/jwks", timeout=30).json()["keys"]
    if kind in ("unsigned", "secret"):  # a public key is no shared secret
        header = {"alg": "none" if kind == "unsigned" else "HS256", "kid": known["kid"]}
        said = ".".join(_base64(json.dumps(part).encode()) for part in (header, claims))
        public = RSAKey.import_key(known).as_pem()
        return f"{said}." + ("" if kind == "unsigned" else _base64(hmac.digest(public, said.encode(), "sha256")))
    header = {"alg": "RS256", "kid": known["kid"] if kind == "other key" else "unknown"}
    return jwt.encode(header, claims, RSAKey.generate_key(2048))


def _base64(value):
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["unsigned", "secret", "other key", "unknown key"])
def test_a_forged_log_out_ends_nothing(wang_in, provider, kind):
    assert tell(_forged(kind, provider)).status_code == 400
    assert is_in(wang_in[0])


@pytest.mark.django_db
@pytest.mark.parametrize("token", ["", "x", "a.b.c", "." * 30_000, "é.é.é"])
def test_what_is_no_token_ends_nothing(service, token):
    assert tell(token).status_code == 400


@pytest.mark.django_db
def test_an_id_token_is_no_log_out(wang_in, provider):
    kept = wang_in[0].session["service_token"]
    assert tell(kept).status_code == 400
    assert is_in(wang_in[0])


@pytest.mark.django_db
def test_a_log_out_while_the_service_is_away_is_told_as_such(service):
    from dataclasses import replace

    service.IDENTITY_SERVICE = replace(service.IDENTITY_SERVICE, issuer="http://127.0.0.1:9")
    assert tell("a.b.c").status_code == 503


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
    assert "hidden" not in repr(IdentityService(issuer="https://x", client_secret="hidden"))
