"""Every printed number of the reference, within 1e-12: R mathmodels 0.0.11 and spdep 1.2-7 (see data/ccd_reference)."""

import numpy as np
import pytest

from tests.unit.governance.coordination_panels import (
    DATA,
    SYSTEMS,
    indicators_of,
    reference,
    reference_panel,
    reference_scaled,
)
from yucai.governance.coordination import (
    contiguity,
    couple,
    decompose_gini,
    decompose_theil,
    gini,
    load_provinces,
    local_moran,
    moran,
    obstacle_degrees,
    relate,
    subsystem_scores,
    topsis,
    weigh,
)

NEAR = {"rtol": 0, "atol": 1e-12}


def weights(method="entropy"):
    return [weigh(reference_scaled(), indicators_of(system), method=method) for system in SYSTEMS]


def scores():
    return subsystem_scores(reference_scaled(), weights())


def all_weights():
    return weigh(reference_scaled(), reference_panel().indicators)


def nq_2022():
    return reference_panel().rows_of(scores(), 2022)[:, SYSTEMS.index("nq")]


def regions():
    return [reference_panel().groups[unit] for unit in reference_panel().units]


def neighbours():
    provinces = load_provinces()
    return contiguity(reference_panel().units, provinces.neighbours, among=[one.code for one in provinces.units])


@pytest.mark.parametrize("method", ["entropy", "critic"])
def test_the_weights_of_each_subsystem(method):
    found = np.concatenate([one.values for one in weights(method)])
    np.testing.assert_allclose(found, reference("weights")[method].to_numpy(), **NEAR)


def test_the_weights_over_all_indicators():
    np.testing.assert_allclose(all_weights().values, reference("weights_all")["entropy_all"].to_numpy(), **NEAR)


def test_the_subsystem_scores():
    np.testing.assert_allclose(scores(), reference("subsystem_scores").select(SYSTEMS).to_numpy(), **NEAR)


def test_t_both_c_and_both_d_of_three_and_of_four_subsystems():
    printed, panel = reference("ccd"), reference_panel()
    three, four = couple(panel, scores()[:, :3], SYSTEMS[:3]), couple(panel, scores(), SYSTEMS)
    # fmt: off
    found = {"C_std": three.c_classical, "T3": three.t, "D_std": three.d_classical, "C_adj": three.c_corrected,
             "D_adj": three.d_corrected, "C4_adj": four.c_corrected, "T4": four.t, "D4_adj": four.d_corrected}
    # fmt: on
    assert list(found) == printed.columns[2:]
    for name, values in found.items():
        np.testing.assert_allclose(values, printed[name].to_numpy(), **NEAR, err_msg=name)


def test_the_obstacle_degrees():
    found = obstacle_degrees(reference_scaled(), all_weights()).values
    np.testing.assert_allclose(found, reference("obstacle_scaled").drop("gb2260", "year").to_numpy(), **NEAR)


def test_topsis_by_the_vector_norm():
    found = topsis(reference_panel(), all_weights(), norm="vector").values
    np.testing.assert_allclose(found, reference("topsis")["topsis"].to_numpy(), **NEAR)


def test_the_grey_relation():
    printed = reference("grey")
    found = relate(reference_scaled(), "nq_hitech_rev_gdp", tuple(printed["indicator"]), rho=0.5).degrees
    np.testing.assert_allclose(list(found.values()), printed["grey_relational_to_nq_hitech"].to_numpy(), **NEAR)


def test_gini_theil_and_the_parts_of_dagum():
    printed = dict(reference("inequality_nq_2022").select("statistic", "value").rows())
    parts, spread = decompose_gini(nq_2022(), regions()), decompose_theil(nq_2022(), regions())
    assert gini(nq_2022()) == pytest.approx(0.336075888348922, abs=1e-12)  # also PySAL's inequality.gini.Gini
    found = {"gini0": parts.gini, "theil0": spread.theil, "dagum_Gw": parts.within, "dagum_Gnb": parts.between,
             "dagum_Gt": parts.overlap}  # fmt: skip
    assert found == pytest.approx(printed, abs=1e-12)
    assert parts.within + parts.between + parts.overlap == pytest.approx(parts.gini, abs=1e-12)


def test_morans_i():
    printed = dict(line.split() for line in (DATA / "moran_nq_2022.txt").read_text().splitlines())
    found = moran(nq_2022(), neighbours())
    assert found.z == pytest.approx(2.28306, abs=1e-5)
    told = {"I": found.i, "EI": found.expected, "VI_rand": found.variance, "z": found.z, "p_two_sided": found.p}
    assert told == pytest.approx({name: float(value) for name, value in printed.items()}, abs=1e-12)


def test_local_moran():
    printed, found = reference("local_moran_nq_2022"), local_moran(nq_2022(), neighbours())
    assert printed["gb2260"].to_list() == list(reference_panel().units)
    told = [found.i, found.expected, found.variance, found.z, found.p]
    np.testing.assert_allclose(np.column_stack(told), printed.drop("gb2260").to_numpy().astype(float), **NEAR)
