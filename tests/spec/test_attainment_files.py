"""Maps and scores from the files of colleges, each in its own layout; every fault is said at once.

A list has one way of assessing, or one support, a row. A matrix has objectives down and assessment across, or courses
down and indicator points across. Titles may stand above, cells may be merged, and a workbook may hold several.
"""

import pytest
from openpyxl import Workbook

from tests.spec.test_attainment import COURSE, faults, programme
from yucai.governance import IndicatorPoint, StudentScores, read_course_maps, read_programme_map, read_scores


def book(tmp_path, *sheets, name="map.xlsx"):
    made = Workbook()
    made.remove(made.active)
    for title, rows in sheets:
        page = made.create_sheet(title)
        for row in rows:
            page.append(row)
    made.save(tmp_path / name)
    return tmp_path / name


def test_a_list_with_one_way_of_assessing_a_row(tmp_path):
    path = book(tmp_path, ("对应表", [
        ["《数据结构》课程目标与考核对应表"],
        ["课程号", "课程名称", "课程目标", "期望值", "支撑毕业要求指标点", "支撑强度", "考核方式", "权重", "满分"],
        ["CS201", "数据结构", "课程目标1：掌握线性表", "65%", "1.2", "H", "作业", "30%", 100],
        ["CS201", "数据结构", "课程目标1：掌握线性表", "65%", "1.2", "H", "期末", "70%", 40],
        ["CS201", "数据结构", "课程目标2", "70%", "1.2、3.1(L)", "M", "期末", "100%", 60],
    ]))  # fmt: skip
    found = read_course_maps(path)
    assert [one.in_language("en") for one in found.faults] == []
    assert found.maps == (COURSE,)


def test_objectives_down_and_assessment_across_with_supports_on_another_sheet(tmp_path):
    path = book(
        tmp_path,
        ("考核", [["课程目标", "期望值", "作业", "期末", "合计"], ["满分", None, 100, 100, None],
                  ["目标 1 掌握线性表", 0.65, 30, 70, 100], ["目标 2", 0.7, None, 100, 100]]),
        ("支撑", [["课程目标", "毕业要求指标点", "支撑强度"], ["课程目标1", "1.2", "高"], ["课程目标2", "3.1", "L"]]),
    )  # fmt: skip
    found = read_course_maps(path, course="CS201", name="数据结构")
    assert [one.in_language("en") for one in found.faults] == []
    (one,) = found.maps
    assert (one.course, one.name, one.objective("目标1").expected) == ("CS201", "数据结构", 0.65)
    assert {(w.objective, w.part): w.weight for w in one.weights} == pytest.approx(
        {("目标1", "作业"): 0.3, ("目标1", "期末"): 0.7, ("目标2", "期末"): 1.0}
    )
    assert [(s.objective, s.indicator, s.strength) for s in one.supports] == [
        ("目标1", "1.2", "H"),
        ("目标2", "3.1", "L"),
    ]


def test_a_file_with_faults_says_all_of_them_in_the_words_of_the_office(tmp_path):
    path = book(tmp_path, ("表", [
        ["课程目标", "毕业要求指标点", "支撑强度", "考核方式", "权重", "满分"],
        ["目标1", "1.2", "H", "期末", 0.5, 100],
        ["目标2", "1.3", "M", None, None, None],
    ]))  # fmt: skip
    found = read_course_maps(path, course="CS201")
    assert faults(found.faults) == ["unsummed", "unassessed"]
    assert faults(found.notices).count("no-expected") == 2  # 0.65 was taken, and that is said
    assert "no-course" in faults(read_course_maps(path).faults)


def test_a_matrix_of_a_programme(tmp_path):
    path = book(tmp_path, ("矩阵", [
        ["课程代码", "课程名称", "1.2 问题分析", "3.1 设计", "4.1"],
        ["CS201", "数据结构", "H", "M", None],
        ["CS301", "操作系统", "L", None, "?"],
    ]))  # fmt: skip
    found = read_programme_map(path, programme="CS")
    assert faults(found.faults) == ["not-support", "unsupported"]  # “?”, and so nobody supports 4.1
    assert found.map.supports == programme().supports[:1] + programme().supports[2:] + programme().supports[1:2]
    assert found.map.indicators[0] == IndicatorPoint(code="1.2", says="问题分析")


def test_scores_of_a_class_with_states_and_full_marks(tmp_path):
    path = book(tmp_path, ("成绩", [
        ["数据结构 成绩单"],
        ["学号", "姓名", "作业", "期末/目标1", "期末/目标2"],
        ["满分", None, 100, 40, 60],
        ["2025001", "甲", 80, 30, "缺考"],
        ["2025002", "乙", "免修", 20, 48],
    ]))  # fmt: skip
    found = read_scores(path, COURSE, students=["2025001", "2025002", "2025003"])
    assert found.faults == ()
    assert found.scores[0] == StudentScores(
        student="2025001", scores={"作业": 80, "期末/目标1": 30}, states={"期末/目标2": "absent"}
    )
    assert found.scores[1].states == {"作业": "exempt"}
    assert "2025003" in found.notices[0].in_language("en")


def test_scores_that_do_not_fit_are_refused_row_by_row(tmp_path):
    path = book(tmp_path, ("成绩", [
        ["学号", "作业", "期末/目标1"], ["1", 101, 30], ["2", "很好吧", 20], ["9", 50, 20],
    ]))  # fmt: skip
    found = read_scores(path, COURSE, students=["1", "2"])
    assert sorted(faults(found.faults)) == ["above", "no-score", "stranger"]
    assert faults(found.notices) == ["part-left"]
    other = book(tmp_path, ("成绩", [["学号", "总评"], ["1", 80]]), name="other.xlsx")
    assert faults(read_scores(other, COURSE, students=["1"]).faults) == ["no-column"]
