"""L22: a list is tested on the institution's own past; a model joins by that alone, and drift switches it off."""

from dataclasses import replace
from datetime import date, timedelta

import msgspec
import numpy as np
import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from tests.trust.listing import NOON, furnish_college, listed
from yucai.matching import PastCase, SupportModel, SupportSigns, Work, compare_with_rules, fit_support_model
from yucai.web.accounts.audit_models import AuditEntry
from yucai.web.accounts.models import Membership, Person
from yucai.web.evidence.models import EvidenceRecord, Item
from yucai.web.matching import priority_checking
from yucai.web.matching.priority_checking import ask_for_check, check_list, model_in_force, past_cases, watch_model
from yucai.web.matching.priority_models import ListCheck

pytestmark = pytest.mark.django_db


@pytest.fixture
def college(db):
    return furnish_college("past")


def presentation(college, code, starts, outcomes):
    """A presentation that is over: whoever ends badly handed in nothing."""
    group = college.space.groups.create(
        code=code, kind="presentation", name_en=code, name_zh=code, occasion=code, starts=starts
    )
    item = Item.objects.create(space=college.space, code=f"exam/{code}", name_en="x", name_zh="x", kind="exam",
                               occasion=code, due_day=14)  # fmt: skip
    entry = EvidenceRecord.objects.first().came_with
    for n, outcome in enumerate(outcomes):
        person = Person.objects.create(space=college.space, code=f"{code}-{n}", name_en="x", name_zh="x")
        gone = starts + timedelta(days=90) if outcome == "Withdrawn" else None
        Membership.objects.create(group=group, person=person, outcome=outcome, joined=starts, left=gone)
        if outcome == "Pass":
            EvidenceRecord.objects.create(
                came_with=entry, person=person, item=item, occasion=code, score=7, max_score=10,
                at=NOON.replace(year=starts.year, month=starts.month, day=10),
            )  # fmt: skip
    return group


def cases(*, years, lost, heard, seed=1):
    """Past cases of these years: so many end badly, and of these so many hand in late or never."""
    rng = np.random.default_rng(seed)
    for year in years:
        for n in range(200):
            bad, start = rng.random() < lost, date(year, 3, 1)
            due = [start + timedelta(days=7 * week) for week in range(1, 5)]
            works = tuple(
                Work(reference=f"{i}", due=day, handed_in=None if rng.random() < (heard if bad else 0.05) else day)
                for i, day in enumerate(due)
            )
            signs = SupportSigns(learner=f"{year}-{n:03}", as_of=start + timedelta(days=35), works=works)
            yield PastCase(signs=signs, cohort=f"{year}", happened=bool(bad))


def in_force(college, past):
    """A model that was admitted, as the newest test holds it."""
    model = fit_support_model(past, version="1", made_on=NOON.date(), event=priority_checking.EVENT)
    tested = replace(model, tested=compare_with_rules(past, seed=1), cut=0.5)
    return ListCheck.objects.create(
        space=college.space, at=NOON, rules_version="1.0", day=35, event="x", cases=len(past), events=1, tests=True,
        joins=True, says=[["x", "x"]], model=msgspec.json.encode(tested).decode(), seconds=0,
    )  # fmt: skip


def test_l22_the_past_are_presentations_that_are_over_as_known_on_the_day_of_their_list(college):
    presentation(college, "Y-2025", date(2025, 3, 1), ["Pass", "Fail", "Withdrawn"])
    presentation(college, "Y-2026", date(2026, 8, 1), ["Pass", "Fail"])  # goes on
    found = {case.signs.learner: case for case in past_cases(college.space, day=35, at=NOON)}
    assert {name: (case.happened, case.on) for name, case in found.items()} == {
        "Y-2025-0": (False, None), "Y-2025-1": (True, None), "Y-2025-2": (True, date(2025, 5, 30)),
    }  # fmt: skip
    assert [len(found[f"Y-2025-{n}"].signs.missing) for n in range(3)] == [0, 1, 1]
    assert {case.signs.as_of for case in found.values()} == {date(2025, 4, 5)}


def test_l22_where_the_past_holds_too_little_no_model_joins_and_the_page_says_so(client, college):
    presentation(college, "Y-2025", date(2025, 3, 1), ["Pass", "Fail"])
    made = check_list(college.space, by=college.accounts["director"], at=NOON)
    assert (made.tests, made.joins, made.cases, made.events) == (False, False, 2, 1)
    assert AuditEntry.objects.filter(act="priority.checked", target=f"list-check:{made.pk}").exists()
    listed(college)
    client.force_login(college.accounts["director"])
    client.cookies["django_language"] = "en"
    page = client.get(reverse("priority", args=["past"])).content.decode()
    assert "untested on this institution" in page
    assert "No model joins; the rules stand alone." in page


def test_l22_a_test_on_a_past_that_is_large_enough_tells_precision_and_chances(college, monkeypatch):
    past = list(cases(years=(2021, 2022, 2023, 2024), lost=0.3, heard=0.5))
    monkeypatch.setattr(priority_checking, "past_cases", lambda *_args, **_more: iter(past))
    made = check_list(college.space, by=None, at=NOON)
    told = " ".join(en for en, _zh in made.says)
    assert made.tests
    assert "of 100 whom the rules lists" in told
    assert "of 100 whom the model lists" in told
    assert "Chances of the model: slope" in told
    assert made.joins == (model_in_force(college.space) is not None)


def test_l22_a_model_that_drifts_goes_off_by_itself_with_an_event_and_a_sentence(client, college, monkeypatch):
    past = list(cases(years=(2021, 2022, 2023, 2024), lost=0.3, heard=0.5))
    check = in_force(college, past)
    assert isinstance(model_in_force(college.space), SupportModel)
    like_before = list(cases(years=(2025,), lost=0.3, heard=0.5, seed=2))
    monkeypatch.setattr(priority_checking, "past_cases", lambda *_args, **_more: iter(like_before))
    assert not watch_model(college.space, at=NOON)
    turned = [replace(case, happened=(not case.signs.missing) == (n % 4 > 0)) for n, case in enumerate(like_before)]
    monkeypatch.setattr(priority_checking, "past_cases", lambda *_args, **_more: iter(turned))
    listed(college)  # whoever has a list worked out sets the watch off
    check.refresh_from_db()
    assert check.off_at == NOON
    assert model_in_force(college.space) is None
    assert AuditEntry.objects.filter(act="priority.model-off", target=f"list-check:{check.pk}").count() == 1
    client.force_login(college.accounts["director"])
    client.cookies["django_language"] = "en"
    page = client.get(reverse("priority", args=["past"])).content.decode()
    assert f"The model went off by itself on {NOON:%Y-%m-%d}" in page
    assert check.off_says[0][0].split("&")[0][:20] in page


def test_only_a_director_has_it_tested(college):
    for name in ("teacher", "researcher", "student"):
        with pytest.raises(PermissionDenied):
            ask_for_check(space=college.space, by=college.accounts[name], at=NOON)
    assert ask_for_check(space=college.space, by=college.accounts["director"], at=NOON).kind == "priority-check"
