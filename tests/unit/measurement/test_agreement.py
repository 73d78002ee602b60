"""Agreement against independent programs and published tables, and properties that hold for any input.

The values were computed by: statsmodels 0.15.0 ``cohens_kappa(table, wt=...)``; the package krippendorff 0.9.0
``alpha(reliability_data=..., level_of_measurement=...)``; R 4.2.2, psych 2.2.9 ``ICC(x, lmer=FALSE)`` and
``alpha=.10``.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yucai.measurement import (
    IncompleteRatingsError,
    KappaWeights,
    Level,
    NothingToCompareError,
    UnequalLengthsError,
    intraclass_correlation,
    kappa,
    kappa_of_accuracy,
    kappa_of_table,
    krippendorff_alpha,
    occurrence_agreement,
)

# Fleiss, Cohen and Everitt (1969): 200 patients, three codes.
FLEISS = np.array([[88.0, 10, 2], [14, 40, 6], [18, 10, 12]])
KAPPAS = {
    KappaWeights.NONE: (0.49152542372881347, 0.05100181557607786),
    KappaWeights.LINEAR: (0.4736842105263158, 0.05443230917764151),
    KappaWeights.QUADRATIC: (0.4545454545454546, 0.06645368159107816),
}
# Krippendorff (2011), example C: four observers, twelve units, missing codes.
FOUR = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
    [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
]
FOUR_UNITS = list(zip(*FOUR, strict=True))
THREE_UNITS = [
    (4, 4, 4), (0, 4, 5), (1, 1, 1), (1, 0, 1), (1, None, 1), (4, 2, 3), (5, 5, 5), (3, 5, None), (0, 0, 0),
    (None, None, 1), (1, 1, 1), (2, 3, 0), (3, 3, 3), (2, 1, 5), (1, 1, 1),
]  # fmt: skip
ALPHAS = {
    Level.NOMINAL: (0.743421052631579, 0.5055467511885895),
    Level.ORDINAL: (0.8153875037548814, 0.5770419809448194),
    Level.INTERVAL: (0.8491071428571428, 0.5895618556701031),
    Level.RATIO: (0.7974027747116121, 0.5409957759617354),
}
# Shrout and Fleiss (1979): six persons, four judges. Value, 95 % and 90 % ends.
JUDGES = np.array([[9.0, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]])
ICCS = {
    "ICC(1)": (0.16574177, -0.132932325, 0.72256006, -0.096722204, 0.64339831),
    "ICC(A,1)": (0.28976378, 0.018786513, 0.76108437, 0.042901192, 0.69107061),
    "ICC(C,1)": (0.71484071, 0.342464765, 0.94585826, 0.411834131, 0.92583281),
    "ICC(k)": (0.44279713, -0.884442155, 0.91241542, -0.545041725, 0.87830104),
    "ICC(A,k)": (0.62005055, 0.071136815, 0.92723204, 0.152037054, 0.89947670),
    "ICC(C,k)": (0.90931554, 0.675674714, 0.98589168, 0.736897679, 0.98036606),
}

codes = st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("abcd")), min_size=2, max_size=60)


def alpha(units, level=Level.NOMINAL):
    return krippendorff_alpha(units, level=level, rng=np.random.default_rng(1), n_resamples=200)


@pytest.mark.parametrize("weights", KAPPAS)
def test_kappa_and_its_standard_error_are_those_of_statsmodels(weights):
    value, error = KAPPAS[weights]
    found = kappa_of_table(FLEISS, weights=weights)
    assert found.value == pytest.approx(value, abs=1e-12)
    assert found.interval95[1] - found.value == pytest.approx(1.959963984540054 * error, abs=1e-12)
    assert found.interval90[1] - found.value == pytest.approx(1.6448536269514722 * error, abs=1e-12)


def test_codes_one_by_one_give_what_their_table_gives():
    first = [i for i in range(3) for j in range(3) for _ in range(int(FLEISS[i, j]))]
    second = [j for i in range(3) for j in range(3) for _ in range(int(FLEISS[i, j]))]
    assert kappa(first, second) == kappa_of_table(FLEISS)
    turned = kappa(first, second, weights=KappaWeights.LINEAR, order=[2, 1, 0])
    assert turned.value == pytest.approx(KAPPAS[KappaWeights.LINEAR][0])


@given(codes, st.sampled_from(KappaWeights))
def test_kappa_is_symmetric_and_one_on_identical_codes(pairs, weights):
    first, second = zip(*pairs, strict=True)
    one, other = (kappa(*both, weights=weights, order="abcd") for both in ((first, second), (second, first)))
    if one.defined:
        assert one.value == pytest.approx(other.value)
        assert -1 - 1e-9 <= one.value <= 1 + 1e-9
    same = kappa(first, first, weights=weights, order="abcd")
    assert same.value == pytest.approx(1.0) if len(set(first)) > 1 else not same.defined


def test_the_interval_of_kappa_covers():
    rng, table = np.random.default_rng(4), FLEISS / FLEISS.sum()
    truth = kappa_of_table(FLEISS).value
    drawn = rng.multinomial(150, table.ravel(), size=1000).reshape(-1, 3, 3).astype(float)
    ends = [kappa_of_table(one).interval95 for one in drawn]
    assert np.mean([low <= truth <= high for low, high in ends]) == pytest.approx(0.95, abs=0.02)


def test_one_code_only_gives_no_kappa_and_says_so():
    found = kappa(["a", "a"], ["a", "a"])
    assert not found.defined
    assert "kappa is not defined" in found.notes[0].en
    assert "没有定义" in found.notes[0].zh


def test_no_cut_off_is_given_but_what_good_observers_would_reach():
    assert "There is no cut-off that fits all" in kappa_of_table(FLEISS).notes[0].en
    assert kappa_of_accuracy([0.5, 0.5], accuracy=0.9) == pytest.approx(0.64)  # (2 a - 1)^2 of two equal codes
    assert kappa_of_accuracy([0.5, 0.5], accuracy=1.0) == 1.0


@given(st.lists(st.floats(0.05, 1), min_size=2, max_size=6))
def test_observers_who_guess_reach_nothing(shares):
    assert kappa_of_accuracy(shares, accuracy=1 / len(shares)) == pytest.approx(0, abs=1e-9)


def test_lists_of_unequal_length_and_nothing_are_refused():
    with pytest.raises(UnequalLengthsError, match="gave 1 codes and the other 2"):
        kappa(["a"], ["a", "b"])
    with pytest.raises(NothingToCompareError):
        kappa([], [])
    with pytest.raises(NothingToCompareError, match="coded twice"):
        alpha([("a", None), (None, None)])


def test_occurrence_and_non_occurrence_are_told_apart():
    first, second = "xxx......." + "." * 10, "xx.x......" + "." * 10
    found = occurrence_agreement(list(first), list(second), "x")
    assert (found.occurrence, found.n_occurrence) == (0.5, 4)
    assert (found.non_occurrence, found.n_non_occurrence) == (16 / 18, 18)
    # R 4.2.2, prop.test(16, 18, correct=FALSE)$conf.int
    assert found.non_occurrence95 == pytest.approx((0.6720, 0.9690), abs=1e-4)


@pytest.mark.parametrize("level", ALPHAS)
def test_alpha_is_that_of_the_independent_program(level):
    for units, value in zip((FOUR_UNITS, THREE_UNITS), ALPHAS[level], strict=True):
        assert alpha(units, level).value == pytest.approx(value, abs=1e-12)


def test_alpha_says_how_many_units_tell_nothing():
    found = alpha(FOUR_UNITS)
    assert found.n == 11
    assert any("1 unit was judged by one observer only" in note.en for note in found.notes)
    assert found.interval95[0] < found.value < found.interval95[1]


@given(
    st.lists(st.tuples(*[st.one_of(st.none(), st.integers(0, 4))] * 3), min_size=1, max_size=15), st.sampled_from(Level)
)
def test_alpha_does_not_depend_on_who_is_called_first_and_is_at_most_one(units, level):
    if not any(sum(code is not None for code in unit) > 1 for unit in units):
        return
    found, turned = (krippendorff_alpha(u, level=level, rng=np.random.default_rng(1), n_resamples=2)
                     for u in (units, [unit[::-1] for unit in units]))  # fmt: skip
    assert found.defined == turned.defined
    if found.defined:
        assert found.value == pytest.approx(turned.value)
        assert found.value <= 1 + 1e-12


def test_the_interval_of_alpha_covers():
    """Three observers who are right four times in five, 60 units; the truth is alpha of very many units."""
    rng = np.random.default_rng(8)

    def drawn(n):
        true = rng.integers(0, 3, n)
        wrong = rng.random((n, 3)) > 0.8
        return np.where(wrong, rng.integers(0, 3, (n, 3)), true[:, None]).tolist()

    truth = krippendorff_alpha(drawn(20000), rng=rng, n_resamples=1).value
    ends = [krippendorff_alpha(drawn(60), rng=rng, n_resamples=200).interval95 for _ in range(200)]
    assert np.mean([low <= truth <= high for low, high in ends]) == pytest.approx(0.94, abs=0.04)


@pytest.mark.parametrize("code", ICCS)
def test_intraclass_correlations_are_those_of_psych(code):
    found = intraclass_correlation(JUDGES).form(code)
    ends = (*found.interval95, *found.interval90)
    assert (found.value, *ends) == pytest.approx(ICCS[code], abs=1e-7)
    assert intraclass_correlation(JUDGES).form(found.shrout_fleiss) == found


def test_gaps_are_refused_with_a_way_out():
    with pytest.raises(
        IncompleteRatingsError, match=r"1 gaps\. Leave out incomplete rows, or use Krippendorff's alpha"
    ):
        intraclass_correlation(np.array([[1.0, 2.0], [np.nan, 1.0], [3.0, 3.0]]))


@given(st.integers(0, 10**6), st.floats(-50, 50), st.floats(0.1, 10))
def test_an_intraclass_correlation_does_not_depend_on_the_unit(seed, shift, scale):
    ratings = np.random.default_rng(seed).normal(size=(8, 3))
    for one, other in zip(intraclass_correlation(ratings).forms, intraclass_correlation(scale * ratings + shift).forms,
                          strict=True):  # fmt: skip
        assert one.value == pytest.approx(other.value, abs=1e-6)
        assert one.interval95[0] <= one.value <= one.interval95[1]


def test_alpha_without_an_interval_where_every_draw_is_alike():
    """Two units that differ only together: a draw of one of them twice says nothing of chance."""
    units = [[0, 0], [1, 1]]
    found = [krippendorff_alpha(units, rng=np.random.default_rng(seed), n_resamples=1) for seed in range(20)]
    assert {one.value for one in found} == {1.0}
    assert any(np.isnan(one.interval95[0]) for one in found)
