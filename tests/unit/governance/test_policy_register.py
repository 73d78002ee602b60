"""False-discovery control over the register: equal to statsmodels, and no way to better it by leaving results out."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from tests.unit.governance.cards import NOON, small_card
from yucai.errors import FaultyInputError
from yucai.governance import (
    PolicyDirection,
    PolicyEntry,
    PolicyStage,
    adjust_benjamini_hochberg,
    adjust_benjamini_yekutieli,
    register_policies,
    tell_verdict,
)
from yucai.texts import Text

p_values = st.lists(st.floats(0, 1), min_size=1, max_size=40)


def entry(n, p=None, **facts):
    """A card with a result, a null one where ``p`` is large; without ``p`` it could not be tested."""
    grade = "not-testable" if p is None else "inconclusive"
    said = {"stage": PolicyStage.EVALUATED, "grade": grade, "p_value": p} | facts
    return PolicyEntry(
        code=f"card-{n}",
        title=Text(f"Card {n}", f"卡 {n}"),
        mark=f"{n:064x}",
        sealed_at=NOON + timedelta(days=n),
        **said,
    )


def waiting(n, **facts):
    return entry(n, stage=PolicyStage.OPENED, grade=None, **facts)


def hochberg(register):
    return {one.code: one.hochberg for one in register.entries}


@settings(max_examples=200, deadline=None)
@given(p_values)
def test_the_adjusted_values_are_those_of_statsmodels(p):
    for ours, name in [(adjust_benjamini_hochberg, "fdr_bh"), (adjust_benjamini_yekutieli, "fdr_by")]:
        np.testing.assert_allclose(ours(p), multipletests(p, method=name)[1], rtol=1e-12, atol=1e-300)


@settings(max_examples=100, deadline=None)
@given(p_values, st.randoms())
def test_adjusted_values_are_no_smaller_keep_the_order_and_do_not_hang_on_it(p, random):
    for adjust in (adjust_benjamini_hochberg, adjust_benjamini_yekutieli):
        adjusted = adjust(p)
        assert (adjusted >= np.asarray(p) - 1e-15).all()
        assert (adjusted <= 1).all()
        order = np.argsort(p, kind="stable")
        assert (np.diff(adjusted[order]) >= 0).all()
        shuffled = list(range(len(p)))
        random.shuffle(shuffled)
        np.testing.assert_array_equal(adjust([p[n] for n in shuffled]), adjusted[shuffled])
    assert (adjust_benjamini_yekutieli(p) >= adjust_benjamini_hochberg(p) - 1e-15).all()


def test_one_look_is_not_adjusted_and_none_gives_none():
    assert adjust_benjamini_hochberg([0.03]).tolist() == [0.03]
    assert adjust_benjamini_hochberg([]).tolist() == []


@pytest.mark.parametrize("wrong", [[0.2, -0.1], [1.1], [float("nan"), 0.5]])
def test_what_is_no_p_value_is_named(wrong):
    with pytest.raises(FaultyInputError, match="lies between 0 and 1"):
        adjust_benjamini_hochberg(wrong)


def test_every_card_is_listed_whatever_came_of_it():
    register = register_policies([entry(1, 0.01), entry(2, 0.9), entry(3), waiting(4), entry(5, replaced=True)])
    assert [one.code for one in register.entries] == ["card-5", "card-4", "card-3", "card-2", "card-1"]
    assert (register.family, register.open) == (3, 1)
    assert hochberg(register) == {
        "card-1": pytest.approx(0.03), "card-2": 1.0, "card-3": None, "card-4": None, "card-5": None,
    }  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(p_values, st.floats(0, 1))
def test_leaving_a_result_out_never_makes_another_look_better(p, held_back):
    told = hochberg(register_policies([*(entry(n, one) for n, one in enumerate(p)), entry(99, held_back)]))
    kept = hochberg(register_policies([*(entry(n, one) for n, one in enumerate(p)), waiting(99)]))
    assert all(kept[code] >= told[code] - 1e-15 for code in kept if code != "card-99")


def test_a_card_replaced_before_anybody_looked_is_no_look_and_one_whose_data_were_opened_is():
    sealed = replace(waiting(2, replaced=True), stage=PolicyStage.SEALED)
    assert register_policies([entry(1, 0.04), sealed]).family == 1
    assert hochberg(register_policies([entry(1, 0.04), waiting(2, replaced=True)]))["card-1"] == 0.08


def test_among_null_policies_findings_are_as_rare_as_promised():
    rng = np.random.default_rng(20261128)
    false = [(adjust_benjamini_hochberg(rng.uniform(size=20)) <= 0.1).any() for _draw in range(2_000)]
    assert 0.08 < np.mean(false) < 0.12  # with nothing but nulls a false finding is a false discovery: 10 %


def test_a_verdict_says_first_where_a_policy_did_the_contrary_of_what_it_was_meant_to_do():
    card = small_card()
    for direction, estimate, said in [
        (PolicyDirection.UP, -2.0, "meant to raise"),
        (PolicyDirection.DOWN, 2.0, "meant to lower"),
        (PolicyDirection.UP, 2.0, ""),
        (PolicyDirection.DOWN, -2.0, ""),
        (PolicyDirection.EITHER, -2.0, ""),
    ]:
        result = {
            "verdict": {"grade": "supported", "says": [{"en": "Supported.", "zh": "得到支持。"}]},
            "estimates": [{"method": "imputation", "estimate": estimate}], "primary": "imputation",
        }  # fmt: skip
        meant = replace(card, outcome=replace(card.outcome, direction=direction))
        found = tell_verdict(meant, result)
        assert [one.en for one in found[-1:]] == ["Supported."]
        assert len(found) == (2 if said else 1)
        assert said in found[0].en
        result["verdict"]["grade"] = "inconclusive"
        assert len(tell_verdict(meant, result)) == 1
