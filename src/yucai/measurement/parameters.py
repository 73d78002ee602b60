"""The parameters of one quality's items and raters, and the table of log-probabilities they make."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from yucai.framework import ItemModel
from yucai.measurement.coding import CodedQuality
from yucai.measurement.curves import Curves, graded_curves, partial_credit_curves

__all__ = ["Block", "Design", "Parameters", "curves_of", "design_of", "few_of", "start_parameters", "table_of"]

FEW_RESPONSES: Final = 200
FEW_IN_CATEGORY: Final = 20
SLOPE_PRIOR: Final = (1.0, 0.75)  # mean and standard deviation, for items with few responses only
INTERCEPT_PRIOR_SD: Final = 3.0
FIRST_SPREAD: Final = 0.5  # of severities, where the search begins

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Cells whose items share model and number of categories, so that they are computed together.

    A cell is an item as judged by one rater, or by nobody. ``item`` and ``rater`` are (C,), rater -1 for nobody;
    ``first`` (C,) is where the cell's categories begin in the table of all cells.
    """

    model: ItemModel
    n_categories: int
    item: Index
    rater: Index
    first: Index


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """How the responses of a quality hang on cells; ``entry`` (R,) is each response's row in the table of all cells."""

    blocks: tuple[Block, ...]
    entry: Index
    n_entries: int
    n_items: int
    n_raters: int
    few: npt.NDArray[np.bool_]  # (J,) items with so few responses that weak priors hold them


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """slope (J,), intercepts (J, most steps; NaN where an item has fewer), severity (L,) and its spread (0: none)."""

    slope: Array
    intercepts: Array
    severity: Array
    severity_sd: float

    def flat(self) -> Array:
        """Return slopes, intercepts and severities in one row; the spread is found apart from them."""
        return np.concatenate([self.slope, self.intercepts[~np.isnan(self.intercepts)], self.severity])

    def with_flat(self, flat: Array) -> Parameters:
        """Return parameters with the numbers of such a row; graded intercepts keep their order elsewhere."""
        j, there = len(self.slope), ~np.isnan(self.intercepts)
        n = int(there.sum())
        intercepts = self.intercepts.copy()
        intercepts[there] = flat[j : j + n]
        return replace(self, slope=flat[:j], intercepts=intercepts, severity=flat[j + n :])


def design_of(coded: CodedQuality) -> Design:
    """Return the cells that occur, grouped into blocks."""
    key = coded.item * (len(coded.raters) + 1) + coded.rater + 1
    cells, cell_of = np.unique(key, return_inverse=True)
    item = cells // (len(coded.raters) + 1)
    rater = cells % (len(coded.raters) + 1) - 1
    sizes = np.array([len(coded.used[j]) for j in item])
    first = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    kinds = [(_family(coded.rules[j].model, len(coded.used[j])), len(coded.used[j])) for j in item]
    blocks = []
    for kind in dict.fromkeys(kinds):
        here = np.array([k == kind for k in kinds])
        blocks.append(Block(model=kind[0], n_categories=kind[1], item=item[here], rater=rater[here], first=first[here]))
    return Design(
        blocks=tuple(blocks),
        entry=first[cell_of] + coded.category,
        n_entries=int(sizes.sum()),
        n_items=len(coded.items),
        n_raters=len(coded.raters),
        few=few_of(coded),
    )


def few_of(coded: CodedQuality) -> npt.NDArray[np.bool_]:
    """Few responses, or few in the rarest category: then the likelihood alone can run off to infinity."""
    counts = _counts(coded)
    there = np.arange(counts.shape[1]) < np.array([len(used) for used in coded.used])[:, None]
    rarest = np.where(there, counts, counts.max()).min(axis=1)
    few: npt.NDArray[np.bool_] = (counts.sum(axis=1) < FEW_RESPONSES) | (rarest < FEW_IN_CATEGORY)
    return few


def _counts(coded: CodedQuality) -> npt.NDArray[np.int64]:
    """Return how often each category of each item was met, (J, most categories)."""
    width = max(len(used) for used in coded.used)
    counted = np.bincount(coded.item * width + coded.category, minlength=len(coded.items) * width)
    return counted.reshape(len(coded.items), width)


def _family(model: ItemModel, n_categories: int) -> ItemModel:
    """With two categories all three models are one; the graded form is the exact one."""
    if n_categories == 2:
        return ItemModel.BINARY
    return ItemModel.PARTIAL_CREDIT if model is ItemModel.PARTIAL_CREDIT else ItemModel.GRADED


def start_parameters(coded: CodedQuality) -> Parameters:
    """Return where the search begins: slope one, intercepts from the shares of the categories, no severity."""
    most = max(len(used) for used in coded.used) - 1
    intercepts = np.full((len(coded.items), most), np.nan)
    counts = _counts(coded)
    for j, used in enumerate(coded.used):
        n = counts[j, : len(used)] + 0.5
        if _family(coded.rules[j].model, len(used)) is ItemModel.PARTIAL_CREDIT:
            intercepts[j, : len(used) - 1] = np.log(n[1:] / n[:-1])
        else:
            above = np.cumsum(n[::-1])[::-1][1:] / n.sum()
            intercepts[j, : len(used) - 1] = 1.2 * np.log(above / (1.0 - above))
    return Parameters(
        slope=np.ones(len(coded.items)),
        intercepts=intercepts,
        severity=np.zeros(len(coded.raters)),
        severity_sd=FIRST_SPREAD if coded.raters else 0.0,
    )


def curves_of(block: Block, parameters: Parameters, nodes: Array) -> Curves:
    """Return the curves of a block's cells at the nodes, each seen past its rater's severity."""
    shift = np.where(block.rater >= 0, parameters.severity[block.rater] if len(parameters.severity) else 0.0, 0.0)
    places = nodes[None, :] - shift[:, None]
    slope, steps = parameters.slope[block.item], parameters.intercepts[block.item, : block.n_categories - 1]
    make = partial_credit_curves if block.model is ItemModel.PARTIAL_CREDIT else graded_curves
    return make(slope, steps, places)


def table_of(design: Design, parameters: Parameters, nodes: Array) -> Array:
    """Return log-probabilities, one row for each category of each cell, one column for each node."""
    table = np.empty((design.n_entries, len(nodes)))
    for block in design.blocks:
        log_p = curves_of(block, parameters, nodes).log_p
        rows = block.first[:, None] + np.arange(block.n_categories)
        table[rows.ravel()] = log_p.reshape(-1, len(nodes))
    return table
