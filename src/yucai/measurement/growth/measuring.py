"""From responses over several occasions and a calibration to growth: of groups, and of each learner."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from yucai.evidence import Responses
from yucai.measurement.calibration import Calibration
from yucai.measurement.coding import CodedQuality
from yucai.measurement.growth.asking import EVERYBODY, Asked, asked_of
from yucai.measurement.growth.laws import GrowthLaw, Path
from yucai.measurement.growth.results import Growth
from yucai.measurement.profiles import EnoughRule
from yucai.measurement.scoring import on_scale, severity_errors, state_of
from yucai.texts import Text

if TYPE_CHECKING:
    from yucai.measurement.engine.state import State
    from yucai.measurement.growth.search import Chain, GrowthFit

__all__ = ["measure_growth"]

Array = npt.NDArray[np.float64]
FIRST_KEPT: Final = 0.9
FIRST_MOVED: Final = 0.15  # variance that is new in a step of length one, at the beginning of the search
NO_EVIDENCE: Final = Text(
    "{quality}: no evidence in {occasion}{of_group}; its mean there is not known, and no change from or to it is told.",
    "{quality}：{of_group}{occasion}没有证据，平均水平未知，涉及该时段的变化不作结论。",
)
NOT_CONVERGED: Final = Text(
    "The search for growth ended without settling; read its numbers with care.",
    "变化的估计未能收敛，数值须谨慎使用。",
)


def measure_growth(
    responses: Responses,
    calibration: Calibration,
    *,
    occasions: Sequence[str],
    times: Sequence[float] | None = None,
    groups: Mapping[str, str] | None = None,
    law: GrowthLaw = GrowthLaw.RETURNING,
    rule: EnoughRule | None = None,
    report: Callable[[float], None] | None = None,
) -> Growth:
    r"""Return how groups and learners moved over ``occasions``, which are named in the order of time.

    Items and severities stay as calibrated. With x_t a learner's places (K,) and mu_gt the mean of the learner's group,

    .. math:: x_1 \sim N(\mu_{g1}, P), \quad
        x_{t+1} - \mu_{g,t+1} = \phi^{s_t} (x_t - \mu_{gt}) + e_t, \quad e_t \sim N(0, s_t W)

    where s_t is the time between occasions (``times``; one each unless given); a random walk has phi = 1. All of mu,
    P, W and phi are estimated by EM (Shumway and Stoffer 1982), the places by expectation propagation with a Kalman
    smoother (Minka 2001). What chance did to one occasion's answers is taken back by what the other occasions say, so
    that regression to the mean is no change. ``groups`` names each learner's group (never by a protected trait); each
    group has means of its own. A change is claimed where its whole 90 % interval lies on one side of 0 and both ends
    have the evidence that ``rule`` asks for; what is not known of severities is in the interval, what is not known of
    items is not. Numbers are in SDs of all units of the calibration. ``report`` hears of the progress from 0 to 1.
    Raises FaultyInputError with every fault: occasions, times, groups, no answer on calibrated items.
    """
    asked = asked_of(responses, calibration, occasions=occasions, times=times, groups=groups)
    from yucai.measurement.growth.search import fit_path, path_errors  # loads the compiler, which takes a second

    coded = [on_scale(responses, scale, asked.units) for scale in calibration.scales]
    n_evidence = _evidence(coded, asked, len(occasions))
    chain, state = _chain(coded, asked, n_evidence), state_of(coded, calibration)
    found = fit_path(chain, state, _first_path(calibration, asked, chain, law), told=report)
    errors = [severity_errors(one, scale) for one, scale in zip(coded, calibration.scales, strict=True)]
    last = _last(chain, state, found, np.concatenate(errors))
    of_means, of_spread, of_kept = path_errors(chain, found, state)
    qualities = tuple(scale.quality for scale in calibration.scales)
    return Growth(
        occasions=tuple(occasions),
        times=asked.times,
        qualities=qualities,
        groups=asked.groups,
        learners=asked.learners,
        group_of=asked.group,
        mean=last.mean,
        across=last.across,
        n_evidence=n_evidence,
        group_mean=np.where(chain.told, found.path.mean, np.nan),
        group_mean_covariance=of_means,
        law=law,
        kept=found.path.kept,
        kept_std_error=np.where(law is GrowthLaw.RETURNING, of_kept, 0.0),
        new_sd=np.sqrt(np.diag(found.path.moved)),
        new_sd_std_error=of_spread,
        log_likelihood=found.log_likelihood,
        converged=found.converged,
        notices=_notices(found, chain, asked, occasions, qualities),
        rule=rule or EnoughRule(),
    )


def _evidence(coded: Sequence[CodedQuality], asked: Asked, t_n: int) -> npt.NDArray[np.int64]:
    """Return how many answers each learner gave in each occasion on each quality, (N, T, K)."""
    n = len(asked.learners)
    place = asked.who * t_n + asked.time
    counted = [np.bincount(place[one.unit], minlength=n * t_n).reshape(n, t_n) for one in coded]
    return np.stack(counted, axis=2)


def _chain(coded: Sequence[CodedQuality], asked: Asked, n_evidence: npt.NDArray[np.int64]) -> Chain:
    from yucai.measurement.growth.search import Chain
    from yucai.measurement.joint import gathered

    told = np.stack([n_evidence[asked.group == g].sum(axis=0) > 0 for g in range(len(asked.groups))])
    n = len(asked.learners)
    return Chain(
        records=gathered(coded, asked.units),
        units=np.searchsorted(asked.who, np.arange(n + 1)).astype(np.int64),
        time=asked.time,
        group=asked.group,
        told=told,
    )


def _first_path(calibration: Calibration, asked: Asked, chain: Chain, law: GrowthLaw) -> Path:
    covariance = np.array(calibration.population.covariance)
    d = len(covariance)
    return Path(
        law=law,
        steps=np.diff(np.array(asked.times)),
        mean=np.tile(np.array(calibration.population.mean), (*chain.told.shape[:2], 1)),
        begin=covariance,
        moved=FIRST_MOVED * covariance,
        kept=np.full(d, FIRST_KEPT if law is GrowthLaw.RETURNING else 1.0),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Last:
    """mean (N, T, K) and how places vary across occasions (N, K, T, T)."""

    mean: Array
    across: Array


def _last(chain: Chain, state: State, found: GrowthFit, errors: Array) -> _Last:
    """Return where all learners stand, with as many sweeps as it takes, widened by what is not known of raters."""
    from yucai.measurement.growth.search import spread_out

    mean, across = spread_out(chain, state, found, errors)
    return _Last(mean=mean, across=across)


def _notices(
    found: GrowthFit, chain: Chain, asked: Asked, occasions: Sequence[str], qualities: Sequence[str]
) -> tuple[Text, ...]:
    said = [] if found.converged else [NOT_CONVERGED]
    for g, t, k in np.argwhere(~chain.told):
        group = asked.groups[g]
        of_group = Text("", "") if group == EVERYBODY else Text(f" (group {group})", f"{group} 组在 ")
        said.append(NO_EVIDENCE.filled(quality=qualities[k], occasion=occasions[t], of_group=of_group))
    return tuple(said)
