"""What the chart library draws, made fit for a strict page: accessible, self-contained, without style sheets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from xml.etree import ElementTree as Xml

__all__ = ["FONT", "MIDDLE_EM", "finish"]

FONT: Final = "'Noto Sans SC','PingFang SC','Microsoft YaHei','Noto Sans CJK SC','Source Han Sans SC',sans-serif"
"""Faces with Chinese that systems bring along. The first is the one our PDFs embed."""

_SVG: Final = "http://www.w3.org/2000/svg"
_KEPT: Final = frozenset(
    [
        "cx",
        "cy",
        "r",
        "x",
        "y",
        "x1",
        "x2",
        "y1",
        "y2",
        "width",
        "height",
        "rx",
        "ry",
        "d",
        "points",
        "fill",
        "stroke",
        "stroke-width",
        "stroke-dasharray",
        "stroke-linecap",
        "stroke-linejoin",
        "stroke-dashoffset",
        "fill-opacity",
        "stroke-opacity",
        "opacity",
        "transform",
        "text-anchor",
        "font-size",
        "font-weight",
        "font-style",
        "id",
        "clip-path",
        "offset",
        "stop-color",
        "viewBox",
    ]
)
_REFERENCE: Final = re.compile(r"url\(#([^)]+)\)")
MIDDLE_EM: Final = 0.36
"""From the middle of a line of text down to its baseline, in em; between Latin capitals (0.36) and Hanzi (0.38)."""

Xml.register_namespace("", _SVG)


def finish(drawn: str, *, name: str, title: str, description: str) -> str:
    """Return the drawn SVG with role, title and description, scaling with its box; all its ids begin with ``name``.

    Styles become presentation attributes (a strict content policy blocks inline styles) and the optical middle of text
    becomes a plain baseline, so that browsers and PDF agree. Anything not needed to see the picture goes.
    """
    root = Xml.fromstring(drawn)  # noqa: S314 - made by our own engine a moment ago, not by a stranger
    _strip(root)
    given = [element.get("id", "") for element in root.iter() if "id" in element.attrib]
    renamed = {old: f"{name}-{number}" for number, old in enumerate(given)}  # the engine's own ids count for ever on
    for element in root.iter():
        _plain(element, renamed)
    root.attrib.pop("height", None)
    root.text = None
    root.attrib |= {
        "width": "100%",
        "role": "img",
        "class": "drawing",
        "font-family": FONT,
        "aria-labelledby": f"{name}-t",
    }
    if description:
        root.insert(0, _words("desc", f"{name}-d", description))
        root.set("aria-describedby", f"{name}-d")
    root.insert(0, _words("title", f"{name}-t", title))
    return Xml.tostring(root, encoding="unicode", short_empty_elements=True)


def _strip(root: Xml.Element) -> None:
    """Drop style sheets and the empty background."""
    for parent in list(root.iter()):
        for child in list(parent):
            invisible = child.get("fill") == "none" and not child.get("stroke") and not len(child)
            if child.tag == f"{{{_SVG}}}style" or invisible:
                parent.remove(child)


def _plain(element: Xml.Element, renamed: Mapping[str, str]) -> None:
    attributes = dict(element.attrib)
    for declaration in attributes.pop("style", "").split(";"):
        name, _, value = declaration.partition(":")
        if value:
            attributes[name.strip()] = value.strip()
    if attributes.get("dominant-baseline") == "central":
        size = float(attributes.get("font-size", "12").removesuffix("px"))
        attributes["y"] = f"{float(attributes.get('y', '0')) + MIDDLE_EM * size:.2f}".rstrip("0").rstrip(".")
    kept = {name: _renamed(value, renamed) for name, value in attributes.items() if name in _KEPT}
    if "id" in kept:
        kept["id"] = renamed[kept["id"]]
    element.attrib.clear()
    element.attrib.update(kept)
    element.tail = None


def _renamed(value: str, renamed: Mapping[str, str]) -> str:
    return _REFERENCE.sub(lambda found: f"url(#{renamed[found[1]]})", value)


def _words(tag: str, id_: str, text: str) -> Xml.Element:
    element = Xml.Element(f"{{{_SVG}}}{tag}", {"id": id_})
    element.text = text
    return element
