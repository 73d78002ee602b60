"""The work behind the logistic audit: which learners are matched by what, and three regressions of each item."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy

from yucai.errors import Fault, FaultyInputError
from yucai.evidence import Responses
from yucai.measurement.calibration import Calibration
from yucai.measurement.fairness.groups import Groups
from yucai.measurement.fairness.logistic import nagelkerke, ordinal_fit
from yucai.measurement.fairness.results import LogisticDif, LogisticReport, class_of_r2
from yucai.measurement.fit.ground import answers_of, lay_ground
from yucai.measurement.fit.judging import complete_block
from yucai.measurement.moderation import false_discovery_rates
from yucai.texts import Text

__all__ = ["regress"]

Array = npt.NDArray[np.float64]
FEWEST_UNITS: Final = 50
ONE_GROUP = Text(
    "fewer than two of the groups have at least {fewest} learners with responses ({found}). Join small groups.",
    "有作答者不少于 {fewest} 人的组别不足两个（{found}）。请合并小组。",
)
NOT_ENOUGH = Text(
    "{item}: too few learners or categories in one of the groups, so it was not tested.",
    "{item}：某一组的学习者或得分档太少，未作检验。",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
    """The three regressions of one item compared."""

    uniform: float
    nonuniform: float
    freedom: int
    r2_change: float
    n: int

    @property
    def p_values(self) -> tuple[float, float, float]:
        """P of the shift, of the slope, and of both."""
        whole = self.uniform + self.nonuniform
        return (
            float(scipy.stats.chi2.sf(self.uniform, self.freedom)),
            float(scipy.stats.chi2.sf(self.nonuniform, self.freedom)),
            float(scipy.stats.chi2.sf(whole, 2 * self.freedom)),
        )


def regress(calibration: Calibration, responses: Responses, groups: Groups) -> LogisticReport:
    """See ``logistic_dif``."""
    ground = lay_ground(calibration, responses, most=10**9)
    answers = answers_of(ground)
    joined = ground.units.join(groups.table, on="learner", how="left", maintain_order="left")["group"]
    counted = dict(joined.drop_nulls().value_counts().iter_rows())
    large = sorted(g for g, n in counted.items() if n >= FEWEST_UNITS)
    if len(large) < 2:
        facts = {"fewest": FEWEST_UNITS, "found": ", ".join(f"{g}: {n}" for g, n in sorted(counted.items())) or "-"}
        raise FaultyInputError("groups", [Fault(code="one-group", says=ONE_GROUP, facts=facts)])
    group = np.array([large.index(g) if g in large else -1 for g in joined.to_list()])
    names = [(one.quality, item) for one in ground.coded for item in one.items]
    found: list[tuple[int, str, Tested]] = []
    notices: list[Text] = []
    for d in range(ground.records.n_qualities):
        items = np.flatnonzero(ground.records.items.quality == d)
        matched, by = ground.mean[:, d].copy(), "place"
        if complete_block(answers, items) is not None:
            here = np.isin(answers.item, items)
            matched[:] = np.bincount(answers.unit[here], answers.category[here], minlength=answers.n_units)
            by = "total score"
        for j in items:
            mine = (answers.item == j) & (group[answers.unit] >= 0)
            unit = answers.unit[mine]
            tested = compared_item(answers.category[mine], matched[unit], group[unit])
            if tested is None:
                item = names[j][1]
                notices.append(NOT_ENOUGH.filled(item=item))
            else:
                found.append((int(j), by, tested))
    rates = false_discovery_rates([tested.p_values[2] for _j, _by, tested in found])
    return LogisticReport(
        name=groups.name,
        items=tuple(
            LogisticDif(
                quality=names[j][0], item=names[j][1], matching=by, n_units=t.n, uniform_chi2=t.uniform,
                uniform_p=t.p_values[0], nonuniform_chi2=t.nonuniform, nonuniform_p=t.p_values[1],
                p_value=t.p_values[2], false_discovery_rate=rate, r2_change=t.r2_change,
                dif_class=class_of_r2(t.r2_change, rate),
            )
            for (j, by, t), rate in zip(found, rates, strict=True)
        ),
        notices=tuple(notices),
    )  # fmt: skip


def compared_item(category: npt.NDArray[np.int64], matched: Array, group: npt.NDArray[np.int64]) -> Tested | None:
    """Return the three regressions of one item compared; None where a group or a category has too little."""
    there, y = np.unique(category, return_inverse=True)
    present = np.unique(group)
    if len(there) < 2 or len(present) < 2 or min(np.bincount(group)[present]) < FEWEST_UNITS:
        return None
    apart = (group[:, None] == present[None, 1:]).astype(np.float64)
    x = matched[:, None] - matched.mean()
    alone = ordinal_fit(y, np.zeros((len(y), 0)))
    fits = [ordinal_fit(y, design) for design in (x, np.hstack([x, apart]), np.hstack([x, apart, x * apart]))]
    heights = [fit.log_likelihood for fit in fits]
    r2 = [nagelkerke(height, alone.log_likelihood, len(y)) for height in heights]
    return Tested(
        uniform=max(0.0, 2 * (heights[1] - heights[0])),
        nonuniform=max(0.0, 2 * (heights[2] - heights[1])),
        freedom=len(present) - 1,
        r2_change=r2[2] - r2[0],
        n=len(y),
    )
