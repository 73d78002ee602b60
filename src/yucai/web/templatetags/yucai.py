"""Words for the templates."""

from collections.abc import Mapping
from typing import Any

from django import template
from django.urls import reverse
from django.utils import translation
from django.utils.safestring import SafeString, mark_safe

from yucai.texts import Text, signed

__all__ = ["at", "drawing", "here", "place", "said"]

register = template.Library()


@register.filter
def said(text: Text) -> str:
    """Say a text of the library in the language of the page."""
    return text.in_language(translation.get_language() or "en")


@register.filter
def at(table: Mapping[str, Any], name: str) -> Any:
    """Return what a table holds under a name."""
    return table[name]


@register.filter
def place(value: float) -> str:
    """Set a place on a scale with its sign."""
    return signed(value)


@register.filter
def drawing(svg: str) -> SafeString:
    """Set a chart into the page; our own drawing room escapes every word in it."""
    return mark_safe(svg)  # noqa: S308


@register.simple_tag(takes_context=True)
def here(context: template.Context, name: str, *parts: Any) -> SafeString:
    """Mark the link of a menu that leads to the page that is open, for the eye and for the ear."""
    request = context.get("request")
    is_open = request is not None and request.path == reverse(name, args=parts)
    return mark_safe(' aria-current="page"' if is_open else "")  # noqa: S308 - nothing of the request goes in
