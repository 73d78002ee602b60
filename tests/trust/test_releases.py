"""What leaves to who may not see people singly: hidden cells, dates, others of a teacher, rules that a space sets."""

import ast
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone, translation

from tests.spec.test_access_matrix import LINES
from yucai.errors import FaultyInputError
from yucai.governance import Axis, AxisKind, Measure, Statistic
from yucai.texts import Text
from yucai.web.accounts.audit_models import AuditEntry
from yucai.web.accounts.models import Account, Charge, Group, Membership, Person, Space
from yucai.web.accounts.release_models import ReleasedPerson, ReleasedTable, ReleaseRule
from yucai.web.accounts.release_rules import policy_of, set_release_rules
from yucai.web.evidence.models import DataSource, EvidenceRecord, Import, Item
from yucai.web.governance.ledgers import ledger_of
from yucai.web.governance.models import Rule
from yucai.web.governance.releases import PLACES, audience_of, released
from yucai.web.measurement.models import CalibrationRun, ProfileRow
from yucai.web.teaching.others import others_of
from yucai.web.teaching.outside import outside_group, outside_size

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 24, 4, tzinfo=UTC)
LATER = NOON + timedelta(days=30)
WEB = Path(__file__).parents[2] / "src" / "yucai" / "web"


@pytest.fixture
def college(db):
    """Thirty students of one cohort and two classes, each with a place on one quality, and an exam that all took."""
    space = Space.objects.create(
        code="gate", name_en="Gate", name_zh="门校", simulated=False, evidence_map="evidence-demo-college"
    )
    cohort = Group.objects.create(space=space, code="2026", kind="cohort", name_en="Entry 2026", name_zh="2026 级")
    run = CalibrationRun.objects.create(
        space=space, at=NOON, file="x.json", evidence_map="evidence-demo-college", evidence_map_version="1",
        last_record=0, responses=0, units=0, converged=True, notices=[], seconds=0, current=True,
    )  # fmt: skip
    source = DataSource.objects.create(
        space=space, code="exams", name_en="e", name_zh="e", purpose="p", legal_basis="duty", owner="o"
    )
    entry = Import.objects.create(source=source, file_name="x", digest="x", at=NOON, by="x", kept=30)
    exam = Item.objects.create(space=space, code="exam/x", name_en="Exam", name_zh="考试", kind="exam")
    for number in range(30):
        person = Person.objects.create(space=space, code=f"g{number}", name_en=f"G{number}", name_zh=f"G{number}")
        Membership.objects.create(group=cohort, person=person)
        profile(run, person, number / 10 - 1.5)
        EvidenceRecord.objects.create(came_with=entry, person=person, item=exam, score=number, max_score=30)
    return space


def profile(run, person, mean, *, enough=True):
    return ProfileRow.objects.create(
        run=run, person=person, occasion="2026-2027", quality="innovation", mean=mean, std_error=0.3,
        lower90=mean - 0.5, upper90=mean + 0.5, n_evidence=5, enough=enough,
    )  # fmt: skip


def account(space, role, name):
    made = Account.objects.create_user(name, role=role, name_en=name, name_zh=name)
    made.spaces.add(space)
    return made


def cohort_of(space):
    return Group.objects.get(space=space, code="2026")


def size_for(officer, space, at):
    return outside_size(cohort_of(space), to=officer, at=at)


def test_a_cohort_is_told_to_a_bureau_and_written_down(college):
    officer = account(college, "bureau", "gate-bureau")
    assert size_for(officer, college, NOON).cells[0].count == 30
    event = AuditEntry.objects.order_by("-position").first()
    assert (event.act, event.account_id, event.space_id, event.purpose) == (
        "released", officer.pk, college.pk, "statistics",
    )  # fmt: skip
    size_for(officer, college, LATER)
    assert AuditEntry.objects.order_by("-position").first().position == event.position  # nothing new left


def test_one_newcomer_is_not_told_to_any_officer_until_there_are_five(college):
    officer, second = account(college, "bureau", "gate-bureau"), account(college, "bureau", "gate-bureau-2")
    assert size_for(officer, college, NOON).cells[0].count == 30
    for number in range(5):
        person = Person.objects.create(space=college, code=f"new{number}", name_en="N", name_zh="N")
        Membership.objects.create(group=cohort_of(college), person=person)
        told = [size_for(who, college, LATER) for who in (officer, second)]
        assert [one.cells[0].count for one in told] == ([35] * 2 if number == 4 else [30] * 2)
        assert all((one.held is None) == (number == 4) for one in told)


def test_somebody_erased_stays_in_what_left_as_nobody_in_particular(college):
    officer = account(college, "bureau", "gate-bureau")
    size_for(officer, college, NOON)
    gone = Person.objects.get(space=college, code="g0")
    EvidenceRecord.objects.filter(person=gone).delete()
    gone.delete()
    assert ReleasedPerson.objects.filter(table__space=college, person=None).count() == 1
    assert size_for(officer, college, LATER).cells[0].count == 30
    assert size_for(officer, college, LATER).held is not None


def test_a_kept_ledger_reads_as_it_was_written(college):
    officer = account(college, "bureau", "gate-bureau")
    with translation.override("en"):
        outside_group(cohort_of(college), "2026-2027", to=officer, at=NOON)
    kept = ledger_of(college, "bureau")
    known = next(one for one in kept.entries if one.table.code.endswith("innovation") and one.table.measures)
    assert known.released.cells[0].count == 30
    assert known.table.people == tuple(cohort_of(college).people.order_by("pk").values_list("pk", flat=True))
    assert dict(known.measured)
    assert ReleasedTable.objects.filter(space=college).count() == len(kept.entries) == 19


def class_mean(space, reader, values, at, place="attainment-class"):
    """Let the mean of a class leave to a reader."""
    axis = Axis(code="attained:1", name=Text("has scores", "有成绩"), leaves=("yes",), kind=AxisKind.COUNTED,
                has_total=False)  # fmt: skip
    mean = Measure(code="objective:1", name=Text("mean", "平均"), values=values, statistics=(Statistic.MEAN,), low=0,
                   high=100, decimals=0)  # fmt: skip
    return released(place, list(values), {"attained:1": ["yes"] * len(values)}, code="attainment:1", axes=[axis],
                    measures=[mean], space=space, to=reader, at=at)  # fmt: skip


def test_two_classmates_cannot_take_their_means_off_each_other(college):
    """One looked before a score was corrected, the other after: what left to the first counts for the second."""
    people = list(Person.objects.filter(space=college).order_by("pk").values_list("pk", flat=True))[:12]
    values = {person: 50.0 + 2 * n for n, person in enumerate(people)}
    first, second = account(college, "student", "gate-s1"), account(college, "student", "gate-s2")
    before = class_mean(college, first, values, NOON)
    corrected = {**values, people[0]: 100.0}
    after = class_mean(college, second, corrected, LATER)
    assert after.cells == before.cells
    assert after.held is not None
    assert class_mean(college, first, corrected, LATER).cells == before.cells
    third = class_mean(college, account(college, "student", "gate-s3"), values, LATER)
    assert third.cells == before.cells
    assert third.held is None
    for reader in ("gate-s1", "gate-s2", "gate-s3"):  # and each has it on record that it left to them
        audience = audience_of(Account.objects.get(username=reader)).code
        assert ReleasedTable.objects.filter(space=college, audience=audience).count() == 1
    others = {person: value + 15 for person, value in values.items()}
    assert class_mean(college, second, others, LATER).cells != before.cells  # all changed: nobody stands out


def test_what_left_to_a_teacher_counts_for_a_student_of_the_class(college):
    people = list(Person.objects.filter(space=college).order_by("pk").values_list("pk", flat=True))[:12]
    teacher, student = account(college, "teacher", "gate-t"), account(college, "student", "gate-s")
    values = {person: 50.0 + 2 * n for n, person in enumerate(people)}
    before = class_mean(college, teacher, values, NOON, place="attainment-before")
    after = class_mean(college, student, {**values, people[3]: 0.0}, LATER)
    assert (after.cells, after.held is not None) == (before.cells, True)


@pytest.mark.parametrize(("language", "hidden", "why"), [
    ("en", "hidden", "would tell something of fewer than 5 people"), ("zh", "不公开", "会透露不足 5 人的情况"),
])  # fmt: skip
def test_a_page_says_what_is_hidden_and_why_in_a_line_that_the_cell_names(client, college, language, hidden, why):
    few = cohort_of(college).people.order_by("pk")[:3]
    ProfileRow.objects.filter(person__in=few).update(enough=False)
    client.force_login(account(college, "bureau", "gate-bureau"))
    client.cookies["django_language"] = {"en": "en", "zh": "zh-hans"}[language]
    page = client.get(reverse("group", kwargs={"pk": cohort_of(college).pk})).content.decode()
    assert f'<a class="hidden-cell" href="#why-hidden" aria-describedby="why-hidden">{hidden}</a>' in page
    assert page.count('id="why-hidden"') == 1
    assert page.count(why) == 1
    assert [number for number in ("3", "27") if f">{number}<" in page or f">{number} /" in page] == []


def test_a_teacher_sees_their_own_and_of_the_others_only_what_may_leave(client, college):
    teacher = account(college, "teacher", "gate-teacher")
    group = Group.objects.create(space=college, code="a", kind="class", name_en="A", name_zh="A")
    Charge.objects.create(account=teacher, group=group)
    for person in Person.objects.filter(space=college).order_by("pk")[:20]:
        Membership.objects.create(group=group, person=person)
    CalibrationRun.objects.filter(space=college).update(current=False)
    exam = Item.objects.get(space=college, code="exam/x")
    told = others_of(exam, to=teacher, at=NOON)
    assert (told.results, told.mean) == (10, 82)  # 20 to 29 of 30: 81.7
    client.force_login(teacher)
    client.cookies["django_language"] = "en"
    page = client.get(reverse("assessment", kwargs={"pk": exam.pk})).content.decode()
    assert "10 others took it as well, whom you may not see singly; their mean is 82 % of the highest." in page
    assert "<dd>20</dd>" in page
    assert "<dd>30</dd>" not in page


def test_of_three_others_a_teacher_learns_nothing(client, college):
    teacher = account(college, "teacher", "gate-teacher")
    group = Group.objects.create(space=college, code="a", kind="class", name_en="A", name_zh="A")
    Charge.objects.create(account=teacher, group=group)
    for person in Person.objects.filter(space=college).order_by("pk")[:27]:
        Membership.objects.create(group=group, person=person)
    CalibrationRun.objects.filter(space=college).update(current=False)
    exam = Item.objects.get(space=college, code="exam/x")
    told = others_of(exam, to=teacher, at=NOON)
    assert (told.results, told.mean) == (None, None)
    client.force_login(teacher)
    client.cookies["django_language"] = "en"
    page = client.get(reverse("assessment", kwargs={"pk": exam.pk})).content.decode()
    assert "how many and how they did is hidden" in page
    assert "<dd>27</dd>" in page


def test_who_sees_everybody_has_no_others(college):
    exam = Item.objects.get(space=college, code="exam/x")
    assert others_of(exam, to=account(college, "director", "gate-director"), at=NOON) is None
    assert not ReleasedTable.objects.filter(space=college).exists()


@pytest.mark.parametrize(("open_to", "said"), [(2, "how many is not shown"), (28, "how many is not shown"),
                                               (12, "Only 12 of 30 people can meet it")])  # fmt: skip
def test_a_rule_that_shuts_a_few_out_or_lets_a_few_in_does_not_number_them(client, college, open_to, said):
    Rule.objects.create(space=college, code="r", text_en="r", text_zh="r", open_to=open_to, people=30)
    client.force_login(account(college, "bureau", "gate-bureau"))
    client.cookies["django_language"] = "en"
    page = client.get(reverse("rules")).content.decode()
    assert said in page
    assert (f"{open_to} of 30" in page) == (open_to == 12)


def test_a_director_sets_the_minimum_from_a_day_on_with_who_decided_it(client, college):
    director, officer = account(college, "director", "gate-director"), account(college, "bureau", "gate-bureau")
    today = timezone.now().date()
    client.force_login(director)
    wanted = {"min_cell": 40, "min_spread": 40, "starts": f"{today}", "source": "Data council, 2026-12-03"}
    answer = client.post(reverse("release_rules", kwargs={"code": "gate"}), wanted)
    assert answer.status_code == 302
    assert policy_of(college, day=today).min_cell == 40
    assert policy_of(college, day=today - timedelta(days=1)).min_cell == 5
    event = AuditEntry.objects.filter(act="release-rules").order_by("-position").first()
    assert (event.account_id, json.loads(event.detail)) == (
        director.pk,
        {"from": f"{today}", "min_cell": 40, "min_spread": 40},
    )
    assert "Data council, 2026-12-03" in client.get(reverse("release_rules", kwargs={"code": "gate"})).content.decode()
    client.force_login(officer)
    assert client.get(reverse("group", kwargs={"pk": cohort_of(college).pk})).status_code == 403


def test_only_a_director_sets_it(client, college):
    researcher = account(college, "researcher", "gate-researcher")
    client.force_login(researcher)
    wanted = {"min_cell": 3, "min_spread": 10, "starts": "2099-01-01", "source": "x"}
    assert client.get(reverse("release_rules", kwargs={"code": "gate"})).status_code == 200
    assert client.post(reverse("release_rules", kwargs={"code": "gate"}), wanted).status_code == 403
    with pytest.raises(PermissionDenied):
        set_release_rules(space=college, by=researcher, at=NOON, min_cell=6, min_spread=10, starts=date(2099, 1, 1),
                          source="x")  # fmt: skip
    assert not ReleaseRule.objects.filter(space=college).exists()


def test_every_fault_of_a_rule_is_named_at_once(college):
    director = account(college, "director", "gate-director")
    with pytest.raises(FaultyInputError) as refused:
        set_release_rules(space=college, by=director, at=NOON, min_cell=2, min_spread=10, starts=date(2026, 1, 1),
                          source=" ")  # fmt: skip
    assert {fault.code for fault in refused.value.faults} == {"past", "no-source"}
    with pytest.raises(FaultyInputError, match="behind a spread is 10; it must be at least 12"):
        set_release_rules(space=college, by=director, at=NOON, min_cell=12, min_spread=10, starts=NOON.date(),
                          source="x")  # fmt: skip
    with pytest.raises(FaultyInputError, match="in force on 2026-11-24 already"):
        set_release_rules(space=college, by=director, at=NOON, min_cell=5, min_spread=10, starts=NOON.date(),
                          source="x")  # fmt: skip


OF_ONES_OWN_ACCOUNT = {
    "account", "account_prove", "api_tokens", "factors_off", "generator_add", "passkey_add", "passkey_offer",
    "password_change", "recovery_renew", "saved_view_add", "saved_views", "sign_ins_end",
}  # fmt: skip


# What an institution says of itself, and what somebody is told and asked: nobody is named or counted there.
OF_NOBODY = {"governance", "trust", "notices", "notices_read", "registers", "data_set", "method", "processors"} | {
    *("policies", "policy", "policy_bundle", "policy_card_file", "policy_paper"),  # of provinces, colleges, programmes
    *("coordination", "coordination_file", "coordination_audit"),  # of provinces
}


# Of teachers, students, and who looks after the fairness of lists.
OTHERS_PAGES = {
    "assessment",
    "attainment_course",
    "my_attainment",
    "priority_fairness",
    "teaching_quality",
    "value_added",
}


def test_every_page_that_a_bureau_opens_stands_in_the_register_or_tells_of_nobody():
    opened = {name for name, _how, _thing, own, *_rest in LINES if "B" in own} - OF_ONES_OWN_ACCOUNT - OF_NOBODY
    assert opened == {place.page for place in PLACES.values()} - OTHERS_PAGES | {"about_numbers", "style"}


# Whatever computes a figure over rows, and why it needs no gate, or the place of the register that it stands for.
READERS = "of people whom the reader may see singly"
PROVINCES = "of provinces"
MACHINE = "of rows, files or jobs, shown to who keeps the records"
FIGURES = {
    "accounts/access.py visible_groups": "which groups are large enough",
    "accounts/office_views.py accounts": "sign-ins and second factors of each account, to who runs it",
    "accounts/looks.py _sizes": "how many a list held, to the person themself",
    "accounts/tables.py rows_shown": "how many rows a list has, to who reads it",
    "api/of_groups.py groups": "group-size for a bureau, else of people whom the reader may see singly",
    "commands/working.py _rows_in_lake": MACHINE,
    "evidence/observation_showing.py progress_of": MACHINE,
    "evidence/rating_showing.py my_rounds": "a rater's own works",
    "evidence/taking.py _state_of": MACHINE,
    "governance/attainment_actions.py _shares_told": "scores of each student, into a course that the account fills in",
    "governance/breach.py affected_by": "who was affected by a breach, by name, to who keeps the records",
    "governance/indicator_actions.py fill_indicator": "of what the office fills in, to the office",
    "governance/indicator_chain.py chain_of": "chain",
    "governance/indicator_ecosystem.py ecosystem_of": READERS,
    "governance/indicator_records.py figures_on_record": "counts on record, to the office alone",
    "governance/indicator_showing.py value_of": "of what the office filled in, to the office",
    "governance/coordination_showing.py findings": PROVINCES,
    "governance/coordination_tables.py _regions": PROVINCES,
    "governance/coordination_tables.py obstacle_names": PROVINCES,
    "governance/indicator_telling.py _version": "indicator-size, and of filled-in figures what leaves no few",
    "governance/ledgers.py _entry": "what left before",
    "governance/added_scores.py scores_there": READERS,
    "governance/added_working.py _result": "of whole groups, to who sees their people; a teacher the own groups",
    "governance/teaching_showing.py survey_view": "courses of lecturers, hidden under the minimum; all or the own ones",
    "homes/figures.py people_without_mentor": READERS,
    "homes/office.py _accounts": "accounts, to who runs them",
    "homes/office.py _jobs": MACHINE,
    "homes/outside.py attainment_card": READERS,
    "homes/outside.py officer_cards": "requests, ages and switches, to who answers for the protection of people",
    "homes/outside.py policy_card": "cards of policies, about provinces, colleges or years and no person",
    "homes/outside.py research_cards": MACHINE,
    "homes/spaces.py listed_groups": "group-size for a bureau, else of people whom the reader may see singly",
    "homes/teaching.py teacher_cards": READERS,
    "matching/priority_counting.py _before": READERS,
    "matching/priority_counting.py _came": READERS,
    "matching/priority_counting.py _figures": READERS,
    "matching/priority_counting.py _own_works": READERS,
    "matching/priority_showing.py list_view": READERS,
    "matching/priority_use.py _acted": READERS,
    "matching/priority_use.py _minutes": "decisions of each account, to the director alone",
    "matching/quiet_counting.py own_works_of": READERS,
    "measurement/adaptive_planning.py foretell": "of simulated answers",
    "records/counting.py held_in": MACHINE,
    "records/counting.py per_day": MACHINE,
    "records/counting.py stored_by": MACHINE,
    "records/health.py _stores": MACHINE,
    "rights/counting.py counts_on_record": "how much is on record of one person, to that person and the officer",
    "selection/rule_showing.py run_view": READERS,
    "stores/showing.py _attachment_bytes": MACHINE,
    "teaching/assessed.py _figures": READERS,
    "teaching/assessments.py _bands": READERS,
    "teaching/assessments.py _says": READERS,
    "teaching/assessments.py assessment_of": READERS,
    "teaching/class_checks.py _by_fit": READERS,
    "teaching/cohorts.py _quality": READERS,
    "teaching/finding.py _with_profiles": READERS,
    "teaching/fits.py _report": READERS,
    "teaching/items.py _drawn": READERS,
    "teaching/items.py levels_of": READERS,
    "teaching/others.py others_of": "assessment-others",
    "teaching/questions.py _report": READERS,
}
COMPUTES = {"Avg", "Count", "Sum", "StdDev", "Variance", "mean", "median", "quantile", "histogram", "bincount", "std",
            "chain_steps", "compute_indicator", "hill_number",
            "curve_report", "option_report", "map_of", "category_uses", "information_report"}  # fmt: skip


def computing():
    for file in WEB.rglob("*.py"):
        if "migrations" not in file.parts:
            for found in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(found, ast.FunctionDef):
                    calls = [node.func for node in ast.walk(found) if isinstance(node, ast.Call)]
                    if {getattr(one, "id", getattr(one, "attr", "")) for one in calls} & COMPUTES:
                        yield f"{file.relative_to(WEB).as_posix()} {found.name}"


def test_whoever_computes_a_figure_over_people_says_who_sees_it():
    """A new figure fails here until somebody has said whether it passes the gate or why it need not."""
    assert sorted(set(computing())) == sorted(FIGURES)


def test_each_place_of_the_register_is_let_out_somewhere_and_no_other():
    used = set()
    for file in WEB.rglob("*.py"):
        for found in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            called = getattr(found.func, "id", "") if isinstance(found, ast.Call) else ""
            if called in {"released", "released_alone", "released_counts"}:
                used.add(found.args[0].value)
    assert used == set(PLACES)


@pytest.mark.parametrize(("role", "told"), [("director", True), ("bureau", False), ("teacher", False)])
def test_counts_and_notices_of_a_calibration_are_for_who_sees_everybody(client, college, role, told):
    """From day to day they would tell that somebody came, and “everybody reached the same” tells of each."""
    notice = {"en": "on 1 item everybody reached the same category", "zh": "x"}
    CalibrationRun.objects.filter(space=college).update(responses=4321, units=30, notices=[notice])
    client.force_login(account(college, role, f"gate-{role}"))
    client.cookies["django_language"] = "en"
    page = client.get(reverse("about_numbers")).content.decode()
    assert ("4,321" in page) == ("everybody reached the same" in page) == told
