"""From attempts to what they say of skills."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import polars as pl
import scipy

from yucai.errors import Fault, FaultyInputError
from yucai.measurement.tracing.attempts import ATTEMPTS, Answers, Attempts, answers_of
from yucai.measurement.tracing.results import Estimate, ItemTracing, SkillTracing, Tracing, TracingModel
from yucai.texts import Text

if TYPE_CHECKING:
    from yucai.measurement.tracing.chains import Chains
    from yucai.measurement.tracing.search import Found, Layout
    from yucai.measurement.tracing.state import Prior

__all__ = ["fit_tracing"]

Array = npt.NDArray[np.float64]
Report = Callable[[float, Text], None]
NORMAL_90: Final = 1.6448536269514722
ITEM_PRIOR: Final = 10.0  # answers that the guess and slip of the skill weigh against those on the item
LEAST_ATTEMPTS: Final = 3  # two in a row give three shares, too few for four numbers
FEW_LEARNERS: Final = 30
SEARCHING: Final = Text("Tracing skills", "正在追踪技能掌握情况")

TOO_SHORT = Text(
    "{skill}: nobody tried it {n} times or more, so learning cannot be told from guessing; it was left out.",
    "{skill}：没有人尝试满 {n} 次，无法区分学会与猜对，已略去。",
)
ALIKE = Text(
    "{skill}: all {n} answers are {outcome}; they tell nothing of how it is learnt, and it was left out.",
    "{skill}：{n} 次作答全部{outcome}，无法反映学习过程，已略去。",
)
RIGHT, WRONG = Text("right", "答对"), Text("wrong", "答错")
NOTHING_LEFT = Text(
    "no skill can be traced: each was tried fewer than {n} times by everybody, or answered by all alike. Gather more.",
    "没有可追踪的技能：每项技能都无人尝试满 {n} 次，或所有作答结果相同。请收集更多作答。",
)
NOT_SETTLED = Text(
    "{skill}: the search ended without settling; read its numbers with care.",
    "{skill}：搜索未收敛，其数值须谨慎使用。",
)
AT_BOUND = Text(
    "{skill}: {numbers} could not be told with an error: at the edge of what is possible, or not to be told from the "
    "others by these attempts.",
    "{skill}：{numbers} 无法给出误差：已到可能范围的边缘，或现有作答无法将其与其他参数区分。",
)
FEW = Text(
    "{skill}: only {n} learners tried it; its numbers are rough.",
    "{skill}：只有 {n} 名学习者尝试过，其数值较粗略。",
)
NAMES: Final = {
    "start": Text("start", "初始掌握"), "learn": Text("learn", "学会"), "forget": Text("forget", "遗忘"),
    "guess": Text("guess", "猜对"), "slip": Text("slip", "失误"),
}  # fmt: skip


def fit_tracing(attempts: Attempts, *, model: TracingModel | None = None, report: Report | None = None) -> Tracing:
    r"""Return how each skill begins, is learnt and shown, by maximum likelihood.

    Bayesian knowledge tracing (Corbett and Anderson 1995) with skill mastered L_t, for attempts t = 1, 2, ...:

    .. math:: P(L_1) = start, \quad P(L_{t+1} | not L_t) = learn, \quad P(not L_{t+1} | L_t) = forget,
        \quad P(right | L_t) = 1 - slip, \quad P(right | not L_t) = guess

    Found by EM with mixed steps to the maximum nearest to start .3, learn .15, guess .2, slip .1. Standard errors from
    the observed information. Skills that cannot be known are left out and named in ``notices``; the rest is told.
    ``report(done, text)`` hears of the progress from 0 to 1. Raises FaultyInputError: no skill can be traced.
    """
    from yucai.measurement.tracing.chains import chains_of  # loads the compiler, which takes a second
    from yucai.measurement.tracing.search import layout_of
    from yucai.measurement.tracing.uncertainty import covariances_of

    model = model or TracingModel()
    answers = answers_of(attempts.table)
    skills, left_out, notices = _traceable(answers)
    if not skills:
        raise FaultyInputError(
            ATTEMPTS.name, [Fault(code="nothing-to-trace", says=NOTHING_LEFT, facts={"n": LEAST_ATTEMPTS})]
        )
    table = attempts.table if not left_out else attempts.table.filter(pl.col("skill").is_in(skills))
    chains = chains_of(table, skills, by_item=model.by_item, answers=None if left_out else answers)
    layout = layout_of(chains, forgetting=model.forgetting, by_learner=model.by_learner)
    found, prior = _found(table, skills, chains, layout, model, report)
    covariance, known = covariances_of(layout, found, prior)
    told = _Told(table, skills, chains, layout, found, covariance, known)
    traced = tuple(told.skill(s) for s in range(len(skills)))
    if report is not None:
        report(1.0, SEARCHING)
    return Tracing(
        model=model,
        skills=traced,
        spread=told.spread(),
        left_out=left_out,
        notices=(*notices, *(notice for one in traced for notice in _about(one))),
        log_likelihood=float(found.height.sum()) - _log_prior(found, prior),
        n_steps=found.n_steps,
    )


def _traceable(answers: Answers) -> tuple[tuple[str, ...], tuple[str, ...], list[Text]]:
    """Return the skills that can be traced, those that cannot, and why not."""
    skills, s, n_who = answers.skills, answers.skill, answers.n_learners
    most = np.bincount(s * n_who + answers.learner, minlength=len(skills) * n_who)
    most = most.reshape(len(skills), n_who).max(axis=1)
    n, n_right = np.bincount(s, minlength=len(skills)), np.bincount(s[answers.right], minlength=len(skills))
    kept, lost, notices = [], [], []
    for k, skill in enumerate(skills):
        if n_right[k] in (0, n[k]):
            lost.append(skill)
            notices.append(ALIKE.filled(skill=skill, n=n[k], outcome=RIGHT if n_right[k] else WRONG))
        elif most[k] < LEAST_ATTEMPTS:
            lost.append(skill)
            notices.append(TOO_SHORT.filled(skill=skill, n=LEAST_ATTEMPTS))
        else:
            kept.append(skill)
    return tuple(kept), tuple(lost), notices


def _found(
    table: pl.DataFrame, skills: tuple[str, ...], chains: Chains, layout: Layout, model: TracingModel,
    report: Report | None,
) -> tuple[Found, Prior]:  # fmt: skip
    """Search; where items have numbers of their own, first for those of the skills, to which items are then held."""
    from yucai.measurement.tracing.chains import chains_of
    from yucai.measurement.tracing.search import layout_of, search
    from yucai.measurement.tracing.state import Numbers, Prior, first_numbers

    def told(done: float) -> None:
        if report is not None:
            report(0.9 * done, SEARCHING)

    start = first_numbers(chains, forgetting=model.forgetting, by_learner=model.by_learner)
    free = Prior(weight=0.0, guess=start.guess, slip=start.slip)
    if not model.by_item:
        return search(chains, layout, start, free, told=told), free
    alike = chains_of(table, skills, by_item=False)
    whole = layout_of(alike, forgetting=model.forgetting, by_learner=model.by_learner)
    first = first_numbers(alike, forgetting=model.forgetting, by_learner=model.by_learner)
    skill = search(alike, whole, first, Prior(weight=0.0, guess=first.guess, slip=first.slip)).numbers
    guess, slip = skill.guess[chains.item_skill], skill.slip[chains.item_skill]
    begun = Numbers(
        level=skill.level, learn=skill.learn, forget=skill.forget, guess=guess, slip=slip, spread=skill.spread
    )
    prior = Prior(weight=ITEM_PRIOR, guess=guess, slip=slip)
    return search(chains, layout, begun, prior, told=told), prior


def _log_prior(found: Found, prior: Prior) -> float:
    if not prior.weight:
        return 0.0
    total = 0.0
    for chance, to in ((found.numbers.guess, prior.guess), (found.numbers.slip, prior.slip)):
        total += prior.weight * float((to * np.log(chance) + (1.0 - to) * np.log1p(-chance)).sum())
    return total


class _Told:
    """Puts what was found into words and numbers, skill by skill."""

    def __init__(
        self, table: pl.DataFrame, skills: tuple[str, ...], chains: Chains, layout: Layout, found: Found,
        covariance: Array, known: npt.NDArray[np.bool_],
    ) -> None:  # fmt: skip
        from yucai.measurement.tracing.chains import items_of

        self.skills, self.chains, self.layout, self.found, self.known = skills, chains, layout, found, known
        self.covariance = covariance
        self.item_names = items_of(table, skills)["item"].to_list() if chains.item.size else []
        self.n_of_item = np.diff(chains.item_pointer)
        self.n_learners = np.bincount(chains.skill, (chains.learner >= 0).sum(axis=1), len(skills)).astype(int)
        self.n_answers = np.bincount(chains.item_skill, self.n_of_item, len(skills)).astype(int)

    def skill(self, s: int) -> SkillTracing:
        """Return what was found of one skill."""
        numbers, i = self.found.numbers, np.flatnonzero(self.chains.item_skill == s)
        n_skills = len(self.skills)
        at = [s, n_skills + s, *([2 * n_skills + s] if self.layout.forgetting else [])]
        first = n_skills * (3 if self.layout.forgetting else 2)
        of = np.concatenate([at, first + i, first + len(self.chains.item_skill) + i]).astype(np.int64)
        group = 0 if self.layout.by_learner else s
        where = {int(place): p for p, place in enumerate(self.layout.places[group])}
        inner = [where[int(place)] for place in of]
        covariance = self.covariance[group][np.ix_(inner, inner)]
        values = np.concatenate(
            [
                [scipy.special.expit(numbers.level[s]), numbers.learn[s], numbers.forget[s]],
                numbers.guess[i],
                numbers.slip[i],
            ]
        )
        if not self.layout.forgetting:
            values = np.delete(values, 2)
        said = [
            _estimate(float(v), float(covariance[p, p]) if self.known[of[p]] else None) for p, v in enumerate(values)
        ]
        core, j = (3 if self.layout.forgetting else 2), len(i)
        guesses, slips = said[core : core + j], said[core + j :]
        own = self.chains.item.size > 0
        return SkillTracing(
            skill=self.skills[s], start=said[0], learn=said[1], forget=said[2] if self.layout.forgetting else None,
            guess=self._pooled(values, covariance, core, i, guesses),
            slip=self._pooled(values, covariance, core + j, i, slips),
            items=tuple(
                ItemTracing(item=self.item_names[k], guess=g, slip=w, n_answers=int(self.n_of_item[k]))
                for k, g, w in zip(i, guesses, slips, strict=True)
            ) if own else (),
            n_learners=int(self.n_learners[s]), n_answers=int(self.n_answers[s]),
            covariance=tuple(tuple(map(float, row)) for row in covariance), converged=bool(self.found.settled[s]),
        )  # fmt: skip

    def _pooled(
        self, values: Array, covariance: Array, first: int, i: npt.NDArray[np.intp], said: Sequence[Estimate]
    ) -> Estimate:
        """Return the mean over the answers of what each item has of its own."""
        if len(said) == 1:
            return said[0]
        weight = self.n_of_item[i] / self.n_of_item[i].sum()
        p = values[first : first + len(i)]
        value = float(weight @ p)
        by = weight * p * (1.0 - p)
        variance = float(by @ covariance[first : first + len(i), first : first + len(i)] @ by)
        if any(one.std_error is None for one in said):
            return _estimate(value, None)
        return _estimate(value, variance / (value * (1.0 - value)) ** 2)

    def spread(self) -> Estimate | None:
        """Return the spread of the learners' starts, where they have one."""
        if not self.layout.by_learner:
            return None
        value = self.found.numbers.spread
        if not self.known[-1]:
            return Estimate(value=value, std_error=None, lower90=None, upper90=None)
        error = float(np.sqrt(self.covariance[0][-1, -1]))
        reach = np.exp(NORMAL_90 * error / value)  # normal in its logarithm: a spread is above 0
        return Estimate(value=value, std_error=error, lower90=float(value / reach), upper90=float(value * reach))


def _estimate(value: float, variance: float | None) -> Estimate:
    if variance is None:
        return Estimate(value=value, std_error=None, lower90=None, upper90=None)
    at, reach = scipy.special.logit(value), NORMAL_90 * np.sqrt(variance)
    return Estimate(
        value=value, std_error=float(np.sqrt(variance) * value * (1.0 - value)),
        lower90=float(scipy.special.expit(at - reach)), upper90=float(scipy.special.expit(at + reach)),
    )  # fmt: skip


def _about(one: SkillTracing) -> Iterator[Text]:
    if not one.converged:
        yield NOT_SETTLED.filled(skill=one.skill)
    listed = {name: getattr(one, name) for name in NAMES}
    blurred = [NAMES[name] for name, value in listed.items() if value is not None and value.std_error is None]
    if blurred:
        names = Text(", ".join(name.en for name in blurred), "、".join(name.zh for name in blurred))
        yield AT_BOUND.filled(skill=one.skill, numbers=names)
    if one.n_learners < FEW_LEARNERS:
        yield FEW.filled(skill=one.skill, n=one.n_learners)
