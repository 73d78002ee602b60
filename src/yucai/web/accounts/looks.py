"""Who looked at a person, and what else the trail says of them: for the person, for staff, in the same words."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec
from django.db.models import Count

from yucai.texts import Text
from yucai.web.accounts.audit_models import AuditEntry
from yucai.web.accounts.models import Account, Person
from yucai.web.accounts.purposes import PAGES, Purpose

__all__ = ["OWN_AFFAIR", "Look", "last_looks", "last_looks_of_others", "looks_at", "what_words"]

COMMAND: Final = Text("command line of the office", "单位命令行")
FORMER: Final = Text("an account that is gone", "已注销的账号")
BY_PROGRAM: Final = Text("{what} (by a program)", "{what}（经由程序）")
ACTS: Final = {
    "comment.kept": Text("comment written and not sent yet", "写好评语（尚未发送）"),
    "comment.discarded": Text("comment thrown away unsent", "丢弃未发送的评语"),
    "comment.sent": Text("comment sent", "发送评语"),
    "comment.withdrawn": Text("comment withdrawn", "撤回评语"),
    "adaptive-test.opened": Text("adaptive test given", "安排自适应测验"),
    "next-step.marked": Text("next step marked", "标记下一步建议"),
    "next-steps.refused": Text("next steps of one's own refused", "拒绝个人建议"),
    "next-steps.wanted": Text("next steps of one's own wanted again", "恢复个人建议"),
    "support-case.opened": Text("case of a talk opened", "建立谈话记录"),
    "support-case.decided": Text("decision in a case of a talk", "谈话记录中的决定"),
    "support-case.withdrawn": Text("case of a talk taken back", "撤回谈话记录"),
    "own-work.decided": Text("decision on an own work", "核验个人成果"),
    "own-work.taken-back": Text("decision on an own work taken back", "撤销对个人成果的核验"),
    "own-work.added": Text("own work put in", "提交个人成果"),
    "own-work.named": Text("named as a maker of a work", "被列为成果合作者"),
    "own-work.answered": Text("answered to being named as a maker", "回应被列为成果合作者"),
    "own-work.withdrawn": Text("own work withdrawn", "撤回个人成果"),
    "talent-type.chosen": Text("talent type chosen", "选择人才类型"),
    "class-portraits.made": Text("portraits of a class written as one PDF", "生成全班画像 PDF"),
    "portrait.written": Text("portrait written as PDF", "生成画像 PDF"),
    "audit.person": Text("extract of the audit trail", "查阅留痕摘录"),
    "births.set": Text("date of birth entered", "登记出生日期"),
    "guardian.consented": Text("guardian's consent recorded", "登记监护人同意"),
    "guardian.withdrawn": Text("guardian's consent withdrawn", "撤回监护人同意"),
    "review-case.opened": Text("request opened", "提出申请"),
    "review-case.taken": Text("request taken in hand", "受理申请"),
    "review-case.decided": Text("request decided", "申请已处理"),
    "person.exported": Text("all data given out as a file", "全部数据已导出"),
    "person.taken-in": Text("data of another office taken in", "导入其他单位的数据"),
    "consent.given": Text("consent given", "作出同意"),
    "consent.withdrawn": Text("consent withdrawn", "撤回同意"),
    "announcement.lines-added": Text("put into a draft of an announcement", "列入公示草稿"),
    "announcement.line-dropped": Text("taken out of a draft of an announcement", "移出公示草稿"),
    "announcement.asked": Text("announcement handed over for approval", "公示提交审批"),
    "announcement.approved": Text("public announcement approved", "公示获批准"),
    "announcement.taken-down": Text("announcement taken down", "公示被撤下"),
    "announcement.line-taken-off": Text("line taken off an announcement", "公示中的一行被撤下"),
    "announcement.line-corrected": Text("line of an announcement corrected", "公示中的一行被更正"),
    "table.taken": Text("table given as an Excel file", "表格导出为 Excel"),
    "selection.run": Text("a rule for entry or exit simulated on the records", "按记录模拟运行进出规则"),
    "attainment.scores": Text("scores of a course entered for attainment", "录入课程成绩（用于达成度）"),
    "research.exported": Text("included in an export for research", "列入研究数据导出"),
    "erasure.asked": Text("erasure asked for", "申请删除"),
    "erasure.confirmed": Text("erasure confirmed", "删除申请已确认"),
    "erasure.withdrawn": Text("erasure called off", "删除申请已撤回"),
    "erasure.done": Text("erased", "已删除"),
    "audit.breach": Text("list of who was affected by a breach", "泄露影响人员清单"),
}


OWN_AFFAIR: Final = (
    "next-steps.refused",
    "next-steps.wanted",
)  # told to the person alone: nobody else has a use for it


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One event about a person. ``role`` and ``purpose`` are empty where nobody signed in."""

    position: int
    at: datetime
    who: Text
    role: str
    what: Text
    purpose: str
    refused: bool
    people: int  # how many people it was about: 1, or more where it was a list


def looks_at(
    person: Person, *, first: int = 0, most: int | None = None, besides: Collection[str] = (), before: int = 0
) -> list[Look]:
    """Return the events about a person, the latest first: looks and acts, also those that were refused.

    ``besides`` are acts that are left out; with ``before`` only what stands before that event of the trail is given.
    """
    found = AuditEntry.objects.filter(people__person=person).exclude(act__in=besides).order_by("-position")
    found = found.filter(position__lt=before) if before else found
    found = found.select_related("account")
    rows = list(found[first:] if most is None else found[first : first + most])
    sizes = _sizes([row.position for row in rows])
    return [_look(row, sizes[row.position]) for row in rows]


def last_looks(person: Person, *, most: int) -> list[Look]:
    """Return the latest looks at a person that were allowed."""
    allowed = AuditEntry.objects.filter(people__person=person, act="read", refused=False).order_by("-position")
    return [_look(row, 1) for row in allowed.select_related("account")[:most]]


def last_looks_of_others(person: Person, *, most: int) -> list[Look]:
    """Return the latest looks at a person that were allowed and not the person's own."""
    allowed = AuditEntry.objects.filter(people__person=person, act="read", refused=False)
    others = allowed.exclude(account_id__in=Account.objects.filter(person=person).values("pk"))
    return [_look(row, 1) for row in others.order_by("-position").select_related("account")[:most]]


def what_words(act: str, target: str) -> Text:
    """Return what was done in words: of a look the page, of an act its name; one without words stands as it is."""
    if act == "read" and target in PAGES:
        return PAGES[target].says
    plain = target or act
    return ACTS.get(act, Text(plain, plain))


def _with_file(what: Text, row: AuditEntry) -> Text:
    """Return what was looked at, and that it was given as a file where it was."""
    if row.act != "read" or row.detail == "{}" or msgspec.json.decode(row.detail).get("as") != "xlsx":
        return what
    return Text(f"{what.en}, as an Excel file", f"{what.zh}（Excel 文件）")


def _sizes(positions: list[int]) -> dict[int, int]:
    counted = AuditEntry.objects.filter(position__in=positions).annotate(n=Count("people"))
    return dict(counted.values_list("position", "n"))


def _look(row: AuditEntry, people: int) -> Look:
    account = row.account  # None where it is gone: the trail outlives it
    who = account.name if account is not None else COMMAND if row.account_id is None else FORMER
    what = what_words(row.act, row.target)
    return Look(
        position=row.position,
        at=row.at,
        who=who,
        role=str(account.get_role_display()) if account is not None else "",
        what=_with_file(BY_PROGRAM.filled(what=what) if _came_by_program(row) else what, row),
        purpose=str(Purpose(row.purpose).label) if row.purpose in Purpose.values else "",
        refused=row.refused,
        people=people,
    )


def _came_by_program(row: AuditEntry) -> bool:
    """Return whether an event was noted while a program asked with a token."""
    return '"via"' in row.detail and json.loads(row.detail).get("via") == "api"
