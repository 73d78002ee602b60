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

__all__ = [
    "LetterMissingError",
    "LiteracyRow",
    "PaperError",
    "PaperPartMissingError",
    "PortraitLabels",
    "PortraitPage",
    "PortraitRow",
    "PortraitWork",
    "portrait_pdf",
]
