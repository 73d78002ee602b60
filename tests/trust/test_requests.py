"""L10: correction, objection and appeal, with a clock, a second person, an outcome and what it did to the result."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.urls import reverse

from yucai.errors import FaultyInputError
from yucai.web.accounts.audit_models import AuditEntry
from yucai.web.accounts.case_models import ReviewCase
from yucai.web.accounts.models import Account, Charge, Group, Membership, Person, Space
from yucai.web.evidence.actions import space_responses, write_lake
from yucai.web.evidence.models import DataSource, EvidenceRecord, Import, Item, OwnWork
from yucai.web.evidence.taken_back import take_back_decision
from yucai.web.evidence.taking import DecidedOnRequestError, undo_import
from yucai.web.jobs.models import Job
from yucai.web.measurement.models import CalibrationRun, ProfileRow
from yucai.web.rights.cases import (
    CaseMovedError,
    NotYoursToHandleError,
    appeal_case,
    decide_case,
    is_overdue,
    open_case,
    take_case,
)

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 27, 4, tzinfo=UTC)  # a Friday, noon in Shanghai
DAY = timedelta(days=1)
UPHELD = {"outcome": "upheld", "reason": "Two raters agree."}


@pytest.fixture
def school(db, settings, tmp_path):
    """Two students with ratings by the teacher, a portrait of one, a work that the director verified."""
    from dataclasses import replace

    settings.WORKSPACE = replace(settings.WORKSPACE, folder=tmp_path / "office")
    space = Space.objects.create(
        code="claims", name_en="Claims", name_zh="申校", simulated=False, evidence_map="evidence-demo-college"
    )
    group = Group.objects.create(space=space, code="c", kind="class", name_en="c", name_zh="c")
    for name, role in (("dean", "director"), ("vice", "director"), ("officer", "officer"), ("officer2", "officer"),
                       ("teacher", "teacher"), ("ir", "researcher"), ("ana", "student"),
                       ("ben", "student")):  # fmt: skip
        Account.objects.create_user(f"school-{name}", role=role, name_en=name, name_zh=name).spaces.add(space)
    Charge.objects.create(account=who("teacher"), group=group)
    source = DataSource.objects.create(
        space=space, code="marks", name_en="m", name_zh="m", purpose="p", legal_basis="duty", owner="o"
    )
    entry = Import.objects.create(source=source, file_name="marks.xlsx", digest="d", at=NOON, by="school-vice", kept=4)
    for name in ("ana", "ben"):
        person = Person.objects.create(space=space, code=f"claims-{name}", name_en=name, name_zh=name)
        Membership.objects.create(group=group, person=person)
        Account.objects.filter(username=f"school-{name}").update(person=person)
        for code, rater in (("own/strong/innovation/1", "school-teacher"), ("exam/x", "")):
            item, _ = Item.objects.get_or_create(space=space, code=code, name_en=code, name_zh=code, kind="rating")
            EvidenceRecord.objects.create(
                came_with=entry, person=person, item=item, rater=rater, score=2, max_score=4, occasion="2026-2027-1"
            )
    write_lake(space, at=NOON)
    _portrait(space, person_of("ana"))
    return space


def _portrait(space, person):
    run = CalibrationRun.objects.create(
        space=space, at=NOON, file="x.json", evidence_map="evidence-demo-college", evidence_map_version="1",
        last_record=0, responses=0, units=0, converged=True, notices=[], seconds=0, current=True,
    )  # fmt: skip
    ProfileRow.objects.create(
        run=run, person=person, occasion="2026-2027-1", quality="innovation", mean=-0.4, std_error=0.3, lower90=-0.9,
        upper90=0.1, n_evidence=5, enough=True,
    )  # fmt: skip
    OwnWork.objects.create(
        person=person, kind="project", title="桥", done_on=date(2026, 5, 1), part="x", team_size=1,
        quality="practical-literacy", proof="own-word", ai_used=False, added_at=NOON, state="verified",
        decided_by=who("dean"), decided_at=NOON, reason="seen",
    )  # fmt: skip


def who(name):
    return Account.objects.get(username=f"school-{name}")


def person_of(name):
    return Person.objects.get(code=f"claims-{name}")


def record_of(name, item="own/strong/innovation/1"):
    return EvidenceRecord.objects.get(person=person_of(name), item__code=item)


def work():
    return OwnWork.objects.get(person=person_of("ana"))


def opened(about="quality", key="innovation|2026-2027-1", by="ana", at=NOON, **more):
    said = {"kind": "objection", "said": "The rater mixed us up.", **more}
    return open_case(about=about, key=str(key), by=who(by), at=at, **said)


def in_hand(case, by="officer", at=NOON + DAY):
    take_case(case=case, by=who(by), at=at)
    return case


def events(case):
    return list(
        AuditEntry.objects.filter(target=f"review-case:{case.pk}").order_by("position").values_list("act", flat=True)
    )


def test_a_case_closes_only_with_an_outcome_and_what_it_did(school):
    case = in_hand(opened())
    with pytest.raises(FaultyInputError) as refused:
        decide_case(case=case, outcome="", reason=" ", by=who("officer"), at=NOON + DAY)
    assert {fault.code for fault in refused.value.faults} == {"no-outcome", "not-said"}
    with pytest.raises(IntegrityError), transaction.atomic():
        ReviewCase.objects.filter(pk=case.pk).update(state="decided", decided_at=NOON + DAY)
    decide_case(case=case, **UPHELD, by=who("officer"), at=NOON + DAY)
    case.refresh_from_db()
    assert (case.state, case.outcome, case.effect_en) == ("decided", "upheld", "The result stays as it is.")
    assert events(case) == ["review-case.opened", "review-case.taken", "review-case.decided"]
    assert not Job.objects.filter(space=school).exists()


def test_corrected_needs_a_correction_and_asks_for_a_new_calculation(school):
    case = in_hand(opened(about="work", key=work().pk), by="officer")
    with pytest.raises(FaultyInputError, match="Nothing about this result was corrected"):
        decide_case(case=case, outcome="corrected", reason="Right.", by=who("officer"), at=NOON + DAY)
    take_back_decision(work=work(), what="decision", reason="mixed up", by=who("dean"), at=NOON + DAY)
    decide_case(case=case, outcome="corrected", reason="Right.", by=who("officer"), at=NOON + 2 * DAY)
    case.refresh_from_db()
    assert "decision taken back on 2026-11-28" in case.effect_en
    assert "2026-11-28 收回核验" in case.effect_zh
    assert Job.objects.get(space=school).kind == "measure"


def test_evidence_set_aside_counts_no_more_and_stays_with_its_reason(school):
    case, record = in_hand(opened(about="record", key=record_of("ana").pk)), record_of("ana")
    others = record_of("ben")
    with pytest.raises(FaultyInputError, match="evidence behind this result"):
        decide_case(case=case, outcome="set-aside", reason="x", records=[others.pk], by=who("officer"), at=NOON + DAY)
    decide_case(
        case=case, outcome="set-aside", reason="Of another student.", records=[record.pk, others.pk],
        by=who("officer"), at=NOON + DAY,
    )  # fmt: skip
    record.refresh_from_db()
    others.refresh_from_db()
    assert record.score == 2
    assert record.replaced_by.file_name == f"request-{case.pk}"
    assert others.replaced_by is None
    assert space_responses(school).table.filter(learner="claims-ana")["item"].to_list() == ["exam/x"]
    case.refresh_from_db()
    assert case.effect_en.startswith("1 piece of evidence counts no more: own/strong/innovation/1.")
    assert Job.objects.get(space=school).kind == "measure"
    with pytest.raises(DecidedOnRequestError):
        undo_import(entry=record.replaced_by, by="school-vice", at=NOON + DAY)


MADE_BY = [("quality", None, "teacher"), ("record", None, "teacher"), ("work", None, "dean"), ("exam", None, "vice")]


@pytest.mark.parametrize(("about", "_key", "maker"), MADE_BY)
def test_who_made_the_contested_decision_does_not_handle_it(school, about, _key, maker):
    if about == "quality":
        case = opened()
    elif about == "work":
        case = opened(about="work", key=work().pk)
    else:
        case = opened(
            about="record", key=record_of("ana", "exam/x" if about == "exam" else "own/strong/innovation/1").pk
        )
    assert case.made_by == [who(maker).pk]
    Account.objects.filter(username=f"school-{maker}").update(role="director")
    with pytest.raises(NotYoursToHandleError, match="contests a decision of yours"):
        take_case(case=case, by=who(maker), at=NOON)
    case.refresh_from_db()
    assert case.state == "open"


def test_an_appeal_is_handled_by_neither(school):
    case = in_hand(opened(about="work", key=work().pk), by="officer")
    with pytest.raises(FaultyInputError, match="Only what was decided"):
        appeal_case(case=case, said="No.", by=who("ana"), at=NOON + DAY)
    decide_case(case=case, **UPHELD, by=who("officer"), at=NOON + DAY)
    case.refresh_from_db()
    again = appeal_case(case=case, said="Nobody asked me.", by=who("ana"), at=NOON + 2 * DAY)
    with pytest.raises(NotYoursToHandleError, match=r"decided on the request that is appealed|decision of yours"):
        take_case(case=again, by=who("officer"), at=NOON + 2 * DAY)
    with pytest.raises(NotYoursToHandleError, match="contests a decision of yours"):
        take_case(case=again, by=who("dean"), at=NOON + 2 * DAY)
    in_hand(again, by="officer2", at=NOON + 2 * DAY)
    with pytest.raises(FaultyInputError, match="opened already"):
        appeal_case(case=case, said="Again.", by=who("ana"), at=NOON + 3 * DAY)


def test_only_directors_and_officers_of_the_place_handle(school):
    case = opened()
    for name in ("teacher", "ir", "ana", "ben"):
        with pytest.raises(PermissionDenied):
            take_case(case=case, by=who(name), at=NOON)
    elsewhere = Account.objects.create_user("school-far", role="officer")
    with pytest.raises(PermissionDenied):
        take_case(case=case, by=elsewhere, at=NOON)


def test_of_two_handlers_at_once_the_first_has_it(school):
    first = opened()
    second = ReviewCase.objects.get(pk=first.pk)
    take_case(case=first, by=who("officer"), at=NOON)
    with pytest.raises(CaseMovedError, match="officer has it in hand since 2026-11-27 12:00"):
        take_case(case=second, by=who("vice"), at=NOON)
    with pytest.raises(CaseMovedError):
        decide_case(case=second, **UPHELD, by=who("vice"), at=NOON)
    decide_case(case=first, **UPHELD, by=who("officer"), at=NOON)
    with pytest.raises(CaseMovedError, match="officer decided on it"):
        decide_case(case=first, outcome="upheld", reason="Other.", by=who("officer"), at=NOON)
    first.refresh_from_db()
    assert first.reason == "Two raters agree."


def test_the_clock_counts_working_days_and_is_the_schools(school):
    assert opened().due_on == date(2026, 12, 11)  # ten working days from a Friday
    Space.objects.filter(pk=school.pk).update(request_days=5)
    assert opened(about="work", key=work().pk).due_on == date(2026, 12, 4)


def test_a_clock_set_back_makes_nothing_earlier(school):
    case = opened()
    in_hand(case, at=NOON - 30 * DAY)
    assert case.taken_at == case.opened_at == NOON
    decide_case(case=case, **UPHELD, by=who("officer"), at=NOON - 300 * DAY)
    case.refresh_from_db()
    assert case.decided_at == NOON
    late = opened(about="work", key=work().pk, at=NOON + DAY)
    assert not is_overdue(late, at=NOON - 400 * DAY)
    assert is_overdue(late, at=datetime(2026, 12, 15, 4, tzinfo=UTC))
    take_case(case=late, by=who("officer"), at=datetime(2026, 12, 20, 4, tzinfo=UTC))
    assert is_overdue(late, at=NOON)  # it was late when it was taken, whatever the clock says now


@pytest.mark.parametrize(
    ("about", "key"),
    [("quality", "innovation|2020"), ("quality", "none|2026-2027-1"), ("record", "987654321"), ("record", "9" * 40),
     ("record", "-1"), ("record", "１"), ("work", "0"), ("other", "1"), ("", "")],
)  # fmt: skip
def test_a_result_that_is_not_there_cannot_be_contested(school, client, about, key):
    with pytest.raises(PermissionDenied):
        opened(about=about, key=key)
    client.force_login(who("ana"))
    assert client.get(reverse("request_add"), {"about": about, "key": key}).status_code == 403


def test_ids_of_others_are_not_guessed(school, client):
    with pytest.raises(PermissionDenied):
        opened(about="record", key=record_of("ben").pk)
    case = opened()
    client.force_login(who("ben"))
    stranger = client.get(reverse("request", args=[case.pk]))
    nobody = client.get(reverse("request", args=[case.pk + 1000]))
    assert (stranger.status_code, nobody.status_code) == (403, 403)
    assert client.post(reverse("request_appeal", args=[case.pk]), {"said": "x"}).status_code == 403
    assert client.get(reverse("requests")).context["cases"] == []


def test_what_a_form_does_not_ask_is_not_taken(school, client):
    client.force_login(who("ana"))
    address = reverse("request_add") + "?about=quality&key=innovation%7C2026-2027-1"
    more = {"state": "decided", "outcome": "corrected", "made_by": "[]", "due_on": "2099-01-01",
            "person": person_of("ben").pk, "handler": who("ana").pk}  # fmt: skip
    client.post(address, {"kind": "objection", "said": "Wrong.", **more})
    case = ReviewCase.objects.get(space=school)
    assert (case.state, case.outcome, case.handler, case.person) == ("open", "", None, person_of("ana"))
    assert case.made_by == [who("teacher").pk]
    assert case.due_on.year < 2099
    client.post(reverse("request_take", args=[case.pk]))
    client.post(reverse("request_decide", args=[case.pk]), {"outcome": "corrected", "reason": "x"})
    case.refresh_from_db()
    assert case.state == "open"
    client.post(address, {"kind": "appeal", "said": "x"})
    assert ReviewCase.objects.filter(space=school).count() == 1


def test_one_result_is_contested_once_at_a_time(school):
    opened()
    with pytest.raises(FaultyInputError, match="under review already"):
        opened()


WORDS = {"en": "under review", "zh-hans": "复核中"}


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_while_open_everybody_sees_the_same_words(school, client, language):
    case = opened()
    contested = opened(about="record", key=record_of("ana", "exam/x").pk)
    told = {}
    for name in ("ana", "teacher", "dean", "ir"):
        client.force_login(who(name))
        client.cookies["django_language"] = language
        page = client.get(reverse("portrait", args=[person_of("ana").pk])).content.decode()
        told[name] = page.count(f'<span class="mark review">{WORDS[language]}</span>')
    assert told["ana"] >= 2
    assert len(set(told.values())) == 1
    for one in (case, contested):
        in_hand(one)
        decide_case(case=one, **UPHELD, by=who("officer"), at=NOON + DAY)
    assert "mark review" not in client.get(reverse("portrait", args=[person_of("ana").pk])).content.decode()


def test_the_student_sees_each_step_and_who_handles_sees_what_is_late(school, client):
    case = opened()
    client.force_login(who("ana"))
    client.cookies["django_language"] = "zh-hans"
    address = reverse("request", args=[case.pk])
    assert "等待受理" in client.get(address).content.decode()
    in_hand(case)
    assert "officer 负责处理" in client.get(address).content.decode()
    decide_case(case=case, **UPHELD, by=who("officer"), at=NOON + DAY)
    page = client.get(address).content.decode()
    assert "Two raters agree." in page
    assert "结果保持不变" in page
    ReviewCase.objects.filter(pk=opened(about="work", key=work().pk).pk).update(due_on=date(2026, 1, 1))
    for name in ("dean", "officer"):
        client.force_login(who(name))
        assert client.get(reverse("requests")).context["overdue"] == 1


def test_the_pages_take_a_request_through(school, client):
    client.force_login(who("ana"))
    address = reverse("request_add") + f"?about=record&key={record_of('ana').pk}"
    assert client.post(address, {"kind": "correction", "said": "Not my score."}).status_code == 302
    case = ReviewCase.objects.get(space=school)
    client.force_login(who("officer"))
    client.post(reverse("request_take", args=[case.pk]))
    page = client.get(reverse("request", args=[case.pk]))
    assert page.context["form"].fields["records"].choices[0][0] == record_of("ana").pk
    sent = {"outcome": "set-aside", "reason": "Of another student.", "records": [record_of("ana").pk]}
    assert client.post(reverse("request_decide", args=[case.pk]), sent).status_code == 302
    case.refresh_from_db()
    assert (case.outcome, case.handler) == ("set-aside", who("officer"))
    client.force_login(who("ana"))
    assert client.post(reverse("request_appeal", args=[case.pk]), {"said": "The other one too."}).status_code == 302
    assert ReviewCase.objects.get(appeals=case).kind == "appeal"
