"""What is said of value added: its findings, what cannot be told, and the six parts of its explanation."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from yucai.governance import NOT_CAUSED, AddedPlace
from yucai.web.explaining import Explanation
from yucai.web.governance.added_models import AddedRun
from yucai.web.governance.added_scores import Scored, scored_of
from yucai.web.governance.added_showing import AddedView, said_of

__all__ = ["called_run", "explained_added", "findings_of_added", "named", "range_said"]


def named(scored: Scored) -> str:
    """Return a score as the page names it."""
    name = said_of(scored.name)
    return f"{name} · {scored.occasion}" if scored.occasion else name


def called_run(run: AddedRun) -> str:
    """Return how a run stands in a list of several."""
    return f"{named(scored_of(run.now))}, {run.get_kind_display()}, {localtime(run.at):%Y-%m-%d %H:%M}"


def range_said(view: AddedView) -> str:
    """Return the range of reliabilities in words."""
    run = view.run
    if run.lowest == run.highest:
        return f"{run.lowest:g}"
    return _("%(low)s to %(high)s") % {"low": f"{run.lowest:g}", "high": f"{run.highest:g}"}


def findings_of_added(view: AddedView) -> Iterator[str]:
    """Yield what a director should know first of a run."""
    sizes = {place: len(view.within(place)) for place in AddedPlace}
    yield _(
        "Of %(all)d groups, %(above)d lie above and %(below)d below what earlier scores let one expect, with the whole "
        "interval, at every reliability of the earlier scores looked at (%(range)s). Of the others that cannot be said."
    ) % {"all": view.n_groups, "above": sizes[AddedPlace.ABOVE], "below": sizes[AddedPlace.BELOW],
         "range": range_said(view)}  # fmt: skip
    if sizes[AddedPlace.HANGS]:
        yield ngettext(
            "%(n)d group hangs on a number that nobody here knows: at one reliability it stands out, at another it "
            "does not.",
            "%(n)d groups hang on a number that nobody here knows: at one reliability they stand out, at another they "
            "do not.",
            sizes[AddedPlace.HANGS],
        ) % {"n": sizes[AddedPlace.HANGS]}
    yield _("Of all pairs of groups, %(pairs)d %% can be told apart over the whole range.") % {
        "pairs": round(100 * view.run.result["pairs_apart"])
    }
    told = [one for one in view.groups if one.told]
    if told:
        best = max(told, key=lambda one: one.raw or 0.0)
        if best.place is not AddedPlace.ABOVE:
            yield _(
                "The group with the highest mean score (%(name)s, %(mean).1f %%) is not among those above what was "
                "expected: it began high."
            ) % {"name": best.name, "mean": best.raw}
    if view.left_out:
        yield _left_out(view)


def _left_out(view: AddedView) -> str:
    left = view.run.result["left_out"]
    return _(
        "Left out, of those with a score now: %(earlier)d without an earlier score, %(group)d in no group or in "
        "several, %(small)d in groups of fewer than %(k)d. If those differ from the others, so would the figures."
    ) % {"earlier": left["no-earlier"], "group": left["no-group"], "small": left["small-group"], "k": view.min_cell}


def explained_added(view: AddedView) -> Explanation:
    """Return the six parts of what value added says of groups."""
    run = view.run
    return Explanation(
        data=_("“%(now)s” of %(n)d people in %(groups)d groups, set against %(prior)s; worked out %(day)s. Scores of "
               "several raters count as their mean.")
        % {"now": named(view.now), "n": run.result["people"], "groups": view.n_groups,
           "prior": _(" and ").join(f"“{named(one)}”" for one in view.prior), "day": f"{localtime(run.at):%Y-%m-%d}"},
        method=_(
            "Linear model of the score on the earlier scores with an effect of each group, fitted by restricted "
            "maximum likelihood. Earlier scores are replaced by what is expected of the true ones at "
            "reliabilities of %(range)s; Yucai %(version)s."
        )
        % {"range": range_said(view), "version": run.result["version"]},
        reasons=_(
            "A group stands above or below only if its whole interval does at every reliability of the range. Groups "
            "are drawn towards what was expected as far as the scores are uncertain; there are no ranks."
        ),
        change=_(
            "Earlier scores whose reliability is known from the report of their test would narrow the range; more "
            "people in a group would narrow its interval; a second earlier score would take more of the intake out."
        ),
        sure=_(
            "Nine times in ten the interval holds, if the model does and the true reliability lies inside the range. "
            "It takes the variance components as known: with few groups it is a little too narrow."
        )
        + " "
        + said_of(NOT_CAUSED),
        objection=_(
            "Say what is wrong to the director or to institutional research; the run can be worked out anew or "
            "removed. No decision about a teacher or a school may rest on it alone."
        ),
    )  # fmt: skip
