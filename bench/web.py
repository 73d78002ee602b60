"""How long the pages take in an office of 30,000 students, how much they ask and send, and 500 portraits as one PDF.

    .venv/bin/python bench/web.py                                      on SQLite
    .venv/bin/python tools/on_postgresql.py .venv/bin/python bench/web.py     on PostgreSQL
    .venv/bin/python bench/web.py --students 3000 --times 20           smaller, for a try

One process, one core, warm, without a network between: each page is asked with Django's client through the whole stack
of the server, signed in as the role that uses it, for other people and groups each time. Printed: median and 95th
percentile by the clock, the 95th of processor time (which a busy machine lengthens little), queries of the database,
and bytes of the page with everything it draws in, compressed as served. Simulated records and profiles are put in past
the forms; a calibration of a few people stands for that of all. The priority list is asked before one is worked out and
after. It and the portraits of a large class are made as the product makes them: asked for, and done by the worker of a
served office, whose memory is watched with that of the server and of all that they start (each page that processes
share counted once). A page of the table that this version has not got is named as "not there". Ends with 1 where a page
takes more than 150 ms at the 95th percentile, asks more than 20 queries or sends more than 200 kB to a phone at first,
or where 500 portraits take more than 60 s or 1 GB.
"""

from __future__ import annotations

import argparse
import gzip
import os
import random
import re
import socket
import statistics
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

SEED = 20261127
BAR = {"ms": 150.0, "queries": 20, "kB": 200.0, "seconds": 60.0, "MB": 1024.0}
AT = datetime(2026, 11, 20, 4, tzinfo=UTC)
YEARS = ("2024-2025", "2025-2026")
CLASS_SIZE = 30
RECORDS_EACH = 24  # about; a class has the same 24 tasks, of which some miss some
BEHIND = 0.02  # of all people: who misses much of the last year, or fails
CALIBRATED = 200  # people of whose records a calibration is made, for pages that read its file
# name of the address, who opens it, what its address names: nothing, a group, a person, oneself
PAGES = [
    ("portrait", "teacher", "person"),
    ("portrait", "student", "self"),
    ("portrait_file", "teacher", "person"),
    ("group", "teacher", "group"),
    ("class_portraits", "teacher", "group"),
    ("who_looked", "teacher", "person"),
    ("my_data", "student", "self"),
    ("own_works", "student", "-"),
    ("home", "teacher", "-"),
    ("home", "director", "-"),
    ("class_map", "teacher", "group"),
    ("my_map", "student", "-"),
    ("search", "director", "-"),
    ("saved_views", "director", "-"),
    ("api_tokens", "director", "-"),
]
LIST = [("priority", "director", "space"), ("priority", "teacher", "space")]
LISTED = [*LIST, ("home", "director", "-"), ("home", "teacher", "-")]  # what changes once there is a list


class Office:
    """What was made: the space, and the accounts with what each may open."""

    def __init__(self, space, accounts, classes, people):
        self.space, self.accounts, self.classes, self.people = space, accounts, classes, people
        self.rng = random.Random(SEED)

    def address(self, name, what):
        """Return an address of a page, for somebody or something drawn anew; None where there is no such page."""
        from django.urls import NoReverseMatch, reverse

        drawn = {
            "-": [[]],
            "self": [[self.accounts["student"].person_id]],
            "person": [[self.rng.choice(self.people)], [self.rng.choice(self.people)]],
            "group": [[self.rng.choice(self.classes)]],
            "space": [[self.space.code]],
        }[what]
        for parts in drawn:
            try:
                return reverse(name, args=parts)
            except NoReverseMatch:
                continue
        return None


def main():
    """Make the office, measure, print, and say whether the bars are met."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--students", type=int, default=30_000)
    asked.add_argument("--times", type=int, default=100, help="how often each page is asked after warming up")
    asked.add_argument("--portraits", type=int, default=500)
    asked.add_argument("--profile", help="the name of a page whose processor time is told by function")
    chosen = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        office = prepared(Path(folder) / "office", chosen.students, chosen.portraits)
        from django.db import connection

        from yucai.web.serving import keep_loaded

        keep_loaded()  # as the server does
        load = os.getloadavg()[0]
        print(
            f"{chosen.students:,} students on {connection.vendor}, made in {time.perf_counter() - began:.0f} s;", end=""
        )
        print(f" load of the machine {load:.1f}")
        if chosen.profile:
            told_by_function(office, chosen.profile, chosen.times)
            return 0
        missed = measured_pages(office, [*PAGES, *LIST], chosen.times)
        measured_list(office)
        missed += measured_pages(office, LISTED, chosen.times)
        missed += measured_paper(office, chosen.portraits)
        connection.close()
    print("all bars met" if not missed else "missed: " + ", ".join(missed))
    return 1 if missed else 0


def prepared(folder, students, in_one):
    """Make an office whose records and profiles are simulated and put in at once; one class has ``in_one`` people."""
    from yucai.web.commands.starting import start_new
    from yucai.web.workspace import create_workspace

    create_workspace(folder, name="bench", language="zh")
    start_new(folder)
    from django.core.management import call_command
    from django.db import connection, transaction

    call_command("migrate", verbosity=0, interactive=False)
    with transaction.atomic():
        office = _filled(students, in_one)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    return office


def _filled(students, in_one):
    from yucai.framework import load_framework, load_talent_types
    from yucai.web.accounts.consents import ship_texts
    from yucai.web.accounts.models import Account, Charge, Group, Membership, Person, Space
    from yucai.web.bulk import insert_rows
    from yucai.web.evidence.models import DataSource, EvidenceRecord, Import, Item
    from yucai.web.measurement.models import CalibrationRun, ProfileRow
    from yucai.web.registers.switches import begin_provisionally

    rng = random.Random(SEED)
    space = Space.objects.create(
        code="bench",
        name_en="Bench",
        name_zh="测试学院",
        simulated=True,
        evidence_map="evidence-demo-college",
        period="school-year",
    )
    begin_provisionally(space=space, at=datetime.now(tz=UTC))
    ship_texts(space=space, at=AT)
    types = [kind.code for kind in load_talent_types("talent-types").types]
    rows = ((space.pk, f"{20240000000 + n}", f"Student {n}", f"学生{n}", "2024", "", types[n % 8], None)
            for n in range(students))  # fmt: skip
    columns = ("space", "code", "name_en", "name_zh", "cohort", "programme", "talent_type", "born")
    insert_rows(Person, columns, rows)
    people = list(Person.objects.filter(space=space).order_by("pk").values_list("pk", flat=True))
    wanted = [("all-in-one", people[:in_one])]
    wanted += [(f"2024-{n}", people[first : first + CLASS_SIZE])
               for n, first in enumerate(range(0, students, CLASS_SIZE))]  # fmt: skip
    groups = Group.objects.bulk_create(
        Group(space=space, code=code, kind="class" if n else "presentation", name_en=f"Class {code}",
              name_zh=f"{code} 班", occasion="") for n, (code, _) in enumerate(wanted)
    )  # fmt: skip
    pairs = ((group.pk, pk, "") for group, (_, members) in zip(groups, wanted, strict=True) for pk in members)
    insert_rows(Membership, ("group", "person", "outcome"), pairs)
    qualities = [entry.code for entry in load_framework("nine-qualities").qualities]
    codes = [f"{kind}/{quality}/{year}" for year in YEARS for quality in qualities for kind in ("rubric", "survey")]
    codes += [f"exam/{subject}/{year}" for year in YEARS for subject in ("math", "physics", "writing")]
    items = Item.objects.bulk_create(
        Item(space=space, code=code, name_en=code, name_zh=code, kind="exam", occasion=code[-9:] + "-1")
        for code in codes
    )
    source = DataSource.objects.create(
        space=space, code="simulated", name_en="Simulated", name_zh="模拟", purpose="x", legal_basis="public",
        owner="x", grade="1", retention_months=120,
    )  # fmt: skip
    came = Import.objects.create(source=source, file_name="f", digest="0", at=AT, by="bench", kept=len(people))
    records = ((came.pk, pk, item.pk, "", item.occasion, score, 4.0, None, "f.xlsx", "1", n % 65_000 + 1)
               for n, (pk, item, score) in enumerate(_work(people, items, rng)))  # fmt: skip
    insert_rows(EvidenceRecord, ("came_with", "person", "item", "rater", "occasion", "score", "max_score", "at",
                                 "source_file", "source_sheet", "source_row"), records)  # fmt: skip
    run = CalibrationRun.objects.create(
        space=space, at=AT, file="bench.json", evidence_map=space.evidence_map, evidence_map_version="1.0",
        last_record=0, responses=RECORDS_EACH * students, units=2 * students, converged=True, seconds=1.0, current=True,
    )  # fmt: skip
    insert_rows(ProfileRow, ("run", "person", "occasion", "quality", "mean", "std_error", "lower90", "upper90",
                             "n_evidence", "enough"), _profiles(run.pk, people, qualities, rng))  # fmt: skip
    _calibrated(space)
    accounts = {}
    for role in ("director", "teacher", "student"):
        accounts[role] = Account.objects.create_user(role, role=role, name_en=role, name_zh=role, password=None)
        accounts[role].spaces.add(space)
    accounts["student"].person_id = people[5]
    accounts["student"].save()
    mine = groups[:1] + groups[1:21]
    Charge.objects.bulk_create(Charge(account=accounts["teacher"], group=group) for group in mine)
    taught = [pk for _, members in wanted[1:21] for pk in members]
    return Office(space, accounts, [group.pk for group in mine[1:]], taught)


def _work(people, items, rng):
    """Yield person, task and score of what came: a class has the same tasks; most hand nearly all in and pass."""
    tasks = []
    for n, pk in enumerate(people):
        if n % CLASS_SIZE == 0:
            tasks = rng.sample(items, RECORDS_EACH)
        behind = rng.random() < BEHIND
        missing, worst = (rng.choice((0.1, 0.6)), 0) if behind else (0.02, 3)
        for item in tasks:
            late = item.occasion.startswith(YEARS[-1])
            if rng.random() >= (missing if late else 0.02):
                yield pk, item, float(rng.randrange(worst if late else 3, 5))


def _calibrated(space):
    """Keep a calibration of the records of a few people under the name that the run has."""
    import polars as pl
    from django.conf import settings

    from yucai.evidence import Responses
    from yucai.framework import load_evidence_map
    from yucai.measurement import calibrate
    from yucai.web.evidence.models import EvidenceRecord

    columns = ("person__code", "item__code", "score", "max_score", "occasion")
    rows = EvidenceRecord.objects.filter(person__space=space).order_by("pk")[: CALIBRATED * RECORDS_EACH]
    names = ["learner", "item", "score", "max_score", "occasion"]
    table = pl.DataFrame(list(rows.values_list(*columns)), schema=names, orient="row")
    table = table.with_columns(occasion=pl.col("occasion").str.head(9))
    settings.WORKSPACE.calibrations.mkdir(parents=True, exist_ok=True)
    calibrated = calibrate(Responses.from_table(table), load_evidence_map(space.evidence_map))
    calibrated.save(settings.WORKSPACE.calibrations / "bench.json")


def _profiles(run, people, qualities, rng):
    """Yield where each person stands in each year: eight of nine with enough evidence, as in a college."""
    for pk in people:
        for year in YEARS:
            for quality in qualities:
                mean, error = rng.gauss(0, 0.8), rng.uniform(0.25, 0.6)
                low, high, n = mean - 1.645 * error, mean + 1.645 * error, rng.randrange(1, 9)
                yield run, pk, year, quality, mean, error, low, high, n, rng.random() < 8 / 9


def signed_in(office, role):
    """Return a client that is signed in as a role and reads Chinese."""
    from django.conf import settings
    from django.test import Client

    settings.ALLOWED_HOSTS = ["*"]
    client = Client(headers={"accept-encoding": "gzip, br", "user-agent": "bench"})
    client.force_login(office.accounts[role])
    client.cookies["django_language"] = "zh-hans"
    return client


def measured_pages(office, pages, times):
    """Print a line for each page; return what is missed."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    missed = []
    print(f"{'page':22} {'as':9} {'p50 ms':>7} {'p95 ms':>7} {'p95 cpu':>8} {'queries':>8} {'first, kB':>10}")
    for name, role, what in pages:
        if office.address(name, what) is None:
            print(f"{name:22} {role:9} not there")
            continue
        client = signed_in(office, role)
        for _ in range(10):
            answered(client, office.address(name, what))
        spent, busy = [], []
        for _ in range(times):
            address, began, cpu = office.address(name, what), time.perf_counter(), time.process_time()
            answer = answered(client, address)
            spent.append(1000 * (time.perf_counter() - began))
            busy.append(1000 * (time.process_time() - cpu))
        with CaptureQueriesContext(connection) as asked:
            answered(client, office.address(name, what))
        kept = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")  # of the connection, no question
        queries = sum(not one["sql"].startswith(kept) for one in asked.captured_queries)
        size = bytes_of(client, answer) / 1000
        p95, cpu95 = statistics.quantiles(spent, n=20)[-1], statistics.quantiles(busy, n=20)[-1]
        print(f"{name:22} {role:9} {statistics.median(spent):7.1f} {p95:7.1f} {cpu95:8.1f} {queries:8} {size:10.1f}")
        page = answer["Content-Type"].startswith("text/html")
        missed += [f"{name} as {role}: {p95:.0f} ms"] if page and p95 > BAR["ms"] else []
        missed += [f"{name} as {role}: {queries} queries"] if queries > BAR["queries"] else []
        missed += [f"{name} as {role}: {size:.0f} kB"] if page and size > BAR["kB"] else []
    return missed


def answered(client, address):
    """Return the answer to a question, which must be a whole one."""
    answer = client.get(address)
    if answer.status_code != 200:
        raise SystemExit(f"{address} answered {answer.status_code}")
    if answer.streaming:
        answer.whole = b"".join(answer.streaming_content)
    return answer


def bytes_of(client, answer):
    """Return how many bytes a browser takes that opens a page for the first time, with all it draws in, as served."""
    whole = getattr(answer, "whole", None) or answer.content
    total = len(whole)
    if answer["Content-Type"].startswith("text/html"):
        text = gzip.decompress(whole) if answer.get("Content-Encoding") == "gzip" else whole
        drawn_in = set(re.findall(rb'(?:href|src)="(/static/[^"]+)"', text))
        total += sum(len(answered(client, one.decode()).whole) for one in drawn_in)
    return total


def measured_list(office):
    """Have the priority list of everybody worked out as the page does it, and tell seconds, memory and its size."""
    from django.utils import timezone

    from yucai.web.matching.priority_models import PriorityEntry, PriorityRun
    from yucai.web.matching.priority_running import ask_for_list, first_day

    day = first_day(office.space, None, today=timezone.localdate())
    job = ask_for_list(space=office.space, scope="all", as_of=day, by=office.accounts["director"], at=timezone.now())
    if isinstance(job, PriorityRun):  # of few people, at once
        told = f"{job.seconds:.1f} s"
    else:
        seconds, idle, peak = done_by_worker(job)
        told = f"{seconds:.1f} s, peak {peak:.0f} MB of server and worker ({idle:.0f} before)"
    entries = PriorityEntry.objects.filter(run__space=office.space)
    listed = entries.exclude(band=PriorityEntry.Band.UNKNOWN).count()
    print(f"priority list of all: {told}, {listed:,} listed, {entries.count() - listed:,} of whom too little is known")


def measured_paper(office, n):
    """Have the portraits of one large class made as one PDF and tell seconds and memory; return what is missed."""
    from django.utils import timezone

    from yucai.web.accounts.models import Group
    from yucai.web.measurement.class_portraits import ask_for_portraits, job_of
    from yucai.web.measurement.portraits import PortraitWish

    group, by = Group.objects.get(code="all-in-one"), office.accounts["teacher"]
    book = ask_for_portraits(group=group, wish=PortraitWish(), language="zh-hans", by=by, at=timezone.now())
    seconds, idle, peak = done_by_worker(job_of(book))
    book.refresh_from_db()
    print(
        f"{n} portraits as one PDF: {seconds:.1f} s, peak {peak:.0f} MB of server and worker ({idle:.0f} before), ",
        end="",
    )
    print(f"{book.size_bytes / 1e6:.1f} MB on disk")
    missed = [f"{n} portraits in {seconds:.0f} s"] if seconds > BAR["seconds"] else []
    return missed + ([f"{n} portraits with {peak:.0f} MB"] if peak > BAR["MB"] else [])


def done_by_worker(job):
    """Serve the office until its worker has done a job.

    Return the seconds of the job and the memory in MB of server, worker and all they start: when they begin, and at
    most. The server has answered its start page.
    """
    from django.conf import settings
    from django.db import connection

    from yucai.web.serving import processes_for, running

    connection.close()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    processes = processes_for(settings.DATABASE_ADDRESS, said="")
    with running(settings.WORKSPACE.folder, port=port, processes=processes) as served:
        watch = MemoryOf([process.pid for _name, process, _log in served.parts])
        with watch:
            while job.ended_at is None:
                time.sleep(0.2)
                job.refresh_from_db()
        connection.close()
    if job.state != job.State.DONE:
        raise SystemExit(f"{job.kind} ended as {job.state}: {job.message_en}")
    return (job.ended_at - job.started_at).total_seconds(), watch.seen[0], max(watch.seen)


class MemoryOf:
    """Watches, while inside, how much memory processes and all that they start hold, in MB."""

    def __init__(self, pids):
        self.pids, self.seen, self.over = pids, [], threading.Event()
        self.thread = threading.Thread(target=self._watch)

    def __enter__(self):
        self.thread.start()

    def __exit__(self, *problem):
        self.over.set()
        self.thread.join()

    def _watch(self):
        while not self.over.is_set():
            self.seen.append(sum(proportional(pid) for pid in family_of(self.pids)) / 1024)
            self.over.wait(0.05)


def family_of(pids):
    """Return processes with all that they started and that runs."""
    found = list(pids)
    for pid in found:  # it grows while it is read
        for tasks in Path(f"/proc/{pid}/task").glob("*/children"):
            try:
                found += [int(child) for child in tasks.read_text().split()]
            except OSError:  # it ended meanwhile
                continue
    return found


def proportional(pid):
    """Return the memory of a process in kB; what it shares with others counts in parts."""
    try:
        rolled = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:  # it ended meanwhile
        return 0
    found = re.search(r"^Pss:\s+(\d+) kB", rolled, re.MULTILINE)
    return int(found[1]) if found else 0


def told_by_function(office, name, times):
    """Print where the processor time of one page goes."""
    import cProfile
    import pstats

    role, what = next((role, what) for page, role, what in [*PAGES, *LIST] if page == name)
    client = signed_in(office, role)
    for _ in range(10):
        answered(client, office.address(name, what))
    profile = cProfile.Profile()
    profile.enable()
    for _ in range(times):
        answered(client, office.address(name, what))
    profile.disable()
    pstats.Stats(profile).sort_stats("cumulative").print_stats(70)


if __name__ == "__main__":
    sys.exit(main())
