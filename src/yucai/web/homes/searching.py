"""One search over what somebody may see anyway: people, groups, assessments and works, by the doors of the pages.

Looking for somebody is a look at somebody: whom a search shows is written into the trail as one event. What was typed
is kept nowhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from yucai.texts import Text
from yucai.web.accounts.access import (
    closed_to,
    read_people,
    taught_groups,
    visible_groups,
    visible_people,
)
from yucai.web.accounts.models import Account, Group, Membership, Person
from yucai.web.evidence.models import EvidenceRecord, Item, OwnWork
from yucai.web.homes.cards import address

__all__ = ["Found", "Hit", "Hits", "enough_to_search", "search_for"]

MOST: Final = 20
MOST_WORDS: Final = 5
LONGEST: Final = 60
CHINESE: Final = re.compile(r"[㐀-鿿豈-﫿\U00020000-\U0003ffff]")
INITIALS: Final = re.compile(r"[a-z]{2,4}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One thing found: its name, what tells it from others of that name, and where it is."""

    name: Text
    about: str
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hits:
    """Things of one kind; ``more`` says that not all of them are shown."""

    code: str
    name: str
    hits: tuple[Hit, ...]
    more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What was found, kind by kind; a kind of which nothing was found is left out."""

    kinds: tuple[Hits, ...]

    @property
    def says(self) -> str:
        """How much was found, for eye and ear."""
        n = sum(len(kind.hits) for kind in self.kinds)
        return ngettext("%(n)d result is shown.", "%(n)d results are shown.", n) % {"n": n} if n else ""


def enough_to_search(said: str) -> bool:
    """Return whether what was typed is enough to look for: two characters, or one that is Chinese.

    >>> enough_to_search("林"), enough_to_search("l"), enough_to_search("20")
    (True, False, True)
    """
    return len(said) >= 2 or CHINESE.search(said) is not None


def search_for(said: str, *, by: Account, at: datetime) -> Found:
    """Return what somebody may see that is called so, and write down whom it showed.

    Raises PermissionDenied where the people found may not be shown to this account, as a list of them would.
    """
    words = said[:LONGEST].split()[:MOST_WORDS]
    people = _people(words, by, at)
    works = _works(words, by, at)
    shown = {person.pk: person for person in people[:MOST]}
    shown |= {work.person_id: work.person for work in works[:MOST]}
    read_people(by, shown.values(), page="search", at=at)
    officer = by.role == Account.Role.OFFICER
    kinds = (
        _hits("people", _("People"), [_person(one, to_data=officer) for one in people]),
        _hits("groups", _("Groups and courses"), [
            Hit(name=one.name, about=f"{one.get_kind_display()} · {one.code}", to=address("group", one.pk))
            for one in _groups(words, by)
        ]),
        _hits("assessments", _("Assessments"), [
            Hit(name=one.name, about=one.occasion, to=address("assessment", one.pk)) for one in _items(words, by)
        ]),
        _hits("works", _("Own works: projects, papers, awards"), [_work(one) for one in works]),
    )  # fmt: skip
    return Found(kinds=tuple(kind for kind in kinds if kind.hits))


def _hits(code: str, name: str, hits: list[Hit]) -> Hits:
    return Hits(code=code, name=name, hits=tuple(hits[:MOST]), more=len(hits) > MOST)


def _person(person: Person, *, to_data: bool) -> Hit:
    to = address("my_data", person.pk) if to_data else address("portrait", person.pk)
    year = _("entry year %(year)s") % {"year": person.cohort} if person.cohort else ""
    return Hit(name=person.name, about=" · ".join(part for part in (person.code, year) if part), to=to)


def _work(work: OwnWork) -> Hit:
    name = Text(work.title, work.title)
    return Hit(name=name, about=f"{work.get_state_display()} · {work.person.code}", to=address("own_work", work.pk))


def _all(words: Iterable[str], *fields: str) -> Q:
    """Each word in one of these fields."""
    wanted = Q()
    for word in words:
        one = Q()
        for field in fields:
            one |= Q(**{field: word})
        wanted &= one
    return wanted


def _seen(by: Account, at: datetime) -> QuerySet[Person]:
    return visible_people(by).exclude(pk__in=closed_to(by, page="search", at=at).values("pk"))


def _people(words: list[str], by: Account, at: datetime) -> list[Person]:
    """Return people by number, by name, or by the initials of a name in Latin letters."""
    wanted = _all(words, "code__istartswith", "name_zh__icontains", "name_en__icontains")
    letters = words[0].lower() if len(words) == 1 else ""
    if INITIALS.fullmatch(letters):
        wanted |= Q(name_en__iregex=_initials(letters))
    return list(_seen(by, at).filter(wanted).order_by("code", "pk")[: MOST + 1])


def _initials(letters: str) -> str:
    r"""Return a pattern for names whose syllables begin so: the family name first, as pinyin is written.

    >>> bool(re.match(_initials("lys"), "Lin Yueshu", re.IGNORECASE))
    True
    >>> bool(re.match(_initials("lys"), "Lin Wenyue", re.IGNORECASE))
    False
    """
    return f"^{letters[0]}[a-z]* {'[a-z]*'.join(letters[1:])}"


def _groups(words: list[str], by: Account) -> list[Group]:
    found = visible_groups(by).filter(_all(words, "code__istartswith", "name_zh__icontains", "name_en__icontains"))
    return list(found.order_by("code", "pk")[: MOST + 1])


def _items(words: list[str], by: Account) -> list[Item]:
    """Return assessments that one of the groups took, or has as a part of its course, as their pages are opened."""
    groups = taught_groups(by)
    named = Item.objects.filter(_all(words, "code__icontains", "name_zh__icontains", "name_en__icontains"))
    named = named.filter(space__in=by.spaces.values("pk")).exclude(code__startswith="own/")
    people = Membership.objects.filter(group__in=groups.values("pk")).values("person")
    took = EvidenceRecord.objects.current().filter(item=OuterRef("pk"), person__in=people)
    course = groups.filter(space=OuterRef("space"), occasion=OuterRef("occasion"))
    opened = Q(Exists(took)) | (~Q(occasion="") & Q(Exists(course)))
    return list(named.filter(opened).order_by("-occasion", "code", "pk")[: MOST + 1])


def _works(words: list[str], by: Account, at: datetime) -> list[OwnWork]:
    """Return own works by title, of people whose works this account may open."""
    if by.role == Account.Role.OFFICER:
        return []
    works = OwnWork.objects.filter(_all(words, "title__icontains"), person__in=_seen(by, at).values("pk"))
    return list(works.exclude(state=OwnWork.State.WITHDRAWN).select_related("person").order_by("-pk")[: MOST + 1])
