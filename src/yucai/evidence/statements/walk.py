"""The walk over one statement: it gathers faults, and the checks of simple values stand here."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from typing import Any, Final, TypeGuard

from yucai.errors import Fault
from yucai.evidence.statements.forms import is_iri, is_language, is_uuid, moment_of
from yucai.evidence.statements.parts import Part
from yucai.evidence.statements.rule_words import RULES, kind_of
from yucai.evidence.statements.versions import Version

__all__ = ["Json", "Walk"]

# Within these a moment can be told in the time of any place; one that cannot would be shown nowhere.
FIRST_MOMENT: Final = datetime(1, 1, 2, tzinfo=UTC)
LAST_MOMENT: Final = datetime(9999, 12, 30, tzinfo=UTC)

Json = dict[str, Any]


class Walk:
    """One walk. ``at`` is the path of what is looked at, such as ``context.contextActivities.parent[0]``.

    A check of a good value says nothing and costs little; all faults are gathered, not only the first.
    """

    __slots__ = ("faults", "version")

    def __init__(self, version: Version) -> None:
        self.version = version
        self.faults: list[Fault] = []

    def fault(self, code: str, at: str, **facts: object) -> None:
        """Note that a rule is broken there."""
        self.faults.append(Fault(code=code, says=RULES[code], where=at or "statement", facts=facts))

    def kept(self, value: object) -> bool:
        """Whether this part came before, letter for letter, and kept the rules of its place."""
        return type(value) is Part and self.version in value.good

    def is_object(self, value: object, at: str) -> TypeGuard[Json]:
        """Check that this is an object."""
        if isinstance(value, dict):
            return True
        self.fault("not-an-object", at, found=kind_of(value))
        return False

    def is_list(self, value: object, at: str) -> TypeGuard[list[Any]]:
        """Check that this is an array."""
        if isinstance(value, list):
            return True
        self.fault("not-a-list", at, found=kind_of(value))
        return False

    def is_string(self, value: object, at: str) -> TypeGuard[str]:
        """Check that this is a text."""
        if isinstance(value, str):
            return True
        self.fault("not-a-string", at, found=kind_of(value))
        return False

    def number(self, value: object, at: str) -> int | float | None:
        """Return a number, or None after noting that it is none, or more than programs that calculate can hold."""
        if isinstance(value, int | float) and not isinstance(value, bool):
            if abs(value) <= sys.float_info.max:
                return value
            self.fault("too-great", at)
            return None
        self.fault("not-a-number", at, found=kind_of(value))
        return None

    def boolean(self, value: object, at: str) -> None:
        """Check that this is true or false."""
        if not isinstance(value, bool):
            self.fault("not-a-boolean", at, found=kind_of(value))

    def keys(self, value: Json, at: str, *, known: frozenset[str], needed: Collection[str] = ()) -> None:
        """Check that an object has what it needs and nothing it must not have."""
        if not known.issuperset(value):
            for name in value:
                if name not in known:
                    self.fault("unknown", at, name=name[:60], known=", ".join(sorted(known)))
        for name in needed:
            if name not in value:
                self.fault("missing", at, name=name)

    def form(self, value: object, at: str, *, check: Callable[[str], bool], code: str) -> None:
        """Check that this is a text of some form."""
        if not isinstance(value, str):
            self.fault("not-a-string", at, found=kind_of(value))
        elif not check(value):
            self.fault(code, at)

    def iri(self, value: object, at: str) -> None:
        """Check that this is an IRI; an IRL is one too."""
        if not isinstance(value, str):
            self.fault("not-a-string", at, found=kind_of(value))
        elif not is_iri(value):
            self.fault("not-an-iri", at)

    def uuid(self, value: object, at: str) -> None:
        """Check that this is a UUID."""
        self.form(value, at, check=is_uuid, code="not-a-uuid")

    def timestamp(self, value: object, at: str) -> None:
        """Check that this is a point in time, one that has a date at every place on earth."""
        if not isinstance(value, str):
            self.fault("not-a-string", at, found=kind_of(value))
            return
        moment = moment_of(value, self.version)
        if moment is None:
            self.fault("not-a-timestamp", at)
        elif not FIRST_MOMENT <= moment <= LAST_MOMENT:
            self.fault("not-everywhere", at)

    def one_of(self, value: object, at: str, known: Collection[str]) -> bool:
        """Check that this is one of some words, letter for letter."""
        if isinstance(value, str) and value in known:
            return True
        self.fault("not-one-of", at, known=", ".join(sorted(known)))
        return False

    def language_map(self, value: object, at: str) -> None:
        """Check that this maps language tags to texts."""
        if not self.is_object(value, at):
            return
        for tag, text in value.items():
            if not is_language(tag):
                self.fault("not-a-language", f"{at}.{tag[:40]}")
            if not isinstance(text, str):
                self.fault("not-a-string", f"{at}.{tag[:40]}", found=kind_of(text))

    def extensions(self, value: object, at: str) -> None:
        """Check that the keys are IRIs; what they hold is free, null included."""
        if not self.is_object(value, at):
            return
        for key in value:
            if not is_iri(key):
                self.fault("not-an-iri", f"{at}.{key[:60]}")
