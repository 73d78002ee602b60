"""A rule applied to the records of a day: who is proposed, who is not, and why, in sentences. Nothing is decided."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import isfinite

from yucai.evidence import AwardLevel
from yucai.selection.given import Candidate, SelectionRecords, ShownEvidence
from yucai.selection.judging import Case, Ground, Judged, Judgement, cases_of, judge
from yucai.selection.lines import Cause
from yucai.selection.measures import Span, count_marks, in_terms, span_of, terms_counted
from yucai.selection.proposals import GroupLine, Outcome, Proposal, ProposalEntry
from yucai.selection.reasons import SAYS, group_words, joined, measure_facts, value_words
from yucai.selection.rule_sets import RuleSet, Spared, Weighting
from yucai.selection.rule_words import line_words
from yucai.texts import Text

__all__ = ["exempting", "propose"]

LEVELS = tuple(AwardLevel)
NO_CREDITS = Text(
    "{n} of {all} marks have no credits on record; each of these courses counts as one credit.",
    "{all} 条成绩中有 {n} 条没有学分记录，这些课程各按 1 学分计。",
)
NO_CREDITS_AT_ALL = Text(
    "No mark has credits on record; each course counts as one credit.", "成绩均无学分记录，每门课程各按 1 学分计。"
)
NOBODY = Text("Nobody is on record in this group on that day.", "当日该范围内没有人员记录。")


def propose(rules: RuleSet, records: SelectionRecords) -> Proposal:
    """Return what a rule proposes on the day of the records, with reasons for everybody.

    The order of rows does not matter, and chance takes no part. Where marks are missing, somebody is proposed only if
    they would be whatever those marks are; a tie that the rule does not break stays open.
    """
    counted = count_marks(rules, records)
    cases = cases_of(rules, counted, (one.learner for one in records.people if exempting(rules, one, records)))
    spans = {case.learner: span_of(case.counted, rules) for case in cases}
    judged = judge(rules, cases, spans)
    words = _Words(rules=rules, records=records, spans=spans, judged=judged, cases=cases, cuts=_cuts(cases, spans))
    return Proposal(
        rules=rules,
        as_of=records.as_of,
        inputs=records.digest,
        entries=tuple(_entry(words, case) for case in cases),
        lines=tuple(_line(words, label) for label in sorted(judged.sizes)),
        notes=tuple(_notes(rules, cases)),
    )


def exempting(rules: RuleSet, one: Candidate, records: SelectionRecords) -> tuple[ShownEvidence, ...]:
    """Return the verified awards that exempt somebody: of the terms that count, of the level of the rule or higher."""
    if rules.exempt is None or not rules.leaves:
        return ()
    return tuple(piece for piece in _awards(rules, one, records) if piece.verified and _high(rules, piece))


def _awards(rules: RuleSet, one: Candidate, records: SelectionRecords) -> Iterator[ShownEvidence]:
    wanted = terms_counted(rules, records.as_of)
    return (piece for piece in one.evidence if piece.level is not None and in_terms(piece.term, wanted))


def _high(rules: RuleSet, piece: ShownEvidence) -> bool:
    return rules.exempt is not None and piece.level is not None and (
        LEVELS.index(piece.level) >= LEVELS.index(rules.exempt)
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    """What the sentences about people are made from."""

    rules: RuleSet
    records: SelectionRecords
    spans: Mapping[str, Span]
    judged: Judgement
    cases: Sequence[Case]
    cuts: Mapping[str, Sequence[float]]  # known measures of each group, in order


def _cuts(cases: Iterable[Case], spans: Mapping[str, Span]) -> dict[str, list[float]]:
    found = defaultdict[str, list[float]](list)
    for case in cases:
        span = spans[case.learner]
        if span.low == span.high:
            found[case.group].append(span.low)
    return {label: sorted(some) for label, some in found.items()}


def _entry(words: _Words, case: Case) -> ProposalEntry:
    one, person = words.judged.people[case.learner], case.counted.person
    span = words.spans[case.learner]
    known = span.low == span.high
    place = None
    if known:
        held = words.cuts[case.group]
        place = len(held) - bisect_right(held, span.low) + 1
    shown = [
        piece for piece in person.evidence if in_terms(piece.term, terms_counted(words.rules, words.records.as_of))
    ]
    unverified = tuple(_named(p) for p in _awards(words.rules, person, words.records) if not p.verified)
    return ProposalEntry(
        learner=case.learner,
        outcome=one.outcome,
        group=case.group,
        measure=span.low if known else None,
        place=place,
        ahead=one.beyond.ahead if one.beyond is not None else 0,
        tied=one.beyond.tied if one.beyond is not None else 0,
        by_place=one.beyond.value if one.beyond is not None else None,
        reasons=tuple(_reasons(words, case, one, place)),
        change=tuple(_change(words, case, one)),
        notes=tuple(_noted(words, case, one, unverified)),
        missing=tuple(_gap(words, case)),
        evidence=tuple(_named(piece) for piece in shown if piece.verified),
        unverified=unverified,
    )


def _named(piece: ShownEvidence) -> Text:
    if piece.level is None:
        return piece.title
    level = piece.level.says
    return Text(f"{piece.title.en} ({level.en})", f"{piece.title.zh}（{level.zh}）")


def _gap(words: _Words, case: Case) -> Iterator[Text]:
    """Yield the marks that are missing."""
    for course in case.counted.missing:
        yield Text(f"{course.name.en}, {course.term}", f"{course.name.zh}（{course.term}）")
    for place in case.counted.empty_sets:
        if words.rules.sets:
            yield words.rules.sets[place].name


def _reasons(words: _Words, case: Case, one: Judged, place: int | None) -> Iterator[Text]:
    """Yield the reasons for an outcome, the deciding ones first."""
    rules = words.rules
    if one.outcome is Outcome.EXEMPT:
        awards = joined(_named(piece) for piece in exempting(rules, case.counted.person, words.records))
        sure = one.beyond is not None and one.beyond.value is True
        k = words.judged.lines[case.group]
        yield SAYS["exempt" if sure else "exempt-open"].filled(k=k, award=awards)
    deciding = _deciding(rules, one)
    told = [text for ground in (*deciding, *one.grounds) for text in _told(words, case, one, ground, place)]
    yield from dict.fromkeys(told)
    if not told:
        yield SAYS["nothing"]


def _deciding(rules: RuleSet, one: Judged) -> list[Ground]:
    if one.outcome in (Outcome.UNKNOWN, Outcome.EDGE):
        return [ground for ground in one.grounds if ground.value is None]
    wanted = rules.leaves == (one.outcome is Outcome.PROPOSED)
    return [ground for ground in one.grounds if ground.value is wanted]


def _told(words: _Words, case: Case, one: Judged, ground: Ground, place: int | None) -> Iterator[Text]:
    """Yield what is said of one ground or condition."""
    rules, counted = words.rules, case.counted
    facts = _facts(words, case, place)
    if ground.value is None:
        yield _open(words, case, one, ground)
    elif ground.code == "place":
        yield _of_place(words, case, one, ground, facts)
    elif ground.code == "measure":
        under = ground.value is rules.leaves
        if facts["value"]:
            yield SAYS["under" if under else "reached"].filled(**facts, least=value_words(rules.least_measure or 0))
    elif ground.code == "failed":
        n = counted.failed.low
        yield SAYS["failed" if n else "failed-in"].filled(n=f"{n:g}", most=rules.most_failed)
    elif ground.code == "credits":
        least = f"{rules.least_credits:g}"
        sure = counted.credits.low == counted.credits.high
        earned = f"{counted.credits.low:g}" if sure else f"≥ {counted.credits.low:g}"
        yield SAYS["credits"].filled(n=earned, least=least)
    elif ground.code == "flag" and counted.person.flagged and rules.flag is not None:
        yield SAYS["flag"].filled(flag=rules.flag)
    elif ground.code == "places" and ground.value is False:
        yield SAYS["full"].filled(**facts, most=rules.most)


def _facts(words: _Words, case: Case, place: int | None) -> dict[str, object]:
    span = words.spans[case.learner]
    return {
        **measure_facts(words.rules),
        "value": value_words(span.low) if span.low == span.high else _between(span),
        "place": place,
        "n": words.judged.sizes[case.group],
        "k": words.judged.lines[case.group],
        "group": group_words(words.rules, case.group),
    }


def _between(span: Span) -> str:
    return f"{value_words(span.low)}–{value_words(span.high)}" if isfinite(span.low) else ""


def _of_place(words: _Words, case: Case, one: Judged, ground: Ground, facts: Mapping[str, object]) -> Text:
    rules = words.rules
    if rules.leaves and one.beyond is not None and one.beyond.value is not False and ground.value is False:
        at = value_words(rules.spare_at or 0)
        return SAYS["spared-each" if rules.spare is Spared.EACH else "spared"].filled(**facts, at=at)
    beyond = ground.value is True
    if facts["place"] is None:
        last = "last-unknown" if rules.leaves else "first-unknown"
        return UNKNOWN_PLACE[last, beyond].filled(**facts)
    if not rules.leaves and rules.pass_on:
        return SAYS["first-in-rest" if beyond else "first-out-rest"].filled(**facts)
    side = "last" if rules.leaves else "first"
    return SAYS[f"{side}-{'in' if beyond else 'out'}"].filled(**facts)


UNKNOWN_PLACE = {
    ("last-unknown", True): Text(
        "Among the last {k} of {n} in {group}, whatever the missing marks are.",
        "无论缺少的成绩如何，都在{group} {n} 人的末 {k} 名之内。",
    ),
    ("last-unknown", False): Text(
        "Not among the last {k} of {n} in {group}, whatever the missing marks are.",
        "无论缺少的成绩如何，都不在{group} {n} 人的末 {k} 名之内。",
    ),
    ("first-unknown", True): Text(
        "Among the first {k} of {n} in {group}, whatever the missing marks are.",
        "无论缺少的成绩如何，都在{group} {n} 人的前 {k} 名之内。",
    ),
    ("first-unknown", False): Text(
        "Not among the first {k} of {n} in {group}, whatever the missing marks are.",
        "无论缺少的成绩如何，都不在{group} {n} 人的前 {k} 名之内。",
    ),
}


def _open(words: _Words, case: Case, one: Judged, ground: Ground) -> Text:
    """Return why something is open."""
    rules, group = words.rules, group_words(words.rules, case.group)
    if ground.cause is Cause.TIE and one.beyond is not None:
        value = value_words(words.spans[case.learner].low)
        return SAYS["tie"].filled(**measure_facts(rules), value=value, n=max(1, one.beyond.tied))
    if ground.cause is Cause.OWN:
        gaps = [*_gap(words, case)]
        if words.spans[case.learner].low == -float("inf") and not any(
            c.value is not None for c in case.counted.courses
        ):
            return SAYS["nothing"]
        return SAYS["own"].filled(what=joined(gaps)) if gaps else SAYS["own"].filled(what=Text("credits", "学分"))
    if words.judged.spared[case.group] is None and one.beyond is not None and one.beyond.value is True:
        at = rules.spare_at or 0
        mine = [c for c in words.cases if c.group == case.group]
        n = sum(words.spans[c.learner].low < at <= words.spans[c.learner].high for c in mine)
        return SAYS["spared-open"].filled(group=group, **measure_facts(rules), at=value_words(at), n=n)
    return SAYS["others"].filled(group=group)


def _noted(words: _Words, case: Case, one: Judged, unverified: Sequence[Text]) -> Iterator[Text]:
    """Yield what is on record and was not counted."""
    rules = words.rules
    if rules.exempt is not None:
        person = case.counted.person
        for award in unverified:
            yield SAYS["unverified"].filled(award=award)
        for piece in _awards(rules, person, words.records):
            if piece.verified and not _high(rules, piece):
                yield SAYS["too-low"].filled(award=_named(piece))
        if case.exempt and one.outcome is Outcome.PROPOSED:
            yield SAYS["despite"].filled(award=joined(_named(p) for p in exempting(rules, person, words.records)))
    if case.counted.unread:
        yield SAYS["unread"].filled(what=joined(case.counted.unread))


def _change(words: _Words, case: Case, one: Judged) -> Iterator[Text]:
    """Yield what would change an outcome."""
    rules = words.rules
    if one.outcome is Outcome.UNKNOWN or case.counted.missing:
        yield SAYS["change-records"]
    deciding = _deciding(rules, one)
    for ground in deciding:
        if ground.code == "place" and one.outcome is not Outcome.EXEMPT:
            yield from _past_the_line(words, case, ground)
        if ground.code == "measure":
            yield SAYS["change-floor"].filled(**measure_facts(rules), least=value_words(rules.least_measure or 0))
        if ground.code in ("failed", "credits"):
            yield SAYS["change-course"]
        if ground.code == "flag" and case.counted.person.flagged:
            yield SAYS["change-flag"]
    by_place = any(ground.code == "place" for ground in deciding) and one.outcome is not Outcome.NOT_PROPOSED
    if rules.exempt is not None and not case.exempt and by_place:
        yield SAYS["change-award"].filled(level=rules.exempt.says)
    yield SAYS["change-none"]


def _past_the_line(words: _Words, case: Case, ground: Ground) -> Iterator[Text]:
    """Yield which measure would stand on the other side of the line: that of who stands next to it there."""
    held, span = words.cuts.get(case.group, ()), words.spans[case.learner]
    k, rules = words.judged.lines[case.group], words.rules
    if ground.value is None or span.low != span.high or len(held) != words.judged.sizes[case.group]:
        return
    if rules.pass_on or not 0 < k < len(held):
        return
    if rules.leaves:
        value = held[k] if ground.value else held[k - 1]
        up = ground.value
    else:
        value = held[-k - 1] if ground.value else held[-k]
        up = not ground.value
    yield SAYS["change-up" if up else "change-down"].filled(**measure_facts(rules), value=value_words(value))


def _line(words: _Words, label: str) -> GroupLine:
    rules, n, k = words.rules, words.judged.sizes[label], words.judged.lines[label]
    exact = Fraction(rules.share) * n / 100 if rules.share is not None else Fraction(k)
    return GroupLine(
        group=label, n=n, k=k, exact=float(exact), spared=words.judged.spared[label] is True,
        says=line_words(rules, label, n=n, k=k, exact=float(exact)),
    )  # fmt: skip


def _notes(rules: RuleSet, cases: Sequence[Case]) -> Iterator[Text]:
    """Yield what has to be said of the run as a whole."""
    if not cases:
        yield NOBODY
    marks = [mark for case in cases for mark in case.counted.person.marks]
    bare = sum(mark.credits is None for mark in marks)
    if rules.weighting is Weighting.CREDITS and bare:
        yield NO_CREDITS.filled(n=bare, all=len(marks)) if bare < len(marks) else NO_CREDITS_AT_ALL
