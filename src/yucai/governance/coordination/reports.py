"""Everything that is told of a panel for one year: T, C and D, ranks with intervals, obstacles, groups, neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.random import Generator

from yucai.governance.coordination.closeness import Closeness, obstacle_degrees
from yucai.governance.coordination.conventions import Conventional, Floats
from yucai.governance.coordination.coupling import Coupling, couple, subsystem_scores
from yucai.governance.coordination.indices import CoupledSystems, IndexPack
from yucai.governance.coordination.inequality import Dagum, Density, Theil, decompose_gini, decompose_theil, density
from yucai.governance.coordination.panels import IndexPanel
from yucai.governance.coordination.ranks import RankIntervals, rank_intervals
from yucai.governance.coordination.scaling import scale_panel
from yucai.governance.coordination.space import LocalMoran, Moran, contiguity, local_moran, moran
from yucai.governance.coordination.weights import Weights, weigh
from yucai.texts import Text

__all__ = ["CoordinationReport", "CoordinationYear", "report_coordination"]

FIGURE: Final = "d_corrected"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CoordinationYear:
    """One year: the mean of T and of both D, how unequal D is by groups, and whether neighbours are alike."""

    year: int
    t: float
    d_classical: float
    d_corrected: float
    dagum: Dagum
    theil: Theil
    moran: Moran
    density: Density


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CoordinationReport(Conventional):
    """What is told of a year, and of the years side by side. Inequality and neighbours are those of D, corrected."""

    coupled: CoupledSystems
    year: int
    weights: tuple[Weights, ...]
    coupling: Coupling
    ranks: RankIntervals
    obstacles: Closeness
    local: LocalMoran
    years: tuple[CoordinationYear, ...]

    @property
    def now(self) -> CoordinationYear:
        """The year that was asked for."""
        return next(one for one in self.years if one.year == self.year)


def report_coordination(
    panel: IndexPanel,
    coupled: CoupledSystems,
    year: int,
    *,
    pack: IndexPack,
    neighbours: Sequence[tuple[str, str]],
    method: str = "entropy",
    draws: int = 1000,
    rng: Generator,
) -> CoordinationReport:
    """Return the report of a year by the frozen goalposts of a version of the indices and one method of weights.

    Weights are made within every subsystem, over all years together; subsystems count alike in T.
    """
    directions = {code: one.direction for code, one in pack.indicators.items()}
    scaled = scale_panel(panel, goalposts=pack.goalposts, directions=directions)
    weights = tuple(weigh(scaled, one.indicators, method=method) for one in coupled.systems)
    found = couple(panel, subsystem_scores(scaled, weights), [one.code for one in coupled.systems])
    overall = Weights(
        indicators=tuple(name for one in weights for name in one.indicators),
        values=np.concatenate([one.values * part for one, part in zip(weights, found.parts, strict=True)]),
        method=method,
        conventions=(),
    )
    units = set(panel.units)
    near = contiguity(panel.units, [pair for pair in neighbours if units.issuperset(pair)])
    ranked = rank_intervals(scaled, weights, year, figure=FIGURE, around="equal", draws=draws, rng=rng)
    obstacles = obstacle_degrees(scaled, overall)
    local = local_moran(found.of(year)[FIGURE], near)
    years = tuple(_year(found, one, near) for one in panel.years)
    told = [*found.conventions, *_each(weights), *_each([ranked]), *obstacles.conventions, *years[0].dagum.conventions,
            *years[0].theil.conventions, *years[0].moran.conventions, *local.conventions,
            *years[0].density.conventions]  # fmt: skip
    return CoordinationReport(
        coupled=coupled, year=year, weights=weights, coupling=found, ranks=ranked, obstacles=obstacles, local=local,
        years=years, conventions=tuple(dict.fromkeys(told)),
    )  # fmt: skip


def _year(coupling: Coupling, year: int, near: Floats) -> CoordinationYear:
    figures, groups = coupling.of(year), [coupling.panel.groups[unit] for unit in coupling.panel.units]
    return CoordinationYear(
        year=year,
        t=float(figures["t"].mean()),
        d_classical=float(figures["d_classical"].mean()),
        d_corrected=float(figures[FIGURE].mean()),
        dagum=decompose_gini(figures[FIGURE], groups),
        theil=decompose_theil(figures[FIGURE], groups),
        moran=moran(figures[FIGURE], near),
        density=density(figures[FIGURE]),
    )


def _each(results: Sequence[Conventional]) -> list[Text]:
    return [line for one in results for line in one.conventions]
