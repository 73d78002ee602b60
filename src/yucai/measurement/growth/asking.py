"""What is asked of growth, checked: occasions in order, times, groups; every fault at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from yucai.errors import Fault, FaultyInputError
from yucai.evidence import Responses
from yucai.measurement.calibration import Calibration
from yucai.texts import Text

__all__ = ["Asked", "asked_of"]

SMALLEST_GROUP: Final = 5
EVERYBODY: Final = "all"
TOO_FEW: Final = Text(
    "a change needs two occasions, and {n} came. Name at least two, in the order of time.",
    "变化至少涉及两个时段，实际给出 {n} 个。请按时间先后给出至少两个。",
)
TWICE: Final = Text(
    "the occasion “{occasion}” is named more than once. Name each once.", "时段“{occasion}”重复出现。请只写一次。"
)
NO_ANSWERS: Final = Text(
    "in “{occasion}” nobody answered an item of the calibration; there are answers from {known}. Leave the occasion "
    "out, or calibrate with its items.",
    "“{occasion}”没有任何人作答过标定中的题目，有作答的时段为：{known}。请去掉该时段，或将其题目纳入标定。",
)
TIMES: Final = Text(
    "{n} times came for {wanted} occasions, and they must rise. Give one time an occasion, each later than the last.",
    "{wanted} 个时段给出了 {n} 个时间，且时间必须递增。请为每个时段给出一个时间，逐个变大。",
)
NO_GROUP: Final = Text(
    "{n} learners have no group (first: {learner}). Give every learner one, or no groups at all.",
    "{n} 名学习者没有组别（首见：{learner}）。请为每名学习者指定组别，或完全不分组。",
)
SMALL_GROUP: Final = Text(
    "the group “{group}” has {n} learners; the mean of fewer than {least} is not followed. Join it with another.",
    "“{group}”组只有 {n} 名学习者，少于 {least} 人的平均水平不作跟踪。请与其他组合并。",
)
NO_SCALES: Final = Text(
    "the calibration has no scale, so nobody can be placed. Calibrate with evidence first.",
    "该标定没有任何量尺，无法确定位置。请先用有证据的数据标定。",
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Asked:
    """Units (learner, occasion), sorted by learner and time, with ``who`` and ``time`` by number, and the groups."""

    units: pl.DataFrame
    learners: tuple[str, ...]
    who: npt.NDArray[np.int64]
    time: npt.NDArray[np.int64]
    times: tuple[float, ...]
    groups: tuple[str, ...]
    group: npt.NDArray[np.int64]


def asked_of(
    responses: Responses,
    calibration: Calibration,
    *,
    occasions: Sequence[str],
    times: Sequence[float] | None,
    groups: Mapping[str, str] | None,
) -> Asked:
    """Return what is asked, numbered. Raises FaultyInputError with every fault."""
    known = [item.item for scale in calibration.scales for item in scale.items]
    counted = responses.table.filter(pl.col("item").is_in(known) & pl.col("occasion").is_not_null())
    faults = [*_about_occasions(occasions, counted, known), *_about_times(times, len(occasions))]
    mine = counted.filter(pl.col("occasion").is_in(list(occasions)))
    learners = tuple(sorted(mine["learner"].unique()))
    faults += _about_groups(groups, learners)
    if faults:
        raise FaultyInputError("growth", faults)
    numbers = {name: t for t, name in enumerate(occasions)}
    order = pl.col("occasion").replace_strict(numbers, return_dtype=pl.Int64)
    units = mine.select("learner", "occasion").unique().with_columns(time=order).sort("learner", "time")
    place = {name: i for i, name in enumerate(learners)}
    names = tuple(sorted({(groups or {}).get(name, EVERYBODY) for name in learners}))
    return Asked(
        units=units.select("learner", "occasion"),
        learners=learners,
        who=np.array([place[name] for name in units["learner"]], dtype=np.int64),
        time=units["time"].to_numpy().astype(np.int64),
        times=tuple(map(float, times if times is not None else range(len(occasions)))),
        groups=names,
        group=np.array([names.index((groups or {}).get(name, EVERYBODY)) for name in learners], dtype=np.int64),
    )


def _about_occasions(occasions: Sequence[str], counted: pl.DataFrame, known: Sequence[str]) -> Iterator[Fault]:
    if not known:
        yield Fault(code="no-scales", says=NO_SCALES)
        return
    if len(occasions) < 2:
        yield Fault(code="too-few-occasions", says=TOO_FEW, facts={"n": len(occasions)})
    for name in dict.fromkeys(one for one in occasions if list(occasions).count(one) > 1):
        yield Fault(code="occasion-twice", says=TWICE, facts={"occasion": name})
    there = sorted(counted["occasion"].unique())
    for name in dict.fromkeys(one for one in occasions if one not in there):
        yield Fault(code="no-answers", says=NO_ANSWERS, facts={"occasion": name, "known": ", ".join(there) or "-"})


def _about_times(times: Sequence[float] | None, n: int) -> Iterator[Fault]:
    if times is not None and (len(times) != n or not np.all(np.diff(np.asarray(times, dtype=np.float64)) > 0)):
        yield Fault(code="times", says=TIMES, facts={"n": len(times), "wanted": n})


def _about_groups(groups: Mapping[str, str] | None, learners: Sequence[str]) -> Iterator[Fault]:
    if groups is None:
        return
    without = [name for name in learners if name not in groups]
    if without:
        yield Fault(code="no-group", says=NO_GROUP, facts={"n": len(without), "learner": without[0]})
    sizes: dict[str, int] = {}
    for name in learners:
        if name in groups:
            sizes[groups[name]] = sizes.get(groups[name], 0) + 1
    for group, n in sorted(sizes.items()):
        if n < SMALLEST_GROUP:
            yield Fault(code="small-group", says=SMALL_GROUP, facts={"group": group, "n": n, "least": SMALLEST_GROUP})
