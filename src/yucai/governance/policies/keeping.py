"""A card as it is kept, step by step, in the bytes of the bundle: whether the steps fit each other, and its line.

What a register lists is read from these bytes and from nothing beside them. Each step holds the hash of the one before,
up to the mark of the seal; what does not fit is not believed, and the look still counts.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from yucai.errors import FaultyInputError
from yucai.governance.policies.bundles import acceptance_of, opening_of, seal_of
from yucai.governance.policies.cards import PolicyCard
from yucai.governance.policies.reading import read_card
from yucai.governance.policies.register import PolicyEntry, PolicyStage, question_of
from yucai.governance.policies.sealing import seal_faults
from yucai.governance.policies.summing import ResultSummary, stand_after, summarise_result
from yucai.governance.policies.writing import canonical_json, hash_of
from yucai.texts import Text

__all__ = ["CARD_DOUBT", "KeptPolicy", "entry_of_kept", "kept_doubt"]

CARD_DOUBT: Final = Text("The card is not the one that was sealed.", "政策卡与封存时不同。")
SEAL: Final = Text("The seal is not that of the mark under which the card is listed.", "封存信息与登记的标记不符。")
OPENING: Final = Text("The opening of the figures belongs to another seal.", "数据打开记录对应的是另一封存。")
GATE: Final = Text("The gate is not the one that was accepted.", "可行性门槛与所确认的不同。")
ACCEPTED: Final = Text("The acceptance belongs to another opening of the figures.", "准入确认对应的是另一次数据打开。")
RESULT: Final = Text("The result is not the one that was written down when it came out.", "结果与算出时记录的不同。")
UNREADABLE: Final = Text("What is kept of it cannot be read any more.", "所存内容已无法读取。")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPolicy:
    """A sealed card as the texts of its steps; a step that was not taken yet is empty."""

    mark: str
    card: str
    seal: str
    opening: str = ""
    gate: str = ""
    acceptance: str = ""
    evaluation: str = ""
    evaluated: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """What the bytes of a card say, once each step fits the one before."""

    entry: PolicyEntry
    found: ResultSummary | None


def kept_doubt(kept: KeptPolicy) -> Text | None:
    """Return why what is kept of a card is not believed, or None where every step fits the one before."""
    found = _read(kept)
    return found if isinstance(found, Text) else None


@lru_cache(maxsize=512)
def _read(kept: KeptPolicy) -> _Read | Text:
    """Return what the bytes say, or why they are not believed. It hangs on them alone, and is worked out once."""
    try:
        card = read_card(kept.card)
        doubt = _card_doubt(card, kept) or _steps_doubt(kept)
        return doubt if doubt is not None else _said(card, kept)
    except (FaultyInputError, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        return UNREADABLE


def _said(card: PolicyCard, kept: KeptPolicy) -> _Read:
    opening = opening_of(json.loads(kept.opening)) if kept.opening else None
    found = summarise_result(kept.evaluation.encode()) if kept.evaluated else None
    entry = PolicyEntry(
        code=card.code, title=card.title, mark=kept.mark, sealed_at=seal_of(json.loads(kept.seal)).at,
        stage=_stage(kept), simulated=card.simulated, question=question_of(card),
        opened_at=opening.at if opening else None, data=opening.data if opening else "",
        estimate=found.estimate if found else None, interval=found.interval if found else None,
        estimated=found is not None and found.estimated,
    )  # fmt: skip
    return _Read(entry=entry, found=found)


def _card_doubt(card: PolicyCard, kept: KeptPolicy) -> Text | None:
    found = {one.code for one in seal_faults(card, seal_of(json.loads(kept.seal)), mark=kept.mark or "-")}
    if "card-changed" in found:
        return CARD_DOUBT
    return SEAL if found else None


def _steps_doubt(kept: KeptPolicy) -> Text | None:
    """Return which step, from the opening on, does not name the one before it."""
    if not kept.opening:
        return RESULT if kept.acceptance or kept.evaluated else None
    opening = opening_of(json.loads(kept.opening))
    if opening.seal != kept.mark:
        return OPENING
    if not kept.acceptance:
        return RESULT if kept.evaluated else None
    acceptance = acceptance_of(json.loads(kept.acceptance))
    if acceptance.opening != hash_of(canonical_json(opening.as_json())):
        return ACCEPTED
    if acceptance.gate != hash_of(kept.gate.encode()):
        return GATE
    if not kept.evaluated:
        return RESULT if kept.evaluation else None
    told: dict[str, Any] = json.loads(kept.evaluated)
    fits = told["acceptance"] == hash_of(canonical_json(acceptance.as_json()))
    if not fits or told["evaluation"] != hash_of(kept.evaluation.encode()):
        return RESULT
    p = summarise_result(kept.evaluation.encode()).p_value  # what cannot be summed up raises
    return None if p is None or 0.0 <= p <= 1.0 else RESULT


def entry_of_kept(
    kept: KeptPolicy,
    *,
    title: Text,
    code: str,
    sealed_at: datetime,
    later: Sequence[ResultSummary] = (),
    replaced: bool = False,
    doubt: Text | None = None,
) -> PolicyEntry:
    """Return the line of the register for a card, read from the bytes that are kept of it.

    ``later`` are the results of its plan on later editions of the figures; ``doubt`` is a reason, found elsewhere, not
    to believe what is kept. ``title``, ``code`` and ``sealed_at`` name a card that cannot be read any more.
    """
    read = _read(kept)
    if isinstance(read, Text) or doubt is not None:
        return PolicyEntry(
            code=code, title=title, mark=kept.mark, sealed_at=sealed_at, stage=_stage(kept), replaced=replaced,
            vintages=_seen(later), doubt=doubt or (read if isinstance(read, Text) else None),
        )  # fmt: skip
    entry = replace(read.entry, replaced=replaced, vintages=_seen(later))
    if read.found is None:
        return entry
    stands = stand_after(read.found, later)
    return replace(entry, grade=stands.grade, p_value=stands.p_value, weakened=stands.weakened)


def _seen(later: Sequence[ResultSummary]) -> int:
    """Return on how many later editions anything was estimated, and so seen."""
    return sum(one.estimated for one in later)


def _stage(kept: KeptPolicy) -> PolicyStage:
    if kept.evaluated:
        return PolicyStage.EVALUATED
    if kept.acceptance:
        return PolicyStage.ACCEPTED
    return PolicyStage.OPENED if kept.opening else PolicyStage.SEALED
