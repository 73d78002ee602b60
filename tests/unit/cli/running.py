"""The command line as a person types it, in a process of its own."""

import subprocess
import sys

from tests.unit.cli.conftest import clean_environment

FACTS = ("--template", "responses", "--owner", "教务处")  # what the law asks of a source of scores


def command_of(*arguments, lang="zh"):
    """What is typed."""
    return [sys.executable, "-m", "yucai.cli", "--lang", lang, *map(str, arguments)]


def yucai(*arguments, lang="zh", **env):
    """Run a command to its end and give what it said."""
    return subprocess.run(
        command_of(*arguments, lang=lang), capture_output=True, text=True, env=clean_environment(**env)
    )
