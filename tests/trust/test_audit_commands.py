"""The trail by command, in both languages, with exit codes that a script can use."""

import os
import shutil
import sqlite3
import subprocess
import sys

import openpyxl
import pytest

from tests.records.served import CLI

NOTING = """
import sys
from datetime import UTC, datetime
import django
django.setup()
from yucai.web.accounts.audit import note
for n in range(int(sys.argv[1])):
    note("read", by=None, at=datetime.now(UTC), target="portrait")
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("office") / "made"
    assert yucai(folder, "init").returncode == 0
    return folder


@pytest.fixture
def office(made, tmp_path):
    return shutil.copytree(made, tmp_path / "office")


def yucai(folder, *arguments, language="en"):
    command = [sys.executable, "-c", CLI, *map(str, arguments), "--workspace", str(folder), "--lang", language]
    return subprocess.run(command, capture_output=True, text=True, env=env(folder))


def env(folder):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("YUCAI_", "DJANGO_"))}
    return {**kept, "PYTHONUTF8": "1", "YUCAI_WORKSPACE": str(folder), "DJANGO_SETTINGS_MODULE": "yucai.web.settings"}


def write(folder, n):
    subprocess.run([sys.executable, "-c", NOTING, str(n)], env=env(folder), check=True)


def tamper(folder, command):
    with sqlite3.connect(folder / "records.sqlite3") as records:
        for (name,) in records.execute(
            "SELECT name FROM sqlite_master WHERE type='trigger' AND name LIKE 'web_audit%'"
        ).fetchall():
            records.execute(f"DROP TRIGGER {name}")
        records.execute(command)
    records.close()


def test_a_trail_that_holds_and_one_that_does_not(office):
    write(office, 8)
    done = yucai(office, "audit", "verify")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("The audit trail holds: ")
    tamper(
        office, "UPDATE web_auditentry SET target = 'other' WHERE position = (SELECT max(position) FROM web_auditentry)"
    )
    done = yucai(office, "audit", "verify")
    assert done.returncode == 65
    assert "is not as it was written" in done.stdout
    assert "与写入时不同" in yucai(office, "audit", "verify", language="zh").stdout


def test_what_is_cut_at_the_end_shows_by_the_anchor_in_the_workspace_and_by_one_outside(office, tmp_path):
    write(office, 5)
    outside = tmp_path / "anchor.txt"
    done = yucai(office, "audit", "anchor", "--to", outside)
    assert done.returncode == 0
    assert outside.read_text() in done.stdout
    assert yucai(office, "audit", "anchor", "--to", outside).returncode == 73
    tamper(office, "DELETE FROM web_auditentry WHERE position > (SELECT max(position) - 2 FROM web_auditentry)")
    assert "missing at the end" in yucai(office, "audit", "verify").stdout
    (office / "audit-anchors.txt").unlink()
    assert yucai(office, "audit", "verify").returncode == 0
    done = yucai(office, "audit", "verify", "--anchors", outside)
    assert done.returncode == 65
    assert "missing at the end" in done.stdout


def test_anchors_that_cannot_be_read_are_refused_in_one_sentence(office, tmp_path):
    assert yucai(office, "audit", "verify", "--anchors", tmp_path / "none").returncode == 66
    wrong = tmp_path / "wrong.txt"
    wrong.write_text("nonsense\n")
    done = yucai(office, "audit", "verify", "--anchors", wrong)
    assert done.returncode == 65
    assert done.stderr.startswith("Line 1 of the anchors cannot be read.")


def test_the_term_is_looked_at_before_anything_goes(office):
    write(office, 3)
    assert yucai(office, "audit", "retain", "--months", "3").returncode == 64
    done = yucai(office, "audit", "retain", "--dry-run")
    assert done.returncode == 0
    assert "all are kept" in done.stdout


def test_the_anchors_are_in_a_backup(office, tmp_path):
    import tarfile

    yucai(office, "audit", "anchor")
    file = tmp_path / "backup.tar.gz"
    assert yucai(office, "backup", "--to", file).returncode == 0
    with tarfile.open(file) as archive:
        assert "audit-anchors.txt" in archive.getnames()


LOOKED = """
from datetime import UTC, datetime, timedelta
import django
django.setup()
from yucai.web.accounts.audit import note
from yucai.web.accounts.models import Account, Person, Space
space = Space.objects.create(code="drill", name_en="Drill", name_zh="演练校", simulated=True)
names = [(f"2026{n:04d}", f"P{n}", f"学生{n}") for n in range(30)]
people = [Person.objects.create(space=space, code=code, name_en=en, name_zh=zh) for code, en, zh in names]
taken = Account.objects.create_user("drill-teacher", password="x-1-y-2-z")
other = Account.objects.create_user("drill-other", password="x-1-y-2-z")
day = datetime(2026, 11, 20, 8, tzinfo=UTC)
for n, person in enumerate(people[:25]):
    note("read", by=taken, at=day + timedelta(minutes=n), target="portrait", people=[person.pk])
note("read", by=taken, at=day + timedelta(hours=5), target="group", people=[one.pk for one in people[:3]])
note("read", by=taken, at=day, target="portrait", people=[people[28].pk], refused=True)
note("read", by=taken, at=day - timedelta(days=9), target="portrait", people=[people[29].pk])
note("read", by=other, at=day, target="portrait", people=[people[27].pk])
note("own-work.decided", by=taken, at=day + timedelta(hours=6), people=[people[0].pk])
"""


def test_who_was_affected_by_a_breach_is_told_in_one_command(office, tmp_path):
    subprocess.run([sys.executable, "-c", LOOKED], env=env(office), check=True)
    asked = ("audit", "breach", "drill-teacher", "--since", "2026-11-20", "--until", "2026-11-21")
    done = yucai(office, *asked)
    assert (done.returncode, done.stderr) == (0, "")
    assert "was shown 25 people from 2026-11-20 00:00 to 2026-11-21 00:00" in done.stdout
    assert "1 attempt was refused" in done.stdout
    assert "drill  20260000  3 ×  2026-11-20 08:00 – 2026-11-20 14:00" in done.stdout
    assert "and 5 more" in done.stdout
    assert "own-work.decided 1" in done.stdout
    for stranger in ("20260027", "20260028", "20260029"):
        assert stranger not in done.stdout
    chinese = yucai(office, *asked, language="zh").stdout
    assert "看到了 25 人的数据" in chinese
    assert "第五十七条" in chinese
    file = tmp_path / "affected.xlsx"
    assert yucai(office, *asked, "--to", file).returncode == 0
    table = openpyxl.load_workbook(file)["affected"]
    assert table.max_row == 26
    assert {row[1].value for row in table.iter_rows(min_row=2)} == {f"2026{n:04d}" for n in range(25)}
    assert yucai(office, *asked, "--to", file).returncode == 73
    assert "list of who was affected" in yucai(office, "audit", "person", "20260007", "--space", "drill").stdout
    assert yucai(office, "audit", "verify").returncode == 0


def test_a_breach_of_nobody_and_what_cannot_be_asked(office):
    subprocess.run([sys.executable, "-c", LOOKED], env=env(office), check=True)
    done = yucai(office, "audit", "breach", "drill-teacher", "--since", "2026-11-22")
    assert "was shown nobody" in done.stdout
    done = yucai(office, "audit", "breach", "nobody", "--since", "2026-11-22")
    assert done.returncode == 64
    assert "There is no account “nobody”" in done.stderr
    done = yucai(office, "audit", "breach", "drill-teacher", "--since", "yesterday")
    assert done.returncode == 64
    assert "“yesterday” is no time" in done.stderr
