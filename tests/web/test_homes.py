"""The home of each user: three jobs first, nothing to press that leads nowhere, and few questions to the database."""

import re
from datetime import UTC, datetime
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from yucai.web.accounts.access import visible_people
from yucai.web.accounts.models import Account, Charge, Group, Membership, Person, Space
from yucai.web.evidence.models import EvidenceRecord
from yucai.web.homes.cards import Way, card
from yucai.web.homes.desks import DESKS, desks_of
from yucai.web.homes.figures import people_without_mentor, quiet_people
from yucai.web.matching.priority_demonstration import fill_priority
from yucai.web.matching.priority_models import PriorityEntry, PriorityRun
from yucai.web.measurement.models import CalibrationRun

pytestmark = pytest.mark.django_db
WALKED = [(role.value, desk.code) for role, desks in DESKS.items() for desk in desks]
MOST_QUERIES = 20


def home(client, desk=""):
    answer = client.get("/home/", {"desk": desk} if desk else {})
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def job_cards(page):
    return re.findall(r"<li><h3>.*?</li>", re.search(r'<ol class="jobs">(.*?)</ol>', page, re.S)[1], re.S)


def links_of(html):
    return list(dict.fromkeys(re.findall(r'<a[^>]*href="([^"]+)"', html)))


@pytest.fixture
def college(db):
    return Space.objects.get(code="demo-college")


def test_nine_users_have_a_home():
    desks = {desk.code for role in DESKS for desk in DESKS[role]}
    assert desks | {"student"} >= {
        "director", "secretary", "teacher", "adviser", "student", "mentor", "research", "bureau", "administrator",
    }  # fmt: skip
    assert set(DESKS) == set(Account.Role)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(("role", "desk"), WALKED)
def test_a_home_begins_with_three_jobs_each_with_a_button_or_what_is_missing(signed_in, role, desk, language):
    page = home(signed_in(role, language), desk)
    found = job_cards(page)
    assert len(found) == 3
    for one in found:
        assert one.count('class="button') <= 1
        assert 'class="button' in one or 'class="quiet"' in one
        assert re.search(r'<p class="today">.*\w', one)
    assert len(re.findall(r'class="button main"', "".join(found))) <= 1


@pytest.mark.parametrize(("role", "desk"), WALKED)
def test_everything_that_a_home_offers_opens_for_who_sees_it(signed_in, role, desk):
    client = signed_in(role)
    page = home(client, desk)
    inside = page[page.index('<main id="main"') : page.index("</main>")]
    for link in links_of(inside):
        if link.startswith("#"):
            assert f'id="{link[1:]}"' in inside, link
        else:
            assert client.get(f"/home/{link}" if link.startswith("?") else link).status_code == 200, link


@pytest.mark.parametrize(("role", "desk"), WALKED)
def test_a_home_asks_few_questions_however_many_groups_there_are(signed_in, college, role, desk):
    client, asked = signed_in(role), []
    home(client, desk)
    home(client, desk)  # what leaves for the first time is written into the register of releases
    for n in (0, 8):
        for letter in range(n):
            made = Group.objects.create(space=college, code=f"hm{letter}", kind="class", name_en="x", name_zh="x")
            Membership.objects.create(group=made, person=Person.objects.filter(space=college).first())
            for account in Account.objects.filter(role=role, demo=True):
                Charge.objects.create(account=account, group=made)
        with CaptureQueriesContext(connection, ) as questions:  # fmt: skip
            home(client, desk)
        asked.append(len(questions))
    assert asked[0] == asked[1]
    limit = (
        MOST_QUERIES if role != "bureau" else MOST_QUERIES + 10
    )  # each group that leaves passes the gate of releases
    assert asked[0] <= limit, "\n".join(query["sql"][:230] for query in questions.captured_queries)


def test_who_handed_in_nothing_this_year_is_counted_and_found(college, signed_in):
    people = Person.objects.filter(space=college)
    quiet = quiet_people(college, people)
    assert (quiet.before, quiet.period, quiet.n) == ("2024-2025", "2025-2026", 1)
    assert f"/spaces/{college.code}/priority/" in "".join(job_cards(home(signed_in("director"))))
    EvidenceRecord.objects.filter(person__code="2024010019", occasion__startswith="2025-2026").delete()
    assert quiet_people(college, people).n == 2
    Space.objects.filter(pk=college.pk).update(period=Space.Period.OCCASION)
    college.refresh_from_db()
    assert quiet_people(college, people) is None


@pytest.mark.parametrize("role", ["director", "teacher"])
def test_whoever_needs_a_talk_is_counted_among_ones_own_people_by_the_last_list(college, signed_in, role):
    fill_priority([college], at=datetime(2026, 11, 24, 8, tzinfo=UTC))
    own = visible_people(Account.objects.get(username=role))
    run = PriorityRun.objects.filter(space=college).latest("at")
    listed = run.entries.filter(band=PriorityEntry.Band.TALK, person__in=own).count()
    assert 0 < listed < run.people
    talk = next(one for one in job_cards(home(signed_in(role))) if f"/spaces/{college.code}/priority/" in one)
    assert f"<strong>{listed}</strong>" in talk


def test_without_a_list_it_is_said_who_fell_silent(college, signed_in):
    """The one who went quiet is in no class of this teacher, and not to be guessed from a count."""
    assert not PriorityRun.objects.filter(space=college).exists()
    talk = job_cards(home(signed_in("teacher")))[2]
    own = Person.objects.filter(groups__charges__account__username="teacher", code="2024010018").exists()
    assert ("<strong>1</strong>" in talk) == own


def test_who_has_no_mentor_is_counted(college):
    people, without = people_without_mentor(college)
    assert (people, without) == (240, 0)
    Membership.objects.filter(group__kind="mentees", person__code__in=["2023010001", "2023010002"]).delete()
    assert people_without_mentor(college) == (240, 2)


def test_a_card_leads_the_first_way_that_leads_somewhere_and_says_what_is_missing():
    nowhere, other = Way(words="all", to=""), Way(words="a part", to="/part/")
    assert card("x", nowhere, other, says="y", missing="z").way is other
    assert card("x", nowhere, says="y", missing="z").way is None
    assert card("x", says="y", missing="z").missing == "z"


def test_who_is_only_in_charge_of_mentees_starts_as_an_adviser(college):
    made = Account.objects.create(username="homes-adviser", role="teacher")
    made.spaces.add(college)
    assert [desk.code for desk in desks_of(made)] == ["teacher", "adviser"]
    Charge.objects.create(account=made, group=Group.objects.get(space=college, code="mentees-M03"))
    assert [desk.code for desk in desks_of(made)] == ["adviser", "teacher"]


def test_one_institution_at_a_time_and_the_other_one_click_away(signed_in, college):
    other = Space.objects.create(
        code="homes-other", name_en="Other school", name_zh="另一所学校", simulated=False, attribution_en="Data of x",
        attribution_zh="x 的数据", evidence_map="evidence-oulad",
    )  # fmt: skip
    Account.objects.get(username="director").spaces.add(other)
    group = Group.objects.create(space=other, code="g", kind="class", name_en="Class G", name_zh="G 班")
    Membership.objects.create(
        group=group, person=Person.objects.create(space=other, code="1", name_en="a", name_zh="b")
    )
    client = signed_in("director")
    first = home(client)
    assert "Class G" not in first
    assert "Simulated data" in first
    assert "?space=homes-other" in links_of(first)
    second = client.get("/home/?space=homes-other").content.decode()
    assert "Class G" in second
    assert "Class 2023-1" not in second
    assert "Simulated data" not in second
    assert "Data of x" in second
    assert "Class 2023-1" in client.get("/home/?space=no-such&desk=no-such").content.decode()


def test_an_account_without_an_institution_is_told_so(client):
    client.force_login(Account.objects.create(username="homes-nowhere", role="teacher"))
    client.cookies["django_language"] = "en"
    assert "No institution is open to this account yet" in home(client)


def test_the_home_of_a_student_is_the_map(signed_in):
    assert signed_in("student").get("/home/")["Location"] == "/my/"


def test_the_commands_that_a_home_names_are_there(signed_in):
    from yucai.cli.parsing import COMMANDS

    named = set(re.findall("“yucai ([a-z]+)”", home(signed_in("director"), "administrator")))
    assert named == {"doctor", "backup", "check"}
    assert named <= COMMANDS.keys()


def test_before_the_first_profiles_a_home_begins_with_computing_them(signed_in, college):
    """Whoever has just brought in files need not look for what comes next below two dozen classes."""
    computed = signed_in("director").get(f"/home/?space={college.code}").content.decode()
    assert computed.index('id="jobs"') < computed.index('id="profiles"')
    CalibrationRun.objects.filter(space=college).update(current=False)
    fresh = signed_in("director").get(f"/home/?space={college.code}").content.decode()
    assert fresh.index('id="profiles"') < fresh.index('id="jobs"')
