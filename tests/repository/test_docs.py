"""What the documents show runs, and what they point at is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```python\n(.*?)^```$", flags=re.M | re.S)
RECORD_PARTS = ("## Context", "## Decision", "## Consequences", "## Roads not taken")


def named(path):
    return str(path.relative_to(ROOT))


def blocks_of(text):
    """Return the Python of a page as one program whose lines keep their numbers, so that an error names the line."""
    lines = [""] * text.count("\n")
    for block in BLOCK.finditer(text):
        first = text[: block.start(1)].count("\n")
        lines[first : first + block.group(1).count("\n")] = block.group(1).splitlines()
    return "\n".join(lines) + "\n"


WITH_CODE = [path for path in PAGES if blocks_of(path.read_text(encoding="utf-8")).strip()]


@pytest.mark.parametrize("page", WITH_CODE, ids=named)
def test_every_example_runs(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    program = compile(blocks_of(page.read_text(encoding="utf-8")), named(page), "exec")
    exec(program, {"__name__": "__example__"})


def test_an_example_that_fails_names_its_line():
    page = "# Title\n\n```python\nx = 1\n```\n\ntext\n\n```python\nassert x == 2\n```\n"
    with pytest.raises(AssertionError) as told:
        exec(compile(blocks_of(page), "page.md", "exec"), {})
    assert told.traceback[-1].lineno + 1 == 10


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md"], ids=named)
def test_every_link_to_a_file_finds_it(page):
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8"))
    own = [target for target in targets if not re.match(r"[a-z]+:", target)]
    assert [target for target in own if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", sorted((ROOT / "docs" / "decisions").glob("*.md")), ids=named)
def test_a_decision_says_why_and_what_else_was_thought_of(page):
    text = page.read_text(encoding="utf-8")
    assert re.match(r"# \d{4} [^\n]+\n", text)
    assert text.startswith(f"# {page.name[:4]} ")
    assert [part for part in RECORD_PARTS if part not in text] == []


def test_every_page_is_in_the_contents():
    contents = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    pages = [str(page.relative_to(ROOT / "docs")) for page in PAGES if page.is_relative_to(ROOT / "docs")]
    assert [page for page in pages if f" {page}\n" not in contents] == []
