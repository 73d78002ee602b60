"""Import and export as commands: killed in the middle, gone on with, and told in both languages."""

import gzip
import json
import subprocess
import sys
import time

import pytest

from tests.records.records_client import new_id, statement
from tests.records.served import CLI, Office, kill

AUTHORITY = {"objectType": "Agent", "account": {"homePage": "https://old.example.edu", "name": "old store"}}


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    made = Office(tmp_path_factory.mktemp("filing") / "office")
    made.yucai("records", "add-store", "t")
    yield made
    made.close()


def command(office, *arguments):
    return [sys.executable, "-c", CLI, "records", *arguments, "--workspace", str(office.folder)]


def records(office, *arguments, code=0, cwd=None):
    done = subprocess.run(command(office, *arguments), env=office.env, capture_output=True, text=True, cwd=cwd)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def test_an_import_that_is_killed_goes_on_and_the_export_holds_everything(office, tmp_path):
    ids = [new_id() for _ in range(12_000)]
    with gzip.open(tmp_path / "all.jsonl.gz", "wt") as stream:
        for own in ids:
            stream.write(json.dumps(statement(id=own, authority=AUTHORITY)) + "\n")
    file = str(tmp_path / "all.jsonl.gz")
    for _ in range(2):
        process = subprocess.Popen(
            command(office, "import", file, "--store", "s"), env=office.env, start_new_session=True, cwd=tmp_path,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        for _ in process.stderr:
            break  # it has said how far it is
        time.sleep(0.05)
        kill(process)
        process.stderr.close()
    told = json.loads(records(office, "import", file, "--store", "s", "--json", cwd=tmp_path))
    assert (told["new"] + told["known"], told["refused"]) == (12_000, 0)
    records(office, "export", "--store", "s", "--to", str(tmp_path / "out.jsonl"))
    with (tmp_path / "out.jsonl").open() as stream:
        assert [json.loads(line)["id"] for line in stream] == ids
    records(office, "verify", "s")


def test_what_is_refused_is_told_with_an_exit_code_and_a_list(office, tmp_path):
    (tmp_path / "a.jsonl").write_text(json.dumps(statement()) + "\n{}\n")
    home = "https://lms.example.edu"
    made = json.loads(office.yucai("records", "add-credential", "t", "--tool", "m", "--home", home, "--json"))
    into = ("--store", "t", "--as", made["key"])
    said = records(office, "import", str(tmp_path / "a.jsonl"), *into, "--dry-run", code=65)
    assert said == "Dry run, nothing was changed. 1 statement is good, 1 is refused.\n"
    said = records(office, "import", str(tmp_path / "a.jsonl"), *into, "--lang", "zh", code=65, cwd=tmp_path)
    assert "已导入记录库“t”1 条陈述；0 条原已存在，1 条被拒。" in said
    assert (tmp_path / "a.jsonl.refused.jsonl").exists()
    records(office, "import", str(tmp_path / "a.jsonl"), "--store", "nowhere", code=64)
    records(office, "import", str(tmp_path / "a.jsonl"), "--store", "t", "--as", "nobody", code=64)
    records(office, "import", str(tmp_path / "nothing.jsonl"), "--store", "t", code=66)
    records(office, "import", str(tmp_path / "a.jsonl.refused.jsonl"), "--store", "s", "--dry-run", code=65)
    records(office, "export", "--store", "t", "--to", str(tmp_path / "a.jsonl"), code=73)
