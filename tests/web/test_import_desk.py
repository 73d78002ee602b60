"""The import desk on its pages: what is dropped, understood, corrected, foreseen, taken in and undone; and by whom."""

import io
import os
import time
import zipfile

import openpyxl
import pytest

from tests.web.desk import (
    GRADES,
    LIST,
    ON_PAGE,
    at_desk,
    dropped,
    made_space,
    on_desk,
    state_of,
    take,
    taken,
    text_of,
    written,
)  # fmt: skip
from yucai.web.accounts.models import Account, Person
from yucai.web.evidence import desk_files
from yucai.web.evidence.desk_files import clean_name
from yucai.web.evidence.models import DataSource, EvidenceRecord, Import, LearnedTitle, TableFile, Upload
from yucai.web.jobs.models import Job

pytestmark = pytest.mark.django_db


def test_a_class_list_goes_from_the_drop_to_the_people(director, space, django_capture_on_commit_callbacks):
    before = state_of(space)
    seen = at_desk(director, space, LIST, encoding="gb18030")
    page = text_of(director.get(f"/spaces/school/import/{on_desk(space).pk}/"))
    assert "学生名单" in page
    assert "依据列名：学号、姓名、班级、专业、年级" in page
    assert "新增人员" in text_of(seen)
    assert state_of(space) == before  # looking changed nothing
    with django_capture_on_commit_callbacks(execute=True):
        assert "“名单.csv”已入库。" in text_of(take(director, space))
    assert Person.objects.get(space=space, code="01").name_zh == "张三"
    assert on_desk(space) is None
    assert list((desk_files.settings.WORKSPACE.uploads / "school").iterdir()) == []


def test_it_is_not_taken_in_until_the_facts_of_the_source_are_there(director, space):
    answer = at_desk(director, space, LIST, owner="", grade="9")
    assert answer.redirect_chain[-1][0].endswith(f"/{on_desk(space).pk}/")
    assert "未指明责任人" in text_of(answer)
    assert "未说明数据分级" in text_of(answer)
    refused = take(director, space)
    assert "未指明责任人" in text_of(refused)
    assert state_of(space)["people"] == []


def test_a_corrected_header_is_learned_for_the_next_file(director, space):
    strange = ["学生代号,姓名,班级", "01,张三,一班"]
    dropped(director, space, "名单.csv", ("\n".join(strange) + "\n").encode())
    page = f"/spaces/school/import/{on_desk(space).pk}/"
    director.post(page, {"profile": "class-list", "kind": "1"})
    seen = text_of(director.get(page))
    assert "看起来是学生名单，只差“学号”一列。是“学生代号”吗？" in seen
    assert "还缺：学号" in seen
    director.post(page, {"profile": "class-list", "is-column": "learner"})
    director.post(page, {"profile": "class-list", "go": "1"} | ON_PAGE)
    take(director, space)
    assert Person.objects.filter(space=space, code="01").exists()
    assert [(one.title, one.column) for one in LearnedTitle.objects.all()] == [("学生代号", "learner")]
    dropped(director, space, "二.csv", "学生代号,姓名,班级\n02,李四,一班\n".encode())
    shown = director.get(f"/spaces/school/import/{on_desk(space).pk}/").context["shown"]
    assert shown.reading.table["learner"].to_list() == ["02"]


def test_a_column_taken_for_another_can_be_put_aside(director, space):
    at_desk(director, space, LIST, **{"column-major": ""})
    take(director, space)
    assert Person.objects.get(space=space, code="01").programme == ""
    assert not LearnedTitle.objects.exists()


def test_personal_columns_are_named_and_never_shown_or_kept(director, space):
    lines = ["学号,姓名,身份证号,家长手机", "01,张三,11010519491231002X,13800138000"]
    answer = at_desk(director, space, lines)
    page = text_of(director.get(f"/spaces/school/import/{on_desk(space).pk}/"))
    assert "不需要的个人信息列已去除，不会保存：" in page
    assert "11010519491231002X" not in page + text_of(answer)
    take(director, space)
    table = next((desk_files.settings.WORKSPACE.tables / "school").iterdir())
    assert b"11010519491231002X" not in table.read_bytes()


def test_refused_rows_come_back_as_a_workbook_and_go_in_corrected(director, space):
    at_desk(director, space, [*GRADES, "04,赵六,二班,光学,2025-2026-1,八十"], name="成绩.csv")
    book = director.get(f"/spaces/school/import/{on_desk(space).pk}/refused.xlsx")
    assert "refused" not in book["Content-Disposition"]  # named in the language of the page
    take(director, space)
    sheet = openpyxl.load_workbook(io.BytesIO(book.content))
    rows = sheet.active
    titles = [cell.value for cell in rows[1]]
    assert rows.max_row == 2
    rows.cell(2, titles.index("成绩") + 1).value = 80
    out = io.BytesIO()
    sheet.save(out)
    dropped(director, space, "拒收.xlsx", out.getvalue())
    page = f"/spaces/school/import/{on_desk(space).pk}/"
    seen = director.post(page, {"profile": "grades"}, follow=True)
    assert seen.context["foreseen"].corrects is None  # other rows: no correction, but an addition
    assert seen.context["foreseen"].scores.new.height == 1
    take(director, space)
    assert ("04", "course/光学") in {row[1:3] for row in state_of(space)["records"]}


def test_a_corrected_file_is_proposed_as_a_version_and_shown_before_anything_happens(director, space):
    at_desk(director, space, GRADES, name="成绩.csv")
    take(director, space)
    before = state_of(space)
    lines = [GRADES[0], GRADES[1].replace(",80", ",88"), *GRADES[2:]]
    seen = at_desk(director, space, lines, name="成绩（更正）.csv")
    page = text_of(seen)
    assert seen.context["foreseen"].corrects.file_name == "成绩.csv"
    assert '<span class="was">80</span>' in page
    assert '<span class="now">88</span>' in page
    assert "改动 1 处" in page  # the points that follow from a grade are not told again
    assert state_of(space) == before
    take(director, space, corrects=seen.context["foreseen"].corrects.pk)
    entry = Import.objects.get(file_name="成绩（更正）.csv")
    assert (entry.version, entry.replaces.file_name) == (2, "成绩.csv")
    desk = text_of(director.get("/spaces/school/import/"))
    assert "已被后来的版本取代" in desk
    undone = director.post(f"/spaces/school/import/undo/{entry.pk}", follow=True)
    assert "已撤销“成绩（更正）.csv”的导入。" in text_of(undone)
    assert "已撤销：" in text_of(undone)
    assert state_of(space) == before


def test_the_same_cells_as_a_new_file_beside_the_old_are_refused_in_words(director, space):
    at_desk(director, space, GRADES, name="成绩.csv")
    take(director, space)
    at_desk(director, space, [*GRADES, "09,新,二班,光学,2025-2026-1,70"], name="再.csv")
    page = f"/spaces/school/import/{on_desk(space).pk}/changes"
    beside = director.post(page, {"corrects": ""}, follow=True)
    assert "有 2 个得分已经入库" in text_of(beside)
    assert 'id="take-it"' not in text_of(beside)
    assert "有 2 个得分已经入库" in text_of(take(director, space))


def test_a_match_by_name_waits_for_a_humans_yes(director, space, tmp_path):
    taken(written(tmp_path, "名单.csv", LIST), space)
    seen = at_desk(director, space, [*GRADES, ",李四,一班,力学,2025-2026-1,70"], name="成绩.csv")
    [(sheet, match)] = seen.context["foreseen"].unnumbered.proposed
    page = f"/spaces/school/import/{on_desk(space).pk}/changes"
    field = f"match-{sheet}|{match.row}"
    assert field in text_of(seen)
    no = director.post(page, {field: "no"}, follow=True)
    assert no.context["foreseen"].scores.new.height == 2
    yes = director.post(page, {field: "yes"}, follow=True)
    assert yes.context["foreseen"].scores.new.height == 3
    director.post(page, {"match-|2": "yes"})  # a row that was never asked about
    take(director, space)
    assert ("02", "course/力学") in {row[1:3] for row in state_of(space)["records"]}


def test_a_big_file_is_a_job_with_progress_that_can_be_called_off(director, space, monkeypatch):
    from yucai.web.commands.starting import now
    from yucai.web.commands.working import job_handlers
    from yucai.web.jobs.actions import ask_cancel, run_next

    monkeypatch.setattr(desk_files, "BIG_ROWS", 2)
    at_desk(director, space, LIST)
    page = take(director, space)
    job = Job.objects.get(kind__startswith="import:")
    assert page.redirect_chain[-1][0] == f"/jobs/{job.pk}/"
    assert "<h1>导入</h1>" in text_of(page)
    ask_cancel(job, at=now())
    assert run_next(job_handlers(), clock=now, only=job) is None
    assert state_of(space)["people"] == []
    take(director, space)
    second = Job.objects.get(state="queued")
    heard = []
    handlers = job_handlers()

    def listening(job, report):
        def tell(done, text):
            heard.append(done)
            report(done, text)

        return handlers["import"](job, tell)

    assert run_next({"import": listening}, clock=now, only=second).problem is None
    second.refresh_from_db()
    assert (second.state, second.message_zh) == ("done", "“名单.csv”已入库：3 行。")
    assert heard == sorted(heard)
    assert len(heard) >= 2
    again = run_next(job_handlers(), clock=now, only=second)
    assert again is None
    assert len(state_of(space)["people"]) == 3


def test_a_worker_that_fell_after_the_work_does_not_do_it_twice(director, space):
    at_desk(director, space, LIST)
    upload = on_desk(space)
    take(director, space)
    done = desk_files.take_upload(upload=upload, by="lin", at=Import.objects.get(source__space=space).at)
    assert done == Import.objects.get(source__space=space)


# Who may, and what may be sent


def test_another_spaces_upload_and_import_are_not_found(director, space, tmp_path):
    other = made_space("other")
    entry = taken(written(tmp_path, "名单.csv", LIST), other)
    upload = Upload.objects.create(
        space=other,
        by=Account.objects.get(username="lin"),
        at=entry.at,
        file_name="x.csv",
        sha256="0" * 64,
        size_bytes=1,
    )
    for place in (f"{upload.pk}/", f"{upload.pk}/changes", f"{upload.pk}/refused.xlsx"):
        assert director.get(f"/spaces/school/import/{place}").status_code == 404
        assert director.get(f"/spaces/other/import/{place}").status_code == 403
    for place in (f"{upload.pk}/take", f"{upload.pk}/throw", f"undo/{entry.pk}"):
        assert director.post(f"/spaces/school/import/{place}").status_code == 404
        assert director.post(f"/spaces/other/import/{place}").status_code == 403
    assert director.get("/spaces/nowhere/import/").status_code == 403
    assert Import.objects.get(pk=entry.pk).undone_at is None


def test_a_correction_of_another_spaces_import_is_not_found(director, space, tmp_path):
    entry = taken(written(tmp_path, "成绩.csv", GRADES), made_space("other"))
    at_desk(director, space, GRADES, name="成绩.csv")
    page = f"/spaces/school/import/{on_desk(space).pk}"
    for place in ("changes", "take"):
        said = director.post(f"{page}/{place}", {"corrects": entry.pk}, follow=True)
        assert "所要更正的文件已被取代或撤销" in text_of(said)  # as for a number that names nothing
    assert on_desk(space).corrects is None
    assert state_of(space)["records"] == []


def test_nothing_is_dropped_from_another_site(space, director, client):
    strict = type(client)(enforce_csrf_checks=True)
    strict.force_login(Account.objects.get(username="lin"))
    assert dropped(strict, space, "名单.csv", b"x").status_code == 403
    assert not Upload.objects.exists()


def crowded():
    """A workbook that unpacks to more parts than any office's has."""
    out = io.BytesIO()
    openpyxl.Workbook().save(out)
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        for n in range(5_000):
            archive.writestr(f"xl/media/{n}.bin", b" " * 1_000)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("成绩.xlsx", b"<html><table></table></html>", "没有数据行"),
        ("成绩.csv", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "成绩.csv"),
        ("成绩.xlsx", b"MZ\x90\x00" + b"\x00" * 600, "成绩.xlsx"),
        ("成绩.csv", "学号,姓名\n".encode(), "没有数据行"),
        ("成绩.csv", b"a,b\n1,2\n", "不像任何已知类型的表格"),
    ],
)
def test_what_cannot_be_read_is_said_in_one_sentence(director, space, name, content, says):
    assert dropped(director, space, name, content).status_code == 302
    page = director.get(f"/spaces/school/import/{on_desk(space).pk}/")
    assert page.status_code == 200
    assert says in text_of(page)
    changes = director.get(f"/spaces/school/import/{on_desk(space).pk}/changes", follow=True)
    assert changes.status_code == 200
    assert director.get(f"/spaces/school/import/{on_desk(space).pk}/refused.xlsx").status_code == 404
    thrown = director.post(f"/spaces/school/import/{on_desk(space).pk}/throw", follow=True)
    assert "已丢弃，没有记录任何内容。" in text_of(thrown)
    assert not on_desk(space)


def test_a_workbook_made_to_burst_is_refused_before_it_is_unpacked(director, space):
    dropped(director, space, "成绩.xlsx", crowded())
    assert "个部分组成，远超正常工作簿" in text_of(director.get(f"/spaces/school/import/{on_desk(space).pk}/"))


def test_too_large_and_empty_files_and_none_at_all(director, space, monkeypatch):
    monkeypatch.setattr(desk_files, "MOST_UPLOAD_BYTES", 10)
    answer = dropped(director, space, "大.csv", b"x" * 11)
    assert "过大" in text_of(director.get(answer["Location"]))
    answer = dropped(director, space, "空.csv", b"")
    assert "没有数据行" in text_of(director.get(answer["Location"]))
    assert "没有选择文件" in text_of(director.post("/spaces/school/import/drop", follow=True))
    assert not Upload.objects.exists()
    assert not list((desk_files.settings.WORKSPACE.uploads).rglob("*.csv"))


def test_what_a_broken_sending_left_goes_after_a_day(director, space):
    place = desk_files.settings.WORKSPACE.uploads / "school"
    place.mkdir(parents=True)
    for name, mtime in ((".coming-old", 0), (".coming-now", time.time())):
        (place / name).write_bytes(b"half")
        os.utime(place / name, (mtime, mtime))
    dropped(director, space, "名单.csv", b"x")
    assert [path.name for path in place.glob(".coming-*")] == [".coming-now"]


def test_an_empty_office_is_told_where_to_begin(director, space):
    page = text_of(director.get("/home/"))
    assert "三步即可看到第一份画像" in page
    assert 'href="/spaces/school/import/"' in page


@pytest.mark.parametrize("name", ["../../etc/passwd", "..\\..\\a.csv", "/abs.csv", "a\x00b.csv", "..", "", "x" * 400])
def test_a_name_is_no_place(name):
    clean = clean_name(name)
    assert clean
    assert len(clean) <= 91
    assert not set(clean) & set("/\\\x00")
    assert clean not in (".", "..")


def test_the_same_file_dropped_twice_lies_there_once(director, space):
    for name in ("一.csv", "二.csv"):
        dropped(director, space, name, "学号,姓名\n01,张三\n".encode())
    assert Upload.objects.get().file_name == "一.csv"


def test_words_in_a_file_are_words_on_the_page(director, space):
    seen = at_desk(director, space, ["学号,姓名,班级", "01,<script>alert(1)</script>,<b>一班</b>"])
    page = text_of(seen) + text_of(director.get(f"/spaces/school/import/{on_desk(space).pk}/"))
    assert "<script>alert" not in page
    assert "<b>一班" not in page


@pytest.mark.parametrize("said", [{"retention_months": "９"}, {"retention_months": "1e3"}, {"profile": "nothing"},
                                  {"column-learner": "no such title"}, {"legal_basis": "<x>"}])  # fmt: skip
def test_what_no_form_of_ours_sends_changes_nothing(director, space, said):
    answer = at_desk(director, space, LIST, **said)
    assert answer.status_code == 200
    assert state_of(space)["people"] == []


# What spares a secretary work

SURVEY = [
    "序号,提交答卷时间,所用时间,来源,来源详情,来自IP,1、您的学号,2、我会提问,3、我会合作,总分",
    "1,2026/6/1 20:00:00,95秒,微信,N/A,192.0.2.1,01,4,5,",
    "2,2026/6/1 20:05:00,95秒,微信,N/A,192.0.2.2,02,3,(跳过),",
]


def scores(space):
    found = EvidenceRecord.objects.current().filter(person__space=space).order_by("pk")
    return list(found.values_list("person__code", "item__code", "score", "max_score"))


def test_a_survey_without_highest_scores_is_kept_and_says_what_is_missing(director, space, people):
    seen = at_desk(director, space, SURVEY, name="问卷.csv")
    page = text_of(director.get(f"/spaces/school/import/{on_desk(space).pk}/"))
    assert "文件未注明 2 个题目的满分（首个：“2、我会提问”）" in page
    assert "请先回答题目的满分" in text_of(seen)
    assert "请先回答题目的满分" in text_of(take(director, space))
    seen = director.post(f"/spaces/school/import/{on_desk(space).pk}/",
                         {"profile": "survey-wjx", "highest-is": "table", **ON_PAGE}, follow=True)  # fmt: skip
    assert "有 2 个题目没有满分" in text_of(seen)
    take(director, space)
    assert (scores(space), TableFile.objects.filter(came_with__profile="survey-wjx").count()) == ([], 1)


def test_a_highest_score_that_is_stated_makes_answers_scores(director, space, people):
    at_desk(director, space, SURVEY, name="问卷.csv", highest="5")
    take(director, space)
    assert scores(space) == [("01", "survey/2", 4.0, 5.0), ("02", "survey/2", 3.0, 5.0), ("01", "survey/3", 5.0, 5.0)]


@pytest.mark.parametrize("said", ["", "0", "-5", "nan", "inf", "five", "99999999"])
def test_a_highest_score_that_is_none_changes_nothing(director, space, people, said):
    at_desk(director, space, SURVEY, name="问卷.csv", highest=said)
    assert on_desk(space).highest is None
    take(director, space)
    assert scores(space) == []


def test_an_answer_above_the_stated_highest_is_left_out_and_told(director, space, people):
    seen = at_desk(director, space, SURVEY, name="问卷.csv", highest="4")
    assert "有 1 个得分不在 0 到满分之间" in text_of(seen)
    page = text_of(director.get(f"/spaces/school/import/{on_desk(space).pk}/"))
    assert "未采用（首见第 2 行，survey/3；所在行：2）" in page
    take(director, space)
    assert [score for *_, score, _highest in scores(space)] == [4.0, 3.0]


def test_network_addresses_are_left_out(director, space, people):
    at_desk(director, space, SURVEY, name="问卷.csv")
    shown = director.get(f"/spaces/school/import/{on_desk(space).pk}/").context["report"]
    assert list(shown.dropped) == ["来自IP"]


def test_a_source_is_called_by_the_name_of_its_kind_in_every_language(director, space):
    dropped(director, space, "名单.csv", ("\n".join(LIST) + "\n").encode())
    page = text_of(director.get(f"/spaces/school/import/{on_desk(space).pk}/"))
    assert 'name="source" maxlength="100" value="学生名单"' in page
    at_desk(director, space, LIST, source="学生名单")
    take(director, space)
    assert DataSource.objects.get(space=space).code == "class-list"


def test_who_answers_for_other_sources_is_offered(director, space, people):
    dropped(director, space, "成绩.csv", ("\n".join(GRADES) + "\n").encode())
    assert '<option value="教务处">' in text_of(director.get(f"/spaces/school/import/{on_desk(space).pk}/"))


def test_after_one_file_comes_the_next_that_lies_on_the_desk(director, space):
    at_desk(director, space, LIST)
    first = on_desk(space)
    dropped(director, space, "成绩.csv", ("\n".join(GRADES) + "\n").encode())
    after = on_desk(space)
    taken = director.post(f"/spaces/school/import/{first.pk}/take", follow=True)
    assert taken.redirect_chain[-1][0] == f"/spaces/school/import/{after.pk}/"
    assert "导入台上的下一个文件：“成绩.csv”" in text_of(taken)
