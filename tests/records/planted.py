"""One person planted in every place of a store, in every way of writing."""

import base64
import hashlib
import json
from urllib.parse import quote

from tests.records.records_client import new_id, statement, voiding
from tests.records.test_attachments_door import MIXED, mixed, with_attachment

NAME = "Zheng Qiaoyunx"
MAIL = "qiaoyunx.zheng@planted.example.edu"
NUMBER = "2025987654"
HOME = "https://lms.example.edu"
OPENID = "https://openid.example.edu/qiaoyunx"
SHA1 = hashlib.sha1(f"mailto:{MAIL}".encode(), usedforsecurity=False).hexdigest()
WORDS = (NAME, MAIL, NUMBER, OPENID, SHA1, "Qiaoyunx", quote(MAIL, safe=""))

BY_MAIL = {"mbox": f"mailto:{MAIL}", "name": NAME}
BY_ACCOUNT = {"account": {"homePage": HOME, "name": NUMBER}, "name": NAME}
BY_OPENID = {"openid": OPENID}
BY_HASH = {"mbox_sha1sum": SHA1}
PERSON = (BY_MAIL, BY_ACCOUNT, BY_OPENID)
BEN = {"mbox": "mailto:ben@example.edu", "name": "Ben"}
TEACHER = {"mbox": "mailto:teacher@example.edu", "name": "Ms Li"}


def own_statements():
    """Statements that are about the person."""
    result = {"response": f"I am {NAME}, {MAIL}", "extensions": {f"https://x.y/{NUMBER}": [MAIL, {"who": OPENID}]}}
    activity = {"id": f"{HOME}/portfolio/{NUMBER}", "definition": {"name": {"en": f"Portfolio of {NAME}"}}}
    sub = {"objectType": "SubStatement", **statement(actor=BY_ACCOUNT)}
    del sub["verb"]["display"]
    return [
        statement(actor=BY_MAIL, result=result),
        statement(actor=BY_ACCOUNT, object=activity),
        statement(actor=BY_OPENID),
        statement(actor=BY_HASH),
        statement(actor={"objectType": "Group", "member": [BY_MAIL]}),
        statement(actor=TEACHER, object={"objectType": "Agent", **BY_MAIL}),
        statement(actor=TEACHER, object=sub),
    ]


def others_statements():
    """Statements that are about others and name the person."""
    sub = {"objectType": "SubStatement", **statement(actor=BEN, context={"instructor": BY_MAIL})}
    return [
        statement(actor={"objectType": "Group", "name": "Team 3", "member": [BEN, BY_MAIL]}),
        statement(actor=BEN, context={"instructor": BY_OPENID, "platform": "Moodle"}),
        statement(actor=BEN, context={"team": {"objectType": "Group", "member": [BY_ACCOUNT, TEACHER]}}),
        statement(actor=BEN, context={"contextAgents": [{"objectType": "contextAgent", "agent": BY_HASH}]}),
        statement(
            actor=BEN,
            context={
                "contextGroups": [{"objectType": "contextGroup", "group": {"objectType": "Group", "member": [BY_MAIL]}}]
            },
        ),
        statement(actor=BEN, object=sub),
        statement(actor=BEN, object={"objectType": "Group", "member": [BY_MAIL, BEN]}),
        statement(actor=BEN, result={"response": f"with {MAIL.upper()}.", "score": {"raw": 1.5}}),
        statement(actor=BEN, context={"extensions": {"https://x.y/with": {"deep": [NUMBER, f"<{MAIL}>"]}}}),
        statement(actor=BEN, object={"id": f"{HOME}/user/{quote(MAIL, safe='')}/page"}),
    ]


def plant(tool):
    """Plant the person; return the ids of the statements about them and of those about others."""
    own = tool.post(own_statements())
    assert own.status == 200, own.body
    others = tool.post(others_statements())
    assert others.status == 200, others.body
    escaped = json.dumps(statement(actor=BEN, result={"response": MAIL})).replace("@planted", "\\u0040planted")
    ids = [*others.json, *tool.post(escaped.encode()).json]
    essay = with_attachment(f"essay by {NAME} <{MAIL}>".encode(), display={"en": NAME}) | {"actor": BY_MAIL}
    mine = [*own.json, *tool.post(mixed(essay, f"essay by {NAME} <{MAIL}>".encode()), headers=MIXED).json]
    signed, jws = signed_statement(statement(actor={"objectType": "Group", "member": [BEN, BY_MAIL]}))
    told = tool.post(mixed(signed, jws), headers={**MIXED})
    assert told.status == 200, told.body
    ids += told.json
    withdrawn, voider = new_id(), new_id()
    tool.post([statement(actor=BEN, id=withdrawn), voiding(withdrawn, id=voider) | {"actor": BY_MAIL}])
    gone = new_id()
    tool.post([statement(actor=BY_MAIL, id=gone), voiding(gone)])
    ids.append(voider)
    mine.append(gone)
    plant_documents(tool)
    return mine, ids


def plant_documents(tool):
    agent, activity = json.dumps(BY_ACCOUNT), f"{HOME}/course/1"
    text = f"{NAME} {MAIL}".encode()
    state = {"activityId": activity, "agent": agent, "stateId": f"bookmark-{NUMBER}"}
    put(tool, "activities/state", state, text, "text/plain")
    put(tool, "agents/profile", {"agent": json.dumps(BY_MAIL), "profileId": "p"}, text, "text/plain")
    shared = json.dumps({"best": [{"who": MAIL}], "n": 3}).encode()
    put(tool, "activities/profile", {"activityId": activity, "profileId": "board"}, shared, "application/json")


def put(tool, resource, params, content, kind):
    headers = {"Content-Type": kind, "If-None-Match": "*"}
    told = tool.call("PUT", resource, params, data=content, headers=headers)
    assert told.status == 204, told.body


def signed_statement(one):
    """Return a statement and its signature, whose payload holds the person a second time."""
    header = {"alg": "RS256"}

    def coded(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=")

    jws = b".".join([coded(header), coded(one), b"c2lnbmF0dXJl"])
    attachment = {
        "usageType": "http://adlnet.gov/expapi/attachments/signature",
        "display": {"en": "signature"},
        "contentType": "application/octet-stream",
        "length": len(jws),
        "sha2": hashlib.sha256(jws).hexdigest(),
    }
    return {**one, "attachments": [attachment]}, jws
