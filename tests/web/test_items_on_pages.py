"""Items, the map of learners and items, and test information on the pages of classes and assessments."""

import re
from xml.etree import ElementTree as Xml

import pytest
from django.utils import translation

from yucai.demo import simulate_college
from yucai.web.accounts.models import Person, Space
from yucai.web.evidence.models import EvidenceRecord, Item
from yucai.web.measurement.calibrations import current_run
from yucai.web.measurement.models import CalibrationRun, ProfileRow
from yucai.web.teaching.fits import fit_of
from yucai.web.teaching.items import item_rows, levels_of, scale_views

pytestmark = pytest.mark.django_db


@pytest.fixture
def space(db):
    return Space.objects.get(code="demo-college")


@pytest.fixture
def english():
    with translation.override("en"):
        yield


@pytest.fixture(scope="module")
def misleading():
    return next(problem.who[0] for problem in simulate_college().planted if problem.code == "misleading-exam")


@pytest.mark.usefixtures("english")
def test_a_list_of_items_says_what_each_is_worth(space, misleading):
    items = list(Item.objects.filter(space=space, kind="exam").order_by("code"))
    rows = {row.item.code: row for row in item_rows(items, run=current_run(space))}
    assert rows[misleading].note == "misleading"
    assert rows[misleading].difficulty is None
    assert rows[misleading].discrimination < 0
    assert rows["exam/mechanics-2024-2025-2"].note == ""
    assert rows["exam/mechanics-2024-2025-2"].difficulty is not None


@pytest.mark.usefixtures("english")
def test_levels_hold_learners_who_stand_higher_and_few_are_hidden(space):
    item = Item.objects.get(space=space, code="rubric/innovation/term-project")
    levels = levels_of(item, "innovation", people=Person.objects.all())
    assert sum(level.results for level in levels) == EvidenceRecord.objects.current().filter(item=item).count()
    places = [level.place for level in levels if level.place is not None]
    assert places == sorted(places)
    assert sum(level.share for level in levels) == pytest.approx(100)
    few = EvidenceRecord.objects.current().filter(item=item, score=levels[-1].name).values_list("pk", flat=True)[4:]
    EvidenceRecord.objects.filter(pk__in=list(few)).delete()
    assert levels_of(item, "innovation", people=Person.objects.all())[-1].place is None


@pytest.mark.usefixtures("english")
def test_the_map_counts_all_learners_of_the_quality_and_marks_the_item(space):
    (view,) = scale_views(space, ["rubric/innovation/term-project"], people=Person.objects.all())
    n = ProfileRow.objects.filter(run__space=space, run__current=True, quality="innovation").count()
    for svg in (view.map_wide, view.map_narrow):
        root = Xml.fromstring(svg)
        assert f"{n} learners on the left" in root.find("{http://www.w3.org/2000/svg}desc").text
        assert len(root.findall("{http://www.w3.org/2000/svg}polygon")) == 1
    assert "this item" in view.information_wide
    assert view.quality == "Innovation"


@pytest.mark.usefixtures("english")
def test_a_misleading_exam_is_not_on_the_map_and_is_named(space, misleading):
    (view,) = scale_views(space, [misleading], people=Person.objects.all())
    assert Item.objects.get(space=space, code=misleading).name_en in view.unplaced


@pytest.mark.parametrize(
    ("language", "words"), [("en", "Learners and assessments on one scale"), ("zh", "学习者与考核同尺对照")]
)
def test_a_class_shows_its_items_on_their_scales(signed_in, group, language, words):
    page = signed_in("teacher", language).get(f"/groups/{group('2023-1').pk}/").content.decode()
    assert words in page
    links = re.findall(r'href="(/groups/\d+/scales/[a-z-]+/)"', page)
    assert len(links) == 9
    scale = signed_in("teacher", language).get(links[0]).content.decode()
    assert words in scale
    assert scale.count("<svg") == 4
    assert {"en": "misleading", "zh": "有误导"}[language] in page


@pytest.mark.parametrize(("language", "words"), [("en", "Who reached which level"), ("zh", "各档有哪些学习者")])
def test_an_assessment_shows_levels_map_and_information(signed_in, space, language, words):
    item = Item.objects.get(space=space, code="rubric/innovation/term-project")
    page = signed_in("director", language).get(f"/assessments/{item.pk}/").content.decode()
    assert words in page
    assert page.count('role="img"') >= 6


def test_the_bureau_sees_no_items_of_a_class(signed_in, group):
    page = signed_in("bureau").get(f"/groups/{group('2022').pk}/").content.decode()
    assert "Learners and assessments on one scale" not in page


@pytest.mark.usefixtures("english")
def test_before_the_first_calibration_nothing_is_drawn(space):
    CalibrationRun.objects.filter(space=space).update(current=False)
    items = list(Item.objects.filter(space=space, kind="exam")[:2])
    assert scale_views(space, [item.code for item in items], people=Person.objects.all()) == ()
    assert {row.note for row in item_rows(items, run=current_run(space))} == {"not measured"}


@pytest.mark.usefixtures("english")
def test_an_item_without_profiles_has_no_levels(space):
    made = Item.objects.create(space=space, code="exam/none", name_en="None", name_zh="无", kind="exam")
    assert levels_of(made, "innovation", people=Person.objects.all()) == ()
    assert [row.note for row in item_rows([made], run=current_run(space))] == ["not measured"]


@pytest.mark.usefixtures("english")
def test_a_sound_exam_is_said_to_fit_and_groups_hold_all_who_have_a_place(space):
    item = Item.objects.get(space=space, code="exam/mechanics-2024-2025-2")
    fit = fit_of(item, "frontier-knowledge", people=Person.objects.all())
    assert fit.fits is True
    assert fit.says == ("Weak and strong learners did on it as the calibration expects.",)
    assert fit.answers == EvidenceRecord.objects.current().filter(item=item).count()
    assert 0.8 < float(fit.infit) < 1.2


def test_what_is_rated_or_not_measured_has_no_curve(space):
    assert (
        fit_of(
            Item.objects.get(space=space, code="rubric/innovation/term-project"),
            "innovation",
            people=Person.objects.all(),
        )
        is None
    )
    made = Item.objects.create(space=space, code="exam/none", name_en="None", name_zh="无", kind="exam")
    assert fit_of(made, "frontier-knowledge", people=Person.objects.all()) is None
    assert fit_of(made, "", people=Person.objects.all()) is None


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "Did weak and strong do as expected?"), ("zh", "各水平学习者的表现是否符合预期？")],
)
def test_an_exam_s_page_shows_its_fit_and_no_group_of_people(signed_in, space, language, words):
    item = Item.objects.get(space=space, code="exam/mechanics-2024-2025-2")
    page = signed_in("teacher", language).get(f"/assessments/{item.pk}/").content.decode()
    assert words in page
    assert "gender" not in page
    assert "DIF" not in page


@pytest.mark.parametrize(("language", "words"), [("en", "The question and its options"), ("zh", "题目与选项")])
def test_a_question_s_page_shows_its_options(signed_in, space, language, words):
    item = Item.objects.get(space=space, code="test/ai/ai-innovative-thinking/9")
    page = signed_in("director", language).get(f"/assessments/{item.pk}/").content.decode()
    assert words in page
    assert {"en": "stands higher than who chooses the key “B”", "zh": "水平高于选答案“B”的学习者"}[language] in page
