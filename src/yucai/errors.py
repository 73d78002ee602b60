"""One family of errors. Each says in the reader's language what came, what is right and what to do."""

from __future__ import annotations

import errno
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Final

from yucai.texts import Text

__all__ = ["DiskFullError", "Fault", "FaultyInputError", "YucaiError", "is_full_disk"]

NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
FULL: Final = ("database or disk is full", "disk I/O error", "No space left on device")


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
