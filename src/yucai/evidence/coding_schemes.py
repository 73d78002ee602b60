"""What an observer may write down: codes with definitions and examples, in both languages, as a pack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Final

from yucai.errors import YucaiError
from yucai.framework import PackReader, load_pack, shipped_packs
from yucai.texts import Text

__all__ = [
    "Code",
    "CodeKind",
    "CodingScheme",
    "Modifier",
    "Reason",
    "UnknownObservationCodeError",
    "load_coding_scheme",
    "shipped_coding_schemes",
]

HOME: Final = "yucai.evidence"
NEEDS_EXAMPLES: Final = Text(
    "the behaviour “{value}” has no “{field}”. Give at least one example, so that two observers mean the same.",
    "行为“{value}”缺少“{field}”。请至少给出一个例子，使两名观察者理解一致。",
)
NO_PATTERN: Final = Text(
    "the reason “{value}” needs antecedents or consequences that would fit it, or unseen = true, and not both.",
    "原因“{value}”须列出与之相符的前因或后果，或写 unseen = true，二者不可兼有。",
)
MANY_CODES: Final = Text(
    "“{field}” must be a list of codes among: {known}; it is {value}.",
    "“{field}”须为代码列表，可用代码：{known}；现为 {value}。",
)


class UnknownObservationCodeError(YucaiError):
    """The coding scheme has no such code."""

    says = Text(
        "The coding scheme “{scheme}” has no code “{code}”. It has: {known}.",
        "编码方案“{scheme}”中没有代码“{code}”。可用的有：{known}。",
    )
    exit_code = 65


class CodeKind(StrEnum):
    """Whether a code lasts or happens at one moment."""

    STATE = "state"  # has a beginning and an end; a child is in one state at a time
    POINT = "point"  # happens at one moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """One thing to look for: its definition, what counts and what does not."""

    code: str
    kind: CodeKind
    name: Text
    definition: Text
    includes: tuple[Text, ...] = ()
    excludes: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Modifier:
    """A further question about a behaviour (its form, its function) and the answers to choose from."""

    code: str
    name: Text
    of: tuple[str, ...]  # the behaviours it belongs to
    values: tuple[Code, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """What a behaviour may be for: a hypothesis, with the antecedents and consequences that would fit it.

    An empty list means that any will do; ``unseen`` means that nothing was seen before and nothing after.
    """

    code: str
    name: Text
    definition: Text
    antecedents: tuple[str, ...]
    consequences: tuple[str, ...]
    unseen: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CodingScheme:
    """A versioned coding scheme: behaviours, what goes before, what follows, where, and possible reasons.

    States of one scheme exclude one another; antecedents and consequences are moments (point codes).
    """

    code: str
    version: str
    name: Text
    source: str
    licence: str
    note: Text
    behaviours: tuple[Code, ...]
    antecedents: tuple[Code, ...]
    consequences: tuple[Code, ...]
    settings: tuple[Code, ...]
    modifiers: tuple[Modifier, ...]
    reasons: tuple[Reason, ...]

    def code_of(self, code: str) -> Code:
        """Return a behaviour, antecedent or consequence by its code.

        Raises UnknownObservationCodeError, which lists the codes there are.
        """
        known = {one.code: one for one in (*self.behaviours, *self.antecedents, *self.consequences)}
        if code not in known:
            raise UnknownObservationCodeError(scheme=self.code, code=code, known=", ".join(known))
        return known[code]

    def codes_of(self, group: str) -> tuple[str, ...]:
        """Return the codes of ``"behaviours"``, ``"antecedents"``, ``"consequences"`` or ``"settings"``, in order."""
        groups = {
            "behaviours": self.behaviours,
            "antecedents": self.antecedents,
            "consequences": self.consequences,
            "settings": self.settings,
        }
        return tuple(one.code for one in groups[group])

    @property
    def states(self) -> tuple[str, ...]:
        """The codes that last."""
        return tuple(one.code for one in self.behaviours if one.kind is CodeKind.STATE)


@cache
def shipped_coding_schemes() -> tuple[str, ...]:
    """Return the codes of the coding schemes that come with Yucai."""
    return shipped_packs(HOME)


def load_coding_scheme(name: str | Path) -> CodingScheme:
    """Return a coding scheme by the code of a shipped pack or the path of a file.

    Every behaviour needs examples of what counts and of what does not.
    Raises PackMissingError, PackUnreadableError, FaultyInputError (all faults at once).
    """
    return load_pack(str(name), "coding-scheme", _scheme, home=HOME)


def _scheme(reader: PackReader) -> CodingScheme:
    said = reader.said
    behaviours = tuple(_behaviour(reader, where, table) for where, table in reader.tables("behaviours"))
    antecedents = _moments(reader, "antecedents")
    consequences = _moments(reader, "consequences")
    settings = _moments(reader, "settings")
    reader.once((code.code for code in (*behaviours, *antecedents, *consequences)), "behaviours")
    reader.once((code.code for code in settings), "settings")
    before, after = [c.code for c in antecedents], [c.code for c in consequences]
    acts = [code.code for code in behaviours]
    modifiers = tuple(_modifier(reader, where, table, acts) for where, table in _optional(reader, "modifiers"))
    reader.once((modifier.code for modifier in modifiers), "modifiers")
    reasons = tuple(_reason(reader, where, table, (before, after)) for where, table in _optional(reader, "reasons"))
    reader.once((reason.code for reason in reasons), "reasons")
    return CodingScheme(
        code=reader.word(said, "code"),
        version=reader.word(said, "version"),
        name=reader.text(said, "name"),
        source=reader.word(said, "source"),
        licence=reader.word(said, "licence"),
        note=reader.text(said, "note"),
        behaviours=behaviours,
        antecedents=antecedents,
        consequences=consequences,
        settings=settings,
        modifiers=modifiers,
        reasons=reasons,
    )


def _optional(reader: PackReader, field: str) -> list[tuple[str, Mapping[str, Any]]]:
    return reader.listed(reader.said[field], field) if field in reader.said else []


def _behaviour(reader: PackReader, where: str, table: Mapping[str, Any]) -> Code:
    for field in ("includes", "excludes"):
        if not table.get(field):
            reader.fault(where, NEEDS_EXAMPLES, value=table.get("code", "-"), field=field)
    return _code(reader, where, table, kind=CodeKind(reader.choice(table, "kind", [str(k) for k in CodeKind], where)))


def _moments(reader: PackReader, field: str) -> tuple[Code, ...]:
    return tuple(_code(reader, where, table, kind=CodeKind.POINT) for where, table in reader.tables(field))


def _code(reader: PackReader, where: str, table: Mapping[str, Any], *, kind: CodeKind) -> Code:
    return Code(
        code=reader.word(table, "code", where),
        kind=kind,
        name=reader.text(table, "name", where),
        definition=reader.text(table, "definition", where),
        includes=_examples(reader, where, table, field="includes"),
        excludes=_examples(reader, where, table, field="excludes"),
    )


def _examples(reader: PackReader, where: str, table: Mapping[str, Any], *, field: str) -> tuple[Text, ...]:
    found = reader.listed(table.get(field, []), f"{where}.{field}")
    return tuple(reader.text({"example": example}, "example", place) for place, example in found)


def _modifier(reader: PackReader, where: str, table: Mapping[str, Any], acts: list[str]) -> Modifier:
    values = reader.listed(table.get("values", []), f"{where}.values")
    of = _chosen(reader, where, table, field="of", known=acts)
    if not values:
        reader.word({}, "values", where)
    codes = tuple(_code(reader, place, value, kind=CodeKind.POINT) for place, value in values)
    reader.once((value.code for value in codes), where)
    return Modifier(code=reader.word(table, "code", where), name=reader.text(table, "name", where), of=of, values=codes)


def _reason(reader: PackReader, where: str, table: Mapping[str, Any], known: tuple[list[str], list[str]]) -> Reason:
    before = _chosen(reader, where, table, field="antecedents", known=known[0])
    after = _chosen(reader, where, table, field="consequences", known=known[1])
    unseen = reader.yes_no(table, "unseen", where)
    if (not before and not after) != unseen:
        reader.fault(where, NO_PATTERN, value=table.get("code", "-"))
    return Reason(
        code=reader.word(table, "code", where),
        name=reader.text(table, "name", where),
        definition=reader.text(table, "definition", where),
        antecedents=before,
        consequences=after,
        unseen=unseen,
    )


def _chosen(
    reader: PackReader, where: str, table: Mapping[str, Any], *, field: str, known: list[str]
) -> tuple[str, ...]:
    found = table.get(field, [])
    if not isinstance(found, list) or not all(isinstance(code, str) and code in known for code in found):
        reader.fault(where, MANY_CODES, field=field, value=found, known=", ".join(known) or "-")
        return ()
    return tuple(found)
