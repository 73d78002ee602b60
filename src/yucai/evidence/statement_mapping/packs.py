"""Profiles of statements as packs: those that come with the program, and a school's own."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final, TypeVar

from yucai.errors import Fault, FaultyInputError, why_unread
from yucai.evidence.statement_mapping.profiles import (
    AlsoRule,
    Attempt,
    Gives,
    NameRule,
    OccasionFrom,
    SessionRule,
    StatementProfile,
    UnknownStatementProfileError,
    VerbRule,
    WholeFrom,
)
from yucai.texts import Text

__all__ = [
    "load_statement_profile",
    "load_statement_profiles",
    "read_statement_profile",
    "statement_profile_text",
]

Json = Mapping[str, Any]
Choice = TypeVar("Choice", bound=StrEnum)

NOT_TOML: Final = Text("it is no TOML ({why}). Correct it there.", "不是合法的 TOML（{why}）。请在该处改正。")
MISSING: Final = Text("“{name}” is missing. Add it.", "缺少“{name}”。请补上。")
STRANGE: Final = Text("“{name}” means nothing here. Known are: {known}.", "此处没有“{name}”一项。可用：{known}。")
NOT_ONE: Final = Text("this must be one of: {known}.", "须为下列之一：{known}。")
NOT_TEXT: Final = Text("a text belongs here, not an empty one.", "此处须填写文字，不可为空。")
NOT_BOTH: Final = Text("the words are needed in English (en) and Chinese (zh).", "须同时给出英文（en）和中文（zh）。")
NOT_TABLE: Final = Text("a table belongs here.", "此处应为一个表。")
NOT_FLAG: Final = Text("true or false belongs here.", "此处应为 true 或 false。")
NO_PATTERN: Final = Text(
    "the pattern and what is written for it do not fit together ({why}).", "模式与替换写法不符（{why}）。"
)
TWICE: Final = Text("the verb {verb} has a rule already. Keep one.", "动词 {verb} 已有规则。请只保留一条。")
PLAIN: Final = ("code", "version", "source")
PROFILE: Final = frozenset((
    *PLAIN, "kind", "name", "about", "licence", "attempt", "verbs", "occasion", "item", "sub_content", "times",
    "leaves_out_sums", "whole_from", "also", "session",
))  # fmt: skip
SESSION: Final = ("defined", "move_on", "session", "mode", "counted_mode", "mastery", "launched", "abandoned")
VERB: Final = frozenset(("ids", "gives", "without_score", "success", "corrects"))


@cache
def load_statement_profiles() -> Mapping[str, StatementProfile]:
    """Return the profiles of statements that come with the program, by code."""
    return MappingProxyType({code: read_statement_profile(text, name=code) for code, text in _shipped().items()})


def statement_profile_text(code: str) -> str:
    """Return a profile that comes with the program as it is written; raises UnknownStatementProfileError."""
    load_statement_profile(code)
    return _shipped()[code]


@cache
def _shipped() -> dict[str, str]:
    folder = files("yucai.evidence").joinpath("profiles/statements")
    packs = sorted((pack for pack in folder.iterdir() if pack.name.endswith(".toml")), key=lambda pack: pack.name)
    texts = (pack.read_text(encoding="utf-8") for pack in packs)
    return {str(tomllib.loads(text)["code"]): text for text in texts}


def load_statement_profile(code: str) -> StatementProfile:
    """Return the profile of that code; raises UnknownStatementProfileError."""
    profiles = load_statement_profiles()
    if code not in profiles:
        raise UnknownStatementProfileError(code=code, known=", ".join(profiles))
    return profiles[code]


def read_statement_profile(text: str, *, name: str = "profile") -> StatementProfile:
    """Return the profile that a pack in TOML declares; raises FaultyInputError that lists all that is wrong with it."""
    try:
        pack = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise FaultyInputError(
            name, [Fault(code="not-toml", says=NOT_TOML, facts={"why": why_unread(problem)})]
        ) from problem
    reader = _Reader()
    profile = reader.profile(pack)
    if reader.faults:
        raise FaultyInputError(name, reader.faults)
    return profile


class _Reader:
    """Reads one pack; gathers faults and goes on with what stands for the faulty value."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def fault(self, code: str, says: Text, where: str, **facts: object) -> None:
        self.faults.append(Fault(code=code, says=says, where=where, facts=facts))

    def profile(self, pack: Json) -> StatementProfile:
        self.known(pack, "", PROFILE)
        for name in (*PLAIN, "name", "about", "attempt", "verbs"):
            if name not in pack:
                self.fault("missing", MISSING, "", name=name)
        occasion, item = self.table(pack, "occasion"), self.table(pack, "item")
        self.known(occasion, "occasion", {"from", "pattern", "written"})
        self.known(item, "item", {"pattern", "written"})
        return StatementProfile(
            code=self.text(pack, "code", ""),
            version=self.text(pack, "version", ""),
            source=self.text(pack, "source", ""),
            name=self.both(pack, "name"),
            about=self.both(pack, "about"),
            attempt=self.choice(Attempt, pack.get("attempt", Attempt.FIRST), "attempt"),
            verbs=MappingProxyType(self.verbs(pack.get("verbs", ()))),
            occasion_from=self.choice(OccasionFrom, occasion.get("from", OccasionFrom.TERM), "occasion.from"),
            occasion_name=self.naming(occasion, "occasion"),
            item_name=self.naming(item, "item"),
            sub_content=self.text(pack, "sub_content", ""),
            times=self.text(pack, "times", ""),
            leaves_out_sums=self.flag(pack, "leaves_out_sums") or False,
            whole_from=self.choice(WholeFrom, pack.get("whole_from", WholeFrom.PARENT), "whole_from"),
            also=tuple(self.also(pack.get("also", ()))),
            session=self.session(self.table(pack, "session")) if "session" in pack else None,
        )

    def known(self, table: Json, where: str, names: Iterable[str]) -> None:
        for strange in sorted(set(table) - set(names)):
            self.fault("unknown", STRANGE, where, name=strange, known=", ".join(sorted(names)))

    def table(self, held: Json, name: str) -> Json:
        value = held.get(name, {})
        if isinstance(value, dict):
            return value
        self.fault("not-a-table", NOT_TABLE, name)
        return {}

    def text(self, held: Json, name: str, before: str) -> str:
        value = held.get(name, "")
        if name in held and not (isinstance(value, str) and value.strip()):
            self.fault("not-a-text", NOT_TEXT, f"{before}{name}")
        return str(value)

    def both(self, held: Json, name: str) -> Text:
        value = held.get(name)
        if isinstance(value, dict) and all(isinstance(value.get(lang), str) and value[lang] for lang in ("en", "zh")):
            return Text(value["en"], value["zh"])
        if name in held:
            self.fault("not-both", NOT_BOTH, name)
        return Text("?", "?")

    def flag(self, held: Json, name: str, before: str = "") -> bool | None:
        value = held.get(name)
        if value is not None and not isinstance(value, bool):
            self.fault("not-a-flag", NOT_FLAG, f"{before}{name}")
        return value if isinstance(value, bool) else None

    def choice(self, kind: type[Choice], value: object, where: str) -> Choice:
        for one in kind:
            if value == one.value:
                return one
        self.fault("not-one-of", NOT_ONE, where, known=", ".join(kind))
        return next(iter(kind))

    def naming(self, held: Json, where: str) -> NameRule | None:
        if "pattern" not in held and "written" not in held:
            return None
        if missing := {"pattern", "written"} - set(held):
            self.fault("missing", MISSING, where, name=min(missing))
            return None
        try:
            rule = NameRule(pattern=re.compile(held["pattern"]), written=held["written"])
            _try_out(rule)
        except (re.error, IndexError, TypeError, AttributeError) as problem:
            self.fault("no-pattern", NO_PATTERN, where, why=str(problem))
            return None
        return rule

    def verbs(self, entries: Any) -> dict[str, VerbRule]:
        rules: dict[str, VerbRule] = {}
        for i, entry in enumerate(entries if isinstance(entries, list) else [entries]):
            where = f"verbs[{i}]"
            if not isinstance(entry, dict):
                self.fault("not-a-table", NOT_TABLE, where)
                continue
            self.known(entry, where, VERB)
            rule = VerbRule(
                gives=self.choice(Gives, entry.get("gives"), f"{where}.gives"),
                without_score=self.choice(Gives, entry.get("without_score", Gives.NOTHING), f"{where}.without_score"),
                success=self.flag(entry, "success", f"{where}."),
                corrects=self.flag(entry, "corrects", f"{where}.") or False,
            )
            ids = entry.get("ids")
            if not isinstance(ids, list) or not ids or not all(isinstance(one, str) and one.strip() for one in ids):
                self.fault("not-a-text", NOT_TEXT, f"{where}.ids")
                continue
            for verb in ids:
                if verb in rules:
                    self.fault("twice", TWICE, where, verb=verb)
                rules[verb] = rule
        return rules

    def also(self, entries: Any) -> Iterable[AlsoRule]:
        for i, entry in enumerate(entries if isinstance(entries, list | tuple) else [entries]):
            where = f"also[{i}]"
            if not isinstance(entry, dict):
                self.fault("not-a-table", NOT_TABLE, where)
                continue
            self.known(entry, where, {"extension", "pattern", "written"})
            for name in ("extension", "pattern", "written"):
                if name not in entry:
                    self.fault("missing", MISSING, where, name=name)
            item = self.naming(entry, where)
            if item is not None:
                yield AlsoRule(extension=self.text(entry, "extension", f"{where}."), item=item)

    def session(self, entry: Json) -> SessionRule:
        self.known(entry, "session", SESSION)
        for name in SESSION:
            if name not in entry:
                self.fault("missing", MISSING, "session", name=name)
        return SessionRule(**{name: self.text(entry, name, "session.") for name in SESSION})


def _try_out(rule: NameRule) -> None:
    """Write the name of something with so many groups: a reference to a group that is not there is found now."""
    groups = rule.pattern.groups
    names = {number: name for name, number in rule.pattern.groupindex.items()}
    parts = (f"(?P<{names[n]}>.?)" if n in names else "(.?)" for n in range(1, groups + 1))
    found = re.compile("".join(parts)).fullmatch("")
    if found is not None:
        found.expand(rule.written)
