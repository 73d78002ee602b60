"""What each observer notes beside what others would: told where it can be, and why not where it cannot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy

from yucai.measurement.crossed_poisson import CrossedPoisson
from yucai.texts import Text

__all__ = ["FEWEST_OBSERVERS", "ObserverEffect", "about_observers", "effects_of", "why_not_told"]

Array = npt.NDArray[np.float64]
Groups = npt.NDArray[np.int64]

FEWEST_OBSERVERS: Final = 5
NOTES: Final = Text(
    "Observer {observer} notes about {ratio} times as much as a middle observer (95 % interval {low} to {high}).",
    "观察者 {observer} 记录的次数约为居中观察者的 {ratio} 倍（95% 区间 {low} 至 {high}）。",
)
ONE: Final = Text(
    "All records that count are of one observer: whether others would note more or less is not in the model. Have some "
    "sessions watched by a second one and look at their agreement.",
    "计入的记录均出自一名观察者：他人会记得更多还是更少，模型无从得知。请安排部分时段由第二人同看，并查看一致性。",
)
TOO_FEW: Final = Text(
    "{n} observers are too few to tell how much observers differ (it takes {fewest}): the model holds the children's "
    "differences only, and the intervals leave out those between observers. Look at their agreement first.",
    "{n} 名观察者太少，无法得知观察者之间相差多少（至少需要 {fewest} 名）：模型只含幼儿之间的差异，"
    "区间未计入观察者之间的差异。请先看一致性。",
)
ONE_EACH: Final = Text(
    "Each child had an observer of its own, so what is the child's and what the observer's cannot be told apart: one "
    "effect in the model stands for both. Let observers change between children.",
    "每名幼儿各由一名观察者观察，无法区分哪些差异属于幼儿、哪些属于观察者：模型中以同一效应代表两者。请让观察者轮换观察不同幼儿。",
)
ONE_PLACE: Final = Text(
    "Observers kept to settings, so differences between them cannot be told from those between settings: the model "
    "leaves them out, and a setting's rate holds its observers' habits too. Let observers change between settings.",
    "观察者固定于各自的情境，其差异无法与情境之间的差异区分：模型未纳入，情境的频率也含其观察者的习惯。请让观察者轮换情境。",
)
ALIKE: Final = Text(
    "The {n} observers differ no more than chance would make them, so none is said to note more than another.",
    "{n} 名观察者之间的差异未超出偶然，因此不说谁记得更多。",
)
HELD: Final = Text(
    "Observers have an effect of their own in the model: rates are those that a middle observer would note. About one "
    "observer in three notes at least {factor} times as much as that, or so many times less.",
    "模型含观察者自身的效应：频率是居中的观察者会记录的数值。约三分之一的观察者，其记录次数至少为居中者的 {factor} 倍，"
    "或至多为其 1/{factor}。",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ObserverEffect:
    """How many times as much one observer notes as a middle one would, in the same children and settings.

    The ratio is drawn towards 1 the more the less this observer saw. Intervals take Student's t with one degree of
    freedom fewer than observers, for how much observers differ is known from so few only.
    """

    observer: str
    count: int
    hours: float
    ratio: float
    ratio90: tuple[float, float]
    ratio95: tuple[float, float]

    @property
    def said(self) -> Text:
        """The ratio with its interval, as a sentence."""
        low, high = self.ratio95
        facts = {"observer": self.observer, "ratio": f"{self.ratio:.1f}", "low": f"{low:.1f}", "high": f"{high:.1f}"}
        return NOTES.filled(**facts)


def effects_of(
    model: CrossedPoisson, names: list[str], observers: Groups, *, counts: Array, hours: Array
) -> tuple[ObserverEffect, ...]:
    """Return the observers' own effects; none where they differ no more than chance would make them."""
    if not model.observer_sd:
        return ()
    reach90, reach95 = (float(scipy.stats.t.ppf(share, len(names) - 1)) for share in (0.95, 0.975))
    found = []
    for n, name in enumerate(names):
        log, error = float(model.observer_effects[n]), float(model.observer_errors[n])
        found.append(
            ObserverEffect(
                observer=name,
                count=int(counts[observers == n].sum()),
                hours=float(hours[observers == n].sum()),
                ratio=float(np.exp(log)),
                ratio90=(float(np.exp(log - reach90 * error)), float(np.exp(log + reach90 * error))),
                ratio95=(float(np.exp(log - reach95 * error)), float(np.exp(log + reach95 * error))),
            )
        )
    return tuple(found)


def why_not_told(children: Groups, observers: Groups, design: Array) -> Text | None:
    """Return why differences between observers cannot be told from these rows; None where they can be."""
    n = int(observers.max()) + 1
    if n == 1:
        return ONE
    pairs = {(int(child), int(observer)) for child, observer in zip(children, observers, strict=True)}
    if len(pairs) == n == int(children.max()) + 1:
        return ONE_EACH
    if n < FEWEST_OBSERVERS:
        facts = {"n": n, "fewest": FEWEST_OBSERVERS}
        return TOO_FEW.filled(**facts)
    apart = int(np.linalg.matrix_rank(np.column_stack([design, np.eye(n)[observers]])))
    if apart - int(np.linalg.matrix_rank(design)) < FEWEST_OBSERVERS - 1:
        return ONE_PLACE
    return None


def about_observers(model: CrossedPoisson) -> Text:
    """Return the sentence about how much observers differ."""
    if not model.observer_sd:
        n = len(model.observer_effects)
        return ALIKE.filled(n=n)
    factor = f"{np.exp(model.observer_sd):.2f}"
    return HELD.filled(factor=factor)
