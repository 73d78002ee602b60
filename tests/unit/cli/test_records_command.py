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


def test_a_store_is_held_and_released_a_person_erased_and_statements_go_out_without_names(tmp_path):
    office, out = tmp_path / "office", tmp_path / "out"
    assert yucai(office, "init").returncode == 0
    assert yucai(office, "records", "add-store", "school").returncode == 0
    person = ("--mail", "lin@example.edu", "--account", "https://lms.example.edu", "2025000123")
    agents = tmp_path / "agents.json"
    agents.write_text('[{"openid": "https://id.example.edu/lin"}]')
    assert "--mail" in yucai(office, "records", "erased").stderr
    assert yucai(office, "records", "erase", *person, "--dry-run").returncode == 65  # it needs a reason

    reason = ("--reason", "appeal 7")
    assert "Nothing may be removed" in yucai(office, "records", "hold", "school", *reason).stdout
    held = yucai(office, "records", "erase", *person, *reason)
    assert (held.returncode, "under a hold" in held.stderr) == (77, True)
    assert yucai(office, "records", "release", "school").returncode == 0
    assert yucai(office, "records", "release", "school").returncode == 64

    planned = yucai(office, "records", "erase", *person, "--agents", str(agents), *reason, "--dry-run")
    assert "school: 0 statements removed" in planned.stdout
    done = yucai(office, "records", "erase", *person, "--agents", str(agents), *reason, "--json")
    code = json.loads(done.stdout)["code"]
    assert code in yucai(office, "records", "erased", "--agents", str(agents)).stdout
    assert "taken again" in yucai(office, "records", "lift-erasure", code).stdout
    assert yucai(office, "records", "lift-erasure", code).returncode == 64
    agents.write_text('[{"name": "Lin"}]')
    assert "JSON list of agents" in yucai(office, "records", "erase", "--agents", str(agents), *reason).stderr
    assert yucai(office, "records", "verify").returncode == 0

    told = ("--to", str(out), "--recipient", "Institute", "--purpose", "study 12")
    refused = yucai(office, "records", "export-pseudonymised", "school", *told, "--since", "yesterday")
    assert (refused.returncode, "is no time" in refused.stderr) == (64, True)
    forms = ("--consents", "forms 12/2026")
    exported = yucai(office, "records", "export-pseudonymised", "school", *told, *forms, "--column", "verb", "--json")
    assert json.loads(exported.stdout)["statements"] == 0
    assert sorted(file.name for file in out.iterdir()) == [
        "data-sheet.json", "data-sheet.md", "statements.jsonl", "statements.parquet",
    ]  # fmt: skip
    again = yucai(office, "records", "export-pseudonymised", "school", *told)
    assert (again.returncode, "Name a new folder" in again.stderr) == (65, True)


def test_stores_are_listed_what_is_refused_is_put_in_again_and_terms_are_foretold(tmp_path):
    office = tmp_path / "office"
    yucai(office, "init")
    assert "There is no record store" in yucai(office, "records", "stores").stdout
    yucai(office, "records", "add-store", "school")
    told = yucai(office, "records", "stores")
    assert (told.returncode, "school: 0 statements" in told.stdout) == (0, True)
    assert "No refused delivery waits" in yucai(office, "records", "refused").stdout
    assert yucai(office, "records", "refused", "other").returncode == 64
    assert "0 deliveries are in" in yucai(office, "records", "put-again", "school").stdout
    assert "school: everything is kept" in yucai(office, "records", "retain", "--dry-run").stdout
    first = json.loads(yucai(office, "records", "metrics-token", "--json").stdout)
    kept = json.loads((office / "metrics-token.json").read_text())
    assert (len(first["token"]) >= 40, kept["loopback"], first["token"] in str(kept)) == (True, False, False)
    yucai(office, "records", "metrics-token", "--loopback")
    assert json.loads((office / "metrics-token.json").read_text())["loopback"]
