"""L13, L14, L16: the fairness of a list is looked at by group, with intervals; traits are told of nobody."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import translation

from tests.trust.listing import DAY, NOON, furnish_college, listed
from yucai.web.accounts.audit_models import AuditEntry
from yucai.web.accounts.models import Group, Membership, Person, ProtectedTrait
from yucai.web.accounts.release_models import ReleasedTable
from yucai.web.governance.list_fairness import Grouping, fairness_of, groupings_of, people_of
from yucai.web.matching.priority_models import PriorityEntry
from yucai.web.registers.switches import switch_method_off

pytestmark = pytest.mark.django_db
GENDER = Grouping(code="trait:gender", name="gender", kept_apart=True)
YEAR = Grouping(code="cohort", name="entry year", kept_apart=False)


@pytest.fixture
def college(db):
    """The small college with a presentation that is over: 40 women, 30 men, 3 of whom another value is kept."""
    made = furnish_college("fair")
    presentation(made, {"F": 40, "M": 30, "X": 3}, listed={"F": 8, "M": 15, "X": 1})
    with translation.override("en"):
        yield made


def fairness(run, by, *, to, at=NOON):
    return fairness_of(run, by, people_of(run, at=at), to=to, at=at)


def run_of(college):
    return college.space.priority_runs.select_related("group", "space").get(group__code="F-1")


def presentation(made, sizes, *, listed):
    """A presentation with its list: of each value so many people, so many of them to be talked with, half of whom, and
    six others, left later.
    """
    group = Group.objects.create(
        space=made.space, code="F-1", kind="presentation", name_en="F", name_zh="F", occasion="F-1", starts=DAY
    )
    run = made.space.priority_runs.create(
        group=group, scope=str(group.pk), as_of=DAY + timedelta(days=35), at=NOON, rules_version="1.0", last_record=0,
        people=sum(sizes.values()), clear=0, seconds=0,
    )  # fmt: skip
    for value, n in sizes.items():
        for number in range(n):
            person = Person.objects.create(
                space=made.space, code=f"fair-{value}{number}", name_en="x", name_zh="x", cohort=f"{2020 + number % 2}"
            )
            on = number < listed[value]
            lost = number < listed[value] / 2 or listed[value] <= number < listed[value] + 6
            Membership.objects.create(group=group, person=person, outcome="Fail" if lost else "Pass")
            ProtectedTrait.objects.create(person=person, occasion="F-1", trait="gender", value=value)
            if on:
                PriorityEntry.objects.create(run=run, person=person, band="talk-soon", since=NOON)


def page_of(client, college, role, **asked):
    client.force_login(college.accounts[role])
    client.cookies["django_language"] = "en"
    return client.get(reverse("priority_fairness", args=[college.space.code]), {"list": run_of(college).pk, **asked})


def test_l14_rates_and_errors_are_told_by_group_with_intervals_in_plain_words(client, college):
    page = page_of(client, college, "director", by="cohort").content.decode()
    assert "2020" in page
    view = fairness(run_of(college), YEAR, to=college.accounts["director"], at=NOON)
    row = next(one for one in view.rows if one.name == "2020")
    members = Membership.objects.filter(group__code="F-1", person__cohort="2020")
    talk = members.filter(person__priority_entries__run=run_of(college))
    missed = members.filter(outcome="Fail").exclude(person__priority_entries__run=run_of(college))
    assert (row.listed.hits, row.listed.cases) == (talk.count(), members.count())
    assert (row.missed.hits, row.missed.cases) == (missed.count(), members.filter(outcome="Fail").count())
    assert (row.wrong.hits, row.wrong.cases) == (
        talk.filter(outcome="Pass").count(), members.filter(outcome="Pass").count(),
    )  # fmt: skip
    assert f"(between {row.listed.low} and {row.listed.high})" in page
    assert int(row.listed.low) < int(row.listed.of_100) < int(row.listed.high)
    assert "no sure difference: anything from" in page


def test_l14_what_surely_differs_is_said_first(college):
    ProtectedTrait.objects.filter(value="X").update(value="M")
    view = fairness(run_of(college), GENDER, to=college.accounts["director"], at=NOON)
    assert view.says[0].startswith("Group “women”: listed are 20.0 in 100, all others 48.5; surely fewer: 28 in 100")


@pytest.mark.parametrize("role", ["director", "researcher"])
def test_l16_a_small_group_of_a_trait_is_hidden_and_cannot_be_found_by_subtraction(client, college, role):
    view = fairness(run_of(college), GENDER, to=college.accounts[role], at=NOON)
    shown = {row.name: row.n for row in view.rows}
    assert shown["X"] is None
    assert view.n == 73
    assert [name for name, n in shown.items() if n is None] != ["X"]  # else 73 less the others were it
    page = page_of(client, college, role, by="trait:gender").content.decode()
    assert 'id="why-hidden"' in page
    assert not re.search(r">\s*3\s*<", page)


def test_l13_a_trait_is_told_of_nobody_and_its_counts_leave_through_the_gate(client, college):
    answer = page_of(client, college, "director", by="trait:gender")
    page = answer.content.decode()
    assert Person.objects.filter(code__startswith="fair-").exists()
    assert [code for code in Person.objects.values_list("code", flat=True) if f">{code}" in page] == []
    assert {one.code.partition(":")[0] for one in ReleasedTable.objects.filter(space=college.space)} == {"fairness"}
    acts = AuditEntry.objects.filter(space=college.space, act="released").values_list("account", flat=True)
    assert set(acts) == {college.accounts["director"].pk}


def test_what_a_director_reads_of_each_person_is_counted_plainly_and_for_others_it_passes_the_gate(college):
    fairness(run_of(college), YEAR, to=college.accounts["director"], at=NOON)
    assert not ReleasedTable.objects.filter(space=college.space).exists()
    fairness(run_of(college), YEAR, to=college.accounts["researcher"], at=NOON)
    assert ReleasedTable.objects.filter(space=college.space).count() == 2


def test_what_is_not_held_and_not_known_is_said(client, college):
    listed(college)
    run = college.space.priority_runs.get(scope="all")
    assert [one.code for one in groupings_of(run, people_of(run, at=NOON))] == ["class"]
    view = fairness(run, groupings_of(run, people_of(run, at=NOON))[0], to=college.accounts["director"])
    assert (view.errors, [row.missed for row in view.rows]) == (False, [None] * len(view.rows))
    page = page_of(client, college, "director", list=run.pk).content.decode()
    assert "What came after is not on record here" in page
    assert "Only traits that the institution holds can be looked at." in page


def test_the_file_says_what_the_page_says(client, college):
    answer = page_of(client, college, "researcher", by="cohort", **{"as": "xlsx", "table": "fairness"})
    assert answer["Content-Type"].endswith("sheet")
    assert AuditEntry.objects.order_by("-position").first().act == "table.taken"


def test_switched_off_there_is_nothing_to_look_at(client, college):
    switch_method_off(space=college.space, method="priority-list", reason="x", by=college.accounts["officer"], at=NOON)
    page = page_of(client, college, "director").content.decode()
    assert "switched off" in page
    assert "<table" not in page


def test_the_page_asks_at_most_twenty_questions(client, college, django_assert_max_num_queries):
    page_of(client, college, "director", by="trait:gender")
    with django_assert_max_num_queries(20):
        client.get(
            reverse("priority_fairness", args=[college.space.code]), {"list": run_of(college).pk, "by": GENDER.code}
        )
