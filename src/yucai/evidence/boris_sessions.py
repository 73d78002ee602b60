"""The sessions behind a table of BORIS: from its columns, its independent variables, or what the reader gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, tzinfo
from typing import Any, Final

from yucai.errors import Fault
from yucai.evidence.observation_sessions import SamplingMode, Session
from yucai.texts import Text

__all__ = ["VARIABLES", "sessions_of", "variables_of"]

VARIABLES: Final = (
    "session", "observer", "setting", "mode", "starts", "exposure_s", "interval_s", "consent", "delete_on", "second",
    "video", "video_consent",
)  # fmt: skip
NEEDED: Final = ("observer", "setting", "consent", "delete_on")
LENGTHS: Final = ("observation duration", "coding duration", "media duration (s)", "total length")

LACKS: Final = Text(
    "neither the table nor what was given says “{value}”. Add it as an independent variable in BORIS, or give it.",
    "表格与所给信息中都没有“{value}”。请在 BORIS 中设为自变量，或另行给出。",
)
NO_LENGTH: Final = Text(
    "no observed time is named. Give exposure_s: without it nothing can be counted per hour.",
    "没有观察时长。请给出 exposure_s：没有它就无法计算每小时次数。",
)
UNCLEAR: Final = Text(
    "“{field}” is “{value}”, which was not understood. Times and dates are written 2026-03-02 09:00, "
    "lengths in seconds.",
    "“{field}”的值“{value}”无法识别。时间与日期写作 2026-03-02 09:00，时长以秒计。",
)
SEVERAL: Final = Text(
    "the observation holds {value} subjects. One session watches one child: make an observation for each.",
    "该观察含有 {value} 个对象。一个时段只观察一名幼儿：请各建一个观察。",
)
FROM_BORIS: Final = Text(
    "The observed time was taken from BORIS, which may count from the first event to the last. If watching "
    "began earlier "
    "or ended later, give exposure_s: the rates shown would be too high.",
    "观察时长取自 BORIS，它可能只从首个事件计到末个事件。若实际观察更长，请给出 exposure_s，否则频率会偏高。",
)


def variables_of(session: Session) -> dict[str, str]:
    """Return a session as independent variables, all as text."""
    held: dict[str, Any] = {name: getattr(session, name) for name in VARIABLES}
    held["starts"] = session.starts.isoformat()
    held["interval_s"] = "" if session.interval_s is None else repr(float(session.interval_s))
    held["exposure_s"] = repr(float(session.exposure_s))
    held["second"], held["video"] = ("yes" if held[name] else "no" for name in ("second", "video"))
    return {name: str(value) for name, value in held.items()}


def sessions_of(
    rows: Sequence[Mapping[str, str]], given: Mapping[str, str], *, zone: tzinfo, faults: list[Fault]
) -> tuple[list[Session], dict[str, tuple[str, str]], list[Text]]:
    """Return the sessions, session and observer of each observation id, and notices; faults are added to the list."""
    firsts: dict[str, Mapping[str, str]] = {}
    subjects: dict[str, list[str]] = {}
    for row in rows:
        name = row["observation id"]
        firsts.setdefault(name, row)
        if row["subject"] not in subjects.setdefault(name, []):
            subjects[name].append(row["subject"])
    sessions, names, guessed = [], {}, False
    for name, row in firsts.items():
        where = f"observation {name}"
        if len(subjects[name]) > 1:
            facts = {"value": len(subjects[name])}
            faults.append(Fault(code="several-subjects", says=SEVERAL, where=where, facts=facts))
        asked = {field: row.get(field) or given.get(field, "") for field in VARIABLES}
        guessed = guessed or not asked["exposure_s"]
        session = _session(name, row, asked, where=where, zone=zone, faults=faults)
        if session is not None:
            sessions.append(session)
            names[name] = (session.session, session.observer)
    return sessions, names, [FROM_BORIS] if guessed else []


def _session(
    name: str, row: Mapping[str, str], asked: Mapping[str, str], *, where: str, zone: tzinfo, faults: list[Fault]
) -> Session | None:
    before = len(faults)
    for field in NEEDED:
        if not asked[field]:
            faults.append(Fault(code="lacks", says=LACKS, where=where, facts={"value": field}))
    starts = _when(asked["starts"] or row.get("observation date", ""), where=where, zone=zone, faults=faults)
    length = asked["exposure_s"] or next((row[c] for c in LENGTHS if row.get(c) not in (None, "", "NA")), "")
    if not length:
        faults.append(Fault(code="no-length", says=NO_LENGTH, where=where))
    exposure = _number(length, "exposure_s", where=where, faults=faults) or 0.0
    step = _number(asked["interval_s"], "interval_s", where=where, faults=faults)
    mode = asked["mode"] or str(SamplingMode.TIMED_EVENT)
    if mode not in [str(one) for one in SamplingMode]:
        _unclear("mode", mode, where=where, faults=faults)
    gone = _day(asked["delete_on"], where=where, faults=faults)
    if len(faults) > before or starts is None or gone is None:
        return None
    return Session(
        session=asked["session"] or name,
        child=row["subject"],
        observer=asked["observer"],
        setting=asked["setting"],
        mode=SamplingMode(mode),
        starts=starts,
        exposure_s=exposure,
        consent=asked["consent"],
        delete_on=gone,
        interval_s=step,
        second=asked["second"] == "yes",
        video=asked["video"] == "yes",
        video_consent=asked["video_consent"],
    )


def _unclear(field: str, value: str, *, where: str, faults: list[Fault]) -> None:
    faults.append(Fault(code="unclear", says=UNCLEAR, where=where, facts={"field": field, "value": value}))


def _number(value: str, field: str, *, where: str, faults: list[Fault]) -> float | None:
    if not value:
        return None
    try:
        return float(value)
    except ValueError:
        _unclear(field, value, where=where, faults=faults)
        return None


def _when(value: str, *, where: str, zone: tzinfo, faults: list[Fault]) -> datetime | None:
    try:
        read = datetime.fromisoformat(value)
    except ValueError:
        _unclear("starts", value, where=where, faults=faults)
        return None
    return read if read.utcoffset() is not None else read.replace(tzinfo=zone)


def _day(value: str, *, where: str, faults: list[Fault]) -> date | None:
    try:
        return date.fromisoformat(value) if value else None
    except ValueError:
        _unclear("delete_on", value, where=where, faults=faults)
        return None
