"""Words for the templates."""

from django import template
from django.utils import translation
from django.utils.safestring import SafeString, mark_safe

from yucai.texts import Text

__all__ = ["drawing", "said"]

register = template.Library()


@register.filter
def said(text: Text) -> str:
    """Say a text of the library in the language of the page."""
    return text.in_language(translation.get_language() or "en")


@register.filter
def drawing(svg: str) -> SafeString:
    """Set a chart into the page; our own drawing room escapes every word in it."""
    return mark_safe(svg)  # noqa: S308
