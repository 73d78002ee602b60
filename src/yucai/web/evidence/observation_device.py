"""The recording page on a phone: a shell without any data, its turns, and the door through which records come in.

The shell and its worker hold nothing about anybody, so that a browser may keep them and open them without a network
and without an account. Turns and records need an account.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.timezone import localtime
from django.views.decorators.http import require_POST, require_safe

from yucai.errors import FaultyInputError, YucaiError
from yucai.evidence import Code, CodingScheme
from yucai.texts import Text
from yucai.web.accounts.access import may_observe_at_all
from yucai.web.accounts.models import Account
from yucai.web.accounts.requests import asking
from yucai.web.evidence.observation_models import ObservationChild, ObservationPlan, ObservationTurn
from yucai.web.evidence.observation_plans import PlanClosedError, scheme_of
from yucai.web.evidence.observation_records import (
    ConsentWithdrawnError,
    OtherRecordError,
    RecordsGoneError,
    hand_in_record,
    read_sent,
)

__all__ = ["records", "shell", "turns", "worker"]

STATIC: Final = Path(__file__).parents[1] / "static"
PARTS: Final = ("tokens.css", "observe.css", "observe.js", "observe-clock.js", "observe-details.js", "observe-dom.js",
                "observe-record.js", "observe-replay.js", "observe-send.js", "observe-store.js")  # fmt: skip
WORKER: Final = STATIC / "yucai" / "observe-worker.js"
BACK: Final = timedelta(days=21)
AHEAD: Final = timedelta(days=60)
MOST_TURNS: Final = 500
NOT_YOURS: Final = Text(
    "This turn is not given to the account that is signed in. Sign in as the observer of the turn.",
    "本次观察不属于当前登录的账号。请以该观察者的账号登录。",
)


@login_not_required
@require_safe
def shell(request: HttpRequest) -> HttpResponse:
    """The page itself: words and nothing else, the same for everybody."""
    return render(request, "observe.html", {})


@login_not_required
@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """The script that keeps the shell for times without a network; its version follows the files that it keeps."""
    files = [reverse("observe"), *(static(f"yucai/{name}") for name in PARTS)]
    head = f"const VERSION = {json.dumps(_version())};\nconst FILES = {json.dumps(files)};\n"
    answer = HttpResponse(head + WORKER.read_text(encoding="utf-8"), content_type="text/javascript; charset=utf-8")
    answer["Cache-Control"] = "no-cache"
    return answer


@require_safe
def turns(request: HttpRequest) -> JsonResponse:
    """My turns, with all that is needed to record them without a network: pseudonyms, codes and their definitions."""
    account, at = asking(request), timezone.now()
    if not may_observe_at_all(account):
        raise PermissionDenied
    mine = _turns_of(account).filter(starts__gte=at - BACK, starts__lt=at + AHEAD)
    listed = list(mine.select_related("child").order_by("starts", "pk")[:MOST_TURNS])
    plans = ObservationPlan.objects.filter(pk__in={turn.plan_id for turn in listed}).select_related("space")
    watched = ObservationChild.objects.filter(withdrawn_at__isnull=True).order_by("pseudonym")
    plans = plans.prefetch_related(Prefetch("children", watched))
    schemes = {plan.scheme: scheme_of(plan) for plan in plans}
    recorded = set(mine.filter(sessions__observer=account).values_list("pk", flat=True))
    return JsonResponse(
        {
            "account": account.pk,
            "token": get_token(request),
            "zone": timezone.get_current_timezone_name(),
            "plans": {plan.pk: _plan(plan) for plan in plans},
            "schemes": {code: _scheme(scheme) for code, scheme in schemes.items()},
            "turns": [_turn(turn, done=turn.pk in recorded) for turn in listed],
        }
    )


@require_POST
def records(request: HttpRequest) -> JsonResponse:
    """Take one record in; a refusal says every fault in words, and the device keeps the record."""
    account = asking(request)
    if not may_observe_at_all(account):
        return _refused([NOT_YOURS], status=403)
    try:
        taken = hand_in_record(sent=read_sent(request.body), by=account, at=timezone.now())
    except PermissionDenied:
        return _refused([NOT_YOURS], status=403)
    except FaultyInputError as refused:
        language = translation.get_language() or "en"
        return _answer_no([fault.in_language(language) for fault in refused.faults], status=422)
    except (ConsentWithdrawnError, OtherRecordError, PlanClosedError, RecordsGoneError) as refused:
        return _refused([_both(refused)], status=409)
    return JsonResponse({"taken": True, "uuid": str(taken.uuid), "received_at": taken.received_at.isoformat()})


def _turns_of(account: Account) -> Any:
    spaces = account.spaces.all()
    there = ObservationTurn.objects.filter(child__withdrawn_at__isnull=True, plan__closed_at__isnull=True)
    return there.filter(observer=account, plan__space__in=spaces)


def _refused(said: Iterable[Text], *, status: int) -> JsonResponse:
    language = translation.get_language() or "en"
    return _answer_no([text.in_language(language) for text in said], status=status)


def _answer_no(said: list[str], *, status: int) -> JsonResponse:
    return JsonResponse({"taken": False, "said": said}, status=status)


def _both(refused: YucaiError) -> Text:
    return Text(refused.in_language("en"), refused.in_language("zh"))


@lru_cache(maxsize=1)
def _version() -> str:
    """Return what changes when a file of the page, its words or the worker changes."""
    own = [WORKER, *(STATIC / "yucai" / name for name in PARTS)]
    page = [STATIC.parent / "templates" / "observe.html", *sorted((STATIC.parent / "locale").rglob("*.po"))]
    seen = hashlib.sha256()
    for file in (*own, *page):
        seen.update(file.read_bytes())
    return seen.hexdigest()[:16]


def _plan(plan: ObservationPlan) -> dict[str, Any]:
    return {
        "name": plan.name,
        "scheme": plan.scheme,
        "mode": plan.mode,
        "seconds": plan.seconds,
        "interval_s": plan.interval_s,
        "simulated": plan.space.simulated,
        "children": [child.pseudonym for child in plan.children.all()],  # as they were brought along
    }


def _turn(turn: ObservationTurn, *, done: bool) -> dict[str, Any]:
    return {
        "pk": turn.pk,
        "plan": turn.plan_id,
        "number": turn.number,
        "child": turn.child.pseudonym,
        "setting": turn.setting,
        "starts": localtime(turn.starts).isoformat(),
        "second": turn.second,
        "done": done,
    }


def _scheme(scheme: CodingScheme) -> dict[str, Any]:
    return {
        "behaviours": [_code(code) for code in scheme.behaviours],
        "antecedents": [_code(code) for code in scheme.antecedents],
        "consequences": [_code(code) for code in scheme.consequences],
        "settings": [_code(code) for code in scheme.settings],
        "modifiers": [
            {"code": one.code, "name": _text(one.name), "of": one.of, "values": [_code(value) for value in one.values]}
            for one in scheme.modifiers
        ],
    }


def _code(code: Code) -> dict[str, Any]:
    return {
        "code": code.code,
        "kind": str(code.kind),
        "name": _text(code.name),
        "definition": _text(code.definition),
        "includes": [_text(example) for example in code.includes],
        "excludes": [_text(example) for example in code.excludes],
    }


def _text(text: Text) -> dict[str, str]:
    return {"en": text.en, "zh": text.zh}
