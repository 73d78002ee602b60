"""One component for every page that shows a result about somebody: the same six parts, in the same order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from importlib.metadata import version
from typing import Final

from django.utils.translation import gettext as _

__all__ = ["VERSION", "ExplainedPart", "Explanation"]

VERSION: Final = version("yucai")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedPart:
    """One part of an explanation: its mark in the page, what it is called, and what it says."""

    code: str
    label: str
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What must be said of a result (PIPL 24, AI Act 86), in the language that was active when it was formed.

    ``data`` is what was used, from where and of when; ``method`` the rule or model with its version; ``reasons`` the
    main ones; ``change`` what would change it; ``sure`` how sure it is; ``objection`` how to object.
    """

    data: str
    method: str
    reasons: str
    change: str
    sure: str
    objection: str

    def __post_init__(self) -> None:
        """Let nobody show a result of which a part is left unsaid. Raises ValueError."""
        unsaid = [field.name for field in fields(self) if not getattr(self, field.name).strip()]
        if unsaid:
            raise ValueError(f"An explanation has six parts; of this one {', '.join(unsaid)} is empty.")

    @property
    def parts(self) -> Iterator[ExplainedPart]:
        """The six parts, in the order in which they are read."""
        labels = {
            "reasons": _("Main reasons"),
            "data": _("Data used"),
            "method": _("Rule or model"),
            "sure": _("How sure"),
            "change": _("What would change it"),
            "objection": _("How to object"),
        }
        return (ExplainedPart(code=code, label=label, says=getattr(self, code)) for code, label in labels.items())
