"""Where somebody is signed in: each session is a row, lives for a bounded time, and ends when the row ends."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

from yucai.web.accounts.audit import note
from yucai.web.accounts.models import Account
from yucai.web.accounts.sign_in_models import SignIn

__all__ = ["browser_named", "end_sign_in", "end_sign_ins", "open_at", "open_sign_ins", "see", "why_over"]

SEEN_EVERY: Final = timedelta(minutes=1)  # a page within this time after the last one is not written down
CLOCK_MAY_DIFFER: Final = timedelta(minutes=5)
BROWSERS: Final = (
    ("Edg/", "Edge"), ("MicroMessenger/", "WeChat"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)  # fmt: skip
SYSTEMS: Final = (
    ("Android", "Android"), ("HarmonyOS", "HarmonyOS"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"),
    ("Mac OS X", "macOS"), ("Linux", "Linux"),
)  # fmt: skip


def why_over(row: SignIn, *, at: datetime) -> SignIn.Why | None:
    """Return why a sign-in that is still open has to end now, or None."""
    policy = settings.SIGN_IN
    if at < row.seen_at - CLOCK_MAY_DIFFER:
        return SignIn.Why.CLOCK  # else setting the clock back would make it live longer
    if at - row.began_at >= timedelta(hours=policy.longest_hours):
        return SignIn.Why.LONGEST
    if at - row.seen_at >= timedelta(minutes=policy.idle_minutes):
        return SignIn.Why.IDLE
    return None


def open_at(at: datetime, *, of: str = "") -> Q:
    """Return what holds of sign-ins that are open at a time; ``of`` names the way to them, such as ``sign_ins__``."""
    policy = settings.SIGN_IN
    said = {
        "ended_at": None,
        "began_at__gt": at - timedelta(hours=policy.longest_hours),
        "seen_at__gt": at - timedelta(minutes=policy.idle_minutes),
    }
    return Q(**{f"{of}{name}": value for name, value in said.items()})


def see(row: SignIn, *, at: datetime) -> None:
    """Write down that a browser asked for something, at most once a minute."""
    if at - row.seen_at >= SEEN_EVERY:
        SignIn.objects.filter(pk=row.pk, ended_at=None).update(seen_at=at)


def open_sign_ins(account: Account, *, at: datetime) -> list[SignIn]:
    """Return where an account is signed in now, the last seen first."""
    return list(SignIn.objects.filter(open_at(at), account=account).order_by("-seen_at", "-pk"))


def end_sign_in(row: SignIn, *, by: Account | None, why: SignIn.Why, at: datetime) -> bool:
    """End one sign-in; return whether it was still open."""
    return end_sign_ins(SignIn.objects.filter(pk=row.pk), by=by, why=why, at=at) == 1


@transaction.atomic
def end_sign_ins(
    rows: QuerySet[SignIn], *, by: Account | None, why: SignIn.Why, at: datetime, besides: Iterable[int] = ()
) -> int:
    """End all open sign-ins among these except some, each with an event of its own; return how many."""
    ending = list(rows.filter(ended_at=None).exclude(pk__in=[*besides]).select_for_update().order_by("pk"))
    SignIn.objects.filter(pk__in=[row.pk for row in ending]).update(ended_at=at, ended_why=why)
    for row in ending:
        note("session-ended", by=by, at=at, target=f"account:{row.account_id}", reason=why, detail={"sign_in": row.pk})
    return len(ending)


def browser_named(user_agent: str) -> str:
    """Return a browser and its system in words that its owner knows again; what else it says of itself is not kept.

    >>> browser_named("Mozilla/5.0 (Windows NT 10.0; Win64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0")
    'Edge · Windows'
    """
    browser = next((name for mark, name in BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in SYSTEMS if mark in user_agent), "")
    return " · ".join(part for part in (browser, system) if part)
