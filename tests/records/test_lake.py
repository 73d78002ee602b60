"""Statements in the lake: every one once, whatever is broken off; forgotten ones leave no trace in any file."""

import errno
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from tests.records.records_client import new_id, statement, voiding
from yucai.errors import FaultyInputError, is_full_disk
from yucai.evidence import valid_statements
from yucai.web.lake.models import LakeFile
from yucai.web.records import lake, lake_files, lake_tidying
from yucai.web.records.following import behind, place_of, start_again
from yucai.web.records.keys import microsecond_of, seq_at
from yucai.web.records.lake import forget_in_lake, gather, gather_waiting, mend_lake, open_statements, waits_for_lake
from yucai.web.records.lake_checking import check_lake
from yucai.web.records.models import StatementRow


@pytest.fixture(autouse=True)
def office(settings, tmp_path):
    settings.WORKSPACE = replace(settings.WORKSPACE, folder=tmp_path / "office")
    settings.WORKSPACE.lake.mkdir(parents=True)
    return settings.WORKSPACE


def ids_in(store):
    return open_statements(store).order_by("seq").id.to_pyarrow().to_pylist()


def files_on_disk(office):
    return sorted(path for path in office.lake.rglob("*") if path.is_file())


def listed_on_disk(office):
    of_stores = LakeFile.objects.filter(store__isnull=False)  # not those of other institutions of the tests
    return sorted(office.lake / path for path in of_stores.values_list("path", flat=True))


@pytest.fixture
def sent(tool):
    """Give a function that stores statements and returns their ids, in the order of storing."""

    def these(n, **more):
        return tool.post([statement(id=new_id(), **more) for _ in range(n)]).json

    return these


# Gathering


def test_what_was_stored_comes_once_and_in_order(store, sent, office):
    first = sent(5)
    told = gather(store)
    assert (told.statements, told.files) == (5, 1)
    second = sent(3)
    assert waits_for_lake(store)
    assert gather(store).statements == 3
    assert not waits_for_lake(store)
    assert gather(store) == lake.Gathered(statements=0, files=0, merged=0)
    assert ids_in(store) == [*first, *second]
    assert behind(store, "lake") == 0
    file = LakeFile.objects.of_statements(store.pk).first()
    month = f"{datetime.now(tz=UTC):%Y-%m}"
    assert file.path == f"x/statements/s/period={month}/part-{file.first_record}-{file.last_record}.parquet"
    assert (file.rows, file.period, file.schema_version, file.space) == (5, month, 1, store.space)
    assert files_on_disk(office) == listed_on_disk(office)
    assert check_lake(store).faults == ()


def test_an_empty_store_is_an_empty_table(store, office):
    assert gather(store).statements == 0
    assert open_statements(store).count().to_pyarrow().as_py() == 0
    assert files_on_disk(office) == []


def test_the_body_is_the_one_the_store_gives_back(store, sent, tool):
    own = sent(1, result={"score": {"scaled": 0.50, "raw": 1e2}, "extensions": {"http://x.y/z": {"深": [1.0]}}})[0]
    gather(store)
    body = open_statements(store).body.to_pyarrow().to_pylist()
    assert [one.encode() for one in body] == [bytes(StatementRow.objects.get(id=own).body)]


def test_a_batch_ends_with_its_month(store, sent, office, monkeypatch):
    ids = sent(4)
    before = datetime.now(tz=UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
    seqs = list(StatementRow.objects.order_by("seq").values_list("seq", flat=True))
    for i, seq in enumerate(seqs[:2]):
        StatementRow.objects.filter(seq=seq).update(seq=seq_at(microsecond_of(before) + i))
    assert gather(store).files == 2
    assert [file.period for file in lake_files.listed(store)] == [f"{before:%Y-%m}", f"{datetime.now(tz=UTC):%Y-%m}"]
    assert ids_in(store) == ids


def test_a_worker_takes_some_at_a_time(store, sent, monkeypatch):
    monkeypatch.setattr(lake, "WORKER_BATCH", 4)
    ids = sent(10)
    assert [gather_waiting(store) for _ in range(4)] == [4, 4, 2, 0]
    assert ids_in(store) == ids


def test_who_puts_the_cursor_back_gets_nothing_twice(store, sent):
    ids = sent(4)
    gather(store)
    start_again(store, "lake")
    assert gather(store).statements == 0
    more = sent(2)
    assert gather(store).statements == 2
    assert ids_in(store) == [*ids, *more]
    assert place_of(store, "lake") == lake_files.last_listed(store)


def test_a_statement_voided_later_stays_in_the_lake_and_is_no_longer_valid(store, sent, tool):
    ids = sent(3)
    gather(store)
    voider = tool.post(voiding(ids[1])).json
    assert valid_statements(open_statements(store)).count().to_pyarrow().as_py() == 3
    gather(store)
    table = open_statements(store)
    assert ids_in(store) == [*ids, *voider]
    valid = valid_statements(table).order_by("seq").id.to_pyarrow().to_pylist()
    own = StatementRow.objects.filter(voided=False, voiding=False).order_by("seq").values_list("id", flat=True)
    assert valid == [ids[0], ids[2]] == [str(one) for one in own]


# Two at once, and what is broken off


def racing(monkeypatch, act):
    """Do something once, after a file was written and before it is listed."""
    entered, done = lake._enter, []

    def enter(*arguments, **more):
        if not done:
            done.append(True)
            act()
        return entered(*arguments, **more)

    monkeypatch.setattr(lake, "_enter", enter)


def test_of_two_gatherers_one_writes_in_vain(store, sent, office, monkeypatch):
    ids = sent(6)
    racing(monkeypatch, lambda: gather(store))
    assert gather(store).statements == 0
    assert ids_in(store) == ids
    assert files_on_disk(office) == listed_on_disk(office)


def test_a_gatherer_that_comes_second_takes_the_rest(store, sent, office, monkeypatch):
    ids = sent(6)
    racing(monkeypatch, lambda: lake._gather_batch(store, most=4))
    assert gather(store).statements == 2
    assert ids_in(store) == ids
    assert files_on_disk(office) == listed_on_disk(office)


def raise_key_error(*_arguments, **_more):
    raise KeyError("broken off")


def test_a_cursor_that_is_put_back_meanwhile_is_moved_on_from_where_it_is(store, sent, monkeypatch):
    ids = sent(2)
    gather(store)
    ids += sent(2)
    racing(monkeypatch, lambda: start_again(store, "lake"))
    assert gather(store).statements == 2
    assert ids_in(store) == ids
    assert place_of(store, "lake") == lake_files.last_listed(store)


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_full_disk_leaves_everything_as_it_was(store, sent, office, monkeypatch, step):
    ids = sent(3)
    gather(store)
    more = sent(2)
    before = [(path, path.read_bytes()) for path in files_on_disk(office)]

    def fail(*_arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", fail) if step == "fsync" else broken.setattr(type(office.lake), "replace", fail)
        with pytest.raises(OSError, match="No space left") as told:
            gather(store)
    assert is_full_disk(told.value)
    assert [(path, path.read_bytes()) for path in files_on_disk(office)] == before
    assert ids_in(store) == ids
    assert gather(store).statements == 2
    assert ids_in(store) == [*ids, *more]


def test_what_was_named_and_never_listed_is_swept_after_a_while(store, sent, office, monkeypatch):
    ids = sent(2)
    with monkeypatch.context() as broken:
        broken.setattr(lake_files, "list_part", raise_key_error)
        with pytest.raises(KeyError):
            gather(store)
    left = files_on_disk(office)
    assert len(left) == 1
    assert open_statements(store).count().to_pyarrow().as_py() == 0
    more = sent(2)
    gather(store)
    assert ids_in(store) == [*ids, *more]
    assert set(files_on_disk(office)) == {*left, *listed_on_disk(office)}
    os.utime(left[0], (0, 0))
    unfinished = left[0].with_name(".0123456789abcdef.part")
    unfinished.write_bytes(b"PAR1 half")
    os.utime(unfinished, (0, 0))
    assert lake_files.sweep(store) == 2
    assert files_on_disk(office) == listed_on_disk(office)


# Putting together


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(lake_tidying, "FAN", 3)
    monkeypatch.setattr(lake_tidying, "MOST_ROWS", 1_000)


def test_small_files_become_one_and_readers_of_the_old_are_not_disturbed(store, sent, office, small):
    ids = []
    for _ in range(2):
        ids += sent(2)
        assert gather(store).merged == 0
    ids += sent(2)
    reader = open_statements(store)
    told = gather(store)
    assert told.merged == 3
    assert [file.rows for file in lake_files.listed(store)] == [6]
    assert ids_in(store) == ids
    assert reader.count().to_pyarrow().as_py() == 4  # the list it was opened with
    for file in files_on_disk(office):
        if file not in listed_on_disk(office):
            os.utime(file, (0, 0))
    assert lake_files.sweep(store) == 3
    assert files_on_disk(office) == listed_on_disk(office)
    assert check_lake(store).faults == ()


def test_the_time_of_a_replaced_file_begins_when_it_is_replaced(
    store, sent, office, small, django_capture_on_commit_callbacks
):
    for n in (1, 2, 3):
        sent(n)
        for file in files_on_disk(office):
            os.utime(file, (0, 0))  # written long ago
        reader = open_statements(store)
        with django_capture_on_commit_callbacks(execute=True):
            gather(store)
    assert lake_files.sweep(store) == 0
    assert reader.count().to_pyarrow().as_py() == 3
    assert len(files_on_disk(office)) == 4


def test_many_gatherings_leave_few_files(store, sent, small):
    for _ in range(81):
        sent(1)
        gather(store)
    sizes = [file.rows for file in lake_files.listed(store)]
    assert sum(sizes) == 81
    assert len(sizes) <= 9


def test_a_month_that_is_over_becomes_few_files():
    def file(rows, period):
        return LakeFile(rows=rows, period=period)

    old = [file(5, "2026-01"), file(1_000_000, "2026-01"), file(3, "2026-01")]
    large = [file(1_500_000, "2026-02"), file(900_000, "2026-02")]
    open_month = [file(1, "2026-03") for _ in range(7)]
    assert lake_tidying.runs_to_merge([*old, *large, *open_month], this_month="2026-03") == [old]
    assert lake_tidying.runs_to_merge(old[:1], this_month="2026-03") == []


def test_damage_is_not_written_on_as_if_it_were_sound(store, sent, office, small):
    for _ in range(2):
        sent(2)
        gather(store)
    file = files_on_disk(office)[0]
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    sent(2)
    with pytest.raises(FaultyInputError, match=r"is not as it was written\. Write it anew from the store"):
        gather(store)
    assert len(lake_files.listed(store)) == 3
    assert mend_lake(store) == 1
    assert gather(store).merged == 3
    assert check_lake(store).faults == ()


# Forgetting


def seqs_of(*ids):
    return list(StatementRow.objects.filter(id__in=ids).order_by("seq").values_list("seq", flat=True))


def forget(store, ids, django_capture_on_commit_callbacks):
    seqs = seqs_of(*ids)
    with django_capture_on_commit_callbacks(execute=True):
        StatementRow.objects.filter(seq__in=seqs).delete()
        return forget_in_lake(store, seqs)


def test_only_the_files_that_hold_them_are_written_anew(store, sent, office, django_capture_on_commit_callbacks):
    kept = []
    for _ in range(3):
        kept.append(sent(3))
        gather(store)
    before = lake_files.listed(store)
    assert forget(store, [kept[1][0]], django_capture_on_commit_callbacks) == 1
    after = lake_files.listed(store)
    assert [after[0].path, after[2].path] == [before[0].path, before[2].path]
    assert after[1].path != before[1].path
    assert ids_in(store) == [*kept[0], *kept[1][1:], *kept[2]]
    assert files_on_disk(office) == listed_on_disk(office)
    assert check_lake(store).faults == ()
    assert gather(store).statements == 0


def test_a_file_of_forgotten_statements_only_is_gone(store, sent, office, django_capture_on_commit_callbacks):
    first = sent(2)
    gather(store)
    second = sent(2)
    gather(store)
    assert forget(store, second, django_capture_on_commit_callbacks) == 2
    assert ids_in(store) == first
    assert files_on_disk(office) == listed_on_disk(office)
    assert gather(store).statements == 0
    assert forget(store, first, django_capture_on_commit_callbacks) == 2
    assert files_on_disk(office) == []
    third = sent(1)
    gather(store)
    assert ids_in(store) == third
    assert check_lake(store).faults == ()


def test_no_file_on_the_disk_holds_the_bytes_of_what_was_forgotten(
    store, sent, office, small, django_capture_on_commit_callbacks
):
    whose = {"mbox": "mailto:weg@example.edu"}
    ids = sent(2, actor=whose)
    gather(store)
    for _ in range(2):
        sent(2)
        gather(store)  # the first file is merged now and still there for its readers
    assert len(files_on_disk(office)) > len(listed_on_disk(office))
    assert forget(store, ids, django_capture_on_commit_callbacks) == 2
    assert files_on_disk(office) == listed_on_disk(office)
    for file in files_on_disk(office):
        assert "mailto:weg@example.edu" not in "".join(pl.read_parquet(file)["body"])


def test_what_is_not_in_the_lake_is_not_counted(store, sent, django_capture_on_commit_callbacks):
    ids = sent(3)
    gather(store)
    late = sent(1)
    listed = lake_files.listed(store)
    assert forget_in_lake(store, []) == 0
    assert forget_in_lake(store, [1, 2]) == 0
    assert forget(store, late, django_capture_on_commit_callbacks) == 0
    assert lake_files.listed(store) == listed
    assert gather(store).statements == 0
    assert ids_in(store) == ids


def test_what_is_erased_while_it_is_gathered_never_enters(store, sent, monkeypatch, django_capture_on_commit_callbacks):
    ids = sent(4)
    racing(monkeypatch, lambda: forget(store, ids[1:2], django_capture_on_commit_callbacks))
    assert gather(store).statements == 3
    assert ids_in(store) == [ids[0], *ids[2:]]
    assert check_lake(store).faults == ()


def test_an_erasure_that_is_just_being_committed_is_seen(store, sent, office, monkeypatch):
    ids = sent(4)
    seqs = seqs_of(*ids)

    def erase():
        StatementRow.objects.filter(seq__in=seqs[1:2]).delete()
        assert forget_in_lake(store, seqs[1:2]) == 0  # what follows its commit has not happened yet

    racing(monkeypatch, erase)
    assert gather(store).statements == 3
    assert ids_in(store) == [ids[0], *ids[2:]]
    assert files_on_disk(office) == listed_on_disk(office)


def test_what_is_gathered_while_others_are_forgotten_is_looked_at_again(
    store, sent, monkeypatch, django_capture_on_commit_callbacks
):
    ids = sent(4)
    seqs = seqs_of(*ids)
    swapped, done = lake.swap, []

    def swap(*arguments, **more):
        if not done:
            done.append(True)
            gather(store)  # another, before the erasure is committed
        return swapped(*arguments, **more)

    monkeypatch.setattr(lake, "swap", swap)
    with django_capture_on_commit_callbacks(execute=True):
        assert forget_in_lake(store, seqs[:2]) == 2
    assert ids_in(store) == ids[2:]


def test_a_forgetting_that_finds_no_room_changes_nothing(store, sent, office, monkeypatch):
    ids = sent(3)
    gather(store)
    before = files_on_disk(office)

    def fail(*_arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", fail)
        with pytest.raises(OSError, match="No space left"):
            forget_in_lake(store, seqs_of(ids[0]))
    assert files_on_disk(office) == before
    assert ids_in(store) == ids


# Checking and mending


def test_what_is_missing_or_changed_is_said_and_written_anew_from_the_store(store, sent, office):
    ids = []
    for _ in range(3):
        ids += sent(2)
        gather(store)
    first, second, _ = listed_on_disk(office)
    first.unlink()
    second.write_bytes(b"PAR1")
    told = check_lake(store)
    assert [fault.code for fault in told.faults] == ["lake-file-missing", "lake-file-changed"]
    assert "records mend STORE" in told.faults[0].in_language("en")
    assert "records mend 记录库" in told.faults[0].in_language("zh")
    assert mend_lake(store) == 2
    assert ids_in(store) == ids
    assert check_lake(store).faults == ()
    assert mend_lake(store) == 0


def test_manifest_and_store_that_disagree_are_told(store, sent):
    ids = sent(4)
    gather(store)
    StatementRow.objects.filter(id=ids[0]).delete()
    (told,) = check_lake(store).faults
    assert told.code == "lake-differs"
    assert told.in_language("en") == (
        "The lake file x/statements/s/" + lake_files.listed(store)[0].path.partition("statements/s/")[2] + " holds 4 "
        "statements; the store has 3 between its first and its last. Write the lake of “s” anew: yucai records mend s"
    )
    LakeFile.objects.all().delete()
    (told,) = check_lake(store).faults
    assert (told.code, told.facts["n"]) == ("lake-gap", 3)
    assert mend_lake(store) == 1
    assert ids_in(store) == ids[1:]
    assert check_lake(store).faults == ()


def test_a_gap_between_files_is_filled_and_what_waits_stays_for_the_gatherer(store, sent):
    ids = []
    for _ in range(4):
        ids += sent(2)
        gather(store)
    first, _, third, _ = lake_files.listed(store)
    first.delete()
    third.delete()
    late = sent(1)
    assert mend_lake(store) == 2
    assert ids_in(store) == ids
    gather(store)
    assert ids_in(store) == [*ids, *late]
    assert check_lake(store).faults == ()


def test_what_the_lake_has_not_seen_yet_is_no_fault(store, sent):
    sent(2)
    gather(store)
    sent(3)
    told = check_lake(store)
    assert (told.faults, told.statements, told.waiting) == ((), 2, 3)
