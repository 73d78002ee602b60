"""From answers and the concepts that items need to who has mastered what."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from yucai.evidence import Responses
from yucai.measurement.diagnosis.asking import Asked, asked_of
from yucai.measurement.diagnosis.checks import accuracy_of, covariance_of, explained_by, wald_against_dina
from yucai.measurement.diagnosis.classes import ClassFit, fit_classes, patterns_of
from yucai.measurement.diagnosis.results import (
    ConceptAccuracy,
    DiagnosedItem,
    Diagnosis,
    DiagnosisModel,
    MasteryRule,
    QSuggestion,
)
from yucai.texts import Text

__all__ = ["diagnose"]

Array = npt.NDArray[np.float64]
EXPLAINS_ENOUGH: Final = 0.95  # of the variance over patterns; the usual cut of the PVAF
FEW_ITEMS: Final = 3
FEW_PER_PATTERN: Final = 5
ALIKE: Final = Text(
    "{item}: everybody answered alike; it tells nothing and was left out.",
    "{item}：所有人作答结果相同，不提供信息，已略去。",
)
NEVER: Final = Text("{item}: nobody answered it.", "{item}：没有任何作答。")
NOT_CONVERGED: Final = Text(
    "The search ended without settling; read all its numbers with care.", "迭代未能收敛，全部数值须谨慎使用。"
)
THIN: Final = Text(
    "{concept}: only {n} items need it; with fewer than {least} the chances of its items rest on little.",
    "{concept}：只有 {n} 个题目涉及；少于 {least} 个时，相关概率依据不足。",
)
FEW: Final = Text(
    "{n} learners for {patterns} patterns of mastery are few; take fewer concepts, or more learners.",
    "{n} 名学习者对应 {patterns} 种掌握模式，人数偏少；请减少知识点或增加人数。",
)


def diagnose(
    responses: Responses,
    concepts: Mapping[str, Sequence[str]],
    *,
    model: DiagnosisModel = DiagnosisModel.G_DINA,
    right_from: float | None = None,
    rule: MasteryRule | None = None,
    report: Callable[[float], None] | None = None,
) -> Diagnosis:
    r"""Return which concepts each unit (learner in an occasion) has mastered, and how surely.

    ``concepts`` says which concepts each item needs (the Q-matrix). A pattern of mastery is one of 2^K; under G-DINA
    (de la Torre 2011) an item has a chance of a right answer for each set of its concepts, under DINA (Junker and
    Sijtsma 2001) two: with all of them 1 - slip, otherwise that of guessing. Chances and the shares of all patterns by
    EM (marginal maximum likelihood), errors from the outer product of scores. Answers are right or wrong: full marks,
    or a share of at least ``right_from``. With each diagnosis come accuracy and consistency of classification, a Wald
    test of each item (G-DINA: does it need more than DINA?) and suggestions for the Q-matrix. Raises FaultyInputError
    with every fault: items without concepts, concepts that no item needs alone, scores in between, answers twice.
    """
    asked = asked_of(responses, concepts, right_from=right_from)
    groups = _groups(asked.needed, model)
    found = fit_classes(asked.answers, asked.needed, groups, told=report)
    accuracy, consistency, of_pattern = accuracy_of(found, len(asked.concepts))
    mastered = patterns_of(len(asked.concepts)).astype(np.float64)
    share = found.shares @ mastered
    return Diagnosis(
        model=model,
        units=asked.units,
        concepts=asked.concepts,
        items=_items(asked, found, model),
        probability=found.posterior @ mastered,
        n_evidence=(asked.answers.seen @ asked.needed).astype(np.int64),
        shares=found.shares,
        accuracy=tuple(
            ConceptAccuracy(
                concept=name, share=float(share[k]), accuracy=float(accuracy[k]), consistency=float(consistency[k])
            )
            for k, name in enumerate(asked.concepts)
        ),
        pattern_accuracy=of_pattern,
        suggestions=_suggestions(asked, found),
        log_likelihood=found.log_likelihood,
        n_parameters=sum(len(one) for one in found.chances) + len(found.shares) - 1,
        converged=found.converged,
        left_out=asked.alike,
        notices=_notices(asked, found),
        rule=rule or MasteryRule(),
    )


def _groups(needed: npt.NDArray[np.bool_], model: DiagnosisModel) -> list[npt.NDArray[np.int64]]:
    """Return for each item which group each pattern falls into; group g masters the needed concepts of its bits."""
    mastered = patterns_of(needed.shape[1])
    if model is DiagnosisModel.DINA:
        return [np.asarray(mastered[:, own].all(axis=1), dtype=np.int64) for own in needed]
    return [_numbered(mastered[:, own]) for own in needed]


def _numbered(bits: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    numbers: npt.NDArray[np.int64] = (bits * 2 ** np.arange(bits.shape[1], dtype=np.int64)).sum(axis=1)
    return numbers


def _items(asked: Asked, found: ClassFit, model: DiagnosisModel) -> tuple[DiagnosedItem, ...]:
    items = []
    for j, covariance in enumerate(covariance_of(asked.answers, found)):
        own = tuple(name for name, needs in zip(asked.concepts, asked.needed[j], strict=True) if needs)
        chances, full = found.chances[j], model is DiagnosisModel.G_DINA
        bits = patterns_of(len(own)) if full else np.array([[False] * len(own), [True] * len(own)])
        tested = wald_against_dina(chances, covariance) if full else None
        turn = _effects(len(own)) if full else np.array([[1.0, 0.0], [-1.0, 1.0]])
        items.append(
            DiagnosedItem(
                item=asked.items[j],
                concepts=own,
                sets=tuple(tuple(np.array(own)[row].tolist()) for row in bits),
                chances=tuple(map(float, chances)),
                std_errors=tuple(map(float, np.sqrt(np.diag(covariance)))),
                effects=tuple(map(float, turn @ chances)),
                effect_std_errors=tuple(map(float, np.sqrt(np.diag(turn @ covariance @ turn.T)))),
                wald=tested[0] if tested else None,
                wald_df=tested[1] if tested else 0,
                wald_p=tested[2] if tested else None,
                n_responses=int(asked.answers.seen[:, j].sum()),
            )
        )
    return tuple(items)


def _effects(n: int) -> Array:
    """Return what turns chances of sets into effects: the chance is the sum of the effects of all subsets."""
    one, turn = np.array([[1.0, 0.0], [-1.0, 1.0]]), np.ones((1, 1))
    for _ in range(n):
        turn = np.kron(one, turn)
    return turn


def _suggestions(asked: Asked, found: ClassFit) -> tuple[QSuggestion, ...]:
    """Return the items whose answers hang on other concepts than declared.

    Doubted is an item whose concepts explain too little of the variance over patterns, or of which fewer would explain
    enough. A wrongly declared item pulls the patterns its own way; so doubted items are fitted anew, all of them free
    to need everything, and each is given the concepts that Schwarz's criterion prefers.
    """
    doubted = _doubted(asked.needed, explained_by(asked.answers, found))
    if not doubted:
        return ()
    free = [np.arange(len(found.shares)) if j in doubted else group for j, group in enumerate(found.groups)]
    needed = asked.needed.copy()
    needed[doubted] = True
    explained = explained_by(asked.answers, fit_classes(asked.answers, needed, free))
    names, said = np.array(asked.concepts), []
    for j in doubted:
        own, best = asked.needed[j], _preferred(asked, needed, free, j)
        if (own != best).any():
            said.append(
                QSuggestion(
                    item=asked.items[j], declared=tuple(names[own].tolist()), suggested=tuple(names[best].tolist()),
                    declared_explains=float(explained[j, _column(own)]),
                    suggested_explains=float(explained[j, _column(best)]),
                )
            )  # fmt: skip
    return tuple(said)


def _doubted(needed: npt.NDArray[np.bool_], explained: Array) -> list[int]:
    sizes, found = patterns_of(needed.shape[1]).sum(axis=1), []
    for j, own in enumerate(needed):
        fewest = sizes[explained[j] >= EXPLAINS_ENOUGH].min()
        if explained[j, _column(own)] < EXPLAINS_ENOUGH or fewest < own.sum():
            found.append(j)
    return found


def _preferred(
    asked: Asked, needed: npt.NDArray[np.bool_], free: Sequence[npt.NDArray[np.int64]], j: int
) -> npt.NDArray[np.bool_]:
    """Return the concepts of one item that Schwarz's criterion prefers, found one after the other."""
    mastered, n = patterns_of(needed.shape[1]), asked.units.height
    now, height = np.zeros(needed.shape[1], dtype=bool), np.inf
    while not now.all():
        tried = []
        for k in np.flatnonzero(~now):
            more = now.copy()
            more[k] = True
            groups = [_numbered(mastered[:, more]) if i == j else group for i, group in enumerate(free)]
            own = needed.copy()
            own[j] = more
            fit = fit_classes(asked.answers, own, groups)
            tried.append((-2.0 * fit.log_likelihood + float(np.log(n)) * 2 ** int(more.sum()), int(k), more))
        lowest, _, best = min(tried, key=lambda one: one[:2])
        if lowest >= height:
            break
        now, height = best, lowest
    return now


def _column(own: npt.NDArray[np.bool_]) -> int:
    return int(own @ (2 ** np.arange(len(own))))


def _notices(asked: Asked, found: ClassFit) -> tuple[Text, ...]:
    said = [] if found.converged else [NOT_CONVERGED]
    said += [ALIKE.filled(item=item) for item in asked.alike]
    said += [NEVER.filled(item=item) for item in asked.never]
    for name, n in zip(asked.concepts, asked.needed.sum(axis=0), strict=True):
        if n < FEW_ITEMS:
            said.append(THIN.filled(concept=name, n=n, least=FEW_ITEMS))
    if asked.units.height < FEW_PER_PATTERN * len(found.shares):
        said.append(FEW.filled(n=asked.units.height, patterns=len(found.shares)))
    return tuple(said)
