"""Calibration over learners in many files: each is asked by itself, here, in other processes or on Spark."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from yucai.errors import Fault, FaultyInputError
from yucai.evidence import RESPONSES, Responses
from yucai.framework import EvidenceMap
from yucai.measurement.calibration import Calibration, LeftOutItem, StandardErrors, calibration_of
from yucai.measurement.coding import (
    Coding,
    CountedQuality,
    about_rules,
    coding_of,
    in_categories,
    qualities_of,
    ruled_of,
)
from yucai.measurement.notices import about_items_alike
from yucai.texts import Text

if TYPE_CHECKING:
    from yucai.measurement.joint import Joint

__all__ = ["Partition", "calibrate_partitions"]

Counts = npt.NDArray[np.int64]
Report = Callable[[float, Text], None]
CODED: Final = "coded.npz"
TOGETHER: Final = Text("Calibrating all qualities together", "正在联合标定全部素养")

NO_PARTITION = Text(
    "there are no partitions. Name at least one file of responses.", "没有分区。请至少给出一个作答文件。"
)
TWICE = Text(
    "{n} learners have responses in several partitions. Put all responses of a learner into one.",
    "有 {n} 名学习者的作答分在多个分区中。请把同一学习者的全部作答放入同一分区。",
)
RATED = Text(
    "{n} responses were given by raters, whose severity is not estimated over partitions. "
    "Calibrate them with calibrate, or leave them out.",
    "有 {n} 个作答由评分人给出，分区标定不估计评分人宽严。请改用 calibrate 标定，或略去这些作答。",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Partition:
    """All responses of some of the learners: a Parquet file, and a folder in which what is worked out of it is kept.

    Whoever is asked must reach both, and may write into the folder.
    """

    file: Path
    folder: Path


Run = Callable[[Callable[[Any], Any], Sequence[Any]], Iterable[Any]]


def calibrate_partitions(
    partitions: Sequence[Partition],
    evidence_map: EvidenceMap,
    *,
    run: Run = map,
    errors: StandardErrors = StandardErrors.FITTING,
    report: Report | None = None,
) -> Calibration:
    r"""Return what ``calibrate`` says of the responses of all partitions, which are never in one place.

    ``run(question, partitions)`` calls the question with each partition and returns the answers in their order: the
    built-in ``map``, the ``map`` of a pool of processes, or on Spark ``lambda question, of:
    session.sparkContext.parallelize(of, len(of)).map(question).collect()``. A question can be pickled and may be put
    twice. In each step the state of the search goes out (a few kilobytes), and of a partition i come back

    .. math:: R_i = \sum w\,1(y = k), \quad \sum m m' + V, \quad \sum \log Z

    expected counts at the nodes, second moments of the places and log-evidence, which are added in the order of the
    partitions; so the result does not hang on who answers first, nor, up to rounding, on how learners are cut. Beyond
    100,000 units standard errors are told from the first partitions that have as many.

    Raises FaultyInputError: no partition, none under a rule, scores that are no categories, a learner in several
    partitions, responses given by raters.
    """
    if not partitions:
        raise FaultyInputError("partitions", [Fault(code="empty", says=NO_PARTITION)])
    codings, ruled = _codings(list(run(_heads, partitions)), evidence_map)
    counted = list(run(_Count(codings=codings), partitions))
    qualities, settle, left_out = _qualities(counted, codings, ruled, evidence_map)
    notices = [about_items_alike(quality, items) for quality, items in left_out.items()]
    settled = list(run(settle, partitions)) if qualities else []
    n_units = np.sum([one.n_units_of for one in settled], axis=0)
    qualities = [replace(one, n_units=int(n_units[d])) for d, one in enumerate(qualities)]
    found = _found(partitions, settled, qualities, settle.items, run, errors, report)
    alike = [LeftOutItem(quality=quality, item=item) for quality, items in left_out.items() for item in items]
    return calibration_of(evidence_map, qualities, found, alike, notices)


# --- questions to a partition ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Heads:
    highest: Mapping[str, float]  # of each item, the score it was marked out of
    learners: npt.NDArray[np.uint64]
    n_rated: int


def _heads(partition: Partition) -> _Heads:
    """Look through a partition once: its items, learners and raters."""
    table = _responses(partition).table
    return _Heads(
        highest=dict(table.group_by("item").agg(pl.col("max_score").max()).sort("item").iter_rows()),
        learners=table["learner"].unique().hash(seed=0).to_numpy(),
        n_rated=table["rater"].count(),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Count:
    """Write the answers of a partition as numbers, and say how often each category was met."""

    codings: Mapping[str, tuple[int, Coding]]  # quality and coding of each item, in the order of all

    def __call__(self, partition: Partition) -> Counts:
        from yucai.measurement.engine.partitions import write_arrays

        table = in_categories(_responses(partition), {item: coding for item, (_q, coding) in self.codings.items()})
        units = table.select("learner", "occasion").unique().sort("learner", "occasion", nulls_last=False)
        numbers = {item: j for j, item in enumerate(self.codings)}
        placed = table.join(units.with_row_index("unit"), on=["learner", "occasion"], nulls_equal=True)
        unit = placed["unit"].to_numpy().astype(np.int32)
        item = placed["item"].replace_strict(numbers, return_dtype=pl.Int32).to_numpy()
        category = placed["category"].to_numpy().astype(np.int8)
        partition.folder.mkdir(parents=True, exist_ok=True)
        write_arrays(partition.folder / CODED, {"unit": unit, "item": item, "category": category})
        width = 1 + max(coding.top for _q, coding in self.codings.values())
        counts = np.bincount(item.astype(np.int64) * width + category, minlength=len(numbers) * width)
        return counts.reshape(len(numbers), width)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Settled:
    n_units: int
    n_units_of: Counts  # of each quality
    told: Counts  # how often how much was told


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Settle:
    """Write the records of a partition over the cells of all, and say how much its units tell."""

    items: Any
    place: Counts  # (all items,), -1: tells nothing
    category: Counts  # (all items, most categories)

    def __call__(self, partition: Partition) -> _Settled:
        from yucai.measurement.engine.partitions import keep_records
        from yucai.measurement.engine.records import records_on_items
        from yucai.measurement.engine.search import told_of

        with np.load(partition.folder / CODED) as file:
            unit, item, category = file["unit"], file["item"], file["category"]
        kept = self.place[item] >= 0
        _units, unit = np.unique(unit[kept], return_inverse=True)
        item, category = item[kept], category[kept]
        records = records_on_items(
            self.items, unit=unit, item=self.place[item], category=self.category[item, category], n_units=len(_units)
        )
        keep_records(records, partition.folder)
        told = told_of(records)
        seen = told.reshape(records.n_units, -1) > 0
        return _Settled(n_units=records.n_units, n_units_of=seen.sum(axis=0), told=np.bincount(told))


def _responses(partition: Partition) -> Responses:
    names = [column.name for column in RESPONSES.columns]
    table = pl.read_parquet(partition.file)
    return Responses.from_table(table.select(name for name in names if name in table.columns))


# --- what is made of the answers -------------------------------------------------------------------------------------


def _codings(
    heads: Sequence[_Heads], evidence_map: EvidenceMap
) -> tuple[dict[str, tuple[int, Coding]], dict[str, Any]]:
    """Return quality and coding of every item under a rule, in the order of qualities and items, and the rules."""
    faults = []
    learners = np.concatenate([head.learners for head in heads])
    if twice := len(learners) - len(np.unique(learners)):
        faults.append(Fault(code="learner-twice", says=TWICE, facts={"n": twice}))
    if rated := sum(head.n_rated for head in heads):
        faults.append(Fault(code="rated", says=RATED, facts={"n": rated}))
    highest: dict[str, float] = {}
    for head in heads:
        for item, top in head.highest.items():
            highest[item] = max(top, highest.get(item, top))
    if faults := [*faults, *about_rules(highest, evidence_map)]:
        raise FaultyInputError("partitions", faults)
    ruled = ruled_of(highest, evidence_map)
    rank = {quality: d for d, quality in enumerate(qualities_of(evidence_map))}
    order = sorted(ruled, key=lambda item: (rank[ruled[item].quality], item))
    return {item: (rank[ruled[item].quality], coding_of(ruled[item], highest[item])) for item in order}, ruled


def _qualities(
    counted: Sequence[Counts], codings: Mapping[str, tuple[int, Coding]], ruled: Mapping[str, Any],
    evidence_map: EvidenceMap,
) -> tuple[list[CountedQuality], _Settle, dict[str, list[str]]]:  # fmt: skip
    """Return what can be estimated, how partitions are to number it, and the items that tell nothing."""
    from yucai.measurement.joint import items_of

    counts = np.sum(counted, axis=0)
    names, met = list(codings), counts > 0
    told = met.sum(axis=1) > 1
    place = np.where(told, np.cumsum(told) - 1, -1)
    category = np.cumsum(met, axis=1) - 1
    qualities, left_out = [], {}
    for d, quality in enumerate(qualities_of(evidence_map)):
        mine = [j for j, name in enumerate(names) if codings[name][0] == d]
        if dull := [names[j] for j in mine if not told[j]]:
            left_out[quality] = dull
        if kept := [j for j in mine if told[j]]:
            qualities.append(_counted(quality, [names[j] for j in kept], counts[kept], codings, ruled))
    items = items_of(qualities) if qualities else None
    return qualities, _Settle(items=items, place=place, category=category), left_out


def _counted(
    quality: str, names: Sequence[str], counts: Counts, codings: Mapping[str, tuple[int, Coding]],
    ruled: Mapping[str, Any],
) -> CountedQuality:  # fmt: skip
    used = tuple(tuple(np.flatnonzero(row).tolist()) for row in counts)
    squeezed = np.zeros((len(names), max(map(len, used))), dtype=np.int64)
    for row, of, own in zip(squeezed, used, counts, strict=True):
        row[: len(of)] = own[list(of)]
    return CountedQuality(
        quality=quality, items=tuple(names), rules=tuple(ruled[name] for name in names),
        codings=tuple(codings[name][1] for name in names), used=used, n_units=0, counts=squeezed,
    )  # fmt: skip


def _found(
    partitions: Sequence[Partition], settled: Sequence[_Settled], qualities: Sequence[CountedQuality], items: Any,
    run: Run, errors: StandardErrors, report: Report | None,
) -> Joint:  # fmt: skip
    from yucai.measurement.engine import partitions as over  # loads the compiler, which takes a second
    from yucai.measurement.engine.records import records_on_items
    from yucai.measurement.engine.state import first_state
    from yucai.measurement.joint import NOTHING, Own, plan_for, told_together

    if not qualities:
        return NOTHING
    asked = [(at.folder, one.n_units) for at, one in zip(partitions, settled, strict=True) if one.n_units]
    folders, sizes = [folder for folder, _n in asked], [n for _folder, n in asked]
    nobody = np.zeros(0, dtype=np.int64)
    frame = records_on_items(items, unit=nobody, item=nobody, category=nobody, n_units=0)
    carried: list[dict[int, Any]] = [{} for _ in qualities]
    plan = plan_for(qualities, frame, carried)
    start = first_state(
        items, _beside([one.counts for one in qualities]).astype(np.float64), n_qualities=len(qualities),
        n_groups=1, n_covariates=0, rater_quality=nobody,
    )  # fmt: skip
    found = over.fit_over(
        folders, sizes=sizes, frame=frame, much_told=over.much_of(_added([one.told for one in settled])), plan=plan,
        start=start, run=run, told=None if report is None else lambda done: report(done, TOGETHER),
    )  # fmt: skip
    exact = errors is StandardErrors.EXACT
    sure = over.errors_over(found, folders, sizes=sizes, frame=frame, plan=plan, exact=exact, run=run)
    n = sum(sizes)
    own = Own(frame, np.zeros((n, 0)), np.zeros(n, dtype=np.int64), exact, np.zeros((0, 0)))
    return told_together(qualities, own, found, sure, plan, carried)


def _beside(tables: Sequence[Counts]) -> Counts:
    """Return tables one below the other, filled up with zeros to the widest."""
    width = max(table.shape[1] for table in tables)
    return np.vstack([np.pad(table, ((0, 0), (0, width - table.shape[1]))) for table in tables])


def _added(counts: Sequence[Counts]) -> Counts:
    whole = np.zeros(max(map(len, counts)), dtype=np.int64)
    for one in counts:
        whole[: len(one)] += one
    return whole
