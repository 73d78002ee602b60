"""Every command explains itself, on the terminal and in the guide."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COMMANDS = (
    "demo",
    "init",
    "import",
    "check",
    "doctor",
    "measure",
    "portrait",
    "records",
    "accounts",
    "people",
    "erasure",
    "audit",
    "policy",
    "coordination",
    "serve",
    "backup",
    "restore",
)
HAN = re.compile(r"[\u4e00-\u9fff]")


def run(*command, **env):
    clean = {name: value for name, value in os.environ.items() if name not in {"LC_ALL", "LC_MESSAGES", "LANG"}}
    return subprocess.run(command, capture_output=True, text=True, env={**clean, "PYTHONUTF8": "1", **env}, cwd=ROOT)


def yucai(*arguments, **env):
    return run(sys.executable, "-c", "import sys; from yucai.cli import main; sys.exit(main())", *arguments, **env)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_in_both_languages(command):
    english = yucai(command, "--help", LANG="en_US.UTF-8")
    chinese = yucai(command, "--help", LANG="zh_CN.UTF-8")
    assert english.returncode == chinese.returncode == 0, english.stderr + chinese.stderr
    assert len(HAN.findall(chinese.stdout)) > 10
    assert english.stdout != chinese.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_and_option_is_in_the_guide(command):
    guide = (ROOT / "docs" / "guide" / "cli.md").read_text(encoding="utf-8")
    assert f"yucai {command}" in guide
    options = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", yucai(command, "--help", LANG="en_US.UTF-8").stdout))
    assert options
    assert sorted(option for option in options if option not in guide) == []


def test_no_command_is_missing_here():
    listed = yucai("--help", LANG="en_US.UTF-8").stdout
    assert re.findall(r"^ {4}([a-z]+) {2,}", listed, flags=re.M) == list(COMMANDS)


@pytest.mark.parametrize("arguments", [("--help",), ("demo", "--help"), ("test", "--help"), ("build", "--help")])
def test_do_needs_nothing_but_the_standard_library(arguments):
    told = run(sys.executable, "-I", "-S", "do.py", *arguments)
    assert told.returncode == 0, told.stderr
    assert "usage: do.py" in told.stdout


def test_do_refuses_an_unknown_option_in_the_language_of_the_user():
    english = run(sys.executable, "-I", "-S", "do.py", "demo", "--prt", "1", LANG="en_US.UTF-8")
    chinese = run(sys.executable, "-I", "-S", "do.py", "demo", "--prt", "1", LANG="zh_CN.UTF-8")
    assert (english.returncode, chinese.returncode) == (2, 2)
    assert "unknown: --prt" in english.stderr
    assert "无法识别：--prt" in chinese.stderr


def test_ci_runs_the_command_of_the_readme_and_nothing_else():
    lines = [
        line for line in (ROOT / ".ci" / "run").read_text().splitlines() if not line.startswith(("#", "set ", "cd "))
    ]
    assert lines == ["exec python3 do.py test"]
