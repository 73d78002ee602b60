"""Loading packs: TOML files that say what a school speaks of. All faults of a pack are said at once."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, TypeVar

from yucai.errors import Fault, FaultyInputError, YucaiError
from yucai.framework.evidence_maps import EvidenceKind, EvidenceMap, EvidenceRule, ItemModel, Strength
from yucai.framework.frameworks import Entry, Framework, Level
from yucai.texts import Text

__all__ = ["PackMissingError", "PackUnreadableError", "load_evidence_map", "load_framework", "shipped_packs"]

T = TypeVar("T")

MISSING: Final = Text("“{field}” is missing. Add it.", "缺少“{field}”。请补上。")
NOT_BILINGUAL: Final = Text(
    '“{field}” needs a text in both languages: {{ en = "...", zh = "..." }}.',
    '“{field}”须有中英文两种文字：{{ en = "...", zh = "..." }}。',
)
UNKNOWN: Final = Text(
    "“{field}” is “{value}”, which is none of: {known}.", "“{field}”的值“{value}”不在可用值之中：{known}。"
)
TWICE: Final = Text("the code “{value}” stands twice. Rename one.", "代码“{value}”重复。请改名。")
LEVELS: Final = Text("levels must be ranked 1 to 5, each once.", "等级须为 1 至 5，各出现一次。")
BANDS: Final = Text(
    "bands must rise and lie above 0 and up to 1; they are {value}.", "分段须递增，且大于 0、不超过 1；现为 {value}。"
)
WRONG_KIND: Final = Text(
    "this is a pack of the kind “{value}”; a pack of the kind “{wanted}” was asked for.",
    "这是“{value}”类型的资料包；此处需要“{wanted}”类型。",
)


class PackMissingError(YucaiError):
    """No pack of that name is shipped, and no file of that name is there."""

    says = Text(
        "There is no pack “{name}”. Shipped are: {known}; or give the path of a .toml file.",
        "没有资料包“{name}”。自带的有：{known}；也可给出 .toml 文件的路径。",
    )
    exit_code = 66


class PackUnreadableError(YucaiError):
    """The file is not TOML."""

    says = Text(
        "“{name}” cannot be read as TOML ({reason}). Correct that line.",
        "“{name}”不是有效的 TOML（{reason}）。请改正该行。",
    )
    exit_code = 65


@cache
def shipped_packs() -> tuple[str, ...]:
    """Return the codes of the packs that come with Yucai."""
    folder = files("yucai.framework").joinpath("packs")
    return tuple(sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml")))


def load_framework(name: str | Path) -> Framework:
    """Return a framework by the code of a shipped pack or the path of a file.

    Raises PackMissingError, PackUnreadableError, FaultyInputError (all faults at once).
    """
    return _shipped_framework(str(name)) if name in shipped_packs() else _load(str(name), "framework", _framework)


def load_evidence_map(name: str | Path) -> EvidenceMap:
    """Return an evidence map by code or path. Its qualities must be of its framework or of AI literacy.

    Raises as ``load_framework``.
    """
    return _shipped_map(str(name)) if name in shipped_packs() else _load(str(name), "evidence-map", _evidence_map)


@cache
def _shipped_framework(name: str) -> Framework:
    return _load(name, "framework", _framework)


@cache
def _shipped_map(name: str) -> EvidenceMap:
    return _load(name, "evidence-map", _evidence_map)


def _load(name: str, kind: str, build: Callable[[Reader], T]) -> T:
    reader = Reader(name, _read(name))
    if reader.said.get("kind") != kind:
        reader.fault("kind", WRONG_KIND, value=reader.said.get("kind", "-"), wanted=kind)
        reader.finish()
    built = build(reader)
    reader.finish()
    return built


def _read(name: str) -> Mapping[str, Any]:
    shipped = files("yucai.framework").joinpath(f"packs/{name}.toml")
    own = Path(name)
    if own.suffix == ".toml" and own.is_file():
        source = own.read_bytes()
    elif name in shipped_packs():
        source = shipped.read_bytes()
    else:
        raise PackMissingError(name=name, known=", ".join(shipped_packs()))
    try:
        return tomllib.loads(source.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise PackUnreadableError(name=name, reason=problem) from problem


class Reader:
    """Reads the fields of one pack and gathers what is wrong with them."""

    def __init__(self, name: str, said: Mapping[str, Any]) -> None:
        self.name, self.said = name, said
        self.faults: list[Fault] = []

    def fault(self, where: str, says: Text, **facts: object) -> None:
        """Note one fault and go on."""
        self.faults.append(Fault(code="pack", says=says, where=where, facts=facts))

    def finish(self) -> None:
        """Raise FaultyInputError when anything was noted."""
        if self.faults:
            raise FaultyInputError(self.name, self.faults)

    def word(self, table: Mapping[str, Any], field: str, where: str = "") -> str:
        """Return a text field that must be there."""
        value = table.get(field)
        if not isinstance(value, str) or not value.strip():
            self.fault(where, MISSING, field=field)
            return ""
        return value

    def text(self, table: Mapping[str, Any], field: str, where: str = "") -> Text:
        """Return a text in both languages."""
        value = table.get(field)
        if not isinstance(value, Mapping) or not all(str(value.get(lang, "")).strip() for lang in ("en", "zh")):
            self.fault(where, NOT_BILINGUAL, field=field)
            return Text("", "")
        return Text(str(value["en"]), str(value["zh"]))

    def choice(self, table: Mapping[str, Any], field: str, known: Iterable[str], where: str) -> str:
        """Return a field whose value must be one of those known."""
        value, known = table.get(field), list(known)
        if value not in known:
            self.fault(where, UNKNOWN, field=field, value=value, known=", ".join(known))
            return known[0]
        return str(value)

    def tables(self, field: str) -> list[tuple[str, Mapping[str, Any]]]:
        """Return the tables of a list with the place of each."""
        found = self.said.get(field)
        if not isinstance(found, list) or not found:
            self.fault("", MISSING, field=field)
            return []
        return [(f"{field}[{i + 1}]", table) for i, table in enumerate(found) if isinstance(table, Mapping)]

    def once(self, codes: Iterable[str], where: str) -> None:
        """Note every code that stands twice."""
        seen: set[str] = set()
        for code in codes:
            if code in seen:
                self.fault(where, TWICE, value=code)
            seen.add(code)


def _framework(reader: Reader) -> Framework:
    tables = reader.tables("entries")
    entries = tuple(_entry(reader, where, table) for where, table in tables)
    codes = [entry.code for entry in entries]
    reader.once(codes, "entries")
    layers = [entry.code for entry in entries if entry.kind == "layer"]
    for (where, _), entry in zip(tables, entries, strict=True):
        if entry.parent is not None and entry.parent not in layers:
            reader.fault(where, UNKNOWN, field="parent", value=entry.parent, known=", ".join(layers) or "-")
    said = reader.said
    return Framework(
        code=reader.word(said, "code"),
        version=reader.word(said, "version"),
        name=reader.text(said, "name"),
        source=reader.word(said, "source"),
        licence=reader.word(said, "licence"),
        entries=entries,
    )


def _entry(reader: Reader, where: str, table: Mapping[str, Any]) -> Entry:
    kind = reader.choice(table, "kind", ("layer", "quality", "dimension"), where)
    levels = tuple(
        Level(rank=level.get("rank", 0), name=reader.text(level, "name", where),
              descriptor=reader.text(level, "descriptor", where))
        for level in table.get("levels", [])
    )  # fmt: skip
    if kind != "layer" and [level.rank for level in levels] != [1, 2, 3, 4, 5]:
        reader.fault(where, LEVELS)
    return Entry(
        code=reader.word(table, "code", where),
        kind=kind,
        name=reader.text(table, "name", where),
        definition=reader.text(table, "definition", where),
        parent=table.get("parent"),
        levels=levels,
    )


def _evidence_map(reader: Reader) -> EvidenceMap:
    said = reader.said
    framework = reader.word(said, "framework")
    known = [entry.code for code in (framework, "ai-literacy") if code in shipped_packs() or code.endswith(".toml")
             for entry in load_framework(code).qualities]  # fmt: skip
    if framework and not known:
        reader.fault("", UNKNOWN, field="framework", value=framework, known=", ".join(shipped_packs()))
    rules = tuple(_rule(reader, where, table, known or ["-"]) for where, table in reader.tables("rules"))
    reader.once((rule.item for rule in rules), "rules")
    return EvidenceMap(
        code=reader.word(said, "code"),
        version=reader.word(said, "version"),
        framework=framework,
        name=reader.text(said, "name"),
        rules=rules,
    )


def _rule(reader: Reader, where: str, table: Mapping[str, Any], known: list[str]) -> EvidenceRule:
    bands = tuple(float(bound) for bound in table.get("bands", []))
    if list(bands) != sorted(set(bands)) or any(not 0 < bound <= 1 for bound in bands):
        reader.fault(where, BANDS, value=", ".join(map(str, bands)))
    return EvidenceRule(
        item=reader.word(table, "item", where),
        quality=reader.choice(table, "quality", known, where),
        model=ItemModel(reader.choice(table, "model", [str(m) for m in ItemModel], where)),
        kind=EvidenceKind(reader.choice(table, "kind", [str(k) for k in EvidenceKind], where)),
        strength=Strength(reader.choice(table, "strength", [str(s) for s in Strength], where)),
        reason=reader.text(table, "reason", where),
        bands=bands,
        reversed=bool(table.get("reversed", False)),
    )
