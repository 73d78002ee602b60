"""Policies: how an office finds out, in a way that others can check, whether a policy did what it was meant to do.

First the plan is written and sealed, then the figures are opened. What they can tell at best is looked at before any
result. Every result stays in the register, and an outsider gets the same bytes from the bundle.
"""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from yucai.demo import PLANTED_EFFECT, demo_policies
from yucai.errors import FaultyInputError
from yucai.governance import (
    PolicyBundle,
    accept_gate,
    check_gate,
    check_vintage,
    entry_of_bundle,
    evaluate_card,
    gate_bytes,
    read_bundle,
    record_opening,
    register_policies,
    rerun_bundle,
    seal_card,
    tell_diagnostics,
    tell_estimates,
    verify_bundle,
    write_bundle,
)
from yucai.governance.effects import RULES_VERSION
from yucai.governance.policies.bundles import PARTS, _packed, _unpacked
from yucai.governance.policies.writing import canonical_json, card_bytes, hash_of

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
TUESDAY, WEDNESDAY, THURSDAY = (MONDAY + timedelta(days=n) for n in (1, 2, 3))


def gone_through(policy):
    """Seal on Monday, open on Tuesday, see the gate on Wednesday, work out on Thursday."""
    seal = seal_card(policy.card, at=MONDAY, by="Li Ming")
    opening = record_opening(seal, policy.data, at=TUESDAY, by="Li Ming")
    gate = gate_bytes(check_gate(policy.card, policy.data))
    acceptance = accept_gate(opening, gate, at=WEDNESDAY, by="Wang Fang")
    done = evaluate_card(
        policy.card, policy.data, seal=seal, opening=opening, acceptance=acceptance, at=THURSDAY, by="Li Ming"
    )
    return PolicyBundle(
        card=policy.card, seal=seal, data=policy.data, opening=opening, gate=gate, acceptance=acceptance,
        evaluated=done,
    )  # fmt: skip


@pytest.fixture(scope="module")
def policies():
    return demo_policies()


@pytest.fixture(scope="module")
def bundles(policies):
    return [gone_through(one) for one in policies]


# 1. The seal comes before the figures


def test_a_sealed_card_has_a_mark_that_stands_for_every_letter_of_it(policies):
    seal = seal_card(policies[0].card, at=MONDAY, by="Li Ming")
    assert len(seal.mark) == 64
    assert seal_card(policies[0].card, at=TUESDAY, by="Li Ming").mark != seal.mark
    assert seal.versions.keys() >= {"yucai", "python", "numpy", "code"}


def test_figures_are_not_opened_before_the_seal(policies):
    seal = seal_card(policies[0].card, at=TUESDAY, by="Li Ming")
    with pytest.raises(FaultyInputError, match="A plan is sealed first"):
        record_opening(seal, policies[0].data, at=MONDAY, by="Li Ming")


# 2. The gate: what can be told at best, before any result


def test_the_gate_says_how_small_an_effect_could_be_found(policies):
    gate = check_gate(policies[0].card, policies[0].data)
    assert gate.testable
    assert gate.mde is not None
    assert "smallest effect" in " ".join(one.en for one in gate.says)


def test_the_gate_does_not_hang_on_what_happened_after_the_policy(policies):
    real = policies[0]
    lines = real.data.decode().splitlines()
    treated = {unit.name for unit in real.card.units}
    changed = [
        line.replace(line.split(",")[2], "999999") if line.split(",")[0] in treated and line.split(",")[1] > "2016"
        else line for line in lines
    ]  # fmt: skip
    assert changed != lines
    other = ("\n".join(changed) + "\n").encode()
    assert gate_bytes(check_gate(real.card, other)) == gate_bytes(check_gate(real.card, real.data))


def test_nothing_is_worked_out_before_somebody_accepted_this_very_gate(policies):
    policy = policies[1]
    seal = seal_card(policy.card, at=MONDAY, by="Li Ming")
    opening = record_opening(seal, policy.data, at=TUESDAY, by="Li Ming")
    other = accept_gate(opening, b"what I had hoped to see", at=WEDNESDAY, by="Wang Fang")
    with pytest.raises(FaultyInputError, match="Wang Fang"):
        evaluate_card(policy.card, policy.data, seal=seal, opening=opening, acceptance=other, at=THURSDAY, by="Li Ming")
    with pytest.raises(FaultyInputError, match="Give the name of a person"):
        accept_gate(opening, b"x", at=WEDNESDAY, by="")


def test_a_card_changed_after_its_seal_and_other_figures_are_both_named_at_once(policies, bundles):
    bundle = bundles[1]
    steps = {"seal": bundle.seal, "opening": bundle.opening, "acceptance": bundle.acceptance}
    with pytest.raises(FaultyInputError) as refused:
        evaluate_card(replace(bundle.card, horizon=3), bundle.data + b"\n", **steps, at=THURSDAY, by="Li Ming")
    assert {"card-changed", "other-data"} <= {fault.code for fault in refused.value.faults}


# 3. The result


def test_a_planted_effect_is_found(bundles):
    result = json.loads(bundles[1].evaluated.evaluation)
    assert result["verdict"]["grade"] == "supported"
    primary = next(one for one in tell_estimates(result) if one.primary)
    assert primary.interval[0] < PLANTED_EFFECT < primary.interval[1]
    assert len(tell_estimates(result)) == 3  # side by side, none averaged
    assert {one.title.en for one in tell_diagnostics(result)} >= {"Before the policy", "Without one unit"}
    said = " ".join(one.says.en for one in tell_diagnostics(result))
    assert "A drift that would make the whole effect by itself would have been seen with a chance of 100%." in said
    assert "An effect of the size found would have been seen there with a chance of 100%." in said
    assert "4 periods earlier" in said  # half of the eight years before it, though the card names 2 alone


def test_a_real_policy_of_which_too_little_can_be_seen_stays_open_and_says_what_would_decide_it(bundles):
    result = json.loads(bundles[0].evaluated.evaluation)
    assert result["verdict"]["grade"] == "inconclusive"
    assert "would be needed" in " ".join(one["en"] for one in result["verdict"]["says"])


def test_what_cannot_be_tested_has_no_figures_and_says_why(bundles):
    result = json.loads(bundles[2].evaluated.evaluation)
    assert result["verdict"]["grade"] == "not-testable"
    assert tell_estimates(result) == ()
    assert tell_diagnostics(result) == ()
    assert len(result["verdict"]["says"]) > 1


# 4. The bundle, and the outsider who runs it again


def test_an_outsider_gets_the_same_bytes(bundles):
    again = rerun_bundle(write_bundle(bundles[2]), mark=bundles[2].seal.mark)
    assert again.same
    assert "逐字节相同" in again.in_language("zh")


def test_a_result_that_was_never_worked_out_so_is_found_and_its_place_named(bundles):
    """The forger changes the result and mends every hash; only working it out again shows it."""
    bundle = bundles[1]
    result = json.loads(bundle.evaluated.evaluation)
    result["estimates"][0]["estimate"] = 9.9
    forged = json.dumps(result, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    packed = write_bundle(replace(bundle, evaluated=replace(bundle.evaluated, evaluation=forged)))
    assert verify_bundle(packed).whole
    again = rerun_bundle(packed)
    assert not again.same
    assert [one.where for one in again.differences] == ["evaluation.json › estimates › 1 › estimate"]
    assert "9.9" in again.in_language("en")


def test_a_card_sealed_under_earlier_rules_is_read_and_the_difference_is_said_plainly(bundles):
    """A bundle of the time of rules 1.1: its seal says so, and a result that differs is not put down to last digits."""
    bundle = bundles[1]
    seal = replace(bundle.seal, rules="1.1")
    opening = replace(bundle.opening, seal=seal.mark)
    acceptance = replace(bundle.acceptance, opening=hash_of(canonical_json(opening.as_json())))
    then = json.loads(bundle.evaluated.evaluation)
    then["verdict"]["rules_version"], then["verdict"]["grade"] = "1.1", "suggestive"
    evaluation = json.dumps(then, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    chained = hash_of(canonical_json(acceptance.as_json()))
    evaluated = replace(bundle.evaluated, evaluation=evaluation, acceptance=chained)
    old = replace(bundle, seal=seal, opening=opening, acceptance=acceptance, evaluated=evaluated)
    again = rerun_bundle(write_bundle(old), mark=seal.mark)
    assert again.checked.whole
    assert again.rules == ("1.1", RULES_VERSION)
    assert {one.where for one in again.differences} == {
        "evaluation.json › verdict › grade", "evaluation.json › verdict › rules_version",
    }  # fmt: skip
    assert "rules of the verdict had version 1.1; here they have 1.2" in again.in_language("en")
    assert "政策卡封存时结论规则为 1.1 版，本机为 1.2 版" in again.in_language("zh")


def test_a_card_from_before_neighbours_had_to_be_named_has_the_bytes_it_had(policies):
    """What is new in a plan is written only where it is said, so that seals of earlier cards still fit."""
    old = policies[0].card
    assert old.plan.no_neighbours is None
    assert b"no_neighbours" not in card_bytes(old)


def test_a_bundle_that_was_changed_is_not_run(bundles):
    parts, _faults = _unpacked(write_bundle(bundles[2]))
    parts["data.csv"] = parts["data.csv"].replace(b"2021", b"2031", 1)
    parts["manifest.json"] = canonical_json({name: hash_of(parts[name]) for name in PARTS[:-1]})
    again = rerun_bundle(_packed(parts))
    assert not again.same
    assert "data.csv" in again.in_language("en")


# 5. The register


def test_all_results_are_listed_and_each_has_its_adjusted_p_value(bundles):
    register = register_policies(entry_of_bundle(read_bundle(write_bundle(one))) for one in bundles)
    listed = {one.code: one for one in register.entries}
    assert {one.grade for one in listed.values()} == {"supported", "inconclusive", "not-testable"}
    assert listed["dual-mentors"].hochberg is None
    assert (register.family, register.simulated) == (2, 1)  # what is called simulated is a look, too, and no finding
    real = listed["reform-pilots-2015"]
    assert real.hochberg == min(1.0, 2 * real.p_value)
    assert listed["project-year"].p_value < 0.05
    assert listed["project-year"].hochberg is None


# 6. A later vintage of the figures


def test_a_revised_figure_is_counted_and_what_moved_is_shown(policies):
    policy = policies[1]
    lines = policy.data.decode().splitlines()
    place = next(n for n, line in enumerate(lines) if line.startswith("Programme 01,2021"))
    lines[place] = "Programme 01,2021,60.0"
    check = check_vintage(policy.card, policy.data, ("\n".join(lines) + "\n").encode())
    assert [(cell.unit, cell.period, cell.second) for cell in check.revised] == [("Programme 01", 2021, 60.0)]
    assert all(one.first != one.second for one in check.moved)
    assert "1 of 288 figures were revised" in check.says[0].en
    assert check_vintage(policies[2].card, policies[2].data, policies[2].data).says[0].en.startswith("Both files")
