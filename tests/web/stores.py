"""A record store in the empty institution, with a tool that speaks to it."""

from datetime import UTC, datetime

from tests.records.records_client import Tool, statement

HOME = "https://moodle.example.edu"
NOW = datetime.now(tz=UTC)


def forget_everything():
    """Forget what this process knows of earlier stores."""
    from yucai.web.records import refused_box
    from yucai.web.records.catalogue import SEEN
    from yucai.web.records.credentials import forget_credentials
    from yucai.web.records.door import forget_stores
    from yucai.web.records.tombstones import forget_tombstones

    for forget in (forget_credentials, forget_stores, forget_tombstones, SEEN.clear):
        forget()
    refused_box._PACE.lately.clear()


def make_store(space, code="moodle"):
    """Make a store."""
    from yucai.evidence import Version
    from yucai.web.records.actions import add_store

    forget_everything()
    return add_store(space=space, code=code, version=Version.V2, by=None, at=NOW)


def open_tool(store, *scopes, name="Moodle"):
    """Open a store to a tool."""
    from yucai.web.records.actions import add_credential

    new = add_credential(store=store, name=name, home=HOME, scopes=scopes or ("all",), by=None, at=NOW)
    return Tool(store=store.code, key=new.credential.key, secret=new.secret)


def learner(number):
    return {"account": {"homePage": HOME, "name": number}}


def answered(number, question=3, **more):
    """Return that somebody answered a question right."""
    thing = {
        "id": f"{HOME}/quiz/{question}",
        "definition": {"name": {"en": f"Question {question}", "zh": f"第 {question} 题"}},
    }
    result = {"score": {"raw": 3, "max": 4}, "success": True}
    return statement(**{"actor": learner(number), "object": thing, "result": result, **more})
