"""The public page on paper, for the notice board: the same lines, and the last day in large letters."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from yucai.texts import Text
from yucai.web.paper import NoticeSheet, notice_pdf
from yucai.web.selection.showing import PublicLine, PublicPage

__all__ = ["announcement_pdf"]

UNTIL: Final = Text("Public until the end of {day}", "公示至 {day} 24:00")
BEGAN: Final = Text("public from", "公示起始")
RESTS: Final = Text("rests on", "依据")
OBJECT: Final = Text("objections", "异议")
OBJECT_UNTIL: Final = Text("until the end of {day}: {contact}", "{day} 24:00 前：{contact}")
OWN_PAGE: Final = Text(
    "Who stands here and has an account objects on the own page “My data”.",
    "名单中有账号的学生可在“我的数据”页提出异议。",
)
HEAD: Final = (Text("Name", "姓名"), Text("Number", "学号"), Text("Outcome", "结果"))
REVIEW: Final = Text("under review", "复核中")
SIMULATED: Final = Text("Simulated data: nobody on this page exists.", "模拟数据：本页人物均不存在。")
LEAST: Final = Text(
    "Names and numbers are masked on purpose. Take this sheet down when the time is over.",
    "姓名与学号已按规定部分隐去。公示期满请取下本页。",
)


def announcement_pdf(page: PublicPage, *, language: str, at: datetime) -> bytes:
    """Return the page as a PDF in a language. Raises PaperPartMissingError, PaperError, LetterMissingError."""

    def say(text: Text) -> str:
        return text.in_language(language)

    def outcome(line: PublicLine) -> str:
        marks = [say(line.outcome), *([say(line.corrected)] if line.corrected else [])]
        return " · ".join([*marks, *([say(REVIEW)] if line.under_review else [])])

    object_until = OBJECT_UNTIL.filled(day=f"{page.object_until:%Y-%m-%d}", contact=page.contact)
    sheet = NoticeSheet(
        language=language,
        title=say(page.title),
        issuer=say(page.issuer),
        banner=say(SIMULATED) if page.simulated else "",
        large=say(UNTIL.filled(day=f"{page.until_day:%Y-%m-%d}")),
        said=tuple(filter(None, (say(page.decided), say(page.corrected) if page.corrected else ""))),
        facts=(
            (say(RESTS), page.reference),
            (say(BEGAN), f"{page.from_day:%Y-%m-%d}"),
            (say(OBJECT), say(object_until)),
            ("", say(OWN_PAGE)),
        ),
        head=(say(HEAD[0]), say(HEAD[1]), say(HEAD[2])),
        rows=tuple((line.name, line.number, outcome(line)) for line in page.lines),
        footer=say(LEAST),
    )
    return notice_pdf(sheet, at=at)
