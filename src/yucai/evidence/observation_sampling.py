"""What each way of sampling can say about a behaviour, how surely, and what it cannot say."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from yucai.errors import YucaiError
from yucai.evidence.child_bootstrap import ratio_interval
from yucai.evidence.coding_schemes import CodeKind
from yucai.evidence.observation import Observations
from yucai.evidence.observation_sessions import SamplingMode, Session
from yucai.evidence.resampling import resampled
from yucai.texts import Text

if TYPE_CHECKING:
    import polars as pl

__all__ = [
    "ExpectedShares",
    "Measure",
    "MixedSamplingError",
    "NothingObservedError",
    "SamplingEstimate",
    "WrongSamplingError",
    "estimate_behaviour",
    "expected_shares",
    "sample_as",
]

Array = npt.NDArray[np.float64]

FEW_CHILDREN: Final = 8
HOUR: Final = 3600.0
MODE_NAMES: Final = {
    SamplingMode.EVENT: Text("event sampling", "事件取样"),
    SamplingMode.TIMED_EVENT: Text("timed-event sampling", "计时事件取样"),
    SamplingMode.PARTIAL_INTERVAL: Text("partial-interval sampling", "部分间隔取样"),
    SamplingMode.WHOLE_INTERVAL: Text("whole-interval sampling", "全间隔取样"),
    SamplingMode.MOMENTARY: Text("momentary time sampling", "瞬时取样"),
}
LIMITS: Final = {
    SamplingMode.EVENT: Text(
        "Event sampling notes when something begins, not how long it lasts: it cannot give a share of time.",
        "事件取样只记录行为何时开始，不记录持续多久：不能得出时间比例。",
    ),
    SamplingMode.TIMED_EVENT: Text(
        "Bouts under way at the beginning or end of a session are seen in part: the share of time counts "
        "them, the rate "
        "counts only those that began while watching, and their true length is longer.",
        "时段开始或结束时正在进行的行为只看到一部分：时间比例计入它们，频率只计观察期间开始的行为，其真实时长更长。",
    ),
    SamplingMode.PARTIAL_INTERVAL: Text(
        "Partial-interval sampling over-estimates the share of time, the more so the shorter the bouts and the longer "
        "the intervals. How often the behaviour occurred cannot be recovered from it.",
        "部分间隔取样会高估时间比例；行为越短、间隔越长，高估越多。由它无法还原发生次数。",
    ),
    SamplingMode.WHOLE_INTERVAL: Text(
        "Whole-interval sampling under-estimates the share of time, the more so the shorter the bouts and the longer "
        "the intervals. How often the behaviour occurred cannot be recovered from it.",
        "全间隔取样会低估时间比例；行为越短、间隔越长，低估越多。由它无法还原发生次数。",
    ),
    SamplingMode.MOMENTARY: Text(
        "Momentary sampling gives the share of time without bias, but misses rare short behaviour. "
        "How often the behaviour occurred cannot be recovered from it.",
        "瞬时取样得到的时间比例无偏，但会漏掉罕见而短暂的行为。由它无法还原发生次数。",
    ),
}
FEW: Final = Text(
    "Only {n} children were watched: the intervals are rough and are often too short.",
    "只观察了 {n} 名幼儿：区间粗略，往往偏窄。",
)
ONE_CHILD: Final = Text(
    "One child was watched: nothing can be said about other children, and no interval is given.",
    "只观察了一名幼儿：不能推及其他幼儿，因此不给出区间。",
)
NEVER: Final = Text(
    "It was never seen in {hours} hours. That is no proof that it does not happen: the upper ends shown hold only if "
    "occurrences fall at random in time and are alike in all children.",
    "在 {hours} 小时中一次也没有看到。这不能证明它不发生：所示上限仅在各次行为随机出现且各幼儿相同时成立。",
)
FEW_SHOWED: Final = Text(
    "Only {n} of {children} children showed it: the figure rests on them.",
    "{children} 名幼儿中只有 {n} 名出现该行为：数字取决于这几名幼儿。",
)
OF_TIME: Final = Text(
    "{hours} hours of observation of {children} children", "对 {children} 名幼儿共 {hours} 小时的观察"
)
MEASURES: Final = {
    "rate_per_hour": (Text("occurrences per child-hour", "每名幼儿每小时次数"), OF_TIME),
    "time_share": (Text("share of observed time", "占观察时间的比例"), OF_TIME),
    "interval_share": (
        Text("share of intervals", "占间隔数的比例"),
        Text("{intervals} intervals of {children} children", "{children} 名幼儿的 {intervals} 个间隔"),
    ),
    "event_share": (
        Text("share of all behaviours noted", "占全部行为记录的比例"),
        Text("{events} behaviours noted", "{events} 条行为记录"),
    ),
    "mean_bout_s": (
        Text("mean length of a bout seen whole, in seconds", "完整观察到的行为平均时长（秒）"),
        Text("{bouts} bouts seen from beginning to end", "{bouts} 次自始至终观察到的行为"),
    ),
}
BOUTS_CUT: Final = Text(
    "{n} of {bouts} bouts were cut by the beginning or end of a session; long bouts are cut more often, so "
    "the mean length "
    "of whole bouts is too short.",
    "{bouts} 次行为中有 {n} 次被时段起止截断；时间长的更易被截断，因此完整行为的平均时长偏短。",
)
SHARE_TEXT: Final = Text(
    "{name}: {value} (95 % interval {low} to {high}; out of {denominator})",
    "{name}：{value}（95% 区间 {low} 至 {high}；分母：{denominator}）",
)


class MixedSamplingError(YucaiError):
    """Sessions of more than one sampling mode, or interval length, were to be pooled."""

    says = Text(
        "These sessions were sampled in different ways ({found}). Each way has an estimator of its own: select the "
        "sessions of one first.",
        "这些时段的取样方式不同（{found}）。各种方式的估计方法不同，请先选出其中一种。",
    )
    exit_code = 65


class NothingObservedError(YucaiError):
    """There are no sessions, so there is no denominator."""

    says = Text(
        "No session is left to count in, so there is no observed time to divide by. Add sessions or select others.",
        "没有可用的观察时段，因此没有观察时长作分母。请补充或另选时段。",
    )
    exit_code = 65


class WrongSamplingError(YucaiError):
    """The way of sampling does not hold what is asked for."""

    says = Text(
        "This needs {wanted}; these sessions hold {found}. What was not recorded cannot be recovered.",
        "此处需要{wanted}；这些时段为{found}。没有记录的内容无法还原。",
    )
    exit_code = 65


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One figure about a behaviour with its denominator in words, and 90 % and 95 % intervals over children."""

    code: str  # rate_per_hour, time_share, interval_share, event_share, mean_bout_s
    name: Text
    value: float
    interval90: tuple[float, float]
    interval95: tuple[float, float]
    denominator: Text

    def in_language(self, language: str) -> str:
        """Return figure, interval and denominator as one line."""
        low, high = (_shown(self.code, end) for end in self.interval95)
        value, name = _shown(self.code, self.value), self.name.in_language(language)
        denominator = self.denominator.in_language(language)
        return SHARE_TEXT.in_language(language, name=name, value=value, low=low, high=high, denominator=denominator)


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplingEstimate:
    """What one way of sampling says about one behaviour, and what must be said with it."""

    behaviour: str
    mode: SamplingMode
    n_children: int
    n_children_showing: int
    n_sessions: int
    exposure_hours: float
    count: int  # rows of the behaviour: occurrences, or intervals scored
    measures: tuple[Measure, ...]
    warnings: tuple[Text, ...]

    def measure(self, code: str) -> Measure:
        """Return one measure by its code.

        Raises WrongSamplingError where this way of sampling cannot give it.
        """
        for measure in self.measures:
            if measure.code == code:
                return measure
        wanted = MEASURES[code][0] if code in MEASURES else Text(code, code)
        raise WrongSamplingError(wanted=wanted, found=MODE_NAMES[self.mode])


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedShares:
    """What each way of sampling shows on average of a behaviour that comes and goes at constant rates."""

    time_share: float
    partial_interval: float
    whole_interval: float
    momentary: float
    rate_per_hour: float


def expected_shares(*, begins_per_hour: float, mean_bout_s: float, interval_s: float) -> ExpectedShares:
    r"""Return the expected share of intervals for a behaviour that begins and ends at constant rates.

    With rates a (off to on) and b (on to off) and share p = a / (a + b) of time, an interval of length w is scored
    with probability 1 - (1 - p) exp(-a w) (partial), p exp(-b w) (whole), p (momentary); a b / (a + b) bouts begin
    in a unit of time. ``begins_per_hour`` is a, per hour of time without the behaviour; ``mean_bout_s`` is 1 / b.

    >>> shares = expected_shares(begins_per_hour=6, mean_bout_s=10, interval_s=30)
    >>> round(shares.time_share, 4), round(shares.partial_interval, 4), round(shares.whole_interval, 5)
    (0.0164, 0.0644, 0.00082)
    """
    begin, end = begins_per_hour / HOUR, 1 / mean_bout_s
    share = begin / (begin + end)
    return ExpectedShares(
        time_share=share,
        partial_interval=1 - (1 - share) * math.exp(-begin * interval_s),
        whole_interval=share * math.exp(-end * interval_s),
        momentary=share,
        rate_per_hour=HOUR * begin * end / (begin + end),
    )


def estimate_behaviour(
    observations: Observations, behaviour: str, *, rng: np.random.Generator, n_resamples: int = 2000
) -> SamplingEstimate:
    """Return what the records say about one behaviour of the children watched, with intervals over children.

    Second records (for agreement) are left out. All sessions must be sampled in one way. Figures are ratios of
    sums over
    children; whole children are drawn again for the intervals, so these hold for children like those watched.
    Raises MixedSamplingError, NothingObservedError, UnknownObservationCodeError.
    """
    counted = observations.first_records()
    mode = _one_mode(counted.sessions)
    rows = counted.acts(behaviour)
    tally = _tally(counted, rows, mode)
    lasts = counted.scheme.code_of(behaviour).kind is CodeKind.STATE
    measures = tuple(_measures(tally, mode=mode, lasts=lasts, rng=rng, n_resamples=n_resamples))
    showing = int((tally["rows"] > 0).sum())
    return SamplingEstimate(
        behaviour=behaviour,
        mode=mode,
        n_children=len(counted.children),
        n_children_showing=showing,
        n_sessions=len(counted.sessions),
        exposure_hours=float(tally["exposure"].sum()) / HOUR,
        count=rows.height,
        measures=measures,
        warnings=tuple(_warnings(tally, mode, showing)),
    )


def sample_as(observations: Observations, mode: SamplingMode, *, interval_s: float | None = None) -> Observations:
    """Return what an observer would have written down by another way of sampling, from timed-event records.

    Shows what a coarser way would lose. Time that does not fill an interval at the end of a session is left out.
    Point codes are kept where a moment of them falls into an interval (``partial-interval``).
    Raises WrongSamplingError unless all sessions are timed-event.
    """
    if found := {session.mode for session in observations.sessions} - {SamplingMode.TIMED_EVENT}:
        named = sorted(found)[0]
        raise WrongSamplingError(wanted=MODE_NAMES[SamplingMode.TIMED_EVENT], found=MODE_NAMES[named])
    if mode.by_interval != (interval_s is not None):
        raise ValueError("interval_s goes with the modes that have intervals, and only with these.")
    return resampled(observations, mode, interval_s)


def _one_mode(sessions: Sequence[Session]) -> SamplingMode:
    if not sessions:
        raise NothingObservedError
    found = {(session.mode, session.interval_s) for session in sessions}
    if len(found) > 1:
        named = [f"{mode} {step:g} s" if step else str(mode) for mode, step in sorted(found, key=str)]
        raise MixedSamplingError(found=", ".join(named))
    return sessions[0].mode


def _tally(counted: Observations, rows: pl.DataFrame, mode: SamplingMode) -> dict[str, Array]:
    """Return sums by child: exposure, intervals, rows, bouts begun while watching, seconds, whole bouts, bouts cut."""
    place = {child: n for n, child in enumerate(counted.children)}
    names = ("exposure", "intervals", "rows", "begun", "seconds", "whole", "whole_s", "cut", "all")
    sums = {name: np.zeros(len(place)) for name in names}
    ends = {(session.session, session.observer): session.exposure_s for session in counted.sessions}
    for session in counted.sessions:
        sums["exposure"][place[session.child]] += session.exposure_s
        sums["intervals"][place[session.child]] += session.n_intervals
    lasts = mode is SamplingMode.TIMED_EVENT
    for row in rows.iter_rows(named=True):
        n, onset, offset = place[row["child"]], row["onset_s"], row["offset_s"]
        sums["rows"][n] += 1
        length = 0.0 if offset is None else offset - onset
        cut_before = lasts and offset is not None and onset <= 0
        cut_after = lasts and offset is not None and offset >= ends[row["session"], row["observer"]] - 1e-9
        sums["begun"][n] += not cut_before
        sums["seconds"][n] += length
        sums["cut" if cut_before or cut_after else "whole"][n] += 1
        sums["whole_s"][n] += 0.0 if cut_before or cut_after else length
    acts = set(counted.scheme.codes_of("behaviours"))
    for row in counted.with_children().iter_rows(named=True):
        own = row["actor"] is None or row["actor"] == row["child"]
        sums["all"][place[row["child"]]] += row["code"] in acts and own
    return sums


def _measures(
    tally: dict[str, Array], *, mode: SamplingMode, lasts: bool, rng: np.random.Generator, n_resamples: int
) -> Iterator[Measure]:
    """Yield the measures that the way of sampling can give."""
    asked: list[tuple[str, Array, Array, float]] = []
    if mode.by_interval:
        asked.append(("interval_share", tally["rows"], tally["intervals"], 1.0))
    else:
        asked.append(("rate_per_hour", tally["begun"], tally["exposure"] / HOUR, np.inf))
        asked.append(("event_share", tally["rows"], tally["all"], 1.0))
    if mode is SamplingMode.TIMED_EVENT and lasts:
        asked.append(("time_share", tally["seconds"], tally["exposure"], 1.0))
        asked.append(("mean_bout_s", tally["whole_s"], tally["whole"], np.inf))
    facts = {
        "hours": f"{tally['exposure'].sum() / HOUR:.1f}",
        "children": len(tally["exposure"]),
        "intervals": int(tally["intervals"].sum()),
        "events": int(tally["all"].sum()),
        "bouts": int(tally["whole"].sum()),
    }
    for code, above, below, highest in asked:
        name, denominator = MEASURES[code]
        ratio = ratio_interval(above, below, rng=rng, n_resamples=n_resamples, highest=highest)
        ends = _when_never(code, tally) if not above.sum() else (ratio.interval90, ratio.interval95)
        if math.isnan(ratio.value):
            continue
        yield Measure(code=code, name=name, value=ratio.value, interval90=ends[0], interval95=ends[1],
                      denominator=denominator.filled(**facts))  # fmt: skip


def _when_never(code: str, tally: dict[str, Array]) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return 0 and the one-sided upper end, at 90 % and 95 %, of a Poisson rate or a binomial share never seen."""
    if code == "rate_per_hour":
        per = HOUR / tally["exposure"].sum()
        return (0.0, -math.log(0.10) * per), (0.0, -math.log(0.05) * per)
    if code == "interval_share":
        n = tally["intervals"].sum()
        return (0.0, 1 - 0.10 ** (1 / n)), (0.0, 1 - 0.05 ** (1 / n))
    return (np.nan, np.nan), (np.nan, np.nan)


def _warnings(tally: dict[str, Array], mode: SamplingMode, showing: int) -> Iterator[Text]:
    yield LIMITS[mode]
    n = len(tally["exposure"])
    cut = int(tally["cut"].sum())
    if mode is SamplingMode.TIMED_EVENT and cut:
        yield BOUTS_CUT.filled(n=cut, bouts=cut + int(tally["whole"].sum()))
    if n == 1:
        yield ONE_CHILD
    elif n < FEW_CHILDREN:
        yield FEW.filled(n=n)
    if showing == 0:
        yield NEVER.filled(hours=f"{tally['exposure'].sum() / HOUR:.1f}")
    elif n > 1 and showing < FEW_CHILDREN and showing < n:
        yield FEW_SHOWED.filled(n=showing, children=n)


def _shown(code: str, value: float) -> str:
    if math.isnan(value):
        return "–"
    return f"{value:.1%}" if code.endswith("share") else f"{value:.2f}"
