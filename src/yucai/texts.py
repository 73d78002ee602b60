"""What is said to people, in Chinese and in English, side by side."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter
from typing import Any, Final

__all__ = ["LANGUAGES", "Text", "named_twice", "signed"]

LANGUAGES: Final = ("zh", "en")
TWO_NAMES: Final = re.compile(r"([\u4e00-\u9fff·（）]+)\s+([A-Za-z][\w' .()-]*)")


@dataclass(frozen=True, slots=True)
class Text:
    """One thing said in both languages.

    ``{name}`` marks where a fact goes, ``{name:one|many}`` where a word that hangs on a number does.

    >>> Text("{n} learners", "{n} 名学生").in_language("zh", n=240)
    '240 名学生'
    >>> said = Text("{n} learner{n:|s} {n:is|are} here", "有 {n} 名学生")
    >>> said.in_language("en", n=1), said.in_language("en", n=2)
    ('1 learner is here', '2 learners are here')
    """

    en: str
    zh: str

    def in_language(self, language: str, **facts: object) -> str:
        """Return the sentence in ``"zh"`` or ``"en"`` (``zh-hans`` and the like count as ``zh``), facts filled in.

        Raises KeyError when a fact the sentence needs is missing: a half-filled sentence must not reach anybody.
        Without any facts the words come back as they are; those of a pack may hold braces of their own.
        """
        template = self.zh if language.lower().startswith("zh") else self.en
        return _filled(template, facts) if facts else template

    def filled(self, **facts: object) -> Text:
        """Return the sentence with its facts in both languages; a fact that is a ``Text`` is said in each.

        >>> Text("{what}: {n}", "{what}：{n}").filled(what=Text("learners", "学生"), n=3)
        Text(en='learners: 3', zh='学生：3')
        """
        said = {
            language: {
                name: fact.in_language(language) if isinstance(fact, Text) else fact for name, fact in facts.items()
            }
            for language in LANGUAGES
        }
        return Text(_filled(self.en, said["en"]), _filled(self.zh, said["zh"]))


class _Counting(Formatter):
    """Fills a sentence in which words hang on a number: ``{n:one|many}`` is the first word for 1, else the second."""

    def format_field(self, value: Any, format_spec: str) -> str:
        one, bar, many = format_spec.partition("|")
        if not bar:
            return str(super().format_field(value, format_spec))
        return one if str(value) == "1" else many


_COUNTING: Final = _Counting()


def _filled(template: str, facts: Mapping[str, object]) -> str:
    """Return a sentence with its facts; the plain way is much faster, and most sentences need no other."""
    return _COUNTING.vformat(template, (), facts) if "|" in template else template.format(**facts)


def signed(value: float) -> str:
    """Return a place on a scale with its sign and one decimal, as it is set in print.

    >>> signed(0.34), signed(-0.34), signed(-0.04)
    ('+0.3', '−0.3', '0.0')
    """
    rounded = f"{value:+.1f}"
    return "0.0" if rounded in {"+0.0", "-0.0"} else rounded.replace("-", "−")


def named_twice(name: str) -> Text:
    """Return a name of a table that holds both languages, “北京 Beijing”, as the two that it is.

    A name of one language is left as it is in both.

    >>> named_twice("北京 Beijing")
    Text(en='Beijing', zh='北京')
    >>> named_twice("学院 3").en, named_twice("New York").zh
    ('学院 3', 'New York')
    """
    both = TWO_NAMES.fullmatch(name)
    return Text(both[2], both[1]) if both else Text(name, name)
