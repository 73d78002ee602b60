"""The second factor: codes from a phone (RFC 6238), recovery codes, and which account needs one."""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime
from typing import Final

import pyotp
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction

from yucai.errors import YucaiError
from yucai.texts import Text
from yucai.web.accounts.access import run_accounts
from yucai.web.accounts.audit import note
from yucai.web.accounts.factor_models import CodeGenerator, Passkey, RecoveryCode
from yucai.web.accounts.keys import digest_of, seal, unseal
from yucai.web.accounts.models import Account
from yucai.web.accounts.sessions import end_sign_ins
from yucai.web.accounts.sign_in_models import SignIn
from yucai.web.accounts.token_models import ApiToken
from yucai.web.accounts.tokens import end_tokens

__all__ = [
    "FirstCodeError", "WrongCodeError", "begin_generator", "code_at", "confirm_generator", "first_codes", "has_factor",
    "lacks_factor", "remove_factors", "remove_passkey", "renew_codes", "settle_factor", "take_code",
]  # fmt: skip

STEP_SECONDS: Final = 30
STEPS_ASIDE: Final = 1  # a clock may be half a minute off
N_RECOVERY_CODES: Final = 10
LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"  # without 0 and o, 1, i and l
SHOWN_TWO_FACTORS: Final = (SignIn.Way.TWO_FACTORS, SignIn.Way.PASSKEY, SignIn.Way.SERVICE, SignIn.Way.DEMO)


class WrongCodeError(YucaiError):
    """A code is not the one asked for, or was used already."""

    says = Text(
        "This code is not right, or was used already. Wait for the next one of the application and look whether the "
        "clock of the phone is right, or use a recovery code.",
        "验证码不正确或已使用过。请等待应用显示下一个验证码，并核对手机时间；也可使用恢复码。",
    )


class FirstCodeError(WrongCodeError):
    """The first code, which shows that the phone has the secret, is wrong; there are no recovery codes yet."""

    says = Text(
        "This code is not right. Wait for the next one of the application and look whether the clock of the phone is "
        "right.",
        "验证码不正确。请等待应用显示下一个验证码，并核对手机时间。",
    )


def code_at(secret: str, step: int) -> str:
    """Return the six digits of a step of 30 seconds since 1970: HOTP with SHA-1 (RFC 4226) over the step (RFC 6238)."""
    return pyotp.TOTP(secret, interval=STEP_SECONDS).generate_otp(step)


def has_factor(account: Account) -> bool:
    """Return whether a password alone does not open an account."""
    confirmed = CodeGenerator.objects.filter(account=account, confirmed_at__isnull=False)
    return confirmed.exists() or Passkey.objects.filter(account=account).exists()


def lacks_factor(account: Account, row: SignIn) -> bool:
    """Return whether the office asks this role for a second factor and this sign-in showed none."""
    asked = account.role in settings.SIGN_IN.second_factor_for and account.has_usable_password()
    return asked and row.way not in SHOWN_TWO_FACTORS


def begin_generator(*, account: Account, at: datetime) -> tuple[str, str]:
    """Return the secret for an application on a phone and its address as a code to scan; nothing is asked for yet.

    A page that is opened again shows the same secret. Raises PermissionDenied where a generator is in use already.
    """
    row = CodeGenerator.objects.filter(account=account).first()
    if row is not None and row.confirmed_at is not None:
        raise PermissionDenied
    if row is None:
        sealed = seal("generator", pyotp.random_base32(32))
        row, _ = CodeGenerator.objects.get_or_create(account=account, defaults={"secret": sealed, "begun_at": at})
    secret = unseal("generator", row.secret)
    return secret, pyotp.TOTP(secret).provisioning_uri(name=account.username, issuer_name="Yucai")


@transaction.atomic
def confirm_generator(*, account: Account, code: str, row: SignIn, at: datetime) -> tuple[str, ...]:
    """Begin to ask an account for codes, and return its recovery codes where it had none.

    All other sessions end. Raises FirstCodeError.
    """
    generator = CodeGenerator.objects.select_for_update().filter(account=account, confirmed_at=None).first()
    if generator is None or not _take_step(generator, code, at=at):
        raise FirstCodeError
    CodeGenerator.objects.filter(pk=generator.pk).update(confirmed_at=at)
    codes = first_codes(account)
    settle_factor(account=account, row=row, kind="generator", at=at)
    return codes


def settle_factor(*, account: Account, row: SignIn, kind: str, at: datetime) -> None:
    """Write down a new factor, count this sign-in as one with two factors, and end all others, and tokens."""
    SignIn.objects.filter(pk=row.pk).update(way=SignIn.Way.TWO_FACTORS)
    others = SignIn.objects.filter(account=account)
    end_sign_ins(others, by=account, why=SignIn.Why.FACTOR, at=at, besides=[row.pk])
    end_tokens(account=account, by=account, why=ApiToken.Why.FACTOR, at=at)
    note("factor-set", by=account, at=at, target=f"account:{account.pk}", reason=kind)


def first_codes(account: Account) -> tuple[str, ...]:
    """Return ten recovery codes for an account that has none, and nothing for one that has."""
    return () if RecoveryCode.objects.filter(account=account).exists() else _drawn_codes(account)


@transaction.atomic
def renew_codes(*, account: Account, at: datetime) -> tuple[str, ...]:
    """Return ten new recovery codes; the earlier ones open nothing any more."""
    RecoveryCode.objects.filter(account=account).delete()
    codes = _drawn_codes(account)
    note("recovery-codes-made", by=account, at=at, target=f"account:{account.pk}")
    return codes


def _drawn_codes(account: Account) -> tuple[str, ...]:
    """Draw codes of 49 bits: with at most four tries an hour and account, a fast keyed hash is enough to keep."""
    codes = tuple("".join(secrets.choice(LETTERS) for _ in range(10)) for _ in range(N_RECOVERY_CODES))
    RecoveryCode.objects.bulk_create(RecoveryCode(account=account, digest=_digest(account, code)) for code in codes)
    return tuple(f"{code[:5]}-{code[5:]}" for code in codes)


def _digest(account: Account, code: str) -> str:
    return digest_of("recovery", f"{account.pk}\0{code}")


@transaction.atomic
def take_code(*, account: Account, code: str, at: datetime) -> str:
    """Take a code of the phone or a recovery code, each once; return which it was. Raises WrongCodeError."""
    said = "".join(code.split()).replace("-", "").lower()
    generator = CodeGenerator.objects.filter(account=account, confirmed_at__isnull=False).first()
    if generator is not None and len(said) == 6 and said.isdecimal():
        if not _take_step(generator, said, at=at):
            raise WrongCodeError
        return "generator"
    unused = RecoveryCode.objects.filter(account=account, digest=_digest(account, said), used_at=None)
    if not unused.update(used_at=at):
        raise WrongCodeError
    note("recovery-code-used", by=account, at=at, target=f"account:{account.pk}")
    return "recovery"


def _take_step(generator: CodeGenerator, code: str, *, at: datetime) -> bool:
    """Return whether a code is right and newer than all taken before; of two at once with one code, one is taken."""
    now, secret = int(at.timestamp()) // STEP_SECONDS, unseal("generator", generator.secret)
    steps = range(now - STEPS_ASIDE, now + STEPS_ASIDE + 1)
    right = [step for step in steps if hmac.compare_digest(code_at(secret, step).encode(), code.strip().encode())]
    return any(
        CodeGenerator.objects.filter(pk=generator.pk, last_step__lt=step).update(last_step=step) for step in right
    )


@transaction.atomic
def remove_passkey(*, account: Account, pk: int, at: datetime) -> None:
    """Remove one passkey of an account. Raises PermissionDenied for one of another."""
    if not Passkey.objects.filter(account=account, pk=pk).delete()[0]:
        raise PermissionDenied
    if not has_factor(account):
        RecoveryCode.objects.filter(account=account).delete()
    note("factor-removed", by=account, at=at, target=f"account:{account.pk}", reason="passkey")


@transaction.atomic
def remove_factors(*, account: Account, by: Account, at: datetime, keep: int = 0) -> None:
    """Remove phone, passkeys and recovery codes of an account and end its tokens, and its sessions but one.

    Done by the owner, or by the office for whoever lost them all. Raises PermissionDenied.
    """
    if by.pk != account.pk and not run_accounts(by).filter(pk=account.pk).exists():
        raise PermissionDenied
    for table in (CodeGenerator, Passkey, RecoveryCode):
        table.objects.filter(account=account).delete()
    SignIn.objects.filter(pk=keep, account=account).update(way=SignIn.Way.PASSWORD)
    rows = SignIn.objects.filter(account=account)
    end_sign_ins(rows, by=by, why=SignIn.Why.FACTOR, at=at, besides=[keep])
    end_tokens(account=account, by=by, why=ApiToken.Why.FACTOR, at=at)
    note("factor-removed", by=by, at=at, target=f"account:{account.pk}", reason="all")
