"""What the pages of policies show: the register of an institution, and one card with all that came of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from django.utils import translation
from django.utils.translation import gettext as _

from yucai.governance import (
    CARD_DOUBT,
    EffectScale,
    PolicyCard,
    PolicyEntry,
    PolicyRegister,
    ToldDiagnostic,
    ToldEstimate,
    code_versions,
    grade_name,
    read_card,
    register_policies,
    summarise_result,
    tell_diagnostics,
    tell_estimates,
    tell_verdict,
)
from yucai.texts import Text, named_twice
from yucai.web.accounts.models import Account, Space
from yucai.web.drawing import EffectLabels, EffectLine, effect_lines
from yucai.web.governance.policy_believing import NOT_REPRODUCED, entries_of
from yucai.web.governance.policy_doors import policies_seen
from yucai.web.governance.policy_models import PolicyRecord
from yucai.web.governance.policy_tables import RegisterRow

__all__ = ["PolicyView", "RegisterView", "policy_view", "register_view"]

WIDE: Final = 700
NARROW: Final = 340


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterView:
    """The register: its rows, drafts first, how many looks were counted, and how many cards came as bundles."""

    rows: tuple[RegisterRow, ...]
    register: PolicyRegister
    simulated: bool
    taken: int


def register_view(account: Account, space: Space) -> RegisterView:
    """Return the register of an institution as an account sees it."""
    records = list(policies_seen(account, space).defer("data").order_by("-sealed_at", "-pk"))
    replaced = {one.replaces_id for one in records if one.replaces_id and one.sealed_at}
    by_mark = {one.mark: one for one in records if one.sealed_at}
    register = register_policies(entries_of(records, replaced=replaced).values())
    drafts = [RegisterRow(record=one, entry=None) for one in records if one.sealed_at is None]
    rows = [RegisterRow(record=by_mark[entry.mark], entry=entry) for entry in register.entries]
    return RegisterView(
        rows=(*drafts, *rows),
        register=register,
        simulated=any(one.simulated for one in records) or any(one.simulated for one in register.entries),
        taken=sum(one.taken_at is not None for one in records),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyView:
    """One card as its page shows it, in the language that is active.

    ``grade`` is that of its result, ``stands`` what is left of it where later figures weakened it. Of a result that is
    not believed nothing is shown but why, in ``doubt``.
    """

    card: PolicyCard
    entry: PolicyEntry | None
    grade: str
    grade_name: Text | None
    stands: Text | None
    doubt: Text | None
    step: int
    facts: tuple[tuple[str, str], ...]
    plan: tuple[tuple[str, str], ...]
    fits: bool
    other_code: bool
    gate: tuple[Text, ...]
    gate_hash: str
    testable: bool
    verdict: tuple[Text, ...]
    rules: tuple[tuple[str, Text], ...]
    estimates: tuple[ToldEstimate, ...]
    diagnostics: tuple[ToldDiagnostic, ...]
    wide: str
    narrow: str
    sealed_by: str
    opened_by: str
    accepted_by: str
    data_hash: str


def policy_view(record: PolicyRecord) -> PolicyView:
    """Return what the page of a card shows. Result and gate are read from what lies in the bundle, word for word."""
    card = read_card(record.card)
    gate = _loaded(record.gate)
    opening, acceptance, seal = _loaded(record.opening), _loaded(record.acceptance), _loaded(record.seal)
    entry = entries_of([record]).get(record.pk)
    doubt = entry.doubt if entry is not None else None
    evaluated = _loaded(record.evaluated)
    if doubt is NOT_REPRODUCED:
        gate = {}
    result = _loaded(record.evaluation) if doubt in (None, CARD_DOUBT) else {}
    estimates = tell_estimates(result) if result else ()
    return PolicyView(
        card=card,
        entry=entry,
        grade=str(result["verdict"]["grade"]) if result else "",
        grade_name=grade_name(result["verdict"]["grade"]) if result else None,
        stands=grade_name(entry.grade) if entry is not None and entry.grade and entry.weakened else None,
        doubt=doubt,
        step=_step(record),
        facts=_facts(card),
        plan=_plan(card),
        fits=doubt in (None, NOT_REPRODUCED) and (not result or _lists_what_it_says(record)),
        other_code=bool(seal) and _code(evaluated or {"versions": code_versions()}) != _code(seal),
        gate=_texts(gate.get("says", ())),
        gate_hash=_hash(record.gate),
        testable=bool(gate.get("testable")),
        verdict=tell_verdict(card, result) if result else (),
        rules=_rules(result) if result else (),
        estimates=estimates,
        diagnostics=tell_diagnostics(result) if result else (),
        wide=_chart(card, estimates, width=WIDE) if estimates else "",
        narrow=_chart(card, estimates, width=NARROW) if estimates else "",
        sealed_by=str(seal.get("by", "")),
        opened_by=str(opening.get("by", "")),
        accepted_by=str(acceptance.get("by", "")),
        data_hash=str(opening.get("data", "")),
    )


def _lists_what_it_says(record: PolicyRecord) -> bool:
    """Return whether the columns that the register lists are those of the result: they are kept beside it."""
    found = summarise_result(record.evaluation.encode())
    interval = (None, None) if record.lower is None else (record.lower, record.upper)
    kept = (record.grade, record.estimate, record.p_value, *interval)
    return kept == (found.grade, found.estimate, found.p_value, *(found.interval or (None, None)))


def _loaded(said: str) -> dict[str, Any]:
    return dict(json.loads(said)) if said else {}


def _hash(content: str) -> str:
    return sha256(content.encode()).hexdigest() if content else ""


def _code(said: dict[str, Any]) -> str:
    return str(said["versions"].get("code", ""))


def _texts(rows: Sequence[dict[str, str]]) -> tuple[Text, ...]:
    return tuple(Text(row["en"], row["zh"]) for row in rows)


def _rules(result: dict[str, Any]) -> tuple[tuple[str, Text], ...]:
    """Return each rule that was asked with a word for how it came out."""
    names = {True: "yes", False: "no", None: "unasked"}
    return tuple((names[one["met"]], Text(one["says"]["en"], one["says"]["zh"])) for one in result["verdict"]["rules"])


def _step(record: PolicyRecord) -> int:
    """Return which of the five steps is to be done: write, seal, open, accept, result; six when all are done."""
    if record.sealed_at is None:
        return 2
    done = (record.opened_at, record.accepted_at, record.evaluated_at)
    return 3 + sum(one is not None for one in done)


def _said(text: Text) -> str:
    return text.in_language(translation.get_language() or "en")


def _unit(name: str) -> str:
    return _said(named_twice(name))


def _facts(card: PolicyCard) -> tuple[tuple[str, str], ...]:
    comma = "、" if (translation.get_language() or "en").startswith("zh") else ", "
    units = comma.join(f"{_unit(one.name)} ({one.first_period}{_dose(one.dose)})" for one in card.units)
    rows = [
        (_("Issued by"), _said(card.issuer)),
        (_("Document"), card.document),
        (_("Announced"), card.announced.isoformat() if card.announced else _("not announced before")),
        (_("In force from"), card.in_force.isoformat()),
        (_("Units, first period"), units),
        (_("Outcome looked at"), _said(card.outcome.name)),
        (_("How it is counted"), _said(card.outcome.definition)),
        (_("Data"), f"{_said(card.data.name)} · {_said(card.data.source)} · {card.data.vintage}"),
    ]
    rows += [(_("At the same time"), _competing(one, comma)) for one in card.competing]
    return tuple(rows)


def _dose(dose: float) -> str:
    return "" if dose == 1 else f", {dose:g}"


def _competing(one: Any, comma: str) -> str:
    where = comma.join(map(_unit, one.units)) or _("everywhere")
    when = "–".join(str(end) for end in (one.first_period, one.last_period) if end is not None)
    return f"{_said(one.what)} ({where}{f'; {when}' if when else ''})"


def _plan(card: PolicyCard) -> tuple[tuple[str, str], ...]:
    comma = "、" if (translation.get_language() or "en").startswith("zh") else ", "
    plan, data = card.plan, card.data
    smallest = f"{plan.smallest_effect:g}" if plan.smallest_effect is not None else "–"
    return (
        (_("Periods that count"), f"{data.first_period}–{data.last_period}"),
        (_("Periods under the policy"), str(card.horizon)),
        (_("Periods of anticipation"), str(card.anticipation)),
        (_("Estimators"), comma.join(_said(one.says) for one in plan.estimators)),
        (_("The verdict looks at"), _said(plan.primary.says) if plan.primary else _("chosen by rule")),
        (_("Compared with units"), comma.join(_said(one.says) for one in plan.control_groups)),
        (_("Left out of the comparison"), comma.join(map(_unit, plan.leave_out)) or "–"),
        (_("Scale"), _scale(plan.scale)),
        (_("Level of the tests"), f"{plan.level:g}"),
        (_("Smallest effect that would matter"), smallest),
    )


def _scale(scale: EffectScale) -> str:
    return (
        _("as it is counted") if scale is EffectScale.LEVEL else _("per cent of each unit's own mean before the policy")
    )


def _chart(card: PolicyCard, estimates: Sequence[ToldEstimate], *, width: int) -> str:
    lines = [
        EffectLine(name=_said(one.name), estimate=one.estimate, interval=one.interval, marked=one.primary)
        for one in estimates
    ]
    labels = EffectLabels(
        title=_("What each estimator gives"),
        description=_("The same figures stand in the table below."),
        axis=_said(card.outcome.measured_in),
        estimate=_("estimate"),
        interval=_("interval"),
        marked=_("the verdict looks at it"),
    )
    return effect_lines(lines, width=width, labels=labels)
