"""A small institution of its own, without the demonstration."""

from datetime import UTC, datetime

import pytest

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)


@pytest.fixture
def space(db):
    """An empty institution."""
    from yucai.web.accounts.models import Space

    names = {"name_en": "school", "name_zh": "学校"}
    return Space.objects.create(code="school", simulated=False, evidence_map="evidence-demo-college", **names)
