"""When a behaviour comes and what follows it: probabilities against base rates, rates by setting, possible reasons."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from yucai.evidence import NothingObservedError, Observations, SamplingMode, Session, WrongSamplingError
from yucai.measurement.contingency import PooledRatio, pooled_odds_ratio, pooled_risk_ratio
from yucai.measurement.mixed_poisson import MixedPoisson, fit_mixed_poisson
from yucai.texts import Text

__all__ = ["Contingency", "SettingRate", "SettingRates", "rates_by_setting", "what_follows", "what_precedes"]

Array = npt.NDArray[np.float64]

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
Z: Final = {90: 1.6448536269514722, 95: 1.959963984540054}


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
    """The rate of a behaviour in one setting: of a typical child, and the mean over children, with its ratio."""

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
    """Rates by setting from a Poisson model with observed time as exposure and a random effect of the child."""

    behaviour: str
    rates: tuple[SettingRate, ...]
    model: MixedPoisson
    notes: tuple[Text, ...]


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
        yield Text(FEW_CASES.en.format(n=n), FEW_CASES.zh.format(n=n))
    if whole[0, 0] and not whole[1, 0]:
        yield NONE_WITHOUT


def rates_by_setting(observations: Observations, behaviour: str) -> SettingRates:
    """Return the rate of a behaviour in each setting, child by child allowed to differ, observed time as exposure.

    Intervals are Wald's on the log scale. Settings in which it was never seen are named in the notes and left
    out of the
    model: their rate has no lower end on that scale. Raises WrongSamplingError, NothingObservedError,
    UnknownObservationCodeError.
    """
    counted = observations.first_records()
    _check_times(counted)
    acts = counted.acts(behaviour)
    # What was under way when watching began did not begin while watching.
    begun = acts.filter(pl.col("offset_s").is_null() | (pl.col("onset_s") > 0))
    seen = begun.group_by("child", "setting").len("count")
    cells = counted.sessions_table().group_by("child", "setting").agg(pl.col("exposure_s").sum())
    cells = cells.join(seen, on=["child", "setting"], how="left").with_columns(pl.col("count").fill_null(0))
    order = [s for s in counted.scheme.codes_of("settings") if s in set(cells["setting"])]
    totals = dict(cells.group_by("setting").agg(pl.col("count").sum()).iter_rows())
    silent = [setting for setting in order if not totals[setting]]
    used = [setting for setting in order if totals[setting]]
    notes = tuple(_about_model(silent, len(counted.children)))
    if not used:
        raise NothingObservedError
    kept = cells.filter(pl.col("setting").is_in(used)).sort("child", "setting")
    model, rates = _modelled(kept, used)
    return SettingRates(behaviour=behaviour, rates=rates, model=model, notes=notes)


SILENT: Final = Text(
    "Never seen in {settings}: left out of the model; that is no proof that it does not happen there.",
    "在{settings}中从未看到：未纳入模型；这不能证明那里不发生。",
)
OBSERVER: Final = Text(
    "Differences between observers are not in the model: look at their agreement first.",
    "模型不含观察者之间的差异：请先看一致性。",
)


def _about_model(silent: list[str], n_children: int) -> Iterator[Text]:
    yield OBSERVER
    yield ASSOCIATION
    if silent:
        listed = ", ".join(silent)
        yield Text(SILENT.en.format(settings=listed), SILENT.zh.format(settings=listed))
    if n_children < FEW:
        yield Text(FEW_CHILDREN.en.format(n=n_children), FEW_CHILDREN.zh.format(n=n_children))


FEW_CHILDREN: Final = Text(
    "Only {n} children were watched: how much children differ is hardly known.",
    "只观察了 {n} 名幼儿：难以知道幼儿之间相差多少。",
)


def _modelled(cells: pl.DataFrame, settings: list[str]) -> tuple[MixedPoisson, tuple[SettingRate, ...]]:
    place = {setting: n for n, setting in enumerate(settings)}
    design = np.zeros((cells.height, len(settings)))
    design[np.arange(cells.height), [place[s] for s in cells["setting"]]] = 1
    children = {child: n for n, child in enumerate(cells["child"].unique().sort())}
    groups = np.array([children[child] for child in cells["child"]], dtype=np.int64)
    hours = cells["exposure_s"].to_numpy() / 3600
    counts = cells["count"].to_numpy().astype(float)
    model = fit_mixed_poisson(counts, hours, design, groups=groups)
    rates = []
    for n, setting in enumerate(settings):
        value, error = model.coefficients[n], model.std_errors[n]
        contrast = design[0] * 0
        contrast[n] += 1
        contrast[0] -= 1
        ratio, ratio_error = contrast @ model.coefficients, np.sqrt(max(contrast @ model.covariance @ contrast, 0.0))
        rates.append(
            SettingRate(
                setting=setting,
                count=int(counts[design[:, n] == 1].sum()),
                hours=float(hours[design[:, n] == 1].sum()),
                rate_per_hour=float(np.exp(value)),
                rate90=_around(value, Z[90] * error),
                rate95=_around(value, Z[95] * error),
                mean_rate_per_hour=float(np.exp(value + model.child_sd**2 / 2)),
                rate_ratio=float(np.exp(ratio)),
                ratio95=_around(float(ratio), Z[95] * float(ratio_error)),
            )
        )
    return model, tuple(rates)


def _around(middle: float, reach: float) -> tuple[float, float]:
    return float(np.exp(middle - reach)), float(np.exp(middle + reach))
