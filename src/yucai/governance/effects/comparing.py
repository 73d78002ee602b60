"""Comparisons that are linear in who is treated: differences of the treated from their controls, over chosen years.

Every such estimate is the sum over units of one number that hangs on the unit's label (its cohort, or never treated).
So all assignments of a permutation test cost one look-up a unit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from yucai.governance.effects.plan import Array, ControlGroup, EvaluationPlan, PolicyPanel

__all__ = [
    "Contrast",
    "Labels",
    "Window",
    "comparable_part",
    "drift_of",
    "effect_contrasts",
    "event_contrasts",
    "event_times",
    "in_time_contrasts",
    "labels_of",
    "mean_distance",
    "share_of",
    "slope_contrasts",
    "table_of",
    "total",
    "treatment_of",
    "windows_of",
]

Labels = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The years that count for one cohort, as places: before the policy (anticipation left out), and from it on."""

    first: int
    start: int
    size: int
    pre: tuple[int, ...]
    post: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrast:
    """One comparison: what cohort ``label`` has along the years ``along``, less what ``controls`` have."""

    label: int
    controls: tuple[int, ...]
    along: tuple[tuple[int, float], ...]
    weight: float


def comparable_part(panel: PolicyPanel, plan: EvaluationPlan) -> PolicyPanel:
    """Return the part of a panel that can be compared.

    Where no unit was never treated and not-yet-treated controls are wanted, the last cohort serves as control, and the
    years from its start (less the anticipation) are left out.
    """
    if panel.donors or ControlGroup.NOT_YET not in plan.control_groups or len(panel.cohorts) < 2:
        return panel
    last = panel.cohorts[-1]
    keep = [n for n, year in enumerate(panel.periods) if year < last - plan.anticipation]
    outcome = panel.outcome[:, keep].copy()
    outcome.setflags(write=False)
    return PolicyPanel(
        units=panel.units, names=panel.names, periods=tuple(panel.periods[n] for n in keep), outcome=outcome,
        first_treated=tuple(None if first == last else first for first in panel.first_treated),
        outcome_name=panel.outcome_name,
    )  # fmt: skip


def labels_of(panel: PolicyPanel) -> Labels:
    """Return for each unit the place of its cohort, or the number of cohorts when it was never treated."""
    places = {year: n for n, year in enumerate(panel.cohorts)}
    never = len(places)
    return np.array([never if first is None else places[first] for first in panel.first_treated], dtype=np.int64)


def windows_of(panel: PolicyPanel, plan: EvaluationPlan) -> tuple[Window, ...]:
    """Return the window of each cohort."""
    return tuple(_windows(panel, plan))


def _windows(panel: PolicyPanel, plan: EvaluationPlan) -> Iterator[Window]:
    last = panel.periods[-1] if panel.periods else 0
    for first in panel.cohorts:
        end = last if plan.horizon is None else first + plan.horizon
        yield Window(
            first=first,
            start=panel.periods.index(first) if first in panel.periods else len(panel.periods),
            size=sum(1 for one in panel.first_treated if one == first),
            pre=tuple(n for n, year in enumerate(panel.periods) if year < first - plan.anticipation),
            post=tuple(n for n, year in enumerate(panel.periods) if first <= year <= end),
        )


def effect_contrasts(panel: PolicyPanel, plan: EvaluationPlan, group: ControlGroup) -> tuple[Contrast, ...]:
    r"""Return the comparisons that make up the effect.

    .. math:: \sum_g \sum_{t \ge g} w_g \, [(Y_t - Y_{g-1-a})_g - (Y_t - Y_{g-1-a})_C], \quad w_g \propto n_g

    (Callaway and Sant'Anna 2021, the simple aggregate, without covariates; a = years of anticipation).
    """
    windows = [w for w in windows_of(panel, plan) if w.pre and w.post]
    return _weighted(panel, plan, group, [(w, w.pre[-1], t, w.size) for w in windows for t in w.post])


def event_times(panel: PolicyPanel, plan: EvaluationPlan) -> tuple[int, ...]:
    """Return the event times for which some cohort can be compared; those before the policy look one year back."""
    windows = windows_of(panel, plan)
    after = {panel.periods[t] - w.first for w in windows if w.pre for t in w.post}
    before = {panel.periods[t] - w.first for w in windows for t in w.pre[1:]}
    return tuple(sorted(after | before))


def event_contrasts(
    panel: PolicyPanel, plan: EvaluationPlan, group: ControlGroup, event_time: int
) -> tuple[Contrast, ...]:
    """Return the comparisons of one event time; before the policy each year is compared with the year before it."""
    cells = []
    for window in windows_of(panel, plan):
        t = window.start + event_time
        if t in window.post and window.pre:
            cells.append((window, window.pre[-1], t, window.size))
        elif t in window.pre[1:]:
            cells.append((window, t - 1, t, window.size))
    return _weighted(panel, plan, group, cells)


def in_time_contrasts(panel: PolicyPanel, plan: EvaluationPlan, years: int) -> tuple[Contrast, ...]:
    """Return the comparisons as if the policy had begun ``years`` earlier, up to the year before it really did."""
    cells = []
    for window in windows_of(panel, plan):
        start = len(window.pre) - years
        if start >= 1:
            cells += [(window, start - 1, t, window.size) for t in range(start, len(window.pre))]
    return _weighted(panel, plan, ControlGroup.NEVER, cells)


def slope_contrasts(panel: PolicyPanel, plan: EvaluationPlan) -> tuple[Contrast, ...]:
    """Return the comparisons of the drift a year before the policy, for cohorts with two years or more before it."""
    windows = [(k, w) for k, w in enumerate(windows_of(panel, plan)) if len(w.pre) >= 2]
    total_size, never = sum(w.size for _, w in windows), len(panel.cohorts)
    contrasts = []
    for k, window in windows:
        years = np.array([panel.periods[t] for t in window.pre], dtype=np.float64)
        line = (years - years.mean()) / ((years - years.mean()) ** 2).sum()
        along = tuple(zip(window.pre, line.tolist(), strict=True))
        contrasts.append(Contrast(label=k, controls=(never,), along=along, weight=window.size / total_size))
    return tuple(contrasts)


def mean_distance(panel: PolicyPanel, plan: EvaluationPlan, *, from_mean: bool = False) -> float:
    """Return how many years lie between the year compared with and the years after the policy, on average.

    Plain differences compare with the last year before the policy, imputation with the mean of all before it
    (``from_mean``). So do synthetic methods at most: where they weigh late years more, the distance is shorter.
    """
    cells = []
    for w in windows_of(panel, plan):
        before = [panel.periods[t] for t in w.pre]
        base = (sum(before) / len(before) if from_mean else before[-1]) if before else None
        cells += [(panel.periods[t] - base, w.size) for t in w.post] if base is not None else []
    size = sum(weight for _, weight in cells)
    return sum(years * weight for years, weight in cells) / size if size else 0.0


def drift_of(panel: PolicyPanel) -> Array:
    """Return units x periods: the year where a unit is treated at some time, else 0; a drift of one a year."""
    years = np.array(panel.periods, dtype=np.float64)
    ever = np.array([first is not None for first in panel.first_treated], dtype=np.float64)
    return np.asarray(ever[:, None] * (years - years[0])[None, :], dtype=np.float64)


def share_of(panel: PolicyPanel, contrasts: Sequence[Contrast]) -> float:
    """Return the share of the treated that stand behind some comparisons."""
    labels = labels_of(panel)
    asked = sum(int((labels == label).sum()) for label in {one.label for one in contrasts})
    return asked / len(panel.treated) if panel.treated else 0.0


def _weighted(
    panel: PolicyPanel,
    plan: EvaluationPlan,
    group: ControlGroup,
    cells: Sequence[tuple[Window, int, int, int]],
) -> tuple[Contrast, ...]:
    """Return one comparison a cell of (window, year compared with, year, size) that has a control at all."""
    never = len(panel.cohorts)
    places = {year: n for n, year in enumerate(panel.cohorts)}
    found = []
    for window, base, t, size in cells:
        since = panel.periods[max(base, t)] + plan.anticipation
        later = tuple(k for year, k in places.items() if year > since and year != window.first)
        controls = (never, *later) if group is ControlGroup.NOT_YET else (never,)
        found.append((places[window.first], controls, base, t, size))
    whole = sum(size for *_, size in found)
    return tuple(
        Contrast(label=label, controls=controls, along=((t, 1.0), (base, -1.0)), weight=size / whole)
        for label, controls, base, t, size in found
    )


def table_of(contrasts: Sequence[Contrast], outcome: Array, labels: Labels) -> Array:
    """Return labels x units: what each unit adds to the estimate under each label it might have had."""
    n_labels = int(labels.max()) + 1
    sizes = np.bincount(labels, minlength=n_labels)
    table = np.zeros((n_labels, outcome.shape[0]))
    for one in contrasts:
        places, factors = [t for t, _ in one.along], np.array([f for _, f in one.along])
        along = outcome[:, places] @ factors
        table[one.label] += one.weight * along / sizes[one.label]
        controls = [k for k in one.controls if k < n_labels]
        n_controls = sizes[controls].sum()
        for k in controls:
            table[k] -= one.weight * along / n_controls
    return table


def total(table: Array, assignments: Labels) -> Array:
    """Return the estimate under each assignment (rows of labels)."""
    return np.asarray(table[assignments, np.arange(table.shape[1])[None, :]].sum(axis=1), dtype=np.float64)


def treatment_of(panel: PolicyPanel) -> Array:
    """Return units x periods: 1 where a unit was treated, else 0."""
    firsts = np.array([np.inf if first is None else first for first in panel.first_treated], dtype=np.float64)
    return np.asarray(np.array(panel.periods, dtype=np.float64)[None, :] >= firsts[:, None], dtype=np.float64)
