"""The rules of the verdict, as data: what each asks, and the numbers it asks by. A change is a new version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from yucai.texts import Text

__all__ = ["RULES", "RULES_VERSION", "THRESHOLDS", "Thresholds"]

RULES_VERSION: Final = "1.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """The numbers of the rules.

    ``weak_level``: times alpha, for what is no more than suggestive, and for a second method. ``trend_level``: a trend
    before the policy with a p-value up to this counts as seen. ``breakdown``: so many largest breaks before the policy
    must be survived. ``share_kept``: so much of the estimate must be left when a unit or the ring is left out.
    ``fewest_treated``: with fewer, nothing is more than suggestive.
    """

    weak_level: float = 2.0
    trend_level: float = 0.10
    breakdown: float = 0.5
    share_kept: float = 0.5
    fewest_treated: int = 2


THRESHOLDS: Final = Thresholds()

RULES: Final[Mapping[str, Text]] = MappingProxyType(
    {
        "testable": Text("The gate says that it can be tested.", "前置检查认为可以检验。"),
        "found": Text(
            "The primary estimate is beyond chance at the level of the plan.", "主要估计在方案规定的水平上超出偶然。"
        ),
        "same-sign": Text("All methods that ran point the same way.", "所用各方法方向一致。"),
        "second-method": Text("A second method finds it at twice the level.", "另有一种方法在两倍水平上也发现该效应。"),
        "no-trend": Text("No trend of the treated is seen before the policy.", "政策前未见实施单位的分化趋势。"),
        "breakdown": Text(
            "It survives trends that go on to part, each year, by half of the largest break before the policy.",
            "即使此后每年的趋势偏离达到政策前最大偏离的一半，结论仍成立。",
        ),
        "leave-one-out": Text(
            "No single unit carries it: without any one, half of it is left, with the same sign.",
            "不依赖任何单个单位：剔除任一单位后，仍保留一半以上且方向不变。",
        ),
        "in-time": Text("Moved to earlier years, the policy does nothing.", "把政策假设提前，未见效应。"),
        "spill-over": Text(
            "Neighbours are not touched, or without them half of it is left.",
            "相邻单位未受影响，或剔除后仍保留一半以上。",
        ),
        "matters": Text("It is at least the smallest effect that matters.", "不小于有意义的最小效应。"),
        "units": Text(
            "Two or more units were treated: of a single one it cannot be told what else happened there.",
            "至少两个单位实施政策：仅一个单位时，无法排除当地同期的其他变化。",
        ),
    }
)
