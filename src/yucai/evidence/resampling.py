"""From beginnings and ends to what a coarser way of sampling would have written down."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from yucai.evidence.observation import OBSERVATIONS, Observations
from yucai.evidence.observation_sessions import SamplingMode, Session

__all__ = ["resampled"]

TOUCH: Final = 1e-9


def resampled(observations: Observations, mode: SamplingMode, interval_s: float | None) -> Observations:
    """Return timed-event observations as another way of sampling would hold them."""
    import polars as pl

    held: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in observations.table.iter_rows(named=True):
        held.setdefault((row["session"], row["observer"]), []).append(row)
    sessions: list[Session] = []
    rows: list[dict[str, Any]] = []
    for session in observations.sessions:
        as_new = _session(session, mode, interval_s)
        if as_new is not None:
            sessions.append(as_new)
            rows.extend(_rows(as_new, held.get((session.session, session.observer), [])))
    table = pl.DataFrame(rows, schema=OBSERVATIONS.empty().schema)
    return Observations.from_table(table, scheme=observations.scheme, sessions=sessions)


def _session(session: Session, mode: SamplingMode, interval_s: float | None) -> Session | None:
    if interval_s is None:
        return replace(session, mode=mode, interval_s=None)
    n = math.floor(session.exposure_s / interval_s + TOUCH)
    return replace(session, mode=mode, interval_s=interval_s, exposure_s=n * interval_s) if n else None


def _rows(session: Session, rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    if session.mode is SamplingMode.TIMED_EVENT:
        yield from rows
    elif session.mode is SamplingMode.EVENT:
        # What was under way when watching began did not begin while watching.
        begun = (row for row in rows if row["offset_s"] is None or row["onset_s"] > 0)
        yield from ({**row, "offset_s": None} for row in begun)
    else:
        step = session.interval_s or 1.0
        codes = dict.fromkeys((row["code"], row["actor"]) for row in rows)
        for code, actor in codes:
            spans = _joined([row for row in rows if (row["code"], row["actor"]) == (code, actor)])
            for n in sorted(_scored(spans, session)):
                ends = (n * step, None) if session.mode is SamplingMode.MOMENTARY else (n * step, (n + 1) * step)
                yield {"session": session.session, "observer": session.observer, "code": code, "actor": actor,
                       "onset_s": ends[0], "offset_s": ends[1]}  # fmt: skip


def _joined(rows: list[dict[str, Any]]) -> list[tuple[float, float]]:
    """Return the spans of one code in order, those that touch joined."""
    spans: list[tuple[float, float]] = []
    for row in sorted(rows, key=lambda row: float(row["onset_s"])):
        onset = float(row["onset_s"])
        offset = onset if row["offset_s"] is None else float(row["offset_s"])
        if spans and onset <= spans[-1][1] + TOUCH:
            spans[-1] = (spans[-1][0], max(spans[-1][1], offset))
        else:
            spans.append((onset, offset))
    return spans


def _scored(spans: list[tuple[float, float]], session: Session) -> set[int]:
    step, n_all = session.interval_s or 1.0, session.n_intervals
    scored: set[int] = set()
    for onset, offset in spans:
        if session.mode is SamplingMode.PARTIAL_INTERVAL:
            last = max(math.floor(onset / step), math.ceil(offset / step) - 1)
            scored.update(range(math.floor(onset / step), min(last, n_all - 1) + 1))
        elif session.mode is SamplingMode.WHOLE_INTERVAL:
            first, last = math.ceil(onset / step - TOUCH), math.floor(offset / step + TOUCH) - 1
            scored.update(range(first, min(last, n_all - 1) + 1))
        else:  # momentary: looked at the end of each interval
            ends = n_all if offset >= n_all * step - TOUCH else math.ceil(offset / step) - 1
            scored.update(range(max(math.ceil(onset / step), 1), ends + 1))
    return scored
