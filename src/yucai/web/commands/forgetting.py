"""A person erased from everything by command, and what is past its time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from yucai.errors import YucaiError
from yucai.texts import Text
from yucai.web.commands.refusals import UnknownAccountError
from yucai.web.commands.starting import now, person_named, space_named, start

if TYPE_CHECKING:
    from yucai.web.accounts.models import Account
    from yucai.web.erasure.models import PersonErasure
    from yucai.web.jobs.models import Job

__all__ = [
    "CertificatesChecked",
    "DataDue",
    "PersonErased",
    "PersonToErase",
    "check_erasure_certificates",
    "data_past_its_time",
    "erase_person",
]

DRY: Final = Text("Dry run, nothing was changed. This would go:", "试运行，未作任何改动。将会删除：")
DONE: Final = Text("Erased. This is gone:", "已删除。以下内容不复存在：")
STAYS: Final = Text("This stays: {what} ({n}), because {why}.", "予以保留：{what}（{n}）。原因：{why}。")
CERTIFICATE: Final = Text("Certificate {code}, sealed.", "删除证明 {code}，已封存。")
NOTHING: Final = Text(
    "Looked through every table and file: nothing of the person was found.", "已逐表逐文件核查：未发现此人的信息。"
)
STILL: Final = Text("Still found in: {places}. Look there, then erase again.", "仍见于：{places}。请检查后再次删除。")
PACKED: Final = Text("Packed files, not looked into: {places}.", "压缩文件，未查看：{places}。")
TELL: Final = Text(
    "{n} export{n:|s} or file{n:|s} with the person went out; the certificate says to whom. Tell them.",
    "有 {n} 份含此人信息的导出或文件已经发出，接收方见删除证明。请逐一通知。",
)
COMMON: Final = Text(
    "A name of the person is too common to be looked for in the words of others. Where a full name stands for nobody "
    "else, say it with --text.",
    "此人的姓名过于常见，未在他人文字中查找。如某一全名仅指此人，请用 --text 指明。",
)
BACKUPS: Final = Text(
    "Backups of before now still hold the person, until {day}. After restoring one, erase again.",
    "此前的备份在 {day} 之前仍含有此人信息。如恢复该备份，须再次删除。",
)
LINE: Final = Text("  {what}: {n}", "  {what}：{n}")
DUE: Final = Text(
    "{source}: {imports} import{imports:|s} since {oldest}, {scores} score{scores:|s}; kept for {months} months.",
    "{source}：{oldest} 以来 {imports} 次导入、得分 {scores} 个；保存期限 {months} 个月。",
)
TALKS_DUE: Final = Text(
    "{source}: {cases} case{cases:|s} and {lists} list{lists:|s} since {oldest}; kept for {months} months.",
    "{source}：{oldest} 以来 {cases} 条谈话记录、{lists} 份名单；保存期限 {months} 个月。",
)
HELD: Final = Text("  under a legal hold until it is lifted: {reason}", "  处于法定保全，解除前不得清理：{reason}")
NOT_DUE: Final = Text("Nothing is past its time.", "没有超过保存期限的数据。")


class NoDayError(YucaiError):
    """What was typed is no day."""

    says = Text(
        "“{given}” is no day. Write it like 2027-02-28: until when the last backup of before today is kept.",
        "“{given}”不是日期。请写成 2027-02-28 的形式：今天之前的备份最晚保存到哪一天。",
    )
    exit_code = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonToErase:
    """Who is erased, why, who asked and who confirmed (account names), and until when backups are kept."""

    number: str
    space: str | None
    reason: str
    asked_by: str
    confirmed_by: str
    backups_until: str
    texts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonErased:
    """What went or would go, with what stays, and what was found when everything was looked through."""

    gone: tuple[tuple[Text, int], ...]
    stays: tuple[tuple[Text, int, Text], ...]
    code: str
    still: tuple[str, ...]
    packed: tuple[str, ...]
    to_tell: int
    common: bool
    backups_until: str
    dry_run: bool

    def in_language(self, language: str) -> str:
        """Return all of it, line by line."""
        lines = [(DRY if self.dry_run else DONE).in_language(language)]
        lines += [LINE.in_language(language, what=what.in_language(language), n=n) for what, n in self.gone]
        for what, n, why in self.stays:
            facts = {"what": what.in_language(language), "n": n, "why": why.in_language(language)}
            lines.append(STAYS.in_language(language, **facts))
        if self.common:
            lines.append(COMMON.in_language(language))
        if self.to_tell:
            lines.append(TELL.in_language(language, n=self.to_tell))
        if not self.dry_run:
            lines.append(CERTIFICATE.in_language(language, code=self.code))
            still = STILL.in_language(language, places=", ".join(self.still)) if self.still else ""
            lines.append(still or NOTHING.in_language(language))
        if self.packed:
            lines.append(PACKED.in_language(language, places=", ".join(self.packed)))
        lines.append(BACKUPS.in_language(language, day=self.backups_until))
        return "\n".join(lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class DataDue:
    """The data sets of which something is past its time."""

    due: tuple[dict[str, Any], ...]

    def in_language(self, language: str) -> str:
        """Return one line a data set."""
        lines = []
        for one in self.due:
            words = TALKS_DUE if one["cases"] or one["lists"] else DUE
            lines.append(words.in_language(language, **one | {"source": one["source"].in_language(language)}))
            if one["hold"]:
                lines.append(HELD.in_language(language, reason=one["hold"]))
        return "\n".join(lines) or NOT_DUE.in_language(language)


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificatesChecked:
    """How many certificates there are, and what is wrong with them."""

    n: int
    faults: tuple[Text, ...]

    def in_language(self, language: str) -> str:
        """Return what was found."""
        said = Text(
            "{n} certificate{n:|s} looked at, {bad} not as sealed.", "已核对 {n} 份删除证明，{bad} 份与封存时不一致。"
        ).in_language(language, n=self.n, bad=len(self.faults))
        return "\n".join([*(fault.in_language(language) for fault in self.faults), said])


def erase_person(workspace: Path, wanted: PersonToErase, *, dry_run: bool, at: datetime) -> PersonErased:
    """Erase a person from everything that the workspace keeps, in the name of two accounts.

    Raises what asking, confirming and carrying out raise, UnknownLearnerError, UnknownAccountError, NoDayError.
    """
    start(workspace)
    from django.db import transaction

    from yucai.web.erasure.actions import ask_erasure, confirm_erasure
    from yucai.web.erasure.foreseeing import foresee

    person = person_named(wanted.number, space=wanted.space)
    until = _day(wanted.backups_until)
    if dry_run:
        foreseen = foresee(person, texts=wanted.texts)
        if foreseen.forbidden is not None:
            raise foreseen.forbidden
        return PersonErased(
            gone=tuple((line.holding.says, line.n) for line in foreseen.goes),
            stays=tuple((line.holding.says, line.n, line.holding.stays or Text("", "")) for line in foreseen.stays),
            code="", still=(), packed=(), to_tell=len(foreseen.to_tell), common=bool(foreseen.names_left),
            backups_until=wanted.backups_until, dry_run=True,
        )  # fmt: skip
    asker, confirmer = _account(wanted.asked_by), _account(wanted.confirmed_by)
    with transaction.atomic():  # where the second is refused, nothing was asked
        erasure = ask_erasure(person=person, reason=wanted.reason, by=asker, at=at, texts=wanted.texts)
        job = confirm_erasure(erasure=erasure, backups_until=until, by=confirmer, at=at)
    return _carried_out(erasure, job, wanted)


def _carried_out(erasure: PersonErasure, job: Job, wanted: PersonToErase) -> PersonErased:
    from yucai.web.commands.working import job_handlers
    from yucai.web.erasure.holdings import HOLDINGS
    from yucai.web.erasure.sealing import certificate_of
    from yucai.web.jobs.actions import run_next

    outcome = run_next(job_handlers(), clock=now, only=job)
    if outcome is not None and outcome.problem is not None:
        raise outcome.problem
    erasure.refresh_from_db()
    told = certificate_of(erasure)
    lines = {line["holding"]: line for line in told["holdings"]}
    looked, goes = told["looked"], [one for one in HOLDINGS if not one.stays and lines[one.code]["found"]]
    return PersonErased(
        gone=tuple((one.says, lines[one.code]["found"]) for one in goes),
        stays=tuple((one.says, lines[one.code]["left"], one.stays) for one in HOLDINGS if one.stays),
        code=erasure.code,
        still=(*(place for place, _ in looked["tables"]), *looked["files"]),
        packed=tuple(looked["packed"]),
        to_tell=len(told["tell"]),
        common=bool(told["names too common to look for"]),
        backups_until=wanted.backups_until,
        dry_run=False,
    )  # fmt: skip


def _day(given: str) -> date:
    try:
        return date.fromisoformat(given)
    except ValueError:
        raise NoDayError(given=given[:40]) from None


def _account(username: str) -> Account:
    from yucai.web.accounts.models import Account

    found = Account.objects.filter(username=username).first()
    if found is None:
        raise UnknownAccountError(account=username)
    return found


def data_past_its_time(workspace: Path, *, space: str | None, at: datetime) -> DataDue:
    """Return what the data sets of a space may keep no longer. Raises UnknownSpaceError, SeveralSpacesError."""
    start(workspace)
    from yucai.web.erasure.retention import due_in

    return DataDue(
        due=tuple(
            {
                "source": one.source.name,
                "code": one.source.code,
                "imports": one.imports,
                "scores": one.scores,
                "cases": one.cases,
                "lists": one.lists,
                "oldest": f"{one.oldest:%Y-%m-%d}",
                "months": one.source.retention_months,
                "hold": one.hold.reason if one.hold is not None else "",
            }
            for one in due_in(space_named(space), at=at)
        )
    )


def check_erasure_certificates(workspace: Path) -> CertificatesChecked:
    """Return whether every certificate of every space is as it was sealed, and none is missing."""
    start(workspace)
    from yucai.web.accounts.models import Space
    from yucai.web.erasure.models import PersonErasure
    from yucai.web.erasure.sealing import check_certificates

    faults = [fault for space in Space.objects.order_by("code") for fault in check_certificates(space)]
    said = tuple(Text(fault.in_language("en"), fault.in_language("zh")) for fault in faults)
    return CertificatesChecked(n=PersonErasure.objects.exclude(done_at=None).count(), faults=said)
