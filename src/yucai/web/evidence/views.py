"""Pages of own works: the student's list and form, one work with its file, and what waits to be verified."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.http import content_disposition_header
from django.utils.timezone import localdate
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yucai.errors import FaultyInputError
from yucai.evidence import AttachmentType
from yucai.framework import load_framework
from yucai.web.accounts.access import (
    decidable_people,
    may_add_works,
    may_decide_works,
    read_people,
    read_person,
)
from yucai.web.accounts.contested import works_under_review
from yucai.web.accounts.models import Account, Person
from yucai.web.accounts.requests import asking
from yucai.web.accounts.tables import answer_tables, rows_shown, table_asked
from yucai.web.evidence.consented import require_consented, usable_works
from yucai.web.evidence.explained import explained_work
from yucai.web.evidence.forms import DecisionForm, TakeBackForm, WorkForm, add_faults
from yucai.web.evidence.makers import answer_naming, makers_shown, namings_of, words_of_makers
from yucai.web.evidence.models import OwnWork
from yucai.web.evidence.naming_shown import show_namings
from yucai.web.evidence.own_works import (
    WorkDecidedError,
    add_work,
    decide_work,
    may_be_replaced,
    withdraw_work,
)
from yucai.web.evidence.showing import show_work, show_works
from yucai.web.evidence.taken_back import may_take_back, take_back_decision, to_take_back
from yucai.web.evidence.uploads import capped_upload, digest, upload_file, was_cut
from yucai.web.evidence.work_tables import works_table

__all__ = ["add", "decide", "file", "made_with", "own_works", "queue", "take_back", "withdraw", "work"]

ROWS_A_PAGE = 50
CARRIED = ("kind", "title", "level", "done_on", "team_size", "part", "quality", "proof", "link")
AI_WORDS = ("ai_machine_did", "ai_i_did", "ai_checked_how")


@require_safe
def own_works(request: HttpRequest) -> HttpResponse:
    """The student's own works, with what became of each."""
    person = _oneself(request, page="own-works", at=timezone.now())
    shown = show_works(_as_shown(OwnWork.objects.filter(person=person)).order_by("-added_at", "-pk"))
    facts = {"works": shown, "named": show_namings(namings_of(person)), "space": person.space}
    return render(request, "own_works.html", facts)


@require_POST
def made_with(request: HttpRequest, pk: int) -> HttpResponse:
    """Say to being named as a maker of a work: I took part, or I took none."""
    person = _oneself(request, page="own-works", at=timezone.now())
    found = namings_of(person).filter(pk=pk).first()
    if found is None:
        raise PermissionDenied
    if (answer := request.POST.get("answer")) in {"yes", "no"}:
        answer_naming(maker=found, took_part=answer == "yes", by=asking(request), at=timezone.now())
    return redirect("own_works")


@capped_upload
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """The form for a new work, or for a corrected version of one that was decided on."""
    at = timezone.now()
    person = _oneself(request, page="own-works-add", at=at)
    earlier = _earlier(person, request.POST.get("replaces") or request.GET.get("replaces", ""))
    framework, today = load_framework(person.space.framework), localdate(at)
    if request.method == "POST":
        form = WorkForm(request.POST, request.FILES, framework=framework, person=person, today=today)
        form.cut = was_cut(request)
        if form.is_valid() and form.described is not None:
            try:
                add_work(
                    described=form.described, attachment=form.attachment, replaces=earlier, by=asking(request), at=at
                )
            except FaultyInputError as refused:
                add_faults(form, refused.faults)
            else:
                return redirect("own_works")
    else:
        form = WorkForm(initial=_carried_over(earlier), framework=framework, person=person, today=today)
    lost = bool(form.errors) and bool(request.FILES)  # a browser does not keep the file when a form comes back
    return render(request, "own_work_add.html", {"form": form, "space": person.space, "earlier": earlier, "lost": lost})


@require_safe
def work(request: HttpRequest, pk: int) -> HttpResponse:
    """One work: what it is, its AI statement, its file, and what became of it."""
    found = _seen(request, pk, page="own-work")
    return _work_page(request, found, DecisionForm(work=found, initial={"score": ""}))


@require_safe
def file(request: HttpRequest, pk: int) -> HttpResponse:
    """The file of a work, to be saved and never shown in place."""
    found = _seen(request, pk, page="own-work-file")
    place = upload_file(found.file_sha256) if found.file_sha256 else None
    content = place.read_bytes() if place is not None and place.is_file() else b""
    if digest(content) != found.file_sha256:
        return render(request, "own_work_file_lost.html", {"work": found, "space": found.person.space}, status=404)
    answer = HttpResponse(content, content_type=AttachmentType(found.file_type).media_type)
    answer["Content-Disposition"] = content_disposition_header(True, found.file_name)
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer["Cache-Control"] = "private, no-store"
    return answer


@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a work back before anybody decided on it."""
    found = _seen(request, pk, page="own-work-withdraw")
    try:
        withdraw_work(work=found, by=asking(request), at=timezone.now())
    except WorkDecidedError as late:
        return _work_page(request, found, None, note=late.in_language(_language()))
    return redirect("own_works")


@require_POST
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Verify a work, with a rating or without, or return it."""
    found = _seen(request, pk, page="own-work-decide")
    account = asking(request)
    if not decidable_people(account).filter(pk=found.person_id).exists():
        raise PermissionDenied
    form = DecisionForm(request.POST, work=found)
    if not form.is_valid():
        return _work_page(request, found, form)
    said = form.cleaned_data
    try:
        decide_work(
            work=found,
            verdict=said["verdict"],
            reason=said["reason"],
            score=said.get("score"),
            by=account,
            at=timezone.now(),
        )
    except FaultyInputError as refused:
        add_faults(form, refused.faults)
        return _work_page(request, found, form)
    except WorkDecidedError as late:
        return _work_page(request, found, None, note=late.in_language(_language()))
    return redirect("own_works_queue")


@require_POST
def take_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back what I gave: the rating, or the verification with it."""
    found, account = _seen(request, pk, page="own-work-take-back"), asking(request)
    if not may_take_back(account, found):
        raise PermissionDenied
    form = TakeBackForm(request.POST, work=found)
    if form.is_valid():
        said = form.cleaned_data
        try:
            take_back_decision(
                work=found, what=said["what"], reason=said["back_reason"], by=account, at=timezone.now()
            )  # fmt: skip
        except FaultyInputError as refused:
            add_faults(form, refused.faults)
        else:
            return redirect("own_work", pk=found.pk)
    return _work_page(request, found, None, back=form)


@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    """The works that wait for this account to verify them, oldest first."""
    account = asking(request)
    if not may_decide_works(account):
        raise PermissionDenied
    waiting = OwnWork.objects.filter(state=OwnWork.State.WAITING, person__in=decidable_people(account))
    at = timezone.now()
    waiting = _as_shown(usable_works(waiting, at=at)).order_by("added_at", "pk")
    page = rows_shown(request, waiting, a_page=ROWS_A_PAGE, table="works")
    shown, taken = show_works(page.object_list), bool(table_asked(request))
    people = {view.person.pk: view.person for view in shown}
    read_people(account, people.values(), page="own-works-queue", at=at, taken=taken)
    spaces = list({view.person.space_id: view.person.space for view in shown}.values())
    facts = {"works": shown, "page": page, "simulated": any(space.simulated for space in spaces)}
    facts["several"] = ("works-verified",)
    tables = [works_table(shown)]
    return answer_tables(request, "own_works_queue.html", facts, tables, at=at, spaces=spaces, noted=True)


def _as_shown(works: QuerySet[OwnWork]) -> QuerySet[OwnWork]:
    """Return works with all that is shown of each, by as many questions however many they are."""
    held = works.select_related("person__space", "decided_by", "replaces", "replaced_by")
    return held.prefetch_related("taken_back__by", "replaces__taken_back")


def _language() -> str:
    return translation.get_language() or "en"


def _oneself(request: HttpRequest, *, page: str, at: datetime) -> Person:
    account = asking(request)
    if not may_add_works(account) or account.person_id is None:
        raise PermissionDenied
    return read_person(account, account.person_id, page=page, at=at)


def _seen(request: HttpRequest, pk: int, *, page: str) -> OwnWork:
    """Return a work that the account may see; a number that names none is refused alike."""
    found = OwnWork.objects.select_related("person__space", "decided_by", "replaces").filter(pk=pk).first()
    if found is None:
        raise PermissionDenied
    account, at = asking(request), timezone.now()
    read_person(account, found.person_id, page=page, at=at)
    require_consented(account, found.person_id, usable_works(OwnWork.objects.filter(pk=pk), at=at))
    return found


def _earlier(person: Person, number: str) -> OwnWork | None:
    """Return the work to be corrected. Raises PermissionDenied for one that is not the student's own."""
    if not number:
        return None
    found = OwnWork.objects.filter(person=person, pk=int(number)).first() if number.isdecimal() else None
    if found is None:
        raise PermissionDenied
    return found


def _carried_over(earlier: OwnWork | None) -> dict[str, object]:
    if earlier is None:
        return {}
    carried: dict[str, object] = {name: getattr(earlier, name) for name in (*CARRIED, *AI_WORDS)}
    return carried | {"ai_used": "yes" if earlier.ai_used else "no", "fellows": words_of_makers(earlier)}


def _is_contestable(account: Account, work: OwnWork) -> bool:
    """Return whether the student may object to what was decided on a work: it was decided, and is not under review."""
    own = account.role == Account.Role.STUDENT and account.person_id == work.person_id
    decided = work.state in {OwnWork.State.VERIFIED, OwnWork.State.RETURNED}
    return own and decided and not works_under_review([work.pk])


def _work_page(
    request: HttpRequest,
    found: OwnWork,
    form: DecisionForm | None,
    *,
    note: str = "",
    back: TakeBackForm | None = None,
) -> HttpResponse:
    account: Account = asking(request)
    open_to_me = found.state == OwnWork.State.WAITING
    deciding = open_to_me and decidable_people(account).filter(pk=found.person_id).exists()
    mine = may_add_works(account) and account.person_id == found.person_id
    if back is None and may_take_back(account, found) and to_take_back(found):
        back = TakeBackForm(work=found)
    facts = {
        "back": back,
        "waits_anew": found.replaces is not None and show_work(found.replaces).taken_back,
        "work": (work := show_work(found)),
        "explained": explained_work(work),
        "makers": makers_shown(found, account),
        "space": found.person.space,
        "form": form if deciding else None,
        "criterion": form.criterion if form is not None else None,
        "mine": mine,
        "withdrawable": mine and open_to_me,
        "replaceable": mine and may_be_replaced(found),
        "contestable": _is_contestable(account, found),
        "note": note,
    }
    return render(request, "own_work.html", facts)
