"""The portrait on paper: one A4 page, in both languages, however much there is to say."""

import io
from datetime import UTC, datetime

import pytest
from pypdf import PdfReader

from yucai.web.measurement.portraits import portrait_paper

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
