"""The six parts of what is said of an own work, and of a score out of a learning tool."""

from __future__ import annotations

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from yucai.web.evidence.showing import WorkView
from yucai.web.explaining import VERSION, Explanation

__all__ = ["explained_score", "explained_work"]


def explained_work(work: WorkView) -> Explanation:
    """Return the six parts of how strong a work is as evidence, and of the decision on it."""
    reasons = [work.strength_reason]
    if work.decided_by:
        decided = _("%(state)s by %(who)s") % {"state": capfirst(work.state_name), "who": work.decided_by}
        reasons.append(f"{decided}{_(': ')}{work.reason}" if work.reason else decided)
    rated = _("Rating: %(rating)s") % {"rating": work.rating} if work.rating else ""
    return Explanation(
        data=_("What the student put in: “%(title)s”, finished %(day)s, proof: %(proof)s.")
        % {"title": work.title, "day": f"{work.done_on:%Y-%m-%d}", "proof": work.proof},
        method=_(
            "Strength: a rule of Yucai %(version)s, untested. The decision and the rating are a named person's, by the "
            "rubric of the nine qualities."
        )
        % {"version": VERSION},
        reasons=" ".join(part for part in (*reasons, rated) if part),
        change=_("A decision by a named person, or proof that is harder to fake.")
        if work.waiting
        else _("A corrected version, a decision that is taken back, or a request that is upheld."),
        sure=_("As evidence: %(strength)s. That says how easily it could be faked, not how good it is.")
        % {"strength": work.strength_name},
        objection=_("Nothing is decided yet: the student can withdraw it or put in a corrected version.")
        if work.waiting
        else _("The student objects to the decision on this page; somebody who had no part in it answers."),
    )  # fmt: skip


def explained_score(*, source: str, mapped: str) -> Explanation:
    """Return the six parts of a score that was read out of a statement of a learning tool."""
    return Explanation(
        data=_("One statement that “%(source)s” sent, shown here word for word.") % {"source": source},
        method=_("Written mapping of Yucai %(version)s from statements to scores; it copies and judges nothing.")
        % {"version": VERSION},
        reasons=_("The tool told this result, and it counts as: %(mapped)s") % {"mapped": mapped},
        change=_("The tool takes the statement back or sends another, or a request is upheld."),
        sure=_("As sure as the tool is: it is not known here who sat before it."),
        objection=_("The student asks for a correction or objects at this score in the portrait."),
    )
