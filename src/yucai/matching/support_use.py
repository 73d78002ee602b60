"""Whether anybody acts on a priority list: a list that nobody acts on is switched off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from yucai.texts import Text

__all__ = ["ENOUGH_ENTRIES", "LEAST_ACTED", "ListUse"]

ENOUGH_ENTRIES: Final = 20
LEAST_ACTED: Final = 0.05

UNKNOWN: Final = Text(
    "{n} entr{n:y|ies} in {days} days: too few to say whether the list is of use.",
    "{days} 天内共 {n} 条：太少，还不能说名单是否有用。",
)
ACTED: Final = Text(
    "Of {n} entries in {days} days, {acted} {acted:was|were} acted upon; of these, {helped} {helped:is|are} noted as "
    "having helped, {useless} as not, and {unknown} {unknown:has|have} no word on it yet.",
    "{days} 天内的 {n} 条中，有 {acted} 条采取了行动；其中 {helped} 条记为有帮助，{useless} 条无帮助，"
    "{unknown} 条尚未记录效果。",
)
NOBODY: Final = Text(
    "Of {n} entries in {days} days, {acted} {acted:was|were} acted upon. Nobody acts on this list; switch it off, or "
    "agree on who talks with whom.",
    "{days} 天内的 {n} 条中，只有 {acted} 条采取了行动。这份名单无人使用：请停用，或商定由谁负责谈话。",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListUse:
    """How often a list was acted upon in a stretch of days.

    ``entries`` counts entries that had been on the list long enough for somebody to act, ``acted`` those of which
    somebody noted an act (a talk, a message, a decision to wait, each with a reason), ``helped`` and ``no_word`` those
    of the acts that are noted as having helped, and those of which nothing is noted yet.
    """

    days: int
    entries: int
    acted: int
    helped: int = 0
    no_word: int = 0

    @property
    def enough(self) -> bool:
        """Whether there were enough entries to say anything."""
        return self.entries >= ENOUGH_ENTRIES

    @property
    def nobody_acts(self) -> bool:
        """Whether fewer than one entry in twenty was acted upon, of enough entries."""
        return self.enough and self.acted < LEAST_ACTED * self.entries

    @property
    def says(self) -> Text:
        """What is to be said of it, in both languages."""
        if not self.enough:
            return UNKNOWN.filled(n=self.entries, days=self.days)
        words = NOBODY if self.nobody_acts else ACTED
        useless = self.acted - self.helped - self.no_word
        return words.filled(n=self.entries, days=self.days, acted=self.acted, helped=self.helped, useless=useless,
                            unknown=self.no_word)  # fmt: skip
