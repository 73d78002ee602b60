"""How far learners and groups have moved between two occasions, how surely, and what may be said of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from yucai.errors import YucaiError
from yucai.frames import Column, Contract
from yucai.measurement.growth.laws import GrowthLaw
from yucai.measurement.profiles import EnoughRule, UnknownQualityError
from yucai.texts import Text

__all__ = ["CHANGES", "GROUP_CHANGES", "Change", "ChangeVerdict", "GroupChange", "Growth", "NotFollowedError"]

Array = npt.NDArray[np.float64]
NORMAL_90: Final = 1.6448536269514722
SDS: Final = "SD of all units"

FIGURES: Final = (
    Column(name="change", kind="number", meaning=Text("change", "变化"), unit=SDS, nullable=True),
    Column(name="std_error", kind="number", meaning=Text("its standard error", "标准误"), unit=SDS, nullable=True),
    Column(
        name="lower90", kind="number", meaning=Text("lower end of the 90 % interval", "90% 区间下限"), nullable=True
    ),
    Column(
        name="upper90", kind="number", meaning=Text("upper end of the 90 % interval", "90% 区间上限"), nullable=True
    ),
    Column(name="verdict", kind="text", meaning=Text("what may be said", "可作的结论")),
)
CHANGES: Final = Contract(
    "changes of learners",
    (
        Column(name="learner", kind="text", meaning=Text("learner", "学习者")),
        Column(name="group", kind="text", meaning=Text("group", "组别")),
        Column(name="quality", kind="text", meaning=Text("quality", "素养")),
        Column(name="begin", kind="text", meaning=Text("from", "起")),
        Column(name="end", kind="text", meaning=Text("to", "止")),
        Column(name="n_begin", kind="whole", meaning=Text("pieces of evidence at the beginning", "起点证据条数")),
        Column(name="n_end", kind="whole", meaning=Text("pieces of evidence at the end", "终点证据条数")),
        *FIGURES,
    ),
)
GROUP_CHANGES: Final = Contract(
    "changes of groups",
    (
        Column(name="group", kind="text", meaning=Text("group", "组别")),
        Column(name="quality", kind="text", meaning=Text("quality", "素养")),
        Column(name="begin", kind="text", meaning=Text("from", "起")),
        Column(name="end", kind="text", meaning=Text("to", "止")),
        Column(name="n_learners", kind="whole", meaning=Text("learners", "学习者数")),
        *FIGURES,
    ),
)
TOLD: Final = {
    "risen": Text("Risen by {size} (90 %: {low} to {high}).", "上升 {size}（90%：{low} 至 {high}）。"),
    "fallen": Text("Fallen by {size} (90 %: {low} to {high}).", "下降 {size}（90%：{low} 至 {high}）。"),
    "cannot-tell": Text(
        "Cannot tell: anything from {low} to {high} is possible (90 %).",
        "尚不能判断：变化可能在 {low} 至 {high} 之间（90%）。",
    ),
    "thin": Text(
        "Cannot tell: {begin} has {n_begin} and {end} has {n_end} pieces of evidence; each needs at least {least}.",
        "尚不能判断：{begin} 有 {n_begin} 条证据，{end} 有 {n_end} 条，各至少需要 {least} 条。",
    ),
    "unknown": Text(
        "Cannot tell: in {begin} or {end} this group has no evidence of it.",
        "尚不能判断：该组在 {begin} 或 {end} 没有相关证据。",
    ),
}


class NotFollowedError(YucaiError):
    """A learner, group or occasion that the growth does not hold."""

    says = Text(
        "“{name}” was not followed; there is {known}. Check the name.",
        "未跟踪“{name}”，现有：{known}。请核对名称。",
    )
    exit_code = 65


class ChangeVerdict(StrEnum):
    """What may be said of a change; "cannot tell" is a normal answer."""

    RISEN = "risen"
    FALLEN = "fallen"
    CANNOT_TELL = "cannot-tell"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """How far one learner has moved on one quality, in SDs of all units; ``says`` puts it into words."""

    learner: str
    quality: str
    begin: str
    end: str
    change: float
    std_error: float
    interval90: tuple[float, float]
    n_begin: int
    n_end: int
    verdict: ChangeVerdict
    says: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupChange:
    """How far the mean of a group has moved on one quality, in words in ``says``; None where it cannot be known."""

    group: str
    quality: str
    begin: str
    end: str
    change: float | None
    std_error: float | None
    interval90: tuple[float, float] | None
    n_learners: int
    verdict: ChangeVerdict
    says: Text


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Growth:
    """Places of N learners on K qualities in T occasions, all evidence of all occasions used for each.

    mean (N, T, K); ``across`` (N, K, T, T) is how a quality's places in the occasions vary together; n_evidence
    (N, T, K); ``group_of`` (N,) numbers ``groups``; group_mean (G, T, K), with the covariance of all of them
    (G T K, G T K). kept (K,) is the share of a learner's distance from the group's mean that stays over one unit of
    time, new_sd (K,) the SD of what is new in it, both with standard errors.
    """

    occasions: tuple[str, ...]
    times: tuple[float, ...]
    qualities: tuple[str, ...]
    groups: tuple[str, ...]
    learners: tuple[str, ...]
    group_of: npt.NDArray[np.int64]
    mean: Array
    across: Array
    n_evidence: npt.NDArray[np.int64]
    group_mean: Array
    group_mean_covariance: Array
    law: GrowthLaw
    kept: Array
    kept_std_error: Array
    new_sd: Array
    new_sd_std_error: Array
    log_likelihood: float
    converged: bool
    notices: tuple[Text, ...]
    rule: EnoughRule

    @property
    def std_error(self) -> Array:
        """Standard errors of the places, (N, T, K)."""
        return np.asarray(np.sqrt(np.einsum("nktt->ntk", self.across)))

    def change_of(self, learner: str, quality: str, *, between: tuple[str, str] | None = None) -> Change:
        """Return the change of a learner, from the first occasion to the last unless ``between`` says otherwise.

        Raises NotFollowedError, UnknownQualityError.
        """
        i, k, (s, t) = _place(learner, self.learners), self._quality(quality), self._ends(between)
        n_begin, n_end = int(self.n_evidence[i, s, k]), int(self.n_evidence[i, t, k])
        change, error = (float(x[i, k]) for x in self._moves(s, t))
        enough = min(n_begin, n_end) >= self.rule.min_evidence
        verdict = _verdict(change, error) if enough else ChangeVerdict.CANNOT_TELL
        facts = {"n_begin": n_begin, "n_end": n_end, "least": self.rule.min_evidence}
        begin, end = self.occasions[s], self.occasions[t]
        return Change(
            learner=learner, quality=quality, begin=begin, end=end, change=change, std_error=error,
            interval90=_interval(change, error), n_begin=n_begin, n_end=n_end, verdict=verdict,
            says=_said(verdict if enough else "thin", change, error, begin=begin, end=end, **facts),
        )  # fmt: skip

    def changes(self, *, between: tuple[str, str] | None = None) -> pl.DataFrame:
        """Return one row a learner and quality, in the columns of ``CHANGES``. Raises NotFollowedError."""
        s, t = self._ends(between)
        n, k = len(self.learners), len(self.qualities)
        change, error = self._moves(s, t)
        least = np.minimum(self.n_evidence[:, s], self.n_evidence[:, t])
        verdicts = [
            str(_verdict(c, e) if m >= self.rule.min_evidence else ChangeVerdict.CANNOT_TELL)
            for c, e, m in zip(change.ravel(), error.ravel(), least.ravel(), strict=True)
        ]
        table = pl.DataFrame({
            "learner": np.repeat(np.array(self.learners, dtype=object), k).tolist(),
            "group": [self.groups[g] for g in np.repeat(self.group_of, k)],
            "quality": list(self.qualities) * n,
            "begin": [self.occasions[s]] * (n * k),
            "end": [self.occasions[t]] * (n * k),
            "n_begin": self.n_evidence[:, s].ravel(),
            "n_end": self.n_evidence[:, t].ravel(),
            **_figures(change.ravel(), error.ravel(), verdicts),
        })  # fmt: skip
        return CHANGES.check(table)

    def group_change_of(self, group: str, quality: str, *, between: tuple[str, str] | None = None) -> GroupChange:
        """Return the change of a group's mean. Raises NotFollowedError, UnknownQualityError."""
        g, k, (s, t) = _place(group, self.groups), self._quality(quality), self._ends(between)
        change, error = (float(x[g, k]) for x in self._group_moves(s, t))
        known = bool(np.isfinite(error))
        verdict = _verdict(change, error) if known else ChangeVerdict.CANNOT_TELL
        begin, end = self.occasions[s], self.occasions[t]
        return GroupChange(
            group=group, quality=quality, begin=begin, end=end, change=change if known else None,
            std_error=error if known else None, interval90=_interval(change, error) if known else None,
            n_learners=int((self.group_of == g).sum()), verdict=verdict,
            says=_said(verdict if known else "unknown", change, error, begin=begin, end=end),
        )  # fmt: skip

    def group_changes(self, *, between: tuple[str, str] | None = None) -> pl.DataFrame:
        """Return one row a group and quality, in the columns of ``GROUP_CHANGES``. Raises NotFollowedError."""
        rows = [self.group_change_of(g, q, between=between) for g in self.groups for q in self.qualities]
        return GROUP_CHANGES.of_rows([
            (r.group, r.quality, r.begin, r.end, r.n_learners, r.change, r.std_error,
             *(r.interval90 or (None, None)), str(r.verdict))
            for r in rows
        ])  # fmt: skip

    def _moves(self, s: int, t: int) -> tuple[Array, Array]:
        variance = self.across[:, :, s, s] + self.across[:, :, t, t] - 2 * self.across[:, :, s, t]
        return self.mean[:, t] - self.mean[:, s], np.sqrt(np.maximum(variance, 0.0))

    def _group_moves(self, s: int, t: int) -> tuple[Array, Array]:
        g_n, t_n, k = self.group_mean.shape
        covariance = self.group_mean_covariance.reshape(g_n, t_n, k, g_n, t_n, k)
        own = np.einsum("gskgtk->gkst", covariance)
        variance = own[:, :, s, s] + own[:, :, t, t] - 2 * own[:, :, s, t]
        return self.group_mean[:, t] - self.group_mean[:, s], np.sqrt(variance)

    def _quality(self, quality: str) -> int:
        if quality not in self.qualities:
            raise UnknownQualityError(quality=quality, known=", ".join(self.qualities))
        return self.qualities.index(quality)

    def _ends(self, between: tuple[str, str] | None) -> tuple[int, int]:
        if between is None:
            return 0, len(self.occasions) - 1
        return _place(between[0], self.occasions), _place(between[1], self.occasions)


def _place(name: str, names: tuple[str, ...]) -> int:
    if name not in names:
        known = ", ".join(names[:3]) + (f" … ({len(names)})" if len(names) > 3 else "")
        raise NotFollowedError(name=name, known=known)
    return names.index(name)


def _interval(change: float, error: float) -> tuple[float, float]:
    return change - NORMAL_90 * error, change + NORMAL_90 * error


def _verdict(change: float, error: float) -> ChangeVerdict:
    low, high = _interval(change, error)
    return ChangeVerdict.RISEN if low > 0 else ChangeVerdict.FALLEN if high < 0 else ChangeVerdict.CANNOT_TELL


def _said(kind: str, change: float, error: float, **facts: object) -> Text:
    low, high = (f"{end:+.2f}".replace("-", "−") for end in _interval(change, error))
    filled = {"size": f"{abs(change):.2f}", "low": low, "high": high, **facts}
    return TOLD[kind].filled(**filled)


def _figures(change: Array, error: Array, verdicts: list[str]) -> dict[str, object]:
    return {
        "change": change, "std_error": error, "lower90": change - NORMAL_90 * error,
        "upper90": change + NORMAL_90 * error, "verdict": verdicts,
    }  # fmt: skip
