"""Looks at a plain mapping that somebody wrote, and gathers everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from difflib import get_close_matches
from math import isfinite
from typing import Any, Final

from yucai.errors import Fault
from yucai.texts import Text

__all__ = ["Looked"]

MISSING: Final = Text("{key} is missing. Write {wanted}.", "缺少 {key}。请填写{wanted}。")
WRONG: Final = Text("{key} is {came}; it should be {wanted}.", "{key} 为 {came}，应为{wanted}。")
UNKNOWN: Final = Text(
    "{key} is no part of a policy card.{near} Take it out, or correct its name.",
    "{key} 不是政策卡的内容。{near}请删去或更正名称。",
)
NEAR: Final = Text(" Did you mean {name}?", "是否应为 {name}？")
NOTHING: Final = Text("", "")
WORDS: Final = Text('words, or { en = "...", zh = "..." }', '文字，或 { en = "...", zh = "..." }')
SHORT: Final = Text("a few words", "简短文字")
NAMES: Final = Text("a list of names", "名称列表")
DAY: Final = Text("a day such as 2015-09-01", "日期，如 2015-09-01")
WHOLE: Final = Text("a whole number from {low} to {high}", "{low} 至 {high} 的整数")
NUMBER: Final = Text("a number from {low} to {high}", "{low} 至 {high} 的数")
WHOLES: Final = Text("a list of whole numbers from {low} to {high}", "{low} 至 {high} 的整数列表")
PAIRS: Final = Text('a list of pairs such as [["A", "B"]]', '成对名称的列表，如 [["A", "B"]]')
YES_NO: Final = Text("true or false", "true 或 false")
ONE_OF: Final = Text("one of {known}", "以下之一：{known}")
SOME_OF: Final = Text("a list of some of {known}", "由以下各项组成的列表：{known}")
TABLE: Final = Text("a part of its own, headed [{key}]", "单独的一节，标题为 [{key}]")
TABLES: Final = Text("one or more parts, each headed [[{key}]]", "一节或多节，标题均为 [[{key}]]")
LONGEST: Final = 4_000
SHOWN: Final = 60


class Looked:
    """A mapping from outside. What is asked of it comes back in the right type, else a stand-in and a fault is kept."""

    def __init__(self, said: Mapping[str, Any], faults: list[Fault], *, at: str = "", known: Collection[str]) -> None:
        self.said, self.faults, self.at = said, faults, at
        for key in said:
            if key not in known:
                near = get_close_matches(key, known, n=1)
                hint = NEAR.filled(name=near[0]) if near else NOTHING
                self.fault("unknown-key", UNKNOWN, key, near=hint)

    def fault(self, code: str, says: Text, key: str, **facts: object) -> None:
        """Keep a fault at a key."""
        where = f"{self.at}.{key}" if self.at else key
        self.faults.append(Fault(code=code, says=says, where=where, facts={"key": key, **facts}))

    def _wrong(self, key: str, wanted: Text) -> None:
        if self.said.get(key) in (None, ""):
            self.fault("missing", MISSING, key, wanted=wanted)
        else:
            came = str(self.said[key])
            self.fault("wrong", WRONG, key, wanted=wanted, came=came if len(came) <= SHOWN else f"{came[:SHOWN]}…")

    def text(self, key: str) -> Text:
        """Return words in both languages; said once they are the same in both."""
        return self._text(key, self.said.get(key))

    def _text(self, key: str, said: Any) -> Text:
        if isinstance(said, str) and said.strip() and len(said) <= LONGEST:
            return Text(said.strip(), said.strip())
        if isinstance(said, Mapping) and said.keys() == {"en", "zh"}:
            both = [one.strip() for one in (said["en"], said["zh"]) if isinstance(one, str)]
            if len(both) == 2 and all(both) and max(map(len, both)) <= LONGEST:
                return Text(*both)
        self._wrong(key, WORDS)
        return Text("?", "?")

    def texts(self, key: str) -> tuple[Text, ...]:
        """Return a list of words in both languages; none where nothing is said."""
        said = self.said.get(key)
        if said is None:
            return ()
        if not isinstance(said, list):
            self._wrong(key, NAMES)
            return ()
        return tuple(self._text(key, one) for one in said)

    def words(self, key: str, *, needed: bool = True) -> str:
        """Return plain words, such as a name or a number of a document."""
        said = self.said.get(key, None if needed else "")
        if isinstance(said, str) and (said.strip() or not needed) and len(said) <= LONGEST:
            return said.strip()
        self._wrong(key, SHORT)
        return ""

    def names(self, key: str) -> tuple[str, ...]:
        """Return a list of names; none where nothing is said."""
        said = self.said.get(key, [])
        if isinstance(said, list) and all(isinstance(one, str) and one.strip() for one in said):
            return tuple(one.strip() for one in said)
        self._wrong(key, NAMES)
        return ()

    def day(self, key: str) -> date | None:
        """Return a day, or None with a fault."""
        said = self.said.get(key)
        if isinstance(said, date) and not isinstance(said, datetime):
            return said
        try:
            if isinstance(said, str):
                return date.fromisoformat(said)
        except ValueError:
            pass  # told below, with what came
        self._wrong(key, DAY)
        return None

    def whole(self, key: str, *, low: int, high: int, default: int | None = None) -> int:
        """Return a whole number inside bounds; ``default`` where nothing is said."""
        said = self.said.get(key, default)
        if isinstance(said, int) and not isinstance(said, bool) and low <= said <= high:
            return said
        self._wrong(key, WHOLE.filled(low=low, high=high))
        return low

    def number(self, key: str, *, low: float, high: float, default: float | None = None) -> float:
        """Return a number inside bounds; ``default`` where nothing is said."""
        said = self.said.get(key, default)
        if isinstance(said, int | float) and not isinstance(said, bool) and isfinite(said) and low <= said <= high:
            return float(said)
        self._wrong(key, NUMBER.filled(low=f"{low:g}", high=f"{high:g}"))
        return low

    def yes_no(self, key: str, *, default: bool) -> bool:
        """Return true or false; ``default`` where nothing is said."""
        said = self.said.get(key, default)
        if not isinstance(said, bool):
            self._wrong(key, YES_NO)
        return said is True

    def one_of(self, key: str, known: Sequence[str], *, default: str | None = None) -> str:
        """Return one of known words; ``default`` where nothing is said."""
        said = self.said.get(key, default)
        if isinstance(said, str) and said in known:
            return said
        self._wrong(key, ONE_OF.filled(known=", ".join(known)))
        return known[0]

    def some_of(self, key: str, known: Sequence[str], *, default: Sequence[str] = ()) -> tuple[str, ...]:
        """Return one or more known words, each once; ``default`` where nothing is said."""
        said = self.said.get(key, list(default))
        if isinstance(said, list) and said and all(one in known for one in said):
            return tuple(dict.fromkeys(said))
        self._wrong(key, SOME_OF.filled(known=", ".join(known)))
        return ()

    def wholes(self, key: str, *, low: int, high: int, default: Sequence[int]) -> tuple[int, ...]:
        """Return a list of whole numbers inside bounds; ``default`` where nothing is said."""
        said = self.said.get(key, list(default))
        if isinstance(said, list) and all(type(one) is int and low <= one <= high for one in said):
            return tuple(dict.fromkeys(said))
        self._wrong(key, WHOLES.filled(low=low, high=high))
        return ()

    def pairs(self, key: str) -> tuple[tuple[str, str], ...]:
        """Return a list of pairs of names; none where nothing is said."""
        said = self.said.get(key, [])
        if isinstance(said, list) and all(isinstance(one, list) and len(one) == 2 for one in said) and all(
            isinstance(name, str) and name.strip() for one in said for name in one
        ):  # fmt: skip
            return tuple((one[0].strip(), one[1].strip()) for one in said)
        self._wrong(key, PAIRS)
        return ()

    def part(self, key: str, known: Collection[str]) -> Looked:
        """Return the part under a heading; an empty one, whose faults are not told again, where it is missing."""
        said = self.said.get(key)
        if isinstance(said, Mapping):
            return Looked(said, self.faults, at=f"{self.at}.{key}" if self.at else key, known=known)
        self._wrong(key, TABLE.filled(key=key))
        return Looked({}, [], known=known)

    def parts(self, key: str, known: Collection[str], *, needed: bool) -> list[Looked]:
        """Return the parts under a repeated heading."""
        said = self.said.get(key, [])
        if isinstance(said, list) and all(isinstance(one, Mapping) for one in said) and (said or not needed):
            at = f"{self.at}.{key}" if self.at else key
            return [
                Looked(one, self.faults, at=f"{at}[{place}]", known=known) for place, one in enumerate(said, start=1)
            ]
        self._wrong(key, TABLES.filled(key=key))
        return []
