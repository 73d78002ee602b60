"""The portraits of a whole class as one PDF: asked for, made in the background, downloaded while that is allowed.

Who may look is decided when it is asked for, when it is made and at every download; at each download everybody in it is
in the trail as read. Whom the account may not read because of their age is left out, and counted. The file goes after
a day, and at once where it may not be handed out any more.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q
from django.utils import translation
from django.utils.timezone import localdate

from yucai.errors import Fault, FaultyInputError, YucaiError
from yucai.texts import Text
from yucai.web.accounts.access import closed_to, visible_groups, visible_people
from yucai.web.accounts.age_models import GuardianConsent
from yucai.web.accounts.audit import note
from yucai.web.accounts.consent_models import Consent
from yucai.web.accounts.deciding import decide
from yucai.web.accounts.models import Account, Group, Person
from yucai.web.accounts.purposes import purpose_for
from yucai.web.jobs.actions import Report, ask_for
from yucai.web.jobs.models import Job
from yucai.web.measurement.class_portrait_models import ClassPortraits
from yucai.web.measurement.portrait_paper import code_of, portrait_page
from yucai.web.measurement.portraits import PortraitWish, ground_of, portrait_of
from yucai.web.paper import PortraitPage, portraits_as_one

__all__ = [
    "KEPT",
    "PAGE",
    "ClassOfNobodyError",
    "ask_for_portraits",
    "class_of",
    "drop_file",
    "file_of",
    "holding_person",
    "is_outdated",
    "job_of",
    "make_portraits",
    "tend_portraits",
]

PAGE: Final = "class-portraits"
KEPT: Final = timedelta(days=1)
MOST: Final = 1_000
SHARE_READ: Final = 0.6  # of the progress: reading the portraits; the rest is setting them
NAME: Final = Text("portraits of a class", "全班画像")
TOO_MANY: Final = Text(
    "This group has {n} people; one file holds at most {most}. Take the classes one by one.",
    "该组共 {n} 人；一个文件最多 {most} 人。请按班级逐个生成。",
)
READING: Final = Text("Portrait {n} of {all}", "正在读取画像：{n} / {all}")
SETTING: Final = Text("Setting {n} portraits", "正在排版 {n} 份画像")
DONE: Final = Text(
    "{n} portrait{n:|s} in one file, {left_out} left out. It can be downloaded for a day.",
    "已生成 {n} 份画像，略去 {left_out} 人。文件可在一天内下载。",
)


class ClassOfNobodyError(YucaiError):
    """Nobody of a group may be read by who asked for its portraits."""

    says = Text(
        "Nobody of this group may be shown to you now, so there is no file.", "目前该组没有可向您展示的人，未生成文件。"
    )
    exit_code = 77


def class_of(account: Account, group: Group, *, at: datetime) -> tuple[list[Person], int]:
    """Return whom of a group an account may see on paper, and how many are left out because of their age."""
    everybody = visible_people(account).filter(groups=group).select_related("space").order_by("code")
    closed = set(closed_to(account, page=PAGE, at=at).filter(groups=group).values_list("pk", flat=True))
    people = [person for person in everybody if person.pk not in closed]
    return people, len(closed)


@transaction.atomic
def ask_for_portraits(*, group: Group, wish: PortraitWish, language: str, by: Account, at: datetime) -> ClassPortraits:
    """Ask for the portraits of a group as one file. While one is being made, that one is the answer.

    Raises PermissionDenied for whom the group is not, FaultyInputError for a group that is too large.
    """
    if purpose_for(by, PAGE) is None or not visible_groups(by).filter(pk=group.pk).exists():
        raise PermissionDenied
    size = group.people.count()
    if size > MOST:
        raise FaultyInputError(NAME, [Fault(code="too-many", says=TOO_MANY, facts={"n": size, "most": MOST})])
    Group.objects.select_for_update(no_key=True).get(pk=group.pk)  # two clicks are one file
    waiting = ClassPortraits.objects.filter(group=group, asked_by=by, made_at__isnull=True, gone_at__isnull=True)
    for book in waiting.order_by("-pk"):
        if (job := job_of(book)) is not None and job.is_open:
            return book
    book = ClassPortraits.objects.create(
        group=group, asked_by=by, asked_at=at, language=code_of(language), occasion=wish.occasion or "",
        chart=wish.chart, talent_type=wish.talent_type or "",
    )  # fmt: skip
    ask_for(book.job_kind, space=group.space, owner=by, at=at)
    note("class-portraits.asked", by=by, at=at, space=group.space_id, target=f"group:{group.pk}")
    return book


def job_of(book: ClassPortraits) -> Job | None:
    """Return the job that makes a file, or made it."""
    return Job.objects.filter(kind=book.job_kind).order_by("-pk").first()


def make_portraits(book: ClassPortraits, *, report: Report, clock: Callable[[], datetime]) -> Text:
    """Write the file that was asked for; nobody is in it whom the account may not read now.

    Raises PermissionDenied where the account may not look any more, ClassOfNobodyError.
    """
    account, group, at = book.asked_by, book.group, clock()
    if not visible_groups(account).filter(pk=group.pk).exists() or not account.is_active:
        raise PermissionDenied
    people, left_out = class_of(account, group, at=at)
    if not people:
        raise ClassOfNobodyError
    pks = {person.pk for person in people}
    if not decide(account, pks, page=PAGE, day=localdate(at)).allowed:
        raise PermissionDenied
    with translation.override(book.language):
        pages = _pages(book, people, report=report, at=at)
        title, said = group.name.in_language(book.language[:2]), SETTING.filled(n=len(pages))
        report(SHARE_READ, said)
        paper = portraits_as_one(
            pages, title=title, at=at,
            report=lambda done: report(SHARE_READ + (0.98 - SHARE_READ) * done / len(pages), said),
        )  # fmt: skip
    _keep(book, paper, pks, left_out=left_out, at=at)
    return DONE.filled(n=len(people), left_out=left_out)


def _pages(book: ClassPortraits, people: Iterable[Person], *, report: Report, at: datetime) -> list[PortraitPage]:
    """Return the portraits as they are set, telling how far it is; what all of them stand on is read once."""
    people, by = list(people), book.asked_by.name.in_language(book.language[:2])
    wish = PortraitWish(
        occasion=book.occasion or None, chart=book.chart, talent_type=book.talent_type or None
    )  # without a type each is seen against the type of their own choice
    ground, pages = ground_of(book.group.space, at=at), []
    for number, person in enumerate(people):
        if number % 10 == 0:
            report(SHARE_READ * number / len(people), READING.filled(n=number + 1, all=len(people)))
        shown = portrait_of(person, at=at, wish=wish, ground=ground)
        pages.append(portrait_page(shown, language=book.language[:2], by=by, at=at))
    return pages


@transaction.atomic
def _keep(book: ClassPortraits, paper: bytes, people: set[int], *, left_out: int, at: datetime) -> None:
    folder = _folder()
    folder.mkdir(exist_ok=True)
    name = f"{book.pk}-{secrets.token_hex(8)}.pdf"
    unfinished = folder / f".{name}.part"
    unfinished.write_bytes(paper)
    unfinished.chmod(0o600)
    unfinished.rename(folder / name)
    book.people, book.left_out, book.file = sorted(people), left_out, name
    book.size_bytes, book.made_at = len(paper), at
    book.save(update_fields=["people", "left_out", "file", "size_bytes", "made_at"])
    note("class-portraits.made", by=book.asked_by, at=at, space=book.group.space_id,
         target=f"group:{book.group_id}", people=people, detail={"left-out": left_out})  # fmt: skip


def _folder() -> Path:
    return settings.WORKSPACE.folder / "portraits"


def file_of(book: ClassPortraits, *, at: datetime) -> Path | None:
    """Return the file of portraits while it lies here, or None."""
    if book.made_at is None or book.gone_at is not None or at >= book.made_at + KEPT:
        return None
    file = _folder() / book.file
    return file if file.is_file() else None


def is_outdated(book: ClassPortraits) -> bool:
    """Return whether somebody in a file withdrew a consent since, or is on record no more: it is handed out no more."""
    about, since = {"person__in": book.people}, book.made_at
    withdrawn = Consent.objects.filter(**about, ended_at__gt=since).exists()
    guardians = GuardianConsent.objects.filter(
        Q(withdrawn_on__gte=localdate(since)), **about
    ).exists()  # they know the day alone: one of the same day counts
    gone = Person.objects.filter(pk__in=book.people).count() < len(book.people)
    return withdrawn or guardians or gone


def drop_file(book: ClassPortraits, *, at: datetime) -> None:
    """Let a file go; that it was there stays known, without whom it held."""
    if book.file:
        (_folder() / book.file).unlink(missing_ok=True)
    book.people, book.gone_at = [], at
    book.save(update_fields=["people", "gone_at"])


def tend_portraits(*, at: datetime) -> int:
    """Let go of every file whose time is over, and of what a fall left in the folder; return how many went."""
    over = list(ClassPortraits.objects.filter(made_at__lte=at - KEPT, gone_at__isnull=True))
    for book in over:
        drop_file(book, at=at)
    if not over:
        return 0
    known = set(ClassPortraits.objects.filter(gone_at__isnull=True).values_list("file", flat=True))
    left = [file for file in _folder().glob("*.pdf*") if file.name not in known]
    for file in left:
        if datetime.fromtimestamp(file.stat().st_mtime, tz=at.tzinfo) < at - KEPT:
            file.unlink(missing_ok=True)
    return len(over)


def holding_person(person: int) -> list[ClassPortraits]:
    """Return the files that hold a person."""
    there = ClassPortraits.objects.filter(gone_at__isnull=True, made_at__isnull=False)
    return [book for book in there if person in book.people]
