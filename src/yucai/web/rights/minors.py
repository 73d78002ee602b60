"""What the officer keeps of ages: dates of birth, guardians' consents, approvals, and what the space says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.timezone import localdate

from yucai.errors import Fault, FaultyInputError
from yucai.texts import Text
from yucai.web.accounts.age_models import GuardianConsent, MinorApproval
from yucai.web.accounts.ages import YOUNG, years_before
from yucai.web.accounts.audit import note
from yucai.web.accounts.models import Account, Group, Person, Space
from yucai.web.accounts.purposes import GRANTS, Purpose
from yucai.web.rights.clock import MOST_DAYS

__all__ = [
    "APPROVABLE",
    "ApprovalWanted",
    "approve_reading",
    "end_approval",
    "keeps_ages",
    "record_guardian",
    "set_births",
    "set_protection",
    "withdraw_guardian",
]

APPROVABLE: Final = (Account.Role.DIRECTOR, Account.Role.TEACHER, Account.Role.MENTOR, Account.Role.RESEARCHER)
SETS: Final = (Account.Role.OFFICER, Account.Role.DIRECTOR)
OLDEST: Final = 120
LONGEST_DAYS: Final = 366
LINE: Final = re.compile(r"(?P<code>\S+)[\s,，;；]+(?P<day>\S+)")
NAME: Final = Text("protection of minors", "未成年人保护")
NO_DAY: Final = Text(
    "Line {line} is “{given}”. Write number and date of birth, such as: 2025010001 2012-03-04",
    "第 {line} 行为“{given}”。请写学号和出生日期，例如：2025010001 2012-03-04",
)
NOBODY: Final = Text(
    "Line {line}: nobody with the number “{code}” is on record here.", "第 {line} 行：没有学号为“{code}”的人。"
)
NO_AGE: Final = Text(
    "Line {line}: {day} is no date of birth of somebody alive. Check the year.",
    "第 {line} 行：{day} 不可能是出生日期，请核对年份。",
)
NOTHING: Final = Text("Write at least one line: number and date of birth.", "请至少填写一行：学号和出生日期。")
UNKNOWN: Final = Text(
    "Nobody with the number “{code}” is on record here. It is written as in the class list.",
    "没有学号为“{code}”的人。写法须与学生名单一致。",
)
NOT_YOUNG: Final = Text(
    "{code} is not known to be under 14, so no guardian is asked. Enter the date of birth first, if it is missing.",
    "{code} 未登记为未满 14 周岁，无需监护人同意。如缺少出生日期，请先登记。",
)
IN_FORCE: Final = Text(
    "A guardian's consent is in force already. Withdraw it first.", "监护人同意已在有效期内，如需更换请先撤回。"
)
EMPTY: Final = Text("This is needed.", "此项必填。")
FUTURE: Final = Text("{day} has not come yet.", "{day} 尚未到来。")
NOT_IN_FORCE: Final = Text("It was withdrawn before. Nothing was changed.", "此前已撤回，未作任何改动。")
ENDED: Final = Text("It has ended before. Nothing was changed.", "此前已终止，未作任何改动。")
NO_ONE: Final = Text("Choose one account, or one role, not both.", "请选择一个账号或一个角色，二者只选其一。")
NOT_APPROVABLE: Final = Text(
    "Only directors, teachers, mentors and research officers of this institution read of students.",
    "只有本机构的负责人、教师、导师和研究人员可以查阅学生数据。",
)
NOT_FOR_SELF: Final = Text(
    "Nobody approves for themself. Another officer has to.", "不能为本人批准，须由其他负责人批准。"
)
NO_PURPOSE: Final = Text("That role does not read for this purpose.", "该角色不以此目的查阅数据。")
TOO_LONG: Final = Text(
    "An approval holds from tomorrow to a year at most, then it is thought over again.",
    "批准期限须在明天至一年之内，到期后重新审批。",
)
DAYS: Final = Text("A term has 1 to {most} working days.", "期限为 1 至 {most} 个工作日。")
NO_SOURCE: Final = Text("Say who decided that, and when.", "请写明由谁、何时决定。")


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalWanted:
    """Who may read of minors: one account or all of a role; of a group or of all; for what, why, until when."""

    account: Account | None
    role: str
    group: Group | None
    purpose: str
    reason: str
    until: date


def keeps_ages(account: Account, space: Space) -> bool:
    """Return whether an account keeps ages, consents and approvals of a space: its data protection officers."""
    return account.role == Account.Role.OFFICER and account.is_let_into(space.pk)


def _require(account: Account, space: Space) -> None:
    if not keeps_ages(account, space):
        raise PermissionDenied


@transaction.atomic
def set_protection(
    *, space: Space, minors_expected: bool, request_days: int, source: str, by: Account, at: datetime
) -> None:
    """Say whether minors are expected, and in how many working days a request is answered, and who decided that.

    Open requests keep their day. Raises PermissionDenied, FaultyInputError.
    """
    if by.role not in SETS or not by.is_let_into(space.pk):
        raise PermissionDenied
    faults = []
    if not 1 <= request_days <= MOST_DAYS:
        faults.append(Fault(code="days", says=DAYS, where="request_days", facts={"most": MOST_DAYS}))
    if request_days != space.request_days and not source.strip():
        faults.append(Fault(code="no-source", says=NO_SOURCE, where="source"))
    if faults:
        raise FaultyInputError(NAME, faults)
    Space.objects.filter(pk=space.pk).update(
        minors_expected=minors_expected, request_days=request_days, request_days_source=source.strip()
    )
    detail: dict[str, str | int] = {"minors-expected": int(minors_expected), "days": request_days}
    note("protection.set", by=by, at=at, space=space, detail=detail)


@transaction.atomic
def set_births(*, space: Space, lines: str, by: Account, at: datetime) -> int:
    """Enter dates of birth, one line for each person, all or none; return how many. Raises PermissionDenied,
    FaultyInputError that names every line.
    """
    _require(by, space)
    people = dict(Person.objects.filter(space=space).values_list("code", "pk"))
    told: dict[int, date] = {}
    faults: list[Fault] = []
    for line, given in enumerate(lines.splitlines(), start=1):
        if given.strip():
            found = _birth(line, given.strip(), people, today=localdate(at))
            if isinstance(found, Fault):
                faults.append(found)
            else:
                told[found[0]] = found[1]
    if not told and not faults:
        faults = [Fault(code="nothing", says=NOTHING, where="lines")]
    if faults:
        raise FaultyInputError(NAME, faults[:20])
    known = Person.objects.in_bulk(list(told))
    for pk, person in known.items():
        person.born = told[pk]
    Person.objects.bulk_update(known.values(), ["born"], batch_size=200)
    note("births.set", by=by, at=at, space=space, people=told, detail={"people": len(told)})
    return len(told)


def _birth(line: int, given: str, people: dict[str, int], *, today: date) -> Fault | tuple[int, date]:
    found = LINE.fullmatch(given)
    try:
        day = date.fromisoformat(found["day"]) if found else None
    except ValueError:
        day = None
    if found is None or day is None:
        return Fault(code="no-day", says=NO_DAY, where="lines", facts={"line": line, "given": given[:40]})
    if found["code"] not in people:
        return Fault(code="nobody", says=NOBODY, where="lines", facts={"line": line, "code": found["code"][:40]})
    if not years_before(today, OLDEST) < day < today:
        return Fault(code="no-age", says=NO_AGE, where="lines", facts={"line": line, "day": f"{day}"})
    return people[found["code"]], day


@transaction.atomic
def record_guardian(
    *, space: Space, code: str, guardian: str, shown: str, reference: str, given_on: date, by: Account, at: datetime
) -> GuardianConsent:
    """Record that a guardian of somebody under 14 consented. Raises PermissionDenied, FaultyInputError."""
    _require(by, space)
    person = Person.objects.select_for_update(no_key=True).filter(space=space, code=code.strip()).first()
    faults = [
        Fault(code="empty", says=EMPTY, where=where)
        for where, said in (("guardian", guardian), ("reference", reference))
        if not said.strip()
    ]
    if shown not in GuardianConsent.Shown.values:
        faults.append(Fault(code="empty", says=EMPTY, where="shown"))
    if given_on > localdate(at):
        faults.append(Fault(code="future", says=FUTURE, where="given_on", facts={"day": f"{given_on}"}))
    faults += _young_faults(person, code, today=localdate(at))
    if faults or person is None:
        raise FaultyInputError(NAME, faults)
    made = GuardianConsent.objects.create(
        person=person, guardian=guardian.strip(), shown=shown, reference=reference.strip(), given_on=given_on,
        recorded_by=by, recorded_at=at,
    )  # fmt: skip
    note("guardian.consented", by=by, at=at, space=space, people=[person.pk], detail={"shown": shown})
    return made


def _young_faults(person: Person | None, code: str, *, today: date) -> Iterator[Fault]:
    if person is None:
        yield Fault(code="unknown", says=UNKNOWN, where="code", facts={"code": code[:40]})
    elif person.born is None or person.born <= years_before(today, YOUNG):
        yield Fault(code="not-young", says=NOT_YOUNG, where="code", facts={"code": code[:40]})
    elif person.guardian_consents.filter(withdrawn_on__isnull=True).exists():
        yield Fault(code="in-force", says=IN_FORCE, where="code")


@transaction.atomic
def withdraw_guardian(*, consent: GuardianConsent, by: Account, at: datetime) -> None:
    """Withdraw a guardian's consent: reading ends at once, the next calibration leaves the person out."""
    _require(by, consent.person.space)
    held = GuardianConsent.objects.filter(pk=consent.pk, withdrawn_on__isnull=True)
    if not held.update(withdrawn_on=localdate(at), withdrawn_by=by):
        raise FaultyInputError(NAME, [Fault(code="not-in-force", says=NOT_IN_FORCE)])
    note("guardian.withdrawn", by=by, at=at, space=consent.person.space_id, people=[consent.person_id])


@transaction.atomic
def approve_reading(*, space: Space, wanted: ApprovalWanted, by: Account, at: datetime) -> MinorApproval:
    """Approve that an account, or a role, reads of people under 18. Raises PermissionDenied, FaultyInputError."""
    _require(by, space)
    if faults := list(_approval_faults(space, wanted, by=by, today=localdate(at))):
        raise FaultyInputError(NAME, faults)
    made = MinorApproval.objects.create(
        space=space, account=wanted.account, role=wanted.role, group=wanted.group, purpose=wanted.purpose,
        reason=wanted.reason.strip(), until=wanted.until, approved_by=by, approved_at=at,
    )  # fmt: skip
    whom = wanted.role or (wanted.account.pk if wanted.account is not None else 0)
    group = wanted.group.pk if wanted.group is not None else 0
    detail: dict[str, str | int] = {"for": str(whom), "group": group, "until": f"{wanted.until}"}
    note(
        "minors.approved",
        by=by,
        at=at,
        space=space,
        target=f"approval:{made.pk}",
        purpose=wanted.purpose,
        detail=detail,
    )
    return made


def _approval_faults(space: Space, wanted: ApprovalWanted, *, by: Account, today: date) -> Iterator[Fault]:
    if (wanted.account is None) == (not wanted.role):
        yield Fault(code="no-one", says=NO_ONE, where="role")
        return
    role = wanted.role or (wanted.account.role if wanted.account is not None else "")
    if wanted.account is not None and wanted.account.pk == by.pk:
        yield Fault(code="for-self", says=NOT_FOR_SELF, where="account")
    elif role not in APPROVABLE or (wanted.account is not None and not wanted.account.is_let_into(space.pk)):
        yield Fault(code="not-approvable", says=NOT_APPROVABLE, where="account" if wanted.account else "role")
    elif wanted.purpose not in GRANTS[Account.Role(role)].purposes:
        yield Fault(code="no-purpose", says=NO_PURPOSE, where="purpose")
    if wanted.group is not None and wanted.group.space_id != space.pk:
        yield Fault(code="no-group", says=EMPTY, where="group")
    if not wanted.reason.strip():
        yield Fault(code="empty", says=EMPTY, where="reason")
    if not 0 < (wanted.until - today).days <= LONGEST_DAYS:
        yield Fault(code="too-long", says=TOO_LONG, where="until")


@transaction.atomic
def end_approval(*, approval: MinorApproval, by: Account, at: datetime) -> None:
    """End an approval before its day. Raises PermissionDenied, FaultyInputError."""
    _require(by, approval.space)
    if not MinorApproval.objects.filter(pk=approval.pk, ended_at__isnull=True).update(ended_at=at, ended_by=by):
        raise FaultyInputError(NAME, [Fault(code="ended", says=ENDED)])
    note("minors.approval-ended", by=by, at=at, space=approval.space_id, target=f"approval:{approval.pk}")


PURPOSES: Final = tuple(purpose for purpose in Purpose if any(purpose in GRANTS[role].purposes for role in APPROVABLE))
