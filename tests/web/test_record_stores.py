"""The pages of record stores: who may see them, making one, opening it to a tool, changing and closing it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils.html import escape

from tests.web.stores import HOME, answered, forget_everything, make_store, open_tool
from yucai.web.records.following import place_of, start_again
from yucai.web.records.models import RecordCredential, RecordStore, StatementRow
from yucai.web.records.operating_models import RecordEvent

NOW = datetime.now(tz=UTC)


@pytest.fixture
def store(space):
    return make_store(space)


@pytest.fixture
def english(director):
    director.cookies["django_language"] = "en"
    return director


def page(client, address, status=200):
    answer = client.get(address)
    assert answer.status_code == status
    return answer.content.decode()


def test_who_takes_files_in_runs_stores_and_nobody_else(signed_in, db):
    for role in ("director", "researcher"):
        assert "/records/" in page(signed_in(role), "/home/")
        page(signed_in(role), "/records/")
    for role in ("teacher", "mentor", "student", "bureau"):
        assert signed_in(role).get("/records/").status_code == 403
        assert 'href="/records/"' not in signed_in(role).get("/home/", follow=True).content.decode()


def test_another_institutions_store_is_refused_as_one_that_does_not_exist(director, space, db):
    from yucai.web.accounts.models import Space

    other = Space.objects.create(code="other", name_en="O", name_zh="它", simulated=False, evidence_map="m")
    make_store(other, "theirs")
    for path in ("", "settings", "tools/add", "statements/", "statements.csv", "refused/", "again"):
        assert director.get(f"/records/theirs/{path}").status_code == 403
        assert director.get(f"/records/nothing/{path}").status_code == 403
    for path in ("close", "open", "refused/again"):
        assert director.post(f"/records/theirs/{path}").status_code == 403
    assert "theirs" not in page(director, "/records/")


def test_a_store_is_made_and_everything_wrong_is_told_at_its_field(english, space):
    bad = english.post("/records/add", {"space": "school", "code": "a b", "default_version": "2.0.0"})
    assert "cannot stand in an address" in bad.content.decode()
    assert english.post("/records/add", {"space": "x", "code": "", "default_version": "9"}).status_code == 200
    forget_everything()
    made = english.post("/records/add", {"space": "school", "code": "moodle", "default_version": "1.0.3"})
    assert made.url == "/records/moodle/"
    store = RecordStore.objects.get()
    assert (store.default_version, store.created_by.username) == ("1.0.3", "lin")
    assert RecordEvent.objects.get().kind == "made"
    again = english.post("/records/add", {"space": "school", "code": "moodle", "default_version": "2.0.0"})
    assert escape("There is a store “moodle” already") in again.content.decode()


def test_a_tool_gets_key_and_secret_once(english, store):
    form = {"name": "H5P", "home": "https://h5p.example.edu", "preset": "sender"}
    made = english.post("/records/moodle/tools/add", form)
    credential = RecordCredential.objects.get()
    told = made.content.decode()
    assert credential.scopes == "define statements/write"
    assert credential.key in told
    secret = told.split('id="secret">')[1].split("<")[0]
    assert "no-store" in made["Cache-Control"]
    from tests.records.records_client import Tool

    assert Tool(store="moodle", key=credential.key, secret=secret).post(answered("1")).status == 200
    for address in ("/records/moodle/", "/records/", "/records/moodle/tools/add"):
        assert secret not in page(english, address)


def test_what_is_wrong_with_a_credential_is_told_at_its_field(english, store):
    told = english.post("/records/moodle/tools/add", {"name": "", "home": "x", "preset": "own"}).content.decode()
    assert told.count("This is needed.") == 2  # at the field, and above the form with a way to it
    told = english.post("/records/moodle/tools/add", {"name": "T", "home": "x", "preset": "own"}).content.decode()
    assert "is no address of a web page" in told
    assert "at least one scope" in told
    assert not RecordCredential.objects.exists()
    own = {"name": "T", "home": HOME, "preset": "own", "scopes": ["state", "profile"]}
    english.post("/records/moodle/tools/add", own)
    assert RecordCredential.objects.get().scopes == "profile state"


def test_a_credential_is_revoked_after_a_question(english, store):
    tool = open_tool(store)
    tool.post([answered("1"), answered("2")])
    page(english, "/records/moodle/")  # counts
    pk = RecordCredential.objects.get().pk
    assert "The 2 statements it stored stay" in page(english, f"/records/moodle/tools/{pk}/revoke")
    assert tool.get().status == 200
    english.post(f"/records/moodle/tools/{pk}/revoke")
    forget_everything()
    assert tool.get().status == 401
    assert RecordCredential.objects.get().revoked_by.username == "lin"
    assert "revoked" in page(english, "/records/moodle/")
    assert "No credential in force" in english.post(f"/records/moodle/tools/{pk}/revoke", follow=True).content.decode()


def test_the_pages_tell_how_much_came_and_who_waits(english, store):
    tool = open_tool(store)
    tool.post([answered("1") for _ in range(3)])
    tool.post(answered("1", actor={"mbox": "x"}))
    start_again(store, "lake")
    told = page(english, "/records/")
    assert "http://testserver/xapi/moodle/" in told
    assert "Moodle: 1 statement refused today, because: actor.mbox" in told
    assert "<svg" in told
    told = page(english, "/records/moodle/")
    assert "Data lake" in told
    assert "3" in told.split("Waiting</th>")[1].split("</tr>")[1]
    assert "counts" not in told


def test_settings_are_changed_and_noted(english, store):
    form = {"default_version": "1.0.3", "megabytes": "10", "most_statements": "5", "most_on_page": "50"}
    assert english.post("/records/moodle/settings", {**form, "megabytes": "0"}).status_code == 200
    answer = english.post("/records/moodle/settings", form)
    assert answer.url == "/records/moodle/"
    store.refresh_from_db()
    assert (store.default_version, store.most_bytes, store.most_statements) == ("1.0.3", 10_000_000, 5)
    event = RecordEvent.objects.get(kind="changed")
    assert "bytes in a request: 160000000 → 10000000" in event.detail_en
    assert "单次请求字节数" in event.detail_zh
    tool = open_tool(store)
    assert tool.post([answered("1")] * 6).status == 413


def test_a_term_that_lets_statements_go_is_shown_before_it_is_kept(english, store, monkeypatch):
    from yucai.web.records import keys
    from yucai.web.records.counting import count_new

    real = keys.SEQUENCE.now
    monkeypatch.setattr(keys.SEQUENCE, "_last", 0)
    monkeypatch.setattr(keys.SEQUENCE, "now", lambda: real() - 400 * 86_400_000_000)
    open_tool(store).post([answered("1"), answered("2")])
    monkeypatch.setattr(keys.SEQUENCE, "now", real)
    count_new(store)
    form = {"default_version": "2.0.0", "megabytes": "160", "most_statements": "10000", "most_on_page": "500",
            "keep_months": "12", "keep_documents_months": ""}  # fmt: skip
    asked = english.post("/records/moodle/settings", form).content.decode()
    assert "2 statements and 0 documents go" in asked
    store.refresh_from_db()
    assert store.keep_months is None
    agreed = asked.split('name="agree" value="')[1].split('"')[0]
    assert english.post("/records/moodle/settings", {**form, "agree": agreed}).url == "/records/moodle/"
    store.refresh_from_db()
    assert store.keep_months == 12
    assert "At the next daily round 2 statements" in page(english, "/records/moodle/")


def test_a_store_is_closed_and_opened_again(english, store):
    tool = open_tool(store)
    english.post("/records/moodle/close")
    assert tool.post(answered("1")).status == 403
    assert tool.get().status == 200
    assert "it takes nothing any more" in page(english, "/records/moodle/")
    english.post("/records/moodle/open")
    assert tool.post(answered("1")).status == 200
    assert english.get("/records/moodle/close").status_code == 405


def test_a_follower_takes_again_from_a_day_after_a_question(english, store):
    open_tool(store).post([answered("1"), answered("2")])
    last = StatementRow.objects.order_by("-seq").first().seq
    start_again(store, "lake", since=NOW + timedelta(days=3))
    today = f"{NOW - timedelta(days=1):%Y-%m-%d}"
    assert "Data lake" in page(english, f"/records/moodle/again?follower=lake&since={today}")
    wrong = english.post("/records/moodle/again", {"follower": "lake", "since": "soon"}).content.decode()
    assert escape("“soon” is no day") in wrong
    assert place_of(store, "lake") > last
    english.post("/records/moodle/again", {"follower": "lake", "since": today})
    assert 0 < place_of(store, "lake") < last
    english.post("/records/moodle/again", {"follower": "lake", "since": ""})
    assert place_of(store, "lake") == 0
    assert RecordEvent.objects.filter(kind="taken-again", by__username="lin").count() == 2
    assert english.post("/records/moodle/again", {"follower": "nobody"}).status_code == 200


def test_pages_ask_for_no_count_of_all_statements(english, store, django_assert_max_num_queries):
    open_tool(store).post([answered("1")] * 3)
    page(english, "/records/moodle/")
    with django_assert_max_num_queries(60) as asked:
        page(english, "/records/moodle/")
        page(english, "/records/")
    for one in asked.captured_queries:
        assert 'COUNT(*) AS "__count" FROM "web_statementrow"' not in one["sql"]


def test_the_pages_speak_chinese(director, store):
    assert "可访问的工具" in page(director, "/records/moodle/")
    assert "只发送数据的学习平台" in page(director, "/records/moodle/tools/add")


def test_what_was_done_by_command_stands_on_the_page_too_and_names_nobody(english, store):
    from yucai.evidence import traces_of
    from yucai.web.records.erasing import erase_actor, lift_erasure
    from yucai.web.records.holds import hold_store, lift_hold

    tool = open_tool(store)
    tool.post([answered("2025987654"), answered("1")])
    hold_store(store=store, reason="Appeal 7", by=None, at=NOW)
    lift_hold(store=store, by=None, at=NOW)
    traces = traces_of([{"account": {"homePage": HOME, "name": "2025987654"}}], texts=())
    done = erase_actor(space=store.space, traces=traces, reason="letter 9", by=None, clock=lambda: NOW, patience=0)
    lift_erasure(code=done.code, by=None, at=NOW)
    said = page(english, "/records/moodle/")
    for words in ("held: nothing may be removed · Appeal 7", "hold lifted", "erasure lifted"):
        assert words in said
    assert f"a person erased · number {done.code} · 1 statement removed or rewritten" in said
    assert "2025987654" not in said
    english.cookies["django_language"] = "zh-hans"
    assert f"删除一人 · 编号 {done.code} · 删除或改写 1 条陈述" in page(english, "/records/moodle/")
