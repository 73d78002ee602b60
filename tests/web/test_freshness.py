"""Pages and papers say when the evidence has changed since their numbers were computed."""

import io
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import translation
from pypdf import PdfReader

from tests.web.desk import FACTS
from yucai.evidence import read_table
from yucai.web.accounts.models import Space
from yucai.web.evidence.foreseeing import Wish
from yucai.web.evidence.models import EvidenceRecord, Item
from yucai.web.evidence.taking import take_table, undo_import
from yucai.web.measurement.actions import measure_space
from yucai.web.measurement.freshness import what_changed_since
from yucai.web.measurement.models import CalibrationRun

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
GRADES = (
    "学号,课程号,课程名,学年学期,成绩",
    "2023010001,HX1,科学史,2025-2026-2,良好",
    "2023010002,HX1,科学史,2025-2026-2,优秀",
)


@pytest.fixture
def college(db):
    return Space.objects.get(code="demo-college")


@pytest.fixture
def taken(college, tmp_path):
    """Take a table in, a given time after the numbers were computed."""

    def take(lines, *, at=NOON, name="成绩.csv"):
        file = tmp_path / name
        file.write_text("\n".join(lines), encoding="utf-8")
        reading = read_table(file, at=at)
        wish = Wish(source=reading.profile.code, facts=FACTS)
        return take_table(reading, wish, space=college, by="lin", at=at)

    return take


def said(college):
    with translation.override("en"):
        return what_changed_since(CalibrationRun.objects.filter(space=college, current=True).first())


def test_what_was_taken_in_and_undone_since_is_said(college, taken):
    assert said(college) == ""
    entry = taken(GRADES)
    assert "taken in: “成绩.csv”" in said(college)
    undo_import(entry=entry, by="lin", at=NOON + timedelta(hours=1))
    assert said(college) == ""  # the profiles never held it


def test_what_the_profiles_hold_and_is_undone_is_said(college, taken):
    entry = taken(GRADES)
    measure_space(college, report=lambda done, text: None, clock=lambda: NOON + timedelta(hours=1))
    assert said(college) == ""
    undo_import(entry=entry, by="lin", at=NOON + timedelta(hours=2))
    assert "undone: “成绩.csv”" in said(college)


def test_tables_without_scores_change_no_profile(college, taken):
    taken(("学号,姓名,班级", "2023010001,林悦书,2023 级 1 班"), name="名单.csv")
    assert said(college) == ""


def test_home_group_portrait_and_paper_say_it_in_the_readers_language(college, taken, signed_in, person, group):
    taken(GRADES)
    client = signed_in("director", "zh")
    learner = person("2023010001")
    for page in ("/home/", f"/groups/{group('2023-1').pk}/", f"/people/{learner.pk}/portrait/"):
        html = client.get(page).content.decode()
        assert "证据已有变动（新入库 1 个，最近为“成绩.csv”）。请重新计算后再作依据。" in html, page
    paper = PdfReader(io.BytesIO(client.get(f"/people/{learner.pk}/portrait.pdf").content))
    assert len(paper.pages) == 1
    assert "证据已有变动" in paper.pages[0].extract_text().replace("\n", "")


def test_evidence_of_grades_is_called_as_the_file_calls_it(taken, signed_in, person):
    taken(GRADES)
    html = signed_in("director", "zh").get(f"/people/{person('2023010001').pk}/portrait/").content.decode()
    assert "科学史（HX1）" in html
    assert "良好" in html
    assert "five-level" not in html


def test_grades_are_among_the_assessments_of_a_class(taken, signed_in, group):
    taken(GRADES)
    html = signed_in("teacher", "zh").get(f"/groups/{group('2023-1').pk}/").content.decode()
    assert "科学史（HX1）" in html
    assert not Item.objects.filter(name_zh__startswith="course/").exists()
    assert EvidenceRecord.objects.current().filter(item__code="course/HX1/five-level").count() == 2
