"""Words for the templates."""

from django import template
from django.utils import translation
from django.utils.safestring import SafeString, mark_safe

from yucai.texts import Text, signed

__all__ = ["drawing", "place", "said"]

register = template.Library()


@register.filter
def said(text: Text) -> str:
    """Say a text of the library in the language of the page."""
    return text.in_language(translation.get_language() or "en")


@register.filter
def place(value: float) -> str:
    """Set a place on a scale with its sign."""
    return signed(value)


@register.filter
def drawing(svg: str) -> SafeString:
    """Set a chart into the page; our own drawing room escapes every word in it."""
    return mark_safe(svg)  # noqa: S308
