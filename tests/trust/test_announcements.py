"""L34: an announcement shows the least, by two people, and ends on time whatever the clock does."""

import csv
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from random import Random

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from hypothesis import example, given
from hypothesis import strategies as st

from tests.trust.announcing import (
    NAMES,
    NOON,
    approved,
    asked,
    draft,
    entries,
    events,
    facts,
    faults,
    line_of,
    school,
    seen,
    who,
)
from yucai.web.accounts.age_models import MinorApproval
from yucai.web.accounts.audit_models import AuditEntry
from yucai.web.accounts.models import Group, Person, Space
from yucai.web.erasure.holdings import HOLDINGS
from yucai.web.erasure.subjects import subject_of
from yucai.web.selection.actions import (
    AnnouncementMovedError,
    NotYoursToApproveError,
    add_lines,
    approve_announcement,
    change_facts,
    drop_line,
    hand_over,
    prepare_announcement,
    return_announcement,
)
from yucai.web.selection.ending import set_announcing, take_down
from yucai.web.selection.facts import default_days, rule_of
from yucai.web.selection.lists import entries_of_file, entries_of_group, entries_of_text
from yucai.web.selection.masking import FITS, HIDDEN, MIN_HIDDEN, masked_name, masked_numbers
from yucai.web.selection.models import AnnouncedLine, Announcement
from yucai.web.selection.showing import Phase, page_of, phase_of, shown_digest
from yucai.web.selection.words import too_much_in

pytestmark = pytest.mark.django_db
LAST_SECOND = datetime(2026, 12, 3, 15, 59, 59, tzinfo=UTC)  # 23:59:59 in Shanghai
MIDNIGHT = LAST_SECOND + timedelta(seconds=1)
DAY = timedelta(days=1)


@pytest.fixture
def space(db, settings, tmp_path):
    settings.WORKSPACE = replace(settings.WORKSPACE, folder=tmp_path / "office")
    return school()


@pytest.fixture
def at_time(monkeypatch):
    """Give a function that sets the clock which the pages read."""
    return lambda moment: monkeypatch.setattr(timezone, "now", lambda: moment)


# ---- the least


def test_l34_a_line_is_a_masked_name_a_masked_number_and_a_word_and_nothing_else(space, client, at_time):
    at_time(NOON)
    answer = seen(client, approved(space))
    page = answer.content.decode()
    assert answer.status_code == 200
    for name, shown in zip(NAMES, ("张*丰", "李*", "欧**德"), strict=True):
        assert name not in page
        assert shown in page
    assert re.findall(r"20230100\d\d", page) == []
    assert page.count("2023****") == 3
    assert "Student" not in page
    stored = {field.name for field in AnnouncedLine._meta.concrete_fields}
    assert stored == {"id", "announcement", "person", "outcome", "name", "number", "corrected_at"}


@given(
    numbers=st.lists(st.text("0123456789AX*-", min_size=1, max_size=14), min_size=1, max_size=30, unique=True),
    others=st.lists(st.text("0123456789AX", min_size=1, max_size=14), max_size=60),
    seed=st.integers(0, 2**32),
)
@example(numbers=["****", "****-1", "****-2", "1", "2"], others=[], seed=1)
@example(numbers=[f"20230100{n:02}" for n in range(60)], others=[], seed=1)
def test_l34_masked_numbers_are_told_apart_and_tell_nobody_for_any_numbers(numbers, others, seed):
    everybody = {*numbers, *others}
    shown = masked_numbers(numbers, everybody=everybody, rng=Random(seed))
    assert len(set(shown)) == len(numbers)
    for number, mask in zip(numbers, shown, strict=True):
        first, last = re.fullmatch(r"(.*?)\*\*\*\*(.*?)(?:-\d+)*", mask, re.DOTALL).groups()
        fits = [one for one in everybody if _fits(one, first, last)]
        assert (first, last) == ("", "") or len(fits) >= FITS
        if first or last:
            assert number in fits
            assert len(number) >= len(first) + len(last) + MIN_HIDDEN


def _fits(number, first, last):
    long_enough = len(number) >= len(first) + len(last) + MIN_HIDDEN
    return long_enough and number.startswith(first) and number.endswith(last)


def test_l34_the_running_mark_of_alike_numbers_comes_from_chance_and_not_from_the_number():
    numbers = [f"20230100{n}7" for n in range(6)]
    everybody = [f"20230100{n:02}" for n in range(60)]
    told = {masked_numbers(numbers, everybody=everybody, rng=Random(seed))[0] for seed in range(60)}
    assert told == {f"2023{HIDDEN}7-{n}" for n in range(1, 7)}


@given(st.text(max_size=20))
@example("张三")
@example("Zhang Sanfeng")
@example("2023010001")
def test_l34_no_name_is_shown_whole(name):
    shown = masked_name(name, number="2023010001")
    plain = " ".join(name.split())
    assert "*" in shown
    assert sum(sign != "*" for sign in shown) <= 2
    assert shown != plain or set(plain) <= {"*"} or plain.endswith("*")


def test_l34_there_is_no_way_to_whole_numbers_and_whole_names_need_a_rule_and_age(space):
    assert "missing" in faults(lambda: prepare_announcement(
        space=space, facts=facts(names="whole"), by=who("dean"), at=NOON))  # fmt: skip
    Person.objects.filter(code="2023010001").update(born=date(2009, 1, 1))
    MinorApproval.objects.create(
        space=space, role="director", purpose="publication", reason="x", until=date(2027, 1, 1),
        approved_by=who("officer"), approved_at=NOON,
    )  # fmt: skip
    made = approved(space, names="whole", names_rule="《校长奖评选办法》第九条")
    lines = page_of(made, at=NOON).lines
    assert {line.name for line in lines} == {"张三丰", "李*", "欧阳明德"}
    assert all(HIDDEN in line.number for line in lines)
    with pytest.raises(IntegrityError), transaction.atomic():
        Announcement.objects.filter(pk=made.pk).update(names_rule="")


TOO_MUCH = [
    ("title_zh", "因病休学学生住院名单", "住院"),
    ("title_en", "Awards for students with a DISABILITY", "disability"),
    ("decided_zh", "家 庭 经 济 困 难，拟资助", "困难"),
    ("decided_zh", "父亲病故", "父亲"),
    ("decided_en", "Left after cheating in an exam", "cheating"),
    ("decided_zh", "因作.弊取消资格", "作弊"),
    ("reference", "身份证号 110101200501011237", "110101200501011237"),
    ("decided_zh", "电话１３８００１３８０００", "13800138000"),
    ("decided_en", "card 6222 0212 3456 7890 123", "6222 0212 3456 7890 123"),
    ("decided_zh", "抑\u200b郁", "抑郁"),
    ("decided_zh", "资助肿瘤学生三名", "肿瘤"),
    ("decided_en", "Off for medical reasons", "medical"),
    ("contact", "家长联系 13800138000", "家长"),
    ("names_rule", "贫困生认定办法", "贫困"),
    ("decided_en", "a@b.example", "a@b.example"),
]  # fmt: skip


@pytest.mark.parametrize(("where", "text", "word"), TOO_MUCH)
def test_l34_what_must_not_be_public_is_refused_and_the_word_is_named(space, where, text, word):
    told = faults(lambda: prepare_announcement(space=space, facts=facts(**{where: text}), by=who("dean"), at=NOON))
    assert word in told["too-much"]
    assert told["too-much"].startswith(where)
    assert not Announcement.objects.exists()


def test_l34_outcome_words_are_checked_too_and_the_refusal_says_what_is_right(space):
    wanted = facts(outcomes=(("退出（不及格）", ""), ("一等奖", "")))
    told = faults(lambda: prepare_announcement(space=space, facts=wanted, by=who("dean"), at=NOON))
    assert "不及格" in told["too-much"]
    assert "Say only the outcome" in told["too-much"]


@pytest.mark.parametrize("text", [
    "国家奖学金拟推荐名单", "2026 级拔尖班进出名单", "教学〔2026〕12 号", "退出培养计划", "Illustration prize",
    "National award", "肿瘤学专业奖学金", "Medical School prize for cancer research", "精神病学教研室",
    "学生资助管理办法", "病毒学优秀论文", "Advisory board, sickle project", "第 15 届挑战杯",
])  # fmt: skip
def test_l34_ordinary_words_of_an_office_pass(text):
    assert too_much_in(text) == ()


def test_l34_names_and_numbers_of_people_stand_in_no_text(space):
    told = faults(lambda: draft(space, decided_zh="拟授予 2023010001 校长奖"))
    assert "2023010001" in told["number"]
    made = draft(space, decided_zh="拟授予欧阳明德等三人")
    assert "named" in faults(lambda: hand_over(announcement=made, by=who("dean"), at=NOON, rng=None))
    Person.objects.filter(code="2023010000").update(name_en="Li")
    asked(space, title_en="List of reliable people", contact="Li Lei, room 3")
    assert "named" in faults(lambda: asked(space, title_en="Li and others"))


# ---- days


def test_l34_days_are_refused_in_one_plain_sentence_each(space):
    def prepared(**days):
        return faults(lambda: prepare_announcement(space=space, facts=facts(**days), by=who("dean"), at=NOON))

    before = prepared(from_day=date(2026, 12, 5), until_day=date(2026, 12, 4), object_until=date(2026, 12, 4))
    assert before == {"ends-before": "until_day: It would end on 2026-12-04, before it begins on 2026-12-05."}
    long = prepared(until_day=date(2026, 12, 27), object_until=date(2026, 12, 27))
    assert long == {
        "too-long": "until_day: From 2026-11-27 until 2026-12-27 are 31 days; an announcement is public for 30 days at "
        "most."
    }
    assert set(prepared(from_day=date(2026, 11, 26))) == {"past"}
    assert set(prepared(object_until=date(2026, 12, 2))) == {"object-early"}
    assert set(prepared(object_until=date(2027, 1, 3))) == {"object-late"}


def test_l34_five_working_days_unless_the_institution_says_otherwise(space):
    assert default_days(rule_of(space), begin=date(2026, 11, 27)) == date(2026, 12, 3)  # Friday to Thursday
    assert default_days(rule_of(space), begin=date(2026, 11, 28)) == date(2026, 12, 4)  # begins on a Saturday
    said = {"space": space, "contact": "", "index_on": False, "by": who("officer"), "at": NOON}
    assert set(faults(lambda: set_announcing(days=3, source="", **said))) == {"no-source"}
    set_announcing(days=3, source="school rules", **said)
    assert default_days(rule_of(space), begin=date(2026, 11, 27)) == date(2026, 12, 1)
    with pytest.raises(PermissionDenied):
        set_announcing(days=3, source="x", **{**said, "by": who("ir")})


def test_l34_it_ends_at_the_second_and_the_page_that_stays_names_nobody(space, client, at_time):
    made = approved(space)
    at_time(LAST_SECOND)
    assert seen(client, made).status_code == 200
    at_time(MIDNIGHT)
    answer = seen(client, made)
    assert answer.status_code == 410
    page = answer.content.decode()
    assert "2026-12-03" in page
    assert "张" not in page
    assert HIDDEN not in page
    assert made.title_zh not in page
    made.refresh_from_db()
    assert made.ended_at == MIDNIGHT
    assert events(made)[-1] == "ended"


def test_l34_a_clock_set_back_opens_nothing_again(space, client, at_time):
    made = approved(space)
    at_time(MIDNIGHT)
    assert seen(client, made).status_code == 410
    at_time(NOON)
    assert seen(client, made).status_code == 410
    assert events(made).count("ended") == 1


def test_l34_nothing_is_public_before_its_first_day_nor_before_approval(space, client, at_time):
    at_time(NOON)
    waiting = asked(space)
    assert seen(client, waiting).status_code == 404
    later = approved(space, from_day=date(2026, 11, 28))
    assert phase_of(later, at=NOON) is Phase.WAITING
    assert seen(client, later).status_code == 404
    at_time(datetime(2026, 11, 27, 16, tzinfo=UTC))  # midnight in Shanghai
    assert seen(client, later).status_code == 200


# ---- two people


def test_l34_one_prepares_another_approves_and_both_stand_in_the_trail(space):
    made = asked(space)
    with pytest.raises(NotYoursToApproveError):
        approve_announcement(announcement=made, digest=shown_digest(made), by=who("dean"), at=NOON)
    with pytest.raises(PermissionDenied):
        approve_announcement(announcement=made, digest=shown_digest(made), by=who("ir"), at=NOON)
    approve_announcement(announcement=made, digest=shown_digest(made), by=who("officer"), at=NOON)
    assert events(made) == ["prepared", "lines-added", "asked", "approved"]
    entry = AuditEntry.objects.get(act="announcement.approved")
    assert (entry.account_id, entry.people.count()) == (who("officer").pk, 3)
    made.refresh_from_db()
    assert f'"lines":3,"sha256":"{made.digest}"' in entry.detail
    with pytest.raises(IntegrityError), transaction.atomic():
        Announcement.objects.filter(pk=made.pk).update(approved_by=who("dean").pk)
    with pytest.raises(AnnouncementMovedError):
        approve_announcement(announcement=made, digest=made.digest, by=who("officer"), at=NOON)


def test_l34_whoever_added_a_line_does_not_approve(space):
    made = draft(space)
    add_lines(announcement=made, entries=entries("2023010009"), by=who("vice"), at=NOON)
    hand_over(announcement=made, by=who("dean"), at=NOON, rng=Random(1))
    made.refresh_from_db()
    with pytest.raises(NotYoursToApproveError):
        approve_announcement(announcement=made, digest=shown_digest(made), by=who("vice"), at=NOON)


def test_l34_the_second_person_sees_just_the_public_page(space, client, at_time):
    at_time(NOON)
    made = asked(space)
    client.force_login(who("vice"))
    client.cookies["django_language"] = "zh-hans"
    own = client.get(reverse("announcement", kwargs={"pk": made.pk})).content.decode()
    digest = re.search(r'name="digest" value="(\w+)"', own)[1]
    client.post(reverse("announcement_approve", kwargs={"pk": made.pk}), {"digest": digest})
    client.logout()
    shown = [
        re.search(r"<article.*?</article>", page, re.DOTALL)[0] for page in (own, seen(client, made).content.decode())
    ]
    # Inside the office's page the same heads stand two levels deeper, and the first looks as it will.
    own, public = (re.sub(r'<(/?)h\d( id="[^"]*")?[^>]*>', r"<\1h\2>", page) for page in shown)
    assert own == public


def test_l34_what_changed_since_the_second_person_looked_is_not_approved(space):
    made = asked(space)
    digest = shown_digest(made)
    AnnouncedLine.objects.filter(pk=line_of(made).pk).update(outcome=1)
    told = faults(lambda: approve_announcement(announcement=made, digest=digest, by=who("vice"), at=NOON))
    assert set(told) == {"other"}


def test_l34_given_back_it_is_a_draft_again_and_nothing_of_it_was_fixed(space):
    made = asked(space)
    assert set(faults(lambda: return_announcement(announcement=made, reason=" ", by=who("vice"), at=NOON))) == {
        "no-reason"
    }
    return_announcement(announcement=made, reason="Two are missing.", by=who("vice"), at=NOON)
    made.refresh_from_db()
    assert (made.state, made.returned) == ("draft", "Two are missing.")
    assert set(made.lines.values_list("number", flat=True)) == {""}
    drop_line(line=line_of(made), by=who("dean"), at=NOON)
    change_facts(
        announcement=made, facts=facts(outcomes=(("二等奖", ""), ("一等奖", "First prize"))), by=who("dean"), at=NOON
    )
    assert set(made.lines.values_list("outcome", flat=True)) == {1}
    gone = facts(outcomes=(("三等奖", ""),))
    assert set(faults(lambda: change_facts(announcement=made, facts=gone, by=who("dean"), at=NOON))) == {"used"}


def test_l34_one_person_alone_takes_it_down_with_a_reason_and_for_good(space, client, at_time):
    at_time(NOON)
    made = approved(space)
    take_down(announcement=made, reason="The list was of last year.", by=who("third"), at=NOON)
    answer = seen(client, made)
    assert answer.status_code == 410
    assert "last year" not in answer.content.decode()
    assert events(made)[-1] == "taken-down"
    with pytest.raises(AnnouncementMovedError):
        take_down(announcement=made, reason="again", by=who("third"), at=NOON)


# ---- who may stand in it


def test_l34_unknown_doubled_and_others_people_are_named_at_once(space):
    far = Space.objects.create(
        code="far", name_en="far", name_zh="far", simulated=False, evidence_map="evidence-demo-college"
    )
    hidden = Space.objects.create(
        code="hidden", name_en="h", name_zh="h", simulated=False, evidence_map="evidence-demo-college"
    )
    who("dean").spaces.add(far)
    Person.objects.create(space=far, code="F1", name_en="F", name_zh="F")
    Person.objects.create(space=hidden, code="H1", name_en="H", name_zh="H")
    made = draft(space)
    wanted = [*entries("9999", "H1", "F1", "2023010000", "2023010010", "2023010010"),
              *entries("2023010011", outcome="特等奖")]  # fmt: skip
    told = faults(lambda: add_lines(announcement=made, entries=wanted, by=who("dean"), at=NOON))
    assert {code: sentence.partition(":")[2] for code, sentence in told.items()} == {
        "unknown": " 9999, H1. Compare with the class list.",
        "others": " F1. Announce them there.",
        "twice": " 2023010010. Keep one line for each person.",
        "there": " 2023010000.",
        "no-word": "",
    }
    assert "2023010011" in told["no-word"]
    assert made.lines.count() == 3


def test_l34_a_list_of_nobody_and_one_that_is_too_long_are_refused(space):
    made = draft(space)
    assert set(faults(lambda: add_lines(announcement=made, entries=[], by=who("dean"), at=NOON))) == {"nothing"}
    many = entries(*map(str, range(100_000)))
    told = faults(lambda: add_lines(announcement=made, entries=many, by=who("dean"), at=NOON))
    assert set(told) == {"too-many"}
    assert "100003 people are too many" in told["too-many"]


def test_l34_who_is_under_18_stands_in_it_masked_and_only_with_an_approval(space):
    Person.objects.filter(code="2023010001").update(born=date(2009, 1, 1))
    assert "2023010001" in faults(lambda: draft(space))["young"]
    MinorApproval.objects.create(
        space=space, role="director", purpose="guidance", reason="x", until=date(2027, 1, 1),
        approved_by=who("officer"), approved_at=NOON,
    )  # fmt: skip
    assert "young" in faults(lambda: draft(space))  # approved to be read is not approved to be announced
    approval = MinorApproval.objects.create(
        space=space, role="director", purpose="publication", reason="x", until=date(2026, 12, 2),
        approved_by=who("officer"), approved_at=NOON,
    )  # fmt: skip
    assert "young" in faults(lambda: draft(space))  # it ends before the announcement does
    MinorApproval.objects.filter(pk=approval.pk).update(until=date(2026, 12, 31))
    made = approved(space)
    assert "李*" in {line.name for line in page_of(made, at=NOON).lines}
    MinorApproval.objects.filter(pk=approval.pk).update(ended_at=NOON, ended_by=who("officer"))
    assert {line.name for line in page_of(made, at=NOON).lines} == {"张*丰", "欧**德"}


def test_l34_where_minors_are_expected_an_age_that_nobody_asked_counts_as_under_18(space):
    Space.objects.filter(pk=space.pk).update(minors_expected=True)
    space.refresh_from_db()
    assert "young" in faults(lambda: draft(space))


def test_l34_who_is_erased_is_gone_from_the_public_page(space, client, at_time):
    at_time(NOON)
    made = approved(space)
    (holding,) = [one for one in HOLDINGS if "AnnouncedLine" in one.models]
    subject = subject_of(Person.objects.get(space=space, code="2023010002"))
    assert holding.find(subject) == 1
    assert holding.erase(subject, None) == 1
    page = seen(client, made).content.decode()
    assert "欧**德" not in page
    assert "张*丰" in page


def test_l34_people_come_from_a_group_from_lines_and_from_files(space):
    group = Group.objects.get(space=space, code="c")
    assert [entry.number for entry in entries_of_group(group, "一等奖")] == ["2023010000", "2023010001", "2023010002"]
    pasted = entries_of_text("2023010000\t一等奖\n\n 2023010001，Second prize \n2023010002")
    assert [(entry.number, entry.outcome) for entry in pasted] == [
        ("2023010000", "一等奖"), ("2023010001", "Second prize"), ("2023010002", "")
    ]  # fmt: skip
    out = StringIO()
    csv.writer(out).writerows([
        ["校长奖名单", "", "", ""], ["姓名", "学号", "身份证号", "结果"],
        ["张三丰", "2023010000", "110101200501011237", "二等奖"]
    ])  # fmt: skip
    read = entries_of_file(out.getvalue().encode("gb18030"), name="名单.csv")
    assert [(entry.number, entry.outcome) for entry in read] == [("2023010000", "二等奖")]
    assert "no-column" in faults(lambda: entries_of_file("姓名,班级\n张三,一\n".encode(), name="x.csv"))
