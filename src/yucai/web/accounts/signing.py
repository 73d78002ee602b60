"""Signing in and out leaves events in the audit trail, and so does an attempt that failed."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.utils import timezone

from yucai.web.accounts.audit import note
from yucai.web.accounts.models import Account

__all__ = ["listen"]


def listen() -> None:
    """Begin to write down who signs in and out. Once for a process."""
    user_logged_in.connect(_in, dispatch_uid="audit")
    user_logged_out.connect(_out, dispatch_uid="audit")
    user_login_failed.connect(_failed, dispatch_uid="audit")


def _in(sender: object, user: Account, **_: Any) -> None:
    note("sign-in", by=user, at=timezone.now())


def _out(sender: object, user: Account | None, **_: Any) -> None:
    if user is not None:
        note("sign-out", by=user, at=timezone.now())


def _failed(sender: object, credentials: dict[str, Any], **_: Any) -> None:
    """What was typed is not kept: people type passwords into the wrong field. A name that exists tells whose it is."""
    known = Account.objects.filter(username=str(credentials.get("username", ""))).first()
    note("sign-in", by=known, at=timezone.now(), refused=True, reason="wrong-password" if known else "no-account")
