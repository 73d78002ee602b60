"""What is done to forwardings: declared, switched off and on. An address is taken by rules, a secret kept encrypted."""

from __future__ import annotations

import base64
import ipaddress
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction

from yucai.errors import Fault, FaultyInputError, YucaiError
from yucai.evidence import Version
from yucai.texts import Text
from yucai.web.accounts.models import Account
from yucai.web.records.credentials import server_key
from yucai.web.records.forwarding_models import Forwarding
from yucai.web.records.models import RecordCredential, RecordStore
from yucai.web.records.noting import record_event
from yucai.web.records.operating_models import RecordEvent

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

__all__ = [
    "Destination",
    "SecretUnreadableError",
    "StatementFilter",
    "UnknownForwardingError",
    "add_forwarding",
    "address_faults",
    "destination_of",
    "switch_off",
    "switch_on",
]

MOST_ADDRESS: Final = 1_000
MOST_LOGIN: Final = 200
IRI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+")
NO_ADDRESS: Final = Text(
    "“{address}” is no address of a record store. Write it as its keeper gave it, such as "
    "https://lrs.example.edu/xapi/.",
    "“{address}”不是记录库地址。请按对方提供的写法填写，如 https://lrs.example.edu/xapi/。",
)
NOT_SAFE: Final = Text(
    "“{address}” is not encrypted: key, secret and statements could be read on the way. Use https.",
    "“{address}”未加密，密钥与陈述可能在传输途中被读取。请使用 https。",
)
LOGIN_IN_ADDRESS: Final = Text(
    "The address holds a name or password. Take them out, and give them as key and secret.",
    "地址中含有用户名或密码。请去掉，改填为 key 与 secret。",
)
BAD_LOGIN: Final = Text(
    "The {name} must have 1 to 200 characters and no line break; a key has no colon.",
    "{name} 须为 1 至 200 个字符，不含换行；key 中不能有冒号。",
)
BAD_IRI: Final = Text("“{iri}” is no IRI. Copy it from a statement.", "“{iri}”不是 IRI。请从陈述中复制。")
OTHER_STORE: Final = Text("No credential of this store has the key “{key}”.", "此记录库没有 key 为“{key}”的凭据。")
DECLARED: Final = Text("forwarding {number} to {address}", "转发 {number}：{address}")
RESTS: Final = Text("forwarding {number} rests", "停用转发 {number}")
GOES_ON: Final = Text("forwarding {number} goes on", "恢复转发 {number}")
THING: Final = Text("The forwarding", "转发")


class UnknownForwardingError(YucaiError):
    """No forwarding has that number."""

    says = Text(
        "There is no forwarding {number}. See: yucai records forwardings",
        "没有编号为 {number} 的转发。请看：yucai records forwardings",
    )
    exit_code = 64


class SecretUnreadableError(YucaiError):
    """What is kept of the secret was encrypted with another key."""

    says = Text(
        "The secret of forwarding {number} cannot be read: the workspace has another secret key than when it was "
        "declared. Declare the forwarding again.",
        "无法读取转发 {number} 的 secret：工作区的密钥与声明时不同。请重新声明此转发。",
    )
    exit_code = 65


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """The other store and how it is spoken to."""

    address: str
    version: Version
    key: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementFilter:
    """Which statements go on: those of one verb, about one activity, from one credential; empty is any."""

    verb: str = ""
    activity: str = ""
    credential: str = ""


def address_faults(address: str) -> list[Fault]:
    """Return why nothing is sent to an address: only https, and http within this machine, unless the operator lets."""
    facts = {"address": address[:100]}
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        return [Fault(code="no-address", says=NO_ADDRESS, facts=facts)]
    if "@" in parts.netloc:
        return [Fault(code="login-in-address", says=LOGIN_IN_ADDRESS)]
    plain = re.fullmatch(r"[!-~]+", address) and len(address) <= MOST_ADDRESS
    if parts.scheme not in ("http", "https") or not host or port == 0 or parts.query or parts.fragment or not plain:
        return [Fault(code="no-address", says=NO_ADDRESS, facts=facts)]
    if parts.scheme == "http" and not (_is_loopback(host) or settings.FORWARD_UNENCRYPTED):
        return [Fault(code="not-safe", says=NOT_SAFE, facts=facts)]
    return []


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@transaction.atomic
def add_forwarding(
    *, store: RecordStore, to: Destination, only: StatementFilter, by: Account | None, at: datetime
) -> Forwarding:
    """Declare that what a store holds, and what comes, goes on to another. Raises FaultyInputError with all faults."""
    address = to.address.strip().rstrip("/").removesuffix("/statements").rstrip("/")
    faults = address_faults(address)
    for name, value in (("key", to.key), ("secret", to.secret)):
        if not 1 <= len(value) <= MOST_LOGIN or not value.isprintable() or (name == "key" and ":" in value):
            faults.append(Fault(code="bad-login", says=BAD_LOGIN, where=name, facts={"name": name}))
    for name, iri in (("verb", only.verb), ("activity", only.activity)):
        if iri and not IRI.fullmatch(iri):
            faults.append(Fault(code="bad-iri", says=BAD_IRI, where=name, facts={"iri": iri[:100]}))
    credential = None
    if only.credential:
        credential = RecordCredential.objects.filter(store=store, key=only.credential).first()
        if credential is None:
            faults.append(Fault(code="other-store", says=OTHER_STORE, facts={"key": only.credential[:64]}))
    if faults:
        raise FaultyInputError(address or THING, faults)
    made = Forwarding.objects.create(
        store=store,
        address=address,
        version=to.version.value,
        key=to.key,
        secret=_box().encrypt(to.secret.encode()),
        verb=only.verb,
        activity=only.activity,
        credential=credential,
        created_by=by,
        created_at=at,
    )
    _note(made, DECLARED, by=by, at=at)
    return made


def _note(forwarding: Forwarding, detail: Text, *, by: Account | None, at: datetime) -> None:
    detail = detail.filled(number=forwarding.pk, address=forwarding.address)
    record_event(store=forwarding.store, kind=RecordEvent.Kind.CHANGED, by=by, at=at, detail=detail)


@transaction.atomic
def switch_off(*, number: int, by: Account | None, at: datetime) -> Forwarding:
    """Let a forwarding rest; it stays where it is. Raises UnknownForwardingError."""
    found = _switched(number, is_on=False)
    _note(found, RESTS, by=by, at=at)
    return found


@transaction.atomic
def switch_on(*, number: int, by: Account | None, at: datetime) -> Forwarding:
    """Let a forwarding go on at once, from where it stands, whoever held it. Raises UnknownForwardingError."""
    found = _switched(number, is_on=True)
    _note(found, GOES_ON, by=by, at=at)
    return found


def _switched(number: int, *, is_on: bool) -> Forwarding:
    found = Forwarding.objects.select_for_update().filter(pk=number).first()
    if found is None:
        raise UnknownForwardingError(number=number)
    found.is_on, found.next_at, found.n_tries, found.lease_until = is_on, None, 0, None
    found.save(update_fields=["is_on", "next_at", "n_tries", "lease_until"])
    return found


def destination_of(forwarding: Forwarding) -> Destination:
    """Return where a forwarding goes, its secret readable. Raises SecretUnreadableError."""
    from cryptography.fernet import InvalidToken

    try:
        secret = _box().decrypt(bytes(forwarding.secret)).decode()
    except InvalidToken:
        raise SecretUnreadableError(number=forwarding.pk) from None
    return Destination(
        address=forwarding.address, version=Version(forwarding.version), key=forwarding.key, secret=secret
    )


def _box() -> Fernet:
    from cryptography.fernet import Fernet

    return Fernet(base64.urlsafe_b64encode(server_key("records-forwarding")))
