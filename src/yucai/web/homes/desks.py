"""Which homes there are, and who has which: nine users, served by seven roles.

A secretary, an adviser and an administrator have no role of their own. Each has a desk on the home of the role whose
rights they use; a desk shows what is there and grants nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from yucai.texts import Text
from yucai.web.accounts.access import visible_groups
from yucai.web.accounts.models import Account, Group
from yucai.web.homes.cards import Asked, Card
from yucai.web.homes.office import administrator_cards, director_cards, secretary_cards
from yucai.web.homes.outside import bureau_cards, officer_cards, research_cards
from yucai.web.homes.teaching import adviser_cards, mentor_cards, teacher_cards

__all__ = ["DESKS", "Desk", "desks_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The home of one user: what it is called, its three cards, and whose rights it uses where they are not its own."""

    code: str
    name: Text
    cards: Callable[[Asked], tuple[Card, ...]]
    note: Text | None = None


DIRECTOR: Final = Desk(code="director", name=Text("Director", "院长"), cards=director_cards)
SECRETARY: Final = Desk(
    code="secretary",
    name=Text("Secretary", "教学秘书"),
    cards=secretary_cards,
    note=Text(
        "A secretary has no role of its own yet. Files in, papers and tables out are all on this desk, also for the "
        "role of institutional research, which decides nothing. Whoever uses a director's account decides in the "
        "director's name.",
        "教学秘书目前没有单独的角色。导入文件、打印材料、导出表格都在此工作台；“院校研究人员”角色同样可用此台，且不能作出决定。"
        "若使用院长账号，所作决定即以院长名义。",
    ),
)
ADMINISTRATOR: Final = Desk(
    code="administrator",
    name=Text("Administrator", "系统管理员"),
    cards=administrator_cards,
    note=Text(
        "An administrator has no role of its own yet: accounts are opened by a director; backup, update and checks are "
        "commands on the machine and need no account here, and so no look at anybody's portrait.",
        "系统管理员目前没有单独的角色：账号由院长开设；备份、升级与检查均为服务器上的命令，无需在此登录，也就看不到任何人的画像。",
    ),
)
RESEARCH: Final = Desk(code="research", name=Text("Institutional research", "院校研究"), cards=research_cards)
TEACHER: Final = Desk(code="teacher", name=Text("Teacher", "任课教师"), cards=teacher_cards)
ADVISER: Final = Desk(
    code="adviser",
    name=Text("Adviser", "班导师"),
    cards=adviser_cards,
    note=Text(
        "An adviser is a teacher in charge of a class or of mentees: the same people, the same rights.",
        "班导师即负责某班或若干学生的教师：所见人员与权限相同。",
    ),
)
MENTOR: Final = Desk(code="mentor", name=Text("Mentor", "企业导师"), cards=mentor_cards)
BUREAU: Final = Desk(code="bureau", name=Text("Regional bureau", "地方主管部门"), cards=bureau_cards)
OFFICER: Final = Desk(code="officer", name=Text("Data protection", "个人信息保护"), cards=officer_cards)
DESKS: Final[Mapping[Account.Role, tuple[Desk, ...]]] = {
    Account.Role.DIRECTOR: (DIRECTOR, SECRETARY, ADMINISTRATOR),
    Account.Role.RESEARCHER: (RESEARCH, SECRETARY),
    Account.Role.TEACHER: (TEACHER, ADVISER),
    Account.Role.MENTOR: (MENTOR,),
    Account.Role.BUREAU: (BUREAU,),
    Account.Role.OFFICER: (OFFICER,),
    Account.Role.STUDENT: (),  # whose home is the map
}


def desks_of(account: Account) -> tuple[Desk, ...]:
    """Return the desks of an account, the one it starts at first: who is only in charge of mentees is an adviser."""
    desks = DESKS[Account.Role(account.role)]
    if TEACHER in desks:
        kinds = set(visible_groups(account).values_list("kind", flat=True))
        if kinds == {Group.Kind.MENTEES.value}:
            return desks[::-1]
    return desks
