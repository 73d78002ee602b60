"""Invented names: common surnames and given characters put together at random, so that no real person is meant."""

from __future__ import annotations

from typing import Final

import numpy as np

__all__ = ["invent_names"]

SURNAMES: Final = (
    ("王", "Wang"), ("李", "Li"), ("张", "Zhang"), ("刘", "Liu"), ("陈", "Chen"), ("杨", "Yang"), ("赵", "Zhao"),
    ("黄", "Huang"), ("周", "Zhou"), ("吴", "Wu"), ("徐", "Xu"), ("孙", "Sun"), ("胡", "Hu"), ("朱", "Zhu"),
    ("高", "Gao"), ("林", "Lin"), ("何", "He"), ("郭", "Guo"), ("马", "Ma"), ("罗", "Luo"), ("欧阳", "Ouyang"),
)  # fmt: skip
GIVEN: Final = (
    ("思", "si"), ("远", "yuan"), ("明", "ming"), ("雨", "yu"), ("晨", "chen"), ("嘉", "jia"), ("宁", "ning"),
    ("文", "wen"), ("博", "bo"), ("安", "an"), ("若", "ruo"), ("清", "qing"), ("一", "yi"), ("航", "hang"),
    ("子", "zi"), ("墨", "mo"), ("乐", "le"), ("知", "zhi"), ("行", "xing"), ("悦", "yue"), ("书", "shu"),
)  # fmt: skip


def invent_names(n: int, *, rng: np.random.Generator) -> tuple[tuple[str, str], ...]:
    """Return n different names, each in Chinese and in Pinyin."""
    names: dict[str, str] = {}
    while len(names) < n:
        surname = SURNAMES[rng.integers(len(SURNAMES))]
        given = [GIVEN[i] for i in rng.choice(len(GIVEN), 2, replace=False)]
        zh = surname[0] + "".join(character for character, _ in given)
        first, second = (sound for _, sound in given)
        apart = "'" if second[0] in "aeo" else ""  # as Pinyin is written: Yu'an is two characters, Yuan is one
        names[zh] = f"{surname[1]} {first.capitalize()}{apart}{second}"
    return tuple(names.items())
