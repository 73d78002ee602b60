"""A program that asks the API with a token, as tests need it."""

import json
from dataclasses import dataclass, field
from datetime import timedelta

from django.test import Client
from django.utils import timezone

from yucai.web.accounts.keys import digest_of, new_token
from yucai.web.accounts.token_models import ApiToken
from yucai.web.accounts.tokens import SCOPES

ALL = tuple(SCOPES)


def token_of(account, *scopes, way="password", made_at=None, days=90, **more):
    """Make a token of any scopes, also of those that the page would not offer; give the row and the value."""
    value, at = f"yucai_{new_token()}", made_at or timezone.now() - timedelta(minutes=1)
    row = ApiToken.objects.create(
        account=account, name="report", digest=digest_of("api-token", value), scopes=" ".join(scopes or ALL), way=way,
        made_at=at, expires_at=at + timedelta(days=days), **more,
    )  # fmt: skip
    return row, value


@dataclass
class Program:
    """Asks with a token, or with none, in a language; every answer is read as JSON."""

    value: str = ""
    language: str = "en"
    client: Client = field(default_factory=lambda: Client(enforce_csrf_checks=True))

    def ask(self, path, *, method="GET", said=None, **headers):
        told = {"Accept-Language": self.language}
        if self.value:
            told["Authorization"] = f"Bearer {self.value}"
        told |= {name.replace("_", "-"): value for name, value in headers.items()}
        told = {name: value for name, value in told.items() if value is not None}
        kind = told.pop("Content-Type", "application/json")
        body = said if isinstance(said, bytes) else b"" if said is None else json.dumps(said).encode()
        address = path if path.startswith("/") else f"/api/v1/{path}"
        return self.client.generic(method, address, body, content_type=kind, headers=told)

    def get(self, path, **headers):
        answer = self.ask(path, **headers)
        assert answer.status_code == 200, (path, answer.status_code, answer.content[:500])
        return answer.json()


def program_of(account, *scopes, language="en", **more):
    """Return a program with a new token of an account."""
    return Program(value=token_of(account, *scopes, **more)[1], language=language)
