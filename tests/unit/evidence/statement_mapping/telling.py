"""Statements of made-up tools, small enough to read, and what a mapping of them gives."""

from itertools import count

from yucai.evidence import LearnerNumbers, load_statement_profile, responses_from_statements

ADL = "http://adlnet.gov/expapi/verbs"
XAPI_ADL = "https://w3id.org/xapi/adl/verbs"
CMI5 = "https://w3id.org/xapi/cmi5/context"
PAGE = "https://lms.example.edu"
QUIZ = f"{PAGE}/quiz/7"
REGISTRATION = "ec531277-b57b-4c15-8d91-d292c5b2b8f7"
LEARNERS = LearnerNumbers(home_pages=frozenset({PAGE}))
_numbers = count(1)


def uuid(n):
    return f"00000000-0000-4000-8000-{n:012d}"


def told(verb, *, who="2025001", item=QUIZ, result=None, id=None, at="2026-03-02T08:00:00Z", **more):
    """A statement: who did what, with which result, on the second of March unless said otherwise."""
    statement = {
        "id": id or uuid(next(_numbers)),
        "actor": {"account": {"homePage": PAGE, "name": who}} if isinstance(who, str) else who,
        "verb": {"id": verb if ":" in verb else f"{ADL}/{verb}"},
        "object": {"id": item} if isinstance(item, str) else item,
        "timestamp": at,
        **more,
    }
    if result is not None:
        statement["result"] = result
    if at is None:
        del statement["timestamp"]
    return statement


def points(raw, most, **more):
    return {"score": {"raw": raw, "min": 0, "max": most}, **more}


def in_session(verb, *, session="s1", mode=None, mastery=None, defined=True, move_on=None, **more):
    """A statement of a cmi5 session; passed, failed and completed with what the standard asks of them."""
    name = verb.rpartition("/")[2]
    said = {"passed": {"success": True}, "failed": {"success": False}, "completed": {"completion": True}}.get(name, {})
    more["result"] = {**said, **(more.get("result") or {})} or None
    categories = [{"id": f"{CMI5}/categories/cmi5"}] if defined else []
    if bool(said) if move_on is None else move_on:
        categories.append({"id": f"{CMI5}/categories/moveon"})
    extensions = {f"{CMI5}/extensions/sessionid": session}
    if mode:
        extensions[f"{CMI5}/extensions/launchmode"] = mode
    if mastery is not None:
        extensions[f"{CMI5}/extensions/masteryscore"] = mastery
    context = {"contextActivities": {"category": categories}, "extensions": extensions, "registration": REGISTRATION}
    return told(verb, context={**context, **more.pop("context", {})}, **more)


def mapped(statements, profile="generic", **how):
    chosen = load_statement_profile(profile) if isinstance(profile, str) else profile
    return responses_from_statements(statements, chosen, **{"learners": LEARNERS, **how})


def scores(found):
    """(learner, item after the host, score, highest score) of each response."""
    rows = found.responses.table.select("learner", "item", "score", "max_score").iter_rows()
    return [(who, item.removeprefix(f"{PAGE}/"), score, most) for who, item, score, most in rows]


def reasons(found):
    return {notice.code: notice.facts["n"] for notice in found.notices}


def everything(found):
    """Every part of a mapping, to compare two of them."""
    notices = [(n.code, n.in_language("en"), n.in_language("zh")) for n in found.notices]
    tables = (found.responses.table.rows(), found.events.table.rows())
    return (*tables, found.unknown_actors, notices, found.n_statements)
