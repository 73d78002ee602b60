"""Before rating starts: can this plan tell how severe each rater is, how surely, and what would have to change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from yucai.errors import Fault
from yucai.evidence.rating_plans import RatingPlan, RatingSeat, faults_of_seats
from yucai.evidence.rating_seating import linked_sets
from yucai.texts import Text

__all__ = [
    "DesignReport",
    "RaterOutlook",
    "RatingAssumptions",
    "check_design",
    "rating_information",
    "severity_std_errors",
]

Array = npt.NDArray[np.float64]

LINKS: Final = 2  # works by which a set that lies apart is linked: one alone may stay unrated
LARGEST_ERROR: Final = 0.35  # SD of all units; beyond, less than half of a severity's spread of 0.5 is found
MOST_LISTED: Final = 12

SAYS: Final = {
    "linked": Text(
        "The severities of all {n} rater{n:|s} can be compared: works in common link them.",
        "{n} 名评分人由共同评分的作品相连，其宽严可以相互比较。",
    ),
    "one": Text(
        "There is one rater; severity cannot be told from how hard the rubric is.",
        "只有一名评分人，无法区分其宽严与量规的难易。",
    ),
    "apart": Text(
        "Severities cannot be separated: no work is rated from both sides between {sets}. How severe one side is "
        "beside the other could only be assumed.",
        "各评分人的宽严无法区分：{sets} 之间没有共同评分的作品，一方相对另一方的宽严只能假定。",
    ),
    "bridge": Text(
        "Everything hangs on {rater}: without that one rater, the others fall apart into sets that share no work.",
        "全靠 {rater} 相连：缺此一人，其余评分人将分成互无共同作品的几组。",
    ),
    "change": Text(
        "Let {taker} also rate {works} of {giver}'s.",
        "请 {taker} 再评 {giver} 所评的 {works}。",
    ),
    "no-change": Text(
        "Nothing can link {raters} to the others: conflicts of interest and capacity stand against it. Ask a further "
        "rater, or agree on more works.",
        "{raters} 无法与其他人相连：受利益关系和可评件数所限。请增加评分人，或商定多评。",
    ),
    "no-change-conflict": Text(
        "Nothing can link {raters} to the others: conflicts of interest keep them from every work that the others "
        "rate, and the others from theirs. Ask a further rater who has none.",
        "{raters} 无法与其他人相连：双方所评作品均受利益关系所限，不能互评。请增加没有利益关系的评分人。",
    ),
    "no-change-capacity": Text(
        "Nothing can link {raters} to the others: nobody has room for further works. Agree on more.",
        "{raters} 无法与其他人相连：各人可评件数已满。请商定多评。",
    ),
    "rater": Text(
        "{rater}: {load} work{load:|s}, {shared} with others; severity known to ±{reach} (90 %)",
        "{rater}：{load} 件，其中 {shared} 件与他人共评；宽严可知至 ±{reach}（90%）",
    ),
    "rater-unknown": Text(
        "{rater}: {load} work{load:|s}, {shared} with others; severity cannot be told",
        "{rater}：{load} 件，其中 {shared} 件与他人共评；宽严无法得知",
    ),
    "thin": Text(
        "{rater} rates too few works for a severity to be told well (standard error {error}); about {needed} would do.",
        "{rater} 评的作品太少，宽严难以估准（标准误 {error}）；约 {needed} 件即可。",
    ),
    "scale": Text(
        "Severity in standard deviations of all learners, one quality at a time, if raters differ by {spread} and a "
        "criterion of {n_levels} level{n_levels:|s} discriminates by {discrimination}: an expectation, not a finding.",
        "宽严以全体学习者的标准差为单位，逐项素养计算；假定评分人之间宽严标准差为 {spread}，{n_levels} "
        "级评分项的区分度为 {discrimination}：这是预期，不是结果。",
    ),
    "no-works": Text("{raters} have no work to rate.", "{raters} 没有安排作品。"),
    "conflicts": Text(
        "Conflicts of interest noted: {n}. No rater got such a work.",
        "已登记 {n} 项利益关系，相关作品均未分给本人。",
    ),
    "more": Text("... and {n} more rater{n:|s}", "……另有 {n} 名评分人"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingAssumptions:
    """What is expected of ratings before there are any.

    ``n_criteria`` criteria speak of the same quality, each with ``n_levels``; they discriminate by ``discrimination``
    (logits per SD of units) and raters' severities spread by ``severity_sd`` (SD of units).
    """

    n_criteria: int = 1
    n_levels: int = 5
    discrimination: float = 1.0
    severity_sd: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class RaterOutlook:
    """What a plan lets know of one rater. ``std_error`` is None where severity cannot be told at all."""

    rater: str
    load: int
    n_shared: int
    std_error: float | None
    works_needed: int | None  # for a standard error of 0.35


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignReport:
    """Whether a plan separates raters' severities, how surely, what hangs on whom, and what to change.

    ``sets`` are the raters that works in common link, largest set first; ``bridges`` the raters without whom a set
    falls apart; ``changes`` the seats that would link the sets; ``cut_off`` the sets that nothing can link.
    """

    plan: str
    sets: tuple[tuple[str, ...], ...]
    bridges: tuple[str, ...]
    raters: tuple[RaterOutlook, ...]
    changes: tuple[RatingSeat, ...]
    cut_off: tuple[tuple[str, ...], ...]
    faults: tuple[Fault, ...]
    n_conflicts: int
    assumptions: RatingAssumptions
    sentences: tuple[Text, ...]

    @property
    def separable(self) -> bool:
        """Whether all severities can be compared."""
        return len(self.sets) == 1 and len(self.sets[0]) > 1

    def in_language(self, language: str) -> str:
        """Return the report as plain lines: what holds, what to change, then rater by rater."""
        lines = [text.in_language(language) for text in self.sentences]
        lines += [f"- {fault.in_language(language)}" for fault in self.faults]
        lines += [f"  {_of_rater(rater).in_language(language)}" for rater in self.raters[:MOST_LISTED]]
        if len(self.raters) > MOST_LISTED:
            lines.append("  " + SAYS["more"].in_language(language, n=len(self.raters) - MOST_LISTED))
        return "\n".join([*lines, _scale(self.assumptions).in_language(language)])


def check_design(plan: RatingPlan, assumptions: RatingAssumptions | None = None) -> DesignReport:
    """Return what a plan can tell of its raters, before any rating is made."""
    assumed = assumptions or RatingAssumptions()
    faults = tuple(faults_of_seats(plan))
    seats = _known_seats(plan)
    on = [np.flatnonzero(row).tolist() for row in seats]
    sets = sorted(linked_sets(len(plan.raters), on), key=len, reverse=True)
    named = tuple(tuple(plan.raters[r] for r in raters) for raters in sets)
    outlooks = tuple(_outlooks(plan, seats, sets, assumed))
    changes, cut_off = _changes(plan, sets, on)
    bridges = tuple(plan.raters[r] for r in _bridges(len(plan.raters), on))
    report = DesignReport(
        plan=plan.code,
        sets=named,
        bridges=bridges,
        raters=outlooks,
        changes=tuple(seat for _giver, given in changes for seat in given),
        cut_off=cut_off,
        faults=faults,
        n_conflicts=len(plan.conflicts),
        assumptions=assumed,
        sentences=(),
    )
    return replace(report, sentences=tuple(_sentences(plan, report, changes)))


def rating_information(assumptions: RatingAssumptions) -> float:
    r"""Return how much one rating of a work, by all criteria of a quality, tells of learner minus rater.

    .. math:: i = J a^2\, \mathrm{E}[\mathrm{Var}(Y \mid x - \rho)], \quad x - \rho \sim N(0, 1 + s^2)

    the expected Fisher information of generalised partial credit (Muraki 1993), averaged over learners and raters, for
    J criteria whose steps lie evenly from -1.2 to 1.2.

    >>> alike = RatingAssumptions(n_levels=2, severity_sd=0.0)  # one step, right or wrong: the mean of p (1 - p)
    >>> round(rating_information(alike), 3)
    0.207
    """
    n_steps = assumptions.n_levels - 1
    steps = np.linspace(-1.2, 1.2, n_steps) if n_steps > 1 else np.zeros(1)
    places, weights = np.polynomial.hermite_e.hermegauss(61)
    k = np.arange(assumptions.n_levels)
    sums = np.concatenate([[0.0], np.cumsum(steps)])
    places = places * np.sqrt(1 + assumptions.severity_sd**2)
    logits = assumptions.discrimination * (k[:, None] * places - sums[:, None])
    p = np.exp(logits - logits.max(axis=0))
    p /= p.sum(axis=0)
    variance = (k[:, None] ** 2 * p).sum(axis=0) - (k[:, None] * p).sum(axis=0) ** 2
    mean = float(variance @ weights / weights.sum())
    return assumptions.n_criteria * assumptions.discrimination**2 * mean


def severity_std_errors(seats: Array, *, information: float, severity_sd: float) -> Array:
    r"""Return the standard errors of severities, each compared with the average of the raters.

    ``seats`` (W, R) is 1 where a rater rates a work. A rating tells ``i`` of the difference x_w - rho_r; x has variance
    1, rho variance s^2. With the works eliminated, the severities' information is

    .. math:: J = i\,\mathrm{diag}(n) - N' \mathrm{diag}\left(\frac{i}{m_w + 1/i}\right) N + s^{-2} I

    with N the seats, n the raters' loads, m_w the works' raters: the information matrix of a block design with works as
    random blocks (Yates 1940; John and Williams 1995), a prior added. Squared standard errors are the diagonal of
    A J^{-1} A, where A takes off the raters' average, and s^2 (1 - 1/R) / (2 W r^2), because the SD of all units, in
    which severities are told, is itself known from W works of reliability r only.

    >>> both = np.ones((10**6, 2))
    >>> (1000 * severity_std_errors(both, information=1.0, severity_sd=1.0)).round(2)
    array([1.03, 1.03])
    """
    m = seats.sum(axis=1)
    within = seats.T @ (seats * (information / (m + 1 / information))[:, None])
    precision = np.diag(information * seats.sum(axis=0)) - within + np.eye(seats.shape[1]) / severity_sd**2
    apart = np.eye(seats.shape[1]) - 1 / seats.shape[1]
    rated = m[m > 0]
    reliability = np.mean(rated * information / (1 + rated * information)) if len(rated) else 1.0
    of_scale = severity_sd**2 * (1 - 1 / seats.shape[1]) / (2 * max(len(rated), 1) * reliability**2)
    return np.asarray(np.sqrt(np.diag(apart @ np.linalg.inv(precision) @ apart) + of_scale))


def _known_seats(plan: RatingPlan) -> Array:
    works = {work.code: w for w, work in enumerate(plan.works)}
    raters = {rater: r for r, rater in enumerate(plan.raters)}
    seats = np.zeros((len(works), len(raters)))
    for seat in plan.seats:
        if seat.work in works and seat.rater in raters:
            seats[works[seat.work], raters[seat.rater]] = 1.0
    return seats


def _outlooks(
    plan: RatingPlan, seats: Array, sets: Sequence[Sequence[int]], assumed: RatingAssumptions
) -> Iterator[RaterOutlook]:
    """A rater's severity is compared with the average of the set that works in common link."""
    information = rating_information(assumed)
    errors: dict[int, float] = {}
    for raters in sets:
        if len(raters) > 1:
            found = severity_std_errors(seats[:, raters], information=information, severity_sd=assumed.severity_sd)
            errors |= dict(zip(raters, found.tolist(), strict=True))
    shared = seats[seats.sum(axis=1) > 1].sum(axis=0)
    for r, rater in enumerate(plan.raters):
        load, error = int(seats[:, r].sum()), errors.get(r)
        yield RaterOutlook(
            rater=rater,
            load=load,
            n_shared=int(shared[r]),
            std_error=error,
            works_needed=None if error is None else _needed(load, error, assumed.severity_sd),
        )


def _needed(load: int, error: float, spread: float) -> int:
    """What is known grows with the works: 1 / SE^2 less what the spread alone says."""
    known, wanted = error**-2 - spread**-2, LARGEST_ERROR**-2 - spread**-2
    return load if error <= LARGEST_ERROR or known <= 0 else int(np.ceil(load * max(wanted / known, 1.0)))


def _bridges(n_raters: int, on: Sequence[Sequence[int]]) -> Iterator[int]:
    alone = {raters[0] for raters in linked_sets(n_raters, on) if len(raters) == 1}
    n_sets = len(linked_sets(n_raters, on))
    for rater in range(n_raters):
        left = [[other for other in raters if other != rater] for raters in on]
        if rater not in alone and len(linked_sets(n_raters, left)) - 1 > n_sets:
            yield rater


def _changes(
    plan: RatingPlan, sets: Sequence[Sequence[int]], on: Sequence[Sequence[int]]
) -> tuple[list[tuple[str, list[RatingSeat]]], tuple[tuple[str, ...], ...]]:
    """Return, for each set that lies apart, whose works somebody should rate too; and the sets nothing can link."""
    load = [sum(r in raters for raters in on) for r in range(len(plan.raters))]
    room = [plan.capacity.get(rater, len(plan.works)) - load[r] for r, rater in enumerate(plan.raters)]

    def open_to(taker: int, giver: int) -> list[int]:
        return _without_conflict(plan, on, (taker, giver))[: min(LINKS, max(room[taker], 0))]

    main = list(sets[0]) if sets else []
    changes, cut_off = [], []
    for others in sets[1:]:
        pairs = [(a, b) for a in others for b in main] + [(b, a) for a in others for b in main]
        found = [(len(open_to(*pair)), pair) for pair in pairs]
        n, (taker, giver) = max(found, key=lambda option: (option[0], -load[option[1][0]]))
        if n == 0:
            cut_off.append(tuple(plan.raters[r] for r in others))
            continue
        given = [RatingSeat(rater=plan.raters[taker], work=plan.works[w].code) for w in open_to(taker, giver)]
        changes.append((plan.raters[giver], given))
        load[taker] += n
        room[taker] -= n
        main += others
    return changes, tuple(cut_off)


def _without_conflict(plan: RatingPlan, on: Sequence[Sequence[int]], pair: tuple[int, int]) -> list[int]:
    """Return the works of a giver that a taker does not rate yet and may rate."""
    taker, giver = pair
    against = {conflict.learner for conflict in plan.conflicts if conflict.rater == plan.raters[taker]}
    works = [w for w, raters in enumerate(on) if giver in raters and taker not in raters]
    return [w for w in works if not against & set(plan.works[w].learners)]


def _what_stands_against(plan: RatingPlan, raters: Sequence[str]) -> str:
    """Return which sentence says why nothing links a set to the others."""
    places = {rater: r for r, rater in enumerate(plan.raters)}
    on = [np.flatnonzero(row).tolist() for row in _known_seats(plan)]
    inside = {places[rater] for rater in raters}
    pairs = [pair for a in inside for b in places.values() if b not in inside for pair in ((a, b), (b, a))]
    load = [sum(r in seated for seated in on) for r in places.values()]
    conflict = not any(_without_conflict(plan, on, pair) for pair in pairs)
    full = all(load[r] >= plan.capacity.get(rater, len(plan.works)) for rater, r in places.items())
    return "no-change-conflict" if conflict else "no-change-capacity" if full else "no-change"


def _sentences(
    plan: RatingPlan, report: DesignReport, changes: Sequence[tuple[str, list[RatingSeat]]]
) -> Iterator[Text]:
    if report.separable:
        yield _filled("linked", n=len(report.raters))
    elif len(report.raters) < 2:
        yield _filled("one")
    else:
        sides = [_names(raters) for raters in report.sets]
        between = Text(" and ".join(f"({side.en})" for side in sides), "与".join(f"（{side.zh}）" for side in sides))
        yield _filled("apart", sets=between)
    for giver, given in changes:
        works = _names([seat.work for seat in given])
        yield _filled("change", taker=given[0].rater, giver=giver, works=works)
    for raters in report.cut_off:
        yield _filled(_what_stands_against(plan, raters), raters=_names(raters))
    for name in report.bridges:
        yield _filled("bridge", rater=name)
    if idle := [rater.rater for rater in report.raters if rater.load == 0]:
        yield _filled("no-works", raters=_names(idle))
    for rater in report.raters:
        if rater.std_error is not None and rater.std_error > LARGEST_ERROR:
            needed = rater.works_needed
            yield _filled("thin", rater=rater.rater, error=f"{rater.std_error:.2f}", needed=needed)
    if report.n_conflicts and not any(fault.code == "conflict" for fault in report.faults):
        yield _filled("conflicts", n=report.n_conflicts)


def _of_rater(rater: RaterOutlook) -> Text:
    facts = {"rater": rater.rater, "load": rater.load, "shared": rater.n_shared}
    if rater.std_error is None:
        return _filled("rater-unknown", **facts)
    return _filled("rater", **facts, reach=f"{1.6448536269514722 * rater.std_error:.2f}")


def _scale(assumed: RatingAssumptions) -> Text:
    return _filled(
        "scale",
        spread=f"{assumed.severity_sd:g}",
        n_levels=assumed.n_levels,
        discrimination=f"{assumed.discrimination:g}",
    )


def _names(names: Sequence[str]) -> Text:
    shown, further = names[:MOST_LISTED], len(names) - MOST_LISTED
    more = (f" and {further} more", f"等 {len(names)} 名") if further > 0 else ("", "")
    return Text(", ".join(shown) + more[0], "、".join(shown) + more[1])


def _filled(name: str, **facts: object) -> Text:
    return SAYS[name].filled(**facts)
