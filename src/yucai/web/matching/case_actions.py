"""What people do with an entry of a list: open a case, talk, agree on help, write down what came of it.

Each step is a decision of a named person with a written reason, made after the page with the evidence was looked at.
Nothing here changes anything but cases: no grade, no place, no membership, no portrait. A case holds no adverse act,
so none asks for a second person; whatever takes something away from somebody has no place in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils.timezone import localdate

from yucai.errors import Fault, FaultyInputError, YucaiError
from yucai.texts import Text
from yucai.web.accounts.audit import note
from yucai.web.accounts.models import Account
from yucai.web.matching.case_models import OPEN_STATES, CaseDecision, SupportCase
from yucai.web.matching.case_seconds import seconds_looked
from yucai.web.matching.priority_doors import may_keep_cases
from yucai.web.matching.priority_models import PriorityEntry

__all__ = ["UNDO_WITHIN", "CaseMovedError", "Said", "decide_case", "file_several", "open_case", "undo_case"]

Kind = CaseDecision.Kind
State = SupportCase.State
UNDO_WITHIN: Final = timedelta(minutes=15)
MOST_SAID: Final = 2000
MOST_WHO: Final = 200
NAME: Final = Text("decision", "决定")
NO_REASON: Final = Text("Give your reason in words. The student can read it.", "请写明您的理由。学生可以看到这段话。")
NO_KIND: Final = Text(
    "“{said}” is no next step of this case. Choose one on the page.", "“{said}”不是此记录的下一步。请在页面上选择。"
)
NO_DAY: Final = Text("Say on which day.", "请填写日期。")
AHEAD: Final = Text(
    "A talk that is to come is no talk yet. Write it down afterwards.", "尚未进行的谈话不能登记，请谈话后再填写。"
)
NO_WHO: Final = Text("Say who.", "请填写何人。")
NO_SAID: Final = Text("Write down in plain words what it was.", "请用平实的话写明内容。")
NO_HELPED: Final = Text("Choose: yes, no, or cannot tell.", "请选择：是、否或无法判断。")
LONG: Final = Text("This is longer than {most} characters. Shorten it.", "超过 {most} 个字符。请缩短。")
NOT_LOOKED: Final = Text(
    "Open the page of the case first, and decide from there: it shows the evidence and what speaks against it.",
    "请先打开谈话记录页面再作决定：页面列有依据与相反情况。",
)
UNKNOWN: Final = Text(
    "Of this person too little is known; there is nothing to open a case about.", "此人所知太少，没有可建立记录的内容。"
)
NOBODY: Final = Text("Choose at least one person.", "请至少选择一人。")
OPEN_ALREADY: Final = Text("A case of this person is open already.", "此人已有未结的谈话记录。")


class CaseMovedError(YucaiError):
    """Somebody was there first, or the case is not in the state that was on the page."""

    says = Text(
        "This case is not as it was on your page. Nothing was changed. Look at it anew.",
        "该记录的状态已发生变化。未作任何改动，请重新查看。",
    )
    exit_code = 65


AFTER: Final[Mapping[str, tuple[tuple[str, ...], str]]] = {  # decision: from which states, to which
    Kind.DISMISSED: ((State.ALERT,), State.DISMISSED),
    Kind.TALK: ((State.ALERT, State.TALK, State.ACTION), State.TALK),
    Kind.ACTION: ((State.TALK, State.ACTION), State.ACTION),
    Kind.OUTCOME: ((State.TALK, State.ACTION), State.OUTCOME),
    Kind.HELPED: ((State.OUTCOME,), State.CLOSED),
}


TELLING: Final = (Kind.TALK, Kind.ACTION)  # what was said or is done, who, and when


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What somebody fills in for a decision; what a kind of decision does not ask for is left out."""

    kind: str
    reason: str
    day: date | None = None
    who: str = ""
    said: str = ""
    helped: str = ""


@transaction.atomic
def open_case(
    *, entry: PriorityEntry, by: Account, at: datetime, reason: str = "", seconds: int | None = None
) -> SupportCase:
    """Open a case about an entry of a list, as the entry reads; the open one of the person, where there is one.

    Raises PermissionDenied, FaultyInputError.
    """
    if not may_keep_cases(by, entry.person):
        raise PermissionDenied
    if entry.band == PriorityEntry.Band.UNKNOWN:
        raise FaultyInputError(NAME, [Fault(code="unknown", says=UNKNOWN)])
    run = entry.run
    try:
        with transaction.atomic():
            case = SupportCase.objects.create(
                space_id=run.space_id, person=entry.person, as_of=run.as_of, band=entry.band,
                rules_version=run.rules_version, reasons=entry.reasons, against=entry.against, counts=entry.counts,
                step_en=entry.step_en, step_zh=entry.step_zh, opened_by=by, opened_at=at,
            )  # fmt: skip
    except IntegrityError:
        return SupportCase.objects.get(person=entry.person, state__in=OPEN_STATES)
    CaseDecision.objects.create(
        case=case, kind=Kind.OPENED, by=by, at=at, reason=reason.strip(), seconds=seconds,
        followed=True if reason.strip() else None,
    )  # fmt: skip
    _tell("opened", case, by=by, at=at)
    return case


@transaction.atomic
def decide_case(*, case: SupportCase, said: Said, shown: str, by: Account, at: datetime) -> CaseDecision:
    """Keep a decision in a case and move it on. ``shown`` is what the page of the case gave along.

    Raises PermissionDenied, CaseMovedError, FaultyInputError with all faults.
    """
    if not may_keep_cases(by, case.person):
        raise PermissionDenied
    seconds = seconds_looked(shown, case=case.pk, by=by, at=at)
    faults = [*_faults(said, at=at)]
    if seconds is None:
        faults.append(Fault(code="not-looked", says=NOT_LOOKED))
    if faults:
        raise FaultyInputError(NAME, faults)
    return _decided(case, said, seconds=seconds or 0, by=by, at=at)


@transaction.atomic
def undo_case(*, case: SupportCase, by: Account, at: datetime) -> None:
    """Take back a case that one just opened, before anything was decided. The person still reads that it was there.

    Raises PermissionDenied, CaseMovedError.
    """
    if case.opened_by_id != by.pk or not may_keep_cases(by, case.person):
        raise PermissionDenied
    fresh = SupportCase.objects.filter(pk=case.pk, state=State.ALERT, opened_at__gte=at - UNDO_WITHIN)
    if not fresh.update(state=State.WITHDRAWN, ended_at=at):
        raise CaseMovedError
    CaseDecision.objects.create(case=case, kind=Kind.WITHDRAWN, by=by, at=at)
    _tell("withdrawn", case, by=by, at=at)


@transaction.atomic
def file_several(
    *, entries: Sequence[PriorityEntry], said: Mapping[int, tuple[str, str]], shown: str, by: Account, at: datetime
) -> list[SupportCase]:
    """Open cases of several entries, or set them aside, in one step with a reason each; all of them or none.

    ``said`` holds for each entry (number) whether it is "opened" or "dismissed", and why. The seconds of the page
    are shared out. Raises PermissionDenied, FaultyInputError with all faults, each at ``reason-NUMBER``.
    """
    looked = seconds_looked(shown, case=0, by=by, at=at)
    faults = [*_faults_of_several(entries, said)]
    if looked is None:
        faults.append(Fault(code="not-looked", says=NOT_LOOKED))
    if faults:
        raise FaultyInputError(NAME, faults)
    each = (looked or 0) // len(entries)
    made = []
    for entry in entries:
        kind, reason = said[entry.pk]
        if kind == Kind.OPENED:
            made.append(open_case(entry=entry, by=by, at=at, reason=reason, seconds=each))
            continue
        case = open_case(entry=entry, by=by, at=at)
        _decided(case, Said(kind=Kind.DISMISSED, reason=reason), seconds=each, by=by, at=at)
        made.append(case)
    return made


def _faults_of_several(entries: Sequence[PriorityEntry], said: Mapping[int, tuple[str, str]]) -> Iterator[Fault]:
    if not entries:
        yield Fault(code="nobody", says=NOBODY)
    taken = set(SupportCase.objects.filter(person__in=[entry.person_id for entry in entries], state__in=OPEN_STATES)
                .values_list("person", flat=True))  # fmt: skip
    for entry in entries:
        kind, reason = said.get(entry.pk, ("", ""))
        where = f"reason-{entry.pk}"
        if kind not in (Kind.OPENED, Kind.DISMISSED):
            yield Fault(code="kind", says=NO_KIND, where=where, facts={"said": kind[:40]})
        if entry.person_id in taken:
            yield Fault(code="open-already", says=OPEN_ALREADY, where=where)
        yield from _text_faults(reason, where=where, empty=NO_REASON)


def _decided(case: SupportCase, said: Said, *, seconds: int, by: Account, at: datetime) -> CaseDecision:
    before, after = AFTER[said.kind]
    answered = case.decisions.filter(followed__isnull=False).exists()
    followed = False if said.kind == Kind.DISMISSED else True if said.kind == Kind.TALK and not answered else None
    ended: dict[str, Any] = {"ended_at": at} if after in (State.CLOSED, State.DISMISSED) else {}
    if after == State.CLOSED:
        ended["helped"] = said.helped
    told: dict[str, Any] = (
        {"day": said.day, "who": said.who.strip(), "said": said.said.strip()} if said.kind in TELLING else {}
    )
    if not SupportCase.objects.filter(pk=case.pk, state__in=before).update(state=after, **ended):
        raise CaseMovedError
    made = CaseDecision.objects.create(
        case=case,
        kind=said.kind,
        by=by,
        at=at,
        reason=said.reason.strip(),
        seconds=seconds,
        followed=followed,
        **told,
    )
    case.refresh_from_db()
    _tell("decided", case, by=by, at=at, detail={"kind": said.kind, "seconds": seconds})
    return made


def _faults(said: Said, *, at: datetime) -> Iterator[Fault]:
    if said.kind not in AFTER:
        yield Fault(code="kind", says=NO_KIND, where="kind", facts={"said": said.kind[:40]})
    yield from _text_faults(said.reason, where="reason", empty=NO_REASON)
    if said.kind in TELLING:
        yield from _text_faults(said.said, where="said", empty=NO_SAID)
        yield from _text_faults(said.who, where="who", empty=NO_WHO, most=MOST_WHO)
        if said.day is None:
            yield Fault(code="no-day", says=NO_DAY, where="day")
        elif said.kind == Kind.TALK and said.day > localdate(at):
            yield Fault(code="ahead", says=AHEAD, where="day")
    if said.kind == Kind.HELPED and said.helped not in SupportCase.Helped.values:
        yield Fault(code="helped", says=NO_HELPED, where="helped")


def _text_faults(text: str, *, where: str, empty: Text, most: int = MOST_SAID) -> Iterator[Fault]:
    if not text.strip():
        yield Fault(code="not-said", says=empty, where=where)
    if len(text) > most:
        yield Fault(code="long", says=LONG, where=where, facts={"most": most})


def _tell(
    act: str, case: SupportCase, *, by: Account, at: datetime, detail: Mapping[str, str | int] | None = None
) -> None:
    note(f"support-case.{act}", by=by, at=at, space=case.space_id, target=f"support-case:{case.pk}",
         people=[case.person_id], detail=detail)  # fmt: skip
