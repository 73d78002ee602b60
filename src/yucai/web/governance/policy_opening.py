"""Opens the figures of a sealed card in the background: the file is kept, the gate worked out, and only then shown.

Until the gate is written down nobody has seen anything of the figures: a file that cannot be read, and work that is
called off, leave the card as it was. From then on the figures are open, whatever comes afterwards.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from django.db import transaction

from yucai.governance import check_gate, panel_of_card, read_card, require_seal
from yucai.texts import Text
from yucai.web.accounts.models import Account
from yucai.web.governance.policy_actions import (
    held_record,
    held_seal,
    keep_opening,
    require_file_size,
    require_unopened,
    require_writer,
)
from yucai.web.governance.policy_models import PolicyRecord, PolicyUpload
from yucai.web.governance.policy_uploads import keep_upload, looking_into, upload_of
from yucai.web.jobs.actions import Report, require_going_on
from yucai.web.jobs.models import Job

__all__ = ["ask_for_gate", "run_gate_job"]

READING: Final = Text("reading the figures", "读取数据")
GATE: Final = Text("looking what they can tell at best", "判断这些数据最多能说明什么")
WRITING: Final = Text("writing it down", "写入结果")
DONE: Final = Text(
    "The figures are open: see on the page of the card what they can tell at best.",
    "数据已打开：请在政策卡页面查看其最多能说明什么。",
)


@transaction.atomic
def ask_for_gate(*, record: PolicyRecord, data: bytes, name: str, by: Account, at: datetime) -> Job:
    """Keep the figures of a sealed card and return the job that looks what they can tell.

    Raises PermissionDenied; FaultyInputError for a card that is not sealed or has its figures, and while another file
    of it is looked at.
    """
    record = held_record(record)
    require_writer(by, record.space)
    require_unopened(record)
    require_file_size(data)
    require_seal(read_card(record.card), held_seal(record))
    figures = PolicyUpload.What.FIGURES
    return keep_upload(space=record.space, record=record, what=figures, content=data, name=name, by=by, at=at)


def run_gate_job(job: Job, report: Report, *, clock: Callable[[], datetime]) -> Text:
    """Work out what the figures that a job names can tell at best, and open them with it.

    Raises FaultyInputError with all faults of a file that cannot be read: it does not count as opened.
    """
    upload = upload_of(job)
    record = PolicyRecord.objects.select_related("space").get(space=job.space, slug=job.kind.partition(":")[2])
    if upload is None:  # a worker fell just after it was done
        return DONE
    card, data = read_card(record.card), bytes(upload.content or b"")
    with looking_into(upload, job, at=clock()):
        report(0.05, READING)
        panel_of_card(card, data)
        report(0.15, GATE)
        gate = check_gate(card, data)
        report(0.95, WRITING)
        with transaction.atomic():
            require_going_on(job)
            keep_opening(record=record, data=data, gate=gate, name=upload.name, by=job.owner, at=clock())
            upload.delete()
    return DONE
