"""The simulated college as the files an office really gets: to practise importing, and to test it.

Titles above the header, merged headers, footers, five ways to write a term, states in place of grades, numbers spoilt
by a spreadsheet, private columns nobody needs: each file has some of it, and says in which. All people are invented;
identity numbers and telephones are of a form that no real person can have.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np
import polars as pl

from yucai.demo.college import College
from yucai.demo.practice_writing import Sheet, html_bytes, text_bytes, xlsx_bytes
from yucai.demo.schoolyears import COURSES
from yucai.errors import YucaiError
from yucai.framework import load_framework
from yucai.texts import Text

__all__ = ["FolderTakenError", "PracticeFile", "PracticeFiles", "plan_practice_files", "write_practice_files"]

YEAR_BEFORE: Final = "2024-2025"
LAST_YEAR: Final = "2025-2026"
SCHOOL: Final = "示范荣誉学院（模拟数据）"
FOOT: Final = (("制表人：教务秘书", "审核人："), ("打印时间：2026-09-10 08:30",))
RENAMED: Final = {"2024010005": "阿依古丽·买买提江", "2024010007": "欧阳𬱖"}  # an inner dot, and a character beyond GBK
LEVELS: Final = ((90, "优秀"), (80, "良好"), (70, "中等"), (60, "及格"), (0, "不及格"))
BY_LEVEL: Final = ("writing", "history", "ethics", "policy")  # courses that are graded in five levels
STATES: Final = ("缺考", "缓考", "免修", "作弊", "弃修")
TERMS: Final = (  # one term written in many ways, as files of different offices do
    lambda year, half: f"{year}-{year + 1}-{half}",
    lambda year, half: f"{year}-{year + 1}学年第{'一二'[half - 1]}学期",
    lambda year, half: f"{year % 100}-{year % 100 + 1}({half})",
    lambda year, half: f"{year if half == 1 else year + 1}{'秋春'[half - 1]}",
)
WORKS: Final = {"term-project": "学期项目", "team-presentation": "团队展示"}
WRITTEN: Final = Text(
    "{n} files of a simulated college were written to {folder}. Import them in this order:",
    "已将模拟学院的 {n} 个文件写入 {folder}。请按以下次序导入：",
)
WOULD: Final = Text(
    "{n} files of a simulated college would be written to {folder}; nothing was changed. In this order:",
    "将把模拟学院的 {n} 个文件写入 {folder}；目前未作改动。次序如下：",
)
NEXT: Final = Text(
    "Make an office of your own for it: yucai init --workspace office; yucai serve --workspace office",
    "可为此新建一个单位：yucai init --workspace office；yucai serve --workspace office",
)
FULL_WIDTH: Final = str.maketrans("0123456789", "０１２３４５６７８９")


@dataclass(frozen=True, slots=True, kw_only=True)
class PracticeFile:
    """One file: its name, the kind of table it is, and what is odd in it."""

    name: str
    profile: str
    odd: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class PracticeFiles:
    """The files that were written, in the order in which to import them."""

    folder: Path
    files: tuple[PracticeFile, ...]
    dry_run: bool = False

    def in_language(self, language: str) -> str:
        """Return what was or would be written, one line a file, and what to do with it."""
        lines = [(WOULD if self.dry_run else WRITTEN).in_language(language, n=len(self.files), folder=self.folder)]
        lines += [f"  {file.name}  -  {file.odd.in_language(language)}" for file in self.files]
        return "\n".join([*lines, NEXT.in_language(language)])


class FolderTakenError(YucaiError):
    """The folder for practice files holds something already."""

    says = Text(
        "“{folder}” is not empty. Name a folder that is new or empty; nothing was written.",
        "“{folder}”不是空文件夹。请指定新的或空的文件夹；未写入任何内容。",
    )
    exit_code = 73


Made = tuple[PracticeFile, bytes]


def write_practice_files(college: College, folder: Path, *, rng: np.random.Generator) -> PracticeFiles:
    """Write the college's files into a folder that is new or empty, all or none. Raises FolderTakenError."""
    _require_free(folder)
    folder.absolute().parent.mkdir(parents=True, exist_ok=True)
    written = []
    with TemporaryDirectory(dir=folder.absolute().parent, prefix=".practice-") as aside:
        made = Path(aside) / "files"
        made.mkdir()
        for about, content in _made(college, rng):
            (made / about.name).write_bytes(content)
            written.append(about)
        with suppress(FileNotFoundError):
            folder.rmdir()  # empty, as was seen
        made.rename(folder)
    return PracticeFiles(folder=folder, files=tuple(written))


def plan_practice_files(college: College, folder: Path, *, rng: np.random.Generator) -> PracticeFiles:
    """Return what ``write_practice_files`` would write, and write nothing. Raises FolderTakenError."""
    _require_free(folder)
    files = tuple(about for about, _content in _made(college, rng))
    return PracticeFiles(folder=folder, files=files, dry_run=True)


def _require_free(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FolderTakenError(folder=folder)


def _made(college: College, rng: np.random.Generator) -> Iterator[Made]:
    """Make one file after the other; the number at the head of a name is the order of importing."""
    for make in (_list_2022, _list_2023, _list_2024, _list_2025):
        yield make(college, rng)
    before = list(_grade_rows(college, YEAR_BEFORE, rng))
    yield _grades_before(before)
    yield _grades_last(list(_grade_rows(college, LAST_YEAR, rng)))
    yield _grades_corrected(before)
    yield _ratings(college)
    yield _projects(college, rng)
    yield _survey(college, rng)
    yield _awards(college)
    yield _mentors(college)


def _class_list(college: College, cohort: str, rng: np.random.Generator) -> Sheet:
    titles = ("序号", "学号", "姓名", "性别", "身份证号", "手机号码", "专业", "行政班级", "年级", "家庭住址", "备注")
    rows = []
    people = college.people.filter(cohort=cohort).sort("learner")
    for n, person in enumerate(people.iter_rows(named=True), start=1):
        learner = person["learner"]
        name = RENAMED.get(learner, person["name_zh"])
        born = f"{int(cohort) - 18}{1 + rng.integers(12):02d}{1 + rng.integers(28):02d}"
        rows.append((n, learner, name, "男女"[rng.integers(2)], f"000000{born}{n:03d}X", f"100{n:08d}",
                     person["programme"].split()[0], _class_name(person["class"]), f"{cohort}级",
                     "模拟路 1 号", ""))  # fmt: skip
    return Sheet(title=f"{SCHOOL}{cohort}级学生名单", titles=titles, rows=tuple(rows), foot=FOOT)


def _class_name(code: str) -> str:
    year, _, number = code.partition("-")
    return f"{year}级{number}班"


def _list_2022(college: College, rng: np.random.Generator) -> Made:
    sheet = _class_list(college, "2022", rng)
    about = PracticeFile(
        name="01 学生名单-2022级（模拟）.xlsx",
        profile="class-list",
        odd=Text("a title, footers, a hidden sheet, private columns", "标题行、表尾、隐藏工作表、不需要的个人信息列"),
    )
    return about, xlsx_bytes(sheet, hidden="统计（勿删）")


def _list_2023(college: College, rng: np.random.Generator) -> Made:
    about = PracticeFile(
        name="02 学生名单-2023级（模拟）.xls",
        profile="class-list",
        odd=Text("a web page called .xls; two students of one name", "实为网页的 .xls；两名学生同名"),
    )
    return about, html_bytes(_class_list(college, "2023", rng))


def _list_2024(college: College, rng: np.random.Generator) -> Made:
    about = PracticeFile(
        name="03 学生名单-2024级（模拟）.csv",
        profile="class-list",
        odd=Text("GB18030, a rare character, a name with a dot", "GB18030 编码、生僻字、带间隔点的姓名"),
    )
    return about, text_bytes(_class_list(college, "2024", rng), between=",", encoding="gb18030")


def _list_2025(college: College, rng: np.random.Generator) -> Made:
    about = PracticeFile(
        name="04 学生名单-2025级（模拟）.xls",
        profile="class-list",
        odd=Text("tab-separated UTF-16 text called .xls", "以制表符分隔的 UTF-16 文本，扩展名却是 .xls"),
    )
    return about, text_bytes(_class_list(college, "2025", rng), between="\t", encoding="utf-16")


def _exams(college: College, year: str) -> pl.DataFrame:
    exams = college.responses.table.filter(
        pl.col("item").str.starts_with("exam/") & pl.col("occasion").str.starts_with(year)
    ).sort("learner", "item")
    who = college.people.select("learner", "name_zh", "class")
    return exams.select("learner", "item", "score", "occasion").join(who, on="learner", maintain_order="left")


def _courses() -> dict[str, tuple[str, str]]:
    """Return number and Chinese name of each course by its code."""
    return {
        code: (f"HC{year + 1}{n + 1:02d}", zh)
        for year, courses in COURSES.items()
        for n, (code, _en, zh) in enumerate(courses)
    }


def _grade(course: str, score: float) -> object:
    return next(word for least, word in LEVELS if score >= least) if course in BY_LEVEL else int(score)


def _grade_rows(college: College, year: str, rng: np.random.Generator) -> Iterator[list[object]]:
    """Student number, name, class, course number, course, term, coursework, examination, overall grade."""
    courses = _courses()
    for n, (learner, item, score, term, name, group) in enumerate(_exams(college, year).iter_rows()):
        course = item.removeprefix("exam/").removesuffix(f"-{term}")
        number, zh = courses[course]
        began, half = int(term[:4]), int(term[-1])
        state = STATES[n // 97 % len(STATES)] if n % 97 == 50 else ""
        usual = float(np.clip(round(score + rng.normal(3, 4)), 0, 100))
        yield [learner, RENAMED.get(learner, name), _class_name(group), number, zh, TERMS[n % len(TERMS)](began, half),
               "" if state else int(usual), "" if state else int(score), state or _grade(course, score)]  # fmt: skip


GRADE_TITLES: Final = ("学号", "姓名", "行政班级", "课程号", "课程名称", "学年学期", "平时成绩", "期末成绩", "总评成绩")
MERGED: Final = (("学号", ""), ("姓名", ""), ("行政班级", ""), ("课程号", ""), ("课程名称", ""), ("学年学期", ""),
                 ("成绩", "平时"), ("成绩", "期末"), ("成绩", "总评"))  # fmt: skip


def _grades_before(rows: list[list[object]]) -> Made:
    about = PracticeFile(
        name=f"05 成绩-{YEAR_BEFORE}学年（模拟）.xlsx",
        profile="grades",
        odd=Text(
            "a merged header of two rows, absences and the like, five levels, terms in four ways",
            "两行合并表头、缺考等状态、五级制、四种学期写法",
        ),
    )
    sheet = Sheet(title=f"{SCHOOL}{YEAR_BEFORE}学年成绩总表", titles=MERGED, rows=_frozen(rows), foot=FOOT)
    return about, xlsx_bytes(sheet)


def _grades_last(rows: list[list[object]]) -> Made:
    rows[10][0] = "2.02E+09"  # a number that a spreadsheet has spoilt
    rows[20][-1] = "八十来分"
    rows[30][0] = ""  # no number, but the only one of that name in the class
    for row in rows[40:60]:
        row[-1] = str(row[-1]).translate(FULL_WIDTH)
    about = PracticeFile(
        name=f"06 成绩-{LAST_YEAR}学年（模拟）.xls",
        profile="grades",
        odd=Text(
            "a web page; a number as 2.02E+09, a grade in words, a row without a number, full-width digits",
            "网页；学号成了 2.02E+09、文字成绩、缺学号的一行、全角数字",
        ),
    )
    sheet = Sheet(title=f"{SCHOOL}{LAST_YEAR}学年成绩", titles=GRADE_TITLES, rows=_frozen(rows), foot=FOOT)
    return about, html_bytes(sheet)


def _grades_corrected(before: list[list[object]]) -> Made:
    rows = [list(row) for row in before]
    scored = [row for row in rows if isinstance(row[-1], int)]
    for row in scored[5:500:99]:
        row[-1] = min(int(str(row[-1])) + 4, 100)
    about = PracticeFile(
        name=f"07 成绩-{YEAR_BEFORE}学年-更正（模拟）.xlsx",
        profile="grades",
        odd=Text("file 05 with five grades corrected after re-marking", "05 号文件复核后更正了五个成绩"),
    )
    sheet = Sheet(title=f"{SCHOOL}{YEAR_BEFORE}学年成绩总表（更正）", titles=MERGED, rows=_frozen(rows), foot=FOOT)
    return about, xlsx_bytes(sheet)


def _ratings(college: College) -> Made:
    names = {quality.code: quality.name.zh for quality in load_framework("nine-qualities").qualities}
    table = college.responses.table.filter(
        pl.col("item").str.starts_with("rubric/") & pl.col("occasion").str.starts_with(LAST_YEAR)
    ).sort("learner", "rater", "item")
    whose = dict(college.people.select("learner", "name_zh").iter_rows())
    rows = []
    for learner, item, score, rater, term in table.select("learner", "item", "score", "rater", "occasion").iter_rows():
        _rubric, quality, work = item.split("/")
        name = RENAMED.get(learner, whose[learner])
        rows.append((learner, name, f"{names[quality]}/{WORKS[work]}", int(score), 4, rater, term, ""))
    titles = ("学号", "姓名", "评分项", "得分", "满分", "评委", "学期", "备注")
    about = PracticeFile(
        name=f"08 评分表-学期项目与团队展示-{LAST_YEAR}（模拟）.xlsx",
        profile="rating-sheet",
        odd=Text("a year of ratings by twenty raters in one sheet", "二十名评委一学年的全部评分在一张表中"),
    )
    return about, xlsx_bytes(Sheet(title=f"{SCHOOL}评分汇总", titles=titles, rows=tuple(rows), foot=()))


def _projects(college: College, rng: np.random.Generator) -> Made:
    whose = dict(college.people.select("learner", "name_zh").iter_rows()) | RENAMED
    mentors = dict(college.mentors.select("mentor", "name_zh").iter_rows())
    rows = []
    for n, project in enumerate(college.projects.iter_rows(named=True)):
        leader, *others = project["members"]
        between = ("、", "，", "；", " / ", "\n")[n % 5]
        members = between.join(f"{whose[one]}（{one}）" for one in others)
        grant = (
            "-" if n % 15 == 7 else f"{0.5 + rng.integers(1, 6) / 2:g}万元" if n % 2 else f"{rng.integers(5, 30)},000元"
        )
        rows.append((f"S2026{n + 1:03d}", project["name_zh"], "创新训练" if n % 3 else "创业训练",
                     ("国家级", "省级", "校级")[n % 3], whose[leader], leader, members,
                     mentors[project["mentor"]], mentors[project["firm_mentor"]], grant,
                     ("2026年3月1日", "2026/3/1", "20260301")[n % 3], "在研"))  # fmt: skip
    titles = ("项目编号", "项目名称", "项目类型", "项目级别", "项目负责人", "负责人学号", "项目成员", "指导教师",
              "企业导师", "经费", "立项时间", "状态")  # fmt: skip
    about = PracticeFile(
        name="09 大创项目（模拟）.xlsx",
        profile="projects",
        odd=Text(
            "several people in one cell in five ways, money in yuan and ten thousand yuan, days in three ways",
            "一格多人的五种写法、元与万元混用、三种日期写法",
        ),
    )
    return about, xlsx_bytes(Sheet(title=f"{SCHOOL}大创项目立项汇总表", titles=titles, rows=tuple(rows), foot=FOOT))


def _survey(college: College, rng: np.random.Generator) -> Made:
    table = college.responses.table.filter(
        pl.col("item").str.starts_with("survey/") & pl.col("occasion").str.starts_with(LAST_YEAR)
    )
    names = {quality.code: quality.name.zh for quality in load_framework("nine-qualities").qualities}
    items = [f"survey/{quality}/{n + 1}" for quality in names for n in range(3)]
    wide = table.pivot("item", index="learner", values="score").sort("learner")
    questions = [f"{n}、{names[item.split('/')[1]]}：陈述 {item[-1]}" for n, item in enumerate(items, start=2)]
    rows = []
    for n, row in enumerate(wide.select("learner", *items).iter_rows(), start=1):
        learner, *said = row
        minute = int(rng.integers(60))
        rows.append((n, f"2026/6/{1 + n % 20} 20:{minute:02d}:15", f"{int(rng.integers(90, 600))}秒", "微信", "N/A",
                     "192.0.2.1(模拟)", learner, *(_said(score, n) for score in said), ""))  # fmt: skip
    titles = ("序号", "提交答卷时间", "所用时间", "来源", "来源详情", "来自IP", "1、您的学号", *questions, "总分")
    about = PracticeFile(
        name="10 问卷-自我评价（模拟）.xlsx",
        profile="survey-wjx",
        odd=Text("answers as numbers; a few were not answered", "以数字作答；少数题目未作答"),
    )
    return about, xlsx_bytes(Sheet(title="", titles=titles, rows=tuple(rows), foot=()))


def _said(score: float | None, n: int) -> object:
    return "(跳过)" if score is None or n % 41 == 0 else int(score) + 1


def _awards(college: College) -> Made:
    won = college.responses.table.filter(
        pl.col("item").str.starts_with("award/")
        & pl.col("occasion").str.starts_with(LAST_YEAR)
        & (pl.col("score") == 1)
    ).sort("learner", "item")
    whose = dict(college.people.select("learner", "name_zh").iter_rows()) | RENAMED
    levels = {"college": "院级", "provincial": "省级", "national": "国家级"}
    rows = tuple(
        (learner, whose[learner], f"大学生设计竞赛（{levels[item[6:]]}赛）", levels[item[6:]], "一二三"[n % 3] + "等奖",
         ("2026.5.20", "2026-05-20", "2026年5月")[n % 3])
        for n, (learner, item) in enumerate(won.select("learner", "item").iter_rows())
    )  # fmt: skip
    titles = ("学号", "获奖学生", "竞赛名称", "获奖级别", "获奖等级", "获奖时间")
    about = PracticeFile(
        name=f"11 学科竞赛获奖-{LAST_YEAR}（模拟）.csv",
        profile="awards",
        odd=Text("UTF-8 without a mark; days in three ways", "不带标记的 UTF-8；三种日期写法"),
    )
    return about, text_bytes(Sheet(title="", titles=titles, rows=rows, foot=()), between=",", encoding="utf-8")


def _mentors(college: College) -> Made:
    fields = dict(college.fields.select("field", "name_zh").iter_rows())
    firms = dict(college.firms.select("firm", "name_zh").iter_rows())
    rows = tuple(
        (one["mentor"], one["name_zh"], firms[one["firm"]] if one["firm"] else "示范荣誉学院（模拟）",
         fields[one["field"]], f"{one['places']} 人" if n % 4 == 1 else one["places"], f"100{n:08d}")
        for n, one in enumerate(college.mentors.iter_rows(named=True))
    )  # fmt: skip
    titles = ("工号", "导师姓名", "所在单位", "研究方向", "可带人数", "联系电话")
    about = PracticeFile(
        name="12 导师名单（模拟）.xlsx",
        profile="mentors",
        odd=Text("places as “12 人”, telephone numbers nobody needs", "名额写作“12 人”、不需要的电话列"),
    )
    return about, xlsx_bytes(Sheet(title=f"{SCHOOL}校内外导师名单", titles=titles, rows=rows, foot=FOOT))


def _frozen(rows: list[list[object]]) -> tuple[tuple[object, ...], ...]:
    return tuple(tuple(row) for row in rows)
