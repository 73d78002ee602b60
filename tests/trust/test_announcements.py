"""L34: an announcement shows the least, by two people, and ends on time whatever the clock does."""

import csv
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from io import BytesIO, StringIO
from random import Random

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from hypothesis import example, given
from hypothesis import strategies as st
from pypdf import PdfReader

from tests.trust.announcing import NAMES, NOON, approved, asked, draft, entries, facts, school, who
from yucai.errors import FaultyInputError
from yucai.web.accounts.age_models import MinorApproval
from yucai.web.accounts.audit_models import AuditEntry
from yucai.web.accounts.case_models import ReviewCase
from yucai.web.accounts.erasure_models import LegalHold
from yucai.web.accounts.models import Group, Person, Space
from yucai.web.erasure.holdings import HOLDINGS
from yucai.web.erasure.subjects import subject_of
from yucai.web.rights.cases import NotYoursToHandleError, decide_case, open_case, take_case
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
from yucai.web.selection.ending import correct_line, set_announcing, take_down, take_line_off, tend_announcements
from yucai.web.selection.facts import default_days, rule_of
from yucai.web.selection.lists import entries_of_file, entries_of_group, entries_of_text
from yucai.web.selection.masking import FITS, HIDDEN, MIN_HIDDEN, masked_name, masked_numbers
from yucai.web.selection.models import AnnouncedLine, Announcement
from yucai.web.selection.showing import Phase, digest_of, page_of, phase_of
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


def faults(action):
    with pytest.raises(FaultyInputError) as refused:
        action()
    told = {}
    for fault in refused.value.faults:
        told[fault.code] = "\n".join([*told.get(fault.code, "").splitlines(), fault.in_language("en")])
    return told


def events(announcement):
    about = AuditEntry.objects.filter(target=f"announcement:{announcement.pk}").order_by("position")
    return [act.removeprefix("announcement.") for act in about.values_list("act", flat=True)]


def line_of(announcement, number="2023010000"):
    return AnnouncedLine.objects.get(announcement=announcement, person__code=number)


def seen(client, announcement, language="zh-hans"):
    client.cookies["django_language"] = language
    return client.get(reverse("announced", kwargs={"key": announcement.key}))


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
    "National award",     "学生资助管理办法", "病毒学优秀论文", "Advisory board, sickle project", "第 15 届挑战杯",
])  # fmt: skip
def test_l34_ordinary_words_of_an_office_pass(text):
    assert too_much_in(text) == ()


def test_l34_names_and_numbers_of_people_stand_in_no_text(space):
    told = faults(lambda: draft(space, decided_zh="拟授予 2023010001 校长奖"))
    assert "2023010001" in told["number"]
    made = draft(space, decided_zh="拟授予欧阳明德等三人")
    assert "named" in faults(lambda: hand_over(announcement=made, by=who("dean"), at=NOON, rng=None))


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
        approve_announcement(announcement=made, digest=digest_of(made), by=who("dean"), at=NOON)
    with pytest.raises(PermissionDenied):
        approve_announcement(announcement=made, digest=digest_of(made), by=who("ir"), at=NOON)
    approve_announcement(announcement=made, digest=digest_of(made), by=who("officer"), at=NOON)
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
        approve_announcement(announcement=made, digest=digest_of(made), by=who("vice"), at=NOON)


def test_l34_the_second_person_sees_just_the_public_page(space, client, at_time):
    at_time(NOON)
    made = asked(space)
    client.force_login(who("vice"))
    client.cookies["django_language"] = "zh-hans"
    own = client.get(reverse("announcement", kwargs={"pk": made.pk})).content.decode()
    digest = re.search(r'name="digest" value="(\w+)"', own)[1]
    client.post(reverse("announcement_approve", kwargs={"pk": made.pk}), {"digest": digest})
    client.logout()
    part = re.compile(r"<article.*?</article>", re.DOTALL)
    assert part.search(own)[0] == part.search(seen(client, made).content.decode())[0]


def test_l34_what_changed_since_the_second_person_looked_is_not_approved(space):
    made = asked(space)
    digest = digest_of(made)
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
    subject = subject_of(Person.objects.get(code="2023010002"))
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


# ---- the page for everybody


def test_l34_the_public_page_is_kept_by_nobody_listed_nowhere_and_cheap(space, client, at_time):
    at_time(NOON)
    made = approved(space, named=tuple(f"20230100{n:02}" for n in range(60)))
    with CaptureQueriesContext(connection) as asked_of_it:
        answer = seen(client, made)
    assert len(asked_of_it) <= 5
    assert "noindex" in answer["X-Robots-Tag"]
    assert "no-store" in answer["Cache-Control"]
    title = re.search(r"<title>(.*?)</title>", answer.content.decode(), re.DOTALL)[1]
    assert title == "公示 · 育才"
    assert len(made.key) >= 43
    assert "sessionid" not in answer.cookies


def test_l34_addresses_are_not_guessed_and_every_wrong_one_is_answered_alike(space, client, at_time):
    at_time(NOON)
    waits, later = asked(space), approved(space, from_day=date(2026, 11, 28))
    running = approved(space)
    tried = ["x", "1", f"{running.pk}", running.key[:-1], running.key.swapcase(), waits.key, later.key, "0" * 43]
    answers = [client.get(reverse("announced", kwargs={"key": key})) for key in tried]
    assert {answer.status_code for answer in answers} == {404}
    plain = {re.sub(rb'value="[^"]*"', b"", answer.content) for answer in answers}
    assert len(plain) == 1


def test_l34_the_list_of_running_ones_is_empty_until_an_institution_switches_it_on(space, client, at_time):
    at_time(NOON)
    made = approved(space)
    assert made.key not in client.get(reverse("announced_index")).content.decode()
    said = {"days": 5, "source": "", "contact": "", "by": who("dean"), "at": NOON}
    set_announcing(space=space, index_on=True, **said)
    assert made.key in client.get(reverse("announced_index")).content.decode()
    at_time(MIDNIGHT)
    assert made.key not in client.get(reverse("announced_index")).content.decode()


def test_l34_markup_and_line_breaks_in_words_do_nothing(space, client, at_time):
    at_time(NOON)
    client.force_login(who("dean"))
    said = {"title_zh": "奖\r\nSet-Cookie: a=b", "decided_zh": "<script>alert(1)</script>",
            "reference": "{{ 1 }}{% x %}",
            "from_day": "2026-11-27", "until_day": "2026-12-03", "object_until": "2026-12-03", "contact": "301",
            "names": "masked", "outcomes": "<b>一等奖</b> = <img src=x>\n二等奖"}  # fmt: skip
    assert client.post(reverse("announcement_add", kwargs={"code": space.code}), said).status_code == 302
    made = Announcement.objects.get()
    assert made.title_zh == "奖 Set-Cookie: a=b"
    client.post(reverse("announcement_lines", kwargs={"pk": made.pk}), {"what": "lines", "lines": "2023010000"})
    client.post(reverse("announcement_ask", kwargs={"pk": made.pk}))
    made.refresh_from_db()
    approve_announcement(announcement=made, digest=digest_of(made), by=who("vice"), at=NOON)
    answer = seen(client, made)
    page = answer.content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "&lt;b&gt;一等奖&lt;/b&gt;" in page
    assert "<b>" not in page
    assert "Set-Cookie" not in "".join(answer.headers)
    paper = client.get(reverse("announcement_paper", kwargs={"pk": made.pk}))
    assert paper["Content-Disposition"] == f'attachment; filename="announcement-{made.pk}.pdf"'


def test_l34_the_sheet_for_the_board_says_the_same_on_one_page(space, client, at_time):
    at_time(NOON)
    made = approved(space, named=tuple(f"20230100{n:02}" for n in range(60)))
    client.force_login(who("officer"))
    client.cookies["django_language"] = "zh-hans"
    pages = PdfReader(BytesIO(client.get(reverse("announcement_paper", kwargs={"pk": made.pk})).content)).pages
    text = "".join(page.extract_text() for page in pages)
    assert len(pages) == 1
    assert "公示至 2026-12-03" in text
    assert all(f"{line.number}" in text for line in page_of(made, at=NOON).lines)
    assert re.findall(r"20230100\d\d", text) == []
    at_time(MIDNIGHT)
    client.force_login(who("officer"))
    assert client.get(reverse("announcement_paper", kwargs={"pk": made.pk})).status_code == 403


# ---- whom it is about


def test_l34_who_stands_in_it_sees_that_and_objects_and_the_page_says_corrected(space, client, at_time):
    at_time(NOON)
    made = approved(space)
    line = line_of(made)
    client.force_login(who("first"))
    mine = reverse("my_data", kwargs={"pk": line.person_id})
    assert f"about=announced&amp;key={line.pk}" in client.get(mine).content.decode()
    case = open_case(kind="objection", about="announced", key=f"{line.pk}", said="x", by=who("first"), at=NOON)
    assert "复核中" in seen(client, made).content.decode()
    with pytest.raises(NotYoursToHandleError):
        take_case(case=case, by=who("dean"), at=NOON)
    with pytest.raises(NotYoursToHandleError):
        take_case(case=case, by=who("vice"), at=NOON)
    take_case(case=case, by=who("third"), at=NOON)
    told = faults(lambda: decide_case(case=case, outcome="corrected", reason="x", by=who("third"), at=NOON))
    assert "page of the announcement" in told["no-correction"]
    with pytest.raises(PermissionDenied):
        correct_line(line=line, outcome=1, by=who("dean"), at=NOON)
    correct_line(line=line, outcome=1, by=who("third"), at=NOON + DAY)
    decide_case(case=case, outcome="corrected", reason="The second.", by=who("third"), at=NOON + DAY)
    page = seen(client, made).content.decode()
    assert page.count("2026-11-28 更正") == 2  # of the page and of the line
    assert "复核中" not in page
    assert ReviewCase.objects.get().state == "decided"


def test_l34_a_granted_objection_takes_the_line_off(space, client, at_time):
    at_time(NOON)
    made = approved(space)
    line = line_of(made)
    case = open_case(kind="objection", about="announced", key=f"{line.pk}", said="x", by=who("first"), at=NOON)
    take_case(case=case, by=who("officer"), at=NOON)
    decide_case(case=case, outcome="set-aside", reason="Right.", by=who("officer"), at=NOON + DAY)
    page = seen(client, made).content.decode()
    assert "张*丰" not in page
    assert "2026-11-28 更正" in page
    case.refresh_from_db()
    assert "taken off" in case.effect_en
    client.force_login(who("first"))
    assert client.get(reverse("request", kwargs={"pk": case.pk})).status_code == 200


def test_l34_objections_are_taken_until_their_last_day_also_after_the_end(space):
    made = approved(space)
    key = {"about": "announced", "key": f"{line_of(made).pk}", "kind": "objection", "said": "x", "by": who("first")}
    with pytest.raises(PermissionDenied):
        open_case(**key, at=datetime(2026, 12, 10, 16, tzinfo=UTC))
    open_case(**key, at=datetime(2026, 12, 10, 15, 59, tzinfo=UTC))
    other = line_of(made, "2023010001")
    with pytest.raises(PermissionDenied):
        open_case(**{**key, "key": f"{other.pk}"}, at=NOON)


def test_l34_lines_are_deleted_after_the_objections_and_count_and_digest_stay(space):
    made = approved(space)
    held = Person.objects.get(code="2023010002")
    hold = LegalHold.objects.create(space=space, person=held, reason="x", placed_at=NOON, review_on=date(2027, 1, 1))
    case = open_case(kind="objection", about="announced", key=f"{line_of(made).pk}", said="x", by=who("first"), at=NOON)
    assert tend_announcements(at=datetime(2026, 12, 10, 15, 59, 59, tzinfo=UTC)) == 0
    assert events(made)[-1] == "ended"
    over = datetime(2026, 12, 10, 16, tzinfo=UTC)
    assert tend_announcements(at=over) == 1  # one contested, one held
    take_case(case=case, by=who("officer"), at=over)
    decide_case(case=case, outcome="upheld", reason="x", by=who("officer"), at=over)
    LegalHold.objects.filter(pk=hold.pk).update(lifted_at=over)
    assert tend_announcements(at=over) == 2
    assert tend_announcements(at=over) == 0
    made.refresh_from_db()
    assert (made.n_lines, made.lines_deleted_at) == (3, over)
    last = AuditEntry.objects.filter(act="announcement.lines-deleted").latest("position")
    assert made.digest in last.detail
    assert not AnnouncedLine.objects.exists()


def test_l34_a_line_taken_off_by_the_office_leaves_a_word_on_the_page(space):
    made = approved(space)
    take_line_off(line=line_of(made), by=who("officer"), at=NOON + DAY)
    shown = page_of(Announcement.objects.get(pk=made.pk), at=NOON + DAY)
    assert len(shown.lines) == 2
    assert shown.corrected.en == "corrected on 2026-11-28"


# ---- through the pages


def test_l34_the_pages_take_an_announcement_through(space, client, at_time):
    at_time(NOON)
    client.force_login(who("dean"))
    client.cookies["django_language"] = "en"
    said = {"title_en": "President's award", "decided_en": "Proposed by the committee.", "reference": "Rule 7",
            "from_day": "2026-11-27", "until_day": "2026-12-03", "object_until": "2026-12-10", "contact": "Room 301",
            "names": "masked", "outcomes": "一等奖 = First prize\nSecond prize"}  # fmt: skip
    wrong = client.post(reverse("announcement_add", kwargs={"code": space.code}), {**said, "decided_en": "poor family"})
    assert "“poor” must not be public (economic hardship)" in wrong.content.decode()
    client.post(reverse("announcement_add", kwargs={"code": space.code}), said)
    made = Announcement.objects.get()
    assert made.outcomes == [["一等奖", "First prize"], ["Second prize", "Second prize"]]
    lines = reverse("announcement_lines", kwargs={"pk": made.pk})
    told = client.post(lines, {"what": "lines", "lines": "77"}).content.decode()
    assert "Nobody of this institution has this number: 77." in told
    sheet = SimpleUploadedFile("l.csv", "学号,结果\n2023010003,First prize\n".encode())
    assert client.post(lines, {"what": "file", "file": sheet}).status_code == 302
    group = Group.objects.get(space=space, code="c")
    assert client.post(lines, {"what": "group", "group": group.pk, "outcome": "一等奖"}).status_code == 302
    client.post(reverse("announced_off", kwargs={"pk": line_of(made, "2023010003").pk}))
    assert made.lines.count() == 3
    client.post(reverse("announcement_ask", kwargs={"pk": made.pk}))
    page = client.get(reverse("announcement", kwargs={"pk": made.pk})).content.decode()
    assert "You had a hand in it." in page
    client.post(reverse("announcement_approve", kwargs={"pk": made.pk}), {"digest": digest_of(made)})
    made.refresh_from_db()
    assert made.state == "asked"
    client.post(reverse("announcement_down", kwargs={"pk": made.pk}), {"reason": "A mistake."})
    made.refresh_from_db()
    assert (made.state, made.lines.count()) == ("down", 0)
