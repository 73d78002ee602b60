"""An observation plan to test with, and records as a device sends them."""

import json
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

from yucai.evidence import ConsentedChild, SamplingMode
from yucai.web.accounts.models import Account, Space
from yucai.web.evidence.observation_models import ObservationTurn
from yucai.web.evidence.observation_plans import PlanWanted, open_plan
from yucai.web.evidence.observation_records import hand_in_record, read_sent

NOON = datetime(2026, 11, 24, 4, tzinfo=UTC)  # noon in Shanghai
CHILDREN = tuple(ConsentedChild(f"K-{n:03d}", f"C-{n}") for n in range(1, 5))
TIMES = tuple(
    (NOON + timedelta(days=day, minutes=15 * n), setting)
    for day in range(2)
    for n, setting in enumerate(("free-play", "free-play", "meal", "meal"))
)


def account(name):
    return Account.objects.get(username=name)


def wanted(**changes):
    held = {
        "space": Space.objects.get(code="demo-college"),
        "name": "Autumn",
        "scheme": "aggression-preschool",
        "mode": SamplingMode.TIMED_EVENT,
        "seconds": 600,
        "interval_s": None,
        "children": CHILDREN,
        "times": TIMES,
        "observers": (account("teacher"), account("researcher")),
        "second_share": 0.5,
        "delete_on": date(2027, 8, 31),
        "seed": 7,
    }
    return PlanWanted(**(held | changes))


def opened(**changes):
    return open_plan(wanted=wanted(**changes), by=account("director"), at=NOON)


def turns_of(plan, name, *, second=False):
    return ObservationTurn.objects.filter(plan=plan, observer__username=name, second=second).order_by("number")


def row(code, onset, offset=None, **more):
    return {"code": code, "onset_s": onset, "offset_s": offset, **more}


SEEN = (row("alone", 0, 61.5), row("object-dispute", 60.2),
        row("aggression", 61.5, 72, antecedent="object-dispute", modifiers="form=physical", target="peer"))  # fmt: skip


def body(turn, rows=SEEN, **changes):
    """Return what a device would send of a turn, as an object."""
    held = {"uuid": str(uuid4()), "turn": turn.pk, "starts": turn.starts.isoformat(), "exposure_s": 600, "rows": rows}
    return held | changes


def sent(turn, rows=SEEN, **changes):
    return read_sent(json.dumps(body(turn, rows, **changes)).encode())


def hand_in(turn, rows=SEEN, *, at=None, **changes):
    return hand_in_record(
        sent=sent(turn, rows, **changes), by=turn.observer, at=at or turn.starts + timedelta(minutes=11)
    )


ONE = UUID("00000000-0000-4000-8000-000000000001")
