"""The attainment of a course and of a programme on paper: the words of the page, who signed, and the digest."""

from dataclasses import replace
from io import BytesIO

import pytest
from django.urls import reverse
from pypdf import PdfReader

from tests.trust.attaining import NOON, furnish_course
from yucai.web.accounts.audit_models import AuditEntry
from yucai.web.accounts.models import Space
from yucai.web.governance.attainment_actions import check_version, hand_in, open_ticket
from yucai.web.governance.attainment_models import AttainmentVersion
from yucai.web.paper import SheetPart

pytestmark = pytest.mark.django_db


@pytest.fixture
def course(db):
    return furnish_course("papers")


def lock(course, *, by="director"):
    version = hand_in(run=course.run, by=course.accounts["teacher"], at=NOON)
    return check_version(version=version, lock=True, remark="", by=course.accounts[by], at=NOON)


def asked(client, course, name, *, language="en", role="director", **query):
    client.force_login(course.accounts[role])
    client.cookies["django_language"] = language
    pk = [] if name == "attainment" else [course.run.pk]
    return client.get(reverse(name, args=pk), {"space": course.space.code, "as": "pdf", **query})


def words_of(answer):
    assert answer["Content-Type"] == "application/pdf"
    return "".join(
        "".join(one.extract_text() for one in PdfReader(BytesIO(answer.content)).pages).replace("\u200b", "").split()
    )


@pytest.mark.parametrize(
    ("language", "locked", "draft", "says"),
    [("en", "Version1:checkedandlocked", "Draft:notchecked,notlocked.", ("0.716", "cannottellyet", "absent1")),
     ("zh-hans", "第1版：已审核锁定", "草稿：尚未审核锁定", ("0.716", "尚不能判断", "缺考1人", "课程负责人（签字"))],
)  # fmt: skip
def test_a_course_says_how_far_it_is_and_who_stands_behind_it(client, course, language, locked, draft, says):
    before = words_of(asked(client, course, "attainment_course", language=language))
    assert draft in before
    assert locked not in before
    version = lock(course)
    told = words_of(asked(client, course, "attainment_course", language=language))
    teacher, director = (course.accounts[role].name.in_language(language) for role in ("teacher", "director"))
    for one in (locked, teacher, director, f"SHA-256{version.digest}", *says):
        assert one in told
    assert draft not in told
    entry = AuditEntry.objects.order_by("-position").first()
    assert (entry.act, entry.target, '"as"' in entry.detail) == ("read", "attainment", True)


def test_what_waits_is_not_said_to_be_locked_and_a_correction_names_what_it_corrects(client, course):
    first = hand_in(run=course.run, by=course.accounts["teacher"], at=NOON)
    told = words_of(asked(client, course, "attainment_course"))
    assert "Version1:handedin,notcheckedyet" in told
    check_version(version=first, lock=True, remark="", by=course.accounts["director"], at=NOON)
    open_ticket(run=course.run, reason="a resit was missing", by=course.accounts["teacher"], at=NOON)
    lock(course, by="researcher")
    told = words_of(asked(client, course, "attainment_course"))
    assert "Itcorrectsversion1:aresitwasmissing" in told


def test_simulated_data_say_so_on_every_page(client, course):
    Space.objects.filter(pk=course.space.pk).update(simulated=True)
    lock(course)
    pages = PdfReader(BytesIO(asked(client, course, "attainment_course").content)).pages
    assert len(pages) >= 2
    for page in pages:
        assert "Simulated data" in page.extract_text()


def test_a_programme_names_the_locked_results_behind_it_with_their_digests(client, course):
    version = lock(course)
    told = words_of(asked(client, course, "attainment"))
    for one in ("Attainmentofgraduationrequirements", version.digest, "N-teacher", "N-director", "2025-2026-2"):
        assert one in told
    entry = AuditEntry.objects.order_by("-position").first()
    assert (entry.act, entry.target.startswith("attainment:programme:")) == ("table.taken", True)
    assert asked(client, course, "attainment", programme="0").status_code == 404


def test_what_was_changed_is_not_printed(client, course):
    version = lock(course)
    changed = version.content.replace('"value":0.716', '"value":0.816', 1)
    assert changed != version.content
    AttainmentVersion.objects.filter(pk=version.pk).update(content=changed)
    answer = asked(client, course, "attainment_course")
    assert (answer.status_code, answer.url) == (302, reverse("attainment_course", args=[course.run.pk]))
    told = words_of(asked(client, course, "attainment"))
    assert "isnotwhatwashandedin" in told
    assert version.digest not in told


def test_before_there_are_scores_there_is_no_paper(client, course):
    course.run.scores.all().delete()
    assert asked(client, course, "attainment_course").status_code == 404


def test_a_part_with_a_cell_too_many_is_refused():
    part = SheetPart(title="t", head=("a", "b"), rows=(("1", "2"),))
    with pytest.raises(ValueError, match=r"rows of \{3\}"):
        replace(part, rows=(("1", "2", "3"),))
    with pytest.raises(ValueError, match="1 widths"):
        replace(part, widths=(1.0,))
