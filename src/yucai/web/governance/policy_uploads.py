"""Files that are looked at in the background: kept until then, one of a card at a time, and thrown away afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from django.db import transaction
from django.dispatch import receiver

from yucai.errors import Fault, FaultyInputError
from yucai.texts import Text
from yucai.web.accounts.audit import note
from yucai.web.accounts.models import Account, Space
from yucai.web.governance.policy_models import PolicyRecord, PolicyUpload
from yucai.web.jobs.actions import JobCancelledError, ask_for, called_off
from yucai.web.jobs.models import Job

__all__ = ["keep_upload", "looking_into", "upload_of", "upload_shown"]

What = PolicyUpload.What
THING: Final = Text("The file", "文件")
IS_LOOKED_AT: Final = Text(
    "“{name}” was handed in for this card on {at} and is being looked at. Wait until that is done, or call it off.",
    "“{name}”已于 {at} 为此卡提交，正在处理。请等待完成，或取消该任务。",
)


def keep_upload(
    *,
    space: Space,
    what: str,
    content: bytes,
    name: str,
    by: Account,
    at: datetime,
    record: PolicyRecord | None = None,
    vintage: str = "",
    mark: str = "",
) -> Job:
    """Keep a file and return the job that looks into it.

    What an earlier file of the card left behind goes. Raises FaultyInputError while one is looked at. The caller holds
    the row of the card, in a transaction, so that of two files at the same moment one is refused.
    """
    if record is not None:
        for old in PolicyUpload.objects.filter(policy=record).select_related("job"):
            if old.content is not None and old.job is not None and old.job.is_open:
                facts = {"name": old.name, "at": f"{old.at:%Y-%m-%d %H:%M} UTC"}
                raise FaultyInputError(THING, [Fault(code="is-looked-at", says=IS_LOOKED_AT, facts=facts)])
            old.delete()
    upload = PolicyUpload.objects.create(
        space=space, policy=record, what=what, name=name[:200], content=content, vintage=vintage, mark=mark, at=at,
        by=by,
    )  # fmt: skip
    of = record.slug if record is not None else str(upload.pk)
    upload.job = ask_for(f"policy-{what}:{of}", space=space, owner=by, at=at)
    upload.save(update_fields=["job"])
    note("policy.uploaded", by=by, at=at, space=space, target=f"policy:{of}" if record else "policy",
         detail={"what": str(what), "sha256": sha256(content).hexdigest()})  # fmt: skip
    return upload.job


def upload_of(job: Job) -> PolicyUpload | None:
    """Return the file that a job looks into; None once that was done."""
    return PolicyUpload.objects.filter(job=job, content__isnull=False).select_related("policy__space", "space").first()


def upload_shown(record: PolicyRecord) -> PolicyUpload | None:
    """Return the last file of a card that is looked at, or that was refused."""
    return PolicyUpload.objects.filter(policy=record).defer("content").select_related("job").order_by("-pk").first()


@contextmanager
def looking_into(upload: PolicyUpload, job: Job, *, at: datetime) -> Iterator[None]:
    """Look into a file inside; refused, its content goes and its faults stay to be read.

    Called off, the file is gone as if it had never come. A worker that fell, or from whom another took the work over,
    leaves the file to that other.
    """
    try:
        yield
    except JobCancelledError:
        raise
    except FaultyInputError as refused:
        said = [[one.in_language("en"), one.in_language("zh")] for one in refused.faults]
        with transaction.atomic():
            PolicyUpload.objects.filter(pk=upload.pk).update(content=None, says=said)
            note("policy.refused", by=job.owner, at=at, space=upload.space,
                 target=f"policy:{upload.policy.slug}" if upload.policy else "policy",
                 detail={"what": upload.what, "faults": len(said)})  # fmt: skip
        raise
    except Exception:  # the job tells it; the file came to nothing
        PolicyUpload.objects.filter(pk=upload.pk).update(content=None)
        raise


@receiver(called_off)
def _let_go(*, job: Job, **_more: Any) -> None:
    """Throw the file of a job away that was called off: nothing of it was shown to anybody."""
    PolicyUpload.objects.filter(job=job).delete()
