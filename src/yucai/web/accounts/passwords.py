"""How passwords are kept and which are taken: by length and by how well known they are, not by kinds of characters."""

from __future__ import annotations

import re
import threading
from typing import Any, Final

from django.contrib.auth.hashers import Argon2PasswordHasher
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

__all__ = ["LEAST_LENGTH", "MOST_LENGTH", "KnownPasswordValidator", "LengthValidator", "OfficeArgon2Hasher"]

LEAST_LENGTH: Final = 12
MOST_LENGTH: Final = 256
AT_ONCE: Final = 2
# A burst of log-ins waits here for its turn: each hash takes 64 MB while it is made.
_TURNS: Final = threading.BoundedSemaphore(AT_ONCE)


class OfficeArgon2Hasher(Argon2PasswordHasher):
    """Argon2id with the second recommended choice of RFC 9106: 64 MiB, three passes, four lanes; two at once."""

    time_cost = 3
    memory_cost = 65_536
    parallelism = 4

    def encode(self, password: str, salt: str) -> str:
        """Return the hash to keep."""
        with _TURNS:
            return str(super().encode(password, salt))

    def verify(self, password: str, encoded: str) -> bool:
        """Return whether a password is the one of a hash."""
        with _TURNS:
            return bool(super().verify(password, encoded))


class LengthValidator:
    """Between 12 and 256 characters."""

    def validate(self, password: str, user: Any = None) -> None:
        """Raise ValidationError for a password that is too short or too long."""
        if len(password) < LEAST_LENGTH:
            raise ValidationError(
                _("%(n)d characters are too few; take at least %(least)d. Four words that differ are good.")
                % {"n": len(password), "least": LEAST_LENGTH},
                code="password_too_short",
            )
        if len(password) > MOST_LENGTH:
            raise ValidationError(
                _("%(n)d characters are too many; take at most %(most)d.") % {"n": len(password), "most": MOST_LENGTH},
                code="password_too_long",
            )

    def get_help_text(self) -> str:
        """Return the rule in words."""
        return _("At least %(least)d characters; four words that differ are good.") % {"least": LEAST_LENGTH}


class KnownPasswordValidator(CommonPasswordValidator):
    """None of the 20 000 most common passwords, also not with signs around it, said twice, or as a run of keys."""

    RUNS: Final = (
        *("01234567890123456789", "98765432109876543210", "abcdefghijklmnopqrstuvwxyz"),
        *("qwertyuiopasdfghjklzxcvbnm", "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p"),
    )

    def validate(self, password: str, user: Any = None) -> None:
        """Raise ValidationError for a password that others would try first."""
        said = password.lower().strip()
        bare = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", said)
        if {said, bare, _unit(said), _unit(bare)} & self.passwords or self._is_poor(said):
            raise ValidationError(
                _("This password is well known or easy to guess; others try it first. Take another."),
                code="password_too_common",
            )

    def _is_poor(self, said: str) -> bool:
        """Return whether few different characters are in it, or nothing but a run of keys."""
        return len(set(said)) < 5 or any(_unit(said) in run for run in self.RUNS)

    def get_help_text(self) -> str:
        """Return the rule in words."""
        return _("None that is well known.")


def _unit(said: str) -> str:
    """Return the piece that a text repeats; a text that repeats nothing is its own.

    >>> _unit("sunshinesunshine")
    'sunshine'
    """
    found = (said + said).find(said, 1)
    return said[:found] if said else said
