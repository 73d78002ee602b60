"""What an adaptive test aims at: which qualities, how items are chosen, what content, how often, and when it ends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from yucai.errors import Fault
from yucai.measurement.adaptive.bank import ItemBank
from yucai.texts import Text

__all__ = ["AdaptivePlan", "Choice", "faults_of_plan"]

NO_SUCH_QUALITY = Text(
    "the plan names “{quality}”, of which the bank has no items; it knows {known}. Choose one of these.",
    "方案中的“{quality}”在题库中没有题目，题库仅有：{known}。请从中选择。",
)
NO_SUCH_AREA = Text(
    "the plan asks for content “{area}”, of which the bank has no items; it knows {known}.",
    "方案要求的内容领域“{area}”在题库中没有题目，题库仅有：{known}。",
)
TOO_FEW = Text(
    "the plan asks for {least} items on “{area}”, and the bank has {n}. Ask for fewer, or add items.",
    "方案要求“{area}”至少 {least} 题，题库只有 {n} 题。请减少要求，或补充题目。",
)
AREAS_TOO_LONG = Text(
    "the plan asks for {least} items of content in all, and for at most {most} items. Allow more, or ask for less.",
    "方案对各内容领域共要求 {least} 题，却最多只允许 {most} 题。请放宽题数，或降低要求。",
)
UPSIDE_DOWN = Text(
    "“{area}” is to have at least {least} and at most {most} items. The first must not be above the second.",
    "“{area}”要求至少 {least} 题、至多 {most} 题，前者不应大于后者。",
)
LENGTHS = Text(
    "a test of at least {least} and at most {most} items cannot be given; lengths run from 1 to all of the bank ({n}).",
    "无法进行至少 {least} 题、至多 {most} 题的测试；题数须在 1 到题库总数（{n}）之间。",
)
NOT_WITHIN = Text(
    "{what} is {value}; it must lie {right}. Correct the plan.", "{what}为 {value}，应{right}。请修改方案。"
)
NO_AIM = Text(
    "no quality has any importance, so there is nothing to choose items by. Give at least one.",
    "所有素养的权重均为 0，无从选题。请至少为一项素养设定权重。",
)


class Choice(StrEnum):
    """How the next item is chosen.

    Information: Fisher information averaged over where the learner may stand (van der Linden 1998). Variance: the
    expected drop of the variance after the answer (Owen 1975). Both as the weighted sum over all qualities, each with
    what the item says of it by way of the correlations. Determinant: the expected drop of the volume (D-optimality).
    """

    INFORMATION = "information"
    VARIANCE = "variance"
    DETERMINANT = "determinant"


@dataclass(frozen=True, slots=True, kw_only=True)
class AdaptivePlan:
    """When and what to ask.

    ``importance`` of each quality's variance (all 1 when empty; qualities not named have 0). ``std_error``: a quality
    is settled at this standard error. ``cuts``: a quality is settled once it lies above or below its cut with at least
    ``certainty``; with both rules, both must hold. The test ends when all qualities of importance are settled and the
    content is complete, or after ``most_items``; a settled quality has no more say in the choice. ``content``: least
    and most items of an area. ``among``: one of so many best items is asked, at random (Kingsbury and Zara 1989).
    ``admitted``: the chance with which an item, once chosen, is asked (Sympson and Hetter 1985); see
    ``control_exposure``.
    """

    most_items: int
    least_items: int = 0
    choice: Choice = Choice.VARIANCE
    importance: Mapping[str, float] = field(default_factory=dict)
    std_error: float | None = None
    cuts: Mapping[str, float] = field(default_factory=dict)
    certainty: float = 0.9
    content: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    among: int = 1
    admitted: Mapping[str, float] = field(default_factory=dict)


def faults_of_plan(plan: AdaptivePlan, bank: ItemBank) -> Iterator[Fault]:
    """Yield what keeps a plan from being carried out with a bank."""
    n = len(bank.items)
    if not (1 <= plan.most_items <= n and 0 <= plan.least_items <= plan.most_items):
        facts: dict[str, object] = {"least": plan.least_items, "most": plan.most_items, "n": n}
        yield Fault(code="lengths", says=LENGTHS, facts=facts)
    known = {one.quality for one in bank.items}
    for quality in dict.fromkeys([*plan.importance, *plan.cuts]):
        if quality not in known:
            facts = {"quality": quality, "known": ", ".join(q for q in bank.qualities if q in known)}
            yield Fault(code="no-quality", says=NO_SUCH_QUALITY, facts=facts)
    if plan.importance and not any(value > 0 for value in plan.importance.values()):
        yield Fault(code="no-aim", says=NO_AIM)
    yield from _faults_of_content(plan, bank)
    yield from _faults_of_numbers(plan)


def _faults_of_content(plan: AdaptivePlan, bank: ItemBank) -> Iterator[Fault]:
    there = Counter(one.area for one in bank.items)
    for area, (least, most) in plan.content.items():
        if area not in there:
            facts = {"area": area, "known": ", ".join(bank.areas) or "-"}
            yield Fault(code="no-area", says=NO_SUCH_AREA, facts=facts)
        elif there[area] < least:
            yield Fault(code="too-few-items", says=TOO_FEW, facts={"area": area, "least": least, "n": there[area]})
        if least > most or least < 0:
            yield Fault(code="bounds", says=UPSIDE_DOWN, facts={"area": area, "least": least, "most": most})
    needed = sum(least for least, _most in plan.content.values())
    if needed > plan.most_items:
        yield Fault(code="content-too-long", says=AREAS_TOO_LONG, facts={"least": needed, "most": plan.most_items})


def _faults_of_numbers(plan: AdaptivePlan) -> Iterator[Fault]:
    checks = [
        (Text("the standard error aimed at", "目标标准误"), plan.std_error,
         plan.std_error is None or plan.std_error > 0, Text("above 0", "大于 0")),
        (Text("the certainty", "把握程度"), plan.certainty, 0.5 < plan.certainty < 1.0,
         Text("above 0.5 and below 1", "大于 0.5 且小于 1")),
        (Text("the number of best items to draw among", "随机备选题数"), plan.among, plan.among >= 1,
         Text("at 1 or above", "不小于 1")),
        *((Text(f"the importance of {name}", f"{name} 的权重"), value, value >= 0, Text("at 0 or above", "不小于 0"))
          for name, value in plan.importance.items()),
        *((Text(f"the chance of {name}", f"{name} 的准入概率"), value, 0 < value <= 1,
           Text("above 0 and at most 1", "大于 0 且不超过 1")) for name, value in plan.admitted.items()),
    ]  # fmt: skip
    for what, value, fine, right in checks:
        if not fine:
            yield Fault(code="not-within", says=NOT_WITHIN, facts={"what": what, "value": value, "right": right})
