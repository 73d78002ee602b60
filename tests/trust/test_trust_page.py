"""The page of requirements names every one, and only tests that there are."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "trust.md").read_text(encoding="utf-8")
LINES = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if line.startswith("| L")]
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)))


def test_every_requirement_has_one_line_with_a_state():
    assert [line[0] for line in LINES] == [f"L{n}" for n in range(1, 36)]
    assert {line[2] for line in LINES} == {"kept", "partly", "not there yet"}
    assert [line[0] for line in LINES if line[2] == "partly" and "Not there yet" not in line[3]] == []


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_a_test_that_is_named_exists(file, name):
    assert re.search(rf"^def {name}\(", (ROOT / file).read_text(encoding="utf-8"), flags=re.M)
