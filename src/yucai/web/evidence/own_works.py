"""Own works of students: put in, withdrawn, verified or returned by a named person, and rated where it is due."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, time
from typing import Final

import polars as pl
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.timezone import localdate, localtime, make_aware

from yucai.errors import Fault, FaultyInputError, YucaiError
from yucai.evidence import (
    RESPONSES,
    Attachment,
    JudgedStrength,
    Proof,
    Responses,
    check_own_work,
    own_work_item,
    school_term,
    strength_of,
)
from yucai.evidence import OwnWork as Described
from yucai.framework import Criterion, load_framework, load_rubric
from yucai.texts import Text
from yucai.web.accounts.access import decidable_people, may_add_works
from yucai.web.accounts.audit import note
from yucai.web.accounts.models import Account, Person, Space
from yucai.web.evidence.actions import digest_of, source_of_pages, take_in
from yucai.web.evidence.makers import declined_before, name_makers, not_nameable
from yucai.web.evidence.models import OWN_WORKS, EvidenceRecord, Item, OwnWork
from yucai.web.evidence.uploads import digest, keep

__all__ = [
    "WorkDecidedError",
    "add_work",
    "criterion_of",
    "decide_work",
    "enter_work",
    "judged_strength",
    "may_be_replaced",
    "rated_before",
    "withdraw_work",
]

RUBRIC: Final = "rubric-nine-qualities"
MOST_WAITING: Final = 20
MOST_REASON: Final = 2000
MOST_RATER: Final = 100
STRENGTH_NAMES: Final = {
    "strong": Text("own work in a public record", "公开记录可查的自主成果"),
    "moderate": Text("own work, verified", "已核实的自主成果"),
    "weak": Text("own work by the student's word", "仅凭本人说明的自主成果"),
}

TWICE: Final = Text(
    "You have put in this very work already. To correct it, use “Put in a corrected version” on its page.",
    "您已提交过这项成果。如需更正，请在该成果页面选择“提交更正版本”。",
)
WAITING_ENOUGH: Final = Text(
    "{n} of your works wait to be verified. Wait for those, or withdraw one.",
    "您已有 {n} 项成果等待核实。请等候处理，或撤回其中一项。",
)
NOT_REPLACEABLE: Final = Text(
    "The work to be corrected is not yours, not decided yet, or was replaced already. Start from its page.",
    "要更正的成果不属于您、尚未处理，或已有更正版本。请从该成果的页面进入。",
)
VERDICT: Final = Text("Choose whether you verify the work or return it.", "请选择“核实”或“退回”。")
REASON: Final = Text(
    "Say in words what you checked, or why you return it. The student reads it.",
    "请写明您核对了什么，或为何退回。学生会看到这段话。",
)
SOURCE: Final = Text("Own works of students", "学生自主提交的成果")
FOR: Final = "指导学习者，由本人自愿提交 / Guidance of the learner, on the learner's own initiative"
REASON_LONG: Final = Text(
    "{n} character{n:|s} {n:is|are} too many; keep to {most}.", "共 {n} 个字符，过长；请不超过 {most} 个。"
)
RATED_RETURN: Final = Text(
    "A work that is returned is not rated. Choose “not rated”, or verify it.",
    "退回的成果不作评分。请选择“不评分”，或改为核实。",
)
RATING: Final = Text(
    "“{score}” is no level of the rubric. Choose one of the five.", "“{score}”不是量规的等级。请从五级中选择。"
)
RATED_BEFORE: Final = Text(
    "The work it replaces was rated, and that rating stays in the evidence. Verify this one without a rating.",
    "它所更正的成果已有评分，该评分仍作为证据保留。核实本项时请不再评分。",
)


class WorkDecidedError(YucaiError):
    """Somebody was there first."""

    says = Text(
        "This work is no longer waiting: {who} decided on it at {at}. Nothing was changed.",
        "此项成果已不在待核实状态：{who} 已于 {at} 作出处理。未作任何改动。",
    )
    exit_code = 65


@transaction.atomic
def add_work(
    *, described: Described, attachment: Attachment | None, replaces: OwnWork | None, by: Account, at: datetime
) -> OwnWork:
    """Put in a work of the student who asks. Raises PermissionDenied for everybody else, and as ``enter_work``."""
    if not may_add_works(by) or by.person is None:
        raise PermissionDenied
    work = enter_work(person=by.person, described=described, attachment=attachment, replaces=replaces, at=at)
    name_makers(work, described.makers, by=by, at=at)
    _tell("added", work, by=by, at=at)
    return work


@transaction.atomic
def enter_work(
    *, person: Person, described: Described, attachment: Attachment | None, replaces: OwnWork | None, at: datetime
) -> OwnWork:
    """Record a work of a person, waiting to be verified; the file is kept with it, or neither is.

    Raises FaultyInputError with all faults.
    """
    framework = load_framework(person.space.framework)
    day = localdate(at)
    faults = [*check_own_work(described, framework, at=day), *_standing(described, replaces, person)]
    faults += not_nameable(person, described.makers, day=day)
    if faults:
        raise FaultyInputError(described.title, faults)
    ai = described.ai
    work = OwnWork.objects.create(
        person=person,
        kind=described.kind,
        title=described.title,
        done_on=described.done_on,
        part=described.part,
        team_size=described.team_size,
        quality=described.quality,
        level=described.level or "",
        link=described.link,
        proof=described.proof,
        ai_used=ai is not None and ai.used,
        ai_machine_did=ai.machine_did if ai is not None else "",
        ai_i_did=ai.i_did if ai is not None else "",
        ai_checked_how=ai.checked_how if ai is not None else "",
        file_sha256=digest(attachment.content) if attachment else "",
        file_name=attachment.name if attachment else "",
        file_type=attachment.type if attachment else "",
        file_bytes=len(attachment.content) if attachment else 0,
        added_at=at,
        replaces=replaces,
    )
    if attachment:
        keep(attachment.content)  # last: a file that cannot be written takes the record with it
    return work


@transaction.atomic
def withdraw_work(*, work: OwnWork, by: Account, at: datetime) -> None:
    """Take a work back before anybody decided on it. Raises PermissionDenied, WorkDecidedError."""
    if not may_add_works(by) or by.person_id != work.person_id:
        raise PermissionDenied
    _settle(work, {"state": OwnWork.State.WITHDRAWN}, by=by, at=at)
    _tell("withdrawn", work, by=by, at=at)


@transaction.atomic
def decide_work(*, work: OwnWork, verdict: str, reason: str, score: int | None, by: Account, at: datetime) -> None:
    """Verify a work, with a rating on the rubric's anchors or without, or return it; always with a reason.

    A rating becomes a response like any other: its rater is the account, its source names the work.
    Raises PermissionDenied for whom the student is not in the charge of, and for oneself; FaultyInputError with all
    faults; WorkDecidedError when somebody was there first.
    """
    if not decidable_people(by).filter(pk=work.person_id).exists():
        raise PermissionDenied
    if faults := list(_decision_faults(work, verdict, reason, score)):
        raise FaultyInputError(str(work), faults)
    changes = {"state": verdict, "reason": reason.strip(), "score": score}
    _settle(work, changes, by=by, at=at)
    if score is not None:
        _record_rating(work, score, by=by, at=at)
    _tell("decided", work, by=by, at=at, detail={"verdict": verdict, "rated": int(score is not None)})


def criterion_of(quality: str) -> Criterion | None:
    """Return the criterion of the rubric by which a work is rated on a quality, or None where it has none."""
    return next((criterion for criterion in load_rubric(RUBRIC).criteria if criterion.quality == quality), None)


def judged_strength(work: OwnWork) -> JudgedStrength:
    """Return how strong a work is as it stands, and why."""
    return strength_of(Proof(work.proof), verified=work.verified, team_size=work.team_size)


def may_be_replaced(work: OwnWork) -> bool:
    """Return whether a corrected version may be put in: it no longer waits, and nothing replaces it yet."""
    return work.state != OwnWork.State.WAITING and not OwnWork.objects.filter(replaces=work).exists()


def rated_before(work: OwnWork) -> bool:
    """Return whether a work that this one replaces, at any remove, was rated: evidence counts once."""
    return work.replaces is not None and any(earlier.standing_score is not None for earlier in _versions(work.replaces))


def _versions(work: OwnWork) -> Iterator[OwnWork]:
    """Yield a work and the ones it replaces, newest first."""
    version: OwnWork | None = work
    while version is not None:
        yield version
        version = version.replaces


def _standing(described: Described, replaces: OwnWork | None, person: Person) -> Iterator[Fault]:
    """Yield what stands against a work among those the student has."""
    mine = OwnWork.objects.filter(person=person)
    alive = mine.filter(state__in=[OwnWork.State.WAITING, OwnWork.State.VERIFIED])
    same = alive.filter(kind=described.kind, title=described.title, done_on=described.done_on)
    if same.exclude(pk__in=[version.pk for version in _versions(replaces)] if replaces else []).exists():
        yield Fault(code="already-in", says=TWICE, where="title")
    waiting = mine.filter(state=OwnWork.State.WAITING).count()
    if waiting >= MOST_WAITING:
        yield Fault(code="many-waiting", says=WAITING_ENOUGH, where="", facts={"n": waiting})
    if replaces is not None and described.makers:
        yield from declined_before(_versions(replaces), described.makers)
    if replaces is not None and (replaces.person_id != person.pk or not may_be_replaced(replaces)):
        yield Fault(code="not-replaceable", says=NOT_REPLACEABLE, where="")


def _decision_faults(work: OwnWork, verdict: str, reason: str, score: int | None) -> Iterator[Fault]:
    if verdict not in {OwnWork.State.VERIFIED, OwnWork.State.RETURNED}:
        yield Fault(code="no-verdict", says=VERDICT, where="verdict")
    if not reason.strip():
        yield Fault(code="no-reason", says=REASON, where="reason")
    if len(reason) > MOST_REASON:
        facts = {"n": len(reason), "most": MOST_REASON}
        yield Fault(code="too-long", says=REASON_LONG, where="reason", facts=facts)
    if score is None:
        return
    criterion = criterion_of(work.quality)
    if criterion is None or not 0 <= score <= criterion.max_score:
        yield Fault(code="no-level", says=RATING, where="score", facts={"score": score})
    if verdict == OwnWork.State.RETURNED:
        yield Fault(code="rated-return", says=RATED_RETURN, where="score")
    if rated_before(work):
        yield Fault(code="rated-before", says=RATED_BEFORE, where="score")


def _tell(
    what: str, work: OwnWork, *, by: Account, at: datetime, detail: Mapping[str, str | int] | None = None
) -> None:
    """Note in the audit trail what was done to a work."""
    target, space = f"own-work:{work.pk}", work.person.space_id
    note(f"own-work.{what}", by=by, at=at, space=space, target=target, people=[work.person_id], detail=detail)


def _settle(work: OwnWork, changes: Mapping[str, object], *, by: Account, at: datetime) -> None:
    """Decide on a work that still waits in the records, whatever the copy in hand says; the first one wins."""
    waiting = OwnWork.objects.filter(pk=work.pk, state=OwnWork.State.WAITING)
    if waiting.update(**changes, decided_by=by, decided_at=at) == 0:
        work.refresh_from_db()
        who = work.decided_by.name if work.decided_by else Text("somebody", "有人")
        when = f"{localtime(work.decided_at):%Y-%m-%d %H:%M}" if work.decided_at else ""
        raise WorkDecidedError(who=who, at=when)
    work.refresh_from_db()


def _record_rating(work: OwnWork, score: int, *, by: Account, at: datetime) -> None:
    space, rater, term = work.person.space, by.username[:MOST_RATER], school_term(work.done_on)
    strength = judged_strength(work).strength
    before = EvidenceRecord.objects.filter(  # those taken back among them: a number is never given twice
        person=work.person, rater=rater, occasion=term, item__code__startswith=f"own/{strength}/{work.quality}/"
    ).count()
    item = own_work_item(strength, work.quality, number=before + 1)
    criterion = criterion_of(work.quality)
    row = {
        "learner": work.person.code,
        "item": item,
        "score": float(score),
        "max_score": float(criterion.max_score if criterion else score),
        "rater": rater,
        "occasion": term,
        "at": make_aware(datetime.combine(work.done_on, time.min)),
        "source_file": work.source,
    }
    _name_item(space, item, strength=str(strength), quality=work.quality, number=before + 1)
    schema = {column.name: column.dtype for column in RESPONSES.columns if column.name in row}
    responses = Responses.from_table(pl.DataFrame([row], schema=schema))
    source = source_of_pages(space, OWN_WORKS, SOURCE, purpose=FOR, legal_basis="consent", months=84)
    take_in(responses, source=source, file_name=work.source, digest=digest_of(responses), by=rater, at=at)


def _name_item(space: Space, code: str, *, strength: str, quality: str, number: int) -> None:
    name, said = load_framework(space.framework).entry(quality).name, STRENGTH_NAMES[strength]
    more = Text("", "") if number == 1 else Text(f" ({number})", f"（{number}）")
    defaults = {
        "name_en": f"Rating: {name.en}, {said.en}{more.en}",
        "name_zh": f"评分：{name.zh}，{said.zh}{more.zh}",
        "kind": "own",
    }
    Item.objects.get_or_create(space=space, code=code, defaults=defaults)
