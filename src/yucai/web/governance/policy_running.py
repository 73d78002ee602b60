"""Works the result of a card out in the background, and runs its bundle again."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from django.db import transaction

from yucai.errors import Fault, FaultyInputError
from yucai.governance import (
    EvaluatedPolicy,
    PolicyBundle,
    canonical_json,
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
from yucai.web.governance.policy_actions import held_acceptance, held_opening, held_seal, name_of, require_writer
from yucai.web.governance.policy_models import PolicyRecord
from yucai.web.jobs.actions import Report, ask_for
from yucai.web.jobs.models import Job

__all__ = [
    "ask_for_rerun",
    "ask_for_result",
    "bundle_file",
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
    require_writer(by, record.space)
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
    done = evaluate_card(
        read_card(record.card), bytes(record.data or b""), seal=held_seal(record), opening=held_opening(record),
        acceptance=held_acceptance(record), at=at, by=name_of(by), report=report,
    )  # fmt: skip
    found = summarise_result(done.evaluation)
    facts: dict[str, Any] = {
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
        event = note("policy.evaluated", by=by, at=at, space=record.space, target=f"policy:{record.slug}",
                     detail={"grade": found.grade, "sha256": _hash(facts["evaluation"]),
                             "evaluated": _hash(facts["evaluated"])})  # fmt: skip
        PolicyRecord.objects.filter(pk=record.pk).update(noted=event.position)


def ask_for_rerun(*, record: PolicyRecord, by: Account, at: datetime) -> Job:
    """Return the job that works the result of a bundle out again and compares."""
    require_writer(by, record.space)
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


def _require(holds: bool, code: str, says: Text, **facts: object) -> None:
    if not holds:
        raise FaultyInputError(THING, [Fault(code=code, says=says, facts=facts)])


def _hash(content: str) -> str:
    return sha256(content.encode()).hexdigest()


def _told(at: datetime | None) -> str:
    return "" if at is None else f"{at:%Y-%m-%d %H:%M} UTC"
