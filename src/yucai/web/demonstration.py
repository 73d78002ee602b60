"""Fills a new workspace with the two demonstration spaces: a real university and a simulated college."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from yucai.texts import Text
from yucai.web.accounts.models import Account

__all__ = ["fill_college", "fill_university", "make_demo_accounts"]

BY: Final = "yucai demo"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoAccount:
    """One of the accounts shown on the start page."""

    username: str
    role: Account.Role
    name: Text
    spaces: tuple[str, ...]


COLLEGE: Final = "demo-college"
UNIVERSITY: Final = "open-university"
DEMO_ACCOUNTS: Final = (
    DemoAccount(
        username="director",
        role=Account.Role.DIRECTOR,
        name=Text("Director Lin (demo)", "林院长（演示）"),
        spaces=(COLLEGE, UNIVERSITY),
    ),
    DemoAccount(
        username="teacher", role=Account.Role.TEACHER, name=Text("Teacher Zhao (demo)", "赵老师（演示）"), spaces=(COLLEGE,)
    ),
    DemoAccount(username="student", role=Account.Role.STUDENT, name=Text("", ""), spaces=(COLLEGE,)),
    DemoAccount(
        username="mentor",
        role=Account.Role.MENTOR,
        name=Text("Mentor Qian from industry (demo)", "钱导师·企业（演示）"),
        spaces=(COLLEGE,),
    ),
    DemoAccount(
        username="researcher",
        role=Account.Role.RESEARCHER,
        name=Text("Institutional research, Sun (demo)", "孙老师·质评中心（演示）"),
        spaces=(COLLEGE, UNIVERSITY),
    ),
    DemoAccount(
        username="bureau", role=Account.Role.BUREAU, name=Text("Bureau officer Zhou (demo)", "周科长·教育局（演示）"), spaces=(COLLEGE,)
    ),
)  # fmt: skip
