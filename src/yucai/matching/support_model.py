"""A small model beside the rules: a logistic regression over counts of work. It joins only where it was tested."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from yucai.errors import YucaiError
from yucai.matching.support_features import CLICK_FEATURES, WORK_FEATURES, features_of, words_of_feature
from yucai.matching.support_figures import fit_logistic
from yucai.matching.support_given import SupportSigns
from yucai.matching.support_reasons import SupportNumber, SupportReason
from yucai.matching.support_rules import SupportRule
from yucai.matching.support_tested import PastCase, SupportComparison
from yucai.texts import Text

__all__ = ["NO_TEST", "ModelNotAdmittedError", "SupportModel", "admit_model", "fit_support_model", "reason_of_model"]

RIDGE: Final = 1.0
NAMED: Final = 2  # how many features a reason names

SAYS: Final = Text(
    "A model learned from {n} learners of earlier terms. Of 100 whose work looked like yours, about {chance} {event}. "
    "What weighs most here: {features}.",
    "模型依据以往 {n} 名学生的数据：作业情况与你相近的 100 人中，约有 {chance} 人{event}。"
    "此处影响最大的是：{features}。",
)
AGAINST: Final = Text(
    "The model speaks of learners with like counts, not of you: in its test, of 100 that it listed, {wrong} came "
    "through.",
    "模型说的是计数相近的学生，而不是你本人：在检验中，模型列出的 100 人里有 {wrong} 人并未出现上述情况。",
)
SOURCE: Final = Text(
    "Tested on past data of this school, learners held out: of 100 listed, {right} rightly; by the rules, {rules}.",
    "经本校以往数据检验（检验对象未参与建模）：列出的 100 人中 {right} 人属实；按规则为 {rules} 人。",
)
NAME: Final = Text("model from past data of this school", "依据本校以往数据的模型")
NO_SINGLE: Final = Text("no single count stands out", "没有单独突出的计数")
CHANCE: Final = Text("chance in 100", "百分之几的可能")


class ModelNotAdmittedError(YucaiError):
    """A model is used that has not passed its test, or that was switched off."""

    says = Text(
        "The model {version} may not be used for a list: {why} Use the rules alone.",
        "模型 {version} 不得用于名单：{why}请仅使用规则。",
    )
    exit_code = 69


NO_TEST: Final = Text("it has not been tested on past data of this school.", "尚未经本校以往数据检验。")
NOT_JOINED: Final = Text("its test did not show that it beats the rules.", "检验未能表明它优于规则。")


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportModel:
    """A fitted model with all that has to be known of it.

    ``event`` is what it gives chances of, as the end of a sentence ("later withdrew or failed"). ``cut`` is the chance
    from which it gives a reason: the one that the top share of learners it had not seen reached. ``tested`` is None
    until ``admit_model``.
    """

    version: str
    made_on: date
    event: Text
    features: tuple[str, ...]
    centre: tuple[float, ...]
    scale: tuple[float, ...]
    intercept: float
    weights: tuple[float, ...]
    ridge: float
    n_cases: int
    n_events: int
    cohorts: tuple[str, ...]
    cut: float = 1.0
    tested: SupportComparison | None = None

    @property
    def clicks(self) -> bool:
        """Whether it also reads visits."""
        return any(name in CLICK_FEATURES for name in self.features)

    def chances(self, signs: Sequence[SupportSigns]) -> NDArray[np.float64]:
        """Return the chance of the event for each learner."""
        return np.asarray(expit(self.intercept + self._parts(signs).sum(axis=1)), dtype=np.float64)

    def weighs_most(self, signs: SupportSigns) -> tuple[str, ...]:
        """Return the features that raise the chance of one learner most, above that of the average learner."""
        parts = self._parts([signs])[0]
        order = sorted(range(len(parts)), key=lambda k: -parts[k])
        return tuple(self.features[k] for k in order[:NAMED] if parts[k] > 0.0)

    def _parts(self, signs: Sequence[SupportSigns]) -> NDArray[np.float64]:
        rows = features_of(signs, clicks=self.clicks)
        return np.asarray((rows - self.centre) / self.scale * self.weights, dtype=np.float64)


def fit_support_model(
    past: Sequence[PastCase], *, version: str, made_on: date, event: Text, clicks: bool = False, ridge: float = RIDGE
) -> SupportModel:
    """Return a model fitted to past cases; it is not admitted to any list yet.

    Cases of which nothing was due are left out. Features are put on one scale (mean 0, SD 1) and drawn towards 0 by
    ``ridge``, so that a few learners cannot make a large weight.
    """
    known = [case for case in past if case.signs.due or case.signs.results]
    rows = features_of([case.signs for case in known], clicks=clicks)
    happened = np.array([case.happened for case in known], dtype=np.bool_)
    centre, scale = rows.mean(axis=0), rows.std(axis=0)
    scale = np.where(scale > 0.0, scale, 1.0)
    found, _ = fit_logistic((rows - centre) / scale, happened, ridge=ridge)
    return SupportModel(
        version=version,
        made_on=made_on,
        event=event,
        features=(*WORK_FEATURES, *(CLICK_FEATURES if clicks else ())),
        centre=tuple(centre.tolist()),
        scale=tuple(scale.tolist()),
        intercept=float(found[0]),
        weights=tuple(found[1:].tolist()),
        ridge=ridge,
        n_cases=len(known),
        n_events=int(happened.sum()),
        cohorts=tuple(sorted({case.cohort for case in known})),
    )


def admit_model(model: SupportModel, comparison: SupportComparison) -> SupportModel:
    """Return the model with its test, so that it may join a list; refuse it where the test did not let it join."""
    if not comparison.joins or comparison.clicks != model.clicks or comparison.cut is None:
        raise ModelNotAdmittedError(version=model.version, why=NOT_JOINED)
    return replace(model, tested=comparison, cut=comparison.cut)


def reason_of_model(model: SupportModel, signs: SupportSigns) -> SupportReason | None:
    """Return the reason that an admitted model gives, or None where the chance is below its cut."""
    tested = model.tested
    if tested is None:
        raise ModelNotAdmittedError(version=model.version, why=NO_TEST)
    chance = float(model.chances([signs])[0])
    if chance < model.cut:
        return None
    right, rules = (round(100 * tested.learners.method(code).precision.value) for code in ("model", "rules"))
    listed = [words_of_feature(name) for name in model.weighs_most(signs)]
    features = Text(", ".join(one.en for one in listed), "、".join(one.zh for one in listed)) if listed else NO_SINGLE
    told = min(99, max(1, round(100 * chance)))
    return SupportReason(
        rule=SupportRule(
            code="model", version=model.version, says=NAME, unit=CHANCE, threshold=round(100 * model.cut, 1),
            strong=round(100 * model.cut, 1), source=SOURCE.filled(right=right, rules=rules), tested=True,
        ),
        says=SAYS.filled(n=model.n_cases, chance=told, event=model.event, features=features),
        numbers=(SupportNumber(code="chance", says=CHANCE, value=told),),
        against=(AGAINST.filled(wrong=100 - right),),
        strong=True,
    )  # fmt: skip
