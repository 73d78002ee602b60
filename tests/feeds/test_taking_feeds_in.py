"""A store's statements go in as evidence: by difference, as versions, never twice, and back again."""

import pytest

from tests.feeds.lessons import HOME, NOON, answered, scores, sent, told, took, voids, wish
from yucai.errors import FaultyInputError
from yucai.evidence import actor_key
from yucai.web.evidence.actions import check_lake, space_responses
from yucai.web.evidence.desk_questions import UnansweredError
from yucai.web.evidence.models import DataSource, EvidenceRecord, Import, Item, TableFile
from yucai.web.evidence.taking import undo_import
from yucai.web.feeds.actions import change_mapping, declare_actor, forget_actor, newest_declaration
from yucai.web.feeds.looking import Look, look_at
from yucai.web.feeds.mapping import map_feed
from yucai.web.feeds.models import EvidenceFeed, WeakCount
from yucai.web.feeds.taking import AllScoresRefusedError, TakenMeanwhileError, take_mapped
from yucai.web.records.following import place_of

pytestmark = pytest.mark.django_db


def lake_rows(space):
    assert check_lake(space) == ()
    return sorted(space_responses(space).table["record"])


def looked(feed):
    feed.refresh_from_db()
    return look_at(map_feed(feed, newest_declaration(feed), at=NOON))


def test_the_first_look_counts_everything_and_writes_nothing(feed, tool, space):
    sent(
        tool,
        answered("01", "1", 7),
        told("02", "answered", "quiz/1"),
        told("02", "experienced", "page/1"),
        told("02", "liked", "page/1"),
        answered("99", "1", 5),
        answered("", "1", 5, actor={"mbox": "mailto:lin@example.edu"}),
        told("03", "answered", "essay", score=3),
    )
    look = looked(feed)
    assert (look.statements, look.responses, look.weak) == (7, 2, 1)
    assert (look.new, look.changed, look.gone, look.refused) == (2, 0, 0, 0)
    said = " ".join(en for en, _ in look.notices)
    assert "should hold a score or success and holds neither" in said
    assert "has verbs of which" in said
    assert look.unmeasured == (f"{HOME}/essay",)
    assert sorted((one.key, one.number) for one in look.unknown) == [
        (actor_key({"account": {"homePage": HOME, "name": "99"}}), "99"),
        ("mbox:mailto:lin@example.edu", ""),
    ]
    assert [(line.learner, line.before, line.after) for line in look.lines] == [
        ("01", "", "7 / 10"),
        ("03", "", "3 / 10"),
    ]
    assert not Import.objects.filter(source__code__startswith="xapi").exists()
    assert not DataSource.objects.filter(code__startswith="xapi").exists()
    assert not WeakCount.objects.exists()
    assert place_of(feed.store, feed.follower) == 0


def test_a_look_is_the_same_after_it_was_kept(feed, tool):
    sent(tool, answered("01", "1", 7), answered("99", "1", 5))
    look = looked(feed)
    assert Look.from_kept(look.kept()) == look


def test_what_is_taken_in_is_an_import_with_its_source_its_table_and_its_names(feed, tool, space):
    name = {"en-US": "Optics", "zh-CN": "光学测验"}
    (first, *_) = sent(tool, answered("01", "1", 7, name=name), told("01", "experienced", "page/1"))
    taken = took(feed)
    assert scores(feed) == [("01", "exam/1", 7.0)]
    record = EvidenceRecord.objects.current().get(person__space__code="school")
    assert (record.source_sheet, record.max_score, record.occasion) == (first, 10.0, "2025-2026-2")
    source = DataSource.objects.get(code__startswith="xapi")
    assert (source.code, source.name_zh, source.owner, source.grade) == ("xapi-moodle", "Moodle", "教务处", "3")
    assert (taken.entry.file_name, taken.entry.version, taken.entry.kept, taken.weak) == ("Moodle", 1, 1, 1)
    assert TableFile.objects.get(came_with__source__code__startswith="xapi").rows == 1
    assert lake_rows(space) == [record.pk]
    item = Item.objects.get(space__code="school")
    assert (item.name_en, item.name_zh) == ("Optics", "光学测验")
    count = WeakCount.objects.get()
    assert (count.person.code, count.verb, count.times) == ("01", "http://adlnet.gov/expapi/verbs/experienced", 1)
    assert "1 score new" in taken.said.en


def test_taking_in_again_takes_the_difference_alone_as_a_new_version(feed, tool, space):
    (first, second) = sent(tool, answered("01", "1", 7), answered("02", "1", 4))
    took(feed)
    kept = EvidenceRecord.objects.get(source_sheet=first).pk
    assert took(feed).entry is None
    assert Import.objects.filter(source__code__startswith="xapi").count() == 1
    sent(tool, answered("03", "1", 9), answered("01", "1", 2, at="2026-03-01T08:00:00Z"), voids(second))
    taken = took(feed)
    assert scores(feed) == [("01", "exam/1", 2.0), ("03", "exam/1", 9.0)]
    assert (taken.new, taken.changed, taken.gone) == (1, 1, 1)
    assert (taken.entry.version, taken.entry.replaces.version) == (2, 1)
    assert EvidenceRecord.objects.get(pk=kept).replaced_by == taken.entry
    assert len(lake_rows(space)) == 2
    undo_import(entry=taken.entry, by="lin", at=NOON)
    assert scores(feed) == [("01", "exam/1", 7.0), ("02", "exam/1", 4.0)]
    assert len(lake_rows(space)) == 2


def test_what_is_as_it_once_was_is_taken_in_without_a_question(feed, tool):
    sent(tool, answered("01", "1", 7))
    took(feed)
    (later,) = sent(tool, answered("01", "2", 7))
    took(feed)
    sent(tool, voids(later))
    assert took(feed).gone == 1
    assert scores(feed) == [("01", "exam/1", 7.0)]


def test_a_store_that_takes_all_back_leaves_no_score(feed, tool):
    (first,) = sent(tool, answered("01", "1", 7))
    took(feed)
    sent(tool, voids(first))
    taken = took(feed)
    assert (taken.gone, taken.entry.kept) == (1, 0)
    assert scores(feed) == []
    sent(tool, answered("02", "1", 7))
    took(feed)
    assert scores(feed) == [("02", "exam/1", 7.0)]


def test_many_scores_go_only_with_a_yes(feed, tool):
    ids = sent(tool, *(answered("01", f"{n}", 7) for n in range(10)))
    took(feed)
    sent(tool, *(voids(one) for one in ids[:8]))
    with pytest.raises(UnansweredError):
        took(feed)
    assert len(scores(feed)) == 10
    (ask,) = looked(feed).asks
    assert "8 rows would no longer count" in ask.says[0]
    took(feed, agreed=frozenset([ask.token]))
    assert len(scores(feed)) == 2


def test_clicks_alone_are_counted_and_make_no_import(feed, tool):
    sent(tool, *(told("01", "experienced", f"page/{n}") for n in range(3)))
    taken = took(feed)
    assert (taken.entry, taken.weak) == (None, 3)
    assert not Import.objects.filter(source__code__startswith="xapi").exists()
    assert WeakCount.objects.get().times == 3
    feed.refresh_from_db()
    assert feed.state == EvidenceFeed.State.FOLLOWING


def test_scores_that_cannot_be_recorded_are_refused_by_name_and_the_others_go_in(feed, tool, space):
    sent(tool, answered("01", "x" * 300, 7), answered("01", "1", 7))
    taken = took(feed)
    assert (taken.refused, taken.entry.refused) == (1, 1)
    assert scores(feed) == [("01", "exam/1", 7.0)]
    look = looked(feed)
    assert "the records hold 200" in look.refused_lines[0][0]
    assert not look.differs


def test_where_nothing_can_be_recorded_it_says_so(feed, tool):
    sent(tool, answered("01", "x" * 300, 7))
    with pytest.raises(AllScoresRefusedError, match=r"all 1 are refused .* the records hold 200"):
        took(feed)
    assert place_of(feed.store, feed.follower) == 0


def test_a_score_that_a_file_gave_stays_and_the_other_is_refused(feed, tool, space, tmp_path):
    from tests.web.desk import taken as file_taken
    from tests.web.desk import written

    lines = ["学号,题目,得分,满分,学期", "01,exam/1,3,10,2025-2026-2"]
    file_taken(written(tmp_path, "exam.csv", lines), space, profile="responses")
    sent(tool, answered("01", "1", 7), answered("02", "1", 7))
    taken = took(feed)
    assert taken.refused == 1
    assert scores(feed) == [("02", "exam/1", 7.0)]
    said = looked(feed).refused_lines[0][0]
    assert "gave a score of the same learner, item and term already" in said


def test_an_actor_is_a_person_where_the_office_says_so_and_no_longer_where_it_takes_that_back(feed, tool):
    sent(tool, answered("", "1", 5, actor={"mbox": "mailto:lin@example.edu"}))
    assert looked(feed).responses == 0
    declared = declare_actor(feed=feed, key="mbox:mailto:lin@example.edu", number="02", by=None, at=NOON)
    took(feed)
    assert scores(feed) == [("02", "exam/1", 5.0)]
    with pytest.raises(FaultyInputError, match="nobody of the number"):
        declare_actor(feed=feed, key="mbox:mailto:x@example.edu", number="77", by=None, at=NOON)
    forget_actor(declared=declared)
    took(feed)
    assert scores(feed) == []


def test_another_mapping_shows_what_would_change_and_is_in_force_once_it_is_taken(feed, tool):
    sent(tool, answered("01", "1", 7), answered("01", "1", 9, at="2026-03-03T08:00:00Z"))
    took(feed)
    change_mapping(feed=feed, wish=wish(attempt="best"), by=None, at=NOON)
    look = looked(feed)
    assert (look.declaration, look.changed, look.new) == (2, 1, 0)
    assert [(line.before, line.after) for line in look.lines] == [("7 / 10", "9 / 10")]
    assert scores(feed) == [("01", "exam/1", 7.0)]
    feed.refresh_from_db()
    assert feed.in_force.number == 1
    took(feed)
    assert scores(feed) == [("01", "exam/1", 9.0)]
    feed.refresh_from_db()
    assert feed.in_force.number == 2
    same = change_mapping(feed=feed, wish=wish(attempt="best"), by=None, at=NOON)
    assert (same.number, feed.declarations.count()) == (2, 2)


def test_two_at_once_take_in_once(feed, tool):
    sent(tool, answered("01", "1", 7))
    mapped = [map_feed(feed, newest_declaration(feed), at=NOON) for _ in range(2)]
    take_mapped(mapped[0], by="lin", at=NOON)
    with pytest.raises(TakenMeanwhileError):
        take_mapped(mapped[1], by="wu", at=NOON)
    assert Import.objects.filter(source__code__startswith="xapi").count() == 1


def test_a_highest_score_that_no_statement_gives_is_stated_by_the_office(feed, tool):
    sent(tool, {**told("01", "scored", "quiz/1"), "result": {"score": {"raw": 40}}})
    assert "no highest score" in " ".join(en for en, _ in looked(feed).notices)
    change_mapping(feed=feed, wish=wish(highest={"exam/1": 50}), by=None, at=NOON)
    took(feed)
    assert EvidenceRecord.objects.get(person__space__code="school").max_score == 50


def test_what_came_in_between_looking_and_taking_is_not_passed_over(feed, tool, space, tmp_path, monkeypatch):
    """A file gives the same score while the feed is under way: it stays, and the feed's is refused."""
    from tests.web.desk import taken as file_taken
    from tests.web.desk import written
    from yucai.web.feeds import taking

    sent(tool, answered("01", "1", 7), answered("02", "1", 7))
    look = taking.look_ahead

    def meanwhile(*arguments, **more):
        seen = look(*arguments, **more)
        lines = ["学号,题目,得分,满分,学期", "01,exam/1,3,10,2025-2026-2"]
        file_taken(written(tmp_path, "exam.csv", lines), space, profile="responses")
        return seen

    monkeypatch.setattr(taking, "look_ahead", meanwhile)
    with pytest.raises(FaultyInputError, match="already recorded"):
        took(feed)
    assert scores(feed) == []
    monkeypatch.undo()
    assert took(feed).refused == 1
    assert scores(feed) == [("02", "exam/1", 7.0)]


def test_two_versions_undone_one_after_the_other_go_back_to_nothing_and_begin_anew(feed, tool):
    sent(tool, answered("01", "1", 7))
    first = took(feed).entry
    sent(tool, answered("02", "1", 5))
    second = took(feed).entry
    undo_import(entry=second, by="lin", at=NOON)
    assert scores(feed) == [("01", "exam/1", 7.0)]
    undo_import(entry=first, by="lin", at=NOON)
    assert scores(feed) == []
    assert looked(feed).new == 2
    again = took(feed)
    assert (again.new, again.entry.version, again.entry.replaces) == (2, 1, None)


def test_a_file_under_the_name_of_the_source_is_no_version_of_it(feed, tool, space, tmp_path):
    from tests.web.desk import taken as file_taken
    from tests.web.desk import written

    sent(tool, answered("01", "1", 7))
    took(feed)
    lines = ["学号,题目,得分,满分,学期", "03,exam/9,3,10,2025-2026-2"]
    file_taken(written(tmp_path, "exam.csv", lines), space, profile="responses", source=feed.code)
    sent(tool, answered("02", "1", 5))
    taken = took(feed)
    assert (taken.new, taken.gone, taken.entry.version) == (1, 0, 2)
    assert ("03", "exam/9", 3.0) in scores(feed)
