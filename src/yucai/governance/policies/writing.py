"""A card as a plain mapping, as TOML that people edit, and as the bytes over which a seal is made."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from hashlib import sha256
from typing import Any, Final

from yucai.governance.policies.cards import FORMAT, CompetingPolicy, PolicyCard, PolicyUnit
from yucai.texts import Text

__all__ = ["canonical_json", "card_bytes", "hash_of", "mapping_of", "toml_of", "write_card"]

ESCAPES: Final = {ord('"'): '\\"', ord("\\"): "\\\\", ord("\n"): "\\n", ord("\t"): "\\t", ord("\r"): "\\r"}
CONTROLS: Final = {code: f"\\u{code:04X}" for code in (*range(0x20), 0x7F)}


def hash_of(content: bytes) -> str:
    """Return the SHA-256 of bytes, in hexadecimal."""
    return sha256(content).hexdigest()


def canonical_json(value: Any) -> bytes:
    r"""Return a plain value as the one JSON that it has here: keys in order, UTF-8, one line with an end.

    Raises ValueError for a number that is none.

    >>> canonical_json({"b": [1, 0.5], "a": "育"}).decode()
    '{"a":"育","b":[1,0.5]}\n'
    """
    said = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return f"{said}\n".encode()


def card_bytes(card: PolicyCard) -> bytes:
    """Return the bytes of a card over which it is sealed: all that it says, and nothing of how its file looked."""
    return canonical_json(mapping_of(card))


def write_card(card: PolicyCard) -> str:
    """Return a card as TOML; read again it is the same card, and written again the same text."""
    return toml_of(mapping_of(card), dates=("announced", "in_force"))


def mapping_of(card: PolicyCard) -> dict[str, Any]:
    """Return what a card says as a plain mapping, in the shape of its file. What is not said is left out."""
    outcome, data, plan = card.outcome, card.data, card.plan
    said: dict[str, Any] = {
        "format": FORMAT,
        "code": card.code,
        "title": _both(card.title),
        "text": _both(card.text),
        "issuer": _both(card.issuer),
        "document": card.document,
        "announced": card.announced.isoformat() if card.announced else None,
        "in_force": card.in_force.isoformat(),
        "anticipation": card.anticipation,
        "horizon": card.horizon,
        "simulated": card.simulated,
        "replaces": card.replaces or None,
        "to_check": [_both(one) for one in card.to_check] or None,
        "units": [_unit(one) for one in card.units],
        "competing": [_competing(one) for one in card.competing] or None,
        "outcome": {
            "name": _both(outcome.name),
            "definition": _both(outcome.definition),
            "measured_in": _both(outcome.measured_in),
            "direction": outcome.direction.value,
        },
        "data": {
            "name": _both(data.name),
            "source": _both(data.source),
            "vintage": data.vintage,
            "unit_column": data.unit_column,
            "period_column": data.period_column,
            "outcome_column": data.outcome_column,
            "first_period": data.first_period,
            "last_period": data.last_period,
            "breaks": [{"before": one.before, "why": _both(one.why)} for one in data.breaks] or None,
        },
        "plan": {
            "estimators": [one.value for one in plan.estimators],
            "primary": plan.primary.value if plan.primary else None,
            "control_groups": [one.value for one in plan.control_groups],
            "scale": plan.scale.value,
            "leave_out": list(plan.leave_out) or None,
            "neighbours": [list(pair) for pair in plan.neighbours] or None,
            "no_neighbours": _both(plan.no_neighbours) if plan.no_neighbours else None,
            "placebo_years": list(plan.placebo_years),
            "level": plan.level,
            "smallest_effect": plan.smallest_effect,
            "draws": plan.draws,
            "seed": plan.seed,
        },
    }
    kept: dict[str, Any] = _without_nothing(said)
    return kept


def _both(text: Text) -> Any:
    """Return a text as it stands in a file: once where it is the same in both languages."""
    return text.en if text.en == text.zh else {"en": text.en, "zh": text.zh}


def _unit(unit: PolicyUnit) -> dict[str, Any]:
    return {"name": unit.name, "first_period": unit.first_period, "dose": float(unit.dose)}


def _competing(other: CompetingPolicy) -> dict[str, Any]:
    return {
        "what": _both(other.what),
        "units": list(other.units) or None,
        "first_period": other.first_period,
        "last_period": other.last_period,
    }


def _without_nothing(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nothing(held) for name, held in value.items() if held is not None}
    return [_without_nothing(held) for held in value] if isinstance(value, list) else value


def toml_of(said: Mapping[str, Any], *, dates: Sequence[str] = ()) -> str:
    """Return a mapping as TOML: plain values first, then tables and lists of tables, each in the order given.

    ``dates`` names keys of the top whose ISO dates are written as dates.
    """
    plain = {name: value for name, value in said.items() if not _is_table(value)}
    lines = [f"{name} = {value if name in dates else _written(value)}" for name, value in plain.items()]
    for name, value in said.items():
        if not _is_table(value):
            continue
        for one in value if isinstance(value, list) else [value]:
            head = f"[[{name}]]" if isinstance(value, list) else f"[{name}]"
            lines += ["", head, *(f"{key} = {_written(held)}" for key, held in one.items())]
    return "\n".join(lines) + "\n"


def _is_table(value: Any) -> bool:
    """Return whether a value has a heading of its own: a table that is no text in two languages, or a list of such."""
    if isinstance(value, list):
        return bool(value) and all(_is_table(one) for one in value)
    return isinstance(value, dict) and value.keys() != {"en", "zh"}


def _written(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{name} = {_written(held)}" for name, held in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(_written(held) for held in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return '"' + value.translate(CONTROLS | ESCAPES) + '"'
    return value.isoformat() if isinstance(value, date) else repr(value)
