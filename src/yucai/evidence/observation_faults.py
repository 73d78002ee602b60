"""What can be wrong with observation records: one plain sentence each, all of them at once."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from yucai.errors import Fault
from yucai.evidence.coding_schemes import CodeKind, CodingScheme
from yucai.texts import Text

if TYPE_CHECKING:
    import polars as pl

    from yucai.evidence.observation_sessions import Session

__all__ = ["row_faults", "session_faults"]

PSEUDONYM: Final = re.compile(r"[A-Za-z]{0,5}-?\d{1,6}")
PLACES: Final = ("peer", "adult", "object", "group")
ON_GRID: Final = 1e-6

NAME: Final = Text(
    "what stands for a person here may be a name. Write a pseudonym of letters and a number, such as K-017, "
    "and keep the key elsewhere.",
    "此处的人员标识可能是姓名。请使用字母加数字的化名，例如 K-017，对照表另行保管。",
)  # the words are not repeated: a name must not reach a log
NO_CONSENT: Final = Text(
    "no consent form is named. Enter its number; without consent nobody is observed.",
    "没有注明知情同意书编号。请补上；未经同意不得观察。",
)
DELETE_BEFORE: Final = Text(
    "the record is to be deleted on {value}, before or on the day it was made. Enter a later day.",
    "删除日期 {value} 早于或等于观察当日。请填写之后的日期。",
)
VIDEO: Final = Text(
    "video is on, but no consent form that allows video is named. Name it, or switch video off.",
    "开启了录像，但没有注明允许录像的同意书。请注明，或关闭录像。",
)
NAIVE: Final = Text(
    "the start has no time zone. Give it one, such as 2026-03-02 09:00+08:00.",
    "开始时间没有时区。请写成 2026-03-02 09:00+08:00 这样的形式。",
)
EXPOSURE: Final = Text(
    "{value} seconds were observed; it must be a number above 0. Without it nothing can be counted per hour.",
    "观察时长为 {value} 秒；须为大于 0 的数。没有时长就无法计算每小时次数。",
)
SETTING: Final = Text(
    "the setting “{value}” is none of: {known}. Correct it.", "情境“{value}”不在可用值之中：{known}。请改正。"
)
INTERVAL: Final = Text(
    "{mode} sampling needs intervals that fit the observed time a whole number of times; {value} in "
    "{exposure} s do not.",
    "{mode}取样的间隔须能整除观察时长；{value} 秒与 {exposure} 秒不符。",
)
NO_INTERVAL: Final = Text(
    "{mode} sampling has no intervals. Leave the interval empty.", "{mode}取样没有间隔。请将间隔留空。"
)
TWICE: Final = Text(
    "this session stands twice for the same observer. Keep one, or give them different names.",
    "同一观察者的这一时段重复。请只保留一个，或改用不同名称。",
)
TWO_CHILDREN: Final = Text(
    "two observers of one session must watch the same child in the same setting for the same time. Correct it.",
    "同一时段的两名观察者须在同一情境、同样时长内观察同一名幼儿。请改正。",
)
NO_SESSION: Final = Text(
    "{n} row{n:|s} {n:belongs|belong} to no session of their observer (first: row {row}, {value}). Add the session "
    "or correct the name.",
    "有 {n} 行找不到所属时段（首见第 {row} 行，{value}）。请补充该时段或改正名称。",
)
UNKNOWN: Final = Text(
    "{n} row{n:|s} {n:has|have} a value in “{column}” that the scheme does not know (first: row {row}, “{value}”). It "
    "knows: {known}.",
    "有 {n} 行的“{column}”不在编码方案中（首见第 {row} 行“{value}”）。可用的有：{known}。",
)
OUTSIDE: Final = Text(
    "{n} row{n:|s} {n:lies|lie} outside their session of time (first: row {row}, {value} s). Times run from 0 to the "
    "observed seconds.",
    "有 {n} 行超出所属时段（首见第 {row} 行，{value} 秒）。时刻须在 0 与观察时长之间。",
)
NEEDS_END: Final = Text(
    "{n} row{n:|s} {n:has|have} no end although their code lasts (first: row {row}, {value}). Enter when it ended, or "
    "the session's end.",
    "有 {n} 行的代码为持续行为却没有结束时刻（首见第 {row} 行，{value}）。请填写结束时刻或时段终点。",
)
NO_END: Final = Text(
    "{n} row{n:|s} {n:has|have} an end although only moments are noted here (first: row {row}, {value}). Leave the "
    "end empty.",
    "有 {n} 行只应记录时刻却填了结束时刻（首见第 {row} 行，{value}）。请将结束时刻留空。",
)
OVERLAP: Final = Text(
    "{n} states begin before the one before them has ended (first: row {row}, {value}). "
    "A child is in one state at a time.",
    "有 {n} 个状态在前一状态结束前开始（首见第 {row} 行，{value}）。同一时刻只能处于一种状态。",
)
OFF_GRID: Final = Text(
    "{n} row{n:|s} {n:does|do} not fall on an interval of their session (first: row {row}, {value} s). Enter the "
    "interval's ends; in momentary sampling its end only.",
    "有 {n} 行没有对准时段的间隔（首见第 {row} 行，{value} 秒）。请填写间隔的起止；瞬时取样只填终点。",
)
REPEATED: Final = Text(
    "{n} interval{n:|s} {n:is|are} scored twice for the same code (first: row {row}, {value}). Keep one.",
    "有 {n} 个间隔对同一代码重复记录（首见第 {row} 行，{value}）。请只保留一个。",
)


def session_faults(scheme: CodingScheme, sessions: Sequence[Session]) -> Iterator[Fault]:
    """Yield everything wrong with the sessions, each with its place."""
    seen: set[tuple[str, str]] = set()
    watched: dict[str, tuple[str, str, float]] = {}
    for n, session in enumerate(sessions, start=1):
        where = f"sessions[{n}]"
        name, what = (session.session, session.observer), (session.child, session.setting, session.exposure_s)
        if name in seen:
            yield Fault(code="duplicate", says=TWICE, where=where)
        elif watched.setdefault(session.session, what) != what:
            yield Fault(code="two-children", says=TWO_CHILDREN, where=where)
        seen.add(name)
        yield from _about_person(session, where)
        yield from _about_time(session, scheme, where)


def _about_person(session: Session, where: str) -> Iterator[Fault]:
    if not PSEUDONYM.fullmatch(session.child):
        yield Fault(code="name", says=NAME, where=where)
    if not session.consent.strip():
        yield Fault(code="no-consent", says=NO_CONSENT, where=where)
    if session.delete_on <= session.starts.date():
        yield Fault(code="delete-before", says=DELETE_BEFORE, where=where, facts={"value": session.delete_on})
    if session.video and not session.video_consent.strip():
        yield Fault(code="video", says=VIDEO, where=where)


def _about_time(session: Session, scheme: CodingScheme, where: str) -> Iterator[Fault]:
    known = scheme.codes_of("settings")
    if session.setting not in known:
        facts = {"value": session.setting, "known": ", ".join(known)}
        yield Fault(code="setting", says=SETTING, where=where, facts=facts)
    if session.starts.utcoffset() is None:
        yield Fault(code="no-zone", says=NAIVE, where=where)
    if not (math.isfinite(session.exposure_s) and session.exposure_s > 0):
        yield Fault(code="exposure", says=EXPOSURE, where=where, facts={"value": session.exposure_s})
    elif session.mode.by_interval:
        step = session.interval_s or 0.0
        whole = session.exposure_s / step if step > 0 else 0.0
        if whole < 1 or abs(whole - round(whole)) > ON_GRID * whole:
            said: dict[str, object] = {"mode": str(session.mode), "value": step, "exposure": session.exposure_s}
            yield Fault(code="interval", says=INTERVAL, where=where, facts=said)
    elif session.interval_s is not None:
        yield Fault(code="no-interval", says=NO_INTERVAL, where=where, facts={"mode": str(session.mode)})


def row_faults(table: pl.DataFrame, scheme: CodingScheme, sessions: Sequence[Session]) -> Iterator[Fault]:
    """Yield everything wrong with the rows of a table that keeps the contract; rows count from 1."""
    by_name = {(session.session, session.observer): session for session in sessions}
    rows = list(table.with_row_index("row", offset=1).iter_rows(named=True))
    placed = [(row, by_name.get((row["session"], row["observer"]))) for row in rows]
    yield from _several("no-session", NO_SESSION, [(row, row["session"]) for row, held in placed if held is None])
    yield from _about_codes(rows, scheme)
    here = [(row, held) for row, held in placed if held is not None]
    yield from _several("outside", OUTSIDE, [(row, _time(row)) for row, held in here if not _inside(row, held)])
    inside = [(row, held) for row, held in here if _inside(row, held)]
    yield from _about_ends(inside, scheme)
    yield from _about_overlap(inside, scheme)
    yield from _about_grid(inside)


def _about_codes(rows: Sequence[dict[str, Any]], scheme: CodingScheme) -> Iterator[Fault]:
    acts, before, after = (scheme.codes_of(group) for group in ("behaviours", "antecedents", "consequences"))
    modifiers = tuple(f"{one.code}={value.code}" for one in scheme.modifiers for value in one.values)
    asked = {"code": (*acts, *before, *after), "antecedent": before, "consequence": after}
    for column, known in asked.items():
        wrong = [(row, row[column]) for row in rows if row[column] is not None and row[column] not in known]
        yield from _several("unknown-code", UNKNOWN, wrong, column=column, known=", ".join(known))
    wrong = [(row, part) for row in rows for part in _parts(row["modifiers"]) if part not in modifiers]
    yield from _several("unknown-code", UNKNOWN, wrong, column="modifiers", known=", ".join(modifiers) or "-")
    for column in ("actor", "target"):
        for row in [row for row in rows if not _is_pseudonym(row[column])][:1]:
            yield Fault(code="name", says=NAME, where=f"row {row['row']}, {column}")


def _parts(modifiers: str | None) -> list[str]:
    return [part.strip() for part in (modifiers or "").split(";") if part.strip()]


def _is_pseudonym(value: str | None) -> bool:
    return value is None or value in PLACES or PSEUDONYM.fullmatch(value) is not None


def _inside(row: dict[str, Any], session: Session) -> bool:
    onset, offset = row["onset_s"], row["offset_s"]
    ends = onset if offset is None else offset
    return bool(math.isfinite(onset) and math.isfinite(ends) and 0 <= onset <= ends <= session.exposure_s + ON_GRID)


def _time(row: dict[str, Any]) -> str:
    return f"{row['onset_s']:g}" if row["offset_s"] is None else f"{row['onset_s']:g}-{row['offset_s']:g}"


def _lasts(row: dict[str, Any], scheme: CodingScheme) -> bool:
    known = {code.code: code.kind for code in scheme.behaviours}
    return known.get(row["code"]) is CodeKind.STATE


def _about_ends(rows: Sequence[tuple[dict[str, Any], Session]], scheme: CodingScheme) -> Iterator[Fault]:
    lacking, needless = [], []
    for row, session in rows:
        by_span = session.mode in ("partial-interval", "whole-interval")
        lasting = by_span or (session.mode == "timed-event" and _lasts(row, scheme))
        if lasting and row["offset_s"] is None:
            lacking.append((row, row["code"]))
        elif not lasting and row["offset_s"] is not None:
            needless.append((row, row["code"]))
    yield from _several("no-end", NEEDS_END, lacking)
    yield from _several("has-end", NO_END, needless)


def _about_overlap(rows: Sequence[tuple[dict[str, Any], Session]], scheme: CodingScheme) -> Iterator[Fault]:
    states: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row, session in rows:
        own = row["actor"] is None or row["actor"] == session.child
        if session.mode == "timed-event" and row["offset_s"] is not None and own and _lasts(row, scheme):
            states.setdefault((row["session"], row["observer"]), []).append(row)
    wrong = []
    for held in states.values():
        ordered = sorted(held, key=lambda row: (row["onset_s"], row["offset_s"]))
        for earlier, later in pairwise(ordered):
            if later["onset_s"] < earlier["offset_s"] - ON_GRID:
                wrong.append((later, later["code"]))
    yield from _several("overlap", OVERLAP, wrong)


def _about_grid(rows: Sequence[tuple[dict[str, Any], Session]]) -> Iterator[Fault]:
    off, again = [], []
    seen: set[tuple[str, str, str, int]] = set()
    for row, session in rows:
        step = session.interval_s
        if not session.mode.by_interval or not step:
            continue
        momentary = session.mode == "momentary"
        place = row["onset_s"] / step
        whole = abs(place - round(place)) <= ON_GRID * max(place, 1)
        spans = momentary or row["offset_s"] is None or abs(row["offset_s"] - row["onset_s"] - step) <= ON_GRID * step
        if not whole or not spans or (momentary and round(place) < 1):
            off.append((row, _time(row)))
        name = (row["session"], row["observer"], row["code"], round(place))
        if name in seen:
            again.append((row, row["code"]))
        seen.add(name)
    yield from _several("off-grid", OFF_GRID, off)
    yield from _several("repeated", REPEATED, again)


def _several(code: str, says: Text, wrong: Sequence[tuple[dict[str, Any], object]], **facts: object) -> Iterator[Fault]:
    """Yield one fault for many rows, naming the first."""
    if wrong:
        row, value = wrong[0]
        yield Fault(code=code, says=says, facts={"n": len(wrong), "row": row["row"], "value": value, **facts})
