"""Looks as the audit trail has them: one entry for each person that an event is about."""

from collections import namedtuple

from yucai.web.accounts.audit import head_of
from yucai.web.accounts.audit_models import AuditEntry, AuditPerson

Look = namedtuple("Look", "position page purpose account person refused")


def looks(*, after=0, **wanted):
    """Return the looks at people that are as wanted, in their order; ``person`` is a number as the office gives it."""
    pairs = AuditPerson.objects.filter(entry__act="read", entry_id__gt=after).order_by("entry_id", "person__code")
    found = [
        Look(*one)
        for one in pairs.values_list(
            "entry_id", "entry__target", "entry__purpose", "entry__account__username", "person__code", "entry__refused"
        )
    ]
    return [one for one in found if all(getattr(one, name) == value for name, value in wanted.items())]


def looks_as_a_whole(page):
    """Return the looks at a page that shows a group and nobody in it."""
    return [entry for entry in AuditEntry.objects.filter(act="read", target=page) if not entry.people.exists()]


def now():
    """Return where the trail ends now."""
    return head_of().position
