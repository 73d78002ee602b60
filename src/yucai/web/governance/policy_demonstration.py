"""The policy cards of the demonstration: sealed, opened, seen and worked out, by the demo accounts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from yucai.demo import demo_policies
from yucai.web.accounts.models import Account, Space
from yucai.web.governance.policy_actions import accept_policy_gate, open_policy_data, save_policy, seal_policy
from yucai.web.governance.policy_running import keep_result
from yucai.web.governance.policy_showing import policy_view

__all__ = ["fill_policies"]

WEEK: Final = timedelta(days=7)


def fill_policies(space: Space, *, at: datetime) -> None:
    """Put the cards of the demonstration into an institution's register, each a week after its seal.

    The director seals, the research officer opens the figures, the director sees the gate: as an office would.
    """
    director = Account.objects.get(username="director", demo=True)
    officer = Account.objects.filter(role=Account.Role.RESEARCHER, demo=True, spaces=space).first() or director
    for n, one in enumerate(demo_policies()):
        sealed = at - WEEK - timedelta(days=n)
        record = save_policy(space=space, card=one.card, by=director, at=sealed - timedelta(hours=2))
        record = seal_policy(record=record, by=director, at=sealed)
        record = open_policy_data(record=record, data=one.data, name=one.data_name, by=officer, at=at - WEEK / 2)
        shown = policy_view(record).gate_hash
        record = accept_policy_gate(record=record, shown=shown, by=director, at=at - WEEK / 3)
        keep_result(record=record, by=officer, at=at - WEEK / 4)
