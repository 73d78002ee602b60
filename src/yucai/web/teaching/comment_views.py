"""Comments to the people of a group: each is opened, read and kept or sent by a person; those ticked go together."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yucai.errors import FaultyInputError
from yucai.web.accounts.access import (
    closed_to,
    group_at_hand,
    may_write_comments_at_all,
    read_people,
    read_person,
    visible_people,
)
from yucai.web.accounts.fault_form import FaultForm
from yucai.web.accounts.models import Account, Group, Person
from yucai.web.accounts.requests import asking
from yucai.web.measurement.comment_models import StudentComment
from yucai.web.measurement.comment_showing import explained_comment
from yucai.web.measurement.commenting import (
    MOST_SAID,
    CommentWritten,
    discard_comment,
    keep_comment,
    send_comments,
    withdraw_comment,
)
from yucai.web.registers.algorithms import COMMENTS
from yucai.web.registers.switches import state_of
from yucai.web.teaching.comment_drafts import Drafted, comment_rows, drafted

__all__ = ["class_comment", "class_comments", "comment_withdraw", "comments_send"]

ROWS_A_PAGE: Final = 50
LANGUAGES: Final = ("zh", "en")


class CommentForm(FaultForm):
    """What is to be said to one student."""

    said = forms.CharField(
        label=gettext_lazy("The comment"), max_length=MOST_SAID, widget=forms.Textarea(attrs={"rows": 14}),
        help_text=gettext_lazy("The student reads it word for word, and so does whoever may read the portrait."),
    )  # fmt: skip


@require_safe
def class_comments(request: HttpRequest, pk: int) -> HttpResponse:
    """How far the comments to a group are: whose is not opened yet, kept, or sent."""
    account, at = asking(request), timezone.now()
    group = _group(account, pk, page="class-comments", at=at)
    shut = closed_to(account, page="class-comments", at=at)
    people = visible_people(account).filter(groups=group).exclude(pk__in=shut).order_by("code")
    page = Paginator(people, ROWS_A_PAGE).get_page(request.GET.get("page"))
    shown = list(page.object_list)
    read_people(account, shown, page="class-comments", at=at, group=group)
    rows = comment_rows(shown, by=account, space=group.space_id)
    facts = {"group": group, "space": group.space, "page": page, "rows": rows, "languages": _languages()}
    facts["ready"] = sum(row.kept is not None and not row.stale for row in rows)
    return render(request, "class_comments.html", facts)


@require_http_methods(["GET", "HEAD", "POST"])
def class_comment(request: HttpRequest, pk: int, person: int) -> HttpResponse:
    """One comment: its draft in the chosen language, to be read, changed, kept, sent, or thrown away."""
    account, at = asking(request), timezone.now()
    group = _group(account, pk, page="comment", at=at, person_pk=person)
    whom = read_person(account, person, page="comment", at=at)
    kept = StudentComment.objects.filter(person=whom, author=account, sent_at=None).first()
    off = state_of(group.space, COMMENTS.code, at=at).why
    found = drafted(whom, group, at=at) if off is None else None
    language = _language(request, kept)
    draft = found.draft.in_language(language) if found is not None else ""
    stale = kept is not None and bool(kept.draft) and found is not None and kept.computed_at != found.computed_at
    fresh = kept is None or stale or kept.language != language
    form = CommentForm(request.POST or None, initial={"said": draft if fresh else kept.said if kept else ""})
    if request.method == "POST" and "discard" in request.POST:
        discard_comment(person=whom, group=group, by=account, at=at)
        return redirect("class_comments", pk=group.pk)
    if request.method == "POST" and form.is_valid():
        written = _written(form.cleaned_data["said"], language, draft, found)
        try:
            return _done(request, whom, group, written, at=at)
        except FaultyInputError as refused:
            form.add_faults(refused.faults)
    facts = {"group": group, "space": group.space, "person": whom, "form": form, "language": language, "off": off}
    facts |= {"kept": kept, "stale": stale, "drafted": found, "languages": _languages(), "draft": draft}
    facts["explained"] = _explained(account, found)
    return render(request, "class_comment.html", facts)


def _group(account: Account, pk: int, *, page: str, at: datetime, person_pk: int | None = None) -> Group:
    """Return a group to whose people the account may write, with a person in it. Raises PermissionDenied."""
    group = group_at_hand(account, pk, page=page, at=at, person_pk=person_pk)
    if not may_write_comments_at_all(account):
        raise PermissionDenied
    return group


def _language(request: HttpRequest, kept: StudentComment | None) -> str:
    """Return the language of a comment: the one asked for, that of what was kept, or that of the page."""
    asked = request.GET.get("language", "")
    if asked in LANGUAGES:
        return asked
    return kept.language if kept is not None else (translation.get_language() or "zh")[:2]


def _languages() -> tuple[tuple[str, str], ...]:
    return tuple(StudentComment.Language.choices)


def _written(said: str, language: str, draft: str, found: Drafted | None) -> CommentWritten:
    if found is None:
        return CommentWritten(language=language, said=said)
    return CommentWritten(
        language=language, said=said, occasion=found.occasion, draft=draft, rules_version=found.draft.version,
        computed_at=found.computed_at,
    )  # fmt: skip


def _done(
    request: HttpRequest, whom: Person, group: Group, written: CommentWritten, *, at: datetime
) -> HttpResponseRedirect:
    """Keep a comment, and send it where that was pressed: both or neither."""
    account = asking(request)
    name = whom.name.in_language(translation.get_language() or "en")
    with transaction.atomic():
        kept = keep_comment(person=whom, group=group, written=written, by=account, at=at)
        if "send" in request.POST:
            send_comments(group=group, numbers=[kept.pk], by=account, at=at)
    said = _("Sent to %(name)s.") if "send" in request.POST else _("Kept for %(name)s. It is not sent yet.")
    messages.success(request, said % {"name": name})
    return redirect("class_comments", pk=group.pk)


def _explained(account: Account, found: Drafted | None) -> Any:
    author = account.name.in_language(translation.get_language() or "en")
    if found is None:
        return explained_comment(author=author, period="", computed_at=None, version="")
    return explained_comment(
        author=author, period=found.occasion, computed_at=found.computed_at, version=found.draft.version
    )


@require_POST
def comments_send(request: HttpRequest, pk: int) -> HttpResponseRedirect:
    """Send the comments that are ticked; each of them was opened and kept before."""
    account, at = asking(request), timezone.now()
    group = _group(account, pk, page="class-comments", at=at)
    numbers = [int(number) for number in request.POST.getlist("comment") if number.isascii() and number.isdigit()]
    try:
        sent = send_comments(group=group, numbers=numbers, by=account, at=at)
    except FaultyInputError as refused:
        language = translation.get_language() or "en"
        for fault in refused.faults:
            messages.error(request, fault.in_language(language))
    else:
        said = ngettext("%(n)d comment was sent.", "%(n)d comments were sent.", len(sent))
        messages.success(request, said % {"n": len(sent)})
    return redirect("class_comments", pk=group.pk)


@require_POST
def comment_withdraw(request: HttpRequest, pk: int) -> HttpResponseRedirect:
    """Withdraw a comment that was sent, with a reason that the student reads."""
    account, at = asking(request), timezone.now()
    found = StudentComment.objects.select_related("person").filter(pk=pk).first()
    if found is None:
        raise PermissionDenied
    read_person(account, found.person_id, page="comment", at=at)
    try:
        withdraw_comment(comment=found, reason=request.POST.get("reason", ""), by=account, at=at)
    except FaultyInputError as refused:
        messages.error(request, refused.faults[0].in_language(translation.get_language() or "en"))
    else:
        messages.success(request, _("The comment is withdrawn. The student sees that, and the reason."))
    return redirect("portrait", pk=found.person_id)
