"""What a user can find in the demonstration: an action that was followed by a rise, and one that was not."""

import pytest
from django.urls import reverse

from tests.web.conftest import NOW
from yucai.governance import Change
from yucai.web.accounts.models import Space
from yucai.web.governance.attainment_demonstration import fill_attainment
from yucai.web.governance.attainment_models import AttainmentRun
from yucai.web.governance.attainment_showing import course_view, earlier_versions, improvements

pytestmark = pytest.mark.django_db


def test_one_action_was_followed_by_a_rise_and_of_another_nobody_can_tell(signed_in):
    fill_attainment(Space.objects.get(code="demo-college"), at=NOW)
    found = {}
    for run in AttainmentRun.objects.filter(space__code="demo-college", term__startswith="2025").order_by("course"):
        view = course_view(run)
        outcomes, _before = improvements(earlier_versions(run), view.result)
        found[run.course] = (view.state, [(one.action.objective, one.change) for one in outcomes])
    assert found == {
        "DS201": ("locked", [("目标2", Change.BETTER)]),
        "MA203": ("handed-in", []),
        "PH202": ("locked", [("目标2", Change.UNSURE)]),
    }
    shown = signed_in("director", "zh").get(reverse("attainment")).content.decode()
    for said in ("数据结构", "ED401 工程设计", "1 项结果等待审核", "课程目标达成"):
        assert said in shown
    course = AttainmentRun.objects.get(course="DS201", term="2025-2026-1", space__code="demo-college")
    page = signed_in("teacher", "zh").get(reverse("attainment_course", args=[course.pk])).content.decode()
    assert "高于上一年" in page
    mapped = signed_in("teacher", "en").get(reverse("class_map", args=[course.group_id])).content.decode()
    assert reverse("attainment_course", args=[course.pk]) in mapped
