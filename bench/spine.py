"""Measures the spine: the pipeline on the Open University data, a portrait page, imports, the cold command line.

    .venv/bin/python bench/spine.py            prints a table; --json FILE keeps it

Each figure is taken in a fresh process. Wall and CPU seconds, and the peak memory of the process tree where it matters.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PIPELINE = """
import json, resource, sys, time
from pathlib import Path
from yucai.web.commands.starting import now, start_new
from yucai.web.commands.making import _migrate
from yucai.web.workspace import create_workspace
began = time.perf_counter()
folder = Path(sys.argv[1])
create_workspace(folder, name="bench", language="en", demo=True)
start_new(folder)
steps = {}
def timed(name, do):
    t = time.perf_counter()
    result = do()
    steps[name] = time.perf_counter() - t
    return result
timed("migrate", _migrate)
from yucai.demo import open_university
from yucai.web.demonstration import fill_university, make_demo_accounts
from yucai.web.evidence.actions import write_lake
from yucai.web.commands.working import finish_job
university = timed("load", open_university)
space = timed("record", lambda: fill_university(university, at=now()))
timed("lake", lambda: write_lake(space, at=now()))
timed("calibrate, score, save", lambda: finish_job(space, owner=None))
from django.test import Client
from yucai.web.accounts.models import Account, Person
account = Account.objects.create_user("bench", password="bench-bench-1", role="researcher")
account.spaces.add(space)
client = Client(headers={"host": "127.0.0.1"})
client.force_login(account)
people = list(Person.objects.filter(space=space, profiles__isnull=False).distinct().order_by("?")[:220])
times = []
def page(person):
    t = time.perf_counter()
    answer = client.get(f"/people/{person.pk}/portrait/")
    assert answer.status_code == 200, answer.status_code
    times.append(time.perf_counter() - t)
timed("first page", lambda: page(people[0]))
total = time.perf_counter() - began
for person in people[1:20]:
    page(person)
times.clear()
for person in people[20:]:
    page(person)
times.sort()
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"steps": steps, "total": total, "peak_mb": peak, "cpu": time.process_time(),
  "page_p50": times[len(times)//2], "page_p95": times[int(len(times)*0.95)], "pages": len(times)}))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    figures = {"load": os.getloadavg()[0], **_pipeline(), **_starts()}
    print(f"1-minute load at the start: {figures['load']:.2f}")
    for name, seconds in figures["steps"].items():
        print(f"  {name:28} {seconds:7.2f} s")
    print(f"pipeline to the first page      {figures['total']:7.2f} s   bar 60 s   CPU {figures['cpu']:.1f} s in all")
    print(f"peak memory                     {figures['peak_mb']:7.0f} MB  bar 2048 MB")
    p50, p95 = figures["page_p50"] * 1e3, figures["page_p95"] * 1e3
    print(f"portrait page p50 / p95 of {figures['pages']}  {p50:7.0f} / {p95:.0f} ms   bar 200 ms")
    print(f"import yucai (median of 7)      {figures['import'] * 1e3:7.0f} ms  bar 300 ms")
    print(f"yucai --help (median of 7)      {figures['help'] * 1e3:7.0f} ms  bar 500 ms")
    if chosen.json:
        chosen.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")


def _pipeline() -> dict:
    folder = Path(tempfile.mkdtemp()) / "bench"
    try:
        env = {k: v for k, v in os.environ.items() if not k.startswith("YUCAI_")}
        out = subprocess.run(
            [sys.executable, "-c", PIPELINE, str(folder)], check=True, capture_output=True, text=True, env=env
        )
    finally:
        shutil.rmtree(folder.parent, ignore_errors=True)
    return json.loads(out.stdout.splitlines()[-1])


def _starts() -> dict:
    def median_of(command: list[str]) -> float:
        times = []
        for _ in range(7):
            began = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            times.append(time.perf_counter() - began)
        return statistics.median(times)

    return {
        "import": median_of([sys.executable, "-c", "import yucai"]),
        "help": median_of([str(Path(sys.executable).with_name("yucai")), "--help"]),
    }


if __name__ == "__main__":
    main()
