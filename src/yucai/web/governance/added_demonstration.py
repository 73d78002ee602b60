"""Value added in the demonstration: term projects of the simulated college, set against those of the year before."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from yucai.web.accounts.models import Space
from yucai.web.evidence.models import Item
from yucai.web.governance.added_models import AddedRun
from yucai.web.governance.added_scores import Scored
from yucai.web.governance.added_working import AddedWanted, work_added_out

__all__ = ["fill_value_added"]

ITEM: Final = "rubric/frontier-knowledge/term-project"
NOW: Final = "2025-2026"
BEFORE: Final = "2024-2025"
RANGE: Final = (0.6, 0.9)


def fill_value_added(space: Space, *, at: datetime) -> AddedRun:
    """Work value added of the classes out, as an office would: one project now, the one of the year before."""
    item = Item.objects.get(space=space, code=ITEM)
    now, before = (Scored(item=item.pk, occasion=occasion, name=item.name) for occasion in (NOW, BEFORE))
    wanted = AddedWanted(kind=AddedRun.Kind.CLASS, now=now, prior=(before,), lowest=RANGE[0], highest=RANGE[1])
    return work_added_out(space=space, wanted=wanted, by=None, at=at)
