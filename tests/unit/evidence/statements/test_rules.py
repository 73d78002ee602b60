"""Every other rule of a statement: one line a case, in both versions unless it says otherwise."""

import pytest

from tests.unit.evidence.statements.making import (
    ACTIVITY,
    AGENT,
    ANSWERED,
    ATTACHMENT,
    BOTH,
    GONE,
    MINIMAL,
    PLANNED,
    QUESTION,
    REF,
    SHA2,
    SUB,
    TEAM,
    UUID,
    V1,
    V2,
    at,
)
from yucai.evidence import statement_faults

VOIDED = {"id": "http://adlnet.gov/expapi/verbs/voided"}
IRI = "http://example.org/x"
BAD_IRIS = [
    "x",
    "example.org/x",
    "ab=c://x",
    "should fail",
    "http://a b",
    "http://a<b>",
    "http:",
    "",
    "http://%zz",
    ":x",
]
NO_STRINGS = [None, 5, True, {}, []]


def definition(**changes):
    return {**ACTIVITY, "definition": changes}


def interaction(kind, **parts):
    return definition(interactionType=kind, **parts)


def each(path, where, code, *values):
    """One bad case a value, at one path."""
    return [(path, value, where, code) for value in values]


def component(*ids):
    return [{"id": one} for one in ids]


GOOD = [
    # ids and times
    ("id", UUID.upper()),
    ("id", "00000000-0000-0000-0000-000000000000"),
    ("stored", "2011-07-15T00:00:00.000Z"),
    ("timestamp", "2008-09-15T15:53:00.601+00:00"),
    ("timestamp", "2008-09-15 15:53:00.601+00:00"),
    ("timestamp", "2008-09-15T15:53:00Z"),
    ("timestamp", "2008-09-15t15:53:00.1234567z"),
    ("timestamp", "2016-12-31T23:59:60Z"),
    ("timestamp", "2024-02-29T00:00:00-08:00"),
    # the verb
    ("verb", {"id": "urn:uuid:" + UUID}),
    ("verb.display", {}),
    ("verb.display", {"x-own": ""}),
    ("verb.display", {"zh-cmn-Hans-CN": "答", "i-enochian": "a", "az-Arab-x-AZE-derbend": "b"}),
    # the object
    ("object", {"id": IRI}),
    ("object", {"id": "https://例子.中国/题?x[]=1#a"}),
    ("object", definition()),
    ("object", definition(name={}, description={"en": ""}, extensions={})),
    ("object", definition(extensions={IRI: None, "urn:x:y": {}, "tag:a": ""})),
    ("object", definition(type=IRI, moreInfo="https://example.org/more")),
    *[
        ("object", interaction(kind))
        for kind in (
            *("true-false", "choice", "fill-in", "long-fill-in", "matching"),
            *("performance", "sequencing", "likert", "numeric", "other"),
        )
    ],
    ("object", interaction("sequencing", choices=component("a", "b"), correctResponsesPattern=["a[,]b"])),
    ("object", interaction("likert", scale=component("1", "2"))),
    ("object", interaction("matching", source=component("a"), target=component("a"))),
    ("object", interaction("performance", steps=[{"id": "a", "description": {"ja": "x"}}])),
    ("object", interaction("choice", choices=[])),
    # result
    ("result", {}),
    ("result.score", {}),
    ("result.score", {"scaled": 1.0}),
    ("result.score", {"scaled": -1}),
    ("result.score", {"raw": -5.25}),
    ("result.score", {"raw": 5, "min": 5}),
    ("result.score", {"raw": 0.6767676, "max": 0.6767676}),
    ("result.score", {"min": 100.5}),
    ("result.response", ""),
    ("result.duration", "P3Y1M29DT4H35M59.14S"),
    ("result.duration", "PT16559.14S"),
    ("result.duration", "P4W"),
    ("result.duration", "P1Y"),
    ("result.duration", "PT0.5H"),
    ("result.duration", "PT36H"),
    # context
    ("context", {}),
    ("context.contextActivities", {}),
    ("context.contextActivities", {"other": []}),
    ("context.contextActivities", {"category": QUESTION}),
    ("context.language", "cmn"),
    ("context.instructor", TEAM),
    # attachments
    ("attachments", []),
    ("attachments[0].sha2", SHA2.upper()),
    ("attachments[0].sha2", "a" * 56),
    ("attachments[0].sha2", "a" * 96),
    ("attachments[0].sha2", "a" * 128),
    ("attachments[0].length", 0),
    ("attachments[0].fileUrl", GONE),
    ("attachments[0].description", {"de": "x"}),
    ("version", "1.0"),
    ("version", "1.0.0"),
    ("version", "1.0.9"),
]


@pytest.mark.parametrize("version", BOTH)
@pytest.mark.parametrize(("path", "value"), GOOD, ids=str)
def test_what_is_right_is_taken(path, value, version):
    assert statement_faults(at(ANSWERED, path, value), version=version) == ()


@pytest.mark.parametrize("version", BOTH)
@pytest.mark.parametrize(("path", "value"), [case for case in GOOD if case[0].split(".")[0] in SUB], ids=str)
def test_what_is_right_in_a_statement_is_right_in_a_substatement(path, value, version):
    assert statement_faults(at(PLANNED, f"object.{path}", value), version=version) == ()


BAD = [
    ("actor", GONE, "", "missing"),
    ("verb", GONE, "", "missing"),
    ("object", GONE, "", "missing"),
    ("extra", 1, "", "unknown"),
    *[
        (name, AGENT, "", "unknown")
        for name in ("Actor", "veRb", "oBject", "RESULT", "conText", "timeStamp", "auTHORity")
    ],
    ("verb", {}, "verb", "missing"),
    ("verb", "answered", "verb", "not-an-object"),
    ("verb", None, "verb", "not-an-object"),
    ("verb.name", "x", "verb", "unknown"),
    *each("verb.id", "verb.id", "not-an-iri", *BAD_IRIS),
    *each("verb.id", "verb.id", "not-a-string", *NO_STRINGS),
    ("verb.display", "answered", "verb.display", "not-an-object"),
    ("verb.display", None, "verb.display", "not-an-object"),
    ("verb.display", {"en": None}, "verb.display.en", "not-a-string"),
    ("verb.display", {"en": 5}, "verb.display.en", "not-a-string"),
    *[
        ("verb.display", {tag: "x"}, f"verb.display.{tag}", "not-a-language")
        for tag in (
            *("a12345", "a12345678", "something", "de-419-DE", "a-DE", "ar-a-aaa-b-bbb-a-ccc", "en_US", "en-", "-en"),
            *("zh-z-aaa-z-bbb-c-ccc", "de-1901-1901", "en-US-US", "x", "x-", "i", "123"),
        )
    ],
    # object
    ("object", "x", "object", "not-an-object"),
    ("object", None, "object", "not-an-object"),
    ("object", {}, "object", "missing"),
    ("object", {"objectType": "Activity"}, "object", "missing"),
    ("object", {**ACTIVITY, "objectType": "activity"}, "object.objectType", "not-one-of"),
    ("object", {**ACTIVITY, "objectType": None}, "object.objectType", "not-one-of"),
    ("object", {**ACTIVITY, "name": "x"}, "object", "unknown"),
    *[("object", {"id": wrong}, "object.id", "not-an-iri") for wrong in BAD_IRIS],
    ("object", {**ACTIVITY, "definition": "x"}, "object.definition", "not-an-object"),
    ("object", {**ACTIVITY, "definition": None}, "object.definition", "not-an-object"),
    ("object", definition(title={"en": "x"}), "object.definition", "unknown"),
    ("object", definition(name="x"), "object.definition.name", "not-an-object"),
    ("object", definition(name={"something": "x"}), "object.definition.name.something", "not-a-language"),
    ("object", definition(description=5), "object.definition.description", "not-an-object"),
    ("object", definition(description={"en": {}}), "object.definition.description.en", "not-a-string"),
    ("object", definition(type="x"), "object.definition.type", "not-an-iri"),
    ("object", definition(type=None), "object.definition.type", "not-a-string"),
    ("object", definition(moreInfo="example.org"), "object.definition.moreInfo", "not-an-iri"),
    ("object", definition(moreInfo=None), "object.definition.moreInfo", "not-a-string"),
    ("object", definition(extensions="x"), "object.definition.extensions", "not-an-object"),
    ("object", definition(extensions=None), "object.definition.extensions", "not-an-object"),
    ("object", definition(extensions={"x y": 1}), "object.definition.extensions.x y", "not-an-iri"),
    *[
        ("object", interaction(kind), "object.definition.interactionType", "not-one-of")
        for kind in ("true-faLse", "Other", "multiple", "", 5, None, {"a": 1}, ["choice"], IRI)
    ],
    *[
        ("object", definition(**{name: []}), "object.definition", "no-interaction")
        for name in ("correctResponsesPattern", "choices", "scale", "source", "target", "steps")
    ],
    ("object", interaction("choice", scale=[]), "object.definition.scale", "other-interaction"),
    ("object", interaction("likert", choices=[]), "object.definition.choices", "other-interaction"),
    ("object", interaction("matching", steps=[]), "object.definition.steps", "other-interaction"),
    ("object", interaction("true-false", choices=[]), "object.definition.choices", "other-interaction"),
    (
        "object",
        interaction("numeric", correctResponsesPattern="4"),
        "object.definition.correctResponsesPattern",
        "not-a-list",
    ),
    (
        "object",
        interaction("numeric", correctResponsesPattern=[4]),
        "object.definition.correctResponsesPattern[0]",
        "not-a-string",
    ),
    ("object", interaction("choice", choices={}), "object.definition.choices", "not-a-list"),
    ("object", interaction("choice", choices=["a"]), "object.definition.choices[0]", "not-an-object"),
    ("object", interaction("choice", choices=[{}]), "object.definition.choices[0]", "missing"),
    ("object", interaction("choice", choices=[{"id": 1}]), "object.definition.choices[0].id", "not-a-string"),
    ("object", interaction("choice", choices=component("a", "a")), "object.definition.choices[1].id", "same-component"),
    ("object", interaction("choice", choices=[{"id": "a", "x": 1}]), "object.definition.choices[0]", "unknown"),
    (
        "object",
        interaction("choice", choices=[{"id": "a", "description": "x"}]),
        "object.definition.choices[0].description",
        "not-an-object",
    ),
    ("object", {"objectType": "StatementRef"}, "object", "missing"),
    ("object", {**REF, "objectType": "statementRef"}, "object.objectType", "not-one-of"),
    ("object", {**REF, "id": UUID + "8"}, "object.id", "not-a-uuid"),
    ("object", {**REF, "id": "M" + UUID[1:]}, "object.id", "not-a-uuid"),
    ("object", {**REF, "id": 5}, "object.id", "not-a-string"),
    ("object", {**REF, "definition": {}}, "object", "unknown"),
    # result
    ("result", "x", "result", "not-an-object"),
    ("result", None, "result", "not-an-object"),
    ("result.grade", 1, "result", "unknown"),
    ("result.score", 5, "result.score", "not-an-object"),
    ("result.score", "5", "result.score", "not-an-object"),
    ("result.score.percent", 5, "result.score", "unknown"),
    *[
        (f"result.score.{name}", "1", f"result.score.{name}", "not-a-number")
        for name in ("scaled", "raw", "min", "max")
    ],
    ("result.score.raw", 10**309, "result.score.raw", "too-great"),
    ("result.score", {"raw": 1, "max": 10**4000}, "result.score.max", "too-great"),
    ("result.score.raw", None, "result.score.raw", "not-a-number"),
    ("result.score.raw", True, "result.score.raw", "not-a-number"),
    ("result.score.scaled", 1.01, "result.score.scaled", "out-of-range"),
    ("result.score.scaled", -1.00001, "result.score.scaled", "out-of-range"),
    ("result.score.raw", 2.5, "result.score.raw", "out-of-range"),
    ("result.score.raw", -0.5, "result.score.raw", "out-of-range"),
    ("result.score", {"raw": 0, "min": 1}, "result.score.raw", "out-of-range"),
    ("result.score", {"raw": 2, "max": 1}, "result.score.raw", "out-of-range"),
    ("result.score.min", 2, "result.score.min", "not-below-max"),
    ("result.score.min", 3, "result.score.min", "not-below-max"),
    *[
        (f"result.{name}", wrong, f"result.{name}", "not-a-boolean")
        for name in ("success", "completion")
        for wrong in ("true", 1, None)
    ],
    *each("result.response", "result.response", "not-a-string", *NO_STRINGS),
    *each("result.duration", "result.duration", "not-a-string", *NO_STRINGS),
    *each(
        "result.duration",
        "result.duration",
        "not-a-duration",
        *(
            "",
            "P",
            "PT",
            "P1DT",
            "PA1H0M0S",
            "P4W1D",
            "P1Y4W",
            "1H",
            "PT1H1H",
            "PT1M1H",
            "PT1.5H3M",
            "PT1,5",
            "P0003-06-04T12:30:05",
            "-PT1H",
            "pt1h",
            "PT1S ",
            "PT١S",
        ),
    ),
    ("result.extensions", [], "result.extensions", "not-an-object"),
    ("result.extensions", {"fail": 1}, "result.extensions.fail", "not-an-iri"),
    # context
    ("context", [], "context", "not-an-object"),
    ("context.place", "x", "context", "unknown"),
    ("context.registration", "x", "context.registration", "not-a-uuid"),
    ("context.registration", UUID.replace("-", ""), "context.registration", "not-a-uuid"),
    ("context.registration", f"{{{UUID}}}", "context.registration", "not-a-uuid"),
    *each("context.registration", "context.registration", "not-a-string", *NO_STRINGS),
    ("context.contextActivities", "x", "context.contextActivities", "not-an-object"),
    ("context.contextActivities", {"Parent": []}, "context.contextActivities", "unknown"),
    ("context.contextActivities", {"parents": []}, "context.contextActivities", "unknown"),
    ("context.contextActivities", {"parent": None}, "context.contextActivities.parent", "not-an-object"),
    ("context.contextActivities", {"parent": [ACTIVITY, {}]}, "context.contextActivities.parent[1]", "missing"),
    ("context.contextActivities", {"parent": [REF]}, "context.contextActivities.parent[0].objectType", "not-one-of"),
    ("context.contextActivities", {"parent": {"id": "x"}}, "context.contextActivities.parent.id", "not-an-iri"),
    ("context.language", "something", "context.language", "not-a-language"),
    ("context.language", 5, "context.language", "not-a-string"),
    ("context.revision", 5, "context.revision", "not-a-string"),
    ("context.platform", {}, "context.platform", "not-a-string"),
    ("context.statement", {"id": UUID}, "context.statement", "missing"),
    ("context.statement", {**REF, "id": "x"}, "context.statement.id", "not-a-uuid"),
    ("context.statement", UUID, "context.statement", "not-an-object"),
    ("context.statement", {**REF, "objectType": "Statement"}, "context.statement.objectType", "not-one-of"),
    ("context.extensions", {"": 1}, "context.extensions.", "not-an-iri"),
    # timestamp
    *each("timestamp", "timestamp", "not-a-string", *NO_STRINGS),
    *each("timestamp", "timestamp", "not-everywhere", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"),
    *each(
        "timestamp",
        "timestamp",
        "not-a-timestamp",
        *(
            "01/011/2015",
            "should fail",
            "",
            "2008-09-15T15:53:00.601-00",
            "2008-09-15T15:53:00.601-0000",
            "2008-09-15T15:53:00.601-00:00",
            "2008-09-15",
            "2008-13-15T15:53:00Z",
            "2008-02-30T15:53:00Z",
            "2008-09-15T25:53:00Z",
            "2008-09-15T15:61:00Z",
            "2008-09-15T15:53:61Z",
            "2008-09-15T15:53:00+25:00",
            "2008-09-15T15:53:00Zx",
            "0000-01-01T00:00:00Z",
            "٢٠٠٨-09-15T15:53:00Z",
        ),
    ),
    # attachments
    ("attachments", ATTACHMENT, "attachments", "not-a-list"),
    ("attachments", ["x"], "attachments[0]", "not-an-object"),
    *[
        (f"attachments[0].{name}", GONE, "attachments[0]", "missing")
        for name in ("usageType", "display", "contentType", "length", "sha2")
    ],
    ("attachments[0].url", "x", "attachments[0]", "unknown"),
    ("attachments[0].usageType", "x", "attachments[0].usageType", "not-an-iri"),
    ("attachments[0].fileUrl", "x", "attachments[0].fileUrl", "not-an-iri"),
    ("attachments[0].fileUrl", None, "attachments[0].fileUrl", "not-a-string"),
    ("attachments[0].display", "x", "attachments[0].display", "not-an-object"),
    ("attachments[0].display", {"something": "x"}, "attachments[0].display.something", "not-a-language"),
    ("attachments[0].description", "x", "attachments[0].description", "not-an-object"),
    ("attachments[0].contentType", 999, "attachments[0].contentType", "not-a-string"),
    ("attachments[0].contentType", "text", "attachments[0].contentType", "not-a-media-type"),
    *each("attachments[0].length", "attachments[0].length", "not-a-count", *("27", -1, 1.5, True, None)),
    *each("attachments[0].sha2", "attachments[0].sha2", "not-a-sha2", *(SHA2[:-1], "g" * 64, "", "a" * 40)),
    ("attachments[0].sha2", 5, "attachments[0].sha2", "not-a-string"),
]


@pytest.mark.parametrize("version", BOTH)
@pytest.mark.parametrize(("path", "value", "where", "code"), BAD, ids=str)
def test_what_is_wrong_is_found_at_its_path(path, value, where, code, version):
    faults = statement_faults(at(ANSWERED, path, value), version=version)
    assert (where or "statement", code) in [(fault.where, fault.code) for fault in faults]


@pytest.mark.parametrize(
    ("path", "value", "where", "code"), [case for case in BAD if case[0].split(".")[0] in SUB], ids=str
)
def test_what_is_wrong_in_a_statement_is_wrong_in_a_substatement(path, value, where, code):
    faults = statement_faults(at(PLANNED, f"object.{path}", value), version=V2)
    assert (f"object.{where}".rstrip(".") if where else "object", code) in [
        (fault.where.rstrip("."), fault.code) for fault in faults
    ]


@pytest.mark.parametrize("name", ["id", "stored", "version", "authority"])
def test_a_substatement_has_nothing_a_store_sets(name):
    value = {"id": UUID, "stored": "2026-01-01T00:00:00Z", "version": "1.0.3", "authority": AGENT}[name]
    (fault,) = statement_faults(at(PLANNED, f"object.{name}", value), version=V2)
    assert (fault.where, fault.code) == ("object", "not-in-substatement")


def test_a_substatement_holds_no_substatement():
    faults = statement_faults(at(PLANNED, "object.object", SUB), version=V2)
    assert (faults[0].where, faults[0].code) == ("object.object", "substatement-in-substatement")


@pytest.mark.parametrize("missing", ["actor", "verb", "object"])
def test_a_substatement_needs_what_a_statement_needs(missing):
    faults = statement_faults(at(PLANNED, f"object.{missing}", GONE), version=V2)
    assert ("object", "missing") in [(fault.where, fault.code) for fault in faults]


@pytest.mark.parametrize("thing", [{"objectType": "Agent", "mbox": "mailto:a@b"}, TEAM, REF, SUB])
@pytest.mark.parametrize("name", ["revision", "platform"])
def test_revision_and_platform_belong_to_activities(name, thing):
    statement = {**MINIMAL, "object": thing, "context": {name: "x"}}
    (fault,) = statement_faults(statement, version=V2)
    assert (fault.where, fault.code) == (f"context.{name}", "only-with-activity")


def test_voiding_needs_a_reference_to_a_statement():
    assert statement_faults({**MINIMAL, "verb": VOIDED, "object": REF}, version=V2) == ()
    for thing in (ACTIVITY, {"id": IRI}, TEAM, SUB):
        (fault,) = statement_faults({**MINIMAL, "verb": VOIDED, "object": thing}, version=V2)
        assert (fault.where, fault.code) == ("object", "voids-no-statement")
    assert statement_faults(at(PLANNED, "object.verb", VOIDED), version=V2) == ()  # it voids nothing


def test_all_faults_are_named_at_once_and_none_repeats_a_value():
    secret = "lin-at-home"
    statement = at(at(at(ANSWERED, "actor.mbox", secret), "verb.id", secret), "context.registration", secret)
    faults = statement_faults(statement, version=V2, at="[2]")
    assert [fault.where for fault in faults] == ["[2].actor.mbox", "[2].verb.id", "[2].context.registration"]
    for language in ("en", "zh"):
        assert not any(secret in fault.in_language(language) for fault in faults)
    assert faults[0].in_language("zh") == "[2].actor.mbox：应为“mailto:”加一个邮箱地址。"


@pytest.mark.parametrize("nothing", [None, 5, "x", [], True, 1.5])
def test_what_is_no_object_is_no_statement(nothing):
    (fault,) = statement_faults(nothing, version=V1)
    assert fault.code == "not-an-object"
