"""What a register says of a method, and where the method was tested."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from typing import Final

from yucai.texts import Text

__all__ = ["Method", "Trial"]

NOTHING: Final = Text("", "")
VERSION: Final = version("yucai")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """Where a method was tested: on whose data, when, and how far off it was."""

    whose: Text
    when: str
    error: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One method. ``stops`` says what a switch stops; None where a method cannot be switched off, for ``why_always``.

    ``trial`` is where it was tested; None is a rule that nobody tested. None of these is an institution's own past:
    what was tested there a page says itself. ``calls`` are the functions of the library that it runs; ``measured`` is
    the section of the page of benchmarks.
    """

    code: str
    name: Text
    what: Text
    why: Text
    data: Text
    tested: Text
    trial: Trial | None
    calls: frozenset[str]
    measured: str = ""
    risks: Text = NOTHING
    measures: Text = NOTHING
    necessity: Text = NOTHING
    stops: Text | None = None
    why_always: Text | None = None
    version: str = VERSION
