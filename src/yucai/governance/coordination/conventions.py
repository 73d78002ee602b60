"""What every result of this part carries: the conventions by which it was worked out, in words."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from yucai.errors import Fault, FaultyInputError
from yucai.texts import Text

__all__ = ["Conventional", "Floats", "Frequencies", "require_choice", "require_finite"]

Floats = npt.NDArray[np.float64]
Frequencies = npt.NDArray[np.int64]

CHOICE = Text(
    "“{value}” is no choice for {field}. Take one of: {allowed}.",
    "“{value}”不是{field}的可选项。请从中选择：{allowed}。",
)
FINITE = Text(
    "{n} of its values {n:is|are} missing or infinite. Every cell needs a finite number.",
    "其中 {n} 个值缺失或为无穷。每一格都须为有限数值。",
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Conventional:
    """A result with its conventions; printed, it says them."""

    conventions: tuple[Text, ...]

    def told(self, language: str) -> str:
        """Return the conventions in ``"zh"`` or ``"en"``."""
        return ("；" if language.startswith("zh") else "; ").join(one.in_language(language) for one in self.conventions)

    def __str__(self) -> str:
        return f"{type(self).__name__}: {self.told('en')}"


def require_choice(field: str, value: str, allowed: Collection[str]) -> None:
    """Raise FaultyInputError where a named convention is none of those that there are."""
    if value not in allowed:
        facts = {"value": value, "field": field, "allowed": ", ".join(allowed)}
        raise FaultyInputError(field, [Fault(code="no-choice", says=CHOICE, where=field, facts=facts)])


def require_finite(name: str | Text, arrays: Iterable[tuple[str, Floats]]) -> None:
    """Raise FaultyInputError naming every array with a value that is missing or infinite."""
    faults = []
    for where, values in arrays:
        wrong = int(np.count_nonzero(~np.isfinite(values)))
        if wrong:
            faults.append(Fault(code="no-number", says=FINITE, where=where, facts={"n": wrong}))
    if faults:
        raise FaultyInputError(name, faults)
