"""Colours are named once, by meaning, and every pair in use can be read: in light, in dark and on charts (L32).

Contrast is computed here from the style sheets by the formula of WCAG 2.2 (relative luminance), apart from what axe
measures on the pages.
"""

import re
from functools import cache
from itertools import product
from pathlib import Path

import pytest

from yucai.web.drawing.sheet import Ink

STATIC = Path(__file__).parents[2] / "src" / "yucai" / "web" / "static" / "yucai"
SHEETS = {path.name: path.read_text(encoding="utf-8") for path in sorted(STATIC.glob("*.css"))}
SCHEMES = ("light", "dark")
TEXTS = ("ink", "quiet", "accent", "warm", "alert", "good")
GROUNDS = ("paper", "ground", "grey-ground", "tint")
TINTED = ("accent-ground", "warm-ground", "alert-ground", "good-ground")
RULE = re.compile(r"([^{}]*)\{([^{}]*)\}")
COLOUR = re.compile(r"#[0-9a-fA-F]{3,8}\b|\b(?:rgb|rgba|hsl|hsla|oklch|lab|color-mix)\(")
READABLE, SEEN = 4.5, 3.0  # WCAG 2.2: 1.4.3 for text, 1.4.11 for what is not text


@cache
def tokens(scheme):
    """Return the colours of a scheme by name; the dark one names what differs."""
    light, dark = [dict(re.findall(r"--([\w-]+): (#\w+)", part)) for part in SHEETS["tokens.css"].split("@media")]
    return light if scheme == "light" else light | dark


def luminance(colour):
    digits = colour.removeprefix("#")
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    shares = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def too_faint(pairs, least, scheme):
    known = tokens(scheme)
    found = {(front, back): contrast(known.get(front, front), known.get(back, back)) for front, back in pairs}
    return {pair: round(ratio, 2) for pair, ratio in found.items() if ratio < least}


def said_together():
    """Return every pair of text and ground that one rule of a style sheet sets."""
    pairs = set()
    for sheet in SHEETS.values():
        for selector, body in RULE.findall(sheet):
            front = re.search(r"(?<![\w-])color: var\(--([\w-]+)\)", body)
            back = re.search(r"background(?:-color)?: var\(--([\w-]+)\)", body)
            if front and back and ":disabled" not in selector:
                pairs.add((front[1], back[1]))
    return pairs


def test_l32_the_formula_gives_the_published_ratios():
    assert contrast("#000", "#fff") == pytest.approx(21)
    assert contrast("#767676", "#fff") == pytest.approx(4.54, abs=0.005)  # the lightest grey that WCAG lets on white
    assert contrast("#777777", "#fff") == pytest.approx(4.48, abs=0.005)


def test_l32_no_other_style_sheet_names_a_colour():
    named = {
        (name, selector.strip()[-60:], found)
        for name, sheet in SHEETS.items()
        if name != "tokens.css"
        for selector, body in RULE.findall(sheet)
        for found in COLOUR.findall(body)
    }
    assert named == set()


def test_l32_every_name_that_is_used_has_a_colour_in_both_schemes():
    light, dark = tokens("light"), tokens("dark")
    used = set(re.findall(r"var\(--([\w-]+)\)", "".join(SHEETS.values())))
    assert used - set(light) == set()
    assert set(light) - used == set()
    assert {name for name in light if light[name] == dark[name]} == {"white"}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_l32_text_is_read_on_every_ground(scheme):
    anywhere = product(TEXTS, GROUNDS)
    on_tints = [*product(("ink", "quiet", "accent"), TINTED), *[(text, f"{text}-ground") for text in TEXTS[3:]]]
    assert too_faint({*anywhere, *on_tints, *said_together()}, READABLE, scheme) == {}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_l32_fields_buttons_and_the_focus_are_seen(scheme):
    marks = product(("edge", "focus", "accent", "alert", "good"), ("paper", "ground"))
    assert too_faint(marks, SEEN, scheme) == {}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_l32_charts_are_read_and_their_marks_are_told_apart(scheme):
    shown = {name: colour for name, colour in vars(Ink).items() if not name.startswith("_")}
    if scheme == "dark":
        shown = {name: tokens("dark")[_in_dark(colour)] for name, colour in shown.items()}
    texts = [(shown[text], shown[back]) for text in ("text", "quiet", "heading") for back in ("paper", "hollow")]
    marks = [("point", "paper"), ("point", "band"), ("marked", "paper"), ("marked", "marked_band"), ("zero", "paper")]
    assert too_faint(texts, READABLE, scheme) == {}
    assert too_faint([(shown[one], shown[other]) for one, other in marks], SEEN, scheme) == {}


def _in_dark(colour):
    """Return the name that stands for a colour of the charts on a dark screen."""
    found = re.findall(
        rf'\[(?:fill|stroke)="{colour}"\][^{{}}]*\{{ (?:fill|stroke): var\(--([\w-]+)\)', SHEETS["yucai.css"]
    )
    assert found, f"{colour} of the charts has no rule for dark screens"
    return found[0]


def test_l32_what_moves_stays_still_for_who_asks_for_it():
    moving = [name for name, sheet in SHEETS.items() if re.search(r"\b(animation|transition)\b", sheet)]
    assert [name for name in moving if "prefers-reduced-motion" not in SHEETS[name]] == []


def test_l32_the_focus_is_hidden_only_where_something_else_shows_it():
    hidden = [
        (name, selector.strip())
        for name, sheet in SHEETS.items()
        for selector, body in RULE.findall(sheet)
        if re.search(r"outline: (none|0)", body)
    ]
    # The whole page, which the link to the content jumps to; and choices whose box shows the focus of what is in it.
    assert sorted(hidden) == [
        ("observe.css", "main:focus"),
        ("ratings.css", ".levels input:focus-visible"),
        ("tests.css", ".options input:focus-visible"),
        ("yucai.css", "main:focus"),
    ]
