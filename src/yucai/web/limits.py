"""How much one account, or one address that is not signed in, may ask of the pages: a bucket that refills with time.

A form that did not arrive, since too many were waited for or since its sender fell silent, is told as that.

The buckets are in the memory of the server. Where it is several processes each holds a share of them, so that all
together give no more than one would. Who empties theirs is told to wait, in words; what others ask is answered
meanwhile.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from math import ceil
from typing import Final

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest, HttpResponse
from django.template.loader import get_template

from yucai.web.programs import for_programs

__all__ = ["OF_TOKENS", "Buckets", "address_of", "arrived", "forget", "limited"]

TOO_MANY: Final = 429
TOO_SLOW: Final = 408
BUSY: Final = 503
SECONDS_BUSY: Final = 5
MOST_BUCKETS: Final = 50_000
LOOPBACK: Final = frozenset({"127.0.0.1", "::1", ""})
Answering = Callable[[HttpRequest], HttpResponse]


@dataclass(slots=True)
class Buckets:
    """A bucket for each who asks: ``most`` questions at once, ``a_second`` more with every second."""

    most: float
    a_second: float
    held: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)  # what is left, and when
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, who: str, *, at: float) -> float:
        """Take one question out of a bucket; return 0, or the seconds until there is one again."""
        with self.lock:
            left, when = self.held.pop(who, (self.most, at))
            left = min(self.most, left + max(0.0, at - when) * self.a_second)
            wait = 0.0 if left >= 1 else (1 - left) / self.a_second
            self.held[who] = (left - 1 if not wait else left, max(at, when))
            while len(self.held) > MOST_BUCKETS:
                self.held.popitem(last=False)  # whoever asked longest ago; by then the bucket is full again
            return wait


OF_ACCOUNTS: Final = Buckets(most=600 / settings.PROCESSES, a_second=30 / settings.PROCESSES)
# A school may come from one address.
OF_ADDRESSES: Final = Buckets(most=3000 / settings.PROCESSES, a_second=150 / settings.PROCESSES)
# Of one account, however many tokens it has.
OF_TOKENS: Final = Buckets(most=300 / settings.PROCESSES, a_second=10 / settings.PROCESSES)


def limited(answering: Answering) -> Answering:
    """Let whoever asks too much wait; put it behind the sessions."""

    def answer(request: HttpRequest) -> HttpResponse:
        if for_programs(request):
            return answering(request)  # the API has buckets of its own, and says so in its own form
        account = request.session.get(SESSION_KEY)
        buckets, who = (OF_ACCOUNTS, str(account)) if account else (OF_ADDRESSES, address_of(request))
        wait = buckets.take(who, at=time.monotonic())
        return answering(request) if not wait else _refused(wait)

    return answer


def arrived(answering: Answering) -> Answering:
    """Tell a form that did not arrive as that: without its fields it would be refused as a forged one."""

    def answer(request: HttpRequest) -> HttpResponse:
        given = answering(request)
        why = getattr(request.META.get("wsgi.input"), "refused", None)
        if why is None or for_programs(request):
            return given
        told = HttpResponse(get_template("503.html").render(), status=TOO_SLOW if why is TimeoutError else BUSY)
        told["Retry-After"] = str(SECONDS_BUSY)
        return told

    return answer


def address_of(request: HttpRequest) -> str:
    """Return from where a request comes. Behind HTTPS the server in front says it, from this machine; nobody else."""
    near = str(request.META.get("REMOTE_ADDR", ""))
    if not settings.HTTPS or near not in LOOPBACK:
        return near
    told = str(request.META.get("HTTP_X_FORWARDED_FOR", "")).rpartition(",")[2].strip()
    return told[:64] or near


def forget() -> None:
    """Fill every bucket again."""
    for buckets in (OF_ACCOUNTS, OF_ADDRESSES, OF_TOKENS):
        with buckets.lock:
            buckets.held.clear()


def _refused(wait: float) -> HttpResponse:
    answer = HttpResponse(get_template("429.html").render({"seconds": ceil(wait)}), status=TOO_MANY)
    answer["Retry-After"] = str(ceil(wait))
    return answer
