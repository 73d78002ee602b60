"""A breach, or the drill of one: who was affected, by what, since when, in one command."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import polars as pl

from yucai.evidence import write_sheets
from yucai.texts import Text
from yucai.web.commands.refusals import OutputExistsError, UnknownAccountError
from yucai.web.commands.starting import start, time_told

__all__ = ["AffectedPeople", "affected_by_account"]

MOST_LISTED: Final = 20
NOTHING: Final = Text(
    "“{account}” was shown nobody from {since} to {until}; {refused} {refused:attempt was|attempts were} refused.",
    "“{account}”自 {since} 至 {until} 未看到任何人的数据；另有 {refused} 次尝试被拒绝。",
)
SOMEBODY: Final = Text(
    "“{account}” was shown {n} {n:person|people} from {since} to {until}, in events {first} to {last}; {refused} "
    "{refused:attempt was|attempts were} refused.",
    "“{account}”自 {since} 至 {until} 看到了 {n} 人的数据（第 {first} 至 {last} 号事件）；"
    "另有 {refused} 次尝试被拒绝。",
)
DID: Final = Text("It also did: {acts}.", "该账号还进行了：{acts}。")
MORE: Final = Text("and {n} more; --to writes all of them into a file", "另有 {n} 人；用 --to 可将全部名单写入文件")
WRITTEN: Final = Text("All of them stand in {file}.", "全部名单已写入 {file}。")
TO_DO: Final = Text(
    "Tell these people and the authority without delay: what was seen, why, what it may do to them, what you did "
    "against it and whom they can ask (Personal Information Protection Law, article 57).",
    "请立即通知上述个人和主管部门：涉及哪些信息、原因、可能造成的危害、已采取的补救措施和联系方式（《个人信息保护法》第五十七条）。",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AffectedPeople:
    """What an account was shown in a time. Each person with number, looks, first and last, pages in both languages."""

    account: str
    since: str
    until: str
    people: tuple[dict[str, object], ...]
    acts: dict[str, int]
    refused: int
    first_event: int
    last_event: int
    file: Path | None

    def in_language(self, language: str) -> str:
        """Return who was affected, as far as a screen holds it, and what is to be done."""
        facts = {"account": self.account, "since": self.since, "until": self.until, "refused": self.refused}
        if not self.people:
            return NOTHING.in_language(language, **facts)
        events = {"first": self.first_event, "last": self.last_event}
        lines = [SOMEBODY.in_language(language, n=len(self.people), **events, **facts)]
        for one in self.people[: MOST_LISTED if self.file is None else 0]:
            pages = one["pages_zh" if language == "zh" else "pages"]
            lines.append(
                f"  {one['space']}  {one['learner']}  {one['looks']} ×  {one['first']} – {one['last']}  {pages}"
            )
        if self.file is not None:
            lines.append(WRITTEN.in_language(language, file=self.file))
        elif len(self.people) > MOST_LISTED:
            lines.append(MORE.in_language(language, n=len(self.people) - MOST_LISTED))
        if self.acts:
            listed = ("，" if language == "zh" else ", ").join(f"{act} {n}" for act, n in self.acts.items())
            lines.append(DID.in_language(language, acts=listed))
        return "\n".join([*lines, TO_DO.in_language(language)])


def affected_by_account(
    workspace: Path, username: str, *, since: str, until: str | None, to: Path | None, at: datetime
) -> AffectedPeople:
    """Return whom an account was shown between two times; asking is itself an event of the trail about these people.

    With ``to`` the whole list goes into a new workbook. Raises UnknownAccountError, NoTimeError, OutputExistsError,
    NoRoomError.
    """
    begin, end = time_told(since) or at, time_told(until) or at
    start(workspace)
    from yucai.web.accounts.audit import note
    from yucai.web.accounts.looks import what_words
    from yucai.web.accounts.models import Account
    from yucai.web.governance.breach import affected_by

    account = Account.objects.filter(username=username).first()
    if account is None:
        raise UnknownAccountError(account=username)
    if to is not None and to.exists():
        raise OutputExistsError(file=to)
    found = affected_by(account, since=begin, until=end)

    def words(one: str, language: str) -> str:
        return what_words("read", one).in_language(language)

    people = tuple(
        {
            "space": one.space,
            "learner": one.code,
            "looks": one.n_looks,
            "first": _minute(one.first_at),
            "last": _minute(one.last_at),
            "pages": ", ".join(words(page, "en") for page in one.pages),
            "pages_zh": "、".join(words(page, "zh") for page in one.pages),
        }
        for one in found.people
    )
    if to is not None:
        write_sheets(to, {"affected": pl.DataFrame(people)})
    seen = [one.person for one in found.people]
    note("audit.breach", by=None, at=at, target=f"account:{account.pk}", people=seen, detail={"people": len(people)})
    return AffectedPeople(
        account=username, since=_minute(begin), until=_minute(end), people=people, acts=dict(found.acts),
        refused=found.n_refused, first_event=found.first_event, last_event=found.last_event, file=to,
    )  # fmt: skip


def _minute(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M}"
