"""Who asks, for pages that need an account."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from yucai.web.accounts.models import Account

__all__ = ["asking"]


def asking(request: HttpRequest) -> Account:
    """Return the account that asks. Raises PermissionDenied when nobody is signed in."""
    if not isinstance(request.user, Account):
        raise PermissionDenied
    return request.user
