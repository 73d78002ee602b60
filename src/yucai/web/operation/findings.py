"""What an examination finds: one sentence each, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from yucai.texts import Text

__all__ = ["Examined", "Finding", "State", "finding_of"]


class State(StrEnum):
    """How a thing is: as it should be, worth a word, or not as it should be."""

    WELL = "well"
    NOTE = "note"
    FAULT = "fault"


MARKS = {State.WELL: "✓", State.NOTE: "·", State.FAULT: "✗"}
NOTHING = Text("", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at. ``code`` is a short stable name; ``do`` is empty where nothing is to be done."""

    code: str
    state: State
    says: Text
    do: Text = NOTHING

    def in_language(self, language: str) -> str:
        """Return the sentence, and what to do in a line of its own."""
        line = f"{MARKS[self.state]} {self.says.in_language(language)}"
        return f"{line}\n  → {self.do.in_language(language)}" if self.do.en else line


def finding_of(code: str, state: State, says: Text, do: Text = NOTHING, **facts: object) -> Finding:
    """Return a finding with its facts filled in."""
    return Finding(code=code, state=state, says=says.filled(**facts), do=do.filled(**facts))


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """All that was looked at: what is well first, faults last, where the eye rests."""

    findings: tuple[Finding, ...]

    @property
    def faults(self) -> tuple[Finding, ...]:
        """What is not as it should be."""
        return tuple(found for found in self.findings if found.state == State.FAULT)

    def in_language(self, language: str) -> str:
        """Return every finding, and how many there are of each kind."""
        ordered = [found for state in State for found in self.findings if found.state == state]
        counts = {state.value: sum(found.state == state for found in self.findings) for state in State}
        said = Text("{well} well, {note} to note, {fault} to mend.", "{well} 项正常，{note} 项提示，{fault} 项须处理。")
        return "\n".join([*(found.in_language(language) for found in ordered), said.in_language(language, **counts)])
