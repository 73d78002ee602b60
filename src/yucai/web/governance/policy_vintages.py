"""Runs the plan of a card on a later vintage of its figures, in the background. That is a look: it is counted.

The result of the card stays what it was. Later figures can weaken the verdict that stands and never better it, so that
nobody gains by trying several; whoever wants a verdict on them seals a new card, which is one more look.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from typing import Final

from django.db import transaction

from yucai.errors import Fault, FaultyInputError
from yucai.governance import ComparedVintage, VintageCheck, canonical_json, check_vintage, panel_of_card, read_card
from yucai.texts import Text
from yucai.web.accounts.audit import note
from yucai.web.accounts.models import Account
from yucai.web.governance.policy_actions import held_opening, held_record, name_of, require_file_size, require_writer
from yucai.web.governance.policy_models import PolicyRecord, PolicyUpload, PolicyVintage
from yucai.web.governance.policy_uploads import keep_upload, looking_into, upload_of
from yucai.web.jobs.actions import Report, require_going_on
from yucai.web.jobs.models import Job

__all__ = ["ask_for_vintage", "run_vintage_job"]

THING: Final = Text("The later figures", "后来的数据")
NO_RESULT: Final = Text("There is no result yet.", "尚无结果。")
SAME_FILE: Final = Text(
    "This is the file that was opened for the card. There is nothing to compare.", "这就是本卡所打开的文件，无可比对。"
)
COMPARED: Final = Text("This file was compared on {at} as “{name}”.", "该文件已于 {at} 以“{name}”比对过。")
READING: Final = Text("reading the figures", "读取数据")
WRITING: Final = Text("writing it down", "写入结果")
DONE: Final = Text(
    "Compared. What moved stands on the page of the card; its result stays as it is.",
    "已比对。变动见政策卡页面；本卡的结果不变。",
)


@transaction.atomic
def ask_for_vintage(*, record: PolicyRecord, data: bytes, name: str, file: str, by: Account, at: datetime) -> Job:
    """Keep later figures of a card and return the job that runs its plan on them.

    Raises PermissionDenied; FaultyInputError before there is a result, for figures that were looked at before, and
    while another file of the card is looked at.
    """
    record = held_record(record)
    require_writer(by, record.space)
    _require(record.evaluated_at is not None, "no-result", NO_RESULT)
    require_file_size(data)
    digest = sha256(data).hexdigest()
    _require(digest != held_opening(record).data, "same-file", SAME_FILE)
    if before := record.vintages.filter(data_sha256=digest).first():
        _require(False, "compared", COMPARED, at=f"{before.at:%Y-%m-%d}", name=before.name)
    later = PolicyUpload.What.LATER
    return keep_upload(
        space=record.space, record=record, what=later, content=data, name=file, vintage=name, by=by, at=at
    )


def run_vintage_job(job: Job, report: Report, *, clock: Callable[[], datetime]) -> Text:
    """Run the plan of a card on the later figures that a job names, and keep what moved.

    Raises FaultyInputError with all faults of a file that cannot be read: it is no look.
    """
    upload = upload_of(job)
    record = PolicyRecord.objects.select_related("space").get(space=job.space, slug=job.kind.partition(":")[2])
    if upload is None:  # a worker fell just after it was done
        return DONE
    card, data = read_card(record.card), bytes(upload.content or b"")
    with looking_into(upload, job, at=clock()):
        report(0.05, READING)
        panel_of_card(card, data)
        found = check_vintage(card, bytes(record.data or b""), data, report=report)
        report(0.95, WRITING)
        with transaction.atomic():
            require_going_on(job)
            require_writer(job.owner, record.space)
            _keep(record, found, data, name=upload.vintage, by=job.owner, at=clock())
            upload.delete()
    return DONE


def _keep(
    record: PolicyRecord, found: VintageCheck, data: bytes, *, name: str, by: Account | None, at: datetime
) -> None:
    compared = ComparedVintage(
        mark=record.mark, result=sha256(record.evaluated.encode()).hexdigest(), name=name,
        data=sha256(data).hexdigest(), evaluation=found.second.as_json(), at=at, by=name_of(by),
    )  # fmt: skip
    kept = PolicyVintage.objects.create(
        policy=record, name=name, data_sha256=compared.data, data=data, at=at, by=by,
        says=[[one.en, one.zh] for one in found.says],
        moved=[[one.key, one.first, one.second] for one in found.moved],
        grade=found.second.verdict.grade.value,
        evaluation=compared.evaluation.decode(), note=canonical_json(compared.as_json()).decode(),
    )  # fmt: skip
    event = note("policy.vintage", by=by, at=at, space=record.space, target=f"policy:{record.slug}",
                 detail={"grade": kept.grade, "sha256": sha256(kept.evaluation.encode()).hexdigest(),
                         "note": sha256(kept.note.encode()).hexdigest()})  # fmt: skip
    kept.noted = event.position
    kept.save(update_fields=["noted"])


def _require(holds: bool, code: str, says: Text, **facts: object) -> None:
    if not holds:
        raise FaultyInputError(THING, [Fault(code=code, says=says, facts=facts)])
