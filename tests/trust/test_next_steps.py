"""L12: next steps are reasons and no orders, refused by one click, and nothing hangs on it. L23: they never grade."""

import ast
import io
import re
import zipfile
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from tests.spec.test_access_matrix import LETTERS, LINES, address_of
from tests.trust.world import furnish
from yucai.errors import FaultyInputError
from yucai.texts import Text
from yucai.web.accounts.age_models import GuardianConsent
from yucai.web.accounts.audit_models import AuditEntry
from yucai.web.accounts.case_models import ReviewCase
from yucai.web.accounts.models import Account, Person
from yucai.web.evidence.models import EvidenceRecord, Item, OwnWork
from yucai.web.measurement.actions import measure_space
from yucai.web.measurement.models import CalibrationRun, ProfileRow
from yucai.web.measurement.portraits import portrait_of
from yucai.web.measurement.step_marking import latest_marks, mark_step, refuse_steps, refuses_steps, want_steps
from yucai.web.measurement.step_models import StepMark, StepsRefusal
from yucai.web.measurement.step_showing import shown_steps, steps_view
from yucai.web.registers.switches import Assessment, switch_method_off, switch_method_on
from yucai.web.rights.gathering import gather

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
LATER = NOON + timedelta(days=1)
SRC = Path(__file__).parents[2] / "src" / "yucai"
WANTED = Assessment(purpose="x", necessity="x", risks="x", measures="x")
PLACES = {"innovation": 0.9, "practical-literacy": -0.9, "scientific-spirit": 0.1}
RESTLESS = {"case", "generator_add", "minors_pack", "observe_turns"}
BUILD, CLOSE = "build-on-strength/innovation/level-5", "close-a-gap/practical-literacy/level-3"


@pytest.fixture
def world(db, settings, tmp_path):
    """An institution with everything in it; its student has a strength and a gap, and the method is signed for."""
    settings.WORKSPACE = replace(settings.WORKSPACE, folder=tmp_path / "office")
    own, _beside = furnish("steps", tmp_path)
    person = Person.objects.select_related("space").get(pk=own.parts["person"]["pk"])
    Person.objects.filter(space=person.space).update(talent_type="engineer")
    EvidenceRecord.objects.filter(person__space=person.space).update(occasion="2026-2027")
    for n, item in enumerate(Item.objects.filter(space=person.space, code__startswith="exam/")):
        Item.objects.filter(pk=item.pk).update(code=f"exam/mathematics-{n}")
    measure_space(person.space, report=lambda done, text: None, clock=lambda: NOON)
    run = CalibrationRun.objects.get(space=person.space, current=True)
    run.profiles.all().delete()
    ProfileRow.objects.bulk_create(
        ProfileRow(run=run, person=one, occasion="2026-2027", quality=code, mean=mean, std_error=0.3,
                   lower90=mean - 0.5, upper90=mean + 0.5, n_evidence=6, enough=True)
        for one in Person.objects.filter(space=person.space)
        for code, mean in PLACES.items()
    )  # fmt: skip
    for method in ("profiles", "next-steps", "adaptive-tests"):
        switch_method_on(space=person.space, method=method, wanted=WANTED, owner="x", by=own.accounts["director"],
                         at=timezone.now())  # fmt: skip
    return {"own": own, "person": Person.objects.select_related("space").get(pk=person.pk)}


def who(world, role):
    return Account.objects.select_related("person__space").get(pk=world["own"].accounts[role].pk)


def opened(client, world, role, language="en", person=None):
    client.force_login(who(world, role))
    client.cookies["django_language"] = language
    return client.get(reverse("portrait", args=[(person or world["person"]).pk])).content.decode()


def block(page):
    return re.search(r'<section id="next-steps".*?</section>', page, re.S).group()


def words(page):
    """What the block says, without what only the learner may press."""
    said = re.sub(r"<form.*?</form>|<a .*?</a>", "", block(page), flags=re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", said)).strip()


def own_steps(world, at=NOON):
    return shown_steps(world["person"], portrait_of(world["person"], at=at), at=at)


def mark(world, key, state, said="", at=NOON, role="student"):
    return mark_step(person=world["person"], key=key, state=state, said=said, shown=own_steps(world, at), at=at,
                     by=who(world, role))  # fmt: skip


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_l12_the_learner_and_whoever_may_read_the_portrait_see_the_same_words(client, world, language):
    seen = {role: words(opened(client, world, role, language)) for role in ("student", "teacher", "mentor", "director")}
    assert len(set(seen.values())) == 1
    for title in (title for _key, title in own_steps(world)):
        assert title.in_language(language) in seen["student"]
    assert 'action="/next-steps/' not in block(opened(client, world, "teacher"))


def test_l12_steps_follow_from_the_own_profile_and_a_value_under_review_is_no_ground(world):
    assert [key for key, _title in own_steps(world)] == [BUILD, CLOSE]
    ProfileRow.objects.exclude(person=world["person"]).update(mean=3.0, lower90=2.5, upper90=3.5)
    Person.objects.filter(pk=world["person"].pk).update(name_en="Somebody", name_zh="某人", cohort="1999", code="z")
    assert [key for key, _title in own_steps(world)] == [BUILD, CLOSE]
    ReviewCase.objects.create(
        space=world["person"].space, person=world["person"], kind="objection", about="quality",
        key="innovation|2026-2027", named_en="x", named_zh="x", said="x", opened_by=who(world, "student"),
        opened_at=NOON, due_on=LATER.date(),
    )  # fmt: skip
    first, second = (key for key, _title in own_steps(world))
    assert first == CLOSE
    assert second.startswith("make-known/")


def test_l12_what_is_open_to_the_learner_is_asked_for_first(world):
    """The test that this student may sit asks about innovation; an unknown innovation is known soonest by it."""
    ProfileRow.objects.filter(person=world["person"]).update(enough=False)
    (only,) = own_steps(world)
    sitting = world["own"].parts["sitting"]["pk"]
    assert only[0] == f"make-known/innovation/test-{sitting}"
    with translation.override("en"):
        view = steps_view(world["person"], portrait_of(world["person"], at=NOON), at=NOON)
    assert view.steps[0].begin_at == reverse("sitting", args=[sitting])
    assert view.steps[0].explained.data.startswith("Your own portrait (2026-2027, computed ")


def test_l12_no_steps_are_drawn_for_a_child_without_a_guardians_consent(world):
    Person.objects.filter(pk=world["person"].pk).update(born=date(2013, 1, 1))
    world["person"].refresh_from_db()
    assert own_steps(world) == ()
    GuardianConsent.objects.create(
        person=world["person"], guardian="x", shown="paper", reference="x", given_on=date(2026, 9, 1),
        recorded_by=who(world, "officer"), recorded_at=NOON,
    )  # fmt: skip
    assert [key for key, _title in own_steps(world)] == [BUILD, CLOSE]


def test_l12_a_mark_is_kept_with_its_event_and_sets_a_step_aside_until_it_is_brought_back(client, world):
    opened(client, world, "student")
    first = client.post(reverse("step_mark"), {"key": BUILD, "state": "not-for-me", "said": " no time "}, follow=True)
    assert "Noted." in first.content.decode()
    marked = latest_marks(world["person"])[BUILD]
    assert (marked.state, marked.said, marked.title_en) == (
        "not-for-me",
        "no time",
        "Build on your strength in innovation",
    )
    event = AuditEntry.objects.order_by("-position").filter(act="next-step.marked").first()
    assert (event.target, event.account_id) == (f"next-step:{BUILD}", who(world, "student").pk)
    assert "no time" not in str(event.detail)
    assert BUILD not in dict(own_steps(world))
    client.post(reverse("step_mark"), {"key": BUILD, "state": "open"})
    assert BUILD in dict(own_steps(world))
    client.post(reverse("step_mark"), {"key": BUILD, "state": "doing"})
    assert "I am doing it" in words(opened(client, world, "teacher"))
    assert StepMark.objects.count() == 3  # nothing is written over


def test_l12_a_mark_names_every_fault_and_is_the_learners_alone(world):
    with pytest.raises(FaultyInputError) as told:
        mark(world, "close-a-gap/innovation/level-2", "perfect", "x" * 301)
    assert [fault.code for fault in told.value.faults] == ["gone", "unknown", "long"]
    for role in ("teacher", "director", "officer", "mentor"):
        with pytest.raises(PermissionDenied):
            mark(world, BUILD, "done", role=role)
        with pytest.raises(PermissionDenied):
            refuse_steps(person=world["person"], by=who(world, role), at=NOON)
        with pytest.raises(PermissionDenied):
            want_steps(person=world["person"], by=who(world, role), at=NOON)
    assert not StepMark.objects.exists()


def test_l12_one_click_refuses_and_one_click_takes_it_back(client, world):
    before = words(opened(client, world, "teacher"))
    opened(client, world, "student")
    shown = client.post(reverse("steps_refuse"), follow=True)
    assert shown.redirect_chain[-1][0].endswith("#next-steps")
    assert "whoever refuses has no disadvantage" in words(shown.content.decode())
    client.post(reverse("steps_refuse"), follow=True)  # a second click changes nothing
    assert StepsRefusal.objects.get(person=world["person"]).until is None
    for role in ("student", "teacher", "mentor", "director"):
        assert "Build on your strength" not in opened(client, world, role)
    assert own_steps(world) == ()
    opened(client, world, "student")
    assert "shown again" in client.post(reverse("steps_want"), follow=True).content.decode()
    assert StepsRefusal.objects.get(person=world["person"]).until is not None
    assert words(opened(client, world, "teacher")) == before
    acts = AuditEntry.objects.filter(act__startswith="next-steps.").order_by("position").values_list("act", flat=True)
    assert list(acts) == ["next-steps.refused", "next-steps.wanted"]


def test_l12_the_general_list_is_the_same_for_everybody_and_does_not_say_why_it_stands(client, world):
    """Who refused and who belongs to an office that switched the method off look alike to staff."""
    refuse_steps(person=world["person"], by=who(world, "student"), at=NOON)
    refused = block(opened(client, world, "teacher"))
    want_steps(person=world["person"], by=who(world, "student"), at=LATER)
    switch_method_off(space=world["person"].space, method="next-steps", reason="x", by=who(world, "officer"),
                      at=timezone.now())  # fmt: skip
    assert block(opened(client, world, "teacher")) == refused
    other = Person.objects.filter(space=world["person"].space, groups__code="a").exclude(pk=world["person"].pk).first()
    assert block(opened(client, world, "teacher", person=other)) == refused
    assert "steps_refuse" not in block(opened(client, world, "student"))
    assert own_steps(world, at=timezone.now()) == ()
    assert refused.count("<details>") == 9


@contextmanager
def looked():
    """Let a look leave no trace, so that the next page does not list it."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def signed_in(world):
    """A browser for each role, signed in once: signing in is something of which lists tell."""
    found = {}
    for role in ("director", "teacher", "mentor", "officer", "student"):
        found[role] = Client()
        found[role].force_login(who(world, role))
        found[role].cookies["django_language"] = "en"
    return found


def everything(clients, world):
    """The bytes of every page, list, queue, file and export that staff and the student may open."""
    found = {}
    for role, client in clients.items():
        for line in LINES:
            if line[1] != "get" or LETTERS[role] not in line[3]:
                continue
            with looked():
                answer = client.get(address_of(line, world["own"]))
                found[role, line[0]] = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return found


def comparable(page):
    """A page without its tokens against forgery and the block of next steps; of a file with parts, what they say."""
    if page.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(page)) as parts:
            return {name: parts.read(name) for name in parts.namelist() if name != "docProps/core.xml"}
    page = re.sub(rb'name="csrfmiddlewaretoken" value="[^"]*"', b"", page)
    return re.sub(rb'<section id="next-steps".*?</section>', b"", page, flags=re.S)


def differing(before, after):
    assert before.keys() == after.keys()
    return {place for place in before if comparable(before[place]) != comparable(after[place])}


def test_l12_refusing_changes_no_other_byte_of_any_page_list_queue_or_file(world, monkeypatch):
    moment = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: moment)
    clients = signed_in(world)
    before, again = everything(clients, world), everything(clients, world)
    # Numbers of their own each time: a key, a time inside a workbook, when a page was shown.
    restless = differing(before, again)
    assert {page for _role, page in restless} <= RESTLESS
    assert {("director", "group"), ("teacher", "own_works_queue"), ("mentor", "ratings"), ("student", "tests"),
            ("director", "portrait_file"), ("director", "record_csv"), ("director", "import_desk"),
            ("officer", "registers")} <= before.keys()  # fmt: skip
    assert b"Build on your strength" in before["director", "portrait"]
    refuse_steps(person=world["person"], by=who(world, "student"), at=moment)
    # What is on record about oneself says so to oneself, and to the officer who answers for it.
    assert differing(before, everything(clients, world)) - restless == {
        ("student", "who_looked"), ("student", "my_data"), ("student", "person_export"), ("officer", "my_data"),
        ("officer", "person_export"),
    }  # fmt: skip


def test_l12_a_refusal_is_kept_from_when_until_when_and_one_at_a_time(world):
    refuse_steps(person=world["person"], by=who(world, "student"), at=NOON)
    want_steps(person=world["person"], by=who(world, "student"), at=LATER)
    want_steps(person=world["person"], by=who(world, "student"), at=LATER)  # nothing to end
    refuse_steps(person=world["person"], by=who(world, "student"), at=LATER)
    kept = list(StepsRefusal.objects.order_by("since").values_list("since", "until"))
    assert kept == [(NOON, LATER), (LATER, None)]
    assert refuses_steps(world["person"])
    with pytest.raises(IntegrityError), transaction.atomic():
        StepsRefusal.objects.create(person=world["person"], since=NOON)
    with pytest.raises(IntegrityError), transaction.atomic():
        StepsRefusal.objects.create(person=world["person"], since=LATER, until=NOON)
    rows = gather(world["person"]).tables["steps_refused"]
    assert [row["until"] is None for row in rows] == [False, True]


# L23


def importers(*names):
    """The modules of ours that import one of these names."""
    found = set()
    for file in SRC.rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        if not any(name in text for name in names):
            continue
        tree = ast.parse(text)
        imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}
        if imported & set(names):
            found.add(file.relative_to(SRC).as_posix())
    return found


def test_l23_steps_and_marks_have_no_way_into_grades_lists_or_rules():
    """Who reads them is listed: pages of the learner and what programs are told of them, the learner's own export, and
    erasure. Nothing else may.
    """
    assert importers("next_steps") == {"matching/__init__.py", "web/measurement/step_showing.py"}
    assert importers("steps_view", "shown_steps") == {
        "web/measurement/views.py", "web/measurement/step_views.py", "web/homes/views.py", "web/api/of_people.py",
    }  # fmt: skip
    assert importers("StepMark", "StepsRefusal") == {
        "web/models.py", "web/measurement/step_marking.py", "web/measurement/step_showing.py",
        "web/erasure/of_records.py", "web/rights/counting.py", "web/rights/elsewhere.py",
    }  # fmt: skip


def test_l23_whatever_is_marked_leaves_evidence_profiles_and_works_as_they_were(world):
    def state():
        tables = (EvidenceRecord, ProfileRow, OwnWork, CalibrationRun)
        return [list(table.objects.order_by("pk").values_list()) for table in tables]

    before = state()
    for key in (BUILD, CLOSE):
        for one in StepMark.State.values:
            mark_step(person=world["person"], key=key, state=one, said="x", shown=[(key, Text("a", "b"))], at=NOON,
                      by=who(world, "student"))  # fmt: skip
    refuse_steps(person=world["person"], by=who(world, "student"), at=NOON)
    assert state() == before
