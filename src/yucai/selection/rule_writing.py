"""A rule written back as the file that reads like it: what is read again is the same rule, with the same digest."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from yucai.selection.rule_sets import FORMAT, LEVELS, RuleSet, Spared, Terms
from yucai.texts import Text

__all__ = ["write_rule"]


def write_rule(rules: RuleSet) -> str:
    """Return the file of a rule. What the rule leaves open is not in it."""
    return "\n".join([*_head(rules), *_measure(rules), *_line(rules), *_floors(rules), *_rest(rules)]) + "\n"


def _word(text: str) -> str:
    """Return a text as TOML writes it; its strings are those of JSON."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _words(texts: Sequence[str]) -> str:
    return "[" + ", ".join(map(_word, texts)) + "]"


def _both(name: str, text: Text) -> Iterator[str]:
    yield f"\n[{name}]"
    yield f"zh = {_word(text.zh)}"
    yield f"en = {_word(text.en)}"


def _head(rules: RuleSet) -> Iterator[str]:
    yield f"format = {FORMAT}"
    yield f"code = {_word(rules.code)}"
    yield f"direction = {_word(rules.direction)}"
    yield f"within = {_word(rules.within)}"
    yield f"source = {_word(rules.source)}"
    yield from _both("title", rules.title)


def _measure(rules: RuleSet) -> Iterator[str]:
    yield "\n[measure]"
    yield f"points = {_word(rules.points)}"
    yield f"weighting = {_word(rules.weighting)}"
    yield f"attempts = {_word(rules.attempts)}"
    named = len(rules.terms) == 1 and rules.terms[0] in tuple(Terms)
    yield f"terms = {_word(rules.terms[0]) if named else _words(rules.terms)}"
    if rules.levels != LEVELS:
        yield f"levels = [{', '.join(f'{level!r}' for level in rules.levels)}]"
    for one in rules.sets:
        yield "\n[[measure.sets]]"
        yield f"name = {{ zh = {_word(one.name.zh)}, en = {_word(one.name.en)} }}"
        yield f"courses = {_words(one.courses)}"
        yield f"weight = {one.weight!r}"


def _line(rules: RuleSet) -> Iterator[str]:
    yield "\n[line]"
    if rules.share is not None:
        yield f"share = {_word(f'{rules.share.normalize():f}')}"
    if rules.count is not None:
        yield f"count = {rules.count}"
    yield f"rounding = {_word(rules.rounding)}"
    if rules.spare is not Spared.NOBODY:
        yield f"spare = {_word(rules.spare)}"
    if rules.spare_at is not None:
        yield f"spare_at = {rules.spare_at!r}"


def _floors(rules: RuleSet) -> Iterator[str]:
    yield "\n[floors]"
    yield f"pass_mark = {rules.pass_mark!r}"
    if rules.least_measure is not None:
        yield f"least = {rules.least_measure!r}"
    if rules.most_failed is not None:
        yield f"most_failed = {rules.most_failed}"
    if rules.least_credits is not None:
        yield f"least_credits = {rules.least_credits!r}"


def _rest(rules: RuleSet) -> Iterator[str]:
    if rules.most is not None or rules.pass_on:
        yield "\n[places]"
        if rules.most is not None:
            yield f"most = {rules.most}"
        yield f"pass_on = {'true' if rules.pass_on else 'false'}"
    if rules.exempt is not None:
        yield "\n[exempt]"
        yield f"award = {_word(rules.exempt)}"
    if rules.flag is not None:
        yield from _both("flag", rules.flag)
    if rules.tie_breaks:
        yield "\n[ties]"
        yield f"by = {_words(rules.tie_breaks)}"
    if rules.mark_error:
        yield "\n[edge]"
        yield f"mark_error = {rules.mark_error!r}"
