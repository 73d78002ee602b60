"""A small institution, without the demonstration: accounts need no evidence."""

from dataclasses import replace

import pytest

from tests.accounts.signing import Clock


@pytest.fixture
def space(db, settings, tmp_path):
    """An empty institution with a folder of its own."""
    from yucai.web.accounts.models import Space

    settings.WORKSPACE = replace(settings.WORKSPACE, folder=tmp_path / "office", demo=False)
    return Space.objects.create(
        code="school", name_en="school", name_zh="学校", simulated=False, evidence_map="evidence-demo-college"
    )


@pytest.fixture
def clock(monkeypatch):
    """The clock of the pages."""
    return Clock(monkeypatch)


@pytest.fixture(autouse=True)
def quick_hashes(request, monkeypatch):
    """Hash passwords with little work, except where the work is what is tested."""
    from yucai.web.accounts.passwords import OfficeArgon2Hasher

    if request.node.get_closest_marker("real_hashes") is None:
        monkeypatch.setattr(OfficeArgon2Hasher, "memory_cost", 64)
        monkeypatch.setattr(OfficeArgon2Hasher, "time_cost", 1)
