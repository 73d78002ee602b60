"""The web server and the worker of one workspace, started together and ended together."""

from __future__ import annotations

import gc
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

from yucai.errors import YucaiError
from yucai.texts import Text

__all__ = [
    "EndedByItselfError",
    "PageFailedError",
    "PortInUseError",
    "Running",
    "ServerNotReadyError",
    "Step",
    "check_pages",
    "end_with_parent",
    "keep_loaded",
    "processes_for",
    "running",
    "step_back",
]

HOST: Final = "127.0.0.1"
READY_SECONDS: Final = 60.0
LOOK_EVERY: Final = 1.0  # seconds between two looks whether server and worker still run
WATCHED: Final = "from yucai.web.serving import end_with_parent; end_with_parent(); "
SERVER: Final = WATCHED + "import runpy; runpy.run_module('granian', run_name='__main__')"
WORKER: Final = (
    WATCHED
    + "from yucai.web.serving import step_back; step_back(); "
    + "import sys; from pathlib import Path; from yucai.web import work; work(Path(sys.argv[1]))"
)
SERVER_NAME: Final = Text("web server", "网页服务")
WORKER_NAME: Final = Text("worker", "后台进程")
ENDING: Final = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))
NICE: Final = 10
OLDEST_LOG_BYTES: Final = 5_000_000
MOST_PROCESSES: Final = (
    2  # unless somebody says more: each keeps up to 32 connections, and PostgreSQL has 100 by itself
)


class PortInUseError(YucaiError):
    """Another program listens on the port."""

    says = Text(
        "Port {port} is in use by another program. Close it, or choose another port: --port {other}",
        "端口 {port} 已被其他程序占用。请关闭该程序，或换一个端口：--port {other}",
    )
    exit_code = 69


class ServerNotReadyError(YucaiError):
    """The web server did not come up."""

    says = Text(
        "The web server did not answer within {seconds} s. The last lines of {log} say why.",
        "网页服务在 {seconds} 秒内没有响应。原因见 {log} 的最后几行。",
    )
    exit_code = 69


class EndedByItselfError(YucaiError):
    """The server or the worker ended although nobody ended it."""

    says = Text(
        "The {part} ended by itself, so serving was ended too; nothing that was recorded is lost. The last lines of "
        "{log} say why. Start it again: yucai serve",
        "{part}自行终止，服务已一并停止；已记录的内容没有丢失。原因见 {log} 的最后几行。请重新启动：yucai serve",
    )
    exit_code = 70


class PageFailedError(YucaiError):
    """A page did not come as it should."""

    says = Text(
        "The page {page} answered {status}. The last lines of {log} say why.",
        "页面 {page} 返回了 {status}。原因见 {log} 的最后几行。",
    )
    exit_code = 70


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A served workspace: the address of its start page, and the processes behind it, each with name and log."""

    address: str
    parts: tuple[tuple[Text, subprocess.Popen[bytes], Path], ...]

    def wait(self) -> None:
        """Sleep until the person at the keyboard ends the program. Raises EndedByItselfError."""
        while True:
            for name, process, log in self.parts:
                if process.poll() is not None:
                    raise EndedByItselfError(part=name, log=log)
            time.sleep(LOOK_EVERY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step that was done, and how long it took."""

    name: Text
    seconds: float


@contextmanager
def running(workspace: Path, *, port: int, processes: int = 1) -> Iterator[Running]:
    """Run server and worker while inside; gives them once the start page answers.

    The pages are made in so many ``processes``.

    Raises PortInUseError, ServerNotReadyError.
    """
    _require_free(port)
    env = {**os.environ, "YUCAI_WORKSPACE": str(workspace), "DJANGO_SETTINGS_MODULE": "yucai.web.settings",
           "YUCAI_PROCESSES": str(processes)}  # fmt: skip
    logs = workspace / "logs"
    logs.mkdir(exist_ok=True)
    server_command = [
        sys.executable, "-c", SERVER, "--interface", "wsgi", "--host", HOST, "--port", str(port),
        "--workers", str(processes), "--blocking-threads", "32", "--no-ws", "yucai.web.wsgi:application",
    ]  # fmt: skip
    worker_command = [sys.executable, "-c", WORKER, str(workspace)]
    with (
        _ended_in_order(),
        _log(logs / "server.log") as server_log,
        _log(logs / "worker.log") as worker_log,
        _process(server_command, env, server_log) as server,
        _process(worker_command, env, worker_log) as worker,
    ):
        address = f"http://{HOST}:{port}/"
        _await_ready(address, server, logs / "server.log")
        parts = ((SERVER_NAME, server, logs / "server.log"), (WORKER_NAME, worker, logs / "worker.log"))
        yield Running(address=address, parts=parts)


def processes_for(database: str, *, said: str) -> int:
    """Return in how many processes the pages are made: each uses one processor at a time.

    SQLite has one writer, for whom several processes would only wait: one. On PostgreSQL as many as is ``said``, or
    one for each processor, two at most.
    """
    if not database:
        return 1
    return int(said) if said else min(MOST_PROCESSES, os.cpu_count() or 1)


def end_with_parent() -> None:
    """End this process, in order, as soon as the one that started it is gone, however that came about.

    Its standard input is a pipe that only its parent holds open: the end of it is the end of the parent.
    """

    def watch() -> None:
        os.read(0, 1)  # past Python's own buffer, whose lock a forked server process could never take
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()


def step_back() -> None:
    """Let the pages come first: what this process computes takes the processor time that they leave."""
    if hasattr(os, "nice"):  # Windows has none
        os.nice(NICE)


def keep_loaded() -> None:
    """Load what every page needs, and let the collector of garbage look no more through what is loaded.

    A page makes thousands of objects that all go with it; looking through all others after some of them would take
    longer than the page. Call it once, before the first question is answered.
    """
    from django.urls import get_resolver

    _ = get_resolver().url_patterns  # loads the pages
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


def check_pages(address: str, *, log: Path) -> tuple[Step, ...]:
    """Fetch the start page, then sign in as each account it shows and fetch its home; return the times.

    Raises PageFailedError for the first page that does not come.
    """
    pages: list[str] = []
    steps = [_timed(Text("Start page", "开始页"), lambda: pages.append(_fetch(_opener(), address, log)))]
    for username in re.findall(r'name="username" value="([^"]+)"', pages[0]):
        name = Text(f"Home of the account “{username}”", f"账号“{username}”的主页")
        steps.append(_timed(name, lambda username=username: _fetch_home(address, username, log)))  # type: ignore[misc]
    return tuple(steps)


def _fetch_home(address: str, username: str, log: Path) -> None:
    opener = _opener()
    start = _fetch(opener, address, log)
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', start)
    if token is None:
        raise PageFailedError(page=address, status="no form", log=log)
    form = urlencode({"csrfmiddlewaretoken": token[1], "username": username}).encode()
    _fetch(opener, address + "demo-sign-in", log, form)
    _fetch(opener, address + "home/", log)


def _fetch(opener: urllib.request.OpenerDirector, address: str, log: Path, form: bytes | None = None) -> str:
    request = urllib.request.Request(address, data=form, headers={"Referer": address})  # noqa: S310 (loopback only)
    try:
        with opener.open(request, timeout=60) as answer:
            return str(answer.read().decode("utf-8"))
    except urllib.error.HTTPError as refused:
        raise PageFailedError(page=address, status=refused.code, log=log) from refused
    except OSError as broken:
        raise PageFailedError(page=address, status=broken, log=log) from broken


def _opener() -> urllib.request.OpenerDirector:
    # No proxy: the pages are on this machine.
    return urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(CookieJar()))


def _timed(name: Text, do: Callable[[], object]) -> Step:
    began = time.perf_counter()
    do()
    return Step(name=name, seconds=time.perf_counter() - began)


def _require_free(port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as taken:
            raise PortInUseError(port=port, other=port + 1) from taken


@contextmanager
def _ended_in_order() -> Iterator[None]:
    """Let a request to end (SIGTERM), or a closed terminal (SIGHUP), end server and worker too, as Ctrl-C does."""

    def end(number: int, _frame: object) -> None:
        raise SystemExit(128 + number)

    before = {number: signal.signal(number, end) for number in ENDING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _log(file: Path) -> Iterator[int]:
    if file.exists() and file.stat().st_size > OLDEST_LOG_BYTES:
        file.replace(file.with_suffix(".old.log"))
    with file.open("ab") as opened:
        yield opened.fileno()


@contextmanager
def _process(command: list[str], env: dict[str, str], log: int) -> Iterator[subprocess.Popen[bytes]]:
    alone = os.name == "posix"  # in a session of its own, so that whatever it leaves behind can be found
    process = subprocess.Popen(command, env=env, stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=alone)
    try:
        yield process
    finally:
        process.terminate()
        if process.stdin is not None:
            process.stdin.close()
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if alone:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def _await_ready(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    opener = _opener()
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with opener.open(address, timeout=10):
                return
        except urllib.error.HTTPError as refused:
            raise PageFailedError(page=address, status=refused.code, log=log) from refused
        except OSError:
            time.sleep(0.1)
    raise ServerNotReadyError(seconds=int(READY_SECONDS), log=log)
