"""Practices: for each quality, what somebody may do on the way to its next level. Suggestions, from no data."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from yucai.framework.frameworks import Framework, TalentTypes
from yucai.framework.packs import framework_of, load_talent_types
from yucai.framework.reading import MISSING, NOT_TABLE, UNKNOWN, Reader, load
from yucai.texts import Text

__all__ = ["LEVELS_TO_REACH", "Practice", "PracticePack", "load_practices"]

LEVELS_TO_REACH: Final = (2, 3, 4, 5)  # the lowest level needs no way there
CUTS: Final = Text(
    "cuts are four rising numbers, where the levels 2 to 5 begin; they are {value}.",
    "切点须为四个递增的数，即 2 至 5 级的起点；现为 {value}。",
)
ONCE: Final = Text(
    "“{quality}” needs one practice for each of the levels 2 to 5; it has them for {value}.",
    "“{quality}”的 2 至 5 级须各有一条建议；现有：{value}。",
)
TO_REACH: Final = Text(
    "the level of “{quality}” is {value}; a level to reach is 2, 3, 4 or 5.",
    "“{quality}”的等级为 {value}；要达到的等级须为 2、3、4 或 5。",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Practice:
    """What somebody may do on the way to a ``level`` (2 to 5) of a quality."""

    quality: str
    level: int
    says: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class PracticePack:
    """Practices for each quality of a framework, and which levels each talent type aims at.

    ``cuts`` are where the levels 2 to 5 begin, in SDs of all profiles of an institution, 0 their average. With
    ``tested`` false, cuts, targets and practices are suggestions that rest on no data.
    """

    code: str
    version: str
    framework: str
    talent_types: str
    name: Text
    source: str
    licence: str
    tested: bool
    note: Text
    cuts: tuple[float, ...]
    targets: Mapping[str, Mapping[str, int]]
    practices: tuple[Practice, ...]

    def practice(self, quality: str, level: int) -> Practice | None:
        """Return the practice for a quality on the way to a level, or None where the pack has none."""
        return next((one for one in self.practices if (one.quality, one.level) == (quality, level)), None)

    def begins(self, level: int) -> float:
        """Return where a level from 2 to 5 begins."""
        return self.cuts[LEVELS_TO_REACH.index(level)]

    def next_level(self, mean: float) -> int:
        """Return the level after the one in which a place lies; the highest has none after it.

        >>> pack = load_practices("practices-nine-qualities")
        >>> pack.next_level(-2.0), pack.next_level(0.0), pack.next_level(3.0)
        (2, 4, 5)
        """
        reached = 1 + sum(cut <= mean for cut in self.cuts)
        return min(reached + 1, LEVELS_TO_REACH[-1])


def load_practices(name: str | Path) -> PracticePack:
    """Return a pack of practices by code or path. Every quality of its framework has one for each level to reach.

    Raises PackMissingError, PackUnreadableError, FaultyInputError (all faults at once).
    """
    return load(str(name), "practices", _pack)


def _pack(reader: Reader) -> PracticePack:
    said = reader.said
    framework = framework_of(reader)
    known = [entry.code for entry in framework.qualities] if framework else []
    types = _types(reader, framework)
    practices = tuple(_practice(reader, where, table, known) for where, table in reader.tables("practices"))
    for quality in known:
        levels = sorted(one.level for one in practices if one.quality == quality)
        if levels != list(LEVELS_TO_REACH):
            reader.fault("practices", ONCE, quality=quality, value=", ".join(map(str, levels)) or "-")
    if "tested" not in said:
        reader.fault("", MISSING, field="tested")
    return PracticePack(
        code=reader.word(said, "code"),
        version=reader.word(said, "version"),
        framework=str(said.get("framework", "")),
        talent_types=types.code if types else "",
        name=reader.text(said, "name"),
        source=reader.word(said, "source"),
        licence=reader.word(said, "licence"),
        tested=reader.yes_no(said, "tested"),
        note=reader.text(said, "note"),
        cuts=_cuts(reader),
        targets=_targets(reader, types, known),
        practices=practices,
    )


def _types(reader: Reader, framework: Framework | None) -> TalentTypes | None:
    """Return the talent types that a pack names, or None after noting that they are of no such framework."""
    named = reader.word(reader.said, "talent-types")
    if not named or framework is None:
        return None
    types = load_talent_types(named)
    if types.framework != framework.code:
        reader.fault("", UNKNOWN, field="framework", value=types.framework, known=framework.code)
        return None
    return types


def _practice(reader: Reader, where: str, table: Mapping[str, Any], known: list[str]) -> Practice:
    quality = reader.choice(table, "quality", known, where) if known else reader.word(table, "quality", where)
    return Practice(
        quality=quality,
        level=_level(reader, where, quality, table.get("level")),
        says=reader.text(table, "says", where),
    )


def _level(reader: Reader, where: str, quality: str, value: object) -> int:
    if isinstance(value, bool) or value not in LEVELS_TO_REACH:
        reader.fault(where, TO_REACH, quality=quality, value=value)
        return LEVELS_TO_REACH[0]
    return int(str(value))


def _cuts(reader: Reader) -> tuple[float, ...]:
    found = reader.said.get("cuts")
    numbers = found if isinstance(found, list) else []
    plain = all(isinstance(cut, int | float) and not isinstance(cut, bool) for cut in numbers)
    rising = plain and all(low < high for low, high in itertools.pairwise(numbers))
    if len(numbers) != len(LEVELS_TO_REACH) or not rising:
        reader.fault("", CUTS, value=found)
        return (0.0,) * len(LEVELS_TO_REACH)
    return tuple(float(cut) for cut in numbers)


def _targets(reader: Reader, types: TalentTypes | None, known: list[str]) -> dict[str, dict[str, int]]:
    found = reader.said.get("targets")
    if not isinstance(found, Mapping):
        reader.fault("targets", NOT_TABLE, value=found)
        return {}
    codes = [kind.code for kind in types.types] if types else []
    targets: dict[str, dict[str, int]] = {}
    for code, levels in found.items():
        where = f"targets.{code}"
        if codes and code not in codes:
            reader.fault("targets", UNKNOWN, field="targets", value=code, known=", ".join(codes))
        if not isinstance(levels, Mapping):
            reader.fault(where, NOT_TABLE, value=levels)
            continue
        for quality in levels:
            if known and quality not in known:
                reader.fault(where, UNKNOWN, field="quality", value=quality, known=", ".join(known))
        targets[code] = {quality: _level(reader, where, quality, level) for quality, level in levels.items()}
    return targets
