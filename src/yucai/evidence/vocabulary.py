"""What single cells mean: grades, numbers, identifiers, weeks and people, in the forms that offices write them.

Each function takes the text of one cell and returns one thing, or ``None`` where the text means none of it; nothing is
guessed. Terms and dates are in ``calendar_words``.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from yucai.texts import Text

__all__ = [
    "STATES",
    "Grade",
    "GradeKind",
    "Number",
    "People",
    "Person",
    "folded",
    "harmless",
    "is_missing",
    "lost_digits",
    "plain",
    "read_grade",
    "read_number",
    "read_people",
    "read_strength",
    "read_weeks",
    "step_name",
    "unharmed",
    "write_people",
    "write_weeks",
]

MISSING: Final = frozenset({"", "-", "--", "—", "——", "/", "\\", "无", "n/a", "na", "null", "none", "nan", "#n/a"})
STATES: Final = {
    "absent": ("缺考", "旷考", "缺席", "absent", "abs"),
    "deferred": ("缓考", "deferred", "incomplete"),
    "withdrawn": ("弃修", "退修", "退课", "withdrawn", "withdrew"),
    "exempt": ("免修", "免考", "exempt", "ex"),
    "misconduct": ("作弊", "违纪", "舞弊", "取消成绩", "misconduct", "cheating"),
}
STATE_OF: Final = {word: state for state, words in STATES.items() for word in words}
FIVE_LEVELS: Final = {"不及格": 0, "及格": 1, "中等": 2, "中": 2, "良好": 3, "良": 3, "优秀": 4, "优": 4}
LEVEL_NAMES: Final = (
    Text("fail", "不及格"), Text("pass", "及格"), Text("fair", "中等"), Text("good", "良好"), Text("excellent", "优秀"),
)  # fmt: skip
PASS_NAMES: Final = (Text("failed", "不通过"), Text("passed", "通过"))
LETTERS: Final = ("f", "d-", "d", "d+", "c-", "c", "c+", "b-", "b", "b+", "a-", "a", "a+")
PASSED: Final = {
    **dict.fromkeys(("通过", "合格", "p", "pass", "passed"), 1),
    **dict.fromkeys(("不通过", "未通过", "不合格", "np", "fail", "failed"), 0),
}
STRENGTHS: Final = {
    **dict.fromkeys(("h", "高", "强", "强支撑", "高支撑"), "H"),
    **dict.fromkeys(("m", "中", "中支撑"), "M"),
    **dict.fromkeys(("l", "低", "弱", "弱支撑", "低支撑"), "L"),
}
ZERO_BESIDE: Final = re.compile(r"0(?:\.0+)?分?\(?([^\d().]+)\)?|([^\d().]+)\(?0(?:\.0+)?分?\)?")  # 缺考(0): no zero
FORMULA: Final = re.compile(r"'*[=+\-@\t\r＝＋－＠]")
TIMES: Final = {"": 1.0, "千": 1e3, "万": 1e4, "百万": 1e6, "亿": 1e8}
NUMBER: Final = re.compile(
    r"(?P<sign>[+-]?)(?P<money>[¥$]?)(?P<digits>\d{1,3}(?:,\d{3})+|\d+)?(?P<part>\.\d*)?(?P<power>e[+-]?\d{1,3})?"
    r"(?P<times>[千万亿]|百万)?(?P<unit>%|‰|元|分|人|学分|学时|小时|天|年|台|门|个|项)?"
)
APART: Final = re.compile(r"[\d.,]\s+[\d.,]")  # 4 5 is no 45
SCIENTIFIC: Final = re.compile(r"\d(?:\.\d+)?e\+\d+|\d\.\d+e\d+")  # 5E01 may be the number of a course
ROUNDED: Final = re.compile(r"\d{16,}\.0")
WEEK_PART: Final = re.compile(r"(\d{1,2})(?:-(\d{1,2}))?周?(单|双)?周?")
MOST_WEEKS: Final = 60
DASHES: Final = re.compile("[‐‑‒–—―~～−至到]")


class GradeKind(StrEnum):
    """On which kind of scale a grade stands."""

    NUMBER = "number"
    FIVE_LEVEL = "five-level"
    LETTER = "letter"
    PASS_FAIL = "pass-fail"  # noqa: S105 - no password
    STATE = "state"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grade:
    """One grade as its own scale has it; a state such as 缺考 has no value, least of all zero.

    ``value`` counts points (number), or steps from the bottom of a scale of ``steps`` steps (0 is the lowest): a level
    is not turned into points, since every school does so by another table.
    """

    kind: GradeKind
    value: float | None = None
    steps: int | None = None
    state: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A number with the unit that the cell wrote: ``12.5万元`` is 125000 元, ``85%`` is 0.85 with the unit ``%``."""

    value: float
    unit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One of the people named in a cell; the name as written."""

    name: str
    role: str | None = None
    number: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """The people in a cell. ``others``: 等 says that there are more who are not named."""

    named: tuple[Person, ...]
    others: bool = False


def folded(text: str) -> str:
    """Return a text with digits, letters, brackets and blanks in their plain form (NFKC), for everything but names.

    >>> folded("２０２５（１）　")
    '2025(1)'
    """
    return unicodedata.normalize("NFKC", text).strip()


def plain(word: object) -> str:
    """Return a title as it is compared: case, width and outer blanks do not matter.

    >>> plain(" ＭＡＸ ")
    'max'
    """
    return folded(str(word)).lower()


def harmless(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula; ``unharmed`` gives the first one back, whatever it was.

    >>> harmless("=1+1"), harmless("-"), harmless("张三"), unharmed(harmless("'=x"))
    ("'=1+1", "'-", '张三', "'=x")
    """
    return f"'{text}" if FORMULA.match(text) else text


def unharmed(text: str) -> str:
    """Return a text without the one apostrophe that kept it from acting as a formula."""
    return text[1:] if text.startswith("'") and FORMULA.match(text) else text


def is_missing(text: str) -> bool:
    """Whether a cell says that there is no value: empty, ``-``, ``/``, 无, N/A.

    >>> [is_missing(cell) for cell in ("－", "/", "0", "缺考")]
    [True, True, False, False]
    """
    return folded(text).lower() in MISSING


def read_grade(text: str) -> Grade | None:
    """Return the grade in a cell: points, 优秀 ... 不及格, A+ ... F, pass or fail, or a state such as 缺考.

    >>> read_grade("８５.５").value, read_grade("良好").value, read_grade("A-").value
    (85.5, 3.0, 10.0)
    >>> read_grade("缺考").state, read_grade("缺考").value, read_grade("八十")
    ('absent', None, None)
    """
    word = folded(text).lower().replace(" ", "").strip("()[]")
    if (beside := ZERO_BESIDE.fullmatch(word)) and (beside[1] or beside[2]) in STATE_OF:
        word = beside[1] or beside[2]
    if word in STATE_OF:
        return Grade(kind=GradeKind.STATE, state=STATE_OF[word])
    if word in FIVE_LEVELS:
        return Grade(kind=GradeKind.FIVE_LEVEL, value=float(FIVE_LEVELS[word]), steps=5)
    if word in PASSED:
        return Grade(kind=GradeKind.PASS_FAIL, value=float(PASSED[word]), steps=2)
    if word in LETTERS:
        return Grade(kind=GradeKind.LETTER, value=float(LETTERS.index(word)), steps=len(LETTERS))
    number = read_number(word)
    if number is None or number.unit not in {"", "分"} or number.value < 0:
        return None
    return Grade(kind=GradeKind.NUMBER, value=number.value)


def step_name(kind: str, step: float) -> Text | None:
    """Return how a step of a scale of grades is called; None for points, and for what is no step of it.

    >>> step_name("five-level", 3.0).zh, step_name("letter", 12.0).en, step_name("number", 86.0)
    ('良好', 'A+', None)
    """
    letters = tuple(Text(letter.upper(), letter.upper()) for letter in LETTERS)
    scales = {GradeKind.FIVE_LEVEL: LEVEL_NAMES, GradeKind.PASS_FAIL: PASS_NAMES, GradeKind.LETTER: letters}
    names = scales.get(GradeKind(kind)) if kind in set(GradeKind) else None
    known = names is not None and step in range(len(names))
    return names[int(step)] if names is not None and known else None


def read_number(text: str) -> Number | None:
    """Return the number in a cell with its unit: thousands separators, full-width digits, percent, 万元 are read.

    ``1,5`` is none: whether fifteen or one and a half was meant is not known.

    >>> read_number("１，２５０").value, read_number("12.5万元"), read_number("85%"), read_number("1,5")
    (1250.0, Number(value=125000.0, unit='元'), Number(value=0.85, unit='%'), None)
    """
    word = folded(text).lower().replace("−", "-")
    found = None if APART.search(word) else NUMBER.fullmatch(word.replace(" ", ""))
    if not found or not (found["digits"] or len(found["part"] or "") > 1):
        return None
    digits = (found["digits"] or "0").replace(",", "")
    value = float(f"{found['sign']}{digits}{found['part'] or ''}{found['power'] or ''}")
    unit = found["unit"] or ("元" if found["money"] == "¥" else found["money"])
    scale = TIMES[found["times"] or ""]
    # Divided, not multiplied by 0.01: 85 % is then the float nearest to 0.85.
    value = value / {"%": 100, "‰": 1000}.get(unit, 1) * scale
    return Number(value=value, unit=unit) if abs(value) < float("inf") else None


def lost_digits(text: str) -> bool:
    """Whether an identifier was stored as a figure and has lost digits: 2.02E+09, or 16 and more digits as a float.

    >>> [lost_digits(cell) for cell in ("2.02E+09", "1.1010120050101123e+17", "110101200501011237", "20250101")]
    [True, True, False, False]
    """
    word = folded(text).lower()
    return bool(SCIENTIFIC.fullmatch(word) or ROUNDED.fullmatch(word))


def read_strength(text: str) -> str | None:
    """Return H, M or L for how strongly a course supports a requirement.

    >>> read_strength("强"), read_strength("ｍ"), read_strength("3")
    ('H', 'M', None)
    """
    return STRENGTHS.get(folded(text).lower())


def read_weeks(text: str) -> tuple[int, ...] | None:
    """Return the teaching weeks in a cell, in order; 单 and 双 keep the odd and the even weeks of their own part.

    >>> read_weeks("[1-5双]周"), read_weeks("1,3,5-8单"), read_weeks("第1-3周、6周"), read_weeks("8-1")
    ((2, 4), (1, 3, 5, 7), (1, 2, 3, 6), None)
    """
    word = re.sub(r"[\s\[\](){}第]", "", DASHES.sub("-", folded(text)))
    word = re.sub("(?:单周|单)", "单", re.sub("(?:双周|双)", "双", word))
    weeks: set[int] = set()
    for part in re.split("[,、;]", word):
        found = WEEK_PART.fullmatch(part)
        if not found:
            return None
        first, last = int(found[1]), int(found[2] or found[1])
        if not 1 <= first <= last <= MOST_WEEKS:
            return None
        wanted = {"单": (1,), "双": (0,)}.get(found[3], (0, 1))
        weeks.update(week for week in range(first, last + 1) if week % 2 in wanted)
    return tuple(sorted(weeks)) or None


def write_weeks(weeks: tuple[int, ...]) -> str:
    """Return weeks as they are written in timetables, so that ``read_weeks`` gives them back.

    >>> write_weeks((1, 2, 3, 6, 8, 9))
    '1-3,6,8-9'
    """
    runs: list[list[int]] = []
    for week in sorted(weeks):
        if runs and runs[-1][-1] + 1 == week:
            runs[-1].append(week)
        else:
            runs.append([week])
    return ",".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else f"{run[0]}" for run in runs)


HAN: Final = r"㐀-鿿豈-﫿〇𠀀-𳿿"
SPLIT: Final = re.compile(r"[、,，;；\n\r\t|]+|(?<=[)）】])\s+")
BRACKETS: Final = re.compile(r"[(（【\[]([^()（）【】\[\]]*)[)）】\]]")
DIGITS: Final = re.compile(r"[0-9０-９]{4,}[0-9A-Za-z０-９]*")
ROLE_BEFORE: Final = re.compile(rf"([{HAN}]{{2,6}})[:：]\s*(.+)", re.S)
ROLES: Final = frozenset({"组长", "队长", "成员", "组员", "队员", "负责人", "主持人", "指导教师", "企业导师", "导师"})
AND_OTHERS: Final = re.compile(r"\s*等\s*(?:[0-9０-９一二三四五六七八九十]+\s*[人名位])?\s*$")


def read_people(text: str) -> People | None:
    """Return the people named in a cell, with the role or the number in brackets; names stay as written.

    Split at 、 , ; / line breaks, and at blanks between Chinese names. 张三/2025001 is one person with a number; a
    number alone stands for its name too.

    >>> [(p.name, p.role) for p in read_people("张三（组长）、欧阳·李四;John Smith").named]
    [('张三', '组长'), ('欧阳·李四', None), ('John Smith', None)]
    >>> read_people("张三/2025001，李四/2025002 等5人")
    People(named=(Person(name='张三', role=None, number='2025001'), \
Person(name='李四', role=None, number='2025002')), others=True)
    """
    whole = text.strip()
    shorter = AND_OTHERS.sub("", whole)
    named: list[Person] = []
    for part in SPLIT.split(shorter):
        named += _with_role(part.strip())
    if not named:
        return None
    return People(named=tuple(named), others=shorter != whole)


def write_people(people: tuple[Person, ...]) -> str:
    """Return people in one cell, so that ``read_people`` gives them back."""
    return "、".join(
        person.name + "".join(f"（{inner}）" for inner in (person.role, person.number) if inner) for person in people
    )


def _with_role(part: str) -> list[Person]:
    """Return the people of one part; 指导教师：王五 says the role before the name."""
    before = ROLE_BEFORE.fullmatch(part)
    role = before[1] if before else None
    people: list[Person] = []
    for piece in _pieces(before[2] if before else part):
        if DIGITS.fullmatch(piece):
            if people and people[-1].number is None:
                last = people.pop()
                people.append(Person(name=last.name, role=last.role, number=folded(piece)))
            elif folded(piece) not in {one.number for one in people}:
                people.append(Person(name=folded(piece), role=role, number=folded(piece)))
        elif piece in ROLES and people:
            last = people.pop()
            people.append(Person(name=last.name, role=piece, number=last.number))
        elif person := _person(piece, role):
            people.append(person)
    return people


def _pieces(part: str) -> list[str]:
    """Split at strokes, and at blanks between Chinese names of two characters and more (张　三 is one name)."""
    pieces = []
    for piece in re.split(r"\s*[/／]\s*", part):
        words = re.split(r"(\s+)", piece)
        several = all(re.fullmatch(rf"[{HAN}·•]{{2,}}.*", word) for word in words[::2])
        pieces += words[::2] if several else [piece]
    return [piece.strip() for piece in pieces if piece.strip()]


def _person(piece: str, role: str | None) -> Person | None:
    number = None
    for inner in BRACKETS.findall(piece):
        if DIGITS.fullmatch(inner.strip()):
            number = folded(inner)
        elif inner.strip():
            role = inner.strip()
    name = BRACKETS.sub("", piece).strip()
    return Person(name=name, role=role, number=number) if name else None
