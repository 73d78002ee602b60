"""Attachments come and go in multipart; hostile bodies get the right status and leave nothing."""

import hashlib
import io
import json

import pytest

from tests.records.records_client import basic, new_id, statement
from yucai.evidence import RequestLimits, read_multipart
from yucai.web.records import attachments as attachments_of
from yucai.web.records.door import answer

TEXT = b"an essay\r\n--of two lines"
MIXED = {"Content-Type": "multipart/mixed; boundary=abc"}


def sha2_of(content):
    return hashlib.sha256(content).hexdigest()


def with_attachment(content=TEXT, **more):
    told = {
        "usageType": "http://example.com/essay",
        "display": {"en": "essay"},
        "contentType": "text/plain",
        "length": len(content),
        "sha2": sha2_of(content),
    }
    return statement(attachments=[{**told, **more}])


def mixed(sent, *contents, hash_of=sha2_of):
    parts = [b"--abc\r\nContent-Type: application/json\r\n\r\n" + json.dumps(sent).encode() + b"\r\n"]
    for content in contents:
        head = "Content-Type: text/plain\r\nContent-Transfer-Encoding: binary\r\n"
        head += f"X-Experience-API-Hash: {hash_of(content)}"
        parts.append(b"--abc\r\n" + head.encode() + b"\r\n\r\n" + content + b"\r\n")
    return b"".join(parts) + b"--abc--\r\n"


def parts_of(told):
    return read_multipart(told.headers["content-type"], told.body, limits=RequestLimits())


def test_an_attachment_comes_back_with_its_statement(either):
    told = either.post(mixed(with_attachment(), TEXT), headers=MIXED)
    assert told.status == 200
    for params in ({"statementId": told.json[0]}, {}, {"limit": 1}):
        back = parts_of(either.get(**params, attachments=True))
        assert back.parts[sha2_of(TEXT)].content == TEXT
        assert told.json[0].encode() in back.statements
    assert either.get(statementId=told.json[0]).headers["content-type"] == "application/json"
    assert either.get(attachments=False).headers["content-type"] == "application/json"


def test_an_answer_is_multipart_when_it_is_asked_to_be(either):
    assert parts_of(either.get(attachments=True)).parts == {}


def test_put_brings_attachments_too(either):
    own = new_id()
    sent = mixed(with_attachment(), TEXT)
    assert either.call("PUT", "statements", {"statementId": own}, data=sent, headers=MIXED).status == 204
    assert parts_of(either.get(statementId=own, attachments=True)).parts[sha2_of(TEXT)].content == TEXT


def test_one_content_is_kept_once(tool):
    from yucai.web.records.models import AttachmentContent

    for _ in range(3):
        assert tool.post(mixed([with_attachment(), with_attachment()], TEXT), headers=MIXED).status == 200
    assert AttachmentContent.objects.count() == 1
    assert len(parts_of(tool.get(attachments=True)).parts) == 1


def test_an_address_stands_for_the_bytes(either):
    assert either.post(with_attachment(fileUrl="https://x.y/essay")).status == 200
    assert either.post(with_attachment()).status == 400


def test_a_page_ends_before_its_attachments_fill_the_memory(tool, monkeypatch):
    monkeypatch.setattr(attachments_of, "MOST_BYTES", 2_500)
    contents = [bytes([n]) * 1_000 for n in range(5)]
    ids = [tool.post(mixed(with_attachment(one), one), headers=MIXED).json[0] for one in contents]
    told = tool.get(attachments=True, ascending=True)
    seen = []
    while True:
        page = parts_of(told)
        assert len(page.parts) <= 2
        result = json.loads(page.statements)
        seen += [one["id"] for one in result["statements"]]
        if not result["more"]:
            break
        told = tool.call("GET", result["more"])
    assert seen == ids


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"", None),
        (b"{", None),
        (b"null", None),
        (b'"text"', None),
        (b"\xff\xfe{}", None),
        (b"[" * 100_000, None),
        (b'{"a":' * 5_000 + b"1" + b"}" * 5_000, None),
        (b'{"actor":1,"actor":2}', None),
        (b'{"actor":"\\ud800"}', None),
        (b"[NaN]", None),
        (b"[1e400]", None),
        (json.dumps(statement(timestamp=None)).encode(), None),
        (json.dumps(statement()).encode(), {"Content-Type": "text/plain"}),
        (json.dumps(statement()).encode(), {"Content-Type": None}),
        (mixed(with_attachment(), TEXT)[:-30], MIXED),
        (mixed(with_attachment(), TEXT), {"Content-Type": "multipart/mixed"}),
        (mixed(with_attachment(), TEXT), {"Content-Type": "multipart/mixed; boundary=other"}),
        (mixed(with_attachment(), TEXT, hash_of=lambda _: sha2_of(b"other")), MIXED),
        (mixed(statement(), TEXT), MIXED),
        (b"--abc--", MIXED),
        (b"\0" * 10_000, MIXED),
    ],
    ids=range(21),
)
def test_a_hostile_body_is_a_bad_request_and_leaves_nothing(either, body, headers):
    told = either.post(body, headers=headers)
    assert told.status == 400
    assert told.json["error"]
    assert either.ids() == []


def test_too_much_is_told_so(either, store, monkeypatch):
    from yucai.web.records.door import forget_stores

    store.most_bytes, store.most_statements = 3_000, 3
    store.save()
    forget_stores()
    assert either.post([statement()] * 4).status == 413
    assert either.post(statement(context={"platform": "x" * 3_000})).status == 413
    assert (
        either.call(
            "PUT", "agents/profile", {"agent": statement()["actor"], "profileId": "p"}, data=b"x" * 3_001
        ).status
        == 413
    )
    assert either.post([statement()] * 3).status == 200


@pytest.mark.parametrize("length", ["", "-1", "abc", "99999999999999999999"])
def test_a_length_that_is_untrue_does_no_harm(tool, length):
    class Endless(io.RawIOBase):
        def read(self, size=-1):
            assert 0 <= size <= 200_000_000
            return b"x" * min(size, 10)

    told = []
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/xapi/s/statements",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": length,
        "wsgi.input": Endless(),
        "HTTP_AUTHORIZATION": basic(tool.key, tool.secret),
        "HTTP_X_EXPERIENCE_API_VERSION": "2.0.0",
    }
    list(answer(environ, lambda status, headers: told.append(status)))
    assert told[0][:3] in ("400", "413")


def test_nobody_unknown_is_listened_to(tool):
    class Untouched(io.RawIOBase):
        def read(self, size=-1):
            raise AssertionError("the body of somebody unknown was read")

    told = []
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/xapi/s/statements",
        "CONTENT_LENGTH": "100",
        "wsgi.input": Untouched(),
        "HTTP_X_EXPERIENCE_API_VERSION": "2.0.0",
    }
    list(answer(environ, lambda status, headers: told.append(status)))
    assert told == ["401 Unauthorized"]
