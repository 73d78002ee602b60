"""What a test is worth before anybody takes it: simulated learners, their errors, and how often items are asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from yucai.errors import Fault, FaultyInputError
from yucai.frames import Column, Contract
from yucai.measurement.adaptive.prepared import CHOICES, AdaptiveTest, prepare_test
from yucai.measurement.adaptive.sessions import REASONS, WhyEnded
from yucai.texts import Text

__all__ = ["EXPOSURE", "AdaptiveSimulation", "control_exposure", "simulate_test"]

Array = npt.NDArray[np.float64]
SWEEPS: Final = 3  # from where the last answer left it

EXPOSURE: Final = Contract(
    "exposure of items",
    (
        Column(name="item", kind="text", meaning=Text("item", "题目")),
        Column(name="quality", kind="text", meaning=Text("quality", "素养")),
        Column(name="area", kind="text", meaning=Text("content", "内容领域"), nullable=True),
        Column(name="n_asked", kind="whole", meaning=Text("times asked", "使用次数")),
        Column(name="share", kind="number", meaning=Text("share of learners who were asked it", "曝光率")),
    ),
)

PLACES = Text(
    "places of learners come as a table of finite numbers with one column for each of the {d} qualities; this one is "
    "{shape}.",
    "学习者位置须为数值表，{d} 项素养各一列，且均为有限数；当前为 {shape}。",
)
SHARE = Text(
    "at most {share} of learners are to see an item, but {length} items a learner of {n} cannot be spread thinner than "
    "{least}. Allow more, or add items.",
    "要求每题曝光率不超过 {share}，但每人 {length} 题、题库 {n} 题，平均至少为 {least}。请放宽上限，或补充题目。",
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AdaptiveSimulation:
    """n simulated learners who took the test. places (n, D) are where they truly stand.

    items, answers (n, most_items): numbers of the items asked and categories, -1 after the end. mean, std_error,
    lower90, upper90 (n, D); length (n,). ``path`` (most_items + 1,): the mean standard error over learners and
    qualities after so many answers; who had ended counts as at the end.
    """

    test: AdaptiveTest
    places: Array
    items: npt.NDArray[np.int32]
    answers: npt.NDArray[np.int8]
    mean: Array
    std_error: Array
    lower90: Array
    upper90: Array
    length: npt.NDArray[np.int64]
    ended: tuple[WhyEnded, ...]
    path: Array

    @property
    def bias(self) -> Array:
        """Mean of estimate minus truth, (D,)."""
        return np.asarray((self.mean - self.places).mean(axis=0))

    @property
    def rmse(self) -> Array:
        """Root of the mean squared error, (D,)."""
        return np.asarray(np.sqrt(((self.mean - self.places) ** 2).mean(axis=0)))

    @property
    def coverage90(self) -> Array:
        """Share of learners whose 90 % interval holds the truth, (D,)."""
        return np.asarray(((self.lower90 <= self.places) & (self.places <= self.upper90)).mean(axis=0))

    @property
    def mean_length(self) -> float:
        """Items a learner, on average."""
        return float(self.length.mean())

    @property
    def overlap(self) -> float:
        """Share of a learner's items that another learner is expected to have seen (Chen, Ankenmann and Spray 2003)."""
        share = self.exposure()["share"].to_numpy()
        return float((share**2).sum() / max(share.sum(), 1e-12))

    def why_ended(self) -> Mapping[WhyEnded, int]:
        """Return how many learners ended by which rule."""
        return dict(Counter(self.ended))

    def exposure(self) -> pl.DataFrame:
        """Return one row an item, most asked first, in the columns of ``EXPOSURE``."""
        bank, n = self.test.bank, len(self.places)
        counts = np.bincount(self.items[self.items >= 0], minlength=len(bank.items))
        rows = [
            (one.item, one.quality, one.area or None, int(count), float(count / n))
            for one, count in zip(bank.items, counts, strict=True)
        ]
        return EXPOSURE.of_rows(rows).sort(["n_asked", "item"], descending=[True, False])


def simulate_test(
    test: AdaptiveTest, *, rng: np.random.Generator, n: int = 1000, places: npt.ArrayLike | None = None
) -> AdaptiveSimulation:
    """Return what happens when learners take the test: n of the bank's own law, or those who stand at places (n, D).

    Each learner has a stream of chance of their own, so that the number of threads changes nothing. Raises
    FaultyInputError: places that are no table of the qualities.
    """
    found, _considered = _run(test, rng=rng, n=n, places=places)
    return found


def _run(
    test: AdaptiveTest, *, rng: np.random.Generator, n: int, places: npt.ArrayLike | None
) -> tuple[AdaptiveSimulation, npt.NDArray[np.int64]]:
    from yucai.measurement.adaptive.kernels import BLOCK, simulate  # loads the compiler, which takes a second

    t, plan = test.tables, test.plan
    d = len(t.prior)
    true = (
        rng.multivariate_normal(np.zeros(d), t.prior, n, method="cholesky")
        if places is None
        else np.asarray(places, float)
    )
    true = true[:, None] if true.ndim == 1 and d == 1 else true
    if true.ndim != 2 or true.shape[1] != d or not np.all(np.isfinite(true)):
        facts = {"d": d, "shape": " x ".join(map(str, true.shape))}
        raise FaultyInputError("places", [Fault(code="places", says=PLACES, facts=facts)])
    n, most = len(true), plan.most_items
    items, answers = np.full((n, most), -1, dtype=np.int32), np.full((n, most), -1, dtype=np.int8)
    means, sds, lower, upper = (np.empty((n, d)) for _ in range(4))
    path, reason = np.empty((n, most + 1)), np.zeros(n, dtype=np.int64)
    considered = np.zeros((-(-n // BLOCK), len(t.family)), dtype=np.int64)
    simulate(
        np.ascontiguousarray(true), rng.integers(2**64, dtype=np.uint64), 1 if d == 1 else SWEEPS, most,
        plan.least_items, CHOICES[plan.choice], t.importance, t.targets, t.cuts, plan.certainty, t.area, t.least,
        t.most, plan.among, t.admitted, t.nodes, t.logs, t.chances, t.information, t.item_from, t.row_from, t.first,
        t.n_categories, t.family, t.slopes, t.intercepts, t.quality, t.precision, t.prior, considered, items, answers,
        means, sds, lower, upper, path, reason,
    )  # fmt: skip
    found = AdaptiveSimulation(
        test=test, places=true, items=items, answers=answers, mean=means, std_error=sds, lower90=lower, upper90=upper,
        length=(items >= 0).sum(axis=1), ended=tuple(REASONS[r] for r in reason.tolist()), path=path.mean(axis=0),
    )  # fmt: skip
    return found, considered.sum(axis=0)


def control_exposure(
    test: AdaptiveTest, *, most_share: float, rng: np.random.Generator, n: int = 1000, n_rounds: int = 12
) -> AdaptiveTest:
    """Return the test with chances of admission under which hardly any item is asked of more than ``most_share``.

    Sympson and Hetter (1985): in each round n learners are simulated; an item that was chosen for a share s of them is
    admitted with chance min(1, most_share / s). Raises FaultyInputError: the bank is too small for that share.
    """
    bank, plan = test.bank, test.plan
    least = plan.most_items / len(bank.items)
    if not least < most_share <= 1.0:
        facts = {"share": most_share, "length": plan.most_items, "n": len(bank.items), "least": f"{least:.3f}"}
        raise FaultyInputError("exposure", [Fault(code="share", says=SHARE, facts=facts)])
    for _ in range(n_rounds):
        _found, considered = _run(test, rng=rng, n=n, places=None)
        chosen = considered / n
        admitted = np.minimum(1.0, most_share / np.maximum(chosen, 1e-12))
        # at least a test's length of items is open to everybody, so that a test can always be filled
        admitted[np.argsort(-admitted, kind="stable")[: plan.most_items]] = 1.0
        named = {one.item: float(a) for one, a in zip(bank.items, admitted, strict=True) if a < 1.0}
        test = prepare_test(bank, replace(plan, admitted=named))
    return test
