"""The six parts of what a calibration says of a person, on every page that shows it."""

from __future__ import annotations

from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from yucai.measurement import EnoughRule
from yucai.web.explaining import VERSION, Explanation
from yucai.web.measurement.adaptive_models import AdaptiveSitting
from yucai.web.measurement.models import CalibrationRun

__all__ = [
    "explained_numbers",
    "explained_quality",
    "explained_raters",
    "explained_sitting",
    "explained_test",
    "model_of",
]


def model_of(run: CalibrationRun | None) -> str:
    """Return by which model numbers were computed, when and from how much."""
    if run is None:
        return _("No profile is computed now, so no model speaks. What is shown are the records themselves.")
    facts = {"version": VERSION, "at": f"{localtime(run.at):%Y-%m-%d %H:%M}", "n": run.responses,
             "map": run.evidence_map, "edition": run.evidence_map_version}  # fmt: skip
    return (
        _(
            "Statistical model (item response theory), Yucai %(version)s, computed %(at)s from %(n)d scores by the "
            "evidence map %(map)s %(edition)s."
        )
        % facts
    )


def explained_quality(
    *, name: str, sentence: str, place: str, missing: str, pieces: int, kinds: str, method: str
) -> Explanation:
    """Return the six parts of one value. Without enough evidence ``place`` is empty, and ``missing`` says why."""
    counted = ngettext("%(n)d piece of evidence", "%(n)d pieces of evidence", pieces) % {"n": pieces}
    rests = _("%(counted)s of this person alone (%(kinds)s), listed here with source, date and rater.")
    return Explanation(
        data=rests % {"counted": counted, "kinds": kinds} if kinds else _("No evidence of this quality is on record."),
        method=method,
        reasons=_("%(name)s: %(sentence)s") % {"name": name, "sentence": sentence},
        change=missing or _changed(),
        sure=_("Nine times in ten the true place lies in the interval: %(place)s.") % {"place": place}
        if place
        else _("Not sure enough to say anything; grey is never low."),
        objection=_objection(),
    )


def explained_numbers(run: CalibrationRun | None) -> Explanation:
    """Return the six parts of the numbers of a page that shows several of them, or several people."""
    rule = EnoughRule()
    facts = {"n": rule.min_evidence, "share": round(100 * rule.min_reliability)}
    return Explanation(
        data=_("The person's own evidence, on the screen with source, date and rater."),
        method=model_of(run),
        reasons=_(
            "Scores, by how hard tasks and how strict raters are. There is no total: the qualities are a language for "
            "talks, not a formula."
        ),
        change=_changed(),
        sure=_(
            "As sure as the interval is narrow. Grey: not enough evidence (at least %(n)d pieces and a reliability of "
            "%(share)d %%), never low."
        )
        % facts,
        objection=_objection(),
    )


def explained_sitting(sitting: AdaptiveSitting, *, why_ended: str, said: str) -> Explanation:
    """Return the six parts of what the answers of one test say of one person."""
    n = ngettext("%(n)d answer", "%(n)d answers", sitting.n_answers) % {"n": sitting.n_answers}
    day = f"{localtime(sitting.began_at):%Y-%m-%d}" if sitting.began_at is not None else "–"
    data = _("%(n)s to this test, begun %(day)s, and nothing else.") % {"n": n, "day": day}
    return _of_test(data=data, fingerprint=sitting.test.fingerprint, reasons=" ".join((why_ended, said)))


def explained_test(fingerprint: str) -> Explanation:
    """Return the six parts of the results of everybody who takes a test."""
    return _of_test(
        data=_("Each person's answers to this test, and nothing else."),
        fingerprint=fingerprint,
        reasons=_("Which questions were answered rightly, and how hard each of them is."),
    )


def explained_raters(*, n_works: int) -> Explanation:
    """Return the six parts of what is said of the raters of a round."""
    works = ngettext("%(n)d work", "%(n)d works", n_works) % {"n": n_works}
    return Explanation(
        data=_("The levels that the raters of this round handed in, on %(works)s; nothing else about them.")
        % {"works": works},
        method=_("Comparison of raters of Yucai %(version)s: the works that several rated.") % {"version": VERSION},
        reasons=_("How much lower or higher somebody rated than the others on the same works."),
        change=_("More works rated in common, or a mark that is taken back."),
        sure=_("Each size has its 90 % interval; “cannot tell yet” is a normal answer."),
        objection=_("A rater speaks to the director, who sees this page alone; it enters no appraisal of staff."),
    )


def _of_test(*, data: str, fingerprint: str, reasons: str) -> Explanation:
    method = _("Adaptive test of Yucai %(version)s: bank, plan and questions as they were opened, mark %(mark)s.")
    return Explanation(
        data=data,
        method=method % {"version": VERSION, "mark": fingerprint},
        reasons=reasons,
        change=_("The answers stand. The portrait takes them with all other evidence when it is next computed."),
        sure=_("Nine times in ten the true place lies in its interval; grey is not sure enough, never low."),
        objection=_("At each answer and each quality of the portrait the student can ask for a correction or object; "
                    "somebody who had no part in it answers."),
    )  # fmt: skip


def _changed() -> str:
    return _("New or corrected evidence, from the next computing on.")


def _objection() -> str:
    return _("At a quality or a score of the portrait; somebody who had no part in it answers, and an appeal is open.")
