"""What a page says of a feed, read as a wish; and what it shows in the fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.http import HttpRequest

from yucai.errors import Fault, FaultyInputError
from yucai.evidence import SourceFacts
from yucai.texts import Text
from yucai.web.feeds.actions import MappingWish, profile_text
from yucai.web.feeds.models import FeedDeclaration

__all__ = ["OWN", "facts_said", "fields_of", "fields_said", "wish_said"]

OWN: Final = "own"  # chosen: the school's own profile
MOST_PROFILE: Final = 200_000
MAPPING: Final = "mapping"
FIELDS: Final = ("profile", "home_pages", "mail_domains", "attempt", "occasion", "highest_all", "highest", "zone")
NO_OWN: Final = Text("no file with your own profile was chosen.", "未选择自有映射方案文件。")
TOO_BIG: Final = Text("the profile has more than {most} bytes.", "映射方案超过 {most} 字节。")
NO_LINE: Final = Text(
    "“{line}” is no line such as “https://lms.example.edu/quiz/1 = 20”.",
    "“{line}”不是“https://lms.example.edu/quiz/1 = 20”这样的一行。",
)


def fields_said(request: HttpRequest) -> dict[str, str]:
    """Return what was typed, to show it again."""
    return {name: request.POST.get(name, "") for name in (*FIELDS, "name")}


def fields_of(declaration: FeedDeclaration) -> dict[str, str]:
    """Return a declaration as the fields of a page."""
    single = {item: most for item, most in declaration.highest.items() if item != "*"}
    return {
        "profile": OWN if declaration.own_profile else declaration.profile_code,
        "home_pages": "\n".join(declaration.home_pages),
        "mail_domains": "\n".join(declaration.mail_domains),
        "attempt": declaration.attempt,
        "occasion": declaration.occasion,
        "highest_all": f"{declaration.highest['*']:g}" if "*" in declaration.highest else "",
        "highest": "\n".join(f"{item} = {most:g}" for item, most in single.items()),
        "zone": declaration.zone,
    }


def wish_said(request: HttpRequest, *, before: FeedDeclaration | None = None) -> tuple[MappingWish, list[Fault]]:
    """Return what a form wants, and what of it cannot be read.

    ``before`` keeps its own profile where no new file is sent.
    """
    said = request.POST
    faults: list[Fault] = []
    profile, own = said.get("profile", ""), ""
    if profile == OWN:
        profile = "generic"  # stands for one that cannot be read
        try:
            own = _own(request, before)
        except FaultyInputError as problem:
            faults += problem.faults
    wish = MappingWish(
        profile=profile,
        own=own,
        home_pages=_lines(said.get("home_pages", "")),
        mail_domains=_lines(said.get("mail_domains", "")),
        highest=_highest(said, faults),
        attempt=said.get("attempt", ""),
        occasion=said.get("occasion", ""),
        zone=said.get("zone", "").strip()[:50],
    )
    return wish, faults


def facts_said(said: Mapping[str, str]) -> SourceFacts:
    """Return what a form says of the source."""
    months = said.get("retention_months", "")
    return SourceFacts(
        purpose=said.get("purpose", "").strip()[:300],
        legal_basis=said.get("legal_basis", ""),
        owner=said.get("owner", "").strip()[:200],
        grade=said.get("grade", ""),
        retention_months=int(months) if months.isascii() and months.isdigit() and len(months) < 5 else 0,
    )


def _own(request: HttpRequest, before: FeedDeclaration | None) -> str:
    sent = request.FILES.get("own")
    if sent is None:
        if before is not None and before.own_profile:
            return before.profile_text
        raise FaultyInputError(MAPPING, [Fault(code="no-own", says=NO_OWN)])
    if (sent.size or 0) > MOST_PROFILE:
        raise FaultyInputError(MAPPING, [Fault(code="too-big", says=TOO_BIG, facts={"most": MOST_PROFILE})])
    return profile_text(sent.read(), name=sent.name or MAPPING)


def _lines(said: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in said.splitlines() if line.strip())


def _highest(said: Mapping[str, str], faults: list[Fault]) -> dict[str, float]:
    lines = [("*", said.get("highest_all", "").strip())] if said.get("highest_all", "").strip() else []
    found: dict[str, float] = {}
    for line in _lines(said.get("highest", "")):
        item, _, most = line.rpartition("=")
        lines.append((item.strip() or line, most.strip() if item.strip() else ""))
    for item, most in lines:
        try:
            found[item] = float(most)
        except ValueError:
            faults.append(Fault(code="no-line", says=NO_LINE, facts={"line": f"{item} = {most}"[:200]}))
    return found
