"""Logs without personal values: what went wrong and where, never what somebody's data were.

The words of an exception may hold a name, a number or a file's name ("Key (code)=(2023010001) already exists"); so of
an exception the log keeps its kinds and the lines of code it went through.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from types import TracebackType

__all__ = ["PlainFormatter"]

Raised = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class PlainFormatter(logging.Formatter):
    """Writes time, level, logger and message; of an exception no words but those that a number stands for."""

    def formatException(self, ei: Raised) -> str:  # noqa: N802  (named by logging)
        """Return the kinds of an exception and of those behind it, each with its lines of code."""
        return "\n".join(line for problem in _chain(ei[1]) for line in _lines(problem))

    def formatStack(self, stack_info: str) -> str:  # noqa: N802
        """Return nothing: what is logged with a stack says enough by its message."""
        return ""


def _chain(problem: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while problem is not None and id(problem) not in seen:
        seen.add(id(problem))
        yield problem
        problem = problem.__cause__ or (None if problem.__suppress_context__ else problem.__context__)


def _lines(problem: BaseException) -> Iterator[str]:
    number = getattr(problem, "errno", None) or getattr(problem, "sqlstate", None)
    kind = type(problem)
    yield f"{kind.__module__}.{kind.__qualname__}" + (f" [{number}]" if number else "")
    for frame in traceback.extract_tb(problem.__traceback__):
        yield f"  {frame.filename}:{frame.lineno} {frame.name}"
