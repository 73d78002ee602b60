"""Real servers and real commands: a kill loses nothing, a circle of two stores ends, a certificate must hold."""

import datetime
import ipaddress
import json
import os
import ssl
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tests.records.records_client import basic, new_id, statement, voiding
from tests.records.served import CLI, Office, Server, kill

BATCH = 500


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    made = Office(tmp_path_factory.mktemp("forwarding") / "office")
    yield made
    made.close()


@pytest.fixture(scope="module")
def server(office):
    return office.serve()


def new_store(office, server, code):
    """A store, and key and secret of a tool that speaks to it."""
    office.yucai("records", "add-store", code)
    home = f"https://{code}.example.edu"
    made = json.loads(office.yucai("records", "add-credential", code, "--tool", "t", "--home", home, "--json"))
    tool = Server(server.process, server.port, basic(made["key"], made["secret"]))
    return Store(code, made["key"], made["secret"], tool)


@dataclass(frozen=True)
class Store:
    code: str
    key: str
    secret: str
    server: Server

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server.port}/xapi/{self.code}/"

    def ask(self, method, resource, body=None):
        return self.server.ask(method, f"/xapi/{self.code}/{resource}", body)

    @property
    def ids(self):
        found, more = [], f"/xapi/{self.code}/statements?ascending=true"
        with self.server.connect() as connection:
            while more:
                status, _, told = self.server.ask("GET", more, None, connection)
                assert status == 200
                found += [one["id"] for one in told["statements"]]
                more = told["more"]
        return found


def command(office, *arguments):
    return [sys.executable, "-c", CLI, "records", *arguments, "--workspace", str(office.folder)]


def records(office, *arguments, secret="", code=0):
    done = subprocess.run(command(office, *arguments), env=office.env, capture_output=True, text=True, input=secret)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_kills_in_the_middle_lose_nothing_and_a_circle_of_two_stores_ends(office, server, tmp_path):
    one, two = new_store(office, server, "one"), new_store(office, server, "two")
    (tmp_path / "secret").write_text(one.secret + "\n")
    told = records(office, "forward-to", "one", "--to", two.address, "--key", two.key, "--json", secret=two.secret)
    first = json.loads(told)["number"]
    back = one.address + "statements"
    told = records(
        office, "forward-to", "two", "--to", back, "--key", one.key, "--secret-file", str(tmp_path / "secret"), "--json"
    )
    second = json.loads(told)["number"]
    ids = [new_id() for _ in range(4 * BATCH)]
    for begin in range(0, len(ids), BATCH):
        assert one.ask("POST", "statements", [statement(id=own) for own in ids[begin : begin + BATCH]])[0] == 200
    ids += one.ask("POST", "statements", voiding(ids[0]))[2]
    seen = 0
    for _ in range(2):
        process = subprocess.Popen(
            command(office, "forward", str(first)), env=office.env, start_new_session=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        while len(two.ids) <= seen and process.poll() is None:
            time.sleep(0.01)
        kill(process)
        there = two.ids
        seen = len(there)
        assert there == ids[:seen] or there == ids[1 : seen + 1]  # the voided one is not listed any more
        records(office, "resume-forwarding", str(first))
    records(office, "forward", str(first))
    assert two.ids == ids[1:]
    assert "2001 statements were taken" in records(office, "forward", str(second))
    assert "0 statements were taken" in records(office, "forward")
    assert one.ids == ids[1:]
    shown = {one["number"]: one for one in json.loads(records(office, "forwardings", "--json"))["forwardings"]}
    assert {(shown[n]["waiting"], shown[n]["undeliverable"]) for n in (first, second)} == {(0, 0)}
    assert shown[second]["taken"] == len(ids)
    records(office, "verify")
    assert two.secret not in (office.folder / "logs" / "records.log").read_text()


def test_what_comes_is_sent_by_the_worker_while_the_workspace_is_served(office, server):
    near, far = new_store(office, server, "near"), new_store(office, server, "far")
    records(office, "forward-to", "near", "--to", far.address, "--key", far.key, secret=far.secret)
    worker = subprocess.Popen(
        [sys.executable, "-c", CLI, "work", "--workspace", str(office.folder)], env=office.env, start_new_session=True
    )
    try:
        own = new_id()
        assert near.ask("POST", "statements", statement(id=own))[0] == 200
        deadline = time.monotonic() + 300
        while far.ask("GET", f"statements?statementId={own}")[0] != 200:
            assert time.monotonic() < deadline
            time.sleep(0.2)
        assert worker.poll() is None
    finally:
        kill(worker)


def test_commands_tell_what_is_wrong(office, server):
    assert "not encrypted" in records(
        office, "forward-to", "s", "--to", "http://lrs.example.edu/", "--key", "k", secret="s", code=65
    )
    assert "There is no forwarding 99" in records(office, "forwardings", "99", code=64)
    assert "invalid int value: 'x'" in records(office, "resend", "x", code=64)
    nowhere = ("--to", "https://lrs.example.edu/", "--key", "k", "--secret-file", "nowhere")
    assert "“nowhere” cannot be read" in records(office, "forward-to", "s", *nowhere, code=66)
    assert server.ask("POST", "statements", statement())[0] == 200
    there = f"http://127.0.0.1:{server.port}/xapi/s/"
    told = records(office, "forward-to", "s", "--to", there, "--key", "k", "--json", secret="wrong\n")
    number = json.loads(told)["number"]
    assert "does not let us in (401)" in records(office, "forward", str(number), code=69)
    told = records(office, "forwardings", str(number))
    assert "last fault" in told
    assert "next try" in told
    told = records(office, "pause-forwarding", str(number), "--lang", "zh")
    assert "已停用" in told


def certificate(folder):
    """Make a certificate of 127.0.0.1 that nobody vouches for, and return the files of it and its key."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a store of the tests")])
    now = datetime.datetime.now(tz=datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "store.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    (folder / "store.key").write_bytes(pem)
    return folder / "store.pem", folder / "store.key"


def test_a_certificate_must_hold(office, server, tmp_path):
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            ids = [one["id"] for one in json.loads(self.rfile.read(int(self.headers["Content-Length"])))]
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(ids).encode())

        def log_message(self, *_):
            pass

    assert server.ask("POST", "statements", statement())[0] == 200
    pem, key = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, key)
    other = HTTPServer(("127.0.0.1", 0), Handler)
    other.socket = context.wrap_socket(other.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=other.serve_forever, daemon=True).start()
    try:
        there = f"https://127.0.0.1:{other.server_address[1]}/"
        number = json.loads(records(office, "forward-to", "s", "--to", there, "--key", "k", "--json", secret="s"))[
            "number"
        ]
        assert "cannot be reached (self-signed certificate)" in records(office, "forward", str(number), code=69)
        env = {**os.environ, **office.env, "SSL_CERT_FILE": str(pem)}
        done = subprocess.run(command(office, "forward", str(number)), env=env, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "0 were not" in done.stdout
    finally:
        other.shutdown()
        other.server_close()
