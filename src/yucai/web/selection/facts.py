"""What is stated of an announcement before anybody is named: checked whole, with every fault at once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from yucai.errors import Fault
from yucai.texts import Text
from yucai.web.accounts.models import Person, Space
from yucai.web.accounts.working_days import due_on
from yucai.web.selection.models import Announcement, AnnouncingRule
from yucai.web.selection.words import faults_of_text

__all__ = ["MOST_DAYS", "AnnouncementFacts", "default_days", "faults_of_facts", "rule_of", "texts_of"]

MOST_DAYS: Final = 30
MOST_WORDS: Final = 20
SHORTEST_NUMBER: Final = 5
LENGTHS: Final = {
    "title_zh": 120, "title_en": 120, "decided_zh": 600, "decided_en": 600, "reference": 300, "contact": 300,
    "names_rule": 300,
}  # fmt: skip
LONGEST_WORD: Final = 40
NO_TITLE: Final = Text("Write a title, in Chinese or in English.", "请写标题（中文或英文）。")
NO_DECISION: Final = Text("Say what was decided, in Chinese or in English.", "请写明决定内容（中文或英文）。")
NO_REFERENCE: Final = Text(
    "Name the rule or document that it rests on, such as its title and number.",
    "请写明依据的规定或文件，如名称和文号。",
)
NO_CONTACT: Final = Text("Say whom to write or to call with an objection.", "请写明异议向谁提出及联系方式。")
NO_WORDS: Final = Text("Write at least one outcome, one a line.", "请至少写一个结果用语，每行一个。")
MANY_WORDS: Final = Text(
    "{n} outcomes are too many; {most} are enough for one announcement.",
    "结果用语有 {n} 个，过多；一份公示最多 {most} 个。",
)
LONG_WORD: Final = Text(
    "“{word}” is longer than {most} characters. An outcome is a word, not a sentence.",
    "“{word}”超过 {most} 个字符。结果用语是一个词，不是一句话。",
)
SAME_WORD: Final = Text("“{word}” is there twice.", "“{word}”重复。")
LONG: Final = Text(
    "{n} character{n:|s} {n:is|are} too many; keep to {most}.", "共 {n} 个字符，过长；请不超过 {most} 个。"
)
ENDS_BEFORE: Final = Text(
    "It would end on {until}, before it begins on {begin}.", "截止日 {until} 早于开始日 {begin}。"
)
TOO_LONG: Final = Text(
    "From {begin} until {until} are {n} days; an announcement is public for {most} days at most.",
    "{begin} 至 {until} 共 {n} 天；公示最长 {most} 天。",
)
PAST: Final = Text(
    "It would begin on {begin}, which is over. Begin today or later.", "开始日 {begin} 已过，请填今天或以后。"
)
OBJECT_EARLY: Final = Text(
    "Objections are taken until {until} at least, the last day on which it is public.",
    "异议期至少须到公示的最后一天 {until}。",
)
OBJECT_LATE: Final = Text(
    "Objections until {day} would keep the list for {n} days after it ended; {most} are the most.",
    "异议期至 {day}，意味着公示结束后名单还要保存 {n} 天；最多 {most} 天。",
)
NO_NAMES_RULE: Final = Text(
    "Whole names only where a written rule asks for them: name it, with its article. Else mask the names.",
    "仅在书面规定要求时才公示全名：请写明规定及条款，否则请隐去部分姓名。",
)
NUMBER_IN_TEXT: Final = Text(
    "“{number}” is the number of a person on record. People stand in the list only, where their numbers are masked.",
    "“{number}”是在册人员的学号。人员只出现在名单中，名单中的学号会部分隐去。",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnouncementFacts:
    """All that an announcement says but for its list. ``outcomes`` are pairs of the Chinese and the English word."""

    title_zh: str = ""
    title_en: str = ""
    decided_zh: str = ""
    decided_en: str = ""
    reference: str
    from_day: date
    until_day: date
    object_until: date
    contact: str
    names: str = Announcement.Names.MASKED
    names_rule: str = ""
    outcomes: tuple[tuple[str, str], ...]


def rule_of(space: Space) -> AnnouncingRule:
    """Return how a space announces; one that said nothing has what ships."""
    return AnnouncingRule.objects.filter(space=space).first() or AnnouncingRule(space=space)


def default_days(rule: AnnouncingRule, *, begin: date) -> date:
    """Return the last day of an announcement that begins on a day, which counts if it is a working day."""
    return due_on(begin - timedelta(days=1), rule.days)


def faults_of_facts(facts: AnnouncementFacts, *, space: Space, today: date) -> list[Fault]:
    """Return all that is wrong with what is stated of an announcement."""
    return [
        *_missing(facts),
        *_long(facts),
        *_day_faults(facts, today),
        *_word_faults(facts),
        *_telling(facts, space),
    ]


def _missing(facts: AnnouncementFacts) -> Iterator[Fault]:
    needed = (
        (facts.title_zh or facts.title_en, NO_TITLE, "title_zh"),
        (facts.decided_zh or facts.decided_en, NO_DECISION, "decided_zh"),
        (facts.reference, NO_REFERENCE, "reference"),
        (facts.contact, NO_CONTACT, "contact"),
        (facts.names != Announcement.Names.WHOLE or facts.names_rule, NO_NAMES_RULE, "names_rule"),
    )
    for there, says, where in needed:
        if not there:
            yield Fault(code="missing", says=says, where=where)


def _long(facts: AnnouncementFacts) -> Iterator[Fault]:
    for where, most in LENGTHS.items():
        if (n := len(getattr(facts, where))) > most:
            yield Fault(code="long", says=LONG, where=where, facts={"n": n, "most": most})


def _day_faults(facts: AnnouncementFacts, today: date) -> Iterator[Fault]:
    begin, until = facts.from_day, facts.until_day
    days = {"begin": f"{begin}", "until": f"{until}", "n": (until - begin).days + 1, "most": MOST_DAYS}
    if begin < today:
        yield Fault(code="past", says=PAST, where="from_day", facts=days)
    if until < begin:
        yield Fault(code="ends-before", says=ENDS_BEFORE, where="until_day", facts=days)
    elif (until - begin).days >= MOST_DAYS:
        yield Fault(code="too-long", says=TOO_LONG, where="until_day", facts=days)
    after = {"day": f"{facts.object_until}", "n": (facts.object_until - until).days, "most": MOST_DAYS}
    if facts.object_until < until:
        yield Fault(code="object-early", says=OBJECT_EARLY, where="object_until", facts=days)
    elif (facts.object_until - until).days > MOST_DAYS:
        yield Fault(code="object-late", says=OBJECT_LATE, where="object_until", facts=after)


def _word_faults(facts: AnnouncementFacts) -> Iterator[Fault]:
    told = [word for pair in facts.outcomes for word in dict.fromkeys(pair) if word]
    if not told:
        yield Fault(code="no-words", says=NO_WORDS, where="outcomes")
    if len(facts.outcomes) > MOST_WORDS:
        counts = {"n": len(facts.outcomes), "most": MOST_WORDS}
        yield Fault(code="many-words", says=MANY_WORDS, where="outcomes", facts=counts)
    for place, word in enumerate(told):
        if len(word) > LONGEST_WORD:
            yield Fault(
                code="long-word", says=LONG_WORD, where="outcomes",
                facts={"word": f"{word[:LONGEST_WORD]}…", "most": LONGEST_WORD},
            )  # fmt: skip
        if word.casefold() in {one.casefold() for one in told[:place]}:
            yield Fault(code="same-word", says=SAME_WORD, where="outcomes", facts={"word": word})


def texts_of(facts: AnnouncementFacts) -> Iterator[tuple[str, str]]:
    """Yield each free text of an announcement with the field that it stands in."""
    for where in ("title_zh", "title_en", "decided_zh", "decided_en", "reference", "names_rule", "contact"):
        yield where, getattr(facts, where)
    for pair in facts.outcomes:
        yield from (("outcomes", word) for word in dict.fromkeys(pair))


def _telling(facts: AnnouncementFacts, space: Space) -> Iterator[Fault]:
    """Yield a fault for each word that must not be public, and for each number of somebody on record."""
    numbers: dict[str, str] = {}
    for where, text in texts_of(facts):
        yield from faults_of_text(text, where=where, contact=where == "contact")
        for word in re.findall(r"[A-Za-z0-9]+", text):
            if len(word) >= SHORTEST_NUMBER and any(sign.isdigit() for sign in word):
                numbers.setdefault(word, where)
    for number in Person.objects.filter(space=space, code__in=list(numbers)).values_list("code", flat=True):
        yield Fault(code="number", says=NUMBER_IN_TEXT, where=numbers[number], facts={"number": number})
