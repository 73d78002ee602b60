"""A card of a home: one job, the sentence that matters today, and the one button."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import NoReverseMatch, reverse

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
    """Words of a button, and where it leads; nowhere where that page is not there yet."""

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
    """Return the address of a page, or nothing where no such page is installed."""
    try:
        return reverse(name, args=parts)
    except NoReverseMatch:
        return ""


def card(
    title: str, *ways: Way, says: str, figure: str | int = "", missing: str = "", whole: Way | None = None
) -> Card:
    """Return a card whose button leads the best way there is.

    ``whole`` does the whole job; where its page is not installed, the card says what is ``missing`` and offers the
    first of the other ways that leads somewhere.
    """
    if whole is not None and whole.to:
        return Card(title=title, figure=str(figure), says=says, missing="", way=whole)
    way = next((one for one in ways if one.to), None)
    return Card(title=title, figure=str(figure), says=says, missing=missing, way=way)
