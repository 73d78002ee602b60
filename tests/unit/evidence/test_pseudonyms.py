"""Statements without names: whatever is put in, and wherever, nothing that tells somebody comes out."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yucai.evidence import (
    EverybodysNames,
    ExportPart,
    Pseudonyms,
    ReleaseRules,
    Version,
    flat_row,
    names_in,
    pseudonymised,
    statement_faults,
)

KEY = b"k" * 32
MAIL, NAME, NUMBER = "lin.wei@example.edu", "Lin Wei-Planted", "2025987654"
LIN = {"mbox": f"mailto:{MAIL}", "name": NAME}
OTHER = {"account": {"homePage": "https://x.y", "name": NUMBER}, "name": "王小明"}
TELLING = (MAIL, NAME, NUMBER, "王小明")
EVERYBODY = EverybodysNames(frozenset(text.lower() for text in TELLING))
OPEN = ReleaseRules(
    parts=frozenset(ExportPart), addresses=("http",), extensions=frozenset({"https://x.y/e", "https://x.y/f"})
)


def stored(**more):
    return {
        "id": "5a2e1f0c-7c1d-4f5e-9a55-0b6c8d1e2f3a",
        "actor": LIN,
        "verb": {"id": "https://x.y/v", "display": {"en": NAME}},
        "object": {"id": "https://x.y/o"},
        "authority": OTHER,
        "stored": "2026-11-26T09:30:00.000000Z",
        "timestamp": "2026-11-26T09:30:00.000000Z",
        "version": "2.0.0",
        **more,
    }


def out(value):
    return pseudonymised(value, rules=OPEN, pseudonyms=Pseudonyms(KEY), everybody=EVERYBODY)


WORDS = st.one_of(
    st.sampled_from([*TELLING, f"by {NAME}", "与王小明一起", f"<{MAIL}>", f"n{NUMBER}", "fine", "很好", "192.168.7.9"]),
    st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=8),
)
VALUES = st.recursive(
    st.one_of(WORDS, st.integers(0, 9), st.booleans()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(WORDS, inner, max_size=3)),
    max_leaves=6,
)


@given(VALUES, VALUES, WORDS, st.sampled_from(["choice", "long-fill-in", None]), st.booleans())
def test_nothing_that_tells_somebody_comes_out(one, other, said, kind, inside):
    definition = {"name": {"en": said}, "description": {"en": said}, "type": "https://x.y/t"}
    if kind:
        definition["interactionType"] = kind
    parts = {
        "object": {"id": "https://x.y/o", "definition": definition},
        "result": {"response": said, "extensions": {"https://x.y/e": one}},
        "context": {"instructor": OTHER, "platform": said, "extensions": {"https://x.y/f": other}},
    }
    if inside:
        sub = {"objectType": "SubStatement", "actor": OTHER, "verb": {"id": "https://x.y/v"}, **parts}
        parts = {"object": sub}
    new = out(stored(**parts))
    told = json.dumps([new, flat_row(new)], ensure_ascii=False).lower()
    assert [text for text in (MAIL, NAME, "王小明", "192.168.7.9") if text.lower() in told] == []
    assert f'"{NUMBER}"' not in told
    assert statement_faults(new, version=Version.V2) == ()


def test_names_in_a_statement_are_all_found():
    found = set(names_in(stored(context={"team": {"objectType": "Group", "name": "Team 3", "member": [OTHER]}})))
    assert {NAME.lower(), MAIL, NUMBER, "王小明", "team 3"} <= found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Quiz of Lin Wei-Planted", True),
        ("与王小明一起", True),
        (f"no {NUMBER}", True),
        ("Lin", False),
        ("小明", False),
        (f"no {NUMBER}1", False),
    ],
)
def test_a_name_is_known_as_words_of_its_own(text, found):
    assert EVERYBODY.are_in(text) is found


def test_times_of_a_person_move_by_the_same_days_and_by_no_more_than_was_said():
    pseudonyms = Pseudonyms(KEY)
    days = [pseudonyms.days_of(f"p{n}", 3) for n in range(300)]
    assert set(days) == set(range(-3, 4))
    assert pseudonyms.days_of("p7", 3) == days[7]
    assert pseudonyms.days_of("p7", 0) == 0


def test_days_cannot_be_negative():
    with pytest.raises(ValueError, match="negative"):
        ReleaseRules(shift_days=-1)
