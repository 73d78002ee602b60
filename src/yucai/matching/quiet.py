"""Who of a class has gone quiet: pieces of work that most of the others have and that are missing, counted.

Work is counted and no clicks. Nothing is said of whoever has more than half of what most have; grey is never low.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from yucai.texts import Text

__all__ = ["LEAST_MISSING", "QUIET_RULE_VERSION", "QuietClass", "QuietLearner", "find_quiet"]

QUIET_RULE_VERSION: Final = "1.0"
EXPECTED_OF: Final = 0.5  # of the class: a piece that more than these have is expected
MISSING_FROM: Final = 0.5  # share of the expected pieces
LEAST_MISSING: Final = 2
FEWEST: Final = 5  # people; of fewer nobody knows what most have

SAYS: Final = Text(
    "Of the {expected} piece{expected:|s} of work that most of the class has, {missing} of yours {missing:is|are} not "
    "on record. How are you, and what is in the way?",
    "班上大多数同学已有的 {expected} 份作业中，你有 {missing} 份没有记录。近来怎么样？遇到了什么困难？",
)
RULE: Final = Text(
    "Rule “what most have”, version {version}, untested: a piece counts as expected when more than half of the class "
    "has it, and somebody is named who lacks at least half of these and at least two.",
    "规则“大多数人已有”{version} 版，未经检验：全班半数以上已有的作业视为应有；缺少其中一半及以上且不少于两份者列出。",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietLearner:
    """Somebody of whom at least half of what most have is missing, with the counts."""

    learner: str
    missing: tuple[str, ...]
    n_expected: int

    @property
    def n_there(self) -> int:
        """How many of the expected pieces are there."""
        return self.n_expected - len(self.missing)

    @property
    def says(self) -> Text:
        """The sentence, such as can be said aloud to the learner."""
        return SAYS.filled(expected=self.n_expected, missing=len(self.missing))


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietClass:
    """Who of a class has gone quiet, most missing first; ``expected`` are the pieces that most have."""

    learners: tuple[QuietLearner, ...]
    expected: tuple[str, ...]
    n_people: int
    rule: Text


def find_quiet(works: Mapping[str, Collection[str]]) -> QuietClass:
    """Return who of a class has gone quiet. ``works`` are the pieces of work of each learner, also of who has none.

    >>> works = {f"L{n}": {"essay", "report"} for n in range(5)} | {"L5": set()}
    >>> [(one.learner, one.missing) for one in find_quiet(works).learners]
    [('L5', ('essay', 'report'))]
    """
    counted = Counter(piece for pieces in works.values() for piece in set(pieces))
    most = {piece for piece, n in counted.items() if n > EXPECTED_OF * len(works)}
    expected = tuple(sorted(most)) if len(works) >= FEWEST else ()
    lacking = {learner: tuple(sorted(most - set(pieces))) for learner, pieces in works.items()} if expected else {}
    quiet = [
        QuietLearner(learner=learner, missing=missing, n_expected=len(expected))
        for learner, missing in lacking.items()
        if len(missing) >= max(LEAST_MISSING, MISSING_FROM * len(expected))
    ]
    return QuietClass(
        learners=tuple(sorted(quiet, key=lambda one: (-len(one.missing), one.learner))),
        expected=expected,
        n_people=len(works),
        rule=RULE.filled(version=QUIET_RULE_VERSION),
    )
