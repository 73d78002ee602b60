"""The table that follows a chart: what the picture shows, for who does not see it."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ChartTable"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartTable:
    """What a chart shows, in words: the heads of the columns, and for each row its name and its other cells."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]
