"""What the tests of measurement are made of: response tables, evidence maps, simulated truth, and a second opinion.

Nothing in the second half uses the code under test: the models are written anew, from their formulas.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import polars as pl

from yucai.evidence import Responses
from yucai.framework import EvidenceKind, EvidenceMap, EvidenceRule, ItemModel, Strength
from yucai.texts import Text

DATA = Path(__file__).parent / "data"
BINARY, GRADED, CREDIT = ItemModel.BINARY, ItemModel.GRADED, ItemModel.PARTIAL_CREDIT
SCHEMA = {
    "learner": pl.String, "item": pl.String, "score": pl.Float64, "max_score": pl.Float64,
    "rater": pl.String, "occasion": pl.String,
}  # fmt: skip


def rule(item, model=BINARY, *, quality="skill", bands=(), backwards=False):
    return EvidenceRule(
        item=item, quality=quality, model=model, kind=EvidenceKind.TEST, strength=Strength.STRONG,
        reason=Text("a test", "测试"), bands=bands, reversed=backwards,
    )  # fmt: skip


def a_map(*rules):
    return EvidenceMap(code="try", version="1", framework="nine-qualities", name=Text("try", "试"), rules=rules)


ANY_MODEL = a_map(rule("b*", BINARY), rule("g*", GRADED), rule("c*", CREDIT))


def responses(rows):
    """Rows of learner, item, score, highest score and, where there are any, rater and occasion."""
    whole = [(*row, *[None] * (6 - len(row))) for row in rows]
    return Responses.from_table(pl.DataFrame(whole, schema=SCHEMA, orient="row"))


def of_arrays(unit, item, score, *, names, tops, rater=None):
    """Responses from numbers: unit, item and rater (-1 for nobody) by their places; ``names`` are the items' codes."""
    judge = [None] * len(unit) if rater is None else [None if r < 0 else f"r{r:02d}" for r in rater]
    columns = {
        "learner": [f"u{u:05d}" for u in unit], "item": [names[j] for j in item], "score": score.astype(float),
        "max_score": np.asarray(tops, float)[item], "rater": judge, "occasion": None,
    }  # fmt: skip
    return Responses.from_table(pl.DataFrame(columns, schema=SCHEMA))


def lsat(section):
    """The 1,000 test takers of LSAT Section 6 or 7."""
    with (DATA / f"lsat{section}.csv").open(encoding="utf-8") as file:
        patterns = [line["pattern"] for line in csv.DictReader(file) for _ in range(int(line["test_takers"]))]
    right = np.array([[int(answer) for answer in pattern] for pattern in patterns])
    unit, item = (place.ravel() for place in np.indices(right.shape))
    return of_arrays(unit, item, right.ravel(), names=[f"b{j + 1}" for j in range(5)], tops=[1] * 5)


# A second opinion: the models from their formulas, integrals over a far and fine grid of its own.

PLACES = np.linspace(-9.0, 9.0, 721)
PRIOR = np.exp(-0.5 * PLACES**2) / np.exp(-0.5 * PLACES**2).sum()


def chances(model, slope, steps, place):
    """Return P(Y = k) at the places, (K, ...)."""
    place = np.asarray(place, float)
    if model is CREDIT:
        sums = np.concatenate([[0.0], np.cumsum(steps)])
        risen = np.exp([k * slope * place + s for k, s in enumerate(sums)])
        return risen / risen.sum(axis=0)
    above = [np.ones_like(place), *(1 / (1 + np.exp(-(slope * place + d))) for d in steps), np.zeros_like(place)]
    return np.array(above[:-1]) - np.array(above[1:])


class SecondOpinion:
    """The same responses and models as a calibration, worked out by brute force.

    ``flat`` numbers are slopes, then each item's intercepts, then severities, in the order of the calibration's scale.
    """

    def __init__(self, table, scale):
        self.models = [item.model for item in scale.items]
        self.widths = [len(item.intercepts) for item in scale.items]
        self.n_items, self.n_raters = len(scale.items), len(scale.raters)
        units = table.select("learner", "occasion").unique().sort("learner", "occasion").with_row_index("u")
        items = {item.item: j for j, item in enumerate(scale.items)}
        raters = {rater.rater: r for r, rater in enumerate(scale.raters)}
        places = {(item.item, c): k for item in scale.items for k, c in enumerate(item.categories)}
        keyed = table.filter(pl.col("item").is_in(list(items))).join(
            units, on=["learner", "occasion"], nulls_equal=True
        )
        self.unit = keyed["u"].to_numpy().astype(int)
        self.item = np.array([items[name] for name in keyed["item"]])
        self.rater = np.array([raters.get(name, -1) for name in keyed["rater"]])
        self.category = np.array([places[name, int(s)] for name, s in keyed.select("item", "score").iter_rows()])
        self.n_units = units.height
        self.flat = np.concatenate(
            [[item.slope for item in scale.items], *(item.intercepts for item in scale.items),
             [rater.severity for rater in scale.raters]]
        )  # fmt: skip
        self.said_errors = np.concatenate(
            [[item.slope_std_error for item in scale.items], *(item.intercept_std_errors for item in scale.items),
             [rater.std_error for rater in scale.raters]]
        )  # fmt: skip

    def parts(self, flat):
        steps = np.split(flat[self.n_items : self.n_items + sum(self.widths)], np.cumsum(self.widths)[:-1])
        return flat[: self.n_items], steps, flat[self.n_items + sum(self.widths) :]

    def joint(self, flat):
        """Return prior times likelihood at the places, (N, Q)."""
        slopes, steps, severities = self.parts(flat)
        logs = np.zeros((self.n_units, len(PLACES)))
        for j, r in {*zip(self.item.tolist(), self.rater.tolist(), strict=True)}:
            seen = PLACES - (severities[r] if r >= 0 else 0.0)
            curve = np.log(np.maximum(chances(self.models[j], slopes[j], steps[j], seen), 1e-12))
            here = (self.item == j) & (self.rater == r)
            np.add.at(logs, self.unit[here], curve[self.category[here]])
        return np.exp(logs) * PRIOR

    def by_unit(self, flat):
        """Return each unit's log-likelihood, (N,)."""
        return np.log(self.joint(flat).sum(axis=1))

    def slopes_of(self, function, flat, *, by=1e-4, only=None):
        """Return the central differences of a function of the flat numbers, last axis the numbers."""
        found = []
        for p in range(len(flat)) if only is None else only:
            ahead, behind = flat.copy(), flat.copy()
            ahead[p] += by
            behind[p] -= by
            found.append((function(ahead) - function(behind)) / (2 * by))
        return np.stack(found, axis=-1)

    def places(self, flat):
        """Return each unit's posterior mean and SD."""
        joint = self.joint(flat)
        weights = joint / joint.sum(axis=1, keepdims=True)
        mean = weights @ PLACES
        return mean, np.sqrt(weights @ PLACES**2 - mean**2)

    def ends(self, flat, share):
        """Return the point below which a share of each unit's posterior lies."""
        joint = self.joint(flat)
        half = PLACES[1] - PLACES[0]
        risen = np.cumsum(joint, axis=1) / joint.sum(axis=1, keepdims=True)
        return np.array([np.interp(share, row, PLACES + half / 2) for row in risen])


# Simulated responses whose truth is known.


def draw(models, slopes, steps, unit, item, places, rng):
    """Return a category for each response; ``places`` are (R,), severities already taken off."""
    score = np.zeros(len(unit), dtype=int)
    for j, model in enumerate(models):
        here = item == j
        below = np.cumsum(chances(model, slopes[j], steps[j], places[here]), axis=0)[:-1]
        score[here] = (rng.random(here.sum()) > below).sum(axis=0)
    return score


def an_item(model, rng):
    """Return slope and intercepts of an ordinary item."""
    slope = rng.uniform(0.7, 2.0)
    middle = rng.normal(0, 0.8)
    bounds = {BINARY: np.zeros(1), GRADED: np.array([-1.5, -0.4, 0.5, 1.6]), CREDIT: np.array([-1.2, 0.0, 1.2])}[model]
    return slope, -slope * (bounds + middle)


def some_items(models, rng):
    """Return codes, highest scores, slopes and intercepts of ordinary items of these models."""
    first = {BINARY: "b", GRADED: "g", CREDIT: "c"}
    slopes, steps = zip(*(an_item(model, rng) for model in models), strict=True)
    return [f"{first[m]}{j:02d}" for j, m in enumerate(models)], [len(d) for d in steps], np.array(slopes), list(steps)


class Simulated:
    """Units answer every item; where there are raters, ``each`` of them, drawn anew for each unit, judge it."""

    def __init__(self, models, n_units, *, rng, n_raters=0, each=2, spread=0.5, severities=None, places=None):
        self.names, self.tops, self.slopes, self.steps = some_items(models, rng)
        self.places = rng.normal(size=n_units) if places is None else places
        self.severities = rng.normal(0, spread, n_raters) if severities is None else np.asarray(severities, float)
        n_items = len(models)
        if n_raters:
            panel = np.array([rng.choice(n_raters, each, replace=False) for _ in range(n_units)])
            unit, seat, item = (place.ravel() for place in np.indices((n_units, each, n_items)))
            rater = panel[unit, seat]
            seen = self.places[unit] - self.severities[rater]
        else:
            unit, item = (place.ravel() for place in np.indices((n_units, n_items)))
            rater, seen = None, self.places[unit]
        score = draw(models, self.slopes, self.steps, unit, item, seen, rng)
        self.responses = of_arrays(unit, item, score, names=self.names, tops=self.tops, rater=rater)
