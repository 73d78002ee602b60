"""Attachments in multipart bodies, both ways, and signed statements."""

import base64
import hashlib
import json
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.evidence.statements.making import ATTACHMENT, GONE, MINIMAL, SHA2, UUID, V2, at
from yucai.evidence import (
    AttachmentPart,
    ContentTypeRefusedError,
    MultipartRefusedError,
    RecordRefusedError,
    RequestLimits,
    SignatureRefusedError,
    TooLargeError,
    read_multipart,
    read_statement_request,
    write_multipart,
)

LIMITS = RequestLimits()
TEXT = b"here is a simple attachment"
ATTACHED = {**MINIMAL, "attachments": [at(ATTACHMENT, "fileUrl", GONE)]}
KIND = "multipart/mixed; boundary=-------314159265358979323846"
LINE = "---------314159265358979323846"


def body_of(*parts, newline="\r\n", end=True):
    """A body of (headers, content) pairs, as clients write it."""
    pieces = []
    for headers, content in parts:
        head = newline.join([LINE, *headers, "", ""])
        pieces += [head.encode(), content, newline.encode()]
    return b"".join(pieces) + (f"{LINE}--{newline}".encode() if end else b"")


def first(value, kind="application/json"):
    return ([f"Content-Type: {kind}"], json.dumps(value).encode())


def second(content=TEXT, sha2=SHA2, encoding="binary"):
    headers = ["Content-Type: text/plain"]
    headers += [f"Content-Transfer-Encoding: {encoding}"] if encoding else []
    return (headers + ([f"X-Experience-API-Hash: {sha2}"] if sha2 else []), content)


def read(body, kind=KIND, limits=LIMITS):
    return read_statement_request(kind, body, version=V2, limits=limits)


def refused(body, kind=KIND, limits=LIMITS):
    with pytest.raises(RecordRefusedError) as told:
        read(body, kind, limits)
    return told.value


@pytest.mark.parametrize("newline", ["\r\n", "\n"])
def test_statements_first_then_each_attachment_under_its_hash(newline):
    request = read(body_of(first(ATTACHED), second(), newline=newline))
    assert request.batch.statements[0].value == ATTACHED
    assert request.parts == {SHA2: AttachmentPart(sha2=SHA2, content_type="text/plain", content=TEXT)}


@pytest.mark.parametrize(
    "kind",
    [
        'multipart/mixed; boundary="-------314159265358979323846"',
        "Multipart/Mixed;boundary=-------314159265358979323846",
        "multipart/mixed; charset=utf-8; Boundary=-------314159265358979323846",
    ],
)
def test_a_boundary_may_be_written_in_many_ways(kind):
    assert read(body_of(first(ATTACHED), second()), kind).parts


def test_what_stands_before_the_first_boundary_and_after_the_last_is_no_part():
    assert read(b"hello\r\n" + body_of(first(ATTACHED), second()) + b"good bye").parts
    assert read(b"\r\n" + body_of(first(ATTACHED), second())).parts


def test_bytes_of_attachments_are_any_bytes():
    wild = b"\x00\xff\r\n\r\n--\r\n" + LINE[:-1].encode() + b"\r\n " + LINE.encode() + b"\n\r"
    sha2 = hashlib.sha512(wild).hexdigest()
    statement = at(ATTACHED, "attachments[0].sha2", sha2.upper())
    assert read(body_of(first(statement), second(wild, sha2))).parts[sha2].content == wild


def test_the_stated_length_is_not_weighed_against_the_bytes():
    assert read(body_of(first(at(ATTACHED, "attachments[0].length", 5)), second())).parts


def test_several_statements_may_share_an_attachment_and_an_empty_one_is_one():
    nothing = hashlib.sha256(b"").hexdigest()
    both = [ATTACHED, ATTACHED, at(ATTACHED, "attachments[0].sha2", nothing)]
    request = read(body_of(first(both), second(), second(b"", nothing)))
    assert {sha2: len(part.content) for sha2, part in request.parts.items()} == {SHA2: 27, nothing: 0}


def test_statements_without_attachments_and_with_file_url_need_no_part():
    assert not read(body_of(first(MINIMAL))).parts
    assert not read(body_of(first({**MINIMAL, "attachments": [ATTACHMENT]}))).parts
    assert not read(
        json.dumps({**MINIMAL, "attachments": [ATTACHMENT]}).encode(), "application/json; charset=utf-8"
    ).parts


REFUSED = {
    "a part no statement speaks of": body_of(first(MINIMAL), second()),
    "an attachment without part": body_of(first(ATTACHED)),
    "a part with another hash": body_of(first(ATTACHED), second(b"other")),
    "a hash of no statement": body_of(first(ATTACHED), second(), second(b"", hashlib.sha256(b"").hexdigest())),
    "no hash": body_of(first(ATTACHED), second(sha2=None)),
    "no SHA-2": body_of(first(ATTACHED), second(sha2="a" * 40)),
    "no transfer encoding": body_of(first(ATTACHED), second(encoding=None)),
    "another transfer encoding": body_of(first(ATTACHED), second(encoding="base64")),
    "a first part that is no JSON": body_of(first(ATTACHED, "text/plain"), second()),
    "a first part without headers": body_of(([], json.dumps(MINIMAL).encode())),
    "statements in two parts": body_of(first(ATTACHED), first(ATTACHED), second()),
    "no boundary before the first part": body_of(first(ATTACHED), second())[len(LINE) + 2 :],
    "no boundary between": body_of(first(ATTACHED), second()).replace(b"\r\n" + LINE.encode() + b"\r\n", b"\r\n", 1),
    "no closing boundary": body_of(first(ATTACHED), second(), end=False),
    "a header of many spaces and a zero": body_of((["Content-Type:" + " " * 60_000 + "\0"], b"{}")),
    "a header without end": body_of((["Content-Type: " + "a" * 70_000], b"{}")),
    "a header of many lines without end": body_of((["Content-Type: application/json", *["A: b"] * 20_000], b""))[:-20]
    + f"\r\n{LINE}--".encode(),
    "a broken header": body_of((["Content-Type application/json"], b"{}")),
    "an empty body": b"",
    "only a closing boundary": f"{LINE}--".encode(),
}


@pytest.mark.parametrize("body", REFUSED.values(), ids=REFUSED.keys())
def test_a_body_that_is_not_as_xapi_asks_is_refused(body):
    told = refused(body)
    assert told.status == 400
    assert told.in_language("zh")


@pytest.mark.parametrize(
    "kind", ["multipart/mixed", "multipart/mixed;", "multipart/mixed; boundary=", "multipart/mixed; boundary=ü"]
)
def test_a_content_type_without_boundary_is_refused(kind):
    assert isinstance(refused(body_of(first(ATTACHED), second()), kind), MultipartRefusedError)


@pytest.mark.parametrize(
    "kind",
    [
        None,
        "",
        "text/plain",
        "multipart/form-data; boundary=a",
        "application/jsonx",
        "application/x-www-form-urlencoded",
    ],
)
def test_other_content_types_are_refused(kind):
    told = refused(json.dumps(MINIMAL).encode(), kind)
    assert isinstance(told, ContentTypeRefusedError)
    assert told.status == 400


def test_json_alone_cannot_bring_an_attachment():
    assert "neither a part nor a fileUrl" in str(refused(json.dumps(ATTACHED).encode(), "application/json"))


def test_too_many_parts_and_too_large_ones_are_refused_with_413():
    body = body_of(first(ATTACHED), second())
    for limits in (RequestLimits(n_parts=1), RequestLimits(part_bytes=20)):
        told = refused(body, limits=limits)
        assert isinstance(told, TooLargeError)
        assert told.status == 413


@given(st.lists(st.binary(max_size=60), max_size=4, unique=True), st.binary(max_size=60))
def test_what_is_written_is_read_back_byte_for_byte(contents, json_bytes):
    parts = [
        AttachmentPart(sha2=hashlib.sha256(content).hexdigest(), content_type="text/plain", content=content)
        for content in contents
    ]
    kind, body = write_multipart(json_bytes, [*parts, *parts])
    back = read_multipart(kind, body, limits=LIMITS)
    assert back.statements == json_bytes
    assert list(back.parts.values()) == parts


def test_the_boundary_occurs_in_nothing_that_is_sent():
    kind, _ = write_multipart(b"{}", [])
    boundary = kind.partition("=")[2]
    content = f"\r\n--{boundary}--\r\n".encode()
    part = AttachmentPart(sha2=hashlib.sha256(content).hexdigest(), content_type="a/b\r\nX: y", content=content)
    other, body = write_multipart(f'"{boundary}"'.encode(), [part])
    assert read_multipart(other, body, limits=LIMITS).parts[part.sha2].content == content


# Signed statements

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
NOW = datetime(2026, 11, 26, tzinfo=UTC)
HASHES = {"RS256": hashes.SHA256(), "RS384": hashes.SHA384(), "RS512": hashes.SHA512()}
SIGNED = {**MINIMAL, "id": UUID}


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def certificate(key):
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "signer.example.edu")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, NOW, NOW.replace(year=2036))
    made = builder.sign(key, hashes.SHA256())
    return base64.b64encode(made.public_bytes(serialization.Encoding.DER)).decode()


def jws(payload, algorithm="RS256", key=KEY, **header):
    said = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    signed = encoded(json.dumps({"alg": algorithm, **header}).encode()) + b"." + encoded(said)
    return signed + b"." + encoded(key.sign(signed, padding.PKCS1v15(), HASHES.get(algorithm, hashes.SHA256())))


def sent(signature, statement=SIGNED, kind="application/octet-stream"):
    sha2 = hashlib.sha256(signature).hexdigest()
    attachment = {
        "usageType": "http://adlnet.gov/expapi/attachments/signature",
        "display": {"en-US": "Signature"},
        "contentType": kind,
        "length": len(signature),
        "sha2": sha2,
    }
    return body_of(first({**statement, "attachments": [attachment]}), second(signature, sha2))


@pytest.mark.parametrize("algorithm", HASHES)
@pytest.mark.parametrize("chain", [{}, {"x5c": [certificate(KEY)]}])
def test_a_signature_of_this_statement_holds(algorithm, chain):
    assert read(sent(jws(SIGNED, algorithm, **chain))).parts


def test_the_payload_is_the_statement_whatever_its_order_and_may_lack_the_id():
    assert read(sent(jws(dict(reversed(SIGNED.items())))))
    assert read(sent(jws(MINIMAL)))


def test_a_signature_holds_for_a_duration_that_was_cut_to_the_hundredth_of_a_second():
    fine, cut, rounded = (at(SIGNED, "result", {"duration": f"PT0{rest}S"}) for rest in (".1267", ".12", ".13"))
    assert read(sent(jws(fine), cut))
    assert read(sent(jws(cut), fine))
    assert isinstance(refused(sent(jws(rounded), fine)), SignatureRefusedError)


OTHER = rsa.generate_private_key(public_exponent=65537, key_size=2048)
BROKEN = {
    "another statement": jws(at(SIGNED, "verb.id", "urn:other")),
    "another id": jws(at(SIGNED, "id", UUID[::-1])),
    "an algorithm that is none": jws(SIGNED, "HS256"),
    "no algorithm": jws(SIGNED, "none"),
    "a payload that is no JSON": jws(json.dumps(SIGNED).replace('"', "'", 1).encode()),
    "a payload that is no statement": jws({"a": 1}),
    "a payload that is a list": jws([SIGNED]),
    "two segments": jws(SIGNED).rpartition(b".")[0],
    "no base64": b"a.b!.c",
    "nothing": b"",
    "a header that is no object": encoded(b"[]") + b"." + encoded(b"{}") + b".aaaa",
    "the certificate of another": jws(SIGNED, x5c=[certificate(OTHER)]),
    "a certificate of another kind of key": jws(SIGNED, x5c=[certificate(ec.generate_private_key(ec.SECP256R1()))]),
    "a certificate that is none": jws(SIGNED, x5c=["AAAA"]),
    "a certificate that is no base64": jws(SIGNED, x5c=["!"]),
    "no certificate in the list": jws(SIGNED, x5c=[]),
    "a list that is none": jws(SIGNED, x5c=5),
    "a changed signature": jws(SIGNED, x5c=[certificate(KEY)])[:-8] + b"AAAAAAAA",
}


@pytest.mark.parametrize("signature", BROKEN.values(), ids=BROKEN.keys())
def test_a_signature_that_does_not_hold_is_refused(signature):
    told = refused(sent(signature))
    assert isinstance(told, SignatureRefusedError)
    assert told.status == 400
    assert told.in_language("zh").startswith("该陈述的签名无效")


def test_a_signature_must_be_octets():
    assert isinstance(refused(sent(jws(SIGNED), kind="text/plain; charset=ascii")), SignatureRefusedError)
