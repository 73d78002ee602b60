"""z of lag analysis against R's LagSequential, on the example that its authors' programs carry.

Data: 120 codes in the program SEQUENTIAL (O'Connor, B. P. 1999, Simple and flexible SAS and SPSS programs for analyzing
lag-sequential categorical data, Behavior Research Methods, Instruments, & Computers 31, 718-726;
https://people.ok.ubc.ca/brioconn/sequential/seq.sps). Values: LagSequential 0.1.1 under R 4.2.2,
``sequential(codes, lag = 1)$adjres``, ``lag = 2``, and ``adjacent = FALSE`` after joining equal neighbours; of the
package the lines were run that make counts, expected counts and adjusted residuals. Its proportional fit stops at 1e-4.
"""

from itertools import groupby

import numpy as np
import pytest

from yucai.measurement import analyse_lags

CODES = (
    "353446344163661624343426636363435342534263425362626336353663362626336363366262626335362663353533533662626266"
    "236262616262"
)
Z_NEXT = [
    [-0.282122, -0.812085, -1.132399, -0.559873, -0.501799, 2.465407],
    [-0.788501, -2.269695, -2.626899, -0.718380, 0.451909, 4.814669],
    [-1.155360, -3.325694, -1.133601, 3.219213, 3.228370, 0.379860],
    [1.459063, 1.709262, -0.163437, 1.074343, -0.995825, -1.807285],
    [-0.501799, -1.444425, 4.833971, -0.995825, -0.892531, -2.220316],
    [1.227502, 5.060483, 0.952002, -2.477276, -2.220316, -2.647779],
]
Z_NEXT_BUT_ONE = [
    [-0.283377, 2.241724, 0.141059, -0.562545, -0.473153, -1.256422],
    [0.766181, 2.848713, 0.573602, -1.573430, -1.323401, -1.440819],
    [-1.162511, 0.832809, 1.454105, -0.932426, 0.444821, -1.352999],
    [1.448979, -1.620575, -1.568523, 1.061359, 2.839181, 0.181395],
    [-0.504151, -1.452355, -0.508347, 2.577855, 0.537803, -0.037255],
    [0.010536, -2.016288, -0.671729, 0.245287, -1.279840, 2.802902],
]
Z_WITHOUT_REPEATS = [
    [0.000000, -0.844885, -1.084432, -0.485371, -0.485371, 2.185703],
    [-0.824477, 0.000000, -3.193301, -0.630153, 0.265122, 3.577610],
    [-1.104402, -3.943810, 0.000000, 4.155269, 3.376995, -0.940078],
    [1.788763, 1.962897, 0.320622, 0.000000, -0.888207, -2.000262],
    [-0.485371, -1.563433, 5.028085, -0.888207, 0.000000, -2.727948],
    [0.978873, 3.861257, -0.225897, -2.727945, -2.727945, 0.000000],
]


def analysed(codes, **options):
    return analyse_lags({"K-001": [codes]}, rng=np.random.default_rng(1), n_permutations=99, **options)


@pytest.mark.parametrize(("lag", "wanted"), [(1, Z_NEXT), (2, Z_NEXT_BUT_ONE)])
def test_z_where_codes_may_repeat_is_that_of_lag_sequential(lag, wanted):
    found = analysed(list(CODES), lag=lag)
    assert found.n_transitions == len(CODES) - lag == 120 - lag
    assert found.z == pytest.approx(np.array(wanted), abs=1e-6)


def test_z_where_codes_cannot_repeat_is_that_of_lag_sequential():
    found = analysed([code for code, _ in groupby(CODES)], repeats=False)
    apart = ~np.eye(6, dtype=bool)
    assert found.z[apart] == pytest.approx(np.array(Z_WITHOUT_REPEATS)[apart], abs=2e-5)
