"""What wants to leave: people counted over axes, with every margin, as a frozen table."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import numpy as np
import numpy.typing as npt

from yucai.errors import Fault, FaultyInputError
from yucai.texts import Text

__all__ = ["TOTAL", "Amounts", "Axis", "AxisKind", "Measure", "Percentages", "Statistic", "Table", "tabulate"]

Counts = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
TOTAL: Final = "*"  # the node that holds a whole axis
EVERYBODY = Text("all", "合计")
TWICE = Text("{node} stands twice on the axis; name it once.", "“{node}”在该维度上出现两次，请只写一次。")
NO_LEAF = Text("the axis has no entries; give at least one.", "该维度没有任何取值，请至少给出一个。")
LOOP = Text("{node} is above itself; give each entry one place.", "“{node}”成了自己的上级，请理顺层级。")
BELOW_ZERO = Text("{n} counts are below zero; count people from 0 up.", "有 {n} 个计数为负；人数应从 0 起。")
SHAPE = Text(
    "the counts have the shape {came}, the axes ask for {right}. Give one count for each combination.",
    "计数的形状为 {came}，而各维度需要 {right}。请为每种组合各给一个计数。",
)
NOT_ON = Text(
    "{n} people have a value that the axis does not know, {value} among them. Add it, or leave these people out.",
    "有 {n} 人的取值不在该维度上，例如“{value}”。请补上该取值，或去掉这些人。",
)
UNEVEN = Text(
    "{n} people but {m} values; give each person one value on each axis.",
    "共 {n} 人，却有 {m} 个取值；请每人每维度各给一个值。",
)
DOUBLE = Text("{n} people stand twice; each person counts once.", "有 {n} 人重复；每人只计一次。")
NO_PEOPLE = Text(
    "a value is asked of the people of each cell, but the table does not know its people. Make it with tabulate.",
    "需要按人计算数值，但该表不含人员。请用 tabulate 生成。",
)


class AxisKind(StrEnum):
    """What an axis says of a person, and so what a reader may already know."""

    GROUP = "group"  # who somebody is: a class, a year; readers may know who is in it
    COUNTED = "counted"  # what is told of them, but all or none of a group is harmless to know
    SENSITIVE = "sensitive"  # what is told of them, and all or none of a group tells it of each


class Statistic(StrEnum):
    """What may be asked of the values of a cell's people."""

    MEAN = "mean"
    MEDIAN = "median"
    LOW_QUARTER = "low-quarter"
    HIGH_QUARTER = "high-quarter"
    SPREAD = "spread"  # the standard deviation
    LOWEST = "lowest"
    HIGHEST = "highest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """One way of dividing people: ``leaves``, the entries above them (``parents``: entry to the one above), a total.

    ``has_total`` tells whether the whole axis is shown as well. ``names`` says entries in both languages.
    Raises FaultyInputError naming every entry out of place.
    """

    code: str
    name: Text
    leaves: tuple[str, ...]
    kind: AxisKind = AxisKind.GROUP
    parents: Mapping[str, str] = field(default_factory=dict)
    has_total: bool = True
    names: Mapping[str, Text] = field(default_factory=dict)

    def __post_init__(self) -> None:
        faults = [] if self.leaves else [Fault(code="no-leaf", says=NO_LEAF, where=self.code)]
        for node in sorted({leaf for leaf in self.leaves if self.leaves.count(leaf) > 1 or leaf == TOTAL}):
            faults.append(Fault(code="twice", says=TWICE, where=self.code, facts={"node": node}))
        for node in self.parents:
            seen, above = {node}, self.parents[node]
            while above in self.parents and above not in seen:
                seen.add(above)
                above = self.parents[above]
            if above in seen or above in self.leaves:
                faults.append(Fault(code="loop", says=LOOP, where=self.code, facts={"node": node}))
        if faults:
            raise FaultyInputError(self.name, faults)

    @property
    def nodes(self) -> tuple[str, ...]:
        """All entries that are shown: leaves, then what lies above them, then the total."""
        above = list(dict.fromkeys(node for leaf in self.leaves for node in self.above(leaf)[1:]))
        return (*self.leaves, *above, *((TOTAL,) if self.has_total else ()))

    def above(self, leaf: str) -> tuple[str, ...]:
        """Return a leaf and all that lies above it, without the total."""
        found = [leaf]
        while found[-1] in self.parents:
            found.append(self.parents[found[-1]])
        return tuple(found)

    def membership(self) -> Floats:
        """Return which leaves each node holds, (nodes, leaves), 0 or 1."""
        nodes = self.nodes
        place = {node: number for number, node in enumerate(nodes)}
        held = np.zeros((len(nodes), len(self.leaves)))
        for number, leaf in enumerate(self.leaves):
            for node in self.above(leaf):
                held[place[node], number] = 1
        if self.has_total:
            held[place[TOTAL]] = 1
        return held

    def said(self, node: str) -> Text:
        """Return what an entry is called in both languages."""
        return self.names.get(node, EVERYBODY if node == TOTAL else Text(node, node))


@dataclass(frozen=True, slots=True, kw_only=True)
class Percentages:
    """Percentages leave instead of counts: of the whole of the axis ``over``, rounded to ``decimals``."""

    over: str
    decimals: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Amounts:
    """Sums of amounts by base cell, and the two largest amounts in each; all in ``unit`` and not below zero."""

    unit: Text
    sums: Floats
    largest: Floats
    second: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A value that people have, between ``low`` and ``high`` (None: no natural end), and what is asked of it.

    Figures leave rounded to ``decimals``: a mean in full tells by how many people it was divided.
    """

    code: str
    name: Text
    values: Mapping[Hashable, float]
    statistics: tuple[Statistic, ...]
    low: float | None = None
    high: float | None = None
    decimals: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """People counted over axes. ``counts`` has one entry for each combination of leaves; every margin leaves as well.

    ``code`` names the definition and stays the same from date to date. ``people`` and ``base`` (the number of the
    base cell of each) let later tables be compared person by person; without them only the table itself is protected.
    Raises FaultyInputError naming everything that does not fit.
    """

    code: str
    name: Text
    axes: tuple[Axis, ...]
    counts: Counts
    people: tuple[Hashable, ...] = ()
    base: Counts = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    percentages: Percentages | None = None
    amounts: Amounts | None = None
    measures: tuple[Measure, ...] = ()

    def __post_init__(self) -> None:
        right, faults = tuple(len(axis.leaves) for axis in self.axes), []
        if self.counts.shape != right:
            faults.append(Fault(code="shape", says=SHAPE, facts={"came": self.counts.shape, "right": right}))
        if (self.counts < 0).any():
            faults.append(Fault(code="negative", says=BELOW_ZERO, facts={"n": int((self.counts < 0).sum())}))
        if self.measures and not self.people and self.counts.any():
            faults.append(Fault(code="no-people", says=NO_PEOPLE))
        if faults:
            raise FaultyInputError(self.name, faults)

    @property
    def subject(self) -> tuple[str, ...]:
        """What is told of people here: the axes that are not groups."""
        return tuple(sorted(axis.code for axis in self.axes if axis.kind is not AxisKind.GROUP))

    @property
    def shape(self) -> tuple[int, ...]:
        """How many nodes each axis has."""
        return tuple(len(axis.nodes) for axis in self.axes)

    def place(self, cell: int) -> tuple[str, ...]:
        """Return the node of each axis that a cell stands for; cells are numbered in the order of the nodes."""
        numbers = np.unravel_index(cell, self.shape)
        return tuple(axis.nodes[int(number)] for axis, number in zip(self.axes, numbers, strict=True))

    def cell(self, place: Sequence[str]) -> int:
        """Return the number of the cell at a place."""
        numbers = tuple(axis.nodes.index(node) for axis, node in zip(self.axes, place, strict=True))
        return int(np.ravel_multi_index(numbers, self.shape))


def tabulate(
    people: Sequence[Hashable],
    values: Mapping[str, Sequence[str]],
    *,
    code: str,
    name: Text,
    axes: Sequence[Axis],
    measures: Sequence[Measure] = (),
    percentages: Percentages | None = None,
) -> Table:
    """Return the table of these people: ``values`` gives the leaf of each person on each axis, by the axis' code.

    Raises FaultyInputError naming everybody counted twice, every value no axis knows and every column too short.

    >>> year = Axis(code="year", name=Text("year", "年级"), leaves=("2024", "2025"))
    >>> found = tabulate(["a", "b", "c"], {"year": ["2024", "2025", "2025"]},
    ...                  code="size", name=Text("students", "学生"), axes=[year])
    >>> found.counts.tolist()
    [1, 2]
    """
    faults = []
    if len(set(people)) < len(people):
        faults.append(Fault(code="twice", says=DOUBLE, facts={"n": len(people) - len(set(people))}))
    places = []
    for axis in axes:
        column: Sequence[str] = values.get(axis.code, ())
        known = {leaf: number for number, leaf in enumerate(axis.leaves)}
        if len(column) != len(people):
            facts: dict[str, object] = {"n": len(people), "m": len(column)}
            faults.append(Fault(code="uneven", says=UNEVEN, where=axis.code, facts=facts))
        if strange := [value for value in column if value not in known]:
            facts = {"n": len(strange), "value": strange[0]}
            faults.append(Fault(code="unknown", says=NOT_ON, where=axis.code, facts=facts))
        places.append(np.array([known.get(value, 0) for value in column], dtype=np.int64))
    if faults:
        raise FaultyInputError(name, faults)
    shape = tuple(len(axis.leaves) for axis in axes)
    base = np.asarray(np.ravel_multi_index(tuple(places), shape), dtype=np.int64)
    counts = np.bincount(base, minlength=int(np.prod(shape))).reshape(shape)
    return Table(
        code=code,
        name=name,
        axes=tuple(axes),
        counts=counts,
        people=tuple(people),
        base=base,
        measures=tuple(measures),
        percentages=percentages,
    )
