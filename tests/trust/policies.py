"""A small policy whose result takes a blink, and an institution to keep it in, for the tests of the register."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np

from yucai.demo import demo_policies
from yucai.governance import (
    PolicyBundle,
    PolicyUnit,
    accept_gate,
    check_gate,
    evaluate_card,
    gate_bytes,
    record_opening,
    seal_card,
)
from yucai.texts import Text
from yucai.web.commands.working import job_handlers
from yucai.web.governance.policy_actions import accept_policy_gate, open_policy_data, save_policy, seal_policy
from yucai.web.governance.policy_models import PolicyRecord
from yucai.web.governance.policy_running import keep_result
from yucai.web.governance.policy_showing import policy_view
from yucai.web.jobs.actions import run_next

NOON = datetime(2026, 11, 24, 4, tzinfo=UTC)
YEARS = range(2014, 2022)
UNITS = [f"Unit {n:02d}" for n in range(20)]


def small_policy(effect, *, outcome="Projects", **changes):
    """Eight of twenty units under a policy from 2019 on, which moves the outcome by ``effect``."""
    one, rng = demo_policies()[1].card, np.random.default_rng(3)
    value = rng.normal(14, 3, 20)[:, None] + np.cumsum(rng.normal(0.3, 0.2, 8)) + rng.normal(0, 0.5, (20, 8))
    value[:8, 5:] += effect
    rows = [f"{unit},{year},{value[n, k]:.2f}" for n, unit in enumerate(UNITS) for k, year in enumerate(YEARS)]
    card = replace(
        one, horizon=2, units=tuple(PolicyUnit(name=name, first_period=2019) for name in UNITS[:8]), simulated=False,
        outcome=replace(one.outcome, name=Text(outcome, outcome)),
        data=replace(one.data, first_period=2014, last_period=2021),
        plan=replace(one.plan, estimators=one.plan.estimators[:2], draws=99),
    )  # fmt: skip
    return replace(card, **changes), ("\n".join(["programme,year,projects_per_100", *rows]) + "\n").encode()


def worked_out(space, by, card, data, *, at=NOON):
    """A card that went all the way in an institution."""
    record = seal_policy(record=save_policy(space=space, card=card, by=by, at=at), by=by, at=at)
    record = open_policy_data(record=record, data=data, name="x.csv", by=by, at=at + timedelta(hours=1))
    shown = policy_view(record).gate_hash
    record = accept_policy_gate(record=record, shown=shown, by=by, at=at + timedelta(hours=2))
    keep_result(record=record, by=by, at=at + timedelta(hours=3))
    return PolicyRecord.objects.get(pk=record.pk)


def bundle_elsewhere(card, data, *, at=NOON):
    """What the command line, or another institution, makes of a card."""
    seal = seal_card(card, at=at, by="Li Ming")
    opening = record_opening(seal, data, at=at + timedelta(hours=1), by="Li Ming")
    gate = gate_bytes(check_gate(card, data))
    acceptance = accept_gate(opening, gate, at=at + timedelta(hours=2), by="Wang Fang")
    done = evaluate_card(card, data, seal=seal, opening=opening, acceptance=acceptance, at=at + timedelta(hours=3),
                         by="Li Ming")  # fmt: skip
    return PolicyBundle(card=card, seal=seal, data=data, opening=opening, gate=gate, acceptance=acceptance,
                        evaluated=done)  # fmt: skip


def work(*, at=None, problem=False):
    """Let a worker do what is waiting."""
    outcome = run_next(job_handlers(), clock=lambda: at or datetime.now(tz=UTC))
    assert (outcome.problem is not None) is problem, outcome.problem
    return outcome
