"""What is done to stores and credentials: made, given out, taken back."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec
from django.db import transaction

from yucai.errors import Fault, FaultyInputError, YucaiError
from yucai.evidence import Version
from yucai.texts import Text
from yucai.web.accounts.models import Account, Space
from yucai.web.records.credentials import SCOPES, forget_credentials, secret_hash
from yucai.web.records.following import start_again
from yucai.web.records.models import RecordCredential, RecordStore
from yucai.web.records.noting import record_event
from yucai.web.records.operating_models import RecordEvent

__all__ = [
    "MOST_LIMITS",
    "NewCredential",
    "StoreSettings",
    "UnknownCredentialError",
    "UnknownStoreError",
    "add_credential",
    "add_store",
    "change_store",
    "close_store",
    "open_store",
    "revoke",
    "settings_of",
    "take_again",
    "tool_of",
]

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
THING: Final = Text("The credential", "凭据")
NUL: Final = Text("“{name}” holds a NUL character. Leave it out.", "“{name}”含有 NUL 字符，请去掉。")
MOST_LIMITS: Final = {"most_bytes": 1_000_000_000, "most_statements": 100_000, "most_on_page": 5_000}
BAD_LIMIT: Final = Text("Write a whole number from 1 to {most}.", "请填写 1 至 {most} 的整数。")
BAD_TERM: Final = Text(
    "Write a number of months from 1 to 1200, or leave it empty to keep everything.",
    "请填写 1 至 1200 的月数；留空表示一直保留。",
)
SETTING: Final = Text("{name}: {before} → {after}", "{name}：{before} → {after}")
NAMES: Final = {
    "default_version": Text("default version", "默认版本"),
    "most_bytes": Text("bytes in a request", "单次请求字节数"),
    "most_statements": Text("statements in a request", "单次请求陈述数"),
    "most_on_page": Text("statements in an answer", "单次返回陈述数"),
    "keep_months": Text("months that statements are kept", "陈述保留月数"),
    "keep_documents_months": Text("months that documents are kept", "文档保留月数"),
}
WHOLE: Final = Text("from the beginning", "从头开始")
SINCE: Final = Text("what was stored since {at}", "自 {at} 起存入的内容")
AGAIN: Final = Text("{follower}: {what}", "{follower}：{what}")
NOTHING: Final = Text("", "")


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


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSettings:
    """What may be changed of a store: the version that answers where none is named, limits, and terms in months."""

    default_version: Version
    most_bytes: int
    most_statements: int
    most_on_page: int
    keep_months: int | None
    keep_documents_months: int | None


def _note(
    store: RecordStore,
    kind: RecordEvent.Kind,
    detail: Text,
    *,
    by: Account | None,
    at: datetime,
    credential: RecordCredential | None = None,
) -> None:
    record_event(store=store, kind=kind, by=by, at=at, credential=credential, detail=detail)


@transaction.atomic
def add_store(*, space: Space, code: str, version: Version, by: Account | None, at: datetime) -> RecordStore:
    """Make a record store in a space. Raises FaultyInputError."""
    if not CODE.fullmatch(code):
        raise FaultyInputError(code, [Fault(code="bad-code", says=BAD_CODE, facts={"code": code})])
    if RecordStore.objects.filter(code=code).exists():
        raise FaultyInputError(code, [Fault(code="taken", says=TAKEN, facts={"code": code})])
    store = RecordStore.objects.create(
        space=space, code=code, default_version=version.value, created_by=by, created_at=at
    )
    _note(store, RecordEvent.Kind.MADE, Text(f"xAPI {version.value}", f"xAPI {version.value}"), by=by, at=at)
    return store


def settings_of(store: RecordStore) -> StoreSettings:
    """Return the settings of a store."""
    return StoreSettings(
        default_version=Version(store.default_version),
        most_bytes=store.most_bytes,
        most_statements=store.most_statements,
        most_on_page=store.most_on_page,
        keep_months=store.keep_months,
        keep_documents_months=store.keep_documents_months,
    )


@transaction.atomic
def change_store(*, store: RecordStore, wanted: StoreSettings, by: Account | None, at: datetime) -> RecordStore:
    """Change the settings of a store and note what was changed. Raises FaultyInputError with all that is wrong."""
    faults = [
        Fault(code="bad-limit", says=BAD_LIMIT, where=name, facts={"most": most})
        for name, most in MOST_LIMITS.items()
        if not 1 <= getattr(wanted, name) <= most
    ]
    for name in ("keep_months", "keep_documents_months"):
        months = getattr(wanted, name)
        if months is not None and not 1 <= months <= 1200:
            faults.append(Fault(code="bad-term", says=BAD_TERM, where=name))
    if faults:
        raise FaultyInputError(store.code, faults)
    kept = RecordStore.objects.select_for_update().get(pk=store.pk)
    before, changed = settings_of(kept), []
    for name, title in NAMES.items():
        was, now = getattr(before, name), getattr(wanted, name)
        if was != now:
            changed.append((title, was or "–", now or "–"))
            setattr(kept, name, now.value if isinstance(now, Version) else now)
    if not changed:
        return kept
    kept.save(update_fields=[*NAMES])
    told = [
        "; ".join(
            SETTING.in_language(language, name=title.in_language(language), before=_value(was), after=_value(now))
            for title, was, now in changed
        )
        for language in ("en", "zh")
    ]
    _note(kept, RecordEvent.Kind.CHANGED, Text(*told), by=by, at=at)
    return kept


def _value(found: object) -> str:
    return found.value if isinstance(found, Version) else str(found)


@transaction.atomic
def close_store(*, store: RecordStore, by: Account | None, at: datetime) -> None:
    """Let a store take nothing any more; what is in it is still given."""
    if RecordStore.objects.filter(pk=store.pk, closed_at__isnull=True).update(closed_at=at, closed_by=by):
        _note(store, RecordEvent.Kind.CLOSED, NOTHING, by=by, at=at)


@transaction.atomic
def open_store(*, store: RecordStore, by: Account | None, at: datetime) -> None:
    """Let a store that was closed take statements again."""
    if RecordStore.objects.filter(pk=store.pk, closed_at__isnull=False).update(closed_at=None, closed_by=None):
        _note(store, RecordEvent.Kind.OPENED, NOTHING, by=by, at=at)


@transaction.atomic
def take_again(*, store: RecordStore, follower: str, since: datetime | None, by: Account | None, at: datetime) -> None:
    """Put a follower back, so that it takes again what was stored since a time, or everything."""
    start_again(store, follower, since=since)
    what = WHOLE if since is None else SINCE.filled(at=f"{since:%Y-%m-%d %H:%M} UTC")
    told = [AGAIN.in_language(one, follower=follower, what=what.in_language(one)) for one in ("en", "zh")]
    _note(store, RecordEvent.Kind.TAKEN_AGAIN, Text(*told), by=by, at=at)


def tool_of(credential: RecordCredential) -> str:
    """Return how the tool of a credential is called."""
    authority: dict[str, Any] = msgspec.json.decode(credential.authority)
    return str(authority["account"]["name"])


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
    if "\0" in name:
        faults.append(Fault(code="nul", says=NUL, facts={"name": name.replace("\0", "")}))
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
    _note(store, RecordEvent.Kind.CREDENTIAL, NOTHING, by=by, at=at, credential=credential)
    return NewCredential(credential=credential, secret=secret)


@transaction.atomic
def revoke(*, key: str, by: Account | None, at: datetime) -> RecordCredential:
    """Take a credential back; what it stored stays. Raises UnknownCredentialError."""
    credential = RecordCredential.objects.select_for_update().filter(key=key, revoked_at__isnull=True).first()
    if credential is None:
        raise UnknownCredentialError(key=key[:64])
    credential.revoked_at, credential.revoked_by = at, by
    credential.save(update_fields=["revoked_at", "revoked_by"])
    _note(credential.store, RecordEvent.Kind.REVOKED, NOTHING, by=by, at=at, credential=credential)
    transaction.on_commit(forget_credentials)
    return credential
