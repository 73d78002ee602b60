"""The period that one profile covers: a term as it was recorded, or the school year that it lies in."""

from __future__ import annotations

from typing import Final

import polars as pl

from yucai.web.accounts.models import Space

__all__ = ["period", "period_of"]

SCHOOL_YEAR_LENGTH: Final = len("2025-2026")


def period(space: Space) -> pl.Expr:
    """Return the period of each row of a table of responses."""
    occasion = pl.col("occasion")
    return occasion.str.slice(0, SCHOOL_YEAR_LENGTH) if _yearly(space) else occasion


def period_of(space: Space, occasion: str) -> str:
    """Return the period in which an occasion lies."""
    return occasion[:SCHOOL_YEAR_LENGTH] if _yearly(space) else occasion


def _yearly(space: Space) -> bool:
    return bool(space.period == Space.Period.SCHOOL_YEAR)
