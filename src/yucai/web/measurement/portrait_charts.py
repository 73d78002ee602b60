"""The charts of a portrait: dots or a radar, and a small line for each quality over the periods."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from django.utils.translation import gettext as _

from yucai.texts import signed
from yucai.web.drawing import DotLabels, GrowthPoint, QualityRow, growth_spark, quality_dots, quality_radar
from yucai.web.measurement.models import ProfileRow

__all__ = ["CHARTS", "DOTS", "RADAR", "dot_labels", "draw_chart", "growth_line", "growth_place"]

DOTS: Final = "dots"
RADAR: Final = "radar"
CHARTS: Final = (DOTS, RADAR)
HALF_INTERVAL: Final = 1.645


def draw_chart(chart: str, rows: Iterable[QualityRow], *, width: int, labels: DotLabels) -> str:
    """Return the qualities as SVG, in the kind of chart that is asked for: the same numbers either way."""
    return (quality_radar if chart == RADAR else quality_dots)(list(rows), width=width, labels=labels)


def growth_place(row: ProfileRow | None) -> str:
    """Return a place over the periods as it is written: the estimate and half its interval, or nothing."""
    if row is None or not row.enough:
        return ""
    return f"{signed(row.mean)} ± {HALF_INTERVAL * row.std_error:.1f}"


def growth_line(name: str, rows: Iterable[tuple[str, ProfileRow | None]]) -> str:
    """Return the small line of one quality, from the row of each period, with the same numbers in words."""
    points, said = [], []
    for occasion, row in rows:
        known = row is not None and row.enough
        points.append(
            GrowthPoint(occasion=occasion, mean=row.mean, lower=row.lower90, upper=row.upper90)
            if row is not None and known
            else GrowthPoint(occasion=occasion, enough=False)
        )
        facts = {"when": occasion, "place": growth_place(row) or _("not enough evidence yet")}
        said.append(_("%(when)s: %(place)s") % facts)
    return growth_spark(points, title=name, description="; ".join(said))


def dot_labels(title: str, description: str, *, target: str = "") -> DotLabels:
    """Return the words beside dots on the scale of the group."""
    return DotLabels(
        title=title,
        description=description,
        low=_("well below the group"),
        middle=_("average of the group"),
        high=_("well above the group"),
        estimate=_("estimate"),
        interval=_("90 % interval"),
        not_enough=_("not enough evidence yet"),
        target=target,
    )
