"""A bank and a plan made ready: all tables once, so that a step of a session takes a fraction of a millisecond."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from yucai.errors import FaultyInputError, YucaiError
from yucai.measurement.adaptive.bank import BankItem, ItemBank, ItemFamily
from yucai.measurement.adaptive.plans import AdaptivePlan, Choice, faults_of_plan
from yucai.texts import Text

__all__ = ["AdaptiveTest", "AdaptiveTestError", "Tables", "prepare_test"]

Array = npt.NDArray[np.float64]
FAMILIES: Final = {
    ItemFamily.GRADED: 0, ItemFamily.PARTIAL_CREDIT: 1, ItemFamily.NOMINAL: 2, ItemFamily.GUESSING: 3,
}  # fmt: skip
CHOICES: Final = {Choice.INFORMATION: 0, Choice.VARIANCE: 1, Choice.DETERMINANT: 2}
FILE_VERSION: Final = 1
SPACING: Final = 0.125
FARTHEST: Final = 5.0


class AdaptiveTestError(YucaiError):
    """A text is no adaptive test of ours."""

    says = Text(
        "What was kept is no adaptive test that this version can read: it is damaged, or of another version. Prepare "
        "the test anew from its bank and plan.",
        "所存内容不是本版本可读取的自适应测验：内容损坏或版本不同。请由题库与方案重新准备测试。",
    )
    exit_code = 65


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tables:
    """Numbers of the bank and the plan as the compiled loops want them; see ``kernels``."""

    nodes: Array
    logs: Array  # (T, Q)
    chances: Array  # (Q, T)
    information: Array  # (Q, J)
    item_from: npt.NDArray[np.int64]
    row_from: npt.NDArray[np.int64]
    first: npt.NDArray[np.int64]
    n_categories: npt.NDArray[np.int64]
    family: npt.NDArray[np.int64]
    slopes: Array
    intercepts: Array
    quality: npt.NDArray[np.int64]
    prior: Array
    precision: Array
    importance: Array
    targets: Array
    cuts: Array
    area: npt.NDArray[np.int64]
    least: npt.NDArray[np.int64]
    most: npt.NDArray[np.int64]
    admitted: Array


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AdaptiveTest:
    """An adaptive test that may be given to anybody; made by ``prepare_test``.

    ``fingerprint`` tells whether a kept session belongs to it: bank, plan and numbers all alike.
    """

    bank: ItemBank
    plan: AdaptivePlan
    fingerprint: str
    tables: Tables = field(repr=False)
    numbers: dict[str, int] = field(repr=False)

    def item(self, name: str) -> BankItem:
        """Return the item of that name."""
        return self.bank.items[self.numbers[name]]

    def to_json(self) -> str:
        """Return bank and plan as one line of JSON, by which a test outlives the calibration that it was made of."""
        return _kept(self.bank, self.plan)

    @classmethod
    def from_json(cls, text: str) -> AdaptiveTest:
        """Return the test that was kept, with the same fingerprint. Raises AdaptiveTestError."""
        try:
            said = json.loads(text)
            if said["yucai_adaptive_test"] != FILE_VERSION:
                raise AdaptiveTestError
            return prepare_test(_bank(said["bank"]), _plan(said["plan"]))
        except (ValueError, KeyError, TypeError, FaultyInputError) as problem:
            raise AdaptiveTestError from problem


def prepare_test(bank: ItemBank, plan: AdaptivePlan) -> AdaptiveTest:
    """Return the test that the plan makes of the bank.

    Raises FaultyInputError naming everything that keeps the plan from being carried out.
    """
    faults = list(faults_of_plan(plan, bank))
    if faults:
        raise FaultyInputError("adaptive plan", faults)
    told = hashlib.sha256(_kept(bank, plan).encode())
    return AdaptiveTest(
        bank=bank, plan=plan, fingerprint=told.hexdigest()[:16], tables=_tables(bank, plan),
        numbers={one.item: j for j, one in enumerate(bank.items)},
    )  # fmt: skip


def _kept(bank: ItemBank, plan: AdaptivePlan) -> str:
    said = {"yucai_adaptive_test": FILE_VERSION, "bank": asdict(bank), "plan": asdict(plan)}
    return json.dumps(said, ensure_ascii=False)


def _bank(said: Mapping[str, Any]) -> ItemBank:
    lists = ("slopes", "intercepts", "levels")
    items = [
        BankItem(**{**one, "family": ItemFamily(one["family"]), **{name: tuple(one[name]) for name in lists}})
        for one in said["items"]
    ]
    return ItemBank.of_items(items, qualities=said["qualities"], correlations=said["correlations"])


def _plan(said: Mapping[str, Any]) -> AdaptivePlan:
    content = {area: (int(least), int(most)) for area, (least, most) in said["content"].items()}
    return AdaptivePlan(**{**said, "choice": Choice(said["choice"]), "content": content})


def _tables(bank: ItemBank, plan: AdaptivePlan) -> Tables:
    from yucai.measurement.engine.kernel_items import tabulate  # loads the compiler, which takes a second

    rank = {quality: d for d, quality in enumerate(bank.qualities)}
    quality = np.array([rank[one.quality] for one in bank.items], dtype=np.int64)
    n_categories = np.array([one.n_categories for one in bank.items], dtype=np.int64)
    first = np.cumsum(n_categories) - n_categories
    family = np.array([FAMILIES[one.family] for one in bank.items], dtype=np.int64)
    slopes, intercepts = _filled([i.slopes for i in bank.items], 1), _filled([i.intercepts for i in bank.items], 2)
    nodes = np.linspace(-FARTHEST, FARTHEST, round(2 * FARTHEST / SPACING) + 1)
    cells, logs = np.arange(len(family)), np.empty((int(n_categories.sum()), len(nodes)))
    tabulate(first, cells, np.zeros(len(family)), family, n_categories, slopes, intercepts, nodes, logs)
    item_from = np.searchsorted(quality, np.arange(len(rank) + 1)).astype(np.int64)
    rows = np.append(first, n_categories.sum())
    areas = tuple(plan.content)
    named = {area: a for a, area in enumerate(areas)}
    prior = np.array(bank.correlations, dtype=float)
    return Tables(
        nodes=nodes, logs=logs, chances=np.ascontiguousarray(np.exp(logs).T),
        information=_information(family, first, slopes, intercepts, logs, nodes),
        item_from=item_from, row_from=rows[item_from], first=first, n_categories=n_categories, family=family,
        slopes=slopes, intercepts=intercepts, quality=quality, prior=prior, precision=np.linalg.inv(prior),
        importance=np.array([plan.importance.get(q, 0.0) if plan.importance else 1.0 for q in rank]),
        targets=np.full(len(rank), plan.std_error or 0.0),
        cuts=np.array([plan.cuts.get(q, np.nan) for q in rank], dtype=float),
        area=np.array([named.get(one.area, -1) for one in bank.items], dtype=np.int64),
        least=np.array([plan.content[a][0] for a in areas], dtype=np.int64),
        most=np.array([plan.content[a][1] for a in areas], dtype=np.int64),
        admitted=np.array([plan.admitted.get(one.item, 1.0) for one in bank.items]),
    )  # fmt: skip


def _filled(rows: list[tuple[float, ...]], least: int) -> Array:
    made = np.zeros((len(rows), max(least, *(len(row) for row in rows)) if rows else least))
    for j, row in enumerate(rows):
        made[j, : len(row)] = row
    return made


def _information(
    family: npt.NDArray[Any], first: npt.NDArray[Any], slopes: Array, intercepts: Array, logs: Array, nodes: Array
) -> Array:
    """Return the Fisher information of every item at every node, (Q, J): the sum of P'^2 / P over its categories."""
    from yucai.measurement.engine.kernel_items import tabulate

    n_categories = np.diff(np.append(first, len(logs)))
    cells, sides = np.arange(len(family)), []
    for way in (1e-4, -1e-4):
        table = np.empty_like(logs)
        tabulate(first, cells, np.full(len(family), -way), family, n_categories, slopes, intercepts, nodes, table)
        sides.append(np.exp(table))
    slope = (sides[0] - sides[1]) / 2e-4
    return np.ascontiguousarray(np.add.reduceat(slope**2 / np.exp(logs), first, axis=0).T)
