"""What pages show of adaptive tests: how far somebody is, and what the answers say, with how much they do not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from yucai.measurement import EnoughRule
from yucai.texts import signed
from yucai.web.accounts.models import Person
from yucai.web.drawing import QualityRow, quality_dots
from yucai.web.explaining import Explanation
from yucai.web.measurement.adaptive_models import AdaptiveSitting, AdaptiveTestRecord
from yucai.web.measurement.adaptive_planning import Foretold
from yucai.web.measurement.adaptive_sittings import sittings, standing_of
from yucai.web.measurement.adaptive_tests import ready_test
from yucai.web.measurement.explained import explained_sitting
from yucai.web.measurement.portrait_charts import dot_labels
from yucai.web.measurement.wording import place_sentence, quality_name

__all__ = ["QualityResult", "SittingResult", "SittingRow", "foretold_lines", "result_of", "rows_of", "state_words"]

WIDE, NARROW = 720, 360


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityResult:
    """One quality of a result: its place as it is written, or what is missing."""

    name: str
    questions: int
    place: str
    sentence: str
    why_not: str

    @property
    def enough(self) -> bool:
        """Whether there is enough to show a place."""
        return not self.why_not


@dataclass(frozen=True, slots=True, kw_only=True)
class SittingResult:
    """What the answers of one test say of one person."""

    qualities: tuple[QualityResult, ...]
    why_ended: str
    chart_wide: str
    chart_narrow: str
    chart_says: str
    explained: Explanation


@dataclass(frozen=True, slots=True, kw_only=True)
class SittingRow:
    """One person in the list of a test."""

    person: Person
    state: str
    n_answers: int
    qualities: tuple[QualityResult, ...]


def state_words(sitting: AdaptiveSitting) -> str:
    """Return how far a sitting is, in words."""
    if sitting.ended_at is not None:
        return _("done")
    if sitting.began_at is None:
        return _("not begun") if sitting.test.closed_at is None else _("closed before it was begun")
    words = ngettext("%(n)d question answered", "%(n)d questions answered", sitting.n_answers) % {
        "n": sitting.n_answers
    }
    return words if sitting.test.closed_at is None else _("closed: %(words)s") % {"words": words}


def result_of(sitting: AdaptiveSitting) -> SittingResult:
    """Return what the answers so far say, and why the test ended."""
    qualities, rows = _qualities(sitting)
    says = " ".join(f"{one.name}: {one.sentence or one.why_not}" for one in qualities)
    labels = dot_labels(_("Places with 90 % intervals, from the answers of this test alone"), says)
    why_ended = _why_ended(sitting)
    return SittingResult(
        qualities=qualities,
        why_ended=why_ended,
        chart_wide=quality_dots(rows, width=WIDE, labels=labels),
        chart_narrow=quality_dots(rows, width=NARROW, labels=labels),
        chart_says=says,
        explained=explained_sitting(sitting, why_ended=why_ended, said=says),
    )


def rows_of(record: AdaptiveTestRecord) -> tuple[SittingRow, ...]:
    """Return everybody who takes a test, by number."""
    return tuple(
        SittingRow(
            person=sitting.person,
            state=state_words(sitting),
            n_answers=sitting.n_answers,
            qualities=_qualities(sitting)[0] if sitting.n_answers else (),
        )
        for sitting in sittings().filter(test=record).order_by("person__code")
    )


def foretold_lines(told: Foretold) -> tuple[str, ...]:
    """Return what a test would do, in words."""
    language, mark = translation.get_language() or "en", _(", ")
    places = mark.join(f"{quality_name(q, language)} ± {1.645 * se:.1f}" for q, se in told.std_errors.items())
    lines = [
        _("%(mean).0f questions a person on average; nine in ten need at most %(most)d.")
        % {"mean": told.mean_length, "most": told.length90},
        _("How surely each place would be known, nine times in ten: %(places)s.") % {"places": places},
        _("%(share)d %% of the people reach the precision before the most questions.")
        % {"share": round(100 * told.settled)},
        _("The question that is asked most is seen by %(share)d %% of the people.")
        % {"share": round(100 * told.most_seen)},
    ]
    return tuple(lines)


def _qualities(sitting: AdaptiveSitting) -> tuple[tuple[QualityResult, ...], list[QualityRow]]:
    language, rule = translation.get_language() or "en", EnoughRule()
    standing, asked = standing_of(sitting), _asked(sitting)
    results, rows = [], []
    for k, quality in enumerate(standing.qualities):
        mean, low, high = (float(ends[k]) for ends in (standing.mean, standing.lower90, standing.upper90))
        n, name = asked.get(quality, 0), quality_name(quality, language)
        missing = rule.why_not(n, float(standing.std_error[k]))
        enough = missing is None
        results.append(
            QualityResult(
                name=name,
                questions=n,
                place=f"{signed(mean)} [{signed(low)}, {signed(high)}]" if enough else "",
                sentence=place_sentence(float(np.round(low, 1)), float(np.round(high, 1))) if enough else "",
                why_not=missing.in_language(language) if missing is not None else "",
            )
        )
        note = ngettext("%(n)d question", "%(n)d questions", n) % {"n": n}
        shown = (mean, low, high) if enough else (None, None, None)
        rows.append(
            QualityRow(
                name=name,
                layer="",
                mean=shown[0],
                lower=shown[1],
                upper=shown[2],
                enough=enough,
                note=note if n else "",
            )
        )
    return tuple(results), rows


def _asked(sitting: AdaptiveSitting) -> Mapping[str, int]:
    """Return how many questions of each quality were answered."""
    test = ready_test(sitting.test).test
    codes = sitting.answers.values_list("question__item__code", flat=True)
    return Counter(test.item(code).quality for code in codes)


def _why_ended(sitting: AdaptiveSitting) -> str:
    if sitting.ended_at is None:
        return _("It is not finished: this is what the answers so far say.")
    return {
        "settled": _("It ended because each place was known as surely as was asked for."),
        "length": _("It ended after the most questions; what is not sure enough is said to be so."),
        "empty": _("It ended because no question was left that may be asked."),
    }[sitting.why_ended]
