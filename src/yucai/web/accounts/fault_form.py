"""The form that every page builds on whose action may find faults."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django import forms
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from yucai.errors import Fault

__all__ = ["FaultForm"]


class FaultForm(forms.Form):
    """A form that takes the faults of an action to its fields."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.error_messages["required"] = _("This is needed.")

    def add_faults(self, faults: Iterable[Fault]) -> None:
        """Put faults at the fields they are about."""
        for fault in faults:
            sentence = replace(fault, where="").in_language(translation.get_language() or "en")
            self.add_error(fault.where if fault.where in self.fields else None, sentence)
