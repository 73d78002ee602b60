"""Portraits of many as one file: in order, each whole, told to screen readers, and ended when that is asked."""

import io
from dataclasses import replace

import pytest
from pypdf import PdfReader

from tests.unit.paper.test_portrait_pdf import AT, chinese
from yucai.web.paper import LetterMissingError, PortraitWork, book, portraits_as_one


def class_of(n):
    return [replace(chinese(), learner=f"陈思{number}", number=f"2022-H-{number:04d}") for number in range(n)]


@pytest.fixture
def many(monkeypatch):
    """Take every class for one of more people than are set at once."""
    monkeypatch.setattr(book, "TAGGED", 0)


def test_a_class_is_one_file_for_screen_readers_with_title_language_tags_and_words_for_each_chart():
    told = []
    paper = PdfReader(io.BytesIO(portraits_as_one(class_of(3), title="一班", at=AT, report=told.append)))
    root = paper.trailer["/Root"]
    assert told == [0, 3]
    assert len(paper.pages) == 3
    assert b"pdfuaid:part" in root["/Metadata"].get_data()
    assert (root["/MarkInfo"]["/Marked"], root["/Lang"]) == (True, "zh-CN")
    assert root["/ViewerPreferences"]["/DisplayDocTitle"] == True  # noqa: E712  (of pypdf, not of Python)
    assert paper.metadata["/Title"] == f"{chinese().labels.title} · 一班"
    kinds = [str(one.get("/S")) for one in elements(paper)]
    assert (kinds.count("/H1"), kinds.count("/Figure")) == (3, 3)
    assert {"/Table", "/TH", "/TD", "/H2"} <= set(kinds)
    assert [one["/Alt"] for one in alternatives(paper)] == [chinese().chart_alt] * 3
    for number, sheet in enumerate(paper.pages):
        assert f"2022-H-{number:04d}" in sheet.extract_text()
        assert "第1页，共1页" in "".join(sheet.extract_text().split())


def test_one_more_than_are_set_at_once_is_put_together(monkeypatch):
    monkeypatch.setattr(book, "TAGGED", 2)
    tagged, together = (
        PdfReader(io.BytesIO(portraits_as_one(class_of(n), title="一班", at=AT))).trailer["/Root"] for n in (2, 3)
    )
    assert b"pdfuaid:part" in tagged["/Metadata"].get_data()
    assert b"pdfuaid:part" not in together["/Metadata"].get_data()


@pytest.mark.usefixtures("many")
def test_each_portrait_is_a_page_in_the_order_given_however_many_are_set_at_a_time(monkeypatch):
    monkeypatch.setattr(book, "TOGETHER", 2)
    told = []
    paper = portraits_as_one(class_of(5), title="一班", at=AT, report=told.append)
    sheets = PdfReader(io.BytesIO(paper)).pages
    assert told == [2, 4, 5]
    assert len(sheets) == 5
    for number, sheet in enumerate(sheets):
        assert f"2022-H-{number:04d}" in sheet.extract_text()
        assert "第1页，共1页" in "".join(sheet.extract_text().split())
        assert [round(float(side)) for side in sheet.mediabox[2:]] == [595, 842]


@pytest.mark.usefixtures("many")
def test_screen_readers_are_told_every_page_in_sentences():
    paper = portraits_as_one(class_of(2), title="一班", at=AT)
    told = [one["/Alt"] for one in alternatives(PdfReader(io.BytesIO(paper)))]
    assert [("陈思0" in one, "陈思1" in one) for one in told] == [(True, False), (False, True)]
    assert all(chinese().chart_alt in one for one in told)


def alternatives(reader):
    """Return the elements of a file that have words for those who cannot see, in the order of their pages."""
    return [one for one in elements(reader) if "/Alt" in one]


def elements(reader):
    """Return the elements of a tagged file in the order in which they are read."""
    found, waiting = [], [reader.trailer["/Root"]["/StructTreeRoot"]]
    while waiting:
        one = waiting.pop(0)
        one = one.get_object() if hasattr(one, "get_object") else one
        if not isinstance(one, dict):
            continue
        found.append(one)
        inside = one.get("/K", [])
        inside = inside.get_object() if hasattr(inside, "get_object") else inside
        waiting = [*(inside if isinstance(inside, list) else [inside]), *waiting]
    return found


@pytest.mark.usefixtures("many")
def test_what_calls_it_off_ends_it(monkeypatch):
    monkeypatch.setattr(book, "TOGETHER", 1)
    told = []

    def until_two(done):
        told.append(done)
        if done == 2:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        portraits_as_one(class_of(4), title="一班", at=AT, report=until_two)
    assert told == [1, 2]


def test_a_letter_that_no_face_has_becomes_a_box_in_a_work_and_is_refused_in_a_name():
    odd = "\U0002ffff"
    work = PortraitWork(title=f"Work {odd}", facts="x", standing="x", short="x")
    page = chinese()
    labels = replace(page.labels, works="自主成果", works_note="x", works_more="{n}", works_none="{n}")
    paper = portraits_as_one([replace(page, works=(work,), labels=labels)], title="一班", at=AT)
    assert "Work □" in PdfReader(io.BytesIO(paper)).pages[0].extract_text()
    with pytest.raises(LetterMissingError):
        portraits_as_one([replace(chinese(), learner=odd)], title="一班", at=AT)
