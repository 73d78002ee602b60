"""The document of the API against the API: what it promises is what is answered, whatever is sent.

Schemathesis draws requests from the document, right ones and wrong ones, sends them to the site in this process as the
director of the demonstration, and holds every answer against the document with all of its checks.
"""

import re

import hypothesis
import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from django.utils import timezone

from tests.web.programs import token_of
from tools.api_examples import parts_now
from yucai.web import limits
from yucai.web.accounts.models import Account
from yucai.web.api.asked import LARGEST
from yucai.web.api.document import document
from yucai.web.api.operations import OPERATIONS

CODE = re.compile(r"[-a-zA-Z0-9_]{1,50}")
SEEN = []
EXAMPLES = 12  # drawn for each operation, besides those that cover each part of the document
BY_NAME = {one.name: one for one in OPERATIONS}
PROMISED = schemathesis.openapi.from_dict(document())
PROMISED.app = get_wsgi_application()


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


@PROMISED.parametrize()
@hypothesis.settings(
    max_examples=EXAMPLES, derandomize=True, database=None, deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture, hypothesis.HealthCheck.filter_too_much],
)  # fmt: skip
@pytest.mark.django_db
def test_what_the_document_promises_is_what_is_answered(case, value, there):
    limits.forget()
    name, parts = case.operation.definition.raw["operationId"], case.path_parameters or {}
    if type(parts.get("id")) is int and 0 < parts["id"] <= LARGEST and parts["id"] % 2 == 0:
        parts["id"] = there(name)  # half of the numbers name something, so that it is answered too
    if isinstance(parts.get("code"), str) and CODE.fullmatch(parts["code"]) and len(parts["code"]) % 2 == 0:
        parts["code"] = there(name)
    SEEN.append((name, case.call_and_validate(headers={"Authorization": f"Bearer {value}"}).status_code))


def test_every_operation_was_answered_and_refused():
    """The test above would find nothing either where nothing was ever let in."""
    for one in OPERATIONS:
        statuses = {status for name, status in SEEN if name == one.name}
        assert one.status in statuses, one.name
        assert statuses - {one.status}, one.name
