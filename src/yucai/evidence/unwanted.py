"""Personal columns that an office does not need: told by their title or by what they hold, and dropped at the door."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

import polars as pl

from yucai.evidence.vocabulary import plain
from yucai.texts import Text

__all__ = [
    "Unwanted",
    "holds_id_cards",
    "is_id_card",
    "is_protected",
    "names_trait",
    "protected_trait",
    "shipped_traits",
    "unwanted_kind",
    "unwanted_kinds",
]

ID_CARD: Final = re.compile(r"[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dX]")
MOBILE: Final = re.compile(r"(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}")
WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK_CHARACTERS: Final = "10X98765432"
PROTECTED_KINDS: Final = frozenset({"address", "ethnicity", "family", "health", "income", "religion"})
PROTECTED_TITLES: Final = frozenset({
    "gender", "sex", "nationality", "region", "home place", "home region", "birthplace",
    "place of birth", "native place",
    "性别", "国籍", "地区", "出生地", "家乡", "户口性质",
})  # fmt: skip
MOST_TRIED: Final = 200
SHORTEST_HAN: Final = 2
SHORTEST_WORD: Final = 4
MOSTLY: Final = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Unwanted:
    """One kind of column that is not wanted, and the titles by which it is known."""

    code: str
    name: Text
    titles: frozenset[str]
    within: tuple[str, ...]


@cache
def unwanted_kinds() -> Mapping[str, Unwanted]:
    """Return the kinds of columns that are dropped by default, by code."""
    text = files("yucai.evidence").joinpath("profiles/unwanted.toml").read_text(encoding="utf-8")
    return {
        code: Unwanted(
            code=code,
            name=Text(**entry["name"]),
            titles=frozenset(map(plain, entry["titles"])),
            within=tuple(map(plain, entry["within"])),
        )
        for code, entry in tomllib.loads(text).items()
        if isinstance(entry, dict)
    }


def protected_trait(code: str, name: Text, titles: Iterable[str] = ()) -> Unwanted:
    """Return a trait that a school protects itself: told by its names and further titles, also within longer ones.

    What has fewer than two Chinese characters or four letters stands in too many titles; it counts as a whole only.

    >>> trait = protected_trait("x", Text("marital status", "婚姻状况"), ["已婚"])
    >>> [bool(names_trait(title, [trait])) for title in ("婚姻状况（选填）", "Marital-Status", "是否已婚", "学号")]
    [True, True, True, False]
    """
    words = frozenset(_spaced(title) for title in (name.en, name.zh, *titles) if title.strip())
    long = (word for word in words if len(word) >= (SHORTEST_WORD if word.isascii() else SHORTEST_HAN))
    return Unwanted(code=code, name=name, titles=words, within=tuple(sorted(long)))


def shipped_traits() -> tuple[Text, ...]:
    """Return the names of the traits that are protected everywhere."""
    kinds = unwanted_kinds()
    return tuple(kinds[code].name for code in sorted(PROTECTED_KINDS & kinds.keys()))


def names_trait(title: str, traits: Iterable[Unwanted]) -> Unwanted | None:
    """Return the one of some traits that a title speaks of, or None."""
    words = _spaced(title)
    joined = words.replace(" ", "")
    for trait in traits:
        if words in trait.titles or any(part.replace(" ", "") in joined for part in trait.within):
            return trait
    return None


def _spaced(title: str) -> str:
    return re.sub(r"[-_\s]+", " ", plain(title)).strip()


def unwanted_kind(title: str, values: pl.Series | None = None, *, besides: Sequence[Unwanted] = ()) -> Unwanted | None:
    """Return the kind of unwanted column that a title, or else what the column holds, gives away.

    ``besides`` are the traits that a school protects itself.


    >>> [kind and kind.code for kind in map(unwanted_kind, ("身份证件号码", "家长手机", "学号"))]
    ['id-card', 'phone', None]
    """
    if (added := names_trait(title, besides)) is not None:
        return added
    word = plain(title).replace(" ", "")
    kinds = unwanted_kinds()
    for kind in kinds.values():
        if (
            plain(title) in kind.titles
            or word in kind.titles
            or any(part.replace(" ", "") in word for part in kind.within)
        ):
            return kind
    if values is not None:
        if holds_id_cards(values):
            return kinds["id-card"]
        if _mostly(values, lambda text: bool(MOBILE.fullmatch(text))):
            return kinds["phone"]
    return None


def is_protected(title: str, *, besides: Sequence[Unwanted] = ()) -> bool:
    """Whether a title speaks of what no model, rule or match may use, only an audit of fairness, in the aggregate.

    ``besides`` are the traits that a school protects itself.

    >>> [is_protected(title) for title in ("家庭年收入", "home_place", "Gender", "credits", "学分")]
    [True, True, True, False, False]
    """
    if names_trait(title, besides) is not None:
        return True
    words = _spaced(title)
    kind = unwanted_kind(words)
    return words in PROTECTED_TITLES or (kind is not None and kind.code in PROTECTED_KINDS)


def is_id_card(text: str) -> bool:
    """Whether a text is a Chinese ID card number: form, date of birth and check character (GB 11643-1999).

    >>> is_id_card("11010519491231002X"), is_id_card("110105194912310021")
    (True, False)
    """
    word = text.strip().upper()
    if not ID_CARD.fullmatch(word):
        return False
    weighed = sum(weight * int(digit) for weight, digit in zip(WEIGHTS, word, strict=False))
    return word[17] == CHECK_CHARACTERS[weighed % 11]


def holds_id_cards(values: pl.Series) -> bool:
    """Whether most of the values of a column are ID card numbers."""
    return _mostly(values, is_id_card)


def _mostly(values: pl.Series, test: object) -> bool:
    filled = values.filter(values != "").head(MOST_TRIED).to_list()
    return bool(filled) and sum(map(test, filled)) >= MOSTLY * len(filled)  # type: ignore[call-overload]
