"""Names and numbers of people as an announcement shows them: enough for who knows them, too little for strangers.

A number keeps its first and last characters; at least ``MIN_HIDDEN`` are hidden, always behind the same sign, and what
is shown fits at least ``FITS`` people on record. Where it would fit fewer, less is shown, down to nothing. Lines that
would look alike are told apart by a running mark, whose order comes from chance and tells nothing.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Collection, Sequence
from functools import cache
from random import Random
from typing import Final

__all__ = ["FITS", "HIDDEN", "MIN_HIDDEN", "masked_name", "masked_numbers"]

HIDDEN: Final = "****"
MIN_HIDDEN: Final = 4
FITS: Final = 5
SHOWN: Final = ((4, 2), (2, 2), (4, 1), (0, 2), (2, 1), (0, 1), (4, 0), (2, 0))  # first, last: the most telling first
HAN_FROM: Final = 3  # a Chinese name of so many characters keeps its last


def masked_name(name: str, *, number: str = "") -> str:
    """Return a name as it is shown: the first character, and the last of a Chinese name of three or more.

    A name that is the number, or none, shows nothing.

    >>> masked_name("张三丰"), masked_name("张三"), masked_name("欧阳明德"), masked_name("Zhang Sanfeng")
    ('张*丰', '张*', '欧**德', 'Z***')
    """
    plain = " ".join(name.split())
    if not plain or plain == number or any(sign.isdigit() for sign in plain):
        return "***"
    if not _is_han(plain[0]):
        return f"{plain[0]}***"
    if len(plain) < HAN_FROM:
        return f"{plain[0]}*"
    return f"{plain[0]}{'*' * (len(plain) - 2)}{plain[-1]}"


def _is_han(sign: str) -> bool:
    return unicodedata.name(sign, "").startswith("CJK ")


def masked_numbers(numbers: Sequence[str], *, everybody: Collection[str], rng: Random) -> tuple[str, ...]:
    """Return each of these different numbers as it is shown; no two are shown alike.

    ``everybody`` are the numbers on record, against which is counted how many people what is shown fits.

    >>> everybody = [f"20230100{n:02}" for n in range(60)]
    >>> masked_numbers(["2023010007", "2023010017", "2023010028"], everybody=everybody, rng=Random(1))
    ('2023****7-2', '2023****7-1', '2023****8')
    """
    counted = {ends: Counter(_ends(one, ends) for one in set(everybody)) for ends in SHOWN}

    @cache
    def shown(number: str) -> str:
        for ends in SHOWN:
            told = _ends(number, ends)
            if told is not None and counted[ends][told] >= FITS:
                return f"{told[0]}{HIDDEN}{told[1]}"
        return HIDDEN

    alike = Counter(map(shown, numbers))
    order = list(range(len(numbers)))
    rng.shuffle(order)
    met: Counter[str] = Counter()
    told: dict[int, str] = {}
    for place in order:
        mask = shown(numbers[place])
        met[mask] += 1
        told[place] = f"{mask}-{met[mask]}" if alike[mask] > 1 else mask
    return _apart([told[place] for place in range(len(numbers))])


def _ends(number: str, ends: tuple[int, int]) -> tuple[str, str] | None:
    """Return the first and last characters of a number that is long enough to hide something between them."""
    first, last = ends
    if len(number) < first + last + MIN_HIDDEN:
        return None
    return number[:first], number[len(number) - last :]


def _apart(shown: Sequence[str]) -> tuple[str, ...]:
    """Return these words with those changed that a running mark made like another: numbers may hold such signs."""
    taken, found = set(shown), []
    seen: set[str] = set()
    for word in shown:
        fresh, n = word, 1
        while fresh in seen or (n > 1 and fresh in taken):
            n += 1
            fresh = f"{word}-{n}"
        seen.add(fresh)
        found.append(fresh)
    return tuple(found)
