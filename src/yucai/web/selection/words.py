"""What an announcement must not say: words and patterns of a list that ships, and nobody of an office switches off."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from yucai.errors import Fault
from yucai.texts import Text

__all__ = ["TooMuch", "faults_of_text", "too_much_in"]

LIST: Final = Path(__file__).parent / "too_much.toml"
SAYS: Final = Text("“{word}” must not be public ({kind}). {right}", "“{word}”不得公示（{kind}）。{right}")
OWN: Final = frozenset({"telephone", "mail"})  # an office tells its own
PEOPLE: Final = "生子员习业期年"  # 学生, 学子, 学员: what follows a subject is then somebody
HAN: Final = "\u3400-\u4dbf\u4e00-\u9fff"
_UNSEEN: Final = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufe00-\ufe0f\ufeff]")
_WITHIN: Final = re.compile(rf"(?<=[{HAN}])[\s.·•・\-_*~/|,，、。'\"]+(?=[{HAN}])")


@dataclass(frozen=True, slots=True, kw_only=True)
class TooMuch:
    """A word or number that stands in a text and must not be public: of which kind, and what is right instead."""

    word: str
    kind: Text
    right: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    name: Text
    right: Text
    zh: re.Pattern[str]
    en: re.Pattern[str]
    patterns: Mapping[str, re.Pattern[str]]


@cache
def _kinds() -> tuple[_Kind, ...]:
    told = tomllib.loads(LIST.read_text(encoding="utf-8"))
    return tuple(_kind(one) for name, one in told.items() if isinstance(one, dict) and name != "allowed")


@cache
def _allowed() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return what finds the names of subjects and places that hold a word of the list and tell of nobody."""
    said = tomllib.loads(LIST.read_text(encoding="utf-8"))["allowed"]
    zh = re.compile(rf"(?:{_any_of(said['zh'])})(?![{PEOPLE}])")
    return zh, re.compile(rf"(?<![a-z0-9])(?:{_any_of(said['en'])})(?![a-z0-9])")


def _any_of(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


def _kind(said: Mapping[str, Any]) -> _Kind:
    return _Kind(
        name=Text(**said["name"]),
        right=Text(**said["right"]),
        zh=re.compile(_any_of(said["zh"])),
        en=re.compile(rf"(?<![a-z0-9])(?:{_any_of(said['en'])})(?![a-z0-9])"),
        patterns={name: re.compile(one) for name, one in said.get("patterns", {}).items()},
    )


def too_much_in(text: str, *, contact: bool = False) -> tuple[TooMuch, ...]:
    """Return what in a text must not be public, each word once. A ``contact`` may tell telephone and mail.

    >>> [one.word for one in too_much_in("因家庭经 济困 难获资助；电话 13800138000")]
    ['家庭经济', '困难', '13800138000']
    >>> too_much_in("国家奖学金拟推荐名单")
    ()
    """
    plain = _UNSEEN.sub("", unicodedata.normalize("NFKC", text)).casefold()
    subjects_zh, subjects_en = _allowed()
    joined = subjects_zh.sub(" ", _WITHIN.sub("", plain))
    spaced = subjects_en.sub(" ", " ".join(plain.split()))
    found: dict[str, TooMuch] = {}
    for kind in _kinds():
        hits = [hit[0] for hit in (*kind.zh.finditer(joined), *kind.en.finditer(spaced))]
        hits += [
            hit[0].strip()
            for name, pattern in kind.patterns.items()
            if not (contact and name in OWN)
            for hit in pattern.finditer(spaced)
        ]
        for word in hits:
            found.setdefault(word, TooMuch(word=word, kind=kind.name, right=kind.right))
    return tuple(found.values())


def faults_of_text(text: str, *, where: str, contact: bool = False) -> Iterator[Fault]:
    """Yield a fault for each kind of thing in a text that must not be public; it names every word of the kind."""
    found: dict[Text, list[TooMuch]] = {}
    for one in too_much_in(text, contact=contact):
        found.setdefault(one.kind, []).append(one)
    for kind, hits in found.items():
        words = [hit.word for hit in hits]
        told = Text("”, “".join(words), "”“".join(words))
        yield Fault(code="too-much", says=SAYS, where=where, facts={"word": told, "kind": kind, "right": hits[0].right})
