"""Correction, objection and appeal: opened by the person, handled by somebody else, closed with what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.timezone import localdate, localtime

from yucai.errors import Fault, FaultyInputError, YucaiError
from yucai.texts import Text
from yucai.web.accounts.access import guards_people, read_person
from yucai.web.accounts.audit import note
from yucai.web.accounts.case_models import ReviewCase
from yucai.web.accounts.models import Account, Space
from yucai.web.accounts.working_days import due_on
from yucai.web.evidence.actions import held
from yucai.web.evidence.models import EvidenceRecord, Import, PersonChange, WorkTakenBack
from yucai.web.jobs.actions import ask_for
from yucai.web.measurement.comment_models import StudentComment
from yucai.web.measurement.commenting import withdraw_contested
from yucai.web.rights.results import Result, records_behind, result_of
from yucai.web.rights.setting_aside import set_aside
from yucai.web.selection.ending import take_line_off
from yucai.web.selection.models import AnnouncedLine

__all__ = [
    "CaseMovedError",
    "NotYoursToHandleError",
    "appeal_case",
    "corrections_of",
    "decide_case",
    "handles_cases",
    "is_overdue",
    "open_case",
    "read_case",
    "take_case",
    "why_not_handled_by",
]

MOST_SAID: Final = 2000
NAME: Final = Text("request", "申请")
NOT_SAID: Final = Text("Say in your own words what is wrong.", "请用自己的话写明哪里不对。")
LONG: Final = Text(
    "{n} character{n:|s} {n:is|are} too many; keep to {most}.", "共 {n} 个字符，过长；请不超过 {most} 个。"
)
NO_KIND: Final = Text("Choose what you ask for: a correction or an objection.", "请选择申请类型：更正或异议。")
UNDER_REVIEW: Final = Text(
    "This result is under review already. Look at your open request; you can add to it in person.",
    "该结果已在复核中。请查看您正在处理的申请；如有补充可当面提出。",
)
ALREADY_APPEALED: Final = Text(
    "An appeal against this decision was opened already.", "针对该决定的申诉已提交过，不能重复提交。"
)
NOT_DECIDED: Final = Text(
    "Only what was decided can be appealed. Wait for the decision.", "只有已作出决定的申请才能申诉，请先等待决定。"
)
NO_OUTCOME: Final = Text(
    "Choose the outcome: corrected, evidence set aside, or the result stands.",
    "请选择处理结果：已更正、剔除证据或维持原结果。",
)
NO_REASON: Final = Text("Give the reason in words. The student reads it.", "请写明理由。学生会看到这段话。")
NO_CORRECTION: Final = Text(
    "Nothing about this result was corrected since the request was opened. Correct it first: take in the corrected "
    "file, or let who decided take the decision back. Then close the request.",
    "自申请提出以来，该结果尚未作任何更正。请先更正：导入更正后的文件，或由原处理人收回决定；然后再办结申请。",
)
NO_LINE_CORRECTED: Final = Text(
    "Nothing about this line was corrected since the request was opened. Correct it on the page of the announcement "
    "first, or choose that the line is taken off.",
    "自申请提出以来，该行尚未更正。请先在公示页面更正，或选择将该行撤下。",
)
NO_COMMENT_CORRECTED: Final = Text(
    "The author has not withdrawn the comment since the request was opened. Ask the author first, or choose that the "
    "comment is withdrawn.",
    "自申请提出以来，作者尚未撤回评语。请先联系作者，或选择撤回该评语。",
)
NO_RECORDS: Final = Text(
    "Choose the evidence that is set aside; it must be evidence behind this result.",
    "请选择要剔除的证据，且必须是该结果所依据的证据。",
)
IN_OWN_CAUSE: Final = Text(
    "This request contests a decision of yours. Somebody else has to handle it.",
    "该申请针对的是您作出的决定，须由他人处理。",
)
OWN_REQUEST: Final = Text(
    "This is your own request. Somebody else has to handle it.", "这是您本人的申请，须由他人处理。"
)
HANDLED_BEFORE: Final = Text(
    "You decided on the request that is appealed. Somebody else has to handle the appeal.",
    "您处理过被申诉的申请，申诉须由他人处理。",
)
BACK: Final = Text("decision taken back on {at}", "{at} 收回核验")
LINE: Final = Text("the line of the announcement, on {at}", "公示中的该行，{at}")
TAKEN_OFF: Final = Text(
    "The line was taken off the announcement; its page says that it was corrected.",
    "已从公示中撤下该行；公示页面注明已更正。",
)
CORRECTED_LINE: Final = Text("Corrected: {how}. The page says so.", "已更正：{how}。公示页面已注明。")
WITHDRAWN: Final = Text(
    "The comment was withdrawn; the portrait says so, with the reason.", "评语已撤回；画像页面已注明并附理由。"
)
BY_AUTHOR: Final = Text("the comment, on {at}", "该评语，{at}")
CORRECTED_COMMENT: Final = Text("Withdrawn by its author: {how}.", "作者已撤回：{how}。")
STANDS: Final = Text("The result stays as it is.", "结果保持不变。")
CORRECTED: Final = Text("Corrected by: {how}. The values are computed anew.", "更正依据：{how}。数值将重新计算。")
ASIDE: Final = Text(
    "{n} piece{n:|s} of evidence {n:counts|count} no more: {which}. The values are computed anew.",
    "{n} 条证据不再计入：{which}。数值将重新计算。",
)

UNCORRECTED: Final = {  # no evidence stands behind these
    str(ReviewCase.About.ANNOUNCED): NO_LINE_CORRECTED,
    str(ReviewCase.About.COMMENT): NO_COMMENT_CORRECTED,
}

CORRECTED_OTHERS: Final = {
    str(ReviewCase.About.ANNOUNCED): CORRECTED_LINE,
    str(ReviewCase.About.COMMENT): CORRECTED_COMMENT,
}
ENDED: Final = {str(ReviewCase.About.ANNOUNCED): TAKEN_OFF, str(ReviewCase.About.COMMENT): WITHDRAWN}


class NotYoursToHandleError(YucaiError):
    """A second person handles a request."""

    says = Text("{why}", "{why}")
    exit_code = 77


class CaseMovedError(YucaiError):
    """Somebody was there first, or the request is not in the state that was on the page."""

    says = Text(
        "This request is not as it was on your page: {state}. Nothing was changed. Open it anew.",
        "该申请的状态已发生变化：{state}。未作任何改动，请重新打开页面。",
    )
    exit_code = 65


STATES: Final = {
    ReviewCase.State.OPEN: Text("nobody has taken it in hand", "尚无人受理"),
    ReviewCase.State.IN_HAND: Text("{who} has it in hand since {at}", "{who} 已于 {at} 受理"),
    ReviewCase.State.DECIDED: Text("{who} decided on it at {at}", "{who} 已于 {at} 作出决定"),
}


def handles_cases(account: Account, space: Space) -> bool:
    """Return whether an account sees and handles the requests of a space: its directors and its officers."""
    return guards_people(account, space)


def read_case(account: Account, pk: int, *, at: datetime) -> ReviewCase:
    """Return a request that the account may see: its own, or one that it handles, and write down that it looked.

    Raises PermissionDenied alike for anything else.
    """
    found = ReviewCase.objects.select_related("space", "person__space", "handler", "appeals").filter(pk=pk).first()
    own = found is not None and account.role == Account.Role.STUDENT and account.person_id == found.person_id
    if found is None or not (own or handles_cases(account, found.space)):
        raise PermissionDenied
    read_person(account, found.person_id, page="review-case", at=at)
    return found


def why_not_handled_by(case: ReviewCase, account: Account) -> Text | None:
    """Return why an account that handles requests does not handle this one, or None where it may."""
    if case.opened_by_id == account.pk or (account.person_id or 0) == case.person_id:
        return OWN_REQUEST
    if account.pk in case.made_by:
        return IN_OWN_CAUSE
    before = case.appeals
    while before is not None:
        if before.handler_id == account.pk:
            return HANDLED_BEFORE
        before = before.appeals
    return None


def is_overdue(case: ReviewCase, *, at: datetime) -> bool:
    """Return whether a request is not decided and its last day is over; a clock set back behind its opening is not
    believed.
    """
    return case.state != ReviewCase.State.DECIDED and localdate(max(at, case.taken_at or case.opened_at)) > case.due_on


@transaction.atomic
def open_case(*, kind: str, about: str, key: str, said: str, by: Account, at: datetime) -> ReviewCase:
    """Open a request about a result of one's own. Raises PermissionDenied, also for a result that is not one's own or
    not there; FaultyInputError with all faults.
    """
    result = _own_result(by, about, key, at=at)
    faults = list(_said_faults(said))
    if kind not in {ReviewCase.Kind.CORRECTION, ReviewCase.Kind.OBJECTION}:
        faults.append(Fault(code="no-kind", says=NO_KIND, where="kind"))
    if faults:
        raise FaultyInputError(NAME, faults)
    return _opened(result, kind=kind, said=said, appeals=None, by=by, at=at)


@transaction.atomic
def appeal_case(*, case: ReviewCase, said: str, by: Account, at: datetime) -> ReviewCase:
    """Appeal against a decision on one's own request, once. Raises PermissionDenied, FaultyInputError."""
    if by.role != Account.Role.STUDENT or by.person_id != case.person_id:
        raise PermissionDenied
    faults = list(_said_faults(said))
    if case.state != ReviewCase.State.DECIDED:
        faults.append(Fault(code="not-decided", says=NOT_DECIDED))
    if ReviewCase.objects.filter(appeals=case).exists():
        faults.append(Fault(code="appealed", says=ALREADY_APPEALED))
    if faults:
        raise FaultyInputError(NAME, faults)
    made_by = frozenset(case.made_by) | ({case.handler_id} if case.handler_id else set())
    result = Result(about=case.about, key=case.key, named=case.named, made_by=made_by)
    return _opened(result, kind=ReviewCase.Kind.APPEAL, said=said, appeals=case, by=by, at=at)


def _own_result(by: Account, about: str, key: str, *, at: datetime) -> Result:
    if by.role != Account.Role.STUDENT or by.person is None:
        raise PermissionDenied
    result = result_of(by.person, about=about, key=key, at=at)
    if result is None:
        raise PermissionDenied
    return result


def _said_faults(said: str, *, where: str = "said", empty: Text = NOT_SAID) -> Iterator[Fault]:
    if not said.strip():
        yield Fault(code="not-said", says=empty, where=where)
    if len(said) > MOST_SAID:
        yield Fault(code="long", says=LONG, where=where, facts={"n": len(said), "most": MOST_SAID})


def _opened(
    result: Result, *, kind: str, said: str, appeals: ReviewCase | None, by: Account, at: datetime
) -> ReviewCase:
    person = by.person
    if person is None:
        raise PermissionDenied
    opened_at = max(at, appeals.decided_at or at) if appeals is not None else at
    try:
        with transaction.atomic():
            case = ReviewCase.objects.create(
                space=person.space, person=person, kind=kind, about=result.about, key=result.key,
                named_en=result.named.en[:400], named_zh=result.named.zh[:400], said=said.strip(),
                made_by=sorted(result.made_by), appeals=appeals, opened_by=by, opened_at=opened_at,
                due_on=due_on(localdate(opened_at), person.space.request_days),
            )  # fmt: skip
    except IntegrityError:
        raise FaultyInputError(NAME, [Fault(code="under-review", says=UNDER_REVIEW)]) from None
    _tell("opened", case, by=by, at=at, detail={"kind": kind, "about": result.about, "due": f"{case.due_on}"})
    return case


@transaction.atomic
def take_case(*, case: ReviewCase, by: Account, at: datetime) -> None:
    """Take a request in hand; the first one wins. Raises PermissionDenied, NotYoursToHandleError, CaseMovedError."""
    _require_second(case, by)
    changes = {"state": ReviewCase.State.IN_HAND, "handler": by, "taken_at": max(at, case.opened_at)}
    if not ReviewCase.objects.filter(pk=case.pk, state=ReviewCase.State.OPEN).update(**changes):
        raise _moved(case)
    case.refresh_from_db()
    _tell("taken", case, by=by, at=at)


@transaction.atomic
def decide_case(
    *, case: ReviewCase, outcome: str, reason: str, records: Iterable[int] = (), by: Account, at: datetime
) -> None:
    """Close a request that one has in hand, with its outcome, its reason and what that did to the result.

    ``corrected`` needs a correction made since the request was opened, ``set-aside`` evidence behind the result; then
    the values are asked to be computed anew. Raises PermissionDenied, NotYoursToHandleError, CaseMovedError when it is
    not in one's own hand, FaultyInputError with all faults.
    """
    _require_second(case, by)
    case = ReviewCase.objects.select_related("space", "person__space").get(pk=case.pk)
    held(case.space)
    if case.state != ReviewCase.State.IN_HAND or case.handler_id != by.pk:
        raise _moved(case)
    chosen, how = _chosen(case, records), corrections_of(case)
    if faults := list(_decision_faults(case, outcome, reason, chosen=chosen, how=how)):
        raise FaultyInputError(NAME, faults)
    effect = _effect(case, outcome, chosen, how)
    done = ReviewCase.objects.filter(pk=case.pk, state=ReviewCase.State.IN_HAND, handler=by).update(
        state=ReviewCase.State.DECIDED, outcome=outcome, reason=reason.strip(), effect_en=effect.en,
        effect_zh=effect.zh, decided_at=max(at, case.taken_at or at),
    )  # fmt: skip
    if not done:
        raise _moved(case)
    if case.about == ReviewCase.About.ANNOUNCED:
        _take_off(case, outcome, by=by, at=at)
    elif case.about == ReviewCase.About.COMMENT:
        _withdraw(case, outcome, reason, by=by, at=at)
    else:
        _count_no_more(case, outcome, chosen, by=by, at=at)
    case.refresh_from_db()
    _tell("decided", case, by=by, at=at, detail={"outcome": outcome, "set-aside": len(chosen)})


def _take_off(case: ReviewCase, outcome: str, *, by: Account, at: datetime) -> None:
    """Take the contested line off its announcement where the request was granted that way."""
    line = AnnouncedLine.objects.filter(pk=int(case.key)).select_related("announcement__space").first()
    if outcome == ReviewCase.Outcome.SET_ASIDE and line is not None and line.number:
        take_line_off(line=line, by=by, at=at)


def _withdraw(case: ReviewCase, outcome: str, reason: str, *, by: Account, at: datetime) -> None:
    """Withdraw the contested comment where the request was granted that way."""
    comment = StudentComment.objects.filter(pk=int(case.key)).select_related("person").first()
    if outcome == ReviewCase.Outcome.SET_ASIDE and comment is not None:
        withdraw_contested(comment=comment, reason=reason, by=by, at=at)


def _count_no_more(
    case: ReviewCase, outcome: str, chosen: list[EvidenceRecord], *, by: Account, at: datetime
) -> None:  # fmt: skip
    """Set evidence aside, and have the values computed anew, where the request was granted."""
    if outcome == ReviewCase.Outcome.SET_ASIDE:
        set_aside(case, chosen, by=by, at=at)
    if outcome != ReviewCase.Outcome.UPHELD:
        ask_for("measure", space=case.space, owner=by, at=at)


def _require_second(case: ReviewCase, by: Account) -> None:
    if not handles_cases(by, case.space):
        raise PermissionDenied
    why = why_not_handled_by(case, by)
    if why is not None:
        raise NotYoursToHandleError(why=why)


def _moved(case: ReviewCase) -> CaseMovedError:
    case.refresh_from_db()
    when = case.decided_at or case.taken_at
    facts = {
        "who": case.handler.name if case.handler else "",
        "at": f"{localtime(when):%Y-%m-%d %H:%M}" if when else "",
    }
    return CaseMovedError(state=STATES[ReviewCase.State(case.state)].filled(**facts))


def _chosen(case: ReviewCase, records: Iterable[int]) -> list[EvidenceRecord]:
    """Return what is set aside of the evidence behind the result; anything else that was named is not taken."""
    wanted = set(records)
    behind = records_behind(case.person, about=case.about, key=case.key)
    return list(behind.filter(pk__in=wanted).select_related("item").order_by("pk"))


def _decision_faults(
    case: ReviewCase, outcome: str, reason: str, *, chosen: list[EvidenceRecord], how: tuple[Text, ...]
) -> Iterator[Fault]:
    if outcome not in ReviewCase.Outcome.values:
        yield Fault(code="no-outcome", says=NO_OUTCOME, where="outcome")
    yield from _said_faults(reason, where="reason", empty=NO_REASON)
    if outcome == ReviewCase.Outcome.CORRECTED and not how:
        yield Fault(code="no-correction", says=UNCORRECTED.get(case.about, NO_CORRECTION), where="outcome")
    if outcome == ReviewCase.Outcome.SET_ASIDE and not (chosen or case.about in UNCORRECTED):
        yield Fault(code="no-records", says=NO_RECORDS, where="records")


def corrections_of(case: ReviewCase) -> tuple[Text, ...]:
    """Return what was corrected about the result since the request was opened: files, and decisions taken back."""
    if case.about == ReviewCase.About.ANNOUNCED:
        lines = AnnouncedLine.objects.filter(pk=int(case.key), corrected_at__gte=case.opened_at)
        return tuple(LINE.filled(at=f"{localtime(at):%Y-%m-%d}") for at in lines.values_list("corrected_at", flat=True))
    if case.about == ReviewCase.About.COMMENT:
        taken = StudentComment.objects.filter(pk=int(case.key), withdrawn_at__gte=case.opened_at)
        days = taken.values_list("withdrawn_at", flat=True)
        return tuple(BY_AUTHOR.filled(at=f"{localtime(at):%Y-%m-%d}") for at in days if at is not None)
    about = Q(person=case.person, replaced_by__at__gte=case.opened_at)
    replaced = EvidenceRecord.objects.filter(about)
    if case.about == ReviewCase.About.RECORD:
        replaced = replaced.filter(pk=int(case.key))
    changed = PersonChange.objects.filter(person=case.person, came_with__at__gte=case.opened_at)
    entries = Import.objects.filter(
        Q(pk__in=replaced.values("replaced_by")) | Q(pk__in=changed.values("came_with")), undone_at__isnull=True
    ).order_by("at", "pk")
    files = [f"{entry.file_name} ({localtime(entry.at):%Y-%m-%d})" for entry in entries]
    back = WorkTakenBack.objects.filter(work__person=case.person, at__gte=case.opened_at)
    if case.about == ReviewCase.About.WORK:
        back = back.filter(work=int(case.key))
        files = []
    told = [Text(name, name) for name in files]
    return (*told, *(BACK.filled(at=f"{localtime(one.at):%Y-%m-%d}") for one in back.order_by("at", "pk")))


def _effect(case: ReviewCase, outcome: str, chosen: list[EvidenceRecord], how: tuple[Text, ...]) -> Text:
    if outcome == ReviewCase.Outcome.UPHELD:
        return STANDS
    if outcome == ReviewCase.Outcome.CORRECTED:
        told = Text("; ".join(one.en for one in how), "；".join(one.zh for one in how))
        return CORRECTED_OTHERS.get(case.about, CORRECTED).filled(how=told)
    if case.about in ENDED:
        return ENDED[case.about]
    names = [record.item.name for record in chosen]
    which = Text("; ".join(one.en for one in names), "；".join(one.zh for one in names))
    return ASIDE.filled(n=len(chosen), which=which)


def _tell(
    what: str, case: ReviewCase, *, by: Account, at: datetime, detail: dict[str, str | int] | None = None
) -> None:
    """Note in the audit trail what was done to a request."""
    target = f"review-case:{case.pk}"
    note(f"review-case.{what}", by=by, at=at, space=case.space_id, target=target, people=[case.person_id],
         detail=detail)  # fmt: skip
