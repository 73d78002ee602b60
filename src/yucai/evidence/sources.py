"""Why a source may be taken in at all: purpose, legal basis, owner, grade and retention, asked once for each source."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import cache
from importlib.resources import files
from typing import Final

from yucai.errors import Fault, FaultyInputError
from yucai.texts import Text

__all__ = ["BASES", "GRADES", "SourceFacts", "SourceTemplate", "check_source", "load_source_templates", "source_from"]

GRADES: Final = {
    "1": Text("public", "公开"),
    "2": Text("internal", "内部"),
    "3": Text("sensitive", "敏感"),
    "4": Text("core", "核心"),
}
BASES: Final = {
    "duty": Text("a duty laid down by law", "履行法定职责或法定义务"),
    "contract": Text("a contract, or rules lawfully made", "订立、履行合同或依法制定的规章制度"),
    "consent": Text("the person's own consent", "取得个人同意"),
    "public": Text("made public by the person or lawfully", "个人自行公开或已合法公开"),
}
ASKED: Final = {
    "purpose": Text("the purpose is not stated. Say what the data are for.", "未说明目的。请写明数据用途。"),
    "legal_basis": Text(
        "the legal basis is not stated, or none of: {known}.", "未说明法律依据，或不在下列之中：{known}。"
    ),
    "owner": Text("no owner is named. Name the office or person who answers for the data.",
                  "未指明责任人。请写明负责的部门或人员。"),
    "grade": Text("the grade of the data is not stated, or none of: {known}.",
                  "未说明数据分级，或不在下列之中：{known}。"),
    "retention_months": Text(
        "the time of keeping is not stated. Say after how many months the data are erased (1 to 600).",
        "未说明保存期限。请写明多少个月后删除（1 至 600）。",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFacts:
    """What must be known of a source before anything of it is taken in.

    ``legal_basis`` is duty, contract, consent or public (PIPL 13); ``grade`` is 1 to 4 of JY/T 0661.
    """

    purpose: str = ""
    legal_basis: str = ""
    owner: str = ""
    grade: str = ""
    retention_months: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceTemplate:
    """A proposal for one kind of table; the owner is always for a human to name."""

    profile: str
    purpose: Text
    legal_basis: str
    grade: str
    retention_months: int


def check_source(name: str, facts: SourceFacts) -> SourceFacts:
    """Return the facts if all are there; raises FaultyInputError that names every one that is missing or unknown."""
    sound = {
        "purpose": bool(facts.purpose.strip()),
        "legal_basis": facts.legal_basis in BASES,
        "owner": bool(facts.owner.strip()),
        "grade": facts.grade in GRADES,
        "retention_months": 1 <= facts.retention_months <= 600,
    }
    known = {"legal_basis": BASES, "grade": GRADES}
    faults = [
        Fault(code=f"no-{ask}".replace("_", "-"), says=ASKED[ask], facts=_known(known.get(ask, {})))
        for ask, there in sound.items()
        if not there
    ]
    if faults:
        raise FaultyInputError(name, faults)
    return facts


def source_from(template: SourceTemplate, *, language: str, **own: object) -> SourceFacts:
    """Return the facts that a template proposes, with one's own words over them (``owner="教务处"``)."""
    proposed = SourceFacts(
        purpose=template.purpose.in_language(language),
        legal_basis=template.legal_basis,
        grade=template.grade,
        retention_months=template.retention_months,
    )
    names = {field.name for field in fields(SourceFacts)}
    if strange := sorted(own.keys() - names):
        raise ValueError(
            f"nothing that is asked of a source: {', '.join(strange)}. Asked are {', '.join(sorted(names))}."
        )
    return replace(proposed, **own)  # type: ignore[arg-type]


@cache
def load_source_templates() -> Mapping[str, SourceTemplate]:
    """Return the proposals that come with the program, by kind of table."""
    text = files("yucai.evidence").joinpath("profiles/sources.toml").read_text(encoding="utf-8")
    return {
        code: SourceTemplate(profile=code, **{**entry, "purpose": Text(**entry["purpose"])})
        for code, entry in tomllib.loads(text).items()
        if isinstance(entry, dict)
    }


def _known(known: Mapping[str, Text]) -> dict[str, object]:
    if not known:
        return {}
    en = ", ".join(f"{code} ({text.en})" for code, text in known.items())
    zh = "、".join(f"{code}（{text.zh}）" for code, text in known.items())
    return {"known": Text(en, zh)}
