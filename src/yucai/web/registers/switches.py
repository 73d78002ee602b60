"""Switching methods on, with an assessment of their impact, and off, with a reason; and whether one runs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.core.exceptions import PermissionDenied
from django.db import transaction

from yucai.errors import Fault, FaultyInputError, YucaiError
from yucai.texts import Text
from yucai.web.accounts.audit import note
from yucai.web.accounts.consents import may_keep_registers
from yucai.web.accounts.models import Account, Space
from yucai.web.bulk import Part, read_moment
from yucai.web.registers.algorithms import METHODS, PROFILES, Method
from yucai.web.registers.models import ImpactRecord, MethodSwitch

__all__ = [
    "PROVISIONAL",
    "Assessment",
    "MethodOffError",
    "MethodState",
    "asked_running",
    "begin_provisionally",
    "draft_of",
    "require_running",
    "running_from",
    "runs",
    "state_of",
    "states_of",
    "switch_method_off",
    "switch_method_on",
]

PROVISIONAL: Final = timedelta(days=90)
PARTS: Final = {
    "purpose": Text("purpose", "目的"),
    "necessity": Text("why it is needed", "必要性"),
    "risks": Text("risks", "风险"),
    "measures": Text("measures", "保护措施"),
    "owner": Text("who answers for it", "负责人"),
}
EMPTY: Final = Text("“{field}” is empty. Without it the assessment is no record.", "“{field}”未填写，评估记录不完整。")
NO_REASON: Final = Text("Say in a few words why it is switched off.", "请简要说明停用原因。")
BEGUN: Final = Text(
    "Taken over provisionally: the method is in use, and nobody has signed an assessment yet.",
    "临时登记：该方法已在使用，尚无人签署影响评估。",
)


class MethodOffError(YucaiError):
    """A method is switched off in a space, was never switched on, or its provisional time is over."""

    says = Text(
        "“{method}” is not switched on in “{space}” ({why}). Directors and the data protection officer switch it on in "
        "the register of algorithms.",
        "“{space}”尚未启用“{method}”（{why}）。主任或个人信息保护负责人可在算法登记册中启用。",
    )
    exit_code = 77


NEVER: Final = Text("never switched on", "从未启用")
OFF: Final = Text("off since {day}: {reason}", "{day} 起停用：{reason}")
OVER: Final = Text("its provisional time ended on {day}; sign an assessment", "临时期限已于 {day} 届满，请签署影响评估")


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What is weighed before a method is switched on."""

    purpose: str
    necessity: str
    risks: str
    measures: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodState:
    """How a method stands in a space. ``why`` says why it does not run."""

    method: Method
    running: bool
    last: MethodSwitch | None
    why: Text | None = None

    @property
    def always(self) -> bool:
        """Whether it cannot be switched."""
        return self.method.stops is None

    @property
    def provisional(self) -> bool:
        """Whether it runs on a record that nobody has signed."""
        return (
            self.running and self.last is not None and self.last.impact is not None and not self.last.impact.signed_by
        )


def states_of(space: Space, *, at: datetime) -> list[MethodState]:
    """Return how every method stands in a space."""
    rows = MethodSwitch.objects.filter(space=space).select_related("impact__signed_by", "by").order_by("pk")
    last = {row.method: row for row in rows}
    return [_state(method, last.get(method.code), at=at) for method in METHODS.values()]


def asked_running(space: Space) -> Part:
    """Return the question for which methods run in a space; ``running_from`` reads the answer."""
    return Part(MethodSwitch.objects.filter(space=space), ("pk", "method", "on", "impact__provisional_until"))


def running_from(rows: Iterable[tuple[str, ...]], *, at: datetime) -> frozenset[str]:
    """Return the codes of the methods that run, from number, method, on and end of time of each switch."""
    last = {method: (on, until) for _pk, method, on, until in sorted(rows, key=lambda row: int(row[0]))}
    going = {
        method
        for method, (on, until) in last.items()
        if on.lower() in ("1", "true", "t") and not (until and at >= read_moment(until))
    }
    return frozenset(code for code, method in METHODS.items() if method.stops is None or code in going)


def state_of(space: Space, code: str, *, at: datetime) -> MethodState:
    """Return how a method stands in a space. Raises KeyError for one that is in no register."""
    rows = MethodSwitch.objects.filter(space=space, method=code).select_related("impact__signed_by", "by")
    return _state(METHODS[code], rows.order_by("-pk").first(), at=at)


def _state(method: Method, last: MethodSwitch | None, *, at: datetime) -> MethodState:
    if method.stops is None:
        return MethodState(method=method, running=True, last=last)
    why = _why_not(last, at=at)
    return MethodState(method=method, running=why is None, last=last, why=why)


def _why_not(last: MethodSwitch | None, *, at: datetime) -> Text | None:
    if last is None:
        return NEVER
    if not last.on:
        return OFF.filled(day=f"{last.at:%Y-%m-%d}", reason=last.reason)
    until = last.impact.provisional_until if last.impact is not None else None
    return OVER.filled(day=f"{until:%Y-%m-%d}") if until is not None and at >= until else None


def runs(space: Space, code: str, *, at: datetime) -> bool:
    """Return whether a method may run in a space now."""
    return state_of(space, code, at=at).running


def require_running(space: Space, code: str, *, at: datetime) -> None:
    """Do nothing where a method may run. Raises MethodOffError."""
    state = state_of(space, code, at=at)
    if state.why is not None:
        raise MethodOffError(method=state.method.name, space=space.name, why=state.why)


def draft_of(method: Method) -> dict[str, Text]:
    """Return the shipped draft of an assessment, for whoever signs to change."""
    return {"purpose": method.why, "necessity": method.necessity, "risks": method.risks, "measures": method.measures}


@transaction.atomic
def switch_method_on(
    *, space: Space, method: str, wanted: Assessment, owner: str, by: Account, at: datetime, demonstration: bool = False
) -> MethodSwitch:
    """Switch a method on with an assessment that ``by`` signs. Raises PermissionDenied, FaultyInputError, KeyError."""
    found = METHODS[method]
    if not may_keep_registers(by, space) or found.stops is None:
        raise PermissionDenied
    said = {name: str(getattr(wanted, name, owner)).strip() for name in PARTS}
    if faults := [
        Fault(code="empty", says=EMPTY, where=name, facts={"field": PARTS[name]})
        for name, text in said.items()
        if not text
    ]:
        raise FaultyInputError(found.name, faults)
    owner = said.pop("owner")
    impact = ImpactRecord.objects.create(
        space=space, method=method, at=at, signed_by=by, demonstration=demonstration, **said
    )
    made = MethodSwitch.objects.create(space=space, method=method, on=True, owner=owner, at=at, by=by, impact=impact)
    note("method.on", by=by, at=at, space=space, target=f"method:{method}", detail={"impact": impact.pk})
    return made


@transaction.atomic
def switch_method_off(*, space: Space, method: str, reason: str, by: Account, at: datetime) -> MethodSwitch:
    """Switch a method off; what it gave is shown no more. Raises PermissionDenied, FaultyInputError, KeyError."""
    found = METHODS[method]
    if not may_keep_registers(by, space) or found.stops is None:
        raise PermissionDenied
    if not reason.strip():
        raise FaultyInputError(found.name, [Fault(code="no-reason", says=NO_REASON, where="reason")])
    last = state_of(space, method, at=at).last
    made = MethodSwitch.objects.create(
        space=space, method=method, on=False, owner=last.owner if last else "", reason=reason.strip(), at=at, by=by
    )
    if found is PROFILES:  # no page shows a run that is not current
        space.calibrations.filter(current=True).update(current=False)
    note("method.off", by=by, at=at, space=space, target=f"method:{method}")
    return made


@transaction.atomic
def begin_provisionally(*, space: Space, at: datetime) -> None:
    """Let every method of a new institution run for ninety days without a signature; then it stops by itself."""
    for method in METHODS.values():
        if method.stops is None or MethodSwitch.objects.filter(space=space, method=method.code).exists():
            continue
        parts = {name: f"{text.zh} {text.en}" for name, text in draft_of(method).items()}
        impact = ImpactRecord.objects.create(
            space=space, method=method.code, at=at, provisional_until=at + PROVISIONAL, **parts
        )
        MethodSwitch.objects.create(
            space=space, method=method.code, on=True, owner=space.name_zh, reason=BEGUN.en, at=at, impact=impact
        )
        note("method.provisional", by=None, at=at, space=space, target=f"method:{method.code}")
