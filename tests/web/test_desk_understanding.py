"""What the import desk asks of a file that it half understands, and how it says what it understood."""

import pytest

from tests.web.desk import GRADES, LIST, ON_PAGE, at_desk, dropped, on_desk, state_of, take, text_of

pytestmark = pytest.mark.django_db


def page_of(space, rest=""):
    return f"/spaces/school/import/{on_desk(space).pk}/{rest}"


def changes(director, space):
    return director.get(page_of(space, "changes"))


def items(space):
    return {row[1:4] for row in state_of(space)["records"]}


SURVEY = [
    "序号,提交答卷时间,所用时间,来源,来源详情,来自IP,1、您的学号,2、我会提问,3、我会合作,总分",
    "1,2026/6/1 20:00:00,95秒,微信,N/A,192.0.2.1,01,4,1,",
    "2,2026/6/1 20:05:00,95秒,微信,N/A,192.0.2.2,02,3,(跳过),",
]


def test_how_high_the_questions_go_is_guessed_from_the_answers_and_asked_first(director, space, people):
    dropped(director, space, "问卷.csv", ("\n".join(SURVEY) + "\n").encode())
    page = text_of(director.get(page_of(space)))
    assert "答案都在 1–4 之间：满分是 5 吗？" in page
    director.post(page_of(space), {"profile": "survey-wjx", "highest-is": "guess", "highest-guess": "5"})
    seen = director.post(page_of(space), {"profile": "survey-wjx", **ON_PAGE}, follow=True)
    assert "2 行 × 2 题 = 4 个作答 = 3 个计分 + 1 个空白或未采用" in text_of(seen)
    assert next((one.title, one.score, one.highest) for one, _ in seen.context["shown"].samples) == (
        "2、我会提问", "4", "5"
    )  # fmt: skip
    take(director, space)
    assert ("01", "survey/2", 4.0) in items(space)


def test_a_column_that_another_makes_needless_has_no_star(director, space):
    dropped(director, space, "成绩.csv", ("\n".join(GRADES) + "\n").encode())
    columns = {column.name: column for column in director.get(page_of(space)).context["shown"].columns}
    assert columns["course_name"].found == "课程名"
    assert columns["course"].needed is False
    director.post(page_of(space, "throw"))
    dropped(director, space, "无课程.csv", "学号,姓名,学年学期,成绩\n01,张三,2025-2026-1,80\n".encode())
    director.post(page_of(space), {"profile": "grades", "kind": "1"})
    columns = {column.name: column for column in director.get(page_of(space)).context["shown"].columns}
    assert columns["course"].needed is True


def test_what_no_title_is_like_is_asked_in_one_language(director, space):
    dropped(director, space, "名单.csv", "姓名,班级,甲\n张三,一班,01\n".encode())
    page = text_of(director.get(page_of(space)))
    assert "看起来是学生名单，还差：学号。" in page
    assert "请在下面指明是哪一列，或选择其他表格类型。" in page
    assert "Class list" not in page
    assert 'disabled aria-describedby="why-not"' in page


def test_private_cells_of_the_first_rows_say_that_they_are_covered(director, space):
    lines = ["某学院名单,某学院名单,某学院名单", "学号,姓名,手机", "01,张三,13800138000"]
    dropped(director, space, "名单.csv", ("\n".join(lines) + "\n").encode())
    shown = director.get(page_of(space)).context["shown"]
    assert shown.rows[2] == ("01", "张三", "已遮盖")
    assert shown.rows[0] == ("某学院名单", "", "")


def test_a_purpose_taken_from_a_template_is_said_in_the_language_of_the_page(director, space):
    from yucai.evidence import load_source_templates

    purpose = load_source_templates()["class-list"].purpose
    at_desk(director, space, LIST, purpose=purpose.en)
    take(director, space)
    dropped(director, space, "二.csv", "学号,姓名\n09,新\n".encode())
    page = text_of(director.get(page_of(space)))
    assert purpose.zh in page
    assert purpose.en not in page


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"%PDF-1.7\n", "是PDF 文件，不是表格"), (b"\x89PNG\r\n\x1a\n\x00", "是图片，不是表格")],
)
def test_a_document_is_called_what_it_is_and_another_file_can_be_taken(director, space, content, says):
    dropped(director, space, "成绩.xlsx", content)
    page = text_of(director.get(page_of(space)))
    assert says in page
    assert "换一个文件" in page
    assert "丢弃</button>" in text_of(director.get("/spaces/school/import/"))


def test_a_fault_is_not_said_twice(director, space):
    dropped(director, space, "成绩.csv", b"a,b\n1,2\n")
    page = text_of(director.get(page_of(space, "changes"), follow=True))
    assert page.count("不像任何已知类型的表格") == 1


def test_after_a_job_the_next_file_is_one_click_away(director, space):
    dropped(director, space, "名单.csv", ("\n".join(LIST) + "\n").encode())
    assert director.get("/spaces/school/import/next")["Location"] == page_of(space)
    director.post(page_of(space, "throw"))
    assert "没有您的其他文件" in text_of(director.get("/spaces/school/import/next", follow=True))
