"""L9: whatever page shows a result about somebody says six things of it, in plain words, in both languages.

Every address stands in one of the two tables below. Whoever adds a page says which it is; a page with a result that
lacks a part fails.
"""

import re
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from django.utils import timezone, translation
from pypdf import PdfReader

from tests.spec.test_access_matrix import LINES, address_of
from tests.trust.explained import PARTS, lacking, results_of
from tests.trust.world import furnish
from yucai.web.accounts.models import Account, Person
from yucai.web.evidence.models import EvidenceRecord, Item
from yucai.web.evidence.rating_models import RatingRoundRecord
from yucai.web.explaining import Explanation
from yucai.web.measurement.actions import measure_space
from yucai.web.measurement.models import ProfileRow
from yucai.web.measurement.portraits import portrait_of
from yucai.web.registers.switches import Assessment, switch_method_on

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).parents[2]
NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
# Pages that show a result about somebody: who reads it here, and how many results at least are explained on it.
RESULTS = {
    "portrait": ("student", 11),  # nine qualities, the whole, and each next step
    "portrait_file": ("student", 1),
    "my_map": ("student", 9),
    "own_work": ("student", 1),
    "request": ("student", 1),
    "group": ("teacher", 1),
    "class_map": ("teacher", 2),
    "class_comment": ("teacher", 1),
    "adaptive_test": ("teacher", 1),
    "raters": ("director", 1),
    "priority": ("director", 2),
    "selection_run": ("director", 4),
    "teaching_quality": ("director", 1),
    "value_added": ("director", 1),
    "case": ("student", 1),
    "attainment_course": ("teacher", 1),
    "attainment_students": ("teacher", 1),
    "my_attainment": ("student", 1),
}
# Pages without a result of anybody, or whose every line leads to a page of the table above.
WITHOUT = """
attainment attainment_map_add attainment_map_file attainment_course_add attainment_report attainment_workbook
attainment_scores attainment_score_sheet attainment_survey attainment_action_add attainment_correct
group_scale class_comments saved_views several_acts several_act
home search rules about_numbers who_looked my_data person_export requests request_add assessment account api_tokens
password_change account_prove generator_add recovery_renew factors_off accounts account_add outside_links
outside_link_add own_works
own_work_add own_works_queue own_work_file ratings rating_round_add rating_seat rating_round rating_key rating_sheet
observations observation_add observation_plan observation_results observation_boris_tsv observation_boris_xlsx
observation_table observe_turns tests test_add question_bank trust notices my_consents registers data_set method
processors notice_kept consents_kept release_rules find_data minors minors_pack erasures erasure_add erasure
certificate_json certificate_pdf hold_add research research_use traits import_desk import_next upload import_changes
import_refused import_undo import_rows import_refused_rows feeds feed_add feed feed_mapping record_stores
record_store_add record_store record_store_settings record_again record_credential_add record_credential_revoke
record_statements record_statement record_attachment record_jsonl record_csv record_xlsx record_forwardings
record_forwarding_add record_refused record_refused_one job job_progress style cases class_portraits governance
indicators indicator chain quality_report teaching_add priority_fairness selection_rules selection_rule_add
selection_rule selection_fairness policies policy_add policy_template policy
policy_change policy_seal coordination coordination_audit coordination_file policy_bundle policy_card_file policy_paper
value_added_add
"""
NO_RESULT = frozenset(WITHOUT.split())
# What a named body decided elsewhere and the office announces, with where it stands, whom to ask and until when to
# object; the program works nothing out.
ANNOUNCED = frozenset(
    {"announcements", "announcement_add", "announcement", "announcement_change", "announcement_paper"}
)
# Held against the six parts where their worlds are made: a test that was sat, a score out of a statement, a class on
# paper. And the page for several entries at once, which names them in its address.
ELSEWHERE = {
    "sitting": "tests/web/test_adaptive_pages.py",
    "evidence_statement": "tests/feeds/test_feed_pages.py",
    "class_portraits_file": "tests/trust/test_class_portraits.py",
    "priority_several": "tests/web/test_priority_pages.py",
    "selection_minutes": "tests/web/test_selection_pages.py",
    "teaching_paper": "tests/trust/test_teaching_quality.py",
    "value_added_paper": "tests/trust/test_value_added.py",
}


@pytest.fixture
def world(db, settings, tmp_path):
    """An institution in which each page of the table has a result to show."""
    settings.WORKSPACE = replace(settings.WORKSPACE, folder=tmp_path / "office")
    own, _beside = furnish("six", tmp_path)
    person = Person.objects.select_related("space").get(pk=own.parts["person"]["pk"])
    for n, item in enumerate(Item.objects.filter(space=person.space, code__startswith="exam/")):
        Item.objects.filter(pk=item.pk).update(code=f"exam/mathematics-{n}")
    EvidenceRecord.objects.filter(person__space=person.space).update(occasion="2026-2027")
    run = measure_space(person.space, report=lambda done, text: None, clock=lambda: NOON)
    ProfileRow.objects.filter(run=run, person=person).delete()
    ProfileRow.objects.create(
        run=run, person=person, occasion="2026-2027", quality="innovation", mean=0.9, std_error=0.3, lower90=0.4,
        upper90=1.4, n_evidence=6, enough=True,
    )  # fmt: skip
    for method in (
        "profiles",
        "next-steps",
        "adaptive-tests",
        "rater-comparison",
        "priority-list",
        "teaching-quality",
        "value-added",
    ):
        switch_method_on(
            space=person.space, method=method, wanted=Assessment(purpose="x", necessity="x", risks="x", measures="x"),
            owner="x", by=own.accounts["director"], at=timezone.now(),
        )  # fmt: skip
    return {"own": own, "person": person}


def page_of(client, world, name, language):
    client.force_login(Account.objects.get(pk=world["own"].accounts[RESULTS[name][0]].pk))
    client.cookies["django_language"] = language
    line = next(line for line in LINES if line[0] == name)
    answer = client.get(address_of(line, world["own"]))
    assert answer.status_code == 200, name
    return answer.content


def prepare(world, name):
    """Do what has to be done before a page has a result."""
    own = world["own"]
    if name == "raters":
        director = own.accounts["director"]
        RatingRoundRecord.objects.filter(pk=own.parts["round"]["pk"]).update(closed_at=NOON, closed_by=director)
    if name == "own_work":
        own.parts["work"] = own.parts["verified work"]


def test_l9_every_address_says_whether_it_shows_a_result():
    shown = {line[0] for line in LINES if line[1] == "get"}
    assert set(RESULTS) | NO_RESULT | ANNOUNCED | set(ELSEWHERE) == shown
    assert not (set(RESULTS) | set(ELSEWHERE)) & NO_RESULT
    for file in ELSEWHERE.values():
        assert "test_l9_" in (ROOT / file).read_text(encoding="utf-8")


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("name", sorted(set(RESULTS) - {"portrait_file"}))
def test_l9_a_page_with_a_result_holds_all_six_parts(client, world, name, language):
    prepare(world, name)
    page = page_of(client, world, name, language).decode()
    assert lacking(page, language) == []
    assert len(results_of(page)) >= RESULTS[name][1]


def test_l9_a_page_that_leaves_a_part_out_is_noticed(client, world):
    page = page_of(client, world, "portrait", "en").decode()
    assert lacking(page.replace('data-part="sure"', "", 1), "en") == ["0: sure is missing"]
    assert lacking(re.sub(r'(data-part="change">.*?<dd>)[^<]*', r"\1", page, count=1), "zh-hans")
    assert lacking("<p>7 of 10</p>", "en") == ["no result is explained"]


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_l9_the_portrait_on_paper_holds_all_six_parts_on_one_page(client, world, language):
    sheets = PdfReader(BytesIO(page_of(client, world, "portrait_file", language))).pages
    assert len(sheets) == 1
    words = re.sub(r"\s", "", sheets[0].extract_text()).replace("'", "’")
    with translation.override(language):
        explained = portrait_of(world["person"], at=timezone.now()).explained
    for part in explained.parts:
        for piece in (part.label, part.says):
            assert re.sub(r"[\s“”\"]", "", piece).replace("'", "’") in re.sub(r"[“”\"]", "", words)


def test_l9_nobody_can_show_a_result_with_a_part_unsaid():
    whole = dict.fromkeys(PARTS, "said")
    assert [part.says for part in Explanation(**whole).parts] == ["said"] * 6
    for part in PARTS:
        with pytest.raises(ValueError, match=f"of this one {part} is empty"):
            Explanation(**{**whole, part: " "})
