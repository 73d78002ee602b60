"""What a calibration has to say about itself: what was left out, joined, bounded, or rests on an assumption."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
import scipy

from yucai.measurement.coding import Coded, CodedQuality
from yucai.measurement.priors import STEEPEST
from yucai.texts import Text

if TYPE_CHECKING:
    from yucai.measurement.joint import Joint, QualityNumbers

__all__ = ["about_items_alike", "about_numbers", "about_one_rater", "about_raters_apart", "about_search", "named"]

MOST_NAMES: Final = 3

ALL_ALIKE = Text(
    "{quality}: on {n} item{n:|s} everybody reached the same category ({items}); {n:it tells|they tell} nothing and "
    "{n:was|were} left out.",
    "{quality}：有 {n} 个题目所有人得分档相同（{items}），不提供信息，已略去。",
)
MERGED = Text(
    "{quality}: {n} item{n:|s} {n:has|have} categories that nobody reached ({items}); these were joined with their "
    "neighbours.",
    "{quality}：有 {n} 个题目存在无人达到的得分档（{items}），已与相邻档合并。",
)
TOO_ALIKE = Text(
    "{quality}: {n} item{n:|s} repeat each other almost word for word ({items}); their weight was bounded.",
    "{quality}：有 {n} 个题目的作答几乎完全相同（{items}），其权重已设上限。",
)
NOT_CONVERGED = Text(
    "The search ended after {n} step{n:|s} without settling; read all its numbers with care.",
    "迭代 {n} 步后仍未收敛，全部数值须谨慎使用。",
)
ONE_RATER = Text(
    "{quality}: {rater} is the only rater, so severity cannot be told from difficulty and was not estimated.",
    "{quality}：{rater} 是唯一的评分人，无法区分评分宽严与题目难度，因此未估计其宽严。",
)
APART = Text(
    "{quality}: {raters} judged nobody whom the other raters judged too; how severe they are, compared with the "
    "others, rests on the assumption that their learners are like all others.",
    "{quality}：{raters} 评过的学习者没有其他评分人评过；与其他评分人相比的宽严，只能假定这些学习者与其他人相当。",
)


def about_items_alike(quality: str, items: Sequence[str]) -> Text:
    """Return what is said of items that everybody answered alike."""
    return named(ALL_ALIKE, quality, items)


def about_one_rater(quality: str, rater: str) -> Text:
    """Return what is said where one rater judged everything."""
    return ONE_RATER.filled(quality=quality, rater=rater)


def about_numbers(coded: Coded, found: QualityNumbers) -> Iterator[Text]:
    """Yield what the reader of a quality's numbers must know."""
    listed = zip(coded.items, coded.used, coded.codings, strict=True)
    merged = [item for item, used, coding in listed if len(used) < coding.top + 1]
    if merged:
        yield named(MERGED, coded.quality, merged)
    steep = [coded.items[j] for j in np.flatnonzero([np.abs(one).max() >= STEEPEST for one in found.slopes])]
    if steep:
        yield named(TOO_ALIKE, coded.quality, steep)
    if isinstance(coded, CodedQuality):
        yield from about_raters_apart(coded)


def about_raters_apart(coded: CodedQuality) -> Iterator[Text]:
    """Yield what is said of raters whom nothing links to the others."""
    for group in _raters_apart(coded):
        yield APART.filled(quality=coded.quality, raters=_list_of(group))


def about_search(found: Joint) -> Iterator[Text]:
    """Yield what the reader must know of how the numbers were found."""
    if not found.converged:
        yield NOT_CONVERGED.filled(n=found.n_steps)


def _raters_apart(coded: CodedQuality) -> list[list[str]]:
    """Return the groups of raters that nothing links to the largest one; unrated evidence links like one rater."""
    if not coded.raters:
        return []
    ones, judge = np.ones(len(coded.unit)), coded.rater + 1
    judged_by = scipy.sparse.csr_matrix((ones, (coded.unit, judge)), shape=(coded.units.height, len(coded.raters) + 1))
    _n, group = scipy.sparse.csgraph.connected_components(judged_by.T @ judged_by, directed=False)
    main = np.argmax(np.bincount(group, weights=np.bincount(judge, minlength=len(group))))
    apart = [g for g in np.unique(group[1:]) if g != main]
    return [[coded.raters[r] for r in np.flatnonzero(group[1:] == g)] for g in apart]


def named(text: Text, quality: str, items: Sequence[str]) -> Text:
    """Return a sentence on some items of a quality, filled: their number, and the names of the first."""
    return text.filled(quality=quality, n=len(items), items=_list_of(items))


def _list_of(names: Sequence[str]) -> Text:
    shown, further = names[:MOST_NAMES], len(names) - MOST_NAMES
    more = (f", and {further} more", f"等 {len(names)} 个") if further > 0 else ("", "")
    return Text(", ".join(shown) + more[0], "、".join(shown) + more[1])
