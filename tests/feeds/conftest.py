"""An institution with three students, a record store, a learning tool that may write into it, and a feed of it."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.feeds.lessons import FACTS, HOME, wish
from tests.records.records_client import Tool

AT = datetime(2026, 3, 4, 8, tzinfo=UTC)


@pytest.fixture
def space(db, settings, tmp_path):
    """An institution with a folder of its own and three students on record."""
    from yucai.web.accounts.models import Person, Space

    settings.WORKSPACE = replace(settings.WORKSPACE, folder=tmp_path / "office")
    space = Space.objects.create(
        code="school", name_en="school", name_zh="某校", simulated=False, evidence_map="evidence-demo-college"
    )
    for code, name in (("01", "张三"), ("02", "李四"), ("03", "王五")):
        Person.objects.create(space=space, code=code, name_en=name, name_zh=name)
    return space


@pytest.fixture
def store(space):
    """A store of the institution, and nothing remembered of earlier ones."""
    from yucai.evidence import Version
    from yucai.web.records.actions import add_store
    from yucai.web.records.catalogue import SEEN
    from yucai.web.records.credentials import forget_credentials
    from yucai.web.records.door import forget_stores

    for forget in (forget_credentials, forget_stores, SEEN.clear):
        forget()
    return add_store(space=space, code="moodle", version=Version.V2, by=None, at=AT)


@pytest.fixture
def tool(store):
    """A learning tool that may do everything in the store."""
    from yucai.web.records.actions import add_credential

    new = add_credential(store=store, name="Moodle", home=HOME, scopes=("all",), by=None, at=AT)
    return Tool(store=store.code, key=new.credential.key, secret=new.secret)


@pytest.fixture
def feed(store):
    """A feed of the store by the school's own profile: account names at the platform are student numbers."""
    from yucai.web.feeds.actions import declare_feed

    return declare_feed(store=store, name="Moodle", facts=FACTS, wish=wish(), by=None, at=AT)


@pytest.fixture
def director(client, space):
    """A client signed in as the director of the institution; give the language by ``director.cookies``."""
    from yucai.web.accounts.models import Account

    account = Account.objects.create_user("lin", role="director", name_en="Lin", name_zh="林")
    account.spaces.add(space)
    client.force_login(account)
    client.cookies["django_language"] = "en"
    return client
