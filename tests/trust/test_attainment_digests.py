"""A locked result whose row was changed behind our back is withheld wherever it would be shown, printed or exported."""

import pytest
from django.db.models import Value
from django.db.models.functions import Concat
from django.urls import reverse

from tests.trust.attaining import NOON, furnish_course, scores
from yucai.web.governance.attainment_actions import check_version, hand_in, open_course, open_ticket, put_scores
from yucai.web.governance.attainment_classes import class_attainment
from yucai.web.governance.attainment_models import AttainmentMap, AttainmentVersion

pytestmark = pytest.mark.django_db
SAYS = {"en": "Version 1 is not what was handed in", "zh-hans": "第 1 版已不是提交时的内容"}


@pytest.fixture
def course(db):
    made = furnish_course("digest")
    version = hand_in(run=made.run, by=made.accounts["teacher"], at=NOON)
    check_version(version=version, lock=True, remark="", by=made.accounts["director"], at=NOON)
    return made


def change_a_byte(course, field="content"):
    """Change a row as somebody with the database open would."""
    rows = AttainmentVersion.objects.filter(run=course.run)
    if field == "content":
        content = rows.get().content
        assert '"value":0.716' in content
        rows.update(content=content.replace('"value":0.716', '"value":0.816', 1))
    else:
        rows.update(analysis=Concat("analysis", Value("!")))


def page(client, course, name, language="en", role="director"):
    client.force_login(course.accounts[role])
    client.cookies["django_language"] = language
    pk = [] if name == "attainment" else [course.run.pk]
    return client.get(reverse(name, args=pk), {"space": course.space.code})


@pytest.mark.parametrize("field", ["content", "analysis"])
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_page_of_the_course_says_so_and_shows_no_figure(client, course, language, field):
    assert "0.716" in page(client, course, "attainment_course", language).content.decode()
    change_a_byte(course, field)
    shown = page(client, course, "attainment_course", language).content.decode()
    assert SAYS[language] in shown
    assert "0.716" not in shown
    assert "0.816" not in shown


@pytest.mark.parametrize("name", ["attainment_report", "attainment_workbook"])
def test_no_file_is_made_of_it_and_who_asked_is_told(client, course, name):
    assert page(client, course, name).status_code == 200
    change_a_byte(course)
    answer = page(client, course, name)
    assert (answer.status_code, answer.url) == (302, reverse("attainment_course", args=[course.run.pk]))
    assert SAYS["en"] in client.get(answer.url).content.decode()


def test_the_programme_does_without_it_and_says_so(client, course):
    before = page(client, course, "attainment").content.decode()
    assert "2 of 2 objectives" in before
    change_a_byte(course)
    shown = page(client, course, "attainment").content.decode()
    assert SAYS["en"] in shown
    assert "withheld: changed after it was handed in" in shown
    assert "2 of 2 objectives" not in shown


def test_the_class_map_and_the_year_after_do_without_it(client, course):
    change_a_byte(course)
    assert [(one.withheld, one.lines) for one in class_attainment(course.group)] == [(True, ())]
    teacher = course.accounts["teacher"]
    after = open_course(map=course.map, group=course.group, term="2026-2027-2", by=teacher, at=NOON)
    put_scores(run=after, scores=scores("digest-a"), source="z", by=teacher, at=NOON)
    client.force_login(teacher)
    client.cookies["django_language"] = "en"
    shown = client.get(reverse("attainment_course", args=[after.pk])).content.decode()
    assert "The result of last year is withheld: it is not what was handed in" in shown


def test_a_map_that_was_changed_is_no_map_of_a_locked_result(client, course):
    was = AttainmentMap.objects.get(pk=course.map.pk).content
    AttainmentMap.objects.filter(pk=course.map.pk).update(content=was.replace("0.7", "0.1", 1))
    shown = page(client, course, "attainment_course").content.decode()
    assert "The map of this course is not the one that version 1 rests on" in shown
    assert "0.716" not in shown


def test_a_correction_leads_out_of_it(client, course):
    change_a_byte(course)
    teacher = course.accounts["teacher"]
    open_ticket(run=course.run, reason="the row was changed", by=teacher, at=NOON)
    again = hand_in(run=course.run, by=teacher, at=NOON)
    check_version(version=again, lock=True, remark="", by=course.accounts["director"], at=NOON)
    shown = page(client, course, "attainment_course").content.decode()
    assert "0.716" in shown
    assert "changed afterwards: withheld" in shown  # version 1 in the list of versions
