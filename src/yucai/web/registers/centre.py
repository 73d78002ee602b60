"""What the trust centre links: one list, in which an address that does not exist is not shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django.urls import NoReverseMatch, reverse

from yucai.texts import Text
from yucai.web.accounts.models import Account, Space

__all__ = ["ENTRIES", "Entry", "Linked", "entries_for"]

Role = Account.Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One link: the name of the address, what it is called, what one finds there, for which roles.

    ``parts`` makes the parts of the address out of who asks; ``of_space`` links once for each institution, by its code.
    """

    address: str
    title: Text
    says: Text
    roles: tuple[Account.Role, ...]
    parts: Callable[[Account], dict[str, Any]] | None = None
    of_space: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """A link as it is shown; ``space`` where there is one for each institution."""

    address: str
    title: Text
    says: Text
    space: Text | None = None


EVERYBODY: Final = tuple(Role)
KEEPERS: Final = (Role.DIRECTOR, Role.OFFICER)


def _own(account: Account) -> dict[str, Any]:
    return {"pk": account.person_id}


ENTRIES: Final = (
    Entry(
        address="my_data", roles=(Role.STUDENT,), parts=_own, title=Text("My data", "我的数据"),
        says=Text("What is on record about me, and all of it as a file.", "关于我的全部记录，可下载带走。"),
    ),
    Entry(
        address="who_looked", roles=(Role.STUDENT,), parts=_own, title=Text("Who looked at me", "谁看过我"),
        says=Text("Everybody who opened something of mine, when, and what for.", "谁在何时、因何目的查看过我的信息。"),
    ),
    Entry(
        address="requests", roles=(Role.STUDENT,), title=Text("Correct, object, appeal", "更正、异议与申诉"),
        says=Text(
            "Have something put right, object to a result, see every step of it.",
            "要求更正、对结果提出异议，并查看每一步进展。",
        ),
    ),
    Entry(
        address="my_consents", roles=(Role.STUDENT,), title=Text("My consents", "我的同意"),
        says=Text(
            "What I am asked, one thing at a time; given and withdrawn with one click.",
            "逐项征求意见；一键同意，一键撤回。",
        ),
    ),
    Entry(
        address="notices", roles=EVERYBODY, title=Text("Notices", "告知书"),
        says=Text(
            "Who is responsible, what is held and what for, and everybody's rights.",
            "谁负责、保存什么、用于什么，以及各人的权利。",
        ),
    ),
    Entry(
        address="registers", roles=EVERYBODY, of_space=True, title=Text("Registers", "登记册"),
        says=Text(
            "Data sets, methods with their tested error, and processors.",
            "数据集、方法及其检验误差、受托处理者。",
        ),
    ),
    Entry(
        address="about_algorithms", roles=EVERYBODY, title=Text("Public page of algorithms", "算法公示页"),
        says=Text("What anybody may read without signing in.", "无需登录即可查阅。"),
    ),
    Entry(
        address="about_numbers", roles=EVERYBODY, title=Text("About the numbers", "数字说明"),
        says=Text("How numbers come about, and what they cannot say.", "数字如何得出，以及不能说明什么。"),
    ),
    Entry(
        address="consents_kept", roles=KEEPERS, of_space=True, title=Text("Consents", "同意管理"),
        says=Text("Texts in their versions; signed forms recorded.", "同意书各版本；登记签字表。"),
    ),
    Entry(
        address="notice_kept", roles=KEEPERS, of_space=True, title=Text("The notice of the institution", "单位告知书"),
        says=Text("Write it, publish it, see what changed.", "撰写、发布，查看变更。"),
    ),
    Entry(
        address="release_rules", roles=(Role.DIRECTOR, Role.RESEARCHER), of_space=True,
        title=Text("Rules of release", "发布规则"),
        says=Text("How many people a number must speak of before it leaves.", "数字须涉及多少人方可对外。"),
    ),
    Entry(
        address="requests", roles=KEEPERS, title=Text("Requests", "申请"),
        says=Text("Corrections, objections and appeals, with their clocks.", "更正、异议与申诉及其时限。"),
    ),
    Entry(
        address="minors", roles=(Role.OFFICER,), of_space=True, title=Text("Ages and minors", "年龄与未成年人"),
        says=Text(
            "Ages, guardians' consents, who may read, the yearly pack; the data of somebody who asks.",
            "年龄、监护人同意、查阅批准与年度材料；应本人要求查询数据。",
        ),
    ),
    Entry(
        address="erasures", roles=KEEPERS, of_space=True, title=Text("Erasure and retention", "删除与保存期限"),
        says=Text("Erasures with their proof, holds, and what is due.", "删除及其证明、保全与到期事项。"),
    ),
    Entry(
        address="research", roles=(Role.DIRECTOR, Role.RESEARCHER, Role.OFFICER), of_space=True,
        title=Text("Research exports", "研究数据导出"),
        says=Text("What left for research, under which conditions.", "哪些数据用于研究、条件如何。"),
    ),
    Entry(
        address="traits", roles=KEEPERS, of_space=True, title=Text("Protected traits", "受保护特征"),
        says=Text("What no model and no rule may use.", "模型与规则均不得使用的特征。"),
    ),
    Entry(
        address="outside_links", roles=(Role.DIRECTOR,), title=Text("Links for people outside", "外部人员链接"),
        says=Text("Who from outside opens which group, and until when.", "外部人员可打开哪个分组、到何时为止。"),
    ),
)  # fmt: skip


def entries_for(account: Account, spaces: list[Space]) -> list[Linked]:
    """Return the links of an account, in the order of the list; of an address that does not exist, none."""
    found = []
    for entry in ENTRIES:
        if account.role not in entry.roles:
            continue
        wheres: list[tuple[Space | None, dict[str, Any]]] = (
            [(space, {"code": space.code}) for space in spaces]
            if entry.of_space
            else [(None, entry.parts(account) if entry.parts else {})]
        )
        for space, parts in wheres:
            address = _address(entry.address, parts)
            if address:
                named = space.name if space is not None and len(spaces) > 1 else None
                found.append(Linked(address=address, title=entry.title, says=entry.says, space=named))
    return found


def _address(name: str, parts: dict[str, Any]) -> str:
    try:
        return reverse(name, kwargs=parts)
    except NoReverseMatch:
        return ""
