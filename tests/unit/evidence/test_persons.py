"""One person in statements: found in every way of writing, replaced without a trace, and nobody else is."""

import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yucai.evidence import (
    PersonFate,
    Version,
    actor_key,
    fate_of,
    is_agent,
    statement_faults,
    traces_of,
    without_person,
)

MAIL = "lin.wei@example.edu"
LIN = {"mbox": f"mailto:{MAIL}", "name": "林伟"}
BEN = {"account": {"homePage": "https://x.y", "name": "ben"}}
TRACES = traces_of([LIN], texts=["林伟"])


def statement(**more):
    return {"actor": BEN, "verb": {"id": "https://x.y/v"}, "object": {"id": "https://x.y/o"}, **more}


def fate(value, traces=TRACES):
    return fate_of(value, traces, json.dumps(value).encode())


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (statement(), PersonFate.STAYS),
        (statement(actor=LIN), PersonFate.REMOVED),
        (statement(actor={"mbox": "mailto:lin.wei@EXAMPLE.edu"}), PersonFate.REMOVED),
        (statement(actor={"objectType": "Group", "member": [LIN]}), PersonFate.REMOVED),
        (statement(actor={"objectType": "Group", "member": [LIN, BEN]}), PersonFate.REWRITTEN),
        (statement(object={"objectType": "Agent", **LIN}), PersonFate.REMOVED),
        (statement(context={"instructor": LIN}), PersonFate.REWRITTEN),
        (statement(authority={"objectType": "Group", "member": [BEN, LIN]}), PersonFate.REWRITTEN),
        (statement(result={"response": "与林伟同学合作"}), PersonFate.REWRITTEN),
        (statement(result={"response": f"x{MAIL}"}), PersonFate.STAYS),
        (statement(result={"response": f"{MAIL}.cn"}), PersonFate.STAYS),
        (statement(object={"id": f"https://x.y/{quote(MAIL, safe='')}"}), PersonFate.REWRITTEN),
        (
            statement(
                actor=LIN,
                verb={"id": "http://adlnet.gov/expapi/verbs/voided"},
                object={"objectType": "StatementRef", "id": "5a2e1f0c-7c1d-4f5e-9a55-0b6c8d1e2f3a"},
            ),
            PersonFate.REWRITTEN,
        ),
    ],
)
def test_what_becomes_of_a_statement(value, expected):
    assert fate(value) is expected


def test_a_mail_address_is_its_hash_too():
    digest = next(key for key in TRACES.keys if key.startswith("mbox_sha1sum:"))
    assert fate(statement(actor={"mbox_sha1sum": digest.partition(":")[2].upper()})) is PersonFate.REMOVED


@pytest.mark.parametrize(("name", "found"), [("ben", False), ("2025", False), ("2025000123", True), ("b@x.y", True)])
def test_an_account_name_is_looked_for_in_words_where_it_is_a_number(name, found):
    traces = traces_of([{"account": {"homePage": "https://x.y", "name": name}}])
    said = statement(actor={"mbox": "mailto:a@b.c"}, result={"response": f"so said {name}, and left"})
    assert (fate(said, traces) is PersonFate.REWRITTEN) is found


def test_only_agents_with_one_identifier_name_somebody():
    assert is_agent(LIN)
    assert not any(map(is_agent, ({}, {"name": "Lin"}, {**LIN, **BEN}, {"objectType": "Group", **LIN}, [], None)))


TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=12)
AROUND = st.tuples(TEXT, TEXT).map(lambda pair: f"{pair[0]} {MAIL} {pair[1]}")
WORDS = st.one_of(TEXT, AROUND, AROUND.map(str.upper), st.just("见林伟"))
VALUES = st.recursive(
    st.one_of(WORDS, st.integers(-(2**40), 2**40), st.booleans(), st.none()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(WORDS, inner, max_size=3)),
    max_leaves=8,
)


@given(VALUES, WORDS, st.sampled_from([LIN, BEN]), st.booleans())
def test_nothing_of_the_person_is_left_wherever_they_stood(held, said, teacher, ascii_only):
    value = statement(
        context={"instructor": teacher, "extensions": {"https://x.y/e": held}},
        result={"response": said, "score": {"raw": 1.0}},
    )
    raw = json.dumps(value, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    new = without_person(raw, TRACES, pseudonym="nobody")
    told = json.loads(new)
    assert not TRACES.are_in(new)
    assert fate_of(told, TRACES, new) is PersonFate.STAYS
    assert told["actor"] == BEN
    assert statement_faults(told, version=Version.V2) == statement_faults(value, version=Version.V2) == ()
    if teacher is LIN:
        assert actor_key(told["context"]["instructor"]) == 'account:["https://erased.invalid","nobody"]'
