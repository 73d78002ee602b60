"""The document of the API against the API: what it promises is what is answered, whatever is sent."""

import json

import hypothesis
import pytest
import schemathesis
from django.test import Client
from schemathesis import checks as _checks  # noqa: F401  (loads the registry)

pytestmark = pytest.mark.django_db
