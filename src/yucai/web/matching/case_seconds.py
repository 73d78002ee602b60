"""How long somebody had a page before deciding: the page gives along when it was made, signed."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.core import signing

from yucai.web.accounts.models import Account

__all__ = ["seconds_looked", "shown_now"]

SALT: Final = "yucai.case.shown"


def shown_now(*, case: int, by: Account, at: datetime) -> str:
    """Return what a page of a case gives along to its form; 0 stands for the page of several entries."""
    return signing.dumps([case, by.pk, at.timestamp()], salt=SALT)


def seconds_looked(shown: str, *, case: int, by: Account, at: datetime) -> int | None:
    """Return for how many seconds an account had the page; None where it is of another case, of somebody else, or
    made up.
    """
    try:
        of, account, began = signing.loads(shown, salt=SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    if (of, account) != (case, by.pk):
        return None
    return max(0, int(at.timestamp() - began))
