"""How far a rank hangs on weights nobody can prove: ranks over many sets of weights, drawn at random."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.random import Generator

from yucai.errors import Fault, FaultyInputError
from yucai.governance.coordination.conventions import Conventional, Floats, Frequencies, require_choice
from yucai.governance.coordination.coupling import (
    classical_coupling,
    coordination_degree,
    corrected_coupling,
    development_index,
)
from yucai.governance.coordination.scaling import Scaled
from yucai.governance.coordination.weights import Weights
from yucai.texts import Text

__all__ = ["FIGURES", "RankIntervals", "draw_weights", "rank_intervals", "ranks"]

FIGURES: Final = ("t", "c_classical", "c_corrected", "d_classical", "d_corrected")
LEAST_DRAWS: Final = 100
RANKS: Final = Text(
    "rank intervals ({level} %): {draws} sets of Dirichlet weights in every subsystem, {around}, concentration "
    "{concentration} an indicator",
    "位次区间（{level} %）：各子系统抽取 {draws} 组 Dirichlet 权重，{around}，每个指标的浓度为 {concentration}",
)
AROUND_EQUAL: Final = Text("around equal weights", "以等权为中心")
AROUND_CHOSEN: Final = Text("around the chosen weights", "以所选权重为中心")
DRAWS: Final = Text(
    "{n} draws are too few for an interval; take at least {least}.", "抽取 {n} 次太少；至少 {least} 次。"
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RankIntervals(Conventional):
    """The rank of each unit in a year by a figure (1 is highest), and between which ranks it lies."""

    figure: str
    year: int
    units: tuple[str, ...]
    rank: tuple[int, ...]
    lower: tuple[int, ...]
    upper: tuple[int, ...]


def ranks(values: Floats) -> Frequencies:
    """Return ranks along the first axis, 1 for the highest; equal values share the better rank.

    >>> ranks(np.array([0.3, 0.9, 0.3])).tolist()
    [2, 1, 2]
    """
    down = np.sort(-values, axis=0)
    if values.ndim == 1:
        return np.searchsorted(down, -values) + 1
    return np.stack([np.searchsorted(down[:, k], -values[:, k]) + 1 for k in range(values.shape[1])], axis=1)


def draw_weights(center: Floats, draws: int, *, concentration: float, rng: Generator) -> Floats:
    """Return sets of weights from a Dirichlet distribution whose mean is ``center``, one a row.

    Its parameters are n times concentration times center: with equal weights every one is the concentration.
    """
    return np.asarray(rng.dirichlet(len(center) * concentration * center, draws), dtype=np.float64)


def rank_intervals(
    scaled: Scaled,
    weights: Sequence[Weights],
    year: int,
    *,
    figure: str = "d_corrected",
    parts: Sequence[float] | None = None,
    around: str = "equal",
    concentration: float = 5.0,
    draws: int = 1000,
    level: float = 0.9,
    rng: Generator,
) -> RankIntervals:
    """Return where the units of a year would rank under other weights.

    ``around`` is equal or chosen. The interval takes in the rank of the chosen weights, so that it never excludes what
    it is about. Raises FaultyInputError for too few draws or an unknown choice.
    """
    require_choice("figure", figure, FIGURES)
    require_choice("around", around, ("equal", "chosen"))
    if draws < LEAST_DRAWS:
        facts = {"n": draws, "least": LEAST_DRAWS}
        raise FaultyInputError("draws", [Fault(code="draws", says=DRAWS, where="draws", facts=facts)])
    shares = np.full(len(weights), 1 / len(weights)) if parts is None else np.asarray(parts, dtype=np.float64)
    panel = scaled.panel
    blocks = [panel.rows_of(scaled.of(one.indicators), year) for one in weights]
    here = np.stack([block @ one.values for block, one in zip(blocks, weights, strict=True)], axis=1)
    drawn = []
    for block, one in zip(blocks, weights, strict=True):
        n = len(one.values)
        center = np.full(n, 1 / n) if around == "equal" else one.values
        drawn.append(block @ draw_weights(center, draws, concentration=concentration, rng=rng).T)
    many = np.stack(drawn, axis=2)  # unit, draw, subsystem
    flat = _figure(many.reshape(-1, len(weights)), shares, figure).reshape(many.shape[:2])
    place, spread = ranks(_figure(here, shares, figure)), ranks(flat)
    tail = (1 - level) / 2
    lower = np.minimum(np.quantile(spread, tail, axis=1, method="lower"), place)
    upper = np.maximum(np.quantile(spread, 1 - tail, axis=1, method="higher"), place)
    centre = AROUND_EQUAL if around == "equal" else AROUND_CHOSEN
    said = RANKS.filled(level=round(100 * level), draws=draws, around=centre, concentration=f"{concentration:g}")
    return RankIntervals(
        figure=figure, year=year, units=panel.units, rank=_whole(place), lower=_whole(lower), upper=_whole(upper),
        conventions=(*dict.fromkeys(line for one in weights for line in one.conventions), said),
    )  # fmt: skip


def _figure(scores: Floats, parts: Floats, figure: str) -> Floats:
    make: dict[str, Callable[[], Floats]] = {
        "t": lambda: development_index(scores, parts),
        "c_classical": lambda: classical_coupling(scores),
        "c_corrected": lambda: corrected_coupling(scores),
        "d_classical": lambda: coordination_degree(classical_coupling(scores), development_index(scores, parts)),
        "d_corrected": lambda: coordination_degree(corrected_coupling(scores), development_index(scores, parts)),
    }
    return make[figure]()


def _whole(values: Frequencies) -> tuple[int, ...]:
    return tuple(int(one) for one in values)
