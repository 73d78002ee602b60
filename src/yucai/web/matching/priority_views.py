"""The priority list: looking at it, having it worked out, and deciding on several entries at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yucai.errors import FaultyInputError
from yucai.web.accounts.access import read_people
from yucai.web.accounts.long_choice import options_of
from yucai.web.accounts.models import Account, Group, Space
from yucai.web.accounts.requests import asking
from yucai.web.accounts.saved import chosen
from yucai.web.accounts.saved_views import to_be_saved
from yucai.web.matching.case_actions import file_several
from yucai.web.matching.case_seconds import shown_now
from yucai.web.matching.priority_checking import ask_for_check, latest_check
from yucai.web.matching.priority_doors import LISTED, filter_groups, listed_space
from yucai.web.matching.priority_forms import SeveralForm, WorkOutForm
from yucai.web.matching.priority_models import PriorityEntry, PriorityRun
from yucai.web.matching.priority_running import ask_for_list, first_day
from yucai.web.matching.priority_showing import EntryView, described, entries_for, entry_views, list_view, runs_for
from yucai.web.matching.priority_use import use_of_list
from yucai.web.matching.priority_words import against_list, said_of
from yucai.web.registers.algorithms import PRIORITY
from yucai.web.registers.switches import MethodOffError, state_of

__all__ = ["priority", "priority_check", "priority_several", "priority_work_out"]

MOST_AT_ONCE = 20


@require_safe
def priority(request: HttpRequest, code: str) -> HttpResponse:
    """Who needs a talk: the people of the account, by band, with reasons and what speaks against them."""
    account, at = asking(request), timezone.now()
    space = listed_space(account, code)
    return _page(request, account, space, at=at)


@require_POST
def priority_work_out(request: HttpRequest, code: str) -> HttpResponse:
    """Have a list worked out: at once where it is about few people, else by the worker."""
    account, at = asking(request), timezone.now()
    space = listed_space(account, code)
    form = _form(account, space, None, filter_groups(account, space), data=request.POST, at=at)
    if not form.is_valid():
        return _page(request, account, space, at=at, form=form)
    try:
        made = ask_for_list(space=space, scope=form.cleaned_data["scope"], as_of=form.cleaned_data["as_of"],
                            by=account, at=at)  # fmt: skip
    except FaultyInputError as refused:
        form.add_faults(refused.faults)
        return _page(request, account, space, at=at, form=form)
    except MethodOffError as off:
        messages.error(request, off.in_language(translation.get_language() or "en"))
        return redirect("priority", code=code)
    if isinstance(made, PriorityRun):
        messages.success(request, _("Worked out. It stands until it is worked out anew."))
        return redirect(f"{reverse('priority', args=[code])}?list={made.pk}")
    messages.success(request, _("It is about many people and is worked out in the background. Look again in a minute."))
    return redirect("priority", code=code)


@require_POST
def priority_check(request: HttpRequest, code: str) -> HttpResponse:
    """Have the list tested on the institution's own past."""
    account, at = asking(request), timezone.now()
    space = listed_space(account, code)
    try:
        ask_for_check(space=space, by=account, at=at)
    except MethodOffError as off:
        messages.error(request, off.in_language(translation.get_language() or "en"))
    else:
        messages.success(request, _("It is tested in the background. Look again in a few minutes."))
    return redirect("priority", code=code)


@require_http_methods(["GET", "HEAD", "POST"])
def priority_several(request: HttpRequest, code: str) -> HttpResponse:
    """Decide on several entries in one step, with a reason for each."""
    account, at = asking(request), timezone.now()
    space = listed_space(account, code)
    numbers = [int(n) for n in request.GET.getlist("entry") if n.isdigit()][:MOST_AT_ONCE]
    entries = _chosen(account, space, numbers, at=at)
    if not entries:
        messages.error(request, _("Tick at least one person on the list who has no open case."))
        return redirect("priority", code=code)
    read_people(account, [entry.person for entry in entries], page="priority", at=at)
    form = SeveralForm(request.POST or None, entries=[entry.pk for entry in entries])
    shown = request.POST.get("shown", "") or shown_now(case=0, by=account, at=at)
    if request.method == "POST" and form.is_valid():
        try:
            made = file_several(entries=entries, said=form.said(), shown=shown, by=account, at=at)
        except FaultyInputError as refused:
            form.add_faults(refused.faults)
        else:
            said = ngettext("%(n)d decision is written down.", "%(n)d decisions are written down.", len(made))
            messages.success(request, said % {"n": len(made)})
            return redirect("cases", code=code)
    rows = [
        {"view": view, "kind": form[f"kind-{view.pk}"], "reason": form[f"reason-{view.pk}"]}
        for view in entry_views(entries)
    ]
    return render(request, "priority_several.html", {"space": space, "rows": rows, "form": form, "shown": shown})


def _chosen(account: Account, space: Space, numbers: list[int], *, at: datetime) -> list[PriorityEntry]:
    """Return those of these entries that an account may decide on; anything else that was named is not taken."""
    if not state_of(space, PRIORITY.code, at=at).running:
        return []
    wanted = PriorityEntry.objects.filter(pk__in=numbers, run__space=space).values("run")
    found = [
        entry
        for run in runs_for(account, space).filter(pk__in=wanted)
        for entry in described(entries_for(account, run, at=at).filter(pk__in=numbers))
        .exclude(band=PriorityEntry.Band.UNKNOWN).order_by("-band", "person__code")
    ]  # fmt: skip
    once = {entry.person_id: entry for entry in reversed(found)}
    return [entry for entry in found if once[entry.person_id] is entry]


def _page(
    request: HttpRequest, account: Account, space: Space, *, at: datetime, form: WorkOutForm | None = None
) -> HttpResponse:
    state = state_of(space, PRIORITY.code, at=at)
    facts: dict[str, Any] = {"space": space, "state": state}
    if not state.running:
        return render(request, "priority.html", facts)
    asked = request.GET
    runs = list(runs_for(account, space)[:30])
    of_scope = [one for one in runs if one.scope == asked.get("scope")] or runs
    run = next((one for one in runs if str(one.pk) == asked.get("list")), of_scope[0] if of_scope else None)
    groups = list(filter_groups(account, space))
    wanted = chosen("priority", {name: str(value) for name, value in asked.items()})
    group = next((one for one in groups if str(one.pk) == asked.get("group")), None)
    facts |= {"runs": runs, "run": run, "group": group, "wanted": wanted}
    facts |= {"bands_known": PriorityEntry.Band.choices, "keep": _kept(wanted, run)}
    facts["saved"] = to_be_saved("priority", space.pk, wanted | ({"scope": run.scope} if run else {}))
    if run is not None:
        named = [(one.pk, said_of(one.name)) for one in groups]
        facts["group_options"] = options_of(named, {str(group.pk)} if group is not None else set())
    facts["form"] = form or _form(account, space, run, groups, at=at)
    only = None if account.role == Account.Role.DIRECTOR else account
    facts["use"] = use_of_list(space, run, at=at, only=only)
    facts |= {"mine": only is not None, "check": latest_check(space)}
    if run is not None:
        only_band, free = wanted.get("band", ""), "free" in wanted
        view = list_view(account, run, group=group, band=only_band, free=free, page=asked.get("page"), at=at)
        read_people(account, view.people, page="priority", at=at)
        entries = entry_views(view.listed)
        facts |= {"view": view, "entries": entries, "bands": _by_band(entries, only=only_band)}
        facts["not_counted"] = run.not_counted
        facts["against"] = against_list(run, facts["check"])
    return render(request, "priority.html", facts)


def _kept(wanted: Mapping[str, str], run: PriorityRun | None) -> str:
    """Return what the addresses of other pages of a list say: which list, and how it is narrowed."""
    return urlencode({"list": run.pk if run is not None else "", **{k: v for k, v in wanted.items() if k != "scope"}})


def _by_band(entries: list[EntryView], *, only: str) -> list[dict[str, Any]]:
    """Return the entries of a page under their bands; a band without any is left out.

    Who is to be talked with stands open. The band behind it is folded, unless it was asked for or stands alone: a list
    of fifty cards is read by nobody.
    """
    bands = {entry.noted.band_code: entry.noted.band for entry in entries}
    return [
        {
            "code": code,
            "name": name,
            "entries": [one for one in entries if one.noted.band_code == code],
            "folded": place > 0 and not only,
        }
        for place, (code, name) in enumerate(bands.items())
    ]


def _form(
    account: Account, space: Space, run: PriorityRun | None, groups: Iterable[Group], *, at: datetime, data: Any = None
) -> WorkOutForm:  # fmt: skip
    day = run.as_of if run is not None else first_day(space, None, today=localdate(at))
    whole = account.role == Account.Role.DIRECTOR
    return WorkOutForm(data, groups=[one for one in groups if one.kind in LISTED], whole=whole, day=day)
