"""What a model of the priority list learns from: counts of work alone, and, where wanted, of visits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from statistics import fmean
from typing import Final

import numpy as np
from numpy.typing import NDArray

from yucai.matching.support_given import SupportSigns
from yucai.texts import Text

__all__ = ["CLICK_FEATURES", "WORK_FEATURES", "features_of", "words_of_feature"]

MOST_DAYS: Final = 60
MOST_UNSEEN: Final = 30
EARLIEST: Final = 14  # days before the due date beyond which earlier says no more


def features_of(signs: Sequence[SupportSigns], *, clicks: bool) -> NDArray[np.float64]:
    """Return one row a learner, one column a feature, in the order of the names."""
    asked = [*WORK_FEATURES, *(CLICK_FEATURES if clicks else ())]
    rows = [[FEATURES[name][0](one) for name in asked] for one in signs]
    return np.array(rows, dtype=np.float64).reshape(len(rows), len(asked))


def words_of_feature(name: str) -> Text:
    """Return what a feature counts, in both languages."""
    return FEATURES[name][1]


def _missing_share(signs: SupportSigns) -> float:
    return len(signs.missing) / len(signs.due) if signs.due else 0.0


def _nothing_came(signs: SupportSigns) -> float:
    return float(not signs.handed_in)


def _late_share(signs: SupportSigns) -> float:
    return len(signs.late) / len(signs.handed_in) if signs.handed_in else 0.0


def _days_ahead(signs: SupportSigns) -> float:
    ahead = [
        (work.due - work.handed_in).days
        for work in signs.handed_in
        if work.due is not None and work.handed_in is not None
    ]
    return fmean(min(max(days, -EARLIEST), EARLIEST) for days in ahead) if ahead else 0.0


def _mean_result(signs: SupportSigns) -> float:
    known = [work.result for work in signs.results if work.result is not None]
    return fmean(known) if known else 0.0


def _no_result(signs: SupportSigns) -> float:
    return float(not signs.results)


def _below_pass(signs: SupportSigns) -> float:
    marked = [work for work in signs.results if work.pass_mark is not None]
    return float(bool(marked) and (marked[-1].result or 0.0) < (marked[-1].pass_mark or 0.0))


def _days_quiet(signs: SupportSigns) -> float:
    return float(min(signs.days_quiet if signs.days_quiet is not None else MOST_DAYS, MOST_DAYS))


def _n_due(signs: SupportSigns) -> float:
    return float(np.log1p(len(signs.due)))


def _days_unseen(signs: SupportSigns) -> float:
    if signs.clicks is None or signs.clicks.last_visit is None:
        return float(MOST_UNSEEN)
    return float(min((signs.as_of - signs.clicks.last_visit).days, MOST_UNSEEN))


def _days_active(signs: SupportSigns) -> float:
    return signs.clicks.days_active / signs.clicks.window_days if signs.clicks else 0.0


FEATURES: Final[Mapping[str, tuple[Callable[[SupportSigns], float], Text]]] = {
    "missing-share": (_missing_share, Text("work that did not come", "未交的作业")),
    "nothing-came": (_nothing_came, Text("that no work has come yet", "尚未交过作业")),
    "late-share": (_late_share, Text("work that came late", "迟交的作业")),
    "days-ahead": (_days_ahead, Text("how close to the due date work came", "交作业离截止日期的远近")),
    "mean-result": (_mean_result, Text("results so far", "已有成绩")),
    "no-result": (_no_result, Text("that no result is known yet", "尚无已知成绩")),
    "below-pass": (_below_pass, Text("a last result below the pass mark", "最近一次成绩不及格")),
    "days-quiet": (_days_quiet, Text("days since the last work", "距最近一次作业的天数")),
    "n-due": (_n_due, Text("how many pieces of work were due", "到期作业的份数")),
    "days-unseen": (_days_unseen, Text("days since the last visit", "距最近一次访问的天数")),
    "days-active": (_days_active, Text("days with visits", "有访问的天数")),
}
CLICK_FEATURES: Final = ("days-unseen", "days-active")
WORK_FEATURES: Final = tuple(name for name in FEATURES if name not in CLICK_FEATURES)
