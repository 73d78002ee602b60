"""Pages of observations: planned as it was drawn, progress and figures, exports that are written down, deletion."""

import io
import re
from datetime import UTC, date, datetime, timedelta

import numpy as np
import openpyxl
import polars as pl
import pytest
from django.utils.timezone import get_current_timezone

from tests.web.observing import SEEN, account, hand_in, opened, row, turns_of
from yucai.demo import simulate_kindergarten
from yucai.evidence import SamplingMode, from_boris
from yucai.measurement import answer_behaviour, event_agreement
from yucai.web.accounts.models import Space
from yucai.web.demonstration import fill_kindergarten
from yucai.web.evidence.observation_models import ObservationEvent, ObservationPlan, ObservationSession
from yucai.web.evidence.observation_plans import schedule_of, scheme_of
from yucai.web.evidence.observation_records import kept_of

pytestmark = pytest.mark.django_db

ADD = "/observations/add?space=demo-college"
LATER = datetime(2026, 11, 27, 4, tzinfo=UTC)


def form(**changes):
    return {
        "name": "Autumn", "scheme": "aggression-preschool", "mode": "timed-event", "seconds": 600, "interval_s": "",
        "children": "K-001 C-1\nK-002 C-2\nK-003 C-3", "first_day": "2026-11-30", "last_day": "2026-12-04",
        "weekdays": ["0", "2"], "times": "09:00 free-play\n09:30 进餐", "second_share": 50, "delete_on": "2027-08-31",
        "observers": [account("teacher").pk, account("researcher").pk], "seed": 11, **changes,
    }  # fmt: skip


def page_of(client, plan, rest="", **query):
    return client.get(f"/observations/plans/{plan.pk}/{rest}", query)


# Planning


def test_the_page_opens_only_what_was_shown(signed_in):
    director = signed_in("director")
    shown = director.post(ADD, form())
    words = shown.content.decode()
    assert "4 turns on 2 days" in words
    assert "3 children, each with 1 to 2 turns" in words
    changed = director.post(ADD, form(children="K-009 C-9", open="yes", checked=shown.context["checked"]))
    assert "changed after the schedule was drawn" in changed.content.decode()
    assert not ObservationPlan.objects.exists()
    last = director.post(ADD, form(open="yes", checked=shown.context["checked"]))
    plan = ObservationPlan.objects.get()
    assert last["Location"] == f"/observations/plans/{plan.pk}/"
    firsts = plan.turns.filter(second=False).order_by("number")
    zone = get_current_timezone()
    assert [f"{turn.starts.astimezone(zone):%a %H:%M} {turn.setting}" for turn in firsts] == [
        "Mon 09:00 free-play", "Mon 09:30 meal", "Wed 09:00 free-play", "Wed 09:30 meal",
    ]  # fmt: skip
    assert [slot.child for slot in schedule_of(plan).slots] == [turn.child.pseudonym for turn in firsts]


def test_every_fault_is_told_at_its_field_with_its_line_and_no_name_is_repeated(signed_in):
    answer = signed_in("director", "zh").post(
        ADD,
        form(name="", children="K-001 C-1\n王小明 C-2\nK-003", times="9 点 meal", interval_s=7, delete_on="2020-01-01"),
    )
    errors = answer.context["form"].errors
    assert set(errors) == {"name", "children", "times"}
    assert [text[:6] for text in errors["children"]] == ["第 2 行：", "第 3 行："]
    shown = re.sub(r"<textarea.*?</textarea>", "", answer.content.decode(), flags=re.S)
    assert "王小明" not in shown
    answer = signed_in("director").post(ADD, form(interval_s=7, delete_on="2020-01-01", observers=[]))
    assert set(answer.context["form"].errors) == {"observers"}
    answer = signed_in("director").post(ADD, form(interval_s=7, delete_on="2020-01-01"))
    assert set(answer.context["form"].errors) == {"interval_s", "delete_on"}
    assert not ObservationPlan.objects.exists()


# Progress


def test_progress_names_what_was_missed_and_what_was_not_at_its_time(signed_in):
    plan = opened()
    mine = list(turns_of(plan, "teacher"))
    hand_in(mine[0])
    hand_in(mine[1], starts=(mine[1].starts + timedelta(hours=2)).isoformat(), rows=())
    page = page_of(signed_in("director"), plan)
    progress = page.context["progress"]
    assert (progress.turns, progress.recorded, progress.silent) == (12, 2, 1)
    [teacher] = [one for one in progress.observers if one.name.startswith("Teacher Zhao")]
    over = [turn for turn in plan.turns.all() if turn.starts + timedelta(seconds=600) <= datetime.now(tz=UTC)]
    assert len(progress.missed) == len([turn for turn in over if turn.pk not in {mine[0].pk, mine[1].pk}])
    assert teacher.recorded == 2
    assert sorted(one.off_time for one in progress.records) == [False, True]
    words = page.content.decode()
    assert "not at the planned time" in words
    assert "1 session holds no event" in words


def test_a_page_names_no_child_but_by_pseudonym(signed_in):
    plan = opened()
    hand_in(turns_of(plan, "teacher").first())
    words = page_of(signed_in("director", "zh"), plan).content.decode()
    assert "姓名对照表另行保管于纸上" in words
    shown = set(re.findall(r"K-\d{3}", words))
    assert shown <= {"K-001", "K-002", "K-003", "K-004"}
    assert shown


def test_closing_and_deleting_go_by_buttons_and_are_written_down(signed_in):
    plan = opened()
    hand_in(turns_of(plan, "teacher").first())
    director = signed_in("director")
    refused = director.post(f"/observations/plans/{plan.pk}/delete")
    assert "Nothing was deleted before that day" in refused.content.decode()
    assert director.post(f"/observations/plans/{plan.pk}/close").status_code == 302
    assert "Nothing was changed" in director.post(f"/observations/plans/{plan.pk}/close").content.decode()
    ObservationPlan.objects.filter(pk=plan.pk).update(delete_on=date(2026, 1, 1))
    assert "1 record is due for deletion" in page_of(director, plan).content.decode()
    assert director.post(f"/observations/plans/{plan.pk}/delete").status_code == 302
    assert not ObservationSession.objects.exists()
    assert [event.kind for event in plan.events.order_by("pk")] == ["opened", "handed-in", "closed", "deleted"]
    assert "records deleted (1)" in page_of(director, plan).content.decode()


@pytest.mark.parametrize("role", ["teacher", "researcher", "mentor", "student", "bureau"])
def test_nobody_but_a_director_plans_closes_or_deletes(signed_in, role):
    plan = opened()
    client = signed_in(role)
    assert client.post(ADD, form()).status_code == 403
    assert client.post(f"/observations/plans/{plan.pk}/close").status_code == 403
    assert client.post(f"/observations/plans/{plan.pk}/delete").status_code == 403
    for child in ("K-001", "nobody"):
        assert client.post(f"/observations/plans/{plan.pk}/withdraw", {"child": child}).status_code == 403
    assert plan.children.filter(withdrawn_at__isnull=True).count() == 4


def test_a_plan_of_another_space_is_refused_like_one_that_is_none(signed_in):
    plan = opened()
    names = {"name_en": "Elsewhere", "name_zh": "别处"}
    elsewhere = Space.objects.create(code="elsewhere", simulated=False, evidence_map="evidence-demo-college", **names)
    ObservationPlan.objects.filter(pk=plan.pk).update(space=elsewhere)
    director = signed_in("director")
    for rest in ("", "answer", "boris.tsv", "observations.xlsx"):
        assert page_of(director, plan, rest).status_code == 403
        assert director.get(f"/observations/plans/999999/{rest}").status_code == 403
    assert director.get("/observations/add?space=elsewhere").status_code == 403
    assert not ObservationEvent.objects.filter(kind="exported").exists()


# Figures and exports, of the simulated kindergarten


@pytest.fixture
def kindergarten(db):
    fill_kindergarten(simulate_kindergarten(), at=LATER)
    return ObservationPlan.objects.get(space__code="demo-kindergarten")


def test_the_records_of_the_kindergarten_are_those_that_were_simulated(kindergarten):
    truth, kept = simulate_kindergarten().observations, kept_of(kindergarten).observations
    assert (len(kept), len(kept.sessions), kept.children) == (len(truth), len(truth.sessions), truth.children)
    columns = ["code", "onset_s", "offset_s", "antecedent", "consequence", "modifiers", "target", "density"]
    for table in (truth.table, kept.table):
        assert table.height > 3000
    assert kept.table.select(columns).sort(columns).equals(truth.table.select(columns).sort(columns))


def test_the_page_says_what_the_library_says(signed_in, kindergarten):
    kept, rng = kept_of(kindergarten).observations, np.random.default_rng(kindergarten.seed)
    agreement = event_agreement(kept, tolerance_s=3, rng=rng)
    page = page_of(signed_in("director"), kindergarten, "answer", behaviour="aggression").content.decode()
    assert f"{agreement.value:.2f}" in page
    assert "kappa of time units" in page
    sentences = answer_behaviour(kept, "aggression", rng=np.random.default_rng(1)).sections()
    assert sentences[1].sentences[0].en in page
    assert "out of 24.0 hours of observation of 24 children" in page
    assert "no judgement of a single child" in page
    for code in scheme_of(kindergarten).codes_of("behaviours"):
        assert page_of(signed_in("director", "zh"), kindergarten, "answer", behaviour=code).status_code == 200


def test_turns_of_the_kindergarten_go_on_from_today_by_the_same_draw(kindergarten):
    firsts = list(kindergarten.turns.filter(second=False).order_by("number").select_related("child"))
    assert [slot.child for slot in schedule_of(kindergarten).slots] == [turn.child.pseudonym for turn in firsts]
    today = LATER.astimezone(get_current_timezone()).date()
    assert sum(turn.starts.astimezone(get_current_timezone()).date() == today for turn in firsts) == 8
    assert max(session.starts for session in ObservationSession.objects.all()) < LATER - timedelta(hours=12)


def test_exports_are_whole_and_written_down(signed_in, kindergarten, tmp_path):
    director = signed_in("director")
    kept = kept_of(kindergarten).observations
    text = page_of(director, kindergarten, "boris.tsv")
    assert text["Content-Disposition"] == f'attachment; filename="boris-{kindergarten.pk}.tsv"'
    table = pl.read_csv(io.BytesIO(text.content), separator="\t", infer_schema=False)
    back = from_boris(table, scheme=kept.scheme, zone=get_current_timezone())
    assert back.observations.table.equals(kept.table)
    book = openpyxl.load_workbook(io.BytesIO(page_of(director, kindergarten, "boris.xlsx").content), read_only=True)
    assert next(book["Tabular events"].iter_rows(values_only=True))[:2] == ("Observation id", "Observation date")
    book = openpyxl.load_workbook(io.BytesIO(page_of(director, kindergarten, "observations.xlsx").content))
    assert book["observations"].max_row == len(kept) + 1
    assert book["sessions"].max_row == len(kept.sessions) + 1
    exported = kindergarten.events.filter(kind="exported").order_by("pk")
    assert [(event.by.username, event.count) for event in exported] == [("director", 172)] * 3


@pytest.mark.parametrize("mode", [SamplingMode.MOMENTARY, SamplingMode.PARTIAL_INTERVAL, SamplingMode.WHOLE_INTERVAL])
def test_intervals_give_shares_with_their_warning_and_agreement_of_intervals(signed_in, mode):
    plan = opened(mode=mode, interval_s=60)
    moment = mode is SamplingMode.MOMENTARY
    second = plan.turns.filter(second=True).first()
    rows = [row("alone", 60 * k, None if moment else 60 * k + 60) for k in range(1, 6)]
    hand_in(plan.turns.get(number=second.number, second=False), rows=rows)
    hand_in(second, rows=rows[:4])
    page = page_of(signed_in("director"), plan, "answer", behaviour="alone").content.decode()
    assert "50.00%" in page
    assert "cannot be recovered" in page
    assert "interval by interval: kappa" in page
    assert "The same in 90.0% of cases." in page


def test_no_record_one_record_and_second_records_only_are_said_in_words(signed_in):
    plan, director = opened(), signed_in("director")
    assert "No record came in yet." in page_of(director, plan, "answer").content.decode()
    second = plan.turns.filter(second=True).first()
    hand_in(second)
    assert "no observed time to divide by" in page_of(director, plan, "answer").content.decode()
    hand_in(turns_of(plan, "teacher").last(), rows=SEEN)
    words = page_of(director, plan, "answer", behaviour="aggression").content.decode()
    assert "no interval is given" in words
    assert "No turn was recorded by two observers" in words


def test_the_home_of_a_kindergarten_leads_to_its_observations(signed_in, kindergarten):
    page = signed_in("director").get("/home/?space=demo-kindergarten").content.decode()
    assert "nobody is on record by name" in page
    assert "/observations/" in page
    assert "/spaces/demo-kindergarten/import/" not in page
    assert "/spaces/demo-kindergarten/measure" not in page
