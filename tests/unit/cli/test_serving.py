"""Serving a workspace: a port of its own, ended in order, and a backup that serves again."""

import os
import select
import shutil
import signal
import socket
import sqlite3
import urllib.error
import urllib.request
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from tests.unit.cli.conftest import NEVER_SECONDS
from tests.unit.cli.running import FACTS

OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@pytest.fixture
def port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def descendants(pid):
    """Return the numbers of all processes that a process started, and they in turn."""
    mine = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:  # it ended while we looked
            continue
        if int(fields[1]) == pid and fields[0] != "Z":
            mine.append(int(status.parent.name))
    return [*mine, *(further for one in mine for further in descendants(one))]


def is_there(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def served(begin, office, port):
    process = begin("serve", "--workspace", office, "--port", port)
    line = process.stderr.readline()
    assert line == f"Look at http://127.0.0.1:{port}/  (end with Ctrl-C)\n", line
    return process


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT], ids=["TERM", "HUP", "INT"])
def test_server_and_worker_are_gone_when_the_command_is_ended(begin, made, port, awaited, number):
    process = served(begin, made, port)
    started = descendants(process.pid)
    assert len(started) >= 2
    with OPENER.open(f"http://127.0.0.1:{port}/", timeout=60) as answer:
        assert answer.status == 200
    process.send_signal(number)
    said = process.communicate(timeout=NEVER_SECONDS)[1]
    assert process.returncode == (130 if number == signal.SIGINT else 128 + number), said
    assert awaited(lambda: not any(map(is_there, started)))
    with pytest.raises(urllib.error.URLError):
        OPENER.open(f"http://127.0.0.1:{port}/", timeout=10)


def test_server_and_worker_do_not_outlive_a_command_that_was_killed(begin, made, port, awaited):
    process = served(begin, made, port)
    started = descendants(process.pid)
    worker = next(pid for pid in started if "work(" in Path(f"/proc/{pid}/cmdline").read_text())
    assert os.getpriority(os.PRIO_PROCESS, worker) == min(os.getpriority(os.PRIO_PROCESS, process.pid) + 10, 19)
    process.kill()
    process.communicate(timeout=NEVER_SECONDS)
    assert awaited(lambda: not any(map(is_there, started)))
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))


@pytest.mark.parametrize(("part", "said"), [("granian", "The web server ended by itself"), ("work(", "The worker")])
def test_when_a_part_ends_by_itself_serving_ends_and_says_so(begin, made, port, awaited, part, said):
    process = served(begin, made, port)
    started = descendants(process.pid)
    mine = [pid for pid in started if part in Path(f"/proc/{pid}/cmdline").read_text()]
    os.kill(min(mine), signal.SIGKILL)
    told = process.communicate(timeout=NEVER_SECONDS)[1]
    assert (process.returncode, said in told) == (70, True), told
    assert "Start it again: yucai serve" in told
    assert awaited(lambda: not any(map(is_there, started)))


SLOW_HEAD = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "
SLOW_BODY = (
    b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: csrftoken=abcdefghijabcdefghijabcdefghij12\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\nusername="
)
WHOLE_FORM = SLOW_BODY.replace(b": 1000", b": 9")


def whole(client):
    """Return an answer up to its end."""
    told = b""
    while b"</html>" not in told:
        piece = client.recv(9_000)
        assert piece, told
        told += piece
    return told


def test_clients_that_send_slowly_keep_nobody_waiting(begin, made, port, tmp_path):
    """More of them than the server has threads: some stop in the middle of a head, some in the middle of a form."""
    served(begin, shutil.copytree(made, tmp_path / "office"), port)
    waiting = []
    with ExitStack() as held:
        for begun in (SLOW_HEAD, SLOW_BODY):
            for _ in range(70):
                client = held.enter_context(socket.create_connection(("127.0.0.1", port)))
                client.sendall(begun)
                client.settimeout(30)
                waiting.append(client)
        forms = waiting[70:]
        # The server chooses whose form it waits for; a busy machine answers the others late, so each may be told either
        # that too many are waited for or that nothing came. None is told that its form were a forged one.
        told = []
        while forms and not any(answer.startswith(b"HTTP/1.1 503 ") for answer in told):
            answered = select.select(forms, [], [], 60)[0]
            assert answered, "nobody is answered"
            for client in answered:
                told.append(whole(client))
                forms.remove(client)
        assert {answer[:13] for answer in told} <= {b"HTTP/1.1 503 ", b"HTTP/1.1 408 "}
        assert any(answer.startswith(b"HTTP/1.1 503 ") for answer in told)
        assert all("表单未收到".encode() in answer for answer in told)
        for _ in range(3):
            with OPENER.open(f"http://127.0.0.1:{port}/", timeout=60) as answer:
                assert answer.status == 200
        quick = held.enter_context(socket.create_connection(("127.0.0.1", port)))
        quick.sendall(WHOLE_FORM)  # one that comes at once takes no place of the slow ones
        quick.settimeout(30)
        assert quick.recv(9_000).startswith(b"HTTP/1.1 403 ")  # its token is none


def test_two_offices_do_not_share_a_port(begin, made, port, run, tmp_path):
    served(begin, made, port)
    other = shutil.copytree(made, tmp_path / "other")
    refused = run("serve", "--workspace", other, "--port", port)
    assert refused.returncode == 69
    assert f"Port {port} is in use by another program. Close it, or choose another port: --port {port + 1}" in (
        refused.stderr
    )


def test_a_backup_is_served_again_with_its_evidence(begin, made, port, run, tmp_path, marks):
    office = shutil.copytree(made, tmp_path / "office")
    few = tmp_path / "few.csv"
    few.write_text("".join(marks.read_text(encoding="utf-8").splitlines(keepends=True)[:201]), encoding="utf-8")
    assert run("import", few, "--workspace", office, *FACTS).returncode == 0
    done = run("backup", "--workspace", office, "--to", tmp_path / "b.tar.gz")
    assert done.returncode == 0, done.stderr
    shutil.rmtree(office)
    assert run("restore", tmp_path / "b.tar.gz", "--workspace", tmp_path / "back").returncode == 0
    served(begin, tmp_path / "back", port)
    with OPENER.open(f"http://127.0.0.1:{port}/", timeout=60) as answer:
        assert answer.status == 200
    again = run("import", few, "--workspace", tmp_path / "back", *FACTS)
    assert "This very file was imported before" in again.stdout, again.stderr
    assert run("check", "--workspace", tmp_path / "back").returncode == 0


@pytest.mark.parametrize(
    "command", [("check",), ("serve",), ("measure",), ("backup", "--to", "b.tar.gz")], ids=lambda c: c[0]
)
def test_an_office_without_its_records_is_not_begun_anew(made, run, tmp_path, command):
    office = shutil.copytree(made, tmp_path / "office")
    (office / "records.sqlite3").unlink()
    refused = run(*command, "--workspace", office)
    assert refused.returncode == 66
    assert "records.sqlite3” is not there. Restore it from the last backup." in refused.stderr
    assert not (office / "records.sqlite3").exists()


def test_a_dry_run_of_an_import_writes_nothing_at_all(made, marks, run, tmp_path):
    office = shutil.copytree(made, tmp_path / "office")
    before = run("import", marks, "--workspace", office, "--dry-run", "--source", "new-source", *FACTS)
    assert "would take in 40000 rows; 2000 new people" in before.stdout
    assert "40000 new scores" in before.stdout
    with closing(sqlite3.connect(office / "records.sqlite3")) as database:
        assert database.execute("SELECT count(*) FROM web_datasource").fetchone() == (0,)


def test_a_file_that_is_refused_leaves_no_source(made, run, tmp_path):
    office = shutil.copytree(made, tmp_path / "office")
    for name, source in (("a.csv", "first"), ("b.csv", "second")):
        more = "" if name == "a.csv" else "02,exam/a,1,2\n"
        (tmp_path / name).write_text(f"learner,item,score,max_score\n01,exam/a,1,2\n{more}", encoding="utf-8")
        done = run("import", tmp_path / name, "--workspace", office, "--source", source, *FACTS)
    assert done.returncode == 65
    assert "b.csv: 1 score is already recorded" in done.stderr
    assert "row 2." in done.stderr
    with closing(sqlite3.connect(office / "records.sqlite3")) as database:
        assert database.execute("SELECT code FROM web_datasource").fetchall() == [("first",)]


def test_the_pages_are_made_in_one_process_on_sqlite_and_in_one_for_each_processor_on_postgresql():
    from yucai.web.serving import processes_for

    assert processes_for("", said="") == processes_for("", said="4") == 1
    assert processes_for("postgresql://x/y", said="") == min(2, os.cpu_count())
    assert processes_for("postgresql://x/y", said="5") == 5


@pytest.mark.parametrize("said", ["none", "0", "65", "-1", "1.5", "２"])
def test_a_number_of_processes_that_is_none_is_said_in_one_sentence(begin, made, port, said):
    process = begin("serve", "--workspace", made, "--port", port, YUCAI_PROCESSES=said)
    _, told = process.communicate(timeout=NEVER_SECONDS)
    assert process.returncode == 64, told
    assert f"YUCAI_PROCESSES is “{said}”" in told
    assert "a whole number from 1 to 64" in told
