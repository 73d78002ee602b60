"""The document of the API against the API: what it promises is what is answered, whatever is sent.

Schemathesis draws requests from the document, right ones and wrong ones, sends them to the site in this process as the
director of the demonstration, and holds every answer against the document with all of its checks.
"""

import re
from collections import defaultdict

import hypothesis
import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.utils import timezone

from tests.web.programs import token_of
from tools.api_examples import parts_now
from yucai.web import limits
from yucai.web.accounts.models import Account
from yucai.web.api.asked import LARGEST
from yucai.web.api.document import document
from yucai.web.api.operations import OPERATIONS

CODE = re.compile(r"[-a-zA-Z0-9_]{1,50}")
EXAMPLES = 12  # drawn for each operation, besides those that cover each part of the document
BY_NAME = {one.name: one for one in OPERATIONS}
PROMISED = schemathesis.openapi.from_dict(document())
PROMISED.app = get_wsgi_application()


@pytest.fixture(autouse=True)
def connection_stays():
    """Leave the database open behind each answer, as Django's own test client does: the test is one transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def value(db):
    return token_of(Account.objects.get(username="director"))[1]


@pytest.fixture
def there(db):
    """Give a function that returns the part of the address of something that is there, for an operation."""
    known = {}

    def part(name):
        if name not in known:
            (known[name],) = parts_now(BY_NAME[name], at=timezone.now()).values()
        return known[name]

    return part


@pytest.fixture
def statuses():
    """What came back, by operation. Where nothing was ever answered, or nothing refused, little was looked at."""
    found = defaultdict(set)
    yield found
    for name, seen in found.items():
        assert BY_NAME[name].status in seen, name
        assert seen - {BY_NAME[name].status}, name


def held(operation):
    """Make the test of one operation: it has a name of its own, by which processes that share the tests tell it."""

    @PROMISED.include(operation_id=operation).parametrize()
    @hypothesis.settings(
        max_examples=EXAMPLES, derandomize=True, database=None, deadline=None,
        suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture, hypothesis.HealthCheck.filter_too_much],
    )  # fmt: skip
    @pytest.mark.django_db
    def test(case, value, there, statuses):
        limits.forget()
        parts = case.path_parameters or {}
        if type(parts.get("id")) is int and 0 < parts["id"] <= LARGEST and parts["id"] % 2 == 0:
            parts["id"] = there(operation)  # half of the numbers name something, so that it is answered too
        if isinstance(parts.get("code"), str) and CODE.fullmatch(parts["code"]) and len(parts["code"]) % 2 == 0:
            parts["code"] = there(operation)
        statuses[operation].add(case.call_and_validate(headers={"Authorization": f"Bearer {value}"}).status_code)

    return test


for one in OPERATIONS:
    globals()[f"test_what_the_document_promises_is_answered_for_{one.name}"] = held(one.name)
