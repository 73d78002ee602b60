"""Whether talent and new quality productive forces drive one another, as the provincial page says it."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Final

import numpy as np
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from yucai.governance import Direction, ProvincialDrive, drive_of_provinces
from yucai.web.drawing import DotLabels, IntervalRow, interval_dots
from yucai.web.listing import Cell, CellKind, On, Table, plain_table, said

__all__ = ["drive_facts", "drive_picture", "drive_table", "driven"]

SEED: Final = 20261128
DRAWS: Final = 999
WIDE, NARROW = 760, 358
FILE_ALONE: Final = frozenset({2, 3, 4, 5})  # columns without room on a page


@cache
def driven() -> ProvincialDrive:
    """Return the answer; it hangs on the shipped panel alone, so that it is worked out once a process."""
    return drive_of_provinces(rng=np.random.default_rng(SEED), draws=DRAWS)


def drive_facts() -> dict[str, object]:
    """Return what the section shows besides its table: the answer in words, of what, and the picture in two widths."""
    found = driven()
    indices = [(said(one.name), [said(each.name) for each in one.indicators]) for one in found.pack.indices]
    return {
        "says": said(found.answer.says),
        "indices": indices,
        "usual": _usual(found),
        "conventions": [said(one) for one in found.answer.convention],
        "wide": _picture(found, WIDE),
        "narrow": _picture(found, NARROW),
    }


def drive_picture() -> str:
    """Return the picture of the answer for paper."""
    return _picture(driven(), WIDE)


def drive_table() -> Table:
    """Return both directions: sizes with intervals, p values, and what could have been found."""
    found = driven()
    decimal = CellKind.DECIMAL
    columns = [
        (_("What might drive what"), CellKind.TEXT, 0), (_("Slope"), decimal, 2), (_("lower end"), decimal, 2),
        (_("upper end"), decimal, 2), (_("p of the slope"), decimal, 3), (_("p over provinces"), decimal, 3),
        (_("p, both together"), decimal, 3), (_("Could have been found from"), decimal, 2),
        (_("p as usually printed"), decimal, 3), (_("Stands out from chance"), CellKind.TEXT, 0),
    ]  # fmt: skip
    rows = [
        (
            _way(one), Cell(value=one.slope, small=f"{one.low:.2f} – {one.high:.2f}"), one.low, one.high, one.p_slope,
            one.p_units, one.p, one.detectable, one.usual_p, _("yes") if stands else _("cannot tell"),
        )
        for one, stands in zip(found.answer.directions, found.answer.found, strict=True)
    ]  # fmt: skip
    table = plain_table("drive", _("Is there a two-way drive?"), columns, rows)
    told = [replace(one, on=On.FILE) if place in FILE_ALONE else one for place, one in enumerate(table.columns)]
    return replace(table, columns=tuple(told))


def _way(one: Direction) -> str:
    return f"{said(one.cause)} → {said(one.effect)}"


def _usual(found: ProvincialDrive) -> str:
    """Return what would usually be printed of the same figures."""
    n = sum(one.usual_p <= 0.05 for one in found.answer.directions)
    if not n:
        return _("The test that is usually printed finds nothing either.")
    return ngettext(
        "The test that is usually printed would call %(n)d direction significant. With so few years it does so for 15 "
        "to 20 of 100 panels in which there is nothing.",
        "The test that is usually printed would call %(n)d directions significant. With so few years it does so for 15 "
        "to 20 of 100 panels in which there is nothing.",
        n,
    ) % {"n": n}  # fmt: skip


def _picture(found: ProvincialDrive, width: int) -> str:
    """Return the slopes and the answers of the following years, each with its interval, as a drawing."""
    rows = []
    for one in found.answer.directions:
        way = _way(one)
        rows.append(IntervalRow(name=_("Slope"), mean=one.slope, lower=one.low, upper=one.high, group=way))
        for answer in one.responses:
            name = ngettext("After %(n)d year", "After %(n)d years", answer.horizon) % {"n": answer.horizon}
            rows.append(IntervalRow(name=name, mean=answer.estimate, lower=answer.low, upper=answer.high, group=way))
    labels = DotLabels(
        title=_("How much one index says of the other, with 95 % intervals"),
        description=_("In standard deviations of one for one of the other. The slopes stand in the table below too."),
        low=_("lower"), middle=_("nothing"), high=_("higher"), estimate=_("estimate"), interval=_("95 % interval"),
        not_enough=_("cannot tell"),
    )  # fmt: skip
    return interval_dots(rows, width=width, labels=labels)
