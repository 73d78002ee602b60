"""How well answers are foretold of learners who were not seen: one prediction an answer, learners kept apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from yucai.errors import Fault, FaultyInputError
from yucai.measurement.tracing.attempts import ATTEMPTS, Attempts
from yucai.measurement.tracing.fitting import fit_tracing
from yucai.measurement.tracing.following import trace_mastery
from yucai.measurement.tracing.results import TracingModel
from yucai.texts import Text

__all__ = ["COLD_START", "PredictionScores", "TracingEvaluation", "evaluate_tracing", "score_predictions"]

Array = npt.NDArray[np.float64]
COLD_START: Final = 5  # first answers of a learner
N_BINS: Final = 10
SUREST: Final = 1e-6  # a chance nearer to 0 or 1 than this counts as this, so that one answer cannot cost everything

TOO_FEW_LEARNERS = Text(
    "{n} learners cannot be parted into {folds} groups. Give at least {folds} learners, or ask for fewer groups.",
    "{n} 名学习者无法分成 {folds} 组。请至少提供 {folds} 名学习者，或减少组数。",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictionScores:
    """How well n answers were foretold.

    ``auc``: the chance that a right answer was given a higher chance than a wrong one (None: all are alike); 0.5 knows
    nothing. ``log_loss`` in nats and ``rmse`` of the chance; ``calibration_error`` is the mean distance between chance
    and share right in 10 groups of equal size, lowest chances first.
    """

    n_answers: int
    auc: float | None
    log_loss: float
    rmse: float
    calibration_error: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TracingEvaluation:
    """Scores on learners who had no part in the fit: of all answers, of each learner's first five (``cold_start``), of
    the later ones; ``base`` are those of telling each skill's share right. ``folds`` are the scores fold by fold.

    ``n_unpredicted`` answers are at skills that could not be traced from the other learners.
    """

    model: TracingModel
    whole: PredictionScores
    cold_start: PredictionScores
    later: PredictionScores | None
    base: PredictionScores
    folds: tuple[PredictionScores, ...]
    n_unpredicted: int
    predictions: pl.DataFrame


def score_predictions(right: npt.ArrayLike, chance: npt.ArrayLike) -> PredictionScores:
    """Return how well chances (n,) foretold what came, right or wrong (n,).

    >>> score_predictions([1, 0, 1, 1], [0.9, 0.2, 0.6, 0.7]).auc
    1.0
    """
    came, told = np.asarray(right, dtype=float), np.clip(np.asarray(chance, dtype=float), SUREST, 1.0 - SUREST)
    n, n_right = len(came), float(came.sum())
    auc = None
    if 0 < n_right < n:
        above = _ranks(told)[came == 1].sum() - n_right * (n_right + 1) / 2.0
        auc = float(above / (n_right * (n - n_right)))
    order = np.argsort(told, kind="stable")
    bins = [part for part in np.array_split(order, N_BINS) if len(part)]
    away = sum(len(part) * abs(told[part].mean() - came[part].mean()) for part in bins)
    return PredictionScores(
        n_answers=n, auc=auc,
        log_loss=float(-np.mean(came * np.log(told) + (1.0 - came) * np.log1p(-told))),
        rmse=float(np.sqrt(np.mean((came - told) ** 2))), calibration_error=float(away / n),
    )  # fmt: skip


def _ranks(values: Array) -> Array:
    """Return ranks from 1; equals share the mean of theirs."""
    _each, place, count = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    middle: Array = last - (count - 1) / 2.0
    return middle[place]


def evaluate_tracing(
    attempts: Attempts, *, rng: np.random.Generator, model: TracingModel | None = None, n_folds: int = 5
) -> TracingEvaluation:
    """Return how well tracing foretells the answers of learners it has not seen.

    Learners are parted at random into ``n_folds`` groups; each group is foretold from the others, answer by answer,
    each with what that learner's earlier answers say. An answer that takes several skills is foretold once. Raises
    FaultyInputError: fewer learners than groups, no skill that can be traced.
    """
    model = model or TracingModel()
    learners = attempts.table["learner"].unique().sort().to_numpy()
    if len(learners) < n_folds:
        facts = {"n": len(learners), "folds": n_folds}
        raise FaultyInputError(ATTEMPTS.name, [Fault(code="too-few-learners", says=TOO_FEW_LEARNERS, facts=facts)])
    parts = [_foretold(attempts, set(fold), model) for fold in np.array_split(rng.permutation(learners), n_folds)]
    told = pl.concat(parts).sort("learner", "order")
    numbered = told.with_columns(early=pl.int_range(pl.len()).over("learner") < COLD_START)
    known = numbered.drop_nulls("chance")
    later = known.filter(~pl.col("early"))
    return TracingEvaluation(
        model=model,
        whole=_scores(known),
        cold_start=_scores(known.filter("early")),
        later=_scores(later) if later.height else None,
        base=score_predictions(known["right"].to_numpy(), known["base"].to_numpy()),
        folds=tuple(_scores(part.drop_nulls("chance")) for part in parts),
        n_unpredicted=told.height - known.height,
        predictions=told,
    )


def _scores(table: pl.DataFrame) -> PredictionScores:
    return score_predictions(table["right"].to_numpy(), table["chance"].to_numpy())


def _foretold(attempts: Attempts, fold: set[str], model: TracingModel) -> pl.DataFrame:
    """Return the fold's answers with the chance told of each (empty where no skill is traced) and the skill's share."""
    others = attempts.table.filter(~pl.col("learner").is_in(list(fold)))
    mine = attempts.of_learners(fold)
    told = (
        trace_mastery(mine, fit_tracing(Attempts(others), model=model))
        .predictions()
        .select("learner", "order", "chance")
    )
    shares = others.group_by("skill").agg(base=pl.col("right").mean())
    base = mine.table.join(shares, on="skill", how="left").group_by("learner", "order", maintain_order=True).agg(
        pl.col("item").first(), pl.col("right").first(), base=pl.col("base").min()
    )  # fmt: skip
    base = base.with_columns(pl.col("base").fill_null(others["right"].mean()))
    return base.join(told, on=["learner", "order"], how="left", maintain_order="left")
