"""The check before rating starts: what cannot be separated is said plainly, and what is expected comes true."""

# One sentence a line, however long, so that both languages can be read side by side.
# ruff: noqa: E501

from dataclasses import replace

import numpy as np
import pytest

from tests.unit.evidence.rating_making import a_plan, conflict, works
from tests.unit.measurement.making import ANY_MODEL, CREDIT, draw, of_arrays
from yucai.evidence import (
    RatingAssumptions,
    RatingSeat,
    add_seats,
    check_design,
    rating_information,
    severity_std_errors,
)
from yucai.measurement import calibrate


def seated(pairs, n_works=6, raters=("An", "Bai", "Chen", "Deng"), **more):
    """A plan with these seats and no others: ``"An:0,1 Bai:1"``."""
    plan = a_plan(n_works, raters, each=1, **more)
    seats = [
        RatingSeat(rater=who, work=f"W{int(w):02d}")
        for who, _, ws in (p.partition(":") for p in pairs.split())
        for w in ws.split(",")
    ]
    return replace(plan, seats=tuple(seats))


def test_raters_who_share_no_work_are_named_with_the_seats_that_would_link_them():
    report = check_design(seated("An:0,1,2 Bai:0,1 Chen:3,4 Deng:3,4,5"))
    assert not report.separable
    assert report.sets == (("An", "Bai"), ("Chen", "Deng"))
    assert report.sentences[0].en == (
        "Severities cannot be separated: no work is rated from both sides between (An, Bai) and (Chen, Deng). How severe "
        "one side is beside the other could only be assumed."
    )
    assert (
        report.sentences[0].zh
        == "各评分人的宽严无法区分：（An、Bai）与（Chen、Deng） 之间没有共同评分的作品，一方相对另一方的宽严只能假定。"
    )
    assert report.sentences[1].en == "Let Chen also rate W00, W01 of An's."
    assert report.sentences[1].zh == "请 Chen 再评 An 所评的 W00, W01。".replace(", ", "、")
    assert report.changes == (RatingSeat(rater="Chen", work="W00"), RatingSeat(rater="Chen", work="W01"))


def test_changes_respect_conflicts_and_capacity():
    plan = seated(
        "An:0,1 Bai:2,3", raters=("An", "Bai"), conflicts=[conflict("Bai", "L00")], capacity={"An": 2, "Bai": 4}
    )
    assert check_design(plan).changes == (RatingSeat(rater="Bai", work="W01"),)


def test_what_nothing_can_link_is_said():
    plan = seated("An:0,1 Bai:2,3", n_works=4, raters=("An", "Bai"), capacity=2)
    report = check_design(plan)
    assert report.cut_off == (("Bai",),)
    assert report.sentences[1].en == (
        "Nothing can link Bai to the others: nobody has room for further works. Agree on more."
    )
    assert "severity cannot be told" in report.in_language("en")
    assert "宽严无法得知" in report.in_language("zh")


def test_conflicts_that_make_it_impossible_are_said():
    apart = [conflict("An", "L02"), conflict("An", "L03"), conflict("Bai", "L00"), conflict("Bai", "L01")]
    report = check_design(seated("An:0,1 Bai:2,3", n_works=4, raters=("An", "Bai"), conflicts=apart))
    assert not report.separable
    assert report.sentences[1].en == (
        "Nothing can link Bai to the others: conflicts of interest keep them from every work that the others rate, and "
        "the others from theirs. Ask a further rater who has none."
    )
    both = check_design(
        seated("An:0,1 Bai:2,3", n_works=4, raters=("An", "Bai"), conflicts=apart[:2], capacity={"Bai": 2})
    )
    assert "conflicts of interest and capacity stand against it" in both.sentences[1].en
    assert "受利益关系和可评件数所限" in both.sentences[1].zh


def test_the_rater_on_whom_everything_hangs_is_named():
    chain = check_design(seated("An:0,1 Bai:1,2 Chen:2,3 Deng:3,0"))
    assert chain.separable
    assert chain.bridges == ()
    star = check_design(seated("An:0 Bai:0,1,2 Chen:1 Deng:2"))
    assert star.bridges == ("Bai",)
    assert star.sentences[1].en.startswith("Everything hangs on Bai: without that one rater, the others fall apart")


def test_without_its_bridge_a_plan_falls_apart_and_without_another_rater_it_does_not():
    plan = a_plan(9, ["a", "b", "c", "d", "e"])
    report = check_design(plan)
    for rater in plan.raters:
        left = replace(
            plan,
            raters=tuple(r for r in plan.raters if r != rater),
            seats=tuple(seat for seat in plan.seats if seat.rater != rater),
        )
        assert (len(check_design(left).sets) > 1) is (rater in report.bridges)


def test_a_rater_without_work_and_one_with_too_little_are_said():
    report = check_design(seated("An:0,1,2,3,4,5 Bai:0,1,2,3,4,5 Chen:0"))
    told = report.in_language("en")
    assert "Deng have no work to rate." in told
    assert "Chen rates too few works for a severity to be told well (standard error 0.4" in told
    assert "Chen 评的作品太少，宽严难以估准" in report.in_language("zh")


def test_the_number_of_works_that_would_do_does():
    alone = check_design(seated("An:0,1,2,3,4,5 Bai:0,1,2,3,4,5 Chen:0 Deng:0,1,2,3,4,5"))
    [chen] = [rater for rater in alone.raters if rater.rater == "Chen"]
    more = "Chen:" + ",".join(str(k) for k in range(chen.works_needed))
    enough = check_design(seated(f"An:0,1,2,3,4,5 Bai:0,1,2,3,4,5 {more} Deng:0,1,2,3,4,5"))
    assert next(r.std_error for r in enough.raters if r.rater == "Chen") == pytest.approx(0.35, abs=0.03)


def test_one_rater_alone_cannot_be_judged():
    report = check_design(a_plan(3, ["An"], each=1))
    assert not report.separable
    assert report.sentences[0].zh == "只有一名评分人，无法区分其宽严与量规的难易。"


def test_conflicts_are_counted_and_faults_of_seats_are_listed():
    plan = a_plan(6, conflicts=[conflict("An", "L00")])
    assert "Conflicts of interest noted: 1. No rater got such a work." in check_design(plan).in_language("en")
    broken = replace(plan, seats=(*plan.seats, RatingSeat(rater="An", work="W00")))
    told = check_design(broken).in_language("en")
    assert "An is to rate “W00” in spite of a conflict of interest" in told
    assert "No rater got such a work" not in told


def test_too_few_raters_on_a_work_are_said():
    plan = a_plan(4)
    [fault] = check_design(replace(plan, seats=plan.seats[1:])).faults
    assert fault.in_language("en") == "“W00” has only 1 of 2 raters. Add 1."
    assert fault.in_language("zh") == "“W00”只有 1 名评分人，应有 2 名。请再安排 1 名。"


def test_names_with_braces_are_only_names():
    plan = a_plan(3, ["{n}", "{0}"], each=1)
    assert "({n}) and ({0})" in check_design(plan).in_language("en")


def test_the_std_errors_are_those_of_the_joint_information_of_works_and_raters():
    """Works and raters in one matrix, inverted whole: nothing eliminated by formula."""
    rng = np.random.default_rng(5)
    seats = (rng.random((30, 6)) < 0.5).astype(float)
    i, s = 1.7, 0.4
    whole = np.diag(np.r_[np.ones(30), np.full(6, s**-2)])
    for w, r in np.argwhere(seats):
        sign = np.zeros(36)
        sign[w], sign[30 + r] = 1, -1
        whole += i * np.outer(sign, sign)
    apart = np.eye(6) - 1 / 6
    m = seats.sum(axis=1)
    known = m[m > 0]
    of_scale = s**2 * (5 / 6) / (2 * len(known) * np.mean(known * i / (1 + known * i)) ** 2)
    expected = np.sqrt(np.diag(apart @ np.linalg.inv(whole)[30:, 30:] @ apart) + of_scale)
    assert severity_std_errors(seats, information=i, severity_sd=s) == pytest.approx(expected, rel=1e-10)


def test_more_criteria_and_more_works_tell_more():
    one, three = RatingAssumptions(), RatingAssumptions(n_criteria=3)
    assert rating_information(three) == pytest.approx(3 * rating_information(one))
    few, many = a_plan(6), a_plan(24)
    at = [
        max(r.std_error for r in check_design(plan, assumed).raters)
        for plan, assumed in ((few, one), (many, one), (many, three))
    ]
    assert at[0] > at[1] > at[2]


DESIGNS = {  # works, raters, each, common, criteria, discrimination, replications
    "two of eight, three common": (40, 8, 2, 3, 1, 1.0, 12),
    "one of ten, six common": (100, 10, 1, 6, 2, 1.0, 6),
}


@pytest.mark.parametrize("design", DESIGNS)
def test_severities_are_as_sure_as_expected(design):
    """Rated, calibrated and compared with the truth: the error is the expected one, to within chance (about 10 %)."""
    n_works, n_raters, each, common, n_criteria, slope, replications = DESIGNS[design]
    plan = a_plan(given=works_of_many(n_works), raters=[f"r{r:02d}" for r in range(n_raters)], each=each, common=common)
    assumed = RatingAssumptions(n_criteria=n_criteria, discrimination=slope)
    expected = np.array([rater.std_error for rater in check_design(plan, assumed).raters])
    seats = np.array([(int(seat.work[1:]), int(seat.rater[1:])) for seat in plan.seats])
    unit, rater = (np.repeat(seats[:, k], n_criteria) for k in (0, 1))
    item = np.tile(np.arange(n_criteria), len(seats))
    steps = [-slope * np.linspace(-1.2, 1.2, 4)] * n_criteria
    errors = []
    for seed in range(replications):
        rng = np.random.default_rng(1000 + seed)
        places, severities = rng.normal(size=n_works), rng.normal(0, 0.5, n_raters)
        score = draw(
            [CREDIT] * n_criteria, [slope] * n_criteria, steps, unit, item, places[unit] - severities[rater], rng
        )
        names = [f"c{j}" for j in range(n_criteria)]
        rated = of_arrays(unit, item, score, names=names, tops=[4] * n_criteria, rater=rater)
        [scale] = calibrate(rated, ANY_MODEL).scales
        found = np.array([r.severity for r in scale.raters])
        errors.append(found - found.mean() - (severities - severities.mean()))
    error = np.sqrt(np.mean(np.square(errors)))
    assert error == pytest.approx(np.sqrt(np.mean(expected**2)), rel=0.25)


def works_of_many(n):
    return [replace(work, code=f"W{k:03d}") for k, work in enumerate(works(n))]


def test_seats_that_were_proposed_can_be_added():
    plan = seated("An:0,1,2 Bai:0,1 Chen:3,4 Deng:3,4,5")
    assert check_design(add_seats(plan, check_design(plan).changes)).separable
