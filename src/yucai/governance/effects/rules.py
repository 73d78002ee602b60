"""The rules of the verdict, as data: what each asks, and the numbers it asks by. A change is a new version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from yucai.texts import Text

__all__ = ["RULES", "RULES_VERSION", "THRESHOLDS", "Thresholds"]

RULES_VERSION: Final = "1.2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """The numbers of the rules.

    ``weak_level``: times alpha, for what is no more than suggestive, and for a second method. ``largest_level``: no
    level of a plan counts beyond it. ``trend_level``: a trend, an earlier effect or one on neighbours with a p-value up
    to this counts as seen. ``power``: with this chance or more a test that saw nothing would have found what would
    explain the effect; with less it could not be asked. ``share_asked``: of so much of the treated it must be asked.
    ``breakdown``: so many largest breaks before the policy must be survived. ``share_kept``: so much of the estimate
    must be left when a unit or the ring is left out. ``fewest_treated``: with fewer, nothing is more than suggestive.
    """

    weak_level: float = 2.0
    largest_level: float = 0.10
    trend_level: float = 0.10
    power: float = 0.80
    share_asked: float = 0.5
    breakdown: float = 0.5
    share_kept: float = 0.5
    fewest_treated: int = 2


THRESHOLDS: Final = Thresholds()

RULES: Final[Mapping[str, Text]] = MappingProxyType(
    {
        "testable": Text("The gate says that it can be tested.", "前置检查认为可以检验。"),
        "found": Text(
            "The primary estimate is beyond chance at the level of the plan (10 % at most).",
            "主要估计在方案规定的水平（至多 10%）上超出偶然。",
        ),
        "same-sign": Text("All methods that ran point the same way.", "所用各方法方向一致。"),
        "second-method": Text(
            "A method of another kind finds it at twice the level, where another kind can be run.",
            "在可行时，另一类方法在两倍水平上也发现该效应。",
        ),
        "no-trend": Text(
            "No trend of the treated is seen before the policy, and one that makes the whole effect would very "
            "probably have been seen.",
            "政策前未见实施单位的分化趋势；若有足以造成全部效应的趋势，多半已被发现。",
        ),
        "breakdown": Text(
            "It survives trends that go on to part, each year, by half of the largest break before the policy.",
            "即使此后每年的趋势偏离达到政策前最大偏离的一半，结论仍成立。",
        ),
        "leave-one-out": Text(
            "No single unit carries it: without any one, half of it is left, with the same sign.",
            "不依赖任何单个单位：剔除任一单位后，仍保留一半以上且方向不变。",
        ),
        "in-time": Text(
            "Moved to earlier years, the policy does nothing, and an effect of this size would very probably have been "
            "seen there.",
            "把政策假设提前，未见效应；若当时已有这样大的效应，多半已被发现。",
        ),
        "spill-over": Text(
            "Neighbours are not touched (half of the effect would very probably have been seen on them), or without "
            "them half of it is left.",
            "相邻单位未受影响（若受到一半大小的影响，多半已被发现），或剔除后仍保留一半以上。",
        ),
        "matters": Text("It is at least the smallest effect that matters.", "不小于有意义的最小效应。"),
        "units": Text(
            "Two or more units were treated: of a single one it cannot be told what else happened there.",
            "至少两个单位实施政策：仅一个单位时，无法排除当地同期的其他变化。",
        ),
    }
)
