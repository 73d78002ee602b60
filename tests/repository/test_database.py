"""The records are tested on the database that was asked for, not on another by mistake."""

import os

import pytest
from django.db import connection

from yucai.web.accounts.models import Space


@pytest.mark.django_db
def test_the_records_are_on_the_database_asked_for():
    assert connection.vendor == os.environ.get("YUCAI_TEST_DATABASE", "sqlite")
    Space.objects.create(code="x", name_en="X", name_zh="某校", simulated=False, evidence_map="evidence-demo-college")
    assert Space.objects.get(code="x").name_zh == "某校"


@pytest.mark.django_db
def test_the_tables_are_what_the_migrations_make():
    from django.core.management import call_command

    call_command("makemigrations", "--check", "--dry-run", verbosity=0)
