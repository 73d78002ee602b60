"""Reading one pack: a TOML file whose faults are gathered and said at once."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, TypeVar

from yucai.errors import Fault, FaultyInputError, YucaiError, why_unread
from yucai.texts import Text

__all__ = ["PackMissingError", "PackUnreadableError", "Reader", "load", "shipped_packs"]

T = TypeVar("T")

HOME: Final = "yucai.framework"  # the room whose folder "packs" holds what is shipped

MISSING: Final = Text("“{field}” is missing. Add it.", "缺少“{field}”。请补上。")
NOT_WORDS: Final = Text(
    "“{field}” is {value}, which is no text. Put it between quotation marks.",
    "“{field}”的值 {value} 不是文字。请加上引号。",
)
NOT_BILINGUAL: Final = Text(
    '“{field}” needs a text in both languages: {{ en = "...", zh = "..." }}.',
    '“{field}”须有中英文两种文字：{{ en = "...", zh = "..." }}。',
)
UNKNOWN: Final = Text(
    "“{field}” is “{value}”, which is none of: {known}.", "“{field}”的值“{value}”不在可用值之中：{known}。"
)
TWICE: Final = Text("the code “{value}” stands twice. Rename one.", "代码“{value}”重复。请改名。")
NOT_YES_NO: Final = Text("“{field}” is {value}. Write true or false.", "“{field}”的值为 {value}。请写 true 或 false。")
NOT_TABLE: Final = Text(
    "{value} stands where a table with named fields belongs. Write it as one.",
    "此处应为带字段名的表，现为 {value}。请改写。",
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
def shipped_packs(home: str = HOME) -> tuple[str, ...]:
    """Return the codes of the packs that come with a room of Yucai, in alphabetical order."""
    folder = files(home).joinpath("packs")
    return tuple(sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml")))


def load(name: str, kind: str, build: Callable[[Reader], T], *, home: str = HOME) -> T:
    """Return what ``build`` makes of the pack, once nothing in it is at fault.

    ``home`` is the room in whose folder ``packs`` shipped packs lie; a path to a .toml file goes before. A shipped pack
    never changes while the program runs: it is read once, and everybody gets the same (frozen) object.
    Raises PackMissingError, PackUnreadableError, FaultyInputError (all faults at once).
    """
    return _built(name, kind, build, home) if _is_own(name) else _built_once(name, kind, build, home)


def _built(name: str, kind: str, build: Callable[[Reader], T], home: str) -> T:
    reader = Reader(name, _read(name, home))
    if reader.said.get("kind") != kind:
        reader.fault("kind", WRONG_KIND, value=reader.said.get("kind", "-"), wanted=kind)
        reader.finish()
    built = build(reader)
    reader.finish()
    return built


@lru_cache(maxsize=128)
def _built_once(name: str, kind: str, build: Callable[[Reader], T], home: str) -> T:
    return _built(name, kind, build, home)


def _is_own(name: str) -> bool:
    """Whether a name is the path of a file of the office, which may change."""
    return Path(name).suffix == ".toml" and Path(name).is_file()


def _read(name: str, home: str) -> Mapping[str, Any]:
    shipped = files(home).joinpath(f"packs/{name}.toml")
    if _is_own(name):
        source = Path(name).read_bytes()
    elif name in shipped_packs(home):
        source = shipped.read_bytes()
    else:
        raise PackMissingError(name=name, known=", ".join(shipped_packs(home)))
    try:
        return tomllib.loads(source.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise PackUnreadableError(name=name, reason=why_unread(problem)) from problem


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
        if value is None or value == "" or (isinstance(value, str) and not value.strip()):
            self.fault(where, MISSING, field=field)
            return ""
        if not isinstance(value, str):
            self.fault(where, NOT_WORDS, field=field, value=value)
            return ""
        return value

    def text(self, table: Mapping[str, Any], field: str, where: str = "") -> Text:
        """Return a text in both languages."""
        value = table.get(field)
        sides = [value.get(language) for language in ("en", "zh")] if isinstance(value, Mapping) else []
        if not sides or not all(isinstance(side, str) and side.strip() for side in sides):
            self.fault(where, NOT_BILINGUAL, field=field)
            return Text("", "")
        return Text(str(sides[0]), str(sides[1]))

    def choice(self, table: Mapping[str, Any], field: str, known: Iterable[str], where: str = "") -> str:
        """Return a field whose value must be one of those known; the first of them where it is not."""
        value, known = table.get(field), list(known)
        if value is None:
            self.fault(where, MISSING, field=field)
        elif value not in known:
            self.fault(where, UNKNOWN, field=field, value=value, known=", ".join(known) or "-")
        else:
            return str(value)
        return known[0] if known else ""

    def yes_no(self, table: Mapping[str, Any], field: str, where: str = "") -> bool:
        """Return a field that is true or false; absent is false."""
        value = table.get(field, False)
        if not isinstance(value, bool):
            self.fault(where, NOT_YES_NO, field=field, value=value)
        return value is True

    def tables(self, field: str) -> list[tuple[str, Mapping[str, Any]]]:
        """Return the tables of a list that must not be empty, each with its place."""
        found = self.said.get(field)
        if not isinstance(found, list) or not found:
            self.fault("", MISSING, field=field)
            return []
        return self.listed(found, field)

    def listed(self, found: object, place: str) -> list[tuple[str, Mapping[str, Any]]]:
        """Return the tables of a list inside a table, each with its place; whatever is no table is a fault."""
        if not isinstance(found, list):
            self.fault(place, NOT_TABLE, value=found)
            return []
        places = [(f"{place}[{n}]", table) for n, table in enumerate(found, start=1)]
        for where, table in places:
            if not isinstance(table, Mapping):
                self.fault(where, NOT_TABLE, value=table)
        return [(where, table) for where, table in places if isinstance(table, Mapping)]

    def once(self, codes: Iterable[str], where: str) -> None:
        """Note every code that stands twice; empty ones are faults of their own already."""
        seen: set[str] = set()
        for code in codes:
            if code and code in seen:
                self.fault(where, TWICE, value=code)
            seen.add(code)
