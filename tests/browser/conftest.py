"""The demonstration as a newcomer starts it, in processes of its own, and a real browser to look at it."""

from __future__ import annotations

import json
import os
import queue
import shutil
import socket
import subprocess
import sys
import threading
import time

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
QUIET = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync")
PATIENCE = 90_000  # milliseconds for what a quiet machine does in one second; only what never comes waits so long
READY_SECONDS = 1200  # what is not there by then never comes; a busy machine builds a demonstration in ten minutes


@pytest.fixture(scope="session")
def demo(tmp_path_factory):
    """Serve a demonstration; gives the address of its start page. It is built once a run, and copied by each worker."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = tmp_path_factory.mktemp("browser") / "demo"
    shutil.copytree(_built_once(tmp_path_factory), folder)
    process = _yucai("demo", "--workspace", str(folder), "--port", str(port), stderr=subprocess.PIPE)
    try:
        _await_ready(process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=READY_SECONDS)
        process.stderr.close()


@pytest.fixture
def office(tmp_path):
    """Serve a new, empty office; gives the address of its start page, its account and the password."""
    made = _yucai("init", "--workspace", str(tmp_path / "office"), "--json", stdout=subprocess.PIPE)
    account = json.loads(made.communicate(timeout=READY_SECONDS)[0])
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = _yucai("serve", "--workspace", str(tmp_path / "office"), "--port", str(port), stderr=subprocess.PIPE)
    try:
        _await_ready(process)
        yield f"http://127.0.0.1:{port}", account["username"], account["password"]
    finally:
        process.terminate()
        process.wait(timeout=READY_SECONDS)
        process.stderr.close()


def _built_once(tmp_path_factory):
    """Return the folder of a built demonstration; whoever comes second waits for the first."""
    shared = tmp_path_factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        shared = shared.parent
    folder = shared / "demo-built"
    try:
        (shared / "demo-building").mkdir()
    except FileExistsError:
        limit = time.monotonic() + READY_SECONDS
        while not folder.exists():  # it is moved into place whole
            assert time.monotonic() < limit, "the demonstration was not built by the other worker"
            time.sleep(0.2)
    else:
        assert _yucai("demo", "--no-serve", "--workspace", str(folder)).wait(timeout=READY_SECONDS) == 0
    return folder


def _yucai(*arguments, **more):
    env = {name: value for name, value in os.environ.items() if not name.startswith(("YUCAI_", "DJANGO_"))}
    command = [sys.executable, "-m", "yucai.cli", "--lang", "en", *arguments]
    return subprocess.Popen(command, env={**env, "PYTHONUTF8": "1"}, text=True, **more)


def _await_ready(process):
    lines = queue.Queue()

    def read():
        for line in process.stderr:
            lines.put(line)
        lines.put("")

    threading.Thread(target=read, daemon=True).start()
    said = ""
    while "Look at http" not in said:
        line = lines.get(timeout=READY_SECONDS)
        assert line, f"the demonstration ended before it was ready:\n{said}"
        said += line


@pytest.fixture(scope="module")
def browser():
    """A real Chromium; without one the test is skipped, which is a failure where everything must run.

    It ends with its file: while it runs, Django takes this thread for an asynchronous one and refuses the database.
    """
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE)
    program = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if program is None:
        pytest.skip("no Chromium on this machine")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=list(QUIET))
        yield opened
        opened.close()


@pytest.fixture
def look(browser, demo):
    """Give a function that opens the start page as a person with a language and a width of screen would.

    Afterwards: nothing was fetched from elsewhere, and no page complained.
    """
    opened, elsewhere, complaints = [], [], []

    def as_person(language="en-GB", width=1280):
        context = browser.new_context(
            base_url=demo, locale=language, viewport={"width": width, "height": 900}, accept_downloads=True
        )
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.on("request", lambda asked: None if asked.url.startswith((demo, "data:")) else elsewhere.append(asked.url))
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        opened.append(context)
        page.goto("/")
        return page

    yield as_person
    for context in opened:
        context.close()
    assert elsewhere == []
    assert complaints == []


@pytest.fixture
def signed_in(look):
    """Give a function that opens the demonstration as one of its seven accounts."""

    def as_role(role, language="en-GB", width=1280):
        page = look(language, width)
        page.locator(f"form:has(input[value='{role}']) button.card").click()
        page.locator("form[action='/sign-out']").wait_for()
        return page

    return as_role
