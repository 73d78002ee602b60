"""Takes a bundle that was made elsewhere into the register: every byte is read again, and its result worked out anew.

Whoever looked at figures by command line, or in another institution, puts the look on the list here. A result that
comes out otherwise is listed as well: it counts against the others and is no finding.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from typing import Final

from django.db import transaction

from yucai.errors import Fault, FaultyInputError
from yucai.governance import (
    PolicyBundle,
    ResultSummary,
    canonical_json,
    grade_name,
    read_bundle,
    rerun_bundle,
    summarise_result,
    write_card,
)
from yucai.texts import Text
from yucai.web.accounts.audit import note
from yucai.web.accounts.models import Account, Space
from yucai.web.governance.policy_actions import free_slug, require_writer
from yucai.web.governance.policy_models import PolicyRecord, PolicyUpload
from yucai.web.governance.policy_uploads import keep_upload, looking_into, upload_of
from yucai.web.jobs.actions import Report, require_going_on
from yucai.web.jobs.models import Job

__all__ = ["ask_for_taking", "run_taking_job"]

MOST_BYTES: Final = 16 * 1024 * 1024
THING: Final = Text("The bundle", "封存包")
TOO_LARGE: Final = Text("The bundle has {size} MB; up to {most} MB are taken.", "封存包为 {size} MB，上限 {most} MB。")
IS_LISTED: Final = Text(
    "The card with the mark {mark}… is in the register already.", "标记为 {mark}… 的卡已在登记册中。"
)
NO_RESULT: Final = Text(
    "Its result or its gate cannot be read: {reason}. Get the bundle again from where it was published.",
    "其结果或可行性门槛无法读取：{reason}。请从发布处重新获取封存包。",
)
DONE: Final = Text("The bundle is on the list of the register.", "封存包已列入登记册。")
WRITING: Final = Text("putting it on the list", "列入登记册")
SAME: Final = Text(
    "“{title}” is on the list: every byte is as it was made, and run again the result is the same.",
    "“{title}”已列入登记册：每个字节均与生成时一致，重新计算的结果相同。",
)
OTHERWISE: Final = Text(
    "“{title}” is on the list and counts as a look. Run again here, its result is another, so it is no finding.",
    "“{title}”已列入登记册并计为一次检验。在本机重新计算，结果不同，故不作为发现。",
)


@transaction.atomic
def ask_for_taking(*, space: Space, content: bytes, name: str, mark: str, by: Account, at: datetime) -> Job:
    """Return the job that runs a bundle again and puts its card on the list of an institution.

    Raises PermissionDenied; FaultyInputError naming each part that does not fit, and for a card that is listed.
    """
    require_writer(by, space)
    size, most = round(len(content) / 2**20, 1), MOST_BYTES // 2**20
    _require(len(content) <= MOST_BYTES, "too-large", TOO_LARGE, size=size, most=most)
    found = read_bundle(content, mark=mark)
    _summary(found)
    _require_new(space, found)
    bundle = PolicyUpload.What.BUNDLE
    return keep_upload(space=space, what=bundle, content=content, name=name, mark=mark, by=by, at=at)


def run_taking_job(job: Job, report: Report, *, clock: Callable[[], datetime]) -> Text:
    """Run the bundle that a job names again, and put its card on the list, whether or not the result is the same."""
    upload = upload_of(job)
    if upload is None:  # a worker fell just after it was done
        return DONE
    content = bytes(upload.content or b"")
    with looking_into(upload, job, at=clock()):
        bundle = read_bundle(content, mark=upload.mark)
        same = rerun_bundle(content, mark=upload.mark, report=report).same
        report(0.95, WRITING)
        with transaction.atomic():
            require_going_on(job)
            require_writer(job.owner, upload.space)
            _require_new(upload.space, bundle)
            _keep(upload.space, bundle, same=same, file=upload.name, by=job.owner, at=clock())
            upload.delete()
    return (SAME if same else OTHERWISE).filled(title=bundle.card.title)


def _keep(space: Space, bundle: PolicyBundle, *, same: bool, file: str, by: Account | None, at: datetime) -> None:
    card, found = bundle.card, _summary(bundle)
    replaced = PolicyRecord.objects.filter(space=space, mark=bundle.seal.replaces).exclude(mark="").first()
    steps = {
        "seal": canonical_json({**bundle.seal.as_json(), "mark": bundle.seal.mark}).decode(),
        "opening": canonical_json(bundle.opening.as_json()).decode(),
        "gate": bundle.gate.decode(),
        "acceptance": canonical_json(bundle.acceptance.as_json()).decode(),
        "evaluation": bundle.evaluated.evaluation.decode(),
        "evaluated": canonical_json(bundle.evaluated.as_json()).decode(),
    }
    record = PolicyRecord(
        space=space, slug=free_slug(card.code), code=card.code, title_en=card.title.en[:300],
        title_zh=card.title.zh[:300], simulated=card.simulated, card=write_card(card), written_at=at, written_by=by,
        replaces=replaced, mark=bundle.seal.mark, sealed_at=bundle.seal.at, data=bundle.data, data_name=file,
        opened_at=bundle.opening.at, accepted_at=bundle.acceptance.at, evaluated_at=bundle.evaluated.at,
        grade=found.grade, estimate=found.estimate, p_value=found.p_value,
        lower=found.interval[0] if found.interval else None, upper=found.interval[1] if found.interval else None,
        taken_at=at, taken_by=by, reproduced=same, **steps,
    )  # fmt: skip
    detail = {
        "mark": record.mark, "sha256": _hash(record.evaluation), "evaluated": _hash(record.evaluated),
        "same": "yes" if same else "no",
    }  # fmt: skip
    event = note("policy.taken", by=by, at=at, space=space, target=f"policy:{record.slug}", detail=detail)
    record.noted = event.position
    record.save()


def _summary(bundle: PolicyBundle) -> ResultSummary:
    """Return what the list shows of a result. Raises FaultyInputError where it says nothing that can be listed."""
    try:
        if "\0" in bundle.gate.decode() + bundle.evaluated.evaluation.decode():
            raise ValueError("U+0000")
        json.loads(bundle.gate)
        found = summarise_result(bundle.evaluated.evaluation)
        grade_name(found.grade)
        canonical_json([found.estimate, found.p_value, *(found.interval or ())])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as reason:
        facts = {"reason": type(reason).__name__}
        raise FaultyInputError(THING, [Fault(code="no-result", says=NO_RESULT, facts=facts)]) from None
    return found


def _hash(content: str) -> str:
    return sha256(content.encode()).hexdigest()


def _require_new(space: Space, bundle: PolicyBundle) -> None:
    known = PolicyRecord.objects.filter(space=space, mark=bundle.seal.mark).exists()
    _require(not known, "is-listed", IS_LISTED, mark=bundle.seal.mark[:16])


def _require(holds: bool, code: str, says: Text, **facts: object) -> None:
    if not holds:
        raise FaultyInputError(THING, [Fault(code=code, says=says, facts=facts)])
