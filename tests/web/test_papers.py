"""The portrait on paper: one A4 page, in both languages, however much there is to say."""

import html
import io
import re
from datetime import UTC, datetime

import pytest
from pypdf import PdfReader

from yucai.web.accounts.models import Account
from yucai.web.evidence.models import OwnWork
from yucai.web.measurement.portrait_paper import portrait_paper

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    ("code", "occasion"), [("2023010001", "2025-2026"), ("2023010024", "2024-2025"), ("2024010018", "2025-2026")]
)
def test_a_portrait_is_one_page(person, code, occasion, language):
    paper = portrait_paper(person(code), occasion=occasion, language=language, by="somebody", at=NOON)
    pages = PdfReader(io.BytesIO(paper)).pages
    assert len(pages) == 1
    assert [round(float(side)) for side in pages[0].mediabox[2:]] == [595, 842]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_own_works_are_told_in_the_words_of_the_screen(client, person, language):
    student = person("2023010001")
    client.force_login(Account.objects.get(username="director"))
    client.cookies["django_language"] = {"en": "en", "zh": "zh-hans"}[language]
    page = client.get(f"/people/{student.pk}/portrait/?type=none")
    shown = re.sub('<span lang="zh-hans">(.*?)</span>', r"\1", page.content.decode())  # Chinese on an English page
    works = page.context["works"]
    assert len(works) > 1
    paper = client.get(f"/people/{student.pk}/portrait.pdf?type=none").content
    sheets = PdfReader(io.BytesIO(paper)).pages
    assert len(sheets) == 1
    text = "".join(sheets[0].extract_text().split())
    for work in works[:4]:
        for words in (work.title, work.kind, work.state_name, work.decided_by, work.rating, work.strength_name):
            assert "".join(words.split()) in text
            assert html.escape(words) in shown


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_student_of_many_works_keeps_one_page_with_the_strongest_and_a_count(person, language):
    student = person("2023010001")
    strong = OwnWork.objects.filter(person=student, state="verified", proof="outside-record").first()
    facts = {f.name: getattr(strong, f.name) for f in OwnWork._meta.concrete_fields if f.name not in ("id", "replaces")}
    for n in range(12):
        OwnWork.objects.create(**{**facts, "title": f"Weak {n}", "proof": "own-word", "link": ""})
    paper = portrait_paper(student, occasion="2025-2026", language=language, by="somebody", at=NOON)
    sheets = PdfReader(io.BytesIO(paper)).pages
    text = "".join(sheets[0].extract_text().split())
    assert len(sheets) == 1
    assert "".join(strong.title.split()) in text
    n_all = OwnWork.objects.filter(person=student).count()
    counted = re.search({"en": r"and(\d+)more,onthescreen", "zh": r"另有(\d+)项，见屏幕页面"}[language], text)
    assert n_all - 4 <= int(counted[1]) < n_all
