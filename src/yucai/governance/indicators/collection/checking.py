"""Checks between the tables of a collection. Every check is listed with how it came out, also where it agrees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from yucai.governance.indicators.checking import (
    CLOSE,
    JUMP,
    LEAP,
    RATIO,
    SUM,
    TWO,
    FilledItem,
    said,
)
from yucai.governance.indicators.computing import compute_indicator
from yucai.governance.indicators.definitions import Figure, TableCheck
from yucai.texts import Text

__all__ = [
    "CHECK_STATES",
    "KIND_SAYS",
    "CheckKind",
    "CheckLine",
    "CheckState",
    "FigureGiven",
    "PartsGiven",
    "check_collection",
]


class CheckKind(StrEnum):
    """What is compared."""

    SAME = "same"
    RECORDS = "records"
    SUM = "sum"
    RATIO = "ratio"
    LEAP = "leap"


class CheckState(StrEnum):
    """How a check came out. A leap may be right; it wants a word of explanation."""

    AGREES = "agrees"
    CONTRADICTS = "contradicts"
    WANTS_A_WORD = "wants-a-word"
    OPEN = "open"


KIND_SAYS: Final[Mapping[CheckKind, Text]] = {
    CheckKind.SAME: Text("the same figure twice", "同一数据项多处一致"),
    CheckKind.RECORDS: Text("filled in against the records", "填报数与系统记录"),
    CheckKind.SUM: Text("whole and parts", "总数与分项"),
    CheckKind.RATIO: Text("ratio and its parts", "比例与分子、分母"),
    CheckKind.LEAP: Text("this year against last", "本年与上年"),
}
CHECK_STATES: Final[Mapping[CheckState, Text]] = {
    CheckState.AGREES: Text("agrees", "一致"),
    CheckState.CONTRADICTS: Text("contradicts", "矛盾"),
    CheckState.WANTS_A_WORD: Text("wants a word", "须说明"),
    CheckState.OPEN: Text("cannot be checked", "无法核对"),
}
ALIKE: Final = Text("“{figure}” is {one} in all {n} places.", "“{figure}”在 {n} 处均为 {one}。")
MOVED: Final = Text(
    "“{figure}” was filled in as {one}; the records give {other} now.", "“{figure}”填报为 {one}，系统记录现为 {other}。"
)
SO_RECORDED: Final = Text("“{figure}” is {one}, as the records give it.", "“{figure}”为 {one}，与系统记录一致。")
PARTS: Final = Text(
    "{table}: the lines add up to {parts}; “{figure}” is {whole}.", "{table}：各行合计 {parts}，“{figure}”为 {whole}。"
)
HIDDEN: Final = Text(
    "{table}: a line is hidden, so its sum cannot be set against “{figure}”.",
    "{table}：有不公开的行，无法将合计与“{figure}”核对。",
)
LACKS: Final = Text("{rule} Not filled in: {lacking}.", "{rule}未填报：{lacking}。")
NO_WHOLE: Final = Text("{table}: “{figure}” is not filled in.", "{table}：“{figure}”未填报。")
QUOTIENT: Final = Text("{item} equals its numerator and denominator.", "{item} 与按分子、分母计算的数值一致。")
STEADY: Final = Text("{item} was {before} last year and is {now}.", "{item} 上年为 {before}，今年为 {now}。")
NO_YEAR: Final = Text("{item}: there is no value of last year.", "{item}：无上年数值。")


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureGiven:
    """A figure as it was filled in, once or in several places, as the records give it, and as it was last year."""

    figure: Figure
    told: tuple[tuple[Text, float], ...]  # where, and what stands there
    value: float | None  # the one that the tables take
    recorded: float | None = None
    before: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PartsGiven:
    """The lines of a table that must add up to a figure; None: hidden."""

    table: Text
    whole: str
    parts: tuple[float | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckLine:
    """One check, how it came out, and what was compared."""

    kind: CheckKind
    state: CheckState
    says: Text


def check_collection(
    figures: Sequence[FigureGiven], items: Sequence[FilledItem], rules: Sequence[TableCheck],
    parts: Sequence[PartsGiven] = (),
) -> tuple[CheckLine, ...]:  # fmt: skip
    """Return every check between the tables of one year with how it came out: none is left out because it agrees.

    ``items`` are the indicators that have a value. A check of which a number is lacking is open and says what lacks.
    """
    known = {one.figure.code: one for one in figures}
    found = [line for one in figures for line in _same(one)]
    found += [_rule(rule, known) for rule in rules]
    found += [_parts(one, known[one.whole]) for one in parts]
    found += [_ratio(item) for item in items if item.written is not None and item.indicator.bottom]
    found += [_leap(one.figure.name, one.value, one.before, 0) for one in figures if one.value is not None]
    found += [
        _leap(item.indicator.name, item.value.value, item.last_year, item.indicator.places)
        for item in items
        if len(item.indicator.figures) > 1  # else its one figure was looked at already
    ]
    return tuple(found)


def _same(one: FigureGiven) -> list[CheckLine]:
    found = []
    if len(one.told) > 1:
        here, right = one.told[0]
        others = [(there, other) for there, other in one.told[1:] if abs(other - right) > CLOSE]
        if not others:
            says = ALIKE.filled(figure=one.figure.name, one=said(right), n=len(one.told))
            found.append(CheckLine(kind=CheckKind.SAME, state=CheckState.AGREES, says=says))
        for there, other in others:
            says = TWO.filled(figure=one.figure.name, one=said(right), here=here, other=said(other), there=there)
            found.append(CheckLine(kind=CheckKind.SAME, state=CheckState.CONTRADICTS, says=says))
    if one.told and one.recorded is not None and one.value is not None:
        close = abs(one.value - one.recorded) <= CLOSE
        facts = {"figure": one.figure.name, "one": said(one.value), "other": said(one.recorded)}
        state = CheckState.AGREES if close else CheckState.CONTRADICTS
        says = (SO_RECORDED if close else MOVED).filled(**facts)
        found.append(CheckLine(kind=CheckKind.RECORDS, state=state, says=says))
    return found


def _rule(rule: TableCheck, known: Mapping[str, FigureGiven]) -> CheckLine:
    values: dict[str, float] = {}
    lacking = []
    for code in dict.fromkeys((rule.whole, *rule.parts)):
        value = known[code].value
        if value is None:
            lacking.append(known[code].figure.name)
        else:
            values[code] = value
    if lacking:
        names = Text(", ".join(one.en for one in lacking), "、".join(one.zh for one in lacking))
        says = LACKS.filled(rule=rule.says, lacking=names)
        return CheckLine(kind=CheckKind.SUM, state=CheckState.OPEN, says=says)
    whole, parts = values[rule.whole], sum(values[code] for code in rule.parts)
    wrong = (parts > whole + CLOSE) if rule.at_most else abs(parts - whole) > CLOSE
    says = SUM.filled(rule=rule.says, whole=said(whole), parts=said(parts))
    return CheckLine(kind=CheckKind.SUM, state=CheckState.CONTRADICTS if wrong else CheckState.AGREES, says=says)


def _parts(one: PartsGiven, whole: FigureGiven) -> CheckLine:
    facts = {"table": one.table, "figure": whole.figure.name}
    if any(part is None for part in one.parts):
        return CheckLine(kind=CheckKind.SUM, state=CheckState.OPEN, says=HIDDEN.filled(**facts))
    together = sum(part for part in one.parts if part is not None)
    if whole.value is None:
        return CheckLine(kind=CheckKind.SUM, state=CheckState.OPEN, says=NO_WHOLE.filled(**facts))
    state = CheckState.AGREES if abs(together - whole.value) <= CLOSE else CheckState.CONTRADICTS
    says = PARTS.filled(**facts, parts=said(together), whole=said(whole.value))
    return CheckLine(kind=CheckKind.SUM, state=state, says=says)


def _ratio(item: FilledItem) -> CheckLine:
    right = compute_indicator(item.indicator, item.counts, item.value.at).value
    assert item.written is not None
    if right is None or abs(right - item.written) <= 0.5 * 10**-item.indicator.places + CLOSE:
        says = QUOTIENT.filled(item=item.indicator.name)
        return CheckLine(kind=CheckKind.RATIO, state=CheckState.AGREES, says=says)
    says = RATIO.filled(item=item.indicator.name, written=said(item.written), right=said(round(right, 4)))
    return CheckLine(kind=CheckKind.RATIO, state=CheckState.CONTRADICTS, says=says)


def _leap(name: Text, now: float | None, before: float | None, places: int) -> CheckLine:
    if now is None or before is None:
        return CheckLine(kind=CheckKind.LEAP, state=CheckState.OPEN, says=NO_YEAR.filled(item=name))
    facts = {"item": name, "before": said(round(before, places)), "now": said(round(now, places))}
    if abs(now - before) > LEAP * abs(before):
        return CheckLine(kind=CheckKind.LEAP, state=CheckState.WANTS_A_WORD, says=JUMP.filled(**facts))
    return CheckLine(kind=CheckKind.LEAP, state=CheckState.AGREES, says=STEADY.filled(**facts))
