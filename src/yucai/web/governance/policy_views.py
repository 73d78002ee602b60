"""The pages of the register of policies: the list, a card, its steps, its bundle."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yucai.errors import FaultyInputError, YucaiError
from yucai.governance import card_of, card_template, read_card
from yucai.web.accounts.audit import note
from yucai.web.accounts.models import Account, Space
from yucai.web.accounts.requests import asking
from yucai.web.accounts.tables import answer_tables
from yucai.web.evidence.uploads import capped_upload
from yucai.web.governance.policy_actions import (
    accept_policy_gate,
    drop_draft,
    replace_policy,
    require_file_size,
    save_policy,
    seal_policy,
)
from yucai.web.governance.policy_doors import may_write_policies, policy_at, policy_spaces, register_space
from yucai.web.governance.policy_forms import (
    BundleForm,
    CardFileForm,
    DataFileForm,
    PolicyCardForm,
    VintageForm,
    form_of_card,
)
from yucai.web.governance.policy_models import PolicyRecord
from yucai.web.governance.policy_opening import ask_for_gate
from yucai.web.governance.policy_paper import policy_pdf
from yucai.web.governance.policy_running import ask_for_rerun, ask_for_result, bundle_file
from yucai.web.governance.policy_showing import policy_view, register_view
from yucai.web.governance.policy_tables import estimates_table, register_table
from yucai.web.governance.policy_taking import ask_for_taking
from yucai.web.governance.policy_uploads import upload_shown
from yucai.web.governance.policy_vintages import ask_for_vintage
from yucai.web.jobs.models import Job

__all__ = [
    "policies",
    "policy",
    "policy_accept",
    "policy_add",
    "policy_bundle",
    "policy_card_file",
    "policy_change",
    "policy_drop",
    "policy_from_file",
    "policy_open",
    "policy_paper",
    "policy_replace",
    "policy_rerun",
    "policy_seal",
    "policy_take",
    "policy_template",
    "policy_vintage",
    "policy_work_out",
]

TOML: Final = "application/toml"
STEPS: Final = (
    gettext_lazy("write"), gettext_lazy("seal"), gettext_lazy("open the figures"), gettext_lazy("see the gate"),
    gettext_lazy("result"),
)  # fmt: skip


@require_safe
def policies(request: HttpRequest) -> HttpResponse:
    """The register: every card with what came of it, null results and untestable ones too."""
    account = asking(request)
    return _register(request, account, register_space(account, request.GET.get("space", "")), BundleForm())


def _register(request: HttpRequest, account: Account, space: Space, form: BundleForm) -> HttpResponse:
    at, view = timezone.now(), register_view(account, space)
    facts = {
        "space": space, "spaces": list(policy_spaces(account)), "view": view, "writes": may_write_policies(account),
        "bundle_form": form,
    }  # fmt: skip
    notes = (
        _("Adjusted p values: Benjamini-Hochberg, and Benjamini-Yekutieli for looks that depend on each other."),
        _("Every look counts. A sealed card without a result, one that calls itself simulated, a later vintage and "
          "what is not believed stand as p = 1."),
        _("Looks that were taken elsewhere and not taken in as a bundle are not known here."),
    )  # fmt: skip
    return answer_tables(request, "policies.html", facts, [register_table(view.rows, notes=notes)], at=at,
                         spaces=[space])  # fmt: skip


@capped_upload
@require_POST
def policy_take(request: HttpRequest) -> HttpResponse:
    """Take a bundle that was made elsewhere into the register; it is run again first."""
    account = asking(request)
    space = register_space(account, request.GET.get("space", ""), write=True)
    form = BundleForm(request.POST, request.FILES)
    if form.is_valid():
        file, mark = form.cleaned_data["file"], form.cleaned_data["mark"].strip()
        facts = {"space": space, "content": file.read(), "name": file.name, "mark": mark}
        try:
            return redirect("job", pk=ask_for_taking(**facts, by=account, at=timezone.now()).pk)
        except FaultyInputError as refused:
            form.add_error("file", refused.in_language(translation.get_language() or "en"))
    return _register(request, account, space, form)


@require_http_methods(["GET", "HEAD", "POST"])
def policy_add(request: HttpRequest) -> HttpResponse:
    """A new card."""
    account = asking(request)
    space = register_space(account, request.GET.get("space", ""), write=True)
    first = {"direction": "up", "scale": "level", "estimators": ["callaway-santanna", "imputation", "synthetic-did"],
             "control_groups": ["never-treated"]}  # fmt: skip
    form = PolicyCardForm(request.POST or None, initial=first)
    if request.method == "POST" and (saved := _saved(form, account, space=space)):
        messages.success(request, _("The draft is kept. Read it once more, then seal it."))
        return redirect("policy", code=saved.slug)
    return render(request, "policy_add.html", {"space": space, "form": form, "file_form": CardFileForm()})


@require_http_methods(["GET", "HEAD", "POST"])
def policy_change(request: HttpRequest, code: str) -> HttpResponse:
    """Change a draft; a sealed card is never changed."""
    account = asking(request)
    record = policy_at(account, code, write=True)
    if record.sealed_at is not None:
        messages.error(request, _("A sealed card is not changed. Make a new one that takes its place."))
        return redirect("policy", code=code)
    form = PolicyCardForm(request.POST or None, initial=form_of_card(read_card(record.card)))
    if request.method == "POST" and _saved(form, account, space=record.space, record=record):
        messages.success(request, _("The draft is kept. Read it once more, then seal it."))
        return redirect("policy", code=code)
    return render(request, "policy_add.html", {"space": record.space, "form": form, "record": record})


def _saved(form: PolicyCardForm, account: Account, **where: Any) -> PolicyRecord | None:
    """Keep what a form says, or put the faults at its fields."""
    if not form.is_valid():
        return None
    try:
        return save_policy(card=card_of(form.said()), by=account, at=timezone.now(), **where)
    except FaultyInputError as refused:
        form.add_faults(refused.faults)
        return None


@capped_upload
@require_POST
def policy_from_file(request: HttpRequest) -> HttpResponse:
    """A new card from a file."""
    account = asking(request)
    space = register_space(account, request.GET.get("space", ""), write=True)
    form = CardFileForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            content = form.cleaned_data["file"].read()
            require_file_size(content)
            card = read_card(content)
            saved = save_policy(space=space, card=card, by=account, at=timezone.now())
        except FaultyInputError as refused:
            form.add_error("file", refused.in_language(translation.get_language() or "en"))
        else:
            messages.success(request, _("The draft is kept. Read it once more, then seal it."))
            return redirect("policy", code=saved.slug)
    return render(request, "policy_add.html", {"space": space, "form": PolicyCardForm(), "file_form": form})


@require_safe
def policy_template(request: HttpRequest) -> HttpResponse:
    """The file of a card to fill in."""
    register_space(asking(request), "", write=True)
    return _file(card_template().encode(), TOML, "policy-card.toml")


@require_safe
def policy(request: HttpRequest, code: str) -> HttpResponse:
    """One card: what it says, its seal, its gate, its result."""
    record = policy_at(asking(request), code)
    return _page(request, record)


def _page(request: HttpRequest, record: PolicyRecord, **forms: Any) -> HttpResponse:
    account, at = asking(request), timezone.now()
    view, upload = policy_view(record), upload_shown(record)
    facts = {
        "upload": upload, "job": upload.job if upload is not None else None,
        "record": record, "space": record.space, "view": view, "writes": may_write_policies(account),
        "data_form": DataFileForm(), "vintage_form": VintageForm(),
        "steps": STEPS,
        "vintages": list(record.vintages.defer("data", "evaluation").order_by("at")),
        "later": record.replaced_by.order_by("pk").first(), **forms,
    }  # fmt: skip
    return answer_tables(request, "policy.html", facts, [estimates_table(view.estimates)], at=at,
                         spaces=[record.space])  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
def policy_seal(request: HttpRequest, code: str) -> HttpResponse:
    """Seal a card, after saying what that means; it cannot be undone."""
    account = asking(request)
    record = policy_at(account, code, write=True)
    if request.method == "POST" and request.POST.get("sure") == "yes":
        try:
            seal_policy(record=record, by=account, at=timezone.now())
        except YucaiError as refused:
            return _refused(request, code, refused)
        messages.success(request, _("Sealed. Write the mark down or publish it, so that anybody can check it later."))
        return redirect("policy", code=code)
    if record.sealed_at is not None:
        return redirect("policy", code=code)
    facts = {"record": record, "space": record.space, "view": policy_view(record), "unsure": request.method == "POST"}
    return render(request, "policy_seal.html", facts)


@capped_upload
@require_POST
def policy_open(request: HttpRequest, code: str) -> HttpResponse:
    """Keep the data of a sealed card, and have what they can tell worked out in the background."""
    account = asking(request)
    record = policy_at(account, code, write=True)
    form = DataFileForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, record, data_form=form)
    file = form.cleaned_data["file"]
    try:
        ask_for_gate(record=record, data=file.read(), name=file.name, by=account, at=timezone.now())
    except FaultyInputError as refused:
        if _stands_without_form(refused):
            return _refused(request, code, refused)
        form.add_error("file", refused.in_language(translation.get_language() or "en"))
        return _page(request, record, data_form=form)
    return redirect("policy", code=code)


@require_POST
def policy_accept(request: HttpRequest, code: str) -> HttpResponseRedirect:
    """Go on from the gate to the result."""
    account, at = asking(request), timezone.now()
    record = policy_at(account, code, write=True)
    try:
        record = accept_policy_gate(record=record, shown=request.POST.get("shown", ""), by=account, at=at)
        job = ask_for_result(record=record, by=account, at=at)
    except YucaiError as refused:
        return _refused(request, code, refused)
    return redirect("job", pk=job.pk)


def _to_job(request: HttpRequest, code: str, ask: Callable[..., Job]) -> HttpResponseRedirect:
    """Ask for work on a card, and go where it is seen to run."""
    account = asking(request)
    record = policy_at(account, code, write=True)
    try:
        job = ask(record=record, by=account, at=timezone.now())
    except YucaiError as refused:
        return _refused(request, code, refused)
    return redirect("job", pk=job.pk)


@require_POST
def policy_work_out(request: HttpRequest, code: str) -> HttpResponseRedirect:
    """Have the result worked out, where the work was called off or fell."""
    return _to_job(request, code, ask_for_result)


@require_POST
def policy_rerun(request: HttpRequest, code: str) -> HttpResponseRedirect:
    """Work the result out again and compare."""
    return _to_job(request, code, ask_for_rerun)


@capped_upload
@require_POST
def policy_vintage(request: HttpRequest, code: str) -> HttpResponse:
    """Keep a later vintage of the data, and have it compared in the background."""
    account = asking(request)
    record = policy_at(account, code, write=True)
    form = VintageForm(request.POST, request.FILES)
    if form.is_valid():
        file, name = form.cleaned_data["file"], form.cleaned_data["name"]
        try:
            facts = {"record": record, "data": file.read(), "name": name, "file": file.name}
            ask_for_vintage(**facts, by=account, at=timezone.now())
        except FaultyInputError as refused:
            if _stands_without_form(refused):
                return _refused(request, code, refused)
            form.add_error("file", refused.in_language(translation.get_language() or "en"))
        else:
            return redirect("policy", code=code)
    return _page(request, record, vintage_form=form)


@require_POST
def policy_replace(request: HttpRequest, code: str) -> HttpResponseRedirect:
    """Make a draft that takes the place of a sealed card."""
    account = asking(request)
    record = policy_at(account, code, write=True)
    try:
        draft = replace_policy(record=record, by=account, at=timezone.now())
    except YucaiError as refused:
        return _refused(request, code, refused)
    messages.success(request, _("A draft that names the seal of the old card. Change it, then seal it."))
    return redirect("policy_change", code=draft.slug)


@require_POST
def policy_drop(request: HttpRequest, code: str) -> HttpResponseRedirect:
    """Throw a draft away."""
    account = asking(request)
    record = policy_at(account, code, write=True)
    try:
        drop_draft(record=record, by=account, at=timezone.now())
    except YucaiError as refused:
        return _refused(request, code, refused)
    messages.success(request, _("The draft is gone."))
    return redirect("policies")


@require_safe
def policy_bundle(request: HttpRequest, code: str) -> HttpResponse:
    """Everything about a card in one file, for whoever wants to check it."""
    account, at = asking(request), timezone.now()
    record = policy_at(account, code)
    if record.evaluated_at is None:
        raise PermissionDenied
    try:
        content = bundle_file(record)
    except YucaiError as refused:
        return _refused(request, code, refused)
    note("policy.bundle", by=account, at=at, space=record.space, target=f"policy:{record.slug}")
    return _file(content, "application/zip", f"{record.slug}.zip")


@require_safe
def policy_card_file(request: HttpRequest, code: str) -> HttpResponse:
    """The card as a file."""
    record = policy_at(asking(request), code)
    return _file(record.card.encode(), TOML, f"{record.slug}.toml")


@require_safe
def policy_paper(request: HttpRequest, code: str) -> HttpResponse:
    """The page of a card as PDF."""
    account, at = asking(request), timezone.now()
    record = policy_at(account, code)
    content = policy_pdf(record, policy_view(record), at=at)
    note("policy.paper", by=account, at=at, space=record.space, target=f"policy:{record.slug}")
    return _file(content, "application/pdf", f"{record.slug}.pdf")


def _stands_without_form(refused: FaultyInputError) -> bool:
    """Return whether a file came when none is taken: the page has no form then at which that could be told."""
    return bool({one.code for one in refused.faults} & {"is-looked-at", "is-opened", "not-sealed", "no-result"})


def _refused(request: HttpRequest, code: str, refused: YucaiError) -> HttpResponseRedirect:
    messages.error(request, refused.in_language(translation.get_language() or "en"))
    return redirect("policy", code=code)


def _file(content: bytes, kind: str, name: str) -> HttpResponse:
    answer = HttpResponse(content, content_type=kind)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
