"""Groups for an audit: who belongs to which. They are looked at beside a calibration and never enter one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from yucai.errors import Fault, FaultyInputError
from yucai.frames import Column, Contract
from yucai.texts import Text

__all__ = ["GROUPS", "Groups"]

GROUPS: Final = Contract(
    "groups",
    (
        Column(name="learner", kind="text", meaning=Text("learner", "学习者")),
        Column(name="group", kind="text", meaning=Text("group", "组别")),
    ),
)
TWICE = Text(
    "{learner} is in more than one group ({groups}). Name one group for each learner.",
    "{learner} 属于多个组别（{groups}）。请为每位学习者只指定一组。",
)
ONE_GROUP = Text(
    "all learners are in one group ({groups}), so there is nothing to compare. Give at least two groups.",
    "全部学习者都在同一组（{groups}），无从比较。请提供至少两个组别。",
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Groups:
    """One group for each learner, for an audit only; ``reference`` is the one the others are compared with."""

    name: Text
    table: pl.DataFrame
    reference: str | None = None

    @classmethod
    def from_table(cls, table: Any, *, name: Text, reference: str | None = None) -> Groups:
        """Return the groups in a data frame of any kind, columns of ``GROUPS``. Raises FaultyInputError.

        Without a reference it is the largest group among the responses.
        """
        checked = GROUPS.check(table).unique(maintain_order=True)
        twice = checked.group_by("learner", maintain_order=True).agg("group").filter(pl.col("group").list.len() > 1)
        faults = [
            Fault(code="two-groups", says=TWICE, facts={"learner": learner, "groups": ", ".join(groups)})
            for learner, groups in twice.iter_rows()
        ]
        known = checked["group"].unique().sort().to_list()
        if len(known) < 2:
            faults.append(Fault(code="one-group", says=ONE_GROUP, facts={"groups": ", ".join(known) or "-"}))
        if reference is not None and reference not in known:
            says = Text(
                "the reference group “{reference}” is not among the groups ({groups}). Choose one of these.",
                "基准组“{reference}”不在组别之中（{groups}）。请从中选择。",
            )
            facts = {"reference": reference, "groups": ", ".join(known)}
            faults.append(Fault(code="no-reference", says=says, facts=facts))
        if faults:
            raise FaultyInputError("groups", faults)
        return cls(name=name, table=checked, reference=reference)

    @classmethod
    def from_mapping(cls, of: Mapping[str, str], *, name: Text, reference: str | None = None) -> Groups:
        """Return the groups in a mapping from learner to group. Raises FaultyInputError."""
        table = pl.DataFrame(
            {"learner": list(of), "group": list(of.values())}, schema={"learner": pl.String, "group": pl.String}
        )
        return cls.from_table(table, name=name, reference=reference)
