"""Measures a step of an adaptive test as pages take it: an answer is recorded, the next question asked; and the page.

    .venv/bin/python bench/asking.py [--steps 400]

A bank of 5,000 questions on one or ten qualities in a workspace of its own (SQLite on disk with the settings of the
product), sittings of 40 questions. A step locks the space, reads the sitting, records answer, evidence, chosen option
and audit event, moves the state on, chooses the next question, and commits. A page is the same through HTTP: session,
sign-in, templates, and the next page. CPU on average; wall: median, 95 %, longest. Bar of a step: 10 ms.
"""

from __future__ import annotations

import argparse
import os
import secrets
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from yucai.measurement import AdaptivePlan, BankItem, ItemBank, ItemFamily, prepare_test
from yucai.web.commands.making import _migrate
from yucai.web.commands.starting import now, start_new
from yucai.web.workspace import create_workspace

N_ITEMS, LENGTH = 5000, 40
OPTIONS = [["A", "One", "甲"], ["B", "Two", "乙"], ["C", "Three", "丙"], ["D", "Four", "丁"]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=400)
    steps = parser.parse_args().steps
    print(f"load {os.getloadavg()[0]:.1f}; {N_ITEMS} questions, sittings of {LENGTH}; ms")
    print(f"  {'':38} {'CPU':>6}   {'median':>6} {'95 %':>7} {'longest':>7}")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "office"
        create_workspace(folder, name="bench", language="en", demo=True)
        start_new(folder)
        _migrate()
        for n_qualities in (1, 10):
            record = _opened(n_qualities, n_people=steps // LENGTH + 2)
            _timed(f"step, {n_qualities} qualities", record, steps, page=False)
            record = _opened(n_qualities, n_people=steps // LENGTH + 2)
            _timed(f"page and step, {n_qualities} qualities", record, steps, page=True)


def _opened(n_qualities: int, *, n_people: int) -> Any:
    """Return a test over a bank of made-up questions, with a sitting for each of so many people."""
    from yucai.web.accounts.models import Account, Group, Person, Space
    from yucai.web.evidence.answers import open_answers
    from yucai.web.evidence.models import Item
    from yucai.web.evidence.question_models import Question
    from yucai.web.measurement.adaptive_models import AdaptiveSitting, AdaptiveTestRecord
    from yucai.web.measurement.models import CalibrationRun

    at, code = now(), f"s{secrets.token_hex(4)}"
    space = Space.objects.create(
        code=code, name_en=code, name_zh=code, simulated=True, evidence_map="evidence-demo-college"
    )
    teacher = Account.objects.create_user(f"t-{code}", role="teacher")
    teacher.spaces.add(space)
    Person.objects.bulk_create(Person(space=space, code=f"p{n}", name_en="p", name_zh="p") for n in range(n_people))
    group = Group.objects.create(space=space, code="g", kind="class", name_en="g", name_zh="g")
    for person in Person.objects.filter(space=space):
        account = Account.objects.create_user(f"{code}-{person.code}", role="student", person=person)
        account.spaces.add(space)
    bank = _bank(n_qualities)
    entry = open_answers(space=space, name="bench", by="bench", at=at)
    Item.objects.bulk_create(
        Item(space=space, code=one.item, name_en=one.item, name_zh=one.item, kind="q") for one in bank.items
    )
    items = dict(Item.objects.filter(space=space).values_list("code", "pk"))
    Question.objects.bulk_create(
        Question(item_id=pk, came_with=entry, stem_en=c, stem_zh=c, options=OPTIONS, key="A") for c, pk in items.items()
    )
    test = prepare_test(bank, AdaptivePlan(most_items=LENGTH, among=5))
    run = CalibrationRun.objects.create(
        space=space, at=at, file="none", evidence_map="none", evidence_map_version="1", last_record=0, responses=0,
        units=0, converged=True, seconds=0,
    )  # fmt: skip
    record = AdaptiveTestRecord.objects.create(
        space=space, group=group, name="bench", occasion="2026", calibration=run, test=test.to_json(),
        fingerprint=test.fingerprint, fresh_only=True, seed=secrets.randbelow(2**31), opened_at=at, opened_by=teacher,
        questions=dict(Question.objects.filter(came_with=entry).values_list("item__code", "pk")),
        came_with=open_answers(space=space, name="bench test", by="bench", at=at),
    )  # fmt: skip
    people = Person.objects.filter(space=space)
    AdaptiveSitting.objects.bulk_create(AdaptiveSitting(test=record, person=person) for person in people)
    return record


def _bank(n_qualities: int) -> ItemBank:
    rng = np.random.default_rng()
    items = [
        BankItem(
            item=f"q{j:05d}", quality=f"quality-{j % n_qualities}", family=ItemFamily.GRADED,
            slopes=(float(rng.lognormal(0.2, 0.3)),), intercepts=(float(rng.normal(0, 1.2)),), levels=(0, 1),
        )
        for j in range(N_ITEMS)
    ]  # fmt: skip
    correlations = np.full((n_qualities, n_qualities), 0.5) + 0.5 * np.eye(n_qualities)
    names = [f"quality-{k}" for k in range(n_qualities)]
    return ItemBank.of_items(items, qualities=names, correlations=correlations)


def _timed(name: str, record: Any, steps: int, *, page: bool) -> None:
    """Answer question by question, the first sitting unmeasured (it compiles and makes the bank ready)."""
    from django.test import Client

    from yucai.web.measurement.adaptive_sittings import answer_question, begin_sitting, sittings

    times, cpu, first = [], 0.0, True
    for mine in sittings().filter(test=record).order_by("pk"):
        account = mine.person.account
        begin_sitting(sitting=mine, by=account, at=now())
        client = Client(SERVER_NAME="127.0.0.1")
        client.force_login(account)
        for number in range(1, LENGTH + 1):
            began, used = time.perf_counter(), time.process_time()
            if page:
                address = f"/tests/mine/{mine.pk}/answer"
                answer = client.post(address, {"number": number, "option": "AB"[secrets.randbelow(2)]}, follow=True)
                assert answer.status_code == 200
            else:
                option = "AB"[secrets.randbelow(2)]
                answer_question(sitting=mine, number=number, option=option, by=account, at=now())
            if not first:
                times.append(time.perf_counter() - began)
                cpu += time.process_time() - used
        first = False
        if len(times) >= steps:
            break
    ordered = np.sort(times) * 1e3
    said = f"{np.median(ordered):6.2f} {ordered[int(len(ordered) * 0.95)]:7.2f} {ordered[-1]:7.2f}"
    print(f"  {name:38} {cpu / len(times) * 1e3:6.2f}   {said}")


if __name__ == "__main__":
    main()
