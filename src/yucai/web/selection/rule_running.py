"""Working a run out, and holding it against the list that was really made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from time import perf_counter
from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.db import transaction

from yucai.errors import Fault, FaultyInputError
from yucai.selection import (
    Borderline,
    Comparison,
    GroupLine,
    Outcome,
    Proposal,
    ProposalEntry,
    borderline_of,
    compare_with,
    propose,
    read_rule,
)
from yucai.texts import Text
from yucai.web.accounts.access import closed_to, read_people
from yucai.web.accounts.audit import note
from yucai.web.accounts.models import Account
from yucai.web.jobs.actions import Report
from yucai.web.jobs.models import Job
from yucai.web.registers.algorithms import SELECTION
from yucai.web.registers.switches import require_running
from yucai.web.selection.rule_doors import may_run_rules
from yucai.web.selection.rule_given import looked_at, records_of
from yucai.web.selection.rule_models import SelectionEntry, SelectionRun

__all__ = ["MOST_LISTED", "compare_run", "run_selection_job", "texts_of", "work_out"]

MOST_LISTED: Final = 5_000
BATCH: Final = 500
LIST: Final = Text("list that was made", "实际名单")
DONE: Final = Text("Run: {n} looked at, {proposed} proposed.", "已运行：涉及 {n} 人，建议 {proposed} 人。")
NOTHING: Final = Text("There is no number in it.", "名单中没有学号。")
TOO_MANY: Final = Text(
    "{n} people are too many for one list; it takes {most}.", "共 {n} 人，超过一份名单的上限 {most} 人。"
)
NOT_YET: Final = Text("The run is not worked out yet.", "该运行尚未完成。")


def texts_of(rows: Iterable[Sequence[str]]) -> tuple[Text, ...]:
    """Return sentences as they are kept: English, Chinese."""
    return tuple(Text(en, zh) for en, zh in rows)


def _pairs(texts: Iterable[Text]) -> list[list[str]]:
    return [[text.en, text.zh] for text in texts]


def run_selection_job(job: Job, report: Report, *, at: datetime) -> Text:
    """Work out the run that a job names. Raises MethodOffError, FaultyInputError."""
    run = SelectionRun.objects.select_related("rule__space", "group", "by").get(pk=job.kind.partition(":")[2])
    if run.at is None:  # else a worker fell just after it was done
        report(0.1, Text("Reading records", "读取记录"))
        run = work_out(run, at=at)
    proposed = run.entries.filter(outcome=SelectionEntry.Outcome.PROPOSED).count()
    return DONE.filled(n=run.people, proposed=proposed)


def work_out(run: SelectionRun, *, at: datetime) -> SelectionRun:
    """Work out and keep what a rule says. The caller decided who may; whose data were read is written down.

    Raises MethodOffError, FaultyInputError.
    """
    space = run.rule.space
    require_running(space, SELECTION.code, at=at)
    began = perf_counter()
    people = list(looked_at(space, run.group, as_of=run.as_of, at=at))
    flagged = list(run.entries.filter(flagged=True).values_list("person", flat=True))
    records = records_of(space, people, as_of=run.as_of, known=run.known, flagged=flagged, at=at)
    proposal = propose(read_rule(run.rule.text), records)
    near = borderline_of(proposal, records)
    numbers = {person.code: person.pk for person in people}
    with transaction.atomic():
        run.entries.all().delete()
        marked = frozenset(flagged)
        edges = {one.learner: one for one in near}
        entries = (
            _entry(run, one, numbers[one.learner], edges.get(one.learner), flagged=numbers[one.learner] in marked)
            for one in proposal.entries
        )
        SelectionEntry.objects.bulk_create(entries, batch_size=BATCH)
        run.at, run.inputs, run.digest, run.people = at, proposal.inputs, proposal.digest, len(people)
        run.lines, run.notes = [_line(one) for one in proposal.lines], _pairs(proposal.notes)
        run.tried = sum(near[0].tried.values()) if near else 0
        run.seconds = perf_counter() - began
        run.save()
        note("selection.run", by=run.by, at=at, space=space, target=f"selection-run:{run.pk}",
             people=numbers.values(), detail={"rule": run.rule_id, "proposed": len(proposal.of(Outcome.PROPOSED)),
                                              "digest": proposal.digest[:16]})  # fmt: skip
    return run


def _entry(
    run: SelectionRun, one: ProposalEntry, person: int, edge: Borderline | None, *, flagged: bool
) -> SelectionEntry:
    return SelectionEntry(
        run=run, person_id=person, flagged=flagged, outcome=one.outcome.value, group=one.group[:200],
        measure=one.measure, place=one.place, ahead=one.ahead, tied=one.tied, by_place=one.by_place,
        reasons=_pairs(one.reasons), change=_pairs(one.change), notes=_pairs(one.notes), missing=_pairs(one.missing),
        evidence=_pairs(one.evidence), unverified=_pairs(one.unverified),
        edge=_pairs(edge.says) if edge is not None else [], edge_share=edge.share if edge is not None else None,
    )  # fmt: skip


def _line(one: GroupLine) -> dict[str, Any]:
    return {"group": one.group, "n": one.n, "k": one.k, "exact": one.exact, "spared": one.spared,
            "en": one.says.en, "zh": one.says.zh}  # fmt: skip


@transaction.atomic
def compare_run(*, run: SelectionRun, numbers: Iterable[str], file_name: str, by: Account, at: datetime) -> Comparison:
    """Hold a run against the numbers of a list that was made; each person that differs gets the reason.

    Of numbers that are nobody's here only how many there are is kept. Raises PermissionDenied, FaultyInputError.
    """
    if not may_run_rules(by, run.rule.space):
        raise PermissionDenied
    listed = list(dict.fromkeys(number.strip() for number in numbers if number.strip()))
    faults = []
    if run.at is None:
        faults.append(Fault(code="not-yet", says=NOT_YET))
    if not listed:
        faults.append(Fault(code="nothing", says=NOTHING, where="file"))
    if len(listed) > MOST_LISTED:
        faults.append(Fault(code="many", says=TOO_MANY, where="file", facts={"n": len(listed), "most": MOST_LISTED}))
    if faults:
        raise FaultyInputError(LIST, faults)
    entries = {entry.person.code: entry for entry in run.entries.select_related("person")}
    shut = set(closed_to(by, page="selection", at=at).values_list("pk", flat=True))
    named = [entries[code].person for code in listed if code in entries]
    read_people(by, [one for one in named if one.pk not in shut], page="selection", at=at)
    proposal = _kept(run, entries)
    near = {code: texts_of(entry.edge) for code, entry in entries.items() if entry.edge}
    found = compare_with(proposal, listed, near=near)
    differs = {one.learner: one.says for one in found.differences}
    there = frozenset(listed)
    for code, entry in entries.items():
        entry.on_list = code in there
        entry.difference = [differs[code].en, differs[code].zh] if code in differs else []
    SelectionEntry.objects.bulk_update(entries.values(), ["on_list", "difference"], batch_size=BATCH)
    run.compared_at, run.compared_by, run.compared_file = at, by, file_name[:120]
    run.compared, run.strangers = _pairs(found.says[:1]), len(found.strangers)
    run.save(update_fields=["compared_at", "compared_by", "compared_file", "compared", "strangers"])
    note("selection.compared", by=by, at=at, space=run.rule.space, target=f"selection-run:{run.pk}",
         detail={"listed": len(listed), "differ": len(found.differences)})  # fmt: skip
    return found


def _kept(run: SelectionRun, entries: Mapping[str, SelectionEntry]) -> Proposal:
    """Return the proposal of a run as it was kept."""
    return Proposal(
        rules=read_rule(run.rule.text),
        as_of=run.as_of,
        inputs=run.inputs,
        entries=tuple(_as_proposed(code, entry) for code, entry in sorted(entries.items())),
        lines=tuple(
            GroupLine(group=one["group"], n=one["n"], k=one["k"], exact=one["exact"], spared=one["spared"],
                      says=Text(one["en"], one["zh"]))
            for one in run.lines
        ),
        notes=texts_of(run.notes),
    )  # fmt: skip


def _as_proposed(code: str, entry: SelectionEntry) -> ProposalEntry:
    return ProposalEntry(
        learner=code, outcome=Outcome(entry.outcome), group=entry.group, measure=entry.measure, place=entry.place,
        ahead=entry.ahead, tied=entry.tied, by_place=entry.by_place, reasons=texts_of(entry.reasons),
        change=texts_of(entry.change), notes=texts_of(entry.notes), missing=texts_of(entry.missing),
        evidence=texts_of(entry.evidence), unverified=texts_of(entry.unverified),
    )  # fmt: skip
