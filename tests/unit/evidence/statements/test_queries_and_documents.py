"""Parameters of requests, versions in headers, documents, persons."""

import hashlib
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.evidence.statements.making import ACCOUNT, AGENT, BOTH, NAMELESS, TEAM, UUID, V1, V2
from yucai.evidence import (
    Document,
    DocumentQuery,
    DocumentResource,
    DocumentsDifferError,
    NotJsonError,
    ParameterRefusedError,
    PreconditionFailedError,
    RecordRefusedError,
    RequestLimits,
    StatementFormat,
    StatementQuery,
    UnguardedError,
    VersionRefusedError,
    actor_key,
    check_document,
    check_guarded,
    check_precondition,
    etag,
    merge_definitions,
    merge_documents,
    person_of,
    read_activity_query,
    read_agent_query,
    read_document_query,
    read_one_document_query,
    read_put_query,
    read_query,
    read_version,
)

IRI = "http://example.org/x"
WHO = json.dumps(AGENT)
WHEN = "2012-06-01T19:09:13.245Z"
LIMITS = RequestLimits()


def asked(version=V2, **given):
    return read_query(given.items(), version=version)


@pytest.mark.parametrize(
    ("header", "version"),
    [
        ("1.0", V1),
        ("1.0.0", V1),
        ("1.0.3", V1),
        ("1.0.9", V1),
        (" 1.0.2 ", V1),
        ("2.0", V2),
        ("2.0.0", V2),
        ("2.0.7", V2),
    ],
)
def test_versions_that_are_spoken(header, version):
    assert read_version(header) is version


@pytest.mark.parametrize(
    "header",
    [None, "", "1", "1.1", "1.1.0", "0.95", "0.9", "2", "2.1", "3.0.0", "1.0.x", "1.0.", "1.0.03", "v1.0", "１.0"],
)
def test_versions_that_are_not(header):
    with pytest.raises(VersionRefusedError) as refused:
        read_version(header)
    assert refused.value.status == 400
    assert refused.value.in_language("zh")


def test_nothing_asked_is_everything():
    assert asked() == StatementQuery()
    assert asked().format is StatementFormat.EXACT


def test_everything_that_may_be_asked():
    query = asked(
        agent=WHO, verb=IRI, activity=IRI, registration=UUID.upper(), related_activities="true", related_agents="false",
        since=WHEN, until="2012-06-01T21:09:13+02:00", limit="25", format="ids", attachments="true", ascending="true",
    )  # fmt: skip
    assert query == StatementQuery(
        agent=actor_key(AGENT), verb=IRI, activity=IRI, registration=UUID, related_activities=True,
        since=datetime(2012, 6, 1, 19, 9, 13, 245000, UTC), until=datetime(2012, 6, 1, 19, 9, 13, 0, UTC), limit=25,
        format=StatementFormat.IDS, attachments=True, ascending=True,
    )  # fmt: skip


def test_a_plus_that_became_a_space_is_understood():
    assert asked(since="2012-06-01T21:09:13.245 02:00").since == datetime(2012, 6, 1, 19, 9, 13, 245000, UTC)


@pytest.mark.parametrize("one", ["statementId", "voidedStatementId"])
def test_one_statement_is_asked_for_alone(one):
    query = asked(**{one: UUID.upper()}, format="canonical", attachments="true")
    assert UUID in (query.statement_id, query.voided_statement_id)
    texts = {
        "agent": WHO,
        "verb": IRI,
        "activity": IRI,
        "registration": UUID,
        "since": WHEN,
        "until": WHEN,
        "limit": "1",
    }
    for name, value in (texts | dict.fromkeys(("related_activities", "related_agents", "ascending"), "true")).items():
        with pytest.raises(ParameterRefusedError) as refused:
            asked(**{one: UUID, name: value})
        assert [fault.code for fault in refused.value.faults] == ["alone"]
    with pytest.raises(ParameterRefusedError):
        asked(statementId=UUID, voidedStatementId=UUID)


FLAGS = ("related_activities", "related_agents", "attachments", "ascending")
NO_AGENTS = ("wrong", "", "{}", "[]", "null", '{"mbox":"x"}', '"x"', WHO + "x", "{" * 1000, "\ud800")
NO_TIMES = ("T" * 60_000, "yesterday", "", "2012-06-01", "01/011/2015", WHEN[:-1] + "-00:00")
BAD = [
    *[("statementId", wrong) for wrong in ("wrong", "", UUID + "0", "{" + UUID + "}")],
    ("voidedStatementId", "wrong"),
    *[("registration", wrong) for wrong in ("wrong", "")],
    *[("verb", wrong) for wrong in ("not.an.iri.example/verb", "", "x y")],
    ("activity", "not.an.iri.example"),
    *[("agent", wrong) for wrong in NO_AGENTS],
    ("agent", json.dumps(NAMELESS)),
    ("agent", json.dumps({**AGENT, **ACCOUNT})),
    ("agent", '{"mbox":"mailto:a@b","mbox":"mailto:c@d"}'),
    ("agent", json.dumps({"account": {"homePage": "http://a", "name": "x" * 70_000}})),
    *[(name, wrong) for name in FLAGS for wrong in ("True", "1", "", "yes")],
    *[(name, wrong) for name in ("since", "until") for wrong in NO_TIMES],
    *[("limit", wrong) for wrong in ("-1", "1.5", "", "ten", "+1", "1e3", "٣", "1" * 30)],
    *[("format", wrong) for wrong in ("exacts", "IDS", "")],
    *[(wrong, "x") for wrong in ("Verb", "statementid", "StatementId", "more", "", "agents", "related_Agents")],
]


@pytest.mark.parametrize("version", BOTH)
@pytest.mark.parametrize(("name", "value"), BAD, ids=str)
def test_a_parameter_that_does_not_fit_is_named(name, value, version):
    with pytest.raises(ParameterRefusedError) as refused:
        asked(version, **{name: value})
    assert refused.value.status == 400
    assert [fault.where for fault in refused.value.faults] == [name]
    assert refused.value.in_language("zh")


def test_all_that_is_wrong_is_told_at_once_and_a_repeated_parameter_is_wrong():
    pairs = [("verb", IRI), ("verb", IRI), ("limit", "x"), ("colour", "red")]
    with pytest.raises(ParameterRefusedError) as refused:
        read_query(pairs, version=V2)
    assert [(fault.where, fault.code) for fault in refused.value.faults] == [
        ("verb", "repeated"),
        ("colour", "unknown"),
        ("limit", "count"),
    ]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["agent", "since", "limit", "verb", "statementId", "x"]) | st.text(max_size=9),
            st.text(max_size=30),
        ),
        max_size=4,
    )
)
def test_no_parameters_break_the_reading(pairs):
    for version in BOTH:
        try:
            query = read_query(pairs, version=version)
        except RecordRefusedError as refused:
            query = refused.in_language("en")
        assert query


def test_putting_a_statement_asks_for_its_id():
    assert read_put_query([("statementId", UUID.upper())], version=V2) == UUID
    for pairs in ([], [("statementId", "x")], [("statementId", UUID), ("format", "ids")], [("statementid", UUID)]):
        with pytest.raises(ParameterRefusedError):
            read_put_query(pairs, version=V2)


STATE = [("activityId", IRI), ("agent", WHO), ("stateId", "bookmark")]


def test_documents_are_named_by_what_their_resource_asks_for():
    query = read_document_query([*STATE, ("registration", UUID)], resource=DocumentResource.STATE, version=V2)
    assert query == DocumentQuery(
        resource=DocumentResource.STATE,
        id="bookmark",
        activity=IRI,
        agent=actor_key(AGENT),
        agent_value=AGENT,
        registration=UUID,
    )
    profile = read_document_query([("agent", json.dumps(TEAM))], resource=DocumentResource.AGENT_PROFILE, version=V2)
    assert (profile.agent, profile.id) == (actor_key(TEAM), None)
    since = read_document_query(
        [("activityId", IRI), ("since", WHEN)], resource=DocumentResource.ACTIVITY_PROFILE, version=V1
    )
    assert since.since == datetime(2012, 6, 1, 19, 9, 13, 245000, UTC)


@pytest.mark.parametrize(
    ("resource", "pairs", "told"),
    [
        (DocumentResource.STATE, STATE[1:], [("activityId", "missing")]),
        (DocumentResource.STATE, STATE[::2], [("agent", "missing")]),
        (DocumentResource.STATE, [], [("activityId", "missing"), ("agent", "missing"), ("stateId", "missing")]),
        (DocumentResource.STATE, STATE[:2], [("stateId", "missing")]),
        (DocumentResource.STATE, [*STATE, ("profileId", "x")], [("profileId", "unknown")]),
        (DocumentResource.STATE, [*STATE[:2], ("stateId", "")], [("stateId", "empty")]),
        (DocumentResource.STATE, [*STATE, ("registration", "x")], [("registration", "uuid")]),
        (DocumentResource.STATE, [*STATE, ("since", "x")], [("since", "timestamp")]),
        (DocumentResource.STATE, [("activityId", "x"), *STATE[1:]], [("activityId", "iri")]),
        (DocumentResource.STATE, [STATE[0], ("agent", "x"), STATE[2]], [("agent", "agent")]),
        (DocumentResource.AGENT_PROFILE, [("agent", WHO)], [("profileId", "missing")]),
        (
            DocumentResource.AGENT_PROFILE,
            [("agent", WHO), ("profileId", "x"), ("activityId", IRI)],
            [("activityId", "unknown")],
        ),
        (DocumentResource.ACTIVITY_PROFILE, [("profileId", "x")], [("activityId", "missing")]),
        (
            DocumentResource.ACTIVITY_PROFILE,
            [("activityId", IRI), ("profileId", "x"), ("registration", UUID)],
            [("registration", "unknown")],
        ),
    ],
)
def test_documents_that_are_named_wrongly(resource, pairs, told):
    with pytest.raises(ParameterRefusedError) as refused:
        read_one_document_query(pairs, resource=resource, version=V2)
    assert [(fault.where, fault.code) for fault in refused.value.faults] == told


def test_agents_and_activities_are_asked_for_by_one_parameter():
    assert read_agent_query([("agent", WHO)], version=V2) == AGENT
    assert read_activity_query([("activityId", IRI)], version=V2) == IRI
    for read, pairs in (
        (read_agent_query, []),
        (read_agent_query, [("agent", "{}")]),
        (read_agent_query, [("Agent", WHO)]),
        (read_activity_query, [("activityId", "x")]),
        (read_activity_query, [("activityId", IRI), ("agent", WHO)]),
    ):
        with pytest.raises(ParameterRefusedError):
            read(pairs, version=V2)


# Documents


def document(content, kind="application/json"):
    return Document(content=content, content_type=kind)


def test_merging_lays_the_first_level_of_one_over_the_other_byte_for_byte():
    old, new = (
        document(b'{"x":1.10, "y":{"a":1}}', "Application/JSON; charset=utf-8"),
        document(b'{"y":{"b":2.0}, "z":[ ]}'),
    )
    merged = merge_documents(old, new, limits=LIMITS)
    assert merged == document(b'{"x":1.10,"y":{"b":2.0},"z":[ ]}')


def test_the_first_document_is_kept_as_it_is():
    for new in (document(b"\x00\xff", "image/png"), document(b"[1]"), document(b'{ "a":1}')):
        assert merge_documents(None, new, limits=LIMITS) == new


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (document(b"x", "text/plain"), document(b"{}")),
        (document(b"{}"), document(b"{}", "text/plain")),
        (document(b"{}"), document(b"[]")),
        (document(b"[]"), document(b"{}")),
        (document(b"{}"), document(b"{")),
        (document(b"{}"), document(b"")),
        (document(b"{}"), document(b'{"a":1,"a":2}')),
    ],
)
def test_only_objects_are_merged(old, new):
    with pytest.raises(DocumentsDifferError) as refused:
        merge_documents(old, new, limits=LIMITS)
    assert refused.value.status == 400


def test_what_is_called_json_must_be_json():
    check_document(document(b"{", "text/plain"), limits=LIMITS)
    for content in (b"{", b"", b"\xff"):
        with pytest.raises(NotJsonError):
            merge_documents(None, document(content), limits=LIMITS)


TAG = etag(b"content")


def test_an_entity_tag_is_a_sha_1_in_quotation_marks():
    assert f'"{hashlib.sha1(b"content").hexdigest()}"' == TAG
    assert (TAG[0], TAG[41], len(TAG)) == ('"', '"', 42)


@pytest.mark.parametrize("held", [TAG, TAG.strip('"'), f"W/{TAG}", f'"x", {TAG}', f'"x",{TAG} ', "*", " * "])
def test_a_condition_that_holds(held):
    check_precondition(held, None, TAG)
    with pytest.raises(PreconditionFailedError) as refused:
        check_precondition(None, held, TAG)
    assert (refused.value.status, refused.value.facts["header"]) == (412, "If-None-Match")
    check_precondition(None, held, None)


@pytest.mark.parametrize("other", ["1234", '"1234"', "", '""', TAG[:-2] + '"', TAG.upper()])
def test_a_condition_that_does_not_hold(other):
    with pytest.raises(PreconditionFailedError) as refused:
        check_precondition(other, None, TAG)
    assert refused.value.facts["header"] == "If-Match"
    check_precondition(None, other, TAG)


def test_what_is_not_there_matches_no_tag():
    for tag in ("*", TAG):
        with pytest.raises(PreconditionFailedError):
            check_precondition(tag, None, None)
    check_precondition(None, None, TAG)


def test_nothing_is_overwritten_unseen():
    with pytest.raises(UnguardedError) as refused:
        check_guarded(None, None, TAG)
    assert refused.value.status == 409
    check_guarded(None, None, None)
    check_guarded(TAG, None, TAG)
    check_guarded(None, "*", TAG)


def test_a_person_is_all_that_is_known_of_an_agent():
    other = {"name": "Lin Hua", "mbox": AGENT["mbox"]}
    assert person_of(AGENT, [other, ACCOUNT, AGENT]) == {
        "objectType": "Person",
        "name": ["Lin", "Lin Hua"],
        "mbox": [AGENT["mbox"]],
        "account": [ACCOUNT["account"]],
    }
    assert person_of({"openid": IRI}, []) == {"objectType": "Person", "openid": [IRI]}


def test_what_is_known_of_an_activity_grows_by_languages_and_is_otherwise_what_was_said_last():
    known = {"name": {"en": "Quiz", "zh": "测验"}, "type": "urn:a", "extensions": {"urn:x": 1}, "moreInfo": IRI}
    new = {"name": {"en": "The quiz", "de": "Test"}, "type": "urn:b", "extensions": {"urn:y": 2}}
    assert merge_definitions(known, new) == {
        "name": {"en": "The quiz", "zh": "测验", "de": "Test"},
        "type": "urn:b",
        "extensions": {"urn:x": 1, "urn:y": 2},
        "moreInfo": IRI,
    }
    assert known["name"] == {"en": "Quiz", "zh": "测验"}
    assert merge_definitions({}, new) == new
