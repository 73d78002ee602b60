"""Record stores by command, from nothing to a look through them."""

import json
import subprocess
import sys


def yucai(folder, *arguments):
    command = [sys.executable, "-c", "import sys; from yucai.cli import main; sys.exit(main())", *arguments]
    return subprocess.run([*command, "--workspace", str(folder), "--lang", "en"], capture_output=True, text=True)


def test_a_store_is_made_opened_closed_and_looked_through(tmp_path):
    office = tmp_path / "office"
    assert yucai(office, "init").returncode == 0
    assert "Dry run" in yucai(office, "records", "add-store", "school", "--dry-run").stdout
    made = yucai(office, "records", "add-store", "school", "--xapi", "1.0.3")
    assert (made.returncode, "/xapi/school/" in made.stdout) == (0, True)
    assert yucai(office, "records", "add-store", "school").returncode == 65

    tool = ("--tool", "moodle", "--home", "https://lms.example.edu")
    assert (
        "statements/write"
        in yucai(
            office, "records", "add-credential", "school", *tool, "--scope", "statements/write", "--dry-run"
        ).stdout
    )
    opened = yucai(office, "records", "add-credential", "school", *tool, "--scope", "state", "--json")
    told = json.loads(opened.stdout)
    assert told["scopes"] == ["state"]
    assert len(told["secret"]) >= 40
    assert told["secret"].encode() not in (office / "records.sqlite3").read_bytes()
    assert yucai(office, "records", "add-credential", "other", *tool).returncode == 64
    assert yucai(office, "records", "add-credential", "school").returncode == 65
    assert yucai(office, "records", "add-credential").returncode == 64

    assert yucai(office, "records", "revoke", told["key"], "--dry-run").returncode == 0
    assert "revoked" in yucai(office, "records", "revoke", told["key"]).stdout
    assert yucai(office, "records", "revoke", told["key"]).returncode == 64
    assert "is whole: 0 statements" in yucai(office, "records", "verify").stdout
    assert yucai(office, "records", "verify", "other").returncode == 64
    parted = yucai(office, "records", "partition")
    assert (parted.returncode, "Only PostgreSQL" in parted.stderr) == (64, True)
