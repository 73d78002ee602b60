"""The launching side of cmi5, as small as the standard lets it be: one unit, one session, one token.

A learning management system has to keep the launch data as a state document, hand the token out once at the fetch
address, and send the unit's address with where all this is. The statement *launched* is its own to send.
"""

import functools
import http.server
import json
import threading
import uuid
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

HERE = Path(__file__).parent
CMI5 = "https://w3id.org/xapi/cmi5/context/categories/cmi5"
SESSION = "https://w3id.org/xapi/cmi5/context/extensions/sessionid"
LAUNCHED = "http://adlnet.gov/expapi/verbs/launched"
MODE = "https://w3id.org/xapi/cmi5/context/extensions/launchmode"


class Launch:
    """One session of one learner in one unit; ``ask`` sends a request to the record store as the launching system."""

    def __init__(self, ask, *, activity, learner, endpoint, token, mastery):
        self.registration, self.session = str(uuid.uuid4()), str(uuid.uuid4())
        self.activity, self.endpoint, self.token = activity, endpoint, token
        self.actor = {"objectType": "Agent", "account": learner}
        self.handed_out = 0
        template = {"contextActivities": {"grouping": [{"id": activity}]}, "extensions": {SESSION: self.session}}
        data = {"contextTemplate": template, "launchMode": "Normal", "masteryScore": mastery, "moveOn": "Passed"}
        place = {
            "activityId": activity,
            "agent": json.dumps(self.actor),
            "stateId": "LMS.LaunchData",
            "registration": self.registration,
        }
        ask("POST", f"activities/state?{urlencode(place)}", data)
        person = {"agent": json.dumps(self.actor), "profileId": "cmi5LearnerPreferences"}
        ask("POST", f"agents/profile?{urlencode(person)}", {"languagePreference": "zh-CN,en", "audioPreference": "off"})
        ask("POST", "statements", self._launched())

    def _launched(self):
        return {
            "id": str(uuid.uuid4()),
            "actor": self.actor,
            "verb": {"id": LAUNCHED},
            "object": {"id": self.activity},
            "timestamp": "2026-03-03T08:00:00Z",
            "context": {
                "registration": self.registration,
                "contextActivities": {"category": [{"id": CMI5}]},
                "extensions": {SESSION: self.session, MODE: "Normal"},
            },
        }

    def address(self, origin, **more):
        """The address under which the unit is opened in the learner's browser."""
        told = {
            "endpoint": self.endpoint,
            "fetch": f"{origin}/fetch",
            "actor": json.dumps(self.actor),
            "registration": self.registration,
            "activityId": self.activity,
        }
        return f"{origin}/unit.html?{urlencode({**told, **more})}"


class _Platform(http.server.BaseHTTPRequestHandler):
    """Gives the unit, and the token once."""

    def __init__(self, clients, launches, *arguments):
        self.clients, self.launches = clients, launches
        super().__init__(*arguments)

    def do_GET(self):
        files = {"/unit.html": HERE / "unit.html", "/Cmi5.umd.js": self.clients / "@xapi/cmi5/dist/Cmi5.umd.js"}
        file = files.get(self.path.partition("?")[0])
        kind = "text/html; charset=utf-8" if file and file.suffix == ".html" else "text/javascript"
        self._answer(200 if file else 404, kind, file.read_bytes() if file else b"")

    def do_POST(self):
        launch = self.launches[0]
        launch.handed_out += 1
        again = {"error-code": "1", "error-text": "the token was handed out already"}
        told = {"auth-token": launch.token} if launch.handed_out == 1 else again
        self._answer(200, "application/json", json.dumps(told).encode())

    def _answer(self, status, kind, body):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *said):
        """Say nothing."""


@contextmanager
def platform(clients):
    """Serve units and tokens on this machine; gives the origin, and the list that holds the launch under way."""
    launches = []
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Platform, clients, launches))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", launches
    finally:
        server.shutdown()
        server.server_close()
