"""The audit trail by command: look whether it holds, take an anchor, let go of what is too old."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from yucai.errors import YucaiError
from yucai.governance import ChainFault, ChainVerdict, read_anchors
from yucai.texts import Text
from yucai.web.commands.refusals import OutputExistsError
from yucai.web.commands.starting import now, person_named, space_named, start
from yucai.web.workspace import FolderNotWritableError

__all__ = [
    "PersonLooks",
    "SourcePurposes",
    "TrailAnchored",
    "TrailRetained",
    "TrailVerified",
    "anchor_audit_trail",
    "anchor_when_due",
    "extract_audit_of_person",
    "read_purposes_of_source",
    "retain_audit_trail",
    "verify_audit_trail",
]

LOGGER = logging.getLogger("yucai.jobs")
EVERY: Final = 24 * 3600.0  # seconds between two anchors that the worker keeps in the workspace
AFTER_FAILURE: Final = 600.0
HOLDS: Final = Text(
    "The audit trail holds: {events} events up to number {last}; {agreed} anchors agree.",
    "审计记录完整：共 {events} 个事件，至第 {last} 号；{agreed} 个锚点吻合。",
)
BROKEN: Final = Text(
    "The audit trail does not hold. {fault} The {events} events before that hold. Keep the database as it is, and "
    "compare it with a backup.",
    "审计记录不完整。{fault}此前的 {events} 个事件完好。请保持数据库原样，并与备份比对。",
)
STEPS: Final = Text(
    "The clock was set back before event {numbers}; the order of events is not touched by that.",
    "第 {numbers} 号事件之前时钟曾被拨回；事件顺序不受影响。",
)
PASSED: Final = Text(
    "{n} anchors are older than what is kept and were not compared.", "{n} 个锚点早于现存部分，未作比对。"
)
ANCHORED: Final = Text(
    "{line}\nKeep this line where nobody who can write to the records can change it: on paper, or with another office.",
    "{line}\n请将此行保存在能改动记录库的人无法更改之处：纸质存档，或交由其他部门保管。",
)
WENT: Final = Text(
    "{events} events written before {before} were let go; event {next} and all later ones are kept.",
    "已清除 {before} 之前写入的 {events} 个事件；第 {next} 号及以后的事件保留。",
)
WOULD_GO: Final = Text(
    "{events} events written before {before} would be let go. Dry run, nothing was changed.",
    "将清除 {before} 之前写入的 {events} 个事件。试运行，未作任何改动。",
)
SHAPE: Final = "{at} UTC  {who}{role}  {what}  {purpose}{refused}"
REFUSED: Final = Text("  refused: nothing was shown", "  已拒绝：未显示任何内容")
NOBODY: Final = Text("Nobody has looked at {learner}.", "没有人看过 {learner}。")
LOOKS: Final = Text("{n} events about {learner}, the latest first:", "关于 {learner} 的事件共 {n} 个，最近的在前：")
NOTHING: Final = Text("No event was written before {before}; all are kept.", "没有 {before} 之前写入的事件；全部保留。")


class AnchorsMissingError(YucaiError):
    """The file of anchors cannot be read."""

    says = Text(
        "“{file}” cannot be read. Name a text file of anchors, one a line, as “yucai audit anchor” prints them.",
        "“{file}”无法读取。请指定锚点文本文件，每行一个，内容即“yucai audit anchor”的输出。",
    )
    exit_code = 66


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailVerified:
    """What the look at the audit trail gave."""

    events: int
    last: int
    fault: ChainFault | None
    clock_steps: tuple[int, ...]
    anchors: int
    passed_over: int

    def in_language(self, language: str) -> str:
        """Return whether it holds, else where it first does not and how; then what is to know besides."""
        facts = {"events": f"{self.events:,}", "last": f"{self.last:,}"}
        if self.fault is None:
            lines = [HOLDS.in_language(language, **facts, agreed=self.anchors)]
        else:
            lines = [BROKEN.in_language(language, **facts, fault=self.fault.says.in_language(language))]
        if self.clock_steps:
            numbers = ("、" if language == "zh" else ", ").join(str(one) for one in self.clock_steps)
            lines.append(STEPS.in_language(language, numbers=numbers))
        if self.passed_over:
            lines.append(PASSED.in_language(language, n=self.passed_over))
        return "\n".join(lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailAnchored:
    """An anchor of the trail."""

    line: str
    position: int
    file: Path | None

    def in_language(self, language: str) -> str:
        """Return the line that is to be kept."""
        return ANCHORED.in_language(language, line=self.line)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailRetained:
    """What of the trail was let go, or would be."""

    events: int
    up_to: int
    before: str
    dry_run: bool

    def in_language(self, language: str) -> str:
        """Return one sentence."""
        says = NOTHING if not self.events else WOULD_GO if self.dry_run else WENT
        return says.in_language(language, events=f"{self.events:,}", before=self.before, next=f"{self.up_to + 1:,}")


class UnknownSourceError(YucaiError):
    """No data set of that code."""

    says = Text(
        "There is no source “{source}” in “{space}”. There are: {known}.",
        "“{space}”中没有名为“{source}”的来源。现有：{known}。",
    )
    exit_code = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcePurposes:
    """What a data set may be read for."""

    source: str
    purposes: tuple[str, ...]
    dry_run: bool

    def in_language(self, language: str) -> str:
        """Return one sentence."""
        says = Text("“{source}” may be read for: {purposes}.", "“{source}”可用于以下目的的查阅：{purposes}。")
        listed = ", ".join(self.purposes)
        return says.in_language(language, source=self.source, purposes=listed)


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonLook:
    """One event about a person, in the words of the page."""

    position: int
    at: str
    who: Text
    role: Text
    what: Text
    purpose: Text
    refused: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonLooks:
    """Who looked at a person, for what, and what else the trail says of them."""

    learner: str
    looks: tuple[PersonLook, ...]

    def in_language(self, language: str) -> str:
        """Return a line for each event."""
        if not self.looks:
            return NOBODY.in_language(language, learner=self.learner)
        lines = [LOOKS.in_language(language, n=len(self.looks), learner=self.learner)]
        for one in self.looks:
            role = one.role.in_language(language)
            line = SHAPE.format(
                at=one.at,
                who=one.who.in_language(language),
                role=f" ({role})" if role else "",
                what=one.what.in_language(language),
                purpose=one.purpose.in_language(language) or "-",
                refused=REFUSED.in_language(language) if one.refused else "",
            )
            lines.append(line)
        return "\n".join(lines)


def verify_audit_trail(workspace: Path, *, anchors: Path | None) -> TrailVerified:
    """Look through the audit trail, compared with the anchors of the workspace and those in a file.

    Raises AnchorsMissingError, AnchorUnreadableError.
    """
    office = start(workspace)
    from yucai.web.accounts.audit import verify_trail
    from yucai.web.governance.trail import anchors_beside

    known = [*anchors_beside(office.folder), *(read_anchors(_text_of(anchors)) if anchors is not None else [])]
    verdict: ChainVerdict = verify_trail(anchors=known)
    return TrailVerified(
        events=verdict.events,
        last=verdict.head.position,
        fault=verdict.fault,
        clock_steps=verdict.clock_steps,
        anchors=verdict.agreed,
        passed_over=verdict.passed_over,
    )


def _text_of(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise AnchorsMissingError(file=file) from problem


def anchor_audit_trail(workspace: Path, *, to: Path | None, at: datetime) -> TrailAnchored:
    """Return the end of the trail as an anchor, kept in the workspace and, with ``to``, in a new file outside.

    Raises OutputExistsError, FolderNotWritableError.
    """
    office = start(workspace)
    from yucai.web.governance.trail import keep_anchor

    if to is not None and to.exists():
        raise OutputExistsError(file=to)
    anchor = keep_anchor(office.folder, at=at)
    if to is not None:
        try:
            to.write_text(f"{anchor.line}\n", encoding="utf-8")
        except OSError as problem:
            raise FolderNotWritableError(folder=to.parent, reason=problem.strerror or problem) from problem
    return TrailAnchored(line=anchor.line, position=anchor.position, file=to)


def extract_audit_of_person(workspace: Path, learner: str, *, space: str | None, at: datetime) -> PersonLooks:
    """Return who looked at a person, from the trail; the extract is itself an event of it.

    Raises UnknownLearnerError, SeveralLearnersError, UnknownSpaceError.
    """
    start(workspace)
    from django.utils import translation

    from yucai.web.accounts.audit import note
    from yucai.web.accounts.looks import looks_at

    person = person_named(learner, space=space)
    said = {}
    for language in ("en", "zh-hans"):
        with translation.override(language):
            said[language] = [(one.role, one.purpose) for one in looks_at(person)]
    looks = tuple(
        PersonLook(
            position=one.position,
            at=f"{one.at:%Y-%m-%d %H:%M:%S}",
            who=one.who,
            role=Text(role, role_zh),
            what=one.what,
            purpose=Text(purpose, purpose_zh),
            refused=one.refused,
        )
        for one, (role, purpose), (role_zh, purpose_zh) in zip(
            looks_at(person), said["en"], said["zh-hans"], strict=True
        )
    )
    note("audit.person", by=None, at=at, space=person.space, people=[person.pk])
    return PersonLooks(learner=person.code, looks=looks)


def read_purposes_of_source(
    workspace: Path, code: str, *, space: str | None, purposes: Sequence[str], dry_run: bool, at: datetime
) -> SourcePurposes:
    """Say what a data set may be read for; with ``purposes``, state that anew.

    Raises UnknownSourceError, UnknownSpaceError, SeveralSpacesError, FaultyInputError.
    """
    start(workspace)
    from yucai.web.evidence.models import DataSource
    from yucai.web.evidence.read_purposes import purposes_of
    from yucai.web.registers.data_sets import change_purposes

    into = space_named(space)
    source = DataSource.objects.filter(space=into, code=code).first()
    if source is None:
        codes = ", ".join(DataSource.objects.filter(space=into).order_by("code").values_list("code", flat=True))
        raise UnknownSourceError(source=code, space=into.code, known=codes or "-")
    if purposes and not dry_run:
        change_purposes(source=source, purposes=purposes, by=None, at=at)
        source.refresh_from_db()
    said = tuple(purposes) if purposes and dry_run else tuple(str(one) for one in purposes_of(source))
    return SourcePurposes(source=code, purposes=said, dry_run=dry_run)


def retain_audit_trail(workspace: Path, *, months: int, dry_run: bool, at: datetime) -> TrailRetained:
    """Let go of what is older than so many months. Raises TermTooShortError, TrailBrokenError."""
    start(workspace)
    from yucai.web.governance.trail import foresee_retention, retain

    done = foresee_retention(months=months, at=at) if dry_run else retain(months=months, by=None, at=at)
    return TrailRetained(events=done.events, up_to=done.up_to, before=f"{done.before:%Y-%m-%d}", dry_run=dry_run)


def anchor_when_due(due: float, *, folder: Path, clock: Callable[[], float]) -> float:
    """Keep an anchor in the workspace when it is time; return when the next one is due."""
    if clock() < due:
        return due
    from yucai.web.governance.trail import keep_anchor

    try:
        keep_anchor(folder, at=now())
    except Exception:  # the worker must outlive a full disk
        LOGGER.exception("no anchor of the audit trail could be kept")
        return clock() + AFTER_FAILURE
    return clock() + EVERY
