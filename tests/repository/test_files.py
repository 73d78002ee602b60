"""No file outgrows the limit, and none holds what belongs to one machine."""

import ast
import json
import re
import subprocess
from pathlib import Path

import pytest

from tools.lock import foreign_lines

ROOT = Path(__file__).parents[2]
MOST_LINES = 500
MOST_BODY_LINES = 80


def files_of_ours():
    """All files that are, or would be, in the repository."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    return sorted(ROOT / name for name in names if name and (ROOT / name).is_file())


FILES = files_of_ours()
PYTHON = [path for path in FILES if path.suffix == ".py" and "migrations" not in path.parts]


def named(path):
    return str(path.relative_to(ROOT))


def text_of(path):
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def body_lines(function):
    """Lines from the first statement after the docstring to the last."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0


def long_bodies(source):
    functions = (
        node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    return [f"{node.name} ({body_lines(node)} lines)" for node in functions if body_lines(node) > MOST_BODY_LINES]


# Written so that this file does not hold what it looks for.
MACHINE_PATHS = re.compile(r"(?<![\w.])/(w[o]rk|f[a]rm|r[o]ot|h[o]me|Us[e]rs)/[\w.]|[A-Z]:\\\\Us[e]rs|/opt/p[y]pi")
REGISTRY_HOSTS = re.compile(
    r"pypi\.o[r]g|pythonh[o]sted\.org|registry\.n[p]mjs|n[p]mjs\.(com|org)|deb\.deb[i]an|crates\.[i]o|proxy\.g[o]lang"
)


def test_the_repository_is_looked_at():
    assert ROOT / "do.py" in PYTHON
    assert len(PYTHON) > 50


def test_no_file_of_python_outgrows_the_limit():
    lengths = {named(path): len(text_of(path).splitlines()) for path in PYTHON}
    assert {name: lines for name, lines in lengths.items() if lines > MOST_LINES} == {}


def test_no_function_outgrows_the_limit():
    assert {named(path): found for path in PYTHON if (found := long_bodies(text_of(path)))} == {}


def test_a_function_that_is_too_long_is_found():
    lines = "    x = 1\n" * MOST_BODY_LINES
    assert long_bodies(f'def f():\n    """Say."""\n{lines}') == []
    assert long_bodies(f'def f():\n    """Say."""\n{lines}    x = 2\n') == [f"f ({MOST_BODY_LINES + 1} lines)"]


def test_no_file_names_a_place_of_one_machine():
    found = {named(path): match.group() for path in FILES if (match := MACHINE_PATHS.search(text_of(path)))}
    assert found == {}


def test_no_file_names_the_host_of_a_registry():
    found = {named(path): match.group() for path in FILES if (match := REGISTRY_HOSTS.search(text_of(path)))}
    assert found == {}


@pytest.mark.parametrize("planted", ["see /ho" + "me/ana/x", "= '/wo" + "rk/main'"])
def test_a_planted_machine_path_is_found(planted):
    assert MACHINE_PATHS.search(planted)


def test_a_planted_host_is_found():
    assert REGISTRY_HOSTS.search("https://py" + "pi.org/simple")


@pytest.mark.parametrize("folder", [".", "tests/clients"])
def test_the_npm_lock_holds_versions_and_hashes_but_no_address(folder):
    lock = json.loads(text_of(ROOT / folder / "package-lock.json"))
    packages = {name: package for name, package in lock["packages"].items() if name}
    assert packages
    assert [name for name, package in packages.items() if "resolved" in package] == []
    assert [name for name, package in packages.items() if not package["integrity"].startswith("sha512-")] == []


@pytest.mark.parametrize("name", ["demo", "test", "spark", "node"])
def test_the_python_lock_holds_versions_and_hashes_and_nothing_else(name):
    text = text_of(ROOT / "requirements" / f"{name}.txt")
    versions = re.findall(r"^[\w-]+==", text, re.MULTILINE)
    assert (
        len(versions) == len(re.findall(r"^[\w-]+==\S+(?: ; [^\\]+)? \\\n    --hash=sha256:", text, re.MULTILINE)) > 0
    )
    assert foreign_lines(text) == []


def test_a_planted_index_in_the_lock_is_found():
    assert foreign_lines("--find-links elsewhere\nrich==15.0.0 \\\n    --hash=sha256:" + "0" * 64) == [
        "--find-links elsewhere"
    ]


def test_each_change_that_users_see_has_a_note_in_both_languages():
    notes = [path for path in FILES if path.parent == ROOT / "changes.d" and path.name != "README.md"]
    assert notes
    chinese = re.compile(r"[\u4e00-\u9fff]")
    assert [named(path) for path in notes if not chinese.search(text_of(path)) or not text_of(path)[0].isascii()] == []
