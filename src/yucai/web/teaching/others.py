"""How those did on an assessment whom the reader may not see singly: what may leave of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Avg, F
from django.utils import translation

from yucai.governance import Axis, AxisKind, Measure, Statistic
from yucai.texts import Text
from yucai.web.accounts.access import visible_people
from yucai.web.accounts.models import Account
from yucai.web.evidence.consented import usable_records
from yucai.web.evidence.models import Item
from yucai.web.governance.releases import released

__all__ = ["OthersView", "others_of"]

TOOK: Final = Text("took it", "参加测评")
MARK: Final = Text("mean, % of the highest", "平均得分率（%）")


@dataclass(frozen=True, slots=True, kw_only=True)
class OthersView:
    """How many others took an assessment and their mean in per cent; None is hidden, and ``reasons`` say why."""

    results: int | None
    mean: float | None
    reasons: tuple[str, ...]
    held_lines: tuple[str, ...]


def others_of(item: Item, *, to: Account, at: datetime) -> OthersView | None:
    """Return how those did whom the reader may not see; None where there is nobody of whom the reader may not know."""
    beyond = usable_records(item.space, at=at).filter(item=item).exclude(person__in=visible_people(to))
    share = Avg(F("score") / F("max_score") * 100)
    marks = dict(beyond.values_list("person").annotate(share=share).order_by("person"))
    if not marks:
        return None
    took = Axis(code=f"took:{item.pk}", name=TOOK, leaves=("yes",), kind=AxisKind.COUNTED, has_total=False)
    measure = Measure(
        code=f"mark:{item.pk}", name=MARK, values=marks, statistics=(Statistic.MEAN,), low=0, high=100, decimals=0
    )
    shown = released(
        "assessment-others",
        list(marks),
        {took.code: ["yes"] * len(marks)},
        code=f"others:{item.pk}",
        axes=[took],
        measures=[measure],
        space=item.space,
        to=to,
        at=at,
    )
    language, cell = translation.get_language() or "en", shown.cells[0]
    return OthersView(
        results=cell.count,
        mean=cell.figures[measure.code, Statistic.MEAN],
        reasons=tuple(reason.in_language(language) for reason in shown.reasons),
        held_lines=(shown.held.in_language(language),) if shown.held is not None else (),
    )
