"""Agreement of two observers who watched the same sessions: by events, by units of time, and of their rates."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from yucai.evidence import CodeKind, NothingObservedError, Observations, SamplingMode, Session
from yucai.measurement.agreement import ONE_CODE, Agreement, NothingToCompareError, notes_on_codes
from yucai.measurement.alignment import TimedCode, align_events
from yucai.measurement.contingency import expected_counts
from yucai.measurement.intraclass import IntraclassCorrelation, intraclass_correlation
from yucai.texts import Text

__all__ = ["event_agreement", "rate_agreement", "time_unit_agreement", "unit_codes"]

Array = npt.NDArray[np.float64]
Pair = tuple[Session, Session]

NO_STATE: Final = "-"  # no state of the scheme was noted for this unit of time
EVENT_KAPPA: Final = Text("kappa of aligned events (window {window} s)", "对齐事件的 κ 系数（时间窗 {window} 秒）")
UNIT_KAPPA: Final = Text("kappa of time units ({unit} s)", "时间单元的 κ 系数（{unit} 秒）")
BY_SESSION: Final = Text(
    "bootstrap: sessions drawn again {n} time{n:|s}, ends at the quantiles", "自助法：对时段重复抽取 {n} 次，取分位数"
)
FEW_SESSIONS: Final = Text(
    "Only {n} session{n:|s} {n:was|were} watched by two observers: the interval is rough and often too short.",
    "只有 {n} 个时段由两人观察：区间粗略，往往偏窄。",
)
ALONE: Final = Text(
    "{n} of {all} event{all:|s} {n:was|were} noted by one observer only; counted as disagreement.",
    "{all} 个事件中有 {n} 个只有一名观察者记录，计为不一致。",
)
FEW: Final = 10


def event_agreement(
    observations: Observations, *, tolerance_s: float, rng: np.random.Generator, n_resamples: int = 1000
) -> Agreement:
    """Return kappa of behaviours after aligning the beginnings that two observers noted.

    An event that only one observer noted stands in a row or column of its own; that neither noted an event cannot be
    seen, so that cell is left out of what chance gives (quasi-independence; Bakeman, Quera and Gnisci 2009).
    The wider the
    window, the more events are paired by chance. The interval draws sessions again. Raises NothingToCompareError.
    """
    codes = [*observations.scheme.codes_of("behaviours"), None]
    place: dict[str | None, int] = {code: n for n, code in enumerate(codes)}
    pairs = _pairs(observations)
    tables = np.zeros((len(pairs), len(codes), len(codes)))
    for n, pair in enumerate(pairs):
        one, other = (_events(observations, session) for session in pair)
        for mine, theirs in align_events(one, other, tolerance_s=tolerance_s).pairs:
            tables[n, place[mine], place[theirs]] += 1
    possible = np.ones(tables.shape[1:], dtype=bool)
    possible[-1, -1] = False
    said = f"{tolerance_s:g}"
    name = EVENT_KAPPA.filled(window=said)
    found = _bootstrapped(tables, possible, name=name, rng=rng, n_resamples=n_resamples)
    alone = int(tables[:, -1].sum() + tables[:, :, -1].sum())
    facts = {"n": alone, "all": int(tables.sum())}
    return _with_note(found, ALONE.filled(**facts)) if alone else found


def time_unit_agreement(
    observations: Observations, *, unit_s: float = 1.0, rng: np.random.Generator, n_resamples: int = 1000
) -> Agreement:
    """Return kappa of the states that two observers noted, unit of time by unit of time.

    A unit has the state at its middle. Neighbouring units are alike, so the interval draws whole sessions again.
    Raises NothingToCompareError.
    """
    codes = [*observations.scheme.states, NO_STATE]
    place = {code: n for n, code in enumerate(codes)}
    pairs = _pairs(observations)
    tables = np.zeros((len(pairs), len(codes), len(codes)))
    for n, pair in enumerate(pairs):
        one, other = (unit_codes(observations, session, unit_s=unit_s) for session in pair)
        np.add.at(tables[n], ([place[c] for c in one], [place[c] for c in other]), 1)
    said = f"{unit_s:g}"
    name = UNIT_KAPPA.filled(unit=said)
    possible = np.ones(tables.shape[1:], dtype=bool)
    return _bootstrapped(tables, possible, name=name, rng=rng, n_resamples=n_resamples)


def rate_agreement(observations: Observations, behaviour: str) -> IntraclassCorrelation:
    """Return the intraclass correlation of a behaviour's rate per hour, session by session, of two observers.

    The two columns are the records that count and the second records. Raises NothingToCompareError,
    IncompleteRatingsError.
    """
    rows = observations.acts(behaviour).group_by("session", "observer").len()
    counts = {(session, observer): n for session, observer, n in rows.iter_rows()}
    rates = [
        [3600 * counts.get((one.session, one.observer), 0) / one.exposure_s for one in pair]
        for pair in _pairs(observations)
    ]
    return intraclass_correlation(np.array(rates))


def unit_codes(observations: Observations, session: Session, *, unit_s: float = 1.0) -> list[str]:
    """Return the state at the middle of each unit of time of one record; ``"-"`` where none was noted."""
    n_units = int(session.exposure_s / unit_s + 1e-9)
    middles = (np.arange(n_units) + 0.5) * unit_s
    codes = np.full(n_units, NO_STATE, dtype=object)
    for row in _own_rows(observations, session).iter_rows(named=True):
        if row["offset_s"] is not None and observations.scheme.code_of(row["code"]).kind is CodeKind.STATE:
            codes[(middles >= row["onset_s"]) & (middles < row["offset_s"])] = row["code"]
    return [str(code) for code in codes]


def _pairs(observations: Observations) -> list[Pair]:
    """Return, for each session that two observers watched, the record that counts and the second one."""
    held: dict[str, list[Session]] = {}
    for session in observations.sessions:
        if session.mode in (SamplingMode.EVENT, SamplingMode.TIMED_EVENT):
            held.setdefault(session.session, []).append(session)
    pairs = []
    for both in held.values():
        ordered = sorted(both, key=lambda one: (one.second, one.observer))
        if len(ordered) > 1:
            pairs.append((ordered[0], ordered[1]))
    if not observations.sessions:
        raise NothingObservedError
    if not pairs:
        raise NothingToCompareError
    return pairs


def _own_rows(observations: Observations, session: Session) -> pl.DataFrame:
    mine = (pl.col("session") == session.session) & (pl.col("observer") == session.observer)
    own = pl.col("actor").is_null() | (pl.col("actor") == session.child)
    return observations.table.filter(mine & own)


def _events(observations: Observations, session: Session) -> list[TimedCode]:
    behaviours = observations.scheme.codes_of("behaviours")
    rows = _own_rows(observations, session).filter(pl.col("code").is_in(behaviours))
    return [TimedCode(onset, code) for onset, code in rows.select("onset_s", "code").iter_rows()]


def _bootstrapped(
    tables: Array, possible: npt.NDArray[np.bool_], *, name: Text, rng: np.random.Generator, n_resamples: int
) -> Agreement:
    """Return kappa of the tables of all sessions together, with an interval that draws sessions again."""
    n, k = len(tables), tables.shape[1]
    whole = tables.sum(axis=0)
    if not whole.sum():
        raise NothingToCompareError
    observed, expected = (float(part) for part in _shares(whole, possible))
    method = BY_SESSION.filled(n=n_resamples)
    notes = list(notes_on_codes(whole[:k, :k]))
    if n < FEW:
        notes.append(FEW_SESSIONS.filled(n=n))
    nothing = (np.nan, np.nan)
    value, ends = np.nan, [nothing, nothing]
    if 1 - expected < 1e-12:
        notes = [ONE_CODE]
    else:
        value = (observed - expected) / (1 - expected)
        drawn = rng.multinomial(n, np.full(n, 1 / n), size=n_resamples).astype(float)
        again = (drawn @ tables.reshape(n, -1)).reshape(n_resamples, k, k)
        seen, chance = _shares(again[again.sum(axis=(1, 2)) > 0], possible)
        kappas = ((seen - chance) / (1 - chance))[1 - chance > 1e-12]
        ends = [(float(low), float(high)) for low, high in (np.quantile(kappas, [0.05, 0.95]),
                                                            np.quantile(kappas, [0.025, 0.975]))]  # fmt: skip
    return Agreement(
        name=name,
        value=value,
        interval90=ends[0],
        interval95=ends[1],
        n=n,
        observed=observed,
        expected=expected,
        method=method,
        notes=tuple(notes),
    )


def _shares(tables: Array, possible: npt.NDArray[np.bool_]) -> tuple[Array, Array]:
    """Return the shares of agreement, seen and by chance, of a stack of tables."""
    total = tables.sum(axis=(-2, -1))
    fitted = expected_counts(tables, possible)
    diagonal = np.arange(tables.shape[-1])
    return tables[..., diagonal, diagonal].sum(axis=-1) / total, fitted[..., diagonal, diagonal].sum(axis=-1) / total


def _with_note(found: Agreement, note: Text) -> Agreement:
    return replace(found, notes=(*found.notes, note))
