"""Questions with options and a key: read from the table of a question bank, each fault told at its row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from yucai.errors import Fault
from yucai.evidence.refusing import Place, refuse_rows
from yucai.evidence.tables import TableReading
from yucai.texts import Text

__all__ = ["QUESTION_BANK", "BankQuestion", "QuestionOption", "questions_from", "refuse_unfit_questions"]

QUESTION_BANK: Final = "question-bank"
LETTERS: Final = "ABCDEF"
LONGEST: Final = {"item": 200, "stem": 2000, "option": 500, "area": 100}
FEW_OPTIONS: Final = Text(
    "there is but {n} option. A question needs two or more: fill in the columns of the options.",
    "只有 {n} 个选项。每题至少需要两个选项，请补全选项列。",
)
NO_KEY: Final = Text(
    "the key “{key}” is none of the options ({letters}). Write the letter of the one right option.",
    "答案“{key}”不在选项（{letters}）之中。请填写唯一正确选项的字母。",
)
GAP: Final = Text(
    "option {letter} is empty, and a later one is not. Fill the options from A on.",
    "选项 {letter} 为空，而其后的选项有内容。请从 A 起依次填写。",
)
ALIKE: Final = Text(
    "options {letters} say the same. Each option must be another answer.", "选项 {letters} 内容相同。各选项应互不相同。"
)
TOO_LONG: Final = Text(
    "“{column}” has {n} characters; at most {most} are kept.", "“{column}”有 {n} 个字符，最多 {most} 个。"
)
COLUMN: Final = {
    "item": Text("Item", "题目代码"), "stem": Text("Question", "题干"), "option": Text("Option", "选项"),
    "area": Text("Content", "内容领域"),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionOption:
    """One answer to choose, by its letter."""

    letter: str
    text: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class BankQuestion:
    """One question of which one option is right. What a file says in one language alone is said so in both.

    ``area`` is the content it belongs to, "" for none.
    """

    item: str
    stem: Text
    options: tuple[QuestionOption, ...]
    key: str
    area: str = ""


def questions_from(reading: TableReading) -> tuple[BankQuestion, ...]:
    """Return the questions of a table of the kind ``question-bank``, in its order, without the rows at fault."""
    table = refuse_unfit_questions(reading).table
    return tuple(_question(row) for row in table.iter_rows(named=True))


def refuse_unfit_questions(reading: TableReading) -> TableReading:
    """Return a reading whose rows that make no question are refused, each with all its faults.

    A question has two to six options from A on, no two alike, and a key among them. Other kinds stay as they are.
    """
    if reading.profile.code != QUESTION_BANK:
        return reading
    wrong: dict[Place, list[Fault]] = {}
    for row in reading.table.iter_rows(named=True):
        place = (row["source_sheet"] or "", row["source_row"])
        if faults := [*_faults(_question(row), row)]:
            wrong[place] = faults
    return refuse_rows(reading, wrong)


def _question(row: Mapping[str, Any]) -> BankQuestion:
    options = (
        QuestionOption(letter=letter, text=text)
        for letter in LETTERS
        if (text := _both(row, f"option_{letter.lower()}")) is not None
    )
    return BankQuestion(
        item=row["item"],
        stem=_both(row, "stem") or Text("", ""),
        options=tuple(options),
        key=(row["key"] or "").strip().upper(),
        area=(row["area"] or "").strip(),
    )


def _both(row: Mapping[str, Any], column: str) -> Text | None:
    """Return what a row says in both languages; what is missing in one is said as in the other."""
    zh, en = (row[column] or "").strip(), (row[f"{column}_en"] or "").strip()
    return Text(en or zh, zh or en) if zh or en else None


def _faults(question: BankQuestion, row: Mapping[str, Any]) -> Iterator[Fault]:
    letters = [option.letter for option in question.options]
    if len(letters) < 2:
        yield Fault(code="few-options", says=FEW_OPTIONS, facts={"n": len(letters)})
    elif "".join(letters) != LETTERS[: len(letters)]:
        missing = next(letter for letter in LETTERS if letter not in letters)
        yield Fault(code="option-gap", says=GAP, facts={"letter": missing})
    if question.key not in letters:
        yield Fault(code="no-key", says=NO_KEY, facts={"key": row["key"] or "", "letters": ", ".join(letters)})
    said: dict[Text, str] = {}
    for option in question.options:
        if (first := said.setdefault(option.text, option.letter)) != option.letter:
            yield Fault(code="options-alike", says=ALIKE, facts={"letters": f"{first}, {option.letter}"})
    texts = [("item", question.item), ("area", question.area), ("stem", question.stem.en), ("stem", question.stem.zh)]
    texts += [("option", words) for one in question.options for words in (one.text.en, one.text.zh)]
    for column, words in dict.fromkeys(texts):
        if len(words) > LONGEST[column]:
            facts = {"column": COLUMN[column], "n": len(words), "most": LONGEST[column]}
            yield Fault(code="too-long", says=TOO_LONG, facts=facts)
