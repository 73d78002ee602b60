"""A model joins only where the past shows that it beats the rules, is refused elsewhere, and drift switches it off."""

import re
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from yucai.errors import YucaiError
from yucai.matching import (
    DriftRule,
    DriftState,
    JoinRule,
    ModelNotAdmittedError,
    PastCase,
    SupportBand,
    SupportDataError,
    SupportSigns,
    Work,
    admit_model,
    compare_with_rules,
    fit_support_model,
    support_list,
    watch_drift,
)
from yucai.texts import Text

QUICK = JoinRule(rounds=100)
EVENT = Text("later left or failed", "后来退学或不及格")


def a_past(seed, n, *, of_results, starts=date(2024, 9, 1), cohort="2024", first=0):
    """Learners with two pieces of work. The event hangs on the result where ``of_results``, else on work missing."""
    rng = np.random.default_rng(seed)
    day, cases = starts + timedelta(days=35), []
    for number in range(n):
        came, result = rng.random() < 0.85, rng.uniform(0.62, 1.0)
        works = (
            Work(reference="1", due=starts + timedelta(days=10), handed_in=starts + timedelta(days=9), result=result,
                 pass_mark=0.6),
            Work(reference="2", due=starts + timedelta(days=25),
                 handed_in=starts + timedelta(days=24) if came else None),
        )  # fmt: skip
        risk = 0.9 * (result < 0.72) + 0.04 if of_results else (0.08 if came else 0.7)
        happened = bool(rng.random() < risk)
        signs = SupportSigns(learner=f"{cohort}-{first + number}", as_of=day, works=works, joined=starts)
        on = day + timedelta(days=int(rng.integers(5, 60))) if happened else None
        cases.append(PastCase(signs=signs, cohort=cohort, happened=happened, on=on))
    return cases


def two_years(seed, *, of_results):
    return a_past(seed, 500, of_results=of_results) + a_past(
        seed + 1, 500, of_results=of_results, starts=date(2025, 9, 1), cohort="2025"
    )


@pytest.fixture(scope="module")
def helped():
    """A past in which the rules miss what the results tell."""
    past = two_years(3, of_results=True)
    return past, compare_with_rules(past, seed=1, rule=QUICK)


@pytest.fixture(scope="module")
def admitted(helped):
    past, comparison = helped
    model = fit_support_model(past, version="2026-1", made_on=date(2026, 1, 9), event=EVENT)
    return admit_model(model, comparison)


def test_a_model_that_beats_the_rules_joins_and_says_by_how_much(helped):
    _, found = helped
    assert found.joins
    for split in (found.learners, found.later):
        assert split.difference("model", "rules").precision.low > 0
        assert split.method("model").precision.value > split.method("rules").precision.value + 0.2
        assert 5 <= split.method("model").lead_days <= 60
    assert any("more right than the rules" in text.en for text in found.because)


def test_a_model_that_adds_nothing_does_not_join_and_the_reason_is_said():
    found = compare_with_rules(two_years(5, of_results=False), seed=1, rule=QUICK)
    assert not found.joins
    assert any("it has to lie above 0" in text.en for text in found.because)
    for text in found.because:
        assert re.search(r"[\u4e00-\u9fff]", text.zh)


def test_without_later_cohorts_no_model_joins():
    found = compare_with_rules(a_past(3, 600, of_results=True), seed=1, rule=QUICK)
    assert found.later is None
    assert not found.joins
    assert "no later cohorts" in " ".join(text.en for text in found.because)


def test_the_order_of_cases_changes_nothing_and_one_seed_gives_one_result(helped):
    past, found = helped
    assert compare_with_rules(past[::-1], seed=1, rule=QUICK) == found


def test_a_learner_with_two_cases_is_never_on_both_sides(helped):
    """Both years of one learner tell the same made-up secret; held out by learner, it cannot be used."""
    past, _ = helped
    twice = [
        replace(case, signs=replace(case.signs, learner=case.signs.learner.split("-")[1])) for case in past
    ]  # fmt: skip
    found = compare_with_rules(twice, seed=1, rule=QUICK)
    assert found.later is None  # nobody in the later year is new


def test_too_small_a_past_is_refused_with_its_counts():
    with pytest.raises(SupportDataError, match="The past holds 40 cases"):
        compare_with_rules(a_past(1, 40, of_results=True), seed=1)
    with pytest.raises(SupportDataError, match="The model is to read clicks, and 1000 of 1000 cases have none"):
        compare_with_rules(two_years(3, of_results=True), seed=1, clicks=True)


def test_a_past_that_is_large_enough_to_compare_may_still_be_too_small_to_join():
    past = a_past(3, 130, of_results=True) + a_past(4, 130, of_results=True, starts=date(2025, 9, 1), cohort="2025")
    found = compare_with_rules(past, seed=1, rule=QUICK)
    assert not found.joins
    assert found.because[0].en.startswith("The past holds 260 cases")


def test_an_untested_or_refused_model_cannot_be_used(admitted):
    model = replace(admitted, tested=None)
    with pytest.raises(ModelNotAdmittedError, match="has not been tested on past data of this school"):
        support_list([], as_of=date(2026, 10, 6), model=model)
    no = compare_with_rules(two_years(5, of_results=False), seed=1, rule=QUICK)
    with pytest.raises(ModelNotAdmittedError, match="did not show that it beats the rules"):
        admit_model(model, no)
    assert issubclass(ModelNotAdmittedError, YucaiError)


def test_an_admitted_model_gives_a_reason_that_can_be_said_aloud_and_takes_nobody_off(admitted):
    signs = [case.signs for case in a_past(9, 80, of_results=True, starts=date(2026, 9, 1), cohort="2026")]
    as_of = signs[0].as_of
    alone, both = support_list(signs, as_of=as_of), support_list(signs, as_of=as_of, model=admitted)
    assert {entry.learner for entry in alone.entries} <= {entry.learner for entry in both.entries}
    assert both.model == "2026-1"
    spoken = [(entry, reason) for entry in both.entries for reason in entry.reasons if reason.rule.code == "model"]
    assert spoken
    for entry, reason in spoken:
        assert entry.band is SupportBand.TALK
        assert reason.rule.tested
        assert reason.says.en.startswith("A model learned from 1000 learners of earlier terms. Of 100 whose work")
        assert "later left or failed. What weighs most here: results so far" in reason.says.en
        assert "后来退学或不及格" in reason.says.zh
        assert reason.against[0] in entry.contrary


def test_the_weights_stand_for_what_they_say(admitted):
    weight = dict(zip(admitted.features, admitted.weights, strict=True))
    assert weight["mean-result"] < -0.5
    assert admitted.n_cases == 1000
    assert admitted.cohorts == ("2024", "2025")


def test_a_model_holds_where_nothing_changed(admitted):
    recent = a_past(21, 400, of_results=True, starts=date(2026, 9, 1), cohort="2026")
    found = watch_drift(admitted, recent, seed=1, rule=DriftRule(rounds=100))
    assert found.state is DriftState.HOLDS
    assert not found.off


def test_a_model_goes_off_where_what_it_learned_no_longer_holds_and_the_list_says_so(admitted):
    recent = a_past(22, 400, of_results=False, starts=date(2026, 9, 1), cohort="2026")
    found = watch_drift(admitted, recent, seed=1, rule=DriftRule(rounds=100))
    assert found.off
    signs = [case.signs for case in recent]
    told = support_list(signs, as_of=signs[0].as_of, model=admitted, drift=found)
    assert told.model == ""
    assert found.says[0] in told.not_counted
    assert told.entries == support_list(signs, as_of=signs[0].as_of).entries
    with pytest.raises(ModelNotAdmittedError, match="what was watched is model 2026-1"):
        support_list([], as_of=date(2026, 10, 6), model=replace(admitted, version="2026-2"), drift=found)


def test_few_recent_cases_tell_nothing(admitted):
    found = watch_drift(admitted, a_past(21, 60, of_results=True), seed=1)
    assert found.state is DriftState.CANNOT_TELL
    assert found.says[0].en.startswith("Model 2026-1: 60 recent cases")
