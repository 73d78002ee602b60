"""What an office does with accounts, and an owner with their password: each act with its event in one transaction."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet

from yucai.errors import Fault, FaultyInputError, YucaiError
from yucai.texts import Text
from yucai.web.accounts.access import may_run_accounts, run_accounts
from yucai.web.accounts.audit import note
from yucai.web.accounts.keys import digest_of, new_token
from yucai.web.accounts.models import Account, Charge, Group, Person, Space
from yucai.web.accounts.sessions import end_sign_ins
from yucai.web.accounts.sign_in_models import OneTimeLink, SignIn
from yucai.web.accounts.token_models import ApiToken
from yucai.web.accounts.tokens import end_tokens
from yucai.web.accounts.tries import clear_tries

__all__ = [
    "LINK_HOURS", "AccountWanted", "LastDirectorError", "LinkOverError", "NewLink", "add_account", "change_password",
    "end_everywhere", "link_behind", "make_link", "set_password_by_link", "switch_off", "switch_on",
]  # fmt: skip

LINK_HOURS: Final = 48
NAME: Final = re.compile(r"[\w.@+-]{1,150}")
CHARGED: Final = (Account.Role.TEACHER, Account.Role.MENTOR)
TAKEN: Final = Text("The account name “{name}” is taken. Choose another.", "账号“{name}”已被使用，请另取一个。")
BAD_NAME: Final = Text(
    "“{name}” cannot be an account name. Use letters, digits and @ . + - _ only, at most 150 of them.",
    "“{name}”不能用作账号。只可使用字母、数字与 @ . + - _，最多 150 个。",
)
NO_PERSON: Final = Text(
    "Nobody on record in this institution has the number “{code}”. Look at the class list, or open the account later.",
    "本机构没有学号为“{code}”的人员。请核对名单，或稍后再开设此账号。",
)
HAS_ONE: Final = Text(
    "Number “{code}” has the account “{name}” already. Make a link for that one.",
    "学号“{code}”已有账号“{name}”。请为该账号生成链接。",
)
NEEDS_PERSON: Final = Text("A student's account needs the student's number.", "学生账号须填写学号。")
NOT_CHARGED: Final = Text(
    "Only teachers and mentors are in charge of groups. Choose no group, or another role.",
    "只有教师与导师负责群组。请不要选择群组，或改选角色。",
)


class LinkOverError(YucaiError):
    """A link was used, is too old, was replaced, or never existed; which of these is not said."""

    says = Text(
        "This link does not open any more. Each works once and for a short time. Ask the office for a new one.",
        "此链接已失效。每个链接只能使用一次，且有时限。请向管理办公室索取新链接。",
    )
    exit_code = 77


class LastDirectorError(YucaiError):
    """Without this account nobody could run an institution."""

    says = Text(
        "“{name}” is the last director of {space} who can sign in, and stays on. Open an account for another first.",
        "“{name}”是 {space} 最后一位可登录的主任，不能停用。请先开设另一个主任账号。",
    )
    exit_code = 65


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountWanted:
    """What is said of a new account."""

    username: str
    role: Account.Role
    name: Text
    groups: Sequence[Group] = ()
    person_code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLink:
    """A link just made; its token is known here and nowhere else."""

    link: OneTimeLink
    token: str


def _administered(account: Account, *, by: Account) -> Account:
    """Return an account, locked. Raises PermissionDenied unless all of its spaces are run by who asks.

    Who runs one of two institutions must not get into the other by a new password.
    """
    if not run_accounts(by).filter(pk=account.pk).exists():
        raise PermissionDenied
    return Account.objects.select_for_update().get(pk=account.pk)


@transaction.atomic
def add_account(*, wanted: AccountWanted, space: Space, by: Account, at: datetime) -> NewLink:
    """Open an account and return the link with which its owner sets the first password.

    Raises PermissionDenied for all but the directors of the space, FaultyInputError.
    """
    if not may_run_accounts(by, space):
        raise PermissionDenied
    person = Person.objects.filter(space=space, code=wanted.person_code).first() if wanted.person_code else None
    if faults := [*_faults(wanted, person)]:
        raise FaultyInputError(wanted.username, faults)
    account = Account(username=wanted.username, role=wanted.role, person=person)
    account.name_en, account.name_zh = wanted.name.en, wanted.name.zh
    account.set_unusable_password()
    account.save()
    account.spaces.add(space)
    Charge.objects.bulk_create(Charge(account=account, group=group) for group in wanted.groups)
    made = _new_link(account, by=by, at=at)
    note("account-opened", by=by, at=at, space=space, target=f"account:{account.pk}", detail={"role": wanted.role})
    return made


def _faults(wanted: AccountWanted, person: Person | None) -> Iterator[Fault]:
    named = {"name": wanted.username}
    if not NAME.fullmatch(wanted.username):
        yield Fault(code="bad-username", says=BAD_NAME, where="username", facts=named)
    elif Account.objects.filter(username__iexact=wanted.username).exists():
        yield Fault(code="taken", says=TAKEN, where="username", facts=named)
    if wanted.role == Account.Role.STUDENT and not wanted.person_code:
        yield Fault(code="needs-person", says=NEEDS_PERSON, where="person_code")
    if wanted.person_code and person is None:
        yield Fault(code="no-person", says=NO_PERSON, where="person_code", facts={"code": wanted.person_code})
    there = Account.objects.filter(person=person).first() if person is not None else None
    if there is not None:
        facts = {"code": wanted.person_code, "name": there.username}
        yield Fault(code="has-one", says=HAS_ONE, where="person_code", facts=facts)
    if wanted.groups and wanted.role not in CHARGED:
        yield Fault(code="not-charged", says=NOT_CHARGED, where="groups")


@transaction.atomic
def make_link(*, account: Account, by: Account | None, at: datetime) -> NewLink:
    """Make a link with which an account's owner sets a new password; earlier ones open nothing any more.

    ``by`` is None for the command line, whose user has the whole workspace. Raises PermissionDenied.
    """
    account = _administered(account, by=by) if by is not None else account
    made = _new_link(account, by=by, at=at)
    note("link-made", by=by, at=at, target=f"account:{account.pk}", detail={"link": made.link.pk})
    return made


def _new_link(account: Account, *, by: Account | None, at: datetime) -> NewLink:
    OneTimeLink.objects.filter(account=account, used_at=None, withdrawn_at=None).update(withdrawn_at=at)
    token = new_token()
    link = OneTimeLink.objects.create(
        account=account,
        digest=digest_of("one-time-link", token),
        made_by=by,
        made_at=at,
        expires_at=at + timedelta(hours=LINK_HOURS),
    )
    return NewLink(link=link, token=token)


def link_behind(token: str, *, at: datetime) -> OneTimeLink:
    """Return the link of a token while it opens. Raises LinkOverError; for a clock set back behind its making, too."""
    found = OneTimeLink.objects.filter(digest=digest_of("one-time-link", token)).select_related("account").first()
    if found is None or found.used_at or found.withdrawn_at or not found.made_at <= at < found.expires_at:
        raise LinkOverError
    if not found.account.is_active:
        raise LinkOverError
    return found


@transaction.atomic
def set_password_by_link(*, token: str, password: str, at: datetime) -> Account:
    """Set a password with a link, once; end every session and token of the account and forget its failed tries.

    Raises LinkOverError. The password was checked by the form.
    """
    link = link_behind(token, at=at)
    account: Account = Account.objects.select_for_update().get(pk=link.account_id)
    if not OneTimeLink.objects.filter(pk=link.pk, used_at=None, withdrawn_at=None).update(used_at=at):
        raise LinkOverError
    account.set_password(password)
    account.save(update_fields=["password"])
    clear_tries(account.username)
    end_sign_ins(_of(account), by=account, why=SignIn.Why.PASSWORD, at=at)
    end_tokens(account=account, by=account, why=ApiToken.Why.PASSWORD, at=at)
    note("password-set", by=account, at=at, target=f"account:{account.pk}", reason="link", detail={"link": link.pk})
    return account


@transaction.atomic
def change_password(*, account: Account, password: str, keep: int, at: datetime) -> None:
    """Change the password of an account and end all of its tokens, and its sessions but the one that asked.

    The old password and the new one were checked by the form.
    """
    account.set_password(password)
    account.save(update_fields=["password"])
    OneTimeLink.objects.filter(account=account, used_at=None, withdrawn_at=None).update(withdrawn_at=at)
    end_sign_ins(_of(account), by=account, why=SignIn.Why.PASSWORD, at=at, besides=[keep])
    end_tokens(account=account, by=account, why=ApiToken.Why.PASSWORD, at=at)
    note("password-changed", by=account, at=at, target=f"account:{account.pk}")


@transaction.atomic
def switch_off(*, account: Account, by: Account, at: datetime) -> None:
    """Switch an account off: its sessions and tokens end, its links open nothing, its records stay.

    Raises PermissionDenied, LastDirectorError.
    """
    spaces = list(Space.objects.filter(accounts=account).select_for_update().order_by("pk"))
    account = _administered(account, by=by)
    if account.role == Account.Role.DIRECTOR:
        _keep_a_director(account, spaces)
    account.is_active = False
    account.save(update_fields=["is_active"])
    OneTimeLink.objects.filter(account=account, used_at=None, withdrawn_at=None).update(withdrawn_at=at)
    end_sign_ins(_of(account), by=by, why=SignIn.Why.INACTIVE, at=at)
    end_tokens(account=account, by=by, why=ApiToken.Why.INACTIVE, at=at)
    note("account-off", by=by, at=at, target=f"account:{account.pk}")


def _keep_a_director(account: Account, spaces: Iterable[Space]) -> None:
    for space in spaces:
        others = Account.objects.filter(spaces=space, role=Account.Role.DIRECTOR, is_active=True)
        if not others.exclude(pk=account.pk).exists():
            raise LastDirectorError(name=account.username, space=space.name)


@transaction.atomic
def switch_on(*, account: Account, by: Account, at: datetime) -> None:
    """Switch an account on again; it signs in as before. Raises PermissionDenied."""
    account = _administered(account, by=by)
    account.is_active = True
    account.save(update_fields=["is_active"])
    note("account-on", by=by, at=at, target=f"account:{account.pk}")


@transaction.atomic
def end_everywhere(*, account: Account, by: Account, at: datetime) -> int:
    """End every session and token of an account for the office; return how many sessions. Raises PermissionDenied."""
    account = _administered(account, by=by)
    end_tokens(account=account, by=by, why=ApiToken.Why.OFFICE, at=at)
    return end_sign_ins(_of(account), by=by, why=SignIn.Why.ENDED_BY_OFFICE, at=at)


def _of(account: Account) -> QuerySet[SignIn]:
    return SignIn.objects.filter(account=account)
