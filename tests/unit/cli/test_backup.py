"""A backup is one moment of an office, and a restore puts it in place whole or not at all."""

import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tarfile
import time
from contextlib import closing
from functools import partial

import pytest

from tests.unit.cli.conftest import COMMAND, NEVER_SECONDS, clean_environment
from tests.unit.cli.running import FACTS
from yucai.web.workspace import LOCK_FILE, is_in_use

IMPORTS = "SELECT count(*) FROM web_import"
READINGS = "SELECT count(*) FROM web_auditentry WHERE act = 'read'"
FEW = "learner,item,score,max_score\nL1,exam/a,7,10\n"


def asked(office, question):
    with closing(sqlite3.connect(office / "records.sqlite3")) as database:
        return database.execute(question).fetchone()


@pytest.fixture
def office(made, tmp_path):
    return shutil.copytree(made, tmp_path / "office")


@pytest.fixture
def filled(office, run, tmp_path):
    """An office with one score, and a backup of it."""
    (tmp_path / "few.csv").write_text(FEW, encoding="utf-8")
    assert run("import", tmp_path / "few.csv", "--workspace", office, *FACTS).returncode == 0
    done = run("backup", "--workspace", office, "--to", tmp_path / "b.tar.gz")
    assert done.returncode == 0, done.stderr
    return office


@pytest.fixture
def loaded(tmp_path):
    """Give a function that writes to an office without a pause until the test ends."""
    begun = []

    def load(office, **env):
        command = [sys.executable, "-m", "tests.unit.cli.write_load", str(office), str(tmp_path / "load.csv")]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=clean_environment(**env))
        begun.append(process)
        for _ in range(3):
            assert process.stdout.readline(), "the load did not begin"
        return process

    yield load
    for process in begun:
        process.kill()
        process.communicate()


def test_a_backup_under_write_load_is_one_moment(office, loaded, run, tmp_path):
    load = loaded(office)
    moments = []
    for n in range(3):
        done = run("backup", "--workspace", office, "--to", tmp_path / f"{n}.tar.gz")
        assert done.returncode == 0, done.stderr
        assert "not in the backup" not in done.stdout
        assert load.poll() is None
    load.kill()
    for n in range(3):
        back = tmp_path / f"back-{n}"
        done = run("restore", tmp_path / f"{n}.tar.gz", "--workspace", back)
        assert done.returncode == 0, done.stderr
        whole = run("check", "--workspace", back)
        assert (whole.returncode, "holds" in whole.stdout) == (0, False), whole.stdout
        assert asked(back, IMPORTS) == asked(back, READINGS)
        listed = asked(back, "SELECT count(*) FROM web_lakefile")[0]
        assert len(list((back / "lake").rglob("*.parquet"))) == listed
        moments.append(asked(back, IMPORTS)[0])
    assert moments == sorted(moments)
    assert moments[-1] > moments[0] >= 3


def test_secrets_are_not_in_the_backup_unless_a_passphrase_seals_them(filled, run, tmp_path):
    key = (filled / "secret.key").read_bytes()
    with tarfile.open(tmp_path / "b.tar.gz") as archive:
        assert not any(key in archive.extractfile(one).read() for one in archive)
    (tmp_path / "word").write_text("correct horse battery\n")
    sealed = tmp_path / "s.tar.gz"
    assert run("backup", "--workspace", filled, "--to", sealed, "--passphrase-file", tmp_path / "word").returncode == 0
    assert not (tmp_path / "s.tar.gz.secrets").exists()
    with tarfile.open(sealed) as archive:
        assert "secrets.sealed" in archive.getnames()
        assert not any(key in archive.extractfile(one).read() for one in archive)
    without = run("restore", sealed, "--workspace", tmp_path / "back")
    assert (without.returncode, "sealed inside; give --passphrase-file" in without.stderr) == (66, True)
    (tmp_path / "other").write_text("incorrect horse battery")
    wrong = run("restore", sealed, "--workspace", tmp_path / "back", "--passphrase-file", tmp_path / "other")
    assert (wrong.returncode, "does not open the secrets" in wrong.stderr) == (65, True)
    assert not (tmp_path / "back").exists()
    done = run("restore", sealed, "--workspace", tmp_path / "back", "--passphrase-file", tmp_path / "word")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "back" / "secret.key").read_bytes() == key
    assert (tmp_path / "back" / "secret.key").stat().st_mode & 0o777 == 0o600
    (tmp_path / "short").write_text("horse")
    short = run("backup", "--workspace", filled, "--to", tmp_path / "x", "--passphrase-file", tmp_path / "short")
    assert (short.returncode, "it has 5 letters; take 12 or more" in short.stderr) == (65, True)


def test_settings_of_the_office_come_back_as_they_were_and_secrets_in_them_are_not_in_the_backup(office, run, tmp_path):
    settings = office / "yucai.toml"
    service = '[oidc]\nissuer = "https://id.school.example"\nclient_id = "yucai"\nclaim = "email"\n'
    settings.write_text(f'{settings.read_text()}# a note of ours\n{service}client_secret = "very-secret"\n')
    (office / "tokens.json").write_text('{"token": "also-secret"}')
    assert run("backup", "--workspace", office, "--to", tmp_path / "b.tar.gz").returncode == 0
    with tarfile.open(tmp_path / "b.tar.gz") as archive:
        held = b"".join(archive.extractfile(one).read() for one in archive)
    assert b"secret" not in held.replace(b"web_", b"").split(b"SQLite format 3")[0]
    assert b"very-secret" not in held
    assert b"also-secret" not in held
    assert run("restore", tmp_path / "b.tar.gz", "--workspace", tmp_path / "back").returncode == 0
    assert (tmp_path / "back" / "yucai.toml").read_text() == settings.read_text()
    assert (tmp_path / "back" / "tokens.json").read_text() == '{"token": "also-secret"}'


def test_lost_secrets_are_said_and_can_be_made_anew(filled, run, tmp_path):
    (tmp_path / "b.tar.gz.secrets").rename(tmp_path / "elsewhere")
    refused = run("restore", tmp_path / "b.tar.gz", "--workspace", tmp_path / "back")
    assert (refused.returncode, "b.tar.gz.secrets” is not beside it" in refused.stderr) == (66, True)
    assert not (tmp_path / "back").exists()
    named = ("--secrets", tmp_path / "elsewhere")
    assert run("restore", tmp_path / "b.tar.gz", "--workspace", tmp_path / "one", *named).returncode == 0
    done = run("restore", tmp_path / "b.tar.gz", "--workspace", tmp_path / "two", "--new-secrets")
    assert "The secrets are new" in done.stdout
    assert (tmp_path / "two" / "secret.key").read_bytes() != (tmp_path / "one" / "secret.key").read_bytes()
    assert run("check", "--workspace", tmp_path / "two").returncode == 0


def test_what_stands_there_is_replaced_only_when_said_and_kept_beside(filled, made, run, tmp_path):
    there = shutil.copytree(made, tmp_path / "there")
    refused = run("restore", tmp_path / "b.tar.gz", "--workspace", there)
    assert (refused.returncode, "Say --replace" in refused.stderr) == (73, True)
    assert asked(there, IMPORTS) == (0,)
    dry = run("restore", tmp_path / "b.tar.gz", "--workspace", there, "--replace", "--dry-run")
    assert (dry.returncode, asked(there, IMPORTS)) == (0, (0,))
    done = run("restore", tmp_path / "b.tar.gz", "--workspace", there, "--replace")
    assert done.returncode == 0, done.stderr
    assert asked(there, IMPORTS) == (1,)
    (kept,) = tmp_path.glob("there.before-*")
    assert str(kept) in done.stdout
    assert asked(kept, IMPORTS) == (0,)


def test_a_workspace_that_is_worked_on_is_not_replaced(filled, begin, run, awaited, tmp_path):
    worker = begin("work", "--workspace", filled)
    assert awaited(lambda: is_in_use(filled / LOCK_FILE))  # the file itself lies there from the commands before
    refused = run("restore", tmp_path / "b.tar.gz", "--workspace", filled, "--replace")
    assert (refused.returncode, "is being served or worked on" in refused.stderr) == (75, True)
    worker.kill()
    worker.wait()
    assert run("restore", tmp_path / "b.tar.gz", "--workspace", filled, "--replace").returncode == 0


@pytest.mark.parametrize("command", ["backup", "restore"])
def test_a_full_disk_leaves_nothing_half_done(filled, tmp_path, command):
    """The limit of a file's size ends writing as a full disk does, at every size in turn."""
    names = {path.name for path in filled.iterdir() if not path.name.startswith("records.")}
    for limit in (2_000, 200_000):
        more = ("--to", tmp_path / "c.tar.gz") if command == "backup" else (tmp_path / "b.tar.gz", "--replace")
        told = subprocess.run(
            [*COMMAND, command, "--workspace", str(filled), *map(str, more)], capture_output=True, text=True,
            env=clean_environment(PYTHONDONTWRITEBYTECODE="1"), preexec_fn=lambda limit=limit: limit_size(limit),
        )  # fmt: skip
        assert told.returncode == 74, (limit, told.stderr)
        assert "The disk is full" in told.stderr
        assert {path.name for path in filled.iterdir() if not path.name.startswith("records.")} == names
        assert sorted(path.name for path in tmp_path.iterdir()) == ["b.tar.gz", "b.tar.gz.secrets", "few.csv", "office"]
    assert asked(filled, IMPORTS) == (1,)


def limit_size(limit):
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))


def has_begun(staging, process):
    return (staging / "records.sqlite3").is_file() or process.poll() is not None


def test_a_restore_that_is_killed_has_put_all_in_place_or_nothing(filled, made, run, begin, awaited, tmp_path):
    """The moment of the kill grows until a restore gets through; each begins where the one before left the folder."""
    there = shutil.copytree(made, tmp_path / "there")
    (filled / "uploads" / "big").write_bytes(os.urandom(40_000_000))  # takes its time
    assert run("backup", "--workspace", filled, "--to", tmp_path / "big.tar.gz").returncode == 0
    outcomes, delay, staging = [], 0.0, tmp_path / ".there.restoring"
    while 1 not in outcomes and delay < NEVER_SECONDS:
        process = begin("restore", tmp_path / "big.tar.gz", "--workspace", there, "--replace")
        assert awaited(partial(has_begun, staging, process))
        time.sleep(delay)
        process.kill()
        process.wait()
        assert asked(there, "PRAGMA integrity_check") == ("ok",)
        outcomes.append(asked(there, IMPORTS)[0])
        shutil.rmtree(staging, ignore_errors=True)
        delay = 1.3 * delay + 0.15  # a busy machine needs long
    assert run("check", "--workspace", there).returncode == 0
    assert outcomes[0] == 0, "the first must be killed before its end, or nothing was tried"
    assert set(outcomes) == {0, 1}
    done = run("restore", tmp_path / "big.tar.gz", "--workspace", tmp_path / "again")
    assert done.returncode == 0, done.stderr


def test_what_a_killed_backup_left_is_cleared_by_the_next(filled, begin, run, awaited, tmp_path):
    (filled / "uploads" / "big").write_bytes(os.urandom(40_000_000))
    process = begin("backup", "--workspace", filled, "--to", tmp_path / "c.tar.gz")
    assert awaited(lambda: list(filled.glob(".backup-*/held/records.sqlite3")))
    process.kill()
    process.wait()
    assert not (tmp_path / "c.tar.gz").exists()
    assert list(filled.glob(".backup-*"))
    done = run("backup", "--workspace", filled, "--to", tmp_path / "c.tar.gz")
    assert done.returncode == 0, done.stderr
    assert list(filled.glob(".backup-*")) == []


def test_a_file_that_is_lost_does_not_keep_the_rest_from_being_backed_up(filled, run, tmp_path):
    (lost,) = (filled / "lake").rglob("*.parquet")
    lost.unlink()
    done = run("backup", "--workspace", filled, "--to", tmp_path / "c.tar.gz", "--json")
    assert done.returncode == 0, done.stderr
    assert f'"missing": ["{lost.relative_to(filled).as_posix()}"]' in done.stdout
