"""The trust centre, notices and consents: of who asks, and of who keeps them for an institution."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yucai.errors import FaultyInputError
from yucai.web.accounts.access import read_people, visible_spaces
from yucai.web.accounts.consent_models import Consent, ConsentText
from yucai.web.accounts.consents import (
    add_text,
    current_texts,
    give_consent,
    may_keep_registers,
    record_consent,
    ship_texts,
    withdraw_consent,
)
from yucai.web.accounts.models import Account, Person, Space
from yucai.web.accounts.requests import asking
from yucai.web.evidence.models import DataSource
from yucai.web.jobs.actions import ask_for
from yucai.web.registers.algorithms import PROFILES
from yucai.web.registers.centre import entries_for
from yucai.web.registers.forms import ConsentTextForm, NoticeForm, SignedForm
from yucai.web.registers.models import Notice, NoticeSeen
from yucai.web.registers.notices import draft_notice, latest_notice, mark_read, publish_notice, unread_notices
from yucai.web.registers.switches import runs

__all__ = [
    "consent_give",
    "consent_record",
    "consent_texts_ship",
    "consent_withdraw",
    "consents_kept",
    "my_consents",
    "notice_kept",
    "notices",
    "notices_read",
    "trust",
]

ON_A_PAGE = 50


@require_safe
def trust(request: HttpRequest) -> HttpResponse:
    """What there is to see, to ask and to keep: one list for each role."""
    account = asking(request)
    spaces = list(visible_spaces(account))
    entries = entries_for(account, spaces)
    of_one = {entry.space: [one for one in entries if one.space == entry.space] for entry in entries if entry.space}
    facts = {
        "everywhere": [entry for entry in entries if entry.space is None],
        "of_one": of_one.items(),
        "simulated": any(space.simulated for space in spaces),
    }
    return render(request, "trust.html", facts)


@require_safe
def notices(request: HttpRequest) -> HttpResponse:
    """The notices in force in my institutions, and those that came before; what is unread stands first."""
    account, at = asking(request), timezone.now()
    unread = unread_notices(account, at=at)
    known = Notice.objects.filter(space__accounts=account).select_related("space").order_by("-since", "-version")
    read = dict(NoticeSeen.objects.filter(account=account).values_list("notice", "at"))
    listed = [(one, read.get(one.pk)) for one in known if one not in unread]
    return render(request, "notices.html", {"unread": unread, "listed": listed})


@require_POST
def notices_read(request: HttpRequest) -> HttpResponseRedirect:
    """Say that I have read the notices that were shown."""
    shown = [int(pk) for pk in request.POST.getlist("notice") if pk.isdecimal() and len(pk) < 19]
    mark_read(account=asking(request), notices=shown, at=timezone.now())
    return redirect("home")


@require_safe
def my_consents(request: HttpRequest) -> HttpResponse:
    """What I am asked to consent to, one by one."""
    person = _myself(request)
    at = timezone.now()
    held = Consent.objects.filter(person=person).select_related("text", "given_by").order_by("-given_at", "-pk")
    texts, lines = list(current_texts(person.space, at=at)), []
    codes = [text.code for text in texts]
    sources = list(DataSource.objects.filter(space=person.space, consent_code__in=codes))
    again = ConsentText.objects.filter(space=person.space, code__in=codes, asks_again=True) if held else []
    asks = [(one.code, one.version) for one in again]
    for text in texts:
        mine = [one for one in held if one.text.code == text.code]
        going_on = next((one for one in mine if one.ended_at is None and _counts(one, text, asks)), None)
        lines.append({"text": text, "holds": going_on, "asked_again": _asked_again(mine, going_on),
                      "sources": [one for one in sources if one.consent_code == text.code],
                      "before": [one for one in mine if one.ended_at is not None]})  # fmt: skip
    return render(request, "my_consents.html", {"lines": lines, "space": person.space})


def _counts(consent: Consent, current: ConsentText, asks_again: Sequence[tuple[str, int]]) -> bool:
    """Return whether a consent still counts: no version since, given by code and number, asks everybody again."""
    newer = range(consent.text.version + 1, current.version + 1)
    return not any(code == current.code and version in newer for code, version in asks_again)


def _asked_again(mine: list[Consent], going_on: Consent | None) -> bool:
    return going_on is None and any(one.ended_at is None for one in mine)


@require_POST
def consent_give(request: HttpRequest, pk: int) -> HttpResponseRedirect:
    """Consent to one text."""
    person = _myself(request)
    text = ConsentText.objects.filter(pk=pk, space=person.space_id).first()
    if text is None:
        raise PermissionDenied
    try:
        give_consent(text=text, by=asking(request), at=timezone.now())
        messages.success(request, _("Your consent is recorded. You can withdraw it here at any time."))
    except FaultyInputError as refused:
        messages.error(request, _words(refused))
    return redirect("my_consents")


@require_POST
def consent_withdraw(request: HttpRequest, name: str) -> HttpResponseRedirect:
    """Withdraw a consent; what rests on it is computed anew without it."""
    person, at = _myself(request), timezone.now()
    account = asking(request)
    try:
        withdraw_consent(person=person, code=name, by=account, at=at)
    except FaultyInputError as refused:
        messages.error(request, _words(refused))
        return redirect("my_consents")
    if DataSource.objects.filter(space=person.space, consent_code=name).exists() and runs(
        person.space, PROFILES.code, at=at
    ):
        ask_for("measure", space=person.space, owner=None, at=at)
    messages.success(request, _("Withdrawn. From now on nothing new is done with it."))
    return redirect("my_consents")


def _myself(request: HttpRequest) -> Person:
    account = asking(request)
    if account.person is None or account.role != Account.Role.STUDENT:
        raise PermissionDenied
    return account.person


@require_http_methods(["GET", "HEAD", "POST"])
def notice_kept(request: HttpRequest, code: str) -> HttpResponse:
    """The notice of an institution: what is in force, and the next version."""
    account, space = _kept(request, code)
    at = timezone.now()
    latest = latest_notice(space, at=at)
    first = latest.body if latest is not None else draft_notice(space)
    form = NoticeForm(request.POST or None, initial={"body_en": first.en, "body_zh": first.zh})
    if request.method == "POST" and form.is_valid():
        try:
            publish_notice(space=space, body=form.both("body"), news=form.both("news"), by=account, at=at)
        except FaultyInputError as refused:
            for fault in refused.faults:
                form.add_error(None, fault.in_language(translation.get_language() or "en"))
        else:
            messages.success(request, _("In force. Everybody is shown it once."))
            return redirect("notice_kept", code=code)
    return render(request, "notice_kept.html", {"space": space, "latest": latest, "form": form})


@require_http_methods(["GET", "HEAD", "POST"])
def consents_kept(request: HttpRequest, code: str) -> HttpResponse:
    """The texts of consent of an institution, who consented, and a new version of a text."""
    account, space = _kept(request, code)
    at = timezone.now()
    form = ConsentTextForm(request.POST or None, initial={"asks_again": True})
    if request.method == "POST" and form.is_valid():
        try:
            add_text(space=space, wanted=form.wanted(), by=account, at=at)
        except FaultyInputError as refused:
            form.add_faults(refused.faults)
        else:
            messages.success(request, _("In force. Everybody whom it asks finds it under “My consents”."))
            return redirect("consents_kept", code=code)
    return _consents_page(request, space, form=form, signed=None)


def _consents_page(
    request: HttpRequest, space: Space, *, form: ConsentTextForm, signed: SignedForm | None
) -> HttpResponse:
    at, language = timezone.now(), translation.get_language() or "en"
    texts = current_texts(space, at=at)
    given = Consent.objects.filter(text__space=space).select_related("person", "text").order_by("-given_at", "-pk")
    page = Paginator(given, ON_A_PAGE).get_page(request.GET.get("page"))
    read_people(asking(request), [one.person for one in page.object_list], page="consents", at=at)
    signed = signed or SignedForm(texts=_choices(texts, language))
    facts = {"space": space, "texts": texts, "form": form, "signed": signed, "page": page}
    facts["earlier"] = ConsentText.objects.filter(space=space).exclude(pk__in=[text.pk for text in texts])
    return render(request, "consents_kept.html", facts)


def _choices(texts: list[ConsentText], language: str) -> list[tuple[str, str]]:
    return [(str(text.pk), f"{text.title.in_language(language)} · {text.version}") for text in texts]


@require_POST
def consent_record(request: HttpRequest, code: str) -> HttpResponse:
    """Record a consent that was signed on paper."""
    account, space = _kept(request, code)
    at, language = timezone.now(), translation.get_language() or "en"
    texts = current_texts(space, at=at)
    signed = SignedForm(request.POST, texts=_choices(texts, language))
    if signed.is_valid():
        said = signed.cleaned_data
        person = Person.objects.select_related("space").filter(space=space, code=said["person"].strip()).first()
        if person is None:
            signed.add_error("person", _("Nobody here has this number."))
        else:
            text = get_object_or_404(ConsentText, pk=said["text"], space=space)
            record_consent(person=person, text=text, way=said["way"], reference=said["reference"], by=account, at=at)
            messages.success(request, _("Recorded."))
            return redirect("consents_kept", code=code)
    return _consents_page(request, space, form=ConsentTextForm(initial={"asks_again": True}), signed=signed)


@require_POST
def consent_texts_ship(request: HttpRequest, code: str) -> HttpResponseRedirect:
    """Put the texts that come with the product into force, where the institution has none of that name."""
    _account, space = _kept(request, code)
    ship_texts(space=space, at=timezone.now())
    return redirect("consents_kept", code=code)


def _kept(request: HttpRequest, code: str) -> tuple[Account, Space]:
    """Return who asks and the institution whose registers they keep. Raises PermissionDenied."""
    account = asking(request)
    space = visible_spaces(account).filter(code=code).first()
    if space is None or not may_keep_registers(account, space):
        raise PermissionDenied
    return account, space


def _words(refused: FaultyInputError) -> str:
    language = translation.get_language() or "en"
    return " ".join(fault.in_language(language) for fault in refused.faults)
