"""Links for mentors outside: one group, one person, one browser, until a day; forged, over and taken back ones."""

import re

import pytest
from django.core import signing
from django.urls import get_resolver

from tests.accounts.signing import account, browser, come_in, events, is_in
from yucai.web.accounts.access import observer_accounts, run_accounts, seatable_accounts
from yucai.web.accounts.models import Account, Group, Membership, Person, Space
from yucai.web.accounts.outside import give_link
from yucai.web.accounts.outside_models import OutsideLink
from yucai.web.accounts.sign_in_models import SignIn
from yucai.web.api.operations import OPERATIONS

pytestmark = pytest.mark.django_db

OPEN = {"group", "portrait", "portrait_file", "outside", "sign_out", "set_language", "home"}
FOR_PROGRAMS = {one.url_name for one in OPERATIONS} | {"api_document", "api_unknown"}


@pytest.fixture
def lin(space):
    return account(space, "lin", role="director")


@pytest.fixture
def groups(space):
    """Two groups of one person each."""
    found = []
    for code in ("mine", "other"):
        group = Group.objects.create(space=space, code=code, kind="mentees", name_en=code, name_zh=code)
        person = Person.objects.create(space=space, code=f"p-{code}", name_en=f"P {code}", name_zh=f"某 {code}")
        Membership.objects.create(group=group, person=person)
        found.append(group)
    return found


@pytest.fixture
def given(lin, groups, clock):
    return give_link(name="Zhou", group=groups[0], days=30, by=lin, at=clock.at)


def opened(token, **more):
    client = browser(**more)
    assert client.post(f"/outside/{token}").status_code == 302
    return client


def test_a_director_gives_a_link_on_a_page_and_the_mentor_opens_it(lin, groups):
    office = browser()
    come_in(office, "lin")
    page = office.post("/accounts/outside/add", {"name": "Zhou", "group": groups[0].pk, "days": 7}).content.decode()
    link = re.search(r"/outside/[\w:.-]{60,}", page)[0]
    mentor = browser()
    assert "Welcome, Zhou" in mentor.get(link).content.decode()
    answer = mentor.post(link)
    assert answer["Location"] == f"/groups/{groups[0].pk}/"
    assert "P mine" in mentor.get(answer["Location"]).content.decode()
    assert "Zhou" in office.get("/accounts/outside/").content.decode()


def test_looking_at_a_link_opens_nothing(given):
    """Chat programs look into links by themselves."""
    client = browser()
    assert client.get(f"/outside/{given.token}").status_code == 200
    assert client.get("/home/").status_code == 302
    assert client.get("/home/")["Location"].startswith("/?next=")


def test_it_opens_its_group_and_the_people_in_it_and_nothing_else(given, groups):
    mentor, (mine, other) = opened(given.token), groups
    assert mentor.get(f"/groups/{mine.pk}/").status_code == 200
    assert mentor.get(f"/people/{mine.people.get().pk}/portrait/").status_code == 200
    assert mentor.get(f"/groups/{other.pk}/").status_code == 403
    assert mentor.get(f"/people/{other.people.get().pk}/portrait/").status_code == 403
    assert mentor.get("/home/")["Location"] == f"/groups/{mine.pk}/"


def test_every_other_address_there_is_stays_shut(given):
    mentor, asked = opened(given.token), 0
    for pattern in get_resolver().url_patterns:
        if pattern.name in OPEN | FOR_PROGRAMS:
            continue
        address = "/" + re.sub(r"<slug:sha2>", "a" * 64, str(pattern.pattern)).replace("<int:pk>", "1")
        address = address.replace("<slug:code>", "school").replace("<str:token>", "x")
        address = address.replace("<uuid:id>", "6690e6c9-3ef0-4ed3-8b37-7f3964730bee")
        for answer in (mentor.get(address), mentor.post(address)):
            assert answer.status_code == 403, address
            asked += 1
    assert asked > 150


def test_where_programs_ask_a_link_is_nothing(given):
    """No cookie counts there: whoever came by a link is answered like anybody without a token."""
    mentor, guarded = opened(given.token), [one for one in OPERATIONS if not one.open]
    for one in guarded:
        address = "/api/v1/" + one.path.replace("<int:pk>", "1").replace("<slug:code>", "school")
        answer = mentor.generic(one.method, address, "{}", content_type="application/json")
        assert answer.status_code == 401, address
    assert mentor.get("/account/tokens").status_code == 403


def test_it_cannot_be_put_in_charge_of_more_by_the_session(given, groups):
    """The right follows from the row of the link, not from anything the browser holds."""
    mentor = opened(given.token)
    session = mentor.session
    session["group"] = groups[1].pk
    session.save()
    assert mentor.get(f"/groups/{groups[1].pk}/").status_code == 403


@pytest.mark.parametrize("change", ["nonce", "link", "signature", "salt", "other key"])
def test_a_forged_link_opens_nothing(given, lin, groups, clock, settings, change):
    other = give_link(name="Other", group=groups[1], days=30, by=lin, at=clock.at)
    said = {"link": given.link.pk, "nonce": given.link.nonce}
    forged = {
        "nonce": lambda: signing.dumps(said | {"nonce": "0" * 64}, salt="yucai.outside-link"),
        "link": lambda: signing.dumps(said | {"link": other.link.pk}, salt="yucai.outside-link"),
        "signature": lambda: given.token[:-3] + ("AAA" if not given.token.endswith("AAA") else "BBB"),
        "salt": lambda: signing.dumps(said, salt="yucai.known-browser"),
        "other key": lambda: signing.dumps(said, key="x" * 50, salt="yucai.outside-link"),
    }[change]()
    client = browser()
    assert client.get(f"/outside/{forged}").status_code == client.post(f"/outside/{forged}").status_code == 410
    assert SignIn.objects.filter(way="link").count() == 0


def test_it_ends_on_its_day_also_where_it_is_open(given, groups, clock):
    clock.go(days=29, hours=23, minutes=30)
    mentor = opened(given.token)
    assert mentor.get(f"/groups/{groups[0].pk}/").status_code == 200
    clock.go(minutes=31)
    assert mentor.get(f"/groups/{groups[0].pk}/").status_code == 302
    assert browser().post(f"/outside/{given.token}").status_code == 410
    (refused,) = [event for event in events("outside-link-opened") if event.refused]
    assert (refused.reason, refused.account_id) == ("over", None)


def test_a_clock_set_back_behind_its_making_opens_nothing(given, clock):
    clock.go(hours=-1)
    assert browser().post(f"/outside/{given.token}").status_code == 410


def test_taken_back_it_opens_nothing_and_what_was_open_is_shut(given, lin, groups):
    mentor, office = opened(given.token), browser()
    come_in(office, "lin")
    assert office.post(f"/accounts/outside/{given.link.pk}/back").status_code == 302
    assert mentor.get(f"/groups/{groups[0].pk}/").status_code == 302
    for replayed in (mentor, browser()):
        assert replayed.post(f"/outside/{given.token}").status_code == 410
    (event,) = events("outside-link-taken-back")
    assert event.account_id == lin.pk
    assert OutsideLink.objects.get().revoked_by == lin


def test_it_is_open_in_one_browser_at_a_time(given, groups):
    first = opened(given.token)
    second = opened(given.token, address="198.51.100.9")
    page = f"/groups/{groups[0].pk}/"
    assert (first.get(page).status_code, second.get(page).status_code) == (302, 200)
    assert "another browser" in first.get("/").content.decode()


def test_opening_and_reading_are_written_down_under_its_name(given, groups):
    mentor = opened(given.token)
    mentor.get(f"/people/{groups[0].people.get().pk}/portrait/")
    (event,) = events("outside-link-opened")
    assert (event.account_id, event.target) == (given.link.account_id, f"group:{groups[0].pk}")
    assert any(event.account_id == given.link.account_id for event in events("read"))


def test_its_account_has_no_password_and_is_run_as_a_link_only(given, lin, groups):
    guest = given.link.account
    assert not guest.has_usable_password()
    assert not run_accounts(lin).filter(pk=guest.pk).exists()
    assert not seatable_accounts(groups[0]).filter(pk=guest.pk).exists()
    assert not observer_accounts(groups[0].space).filter(pk=guest.pk).exists()
    office = browser()
    come_in(office, "lin")
    assert office.post(f"/accounts/{guest.pk}/link").status_code == 403


def test_only_directors_of_the_space_give_and_take_back(given, space, groups, clock):
    elsewhere = Space.objects.create(code="b", name_en="B", name_zh="乙", simulated=False, evidence_map="m")
    for who in (account(space, "wang"), account(elsewhere, "he", role="director")):
        client = browser()
        come_in(client, who.username)
        assert client.post(f"/accounts/outside/{given.link.pk}/back").status_code == 403
        said = {"name": "x", "group": groups[0].pk, "days": 5}
        assert client.post("/accounts/outside/add", said).status_code in (200, 403)
    assert OutsideLink.objects.get().revoked_at is None
    assert Account.objects.filter(outside_link__isnull=False).count() == 1


@pytest.mark.parametrize("days", ["0", "-1", "181", "x", ""])
def test_a_link_without_a_sensible_end_is_refused(lin, groups, days):
    office = browser()
    come_in(office, "lin")
    assert office.post("/accounts/outside/add", {"name": "x", "group": groups[0].pk, "days": days}).status_code == 200
    assert OutsideLink.objects.count() == 0


def test_the_pages_show_no_way_that_is_shut(given, groups):
    page = opened(given.token).get(f"/groups/{groups[0].pk}/").content.decode()
    assert 'href="/ratings/"' not in page
    assert 'href="/account/"' not in page
    assert not is_in(opened(given.token))
