"""Who rates whose work: works, raters, seats, conflicts of interest, and where all of it is kept."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from yucai.errors import Fault, FaultyInputError, YucaiError
from yucai.evidence.vocabulary import plain
from yucai.texts import Text

__all__ = [
    "ConflictReason",
    "LearnersShown",
    "RatedWork",
    "RatingConflict",
    "RatingPlan",
    "RatingPlanFileError",
    "RatingSeat",
    "UnknownRaterError",
    "add_seats",
    "faults_of_names",
    "faults_of_seats",
]

FILE_VERSION: Final = 1
NOT_OPENED: Final = Text("it is not there or cannot be opened", "文件不存在或无法打开")
DAMAGED: Final = Text("it is damaged or something else", "内容损坏或并非评分方案")

EMPTY_NAME = Text(
    "{what} {n} has no code. Give it one; it is how sheets name it.",
    "第 {n} 个{what}没有编号。请补上，评分表以此识别。",
)
ODD_NAME = Text(
    "the code “{code}” of a {what} has blanks at its ends, or characters that cannot be seen. Remove them.",
    "{what}编号“{code}”首尾有空格，或含有不可见字符。请删去。",
)
TWICE = Text(
    "{what} “{code}” stands twice (capitals and full-width letters make no difference). Give each its own code.",
    "{what}“{code}”重复（不区分大小写与全半角）。请分别编号。",
)
NO_LEARNER = Text(
    "the work “{work}” names no learner. Say whose it is; several may share one work.",
    "作品“{work}”没有学习者。请注明作者；一件作品可有多名作者。",
)
TWO_WORKS = Text(
    "{learner} has two works in this plan ({first}, {second}): a rating would not say which. Plan one round for each.",
    "{learner} 在本方案中有两件作品（{first}、{second}），评分无法区分。请分两轮安排。",
)
NOT_NAMED = Text(
    "“{name}” ({where}) is not among the {what} of the plan. Correct the name, or add it.",
    "“{name}”（{where}）不在方案的{what}之列。请改正，或补充。",
)
SEAT_TWICE = Text(
    "{rater} is to rate “{work}” twice. Name the pair once.", "{rater} 被安排两次评“{work}”。请只保留一次。"
)
CONFLICT_SEATED = Text(
    "{rater} is to rate “{work}” in spite of a conflict of interest ({reason}, {learner}). Give it to somebody else.",
    "{rater} 与“{work}”有利益关系（{reason}，{learner}），却被安排评分。请改由他人评。",
)
OVER_CAPACITY = Text(
    "{rater} is to rate {load} work{load:|s} but takes at most {most}. Give some to others, or agree on more.",
    "{rater} 被安排评 {load} 件作品，最多可评 {most} 件。请分给他人，或商定增加。",
)
TOO_FEW = Text(
    "“{work}” has only {found} of {each} raters. Add {missing}.",
    "“{work}”只有 {found} 名评分人，应有 {each} 名。请再安排 {missing} 名。",
)
WORKS, RATERS, LEARNERS = Text("works", "作品"), Text("raters", "评分人"), Text("learners", "学习者")
WORK, RATER = Text("work", "作品"), Text("rater", "评分人")


class ConflictReason(StrEnum):
    """Why a rater must not judge a learner."""

    SUPERVISES = "supervises"
    RELATED = "related"
    SAME_GROUP = "same-group"
    OTHER = "other"

    @property
    def said(self) -> Text:
        """The reason in words."""
        return REASONS[self]


REASONS: Final = {
    ConflictReason.SUPERVISES: Text("supervises the learner", "指导该学习者"),
    ConflictReason.RELATED: Text("is related to the learner", "与该学习者有亲属关系"),
    ConflictReason.SAME_GROUP: Text("belongs to the learner's group", "与该学习者同组"),
    ConflictReason.OTHER: Text("has another conflict of interest", "有其他利益关系"),
}


class LearnersShown(StrEnum):
    """What a rater learns of whose work it is."""

    BLIND = "blind"  # nothing but the work's code and title
    NUMBERS = "numbers"
    NAMES = "names"


@dataclass(frozen=True, slots=True, kw_only=True)
class RatedWork:
    """A piece of work to be rated. ``code`` is how sheets name it; ``learners`` are numbers or pseudonyms."""

    code: str
    title: str
    learners: tuple[str, ...]
    names: tuple[str, ...] = ()  # as shown where the plan shows names


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class RatingSeat:
    """One rater rates one work."""

    rater: str
    work: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingConflict:
    """A rater who must not judge a learner, and why."""

    rater: str
    learner: str
    reason: ConflictReason


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingPlan:
    """Who rates what, by which rubric. ``common`` are the works planted for all raters, so that they can be compared.

    ``capacity`` is the most works that a rater takes, for raters who said so. ``seed`` draws the same seats again.
    """

    code: str
    occasion: str
    rubric: str
    rubric_version: str
    works: tuple[RatedWork, ...]
    raters: tuple[str, ...]
    seats: tuple[RatingSeat, ...]
    common: tuple[str, ...] = ()
    conflicts: tuple[RatingConflict, ...] = ()
    capacity: Mapping[str, int] = field(default_factory=dict)
    each: int = 2
    shown: LearnersShown = LearnersShown.BLIND
    seed: int = 0

    def work(self, code: str) -> RatedWork:
        """Return the work of a code. Raises KeyError."""
        return {work.code: work for work in self.works}[code]

    def works_of(self, rater: str) -> tuple[RatedWork, ...]:
        """Return what a rater rates, in the order of the plan. Raises UnknownRaterError."""
        if rater not in self.raters:
            raise UnknownRaterError(rater=rater, plan=self.code, known=", ".join(self.raters))
        mine = {seat.work for seat in self.seats if seat.rater == rater}
        return tuple(work for work in self.works if work.code in mine)

    @property
    def learner_of_common(self) -> tuple[str, ...]:
        """One learner for each common work, by whom its ratings are found: a shared work is not counted twice."""
        return tuple(work.learners[0] for work in self.works if work.code in set(self.common))

    def to_json(self) -> str:
        """Return the plan as the text of a plan file."""
        return json.dumps({"yucai_rating_plan": FILE_VERSION, **asdict(self)}, ensure_ascii=False, indent=1)

    @classmethod
    def from_json(cls, text: str, *, name: str) -> RatingPlan:
        """Return the plan in the text of a plan file; ``name`` says which one. Raises RatingPlanFileError."""
        try:
            said = json.loads(text)
            if said.pop("yucai_rating_plan") != FILE_VERSION:
                raise RatingPlanFileError(file=name, reason=DAMAGED)
            return _from_json(said)
        except (ValueError, KeyError, TypeError, AttributeError) as problem:
            raise RatingPlanFileError(file=name, reason=DAMAGED) from problem

    def save(self, file: Path) -> None:
        """Write the plan as one JSON file; whole or not at all."""
        unfinished = file.with_name(f".{file.name}.part")
        unfinished.write_text(self.to_json(), encoding="utf-8")
        unfinished.replace(file)

    @classmethod
    def load(cls, file: Path) -> RatingPlan:
        """Return the plan in a file. Raises RatingPlanFileError."""
        try:
            text = file.read_text(encoding="utf-8")
        except UnicodeDecodeError as problem:
            raise RatingPlanFileError(file=file.name, reason=DAMAGED) from problem
        except OSError as problem:
            raise RatingPlanFileError(file=file.name, reason=NOT_OPENED) from problem
        return cls.from_json(text, name=file.name)


class RatingPlanFileError(YucaiError):
    """A file is no rating plan of ours."""

    says = Text(
        "“{file}” is no rating plan that can be read ({reason}). Take the file that was saved, or plan again.",
        "“{file}”不是可读取的评分方案（{reason}）。请使用原先保存的文件，或重新安排。",
    )
    exit_code = 65


class UnknownRaterError(YucaiError):
    """Somebody who is no rater of the plan."""

    says = Text(
        "“{rater}” is no rater of the plan “{plan}”. Its raters: {known}.",
        "“{rater}”不是方案“{plan}”的评分人。评分人：{known}。",
    )
    exit_code = 65


def add_seats(plan: RatingPlan, seats: Iterable[RatingSeat]) -> RatingPlan:
    """Return the plan with further seats. Raises FaultyInputError: unknown names, a conflict, beyond capacity."""
    grown = replace(plan, seats=(*plan.seats, *seats))
    if faults := [fault for fault in faults_of_seats(grown) if fault.code != "too-few-raters"]:
        raise FaultyInputError(plan.code, faults)
    return grown


def faults_of_names(
    works: Iterable[RatedWork], raters: Iterable[str], conflicts: Iterable[RatingConflict]
) -> Iterator[Fault]:
    """Yield what is wrong with the names of works, raters, learners and conflicts."""
    works, raters = tuple(works), tuple(raters)
    yield from _faults_of_codes([work.code for work in works], WORK)
    yield from _faults_of_codes(raters, RATER)
    owner: dict[str, str] = {}
    for work in works:
        if not work.learners:
            yield Fault(code="no-learner", says=NO_LEARNER, facts={"work": work.code})
        for learner in dict.fromkeys(work.learners):
            first = owner.setdefault(learner, work.code)
            if first != work.code:
                facts = {"learner": learner, "first": first, "second": work.code}
                yield Fault(code="two-works", says=TWO_WORKS, facts=facts)
    for conflict in conflicts:
        where = conflict.reason.said
        for name, known, what in ((conflict.rater, set(raters), RATERS), (conflict.learner, set(owner), LEARNERS)):
            if name not in known:
                yield Fault(code="unknown-name", says=NOT_NAMED, facts={"name": name, "where": where, "what": what})


def faults_of_seats(plan: RatingPlan) -> Iterator[Fault]:
    """Yield what is wrong with the seats: unknown names, conflicts, capacity, too few raters."""
    works = {work.code: work for work in plan.works}
    against = {(conflict.rater, conflict.learner): conflict.reason for conflict in plan.conflicts}
    load, found = dict.fromkeys(plan.raters, 0), dict.fromkeys(works, 0)
    seen: set[RatingSeat] = set()
    for seat in plan.seats:
        for name, known, what in ((seat.rater, load, RATERS), (seat.work, found, WORKS)):
            if name not in known:
                facts = {"name": name, "where": f"{seat.rater} – {seat.work}", "what": what}
                yield Fault(code="unknown-name", says=NOT_NAMED, facts=facts)
        if seat.rater not in load or seat.work not in found:
            continue
        if seat in seen:
            yield Fault(code="seat-twice", says=SEAT_TWICE, facts={"rater": seat.rater, "work": seat.work})
            continue
        seen.add(seat)
        load[seat.rater] += 1
        found[seat.work] += 1
        for learner in works[seat.work].learners:
            if reason := against.get((seat.rater, learner)):
                facts = {"rater": seat.rater, "work": seat.work, "reason": reason.said, "learner": learner}
                yield Fault(code="conflict", says=CONFLICT_SEATED, facts=facts)
    for rater, n in load.items():
        if n > plan.capacity.get(rater, n):
            facts = {"rater": rater, "load": n, "most": plan.capacity[rater]}
            yield Fault(code="over-capacity", says=OVER_CAPACITY, facts=facts)
    for work, n in found.items():
        if n < plan.each and work not in plan.common:
            facts = {"work": work, "found": n, "each": plan.each, "missing": plan.each - n}
            yield Fault(code="too-few-raters", says=TOO_FEW, facts=facts)


def _faults_of_codes(codes: Iterable[str], what: Text) -> Iterator[Fault]:
    seen: set[str] = set()
    for n, code in enumerate(codes, start=1):
        if not code.strip():
            yield Fault(code="empty-name", says=EMPTY_NAME, facts={"what": what, "n": n})
            continue
        if code != code.strip() or any(unicodedata.category(letter) in ("Cc", "Cf", "Cs") for letter in code):
            yield Fault(code="odd-name", says=ODD_NAME, facts={"what": what, "code": code})
        if plain(code) in seen:
            yield Fault(code="twice", says=TWICE, facts={"what": what, "code": code})
        seen.add(plain(code))


def _from_json(said: dict[str, Any]) -> RatingPlan:
    works = [{**w, "learners": tuple(w["learners"]), "names": tuple(w["names"])} for w in said["works"]]
    conflicts = [{**c, "reason": ConflictReason(c["reason"])} for c in said["conflicts"]]
    return RatingPlan(
        **{
            **said,
            "works": tuple(RatedWork(**work) for work in works),
            "raters": tuple(said["raters"]),
            "seats": tuple(RatingSeat(**seat) for seat in said["seats"]),
            "common": tuple(said["common"]),
            "conflicts": tuple(RatingConflict(**conflict) for conflict in conflicts),
            "shown": LearnersShown(said["shown"]),
        }
    )
