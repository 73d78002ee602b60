"""L22: no method is shown to anybody without where it was tested, or the words that it is an untested rule.

Each registered method has pages on which its results, or what it does, can be seen. Each of these pages says of the
method on whose data it was tested, when, and with which error; or that it is a rule, untested.
"""

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.utils import timezone

from tests.spec.test_access_matrix import LETTERS, LINES, address_of
from tests.trust.world import furnish
from yucai.web.accounts.models import Account, Space
from yucai.web.evidence.rating_models import RatingRoundRecord
from yucai.web.registers.algorithms import METHODS
from yucai.web.registers.switches import Assessment, switch_method_on

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
TEMPLATES = Path(__file__).parents[2] / "src" / "yucai" / "web" / "templates"
# On which pages each method can be seen. Whoever registers a method names its pages here.
SEEN = {
    "profiles": ("portrait", "my_map", "group"),
    "adaptive-tests": ("adaptive_test",),
    "rater-comparison": ("raters", "class_map"),
    "next-steps": ("portrait", "my_map"),
    "priority-list": ("priority", "case", "priority_fairness", "my_data"),
    "selection-rules": ("selection_rules", "selection_rule", "selection_run", "selection_fairness"),
    "class-map": ("class_map",),
    "comment-drafts": ("class_comment", "class_comments"),
    "observed-behaviour": ("observation_results",),
    "strength-of-works": ("own_work", "own_works_queue"),
    "rating-seats": ("rating_round",),
    "statements-to-scores": ("feed",),
    "same-person": ("upload",),
    "small-cells": ("release_rules", "priority_fairness", "selection_fairness"),
    "list-fairness": ("priority_fairness", "selection_fairness"),
    "chain-and-ecosystem": ("chain",),
    "course-attainment": ("attainment_course", "my_attainment"),
    "teaching-quality": ("teaching_quality",),
    "value-added": ("value_added",),
}
READER = {"portrait": "student", "my_map": "student", "my_data": "student"}


@pytest.fixture
def world(db, settings, tmp_path):
    settings.WORKSPACE = replace(settings.WORKSPACE, folder=tmp_path / "office")
    own, _beside = furnish("tried", tmp_path)
    space = Space.objects.get(code=own.parts["space"]["code"])
    wanted = Assessment(purpose="x", necessity="x", risks="x", measures="x")
    for code, method in METHODS.items():
        if method.stops is not None:
            switch_method_on(space=space, method=code, wanted=wanted, owner="x", by=own.accounts["director"],
                             at=timezone.now())  # fmt: skip
    RatingRoundRecord.objects.filter(pk=own.parts["round"]["pk"]).update(
        closed_at=NOON, closed_by=own.accounts["director"]
    )
    return own


def reader_of(line):
    role_of = {letter: role for role, letter in LETTERS.items()}
    return READER.get(line[0]) or role_of[line[3][0]]


def said_of_methods(client, own, name, language):
    """What a page says of each method: by its code, the words."""
    line = next(line for line in LINES if line[0] == name and line[3] not in "-=")
    client.force_login(Account.objects.get(pk=own.accounts[reader_of(line)].pk))
    client.cookies["django_language"] = language
    answer = client.get(address_of(line, own))
    assert answer.status_code == 200, name
    found = re.findall(r'<p class="tested[^>]*data-tested="([^"]+)">(.*?)</p>', answer.content.decode(), re.DOTALL)
    return {code: re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", words)) for code, words in found}


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_l22_every_registered_method_says_on_its_pages_where_it_was_tested_or_that_it_was_not(client, world, language):
    assert set(SEEN) == set(METHODS)
    told = {
        name: said_of_methods(client, world, name, language) for name in {page for one in SEEN.values() for page in one}
    }
    for code, pages in SEEN.items():
        trial = METHODS[code].trial
        for page in pages:
            words = told[page].get(code, "")
            if trial is None:
                assert ("rule, untested" if language == "en" else "未经检验的规则") in words, (page, code)
                continue
            for part in (trial.whose.in_language(language), trial.when, trial.error.in_language(language)):
                assert part in words.replace("&#x27;", "'"), (page, code, part)
            assert ("own past" if language == "en" else "本单位") in words, (page, code)


def test_l22_no_trial_lacks_whose_data_when_or_how_far_off():
    for method in METHODS.values():
        if method.trial is not None:
            assert re.fullmatch(r"\d{4}-\d{2}", method.trial.when)
            assert all(text.en.strip() and text.zh.strip() for text in (method.trial.whose, method.trial.error))


def test_l22_a_page_that_forgot_it_is_noticed():
    kept = (TEMPLATES / "_tested.html").read_text(encoding="utf-8")
    assert 'data-tested="{{ method.code }}"' in kept
    for template in TEMPLATES.glob("*.html"):
        for name in re.findall(r"methods_here\.(\w+)", template.read_text(encoding="utf-8")):
            assert name.replace("_", "-") in METHODS, (template.name, name)
