"""The person-item (Wright) map: learners and items on one scale, side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from yucai.frames import Column, Contract
from yucai.measurement.calibration import Calibration
from yucai.measurement.profiles import Profiles, UnknownQualityError
from yucai.measurement.reports.canvas import Canvas, Scheme, cut, text_width
from yucai.texts import Text, signed

__all__ = ["PERSON_ITEM_MAP", "MapRow", "PersonItemMap", "map_of", "person_item_map"]

Array = npt.NDArray[np.float64]
STEP: Final = 0.5
REACH: Final = 3.0
MOST_LINES: Final = 3  # of items in one row
MIN_CELL: Final = 5  # fewer learners in a row would point at somebody

PERSON_ITEM_MAP: Final = Contract(
    "person-item map",
    (
        Column(name="quality", kind="text", meaning=Text("quality", "素养")),
        Column(name="from_place", kind="number", meaning=Text("from here on the scale", "量尺下端")),
        Column(name="to_place", kind="number", meaning=Text("to here", "量尺上端")),
        Column(name="n_learners", kind="whole", meaning=Text("learners (empty: 1 to 4)", "学习者数"), nullable=True),
        Column(name="items", kind="texts", meaning=Text("items whose middle lies here", "难度位于此处的题目")),
    ),
)  # fmt: skip
TITLE = Text("Learners and items on one scale", "学习者与题目同尺图")
DESCRIPTION = Text(
    "{n} learners on the left, {m} items on the right, in steps of half a standard deviation; higher up is more able, "
    "and harder.",
    "左侧为 {n} 位学习者，右侧为 {m} 个题目，每格半个标准差；越靠上水平越高、题目越难。",
)
LEARNERS = Text("learners", "学习者")
ITEMS = Text("items, hardest first", "题目（由难到易）")
HIDDEN = Text("rows of fewer than 5 learners are left blank", "不足 5 人的行不显示")


@dataclass(frozen=True, slots=True, kw_only=True)
class MapRow:
    """Half a standard deviation of the scale. ``n_learners`` is None where fewer than five stand."""

    low: float
    high: float
    n_learners: int | None
    items: tuple[str, ...]  # hardest first


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonItemMap:
    """Rows from the top of the scale down. Whoever or whatever lies beyond three SDs stands in the last row.

    ``unplaced`` items have no place, since who stands higher does not do better on them.
    """

    quality: str
    rows: tuple[MapRow, ...]
    n_learners: int
    unplaced: tuple[str, ...]

    def to_table(self) -> pl.DataFrame:
        """Return one row a step of the scale, in the columns of ``PERSON_ITEM_MAP``."""
        rows = [(self.quality, r.low, r.high, r.n_learners, list(r.items)) for r in self.rows]
        return PERSON_ITEM_MAP.of_rows(rows)

    def svg(
        self,
        *,
        language: str,
        width: int = 720,
        scheme: Scheme = Scheme.LIGHT,
        names: Mapping[str, str] | None = None,
        marked: Sequence[str] = (),
    ) -> str:
        """Return the map; items that are ``marked`` stand in bold beside a diamond."""
        return _draw(self, language=language, width=width, scheme=scheme, names=names or {}, marked=marked)


def person_item_map(calibration: Calibration, profiles: Profiles, quality: str) -> PersonItemMap:
    """Return learners (with evidence of their own) and items of a quality on one scale. Raises UnknownQualityError."""
    if quality not in profiles.qualities:
        raise UnknownQualityError(quality=quality, known=", ".join(profiles.qualities))
    k = profiles.qualities.index(quality)
    return map_of(calibration, quality, profiles.mean[profiles.n_evidence[:, k] > 0, k])


def map_of(calibration: Calibration, quality: str, places: Array) -> PersonItemMap:
    """Return the map of learners at these places (n,) and the items of a quality. Raises UnknownQualityError."""
    scale = calibration.scale(quality)
    if scale is None:
        raise UnknownQualityError(quality=quality, known=", ".join(s.quality for s in calibration.scales) or "-")
    edges = np.arange(-REACH, REACH + STEP / 2, STEP)
    counts, _edges = np.histogram(np.clip(places, -REACH, REACH - 1e-9), bins=edges)
    placed = [i for i in scale.items if not i.misleading and np.isfinite(i.difficulty)]
    rows = []
    for n in range(len(edges) - 2, -1, -1):
        low, high = float(edges[n]), float(edges[n + 1])
        inside = [i for i in placed if low <= min(max(i.difficulty, -REACH), REACH - 1e-9) < high]
        inside.sort(key=lambda i: (-i.difficulty, i.item))
        shown = int(counts[n]) if counts[n] == 0 or counts[n] >= MIN_CELL else None
        rows.append(MapRow(low=low, high=high, n_learners=shown, items=tuple(i.item for i in inside)))
    return PersonItemMap(
        quality=quality,
        rows=tuple(rows),
        n_learners=len(places),
        unplaced=tuple(i.item for i in scale.items if i not in placed),
    )


def _draw(
    shown: PersonItemMap, *, language: str, width: int, scheme: Scheme, names: Mapping[str, str], marked: Sequence[str]
) -> str:
    canvas = Canvas(width=width, scheme=scheme)
    ink = canvas.ink
    axis = 0.36 * width
    canvas.words(LEARNERS.in_language(language), axis - 34, 12, size=11.5, fill=ink.quiet, align="end")
    canvas.words(ITEMS.in_language(language), axis + 14, 12, size=11.5, fill=ink.quiet)
    most = max([row.n_learners or 0 for row in shown.rows] + [1])
    foot: list[tuple[float, str]] = []
    y = 26.0
    for row in shown.rows:
        lines = _lines(row.items, width - 26 - axis, names, marked)
        step = max(30.0, 20.0 * len(lines) + 10)
        middle = y + step / 2
        canvas.line((12, y), (width - 12, y), ink.guide)
        long = (axis - 82) * (row.n_learners or 0) / most
        if row.n_learners:
            canvas.box((axis - 34 - long, middle - 9), (long, 18), ink.band)
            canvas.words(f"{row.n_learners:,}", axis - 40 - long, middle, size=11, fill=ink.quiet, align="end")
        for n, line in enumerate(lines):
            _names(canvas, line, (axis + 14, middle + 20 * (n - (len(lines) - 1) / 2)), marked)
        y += step
        foot.append((y, signed(row.low)))
    for at, place in foot:
        canvas.box((axis - 32, at - 7), (31, 14), ink.ground)
        canvas.words(place, axis - 5, at, size=10.5, fill=ink.quiet, align="end")
    canvas.line((axis, 26), (axis, y), ink.rule, wide=1.25)
    if any(row.n_learners is None for row in shown.rows):
        canvas.words(HIDDEN.in_language(language), 12, y + 18, size=11, fill=ink.quiet)
        y += 16
    n_items = sum(len(row.items) for row in shown.rows)
    said = DESCRIPTION.in_language(language, n=shown.n_learners, m=n_items)
    return canvas.svg(y + 14, title=TITLE.in_language(language), description=said)


def _lines(
    items: Sequence[str], room: float, names: Mapping[str, str], marked: Sequence[str]
) -> list[list[tuple[str, str]]]:
    """Return items and their names broken into lines, those marked first; what does not fit is counted."""
    lines: list[list[tuple[str, str]]] = []
    left = 0.0
    ordered = sorted(items, key=lambda item: item not in marked)
    for n, item in enumerate(ordered):
        text = cut(names.get(item, item), 12, width=room - 50)
        taken = text_width(text, 12) + 30
        last = len(lines) == MOST_LINES
        if not lines or taken > left - (36 if last and n < len(ordered) - 1 else 0):
            if last:
                lines[-1].append(("", f"+{len(ordered) - n}"))
                return lines
            lines.append([])
            left = room
        lines[-1].append((item, text))
        left -= taken
    return lines


def _names(canvas: Canvas, line: Sequence[tuple[str, str]], at: tuple[float, float], marked: Sequence[str]) -> None:
    """Put one line of items."""
    x, y = at
    for item, text in line:
        if not item:
            canvas.words(text, x, y, size=11.5, fill=canvas.ink.quiet)
            return
        if item in marked:
            canvas.diamond(x + 5, y, canvas.ink.marked, r=6)
        else:
            canvas.dot(x + 5, y, canvas.ink.point, r=3.5)
        canvas.words(text, x + 14, y, size=12, bold=item in marked)
        x += text_width(text, 12) + 30
