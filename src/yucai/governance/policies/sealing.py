"""The seal of a card, and the steps after it, each naming the one before: what was known when, and who said so.

A seal is made before the figures are opened. What follows is a short chain: the seal, the opening of the data, the gate
as it was seen and accepted by a named person, the evaluation. Each step holds the hash of what it is about and of the
step before; whatever is changed afterwards no longer fits. Whoever holds all the files could make a whole new chain:
against that helps the *mark* of the seal, a short number that is kept elsewhere (in the audit trail, on paper, in
public) when the seal is made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from yucai.errors import Fault, FaultyInputError
from yucai.governance.effects import RULES_VERSION
from yucai.governance.policies.cards import PolicyCard
from yucai.governance.policies.versions import code_versions
from yucai.governance.policies.writing import canonical_json, card_bytes, hash_of
from yucai.texts import Text

__all__ = [
    "GateAcceptance",
    "OpenedData",
    "Seal",
    "accept_gate",
    "record_opening",
    "replace_card",
    "require_seal",
    "seal_card",
    "seal_faults",
]

LEAST_SIGNS: Final = 32  # of a mark; with fewer whoever seals could make two cards with the same beginning
THING: Final = Text("The sealed card", "封存的政策卡")
NAIVE: Final = Text(
    "The time {at} says no zone. Give it with one, such as UTC.", "时间 {at} 未注明时区。请注明，如 UTC。"
)
NOBODY: Final = Text("It is not said who. Give the name of a person.", "未写明由谁操作。请写明姓名。")
MARK_SHORT: Final = Text(
    "the mark that was given has {n} signs. Give all 64, at least the first {least}: two cards that begin alike in "
    "fewer can be made on purpose.",
    "所给标记只有 {n} 位。请给出全部 64 位，至少前 {least} 位：位数更少时，可以有意造出开头相同的两张卡。",
)
CARD_CHANGED: Final = Text(
    "the card is not the one that was sealed at {at}: its bytes give {now}…, the seal says {sealed}…. Changed since: "
    "make it a new card that names this seal as the one it replaces.",
    "政策卡与 {at} 封存时不同：现哈希为 {now}…，封存时为 {sealed}…。封存后如需修改，请另立新卡，并注明所替代的封存。",
)
MARK_WRONG: Final = Text(
    "the seal itself was changed: time, name or versions are not those of its mark {mark}….",
    "封存信息本身被改动：时间、姓名或版本与封存标记 {mark}… 不符。",
)
EARLY: Final = Text(
    "The data were opened at {opened}, before the card was sealed at {sealed}. A plan is sealed first.",
    "数据打开时间 {opened} 早于封存时间 {sealed}。须先封存方案。",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """That a card stood fast at a time: its hash, who said so, by which rules and programs.

    ``mark`` is the hash of all the rest; it is what is kept elsewhere. ``replaces`` is the mark of the seal of the card
    that this one takes the place of.
    """

    card: str
    code: str
    at: datetime
    by: str
    rules: str
    versions: Mapping[str, str]
    replaces: str = ""

    @property
    def mark(self) -> str:
        """Return the number of the seal."""
        return hash_of(canonical_json(self.as_json()))

    def as_json(self) -> dict[str, Any]:
        """Return the seal as a plain mapping."""
        return {
            "card": self.card,
            "code": self.code,
            "at": _told(self.at),
            "by": self.by,
            "rules": self.rules,
            "versions": dict(sorted(self.versions.items())),
            "replaces": self.replaces,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedData:
    """That a data file was opened after the seal: its hash and size."""

    seal: str
    data: str
    size: int
    at: datetime
    by: str

    def as_json(self) -> dict[str, Any]:
        """Return the opening as a plain mapping."""
        return {"seal": self.seal, "data": self.data, "size": self.size, "at": _told(self.at), "by": self.by}


@dataclass(frozen=True, slots=True, kw_only=True)
class GateAcceptance:
    """That a named person saw what the figures can tell at best, and went on to the result."""

    opening: str
    gate: str
    at: datetime
    by: str

    def as_json(self) -> dict[str, Any]:
        """Return the acceptance as a plain mapping."""
        return {"opening": self.opening, "gate": self.gate, "at": _told(self.at), "by": self.by}


def seal_card(card: PolicyCard, *, at: datetime, by: str) -> Seal:
    """Return the seal of a card, with the programs and rules by which its result is going to be worked out.

    Raises FaultyInputError where the time has no zone or nobody is named.
    """
    _require_who_and_when(at, by)
    return Seal(
        card=hash_of(card_bytes(card)),
        code=card.code,
        at=at.astimezone(UTC),
        by=by.strip(),
        rules=RULES_VERSION,
        versions=code_versions(),
        replaces=card.replaces,
    )


def record_opening(seal: Seal, data: bytes, *, at: datetime, by: str) -> OpenedData:
    """Return the note that a data file was opened. Raises FaultyInputError before the time of the seal."""
    _require_who_and_when(at, by)
    if at < seal.at:
        facts = {"opened": _told(at), "sealed": _told(seal.at)}
        raise FaultyInputError(THING, [Fault(code="opened-early", says=EARLY, facts=facts)])
    return OpenedData(seal=seal.mark, data=hash_of(data), size=len(data), at=at.astimezone(UTC), by=by.strip())


def accept_gate(opening: OpenedData, gate: bytes, *, at: datetime, by: str) -> GateAcceptance:
    """Return the note that somebody saw the gate and went on."""
    _require_who_and_when(at, by)
    return GateAcceptance(
        opening=hash_of(canonical_json(opening.as_json())), gate=hash_of(gate), at=at.astimezone(UTC), by=by.strip()
    )


def replace_card(card: PolicyCard, *, old: Seal) -> PolicyCard:
    """Return a card that names the sealed one whose place it takes; the sealed one stays as it is."""
    return replace(card, replaces=old.mark)


def require_seal(card: PolicyCard, seal: Seal) -> None:
    """Raise FaultyInputError where a card is not the one that was sealed."""
    if faults := seal_faults(card, seal):
        raise FaultyInputError(THING, faults)


def seal_faults(card: PolicyCard, seal: Seal, *, mark: str = "") -> list[Fault]:
    """Return what does not fit between a card, its seal and the mark that was kept elsewhere."""
    faults = []
    now = hash_of(card_bytes(card))
    if now != seal.card:
        facts = {"at": _told(seal.at), "now": now[:12], "sealed": seal.card[:12]}
        faults.append(Fault(code="card-changed", says=CARD_CHANGED, where="card.toml", facts=facts))
    if mark and len(mark) < LEAST_SIGNS:
        facts = {"n": str(len(mark)), "least": str(LEAST_SIGNS)}
        faults.append(Fault(code="mark-short", says=MARK_SHORT, where="seal.json", facts=facts))
    elif mark and not seal.mark.startswith(mark.lower()):
        faults.append(Fault(code="mark-wrong", says=MARK_WRONG, where="seal.json", facts={"mark": mark[:12]}))
    return faults


def _require_who_and_when(at: datetime, by: str) -> None:
    faults = []
    if at.tzinfo is None:
        faults.append(Fault(code="naive-time", says=NAIVE, facts={"at": at.isoformat()}))
    if not by.strip():
        faults.append(Fault(code="nobody", says=NOBODY))
    if faults:
        raise FaultyInputError(THING, faults)


def _told(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")
