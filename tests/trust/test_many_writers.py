"""Many processes write the trail at once: no gap, no fork, and what was undone left nothing."""

import os
import subprocess
import sys

from tests.records.served import CLI, Office

WRITING = """
import random, sys
from datetime import UTC, datetime
import django
django.setup()
from django.db import connection, transaction
from yucai.web.accounts.audit import note

class Undone(Exception): pass

rng, own = random.Random(int(sys.argv[1])), int(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
kept = 0
for n in range(60):
    try:
        with transaction.atomic():
            note("read", by=None, at=datetime.now(UTC), target=f"{own}-{n}", people=range(1, 1 + rng.randrange(4)))
            if rng.random() < 0.2:
                raise Undone
        kept += 1
    except Undone:
        pass
print(kept, flush=True)
"""
LOOKING = """
import django
django.setup()
from yucai.web.accounts.audit import verify_trail
from yucai.web.accounts.audit_models import AuditEntry
verdict = verify_trail()
print(verdict.fault, verdict.events, AuditEntry.objects.values("target").distinct().count())
"""
TOGETHER = """
import sys, threading
from datetime import UTC, datetime
import django
django.setup()
from django.db import connection, transaction
from yucai.web.accounts import audit
from yucai.web.accounts.audit import note

own, positions, failed, transactions, hold = sys.argv[1], [], [], [], audit._held_head
audit._held_head = lambda: transactions.append(1) or hold()  # each transaction of the trail begins with it
begin = threading.Barrier(12)

def write(n):
    begin.wait()
    for k in range(20):
        target, at = f"{own}-{n}-{k}", datetime.now(UTC)
        if n == 3 and own == "alone":
            try:
                note("read", by=None, at=at, target=target, detail={"what": object()})
            except TypeError:
                failed.append(target)
        elif n == 5 and own == "alone":
            with transaction.atomic():
                positions.append(note("read", by=None, at=at, target=target, people=[1, 2]).position)
        else:
            positions.append(note("read", by=None, at=at, target=target, people=[n + 1]).position)
    connection.close()

print("ready", flush=True)
sys.stdin.readline()
threads = [threading.Thread(target=write, args=(n,)) for n in range(12)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert len(set(positions)) == len(positions)
print(len(positions), len(failed), len(transactions) < 200, flush=True)
"""
KILLED = """
import os, signal
from datetime import UTC, datetime
import django
django.setup()
from django.db import transaction
from yucai.web.accounts.audit import note
with transaction.atomic():
    note("read", by=None, at=datetime.now(UTC), target="never")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def run(office, program, *arguments):
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, env=office.env, capture_output=True, text=True)


def test_threads_that_note_at_once_are_written_together_and_one_that_fails_fails_alone(tmp_path):
    office = Office(tmp_path / "office")
    before = int(run(office, LOOKING).stdout.split()[1])
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    writers = [
        subprocess.Popen([sys.executable, "-c", TOGETHER, str(n)], env=office.env, **pipes) for n in ("alone", "all")
    ]
    for writer in writers:
        assert writer.stdout.readline() == "ready\n"
    told = [writer.communicate("\n", timeout=300)[0].split() for writer in writers]
    assert told[0][:2] == ["220", "20"]
    assert told[1] == ["240", "0", "True"]  # in fewer transactions than there are events
    fault, events, _ = run(office, LOOKING).stdout.split()
    assert (fault, int(events)) == ("None", before + 460)


def test_many_processes_write_one_trail(tmp_path):
    office = Office(tmp_path / "office")
    before = int(run(office, LOOKING).stdout.split()[1])
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    writers = [subprocess.Popen([sys.executable, "-c", WRITING, str(n)], env=office.env, **pipes) for n in range(1, 5)]
    for writer in writers:
        assert writer.stdout.readline() == "ready\n"
    told = [writer.communicate("\n", timeout=300)[0] for writer in writers]
    kept = sum(int(one) for one in told)
    assert [writer.returncode for writer in writers] == [0, 0, 0, 0]
    assert 120 < kept < 240
    fault, events, targets = run(office, LOOKING).stdout.split()
    assert (fault, int(events)) == ("None", before + kept)
    assert int(targets) >= kept

    assert run(office, KILLED).returncode == -9  # in the middle of an act: nothing of it is there, nobody waits
    fault, events, _ = run(office, LOOKING).stdout.split()
    assert (fault, int(events)) == ("None", before + kept)

    told = subprocess.run(
        [sys.executable, "-c", CLI, "audit", "verify", "--workspace", str(office.folder), "--lang", "en"],
        env={**os.environ, **office.env}, capture_output=True, text=True,
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
    assert told.stdout.startswith(f"The audit trail holds: {before + kept} events")
