"""The search for items of several qualities, over again until the spreads of severities settle."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt

from yucai.measurement.engine.directed_errors import DirectedErrors, errors_of
from yucai.measurement.engine.directed_search import DirectedFit, fit_directed
from yucai.measurement.engine.directions import Directed, beginning
from yucai.measurement.engine.records import Records
from yucai.measurement.engine.state import with_numbers
from yucai.measurement.severity_spread import Information, likeliest_spread, strength_of

__all__ = ["settled"]

MOST_SPREADS: Final = 12
SAME_SPREAD: Final = 0.005  # change of its logarithm at which a spread has settled


def settled(
    records: Records,
    directed: Directed,
    *,
    apart: npt.NDArray[np.bool_],
    told: Callable[[float], None] | None = None,
) -> tuple[DirectedFit, DirectedErrors]:
    """Search until items, severities and the spreads of severities stay; half strides where a spread swings."""
    there = np.unique(directed.rater_quality)
    stride, last = np.ones(len(there)), np.zeros(len(there))
    state, n_steps = beginning(records, directed, apart), 0
    for _ in range(MOST_SPREADS):
        found = fit_directed(records, directed, apart=apart, start=state, told=told)
        n_steps += found.n_steps
        errors = errors_of(records, directed, found, apart=apart)
        spreads = found.state.state.numbers.severity_sd.copy()
        moves = np.array([np.log(_likeliest(errors, found, directed, d) / spreads[d]) for d in there])
        if np.abs(moves).max(initial=0.0) < SAME_SPREAD:
            return replace(found, n_steps=n_steps), errors
        stride, last = np.where(moves * last < 0, stride / 2, stride), moves
        spreads[there] *= np.exp(stride * moves)
        state = replace(found.state, state=with_numbers(found.state.state, severity_sd=spreads))
    return replace(found, n_steps=n_steps, converged=False), errors


def _likeliest(errors: DirectedErrors, found: DirectedFit, directed: Directed, d: int) -> float:
    """Return the likeliest spread of one quality's severities, everything else free to follow."""
    numbers, of = found.state.state.numbers, directed.rater_quality
    raters = slice(errors.raters_from, errors.raters_from + len(of))
    mine = np.zeros(len(errors.information), dtype=bool)
    mine[raters] = of == d
    held = np.full(len(mine), 1e-9)
    held[raters] = 1.0 / numbers.severity_sd[of] ** 2
    information = Information(
        items=errors.information[np.ix_(~mine, ~mine)] + np.diag(held[~mine]),
        across=errors.information[np.ix_(~mine, mine)], raters=errors.information[np.ix_(mine, mine)],
    )  # fmt: skip
    return likeliest_spread(strength_of(information), numbers.severity[of == d], float(numbers.severity_sd[d]))
