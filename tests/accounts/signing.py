"""What tests of signing in share: accounts of a small institution, and clients that come from somewhere."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.test import Client

PHRASE = "four-words-that-differ"
OTHER_PHRASE = "another-phrase-of-words"
NOON = datetime(2026, 11, 27, 4, tzinfo=UTC)


def account(space, username, *, role="teacher", password=PHRASE, **more):
    """An account of a space with a password."""
    from yucai.web.accounts.models import Account

    made = Account.objects.create_user(
        username, password=password, role=role, name_en=username, name_zh=username, **more
    )
    made.spaces.add(space)
    return made


def browser(address="192.0.2.7", language="en", agent="Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"):
    """A browser of its own, at an address."""
    return Client(REMOTE_ADDR=address, headers={"accept-language": language, "user-agent": agent})


def come_in(client, username, password=PHRASE, page="/"):
    """Send the sign-in form."""
    return client.post(page, {"username": username, "password": password})


def is_in(client):
    """Whether a browser passes as signed in."""
    return client.get("/account/").status_code == 200


class Clock:
    """The clock of the pages, which a test sets; Django itself goes on with the real one."""

    def __init__(self, monkeypatch, at=None):
        from django.utils import timezone

        self.at = at or timezone.now()
        monkeypatch.setattr("django.utils.timezone.now", lambda: self.at)

    def go(self, **by):
        """Let time pass."""
        self.at += timedelta(**by)


def events(act):
    """The events of one act in the audit trail, in order."""
    from yucai.web.accounts.audit_models import AuditEntry

    return list(AuditEntry.objects.filter(act=act).order_by("position"))
