"""L11: the student reads what staff read, in the same words and numbers, on one page, and who looked."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from tests.trust.world import ROLES, furnish
from yucai.framework import load_practices
from yucai.web.accounts.audit_models import AuditEntry
from yucai.web.accounts.case_models import ReviewCase
from yucai.web.accounts.models import Account, Person
from yucai.web.evidence.models import EvidenceRecord, Item, OwnWork
from yucai.web.homes.mapping import student_map
from yucai.web.measurement.actions import measure_space
from yucai.web.measurement.models import CalibrationRun, ProfileRow
from yucai.web.measurement.portraits import portrait_of
from yucai.web.registers.switches import Assessment, switch_method_on

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
STAFF = ("director", "researcher", "teacher", "mentor")
PLACES = {"innovation": 0.9, "practical-literacy": -0.9, "scientific-spirit": 0.1}


@pytest.fixture
def world(db, settings, tmp_path):
    """An institution whose student has a strength, a gap and what is not known."""
    settings.WORKSPACE = replace(settings.WORKSPACE, folder=tmp_path / "office")
    own, _beside = furnish("map", tmp_path)
    person = Person.objects.select_related("space").get(pk=own.parts["person"]["pk"])
    Person.objects.filter(space=person.space).update(talent_type="engineer")
    EvidenceRecord.objects.filter(person__space=person.space).update(occasion="2026-2027")
    for n, item in enumerate(Item.objects.filter(space=person.space, code__startswith="exam/")):
        Item.objects.filter(pk=item.pk).update(code=f"exam/mathematics-{n}")
    measure_space(person.space, report=lambda done, text: None, clock=lambda: NOON)
    run = CalibrationRun.objects.get(space=person.space, current=True)
    run.profiles.all().delete()
    ProfileRow.objects.bulk_create(
        ProfileRow(run=run, person=person, occasion="2026-2027", quality=code, mean=mean, std_error=0.3,
                   lower90=mean - 0.5, upper90=mean + 0.5, n_evidence=6, enough=True)
        for code, mean in PLACES.items()
    )  # fmt: skip
    for method in ("profiles", "next-steps"):
        switch_method_on(space=person.space, method=method, wanted=Assessment(**dict.fromkeys(
            ("purpose", "necessity", "risks", "measures"), "x")), owner="x", by=own.accounts["director"],
            at=timezone.now())  # fmt: skip
    return {"own": own, "person": Person.objects.select_related("space").get(pk=person.pk)}


def opened(client, world, role, name, language="en"):
    client.force_login(Account.objects.get(pk=world["own"].accounts[role].pk))
    client.cookies["django_language"] = language
    parts = [] if name == "my_map" else [world["person"].pk]
    answer = client.get(reverse(name, args=parts))
    assert answer.status_code == 200
    return answer.content.decode()


def words(html):
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html))).strip()


def quality_lines(page):
    """Name, sentence, place and number of pieces of each quality, as they stand on a page."""
    return [words(one) for one in re.findall(r'<details class="quality[^>]*>\s*<summary>(.*?)</summary>', page, re.S)]


def steps_block(page):
    said = re.search(r'<section id="next-steps".*?</section>', page, re.S).group()
    return words(re.sub(r"<form.*?</form>|<a .*?</a>", "", said, flags=re.S))


def summary_of(page):
    return words(re.search(r'class="summary">(.*?)</(?:div|section)>', page, re.S)[1])


def works_of_page(page):
    return set(re.findall(r'<h3><a href="(/own-works/\d+/)">([^<]+)</a></h3>', page))


def explained_of(page):
    return [words(one) for one in re.findall(r'<details class="explained" data-explained>(.*?)</details>', page, re.S)]


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("role", STAFF)
def test_l11_values_steps_works_and_reasons_are_the_same_words_and_numbers(client, world, role, language):
    mine = opened(client, world, "student", "my_map", language)
    theirs = opened(client, world, role, "portrait", language)
    assert len(quality_lines(mine)) == 9
    assert quality_lines(mine) == quality_lines(theirs)
    assert summary_of(mine) == summary_of(theirs)
    assert steps_block(mine) == steps_block(theirs)
    assert works_of_page(mine) == works_of_page(theirs) != set()
    assert set(explained_of(mine)) <= set(explained_of(theirs))


def test_l11_the_test_above_would_notice_a_number_that_differs(client, world):
    mine = opened(client, world, "student", "my_map")
    ProfileRow.objects.filter(person=world["person"], quality="innovation").update(mean=0.8)
    assert quality_lines(mine) != quality_lines(opened(client, world, "teacher", "portrait"))


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_l11_who_looked_is_told_the_student_as_it_is_told_staff(client, world, language):
    opened(client, world, "teacher", "portrait")
    rows = {}
    for role in ("student", "teacher"):
        page = opened(client, world, role, "who_looked", language)
        rows[role] = [words(row) for row in re.findall(r"<tr.*?</tr>", page, re.S)]
    assert rows["teacher"][2:] == rows["student"][1:]  # the teacher's own look at this list came on top
    mine = opened(client, world, "student", "my_map", language)
    teacher = Account.objects.get(pk=world["own"].accounts["teacher"].pk)
    assert teacher.username in words(mine)


def test_l11_requests_and_what_was_announced_stand_on_the_page_with_the_way_to_object(client, world):
    case = ReviewCase.objects.filter(person=world["person"]).get()
    page = opened(client, world, "student", "my_map")
    assert reverse("request", args=[case.pk]) in page
    for key in PLACES:
        assert f"about=quality&amp;key={key}%7C2026-2027" in page
    assert reverse("person_export", args=[world["person"].pk]) in page
    assert reverse("who_looked", args=[world["person"].pk]) in page
    assert reverse("own_work_add") in page
    ReviewCase.objects.create(
        space=world["person"].space, person=world["person"], kind="objection", about="quality",
        key="innovation|2026-2027", named_en="x", named_zh="x", said="x", opened_by=world["own"].accounts["student"],
        opened_at=NOON, due_on=(NOON + timedelta(days=10)).date(),
    )  # fmt: skip
    contested = opened(client, world, "student", "my_map")
    assert "about=quality&amp;key=innovation%7C2026-2027" not in contested
    assert quality_lines(contested) == quality_lines(opened(client, world, "mentor", "portrait"))


@pytest.mark.parametrize("role", sorted(set(ROLES) - {"student"}))
def test_the_page_is_the_student_s_alone(client, world, role):
    client.force_login(world["own"].accounts[role])
    assert client.get(reverse("my_map")).status_code == 403


def test_reading_oneself_is_written_down_as_reading_oneself(client, world):
    opened(client, world, "student", "my_map")
    entry = AuditEntry.objects.order_by("-position").first()
    assert (entry.target, entry.purpose) == ("my-map", "self")
    assert set(entry.people.values_list("person", flat=True)) == {world["person"].pk}


def gaps(world):
    with translation.override("en"):
        return {line.view.code: (line.asked, line.gap) for line in
                student_map(portrait_of(world["person"], at=NOON)).lines}  # fmt: skip


def test_what_is_asked_is_the_aim_of_the_talent_type_and_the_gap_follows_the_printed_interval(world):
    pack = load_practices("practices-nine-qualities")
    aims = pack.targets["engineer"]
    level = aims["practical-literacy"]
    asked, gap = gaps(world)["practical-literacy"]
    assert asked.startswith(f"Level {level}, ")
    assert gap == "The whole interval lies below what is asked."
    begins = pack.begins(level)
    for low, high, told in (
        (begins, begins + 1, "at what is asked, or above"),
        (begins - 0.5, begins + 0.5, "cannot be told"),
    ):
        ProfileRow.objects.filter(person=world["person"], quality="practical-literacy").update(
            lower90=low, mean=(low + high) / 2, upper90=high
        )
        assert told in gaps(world)["practical-literacy"][1]
    unasked = next(code for code in PLACES if code not in aims) if set(PLACES) - set(aims) else None
    if unasked:
        assert gaps(world)[unasked] == ("", "No level is asked of it.")
    with translation.override("en"):
        views = {view.code: view for view in portrait_of(world["person"], at=NOON).qualities}
    unknown = next(code for code, view in views.items() if not view.enough)
    assert gaps(world)[unknown][1] == views[unknown].what_would_change != ""


def test_without_a_talent_type_nothing_is_asked(client, world):
    Person.objects.filter(pk=world["person"].pk).update(talent_type="")
    assert "no talent type with an aim is on record" in opened(client, world, "student", "my_map")


def test_a_step_that_is_marked_here_leads_back_here(client, world):
    opened(client, world, "student", "my_map")
    for name in ("steps_refuse", "steps_want"):
        assert client.post(reverse(name), {"back": "my_map"})["Location"] == f"{reverse('my_map')}#next-steps"
        elsewhere = client.post(reverse(name), {"back": "https://elsewhere.example"})["Location"]
        assert elsewhere == f"{reverse('portrait', args=[world['person'].pk])}#next-steps"


def test_the_page_asks_as_many_questions_for_many_works_as_for_few(client, world):
    asked = []
    for n in (0, 12):
        for number in range(n):
            OwnWork.objects.create(
                person=world["person"], title=f"w{number}", kind="project", done_on=NOON.date(), part="x", team_size=1,
                quality="practical-literacy", proof="own-word", ai_used=False, added_at=NOON,
            )  # fmt: skip
        opened(client, world, "student", "my_map")
        with CaptureQueriesContext(connection) as questions:
            opened(client, world, "student", "my_map")
        asked.append(len(questions))
    assert asked[0] == asked[1]
    assert asked[0] <= 33, [query["sql"][:160] for query in questions.captured_queries]
