"""Reading a body: strict JSON, exact bytes, the right status; and nothing ever but a refusal."""

import json

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.evidence.statements.making import ANSWERED, BOTH, MINIMAL, UUID, V1, V2, at, json_values, statements
from yucai.evidence import (
    FaultyStatementsError,
    NotJsonError,
    RecordRefusedError,
    RepeatedStatementError,
    RequestLimits,
    TooLargeError,
    facts_of,
    read_json,
    read_statement_request,
    read_statements,
    statement_faults,
)

LIMITS = RequestLimits()
SMALL = RequestLimits(n_bytes=100_000, n_statements=3, depth=12)
BODY = json.dumps(MINIMAL).encode()


def read(body, version=V2, limits=LIMITS):
    return read_statements(body, version=version, limits=limits)


def test_one_statement_and_an_array_keep_the_bytes_of_each():
    odd = b'{ "verb":{"id":"http://example.org/\\u0064id"},\n"actor":{"mbox":"mailto:a@b"}, "object":{"id":"urn:x"},'
    odd += b'"result":{"score":{"raw":1.10e0}} }'
    assert [sent.raw for sent in read(b"\n " + odd + b" ").statements] == [odd]
    batch = read(b" [ " + odd + b" , \t" + BODY + b"]")
    assert [sent.raw for sent in batch.statements] == [odd, BODY]
    assert batch.statements[0].value["verb"]["id"] == "http://example.org/did"
    assert (read(BODY).single, batch.single) == (True, False)


def test_an_empty_array_brings_no_statement():
    assert read(b"[]").statements == ()


def nested(levels):
    """A statement with an extension of so many levels."""
    inner = 1
    for _ in range(levels):
        inner = [inner]
    return json.dumps({**MINIMAL, "context": {"extensions": {"urn:x": inner}}}).encode()


REFUSED = {
    "nothing": b"",
    "only spaces": b" \n\t ",
    "no UTF-8": BODY.replace(b"2025", b"\xff\xfe"),
    "UTF-16": BODY.decode().encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf" + BODY,
    "a surrogate in bytes": BODY.replace(b"2025", b"\xed\xa0\x80"),
    "a lone surrogate": BODY.replace(b"2025", b"\\ud800"),
    "a lone low surrogate": BODY.replace(b"2025", b"\\udc00"),
    "a surrogate before a letter": BODY.replace(b"2025", b"\\ud800\\u0041"),
    "broken off": BODY[:-1],
    "something after it": BODY + b"x",
    "two statements unseparated": BODY + BODY,
    "a comma too much": BODY[:-1] + b",}",
    "single quotes": BODY.replace(b'"', b"'"),
    "a comment": b"/* x */" + BODY,
    "NaN": BODY.replace(b'"http://example.org/x"', b"NaN"),
    "Infinity": BODY.replace(b'"http://example.org/x"', b"-Infinity"),
    "a number without end": BODY[:-1] + b',"result":{"score":{"raw":1e999}}}',
    "a whole number without end": BODY[:-1] + b',"result":{"score":{"raw":' + b"1" * 5000 + b"}}}",
    "a number with zeros before it": BODY[:-1] + b',"result":{"score":{"raw":01}}}',
    "a control character in a text": BODY.replace(b"2025", b"20\x0025"),
    "a tab in a text": BODY.replace(b"2025", b"20\t25"),
    "a text": b'"x"',
    "a number": b"5",
    "null": b"null",
    "true": b"true",
    "a key twice": BODY[:-1] + b',"verb":{"id":"http://example.org/other"}}',
    "a key twice, once escaped": BODY[:-1] + b',"\\u0076erb":{"id":"http://example.org/other"}}',
    "a key twice, deep in an extension": BODY[:-1] + b',"context":{"extensions":{"urn:x":[{"a":{"b":1,"b":1}}]}}}',
    "too deep": nested(101),
    "far too deep": b"[" * 200_000,
    "objects far too deep": b'{"a":' * 200_000,
}


@pytest.mark.parametrize("version", BOTH)
@pytest.mark.parametrize("body", REFUSED.values(), ids=REFUSED.keys())
def test_what_is_no_good_json_is_refused_with_400(body, version):
    with pytest.raises(NotJsonError) as refused:
        read(body, version=version)
    assert refused.value.status == 400
    for language in ("en", "zh"):
        assert "\n" not in refused.value.in_language(language)


@pytest.mark.parametrize(
    ("body", "en", "zh"),
    [
        (b'{"a": 1', "it breaks off before its end", "内容不完整，在结尾前中断"),
        (b'{"a": }', "near byte 6: invalid character", "第 6 字节附近：无效字符"),
        (b"{}x", "near byte 3: trailing characters", "第 3 字节附近：结尾有多余字符"),
    ],
)
def test_where_json_goes_wrong_is_said_in_both_languages(body, en, zh):
    with pytest.raises(NotJsonError) as refused:
        read(body, version=V2)
    assert en in refused.value.in_language("en")
    assert zh in refused.value.in_language("zh")


def test_a_colon_a_bracket_or_a_quote_in_a_text_is_no_key_and_no_level():
    tricky = '{[:\\"' * 50
    value = {**MINIMAL, "result": {"response": tricky}, "context": {"extensions": {"urn:x": {tricky: {tricky: 1}}}}}
    for indent in (None, 2):
        assert read(json.dumps(value, indent=indent).encode()).statements[0].value == value
    assert len(read(nested(90)).statements) == 1


def test_null_is_refused_everywhere_but_in_extensions():
    for path in ("actor.name", "verb.display", "object", "result", "result.score", "context", "context.registration"):
        with pytest.raises(FaultyStatementsError) as refused:
            read(json.dumps(at(ANSWERED, path, None)).encode())
        assert [fault.where for fault in refused.value.faults] == [path]
        assert refused.value.status == 400
    assert read(json.dumps(at(ANSWERED, "context.extensions", {"urn:x": [None, {"a": None}]})).encode())


def test_too_much_is_refused_with_413():
    four = b"[" + b",".join([BODY] * 4) + b"]"
    small = RequestLimits(statement_bytes=len(BODY) - 1)
    for body, limits in ((BODY, RequestLimits(n_bytes=len(BODY) - 1)), (BODY, small), (four, small), (four, SMALL)):
        with pytest.raises(TooLargeError) as refused:
            read(body, limits=limits)
        assert refused.value.status == 413
    assert len(read(b"[" + b",".join([BODY] * 3) + b"]", limits=SMALL).statements) == 3
    assert str(refused.value) == "The request has 4 statements; at most 3 are taken."


def test_every_fault_of_a_batch_is_told_with_the_place_of_its_statement():
    wrong = [MINIMAL, at(MINIMAL, "verb.id", "x"), {**MINIMAL, "id": "y"}, 5]
    with pytest.raises(FaultyStatementsError) as refused:
        read(json.dumps(wrong).encode())
    assert [fault.where for fault in refused.value.faults] == ["[1].verb.id", "[2].id", "[3]"]
    assert refused.value.in_language("en").startswith("3 things to correct; nothing was stored.\n- [1].verb.id: ")
    assert refused.value.in_language("zh").startswith("需改正 3 处；未存入任何内容。")


def test_a_thousand_faults_are_not_all_told():
    with pytest.raises(FaultyStatementsError) as refused:
        read(json.dumps([{}] * 1000).encode())
    assert len(refused.value.faults) == 200
    assert len(str(refused.value)) < 4000


def test_one_id_twice_in_a_batch_is_refused():
    twice = [{**MINIMAL, "id": UUID}, {**MINIMAL, "id": UUID.upper()}]
    with pytest.raises(RepeatedStatementError) as refused:
        read(json.dumps(twice).encode())
    assert refused.value.status == 400
    assert len(read(json.dumps([MINIMAL, MINIMAL]).encode()).statements) == 2


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.sampled_from(BOTH).flatmap(lambda version: st.tuples(st.just(version), statements(version))))
def test_any_good_statement_is_taken_and_its_facts_are_found(made):
    version, statement = made
    assert statement_faults(statement, version=version) == ()
    for body in (msgspec.json.encode(statement), json.dumps(statement).encode()):
        (sent,) = read(body, version=version).statements
        assert sent.raw == body
        facts = facts_of(sent.value, version=version)
        assert facts.verb == statement["verb"]["id"]
        assert facts.agents[0].key == facts.actor


def refusal(kind, body, version):
    """How a request is refused, or None where it is taken; anything else that is raised goes through."""
    try:
        read_statement_request(kind, body, version=version, limits=SMALL)
    except RecordRefusedError as refused:
        return refused
    return None


def is_told_well(refused):
    """Whether a refusal has a status and a sentence in both languages."""
    return refused.status in (400, 413) and refused.in_language("en") and refused.in_language("zh")


PLACES = st.lists(st.integers(0, 30), min_size=1, max_size=6)


def spoiled(value, steps, put):
    """Put something at a place found by walking down, or take it away."""
    if isinstance(value, dict) and value:
        key = sorted(value)[steps[0] % len(value)]
    elif isinstance(value, list) and value:
        key = steps[0] % len(value)
    else:
        return put
    if len(steps) == 1 and put is Ellipsis:
        return {k: v for k, v in value.items() if k != key} if isinstance(value, dict) else []
    new = dict(value) if isinstance(value, dict) else list(value)
    new[key] = spoiled(value[key], steps[1:], put) if len(steps) > 1 else put
    return None if new[key] is Ellipsis else new


@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(version=st.sampled_from(BOTH), steps=PLACES, put=json_values | st.just(Ellipsis), data=st.data())
def test_a_spoiled_statement_is_taken_or_refused_and_never_more(version, steps, put, data):
    base = data.draw(st.just(ANSWERED) | statements(version))
    refused = refusal("application/json", msgspec.json.encode(spoiled(base, steps, put)), version)
    assert refused is None or is_told_well(refused)


@settings(max_examples=400)
@given(
    st.binary(max_size=200)
    | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass"))
    | st.lists(
        st.sampled_from([b"{", b"}", b"[", b"]", b":", b",", b'"', b"\\", b"1", b"-", b"e", b"null", b'"a"', b"\xff"])
    ).map(b"".join)
    | st.tuples(st.integers(0, len(BODY)), st.binary(max_size=5)).map(
        lambda cut: BODY[: cut[0]] + cut[1] + BODY[cut[0] :]
    )
)
def test_any_bytes_are_taken_or_refused_and_never_more(body):
    for kind in ("application/json", "multipart/mixed; boundary=a"):
        refused = refusal(kind, body, V1)
        assert refused is None or is_told_well(refused)


@given(json_values)
def test_json_of_any_value_is_read_as_python_reads_it(value):
    for body in (json.dumps(value).encode(), json.dumps(value, ensure_ascii=False, indent=1).encode()):
        assert read_json(body, limits=LIMITS) == value
