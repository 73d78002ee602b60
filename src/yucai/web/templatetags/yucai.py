"""Words for the templates, and tables as pages show them."""

from collections.abc import Mapping
from typing import Any

from django import template
from django.urls import reverse
from django.utils import translation
from django.utils.safestring import SafeString, mark_safe

from yucai.texts import Text, signed
from yucai.web.listing import Table, heads, shown_rows

__all__ = ["at", "drawing", "filed", "here", "place", "said", "table_facts"]

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


@register.filter
def filed(tables: Mapping[str, Table], table: Table) -> Table:
    """Return a table as its page gives it as a file; one that the page does not give, as it is."""
    return tables.get(table.key.replace("-", "_"), table)


@register.simple_tag(takes_context=True)
def here(context: template.Context, name: str, *parts: Any) -> SafeString:
    """Mark the link of a menu that leads to the page that is open, for the eye and for the ear."""
    request = context.get("request")
    is_open = request is not None and request.path == reverse(name, args=parts)
    return mark_safe(' aria-current="page"' if is_open else "")  # noqa: S308 - nothing of the request goes in


@register.simple_tag
def table_facts(table: Table) -> dict[str, Any]:
    """Return the heads and the rows of a table as its page shows them."""
    return {"heads": heads(table), "rows": list(shown_rows(table))}
