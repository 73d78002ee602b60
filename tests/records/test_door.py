"""The door itself: who comes in, what is where, methods, versions, alternate requests, other origins."""

import re
from datetime import datetime, timedelta
from urllib.parse import urlencode

import pytest

from tests.records.records_client import basic, new_id, statement
from yucai.web.records import door as door_of
from yucai.web.records.access_log import AccessLog
from yucai.web.records.actions import revoke
from yucai.web.records.door import with_records

SCOPES_AND_DOORS = {
    "statements/write": {"write"},
    "statements/read/mine": {"read"},
    "statements/read": {"read"},
    "state": {"state"},
    "profile": {"profile"},
    "define": set(),
    "all/read": {"read", "read state", "read profile"},
    "all": {"write", "read", "state", "profile", "read state", "read profile"},
}
STATE = {"activityId": "https://x.y/z", "agent": {"mbox": "mailto:a@b.c"}, "stateId": "s"}
PROFILE = {"activityId": "https://x.y/z", "profileId": "s"}
DAY = timedelta(days=1)


def test_key_and_secret_let_in_and_nothing_else(tool):
    assert tool.get().status == 200
    for header in (
        None,
        basic(tool.key, tool.secret + "x"),
        basic("somebody", tool.secret),
        basic(tool.key, tool.secret).replace("Basic ", "Basic:"),
        basic(tool.key, tool.secret).replace("Basic", "Bearer"),
        "Basic %%%",
        "Basic " + "A" * 5_000,
        "Basic AAAA",
    ):
        told = tool.call("GET", "statements", headers={"Authorization": header})
        assert told.status == 401
        assert told.headers["www-authenticate"].startswith("Basic")
        assert tool.secret not in told.body.decode()


def test_only_a_keyed_hash_of_the_secret_is_kept(tool):
    from yucai.web.records.models import RecordCredential

    row = RecordCredential.objects.get(key=tool.key)
    assert len(bytes(row.secret_hash)) == 32
    assert tool.secret.encode() not in bytes(row.secret_hash)


def test_a_revoked_credential_is_refused(tool, django_capture_on_commit_callbacks):
    assert tool.get().status == 200
    with django_capture_on_commit_callbacks(execute=True):
        revoke(key=tool.key, by=None, at=door_now())
    assert tool.get().status == 401


def door_now():
    from datetime import UTC, datetime

    return datetime(2026, 11, 26, tzinfo=UTC)


@pytest.mark.parametrize("scope", SCOPES_AND_DOORS)
def test_a_scope_opens_its_own_doors(credential, scope):
    tool = credential(scope)
    doors = {
        "write": tool.post(statement()),
        "read": tool.get(),
        "state": tool.call("POST", "activities/state", STATE, data={}),
        "profile": tool.call("POST", "activities/profile", PROFILE, data={}),
        "read state": tool.call("GET", "activities/state", STATE),
        "read profile": tool.call("GET", "activities/profile", PROFILE),
    }
    opened = {name for name, told in doors.items() if told.status != 403}
    allowed = SCOPES_AND_DOORS[scope]
    assert opened == allowed | {f"read {name}" for name in allowed & {"state", "profile"}}
    assert all("scope" in told.json["error"] for told in doors.values() if told.status == 403)


def test_mine_shows_what_this_authority_wrote(credential):
    mine, other = credential("statements/write", "statements/read/mine", name="mine"), credential("all", name="other")
    (own,) = mine.post(statement()).json
    (foreign,) = other.post(statement()).json
    assert mine.ids() == [own]
    assert mine.ids(verb=statement()["verb"]["id"]) == [own]
    assert mine.get(statementId=foreign).status == 404
    assert set(other.ids()) == {own, foreign}
    more = other.get(limit=1).json["more"]
    assert [one["id"] for one in mine.call("GET", more).json["statements"]] == [own]


def test_two_stores_share_nothing(store, credential, tool):
    from yucai.evidence import Version
    from yucai.web.records.actions import add_store

    add_store(space=store.space, code="other", version=Version.V1, by=None, at=door_now())
    (own,) = tool.post(statement()).json
    assert tool.call("GET", "/xapi/other/statements").status == 401
    assert tool.call("GET", "/xapi/nothing/statements").status == 404
    assert tool.call("GET", "/xapi/other/about", bare=True).headers["x-experience-api-version"] == "1.0.3"
    assert tool.get(statementId=own).status == 200


def test_about_needs_no_version_and_no_credential(tool):
    told = tool.call("GET", "about", bare=True)
    assert told.status == 200
    assert {"1.0.3", "2.0.0"} <= set(told.json["version"])
    assert told.headers["x-experience-api-version"] == "2.0.0"
    one = tool.call("GET", "about", bare=True, headers={"X-Experience-API-Version": "1.0.1"})
    assert one.headers["x-experience-api-version"] == "1.0.3"
    assert one.json["version"] == ["1.0.0", "1.0.1", "1.0.2", "1.0.3"]
    two = tool.call("GET", "about", bare=True, headers={"X-Experience-API-Version": "2.0.0"})
    assert "2.0.0" in two.json["version"]
    assert tool.call("POST", "about", data={}).status == 405


@pytest.mark.parametrize("version", [None, "", "0.9", "1.1", "3.0.0", "2.0.0, 1.0.3"])
def test_a_version_that_is_not_spoken_is_refused_with_the_one_that_is(tool, version):
    for method, data in (("GET", None), ("POST", statement())):
        told = tool.call(method, "statements", data=data, headers={"X-Experience-API-Version": version})
        assert told.status == 400
        assert told.headers["x-experience-api-version"] == "2.0.0"


def test_a_store_of_the_first_version_answers_in_it_where_none_is_named(store, tool):
    from yucai.web.records.door import forget_stores

    store.default_version = "1.0.3"
    store.save()
    forget_stores()
    for resource in ("statements", "activities", "activities/state", "activities/profile", "agents", "agents/profile"):
        for version in (None, "1.1.0"):
            told = tool.call("GET", resource, headers={"X-Experience-API-Version": version})
            assert (told.status, told.headers["x-experience-api-version"]) == (400, "1.0.3")
    assert tool.get().headers["x-experience-api-version"] == "2.0.0"


def test_a_tool_that_names_no_version_is_told_so_in_the_one_it_spoke_last(tool, credential):
    def unnamed(speaker, **headers):
        told = speaker.call("GET", "statements", headers={"X-Experience-API-Version": None, **headers})
        assert told.status == 400
        return told.headers["x-experience-api-version"]

    first = credential("all", name="first", version="1.0.3")
    assert unnamed(first) == "2.0.0"
    assert first.get().status == 200
    assert (unnamed(first), unnamed(tool)) == ("1.0.3", "2.0.0")
    assert unnamed(first, **{"X-Experience-API-Version": "1.1.0"}) == "1.0.3"
    assert unnamed(first, Authorization=basic("nobody", "nothing")) == "2.0.0"
    assert first.call("GET", "statements", headers={"X-Experience-API-Version": "2.0.0"}).status == 200
    assert unnamed(first) == "2.0.0"


def test_every_answer_about_statements_says_until_when_they_can_be_read(either, credential):
    nobody = {"Authorization": basic("nobody", "nothing")}
    blind = credential("statements/write", name="blind", version=either.version)
    asked = [
        (200, either.get(limit=1)),
        (400, either.get(LIMIT=1)),
        (400, either.get(statementId="no-id")),
        (400, either.post({"verb": {}})),
        (401, either.call("GET", "statements", headers=nobody)),
        (403, blind.get()),
        (404, either.get(statementId=new_id())),
        (405, either.call("DELETE", "statements")),
        (404, either.call("GET", "statements/more")),
        (400, either.call("GET", "statements/more/none")),
    ]
    for status, told in asked:
        assert told.status == status, told.body
        assert datetime.fromisoformat(told.headers["x-experience-api-consistent-through"]) > door_now() - DAY
    assert "x-experience-api-consistent-through" not in either.call("GET", "activities").headers


@pytest.mark.parametrize(
    ("resource", "wrong"),
    [
        ("statements", ["DELETE", "PATCH"]),
        ("activities", ["DELETE", "PUT", "POST"]),
        ("agents", ["DELETE", "PUT", "POST"]),
        ("activities/state", ["PATCH"]),
    ],
)
def test_a_method_that_is_not_there_is_refused_before_anything_is_asked(tool, resource, wrong):
    for method in wrong:
        told = tool.call(method, resource, bare=True, headers={"X-Experience-API-Version": "1.0.1"})
        assert told.status == 405
        assert "GET" in told.headers["allow"]


@pytest.mark.parametrize(
    "resource", ["", "nothing", "statements/x", "statements/more", "activities/nothing", "agents/"]
)
def test_what_is_not_there_is_not_found(tool, resource):
    assert tool.call("GET", resource).status == (400 if resource == "agents/" else 404)


def test_other_origins_may_ask(tool):
    told = tool.call("OPTIONS", "statements", bare=True, headers={"Origin": "https://course.example.edu"})
    assert told.status == 204
    assert told.headers["access-control-allow-origin"] == "*"
    assert "PUT" in told.headers["access-control-allow-methods"]
    for name in ("Authorization", "X-Experience-API-Version", "If-Match"):
        assert name in told.headers["access-control-allow-headers"]
    assert "ETag" in tool.get().headers["access-control-expose-headers"]


def test_a_browser_runs_nothing_that_is_given_back(tool):
    place = {"activityId": "http://x.y/z", "agent": {"mbox": "mailto:a@b.cn"}, "stateId": "page"}
    page = {"Content-Type": "text/html", "If-None-Match": "*"}
    assert tool.call("PUT", "activities/state", place, data=b"<script>alert(1)</script>", headers=page).status == 204
    for told in (tool.call("GET", "activities/state", place), tool.get(), tool.get(limit="x"), tool.call("GET", "x")):
        assert told.headers["content-security-policy"] == "sandbox; default-src 'none'"
        assert told.headers["x-content-type-options"] == "nosniff"


class TestAlternateRequests:
    """xAPI 1.0.3 lets a POST stand for another method."""

    def send(self, tool, form, method="PUT", *, query=None, headers=None, raw=None):
        body = urlencode(form).encode() if raw is None else raw
        sent = {"Content-Type": "application/x-www-form-urlencoded", **(headers or {})}
        return tool.call("POST", "statements", query or {"method": method}, data=body, headers=sent)

    def form(self, **more):
        import json

        return {"statementId": new_id(), "content": json.dumps(statement()), **more}

    def test_it_stands_for_the_method_it_names(self, credential):
        tool = credential("all", version="1.0.3")
        form = self.form()
        assert self.send(tool, form).status == 204
        told = self.send(tool, {"statementId": form["statementId"]}, "GET")
        assert told.json["id"] == form["statementId"]
        assert self.send(tool, {"limit": "1"}, "GET").json["more"] == ""

    def test_headers_come_as_fields(self, credential):
        tool = credential("all", version="1.0.3")
        login = {"Authorization": basic(tool.key, tool.secret), "X-Experience-API-Version": "1.0.3"}
        bare = {"Authorization": None, "X-Experience-API-Version": None}
        assert self.send(tool, self.form(**login), headers=bare).status == 204
        assert self.send(tool, self.form(), headers={**bare, "X-Experience-API-Version": "1.0.3"}).status == 401
        assert self.send(tool, self.form(**{"X-Experience-API-Version": "0.8"})).status == 400

    def test_what_is_not_as_it_should_be_is_refused(self, credential):
        tool = credential("all", version="1.0.3")
        form = self.form()
        extra = {"method": "PUT", "statementId": form["statementId"]}
        assert self.send(tool, form, query=extra).status == 400
        assert self.send(tool, {"statementId": new_id()}).status == 400
        assert self.send(tool, {}, raw=b'{"content": "x"}').status == 400
        assert self.send(tool, form, "PATCH").status == 400
        assert self.send(tool, form, headers={"Content-Type": "application/json"}).status == 400
        assert tool.call("POST", "statements", {"method": "PUT"}).status == 400
        for method in ("GET", "PUT"):
            assert tool.call(method, "statements", {"method": "POST"}, data=statement()).status == 400
        assert tool.ids() == []

    @pytest.mark.parametrize("kind", ["text/plain\r\nX-Evil: 1", "text/pl\0ain", "text/\u4e2d"])
    def test_a_field_that_could_be_no_header_is_refused(self, credential, kind):
        tool = credential("all", version="1.0.3")
        told = self.send(tool, self.form(**{"Content-Type": kind}))
        assert (told.status, "header" in told.json["error"]) == (400, True)
        assert tool.ids() == []

    def test_the_second_version_does_not_have_it(self, tool):
        assert self.send(tool, self.form()).status == 400
        assert self.send(tool, {}, "GET").status == 400
        assert tool.post(statement(), params={"foo": "bar"}).status == 400


def test_activities_gather_what_is_said_of_them(either):
    iri = "https://lms.example.edu/a"
    assert either.call("GET", "activities", {"activityId": iri}).json == {"objectType": "Activity", "id": iri}
    first = {"objectType": "Activity", "id": iri, "definition": {"name": {"en": "Quiz"}, "type": "http://x.y/t"}}
    second = {"id": iri, "definition": {"name": {"zh": "测验"}}}
    either.post([statement(object=first), statement(context={"contextActivities": {"other": [second]}})])
    told = either.call("GET", "activities", {"activityId": iri}).json
    assert told["definition"] == {"name": {"en": "Quiz", "zh": "测验"}, "type": "http://x.y/t"}
    assert either.call("GET", "activities").status == 400
    assert either.call("GET", "activities", {"activityId": "no iri"}).status == 400


def test_only_who_may_define_defines(credential):
    writer = credential("statements/write", "statements/read")
    thing = {"id": "https://x.y/a", "definition": {"name": {"en": "changed"}}}
    assert writer.post(statement(object=thing, actor={"mbox": "mailto:a@b.c", "name": "Ana"})).status == 200
    assert "definition" not in writer.call("GET", "activities", {"activityId": thing["id"]}).json
    assert "name" not in writer.call("GET", "agents", {"agent": {"mbox": "mailto:a@b.c"}}).json


def test_agents_gather_their_names(either):
    agent = {"mbox": "mailto:lin@example.edu"}
    assert either.call("GET", "agents", {"agent": agent}).json == {"objectType": "Person", "mbox": [agent["mbox"]]}
    either.post([statement(), statement(actor={**agent, "name": "林"}), statement(actor={**agent, "name": "nul\0"})])
    told = either.call("GET", "agents", {"agent": agent})
    assert told.json["objectType"] == "Person"
    assert sorted(told.json["name"]) == ["Lin", "林"]
    assert told.json["mbox"] == [agent["mbox"]]
    assert either.call("GET", "agents", {"agent": "x"}).status == 400


def test_refusals_speak_the_language_that_is_asked_for(tool):
    told = tool.call("GET", "statements", {"verb": "x"}, headers={"Accept-Language": "zh-CN"})
    assert "请求参数不符合要求" in told.json["error"]


@pytest.fixture
def access_log(tmp_path, monkeypatch):
    log = AccessLog(tmp_path / "records.log", most_bytes=2_000)
    monkeypatch.setattr(door_of, "_ACCESS", [log])
    yield log
    log.close()


def test_the_access_log_names_nobody(tool, access_log):
    tool.post(statement())
    tool.get(agent={"mbox": "mailto:lin@example.edu"})
    tool.call("GET", "agents/profile", {"agent": {"mbox": "mailto:lin@example.edu"}, "profileId": "secret"})
    tool.call("GET", "lin@example.edu")
    said = access_log.file.read_text()
    assert re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} s \S+ POST statements 200 \d+ bytes 1 statements ", said)
    assert len(said.splitlines()) == 4
    assert tool.key in said
    for never in ("lin", "secret", tool.secret, "mbox"):
        assert never not in said


def test_a_full_access_log_steps_back_and_the_oldest_goes(access_log):
    for n in range(100):
        access_log.write(f"line {n} " + "x" * 80)
    kept = {file.name: file.read_text() for file in sorted(access_log.file.parent.iterdir())}
    assert list(kept) == ["records.log", "records.log.1", "records.log.2"]
    assert all(len(text) <= 2_000 for text in kept.values())
    lines = [int(line.split()[3]) for name in reversed(kept) for line in kept[name].splitlines()]
    assert lines == list(range(lines[0], 100))
    assert lines[0] > 0


def test_what_is_stored_is_answered_so_also_where_the_log_cannot_be_written(tool, tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(door_of, "_ACCESS", [AccessLog(tmp_path / "gone" / "records.log")])
    assert tool.post(statement()).status == 200
    assert "the access log cannot be written" in caplog.text


def test_what_goes_wrong_inside_is_said_without_details(tool, monkeypatch, caplog):
    def broken(visit):
        raise RuntimeError("@".join(["lin", "example.edu"]))

    monkeypatch.setattr(door_of, "RESOURCES", {"statements": (broken, ("GET",))})
    told = tool.get()
    assert (told.status, told.headers["retry-after"]) == (503, "5")
    assert "lin@" not in told.body.decode() + caplog.text
    assert "RuntimeError" in caplog.text


def test_the_pages_stand_behind_the_door(tool):
    reached = []
    both = with_records(lambda environ, start: reached.append(environ["PATH_INFO"]) or [b""])
    both({"PATH_INFO": "/home/", "REQUEST_METHOD": "GET"}, None)
    list(both({"PATH_INFO": "/xapi/s/about", "REQUEST_METHOD": "GET"}, lambda status, headers: reached.append(status)))
    assert reached == ["/home/", "200 OK"]
