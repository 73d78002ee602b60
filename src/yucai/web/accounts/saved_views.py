"""The page of one's saved views, and what a press on it does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from yucai.errors import FaultyInputError
from yucai.texts import Text
from yucai.web.accounts.access import visible_spaces
from yucai.web.accounts.models import Group, Space
from yucai.web.accounts.requests import asking
from yucai.web.accounts.saved import SAVABLE, chosen, delete_view, query_of, rename_view, save_view
from yucai.web.accounts.saved_models import SavedView

__all__ = [
    "SavedHere",
    "saved_here",
    "saved_view_add",
    "saved_view_delete",
    "saved_view_rename",
    "saved_views",
    "to_be_saved",
]

LONGEST_NUMBER = 18


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedHere:
    """What a page shows of saved views: those of this page, and what would be saved now."""

    page: str
    number: int | None
    query: str
    views: tuple[SavedView, ...]


def saved_here(request: HttpRequest, page: str, number: int | None = None) -> SavedHere:
    """Return what a page shows of the saved views of who asks."""
    views = SavedView.objects.filter(account=asking(request), page=page, number=number)
    return SavedHere(page=page, number=number, query=query_of(page, _dict(request.GET)), views=tuple(views))


def to_be_saved(page: str, number: int, said: Mapping[str, str]) -> SavedHere:
    """Return what a page shows that asks much already: what would be saved, and the way to all views. No query."""
    return SavedHere(page=page, number=number, query=query_of(page, said), views=())


def _dict(said: QueryDict) -> Mapping[str, str]:
    return {name: str(value) for name, value in said.items()}


@require_safe
def saved_views(request: HttpRequest) -> HttpResponse:
    """My saved views: open, rename, delete."""
    account = asking(request)
    views = list(SavedView.objects.filter(account=account, page__in=SAVABLE))
    of_groups = [view.number for view in views if view.number is not None and SAVABLE[view.page].of_group]
    groups, spaces = Group.objects.in_bulk(of_groups), {one.code: one for one in visible_spaces(account)}
    rows = [(view, _about(view, groups, spaces)) for view in views]
    return render(request, "saved_views.html", {"rows": rows})


def _about(view: SavedView, groups: Mapping[int, Group], spaces: Mapping[str, Space]) -> list[Text]:
    """Return what a view is of; a group that is gone is not told apart from one that never was."""
    of = spaces.get(view.space) if view.space else groups.get(view.number or 0)
    return [SAVABLE[view.page].says, *([of.name] if of is not None else [])]


@require_POST
def saved_view_add(request: HttpRequest) -> HttpResponseRedirect:
    """Save a page as it is filtered now."""
    page, number = request.POST.get("page", ""), request.POST.get("number", "")
    if page not in SAVABLE or not (number == "" or (number.isdecimal() and len(number) <= LONGEST_NUMBER)):
        return redirect("saved_views")
    said = chosen(page, _dict(QueryDict(request.POST.get("query", "")[:2000])))
    try:
        view = save_view(
            page=page, number=int(number) if number else None, said=said, name=request.POST.get("name", ""),
            by=asking(request), at=timezone.now(),
        )  # fmt: skip
    except FaultyInputError as refused:
        _tell(request, refused)
        return redirect("saved_views")
    messages.success(request, _("Saved. You find it on this page and among your views."))
    return HttpResponseRedirect(view.address)


@require_POST
def saved_view_rename(request: HttpRequest, pk: int) -> HttpResponseRedirect:
    """Give a view another name."""
    name = request.POST.get("name", "")
    return _done(request, pk, lambda view: rename_view(view=view, name=name, by=asking(request), at=timezone.now()),
                 _("The view has its new name."))  # fmt: skip


@require_POST
def saved_view_delete(request: HttpRequest, pk: int) -> HttpResponseRedirect:
    """Delete a view."""
    return _done(request, pk, lambda view: delete_view(view=view, by=asking(request), at=timezone.now()),
                 _("The view is deleted."))  # fmt: skip


def _done(request: HttpRequest, pk: int, act: Callable[[SavedView], None], told: str) -> HttpResponseRedirect:
    view = SavedView.objects.filter(pk=pk, account=asking(request)).first()
    if view is None:  # of somebody else and none at all are refused alike
        raise PermissionDenied
    try:
        act(view)
    except FaultyInputError as refused:
        _tell(request, refused)
    else:
        messages.success(request, told)
    return redirect("saved_views")


def _tell(request: HttpRequest, refused: FaultyInputError) -> None:
    language = translation.get_language() or "en"
    messages.error(request, " ".join(fault.says.in_language(language, **fault.facts) for fault in refused.faults))
