"""The one place that decides who may see whom, and that writes down who looked.

A right follows from role **and** relation **and** purpose; ``accounts.purposes`` has the tables:

- a director, or an institutional research officer, sees the people of their spaces;
- a teacher and a mentor see the people of the groups they are in charge of;
- a student sees themself;
- a data protection officer sees the people of their spaces, on the pages that protect them only;
- a bureau officer sees no person, only groups of as many people as the rules of release ask for, in aggregate.

Every look at a person, allowed or refused, is an event of the audit trail; a list is one event with all its people.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from yucai.web.accounts.ages import closed_people
from yucai.web.accounts.audit import note
from yucai.web.accounts.deciding import (
    Decision,
    Reason,
    decide,
    decide_on_group,
    decide_on_one,
    decide_on_sources,
    related_people,
)
from yucai.web.accounts.models import Account, Group, Membership, Person, Space
from yucai.web.accounts.purposes import GRANTS, Purpose, purpose_for
from yucai.web.accounts.release_rules import policy_of

__all__ = [
    "AS_FILE",
    "MIN_CELL",
    "advised_people",
    "closed_to",
    "decidable_people",
    "group_at_hand",
    "guards_people",
    "may_add_works",
    "may_answer_test",
    "may_decide_works",
    "may_give_tests",
    "may_give_tests_at_all",
    "may_import",
    "may_measure",
    "may_observe",
    "may_observe_at_all",
    "may_open_assessment",
    "may_open_rating_rounds",
    "may_plan_observations",
    "may_rate",
    "may_rate_at_all",
    "may_read_statements",
    "may_run_accounts",
    "may_run_stores",
    "may_search",
    "may_see_observations",
    "may_see_rating_rounds",
    "may_see_tests",
    "may_write_comments",
    "may_write_comments_at_all",
    "observer_accounts",
    "open_group",
    "purpose_of",
    "read_group",
    "read_people",
    "read_person",
    "require_readable",
    "run_accounts",
    "seatable_accounts",
    "taught_groups",
    "visible_groups",
    "visible_people",
    "visible_spaces",
]

AS_FILE: Final = "xlsx"  # how an event says that what was looked at was given as a file
MIN_CELL: Final = 5  # fewer people than this give no figure at all, not even to who may see them singly

WHOLE_SPACE: Final = (Account.Role.DIRECTOR, Account.Role.RESEARCHER)
OWN_GROUPS: Final = (Account.Role.TEACHER, Account.Role.MENTOR)
GUARDS: Final = (Account.Role.DIRECTOR, Account.Role.OFFICER)
DECIDES: Final = (Account.Role.DIRECTOR, *OWN_GROUPS)
OBSERVES: Final = (*WHOLE_SPACE, *OWN_GROUPS)
SEARCHES: Final = (*WHOLE_SPACE, *OWN_GROUPS, Account.Role.OFFICER)


def visible_spaces(account: Account) -> QuerySet[Space]:
    """Return the spaces an account is let into."""
    return account.spaces.order_by("-simulated", "code")


def visible_people(account: Account) -> QuerySet[Person]:
    """Return the people whose pages an account may open."""
    return related_people(account)


def visible_groups(account: Account) -> QuerySet[Group]:
    """Return the groups whose pages an account may open."""
    inside = Group.objects.filter(space__in=account.spaces.all())
    if account.role in WHOLE_SPACE:
        return inside
    if account.role in OWN_GROUPS:
        return inside.filter(charges__account=account)
    if account.role == Account.Role.BUREAU:
        return inside.annotate(size=Count("people")).filter(_large_enough(account), kind=Group.Kind.COHORT)
    return Group.objects.none()


def _large_enough(account: Account) -> Q:
    """Groups of as many people as the rules of release in force in their spaces ask for."""
    found = Q(pk__in=[])
    for space in account.spaces.all():
        found |= Q(space=space, size__gte=policy_of(space, day=timezone.now().date()).min_cell)
    return found


def taught_groups(account: Account) -> QuerySet[Group]:
    """Return the groups whose assessments an account may open: its own, or all for who sees whole spaces."""
    if account.role in (*WHOLE_SPACE, Account.Role.TEACHER):
        return visible_groups(account)
    return Group.objects.none()


def may_open_assessment(account: Account, *, space: Space, item_pk: int, occasion: str) -> bool:
    """Return whether one of an account's groups took an assessment, or was to take it as part of its course."""
    took = Q(people__evidence__item=item_pk, people__evidence__replaced_by__isnull=True)
    own = took | Q(occasion=occasion) if occasion else took
    return taught_groups(account).filter(own, space=space).exists()


def may_give_tests(account: Account, group: Group) -> bool:
    """Return whether an account starts and closes tests of a group: its teachers, and the directors of the space."""
    return may_give_tests_at_all(account) and taught_groups(account).filter(pk=group.pk).exists()


def may_give_tests_at_all(account: Account) -> bool:
    """Return whether an account's role starts tests; of which groups, ``taught_groups`` says."""
    return account.role in (Account.Role.DIRECTOR, Account.Role.TEACHER)


def may_write_comments(account: Account, group: Group) -> bool:
    """Return whether an account writes comments to people of a group: its teachers, and the directors of the space."""
    return may_write_comments_at_all(account) and visible_groups(account).filter(pk=group.pk).exists()


def may_write_comments_at_all(account: Account) -> bool:
    """Return whether an account's role writes comments; to whom, its groups say."""
    return account.role in (Account.Role.DIRECTOR, Account.Role.TEACHER)


def may_see_tests(account: Account) -> bool:
    """Return whether an account's role sees how tests go and the questions of a bank; of whom, its groups say."""
    return account.role in (*WHOLE_SPACE, Account.Role.TEACHER)


def may_answer_test(account: Account, *, person_pk: int, space: Space) -> bool:
    """Return whether an account may sit a person's test: the person alone, while let into the space."""
    own = account.role == Account.Role.STUDENT and account.person_id == person_pk
    return own and account.is_let_into(space.pk)


def may_import(account: Account, space: Space) -> bool:
    """Return whether an account may take files into a space, see what they brought, and undo that."""
    return account.role in WHOLE_SPACE and account.is_let_into(space.pk)


def may_read_statements(account: Account, person: Person) -> bool:
    """Return whether an account may read the statements behind a person's scores: who takes them in, and oneself.

    A statement may name others: who set the task, who was there. Who teaches sees the score and its source.
    """
    own = account.role == Account.Role.STUDENT and account.person_id == person.pk
    return own or may_import(account, person.space)


def may_run_stores(account: Account, space: Space) -> bool:
    """Return whether an account runs the record stores of a space and reads what is in them: who takes files in.

    Statements are evidence of everybody in the space, and a credential opens the space to a tool as a file does.
    """
    return may_import(account, space)


def guards_people(account: Account, space: Space) -> bool:
    """Return whether an account answers for the protection of people in a space: its directors and officers."""
    return account.role in GUARDS and account.is_let_into(space.pk)


def may_run_accounts(account: Account, space: Space) -> bool:
    """Return whether an account opens and closes accounts of a space: its directors."""
    return account.role == Account.Role.DIRECTOR and account.is_let_into(space.pk)


def run_accounts(account: Account) -> QuerySet[Account]:
    """Return the accounts that an account runs: those let into its spaces and into no other, itself left out.

    The accounts of a demonstration, which need no password, stay as they are; those of links are run as links.
    """
    if account.role != Account.Role.DIRECTOR:
        return Account.objects.none()
    own = account.spaces.all()
    elsewhere = Account.objects.filter(spaces__in=Space.objects.exclude(pk__in=own))
    inside = Account.objects.filter(spaces__in=own, demo=False).exclude(pk__in=elsewhere)
    return inside.exclude(pk=account.pk).filter(outside_link=None).distinct()


def may_measure(account: Account, space: Space) -> bool:
    """Return whether an account may start a calibration in a space."""
    return account.role in WHOLE_SPACE and account.is_let_into(space.pk)


def may_add_works(account: Account) -> bool:
    """Return whether an account may put in works of its own: a student, and only for themself."""
    return account.role == Account.Role.STUDENT and account.person_id is not None


def may_decide_works(account: Account) -> bool:
    """Return whether an account's role verifies works at all; of whom, ``decidable_people`` says."""
    return account.role in DECIDES


def decidable_people(account: Account) -> QuerySet[Person]:
    """Return the people whose works an account may verify or return: those it sees, never itself."""
    if not may_decide_works(account):
        return Person.objects.none()
    return visible_people(account).exclude(pk=account.person_id or 0)


def may_see_rating_rounds(account: Account, space: Space) -> bool:
    """Return whether an account sees how the rating rounds of a space go; levels only once a round is closed."""
    return account.role in WHOLE_SPACE and account.is_let_into(space.pk)


def may_open_rating_rounds(account: Account, space: Space) -> bool:
    """Return whether an account opens and closes the rating rounds of a space: its directors."""
    return account.role == Account.Role.DIRECTOR and may_see_rating_rounds(account, space)


def may_rate_at_all(account: Account) -> bool:
    """Return whether an account's role rates works in rounds; which ones, its seats say."""
    return account.role in DECIDES


def may_rate(account: Account, *, rater_pk: int, space: Space) -> bool:
    """Return whether an account may open the seat of a rater: its own, while it is let into the space."""
    return may_rate_at_all(account) and account.pk == rater_pk and account.is_let_into(space.pk)


def seatable_accounts(group: Group) -> QuerySet[Account]:
    """Return who may be asked to rate the works of a group: who sees its people, and is none of them."""
    sees = Q(role=Account.Role.DIRECTOR) | Q(role__in=OWN_GROUPS, charges__group=group)
    inside = Account.objects.filter(sees, spaces=group.space_id, is_active=True, outside_link=None)
    members = Person.objects.filter(groups=group)
    return inside.exclude(person__in=members).distinct().order_by("username")


def advised_people(group: Group) -> set[tuple[int, int]]:
    """Return the pairs of account and person of a group that the records know as adviser and advised.

    An account is a person's adviser when it is in charge of mentees among whom the person is.
    """
    advised = Membership.objects.filter(group__kind=Group.Kind.MENTEES, person__in=group.people.all())
    return set(advised.exclude(group__charges=None).values_list("group__charges__account_id", "person_id"))


def may_see_observations(account: Account, space: Space) -> bool:
    """Return whether an account sees plans, figures and exports of a space's observations: pseudonyms, no names."""
    return account.role in WHOLE_SPACE and account.is_let_into(space.pk)


def may_plan_observations(account: Account, space: Space) -> bool:
    """Return whether an account opens and closes a space's observations and deletes their records: its directors."""
    return account.role == Account.Role.DIRECTOR and may_see_observations(account, space)


def may_observe_at_all(account: Account) -> bool:
    """Return whether an account's role watches children; which ones and when, its turns say."""
    return account.role in OBSERVES


def may_observe(account: Account, *, observer_pk: int, space: Space) -> bool:
    """Return whether an account may record the turn of an observer: its own, while it is let into the space."""
    return may_observe_at_all(account) and account.pk == observer_pk and account.is_let_into(space.pk)


def observer_accounts(space: Space) -> QuerySet[Account]:
    """Return who may be asked to watch children of a space: none who came by a link for one group."""
    inside = Account.objects.filter(spaces=space, role__in=OBSERVES, is_active=True, outside_link=None)
    return inside.order_by("username")


def may_search(account: Account) -> bool:
    """Return whether an account's role searches: whoever sees several people singly; which, its people say."""
    return account.role in SEARCHES


def purpose_of(account: Account) -> Purpose:
    """Return what an account reads for first of all."""
    return GRANTS[Account.Role(account.role)].purposes[0]


def closed_to(account: Account, *, page: str, at: datetime) -> QuerySet[Person]:
    """Return the people whom an account may not read on a page because of their age.

    A list leaves them out, and says so. A role that does not read the page at all is told by the page's own reading.
    """
    purpose = purpose_for(account, page)
    if purpose is None:
        return Person.objects.none()
    return Person.objects.filter(closed_people(account, purpose=purpose, day=localdate(at)))


def read_people(
    account: Account,
    people: Iterable[Person],
    *,
    page: str,
    at: datetime,
    group: Group | None = None,
    taken: bool = False,
) -> None:
    """Write down, as one event, that this account looked at a list that shows something of each of these people.

    A list of nobody is no look, unless it is that of a ``group`` which shows as a whole; ``taken`` tells that the list
    was given as a file. Raises PermissionDenied, after writing the attempt down, where the account may not see one of
    them, or not for what the page is for.
    """
    wanted = {person.pk for person in people}
    if wanted:
        decision = decide(account, wanted, page=page, day=localdate(at))
        _note(account, decision, page=page, at=at, people=wanted, group=group, taken=taken)
        _require(decision)
    elif group is not None:
        seen = visible_groups(account).filter(pk=group.pk).first()
        _note(account, decide_on_group(account, seen, page=page), page=page, at=at, group=group, taken=taken)


def read_person(account: Account, person_pk: int, *, page: str, at: datetime, taken: bool = False) -> Person:
    """Return a person for a page, and write down that this account looked; ``taken`` tells that a file was given.

    Raises PermissionDenied, after writing the attempt down, for a person the account may not see and for a number
    that names nobody alike: the answer must not tell whether somebody exists.
    """
    decision, person = decide_on_one(account, person_pk, page=page, day=localdate(at))
    about = [person_pk] if decision.allowed else Person.objects.filter(pk=person_pk).values_list("pk", flat=True)
    _note(account, decision, page=page, at=at, people=about, taken=taken)
    _require(decision)
    if person is None:  # what is allowed has its person
        raise PermissionDenied
    return person


def open_group(account: Account, group_pk: int, *, page: str, at: datetime) -> Group:
    """Return a group for a page that says by ``read_people`` whom it shows. Raises PermissionDenied as read_person."""
    seen = visible_groups(account).filter(pk=group_pk).select_related("space").first()
    decision = decide_on_group(account, seen, page=page)
    if not decision.allowed:
        _note(account, decision, page=page, at=at, group=Group.objects.filter(pk=group_pk).first())
    _require(decision)
    if seen is None:  # what is allowed is seen
        raise PermissionDenied
    return seen


def group_at_hand(account: Account, group_pk: int, *, page: str, at: datetime, person_pk: int | None = None) -> Group:
    """Return a group that an account sees, with a person in it where one is named, in one question.

    For a page whose look ``read_people`` or ``read_person`` decides on and writes down before anything is shown.
    Raises PermissionDenied, after writing the attempt down, as ``open_group``.
    """
    found = visible_groups(account).filter(pk=group_pk)
    if person_pk is not None:
        found = found.filter(people=person_pk)
    group = found.select_related("space").first()
    if group is None:
        open_group(account, group_pk, page=page, at=at)
        raise PermissionDenied
    return group


def read_group(account: Account, group_pk: int, *, page: str, at: datetime, taken: bool = False) -> Group:
    """Return a group for a page that shows it as a whole, and write down that this account looked.

    Raises PermissionDenied as read_person.
    """
    group = open_group(account, group_pk, page=page, at=at)
    read_people(account, [], page=page, at=at, group=group, taken=taken)
    return group


def require_readable(account: Account, sources: Iterable[int], *, page: str, space: Space, at: datetime) -> None:
    """Let nobody see figures over data sets (numbers) that were not collected for what the page is for.

    Raises PermissionDenied, after writing the attempt down.
    """
    decision = decide_on_sources(account, set(sources), page=page)
    if not decision.allowed:
        _note(account, decision, page=page, at=at, space=space)
    _require(decision)


def _require(decision: Decision) -> None:
    """Raise PermissionDenied for a look that was refused, with what may be told of why: who exists is never told."""
    if decision.reason is Reason.DATA_SET:
        told = _("It would show data of “%(source)s”, which were not collected to be read for this: %(purpose)s.")
        raise PermissionDenied(told % {"source": decision.source, "purpose": decision.purpose.label})
    if decision.reason is Reason.MINOR:
        raise PermissionDenied(
            _(
                "It would show people under 18, or under 14 without a guardian's consent. The data protection officer "
                "approves who reads of them, for what, and until when."
            )
        )
    if not decision.allowed:
        raise PermissionDenied


def _note(
    account: Account,
    decision: Decision,
    *,
    page: str,
    at: datetime,
    people: Iterable[int] = (),
    group: Group | None = None,
    space: Space | None = None,
    taken: bool = False,
) -> None:
    about: dict[str, str | int] = {} if group is None else {"group": group.pk}
    if taken:
        about["as"] = AS_FILE
    note(
        "read",
        by=account,
        at=at,
        space=group.space_id if group is not None else space,
        target=page,
        purpose=decision.purpose,
        reason=decision.reason,
        refused=not decision.allowed,
        people=people,
        detail=about | ({"source": decision.source} if decision.reason is Reason.DATA_SET else {}),
    )
