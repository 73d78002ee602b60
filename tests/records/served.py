"""A workspace with a record store behind real web servers, each a process that can be killed."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from contextlib import closing

from tests.records.records_client import basic

CLI = "import sys; from yucai.cli import main; sys.exit(main())"


class Office:
    """A workspace of its own, on the database that the tests run on."""

    def __init__(self, folder):
        self.folder = folder
        self.env = {**os.environ, "YUCAI_WORKSPACE": str(folder), "DJANGO_SETTINGS_MODULE": "yucai.web.settings"}
        address = os.environ.get("YUCAI_DATABASE", "")
        if address:
            self.env["YUCAI_DATABASE"] = new_database(address)
        self.yucai("init")
        self.yucai("records", "add-store", "s")
        home = "https://lms.example.edu"
        made = json.loads(self.yucai("records", "add-credential", "s", "--tool", "t", "--home", home, "--json"))
        self.login = basic(made["key"], made["secret"])
        self.servers = []

    def yucai(self, *arguments):
        command = [sys.executable, "-c", CLI, *arguments, "--workspace", str(self.folder)]
        done = subprocess.run(command, env=self.env, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def serve(self):
        """Start one more web server and return it when it answers."""
        with closing(socket.socket()) as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        command = [
            *(sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)),
            *("--workers", "1", "--blocking-threads", "32", "--no-ws", "yucai.web.wsgi:application"),
        ]
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        process = subprocess.Popen(command, env=self.env, start_new_session=True, **quiet)
        self.servers.append(process)
        server = Server(process, port, self.login)
        deadline = time.monotonic() + 300  # what does not answer by then never does
        while True:
            try:
                assert server.ask("GET", "about")[0] == 200
            except OSError:
                assert time.monotonic() < deadline
                time.sleep(0.05)
            else:
                return server

    def close(self):
        for process in self.servers:
            kill(process)


class Server:
    """One web server."""

    def __init__(self, process, port, login):
        self.process, self.port, self.login = process, port, login

    def connect(self):
        """Give a connection that is closed when the block ends."""
        return closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60))

    def ask(self, method, resource, body=None, connection=None):
        """Send one request and return status, headers and what the body says."""
        if connection is None:
            with self.connect() as own:
                return self.ask(method, resource, body, own)
        headers = {"Authorization": self.login, "X-Experience-API-Version": "2.0.0", "Content-Type": "application/json"}
        path = resource if resource.startswith("/") else f"/xapi/s/{resource}"
        connection.request(method, path, body=None if body is None else json.dumps(body), headers=headers)
        told = connection.getresponse()
        raw = told.read()
        found = {name.lower(): value for name, value in told.getheaders()}
        is_json = found.get("content-type") == "application/json"
        return told.status, found, json.loads(raw) if raw and is_json else raw

    def kill(self):
        """End it as a fall of the machine would."""
        kill(self.process)


def kill(process):
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def new_database(address):
    """Make a database beside the one of an address, and return its address."""
    from urllib.parse import urlsplit, urlunsplit

    import psycopg

    name = f"records_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    parts = urlsplit(address)
    return urlunsplit(parts._replace(path=f"/{name}"))
