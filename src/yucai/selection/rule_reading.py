"""A rule as a small file that reads like the rule: taken in with every fault at once, and written back the same."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from importlib.resources import files
from math import isfinite
from typing import Any, Final

from yucai.errors import Fault, FaultyInputError
from yucai.evidence import AwardLevel, Unwanted, is_protected
from yucai.selection.rule_sets import (
    FORMAT,
    LEVELS,
    TIE_BREAKS,
    Attempts,
    CourseSet,
    Direction,
    Points,
    Rounding,
    RuleSet,
    Spared,
    Terms,
    Weighting,
    Within,
)
from yucai.texts import Text

__all__ = ["RULE_TEMPLATES", "faults_of_rule", "read_rule", "template_text"]

RULE_TEMPLATES: Final = ("last-share", "entry-share", "grade-point-floor")
RULE: Final = Text("rule", "规则")
LONGEST: Final = 100_000
MOST_SETS, MOST_PATTERNS, LONGEST_WORD = 20, 200, 300
PARTS: Final[Mapping[str, Mapping[str, type | tuple[type, ...]]]] = {
    "": {"format": int, "code": str, "direction": str, "within": str, "source": str, "title": dict, "measure": dict,
         "line": dict, "floors": dict, "places": dict, "exempt": dict, "flag": dict, "ties": dict, "edge": dict},
    "title": {"en": str, "zh": str},
    "measure": {"points": str, "weighting": str, "attempts": str, "terms": (str, list), "levels": list, "sets": list},
    "line": {"share": (int, float, str), "count": int, "rounding": str, "spare": str, "spare_at": (int, float)},
    "floors": {"least": (int, float), "most_failed": int, "least_credits": (int, float), "pass_mark": (int, float)},
    "places": {"most": int, "pass_on": bool},
    "exempt": {"award": str},
    "flag": {"en": str, "zh": str},
    "ties": {"by": list},
    "edge": {"mark_error": (int, float)},
    "measure.sets": {"name": dict, "courses": list, "weight": (int, float)},
}  # fmt: skip
CHOICES: Final[tuple[tuple[str, str, type[StrEnum], StrEnum | None], ...]] = (
    ("direction", "direction", Direction, None),
    ("within", "within", Within, None),
    ("points", "measure.points", Points, Points.MARK),
    ("weighting", "measure.weighting", Weighting, Weighting.CREDITS),
    ("attempts", "measure.attempts", Attempts, Attempts.FIRST),
    ("rounding", "line.rounding", Rounding, Rounding.DOWN),
    ("spare", "line.spare", Spared, Spared.NOBODY),
    ("exempt", "exempt.award", AwardLevel, None),
)
NO_TOML: Final = Text(
    "The file is no TOML ({reason}). Begin with one of the templates.",
    "文件不是有效的 TOML（{reason}）。请从模板开始。",
)
NO_FORMAT: Final = Text(
    "“format” is {came}; this version reads format {right}.", "“format”为 {came}；本版本读取格式 {right}。"
)
UNKNOWN: Final = Text(
    "“{key}” is nothing that a rule can say here. It can say: {right}.", "规则此处没有“{key}”这一项。可写：{right}。"
)
PROTECTED: Final = Text(
    "“{key}” speaks of a protected trait. No rule may look at gender, ethnicity, religion, health, family, income or "
    "home; they are held apart for fairness audits only. Take it out.",
    "“{key}”涉及受保护的特征。任何规则不得依据性别、民族、宗教、健康、家庭、收入或生源地；这些信息单独保存，仅用于公平性审计。请删去。",
)
KIND: Final = Text("“{key}” came as {came}; it is {right}.", "“{key}”写成了 {came}；应为{right}。")
NEEDED: Final = Text("“{key}” is missing. Write {right}.", "缺少“{key}”。请写{right}。")
ONE_OF: Final = Text(
    "“{came}” is no value of “{key}”. Write one of: {right}.", "“{key}”没有“{came}”这一取值。请写：{right}。"
)
RANGE: Final = Text("“{key}” is {came}; it lies from {low} to {high}.", "“{key}”为 {came}；应在 {low} 到 {high} 之间。")
BOTH: Final = Text("“share” and “count” are both there. Keep one.", "“share”与“count”只能写一个。")
NOTHING: Final = Text(
    "The rule proposes nobody: write a share or a number of people, a floor, or a flag.",
    "规则不会提出任何人：请写明比例或人数、底线或人工登记项。",
)
ENTRY_ONLY: Final = Text(
    "“{key}” is for rules of entry; this one is about leaving. Take it out, or change “direction”.",
    "“{key}”用于入选规则，而本规则为退出规则。请删去，或修改“direction”。",
)
LEAVE_ONLY: Final = Text(
    "“{key}” is for rules of leaving; this one is about entry. Take it out, or change “direction”.",
    "“{key}”用于退出规则，而本规则为入选规则。请删去，或修改“direction”。",
)
SPARE_AT: Final = Text(
    "“spare” and “spare_at” belong together: whom a high measure spares, and how high it is.",
    "“spare”与“spare_at”须同时写：豁免哪些人，达到多少。",
)
NO_LINE: Final = Text(
    "“{key}” hangs on a line by place, and the rule has none. Write a share or a number, or take it out.",
    "“{key}”以按名次划线为前提，而本规则没有划线。请写比例或人数，或删去此项。",
)
NO_TIE: Final = Text(
    "“{came}” breaks no tie. Write one of: {right}, or “course:NAME”.",
    "“{came}”不能用来区分并列。请写：{right}，或“course:课程”。",
)
NO_CODE: Final = Text(
    "“{came}” is no code: small letters, digits and hyphens, 50 at most.",
    "“{came}”不是有效的代码：小写字母、数字和连字符，最多 50 个。",
)
NO_TERMS: Final = Text(
    '“{came}” names no terms. Write last-year, last-term, all, or a list such as ["2025-2026-1"].',
    '“{came}”不是学期。请写 last-year、last-term、all，或如 ["2025-2026-1"] 的列表。',
)
MANY: Final = Text("“{key}” has {came} entries; {right} are the most.", "“{key}”有 {came} 项，最多 {right} 项。")
LEVELS_WRONG: Final = Text(
    "“levels” are five marks from 0 to 100, from the lowest grade up.",
    "“levels”应为五个 0 到 100 的成绩，从最低一级起递增。",
)
CODE_SIGNS: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")


def template_text(code: str) -> str:
    """Return the file of a template. Raises FaultyInputError for one that there is not."""
    if code not in RULE_TEMPLATES:
        right = ", ".join(RULE_TEMPLATES)
        fault = Fault(code="one-of", says=ONE_OF, facts={"came": code[:50], "key": "template", "right": right})
        raise FaultyInputError(RULE, [fault])
    return files("yucai.selection").joinpath(f"templates/{code}.toml").read_text(encoding="utf-8")


def read_rule(text: str, *, besides: Sequence[Unwanted] = ()) -> RuleSet:
    """Return the rule of a file. ``besides`` are traits that a school protects itself.

    Raises FaultyInputError with every fault: what is missing, what cannot be said, what speaks of a protected trait.
    """
    told, faults = _loaded(text)
    faults += _shape(told, "")
    faults += [*_protected(told, "", besides)]
    if faults:
        raise FaultyInputError(RULE, faults)
    rules, faults = _built(told)
    faults = [*faults, *faults_of_rule(rules, besides=besides)] if rules is not None else faults
    if faults or rules is None:
        raise FaultyInputError(RULE, faults)
    return rules


def _loaded(text: str) -> tuple[dict[str, Any], list[Fault]]:
    if len(text) > LONGEST:
        return {}, [_fault("many", MANY, "file", came=len(text), right=LONGEST)]
    try:
        told = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as problem:
        return {}, [Fault(code="toml", says=NO_TOML, facts={"reason": f"{problem}"[:200]})]
    if told.get("format") != FORMAT:
        return told, [_fault("format", NO_FORMAT, "format", came=f"{told.get('format')}"[:50], right=FORMAT)]
    return told, []


def _fault(code: str, says: Text, key: str, **facts: object) -> Fault:
    return Fault(code=code, says=says, where=key, facts={"key": key[:80], **facts})


def _shape(told: Mapping[str, Any], part: str) -> list[Fault]:
    """Return what is no word of a rule, or of another kind than it should be."""
    known, faults = PARTS[part], []
    for key, value in told.items():
        where = f"{part}.{key}".strip(".")
        if key not in known:
            if not is_protected(key):
                faults.append(_fault("unknown", UNKNOWN, where, right=", ".join(known)))
            continue
        kinds = known[key]
        right: tuple[type, ...] = kinds if isinstance(kinds, tuple) else (kinds,)
        fits = isinstance(value, right) and (not isinstance(value, bool) or bool in right)
        if not fits:
            names = " / ".join(one.__name__ for one in right)
            faults.append(_fault("kind", KIND, where, came=type(value).__name__, right=names))
        elif isinstance(value, dict) and where in PARTS:
            faults += _shape(value, where)
        elif where == "measure.sets":
            for one in value[:MOST_SETS]:
                faults += _shape(one, where) if isinstance(one, dict) else [
                    _fault("kind", KIND, where, came=type(one).__name__, right="dict")
                ]  # fmt: skip
    return faults


def _protected(told: Any, where: str, besides: Sequence[Unwanted]) -> Iterator[Fault]:
    """Yield a fault for each key of a file that speaks of a protected trait."""
    if isinstance(told, dict):
        for key, value in told.items():
            if is_protected(str(key), besides=besides):
                yield _fault("protected", PROTECTED, f"{where}.{key}".strip("."))
            yield from _protected(value, f"{where}.{key}".strip("."), besides)
    elif isinstance(told, list):
        for one in told:
            yield from _protected(one, where, besides)


def _built(told: Mapping[str, Any]) -> tuple[RuleSet | None, list[Fault]]:
    """Return the rule of a file whose words are known, or what stands in the way."""
    faults: list[Fault] = []
    measure, places, floors = told.get("measure", {}), told.get("places", {}), told.get("floors", {})
    facts: dict[str, Any] = {
        **{name: _chosen(told, where, kind, default, faults) for name, where, kind, default in CHOICES},
        "code": told.get("code", ""), "title": _both(told.get("title", {})), "source": told.get("source", ""),
        "terms": _terms(measure.get("terms", Terms.LAST_YEAR.value)),
        "levels": _levels(measure.get("levels", LEVELS)),
        "spare_at": _float(told.get("line", {}).get("spare_at")), "count": told.get("line", {}).get("count"),
        "least_measure": _float(floors.get("least")), "most_failed": floors.get("most_failed"),
        "least_credits": _float(floors.get("least_credits")), "pass_mark": float(floors.get("pass_mark", 60)),
        "most": places.get("most"), "pass_on": places.get("pass_on", False),
        "flag": _both(told["flag"]) if "flag" in told else None,
        "tie_breaks": tuple(map(str, told.get("ties", {}).get("by", []))),
        "mark_error": float(told.get("edge", {}).get("mark_error", 0)),
        "sets": tuple(_set(one) for one in measure.get("sets", [])[:MOST_SETS]),
        "share": _share(told.get("line", {}), faults),
    }  # fmt: skip
    if len(measure.get("sets", [])) > MOST_SETS:
        faults.append(_fault("many", MANY, "measure.sets", came=len(measure["sets"]), right=MOST_SETS))
    return (None if faults else RuleSet(**facts)), faults


def _chosen(
    told: Mapping[str, Any], where: str, kind: type[StrEnum], default: StrEnum | None, faults: list[Fault]
) -> StrEnum | None:
    """Return which of some words stands at a place of a file; what is none of them is a fault."""
    part, _dot, key = where.rpartition(".")
    held = told.get(part, {}) if part else told
    if key not in held and (default is not None or (part and part not in told)):
        return default
    came = str(held.get(key, ""))
    if came in tuple(kind):
        return kind(came)
    faults.append(_fault("one-of", ONE_OF, where, came=came[:50], right=", ".join(kind)))
    return None


def _share(line: Mapping[str, Any], faults: list[Fault]) -> Decimal | None:
    if "share" not in line:
        return None
    try:
        return Decimal(str(line["share"]))
    except InvalidOperation:
        faults.append(_fault("kind", KIND, "line.share", came=f"{line['share']}"[:50], right="15"))
        return None


def _both(told: Mapping[str, Any]) -> Text:
    """Return a text of which one language may be missing."""
    en, zh = str(told.get("en", "")), str(told.get("zh", ""))
    return Text(en or zh, zh or en)


def _float(value: float | None) -> float | None:
    return None if value is None else float(value)


def _levels(told: Sequence[Any]) -> tuple[Any, ...]:
    """Return the marks of levels as numbers; what is none stays, and is a fault."""
    return tuple(float(one) if isinstance(one, int | float) and not isinstance(one, bool) else one for one in told)


def _terms(told: str | list[Any]) -> tuple[str, ...]:
    return (told,) if isinstance(told, str) else tuple(map(str, told))


def _set(told: Mapping[str, Any]) -> CourseSet:
    courses = tuple(map(str, told.get("courses", [])))
    return CourseSet(name=_both(told.get("name", {})), courses=courses, weight=float(told.get("weight", 1)))


def faults_of_rule(rules: RuleSet, *, besides: Sequence[Unwanted] = ()) -> list[Fault]:
    """Return all that is wrong with a rule, wherever it came from."""
    return [*_words_faults(rules), *_numbers(rules), *_belong(rules), *_named_traits(rules, besides)]


def _words_faults(rules: RuleSet) -> Iterator[Fault]:
    if not 1 <= len(rules.code) <= 50 or not CODE_SIGNS.issuperset(rules.code):
        yield _fault("code", NO_CODE, "code", came=rules.code[:60])
    needed = (
        ("title", rules.title.zh, Text("what the rule is called", "规则名称")),
        ("source", rules.source, Text("which document and article it comes from", "规则出自的文件与条款")),
    )
    for key, there, right in needed:
        if not there.strip():
            yield _fault("needed", NEEDED, key, right=right)
    for key, text in (("title", rules.title.zh + rules.title.en), ("source", rules.source)):
        if len(text) > 2 * LONGEST_WORD:
            yield _fault("many", MANY, key, came=len(text), right=2 * LONGEST_WORD)
    named = rules.terms[0] in tuple(Terms) if len(rules.terms) == 1 else False
    if not named and (not rules.terms or not all(_is_term(term) for term in rules.terms)):
        yield _fault("terms", NO_TERMS, "measure.terms", came=", ".join(rules.terms)[:100])
    for came in rules.tie_breaks:
        if came not in TIE_BREAKS and not (came.startswith("course:") and came.partition(":")[2].strip()):
            yield _fault("tie", NO_TIE, "ties.by", came=came[:50], right=", ".join(TIE_BREAKS))
    if rules.flag is not None and not rules.flag.zh.strip():
        yield _fault("needed", NEEDED, "flag", right=Text("what is entered by hand", "人工登记的事项"))
    for place, one in enumerate(rules.sets, start=1):
        where = f"measure.sets[{place}]"
        if not one.name.zh.strip() or not one.courses:
            yield _fault("needed", NEEDED, where, right=Text("a name and courses", "名称和课程"))
        if len(one.courses) > MOST_PATTERNS:
            yield _fault("many", MANY, where, came=len(one.courses), right=MOST_PATTERNS)


def _is_term(term: str) -> bool:
    parts = term.split("-")
    years = len(parts) in (2, 3) and all(part.isascii() and part.isdigit() for part in parts)
    return years and len(parts[0]) == len(parts[1]) == 4 and int(parts[1]) == int(parts[0]) + 1 and (
        len(parts) == 2 or parts[2] in ("1", "2")
    )  # fmt: skip


def _numbers(rules: RuleSet) -> Iterator[Fault]:
    told: tuple[tuple[str, Any, float, float], ...] = (
        ("line.share", rules.share, 0, 100), ("line.count", rules.count, 0, 100_000),
        ("line.spare_at", rules.spare_at, 0, 100), ("floors.least", rules.least_measure, 0, 100),
        ("floors.most_failed", rules.most_failed, 0, 1000), ("floors.least_credits", rules.least_credits, 0, 1000),
        ("floors.pass_mark", rules.pass_mark, 0, 100), ("places.most", rules.most, 0, 100_000),
        ("edge.mark_error", rules.mark_error, 0, 20),
        *((f"measure.sets[{n}].weight", one.weight, 0.001, 1000) for n, one in enumerate(rules.sets, start=1)),
    )  # fmt: skip
    for key, value, low, high in told:
        if value is not None and not (isfinite(value) and low <= value <= high):
            yield _fault("range", RANGE, key, came=f"{value}"[:30], low=low, high=high)
    marks = [isinstance(level, int | float) and not isinstance(level, bool) and 0 <= level <= 100
             for level in rules.levels]  # fmt: skip
    if len(marks) != len(LEVELS) or not all(marks) or list(rules.levels) != sorted(rules.levels):
        yield _fault("levels", LEVELS_WRONG, "measure.levels")


def _belong(rules: RuleSet) -> Iterator[Fault]:
    """Yield what does not go together."""
    if rules.share is not None and rules.count is not None:
        yield _fault("both", BOTH, "line")
    floors = (rules.least_measure, rules.most_failed, rules.least_credits, rules.flag)
    if not rules.by_place and all(one is None for one in floors) and rules.most is None:
        yield _fault("nothing", NOTHING, "line")
    if (rules.spare is Spared.NOBODY) != (rules.spare_at is None):
        yield _fault("spare", SPARE_AT, "line.spare")
    if rules.leaves and rules.most is not None:
        yield _fault("entry-only", ENTRY_ONLY, "places.most")
    if not rules.leaves:
        if rules.exempt is not None:
            yield _fault("leave-only", LEAVE_ONLY, "exempt.award")
        if rules.spare is not Spared.NOBODY:
            yield _fault("leave-only", LEAVE_ONLY, "line.spare")
    if not rules.by_place:
        wrong = (("exempt.award", rules.exempt is not None and rules.leaves), ("places.pass_on", rules.pass_on),
                 ("line.spare", rules.spare is not Spared.NOBODY and rules.leaves))  # fmt: skip
        for key, there in wrong:
            if there:
                yield _fault("no-line", NO_LINE, key)


def _named_traits(rules: RuleSet, besides: Sequence[Unwanted]) -> Iterator[Fault]:
    """Yield a fault for each thing by which a rule would look at a protected trait under another name."""
    told = [("measure.sets", word) for one in rules.sets for word in (*one.courses, one.name.en, one.name.zh)]
    told += [("ties.by", rule.partition(":")[2] or rule) for rule in rules.tie_breaks]
    if rules.flag is not None:
        told += [("flag", rules.flag.zh), ("flag", rules.flag.en)]
    seen = set[tuple[str, str]]()
    for where, word in told:
        if (where, word) not in seen and is_protected(word.strip("*"), besides=besides):
            yield Fault(code="protected", says=PROTECTED, where=where, facts={"key": word[:80]})
        seen.add((where, word))
