"""One column of a file as typed values: what each cell means, and what is wrong where it means nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import polars as pl

from yucai.errors import Fault
from yucai.evidence.calendar_words import read_day, read_moment, read_term
from yucai.evidence.profiles import ProfileColumn
from yucai.evidence.sheets import NUMBER
from yucai.evidence.vocabulary import (
    folded,
    is_missing,
    lost_digits,
    read_grade,
    read_number,
    read_people,
    read_strength,
    read_weeks,
)
from yucai.texts import Text

__all__ = ["PERSON", "TypedColumn", "column_types", "type_column"]

PERSON: Final = pl.Struct({"name": pl.String, "role": pl.String, "number": pl.String})
_WRONG: Final = {
    "number": Text("“{value}” in {title} is no number. Correct it.", "{title}“{value}”不是数字。请改正。"),
    "grade": Text(
        "“{value}” in {title} is no grade: neither points nor 优秀, A-, pass or a state such as 缺考. Correct it.",
        "{title}“{value}”无法识别：既不是分数，也不是优秀、A-、通过或缺考等。请改正。",
    ),
    "term": Text(
        "“{value}” in {title} is no term. Write it as 2025-2026-1.", "{title}“{value}”不是学期。请写成 2025-2026-1。"
    ),
    "weeks": Text(
        "“{value}” in {title} are no weeks. Write them as 1-16, 1-15单 or 2,4,6.",
        "{title}“{value}”不是周次。请写成 1-16、1-15单 或 2,4,6。",
    ),
    "day": Text(
        "“{value}” in {title} is no day, or could be two. Write it as 2025-09-01.",
        "{title}“{value}”不是日期，或有两种理解。请写成 2025-09-01。",
    ),
    "strength": Text("“{value}” in {title} is none of H, M, L. Correct it.", "{title}“{value}”不是 H、M、L。请改正。"),
    "score": Text("the score “{value}” is not a number. Correct it.", "得分“{value}”不是数字。请改正。"),
    "highest": Text(
        "the highest score “{value}” is no number above 0. Correct it.", "满分“{value}”不是大于 0 的数字。请改正。"
    ),
    "people": Text("“{value}” in {title} names nobody. Correct it.", "{title}“{value}”中没有人名。请改正。"),
}
WRONG: Final = {**_WRONG, "percent": _WRONG["number"], "money": _WRONG["number"], "moment": _WRONG["day"]}
LOST_DIGITS: Final = Text(
    "the number {value} in {title} was stored as a figure and has lost digits. "
    "Format the column as text, enter the number again and import anew.",
    "{title} {value} 被存为数值，末位已丢失。请把该列设为文本格式，重新录入后再导入。",
)
LOST_ZERO: Final = Text(
    "the number {value} in {title} is shorter than the others ({length} characters, some with leading zeros) and is "
    "stored as a figure: its leading zero is probably lost. Format the column as text and enter it again.",
    "{title} {value} 比其他编号短（应为 {length} 位，部分以 0 开头），且存为数值：开头的 0 可能已丢失。"
    "请设为文本格式后重新录入。",
)
SHORTER: Final = Text(
    "{n} numbers in {title} have fewer characters than the others ({length}; first: row {row}). "
    "If leading zeros were lost, format the column as text and enter them again.",
    "{title}中有 {n} 个编号的位数少于其他编号（{length} 位，首见第 {row} 行）。若开头的 0 丢失，请设为文本后重新录入。",
)
TAKEN_AS_MISSING: Final = Text("in {title}, {listed} were taken as “no value”.", "{title}中的 {listed} 按“无值”处理。")
SCALED: Final = Text(
    "{title} is in {unit}: its numbers were multiplied by {times:,} and are kept in {base}.",
    "{title}以{unit}为单位：数值已乘以 {times:,}，按{base}保存。",
)
IN_PERCENT: Final = Text(
    "the numbers in {title} were read as per cent: 85 is 0.85.", "{title}中的数字按百分数读取：85 即 0.85。"
)
MIXED_SHARES: Final = Text(
    "{title} holds numbers up to 1 and above 1 without “%”; all were read as per cent. Write “%” to be sure.",
    "{title}中不带“%”的数字既有不超过 1 的，也有大于 1 的；已全部按百分数读取。请写明“%”。",
)
SCALES: Final = {"万元": 10_000, "千元": 1_000, "亿元": 100_000_000}


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedColumn:
    """A column as typed: one or more series by name, a fault code for each row (null where sound), and notices."""

    values: Mapping[str, pl.Series]
    faults: pl.Series
    texts: pl.Series  # as the file has them
    title: str
    notices: tuple[Fault, ...] = ()
    says: Mapping[str, Text] = field(default_factory=dict)  # fault code -> sentence with {value} and {title}
    facts: Mapping[str, object] = field(default_factory=dict)


def column_types(column: ProfileColumn) -> dict[str, Any]:
    """Return the columns, with their Polars types, that a column of a profile becomes in the table."""
    name = column.name
    parts: dict[str, dict[str, Any]] = {
        "grade": {"": pl.String, "_kind": pl.String, "_value": pl.Float64, "_steps": pl.Int64, "_state": pl.String},
        "term": {"": pl.String, "_school_year": pl.String, "_calendar_year": pl.Int64},
        "weeks": {"": pl.List(pl.Int64)},
        "people": {"": pl.List(PERSON), "_others": pl.Boolean},
        "day": {"": pl.Date, "_precision": pl.String},
        "moment": {"": pl.Datetime("us")},
        "score": {"": pl.Float64, "_state": pl.String},
        "highest": {"": pl.Float64},
        "number": {"": pl.Float64},
        "percent": {"": pl.Float64},
        "money": {"": pl.Float64},
    }
    return {f"{name}{part}": kind for part, kind in parts.get(column.type, {"": pl.String}).items()}


def type_column(
    column: ProfileColumn, texts: pl.Series, kinds: pl.Series, *, rows: pl.Series, title: str, unit: str = ""
) -> TypedColumn:
    """Return a column of a file as its profile wants it. ``unit`` is what the title or the unit row states."""
    if column.type == "identifier":
        return _identifiers(column, texts, kinds, rows=rows, title=title)
    if column.type in {"text", "person"}:
        filled = texts.set(texts == "", None)
        return TypedColumn(values={column.name: filled}, faults=_no_faults(texts), texts=texts, title=title)
    if column.type in {"label", "named"}:
        return _labels(column, texts, title=title)
    read, notices = _reader(column, texts, title, unit)
    types = column_types(column)
    known = {text: _row(read, text, len(types)) for text in texts.unique().to_list()}
    listed = [known[text] for text in texts.to_list()]
    values = {
        name: pl.Series(name, [row[0][place] for row in listed], dtype=kind, strict=False)
        for place, (name, kind) in enumerate(types.items())
    }
    code = f"no-{column.type}"
    faults = pl.Series("fault", [None if row[1] else code for row in listed], dtype=pl.String)
    return TypedColumn(
        values=values,
        faults=faults,
        texts=texts,
        title=title,
        notices=(*notices, *_missing_said(texts, title)),
        says={code: WRONG[column.type]},
    )


Reader = Callable[[str], tuple[Any, ...] | None]


def _row(read: Reader, text: str, width: int) -> tuple[tuple[Any, ...], bool]:
    """Return what a cell gives, and whether it is sound; a cell that says "no value" is sound and empty."""
    empty = (None,) * width
    if read is not _score and is_missing(text):  # a missing score is counted as a state
        return empty, True
    found = read(text)
    return (empty, False) if found is None else (found, True)


def _reader(column: ProfileColumn, texts: pl.Series, title: str, unit: str) -> tuple[Reader, list[Fault]]:
    """Return how one cell of the column is read, and the choices that this rests on."""
    if column.type in {"number", "money"}:
        times = SCALES.get(unit, 1)
        told = {"title": title, "unit": unit, "times": times, "base": Text("yuan", "元")}
        return _number_reader(times), [Fault(code="scaled", says=SCALED, facts=told)] if times > 1 else []
    if column.type == "percent":
        return _percent_reader(texts, title, unit)
    return _READERS[column.type], []


def _number_reader(times: int) -> Reader:
    def read(text: str) -> tuple[Any, ...] | None:
        number = read_number(text)
        if number is None:
            return None
        return (number.value * (1 if number.unit else times),)

    return read


def _percent_reader(texts: pl.Series, title: str, unit: str) -> tuple[Reader, list[Fault]]:
    """Shares are kept as 0.85. Without a sign, the whole column decides: one number above 1 makes all per cent."""
    bare = [number.value for text in texts.unique() if (number := read_number(text)) and not number.unit]
    above, below = any(value > 1 for value in bare), any(0 < value < 1 for value in bare)
    in_percent = unit in {"%", "百分比"} or above
    notices = [Fault(code="in-percent", says=IN_PERCENT, facts={"title": title})] if in_percent and bare else []
    if above and below and not unit:
        notices = [Fault(code="mixed-shares", says=MIXED_SHARES, facts={"title": title})]

    def read(text: str) -> tuple[Any, ...] | None:
        number = read_number(text)
        if number is None:
            return None
        return (number.value / 100 if in_percent and not number.unit else number.value,)

    return read, notices


def _grade(text: str) -> tuple[Any, ...] | None:
    grade = read_grade(text)
    return None if grade is None else (folded(text), grade.kind.value, grade.value, grade.steps, grade.state)


def _score(text: str) -> tuple[Any, ...] | None:
    """A number, or a state: absent and the like, or no score at all; never a level, whose scale another column says."""
    if is_missing(text):
        return None, "none"
    grade = read_grade(text)
    if grade is not None and grade.state is not None:
        return None, grade.state
    number = read_number(text)
    return (number.value, None) if number is not None and number.unit in {"", "分"} else None


def _highest(text: str) -> tuple[Any, ...] | None:
    number = read_number(text)
    return (number.value,) if number is not None and number.value > 0 and number.unit in {"", "分"} else None


def _term(text: str) -> tuple[Any, ...] | None:
    term = read_term(text)
    return None if term is None else (term.code, term.school_year, term.calendar_year)


def _weeks(text: str) -> tuple[Any, ...] | None:
    weeks = read_weeks(text)
    return None if weeks is None else (list(weeks),)


def _people(text: str) -> tuple[Any, ...] | None:
    people = read_people(text)
    if people is None:
        return None
    named = [{"name": person.name, "role": person.role, "number": person.number} for person in people.named]
    return named, people.others


def _day(text: str) -> tuple[Any, ...] | None:
    dated = read_day(text)
    return None if dated is None else (dated.day, dated.precision)


def _moment(text: str) -> tuple[Any, ...] | None:
    moment = read_moment(text)
    return None if moment is None else (moment,)


def _strength(text: str) -> tuple[Any, ...] | None:
    strength = read_strength(text)
    return None if strength is None else (strength,)


_READERS: Final[Mapping[str, Reader]] = {
    "grade": _grade,
    "score": _score,
    "highest": _highest,
    "term": _term,
    "weeks": _weeks,
    "people": _people,
    "day": _day,
    "moment": _moment,
    "strength": _strength,
}


def _missing_said(texts: pl.Series, title: str) -> Iterator[Fault]:
    """Which signs were taken for "no value" is written down; an empty cell needs no word."""
    signs = Counter(text for text in texts.to_list() if text and is_missing(text))
    if signs:
        listed = ", ".join(f"“{sign}” ({n})" for sign, n in signs.most_common())
        yield Fault(code="taken-as-missing", says=TAKEN_AS_MISSING, facts={"title": title, "listed": listed})


def _identifiers(
    column: ProfileColumn, texts: pl.Series, kinds: pl.Series, *, rows: pl.Series, title: str
) -> TypedColumn:
    """Identifiers stay text. Digits lost to a figure are refused; a lost leading zero where others show one."""
    known = {text: (folded(text).removeprefix("'"), lost_digits(text)) for text in texts.unique().to_list()}
    clean = pl.Series(column.name, [known[text][0] or None for text in texts.to_list()], dtype=pl.String)
    lost = pl.Series([known[text][1] for text in texts.to_list()], dtype=pl.Boolean)
    lengths = clean.str.len_chars()
    usual = _usual_length(lengths.filter(clean.str.contains(r"^\d+$").fill_null(False)))
    short = (lengths < usual).fill_null(False) & clean.str.contains(r"^\d+$").fill_null(False)
    zeros = bool(clean.str.starts_with("0").any())
    figures = kinds == NUMBER
    zero_lost = short & figures if zeros else pl.Series([False] * len(texts), dtype=pl.Boolean)
    frame = pl.DataFrame({"lost": lost, "zero": zero_lost})
    code = pl.when(pl.col("lost")).then(pl.lit("digits-lost")).when(pl.col("zero")).then(pl.lit("zero-lost"))
    notices = []
    if not zeros and 0 < short.sum() < 0.2 * len(texts):
        facts = {"n": int(short.sum()), "title": title, "length": usual, "row": rows.filter(short)[0]}
        notices.append(Fault(code="shorter", says=SHORTER, facts=facts))
    return TypedColumn(
        values={column.name: clean},
        faults=frame.select(fault=code)["fault"].cast(pl.String),
        texts=texts,
        title=title,
        notices=tuple(notices),
        says={"digits-lost": LOST_DIGITS, "zero-lost": LOST_ZERO},
        facts={"length": usual},
    )


def _labels(column: ProfileColumn, texts: pl.Series, *, title: str) -> TypedColumn:
    """A word or a number by which something is called: a label in plain letters and digits, a name as written."""
    known = {text: (folded(text) if column.type == "label" else text, lost_digits(text)) for text in texts.unique()}
    listed = [known[text] for text in texts.to_list()]
    codes = ["digits-lost" if lost else None for _, lost in listed]
    return TypedColumn(
        values={column.name: pl.Series(column.name, [word or None for word, _ in listed], dtype=pl.String)},
        faults=pl.Series("fault", codes, dtype=pl.String),
        texts=texts,
        title=title,
        says={"digits-lost": LOST_DIGITS},
    )


def _usual_length(lengths: pl.Series) -> int:
    """Return the length that most identifiers of figures have, if eight in ten have it; else 0."""
    counted = Counter(lengths.drop_nulls().to_list())
    if not counted:
        return 0
    length, n = counted.most_common(1)[0]
    return int(length) if n >= 0.8 * counted.total() else 0


def _no_faults(texts: pl.Series) -> pl.Series:
    return pl.Series("fault", [None] * len(texts), dtype=pl.String)
