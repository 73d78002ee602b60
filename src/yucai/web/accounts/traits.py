"""The traits that a school protects besides those that ship: columns of them are dropped, and enter no rule."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from django.core.exceptions import PermissionDenied
from django.db import transaction

from yucai.errors import Fault, FaultyInputError
from yucai.evidence import Unwanted, is_protected, protected_trait
from yucai.texts import Text
from yucai.web.accounts.audit import note
from yucai.web.accounts.erasure_models import AddedTrait
from yucai.web.accounts.holding_back import may_protect
from yucai.web.accounts.models import Account, Space

__all__ = ["add_trait", "added_traits", "end_trait"]

MOST_TITLE: Final = 100
MOST_TITLES: Final = 50
THING: Final = Text("The trait", "受保护特征")
NO_NAME: Final = Text("Name the trait in both languages.", "请用两种语言填写特征名称。")
NO_REASON: Final = Text("Say who decided it, and why.", "请写明由谁决定、原因为何。")
LONG: Final = Text(
    "A title has at most {most} characters; “{title}…” has more.", "每个标题最多 {most} 个字符，“{title}…”过长。"
)
MANY: Final = Text("{n} titles are too many; keep to {most}.", "共 {n} 个标题，请不超过 {most} 个。")
NEEDED: Final = Text(
    "“{title}” is a column that files of learners need ({why}); it cannot be protected.",
    "“{title}”是学生文件必需的列（{why}），不能设为受保护特征。",
)
THERE: Final = Text("“{name}” is protected already.", "“{name}”已受保护。")
COLUMNS: Final = {  # by which people are told, and what a score is: without them no file could come in
    "学号": Text("the number", "学号"), "姓名": Text("the name", "姓名"), "成绩": Text("the score", "成绩"),
    "班级": Text("the class", "班级"), "课程名": Text("the course", "课程"),
    "student number": Text("the number", "学号"), "name": Text("the name", "姓名"), "score": Text("the score", "成绩"),
}  # fmt: skip


def added_traits(space: Space) -> tuple[Unwanted, ...]:
    """Return the traits that a space protects itself now, as columns are told by them."""
    kept = AddedTrait.objects.filter(space=space, ended_at=None).order_by("pk")
    return tuple(protected_trait(f"added-{one.pk}", one.name, one.titles) for one in kept)


@transaction.atomic
def add_trait(*, space: Space, name: Text, titles: Iterable[str], reason: str, by: Account, at: datetime) -> AddedTrait:
    """Protect a trait from now on: files that come in lose its columns, by whatever title, and no rule may name it.

    Raises PermissionDenied, FaultyInputError with all faults.
    """
    if not may_protect(by, space):
        raise PermissionDenied
    name = Text(name.en.strip(), name.zh.strip())
    kept = tuple(dict.fromkeys(title.strip() for title in titles if title.strip()))
    if faults := _faults(space, name, kept, reason):
        raise FaultyInputError(THING, faults)
    made = AddedTrait.objects.create(
        space=space,
        name_en=name.en,
        name_zh=name.zh,
        titles=list(kept),
        reason=reason.strip(),
        added_at=at,
        added_by=by,
    )
    note("trait.added", by=by, at=at, space=space, target=f"trait:{made.pk}")
    return made


def _faults(space: Space, name: Text, titles: tuple[str, ...], reason: str) -> list[Fault]:
    faults = []
    if not name.en or not name.zh:
        faults.append(Fault(code="no-name", says=NO_NAME, where="name_zh"))
    if not reason.strip():
        faults.append(Fault(code="no-reason", says=NO_REASON, where="reason"))
    if len(titles) > MOST_TITLES:
        faults.append(Fault(code="many", says=MANY, where="titles", facts={"n": len(titles), "most": MOST_TITLES}))
    for title in (name.en, name.zh, *titles):
        if len(title) > MOST_TITLE:
            facts = {"most": MOST_TITLE, "title": title[:20]}
            faults.append(Fault(code="long", says=LONG, where="titles", facts=facts))
    trait = [protected_trait("asked", name, titles)]
    for title, why in COLUMNS.items():
        if is_protected(title, besides=trait):
            faults.append(Fault(code="needed", says=NEEDED, where="titles", facts={"title": title, "why": why}))
    if is_protected(name.zh, besides=added_traits(space)) and is_protected(name.en, besides=added_traits(space)):
        faults.append(Fault(code="there", says=THERE, where="name_zh", facts={"name": name}))
    return faults


@transaction.atomic
def end_trait(*, trait: AddedTrait, by: Account, at: datetime) -> None:
    """Protect a trait no longer, as by a decision of the school; that it was is kept. Raises PermissionDenied."""
    if not may_protect(by, trait.space):
        raise PermissionDenied
    if AddedTrait.objects.filter(pk=trait.pk, ended_at=None).update(ended_at=at, ended_by=by):
        note("trait.ended", by=by, at=at, space=trait.space, target=f"trait:{trait.pk}")
