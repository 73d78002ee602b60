"""L7, L8, L14, L22, L23: a list proposes talks and nothing else; people decide, with reasons, after having looked."""

import ast
import hashlib
import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.urls import reverse

from tests.trust.listing import DAY, NOON, REASON, decide, entry_of, furnish_college, listed, opened_case, whole_life
from yucai.errors import FaultyInputError
from yucai.matching import SUPPORT_RULES_VERSION
from yucai.web.accounts.age_models import GuardianConsent
from yucai.web.accounts.audit_models import AuditEntry
from yucai.web.accounts.models import Membership, Person
from yucai.web.evidence.models import EvidenceRecord, Item
from yucai.web.matching.case_actions import (
    UNDO_WITHIN,
    CaseMovedError,
    Said,
    decide_case,
    file_several,
    open_case,
    undo_case,
)
from yucai.web.matching.case_clock import data_set_of_talks
from yucai.web.matching.case_models import CaseDecision, SupportCase
from yucai.web.matching.case_seconds import shown_now
from yucai.web.matching.priority_models import PriorityEntry, PriorityRun
from yucai.web.matching.priority_use import HASTE, use_of_list
from yucai.web.registers.algorithms import METHODS
from yucai.web.registers.switches import MethodOffError, switch_method_off
from yucai.web.rights.gathering import gather

pytestmark = pytest.mark.django_db
SRC = Path(__file__).parents[2] / "src" / "yucai"
OWN_TABLES = {"PriorityRun", "PriorityEntry", "SupportCase", "CaseDecision", "AuditEntry", "AuditPerson", "AuditStump"}


@pytest.fixture
def college(db):
    return furnish_college("talks")


def state_of_everything():
    """A digest of each table but those of the list itself and the trail."""
    found = {}
    for model in apps.get_app_config("web").get_models(include_auto_created=True):
        if model.__name__ not in OWN_TABLES:
            rows = sorted(map(repr, model._default_manager.values_list()))
            found[model.__name__] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
    return found


# ---- what is counted


def test_who_has_gone_quiet_is_on_the_list_with_a_true_reason_and_what_speaks_against_it(college):
    listed(college)
    entry = entry_of(college)
    assert entry.band == PriorityEntry.Band.TALK
    said = " ".join(en for en, _zh in entry.reasons)
    assert "3 did not come from you: Algebra, Optics, Writing" in said
    assert entry.counts[0][0] == "Work that was due: 6, of these came: 3; came late: 0."
    assert any("Of all 6 pieces of work that were due so far, 3 came" in en for en, _zh in entry.against)
    assert "algebra考试、optics考试、writing考试" in " ".join(zh for _en, zh in entry.reasons)
    assert entry.step_en


def test_everybody_else_is_not_and_of_who_is_new_nothing_is_said(college):
    run = listed(college)
    assert run.people == 10
    assert run.clear == 8
    assert set(run.entries.values_list("person__code", "band")) == {
        ("talks-quiet", "talk-soon"), ("talks-new", "unknown"),
    }  # fmt: skip
    assert "Too little is known" in entry_of(college, "new").reasons[0][0]


def test_what_only_some_of_a_class_did_is_missed_from_nobody(college):
    extra = Item.objects.create(space=college.space, code="exam/extra", name_en="x", name_zh="x", kind="exam")
    some = [college.people[f"a{n}"] for n in range(4)]  # 4 of 9
    entry = EvidenceRecord.objects.first().came_with
    for person in some:
        EvidenceRecord.objects.create(came_with=entry, person=person, item=extra, occasion="2025-2026-2", score=1,
                                      max_score=1)  # fmt: skip
    assert listed(college).clear == 8


def test_work_of_a_later_day_does_not_count(college):
    run = listed(college, day=date(2026, 2, 10))
    assert not run.entries.exclude(band="unknown").exists()
    assert run.clear == 9


def test_a_presentation_expects_by_its_due_days_from_joining_to_leaving(college):
    group = college.space.groups.create(
        code="X-2026J", kind="presentation", name_en="X", name_zh="X", occasion="X-2026J", starts=date(2026, 2, 1)
    )
    item = Item.objects.create(space=college.space, code="exam/first", name_en="First", name_zh="第一次", kind="exam",
                               occasion="X-2026J", due_day=10)  # fmt: skip
    days = {"a0": {}, "a1": {}, "a2": {"joined": date(2026, 3, 1)}, "a3": {"left": date(2026, 2, 20)}}
    for name, more in days.items():
        Membership.objects.create(group=group, person=college.people[name], **more)
    entry = EvidenceRecord.objects.first().came_with
    EvidenceRecord.objects.create(came_with=entry, person=college.people["a0"], item=item, occasion="X-2026J",
                                  score=9, max_score=10, at=NOON.replace(month=2, day=9))  # fmt: skip
    run = listed(college, scope=str(group.pk), day=date(2026, 3, 8))
    assert set(run.entries.values_list("person__name_en", "band")) == {("a1", "talk-soon"), ("a2", "unknown")}
    assert run.people == 3


def test_nobody_under_14_is_looked_at_without_a_guardians_consent(college):
    Person.objects.filter(pk=college.people["quiet"].pk).update(born=date(2015, 1, 1))
    assert not listed(college).entries.filter(person=college.people["quiet"]).exists()
    GuardianConsent.objects.create(
        person=college.people["quiet"], guardian="x", shown="paper", reference="x", given_on=date(2026, 1, 1),
        recorded_by=college.accounts["officer"], recorded_at=NOON,
    )  # fmt: skip
    assert listed(college).entries.filter(person=college.people["quiet"]).exists()


# ---- L7: nothing follows by itself


def test_l7_no_state_of_a_case_changes_anything_elsewhere(college):
    data_set_of_talks(college.space)  # a line of the register, made with the first list
    before = state_of_everything()
    listed(college)
    case = opened_case(college)
    whole_life(case, college.accounts["director"])
    other = open_case(entry=entry_of(college), by=college.accounts["teacher"], at=NOON)
    decide(other, college.accounts["teacher"], "dismissed")
    mistaken = opened_case(college)
    undo_case(case=mistaken, by=college.accounts["director"], at=NOON)
    assert state_of_everything() == before


def test_l7_no_state_changes_without_a_decision_of_a_named_person_with_a_reason(college):
    listed(college)
    case = opened_case(college)
    moves = [("alert", "opened")]
    for kind in ("talk", "action", "outcome"):
        made = decide(case, college.accounts["director"], kind)
        moves.append((case.state, made.kind))
        assert (made.by, made.reason) == (college.accounts["director"], REASON)
    decide(case, college.accounts["director"], "helped", helped="cannot-tell")
    assert [*moves, (case.state, "helped")] == [
        ("alert", "opened"), ("talk", "talk"), ("action", "action"), ("outcome", "outcome"), ("closed", "helped"),
    ]  # fmt: skip
    assert case.decisions.count() == 5
    acts = AuditEntry.objects.filter(target=f"support-case:{case.pk}").values_list("act", flat=True)
    assert sorted(acts) == ["support-case.decided"] * 4 + ["support-case.opened"]


@pytest.mark.parametrize("kind", ["dismissed", "talk"])
def test_l7_the_database_refuses_a_decision_without_a_reason(college, kind):
    listed(college)
    case = opened_case(college)
    more = {"day": DAY, "who": "x", "said": "x"} if kind == "talk" else {}
    with pytest.raises(IntegrityError, match="case_decision_with_reason"), transaction.atomic():
        CaseDecision.objects.create(
            case=case, kind=kind, by=college.accounts["director"], at=NOON, reason="", seconds=9, **more
        )
    with pytest.raises(FaultyInputError, match="Give your reason in words"):
        decide(case, college.accounts["director"], kind, reason="  ")
    case.refresh_from_db()
    assert case.state == "alert"


def test_l7_there_is_no_adverse_act_so_none_asks_for_a_second_person():
    """What can be decided: to talk, to help, to write down what came of it, to set the alert aside. Nothing else."""
    assert set(CaseDecision.Kind.values) == {
        "opened", "dismissed", "talk", "action", "outcome", "helped", "withdrawn",
    }  # fmt: skip
    pointing = {field.related_model.__name__ for model in (SupportCase, CaseDecision)
                for field in model._meta.get_fields() if field.is_relation and field.concrete}  # fmt: skip
    assert pointing == {"Space", "Person", "Account", "SupportCase"}


def test_l7_a_case_goes_its_steps_in_order_and_who_comes_second_is_told(college):
    listed(college)
    case, director = opened_case(college), college.accounts["director"]
    for kind, more in (("action", {}), ("outcome", {}), ("helped", {"helped": "yes"})):
        with pytest.raises(CaseMovedError):
            decide(case, director, kind, **more)
    decide(case, college.accounts["teacher"], "dismissed")
    with pytest.raises(CaseMovedError):
        decide(case, director, "talk")
    assert case.decisions.count() == 2


# ---- L8: review is real


def test_l8_nobody_decides_who_has_not_looked_at_the_page(college):
    listed(college)
    case, director, teacher = opened_case(college), college.accounts["director"], college.accounts["teacher"]
    of_another = shown_now(case=case.pk, by=teacher, at=NOON)
    for shown in ("", "made-up", of_another, shown_now(case=case.pk + 1, by=director, at=NOON)):
        with pytest.raises(FaultyInputError, match="Open the page of the case first"):
            decide_case(case=case, said=Said(kind="dismissed", reason=REASON), shown=shown, by=director, at=NOON)
    assert decide(case, director, "dismissed", looked=47).seconds == 47


def test_l8_evidence_and_what_speaks_against_it_stand_before_what_the_list_suggested(client, college):
    listed(college)
    case = opened_case(college)
    client.force_login(college.accounts["director"])
    client.cookies["django_language"] = "en"
    page = client.get(reverse("case", args=[case.pk])).content.decode()
    places = [page.index(words) for words in ("did not come from you", "What speaks against it", "What the list "
              "suggested", 'name="reason"')]  # fmt: skip
    assert places == sorted(places)
    assert re.search(r'<details class="suggested"><summary>', page)  # folded


def test_l8_a_hundred_cases_decided_in_a_minute_raise_a_warning(client, college):
    many = Person.objects.bulk_create(
        Person(space=college.space, code=f"m{n}", name_en=f"m{n}", name_zh=f"m{n}") for n in range(100)
    )
    run, director = listed(college), college.accounts["director"]
    PriorityEntry.objects.bulk_create(
        PriorityEntry(run=run, person=person, band="keep-in-view", reasons=[["x", "x"]], since=NOON) for person in many
    )
    entries = list(PriorityEntry.objects.filter(person__in=many).select_related("run", "person__space"))
    shown = shown_now(case=0, by=director, at=NOON)
    file_several(entries=entries, said={one.pk: ("dismissed", "no") for one in entries}, shown=shown, by=director,
                 at=NOON + timedelta(seconds=20))  # fmt: skip
    found = use_of_list(college.space, run, at=NOON + timedelta(minutes=5))
    assert [(one.decisions, one.who.en) for one in found.haste] == [(100, "director")]
    (only,) = found.each
    assert (only.followed, only.set_aside, only.agreement, only.seconds) == (0, 100, 0, 0.0)


def test_l8_the_director_is_warned_on_the_page_and_sees_agreement_and_seconds(client, college, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOON + timedelta(minutes=5))
    listed(college)
    case, teacher = opened_case(college, by="teacher"), college.accounts["teacher"]
    for n in range(HASTE):
        decide(case, teacher, "talk", looked=2, at=NOON + timedelta(seconds=n))
    client.force_login(college.accounts["director"])
    client.cookies["django_language"] = "en"
    page = client.get(reverse("priority", args=["talks"])).content.decode()
    assert f"teacher wrote {HASTE} decisions within one minute" in page
    row = re.search(r"<tr><th scope=\"row\">teacher</th>.*?</tr>", page, re.S).group()
    assert re.findall(r">([^<>]+)</td>", row) == ["1", "0", "100 %", "2"]


def test_l8_an_unhurried_office_is_not_warned(college):
    run = listed(college)
    decide(opened_case(college), college.accounts["director"], "talk", looked=90)
    found = use_of_list(college.space, run, at=NOON + timedelta(hours=1))
    assert found.haste == ()
    assert [(one.agreement, one.seconds) for one in found.each] == [(100, 90.0)]


def test_l8_several_are_decided_in_one_step_with_a_reason_each_or_none_is(college):
    run, director = listed(college), college.accounts["director"]
    PriorityEntry.objects.create(run=run, person=college.people["a0"], band="keep-in-view", since=NOON,
                                 reasons=[["x", "x"]])  # fmt: skip
    entries = [entry_of(college), entry_of(college, "a0")]
    shown = shown_now(case=0, by=director, at=NOON - timedelta(seconds=60))
    one, two = (entry.pk for entry in entries)
    with pytest.raises(FaultyInputError, match=f"reason-{two}"):
        file_several(entries=entries, said={one: ("opened", "talk"), two: ("dismissed", " ")}, shown=shown,
                     by=director, at=NOON)  # fmt: skip
    assert not SupportCase.objects.exists()
    made = file_several(entries=entries, said={one: ("opened", "talk"), two: ("dismissed", "ill")}, shown=shown,
                        by=director, at=NOON)  # fmt: skip
    assert [case.state for case in made] == ["alert", "dismissed"]
    assert list(CaseDecision.objects.exclude(reason="").order_by("pk").values_list("reason", "seconds")) == [
        ("talk", 30), ("ill", 30),
    ]  # fmt: skip


def test_l8_a_list_nobody_acts_on_says_so(college):
    run = listed(college)
    many = Person.objects.bulk_create(
        Person(space=college.space, code=f"m{n}", name_en="m", name_zh="m") for n in range(30)
    )
    PriorityEntry.objects.bulk_create(
        PriorityEntry(run=run, person=person, band="keep-in-view", reasons=[["x", "x"]], since=NOON) for person in many
    )
    assert not use_of_list(college.space, run, at=NOON + timedelta(days=27)).acted.nobody_acts
    later = use_of_list(college.space, run, at=NOON + timedelta(days=29)).acted
    assert later.nobody_acts
    assert (later.entries, later.acted) == (31, 0)


def test_an_entry_that_stays_keeps_the_day_since_when_it_stands(college):
    listed(college)
    again = listed(college, at=NOON + timedelta(days=20))
    assert entry_of(college).run == again
    assert entry_of(college).since == NOON
    assert PriorityRun.objects.filter(space=college.space).count() == 1  # the new list took the place of the old


# ---- who, undo


def test_only_director_and_the_teacher_in_charge_open_and_decide(college):
    listed(college)
    for name in ("researcher", "mentor", "officer", "student", "beside"):
        with pytest.raises(PermissionDenied):
            open_case(entry=entry_of(college), by=college.accounts[name], at=NOON)
    case = opened_case(college, by="teacher")
    for name in ("researcher", "mentor", "officer", "student", "beside"):
        with pytest.raises(PermissionDenied):
            decide(case, college.accounts[name], "dismissed")
    assert opened_case(college).pk == case.pk  # one case of a person is open at a time


def test_what_was_just_opened_is_taken_back_by_who_opened_it_and_stays_on_record(college):
    listed(college)
    case = opened_case(college)
    with pytest.raises(PermissionDenied):
        undo_case(case=case, by=college.accounts["teacher"], at=NOON)
    with pytest.raises(CaseMovedError):
        undo_case(case=case, by=college.accounts["director"], at=NOON + UNDO_WITHIN + timedelta(seconds=1))
    undo_case(case=case, by=college.accounts["director"], at=NOON + UNDO_WITHIN)
    case.refresh_from_db()
    assert case.state == "withdrawn"
    assert opened_case(college).pk != case.pk


# ---- L22, L23


def test_l22_the_list_is_registered_with_a_switch_an_assessment_and_what_was_tested():
    method = METHODS["priority-list"]
    assert method.stops is not None
    assert all(text.en and text.zh for text in (method.risks, method.measures, method.necessity))
    assert "untested on this institution's own past" in method.tested.en
    assert SUPPORT_RULES_VERSION


def test_l22_switched_off_nothing_is_worked_out_or_shown_and_open_cases_come_to_their_end(client, college):
    listed(college)
    case = opened_case(college)
    client.force_login(college.accounts["director"])
    client.cookies["django_language"] = "en"
    address = reverse("priority", args=["talks"])
    before = client.get(address).content.decode()
    assert "Written rules, untested on this institution" in before
    assert "did not come from you" in before
    switch_method_off(space=college.space, method="priority-list", reason="nobody acts",
                      by=college.accounts["director"], at=NOON)  # fmt: skip
    page = client.get(address).content.decode()
    assert "switched off" in page
    assert "did not come from you" not in page
    with pytest.raises(MethodOffError):
        listed(college)
    decide(case, college.accounts["director"], "talk")
    assert case.state == "talk"


def importers(*names):
    """Which modules of the site import one of these names."""
    found = set()
    for file in SRC.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and {alias.name for alias in node.names} & set(names):
                found.add(str(file.relative_to(SRC)))
    return found


def test_l23_only_these_modules_read_the_list_and_its_cases_and_none_of_them_grades():
    inside = {one for one in importers("PriorityEntry", "PriorityRun", "SupportCase", "CaseDecision")
              if not one.startswith("web/matching/")}  # fmt: skip
    assert inside == {
        "web/models.py",  # the tables for Django
        "web/erasure/of_records.py", "web/rights/counting.py", "web/rights/elsewhere.py",
        "web/rights/results.py",  # rights of the person
        "web/governance/list_fairness.py", "web/governance/list_fairness_views.py",  # whether it is fair, in numbers
    }  # fmt: skip
    writing = re.compile(r"\b(EvidenceRecord|Membership|ProfileRow|AnnouncedLine|Announcement|Item)\b[^\n]*"
                         r"\.(create|bulk_create|update|delete|save)\(")  # fmt: skip
    for file in (SRC / "web" / "matching").glob("*.py"):
        assert not writing.search(file.read_text(encoding="utf-8")), file.name


def test_l23_no_file_holds_the_list(client, college):
    """What leaves as a table is the person's own export; the list itself has no file and no address of one."""
    from yucai.web.urls import urlpatterns

    names = {one.name for one in urlpatterns if one.name and one.name.startswith(("priority", "case"))}
    assert names == {
        "priority", "priority_check", "priority_fairness", "priority_work_out", "priority_several", "cases",
        "case_open", "case", "case_decide", "case_undo",
    }  # fmt: skip
    listed(college)
    client.force_login(college.accounts["director"])
    for name, part in (("priority", "talks"), ("cases", "talks"), ("case", opened_case(college).pk)):
        assert client.get(reverse(name, args=[part]))["Content-Type"].startswith("text/html")


# ---- L11, L19, L20


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_l11_the_student_reads_the_case_in_the_same_words_as_staff(client, college, language):
    listed(college)
    case = opened_case(college)
    decide(case, college.accounts["director"], "talk", said="He works at night.")

    def words(role):
        client.force_login(college.accounts[role])
        client.cookies["django_language"] = language
        page = client.get(reverse("case", args=[case.pk])).content.decode()
        parts = [re.search(rf'<section[^>]*aria-labelledby="{name}".*?</section>', page, re.S).group()
                 for name in ("noted", "decided")]  # fmt: skip
        return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", " ".join(parts)))

    seen = {role: words(role) for role in ("director", "teacher", "student")}
    assert len(set(seen.values())) == 1
    assert "He works at night." in seen["student"]


def test_l11_own_data_show_the_entry_the_case_and_how_to_object(client, college):
    listed(college)
    case = opened_case(college)
    client.force_login(college.accounts["student"])
    client.cookies["django_language"] = "en"
    page = client.get(reverse("my_data", args=[college.people["quiet"].pk])).content.decode()
    assert "3 did not come from you: Algebra, Optics, Writing" in page
    assert reverse("case", args=[case.pk]) in page
    ask = f"{reverse('request_add')}?about=support&key={case.pk}"
    assert ask.replace("&", "&amp;") in page
    assert "Case of a talk, opened on" in client.get(ask).content.decode()
    assert client.post(ask, {"kind": "objection", "said": "I handed it in"}).status_code == 302
    made = college.people["quiet"].review_cases.get()
    assert (made.about, made.made_by) == ("support", [college.accounts["director"].pk])


def test_l20_the_export_holds_entry_case_and_every_decision(college):
    listed(college)
    whole_life(opened_case(college), college.accounts["director"])
    tables = gather(college.people["quiet"]).tables
    assert [row["band"] for row in tables["listed"]] == ["talk-soon"]
    assert [(row["state"], row["helped"]) for row in tables["talk_cases"]] == [("closed", "yes")]
    assert [(row["kind"], row["by"], row["reason"]) for row in tables["talk_decisions"]][1] == (
        "talk", "director", REASON,
    )  # fmt: skip
