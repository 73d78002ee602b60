"""What a teacher asks of an adaptive test, made into bank and plan; what it would do, before anybody takes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

import numpy as np

from yucai.errors import Fault, FaultyInputError
from yucai.measurement import (
    AdaptivePlan,
    AdaptiveTest,
    BankItem,
    ItemBank,
    WhyEnded,
    bank_of,
    control_exposure,
    prepare_test,
    simulate_test,
)
from yucai.texts import Text
from yucai.web.accounts.models import Group, Person, Space
from yucai.web.evidence.models import EvidenceRecord
from yucai.web.evidence.question_models import Question
from yucai.web.measurement.adaptive_models import AdaptiveTestRecord
from yucai.web.measurement.calibrations import calibration_of

__all__ = [
    "Exposure",
    "Foretold",
    "SpaceBank",
    "TestWanted",
    "answered_before",
    "foretell",
    "planned_test",
    "space_bank",
]

LEVELS: Final = (0, 1)  # a question is right or not
AMONG: Final = 5
MOST_SHARE: Final = 0.4
MOST_NAME: Final = 100
MOST_TERM: Final = 50
SIMULATED: Final = 400
NO_NAME: Final = Text("Give the test a name of at most {most} characters.", "请为测试命名，不超过 {most} 个字符。")
NAME_TAKEN: Final = Text(
    "A test named “{name}” is there already. Choose another name.", "已有名为“{name}”的测试，请另取名称。"
)
NO_TERM: Final = Text(
    "Say which term the answers count for, in at most {most} characters.",
    "请写明作答计入的学期，不超过 {most} 个字符。",
)
NO_QUALITY: Final = Text("Choose at least one quality.", "请至少选择一项素养。")
NOBODY: Final = Text("Choose at least one person.", "请至少选择一人。")
ELSEWHERE: Final = Text(
    "{n} of the people chosen do not belong to this group. Choose among those listed.",
    "所选人员中有 {n} 人不属于该群体。请从名单中选择。",
)
TOO_FEW_LEFT: Final = Text(
    "{n} of the people chosen ({who}) have answered so many of these questions before that fewer than {least} are "
    "left. Choose more qualities, a shorter test, or let questions be asked again.",
    "所选人员中有 {n} 人（{who}）此前已答过其中多数题目，剩余不足 {least} 题。请增选素养、缩短测试，或允许重复提问。",
)


class Exposure(StrEnum):
    """How far a question is kept from being seen by everybody."""

    BEST = "best"  # always the best question
    DRAWN = "drawn"  # one of the five best, at random
    HELD = "held"  # chances worked out by simulation, so that few questions are seen by more than 40 % of the people


@dataclass(frozen=True, slots=True, kw_only=True)
class SpaceBank:
    """The calibrated questions of a space, and how many there are that cannot be asked, and why.

    ``questions`` are the numbers of the versions in force. ``waiting``: not calibrated; ``misleading``: who stands
    higher does not do better; ``unfit``: calibrated with other scores than right and wrong.
    """

    bank: ItemBank | None
    questions: Mapping[str, int]
    waiting: tuple[str, ...]
    misleading: tuple[str, ...]
    unfit: tuple[str, ...]

    def sizes(self) -> dict[str, int]:
        """Return how many questions each quality has."""
        items = self.bank.items if self.bank is not None else ()
        return {q: sum(one.quality == q for one in items) for q in (self.bank.qualities if self.bank else ())}


@dataclass(frozen=True, slots=True, kw_only=True)
class TestWanted:
    """What a teacher asks for; the same ``seed`` asks the same questions for the same answers."""

    __test__ = False  # no test of pytest

    group: Group
    name: str
    occasion: str
    qualities: tuple[str, ...]
    most_items: int
    least_items: int
    std_error: float | None
    people: tuple[Person, ...]
    exposure: Exposure
    fresh_only: bool
    seed: int
    content: Mapping[str, tuple[int, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Foretold:
    """What a test would do for people like those calibrated. ``std_errors`` are those of the qualities on average.

    ``settled`` is the share who reach the precision before the most questions; ``most_seen`` the share of people who
    are asked the question that is asked most.
    """

    mean_length: float
    length90: int
    std_errors: Mapping[str, float]
    settled: float
    most_seen: float


def space_bank(space: Space) -> SpaceBank:
    """Return the questions of a space that can be asked: calibrated as right or wrong, and not misleading."""
    current = Question.objects.current(space).select_related("item")
    asked = {code: (pk, area) for code, pk, area in current.values_list("item__code", "pk", "area")}
    calibration = calibration_of(space)
    known = {i.item: i for scale in calibration.scales for i in scale.items} if calibration is not None else {}
    misleading = tuple(sorted(item for item in asked if item in known and known[item].misleading))
    unfit = tuple(sorted(i for i in asked if i in known and i not in misleading and known[i].categories != LEVELS))
    left = {item for item in asked if item in known} - {*misleading, *unfit}
    bank = None
    if calibration is not None and left:
        whole = bank_of(calibration)
        items = [replace(one, area=asked[one.item][1]) for one in whole.items if one.item in left]
        bank = _of_qualities(whole, items, {one.quality for one in items})
    return SpaceBank(
        bank=bank,
        questions={item: asked[item][0] for item in left},
        waiting=tuple(sorted(asked.keys() - known.keys())),
        misleading=misleading,
        unfit=unfit,
    )


def planned_test(wanted: TestWanted) -> AdaptiveTest:
    """Return bank and plan of the test that is asked for. Raises FaultyInputError with all faults."""
    held = space_bank(wanted.group.space)
    faults = [*_faults(wanted)]
    chosen = [q for q in (held.bank.qualities if held.bank else ()) if q in wanted.qualities]
    if not chosen:
        faults.append(Fault(code="no-quality", says=NO_QUALITY, where="qualities"))
    if faults or held.bank is None:
        raise FaultyInputError(wanted.name, faults)
    bank = _of_qualities(held.bank, [i for i in held.bank.items if i.quality in chosen], set(chosen))
    plan = AdaptivePlan(
        most_items=wanted.most_items,
        least_items=wanted.least_items,
        std_error=wanted.std_error,
        content=wanted.content,
        among=AMONG if wanted.exposure is Exposure.DRAWN else 1,
    )
    test = prepare_test(bank, plan)
    if wanted.exposure is Exposure.HELD:
        rng = np.random.default_rng([wanted.seed, 0])
        test = control_exposure(test, most_share=MOST_SHARE, rng=rng, n=SIMULATED)
    faults = [*_faults_of_people(wanted, test)]
    if faults:
        raise FaultyInputError(wanted.name, faults)
    return test


def foretell(test: AdaptiveTest, *, rng: np.random.Generator) -> Foretold:
    """Return what a test would do, from simulated people."""
    found = simulate_test(test, rng=rng, n=SIMULATED)
    return Foretold(
        mean_length=found.mean_length,
        length90=int(np.quantile(found.length, 0.9, method="inverted_cdf")),
        std_errors=dict(zip(test.bank.qualities, map(float, found.std_error.mean(axis=0)), strict=True)),
        settled=found.why_ended().get(WhyEnded.SETTLED, 0) / SIMULATED,
        most_seen=float(found.exposure()["share"][0]),
    )


def answered_before(person: Person, items: Set[str], *, occasion: str | None) -> list[str]:
    """Return the items a person has answered, in a term or (None) ever: evidence of a term counts once."""
    records = EvidenceRecord.objects.current().filter(person=person)
    records = records if occasion is None else records.filter(occasion=occasion)
    return sorted(items & set(records.values_list("item__code", flat=True)))


def _of_qualities(bank: ItemBank, items: Sequence[BankItem], qualities: set[str]) -> ItemBank:
    """Return some items of a bank with the correlations of their qualities."""
    at = [k for k, quality in enumerate(bank.qualities) if quality in qualities]
    correlations = np.array(bank.correlations)[np.ix_(at, at)]
    return ItemBank.of_items(items, qualities=[bank.qualities[k] for k in at], correlations=correlations)


def _faults(wanted: TestWanted) -> Iterator[Fault]:
    name = wanted.name.strip()
    if not 0 < len(name) <= MOST_NAME:
        yield Fault(code="no-name", says=NO_NAME, where="name", facts={"most": MOST_NAME})
    elif AdaptiveTestRecord.objects.filter(space=wanted.group.space, name=name).exists():
        yield Fault(code="name-taken", says=NAME_TAKEN, where="name", facts={"name": name})
    if not 0 < len(wanted.occasion.strip()) <= MOST_TERM:
        yield Fault(code="no-term", says=NO_TERM, where="occasion", facts={"most": MOST_TERM})
    if not wanted.people:
        yield Fault(code="nobody", says=NOBODY, where="people")
    members = set(Person.objects.filter(groups=wanted.group).values_list("pk", flat=True))
    if n := sum(person.pk not in members for person in wanted.people):
        yield Fault(code="elsewhere", says=ELSEWHERE, where="people", facts={"n": n})


def _faults_of_people(wanted: TestWanted, test: AdaptiveTest) -> Iterator[Fault]:
    """Yield a fault that names those for whom too few questions are left."""
    least = max(wanted.least_items, 1)
    items = {one.item for one in test.bank.items}
    before = EvidenceRecord.objects.current().filter(person__in=wanted.people)
    before = before if wanted.fresh_only else before.filter(occasion=wanted.occasion)
    seen: dict[str, set[str]] = {}
    for code, item in before.values_list("person__code", "item__code").iterator():
        if item in items:
            seen.setdefault(code, set()).add(item)
    short = sorted(code for code, answered in seen.items() if len(items) - len(answered) < least)
    if short:
        who = ", ".join(short[:5]) + (" …" if len(short) > 5 else "")
        facts = {"n": len(short), "who": who, "least": least}
        yield Fault(code="too-few-left", says=TOO_FEW_LEFT, where="fresh_only", facts=facts)
