"""Which statements of a learning tool are evidence of what: declared in a profile, never guessed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache

from yucai.errors import YucaiError
from yucai.texts import Text

__all__ = [
    "AlsoRule",
    "Attempt",
    "Gives",
    "NameRule",
    "OccasionFrom",
    "SessionRule",
    "StatementProfile",
    "UnknownStatementProfileError",
    "VerbRule",
    "WholeFrom",
]


class UnknownStatementProfileError(YucaiError):
    """No profile of statements has that code."""

    says = Text(
        "There is no profile of statements called “{code}”. Known are: {known}.",
        "没有名为“{code}”的陈述映射方案。现有：{known}。",
    )
    exit_code = 64


class Attempt(StrEnum):
    """Which of several results of one learner on one item in one occasion counts."""

    FIRST = "first"
    LAST = "last"
    BEST = "best"


class Gives(StrEnum):
    """What becomes of a statement."""

    RESPONSE = "response"
    EVENT = "event"
    NOTHING = "nothing"


class WholeFrom(StrEnum):
    """Where a result names the whole of which its activity is a part."""

    PARENT = "parent"
    GROUPING = "grouping"


class OccasionFrom(StrEnum):
    """Where the occasion of a statement is read from."""

    TERM = "term"  # the school term of its time
    REGISTRATION = "registration"
    PARENT = "parent"
    GROUPING = "grouping"


@dataclass(frozen=True, slots=True, kw_only=True)
class NameRule:
    """Writes a name anew where the whole of it fits ``pattern``; every other name stays as it is."""

    pattern: re.Pattern[str]
    written: str

    def apply(self, name: str) -> str:
        """Return the new name; the old one where the pattern does not fit or nothing would be left."""
        return _renamed(self.pattern, self.written, name)


@lru_cache(maxsize=65_536)
def _renamed(pattern: re.Pattern[str], written: str, name: str) -> str:
    found = pattern.fullmatch(name)
    new = found.expand(written) if found else ""
    return new if new.strip() else name


@dataclass(frozen=True, slots=True, kw_only=True)
class VerbRule:
    """What statements with one verb give.

    ``without_score`` is what a statement gives that should have a score and has none. ``success`` is what the verb
    itself says of success: ``passed`` that there was, ``failed`` that there was none. Where a later result ``corrects``
    an earlier one, as a grade given again does, the last one counts, whatever counts among attempts.
    """

    gives: Gives
    without_score: Gives = Gives.NOTHING
    success: bool | None = None
    corrects: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AlsoRule:
    """A yes or no in an extension of the result that is a response of its own, on an item named after the first."""

    extension: str
    item: NameRule


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRule:
    """The rules of a launched session, as cmi5 has them; all names are IRIs.

    Only statements with the category ``defined``, a registration and a session count; those whose result says success
    or completion need the category ``move_on`` too. Results of a session that was launched in another mode than
    ``counted_mode`` do not count, nor does what came after the session was abandoned.
    """

    defined: str
    move_on: str
    session: str
    mode: str
    counted_mode: str
    mastery: str
    launched: str
    abandoned: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementProfile:
    """How the statements of one kind of tool are mapped to evidence.

    ``source`` names the tool in every response. ``sub_content`` is an extension of the activity that tells parts of one
    activity apart; ``times`` an extension of the result that says how often something was done. With
    ``leaves_out_sums`` the result of an activity does not count where results of its own parts do; ``whole_from`` says
    where those name it.
    """

    code: str
    version: str
    name: Text
    about: Text
    source: str
    attempt: Attempt
    verbs: Mapping[str, VerbRule] = field(repr=False)
    occasion_from: OccasionFrom = OccasionFrom.TERM
    occasion_name: NameRule | None = None
    item_name: NameRule | None = None
    sub_content: str = ""
    times: str = ""
    leaves_out_sums: bool = False
    whole_from: WholeFrom = WholeFrom.PARENT
    also: tuple[AlsoRule, ...] = ()
    session: SessionRule | None = None
