"""Doing one thing to several rows, row by row, each wholly or not at all; and taking all of it back."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.db import transaction

from yucai.errors import FaultyInputError, YucaiError
from yucai.texts import Text
from yucai.web.accounts.audit import head_of
from yucai.web.accounts.models import Account
from yucai.web.several.kinds import KINDS, Doing, Kind
from yucai.web.several.models import SeveralAct, SeveralMember

__all__ = [
    "MOST_ROWS", "UNDO_HOURS", "NoReasonError", "NothingChosenError", "TooLateError", "do_to_several", "may_undo",
    "rows_of", "undo_several",
]  # fmt: skip

UNDO_HOURS: Final = 24
MOST_ROWS: Final = 500
GONE: Final = Text("It is no longer yours to change, or it is gone.", "它已不由您管理，或已不存在。")


class NothingChosenError(YucaiError):
    """No row was chosen, or too many."""

    says = Text(
        "Choose at least one row, and at most {most}. You chose {n}.",
        "请至少选择一行，最多 {most} 行；您选择了 {n} 行。",
    )
    exit_code = 65


class NoReasonError(YucaiError):
    """A decision needs words."""

    says = Text("Say in words why. The students read it.", "请写明理由。学生会看到这段话。")
    exit_code = 65


class TooLateError(YucaiError):
    """It cannot be taken back as a whole any more."""

    says = Text(
        "This can be taken back for {hours} hours, and once. Change single rows on their pages.",
        "该操作仅可在 {hours} 小时内撤销一次。请在各自页面逐项更改。",
    )
    exit_code = 65


def rows_of(kind: Kind, numbers: Collection[int], *, by: Account, at: datetime) -> list[Any]:
    """Return the rows of these numbers that an account may do a thing to, in the order of their numbers."""
    return list(kind.rows(by, at).filter(pk__in=numbers).order_by("pk"))


def do_to_several(*, code: str, numbers: Collection[int], reason: str, by: Account, at: datetime) -> SeveralAct:
    """Do one thing to these rows and return the act, which says what was done and what was left, and why.

    Each row is done in a transaction of its own, with its note in the trail: wholly, or not at all. Raises
    PermissionDenied where one of the rows is not this account's to change, NothingChosenError, NoReasonError.
    """
    kind = KINDS[code]
    if not kind.open_to(by):
        raise PermissionDenied
    wanted = set(numbers)
    if not 1 <= len(wanted) <= MOST_ROWS:
        raise NothingChosenError(n=len(wanted), most=MOST_ROWS)
    if kind.asks_reason and not reason.strip():
        raise NoReasonError
    rows = rows_of(kind, wanted, by=by, at=at)
    if {row.pk for row in rows} != wanted:
        raise PermissionDenied
    doing = Doing(by=by, at=at, reason=reason.strip())
    kind.look(rows, doing)
    act = SeveralAct.objects.create(kind=code, by=by, at=at)
    for row in rows:
        _do(kind, row, act, doing)
    return act


def _do(kind: Kind, row: Any, act: SeveralAct, doing: Doing) -> None:
    try:
        with transaction.atomic():
            kind.do(row, doing)
            SeveralMember.objects.create(act=act, number=row.pk, done=True, position=head_of().position)
    except (YucaiError, PermissionDenied) as left:
        why = _why(left)
        SeveralMember.objects.create(act=act, number=row.pk, done=False, why_en=why.en, why_zh=why.zh)


def _why(left: YucaiError | PermissionDenied) -> Text:
    """Return why a row was left: of what was asked wrongly the faults alone."""
    if isinstance(left, PermissionDenied):  # it was moved out of reach while the others were done
        return GONE
    faults = left.faults if isinstance(left, FaultyInputError) else ()
    said = [" ".join(f.says.in_language(tongue, **f.facts) for f in faults) for tongue in ("en", "zh")]
    return Text(said[0] or left.in_language("en"), said[1] or left.in_language("zh"))


def may_undo(act: SeveralAct, *, by: Account, at: datetime) -> bool:
    """Return whether an act can be taken back: by who did it, for a day, while something of it was not yet."""
    soon = act.at <= at < act.at + timedelta(hours=UNDO_HOURS)
    return act.by_id == by.pk and soon and act.members.filter(done=True, back=SeveralMember.Back.NOT_YET).exists()


def undo_several(*, act: SeveralAct, reason: str, by: Account, at: datetime) -> None:
    """Take back what an act did, as far as nobody changed it since; the members say what became of each.

    Raises PermissionDenied for all but who did it, TooLateError, NoReasonError.
    """
    kind = KINDS[act.kind]
    if act.by_id != by.pk or not kind.open_to(by):
        raise PermissionDenied
    if not may_undo(act, by=by, at=at):
        raise TooLateError(hours=UNDO_HOURS)
    if kind.asks_reason and not reason.strip():
        raise NoReasonError
    members = list(act.members.filter(done=True, back=SeveralMember.Back.NOT_YET).order_by("pk"))
    rows = {row.pk: row for row in rows_of(kind, [one.number for one in members], by=by, at=at)}
    doing = Doing(by=by, at=at, reason=reason.strip())
    kind.look(list(rows.values()), doing)
    SeveralAct.objects.filter(pk=act.pk).update(undone_at=at)
    for member in members:
        _undo(kind, rows.get(member.number), member, doing)


def _undo(kind: Kind, row: Any, member: SeveralMember, doing: Doing) -> None:
    """Take back one row, wholly or not at all; a second press at the same moment finds it done."""
    try:
        with transaction.atomic():
            held = SeveralMember.objects.select_for_update().select_related("act").get(pk=member.pk)
            if held.back:
                return
            if row is None:
                _set_back(held, SeveralMember.Back.LEFT, GONE)
                return
            kind.undo(row, held, doing)
            _set_back(held, SeveralMember.Back.UNDONE, Text("", ""))
    except (YucaiError, PermissionDenied) as left:
        _set_back(member, SeveralMember.Back.LEFT, _why(left))


def _set_back(member: SeveralMember, back: str, why: Text) -> None:
    member.back, member.why_en, member.why_zh = back, why.en, why.zh
    member.save(update_fields=["back", "why_en", "why_zh"])
