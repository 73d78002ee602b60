"""The order of the house is checked, and the check finds what breaks it."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# One mistake each: where it is planted, what it says, and the contract that must break.
MISTAKES = {
    "measurement/planted.py": ("from yucai.demand import __doc__", "Data flows one way, and every room has its place"),
    "newroom/__init__.py": ('"""A room nobody decided on."""', "Data flows one way, and every room has its place"),
    "web/accounts/planted.py": ("from yucai.web.governance import __doc__", "The pages keep the same order"),
    "web/unplaced.py": ('"""A part without a place."""', "The pages keep the same order"),
    "web/jobs/models.py": ("from yucai.web.jobs.actions import __doc__", "In every part of the site"),
    "evidence/planted.py": ("import django", "Library and command line stand without Django"),
    "texts.py": ("def late():\n    from yucai.errors import YucaiError", "No circles, at any depth"),
    "framework/planted.py": ("import yucai", "Nobody leans on the root"),
    "matching/planted.py": (
        "from yucai.evidence.responses import Responses",
        "The room evidence is entered by its door",
    ),
}


def check_imports(folder):
    """Run the import contract on the package in ``folder`` and return the broken contracts."""
    env = {**os.environ, "PYTHONPATH": str(folder / "src")}
    code = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    ran = subprocess.run(
        [sys.executable, "-c", code, "--no-cache"], cwd=folder, env=env, capture_output=True, text=True
    )
    broken = re.findall(r"^(.+?) BROKEN", ran.stdout, flags=re.M)
    assert bool(broken) == bool(ran.returncode), ran.stdout + ran.stderr
    assert "Contracts:" in ran.stdout, ran.stdout + ran.stderr
    return broken


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A copy of the package with every mistake planted in it."""
    folder = tmp_path_factory.mktemp("planted")
    shutil.copytree(
        ROOT / "src", folder / "src", ignore=lambda _, names: {n for n in names if "." in n and not n.endswith(".py")}
    )
    shutil.copyfile(ROOT / "pyproject.toml", folder / "pyproject.toml")
    return folder


def test_the_order_of_the_house_holds(copy):
    assert check_imports(copy) == []


def test_every_planted_mistake_is_found(copy):
    for place, (mistake, _) in MISTAKES.items():
        path = copy / "src" / "yucai" / place
        path.parent.mkdir(exist_ok=True)
        path.write_text((path.read_text() if path.exists() else "") + f"\n{mistake}\n")
    broken = check_imports(copy)
    assert [place for place, (_, contract) in MISTAKES.items() if not any(b.startswith(contract) for b in broken)] == []


def test_the_door_of_every_room_is_guarded():
    contract = (ROOT / "pyproject.toml").read_text()
    rooms = sorted(path.parent.name for path in (ROOT / "src" / "yucai").glob("*/__init__.py"))
    assert [room for room in rooms if f'protected_modules = ["yucai.{room}.*"]' not in contract] == []
