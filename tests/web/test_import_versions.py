"""What a file changes in the records, how a corrected one replaces it, and how either is undone."""

from dataclasses import replace

import polars as pl
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as drawing
from hypothesis import strategies as st

from tests.web.desk import GRADES, LIST, NOON, lake_rows, sources, state_of, taken, written
from tests.web.looks import looks
from yucai.errors import FaultyInputError
from yucai.evidence import SourceFacts, read_table
from yucai.web.accounts.audit import note
from yucai.web.accounts.models import Account, Group, Person, Space
from yucai.web.evidence.actions import write_lake
from yucai.web.evidence.foreseeing import Wish, foresee, proposed_correction, table_of
from yucai.web.evidence.models import EvidenceRecord, Import, PersonChange
from yucai.web.evidence.taking import AlreadyUndoneError, BuiltUponError, NothingToTakeError, undo_import

pytestmark = pytest.mark.django_db(transaction=False)


@pytest.fixture
def space(settings, tmp_path):
    settings.WORKSPACE = replace(settings.WORKSPACE, folder=tmp_path)
    return Space.objects.create(
        code="school", name_en="School", name_zh="学校", simulated=False, evidence_map="evidence-demo-college"
    )


@pytest.fixture
def commits(django_capture_on_commit_callbacks):
    """Let what waits for the end of a transaction run, as it does outside of tests."""

    def act(work, *args, **named):
        with django_capture_on_commit_callbacks(execute=True):
            return work(*args, **named)

    return act


def undone(entry):
    return undo_import(entry=entry, by="lin", at=NOON)


def scores(space):
    records = EvidenceRecord.objects.current().filter(person__space=space)
    return sorted(records.values_list("person__code", "item__code", "score"))


def test_a_class_list_makes_people_with_their_class_and_entry_year(space, tmp_path):
    taken(written(tmp_path, "名单.csv", LIST), space)
    zhang = Person.objects.get(space=space, code="01")
    assert (zhang.name_zh, zhang.programme, zhang.cohort) == ("张三", "物理", "2025")
    groups = {group.name_zh: group.people.count() for group in Group.objects.filter(space=space)}
    assert groups == {"一班": 2, "二班": 1, "2025 级": 3}


def test_who_moves_to_another_class_is_moved_and_the_old_value_stays_visible(space, tmp_path):
    first = taken(written(tmp_path, "名单.csv", LIST), space)
    moved = [LIST[0], "01,张三丰,二班,,", *LIST[2:]]
    again = taken(written(tmp_path, "名单2.csv", moved), space, corrects=first)
    assert (again.version, again.replaces, Import.objects.get(pk=first.pk).current) == (2, first, False)
    changes = PersonChange.objects.filter(came_with=again).values_list("person__code", "field", "before", "after")
    assert sorted(changes) == [("01", "class", "一班", "二班"), ("01", "name", "张三", "张三丰")]
    assert Person.objects.get(code="01").programme == "物理"  # an empty cell says nothing
    assert Group.objects.get(space=space, code="一班").people.count() == 1


def test_nobody_is_deleted_by_a_shorter_list(space, tmp_path):
    first = taken(written(tmp_path, "名单.csv", LIST), space)
    taken(written(tmp_path, "短.csv", LIST[:3]), space, corrects=first)
    assert Person.objects.filter(space=space).count() == 3


def test_a_source_without_its_facts_is_refused_and_leaves_nothing(space, tmp_path):
    before = state_of(space)
    with pytest.raises(FaultyInputError) as refused:
        taken(written(tmp_path, "名单.csv", LIST), space, facts=SourceFacts(purpose="x"))
    assert [fault.code for fault in refused.value.faults] == [
        "no-legal-basis", "no-owner", "no-grade", "no-retention-months",
    ]  # fmt: skip
    assert (state_of(space), sources(space)) == (before, [])
    taken(written(tmp_path, "名单.csv", LIST), space)
    taken(written(tmp_path, "二.csv", [LIST[0], "04,赵六,二班,数学,2025"]), space, facts=SourceFacts())  # asked once


def test_the_same_file_twice_changes_nothing(space, tmp_path):
    file = written(tmp_path, "成绩.csv", GRADES)
    taken(file, space)
    before = state_of(space)
    with pytest.raises(NothingToTakeError, match="is in already"):
        taken(file, space)
    assert state_of(space) == before


def test_every_value_knows_file_sheet_row_import_and_time(space, tmp_path):
    entry = taken(written(tmp_path, "成绩.csv", GRADES), space)
    record = EvidenceRecord.objects.get(person__code="03", person__space=space)
    assert (record.source_file, record.source_row, record.came_with, record.came_with.at) == (
        "成绩.csv",
        4,
        entry,
        NOON,
    )
    row = table_of(entry).row(2, named=True)
    assert (row["source_row"], row["import_code"], row["imported_at"]) == (4, str(entry.pk), NOON)


def test_grades_name_new_people_and_a_state_is_no_score(space, tmp_path):
    taken(written(tmp_path, "成绩.csv", GRADES), space)
    assert scores(space) == [("01", "course/光学", 80.0), ("03", "course/光学", 61.0)]
    assert Person.objects.get(space=space, code="01").name_zh == "张三"
    assert not Group.objects.filter(space=space).exists()  # classes are for the class list to say


def corrected():
    """One score changed, one gone, one new."""
    return [GRADES[0], GRADES[1].replace(",80", ",88"), GRADES[2], "04,赵六,二班,光学,2025-2026-1,70"]


def test_a_corrected_file_replaces_what_it_changed_and_keeps_the_rest(space, tmp_path, commits):
    first = commits(taken, written(tmp_path, "成绩.csv", [*GRADES, "05,钱七,二班,光学,2025-2026-1,90"]), space)
    kept = EvidenceRecord.objects.get(person__code="05", person__space=space)
    lines = [*corrected(), "05,钱七,二班,光学,2025-2026-1,90"]
    second = commits(taken, written(tmp_path, "更正.csv", lines), space, corrects=first)
    assert scores(space) == [("01", "course/光学", 88.0), ("04", "course/光学", 70.0), ("05", "course/光学", 90.0)]
    old = EvidenceRecord.objects.filter(replaced_by=second)
    assert sorted(old.values_list("person__code", "score", "came_with")) == [
        ("01", 80.0, first.pk),
        ("03", 61.0, first.pk),
    ]
    kept.refresh_from_db()
    assert (kept.came_with, kept.replaced_by) == (first, None)
    current = EvidenceRecord.objects.current().filter(person__space=space)
    assert lake_rows(space) == sorted(current.values_list("pk", flat=True))


def test_undoing_a_correction_brings_the_version_before_back(space, tmp_path, commits):
    first = commits(taken, written(tmp_path, "成绩.csv", GRADES), space)
    before, lake = state_of(space), lake_rows(space)
    second = commits(taken, written(tmp_path, "更正.csv", corrected()), space, corrects=first)
    commits(undone, second)
    assert (state_of(space), lake_rows(space)) == (before, lake)
    second.refresh_from_db()
    assert (second.undone_by, second.undone_at, second.current) == ("lin", NOON, False)
    with pytest.raises(AlreadyUndoneError, match="by lin"):
        undone(second)
    third = commits(taken, written(tmp_path, "更正.csv", corrected()), space, corrects=first)
    assert third.version == 2


def test_an_import_that_others_build_on_is_not_undone_first(space, tmp_path):
    people = taken(written(tmp_path, "名单.csv", LIST), space)
    grades = taken(written(tmp_path, "成绩.csv", GRADES), space)
    fixed = taken(written(tmp_path, "更正.csv", corrected()), space, corrects=grades)
    before = state_of(space)
    with pytest.raises(BuiltUponError) as refused:
        undone(people)
    assert "成绩.csv" in refused.value.in_language("zh")
    assert "更正.csv" in refused.value.in_language("en")
    with pytest.raises(BuiltUponError, match="更正"):
        undone(grades)
    assert state_of(space) == before
    for entry in (fixed, grades, people):
        undone(entry)
    assert state_of(space) == {name: [] for name in before}


def test_what_was_recorded_anew_elsewhere_holds_the_undo_back(space, tmp_path):
    first = taken(written(tmp_path, "成绩.csv", GRADES), space)
    second = taken(written(tmp_path, "更正.csv", GRADES[:3]), space, corrects=first)  # 03 is gone
    again = taken(written(tmp_path, "补.csv", [GRADES[0], GRADES[3]]), space, source="other")
    with pytest.raises(BuiltUponError, match="补"):
        undone(second)
    undone(again)
    undone(second)
    assert [code for code, *_ in scores(space)] == ["01", "03"]


def test_somebody_who_was_looked_at_stays_as_a_bare_number(space, tmp_path):
    people = taken(written(tmp_path, "名单.csv", LIST), space)
    looker = Account.objects.create(username="lin", role="director")
    seen = Person.objects.get(space=space, code="01")
    note("read", by=looker, at=NOON, target="portrait", purpose="guidance", people=[seen.pk])
    assert undone(people).stay == 1
    assert state_of(space)["people"] == [("01", "01", "01", "", "")]
    assert [look.person for look in looks(account="lin")] == ["01"]


def test_a_file_of_other_rows_is_no_correction(space, tmp_path):
    first = taken(written(tmp_path, "名单.csv", LIST), space)
    other = read_table(written(tmp_path, "三班.csv", [LIST[0], "11,甲,三班,,", "12,乙,三班,,"]), at=NOON)
    assert proposed_correction(other, space=space, source="class-list") is None
    near = read_table(written(tmp_path, "改.csv", [*LIST[:3], "09,丁,二班,,"]), at=NOON)
    assert proposed_correction(near, space=space, source="class-list") == first


def test_tables_of_other_kinds_are_kept_with_their_versions(space, tmp_path):
    mentors = ["工号,姓名,单位,研究方向", "T1,周老师,物理学院,光学", "T2,吴老师,数学学院,代数"]
    first = taken(written(tmp_path, "导师.csv", mentors), space, profile="mentors")
    changed = taken(written(tmp_path, "导师2.csv", [*mentors[:2], "T2,吴老师,数学学院,几何"]), space, profile="mentors",
                    corrects=first)  # fmt: skip
    assert [table_of(entry)["name"].to_list() for entry in (first, changed)] == [["周老师", "吴老师"]] * 2
    assert (changed.table.rows, changed.version, state_of(space)["people"]) == (2, 2, [])
    undone(changed)
    assert Import.objects.get(pk=first.pk).current


def test_a_row_without_a_number_is_taken_only_with_a_yes(space, tmp_path):
    taken(written(tmp_path, "名单.csv", [*LIST, "06,王五,一班,物理,2025", "07,王五,一班,物理,2025"]), space)
    lines = [
        *GRADES,
        ",李四,一班,力学,2025-2026-1,70",
        ",王五,一班,力学,2025-2026-1,71",
        ",李四,二班,力学,2025-2026-1,72",
    ]
    file = written(tmp_path, "成绩.csv", lines)
    reading = read_table(file, at=NOON)
    seen = foresee(reading, Wish(source="grades"), space=space).unnumbered
    assert [(match.row, match.learner) for _, match in seen.proposed] == [(5, "02")]
    assert seen.untold == 2  # two of one name are never guessed, nor is a name of another class
    [(sheet, match)] = seen.proposed
    taken(file, space, answers={(sheet, match.row): "02"})
    assert ("02", "course/力学", 70.0) in scores(space)
    assert len(scores(space)) == 3


def test_surveys_without_a_number_count_as_nobodys_answers(space, tmp_path):
    head = "序号,提交答卷时间,学号,1、我常追问为什么"
    lines = [head, "1,2026/1/1 10:00:00,01,4", "2,2026/1/1 10:01:00,,5"]
    reading = read_table(written(tmp_path, "问卷.csv", lines), "survey-wjx", at=NOON)
    seen = foresee(reading, Wish(source="survey-wjx"), space=space)
    assert "没有学号" in seen.notices[0].in_language("zh")
    assert set(seen.scores.new["learner"]) <= {"01"}


marks = st.dictionaries(st.integers(1, 5), st.integers(0, 100), min_size=1, max_size=5)


@given(st.lists(marks, min_size=1, max_size=4))
@drawing(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_versions_undone_one_by_one_are_each_state_before(space, tmp_path, drawn):
    """Whatever the files say: each undo is the exact state before, and the lake holds what is current."""
    entry, history = None, []
    for n, said in enumerate(drawn):
        lines = [
            GRADES[0],
            *(f"{code:02},,,光学,2025-2026-1,{score}" for code, score in said.items()),
            f"99,,,版次,,{n}",
        ]
        history.append(state_of(space))
        entry = taken(written(tmp_path, f"v{n}.csv", lines), space, corrects=entry)
        assert {int(code): score for code, item, score in scores(space) if item == "course/光学"} == said
        _lake_agrees(space)
    while entry is not None:
        undone(entry)
        assert state_of(space) == history.pop()
        _lake_agrees(space)
        entry = entry.replaces


def _lake_agrees(space):
    from yucai.web.evidence.actions import space_responses

    write_lake(space, at=NOON)
    current = sorted(EvidenceRecord.objects.current().filter(person__space=space).values_list("pk", flat=True))
    held = sorted(space_responses(space).table["record"]) if current else []
    assert held == current


def test_a_plain_import_can_be_undone_too(space):
    from tests.web.sources import source_named
    from yucai.evidence import Responses
    from yucai.web.evidence.actions import take_in

    before = state_of(space)
    table = pl.DataFrame({"learner": ["01"], "item": ["exam/a"], "score": [1.0], "max_score": [2.0]})
    take_in(
        Responses.from_table(table), source=source_named(space, "files"), file_name="f", digest="d", by="x", at=NOON
    )
    undone(Import.objects.get(source__space=space))
    assert state_of(space) == before
