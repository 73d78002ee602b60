"""Fit against numbers that are not ours, on LSAT Sections 6 and 7 (1,000 test takers each).

S-X2, M2 and its p-values: the stored results of the tests of R's mirt (file ``tests/testthat/test-01-mirtOne.R``):
``itemfit(mirt(expand.table(LSAT7), 1), "S_X2")``, ``M2(mirt(expand.table(LSAT7), 1))``, and for LSAT6 the S-X2 p-value
of the first item. Its quadrature differs from ours in the third digit of S-X2. M2 of LSAT6, person fit at a point and
information: PyPI mirt 1.2.0, ``m = fit_mirt(y, model="2PL", n_quadpts=61, tol=1e-10, max_iter=5000)``,
``compute_m2(m, y)``, ``compute_personfit(m.model, y, zeros)``, ``iteminfo(m.model, [[-2], [-1], [0], [1], [2]])``.
"""

from dataclasses import replace

import numpy as np
import pytest

from tests.unit.measurement.making import ANY_MODEL, lsat
from yucai.measurement import calibrate, information, item_fit, model_fit
from yucai.measurement.fit.ground import lay_ground
from yucai.measurement.fit.persons import _squares, likelihoods


@pytest.fixture(scope="module")
def seven():
    responses = lsat(7)
    return calibrate(responses, ANY_MODEL), responses


@pytest.fixture(scope="module")
def six():
    responses = lsat(6)
    return calibrate(responses, ANY_MODEL), responses


def test_s_x2_is_that_of_r(seven):
    fits = item_fit(*seven, rng=np.random.default_rng(1))
    assert [fit.curve_chi2 for fit in fits.items] == pytest.approx(
        [4.749440, 14.451071, 1.270381, 5.237400, 0.941125], abs=0.003
    )
    assert [(fit.curve_test, fit.curve_freedom) for fit in fits.items] == [("s-x2", 2)] * 5


def test_the_item_that_r_finds_misfitting_is_found(seven, six):
    fits = item_fit(*seven, rng=np.random.default_rng(1))
    assert [fit.item for fit in fits.items if fit.misfits] == ["b2"]
    assert item_fit(*six, rng=np.random.default_rng(1)).of("b1").curve_p == pytest.approx(0.7984, abs=1e-4)


def test_m2_is_that_of_r(seven):
    fit = model_fit(*seven, rng=np.random.default_rng(1))
    assert (fit.m2, fit.freedom) == (pytest.approx(11.93841, abs=1e-4), 5)
    assert fit.p_value == pytest.approx(0.0356, abs=1e-4)


def test_m2_is_that_of_python(six):
    fit = model_fit(*six, rng=np.random.default_rng(1))
    assert (fit.m2, fit.freedom) == (pytest.approx(4.738359, abs=1e-4), 5)
    assert fit.p_value == pytest.approx(0.448638, abs=1e-5)
    assert (fit.rmsea, fit.rmsea90[0]) == (0.0, 0.0)


def test_person_fit_at_a_point_is_that_of_python(seven):
    ground = lay_ground(*seven)
    middle = len(ground.nodes) // 2
    assert ground.nodes[middle] == pytest.approx(0.0, abs=1e-12)
    there = np.zeros_like(ground.weights)
    there[:, :, middle] = 1.0
    at_zero = replace(ground, weights=there)
    rows = [0, 100, 500, 999]  # answers 00000, 01011, 11011, 11111
    infit, outfit, counts = _squares(at_zero)
    assert counts[rows, 0].tolist() == [5.0] * 4
    assert likelihoods(at_zero)[rows, 0] == pytest.approx([-4.7565293, -2.09110603, -0.51995833, 1.00830399], abs=2e-3)
    assert outfit[rows, 0] == pytest.approx([4.54715078, 2.73915038, 1.49097826, 0.30762843], abs=3e-3)
    assert infit[rows, 0] == pytest.approx([3.84792951, 2.16818731, 1.26100539, 0.36882456], abs=3e-3)


def test_information_is_that_of_python(seven):
    told = information(seven[0], "skill", places=(-2, -1, 0, 1, 2))
    assert pytest.approx(
        np.array([
            [0.24294857, 0.19057168, 0.40484291, 0.11270209, 0.13045816],
            [0.20307029, 0.28668272, 0.72712337, 0.14349266, 0.10045196],
            [0.11401799, 0.24913234, 0.35357439, 0.13799305, 0.06333882],
            [0.05070887, 0.13331569, 0.08196948, 0.10124732, 0.03512897],
            [0.02026363, 0.05424371, 0.01559357, 0.0606985, 0.01812672],
        ]),
        abs=1e-4,
    ) == np.array(told.by_item).T  # fmt: skip
    assert told.whole == pytest.approx(np.array(told.by_item).sum(axis=0))
