"""What both demonstration spaces say of themselves."""

from __future__ import annotations

from dataclasses import dataclass

from yucai.texts import Text

__all__ = ["SpaceFacts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpaceFacts:
    """One institution: its name, whether it is simulated, whose data they are and what measures them."""

    code: str
    name: Text
    simulated: bool
    attribution: Text
    licence: str
    evidence_map: str
    period: str  # "occasion" or "school-year": the stretch of time one profile covers
