"""One family of errors. Each says in the reader's language what came, what is right and what to do."""

from __future__ import annotations

import errno
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Final

from yucai.texts import Text

__all__ = ["DiskFullError", "Fault", "FaultyInputError", "YucaiError", "is_full_disk", "why_unread"]

NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
FULL: Final = ("database or disk is full", "disk I/O error", "No space left on device")
AT: Final = Text("line {line}, column {column}: {what}", "第 {line} 行第 {column} 列：{what}")
AT_THE_END: Final = Text("at the end of the file: {what}", "文件末尾：{what}")
UNREADABLE: Final = Text("it cannot be read as {form}", "无法按 {form} 格式读取")
NOT_UTF_8: Final = Text("this is not UTF-8; save the file as UTF-8", "不是 UTF-8 编码；请另存为 UTF-8")
TOO_DEEP: Final = Text("things stand inside one another too deeply", "嵌套层次过深")
# What begins the sentence of a library that reads TOML, and what it means; the sentence itself stays in the log.
OF_TOML: Final = (
    ("Expected '='", Text("a key is followed by “=” and a value", "键名之后应为“=”和值")),
    ("Expected newline", Text("after a value the line ends", "值之后应换行，不能再有其他内容")),
    ("Expected ']'", Text("the head of a section ends with “]”", "节标题应以“]”结束")),
    ("Unclosed array", Text("a list is not closed with “]”, or a comma is missing", "列表缺少“]”或逗号")),
    ("Unclosed inline table", Text("“{” is not closed with “}”, or a comma is missing", "“{”缺少对应的“}”或逗号")),
    ("Unterminated string", Text("words that were opened with a quotation mark are not closed", "引号没有配对")),
    ("Illegal character", Text(
        "a sign that may not stand there; is a quotation mark missing before it?",
        "此处不能有该字符；前面是否缺少引号？",
    )),
    ("Unescaped", Text("inside quotation marks write “\\\\” for “\\”", "引号内的“\\”应写作“\\\\”")),
    ("Cannot overwrite", Text("a key is written twice", "键名重复")),
    ("Cannot declare", Text("a section is written twice", "节标题重复")),
    ("Cannot mutate", Text("a section is written twice", "节标题重复")),
    ("Invalid value", Text(
        "that is no value; words stand between straight quotation marks", "不是有效的值；文字须放在英文直引号之间"
    )),
    ("Exceeds the limit", Text("a number has more digits than can be worked with", "数字位数过多，无法处理")),
    ("Invalid statement", Text(
        "a line begins with a key of letters, digits, “-” and “_”, or with “[”",
        "每行应以“[”或键名开头，键名由字母、数字、“-”和“_”组成",
    )),
)  # fmt: skip


class YucaiError(Exception):
    """Root of all errors of ours. A child sets ``says`` and ``exit_code``; the facts are kept as ``facts``.

    ``exit_code`` follows sysexits.h: 64 usage, 65 data, 66 no input, 69 unavailable, 73 cannot create, 74 disk,
    77 permission.
    """

    says: ClassVar[Text] = Text("Something went wrong: {reason}.", "出了问题：{reason}。")
    exit_code: ClassVar[int] = 70

    def __init__(self, **facts: object) -> None:
        self.facts: Mapping[str, object] = dict(facts)
        super().__init__(self.in_language("en"))

    def in_language(self, language: str) -> str:
        """Return the plain sentence in ``"zh"`` or ``"en"``."""
        return self.says.in_language(language, **_spoken(self.facts, language))


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing wrong with something that came in: where it is, and what to do about it.

    ``code`` is a short stable name such as ``"missing-column"``; ``where`` is a place a person can find
    ("sheet 成绩, row 17", "items[3].quality").
    """

    code: str
    says: Text
    where: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)

    def in_language(self, language: str) -> str:
        """Return the place and the sentence in ``"zh"`` or ``"en"``."""
        sentence = self.says.in_language(language, **_spoken(self.facts, language))
        if not self.where:
            return sentence
        return f"{self.where}：{sentence}" if language.startswith("zh") else f"{self.where}: {sentence}"


class FaultyInputError(YucaiError):
    """What came in has faults; all of them are listed, not only the first."""

    says = Text(
        "{name} cannot be used as it is ({n} to correct). Nothing was changed.\n{listed}",
        "“{name}”不能照原样使用（需改正 {n} 处）。没有改动任何数据。\n{listed}",
    )
    exit_code = 65

    def __init__(self, name: str | Text, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__(name=name, n=len(self.faults))

    def in_language(self, language: str) -> str:
        """Return one heading and one line a fault."""
        listed = "\n".join(f"- {fault.in_language(language)}" for fault in self.faults)
        return self.says.in_language(language, **_spoken(self.facts, language), listed=listed)


def _spoken(facts: Mapping[str, object], language: str) -> dict[str, object]:
    """Facts that are themselves bilingual are said in the language of the sentence."""
    return {name: fact.in_language(language) if isinstance(fact, Text) else fact for name, fact in facts.items()}


class DiskFullError(YucaiError):
    """The disk of the workspace takes nothing more."""

    says = Text(
        "The disk is full or cannot be written to. Nothing of this was recorded, and what was there is whole. Make "
        "room on the disk, then do it again.",
        "磁盘已满或无法写入。本次操作未记录任何内容，原有内容完好。请先腾出磁盘空间，再重做一次。",
    )
    exit_code = 74


def is_full_disk(problem: BaseException | None) -> bool:
    """Return whether a failure came of a disk, or of a database on it, that takes nothing more.

    >>> is_full_disk(OSError(errno.ENOSPC, "No space left on device")), is_full_disk(ValueError("full"))
    (True, False)
    """
    seen: set[int] = set()
    while problem is not None and id(problem) not in seen:
        seen.add(id(problem))
        if isinstance(problem, OSError) and problem.errno in NO_ROOM:
            return True
        if type(problem).__name__ in {"OperationalError", "DiskFull"} and any(word in str(problem) for word in FULL):
            return True
        problem = problem.__cause__ or problem.__context__
    return False


def why_unread(problem: Exception, *, form: str = "TOML") -> Text:
    r"""Return in plain words what a parser met and where; its own words are for the log.

    >>> import tomllib
    >>> try:
    ...     tomllib.loads("a = 1\nb 2")
    ... except ValueError as problem:
    ...     why_unread(problem).en
    'line 2, column 3: a key is followed by “=” and a value'
    """
    said = str(problem)
    if isinstance(problem, json.JSONDecodeError):
        return AT.filled(line=problem.lineno, column=problem.colno, what=UNREADABLE.filled(form=form))
    if isinstance(problem, UnicodeDecodeError):
        before = bytes(problem.object[: problem.start])
        column = problem.start - before.rfind(b"\n")
        return AT.filled(line=before.count(b"\n") + 1, column=column, what=NOT_UTF_8)
    if isinstance(problem, RecursionError):
        return TOO_DEEP
    what = next((text for begins, text in OF_TOML if said.startswith(begins)), UNREADABLE.filled(form=form))
    place = re.search(r"\(at line (\d+), column (\d+)\)$", said)
    if place:
        return AT.filled(line=place[1], column=place[2], what=what)
    return AT_THE_END.filled(what=what) if said.endswith("(at end of document)") else what
