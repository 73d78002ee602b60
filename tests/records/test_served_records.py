"""Real servers, several at once, killed while they store: what was acknowledged stays, nothing is left half."""

import http.client
import threading
import time
from urllib.parse import urlencode

import pytest

from tests.records.records_client import new_id, statement, voiding
from tests.records.served import Office

BATCH = 40


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    made = Office(tmp_path_factory.mktemp("records") / "office")
    yield made
    made.close()


@pytest.fixture(scope="module")
def servers(office):
    """Two servers on the same tables."""
    return [office.serve(), office.serve()]


def in_threads(*tasks):
    """Run tasks side by side and raise what one of them raised."""
    problems = []

    def run(task):
        try:
            task()
        except BaseException as problem:
            problems.append(problem)

    threads = [threading.Thread(target=run, args=(task,)) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if problems:
        raise problems[0]


def test_a_kill_in_the_middle_of_batches_loses_nothing_that_was_acknowledged(office):
    acknowledged, unknown = [], []

    def send(server):
        with server.connect() as connection:
            while True:
                ids = [new_id() for _ in range(BATCH)]
                try:
                    status, _, told = server.ask("POST", "statements", [statement(id=own) for own in ids], connection)
                except (OSError, http.client.HTTPException):
                    unknown.append(ids)
                    return
                assert (status, told) == (200, ids)
                acknowledged.append(ids)

    for seconds in (0.3, 0.5, 0.7):
        server = office.serve()
        before = len(acknowledged)
        killer = threading.Timer(seconds, server.kill)
        killer.start()
        in_threads(*[lambda server=server: send(server)] * 3)
        killer.join()
        assert len(acknowledged) > before
    server = office.serve()

    def kept(ids):
        with server.connect() as connection:
            return [server.ask("GET", f"statements?statementId={own}", None, connection)[0] for own in ids]

    for ids in acknowledged:
        assert kept(ids[::13]) == [200] * len(ids[::13])
    for ids in unknown:
        assert set(kept(ids)) in ({200}, {404})
    office.yucai("records", "verify", "s")
    server.kill()


def test_two_writers_of_one_id_on_two_servers(office, servers):
    ids = [new_id() for _ in range(40)]
    together = threading.Barrier(2)
    told = {own: [] for own in ids}

    def write(n):
        with servers[n].connect() as connection:
            for place, own in enumerate(ids):
                verb = {"id": f"http://example.com/verbs/{n if place % 2 else 'same'}"}
                together.wait(timeout=60)
                batch = [statement(id=own, verb=verb), statement()]
                told[own].append(servers[n].ask("POST", "statements", batch, connection)[0])

    in_threads(lambda: write(0), lambda: write(1))
    for place, own in enumerate(ids):
        assert sorted(told[own]) == ([200, 409] if place % 2 else [200, 200])
    office.yucai("records", "verify", "s")


def test_many_senders_at_once_are_each_told_of_their_own(office, servers):
    """Some of thirty-two bring ids that other statements have; what they send beside is not kept, all else is."""
    taken = [new_id() for _ in range(6)]
    assert servers[0].ask("POST", "statements", [statement(id=own) for own in taken])[0] == 200
    other = {"id": "http://example.com/verbs/other"}
    good, lost = [[] for _ in range(32)], []

    def send(n):
        with servers[0].connect() as connection:
            for place in range(20):
                own = new_id()
                if (n + place) % 9:
                    told = servers[0].ask("POST", "statements", statement(id=own), connection)
                    assert (told[0], told[2]) == (200, [own])
                    good[n].append(own)
                    continue
                batch = [statement(id=own), statement(id=taken[n % 6], verb=other)]
                assert servers[0].ask("POST", "statements", batch, connection)[0] == 409
                lost.append(own)

    in_threads(*[lambda n=n: send(n) for n in range(32)])
    with servers[1].connect() as connection:
        for own in (own for found in good for own in found):
            assert servers[1].ask("GET", f"statements?statementId={own}", None, connection)[0] == 200
        for own in lost:
            assert servers[1].ask("GET", f"statements?statementId={own}", None, connection)[0] == 404
    office.yucai("records", "verify", "s")


def test_voiding_and_its_target_meet_whichever_is_faster(office, servers):
    ids = [new_id() for _ in range(40)]
    together = threading.Barrier(2)

    def write(n, make):
        with servers[n].connect() as connection:
            for own in ids:
                together.wait(timeout=60)
                assert servers[n].ask("POST", "statements", make(own), connection)[0] == 200

    in_threads(lambda: write(0, lambda own: statement(id=own)), lambda: write(1, voiding))
    for own in ids:
        assert servers[0].ask("GET", f"statements?voidedStatementId={own}")[0] == 200
        assert servers[1].ask("GET", f"statements?statementId={own}")[0] == 404
    office.yucai("records", "verify", "s")


def test_what_is_called_consistent_misses_nothing_while_others_write(servers):
    began = "1990-01-01T00:00:00Z"
    verb = {"id": f"http://example.com/verbs/{new_id()}"}
    sent, seen = set(), []
    done = threading.Event()

    def write(n):
        with servers[n].connect() as connection:
            for size in (1, 100, 3, 250, 1, 20) * 4:
                status, _, ids = servers[n].ask("POST", "statements", [statement(verb=verb)] * size, connection)
                assert status == 200
                sent.update(ids)

    def read():
        """Take every statement once, window by window, as somebody does who copies a store."""
        since, last_round = began, False
        while not last_round:
            last_round = done.is_set()
            until = servers[0].ask("GET", "statements?limit=1")[1]["x-experience-api-consistent-through"]
            query = urlencode({"since": since, "until": until, "verb": verb["id"], "ascending": "true"})
            seen.extend(window(f"statements?{query}"))
            since = max(since, until)

    def window(query):
        while query:
            page = servers[0].ask("GET", query)[2]
            yield from (one["id"] for one in page["statements"])
            query = page["more"]

    def all_write():
        try:
            in_threads(lambda: write(0), lambda: write(1))
            time.sleep(0.01)
        finally:
            done.set()

    in_threads(all_write, read)
    assert len(seen) == len(set(seen))
    assert set(seen) == sent


def test_the_pages_are_served_beside_the_records(office, servers):
    with servers[0].connect() as connection:
        connection.request("GET", "/")
        told = connection.getresponse()
        assert told.status == 200
        assert b"<html" in told.read()
    assert "statements" in (office.folder / "logs" / "records.log").read_text()
