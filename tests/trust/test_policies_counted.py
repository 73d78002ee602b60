"""L33: every look at the outcome of a policy counts, whatever it is called, and what is listed is what is sealed.

False-discovery control is worth as much as the list of looks behind it: a word on a card, a second card on the same
figures, a later vintage, a run by command line or a changed column of the database must not make a finding better.
"""

import io
import json
from dataclasses import replace
from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl import load_workbook
from pypdf import PdfReader

from tests.trust.policies import NOON, bundle_elsewhere, small_policy, work, worked_out
from yucai.governance import canonical_json, read_bundle, write_bundle
from yucai.web.accounts.audit import note
from yucai.web.accounts.audit_models import AuditEntry
from yucai.web.accounts.models import Account, Space
from yucai.web.governance.policy_actions import save_policy, seal_policy
from yucai.web.governance.policy_models import PolicyRecord, PolicyUpload, PolicyVintage
from yucai.web.governance.policy_running import bundle_file
from yucai.web.governance.policy_showing import register_view
from yucai.web.jobs.actions import JobCancelledError, ask_cancel, require_going_on
from yucai.web.jobs.models import Job

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
STRONG = small_policy(3.0)
NOTHING = small_policy(0.0, outcome="Papers")


@pytest.fixture
def space(db):
    return Space.objects.create(
        code="looks-school", name_en="School", name_zh="学校", simulated=False, evidence_map="evidence-demo-college"
    )


@pytest.fixture
def lin(space):
    account = Account.objects.create_user("looks-lin", role="director", name_en="Lin", name_zh="林")
    account.spaces.add(space)
    return account


@pytest.fixture
def director(client, lin):
    client.force_login(lin)
    client.cookies["django_language"] = "zh-hans"
    return client


@pytest.fixture
def strong(space, lin):
    return worked_out(space, lin, *STRONG)


def listed(lin, space):
    register = register_view(lin, space).register
    return register, {one.code: one for one in register.entries}


def page(client, name, *args):
    answer = client.get(reverse(name, args=args))
    assert answer.status_code == 200
    return answer.content.decode()


def csv_of(content, name="x.csv"):
    return SimpleUploadedFile(name, content)


def refused_page(answer):
    assert answer.status_code == 200
    return answer.content.decode()


# 1. A word on a card buys no look


def test_real_figures_on_a_card_that_says_simulated_are_a_look(director, strong, space, lin):
    before, found = listed(lin, space)
    assert found["project-year"].hochberg == pytest.approx(0.01)
    card, data = NOTHING
    worked_out(space, lin, replace(card, code="a-trial", simulated=True), data)
    after, found = listed(lin, space)
    assert (before.family, after.family, after.simulated) == (1, 2, 1)
    assert found["project-year"].hochberg == pytest.approx(0.02)
    assert found["a-trial"].hochberg is None
    shown = page(director, "policies")
    assert "共计入 2 次检验" in shown
    assert "模拟：计为一次检验，不作为发现" in shown


def test_a_second_card_on_the_same_figures_is_a_further_look_and_the_page_says_so(director, strong, space, lin):
    card, data = STRONG
    worked_out(space, lin, replace(card, code="tried-again"), data, at=NOON + timedelta(days=1))
    register, found = listed(lin, space)
    assert (register.family, register.again) == (2, 1)
    assert found["tried-again"].again
    assert found["project-year"].hochberg == pytest.approx(0.02)  # the sure second look does not help the first
    assert "对同一数据的再次检验" in page(director, "policies")


# 2. A later vintage weakens and counts


def compare(director, record, data, name="2027"):
    answer = director.post(reverse("policy_vintage", args=[record.slug]), {"file": csv_of(data), "name": name})
    assert answer.status_code == 302
    work()


def test_later_figures_weaken_a_verdict_and_never_better_it(director, strong, space, lin):
    assert strong.grade == "suggestive"
    compare(director, strong, small_policy(3.2)[1])
    register, found = listed(lin, space)
    assert (register.family, register.vintages) == (2, 1)
    assert (found["project-year"].grade, found["project-year"].weakened) == ("suggestive", False)
    compare(director, strong, small_policy(0.0)[1], name="2028")
    register, found = listed(lin, space)
    assert register.family == 3
    assert (found["project-year"].grade, found["project-year"].weakened) == ("inconclusive", True)
    assert found["project-year"].p_value > 0.1
    strong.refresh_from_db()
    assert strong.grade == "suggestive"  # the sealed result stays what it was
    shown = page(director, "policy", strong.slug)
    assert "后来的数据使该结论变弱" in shown
    assert "计入 2 次后来数据比对" in page(director, "policies")
    paper = director.get(reverse("policy_paper", args=[strong.slug]))
    words = "".join(one.extract_text() for one in PdfReader(io.BytesIO(paper.content)).pages)
    assert "后来的数据使该结论变弱" in words.replace("\n", "").replace(" ", "")


def test_a_weak_result_is_not_bettered_by_stronger_later_figures(director, space, lin):
    weak = worked_out(space, lin, *NOTHING)
    compare(director, weak, small_policy(3.0)[1])
    _register, found = listed(lin, space)
    assert found["project-year"].grade == "inconclusive"
    assert found["project-year"].p_value > 0.1
    assert "不能使其变强：结论仍为“尚无定论”" in page(director, "policy", weak.slug)


# 3. Looks that were taken elsewhere


def take(director, space, content, mark=""):
    address = f"{reverse('policy_take')}?space={space.code}"
    return director.post(address, {"file": csv_of(content, "b.zip"), "mark": mark})


def test_a_bundle_of_the_command_line_is_run_again_and_counts(director, strong, space, lin):
    card, data = NOTHING
    bundle = bundle_elsewhere(replace(card, code="elsewhere"), data)
    packed = write_bundle(bundle)
    assert take(director, space, packed, mark=bundle.seal.mark).status_code == 302
    assert "列入登记册前" in page(director, "job", Job.objects.get(kind__startswith="policy-bundle").pk)
    work()
    register, found = listed(lin, space)
    assert register.family == 2
    assert found["project-year"].hochberg == pytest.approx(0.02)
    assert found["elsewhere"].hochberg == pytest.approx(found["elsewhere"].p_value)
    record = PolicyRecord.objects.get(space=space, code="elsewhere")
    assert bundle_file(record) == packed  # it goes out as it came
    assert "已逐字节核对并重新计算结果" in page(director, "policy", record.slug)
    assert "由封存包导入" in page(director, "policies")
    assert json.loads(AuditEntry.objects.get(act="policy.taken").detail)["mark"] == bundle.seal.mark
    assert "已在登记册中" in refused_page(take(director, space, packed))
    assert not PolicyUpload.objects.exists()


def test_a_bundle_is_a_look_of_the_day_on_which_it_came_whatever_time_it_says(director, strong, space, lin):
    """Else whoever has a better card on the same figures could date it before the one that was seen here."""
    card, data = STRONG
    take(director, space, write_bundle(bundle_elsewhere(replace(card, code="dated"), data, at=NOON - 900 * DAY)))
    work()
    register, found = listed(lin, space)
    assert (found["dated"].again, found["project-year"].again, register.again) == (True, False, 1)


def test_a_bundle_with_a_made_up_result_counts_and_is_no_finding(director, strong, space, lin):
    card, data = NOTHING
    bundle = bundle_elsewhere(replace(card, code="made-up"), data)
    result = json.loads(bundle.evaluated.evaluation)
    result["verdict"]["grade"] = "supported"
    for one in result["estimates"]:
        one["p_value"] = one["randomisation_p"] = 0.0001
    forged = replace(bundle, evaluated=replace(bundle.evaluated, evaluation=canonical_json(result)))
    take(director, space, write_bundle(forged))  # every hash is mended: the bytes belong together
    work()
    register, found = listed(lin, space)
    assert (register.family, register.doubted) == (2, 1)
    assert (found["made-up"].grade, found["made-up"].hochberg) == (None, None)
    assert found["project-year"].hochberg == pytest.approx(0.02)
    assert "本机结果不同" in page(director, "policies")
    record = PolicyRecord.objects.get(space=space, code="made-up")
    shown = page(director, "policy", record.slug)
    assert "计为一次检验，不作为发现" in shown
    assert "结论：" not in shown
    PolicyRecord.objects.filter(pk=record.pk).update(reproduced=True, taken_at=None)  # the trail knows better
    assert listed(lin, space)[1]["made-up"].hochberg is None


def test_a_bundle_that_was_changed_or_has_another_mark_is_not_taken(director, space):
    packed = write_bundle(bundle_elsewhere(*NOTHING))
    assert "data.csv" in refused_page(take(director, space, packed.replace(b"Unit 07,2020", b"Unit 07,2030", 1)))
    assert "seal.json" in refused_page(take(director, space, packed, mark="0" * 64))
    assert "封存包" in refused_page(take(director, space, b"x" * (17 * 2**20)))
    assert not Job.objects.filter(kind__startswith="policy-bundle").exists()


# 4. What is listed is what is sealed


def test_a_p_value_changed_in_its_column_changes_nothing_that_is_listed(director, strong, space, lin):
    before = listed(lin, space)
    PolicyRecord.objects.filter(pk=strong.pk).update(grade="supported", p_value=1e-9, estimate=99.0, simulated=False)
    assert listed(lin, space) == before
    table = director.get(f"{reverse('policies')}?as=xlsx&table=policies")
    sheet = load_workbook(io.BytesIO(table.content)).worksheets[0]
    row = dict(zip([cell.value for cell in sheet[1]], [cell.value for cell in sheet[2]], strict=True))
    assert (row["结论"], row["p"]) == ("有所提示", 0.01)
    assert row["效果"] < 5


def forge(record):
    """Change a result and the note of it, so that every hash fits again; only the audit trail knows."""
    result = json.loads(record.evaluation)
    for one in result["estimates"]:
        one["p_value"] = one["randomisation_p"] = 0.0001
    evaluation = canonical_json(result).decode()
    bundle = read_bundle(bundle_file(record))
    told = replace(bundle.evaluated, evaluation=evaluation.encode()).as_json()
    return {"evaluation": evaluation, "evaluated": canonical_json(told).decode(), "p_value": 0.0001}


def test_a_result_forged_with_all_its_hashes_is_held_against_the_audit_trail(director, strong, space, lin):
    PolicyRecord.objects.filter(pk=strong.pk).update(**forge(strong))
    _register, found = listed(lin, space)
    assert (found["project-year"].p_value, found["project-year"].hochberg) == (None, None)
    assert "与记录不符" in page(director, "policies")
    shown = page(director, "policy", strong.slug)
    assert "审计记录中没有这一结果" in shown
    assert "结论：" not in shown
    words = PdfReader(io.BytesIO(director.get(reverse("policy_paper", args=[strong.slug])).content)).pages[0]
    assert "审计记录中没有这一结果" in words.extract_text().replace("\n", "").replace(" ", "")
    for noted in (None, 1, 10**9):  # nor does it help to point to another place of the trail, or to none
        PolicyRecord.objects.filter(pk=strong.pk).update(noted=noted)
        assert listed(lin, space)[1]["project-year"].doubt is not None
    other = note("policy.evaluated", by=lin, at=NOON, space=space, target="policy:another", detail={"sha256": "0"})
    PolicyRecord.objects.filter(pk=strong.pk).update(noted=other.position)
    assert listed(lin, space)[1]["project-year"].doubt is not None


def test_a_result_or_a_vintage_that_is_taken_away_or_changed_still_counts(director, strong, space, lin):
    compare(director, strong, small_policy(0.0)[1])
    vintage = PolicyVintage.objects.get(policy=strong)
    PolicyVintage.objects.filter(pk=vintage.pk).update(evaluation=strong.evaluation, grade="supported")
    register, found = listed(lin, space)
    assert found["project-year"].doubt is not None
    assert register.family == 2
    PolicyVintage.objects.filter(pk=vintage.pk).update(evaluation=vintage.evaluation, grade=vintage.grade)
    assert listed(lin, space)[1]["project-year"].grade == "inconclusive"
    PolicyRecord.objects.filter(pk=strong.pk).update(
        evaluation="", evaluated="", evaluated_at=None, grade="", p_value=None
    )
    assert listed(lin, space)[1]["project-year"].doubt is not None


# 5. Gate and vintage are jobs


@pytest.fixture
def sealed(space, lin):
    card, _data = STRONG
    return seal_policy(record=save_policy(space=space, card=card, by=lin, at=NOON), by=lin, at=NOON)


def open_figures(director, record, data=STRONG[1]):
    return director.post(reverse("policy_open", args=[record.slug]), {"file": csv_of(data), "of_units": "on"})


def test_two_files_at_once_are_refused(director, sealed):
    assert open_figures(director, sealed).status_code == 302
    again = open_figures(director, sealed, STRONG[1] + b"\n")
    assert "正在处理" in director.get(again["Location"]).content.decode()
    assert PolicyUpload.objects.filter(policy=sealed).count() == 1
    work()
    again = open_figures(director, sealed)
    assert "的数据已于" in director.get(again["Location"]).content.decode()
    sealed.refresh_from_db()
    assert bytes(sealed.data) == STRONG[1]


def test_called_off_before_or_while_it_runs_it_leaves_nothing(director, sealed):
    for while_it_runs in (False, True):
        open_figures(director, sealed)
        job = PolicyUpload.objects.get(policy=sealed).job
        assert 'value="0.000"' in page(director, "policy", sealed.slug)
        if while_it_runs:
            Job.objects.filter(pk=job.pk).update(cancel_asked=True)
            work()
        else:
            director.post(reverse("job_cancel", args=[job.pk]))
        job.refresh_from_db()
        assert job.state == Job.State.CANCELLED
        assert not PolicyUpload.objects.filter(policy=sealed).exists()
        sealed.refresh_from_db()
        assert (sealed.opened_at, sealed.data) == (None, None)
    open_figures(director, sealed)
    work()
    sealed.refresh_from_db()
    assert sealed.opened_at is not None


def test_called_off_while_the_gate_is_worked_out_nothing_of_it_is_kept(director, sealed, monkeypatch):
    """Either the figures are open and the gate is shown, or nothing of them was seen."""
    from yucai.web.governance import policy_opening

    open_figures(director, sealed)
    job, real = PolicyUpload.objects.get(policy=sealed).job, policy_opening.check_gate

    def meanwhile(card, data):
        ask_cancel(job, at=NOON)
        return real(card, data)

    monkeypatch.setattr(policy_opening, "check_gate", meanwhile)
    work()
    job.refresh_from_db()
    sealed.refresh_from_db()
    assert (job.state, sealed.opened_at, sealed.gate) == (Job.State.CANCELLED, None, "")
    assert not PolicyUpload.objects.filter(policy=sealed).exists()


def test_what_is_written_with_a_job_is_not_called_off_half_way(director, sealed):
    open_figures(director, sealed)
    job = PolicyUpload.objects.get(policy=sealed).job
    Job.objects.filter(pk=job.pk).update(state=Job.State.RUNNING, attempt=job.attempt, lease_until=NOON)
    require_going_on(job)
    Job.objects.filter(pk=job.pk).update(cancel_asked=True)
    with pytest.raises(JobCancelledError):
        require_going_on(job)
    Job.objects.filter(pk=job.pk).update(cancel_asked=False, attempt=job.attempt + 1)  # another worker has it
    with pytest.raises(JobCancelledError):
        require_going_on(job)


def test_a_worker_that_falls_leaves_the_file_to_the_next(director, sealed):
    open_figures(director, sealed)
    job = PolicyUpload.objects.get(policy=sealed).job
    later = NOON + timedelta(days=9)
    Job.objects.filter(pk=job.pk).update(state=Job.State.RUNNING, attempt=1, lease_until=NOON)
    work(at=later)
    sealed.refresh_from_db()
    assert sealed.opened_at is not None
    Job.objects.filter(pk=job.pk).update(
        state=Job.State.RUNNING, attempt=1, lease_until=NOON
    )  # fell after all was done
    work(at=later)
    job.refresh_from_db()
    assert job.state == Job.State.DONE


def test_a_fault_of_the_program_leaves_no_file_behind_and_opens_nothing(director, sealed, monkeypatch):
    from yucai.web.governance import policy_opening

    def broken(card, data):
        raise ZeroDivisionError

    open_figures(director, sealed)
    monkeypatch.setattr(policy_opening, "check_gate", broken)
    work(problem=True)
    assert PolicyUpload.objects.get(policy=sealed).content is None
    shown = page(director, "policy", sealed.slug)
    assert "意外故障" in shown
    assert "打开数据</button>" in shown  # it can be handed in again


def test_an_unreadable_later_file_is_no_look_and_its_faults_stand_on_the_page(director, strong, space, lin):
    director.post(reverse("policy_vintage", args=[strong.slug]), {"file": csv_of(b"a,b\n1,2\n"), "name": "2027"})
    work(problem=True)
    shown = page(director, "policy", strong.slug)
    assert "未被采用" in shown
    assert "projects_per_100" in shown
    assert listed(lin, space)[0].family == 1
    assert not strong.vintages.exists()


def test_the_page_that_shows_the_work_is_renewed_when_it_is_done(director, sealed):
    open_figures(director, sealed)
    job = PolicyUpload.objects.get(policy=sealed).job
    asked = {"HX-Request": "true", "HX-Current-URL": f"http://testserver/governance/policies/{sealed.slug}/"}
    address = reverse("job_progress", args=[job.pk])
    assert "HX-Refresh" not in director.get(address, headers=asked)
    work()
    assert director.get(address, headers=asked)["HX-Refresh"] == "true"
    own = asked | {"HX-Current-URL": f"http://testserver{reverse('job', args=[job.pk])}"}
    assert "HX-Refresh" not in director.get(address, headers=own)


# 6. Two hundred cards


def test_two_hundred_cards_are_listed_with_few_questions(director, strong, space, lin, django_assert_max_num_queries):
    page(director, "policies")
    with django_assert_max_num_queries(20) as few:
        page(director, "policies")
    copies = []
    for n in range(200):
        copy = PolicyRecord.objects.get(pk=strong.pk)
        copy.pk, copy.slug, copy.mark = None, f"copy-{n}", f"{n:064x}"  # not as they were sealed: each is listed so
        copies.append(copy)
    PolicyRecord.objects.bulk_create(copies)
    with django_assert_max_num_queries(len(few)):
        shown = page(director, "policies")
    assert "共计入 201 次检验" in shown
    assert shown.count("与记录不符</span>") == 200


# 7. Offices of before


def test_an_update_finds_the_place_of_each_result_in_the_trail(director, strong, space, lin):
    for n in (1, 2):
        compare(director, strong, small_policy(3.0 + n / 10)[1], name=f"202{n}")
    places = [strong.noted, *strong.vintages.order_by("pk").values_list("noted", flat=True)]
    PolicyRecord.objects.filter(pk=strong.pk).update(noted=None)
    strong.vintages.update(noted=None)
    assert listed(lin, space)[1]["project-year"].doubt is not None
    import_module("yucai.web.migrations.0047_policy_looks").find_in_trail(apps, None)
    strong.refresh_from_db()
    assert [strong.noted, *strong.vintages.order_by("pk").values_list("noted", flat=True)] == places
    assert listed(lin, space)[1]["project-year"].doubt is None


def test_a_comparison_of_before_that_kept_no_bytes_counts_and_weakens(strong, space, lin):
    PolicyVintage.objects.create(policy=strong, name="2026", data_sha256="0" * 64, at=NOON, says=[], moved=[],
                                 grade="inconclusive")  # fmt: skip
    register, found = listed(lin, space)
    assert register.family == 2
    assert (found["project-year"].grade, found["project-year"].weakened) == ("inconclusive", True)
