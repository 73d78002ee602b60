"""Reads a card from a file or a form, and says everything that is wrong with it at once."""

from __future__ import annotations

import json
import re
import tomllib
from collections import Counter
from collections.abc import Mapping
from importlib.resources import files
from typing import Any, Final

from yucai.errors import Fault, FaultyInputError, why_unread
from yucai.governance.effects import ControlGroup, Estimator, VintageBreak
from yucai.governance.policies.cards import (
    FORMAT,
    CompetingPolicy,
    DataSpec,
    EffectScale,
    EvaluationDesign,
    PolicyCard,
    PolicyDirection,
    PolicyOutcome,
    PolicyUnit,
)
from yucai.governance.policies.looking import Looked
from yucai.texts import Text

__all__ = ["card_of", "card_template", "read_card"]

THING: Final = Text("The policy card", "政策卡")
NOT_TOML: Final = Text(
    "The file is not a policy card: {reason}. Start from the template (yucai policy new).",
    "该文件不是政策卡：{reason}。请由模板开始（yucai policy new）。",
)
NO_LETTERS: Final = Text(
    "it holds signs that nobody can read (U+0000, or half of a character)",
    "含有无法显示的字符（U+0000 或不完整的字符）",
)
SLUG: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,48}[a-z0-9]")
CODE: Final = Text(
    "code is “{came}”; it should be 2 to 50 small letters, digits and hyphens, such as reform-pilots-2015.",
    "code 为“{came}”，应为 2 至 50 个小写字母、数字与连字符，如 reform-pilots-2015。",
)
BEFORE: Final = Text(
    "announced is {announced}, after the policy came into force on {in_force}. Correct one of the two.",
    "宣布日期 {announced} 晚于施行日期 {in_force}。请更正其一。",
)
WINDOW: Final = Text(
    "the periods run from {first} to {last}; the last has to be later than the first.",
    "考察期为 {first} 至 {last}，末期须晚于首期。",
)
OUTSIDE: Final = Text(
    "{unit} comes under the policy in {period}, but the figures that count run from {first} to {last}. At least one "
    "period before it is needed.",
    "{unit} 自 {period} 起受政策影响，而考察期为 {first} 至 {last}。受影响前至少须有一期数据。",
)
TWICE: Final = Text("{unit} is named {n} times. Name each unit once.", "{unit} 出现 {n} 次。每个单位只写一次。")
EITHER: Final = Text(
    "it says both which units are neighbours and why there are none to look at. Keep one of the two.",
    "既列出了相邻单位，又说明无须检查相邻单位。请只保留其一。",
)
BOTH: Final = Text(
    "{unit} is under the policy and left out of the comparison. It can be one of the two.",
    "{unit} 既列为政策单位，又列为不参与比较。二者只能取其一。",
)
PRIMARY: Final = Text(
    "primary is {primary}, which is not among the estimators {named}. The verdict is read from one of them.",
    "主估计方法 {primary} 不在所列方法 {named} 之中。结论取自其中一种。",
)
LATE: Final = Text(
    "{n} periods from {first} on would end after {last}. Take a horizon of {most} or fewer.",
    "自 {first} 起的 {n} 期将超出 {last}。horizon 请取 {most} 或更少。",
)
TURNED: Final = Text(
    "the other policy runs from {first} to {last}. Correct one of the two.",
    "该政策的起止为 {first} 至 {last}。请更正其一。",
)
TOP: Final = (
    "format", "code", "title", "text", "issuer", "document", "announced", "in_force", "anticipation", "horizon",
    "simulated", "replaces", "to_check", "units", "competing", "outcome", "data", "plan",
)  # fmt: skip
UNIT: Final = ("name", "first_period", "dose")
COMPETING: Final = ("what", "units", "first_period", "last_period")
OUTCOME: Final = ("name", "definition", "measured_in", "direction")
DATA: Final = (
    "name", "source", "vintage", "unit_column", "period_column", "outcome_column", "first_period",
    "last_period", "breaks",
)  # fmt: skip
BREAK: Final = ("before", "why")
PLAN: Final = (
    "estimators", "primary", "control_groups", "scale", "leave_out", "neighbours", "no_neighbours", "placebo_years",
    "level", "smallest_effect", "draws", "seed",
)  # fmt: skip
EARLIEST, LATEST = 1, 9_999  # of a period: a year, or a number of terms


def card_template() -> str:
    """Return the file from which a user starts: every key with an example and what it is for, in both languages."""
    return files("yucai.governance.policies").joinpath("template.toml").read_text(encoding="utf-8")


def read_card(content: bytes | str) -> PolicyCard:
    """Return the card in a TOML file, or a JSON file of the same shape. Raises FaultyInputError with all faults."""
    form = "TOML"
    try:
        text = content.decode("utf-8-sig") if isinstance(content, bytes) else content
        form = "JSON" if text.lstrip().startswith("{") else "TOML"
        said = json.loads(text) if form == "JSON" else tomllib.loads(text)
        letters = _holds_letters(said)
    except (ValueError, RecursionError) as problem:  # among them numbers of more digits than are read
        facts = {"reason": why_unread(problem, form=form)}
        raise FaultyInputError(THING, [Fault(code="not-a-card", says=NOT_TOML, facts=facts)]) from problem
    if not letters:
        raise FaultyInputError(THING, [Fault(code="not-a-card", says=NOT_TOML, facts={"reason": NO_LETTERS})])
    return card_of(said)


def _holds_letters(said: Any) -> bool:
    """Whether a file holds nothing that no database and no page can: halves of letters, the sign 0."""
    plain = json.dumps(said, ensure_ascii=False, default=str)
    try:
        plain.encode()
    except UnicodeEncodeError:
        return False
    return r"\u0000" not in plain.replace(r"\\", "")


def card_of(said: Mapping[str, Any]) -> PolicyCard:
    """Return the card that a mapping says, as it comes from a file or a form.

    Raises FaultyInputError with every fault; nothing is put right in silence.
    """
    faults: list[Fault] = []
    top = Looked(said, faults, known=TOP)
    top.whole("format", low=FORMAT, high=FORMAT, default=FORMAT)
    in_force = top.day("in_force")
    announced = top.day("announced") if said.get("announced") not in (None, "") else None
    card = {
        "code": top.words("code"),
        "title": top.text("title"),
        "text": top.text("text"),
        "issuer": top.text("issuer"),
        "document": top.words("document"),
        "in_force": in_force,
        "announced": announced,
        "anticipation": top.whole("anticipation", low=0, high=20, default=0),
        "horizon": top.whole("horizon", low=1, high=100),
        "simulated": top.yes_no("simulated", default=False),
        "replaces": top.words("replaces", needed=False),
        "to_check": top.texts("to_check"),
        "units": tuple(_unit(one) for one in top.parts("units", UNIT, needed=True)),
        "competing": tuple(_competing(one) for one in top.parts("competing", COMPETING, needed=False)),
        "outcome": _outcome(top.part("outcome", OUTCOME)),
        "data": _data(top.part("data", DATA)),
        "plan": _plan(top.part("plan", PLAN)),
    }
    wrong = {fault.where for fault in faults}
    if card["code"] and not SLUG.fullmatch(str(card["code"])):
        top.fault("code", CODE, "code", came=card["code"])
    if in_force is None:
        raise FaultyInputError(THING, faults)
    read = PolicyCard(**card)  # type: ignore[arg-type]
    faults += _disagreements(read, wrong)
    if faults:
        raise FaultyInputError(THING, faults)
    return read


def _unit(part: Looked) -> PolicyUnit:
    return PolicyUnit(
        name=part.words("name"),
        first_period=part.whole("first_period", low=EARLIEST, high=LATEST),
        dose=part.number("dose", low=1e-9, high=1e9, default=1.0),
    )


def _competing(part: Looked) -> CompetingPolicy:
    ends = {
        key: part.whole(key, low=EARLIEST, high=LATEST) if part.said.get(key) is not None else None
        for key in ("first_period", "last_period")
    }
    first, last = ends["first_period"], ends["last_period"]
    if first is not None and last is not None and last < first:
        part.fault("turned", TURNED, "last_period", first=first, last=last)
    return CompetingPolicy(what=part.text("what"), units=part.names("units"), first_period=first, last_period=last)


def _outcome(part: Looked) -> PolicyOutcome:
    return PolicyOutcome(
        name=part.text("name"),
        definition=part.text("definition"),
        measured_in=part.text("measured_in"),
        direction=PolicyDirection(part.one_of("direction", list(PolicyDirection), default=PolicyDirection.UP)),
    )


def _data(part: Looked) -> DataSpec:
    return DataSpec(
        name=part.text("name"),
        source=part.text("source"),
        vintage=part.words("vintage"),
        unit_column=part.words("unit_column"),
        period_column=part.words("period_column"),
        outcome_column=part.words("outcome_column"),
        first_period=part.whole("first_period", low=EARLIEST, high=LATEST),
        last_period=part.whole("last_period", low=EARLIEST, high=LATEST),
        breaks=tuple(_break(one) for one in part.parts("breaks", BREAK, needed=False)),
    )


def _break(part: Looked) -> VintageBreak:
    return VintageBreak(before=part.whole("before", low=EARLIEST, high=LATEST), why=part.text("why"))


def _plan(part: Looked) -> EvaluationDesign:
    estimators = part.some_of("estimators", list(Estimator))
    said = part.said.get("primary")
    primary = None if said in (None, "") else part.one_of("primary", list(Estimator))
    if estimators and primary is not None and said in list(Estimator) and primary not in estimators:
        part.fault("primary", PRIMARY, "primary", primary=primary, named=", ".join(estimators))
    smallest = part.said.get("smallest_effect")
    groups = part.some_of("control_groups", list(ControlGroup), default=(ControlGroup.NEVER,))
    return EvaluationDesign(
        estimators=tuple(Estimator(one) for one in estimators),
        primary=None if primary is None else Estimator(primary),
        control_groups=tuple(ControlGroup(one) for one in groups),
        scale=EffectScale(part.one_of("scale", list(EffectScale), default=EffectScale.LEVEL)),
        leave_out=part.names("leave_out"),
        neighbours=part.pairs("neighbours"),
        no_neighbours=part.text("no_neighbours") if "no_neighbours" in part.said else None,
        placebo_years=part.wholes("placebo_years", low=1, high=50, default=(2,)),
        level=part.number("level", low=0.001, high=0.2, default=0.05),
        smallest_effect=None if smallest is None else part.number("smallest_effect", low=1e-12, high=1e12),
        draws=part.whole("draws", low=99, high=99_999, default=999),
        seed=part.whole("seed", low=0, high=2**31 - 1, default=0),
    )


def _disagreements(card: PolicyCard, wrong: set[str]) -> list[Fault]:
    """Return where parts of a card that are right by themselves do not go together."""
    data, faults = card.data, []

    def fault(code: str, says: Text, where: str, **facts: object) -> None:
        if where not in wrong and not any(one.startswith("data.") and one.endswith("_period") for one in wrong):
            faults.append(Fault(code=code, says=says, where=where, facts=facts))

    if card.announced is not None and card.announced > card.in_force:
        fault("announced", BEFORE, "announced", announced=card.announced, in_force=card.in_force)
    if data.last_period <= data.first_period:
        fault("window", WINDOW, "data.last_period", first=data.first_period, last=data.last_period)
        return faults
    for place, unit in enumerate(card.units, start=1):
        if not data.first_period < unit.first_period <= data.last_period:
            facts = {"unit": unit.name, "period": unit.first_period, "first": data.first_period}
            fault("outside", OUTSIDE, f"units[{place}].first_period", **facts, last=data.last_period)
        if unit.name in card.plan.leave_out:
            fault("both", BOTH, "plan.leave_out", unit=unit.name)
    for name, n in Counter(unit.name for unit in card.units).items():
        if n > 1:
            fault("twice", TWICE, "units", unit=name, n=n)
    if card.plan.neighbours and card.plan.no_neighbours is not None:
        fault("neighbours", EITHER, "plan.no_neighbours")
    first = min((unit.first_period for unit in card.units), default=data.last_period)
    most = data.last_period - first + 1
    if card.units and 1 <= most < card.horizon:
        fault("late", LATE, "horizon", n=card.horizon, first=first, last=data.last_period, most=most)
    return faults
