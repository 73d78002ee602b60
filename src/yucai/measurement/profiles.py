"""Where learners stand on each quality, how surely, and whether there is enough evidence to show it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from yucai.errors import YucaiError
from yucai.frames import Column, Contract
from yucai.texts import Text

__all__ = ["PROFILES", "EnoughRule", "Profile", "Profiles", "UnknownQualityError", "UnknownUnitError"]

Array = npt.NDArray[np.float64]

PROFILES: Final = Contract(
    "profiles",
    (
        Column(name="learner", kind="text", meaning=Text("learner", "学习者")),
        Column(name="occasion", kind="text", meaning=Text("term or period", "学期或时段"), nullable=True),
        Column(name="quality", kind="text", meaning=Text("quality", "素养")),
        Column(
            name="mean", kind="number", meaning=Text("where the learner stands", "所处位置"), unit="SD of all units"
        ),
        Column(name="std_error", kind="number", meaning=Text("standard error", "标准误"), unit="SD of all units"),
        Column(name="lower90", kind="number", meaning=Text("lower end of the 90 % interval", "90% 区间下限")),
        Column(name="upper90", kind="number", meaning=Text("upper end of the 90 % interval", "90% 区间上限")),
        Column(name="n_evidence", kind="whole", meaning=Text("pieces of evidence", "证据条数")),
        Column(name="enough", kind="flag", meaning=Text("enough evidence to show", "证据是否充足")),
    ),
)


class UnknownUnitError(YucaiError):
    """No profile of that learner in that occasion."""

    says = Text(
        "There is no evidence of {learner} in {occasion}, so there is no profile. Check both names.",
        "没有 {learner} 在 {occasion} 的证据，因此没有画像。请核对这两个名称。",
    )
    exit_code = 65


class UnknownQualityError(YucaiError):
    """The profiles do not speak of that quality."""

    says = Text(
        "These profiles say nothing of “{quality}”; they know {known}. Choose one of these.",
        "这些画像不含“{quality}”，只有：{known}。请从中选择。",
    )
    exit_code = 65


@dataclass(frozen=True, slots=True, kw_only=True)
class EnoughRule:
    """When there is enough evidence to show where a learner stands.

    Both must hold: at least ``min_evidence`` pieces, and a reliability 1 - SE^2 of at least ``min_reliability``
    (the share of the differences between learners that the profile can see; 0.36 is a correlation of 0.6 between
    profile and truth). A weaker profile says little more than "like everybody else", and a mean near the middle
    would be read as a finding.
    """

    min_evidence: int = 3
    min_reliability: float = 0.36

    def holds(self, n_evidence: npt.NDArray[np.int64], std_error: Array) -> npt.NDArray[np.bool_]:
        """Return, elementwise, whether there is enough; standard errors in SDs of all calibrated units."""
        return (n_evidence >= self.min_evidence) & (1.0 - std_error**2 >= self.min_reliability)

    def why_not(self, n_evidence: int, std_error: float) -> Text | None:
        """Return what is missing, or None when there is enough."""
        if n_evidence == 0:
            return Text("No evidence yet.", "尚无证据。")
        if n_evidence < self.min_evidence:
            return Text(
                f"Only {n_evidence} of at least {self.min_evidence} pieces of evidence.",
                f"目前只有 {n_evidence} 条证据，至少需要 {self.min_evidence} 条。",
            )
        if 1.0 - std_error**2 < self.min_reliability:
            return Text(
                f"The {n_evidence} pieces of evidence leave it too unsure; stronger or further evidence is needed.",
                f"现有 {n_evidence} 条证据仍不足以判断，需要更有力或更多的证据。",
            )
        return None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Profile:
    """Where one learner stands in one occasion. K qualities; numbers in SDs of all units, 0 their average.

    mean, lower90, upper90, n_evidence and enough are (K,); covariance is (K, K); spread (K,) is the SD of all
    calibrated units, 1 unless the calibration had covariates, groups or anchors. There is no total over
    the qualities. A quality without evidence of its own is placed by what the others say; ``enough`` is False.
    """

    learner: str
    occasion: str | None
    qualities: tuple[str, ...]
    mean: Array
    covariance: Array
    lower90: Array
    upper90: Array
    n_evidence: npt.NDArray[np.int64]
    kinds: tuple[tuple[str, ...], ...]
    enough: npt.NDArray[np.bool_]
    spread: Array
    rule: EnoughRule

    def why_not_enough(self, quality: str) -> Text | None:
        """Return what is missing for a quality to be shown, or None: there is enough. Raises UnknownQualityError."""
        if quality not in self.qualities:
            raise UnknownQualityError(quality=quality, known=", ".join(self.qualities))
        k = self.qualities.index(quality)
        return self.rule.why_not(int(self.n_evidence[k]), float(np.sqrt(self.covariance[k, k]) / self.spread[k]))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Profiles:
    """Profiles of N units on K qualities; arrays are (N, K), covariance (N, K, K), rows in the order of ``units``.

    ``spread`` (K,) is the SD of all calibrated units, 1 unless the calibration had covariates, groups or anchors.
    """

    units: pl.DataFrame
    qualities: tuple[str, ...]
    mean: Array
    covariance: Array
    lower90: Array
    upper90: Array
    n_evidence: npt.NDArray[np.int64]
    enough: npt.NDArray[np.bool_]
    kinds_used: tuple[tuple[tuple[str, ...], ...], ...]
    spread: Array
    rule: EnoughRule

    @property
    def std_error(self) -> Array:
        """Standard errors of the means."""
        errors: Array = np.sqrt(np.einsum("nkk->nk", self.covariance))
        return errors

    def __len__(self) -> int:
        """The number of units."""
        return self.units.height

    def of(self, learner: str, occasion: str | None = None) -> Profile:
        """Return the profile of a learner in an occasion. Raises UnknownUnitError."""
        here = (self.units["learner"] == learner) & self.units["occasion"].eq_missing(occasion)
        if not here.any():
            raise UnknownUnitError(learner=learner, occasion=occasion or "-")
        i = int(here.arg_max() or 0)
        return Profile(
            learner=learner,
            occasion=occasion,
            qualities=self.qualities,
            mean=self.mean[i],
            covariance=self.covariance[i],
            lower90=self.lower90[i],
            upper90=self.upper90[i],
            n_evidence=self.n_evidence[i],
            kinds=self.kinds_used[i],
            enough=self.enough[i],
            spread=self.spread,
            rule=self.rule,
        )

    def to_table(self) -> pl.DataFrame:
        """Return one row a unit and quality, in the columns of ``PROFILES``."""
        n, k = self.mean.shape
        rows = np.repeat(np.arange(n), k)
        table = self.units[rows.tolist()].with_columns(
            quality=pl.Series(list(self.qualities) * n, dtype=pl.String),
            mean=self.mean.ravel(),
            std_error=self.std_error.ravel(),
            lower90=self.lower90.ravel(),
            upper90=self.upper90.ravel(),
            n_evidence=self.n_evidence.ravel(),
            enough=self.enough.ravel(),
        )
        return PROFILES.check(table)
