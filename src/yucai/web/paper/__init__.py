"""Pages for paper: PDF made on our own machine, with Chinese fonts inside. All words come in already translated."""

from yucai.web.paper.portrait import (
    LetterMissingError,
    LiteracyRow,
    PaperError,
    PaperPartMissingError,
    PortraitLabels,
    PortraitPage,
    PortraitRow,
    PortraitWork,
    portrait_pdf,
)
from yucai.web.paper.sheet import FactSheet, SheetPart, sheet_pdf

__all__ = [
    "FactSheet",
    "LetterMissingError",
    "LiteracyRow",
    "PaperError",
    "PaperPartMissingError",
    "PortraitLabels",
    "PortraitPage",
    "PortraitRow",
    "PortraitWork",
    "SheetPart",
    "portrait_pdf",
    "sheet_pdf",
]
