"""The class map: what a class does not hold, what misled, who has gone quiet, how raters agree; for who teaches it."""

import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from tests.spec.test_questions_of_pages import questions
from yucai.demo import simulate_college
from yucai.web.accounts.audit_models import AuditEntry
from yucai.web.accounts.models import Account, Group, Membership, Person, Space
from yucai.web.evidence.models import EvidenceRecord
from yucai.web.matching.priority_running import work_out
from yucai.web.measurement.models import CalibrationRun, ProfileRow
from yucai.web.registers.switches import switch_method_off
from yucai.web.teaching.class_checks import item_findings, raters_view
from yucai.web.teaching.class_evidence import evidence_of
from yucai.web.teaching.class_maps import ideas_view, quiet_in, quiet_view

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 27, 4, tzinfo=UTC)
YEAR = "2025-2026"
NOTHING_ON_ANY = "Nothing in the evidence says that the class is behind on any idea."
MOST_BYTES = 200_000  # of a first page with all that it loads, as it is


@pytest.fixture(scope="module")
def planted():
    return {problem.code: problem.who[0] for problem in simulate_college().planted}


@pytest.fixture
def english():
    with translation.override("en"):
        yield


def address_of(code, name="class_map"):
    return reverse(name, args=[Group.objects.get(space__code="demo-college", code=code).pk])


def page_of(client, code, name="class_map"):
    return client.get(address_of(code, name))


def lowered(code, quality, by):
    """A class that stands lower on a quality than it does."""
    for row in ProfileRow.objects.filter(run__current=True, person__groups__code=code, occasion=YEAR, quality=quality):
        ProfileRow.objects.filter(pk=row.pk).update(
            mean=row.mean - by, lower90=row.lower90 - by, upper90=row.upper90 - by
        )


# What to go over


@pytest.mark.usefixtures("english")
def test_a_class_that_surely_stands_low_is_told_so_with_one_suggestion(group):
    lowered("2023-1", "communication-cooperation", 1.5)
    found = ideas_view(evidence_of(group("2023-1"), at=NOON))
    first = found.ideas[0]
    assert (first.name, first.kind, first.item) == ("Communication and cooperation", "quality", None)
    assert re.search(r"stands at −\d\.\d \[−\d\.\d, −\d\.\d\]", first.evidence)
    assert "in 100" in first.sure
    assert first.do
    assert "untested" in found.rules[0]


@pytest.mark.usefixtures("english")
def test_there_are_never_more_than_three_and_no_quality_twice(group):
    for entry in ("innovation", "scientific-spirit", "lifelong-learning", "practical-literacy"):
        lowered("2023-1", entry, 2.0)
    found = ideas_view(evidence_of(group("2023-1"), at=NOON))
    assert len({idea.name for idea in found.ideas}) == len(found.ideas) == 3
    assert found.fewer == ""


@pytest.mark.usefixtures("english")
def test_a_class_that_is_behind_on_nothing_is_not_told_of_three(group):
    for row in ProfileRow.objects.filter(run__current=True, person__groups__code="2022-1", occasion=YEAR):
        ProfileRow.objects.filter(pk=row.pk).update(mean=row.mean + 3)
    asked = EvidenceRecord.objects.filter(person__groups__code="2022-1", item__kind__in=("exam", "test"))
    asked.delete()  # of whom much is expected: what they reached in tasks would now be too little
    assert ideas_view(evidence_of(group("2022-1"), at=NOON)).fewer == NOTHING_ON_ANY
    lowered("2022-1", "innovation", 5.0)
    found = ideas_view(evidence_of(group("2022-1"), at=NOON))
    assert [idea.name for idea in found.ideas] == ["Innovation"]
    assert found.fewer == "Nothing in the evidence says that the class is behind on a second idea."


@pytest.mark.usefixtures("english")
def test_of_a_handful_of_people_too_little_is_known(group):
    made = Group.objects.create(space=group("2022").space, code="few-map", kind="class", name_en="Few", name_zh="少")
    for person in group("2022").people.order_by("code")[:6]:
        Membership.objects.create(group=made, person=person)
    found = ideas_view(evidence_of(made, at=NOON))
    assert found.ideas == ()
    assert found.fewer.startswith("Too little is known of the class to name any idea.")
    assert found.thin[0][1].startswith("6 people of the class have evidence of it")


@pytest.mark.usefixtures("english")
def test_before_the_first_calibration_nothing_is_named(group):
    CalibrationRun.objects.filter(space=group("2023-1").space).update(current=False)
    evidence = evidence_of(group("2023-1"), at=NOON)
    assert ideas_view(evidence).fewer.startswith("Too little is known")
    assert item_findings(evidence) == ()
    assert evidence.latest == YEAR


# What misled


@pytest.mark.usefixtures("english")
def test_the_exam_that_misleads_is_named_first_with_why(group, planted):
    findings = item_findings(evidence_of(group("2023-1"), at=NOON))
    assert findings[0].item.code == planted["misleading-exam"]
    assert findings[0].why.startswith("Who stands higher on everything else did not do better here")
    assert len(findings) <= 5
    assert [one.badness for one in findings] == sorted((one.badness for one in findings), reverse=True)


@pytest.mark.usefixtures("english")
def test_an_option_that_draws_the_able_is_told_of_the_class_that_chose_it():
    college = Group.objects.get(space__code="demo-college", code="2022")
    named = {one.item.code: one for one in item_findings(evidence_of(college, at=NOON))}
    ambiguous = named.get("test/ai/ai-innovative-thinking/9")
    assert ambiguous is not None
    assert "stands higher than who chooses the key" in ambiguous.why or ambiguous.mark == "misleading"


# Who has gone quiet


@pytest.mark.usefixtures("english")
def test_who_has_nothing_since_work_was_due_is_named_with_counts_and_a_sentence(group, planted):
    view = quiet_view(evidence_of(group("2024-1"), at=NOON), closed=(), at=NOON)
    (row,) = [one for one in view.rows if one.person.code == planted["gone-quiet"]]
    assert (view.as_of, view.people) == (date(2026, 8, 4), 30)
    assert row.days == (date(2026, 8, 4) - date(2026, 1, 31)).days
    assert row.waiting > 3
    assert row.says.startswith("On 31 January, 185 days ago, ")


def test_the_map_and_the_list_say_the_same_words_and_numbers_of_who_is_quiet_over_the_demonstration(group):
    space = group("2024-1").space
    for n, person in enumerate(Person.objects.filter(space=space).order_by("code")):
        if n % 9 == 0:  # beside the one who is planted, some who stopped in spring, and some who have nothing at all
            late = EvidenceRecord.objects.filter(person=person)
            (late if n % 2 else late.filter(occasion__startswith=YEAR)).delete()
    run = work_out(space=space, scope="all", as_of=date(2026, 8, 4), by=None, at=NOON)
    listed = {
        entry.person_id: {"en": en, "zh-hans": zh}
        for entry in run.entries.exclude(band="unknown")
        for en, zh in entry.reasons
        if "no own work of yours" in en
    }
    assert len(listed) > 20
    for language in ("en", "zh-hans"):
        with translation.override(language):
            told = {}
            for one in Group.objects.filter(space=space, kind="class"):
                view = quiet_view(evidence_of(one, at=NOON), closed=(), at=NOON)
                assert view.as_of == run.as_of
                told |= {row.person.pk: row.says for row in view.rows}
        assert told == {person: said[language] for person, said in listed.items()}


@pytest.mark.parametrize("code", ["mentees-M01", "2024"])
def test_groups_that_give_no_work_are_counted_by_the_classes_of_their_people(group, code):
    mine = Group.objects.get(space__code="demo-college", code=code)
    EvidenceRecord.objects.filter(person__in=mine.people.order_by("code")[:2], occasion__startswith=YEAR).delete()
    told = quiet_in(evidence_of(mine, at=NOON), at=NOON)
    people = set(mine.people.values_list("code", flat=True))
    of_classes = {
        one.person.code: one.says
        for home in Group.objects.filter(space=mine.space, kind="class")
        for one in quiet_in(evidence_of(home, at=NOON), at=NOON).people
    }
    assert told.found.n_people == len(people)
    said = {one.person.code: one.says for one in told.people}
    assert len(said) >= 2
    assert said == {number: says for number, says in of_classes.items() if number in people}


@pytest.mark.usefixtures("english")
def test_nobody_is_named_whose_age_closes_them(group, planted):
    silent = Person.objects.get(code=planted["gone-quiet"])
    view = quiet_view(evidence_of(group("2024-1"), at=NOON), closed={silent.pk}, at=NOON)
    assert silent.code not in {row.person.code for row in view.rows}
    assert view.closed == 1


# Raters


@pytest.mark.usefixtures("english")
def test_each_rated_task_has_a_sentence_and_who_is_far_is_named(group, planted):
    view = raters_view(evidence_of(group("2023-1"), at=NOON))
    assert planted["severe-rater"] in view.summary
    assert len(view.tasks) == 18
    assert all(task.says for task in view.tasks)
    assert planted["severe-rater"] in view.tasks[0].says
    assert any("they agree at 0." in task.says for task in view.tasks)


# The page


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_says_all_of_it_and_what_there_is_none_of(signed_in, planted, language):
    page = page_of(signed_in("teacher", language), "2023-1").content.decode()
    words = {
        "en": ("What the class does not hold", "Exam: Optics, 2024-2025-2", "No map of course objectives is on record"),
        "zh": ("全班尚未掌握的方面", "考试：光学，2024-2025-2", "尚未登记课程目标对应表"),
    }
    for said in (*words[language], planted["severe-rater"], 'href="/groups/'):
        assert said in page


def test_the_group_leads_to_its_map_for_who_teaches_it_and_for_nobody_else(signed_in, group):
    address = reverse("class_map", args=[group("2023-1").pk])
    for role, leads in (("teacher", True), ("director", True), ("researcher", True)):
        page = signed_in(role).get(f"/groups/{group('2023-1').pk}/").content.decode()
        assert (address in page) == leads
    assert signed_in("bureau").get(reverse("class_map", args=[group("2022").pk])).status_code == 403
    assert signed_in("mentor").get(reverse("class_map", args=[group("mentees-M03").pk])).status_code == 403


def test_the_look_is_in_the_trail_with_those_who_are_named(signed_in, group, planted):
    client = signed_in("director")
    page_of(client, "2024-1")
    look = AuditEntry.objects.filter(target="class-map").order_by("-position").first()
    silent = Person.objects.get(code=planted["gone-quiet"])
    assert silent.pk in set(look.people.values_list("person", flat=True))
    assert look.refused is False


def test_switched_off_it_names_no_idea_and_nobody(signed_in, group):
    space = Space.objects.get(code="demo-college")
    officer = Account.objects.get(username="officer")
    switch_method_off(space=space, method="class-map", reason="a try", by=officer, at=timezone.now())
    page = page_of(signed_in("director"), "2024-1").content.decode()
    assert "switched off" in page
    assert 'id="ideas"' not in page
    assert 'id="quiet"' not in page
    assert 'id="misled"' in page


@pytest.mark.parametrize("code", ["2023-1", "2024-1", "2022"])
def test_the_page_asks_at_most_twenty_questions(signed_in, code):
    client = signed_in("teacher" if code != "2022" else "director")
    address = address_of(code)
    client.get(address)
    status, asked = questions(client, address)
    assert status == 200
    assert asked <= 20


def test_more_people_ask_no_more_questions(signed_in):
    client, asked = signed_in("director"), []
    for code in ("2025-1", "2025"):
        page_of(client, code)
        with CaptureQueriesContext(connection) as questions:
            page_of(client, code)
        asked.append(len(questions))
    assert asked[0] == asked[1]


# What is sent


def weight(client, answer):
    """A page with the style sheets and scripts that it names, in bytes, as they are."""
    page = answer.content.decode()
    named = set(re.findall(r'(?:href|src)="(/static/[^"]+\.(?:css|js))"', page))
    return len(answer.content) + sum(_size(name) for name in named)


def _size(address):
    from django.contrib.staticfiles import finders

    plain = re.sub(r"\.[0-9a-f]{12}(?=\.\w+$)", "", address.removeprefix("/static/"))
    return Path(finders.find(plain)).stat().st_size


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", ["group", "class_map", "class_comments"])
def test_a_page_of_a_class_is_light_enough_for_a_phone(signed_in, name, language):
    client = signed_in("teacher", language)
    assert weight(client, page_of(client, "2023-1", name)) < MOST_BYTES


def test_each_scale_of_a_class_has_a_page_of_its_own(signed_in, group):
    client = signed_in("teacher")
    page = client.get(f"/groups/{group('2023-1').pk}/").content.decode()
    links = re.findall(r'href="(/groups/\d+/scales/[a-z-]+/)"', page)
    assert len(links) == 9
    scale = client.get(links[0])
    assert scale.status_code == 200
    assert scale.content.decode().count("<svg") == 4
    assert len(scale.content) < MOST_BYTES
    assert client.get(f"/groups/{group('2023-1').pk}/scales/nothing/").status_code == 200
