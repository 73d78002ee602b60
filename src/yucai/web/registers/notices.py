"""Notices: what an institution tells everybody whose data it holds, in versions, read before the pages open."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from yucai.errors import Fault, FaultyInputError
from yucai.texts import Text
from yucai.web.accounts.audit import note
from yucai.web.accounts.consents import may_keep_registers
from yucai.web.accounts.models import Account, Space
from yucai.web.bulk import read_moment
from yucai.web.formed import ask_formed
from yucai.web.registers.models import Notice, NoticeSeen

__all__ = ["MARK", "draft_notice", "latest_notice", "mark_read", "publish_news", "publish_notice", "unread_notices"]

EMPTY: Final = Text("Write the notice in both languages.", "请用两种语言填写告知书。")
CONTACT: Final = Text(
    "“{mark}” still stands in the text. Write who can be asked, and how.", "文中仍有“{mark}”，请写明联系人和联系方式。"
)
NAME: Final = Text("notice", "告知书")
MARK: Final = Text("[name, telephone, e-mail]", "【姓名、电话、邮箱】")
DRAFT: Final = Text(
    "Who is responsible. {space} is responsible for the data on these pages. They stay on its own machine.\n\n"
    "Whom to ask. The data protection officer: {mark}.\n\n"
    "What is held, and what for. {sources}\n\n"
    "Who sees it. You yourself; who teaches or guides you; who keeps the records. Every look is written down, and you "
    "can read who looked. Where a decision has to be announced in public, your name and number are masked, for a "
    "stated time; “My data” shows you what is public.\n\n"
    "What machines do. Methods draw profiles and choose test questions; each stands in the register of "
    "algorithms, with "
    "its tested error and a switch. A machine proposes; a named person decides and gives a reason.\n\n"
    "Your rights. You may see everything held about you, have it corrected, object to any result, take your data with "
    "you, and withdraw a consent with one click. Nothing gets worse for you because you ask.",
    "谁负责。{space}对本系统中的数据负责，数据存放在本单位自己的设备上。\n\n"
    "向谁咨询。个人信息保护负责人：{mark}。\n\n"
    "保存什么、用于什么。{sources}\n\n"
    "谁能查看。您本人；任课或指导您的人员；维护记录的人员。每次查阅都会留痕，您可以查看谁看过。"
    "决定须公示时，姓名与学号会部分隐去并限定期限；您可在“我的数据”中看到公示内容。\n\n"
    "机器做什么。系统用若干方法生成画像、选择测验题目；每种方法都列入算法登记册，注明检验误差并可停用。机器提出建"
    "议，由具名人员决定并说明理由。\n\n"
    "您的权利。您可以查看关于自己的全部信息，要求更正，对任何结果提出异议，带走自己的数据，并可一键撤回同意。提出"
    "请求不会给您带来任何不利。",
)
SOURCE: Final = Text("“{name}”: {purpose} (kept {months} months).", "“{name}”：{purpose}（保存 {months} 个月）。")
NOTHING: Final = Text("No data set is on record yet.", "目前尚未登记数据集。")


def draft_notice(space: Space) -> Text:
    """Return the text that comes with the product, filled with what the space says of itself and its data sets."""
    lines = [
        SOURCE.filled(name=one.name, purpose=one.purpose_said, months=one.retention_months)
        for one in space.sources.order_by("code")
    ] or [NOTHING]
    sources = Text(" ".join(line.en for line in lines), "".join(line.zh for line in lines))
    return DRAFT.filled(space=space.name, mark=MARK, sources=sources)


def latest_notice(space: Space, *, at: datetime) -> Notice | None:
    """Return the notice in force in a space, or None where none was published."""
    return Notice.objects.filter(space=space, since__lte=at).order_by("-version").first()


@transaction.atomic
def publish_notice(*, space: Space, body: Text, news: Text, by: Account | None, at: datetime) -> Notice:
    """Put a notice into force; everybody of the space is shown it once. Raises PermissionDenied, FaultyInputError."""
    if by is not None and not may_keep_registers(by, space):
        raise PermissionDenied
    if not (body.en.strip() and body.zh.strip()):
        raise FaultyInputError(NAME, [Fault(code="empty", says=EMPTY)])
    left = [mark for mark, text in ((MARK.en, body.en), (MARK.zh, body.zh)) if mark in text]
    if left:
        raise FaultyInputError(NAME, [Fault(code="no-contact", says=CONTACT, facts={"mark": mark}) for mark in left])
    return _put(space, body, news, by=by, at=at)


def publish_news(*, space: Space, news: Text, by: Account | None, at: datetime) -> Notice:
    """Put the notice in force into force anew, with what is new in it. Raises ValueError where there is none."""
    last = latest_notice(space, at=at)
    if last is None:
        raise ValueError("no notice is in force")
    return _put(space, last.body, news, by=by, at=at)


def _put(space: Space, body: Text, news: Text, *, by: Account | None, at: datetime) -> Notice:
    Space.objects.select_for_update(no_key=True).get(pk=space.pk)  # versions are numbered one after another
    last = Notice.objects.filter(space=space).order_by("-version").first()
    made = Notice.objects.create(
        space=space, version=last.version + 1 if last is not None else 1, body_en=body.en.strip(),
        body_zh=body.zh.strip(), news_en=news.en.strip(), news_zh=news.zh.strip(), since=at, made_by=by,
    )  # fmt: skip
    note("notice.published", by=by, at=at, space=space, target=f"notice:{made.pk}", detail={"version": made.version})
    return made


def unread_notices(account: Account, *, at: datetime) -> list[Notice]:
    """Return the notices in force in the spaces of an account that it has not said to have read."""

    def form(account_pk: int) -> QuerySet[Notice, Any]:
        seen = Exists(NoticeSeen.objects.filter(account=account_pk, notice=OuterRef("pk")))
        told = Notice.objects.filter(space__accounts=account_pk).order_by("version").annotate(told=seen)
        return told.values_list("space", "pk", "since", "told")

    # Every page asks it. The last of each space is in force.
    told = ask_formed("notices", form, (account.pk,))
    in_force = {space: (pk, seen) for space, pk, since, seen in told if read_moment(f"{since}") <= at}
    unread = [pk for pk, seen in in_force.values() if not seen]
    return list(Notice.objects.filter(pk__in=unread).select_related("space").order_by("pk")) if unread else []


@transaction.atomic
def mark_read(*, account: Account, notices: Iterable[int], at: datetime) -> None:
    """Record that an account read notices (numbers) that are unread; others are passed over."""
    wanted = set(notices)
    for one in unread_notices(account, at=at):
        if one.pk in wanted:
            NoticeSeen.objects.create(account=account, notice=one, at=at)
            note("notice.read", by=account, at=at, space=one.space_id, target=f"notice:{one.pk}")
