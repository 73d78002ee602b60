"""Items as teachers meet them: a row each, and the scale of a quality with learners and items side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from yucai.measurement import (
    InformationReport,
    ItemParameters,
    PersonItemMap,
    category_uses,
    information_report,
    map_of,
)
from yucai.texts import signed
from yucai.web.accounts.access import MIN_CELL
from yucai.web.accounts.models import Person, Space
from yucai.web.evidence.consented import usable_records
from yucai.web.evidence.models import Item
from yucai.web.listing import Cell, CellKind, Table, nothing, plain_table
from yucai.web.measurement.calibrations import calibration_in, current_run, file_of
from yucai.web.measurement.models import CalibrationRun, ProfileRow
from yucai.web.measurement.periods import period_of
from yucai.web.measurement.wording import quality_name

__all__ = ["ItemRow", "LevelView", "ScaleView", "item_rows", "levels_of", "scale_names", "scale_views"]

WIDE, NARROW = 720, 360


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemRow:
    """One assessment in a list; numbers are None where nothing is known, or where they would mislead."""

    item: Item
    difficulty: float | None
    discrimination: float | None
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleView:
    """The pictures of one quality's scale, wide and narrow, and the items that have no place on it."""

    quality: str
    map_wide: str
    map_narrow: str
    information_wide: str
    information_narrow: str
    places: Table
    information: Table
    unplaced: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelView:
    """How many reached a level and where they stand; ``place`` is None where fewer than ``MIN_CELL`` did."""

    name: str
    results: int
    share: float
    place: float | None


def item_rows(items: Sequence[Item], *, run: CalibrationRun | None) -> tuple[ItemRow, ...]:
    """Return a row for each item, with what the current calibration of its space knows of it; None where is none."""
    calibration = calibration_in(file_of(run)) if items and run is not None else None
    known = {i.item: i for scale in calibration.scales for i in scale.items} if calibration is not None else {}
    return tuple(_row(item, known.get(item.code)) for item in items)


def _row(item: Item, known: ItemParameters | None) -> ItemRow:
    if known is None:
        return ItemRow(item=item, difficulty=None, discrimination=None, note=_("not measured"))
    return ItemRow(
        item=item,
        difficulty=None if known.misleading else known.difficulty,
        discrimination=known.slope,
        note=_("misleading") if known.misleading else "",
    )


def scale_names(codes: Sequence[str], *, run: CalibrationRun | None) -> tuple[tuple[str, str], ...]:
    """Return the scales that these items are on in a calibration, code and name, in the order there."""
    calibration, wanted = calibration_in(file_of(run)) if codes and run is not None else None, set(codes)
    scales = calibration.scales if calibration is not None else ()
    there = [scale.quality for scale in scales if {item.item for item in scale.items} & wanted]
    return tuple((quality, quality_name(quality, get_language() or "en")) for quality in there)


def scale_views(
    space: Space,
    codes: Sequence[str],
    *,
    people: QuerySet[Person],
    only: str = "",
    run: CalibrationRun | None = None,
) -> tuple[ScaleView, ...]:
    """Return the scales that these items are on, in the order of the current calibration; the items stand out.

    Learners on them are these ``people``: those whom the reader may see. ``only`` names one scale of them.

    However many scales there are, the database is asked three times.
    """
    run = (run or current_run(space)) if codes else None
    calibration = calibration_in(file_of(run)) if run is not None else None
    scales = calibration.scales if calibration is not None else ()
    there = [
        scale for scale in scales if {item.item for item in scale.items} & set(codes) and only in ("", scale.quality)
    ]
    if run is None or not there:
        return ()
    language = get_language() or "en"
    rows = ProfileRow.objects.filter(run__space=space, run__current=True, n_evidence__gt=0, person__in=people)
    places: dict[str, list[float]] = {scale.quality: [] for scale in there}
    for quality, mean in rows.filter(quality__in=list(places)).values_list("quality", "mean"):
        places[quality].append(mean)
    on_them = [item.item for scale in there for item in scale.items]
    named = Item.objects.filter(space=space, code__in=on_them)
    names = {item.code: item.name.in_language(language) for item in named}
    known, shown = tuple(sorted(names.items())), tuple(codes)
    return tuple(
        _drawn(file_of(run), quality, np.array(found).tobytes(), shown, known, language)
        for quality, found in places.items()
    )


@lru_cache(maxsize=512)
def _drawn(
    file: Path, quality: str, found: bytes, codes: tuple[str, ...], known: tuple[tuple[str, str], ...], language: str
) -> ScaleView:
    """Draw one scale of a calibration; many look at the same class, and it is drawn once."""
    calibration, names = calibration_in(file), dict(known)
    shown = map_of(calibration, quality, np.frombuffer(found))
    told = information_report(calibration, quality)
    alone = codes if len(codes) == 1 else ()
    mark = "、" if language.startswith("zh") else ", "
    return ScaleView(
        quality=quality_name(quality, language),
        map_wide=shown.svg(language=language, width=WIDE, names=names, marked=codes),
        map_narrow=shown.svg(language=language, width=NARROW, names=names, marked=codes),
        information_wide=told.svg(language=language, width=WIDE, marked=alone),
        information_narrow=told.svg(language=language, width=NARROW, marked=alone),
        places=_places(shown, names, quality, quality_name(quality, language), mark),
        information=_information(told, quality, quality_name(quality, language)),
        unplaced=mark.join(names.get(item, item) for item in shown.unplaced),
    )


def _places(shown: PersonItemMap, names: Mapping[str, str], quality: str, name: str, mark: str) -> Table:
    """Return how many learners and which items stand where on a scale."""
    heads = (
        (_("Place from"), CellKind.DECIMAL, 2),
        (_("Place to"), CellKind.DECIMAL, 2),
        (_("Learners"), CellKind.WHOLE, 0),
        (_("Items"), CellKind.TEXT, 0),
    )
    rows = [
        (
            Cell(value=row.low, shown=signed(row.low)),
            Cell(value=row.high, shown=signed(row.high)),
            nothing(row.n_learners, _("hidden")),
            mark.join(names.get(item, item) for item in row.items),
        )
        for row in shown.rows
    ]
    return plain_table(f"places-{quality}", _("Places on the scale of “%(name)s”") % {"name": name}, heads, rows)


def _information(report: InformationReport, quality: str, name: str) -> Table:
    """Return what all items tell, at whole places of the scale."""
    told = report.told
    rows = [
        (Cell(value=float(place), shown=signed(place)), float(whole), float(error))
        for place, whole, error in zip(told.places, told.whole, told.std_errors, strict=True)
        if abs(place - round(place)) < 1e-9
    ]
    heads = (
        (_("Place on the scale"), CellKind.DECIMAL, 1),
        (_("Information"), CellKind.DECIMAL, 1),
        (_("Standard error"), CellKind.DECIMAL, 2),
    )
    return plain_table(f"information-{quality}", _("Information on “%(name)s”") % {"name": name}, heads, rows)


def levels_of(item: Item, quality: str, *, people: QuerySet[Person]) -> tuple[LevelView, ...]:
    """Return how these people used each level of an item, and where they stand on the quality in that period."""
    rows = ProfileRow.objects.filter(run__space=item.space, run__current=True, quality=quality)
    places = {(person, when): mean for person, when, mean in rows.values_list("person", "occasion", "mean")}
    score, place, top = [], [], 1
    records = usable_records(item.space, at=timezone.now()).filter(item=item, person__in=people)
    for person, when, reached, highest in records.values_list("person", "occasion", "score", "max_score"):
        found = places.get((person, period_of(item.space, when)))
        top = max(top, round(highest))
        if found is not None:
            score.append(round(reached))
            place.append(found)
    uses = category_uses(np.array(score, dtype=np.int64), np.array(place, dtype=np.float64), top=top) if score else ()
    return tuple(
        LevelView(
            name=str(use.category),
            results=use.n_answers,
            share=100 * use.share,
            place=use.mean_place if use.n_answers >= MIN_CELL else None,
        )
        for use in uses
    )
