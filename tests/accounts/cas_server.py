"""A CAS server (protocol 3.0) on this machine: tickets open once, for the address they were given for.

Written after the specification of Apereo, sections 2.1, 2.3, 2.5 and 2.8; /tell makes it send its single log-out.
"""

import secrets
import threading
import urllib.parse
import urllib.request
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from xml.sax.saxutils import escape

PEOPLE = {
    "20260001": {"displayName": "王老师", "mail": "wang@example.edu"},
    "20269999": {"displayName": "New & other"},
    "odd<user>&amp;": {},
}
LOG_OUT = """<samlp:LogoutRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="LR-1" Version="2.0"
 IssueInstant="{at}"><saml:NameID xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">@NOT_USED@</saml:NameID>
<samlp:SessionIndex>{ticket}</samlp:SessionIndex></samlp:LogoutRequest>"""


class _Cas(BaseHTTPRequestHandler):
    def do_GET(self):
        parts = urllib.parse.urlsplit(self.path)
        said = dict(urllib.parse.parse_qsl(parts.query))
        answer = {"/cas/login": self.login, "/cas/p3/serviceValidate": self.validate, "/cas/logout": self.logout}
        answer.get(parts.path, lambda said: self.give(404, ""))(said)

    def login(self, said):
        """Sign in as ``user``, which stands for the form; send the browser back with a ticket."""
        ticket = f"ST-{secrets.token_hex(20)}"
        self.server.tickets[ticket] = (said["service"], said.get("user", self.server.user))
        join = "&" if "?" in said["service"] else "?"
        self.send_response(302)
        self.send_header("Location", f"{said['service']}{join}{urllib.parse.urlencode({'ticket': ticket})}")
        self.end_headers()

    def validate(self, said):
        service, user = self.server.tickets.pop(said.get("ticket", ""), ("", ""))
        if not service or service != said.get("service"):
            self.xml('<cas:authenticationFailure code="INVALID_TICKET">not recognized</cas:authenticationFailure>')
            return
        claims = "".join(f"<cas:{name}>{escape(value)}</cas:{name}>" for name, value in PEOPLE.get(user, {}).items())
        user = f"<cas:user>{escape(user)}</cas:user><cas:attributes>{claims}</cas:attributes>"
        self.xml(f"<cas:authenticationSuccess>{user}</cas:authenticationSuccess>")

    def logout(self, said):
        self.give(200, f"signed out; back to {said.get('service', '')}")

    def xml(self, inside):
        self.give(200, f"<cas:serviceResponse xmlns:cas='http://www.yale.edu/tp/cas'>{inside}</cas:serviceResponse>")

    def give(self, status, text):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *said):
        """Say nothing."""


class CasServer:
    """Serve on a port of this machine until closed; ``user`` comes when the question names nobody."""

    def __init__(self, user=""):
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _Cas)
        self.server.tickets, self.server.user = {}, user
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}/cas"

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


def log_out_of(ticket):
    """What the server sends when the session of a ticket ends."""
    return LOG_OUT.format(at=datetime.now(UTC).isoformat(), ticket=ticket)
