"""Teaching quality: how course evaluations come in, what is said of whom to whom, and what is never shown."""

import io
import json
import re

import numpy as np
import openpyxl
import pytest
from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone, translation
from pypdf import PdfReader

from tests.feeds.lessons import FACTS
from tests.trust.explained import lacking
from yucai.errors import FaultyInputError
from yucai.governance import TeachingPlace
from yucai.web.accounts.audit_models import AuditEntry
from yucai.web.accounts.models import Account, Space
from yucai.web.evidence.foreseeing import Wish, foresee, read_wished
from yucai.web.evidence.models import DataSource
from yucai.web.governance.teaching_demonstration import evaluation_file, fill_teaching
from yucai.web.governance.teaching_groups import groups_view
from yucai.web.governance.teaching_models import TaughtLecturer, TeachingRating, TeachingSurvey
from yucai.web.governance.teaching_paper import survey_sheet
from yucai.web.governance.teaching_showing import others_placed, survey_view
from yucai.web.governance.teaching_taking import SurveyWanted, keep_survey, remove_survey
from yucai.web.governance.teaching_words import explained_survey, findings_of
from yucai.web.governance.teaching_working import work_survey_out
from yucai.web.registers.switches import Assessment, MethodOffError, switch_method_off, switch_method_on

pytestmark = pytest.mark.django_db
TITLES = "评价人编号,教师工号,教师姓名,课程号,课程名称,评教得分,应评人数"
WANTED = SurveyWanted(name="秋季", low=1, high=5, owner="质评中心", file_name="评教.csv")
NUMBERS = [f"2026S{n:04}" for n in range(60)]  # of students, as an office may leave them in the file


@pytest.fixture
def office(db):
    """An institution with its accounts; lecturers t0 and t1 have one."""
    space = Space.objects.create(code="taught", name_en="taught", name_zh="taught", simulated=False)
    accounts = {}
    for name, role in (("t-director", "director"), ("t-researcher", "researcher"), ("t0", "teacher"),
                       ("t1", "teacher"), ("t-student", "student"), ("t-idle", "teacher")):  # fmt: skip
        accounts[name] = Account.objects.create_user(username=name, role=role)
        accounts[name].spaces.add(space)
    return space, accounts


def table(*, n_lecturers=10, each=24, few=4):
    """Ten lecturers by two dozen students; the last one by ``few``; lecturer t1 has a second course with two raters."""
    rng = np.random.default_rng(3)
    spread = rng.normal(0, 0.5, n_lecturers)
    rows = []
    for lecturer in range(n_lecturers):
        size = few if lecturer == n_lecturers - 1 else each
        rows += [(n, f"t{lecturer}", "c1", spread[lecturer], 40) for n in rng.choice(60, size, replace=False)]
    rows += [(n, "t1", "c2", spread[1], 10) for n in (0, 1)]
    text = [TITLES]
    for student, lecturer, course, effect, asked in rows:
        score = int(np.clip(round(3.6 + effect + rng.normal(0, 0.8)), 1, 5))
        text.append(f"{NUMBERS[student]},{lecturer},老师{lecturer},{course},课{lecturer}{course},{score},{asked}")
    return "\n".join(text).encode()


def switch_on(space, by):
    parts = Assessment(purpose="x", necessity="x", risks="x", measures="x")
    switch_method_on(space=space, method="teaching-quality", wanted=parts, owner="x", by=by, at=timezone.now())


@pytest.fixture
def survey(office):
    space, accounts = office
    switch_on(space, accounts["t-director"])
    at, rng = timezone.now(), np.random.default_rng(1)
    kept = keep_survey(space=space, content=table(), wanted=WANTED, by=accounts["t-director"], at=at, rng=rng)
    return work_survey_out(survey=kept, by=accounts["t-director"], at=at, rng=rng)


def page(client, accounts, who, language="en", **asked):
    client.force_login(accounts[who])
    client.cookies["django_language"] = language
    return client.get(reverse("teaching_quality"), asked)


def test_no_number_of_a_rater_is_kept_anywhere(survey):
    """Not in a table and not in a file: only numbers drawn by lot, which lead back to nobody."""
    assert TeachingRating.objects.filter(course__lecturer__survey=survey).count() == 9 * 24 + 4 + 2
    for model in apps.get_models():
        for field in model._meta.fields:
            if field.get_internal_type() in {"CharField", "TextField", "SlugField"}:
                assert not model.objects.filter(**{f"{field.name}__contains": "2026S00"}).exists(), model
    assert "2026S" not in json.dumps([survey.result, *survey.lecturers.values_list("figure", flat=True)])
    one, other = TeachingRating.objects.filter(course__lecturer__survey=survey).values_list("rater", flat=True)[:2]
    assert {one, other} <= set(range(1, survey.raters + 1))


def test_the_same_student_keeps_one_number_inside_a_survey_and_has_another_in_the_next(office):
    space, accounts = office
    kept = [
        keep_survey(space=space, content=content, wanted=WANTED, by=accounts["t-director"], at=timezone.now(),
                    rng=np.random.default_rng(seed))
        for seed, content in ((1, table()), (2, table() + b"\n"))
    ]  # fmt: skip
    per_rater = [
        sorted(
            TeachingRating.objects.filter(course__lecturer__survey=one).values_list("rater", "course__lecturer__code")
        )
        for one in kept
    ]
    sizes = [sorted(sum(1 for r, _l in pairs if r == rater) for rater in {r for r, _l in pairs}) for pairs in per_rater]
    assert sizes[0] == sizes[1]
    assert per_rater[0] != per_rater[1]


def test_a_table_comes_in_whole_or_not_at_all_and_every_fault_is_named(office):
    space, accounts = office
    good = table().decode().split("\n")
    wrong = [*good, good[1], f"{NUMBERS[59]},t3,老师,c9,课,9,40", f"{NUMBERS[58]},t3,老师,c8,课,,40",
             f"{NUMBERS[57]},t3,老师,c7,课,4,0"]  # fmt: skip
    facts = {"space": space, "by": accounts["t-director"], "at": timezone.now(), "rng": np.random.default_rng(1)}
    with pytest.raises(FaultyInputError) as refused:
        keep_survey(content="\n".join(wrong).encode(), wanted=WANTED, **facts)
    assert {"twice", "off-scale", "refused", "more-than-asked"} <= {fault.code for fault in refused.value.faults}
    assert "outside the scale 1 to 5" in refused.value.in_language("en")
    assert "超出量表 1 至 5" in refused.value.in_language("zh")
    assert "2026S" not in refused.value.in_language("zh")  # a fault repeats no number of a rater
    assert not TeachingSurvey.objects.filter(space=space).exists()
    keep_survey(content=table(), wanted=WANTED, **facts)
    with pytest.raises(FaultyInputError, match="taken in before, as “秋季”"):
        keep_survey(content=table(), wanted=WANTED, **facts)


def test_the_import_desk_which_keeps_whole_rows_takes_no_such_table(office, tmp_path):
    space, _accounts = office
    file = tmp_path / "评教.csv"
    file.write_bytes(table())
    wish = Wish(source="evaluations", profile="course-evaluation", facts=FACTS)
    foreseen = foresee(read_wished(file, wish, space=space, at=timezone.now()), wish, space=space)
    assert [fault.code for fault in foreseen.faults] == ["elsewhere"]
    assert "教学质量" in foreseen.faults[0].in_language("zh")


def test_who_answers_for_the_data_is_asked_and_kept_with_purpose_basis_and_retention(survey, office):
    source = DataSource.objects.get(space=office[0], code="course-evaluation")
    assert (source.owner, source.legal_basis, source.grade, source.retention_months) == ("质评中心", "duty", "3", 60)
    assert "only ground" in source.purpose
    assert "学生" not in source.purpose


def test_a_director_reads_groups_and_intervals_and_no_order_of_merit(client, survey, office):
    for language, words in (("en", ("no ranks", "Who answered", "may not be the only ground")),
                            ("zh-hans", ("不排名", "谁作答了", "不得作为对教师作出任何决定的唯一依据"))):  # fmt: skip
        shown = page(client, office[1], "t-director", language).content.decode()
        for word in words:
            assert word in shown
        assert lacking(shown, language) == []
    view = survey_view(survey, at=timezone.now())
    for place in TeachingPlace:
        names = [one.name for one in view.within(place)]
        assert names == sorted(names)
    assert not re.search(r"rank \d|第 ?\d+ ?名", shown)


@pytest.mark.parametrize(("moved", "said"), [(0, "every lecturer into the same group"), (3, "3 of 10 lecturers")])
def test_the_page_says_whether_steps_between_answers_matter(client, survey, office, moved, said):
    """A cumulative link model stands beside the linear one; where many would change their group it is said first."""
    assert survey.result["order"]["n"] == 10
    survey.result["order"]["moved"] = moved
    survey.save(update_fields=["result"])
    shown = page(client, office[1], "t-director").content.decode()
    assert said in shown
    assert ("matters here" in shown) == (moved > 0)
    survey.result["order"] = None  # answers that are no order of a few: nothing is said
    survey.save(update_fields=["result"])
    assert "cumulative link" not in page(client, office[1], "t-director").content.decode()


def test_fewer_raters_than_the_rules_ask_for_are_hidden_on_every_way_out(client, survey, office):
    """Lecturer t9 has four raters: nothing of what they said is on the page, in the file or on paper."""
    lecturer = TaughtLecturer.objects.get(survey=survey, code="t9")
    raw = f"{lecturer.figure['raw']:.2f}"
    client.force_login(office[1]["t-director"])
    view = survey_view(survey, at=timezone.now())
    hidden = next(one for one in view.lecturers if one.code == "t9")
    assert hidden.hidden
    assert (hidden.raw, hidden.mean, hidden.place) == (None, None, None)
    answer = client.get(reverse("teaching_quality"), {"as": "xlsx", "table": "lecturers"})
    rows = list(openpyxl.load_workbook(io.BytesIO(answer.content)).worksheets[0].iter_rows(values_only=True))
    row = next(row for row in rows if row[0] == "老师t9")
    assert set(row[3:]) <= {"too few raters", "评价人过少"}
    assert len(set(rows[0])) == len(rows[0]) == 10
    assert not any(word in str(rows[0]) for word in ("rank", "名次", "排名"))
    with translation.override("en"):
        sheet = survey_sheet(view)
    line = next(part for part in sheet.parts if part.title == "Too few raters to show")
    assert line.said == ("老师t9",)
    assert not [row for part in sheet.parts for row in part.rows if "老师t9" in row[0] and raw in row]


def test_a_course_whose_mean_would_tell_of_a_hidden_one_is_hidden_with_it(survey):
    """Two rated the second course of t1: with the mean of both and of the first, theirs could be worked out."""
    courses = {one.name: one for one in survey_view(survey, at=timezone.now()).courses}
    assert courses["课t1c2"].hidden
    assert courses["课t1c1"].hidden
    assert not courses["课t2c1"].hidden
    assert courses["课t2c1"].bounds.rate == 24 / 40
    assert courses["课t2c1"].bounds.low < courses["课t2c1"].bounds.mean < courses["课t2c1"].bounds.high


def test_a_lecturer_sees_the_own_figures_beside_how_many_stand_where(client, survey, office):
    shown = page(client, office[1], "t0").content.decode()
    assert "老师t0" in shown
    assert not re.search("老师t[1-9]", shown)
    assert lacking(shown, "en") == []
    others = others_placed(survey, at=timezone.now())
    least = survey_view(survey, at=timezone.now()).min_cell
    assert all(not count or count >= least for _name, count in others.counts)
    assert any(count is None for _name, count in others.counts)
    file = client.get(reverse("teaching_quality"), {"as": "xlsx", "table": "lecturers"})
    told = openpyxl.load_workbook(io.BytesIO(file.content)).worksheets[0]
    assert [row[0].value for row in told.iter_rows(min_row=2)] == ["老师t0"]


def test_who_was_not_rated_sees_no_survey_and_students_see_nothing(client, survey, office):
    shown = page(client, office[1], "t-idle")
    assert "no survey in which you were rated" in shown.content.decode()
    assert page(client, office[1], "t-idle", survey=survey.pk).status_code == 403
    assert page(client, office[1], "t-student").status_code == 403
    with pytest.raises(PermissionDenied):
        remove_survey(survey=survey, by=office[1]["t0"], at=timezone.now())


def test_it_is_off_until_somebody_signs_and_then_nothing_is_worked_out_or_shown(client, office):
    space, accounts = office
    facts = {"by": accounts["t-director"], "at": timezone.now(), "rng": np.random.default_rng(1)}
    kept = keep_survey(space=space, content=table(), wanted=WANTED, **facts)
    with pytest.raises(MethodOffError, match="never switched on"):
        work_survey_out(survey=kept, **facts)
    assert "switched off" in page(client, accounts, "t-director").content.decode()
    switch_on(space, accounts["t-director"])
    work_survey_out(survey=kept, **facts)
    assert "老师t0" in page(client, accounts, "t-director").content.decode()
    switch_method_off(space=space, method="teaching-quality", reason="x", by=accounts["t-director"], at=timezone.now())
    for who in ("t-director", "t0"):
        assert "老师t" not in page(client, accounts, who).content.decode()


def test_every_look_take_and_removal_is_in_the_trail(client, survey, office):
    page(client, office[1], "t0")
    remove_survey(survey=survey, by=office[1]["t-director"], at=timezone.now())
    acts = AuditEntry.objects.filter(space=office[0], act__startswith="teaching.").order_by("position")
    assert list(acts.values_list("act", flat=True)) == [
        "teaching.taken", "teaching.worked-out", "teaching.read", "teaching.removed"
    ]  # fmt: skip
    assert not TeachingRating.objects.filter(course__lecturer__survey__space=office[0]).exists()


@pytest.mark.parametrize("who", ["t-director", "t0"])
@pytest.mark.parametrize("n_lecturers", [10, 30])
def test_the_page_asks_few_questions_however_many_are_rated(
    client, office, who, n_lecturers, django_assert_max_num_queries
):
    space, accounts = office
    switch_on(space, accounts["t-director"])
    facts = {"by": accounts["t-director"], "at": timezone.now(), "rng": np.random.default_rng(1)}
    content = table(n_lecturers=n_lecturers)
    work_survey_out(survey=keep_survey(space=space, content=content, wanted=WANTED, **facts), **facts)
    page(client, accounts, who)
    with django_assert_max_num_queries(15):
        assert client.get(reverse("teaching_quality")).status_code == 200


def test_taking_a_file_in_on_the_page(client, office):
    space, accounts = office
    switch_on(space, accounts["t-director"])
    client.force_login(accounts["t-researcher"])
    sent = {"space": space.code, "name": "春季", "low": "1", "high": "5", "owner": "质评中心"}
    answer = client.post(reverse("teaching_add"), {**sent, "file": SimpleUploadedFile("a.csv", table())})
    made = TeachingSurvey.objects.get(space=space)
    assert answer.headers["Location"].endswith(f"?survey={made.pk}")
    assert made.worked_at is not None
    again = client.post(reverse("teaching_add"), {**sent, "file": SimpleUploadedFile("b.txt", b"\x00\x01")})
    assert again.status_code == 200
    assert "errorlist" in again.content.decode()
    sent["high"] = "1"
    wrong = client.post(reverse("teaching_add"), {**sent, "file": SimpleUploadedFile("c.csv", table()[:-1])})
    assert "errorlist" in wrong.content.decode()
    assert TeachingSurvey.objects.filter(space=space).count() == 1


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_l9_the_survey_on_paper_holds_all_six_parts(client, survey, office, language):
    client.force_login(office[1]["t-director"])
    client.cookies["django_language"] = language
    answer = client.get(reverse("teaching_paper", args=[survey.pk]))
    words = "".join(sheet.extract_text() for sheet in PdfReader(io.BytesIO(answer.content)).pages)
    words = re.sub(r"[\s“”\"]", "", words).replace("'", "’")
    with translation.override(language):
        explained = explained_survey(survey_view(survey, at=timezone.now()))
    for part in explained.parts:
        assert re.sub(r"[\s“”\"]", "", part.says).replace("'", "’") in words, part.code


def test_the_same_survey_worked_out_twice_says_the_same(survey, office):
    def figures():
        return list(TaughtLecturer.objects.filter(survey=survey).order_by("code").values_list("figure", flat=True))

    before = figures()
    work_survey_out(survey=survey, by=None, at=timezone.now(), rng=np.random.default_rng(5))
    for one, other in zip(before, figures(), strict=True):
        drawn = one.pop("top"), one.pop("bottom")
        assert drawn == pytest.approx((other.pop("top"), other.pop("bottom")), abs=0.05)
        assert one == other


def test_the_planted_findings_of_the_demonstration_can_be_found(office):
    """The best raw mean is of six raters and is called sure by nobody; one in five answered in one course."""
    space, accounts = office
    switch_on(space, accounts["t-director"])
    view = survey_view(fill_teaching(space, at=timezone.now()), at=timezone.now())
    best = max((one for one in view.lecturers if not one.hidden), key=lambda one: one.raw)
    assert (best.name, best.raters) == ("柳老师", 6)
    assert best.place is TeachingPlace.UNKNOWN
    assert best.mean < max(one.mean for one in view.lecturers)
    assert {course.name for course in view.courses if course.low_response} == {"数据结构（1 班）", "昆曲鉴赏"}
    with translation.override("en"):
        (pair,) = groups_view(view.survey).pairs
        assert pair.apart
        assert "raters “男” rate lecturers “男”" in pair.says
    with translation.override("zh-hans"):
        assert any("原始均值最高者" in line for line in findings_of(view))
    assert evaluation_file(np.random.default_rng(1)) == evaluation_file(np.random.default_rng(1))


def grouped(*, lower, n_lecturers=24, extra=""):
    """A table that names groups: men rate women ``lower`` points lower than women do."""
    rng = np.random.default_rng(6)
    taught = rng.normal(0, 0.4, n_lecturers)
    text = [TITLES + ",评价人组别,教师组别"]
    for lecturer in range(n_lecturers):
        for student in rng.choice(60, 24, replace=False):
            sexes = "男女"[student % 2], "男女"[lecturer % 2]
            score = 3.6 + taught[lecturer] - lower * (sexes == ("男", "女")) + rng.normal(0, 0.7)
            whole = int(np.clip(round(score), 1, 5))
            text.append(f"{NUMBERS[student]},t{lecturer},老师{lecturer},c1,课{lecturer},{whole},40,{','.join(sexes)}")
    return ("\n".join(text) + extra).encode()


@pytest.mark.parametrize(("lower", "found"), [(0.9, True), (0.0, False)])
def test_groups_that_are_rated_differently_are_told_by_groups(client, office, lower, found):
    space, accounts = office
    switch_on(space, accounts["t-director"])
    facts = {"by": accounts["t-director"], "at": timezone.now(), "rng": np.random.default_rng(1)}
    kept = keep_survey(space=space, content=grouped(lower=lower), wanted=WANTED, **facts)
    work_survey_out(survey=kept, **facts)
    with translation.override("en"):
        (pair,) = groups_view(kept).pairs
    assert pair.apart == found
    for language, words in (("en", "sole ground of any decision"), ("zh-hans", "唯一依据")):
        shown = page(client, accounts, "t-director", language).content.decode()
        assert words in shown
        assert ("points higher than" in shown or "分（差异的" in shown) == found
    with translation.override("en"):
        sheet = survey_sheet(survey_view(kept, at=timezone.now()))
        assert pair.says in next(part for part in sheet.parts if part.title == "How groups rate groups").said
    assert "Do groups of raters" not in page(client, accounts, "t0").content.decode()
    file = client.get(reverse("teaching_quality"), {"as": "xlsx", "table": "rated_cells"})
    assert file.status_code != 200 or "sheet" not in file["Content-Type"]  # a lecturer gets no such table
    client.force_login(accounts["t-director"])
    file = client.get(reverse("teaching_quality"), {"as": "xlsx", "table": "rated_cells"})
    rows = list(openpyxl.load_workbook(io.BytesIO(file.content)).worksheets[0].iter_rows(values_only=True))
    assert [row[:2] for row in rows[1:]] == [(a, b) for a in "女男" for b in "女男"]


def test_whose_group_is_which_is_kept_nowhere(office):
    """No field of a rating, a lecturer or a course holds it: only the four means do."""
    space, accounts = office
    switch_on(space, accounts["t-director"])
    facts = {"by": accounts["t-director"], "at": timezone.now(), "rng": np.random.default_rng(1)}
    kept = keep_survey(space=space, content=grouped(lower=0.9), wanted=WANTED, **facts)
    for rows in (kept.lecturers.values(), TeachingRating.objects.filter(course__lecturer__survey=kept).values()):
        assert not {"男", "女"} & {value for row in rows for value in row.values() if isinstance(value, str)}
    assert len(kept.groups["cells"]) == 4


def test_groups_of_too_few_lecturers_are_hidden_and_ones_that_do_not_fit_say_why(office):
    space, accounts = office
    facts = {"by": accounts["t-director"], "at": timezone.now(), "rng": np.random.default_rng(1)}
    off = keep_survey(space=space, content=grouped(lower=0), wanted=WANTED, **facts)
    assert off.groups == {"off": True}  # and the page says what to do
    switch_on(space, accounts["t-director"])
    few = keep_survey(space=space, content=grouped(lower=0, n_lecturers=12), wanted=WANTED, **facts)
    assert few.groups["hidden"] == 4
    assert all(mean is None and error is None for *_names, mean, error in few.groups["cells"])
    twice = f"\n{NUMBERS[0]},t0,老师0,c9,课,4,40,女,男"
    wrong = keep_survey(space=space, content=grouped(lower=0, extra=twice), wanted=WANTED, **facts)
    assert "in more than one group" in wrong.groups["refused"][0]
    assert "属于多个组" in wrong.groups["refused"][1]
