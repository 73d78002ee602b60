"""Pages of feeds: which there are, what one would change, taking it in; and the statement behind a score."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from yucai.errors import Fault, FaultyInputError, YucaiError
from yucai.evidence import (
    BASES,
    GRADES,
    Attempt,
    OccasionFrom,
    load_source_templates,
    load_statement_profiles,
    source_from,
)
from yucai.texts import Text
from yucai.web.accounts.access import may_import, may_read_statements, read_people, read_person, visible_spaces
from yucai.web.accounts.models import Person
from yucai.web.accounts.requests import asking
from yucai.web.evidence.consented import require_consented, usable_records
from yucai.web.evidence.explained import explained_score
from yucai.web.evidence.foreseeing import owners_of
from yucai.web.evidence.models import EvidenceRecord, Import
from yucai.web.feeds.actions import (
    change_mapping,
    declare_actor,
    declare_feed,
    follow_again,
    forget_actor,
    newer_shipped,
    newest_declaration,
    stop_following,
    wish_of_declaration,
)
from yucai.web.feeds.behind import statement_behind
from yucai.web.feeds.due import ask_look, ask_taking, is_big
from yucai.web.feeds.forms import OWN, facts_said, fields_of, fields_said, wish_said
from yucai.web.feeds.looking import Look, look_at
from yucai.web.feeds.mapping import map_feed, profile_of
from yucai.web.feeds.models import ActorDeclaration, EvidenceFeed
from yucai.web.feeds.taking import take_feed
from yucai.web.records.models import RecordStore

__all__ = ["actor", "add", "feed", "feeds", "follow", "forget", "look", "mapping", "renew", "statement", "take"]

Made = TypeVar("Made")
MOST_IMPORTS = 20
ATTEMPTS = {
    Attempt.FIRST: Text("the first", "首次"),
    Attempt.LAST: Text("the last", "末次"),
    Attempt.BEST: Text("the best", "最好的一次"),
}
OCCASIONS = {
    OccasionFrom.TERM: Text("the school term of its day", "当日所在学期"),
    OccasionFrom.REGISTRATION: Text("its registration", "注册标识"),
    OccasionFrom.PARENT: Text("what it is part of", "上级活动"),
    OccasionFrom.GROUPING: Text("its grouping", "所属分组"),
}


@require_safe
def feeds(request: HttpRequest) -> HttpResponse:
    """The stores that give evidence, of every institution into which this account may import."""
    account = asking(request)
    spaces = [space for space in visible_spaces(account) if may_import(account, space)]
    if not spaces:
        raise PermissionDenied
    found = EvidenceFeed.objects.filter(space__in=spaces).select_related("store", "space", "last_import")
    stores = RecordStore.objects.filter(space__in=spaces)
    shown = {"feeds": found.order_by("space__code", "name"), "stores": stores, "several": len(spaces) > 1}
    return render(request, "feeds.html", {**shown, "space": spaces[0] if len(spaces) == 1 else None})


def add(request: HttpRequest) -> HttpResponse:
    """Declare a store as a source: whose statements, how they are mapped, and what the law asks."""
    account = asking(request)
    spaces = [space for space in visible_spaces(account) if may_import(account, space)]
    if not spaces:
        raise PermissionDenied
    stores = RecordStore.objects.filter(space__in=spaces).select_related("space").order_by("code")
    fields = {"profile": "generic", "home_pages": "", "name": ""}
    chosen = request.GET.get("store", "")
    faults: list[str] = []
    facts = source_from(load_source_templates()["responses"], language=_language())
    if request.method == "POST":
        fields, facts, chosen = fields_said(request), facts_said(request.POST), request.POST.get("store", "")
        store = get_object_or_404(stores, code=chosen)
        wish, unread = wish_said(request)
        name, at = fields["name"], timezone.now()
        act = partial(declare_feed, store=store, name=name, facts=facts, wish=wish, by=account, at=at)
        made, faults = _done(act, unread)
        if made is not None:
            return redirect("feed", pk=made.pk)
    owners = sorted({owner for space in spaces for owner in owners_of(space)})
    shown = {"stores": stores, "chosen": chosen, "facts": facts, "owners": owners, "bases": BASES, "grades": GRADES}
    return render(request, "feed_add.html", {**shown, **_mapping_shown(fields, faults), "space": spaces[0]})


@require_safe
def feed(request: HttpRequest, pk: int) -> HttpResponse:
    """One feed: what taking it in would change, whose the statements are, what was taken in."""
    found = _open_feed(request, pk)
    declaration = newest_declaration(found)
    big = is_big(found.store)
    seen = _seen(found, big=big)
    if seen is not None:
        numbers = {line.learner for line in seen.lines}
        read_people(
            asking(request), Person.objects.filter(space=found.space, code__in=numbers), page="feed", at=timezone.now()
        )
    imports = Import.objects.filter(source__space=found.space, source__code=found.code).order_by("-pk")
    return render(
        request,
        "feed.html",
        {
            "space": found.space, "feed": found, "declaration": declaration, "profile": profile_of(declaration),
            "big": big, "seen": seen, "shown": _look_shown(seen), "newer": newer_shipped(declaration),
            "proposed": found.in_force_id is not None and found.in_force_id != declaration.pk,
            "imports": imports[:MOST_IMPORTS], "actors": found.actors.select_related("person").order_by("key"),
            "undone": found.last_import is not None and found.last_import.undone_at is not None,
            "purpose": _purpose(found),
            "attempt": ATTEMPTS[profile_of(declaration).attempt],
            "occasion": OCCASIONS[profile_of(declaration).occasion_from],
        },
    )  # fmt: skip


@require_POST
def look(request: HttpRequest, pk: int) -> HttpResponseRedirect:
    """Let the worker find out what a big store would change."""
    found = _open_feed(request, pk)
    return redirect("job", pk=ask_look(feed=found, by=asking(request), at=timezone.now()).pk)


@require_POST
def take(request: HttpRequest, pk: int) -> HttpResponseRedirect:
    """Take a feed in, with the yes that the page sends along."""
    found, account, now = _open_feed(request, pk), asking(request), timezone.now()
    agreed, declaration = frozenset(request.POST.getlist("agree")), newest_declaration(found)
    if request.POST.get("declaration") != f"{declaration.number}":
        messages.error(request, _("The mapping was changed meanwhile. Look at what it changes, then take it in."))
        return redirect("feed", pk=pk)
    if is_big(found.store):
        job = ask_taking(feed=found, agreed=agreed, declaration=declaration, by=account, at=now)
        return redirect("job", pk=job.pk)
    try:
        taken = take_feed(feed=found, by=account.username, at=now, agreed=agreed, declaration=declaration)
    except YucaiError as problem:
        messages.error(request, problem.in_language(_language()))
    else:
        messages.success(request, taken.said.in_language(_language()))
    return redirect("feed", pk=pk)


def mapping(request: HttpRequest, pk: int) -> HttpResponse:
    """Change how the statements of a feed are mapped; nothing is taken in by that."""
    found = _open_feed(request, pk)
    declaration = newest_declaration(found)
    faults: list[str] = []
    fields = fields_of(declaration)
    if request.method == "POST":
        fields = fields_said(request)
        wish, unread = wish_said(request, before=declaration)
        act = partial(change_mapping, feed=found, wish=wish, by=asking(request), at=timezone.now())
        made, faults = _done(act, unread)
        if made is not None:
            return redirect("feed", pk=pk)
    shown = {"space": found.space, "feed": found, "declaration": declaration}
    return render(request, "feed_mapping.html", {**shown, **_mapping_shown(fields, faults)})


@require_POST
def renew(request: HttpRequest, pk: int) -> HttpResponseRedirect:
    """Declare the version of the profile that comes with this program; its page shows what that would change."""
    found = _open_feed(request, pk)
    wish = wish_of_declaration(newest_declaration(found))
    change_mapping(feed=found, wish=wish, by=asking(request), at=timezone.now())
    return redirect("feed", pk=pk)


@require_POST
def actor(request: HttpRequest, pk: int) -> HttpResponseRedirect:
    """Say which person on record an actor is."""
    found, said = _open_feed(request, pk), request.POST
    try:
        declared = declare_actor(
            feed=found, key=said.get("key", ""), number=said.get("number", ""), by=asking(request), at=timezone.now()
        )
    except FaultyInputError as problem:
        messages.error(request, problem.in_language(_language()))
    else:
        told = _("From now on this actor is %(number)s. What that changes stands below.")
        messages.success(request, told % {"number": declared.person.code})
    return redirect("feed", pk=pk)


@require_POST
def forget(request: HttpRequest, pk: int) -> HttpResponseRedirect:
    """Take back which person an actor is."""
    declared = ActorDeclaration.objects.select_related("feed__space").filter(pk=pk).first()
    if declared is None or not may_import(asking(request), declared.feed.space):
        raise PermissionDenied
    forget_actor(declared=declared)
    return redirect("feed", pk=declared.feed_id)


@require_POST
def follow(request: HttpRequest, pk: int) -> HttpResponseRedirect:
    """Let a feed take in by itself what comes, or no more."""
    found = _open_feed(request, pk)
    try:
        if request.POST.get("follow") == "yes":
            follow_again(feed=found)
        else:
            stop_following(feed=found)
    except YucaiError as problem:
        messages.error(request, problem.in_language(_language()))
    return redirect("feed", pk=pk)


@require_safe
def statement(request: HttpRequest, pk: int) -> HttpResponse:
    """The statement behind a score, for the learner and for who takes scores in; who looks is written down."""
    account, at = asking(request), timezone.now()
    record = EvidenceRecord.objects.current().filter(pk=pk).select_related("item", "came_with__source", "person__space")
    found = record.first()
    if found is None:
        raise PermissionDenied
    person = read_person(account, found.person_id, page="statement", at=at)
    if not may_read_statements(account, person):
        raise PermissionDenied
    require_consented(account, person.pk, usable_records(person.space, at=at).filter(pk=pk))
    behind = statement_behind(found)
    if behind is None:
        raise Http404
    mapped = f"{found.item.name.in_language(_language())} · {found.score:g} / {found.max_score:g}"
    explained = explained_score(source=behind.source, mapped=mapped)
    shown = {"space": person.space, "person": person, "record": found, "behind": behind, "explained": explained}
    return render(request, "statement_behind.html", shown)


def _done(act: Callable[[], Made], unread: list[Fault]) -> tuple[Made | None, list[str]]:
    """Do what a form wants, unless something of it could not be read; return what was made, or all that is wrong."""
    wrong = [fault.in_language(_language()) for fault in unread]
    try:
        with transaction.atomic():
            made = act()
            if not wrong:
                return made, []
            transaction.set_rollback(True)
    except FaultyInputError as problem:
        wrong += [fault.in_language(_language()) for fault in problem.faults]
    except YucaiError as problem:
        wrong.append(problem.in_language(_language()))
    return None, wrong


def _open_feed(request: HttpRequest, pk: int) -> EvidenceFeed:
    """Return a feed if this account may import into its space; whether it exists is not told to others."""
    found = (
        EvidenceFeed.objects.select_related("space", "store", "last_import", "in_force", "job").filter(pk=pk).first()
    )
    if found is None or not may_import(asking(request), found.space):
        raise PermissionDenied
    return found


def _seen(found: EvidenceFeed, *, big: bool) -> Look | None:
    """Return what taking a feed in would change: of a big store, what a worker found last."""
    if big:
        return Look.from_kept(found.look) if found.look else None
    return look_at(map_feed(found, newest_declaration(found), at=timezone.now()))


def _purpose(found: EvidenceFeed) -> str:
    """Return what the data are for, in the language of the page where a template knows it."""
    purpose = str(found.facts.get("purpose", ""))
    for template in load_source_templates().values():
        if purpose in (template.purpose.en, template.purpose.zh):
            return template.purpose.in_language(_language())
    return purpose


def _mapping_shown(fields: dict[str, str], faults: list[str]) -> dict[str, Any]:
    return {
        "fields": fields, "faults": faults, "own": OWN, "profiles": load_statement_profiles(),
        "attempts": ATTEMPTS, "occasions": OCCASIONS,
    }  # fmt: skip


def _look_shown(seen: Look | None) -> dict[str, Any]:
    """Return the sentences of a look in the language of the page."""
    if seen is None:
        return {}
    n = 1 if _language().startswith("zh") else 0
    return {
        "notices": [said[n] for said in seen.notices],
        "refused": [said[n] for said in seen.refused_lines],
        "faults": [said[n] for said in seen.faults],
        "asks": [(ask.token, ask.says[n], ask.tick[n]) for ask in seen.asks],
        "lines": [(line, line.item[n]) for line in seen.lines],
        "more_lines": seen.new + seen.changed + seen.gone > len(seen.lines) > 0,
    }


def _language() -> str:
    return translation.get_language() or "en"
