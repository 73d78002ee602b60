"""What was refused, on its pages: told in words, looked at, put in again with one click, dismissed."""

from html import unescape

import pytest

from tests.web.looks import looks
from tests.web.stores import answered, learner, make_store, open_tool
from yucai.web.accounts.models import Person
from yucai.web.records.door import forget_stores
from yucai.web.records.models import RecordStore, StatementRow
from yucai.web.records.operating_models import RefusedRequest

BOX = "/records/moodle/refused/"


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


def text(answer):
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def mend():
    RecordStore.objects.update(most_statements=10_000)
    forget_stores()


@pytest.fixture
def refused(tool):
    """Two statements that came at once, where one at a time is taken."""
    RecordStore.objects.update(most_statements=1)
    forget_stores()
    assert tool.post([answered("2023001"), answered("77")]).status == 413
    return RefusedRequest.objects.get()


def test_the_office_reads_in_plain_words_what_was_refused(english, refused):
    said = text(english.get(BOX))
    assert "Moodle: 2 statements refused today, because: The request has 2 statements; at most 1 are taken." in said
    english.cookies["django_language"] = "zh-hans"
    assert "Moodle：今天有 2 条陈述被拒收，原因：请求包含 2 条陈述，上限为 1。" in text(english.get(BOX))


def test_who_looks_at_what_was_sent_is_written_down(english, refused, space):
    lin = Person.objects.create(space=space, code="2023001", name_en="Lin", name_zh="林")
    said = text(english.get(f"{BOX}{refused.pk}/"))
    assert "2023001" in said
    assert "larger than this store takes" in said
    assert [look.page for look in looks(person=lin.code)] == ["refused"]


def test_one_click_puts_it_in_when_the_cause_is_mended(english, refused):
    again = english.post(f"{BOX}{refused.pk}/again", follow=True)
    assert "It was refused again: The request has 2 statements" in text(again)
    mend()
    assert "It is in: 2 statements were stored." in text(english.post(f"{BOX}{refused.pk}/again", follow=True))
    assert StatementRow.objects.count() == 2
    refused.refresh_from_db()
    assert refused.settled_by.username == "lin"
    english.post(f"{BOX}{refused.pk}/again")
    assert StatementRow.objects.count() == 2
    assert "Nothing waits." in text(english.get(BOX))
    assert "put in" in text(english.get(f"{BOX}{refused.pk}/"))


def test_everything_that_waits_goes_in_at_once(english, tool, refused):
    tool.post([answered("1"), answered("2")])
    tool.post(answered("1", actor={"mbox": "x"}))
    mend()
    said = text(english.post(f"{BOX}again", follow=True))
    assert "2 deliveries are in. 1 was refused again and still waits." in said
    assert StatementRow.objects.count() == 4


def test_it_is_dismissed(english, refused):
    assert "Nothing was deleted" in text(english.post(f"{BOX}{refused.pk}/dismiss", follow=True))
    refused.refresh_from_db()
    assert refused.body
    assert "Dismissed" in text(english.post(f"{BOX}{refused.pk}/dismiss", {"agree": "yes"}, follow=True))
    refused.refresh_from_db()
    assert (refused.state, bytes(refused.body)) == ("dismissed", b"")
    assert "settled before" in text(english.post(f"{BOX}{refused.pk}/dismiss", {"agree": "yes"}, follow=True))


def test_a_place_in_a_batch_is_told_in_words(english, tool):
    tool.post([answered("1"), answered("1", verb={"id": "no address"}, result={"score": {"scaled": 2}})])
    said = text(english.get(BOX))
    assert "because: Statement 2, verb.id: This must be an IRI" in said
    one = text(english.get(f"{BOX}{RefusedRequest.objects.get().pk}/"))
    assert "- Statement 2, result.score.scaled: The number must lie" in one
    english.cookies["django_language"] = "zh-hans"
    assert "原因：第 2 条陈述，verb.id：应为" in text(english.get(BOX))


def test_a_delivery_of_another_store_is_not_here(english, refused, space):
    make_store(space, "second")
    assert english.get(f"/records/second/refused/{refused.pk}/").status_code == 404
    assert english.post(f"/records/second/refused/{refused.pk}/again").status_code == 404


def test_what_is_no_json_is_shown_as_it_came_and_as_words(english, tool):
    tool.call("POST", "statements", data=b'{"actor": "<script>alert(1)</script>\xff')
    answer = english.get(f"{BOX}{RefusedRequest.objects.get().pk}/")
    assert b"<script>alert" not in answer.content
    assert b"&lt;script&gt;" in answer.content


def test_many_are_shown_page_by_page(english, tool, monkeypatch):
    from yucai.web.records import refused_box

    monkeypatch.setattr(refused_box, "MOST_IN_TIME", 1_000)
    for n in range(60):
        tool.post(answered(str(n), actor={**learner("1"), "mbox": f"x{n}"}))
    assert text(english.get(BOX)).count("record") >= 50
    assert text(english.get(BOX, {"page": "2"})).count(f'href="{BOX}') == 10
    assert text(english.get(BOX, {"page": "x"})).count(f'href="{BOX}') == 50
