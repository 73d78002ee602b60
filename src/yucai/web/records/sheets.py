"""The data sheet beside a pseudonymised export, as JSON and as a page to read in both languages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from yucai.texts import LANGUAGES, Text

__all__ = ["write_sheet"]

TITLE: Final = Text("Data sheet of export {export}", "数据导出说明 {export}")
LINES: Final = (
    (Text("Made", "时间"), "{at}"),
    (Text("From the record store", "来源记录库"), "{store}"),
    (Text("For whom", "接收方"), "{recipient}"),
    (Text("For what", "用途"), "{purpose}"),
    (Text("Consents", "同意依据"), "{consents}"),
    (Text("Statements", "陈述条数"), "{statements}"),
    (Text("People", "人数"), "{people}"),
    (Text("Statements left out", "未导出条数"), "{left_out}"),
    (Text("Columns checked", "检查的列"), "{columns}"),
    (Text("People who share the rarest combination", "最少见组合的人数"), "{smallest}"),
    (Text("Combinations below {k} people", "不足 {k} 人的组合数"), "{rare}"),
    (Text("Times", "时间精度"), "{times}"),
    (Text("Days by which each person's times are moved, at most", "个人时间平移天数上限"), "{shift_days}"),
    (Text("Key of the pseudonyms", "假名密钥"), "{key}"),
    (Text("Parts that went out besides", "另外导出的部分"), "{parts}"),
    (Text("Extensions that went out", "导出的扩展"), "{extensions}"),
    (Text("Addresses that went out as they are begin with", "原样导出的网址前缀"), "{addresses}"),
)
KNOWN: Final = {
    "exact": Text("exact", "原样"),
    "hour": Text("to the hour", "精确到小时"),
    "day": Text("to the day", "精确到日"),
    "asked here": Text(
        "only statements of people whose consent to research held on the day", "仅含导出当日仍同意用于研究者的陈述"
    ),
    "thrown away": Text("thrown away", "已销毁"),
    "kept by the office": Text("kept by the office", "由本单位保管"),
}
SAYS: Final = Text(
    "People are named by pseudonyms that hold within this export only. Names, mail addresses, accounts, attachments, "
    "free text and whatever is not named above stayed inside. Pseudonymised data are personal data: use them for the "
    "purpose above, do not join them with others to find out who somebody is, and delete them when it is reached.",
    "人员以仅在本次导出内有效的假名表示。姓名、邮箱、账号、附件、自由文本及上文未列明的内容均未导出。"
    "假名化数据仍属个人信息：只可用于上述用途，不得与其他数据关联以识别个人，用途达成后须删除。",
)


def write_sheet(folder: Path, sheet: dict[str, Any]) -> None:
    """Write the data sheet twice: for machines and for people."""
    (folder / "data-sheet.json").write_text(json.dumps(sheet, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    pages = [_page(sheet, language) for language in LANGUAGES]
    (folder / "data-sheet.md").write_text("\n".join(pages), encoding="utf-8")


def _page(sheet: dict[str, Any], language: str) -> str:
    rules, crowd = sheet["rules"], sheet["crowd"]
    facts = {**sheet, **rules, **crowd}
    facts |= {name: ", ".join(facts[name]) or "-" for name in ("parts", "extensions", "addresses", "columns")}
    facts["smallest"] = "-" if crowd["smallest"] is None else crowd["smallest"]
    facts["at"] = str(sheet["at"]).partition(".")[0].replace("T", " ") + " UTC"
    known = {name: KNOWN.get(facts[name]) for name in ("times", "key", "consents")}
    facts |= {name: words.in_language(language) for name, words in known.items() if words is not None}
    apart = ": " if language == "en" else "："
    lines = [f"# {TITLE.in_language(language, **facts)}", ""]
    lines += [f"- {words.in_language(language, **facts)}{apart}{value.format(**facts)}" for words, value in LINES]
    return "\n".join([*lines, "", SAYS.in_language(language), ""])
