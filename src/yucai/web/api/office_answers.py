"""The forms of answers about an office: who asks, institutions, registers, rules, and work that goes on."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from msgspec import Meta, Struct

from yucai.web.api.answers import Named

__all__ = [
    "Algorithms", "DataSet", "Job", "Me", "Method", "Notice", "OfficeAlgorithms", "OfficeRules", "Processor",
    "Registers", "Rule", "Rules", "Space", "Spaces", "Token",
]  # fmt: skip


class Token(Struct, frozen=True, kw_only=True):
    """The token that asks."""

    name: str
    scopes: list[str]
    expires_at: datetime


class Space(Struct, frozen=True, kw_only=True):
    """One institution that the account is let into."""

    code: str
    name: str
    simulated: bool
    framework: str
    attribution: str
    may_measure: bool


class Me(Struct, frozen=True, kw_only=True):
    """Who asks, and what this token may do at most."""

    username: str
    name: str
    role: Named
    person: Annotated[int | None, Meta(description="number of the learner who this account is")]
    token: Token


class Spaces(Struct, frozen=True, kw_only=True):
    """The institutions that the account is let into."""

    items: list[Space]


class DataSet(Struct, frozen=True, kw_only=True):
    """One data set: what it is for and on which basis."""

    id: int
    code: str
    name: str
    purpose: str
    read_for: list[Named]
    basis: str
    consent_code: str
    owner: str
    grade: str
    retention_months: int | None


class Method(Struct, frozen=True, kw_only=True):
    """One method that runs on people, and how it stands in an institution."""

    code: str
    name: str
    what: str
    why: str
    data: str
    tested: str
    version: str
    running: bool
    always: bool
    provisional: bool
    why_not: str
    owner: str


class Processor(Struct, frozen=True, kw_only=True):
    """Who outside handles data."""

    name: str
    what_for: str
    data_sets: str
    contract: str
    sub_processors: str
    on_leaving: str
    since: date


class Notice(Struct, frozen=True, kw_only=True):
    """The notice in force."""

    version: int
    since: datetime
    body: str


class Registers(Struct, frozen=True, kw_only=True):
    """Data sets, methods and processors of an institution, and its notice."""

    space: str
    data_sets: list[DataSet]
    methods: list[Method]
    processors: list[Processor]
    notice: Notice | None


class OfficeAlgorithms(Struct, frozen=True, kw_only=True):
    """Methods and processors of one institution."""

    space: Named
    methods: list[Method]
    processors: list[Processor]


class Algorithms(Struct, frozen=True, kw_only=True):
    """For anybody: methods and processors of each institution; nobody is named or counted."""

    items: list[OfficeAlgorithms]


class Rule(Struct, frozen=True, kw_only=True):
    """One rule and how many of how many can meet it, as far as that may be told."""

    code: str
    text: str
    open_to: int | None
    people: int | None
    reasons: list[str]


class OfficeRules(Struct, frozen=True, kw_only=True):
    """The rules of one institution."""

    space: Named
    rules: list[Rule]


class Rules(Struct, frozen=True, kw_only=True):
    """The rules that decide over people, of each institution of the account."""

    items: list[OfficeRules]


class Job(Struct, frozen=True, kw_only=True):
    """Work that takes longer than an answer: ask again until ``open`` is false."""

    id: int
    space: str
    kind: str
    state: Named
    open: bool
    progress: Annotated[float, Meta(description="from 0 to 1")]
    message: str
    alone: Annotated[bool, Meta(description="its worker does not answer; another takes it up")]
    asked_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
