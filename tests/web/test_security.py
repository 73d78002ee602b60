"""What every page keeps to: no foreign host, no script inside it, no form without its token, nothing left open."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.contrib.auth.views import redirect_to_login
from django.core.checks import run_checks
from django.test import Client
from django.urls import get_resolver

import yucai.web
from yucai.web.accounts.models import Account, Group, Person, Space
from yucai.web.jobs.actions import ask_for
from yucai.web.jobs.models import Job

pytestmark = pytest.mark.django_db

ROLES = ("director", "teacher", "student", "mentor", "researcher", "bureau", "officer")
MOST_PAGES = 12
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
# What Django finds before it would serve to the internet, and why each stands here. Yucai serves on 127.0.0.1 over
# HTTP; who puts it behind HTTPS on a server does these four things there, where the certificate is.
NOT_ON_LOOPBACK = {
    "security.W004": "HSTS would bind a name to HTTPS; the pages are on 127.0.0.1",
    "security.W008": "there is no HTTPS on 127.0.0.1 to redirect to",
    "security.W012": "a cookie for HTTPS only would never be sent back over HTTP on 127.0.0.1",
    "security.W016": "as W012, for the cookie of the forms",
}


class Page(HTMLParser):
    """Gathers what a page refers to and what it would run."""

    def __init__(self, text):
        super().__init__()
        self.links, self.further, self.run, self.forms, self.tokens, self._script = [], [], [], 0, 0, False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        held = dict(attrs)
        self._script = tag == "script"
        if tag == "script" and "src" not in held:
            self.run.append("script")
        if tag == "style" or "style" in held:
            self.run.append("style")
        self.run += [name for name in held if name.startswith("on")]
        for name in ("href", "src", "action", "formaction", "data", "poster", "xlink:href"):
            if name in held:
                self.links.append(held[name])
        if tag == "a" and "href" in held:
            self.further.append(held["href"])
        if tag == "form" and held.get("method", "").lower() == "post":
            self.forms += 1
        if tag == "input" and held.get("name") == "csrfmiddlewaretoken":
            self.tokens += 1
        if tag == "meta" and held.get("http-equiv", "").lower() == "refresh":
            self.run.append("refresh")

    def handle_data(self, data):
        if self._script and data.strip():
            self.run.append("script text")

    def handle_endtag(self, tag):
        self._script = False


def walked(client, first):
    """Follow the links of a page; give each page once, at most a few of each kind."""
    waiting, seen, kinds = [first], {}, {}
    while waiting:
        address = waiting.pop(0).partition("#")[0].partition("?")[0]
        kind = re.sub(r"\d+", "N", address)
        if not address or address in seen or kinds.get(kind, 0) >= 2 or len(seen) >= MOST_PAGES:
            continue
        kinds[kind] = kinds.get(kind, 0) + 1
        answer = client.get(address, follow=True)
        seen[address] = answer
        if answer["Content-Type"].startswith("text/html"):
            waiting += [link for link in Page(answer.content.decode()).further if link.startswith("/")]
    return seen


@pytest.fixture
def job(db):
    return ask_for("measure", space=Space.objects.get(code="demo-college"), owner=None, at="2026-11-24T08:00:00Z")


@pytest.mark.parametrize("role", ROLES)
def test_no_page_runs_what_is_inside_it_or_reaches_a_foreign_host(signed_in, role, job):
    client = signed_in(role)
    pages = walked(client, "/home/") | {"job": client.get(f"/jobs/{job.pk}/"), "none": client.get("/no/such/page")}
    assert len(pages) >= 5
    for address, answer in pages.items():
        if not answer["Content-Type"].startswith("text/html"):
            continue
        page = Page(answer.content.decode())
        assert page.run == [], address
        assert [link for link in page.links if not re.match(r"(/(?!/)|#|\?|data:,$)", link)] == [], address
        assert page.tokens == page.forms > 0, address
        for name, value in HEADERS.items():
            assert answer[name] == value, address
        policy = answer["Content-Security-Policy"]
        for part in ("default-src 'self'", "script-src 'self'", "object-src 'none'", "frame-ancestors 'none'",
                     "form-action 'self'", "base-uri 'self'"):  # fmt: skip
            assert part in policy
        assert not re.search(r"https?:|\*|unsafe", policy)


def test_a_page_that_would_break_this_is_found():
    page = Page('<a onclick="x()" href="//elsewhere/x"></a><script>go()</script><form method="post"></form>')
    assert page.run == ["onclick", "script", "script text"]
    assert (page.links, page.forms, page.tokens) == (["//elsewhere/x"], 1, 0)


def test_nothing_that_is_served_refers_to_a_foreign_host():
    """Styles and our own scripts hold no address; a name space of SVG is a name and is fetched by nobody."""
    served = [path for path in (Path(yucai.web.__file__).parent / "static").rglob("*") if path.is_file()]
    assert served
    for path in served:
        if path.suffix in {".css", ".js", ".html", ".svg"}:
            found = re.findall(r"(?:https?:)?//[\w.-]+\.\w+", path.read_text(encoding="utf-8"))
            assert [one for one in found if "www.w3.org" not in one] == [], path.name


@pytest.mark.parametrize("host", ["elsewhere.example", "127.0.0.1.elsewhere.example", "localhost@elsewhere.example"])
def test_an_unknown_host_is_refused_in_words(settings, host):
    settings.ALLOWED_HOSTS = [name for name in settings.ALLOWED_HOSTS if name != "testserver"]  # of the tests only
    assert settings.ALLOWED_HOSTS == ["127.0.0.1", "localhost", "[::1]"]
    answer = Client().get("/", headers={"host": host})
    assert answer.status_code == 400
    assert "YUCAI_HOSTS" in answer.content.decode()
    assert Client().get("/", headers={"host": "127.0.0.1:8000"}).status_code == 200


def test_a_form_without_its_token_changes_nothing_at_any_address(job):
    client = Client(enforce_csrf_checks=True)
    client.force_login(Account.objects.get(username="director"))
    person, group = Person.objects.first(), Group.objects.first()
    asked = 0
    for pattern in get_resolver().url_patterns:
        address = "/" + str(pattern.pattern).replace("<slug:code>", "demo-college").replace("<slug:sha2>", "a" * 64)
        address = (
            address.replace("<uuid:id>", "6690e6c9-3ef0-4ed3-8b37-7f3964730bee")
            .replace("<slug:name>", "x")
            .replace("<slug:key>", "x")
            .replace("<int:year>", "2026")
            .replace("<int:person>", str(person.pk))
            .replace("<int:book>", "1")
            .replace("<str:quality>", "x")
        )
        for pk in {person.pk, group.pk, job.pk} if "<int:pk>" in address else {0}:
            answer = client.post(address.replace("<int:pk>", str(pk)), {"username": "student", "language": "zh-hans"})
            if address.startswith(("/api", "/^api")):  # a session lets nobody in there, only a token
                assert answer.status_code in (401, 403, 404, 405), address
                continue
            # To this one the identity service itself speaks, if there is one, by a key or a ticket: see tests/accounts.
            assert answer.status_code == (404 if pattern.name == "from_service" else 403), address
            asked += 1
    assert asked >= 15
    assert "Nothing was changed." in client.post("/sign-out", headers={"accept-language": "en"}).content.decode()
    assert "未作任何改动" in client.post("/sign-out", headers={"accept-language": "zh"}).content.decode()
    assert Job.objects.get() == job
    assert not Job.objects.get().cancel_asked
    assert client.get("/home/").status_code == 200  # still signed in


def test_a_form_with_its_token_goes_through(job):
    client = Client(enforce_csrf_checks=True)
    client.force_login(Account.objects.get(username="director"))
    page = client.get(f"/jobs/{job.pk}/").content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1]
    assert client.post(f"/jobs/{job.pk}/cancel", {"csrfmiddlewaretoken": token}).status_code == 302
    assert Job.objects.get().state == "cancelled"


@pytest.mark.parametrize(
    "elsewhere",
    ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example", "http:elsewhere.example",
     "javascript:alert(1)", "https:///elsewhere.example", "\t//elsewhere.example"],
)  # fmt: skip
def test_switching_the_language_leads_to_no_foreign_host(client, elsewhere):
    answer = client.post("/language", {"language": "en", "next": elsewhere}, headers={"referer": elsewhere})
    assert answer["Location"] == "/"
    stays = client.post("/language", {"language": "en", "next": "/about-the-numbers?x=1"})
    assert stays["Location"] == "/about-the-numbers?x=1"


def test_signing_in_leads_to_no_foreign_host(client):
    Account.objects.create_user("office", password="a-long-pass-phrase", role="director")
    said = {"username": "office", "password": "a-long-pass-phrase", "next": "https://elsewhere.example/"}
    assert client.post("/?next=https://elsewhere.example/", said)["Location"] == "/home/"
    assert redirect_to_login("/home/")["Location"] == "/?next=/home/"


def test_cookies_are_out_of_reach_of_scripts_and_of_other_sites(client):
    client.get("/")
    client.post("/language", {"language": "en"})
    client.post("/demo-sign-in", {"username": "director"})
    kept = {name: (bool(one["httponly"]), one["samesite"]) for name, one in client.cookies.items()}
    assert kept == dict.fromkeys(("csrftoken", "django_language", "sessionid"), (True, "Lax"))
    assert client.cookies["sessionid"]["max-age"] == 60 * 60 * 10


def test_signing_in_starts_a_new_session(client):
    client.post("/demo-sign-in", {"username": "student"})
    first = client.cookies["sessionid"].value
    client.post("/demo-sign-in", {"username": "director"})
    assert client.cookies["sessionid"].value != first


def test_a_page_about_people_is_kept_by_no_cache(signed_in, person):
    for page in ("portrait/", "portrait.pdf"):
        kept = signed_in("director").get(f"/people/{person('2023010001').pk}/{page}")["Cache-Control"]
        assert {"no-store", "private"} <= {part.strip() for part in kept.split(",")}


def test_what_is_written_about_people_is_shown_as_text(signed_in, person):
    who = person("2023010001")
    Person.objects.filter(pk=who.pk).update(name_en="<script>alert(1)</script>", name_zh="<img src=x onerror=y>")
    for language in ("en", "zh"):
        page = Page(signed_in("student", language).get(f"/people/{who.pk}/portrait/").content.decode())
        assert (page.run, [link for link in page.links if link == "x"]) == ([], [])


def test_what_django_would_have_changed_is_known_and_has_its_reason(settings):
    assert settings.DEBUG is False
    settings.ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]
    assert {found.id for found in run_checks(include_deployment_checks=True)} == set(NOT_ON_LOOPBACK)
