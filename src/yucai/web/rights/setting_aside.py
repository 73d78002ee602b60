"""Evidence set aside by a decision on a request: it stays on record with the reason, and counts no more."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

from yucai.texts import Text
from yucai.web.accounts.case_models import ReviewCase
from yucai.web.accounts.models import Account
from yucai.web.evidence.actions import rewrite_lake, source_of_pages, write_lake
from yucai.web.evidence.models import EvidenceRecord, Import
from yucai.web.evidence.taking import SET_ASIDE

__all__ = ["set_aside"]

PURPOSE = "更正学习者的记录 / Correction of what is on record of a learner"
NAME = Text("Evidence set aside after a request", "经申请剔除的证据")


def set_aside(case: ReviewCase, records: Sequence[EvidenceRecord], *, by: Account, at: datetime) -> Import:
    """Replace evidence by nothing, and return the import that says so. Call it in the transaction of the decision.

    The lake follows in the same transaction; no earlier calibration is touched.
    """
    space = case.space
    write_lake(space, at=at)  # the lake must hold all of it, or what is set aside could still follow
    numbers = sorted(record.pk for record in records)
    digest = hashlib.sha256(f"request {case.pk}: {numbers}".encode()).hexdigest()
    source = source_of_pages(
        space, SET_ASIDE, NAME, purpose="更正学习者的记录 / Correction of what is on record of a learner"
    )
    entry = Import.objects.create(
        source=source, file_name=f"request-{case.pk}", digest=digest, at=at, by=by.username, kept=0
    )
    EvidenceRecord.objects.filter(pk__in=numbers).update(replaced_by=entry)
    rewrite_lake(space, low=numbers[0], high=numbers[-1], tag=f"a{entry.pk}", at=at)
    return entry
