"""Own works: what students put in themselves, and how strong it is as evidence.

Read from top to bottom. A student built a sensor with two others, used AI for a part of it, and has a certificate.
"""

from dataclasses import replace
from datetime import date

import pytest

from yucai.evidence import (
    AiContribution,
    AwardLevel,
    OwnWork,
    Proof,
    WorkKind,
    check_own_work,
    look_into,
    own_work_item,
    school_term,
    strength_of,
)
from yucai.framework import Strength, load_evidence_map, load_framework

TODAY = date(2026, 11, 24)
FRAMEWORK = load_framework("nine-qualities")
SENSOR = OwnWork(
    kind=WorkKind.PROJECT,
    title="教室空气传感器",
    done_on=date(2026, 4, 20),
    part="I designed the board and tested it in four rooms.",
    team_size=3,
    quality="practical-literacy",
    proof=Proof.DOCUMENT,
    document="certificate.pdf",
    ai=AiContribution(
        used=True,
        machine_did="Suggested a layout of the board.",
        i_did="Chose the parts, soldered and measured.",
        checked_how="Compared the readings with a laboratory instrument.",
    ),
)


def faults_of(**changes):
    return check_own_work(replace(SENSOR, **changes), FRAMEWORK, at=TODAY)


# 1. Putting a work in


def test_a_work_that_is_told_whole_may_be_handed_in():
    assert faults_of() == ()


def test_everything_that_is_wrong_is_told_at_once_each_at_its_field():
    said = faults_of(title=" ", done_on=date(2026, 12, 1), team_size=0, quality="charm", document="", ai=None)
    assert [fault.where for fault in said] == ["title", "done_on", "team_size", "quality", "document", "ai.used"]
    assert said[1].in_language("zh") == "done_on：2026-12-01 尚未到来。请在完成之后再提交。"
    assert "“charm” is no quality of “Nine qualities" in said[3].in_language("en")


def test_an_award_has_a_level_and_nothing_else_has():
    assert [fault.code for fault in faults_of(kind=WorkKind.AWARD)] == ["level-missing"]
    assert faults_of(kind=WorkKind.AWARD, level=AwardLevel.NATIONAL) == ()
    assert [fault.code for fault in faults_of(level=AwardLevel.NATIONAL)] == ["level-unasked"]


def test_a_public_record_says_where_it_can_be_looked_up():
    assert [fault.code for fault in faults_of(proof=Proof.OUTSIDE_RECORD)] == ["link-missing"]
    assert faults_of(proof=Proof.OUTSIDE_RECORD, link="10.1000/182") == ()


# 2. What AI did


def test_not_used_is_a_statement_too():
    assert faults_of(ai=AiContribution(used=False)) == ()


def test_where_ai_was_used_all_three_questions_are_answered():
    said = faults_of(ai=AiContribution(used=True, machine_did="Wrote the text."))
    assert [fault.where for fault in said] == ["ai.i_did", "ai.checked_how"]


def test_the_statement_must_not_contradict_itself():
    said = faults_of(ai=AiContribution(used=False, machine_did="Wrote the text."))
    assert [fault.code for fault in said] == ["ai-contradiction"]


# 3. How strong it is: the easier to fake, the weaker


@pytest.mark.parametrize(
    ("proof", "verified", "team_size", "strength", "why"),
    [
        (Proof.OUTSIDE_RECORD, False, 1, Strength.WEAK, "Nobody has verified it yet."),
        (Proof.OUTSIDE_RECORD, True, 1, Strength.STRONG, "anybody can look up"),
        (Proof.OUTSIDE_RECORD, True, 3, Strength.MODERATE, "3 people share the work"),
        (Proof.DOCUMENT, True, 1, Strength.MODERATE, "documents can be altered"),
        (Proof.DOCUMENT, True, 5, Strength.MODERATE, "documents can be altered"),
        (Proof.OWN_WORD, True, 1, Strength.WEAK, "own word"),
    ],
)
def test_strength_comes_with_its_reason(proof, verified, team_size, strength, why):
    judged = strength_of(proof, verified=verified, team_size=team_size)
    assert judged.strength is strength
    assert why in judged.reason.en


# 4. How it is measured: only verified and rated, as a rating like any other


def test_a_rating_of_strong_or_moderate_work_is_measured_and_of_weak_work_is_not():
    rules = load_evidence_map("evidence-demo-college")
    for entry in FRAMEWORK.qualities:
        for strength in (Strength.STRONG, Strength.MODERATE):
            rule = rules.rule_for(own_work_item(strength, entry.code, number=1))
            assert (rule.quality, rule.strength, rule.kind) == (entry.code, strength, "rating")
        assert rules.rule_for(own_work_item(Strength.WEAK, entry.code, number=1)) is None


def test_a_work_counts_in_the_term_in_which_it_was_done():
    assert school_term(date(2025, 9, 1)) == school_term(date(2026, 1, 31)) == "2025-2026-1"
    assert school_term(date(2026, 2, 1)) == school_term(date(2026, 8, 31)) == "2025-2026-2"


# 5. The file: what it is, is told by its content


def test_a_file_is_what_its_content_says_and_gets_a_harmless_name():
    page = look_into("本证书授予……".encode("gb18030"), name="../../证书.html")
    assert (page.type, page.name) == ("txt", "证书.txt")
