"""To and from BORIS: records come back whole; tables as BORIS writes them are understood, or refused in words."""

# Tables of BORIS, one line a line.
# ruff: noqa: E501

import datetime as dt

import numpy as np
import polars as pl
import pytest

from tests.unit.evidence.observing import SCHEME, ZONE, markov_class, observed, session
from yucai.errors import FaultyInputError
from yucai.evidence import SamplingMode, from_boris, read_boris, sample_as, to_boris

GIVEN = {"observer": "O1", "setting": "meal", "consent": "C-001", "delete_on": "2027-08-31"}

# Columns in the order of BORIS 8.27.4's "Export events" (one line a START, STOP or POINT).
TABULAR = """Observation id\tObservation date\tDescription\tObservation duration\tObservation type\tSource\tTime offset (s)\t\
Media duration (s)\tFPS\tSubject\tBehavior\tBehavioral category\tModifier #1\tModifier #2\tBehavior type\tTime\t\
Media file name\tImage index\tImage file path\tComment
obs 1\t2026-03-02 09:00:00\t\t600.0\tLive observation\tNA\t0.0\tNA\tNA\tK-001\talone\t\tNone\tNone\tSTART\t0.0\tNA\t\t\t
obs 1\t2026-03-02 09:00:00\t\t600.0\tLive observation\tNA\t0.0\tNA\tNA\tK-001\talone\t\tNone\tNone\tSTOP\t12.5\tNA\t\t\t
obs 1\t2026-03-02 09:00:00\t\t600.0\tLive observation\tNA\t0.0\tNA\tNA\tK-001\taggression\t\tphysical\treactive\tSTART\t12.5\tNA\t\t\tloud
obs 1\t2026-03-02 09:00:00\t\t600.0\tLive observation\tNA\t0.0\tNA\tNA\tK-001\taggression\t\tphysical\treactive\tSTOP\t20.0\tNA\t\t\t
obs 1\t2026-03-02 09:00:00\t\t600.0\tLive observation\tNA\t0.0\tNA\tNA\tK-001\tkind-act\t\tNone\tNone\tPOINT\t31.0\tNA\t\t\t
"""
# And of "Export aggregated events" (one line a bout).
AGGREGATED = """Observation id,Observation date,Description,Observation type,Source,Time offset (s),Coding duration,\
Media duration (s),FPS (frame/s),setting,Subject,Observation duration by subject by observation,Behavior,\
Behavioral category,Modifier #1,Behavior type,Start (s),Stop (s),Duration (s),Media file name,Image index start,\
Image index stop,Image file path start,Image file path stop,Comment start,Comment stop
obs 1,2026-03-02 09:00:00,,Live observation,NA,0.0,600.0,NA,NA,outdoor,K-001,600.0,aggression,,verbal,STATE,12.5,20.0,7.5,NA,,,,,loud,
obs 1,2026-03-02 09:00:00,,Live observation,NA,0.0,600.0,NA,NA,outdoor,K-001,600.0,kind-act,,,POINT,31.0,31.0,NA,NA,,,,,,
"""


def same(one, other):
    assert one.table.equals(other.table)
    assert {repr(s) for s in one.sessions} == {repr(s) for s in other.sessions}


def full():
    rows = [("S1", "O1", "aggression", 5.1, 9.25), ("S1", "O1", "alone", 9.25, 60.0), ("S1", "O1", "provoked", 4.0, None),
            ("S1", "O2", "aggression", 5.4, 9.0), ("S2", "O1", "kind-act", 1 / 3, None)]  # fmt: skip
    return observed(
        rows,
        session(),
        session(observer="O2", second=True),
        session("S2", child="K-002", setting="outdoor", video=True, video_consent="V-7"),
        antecedent=pl.Series(["provoked", None, None, None, None]),
        consequence=pl.Series(["peer-hits-back", None, None, None, None]),
        modifiers=pl.Series(["form=physical;function=reactive", None, None, None, None]),
        target=pl.Series(["K-002", None, None, "peer", None]),
        actor=pl.Series([None, None, "K-002", None, None]),
        density=pl.Series([4.0, None, None, None, None]),
        adult_distance_m=pl.Series([2.5, None, None, None, None]),
        materials=pl.Series(["blocks", None, None, None, None]),
        comment=pl.Series(["loud", None, None, None, "a | b"]),
    )


def test_records_go_to_boris_and_come_back_whole():
    export = to_boris(full())
    assert export.silent == ()
    assert sorted(set(export.table["Behavior type"])) == ["POINT", "START", "STOP"]
    back = from_boris(export.table, scheme=SCHEME, zone=dt.UTC)
    same(full(), back.observations)
    assert back.notices == ()


def test_a_file_in_between_changes_nothing(tmp_path):
    to_boris(full()).save(tmp_path / "events.tsv")
    same(full(), read_boris(tmp_path / "events.tsv", scheme=SCHEME, zone=dt.UTC).observations)


@pytest.mark.parametrize("mode", [m for m in SamplingMode if m.by_interval])
def test_scored_intervals_come_back_too(mode):
    scored = sample_as(markov_class(np.random.default_rng(1), n_children=4), mode, interval_s=5.0)
    export = to_boris(scored)
    same(scored, from_boris(export.table, scheme=SCHEME, zone=dt.UTC, sessions=export.silent).observations)


def test_a_session_without_events_is_handed_back_for_boris_has_no_row_for_it():
    quiet = observed([("S1", "O1", "alone", 0.0, 600.0)], session(), session("S2", child="K-002"))
    export = to_boris(quiet)
    assert [one.session for one in export.silent] == ["S2"]
    assert "every rate too high" in export.notices[0].en
    same(quiet, from_boris(export.table, scheme=SCHEME, zone=dt.UTC, sessions=export.silent).observations)


def test_a_tabular_export_of_boris_is_read(tmp_path):
    (tmp_path / "events.tsv").write_text(TABULAR)
    read = read_boris(tmp_path / "events.tsv", scheme=SCHEME, zone=ZONE, given=GIVEN | {"exposure_s": "900"})
    (one,) = read.observations.sessions
    assert (one.session, one.child, one.exposure_s, one.setting) == ("obs 1", "K-001", 900.0, "meal")
    assert one.starts == dt.datetime(2026, 3, 2, 9, tzinfo=ZONE)
    rows = read.observations.table.select("code", "onset_s", "offset_s", "modifiers", "comment").rows()
    assert rows == [("alone", 0.0, 12.5, None, None),
                    ("aggression", 12.5, 20.0, "form=physical;function=reactive", "loud"),
                    ("kind-act", 31.0, None, None, None)]  # fmt: skip
    assert read.notices == ()


def test_an_aggregated_export_is_read_and_its_length_is_doubted(tmp_path):
    (tmp_path / "events.csv").write_text(AGGREGATED)
    given = {field: value for field, value in GIVEN.items() if field != "setting"}
    read = read_boris(tmp_path / "events.csv", scheme=SCHEME, zone=ZONE, given=given)
    assert read.observations.sessions[0].setting == "outdoor"
    assert read.observations.table["offset_s"].to_list() == [20.0, None]
    assert "may count from the first event to the last" in read.notices[0].en
    assert "首个事件" in read.notices[0].zh


def test_everything_wrong_with_a_table_of_boris_is_said_at_once():
    table = pl.DataFrame(
        {
            "Observation id": ["a"] * 5 + ["b"],
            "Observation date": ["yesterday"] * 6,
            "Subject": ["K-001", "K-002", "K-001", "K-001", "K-001", "K-003"],
            "Behavior": ["alone", "alone", "kind-act", "aggression", "alone", "alone"],
            "Behavior type": ["START", "STOP", "POINT", "POINT", "MAYBE", "POINT"],
            "Modifier #1": ["", "", "", "odd", "", ""],
            "Time": ["1", "2", "soon", "3", "4", "5"],
        }
    )
    with pytest.raises(FaultyInputError) as told:
        from_boris(table, scheme=SCHEME, zone=ZONE)
    said = told.value.in_language("en")
    for words in ("holds 2 subjects", "neither the table nor what was given says “consent”",
                  "“starts” is “yesterday”", "Give exposure_s", "stops without having started", "“soon” is no time",
                  "the modifier “odd”", "“MAYBE” is none of START", "starts and never stops"):  # fmt: skip
        assert words in said
    assert "有开始而无结束" in told.value.in_language("zh")


def test_a_table_of_something_else_is_refused():
    with pytest.raises(FaultyInputError) as told:
        from_boris(pl.DataFrame({"x": [1]}), scheme=SCHEME, zone=ZONE)
    assert len(told.value.faults) == 5
    assert "Export “events” (tabular or aggregated) from BORIS anew" in told.value.in_language("en")
