"""A policy card is read with all its faults, written without loss, and sealed over what it says."""

import json
import tomllib
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.governance.cards import NOON, small_card
from yucai.errors import FaultyInputError
from yucai.governance import (
    card_bytes,
    card_of,
    card_template,
    mapping_of,
    read_card,
    record_opening,
    replace_card,
    seal_card,
    seal_faults,
    write_card,
)
from yucai.governance.policies.writing import toml_of
from yucai.texts import Text

words = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=30)


def test_the_template_is_a_card_and_says_so_in_both_languages():
    card = read_card(card_template())
    assert card.title.en != card.title.zh
    assert read_card(write_card(card)) == card
    assert write_card(read_card(write_card(card))) == write_card(card)


def test_a_card_comes_from_json_too_and_is_the_same_card():
    card = small_card()
    assert read_card(json.dumps(mapping_of(card))) == card


@settings(max_examples=100, deadline=None)
@given(title=words, name=words, dose=st.floats(0.001, 1e6), seed=st.integers(0, 2**31 - 1), days=st.integers(0, 400))
def test_whatever_a_card_says_comes_back_from_its_file(title, name, dose, seed, days):
    card = small_card()
    unit = replace(card.units[0], name=name.strip() or "x", dose=dose)
    said = title.strip() or "x"
    wanted = replace(
        card, title=Text(said, "题"), units=(unit,), plan=replace(card.plan, seed=seed), announced=None,
        in_force=date(2020, 9, 1) + timedelta(days=days),
    )  # fmt: skip
    assert read_card(write_card(wanted)) == wanted
    assert read_card(card_bytes(wanted)) == wanted


@settings(max_examples=50, deadline=None)
@given(
    st.dictionaries(st.from_regex(r"[a-z]{1,6}", fullmatch=True), words | st.floats(allow_nan=False) | st.booleans())
)
def test_what_is_written_as_toml_is_read_as_it_was(said):
    assert tomllib.loads(toml_of(said)) == said


def faults_of(**changes):
    said = mapping_of(small_card())
    for where, value in changes.items():
        part, _dot, key = where.rpartition("__")
        (said[part] if part else said)[key] = value
    with pytest.raises(FaultyInputError) as refused:
        card_of(said)
    return refused.value


def test_every_fault_is_told_at_once_with_its_place_in_both_languages():
    refused = faults_of(
        code="Big Words", in_force="soon", horizon=0, plan__estimators=["magic"], outcome__direction="sideways", dat={}
    )
    assert {fault.where for fault in refused.faults} == {
        "code", "in_force", "horizon", "plan.estimators", "outcome.direction", "dat",
    }  # fmt: skip
    assert "Did you mean data?" in refused.in_language("en")
    assert "是否应为 data" in refused.in_language("zh")
    assert "callaway-santanna" in refused.in_language("zh")


@pytest.mark.parametrize(
    ("changes", "where", "said"),
    [
        ({"announced": "2021-01-01"}, "announced", "after the policy came into force"),
        ({"data__last_period": 2010}, "data.last_period", "later than the first"),
        ({"units": [{"name": "A", "first_period": 2014}]}, "units[1].first_period", "At least one period before"),
        ({"units": [{"name": "A", "first_period": 2020}] * 2}, "units", "Name each unit once"),
        ({"plan__leave_out": ["College A"]}, "plan.leave_out", "one of the two"),
        ({"plan__primary": "synthetic-control"}, "plan.primary", "not among the estimators"),
        ({"horizon": 9}, "horizon", "4 or fewer"),
        ({"units": []}, "units", "[[units]]"),
        ({"competing": [{"what": "x", "first_period": 2020, "last_period": 2019}]}, "competing[1].last_period", "2019"),
        ({"format": 2}, "format", "from 1 to 1"),
        ({"title": {"en": "x"}}, "title", "words, or"),
        ({"plan__seed": True}, "plan.seed", "a whole number"),
        ({"plan__level": float("nan")}, "plan.level", "a number from"),
    ],
)
def test_what_does_not_go_together_is_refused(changes, where, said):
    refused = faults_of(**changes)
    assert [fault.where for fault in refused.faults] == [where]
    assert said in refused.in_language("en")


@pytest.mark.parametrize("content", [b"\xff\xfe", b"a = ", b"[1, 2]", b'{"a": ', b"", b"[" * 100_000, b"{" * 100_000])
def test_what_is_no_card_is_refused_in_one_sentence(content):
    with pytest.raises(FaultyInputError):
        read_card(content)


def test_a_seal_is_over_what_the_card_says_not_over_how_its_file_looked():
    card = small_card()
    spaced = read_card(write_card(card).replace("\n", "\n\n").replace("format = 1", "# a note\nformat = 1"))
    assert seal_card(spaced, at=NOON, by="A") == seal_card(card, at=NOON, by="A")


def test_any_change_of_a_card_breaks_its_seal():
    card = small_card()
    seal = seal_card(card, at=NOON, by="A")
    assert seal_faults(card, seal) == []
    for changed in (
        replace(card, horizon=2),
        replace(card, units=(replace(card.units[0], dose=0.5),)),
        replace(card, plan=replace(card.plan, level=0.1)),
        replace(card, outcome=replace(card.outcome, definition=Text("x", "x"))),
    ):
        assert [fault.code for fault in seal_faults(changed, seal)] == ["card-changed"]


def test_a_changed_card_is_a_new_card_that_names_the_old_seal():
    card = small_card()
    old = seal_card(card, at=NOON, by="A")
    new = replace_card(replace(card, horizon=2), old=old)
    sealed = seal_card(new, at=NOON + timedelta(days=1), by="B")
    assert sealed.replaces == old.mark != sealed.mark
    assert seal_faults(card, old) == []


def test_nobody_seals_without_a_name_or_a_zone():
    with pytest.raises(FaultyInputError) as refused:
        seal_card(small_card(), at=NOON.replace(tzinfo=None), by=" ")
    assert {fault.code for fault in refused.value.faults} == {"naive-time", "nobody"}


def test_data_opened_before_the_seal_are_refused():
    seal = seal_card(small_card(), at=NOON, by="A")
    with pytest.raises(FaultyInputError, match="A plan is sealed first"):
        record_opening(seal, b"x", at=NOON - timedelta(seconds=1), by="A")
