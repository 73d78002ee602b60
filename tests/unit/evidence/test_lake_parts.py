"""The lake: parts are written whole or not at all, only listed files are read, and a changed file is told."""

# One sentence a line, however long, so that both languages can be read side by side.
# ruff: noqa: E501

import dataclasses
import datetime
import hashlib
import os
import stat
from pathlib import Path

import polars as pl
import pyarrow.parquet
import pytest

from yucai.errors import FaultyInputError
from yucai.evidence import RESPONSES, SCHEMA_VERSION, LakePart, open_lake, read_lake, verify_parts, write_part

AT = datetime.datetime(2026, 3, 31, 1, 30, tzinfo=datetime.UTC)


def records(*numbers, item="essay"):
    n = len(numbers)
    columns = {"learner": [f"s{k}" for k in numbers], "item": [item] * n, "score": [4.0] * n, "max_score": [5.0] * n}
    return RESPONSES.check(pl.DataFrame({**columns, "at": [AT] * n, "record": list(numbers)}))


def everything_in(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def lake(tmp_path):
    return tmp_path / "lake"


@pytest.fixture
def parts(lake):
    return [write_part(records(1, 2, 3), lake, period="2026-03"), write_part(records(4, 5), lake, period="2026-04")]


# Writing


def test_a_part_is_named_by_period_and_records_and_described_in_full(lake):
    part = write_part(records(7, 9, 8), lake, period="2026-03")
    content = (lake / "period=2026-03" / "part-7-9.parquet").read_bytes()
    assert part == LakePart(
        path="period=2026-03/part-7-9.parquet",
        rows=3,
        first_record=7,
        last_record=9,
        sha256=hashlib.sha256(content).hexdigest(),
        bytes=len(content),
        schema_version=SCHEMA_VERSION,
    )
    assert everything_in(lake).keys() == {Path(part.path)}


def test_a_part_is_plain_parquet_in_our_columns_and_the_table_is_left_as_it_was(lake):
    table = records(1, 2).with_columns(further=pl.lit("x"))
    before = table.clone()
    part = write_part(table, lake, period="2026-03")
    assert table.equals(before)
    assert pl.read_parquet(lake / part.path, hive_partitioning=False).equals(records(1, 2))


def test_a_part_needs_rows_with_record_numbers(lake):
    for table in (RESPONSES.empty(), records(1, 2).with_columns(record=pl.Series([1, None]))):
        with pytest.raises(ValueError, match="needs rows, and every row its record number"):
            write_part(table, lake, period="2026-03")
    with pytest.raises(FaultyInputError, match="the column “score”"):
        write_part(records(1).drop("score"), lake, period="2026-03")
    assert not lake.exists()


@pytest.mark.parametrize("period", ["", "../2026", "2026/03", "2026 03", "*", ".."])
def test_a_period_stays_in_the_folder_of_the_lake(tmp_path, lake, period):
    with pytest.raises(ValueError, match="a period is made of letters, digits, - and _"):
        write_part(records(1), lake, period=period)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_part_that_cannot_be_finished_leaves_nothing_and_changes_nothing(lake, parts, monkeypatch, step):
    before = everything_in(lake)
    given = []

    def fail(*arguments):
        given.append(arguments)
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(os, step, fail)
        if step == "replace":  # pathlib of some versions keeps its own way to it
            broken.setattr(Path, "replace", fail)
        for numbers in ((1, 2, 3), (6, 7)):  # one that is there already, and a new one
            with pytest.raises(OSError, match="No space left"):
                write_part(records(*numbers, item="other"), lake, period="2026-03")
    assert len(given) == 2
    assert everything_in(lake) == before
    assert len(read_lake(lake, parts)) == 5


def test_an_interrupted_write_leaves_nothing_behind(lake, monkeypatch):
    def stop(*arguments, **options):
        Path(arguments[0]).write_bytes(b"PAR1 half")
        raise KeyboardInterrupt

    monkeypatch.setattr(pyarrow.parquet, "ParquetWriter", stop)
    with pytest.raises(KeyboardInterrupt):
        write_part(records(1), lake, period="2026-03")
    assert everything_in(lake) == {}


def test_content_and_name_are_flushed_to_disk_in_this_order(lake, monkeypatch):
    done = []
    flush, rename = os.fsync, Path.replace
    monkeypatch.setattr(
        os,
        "fsync",
        lambda number: (done.append("folder" if stat.S_ISDIR(os.fstat(number).st_mode) else "file"), flush(number)),
    )
    monkeypatch.setattr(Path, "replace", lambda path, wanted: (done.append("rename"), rename(path, wanted)))
    write_part(records(1), lake, period="2026-03")
    assert done == ["file", "rename", "folder"]


def test_a_part_that_no_manifest_lists_is_written_over(lake):
    write_part(records(1, 2, item="lost"), lake, period="2026-03")
    part = write_part(records(1, 2), lake, period="2026-03")
    assert read_lake(lake, [part]).table["item"].to_list() == ["essay", "essay"]


# Reading


def test_responses_come_back_as_they_were_in_the_order_of_their_records(lake):
    first, second = records(5, 3, 1), records(2, 6, 4)
    parts = [write_part(table, lake, period="2026-03") for table in (first, second)]
    assert read_lake(lake, parts).table.equals(pl.concat([first, second]).sort("record"))
    assert read_lake(lake, parts[::-1]).table.equals(pl.concat([first, second]).sort("record"))


def test_only_listed_files_are_read(lake, parts):
    write_part(records(99), lake, period="2026-03")
    (lake / "period=2026-03" / ".part-100-100.parquet.part").write_bytes(b"half written")
    assert read_lake(lake, parts).table["record"].to_list() == [1, 2, 3, 4, 5]
    assert read_lake(lake, parts[1:]).table["record"].to_list() == [4, 5]


@pytest.mark.parametrize("name", ["lake*", "lake?", "lake[12]", "lake[", "数据湖 (甲)", "it's", "{a,b}", "**"])
def test_the_name_of_a_folder_is_no_pattern(tmp_path, name):
    for n, other in enumerate(["lake", "lake1", "lake2", name]):
        part = write_part(records(n + 1, item=other), tmp_path / other, period="2026-03")
    assert read_lake(tmp_path / name, [part]).table.select("record", "item").rows() == [(4, name)]
    twin = LakePart(path=part.path, rows=1, first_record=4, last_record=4, sha256=part.sha256, bytes=part.bytes)
    assert open_lake(tmp_path / name, [twin]).count().to_pyarrow().as_py() == 1


def test_the_table_for_analysis_holds_what_read_lake_gives(lake, parts):
    table = open_lake(lake, parts)
    assert list(table.columns) == [column.name for column in RESPONSES.columns]
    assert RESPONSES.check(table.order_by("record").to_polars()).equals(read_lake(lake, parts).table)
    assert table.filter(table.record > 3).count().to_pyarrow().as_py() == 2


def test_no_parts_are_an_empty_lake_of_the_same_columns(lake):
    assert read_lake(lake, []).table.equals(RESPONSES.empty())
    table = open_lake(lake, [])
    assert list(table.columns) == [column.name for column in RESPONSES.columns]
    assert RESPONSES.check(table.to_polars()).equals(RESPONSES.empty())
    assert not lake.exists()


def test_moments_are_the_same_whatever_the_zone_of_the_machine(lake, parts):
    assert read_lake(lake, parts).table["at"].unique().to_list() == [AT]


# Damage


MISSING = (
    "the lake file period=2026-03/part-1-3.parquet is missing (3 rows). Restore it from a backup, or import its evidence anew.",
    "数据湖文件 period=2026-03/part-1-3.parquet 缺失（3 行）。请从备份恢复，或重新导入相应证据。",
)
CHANGED = (
    "the lake file period=2026-04/part-4-5.parquet is not as it was written. Restore it from a backup.",
    "数据湖文件 period=2026-04/part-4-5.parquet 与写入时不一致。请从备份恢复。",
)


def test_sound_files_have_no_faults(lake, parts):
    assert verify_parts(lake, parts) == ()
    assert verify_parts(lake, []) == ()


def test_all_missing_and_changed_files_are_named_at_once(lake, parts):
    (lake / parts[0].path).unlink()
    with (lake / parts[1].path).open("ab") as file:
        file.write(b"x")
    faults = verify_parts(lake, parts)
    assert [fault.code for fault in faults] == ["lake-file-missing", "lake-file-changed"]
    assert [fault.in_language("en") for fault in faults] == [MISSING[0], CHANGED[0]]
    assert [fault.in_language("zh") for fault in faults] == [MISSING[1], CHANGED[1]]
    for read in (read_lake, open_lake):
        with pytest.raises(FaultyInputError) as told:
            read(lake, parts)
        assert (
            told.value.in_language("en")
            == f"lake cannot be used as it is (2 to correct). Nothing was changed.\n- {MISSING[0]}\n- {CHANGED[0]}"
        )
        assert (
            told.value.in_language("zh")
            == f"“lake”不能照原样使用（需改正 2 处）。没有改动任何数据。\n- {MISSING[1]}\n- {CHANGED[1]}"
        )


def test_a_file_replaced_by_another_sound_one_is_not_read(lake, parts):
    records(4, 5, item="forged").write_parquet(lake / parts[1].path)
    with pytest.raises(FaultyInputError) as told:
        read_lake(lake, parts)
    assert told.value.in_language("en").endswith(f"(1 to correct). Nothing was changed.\n- {CHANGED[0]}")


def test_one_changed_byte_anywhere_is_found(lake, parts):
    path = lake / parts[1].path
    content = path.read_bytes()
    for place in (0, len(content) // 2, len(content) - 1):
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        with pytest.raises(FaultyInputError):
            read_lake(lake, parts)
    path.write_bytes(content)
    assert len(read_lake(lake, parts)) == 5


def test_a_folder_in_the_place_of_a_file_is_a_missing_file(lake, parts):
    (lake / parts[0].path).unlink()
    (lake / parts[0].path).mkdir()
    assert [fault.code for fault in verify_parts(lake, parts)] == ["lake-file-missing"]


def test_a_line_of_the_manifest_is_kept_as_it_is(parts):
    with pytest.raises(dataclasses.FrozenInstanceError):
        parts[0].rows = 4
