"""What a director asks of a rating round, made into a plan: whose works, which raters, what stands between them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from yucai.errors import Fault, FaultyInputError
from yucai.evidence import (
    ConflictReason,
    DesignReport,
    LearnersShown,
    RatedWork,
    RatingConflict,
    RatingPlan,
    check_design,
    plan_ratings,
)
from yucai.framework import Rubric, load_rubric
from yucai.texts import Text
from yucai.web.accounts.access import seatable_accounts
from yucai.web.accounts.models import Account, Group, Person
from yucai.web.evidence.rating_models import RatingRoundRecord

__all__ = [
    "RUBRICS",
    "RaterConflict",
    "RoundWanted",
    "called",
    "design_of",
    "may_be_rated_again",
    "origin_of",
    "owners_of",
    "plan_of",
    "planned",
    "rater_name",
    "rubric_of",
]

RUBRICS: Final = ("rubric-nine-qualities",)
MOST_RATER: Final = 100
MOST_NAME: Final = 100
MOST_TERM: Final = 50
AGAIN: Final = re.compile(r"again:(\d+):(\S+)")  # stands where a learner would: a work of an earlier round, rated anew

NO_NAME: Final = Text("Give the round a name of at most {most} characters.", "请为本轮评分命名，不超过 {most} 个字符。")
NAME_TAKEN: Final = Text(
    "A round named “{name}” is there already. Choose another name.", "已有名为“{name}”的评分轮次，请另取名称。"
)
NO_TERM: Final = Text(
    "Say which term the works belong to, in at most {most} characters.", "请写明作品所属学期，不超过 {most} 个字符。"
)
STRANGERS: Final = Text(
    "Not everybody chosen may see this group, or somebody belongs to it. Choose among those listed.",
    "所选评分人中有人无权查看该群体，或本人属于该群体。请从所列人员中选择。",
)
NO_RUBRIC: Final = Text(
    "There is no rubric “{rubric}” here. Choose one of the list.", "没有“{rubric}”这一量规，请从列表中选择。"
)
PLANNED_BEFORE: Final = Text(
    "{rater} rates {n} of these learners by this rubric in this term already, in “{name}”. A rating counts once: "
    "choose another term, or other raters.",
    "{rater} 本学期已在“{name}”中用同一量规评这些学习者中的 {n} 人。同一评分只计一次：请改学期或换评分人。",
)
NOT_AGAIN: Final = Text(
    "Works of “{name}” cannot be rated again here: it must be a closed round of this institution, by the same version "
    "of the rubric, of another term, with common works. Choose another round, or none.",
    "“{name}”的作品不能在此再评：须为本机构已结束的轮次，量规版本相同，学期不同，且有共同作品。请另选一轮，或不选。",
)
AGAIN_BLIND: Final = Text(
    "Works that are rated again are rated blind: not every rater may know those learners. Show raters nothing but the "
    "number of the work.",
    "再评的作品须匿名评分：并非每位评分人都可得知这些学生是谁。请选择只显示作品编号。",
)
ELSEWHERE: Final = Text(
    "{n} of the learners named do not belong to this group. Choose among those listed.",
    "所列学生中有 {n} 人不属于该群体。请从名单中选择。",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RaterConflict:
    """That somebody must not rate the work of a learner, and why."""

    rater: Account
    person: Person
    reason: ConflictReason


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundWanted:
    """What a director asks for; ``seed`` draws the same seats when the design is checked and when it is opened.

    ``planted`` are learners whose works all raters rate, counted among ``common``; ``capacity`` is the most works by
    the number of an account; the common works of the round ``again`` are rated once more, by all raters.
    """

    group: Group
    name: str
    rubric: str
    occasion: str
    raters: tuple[Account, ...]
    each: int
    common: int
    shown: LearnersShown
    seed: int
    planted: tuple[Person, ...] = ()
    conflicts: tuple[RaterConflict, ...] = ()
    capacity: Mapping[int, int] = field(default_factory=dict)
    again: RatingRoundRecord | None = None


def rater_name(account: Account) -> str:
    """Return how ratings name an account."""
    return account.username[:MOST_RATER]


def called(accounts: Iterable[Account], *, language: str) -> dict[str, str]:
    """Return how each rater is called in a language: by name, with the account where two have the same."""
    accounts = tuple(accounts)
    names = [_plain(account.name.in_language(language)) for account in accounts]
    return {
        rater_name(account): name if names.count(name) == 1 else f"{name} ({account.username})"
        for account, name in zip(accounts, names, strict=True)
    }


def plan_of(record: RatingRoundRecord) -> RatingPlan:
    """Return the plan by which a round was opened."""
    return RatingPlan.from_json(record.plan, name=record.name)


def rubric_of(record: RatingRoundRecord) -> Rubric:
    """Return the rubric of a round."""
    return load_rubric(record.rubric)


def origin_of(work: RatedWork) -> tuple[int, str] | None:
    """Return the round and the number a work had when it was first rated; None for a work of this round's own."""
    found = AGAIN.fullmatch(work.learners[0])
    return (int(found[1]), found[2]) if found else None


def owners_of(work: RatedWork) -> tuple[str, ...]:
    """Return the learners whose work it is, also of one that is rated again."""
    if (origin := origin_of(work)) is None:
        return work.learners
    record = RatingRoundRecord.objects.filter(pk=origin[0]).first()
    return plan_of(record).work(origin[1]).learners if record is not None else ()


def may_be_rated_again(group: Group, *, rubric: str) -> list[RatingRoundRecord]:
    """Return the rounds whose common works may be planted in a new round for a group, newest first."""
    version = load_rubric(rubric).version
    closed = RatingRoundRecord.objects.filter(space=group.space_id, rubric=rubric, rubric_version=version)
    closed = closed.filter(closed_at__isnull=False).order_by("-closed_at")
    return [record for record in closed if plan_of(record).common]


def planned(wanted: RoundWanted, *, language: str = "en") -> RatingPlan:
    """Return the plan for what is wanted: works numbered in an order drawn by the seed, so that numbers tell nothing.

    Faults name people in ``language``, and learners instead of numbers, so that a director who rates blind learns
    nothing of the numbers. Raises FaultyInputError with all faults.
    """
    if faults := [*_faults_of_wanted(wanted)]:
        raise FaultyInputError(wanted.name, faults)
    rng = np.random.default_rng(wanted.seed)
    works = [*_own_works(wanted, language), *_works_again(wanted)]
    drawn = [works[place] for place in rng.permutation(len(works)).tolist()]
    raters = called(wanted.raters, language=language)
    planted = {person.code for person in wanted.planted}
    plan = plan_ratings(
        drawn,
        list(raters.values()),
        load_rubric(wanted.rubric),
        code=wanted.name,
        occasion=wanted.occasion,
        rng=rng,
        each=wanted.each,
        common=wanted.common,
        planted=[w.code for w in drawn if planted & set(w.learners) or origin_of(w) is not None],
        conflicts=[*_conflicts(wanted, drawn, raters)],
        capacity={raters[rater_name(a)]: wanted.capacity[a.pk] for a in wanted.raters if a.pk in wanted.capacity},
        shown=wanted.shown,
    )
    digits = max(2, len(str(len(drawn))))
    numbers = {work.code: f"W{n:0{digits}}" for n, work in enumerate(drawn, start=1)}
    plan = _renamed(plan, works=numbers, raters={name: rater for rater, name in raters.items()})
    if faults := [*_faults_of_earlier_rounds(wanted, plan, raters)]:
        raise FaultyInputError(wanted.name, faults)
    return plan


def design_of(plan: RatingPlan, names: Mapping[str, str]) -> DesignReport:
    """Return the check of a plan, its raters called by ``names`` for those who read it."""
    return check_design(_renamed(plan, works={}, raters=names))


def _plain(name: str) -> str:
    """Return a name without what cannot be seen, for plans refuse names that look alike."""
    return " ".join("".join(x for x in name if unicodedata.category(x) not in ("Cc", "Cf", "Cs")).split())


def _own_works(wanted: RoundWanted, language: str) -> Iterator[RatedWork]:
    for person in wanted.group.people.order_by("code"):
        same = person.name_zh == person.name_en
        yield RatedWork(
            code=_plain(f"{person.name.in_language(language)} {person.code}"),
            title=wanted.name,
            learners=(person.code,),
            names=(person.name_zh,) if same else (f"{person.name_zh} {person.name_en}",),
        )


def _works_again(wanted: RoundWanted) -> Iterator[RatedWork]:
    """Yield the common works of an earlier round; a work keeps the number it had when it was first rated."""
    if wanted.again is None:
        return
    plan = plan_of(wanted.again)
    for work in plan.works:
        if work.code in plan.common:
            first, code = origin_of(work) or (wanted.again.pk, work.code)
            label = _plain(f"{wanted.again.name} {work.code}")
            yield RatedWork(code=label, title=wanted.name, learners=(f"again:{first}:{code}",))


def _conflicts(wanted: RoundWanted, works: Iterable[RatedWork], raters: Mapping[str, str]) -> Iterator[RatingConflict]:
    """Yield the conflicts of the raters chosen, also those with whose work is rated again."""
    of_learner: dict[str, list[str]] = {}
    for work in works:
        for learner in owners_of(work):
            of_learner.setdefault(learner, []).append(work.learners[0])
    for conflict in wanted.conflicts:
        if rater := raters.get(rater_name(conflict.rater)):
            for learner in of_learner.get(conflict.person.code, []):
                yield RatingConflict(rater=rater, learner=learner, reason=conflict.reason)


def _renamed(plan: RatingPlan, *, works: Mapping[str, str], raters: Mapping[str, str]) -> RatingPlan:
    """Return a plan in which works and raters are called otherwise; who rates what stays as it is."""

    def work(code: str) -> str:
        return works.get(code, code)

    def rater(name: str) -> str:
        return raters.get(name, name)

    return replace(
        plan,
        works=tuple(replace(one, code=work(one.code)) for one in plan.works),
        raters=tuple(rater(name) for name in plan.raters),
        seats=tuple(replace(seat, work=work(seat.work), rater=rater(seat.rater)) for seat in plan.seats),
        common=tuple(work(code) for code in plan.common),
        conflicts=tuple(replace(conflict, rater=rater(conflict.rater)) for conflict in plan.conflicts),
        capacity={rater(name): most for name, most in plan.capacity.items()},
    )


def _faults_of_wanted(wanted: RoundWanted) -> Iterator[Fault]:
    if not wanted.name.strip() or len(wanted.name) > MOST_NAME:
        yield Fault(code="no-name", says=NO_NAME, where="name", facts={"most": MOST_NAME})
    elif RatingRoundRecord.objects.filter(space=wanted.group.space, name=wanted.name).exists():
        yield Fault(code="name-taken", says=NAME_TAKEN, where="name", facts={"name": wanted.name})
    if not wanted.occasion.strip() or len(wanted.occasion) > MOST_TERM:
        yield Fault(code="no-term", says=NO_TERM, where="occasion", facts={"most": MOST_TERM})
    if wanted.rubric not in RUBRICS:
        yield Fault(code="no-rubric", says=NO_RUBRIC, where="rubric", facts={"rubric": wanted.rubric})
    may = set(seatable_accounts(wanted.group).values_list("pk", flat=True))
    if not {account.pk for account in wanted.raters} <= may:
        yield Fault(code="stranger", says=STRANGERS, where="raters")
    named = {person.pk for person in wanted.planted} | {conflict.person.pk for conflict in wanted.conflicts}
    if strange := named - set(wanted.group.people.values_list("pk", flat=True)):
        yield Fault(code="elsewhere", says=ELSEWHERE, where="planted", facts={"n": len(strange)})
    if wanted.again is not None:
        yield from _faults_of_again(wanted, wanted.again)


def _faults_of_again(wanted: RoundWanted, again: RatingRoundRecord) -> Iterator[Fault]:
    fit = wanted.rubric in RUBRICS and again.occasion != wanted.occasion
    if not fit or again not in may_be_rated_again(wanted.group, rubric=wanted.rubric):
        yield Fault(code="not-again", says=NOT_AGAIN, where="again", facts={"name": again.name})
    if wanted.shown is not LearnersShown.BLIND:
        yield Fault(code="again-blind", says=AGAIN_BLIND, where="shown")


def _faults_of_earlier_rounds(wanted: RoundWanted, plan: RatingPlan, names: Mapping[str, str]) -> Iterator[Fault]:
    """Yield, for each rater, who would be rated twice by the same rubric in the same term."""
    earlier = RatingRoundRecord.objects.filter(space=wanted.group.space, rubric=plan.rubric, occasion=plan.occasion)
    coming = {rater: {x for work in plan.works_of(rater) for x in work.learners} for rater in plan.raters}
    for record in earlier:
        before = plan_of(record)
        for rater in (rater for rater in plan.raters if rater in before.raters):
            again = coming[rater] & {x for work in before.works_of(rater) for x in work.learners}
            if again:
                facts = {"rater": names.get(rater, rater), "n": len(again), "name": record.name}
                yield Fault(code="planned-before", says=PLANNED_BEFORE, where="occasion", facts=facts)
