"""The pages on which announcements are prepared, approved and taken down: for directors and officers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from random import SystemRandom
from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yucai.errors import FaultyInputError, YucaiError
from yucai.web.accounts.access import closed_to, read_people, visible_spaces
from yucai.web.accounts.case_models import ReviewCase
from yucai.web.accounts.models import Space
from yucai.web.accounts.requests import asking
from yucai.web.accounts.tables import answer_tables, table_asked
from yucai.web.evidence.uploads import capped_upload, was_cut
from yucai.web.selection.actions import (
    add_lines,
    approve_announcement,
    change_facts,
    drop_line,
    hand_over,
    may_announce,
    prepare_announcement,
    return_announcement,
)
from yucai.web.selection.ending import correct_line, set_announcing, take_down, take_line_off
from yucai.web.selection.facts import AnnouncementFacts, default_days, rule_of
from yucai.web.selection.forms import (
    AnnouncingForm,
    CorrectForm,
    FactsForm,
    FileForm,
    GroupForm,
    LinesForm,
    ReasonForm,
)
from yucai.web.selection.lists import entries_of_file, entries_of_group, entries_of_text
from yucai.web.selection.models import AnnouncedLine, Announcement
from yucai.web.selection.paper import announcement_pdf
from yucai.web.selection.showing import PHASES, Phase, page_of, phase_of, shown_digest, space_announcements
from yucai.web.selection.tables import announcements_table

__all__ = [
    "announcement",
    "announcement_add",
    "announcements",
    "approve",
    "ask",
    "change",
    "correct",
    "down",
    "lines_add",
    "off",
    "paper",
    "return_",
]

State = Announcement.State
MOST_LISTED: Final = 200
PRINTED: Final = (Phase.WAITING, Phase.RUNNING)


def _space(request: HttpRequest, code: str) -> Space:
    account = asking(request)
    space = visible_spaces(account).filter(code=code).first()
    if space is None or not may_announce(account, space):
        raise PermissionDenied
    return space


def _announcement(request: HttpRequest, pk: int) -> Announcement:
    """Return an announcement that the account may open; one of others and one there is not are refused alike."""
    known = Announcement.objects.select_related("space", "asked_by", "approved_by", "down_by")
    found = known.filter(pk=pk).first()
    if found is None or not may_announce(asking(request), found.space):
        raise PermissionDenied
    return found


def _said(problem: YucaiError) -> str:
    return problem.in_language(translation.get_language() or "en")


@require_http_methods(["GET", "HEAD", "POST"])
def announcements(request: HttpRequest, code: str) -> HttpResponse:
    """The announcements of an institution, and how it announces."""
    account, at, space = asking(request), timezone.now(), _space(request, code)
    rule = rule_of(space)
    now = {"days": rule.days, "source": rule.source, "contact": rule.contact, "index_on": rule.index_on}
    form = AnnouncingForm(request.POST or None, initial=now)
    if request.method == "POST" and form.is_valid():
        try:
            set_announcing(space=space, by=account, at=at, **form.cleaned_data)
        except FaultyInputError as refused:
            form.add_faults(refused.faults)
        else:
            messages.success(request, _("Set. It is written down with your name."))
            return redirect("announcements", code=code)
    rows = [(one, PHASES[phase_of(one, at=at)]) for one in _listed(request, space)]
    facts = {"space": space, "rows": rows, "form": form, "rule": rule}
    return answer_tables(request, "announcements.html", facts, [announcements_table(rows)], at=at, spaces=[space])


def _listed(request: HttpRequest, space: Space) -> Iterable[Announcement]:
    """Return the announcements of an institution: the latest on a page, all of them in a file."""
    found = space_announcements(space)
    return found if table_asked(request) else found[:MOST_LISTED]


@require_http_methods(["GET", "HEAD", "POST"])
def announcement_add(request: HttpRequest, code: str) -> HttpResponse:
    """Begin an announcement."""
    space, at = _space(request, code), timezone.now()
    rule, today = rule_of(space), localdate(at)
    until = default_days(rule, begin=today)
    first = {"from_day": today, "until_day": until, "object_until": until, "contact": rule.contact, "names": "masked"}
    form = FactsForm(request.POST or None, initial=first)

    def prepare(facts: AnnouncementFacts) -> Announcement:
        return prepare_announcement(space=space, facts=facts, by=asking(request), at=at)

    return _facts_page(request, space, form, prepare, back=None)


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """State a draft anew."""
    found = _announcement(request, pk)
    now = {name: getattr(found, name) for name in AnnouncementFacts.__dataclass_fields__}
    form = FactsForm(request.POST or None, initial={**now, "outcomes": FactsForm.written(found.outcomes)})

    def restate(facts: AnnouncementFacts) -> Announcement:
        change_facts(announcement=found, facts=facts, by=asking(request), at=timezone.now())
        return found

    return _facts_page(request, found.space, form, restate, back=found)


def _facts_page(
    request: HttpRequest, space: Space, form: FactsForm, done: Callable[[AnnouncementFacts], Announcement],
    *, back: Announcement | None,
) -> HttpResponse:  # fmt: skip
    if request.method == "POST" and form.is_valid():
        try:
            return redirect("announcement", pk=done(form.facts()).pk)
        except FaultyInputError as refused:
            form.add_faults(refused.faults)
        except YucaiError as refused:
            form.add_error(None, _said(refused))
    return render(request, "announcement_facts.html", {"space": space, "form": form, "announcement": back})


@require_safe
def announcement(request: HttpRequest, pk: int) -> HttpResponse:
    """One announcement: its list and its public page as it stands, and what comes next."""
    return _page(request, _announcement(request, pk))


def _page(request: HttpRequest, found: Announcement, **forms: Any) -> HttpResponse:
    account, at = asking(request), timezone.now()
    shut = closed_to(account, page="announcement", at=at).filter(announced__announcement=found)
    lines = list(found.lines.exclude(person__in=shut).select_related("person").order_by("person__code"))
    read_people(account, [line.person for line in lines], page="announcement", at=at)
    phase, words = phase_of(found, at=at), found.words
    cases = ReviewCase.objects.filter(about=ReviewCase.About.ANNOUNCED, handler=account, space=found.space)
    in_hand = set(cases.filter(state=ReviewCase.State.IN_HAND).values_list("key", flat=True))
    facts = {
        "announcement": found, "space": found.space, "phase": phase, "phase_words": PHASES[phase],
        "lines": [(line, words[line.outcome], f"{line.pk}" in in_hand) for line in lines],
        "closed": found.lines.filter(person__in=shut).count(), "own": account.pk in found.made_by,
        "words": list(enumerate(words)), "printed": phase in PRINTED, "page": page_of(found, at=at),
        "public": request.build_absolute_uri(reverse("announced", kwargs={"key": found.key})), "reason": ReasonForm(),
    }  # fmt: skip
    if phase is Phase.ASKED:
        facts["digest"] = shown_digest(found)
    if phase is Phase.DRAFT:
        facts |= _list_forms(found) | forms
    return render(request, "announcement.html", facts | forms)


def _list_forms(found: Announcement) -> dict[str, Any]:
    group = GroupForm(space=found.space, words=found.words, auto_id="group_%s")
    return {"pasted": LinesForm(auto_id="lines_%s"), "sheet": FileForm(auto_id="file_%s"), "group": group}


@capped_upload
@require_POST
def lines_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Put people into a draft: of a group, of lines, of a file."""
    found, forms = _announcement(request, pk), {}
    what = request.POST.get("what", "")
    if what == "group":
        form: Any = GroupForm(request.POST, space=found.space, words=found.words, auto_id="group_%s")
    elif what == "file":
        form = FileForm(request.POST, request.FILES, auto_id="file_%s")
    else:
        form = LinesForm(request.POST, auto_id="lines_%s")
    forms[{"group": "group", "file": "sheet"}.get(what, "pasted")] = form
    if was_cut(request):
        form.add_error("file" if what == "file" else None, _("The file is too large for a list of people."))
    if form.is_valid():
        said = form.cleaned_data
        try:
            if what == "group":
                entries = entries_of_group(said["group"], said["outcome"])
            elif what == "file":
                entries = entries_of_file(said["file"].read(), name=said["file"].name or "")
            else:
                entries = entries_of_text(said["lines"])
            n = add_lines(announcement=found, entries=entries, by=asking(request), at=timezone.now())
        except FaultyInputError as refused:
            form.add_faults(refused.faults)
        except YucaiError as refused:
            form.add_error(None, _said(refused))
        else:
            said = ngettext("%(n)d person is in the list now.", "%(n)d people were added to the list.", n) % {"n": n}
            messages.success(request, said)
            return redirect("announcement", pk=pk)
    return _page(request, found, **forms)


def _done(request: HttpRequest, pk: int, act: Callable[[], None], said: str) -> HttpResponseRedirect:
    """Do something, and say on the page that it was done or why not."""
    try:
        act()
    except FaultyInputError as refused:
        for fault in refused.faults:
            messages.error(request, fault.says.in_language(translation.get_language() or "en", **_facts(fault.facts)))
    except YucaiError as refused:
        messages.error(request, _said(refused))
    else:
        messages.success(request, said)
    return redirect("announcement", pk=pk)


def _facts(facts: Any) -> dict[str, Any]:
    language = translation.get_language() or "en"
    return {name: one.in_language(language) if hasattr(one, "in_language") else one for name, one in facts.items()}


@require_POST
def ask(request: HttpRequest, pk: int) -> HttpResponseRedirect:
    """Hand an announcement over to a second person."""
    found, account = _announcement(request, pk), asking(request)

    def act() -> None:
        hand_over(announcement=found, by=account, at=timezone.now(), rng=SystemRandom())

    return _done(request, pk, act, _("Handed over. Nothing is public before a second person approves it."))


@require_POST
def approve(request: HttpRequest, pk: int) -> HttpResponseRedirect:
    """Approve what was on the page, as the second person."""
    found, account, digest = _announcement(request, pk), asking(request), request.POST.get("digest", "")

    def act() -> None:
        approve_announcement(announcement=found, digest=digest, by=account, at=timezone.now())

    return _done(request, pk, act, _("Approved. It is public on its days, and ends by itself."))


@require_POST
def return_(request: HttpRequest, pk: int) -> HttpResponseRedirect:
    """Give it back to be changed."""
    found, account, reason = _announcement(request, pk), asking(request), request.POST.get("reason", "")

    def act() -> None:
        return_announcement(announcement=found, reason=reason, by=account, at=timezone.now())

    return _done(request, pk, act, _("Given back. Who prepared it reads your reason."))


@require_POST
def down(request: HttpRequest, pk: int) -> HttpResponseRedirect:
    """Take it down at once."""
    found, account, reason = _announcement(request, pk), asking(request), request.POST.get("reason", "")

    def act() -> None:
        take_down(announcement=found, reason=reason, by=account, at=timezone.now())

    return _done(request, pk, act, _("Taken down. From now on nobody outside sees it."))


def _line(request: HttpRequest, pk: int) -> AnnouncedLine:
    found = AnnouncedLine.objects.select_related("announcement__space").filter(pk=pk).first()
    if found is None or not may_announce(asking(request), found.announcement.space):
        raise PermissionDenied
    return found


@require_POST
def off(request: HttpRequest, pk: int) -> HttpResponseRedirect:
    """Take somebody out of a draft, or off a page that is approved."""
    line, account = _line(request, pk), asking(request)
    act = drop_line if line.announcement.state == State.DRAFT else take_line_off
    said = _("The line is gone.")
    return _done(request, line.announcement_id, lambda: act(line=line, by=account, at=timezone.now()), said)


@require_POST
def correct(request: HttpRequest, pk: int) -> HttpResponseRedirect:
    """Give a line another outcome, with the request about it in hand."""
    line, account, form = _line(request, pk), asking(request), CorrectForm(request.POST)
    outcome = form.cleaned_data["outcome"] if form.is_valid() else -1

    def act() -> None:
        correct_line(line=line, outcome=outcome, by=account, at=timezone.now())

    return _done(request, line.announcement_id, act, _("Corrected. Now close the request."))


@require_safe
def paper(request: HttpRequest, pk: int) -> HttpResponse:
    """The public page for the notice board, from its approval to its end."""
    found, at = _announcement(request, pk), timezone.now()
    if phase_of(found, at=at) not in PRINTED:
        raise PermissionDenied
    people = [line.person for line in found.lines.select_related("person")]
    shut = set(closed_to(asking(request), page="announcement", at=at).values_list("pk", flat=True))
    read_people(asking(request), [one for one in people if one.pk not in shut], page="announcement", at=at)
    content = announcement_pdf(page_of(found, at=at), language=translation.get_language() or "en", at=at)
    answer = HttpResponse(content, content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="announcement-{found.pk}.pdf"'
    return answer
