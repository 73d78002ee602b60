"""What counts as a look: whatever a card calls itself, further looks and later figures never make a finding better."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.governance.cards import NOON, small_card, whole_bundle
from yucai.governance import (
    KeptPolicy,
    PolicyEntry,
    PolicyOutcome,
    PolicyStage,
    PolicyUnit,
    ResultSummary,
    canonical_json,
    entry_of_kept,
    kept_doubt,
    question_of,
    register_policies,
    stand_after,
    write_card,
)
from yucai.texts import Text

CARD = small_card()
LESS = [{"simulated": True}, {"doubt": Text("Changed.", "有改动。")}]
some_p = st.lists(st.floats(0, 1), min_size=1, max_size=12)


def look(n, p, **facts):
    """A card with a result at figures of its own: no other card asks the same."""
    units = (PolicyUnit(name=f"unit {n}", first_period=2018),)
    said = {"question": question_of(replace(CARD, units=units)), "data": f"{n:064x}", "p_value": p, "estimated": True}
    return PolicyEntry(
        code=f"card-{n}", title=Text("Card", "卡"), mark=f"{n:064x}", sealed_at=NOON + timedelta(days=n),
        stage=PolicyStage.EVALUATED, opened_at=NOON + timedelta(days=n, hours=1), **(said | facts),
    )  # fmt: skip


def adjusted(entries):
    return {one.code: one.hochberg for one in register_policies(entries).entries}


def test_a_card_that_calls_itself_simulated_is_a_look_like_any_other():
    """Else the word would buy a look at real figures that nobody counts."""
    register = register_policies([look(1, 0.04), look(2, 0.5, simulated=True)])
    assert (register.family, register.simulated) == (2, 1)
    assert {one.code: one.hochberg for one in register.entries} == {"card-1": 0.08, "card-2": None}


@settings(max_examples=60, deadline=None)
@given(some_p, st.lists(st.tuples(st.floats(0, 1), st.sampled_from(LESS)), max_size=6))
def test_what_is_no_finding_of_its_own_never_makes_another_better(p, others):
    """Benjamini and Hochberg's values fall where sure findings are added; a made-up one is no sure finding."""
    real = [look(n, one) for n, one in enumerate(p)]
    more = [look(100 + n, one, **facts) for n, (one, facts) in enumerate(others)]
    before, after = adjusted(real), adjusted([*real, *more])
    assert all(after[code] >= before[code] - 1e-12 for code in before)
    assert all(after[one.code] is None for one in more)


@settings(max_examples=60, deadline=None)
@given(some_p, st.lists(st.floats(0, 1), min_size=1, max_size=6))
def test_the_same_figures_looked_at_many_times_never_make_another_better(p, again):
    real = [look(n, one) for n, one in enumerate(p)]
    more = [look(100 + n, one, question=real[0].question, data="f" * 64) for n, one in enumerate(again)]
    before, after = adjusted(real), adjusted([*real, *more])
    assert all(after[code] >= before[code] - 1e-12 for code in before)
    assert all(after[one.code] >= one.p_value for one in more)  # for itself it stands, adjusted like the rest


def test_a_second_card_at_the_same_figures_counts_and_is_named():
    first = look(1, 0.01)
    other = PolicyOutcome(name=Text("Another name", "别名"), definition=CARD.outcome.definition,
                          measured_in=CARD.outcome.measured_in)  # fmt: skip
    named = question_of(replace(CARD, outcome=other, units=(PolicyUnit(name="Unit 1 ", first_period=2019),)))
    same_file = look(2, 0.02, question=named, data=first.data)  # under another name, in the same file and column
    same_name = look(3, 0.02, question=first.question)
    elsewhere = look(4, 0.02, data=first.data)  # the same file, of other units
    register = register_policies([first, same_file, same_name, elsewhere])
    assert {one.code for one in register.entries if one.again} == {"card-2", "card-3"}
    assert (register.family, register.again) == (4, 2)
    assert register_policies([first, replace(same_name, opened_at=NOON)]).entries[-1].again  # who opened first is first


def test_every_later_vintage_counts():
    register = register_policies([look(1, 0.04, vintages=2), look(2, 0.5)])
    assert (register.family, register.vintages) == (4, 2)
    assert adjusted([look(1, 0.04, vintages=2), look(2, 0.5)])["card-1"] == pytest.approx(0.16)


def test_an_estimate_without_a_p_value_is_a_look_and_a_refused_gate_is_none():
    seen, refused = look(2, None), look(3, None, estimated=False, grade="not-testable")
    assert register_policies([look(1, 0.04), seen]).family == 2
    assert register_policies([look(1, 0.04), refused]).family == 1
    assert register_policies([look(1, 0.04), replace(refused, doubt=Text("Changed.", "有改动。"))]).family == 2


def summary(grade, p=None, estimate=1.0, **facts):
    said = {"method": "imputation", "interval": None, "estimated": p is not None} | facts
    return ResultSummary(grade=grade, estimate=estimate, p_value=p, **said)


@pytest.mark.parametrize(
    ("first", "later", "grade", "p"),
    [
        (summary("suggestive", 0.03), [summary("supported", 0.001)], "suggestive", 0.03),  # nothing is bettered
        (summary("supported", 0.001), [summary("suggestive", 0.03)], "suggestive", 0.03),
        (summary("supported", 0.001), [summary("supported", 0.01), summary("inconclusive", 0.4)], "inconclusive", 0.4),
        (summary("supported", 0.001), [summary("supported", 0.001, estimate=-1.0)], "inconclusive", 1.0),  # turned
        (summary("supported", 0.001), [summary("not-testable")], "supported", 0.001),
        (summary("not-testable"), [summary("supported", 0.001)], "not-testable", None),
        (summary("supported", 0.001), [summary("supported", None)], "supported", 1.0),
    ],
)
def test_later_figures_weaken_a_result_and_never_better_it(first, later, grade, p):
    stands = stand_after(first, later)
    assert (stands.grade, stands.p_value) == (grade, p)
    assert stands.weakened is (grade != first.grade)


@settings(max_examples=60, deadline=None)
@given(st.floats(0, 1), st.lists(st.floats(0, 1), max_size=5))
def test_among_many_vintages_the_worst_stands(p, later):
    assert stand_after(summary("supported", p), [summary("supported", one) for one in later]).p_value == max(
        p, *later, p
    )


def test_a_card_is_read_from_its_bytes_and_each_changed_step_is_named():
    bundle = whole_bundle(CARD)
    evaluation = canonical_json({
        "verdict": {"grade": "supported", "says": [{"en": "Yes.", "zh": "是。"}]}, "primary": "imputation",
        "estimates": [{"method": "imputation", "estimate": 2.0, "p_value": 0.01, "interval": [1.0, 3.0]}],
    })  # fmt: skip
    evaluated = replace(bundle.evaluated, evaluation=evaluation)
    kept = KeptPolicy(
        mark=bundle.seal.mark, card=write_card(bundle.card), seal=canonical_json(bundle.seal.as_json()).decode(),
        opening=canonical_json(bundle.opening.as_json()).decode(), gate=bundle.gate.decode(),
        acceptance=canonical_json(bundle.acceptance.as_json()).decode(), evaluation=evaluation.decode(),
        evaluated=canonical_json(evaluated.as_json()).decode(),
    )  # fmt: skip
    named = {"title": Text("T", "题"), "code": "x", "sealed_at": NOON}
    entry = entry_of_kept(kept, **named, later=[summary("inconclusive", 0.3)])
    assert (entry.grade, entry.p_value, entry.weakened, entry.vintages) == ("inconclusive", 0.3, True, 1)
    assert entry.data == bundle.opening.data
    other = json.loads(kept.evaluated) | {"acceptance": "0" * 64}
    for changes, said in [
        ({"card": write_card(replace(bundle.card, document="No. 2"))}, "not the one that was sealed"),
        ({"mark": "0" * 64}, "not that of the mark"),
        ({"opening": kept.opening.replace(bundle.seal.mark, "0" * 64)}, "another seal"),
        ({"opening": kept.opening.replace(bundle.opening.data, "0" * 64)}, "another opening"),
        ({"gate": "{}"}, "not the one that was accepted"),
        ({"evaluation": kept.evaluation.replace("0.01", "0.001")}, "when it came out"),
        ({"evaluated": canonical_json(other).decode()}, "when it came out"),
        ({"acceptance": ""}, "when it came out"),
        ({"seal": "{"}, "cannot be read"),
    ]:
        changed = replace(kept, **changes)
        doubt = kept_doubt(changed)
        assert doubt is not None, changes
        assert said in doubt.en
        entry = entry_of_kept(changed, **named)
        assert (entry.p_value, entry.grade, entry.counts, entry.may_be_finding) == (None, None, True, False)
