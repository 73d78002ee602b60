"""Observation records: what is sound is kept as it is, what is at fault is said at once, in both languages."""

import datetime as dt

import polars as pl
import pytest

from tests.unit.evidence.observing import SCHEME, ZONE, observed, session
from yucai.errors import FaultyInputError
from yucai.evidence import (
    CodeKind,
    Observations,
    SamplingMode,
    UnknownObservationCodeError,
    draw_schedule,
    load_coding_scheme,
    shipped_coding_schemes,
)


def faults_of(told):
    return [fault.code for fault in told.value.faults]


def test_the_shipped_scheme_defines_every_behaviour_with_examples_and_counterexamples():
    assert shipped_coding_schemes() == ("aggression-preschool",)
    assert SCHEME.licence == "CC BY 4.0"
    assert {code.kind for code in SCHEME.behaviours} == {CodeKind.STATE, CodeKind.POINT}
    for code in SCHEME.behaviours:
        assert code.includes
        assert code.excludes
    assert [modifier.code for modifier in SCHEME.modifiers] == ["form", "function"]
    assert SCHEME.codes_of("settings") == ("free-play", "transition", "meal", "outdoor")
    assert [reason.code for reason in SCHEME.reasons] == ["tangible", "attention", "escape", "reaction", "sensory"]


FAULTY = """
kind = "coding-scheme"
code = "ours"
version = "1"
name = { en = "Ours", zh = "我们的" }
source = "us"
licence = "CC BY 4.0"
note = { en = "None", zh = "无" }
[[behaviours]]
code = "hit"
kind = "moment"
name = { en = "Hit", zh = "打" }
definition = { en = "Hits", zh = "打人" }
[[antecedents]]
code = "hit"
name = { en = "Before", zh = "之前" }
definition = { en = "Before", zh = "之前" }
[[consequences]]
code = "after"
name = { en = "After", zh = "之后" }
definition = { en = "After" }
[[settings]]
code = "room"
name = { en = "Room", zh = "教室" }
definition = { en = "Room", zh = "教室" }
[[reasons]]
code = "why"
name = { en = "Why", zh = "为何" }
definition = { en = "Why", zh = "为何" }
antecedents = ["nothing"]
"""


def test_a_faulty_scheme_is_told_all_its_faults(tmp_path):
    path = tmp_path / "ours.toml"
    path.write_text(FAULTY, encoding="utf-8")
    with pytest.raises(FaultyInputError) as told:
        load_coding_scheme(path)
    english, chinese = (told.value.in_language(language) for language in ("en", "zh"))
    for words in ("has no “includes”", "has no “excludes”", "none of: state, point", "“hit” stands twice",
                  "needs a text in both languages", "must be a list of codes", "or unseen = true"):  # fmt: skip
        assert words in english
    for words in ("缺少“includes”", "不在可用值之中：state, point", "重复", "中英文", "代码列表", "unseen = true"):
        assert words in chinese


def test_an_unknown_code_is_refused_with_those_there_are():
    with pytest.raises(UnknownObservationCodeError, match=r"no code “hitting”.*aggression, dispute"):
        SCHEME.code_of("hitting")


def test_rows_come_back_in_order_and_the_table_given_is_not_altered():
    table = pl.DataFrame(
        {"session": ["S1", "S1"], "observer": ["O1", "O1"], "code": ["alone", "aggression"],
         "onset_s": [20, 5], "offset_s": [30, 9]}
    )  # fmt: skip
    before = table.clone()
    kept = Observations.from_table(table, scheme=SCHEME, sessions=[session()])
    assert kept.table["onset_s"].to_list() == [5.0, 20.0]
    assert table.equals(before)
    assert kept.children == ("K-001",)


def test_everything_wrong_with_sessions_is_said_at_once():
    wrong = session(child="王小明", consent=" ", delete_on=dt.date(2026, 3, 2), video=True, setting="attic",
                    starts=dt.datetime(2026, 3, 2, 9, tzinfo=ZONE).replace(tzinfo=None), exposure_s=0.0)  # fmt: skip
    stepped = session("S2", mode=SamplingMode.MOMENTARY, interval_s=7.0)
    needless = session("S3", interval_s=10.0)
    other = session("S2", observer="O2", child="K-002", mode=SamplingMode.MOMENTARY, interval_s=10.0)
    with pytest.raises(FaultyInputError) as told:
        observed([], wrong, stepped, needless, needless, other)
    assert faults_of(told) == ["name", "no-consent", "delete-before", "video", "setting", "no-zone", "exposure",
                               "interval", "no-interval", "duplicate", "no-interval", "two-children"]  # fmt: skip
    assert "化名，例如 K-017" in told.value.in_language("zh")
    assert "王小明" not in told.value.in_language("zh")  # a name must not reach a log
    assert "Write a pseudonym of letters and a number, such as K-017" in told.value.in_language("en")


def test_everything_wrong_with_rows_is_said_at_once():
    rows = [
        ("S9", "O1", "alone", 0.0, 1.0),
        ("S1", "O1", "hitting", 1.0, None),
        ("S1", "O1", "alone", 590.0, 601.0),
        ("S1", "O1", "alone", 10.0, None),
        ("S1", "O1", "kind-act", 11.0, 12.0),
        ("S1", "O1", "alone", 20.0, 30.0),
        ("S1", "O1", "watching", 29.0, 40.0),
        ("S2", "O1", "aggression", 15.0, None),
        ("S2", "O1", "aggression", 20.0, None),
        ("S2", "O1", "aggression", 20.0, None),
    ]
    momentary = session("S2", mode=SamplingMode.MOMENTARY, interval_s=10.0)
    with pytest.raises(FaultyInputError) as told:
        observed(rows, session(), momentary, target=pl.lit("Li Lei"), modifiers=pl.lit("form=odd"))
    assert faults_of(told) == ["no-session", "unknown-code", "unknown-code", "name", "outside", "no-end", "has-end",
                               "overlap", "off-grid", "repeated"]  # fmt: skip
    assert "A child is in one state at a time" in told.value.in_language("en")
    assert "请填写间隔的起止" in told.value.in_language("zh")


def test_states_that_touch_do_not_overlap_and_what_another_child_does_may():
    rows = [
        ("S1", "O1", "alone", 0.0, 10.0),
        ("S1", "O1", "watching", 10.0, 20.0),
        ("S1", "O1", "aggression", 5.0, 8.0),
    ]
    kept = observed(rows, session(), actor=pl.Series([None, None, "K-002"]))
    assert kept.acts("aggression").height == 0
    assert kept.acts("watching")["setting"].to_list() == ["free-play"]


def test_sessions_whose_day_has_come_are_named():
    early, late = session(delete_on=dt.date(2026, 9, 1)), session("S2", delete_on=dt.date(2027, 9, 1))
    assert observed([], early, late).due_for_deletion(on=dt.date(2026, 9, 1)) == (early,)


TIMES = [(dt.datetime(2026, 3, 2 + d, h, tzinfo=ZONE), where) for d in range(10)
         for h, where in ((9, "free-play"), (10, "outdoor"), (11, "meal"))]  # fmt: skip


def test_a_schedule_is_drawn_again_from_its_seed_and_takes_turns():
    children = [f"K-{n:03d}" for n in range(7)]
    schedule = draw_schedule(children, TIMES, seconds=600, seed=5)
    assert schedule == draw_schedule(children, list(reversed(TIMES)), seconds=600, seed=5)
    assert schedule != draw_schedule(children, TIMES, seconds=600, seed=6)
    for setting in ("free-play", "outdoor", "meal"):
        turns = [sum(s.child == child and s.setting == setting for s in schedule.slots) for child in children]
        assert max(turns) - min(turns) <= 1


def test_slots_that_nobody_kept_are_named():
    schedule = draw_schedule(["K-001", "K-002"], TIMES[:2], seconds=600, seed=1)
    first = schedule.slots[0]
    kept = observed([], session(child=first.child, starts=first.starts + dt.timedelta(seconds=30)))
    assert schedule.missed(kept) == schedule.slots[1:]


def test_a_schedule_that_cannot_be_kept_is_refused():
    near = (TIMES[0][0] + dt.timedelta(seconds=60), "meal")
    with pytest.raises(FaultyInputError) as told:
        draw_schedule(["K-001", "K-001"], [TIMES[0], near], seconds=600, seed=1)
    assert faults_of(told) == ["duplicate", "clash"]
    with pytest.raises(FaultyInputError) as told:
        draw_schedule([], [], seconds=0, seed=1)
    assert faults_of(told) == ["nobody", "no-times", "length"]
