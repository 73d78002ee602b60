"""Giving a person everything on record about them: one ZIP, and one event in the trail that says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils import translation
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from yucai.framework import load_framework
from yucai.texts import Text
from yucai.web.accounts.audit import note
from yucai.web.accounts.models import Account, Person
from yucai.web.evidence.uploads import upload_file
from yucai.web.paper import RecordPage, RecordSection, record_pdf
from yucai.web.rights.formats import TABLES, Cell, Row
from yucai.web.rights.gathering import PersonData, gather, row_counts
from yucai.web.rights.packing import pack

__all__ = ["PersonExport", "export_person", "paper_of"]

FRAMEWORKS: Final = ("nine-qualities", "ai-literacy")
YES: Final = Text("yes", "是")
NO: Final = Text("no", "否")
MOST_ON_PAPER: Final = 400  # rows of a table; all of them are in the ZIP
SHOWN: Final[Mapping[str, tuple[tuple[str, float], ...]]] = {
    # what of each table is printed, and how wide
    "groups": (("code", 2), ("name", 3), ("kind", 2), ("occasion", 2), ("outcome", 2)),
    "values": (("office", 2), ("occasion", 2), ("quality", 3), ("mean", 1), ("lower90", 1), ("upper90", 1),
               ("n_evidence", 1), ("enough", 1)),
    "records": (("item", 4), ("score", 1), ("max_score", 1), ("rater", 2), ("occasion", 2), ("source_file", 3),
                ("source_row", 1), ("replaced_by", 1)),
    "works": (("number", 1), ("title", 4), ("done_on", 2), ("state", 2), ("decided_by", 2), ("reason", 3)),
    "ratings": (("round", 3), ("rater", 2), ("criterion", 3), ("level", 1), ("remark", 3)),
    "answers": (("item", 3), ("occasion", 2), ("option", 1), ("chosen", 4)),
    "tests": (("test", 3), ("began_at", 2), ("ended_at", 2), ("answers", 1)),
    "counts": (("source", 2), ("verb", 5), ("times", 1)),
    "actors": (("source", 2), ("actor", 5)),
    "listed": (("as_of", 1), ("band", 1), ("reasons", 5), ("against", 4), ("step", 3)),
    "talk_cases": (("number", 1), ("opened_at", 2), ("reasons", 5), ("against", 4), ("state", 1), ("helped", 1)),
    "talk_decisions": (("case", 1), ("at", 2), ("kind", 1), ("by", 2), ("day", 2), ("said", 4), ("reason", 3)),
    "comments": (("author", 2), ("said", 6), ("sent_at", 2), ("withdrawn_at", 2)),
    "requests": (("number", 1), ("kind", 2), ("named", 4), ("state", 2), ("outcome", 2), ("reason", 3)),
    "announced": (("title", 4), ("name", 2), ("number", 2), ("outcome", 2), ("from_day", 2), ("until_day", 2)),
    "selected": (("rule", 4), ("as_of", 2), ("outcome", 2), ("place", 1), ("reasons", 5)),
    "consents": (("code", 2), ("version", 1), ("way", 2), ("given_at", 2), ("ended_at", 2)),
    "guardians": (("guardian", 2), ("shown", 2), ("reference", 2), ("given_on", 2), ("withdrawn_on", 2)),
    "traits": (("occasion", 2), ("trait", 2), ("value", 3)),
    "sources": (("name", 3), ("purpose", 4), ("legal_basis", 2), ("owner", 2), ("retention_months", 1)),
    "changes": (("field", 2), ("before", 3), ("after", 3)),
    "sign_ins": (("began_at", 2), ("way", 2), ("address", 2), ("browser", 4), ("ended_at", 2)),
    "tokens": (("name", 3), ("scopes", 4), ("made_at", 2), ("expires_at", 2), ("revoked_at", 2)),
    "looks": (("at", 2), ("who", 3), ("role", 2), ("what", 3), ("purpose", 2), ("refused", 1)),
}  # fmt: skip
HEADS: Final[Mapping[str, Text]] = {
    "code": Text("code", "代码"), "name": Text("name", "名称"), "kind": Text("kind", "类别"),
    "occasion": Text("term", "学期"), "outcome": Text("result", "结果"), "office": Text("office", "单位"),
    "quality": Text("quality", "素质"), "mean": Text("estimate", "估计值"), "lower90": Text("from", "下限"),
    "upper90": Text("to", "上限"), "n_evidence": Text("pieces", "证据数"), "enough": Text("enough", "是否足够"),
    "item": Text("task", "题目"), "score": Text("score", "得分"), "max_score": Text("of", "满分"),
    "rater": Text("rater", "评分人"), "source_file": Text("file", "来源文件"), "source_row": Text("row", "行"),
    "replaced_by": Text("replaced by", "被取代"), "number": Text("no.", "编号"), "title": Text("title", "标题"),
    "done_on": Text("day", "日期"), "state": Text("state", "状态"), "decided_by": Text("decided by", "处理人"),
    "reason": Text("reason", "理由"), "round": Text("round", "轮次"), "criterion": Text("criterion", "标准"),
    "level": Text("level", "等级"), "remark": Text("remark", "评语"), "option": Text("option", "选项"),
    "chosen": Text("chosen", "所选内容"), "test": Text("test", "测验"), "began_at": Text("began", "开始"),
    "ended_at": Text("ended", "结束"), "answers": Text("answers", "题数"), "source": Text("source", "来源"),
    "verb": Text("what was done", "行为"), "times": Text("times", "次数"), "actor": Text("known as", "身份标识"),
    "from_day": Text("public from", "公示起"), "until_day": Text("until", "公示至"),
    "author": Text("author", "作者"), "sent_at": Text("sent", "发送时间"),
    "withdrawn_at": Text("withdrawn", "撤回时间"),
    "named": Text("about", "事由"), "version": Text("version", "版本"), "way": Text("way", "方式"),
    "given_at": Text("given", "同意时间"), "guardian": Text("guardian", "监护人"),
    "shown": Text("shown by", "证明方式"),
    "reference": Text("reference", "存档编号"), "given_on": Text("given", "同意日期"),
    "withdrawn_on": Text("withdrawn", "撤回日期"), "trait": Text("what", "项目"), "value": Text("value", "内容"),
    "purpose": Text("for", "目的"), "legal_basis": Text("legal basis", "法律依据"), "owner": Text("owner", "责任方"),
    "retention_months": Text("months kept", "保存月数"), "field": Text("what", "项目"),
    "before": Text("before", "原值"),
    "after": Text("after", "新值"), "address": Text("from", "地址"), "browser": Text("browser", "浏览器"),
    "at": Text("when (UTC)", "时间（UTC）"), "scopes": Text("may", "权限"), "made_at": Text("made", "创建时间"),
    "expires_at": Text("until", "有效期至"), "revoked_at": Text("revoked", "吊销时间"),
    "who": Text("who", "谁"), "role": Text("role", "角色"),
    "as_of": Text("as of", "截至"), "band": Text("band", "分档"), "reasons": Text("reasons", "理由"),
    "against": Text("against it", "相反情况"), "step": Text("suggested", "建议"), "case": Text("case", "记录"),
    "opened_at": Text("opened", "建立时间"), "helped": Text("did it help", "是否有帮助"), "by": Text("by", "由谁"),
    "day": Text("day", "日期"), "said": Text("what was said", "内容"),
    "what": Text("what", "内容"), "refused": Text("refused", "被拒绝"),
    "rule": Text("rule", "规则"), "place": Text("place", "名次"),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonExport:
    """The ZIP, how many rows each table of it has, and the files of own works that were not on the disk."""

    content: bytes
    counts: Mapping[str, int]
    missing: tuple[str, ...]


@transaction.atomic
def export_person(person: Person, *, by: Account | None, language: str, at: datetime) -> PersonExport:
    """Return everything on record about a person, and note that it was given out. The caller decided who may.

    Raises PaperPartMissingError, PaperError.
    """
    data = gather(person)
    files, missing = _files(data)
    paper = paper_of(person, data, language=language, at=at)
    content = pack(data, files, paper=paper, office=person.space.name, at=at)
    detail = {"records": len(data.tables["records"]), "bytes": len(content)}
    note("person.exported", by=by, at=at, space=person.space_id, people=[person.pk], detail=detail)
    return PersonExport(content=content, counts=row_counts(data), missing=missing)


def _files(data: PersonData) -> tuple[dict[str, bytes], tuple[str, ...]]:
    found: dict[str, bytes] = {}
    missing: list[str] = []
    for sha256, _kind in data.files:
        place = upload_file(sha256)
        if place.is_file():
            found[sha256] = place.read_bytes()
        else:
            missing.append(sha256)
    return found, tuple(missing)


def paper_of(person: Person, data: PersonData, *, language: str, at: datetime) -> bytes:
    """Return the readable PDF of an export in the language of the reader."""
    tongue = "zh" if language.startswith("zh") else "en"
    with translation.override("zh-hans" if tongue == "zh" else "en"):
        return record_pdf(_page(person, data, tongue=tongue, at=at), at=at)


def _page(person: Person, data: PersonData, *, tongue: str, at: datetime) -> RecordPage:
    simulated = person.space.simulated
    printed = _("Made on %(at)s.") % {"at": f"{localtime(at):%Y-%m-%d %H:%M}"}
    born = f"{person.born:%Y-%m-%d}" if person.born else _("not asked")
    facts = (
        (_("Name"), person.name.in_language(tongue)), (_("Number"), person.code), (_("Entry year"), person.cohort),
        (_("Programme"), person.programme), (_("Date of birth"), born),
        (_("Statements of learning tools"), str(len(data.statements))),
    )  # fmt: skip
    return RecordPage(
        language=tongue,
        title=_("My data"),
        space=person.space.name.in_language(tongue),
        about=f"{person.name.in_language(tongue)} · {person.code}",
        banner=_("Simulated data: nobody on this page exists.") if simulated else "",
        lead=(
            _("Everything that is on record about this person here. The ZIP beside this page holds the same in full."),
            _("If something is wrong, ask for its correction; if you do not agree with a result, object to it."),
        ),
        facts=tuple(fact for fact in facts if fact[1]),
        sections=tuple(_section(name, data.tables[name], tongue) for name in SHOWN),
        printed=printed,
        page=_("Page {page} of {pages}"),
    )


def _section(name: str, rows: tuple[Row, ...], tongue: str) -> RecordSection:
    table, columns = TABLES[name], SHOWN[name]
    note_ = table.says.in_language(tongue) if rows else _("Nothing on record.")
    if len(rows) > MOST_ON_PAPER:
        note_ += " " + _("The last %(n)d of %(all)d; all are in the ZIP.") % {"n": MOST_ON_PAPER, "all": len(rows)}
    return RecordSection(
        title=table.title.in_language(tongue),
        note=note_,
        head=tuple(HEADS[column].in_language(tongue) for column, _width in columns),
        widths=tuple(width for _column, width in columns),
        rows=tuple(
            tuple(_shown(_cell_of(row, column, tongue)) for column, _width in columns)
            for row in rows[-MOST_ON_PAPER:]
        ),
    )  # fmt: skip


def _cell_of(row: Row, column: str, tongue: str) -> Cell:
    if column == "quality":
        return _qualities().get(str(row[column]), Text(str(row[column]), str(row[column]))).in_language(tongue)
    return row[column] if column in row else row[f"{column}_{tongue}"]


def _qualities() -> dict[str, Text]:
    """Return how the qualities of the frameworks that ship are called."""
    return {one.code: one.name for code in FRAMEWORKS for one in load_framework(code).qualities}


def _shown(cell: Cell) -> str:
    if isinstance(cell, bool):
        return (YES if cell else NO).in_language(translation.get_language() or "en")
    if isinstance(cell, float):
        return f"{round(cell, 2) + 0:g}"  # never -0
    text = "" if cell is None else str(cell)
    return text[:16].replace("T", " ") if len(text) > 24 and text[10:11] == "T" and text[:4].isdigit() else text
