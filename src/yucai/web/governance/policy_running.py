"""Works the result of a card out in the background, runs its bundle again, and looks at a later vintage of its data."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from typing import Final

from django.core.exceptions import PermissionDenied
from django.db import transaction

from yucai.errors import Fault, FaultyInputError
from yucai.governance import (
    EvaluatedPolicy,
    PolicyBundle,
    canonical_json,
    check_vintage,
    evaluate_card,
    evaluated_of,
    read_card,
    rerun_bundle,
    summarise_result,
    write_bundle,
)
from yucai.texts import Text
from yucai.web.accounts.audit import note
from yucai.web.accounts.models import Account
from yucai.web.governance.policy_actions import held_acceptance, held_opening, held_seal, require_file_size
from yucai.web.governance.policy_doors import may_write_policies
from yucai.web.governance.policy_models import PolicyRecord, PolicyVintage
from yucai.web.jobs.actions import Report, ask_for
from yucai.web.jobs.models import Job

__all__ = [
    "ask_for_rerun",
    "ask_for_result",
    "bundle_file",
    "compare_vintage",
    "keep_result",
    "run_policy_job",
    "run_rerun_job",
]

RESULT: Final = "policy"
AGAIN: Final = "policy-rerun"
THING: Final = Text("The result", "结果")
NOT_ACCEPTED: Final = Text(
    "Nobody accepted the gate yet. See what these data can tell first.",
    "尚无人确认可行性门槛。请先查看数据最多能说明什么。",
)
IS_THERE: Final = Text("The result was worked out on {at} and stays as it is.", "结果已于 {at} 算出，不再改变。")
NO_RESULT: Final = Text("There is no result yet.", "尚无结果。")
CHANGED: Final = Text(
    "The result in the database is not the one that was written down on {at}. Compare it with a backup.",
    "数据库中的结果与 {at} 写入时不同。请与备份比对。",
)
DONE: Final = Text("The result of “{title}” is there.", "“{title}”的结果已算出。")


def ask_for_result(*, record: PolicyRecord, by: Account, at: datetime) -> Job:
    """Return the job that works a result out. Raises PermissionDenied, FaultyInputError before the gate is accepted."""
    _require_writer(by, record)
    _require(record.accepted_at is not None, "not-accepted", NOT_ACCEPTED)
    _require(record.evaluated_at is None, "is-there", IS_THERE, at=_told(record.evaluated_at))
    return ask_for(f"{RESULT}:{record.slug}", space=record.space, owner=by, at=at)


def run_policy_job(job: Job, report: Report, *, clock: Callable[[], datetime]) -> Text:
    """Work out the result that a job names. Raises FaultyInputError where a step does not fit the one before."""
    record = PolicyRecord.objects.select_related("space").get(space=job.space, slug=job.kind.partition(":")[2])
    _require(record.accepted_at is not None, "not-accepted", NOT_ACCEPTED)
    _require(record.evaluated_at is None, "is-there", IS_THERE, at=_told(record.evaluated_at))
    keep_result(record=record, by=job.owner, at=clock(), report=report)
    return DONE.filled(title=record.title)


def keep_result(*, record: PolicyRecord, by: Account | None, at: datetime, report: Report | None = None) -> None:
    """Work a result out and keep it beside its card; it is never worked out twice."""
    name = "yucai" if by is None else by.name_zh or by.name_en or by.username
    done = evaluate_card(
        read_card(record.card), bytes(record.data or b""), seal=held_seal(record), opening=held_opening(record),
        acceptance=held_acceptance(record), at=at, by=name, report=report,
    )  # fmt: skip
    found = summarise_result(done.evaluation)
    facts = {
        "evaluation": done.evaluation.decode(),
        "evaluated": canonical_json(done.as_json()).decode(),
        "evaluated_at": at,
        "grade": found.grade,
        "estimate": found.estimate,
        "lower": found.interval[0] if found.interval else None,
        "upper": found.interval[1] if found.interval else None,
        "p_value": found.p_value,
    }
    with transaction.atomic():
        if not PolicyRecord.objects.filter(pk=record.pk, evaluated_at=None).update(**facts):
            raise FaultyInputError(THING, [Fault(code="is-there", says=IS_THERE, facts={"at": _told(at)})])
        note("policy.evaluated", by=by, at=at, space=record.space, target=f"policy:{record.slug}",
             detail={"grade": found.grade, "sha256": sha256(done.evaluation).hexdigest()})  # fmt: skip


def ask_for_rerun(*, record: PolicyRecord, by: Account, at: datetime) -> Job:
    """Return the job that works the result of a bundle out again and compares."""
    _require_writer(by, record)
    _require(record.evaluated_at is not None, "no-result", NO_RESULT)
    return ask_for(f"{AGAIN}:{record.slug}", space=record.space, owner=by, at=at)


def run_rerun_job(job: Job, report: Report, *, clock: Callable[[], datetime]) -> Text:
    """Work the result that a job names out again, and say whether it is the same."""
    record = PolicyRecord.objects.select_related("space").get(space=job.space, slug=job.kind.partition(":")[2])
    again = rerun_bundle(bundle_file(record), mark=record.mark, report=report)
    same = "yes" if again.same else "no"
    note("policy.rerun", by=job.owner, at=clock(), space=record.space, target=f"policy:{record.slug}",
         detail={"same": same})  # fmt: skip
    return Text(again.in_language("en"), again.in_language("zh"))


def bundle_file(record: PolicyRecord) -> bytes:
    """Return the bundle of an evaluated card as a file. Raises FaultyInputError where something in it was changed."""
    _require(record.evaluated_at is not None, "no-result", NO_RESULT)
    told = json.loads(record.evaluated)
    evaluated: EvaluatedPolicy = evaluated_of(told, record.evaluation.encode())
    _require(told["evaluation"] == sha256(record.evaluation.encode()).hexdigest(), "changed", CHANGED, at=told["at"])
    bundle = PolicyBundle(
        card=read_card(record.card), seal=held_seal(record), data=bytes(record.data or b""),
        opening=held_opening(record), gate=record.gate.encode(), acceptance=held_acceptance(record),
        evaluated=evaluated,
    )  # fmt: skip
    return write_bundle(bundle)


def compare_vintage(*, record: PolicyRecord, data: bytes, name: str, by: Account, at: datetime) -> PolicyVintage:
    """Run a card's plan on a later vintage of its data, and keep what moved. The result of the card stays as it is.

    Raises PermissionDenied, FaultyInputError.
    """
    _require_writer(by, record)
    _require(record.evaluated_at is not None, "no-result", NO_RESULT)
    require_file_size(data)
    found = check_vintage(read_card(record.card), bytes(record.data or b""), data)
    with transaction.atomic():
        kept = PolicyVintage.objects.create(
            policy=record, name=name, data_sha256=sha256(data).hexdigest(), at=at, by=by,
            says=[[one.en, one.zh] for one in found.says],
            moved=[[one.key, one.first, one.second] for one in found.moved],
            grade=found.second.verdict.grade.value,
        )  # fmt: skip
        note("policy.vintage", by=by, at=at, space=record.space, target=f"policy:{record.slug}",
             detail={"grade": kept.grade})  # fmt: skip
    return kept


def _require_writer(by: Account, record: PolicyRecord) -> None:
    if not may_write_policies(by) or not by.spaces.filter(pk=record.space_id).exists():
        raise PermissionDenied


def _require(holds: bool, code: str, says: Text, **facts: object) -> None:
    if not holds:
        raise FaultyInputError(THING, [Fault(code=code, says=says, facts=facts)])


def _told(at: datetime | None) -> str:
    return "" if at is None else f"{at:%Y-%m-%d %H:%M} UTC"
