"""What the world of tests holds that was worked out of people: a run of a rule, a survey, value added."""

from datetime import UTC, datetime

from yucai.selection import template_text
from yucai.web.accounts.models import Group, Person
from yucai.web.evidence.models import DataSource
from yucai.web.governance.added_models import AddedGroup, AddedRun
from yucai.web.governance.teaching_models import TaughtCourse, TaughtLecturer, TeachingRating, TeachingSurvey
from yucai.web.selection.rule_models import SelectionEntry, SelectionRule, SelectionRun

NOON = datetime(2026, 11, 24, 4, tzinfo=UTC)


def add_selection(space, own):
    """A rule and a run that names somebody of each outcome, held against a list."""
    by = own.accounts["director"]
    rule = SelectionRule.objects.create(
        space=space, code="last-15", title_en="x", title_zh="无", text=template_text("last-share"), digest="x",
        at=NOON, by=by,
    )  # fmt: skip
    run = SelectionRun.objects.create(
        rule=rule, as_of=NOON.date(), asked_at=NOON, at=NOON, by=by, inputs="x", digest="x", people=6, tried=3,
        lines=[{"group": "", "n": 6, "k": 0, "exact": 0.9, "spared": False, "en": "x", "zh": "无"}],
        compared_at=NOON, compared_by=by, compared_file="x.xlsx", compared=[["They differ.", "不同。"]], strangers=1,
    )  # fmt: skip
    told = {
        "reasons": [["Place 6 of 6.", "第 6 名。"]], "change": [["A mark.", "成绩。"]], "measure": 61.5, "place": 6,
        "edge": [["one course", "一门课"]], "edge_share": 0.4, "evidence": [["A contest", "竞赛"]],
        "notes": [["x", "无"]],
    }  # fmt: skip
    outcomes = ("proposed", "exempt", "edge", "unknown", "not-proposed", "not-proposed")
    for n, outcome in enumerate(outcomes):
        SelectionEntry.objects.create(
            run=run, person=Person.objects.get(space=space, code=f"a{n}"), outcome=outcome, on_list=n == 1,
            difference=["It does.", "不同。"] if n < 2 else [], **told,
        )  # fmt: skip
    own.parts |= {"rule": {"pk": rule.pk}, "rule run": {"pk": run.pk}}


def add_teaching(space, own):
    """A survey in which the teacher was rated, worked out."""
    source = DataSource.objects.create(space=space, code="course-evaluation", name_en="x", name_zh="无", owner="x")
    survey = TeachingSurvey.objects.create(
        space=space, source=source, name="x", low=1, high=5, file_name="x.csv", digest=space.code, at=NOON, raters=6,
        worked_at=NOON, result={
            "components": [["rater", 0.3, 0.1, 6], ["lecturer", 0.4, 0.2, 2], ["residual", 0.9, 0.7, 12]],
            "ratings": 12, "islands": 1, "converged": True, "average": 3.9, "level": 0.9, "pairs_apart": 0.0,
            "wrong_expected": 0.1, "needed": 20, "spacing": 0.99, "version": "1",
        },
    )  # fmt: skip
    figure = {"n": 6, "raw": 4.5, "mean": 4.2, "error": 0.2, "low": 3.8, "high": 4.6, "reliability": 0.6, "top": 0.5,
              "bottom": 0.1, "place": "not-told-apart"}  # fmt: skip
    for code, account in (("t1", own.accounts["teacher"]), ("t2", None)):
        lecturer = TaughtLecturer.objects.create(
            survey=survey, code=code, name=f"{code} x", account=account, raters=6, figure=figure
        )
        course = TaughtCourse.objects.create(lecturer=lecturer, code="c", name="x", invited=20)
        TeachingRating.objects.bulk_create(TeachingRating(course=course, rater=n, score=4) for n in range(6))
    own.parts["survey"] = {"pk": survey.pk}


def add_value_added(space, own):
    """Value added of three classes, one of them the teacher's."""
    scored = {"item": 1, "occasion": "2025", "name": ["x", "某"]}
    run = AddedRun.objects.create(
        space=space, kind="class", now={**scored, "occasion": "2026"}, prior=[scored], lowest=0.7, highest=0.9, at=NOON,
        result={
            "people": 60, "left_out": {"no-earlier": 1, "no-group": 0, "small-group": 2}, "mean": 70.0, "level": 0.9,
            "pairs_apart": 0.3, "version": "1", "at": [[1.0, [0.5], 2.0, 1, 1], [0.9, [0.6], 1.8, 1, 0]],
        },
    )  # fmt: skip
    figure = {"effect": 1.0, "lowest": 0.5, "highest": 1.0, "low": -1.0, "high": 2.5, "raw": 71.0, "reliability": 0.7,
              "place": "not-told-apart"}  # fmt: skip
    for n, group in enumerate((Group.objects.get(pk=own.parts["group"]["pk"]), None, None)):
        names = {"code": f"a{n}", "name_en": f"Class {n}", "name_zh": f"{n} 班"}
        AddedGroup.objects.create(run=run, group=group, people=20, figure=figure, **names)
    own.parts["added"] = {"pk": run.pk}
