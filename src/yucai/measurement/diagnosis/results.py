"""Which concepts of a course a learner has mastered, how surely, and what may be said of the items."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from yucai.errors import YucaiError
from yucai.frames import Column, Contract
from yucai.texts import Text

__all__ = [
    "MASTERY",
    "ConceptAccuracy",
    "DiagnosedItem",
    "Diagnosis",
    "DiagnosisModel",
    "Mastery",
    "MasteryRule",
    "MasteryVerdict",
    "QSuggestion",
    "UndiagnosedError",
]

Array = npt.NDArray[np.float64]

MASTERY: Final = Contract(
    "mastery",
    (
        Column(name="learner", kind="text", meaning=Text("learner", "学习者")),
        Column(name="occasion", kind="text", meaning=Text("term or period", "学期或时段"), nullable=True),
        Column(name="concept", kind="text", meaning=Text("concept", "知识点")),
        Column(name="probability", kind="number", meaning=Text("probability of mastery", "掌握概率")),
        Column(name="n_evidence", kind="whole", meaning=Text("answers that need it", "涉及该知识点的作答数")),
        Column(name="verdict", kind="text", meaning=Text("what may be said", "可作的结论")),
    ),
)
TOLD: Final = {
    "mastered": Text("Mastered (probability {p}).", "已掌握（概率 {p}）。"),
    "not-yet": Text("Not yet mastered (probability {p}).", "尚未掌握（掌握概率 {p}）。"),
    "cannot-tell": Text(
        "Cannot tell yet: the probability is {p}, and neither {high} nor {low} is reached.",
        "尚不能判断：掌握概率为 {p}，既未达到 {high}，也未低于 {low}。",
    ),
    "thin": Text(
        "Cannot tell yet: only {n} of at least {least} answers need this concept.",
        "尚不能判断：涉及该知识点的作答只有 {n} 个，至少需要 {least} 个。",
    ),
}


class UndiagnosedError(YucaiError):
    """A learner or concept that the diagnosis does not hold."""

    says = Text("“{name}” was not diagnosed. Check the name.", "“{name}”不在诊断之中。请核对名称。")
    exit_code = 65


class DiagnosisModel(StrEnum):
    """How an item's needed concepts make a right answer."""

    DINA = "dina"  # all of them, or guessing
    G_DINA = "g-dina"  # each set of them has a chance of its own


class MasteryVerdict(StrEnum):
    """What may be said of a concept; "cannot tell" is a normal answer."""

    MASTERED = "mastered"
    NOT_YET = "not-yet"
    CANNOT_TELL = "cannot-tell"


@dataclass(frozen=True, slots=True, kw_only=True)
class MasteryRule:
    """When mastery may be told: the probability at least ``sure``, or at most 1 - sure, by ``min_evidence`` answers."""

    sure: float = 0.8
    min_evidence: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Mastery:
    """One learner's concept: probability of mastery, number of answers that need it, verdict, and it in words."""

    learner: str
    occasion: str | None
    concept: str
    probability: float
    n_evidence: int
    verdict: MasteryVerdict
    says: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnosedItem:
    """One item. ``sets`` are the concepts mastered in each group, with the chance of a right answer and its error.

    Under DINA the groups are "not all" (the chance is that of guessing) and "all" (one less the chance of a slip).
    ``wald``, ``wald_p``: whether the item needs more than DINA (G-DINA only; None where both are one). Errors are NaN
    where a chance lies at 0 or 1. ``effects`` (G-DINA): delta of each set, identity link (de la Torre 2011).
    """

    item: str
    concepts: tuple[str, ...]
    sets: tuple[tuple[str, ...], ...]
    chances: tuple[float, ...]
    std_errors: tuple[float, ...]
    effects: tuple[float, ...]
    effect_std_errors: tuple[float, ...]
    wald: float | None
    wald_df: int
    wald_p: float | None
    n_responses: int

    @property
    def guess(self) -> float:
        """The chance of a right answer with none of the concepts (DINA: not all of them)."""
        return self.chances[0]

    @property
    def slip(self) -> float:
        """The chance of a wrong answer with all of the concepts."""
        return 1.0 - self.chances[-1]

    @property
    def discrimination(self) -> float:
        """How much likelier a right answer is with all concepts than with none: 1 - slip - guess."""
        return self.chances[-1] - self.chances[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class QSuggestion:
    """An item whose answers hang on other concepts than declared: for somebody who knows the subject to decide.

    ``declared_explains`` and ``suggested_explains`` are shares of the variance over patterns (PVAF).
    """

    item: str
    declared: tuple[str, ...]
    suggested: tuple[str, ...]
    declared_explains: float
    suggested_explains: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ConceptAccuracy:
    """How often a concept is classified rightly (accuracy), and alike on a second test of the kind (consistency)."""

    concept: str
    share: float
    accuracy: float
    consistency: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Diagnosis:
    """Mastery of K concepts by N units: probability (N, K), n_evidence (N, K); shares (2^K,) of the patterns, whose bit
    k is concept k.
    """

    model: DiagnosisModel
    units: pl.DataFrame
    concepts: tuple[str, ...]
    items: tuple[DiagnosedItem, ...]
    probability: Array
    n_evidence: npt.NDArray[np.int64]
    shares: Array
    accuracy: tuple[ConceptAccuracy, ...]
    pattern_accuracy: float
    suggestions: tuple[QSuggestion, ...]
    log_likelihood: float
    n_parameters: int
    converged: bool
    left_out: tuple[str, ...]
    notices: tuple[Text, ...]
    rule: MasteryRule

    @property
    def aic(self) -> float:
        """Akaike's criterion; of two models on the same answers the smaller is preferred."""
        return -2.0 * self.log_likelihood + 2.0 * self.n_parameters

    @property
    def bic(self) -> float:
        """Schwarz's criterion; of two models on the same answers the smaller is preferred."""
        return -2.0 * self.log_likelihood + float(np.log(self.units.height)) * self.n_parameters

    def of(self, learner: str, concept: str, occasion: str | None = None) -> Mastery:
        """Return what may be said of a learner and concept. Raises UndiagnosedError."""
        here = (self.units["learner"] == learner) & self.units["occasion"].eq_missing(occasion)
        if not here.any():
            raise UndiagnosedError(name=f"{learner} {occasion or ''}".strip())
        if concept not in self.concepts:
            raise UndiagnosedError(name=concept)
        i, k = int(here.arg_max() or 0), self.concepts.index(concept)
        p, n = float(self.probability[i, k]), int(self.n_evidence[i, k])
        verdict = MasteryVerdict(str(self._verdicts()[i, k]))
        kind = "thin" if n < self.rule.min_evidence else str(verdict)
        facts = {
            "p": f"{p:.2f}", "n": n, "least": self.rule.min_evidence, "high": f"{self.rule.sure:.2f}",
            "low": f"{1 - self.rule.sure:.2f}",
        }  # fmt: skip
        return Mastery(
            learner=learner, occasion=occasion, concept=concept, probability=p, n_evidence=n, verdict=verdict,
            says=TOLD[kind].filled(**facts),
        )  # fmt: skip

    def to_table(self) -> pl.DataFrame:
        """Return one row a unit and concept, in the columns of ``MASTERY``."""
        n, k = self.probability.shape
        table = self.units[np.repeat(np.arange(n), k).tolist()].with_columns(
            concept=pl.Series(list(self.concepts) * n, dtype=pl.String), probability=self.probability.ravel(),
            n_evidence=self.n_evidence.ravel(), verdict=pl.Series(self._verdicts().ravel().tolist(), dtype=pl.String),
        )  # fmt: skip
        return MASTERY.check(table)

    def items_table(self) -> pl.DataFrame:
        """Return one row an item: item, concepts, guess, slip, discrimination, wald_p, n_responses."""
        rows = [
            (one.item, ", ".join(one.concepts), one.guess, one.slip, one.discrimination, one.wald_p, one.n_responses)
            for one in self.items
        ]
        names = {
            "item": pl.String, "concepts": pl.String, "guess": pl.Float64, "slip": pl.Float64,
            "discrimination": pl.Float64, "wald_p": pl.Float64, "n_responses": pl.Int64,
        }  # fmt: skip
        return pl.DataFrame(rows, schema=names, orient="row")

    def _verdicts(self) -> npt.NDArray[np.str_]:
        sure = self.rule.sure
        told = np.where(self.probability >= sure, "mastered", np.where(self.probability <= 1 - sure, "not-yet", "x"))
        return np.where((told == "x") | (self.n_evidence < self.rule.min_evidence), "cannot-tell", told)
