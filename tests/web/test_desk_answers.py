"""What the import desk asks before a file goes in, what comes of the answers, and rows that come back."""

import io

import openpyxl
import pytest

from tests.web.desk import GRADES, LIST, at_desk, dropped, made_space, on_desk, state_of, take, text_of
from tests.web.looks import looks, now
from yucai.web.accounts.models import Person
from yucai.web.evidence import desk_files
from yucai.web.evidence.models import EvidenceRecord, Import, TableFile, Upload

pytestmark = pytest.mark.django_db

MANY = [GRADES[0], *(f"{n:02},学生{n},一班,光学,2025-2026-1,{60 + n}" for n in range(1, 21))]
PEOPLE = ["学号,姓名,班级", *(f"{n:02},学生{n},一班" for n in range(1, 21))]


def page_of(space, rest=""):
    return f"/spaces/school/import/{on_desk(space).pk}/{rest}"


def changes(director, space):
    return director.get(page_of(space, "changes"))


def book_of(answer):
    """A workbook of refused rows, and where each of its titles stands."""
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    return book, {cell.value: cell.column for cell in book.active[1]}


def saved(book):
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def items(space):
    return {row[1:4] for row in state_of(space)["records"]}


# Whose a row without a number is


def test_the_button_takes_the_yes_along_and_the_answer_can_be_changed_before(director, space, people):
    at_desk(director, space, [*GRADES, ",李四,一班,力学,2025-2026-1,70"], name="成绩.csv")
    director.post(page_of(space, "changes"), {"match-|5": "yes"})
    seen = text_of(changes(director, space))
    assert "第 5 行 李四 → 02（已确认）" in seen
    director.post(page_of(space, "changes"), {"match-|5": "no"})
    assert "（已确认）" not in text_of(changes(director, space))
    take(director, space, **{"match-|5": "yes"})
    assert ("02", "course/力学", 70.0) in items(space)


def test_a_row_nobody_answered_stays_refused_and_that_is_said(director, space, people):
    at_desk(director, space, [*GRADES, ",李四,一班,力学,2025-2026-1,70"], name="成绩.csv")
    said = text_of(take(director, space))
    assert "未回答，因此仍为拒收：第 5 行（李四）" in said
    assert ("02", "course/力学", 70.0) not in items(space)
    assert Import.objects.get(file_name="成绩.csv").refused == 1


# Refused rows that come back


@pytest.fixture
def with_refused(director, space, people):
    lines = [*GRADES, "03,王五,二班,热学,2025-2026-1,八十", ",李四,一班,力学,2025-2026-1,70"]
    at_desk(director, space, lines, name="成绩.csv")
    book = director.get(page_of(space, "refused.xlsx"))
    take(director, space, **{"match-|6": "yes"})
    return book


def test_refused_rows_supplement_their_file_and_those_that_are_in_are_passed_over(director, space, with_refused):
    book, at = book_of(with_refused)
    assert next(iter(at)) == "拒收原因"
    assert list(at)[-3:] == ["原文件", "原工作表", "原行号"]
    assert book.active.column_dimensions["A"].width > 40
    assert book.active["A2"].fill.fgColor.rgb.endswith("FDECEA")
    book.active.cell(2, at["成绩"]).value = 80
    book.active.cell(3, at["学号"]).value = "02"  # went in meanwhile, by the tick
    seen = at_desk(director, space, saved(book), name="补.xlsx")
    page = text_of(seen)
    assert "这是“成绩.csv”" in page
    assert "第 6 行已入库，跳过。" in page
    assert seen.context["foreseen"].corrects is None
    assert not seen.context["shown"].candidates
    take(director, space)
    assert ("03", "course/热学", 80.0) in items(space)
    assert "1 行</a>，" not in page
    desk = text_of(director.get("/spaces/school/import/"))
    assert "拒收 1 行</a>" in desk
    assert "已补 1 行" in desk
    first, second = Import.objects.get(file_name="成绩.csv"), Import.objects.get(file_name="补.xlsx")
    assert (second.supplements, second.brought, first.current) == (first, [["", 5]], True)


def test_the_same_refused_rows_a_second_time_change_nothing(director, space, with_refused):
    book, at = book_of(with_refused)
    book.active.cell(2, at["成绩"]).value = 80
    at_desk(director, space, saved(book), name="补.xlsx")
    take(director, space)
    before = state_of(space)
    book.active.cell(2, at["班级"]).value = "二班"
    book.active.cell(3, at["班级"]).value = "一 班"
    at_desk(director, space, saved(book), name="再补.xlsx")
    page = text_of(changes(director, space))
    assert "没有变化" in page
    assert 'id="take-it"' not in page
    assert "无需改动" in text_of(take(director, space))
    assert state_of(space) == before


def test_refused_rows_that_are_as_faulty_as_before_are_not_called_known(director, space, with_refused):
    book, _ = book_of(with_refused)
    book.active.delete_rows(3)
    seen = at_desk(director, space, saved(book), name="补.xlsx")
    assert "没有变化" not in text_of(seen)
    assert "目前没有一行可以入库：全部被拒收。" in text_of(seen)
    assert 'id="take-it"' not in text_of(seen)
    assert "没有一行可以入库" in text_of(take(director, space))
    assert not Import.objects.filter(file_name="补.xlsx").exists()


def test_a_correction_of_a_supplemented_file_counts_what_was_added_as_its_own(director, space, with_refused):
    book, at = book_of(with_refused)
    book.active.cell(2, at["成绩"]).value = 80
    at_desk(director, space, saved(book), name="补.xlsx")
    take(director, space)
    first, supplement = Import.objects.get(file_name="成绩.csv"), Import.objects.get(file_name="补.xlsx")
    whole = [GRADES[0], GRADES[1].replace(",80", ",88"), *GRADES[2:], "03,王五,二班,热学,2025-2026-1,80"]
    seen = at_desk(director, space, [*whole, "02,李四,一班,力学,2025-2026-1,70"], name="更正.csv")
    assert seen.context["foreseen"].corrects == first  # not the supplement, whose rows are all in it too
    assert seen.context["shown"].candidates == (first,)
    assert (seen.context["foreseen"].scores.counts, seen.context["faults"]) == (
        {"new": 0, "changed": 1, "removed": 0}, []
    )  # fmt: skip
    assert "新增 0 行，删除 0 行，改动 1 处。" in text_of(seen)
    before = items(space)
    take(director, space, corrects=first.pk)
    for entry in (first, supplement):
        assert "更正.csv" in text_of(director.get(f"/spaces/school/import/undo/{entry.pk}"))
    director.post(f"/spaces/school/import/undo/{Import.objects.get(file_name='更正.csv').pk}")
    assert items(space) == before
    assert "补.xlsx" in text_of(director.get(f"/spaces/school/import/undo/{first.pk}"))


def test_an_undone_supplement_is_counted_no_more_and_can_come_again(director, space, with_refused):
    book, at = book_of(with_refused)
    book.active.cell(2, at["成绩"]).value = 80
    for name in ("补.xlsx", "补二.xlsx"):
        at_desk(director, space, saved(book), name=name)
        take(director, space)
        entry = Import.objects.get(file_name=name)
        assert entry.brought == [["", 5]]
        director.post(f"/spaces/school/import/undo/{entry.pk}")
        assert "已补" not in text_of(director.get("/spaces/school/import/"))


def test_refused_rows_stay_downloadable_until_the_import_is_undone(director, space, people):
    lines = ["学号,姓名,班级,课程名,学年学期,成绩,手机", "01,张三,一班,光学,2025-2026-1,八十,13800138000"]
    at_desk(director, space, [*lines, "02,李四,一班,光学,2025-2026-1,70,13800138001"], name="成绩.csv")
    take(director, space)
    entry = Import.objects.get(file_name="成绩.csv")
    kept = desk_files.settings.WORKSPACE.folder / TableFile.objects.get(came_with=entry).refused_path
    assert "138001380" not in kept.read_text(encoding="utf-8")
    place = f"/spaces/school/import/taken/{entry.pk}/refused.xlsx"
    book, at = book_of(director.get(place))
    assert "手机" not in at
    assert book.active.cell(2, at["成绩"]).value == "八十"
    assert "不是" in book.active.cell(2, 1).value or "无法识别" in book.active.cell(2, 1).value


def test_undoing_loses_the_refused_rows(director, space, with_refused, django_capture_on_commit_callbacks):
    entry = Import.objects.get(file_name="成绩.csv")
    kept = desk_files.settings.WORKSPACE.folder / TableFile.objects.get(came_with=entry).refused_path
    with django_capture_on_commit_callbacks(execute=True):
        director.post(f"/spaces/school/import/undo/{entry.pk}")
    assert not kept.exists()
    assert director.get(f"/spaces/school/import/taken/{entry.pk}/refused.xlsx").status_code == 404


# What waits for a yes


@pytest.fixture
def twenty(director, space):
    at_desk(director, space, PEOPLE)
    take(director, space)
    at_desk(director, space, MANY, name="成绩.csv")
    take(director, space)
    return Import.objects.get(file_name="成绩.csv")


def test_a_correction_that_would_remove_many_rows_needs_a_yes_of_its_own(director, space, twenty):
    at_desk(director, space, MANY[:3], name="两行.csv")
    director.post(page_of(space, "changes"), {"corrects": twenty.pk})
    seen = text_of(changes(director, space))
    assert "将有 18 行不再有效。您是不是只想补录几行？" in seen
    before = state_of(space)
    refused = director.post(page_of(space, "take"), {"corrects": twenty.pk, "shown": twenty.pk}, follow=True)
    assert "还需要您确认" in text_of(refused)
    assert "将有 18 行不再有效" in text_of(refused)
    assert state_of(space) == before
    stale = director.post(page_of(space, "take"), {"corrects": twenty.pk, "agree": "removes-1-3"}, follow=True)
    assert "还需要您确认" in text_of(stale)  # a yes to something else is no yes
    take(director, space, corrects=twenty.pk)
    assert len(state_of(space)["records"]) == 2


def test_few_rows_go_without_a_question(director, space, twenty):
    seen = at_desk(director, space, MANY[:-3], name="少三行.csv")
    assert seen.context["foreseen"].corrects == twenty
    assert seen.context["asks"] == []


def test_an_old_file_is_called_old_and_is_no_correction_by_itself(director, space, twenty):
    newer = [MANY[0], MANY[1].replace(",61", ",99"), *MANY[2:]]
    seen = at_desk(director, space, newer, name="更正.csv")
    take(director, space, corrects=seen.context["foreseen"].corrects.pk)
    before = state_of(space)
    seen = at_desk(director, space, MANY, name="成绩.csv")
    assert "已于" in text_of(seen)
    assert "被“更正.csv”取代；入库会把 1 处改回旧值。" in text_of(seen)
    assert seen.context["foreseen"].corrects is None
    assert "如确需改回，请在下面选择" in text_of(seen)
    assert "已经入库" not in text_of(seen)  # goes without saying
    newest = Import.objects.get(file_name="更正.csv")
    refused = director.post(page_of(space, "take"), {"corrects": newest.pk}, follow=True)
    assert "还需要您确认" in text_of(refused)
    assert state_of(space) == before
    take(director, space, corrects=newest.pk)
    assert ("01", "course/光学", 61.0) in items(space)


def test_numbers_that_are_not_on_record_are_listed_and_nobody_is_made_without_a_yes(director, space, people):
    at_desk(director, space, [*GRADES, "99,新,二班,光学,2025-2026-1,70"], name="成绩.csv")
    assert "有 1 个学号不在库中：99。请先导入学生名单，或改正学号。" in text_of(changes(director, space))
    refused = director.post(page_of(space, "take"), follow=True)
    assert "还需要您确认" in text_of(refused)
    assert not Person.objects.filter(code="99").exists()
    take(director, space)
    assert Person.objects.get(code="99").name_zh == "新"


def test_a_big_file_is_asked_about_before_it_becomes_a_job(director, space, people, monkeypatch):
    monkeypatch.setattr(desk_files, "BIG_ROWS", 1)
    at_desk(director, space, [*GRADES, "99,新,二班,光学,2025-2026-1,70"], name="成绩.csv")
    assert "还需要您确认" in text_of(director.post(page_of(space, "take"), follow=True))
    assert on_desk(space).job is None
    take(director, space)
    assert on_desk(space).job is not None


def test_a_class_list_makes_people_without_a_question(director, space):
    assert at_desk(director, space, LIST).context["asks"] == []


# Number and name


def test_a_name_that_is_not_the_one_on_record_is_asked_about_row_by_row(director, space, people):
    lines = [GRADES[0], "01,赵六,一班,光学,2025-2026-1,80", "02,钱七,一班,光学,2025-2026-1,70", *GRADES[3:]]
    at_desk(director, space, lines, name="成绩.csv")
    seen = changes(director, space)
    assert [(one.row, one.known, one.name) for one in seen.context["shown"].names] == [
        (2, "张三", "赵六"), (3, "李四", "钱七")
    ]  # fmt: skip
    assert seen.context["foreseen"].scores.new.height == 1
    director.post(page_of(space, "changes"), {"name-|2": "number", "name-|99": "number"})
    assert on_desk(space).names == {"|2": "number"}
    said = take(director, space, **{"name-|3": "out"})
    assert "未回答" not in text_of(said)
    assert {row[0] for row in items(space)} == {"01", "03"}
    entry = Import.objects.get(file_name="成绩.csv")
    assert (entry.kept, entry.refused) == (2, 1)


def test_a_row_whose_name_nobody_judged_is_not_taken_in(director, space, people):
    at_desk(director, space, [GRADES[0], "01,赵六,一班,光学,2025-2026-1,80", GRADES[3]], name="成绩.csv")
    said = text_of(take(director, space))
    assert "未回答，因此仍为拒收：第 2 行（赵六）" in said
    assert {row[0] for row in items(space)} == {"03"}


def test_who_sees_a_name_on_record_is_written_down(director, space, people):
    at_desk(director, space, [GRADES[0], "01,赵六,一班,光学,2025-2026-1,80", GRADES[3]], name="成绩.csv")
    before = now()
    changes(director, space)
    assert [look.person for look in looks(page="import-changes", after=before)] == ["01"]


# What is shown is what is taken in


def test_what_was_not_shown_is_not_taken_in(director, space, twenty):
    lines = [MANY[0], MANY[1].replace(",61", ",99"), *MANY[2:]]
    at_desk(director, space, lines, name="更正.csv")
    before = state_of(space)
    said = director.post(page_of(space, "take"), {"shown": twenty.pk, "corrects": ""}, follow=True)
    assert "页面显示的与您选择的不同" in text_of(said)
    assert state_of(space) == before
    assert said.context["foreseen"].corrects is None  # what was chosen is shown now


def test_a_correction_of_what_was_undone_meanwhile_is_refused_in_words(director, space, twenty):
    at_desk(director, space, [*MANY, "20,学生20,一班,力学,2025-2026-1,70"], name="更正.csv")
    director.post(f"/spaces/school/import/undo/{twenty.pk}")
    said = director.post(page_of(space, "take"), {"shown": twenty.pk, "corrects": twenty.pk}, follow=True)
    assert "所要更正的文件已被取代或撤销" in text_of(said)
    assert state_of(space)["records"] == []


def test_the_same_file_is_said_on_the_first_page_and_the_same_content_offers_nothing(director, space, twenty):
    dropped(director, space, "又.csv", ("\n".join(MANY) + "\n").encode())
    page = text_of(director.get(page_of(space)))
    assert "此文件已入库：“成绩.csv”" in page
    assert 'name="go"' not in page
    director.post(page_of(space, "throw"))
    seen = at_desk(director, space, ("\r\n".join(MANY) + "\r\n").encode("gb18030"), name="另存.csv")
    assert "没有变化" in text_of(seen)
    assert 'id="take-it"' not in text_of(seen)
    said = director.post(page_of(space, "take"), {"corrects": twenty.pk}, follow=True)
    assert "内容完全相同" in text_of(said)


def test_the_same_bytes_under_another_name_show_that_name_too(director, space):
    for name in ("一.csv", "二.csv"):
        answer = dropped(director, space, name, "学号,姓名\n01,张三\n".encode())
    assert "“二.csv”与导入台上已有的“一.csv”内容相同" in text_of(director.get(answer["Location"]))
    assert "又名：二.csv" in text_of(director.get("/spaces/school/import/"))
    assert Upload.objects.get().also_named == ["二.csv"]


def test_a_grade_above_the_scale_is_a_refused_row_that_can_be_downloaded(director, space, people):
    at_desk(director, space, [*GRADES, "03,王五,二班,热学,2025-2026-1,190"], name="成绩.csv")
    page = text_of(director.get(page_of(space)))
    assert "第 5 行：得分 190 不在 0 到 100 之间。请改正。" in page
    book, at = book_of(director.get(page_of(space, "refused.xlsx")))
    assert (book.active.max_row, book.active.cell(2, at["成绩"]).value) == (2, "190")
    take(director, space)
    entry = Import.objects.get(file_name="成绩.csv")
    assert (entry.kept, entry.refused) == (3, 1)
    assert EvidenceRecord.objects.filter(came_with=entry).count() == 2


# What was taken in


def test_undo_says_what_it_undoes_and_what_rests_on_it_in_the_order_to_undo(director, space, twenty):
    people = Import.objects.get(profile="class-list")
    said = text_of(director.get(f"/spaces/school/import/undo/{people.pk}"))
    assert "请按以下次序先行撤销" in said
    assert "成绩.csv" in said
    assert "确认撤销" not in said
    said = text_of(director.get(f"/spaces/school/import/undo/{twenty.pk}"))
    assert "其他文件不受影响" in said
    assert "这个文件的 20 个得分" in said
    assert len(state_of(space)["records"]) == 20
    director.post(f"/spaces/school/import/undo/{twenty.pk}")
    assert "这个文件带来的 20 名学生" in text_of(director.get(f"/spaces/school/import/undo/{people.pk}"))


def test_the_rows_of_an_import_are_shown_fifty_at_a_time_and_who_looks_is_written_down(director, space):
    at_desk(director, space, ["学号,姓名,班级", *(f"{n:03},学生{n},一班" for n in range(120))])
    take(director, space)
    entry = Import.objects.get(file_name="名单.csv")
    place = f"/spaces/school/import/taken/{entry.pk}/"
    assert f'href="{place}"' in text_of(director.get("/spaces/school/import/"))
    before = now()
    page = text_of(director.get(place))
    assert (page.count("<tr>"), "学生49" in page, "学生50" in page, "1 / 3" in page) == (51, True, False, True)
    assert len(looks(page="import-rows", after=before)) == 50
    assert text_of(director.get(f"{place}?page=3")).count("<tr>") == 21
    assert text_of(director.get(f"{place}?page=９")).count("<tr>") == 51
    made_space("other")
    assert director.get(f"/spaces/other/import/taken/{entry.pk}/").status_code == 403
    assert director.get("/spaces/school/import/taken/99999/").status_code == 404


def test_the_changes_page_adds_up_and_shows_the_first_scores(director, space, people):
    lines = [*GRADES, "03,王五,二班,热学,2025-2026-1,缓考"]
    seen = at_desk(director, space, lines, name="成绩.csv")
    assert "4 行 = 2 个成绩 + 2 行缺考、缓考等（不计分）" in text_of(seen)
    assert [(one.code, name, one.title) for one, name in seen.context["shown"].samples] == [
        ("01", "张三", "光学"), ("03", "王五", "光学")
    ]  # fmt: skip


def test_a_file_without_names_is_shown_with_those_on_record_and_that_is_written_down(director, space, people):
    before = now()
    seen = at_desk(director, space, ["学号,课程名,学年学期,成绩", "01,光学,2025-2026-1,80"], name="成绩.csv")
    assert [name for _, name in seen.context["shown"].samples] == ["张三"]
    assert [look.person for look in looks(after=before)] == ["01"]


def test_a_kept_table_says_that_it_is_one(director, space):
    lines = ["导师姓名,单位,研究方向,可带人数", "周老师,物理系,光学,3"]
    seen = text_of(at_desk(director, space, lines, name="导师.csv", profile="mentors"))
    assert "将存为表格，可供查看；目前不进入画像。" in seen
