"""Rating sheets on the site: downloaded, filled, shown before anything is saved, handed in like any other rating."""

import pytest
from django.core.exceptions import PermissionDenied

from tests.web.looks import looks
from tests.web.rating import (
    CODES,
    NAMES,
    NOON,
    a_round,
    account,
    common_seat,
    download,
    give,
    rate,
    said,
    seats_of,
    upload,
)
from yucai.errors import FaultyInputError
from yucai.evidence import LearnersShown
from yucai.web.evidence.models import EvidenceRecord
from yucai.web.evidence.rating_files import SheetAgedError, save_sheet
from yucai.web.evidence.rating_models import RatingMark, RatingRoundRecord
from yucai.web.evidence.rating_planning import plan_of
from yucai.web.evidence.rating_rounds import close_rating_round

pytestmark = pytest.mark.django_db


@pytest.fixture
def opened(db):
    return a_round()


def filled(client, record, folder, level=4):
    book = download(client, record, folder)
    for seat in seats_of(record, "teacher"):
        for name in NAMES:
            book.put(seat.work, name, level)
    return book


def save(client, record, shown, **more):
    return client.post(f"/ratings/rounds/{record.pk}/sheet/save", {"seal": shown.context["seal"], **more}, follow=True)


def levels(seat):
    return dict(seat.marks.values_list("criterion", "level"))


def test_a_filled_sheet_is_shown_then_saved_then_handed_in(signed_in, opened, tmp_path):
    teacher = signed_in("teacher")
    shown = upload(teacher, opened, filled(teacher, opened, tmp_path).save())
    n = seats_of(opened, "teacher").count()
    assert shown.context["report"].kept_count == n * len(CODES)
    assert not RatingMark.objects.exists()
    assert f"Drafts of {n} works were saved from the sheet." in said(save(teacher, opened, shown))[0]
    assert levels(common_seat(opened, "teacher")) == dict.fromkeys(CODES, 4)
    assert not seats_of(opened, "teacher").filter(handed_in_at__isnull=False).exists()
    teacher.post(f"/ratings/rounds/{opened.pk}/hand-in")
    close_rating_round(record=opened, although=True, by=account("director"), at=NOON)
    taken = EvidenceRecord.objects.current().filter(source_file=opened.source)
    assert set(taken.values_list("rater", "score")) == {("teacher", 3.0)}
    assert taken.count() == n * len(CODES)


def test_the_sheet_holds_my_drafts_and_nothing_of_others(signed_in, opened, tmp_path):
    rate(common_seat(opened, "director"), 5, remark="Outstanding")
    rate(common_seat(opened, "teacher"), 2)
    book = download(signed_in("teacher"), opened, tmp_path)
    work = common_seat(opened, "teacher").work
    assert book.sheet.cell(book.row(work), book.place(NAMES[0])).value == 2
    cells = [str(cell.value) for page in book.book.worksheets for row in page.iter_rows() for cell in row]
    assert not any("Outstanding" in cell or "director" in cell for cell in cells)
    learners = [learner for one in plan_of(opened).works for learner in one.learners]
    assert not any(learner in cell for cell in cells for learner in learners)
    assert not looks(page="rating-sheet")


def test_where_learners_are_shown_the_look_is_written_down(signed_in, tmp_path):
    record = a_round(shown=LearnersShown.NUMBERS)
    download(signed_in("teacher"), record, tmp_path)
    assert len(looks(page="rating-sheet")) == seats_of(record, "teacher").count()


def test_what_is_open_in_the_sheet_stays_as_it_was_saved(signed_in, opened, tmp_path):
    teacher, seat = signed_in("teacher"), common_seat(opened, "teacher")
    book = download(teacher, opened, tmp_path)
    book.put(seat.work, NAMES[0], 5)
    rate(seat, {**dict.fromkeys(CODES, 3), CODES[8]: None}, remark="Clear.")
    shown = upload(teacher, opened, book.save())
    [entry] = shown.context["rows"]
    assert (entry["row"].new, entry["row"].overwritten) == (0, 1)
    save(teacher, opened, shown)
    seat.refresh_from_db()
    assert levels(seat) == {**dict.fromkeys(CODES, 3), CODES[0]: 5, CODES[8]: None}
    assert seat.remark == "Clear."


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("6 is no level.", "3.5 lies between two levels", "“good” is no number", "a formula without a result")),
        ("zh", ("6 不是等级", "3.5 介于两级之间", "“good”不是数字", "单元格是没有结果的公式")),
    ],
)
def test_all_faults_are_said_at_once_with_row_and_reason(signed_in, opened, tmp_path, language, words):
    teacher = signed_in("teacher", language)
    book, work = download(teacher, opened, tmp_path), common_seat(opened, "teacher").work
    for name, value in zip(NAMES, ("6", 3.5, "good", "=1+3", 4), strict=False):
        book.put(work, name, value)
    row = book.row(work)
    shown = upload(teacher, opened, book.save())
    refused = shown.context["refused"]
    assert len(refused) == 4
    assert all(str(row) in one for one in refused)
    page = shown.content.decode()
    assert all(word in page for word in words)
    assert shown.context["report"].kept_count == 1
    save(teacher, opened, shown)
    assert levels(common_seat(opened, "teacher")) == {**dict.fromkeys(CODES), CODES[4]: 4}


def test_missing_rows_and_changed_codes_are_said(signed_in, opened, tmp_path):
    teacher = signed_in("teacher")
    book = download(teacher, opened, tmp_path)
    first, second = (seat.work for seat in seats_of(opened, "teacher")[:2])
    book.sheet.cell(book.row(first), 1).value = "W999"
    book.sheet.delete_rows(book.row(second))
    page = upload(teacher, opened, book.save()).content.decode()
    assert "“W999” is no work of this plan." in page
    assert f"these works have no row any more: {first}, {second}." in page


def test_a_conflict_of_interest_needs_its_words(signed_in, opened, tmp_path):
    teacher, seat = signed_in("teacher"), common_seat(opened, "teacher")
    book = download(teacher, opened, tmp_path)
    book.put(seat.work, "Conflict of interest? (yes)", "yes")
    book.put(seat.work, NAMES[0], 5)
    shown = upload(teacher, opened, book.save())
    assert f"“{seat.work}”: say in words what the conflict of interest is." in said(save(teacher, opened, shown))
    assert not RatingMark.objects.exists()
    save(teacher, opened, shown, **{f"reason-{seat.work}": "My niece."})
    seat.refresh_from_db()
    assert (seat.conflict, seat.conflict_reason) == (True, "My niece.")
    assert set(levels(seat).values()) == {None}


def refused_as_a_whole(client, record, file):
    shown = upload(client, record, file)
    assert shown.context["seal"] == ""
    assert "Nothing was saved." in shown.content.decode()
    return " ".join(shown.context["faults"])


def test_the_sheet_of_another_rater_is_refused(signed_in, opened, tmp_path):
    book = download(signed_in("director"), opened, tmp_path)
    assert "it is the sheet of director, but teacher hands it in." in refused_as_a_whole(
        signed_in("teacher"), opened, book.save()
    )


def test_the_sheet_of_another_round_is_refused(signed_in, opened, tmp_path):
    other = a_round(name="Essays", occasion="2025-2026-2")
    teacher = signed_in("teacher")
    found = refused_as_a_whole(teacher, opened, download(teacher, other, tmp_path).save())
    assert "“Essays”" in found
    assert "“2025-2026-2”" in found


def test_a_sheet_of_another_version_of_the_rubric_is_refused(signed_in, opened, tmp_path):
    teacher = signed_in("teacher")
    file = download(teacher, opened, tmp_path).save()
    record = RatingRoundRecord.objects.get(pk=opened.pk)
    plan = record.plan.replace(f'"rubric_version": "{record.rubric_version}"', '"rubric_version": "0.9"')
    assert plan != record.plan
    RatingRoundRecord.objects.filter(pk=opened.pk).update(plan=plan)
    upload(teacher, opened, file)
    assert "is for the rubric rubric-nine-qualities 0.9" in said(teacher.get("/ratings/"))[0]


def test_a_sheet_that_says_another_version_is_refused(signed_in, opened, tmp_path):
    teacher = signed_in("teacher")
    book = download(teacher, opened, tmp_path)
    about = book.book.worksheets[-1]
    next(row for row in about.iter_rows() if "Version of the rubric" in str(row[0].value))[1].value = "0.9"
    assert "it was made for version 0.9 of the rubric" in refused_as_a_whole(teacher, opened, book.save())


def test_a_sheet_without_its_last_page_or_with_other_works_is_refused(signed_in, opened, tmp_path):
    teacher = signed_in("teacher")
    book = download(teacher, opened, tmp_path)
    about = book.book.worksheets[-1]
    mark = next(row for row in about.iter_rows() if "Fingerprint" in str(row[0].value))[1]
    mark.value = "0000000000"
    assert "it is not the sheet of your works" in refused_as_a_whole(teacher, opened, book.save())
    del book.book[about.title]
    assert "works are called alike in every round" in refused_as_a_whole(teacher, opened, book.save())


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04 no workbook", b"%PDF-1.7\n", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"]
)
def test_what_is_no_sheet_is_refused_in_words(signed_in, opened, content):
    answer = upload(signed_in("teacher"), opened, content)
    assert answer.status_code == 302
    [words] = said(answer.client.get("/ratings/"))
    assert "filled.xlsx" in words or "sheet.xlsx" in words


def test_nothing_chosen_is_said(signed_in, opened):
    teacher = signed_in("teacher")
    answer = teacher.post(f"/ratings/rounds/{opened.pk}/sheet", follow=True)
    assert "No file was chosen." in said(answer)[0]


@pytest.mark.parametrize("name", ["mentor", "student", "researcher", "bureau"])
def test_who_has_no_seat_reaches_no_sheet(signed_in, opened, name):
    client, address = signed_in(name), f"/ratings/rounds/{opened.pk}/sheet"
    assert client.get(f"{address}.xlsx").status_code == 403
    assert client.post(address).status_code == 403
    assert client.post(f"{address}/save", {"seal": "x"}).status_code == 403


def test_after_handing_in_and_after_closing_nothing_is_taken(signed_in, opened, tmp_path):
    teacher = signed_in("teacher")
    file = filled(teacher, opened, tmp_path).save()
    shown = upload(teacher, opened, file)
    give(opened, account("teacher"))
    assert "handed in at" in said(save(teacher, opened, shown))[0]
    upload(teacher, opened, file)
    assert "handed in at" in said(teacher.get("/ratings/"))[0]
    assert not RatingMark.objects.exists()
    other = a_round(name="Essays", occasion="2025-2026-2")
    file = filled(teacher, other, tmp_path).save()
    close_rating_round(record=other, although=True, by=account("director"), at=NOON)
    upload(teacher, other, file)
    assert "closed this round" in said(teacher.get("/ratings/"))[0]


def test_what_was_shown_to_another_cannot_be_saved(signed_in, opened, tmp_path):
    teacher = signed_in("teacher")
    seal = upload(teacher, opened, filled(teacher, opened, tmp_path).save()).context["seal"]
    for by, sealed in ((account("director"), seal), (account("teacher"), seal[:-1]), (account("teacher"), "")):
        with pytest.raises(SheetAgedError):
            save_sheet(record=opened, seal=sealed, reasons={}, by=by, at=NOON)
    with pytest.raises(PermissionDenied):
        save_sheet(record=opened, seal=seal, reasons={}, by=account("mentor"), at=NOON)
    assert not RatingMark.objects.exists()


def test_a_remark_that_is_too_long_saves_nothing_of_the_sheet(signed_in, opened, tmp_path):
    teacher = signed_in("teacher")
    book = filled(teacher, opened, tmp_path)
    book.put(seats_of(opened, "teacher").last().work, "Remarks", "x" * 2001)
    shown = upload(teacher, opened, book.save())
    with pytest.raises(FaultyInputError, match="too many"):
        save_sheet(record=opened, seal=shown.context["seal"], reasons={}, by=account("teacher"), at=NOON)
    assert not RatingMark.objects.exists()
