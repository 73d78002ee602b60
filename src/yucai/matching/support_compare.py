"""Whether a model has the right to join: tested on the past of a school against the rules, learners held out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from yucai.matching.support import Abstention, SupportEntry, support_entry
from yucai.matching.support_checks import checks_of
from yucai.matching.support_given import SupportDataError, SupportSigns
from yucai.matching.support_measures import Scored, split_figures
from yucai.matching.support_model import RIDGE, SupportModel, fit_support_model
from yucai.matching.support_rules import SUPPORT_RULES, SUPPORT_RULES_VERSION, SupportBand, SupportRule
from yucai.matching.support_tested import JoinRule, PastCase, SplitFigures, SupportComparison
from yucai.texts import Text

__all__ = ["compare_with_rules", "score_of_rules"]

Floats = NDArray[np.float64]
LEAST_LATER: Final = 0.25  # the share of cases that the later cohorts hold at least

NO_CLICKS: Final = Text(
    "The model is to read clicks, and {n} of {all} cases have none; give cases with clicks, or leave clicks out.",
    "模型需要读取点击记录，但 {all} 例中有 {n} 例没有；请提供含点击记录的数据，或不使用点击。",
)
TOO_FEW: Final = Text(
    "The past holds {n} cases of which {events} came to the event; a comparison needs both kinds in every part held "
    "out, {least} of each at least.",
    "以往数据共 {n} 例，其中 {events} 例发生；比较要求各部分两类均有，每类至少 {least} 例。",
)
SAYS_LEARNERS: Final = Text("learners held out in turn", "轮流留出学生")
SAYS_LATER: Final = Text("later cohorts, learners not seen before", "之后的期次，且学生未曾见过")


def compare_with_rules(
    past: Sequence[PastCase],
    *,
    seed: int,
    rule: JoinRule | None = None,
    rules: Sequence[SupportRule] = SUPPORT_RULES,
    clicks: bool = False,
    later_from: date | None = None,
    ridge: float = RIDGE,
) -> SupportComparison:
    """Return how rules, model, and "seven days unseen" did on past cases, and whether the model may join.

    Learners are held out twice: in turn (``rule.folds`` parts; a learner with several cases is in one part), and in
    later cohorts, those whose list is of ``later_from`` or after, without the learners that the earlier ones hold. Each
    way lists the top share of every cohort, ties by lot in expectation. "Seven days unseen" is there where every case
    has clicks; who was unseen longer comes first, which is kinder to it than its plain form. Intervals are of learners
    drawn anew with replacement, ``rule.rounds`` times from ``seed``.

    Precision at the share that staff can care for, recall and lead time are the words of early alert work (Bowers,
    Sprott and Taff 2013, The High School Journal 96; Lakkaraju et al. 2015, KDD). That nothing known later may enter,
    also no mark that was not back yet, is the condition of all of it.
    """
    asked = rule or JoinRule()
    known = sorted((case for case in past if _is_known(case.signs)), key=lambda case: (case.cohort, case.signs.learner))
    _refuse_too_few(known, asked, clicks)
    rng = np.random.default_rng(seed)
    by_rules = np.array([score_of_rules(case.signs, rules) for case in known])
    drawn = _Drawn(cases=known, rules=by_rules, bands=_bands(known, rules), rule=asked, clicks=clicks, ridge=ridge)
    chances = _held_out(drawn, rng)
    learners = split_figures(drawn.scored(chances), asked, rng, says=SAYS_LEARNERS)
    later = _later(drawn, rng, later_from)
    return SupportComparison(
        rule=asked,
        rules_version=SUPPORT_RULES_VERSION,
        clicks=clicks,
        n_cases=len(known),
        n_events=sum(case.happened for case in known),
        n_abstained=len(past) - len(known),
        learners=learners,
        later=later,
        checks=checks_of(asked, learners, later),
        seed=seed,
        cut=float(np.quantile(chances, 1.0 - asked.share)),
    )


def score_of_rules(signs: SupportSigns, rules: Sequence[SupportRule] = SUPPORT_RULES) -> float:
    """Return how soon the rules would have somebody talk with a learner, for tests of lists alone.

    The band first, then how many reasons count, then the share of work that is missing. It is never shown: a list has
    bands and no places.
    """
    entry = support_entry(signs, rules=rules)
    if not isinstance(entry, SupportEntry):
        return 0.0
    counting = sum(not reason.weak for reason in entry.reasons)
    share = len(signs.missing) / len(signs.due) if signs.due else 0.0
    return (20.0 if entry.band is SupportBand.TALK else 10.0) + counting + share / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class _Drawn:
    """The cases of a comparison with all that does not hang on how learners are held out."""

    cases: Sequence[PastCase]
    rules: Floats
    bands: Sequence[str]
    rule: JoinRule
    clicks: bool
    ridge: float

    @property
    def learners(self) -> NDArray[np.str_]:
        return np.array([case.signs.learner for case in self.cases])

    def fit(self, rows: NDArray[np.bool_]) -> SupportModel:
        chosen = [case for case, row in zip(self.cases, rows, strict=True) if row]
        return fit_support_model(chosen, version="", made_on=date.min, event=SAYS_LEARNERS, clicks=self.clicks,
                                 ridge=self.ridge)  # fmt: skip

    def scored(self, chances: Floats, rows: NDArray[np.bool_] | None = None) -> Scored:
        """Return the cases with their scores; of the rows chosen alone."""
        chosen = np.ones(len(self.cases), dtype=np.bool_) if rows is None else rows
        cases = [case for case, row in zip(self.cases, chosen, strict=True) if row]
        scores = {"rules": self.rules[chosen], "model": chances[chosen]}
        if all(case.signs.clicks is not None for case in cases):
            scores["unseen"] = np.array([_days_unseen(case.signs) for case in cases])
        bands = [band for band, row in zip(self.bands, chosen, strict=True) if row]
        return Scored(cases=cases, scores=scores, bands=bands)


def _held_out(drawn: _Drawn, rng: np.random.Generator) -> Floats:
    """Return the chance of every case from a model that did not see the learner."""
    names = np.unique(drawn.learners)
    part = dict(zip(names.tolist(), rng.permutation(np.arange(len(names)) % drawn.rule.folds).tolist(), strict=True))
    fold = np.array([part[name] for name in drawn.learners.tolist()])
    found = np.zeros(len(drawn.cases))
    for number in range(drawn.rule.folds):
        model = drawn.fit(fold != number)
        here = np.flatnonzero(fold == number).tolist()
        found[here] = model.chances([drawn.cases[row].signs for row in here])
    return found


def _later(drawn: _Drawn, rng: np.random.Generator, later_from: date | None) -> SplitFigures | None:
    days = np.array([case.signs.as_of for case in drawn.cases])
    first = later_from or _first_later(days)
    if first is None:
        return None
    after = days >= first
    new = ~np.isin(drawn.learners, drawn.learners[~after])
    rows = after & new
    happened = np.array([case.happened for case in drawn.cases])
    if any(len(np.unique(happened[part])) < 2 for part in (rows, ~after)):
        return None
    found = np.zeros(len(drawn.cases))
    found[rows] = drawn.fit(~after).chances([case.signs for case, row in zip(drawn.cases, rows, strict=True) if row])
    return split_figures(drawn.scored(found, rows), drawn.rule, rng, says=SAYS_LATER)


def _first_later(days: NDArray[np.object_]) -> date | None:
    """Return the last day from which on at least a quarter of the cases lie, None where all are of one day."""
    found = [day for day in sorted(set(days.tolist()))[1:] if np.mean(days >= day) >= LEAST_LATER]
    return found[-1] if found else None


def _is_known(signs: SupportSigns) -> bool:
    return not isinstance(support_entry(signs), Abstention)


def _bands(cases: Sequence[PastCase], rules: Sequence[SupportRule]) -> list[str]:
    found = [support_entry(case.signs, rules=rules) for case in cases]
    return [entry.band.value if isinstance(entry, SupportEntry) else "" for entry in found]


def _days_unseen(signs: SupportSigns) -> float:
    """Days since the last visit where that is a week or more, else 0: whoever was seen is not listed."""
    clicks = signs.clicks
    if clicks is None or clicks.last_visit is None:
        return 1000.0
    days = (signs.as_of - clicks.last_visit).days
    return float(days) if days >= 7 else 0.0


def _refuse_too_few(cases: Sequence[PastCase], rule: JoinRule, clicks: bool) -> None:
    events, least = sum(case.happened for case in cases), 4 * rule.folds
    if min(events, len(cases) - events) < least:
        raise SupportDataError(what=TOO_FEW.filled(n=len(cases), events=events, least=least))
    without = sum(case.signs.clicks is None for case in cases)
    if clicks and without:
        raise SupportDataError(what=NO_CLICKS.filled(n=without, all=len(cases)))
