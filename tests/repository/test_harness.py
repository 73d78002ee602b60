"""The tests themselves: nothing leaves this machine, and nothing is skipped unseen."""

import os
import re
import socket
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import hypothesis
import pytest

from do import ASKING_NONE

ROOT = Path(__file__).parents[2]


def refused(act):
    """Return what the guard said when ``act`` reached out; it is a BaseException, so name it by its type's name."""
    with pytest.raises(BaseException) as told:  # noqa: PT011
        act()
    assert told.typename == "NetworkShutError", repr(told.value)
    return str(told.value)


def test_no_connection_leaves_this_machine():
    said = refused(lambda: socket.create_connection(("192.0.2.1", 80), timeout=0.1))
    assert "192.0.2.1" in said


def test_no_name_is_looked_up():
    assert "somewhere.invalid" in refused(lambda: socket.getaddrinfo("somewhere.invalid", 80))
    assert "somewhere.invalid" in refused(lambda: urlopen("http://somewhere.invalid/", timeout=0.1))


def test_no_datagram_leaves_this_machine():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        assert "192.0.2.1" in refused(lambda: sender.sendto(b"x", ("192.0.2.1", 9)))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_this_machine_can_be_reached(host):
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection((host, server.getsockname()[1])):
        connection, _ = server.accept()
        connection.close()


def test_examples_have_no_deadline_and_are_the_same_in_ci():
    assert hypothesis.settings().deadline is None
    assert hypothesis.settings().derandomize is bool(os.environ.get("CI"))


@pytest.mark.parametrize(("required", "outcome"), [("", "1 skipped"), ("1", "1 failed")])
def test_a_skip_is_a_failure_where_everything_must_run(tmp_path, required, outcome):
    (tmp_path / "conftest.py").write_text((ROOT / "tests" / "conftest.py").read_text())
    (tmp_path / "test_skip.py").write_text("import pytest\n\ndef test_it():\n    pytest.skip('no browser')\n")
    env = {**os.environ, "YUCAI_REQUIRE_ALL": required, "PYTEST_ADDOPTS": "", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    env = {name: value for name, value in env.items() if not name.startswith("PYTEST_XDIST")}
    command = [sys.executable, "-m", "pytest", "-c", "/dev/null", "--rootdir", str(tmp_path), str(tmp_path)]
    ran = subprocess.run(command, env=env, capture_output=True, text=True, cwd=tmp_path)
    assert outcome in ran.stdout
    assert ran.returncode == (1 if required else 0)


def test_what_is_not_run_again_on_postgresql_asks_no_database_of_the_tests():
    asks = re.compile(r"django_db|[(, ](db|client|signed_in)[,)]|YUCAI_DATABASE|\bOffice\b")
    assert ASKING_NONE
    for file in ASKING_NONE:
        assert not asks.search((ROOT / file).read_text(encoding="utf-8")), file
