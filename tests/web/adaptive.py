"""What tests of adaptive tests need: a test opened for the demo class, and its sitting of the demo student."""

from datetime import UTC, datetime

from yucai.web.accounts.models import Account, Group
from yucai.web.measurement.adaptive_planning import Exposure, TestWanted
from yucai.web.measurement.adaptive_sittings import sittings
from yucai.web.measurement.adaptive_tests import open_test

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
QUALITIES = ("ai-awareness", "ai-innovative-thinking", "ai-capability", "ai-social-responsibility")
ME, OTHER = "2023010001", "2023010002"


def wanted(**changes):
    group = changes.pop("group", None) or Group.objects.get(code="2023-1")
    said = {
        "name": "AI literacy", "occasion": "2026-2027-1", "qualities": QUALITIES, "most_items": 8, "least_items": 3,
        "std_error": None, "people": tuple(group.people.order_by("code")), "exposure": Exposure.DRAWN,
        "fresh_only": True, "seed": 7,
    }  # fmt: skip
    return TestWanted(group=group, **{**said, **changes})


def account(name):
    return Account.objects.get(username=name)


def opened(**changes):
    return open_test(wanted=wanted(**changes), by=account("teacher"), at=NOON)


def mine(record, code=ME):
    return sittings().get(test=record, person__code=code)
