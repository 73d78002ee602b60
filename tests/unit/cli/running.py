"""The command line in a process of its own, as a person types it."""

import os
import subprocess
import sys


def environment(**more):
    """The environment of a person: nothing of ours is set but what is asked for."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("YUCAI_", "DJANGO_"))}
    return {**clean, "PYTHONUTF8": "1", **more}


def command_of(*arguments, lang="zh"):
    """What is typed."""
    return [sys.executable, "-m", "yucai.cli", "--lang", lang, *map(str, arguments)]


def yucai(*arguments, lang="zh", **env):
    """Run a command to its end and give what it said."""
    return subprocess.run(command_of(*arguments, lang=lang), capture_output=True, text=True, env=environment(**env))
