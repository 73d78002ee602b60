"""Packs of indicators: TOML files that say what each means. All faults of a file are said at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final

from yucai.framework import PackReader, load_pack, shipped_packs
from yucai.governance.indicators.definitions import (
    Counting,
    Figure,
    Indicator,
    IndicatorPack,
    Reference,
    TableCheck,
)
from yucai.texts import Text

__all__ = ["indicator_packs", "load_indicators"]

HOME: Final = "yucai.governance.indicators"
NOTHING: Final = Text("", "")
NOT_A_NUMBER: Final = Text("“{field}” is {value}; write a number.", "“{field}”的值为 {value}；请写数字。")
NOT_A_DAY: Final = Text("“{field}” is {value}; write a day such as 2026-11-27.", "“{field}”的值为 {value}；请写日期。")
NO_FIGURE: Final = Text(
    "“{field}” names “{value}”, which is no figure of this pack. Add the figure or correct the name.",
    "“{field}”提到“{value}”，本资料包没有该数据项。请补上或改正。",
)
NO_WEIGHTS: Final = Text(
    "“{field}” needs at least one figure with its weight, such as {{ students = 1 }}.",
    "“{field}”至少须有一个数据项及其权重，例如 {{ students = 1 }}。",
)
ONE_PART: Final = Text("a check needs a whole and at least one part.", "核对关系须有一个总数和至少一个分项。")


@cache
def indicator_packs() -> tuple[IndicatorPack, ...]:
    """Return the packs that are shipped, in alphabetical order of their codes."""
    return tuple(load_indicators(code) for code in shipped_packs(HOME))


def load_indicators(name: str | Path) -> IndicatorPack:
    """Return a pack of indicators by code or path.

    Raises PackMissingError, PackUnreadableError, FaultyInputError (all faults at once).
    """
    return load_pack(str(name), "indicators", _pack, home=HOME)


def _pack(reader: PackReader) -> IndicatorPack:
    said = reader.said
    figures = tuple(_figure(reader, where, table) for where, table in reader.tables("figures"))
    reader.once([one.code for one in figures], "figures")
    groups = tuple((reader.word(table, "code", where), reader.text(table, "name", where))
                   for where, table in reader.tables("groups"))  # fmt: skip
    known, places = [one.code for one in figures], [code for code, _name in groups]
    indicators = tuple(_indicator(reader, where, table, known, places) for where, table in reader.tables("indicators"))
    reader.once([one.code for one in indicators], "indicators")
    checks = tuple(
        _check(reader, where, table, known) for where, table in reader.listed(said.get("checks", []), "checks")
    )
    return IndicatorPack(
        code=reader.word(said, "code"),
        version=reader.word(said, "version"),
        name=reader.text(said, "name"),
        note=reader.text(said, "note"),
        source=reader.text(said, "source"),
        licence=reader.word(said, "licence"),
        groups=groups,
        figures=figures,
        indicators=indicators,
        checks=checks,
    )


def _figure(reader: PackReader, where: str, table: Mapping[str, Any]) -> Figure:
    return Figure(
        code=reader.word(table, "code", where),
        name=reader.text(table, "name", where),
        unit=reader.text(table, "unit", where),
        people=reader.yes_no(table, "people", where),
        records=str(table.get("records", "")),
    )


def _indicator(
    reader: PackReader, where: str, table: Mapping[str, Any], known: list[str], groups: list[str]
) -> Indicator:  # fmt: skip
    bottom = _weights(reader, where, table, "bottom", known) if "bottom" in table else {}
    return Indicator(
        code=reader.word(table, "code", where),
        name=reader.text(table, "name", where),
        group=reader.choice(table, "group", groups, where),
        numerator=reader.text(table, "numerator", where),
        denominator=reader.text(table, "denominator", where) if bottom else None,
        rule=reader.text(table, "rule", where),
        reference=Reference(reader.choice(table, "reference", list(Reference), where)),
        unit=reader.text(table, "unit", where),
        per=_number(reader, where, table, "per", 1.0),
        places=int(_number(reader, where, table, "places", 1.0)),
        top=_weights(reader, where, table, "top", known),
        bottom=bottom,
        counting=Counting(reader.choice(table, "counting", list(Counting), where)),
        more_is_better=_direction(reader, where, table),
        norm=_number(reader, where, table, "norm", 0.0) if "norm" in table else None,
        standard=reader.word(table, "standard", where),
        source=reader.text(table, "source", where),
        version=str(table.get("version", reader.said.get("version", ""))),
        vintage=_day(reader, where, table),
        checked=reader.yes_no(table, "checked", where),
        remark=reader.text(table, "remark", where) if "remark" in table else NOTHING,
    )


def _check(reader: PackReader, where: str, table: Mapping[str, Any], known: list[str]) -> TableCheck:
    found = table.get("parts")
    parts = tuple(str(part) for part in found) if isinstance(found, list) else ()
    whole = reader.word(table, "whole", where)
    if not parts:
        reader.fault(where, ONE_PART)
    _known(reader, where, "parts", [whole, *parts], known)
    return TableCheck(
        code=reader.word(table, "code", where),
        says=reader.text(table, "says", where),
        whole=whole,
        parts=parts,
        at_most=reader.yes_no(table, "at-most", where),
    )


def _weights(
    reader: PackReader, where: str, table: Mapping[str, Any], field: str, known: list[str]
) -> dict[str, float]:  # fmt: skip
    found = table.get(field)
    if not isinstance(found, Mapping) or not found:
        reader.fault(where, NO_WEIGHTS, field=field)
        return {}
    _known(reader, where, field, found, known)
    return {str(code): _number(reader, where, found, code, 1.0) for code in found}


def _known(reader: PackReader, where: str, field: str, codes: Iterable[str], known: list[str]) -> None:
    for code in codes:
        if code not in known:
            reader.fault(where, NO_FIGURE, field=field, value=code)


def _number(reader: PackReader, where: str, table: Mapping[str, Any], field: str, usual: float) -> float:
    value = table.get(field, usual)
    if isinstance(value, bool) or not isinstance(value, int | float):
        reader.fault(where, NOT_A_NUMBER, field=field, value=value)
        return usual
    return float(value)


def _direction(reader: PackReader, where: str, table: Mapping[str, Any]) -> bool | None:
    return reader.yes_no(table, "more-is-better", where) if "more-is-better" in table else None


def _day(reader: PackReader, where: str, table: Mapping[str, Any]) -> date:
    value = table.get("vintage", reader.said.get("vintage"))
    if not isinstance(value, date):
        reader.fault(where, NOT_A_DAY, field="vintage", value=value)
        return date.min
    return value
