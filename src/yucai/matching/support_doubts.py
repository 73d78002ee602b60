"""What looks wrong in the work that a list is counted from, before anybody believes the list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from yucai.matching.support_given import SupportSigns, Work
from yucai.matching.support_words import of_100
from yucai.texts import Text

__all__ = ["doubts_about"]

LEAST_RESULTS: Final = 20
TINY: Final = 0.1  # of the pass mark: whoever hands in work seldom gets a tenth of what is needed
MANY: Final = 0.2

OTHER_SCALE: Final = Text(
    "{name}: {k} of {n} results are {most} of 100 or less. Was it marked on another scale, such as 0 and 1? Reasons "
    "that rest on it may be wrong.",
    "{name}：{n} 个成绩中有 {k} 个不超过 {most} 分（百分制）。是否采用了其他计分方式（如 0 和 1）？"
    "依据该成绩的理由可能有误。",
)


def doubts_about(signs: Sequence[SupportSigns]) -> tuple[Text, ...]:
    """Return a sentence for every piece of work whose results look as if they were on another scale.

    That is: a fifth of at least 20 results do not exceed a tenth of the pass mark. It is a look at one mistake that was
    met, in a presentation of the Open University. A piece of work is known by its reference and its due date.
    """
    found = dict[tuple[str, str], list[Work]]()
    for one in signs:
        for work in one.results:
            if work.pass_mark:
                found.setdefault((work.reference, str(work.due)), []).append(work)
    return tuple(said for works in found.values() for said in _doubt(works))


def _doubt(works: Sequence[Work]) -> list[Text]:
    limit = TINY * min(work.pass_mark or 1.0 for work in works)
    tiny = sum((work.result or 0.0) <= limit for work in works)
    if len(works) < LEAST_RESULTS or tiny < MANY * len(works):
        return []
    return [OTHER_SCALE.filled(name=works[0].called, k=tiny, n=len(works), most=of_100(limit))]
