"""What would decide an open question: how many more treated units, years or donors."""

from __future__ import annotations

from math import comb
from typing import Final

from yucai.governance.effects.figures import figure
from yucai.governance.effects.plan import EvaluationPlan
from yucai.governance.effects.results import EffectEstimate, Feasibility, Inference, Needs
from yucai.texts import Text

__all__ = ["MOST_YEARS", "needs_of", "words_of_needs"]

MOST_YEARS: Final = 30
FEWEST_LEFT: Final = 2

FOR_EFFECT: Final = Text(
    "To find an effect of {effect} with good chance, one of these would do, other things equal: {ways}.",
    "若要有较大把握发现 {effect} 的效应，在其他条件不变时，以下任一条件即可：{ways}。",
)
MORE_TREATED: Final = Text("{n} more treated unit{n:|s}", "再增加 {n} 个实施单位")
MORE_YEARS: Final = Text("{n} more year{n:|s} after the policy", "政策后再积累 {n} 年数据")
MORE_DONORS: Final = Text("{n} more unit{n:|s} to compare with", "再增加 {n} 个对照单位")
NO_WAY: Final = Text(
    "No number of further pilots among these units and no number of years up to {years} would find an effect of "
    "{effect}: another outcome, or finer units, would be needed.",
    "在这些单位中增加试点，或再等待至多 {years} 年，都不足以发现 {effect} 的效应：需要换用其他结果指标或更细的单位。",
)
ENOUGH: Final = Text(
    "More data of this kind would not be needed to find an effect of {effect}; what is open are the rules named above.",
    "要发现 {effect} 的效应无需更多同类数据；悬而未决的是上述规则。",
)
OR: Final = Text("; or ", "；或")


def needs_of(gate: Feasibility, primary: EffectEstimate, plan: EvaluationPlan) -> Needs:
    r"""Return what would let the effect of interest be found (that of the plan, else the one estimated).

    The minimum detectable effect goes with :math:`\sqrt{1/n_1 + 1/n_0}` in the numbers of treated and donors, who
    become treated, and with :math:`\sqrt{s + (1 - s) K / (K + m)}` in m more years, s being the lasting share of the
    variance. Where the smallest p-value is out of reach, the numbers that bring it into reach are given instead.
    """
    effect = plan.smallest_effect if plan.smallest_effect is not None else abs(primary.estimate)
    if gate.smallest_p is not None and gate.smallest_p > plan.alpha:
        donors, treated = _into_reach(gate, primary, plan.alpha)
        return Needs(effect=effect, more_treated=treated, more_years=None, more_donors=donors)
    if gate.mde is None or effect <= 0.0:
        return Needs(effect=effect, more_treated=None, more_years=None, more_donors=None)
    if gate.mde <= effect:
        return Needs(effect=effect, more_treated=0, more_years=0, more_donors=None)
    return Needs(
        effect=effect, more_treated=_more_treated(gate, effect), more_years=_more_years(gate, effect), more_donors=None
    )


def _more_treated(gate: Feasibility, effect: float) -> int | None:
    now = 1.0 / gate.n_treated + 1.0 / gate.n_donors
    for more in range(1, gate.n_donors - FEWEST_LEFT + 1):
        then = 1.0 / (gate.n_treated + more) + 1.0 / (gate.n_donors - more)
        if (gate.mde or 0.0) * (then / now) ** 0.5 <= effect:
            return more
    return None


def _more_years(gate: Feasibility, effect: float) -> int | None:
    if gate.lasting_share is None or gate.post_periods < 1:
        return None
    years = gate.post_periods
    for more in range(1, MOST_YEARS + 1):
        kept = gate.lasting_share + (1.0 - gate.lasting_share) * years / (years + more)
        if (gate.mde or 0.0) * kept**0.5 <= effect:
            return more
    return None


def _into_reach(gate: Feasibility, primary: EffectEstimate, alpha: float) -> tuple[int | None, int | None]:
    """Return how many more donors, or treated units, bring the smallest p-value down to the level."""
    n_treated, n_donors = gate.n_treated, gate.n_donors

    def smallest(treated: int, donors: int) -> float:
        if primary.inference is Inference.PLACEBO and treated <= 2:
            return 1.0 / (comb(donors, treated) + 1)
        return 1.0 / comb(treated + donors, treated)

    more_donors = next((k for k in range(1, 1_000) if smallest(n_treated, n_donors + k) <= alpha), None)
    able = range(1, max(n_donors - FEWEST_LEFT, 0) + 1)
    more_treated = next((k for k in able if smallest(n_treated + k, n_donors - k) <= alpha), None)
    return more_donors, more_treated


def words_of_needs(needs: Needs) -> tuple[Text, ...]:
    """Return what would decide it, in a sentence."""
    if needs.effect is None:
        return ()
    effect = figure(needs.effect)
    if needs.more_treated == 0:
        return (ENOUGH.filled(effect=effect),)
    kinds = ((MORE_TREATED, needs.more_treated), (MORE_YEARS, needs.more_years), (MORE_DONORS, needs.more_donors))
    ways = [words.filled(n=n) for words, n in kinds if n]
    if not ways:
        return (NO_WAY.filled(years=MOST_YEARS, effect=effect),)
    listed = Text(OR.en.join(one.en for one in ways), OR.zh.join(one.zh for one in ways))
    return (FOR_EFFECT.filled(effect=effect, ways=listed),)
