"""Figures as they stand in sentences and in files: the same text for the same number, wherever it is written."""

from __future__ import annotations

import math
from typing import Final

__all__ = ["figure", "fixed", "percent"]

DIGITS_IN_FILES: Final = 8
SMALLEST_PLAIN: Final = 1e-6  # what is smaller is written with a power of ten


def figure(value: float) -> str:
    """Return a number with three significant digits and a real minus sign.

    >>> figure(-15.60383), figure(0.0256), figure(13800.0), figure(0.0), figure(-2.5e-9)
    ('−15.6', '0.0256', '13,800', '0', '−2.5e−09')
    """
    if not math.isfinite(value):
        return "∞" if value > 0 else "—"
    rounded = float(f"{value:.3g}")
    if 0.0 < abs(rounded) < SMALLEST_PLAIN:
        return f"{rounded:.3g}".replace("-", "−")
    text = f"{abs(rounded):,.0f}" if abs(rounded) >= 1000 else f"{abs(rounded):.10f}".rstrip("0").rstrip(".")
    return f"−{text}" if rounded < 0 else text


def percent(share: float) -> str:
    """Return a share in per cent, without decimals from 10 % on.

    >>> percent(0.8), percent(0.0512), percent(-0.2)
    ('80 %', '5.1 %', '−20 %')
    """
    size = f"{abs(share) * 100:.0f}" if abs(share) >= 0.0995 else f"{abs(share) * 100:.1f}"
    return f"{'−' if share < 0 else ''}{size} %"


def fixed(value: float) -> float | None:
    """Return a number rounded to eight significant digits, so that its text is the same on every machine.

    >>> fixed(0.1 + 0.2), fixed(-0.0), fixed(math.inf)
    (0.3, 0.0, None)
    """
    if not math.isfinite(value):
        return None
    return float(f"{value:.{DIGITS_IN_FILES - 1}e}") + 0.0
