"""What is on record about a person, and all of it as one file: for the person, and for the officer who is asked."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from yucai.texts import Text
from yucai.web.accounts.access import read_person, visible_people, visible_spaces
from yucai.web.accounts.case_models import ReviewCase
from yucai.web.accounts.requests import asking
from yucai.web.matching.case_showing import own_cases, own_entries
from yucai.web.rights.counting import counts_on_record
from yucai.web.rights.exporting import export_person
from yucai.web.rights.formats import TABLES
from yucai.web.rights.gathering import STATEMENTS
from yucai.web.rights.minors import keeps_ages
from yucai.web.selection.showing import announced_of

__all__ = ["find_data", "my_data", "person_export"]

STATEMENT_WORDS = (
    Text("Statements of learning tools", "学习工具的陈述"),
    Text("As the tools told them (xAPI).", "由学习工具发来（xAPI）。"),
)


@require_safe
def my_data(request: HttpRequest, pk: int) -> HttpResponse:
    """What is on record, kind by kind with its count, and the way to have it, to correct it and to object to it."""
    account, at = asking(request), timezone.now()
    person = read_person(account, pk, page="my-data", at=at)
    (counts, brought), cases = counts_on_record(person), list(ReviewCase.objects.filter(person=person).order_by("-pk"))
    words = {name: (table.title, table.says) for name, table in TABLES.items()} | {STATEMENTS: STATEMENT_WORDS}
    lines = [{"title": words[name][0], "says": words[name][1], "n": n} for name, n in counts.items()]
    facts = {"person": person, "space": person.space, "own": account.person_id == person.pk}
    facts["held"] = [line for line in lines if line["n"]]
    facts["none"] = [line for line in lines if not line["n"]]
    facts["cases"] = cases
    facts["brought"] = brought
    facts |= {"listed": own_entries(person), "talk_cases": own_cases(person)}
    facts["announced"] = announced_of(person, at=at, cases=cases)
    return render(request, "my_data.html", facts)


@require_safe
def person_export(request: HttpRequest, pk: int) -> HttpResponse:
    """Everything on record as one ZIP."""
    account, at = asking(request), timezone.now()
    person = read_person(account, pk, page="person-export", at=at)
    made = export_person(person, by=account, language=translation.get_language() or "en", at=at)
    answer = HttpResponse(made.content, content_type="application/zip")
    answer["Content-Disposition"] = content_disposition_header(True, f"yucai-{person.code}.zip") or "attachment"
    return answer


@require_safe
def find_data(request: HttpRequest, code: str) -> HttpResponse:
    """From a number to what is on record, for the officer whom somebody asks."""
    account = asking(request)
    space = visible_spaces(account).filter(code=code).first()
    if space is None or not keeps_ages(account, space):
        raise PermissionDenied
    number = request.GET.get("number", "").strip()
    person = visible_people(account).filter(space=space, code=number).first()
    if person is not None:
        return redirect("my_data", pk=person.pk)
    messages.error(request, _("Nobody with the number “%(number)s” is on record here.") % {"number": number[:40]})
    return redirect("minors", code=code)
