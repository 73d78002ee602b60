"""The problems put into the simulated college on purpose, for a newcomer to find."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from yucai.errors import YucaiError
from yucai.texts import Text

__all__ = ["PROBLEMS", "PlantedProblem", "UnknownProblemError", "check_problems", "describe_problem"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlantedProblem:
    """Something wrong on purpose: whom it concerns, what it is, where it is found and what finding it teaches."""

    code: str
    who: tuple[str, ...]
    what: Text
    found: Text
    learnt: Text


class UnknownProblemError(YucaiError):
    """A problem that is never planted cannot be left out."""

    says = Text(
        "No such planted problem: {asked}. There are {known}. Choose from these.",
        "没有这样的预埋问题：{asked}。现有：{known}。请从中选择。",
    )
    exit_code = 64


_SAID: Final = {
    "severe-rater": (
        Text("Rates far more severely than everybody else.", "评分明显严于其他所有人。"),
        Text(
            "Director, Class 2023-1, a rated task such as the term project on innovation: severity of the raters.",
            "院长 → 2023 级 1 班 → 任一评分任务（如创新能力的学期项目）：评分人的宽严。",
        ),
        Text(
            "Severity is taken out of the profiles; the rater still needs a talk about the anchors.",
            "画像已扣除评分人宽严的影响，但仍需与该评分人一起核对锚定描述。",
        ),
    ),
    "misleading-exam": (
        Text("Students who know more get lower marks.", "水平越高的学生得分越低。"),
        Text(
            "Teacher, Class 2023-1, the exam in optics of 2024-2025-2: discrimination below zero.",
            "教师 → 2023 级 1 班 → 2024-2025-2 的光学考试：区分度为负。",
        ),
        Text(
            "Check key and wording before anybody is judged by these marks.",
            "在依据这些成绩作判断之前，先核对标准答案与题目表述。",
        ),
    ),
    "gone-quiet": (
        Text(
            "No evidence in 2025-2026, while the class has plenty.",
            "2025-2026 学年没有任何证据，而同班同学证据充足。",
        ),
        Text("Director, Entry year 2024: a row of grey.", "院长 → 2024 级：整行灰色。"),
        Text(
            "Grey is not low: somebody should ask how the student is.",
            "灰色不等于水平低：应有人去了解这名学生的情况。",
        ),
    ),
    "unfair-rule": (
        Text("A bonus that only students of one county can get.", "只有一个县的学生能得到的加分。"),
        Text("Bureau, Rules: the one that most cannot meet.", "主管部门 → 规则：多数人无法满足的那一条。"),
        Text(
            "A rule is counted before it is applied: whom does it shut out?",
            "规则在适用之前先数一数：它把谁挡在了门外？",
        ),
    ),
    "same-name": (
        Text("Two students of one name in one cohort.", "同一年级有两名同名学生。"),
        Text(
            "Director, Entry year 2023: Wang Zihan twice, with two numbers.",
            "院长 → 2023 级：王子涵出现两次，学号不同。",
        ),
        Text("People are told apart by number, never by name.", "辨认学生靠学号，而不靠姓名。"),
    ),
}  # fmt: skip
PROBLEMS: Final = tuple(_SAID)


def check_problems(codes: Collection[str]) -> None:
    """Raise UnknownProblemError, naming all that are unknown."""
    unknown = sorted(set(codes) - set(PROBLEMS))
    if unknown:
        raise UnknownProblemError(asked=", ".join(unknown), known=", ".join(PROBLEMS))


def describe_problem(code: str, *who: str) -> PlantedProblem:
    """Return a planted problem in words, and whom it concerns."""
    what, found, learnt = _SAID[code]
    return PlantedProblem(code=code, who=who, what=what, found=found, learnt=learnt)
