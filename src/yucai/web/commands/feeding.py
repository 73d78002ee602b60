"""Feeds by command: a record store declared as a source of evidence, looked at, taken in."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from yucai.errors import YucaiError
from yucai.texts import Text
from yucai.web.commands.starting import space_named, start

if TYPE_CHECKING:
    from yucai.evidence import SourceFacts
    from yucai.web.accounts.models import Space
    from yucai.web.feeds.models import EvidenceFeed

__all__ = ["FeedAdded", "FeedDone", "FeedOptions", "add_evidence_feed", "take_evidence_feed"]

BY: Final = "command line"
MOST_LISTED: Final = 12
WOULD: Final = Text("Dry run, nothing was changed. ", "试运行，未作任何改动。")
NONE: Final = Text("", "")
ADDED: Final = Text(
    "Store “{store}” is the source “{feed}” ({name}). Nothing is taken in yet. "
    "Next: yucai records feed {feed} --dry-run",
    "记录库“{store}”已声明为来源“{feed}”（{name}），尚未入库。下一步：yucai records feed {feed} --dry-run",
)
WOULD_TAKE: Final = Text(
    "{statements} statement{statements:|s}: {new} score{new:|s} would be new, {changed} changed, {gone} gone; {weak} "
    "weak event{weak:|s}.",
    "{statements} 条陈述：将新增得分 {new} 个，改动 {changed} 个，撤去 {gone} 个；弱证据 {weak} 条。",
)
UNMEASURED: Final = Text(
    "{n} item{n:|s} {n:is|are} covered by no rule of the evidence map and {n:is|are} kept but not measured (first: "
    "{first}).",
    "有 {n} 个题目不在证据图的规则之内，保留但不参与测量（首个：{first}）。",
)


class UnknownFeedError(YucaiError):
    """No feed of that code."""

    says = Text(
        "There is no feed “{feed}” in this space. Known are: {known}. Make one with: yucai records add-feed STORE",
        "本空间没有证据流“{feed}”。现有：{known}。新建：yucai records add-feed 记录库",
    )
    exit_code = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedOptions:
    """What was typed for a feed: how it is called, whose the statements are, how they are mapped, its facts."""

    name: str = ""
    profile: str = "generic"  # of one that ships, or a file
    home_pages: tuple[str, ...] = ()
    mail_domains: tuple[str, ...] = ()
    highest: float | None = None
    template: str | None = None
    facts: dict[str, object] = field(default_factory=dict)
    language: str = "zh"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedAdded:
    """A store that was declared as a source."""

    feed: str
    store: str
    name: str
    dry_run: bool

    def in_language(self, language: str) -> str:
        """Return what was declared, and what comes next."""
        said = ADDED.in_language(language, store=self.store, feed=self.feed, name=self.name)
        return (WOULD if self.dry_run else NONE).in_language(language) + said


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedDone:
    """What taking a feed in did, or would do; ``number`` is that of the import, 0 where no score changed."""

    feed: str
    number: int
    said: Text
    notices: tuple[Text, ...]
    dry_run: bool

    def in_language(self, language: str) -> str:
        """Return what it came to, and what was left out and why."""
        lines = [f"  {notice.in_language(language)}" for notice in self.notices]
        return "\n".join(
            [(WOULD if self.dry_run else NONE).in_language(language) + self.said.in_language(language), *lines]
        )


def add_evidence_feed(workspace: Path, store: str, *, options: FeedOptions, dry_run: bool, at: datetime) -> FeedAdded:
    """Declare a record store as a source of evidence. Raises UnknownStoreError, FaultyInputError."""
    start(workspace)
    from django.db import transaction

    from yucai.web.commands.gathering import store_named
    from yucai.web.feeds.actions import MappingWish, declare_feed

    found = store_named(store)
    is_file = options.profile.endswith(".toml")
    wish = MappingWish(
        profile="" if is_file else options.profile,
        own=_written(Path(options.profile)) if is_file else "",
        home_pages=options.home_pages,
        mail_domains=options.mail_domains,
        highest={"*": options.highest} if options.highest is not None else {},
    )
    with transaction.atomic():
        feed = declare_feed(
            store=found, name=options.name or found.code, facts=_facts(options), wish=wish, by=None, at=at
        )
        transaction.set_rollback(dry_run)
    return FeedAdded(feed=feed.code, store=found.code, name=feed.name, dry_run=dry_run)


def take_evidence_feed(
    workspace: Path, code: str, *, space: str | None, remove_rows: bool, dry_run: bool, at: datetime
) -> FeedDone:
    """Take a feed in, or say what would change. Raises UnknownFeedError and what ``take_feed`` raises."""
    start(workspace)
    from yucai.web.evidence.actions import write_lake
    from yucai.web.feeds.actions import newest_declaration
    from yucai.web.feeds.looking import look_at
    from yucai.web.feeds.mapping import map_feed
    from yucai.web.feeds.taking import take_mapped

    feed = _feed_named(code, space_named(space))
    mapped = map_feed(feed, newest_declaration(feed), at=at)
    look = look_at(mapped)
    notices = [Text(*said) for said in (*look.notices, *look.refused_lines[:MOST_LISTED], *(a.says for a in look.asks))]
    if look.n_unmeasured:
        facts = {"n": look.n_unmeasured, "first": look.unmeasured[0]}
        notices.append(UNMEASURED.filled(**facts))
    if dry_run:
        counts = {"statements": look.statements, "new": look.new, "changed": look.changed, "gone": look.gone,
                  "weak": look.weak}  # fmt: skip
        said = WOULD_TAKE.filled(**counts)
        return FeedDone(feed=feed.code, number=0, said=said, notices=tuple(notices), dry_run=True)
    agreed = frozenset(ask.token for ask in look.asks) if remove_rows else frozenset()
    taken = take_mapped(mapped, by=BY, at=at, agreed=agreed)
    write_lake(feed.space, at=at)
    number = taken.entry.pk if taken.entry is not None else 0
    return FeedDone(feed=feed.code, number=number, said=taken.said, notices=tuple(notices), dry_run=False)


def _feed_named(code: str, space: Space) -> EvidenceFeed:
    from yucai.web.feeds.models import EvidenceFeed

    feeds = EvidenceFeed.objects.filter(space=space).select_related("space", "store")
    found = feeds.filter(code=code).first()
    if found is None:
        known = ", ".join(feeds.order_by("code").values_list("code", flat=True))
        raise UnknownFeedError(feed=code, known=known or "-")
    return found


def _written(file: Path) -> str:
    """Return a profile of the school's own. Raises FileMissingError, FaultyInputError."""
    from yucai.evidence import FileMissingError
    from yucai.web.feeds.actions import profile_text

    if not file.is_file():
        raise FileMissingError(file=file)
    return profile_text(file.read_bytes(), name=file.name)


def _facts(options: FeedOptions) -> SourceFacts:
    """Return what was typed of the source, over a template where one was named."""
    from yucai.evidence import SourceFacts, load_source_templates, source_from

    template = load_source_templates().get(options.template or "")
    if template is not None:
        return source_from(template, language=options.language, **options.facts)
    return SourceFacts(**options.facts)  # type: ignore[arg-type]
