"""The report as colleges file it: paper, faces, tables with numbers, who locked it; and the workbook."""

import io
from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pytest
from docx import Document
from docx.oxml.ns import qn
from openpyxl import load_workbook

from tests.spec.test_attainment import CLASS, COURSE
from yucai.evidence import write_workbook
from yucai.governance import (
    CourseReport,
    Improvement,
    LockedBy,
    StudentScores,
    Survey,
    attain_course,
    follow_up,
    report_tables,
    workbook_tables,
    write_course_report,
)

AT = datetime(2026, 1, 22, 4, tzinfo=UTC)
ABSENT = StudentScores(student="s6", scores={"作业": 50}, states={"期末/目标1": "absent", "期末/目标2": "absent"})
ACTION = Improvement(objective="目标1", what="每周上机一次", who="王老师", by=date(2026, 6, 30))


@pytest.fixture(scope="module")
def report():
    survey = Survey(asked=6, answers={"目标1": (0, 1, 1, 2, 1)})
    result = attain_course(COURSE, [*CLASS, ABSENT], rng=np.random.default_rng(1), survey=survey)
    before = attain_course(COURSE, CLASS, rng=np.random.default_rng(2))
    return CourseReport(
        school="示例学院", group="1 班", term="2025-2026-1", teacher="赵老师", map=COURSE, result=result,
        analysis="图的遍历失分较多。\n第二段。", actions=(ACTION,), outcomes=follow_up([ACTION], before, result),
    )  # fmt: skip


def opened(report, language):
    return Document(io.BytesIO(write_course_report(report, language=language, at=AT)))


def words(document):
    return "\n".join(paragraph.text for paragraph in document.paragraphs)


def cells(table):
    return [[cell.text for cell in row.cells] for row in table.rows]


def test_it_is_on_a4_with_the_faces_of_chinese_offices(report):
    document = opened(report, "zh")
    section = document.sections[0]
    assert (round(section.page_width.cm, 1), round(section.page_height.cm, 1)) == (21.0, 29.7)
    faces = {run._element.rPr.rFonts.get(qn("w:eastAsia")) for p in document.paragraphs for run in p.runs}
    assert faces == {"宋体", "黑体"}
    assert document.core_properties.title == "课程目标达成情况评价报告"


def test_the_sections_stand_in_the_order_in_which_colleges_file_them(report):
    headings = [p.text for p in opened(report, "zh").paragraphs if p.style.name == "Heading 1"]
    assert headings == [
        "一、课程基本信息", "二、课程目标与毕业要求", "三、考核方式与权重", "四、课程目标达成情况", "五、学生问卷",
        "六、结果对权重与口径的依赖", "七、达成情况分析", "八、上一年持续改进措施及成效", "九、本年持续改进措施",
        "十、签字",
    ]  # fmt: skip
    english = [p.text for p in opened(report, "en").paragraphs if p.style.name == "Heading 1"]
    assert (len(english), english[3]) == (10, "4. Attainment")


def test_the_figures_are_those_of_the_result(report):
    results = cells(opened(report, "zh").tables[3])
    one = report.result.objective("目标1")
    assert results[1][:6] == [
        "目标1",
        "0.650",
        "0.716",
        f"{one.interval.low:.2f}–{one.interval.high:.2f}",
        "5",
        "缺考 1 人",
    ]
    assert results[1][6] == "60%"
    assert cells(opened(report, "en").tables[3])[1][5] == "absent 1"


def test_a_draft_says_so_and_a_locked_one_says_by_whom_and_what_it_corrects(report):
    assert "草稿：尚未审核锁定" in words(opened(report, "zh"))
    locked = LockedBy(version=2, digest="ab" * 32, filled_by="赵老师", filled_at=AT, checked_by="林院长", checked_at=AT,
                      corrects=1, reason="补入缓考成绩")  # fmt: skip
    said = words(opened(replace(report, locked=locked, simulated=True), "zh"))
    assert "第 2 版，赵老师于 2026-01-22 填报，林院长于 2026-01-22 审核锁定" in said
    assert "更正第 1 版：补入缓考成绩" in said
    assert "ab" * 32 in said
    assert "模拟数据" in said


def test_what_is_not_on_record_is_said_to_be_missing(report):
    result = attain_course(COURSE, CLASS, rng=np.random.default_rng(1))
    said = words(opened(replace(report, result=result, actions=(), outcomes=(), analysis=""), "en"))
    for told in ("No survey is on record.", "No action of last year is on record.", "No action is on record.",
                 "to be written by the teacher"):  # fmt: skip
        assert told in said


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_workbook_has_the_same_tables_with_numbers_as_numbers(report, language):
    book = load_workbook(io.BytesIO(write_workbook(workbook_tables(report, language), at=AT)))
    names = [table.name.in_language(language) for table in report_tables(report)]
    assert len(book.sheetnames) == len(names)
    for found, name in zip(book.sheetnames, names, strict=True):
        assert found == name if len(name) <= 31 else name.startswith(found.removesuffix("…")) and found.endswith("…")
    value = book.worksheets[2].cell(row=2, column=3).value
    assert value == pytest.approx(0.716)
    assert book.worksheets[2].cell(row=2, column=3).number_format == "0.000"
