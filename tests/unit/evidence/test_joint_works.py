"""Who made a work together, out of tables as offices keep them: nobody is made up, nobody is lost."""

import csv
from datetime import UTC, date, datetime

import pytest

from yucai.evidence import NamedMaker, TableWork, WorkKind, read_table, tell_makers, works_of_table

NOON = datetime(2026, 11, 24, 4, tzinfo=UTC)
ROSTER = {"2023010001": ["张三", "Zhang San"], "2023010002": ["李四"], "2023010003": ["王五"], "2023010004": ["王五"]}


def read(tmp_path, titles, *rows):
    file = tmp_path / "table.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([titles, *rows])
    return works_of_table(read_table(file, at=NOON))


def told(*makers, by_name=False, others=False):
    named = tuple(NamedMaker(name=name, number=number) for name, number in makers)
    work = TableWork(kind=WorkKind.PROJECT, title="x", day=None, makers=named, others=others)
    return tell_makers([work], ROSTER, by_name=by_name)


@pytest.mark.parametrize(("titles", "row"), [
    (("项目编号", "项目名称", "项目负责人", "负责人学号", "项目成员", "指导教师", "结题时间"),
     ("S1", "水质检测仪", "张三", "2023010001", "李四（2023010002）、赵六 等", "孙老师", "2026-05-31")),
    (("Project number", "Project title", "Leader", "Leader's number", "Team members", "Supervisor", "End"),
     ("S1", "水质检测仪", "张三", "2023010001", "李四/2023010002；赵六 等", "孙老师", "2026/5/31")),
])  # fmt: skip
def test_a_table_of_projects_names_the_makers_of_each_in_either_language(tmp_path, titles, row):
    (work,) = read(tmp_path, titles, row)
    assert (work.kind, work.title, work.others) == (WorkKind.PROJECT, "水质检测仪", True)
    assert work.makers == (
        NamedMaker(name="张三", number="2023010001"), NamedMaker(name="李四", number="2023010002"),
        NamedMaker(name="赵六"),
    )  # fmt: skip
    assert work.day == date(2026, 5, 31)


def test_an_award_has_the_number_of_one_winner_and_the_names_of_all(tmp_path):
    (work,) = read(tmp_path, ("学号", "获奖人", "竞赛名称", "获奖等级", "获奖时间"),
                   ("2023010001", "张三、李四", "机器人竞赛", "一等奖", "2026-05-20"))  # fmt: skip
    found = tell_makers([work], ROSTER).works[0]
    assert found.makers == ("2023010001",)
    assert found.size == 2  # the number and the name of one person are one person


def test_a_paper_names_its_authors(tmp_path):
    (work,) = read(
        tmp_path, ("论文题目", "作者", "发表时间"), ("折叠机翼", "李四/2023010002，张三/2023010001", "2026-04-01")
    )
    assert tell_makers([work], ROSTER).works[0].makers == ("2023010002", "2023010001")


def test_a_table_of_another_kind_has_no_works(tmp_path):
    assert read(tmp_path, ("学号", "姓名", "专业", "行政班级"), ("2023010001", "张三", "物理", "1班")) == ()


def test_a_number_on_record_tells_a_person():
    found = told(("张三", "2023010001"), ("", "2023010002"))
    assert found.works[0].makers == ("2023010001", "2023010002")
    assert found.works[0].whole
    assert (found.by_name, found.unknown) == ((), ())


def test_a_name_that_one_bears_is_asked_about_and_counts_only_after_a_yes():
    asked = told(("张三", "2023010001"), ("李四", ""))
    assert asked.by_name == (("李四", "2023010002"),)
    assert (asked.works[0].makers, asked.works[0].size, asked.works[0].whole) == (("2023010001",), 2, False)
    answered = told(("张三", "2023010001"), ("李四", ""), by_name=True)
    assert answered.works[0].makers == ("2023010001", "2023010002")
    assert answered.works[0].whole


@pytest.mark.parametrize("who", [("王五", ""), ("赵六", ""), ("赵六", "2023019999"), ("赵六", "2023010001")])
def test_two_of_one_name_a_stranger_and_a_number_under_another_name_are_named_and_counted(who):
    found = told(("张三", "2023010001"), who, by_name=True)
    assert len(found.unknown) == 1
    assert who[0] in found.unknown[0]
    assert (found.works[0].makers, found.works[0].size, found.works[0].whole) == (("2023010001",), 2, False)


def test_and_others_says_that_not_all_are_named():
    assert not told(("张三", "2023010001"), others=True).works[0].whole


def test_a_person_named_twice_is_one():
    found = told(("张三", "2023010001"), ("Zhang San", ""), ("", "2023010001"))
    assert (found.works[0].makers, found.unknown) == (("2023010001",), ())


def test_a_cell_of_numbers_alone_loses_nobody(tmp_path):
    row = ("S1", "水质检测仪", "张三", "2023010001", "2023010002、2023010003")
    (work,) = read(tmp_path, ("项目编号", "项目名称", "项目负责人", "负责人学号", "项目成员"), row)
    assert tell_makers([work], ROSTER).works[0].makers == ("2023010001", "2023010002", "2023010003")
