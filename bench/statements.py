"""Measures what one statement costs before it is stored: reading, rules, facts, digest, stamp, formats.

    .venv/bin/python bench/statements.py            prints a table: microseconds of processor a statement
    .venv/bin/python bench/statements.py --n 20000  more rounds

One realistic statement of a quiz question, 1 kB; the best of five runs, with what checks remember warm, as in a store
that has run for a while. A parser that is not installed is left out.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import time
from datetime import UTC, datetime

import msgspec

from yucai.evidence import (
    RequestLimits,
    Version,
    canonical,
    digest,
    facts_of,
    ids_only,
    read_statements,
    stamped,
    statement_faults,
)

STORED = datetime(2026, 11, 26, 10, 0, tzinfo=UTC)
AUTHORITY = {"account": {"homePage": "https://yucai.example.edu", "name": "moodle"}}


def make_statement(n):
    """A learner answers one question of a quiz, as a learning platform tells it."""
    activities = "http://adlnet.gov/expapi/activities"
    return {
        "id": f"fd41c918-b88b-4b20-a0a5-{n:012d}",
        "actor": {"name": f"学生 {n}", "account": {"homePage": "https://lms.example.edu", "name": f"2025{n:06d}"}},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/answered", "display": {"en": "answered", "zh-CN": "回答"}},
        "object": {
            "objectType": "Activity",
            "id": f"https://lms.example.edu/quiz/7/question/{n % 40}",
            "definition": {
                "type": f"{activities}/cmi.interaction",
                "name": {"en": f"Question {n % 40}"},
                "interactionType": "choice",
                "correctResponsesPattern": ["b"],
                "choices": [{"id": name, "description": {"en": f"Answer {name}"}} for name in "abcd"],
            },
        },
        "result": {"score": {"scaled": 1, "raw": 1, "min": 0, "max": 1}, "success": True, "response": "b"},
        "context": {
            "registration": "ec531277-b57b-4c15-8d91-d292c5b2b8f7",
            "language": "zh-CN",
            "platform": "Moodle",
            "contextActivities": {
                "parent": [{"id": "https://lms.example.edu/quiz/7"}],
                "grouping": [{"id": "https://lms.example.edu/course/3"}],
            },
        },
        "timestamp": f"2026-11-26T09:30:{n % 60:02d}.000Z",
    }


def microseconds(work, things, rounds):
    """The best of five runs, of processor time, for each thing."""
    best = float("inf")
    for _ in range(5):
        began = time.process_time()
        for _ in range(rounds):
            for thing in things:
                work(thing)
        best = min(best, time.process_time() - began)
    return best / rounds / len(things) * 1e6


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=4000, help="statements a run (4000)")
    rounds = max(parser.parse_args().n // 200, 1)
    values = [make_statement(n) for n in range(200)]
    compact = [msgspec.json.encode(value) for value in values]
    spaced = [json.dumps(value, ensure_ascii=False).encode() for value in values]
    batches = [b"[" + b",".join(compact[n : n + 50]) + b"]" for n in range(0, 200, 50)]
    limits, version = RequestLimits(), Version.V2

    def read(body):
        return read_statements(body, version=version, limits=limits)

    def whole(body):
        for sent in read(body).statements:
            facts_of(sent.value, version=version)
            digest(sent.value)
            stamped(sent.raw, id="", stored=STORED, authority=AUTHORITY, version=version)

    rows = [("json.loads", json.loads, compact), ("msgspec, untyped", msgspec.json.decode, compact)]
    if importlib.util.find_spec("orjson"):
        import orjson

        rows.append(("orjson", orjson.loads, compact))
    rows += [
        ("every rule", lambda value: statement_faults(value, version=version), values),
        ("read: JSON, strictness, every rule", read, compact),
        ("  the same, written with spaces", read, spaced),
        ("  the same, in batches of 50", read, batches),
        ("facts", lambda value: facts_of(value, version=version), values),
        ("digest", digest, values),
        (
            "stamp",
            lambda raw: stamped(raw, id="", stored=STORED, authority=AUTHORITY, version=version),
            compact,
        ),
        ("read, facts, digest, stamp; batches of 50", whole, batches),
        ("format ids", ids_only, compact),
        ("format canonical", lambda raw: canonical(raw, languages="zh, en;q=0.5", definitions={}), compact),
    ]
    print(f"{sum(map(len, compact)) / len(compact):.0f} bytes a statement; microseconds of processor each")
    for name, work, things in rows:
        in_each = 50 if things is batches else 1
        print(f"{name:45}{microseconds(work, things, rounds) / in_each:8.1f}")


if __name__ == "__main__":
    main()
