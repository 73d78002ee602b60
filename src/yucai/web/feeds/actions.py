"""What is said of a feed: that there is one, how its statements are mapped, whose they are, whether it goes on."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.db import transaction

from yucai.errors import Fault, FaultyInputError, YucaiError
from yucai.evidence import (
    Attempt,
    OccasionFrom,
    SourceFacts,
    StatementProfile,
    check_source,
    load_statement_profiles,
    read_statement_profile,
    statement_profile_text,
)
from yucai.texts import Text
from yucai.web.accounts.models import Account, Person, Space
from yucai.web.evidence.actions import held
from yucai.web.evidence.models import DataSource
from yucai.web.feeds.models import ActorDeclaration, EvidenceFeed, FeedDeclaration
from yucai.web.records.models import RecordStore

__all__ = [
    "MappingWish",
    "NotTakenInError",
    "change_mapping",
    "declare_actor",
    "declare_feed",
    "follow_again",
    "forget_actor",
    "forget_keys",
    "look_again",
    "newer_shipped",
    "newest_declaration",
    "profile_text",
    "stop_following",
    "wish_of_declaration",
]

MOST_HIGHEST: Final = 10_000
MOST_KEY: Final = 1000
DOMAIN: Final = re.compile(r"(?=.{1,253}$)[^\s@/]+(\.[^\s@/]+)*")
FEED: Final = "feed"
NO_NAME: Final = Text("a feed needs a name of 1 to 200 characters.", "证据流需要 1 至 200 个字符的名称。")
NOBODYS: Final = Text(
    "nothing says whose the statements are. Name the web address whose account names are student numbers, or a mail "
    "domain; single actors can be named later.",
    "未说明陈述属于谁。请填写以学号为账号名的平台网址，或邮箱域名；个别主体可稍后指明。",
)
BAD_HOME: Final = Text("“{home}” is no web address; it begins with http:// or https://.",
                       "“{home}”不是网址；网址以 http:// 或 https:// 开头。")  # fmt: skip
BAD_DOMAIN: Final = Text(
    "“{domain}” is no mail domain such as example.edu.cn.", "“{domain}”不是邮箱域名（如 example.edu.cn）。"
)
BAD_HIGHEST: Final = Text(
    "the highest score of “{item}” is {value:g}; it is above 0 and at most {most}.",
    "“{item}”的满分为 {value:g}；须大于 0 且不超过 {most}。",
)
BAD_ZONE: Final = Text(
    "there is no time zone “{zone}”. One is Asia/Shanghai.", "没有时区“{zone}”。例如 Asia/Shanghai。"
)
BAD_CHOICE: Final = Text("“{said}” is none of: {known}.", "“{said}”不在下列之中：{known}。")
BAD_CODE: Final = Text(
    "there is a source “{code}” in this institution already. Choose another code.",
    "本机构已有来源“{code}”。请另选代码。",
)
NOT_UTF8: Final = Text("it is no text in UTF-8. Save it as UTF-8.", "不是 UTF-8 文本。请另存为 UTF-8。")
NOBODY: Final = Text(
    "there is nobody of the number “{number}” on record. Import the class list first, or correct the number.",
    "库中没有学号“{number}”。请先导入学生名单，或改正学号。",
)
LONG_KEY: Final = Text("this actor has a name of more than {most} characters.", "该主体的标识超过 {most} 个字符。")


class NotTakenInError(YucaiError):
    """A feed follows its store by itself only after somebody looked and took in once."""

    says = Text(
        "“{feed}” has taken nothing in yet. Look at what would go in, and take it in once.",
        "“{feed}”尚未入库过。请先查看将入库的内容并入库一次。",
    )
    exit_code = 65


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingWish:
    """How somebody wants the statements of a feed mapped.

    ``profile`` is the code of one that ships; ``own`` the text of the school's own, which comes before it. An empty
    ``attempt`` or ``occasion`` leaves it to the profile, an empty ``zone`` to the office.
    """

    profile: str = "generic"
    own: str = ""
    home_pages: Sequence[str] = ()
    mail_domains: Sequence[str] = ()
    highest: Mapping[str, float] = field(default_factory=dict)
    attempt: str = ""
    occasion: str = ""
    zone: str = ""


@transaction.atomic
def declare_feed(
    *,
    store: RecordStore,
    name: str,
    facts: SourceFacts,
    wish: MappingWish,
    by: Account | None,
    at: datetime,
    code: str = "",
) -> EvidenceFeed:
    """Declare a store as a source of evidence; nothing is taken in by it.

    ``code`` names the source; without one it is made from the store's. Raises FaultyInputError with all that is wrong.
    """
    space = held(store.space)
    faults = [] if 1 <= len(name.strip()) <= 200 else [Fault(code="no-name", says=NO_NAME)]
    if code and code in _codes(space):
        faults.append(Fault(code="taken", says=BAD_CODE, facts={"code": code}))
    if not (wish.home_pages or wish.mail_domains):
        faults.append(Fault(code="nobodys", says=NOBODYS))
    for check in (lambda: check_source(name, facts), lambda: _checked(wish)):
        try:
            check()
        except FaultyInputError as problem:
            faults += problem.faults
    if faults:
        raise FaultyInputError(name.strip() or FEED, faults)
    feed = EvidenceFeed.objects.create(
        space=space, store=store, code=code or _free_code(store, space), name=name.strip(), facts=asdict(facts), by=by,
        at=at,
    )  # fmt: skip
    _declare(feed, wish, by=by, at=at)
    return feed


@transaction.atomic
def change_mapping(*, feed: EvidenceFeed, wish: MappingWish, by: Account | None, at: datetime) -> FeedDeclaration:
    """Declare another mapping; what is taken in stays as it is until somebody takes in by the new one.

    The same mapping again is no new declaration. Raises FaultyInputError with all that is wrong.
    """
    feed = EvidenceFeed.objects.select_for_update().get(pk=feed.pk)
    before = newest_declaration(feed)
    declared = _declare(feed, wish, by=by, at=at)
    names = [one.name for one in FeedDeclaration._meta.fields if one.name not in ("id", "number", "by", "at")]
    if all(getattr(before, name) == getattr(declared, name) for name in names):
        declared.delete()
        return before
    _forget_look(feed)
    return declared


@transaction.atomic
def declare_actor(*, feed: EvidenceFeed, key: str, number: str, by: Account | None, at: datetime) -> ActorDeclaration:
    """Say which person on record an actor is. Raises FaultyInputError."""
    if len(key) > MOST_KEY:
        raise FaultyInputError(feed.name, [Fault(code="long-key", says=LONG_KEY, facts={"most": MOST_KEY})])
    person = Person.objects.filter(space=feed.space_id, code=number.strip()).first()
    if person is None:
        raise FaultyInputError(feed.name, [Fault(code="nobody", says=NOBODY, facts={"number": number.strip()[:100]})])
    declared, _ = ActorDeclaration.objects.update_or_create(
        feed=feed, key=key, defaults={"person": person, "by": by, "at": at}
    )
    _forget_look(feed)
    return declared


@transaction.atomic
def forget_actor(*, declared: ActorDeclaration) -> None:
    """Take back which person an actor is; the scores go with the next taking in."""
    declared.delete()
    _forget_look(declared.feed)


@transaction.atomic
def stop_following(*, feed: EvidenceFeed) -> None:
    """Take nothing in by itself any more; what is in stays."""
    _state(feed, EvidenceFeed.State.STOPPED)


@transaction.atomic
def follow_again(*, feed: EvidenceFeed) -> None:
    """Take in by itself what comes. Raises NotTakenInError where nobody took in yet."""
    _state(feed, EvidenceFeed.State.FOLLOWING)


@transaction.atomic
def look_again(*, store: RecordStore) -> None:
    """Let every feed of a store look at all its statements again: some are gone without a word of it in the store."""
    feeds = EvidenceFeed.objects.filter(store=store)
    feeds.update(look={})
    for feed in feeds.filter(state=EvidenceFeed.State.FOLLOWING).select_for_update():
        feed.asked, feed.next_look = {**feed.asked, "again": True}, None
        feed.save(update_fields=["asked", "next_look"])


@transaction.atomic
def forget_keys(*, store: RecordStore, keys: Collection[str]) -> None:
    """Forget what was said of actors who are erased from a store, and take their scores back by looking again."""
    ActorDeclaration.objects.filter(feed__store=store, key__in=keys).delete()
    look_again(store=store)


def newest_declaration(feed: EvidenceFeed) -> FeedDeclaration:
    """Return how the statements of a feed are to be mapped by what was said last."""
    return feed.declarations.order_by("number").last()  # type: ignore[return-value]  # declared with the feed


def newer_shipped(declaration: FeedDeclaration) -> StatementProfile | None:
    """Return the profile that comes with this program where a declaration has another version of it."""
    shipped = None if declaration.own_profile else load_statement_profiles().get(declaration.profile_code)
    return shipped if shipped is not None and shipped.version != declaration.profile_version else None


def profile_text(content: bytes, *, name: str) -> str:
    """Return the text of a profile of the school's own. Raises FaultyInputError."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise FaultyInputError(name, [Fault(code="not-utf-8", says=NOT_UTF8)]) from None


def wish_of_declaration(declaration: FeedDeclaration) -> MappingWish:
    """Return a declaration as the wish that leads to it again; of a shipped profile by the version that ships now."""
    return MappingWish(
        profile=declaration.profile_code,
        own=declaration.profile_text if declaration.own_profile else "",
        home_pages=declaration.home_pages,
        mail_domains=declaration.mail_domains,
        highest=declaration.highest,
        attempt=declaration.attempt,
        occasion=declaration.occasion,
        zone=declaration.zone,
    )


def _state(feed: EvidenceFeed, state: EvidenceFeed.State) -> None:
    feed = EvidenceFeed.objects.select_for_update().get(pk=feed.pk)
    if feed.in_force_id is None:
        raise NotTakenInError(feed=feed.name)
    feed.state = state
    feed.save(update_fields=["state"])


def _forget_look(feed: EvidenceFeed) -> None:
    EvidenceFeed.objects.filter(pk=feed.pk).update(look={})


def _declare(feed: EvidenceFeed, wish: MappingWish, *, by: Account | None, at: datetime) -> FeedDeclaration:
    profile = _checked(wish)
    last = feed.declarations.order_by("number").last()
    return FeedDeclaration.objects.create(
        feed=feed,
        number=last.number + 1 if last is not None else 1,
        profile_code=profile.code[:100],
        profile_version=profile.version[:50],
        profile_text=wish.own or statement_profile_text(wish.profile),
        own_profile=bool(wish.own),
        home_pages=sorted({home.strip() for home in wish.home_pages}),
        mail_domains=sorted({domain.strip().lower() for domain in wish.mail_domains}),
        highest=dict(wish.highest),
        attempt=wish.attempt,
        occasion=wish.occasion,
        zone=wish.zone or settings.TIME_ZONE,
        by=by,
        at=at,
    )


def _checked(wish: MappingWish) -> StatementProfile:
    """Return the profile of a wish. Raises FaultyInputError with all that is wrong with it."""
    faults = list(_faults(wish))
    profile = None
    try:
        profile = read_statement_profile(wish.own or statement_profile_text(wish.profile))
    except FaultyInputError as problem:
        faults += problem.faults
    if faults or profile is None:
        raise FaultyInputError(profile.code if profile is not None else FEED, faults)
    return profile


def _faults(wish: MappingWish) -> Iterator[Fault]:
    for home in wish.home_pages:
        if not re.fullmatch(r"https?://[^\s<>\"{}|\\^`]+", home.strip()):
            yield Fault(code="bad-home", says=BAD_HOME, facts={"home": home})
    for domain in wish.mail_domains:
        if not DOMAIN.fullmatch(domain.strip()):
            yield Fault(code="bad-domain", says=BAD_DOMAIN, facts={"domain": domain})
    for item, value in wish.highest.items():
        if not 0 < value <= MOST_HIGHEST:
            yield Fault(
                code="bad-highest", says=BAD_HIGHEST, facts={"item": item, "value": value, "most": MOST_HIGHEST}
            )
    for said, known in ((wish.attempt, Attempt), (wish.occasion, OccasionFrom)):
        if said and said not in list(known):
            yield Fault(code="bad-choice", says=BAD_CHOICE, facts={"said": said, "known": ", ".join(known)})
    if wish.zone:
        try:
            ZoneInfo(wish.zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            yield Fault(code="bad-zone", says=BAD_ZONE, facts={"zone": wish.zone})


def _codes(space: Space) -> set[str]:
    used = set(DataSource.objects.filter(space=space).values_list("code", flat=True))
    return used | set(EvidenceFeed.objects.filter(space=space).values_list("code", flat=True))


def _free_code(store: RecordStore, space: Space) -> str:
    """Return a code for the source that no other has: that of the store, with a number where it is taken."""
    used, base = _codes(space), f"xapi-{store.code}"
    n, code = 2, base
    while code in used:
        code, n = f"{base}-{n}", n + 1
    return code
