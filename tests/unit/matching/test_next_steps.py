"""Next steps: at most two, each on sure ground, of one's own profile alone, and the same words for the same profile."""

from dataclasses import fields, replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from yucai.framework import load_framework, load_practices, load_talent_types
from yucai.matching import MOST_STEPS, EvidenceWay, Place, StepRule, WayKind, next_steps, places_of
from yucai.measurement import EnoughRule, Profile

PACK = load_practices("practices-nine-qualities")
NINE = [entry.code for entry in load_framework("nine-qualities").qualities]
TYPES = [kind.code for kind in load_talent_types("talent-types").types]
OWN = EvidenceWay(kind=WayKind.OWN_WORK)
TEST = EvidenceWay(kind=WayKind.TEST, name="autumn", reference="7")


def place(quality, mean=0.0, std_error=0.3, n=6, *, enough=True):
    ends = mean - 1.645 * std_error, mean + 1.645 * std_error
    return Place(quality=quality, mean=mean, std_error=std_error, lower90=ends[0], upper90=ends[1], n_evidence=n,
                 enough=enough)  # fmt: skip


@st.composite
def profiles(draw):
    """A place for some qualities, in any order."""
    chosen = draw(st.permutations(NINE))[: draw(st.integers(0, 9))]
    means, errors = st.floats(-3, 3), st.floats(0.05, 0.8)
    return [
        place(code, draw(means), draw(errors), draw(st.integers(0, 30)), enough=draw(st.booleans())) for code in chosen
    ]


WAYS = st.dictionaries(st.sampled_from(NINE), st.lists(st.sampled_from([OWN, TEST]), max_size=2))
KINDS = st.sampled_from(["", "unknown", *TYPES])


def steps(places, talent_type="", ways=None, **more):
    return next_steps(places, practices=PACK, talent_type=talent_type, ways=ways, **more)


def by_rule(found):
    return {step.rule: step for step in found.steps}


@given(profiles(), KINDS, WAYS)
def test_never_more_than_two_never_one_quality_twice_and_each_rule_speaks_or_says_why(places, kind, ways):
    found = steps(places, kind, ways)
    assert len(found.steps) <= MOST_STEPS
    assert len({step.quality for step in found.steps}) == len(found.steps)
    assert [step.rule for step in found.steps] == sorted((step.rule for step in found.steps), key=list(StepRule).index)
    silent = set(StepRule) - {step.rule for step in found.steps} - {none.rule for none in found.abstained}
    assert not silent or len(found.steps) == MOST_STEPS


@given(profiles(), KINDS, WAYS)
def test_no_step_is_inside_the_noise_of_what_it_speaks_of(places, kind, ways):
    held = {one.quality: one for one in places}
    for step in steps(places, kind, ways).steps:
        low, high = held[step.quality].printed
        if step.rule is StepRule.BUILD:
            assert held[step.quality].enough
            assert low > 0
        elif step.rule is StepRule.CLOSE:
            assert held[step.quality].enough
            assert high < step.target == PACK.begins(PACK.targets[kind][step.quality])
        else:
            assert not held[step.quality].enough
            assert step.way in ways[step.quality]


@given(profiles(), KINDS, WAYS, st.randoms(use_true_random=False))
def test_the_order_in_which_places_come_changes_nothing(places, kind, ways, chance):
    mixed = chance.sample(places, len(places))
    assert steps(mixed, kind, ways) == steps(places, kind, ways)


@given(profiles(), KINDS, st.floats(0, 2))
def test_a_surer_ground_stays_the_ground(places, kind, more):
    """The higher a chosen strength, and the lower a chosen gap, the more it is the one."""
    found = by_rule(steps(places, kind))
    for rule, way in ((StepRule.BUILD, 1), (StepRule.CLOSE, -1)):
        if rule in found:
            moved = [
                replace(one, mean=one.mean + way * more, lower90=one.lower90 + way * more,
                        upper90=one.upper90 + way * more) if one.quality == found[rule].quality else one
                for one in places
            ]  # fmt: skip
            again = {step.rule: step.quality for step in steps(moved, kind).steps}
            # a strength may take the place of a gap of the same quality, never the other way round
            assert again.get(rule) == found[rule].quality


@given(st.lists(st.floats(-4, 4), min_size=2, max_size=20))
def test_who_stands_higher_is_never_given_a_lower_level(means):
    levels = [PACK.next_level(mean) for mean in sorted(means)]
    assert levels == sorted(levels)


@given(profiles(), KINDS, WAYS)
def test_what_is_set_aside_does_not_come_back_and_every_part_is_said_in_both_languages(places, kind, ways):
    first = steps(places, kind, ways)
    keys = {step.key for step in first.steps}
    assert not keys & {step.key for step in steps(places, kind, ways, set_aside=keys).steps}
    for step in first.steps:
        for part in fields(step.words):
            said = getattr(step.words, part.name)
            assert said.en.strip()
            assert said.zh.strip()
            assert "{" not in said.en + said.zh


def test_strengths_come_first_then_the_surest_gap_to_the_target_of_the_talent_type():
    places = [
        place("innovation", 0.9), place("scientific-spirit", 1.4, 0.6), place("practical-literacy", -0.9),
        place("frontier-knowledge", -1.4, 0.3), place("home-country-feeling", -3.0),
    ]  # fmt: skip
    first, second = steps(places, "engineer", {code: [OWN] for code in NINE}).steps
    assert (first.rule, first.quality, first.level) == (StepRule.BUILD, "innovation", 5)  # 3 errors above, not 2.3
    assert (second.rule, second.quality, second.level) == (StepRule.CLOSE, "practical-literacy", 3)
    assert second.target == 0.5
    assert second.words.reason.en.startswith(
        "Your talent type, engineer, aims at level 4 of practical literacy, “Strong”, which begins at +0.5. You stand "
        "at −0.9 [−1.4, −0.4], from 6 pieces of evidence."
    )
    assert second.words.rule.zh == "规则“与目标最明确的差距”1.0 版，未经检验。实践建议出自“九项素养实践建议”1.0 版。"


def test_where_there_is_no_ground_it_says_so():
    found = steps([place(code) for code in NINE], "")
    assert found.steps == ()
    assert [one.why.en for one in found.abstained] == [
        "No quality stands clearly above the average yet, so no step builds on one.",
        "No talent type with a target is on record, so no gap is spoken of.",
        "There is enough evidence of every quality, or no way open to show more.",
    ]
    assert steps([place(code, 0.4) for code in NINE], "scientist").abstained[1].why.zh.startswith("证据充足的素养中")


def test_what_is_soonest_known_is_asked_for_first_and_ties_go_by_the_order_of_the_framework():
    grey = [place(code, n=n, enough=False) for code, n in (("innovation", 2), ("scientific-spirit", 0))]
    ways = {"innovation": [OWN], "scientific-spirit": [OWN, TEST]}
    found = steps(grey, ways=ways).steps
    assert [(step.quality, step.way) for step in found] == [("scientific-spirit", TEST)]
    assert found[0].words.do.en == "Take the test “autumn”, which is open to you."
    later = steps(grey, ways={**ways, "scientific-spirit": [OWN]}).steps
    assert later[0].quality == "innovation"  # two pieces are nearer to enough than none
    tied = [place(code, enough=False) for code in ("innovation", "interdisciplinary-literacy")]
    assert steps(tied, ways={code: [OWN] for code in NINE}).steps[0].quality == "interdisciplinary-literacy"


def test_the_places_of_a_profile_are_in_sds_of_all_units():
    one = np.ones(1)
    profile = Profile(
        learner="a", occasion=None, qualities=("innovation",), mean=2 * one, covariance=np.eye(1), lower90=0.4 * one,
        upper90=3.6 * one, n_evidence=np.array([5]), kinds=(("exam",),), enough=np.array([True]), spread=2 * one,
        rule=EnoughRule(),
    )  # fmt: skip
    (found,) = places_of(profile)
    assert (found.mean, found.std_error, found.lower90, found.upper90) == (1.0, 0.5, 0.2, 1.8)
    assert (found.n_evidence, found.enough) == (5, True)
