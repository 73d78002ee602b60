"""Which pages can be saved with which filters, and what an account does with its saved views."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.db import transaction

from yucai.errors import Fault, FaultyInputError
from yucai.texts import Text
from yucai.web.accounts.access import visible_groups, visible_spaces
from yucai.web.accounts.audit import note
from yucai.web.accounts.models import Account, Space
from yucai.web.accounts.saved_models import SavedView

__all__ = ["MOST_VIEWS", "SAVABLE", "SavablePage", "chosen", "delete_view", "query_of", "rename_view", "save_view"]

MOST_VIEWS: Final = 30
MOST_NAME: Final = 60
MOST_QUERY: Final = 500
ANY_WORDS: Final = r"[^\x00-\x1f\x7f]{1,60}"

NO_NAME: Final = Text("Give the view a name.", "请给这个视图起个名称。")
NAME_LONG: Final = Text("The name has {n} characters. Keep to {most}.", "名称共 {n} 个字符，请不超过 {most} 个。")
NAME_BAD: Final = Text("The name has characters that cannot be seen. Type it anew.", "名称含有不可见字符，请重新输入。")
NAME_TAKEN: Final = Text(
    "You have a view “{name}” already. Choose another name, or delete that one.",
    "您已有名为“{name}”的视图。请换一个名称，或先删除原有的。",
)
TOO_MANY: Final = Text(
    "You keep {most} views already. Delete one that you need no more.", "您已保存 {most} 个视图。请先删除不再需要的。"
)
TOO_LONG: Final = Text(
    "The filters are too long to be kept. Search for fewer characters.", "筛选条件过长，无法保存。请缩短搜索内容。"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SavablePage:
    """A page that can be saved: how it is called, what its address may say, and whether it is about a thing."""

    says: Text
    parameters: Mapping[str, str]  # each with the form of its values
    of_group: bool = False
    of_space: bool = False


SAVABLE: Final[Mapping[str, SavablePage]] = {
    "group": SavablePage(
        says=Text("people of a group", "群组成员"),
        parameters={
            "contains": ANY_WORDS, "least": r"\d{1,2}", "most": r"\d{1,2}", "without": "yes",
            "sort": r"-?(name|number|known|pieces)",
        },
        of_group=True,
    ),
    "priority": SavablePage(
        says=Text("who needs a talk", "谁需要谈话"),
        parameters={
            "scope": r"all|\d{1,18}", "group": r"\d{1,18}", "band": r"talk-soon|keep-in-view|unknown", "free": "yes",
        },
        of_space=True,
    ),
    "requests": SavablePage(
        says=Text("requests", "申请"),
        parameters={
            "contains": ANY_WORDS, "kind": r"correction|objection|appeal", "state": r"waiting|decided",
            "overdue": "yes", "sort": r"-?(student|kind|due)",
        },
    ),
}  # fmt: skip


def chosen(page: str, said: Mapping[str, str]) -> dict[str, str]:
    """Return what an address says of filters and order, as far as the page knows it; the rest is passed over."""
    forms = SAVABLE[page].parameters
    found = {name: said.get(name, "").strip() for name in forms}
    return {name: value for name, value in found.items() if re.fullmatch(forms[name], value)}


def query_of(page: str, said: Mapping[str, str]) -> str:
    """Return the filters and the order of an address in one form: the same choice gives the same query."""
    return urlencode(sorted(chosen(page, said).items()))


@transaction.atomic
def save_view(
    *, page: str, number: int | None, said: Mapping[str, str], name: str, by: Account, at: datetime
) -> SavedView:
    """Save a page as it is filtered and sorted. Raises PermissionDenied for a page that an account cannot open or that
    is none of ours, FaultyInputError with all faults.
    """
    space = _about(page, number, by)
    Account.objects.select_for_update().get(pk=by.pk)  # two at once must not pass the most together
    name, kept = _plain(name), chosen(page, said)
    faults = [*_name_faults(name, by)]
    if SavedView.objects.filter(account=by).count() >= MOST_VIEWS:
        faults.append(Fault(code="too-many", says=TOO_MANY, where="", facts={"most": MOST_VIEWS}))
    if len(urlencode(kept)) > MOST_QUERY:
        faults.append(Fault(code="too-long", says=TOO_LONG, where=""))
    if faults:
        raise FaultyInputError(name, faults)
    view = SavedView.objects.create(
        account=by, page=page, number=number, space=space.code if space is not None else "", said=kept, name=name,
        made_at=at,
    )  # fmt: skip
    note("view.saved", by=by, at=at, target=f"view:{view.pk}")
    return view


@transaction.atomic
def rename_view(*, view: SavedView, name: str, by: Account, at: datetime) -> None:
    """Give a view another name. Raises PermissionDenied for all but its owner, FaultyInputError."""
    if view.account_id != by.pk:
        raise PermissionDenied
    name = _plain(name)
    if faults := [*_name_faults(name, by, besides=view.pk)]:
        raise FaultyInputError(name, faults)
    view.name = name
    view.save(update_fields=["name"])
    note("view.renamed", by=by, at=at, target=f"view:{view.pk}")


@transaction.atomic
def delete_view(*, view: SavedView, by: Account, at: datetime) -> None:
    """Delete a view. Raises PermissionDenied for all but its owner."""
    if view.account_id != by.pk:
        raise PermissionDenied
    note("view.deleted", by=by, at=at, target=f"view:{view.pk}")
    view.delete()


def _about(page: str, number: int | None, by: Account) -> Space | None:
    """Return the institution that a page to be saved is about, None for one of a group or of nothing.

    Raises PermissionDenied for what the account does not see, and where the page is about something else.
    """
    known = SAVABLE.get(page)
    if known is None or (known.of_group or known.of_space) != (number is not None):
        raise PermissionDenied
    if number is None:
        return None
    if known.of_group:
        if not visible_groups(by).filter(pk=number).exists():
            raise PermissionDenied
        return None
    space = visible_spaces(by).filter(pk=number).first()
    if space is None:
        raise PermissionDenied
    return space


def _plain(name: str) -> str:
    return unicodedata.normalize("NFC", " ".join(name.split()))


def _name_faults(name: str, by: Account, *, besides: int = 0) -> Iterator[Fault]:
    if not name:
        yield Fault(code="no-name", says=NO_NAME, where="name")
    if len(name) > MOST_NAME:
        yield Fault(code="name-long", says=NAME_LONG, where="name", facts={"n": len(name), "most": MOST_NAME})
    if any(unicodedata.category(letter) in {"Cc", "Cf", "Cs", "Co", "Cn"} for letter in name):
        yield Fault(code="name-bad", says=NAME_BAD, where="name")
    if SavedView.objects.filter(account=by, name=name[:MOST_NAME]).exclude(pk=besides).exists():
        yield Fault(code="name-taken", says=NAME_TAKEN, where="name", facts={"name": name})
