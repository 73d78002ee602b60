"""A learning tool as the door sees it: whole requests by WSGI, whole answers back."""

import base64
import io
import json
import uuid
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from yucai.web.records.door import answer

VERSIONS = ("1.0.3", "2.0.0")


@dataclass(frozen=True)
class Told:
    """An answer: status, headers with names in lower case, and body."""

    status: int
    headers: dict
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)


def basic(key, secret):
    return "Basic " + base64.b64encode(f"{key}:{secret}".encode()).decode()


class Tool:
    """Sends requests to one store with one credential, in one version."""

    def __init__(self, *, store="s", key="", secret="", version="2.0.0"):
        self.store, self.key, self.secret, self.version = store, key, secret, version

    def speaking(self, version):
        return Tool(store=self.store, key=self.key, secret=self.secret, version=version)

    def call(self, method, resource, params=None, *, data=None, headers=None, bare=False):
        """Send a request; ``data`` is JSON, or bytes as they are; ``bare`` sends no header of its own."""
        body = b"" if data is None else data if isinstance(data, bytes) else json.dumps(data).encode()
        sent = {} if bare else {"Authorization": basic(self.key, self.secret), "X-Experience-API-Version": self.version}
        if data is not None and not bare:
            sent["Content-Type"] = "application/json"
        sent |= headers or {}
        path = resource if resource.startswith("/") else f"/xapi/{self.store}/{resource}"
        query = params if isinstance(params, str) else urlencode({k: _text(v) for k, v in (params or {}).items()})
        environ = {
            "REQUEST_METHOD": method,
            "PATH_INFO": urlsplit(path).path,
            "QUERY_STRING": query,
            "wsgi.input": io.BytesIO(body),
            "CONTENT_LENGTH": str(len(body)),
        }
        for name, value in sent.items():
            if value is not None:
                plain = name.upper().replace("-", "_")
                environ[plain if plain in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{plain}"] = value
        told = []
        parts = answer(environ, lambda status, found: told.append((int(status[:3]), found)))
        found = {name.lower(): value for name, value in told[0][1]}
        return Told(told[0][0], found, b"".join(parts))

    def post(self, statements, **more):
        return self.call("POST", "statements", data=statements, **more)

    def get(self, **params):
        return self.call("GET", "statements", params)

    def ids(self, **params):
        """Return the ids of every statement of a query, page by page."""
        told = self.call("GET", "statements", params)
        assert told.status == 200, told.body
        found = [one["id"] for one in told.json["statements"]]
        while told.json["more"]:
            told = self.call("GET", told.json["more"])
            assert told.status == 200, told.body
            found += [one["id"] for one in told.json["statements"]]
        return found


def _text(value):
    return value if isinstance(value, str) else json.dumps(value)


def new_id():
    return str(uuid.uuid4())


def statement(**more):
    """Return a small good statement."""
    return {
        "actor": {"mbox": "mailto:lin@example.edu", "name": "Lin"},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/answered", "display": {"en": "answered", "zh": "回答"}},
        "object": {"id": "https://lms.example.edu/quiz/7"},
        **more,
    }


def reference(target, **more):
    """Return a statement about another statement."""
    return statement(object={"objectType": "StatementRef", "id": target}, **more)


def voiding(target, **more):
    """Return a statement that voids another."""
    verb = {"id": "http://adlnet.gov/expapi/verbs/voided"}
    return reference(target, verb=verb, actor={"mbox": "mailto:admin@example.edu"}, **more)
