"""Whoever watches the server learns whether it is well and its numbers, and nothing of anybody."""

import io
import json
import os
import re
import stat
import subprocess
import sys

import pytest

from tests.records.records_client import Tool, statement
from yucai.web.records import health, metrics, metrics_shared
from yucai.web.records.following import start_again
from yucai.web.records.health import make_metrics_token, with_health
from yucai.web.records.metrics import Metrics, Sample, rendered

NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\\\|\\"|\\n)*)"(,|$)')


def parsed(text):
    """Read the text format 0.0.4 strictly: every family with HELP and TYPE before its samples, every sample whole."""
    assert text.endswith("\n")
    kinds, found, family = {}, {}, ""
    for line in text.splitlines():
        if line.startswith("# HELP "):
            family = line.split(" ", 3)[2]
            assert family not in kinds, f"{family} comes twice"
            assert line.split(" ", 3)[3]
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name == family
            assert kind in ("counter", "gauge", "histogram")
            kinds[name] = kind
        else:
            head, _, value = line.rpartition(" ")
            name, brace, labels = head.partition("{")
            assert NAME.fullmatch(name), line
            own = name if name in kinds else re.sub(r"_(bucket|sum|count)$", "", name)
            assert own == family, line
            told, at = {}, 0
            if brace:
                assert labels.endswith("}")
                labels = labels[:-1]
                while at < len(labels):
                    one = LABEL.match(labels, at)
                    assert one, line
                    told[one[1]] = one[2].replace('\\"', '"').replace("\\n", "\n").replace("\\\\", "\\")
                    at = one.end()
            key = (name, tuple(sorted(told.items())))
            assert key not in found, line
            found[key] = float(value)
    return found, kinds


def value(found, name, **labels):
    (one,) = [n for (own, told), n in found.items() if own == name and labels.items() <= dict(told).items()]
    return one


def ask(path, method="GET", **environ):
    told = []

    def inner(environ, start_response):
        start_response("200 OK", [])
        return [b"pages"]

    given = {"REQUEST_METHOD": method, "PATH_INFO": path, "wsgi.input": io.BytesIO(), "REMOTE_ADDR": "10.1.2.3"}
    body = with_health(inner)(given | environ, lambda status, headers: told.append((int(status[:3]), dict(headers))))
    return told[0][0], told[0][1], b"".join(body)


@pytest.fixture
def office(settings, tmp_path):
    from dataclasses import replace

    settings.WORKSPACE = replace(settings.WORKSPACE, folder=tmp_path)
    return tmp_path


def test_a_server_that_is_well_says_so_to_everybody(tool, office):
    tool.post(statement())
    status, headers, body = ask("/healthz")
    told = json.loads(body)
    assert (status, told["status"], headers["Content-Type"]) == (200, "ok", "application/json")
    assert told["database"]["ok"]
    assert told["disk"]["free_bytes"] > 0
    assert b"lin" not in body
    assert b'"s"' not in body
    assert ask("/healthz", "HEAD")[2] == b""
    assert ask("/healthz", "POST")[0] == 405
    assert ask("/home/")[2] == b"pages"


def test_a_follower_far_behind_makes_it_degraded_and_no_failure(tool, store, office, monkeypatch):
    tool.post(statement())
    start_again(store, "lake")
    monkeypatch.setattr(health, "MOST_BEHIND_SECONDS", -1.0)
    status, _, body = ask("/healthz")
    assert (status, json.loads(body)["status"]) == (200, "degraded")


def test_a_full_disk_or_a_silent_database_is_a_failure(db, office, monkeypatch):
    from django.db import OperationalError

    monkeypatch.setattr(health, "LEAST_FREE_BYTES", 10**18)
    assert ask("/healthz")[0] == 503
    monkeypatch.setattr(health, "LEAST_FREE_BYTES", 0)

    def silent(**more):
        raise OperationalError("gone")

    monkeypatch.setattr(health, "lags", silent)
    status, _, body = ask("/healthz")
    assert (status, json.loads(body)["status"], b"gone" in body) == (503, "down", False)


def test_the_numbers_ask_for_their_token(db, office):
    assert ask("/metrics")[0] == 401
    token = make_metrics_token(office, loopback=False)
    assert ask("/metrics", HTTP_AUTHORIZATION=f"Bearer {token}")[0] == 200
    for wrong in ("", "Bearer ", "Bearer x", f"Basic {token}", f"Bearer {token}x"):
        assert ask("/metrics", HTTP_AUTHORIZATION=wrong)[0] == 401
    assert ask("/metrics", REMOTE_ADDR="127.0.0.1")[0] == 401
    assert token not in (office / "metrics-token.json").read_text()
    assert stat.S_IMODE((office / "metrics-token.json").stat().st_mode) == 0o600
    again = make_metrics_token(office, loopback=True)
    assert ask("/metrics", HTTP_AUTHORIZATION=f"Bearer {token}")[0] == 401
    assert ask("/metrics", HTTP_AUTHORIZATION=f"Bearer {again}")[0] == 200
    assert ask("/metrics", REMOTE_ADDR="127.0.0.1")[0] == 200
    assert ask("/metrics", REMOTE_ADDR="::1")[0] == 200
    assert ask("/metrics", REMOTE_ADDR="127.0.0.1", HTTP_X_FORWARDED_FOR="8.8.8.8")[0] == 401
    assert ask("/metrics")[0] == 401


def test_the_numbers_are_what_happened(tool, store, office, monkeypatch):
    monkeypatch.setattr(metrics, "METRICS", fresh := Metrics())
    monkeypatch.setattr("yucai.web.records.watching.METRICS", fresh)
    monkeypatch.setattr(health, "METRICS", fresh)
    make_metrics_token(office, loopback=True)
    tool.post([statement(), statement()])
    tool.post(statement(actor={}))
    tool.get()
    Tool(store="s", key="x", secret="y").get()
    Tool(store="other", key="x", secret="y").get()
    start_again(store, "lake")
    status, headers, body = ask("/metrics", REMOTE_ADDR="127.0.0.1")
    assert (status, headers["Content-Type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")
    found, kinds = parsed(body.decode())
    assert value(found, "yucai_records_requests_total", store="s", method="POST", status="200") == 1
    assert value(found, "yucai_records_requests_total", store="s", method="GET", status="401") == 1
    assert value(found, "yucai_records_requests_total", store="?", status="404") == 1
    assert value(found, "yucai_records_statements_stored_total", store="s") == 2
    assert value(found, "yucai_records_statements_given_total", store="s") == 2
    assert value(found, "yucai_records_refused_total", store="s", status="400") == 1
    assert value(found, "yucai_records_refused_waiting", store="s") == 1
    assert value(found, "yucai_records_request_seconds_count", store="s", method="POST") == 2
    assert value(found, "yucai_records_request_seconds_bucket", store="s", method="POST", le="+Inf") == 2
    assert value(found, "yucai_records_request_seconds_sum", store="s", method="POST") > 0
    assert value(found, "yucai_records_follower_behind_seconds", follower="lake") > 0
    assert value(found, "process_resident_memory_bytes") > 10_000_000
    assert kinds["yucai_records_request_seconds"] == "histogram"
    assert all("worker" in dict(labels) for _, labels in found)
    assert b"lin@" not in body


def test_labels_are_escaped_and_buckets_add_up():
    counted = Metrics()
    for seconds in (0.001, 0.3, 99.0):
        counted.note(store='a"\\\nb', method="GET", status=200, seconds=seconds, stored=0, given=1)
    found, _ = parsed(rendered({"1": counted.samples()}))
    assert value(found, "yucai_records_requests_total", store='a"\\\nb') == 3
    bounds = [n for (name, _), n in found.items() if name.endswith("_bucket")]
    assert bounds == sorted(bounds)
    assert (bounds[0], bounds[-1]) == (1, 3)
    assert parsed(rendered({"1": [Sample(name="process_start_time_seconds", labels=(), value=1.5)]}))


def test_several_processes_of_one_server_tell_their_numbers_together(db, office, monkeypatch):
    make_metrics_token(office, loopback=True)
    folder = office / "logs" / metrics_shared.FOLDER
    counting = (
        "import os, sys, time; from pathlib import Path; from yucai.web.records.metrics import METRICS;"
        "from yucai.web.records.metrics_shared import share;"
        "[METRICS.note(store='s', method='GET', status=200, seconds=0.1, stored=0, given=1) for _ in range(3)];"
        "share(Path(sys.argv[1])); print(os.getpid(), flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", counting, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as beside:
        number = beside.stdout.readline().strip()
        found, _ = parsed(ask("/metrics", REMOTE_ADDR="127.0.0.1")[2].decode())
        assert value(found, "yucai_records_requests_total", store="s", worker=number) == 3
        assert value(found, "process_resident_memory_bytes", worker=str(os.getpid())) > 0
        assert value(found, "process_resident_memory_bytes", worker=number) > 0
        beside.stdin.close()
    found, _ = parsed(ask("/metrics", REMOTE_ADDR="127.0.0.1")[2].decode())
    assert not [labels for _, labels in found if dict(labels)["worker"] == number]
    assert not list(folder.glob("*.json"))
