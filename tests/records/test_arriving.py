"""Bodies that come slowly, break off or never come: their senders are let go, and everybody else is answered."""

import io
import socket
import threading
import time
from contextlib import ExitStack, suppress

import pytest

from tests.records.records_client import statement
from tests.records.served import Office
from yucai.web.records import arriving
from yucai.web.records.arriving import FOR_KNOWN, LARGE, MOST_LARGE, MOST_WAITING, Arriving, Places, room_for


class Silent:
    """A body of which nothing comes until it is let go."""

    def __init__(self):
        self.gone = threading.Event()

    def read(self, size):
        self.gone.wait(20)
        return b""

    def readline(self):
        return b""


@pytest.fixture
def silent():
    """Bodies that never come are waited for by their own threads already."""
    source = Silent()
    own = Arriving(source, places=FOR_KNOWN)
    threads = [threading.Thread(target=own.read, args=(9,)) for _ in FOR_KNOWN]
    for thread in threads:
        thread.start()
    while not all(place.locked() for place in FOR_KNOWN):
        time.sleep(0.001)
    yield source
    source.gone.set()
    for thread in threads:
        thread.join()


def test_a_body_comes_whole_whoever_fetches_it(silent):
    body = bytes(range(256)) * 4_000
    assert Arriving(io.BytesIO(body), places=FOR_KNOWN).read(len(body)) == body
    assert Arriving(io.BytesIO(body)).read(9) == body[:9]
    assert Arriving(io.BytesIO(b"short")).read(900) == b"short"
    assert Arriving(io.BytesIO(b"short")).read(0) == b""


def test_who_is_silent_is_left_and_no_more_wait_than_may(silent):
    with pytest.raises(TimeoutError):
        Arriving(silent, quiet_seconds=0.05).read(9)
    told = []

    def wait():
        try:
            Arriving(silent, quiet_seconds=1.0).read(9)
        except OSError as problem:
            told.append(type(problem))

    threads = [threading.Thread(target=wait) for _ in range(MOST_WAITING + 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (told.count(BlockingIOError), told.count(TimeoutError)) == (5, MOST_WAITING)


def test_what_breaks_while_it_is_fetched_is_told(silent):
    class Broken(Silent):
        def read(self, size):
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        Arriving(Broken()).read(9)


def test_a_body_that_does_not_come_whole_changes_nothing(tool, silent, monkeypatch):
    place = {"activityId": "http://x.y/z", "agent": {"mbox": "mailto:a@b.cn"}, "stateId": "kept"}
    plain = {"Content-Type": "text/plain", "If-None-Match": "*"}
    assert tool.call("PUT", "activities/state", place, data=b"whole", headers=plain).status == 204
    cut = {"Content-Type": "text/plain", "If-Match": "*", "Content-Length": "100"}
    told = tool.call("PUT", "activities/state", place, data=b"hal", headers=cut)
    assert (told.status, "3 of 100" in told.json["error"]) == (400, True)
    for problem, status in ((TimeoutError, 408), (BlockingIOError, 503)):
        monkeypatch.setattr(Arriving, "read", lambda self, size, problem=problem: (_ for _ in ()).throw(problem()))
        told = tool.call("PUT", "activities/state", place, data=b"other", headers=cut)
        assert (told.status, "again" in told.json["error"]) == (status, True)
    assert tool.call("GET", "activities/state", place).body == b"whole"


def test_only_few_large_bodies_are_held_at_once(tool):
    large = b" " * (LARGE + 1)
    with ExitStack() as held:
        for _ in range(MOST_LARGE):
            held.enter_context(room_for(LARGE + 1))
        for headers in ({}, {"Content-Length": "", "Transfer-Encoding": "chunked"}):
            told = tool.post(large, headers=headers)
            assert (told.status, "again" in told.json["error"]) == (503, True)
            assert tool.post(statement(), headers=headers).status == 200
    for headers in ({}, {"Content-Length": "", "Transfer-Encoding": "chunked"}):
        assert tool.post(large, headers=headers).status == 400
    with ExitStack() as held:
        for _ in range(MOST_LARGE):
            held.enter_context(room_for(LARGE + 1))


@pytest.fixture
def office(tmp_path):
    office = Office(tmp_path / "office")
    yield office
    office.close()


def test_a_known_sender_stands_in_line_where_a_stranger_is_refused(silent, monkeypatch):
    monkeypatch.setattr(arriving, "KNOWN_SECONDS", 20.0)
    monkeypatch.setattr(arriving, "BRIEF_SECONDS", 0.01)
    held = [
        threading.Thread(target=lambda: read_or(TimeoutError, silent, quiet_seconds=1.0)) for _ in range(MOST_WAITING)
    ]
    for thread in held:
        thread.start()
    while arriving._WAITING._value:
        time.sleep(0.001)
    assert read_or(BlockingIOError, silent) is BlockingIOError
    assert read_or(BlockingIOError, io.BytesIO(b"stranger")) == b"stranger"  # it is there, and waits for nothing
    assert read_or(BlockingIOError, Late(b"known", seconds=0.1), places=FOR_KNOWN) == b"known"
    for thread in held:
        thread.join()


class Late(io.BytesIO):
    """A body that takes its time."""

    def __init__(self, body, *, seconds):
        super().__init__(body)
        self.seconds = seconds

    def read(self, size):
        time.sleep(self.seconds)
        return super().read(size)


def read_or(problem, source, **options):
    try:
        return Arriving(source, **options).read(9)
    except problem as met:
        return type(met)


def test_only_a_known_sender_takes_a_place_of_the_known():
    taken = []

    class Looking:
        readline = None

        def read(self, size):
            taken.append(sum(place.locked() for place in FOR_KNOWN))
            return b""

    Arriving(Looking()).read(9)
    Arriving(Looking(), places=FOR_KNOWN).read(9)
    assert taken == [0, 1]


def test_silent_senders_block_nobody(office):
    """A hundred strangers who promise a body and send none: the server answers and stores all the same."""
    server = office.serve()
    head = "POST {} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    held = []
    for n in range(100):
        own = socket.create_connection(("127.0.0.1", server.port))
        path = "/xapi/s/statements?method=GET" if n % 2 else "/xapi/s/agents/profile?method=PUT"
        own.sendall((head.format(path) + "Content-Length: 1000\r\n\r\na").encode())
        held.append(own)
    time.sleep(0.5)
    began = time.monotonic()
    assert server.ask("GET", "about")[0] == 200
    assert server.ask("GET", "statements")[0] == 200
    assert time.monotonic() - began < 10
    for own in held[:90]:
        own.close()
    deadline = time.monotonic() + 300
    while server.ask("POST", "statements", statement())[0] != 200:
        assert time.monotonic() < deadline
        time.sleep(0.5)
    for own in held:
        own.close()


def test_a_server_that_left_a_silent_sender_answers_everybody_else(office):
    """Some versions of the web server stand still for good where a body is waited for that nobody wants any more."""
    server = office.serve()
    head = b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    head += b"Cookie: csrftoken=abcdefghijabcdefghijabcdefghij12\r\n"
    with ExitStack() as held:
        silent = [
            held.enter_context(socket.create_connection(("127.0.0.1", server.port))) for _ in range(MOST_WAITING + 1)
        ]
        for own in silent:
            own.sendall(head + b"Content-Length: 1000\r\n\r\na")
        told = b""
        while not told:
            for own in silent:
                own.settimeout(0.1)
                with suppress(TimeoutError):
                    told = told or own.recv(4_000)
        assert told.startswith(b"HTTP/1.1 503 ")
        for _ in range(40):  # every thread of the server answers
            assert server.ask("GET", "about")[0] == 200


def test_no_more_are_inside_than_there_are_places_and_who_fails_gives_the_place_back():
    places, inside, most, lock = Places(2), [0], [0], threading.Lock()

    def work(n):
        try:
            with places:
                with lock:
                    inside[0] += 1
                    most[0] = max(most[0], inside[0])
                time.sleep(0.01)
                with lock:
                    inside[0] -= 1
                if n % 2:
                    raise ValueError(n)
        except ValueError:
            pass

    threads = [threading.Thread(target=work, args=(n,)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert (inside, most) == ([0], [2])
    assert not any(thread.is_alive() for thread in threads)
