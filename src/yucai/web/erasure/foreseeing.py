"""What an erasure would do, before anybody decides: what goes, what stays and why, what forbids it, whom to tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from yucai.errors import YucaiError
from yucai.web.accounts.audit_models import AuditPerson
from yucai.web.accounts.erasure_models import LegalHold
from yucai.web.accounts.holding_back import holds_on_person, require_not_held
from yucai.web.accounts.models import Person
from yucai.web.erasure.holding import Holding
from yucai.web.erasure.holdings import HOLDINGS
from yucai.web.erasure.of_statements import stores_with
from yucai.web.erasure.subjects import Subject, subject_of, traces_in
from yucai.web.governance.research_keys import pseudonym_in
from yucai.web.governance.research_models import ResearchExportPerson
from yucai.web.records.erasure_models import RecordExport
from yucai.web.records.forwarding_models import Forwarding
from yucai.web.records.holds import require_not_held as require_store_not_held

__all__ = ["Foreseen", "ForeseenLine", "foresee", "require_erasable", "whom_to_tell"]

# Pages that give a file away: who took one still has it.
FILES: Final = (
    "portrait-pdf",
    "own-work-file",
    "statements-file",
    "statement-attachment",
    "rating-sheet",
    "person-export",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeseenLine:
    """One holding and how many things of it there are."""

    holding: Holding
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """What would go and what stays; ``forbidden`` says why nothing may go, and ``to_tell`` who got something."""

    subject: Subject
    goes: tuple[ForeseenLine, ...]
    stays: tuple[ForeseenLine, ...]
    holds: tuple[LegalHold, ...]
    forbidden: YucaiError | None
    to_tell: tuple[dict[str, Any], ...]
    names_left: tuple[str, ...]  # too common to look for in the words of others


def foresee(person: Person, *, texts: tuple[str, ...] = ()) -> Foreseen:
    """Return what erasing a person would do; nothing is written."""
    subject = subject_of(person, texts=texts)
    forbidden: YucaiError | None = None
    try:
        require_erasable(subject)
    except YucaiError as refused:
        forbidden = refused
    counted = [] if forbidden is not None else [ForeseenLine(holding=one, n=one.find(subject)) for one in HOLDINGS]
    return Foreseen(
        subject=subject,
        goes=tuple(line for line in counted if line.n and line.holding.stays is None),
        stays=tuple(line for line in counted if line.n and line.holding.stays is not None),
        holds=tuple(holds_on_person(person.pk)),
        forbidden=forbidden,
        to_tell=tuple(whom_to_tell(subject)),
        names_left=tuple(name for name in subject.names if name not in subject.texts),
    )


def require_erasable(subject: Subject) -> None:
    """Raise HeldError or StoreHeldError where a hold keeps anything of the person."""
    require_not_held(holds_on_person(subject.person))
    for store in stores_with(subject) if traces_in(subject).keys else ():
        require_store_not_held(store)


def whom_to_tell(subject: Subject) -> list[dict[str, Any]]:
    """Return who got something of the person that cannot be taken back from here; nobody is named but by number."""
    told: list[dict[str, Any]] = []
    members = ResearchExportPerson.objects.filter(person=subject.person).select_related("export").order_by("pk")
    for member in members:
        export = member.export
        told.append(
            {"what": "research-export", "code": export.code, "recipient": export.recipient,
             "pseudonym": pseudonym_in(export, subject.person), "until": export.until.isoformat()}
        )  # fmt: skip
    stores = stores_with(subject) if traces_in(subject).keys else []
    for code, recipient in (
        RecordExport.objects.filter(store__in=stores).order_by("pk").values_list("code", "recipient")
    ):
        told.append({"what": "statements-export", "code": code, "recipient": recipient})
    sent = Forwarding.objects.filter(store__in=stores, n_taken__gt=0).order_by("pk").values_list("address", flat=True)
    told += [{"what": "forwarding", "recipient": address} for address in dict.fromkeys(sent)]
    return told + _files_taken(subject)


def _files_taken(subject: Subject) -> list[dict[str, Any]]:
    """Return which accounts took a file that holds the person, by the trail; the person's own copies are theirs."""
    looks = AuditPerson.objects.filter(person=subject.person, entry__target__in=FILES, entry__refused=False)
    rows = looks.exclude(entry__account=subject.account).order_by("entry_id")
    found = rows.values_list("entry__target", "entry__account", "entry__at")
    return [
        {"what": "file", "page": page, "account": account, "at": at.isoformat()}
        for page, account, at in {(page, account): (page, account, at) for page, account, at in found}.values()
    ]
