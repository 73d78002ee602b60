"""From the lake to profiles: calibrate a space, score everybody, and make the result the one the pages show."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Final

import polars as pl
from django.conf import settings
from django.db import transaction
from django.utils.timezone import localdate

from yucai.evidence import Responses
from yucai.framework import EvidenceMap, load_evidence_map, load_framework
from yucai.measurement import Calibration, Profiles, calibrate, score
from yucai.texts import Text
from yucai.web.accounts.ages import unconsented_codes
from yucai.web.accounts.audit import note
from yucai.web.accounts.models import Person, Space
from yucai.web.bulk import insert_rows
from yucai.web.evidence.actions import NoEvidenceError, space_responses, write_lake
from yucai.web.evidence.consented import unusable_records
from yucai.web.measurement.halfway import Halfway, digest_of
from yucai.web.measurement.models import CalibrationRun, ProfileRow
from yucai.web.measurement.periods import period
from yucai.web.registers.algorithms import PROFILES
from yucai.web.registers.switches import require_running

__all__ = ["in_periods", "measure_space"]

Report = Callable[[float, Text], None]
Clock = Callable[[], datetime]

PROFILE_COLUMNS: Final = (
    "run", "person", "occasion", "quality", "mean", "std_error", "lower90", "upper90", "n_evidence", "enough",
)  # fmt: skip
READING: Final = Text("Reading the evidence", "正在读取证据")
SCORING: Final = Text("Computing profiles", "正在计算画像")
SAVING: Final = Text("Saving profiles", "正在保存画像")


def measure_space(space: Space, *, report: Report, clock: Clock, halfway: Halfway | None = None) -> CalibrationRun:
    """Calibrate all evidence of a space and make its profiles the current ones; all or nothing.

    ``halfway`` keeps the calibration until the profiles are made, and is used where it is of exactly this evidence.

    ``report(done, text)`` is told of the progress from 0 to 1 and may raise to call the work off.
    Raises MethodOffError where the institution has switched it off, NoEvidenceError, and what
    ``yucai.measurement.calibrate`` raises.
    """
    began = clock()
    require_running(space, PROFILES.code, at=began)
    report(0.0, READING)
    write_lake(space, at=began)  # what an interrupted import left to do
    responses = _usable(in_periods(_measurable(space_responses(space), space, began), space), space, at=began)
    evidence_map = load_evidence_map(space.evidence_map)
    calibration = _calibrated(responses, evidence_map, report=report, halfway=halfway)
    report(0.65, SCORING)
    profiles = score(responses, calibration)
    report(0.8, SAVING)
    return _publish(space, responses, calibration, profiles, began=began, clock=clock)


def _usable(responses: Responses, space: Space, *, at: datetime) -> Responses:
    """Leave out the records whose data set rests on a consent that does not hold now."""
    barred = list(unusable_records(space, at=at).values_list("pk", flat=True))
    if not barred:
        return responses
    kept = responses.table.filter(~pl.col("record").cast(pl.Int64).is_in(barred))
    if kept.is_empty():
        raise NoEvidenceError(space=space.name)
    return Responses(kept)


def _calibrated(
    responses: Responses, evidence_map: EvidenceMap, *, report: Report, halfway: Halfway | None
) -> Calibration:
    of = digest_of(responses, evidence_map) if halfway else ""
    kept = halfway.find(of) if halfway else None
    if kept is not None:
        return kept
    calibration = calibrate(responses, evidence_map, report=lambda done, text: report(0.05 + 0.6 * done, text))
    if halfway:
        halfway.keep(calibration, of)
    return calibration


def _named(text: Text) -> Text:
    """Return a notice with the qualities called by their names."""
    for framework in ("nine-qualities", "ai-literacy"):
        for entry in load_framework(framework).qualities:
            text = Text(text.en.replace(entry.code, entry.name.en), text.zh.replace(entry.code, entry.name.zh))
    return text


def _measurable(responses: Responses, space: Space, at: datetime) -> Responses:
    """Return the responses without those of people under 14 for whom no guardian's consent is in force."""
    left_out = unconsented_codes(space, day=localdate(at))
    return Responses(responses.table.filter(~pl.col("learner").is_in(left_out))) if left_out else responses


def in_periods(responses: Responses, space: Space) -> Responses:
    """Return the responses with the period that one profile covers as their occasion."""
    return Responses(responses.table.with_columns(occasion=period(space)))


@transaction.atomic
def _publish(
    space: Space,
    responses: Responses,
    calibration: Calibration,
    profiles: Profiles,
    *,
    began: datetime,
    clock: Clock,
) -> CalibrationRun:
    CalibrationRun.objects.filter(space=space, current=True).update(current=False)
    run = CalibrationRun.objects.create(
        space=space,
        at=began,
        file=f"{space.code}-{began:%Y%m%dT%H%M%S%f}.json",
        evidence_map=space.evidence_map,
        evidence_map_version=load_evidence_map(space.evidence_map).version,
        last_record=int(responses.table["record"].cast(pl.Int64).max() or 0),  # type: ignore[arg-type]
        responses=len(responses),
        units=responses.table.select("learner", "occasion").n_unique(),
        converged=calibration.converged,
        notices=[{"en": notice.en, "zh": notice.zh} for notice in map(_named, calibration.notices)],
        seconds=(clock() - began).total_seconds(),
        current=True,
    )
    people = dict(Person.objects.filter(space=space).values_list("code", "pk"))
    insert_rows(ProfileRow, PROFILE_COLUMNS, _profile_rows(profiles, run.pk, people))
    ProfileRow.objects.filter(run__space=space).exclude(run=run).delete()
    settings.WORKSPACE.calibrations.mkdir(parents=True, exist_ok=True)
    calibration.save(settings.WORKSPACE.calibrations / run.file)
    evidence_map = f"{run.evidence_map} {run.evidence_map_version}"
    detail = {"responses": str(run.responses), "profiles": str(run.units), "map": evidence_map}
    note("measured", by=None, at=began, space=space, target=f"calibration:{run.pk}", detail=detail)
    return run


def _profile_rows(profiles: Profiles, run: int, people: Mapping[str, int]) -> Iterator[tuple[object, ...]]:
    """Only where there is evidence: no row and "nothing known" are the same thing."""
    table = profiles.to_table().filter(pl.col("n_evidence") > 0)
    columns = ("learner", "occasion", "quality", "mean", "std_error", "lower90", "upper90", "n_evidence", "enough")
    for learner, occasion, quality, *numbers in table.select(columns).iter_rows():
        yield run, people[learner], occasion or "", quality, *numbers
