"""A run as its page shows it: counts, the list with reasons, whose outcome hangs on little, whom marks pass over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.core.paginator import Page, Paginator
from django.db.models import Case, Count, IntegerField, QuerySet, When
from django.utils import translation
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from yucai.selection import MinutesRow, RuleSet, SelectionMinutes, measure_words, outcome_words, sentences_of
from yucai.texts import Text
from yucai.web.accounts.access import closed_to
from yucai.web.accounts.models import Account, Person
from yucai.web.explaining import Explanation
from yucai.web.selection.rule_models import SelectionEntry, SelectionRun
from yucai.web.selection.rule_running import texts_of

__all__ = [
    "FILTERS",
    "EntryView",
    "RunView",
    "entry_view",
    "language",
    "listed",
    "minutes_of",
    "run_view",
    "said",
    "scope_of",
    "seen_entries",
    "sentences",
]

ROWS_A_PAGE: Final = 50
MOST_SHOWN: Final = 100
Outcome = SelectionEntry.Outcome
NAMED: Final = (Outcome.PROPOSED, Outcome.EXEMPT, Outcome.EDGE, Outcome.UNKNOWN)
FILTERS: Final = ("", "near", *Outcome.values)
EVERYBODY: Final = Text("everybody", "全体")
ORDER: Final = Case(*(When(outcome=one, then=n) for n, one in enumerate(Outcome)), output_field=IntegerField())


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryView:
    """One person as the page and its file show them."""

    pk: int
    person: Person
    name: str
    outcome: str
    outcome_name: str
    group: str
    measure: float | None
    place: int | None
    reasons: tuple[str, ...]
    notes: tuple[str, ...]
    evidence: tuple[str, ...]
    edge: tuple[str, ...]
    edge_share: float | None
    on_list: bool | None
    difference: str
    explained: Explanation

    @property
    def edge_said(self) -> str:
        """How the outcome hangs on little, in one line."""
        return listed(self.edge)

    @property
    def evidence_said(self) -> str:
        """What is verified besides marks, in one line."""
        return listed(self.evidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunView:
    """A run as far as an account sees it. ``hidden`` is how many minors it may not read were left out."""

    run: SelectionRun
    rules: RuleSet
    counts: Sequence[tuple[str, str, int]]  # outcome, its name, how many
    sentences: tuple[str, ...]
    lines: tuple[str, ...]
    notes: tuple[str, ...]
    page: Page[SelectionEntry]
    entries: tuple[EntryView, ...]
    near: tuple[EntryView, ...]
    n_near: int
    differences: tuple[EntryView, ...]
    second: tuple[EntryView, ...]
    compared: tuple[str, ...]
    hidden: int

    @property
    def people(self) -> list[Person]:
        """Everybody whom this page names."""
        told = (*self.entries, *self.near, *self.differences, *self.second)
        return list({one.person.pk: one.person for one in told}.values())


def language() -> str:
    """Return the language of the page."""
    return translation.get_language() or "en"


def said(text: Text) -> str:
    """Return a text in the language of the page."""
    return text.in_language(language())


def listed(words: Iterable[str]) -> str:
    """Return words one after another, as the language sets them apart."""
    return ("；" if language().startswith("zh") else "; ").join(words)


def sentences(words: Iterable[str]) -> str:
    """Return sentences as one text; Chinese has no space between them."""
    return ("" if language().startswith("zh") else " ").join(words)


def _told(rows: Iterable[Sequence[str]]) -> tuple[str, ...]:
    return tuple(said(text) for text in texts_of(rows))


def scope_of(run: SelectionRun) -> Text:
    """Return whose records a run was about."""
    return run.group.name if run.group is not None else EVERYBODY


def seen_entries(account: Account, run: SelectionRun, *, at: datetime) -> QuerySet[SelectionEntry]:
    """Return the entries of a run without those of people whom their age closes to an account."""
    shut = closed_to(account, page="selection", at=at).values("pk")
    return (
        run.entries.exclude(person__in=shut).select_related("person").order_by(ORDER, "group", "place", "person__code")
    )


def run_view(
    account: Account, run: SelectionRun, rules: RuleSet, *, wanted: str, page: str | None, at: datetime
) -> RunView:
    """Return a page of a run: those of whom the rule says something, or those of one outcome."""
    seen = seen_entries(account, run, at=at)
    told: Mapping[str, int] = dict(seen.order_by().values_list("outcome").annotate(n=Count("pk")))
    shown = _filtered(seen, wanted)
    found = Paginator(shown, ROWS_A_PAGE).get_page(page)
    near = seen.filter(edge_share__isnull=False)
    views = {name: _views(rows, run, rules) for name, rows in (
        ("entries", found.object_list),
        ("near", near.order_by("-edge_share", "person__code")[:MOST_SHOWN]),
        ("differences", seen.exclude(difference=[])[:MOST_SHOWN] if run.compared_at else ()),
        ("second", _second(seen, rules)),
    )}  # fmt: skip
    return RunView(
        run=run, rules=rules,
        counts=[(code, said(outcome_words(rules, code)), told.get(code, 0)) for code in Outcome.values
                if code != Outcome.EXEMPT or rules.exempt is not None],
        sentences=tuple(said(text) for text in sentences_of(rules)),
        lines=tuple(one["zh" if language().startswith("zh") else "en"] for one in run.lines),
        notes=_told(run.notes), page=found, n_near=near.count(), compared=_told(run.compared),
        hidden=max(0, run.people - sum(told.values())), **views,
    )  # fmt: skip


def _filtered(seen: QuerySet[SelectionEntry], wanted: str) -> QuerySet[SelectionEntry]:
    if wanted == "near":
        return seen.filter(edge_share__isnull=False)
    return seen.filter(outcome=wanted) if wanted in Outcome.values else seen.filter(outcome__in=NAMED)


def _second(seen: QuerySet[SelectionEntry], rules: RuleSet) -> QuerySet[SelectionEntry]:
    """Return whom a route by verified evidence would have found, where marks say otherwise."""
    passed_over = Outcome.PROPOSED if rules.leaves else Outcome.NOT_PROPOSED
    return seen.filter(outcome=passed_over).exclude(evidence=[])[:MOST_SHOWN]


def _views(rows: Iterable[SelectionEntry], run: SelectionRun, rules: RuleSet) -> tuple[EntryView, ...]:
    return tuple(entry_view(one, run, rules) for one in rows)


def entry_view(one: SelectionEntry, run: SelectionRun, rules: RuleSet) -> EntryView:
    """Return one person in the words of the page. No query."""
    reasons, change, edge = _told(one.reasons), _told(one.change), _told(one.edge)
    return EntryView(
        pk=one.pk, person=one.person, name=said(one.person.name), outcome=one.outcome,
        outcome_name=said(outcome_words(rules, one.outcome)), group=one.group,
        measure=round(one.measure, 2) if one.measure is not None else None, place=one.place,
        reasons=reasons, notes=_told(one.notes), evidence=_told(one.evidence), edge=edge, edge_share=one.edge_share,
        on_list=one.on_list, difference=_told([one.difference])[0] if one.difference else "",
        explained=Explanation(
            data=_("Marks, credits, awards and own works of this person that lay before %(day)s; for the place, the "
                   "marks of the group.") % {"day": f"{run.as_of:%Y-%m-%d}"},
            method=_("“%(rule)s”, version %(version)d; run %(digest)s. A written rule, simulated; untested.")
            % {"rule": said(run.rule.title), "version": run.rule.version, "digest": run.digest[:12]},
            reasons=sentences(reasons),
            change=sentences(change),
            sure=_("It hangs on little: %(how)s.") % {"how": listed(edge)} if edge
            else _("No small change that was tried gives another outcome: a course left out, weights, rounding.")
            if run.tried
            else _("Nothing near the line was found."),
            objection=_("A simulation decides nothing. A mark or an award that is wrong is contested where it stands, "
                        "on the own page “My data”; somebody else answers."),
        ),
    )  # fmt: skip


def minutes_of(run: SelectionRun, rules: RuleSet, entries: Iterable[SelectionEntry], *, by: str) -> SelectionMinutes:
    """Return the minutes of a run: everybody of whom the rule says more than that nothing changes."""
    told = list(entries)
    rows = tuple(
        MinutesRow(
            number=one.person.code, name=one.person.name, group=one.group, outcome=outcome_words(rules, one.outcome),
            measure=f"{one.measure:.2f}" if one.measure is not None else "–",
            place=f"{one.place}" if one.place is not None else "–",
            reasons=(*texts_of(one.reasons), *texts_of(one.notes)), change=texts_of(one.change),
        )
        for one in told if one.outcome in NAMED
    )  # fmt: skip
    space = run.rule.space
    counts = [(outcome_words(rules, code), sum(one.outcome == code for one in told)) for code in Outcome.values]
    return SelectionMinutes(
        school=space.name, rule=run.rule.title, version=run.rule.version, source=rules.source, scope=scope_of(run),
        as_of=run.as_of, by=run.by.name if run.by is not None else Text("–", "–"),
        run_at=f"{localtime(run.at):%Y-%m-%d %H:%M}" if run.at is not None else "–", people=run.people,
        digest=run.digest, simulated=space.simulated, sentences=sentences_of(rules),
        lines=(*(Text(one["en"], one["zh"]) for one in run.lines), *texts_of(run.notes)),
        counts=(COUNTS.filled(listed=_counted(counts)), MEASURE.filled(measure=measure_words(rules), by=by)),
        rows=rows, edge=tuple(_near(one) for one in told if one.edge), compared=_compared(run, told),
    )  # fmt: skip


COUNTS: Final = Text("{listed}.", "{listed}。")
MEASURE: Final = Text("Measure: {measure}. Minutes made by {by}.", "排序依据：{measure}。纪要由{by}生成。")
NEAR: Final = Text("{number} {name}: {how}.", "{number} {name}：{how}。")


def _counted(counts: Iterable[tuple[Text, int]]) -> Text:
    told = list(counts)
    return Text(", ".join(f"{name.en} {n}" for name, n in told), "，".join(f"{name.zh} {n} 人" for name, n in told))


def _near(one: SelectionEntry) -> Text:
    how = texts_of(one.edge)
    listed = Text("; ".join(text.en for text in how), "；".join(text.zh for text in how))
    return NEAR.filled(number=one.person.code, name=one.person.name, how=listed)


def _compared(run: SelectionRun, entries: Iterable[SelectionEntry]) -> tuple[Text, ...]:
    if run.compared_at is None:
        return ()
    why = (
        NEAR.filled(number=one.person.code, name=one.person.name, how=_without_stop(one.difference))
        for one in entries
        if one.difference
    )
    return (*texts_of(run.compared), *why)


def _without_stop(said: Sequence[str]) -> Text:
    en, zh = (part.rstrip("。.") for part in said)
    return Text(en, zh)
