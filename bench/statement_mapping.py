"""Measures what the mapping of statements to evidence costs, and checks it on the whole of the Open University's data.

    .venv/bin/python bench/statement_mapping.py                      a table: microseconds of processor a statement
    .venv/bin/python bench/statement_mapping.py --clicks FILE        with daily clicks from a Parquet file (studentVle)

Every statement of both versions is checked by every rule, the counts are compared with the tables, and the responses
that come back with those of ``open_university()``. Whatever differs ends the run with 1. Steps of ten times as many
statements show how the cost grows. Each step is measured once, in one process; --most bounds the largest.
"""

from __future__ import annotations

import argparse
import gzip
import json
import resource
import sys
import tempfile
import time
from collections import Counter
from itertools import islice
from pathlib import Path

import polars as pl

from yucai.demo import open_university, university_learners, university_statements
from yucai.evidence import (
    LearnerNumbers,
    Version,
    load_statement_profile,
    read_statement_file,
    responses_from_statements,
    statement_faults,
)

COLUMNS = ["learner", "item", "occasion", "score", "max_score"]
ADL = "http://adlnet.gov/expapi/verbs"
CMI5 = "https://w3id.org/xapi/cmi5/context"
PAGE = "https://lms.example.edu"


def timed(work):
    """What it gives, and the seconds of processor it took."""
    began = time.process_time()
    given = work()
    return given, time.process_time() - began


def mapped(statements, profile="oulad", learners=None):
    return responses_from_statements(
        statements, load_statement_profile(profile), learners=learners or university_learners()
    )


def check_rules(clicks):
    """Check every statement of both versions; return how many there are by verb."""
    for version in Version:
        verbs, wrong = Counter(), 0

        def check(version=version, verbs=verbs):
            wrong = 0
            for statement in university_statements(version=version, clicks=clicks):
                wrong += bool(statement_faults(statement, version=version))
                verbs[statement["verb"]["id"].rpartition("/")[2]] += 1
            return wrong

        wrong, seconds = timed(check)
        n = verbs.total()
        print(
            f"xAPI {version.value}: {n:,} statements made and checked, {wrong} faulty, {seconds / n * 1e6:.1f} us each"
        )
        yield wrong == 0, verbs


def expected_counts(clicks):
    university = open_university()
    outcomes = Counter(university.enrolments["final_result"])
    names = {"Pass": "passed", "Fail": "failed", "Distinction": "earned", "Withdrawn": "exited"}
    counts = {
        "registered": university.enrolments.height,
        "scored": university.n_results - university.n_without_score,
        "submit": university.n_without_score,
        **{names[outcome]: n for outcome, n in outcomes.items()},
    }
    return counts if clicks is None else {**counts, "experienced": clicks.height}


def check_whole(clicks):
    """Map all of it and compare with the tables."""
    found, seconds = timed(lambda: mapped(university_statements(version=Version.V2, clicks=clicks)))
    expected = open_university().responses.table.select(COLUMNS).sort(COLUMNS)
    same = found.responses.table.select(COLUMNS).sort(COLUMNS).equals(expected)
    print(
        f"whole: {found.n_statements:,} statements made and mapped in {seconds:.1f} s of processor: "
        f"{len(found.responses):,} responses, {len(found.events):,} events, {len(found.notices)} notices; "
        f"{'the same as' if same else 'NOT the same as'} the {expected.height:,} of open_university(); "
        f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB"
    )
    clicked = clicks is None or found.events.table["times"].sum() - (len(found.events) - clicks.height) == int(
        clicks["sum_click"].cast(pl.Int64).sum()
    )
    if not clicked:
        print("NOT as many clicks as in the table")
    return same and clicked and not found.notices


def quiz(n):
    """A question answered, as H5P tells it."""
    return {
        "id": f"00000000-0000-4000-8000-{n:012d}",
        "actor": {"account": {"homePage": PAGE, "name": f"2025{n // 40:06d}"}},
        "verb": {"id": f"{ADL}/answered"},
        "object": {"id": f"{PAGE}/h5p/11?subContentId={n % 40}", "definition": {"type": "http://example.org/question"}},
        "result": {"score": {"raw": n % 3, "min": 0, "max": 2, "scaled": n % 3 / 2}, "success": n % 3 == 2},
        "context": {"contextActivities": {"parent": [{"id": f"{PAGE}/h5p/11"}]}},
        "timestamp": f"2026-11-{n % 28 + 1:02d}T{n % 24:02d}:{n % 60:02d}:{n // 60 % 60:02d}.000Z",
    }


def passed(n):
    """A unit passed, as cmi5 tells it."""
    statement = quiz(n)
    categories = [{"id": f"{CMI5}/categories/{name}"} for name in ("cmi5", "moveon")]
    statement["verb"] = {"id": f"{ADL}/passed"}
    statement["result"] = {"score": {"scaled": 0.9}, "success": True}
    statement["context"] = {
        "registration": f"ec531277-b57b-4c15-8d91-{n:012d}",
        "contextActivities": {"category": categories},
        "extensions": {f"{CMI5}/extensions/sessionid": f"s{n}", f"{CMI5}/extensions/masteryscore": 0.8},
    }
    return statement


def steps(name, make, profile, learners, most):
    """Ten times as many statements a step, each step made before it is measured."""
    n, costs = 1_000, []
    while n <= most:
        statements = make(n)
        if len(statements) < n:
            break
        _, seconds = timed(lambda statements=statements: mapped(statements, profile, learners))
        costs.append(f"{n:,}: {seconds / n * 1e6:.1f}")
        n *= 10
    print(f"{name:28}us of processor each at {'   '.join(costs)}")


def read_file(n):
    """The same statements from a packed file of lines, read, checked and mapped in one pass."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "statements.jsonl.gz"
        with gzip.open(path, "wt", encoding="utf-8", compresslevel=1) as file:
            for statement in islice(university_statements(version=Version.V2), n):
                file.write(json.dumps(statement, ensure_ascii=False) + "\n")
        reading = (one.sent.value for one in read_statement_file(path, version=Version.V2) if one.sent)
        found, seconds = timed(lambda: mapped(reading))
    print(f"{'from a file, all in one':28}us of processor each at {n:,}: {seconds / n * 1e6:.1f}")
    return found.n_statements == n


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clicks", type=Path, help="Parquet file of daily clicks, in the columns of studentVle")
    parser.add_argument("--most", type=int, default=1_000_000, help="the most statements of a step (1000000)")
    wanted = parser.parse_args()
    clicks = pl.read_parquet(wanted.clicks) if wanted.clicks else None
    sound = []
    for kept, verbs in check_rules(clicks):
        sound += [kept, dict(verbs) == expected_counts(clicks)]
    print(f"counts by verb: {dict(verbs)}; {'equal to' if sound[-1] else 'NOT equal to'} the tables")
    sound.append(check_whole(clicks))
    everybody = LearnerNumbers(home_pages=frozenset({PAGE}))
    steps(
        "Open University",
        lambda n: list(islice(university_statements(version=Version.V2, clicks=clicks), n)),
        "oulad", None, wanted.most,
    )  # fmt: skip
    for name, make in (("generic", quiz), ("h5p", quiz), ("cmi5", passed)):
        steps(name, lambda n, make=make: [make(i) for i in range(n)], name, everybody, min(wanted.most, 100_000))
    sound.append(read_file(min(wanted.most, 100_000)))
    return 0 if all(sound) else 1


if __name__ == "__main__":
    sys.exit(main())
