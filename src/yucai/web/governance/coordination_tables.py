"""The tables of the provincial page, each a file too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yucai.governance import CoordinationReport, IndexOverlap, grade_bands, load_indices, load_provinces
from yucai.texts import Text
from yucai.web.governance.coordination_reading import Chosen
from yucai.web.listing import Cell, CellKind, On, Table, Value, plain_table, said

__all__ = ["QUADRANT_WORDS", "obstacle_names", "ordered", "province_tables", "region_name"]

DECIMAL, WHOLE, WORDS = CellKind.DECIMAL, CellKind.WHOLE, CellKind.TEXT
QUADRANT_WORDS: Final = {
    "HH": gettext_lazy("high among high"),
    "LL": gettext_lazy("low among low"),
    "HL": gettext_lazy("high among low"),
    "LH": gettext_lazy("low among high"),
}
SHARED_WORDS: Final = {
    "same": gettext_lazy("same indicator"),
    "numerator": gettext_lazy("same thing counted"),
    "crossed": gettext_lazy("counted here, divisor there"),
    "denominator": gettext_lazy("same divisor"),
    "": gettext_lazy("nothing"),
}
MOST_OBSTACLES: Final = 3


def province_tables(report: CoordinationReport, chosen: Chosen, overlap: IndexOverlap) -> list[Table]:
    """Return the tables of a report."""
    return [
        _standing(report),
        _years(report),
        _over_years(report),
        _obstacles(report),
        _regions(report),
        _neighbours(report),
        _weights(report),
        _overlap(overlap),
    ]


def ordered(report: CoordinationReport) -> list[int]:
    """Return the places of the provinces, the highest D first."""
    return [int(k) for k in np.argsort(-report.coupling.of(report.year)["d_corrected"], kind="stable")]


def region_name(code: str) -> Text:
    """Return the name of a region."""
    return load_provinces().regions[code]


def obstacle_names(report: CoordinationReport) -> list[tuple[Text, float]]:
    """Return the indicators by the mean share of the shortfall that they hold in the year, the largest first."""
    shares = report.coupling.panel.rows_of(report.obstacles.values, report.year).mean(axis=0)
    codes = [name for one in report.weights for name in one.indicators]
    names = [load_indices().indicators[code].name for code in codes]
    return sorted(zip(names, shares.tolist(), strict=True), key=lambda pair: -pair[1])


def _standing(report: CoordinationReport) -> Table:
    figures, panel, bands = report.coupling.of(report.year), report.coupling.panel, grade_bands("ten")
    usual, newer = bands.places(figures["d_classical"]), bands.places(figures["d_corrected"])
    scores = panel.rows_of(report.coupling.scores, report.year)
    rows = [
        (
            panel.names[panel.units[k]],
            region_name(panel.groups[panel.units[k]]),
            *scores[k].tolist(),
            *(float(figures[name][k]) for name in ("t", "c_classical", "c_corrected")),
            Cell(value=float(figures["d_classical"][k]), small=said(bands.names[int(usual[k])])),
            Cell(value=float(figures["d_corrected"][k]), small=said(bands.names[int(newer[k])])),
            bands.names[int(usual[k])],
            bands.names[int(newer[k])],
            Cell(value=report.ranks.rank[k], small=f"{report.ranks.lower[k]}–{report.ranks.upper[k]}"),
            report.ranks.lower[k],
            report.ranks.upper[k],
        )
        for k in ordered(report)
    ]
    systems = [(said(one.name), DECIMAL, 3) for one in report.coupled.systems]
    columns = [(_("Province"), WORDS, 0), (_("Region"), WORDS, 0), *systems, ("T", DECIMAL, 3),
               (_("C, classical"), DECIMAL, 3), (_("C, corrected"), DECIMAL, 3), (_("D, classical"), DECIMAL, 3),
               (_("D, corrected"), DECIMAL, 3), (_("Grade by D, classical"), WORDS, 0),
               (_("Grade by D, corrected"), WORDS, 0), (_("Rank"), WHOLE, 0),
               (_("Rank at best"), WHOLE, 0), (_("Rank at worst"), WHOLE, 0)]  # fmt: skip
    table = plain_table("standing", _("T, C and D side by side"), columns, rows)
    return _in_file_alone(table, 1, *range(2, 2 + len(systems)), *range(len(columns) - 5, len(columns) - 3),
                          len(columns) - 2, len(columns) - 1)  # fmt: skip


def _in_file_alone(table: Table, *places: int) -> Table:
    """Return a table whose columns at some places have no room on a page."""
    columns = [replace(one, on=On.FILE) if place in places else one for place, one in enumerate(table.columns)]
    return replace(table, columns=tuple(columns))


def _years(report: CoordinationReport) -> Table:
    rows = [
        (one.year, one.t, one.d_classical, one.d_corrected, one.dagum.gini, one.dagum.within / one.dagum.gini,
         one.dagum.between / one.dagum.gini, one.dagum.overlap / one.dagum.gini, one.theil.theil,
         Cell(value=one.moran.i, small=f"p {one.moran.p:.3f}"), one.moran.z, one.moran.p)
        for one in report.years
    ]  # fmt: skip
    columns = [(_("Year"), WORDS, 0), (_("Mean T"), DECIMAL, 3), (_("D, classical"), DECIMAL, 3),
               (_("D, corrected"), DECIMAL, 3), (_("Gini"), DECIMAL, 3), (_("within, %"), CellKind.PERCENT, 0),
               (_("between, %"), CellKind.PERCENT, 0), (_("overlap, %"), CellKind.PERCENT, 0),
               (_("Theil"), DECIMAL, 4), (_("Moran's I"), DECIMAL, 3), ("z", DECIMAL, 2),
               ("p", DECIMAL, 3)]  # fmt: skip
    table = plain_table("years", _("The years side by side"), columns, [(str(row[0]), *row[1:]) for row in rows])
    return _in_file_alone(table, 8, 10, 11)


def _over_years(report: CoordinationReport) -> Table:
    panel, years = report.coupling.panel, report.coupling.panel.years
    values = report.coupling.d_corrected.reshape(len(panel.units), len(years))
    columns = [(_("Province"), WORDS, 0), *((str(year), DECIMAL, 3) for year in years), (_("Change"), DECIMAL, 3)]
    rows = [
        (panel.names[panel.units[k]], *values[k].tolist(), float(values[k, -1] - values[k, 0])) for k in ordered(report)
    ]  # fmt: skip
    return plain_table("over-years", _("D, corrected, of every province over the years"), columns, rows)


def _obstacles(report: CoordinationReport) -> Table:
    panel = report.coupling.panel
    shares = panel.rows_of(report.obstacles.values, report.year)
    names = [load_indices().indicators[code].name for one in report.weights for code in one.indicators]
    rows: list[list[Value | Cell]] = []
    for k in ordered(report):
        largest = np.argsort(-shares[k], kind="stable")[:MOST_OBSTACLES]
        told = [Cell(value=said(names[j]), small=f"{100 * shares[k, j]:.0f} %") for j in largest]
        rows.append([panel.names[panel.units[k]], *told, float(shares[k, largest].sum())])
    columns = [(_("Province"), WORDS, 0), (_("Largest"), WORDS, 0), (_("second"), WORDS, 0), (_("third"), WORDS, 0),
               (_("The three together, %"), CellKind.PERCENT, 0)]  # fmt: skip
    return plain_table("obstacles", _("What holds most of the shortfall"), columns, rows)


def _regions(report: CoordinationReport) -> Table:
    dagum, panel = report.now.dagum, report.coupling.panel
    values = report.coupling.of(report.year)["d_corrected"]
    marks = np.array([panel.groups[unit] for unit in panel.units])
    columns = [(_("Region"), WORDS, 0), (_("Provinces"), WHOLE, 0), (_("Mean D, corrected"), DECIMAL, 3),
               *((_("with %(region)s") % {"region": said(region_name(one))}, DECIMAL, 3)
                 for one in dagum.groups)]  # fmt: skip
    rows = [
        (region_name(one), int((marks == one).sum()), float(values[marks == one].mean()), *dagum.pairs[place].tolist())
        for place, one in enumerate(dagum.groups)
    ]
    return plain_table("regions", _("Regions against one another"), columns, rows)


def _neighbours(report: CoordinationReport) -> Table:
    panel, local = report.coupling.panel, report.local
    values = report.coupling.of(report.year)["d_corrected"]
    rows = [
        (panel.names[panel.units[k]], float(values[k]), float(local.i[k]), float(local.z[k]), float(local.p[k]),
         float(local.q[k]), str(QUADRANT_WORDS[local.quadrant[k]]) if local.found[k] else _("cannot tell"))
        for k in np.argsort(local.p, kind="stable").tolist()
    ]  # fmt: skip
    columns = [(_("Province"), WORDS, 0), (_("D, corrected"), DECIMAL, 3), (_("Local Moran"), DECIMAL, 3),
               ("z", DECIMAL, 2), ("p", DECIMAL, 3), (_("q after false discovery"), DECIMAL, 3),
               (_("With its neighbours"), WORDS, 0)]  # fmt: skip
    return plain_table("neighbours", _("Each province with its neighbours"), columns, rows)


def _weights(report: CoordinationReport) -> Table:
    definitions, rows = load_indices().indicators, []
    for system, weights in zip(report.coupled.systems, report.weights, strict=True):
        for code, weight in weights.shares().items():
            one = definitions[code]
            rows.append((one.name, system.name, one.unit, weight, *one.goalposts))
    columns = [(_("Indicator"), WORDS, 0), (_("Subsystem"), WORDS, 0), (_("Unit"), WORDS, 0), (_("Weight"), DECIMAL, 3),
               (_("Low goalpost"), DECIMAL, 2), (_("High goalpost"), DECIMAL, 2)]  # fmt: skip
    return plain_table("weights", _("Indicators, weights and goalposts"), columns, rows)


def _overlap(overlap: IndexOverlap) -> Table:
    columns = [(said(overlap.a.name), WORDS, 0), *((said(one.name), WORDS, 0) for one in overlap.b.indicators)]
    rows: list[Sequence[Text | str]] = [
        (one.name, *(str(SHARED_WORDS[word]) for word in words))
        for one, words in zip(overlap.a.indicators, overlap.words, strict=True)
    ]
    return plain_table("overlap", _("What the two indices share"), columns, rows)
