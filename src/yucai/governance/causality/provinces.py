"""The question of a two-way drive between talent and new quality productive forces, asked of the provincial panel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from yucai.governance.causality.drive import TwoWayDrive, two_way_drive
from yucai.governance.causality.series import TwoSeries
from yucai.governance.coordination import (
    DRIVE_INDICES,
    IndexOverlap,
    IndexPack,
    load_indices,
    province_panel,
    refuse_overlap,
    scale_panel,
)

__all__ = ["ProvincialDrive", "drive_of_provinces"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvincialDrive:
    """What was asked, of which indices, what they share, and the answer."""

    pack: IndexPack
    overlap: IndexOverlap
    series: TwoSeries
    answer: TwoWayDrive


def drive_of_provinces(*, rng: Generator, draws: int = 999, pack: IndexPack | None = None) -> ProvincialDrive:
    """Return whether the two indices of a pack (the shipped one) drive one another over the provinces.

    Each index is the mean of its indicators between their goalposts, all counting alike. Raises
    OverlappingIndicesError while something is counted, or divided by, on both sides.
    """
    pack = pack or load_indices(DRIVE_INDICES)
    first, second = pack.indices
    overlap = refuse_overlap(first, second)
    panel = province_panel(pack=pack)
    scaled = scale_panel(
        panel, goalposts=pack.goalposts, directions={k: v.direction for k, v in pack.indicators.items()}
    )
    shape = (len(panel.units), len(panel.years))
    means = [
        scaled.values[:, [panel.indicators.index(one.code) for one in index.indicators]].mean(axis=1).reshape(shape)
        for index in (first, second)
    ]
    series = TwoSeries(names=(first.name, second.name), units=panel.units, periods=panel.years, values=np.stack(means))
    answer = two_way_drive(series, rng=rng, draws=draws, horizons=3)
    return ProvincialDrive(pack=pack, overlap=overlap, series=series, answer=answer)
