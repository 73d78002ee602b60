"""The portrait on screen and on paper, and the page about the numbers."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from yucai.errors import FaultyInputError
from yucai.framework import load_evidence_map, load_framework
from yucai.measurement import CONVENTION, EnoughRule
from yucai.texts import Text
from yucai.web.accounts.access import (
    may_measure,
    may_open_rating_rounds,
    may_read_statements,
    read_group,
    read_person,
    visible_groups,
    visible_spaces,
)
from yucai.web.accounts.looks import last_looks
from yucai.web.accounts.models import Account, Group
from yucai.web.accounts.requests import asking
from yucai.web.accounts.tables import answer_tables, table_asked
from yucai.web.bulk import Part
from yucai.web.evidence.rating_models import RatingRoundRecord
from yucai.web.evidence.showing import works_of
from yucai.web.measurement.comment_showing import comments_of
from yucai.web.measurement.explained import explained_raters
from yucai.web.measurement.models import CalibrationRun
from yucai.web.measurement.portrait_charts import DOTS, RADAR
from yucai.web.measurement.portrait_paper import portrait_paper
from yucai.web.measurement.portrait_targets import NO_TYPE
from yucai.web.measurement.portraits import AI_LITERACY, Portrait, PortraitWish, portrait_of
from yucai.web.measurement.raters import earlier_rounds, raters_of
from yucai.web.measurement.step_showing import steps_view
from yucai.web.measurement.tables import agreement_table
from yucai.web.measurement.type_choosing import choose_type
from yucai.web.registers.algorithms import RATERS
from yucai.web.registers.switches import state_of

__all__ = ["about_numbers", "portrait", "portrait_file", "raters", "talent_type", "wish_of"]

LAST_READS = 10


@require_safe
def portrait(request: HttpRequest, pk: int) -> HttpResponse:
    """One learner: nine qualities with their intervals, and the evidence behind each."""
    account = asking(request)
    at = timezone.now()
    person = read_person(account, pk, page="portrait", at=at)
    classes = visible_groups(account).filter(people=person, kind=Group.Kind.CLASS)
    also = {"classes": Part(classes, ("pk", "name_en", "name_zh"))}
    shown = portrait_of(person, at=at, wish=wish_of(request), also=also)
    facts = {
        "portrait": shown,
        "space": person.space,
        "reads": last_looks(person, most=LAST_READS),
        "works": works_of(person, at=at, contested=shown.contested, known=shown.known.works),
        "same": _same(shown),
    }
    facts["own"] = account.role == Account.Role.STUDENT and account.person_id == person.pk
    if not shown.occasions or shown.occasion == shown.occasions[-1]:
        facts["next_steps"] = steps_view(person, shown, at=at)
    facts["comments"] = comments_of(person, to=account, contested=shown.known.contested)
    facts["reads_statements"] = may_read_statements(account, person)
    classes_found = sorted(shown.known.also["classes"], key=lambda row: int(row[0]))
    if classes_found:
        number, en, zh = classes_found[0]
        facts["home_group"] = {"pk": int(number), "name": Text(en, zh)}
    return render(request, "portrait.html", facts)


def wish_of(request: HttpRequest) -> PortraitWish:
    """Return how somebody wants to see portraits, from the address of the page: what it does not say is as for most."""
    said = request.GET
    return PortraitWish(
        occasion=said.get("occasion"), chart=said.get("chart", DOTS), talent_type=said.get("type") or None
    )


def _same(shown: Portrait) -> dict[str, str]:
    """Return the addresses of the same portrait with one thing changed: another chart, another period, on paper."""
    kept = {"occasion": shown.occasion, "chart": shown.chart if shown.radar else ""}
    if shown.targets is not None:
        kept["type"] = shown.targets.code or NO_TYPE
    asked = {name: value for name, value in kept.items() if value}
    other = {**asked, "chart": RADAR}
    if shown.radar:
        del other["chart"]
    return {
        "all": urlencode(asked),
        "other": urlencode(other),
        "besides_period": urlencode({name: value for name, value in asked.items() if name != "occasion"}),
    }


@require_safe
def portrait_file(request: HttpRequest, pk: int) -> HttpResponse:
    """The portrait as a PDF in the language of the page."""
    account, at = asking(request), timezone.now()
    person = read_person(account, pk, page="portrait-pdf", at=at)
    language = translation.get_language() or "en"
    by = account.name.in_language(language)
    paper = portrait_paper(person, wish=wish_of(request), language=language, by=by, at=at)
    answer = HttpResponse(paper, content_type="application/pdf")
    answer["Content-Disposition"] = content_disposition_header(True, f"portrait-{person.code}.pdf") or "attachment"
    return answer


@require_POST
def talent_type(request: HttpRequest) -> HttpResponseRedirect:
    """Keep the talent type that I choose for myself."""
    account, at = asking(request), timezone.now()
    if account.role != Account.Role.STUDENT or account.person is None:
        raise PermissionDenied
    person = account.person
    try:
        choose_type(person=person, code=request.POST.get("type", ""), by=account, at=at)
    except FaultyInputError as refused:
        for fault in refused.faults:
            messages.error(request, fault.in_language(translation.get_language() or "en"))
    else:
        messages.success(request, _("Your choice is kept. You can change it at any time."))
    return redirect(f"{reverse('portrait', args=[person.pk])}#targets")


@require_safe
def raters(request: HttpRequest, pk: int) -> HttpResponse:
    """How the raters of a closed round compare, for the directors of the space."""
    account, at = asking(request), timezone.now()
    found = RatingRoundRecord.objects.select_related("space", "group").filter(pk=pk).first()
    if found is None or not may_open_rating_rounds(account, found.space):
        raise PermissionDenied
    if found.closed_at is None:  # until then nobody sees how others rate
        return redirect("rating_round", pk=found.pk)
    group = read_group(account, found.group_id, page="raters", at=at, taken=bool(table_asked(request)))
    off = state_of(found.space, RATERS.code, at=at).why
    if off is not None:
        return render(request, "raters_off.html", {"round": found, "space": found.space, "why": off})
    before = earlier_rounds(found)
    chosen = request.GET.get("earlier", "")
    earlier = next((one for one in before if str(one.pk) == chosen), before[0] if before else None)
    facts = {"round": found, "space": found.space, "group": group, "before": before, "earlier": earlier}
    facts["explained"] = explained_raters(n_works=len({seat.work for seat in found.seats.all()}))
    view = raters_of(found, earlier=earlier)
    tables = [] if view.agreement_note else [agreement_table(view.agreement)]
    return answer_tables(
        request, "raters.html", {**facts, "view": view}, tables, at=at, spaces=[found.space], noted=True
    )  # fmt: skip


@require_safe
def about_numbers(request: HttpRequest) -> HttpResponse:
    """What the numbers are, what they rest on, and what they cannot say."""
    account = asking(request)
    visible = list(visible_spaces(account))
    spaces = [
        {
            "space": space,
            "run": CalibrationRun.objects.filter(space=space, current=True).first(),
            "map": load_evidence_map(space.evidence_map),
            "counts": may_measure(
                account, space
            ),  # counts and notices tell of who came and went, and of what everybody did
        }
        for space in visible
    ]
    frameworks = [load_framework(code) for code in ("nine-qualities", AI_LITERACY)]
    facts = {"spaces": spaces, "frameworks": frameworks, "rule": EnoughRule(), "convention": CONVENTION}
    facts["simulated"] = any(space.simulated for space in visible)
    facts["share"] = round(100 * EnoughRule().min_reliability)
    return render(request, "about.html", facts)
