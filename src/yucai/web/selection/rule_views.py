"""Rules for entry and exit: writing one, running it on records, and holding it against the list that was made."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yucai.errors import FaultyInputError, YucaiError
from yucai.selection import RULE_TEMPLATES, RuleSet, read_rule, sentences_of, template_text, write_minutes, write_rule
from yucai.web.accounts.access import read_people
from yucai.web.accounts.audit import note
from yucai.web.accounts.requests import asking
from yucai.web.accounts.tables import answer_tables, give_tables, table_asked
from yucai.web.accounts.traits import added_traits
from yucai.web.evidence.uploads import capped_upload, was_cut
from yucai.web.jobs.models import Job
from yucai.web.registers.algorithms import SELECTION
from yucai.web.registers.switches import MethodOffError, state_of
from yucai.web.selection.lists import entries_of_file
from yucai.web.selection.rule_actions import ask_for_run, keep_rule, newest_rules, read_kept
from yucai.web.selection.rule_doors import open_rule, open_run, rule_groups, rule_space, rule_spaces
from yucai.web.selection.rule_forms import ListFileForm, RuleFileForm, RuleForm, RunForm, as_begun, form_of_rule
from yucai.web.selection.rule_given import last_day_with_marks
from yucai.web.selection.rule_models import SelectionRule, SelectionRun
from yucai.web.selection.rule_running import compare_run
from yucai.web.selection.rule_showing import (
    FILTERS,
    entry_view,
    language,
    minutes_of,
    run_view,
    said,
    scope_of,
    seen_entries,
)
from yucai.web.selection.rule_tables import list_table, near_table, rules_table, runs_table

__all__ = [
    "selection_compare",
    "selection_minutes",
    "selection_rule",
    "selection_rule_add",
    "selection_rule_run",
    "selection_rules",
    "selection_run",
]

WORD: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
MOST_RUNS: Final = 50
MOST_DIGITS: Final = 10


@require_safe
def selection_rules(request: HttpRequest, code: str) -> HttpResponse:
    """The rules of an institution, templates to begin with, and what was run."""
    account, at = asking(request), timezone.now()
    space = rule_space(account, code)
    rules = newest_rules(space)
    runs = list(_runs().filter(rule__space=space)[:MOST_RUNS])
    templates = [(name, said(rule.title), [said(text) for text in sentences_of(rule)])
                 for name, rule in ((name, read_rule(template_text(name))) for name in RULE_TEMPLATES)]  # fmt: skip
    facts = {"space": space, "spaces": list(rule_spaces(account)), "rules": rules, "runs": runs,
             "templates": templates, "state": state_of(space, SELECTION.code, at=at)}  # fmt: skip
    return answer_tables(request, "selection_rules.html", facts, [rules_table(rules), runs_table(runs)], at=at,
                         spaces=[space])  # fmt: skip


def _runs() -> Any:
    return SelectionRun.objects.select_related("rule", "group").order_by("-asked_at", "-pk")


@require_http_methods(["GET", "HEAD", "POST"])
def selection_rule_add(request: HttpRequest, code: str) -> HttpResponse:
    """Write a rule: in plain fields from a template or from a rule that there is, or as a file."""
    account, at = asking(request), timezone.now()
    space = rule_space(account, code)
    begun = _begun(request, space.pk)
    as_file = request.method == "POST" and "toml" in request.POST
    plain = None if as_file else request.POST or None
    form = RuleForm(plain, initial=form_of_rule(begun))
    file_form = RuleFileForm(request.POST if as_file else None, initial={"toml": write_rule(begun)})
    used = file_form if as_file else form
    if request.method == "POST" and used.is_valid():
        try:
            if as_file:
                rules = read_rule(file_form.cleaned_data["toml"], besides=added_traits(space))
            else:
                rules = as_begun(form.rules(), begun)
            made = keep_rule(space=space, rules=rules, by=account, at=at)
        except FaultyInputError as refused:
            used.add_faults(refused.faults)
        else:
            messages.success(request, _("Version %(n)d is kept.") % {"n": made.version})
            return redirect("selection_rule", pk=made.pk)
    facts = {"space": space, "form": form, "file_form": file_form, "faulty": used, "as_file": as_file,
             "begun": said(begun.title)}  # fmt: skip
    return render(request, "selection_rule_add.html", facts)


def _begun(request: HttpRequest, space: int) -> RuleSet:
    """Return from which rule a new one is written: one of the institution, or a template."""
    known = request.GET.get("rule", "")
    kept = (
        SelectionRule.objects.filter(space=space, pk=known).first() if known.isdecimal() and len(known) < 10 else None
    )
    if kept is not None:
        return read_kept(kept)
    template = request.GET.get("template", "")
    return read_rule(template_text(template if template in RULE_TEMPLATES else RULE_TEMPLATES[0]))


@require_safe
def selection_rule(request: HttpRequest, pk: int) -> HttpResponse:
    """One version of a rule: what it says, what was run by it, and the form to run it."""
    account, at = asking(request), timezone.now()
    return _rule_page(request, open_rule(account, pk), at=at)


def _run_form(request: HttpRequest, rule: SelectionRule, *, data: Any = None) -> RunForm:
    flag = read_kept(rule).flag
    day: date = last_day_with_marks(rule.space, today=localdate())
    groups = rule_groups(asking(request), rule.space)
    return RunForm(data, groups=groups, day=day, flag=said(flag) if flag is not None else "")


def _rule_page(request: HttpRequest, rule: SelectionRule, *, at: datetime, form: RunForm | None = None) -> HttpResponse:
    rules = read_kept(rule)
    versions = list(SelectionRule.objects.filter(space=rule.space, code=rule.code).order_by("-version"))
    runs = list(_runs().filter(rule__space=rule.space, rule__code=rule.code)[:MOST_RUNS])
    facts = {
        "space": rule.space, "rule": rule, "source": rules.source, "newest": versions[0].pk == rule.pk,
        "versions": versions, "sentences": [said(text) for text in sentences_of(rules)], "text": rule.text,
        "runs": runs, "form": form or _run_form(request, rule), "state": state_of(rule.space, SELECTION.code, at=at),
    }  # fmt: skip
    return answer_tables(request, "selection_rule.html", facts, [runs_table(runs)], at=at, spaces=[rule.space])


@require_POST
def selection_rule_run(request: HttpRequest, pk: int) -> HttpResponse:
    """Run a rule on records."""
    account, at = asking(request), timezone.now()
    rule = open_rule(account, pk)
    form = _run_form(request, rule, data=request.POST)
    if not form.is_valid():
        return _rule_page(request, rule, at=at, form=form)
    told = form.cleaned_data
    try:
        run = ask_for_run(rule=rule, scope=told["scope"], as_of=told["as_of"], known=told["known"],
                          flagged=form.numbers(), by=account, at=at)  # fmt: skip
    except FaultyInputError as refused:
        form.add_faults(refused.faults)
        return _rule_page(request, rule, at=at, form=form)
    except MethodOffError as off:
        messages.error(request, off.in_language(language()))
        return redirect("selection_rule", pk=pk)
    return redirect("selection_run", pk=run.pk)


@require_safe
def selection_run(request: HttpRequest, pk: int) -> HttpResponse:
    """A run: whom the rule names and why, whose outcome hangs on little, and how the list that was made differs."""
    return _run_page(request, open_run(asking(request), pk), at=timezone.now())


def _run_page(
    request: HttpRequest, run: SelectionRun, *, at: datetime, form: ListFileForm | None = None
) -> HttpResponse:
    account, space = asking(request), run.rule.space
    state = state_of(space, SELECTION.code, at=at)
    facts: dict[str, Any] = {"space": space, "run": run, "rule": run.rule, "state": state, "scope": said(scope_of(run))}
    if not state.running or run.at is None:
        facts["job"] = Job.objects.filter(kind=f"selection:{run.pk}").order_by("-pk").first()
        return render(request, "selection_run.html", facts)
    rules = read_kept(run.rule)
    if table_asked(request) == "list":
        entries = list(seen_entries(account, run, at=at))
        read_people(account, [one.person for one in entries], page="selection", at=at, taken=True)
        views = [entry_view(one, run, rules) for one in entries]
        told = _("A simulation: nothing in it is decided. Version %(version)d of the rule, as of %(day)s, %(digest)s.")
        notes = told % {"version": run.rule.version, "day": f"{run.as_of}", "digest": run.digest}
        return give_tables(request, list_table(views, (notes,)), at=at, spaces=[space], noted=True)
    wanted = request.GET.get("outcome", "")
    view = run_view(
        account, run, rules, wanted=wanted if wanted in FILTERS else "", page=request.GET.get("page"), at=at
    )
    read_people(account, view.people, page="selection", at=at)
    facts |= {"view": view, "form": form or ListFileForm(), "wanted": wanted, "source": rules.source,
              "leaves": rules.leaves}  # fmt: skip
    return answer_tables(request, "selection_run.html", facts, [list_table((), ()), near_table(view.near)], at=at,
                         spaces=[space])  # fmt: skip


@capped_upload
@require_POST
def selection_compare(request: HttpRequest, pk: int) -> HttpResponse:
    """Hold a run against the list that was really made."""
    account, at = asking(request), timezone.now()
    run = open_run(account, pk)
    if not state_of(run.rule.space, SELECTION.code, at=at).running:
        raise PermissionDenied
    form = ListFileForm(request.POST, request.FILES)
    if was_cut(request):
        form.add_error("file", _("The file is too large for a list of people."))
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            listed = entries_of_file(file.read(), name=file.name or "")
            found = compare_run(run=run, numbers=[one.number for one in listed], file_name=file.name or "",
                                by=account, at=at)  # fmt: skip
        except FaultyInputError as refused:
            form.add_faults(refused.faults)
        except YucaiError as refused:
            form.add_error("file", refused.in_language(language()))
        else:
            for told in found.says:
                messages.success(request, said(told))
            return redirect("selection_run", pk=pk)
    return _run_page(request, run, at=at, form=form)


@require_safe
def selection_minutes(request: HttpRequest, pk: int) -> HttpResponse:
    """The minutes of a run as a Word file, with room to decide and to sign."""
    account, at = asking(request), timezone.now()
    run = open_run(account, pk)
    if run.at is None or not state_of(run.rule.space, SELECTION.code, at=at).running:
        raise PermissionDenied
    entries = list(seen_entries(account, run, at=at))
    read_people(account, [one.person for one in entries], page="selection", at=at, taken=True)
    note("selection.minutes", by=account, at=at, space=run.rule.space, target=f"selection-run:{run.pk}")
    minutes = minutes_of(run, read_kept(run.rule), entries, by=said(account.name))
    answer = HttpResponse(write_minutes(minutes, language=language(), at=at), content_type=WORD)
    answer["Content-Disposition"] = f'attachment; filename="yucai-minutes-{run.pk}.docx"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
