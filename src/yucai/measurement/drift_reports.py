"""What is said of raters who may have become stricter or more lenient."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from yucai.texts import Text

__all__ = ["SAYS", "DriftBasis", "DriftReport", "DriftVerdict", "OccasionSeverity", "RaterDrift"]

SAYS: Final = {
    "occasions": Text(
        "drift needs at least two different terms, in order of time; {found} was given.",
        "比较变化须按时间先后给出至少两个不同的学期；现给出：{found}。",
    ),
    "no-ratings-in": Text(
        "there are no ratings of common works in “{name}”. Leave that term out, or take in its ratings.",
        "“{name}”没有共同作品的评分。请去掉该学期，或先读入其评分。",
    ),
    "not-rated": Text(
        "the common work of “{name}” has no ratings by a named rater. Leave it out, or take in its ratings.",
        "“{name}”的共同作品没有具名评分。请去掉，或先读入其评分。",
    ),
    "other-tops": Text(
        "the criteria have different highest scores ({tops}), so a level means different things. Look at one kind at "
        "a time.",
        "各评分项满分不同（{tops}），等级含义不一。请分类比较。",
    ),
    "no-common": Text(
        "no common works are named. Plant works that all raters rate, and name their learners.",
        "没有指明共同作品。请安排全体评分人共评的作品，并给出其学习者。",
    ),
}
LINES: Final = {
    "head": Text(
        "Drift from {first} to {last}, by {n} common works, in levels of the rubric (false alarms among those "
        "named: {share} at most).",
        "由 {first} 至 {last} 的宽严变化，依据 {n} 件共同作品，单位为量规等级（被点名者中误报至多占 {share}）。",
    ),
    "stricter": Text(
        "{rater}: stricter by {size} levels (90 %: {low} to {high}; {n} works, {basis}).",
        "{rater}：变严 {size} 级（90%：{low} 至 {high}；{n} 件作品，{basis}）。",
    ),
    "more-lenient": Text(
        "{rater}: more lenient by {size} levels (90 %: {low} to {high}; {n} works, {basis}).",
        "{rater}：变宽 {size} 级（90%：{low} 至 {high}；{n} 件作品，{basis}）。",
    ),
    "steady": Text(
        "{rater}: steady; the change lies within {within} levels (90 %: {low} to {high}; {n} works, {basis}).",
        "{rater}：稳定，变化不超过 {within} 级（90%：{low} 至 {high}；{n} 件作品，{basis}）。",
    ),
    "cannot-tell": Text(
        "{rater}: cannot tell; anything from {low} to {high} is possible (90 %; {n} works, {basis}). More common works "
        "would tell.",
        "{rater}：尚不能判断，变化可能在 {low} 至 {high} 之间（90%；{n} 件作品，{basis}）。增加共同作品可以判明。",
    ),
    "too-few": Text(
        "{rater}: cannot tell; fewer than two common works were rated in both terms.",
        "{rater}：尚不能判断，两个学期都评过的共同作品不足两件。",
    ),
}
BASES: Final = {
    "own": Text("the same works rated twice", "同一作品两次评分"),
    "others": Text("compared with the other raters", "与其他评分人相比"),
}


class DriftVerdict(StrEnum):
    """What can be said of a rater; "cannot tell" is a normal answer."""

    STEADY = "steady"
    STRICTER = "stricter"
    MORE_LENIENT = "more-lenient"
    CANNOT_TELL = "cannot-tell"


class DriftBasis(StrEnum):
    """What a rater's later ratings are compared with."""

    OWN = "own"  # the same works rated before
    OTHERS = "others"  # how much lower than the others the rater stood before, on other works


@dataclass(frozen=True, slots=True, kw_only=True)
class OccasionSeverity:
    """How many levels lower a rater stood than the others, on the common works of one occasion."""

    occasion: str
    severity: float
    severity90: tuple[float, float]
    n_works: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RaterDrift:
    """How much a rater changed, in levels, above 0 for stricter; None where there is too little to say."""

    rater: str
    basis: DriftBasis
    n_works: int
    change: float | None
    std_error: float | None
    change90: tuple[float, float] | None
    p_value: float | None
    false_discovery_rate: float | None
    verdict: DriftVerdict
    severities: tuple[OccasionSeverity, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftReport:
    """The drift of all raters from the first to the last occasion."""

    occasions: tuple[str, ...]
    raters: tuple[RaterDrift, ...]
    steady_within: float
    false_discoveries: float
    n_common: int

    def of(self, rater: str) -> RaterDrift:
        """Return the drift of a rater. Raises KeyError."""
        return {drift.rater: drift for drift in self.raters}[rater]

    def in_language(self, language: str) -> str:
        """Return one heading and one sentence a rater: who, how much, how sure."""
        return "\n".join(self._lines(language))

    def _lines(self, language: str) -> Iterator[str]:
        first, last, share = self.occasions[0], self.occasions[-1], f"{100 * self.false_discoveries:g} %"
        yield LINES["head"].in_language(language, first=first, last=last, n=self.n_common, share=share)
        for drift in self.raters:
            if drift.change is None or drift.change90 is None:
                yield LINES["too-few"].in_language(language, rater=drift.rater)
                continue
            low, high = (_signed(end) for end in drift.change90)
            yield LINES[drift.verdict].in_language(
                language,
                rater=drift.rater,
                size=f"{abs(drift.change):.1f}",
                within=f"{self.steady_within:g}",
                low=low,
                high=high,
                n=drift.n_works,
                basis=BASES[drift.basis].in_language(language),
            )


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "−")
