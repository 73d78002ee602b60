"""The statement browser: filters, words, whole statements, files, and who looked at whom."""

import csv
import hashlib
import io
import json
from datetime import UTC, datetime, timedelta
from html import unescape

import openpyxl
import pytest

from tests.records.records_client import new_id, reference, voiding
from tests.web.looks import looks
from tests.web.stores import HOME, answered, learner, make_store, open_tool
from yucai.web.accounts.models import Person
from yucai.web.records.models import RecordCredential, StatementRow
from yucai.web.records.operating_models import RecordEvent, StatementReading

BASE = "/records/moodle/statements/"


@pytest.fixture
def store(space):
    return make_store(space)


@pytest.fixture
def tool(store):
    return open_tool(store)


@pytest.fixture
def english(director):
    director.cookies["django_language"] = "en"
    return director


@pytest.fixture
def lin(space):
    return Person.objects.create(space=space, code="2023001", name_en="Lin Yue", name_zh="林悦")


def text(client, address=BASE, **params):
    answer = client.get(address, params)
    assert answer.status_code == 200, answer.status_code
    return unescape(answer.content.decode())


def lines(client, **params):
    """Return the lines of a list, without the rest of the page."""
    rest = text(client, **params).split('class="told" href="')[1:]
    return [one.partition(">")[2].split("</a>")[0] for one in rest]


def test_each_statement_is_a_plain_line_in_the_language_of_the_page(english, tool, lin):
    tool.post(answered("2023001"))
    assert lines(english) == ["Lin Yue answered Question 3: 3 of 4, correct"]
    english.cookies["django_language"] = "zh-hans"
    assert lines(english) == ["林悦回答了第 3 题：3 / 4，正确"]


def test_the_newest_come_first_page_by_page(english, tool):
    tool.post([answered("1", question=n) for n in range(30)])
    first = text(english)
    assert lines(english)[0].startswith("1 answered Question 29")
    assert len(lines(english)) == 25
    older = first.split('rel="next"')[0].rpartition('href="?')[2].partition('"')[0]
    rest = lines(english, **dict(pair.split("=") for pair in older.split("&")))
    assert [one.split(":")[0] for one in rest] == [f"1 answered Question {n}" for n in (4, 3, 2, 1, 0)]


def test_every_filter_finds_its_own(english, store, tool):
    other = open_tool(store, name="H5P")
    registration = new_id()
    tool.post(answered("1", question=1))
    tool.post(answered("2", question=2, context={"registration": registration}))
    other.post(answered("1", question=3, verb={"id": "http://adlnet.gov/expapi/verbs/passed"}))
    other.post(answered("1", question=4, actor={"mbox": "mailto:mei@example.edu", "name": "Mei"}))

    def found(**params):
        return sorted(int(one.split("Question ")[1].split(":")[0]) for one in lines(english, **params))

    assert found() == [1, 2, 3, 4]
    assert found(person="1") == [1, 3]
    assert found(person=f"2 @ {HOME}") == [2]
    assert found(person="mei@example.edu") == [4]
    assert found(verb="passed") == found(verb="http://adlnet.gov/expapi/verbs/passed") == found(verb="通过") == [3]
    assert found(activity=f"{HOME}/quiz/4") == [4]
    assert found(registration=registration) == [2]
    pk = RecordCredential.objects.get(authority__contains="H5P").pk
    assert found(credential=pk) == [3, 4]
    assert found(credential=pk, person="1") == [3]
    today = datetime.now(tz=UTC) + timedelta(hours=8)
    assert found(since=f"{today:%Y-%m-%d}", until=f"{today:%Y-%m-%d}") == [1, 2, 3, 4]
    assert found(until=f"{today - timedelta(days=1):%Y-%m-%d}") == []
    assert found(since=f"{today + timedelta(days=1):%Y-%m-%d}") == []


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({"since": "soon"}, "is no day"),
        ({"until": "2026-02-30"}, "is no day"),
        ({"registration": "7"}, "8-4-4-4-12"),
        ({"verb": "danced"}, "No statement of late has the verb"),
        ({"person": "999"}, "No statement here is of “999”"),
        ({"id": "x"}, "No statement here has the id"),
    ],
)
def test_what_cannot_be_looked_for_is_told(english, tool, params, says):
    tool.post(answered("1"))
    assert says in text(english, **params)


@pytest.mark.parametrize(
    "params",
    [{"before": "x"}, {"before": "9" * 19}, {"credential": "x"}, {"credential": "9" * 15}, {"person": "\0"},
     {"activity": "\ud800"}, {"voided": "x"}, {"since": "0001-01-01"}, {"until": "0001-01-01"},
     {"since": "9999-12-31"}, {"until": "9999-12-31"}],
)  # fmt: skip
def test_whatever_stands_in_the_address_is_answered(english, tool, params):
    tool.post(answered("1"))
    params = {name: value.encode("utf-8", "surrogatepass") for name, value in params.items()}
    assert english.get(BASE, params).status_code == 200


def test_voided_ones_are_shown_when_they_are_asked_for(english, tool):
    own = new_id()
    tool.post(answered("1", id=own))
    voider = tool.post(voiding(own)).json[0]
    assert len(lines(english)) == 1
    assert len(lines(english, voided="yes")) == 2
    one = text(english, f"{BASE}{own}/")
    assert "This statement was voided" in one
    assert f"{BASE}{voider}/" in one


def test_an_id_leads_to_its_statement_whole_with_what_refers_to_it(english, tool, lin):
    own = new_id()
    tool.post(answered("2023001", id=own))
    about = tool.post(reference(own, verb={"id": "http://x.example/commented"})).json[0]
    answer = english.get(BASE, {"id": own.upper()})
    assert answer.url == f"{BASE}{own}/"
    one = text(english, answer.url)
    assert "Lin Yue answered Question 3: 3 of 4, correct" in one
    assert json.dumps(own) in one
    assert f"{BASE}{about}/" in one
    assert f"/people/{lin.pk}/portrait/" in one
    assert f"{BASE}{own}/" in text(english, f"{BASE}{about}/")
    assert english.get(f"{BASE}{new_id()}/").status_code == 404


def test_who_looks_at_whom_is_written_down(english, tool, lin):
    own = new_id()
    tool.post([answered("2023001", id=own), answered("2023001"), answered("77")])
    text(english)
    (look,) = looks(person=lin.code)
    assert (look.page, look.purpose, look.account) == ("statements", "upkeep", "lin")
    stranger = StatementReading.objects.get()
    assert stranger.actor == StatementRow.objects.order_by("-seq").first().actor
    text(english, f"{BASE}{own}/")
    assert len({look.position for look in looks(person=lin.code, page="statement")}) == 1
    assert StatementReading.objects.count() == 1


def test_a_number_counts_as_a_person_only_at_a_platform_of_a_tool(english, tool, lin):
    tool.post(answered("x", actor={"account": {"homePage": "https://elsewhere.example", "name": "2023001"}}))
    assert lines(english) == ["2023001 answered Question 3: 3 of 4, correct"]
    assert not looks(person=lin.code)


def test_a_person_is_known_as_the_source_of_evidence_says(english, tool, lin, store):
    from yucai.web.feeds.models import ActorDeclaration, EvidenceFeed, FeedDeclaration

    now = datetime.now(tz=UTC)
    feed = EvidenceFeed.objects.create(space=store.space, store=store, code="f", name="Moodle", at=now)
    declared = {"profile_code": "generic", "profile_version": "1", "profile_text": "", "own_profile": False}
    FeedDeclaration.objects.create(
        feed=feed, number=1, zone="Asia/Shanghai", mail_domains=["Example.edu"], at=now, **declared
    )
    ActorDeclaration.objects.create(feed=feed, key="mbox:mailto:private@elsewhere.cn", person=lin, at=now)
    for box in ("2023001@example.edu", "private@elsewhere.cn", "2023001@elsewhere.cn"):
        tool.post(answered("x", actor={"mbox": f"mailto:{box}"}))
    assert [one.split(" answered")[0] for one in lines(english)] == ["2023001@elsewhere.cn", "Lin Yue", "Lin Yue"]


def test_what_was_made_of_a_statement_is_told(english, tool, lin, space):
    from yucai.web.evidence.models import DataSource, EvidenceRecord, Import, Item

    own = new_id()
    tool.post(answered("2023001", id=own))
    source = DataSource.objects.create(
        space=space, code="f", name_en="F", name_zh="F", purpose="p", legal_basis="l", owner="o"
    )
    entry = Import.objects.create(source=source, file_name="f", digest="0", at=datetime.now(tz=UTC), by="x", kept=1)
    item = Item.objects.create(space=space, code="q3", name_en="Third question", name_zh="第三题", kind="exam")
    EvidenceRecord.objects.create(
        person=lin, item=item, came_with=entry, score=3, max_score=4, source_sheet=own, source_row=1
    )
    assert "Third question</a>: 3 / 4" in text(english, f"{BASE}{own}/")


def test_an_attachment_is_saved_and_never_shown(english, tool):
    content = b"<script>alert(1)</script>"
    sha2 = hashlib.sha256(content).hexdigest()
    part = {
        "usageType": "http://x/y",
        "display": {"en": "A page"},
        "contentType": "text/html",
        "length": 25,
        "sha2": sha2,
    }
    own = new_id()
    body = (
        b"--b\r\nContent-Type: application/json\r\n\r\n"
        + json.dumps(answered("1", id=own, attachments=[part])).encode()
        + b"\r\n--b\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: binary\r\nX-Experience-API-Hash: "
        + sha2.encode()
        + b"\r\n\r\n"
        + content
        + b"\r\n--b--\r\n"
    )
    kind = {"Content-Type": "multipart/mixed; boundary=b"}
    assert tool.call("POST", "statements", data=body, headers=kind).status == 200
    assert "A page" in text(english, f"{BASE}{own}/")
    saved = english.get(f"{BASE}{own}/attachments/{sha2}")
    assert saved.content == content
    assert saved["Content-Type"] == "application/octet-stream"
    assert saved["Content-Disposition"].startswith("attachment")
    assert saved["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in saved["Content-Security-Policy"]
    assert english.get(f"{BASE}{own}/attachments/{'0' * 64}").status_code == 404
    assert english.get(f"{BASE}{new_id()}/attachments/{sha2}").status_code == 404


def test_words_of_tools_are_shown_as_words(english, tool):
    tool.post(answered("1", actor={"mbox": "mailto:a@b.cn", "name": "<script>alert(1)</script>"}))
    answer = english.get(BASE).content.decode()
    assert "<script>alert" not in answer
    assert "&lt;script&gt;alert(1)" in answer


def got(client, kind, **params):
    answer = client.get(f"/records/moodle/statements.{kind}", params)
    assert answer.status_code == 200
    assert answer["Content-Disposition"].startswith("attachment")
    return b"".join(answer.streaming_content)


def test_what_was_found_leaves_as_lines_of_json(english, tool):
    tool.post([answered(str(n % 3)) for n in range(1_203)])
    found = [json.loads(line) for line in got(english, "jsonl", person="1").splitlines()]
    assert len(found) == 401
    assert {one["actor"]["account"]["name"] for one in found} == {"1"}
    assert len({one["id"] for one in found}) == 401


def test_what_was_found_leaves_as_a_table_in_which_nothing_is_a_formula(english, tool, lin):
    tool.post([answered("2023001"), answered("1", result={"response": "=1+1", "score": {"raw": 2.5}})])
    told = got(english, "csv")
    assert told.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(told.decode("utf-8-sig"))))
    assert [row["person"] for row in rows] == ["1", "Lin Yue"]
    assert rows[0]["response"] == "'=1+1"
    assert (rows[1]["score"], rows[1]["highest score"], rows[1]["success"]) == ("3", "4", "yes")
    book = openpyxl.load_workbook(io.BytesIO(got(english, "xlsx")))
    (head, *cells) = book.active.iter_rows(values_only=True)
    assert head[0] == "stored"
    assert [row[2] for row in cells] == ["1", "Lin Yue"]
    assert cells[0][head.index("response")] == "'=1+1"
    assert cells[0][head.index("score")] == 2.5
    assert book.active.freeze_panes == "A2"


def test_a_table_is_for_people_times_as_on_the_pages_and_words_as_in_the_line(english, tool):
    tool.post(answered("1", timestamp="2026-03-02T02:15:00.5Z", verb={**answered("1")["verb"], "display": {"en": "x"}}))
    (row,) = csv.DictReader(io.StringIO(got(english, "csv").decode("utf-8-sig")))
    assert row["happened"] == "2026-03-02 10:15:00"
    assert len(row["stored"]) == len("2026-03-02 10:15:00")
    assert row["verb"] == "answered"


def test_that_statements_left_is_written_down_and_whose_they_were(english, tool, lin):
    tool.post([answered("2023001"), answered("2023001"), answered("77")])
    got(english, "csv", person="2023001")
    event = RecordEvent.objects.get(kind="exported")
    assert event.by.username == "lin"
    assert (event.detail_en, event.detail_zh) == ("as csv; asked for: person", "格式 csv；筛选项：人员")
    assert len(looks(person=lin.code, page="statements-file")) == 1
    assert not StatementReading.objects.exists()
    got(english, "jsonl")
    assert StatementReading.objects.count() == 1


def test_an_empty_set_leaves_as_a_table_with_its_titles(english, tool):
    assert len(got(english, "csv").splitlines()) == 1
    assert got(english, "jsonl") == b""
    assert openpyxl.load_workbook(io.BytesIO(got(english, "xlsx"))).active.max_row == 1


def test_a_question_with_a_fault_gives_no_file(english, tool):
    tool.post(answered("1"))
    assert english.get("/records/moodle/statements.csv", {"since": "soon"}).status_code == 302
    assert not RecordEvent.objects.filter(kind="exported").exists()


def test_a_group_is_looked_at_as_a_group(english, tool):
    tool.post(answered("1", actor={"objectType": "Group", "member": [learner("1"), learner("2")]}))
    assert lines(english) == ["a group of 2 answered Question 3: 3 of 4, correct"]
