"""Whom an erasure is about: what tells the person, gathered once, kept sealed until the end."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import msgspec
from django.db.models import Q

from yucai.evidence import PersonTraces, traces_of
from yucai.web.accounts.keys import seal, unseal
from yucai.web.accounts.models import Account, Person
from yucai.web.erasure.models import PersonErasure
from yucai.web.evidence.models import OwnWork
from yucai.web.feeds.models import ActorDeclaration, FeedDeclaration

__all__ = ["Subject", "subject_of", "subject_sealed", "subject_unsealed", "tells_somebody", "traces_in"]

LABEL: Final = "person-erasure"
SHORTEST_NUMBER: Final = 6
SHORTEST_HAN: Final = 3


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """A person and all by which they are found. ``texts`` stand for nobody else; ``files`` are SHA-256 of works."""

    space: int
    person: int
    number: str
    names: tuple[str, ...]  # as they stand on record, whoever else is called so
    account: int | None = None
    username: str = ""
    mail: str = ""
    agents: tuple[dict[str, Any], ...] = ()
    keys: tuple[str, ...] = ()  # of ``actor_key``, as the office declared them
    files: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()


def subject_of(person: Person, *, texts: Iterable[str] = ()) -> Subject:
    """Return what tells a person now. ``texts`` are further ones that, as the office says, tell nobody else."""
    account = Account.objects.filter(person=person).first()
    names = tuple(dict.fromkeys(name for name in (person.name_zh, person.name_en) if name and name != person.code))
    username, mail = (account.username, account.email) if account is not None else ("", "")
    numbers = [word for word in (person.code, username) if _is_number(word)]
    told = [*numbers, *([mail] if mail else []), *(name for name in names if tells_somebody(name, person)), *texts]
    files = OwnWork.objects.filter(person=person).exclude(file_sha256="").values_list("file_sha256", flat=True)
    return Subject(
        space=person.space_id,
        person=person.pk,
        number=person.code,
        names=names,
        account=account.pk if account is not None else None,
        username=username,
        mail=mail,
        agents=tuple(_agents(person)),
        keys=tuple(ActorDeclaration.objects.filter(person=person).order_by("key").values_list("key", flat=True)),
        files=tuple(sorted(set(files))),
        texts=tuple(dict.fromkeys(text.strip() for text in told if text.strip())),
    )


def tells_somebody(name: str, person: Person) -> bool:
    """Return whether a name is long enough to stand for this person wherever it stands, and part of nobody else's.

    Two Chinese characters also begin the names of others, and stand in words; those the office has to say itself.
    """
    long_enough = " " in name.strip() if name.isascii() else len(name) >= SHORTEST_HAN
    called = Q(name_zh__icontains=name) | Q(name_en__icontains=name)
    others = Person.objects.filter(called, space=person.space_id).exclude(pk=person.pk)
    accounts = Account.objects.filter(called, spaces=person.space_id).exclude(person=person)
    return long_enough and not others.exists() and not accounts.exists()


def _is_number(word: str) -> bool:
    return "@" in word or (len(word) >= SHORTEST_NUMBER and any(sign.isdigit() for sign in word))


def _agents(person: Person) -> Iterable[dict[str, Any]]:
    """Yield the agents that the feeds of the space take for this person by number."""
    for pages, domains in FeedDeclaration.objects.filter(feed__space=person.space_id).values_list(
        "home_pages", "mail_domains"
    ):
        yield from ({"account": {"homePage": page, "name": person.code}} for page in pages)
        yield from ({"mbox": f"mailto:{person.code}@{domain}"} for domain in domains)


def traces_in(subject: Subject) -> PersonTraces:
    """Return by what to look for the person in statements, tables and files."""
    found = traces_of(subject.agents, texts=subject.texts)
    return PersonTraces(keys=found.keys | frozenset(subject.keys), texts=found.texts)


def subject_sealed(subject: Subject) -> str:
    """Return a subject so that neither the database nor a copy of it tells whom it is about."""
    return seal(LABEL, msgspec.json.encode(subject).decode())


def subject_unsealed(erasure: PersonErasure) -> Subject:
    """Return the subject that an erasure keeps while it is carried out."""
    return msgspec.json.decode(unseal(LABEL, erasure.subject), type=Subject)
