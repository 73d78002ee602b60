"""What learners put in as evidence of their own: a project, an award, a paper, open-source work.

How strong it is follows from how easily it could be faked: a claim that nobody verified is weak, whatever it says.
What AI did in a work is a statement of the learner's, kept with the work; no detector is asked and none is believed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final
from urllib.parse import quote, urlsplit

from yucai.errors import Fault
from yucai.framework import Framework, Strength
from yucai.texts import Text

__all__ = [
    "AiContribution",
    "AwardLevel",
    "JudgedStrength",
    "OwnWork",
    "Proof",
    "WorkKind",
    "check_own_work",
    "link_address",
    "own_work_item",
    "strength_of",
]

MOST_TITLE: Final = 200
MOST_WORDS: Final = 2000
MOST_LINK: Final = 500
MOST_TEAM: Final = 100
OLDEST_YEARS: Final = 20
DOI: Final = re.compile(r"(?:doi:\s*)?(10\.\d{4,9}/[!-~]+)", re.I)
HOST: Final = re.compile(r"[\w-]+(\.[\w-]+)+|\[[0-9a-f:.]+\]", re.I)
CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]")


class WorkKind(StrEnum):
    """What sort of work it is."""

    PROJECT = "project"
    AWARD = "award"
    PAPER = "paper"
    OPEN_SOURCE = "open-source"

    @property
    def says(self) -> Text:
        """Its name in both languages."""
        return KIND_NAMES[self]


class AwardLevel(StrEnum):
    """Who gave an award."""

    COLLEGE = "college"
    PROVINCIAL = "provincial"
    NATIONAL = "national"
    INTERNATIONAL = "international"

    @property
    def says(self) -> Text:
        """Its name in both languages."""
        return LEVEL_NAMES[self]


class Proof(StrEnum):
    """How somebody else could find out that a work is what it claims to be, hardest to fake first."""

    OUTSIDE_RECORD = "outside-record"  # anybody can look it up: a DOI, an official list, a public repository
    DOCUMENT = "document"  # a certificate or another file that was handed in
    OWN_WORD = "own-word"

    @property
    def says(self) -> Text:
        """Its name in both languages."""
        return PROOF_NAMES[self]


KIND_NAMES: Final = {
    WorkKind.PROJECT: Text("Project", "项目"),
    WorkKind.AWARD: Text("Award", "获奖"),
    WorkKind.PAPER: Text("Paper", "论文"),
    WorkKind.OPEN_SOURCE: Text("Open-source work", "开源贡献"),
}
LEVEL_NAMES: Final = {
    AwardLevel.COLLEGE: Text("College", "院校级"),
    AwardLevel.PROVINCIAL: Text("Provincial", "省级"),
    AwardLevel.NATIONAL: Text("National", "国家级"),
    AwardLevel.INTERNATIONAL: Text("International", "国际级"),
}
PROOF_NAMES: Final = {
    Proof.OUTSIDE_RECORD: Text(
        "A public record (DOI, official list, public repository)", "公开记录（DOI、官方名单、公开代码库）"
    ),
    Proof.DOCUMENT: Text("A document (certificate, report, photo)", "证明文件（证书、报告、照片）"),
    Proof.OWN_WORD: Text("My own word only", "仅本人说明"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AiContribution:
    """What AI did in a work and what the learner did. "Not used" is a statement too, and then the words are empty."""

    used: bool
    machine_did: str = ""
    i_did: str = ""
    checked_how: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnWork:
    """One work as its learner describes it.

    ``part`` is what the learner did in it, ``team_size`` counts the learner too, ``quality`` is what it is meant to be
    evidence of, ``level`` is for awards, ``document`` is the name of the file handed in. ``ai`` is None as long as
    nothing was stated. ``makers`` are the numbers of those others who made it and are named; they need not be all.
    """

    kind: WorkKind
    title: str
    done_on: date
    part: str
    quality: str
    proof: Proof
    ai: AiContribution | None
    team_size: int = 1
    level: AwardLevel | None = None
    link: str = ""
    document: str = ""
    makers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedStrength:
    """How strong a work is as evidence, and why in words."""

    strength: Strength
    reason: Text


TITLE_EMPTY: Final = Text(
    "Give the work a title, as it stands on the work itself.", "请填写成果名称，与成果上的写法一致。"
)
PART_EMPTY: Final = Text(
    "Say in a sentence or two what you yourself did.", "请用一两句话写明您本人做了什么。"
)  # fmt: skip
TOO_LONG: Final = Text("{n} characters are too many; keep to {most}.", "共 {n} 个字符，过长；请不超过 {most} 个。")
UNPRINTABLE: Final = Text(
    "There are characters in it that cannot be seen. Type it anew instead of pasting it.",
    "其中含有不可见字符。请重新输入，不要粘贴。",
)
FUTURE: Final = Text(
    "{day} is still to come. Put the work in when it is done.", "{day} 尚未到来。请在完成之后再提交。"
)  # fmt: skip
LONG_AGO: Final = Text(
    "{day} is more than {years} years ago. Check the year.", "{day} 距今已超过 {years} 年。请核对年份。"
)  # fmt: skip
TEAM: Final = Text(
    "{n} people cannot be. Count everybody who took part, yourself included: 1 to {most}.",
    "人数 {n} 有误。请填写全部参与者人数（含本人），1 至 {most}。",
)
MAKERS: Final = Text(
    "You name {n} {n:other|others}, and say that {size} took part. Correct the number, or leave out who took no part.",
    "您写了 {n} 位合作者，而参与人数为 {size} 人（含本人）。请更正人数，或去掉未参与的人。",
)
QUALITY: Final = Text(
    "“{code}” is no quality of “{framework}”. Choose one of: {known}.",
    "“{framework}”中没有“{code}”这项素养。请从下列各项中选择：{known}。",
)
LEVEL_MISSING: Final = Text(
    "An award needs its level: college, provincial, national or international.",
    "获奖须注明级别：院校级、省级、国家级或国际级。",
)
LEVEL_UNASKED: Final = Text(
    "Only an award has a level. Leave it empty, or choose “Award”.", "只有获奖才有级别。请留空，或将类别改为“获奖”。"
)  # fmt: skip
LINK: Final = Text(
    "“{link}” is no address. Give one that begins with http:// or https://, or a DOI such as 10.1000/182.",
    "“{link}”不是网址。请填写以 http:// 或 https:// 开头的网址，或形如 10.1000/182 的 DOI。",
)
LINK_MISSING: Final = Text(
    "A public record needs the place where it can be looked up: an address or a DOI.",
    "以公开记录为凭，须填写可供查询的网址或 DOI。",
)
DOCUMENT_MISSING: Final = Text(
    "A document as proof needs the document: attach the file.", "以文件为凭，须附上该文件。"
)  # fmt: skip
AI_UNSTATED: Final = Text(
    "Say whether AI was used. “Not used” is a statement too.", "请说明是否使用了人工智能；“未使用”也是一种说明。"
)  # fmt: skip
AI_HALF: Final = {
    "machine_did": Text("Where AI was used, say what it did.", "使用了人工智能时，请写明它做了什么。"),
    "i_did": Text("Where AI was used, say what you did yourself.", "使用了人工智能时，请写明您自己做了什么。"),
    "checked_how": Text(
        "Where AI was used, say how you checked what it gave.", "使用了人工智能时，请写明您如何核查其产出。"
    ),
}
AI_TOO_MUCH: Final = Text(
    "You said that no AI was used. Leave this empty, or choose “used”.",
    "您已说明未使用人工智能。请将此处留空，或改选“使用了”。",
)

NOT_VERIFIED: Final = Text("Nobody has verified it yet.", "尚无人核实。")
WORD_ONLY: Final = Text(
    "It rests on the student's own word, which is easily coloured.", "仅凭学生本人说明，容易带有主观色彩。"
)  # fmt: skip
ON_PAPER: Final = Text(
    "A named person verified the document; documents can be altered, so it is moderate.",
    "已由具名人员核实文件；文件可被改动，因此为中等。",
)
IN_PUBLIC: Final = Text(
    "A named person verified it in a public record that anybody can look up.",
    "已由具名人员在人人可查的公开记录中核实。",
)
SHARED: Final = Text(
    "A named person verified it in a public record; {n} people share the work, so it is moderate for each.",
    "已由具名人员在公开记录中核实；成果由 {n} 人共同完成，因此对每个人均为中等。",
)


def strength_of(proof: Proof, *, verified: bool, team_size: int) -> JudgedStrength:
    """Return how strong a work is as evidence, and why: the easier to fake, the weaker; a team's work at most moderate.

    >>> strength_of(Proof.DOCUMENT, verified=True, team_size=1).strength
    <Strength.MODERATE: 'moderate'>
    """
    if not verified:
        return JudgedStrength(strength=Strength.WEAK, reason=NOT_VERIFIED)
    if proof is Proof.OWN_WORD:
        return JudgedStrength(strength=Strength.WEAK, reason=WORD_ONLY)
    if proof is Proof.DOCUMENT:
        return JudgedStrength(strength=Strength.MODERATE, reason=ON_PAPER)
    if team_size > 1:
        shared = SHARED.filled(n=team_size)
        return JudgedStrength(strength=Strength.MODERATE, reason=shared)
    return JudgedStrength(strength=Strength.STRONG, reason=IN_PUBLIC)


def own_work_item(strength: Strength, quality: str, *, number: int) -> str:
    """Return the item that a rating of a work is a response to; ``number`` tells apart what one rater rated in a term.

    >>> own_work_item(Strength.STRONG, "innovation", number=1)
    'own/strong/innovation/1'
    """
    return f"own/{strength}/{quality}/{number}"


def link_address(link: str) -> str:
    """Return the address to follow for a link that ``check_own_work`` lets pass; a DOI by its resolver.

    >>> link_address("doi:10.1000/182")
    'https://doi.org/10.1000/182'
    """
    found = DOI.fullmatch(link.strip())
    return f"https://doi.org/{quote(found[1], safe='/:;().-_')}" if found else link.strip()


def check_own_work(work: OwnWork, framework: Framework, *, at: date) -> tuple[Fault, ...]:
    """Return everything that is wrong with a work on the day ``at``; each fault names its field as ``where``.

    No fault means that the work may be handed in. Nothing here says whether it is true: that a named person verifies.
    """
    return (*_words(work), *_facts(work, framework, at), *_proof(work), *_ai(work.ai))


def _words(work: OwnWork) -> Iterator[Fault]:
    for where, said, most, empty in (
        ("title", work.title, MOST_TITLE, TITLE_EMPTY),
        ("part", work.part, MOST_WORDS, PART_EMPTY),
    ):
        if not said.strip():
            yield Fault(code="empty", says=empty, where=where)
        yield from _printable(said, where, most)


def _printable(said: str, where: str, most: int) -> Iterator[Fault]:
    if len(said) > most:
        yield Fault(code="too-long", says=TOO_LONG, where=where, facts={"n": len(said), "most": most})
    if CONTROL.search(said.replace("\r\n", "\n")):
        yield Fault(code="unprintable", says=UNPRINTABLE, where=where)


def _facts(work: OwnWork, framework: Framework, at: date) -> Iterator[Fault]:
    day = work.done_on.isoformat()
    if work.done_on > at:
        yield Fault(code="future", says=FUTURE, where="done_on", facts={"day": day})
    elif work.done_on.year < at.year - OLDEST_YEARS:
        yield Fault(code="long-ago", says=LONG_AGO, where="done_on", facts={"day": day, "years": OLDEST_YEARS})
    if not 1 <= work.team_size <= MOST_TEAM:
        facts = {"n": work.team_size, "most": MOST_TEAM}
        yield Fault(code="team-size", says=TEAM, where="team_size", facts=facts)
    elif work.makers and len(set(work.makers)) >= work.team_size:
        sizes = {"n": len(set(work.makers)), "size": work.team_size}
        yield Fault(code="makers-more-than-team", says=MAKERS, where="fellows", facts=sizes)
    known = {entry.code: entry.name for entry in framework.qualities}
    if work.quality not in known:
        listed = Text(", ".join(name.en for name in known.values()), "、".join(name.zh for name in known.values()))
        named: dict[str, object] = {"code": work.quality, "framework": framework.name, "known": listed}
        yield Fault(code="unknown-quality", says=QUALITY, where="quality", facts=named)
    if work.kind is WorkKind.AWARD and work.level is None:
        yield Fault(code="level-missing", says=LEVEL_MISSING, where="level")
    if work.kind is not WorkKind.AWARD and work.level is not None:
        yield Fault(code="level-unasked", says=LEVEL_UNASKED, where="level")


def _proof(work: OwnWork) -> Iterator[Fault]:
    link = work.link.strip()
    if link:
        yield from _printable(link, "link", MOST_LINK)
        if not _is_address(link):
            yield Fault(code="no-address", says=LINK, where="link", facts={"link": link[:60]})
    elif work.proof is Proof.OUTSIDE_RECORD:
        yield Fault(code="link-missing", says=LINK_MISSING, where="link")
    if work.proof is Proof.DOCUMENT and not work.document:
        yield Fault(code="document-missing", says=DOCUMENT_MISSING, where="document")


def _is_address(link: str) -> bool:
    if DOI.fullmatch(link):
        return True
    if re.search(r"[\s\"'<>\\^`{|}]", link):
        return False
    try:
        parts = urlsplit(link)
        whole = parts.scheme in {"http", "https"} and parts.port != 0
    except ValueError:  # a bracket or a port that cannot be
        return False
    # Nothing before an @: the reader would take it for the host.
    return (
        whole
        and "@" not in parts.netloc
        and HOST.fullmatch(parts.netloc.rpartition(":")[0] or parts.netloc) is not None
    )


def _ai(ai: AiContribution | None) -> Iterator[Fault]:
    if ai is None:
        yield Fault(code="ai-unstated", says=AI_UNSTATED, where="ai.used")
        return
    for field, missing in AI_HALF.items():
        said, where = str(getattr(ai, field)), f"ai.{field}"
        if ai.used and not said.strip():
            yield Fault(code="ai-incomplete", says=missing, where=where)
        if not ai.used and said.strip():
            yield Fault(code="ai-contradiction", says=AI_TOO_MUCH, where=where)
        yield from _printable(said, where, MOST_WORDS)
