"""Makes the answers that the page of the API shows: of the demonstration, in both languages, with lists cut short.

    PYTHONPATH=src YUCAI_WORKSPACE=demo-office .venv/bin/python tools/api_examples.py

A test holds what is kept against what the demonstration answers now.
"""

from __future__ import annotations

import json
import sys
from typing import Any

LANGUAGES = {"en": "en", "zh": "zh-hans"}
SHOWN = 1  # entries of a list
LONGEST = 90  # characters of a sentence
ASKED_BY = {"requests": "student", "request": "student"}


def answers_now(operation: Any) -> dict[str, Any]:
    """Return what an operation answers now in each language, cut short, and the address that was asked."""
    from django.db import transaction
    from django.urls import reverse
    from django.utils import translation

    from yucai.web.api.asked import Asked

    told: dict[str, Any] = {}
    for language, code in LANGUAGES.items():
        with transaction.atomic(), translation.override(code):
            asked: Asked = _asked(operation)
            told["path"] = reverse(operation.url_name, kwargs=asked.parts)
            told[language] = _short(_plain(operation.act(asked)))
            transaction.set_rollback(True)
    return told


def _asked(operation: Any) -> Any:
    from datetime import timedelta

    from django.utils import timezone

    from yucai.web.accounts.models import Account
    from yucai.web.accounts.token_models import ApiToken
    from yucai.web.api.asked import Asked

    at = timezone.now()
    account = Account.objects.get(username=ASKED_BY.get(operation.name, "director"))
    token = ApiToken(account=account, name="report", scopes=" ".join(operation.scopes) or "read:groups",
                     expires_at=at + timedelta(days=90))  # fmt: skip
    body = operation.body(kind="measure") if operation.body is not None else None
    parts = parts_now(operation, at=at)
    query = _query(operation)
    return Asked(name=operation.name, at=at, parts=parts, query=query, body=body, token=token)


def _query(operation: Any) -> Any:
    names = operation.query.__struct_fields__
    return operation.query(limit=2) if "limit" in names else operation.query()


def parts_now(operation: Any, *, at: Any) -> dict[str, Any]:
    """Return the parts of an address: of what the demonstration has; a request and a job are made."""
    from yucai.web.accounts.models import Account, Group
    from yucai.web.jobs.actions import ask_for
    from yucai.web.teaching.assessed import group_assessments

    account = Account.objects.get(username=ASKED_BY.get(operation.name, "director"))
    space = Account.objects.get(username="student").person.space
    group = Group.objects.filter(space=space, kind="class").order_by("code").first()
    if "<slug:code>" in operation.path:
        return {"code": space.code}
    if "<int:pk>" not in operation.path:
        if operation.name == "requests":
            _a_request(at)
        return {}
    kind = operation.path.partition("/")[0]
    if kind == "jobs":
        return {"pk": ask_for("measure", space=space, owner=account, at=at).pk}
    if kind == "requests":
        return {"pk": _a_request(at)}
    if kind == "assessments":
        return {"pk": group_assessments(account, group, at=at)[0].pk}
    person = Account.objects.get(username="student").person
    return {"pk": person.pk if kind == "people" else group.pk}


def _a_request(at: Any) -> int:
    from yucai.web.accounts.models import Account
    from yucai.web.measurement.portraits import portrait_of
    from yucai.web.rights.cases import open_case

    student = Account.objects.get(username="student")
    views = portrait_of(student.person, at=at).qualities
    key = next(view.key for view in views if view.enough)
    said = "One of my works is not counted."
    return open_case(kind="objection", about="quality", key=key, said=said, by=student, at=at).pk


def _plain(answer: Any) -> Any:
    import msgspec

    return json.loads(msgspec.json.encode(answer))


def _short(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _short(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_short(one) for one in value[:SHOWN]]
    if isinstance(value, str) and len(value) > LONGEST:
        return value[: LONGEST - 1].rstrip() + "…"
    return value


def main() -> int:
    """Write the answers of the workspace that the environment names."""
    import os

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yucai.web.settings")
    django.setup()
    from yucai.web.api.operations import OPERATIONS
    from yucai.web.api.views import EXAMPLES

    told = {operation.name: answers_now(operation) for operation in OPERATIONS}
    EXAMPLES.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(f"{EXAMPLES}: {len(told)} operations\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
