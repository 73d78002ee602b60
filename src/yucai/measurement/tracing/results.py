"""What tracing has found: how each skill begins, is learnt and forgotten, how it is guessed and slipped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl

from yucai.frames import Column, Contract
from yucai.measurement.keeping import UnreadableError, keep, kept_in
from yucai.texts import Text

__all__ = ["TRACED_SKILLS", "Estimate", "ItemTracing", "SkillTracing", "Tracing", "TracingFileError", "TracingModel"]

FILE_VERSION: Final = 1
KEPT_AS: Final = "yucai_tracing"
TRACING_CONVENTION: Final = (
    "Before the first attempt at a skill it is mastered with chance start; after each attempt an unmastered skill is "
    "learnt with chance learn, and a mastered one forgotten with chance forget. Right with chance 1 - slip when "
    "mastered, guess when not; both lie between 0.0001 and 0.5. Where learners vary, logit start = level + u, u "
    "normal over learners with mean 0 and SD spread, one u a learner for all skills. Items of their own: each guess "
    "and slip is held to that of its skill as if seen 10 more answers."
)

TRACED_SKILLS: Final = Contract(
    "traced skills",
    (
        Column(name="skill", kind="text", meaning=Text("skill", "技能（知识点）")),
        Column(name="number", kind="text", meaning=Text("start, learn, forget, guess or slip", "参数")),
        Column(name="item", kind="text", meaning=Text("item it is about", "题目"), nullable=True),
        Column(name="value", kind="number", meaning=Text("chance", "概率")),
        Column(name="std_error", kind="number", meaning=Text("its standard error", "标准误"), nullable=True),
        Column(name="lower90", kind="number", meaning=Text("lower end, 90 %", "90% 区间下限"), nullable=True),
        Column(name="upper90", kind="number", meaning=Text("upper end, 90 %", "90% 区间上限"), nullable=True),
    ),
)  # fmt: skip


class TracingFileError(UnreadableError):
    """A file is no tracing of ours."""

    says = Text(
        "“{file}” is no tracing that this version can read ({reason}). Trace the attempts again.",
        "“{file}”不是本版本可读取的知识追踪文件（{reason}）。请重新追踪。",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class TracingModel:
    """What may differ: ``forgetting`` lets skills be lost again, ``by_item`` gives each item a guess and slip of its
    own, ``by_learner`` lets learners begin at places of their own, the same lead on all skills.
    """

    forgetting: bool = False
    by_item: bool = False
    by_learner: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A chance with its standard error and 90 % interval (normal in logits); None where it lies at a bound or the
    attempts cannot tell it from the others.
    """

    value: float
    std_error: float | None
    lower90: float | None
    upper90: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemTracing:
    """One item of a skill. ``item`` is None for attempts that name no item."""

    item: str | None
    guess: Estimate
    slip: Estimate
    n_answers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillTracing:
    """How one skill begins, is learnt and shown. ``forget`` is None where nothing is forgotten.

    ``start`` is that of a middle learner where learners vary. ``guess`` and ``slip`` are of all items together: where
    each has its own, their mean over the answers. ``covariance`` is of the logits of start, learn, forget if there is
    one, then guess of each item, then slip of each item; rows of what is not known are 0.
    """

    skill: str
    start: Estimate
    learn: Estimate
    forget: Estimate | None
    guess: Estimate
    slip: Estimate
    items: tuple[ItemTracing, ...]
    n_learners: int
    n_answers: int
    covariance: tuple[tuple[float, ...], ...]
    converged: bool

    def chance(self, mastery: float, *, item: str | None = None) -> float:
        """Return the chance of a right answer at some mastery, on one item or, if it is unknown, on a middle one."""
        known = next((one for one in self.items if item is not None and one.item == item), None)
        guess, slip = (known.guess, known.slip) if known else (self.guess, self.slip)
        return mastery * (1.0 - slip.value) + (1.0 - mastery) * guess.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracing:
    """What attempts say of skills. ``spread`` is that of the learners' starts in logits; None where all begin alike."""

    model: TracingModel
    skills: tuple[SkillTracing, ...]
    spread: Estimate | None
    left_out: tuple[str, ...]
    notices: tuple[Text, ...]
    log_likelihood: float
    n_steps: int
    convention: str = TRACING_CONVENTION

    def skill(self, name: str) -> SkillTracing | None:
        """Return what was found of a skill, or None when it was left out or never tried."""
        return next((one for one in self.skills if one.skill == name), None)

    def table(self) -> pl.DataFrame:
        """Return one row a skill and number, in the columns of ``TRACED_SKILLS``."""
        rows = []
        for one in self.skills:
            said: list[tuple[str, str | None, Estimate | None]] = [
                ("start", None, one.start),
                ("learn", None, one.learn),
                ("forget", None, one.forget),
            ]
            said += [("guess", None, one.guess), ("slip", None, one.slip)]
            said += [(name, i.item, getattr(i, name)) for i in one.items for name in ("guess", "slip")]
            rows += [(one.skill, name, item, *asdict(e).values()) for name, item, e in said if e is not None]
        return TRACED_SKILLS.of_rows(rows)

    def save(self, file: Path) -> None:
        """Write the tracing as one JSON file with version and convention; whole or not at all."""
        keep(file, name=KEPT_AS, version=FILE_VERSION, said=asdict(self))

    @classmethod
    def load(cls, file: Path) -> Tracing:
        """Return the tracing in a file. Raises TracingFileError."""
        return kept_in(file, name=KEPT_AS, version=FILE_VERSION, made=_from_json, unreadable=TracingFileError)


def _from_json(said: Mapping[str, Any]) -> Tracing:
    return Tracing(
        **{
            **said,
            "model": TracingModel(**said["model"]),
            "skills": tuple(_skill(one) for one in said["skills"]),
            "spread": Estimate(**said["spread"]) if said["spread"] else None,
            "left_out": tuple(said["left_out"]),
            "notices": tuple(Text(**notice) for notice in said["notices"]),
        }
    )


def _skill(said: Mapping[str, Any]) -> SkillTracing:
    numbers = ("start", "learn", "forget", "guess", "slip")
    items = [
        ItemTracing(**{**one, "guess": Estimate(**one["guess"]), "slip": Estimate(**one["slip"])})
        for one in said["items"]
    ]
    estimates = {name: Estimate(**said[name]) if said[name] else None for name in numbers}
    covariance = tuple(map(tuple, said["covariance"]))
    return SkillTracing(**{**said, **estimates, "items": tuple(items), "covariance": covariance})
