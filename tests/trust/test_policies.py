"""L33: plans of policy results are sealed before the figures, every result is listed, and outsiders get the same bytes.

The pages go step by step: a card is written, sealed, its figures opened, the gate seen, the result worked out.
"""

import io
import json
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.urls import reverse
from openpyxl import load_workbook
from pypdf import PdfReader

from yucai.demo import demo_policies
from yucai.errors import FaultyInputError
from yucai.governance import card_of, read_bundle, read_card, write_card
from yucai.texts import Text
from yucai.web.accounts.audit_models import AuditEntry
from yucai.web.accounts.models import Account, Space
from yucai.web.commands.working import job_handlers
from yucai.web.governance.policy_actions import (
    accept_policy_gate,
    drop_draft,
    open_policy_data,
    save_policy,
    seal_policy,
)
from yucai.web.governance.policy_demonstration import fill_policies
from yucai.web.governance.policy_forms import PolicyCardForm, form_of_card
from yucai.web.governance.policy_models import PolicyRecord, PolicyUpload
from yucai.web.governance.policy_running import ask_for_result, bundle_file, keep_result
from yucai.web.governance.policy_showing import policy_view
from yucai.web.jobs.actions import ask_cancel, run_next
from yucai.web.jobs.models import Job

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 24, 4, tzinfo=UTC)
THIN = demo_policies()[2]


@pytest.fixture
def space(db):
    return Space.objects.create(
        code="policy-school", name_en="School", name_zh="学校", simulated=False, evidence_map="evidence-demo-college"
    )


@pytest.fixture
def lin(space):
    account = Account.objects.create_user("policy-lin", role="director", name_en="Lin", name_zh="林")
    account.spaces.add(space)
    return account


@pytest.fixture
def director(client, lin):
    client.force_login(lin)
    client.cookies["django_language"] = "zh-hans"
    return client


@pytest.fixture
def draft(lin, space):
    return save_policy(space=space, card=THIN.card, by=lin, at=NOON)


@pytest.fixture
def opened(draft, lin):
    record = seal_policy(record=draft, by=lin, at=NOON)
    return open_policy_data(record=record, data=THIN.data, name="x.csv", by=lin, at=NOON + timedelta(hours=1))


@pytest.fixture
def done(opened, lin):
    shown = policy_view(opened).gate_hash
    record = accept_policy_gate(record=opened, shown=shown, by=lin, at=NOON + timedelta(hours=2))
    keep_result(record=record, by=lin, at=NOON + timedelta(hours=3))
    return PolicyRecord.objects.get(pk=record.pk)


def page(client, name, record=None, **more):
    answer = client.get(reverse(name, args=[record.slug] if record else []), **more)
    assert answer.status_code == 200
    return answer.content.decode()


def csv_of(content=THIN.data, name="x.csv"):
    return SimpleUploadedFile(name, content)


def work(*, at=None, problem=False):
    """Let a worker do what is waiting."""
    outcome = run_next(job_handlers(), clock=lambda: at or datetime.now(tz=UTC))
    assert (outcome.problem is not None) is problem, outcome.problem
    return outcome


def acts():
    return list(AuditEntry.objects.filter(act__startswith="policy.").order_by("position").values_list("act", flat=True))


def codes(action, **said):
    with pytest.raises(FaultyInputError) as refused:
        action(**said)
    return [fault.code for fault in refused.value.faults]


def test_a_card_goes_all_the_way_on_its_pages(director, space):
    answer = director.post(
        f"{reverse('policy_from_file')}?space={space.code}", {"file": csv_of(write_card(THIN.card).encode(), "a.toml")}
    )
    assert answer.status_code == 302
    record = PolicyRecord.objects.get(space=space)
    assert "下一步：封存" in page(director, "policy", record)
    asked = page(director, "policy_seal", record)
    assert "此操作不可撤销" in asked
    assert "请先勾选" in director.post(reverse("policy_seal", args=[record.slug])).content.decode()
    director.post(reverse("policy_seal", args=[record.slug]), {"sure": "yes"})
    record.refresh_from_db()
    assert record.mark in page(director, "policy", record)
    answer = director.post(reverse("policy_open", args=[record.slug]), {"file": csv_of(), "of_units": "on"})
    assert answer.status_code == 302
    shown = page(director, "policy", record)
    assert "这些数据最多能说明什么" not in shown  # it is worked out in the background
    assert "取消" in shown
    work()
    shown = page(director, "policy", record)
    assert "这些数据最多能说明什么" in shown
    assert "结论：" not in shown
    record.refresh_from_db()
    answer = director.post(
        reverse("policy_accept", args=[record.slug]), {"shown": policy_view(record).gate_hash}, follow=True
    )
    assert "评估政策效果" in answer.content.decode()
    work()
    shown = page(director, "policy", record)
    assert "结论： 无法检验" in shown
    assert "林" in shown
    assert acts() == [
        "policy.written", "policy.sealed", "policy.uploaded", "policy.opened", "policy.accepted", "policy.evaluated",
    ]  # fmt: skip
    trail = AuditEntry.objects.get(act="policy.sealed")
    record.refresh_from_db()
    assert json.loads(trail.detail) == {"mark": record.mark}
    trail = AuditEntry.objects.get(act="policy.evaluated")
    assert json.loads(trail.detail)["sha256"] == json.loads(record.evaluated)["evaluation"]


def test_the_form_says_the_card_that_it_was_filled_from(draft, director):
    for one in demo_policies():
        held = {name: "" if value is None else value for name, value in form_of_card(one.card).items()}
        form = PolicyCardForm(held)
        assert form.is_valid(), form.errors

        assert card_of(form.said()) == one.card


@pytest.mark.parametrize(
    "asked",
    [
        {"neighbours": (("Programme 01", "Programme 20"), ("Programme 02", "Programme 21")), "no_neighbours": None},
        {"no_neighbours": Text("Nobody moves.", "无人流动。"), "placebo_years": (1, 3)},
        {"no_neighbours": None, "placebo_years": ()},
    ],
    ids=["neighbours", "a reason", "neither"],
)
def test_the_form_loses_nothing_of_what_the_plan_asks(asked):
    """What a draft from a file says of neighbours and earlier starts is there when somebody changes another field."""
    card = replace(demo_policies()[1].card, plan=replace(demo_policies()[1].card.plan, **asked))
    form = PolicyCardForm({name: "" if value is None else value for name, value in form_of_card(card).items()})
    assert form.is_valid(), form.errors
    assert card_of(form.said()) == card


def test_a_form_with_faults_has_each_at_its_field_and_keeps_nothing(director, space):
    held = {name: "" if value is None else value for name, value in form_of_card(THIN.card).items()}
    held |= {"code": "Not Good", "horizon": 9, "units": "Programme 01, soon", "title_zh": "", "title_en": ""}
    form_page = director.post(f"{reverse('policy_add')}?space={space.code}", held)
    form = form_page.context["form"]
    assert set(form.errors) == {"title_zh"}  # what is missing is told first
    form = director.post(f"{reverse('policy_add')}?space={space.code}", held | {"title_zh": "题"}).context["form"]
    assert {"code", "units"} <= set(form.errors)
    assert "soon" in form.errors["units"][0]
    assert not PolicyRecord.objects.filter(space=space).exists()
    empty = director.post(f"{reverse('policy_add')}?space={space.code}", {"code": ""}).context["form"]
    assert len(empty.errors) > 15


def test_a_draft_is_changed_and_thrown_away_and_a_sealed_card_is_neither(director, draft, lin, space):
    held = {name: "" if value is None else value for name, value in form_of_card(THIN.card).items()}
    director.post(reverse("policy_change", args=[draft.slug]), held | {"horizon": 1})
    draft.refresh_from_db()
    assert read_card(draft.card).horizon == 1
    sealed = seal_policy(record=draft, by=lin, at=NOON)
    assert codes(save_policy, space=space, card=THIN.card, by=lin, at=NOON, record=sealed) == ["is-sealed"]
    assert codes(seal_policy, record=sealed, by=lin, at=NOON) == ["is-sealed"]
    assert codes(drop_draft, record=sealed, by=lin, at=NOON) == ["is-sealed"]
    answer = director.post(reverse("policy_drop", args=[sealed.slug]), follow=True)
    assert "不再修改" in answer.content.decode()
    assert PolicyRecord.objects.filter(pk=sealed.pk).exists()


def test_no_step_is_skipped(draft, lin):
    assert codes(open_policy_data, record=draft, data=THIN.data, name="x", by=lin, at=NOON) == ["not-sealed"]
    sealed = seal_policy(record=draft, by=lin, at=NOON)
    assert codes(accept_policy_gate, record=sealed, shown="", by=lin, at=NOON) == ["not-opened"]
    opened = open_policy_data(record=sealed, data=THIN.data, name="x", by=lin, at=NOON)
    assert codes(open_policy_data, record=opened, data=THIN.data, name="x", by=lin, at=NOON) == ["is-opened"]
    assert codes(ask_for_result, record=opened, by=lin, at=NOON) == ["not-accepted"]
    assert codes(accept_policy_gate, record=opened, shown="another", by=lin, at=NOON) == ["other-screen"]
    with pytest.raises(IntegrityError), transaction.atomic():
        PolicyRecord.objects.filter(pk=opened.pk).update(accepted_at=NOON - timedelta(days=1))
    with pytest.raises(IntegrityError), transaction.atomic():
        PolicyRecord.objects.filter(pk=opened.pk).update(grade="supported")


def test_a_file_that_cannot_be_read_is_not_opened_and_its_faults_are_told(director, draft, lin):
    seal_policy(record=draft, by=lin, at=NOON)
    director.post(
        reverse("policy_open", args=[draft.slug]), {"file": csv_of(b"programme,year\nA,2021\n"), "of_units": "on"}
    )
    work(problem=True)
    shown = page(director, "policy", draft)
    assert "projects_per_100" in shown
    assert "不算打开" in shown
    assert not PolicyUpload.objects.get(policy=draft).content
    answer = director.post(reverse("policy_open", args=[draft.slug]), {"file": csv_of()})
    assert answer.context["data_form"].errors.keys() == {"of_units"}
    draft.refresh_from_db()
    assert draft.opened_at is None
    assert acts()[-2:] == ["policy.uploaded", "policy.refused"]
    director.post(reverse("policy_open", args=[draft.slug]), {"file": csv_of(), "of_units": "on"})
    work()
    assert "projects_per_100" not in page(director, "policy", draft)  # the faults went with the next file
    assert not PolicyUpload.objects.filter(policy=draft).exists()


def test_a_card_changed_in_the_database_is_said_to_be_and_is_not_worked_out(director, opened, lin):
    shown = policy_view(opened).gate_hash
    record = accept_policy_gate(record=opened, shown=shown, by=lin, at=NOON + timedelta(hours=2))
    PolicyRecord.objects.filter(pk=record.pk).update(card=record.card.replace("horizon = 2", "horizon = 1"))
    assert "数据库中的卡或结果与封存时不同" in page(director, "policy", record)
    record.refresh_from_db()
    assert codes(keep_result, record=record, by=lin, at=NOON + timedelta(hours=3)) == ["card-changed"]


def test_the_work_is_called_off_and_taken_up_again(director, opened, lin):
    shown = policy_view(opened).gate_hash
    record = accept_policy_gate(record=opened, shown=shown, by=lin, at=NOON + timedelta(hours=2))
    job = ask_for_result(record=record, by=lin, at=NOON)
    assert "返回政策卡" in page_of_job(director, job)
    ask_cancel(job, at=NOON)
    assert run_next(job_handlers(), clock=lambda: NOON + timedelta(hours=3)) is None
    assert "结果尚未算出" in page(director, "policy", record)
    director.post(reverse("policy_work_out", args=[record.slug]))
    run_next(job_handlers(), clock=lambda: NOON + timedelta(hours=3))
    record.refresh_from_db()
    assert record.grade == "not-testable"
    assert codes(ask_for_result, record=record, by=lin, at=NOON) == ["is-there"]


def page_of_job(client, job):
    return client.get(reverse("job", args=[job.pk])).content.decode()


def test_the_bundle_is_that_of_the_card_and_runs_again_to_the_same_bytes(director, done):
    answer = director.get(reverse("policy_bundle", args=[done.slug]))
    assert answer["Content-Type"] == "application/zip"
    bundle = read_bundle(answer.content, mark=done.mark)
    assert bundle.evaluated.evaluation.decode() == done.evaluation
    assert zipfile.ZipFile(io.BytesIO(answer.content)).read("data.csv") == THIN.data
    director.post(reverse("policy_rerun", args=[done.slug]))
    run_next(job_handlers(), clock=lambda: NOON)
    assert "逐字节相同" in Job.objects.get(kind=f"policy-rerun:{done.slug}").message_zh
    assert json.loads(AuditEntry.objects.get(act="policy.rerun").detail) == {"same": "yes"}


def test_a_result_changed_in_the_database_gives_no_bundle(director, done):
    PolicyRecord.objects.filter(pk=done.pk).update(evaluation=done.evaluation.replace("not-testable", "supported"))
    answer = director.get(reverse("policy_bundle", args=[done.slug]), follow=True)
    assert "数据库中的结果与" in answer.content.decode()
    assert "数据库中的卡或结果与封存时不同" in page(director, "policy", done)


def test_a_verdict_changed_beside_its_result_is_seen_on_the_page_of_the_card(director, done):
    assert "数据库中的卡或结果与封存时不同" not in page(director, "policy", done)
    PolicyRecord.objects.filter(pk=done.pk).update(grade="supported", p_value=0.001)
    assert "数据库中的卡或结果与封存时不同" in page(director, "policy", done)


@pytest.mark.parametrize(("name", "more"), [("policy_vintage", {"name": "2027"}), ("policy_from_file", {})])
def test_a_file_larger_than_is_taken_is_refused_before_it_is_read(director, done, name, more):
    large = SimpleUploadedFile("large.csv", b"x" * (8 * 2**20 + 1))
    address = reverse(name, args=[] if name == "policy_from_file" else [done.slug])
    answer = director.post(address, {"file": large, **more})
    assert answer.status_code == 200
    assert "上限 8 MB" in answer.content.decode()
    assert PolicyRecord.objects.count() == PolicyRecord.objects.filter(pk__lte=done.pk).count()
    assert not done.vintages.exists()


def test_page_paper_and_workbook_say_the_same(director, done):
    shown = page(director, "policy", done)
    paper = director.get(reverse("policy_paper", args=[done.slug]))
    words = "".join(one.extract_text() for one in PdfReader(io.BytesIO(paper.content)).pages)
    squeezed = words.replace("\n", "").replace(" ", "")
    for line in json.loads(done.evaluation)["verdict"]["says"]:
        assert line["zh"] in shown
        assert line["zh"].replace(" ", "") in squeezed
    assert done.mark in squeezed
    table = director.get(f"{reverse('policies')}?as=xlsx&table=policies")
    sheet = load_workbook(io.BytesIO(table.content)).worksheets[0]
    heads = [cell.value for cell in sheet[1]]
    row = dict(zip(heads, [cell.value for cell in sheet[2]], strict=True))
    assert row["结论"] == "无法检验"
    assert row["封存标记"] == done.mark


def test_a_card_takes_the_place_of_another_and_both_stay(director, done, space):
    director.post(reverse("policy_replace", args=[done.slug]))
    later = PolicyRecord.objects.get(replaces=done)
    assert read_card(later.card).replaces == done.mark
    assert later.slug == f"{done.slug}-2"
    assert "本卡替代此前的卡" in page(director, "policy", later)
    seal_policy(record=later, by=Account.objects.get(username="policy-lin"), at=NOON + timedelta(days=1))
    listed = page(director, "policies")
    assert listed.count("某专业实行双导师制") == 2
    assert "已被后来的卡替代" in listed


def test_a_later_vintage_stands_beside_the_result_and_changes_nothing(director, done):
    changed = THIN.data.replace(b"Programme 02,2022,", b"Programme 02,2022,1")
    answer = director.post(reverse("policy_vintage", args=[done.slug]), {"file": csv_of(changed), "name": "2027 修订"})
    assert answer.status_code == 302
    work()
    shown = page(director, "policy", done)
    assert "2027 修订" in shown
    assert "有 1 个被修订" in shown
    before, done = done.evaluation, PolicyRecord.objects.get(pk=done.pk)
    assert done.evaluation == before
    for file, code in [(changed, "2027 修订"), (THIN.data, "无可比对")]:  # looked at already
        answer = director.post(reverse("policy_vintage", args=[done.slug]), {"file": csv_of(file), "name": "again"})
        assert code in answer.content.decode()


def test_a_bureau_sees_sealed_cards_and_no_drafts_and_changes_nothing(client, space, draft, lin):
    bureau = Account.objects.create_user("policy-bureau", role="bureau")
    bureau.spaces.add(space)
    client.force_login(bureau)
    assert client.get(reverse("policy", args=[draft.slug])).status_code == 403
    assert "某专业实行双导师制" not in page(client, "policies")
    seal_policy(record=draft, by=lin, at=NOON)
    shown = page(client, "policy", draft)
    assert '<form method="post" action="/governance' not in shown
    assert client.post(reverse("policy_open", args=[draft.slug]), {"file": csv_of()}).status_code == 403


def test_the_list_asks_as_many_questions_for_many_cards_as_for_one(
    director, done, lin, space, django_assert_max_num_queries
):
    page(director, "policies")
    with django_assert_max_num_queries(20) as few:
        page(director, "policies")
    for n in range(5):
        later = NOON + timedelta(days=n + 1)
        seal_policy(record=save_policy(space=space, card=THIN.card, by=lin, at=NOON), by=lin, at=later)
    with django_assert_max_num_queries(len(few)):
        page(director, "policies")
    with django_assert_max_num_queries(20):
        page(director, "policy", done)


def test_the_demonstration_has_a_card_of_each_kind_and_says_what_is_simulated(director, space):
    Account.objects.get_or_create(username="director", defaults={"role": "director", "demo": True})[0].spaces.add(space)
    fill_policies(space, at=NOON)
    found = {one.code: one for one in PolicyRecord.objects.filter(space=space)}
    assert {code: (one.grade, one.simulated) for code, one in found.items()} == {
        "reform-pilots-2015": ("inconclusive", False),
        "project-year": ("supported", True),
        "dual-mentors": ("not-testable", True),
    }
    shown = page(director, "policy", found["reform-pilots-2015"])
    assert "尚待本单位核实" in shown
    assert ("广东" in shown, "Guangdong" in shown) == (True, False)  # the figures hold both names
    assert "模拟：政策与数据均为虚构。" not in shown
    assert "模拟：政策与数据均为虚构。" in page(director, "policy", found["project-year"])


def test_the_bundle_of_a_result_is_made_anew_each_time_and_is_the_same(done):
    assert bundle_file(done) == bundle_file(done)
