"""Scales over occasions and forms: which items carry an earlier scale, and what nothing links to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy

from yucai.errors import Fault, FaultyInputError
from yucai.measurement.coding import CodedQuality
from yucai.measurement.notices import named
from yucai.measurement.populations import Background
from yucai.measurement.scales import ItemParameters, QualityScale
from yucai.texts import Text

__all__ = ["Anchors", "anchors_of", "check_links"]

FEW_ANCHORS: Final = 3
OTHER_FRAMEWORK = Text(
    "the earlier calibration speaks of the framework “{other}”, this map of “{framework}”. Choose one of the same.",
    "先前的标定属于框架“{other}”，而本映射属于“{framework}”。请选用同一框架的标定。",
)
NOTHING_COMMON = Text(
    "no item of these responses is in the earlier calibration as it is here (items such as {item}). "
    "Use forms with common items, or calibrate anew.",
    "这些作答中没有任何题目与先前标定中的题目相同（例如 {item}）。请使用含共同题目的测验，或重新标定。",
)
NO_LINK = Text(
    "{quality}: nothing links the group “{group}” to the scale: it shares no item with the groups that are on it. "
    "Add items in common, or calibrate the group apart.",
    "{quality}：“{group}”组与量表没有任何联系，与已在量表上的各组没有共同题目。请增加共同题目，或单独标定该组。",
)
FEW = Text(
    "{quality}: the scale of the earlier calibration rests on {n} common items ({items}); if one of them has drifted, "
    "so has the scale.",
    "{quality}：先前标定的量表只由 {n} 个共同题目（{items}）承接；其中任何一题若有漂移，量表也随之漂移。",
)
CHANGED = Text(
    "{quality}: {n} items are in the earlier calibration with another rule or other categories ({items}); they were "
    "estimated anew.",
    "{quality}：有 {n} 个题目在先前标定中的规则或得分档不同（{items}），已重新估计。",
)
NO_ANCHOR = Text(
    "{quality}: no item is in the earlier calibration, so the scale is that of these learners.",
    "{quality}：没有题目出现在先前的标定中，因此量表以本次学习者为准。",
)
AS_BEFORE: Final = ("model", "bands", "reversed", "top")


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchors:
    """For each quality, by the place of the item, what an earlier calibration says of it; and what is to be told."""

    items: tuple[dict[int, ItemParameters], ...]
    notices: tuple[Text, ...]


def anchors_of(
    coded: Sequence[CodedQuality], earlier: Sequence[QualityScale], of_framework: str, framework: str
) -> Anchors:
    """Return the items that carry the scales of an earlier calibration, which was made for ``of_framework``.

    An item does when its rule and its categories are the same. Raises FaultyInputError: another framework, no common
    item.
    """
    if of_framework != framework:
        facts = {"other": of_framework, "framework": framework}
        raise FaultyInputError("anchors", [Fault(code="other-framework", says=OTHER_FRAMEWORK, facts=facts)])
    known = {scale.quality: scale for scale in earlier}
    items, notices = [], []
    for one in coded:
        carried, changed = _carried(one, known.get(one.quality))
        items.append(carried)
        notices += list(_about(one, carried, changed))
    if coded and not any(items):
        facts = {"item": coded[0].items[0]}
        raise FaultyInputError("anchors", [Fault(code="nothing-common", says=NOTHING_COMMON, facts=facts)])
    return Anchors(items=tuple(items), notices=tuple(notices))


def _carried(one: CodedQuality, scale: QualityScale | None) -> tuple[dict[int, ItemParameters], list[str]]:
    known = {item.item: item for item in scale.items} if scale else {}
    carried, changed = {}, []
    for j, name in enumerate(one.items):
        item = known.get(name)
        if item is None:
            continue
        same = item.categories == one.used[j] and all(
            getattr(item, part) == getattr(one.codings[j], part) for part in AS_BEFORE
        )
        if same:
            carried[j] = item
        else:
            changed.append(name)
    return carried, changed


def _about(one: CodedQuality, carried: dict[int, ItemParameters], changed: Sequence[str]) -> Iterator[Text]:
    if changed:
        yield named(CHANGED, one.quality, changed)
    if not carried:
        yield NO_ANCHOR.filled(quality=one.quality)
    elif len(carried) < FEW_ANCHORS:
        yield named(FEW, one.quality, [one.items[j] for j in carried])


def check_links(
    coded: Sequence[CodedQuality],
    units: Sequence[npt.NDArray[np.intp]],
    background: Background,
    anchored: Sequence[dict[int, ItemParameters]],
) -> None:
    """Raise FaultyInputError naming each group that no common item links to the scale of a quality.

    ``units`` give for each quality and response its unit in the background.
    """
    faults = [
        Fault(code="no-link", says=NO_LINK, facts={"quality": one.quality, "group": group})
        for one, whose, anchors in zip(coded, units, anchored, strict=True)
        for group in _unlinked(one, background.group[whose], background.groups, anchors)
    ]
    if faults:
        raise FaultyInputError("groups", faults)


def _unlinked(
    one: CodedQuality, group: npt.NDArray[np.int64], groups: Sequence[str], anchors: dict[int, ItemParameters]
) -> list[str]:
    """Return the groups with evidence that stand apart; the scale is where the anchors are, else the first group."""
    n_g, n = len(groups), len(groups) + len(one.items) + 1
    scale = n - 1
    starts = [n_g + j for j in anchors] or [0]
    left = np.concatenate([group, starts])
    right = np.concatenate([n_g + one.item, np.full(len(starts), scale)])
    links = scipy.sparse.csr_matrix((np.ones(len(left)), (left, right)), shape=(n, n))
    _n, part = scipy.sparse.csgraph.connected_components(links, directed=False)
    there = np.unique(group)
    return [groups[g] for g in there if part[g] != part[scale]]
