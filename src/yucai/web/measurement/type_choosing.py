"""The talent type that a learner chooses: for the targets of the own portrait and the rules of next steps."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.core.exceptions import PermissionDenied
from django.db import transaction

from yucai.errors import Fault, FaultyInputError
from yucai.texts import Text
from yucai.web.accounts.audit import note
from yucai.web.accounts.models import Account, Person
from yucai.web.measurement.portrait_targets import NO_TYPE, targets_of

__all__ = ["choose_type"]

NAME: Final = Text("my talent type", "我的人才类型")
UNKNOWN: Final = Text(
    "“{value}” is no talent type of this institution. Choose one of the list, or none.",
    "“{value}”不是本单位的人才类型。请从列表中选择，或选择“不选”。",
)


@transaction.atomic
def choose_type(*, person: Person, code: str, by: Account, at: datetime) -> None:
    """Keep the talent type that a person chooses, or that there is none ("none"). The same again changes nothing.

    Raises PermissionDenied for anybody but the person, FaultyInputError for a type that there is not.
    """
    if by.role != Account.Role.STUDENT or by.person_id != person.pk:
        raise PermissionDenied
    held = Person.objects.select_for_update(no_key=True, of=("self",)).select_related("space").get(pk=person.pk)
    known = targets_of(held.space.framework, wanted=NO_TYPE, own="")
    codes = [choice.code for choice in known.choices] if known is not None else []
    if code not in (NO_TYPE, *codes):
        fault = Fault(code="unknown", says=UNKNOWN, where="type", facts={"value": code[:40]})
        raise FaultyInputError(NAME, [fault])
    wanted = "" if code == NO_TYPE else code
    if held.talent_type == wanted:
        return
    held.talent_type = wanted
    held.save(update_fields=["talent_type"])
    note("talent-type.chosen", by=by, at=at, space=held.space_id, target=f"person:{held.pk}", people=[held.pk],
         detail={"type": wanted or NO_TYPE})  # fmt: skip
