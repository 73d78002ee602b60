"""When a behaviour comes and what follows it: probabilities against base rates, rates by setting, possible reasons."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl
import scipy

from yucai.evidence import NothingObservedError, Observations, SamplingMode, Session, WrongSamplingError
from yucai.measurement.contingency import PooledRatio, pooled_odds_ratio, pooled_risk_ratio
from yucai.measurement.crossed_poisson import CrossedPoisson, fit_crossed_poisson
from yucai.measurement.mixed_poisson import MixedPoisson, fit_mixed_poisson
from yucai.measurement.observer_effects import ObserverEffect, about_observers, effects_of, why_not_told
from yucai.texts import Text

__all__ = ["Contingency", "SettingRate", "SettingRates", "rates_by_setting", "what_follows", "what_precedes"]

Array = npt.NDArray[np.float64]
Groups = npt.NDArray[np.int64]

ASSOCIATION: Final = Text(
    "This shows what goes together in time, not what brings about what. Only a functional analysis, which changes the "
    "conditions on purpose, can test a reason.",
    "这里显示的是时间上的相伴，而不是因果。只有有意改变条件的功能分析才能检验原因。",
)
FEW_CASES: Final = Text(
    "It was seen {n} times only: probabilities and ratios are rough.", "只看到 {n} 次：概率与比值粗略。"
)
NONE_WITHOUT: Final = Text(
    "It never came without the other, so the ratio has no upper end.", "没有前者时从未出现，因此比值没有上限。"
)
TIMES: Final = Text("beginnings in seconds (event or timed-event sampling)", "以秒计的开始时刻（事件或计时事件取样）")
INTERVALS: Final = Text("scored intervals", "间隔计分")
FEW: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Contingency:
    """How likely one code is within a window after another, and within windows that do not follow it.

    ``risk_ratio`` and ``yules_q`` (-1 to 1; 0: nothing to do with each other) are pooled over the children's
    own tables,
    so that children who do more of everything do not make a link; their intervals leave out one child at a time.
    """

    given: str
    target: str
    window_s: float
    table: tuple[tuple[int, int], tuple[int, int]]  # after it: with, without; otherwise: with, without
    probability: float  # of the target in a window that follows
    base_rate: float  # of the target in any window
    otherwise: float  # in windows that do not follow
    risk_ratio: PooledRatio
    yules_q: float
    yules_q90: tuple[float, float]
    yules_q95: tuple[float, float]
    notes: tuple[Text, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingRate:
    """The rate of a behaviour in one setting: of a typical child, and the mean over children, with its ratio.

    Both are what a middle observer would note, where the model holds observers.
    """

    setting: str
    count: int
    hours: float
    rate_per_hour: float  # of a child in the middle of the children
    rate90: tuple[float, float]
    rate95: tuple[float, float]
    mean_rate_per_hour: float  # averaged over children like these: exp(half the variance) times as high
    rate_ratio: float  # to the first setting
    ratio95: tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SettingRates:
    """Rates by setting from a Poisson model with observed time as exposure and random effects of child and observer.

    ``observers`` is empty where their own effects cannot be told, or where they differ no more than chance would make
    them; the notes say which.
    """

    behaviour: str
    rates: tuple[SettingRate, ...]
    observers: tuple[ObserverEffect, ...]
    model: MixedPoisson | CrossedPoisson
    notes: tuple[Text, ...]

    @property
    def observer_sd(self) -> float | None:
        """The SD of observers around the log rate; None where the model does not hold them."""
        return self.model.observer_sd if isinstance(self.model, CrossedPoisson) else None


def what_precedes(
    observations: Observations, antecedent: str, behaviour: str, *, window_s: float = 10.0
) -> Contingency:
    """Return P(behaviour | antecedent) against its base rate; see ``what_follows``."""
    return what_follows(observations, antecedent, behaviour, window_s=window_s)


def what_follows(observations: Observations, given: str, target: str, *, window_s: float = 10.0) -> Contingency:
    """Return P(target begins within a window after given) against windows of the same length that do not follow it.

    Observed time is cut into windows that do not overlap: one after each ``given`` (a further one inside that window
    opens none of its own), the time between into windows of the same length. Both codes must be noted whenever they
    are seen, not only beside each other. Second records are left out.
    Raises WrongSamplingError, NothingObservedError, UnknownObservationCodeError.
    """
    counted = observations.first_records()
    _check_times(counted)
    for code in (given, target):
        counted.scheme.code_of(code)
    place = {child: n for n, child in enumerate(counted.children)}
    tables = np.zeros((len(place), 2, 2))
    starts = _beginnings(counted)
    for session in counted.sessions:
        name = (session.session, session.observer)
        anchors, hits = (starts.get((*name, code), np.zeros(0)) for code in (given, target))
        tables[place[session.child]] += _windows(session, anchors, hits, window_s)
    whole = tables.sum(axis=0)
    odds = pooled_odds_ratio(tables)
    with np.errstate(invalid="ignore", divide="ignore"):
        risks = whole[:, 0] / whole.sum(axis=1)
    return Contingency(
        given=given,
        target=target,
        window_s=window_s,
        table=((int(whole[0, 0]), int(whole[0, 1])), (int(whole[1, 0]), int(whole[1, 1]))),
        probability=float(risks[0]),
        base_rate=float(whole[:, 0].sum() / whole.sum()) if whole.sum() else np.nan,
        otherwise=float(risks[1]),
        risk_ratio=pooled_risk_ratio(tables),
        yules_q=_yule(odds.value),
        yules_q90=(_yule(odds.interval90[0]), _yule(odds.interval90[1])),
        yules_q95=(_yule(odds.interval95[0]), _yule(odds.interval95[1])),
        notes=tuple(_notes(whole)),
    )


def _check_times(observations: Observations) -> None:
    if not observations.sessions:
        raise NothingObservedError
    if any(session.mode not in (SamplingMode.EVENT, SamplingMode.TIMED_EVENT) for session in observations.sessions):
        raise WrongSamplingError(wanted=TIMES, found=INTERVALS)


def _beginnings(observations: Observations) -> dict[tuple[str, str, str], Array]:
    held: dict[tuple[str, str, str], list[float]] = {}
    rows = observations.with_children()
    others = ~pl.col("code").is_in(observations.scheme.codes_of("behaviours"))  # what goes before or after is anybody's
    own = rows.filter(pl.col("actor").is_null() | (pl.col("actor") == pl.col("child")) | others)
    for session, observer, code, onset in own.select("session", "observer", "code", "onset_s").iter_rows():
        held.setdefault((session, observer, code), []).append(onset)
    return {name: np.sort(np.array(times)) for name, times in held.items()}


def _windows(session: Session, anchors: Array, hits: Array, window_s: float) -> Array:
    """Return the 2 x 2 table of one session: windows after an anchor or not, with a beginning of the target or not."""
    table = np.zeros((2, 2))
    free_from = 0.0
    for anchor in [*anchors, np.inf]:
        if anchor < free_from:
            continue
        until = min(float(anchor), session.exposure_s)
        for n in range(int((until - free_from) / window_s + 1e-9)):
            low = free_from + n * window_s
            table[1, 0 if _any_within(hits, low, low + window_s) else 1] += 1
        free_from = anchor + window_s
        if free_from > session.exposure_s:
            break
        table[0, 0 if _any_within(hits, anchor, free_from) else 1] += 1
    return table


def _any_within(hits: Array, low: float, high: float) -> bool:
    """Return whether a hit lies after low and at most at high."""
    return bool(np.searchsorted(hits, low, side="right") < np.searchsorted(hits, high, side="right"))


def _yule(odds: float) -> float:
    """Return Yule's Q of an odds ratio: (OR - 1) / (OR + 1)."""
    return 1.0 if np.isinf(odds) else (odds - 1) / (odds + 1)


def _notes(whole: Array) -> Iterator[Text]:
    yield ASSOCIATION
    n = int(min(whole[0].sum(), whole[:, 0].sum()))
    if n < FEW:
        yield FEW_CASES.filled(n=n)
    if whole[0, 0] and not whole[1, 0]:
        yield NONE_WITHOUT


def rates_by_setting(observations: Observations, behaviour: str) -> SettingRates:
    """Return the rate of a behaviour in each setting, children and observers allowed to differ, by observed time.

    From five observers on who can be told from children and settings, each observer has a normal effect of its own
    beside the child's (crossed; Laplace's approximation); else only the child has, by adaptive Gauss-Hermite
    quadrature, and the notes say why. Second records are left out: they are of the same events, so not new counts.
    Intervals are Wald's on the log scale, with Satterthwaite's degrees of freedom where observers are in the model.
    Settings in which it was never seen are named in the notes and left out of the model: their rate has no lower end
    on that scale. Raises WrongSamplingError, NothingObservedError, UnknownObservationCodeError.
    """
    counted = observations.first_records()
    _check_times(counted)
    cells = _cells(counted, behaviour)
    order = [s for s in counted.scheme.codes_of("settings") if s in set(cells["setting"])]
    totals = dict(cells.group_by("setting").agg(pl.col("count").sum()).iter_rows())
    silent = [setting for setting in order if not totals[setting]]
    used = [setting for setting in order if totals[setting]]
    if not used:
        raise NothingObservedError
    table = _Table.of(cells.filter(pl.col("setting").is_in(used)).sort("child", "observer", "setting"), used)
    model, about, own = _fitted(table)
    return SettingRates(
        behaviour=behaviour,
        rates=tuple(_rates(table, model)),
        observers=own,
        model=model,
        notes=(about, *_about_model(silent, len(counted.children), arrived=model.converged)),
    )


SILENT: Final = Text(
    "Never seen in {settings}: left out of the model; that is no proof that it does not happen there.",
    "在{settings}中从未看到：未纳入模型；这不能证明那里不发生。",
)
FEW_CHILDREN: Final = Text(
    "Only {n} children were watched: how much children differ is hardly known.",
    "只观察了 {n} 名幼儿：难以知道幼儿之间相差多少。",
)
NOT_ARRIVED: Final = Text(
    "The search for the likeliest rates did not arrive: take rates and intervals as rough, and watch longer.",
    "对最可能频率的搜索未收敛：频率与区间仅供粗略参考，请延长观察。",
)


def _about_model(silent: list[str], n_children: int, *, arrived: bool) -> Iterator[Text]:
    yield ASSOCIATION
    if not arrived:
        yield NOT_ARRIVED
    if silent:
        listed = ", ".join(silent)
        yield SILENT.filled(settings=listed)
    if n_children < FEW:
        yield FEW_CHILDREN.filled(n=n_children)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Table:
    """Counts and hours of each child, observer and setting, as arrays."""

    settings: list[str]
    observer_names: list[str]
    counts: Array
    hours: Array
    design: Array  # one column a setting
    children: Groups
    observers: Groups

    @classmethod
    def of(cls, cells: pl.DataFrame, settings: list[str]) -> _Table:
        design = cells["setting"].to_numpy()[:, None] == np.array(settings)[None, :]
        observer_names, observers = np.unique(cells["observer"].to_numpy().astype(str), return_inverse=True)
        return cls(
            settings=settings,
            observer_names=observer_names.tolist(),
            counts=cells["count"].to_numpy().astype(float),
            hours=cells["exposure_s"].to_numpy() / 3600,
            design=design.astype(float),
            children=np.unique(cells["child"].to_numpy().astype(str), return_inverse=True)[1],
            observers=observers,
        )


def _cells(counted: Observations, behaviour: str) -> pl.DataFrame:
    """Return how often it began, and for how long was watched, by child, observer and setting."""
    acts = counted.acts(behaviour)
    # What was under way when watching began did not begin while watching.
    begun = acts.filter(pl.col("offset_s").is_null() | (pl.col("onset_s") > 0))
    who = ["child", "observer", "setting"]
    watched = counted.sessions_table().group_by(who).agg(pl.col("exposure_s").sum())
    cells = watched.join(begun.group_by(who).len("count"), on=who, how="left")
    return cells.with_columns(pl.col("count").fill_null(0))


def _fitted(table: _Table) -> tuple[MixedPoisson | CrossedPoisson, Text, tuple[ObserverEffect, ...]]:
    """Return the model with observers where they can be told, else without; what to say of it; their own effects."""
    reason = why_not_told(table.children, table.observers, table.design)
    if reason is not None:
        return fit_mixed_poisson(table.counts, table.hours, table.design, groups=table.children), reason, ()
    model = fit_crossed_poisson(
        table.counts, table.hours, table.design, children=table.children, observers=table.observers
    )
    own = effects_of(model, table.observer_names, table.observers, counts=table.counts, hours=table.hours)
    return model, about_observers(model), own


def _rates(table: _Table, model: MixedPoisson | CrossedPoisson) -> Iterator[SettingRate]:
    for n, setting in enumerate(table.settings):
        here = table.design[:, n] == 1
        alone = np.eye(len(table.settings))[n]
        contrast = alone - np.eye(len(table.settings))[0]
        value, ratio = float(model.coefficients[n]), float(contrast @ model.coefficients)
        yield SettingRate(
            setting=setting,
            count=int(table.counts[here].sum()),
            hours=float(table.hours[here].sum()),
            rate_per_hour=float(np.exp(value)),
            rate90=_around(value, _reach(model, alone, 90)),
            rate95=_around(value, _reach(model, alone, 95)),
            mean_rate_per_hour=float(np.exp(value + model.child_sd**2 / 2)),
            rate_ratio=float(np.exp(ratio)),
            ratio95=_around(ratio, _reach(model, contrast, 95)),
        )


def _reach(model: MixedPoisson | CrossedPoisson, contrast: Array, percent: int) -> float:
    """Return how far an interval of a sum of coefficients reaches: by Student's t where the model holds observers."""
    error = float(np.sqrt(max(float(contrast @ model.covariance @ contrast), 0.0)))
    df = model.degrees_of_freedom(contrast) if isinstance(model, CrossedPoisson) else np.inf
    return float(scipy.stats.t.ppf((1 + percent / 100) / 2, df)) * error


def _around(middle: float, reach: float) -> tuple[float, float]:
    return float(np.exp(middle - reach)), float(np.exp(middle + reach))
