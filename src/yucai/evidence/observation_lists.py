"""What a planner of observations writes line by line: children with their consent forms, times with settings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Final

from yucai.errors import Fault, FaultyInputError
from yucai.evidence.coding_schemes import CodingScheme
from yucai.evidence.observation_faults import NAME, NO_CONSENT, PSEUDONYM
from yucai.texts import Text

__all__ = ["ConsentedChild", "read_children", "read_times", "times_on_days"]

HEADER: Final = frozenset(
    {"child", "pseudonym", "consent", "form", "幼儿", "化名", "代号", "编号", "同意书", "同意书编号", "知情同意书编号"}
)
FORM: Final = re.compile(r"(?=.*\d)[A-Za-z0-9][A-Za-z0-9/._-]{0,29}")
CUT: Final = re.compile(r"[\s,;，；、]+")
CLOCK: Final = re.compile(r"(\d{1,2})[:：.](\d{2})")
MOST_DAYS: Final = 366
NOBODY: Final = Text(
    "no child is listed. Write one a line: pseudonym and number of the consent form, such as K-001 C-17.",
    "没有列出幼儿。请每行写一名：化名与同意书编号，例如 K-001 C-17。",
)
TOO_MUCH: Final = Text(
    "more than a pseudonym and the number of a consent form stands here. Leave names and remarks out.",
    "此行除化名与同意书编号外还有其他内容。请勿写姓名或备注。",
)
FORM_NUMBER: Final = Text(
    "what stands for the consent form is no number of a form, such as C-17. Write its number alone.",
    "此处不是同意书编号（例如 C-17）。请只写编号。",
)
TWICE: Final = Text("the child {value} stands twice. Name everybody once.", "幼儿 {value} 重复。每人只列一次。")
NO_TIMES: Final = Text(
    "no time is listed. Write one a line: time and setting, such as 09:00 free-play.",
    "没有列出时间。请每行写一个：时间与情境，例如 09:00 自由活动。",
)
NO_CLOCK: Final = Text(
    "“{value}” is no time of day. Write it as 09:00, then the setting.", "“{value}”不是时间。请写成 09:00，再写情境。"
)
NO_SETTING: Final = Text("the setting “{value}” is none of: {known}.", "情境“{value}”不在可用值之中：{known}。")
BACKWARDS: Final = Text("the last day lies before the first. Exchange them.", "最后一天早于第一天。请调换。")
MANY_DAYS: Final = Text(
    "more than {most} days lie between first and last day. Plan a shorter time.",
    "首日与末日之间超过 {most} 天。请缩短。",
)
NO_DAY: Final = Text(
    "none of the chosen weekdays lies between first and last day. Choose others.",
    "首日与末日之间没有所选的星期。请另选。",
)


@dataclass(frozen=True, slots=True)
class ConsentedChild:
    """A child who may be watched: a pseudonym and the number of the consent form. No name, ever."""

    child: str
    consent: str


def read_children(text: str) -> tuple[ConsentedChild, ...]:
    """Return the children of a list: one a line, typed or pasted from a spreadsheet; a line of titles is passed over.

    Raises FaultyInputError that lists every faulty line. It repeats no word of a line that may be a name.
    """
    faults: list[Fault] = []
    found: dict[str, ConsentedChild] = {}
    for place, words in _lines(text):
        if not found and not faults and all(word.lower() in HEADER for word in words):
            continue
        wrong = list(_faults_of_child(words, place, frozenset(found)))
        faults.extend(wrong)
        if not wrong:
            found[words[0]] = ConsentedChild(*words)
    if not found and not faults:
        faults.append(Fault(code="nobody", says=NOBODY, where="children"))
    if faults:
        raise FaultyInputError("children", faults)
    return tuple(found.values())


def read_times(text: str, scheme: CodingScheme) -> tuple[tuple[time, str], ...]:
    """Return times of day with the code of their setting; settings are called by code or by name in either language.

    Raises FaultyInputError (all faults at once).
    """
    known = {name.lower(): one.code for one in scheme.settings for name in (one.code, one.name.en, one.name.zh)}
    listed = ", ".join(f"{one.name.en} {one.name.zh}" for one in scheme.settings)
    faults: list[Fault] = []
    found: list[tuple[time, str]] = []
    for place, words in _lines(text):
        clock, setting = _clock(words[0]), known.get(" ".join(words[1:]).lower())
        if clock is None:
            faults.append(Fault(code="clock", says=NO_CLOCK, where=place, facts={"value": words[0][:20]}))
        if setting is None:
            facts = {"value": " ".join(words[1:])[:40], "known": listed}
            faults.append(Fault(code="setting", says=NO_SETTING, where=place, facts=facts))
        if clock is not None and setting is not None:
            found.append((clock, setting))
    if not found and not faults:
        faults.append(Fault(code="no-times", says=NO_TIMES, where="times"))
    if faults:
        raise FaultyInputError("times", faults)
    return tuple(found)


def times_on_days(
    times: Sequence[tuple[time, str]], *, first: date, last: date, weekdays: frozenset[int], zone: tzinfo
) -> tuple[tuple[datetime, str], ...]:
    """Return the moments of the times of day on the weekdays (0 is Monday) from the first to the last day.

    Raises FaultyInputError.
    """
    says = BACKWARDS if last < first else MANY_DAYS if (last - first).days >= MOST_DAYS else None
    if says is not None:
        raise FaultyInputError("days", [Fault(code="days", says=says, where="last_day", facts={"most": MOST_DAYS})])
    days = [day for n in range((last - first).days + 1) if (day := first + timedelta(days=n)).weekday() in weekdays]
    if not days:
        raise FaultyInputError("days", [Fault(code="days", says=NO_DAY, where="weekdays")])
    return tuple((datetime.combine(day, clock, tzinfo=zone), setting) for day in days for clock, setting in times)


def _lines(text: str) -> Iterator[tuple[str, list[str]]]:
    for n, line in enumerate(text.splitlines(), start=1):
        words = [word for word in CUT.split(line.strip()) if word]
        if words:
            yield f"line {n}", words


def _faults_of_child(words: Sequence[str], place: str, before: frozenset[str]) -> Iterator[Fault]:
    if not PSEUDONYM.fullmatch(words[0]):
        yield Fault(code="name", says=NAME, where=place)
    elif words[0] in before:
        yield Fault(code="duplicate", says=TWICE, where=place, facts={"value": words[0]})
    if len(words) == 1:
        yield Fault(code="no-consent", says=NO_CONSENT, where=place)
    elif len(words) > 2:
        yield Fault(code="too-much", says=TOO_MUCH, where=place)
    elif not FORM.fullmatch(words[1]):
        yield Fault(code="form", says=FORM_NUMBER, where=place)


def _clock(word: str) -> time | None:
    said = CLOCK.fullmatch(word)
    if said is None or int(said[1]) > 23 or int(said[2]) > 59:
        return None
    return time(int(said[1]), int(said[2]))
