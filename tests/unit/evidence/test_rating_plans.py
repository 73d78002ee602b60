"""Plans: whatever the college, conflicts are kept apart, loads hold, raters are linked, and names mean nothing."""

# One sentence a line, however long, so that both languages can be read side by side.
# ruff: noqa: E501

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.sparse.csgraph import maximum_flow

from tests.unit.evidence.rating_making import (
    RUBRIC,
    a_plan,
    colleges,
    conflict,
    sets_by_walking,
    works,
)
from yucai.errors import FaultyInputError
from yucai.evidence import (
    ConflictReason,
    LearnersShown,
    RatedWork,
    RatingPlan,
    RatingPlanFileError,
    RatingSeat,
    UnknownRaterError,
    add_seats,
    check_design,
    drawn_again,
    plan_ratings,
)


def planned(college, rater="r", work="W"):
    raters = [f"{rater}{n}" for n in range(college["n_raters"])]
    limits = {raters[n]: most for n, most in enumerate(college["capacity"]) if most is not None}
    return plan_ratings(
        [RatedWork(code=f"{work}{n}", title="t", learners=(f"L{n}",)) for n in range(college["n_works"])],
        raters,
        RUBRIC,
        code="any",
        occasion="o",
        rng=np.random.default_rng(college["seed"]),
        each=college["each"],
        common=college["common"],
        conflicts=[conflict(raters[r], f"L{w}") for r, w in sorted(college["apart"])],
        capacity=limits,
    )


def seats_that_fit(college, common):
    """How many of the seats asked for can be filled at all: the greatest flow, by SciPy; None if common ones cannot."""
    n_works, n_raters = college["n_works"], college["n_raters"]
    room = [n_works if most is None else most for most in college["capacity"]]
    for w in common:
        for r in range(n_raters):
            room[r] -= (r, w) not in college["apart"]
    if min(room) < 0:
        return None
    flow = np.zeros((n_works + n_raters + 2,) * 2, dtype=np.int32)
    for w in set(range(n_works)) - common:
        flow[0, 1 + w] = college["each"]
        for r in range(n_raters):
            flow[1 + w, 1 + n_works + r] = (r, w) not in college["apart"]
    flow[1 + n_works : -1, -1] = room
    return maximum_flow(sparse.csr_matrix(flow), 0, n_works + n_raters + 1).flow_value


@settings(max_examples=100)
@given(colleges())
def test_any_plan_keeps_conflicts_capacity_and_the_number_of_raters(college):
    try:
        plan = planned(college)
    except FaultyInputError:
        return
    taken = {(int(seat.rater[1:]), int(seat.work[1:])) for seat in plan.seats}
    assert len(taken) == len(plan.seats)
    assert not taken & college["apart"]
    for r, most in enumerate(college["capacity"]):
        assert most is None or sum(rater == r for rater, _work in taken) <= most
    for w in range(college["n_works"]):
        free = sum((r, w) not in college["apart"] for r in range(college["n_raters"]))
        on = sum(work == w for _rater, work in taken)
        assert on == (free if f"W{w}" in plan.common else college["each"])
    assert check_design(plan).faults == ()


@settings(max_examples=100)
@given(colleges())
def test_a_plan_is_refused_only_where_there_is_none(college):
    college["common"] = 0
    asked = college["each"] * college["n_works"]
    try:
        planned(college)
    except FaultyInputError:
        assert seats_that_fit(college, set()) < asked
    else:
        assert seats_that_fit(college, set()) == asked


@settings(max_examples=60)
@given(colleges())
def test_linked_raters_are_those_that_walking_finds(college):
    try:
        plan = planned(college)
    except FaultyInputError:
        assume(False)
    assert {frozenset(raters) for raters in check_design(plan).sets} == sets_by_walking(plan)


@settings(max_examples=60)
@given(colleges())
def test_the_changes_that_are_proposed_link_all_that_can_be_linked(college):
    try:
        plan = planned(college)
    except FaultyInputError:
        assume(False)
    report = check_design(plan)
    changed = check_design(add_seats(plan, report.changes))
    assert len(changed.sets) == 1 + len(report.cut_off)
    assert changed.faults == ()


@settings(max_examples=60)
@given(n_raters=st.integers(2, 7), further=st.integers(0, 10), each=st.integers(2, 3), seed=st.integers(0, 999))
@example(n_raters=7, further=0, each=2, seed=5)
def test_without_conflicts_loads_differ_by_one_at_most_and_all_raters_are_linked(n_raters, further, each, seed):
    each = min(each, n_raters)
    plan = a_plan(n_raters + further, [f"r{n}" for n in range(n_raters)], seed=seed, each=each)
    loads = [len(plan.works_of(rater)) for rater in plan.raters]
    assert max(loads) - min(loads) <= 1
    assert check_design(plan).separable


@settings(max_examples=100)
@given(colleges())
def test_names_change_nothing_but_names(college):
    try:
        plan = planned(college)
    except FaultyInputError:
        with pytest.raises(FaultyInputError):
            planned(college, rater="z", work="A")
        return
    other = planned(college, rater="z", work="A")
    renamed = [RatingSeat(rater=f"z{seat.rater[1:]}", work=f"A{seat.work[1:]}") for seat in plan.seats]
    assert list(other.seats) == renamed
    said = check_design(plan).in_language("en")
    assert len(said.splitlines()) == len(check_design(other).in_language("en").splitlines())


def test_pairs_of_raters_share_works_evenly():
    plan = a_plan(20, ["a", "b", "c", "d", "e"])
    on = {work.code: {seat.rater for seat in plan.seats if seat.work == work.code} for work in plan.works}
    shared = [sum({a, b} <= raters for raters in on.values()) for a in "abcde" for b in "abcde" if a < b]
    assert shared == [2] * 10


def test_the_seed_of_a_plan_draws_it_again():
    plan = a_plan(12, ["a", "b", "c", "d"], common=2, conflicts=[conflict("a", "L03")], capacity=9)
    assert drawn_again(plan) == plan
    assert a_plan(12, ["a", "b", "c", "d"], common=2, seed=2).seats != plan.seats


def test_seats_added_by_hand_are_not_what_the_seed_draws():
    grown = add_seats(a_plan(), [next(free_seats(a_plan()))])
    assert grown != a_plan()
    assert drawn_again(grown) == a_plan()


def free_seats(plan):
    taken = set(plan.seats)
    return (
        seat for rater in plan.raters for work in plan.works if (seat := RatingSeat(rater=rater, work=work.code)) not in taken
    )  # fmt: skip


def test_common_works_are_drawn_where_conflicts_are_fewest():
    against = [conflict("An", f"L{k:02d}") for k in range(4)]
    for seed in range(10):
        plan = a_plan(6, common=2, conflicts=against, seed=seed)
        assert plan.common == ("W04", "W05")
        assert plan.learner_of_common == ("L04", "L05")


def test_planted_works_are_common_and_count_towards_the_number():
    for seed in range(5):
        plan = a_plan(8, common=3, planted=["W05", "W06"], seed=seed)
        assert {"W05", "W06"} < set(plan.common)
        assert len(plan.common) == 3
    assert a_plan(8, common=1, planted=["W05", "W06"]).common == ("W05", "W06")
    assert a_plan(8, common=["W01"], planted=["W05"]).common == ("W01", "W05")
    found = faults(lambda: a_plan(3, planted=["Q1"]))
    assert found == [("unknown-name", "“Q1” (planted) is not among the works of the plan. Correct the name, or add it.", "“Q1”（planted）不在方案的作品之列。请改正，或补充。")]  # fmt: skip


def test_common_works_go_to_all_without_conflict():
    plan = a_plan(6, common=["W02"], conflicts=[conflict("Bai", "L02")])
    assert [seat.rater for seat in plan.seats if seat.work == "W02"] == ["An", "Chen"]


def test_a_plan_is_one_file_and_comes_back_equal(tmp_path):
    given_works = [*works(4), RatedWork(code="组", title="=1+1", learners=("甲", "乙"), names=("王·丽", "李"))]
    plan = a_plan(given=given_works, common=1, conflicts=[conflict("An", "乙", ConflictReason.RELATED)],
                  capacity={"An": 4}, shown=LearnersShown.NAMES)  # fmt: skip
    plan.save(tmp_path / "plan.json")
    assert RatingPlan.load(tmp_path / "plan.json") == plan
    assert [file.name for file in tmp_path.iterdir()] == ["plan.json"]


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"yucai_rating_plan": 9}', '{"yucai_rating_plan": 1, "works": 3}']
)
def test_what_is_no_plan_is_refused(tmp_path, content):
    (tmp_path / "plan.json").write_text(content)
    with pytest.raises(RatingPlanFileError, match="no rating plan that can be read"):
        RatingPlan.load(tmp_path / "plan.json")


def test_a_missing_plan_is_said(tmp_path):
    with pytest.raises(RatingPlanFileError) as told:
        RatingPlan.load(tmp_path / "plan.json")
    assert (
        told.value.in_language("zh")
        == "“plan.json”不是可读取的评分方案（文件不存在或无法打开）。请使用原先保存的文件，或重新安排。"
    )


def faults(act):
    with pytest.raises(FaultyInputError) as told:
        act()
    return [(fault.code, fault.in_language("en"), fault.in_language("zh")) for fault in told.value.faults]


def test_all_faults_of_a_plan_are_told_at_once():
    odd = [
        *works(2),
        RatedWork(code="w00", title="", learners=("L09",)),
        RatedWork(code=" x", title="", learners=()),
        RatedWork(code="", title="", learners=("L01",)),
    ]
    found = faults(
        lambda: a_plan(
            given=odd, raters=["An", "An\u200b"], each=3, common=9, capacity={"Zhu": 2, "An": -1}, conflicts=[conflict("Qi", "L77")]
        )
    )  # fmt: skip
    assert [code for code, _en, _zh in found] == [
        "twice", "odd-name", "empty-name", "odd-name", "no-learner", "two-works", "unknown-name", "unknown-name",
        "bad-each", "bad-common", "unknown-name", "bad-capacity",
    ]  # fmt: skip
    english, chinese = [en for _code, en, _zh in found], [zh for _code, _en, zh in found]
    assert (
        english[0]
        == "work “w00” stands twice (capitals and full-width letters make no difference). Give each its own code."
    )
    assert (
        english[5] == "L01 has two works in this plan (W01, ): a rating would not say which. Plan one round for each."
    )
    assert chinese[2] == "第 5 个作品没有编号。请补上，评分表以此识别。"
    assert chinese[6] == "“Qi”（指导该学习者）不在方案的评分人之列。请改正，或补充。"
    assert english[8] == "each work is to have 3 raters, but there are 2. Choose a number from 1 to 2."
    assert chinese[11] == "An 最多可评件数写作 -1。请写不小于 0 的整数。"


def test_no_works_and_no_raters_are_told_at_once():
    assert [zh for _code, _en, zh in faults(lambda: a_plan(given=[], raters=[]))] == [
        "没有作品。请至少列出一件。",
        "没有评分人。请至少列出一名。",
    ]


def test_a_work_that_too_few_may_judge_is_named():
    found = faults(lambda: a_plan(3, ["An", "Bai"], conflicts=[conflict("An", "L01")]))
    assert found == [
        ("too-conflicted", "“W01” needs 2 raters, but only 1 have no conflict of interest (An supervises the learner). Ask further raters.", "“W01”需要 2 名评分人，没有利益关系的只有 1 名（An 指导该学习者）。请增加评分人。"),
    ]  # fmt: skip


def test_common_works_beyond_capacity_are_named():
    found = faults(lambda: a_plan(6, common=3, capacity={"Bai": 2}))
    assert [en for _code, en, _zh in found] == [
        "Bai takes at most 2 works, but 3 are common to all raters. Plant fewer, or agree on more."
    ]


def test_who_has_no_room_for_which_works_is_said():
    """Works 0 to 3 can be judged by An and Bai only, who take three in all."""
    against = [conflict("Chen", f"L{k:02d}") for k in range(4)]
    assert len(a_plan(6, conflicts=against, capacity=2, each=1).seats) == 6
    found = faults(lambda: a_plan(6, conflicts=against, capacity={"An": 2, "Bai": 1}, each=1))
    [(code, en, zh)] = found
    assert code == "no-room"
    assert en.startswith("Ratings that find no rater: 1. W0")
    assert en.endswith(
        " can be rated only by An, Bai, who have room for 3 works in all. Agree with them on more, or ask further raters."
    )
    assert "只能由 An、Bai 评，而他们合计最多可评 3 件" in zh


def test_seats_changed_by_hand_are_checked():
    plan = a_plan(4, conflicts=[conflict("An", "L00", ConflictReason.SAME_GROUP)], capacity={"Bai": 3})
    wrong = [
        RatingSeat(rater="An", work="W00"),
        RatingSeat(rater="Zhu", work="W99"),
        plan.seats[0],
        *(RatingSeat(rater="Bai", work=work.code) for work in plan.works if work not in plan.works_of("Bai")),
    ]
    found = faults(lambda: add_seats(plan, wrong))
    assert [code for code, *_said in found] == [
        "conflict",
        "unknown-name",
        "unknown-name",
        "seat-twice",
        "over-capacity",
    ]
    assert found[0][1:] == (
        "An is to rate “W00” in spite of a conflict of interest (belongs to the learner's group, L00). Give it to somebody else.",
        "An 与“W00”有利益关系（与该学习者同组，L00），却被安排评分。请改由他人评。",
    )


def test_somebody_unknown_has_no_works():
    with pytest.raises(
        UnknownRaterError, match=r"“Zhu” is no rater of the plan “projects”\. Its raters: An, Bai, Chen\."
    ):
        a_plan().works_of("Zhu")


def some_conflicts(n_raters, n_works, seed):
    rng = np.random.default_rng(seed)
    pairs = zip(rng.integers(0, n_raters, n_works).tolist(), rng.integers(0, n_works, n_works).tolist(), strict=True)
    return [conflict(f"r{rater}", f"L{work:02d}") for rater, work in sorted(set(pairs))]


@pytest.mark.parametrize(("n_raters", "n_works"), [(8, 8), (6, 7)])
def test_in_spite_of_conflicts_loads_are_even_pairs_mixed_and_raters_linked(n_raters, n_works):
    """With as few works as can link the raters: each of evening out, mixing and linking is needed in some draw."""
    for seed in range(30):
        against = some_conflicts(n_raters, n_works, seed)
        plan = a_plan(n_works, [f"r{n}" for n in range(n_raters)], seed=seed, conflicts=against)
        loads = [len(plan.works_of(rater)) for rater in plan.raters]
        panels = [tuple(sorted(s.rater for s in plan.seats if s.work == work.code)) for work in plan.works]
        assert max(loads) - min(loads) == (0 if 2 * n_works % n_raters == 0 else 1)
        assert len(set(panels)) == n_works
        assert check_design(plan).separable
