"""A certificate in words, for its page and for paper."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from yucai.texts import Text
from yucai.web.accounts.models import Account
from yucai.web.accounts.purposes import PAGES
from yucai.web.erasure.holdings import HOLDINGS
from yucai.web.erasure.models import PersonErasure
from yucai.web.erasure.sealing import certificate_of, seal_holds
from yucai.web.paper import FactSheet, SheetPart

__all__ = ["CertificateTold", "HoldingTold", "certificate_sheet", "certificate_told", "told_of"]

TITLE: Final = Text("Certificate of erasure", "个人信息删除证明")
WHAT: Final = {
    "research-export": Text("Research export {code}, for {recipient}", "研究导出 {code}，接收方：{recipient}"),
    "statements-export": Text("Export of statements {code}, for {recipient}", "陈述导出 {code}，接收方：{recipient}"),
    "forwarding": Text("Forwarded statements, to {recipient}", "转发的陈述，接收地址：{recipient}"),
    "file": Text("{page}, taken by {who} on {day}", "{page}，由{who}于 {day} 取走"),
}
DROP: Final = Text("; they drop {pseudonym}", "；请对方删除 {pseudonym}")
FOUND_NOTHING: Final = Text(
    "Afterwards every table and every file of the workspace was looked through: nothing was found.",
    "删除后逐表逐文件核查了整个工作区：未发现任何残留。",
)
FOUND: Final = Text("Afterwards still found in: {places}.", "删除后仍见于：{places}。")
PACKED: Final = Text("Packed files nobody could look into: {places}.", "无法查看的压缩文件：{places}。")
VACUUMED: Final = Text(
    "The file of the database was written anew, without what was deleted.", "数据库文件已重写，不含已删除内容。"
)
NOT_VACUUMED: Final = Text(
    "The file of the database could not be written anew just then; what was deleted was overwritten with zeros.",
    "当时未能重写数据库文件；已删除内容已用零覆盖。",
)
COMMON: Final = Text(
    "A name was too common to be looked for in the words of others.", "姓名过于常见，未在他人文字中查找。"
)
BACKUPS: Final = Text(
    "Backups of before still hold what was erased, until {day}. Whoever restores one erases again.",
    "此前的备份在 {day} 之前仍含有已删除的内容。恢复备份的人须再次删除。",
)
LABELS: Final = {
    "code": Text("Certificate", "证明编号"),
    "reason": Text("Reason", "原因"),
    "asked": Text("Asked by", "申请人"),
    "confirmed": Text("Confirmed by", "确认人"),
    "done": Text("Done", "完成时间"),
    "seal": Text("Seal", "封存码"),
}
WHAT_WENT: Final = Text("What went", "删除内容")
LOOKED: Final = Text("Looked through afterwards", "删除后的核查")
TELL: Final = Text("To be told", "须通知的接收方")
HEAD: Final = (Text("What", "内容"), Text("found", "发现"), Text("left", "留存"))
SEALED: Final = Text("No personal value stands on this sheet.", "本证明不含任何个人信息。")


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldingTold:
    """One kind of thing on a certificate."""

    says: Text
    how: Text
    found: int
    left: int
    stays: Text | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateTold:
    """A certificate in words; ``holds`` is whether it is as it was sealed."""

    lines: tuple[HoldingTold, ...]
    tell: tuple[Text, ...]
    looked: tuple[Text, ...]
    holds: bool


def certificate_told(erasure: PersonErasure) -> CertificateTold:
    """Return the certificate of an erasure that is done, in both languages."""
    told = certificate_of(erasure)
    known = {one.code: one for one in HOLDINGS}
    lines = tuple(
        HoldingTold(
            says=known[line["holding"]].says, how=known[line["holding"]].how, found=line["found"], left=line["left"],
            stays=known[line["holding"]].stays,
        )
        for line in told.get("holdings", ())
        if line["holding"] in known and (line["found"] or line["left"])
    )  # fmt: skip
    return CertificateTold(
        lines=lines, tell=told_of(told.get("tell", ())), looked=tuple(_looked(erasure, told)), holds=seal_holds(erasure)
    )


def _looked(erasure: PersonErasure, told: dict[str, Any]) -> list[Text]:
    looked, said = told.get("looked"), []
    if looked is not None:
        places = [*(place for place, _ in looked["tables"]), *looked["files"]]
        said.append(FOUND.filled(places=", ".join(places)) if places else FOUND_NOTHING)
        if looked["packed"]:
            said.append(PACKED.filled(places=", ".join(looked["packed"])))
        said.append(VACUUMED if told["database"].get("vacuumed") else NOT_VACUUMED)
        if told["names too common to look for"]:
            said.append(COMMON)
    if erasure.backups_until is not None:
        said.append(BACKUPS.filled(day=f"{erasure.backups_until:%Y-%m-%d}"))
    return said


def told_of(tell: Any) -> tuple[Text, ...]:
    """Return in words who got something of the person."""
    accounts = Account.objects.in_bulk([one["account"] for one in tell if one.get("account") is not None])
    said = []
    for one in tell:
        page, account = PAGES.get(one.get("page", "")), accounts.get(one.get("account") or 0)
        who = account.name if account is not None else Text("an account that is gone", "已注销的账号")
        facts = {"page": page.says if page else one.get("page", ""), "who": who, "day": str(one.get("at", ""))[:10]}
        text = WHAT[one["what"]].filled(code=one.get("code", ""), recipient=one.get("recipient", ""), **facts)
        if one.get("pseudonym"):
            drop = DROP.filled(pseudonym=one["pseudonym"])
            text = Text(text.en + drop.en, text.zh + drop.zh)
        said.append(text)
    return tuple(said)


def certificate_sheet(erasure: PersonErasure, *, language: str) -> FactSheet:
    """Return a certificate as it goes onto paper."""
    told, stamp = certificate_told(erasure), "%Y-%m-%d %H:%M UTC"
    decided = erasure.decided_by

    def say(text: Text) -> str:
        return text.in_language(language)

    asked = f"{say(erasure.asked_by.name)} · {erasure.asked_at:{stamp}}"
    confirmed = f"{say(decided.name)} · {erasure.decided_at:{stamp}}" if decided is not None else ""
    facts = {"code": erasure.code, "reason": erasure.reason, "asked": asked, "confirmed": confirmed,
             "done": f"{erasure.done_at:{stamp}}", "seal": erasure.seal}  # fmt: skip
    rows = tuple((f"{say(line.says)} — {say(line.how)}", str(line.found), str(line.left)) for line in told.lines)
    parts = [
        SheetPart(title=say(WHAT_WENT), head=tuple(map(say, HEAD)) if rows else (), rows=rows),
        SheetPart(title=say(LOOKED), said=tuple(map(say, told.looked))),
    ]
    if told.tell:
        parts.append(SheetPart(title=say(TELL), said=tuple(map(say, told.tell))))
    return FactSheet(
        language=language, title=say(TITLE), issuer=say(erasure.space.name), parts=tuple(parts), footer=say(SEALED),
        facts=tuple((say(LABELS[name]), value) for name, value in facts.items()),
    )  # fmt: skip
