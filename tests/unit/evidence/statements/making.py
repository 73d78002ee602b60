"""Statements to try things on, ways to change them at a path, and strategies that build any good one."""

import json
import string

from hypothesis import strategies as st

from yucai.evidence import Version

V1, V2 = Version.V1, Version.V2
BOTH = (V1, V2)
GONE = type("Gone", (), {"__repr__": lambda self: "gone"})()  # named alike in every process that collects the tests
SHA2 = "495395e777cd98da653df9615d09c0fd6bb2f8d4788394cd53c56a3bfdcd848a"  # of b"here is a simple attachment"
UUID = "8f87ccde-bb56-4c2e-ab83-44982ef22df0"

AGENT = {"objectType": "Agent", "name": "Lin", "mbox": "mailto:lin@example.edu"}
ACCOUNT = {"account": {"homePage": "https://lms.example.edu", "name": "2025000012"}}
NAMELESS = {"objectType": "Group", "member": [AGENT, ACCOUNT]}
TEAM = {"objectType": "Group", "name": "Class 3", "openid": "https://id.example.edu/class/3", "member": [AGENT]}
REF = {"objectType": "StatementRef", "id": UUID}
ACTIVITY = {"objectType": "Activity", "id": "https://lms.example.edu/quiz/7/question/3"}
ATTACHMENT = {
    "usageType": "http://example.org/attachment/report",
    "display": {"en-US": "Report", "zh-CN": "报告"},
    "contentType": "text/plain; charset=ascii",
    "length": 27,
    "sha2": SHA2,
    "fileUrl": "https://files.example.edu/report.txt",
}
QUESTION = {
    **ACTIVITY,
    "definition": {
        "type": "http://adlnet.gov/expapi/activities/cmi.interaction",
        "name": {"en-US": "Question 3", "zh-CN": "第 3 题"},
        "interactionType": "choice",
        "correctResponsesPattern": ["b"],
        "choices": [{"id": "a", "description": {"en-US": "One"}}, {"id": "b", "description": {"en-US": "Two"}}],
        "extensions": {"http://example.org/x": None},
    },
}
ANSWERED = {
    "id": "fd41c918-b88b-4b20-a0a5-a4c32391aaa0",
    "actor": AGENT,
    "verb": {"id": "http://adlnet.gov/expapi/verbs/answered", "display": {"en-US": "answered", "zh-CN": "回答"}},
    "object": QUESTION,
    "result": {
        "score": {"scaled": 0.5, "raw": 1, "min": 0, "max": 2},
        "success": True,
        "completion": True,
        "response": "b",
        "duration": "PT12.5S",
        "extensions": {"http://example.org/tries": {"n": [1, None]}},
    },
    "context": {
        "registration": "ec531277-b57b-4c15-8d91-d292c5b2b8f7",
        "instructor": ACCOUNT,
        "team": TEAM,
        "contextActivities": {
            "parent": [{"id": "https://lms.example.edu/quiz/7"}],
            "grouping": {"id": "https://lms.example.edu/course/3"},
        },
        "revision": "2",
        "platform": "Moodle",
        "language": "zh-CN",
        "statement": REF,
        "extensions": {},
    },
    "timestamp": "2026-11-26T09:30:00.000Z",
    "authority": AGENT,
    "attachments": [ATTACHMENT],
}
SUB = {
    "objectType": "SubStatement",
    **{name: ANSWERED[name] for name in ("actor", "verb", "object", "result", "context", "timestamp")},
}
PLANNED = {**{name: ANSWERED[name] for name in ("actor", "verb")}, "object": SUB}
MINIMAL = {"actor": ACCOUNT, "verb": {"id": "http://example.org/did"}, "object": {"id": "http://example.org/x"}}


def at(statement, path, value):
    """Return a copy with something put at a path such as ``actor.member[0].mbox``, or taken away (GONE)."""
    new = json.loads(json.dumps(statement))  # nothing is shared, also not inside
    steps = [
        int(step) if step.isdigit() else step for step in path.replace("[", ".").replace("]", "").split(".") if step
    ]
    held = new
    for step in steps[:-1]:
        held = held[step]
    if value is GONE:
        del held[steps[-1]]
    else:
        held[steps[-1]] = json.loads(json.dumps(value))
    return new


words = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8)
slugs = st.text(string.ascii_lowercase + string.digits + "学é-_~", min_size=1, max_size=8)
iris = st.builds("{}://example.org/{}".format, st.sampled_from(["http", "https", "urn+x"]), slugs)
uuids = st.uuids().map(str)
languages = st.sampled_from(["en", "en-US", "zh-Hans-CN", "de-CH-1901", "x-own", "i-klingon", "sl-rozaj-biske"])
language_maps = st.dictionaries(languages, words, max_size=3)
numbers = st.integers(-1000, 1000) | st.floats(-1000, 1000, allow_nan=False)
json_values = st.recursive(
    st.none() | st.booleans() | numbers | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=5,
)
extensions = st.dictionaries(iris, json_values, max_size=2)
identifiers = st.one_of(
    slugs.filter(str.isascii).map(lambda name: {"mbox": f"mailto:{name}@example.edu"}),
    st.text("0123456789abcdef", min_size=40, max_size=40).map(lambda digits: {"mbox_sha1sum": digits}),
    iris.map(lambda iri: {"openid": iri}),
    st.builds(lambda page, name: {"account": {"homePage": page, "name": name}}, iris, words),
)
timestamps = (
    st.datetimes()
    .map(lambda time: time.isoformat(timespec="milliseconds"))
    .flatmap(lambda time: st.sampled_from(["Z", "+08:00", "-05:30"]).map(lambda offset: time + offset))
    .filter(lambda text: not text.startswith(("0001", "9999")))
)
durations = st.sampled_from(["PT1H", "P4W", "P3Y1M29DT4H35M59.14S", "PT0.5S", "P1D"])


def some(needed, **optional):
    """An object with what is needed and any of what is optional."""
    return st.fixed_dictionaries(needed, optional=optional)


agents = st.builds(lambda base, one: {**base, **one}, some({}, objectType=st.just("Agent"), name=words), identifiers)
nameless = some({"objectType": st.just("Group"), "member": st.lists(agents, min_size=1, max_size=3)}, name=words)
identified = st.builds(
    lambda base, one: {**base, **one},
    some({"objectType": st.just("Group")}, name=words, member=st.lists(agents, max_size=2)),
    identifiers,
)
groups = nameless | identified
components = st.lists(some({"id": words}, description=language_maps), max_size=3, unique_by=lambda one: one["id"])
described = {
    "name": language_maps,
    "description": language_maps,
    "type": iris,
    "moreInfo": iris,
    "extensions": extensions,
}
pattern = {"correctResponsesPattern": st.lists(words, max_size=2)}
definitions = st.one_of(
    some({}, **described),
    some({"interactionType": st.sampled_from(["choice", "sequencing"])}, choices=components, **pattern, **described),
    some({"interactionType": st.just("matching")}, source=components, target=components, **pattern, **described),
    some({"interactionType": st.just("likert")}, scale=components, **pattern),
    some({"interactionType": st.just("performance")}, steps=components, **pattern),
    some({"interactionType": st.sampled_from(["true-false", "fill-in", "numeric", "other"])}, **pattern),
)
activities = some({"id": iris}, objectType=st.just("Activity"), definition=definitions)
references = uuids.map(lambda one: {"objectType": "StatementRef", "id": one})
scores = (
    st.lists(numbers, min_size=3, max_size=3, unique=True)
    .map(sorted)
    .flatmap(
        lambda three: some(
            {}, scaled=st.floats(-1, 1), min=st.just(three[0]), raw=st.just(three[1]), max=st.just(three[2])
        )
    )
)
results = some(
    {},
    score=scores,
    success=st.booleans(),
    completion=st.booleans(),
    response=words,
    duration=durations,
    extensions=extensions,
)
attachments = some(
    {
        "usageType": iris,
        "display": language_maps,
        "contentType": st.just("text/plain"),
        "length": st.integers(0, 10**6),
        "sha2": st.just(SHA2),
        "fileUrl": iris,
    },
    description=language_maps,
)


def contexts(version, *, with_activity):
    """A context of either version."""
    related = {}
    if version is V2:
        types = {"relevantTypes": st.lists(iris, min_size=1, max_size=2)}
        related = {
            "contextAgents": st.lists(
                some({"objectType": st.just("contextAgent"), "agent": agents}, **types), max_size=2
            ),
            "contextGroups": st.lists(
                some({"objectType": st.just("contextGroup"), "group": groups}, **types), max_size=2
            ),
        }
    about = {"revision": words, "platform": words} if with_activity else {}
    places = {
        name: activities | st.lists(activities, max_size=2) for name in ("parent", "grouping", "category", "other")
    }
    return some(
        {},
        registration=uuids,
        instructor=agents | groups,
        team=groups,
        contextActivities=some({}, **places),
        language=languages,
        statement=references,
        extensions=extensions,
        **about,
        **related,
    )


def _with_object(version, things, *, with_activity, own):
    verb = some({"id": iris}, display=language_maps)
    return some(
        {"actor": agents | groups, "verb": verb, "object": things},
        result=results,
        context=contexts(version, with_activity=with_activity),
        timestamp=timestamps,
        attachments=st.lists(attachments, max_size=2),
        **own,
    )


def statements(version):
    """Any good statement of a version."""
    stated = {V1: ["1.0", "1.0.0", "1.0.3"], V2: ["1.0.3", "2.0", "2.0.0"]}[version]
    own = {
        "id": uuids,
        "stored": timestamps,
        "version": st.sampled_from(stated),
        "authority": agents
        | some({"objectType": st.just("Group"), "member": st.lists(agents, min_size=2, max_size=2)}),
    }
    people = agents.map(lambda one: {**one, "objectType": "Agent"}) | groups
    inner = _with_object(version, activities, with_activity=True, own={}) | _with_object(
        version, people | references, with_activity=False, own={}
    )
    subs = inner.map(lambda one: {**one, "objectType": "SubStatement"})
    return _with_object(version, activities, with_activity=True, own=own) | _with_object(
        version, people | references | subs, with_activity=False, own=own
    )
