"""A small policy card and a whole bundle about it, for the tests of the register."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from yucai.governance import (
    EvaluatedPolicy,
    PolicyBundle,
    accept_gate,
    card_template,
    code_versions,
    read_card,
    record_opening,
    seal_card,
)
from yucai.governance.policies.writing import canonical_json, hash_of

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
DATA = "college,year,projects_per_100\n" + "".join(
    f"{unit},{year},{10 + place + year - 2014}\n"
    for place, unit in enumerate(["College A", "College B", "College C"])
    for year in range(2014, 2024)
)


def small_card(**changes):
    return replace(read_card(card_template()), **changes)


def whole_bundle(card=None):
    """A bundle whose parts belong together. Its result was never worked out: what it says is not looked at here."""
    card, data = card or small_card(), DATA.encode()
    seal = seal_card(card, at=NOON, by="Li Ming")
    opening = record_opening(seal, data, at=NOON + timedelta(days=1), by="Li Ming")
    gate = canonical_json({"testable": False})
    acceptance = accept_gate(opening, gate, at=NOON + timedelta(days=2), by="Wang Fang")
    evaluation = canonical_json({"verdict": {"says": [{"en": "Not testable.", "zh": "无法检验。"}]}})
    evaluated = EvaluatedPolicy(
        acceptance=hash_of(canonical_json(acceptance.as_json())), evaluation=evaluation, at=NOON + timedelta(days=3),
        by="Li Ming", versions=code_versions(),
    )  # fmt: skip
    return PolicyBundle(
        card=card, seal=seal, data=data, opening=opening, gate=gate, acceptance=acceptance, evaluated=evaluated
    )
