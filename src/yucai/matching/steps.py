"""Next steps of one learner: at most two, from written rules over the own profile alone, each with its reason.

No rule here has been tested on data, and each step says so. What goes in is the profile of one person, a pack of
practices and what is open to that person; no trait, no other person and no ranking can come in.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import NormalDist
from typing import Final

from yucai.framework import Framework, Practice, PracticePack, TalentType, load_framework, load_talent_types
from yucai.matching.step_words import words_of_build, words_of_close, words_of_know
from yucai.matching.steps_given import EvidenceWay, Place, StepWords
from yucai.measurement import EnoughRule
from yucai.texts import Text

__all__ = ["MOST_STEPS", "RULES_VERSION", "NextStep", "NextSteps", "NoStep", "StepRule", "next_steps"]

MOST_STEPS: Final = 2
RULES_VERSION: Final = "1.0"
MIDDLE: Final = 0.0  # the average of all profiles


class StepRule(StrEnum):
    """The rules, in the order in which they are asked: strengths come first."""

    BUILD = "build-on-strength"
    CLOSE = "close-a-gap"
    KNOW = "make-known"

    @property
    def says(self) -> Text:
        """Its name in both languages."""
        return NAMES[self]


NAMES: Final[Mapping[StepRule, Text]] = {
    StepRule.BUILD: Text("strengths first", "长处优先"),
    StepRule.CLOSE: Text("surest gap to the target", "与目标最明确的差距"),
    StepRule.KNOW: Text("make known what is not known yet", "补充尚缺的证据"),
}
NO_STRENGTH: Final = Text(
    "No quality stands clearly above the average yet, so no step builds on one.",
    "目前没有哪项素养明显高于平均水平，因此没有“发挥长处”的建议。",
)
NO_TYPE: Final = Text(
    "No talent type with a target is on record, so no gap is spoken of.",
    "尚未登记有目标的人才类型，因此不谈差距。",
)
NO_GAP: Final = Text(
    "No quality with enough evidence lies surely below its target, so no gap is spoken of.",
    "证据充足的素养中，没有哪项明显低于目标，因此不谈差距。",
)
ALL_KNOWN: Final = Text(
    "There is enough evidence of every quality, or no way open to show more.",
    "各项素养均已有足够证据，或暂无可补充证据的途径。",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NextStep:
    """One suggestion, with what is said of it.

    ``level`` is the one to reach, ``practice`` that of the pack, ``way`` how evidence would come; a step has a
    practice or a way. ``target`` is a place in SDs and ``chance`` how likely the reason is true, where it is uncertain.
    """

    rule: StepRule
    quality: str
    words: StepWords
    level: int | None = None
    practice: Practice | None = None
    way: EvidenceWay | None = None
    target: float | None = None
    chance: float | None = None

    @property
    def key(self) -> str:
        """How a mark names it: the same suggestion has the same key on every day."""
        what = f"level-{self.level}" if self.way is None else f"{self.way.kind}{self.way.reference}"
        return f"{self.rule}/{self.quality}/{what}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoStep:
    """That a rule has no ground to suggest anything, and why."""

    rule: StepRule
    why: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class NextSteps:
    """At most two steps, in the order of the rules, and why other rules gave none."""

    steps: tuple[NextStep, ...]
    abstained: tuple[NoStep, ...]


def next_steps(
    places: Sequence[Place],
    *,
    practices: PracticePack,
    talent_type: str = "",
    ways: Mapping[str, Sequence[EvidenceWay]] | None = None,
    set_aside: Collection[str] = (),
    enough: EnoughRule | None = None,
) -> NextSteps:
    r"""Return at most two next steps for one learner.

    ``places`` is the own profile, ``talent_type`` the code of the chosen type or nothing, ``ways`` what evidence is
    open for each quality, ``set_aside`` the keys of steps that are done or not wanted. The rules are asked in the order
    of ``StepRule``; each gives at most one step, no quality is spoken of twice, and the first two steps stand.

    - *build on strength*: among places with enough evidence whose 90 % interval, as printed, lies above 0, the one with
      the largest :math:`m / s` (mean over standard error); the practice on the way to its next level.
    - *close a gap*: among places with enough evidence whose 90 % interval, as printed, lies below the target
      :math:`t` of the talent type, the one with the largest :math:`(t - m) / s`; the practice on the way to its next
      level. A target is where the level named by the pack begins.
    - *make known*: among places without enough evidence for which a way is open, by the kind of the best way (a test, a
      rating, an own work), then by the most pieces of evidence.

    Ties are broken by the order of the qualities in the framework. Qualities that the framework does not hold are
    passed over.
    """
    framework = load_framework(practices.framework)
    order = {entry.code: n for n, entry in enumerate(framework.qualities)}
    known = sorted((place for place in places if place.quality in order), key=lambda place: order[place.quality])
    asked = _Asked(practices=practices, framework=framework, enough=enough or EnoughRule(), set_aside=set_aside)
    found, abstained = list[NextStep](), list[NoStep]()
    for rule in StepRule:
        steps, why = _by_rule(rule, known, asked, talent_type=talent_type, ways=ways or {})
        spoken = {step.quality for step in found}
        step = next((one for one in steps if one.quality not in spoken and one.key not in set_aside), None)
        if step is None:
            abstained.append(NoStep(rule=rule, why=why))
        elif len(found) < MOST_STEPS:
            found.append(step)
    return NextSteps(steps=tuple(found), abstained=tuple(abstained))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    practices: PracticePack
    framework: Framework
    enough: EnoughRule
    set_aside: Collection[str]


def _by_rule(
    rule: StepRule,
    places: Sequence[Place],
    asked: _Asked,
    *,
    talent_type: str,
    ways: Mapping[str, Sequence[EvidenceWay]],
) -> tuple[Iterator[NextStep], Text]:
    if rule is StepRule.BUILD:
        return _strengths(places, asked), NO_STRENGTH
    if rule is StepRule.CLOSE:
        kind = _type(asked.practices, talent_type)
        return (_gaps(places, asked, kind), NO_GAP) if kind is not None else (iter(()), NO_TYPE)
    return _unknown(places, asked, ways), ALL_KNOWN


def _type(practices: PracticePack, code: str) -> TalentType | None:
    """Return a talent type that has a target, or None."""
    known = load_talent_types(practices.talent_types).types
    return next((kind for kind in known if kind.code == code and practices.targets.get(code)), None)


def _strengths(places: Sequence[Place], asked: _Asked) -> Iterator[NextStep]:
    strong = [place for place in places if place.enough and place.printed[0] > MIDDLE]
    for place in sorted(strong, key=lambda one: -(one.mean - MIDDLE) / one.std_error):
        practice, chance = _practice(place, asked), 1.0 - _chance_below(place, MIDDLE)
        words = words_of_build(
            place, asked.framework.entry(place.quality), practice, pack=asked.practices, chance=chance,
            rule=NAMES[StepRule.BUILD], version=RULES_VERSION,
        )  # fmt: skip
        yield NextStep(rule=StepRule.BUILD, quality=place.quality, words=words, level=practice.level,
                       practice=practice, chance=chance)  # fmt: skip


def _gaps(places: Sequence[Place], asked: _Asked, kind: TalentType) -> Iterator[NextStep]:
    aims = asked.practices.targets[kind.code]
    targets = {quality: asked.practices.begins(level) for quality, level in aims.items()}
    aimed = [place for place in places if place.enough and place.quality in targets]
    below = [place for place in aimed if place.printed[1] < targets[place.quality]]
    for place in sorted(below, key=lambda one: -(targets[one.quality] - one.mean) / one.std_error):
        target = targets[place.quality]
        practice, chance = _practice(place, asked), _chance_below(place, target)
        words = words_of_close(
            place, asked.framework.entry(place.quality), practice, aim=aims[place.quality], kind=kind.name,
            pack=asked.practices, chance=chance, rule=NAMES[StepRule.CLOSE], version=RULES_VERSION,
        )  # fmt: skip
        yield NextStep(rule=StepRule.CLOSE, quality=place.quality, words=words, level=practice.level,
                       practice=practice, target=target, chance=chance)  # fmt: skip


def _unknown(places: Sequence[Place], asked: _Asked, ways: Mapping[str, Sequence[EvidenceWay]]) -> Iterator[NextStep]:
    grey = [place for place in places if not place.enough and ways.get(place.quality)]
    best = {place.quality: sorted(ways[place.quality], key=lambda way: way.kind.order) for place in grey}
    for place in sorted(grey, key=lambda one: (best[one.quality][0].kind.order, -one.n_evidence)):
        for way in best[place.quality]:
            words = words_of_know(place, asked.framework.entry(place.quality), way, enough=asked.enough,
                                  rule=NAMES[StepRule.KNOW], version=RULES_VERSION)  # fmt: skip
            yield NextStep(rule=StepRule.KNOW, quality=place.quality, words=words, way=way)


def _practice(place: Place, asked: _Asked) -> Practice:
    """Return the practice on the way to the level after a place; a pack has one for every quality and level."""
    found = asked.practices.practice(place.quality, asked.practices.next_level(place.mean))
    assert found is not None
    return found


def _chance_below(place: Place, point: float) -> float:
    return NormalDist(place.mean, place.std_error).cdf(point)
