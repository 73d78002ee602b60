"""Each kind of table is told from its titles, and scores in it find their way to measurement."""

import pytest

from tests.unit.evidence.office_files import AT, ROWS, TITLES, csv_file, read, xlsx_file, zip_file
from yucai.evidence import (
    NoResponsesError,
    load_profile,
    load_profiles,
    preview_file,
    read_table,
    responses_from,
    write_csv,
    write_xlsx,
)

EXAMPLES = {
    "class-list": "学号,姓名,性别,学院,专业,班级,年级\n01,张三,男,计算机学院,软件工程,甲班,2025",
    "grades": "学号,姓名,课程号,课程名,学年学期,成绩\n01,张三,C1,课,2025秋,85",
    "objective-map": "课程号,课程目标,毕业要求指标点,支撑强度,权重\nC1,目标1,1.1,H,30%",
    "objective-matrix": "课程号,课程目标,期望值,平时作业,期末考试\nC1,目标1,0.65,0.3,0.7",
    "course-support": "课程号,课程名称,1.1 工程知识,3.2 设计方案\nC1,课,H,M",
    "programme-plan": "课程号,课程名,学分,课程类别,开课学期,先修课程\nC1,课,3,必修,1,无",
    "timetable": "课程,教师,周次,节次,教室\n课,张三,1-16,1-2,A101",
    "canvas-gradebook": "Student,ID,SIS Login ID,Section,Essay (123)\n    Points Possible,,,,20\n张三,7,01,甲班,18",
    "moodle-gradebook": "名,姓,ID编号,电子邮件地址,作业：第一次 (百分比),测验：期中 (实数)\n三,张,01,a@b.cn,85 %,17",
    "rain-classroom": "学号,姓名,签到情况,课堂得分,题目1,题目2\n01,张三,已签到,15,10,5",
    "chaoxing": "学号/工号,姓名,院系,音视频,章节测验,作业,第一章测验（20分）\n01,张三,计算机,80,90,85,18",
    "survey-wjx": "序号,提交答卷时间,所用时间,来源,1、您对课程满意吗,2、您投入的程度\n1,2025/9/1 8:30,60秒,微信,4,5",
    "survey-limesurvey": "id\tsubmitdate\tlastpage\tstartlanguage\tG01Q01\tG01Q02[SQ1]\n"
    "1\t2025-09-01 08:30:00\t3\tzh\t4\t2",
    "course-evaluation": "评价人编号,教师工号,教师姓名,课程号,课程名称,学年学期,评教得分,应评人数\n"
    "r1,t01,赵老师,C1,机器学习,2025-2026-1,4,40",
    "rating-sheet": "学号,评分项,得分,满分,评分人,学期\n01,创新/任务1,3,4,王老师,2025-2026-1",
    "projects": "项目编号,项目名称,项目类型,负责人,成员,指导教师\nP1,题,创新训练,张三,李四、王五,赵六",
    "awards": "获奖人,奖项,级别,等次,获奖时间\n张三、李四,数学建模,国家级,一等奖,2025-09",
    "papers": "论文题目,作者,期刊,发表时间\n某题,张三、李四,某刊,2025-09-01",
    "mentors": "姓名,单位,职称,研究方向,可带人数\n王五,某所,教授,芯片,3",
    "labs": "设备编号,设备名称,型号,单价（万元）,机时\nE1,电镜,X,120.5,800",
    "firm-needs": "企业名称,技术需求,领域,金额（万元）,期限\n某厂,降本,制造,50,2026-06-30",
    "graduates": "学号,姓名,专业,毕业去向,去向单位,地区\n01,张三,软件工程,升学,某大学,北京",
    "question-bank": "题目代码,题干,选项A,选项B,答案,知识点\nK1,1+1=?,2,3,A,加法",
    "responses": "学号,题目,得分,满分,学期\n01,期末/第一题,3,4,2025-2026-1",
    "oulad-results": "id_assessment,id_student,date_submitted,is_banked,score\n1752,11391,18,0,78",
    "oneroster-users": "sourcedId,status,enabledUser,username,givenName,familyName\nu1,active,true,zs,San,Zhang",
    "oneroster-classes": "sourcedId,title,courseSourcedId,classType,schoolSourcedId\nc1,Class,k1,scheduled,s1",
    "oneroster-enrollments": "sourcedId,classSourcedId,schoolSourcedId,userSourcedId,role\ne1,c1,s1,u1,student",
    "oneroster-results": "sourcedId,lineItemSourcedId,studentSourcedId,scoreStatus,score\nr1,l1,u1,fully graded,8",
    "oneroster-line-items": "sourcedId,title,classSourcedId,resultValueMin,resultValueMax\nl1,Essay,c1,0,10",
}


def written(code, tmp_path):
    path = tmp_path / f"{code}.csv"
    path.write_text(EXAMPLES[code] + "\n", encoding="utf-8-sig")
    return path


@pytest.mark.parametrize("code", sorted(load_profiles()))
def test_every_kind_of_table_is_told_from_its_titles(code, tmp_path):
    reading = read(written(code, tmp_path))
    assert reading.profile.code == code
    assert (reading.report.kept_count, reading.report.refused_count) == (1, 0)
    assert reading.report.unknown == ()
    best = preview_file(tmp_path / f"{code}.csv").matches[0]
    assert (best.profile, best.fits, best.missing) == (code, True, ())


@pytest.mark.parametrize(
    ("code", "highest", "expected"),
    [
        ("grades", {}, [("01", "course/C1", 85.0, 100.0)]),
        ("canvas-gradebook", {}, [("01", "canvas/Essay (123)", 18.0, 20.0)]),
        ("moodle-gradebook", {"moodle/测验：期中": 20}, [("01", "moodle/作业：第一次", 85.0, 100.0),
                                                  ("01", "moodle/测验：期中", 17.0, 20.0)]),
        ("rain-classroom", {"*": 10}, [("01", "rain/题目1", 10.0, 10.0), ("01", "rain/题目2", 5.0, 10.0)]),
        ("chaoxing", {"*": 20}, [("01", "chaoxing/第一章测验（20分）", 18.0, 20.0)]),
        ("survey-wjx", {"*": 5}, [("1", "survey/1", 4.0, 5.0), ("1", "survey/2", 5.0, 5.0)]),
        ("survey-limesurvey", {"*": 5}, [("1", "survey/G01Q01", 4.0, 5.0), ("1", "survey/G01Q02[SQ1]", 2.0, 5.0)]),
        ("rating-sheet", {}, [("01", "创新/任务1", 3.0, 4.0)]),
        ("oulad-results", {}, [("11391", "oulad/1752", 78.0, 100.0)]),
        ("responses", {}, [("01", "期末/第一题", 3.0, 4.0)]),
        ("oneroster-results", {"*": 10}, [("u1", "oneroster/l1", 8.0, 10.0)]),
    ],
)  # fmt: skip
def test_scores_become_responses(code, highest, expected, tmp_path):
    made = responses_from(read(written(code, tmp_path)), highest=highest)
    assert made.responses.table.select("learner", "item", "score", "max_score").rows() == expected
    assert made.notices == ()
    assert made.responses.table["source_row"].to_list()[0] in (2, 3)


def test_levels_are_steps_states_are_no_scores_and_resits_are_left_out(tmp_path):
    titles = [*TITLES, "考试性质"]
    rows = [
        [*ROWS[0], "正常考试"],
        [*ROWS[0][:5], "95", "补考"],
        ["2", "李四", "C2", "课", "2025秋", "良好", "正常考试"],
        ["3", "王五", "C2", "课", "2025秋", "缓考", ""],
    ]
    made = responses_from(read(csv_file(tmp_path / "a.csv", [titles, *rows])))
    assert made.responses.table.select("item", "score", "max_score").rows() == [
        ("course/CS101", 86.0, 100.0),
        ("course/C2/five-level", 3.0, 4.0),
    ]
    assert [notice.code for notice in made.notices] == ["later-attempts"]


def test_what_has_no_highest_score_or_lies_above_it_is_said(tmp_path):
    made = responses_from(read(written("rain-classroom", tmp_path)), highest={"rain/题目1": 5})
    assert len(made.responses) == 0
    assert [notice.code for notice in made.notices] == ["no-highest", "outside"]


def test_tables_without_scores_say_so(tmp_path):
    with pytest.raises(NoResponsesError):
        responses_from(read(written("mentors", tmp_path)))


def test_a_oneroster_zip_is_read_file_by_file(tmp_path):
    members = {f"{code.removeprefix('oneroster-')}.csv": EXAMPLES[code] for code in EXAMPLES if "oneroster" in code}
    path = zip_file(tmp_path / "oneroster.zip", members)
    for code in ("oneroster-users", "oneroster-results"):
        reading = read(path, code)
        assert reading.table["source_sheet"].to_list() == [code.removeprefix("oneroster-")]
        assert sum(notice.code == "other-sheet" for notice in reading.report.notices) >= 3


def test_sheets_of_one_kind_are_read_together_and_others_named(tmp_path):
    def more(book, _page):
        for name, rows in (("二班", [TITLES, [*ROWS[0][:4], "2025秋", "70"]]), ("说明", [["填表说明"], ["请勿改动"]])):
            page = book.create_sheet(name)
            for row in rows:
                page.append(row)

    reading = read(xlsx_file(tmp_path / "a.xlsx", [TITLES, ROWS[1]], more=more))
    assert reading.table["source_sheet"].to_list() == ["成绩", "二班"]
    assert [n.facts["sheet"] for n in reading.report.notices if n.code == "other-sheet"] == ["说明"]


def test_profiles_are_whole():
    for code in load_profiles():
        profile = load_profile(code)
        names = [column.name for column in profile.columns]
        assert len(set(names)) == len(names)
        assert set(profile.key) <= set(names), code


def test_scores_without_a_term_have_that_of_their_day(tmp_path):
    lines = (
        "序号,提交答卷时间,所用时间,来源,1、您的学号,2、我会提问",
        "1,2026/6/1 20:00:00,9秒,微信,01,4",
        "2,2026/9/1 08:00:00,9秒,微信,02,3",
    )
    path = tmp_path / "a.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    table = responses_from(read(path), highest={"*": 5}).responses.table
    assert table["occasion"].to_list() == ["2025-2026-2", "2026-2027-1"]


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_scores_and_states_written_out_are_read_back_as_they_were(kind, tmp_path):
    rows = [["学号", "题目", "得分", "满分", "评委"], ["01", "e", "3.5", "4", "王老师"], ["02", "e", "缺考", "", ""]]
    read = read_table(csv_file(tmp_path / "a.csv", rows), "responses", at=AT).table
    write = {"xlsx": write_xlsx, "csv": write_csv}[kind]
    write(tmp_path / f"b.{kind}", read, load_profile("responses"))
    back = read_table(tmp_path / f"b.{kind}", "responses", at=AT).table
    own = [name for name in read.columns if not name.startswith(("source", "import"))]
    assert back.select(own).equals(read.select(own))
    assert back["score_state"].to_list() == [None, "absent"]
