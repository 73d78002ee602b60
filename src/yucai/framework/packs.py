"""Loading what is spoken of: frameworks, crosswalks, talent types and evidence maps."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Final

from yucai.framework.evidence_maps import EvidenceKind, EvidenceMap, EvidenceRule, ItemModel, Strength
from yucai.framework.frameworks import (
    RELATIONS,
    Crosswalk,
    CrosswalkLink,
    Entry,
    Framework,
    Level,
    TalentType,
    TalentTypes,
)
from yucai.framework.reading import MISSING, NOT_TABLE, UNKNOWN, Reader, load, shipped_packs
from yucai.texts import Text

__all__ = ["framework_of", "load_crosswalk", "load_evidence_map", "load_framework", "load_talent_types"]

LEVELS: Final = Text("levels must be ranked 1 to 5, each once.", "等级须为 1 至 5，各出现一次。")
CIRCLE: Final = Text(
    "the layer “{value}” lies inside itself. Give it another parent, or none.",
    "层面“{value}”包含了自身。请改换上级，或不设上级。",
)
DATE: Final = Text("“date” is {value}. Write it as 2026-11-24.", "“date”的值为 {value}。请写成 2026-11-24 的形式。")
EDGES: Final = Text(
    "edges must be rising numbers, and stand without bands; they are {value}.",
    "切点须为递增的数，且不能与分段并用；现为 {value}。",
)
DECLARABLE: Final = (str(ItemModel.BINARY), str(ItemModel.GRADED), str(ItemModel.GUESSING))
COMMON: Final = Text(
    "a common slope is for binary, graded or partial-credit items without a declared reliability; the model is "
    "{value}.",
    "共同区分度只用于未声明信度的对错题、等级题或部分得分题；现模型为 {value}。",
)
RELIABILITY: Final = Text(
    "the reliability must lie above 0 and below 1, for a binary or graded item; it is {value}.",
    "信度须大于 0、小于 1，且只用于对错题或等级题；现为 {value}。",
)
BANDS: Final = Text(
    "bands must rise and lie above 0 and up to 1; they are {value}.", "分段须递增，且大于 0、不超过 1；现为 {value}。"
)
WEIGHT: Final = Text(
    "the weight of “{field}” is {value}; a weight is a number from 0 to 1.",
    "“{field}”的权重为 {value}；权重须为 0 到 1 之间的数。",
)
WEIGHT_SUM: Final = Text(
    "the weights add up to {value}; they must add up to 1.", "权重之和为 {value}；须等于 1。"
)  # fmt: skip
LINKED_TWICE: Final = Text(
    "“{ours}” and “{theirs}” are linked twice. Keep the one that is meant.",
    "“{ours}”与“{theirs}”重复对照。请保留其中一条。",
)


def load_framework(name: str | Path) -> Framework:
    """Return a framework by the code of a shipped pack or the path of a file.

    Raises PackMissingError, PackUnreadableError, FaultyInputError (all faults at once).
    """
    return _shipped_framework(str(name)) if name in shipped_packs() else load(str(name), "framework", _framework)


def load_evidence_map(name: str | Path) -> EvidenceMap:
    """Return an evidence map by code or path. Its qualities must be of its framework or of AI literacy.

    Raises as ``load_framework``.
    """
    return _shipped_map(str(name)) if name in shipped_packs() else load(str(name), "evidence-map", _evidence_map)


def load_crosswalk(name: str | Path) -> Crosswalk:
    """Return a crosswalk by code or path. Our codes must be of its framework, theirs among its titles.

    Raises as ``load_framework``.
    """
    return load(str(name), "crosswalk", _crosswalk)


def load_talent_types(name: str | Path) -> TalentTypes:
    """Return the talent types of a pack by code or path; look at ``proposal`` before using the weights.

    The weights of each type are over qualities of the framework named, from 0 to 1, and add up to 1 (within 1e-6).
    A quality that is not named weighs nothing. Raises as ``load_framework``.
    """
    return load(str(name), "talent-types", _talent_types)


@cache
def _shipped_framework(name: str) -> Framework:
    return load(name, "framework", _framework)


@cache
def _shipped_map(name: str) -> EvidenceMap:
    return load(name, "evidence-map", _evidence_map)


def framework_of(reader: Reader) -> Framework | None:
    """Return the framework that a pack names, by code or path, or None after noting that it is not there."""
    named = reader.word(reader.said, "framework")
    if not named:
        return None
    if named in shipped_packs() or (named.endswith(".toml") and Path(named).is_file()):
        return load_framework(named)
    reader.fault("", UNKNOWN, field="framework", value=named, known=", ".join(shipped_packs()))
    return None


def _framework(reader: Reader) -> Framework:
    tables = reader.tables("entries")
    entries = tuple(_entry(reader, where, table) for where, table in tables)
    reader.once((entry.code for entry in entries), "entries")
    _check_parents(reader, [where for where, _ in tables], entries)
    said = reader.said
    return Framework(
        code=reader.word(said, "code"),
        version=reader.word(said, "version"),
        name=reader.text(said, "name"),
        source=reader.word(said, "source"),
        licence=reader.word(said, "licence"),
        entries=entries,
        date=_date(reader),
    )


def _date(reader: Reader) -> datetime.date | None:
    value = reader.said.get("date")
    if value is not None and type(value) is not datetime.date:
        reader.fault("", DATE, value=value)
        return None
    return value


def _check_parents(reader: Reader, places: list[str], entries: tuple[Entry, ...]) -> None:
    layers = [entry.code for entry in entries if entry.kind == "layer"]
    parents = {entry.code: entry.parent for entry in entries if entry.kind == "layer"}
    for where, entry in zip(places, entries, strict=True):
        if entry.parent is not None and entry.parent not in layers:
            reader.fault(where, UNKNOWN, field="parent", value=entry.parent, known=", ".join(layers) or "-")
        above, steps = entry.parent, 0
        while above is not None and above != entry.code and steps <= len(parents):
            above, steps = parents.get(above), steps + 1
        if entry.kind == "layer" and above == entry.code:
            reader.fault(where, CIRCLE, value=entry.code)


def _entry(reader: Reader, where: str, table: Mapping[str, Any]) -> Entry:
    kind = reader.choice(table, "kind", ("layer", "quality", "dimension"), where)
    levels = tuple(
        Level(rank=level.get("rank", 0), name=reader.text(level, "name", place),
              descriptor=reader.text(level, "descriptor", place))
        for place, level in reader.listed(table.get("levels", []), f"{where}.levels")
    )  # fmt: skip
    if kind != "layer" and [level.rank for level in levels] != [1, 2, 3, 4, 5]:
        reader.fault(where, LEVELS)
    return Entry(
        code=reader.word(table, "code", where),
        kind=kind,
        name=reader.text(table, "name", where),
        definition=reader.text(table, "definition", where),
        parent=reader.word(table, "parent", where) if "parent" in table else None,
        levels=levels,
    )


def _evidence_map(reader: Reader) -> EvidenceMap:
    said = reader.said
    framework = framework_of(reader)
    both = [framework, load_framework("ai-literacy")] if framework else []
    known = [entry.code for one in both for entry in one.qualities]
    rules = tuple(rule for where, table in reader.tables("rules") for rule in _rules(reader, where, table, known))
    reader.once((rule.item for rule in rules), "rules")
    return EvidenceMap(
        code=reader.word(said, "code"),
        version=reader.word(said, "version"),
        framework=str(said.get("framework", "")),
        name=reader.text(said, "name"),
        rules=rules,
    )


def _rules(reader: Reader, where: str, table: Mapping[str, Any], known: list[str]) -> Iterator[EvidenceRule]:
    """Yield one rule for each pattern: ``item`` is one, or a list where files call the same thing by several names."""
    patterns = table.get("item")
    listed = patterns if isinstance(patterns, list) and patterns else [patterns]
    rule = _rule(reader, where, {**table, "item": listed[0]}, known)
    yield rule
    for pattern in listed[1:]:
        yield replace(rule, item=reader.word({"item": pattern}, "item", where))


def _rule(reader: Reader, where: str, table: Mapping[str, Any], known: list[str]) -> EvidenceRule:
    return EvidenceRule(
        item=reader.word(table, "item", where),
        quality=reader.choice(table, "quality", known, where) if known else reader.word(table, "quality", where),
        model=ItemModel(reader.choice(table, "model", [str(m) for m in ItemModel], where)),
        kind=EvidenceKind(reader.choice(table, "kind", [str(k) for k in EvidenceKind], where)),
        strength=Strength(reader.choice(table, "strength", [str(s) for s in Strength], where)),
        reason=reader.text(table, "reason", where),
        bands=_bands(reader, where, table.get("bands", [])),
        reversed=reader.yes_no(table, "reversed", where),
        also=_also(reader, where, table, known),
        testlet=reader.word(table, "testlet", where) if "testlet" in table else "",
        edges=_edges(reader, where, table),
        reliability=_reliability(reader, where, table),
        common_slope=_common_slope(reader, where, table),
    )


def _edges(reader: Reader, where: str, table: Mapping[str, Any]) -> tuple[float, ...]:
    """Return where counts or times are cut."""
    said = table.get("edges", [])
    bounds: Iterable[object] = said if isinstance(said, list) else [said]
    edges = tuple(float(bound) if isinstance(bound, int | float) else math.nan for bound in bounds)
    if list(edges) != sorted(set(edges)) or any(math.isnan(edge) for edge in edges) or (edges and "bands" in table):
        reader.fault(where, EDGES, value=", ".join(map(str, bounds)))
    return edges


def _reliability(reader: Reader, where: str, table: Mapping[str, Any]) -> float | None:
    """Return the declared reliability, or None."""
    said = table.get("reliability")
    if said is None:
        return None
    if not isinstance(said, int | float) or not 0 < said < 1 or table.get("model") not in DECLARABLE:
        reader.fault(where, RELIABILITY, value=said)
        return None
    return float(said)


def _common_slope(reader: Reader, where: str, table: Mapping[str, Any]) -> bool:
    said = reader.yes_no(table, "common-slope", where)
    if said and ("reliability" in table or table.get("model") in (str(ItemModel.GUESSING), str(ItemModel.NOMINAL))):
        reader.fault(where, COMMON, value=table.get("model"))
    return said


def _also(reader: Reader, where: str, table: Mapping[str, Any], known: list[str]) -> tuple[str, ...]:
    """Return the further qualities an item speaks of, none of them twice."""
    said = table.get("also", [])
    further = said if isinstance(said, list) else [said]
    found = tuple(
        reader.choice({"also": one}, "also", known, where) if known else reader.word({"also": one}, "also", where)
        for one in further
    )
    reader.once([table.get("quality", ""), *found], f"{where}.also")
    return found


def _bands(reader: Reader, where: str, said: object) -> tuple[float, ...]:
    bounds: Iterable[object] = said if isinstance(said, list) else [said]
    bands = tuple(float(bound) if isinstance(bound, int | float) else math.nan for bound in bounds)
    if any(not 0 < bound <= 1 for bound in bands) or list(bands) != sorted(set(bands)):
        reader.fault(where, BANDS, value=", ".join(map(str, bounds)))
    return bands


def _crosswalk(reader: Reader) -> Crosswalk:
    said = reader.said
    framework = framework_of(reader)
    ours = [entry.code for entry in framework.qualities] if framework else []
    titles = _titles(reader)
    links = tuple(_link(reader, where, table, ours, list(titles)) for where, table in reader.tables("links"))
    seen: set[tuple[str, str]] = set()
    for link in links:
        if (link.ours, link.theirs) in seen:
            reader.fault("links", LINKED_TWICE, ours=link.ours, theirs=link.theirs)
        seen.add((link.ours, link.theirs))
    return Crosswalk(
        code=reader.word(said, "code"),
        version=reader.word(said, "version"),
        name=reader.text(said, "name"),
        framework=str(said.get("framework", "")),
        target=reader.word(said, "target"),
        source=reader.word(said, "source"),
        licence=reader.word(said, "licence"),
        titles=titles,
        links=links,
    )


def _titles(reader: Reader) -> dict[str, Text]:
    found = reader.said.get("titles")
    if not isinstance(found, Mapping) or not found:
        reader.fault("", MISSING, field="titles")
        return {}
    return {code: reader.text(found, code, "titles") for code in found}


def _link(reader: Reader, where: str, table: Mapping[str, Any], ours: list[str], theirs: list[str]) -> CrosswalkLink:
    return CrosswalkLink(
        ours=reader.choice(table, "ours", ours, where) if ours else reader.word(table, "ours", where),
        theirs=reader.choice(table, "theirs", theirs, where) if theirs else reader.word(table, "theirs", where),
        relation=reader.choice(table, "relation", RELATIONS, where),
        reason=reader.text(table, "reason", where),
    )


def _talent_types(reader: Reader) -> TalentTypes:
    said = reader.said
    framework = framework_of(reader)
    known = [entry.code for entry in framework.qualities] if framework else []
    types = tuple(_talent_type(reader, where, table, known) for where, table in reader.tables("types"))
    reader.once((kind.code for kind in types), "types")
    if "proposal" not in said:
        reader.fault("", MISSING, field="proposal")
    return TalentTypes(
        code=reader.word(said, "code"),
        version=reader.word(said, "version"),
        name=reader.text(said, "name"),
        framework=str(said.get("framework", "")),
        source=reader.word(said, "source"),
        licence=reader.word(said, "licence"),
        proposal=reader.yes_no(said, "proposal"),
        note=reader.text(said, "note"),
        types=types,
    )


def _talent_type(reader: Reader, where: str, table: Mapping[str, Any], known: list[str]) -> TalentType:
    return TalentType(
        code=reader.word(table, "code", where),
        name=reader.text(table, "name", where),
        definition=reader.text(table, "definition", where),
        weights=_weights(reader, where, table, known),
    )


def _weights(reader: Reader, where: str, table: Mapping[str, Any], known: list[str]) -> dict[str, float]:
    found = table.get("weights")
    if found is None:
        reader.fault(where, MISSING, field="weights")
        return {}
    if not isinstance(found, Mapping):
        reader.fault(f"{where}.weights", NOT_TABLE, value=found)
        return {}
    weights: dict[str, float] = {}
    for quality, weight in found.items():
        if known and quality not in known:
            reader.fault(where, UNKNOWN, field="weights", value=quality, known=", ".join(known))
        if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 <= weight <= 1:
            reader.fault(where, WEIGHT, field=quality, value=weight)
        else:
            weights[quality] = float(weight)
    if len(weights) == len(found) and abs(math.fsum(weights.values()) - 1) > 1e-6:
        reader.fault(where, WEIGHT_SUM, value=f"{math.fsum(weights.values()):.6g}")
    return weights
