"""L19 on the disk: a whole workspace with its SQLite file, erased by command; then not one byte is found."""

import json
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from tests.trust.planting import NUMBER, WORDS

ROOT = Path(__file__).parents[2]


def command(*typed, expect=0):
    """Run a process of our own, and give what it said."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("YUCAI_", "DJANGO_"))}
    paths = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    done = subprocess.run(
        [sys.executable, *map(str, typed)], capture_output=True, text=True, cwd=ROOT, check=False,
        env={**kept, "PYTHONPATH": paths, },
    )  # fmt: skip
    assert done.returncode == expect, done.stdout + done.stderr
    return done.stdout + done.stderr


def found_in(folder):
    """Return each file of a folder with a word of the person, by its bytes and by the values of Parquet."""
    found = {}
    for file in folder.rglob("*"):
        if file.is_file():
            raw = file.read_bytes()
            told = pl.read_parquet(file, hive_partitioning=False).write_json() if file.suffix == ".parquet" else ""
            coded = ("utf-8", "gb18030", "utf-16-le")
            hits = {word for word in WORDS if word in told or any(word.encode(code) in raw for code in coded)}
            if hits:
                found[file.relative_to(folder).as_posix()] = hits
    return found


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    folder = tmp_path_factory.mktemp("disk") / "office"
    command("-m", "yucai.cli", "init", "--workspace", folder)
    command("-m", "tests.trust.erase_office", folder)
    return folder


def test_l19_after_an_erasure_by_command_no_file_of_the_workspace_holds_the_person(office):
    before = found_in(office)
    assert {word for hits in before.values() for word in hits} == set(WORDS)
    assert "records.sqlite3" in before
    typed = ["people", "erase", NUMBER, "--space", "school-files", "--backups-until", "2099-01-31"]
    start = ["-m", "yucai.cli", "--workspace", office, "--lang", "en"]
    foreseen = command(*start, *typed, "--dry-run")
    assert "Dry run, nothing was changed" in foreseen
    assert found_in(office).keys() == before.keys()
    people = ["--reason", "letter", "--asked-by", "school-files-director", "--confirmed-by"]
    done = command(*start, "--json", *typed, *people, "school-files-officer")
    told = json.loads(done.splitlines()[-1])
    assert (told["still"], told["packed"], told["common"]) == ([], [], False)
    assert found_in(office) == {}
    assert "1 certificate looked at, 0 not as sealed" in command(*start, "erasure", "check")
    again = office.parent / "school-files-roster.csv"  # the very file that brought the person in
    more = again.read_text("utf-8") + "2025770031,冯十一,一班,物理,2025\n"
    again.write_text(more, encoding="utf-8")
    into = ["--space", "school-files", "--source", "class-list", "--corrects", "1"]
    assert "records of this person were erased here" in command(*start, "import", again, *into)
    assert found_in(office) == {}
