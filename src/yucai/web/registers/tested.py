"""What pages say of how well a method was tested: every template has the methods at hand, by code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.http import HttpRequest

from yucai.web.registers.algorithms import METHODS, Method

__all__ = ["tested"]

BY_NAME: Final = {code.replace("-", "_"): method for code, method in METHODS.items()}


def tested(request: HttpRequest) -> Mapping[str, Mapping[str, Method]]:
    """Return the methods for a template, hyphens in codes as underscores: ``methods_here.class_map``."""
    return {"methods_here": BY_NAME}
