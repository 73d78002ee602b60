"""The pages of the priority list: one list on a page that prints, cases step by step, few queries, both languages."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.trust.explained import lacking
from tests.trust.listing import DAY, NOON, decide, entry_of, furnish_college, listed, opened_case
from yucai.web.accounts.audit_models import AuditEntry
from yucai.web.accounts.models import Membership, Person, Space
from yucai.web.accounts.saved_models import SavedView
from yucai.web.evidence.models import EvidenceRecord
from yucai.web.jobs.actions import run_next
from yucai.web.matching.case_models import SupportCase
from yucai.web.matching.priority_models import PriorityEntry, PriorityRun
from yucai.web.matching.priority_running import first_day, run_list_job

pytestmark = pytest.mark.django_db


@pytest.fixture
def college(db):
    return furnish_college("lists")


def as_role(client, college, name, language="en"):
    client.force_login(college.accounts[name])
    client.cookies["django_language"] = language
    return client


def page(client, name, *args, **asked):
    answer = client.get(reverse(name, args=args), asked)
    assert answer.status_code == 200
    return answer.content.decode()


def many(college, run, n):
    people = Person.objects.bulk_create(
        Person(space=college.space, code=f"lists-m{i:03}", name_en=f"m{i}", name_zh=f"m{i}") for i in range(n)
    )
    Membership.objects.bulk_create(Membership(group=college.group, person=person) for person in people)
    PriorityEntry.objects.bulk_create(
        PriorityEntry(run=run, person=person, band="keep-in-view", reasons=[["x", "x"]], step_en="s", since=NOON)
        for person in people
    )


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("Who needs a talk", "Talk within a fortnight", "3 did not come from you: Algebra, Optics, Writing",
                "What speaks against it", "none in the cases", "Suggested:", "untested on this institution")),
        ("zh-hans", ("谁需要谈话", "两周内谈一次", "你有 3 份未交：algebra考试", "相反情况", "谈话记录中没有",
                     "建议：", "未经本单位历史数据检验")),
    ],
)  # fmt: skip
def test_the_director_reads_who_needs_a_talk_and_why(client, college, language, words):
    listed(college)
    shown = page(as_role(client, college, "director", language), "priority", "lists")
    for said in words:
        assert said in shown
    assert "lists-new" in shown  # of whom too little is known: counted and named, grey
    assert "lists-a0" not in shown


def test_a_teacher_sees_own_people_only_and_a_list_can_be_narrowed_to_a_group(client, college):
    listed(college)
    assert "lists-quiet" in page(as_role(client, college, "teacher"), "priority", "lists")
    other = page(as_role(client, college, "beside"), "priority", "lists")
    assert "lists-quiet" not in other
    assert "lists-new" in other
    narrowed = page(as_role(client, college, "director"), "priority", "lists", group=college.group.pk)
    assert "lists-quiet" in narrowed
    assert "lists-new" not in narrowed


def test_a_look_at_the_list_is_one_event_with_everybody_on_the_page(client, college):
    listed(college)
    page(as_role(client, college, "director"), "priority", "lists")
    look = AuditEntry.objects.filter(act="read", target="priority").order_by("-position").first()
    assert set(look.people.values_list("person", flat=True)) == {college.people["quiet"].pk, college.people["new"].pk}
    assert look.purpose == "guidance"


def test_a_list_is_worked_out_for_a_chosen_day(client, college):
    as_role(client, college, "director")
    address = reverse("priority_work_out", args=["lists"])
    answer = client.post(address, {"scope": "all", "as_of": "2026-02-10"}, follow=True)
    assert "As of 2026-02-10" in answer.content.decode()
    wrong = client.post(address, {"scope": "all", "as_of": "soon"}).content.decode()
    assert "Not saved yet" in wrong
    assert PriorityRun.objects.filter(space=college.space).count() == 1


def test_a_teacher_has_the_list_of_own_classes_worked_out_and_of_no_other(client, college):
    as_role(client, college, "teacher")
    address = reverse("priority_work_out", args=["lists"])
    shown = client.post(address, {"scope": "all", "as_of": f"{DAY}"}).content.decode()
    assert "Select a valid choice" in shown or "Not saved yet" in shown
    assert not PriorityRun.objects.filter(space=college.space).exists()
    client.post(address, {"scope": str(college.group.pk), "as_of": f"{DAY}"})
    assert PriorityRun.objects.get(space=college.space).group == college.group


def test_a_list_of_many_people_is_worked_out_by_the_worker(client, college, monkeypatch):
    monkeypatch.setattr("yucai.web.matching.priority_running.AT_ONCE", 3)
    as_role(client, college, "director")
    client.post(reverse("priority_work_out", args=["lists"]), {"scope": "all", "as_of": f"{DAY}"})
    job = college.space.jobs.get()
    assert job.kind == f"priority:all@{DAY}"
    done = run_next({"priority": lambda job, report: run_list_job(job, report, at=NOON)}, clock=timezone.now, only=job)
    assert done.problem is None
    job.refresh_from_db()
    assert job.message.en == f"Priority list of {DAY}: 1 on it, of 1 too little is known."


def test_the_day_that_is_proposed_is_when_all_of_the_last_term_was_due(college):
    assert f"{first_day(college.space, None, today=NOON.date() + timedelta(days=99))}" == "2026-08-04"
    assert first_day(Space(pk=0), None, today=DAY) == DAY


@pytest.mark.parametrize("n", [3, 60])
def test_the_list_asks_at_most_twenty_queries_however_many_are_on_it(client, college, n, django_assert_max_num_queries):
    many(college, listed(college), n)
    as_role(client, college, "director")
    page(client, "priority", "lists")
    with django_assert_max_num_queries(20):
        shown = page(client, "priority", "lists")
    assert shown.count('class="entry ') == min(50, n + 1)


def test_cases_and_a_case_ask_few_queries(client, college, django_assert_max_num_queries):
    listed(college)
    case = opened_case(college)
    for _ in range(5):
        decide(case, college.accounts["director"], "talk")
    as_role(client, college, "director")
    for name, part in (("cases", "lists"), ("case", case.pk)):
        with django_assert_max_num_queries(20):
            page(client, name, part)


def test_from_the_list_to_the_end_of_a_case(client, college):
    listed(college)
    as_role(client, college, "director")
    opened = client.post(reverse("case_open", args=[entry_of(college).pk]))
    case = SupportCase.objects.get(person=college.people["quiet"])
    assert opened["Location"] == reverse("case", args=[case.pk])
    talk = {"day": "2026-08-10", "who": "Lin", "said": "He works at night.", "reason": "Work is missing."}
    steps = (("talk", talk), ("action", {**talk, "day": "2026-09-01", "said": "A tutor."}),
             ("outcome", {"reason": "He handed in."}),
             ("helped", {"reason": "He says so.", "helped": "yes"}))  # fmt: skip
    for kind, said in steps:
        shown = re.search(r'name="shown" value="([^"]+)"', page(client, "case", case.pk)).group(1)
        answer = client.post(reverse("case_decide", args=[case.pk]), {"kind": kind, "shown": shown, **said})
        assert answer.status_code == 302, answer.content.decode()
    end = page(client, "case", case.pk)
    for words in ("He works at night.", "A tutor.", "He handed in.", "He says so.", "Talked on 2026-08-10: Lin"):
        assert words in end
    assert "<form" not in re.search(r"<main.*</main>", end, re.S).group()
    case.refresh_from_db()
    assert (case.state, case.helped) == ("closed", "yes")
    assert "Last contact" in page(client, "cases", "lists", over="1")


def test_who_writes_is_told_before_writing_that_the_student_reads_it(client, college):
    listed(college)
    shown = page(as_role(client, college, "director"), "case", opened_case(college).pk)
    assert shown.index("What you write about a person, the person can read") < shown.index("<textarea")


def test_a_decision_without_a_reason_comes_back_with_what_was_typed(client, college):
    listed(college)
    case = opened_case(college)
    as_role(client, college, "director")
    shown = re.search(r'name="shown" value="([^"]+)"', page(client, "case", case.pk)).group(1)
    said = {"kind": "talk", "shown": shown, "day": "2026-08-10", "who": "Lin", "said": "typed words", "reason": ""}
    back = client.post(reverse("case_decide", args=[case.pk]), said).content.decode()
    assert "This is needed." in back
    assert "typed words" in back
    assert f'value="{shown}"' in back  # the clock goes on


def test_several_are_filed_in_one_step(client, college):
    run = listed(college)
    many(college, run, 2)
    as_role(client, college, "director")
    entries = list(run.entries.exclude(band="unknown").order_by("pk"))
    address = reverse("priority_several", args=["lists"]) + "?" + "&".join(f"entry={one.pk}" for one in entries)
    shown = re.search(r'name="shown" value="([^"]+)"', client.get(address).content.decode()).group(1)
    said = {"shown": shown}
    for n, one in enumerate(entries):
        said |= {f"kind-{one.pk}": "dismissed" if n else "opened", f"reason-{one.pk}": f"reason {n}"}
    assert client.post(address, said)["Location"] == reverse("cases", args=["lists"])
    assert sorted(SupportCase.objects.filter(space=college.space).values_list("state", flat=True)) == [
        "alert", "dismissed", "dismissed",
    ]  # fmt: skip
    assert "reason-" in client.get(address).content.decode()  # who was set aside can be looked at again


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_l9_the_page_of_several_says_six_things_of_each(client, college, language):
    listed(college)
    as_role(client, college, "director", language)
    shown = page(client, "priority_several", "lists", entry=entry_of(college).pk)
    assert lacking(shown, language) == []


def test_new_evidence_is_told_and_without_a_list_the_page_says_so(client, college):
    as_role(client, college, "director")
    assert "No list has been worked out yet." in page(client, "priority", "lists")
    listed(college)
    assert "evidence came in since" not in page(client, "priority", "lists")
    old = EvidenceRecord.objects.filter(person=college.people["quiet"]).first()
    EvidenceRecord.objects.create(came_with=old.came_with, person=old.person, item=old.item, score=1, max_score=2,
                                  occasion="2026-2027-1")  # fmt: skip
    assert "evidence came in since" in page(client, "priority", "lists")


def test_a_minor_whom_nobody_approved_is_left_out_and_the_page_says_so(client, college):
    listed(college)
    Person.objects.filter(pk=college.people["quiet"].pk).update(born=NOON.date() - timedelta(days=16 * 365))
    shown = page(as_role(client, college, "director"), "priority", "lists")
    assert "lists-quiet" not in shown
    assert "under 18" in shown


def test_the_quiet_student_of_the_demonstration_stands_at_the_top_with_a_true_reason(signed_in):
    from yucai.web.matching.priority_demonstration import fill_priority

    space = Space.objects.get(code="demo-college")
    fill_priority([space], at=timezone.now())
    entry = PriorityEntry.objects.get(run__space=space, person__code="2024010018")
    assert entry.band == PriorityEntry.Band.TALK
    said = " ".join(en for en, _zh in entry.reasons)
    assert "4 did not come from you" in said
    assert "31 July" in said  # the last own work is of the school year before
    assert not EvidenceRecord.objects.filter(person=entry.person, occasion__startswith="2025-2026").exists()
    band = PriorityEntry.objects.filter(run=entry.run, band="talk-soon").count()
    assert band < 40  # of 240: a list on which everybody stands is none
    page_shown = signed_in("director").get(reverse("priority", args=["demo-college"])).content.decode()
    assert page_shown.index("2024010018") < page_shown.index('id="used"')


# ---- narrowed and saved


def test_a_list_narrowed_to_a_band_and_to_who_has_no_case_is_saved_and_opens_the_newest_list(client, college):
    run = listed(college)
    many(college, run, 3)
    client = as_role(client, college, "director")
    asked = {"band": "keep-in-view", "free": "yes", "x": "thrown away"}
    shown = page(client, "priority", "lists", **asked)
    assert "m0" in shown
    assert "lists-quiet" not in shown
    query = re.search(r'name="query" value="([^"]*)"', shown)[1].replace("&amp;", "&")
    assert query == "band=keep-in-view&free=yes&scope=all"
    saved = {"page": "priority", "number": college.space.pk, "query": query, "name": "No case yet"}
    answer = client.post(reverse("saved_view_add"), saved)
    assert answer.url == "/spaces/lists/priority/?band=keep-in-view&free=yes&scope=all"
    listed(college, scope=str(college.group.pk), at=NOON + timedelta(hours=1))
    newer = listed(college, day=DAY + timedelta(days=1), at=NOON + timedelta(hours=2))
    opened = client.get(answer.url).content.decode()
    assert f'<option value="{newer.pk}" selected>' in opened
    assert "who needs a talk" in page(client, "saved_views")
    assert answer.url.replace("&", "&amp;") in page(client, "home")


def test_a_view_of_an_institution_that_is_not_seen_is_not_saved(client, college):
    far = Space.objects.create(code="lists-far", name_en="x", name_zh="x", simulated=False, evidence_map="x")
    client = as_role(client, college, "director")
    saved = {"page": "priority", "number": far.pk, "query": "", "name": "far"}
    assert client.post(reverse("saved_view_add"), saved).status_code == 403
    assert not SavedView.objects.filter(account=college.accounts["director"]).exists()


def test_who_has_an_open_case_leaves_the_narrowed_list(client, college):
    listed(college)
    client = as_role(client, college, "director")
    assert "lists-quiet" in page(client, "priority", "lists", free="yes")
    opened_case(college)
    assert "lists-quiet" not in page(client, "priority", "lists", free="yes")
    assert "lists-quiet" in page(client, "priority", "lists")


# ---- what speaks against the list as a whole


@pytest.mark.parametrize(("language", "words"), [
    ("en", ("What speaks against this list as a whole", "Nobody has tested yet", "Records name no due days")),
    ("zh-hans", ("整份名单的不足之处", "尚无人用本单位", "记录中没有班级作业的截止日期")),
])  # fmt: skip
def test_what_speaks_against_the_list_stands_before_the_people(client, college, language, words):
    run = listed(college)
    PriorityRun.objects.filter(pk=run.pk).update(doubts=[["A file may be missing.", "可能缺少文件。"]])
    shown = page(as_role(client, college, "director", language), "priority", "lists")
    for said in (*words, "A file may be missing." if language == "en" else "可能缺少文件。"):
        assert shown.index(said) < shown.index("lists-quiet")


def test_a_list_that_is_silent_about_many_keeps_its_doubt_in_both_languages(college):
    people = Person.objects.bulk_create(
        Person(space=college.space, code=f"lists-n{i}", name_en="x", name_zh="x") for i in range(14)
    )
    home = Membership.objects.get(person=college.people["new"]).group
    Membership.objects.bulk_create(Membership(group=home, person=person) for person in people)
    ((en, zh),) = listed(college).doubts
    assert en.startswith("Of 15 of 24 people too little is known")
    assert zh.startswith("24 人中有 15 人所知太少")
