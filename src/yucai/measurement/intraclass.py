"""Intraclass correlation: how much of the difference between rates is due to who was watched, not to who watched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy

from yucai.errors import YucaiError
from yucai.texts import Text

__all__ = ["IccForm", "IncompleteRatingsError", "IntraclassCorrelation", "intraclass_correlation"]

Array = npt.NDArray[np.float64]

METHOD: Final = Text(
    "F distribution (Shrout and Fleiss 1979; McGraw and Wong 1996), normal errors assumed",
    "F 分布（Shrout 与 Fleiss 1979；McGraw 与 Wong 1996），假定误差正态",
)
MEANINGS: Final = {
    "ICC(1)": Text("each rated by other observers; one observer", "各由不同观察者评定；单个观察者"),
    "ICC(A,1)": Text("the same observers; absolute agreement of one", "相同观察者；单个观察者的绝对一致"),
    "ICC(C,1)": Text("the same observers; consistency of one", "相同观察者；单个观察者的相对一致"),
    "ICC(k)": Text("each rated by other observers; their mean", "各由不同观察者评定；均值"),
    "ICC(A,k)": Text("the same observers; absolute agreement of their mean", "相同观察者；均值的绝对一致"),
    "ICC(C,k)": Text("the same observers; consistency of their mean", "相同观察者；均值的相对一致"),
}
SHROUT_FLEISS: Final = {
    "ICC(1)": "ICC(1,1)",
    "ICC(A,1)": "ICC(2,1)",
    "ICC(C,1)": "ICC(3,1)",
    "ICC(k)": "ICC(1,k)",
    "ICC(A,k)": "ICC(2,k)",
    "ICC(C,k)": "ICC(3,k)",
}


class IncompleteRatingsError(YucaiError):
    """A table of ratings has gaps, or is too small."""

    says = Text(
        "An intraclass correlation needs at least two observers and two rows, and a number in every place. "
        "This table has "
        "{rows} rows, {columns} observers and {gaps} gaps. Leave out incomplete rows, or use Krippendorff's alpha.",
        "组内相关须有至少两名观察者、两行，且每格都有数值。此表有 {rows} 行、{columns} 名观察者、{gaps} 处空缺。"
        "请略去不完整的行，或改用 Krippendorff α。",
    )
    exit_code = 65


@dataclass(frozen=True, slots=True, kw_only=True)
class IccForm:
    """One form of the correlation: its names after McGraw and Wong and after Shrout and Fleiss, value and intervals."""

    code: str
    shrout_fleiss: str
    meaning: Text
    value: float
    interval90: tuple[float, float]
    interval95: tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class IntraclassCorrelation:
    """All six forms from one complete table of ratings, and the mean squares behind them."""

    forms: tuple[IccForm, ...]
    n_rows: int
    n_observers: int
    ms_rows: float
    ms_observers: float
    ms_error: float
    ms_within: float
    method: Text = METHOD

    def form(self, code: str) -> IccForm:
        """Return a form by its name: ``"ICC(A,1)"`` or ``"ICC(2,1)"``. Raises KeyError for another name."""
        for one in self.forms:
            if code in (one.code, one.shrout_fleiss):
                return one
        raise KeyError(f"{code} is none of {', '.join(SHROUT_FLEISS)}")


def intraclass_correlation(ratings: Array) -> IntraclassCorrelation:
    """Return the intraclass correlations of a table: one row for whoever was watched, one column for each observer.

    Raises IncompleteRatingsError.
    """
    table = np.asarray(ratings, dtype=float)
    n, k = table.shape
    if n < 2 or k < 2 or not np.isfinite(table).all():
        raise IncompleteRatingsError(rows=n, columns=k, gaps=int((~np.isfinite(table)).sum()))
    middle, by_row, by_observer = table.mean(), table.mean(axis=1), table.mean(axis=0)
    ms_rows = float(k * np.square(by_row - middle).sum() / (n - 1))
    ms_observers = float(n * np.square(by_observer - middle).sum() / (k - 1))
    left = table - by_row[:, None] - by_observer[None, :] + middle
    ms_error = float(np.square(left).sum() / ((n - 1) * (k - 1)))
    ms_within = float(np.square(table - by_row[:, None]).sum() / (n * (k - 1)))
    squares = (ms_rows, ms_observers, ms_error, ms_within)
    singles = {
        "ICC(1)": _ratio(ms_rows - ms_within, ms_rows + (k - 1) * ms_within),
        "ICC(A,1)": _ratio(ms_rows - ms_error, ms_rows + (k - 1) * ms_error + k / n * (ms_observers - ms_error)),
        "ICC(C,1)": _ratio(ms_rows - ms_error, ms_rows + (k - 1) * ms_error),
    }
    forms = [_form(code, value, _single_ends(code, squares, n, k)) for code, value in singles.items()]
    forms += [
        _form(
            code.replace("1)", "k)"), _stepped(one.value, k), [tuple(_stepped(end, k) for end in ends) for ends in both]
        )
        for code, one in zip(singles, forms, strict=True)
        for both in [[one.interval90, one.interval95]]
    ]
    return IntraclassCorrelation(
        forms=tuple(forms),
        n_rows=n,
        n_observers=k,
        ms_rows=ms_rows,
        ms_observers=ms_observers,
        ms_error=ms_error,
        ms_within=ms_within,
    )


def _form(code: str, value: float, ends: list[tuple[float, ...]]) -> IccForm:
    (low90, high90), (low95, high95) = ends
    return IccForm(code=code, shrout_fleiss=SHROUT_FLEISS[code], meaning=MEANINGS[code], value=value,
                   interval90=(low90, high90), interval95=(low95, high95))  # fmt: skip


def _ratio(above: float, below: float) -> float:
    return above / below if below > 0 else float("nan")


def _stepped(single: float, k: int) -> float:
    """Return the reliability of the mean of k observers from that of one (Spearman and Brown)."""
    below = 1 + (k - 1) * single
    return k * single / below if below > 0 else -float("inf")


def _single_ends(code: str, squares: tuple[float, float, float, float], n: int, k: int) -> list[tuple[float, ...]]:
    """Return the 90 % and the 95 % interval of a form for one observer."""
    ms_rows, _observers, ms_error, ms_within = squares
    ends = []
    for share in (0.95, 0.975):
        if code == "ICC(A,1)":
            ends.append(_agreement_ends(squares, n, k, share=share))
            continue
        error, df = (ms_within, n * (k - 1)) if code == "ICC(1)" else (ms_error, (n - 1) * (k - 1))
        if error <= 0:
            ends.append((1.0, 1.0) if ms_rows > 0 else (np.nan, np.nan))
            continue
        f = ms_rows / error
        low, high = f / scipy.stats.f.ppf(share, n - 1, df), f * scipy.stats.f.ppf(share, df, n - 1)
        ends.append((float((low - 1) / (low + k - 1)), float((high - 1) / (high + k - 1))))
    return [tuple(one) for one in ends]


def _agreement_ends(squares: tuple[float, float, float, float], n: int, k: int, *, share: float) -> tuple[float, float]:
    """Return the interval of absolute agreement: degrees of freedom after Satterthwaite (McGraw and Wong 1996)."""
    ms_rows, ms_observers, ms_error, _within = squares
    value = _ratio(ms_rows - ms_error, ms_rows + (k - 1) * ms_error + k / n * (ms_observers - ms_error))
    if not value < 1 or ms_error + ms_observers <= 0:
        return (value, value)
    a = k * value / (n * (1 - value))
    b = 1 + k * value * (n - 1) / (n * (1 - value))
    both = a * ms_observers + b * ms_error
    parts = (a * ms_observers) ** 2 / (k - 1) + (b * ms_error) ** 2 / ((n - 1) * (k - 1))
    df = both**2 / parts
    above, below = scipy.stats.f.ppf(share, n - 1, df), scipy.stats.f.ppf(share, df, n - 1)
    rest = k * ms_observers + (k * n - k - n) * ms_error
    low = n * (ms_rows - above * ms_error) / (above * rest + n * ms_rows)
    high = n * (below * ms_rows - ms_error) / (rest + n * below * ms_rows)
    return max(float(low), -1 / (k - 1)), float(high)  # nothing lower can come about
