"""A bank of questions on AI literacy, our own and simulated to have been tried: who chose which option."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from yucai.demo.truth import COHORTS, LAST_YEAR, Truth
from yucai.evidence import BankQuestion, questions_from, read_table

__all__ = ["TRIAL_TERM", "question_file", "simulate_trial"]

STREAM: Final = 11  # its own stream beside the college's seed: nothing else changes when questions do
TRIAL_TERM: Final = f"{LAST_YEAR}-{LAST_YEAR + 1}-2"
NOT_YET_ASKED: Final = "2023-1"  # the class of the demo student, who is asked by an adaptive test
AMBIGUOUS: Final = "test/ai/ai-innovative-thinking/9"  # its last option is as good as the key, which the able see
FAR: Final = np.array([1.0, 0.6, 0.3])  # how much the wrong options draw, first to last


def question_file() -> Path:
    """Return the questions as a file that the import desk takes: 24 of our own, tried on nobody real."""
    return Path(str(files("yucai.demo").joinpath("ai_questions.csv")))


def simulate_trial(people: pl.DataFrame, truth: Truth, *, without: str) -> pl.DataFrame:
    """Return learner, item, occasion, option and score (right or not) of all classes but one, in the last school year.

    The weaker a student, the more a wrong option draws, the first of them most. Nobody of the number ``without``
    answers.
    """
    rng = np.random.default_rng([STREAM, people.height])
    asked = questions_from(read_table(question_file(), "question-bank"))
    hard, steep = rng.normal(0, 0.8, len(asked)), rng.uniform(1.1, 2.0, len(asked))
    year = LAST_YEAR - COHORTS[0]
    rows = []
    for i, (learner, label) in enumerate(people.select("learner", "class").iter_rows()):
        draws = rng.random((len(asked), 2))
        if label == NOT_YET_ASKED or learner == without:
            continue
        for question, middle, slope, (luck, which) in zip(asked, hard, steep, draws, strict=True):
            place = truth.places[i, year, truth.qualities.index(question.item.split("/")[2])]
            option = _chosen(question, slope * (place - middle), luck, which)
            rows.append((learner, question.item, TRIAL_TERM, option, float(option == question.key)))
    schema = ["learner", "item", "occasion", "option", "score"]
    return pl.DataFrame(rows, schema=schema, orient="row")


def _chosen(question: BankQuestion, ahead: float, luck: float, which: float) -> str:
    """Return the option that a student takes who is ``ahead`` of a question, in logits."""
    wrong = [one.letter for one in question.options if one.letter != question.key]
    if question.item == AMBIGUOUS:
        if luck < 1 / (1 + np.exp(0.5 * ahead)):
            return question.key
        weights = np.array([np.exp(-ahead), np.exp(-0.5 * ahead), np.exp(ahead)])
    else:
        if luck < 1 / (1 + np.exp(-ahead)):
            return question.key
        weights = FAR ** (1 + 0.3 * ahead)
    reached = np.cumsum(weights / weights.sum())
    return wrong[int(np.searchsorted(reached, which))]
