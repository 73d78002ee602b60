"""How evidence enters the records, whole or not at all, and how the lake follows them."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

import polars as pl
import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as drawing
from hypothesis import strategies as st

from tests.web.sources import FACTS, source_named
from yucai.errors import FaultyInputError
from yucai.evidence import RESPONSES, Responses, SourceFacts, check_source, read_table
from yucai.web.accounts.models import Person, Space
from yucai.web.evidence import actions
from yucai.web.evidence.actions import (
    check_lake,
    digest_of,
    lake_folder,
    preview,
    space_responses,
    take_in,
    write_lake,
)
from yucai.web.evidence.foreseeing import Wish, foresee
from yucai.web.evidence.models import DataSource, EvidenceRecord, Import, Item
from yucai.web.evidence.taking import take_table
from yucai.web.lake.models import LakeFile

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
KEY = ["learner", "item", "rater", "occasion"]


@pytest.fixture
def space(settings, tmp_path):
    settings.WORKSPACE = replace(settings.WORKSPACE, folder=tmp_path)
    return Space.objects.create(
        code="school", name_en="School", name_zh="学校", simulated=False, evidence_map="evidence-demo-college"
    )


def responses(*rows, **more):
    table = pl.DataFrame(rows, schema=["learner", "item", "score", "max_score"], orient="row")
    return Responses.from_table(table.with_columns(**{name: pl.Series(values) for name, values in more.items()}))


def taken(given, space, *, digest=None):
    source = source_named(space, "files")
    return take_in(given, source=source, file_name="f.csv", digest=digest or digest_of(given), by="test", at=NOON)


def counts(space):
    records = EvidenceRecord.objects.filter(person__space=space).count()
    people, items = Person.objects.filter(space=space).count(), Item.objects.filter(space=space).count()
    return people, items, Import.objects.filter(source__space=space).count(), records


GOOD = (("01", "exam/a", 80.0, 100.0), ("02", "exam/a", 60.0, 100.0), ("01", "award/college", 1.0, 1.0))


def test_learners_and_items_not_known_yet_are_added(space):
    assert preview(responses(*GOOD), space=space, source="files", digest="d").kept == 3
    assert counts(space) == (0, 0, 0, 0)
    done = taken(responses(*GOOD), space)
    assert (done.kept, done.new_people, done.new_items, done.already) == (3, 2, 2, False)
    assert counts(space) == (2, 2, 1, 3)
    assert Item.objects.get(space=space, code="award/college").kind == "award"


def test_the_same_file_twice_changes_nothing(space):
    taken(responses(*GOOD), space, digest="one file")
    assert taken(responses(*GOOD), space, digest="one file").already
    assert counts(space) == (2, 2, 1, 3)


def test_all_that_is_recorded_already_is_named_and_nothing_changes(space):
    taken(responses(*GOOD), space)
    rows = [(f"{n:02}", "exam/a", 50.0, 100.0) for n in range(1, 9)] + [("01", "award/college", 0.0, 1.0)]
    sheet = {"source_file": ["marks.xlsx"] * 9, "source_sheet": ["A"] * 8 + ["B"], "source_row": list(range(2, 11))}
    before = counts(space)
    with pytest.raises(FaultyInputError) as refused:
        taken(responses(*rows, **sheet), space)
    said = refused.value.in_language("en")
    assert "marks.xlsx A: 2 scores are already recorded" in said
    assert "rows 2–3." in said
    assert "marks.xlsx B: 1 score is already recorded" in said
    assert "第 10 行。" in refused.value.in_language("zh")
    assert counts(space) == before


def test_a_table_without_rows_is_named_by_learner_and_item(space):
    many = [(f"{n:02}", "exam/a", 50.0, 100.0) for n in range(25)]
    taken(responses(*many), space)
    with pytest.raises(FaultyInputError, match=r"00 on exam/a, 01 on exam/a.* and 5 more"):
        taken(responses(*many, ("99", "exam/a", 1.0, 2.0)), space)


def test_a_fault_in_the_middle_leaves_nothing(space):
    taken(responses(("01", "exam/a", 1.0, 2.0)), space)
    before = counts(space)
    rows = [(f"{n:03}", "exam/b", 3.0 if n == 300 else 1.0, 2.0) for n in range(600)]
    table = pl.DataFrame(rows, schema=["learner", "item", "score", "max_score"], orient="row")
    broken = Responses(RESPONSES.check(table))  # past the check that would have refused it: the database holds firm
    with pytest.raises(IntegrityError, match="score_on_its_scale"):
        taken(broken, space)
    assert counts(space) == before


@pytest.mark.parametrize(
    ("column", "most"), [("learner", 100), ("item", 200), ("rater", 100), ("occasion", 50), ("source_sheet", 200)]
)
def test_what_the_columns_cannot_hold_is_refused_in_words(space, column, most):
    fits = {"learner": "01", "item": "exam/a", "score": 1.0, "max_score": 2.0, column: "é" * most}
    taken(Responses.from_table(pl.DataFrame([fits])), space)
    before = counts(space)
    too_long = Responses.from_table(pl.DataFrame([fits | {"learner": "02"}, fits | {column: "é" * (most + 1)}]))
    with pytest.raises(FaultyInputError) as refused:
        taken(too_long, space)
    assert f" longer than the {most} characters the records hold" in refused.value.in_language("en")
    assert counts(space) == before


def test_a_zero_byte_is_refused_in_words(space):
    with pytest.raises(FaultyInputError) as refused:
        taken(responses(("0\x001", "exam/a", 1.0, 2.0)), space)
    assert "零字节" in refused.value.in_language("zh")


def test_file_sheet_row_and_time_are_kept(space):
    whence = {"source_file": ["成绩.xlsx"], "source_sheet": ["一班"], "source_row": [17], "at": [NOON]}
    taken(responses(("01", "exam/a", 80.0, 100.0), **whence), space)
    record = EvidenceRecord.objects.get(person__space=space)
    assert (record.source_file, record.source_sheet, record.source_row, record.at) == ("成绩.xlsx", "一班", 17, NOON)
    assert (record.came_with.file_name, record.came_with.at, record.came_with.by) == ("f.csv", NOON, "test")
    write_lake(space, at=NOON)
    back = space_responses(space).table.row(0, named=True)
    assert [back[name] for name in ("source_file", "source_sheet", "source_row")] == ["成绩.xlsx", "一班", 17]
    assert back["at"].timestamp() == NOON.timestamp()


def test_a_space_knows_its_own_people_only(space):
    other = Space.objects.create(
        code="other", name_en="Other", name_zh="另一校", simulated=False, evidence_map="evidence-demo-college"
    )
    taken(responses(*GOOD), space)
    taken(responses(*GOOD), other)
    write_lake(space, at=NOON)
    write_lake(other, at=NOON)
    assert counts(space) == counts(other) == (2, 2, 1, 3)
    mine = set(EvidenceRecord.objects.filter(person__space=space).values_list("pk", flat=True))
    assert set(space_responses(space).table["record"]) == mine


batches = st.lists(
    st.lists(
        st.tuples(st.integers(0, 4), st.sampled_from("abc"), st.sampled_from([None, "R1"]), st.integers(0, 3)),
        min_size=1, max_size=8,
    ),
    min_size=1, max_size=4,
)  # fmt: skip


@given(batches)
@drawing(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_lake_holds_each_record_exactly_once(monkeypatch, space, drawn):
    """However the evidence came, and whenever the lake was written."""
    monkeypatch.setattr(actions, "LAKE_BATCH", 3)
    seen, given_in = set(), []
    with transaction.atomic():
        for n, batch in enumerate(drawn):
            fresh = {row[:3]: row for row in batch if row[:3] not in seen}
            seen |= fresh.keys()
            if not fresh:
                continue
            rows = [(f"L{who}", f"exam/{what}", score, 3, rater) for who, what, rater, score in fresh.values()]
            schema = {"learner": str, "item": str, "score": float, "max_score": float, "rater": str}
            one = Responses.from_table(pl.DataFrame(rows, schema=schema, orient="row"))
            taken(one, space)
            given_in.append(one.table)
            if n % 2:
                write_lake(space, at=NOON)
        write_lake(space, at=NOON)
        parts = list(LakeFile.objects.filter(space=space).order_by("first_record"))
        table = space_responses(space).table
        assert write_lake(space, at=NOON) == ()
        assert check_lake(space) == ()
        records = EvidenceRecord.objects.filter(person__space=space).order_by("pk")
        assert table["record"].to_list() == list(records.values_list("pk", flat=True))
        assert sum(part.rows for part in parts) == len(table)
        assert all(a.last_record < b.first_record for a, b in pairwise(parts))
        values = ["learner", "item", "score", "max_score", "rater"]
        assert table.select(values).equals(pl.concat(given_in).select(values))
        transaction.set_rollback(True)


def test_a_file_that_was_written_but_not_listed_is_not_read_and_is_written_over(space):
    taken(responses(*GOOD), space)
    write_lake(space, at=NOON)
    taken(responses(("03", "exam/a", 10.0, 100.0)), space)
    new = EvidenceRecord.objects.latest("pk").pk
    left = lake_folder(space) / "period=2026-11" / f"part-{new}-{new}.parquet"
    left.write_bytes(b"PAR1 and then the power went")
    left.with_name(f".{left.name}.part").write_bytes(b"PAR1")
    assert len(space_responses(space)) == 3
    (written,) = write_lake(space, at=NOON)
    assert lake_folder(space).parent / written.path == left
    assert space_responses(space).table["learner"].to_list() == ["01", "02", "01", "03"]
    assert check_lake(space) == ()


def test_a_lake_that_lacks_a_file_says_which(space):
    taken(responses(*GOOD), space)
    (written,) = write_lake(space, at=NOON)
    (lake_folder(space).parent / written.path).unlink()
    assert [fault.code for fault in check_lake(space)] == ["lake-file-missing"]
    with pytest.raises(FaultyInputError, match="is missing"):
        space_responses(space)


def scores_file(folder, learner):
    file = folder / f"{learner}.csv"
    file.write_text(f"learner,item,score,max_score\n{learner},essay,1,2\n")
    return read_table(file, at=NOON)


def with_a_yes(reading, space, **more):
    """Wish for a table, with a yes to the people that it makes."""
    wish = Wish(source="marks", **more)
    return replace(wish, agreed=frozenset(one.token for one in foresee(reading, wish, space=space).questions))


def test_a_source_is_entered_once_with_its_purpose(space, tmp_path):
    first, second = scores_file(tmp_path, "1"), scores_file(tmp_path, "2")
    with pytest.raises(FaultyInputError, match="the purpose is not stated"):
        take_table(first, Wish(source="marks"), space=space, by="test", at=NOON)
    assert not DataSource.objects.filter(space=space).exists()
    take_table(first, with_a_yes(first, space, facts=SourceFacts(**FACTS)), space=space, by="test", at=NOON)
    take_table(second, with_a_yes(second, space), space=space, by="test", at=NOON)  # what is known is not asked again
    held = DataSource.objects.get(space=space)
    assert {name: getattr(held, name) for name in FACTS} == FACTS
    assert EvidenceRecord.objects.current().filter(person__space=space).count() == 2


def test_the_records_of_the_college_are_those_of_the_simulation(db):
    from yucai.demo import simulate_college

    simulated = simulate_college()
    college, trial = simulated.responses.table, simulated.trial["item"].unique().to_list()
    values = [*KEY, "score", "max_score", "source_row"]
    held = space_responses(Space.objects.get(code="demo-college")).table
    # What students put in themselves, and the trial of the questions, came later.
    held = held.filter(~pl.col("item").str.starts_with("own/") & ~pl.col("item").is_in(trial))
    assert held.select(values).equals(college.select(values))


def test_every_source_of_the_demonstration_carries_what_the_law_asks(db):
    from dataclasses import fields

    for source in DataSource.objects.all():
        check_source(source.code, SourceFacts(**{one.name: getattr(source, one.name) for one in fields(SourceFacts)}))
    assert DataSource.objects.exists()
