"""Whose statement it is: from the identifier of an actor to the number of a learner, by declaration only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from yucai.evidence.statements import actor_key

__all__ = ["LearnerNumbers", "UnknownActor"]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownActor:
    """An actor who is no learner by what was declared: the key of ``actor_key``, and in how many statements."""

    key: str
    n_statements: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnerNumbers:
    """Which actors are learners, and under which number.

    ``crosswalk`` names single actors by their key and comes first. Else the account name on one of the ``home_pages``
    is the number, or the part before the @ of an address at one of the ``mail_domains``. Where ``known`` is stated, a
    number that is not in it is nobody's. Whoever is not told by this stays unknown; names are never compared.
    """

    home_pages: frozenset[str] = frozenset()
    mail_domains: frozenset[str] = frozenset()
    crosswalk: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    known: frozenset[str] | None = field(default=None, repr=False)

    def number_of(self, actor: Mapping[str, Any]) -> str | None:
        """Return the learner's number, or None.

        >>> numbers = LearnerNumbers(home_pages=frozenset({"https://lms.example.edu"}))
        >>> numbers.number_of({"account": {"homePage": "https://lms.example.edu", "name": "20250012"}})
        '20250012'
        """
        number = self.crosswalk.get(actor_key(dict(actor))) if self.crosswalk else None
        if number is None:
            number = self._stated(actor)
        if number is None or not number.strip() or (self.known is not None and number not in self.known):
            return None
        return number

    def _stated(self, actor: Mapping[str, Any]) -> str | None:
        account = actor.get("account")
        if account is not None:
            return str(account["name"]).strip() if account["homePage"] in self.home_pages else None
        box = actor.get("mbox")
        if box is not None and self.mail_domains:
            name, _, domain = box.removeprefix("mailto:").rpartition("@")
            return name if domain.lower() in self.mail_domains else None
        return None
