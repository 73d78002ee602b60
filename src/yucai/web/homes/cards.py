"""A card of a home: one job, the sentence that matters today, and the one button."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse

from yucai.web.accounts.models import Account, Space

__all__ = ["Asked", "Card", "Way", "address", "card"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Who asks for a home, of which institution, and when."""

    account: Account
    space: Space
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """Words of a button, and where it leads: nowhere where there is nothing to lead to."""

    words: str
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One job. ``missing`` says which part of it Yucai does not do yet; without ``way`` there is nothing to press."""

    title: str
    figure: str
    says: str
    missing: str
    way: Way | None


def address(name: str, *parts: Any) -> str:
    """Return the address of a page."""
    return reverse(name, args=parts)


def card(title: str, *ways: Way, says: str, figure: str | int = "", missing: str = "") -> Card:
    """Return a card whose button leads the first of these ways that leads somewhere; ``missing`` is not here yet."""
    way = next((one for one in ways if one.to), None)
    return Card(title=title, figure=str(figure), says=says, missing=missing, way=way)
