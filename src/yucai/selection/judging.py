"""A rule at work, in numbers only: grounds and conditions of each person, true, false or open, and what follows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from yucai.selection.given import Candidate
from yucai.selection.lines import Beyond, Cause, Standing, beyond_line
from yucai.selection.measures import Counted, Span, tie_break_span
from yucai.selection.proposals import Outcome
from yucai.selection.rule_sets import RuleSet, Spared, Within, people_of_share

__all__ = ["Case", "Ground", "Judged", "Judgement", "cases_of", "group_of", "judge"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One person before a rule. ``breaks`` is what breaks ties, in the order of the rule."""

    counted: Counted
    group: str
    exempt: bool
    breaks: tuple[Span, ...]

    @property
    def learner(self) -> str:
        """Whose case it is."""
        return self.counted.person.learner


@dataclass(frozen=True, slots=True)
class Ground:
    """One ground for leaving, or one condition for entering: whether it holds, None where that is open, and why."""

    code: str
    value: bool | None
    cause: Cause | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What follows for one person."""

    outcome: Outcome
    grounds: tuple[Ground, ...]
    beyond: Beyond | None  # of the line by place, before anything spares or exempts


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What follows for everybody; of each group its line, and whether a high measure of all spares it."""

    people: Mapping[str, Judged]
    lines: Mapping[str, int]
    sizes: Mapping[str, int]
    spared: Mapping[str, bool | None]


def group_of(rules: RuleSet, one: Candidate) -> str:
    """Return the label of the named group in which somebody stands."""
    labels = {Within.COHORT: one.cohort, Within.PROGRAMME: one.programme, Within.CLASS: one.classroom}
    return labels.get(rules.within, "")


def cases_of(rules: RuleSet, counted: Iterable[Counted], exempt: Iterable[str]) -> tuple[Case, ...]:
    """Return everybody as a case: with the group, and what breaks ties."""
    free = frozenset(exempt)
    return tuple(
        Case(
            counted=one, group=group_of(rules, one.person), exempt=one.person.learner in free,
            breaks=tuple(tie_break_span(one, rule) for rule in rules.tie_breaks),
        )
        for one in counted
    )  # fmt: skip


def judge(rules: RuleSet, cases: Sequence[Case], spans: Mapping[str, Span]) -> Judgement:
    """Return what follows from a rule for everybody, given the measure of each."""
    groups = defaultdict[str, list[Case]](list)
    for case in cases:
        groups[case.group].append(case)
    lines = {label: people_of_share(len(some), rules) for label, some in groups.items()}
    spared = {label: _spared(rules, some, spans) for label, some in groups.items()}
    found: dict[str, Judged] = {}
    for label, some in groups.items():
        if rules.leaves:
            found |= _leaving(rules, some, spans, k=lines[label], spared=spared[label])
        else:
            found |= _entering(rules, some, spans, k=lines[label])
    if not rules.leaves and rules.most is not None:
        found = _within_places(rules, cases, spans, found, rules.most)
    return Judgement(
        people=found, lines=lines, sizes={label: len(some) for label, some in groups.items()}, spared=spared
    )


def _spared(rules: RuleSet, some: Sequence[Case], spans: Mapping[str, Span]) -> bool | None:
    if rules.spare is not Spared.ALL or rules.spare_at is None:
        return False
    return _all(_at_least(spans[case.learner], rules.spare_at) for case in some)


def _standing(rules: RuleSet, case: Case, spans: Mapping[str, Span], *, certain: bool = True) -> Standing:
    """Return where somebody stands, the first beyond the line lowest: the worst where a rule is about leaving."""
    told = (spans[case.learner], *case.breaks)
    if rules.leaves:
        return Standing(tuple(one.low for one in told), tuple(one.high for one in told), certain)
    return Standing(tuple(-one.high for one in told), tuple(-one.low for one in told), certain)


def _leaving(
    rules: RuleSet, some: Sequence[Case], spans: Mapping[str, Span], *, k: int, spared: bool | None
) -> dict[str, Judged]:
    ranks: Mapping[str, Beyond] = {}
    if rules.by_place:
        everybody = {case.learner: _standing(rules, case, spans) for case in some}
        ranks = beyond_line(everybody, k)
        if rules.pass_on and any(case.exempt for case in some):
            rest = {case.learner: everybody[case.learner] for case in some if not case.exempt}
            ranks = {**ranks, **beyond_line(rest, k)}
    found = {}
    for case in some:
        beyond, span = ranks.get(case.learner), spans[case.learner]
        grounds = [*_floors(rules, case, span)]
        if beyond is not None:
            grounds.insert(0, _by_place(rules, beyond, span, spared))
        found[case.learner] = Judged(outcome=_left(case, grounds), grounds=tuple(grounds), beyond=beyond)
    return found


def _by_place(rules: RuleSet, beyond: Beyond, span: Span, spared: bool | None) -> Ground:
    """Return the ground of leaving by place, unless a high measure spares the group or the person."""
    if rules.spare is Spared.EACH and rules.spare_at is not None:
        spared = _at_least(span, rules.spare_at)
    if beyond.value is False or spared is True:
        return Ground("place", False)
    if beyond.value is True and spared is None:
        own = rules.spare_at is not None and _at_least(span, rules.spare_at) is None
        return Ground("place", None, Cause.OWN if own else Cause.OTHERS)
    return Ground("place", beyond.value, beyond.cause)


def _left(case: Case, grounds: Sequence[Ground]) -> Outcome:
    """Return what follows from the grounds for leaving: one is enough. An award exempts from the place alone."""
    told = [ground for ground in grounds if not (case.exempt and ground.code == "place")]
    value = _any(ground.value for ground in told)
    if value is True:
        return Outcome.PROPOSED
    if value is None:
        return _open(told)
    by_place = any(ground.code == "place" and ground.value is not False for ground in grounds)
    return Outcome.EXEMPT if case.exempt and by_place else Outcome.NOT_PROPOSED


def _floors(rules: RuleSet, case: Case, span: Span) -> Iterable[Ground]:
    """Yield the grounds of their own for leaving."""
    for ground in _conditions(rules, case, span):
        value = None if ground.value is None else not ground.value
        yield Ground(ground.code, value, ground.cause)


def _conditions(rules: RuleSet, case: Case, span: Span) -> Iterable[Ground]:
    """Yield what a person keeps, or does not: floors of the measure, failed courses, credits, the flag."""
    if rules.least_measure is not None:
        yield _own("measure", _at_least(span, rules.least_measure))
    if rules.most_failed is not None:
        failed = case.counted.failed
        yield _own("failed", _at_least(Span(-failed.high, -failed.low), -rules.most_failed))
    if rules.least_credits is not None:
        yield _own("credits", _at_least(case.counted.credits, rules.least_credits))
    if rules.flag is not None:
        yield Ground("flag", not case.counted.person.flagged)


def _own(code: str, value: bool | None) -> Ground:
    return Ground(code, value, Cause.OWN if value is None else None)


def _at_least(span: Span, least: float) -> bool | None:
    if span.low >= least:
        return True
    return False if span.high < least else None


def _entering(rules: RuleSet, some: Sequence[Case], spans: Mapping[str, Span], *, k: int) -> dict[str, Judged]:
    rest = {case.learner: tuple(_conditions(rules, case, spans[case.learner])) for case in some}
    met = {learner: _all(ground.value for ground in grounds) for learner, grounds in rest.items()}
    ranks: Mapping[str, Beyond] = {}
    if rules.by_place:
        ranked = [case for case in some if not rules.pass_on or met[case.learner] is not False]
        ranks = beyond_line(
            {
                case.learner: _standing(rules, case, spans, certain=not rules.pass_on or met[case.learner] is True)
                for case in ranked
            },
            k,
        )
    found = {}
    for case in some:
        beyond = ranks.get(case.learner)
        grounds = rest[case.learner]
        if beyond is not None:
            grounds = (Ground("place", beyond.value, beyond.cause), *grounds)
        found[case.learner] = Judged(outcome=_entered(grounds), grounds=grounds, beyond=beyond)
    return found


def _entered(grounds: Sequence[Ground]) -> Outcome:
    value = _all(ground.value for ground in grounds)
    if value is None:
        return _open(grounds)
    return Outcome.PROPOSED if value else Outcome.NOT_PROPOSED


def _within_places(
    rules: RuleSet, cases: Sequence[Case], spans: Mapping[str, Span], found: Mapping[str, Judged], most: int
) -> dict[str, Judged]:
    """Return the same where no more people are proposed than there are places, by measure over all groups."""
    possible = {case.learner: case for case in cases if found[case.learner].outcome is not Outcome.NOT_PROPOSED}
    standings = {
        learner: _standing(rules, case, spans, certain=found[learner].outcome is Outcome.PROPOSED)
        for learner, case in possible.items()
    }
    capped = dict(found)
    for learner, one in beyond_line(standings, most).items():
        grounds = (*found[learner].grounds, Ground("places", one.value, one.cause))
        capped[learner] = Judged(outcome=_entered(grounds), grounds=grounds, beyond=found[learner].beyond)
    return capped


def _open(grounds: Sequence[Ground]) -> Outcome:
    """Return what is said where something is open: records of one's own that are missing come first."""
    own = any(ground.value is None and ground.cause is Cause.OWN for ground in grounds)
    return Outcome.UNKNOWN if own else Outcome.EDGE


def _all(values: Iterable[bool | None]) -> bool | None:
    told = list(values)
    if False in told:
        return False
    return None if None in told else True


def _any(values: Iterable[bool | None]) -> bool | None:
    told = list(values)
    if True in told:
        return True
    return None if None in told else False
