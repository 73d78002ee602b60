"""What every chart shares: the faces of its words, and how a line of text stands."""

from __future__ import annotations

from typing import Final

__all__ = ["FONT", "MIDDLE_EM"]

FONT: Final = "'Noto Sans SC','PingFang SC','Microsoft YaHei','Noto Sans CJK SC','Source Han Sans SC',sans-serif"
"""Faces with Chinese that systems bring along. The first is the one our PDFs embed."""
MIDDLE_EM: Final = 0.36
"""From the middle of a line of text down to its baseline, in em; between Latin capitals (0.36) and Hanzi (0.38)."""
