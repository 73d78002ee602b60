"""A research export as one archive: the table in three formats, and the sheet of use in both languages."""

from __future__ import annotations

import io
import json
import tempfile
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import polars as pl

from yucai.evidence import harmless, write_parquet, write_sheets
from yucai.texts import Text
from yucai.web.accounts.models import Space
from yucai.web.governance.research import QUASI_IDENTIFIERS, ResearchData
from yucai.web.paper import FactSheet, SheetPart, sheet_pdf

__all__ = ["research_archive", "research_sheet"]

TITLE: Final = Text("Sheet of data use", "数据使用单")
LABELS: Final = {
    "export": Text("Export", "导出编号"),
    "recipient": Text("For", "接收方"),
    "purpose": Text("What for", "使用目的"),
    "until": Text("Until", "使用期限"),
    "conditions": Text("Conditions", "使用条件"),
    "reference": Text("Signed agreement", "已签协议"),
    "at": Text("Made", "导出时间"),
}
IN_IT: Final = Text("What is in it", "数据内容")
RULES: Final = Text("How people are hidden", "个人如何被隐去")
NOT_DONE: Final = Text("What whoever holds it must not do", "使用者不得进行的操作")
SIZE: Final = Text(
    "{rows} row{rows:|s} of {people} people, each of whom consented to research and had not withdrawn.",
    "共 {rows} 行，涉及 {people} 人，均已同意用于研究且未撤回。",
)
COLUMNS: Final = Text("Columns: {columns}.", "列：{columns}。")
HIDDEN: Final = (
    Text(
        "No name, no number, no free text and no protected trait. Pseudonyms hold for this export alone; their key "
        "lies at the school, apart from the data, and is destroyed when the use ends.",
        "不含姓名、学号、自由文本和受保护特征。化名仅用于本次导出；密钥由学校另行保管，使用结束后销毁。",
    ),
    Text(
        "Dates are months. Scores are shares of the highest score, in steps of {step}.",
        "日期只到月份。得分为占满分的比例，以 {step} 为一档。",
    ),
    Text(
        "At least {k} people are alike in: {columns}; the smallest such crowd has {smallest}. Every item has at least "
        "{k} people. Source of {k}: {source}.",
        "{columns}相同者至少 {k} 人，最小一组为 {smallest} 人；每个题目至少涉及 {k} 人。{k} 的依据：{source}。",
    ),
)
OUT: Final = {
    "without scores": Text("{n} without scores", "没有得分：{n} 人"),
    "in no crowd": Text("{n} who hide in no crowd", "同组人数不足：{n} 人"),
    "newcomers who wait": Text("{n} newcomers who wait for others", "新同意、须等待他人：{n} 人"),
    "drawn by lot": Text("{n} drawn by lot, so that nobody who left stands alone", "为掩护退出者而随机不导出：{n} 人"),
    "alone in every item": Text("{n} of whose items too few others have", "所有题目人数均不足：{n} 人"),
}  # fmt: skip
LEFT_OUT: Final = Text("Left out: {what}.", "未导出：{what}。")
FORBIDDEN: Final = (
    Text("Look for who somebody is, or put the data together with others about people.",
         "查找任何人的身份，或与其他个人数据合并。"),
    Text(
        "Lay two exports beside each other: equal scores tell that two pseudonyms are one person.",
        "比对两次导出：相同的得分会显示两个化名为同一人。",
    ),
    Text("Hand it on, or keep it after the day above.", "转交他人，或在上述期限之后继续保存。"),
)  # fmt: skip
FOOTER: Final = Text("Pseudonymous data are personal data.", "化名数据仍属个人信息。")


def research_sheet(sheet: dict[str, Any], *, space: Space, language: str) -> FactSheet:
    """Return the sheet of use of an export in a language."""

    def say(text: Text, **facts: Any) -> str:
        return text.in_language(language, **facts)

    comma = "、" if language.startswith("zh") else ", "
    columns = comma.join(say(QUASI_IDENTIFIERS[name]) for name in sheet["quasi-identifiers"]) or "—"
    source = sheet["k source"]
    said_source = source["zh" if language.startswith("zh") else "en"] if isinstance(source, dict) else source
    facts = {"step": sheet["score step"], "k": sheet["k"], "columns": columns, "smallest": sheet["smallest crowd"],
             "source": said_source}  # fmt: skip
    hidden = [say(text, **facts) for text in HIDDEN]
    if sheet["left out"]:
        out = comma.join(say(OUT[why], n=n) for why, n in sorted(sheet["left out"].items()))
        hidden.append(say(LEFT_OUT, what=out))
    size = say(SIZE, rows=sheet["rows"], people=sheet["people"])
    return FactSheet(
        language=language,
        title=say(TITLE),
        issuer=say(space.name),
        facts=tuple((say(label), str(sheet[name])) for name, label in LABELS.items()),
        parts=(
            SheetPart(title=say(IN_IT), said=(size, say(COLUMNS, columns=", ".join(sheet["columns"])))),
            SheetPart(title=say(RULES), said=tuple(hidden)),
            SheetPart(title=say(NOT_DONE), said=tuple(map(say, FORBIDDEN))),
        ),
        footer=say(FOOTER),
    )


def research_archive(data: ResearchData, *, at: datetime) -> bytes:
    """Return the archive of an export; nothing of it is kept here. Raises NoRoomError, TooManyRowsError."""
    packed = io.BytesIO()
    with tempfile.TemporaryDirectory() as aside, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        folder = Path(aside)
        write_parquet(folder / "scores.parquet", data.table)
        write_sheets(folder / "scores.xlsx", {"scores": data.table})
        (folder / "scores.csv").write_bytes(b"\xef\xbb\xbf" + _harmless(data.table).write_csv().encode())
        for file in sorted(folder.iterdir()):
            archive.write(file, file.name)
        archive.writestr("sheet.json", json.dumps(data.sheet, ensure_ascii=False, indent=1, sort_keys=True))
        for language, name in (("en", "sheet-en.pdf"), ("zh", "sheet-zh.pdf")):
            sheet = research_sheet(data.sheet, space=data.export.space, language=language)
            archive.writestr(name, sheet_pdf(sheet, at=at))
    return packed.getvalue()


def _harmless(table: pl.DataFrame) -> pl.DataFrame:
    """Return a table in whose texts no spreadsheet finds anything to compute."""
    texts = [name for name, kind in table.schema.items() if kind == pl.String]
    return table.with_columns(
        pl.Series(name, [value and harmless(value) for value in table[name]], dtype=pl.String) for name in texts
    )
