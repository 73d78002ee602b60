"""The priority lists of the demonstration."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from django.utils.timezone import localdate

from yucai.web.accounts.models import Group, Space
from yucai.web.matching.priority_doors import ALL
from yucai.web.matching.priority_running import first_day, work_out

__all__ = ["fill_priority"]

PRESENTATION: Final = "BBB-2013J"  # the one of the demo teacher


def fill_priority(spaces: Iterable[Space], *, at: datetime) -> None:
    """Work the priority lists out that the demo director finds: of all classes of the college, when all of its last
    year was due; and, of the real university, of one presentation at the end of its fifth week.

    No case is made up: what people would have decided nobody knows.
    """
    for space in spaces:
        group = Group.objects.filter(space=space, code=PRESENTATION).first()
        scope = ALL if group is None else str(group.pk)
        work_out(space=space, scope=scope, as_of=first_day(space, group, today=localdate(at)), by=None, at=at)
