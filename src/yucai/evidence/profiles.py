"""Kinds of tables as data: which columns a class list or a grade file has, how files call them, what one row means."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from yucai.errors import YucaiError
from yucai.evidence.vocabulary import plain
from yucai.texts import Text

__all__ = [
    "COLUMN_TYPES",
    "ItemColumns",
    "Learned",
    "ProfileColumn",
    "ResponseRule",
    "TableProfile",
    "UnknownProfileError",
    "known_titles",
    "learn_titles",
    "load_profile",
    "load_profiles",
    "read_learned",
    "write_learned",
]

COLUMN_TYPES: Final = (
    "identifier", "text", "person", "people", "number", "percent", "money", "grade", "term", "weeks", "day", "moment",
    "strength", "score", "highest", "label", "named",
)  # fmt: skip

Learned = Mapping[str, Mapping[str, str]]
"""What one school's files taught: profile -> title as the file has it -> column."""


class UnknownProfileError(YucaiError):
    """No kind of table has that code."""

    says = Text(
        "There is no kind of table called “{code}”. Known are: {known}.", "没有名为“{code}”的表格类型。现有：{known}。"
    )
    exit_code = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileColumn:
    """One column of a kind of table: its type, and the titles under which files have it.

    ``needed`` must be there, and filled in every row (a score and its highest may be empty, which is a state); of the
    columns with the same ``needed_one_of`` one must be there, and one filled. ``fact_of`` says whose lasting fact
    it is: files that differ on it contradict each other.
    """

    name: str
    type: str
    title: Text
    synonyms: frozenset[str]
    needed: bool = False
    needed_one_of: str = ""
    fact_of: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemColumns:
    """The columns of a wide table that stand for one item each: every title that fits ``pattern``.

    ``percent`` are scales of which 100 is the highest, ``left_out`` scales that are not scores;
    in the row whose column ``most_column`` says ``most_word`` stand the highest scores.
    """

    pattern: re.Pattern[str]
    percent: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    most_column: str = ""
    most_word: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseRule:
    """How rows become responses for measurement: which column names learner, item, score and the rest."""

    learner: str
    else_learner: str = ""
    item: tuple[str, ...] = ()
    item_prefix: str = ""
    score: str = ""
    max_score: str = ""
    highest: float | None = None
    rater: str = ""
    occasion: str = ""
    at: str = ""
    first_column: str = ""
    first_words: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class TableProfile:
    """One kind of table. ``row`` says what one row means; ``key`` are the columns that tell two rows apart."""

    code: str
    version: str
    name: Text
    row: Text
    key: tuple[str, ...]
    columns: tuple[ProfileColumn, ...]
    items: ItemColumns | None = None
    responses: ResponseRule | None = None
    titles: Mapping[str, str] = field(repr=False)  # plain title -> column

    def column(self, name: str) -> ProfileColumn:
        """Return the column of that name; KeyError where there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)


@cache
def load_profiles() -> Mapping[str, TableProfile]:
    """Return all kinds of tables that come with the program, by code."""
    folder = files("yucai.evidence").joinpath("profiles/tables")
    packs = sorted((pack for pack in folder.iterdir() if pack.name.endswith(".toml")), key=lambda pack: pack.name)
    profiles = [_profile(tomllib.loads(pack.read_text(encoding="utf-8"))) for pack in packs]
    return MappingProxyType({profile.code: profile for profile in profiles})


def load_profile(code: str) -> TableProfile:
    """Return the kind of table of that code; raises UnknownProfileError."""
    profiles = load_profiles()
    if code not in profiles:
        raise UnknownProfileError(code=code, known=", ".join(profiles))
    return profiles[code]


def known_titles() -> frozenset[str]:
    """Return every title of every kind of table, plain: what confirms an encoding."""
    return frozenset(title for profile in load_profiles().values() for title in profile.titles)


def learn_titles(learned: Learned, profile: str, titles: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Return what is known after one more file: ``titles`` says which column each title of the file meant.

    A title that was learned before and now means another column is learned anew. What was given stays as it was.
    """
    columns = {column.name for column in load_profile(profile).columns}
    if strange := sorted(set(titles.values()) - columns):
        raise ValueError(f"no columns of {profile}: {', '.join(strange)}. It has: {', '.join(sorted(columns))}.")
    known = {code: dict(pairs) for code, pairs in learned.items()}
    known.setdefault(profile, {}).update({plain(title): column for title, column in titles.items()})
    return known


def write_learned(path: Path, learned: Learned) -> None:
    """Write what a school's files taught as one readable JSON file."""
    path.write_text(json.dumps(learned, ensure_ascii=False, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def read_learned(path: Path) -> dict[str, dict[str, str]]:
    """Return what was learned before; nothing where no file is yet."""
    if not path.exists():
        return {}
    learned: dict[str, dict[str, str]] = json.loads(path.read_text(encoding="utf-8"))
    return learned


def _profile(pack: Mapping[str, Any]) -> TableProfile:
    columns = tuple(_column(entry) for entry in pack["columns"])
    titles: dict[str, str] = {}
    for column in columns:
        for title in column.synonyms:
            titles.setdefault(title, column.name)
    items, responses = pack.get("items"), pack.get("responses")
    return TableProfile(
        code=pack["code"],
        version=pack["version"],
        name=Text(**pack["name"]),
        row=Text(**pack["row"]),
        key=tuple(pack["key"]),
        columns=columns,
        items=_items(items) if items else None,
        responses=_rule(responses) if responses else None,
        titles=MappingProxyType(titles),
    )


def _column(entry: Mapping[str, Any]) -> ProfileColumn:
    if entry["type"] not in COLUMN_TYPES:
        raise ValueError(f"no type of column: {entry['type']}. There are {', '.join(COLUMN_TYPES)}.")
    words = {entry["name"], entry["title"]["en"], entry["title"]["zh"], *entry["synonyms"]}
    return ProfileColumn(
        name=entry["name"],
        type=entry["type"],
        title=Text(**entry["title"]),
        synonyms=frozenset(map(plain, words)),
        needed=entry.get("needed", False),
        needed_one_of=entry.get("needed_one_of", ""),
        fact_of=entry.get("fact_of", ""),
    )


def _items(entry: Mapping[str, Any]) -> ItemColumns:
    most = entry.get("most_in", {})
    return ItemColumns(
        pattern=re.compile(entry["pattern"], re.S),
        percent=tuple(entry.get("percent", ())),
        left_out=tuple(entry.get("left_out", ())),
        most_column=most.get("column", ""),
        most_word=most.get("word", ""),
    )


def _rule(entry: Mapping[str, Any]) -> ResponseRule:
    first = entry.get("first_only", {})
    single = {name: value for name, value in entry.items() if name not in {"item", "first_only"}}
    return ResponseRule(
        **single,
        item=tuple(entry.get("item", ())),
        first_column=first.get("column", ""),
        first_words=frozenset(map(plain, first.get("words", ()))),
    )
