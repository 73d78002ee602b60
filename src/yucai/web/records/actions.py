"""What is done to stores and credentials: made, given out, taken back."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec
from django.db import transaction

from yucai.errors import Fault, FaultyInputError, YucaiError
from yucai.evidence import Version
from yucai.texts import Text
from yucai.web.accounts.models import Account, Space
from yucai.web.records.credentials import SCOPES, forget_credentials, secret_hash
from yucai.web.records.models import RecordCredential, RecordStore

__all__ = ["NewCredential", "UnknownCredentialError", "UnknownStoreError", "add_credential", "add_store", "revoke"]

CODE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,49}")
BAD_CODE: Final = Text(
    "“{code}” cannot stand in an address. Use up to 50 letters, digits, - and _.",
    "“{code}”不能用于地址。请使用不超过 50 个字母、数字、- 或 _。",
)
TAKEN: Final = Text("There is a store “{code}” already. Choose another code.", "已有记录库“{code}”，请另选代码。")
BAD_SCOPE: Final = Text("There is no scope “{scope}”. There are: {known}.", "没有权限范围“{scope}”，可用：{known}。")
NO_SCOPE: Final = Text(
    "A credential needs at least one scope. There are: {known}.", "凭据至少需要一个权限范围：{known}。"
)
BAD_NAME: Final = Text("A credential needs a name of 1 to 100 characters.", "凭据需要 1 至 100 个字符的名称。")
BAD_HOME: Final = Text("“{home}” is no address of a web page.", "“{home}”不是网页地址。")
THING: Final = "credential"


class UnknownStoreError(YucaiError):
    """No store of that code."""

    says = Text(
        "There is no record store “{store}” here. There are: {known}.", "这里没有记录库“{store}”，现有：{known}。"
    )
    exit_code = 64


class UnknownCredentialError(YucaiError):
    """No credential of that key, or one revoked before."""

    says = Text(
        "No credential in force has the key “{key}”. Check it; it was shown when the credential was made.",
        "没有生效中的凭据使用 key“{key}”。请核对；创建凭据时曾显示过。",
    )
    exit_code = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCredential:
    """A credential that was made, and its secret, which is kept nowhere."""

    credential: RecordCredential
    secret: str


@transaction.atomic
def add_store(*, space: Space, code: str, version: Version, by: Account | None, at: datetime) -> RecordStore:
    """Make a record store in a space. Raises FaultyInputError."""
    if not CODE.fullmatch(code):
        raise FaultyInputError(code, [Fault(code="bad-code", says=BAD_CODE, facts={"code": code})])
    if RecordStore.objects.filter(code=code).exists():
        raise FaultyInputError(code, [Fault(code="taken", says=TAKEN, facts={"code": code})])
    return RecordStore.objects.create(
        space=space, code=code, default_version=version.value, created_by=by, created_at=at
    )


@transaction.atomic
def add_credential(
    *, store: RecordStore, name: str, home: str, scopes: tuple[str, ...], by: Account | None, at: datetime
) -> NewCredential:
    """Give out a key and a secret; statements sent with them carry the account ``name`` of ``home`` as authority.

    Raises FaultyInputError with all that is wrong.
    """
    known = ", ".join(SCOPES)
    faults = [
        Fault(code="bad-scope", says=BAD_SCOPE, facts={"scope": scope, "known": known})
        for scope in scopes
        if scope not in SCOPES
    ]
    if not scopes:
        faults.append(Fault(code="no-scope", says=NO_SCOPE, facts={"known": known}))
    if not 1 <= len(name.strip()) <= 100:
        faults.append(Fault(code="bad-name", says=BAD_NAME))
    if not re.fullmatch(r"https?://[^\s<>\"{}|\\^`]+", home):
        faults.append(Fault(code="bad-home", says=BAD_HOME, facts={"home": home}))
    if faults:
        raise FaultyInputError(name or THING, faults)
    key, secret = secrets.token_hex(12), secrets.token_hex(32)  # no dash: a program may take "-x" for an option
    authority = {"objectType": "Agent", "account": {"homePage": home, "name": name.strip()}}
    credential = RecordCredential.objects.create(
        store=store,
        key=key,
        secret_hash=secret_hash(key, secret),
        scopes=" ".join(sorted(set(scopes))),
        authority=msgspec.json.encode(authority).decode(),
        created_by=by,
        created_at=at,
    )
    return NewCredential(credential=credential, secret=secret)


@transaction.atomic
def revoke(*, key: str, by: Account | None, at: datetime) -> RecordCredential:
    """Take a credential back; what it stored stays. Raises UnknownCredentialError."""
    credential = RecordCredential.objects.select_for_update().filter(key=key, revoked_at__isnull=True).first()
    if credential is None:
        raise UnknownCredentialError(key=key[:64])
    credential.revoked_at, credential.revoked_by = at, by
    credential.save(update_fields=["revoked_at", "revoked_by"])
    transaction.on_commit(forget_credentials)
    return credential
