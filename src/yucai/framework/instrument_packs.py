"""Loading rubrics and items; what a pack lacks or contradicts is said at once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from yucai.framework.instruments import (
    Anchor,
    Criterion,
    Item,
    ItemForm,
    ItemOption,
    ItemPack,
    ItemStatus,
    Rubric,
    ScorePoint,
)
from yucai.framework.packs import framework_of
from yucai.framework.reading import MISSING, Reader, load
from yucai.texts import Text

__all__ = ["load_items", "load_rubric"]

STEPS: Final = 5
ANCHORS: Final = Text(
    "anchors must be ranked 1 to 5, each once and in that order; they are {value}.",
    "锚定描述须按 1 至 5 排列，各出现一次；现为 {value}。",
)
SAME_ANCHOR: Final = Text(
    "anchors {first} and {second} say the same in {spoken}. Say what a rater sees at each.",
    "第 {first} 与第 {second} 级锚定描述的{spoken}相同。请分别写出可观察的表现。",
)
UNCOVERED: Final = Text(
    "no criterion speaks of “{value}”. Add one for every quality of the framework.",
    "没有评分项涉及“{value}”。框架中的每项素养都须有评分项。",
)
SCALE: Final = Text(
    "the scale needs five steps, lowest first; it has {value}.", "量表须有五级，从低到高；现有 {value} 级。"
)  # fmt: skip
OPTIONS: Final = Text(
    "a choice needs at least three options; it has {value}.", "选择题至少需要三个选项；现有 {value} 个。"
)
KEY: Final = Text("the key “{value}” is none of the options: {known}.", "答案“{value}”不在选项之中：{known}。")
GUIDE: Final = Text(
    "the scores of the guide must run 0, 1, 2 ... up to the highest, at least to 1; they are {value}.",
    "评分指南的分数须从 0 起依次递增，至少到 1；现为 {value}。",
)
NOT_HERE: Final = Text(
    "“{field}” has no place in an item of the form “{value}”. Take it out.",
    "“{value}”形式的题目不应有“{field}”。请删去。",
)
OWN_FIELDS: Final[Mapping[ItemForm, tuple[str, ...]]] = {
    ItemForm.SELF_REPORT: ("reversed",),
    ItemForm.CHOICE: ("options", "key", "reason"),
    ItemForm.TASK: ("guide",),
}


def load_rubric(name: str | Path) -> Rubric:
    """Return a rubric by the code of a shipped pack or the path of a file.

    Every quality of its framework needs a criterion, every criterion five anchors that differ.
    Raises PackMissingError, PackUnreadableError, FaultyInputError (all faults at once).
    """
    return load(str(name), "rubric", _rubric)


def load_items(name: str | Path) -> ItemPack:
    """Return an item pack by the code of a shipped pack or the path of a file; look at ``status`` before using it.

    Raises as ``load_rubric``.
    """
    return load(str(name), "items", _item_pack)


def _rubric(reader: Reader) -> Rubric:
    said = reader.said
    known = _qualities(reader)
    criteria = tuple(_criterion(reader, where, table, known) for where, table in reader.tables("criteria"))
    reader.once((criterion.code for criterion in criteria), "criteria")
    reader.once((anchor.code for criterion in criteria for anchor in criterion.anchors), "criteria")
    for quality in known:
        if quality not in {table.get("quality") for _, table in reader.tables("criteria")}:
            reader.fault("criteria", UNCOVERED, value=quality)
    return Rubric(
        code=reader.word(said, "code"),
        version=reader.word(said, "version"),
        name=reader.text(said, "name"),
        framework=str(said.get("framework", "")),
        source=reader.word(said, "source"),
        licence=reader.word(said, "licence"),
        criteria=criteria,
    )


def _qualities(reader: Reader) -> list[str]:
    framework = framework_of(reader)
    return [entry.code for entry in framework.qualities] if framework else []


def _criterion(reader: Reader, where: str, table: Mapping[str, Any], known: list[str]) -> Criterion:
    anchors = tuple(
        Anchor(code=reader.word(anchor, "code", place), rank=anchor.get("rank", 0),
               observed=reader.text(anchor, "observed", place))
        for place, anchor in reader.listed(table.get("anchors", []), f"{where}.anchors")
    )  # fmt: skip
    if [anchor.rank for anchor in anchors] != [1, 2, 3, 4, 5]:
        reader.fault(where, ANCHORS, value=", ".join(str(anchor.rank) for anchor in anchors) or "-")
    _check_anchors_differ(reader, where, anchors)
    return Criterion(
        code=reader.word(table, "code", where),
        quality=reader.choice(table, "quality", known, where) if known else reader.word(table, "quality", where),
        name=reader.text(table, "name", where),
        look_at=reader.text(table, "look_at", where),
        anchors=anchors,
    )


def _check_anchors_differ(reader: Reader, where: str, anchors: tuple[Anchor, ...]) -> None:
    for language, spoken in (("en", Text("English", "英文")), ("zh", Text("Chinese", "中文"))):
        first: dict[str, int] = {}
        for anchor in anchors:
            words = anchor.observed.in_language(language).strip()
            if words and words in first:
                reader.fault(where, SAME_ANCHOR, first=first[words], second=anchor.rank, spoken=spoken)
            first.setdefault(words, anchor.rank)


def _item_pack(reader: Reader) -> ItemPack:
    said = reader.said
    known = _qualities(reader)
    items = tuple(_item(reader, where, table, known) for where, table in reader.tables("items"))
    reader.once((item.code for item in items), "items")
    return ItemPack(
        code=reader.word(said, "code"),
        version=reader.word(said, "version"),
        name=reader.text(said, "name"),
        framework=str(said.get("framework", "")),
        source=reader.word(said, "source"),
        licence=reader.word(said, "licence"),
        status=ItemStatus(reader.choice(said, "status", [str(s) for s in ItemStatus])),
        note=reader.text(said, "note"),
        scale=_scale(reader, items),
        items=items,
    )


def _scale(reader: Reader, items: tuple[Item, ...]) -> tuple[Text, ...]:
    steps = reader.listed(reader.said.get("scale", []), "scale")
    asked = any(item.form is ItemForm.SELF_REPORT for item in items)
    if (asked or steps) and len(steps) != STEPS:
        reader.fault("scale", SCALE, value=len(steps))
    return tuple(reader.text({"name": step}, "name", where) for where, step in steps)


def _item(reader: Reader, where: str, table: Mapping[str, Any], known: list[str]) -> Item:
    form = ItemForm(reader.choice(table, "form", [str(f) for f in ItemForm], where))
    for other, fields in OWN_FIELDS.items():
        for field in fields if other is not form else ():
            if field in table:
                reader.fault(where, NOT_HERE, field=field, value=str(form))
    options = _options(reader, where, table) if form is ItemForm.CHOICE else ()
    guide = _guide(reader, where, table) if form is ItemForm.TASK else ()
    highest = {ItemForm.SELF_REPORT: STEPS - 1, ItemForm.CHOICE: 1, ItemForm.TASK: len(guide) - 1}
    return Item(
        code=reader.word(table, "code", where),
        quality=reader.choice(table, "quality", known, where) if known else reader.word(table, "quality", where),
        form=form,
        prompt=reader.text(table, "prompt", where),
        licence=reader.word(table if "licence" in table else {"licence": reader.said.get("licence")}, "licence", where),
        max_score=highest[form],
        reversed=reader.yes_no(table, "reversed", where),
        options=options,
        key=_key(reader, where, table, options) if form is ItemForm.CHOICE else None,
        reason=reader.text(table, "reason", where) if form is ItemForm.CHOICE else None,
        guide=guide,
    )


def _options(reader: Reader, where: str, table: Mapping[str, Any]) -> tuple[ItemOption, ...]:
    found = reader.listed(table.get("options", []), f"{where}.options")
    options = tuple(
        ItemOption(code=reader.word(option, "code", place), text=reader.text(option, "text", place))
        for place, option in found
    )
    if len(options) < 3:
        reader.fault(where, OPTIONS, value=len(options))
    reader.once((option.code for option in options), where)
    return options


def _key(reader: Reader, where: str, table: Mapping[str, Any], options: tuple[ItemOption, ...]) -> str:
    if "key" not in table:
        reader.fault(where, MISSING, field="key")
        return ""
    codes = [option.code for option in options]
    if table["key"] not in codes:
        reader.fault(where, KEY, value=table["key"], known=", ".join(codes) or "-")
    return str(table["key"])


def _guide(reader: Reader, where: str, table: Mapping[str, Any]) -> tuple[ScorePoint, ...]:
    found = reader.listed(table.get("guide", []), f"{where}.guide")
    guide = tuple(ScorePoint(score=point.get("score", -1), shows=reader.text(point, "shows", place))
                  for place, point in found)  # fmt: skip
    if len(guide) < 2 or [point.score for point in guide] != list(range(len(guide))):
        reader.fault(where, GUIDE, value=", ".join(str(point.score) for point in guide) or "-")
    return guide
