"""What speaks against a list as a whole: what looks wrong in the work it is counted from, and where it says too little.

Beside the reasons of a learner stands what speaks against each; here is what speaks against believing the list.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from yucai.matching.support_given import SupportSigns, Work
from yucai.matching.support_words import of_100
from yucai.texts import Text

__all__ = ["doubts_about"]

LEAST_RESULTS: Final = 20
LEAST_LEARNERS: Final = 20  # of fewer, half is soon reached and says nothing
TINY: Final = 0.1  # of the pass mark: whoever hands in work seldom gets a tenth of what is needed
MANY: Final = 0.2
MOST: Final = 0.5
THIRD: Final = 1 / 3

OTHER_SCALE: Final = Text(
    "{name}: {k} of {n} results are {most} of 100 or less. Was it marked on another scale, such as 0 and 1? Reasons "
    "that rest on it may be wrong.",
    "{name}：{n} 个成绩中有 {k} 个不超过 {most} 分（百分制）。是否采用了其他计分方式（如 0 和 1）？"
    "依据该成绩的理由可能有误。",
)


NOT_TAKEN_IN: Final = Text(
    "{name}: it was due of {n} people, and of {k} of them nothing is on record. Has its file not been taken in yet? "
    "Reasons that rest on it may be wrong.",
    "{name}：应交 {n} 人，其中 {k} 人没有记录。是否尚未导入？依据该作业的理由可能有误。",
)
SILENT: Final = Text(
    "Of {k} of {n} people too little is known, and the list says nothing of them. They may need a talk as much as "
    "anybody: ask also without the list.",
    "{n} 人中有 {k} 人所知太少，名单对他们没有判断。他们同样可能需要谈话：请不要只依靠名单。",
)
TOO_MANY: Final = Text(
    "{k} of {n} people stand in the band “talk within a fortnight”. A list of so many tells nobody with whom to begin, "
    "and may say more of the work or its records than of the people.",
    "{n} 人中有 {k} 人列入“两周内谈一次”。人数如此之多，名单说明不了该从谁开始，更可能反映作业安排或记录本身的问题。",
)


def doubts_about(signs: Sequence[SupportSigns], *, n_talk: int = 0, n_abstained: int = 0) -> tuple[Text, ...]:
    """Return in sentences what speaks against a list as a whole; of a list without doubts, nothing.

    Of each piece of work: a fifth of at least 20 results do not exceed a tenth of the pass mark (another scale, as it
    was met in a presentation of the Open University), or of more than half of at least 20 people of whom it was due
    nothing is on record (a file that was not taken in). Of the list: at least 20 people of whom a third or more are
    abstained from (``n_abstained``), or half or more are to be talked with (``n_talk``). A piece of work is known by
    its reference and its due date. None of these numbers is tested.
    """
    pieces = _by_piece(signs).values()
    found = [said for piece in pieces if piece.results for said in _other_scale(piece.results)]
    found += [
        NOT_TAKEN_IN.filled(name=piece.name, n=piece.due, k=piece.missing)
        for piece in pieces
        if piece.due >= LEAST_LEARNERS and piece.missing > MOST * piece.due
    ]
    if len(signs) >= LEAST_LEARNERS:
        told = len(signs) - n_abstained
        found += [SILENT.filled(k=n_abstained, n=len(signs))] if n_abstained >= THIRD * len(signs) else []
        found += [TOO_MANY.filled(k=n_talk, n=told)] if n_talk and n_talk >= MOST * told else []
    return tuple(found)


Key = tuple[str, str]


@dataclass(slots=True)
class _Piece:
    """One piece of work over everybody: its name, of how many it was due, how many of them lack it, its results."""

    name: str
    due: int = 0
    missing: int = 0
    results: list[Work] = field(default_factory=list)


def _by_piece(signs: Sequence[SupportSigns]) -> dict[Key, _Piece]:
    found = dict[Key, _Piece]()
    for one in signs:
        missing = {_key(work) for work in one.missing}
        for work in one.due:
            piece = found.setdefault(_key(work), _Piece(work.called))
            piece.due += 1
            piece.missing += _key(work) in missing
        for work in one.results:
            if work.pass_mark:
                found.setdefault(_key(work), _Piece(work.called)).results.append(work)
    return found


def _key(work: Work) -> Key:
    return work.reference, str(work.due)


def _other_scale(works: Sequence[Work]) -> list[Text]:
    limit = TINY * min(work.pass_mark or 1.0 for work in works)
    tiny = sum((work.result or 0.0) <= limit for work in works)
    if len(works) < LEAST_RESULTS or tiny < MANY * len(works):
        return []
    return [OTHER_SCALE.filled(name=works[0].called, k=tiny, n=len(works), most=of_100(limit))]
