"""The rules in force on a day: how many people a number must speak of before it leaves."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

from yucai.errors import Fault, FaultyInputError
from yucai.texts import Text

__all__ = ["ReleasePolicy", "RuleEntry", "policy_on"]

RULES: Final = ("min_cell", "min_spread", "open_share", "p_percent")
NAME = Text("rules of release", "发布规则")
LOW = Text(
    "{rule} is {value}; it must be at least {least} ({why}). Give a larger number.",
    "{rule} 为 {value}，至少应为 {least}（{why}）。请填更大的数。",
)
NO_SOURCE = Text(
    "{rule} from {day} names no source. Say who decided it and when.",
    "自 {day} 起的 {rule} 没有出处。请注明由谁、何时决定。",
)
NOT_YET = Text(
    "no value of {rule} is in force on {day}. Add one that begins on that day or before.",
    "{rule} 在 {day} 尚无有效取值。请增加一条自当日或更早生效的规则。",
)
NAMES: Final = {
    "min_cell": Text("the number of people behind a number", "数值所涉人数下限"),
    "min_spread": Text("the number of people behind a spread", "分布所涉人数下限"),
    "open_share": Text("the share that stays open", "须留出的不确定比例"),
    "p_percent": Text("the per cent of the p% rule", "p% 规则的百分比"),
}
TWO = Text("two people would know each other's part", "两人可互推对方数据")
SPREAD = Text("a spread needs no fewer people than a count", "分布所需人数不少于计数")
SHARE = Text("nothing would be left open", "将不留任何不确定余地")


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleEntry:
    """One value of one rule: from which day on it holds, and who decided it."""

    rule: str
    starts: date
    value: float
    source: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasePolicy:
    """What must hold of every number that leaves.

    ``min_cell``: people a count, a mean or a share speaks of, at least (and as many on the other side of a share);
    ``min_spread``: people behind a spread (quartiles, grades over levels), at least; ``open_share``: the part of a
    value's range that must stay open for any few people together; ``p_percent``: how closely, in per cent of the
    largest amount, the second largest payer may come to it by subtracting its own. ``sources``: where each comes
    from.

    Raises FaultyInputError naming every rule that protects nobody.
    """

    min_cell: int = 5
    min_spread: int = 10
    open_share: float = 0.5
    p_percent: float = 15.0
    sources: tuple[RuleEntry, ...] = ()

    def __post_init__(self) -> None:
        least = {
            "min_cell": (self.min_cell, 3, TWO),
            "min_spread": (self.min_spread, self.min_cell, SPREAD),
            "open_share": (self.open_share, 0.1, SHARE),
            "p_percent": (self.p_percent, 1, SHARE),
        }
        faults = [
            Fault(
                code="low", says=LOW, where=rule, facts={"rule": NAMES[rule], "value": value, "least": low, "why": why}
            )
            for rule, (value, low, why) in least.items()
            if not value >= low
        ]
        if faults:
            raise FaultyInputError(NAME, faults)


def policy_on(day: date, *, entries: Sequence[RuleEntry] = ()) -> ReleasePolicy:
    """Return the rules in force on a day: of each rule the entry that began last; ``entries`` come on top of our own.

    Raises FaultyInputError naming every entry without a source and every rule without a value.

    >>> policy_on(date(2026, 11, 27)).min_cell
    5
    """
    everything = (*_shipped(), *entries)
    faults = [
        Fault(
            code="no-source", says=NO_SOURCE, where=entry.rule, facts={"rule": NAMES[entry.rule], "day": entry.starts}
        )
        for entry in everything
        if not entry.source.en.strip()
    ]
    found: dict[str, RuleEntry] = {}
    for entry in sorted((one for one in everything if one.starts <= day), key=lambda one: one.starts):
        found[entry.rule] = entry
    faults += [
        Fault(code="not-yet", says=NOT_YET, where=rule, facts={"rule": NAMES[rule], "day": day})
        for rule in RULES
        if rule not in found
    ]
    if faults:
        raise FaultyInputError(NAME, faults)
    return ReleasePolicy(
        min_cell=int(found["min_cell"].value),
        min_spread=int(found["min_spread"].value),
        open_share=float(found["open_share"].value),
        p_percent=float(found["p_percent"].value),
        sources=tuple(found[rule] for rule in RULES),
    )


@lru_cache(maxsize=1)
def _shipped() -> tuple[RuleEntry, ...]:
    text = files("yucai.governance.release").joinpath("policy.toml").read_text(encoding="utf-8")
    told: Mapping[str, Any] = tomllib.loads(text)
    return tuple(
        RuleEntry(
            rule=rule, starts=one["from"], value=one["value"], source=Text(one["source"]["en"], one["source"]["zh"])
        )
        for rule, said in told.items()
        for one in said["values"]
    )
