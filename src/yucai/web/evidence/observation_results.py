"""What the records of a plan say: agreement first, then how much of a behaviour, where, and for which reasons."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from uuid import UUID

import numpy as np
import polars as pl

from yucai.evidence import (
    Measure,
    NothingObservedError,
    Observations,
    SamplingMode,
    estimate_behaviour,
    to_boris,
    write_sheets,
)
from yucai.measurement import (
    Agreement,
    NothingToCompareError,
    Section,
    answer_behaviour,
    event_agreement,
    kappa,
    time_unit_agreement,
)
from yucai.texts import Text
from yucai.web.evidence.observation_models import ObservationPlan, ObservationSession
from yucai.web.evidence.observation_plans import scheme_of
from yucai.web.evidence.observation_records import kept_of

__all__ = ["Results", "boris_file", "boris_notices", "results_of", "table_file"]

TOLERANCE_S: Final = 3.0
BY_EVENT: Final = (SamplingMode.EVENT, SamplingMode.TIMED_EVENT)
OTHER_SCHEME: Final = Text(
    "The coding scheme has changed since this plan was opened (version {old}, now {new}): read the figures with care.",
    "编码方案在计划开始后已变更（当时 {old} 版，现为 {new} 版）：解读数字须谨慎。",
)
APART: Final = Text(
    "{n} second records watched for another time than the first; they are not compared.",
    "有 {n} 份第二观察者的记录与第一观察者时长不同，未作比较。",
)
IN_INTERVALS: Final = Text("“{code}”, interval by interval: kappa", "“{code}”逐间隔的 κ 系数")


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """The figures of one behaviour, and how far two observers agree; each list may be empty, and ``notes`` say why."""

    agreements: tuple[Agreement, ...]
    measures: tuple[Measure, ...]
    warnings: tuple[Text, ...]
    sections: tuple[Section, ...]
    notes: tuple[Text, ...]


def results_of(plan: ObservationPlan, behaviour: str) -> Results | None:
    """Return what the records say of one behaviour; None where there is no record. Drawn by the seed of the plan."""
    held = list(ObservationSession.objects.filter(turn__plan=plan).order_by("pk").values_list("uuid", flat=True))
    return _results(plan.pk, len(held), held[-1], behaviour) if held else None


@lru_cache(maxsize=64)
def _results(plan_pk: int, _n: int, _last: UUID, behaviour: str) -> Results:
    """Records are never changed: their number and the newest of them name what there is to count."""
    plan = ObservationPlan.objects.get(pk=plan_pk)
    kept, scheme = kept_of(plan), scheme_of(plan)
    observations, rng = kept.observations, np.random.default_rng(plan.seed)
    notes = []
    if scheme.version != plan.scheme_version:
        facts = {"old": plan.scheme_version, "new": scheme.version}
        notes.append(OTHER_SCHEME.filled(**facts))
    if kept.apart:
        notes.append(APART.filled(n=kept.apart))
    agreements = tuple(_agreements(observations, behaviour, rng))
    mode = SamplingMode(plan.mode)
    try:
        if mode in BY_EVENT:
            answer = answer_behaviour(observations, behaviour, rng=rng)
            estimate, sections = answer.estimate, answer.sections()
        else:
            estimate, sections = estimate_behaviour(observations, behaviour, rng=rng), ()
    except NothingObservedError as nothing:  # second records only
        notes.append(Text(nothing.in_language("en"), nothing.in_language("zh")))
        return Results(agreements=agreements, measures=(), warnings=(), sections=(), notes=tuple(notes))
    return Results(
        agreements=agreements,
        measures=estimate.measures,
        warnings=estimate.warnings,
        sections=sections,
        notes=tuple(notes),
    )


def _agreements(observations: Observations, behaviour: str, rng: np.random.Generator) -> Iterator[Agreement]:
    modes = {session.mode for session in observations.sessions}
    try:
        if modes <= set(BY_EVENT):
            yield event_agreement(observations, tolerance_s=TOLERANCE_S, rng=rng)
        else:
            yield _interval_agreement(observations, behaviour)
        if modes == {SamplingMode.TIMED_EVENT}:
            yield time_unit_agreement(observations, rng=rng)
    except NothingToCompareError:
        return


def _interval_agreement(observations: Observations, behaviour: str) -> Agreement:
    """Return kappa of scored and unscored intervals. Raises NothingToCompareError."""
    rows = observations.acts(behaviour).select("session", "observer", "onset_s").iter_rows()
    scored = {(session, observer, onset) for session, observer, onset in rows}
    both: dict[str, list[str]] = {}
    steps: dict[str, list[float]] = {}
    for session in sorted(observations.sessions, key=lambda one: one.second):
        both.setdefault(session.session, []).append(session.observer)
        step, late = session.interval_s or 1.0, session.mode == SamplingMode.MOMENTARY
        steps[session.session] = [(n + late) * step for n in range(session.n_intervals)]
    pairs = [(name, *observers) for name, observers in both.items() if len(observers) == 2]
    units = [(name, one, other, onset) for name, one, other in pairs for onset in steps[name]]
    if not units:
        raise NothingToCompareError
    first = [(name, one, onset) in scored for name, one, _, onset in units]
    second = [(name, other, onset) in scored for name, _, other, onset in units]
    called = observations.scheme.code_of(behaviour).name
    name = IN_INTERVALS.filled(code=called)
    return replace(kappa(first, second), name=name)


def boris_notices(plan: ObservationPlan) -> tuple[Text, ...]:
    """Return what BORIS's table of a plan cannot hold. Raises FaultyInputError."""
    return to_boris(kept_of(plan).observations).notices


def boris_file(plan: ObservationPlan, *, kind: str) -> bytes:
    """Return BORIS's tabular events of a plan as ``"tsv"`` or ``"xlsx"``."""
    export = to_boris(kept_of(plan).observations)
    with TemporaryDirectory() as folder:
        file = Path(folder) / f"events.{kind}"
        if kind == "tsv":
            export.save(file)
        else:
            write_sheets(file, {"Tabular events": export.table})
        return file.read_bytes()


def table_file(plan: ObservationPlan) -> bytes:
    """Return the columns of OBSERVATIONS, and beside them every session, also those in which nothing was seen."""
    observations = kept_of(plan).observations
    sessions = pl.DataFrame(
        {
            "session": [one.session for one in observations.sessions],
            "observer": [one.observer for one in observations.sessions],
            "child": [one.child for one in observations.sessions],
            "setting": [one.setting for one in observations.sessions],
            "mode": [str(one.mode) for one in observations.sessions],
            "interval_s": [one.interval_s for one in observations.sessions],
            "starts": [one.starts.isoformat() for one in observations.sessions],
            "exposure_s": [one.exposure_s for one in observations.sessions],
            "consent": [one.consent for one in observations.sessions],
            "delete_on": [one.delete_on for one in observations.sessions],
            "second": [one.second for one in observations.sessions],
        }
    )
    with TemporaryDirectory() as folder:
        file = Path(folder) / "observations.xlsx"
        write_sheets(file, {"observations": observations.table, "sessions": sessions})
        return file.read_bytes()
