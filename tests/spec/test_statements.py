"""Statements: what learning tools send to the record store, by xAPI 1.0.3 and 2.0.

Read from top to bottom. A learning platform sends that Lin answered question 3; the store reads, checks, keeps and
gives back. Nothing here needs a database or a server: these are the rules both are built on.
"""

import json
from datetime import UTC, datetime

import pytest

from yucai.evidence import (
    AttachmentPart,
    Document,
    FaultyStatementsError,
    NotJsonError,
    ParameterRefusedError,
    PreconditionFailedError,
    RecordRefusedError,
    RequestLimits,
    StatementRole,
    TooLargeError,
    UnguardedError,
    Version,
    actor_key,
    canonical,
    check_guarded,
    check_precondition,
    digest,
    equivalent,
    etag,
    facts_of,
    ids_only,
    merge_documents,
    person_of,
    read_query,
    read_statement_request,
    read_statements,
    read_version,
    stamped,
    statement_faults,
    write_multipart,
)

LIMITS = RequestLimits()
STORED = datetime(2026, 11, 26, 10, 0, tzinfo=UTC)
LIN = {"mbox": "mailto:lin@example.edu"}
PLATFORM = {"account": {"homePage": "https://yucai.example.edu", "name": "moodle"}}
ANSWERED = {
    "id": "fd41c918-b88b-4b20-a0a5-a4c32391aaa0",
    "actor": {"name": "Lin", **LIN},
    "verb": {"id": "http://adlnet.gov/expapi/verbs/answered", "display": {"en": "answered", "zh": "回答"}},
    "object": {"id": "https://lms.example.edu/quiz/7/question/3", "definition": {"name": {"en": "Q3", "zh": "第三题"}}},
    "result": {"score": {"raw": 1, "max": 2}, "success": True},
    "timestamp": "2026-11-26T09:30:00Z",
}
VOIDED = "http://adlnet.gov/expapi/verbs/voided"


def faults(version=Version.V2, **changes):
    """Where a statement with these changes breaks a rule."""
    return [fault.where for fault in statement_faults({**ANSWERED, **changes}, version=version)]


def read(body, version=Version.V2):
    return read_statements(
        body if isinstance(body, bytes) else json.dumps(body).encode(), version=version, limits=LIMITS
    )


# 1. Which version


def test_a_request_says_which_version_it_speaks():
    assert read_version("1.0.1") is Version.V1
    assert read_version("2.0.0") is Version.V2
    assert Version.V1.value == "1.0.3"  # is what an answer to any 1.0.x says


@pytest.mark.parametrize("header", [None, "0.95", "1.1.0", "3.0.0"])
def test_without_a_version_that_is_spoken_here_nothing_is_answered(header):
    with pytest.raises(RecordRefusedError) as refused:
        read_version(header)
    assert refused.value.status == 400


# 2. Reading


def test_one_statement_comes_alone_or_several_in_an_array():
    assert len(read(ANSWERED).statements) == 1
    assert len(read([{**ANSWERED, "id": name * 8 + "-0000-4000-8000-000000000000"} for name in "ab"]).statements) == 2


def test_the_bytes_of_a_statement_are_kept_as_they_came():
    raw = json.dumps(ANSWERED, indent=3).replace("1,", "1.00,", 1).encode()
    assert read(b"  " + raw + b"\n").statements[0].raw == raw


def test_json_must_be_unambiguous():
    for body in (b"", b"{", b"\xff", b'{"actor": 1, "actor": 2}', b'"\\ud800"', b"NaN", b"[" * 1000):
        with pytest.raises(NotJsonError):
            read(body)


def test_what_is_too_large_is_refused_as_too_large():
    with pytest.raises(TooLargeError) as refused:
        read_statements(b" " * 101, version=Version.V2, limits=RequestLimits(n_bytes=100))
    assert refused.value.status == 413


def test_a_batch_is_taken_whole_or_not_at_all_and_every_fault_is_told():
    with pytest.raises(FaultyStatementsError) as refused:
        read([ANSWERED, {**ANSWERED, "verb": {"id": "answered"}}, {**ANSWERED, "result": {"success": "true"}}])
    assert [fault.in_language("en") for fault in refused.value.faults] == [
        "[1].verb.id: This must be an IRI with a scheme, such as https://example.org/x.",
        "[2].result.success: This is a text; it must be true or false, without quotation marks.",
    ]


# 3. Who


def test_an_agent_has_exactly_one_identifier():
    assert faults(actor=LIN) == []
    assert faults(actor={"name": "Lin"}) == ["actor"]
    assert faults(actor={**LIN, "openid": "https://id.example.edu/lin"}) == ["actor"]


def test_a_group_has_an_identifier_or_members_and_its_members_are_agents():
    assert faults(actor={"objectType": "Group", "member": [LIN]}) == []
    assert faults(actor={"objectType": "Group", **LIN}) == []
    assert faults(actor={"objectType": "Group"}) == ["actor"]
    assert faults(actor={"objectType": "Group", "member": [{"objectType": "Group", **LIN}]}) == ["actor.member[0]"]


def test_an_authority_is_an_agent_or_a_nameless_pair():
    assert faults(authority={"objectType": "Group", "member": [LIN, PLATFORM]}) == []
    assert faults(authority={"objectType": "Group", "member": [LIN]}) == ["authority"]


# 4. Did what


def test_words_are_in_languages_that_are_named_rightly():
    assert faults(verb={"id": "urn:did", "display": {"zh-Hans-CN": "做"}}) == []
    assert faults(verb={"id": "urn:did", "display": {"something": "did"}}) == ["verb.display.something"]


def test_the_object_is_an_activity_unless_it_says_otherwise():
    reference = {"objectType": "StatementRef", "id": ANSWERED["id"]}
    for thing in ({"id": "urn:x"}, {"objectType": "Agent", **LIN}, reference):
        assert faults(object=thing) == []
    assert faults(object=LIN) == ["object", "object"]  # an activity has an id, and no mbox


def test_a_statement_within_a_statement_has_nothing_a_store_sets():
    inner = {name: ANSWERED[name] for name in ("actor", "verb", "object")} | {"objectType": "SubStatement"}
    assert faults(object=inner) == []
    assert faults(object={**inner, "id": ANSWERED["id"]}) == ["object"]
    assert faults(object={**inner, "object": inner}) == ["object.object"]


def test_only_a_reference_can_be_voided():
    assert faults(verb={"id": VOIDED}) == ["object"]


# 5. With which result, in which context


def test_scores_lie_within_their_bounds():
    assert faults(result={"score": {"scaled": 1, "raw": 5, "min": 0, "max": 5}}) == []
    assert faults(result={"score": {"scaled": 1.01, "raw": 6, "min": 0, "max": 5}}) == [
        "result.score.scaled",
        "result.score.raw",
    ]


def test_durations_are_written_by_iso_8601():
    assert faults(result={"duration": "PT4H35M59.14S"}) == []
    assert faults(result={"duration": "4 hours"}) == ["result.duration"]


def test_extensions_are_free_but_for_their_keys():
    assert faults(result={"extensions": {"urn:mood": None}}) == []
    assert faults(result={"extensions": {"mood": "good"}}) == ["result.extensions.mood"]


def test_contexts_of_version_two_name_further_people():
    context = {"contextAgents": [{"objectType": "contextAgent", "agent": LIN}]}
    assert faults(context=context) == []
    assert faults(Version.V1, context=context) == ["context"]


def test_times_need_no_offset_and_never_have_one_of_minus_zero():
    for version in Version:
        assert faults(version, timestamp="2026-11-26T09:30:00") == []
        assert faults(version, timestamp="2026-11-26T17:30:00+08:00") == []
        assert faults(version, timestamp="2026-11-26T09:30:00-00:00") == ["timestamp"]


def test_nothing_is_taken_that_xapi_does_not_know():
    assert faults(mood="good") == ["statement"]
    assert faults(Actor=LIN) == ["statement"]


# 6. Attachments


def test_an_attachment_comes_with_its_statement_or_says_where_it_is():
    text = AttachmentPart(
        sha2="495395e777cd98da653df9615d09c0fd6bb2f8d4788394cd53c56a3bfdcd848a",
        content_type="text/plain",
        content=b"here is a simple attachment",
    )
    about = {"usageType": "urn:report", "display": {}, "contentType": "text/plain", "length": 27, "sha2": text.sha2}
    body = json.dumps({**ANSWERED, "attachments": [about]}).encode()
    kind, whole = write_multipart(body, [text])
    request = read_statement_request(kind, whole, version=Version.V2, limits=LIMITS)
    assert request.parts[text.sha2].content == text.content
    with pytest.raises(RecordRefusedError):
        read_statement_request("application/json", body, version=Version.V2, limits=LIMITS)


# 7. Keeping


def test_the_store_adds_what_is_missing_behind_what_came():
    raw = json.dumps({name: ANSWERED[name] for name in ("actor", "verb", "object")}).encode()
    kept = stamped(raw, id=ANSWERED["id"], stored=STORED, authority=PLATFORM, version=Version.V2)
    assert kept.startswith(raw[:-1])
    assert json.loads(kept)["stored"] == json.loads(kept)["timestamp"] == "2026-11-26T10:00:00.000000Z"


def test_a_statement_sent_again_is_known_by_its_digest():
    again = {**ANSWERED, "verb": {"id": ANSWERED["verb"]["id"]}, "timestamp": "2026-11-26T17:30:00+08:00"}
    assert digest(again) == digest(ANSWERED)
    assert digest({**ANSWERED, "result": {"success": False}}) != digest(ANSWERED)


def test_a_time_the_store_filled_in_is_no_difference():
    sent = {name: value for name, value in ANSWERED.items() if name != "timestamp"}
    assert digest(sent) != digest(ANSWERED)
    assert equivalent(sent, ANSWERED)


def test_the_store_learns_who_and_what_a_statement_names():
    facts = facts_of({**ANSWERED, "context": {"team": {"objectType": "Group", "member": [LIN]}}}, version=Version.V2)
    assert facts.actor == actor_key(LIN) == "mbox:mailto:lin@example.edu"
    assert [agent.role for agent in facts.agents if agent.key == facts.actor] == [
        StatementRole.ACTOR,
        StatementRole.TEAM,
    ]


# 8. Giving back


def test_statements_are_given_back_exactly_by_identifiers_or_in_one_language():
    raw = json.dumps(ANSWERED).encode()
    assert json.loads(ids_only(raw))["object"] == {"id": "https://lms.example.edu/quiz/7/question/3"}
    told = json.loads(canonical(raw, languages="zh-CN, en;q=0.5", definitions={}))
    assert (told["verb"]["display"], told["object"]["definition"]["name"]) == ({"zh": "回答"}, {"zh": "第三题"})


def test_what_is_asked_for_is_asked_for_rightly_or_not_at_all():
    assert read_query([("verb", VOIDED), ("limit", "25")], version=Version.V2).limit == 25
    with pytest.raises(ParameterRefusedError) as refused:
        read_query([("Verb", VOIDED), ("limit", "-1"), ("ascending", "yes")], version=Version.V2)
    assert [fault.where for fault in refused.value.faults] == ["Verb", "limit", "ascending"]


# 9. Documents beside statements


def test_a_document_sent_again_by_post_is_laid_over_the_old_one():
    old, new = (
        Document(content=text, content_type="application/json") for text in (b'{"page":1,"a":[1]}', b'{"page":2}')
    )
    assert merge_documents(old, new, limits=LIMITS).content == b'{"page":2,"a":[1]}'


def test_nobody_overwrites_what_they_have_not_seen():
    tag = etag(b'{"page":1}')
    check_precondition(tag, None, tag)
    with pytest.raises(PreconditionFailedError):
        check_precondition(tag, None, etag(b'{"page":2}'))
    with pytest.raises(UnguardedError):
        check_guarded(None, None, tag)


def test_a_person_is_everything_known_under_one_agent():
    assert person_of({"name": "Lin", **LIN}, [{"name": "Lin Hua", **LIN}])["name"] == ["Lin", "Lin Hua"]
