"""The simulated college in a database of its own: filled, calibrated and with its demo accounts, once a run."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker, tmp_path_factory):
    from django.conf import settings

    from yucai.demo import simulate_college
    from yucai.web.demonstration import fill_college, fill_questions, fill_registers, fill_works, make_demo_accounts
    from yucai.web.evidence.actions import write_lake
    from yucai.web.measurement.actions import measure_space

    folder = tmp_path_factory.mktemp("office")
    settings.WORKSPACE = replace(settings.WORKSPACE, folder=folder, demo=True)
    with django_db_blocker.unblock():
        college = simulate_college()
        space = fill_college(college, at=NOW)
        make_demo_accounts()
        fill_works(college, space, at=NOW)
        fill_questions(college, space, at=NOW)
        fill_registers(space, at=NOW)
        write_lake(space, at=NOW)
        measure_space(space, report=lambda done, text: None, clock=lambda: NOW)


@pytest.fixture
def signed_in(client):
    """Give a function that returns a client signed in as one of the demo accounts."""

    def as_role(role, language="en"):
        from yucai.web.accounts.models import Account

        client.force_login(Account.objects.get(username=role))
        client.cookies["django_language"] = {"en": "en", "zh": "zh-hans"}[language]
        return client

    return as_role


@pytest.fixture
def person(db):
    """Give a function that returns a student by number."""
    from yucai.web.accounts.models import Person

    return lambda code: Person.objects.get(code=code)


@pytest.fixture
def group(db):
    """Give a function that returns a group by code."""
    from yucai.web.accounts.models import Group

    return lambda code: Group.objects.get(code=code)


@pytest.fixture
def space(db, settings, tmp_path):
    """An empty institution with a folder of its own."""
    from yucai.web.accounts.models import Space
    from yucai.web.registers.switches import begin_provisionally

    settings.WORKSPACE = replace(settings.WORKSPACE, folder=tmp_path / "office")
    found = Space.objects.create(
        code="school", name_en="school", name_zh="school", simulated=False, evidence_map="evidence-demo-college"
    )
    begin_provisionally(space=found, at=NOW)
    return found


@pytest.fixture
def director(client, space):
    """A client signed in as the director of the empty institution, who reads Chinese."""
    from yucai.web.accounts.models import Account

    account = Account.objects.create_user("lin", role="director", name_en="Lin", name_zh="林")
    account.spaces.add(space)
    client.force_login(account)
    client.cookies["django_language"] = "zh-hans"
    return client


@pytest.fixture
def people(director, space):
    """Three students on record in the empty institution."""
    from tests.web.desk import LIST, at_desk, take

    at_desk(director, space, LIST)
    take(director, space)
