"""Why a request to the record store is refused: one plain sentence, and the status its answer has."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from yucai.errors import Fault, YucaiError
from yucai.texts import Text

__all__ = [
    "FaultyStatementsError",
    "NotJsonError",
    "ParameterRefusedError",
    "RecordRefusedError",
    "RepeatedStatementError",
    "TooLargeError",
]

SHOWN = 20


class RecordRefusedError(YucaiError):
    """A request that is refused; ``status`` is the status of the answer."""

    status: ClassVar[int] = 400
    exit_code = 65


class NotJsonError(RecordRefusedError):
    """What came is not the JSON it should be."""

    says = Text("The body is not what it should be: {reason}.", "请求内容不符合要求：{reason}。")


class TooLargeError(RecordRefusedError):
    """More than the store takes in one request."""

    says = Text(
        "The request has {found} {what}; at most {limit} are taken.", "请求包含 {found} {what}，上限为 {limit}。"
    )
    status = 413


class RepeatedStatementError(RecordRefusedError):
    """Two statements of one request have one id."""

    says = Text(
        "The id {id} is used by more than one statement of this request. Give each its own.",
        "本次请求中有多条陈述使用标识 {id}。请为每条陈述指定各自的标识。",
    )


class FaultyStatementsError(RecordRefusedError):
    """Statements that break rules of xAPI; ``faults`` holds all of them, each with its path."""

    says = Text(
        "{n} things to correct; nothing was stored.\n{listed}",
        "需改正 {n} 处；未存入任何内容。\n{listed}",
    )

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__(n=len(self.faults))

    def in_language(self, language: str) -> str:
        """Return one heading and one line a fault, the first twenty of them."""
        listed = "\n".join(f"- {fault.in_language(language)}" for fault in self.faults[:SHOWN])
        return self.says.in_language(language, **self.facts, listed=listed)


class ParameterRefusedError(RecordRefusedError):
    """Parameters of a request that do not fit; ``faults`` holds all of them."""

    says = Text("The parameters do not fit.\n{listed}", "请求参数不符合要求。\n{listed}")

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__()

    def in_language(self, language: str) -> str:
        """Return one heading and one line a fault."""
        listed = "\n".join(f"- {fault.in_language(language)}" for fault in self.faults[:SHOWN])
        return self.says.in_language(language, listed=listed)
