"""Another record store behind a real socket: it keeps what it takes, and refuses, breaks or dawdles as a test wants."""

import base64
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from yucai.evidence import RequestLimits, Version, read_statement_request

LOGIN = "Basic " + base64.b64encode(b"our-key:our-secret").decode()


class Other:
    """What the other store holds, in the order in which it came, and how it answers."""

    def __init__(self):
        self.kept = {}
        self.parts = {}
        self.requests = []
        self.refuse = lambda statements: None
        self.hangs_up = lambda statements: False
        self.answer = None
        self.version = Version.V2
        self.port = 0

    @property
    def address(self):
        return f"http://127.0.0.1:{self.port}/xapi"

    @property
    def ids(self):
        return list(self.kept)

    def take(self, headers, body):
        """Return status and body of the answer to a POST."""
        if self.answer is not None:
            return self.answer
        if headers.get("Authorization") != LOGIN:
            return 401, b'{"error": "who are you"}'
        assert headers["X-Experience-API-Version"] == self.version.value
        sent = read_statement_request(headers["Content-Type"], body, version=self.version, limits=RequestLimits())
        statements = [one.value for one in sent.batch.statements]
        self.requests.append([one["id"] for one in statements])
        status = self.refuse(statements)
        if status is not None:
            return status, b'{"error": "not this one"}'
        for one in statements:
            self.kept.setdefault(one["id"], one)
        self.parts |= sent.parts
        return 200, json.dumps([one["id"] for one in statements]).encode()


@contextmanager
def other_store():
    """Run one while inside."""
    other = Other()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.path == "/xapi/statements"
            if other.hangs_up(body):
                self.close_connection = True
                return
            self._tell(*other.take(self.headers, body))

        def do_GET(self):
            asked = parse_qs(urlsplit(self.path).query)
            held = other.kept.get(asked.get("statementId", [""])[0])
            self._tell(*((404, b"{}") if held is None else (200, json.dumps(held).encode())))

        def _tell(self, status, body, headers=()):
            self.send_response(status)
            for name, value in headers:
                self.send_header(name, value)
            if status != 204:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(b"" if status == 204 else body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    other.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield other
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
