"""How the raters of closed rounds stand to each other, whether somebody changed, and how far they agree."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import polars as pl
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from yucai.evidence import RatingPlan, Responses
from yucai.measurement import (
    Agreement,
    DriftReport,
    Level,
    NothingToCompareError,
    StandingReport,
    StandingVerdict,
    krippendorff_alpha,
    rater_drift,
    rater_standings,
)
from yucai.web.accounts.models import Account
from yucai.web.drawing import IntervalRow, interval_dots
from yucai.web.evidence.rating_models import RatingRoundRecord
from yucai.web.evidence.rating_planning import called, origin_of, rubric_of
from yucai.web.evidence.rating_rounds import round_so_far
from yucai.web.measurement.portrait_charts import dot_labels

__all__ = ["AgreementRow", "RatersView", "earlier_rounds", "raters_of"]

WIDE, NARROW = 720, 360
MOST_ROUNDS: Final = 4
FEWEST_WORKS: Final = 10  # with fewer, drawing works again says too little of how sure alpha is
WIDEST: Final = 0.5  # an interval of alpha as wide as this leaves good and poor agreement both possible


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementRow:
    """How far raters agree on one criterion; ``alpha`` is empty where it cannot be told yet, and ``why`` says so."""

    criterion: str
    alpha: str
    interval: str
    n_works: int
    why: str
    value: float | None = None
    ends: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RatersView:
    """All that the page of a round's raters says, in the language that was active when it was formed."""

    standings: tuple[str, ...]
    drift: tuple[str, ...]
    drift_note: str
    agreement: tuple[AgreementRow, ...]
    agreement_note: str
    chart_wide: str
    chart_narrow: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rated:
    """The ratings of one closed round: a work stands for its learner, the round for the term, a name for the rater."""

    record: RatingRoundRecord
    plan: RatingPlan
    responses: Responses
    common: tuple[str, ...]

    @property
    def rated_by_several(self) -> set[str]:
        """The common works that more than one rater rated."""
        table = self.responses.table.filter(pl.col("learner").is_in(self.common))
        counted = table.group_by("learner").agg(pl.col("rater").n_unique())
        return set(counted.filter(pl.col("rater") > 1)["learner"])


def earlier_rounds(record: RatingRoundRecord) -> list[RatingRoundRecord]:
    """Return the closed rounds before this one, by the same version of the rubric, newest first."""
    same = RatingRoundRecord.objects.filter(
        space=record.space_id, rubric=record.rubric, rubric_version=record.rubric_version, closed_at__isnull=False
    )
    return list(same.filter(closed_at__lte=record.closed_at).exclude(pk=record.pk).order_by("-closed_at"))


def raters_of(record: RatingRoundRecord, *, earlier: RatingRoundRecord | None) -> RatersView:
    """Return how the raters of a closed round stand, compared with an earlier one where that is given."""
    history = [one for one in earlier_rounds(record) if one != earlier][: MOST_ROUNDS - 2]
    records = sorted([*history, *([earlier] if earlier else []), record], key=lambda one: (one.closed_at, one.pk))
    names = called(Account.objects.filter(rating_seats__round__in=records).distinct(), language=_language())
    rated = [_rated(one, names) for one in records]
    reports = [rater_standings(one.responses, common=one.common, occasion=one.record.name) for one in rated]
    drift, note = _drift(next((one for one in rated if one.record == earlier), None), rated[-1])
    agreement = _agreement(rated[-1])
    reasons = {row.why for row in agreement}
    standings = reports[-1].in_language(_language()).split("\n") if reports[-1].raters else []
    return RatersView(
        standings=tuple(standings),
        drift=tuple(drift.in_language(_language()).split("\n")) if drift is not None else (),
        drift_note=note,
        agreement=tuple(agreement),
        agreement_note=reasons.pop() if len(reasons) == 1 else "",
        chart_wide=_chart(rated, reports, WIDE),
        chart_narrow=_chart(rated, reports, NARROW),
        notes=_notes(reports[-1]),
    )


def _language() -> str:
    return translation.get_language() or "en"


def _rated(record: RatingRoundRecord, names: Mapping[str, str]) -> _Rated:
    state = round_so_far(record)
    keys = {work.learners[0]: _key(record, work.learners[0], work.code, origin_of(work)) for work in state.plan.works}
    table = state.ratings.table.filter(pl.col("learner").is_in(list(keys))).with_columns(
        learner=pl.col("learner").replace_strict(keys, default=None, return_dtype=pl.String),
        rater=pl.col("rater").replace(names),
        occasion=pl.lit(record.name),
    )
    common = tuple(keys[work.learners[0]] for work in state.plan.works if work.code in state.plan.common)
    return _Rated(record=record, plan=state.plan, responses=Responses.from_table(table), common=common)


def _key(record: RatingRoundRecord, learner: str, code: str, origin: tuple[int, str] | None) -> str:
    """Return how a work is called over rounds: one that is rated again keeps the name it had first."""
    return learner if origin is not None else f"again:{record.pk}:{code}"


def _drift(earlier: _Rated | None, now: _Rated) -> tuple[DriftReport | None, str]:
    """Return the drift between two rounds, or a sentence that says why it cannot be told."""
    if earlier is None:
        return None, _("Cannot tell yet: there is no earlier closed round by this rubric to compare with.")
    lacking = [one.record.name for one in (earlier, now) if not one.rated_by_several]
    if lacking:
        said = _("Cannot tell yet: no work that everybody was to rate has ratings of two raters in: %(names)s.")
        return None, said % {"names": ", ".join(lacking)}
    both = Responses.from_table(pl.concat([earlier.responses.table, now.responses.table]))
    common = sorted(earlier.rated_by_several | now.rated_by_several)
    report = rater_drift(both, common=common, occasions=[earlier.record.name, now.record.name])
    present = set(now.responses.table["rater"]) & set(earlier.responses.table["rater"])
    kept = tuple(drift for drift in report.raters if drift.rater in present)
    if not kept:
        return None, _("Cannot tell: nobody rated in both rounds.")
    return replace(report, raters=kept), ""


def _agreement(rated: _Rated) -> list[AgreementRow]:
    """Return, criterion by criterion, Krippendorff's alpha of levels as ranks over the works that several rated."""
    rows = []
    for criterion in rubric_of(rated.record).criteria:
        table = rated.responses.table.filter(pl.col("item") == criterion.code)
        units = table.group_by("learner", maintain_order=True).agg("score")["score"].to_list()
        name, n_works = criterion.name.in_language(_language()), sum(len(unit) > 1 for unit in units)
        found, why = None, _few(n_works)
        if not why:
            found, why = _alpha(units, seed=rated.record.pk)
        rows.append(
            AgreementRow(
                criterion=name,
                alpha=f"{found.value:.2f}" if found is not None else "",
                interval=f"{found.interval90[0]:.2f} – {found.interval90[1]:.2f}" if found is not None else "",
                n_works=n_works,
                why=why,
                value=found.value if found is not None else None,
                ends=found.interval90 if found is not None else None,
            )
        )
    return rows


def _few(n_works: int) -> str:
    if n_works >= FEWEST_WORKS:
        return ""
    said = _("cannot tell yet: fewer than %(n)d works rated by two or more")
    return said % {"n": FEWEST_WORKS}


def _alpha(units: Sequence[Sequence[float]], *, seed: int) -> tuple[Agreement | None, str]:
    try:
        found = krippendorff_alpha(units, level=Level.ORDINAL, rng=np.random.default_rng(seed))
    except NothingToCompareError:
        return None, _few(0)
    if not np.isfinite(found.value):
        return None, _("cannot tell: every level is the same")
    low, high = found.interval90
    if high - low > WIDEST:
        return None, _("cannot tell yet: anything from %(low)s to %(high)s is possible") % {
            "low": f"{low:.2f}".replace("-", "−"),
            "high": f"{high:.2f}".replace("-", "−"),
        }
    return found, ""


def _notes(report: StandingReport) -> tuple[str, ...]:
    notes = [
        _("Levels of the rubric; above 0 is stricter. The line is the 90 % interval: it holds the truth nine times in "
          "ten."),
        _("Everybody is compared with the others, so one strict rater makes all others look a little milder."),
        _("Strict or mild is neither right nor wrong: the calibration takes severities into account. The page is for "
          "talks on the anchors, not for judging raters."),
    ]  # fmt: skip
    if len(report.raters) == 2:
        notes.insert(
            1,
            _(
                "With two raters, the one is exactly as much stricter as the other is milder; whose doing a change is, "
                "only works that are rated again can tell."
            ),
        )
    return tuple(notes)


def _chart(rated: Sequence[_Rated], reports: Sequence[StandingReport], width: int) -> str:
    """Return the picture: rater by rater, one dot a round, oldest first."""
    now = {standing.rater for standing in reports[-1].raters} | set(rated[-1].responses.table["rater"])
    rows = [row for rater in sorted(now) for row in _rows(rater, rated, reports)]
    words = {
        "low": _("more lenient"),
        "middle": _("like the others"),
        "high": _("stricter"),
        "marked": _("clearly apart"),
        "not_enough": _("cannot tell yet"),
        "empty": _("Cannot tell yet: no common works were rated."),
    }
    base = dot_labels(_("Severity of the raters, round by round, with 90 % intervals"), _says(rows))
    return interval_dots(rows, width=width, labels=replace(base, **words))


def _rows(rater: str, rated: Sequence[_Rated], reports: Sequence[StandingReport]) -> Iterable[IntervalRow]:
    for one, report in zip(rated, reports, strict=True):
        found = next((standing for standing in report.raters if standing.rater == rater), None)
        took_part = rater in set(one.responses.table["rater"])
        if found is None and not took_part:
            continue
        told = found is not None and found.severity is not None and found.severity90 is not None
        n = found.n_works if found is not None else 0
        yield IntervalRow(
            name=f"{one.record.name} · {one.record.occasion}",
            group=rater,
            mean=found.severity if found is not None and told else None,
            lower=found.severity90[0] if found is not None and found.severity90 is not None else None,
            upper=found.severity90[1] if found is not None and found.severity90 is not None else None,
            enough=told,
            marked=found is not None
            and found.verdict in (StandingVerdict.STRICTER, StandingVerdict.MORE_LENIENT),
            note=ngettext("%(n)d work", "%(n)d works", n) % {"n": n},
        )  # fmt: skip


def _says(rows: Iterable[IntervalRow]) -> str:
    return " ".join(
        f"{row.group}, {row.name}: {row.mean:+.1f}." if row.mean is not None else f"{row.group}, {row.name}: –."
        for row in rows
    )
