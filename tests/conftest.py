"""What holds for every test: the network is shut, examples are drawn alike everywhere, nothing is skipped in CI."""

from __future__ import annotations

import ipaddress
import os
import sys
from collections.abc import Iterator

import hypothesis
import pytest

hypothesis.settings.register_profile("here", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True, database=None, print_blob=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "here")


class NetworkShutError(BaseException):
    """A test reached for an address outside this machine. No ``except Exception`` may swallow it."""


def _is_own(host: object) -> bool:
    if host in {None, "", b"", "localhost"}:
        return True
    try:
        return ipaddress.ip_address(str(host).partition("%")[0]).is_loopback
    except ValueError:
        return False


def _shut_network(event: str, arguments: tuple[object, ...]) -> None:
    if event in {"socket.connect", "socket.sendto", "socket.sendmsg"}:
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else None  # anything else names a place on this machine
    elif event in {"socket.getaddrinfo", "socket.gethostbyname"}:
        host = arguments[0]
    else:
        return
    if not _is_own(host):
        raise NetworkShutError(f"{event} to {host}: tests reach nothing outside this machine")


sys.addaudithook(_shut_network)


@pytest.fixture(autouse=True)
def _buckets_are_full() -> None:
    """Let no test feel how much the tests before it asked of the pages."""
    limits = sys.modules.get("yucai.web.limits")
    if limits is not None:
        limits.forget()


def pytest_report_header() -> str:
    database = os.environ.get("YUCAI_TEST_DATABASE", "sqlite")
    skipping = "a failure" if os.environ.get("YUCAI_REQUIRE_ALL") else "allowed"
    return f"yucai: records on {database}; a skipped test is {skipping}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Turn a skip into a failure where everything must run."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("YUCAI_REQUIRE_ALL"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped where every test must run. {reason}"
    return report
