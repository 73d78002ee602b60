"""The priority list: with whom to talk soon and why, from written rules over counted work.

The list proposes a talk and nothing else. It has bands and no places, it takes nothing away from anybody, and where
nothing was due yet it says that too little is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Final

from yucai.matching.support_doubts import doubts_about
from yucai.matching.support_given import SupportDataError, SupportSigns
from yucai.matching.support_model import NO_TEST, ModelNotAdmittedError, SupportModel, reason_of_model
from yucai.matching.support_reasons import SupportReason, reasons_of
from yucai.matching.support_rules import SUPPORT_RULES, SUPPORT_RULES_VERSION, SupportBand, SupportRule
from yucai.matching.support_tested import Drift
from yucai.matching.support_words import step_of, what_was_not_counted, words_against, words_of_abstention
from yucai.texts import Text

__all__ = ["Abstention", "SupportEntry", "SupportList", "support_entry", "support_list"]

TWO_LEARNERS: Final = Text(
    "Learner {learner} came twice; give the signs of each learner once.",
    "学生 {learner} 出现两次；每名学生只提供一次。",
)
TWO_DAYS: Final = Text(
    "The list is of {as_of}, and what is given of learner {learner} of {other}; count everybody up to the same day.",
    "名单日期为 {as_of}，学生 {learner} 的记录截至 {other}；请把所有学生统计到同一天。",
)
OTHER_DRIFT: Final = Text("what was watched is model {other}.", "所监测的是模型 {other}。")


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportEntry:
    """One learner on the list: a band, the reasons, what speaks against them, and what may be done.

    ``reasons`` come in the order of the rules. ``contrary`` is everything that speaks against the reasons, each thing
    once; pages show it before the reasons. ``step`` is a suggestion to a person, and sets nothing off.
    """

    learner: str
    band: SupportBand
    reasons: tuple[SupportReason, ...]
    contrary: tuple[Text, ...]
    step: Text
    last_contact: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Abstention:
    """That nothing is said of a learner because too little is known, and what is missing. It is no bad sign."""

    learner: str
    why: Text
    last_contact: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportList:
    """The list of one day.

    ``entries`` come by band, and inside a band by the reference of the learner, which says nothing about them.
    ``clear`` are the learners of whom something is known and nothing stands out. ``not_counted`` says what was left
    out of the counts, in sentences. Every learner given is in exactly one of ``entries``, ``abstained``, ``clear``.
    ``version`` is of the rules, ``model`` the version of the model that spoke too, or nothing. ``doubts`` say what
    speaks against the list as a whole, in sentences.
    """

    as_of: date
    version: str
    model: str
    entries: tuple[SupportEntry, ...]
    abstained: tuple[Abstention, ...]
    clear: tuple[str, ...]
    not_counted: tuple[Text, ...]
    doubts: tuple[Text, ...] = ()

    @property
    def n_abstained(self) -> int:
        """Of how many learners nothing is said."""
        return len(self.abstained)

    @property
    def n_learners(self) -> int:
        """How many learners were looked at."""
        return len(self.entries) + len(self.abstained) + len(self.clear)

    def band(self, band: SupportBand) -> tuple[SupportEntry, ...]:
        """Return the entries of one band."""
        return tuple(entry for entry in self.entries if entry.band is band)


def support_list(
    signs: Iterable[SupportSigns],
    *,
    as_of: date,
    rules: Sequence[SupportRule] = SUPPORT_RULES,
    model: SupportModel | None = None,
    drift: Drift | None = None,
) -> SupportList:
    """Return the priority list of one day.

    Each learner is judged by the own signs alone; who else is on the list, and in which order they are given, changes
    nothing. A learner comes into the band "talk within a fortnight" by one strong reason or by two reasons of which
    neither is about clicks, and into "keep in view" by one. Of whom nothing was due and no result is known, nothing is
    said.

    An admitted ``model`` adds a strong reason for whoever reaches its cut, and takes nobody off. A model that was not
    admitted is refused; one that ``drift`` switched off is not asked, and the list says so.
    """
    known = sorted(signs, key=lambda one: one.learner)
    _refuse_what_contradicts(known, as_of)
    _refuse_untested(model, drift)
    speaks = model if drift is None or not drift.off else None
    found = {one.learner: support_entry(one, rules=rules, model=speaks) for one in known}
    entries = [one for one in found.values() if isinstance(one, SupportEntry)]
    abstained = tuple(one for one in found.values() if isinstance(one, Abstention))
    order = {band: n for n, band in enumerate(SupportBand)}
    return SupportList(
        as_of=as_of,
        version=SUPPORT_RULES_VERSION,
        model=speaks.version if speaks is not None else "",
        entries=tuple(sorted(entries, key=lambda entry: (order[entry.band], entry.learner))),
        abstained=abstained,
        clear=tuple(learner for learner, one in found.items() if one is None),
        doubts=doubts_about(
            known,
            n_talk=sum(entry.band is SupportBand.TALK for entry in entries),
            n_abstained=len(abstained),
        ),
        not_counted=(*what_was_not_counted(known), *(drift.says if drift is not None and drift.off else ())),
    )


def support_entry(
    signs: SupportSigns, *, rules: Sequence[SupportRule] = SUPPORT_RULES, model: SupportModel | None = None
) -> SupportEntry | Abstention | None:
    """Return what a list says of one learner: an entry, an abstention, or None where nothing stands out."""
    if not signs.due and not signs.results:
        return Abstention(learner=signs.learner, why=words_of_abstention(signs), last_contact=signs.last_contact)
    reasons = reasons_of(signs, rules)
    learned = reason_of_model(model, signs) if model is not None else None
    if learned is not None:
        reasons = (*reasons, learned)
    if not reasons:
        return None
    against = [*(text for reason in reasons for text in reason.against), *words_against(signs)]
    return SupportEntry(
        learner=signs.learner,
        band=_band(reasons),
        reasons=reasons,
        contrary=tuple(dict.fromkeys(against)),
        step=step_of(signs, [reason.rule.code for reason in reasons]),
        last_contact=signs.last_contact,
    )


def _band(reasons: Sequence[SupportReason]) -> SupportBand:
    counting = [reason for reason in reasons if not reason.weak]
    if len(counting) >= 2 or any(reason.strong for reason in counting):
        return SupportBand.TALK
    return SupportBand.WATCH


def _refuse_untested(model: SupportModel | None, drift: Drift | None) -> None:
    if model is not None and model.tested is None:
        raise ModelNotAdmittedError(version=model.version, why=NO_TEST)
    if model is not None and drift is not None and drift.model != model.version:
        raise ModelNotAdmittedError(version=model.version, why=OTHER_DRIFT.filled(other=drift.model))


def _refuse_what_contradicts(signs: Sequence[SupportSigns], as_of: date) -> None:
    for one, after in pairwise(signs):
        if one.learner == after.learner:
            raise SupportDataError(what=TWO_LEARNERS.filled(learner=one.learner))
    for one in signs:
        if one.as_of != as_of:
            raise SupportDataError(what=TWO_DAYS.filled(as_of=as_of, learner=one.learner, other=one.as_of))
