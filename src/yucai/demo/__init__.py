"""Something to look at on the first day: a real university, and a simulated college whose truth is known."""

from yucai.demo.college import College, simulate_college
from yucai.demo.kindergarten import (
    Kindergarten,
    KindergartenTruth,
    answer_kindergarten,
    simulate_kindergarten,
    times_of_day,
)
from yucai.demo.planted import PROBLEMS, PlantedProblem, UnknownProblemError
from yucai.demo.policy_cards import PLANTED_EFFECT, DemoPolicy, demo_policies
from yucai.demo.practice_files import (
    FolderTakenError,
    PracticeFile,
    PracticeFiles,
    plan_practice_files,
    write_practice_files,
)
from yucai.demo.spaces import SpaceFacts
from yucai.demo.trial import question_file
from yucai.demo.truth import Truth
from yucai.demo.university import University, open_university
from yucai.demo.university_statements import university_learners, university_statements
from yucai.demo.university_support import CLICKS_WHOLE, university_past

__all__ = [
    "CLICKS_WHOLE",
    "PLANTED_EFFECT",
    "PROBLEMS",
    "College",
    "DemoPolicy",
    "FolderTakenError",
    "Kindergarten",
    "KindergartenTruth",
    "PlantedProblem",
    "PracticeFile",
    "PracticeFiles",
    "SpaceFacts",
    "Truth",
    "University",
    "UnknownProblemError",
    "answer_kindergarten",
    "demo_policies",
    "open_university",
    "plan_practice_files",
    "question_file",
    "simulate_college",
    "simulate_kindergarten",
    "times_of_day",
    "university_learners",
    "university_past",
    "university_statements",
    "write_practice_files",
]
