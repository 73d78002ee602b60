"""Tokens for programs: made by the owner of an account, shown once, never able to do more than the account itself."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q
from django.utils.timezone import localdate

from yucai.errors import Fault, FaultyInputError
from yucai.texts import Text
from yucai.web.accounts.audit import note
from yucai.web.accounts.keys import digest_of, new_token
from yucai.web.accounts.models import Account
from yucai.web.accounts.outside_models import OutsideLink
from yucai.web.accounts.sign_in_models import SignIn
from yucai.web.accounts.token_models import ApiToken

__all__ = [
    "DEFAULT_DAYS", "MOST_DAYS", "MOST_DAYS_BY_SERVICE", "MOST_TOKENS", "SCOPES", "NewToken", "TokenWanted",
    "end_tokens", "make_token", "may_have_tokens", "most_days", "offered_scopes", "open_tokens", "revoke_token",
    "token_behind", "use_token",
]  # fmt: skip

START: Final = "yucai_"  # so that a program that looks for secrets in files knows one
DEFAULT_DAYS: Final = 90
MOST_DAYS: Final = 365
MOST_DAYS_BY_SERVICE: Final = 90  # nobody tells us when the school closes somebody's account there
MOST_TOKENS: Final = 20  # open at once
LONGEST: Final = 1_000  # characters of what is looked at
SHOWN_TWO_FACTORS: Final = (SignIn.Way.TWO_FACTORS, SignIn.Way.PASSKEY, SignIn.Way.SERVICE, SignIn.Way.DEMO)

SCOPES: Final[Mapping[str, Text]] = {
    "read:groups": Text("read groups and their figures", "读取班级、分组及其汇总数据"),
    "read:people": Text("list the people of a group with names and numbers", "列出分组成员（姓名、学号）"),
    "read:portraits": Text("read portraits, growth and next steps", "读取画像、成长与下一步建议"),
    "read:assessments": Text("read the figures of assessments", "读取考核统计"),
    "read:requests": Text("read requests and what was decided on them", "读取申请及处理结果"),
    "read:looks": Text("read who looked at a person", "读取“谁看过”记录"),
    "read:registers": Text("read registers and rules", "读取登记册与规则"),
    "read:jobs": Text("follow work that is going on", "查看任务进度"),
    "run:measure": Text("have the profiles computed anew, and call that off", "发起或取消画像重新计算"),
}
Role = Account.Role
LEARNERS: Final = ("read:portraits", "read:looks")
# What a role can use at all; a token of others is worth nothing, for the account itself is refused.
OF_ROLE: Final[Mapping[str, tuple[str, ...]]] = {
    Role.DIRECTOR: tuple(SCOPES),
    Role.RESEARCHER: tuple(name for name in SCOPES if name != "read:requests"),
    Role.TEACHER: ("read:groups", "read:people", *LEARNERS, "read:assessments", "read:registers"),
    Role.MENTOR: ("read:groups", "read:people", *LEARNERS, "read:registers"),
    Role.STUDENT: (*LEARNERS, "read:requests", "read:registers"),
    Role.BUREAU: ("read:groups", "read:registers"),
    Role.OFFICER: ("read:requests", "read:looks", "read:registers"),
}

NAME: Final = Text("token", "令牌")
NO_NAME: Final = Text("Say which program it is for.", "请填写用于哪个程序。")
LONG_NAME: Final = Text("The name has {n} characters; keep to 100.", "名称共 {n} 个字符；请不超过 100 个。")
NO_SCOPES: Final = Text("Choose what it may do; at least one.", "请至少选择一项权限。")
NOT_OFFERED: Final = Text(
    "“{scope}” is nothing that your account may give. Choose among: {offered}.",
    "您的账号不能授予“{scope}”。可选：{offered}。",
)
BAD_DAYS: Final = Text(
    "{days} days are not possible here; write a number from 1 to {most}.",
    "不能设为 {days} 天；请填写 1 到 {most} 的整数。",
)
TOO_MANY: Final = Text(
    "You have {most} open tokens. Revoke those that no program uses any more.",
    "您已有 {most} 个有效令牌。请先吊销不再使用的令牌。",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenWanted:
    """What is said of a new token."""

    name: str
    scopes: Collection[str]
    days: int = DEFAULT_DAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class NewToken:
    """A token just made; its value is known here and nowhere else."""

    token: ApiToken
    value: str


def may_have_tokens(account: Account) -> bool:
    """Return whether an account may make tokens: those of the office, and of students with a person on record.

    Whoever came by a link for one group has an account in name only.
    """
    if account.role == Role.STUDENT and account.person_id is None:
        return False
    return account.is_active and not OutsideLink.objects.filter(account=account).exists()


def offered_scopes(account: Account) -> tuple[str, ...]:
    """Return what tokens of an account may be given, in the order in which they are listed."""
    return OF_ROLE[Role(account.role)]


def most_days(way: str) -> int:
    """Return for how many days a token may hold that is made after a sign-in of this way."""
    return MOST_DAYS_BY_SERVICE if way == SignIn.Way.SERVICE else MOST_DAYS


@transaction.atomic
def make_token(*, account: Account, wanted: TokenWanted, way: str, at: datetime) -> NewToken:
    """Make a token. The caller saw to it that the owner showed who they are a short time ago.

    Raises PermissionDenied, FaultyInputError with all faults.
    """
    if not may_have_tokens(account):
        raise PermissionDenied
    account = Account.objects.select_for_update().get(pk=account.pk)  # of two at once the second counts the first
    faults = _faults(account, wanted, most=most_days(way), at=at)
    if faults:
        raise FaultyInputError(NAME, faults)
    value = START + new_token()
    scopes = [name for name in SCOPES if name in wanted.scopes]
    token = ApiToken.objects.create(
        account=account,
        name=wanted.name.strip(),
        digest=digest_of("api-token", value),
        scopes=" ".join(scopes),
        way=way,
        made_at=at,
        expires_at=at + timedelta(days=wanted.days),
    )
    detail: dict[str, str | int] = {"token": token.pk, "scopes": token.scopes, "days": wanted.days}
    note("api-token.made", by=account, at=at, target=f"account:{account.pk}", detail=detail)
    return NewToken(token=token, value=value)


def _faults(account: Account, wanted: TokenWanted, *, most: int, at: datetime) -> list[Fault]:
    faults, offered = [], offered_scopes(account)
    if not wanted.name.strip():
        faults.append(Fault(code="no-name", says=NO_NAME, where="name"))
    if len(wanted.name.strip()) > 100:
        faults.append(Fault(code="long-name", says=LONG_NAME, where="name", facts={"n": len(wanted.name.strip())}))
    if not wanted.scopes:
        faults.append(Fault(code="no-scopes", says=NO_SCOPES, where="scopes"))
    for scope in sorted(set(wanted.scopes) - set(offered)):
        facts = {"scope": scope, "offered": ", ".join(offered)}
        faults.append(Fault(code="not-offered", says=NOT_OFFERED, where="scopes", facts=facts))
    if not 1 <= wanted.days <= most:
        faults.append(Fault(code="bad-days", says=BAD_DAYS, where="days", facts={"days": wanted.days, "most": most}))
    if len(open_tokens(account, at=at)) >= MOST_TOKENS:
        faults.append(Fault(code="too-many", says=TOO_MANY, facts={"most": MOST_TOKENS}))
    return faults


def open_tokens(account: Account, *, at: datetime) -> list[ApiToken]:
    """Return the tokens of an account that still open something, the newest first."""
    open_ = Q(revoked_at=None, expires_at__gt=at)
    return list(ApiToken.objects.filter(open_, account=account).order_by("-made_at", "-pk"))


@transaction.atomic
def revoke_token(*, account: Account, pk: int, at: datetime) -> bool:
    """Revoke one's own token; return whether it was still open. Raises PermissionDenied for one of another."""
    if not ApiToken.objects.filter(account=account, pk=pk).exists():
        raise PermissionDenied
    return end_tokens(account=account, by=account, why=ApiToken.Why.OWNER, at=at, only=pk) == 1


def end_tokens(*, account: Account, by: Account | None, why: ApiToken.Why, at: datetime, only: int = 0) -> int:
    """End the tokens of an account, in the caller's transaction, each with an event of its own; return how many."""
    rows = ApiToken.objects.filter(account=account, revoked_at=None)
    ending = list((rows.filter(pk=only) if only else rows).select_for_update().order_by("pk"))
    ApiToken.objects.filter(pk__in=[row.pk for row in ending]).update(revoked_at=at, revoked_why=why)
    for row in ending:
        target = f"account:{account.pk}"
        note("api-token.revoked", by=by, at=at, target=target, reason=why, detail={"token": row.pk})
    return len(ending)


def token_behind(value: str, *, at: datetime) -> ApiToken | None:
    """Return the token of a value while it opens something, else None: unknown, over, revoked, its account off.

    One that was made with a password alone opens nothing where the office asks that role for a second factor by now.
    """
    if len(value) > LONGEST:
        return None
    found = ApiToken.objects.select_related("account").filter(digest=digest_of("api-token", value)).first()
    if found is None or found.revoked_at is not None or not found.made_at <= at < found.expires_at:
        return None
    account = found.account
    asked = account.role in settings.SIGN_IN.second_factor_for and account.has_usable_password()
    lacks = asked and found.way not in SHOWN_TWO_FACTORS
    nobody = account.role == Role.STUDENT and account.person_id is None
    return None if lacks or nobody or not account.is_active else found


def use_token(token: ApiToken, *, at: datetime) -> None:
    """Write down that a token was used on this day."""
    day = localdate(at)
    if token.used_on != day:
        ApiToken.objects.filter(pk=token.pk).update(used_on=day)
