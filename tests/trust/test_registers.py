"""The registers of an office: purposes with their notices, methods with assessments and a switch, processors, notices.

Requirements L1, L2, L3, L6, L21, L27 and L35 of the page of what may be trusted.
"""

import ast
import re
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.urls import get_resolver, reverse
from django.utils import timezone, translation

from yucai.errors import FaultyInputError
from yucai.texts import Text
from yucai.web.accounts.audit_models import AuditEntry
from yucai.web.accounts.consents import current_texts, give_consent, ship_texts
from yucai.web.accounts.models import Account, Charge, Group, Membership, Person
from yucai.web.evidence.actions import write_lake
from yucai.web.evidence.consented import unusable_records
from yucai.web.evidence.models import DataSource, EvidenceRecord, Import, Item
from yucai.web.evidence.read_purposes import purposes_of
from yucai.web.jobs.models import Job
from yucai.web.measurement.actions import measure_space
from yucai.web.measurement.models import CalibrationRun, ProfileRow
from yucai.web.measurement.portraits import portrait_of
from yucai.web.registers.algorithms import METHODS
from yucai.web.registers.centre import ENTRIES, entries_for
from yucai.web.registers.data_sets import change_purposes, rest_on_consent
from yucai.web.registers.models import ImpactRecord, MethodSwitch, NoticeSeen, PurposeEntry
from yucai.web.registers.notices import MARK, draft_notice, latest_notice, mark_read, publish_notice, unread_notices
from yucai.web.registers.processors import ProcessorWanted, add_processor, end_processor, processors_of
from yucai.web.registers.switches import (
    PROVISIONAL,
    Assessment,
    MethodOffError,
    begin_provisionally,
    draft_of,
    runs,
    state_of,
    switch_method_off,
    switch_method_on,
)

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
LATER = NOON + timedelta(days=1)
WEB = Path(__file__).parents[2] / "src" / "yucai" / "web"
WANTED = Assessment(purpose="advice", necessity="no other way", risks="may mislead", measures="intervals")


@pytest.fixture
def school(space, settings, tmp_path):
    """Eight students with four exams, one voluntary survey, and one account for each of five roles."""
    settings.WORKSPACE = replace(settings.WORKSPACE, folder=tmp_path / "office")
    group = Group.objects.create(space=space, code="c1", kind="class", name_en="c1", name_zh="c1")
    people = [Person.objects.create(space=space, code=f"L{n}", name_en=f"L{n}", name_zh=f"L{n}") for n in range(8)]
    Membership.objects.bulk_create(Membership(group=group, person=person) for person in people)
    for role in ("director", "officer", "teacher", "student", "researcher"):
        Account.objects.create_user(f"school-{role}", role=role, name_en=role, name_zh=role).spaces.add(space)
    Charge.objects.create(account=who("teacher"), group=group)
    Account.objects.filter(username="school-student").update(person=people[0])
    for code in ("exams", "survey"):
        source = DataSource.objects.create(
            space=space, code=code, name_en=code, name_zh=code, purpose="p", legal_basis="duty", owner="o", grade="2",
            retention_months=12,
        )  # fmt: skip
        entry = Import.objects.create(source=source, file_name=code, digest=code, at=NOON, by="x", kept=1)
        for k in range(4):
            item = Item.objects.create(space=space, code=item_code(code, k), name_en="i", name_zh="i", kind="exam")
            EvidenceRecord.objects.bulk_create(
                EvidenceRecord(came_with=entry, person=person, item=item, score=(3 * n + 2 * k) % 7, max_score=7)
                for n, person in enumerate(people)
            )
    return space


def item_code(code, k):
    """An item whose quality the map of the demonstration college knows."""
    return f"exam/mathematics-{k}" if code == "exams" else f"rubric/interdisciplinary-literacy/{k}"


def who(role):
    return Account.objects.select_related("person").get(username=f"school-{role}")


def source(code):
    return DataSource.objects.select_related("space").get(space__code="school", code=code)


def on(space, method="profiles", at=NOON):
    return switch_method_on(space=space, method=method, wanted=WANTED, owner="Lin", by=who("director"), at=at)


def as_role(client, role, language="en"):
    client.force_login(who(role))
    client.cookies["django_language"] = language
    return client


def a_notice(space, at=NOON):
    body = Text("Lin is responsible.", "林负责。")
    return publish_notice(space=space, body=body, news=Text("", ""), by=who("officer"), at=at)


# L2: a new purpose is a new entry and a new notice


def test_a_new_purpose_is_a_new_entry_and_is_told_in_a_new_version_of_the_notice(school):
    first = a_notice(school)
    change_purposes(source=source("exams"), purposes=["self", "teaching"], by=who("officer"), at=NOON)
    assert latest_notice(school, at=LATER) == first  # fewer purposes are nothing to be told of
    change_purposes(source=source("exams"), purposes=["self", "teaching", "quality"], by=who("officer"), at=LATER)
    told = latest_notice(school, at=LATER)
    assert (told.version, told.body_en) == (2, first.body_en)
    assert told.news_en == "Records of “exams” may from now on also be read for: quality assurance."
    assert told.news_zh == "“exams”的记录今后还可用于：质量保障。"
    entry = PurposeEntry.objects.get(notice=told)
    assert (entry.before, entry.after) == ("teaching,self", "teaching,self,quality")
    assert PurposeEntry.objects.count() == 2


def test_purposes_are_changed_by_who_keeps_the_registers(school):
    with pytest.raises(PermissionDenied):
        change_purposes(source=source("exams"), purposes=["self"], by=who("researcher"), at=NOON)
    assert "quality" in purposes_of(source("exams"))


def test_the_page_of_a_data_set_says_and_changes_what_it_may_be_read_for(school, client):
    ship_texts(space=school, at=NOON)
    page = reverse("data_set", kwargs={"code": school.code, "pk": source("survey").pk})
    assert as_role(client, "teacher").post(page, {"purposes": ["self"]}).status_code == 403
    client = as_role(client, "officer")
    assert "duty" in client.get(page).content.decode()
    answer = client.post(page, {"purposes": ["self", "teaching"], "code": "research"}, follow=True).content.decode()
    assert "It is written down with your name." in answer
    assert (source("survey").read_for, source("survey").consent_code) == ("teaching,self", "research")
    acts = AuditEntry.objects.filter(target=f"source:{source('survey').pk}").order_by("position")
    assert [entry.act for entry in acts] == ["source.purposes", "source.consent"]


# L3: withdraw, run again, value gone


@pytest.fixture
def surveyed(school):
    """The survey rests on consent; all consent but the last student."""
    ship_texts(space=school, at=NOON)
    rest_on_consent(source=source("survey"), code="research", by=who("officer"), at=NOON)
    (text,) = current_texts(school, at=NOON)
    for person in Person.objects.filter(space=school).exclude(code="L7"):
        account = who("student") if person.code == "L0" else Account.objects.create_user(
            f"school-{person.code}", role="student", person=person
        )  # fmt: skip
        give_consent(text=text, by=account, at=NOON)
    on(school)
    write_lake(school, at=NOON)
    return school


def measured(space, at):
    return measure_space(space, report=lambda done, text: None, clock=lambda: at)


def test_a_data_set_rests_on_a_consent_that_there_is(school):
    with pytest.raises(FaultyInputError, match="no text of consent “other”"):
        rest_on_consent(source=source("survey"), code="other", by=who("officer"), at=NOON)
    with pytest.raises(PermissionDenied):
        rest_on_consent(source=source("survey"), code="", by=who("teacher"), at=NOON)
    assert unusable_records(school, at=NOON).count() == 0


def test_withdrawn_then_measured_again_the_value_is_gone(surveyed, client):
    assert measured(surveyed, NOON).responses == 8 * 4 + 7 * 4
    mine = ProfileRow.objects.filter(person=who("student").person, run__current=True)
    with_survey = sum(row.n_evidence for row in mine)
    client = as_role(client, "student")
    client.post(reverse("consent_withdraw", kwargs={"name": "research"}))
    assert Job.objects.get(space=surveyed, kind="measure").state == "queued"  # nobody has to ask for it
    assert measured(surveyed, timezone.now()).responses == 8 * 4 + 6 * 4
    mine = ProfileRow.objects.filter(person=who("student").person, run__current=True)
    assert sum(row.n_evidence for row in mine) == with_survey - 4


def test_from_the_moment_of_withdrawal_the_records_are_shown_to_nobody(surveyed, client):
    measured(surveyed, NOON)
    person = who("student").person
    shown = portrait_of(person, at=timezone.now())
    assert shown.not_used == ()
    before = sum(len(view.evidence) for view in shown.qualities)
    as_role(client, "student").post(reverse("consent_withdraw", kwargs={"name": "research"}))
    after = portrait_of(person, at=timezone.now())
    assert sum(len(view.evidence) for view in after.qualities) == before - 4
    assert after.not_used[0].startswith("“survey” is not used: it rests on consent, and there is none now.")
    page = as_role(client, "teacher").get(reverse("portrait", kwargs={"pk": person.pk})).content.decode()
    assert "“survey” is not used" in page


def test_a_withdrawn_mark_counts_no_more_on_the_page_of_an_assessment(surveyed, client):
    item = Item.objects.get(space=surveyed, code=item_code("survey", 0))
    director = as_role(client, "director")
    assert director.get(reverse("assessment", kwargs={"pk": item.pk})).context["view"].results == 7
    as_role(client, "student").post(reverse("consent_withdraw", kwargs={"name": "research"}))
    shown = as_role(client, "director").get(reverse("assessment", kwargs={"pk": item.pk}))
    assert shown.context["view"].results == 6


def test_who_never_consented_is_never_computed_with(surveyed):
    left = unusable_records(surveyed, at=NOON)
    assert {record.person.code for record in left} == {"L7"}
    assert {record.came_with.source.code for record in left} == {"survey"}


def test_the_own_page_gives_and_withdraws_one_consent_with_one_click_each(surveyed, client):
    client = as_role(client, "student")
    page = client.get(reverse("my_consents")).content.decode()
    assert "Withdraw" in page
    assert "checkbox" not in page  # nothing is ticked beforehand, nothing is bundled
    assert "cannot be called back" in page  # what remains, and why
    page = client.post(reverse("consent_withdraw", kwargs={"name": "research"}), follow=True).content.decode()
    assert "Withdrawn." in page
    (text,) = current_texts(surveyed, at=timezone.now())
    page = client.post(reverse("consent_give", kwargs={"pk": text.pk}), follow=True).content.decode()
    assert "Your consent is recorded." in page


def test_the_office_records_a_signed_form_on_its_page(surveyed, client):
    client = as_role(client, "officer")
    (text,) = current_texts(surveyed, at=NOON)
    form = {"person": "nobody", "text": text.pk, "way": "guardian", "reference": "folder 3"}
    record = reverse("consent_record", kwargs={"code": surveyed.code})
    assert "Nobody here has this number." in client.post(record, form).content.decode()
    page = client.post(record, {**form, "person": "L7"}, follow=True).content.decode()
    assert "folder 3" in page
    assert unusable_records(surveyed, at=timezone.now()).count() == 0
    read = AuditEntry.objects.filter(act="read", target="consents").order_by("-position").first()
    assert (read.purpose, read.account_id) == ("protection", who("officer").pk)


# L6 and L21: every running method is in the register; without an assessment it cannot be switched on


@cache
def called():
    """What the pages import of each room of the library: names of functions."""
    found = defaultdict(set)
    for file in WEB.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("yucai."):
                found[node.module] |= {name.name for name in node.names if name.name[0].islower()}
    return found


# Of these rooms the pages call functions that work on no person: chains of the trail, words, sums of tables, maps and
# reports of courses, figures of provinces, policies.
NOT_ON_PEOPLE = {
    "entry_of", "link_of", "read_anchors", "seal_place", "verify_chain", "check_tables", "compute_indicator",
    "indicator_packs", "period_of", "vintages_of", "write_report_docx", "write_report_xlsx", "attainment_from_json",
    "attainment_to_json", "check_improvement", "check_scores", "check_survey", "courses_without_map",
    "interval_words", "map_from_json", "map_to_json", "programme_from_json", "read_course_maps",
    "read_programme_map", "read_scores", "report_tables", "workbook_tables", "write_course_report", "accept_gate",
    "acceptance_of", "audit_method", "canonical_json", "card_of", "card_template", "check_gate", "check_vintage",
    "code_versions", "drive_of_provinces", "evaluate_card", "evaluated_of", "gate_bytes", "grade_bands",
    "grade_name", "load_indices", "load_provinces", "opening_of", "overlap_of", "province_panel", "read_card",
    "read_claim", "record_opening", "register_policies", "replace_card", "report_coordination", "require_seal",
    "rerun_bundle", "seal_card", "seal_faults", "seal_of", "summarise_result", "tell_diagnostics", "tell_estimates",
    "write_bundle", "write_card", "check_collection", "load_collection", "read_claim_file", "tell_verdict",
    "write_collection_docx", "write_collection_xlsx", "entry_of_kept", "panel_of_card", "vintage_doubt", "read_bundle",
    "faults_of_rule", "measure_words", "outcome_words", "read_rule",
    "sentences_of", "template_text", "term_ends", "term_is_over", "write_minutes", "write_rule",
}  # fmt: skip


@pytest.mark.parametrize("room", ["measurement", "matching", "selection", "demand", "governance"])
def test_every_method_that_runs_on_people_is_in_the_register(room):
    registered = {name for method in METHODS.values() for name in method.calls}
    assert called()[f"yucai.{room}"] - registered - NOT_ON_PEOPLE == set()


def test_the_register_names_no_method_that_does_not_run():
    imported = (
        called()["yucai.measurement"]
        | called()["yucai.matching"]
        | called()["yucai.governance"]
        | called()["yucai.selection"]
        | called()["yucai.evidence"]
    )
    inside = {"estimate_behaviour"}  # by answer_behaviour
    assert {name for method in METHODS.values() for name in method.calls} - imported - inside == set()


def test_every_tested_error_stands_on_the_page_of_benchmarks():
    page = (WEB.parents[2] / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    headings = {line.lstrip("# ") for line in page.splitlines() if line.startswith("##")}
    for method in METHODS.values():
        assert not method.measured or method.measured in headings, method.code
        assert method.tested.en
        assert (method.stops is None) != (method.why_always is None), method.code


def test_a_method_is_off_until_somebody_signs_an_assessment(school):
    assert not runs(school, "profiles", at=NOON)
    with pytest.raises(MethodOffError, match="never switched on"):
        measured(school, NOON)
    empty = Assessment(purpose="x", necessity=" ", risks="x", measures="")
    facts = {"space": school, "method": "profiles", "owner": "Lin", "at": NOON}
    with pytest.raises(FaultyInputError) as refused:
        switch_method_on(wanted=empty, by=who("director"), **facts)
    assert [fault.where for fault in refused.value.faults] == ["necessity", "measures"]
    with pytest.raises(PermissionDenied):
        switch_method_on(wanted=WANTED, by=who("researcher"), **facts)
    on(school)
    assert runs(school, "profiles", at=NOON)
    impact = ImpactRecord.objects.get(space=school)
    assert (impact.signed_by, impact.kept_until.year) == (who("director"), 2029)


def test_the_database_takes_no_switch_without_a_record(school):
    with pytest.raises(IntegrityError), transaction.atomic():
        MethodSwitch.objects.create(space=school, method="profiles", on=True, owner="x", at=NOON)
    with pytest.raises(IntegrityError), transaction.atomic():
        ImpactRecord.objects.create(
            space=school, method="profiles", purpose="x", necessity="x", risks="x", measures="x", at=NOON
        )


def test_what_was_running_goes_on_provisionally_and_then_stops_by_itself(school):
    begin_provisionally(space=school, at=NOON)
    assert state_of(school, "profiles", at=NOON).provisional
    assert not runs(school, "profiles", at=NOON + PROVISIONAL)
    with pytest.raises(MethodOffError, match="provisional time ended"):
        measured(school, NOON + PROVISIONAL)
    may_stop = [method for method in METHODS.values() if method.stops is not None]
    assert MethodSwitch.objects.filter(space=school).count() == len(may_stop)
    on(school, at=NOON + PROVISIONAL)
    assert runs(school, "profiles", at=NOON + 2 * PROVISIONAL)


def test_a_director_is_told_at_home_that_nobody_has_signed_yet(school, client):
    begin_provisionally(space=school, at=timezone.now())
    shown = as_role(client, "director").get(reverse("home")).content.decode()
    assert "nobody has signed an assessment of their impact yet" in shown
    on(school, at=timezone.now())
    assert "nobody has signed" not in client.get(reverse("home")).content.decode()


def test_switching_off_stops_the_method_and_takes_its_results_off_the_pages(school, client):
    on(school)
    write_lake(school, at=NOON)
    measured(school, NOON)
    page = reverse("method_off", kwargs={"code": school.code, "name": "profiles"})
    assert "This is needed." in as_role(client, "officer").post(page, {"reason": ""}).content.decode()
    assert CalibrationRun.objects.filter(space=school, current=True).exists()
    client.post(page, {"reason": "complaint of the works council"})
    assert not CalibrationRun.objects.filter(space=school, current=True).exists()
    with pytest.raises(MethodOffError, match="complaint of the works council"):
        measured(school, timezone.now())
    portrait = reverse("portrait", kwargs={"pk": who("student").person.pk})
    shown = as_role(client, "student").get(portrait).content.decode()
    assert "Profiles are not computed in this institution" in shown
    assert all(view.place == "" for view in portrait_of(who("student").person, at=timezone.now()).qualities)
    home = as_role(client, "director").get(reverse("home")).content.decode()
    assert "complaint of the works council" in home
    assert "Compute the profiles" not in home


def test_a_method_that_protects_people_cannot_be_switched_off(school):
    with pytest.raises(PermissionDenied):
        switch_method_off(space=school, method="small-cells", reason="x", by=who("director"), at=NOON)


def test_a_method_is_signed_on_its_page_with_a_draft_in_the_language_of_the_page(school, client):
    page = reverse("method", kwargs={"code": school.code, "name": "adaptive-tests"})
    draft = draft_of(METHODS["adaptive-tests"])
    assert draft["risks"].zh[:8] in as_role(client, "director", "zh-hans").get(page).content.decode()
    form = {name: text.en for name, text in draft.items()} | {"owner": "Lin"}
    answer = as_role(client, "director").post(page, form, follow=True).content.decode()
    assert "The assessment bears your name." in answer
    assert runs(school, "adaptive-tests", at=timezone.now())
    assert as_role(client, "teacher").post(page, form).status_code == 403


def test_the_public_page_names_and_counts_nobody_and_needs_no_account(school, client):
    on(school)
    answer = client.get(reverse("about_algorithms"))
    shown = answer.content.decode()
    assert answer.status_code == 200
    for method in METHODS.values():
        assert method.name.zh in shown
    assert "数据保存在学校自己的设备上" in shown
    assert not re.search(r"\bL0\b", shown)  # no learner's number
    assert who("director").username not in shown


# L27: notices


def test_a_notice_is_shown_once_before_the_pages_and_again_with_each_version(school, client):
    client = as_role(client, "teacher")
    home = reverse("home")
    assert client.get(home).status_code == 200
    notice = a_notice(school)
    answer = client.get(home)
    assert (answer.status_code, answer["Location"]) == (302, reverse("notices"))
    shown = client.get(reverse("notices")).content.decode()
    assert "Lin is responsible." in shown
    assert "you consent to nothing" in shown
    client.post(reverse("notices_read"), {"notice": notice.pk})
    assert client.get(home).status_code == 200
    seen = NoticeSeen.objects.get(account=who("teacher"))
    assert seen.notice.version == 1
    a_notice(school, at=timezone.now())
    assert client.get(home).status_code == 302


def test_only_what_was_shown_is_marked_as_read(school):
    first = a_notice(school)
    second = a_notice(school, at=LATER)
    mark_read(account=who("teacher"), notices=[first.pk], at=LATER)
    assert unread_notices(who("teacher"), at=LATER) == [second]
    assert NoticeSeen.objects.filter(account=who("teacher")).count() == 0


def test_the_draft_is_filled_with_what_the_institution_says_and_asks_for_a_contact(school):
    draft = draft_notice(school)
    assert "“survey”: p (kept 12 months)." in draft.en
    assert draft.zh.startswith("谁负责。学校对")
    with pytest.raises(FaultyInputError, match="still stands in the text") as refused:
        publish_notice(space=school, body=draft, news=Text("", ""), by=who("officer"), at=NOON)
    assert len(refused.value.faults) == 2
    body = Text(draft.en.replace(MARK.en, "Lin"), draft.zh.replace(MARK.zh, "林"))
    assert publish_notice(space=school, body=body, news=Text("", ""), by=who("officer"), at=NOON).version == 1
    with pytest.raises(PermissionDenied):
        publish_notice(space=school, body=body, news=Text("", ""), by=who("teacher"), at=NOON)


# L35: processors


def test_processors_are_listed_with_contract_and_deletion_until_they_end(school, client):
    wanted = ProcessorWanted(
        name="Host", what_for="keeps backups", data_sets="all", contract="2026-7", on_leaving="erased, with a protocol",
        since=date(2026, 9, 1),
    )  # fmt: skip
    empty = ProcessorWanted(name="", what_for="x", data_sets="x", contract=" ", on_leaving="x", since=date(2026, 9, 1))
    with pytest.raises(FaultyInputError) as refused:
        add_processor(space=school, wanted=empty, by=who("director"), at=NOON)
    assert [fault.where for fault in refused.value.faults] == ["name", "contract"]
    made = add_processor(space=school, wanted=wanted, by=who("director"), at=NOON)
    assert "keeps backups" in client.get(reverse("about_algorithms")).content.decode()
    with pytest.raises(FaultyInputError, match="before it began"):
        end_processor(processor=made, until=date(2026, 8, 1), by=who("officer"), at=NOON)
    end_processor(processor=made, until=NOON.date(), by=who("officer"), at=NOON)
    assert list(processors_of(school, day=NOON.date())) == []


# The trust centre


def test_every_home_links_the_trust_centre_and_it_links_what_there_is_for_a_role(school, client):
    for role in ("director", "officer", "teacher", "student"):
        shown = as_role(client, role).get(reverse("home"), follow=True).content.decode()
        assert reverse("trust") in shown, role
    student = as_role(client, "student").get(reverse("trust")).content.decode()
    officer = as_role(client, "officer").get(reverse("trust")).content.decode()
    assert reverse("my_consents") in student
    assert reverse("consents_kept", kwargs={"code": school.code}) in officer
    assert reverse("consents_kept", kwargs={"code": school.code}) not in student


def test_what_the_trust_centre_links_is_there_and_opens(school, client):
    named = {pattern.name for pattern in get_resolver().url_patterns}
    assert {entry.address for entry in ENTRIES} <= named
    for role in ("director", "officer", "researcher", "teacher", "student"):
        client = as_role(client, role)
        assert reverse("trust") in client.get(reverse("home"), follow=True).content.decode()
        for entry in entries_for(who(role), [school]):
            assert client.get(entry.address).status_code == 200, (role, entry.address)


def test_the_list_of_the_trust_centre_speaks_both_languages():
    for entry in ENTRIES:
        assert entry.title.zh != entry.title.en, entry.address
    with translation.override("zh-hans"):
        assert Account.Role.OFFICER.label == "个人信息保护负责人"
