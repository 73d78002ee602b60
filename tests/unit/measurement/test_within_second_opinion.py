"""Rated items of two qualities against brute force: formulas anew, integrals on a fine grid, a search of its own."""

import numpy as np
import polars as pl
import pytest
from scipy import optimize
from scipy.special import logsumexp

from yucai.evidence import Responses
from yucai.framework import EvidenceKind, EvidenceMap, EvidenceRule, ItemModel, Strength
from yucai.measurement.within import calibrate_within, score_within
from yucai.texts import Text

LINE = np.linspace(-5.4, 5.4, 37)
GRID = np.stack(np.meshgrid(LINE, LINE, indexing="ij"), axis=-1).reshape(-1, 2)
QUALITIES = ("reading", "writing")


def says_of(item, quality, *also):
    return EvidenceRule(
        item=item, quality=quality, model=ItemModel.GRADED, kind=EvidenceKind.EXAM, strength=Strength.STRONG,
        reason=Text("it shows", "由此可见"), also=also,
    )  # fmt: skip


MAP = EvidenceMap(
    code="our-map", version="1.0", framework="ours", name=Text("Our map", "我们的映射"),
    rules=(says_of("r/*", "reading"), says_of("w/*", "writing"), says_of("both/*", "reading", "writing")),
)  # fmt: skip


class Opinion:
    """The log-likelihood of every unit as a function of all numbers in one row."""

    def __init__(self, rows, calibration):
        self.items = calibration.items
        self.names = [one.rater for one in calibration.judged[0].raters]
        self.sd = calibration.judged[0].severity_sd
        units = sorted({row[0] for row in rows})
        number = {one.item: j for j, one in enumerate(self.items)}
        self.answers = [
            (units.index(unit), number[item], -1 if rater is None else self.names.index(rater), int(score))
            for unit, item, score, _top, rater in rows
        ]
        self.n = len(units)
        said = [x for one in self.items for x in (*one.slopes, *one.intercepts)]
        severities = [one.severity for one in calibration.judged[0].raters]
        self.flat = np.array([*said, *severities, np.arctanh(calibration.correlations[0][1])])

    def height(self, flat, places=False):
        """Return the log-likelihood with the log-law of the severities, or each unit's mean places."""
        at, numbers = 0, []
        for one in self.items:
            n_s, n_d = len(one.slopes), len(one.intercepts)
            numbers.append((flat[at : at + n_s], flat[at + n_s : at + n_s + n_d]))
            at += n_s + n_d
        severity, r = flat[at:-1], np.tanh(flat[-1])
        tables = {}
        whole = np.tile(-0.5 * np.einsum("md,de,me->m", GRID, np.linalg.inv([[1, r], [r, 1]]), GRID), (self.n, 1))
        for unit, j, rater, score in self.answers:
            if (j, rater) not in tables:
                slopes, steps = numbers[j]
                seen = GRID - (severity[rater] if rater >= 0 else 0.0)
                line = seen @ np.array([slopes[self.items[j].qualities.index(q)] if q in self.items[j].qualities else 0
                                        for q in QUALITIES])  # fmt: skip
                above = 1 / (1 + np.exp(-(line[:, None] + steps)))
                edge = np.ones((len(GRID), 1))
                tables[j, rater] = np.log(np.maximum(-np.diff(np.hstack([edge, above, 0 * edge])), 1e-300))
            whole[unit] += tables[j, rater][:, score]
        height = logsumexp(whole, axis=1)
        if places:
            return np.exp(whole - height[:, None]) @ GRID
        constant = 2 * np.log(LINE[1] - LINE[0]) - np.log(2 * np.pi) - 0.5 * np.log(1 - r**2)
        return height.sum() + self.n * constant - 0.5 * ((severity / self.sd) ** 2).sum()


@pytest.fixture(scope="module")
def case():
    rng = np.random.default_rng(81)
    severity = np.array([-0.6, 0.0, 0.2, 0.7])
    rows = []
    for i, place in enumerate(rng.multivariate_normal([0, 0], [[1, 0.4], [0.4, 1]], 130)):
        for j in range(3):
            rows.append((f"u{i:03d}", f"r/{j}", float(1.3 * place[0] + rng.logistic() > j / 2 - 0.5), 1.0, None))
            rows.append((f"u{i:03d}", f"w/{j}", float(1.3 * place[1] + rng.logistic() > j / 2 - 0.5), 1.0, None))
        for j in range(2):
            for r in rng.choice(4, 2, replace=False):
                line = (place - severity[r]).sum()
                rows.append((f"u{i:03d}", f"both/{j}", float((line + rng.logistic() > [-1, 1]).sum()), 2.0, f"R{r}"))
    responses = Responses.from_table(
        pl.DataFrame(rows, schema=["learner", "item", "score", "max_score", "rater"], orient="row")
    )
    calibration = calibrate_within(responses, MAP)
    return responses, calibration, Opinion(rows, calibration)


def test_the_log_likelihood_is_the_same(case):
    _responses, calibration, opinion = case
    of_severities = 0.5 * sum((one.severity / opinion.sd) ** 2 for one in calibration.judged[0].raters)
    assert calibration.log_likelihood - of_severities == pytest.approx(opinion.height(opinion.flat), abs=2e-3)


def test_a_search_of_its_own_ends_where_ours_did(case):
    _responses, calibration, opinion = case
    start = opinion.flat + np.random.default_rng(1).normal(0, 0.03, len(opinion.flat))
    found = optimize.minimize(lambda flat: -opinion.height(flat), start, method="BFGS", options={"gtol": 2e-3})
    assert -found.fun - opinion.height(opinion.flat) < 2e-3
    said = np.array([e for one in calibration.items for e in (*one.slope_std_errors, *one.intercept_std_errors)])
    away = np.abs(found.x - opinion.flat)
    assert (away[: len(said)] / said).max() < 0.03
    assert away[len(said) :].max() < 0.01


def test_places_are_those_of_direct_integration(case):
    responses, calibration, opinion = case
    profiles = score_within(responses, calibration)
    assert profiles.mean == pytest.approx(opinion.height(opinion.flat, places=True), abs=5e-4)
