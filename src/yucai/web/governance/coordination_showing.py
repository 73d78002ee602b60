"""What the provincial page shows and says: the map, the ranks, the spread, and the findings in plain sentences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from yucai.governance import CoordinationReport, IndexOverlap, grade_bands, load_indices, load_provinces
from yucai.web.drawing import (
    DensityCurve,
    MapTile,
    RankRow,
    density_curves,
    rank_bars,
    tile_map,
)
from yucai.web.governance.coordination_reading import Chosen
from yucai.web.listing import said

__all__ = ["Picture", "chosen_words", "findings", "left_out", "limits", "pictures", "region_line"]

WIDE, NARROW = 760, 358
PLACES: Final = {
    "230000": (7, 0), "150000": (5, 1), "220000": (7, 1), "650000": (0, 2), "640000": (3, 2), "110000": (5, 2),
    "120000": (6, 2), "210000": (7, 2), "630000": (1, 3), "620000": (2, 3), "610000": (3, 3), "140000": (4, 3),
    "130000": (5, 3), "540000": (1, 4), "510000": (2, 4), "500000": (3, 4), "410000": (4, 4), "370000": (5, 4),
    "530000": (2, 5), "520000": (3, 5), "420000": (4, 5), "340000": (5, 5), "320000": (6, 5), "310000": (7, 5),
    "450000": (3, 6), "430000": (4, 6), "360000": (5, 6), "330000": (6, 6), "440000": (4, 7), "350000": (5, 7),
    "460000": (4, 8),
}  # fmt: skip
"""Column and row of every tile, written for this page: neighbours on the map are mostly neighbours on the ground."""
LETTERS: Final = {
    "110000": "BJ", "120000": "TJ", "130000": "HE", "140000": "SX", "150000": "NM", "210000": "LN", "220000": "JL",
    "230000": "HL", "310000": "SH", "320000": "JS", "330000": "ZJ", "340000": "AH", "350000": "FJ", "360000": "JX",
    "370000": "SD", "410000": "HA", "420000": "HB", "430000": "HN", "440000": "GD", "450000": "GX", "460000": "HI",
    "500000": "CQ", "510000": "SC", "520000": "GZ", "530000": "YN", "540000": "XZ", "610000": "SN", "620000": "GS",
    "630000": "QH", "640000": "NX", "650000": "XJ",
}  # fmt: skip
"""The letters of GB/T 2260, for tiles where an English name has no room."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One picture in the two widths of pages."""

    wide: str
    narrow: str


def pictures(report: CoordinationReport, *, language: str) -> dict[str, Picture]:
    """Return the map, the ranks and the spread of a report."""
    return {
        "map": Picture(wide=_map(report, WIDE, language), narrow=_map(report, NARROW, language)),
        "ranks": Picture(wide=_ranks(report, WIDE), narrow=_ranks(report, NARROW)),
        "spread": Picture(wide=_spread(report, WIDE), narrow=_spread(report, NARROW)),
    }


def findings(report: CoordinationReport, overlap: IndexOverlap) -> list[str]:
    """Return what is worth knowing of a year, in sentences; doubts come first."""
    coupling, figures = report.coupling, report.coupling.of(report.year)
    bands = grade_bands("ten")
    usual, newer = bands.places(figures["d_classical"]), bands.places(figures["d_corrected"])
    changed, n = int((usual != newer).sum()), len(usual)
    wide = np.array(report.ranks.upper) - np.array(report.ranks.lower) + 1
    like = [float(np.corrcoef(coupling.t, one)[0, 1]) for one in (coupling.d_classical, coupling.d_corrected)]
    found, nominal = sum(report.local.found), int((report.local.p <= 0.05).sum())
    return [
        _("%(n)d of %(all)d provinces stand in another grade by the corrected formula than by the classical one.")
        % {"n": changed, "all": n},
        _("Half of all classical C lie above %(middle).2f, so the classical D says little more than the mean: it "
          "correlates %(usual).2f with T, by the corrected formula %(newer).2f.")
        % {"middle": float(np.median(coupling.c_classical)), "usual": like[0], "newer": like[1]},
        _("A rank is a range: the middle province may stand on any of %(middle)d ranks, the least certain on any of "
          "%(widest)d, if weights are drawn at random.")
        % {"middle": round(float(np.median(wide))), "widest": wide.max()},
        _neighbour_words(report, found, nominal),
        ngettext("The two indices share no indicator; %(n)d pair shares a divisor, which alone can make ratios move "
                 "together.",
                 "The two indices share no indicator; %(n)d pairs share a divisor, which alone can make ratios move "
                 "together.", len(overlap.told)) % {"n": len(overlap.told)},
    ]  # fmt: skip


def _neighbour_words(report: CoordinationReport, found: int, nominal: int) -> str:
    told = {"i": report.now.moran.i, "p": report.now.moran.p, "found": found, "nominal": nominal}
    if report.now.moran.p > 0.05:
        return _("Whether neighbours are alike cannot be told (Moran's I %(i).2f, p %(p).3f).") % told
    if not nominal:
        return _("Neighbours are alike (Moran's I %(i).2f, p %(p).3f), but no single province stands out.") % told
    return _("Neighbours are alike (Moran's I %(i).2f, p %(p).3f). Of single provinces %(nominal)d would pass the "
             "usual 5 %% each; %(found)d remain when false discoveries are held.") % told  # fmt: skip


def limits() -> list[str]:
    """Return what the page is not, in plain words."""
    return [
        _("It is no ranking of governments. Figures describe a province with its history, not whoever runs it now."),
        _("It shows no cause. That two indices stand high together does not say that one drives the other, or how."),
        _("It is no target. Whoever is paid by an index learns to move the index: spending can rise and nothing else."),
        _("A grade is a word for a number. Its edges were chosen by hand and mean nothing that was measured."),
        _("Weights made from data are not importance. Entropy gives most to what is most skewed."),
        _("An obstacle degree restates weight and distance. Leading the list does not make a lever."),
        _("It counts what yearbooks count: staff, papers, contracts. Most talent and most learning are not in it."),
    ]


def left_out() -> list[str]:
    """Return which provinces are not counted, and why."""
    names = {one.code: one.name for one in load_provinces().units}
    return [f"{said(names[code])}: {said(why)}" for code, why in load_indices().left_out.items()]


def _map(report: CoordinationReport, width: int, language: str) -> str:
    values = dict(
        zip(report.coupling.panel.units, report.coupling.of(report.year)["d_corrected"].tolist(), strict=True)
    )
    out = load_indices().left_out
    tiles = []
    for one in load_provinces().units:
        column, row = PLACES[one.code]
        value, name = values.get(one.code), said(one.name)
        short = name if language.startswith("zh") else (LETTERS[one.code] if width < WIDE else name)
        told = f"{name}: {value:.3f}" if value is not None else f"{name}: {said(out[one.code])}"
        tiles.append(MapTile(column=column, row=row, name=short, value=value, title=told))
    title = _("D, corrected, of the provinces in %(year)d") % {"year": report.year}
    described = _("One tile a province, roughly where it lies; all tiles are of one size. The same stands in the table "
                  "below.")  # fmt: skip
    return tile_map(tiles, width=width, name=f"map-{width}", title=title, description=described)


def _ranks(report: CoordinationReport, width: int) -> str:
    panel, ranks = report.coupling.panel, report.ranks
    rows = [
        RankRow(name=said(panel.names[panel.units[k]]), rank=ranks.rank[k], lower=ranks.lower[k], upper=ranks.upper[k],
                note=f"{ranks.lower[k]}–{ranks.upper[k]}")
        for k in sorted(range(len(panel.units)), key=lambda k: ranks.rank[k])
    ]  # fmt: skip
    title = _("Rank by D, corrected, in %(year)d, and between which ranks it may lie") % {"year": report.year}
    return rank_bars(rows, width=width, name=f"ranks-{width}", title=title, axis=_("Rank"),
                     description=_("A dot is the rank by the chosen weights, a bar the 90 % range under weights drawn "
                                   "at random. The same stands in the table below."))  # fmt: skip


def _spread(report: CoordinationReport, width: int) -> str:
    picked = list(dict.fromkeys([report.years[0].year, report.year]))
    curves = [
        DensityCurve(name=str(one.year), points=one.density.points.tolist(), heights=one.density.heights.tolist())
        for one in report.years
        if one.year in picked
    ]
    return density_curves(curves, width=width, name=f"spread-{width}",
                          title=_("How D, corrected, is spread over the provinces"),
                          description=_("Kernel density on 0 to 1, reflected at both ends; the area below each line is "
                                        "1."))  # fmt: skip


def chosen_words(report: CoordinationReport, chosen: Chosen) -> str:
    """Return in one line what a page or a sheet of paper is about."""
    return f"{said(report.coupled.name)} · {report.year}"


def region_line(report: CoordinationReport) -> str:
    """Return how much of the inequality lies within regions, between them, and in their overlap."""
    dagum = report.now.dagum
    parts = {"within": dagum.within, "between": dagum.between, "overlap": dagum.overlap}
    shares = {"gini": dagum.gini} | {name: 100 * part / dagum.gini for name, part in parts.items()}
    return _("Gini of D, corrected: %(gini).3f; %(within).0f %% of it within regions, %(between).0f %% between them, "
             "%(overlap).0f %% overlap.") % shares  # fmt: skip
