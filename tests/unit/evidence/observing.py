"""Making observation records by hand and by simulation, for several test files."""

import datetime as dt

import numpy as np
import polars as pl

from yucai.evidence import Observations, SamplingMode, Session, load_coding_scheme

SCHEME = load_coding_scheme("aggression-preschool")
ZONE = dt.timezone(dt.timedelta(hours=8))
COLUMNS = ["session", "observer", "code", "onset_s", "offset_s"]


def session(name="S1", **facts):
    held = {
        "session": name,
        "child": "K-001",
        "observer": "O1",
        "setting": "free-play",
        "mode": SamplingMode.TIMED_EVENT,
        "starts": dt.datetime(2026, 3, 2, 9, tzinfo=ZONE),
        "exposure_s": 600.0,
        "consent": "C-001",
        "delete_on": dt.date(2027, 8, 31),
    }
    return Session(**(held | facts))


def observed(rows, *sessions, **columns):
    """Return observations from rows (session, observer, code, onset, offset); further columns by name."""
    table = pl.DataFrame(rows, schema=dict(zip(COLUMNS, [pl.String] * 3 + [pl.Float64] * 2, strict=True)), orient="row")
    return Observations.from_table(table.with_columns(**columns), scheme=SCHEME, sessions=sessions)


def bouts(begin_s, end_s, length_s, rng):
    """Return the bouts of a behaviour that begins and ends at constant rates a second, in balance from the start."""
    busy, at, found = rng.random() < begin_s / (begin_s + end_s), 0.0, []
    while at < length_s:
        until = min(at + rng.exponential(1 / (end_s if busy else begin_s)), length_s)
        if busy:
            found.append((at, until))
        busy, at = not busy, until
    return found


def markov_class(rng, *, n_children=20, hours=1.0, begins_per_hour=20.0, mean_bout_s=10.0, child_sd=0.0):
    """Return timed-event records of children whose aggression is a two-state Markov process with known rates."""
    sessions, rows = [], []
    for n in range(n_children):
        name = f"S{n:03d}"
        own = begins_per_hour / 3600 * np.exp(rng.normal(0, child_sd))
        sessions.append(session(name, child=f"K-{n:03d}", exposure_s=3600.0 * hours))
        found = bouts(own, 1 / mean_bout_s, 3600.0 * hours, rng)
        rows.extend((name, "O1", "aggression", *bout) for bout in found)
    return observed(rows, *sessions)
