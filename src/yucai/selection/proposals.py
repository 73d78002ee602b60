"""What a rule proposes: of each person one of five outcomes with reasons, and what was given to the rule."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from yucai.selection.rule_sets import RuleSet
from yucai.texts import Text

__all__ = ["GroupLine", "Outcome", "Proposal", "ProposalEntry"]


class Outcome(StrEnum):
    """What a rule says of somebody. It decides nothing: a person does."""

    PROPOSED = "proposed"
    NOT_PROPOSED = "not-proposed"
    EXEMPT = "exempt"
    EDGE = "edge"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupLine:
    """The line in one named group: how many people it has, how many stand beyond the line, and how that was rounded."""

    group: str
    n: int
    k: int
    exact: float
    spared: bool
    says: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalEntry:
    """What a rule says of one person.

    ``place`` counts from the best; ``ahead`` is how many stand surely nearer to the far side of the line, by which
    other roundings can be told. ``reasons`` come first, ``notes`` say what is on record and was not counted, ``change``
    what would change the outcome; ``evidence`` is what the person verifiably did, whatever the marks.
    """

    learner: str
    outcome: Outcome
    group: str
    measure: float | None
    place: int | None
    ahead: int
    by_place: bool | None
    reasons: tuple[Text, ...]
    change: tuple[Text, ...]
    notes: tuple[Text, ...] = ()
    missing: tuple[Text, ...] = ()
    evidence: tuple[Text, ...] = ()
    unverified: tuple[Text, ...] = ()
    tied: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What a rule proposes on a day. The same rule and the same records give the same proposal, in any order of rows.

    ``inputs`` is the SHA-256 of all records that were given, ``digest`` that of rule and records together.
    """

    rules: RuleSet
    as_of: date
    inputs: str
    entries: tuple[ProposalEntry, ...]
    lines: tuple[GroupLine, ...]
    notes: tuple[Text, ...]
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        """Take the digest of rule and records."""
        told = hashlib.sha256(f"{self.rules.digest}:{self.inputs}".encode()).hexdigest()
        object.__setattr__(self, "digest", told)

    @property
    def by_learner(self) -> Mapping[str, ProposalEntry]:
        """The entries by number."""
        return {one.learner: one for one in self.entries}

    def of(self, outcome: Outcome) -> tuple[str, ...]:
        """Return who has an outcome."""
        return tuple(one.learner for one in self.entries if one.outcome is outcome)
