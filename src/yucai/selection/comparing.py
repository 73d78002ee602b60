"""A proposal held against the list that an office really made: equal, or for each person why it is not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from yucai.selection.proposals import GroupLine, Outcome, Proposal, ProposalEntry
from yucai.selection.reasons import joined, outcome_words
from yucai.selection.rule_sets import Rounding, people_of_share
from yucai.texts import Text

__all__ = ["Comparison", "Difference", "compare_with"]

SAYS: Final = {
    "equal": Text("The list equals the rule: the same {n} {n:person|people}.", "名单与规则结果一致：同样的 {n} 人。"),
    "differs": Text(
        "The list and the rule agree on {both} of {all} people who are on one of them; {n} {n:differs|differ}, each "
        "with the reason below.",
        "名单与规则结果共涉及 {all} 人，其中 {both} 人一致，{n} 人不同，逐一说明如下。",
    ),
    "nobody-here": Text(
        "{n} number{n:|s} of the list {n:is|are} of nobody whom the rule looked at: {which}. Another entry year, "
        "another group, or a slip of the pen.",
        "名单中有 {n} 个学号不在规则所看的人员之内：{which}。可能是其他年级、其他范围，或笔误。",
    ),
    "award": Text(
        "An award is on record that nobody verified ({award}). Verified by the day, it exempts; the list seems to have "
        "counted it. Verify it, or ask on what the list rests.",
        "有一项奖项记录未经核验（{award}）。如在当日前核验即可豁免；名单似已将其计入。请核验该奖项，或查明名单依据。",
    ),
    "exempt": Text(
        "By the rule exempt by a verified award ({award}); the list does not know of it.",
        "按规则因经核验的奖项（{award}）豁免；名单未计入该奖项。",
    ),
    "missing": Text(
        "The rule cannot tell, for records are missing: {what}. The list knew them, or did without.",
        "规则无法判断，缺少记录：{what}。名单当时或已掌握，或未予考虑。",
    ),
    "tie": Text(
        "Tied with others exactly at the line; the rule breaks the tie by nothing. The list must have used something "
        "else.",
        "与他人在分界线上完全并列，规则未写明如何区分；名单应另有依据。",
    ),
    "others": Text("At the line, as long as records of others are missing.", "因他人记录缺失而处于分界线上。"),
    "rounding": Text(
        "Rounding: {exact} people are {k} by the rule ({rounding}); the list fits {other}.",
        "取整方式：{exact} 人按规则取 {k} 人（{rounding}），名单则相当于取 {other} 人。",
    ),
    "replaced": Text(
        "Next after the line. The list leaves out {n} whom the rule proposes and seems to have gone on to the next.",
        "紧接分界线之后。名单略去了规则建议的 {n} 人，似由后面的人递补。",
    ),
    "passed-on": Text(
        "Next after the line. {n} before are exempt; the rule does not pass their places on, the list seems to.",
        "紧接分界线之后。前面有 {n} 人豁免；规则规定名次不递补，名单似已递补。",
    ),
    "near": Text(
        "Close to the line: {how}. A mark that was entered or corrected later is enough.",
        "接近分界线：{how}。个别成绩补录或更正即可改变结果。",
    ),
    "none": Text(
        "Nothing on record explains it. By the rule: {reason} Look for the paper it rests on.",
        "现有记录无法解释。按规则：{reason}请查找当时的依据。",
    ),
}
ROUNDINGS: Final = {
    Rounding.DOWN: Text("rounded down", "向下取整"),
    Rounding.UP: Text("rounded up", "向上取整"),
    Rounding.NEAREST: Text("rounded to the nearest", "四舍五入"),
}
MOST_NAMED: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One person of whom list and rule say different things, and why, as far as records tell."""

    learner: str
    on_list: bool
    outcome: Outcome
    code: str
    says: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """How a proposal and a real list agree. ``strangers`` are numbers of the list of whom the rule knows nothing."""

    both: int
    only_rule: int
    only_list: int
    strangers: tuple[str, ...]
    differences: tuple[Difference, ...]
    says: tuple[Text, ...]

    @property
    def equal(self) -> bool:
        """Whether list and rule name the same people."""
        return not self.differences and not self.strangers


def compare_with(
    proposal: Proposal, real: Iterable[str], *, near: Mapping[str, Sequence[Text]] | None = None
) -> Comparison:
    """Return how a list that was really made agrees with a proposal, and for each that differs why.

    ``near`` says of each who is borderline how (``Borderline.says``). Reasons that records prove come first: an award
    that nobody verified, missing marks, a tie, another rounding, a place that was passed on.
    """
    listed = frozenset(real)
    known = proposal.by_learner
    proposed = frozenset(proposal.of(Outcome.PROPOSED))
    there = listed & known.keys()
    look = _Look(proposal=proposal, listed=frozenset(there), edges=near or {},
                 lines={line.group: line for line in proposal.lines})  # fmt: skip
    apart = [known[learner] for learner in sorted(there ^ proposed)]
    differences = tuple(_difference(look, entry) for entry in apart)
    strangers = tuple(sorted(listed - known.keys()))
    says = [SAYS["equal"].filled(n=len(proposed))] if not apart and not strangers else [
        SAYS["differs"].filled(both=len(there & proposed), all=len(listed | proposed), n=len(apart))
    ]  # fmt: skip
    if strangers:
        more = ["…"] if len(strangers) > MOST_NAMED else []
        which = joined(Text(one[:40], one[:40]) for one in (*strangers[:MOST_NAMED], *more))
        says.append(SAYS["nobody-here"].filled(n=len(strangers), which=which))
    return Comparison(
        both=len(there & proposed), only_rule=len(proposed - listed), only_list=len(there - proposed),
        strangers=strangers, differences=differences, says=tuple(says),
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """What a difference is looked at with."""

    proposal: Proposal
    listed: frozenset[str]
    edges: Mapping[str, Sequence[Text]]
    lines: Mapping[str, GroupLine]

    def count(self, group: str, outcome: Outcome, *, listed: bool) -> int:
        """Return how many of a group have an outcome and are on the list, or are not."""
        return sum(
            entry.group == group and entry.outcome is outcome and (entry.learner in self.listed) is listed
            for entry in self.proposal.entries
        )


def _difference(look: _Look, entry: ProposalEntry) -> Difference:
    code, says = _why(look, entry)
    return Difference(
        learner=entry.learner, on_list=entry.learner in look.listed, outcome=entry.outcome, code=code, says=says
    )


def _why(look: _Look, entry: ProposalEntry) -> tuple[str, Text]:
    if entry.outcome is Outcome.EXEMPT:
        return "exempt", SAYS["exempt"].filled(award=joined(entry.evidence))
    if entry.outcome is Outcome.UNKNOWN:
        what = joined(entry.missing) if entry.missing else Text("marks or credits", "成绩或学分")
        return "missing", SAYS["missing"].filled(what=what)
    if entry.outcome is Outcome.EDGE:
        return ("tie", SAYS["tie"]) if entry.tied else ("others", SAYS["others"])
    if entry.outcome is Outcome.PROPOSED and entry.unverified:
        return "award", SAYS["award"].filled(award=joined(entry.unverified))
    return _by_line(look, entry) or _near(look, entry)


def _by_line(look: _Look, entry: ProposalEntry) -> tuple[str, Text] | None:
    """Return the reason that lies in where the line was drawn, if it does."""
    rules, line = look.proposal.rules, look.lines[entry.group]
    if entry.by_place is None or line.spared:
        return None
    others = {people_of_share(line.n, rules, rounding) for rounding in Rounding} - {line.k}
    proposed = entry.outcome is Outcome.PROPOSED
    for other in sorted(others):
        between = other <= entry.ahead < line.k if proposed else line.k <= entry.ahead < other
        if between and entry.by_place is proposed:
            return "rounding", SAYS["rounding"].filled(
                exact=f"{line.exact:g}", k=line.k, rounding=ROUNDINGS[rules.rounding], other=other
            )
    if proposed:
        return None
    behind = entry.ahead - line.k
    dropped = look.count(entry.group, Outcome.PROPOSED, listed=False)
    exempt = look.count(entry.group, Outcome.EXEMPT, listed=False)
    if 0 <= behind < exempt and not rules.pass_on:
        return "passed-on", SAYS["passed-on"].filled(n=exempt)
    if 0 <= behind < dropped + exempt:
        return "replaced", SAYS["replaced"].filled(n=dropped)
    return None


def _near(look: _Look, entry: ProposalEntry) -> tuple[str, Text]:
    if (edge := look.edges.get(entry.learner)) is not None:
        return "near", SAYS["near"].filled(how=joined(edge))
    said = outcome_words(look.proposal.rules, entry.outcome.value)
    reason = Text(f"{said.en}; {entry.reasons[0].en}", f"{said.zh}；{entry.reasons[0].zh}")
    return "none", SAYS["none"].filled(reason=reason)
