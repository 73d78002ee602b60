"""The doors of fairness; what does the work is loaded when it is asked, for it brings the compiler along."""

from __future__ import annotations

import numpy as np
import polars as pl

from yucai.errors import Fault, FaultyInputError
from yucai.evidence import Responses
from yucai.measurement.calibration import Calibration
from yucai.measurement.fairness.groups import Groups
from yucai.measurement.fairness.results import DifReport, LogisticReport
from yucai.texts import Text

__all__ = ["dif", "invariance", "logistic_dif"]

OCCASIONS = Text("occasions", "学期")
NO_OCCASIONS = Text(
    "the responses are of {n} occasion ({found}), so nothing can have changed. Give responses of two or more.",
    "作答只来自 {n} 个学期（{found}），无从比较变化。请提供两个或更多学期的作答。",
)


def dif(calibration: Calibration, responses: Responses, groups: Groups, *, rng: np.random.Generator) -> DifReport:
    """Return which items behave differently in a group, learners of equal place compared: a model-based audit.

    Each group has a population of its own on every quality (a difference there is one of learners, and is allowed
    for). Every item's shift (uniform) and slope (non-uniform) is tested by a score test over all groups at once (Glas
    1998), with the share of false alarms by Benjamini and Hochberg (1995); suspects get numbers of their own in each
    group, the rest is tested again with only the sound items as anchors, until no more are found. Each freed item is
    then compared with and without its freedom by a likelihood ratio; its size is the mean difference of its expected
    score over the group's places, in shares of the item's highest score: A below 0.05 or within chance, B, C from 0.10
    (the bounds of Dorans and Kulick 1986). Groups under 50 learners are left out.

    The groups serve this audit only: nothing of them goes into the calibration. Raises FaultyInputError.
    """
    from yucai.measurement.fairness.audit import audit

    table = responses.table.select("learner", "occasion").unique().join(groups.table, on="learner", how="inner")
    return audit(calibration, responses, table, name=groups.name, reference=groups.reference, rng=rng)


def invariance(
    calibration: Calibration, responses: Responses, *, rng: np.random.Generator, reference: str | None = None
) -> DifReport:
    """Return which items changed between occasions: the audit of ``dif`` with the occasion as the group.

    An item that became easier for learners of equal place has leaked, or was taught to; it is no anchor between the
    occasions. Answers of one learner at several occasions count as independent, given the places.
    Raises FaultyInputError.
    """
    from yucai.measurement.fairness.audit import audit

    table = responses.table.select("learner", "occasion").unique()
    table = table.with_columns(group=pl.col("occasion")).drop_nulls("group")
    met = table["group"].unique().sort().to_list()
    if len(met) < 2:
        facts = {"n": len(met), "found": ", ".join(met) or "-"}
        raise FaultyInputError("invariance", [Fault(code="one-occasion", says=NO_OCCASIONS, facts=facts)])
    return audit(calibration, responses, table, name=OCCASIONS, reference=reference, rng=rng)


def logistic_dif(calibration: Calibration, responses: Responses, groups: Groups) -> LogisticReport:
    """Return which items behave differently in a group by logistic regression (Swaminathan and Rogers 1990).

    Three regressions of each item: on what learners are matched by, on that and the group (uniform), and on both and
    their product (non-uniform); ordered categories by proportional odds (Zumbo 1999). Learners are matched by their
    total score where each answered every item of the quality once, unrated, else by their place. The size is what the
    group adds to Nagelkerke's R2: A below 0.035 or within chance, B, C from 0.070 (Jodoin and Gierl 2001).

    Where groups differ much in where they stand, this audit sees differences of items that are not there;
    ``dif`` does not. Raises FaultyInputError.
    """
    from yucai.measurement.fairness.regression import regress

    return regress(calibration, responses, groups)
