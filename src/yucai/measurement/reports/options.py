"""The options of a question: how often weak and strong learners choose each, and which of them mislead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from yucai.errors import Fault, FaultyInputError
from yucai.frames import Contract, column
from yucai.measurement.reports.canvas import Canvas, Scheme, cut
from yucai.texts import Text

__all__ = ["OPTION_USES", "OptionReport", "OptionUse", "option_report"]

Array = npt.NDArray[np.float64]
NORMAL_90: Final = 1.6448536269514722
FEW: Final = 5  # of whom nothing is said: chance alone would say it
ENOUGH: Final = 40  # answers from which an option that hardly anybody chooses can be named
DEAD_BELOW: Final = 0.03

OPTION_USES: Final = Contract(
    "uses of options",
    (
        column("option", "text", "option", "选项"),
        column("is_key", "flag", "the key", "是否正确答案"),
        column("n_answers", "whole", "answers", "作答数"),
        column("share", "number", "share of the answers", "占比"),
        column("weak_share", "number", "share of the weakest third", "低分三分之一中的占比"),
        column("strong_share", "number", "share of the strongest third", "高分三分之一中的占比"),
        column("mean_place", "number", "mean place of those who chose it", "选择者的平均位置", nullable=True),
        column("place_correlation", "number", "correlation of choosing it with the place", "选择与位置的相关",
               nullable=True),
    ),
)  # fmt: skip

NO_OPTION: Final = Text(
    "{n} answers are none of the options {letters} (first: “{value}”). Correct them, or leave them out.",
    "有 {n} 个作答不在选项 {letters} 之中（首个：“{value}”）。请改正或略去。",
)
NO_KEY: Final = Text("the key “{key}” is none of the options {letters}.", "答案“{key}”不在选项 {letters} 之中。")
UNEQUAL: Final = Text(
    "there are {n} answers and {m} places. Give one place for each answer.", "作答 {n} 个，位置 {m} 个。应一一对应。"
)
NO_ANSWERS: Final = Text("there are no answers, so nothing can be said of its options.", "没有作答，无法评价选项。")
RIVAL: Final = Text(
    "Misleading: who chooses “{option}” stands higher than who chooses the key “{key}”. Check the key, and whether "
    "“{option}” is right too.",
    "误导：选“{option}”的学习者水平高于选答案“{key}”的学习者。请核对答案，并检查“{option}”是否也成立。",
)
DRAWS: Final = Text(
    "Strong learners choose “{option}” more often than weak ones, as if it were right. Look at its wording.",
    "水平高者比水平低者更常选“{option}”，似乎它也正确。请检查其表述。",
)
DEAD: Final = Text(
    "Hardly anybody chooses “{option}”, so it sets nobody apart. Replace it by a mistake that learners really make.",
    "几乎无人选“{option}”，起不到区分作用。请换成学习者真会犯的错误。",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionUse:
    """How one option was chosen. Weak and strong are the thirds of those who answered, by place.

    ``place_std_error`` is that of the mean place; both are None where nobody, or one alone, chose it.
    """

    option: str
    is_key: bool
    n_answers: int
    share: float
    weak_share: float
    strong_share: float
    mean_place: float | None
    place_std_error: float | None
    place_correlation: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionReport:
    """The options of one question, in its order. ``n_weak`` and ``n_strong`` count the thirds."""

    key: str
    n_answers: int
    n_weak: int
    n_strong: int
    options: tuple[OptionUse, ...]

    def of(self, option: str) -> OptionUse:
        """Return the use of an option. Raises KeyError."""
        return {use.option: use for use in self.options}[option]

    @property
    def rivals(self) -> tuple[OptionUse, ...]:
        """Wrong options whose takers surely (at 95 %, one-sided) stand higher than those of the key."""
        right = self.of(self.key)
        return tuple(use for use in self.options if not use.is_key and _higher(use, right))

    @property
    def misleading(self) -> bool:
        """Whether a wrong option draws higher learners than the key."""
        return bool(self.rivals)

    @property
    def says(self) -> tuple[Text, ...]:
        """What a teacher should know of the options, most urgent first."""
        rivals = self.rivals
        wrong = [use for use in self.options if not use.is_key]
        drawing = [use for use in wrong if use not in rivals and self._draws_the_strong(use)]
        dead = [use for use in wrong if self.n_answers >= ENOUGH and use.share < DEAD_BELOW]
        return (
            *(RIVAL.filled(option=use.option, key=self.key) for use in rivals),
            *(DRAWS.filled(option=use.option) for use in drawing),
            *(DEAD.filled(option=use.option) for use in dead),
        )

    def to_table(self) -> pl.DataFrame:
        """Return one row an option, in the columns of ``OPTION_USES``."""
        rows = [
            (u.option, u.is_key, u.n_answers, u.share, u.weak_share, u.strong_share, u.mean_place, u.place_correlation)
            for u in self.options
        ]
        return OPTION_USES.of_rows(rows)

    def svg(
        self, *, language: str, width: int = 720, scheme: Scheme = Scheme.LIGHT, names: Mapping[str, str] | None = None
    ) -> str:
        """Return how the share of each option goes from the weakest third (ring) to the strongest (dot).

        The key is blue and should go right; a wrong option that goes right is marked. ``names`` are the options' texts.
        """
        return _draw(self, language=language, width=width, scheme=scheme, names=names or {})

    def _draws_the_strong(self, use: OptionUse) -> bool:
        """Whether the strong choose an option surely more often than the weak (two shares, pooled; one-sided 95 %)."""
        n, m = self.n_weak, self.n_strong
        if use.n_answers < FEW or not n or not m:
            return False
        both = (use.weak_share * n + use.strong_share * m) / (n + m)
        spread = np.sqrt(both * (1 - both) * (1 / n + 1 / m))
        return bool(spread > 0 and (use.strong_share - use.weak_share) / spread > NORMAL_90)


def option_report(chosen: Sequence[str], places: npt.ArrayLike, *, options: Sequence[str], key: str) -> OptionReport:
    r"""Return how the options of one question were chosen, by where the learners stand.

    chosen (N,) options, places (N,) on the scale of the quality. The thirds are those at or below the 1/3 quantile of
    the places, and at or above the 2/3 quantile. ``place_correlation`` is the point-biserial correlation

    .. math:: r = \frac{m_1 - m_0}{s} \sqrt{\frac{n_1 n_0}{N^2}}

    of choosing an option with the place (m of those who did and did not, s the standard deviation of all, divisor N).
    Raises FaultyInputError: no answers, answers that are no options, a key that is none.

    >>> told = option_report(["A", "A", "B"], [1.0, 0.5, -1.0], options=["A", "B"], key="A")
    >>> told.of("A").n_answers, told.of("B").weak_share
    (2, 1.0)
    """
    place, taken = np.asarray(places, dtype=float), np.asarray(chosen, dtype=str)
    faults = [*_faults(taken, place, options, key)]
    if faults:
        raise FaultyInputError("options", faults)
    low, high = np.quantile(place, [1 / 3, 2 / 3])
    weak, strong = place <= low, place >= high
    uses = tuple(_use(option, taken == option, place, weak, strong, is_key=option == key) for option in options)
    return OptionReport(key=key, n_answers=len(taken), n_weak=int(weak.sum()), n_strong=int(strong.sum()), options=uses)


def _use(
    option: str, took: npt.NDArray[np.bool_], place: Array, weak: Array, strong: Array, *, is_key: bool
) -> OptionUse:
    n = int(took.sum())
    spread = place.std()
    varied = 0 < n < len(place) and spread > 0
    return OptionUse(
        option=option,
        is_key=is_key,
        n_answers=n,
        share=n / len(place),
        weak_share=float(took[weak].mean()),
        strong_share=float(took[strong].mean()),
        mean_place=float(place[took].mean()) if n else None,
        place_std_error=float(place[took].std(ddof=1) / np.sqrt(n)) if n > 1 else None,
        place_correlation=float(np.corrcoef(took.astype(float), place)[0, 1]) if varied else None,
    )


def _higher(use: OptionUse, right: OptionUse) -> bool:
    if min(use.n_answers, right.n_answers) < FEW:
        return False
    if use.mean_place is None or right.mean_place is None:
        return False
    spread = np.hypot(use.place_std_error or 0.0, right.place_std_error or 0.0)
    return bool(use.mean_place - right.mean_place > NORMAL_90 * spread)


def _faults(taken: npt.NDArray[np.str_], place: Array, options: Sequence[str], key: str) -> list[Fault]:
    letters, found = ", ".join(options), []
    if not len(taken):
        found.append(Fault(code="no-answers", says=NO_ANSWERS))
    if len(taken) != len(place):
        found.append(Fault(code="unequal", says=UNEQUAL, facts={"n": len(taken), "m": len(place)}))
    if key not in options:
        found.append(Fault(code="no-key", says=NO_KEY, facts={"key": key, "letters": letters}))
    strange = taken[~np.isin(taken, list(options))]
    if len(strange):
        facts = {"n": len(strange), "letters": letters, "value": strange[0]}
        found.append(Fault(code="no-option", says=NO_OPTION, facts=facts))
    return found


TITLE: Final = Text("Who chooses which option", "各选项的选择者")
DESCRIPTION: Final = Text(
    "Share of each option among the {n} weakest and the {m} strongest learners; the key is {key}.",
    "最弱的 {n} 名与最强的 {m} 名学习者中各选项的占比；答案为 {key}。",
)
WEAK: Final = Text("weakest third", "最弱三分之一")
STRONG: Final = Text("strongest third", "最强三分之一")


def _draw(report: OptionReport, *, language: str, width: int, scheme: Scheme, names: Mapping[str, str]) -> str:
    canvas = Canvas(width=width, scheme=scheme)
    ink, phone = canvas.ink, width < 560
    left, right = (18.0 if phone else 0.46 * width), width - 34.0

    def x_of(share: float) -> float:
        return left + (right - left) * share

    step = 50 if phone else 34
    foot = 24.0 + step * len(report.options)
    for tick in (0.0, 0.5, 1.0):
        canvas.words(f"{tick:.0%}", x_of(tick), 10, size=11.5, fill=ink.quiet, align="middle")
        canvas.line((x_of(tick), 22), (x_of(tick), foot), ink.guide)
    wrong = {use.option for use in report.rivals}
    y = 22.0
    for use in report.options:
        said = f"{use.option}  {names.get(use.option, '')}" + (" ✓" if use.is_key else "")
        middle = y + (36 if phone else step / 2)
        room = width - 24 if phone else left - 24
        canvas.words(cut(said, 13, width=room), 8, y + 14 if phone else middle, bold=use.is_key)
        colour = ink.point if use.is_key else ink.marked if use.option in wrong else ink.quiet
        start, end = x_of(use.weak_share), x_of(use.strong_share)
        canvas.line((start, middle), (end, middle), colour, wide=2)
        canvas.dot(start, middle, colour, r=5.5)
        canvas.dot(start, middle, ink.ground, r=3.5)
        (canvas.diamond if use.option in wrong else canvas.dot)(end, middle, colour)
        y += step
    y += 18
    canvas.dot(16, y, ink.quiet, r=5.5)
    canvas.dot(16, y, ink.ground, r=3.5)
    canvas.words(WEAK.in_language(language), 28, y, size=11.5, fill=ink.quiet)
    canvas.dot(150, y, ink.quiet)
    canvas.words(STRONG.in_language(language), 162, y, size=11.5, fill=ink.quiet)
    said = DESCRIPTION.in_language(language, n=report.n_weak, m=report.n_strong, key=report.key)
    return canvas.svg(y + 16, title=TITLE.in_language(language), description=said)
