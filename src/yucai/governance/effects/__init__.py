"""Did the policy work, and can it be told at all: gate, estimates, diagnostics, verdict."""

from yucai.governance.effects.cohort import CohortEffect, estimate_cohort_effect
from yucai.governance.effects.diagnosing import diagnose
from yucai.governance.effects.estimating import estimate_effects
from yucai.governance.effects.evaluating import Evaluation, evaluate, panel_digest
from yucai.governance.effects.feasibility import check_feasibility
from yucai.governance.effects.judging import judge
from yucai.governance.effects.panel import read_panel
from yucai.governance.effects.plan import ControlGroup, Estimator, EvaluationPlan, PolicyPanel, VintageBreak
from yucai.governance.effects.results import (
    FEWEST_FOR_CLUSTERS,
    BaconShares,
    Diagnostics,
    DonorWeight,
    EffectEstimate,
    EventTimePoint,
    Feasibility,
    FewTreatedError,
    HonestBreakdown,
    Inference,
    InTimePlacebo,
    LeftOut,
    Needs,
    PeriodWeight,
    Placebo,
    PretrendTest,
    RuleOutcome,
    SolverStart,
    SpillOver,
    Verdict,
    VerdictGrade,
)
from yucai.governance.effects.rules import RULES, RULES_VERSION, THRESHOLDS, Thresholds
from yucai.governance.effects.staggered import EstimatorsMissingError

__all__ = [
    "FEWEST_FOR_CLUSTERS",
    "RULES",
    "RULES_VERSION",
    "THRESHOLDS",
    "BaconShares",
    "CohortEffect",
    "ControlGroup",
    "Diagnostics",
    "DonorWeight",
    "EffectEstimate",
    "Estimator",
    "EstimatorsMissingError",
    "Evaluation",
    "EvaluationPlan",
    "EventTimePoint",
    "Feasibility",
    "FewTreatedError",
    "HonestBreakdown",
    "InTimePlacebo",
    "Inference",
    "LeftOut",
    "Needs",
    "PeriodWeight",
    "Placebo",
    "PolicyPanel",
    "PretrendTest",
    "RuleOutcome",
    "SolverStart",
    "SpillOver",
    "Thresholds",
    "Verdict",
    "VerdictGrade",
    "VintageBreak",
    "check_feasibility",
    "diagnose",
    "estimate_cohort_effect",
    "estimate_effects",
    "evaluate",
    "judge",
    "panel_digest",
    "read_panel",
]
