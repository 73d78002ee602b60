"""What pages say of how well a method was tested: every template has the methods at hand, by code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.http import HttpRequest
from django.utils.translation import gettext as _

from yucai.web.listing import said
from yucai.web.registers.algorithms import METHODS, Method

__all__ = ["tested", "tested_words"]

BY_NAME: Final = {code.replace("-", "_"): method for code, method in METHODS.items()}


def tested(request: HttpRequest) -> Mapping[str, Mapping[str, Method]]:
    """Return the methods for a template, hyphens in codes as underscores: ``methods_here.class_map``."""
    return {"methods_here": BY_NAME}


def tested_words(method: Method) -> str:
    """Return on whose data a method was tested, when, and with which error; or that nobody tested it.

    The sentences are those of ``_tested.html``, so that paper says what the screen says.
    """
    if method.trial is None:
        untested = _("%(name)s: an untested rule. Nobody has shown yet, on anybody's data, that it is right or that it "
                     "helps.") % {"name": said(method.name)}  # fmt: skip
        return f"{_('rule, untested')} · {untested}"
    facts = {"name": said(method.name), "whose": said(method.trial.whose), "when": method.trial.when,
             "error": said(method.trial.error)}  # fmt: skip
    told = _("%(name)s: tested on %(whose)s, %(when)s: %(error)s.") % facts
    own = _(" Not yet on this institution's own past.")
    return f"{_('tested elsewhere')} · {told}{own}"
