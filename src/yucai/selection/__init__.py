"""Who is proposed, by which rule: written rules for entry and exit, run on records with a reason for everybody."""

from yucai.selection.comparing import Comparison, Difference, compare_with
from yucai.selection.edges import Borderline, Perturbation, borderline_of
from yucai.selection.given import Candidate, CourseMark, MarkState, SelectionRecords, ShownEvidence
from yucai.selection.measures import last_term, last_year, term_ends, term_is_over
from yucai.selection.minutes import MinutesRow, SelectionMinutes, write_minutes
from yucai.selection.proposals import GroupLine, Outcome, Proposal, ProposalEntry
from yucai.selection.proposing import propose
from yucai.selection.reasons import measure_words, outcome_words
from yucai.selection.rule_reading import RULE_TEMPLATES, faults_of_rule, read_rule, template_text
from yucai.selection.rule_sets import (
    Attempts,
    CourseSet,
    Direction,
    Points,
    Rounding,
    RuleSet,
    Spared,
    Terms,
    Weighting,
    Within,
    people_of_share,
)
from yucai.selection.rule_words import sentences_of
from yucai.selection.rule_writing import write_rule

__all__ = [
    "RULE_TEMPLATES",
    "Attempts",
    "Borderline",
    "Candidate",
    "Comparison",
    "CourseMark",
    "CourseSet",
    "Difference",
    "Direction",
    "GroupLine",
    "MarkState",
    "MinutesRow",
    "Outcome",
    "Perturbation",
    "Points",
    "Proposal",
    "ProposalEntry",
    "Rounding",
    "RuleSet",
    "SelectionMinutes",
    "SelectionRecords",
    "ShownEvidence",
    "Spared",
    "Terms",
    "Weighting",
    "Within",
    "borderline_of",
    "compare_with",
    "faults_of_rule",
    "last_term",
    "last_year",
    "measure_words",
    "outcome_words",
    "people_of_share",
    "propose",
    "read_rule",
    "sentences_of",
    "template_text",
    "term_ends",
    "term_is_over",
    "write_minutes",
    "write_rule",
]
