"""Where statements may go: encrypted, or within this machine; a certificate must hold; nothing follows a redirect."""

from datetime import UTC, datetime

import pytest

from yucai.errors import FaultyInputError
from yucai.evidence import Version
from yucai.web.records.forwarding import Destination, StatementFilter, add_forwarding, address_faults
from yucai.web.records.forwarding_models import Forwarding

AT = datetime(2026, 11, 27, tzinfo=UTC)


@pytest.mark.parametrize(
    "address",
    [
        "https://lrs.example.edu/xapi", "https://lrs.example.edu:8443/", "http://127.0.0.1:8000/xapi/s",
        "http://localhost/xapi", "http://[::1]:8000/xapi", "http://127.9.9.9/xapi",
    ],
)  # fmt: skip
def test_addresses_that_are_taken(address):
    assert address_faults(address) == []


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("http://lrs.example.edu/xapi", "not-safe"),
        ("http://10.0.0.1/xapi", "not-safe"),
        ("http://127.0.0.1.example.edu/xapi", "not-safe"),
        ("http://localhost.example.edu/xapi", "not-safe"),
        ("https://key:secret@lrs.example.edu/xapi", "login-in-address"),
        ("https://key@lrs.example.edu/xapi", "login-in-address"),
        ("ftp://lrs.example.edu/xapi", "no-address"),
        ("file:///etc/passwd", "no-address"),
        ("https:///xapi", "no-address"),
        ("https://lrs.example.edu/xapi?x=1", "no-address"),
        ("https://lrs.example.edu/xapi#x", "no-address"),
        ("https://lrs.example.edu/x api", "no-address"),
        ("https://lrs.example.edu/x\r\nHost: elsewhere", "no-address"),
        ("https://lrs.example.edu:0/", "no-address"),
        ("https://lrs.example.edu:99999/", "no-address"),
        ("https://[::1/", "no-address"),
        ("", "no-address"),
    ],
)
def test_addresses_that_are_not(address, code):
    (fault,) = address_faults(address)
    assert fault.code == code
    assert fault.in_language("zh") != fault.in_language("en")


def test_the_operator_may_let_a_safe_network_do_without_encryption(settings):
    settings.FORWARD_UNENCRYPTED = True
    assert address_faults("http://lrs.campus.example/xapi") == []


def test_all_that_is_wrong_is_said_at_once(store):
    to = Destination(address="http://lrs.example.edu/", version=Version.V2, key="a:b", secret="")
    only = StatementFilter(verb="passed", credential="nobody")
    with pytest.raises(FaultyInputError) as told:
        add_forwarding(store=store, to=to, only=only, by=None, at=AT)
    assert [fault.code for fault in told.value.faults] == [
        "not-safe", "bad-login", "bad-login", "bad-iri", "other-store",
    ]  # fmt: skip
    assert not Forwarding.objects.exists()


def test_the_address_may_end_as_its_keeper_wrote_it(store):
    for written in ("https://l.example/xapi", "https://l.example/xapi/", "https://l.example/xapi/statements/"):
        to = Destination(address=written, version=Version.V2, key="k", secret="s")
        made = add_forwarding(store=store, to=to, only=StatementFilter(), by=None, at=AT)
        assert made.address == "https://l.example/xapi"
