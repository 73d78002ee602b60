"""One test for p-value and interval: an interval holds the effects that the test behind the p-value does not reject.

For assignment k the effects for which it is at least as extreme as the real one make up a set of numbers: an interval,
two half-lines, or all. The p-value of an effect is the share of sets that hold it. Sets are counted, not searched.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from yucai.governance.effects.assigning import ROUNDING, TIE
from yucai.governance.effects.plan import Array

__all__ = ["Inverted", "Sets", "both_of", "inverted", "linear_sets", "placebo_sets", "ratio_sets", "searched"]

MOST_DOUBLED: Final = 8  # times that a side is doubled until the test rejects
HALVED: Final = 7  # times that the last step is halved at most


@dataclass(frozen=True, slots=True, kw_only=True)
class Sets:
    """Closed intervals of effects, for ``n`` assignments; one assignment may have two that do not touch, or none."""

    starts: Array
    ends: Array
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Inverted:
    """A p-value of "no effect" and the interval that belongs to it; no interval where it would have no end."""

    p_value: float
    interval: tuple[float, float] | None


def inverted(estimate: float, sets: Sets, alpha: float) -> Inverted:
    """Return the p-value of "no effect" and the interval of effects that are not rejected, estimate included.

    The interval is the shortest without a gap. The p-value is the largest of 0 and all effects beyond it, seen from the
    estimate, so that it is at most ``alpha`` exactly where the interval leaves 0 out, whatever the level. With sets
    around the estimate (nearly always) it is the share of assignments at least as extreme as the real one.
    """
    points = np.concatenate([sets.starts, sets.ends, [0.0, estimate, -np.inf, np.inf]])
    first, last = np.sort(sets.starts), np.sort(sets.ends)
    held = np.searchsorted(first, points, side="right") - np.searchsorted(last, points, side="left")
    shares = held / sets.n
    beyond = (points <= 0.0) if estimate > 0 else (points >= 0.0) if estimate < 0 else np.full(points.shape, True)
    p_value = float(shares[beyond | np.isinf(points)].max())
    kept = np.append(points[shares > alpha], estimate)
    bounds = float(kept.min()), float(kept.max())
    return Inverted(p_value=min(p_value, 1.0), interval=bounds if np.isfinite(bounds).all() else None)


def both_of(one: tuple[float, float] | None, other: tuple[float, float] | None) -> tuple[float, float] | None:
    """Return the wider of two intervals around one estimate: it leaves 0 out exactly where both tests reject it."""
    return None if one is None or other is None else (min(one[0], other[0]), max(one[1], other[1]))


def linear_sets(values: Array, slopes: Array, of: Array) -> Sets:
    r"""Return the sets of a statistic that is linear in the effect.

    With a constant effect :math:`\tau` taken off the treated, the estimate of assignment k is :math:`a_k - \tau b_k`
    with :math:`b_0 = 1`. It is at least as extreme as the real one between :math:`(a_0 - a_k)/(1 - b_k)` and
    :math:`(a_0 + a_k)/(1 + b_k)` for :math:`|b_k| < 1`, and outside of them for :math:`|b_k| > 1`. ``of`` are the
    outcomes: beside them, what is no larger than errors of rounding counts as 0.
    """
    a0, floor = float(values[0]), ROUNDING * float(np.abs(of).max())
    near = TIE * np.maximum(np.abs(values), abs(a0)) + floor
    with np.errstate(divide="ignore", invalid="ignore"):
        one, two = (a0 - values) / (1.0 - slopes), (a0 + values) / (1.0 + slopes)
    low, high = np.fmin(one, two), np.fmax(one, two)
    whole = np.full(len(values), np.inf)
    like, mirror = np.abs(slopes - 1.0) <= TIE, np.abs(slopes + 1.0) <= TIE
    inner, outer = (np.abs(slopes) < 1.0) & ~like & ~mirror, (np.abs(slopes) > 1.0) & ~like & ~mirror
    parted = outer & (low < high)
    parts = [(low[inner], high[inner]), (-whole[parted], low[parted]), (high[parted], whole[parted])]
    half = [(like, values - a0, (values + a0) / 2.0, True), (mirror, values + a0, (a0 - values) / 2.0, False)]
    for those, apart, middle, below in half:
        up = those & (apart > near if not below else apart < -near)
        down = those & (apart < -near if not below else apart > near)
        same = those & (np.abs(apart) <= near)
        parts += [(middle[up], whole[up]), (-whole[down], middle[down]), (-whole[same], whole[same])]
    parts.append((-whole[outer & ~parted], whole[outer & ~parted]))
    tied = np.abs(values) >= abs(a0) * (1.0 - TIE) if abs(a0) > floor else np.full(len(values), True)
    parts.append(_zero(tied & inner & ~((low <= 0.0) & (high >= 0.0))))
    parts.append(_zero(tied & parted & (low < 0.0) & (high > 0.0)))
    return _joined(parts, len(values))


def placebo_sets(estimate: float, placebos: Array, of: Array) -> Sets:
    """Return the sets of placebos without the effect: each holds what is as near to the estimate as it is large."""
    values = np.concatenate([[estimate], placebos])
    return linear_sets(values, np.concatenate([[1.0], np.zeros(len(placebos))]), of)


def ratio_sets(squares: Array, products: Array, treated: Array, fits: Array) -> Sets:
    r"""Return the sets of the ratio of gaps after and before the policy.

    With a constant effect :math:`\tau` taken off, the mean square of the gaps of assignment k after the policy is
    :math:`A_k - 2 \tau B_k + \tau^2 C_k` (``squares``, ``products``, ``treated``), the fit before it :math:`f_k` stays.
    """
    ratio = (fits[0] / fits) ** 2
    c2, c1, c0 = treated * ratio - treated[0], products * ratio - products[0], squares * ratio - squares[0]
    scale = np.maximum(np.abs(treated * ratio), abs(treated[0]))
    flat = np.abs(c2) <= TIE * scale
    with np.errstate(divide="ignore", invalid="ignore"):
        inside = c1**2 - c2 * c0
        root = np.sqrt(np.maximum(inside, 0.0))
        one, two, only = (c1 - root) / c2, (c1 + root) / c2, c0 / (2.0 * c1)
    low, high = np.fmin(one, two), np.fmax(one, two)
    whole = np.full(len(c0), np.inf)
    up, down = (c2 > 0) & ~flat, (c2 < 0) & ~flat & (inside >= 0)
    parted, level = up & (inside > 0), flat & (np.abs(c1) <= TIE * (np.abs(products[0]) + np.abs(products * ratio)))
    always = (up & ~parted) | (level & (c0 >= -TIE * abs(squares[0])))
    over, under = flat & ~level & (c1 < 0), flat & ~level & (c1 > 0)
    tied = squares * ratio >= squares[0] * (1.0 - TIE)
    holds = always | (parted & ((low >= 0) | (high <= 0))) | (down & (low <= 0) & (high >= 0))
    holds |= (over & (only <= 0)) | (under & (only >= 0))
    parts = [
        (-whole[always], whole[always]), (-whole[parted], low[parted]), (high[parted], whole[parted]),
        (low[down], high[down]), (only[over], whole[over]), (-whole[under], only[under]), _zero(tied & ~holds),
    ]  # fmt: skip
    return _joined(parts, len(c0))


def _zero(those: np.ndarray) -> tuple[Array, Array]:
    """Return 0 itself for assignments that tie with the real one there, but for rounding."""
    zeros = np.zeros(int(those.sum()))
    return zeros, zeros


def _joined(parts: list[tuple[Array, Array]], n: int) -> Sets:
    starts, ends = (np.concatenate([part[k] for part in parts]) for k in (0, 1))
    return Sets(starts=starts, ends=ends, n=n)


def searched(
    p_of: Callable[[float], float],
    estimate: float,
    guess: tuple[float, float],
    alpha: float,
    n: int,
    *,
    near: float = 0.02,
) -> Inverted:
    """Return p-value and interval of a test that must be made anew for each effect; ``guess`` is where its ends may be.

    Each side is followed from the estimate until the test rejects, 0 being asked first; the last step is halved, and
    the end is the outer, rejected one, when the inner one is as ``near`` (of the way from the estimate to the guess).
    So the interval leaves 0 out exactly where the p-value is at most ``alpha``.
    """
    p_value = p_of(0.0)
    if 1.0 / n > alpha:
        return Inverted(p_value=p_value, interval=None)
    ends = []
    for side in guess:
        end, p_there = _end(p_of, estimate, side, alpha, zero_held=p_value > alpha, near=near)
        if end is None:
            return Inverted(p_value=max(p_value, p_there), interval=None)
        ends.append(end)
    return Inverted(p_value=p_value, interval=(ends[0], ends[1]))


def _end(
    p_of: Callable[[float], float], estimate: float, guess: float, alpha: float, *, zero_held: bool, near: float
) -> tuple[float | None, float]:
    """Return the end on the side of a guess, or None with the p-value of the last effect that was asked."""
    step = guess - estimate
    if step == 0.0:
        return estimate, 0.0
    faces_zero = -estimate * step > 0.0  # 0 lies on this side of the estimate
    held = 0.0 if faces_zero and zero_held else estimate
    barred = 0.0 if faces_zero and not zero_held else None
    p_there = 1.0
    for n in range(MOST_DOUBLED):
        ask = estimate + step * (0.95, 1.05)[n] if n < 2 else estimate + step * 2.0 ** (n - 1)
        if (ask - held) * step <= 0.0:
            continue  # not beyond what is held already
        if barred is not None and (barred - ask) * step <= 0.0:
            break  # 0 is rejected, and nearer
        p_there = p_of(ask)
        if p_there <= alpha:
            barred = ask
            break
        held = ask
    if barred is None:
        return None, p_there
    for _ in range(HALVED):
        if abs(barred - held) <= near * abs(step):
            break
        middle = (held + barred) / 2.0
        held, barred = (middle, barred) if p_of(middle) > alpha else (held, middle)
    return (held + barred) / 2.0 if barred == 0.0 else barred, p_there
