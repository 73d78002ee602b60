"""Pages for paper: PDF made on our own machine, with Chinese fonts inside. All words come in already translated."""

from yucai.web.paper.book import portraits_as_one
from yucai.web.paper.notice import NoticeSheet, notice_pdf
from yucai.web.paper.portrait import (
    GrowthLine,
    LiteracyRow,
    PortraitLabels,
    PortraitPage,
    PortraitRow,
    PortraitWork,
    portrait_pdf,
)
from yucai.web.paper.record import RecordPage, RecordSection, record_pdf
from yucai.web.paper.sheet import FactSheet, SheetDrawing, SheetPart, SheetState, sheet_pdf
from yucai.web.paper.typesetting import LetterMissingError, PaperError, PaperPartMissingError

__all__ = [
    "FactSheet",
    "GrowthLine",
    "LetterMissingError",
    "LiteracyRow",
    "NoticeSheet",
    "PaperError",
    "PaperPartMissingError",
    "PortraitLabels",
    "PortraitPage",
    "PortraitRow",
    "PortraitWork",
    "RecordPage",
    "RecordSection",
    "SheetDrawing",
    "SheetPart",
    "SheetState",
    "notice_pdf",
    "portrait_pdf",
    "portraits_as_one",
    "record_pdf",
    "sheet_pdf",
]
