"""A record store in a space, with a credential that may do everything."""

from datetime import UTC, datetime

import pytest

from tests.records.records_client import Tool

AT = datetime(2026, 11, 26, 8, tzinfo=UTC)


@pytest.fixture
def store(db):
    """A store named s, and nothing remembered of earlier ones."""
    from yucai.evidence import Version
    from yucai.web.accounts.models import Space
    from yucai.web.records.actions import add_store
    from yucai.web.records.catalogue import SEEN
    from yucai.web.records.credentials import forget_credentials
    from yucai.web.records.door import forget_stores
    from yucai.web.records.partitions import forget_parts
    from yucai.web.records.tombstones import forget_tombstones

    for forget in (forget_credentials, forget_stores, forget_parts, forget_tombstones, SEEN.clear):
        forget()
    space = Space.objects.create(code="x", name_en="X", name_zh="某校", simulated=False, evidence_map="m")
    return add_store(space=space, code="s", version=Version.V2, by=None, at=AT)


@pytest.fixture
def credential(store):
    """Give a function that makes a tool with the scopes named."""
    from yucai.web.records.actions import add_credential

    def made(*scopes, name="moodle", version="2.0.0"):
        new = add_credential(store=store, name=name, home="https://lms.example.edu", scopes=scopes, by=None, at=AT)
        return Tool(store=store.code, key=new.credential.key, secret=new.secret, version=version)

    return made


@pytest.fixture
def tool(credential):
    """A tool that may do everything and speaks xAPI 2.0."""
    return credential("all")


@pytest.fixture(params=["1.0.3", "2.0.0"])
def either(credential, request):
    """The same in both versions, one after the other."""
    return credential("all", version=request.param)
