"""Indices as data: what indicators are made of, their goalposts, what reviewers object; whether two indices overlap."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

from yucai.errors import Fault, FaultyInputError, YucaiError
from yucai.governance.coordination.scaling import Goalposts, GoodDirection, GoodKind
from yucai.texts import Text

__all__ = [
    "DRIVE_INDICES",
    "CoupledSystems",
    "Index",
    "IndexOverlap",
    "IndexPack",
    "IndexSystem",
    "IndicatorDefinition",
    "OverlappingIndicesError",
    "load_indices",
    "overlap_of",
    "refuse_overlap",
]

SHIPPED: Final = Path(__file__).parent / "data" / "indices.toml"
DRIVE_INDICES: Final = Path(__file__).parent / "data" / "drive.toml"
"""Two indices of provinces that share nothing and are long enough for the question of a two-way drive."""
UNKNOWN: Final = Text("there is no indicator “{value}” in this file.", "该文件中没有指标“{value}”。")
LACKING: Final = Text("{field} is missing.", "缺少 {field}。")


class OverlappingIndicesError(YucaiError):
    """Two indices share indicators, so a test between them finds itself."""

    says = Text(
        "“{a}” and “{b}” share {n} pair{n:|s} of indicators: {listed}. What stands on both sides makes coupling and "
        "“mutual "
        "drive” true by construction, so no test between them is run. Take the indicators out of one index.",
        "“{a}”与“{b}”有 {n} 对指标重叠：{listed}。同一内容同时出现在两侧，“耦合”与“双向驱动”便由构造决定，因此不作检"
        "验。请从其中一个指数中剔除这些指标。",
    )
    exit_code = 65


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorDefinition:
    """An indicator: what is divided by what, times which factor, in which unit, good in which direction."""

    code: str
    index: str
    system: str
    name: Text
    unit: Text
    over: tuple[str, ...]
    under: tuple[str, ...] = ()
    factor: float = 1.0
    direction: GoodDirection = field(default_factory=GoodDirection)
    goalposts: tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexSystem:
    """A subsystem: its name and its indicators."""

    code: str
    name: Text
    indicators: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """An index of several indicators, and what reviewers object to it."""

    code: str
    name: Text
    indicators: tuple[IndicatorDefinition, ...]
    objections: tuple[Text, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CoupledSystems:
    """What is coupled with what."""

    code: str
    name: Text
    systems: tuple[IndexSystem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexPack:
    """One version of a file of indices."""

    version: str
    years: tuple[int, ...]
    left_out: Mapping[str, Text]
    indices: tuple[Index, ...]
    couplings: tuple[CoupledSystems, ...]

    @property
    def indicators(self) -> Mapping[str, IndicatorDefinition]:
        """Every indicator by its code."""
        return {one.code: one for index in self.indices for one in index.indicators}

    @property
    def goalposts(self) -> Goalposts:
        """The frozen goalposts of this version."""
        ends = {code: one.goalposts for code, one in self.indicators.items()}
        return Goalposts(version=self.version, years=self.years, ends=ends)


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexOverlap:
    """How two indices overlap: one word for every pair of indicators, those of ``a`` down, those of ``b`` across.

    ``same`` is one indicator in both, ``numerator`` the same thing counted in both, ``crossed`` what one counts and the
    other divides by, ``denominator`` a common divisor, and an empty word nothing. The first three are refused; a
    common divisor alone makes ratios correlate (Pearson 1897) and is told.
    """

    a: Index
    b: Index
    words: tuple[tuple[str, ...], ...]

    @property
    def refused(self) -> tuple[tuple[str, str], ...]:
        """The pairs that make a two-way test empty talk."""
        return self._pairs(("same", "numerator", "crossed"))

    @property
    def told(self) -> tuple[tuple[str, str], ...]:
        """The pairs that share a divisor only."""
        return self._pairs(("denominator",))

    def _pairs(self, words: Sequence[str]) -> tuple[tuple[str, str], ...]:
        rows = zip(self.a.indicators, self.words, strict=True)
        return tuple(
            (mine.code, theirs.code)
            for mine, row in rows
            for theirs, word in zip(self.b.indicators, row, strict=True)
            if word in words
        )


def overlap_of(a: Index, b: Index) -> IndexOverlap:
    """Return what two indices share, indicator by indicator."""
    words = tuple(tuple(_shared(mine, theirs) for theirs in b.indicators) for mine in a.indicators)
    return IndexOverlap(a=a, b=b, words=words)


def refuse_overlap(a: Index, b: Index) -> IndexOverlap:
    """Return the overlap of two indices before a two-way test. Raises OverlappingIndicesError while they share any.

    A common divisor alone does not refuse; it stands in ``told``, to be said beside the result.
    """
    found = overlap_of(a, b)
    if found.refused:
        listed = ", ".join(f"{mine}/{theirs}" for mine, theirs in found.refused)
        raise OverlappingIndicesError(a=a.name, b=b.name, n=len(found.refused), listed=listed)
    return found


@cache
def load_indices(path: Path = SHIPPED) -> IndexPack:
    """Return a file of indices, the shipped one unless another is named. Raises FaultyInputError with every fault."""
    raw = tomllib.loads(path.read_text("utf-8"))
    faults = _pack_faults(raw)
    if faults:
        raise FaultyInputError(path.name, faults)
    definitions = [_definition(one) for one in raw["indicator"]]
    codes = dict.fromkeys(one.index for one in definitions)
    indices = tuple(
        Index(
            code=code,
            name=_text(raw[code]["name"]),
            indicators=tuple(one for one in definitions if one.index == code),
            objections=tuple(map(_text, raw[code].get("objections", ()))),
        )
        for code in codes
    )
    return IndexPack(
        version=raw["version"],
        years=tuple(raw["base_years"]),
        left_out={code: _text(why) for code, why in raw.get("left_out", {}).items()},
        indices=indices,
        couplings=tuple(_coupled(one) for one in raw["coupling"]),
    )


def _shared(mine: IndicatorDefinition, theirs: IndicatorDefinition) -> str:
    if mine.code == theirs.code:
        return "same"
    if set(mine.over) & set(theirs.over):
        return "numerator"
    if set(mine.over) & set(theirs.under) or set(mine.under) & set(theirs.over):
        return "crossed"
    return "denominator" if set(mine.under) & set(theirs.under) else ""


def _pack_faults(raw: Mapping[str, Any]) -> list[Fault]:
    faults = [
        Fault(code="missing", says=LACKING, where="", facts={"field": name})
        for name in ("version", "base_years", "indicator", "coupling")
        if name not in raw
    ]
    needed = ("code", "index", "system", "name", "unit", "over", "goalposts")
    for n, one in enumerate(raw.get("indicator", ())):
        lacking = [name for name in needed if name not in one]
        faults += [
            Fault(code="missing", says=LACKING, where=f"indicator[{n}]", facts={"field": name}) for name in lacking
        ]
    known = {one.get("code") for one in raw.get("indicator", ())}
    for coupling in raw.get("coupling", ()):
        asked = [code for system in coupling.get("systems", ()) for code in system.get("indicators", ())]
        where = f"coupling {coupling.get('code', '')}".strip()
        faults += [
            Fault(code="unknown", says=UNKNOWN, where=where, facts={"value": code})
            for code in asked
            if code not in known
        ]
    return faults


def _definition(raw: Mapping[str, Any]) -> IndicatorDefinition:
    direction = raw.get("direction", {"kind": "positive"})
    return IndicatorDefinition(
        code=raw["code"],
        index=raw["index"],
        system=raw["system"],
        name=_text(raw["name"]),
        unit=_text(raw["unit"]),
        over=tuple(raw["over"]),
        under=tuple(raw.get("under", ())),
        factor=float(raw.get("factor", 1.0)),
        direction=GoodDirection(kind=GoodKind(direction["kind"]), best=tuple(direction.get("best", ()))),
        goalposts=(float(raw["goalposts"][0]), float(raw["goalposts"][1])),
    )


def _coupled(raw: Mapping[str, Any]) -> CoupledSystems:
    systems = tuple(
        IndexSystem(code=one["code"], name=_text(one["name"]), indicators=tuple(one["indicators"]))
        for one in raw["systems"]
    )
    return CoupledSystems(code=raw["code"], name=_text(raw["name"]), systems=systems)


def _text(raw: str | Mapping[str, str]) -> Text:
    return Text(raw, raw) if isinstance(raw, str) else Text(raw["en"], raw["zh"])
