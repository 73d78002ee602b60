"""L34: the page that everybody may see, the objections of whom it is about, and what is left in the end."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from io import BytesIO

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from tests.trust.announcing import (
    NOON,
    approved,
    asked,
    events,
    faults,
    line_of,
    school,
    seen,
    who,
)
from yucai.web.accounts.audit_models import AuditEntry
from yucai.web.accounts.case_models import ReviewCase
from yucai.web.accounts.erasure_models import LegalHold
from yucai.web.accounts.models import Group, Person
from yucai.web.commands.keeping import _tend_announcements
from yucai.web.rights.cases import NotYoursToHandleError, decide_case, open_case, take_case
from yucai.web.selection.actions import (
    AnnouncementMovedError,
    approve_announcement,
)
from yucai.web.selection.ending import correct_line, set_announcing, take_down, take_line_off, tend_announcements
from yucai.web.selection.models import AnnouncedLine, Announcement
from yucai.web.selection.showing import page_of, shown_digest

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


# ---- the page for everybody


def test_l34_the_public_page_is_kept_by_nobody_listed_nowhere_and_cheap(space, client, at_time):
    at_time(NOON)
    made = approved(space, named=tuple(f"20230100{n:02}" for n in range(60)))
    with CaptureQueriesContext(connection) as asked_of_it:
        answer = seen(client, made)
    assert len(asked_of_it) <= 5
    client.force_login(who("dean"))
    with CaptureQueriesContext(connection) as asked_of_it:
        assert client.get(reverse("announcement", kwargs={"pk": made.pk})).status_code == 200
    assert len(asked_of_it) <= 34
    client.logout()
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
    approve_announcement(announcement=made, digest=shown_digest(made), by=who("vice"), at=NOON)
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


def test_l34_an_objection_is_decided_although_the_page_was_taken_down_meanwhile(space, client):
    made = approved(space)
    line = line_of(made)
    case = open_case(kind="objection", about="announced", key=f"{line.pk}", said="x", by=who("first"), at=NOON)
    take_case(case=case, by=who("officer"), at=NOON)
    take_down(announcement=made, reason="x", by=who("dean"), at=NOON)
    client.force_login(who("officer"))
    said = {"outcome": "set-aside", "reason": "Right."}
    assert client.post(reverse("request_decide", kwargs={"pk": case.pk}), said).status_code == 302
    case.refresh_from_db()
    assert case.state == "decided"
    assert not AnnouncedLine.objects.filter(pk=line.pk).exists()


def test_l34_a_line_under_a_legal_hold_is_taken_off_the_page_and_kept(space):
    made = approved(space)
    line = line_of(made)
    LegalHold.objects.create(space=space, person=line.person, reason="x", placed_at=NOON, review_on=date(2027, 1, 1))
    take_line_off(line=line, by=who("officer"), at=NOON + DAY)
    line.refresh_from_db()
    assert (line.name, line.number) == ("", "")
    assert len(page_of(made, at=NOON + DAY).lines) == 2
    with pytest.raises(AnnouncementMovedError):
        take_line_off(line=line, by=who("officer"), at=NOON + DAY)


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
    held = Person.objects.get(space=space, code="2023010002")
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


def test_l34_the_worker_lets_lines_go_without_being_asked(space):
    days = {"from_day": date(2020, 1, 6), "until_day": date(2020, 1, 8), "object_until": date(2020, 1, 10)}
    made = approved(space, at=datetime(2020, 1, 6, 4, tzinfo=UTC), **days)
    _tend_announcements()
    assert events(made)[-2:] == ["ended", "lines-deleted"]
    assert not made.lines.exists()


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
    client.post(reverse("announcement_approve", kwargs={"pk": made.pk}), {"digest": shown_digest(made)})
    made.refresh_from_db()
    assert made.state == "asked"
    client.post(reverse("announcement_down", kwargs={"pk": made.pk}), {"reason": "A mistake."})
    made.refresh_from_db()
    assert (made.state, made.lines.count()) == ("down", 0)
