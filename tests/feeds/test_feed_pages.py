"""The pages of feeds: declared, looked at, taken in, changed; and the statement behind a score."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.feeds.lessons import HOME, PROFILE, answered, scores, sent, told, took, voids, wish
from tests.trust.explained import lacking
from tests.web.looks import looks
from yucai.web.accounts.models import Account, Group, Person, Space
from yucai.web.commands.working import job_handlers
from yucai.web.evidence.models import DataSource, EvidenceRecord, Import
from yucai.web.feeds import due
from yucai.web.feeds.actions import change_mapping
from yucai.web.feeds.models import EvidenceFeed, FeedDeclaration
from yucai.web.jobs.actions import run_next
from yucai.web.jobs.models import Job
from yucai.web.measurement.portraits import portrait_of

pytestmark = pytest.mark.django_db
FACTS = {"owner": "教务处", "purpose": "了解学习进展", "legal_basis": "duty", "grade": "3", "retention_months": "84"}


def page_of(answer):
    assert answer.status_code == 200, answer
    return answer.content.decode()


def account(role, space, *, person=None, name=None):
    made = Account.objects.create_user(name or f"feed-{role}", role=role, name_en=role, name_zh=role, person=person)
    made.spaces.add(space)
    return made


def added(client, **more):
    """Declare the store on the page."""
    said = {"store": "moodle", "name": "Moodle", "home_pages": HOME, "profile": "own", **FACTS}
    own = SimpleUploadedFile("quizzes.toml", more.pop("own", PROFILE.encode()))
    return client.post("/evidence/feeds/add", {**said, "own": own, **more}, follow=True)


def test_a_store_is_declared_looked_at_and_taken_in(director, store, tool):
    sent(tool, answered("01", "1", 7), answered("99", "1", 5), told("01", "experienced", "page/1"))
    assert "No store gives evidence yet." in page_of(director.get("/evidence/feeds/"))
    shown = page_of(added(director))
    assert "1 actor is nobody on record" in shown
    assert "Number 99 is not on record" in shown
    assert not Import.objects.filter(source__code__startswith="xapi").exists()
    feed = EvidenceFeed.objects.get()
    taken = director.post(f"/evidence/feeds/{feed.pk}/take", {"declaration": "1"}, follow=True)
    assert "3 statements: 1 score new" in page_of(taken)
    assert "No score would change." in page_of(taken)
    assert scores(feed) == [("01", "exam/1", 7.0)]
    assert Import.objects.filter(source__code__startswith="xapi").get().by == "lin"
    assert "takes in by itself what comes" in page_of(director.get("/evidence/feeds/"))


def test_in_chinese_every_sentence_is_chinese(director, store, tool):
    director.cookies["django_language"] = "zh-hans"
    sent(tool, answered("01", "1", 7), told("01", "answered", "quiz/2"))
    shown = page_of(added(director))
    assert "条陈述应有得分或成败结果而两者皆无" in shown
    feed = EvidenceFeed.objects.get()
    taken = page_of(director.post(f"/evidence/feeds/{feed.pk}/take", {"declaration": "1"}, follow=True))
    assert "2 条陈述：新增得分 1 个" in taken


def test_all_that_is_wrong_with_a_declaration_is_said_at_once_and_stays_in_the_fields(director, store):
    wrong = {"name": "", "home_pages": "lms.example.edu", "mail_domains": "a b", "owner": "", "zone": "Mars"}
    shown = page_of(added(director, own=b"code = 1", **wrong, highest="quiz = many", attempt="worst"))
    for said in (
        "a feed needs a name", "is no web address", "is no mail domain", "no owner is named", "no time zone “Mars”",
        "“worst” is none of",
        "“quiz = many” is no line such as", "“verbs” is missing",
    ):  # fmt: skip
        assert said in shown, said
    assert "lms.example.edu</textarea>" in shown
    assert not EvidenceFeed.objects.exists()


def test_a_profile_that_is_no_text_and_one_that_is_missing_are_said(director, store):
    assert "it is no text in UTF-8" in page_of(added(director, own="测验".encode("gb18030")))
    said = {"store": "moodle", "name": "Moodle", "home_pages": HOME, "profile": "own", **FACTS}
    assert "no file with your own profile" in page_of(director.post("/evidence/feeds/add", said))


def test_nobody_elses_feed_is_opened(director, feed, client, space):
    other = Space.objects.create(code="other", name_en="o", name_zh="o", simulated=False, evidence_map="m")
    pages = ["/", "/add", f"/{feed.pk}/", f"/{feed.pk}/mapping"]
    for who in (account("director", other, name="ou"), account("teacher", space), account("bureau", space)):
        client.force_login(who)
        answers = [client.get(f"/evidence/feeds{page}").status_code for page in pages]
        foreign = 200 if who.username == "ou" else 403
        assert answers == [foreign, foreign, 403, 403], who
        assert client.post(f"/evidence/feeds/{feed.pk}/take", {"declaration": "1"}).status_code == 403
        assert client.get("/evidence/feeds/999/").status_code == 403
    assert not Import.objects.filter(source__code__startswith="xapi").exists()


def test_another_mapping_is_seen_before_it_holds(director, feed, tool):
    sent(tool, answered("01", "1", 7), answered("01", "1", 9, at="2026-03-03T08:00:00Z"))
    took(feed)
    address = f"/evidence/feeds/{feed.pk}/"
    assert HOME in page_of(director.get(f"{address}mapping"))
    said = {"profile": "own", "home_pages": HOME, "attempt": "best"}
    shown = page_of(director.post(f"{address}mapping", said, follow=True))
    assert "Until you take it in, the one before holds." in shown
    assert "7 / 10" in shown
    assert "9 / 10" in shown
    old = director.post(f"{address}take", {"declaration": "1"}, follow=True)
    assert "The mapping was changed meanwhile" in page_of(old)
    assert scores(feed) == [("01", "exam/1", 7.0)]
    director.post(f"{address}take", {"declaration": "2"})
    assert scores(feed) == [("01", "exam/1", 9.0)]


def test_a_newer_version_of_a_shipped_profile_is_one_click_away(director, feed, tool):
    change_mapping(feed=feed, wish=wish(own="", profile="generic"), by=None, at=feed.at)
    sent(tool, answered("01", "1", 7))
    took(feed)
    older = FeedDeclaration.objects.get(number=2)
    FeedDeclaration.objects.filter(pk=older.pk).update(
        profile_version="0.9", profile_text=older.profile_text.replace('version = "1.0"', 'version = "0.9"')
    )
    address = f"/evidence/feeds/{feed.pk}/"
    assert "version 0.9 is used" in page_of(director.get(address))
    shown = page_of(director.post(f"{address}renew", follow=True))
    assert "version 0.9 is used" not in shown
    assert "Until you take it in" in shown
    assert EvidenceFeed.objects.get().in_force.profile_version == "0.9"


def test_an_actor_is_named_and_taken_back_on_the_page(director, client, feed, tool):
    sent(tool, answered("", "1", 5, actor={"mbox": "mailto:lin@example.edu"}))
    address = f"/evidence/feeds/{feed.pk}/"
    shown = page_of(director.get(address))
    assert "mbox:mailto:lin@example.edu" in shown
    wrong = director.post(f"{address}actor", {"key": "mbox:mailto:lin@example.edu", "number": "77"}, follow=True)
    assert "there is nobody of the number “77” on record" in page_of(wrong)
    right = director.post(f"{address}actor", {"key": "mbox:mailto:lin@example.edu", "number": "02"}, follow=True)
    assert "5 / 10" in page_of(right)
    declared = feed.actors.get()
    assert (declared.by.username, declared.person.code) == ("lin", "02")
    other = Space.objects.create(code="other", name_en="o", name_zh="o", simulated=False, evidence_map="m")
    client.force_login(account("director", other, name="ou"))
    assert client.post(f"/evidence/feeds/actors/{declared.pk}/forget").status_code == 403
    assert client.post("/evidence/feeds/actors/999/forget").status_code == 403
    client.force_login(Account.objects.get(username="lin"))
    client.post(f"/evidence/feeds/actors/{declared.pk}/forget")
    assert not feed.actors.exists()


def test_many_scores_go_only_with_a_tick(director, feed, tool):
    ids = sent(tool, *(answered("01", f"{n}", 7) for n in range(10)))
    took(feed)
    sent(tool, *(voids(one) for one in ids))
    address = f"/evidence/feeds/{feed.pk}/"
    assert "10 rows would no longer count" in page_of(director.get(address))
    assert "waits for a yes" in page_of(director.post(f"{address}take", {"declaration": "1"}, follow=True))
    assert len(scores(feed)) == 10
    (token,) = (ask[0] for ask in director.get(address).context["shown"]["asks"])
    director.post(f"{address}take", {"declaration": "1", "agree": [token]})
    assert scores(feed) == []


def test_following_is_stopped_and_begun_again_by_a_button(director, feed, tool):
    address = f"/evidence/feeds/{feed.pk}/"
    assert "has taken nothing in yet" in page_of(director.post(f"{address}follow", {"follow": "yes"}, follow=True))
    sent(tool, answered("01", "1", 7))
    took(feed)
    for said, state in (("no", "stopped"), ("yes", "following")):
        director.post(f"{address}follow", {"follow": said})
        assert EvidenceFeed.objects.get().state == state


def test_a_big_store_is_mapped_by_the_worker(director, feed, tool, monkeypatch):
    monkeypatch.setattr(due, "BIG_STORE", 3)
    sent(tool, *(answered("01", f"{n}", 7) for n in range(5)))
    address = f"/evidence/feeds/{feed.pk}/"
    shown = page_of(director.get(address))
    assert "This store is big" in shown
    assert "New scores" not in shown
    asked = director.post(f"{address}look", follow=True)
    assert "Back to the source" in page_of(asked)
    assert run_next(job_handlers(), clock=lambda: feed.at).problem is None
    looked = page_of(director.get(address))
    assert "<dt>New scores</dt><dd>5</dd>" in looked
    director.post(f"{address}take", {"declaration": "1"})
    assert scores(feed) == []
    assert run_next(job_handlers(), clock=lambda: feed.at).problem is None
    assert len(scores(feed)) == 5
    assert Job.objects.filter(state="done", kind__startswith="feed").count() == 2
    assert Import.objects.filter(source__code__startswith="xapi").get().by == "lin"


def test_a_portrait_names_the_source_and_counts_what_is_weak(director, feed, tool):
    clicks = [told("01", "experienced", f"page/{n}") for n in range(3)]
    sent(tool, answered("01", "1", 7, name={"en": "Optics"}), *clicks)
    taken = took(feed)
    person = Person.objects.get(code="01")
    shown = page_of(director.get(f"/people/{person.pk}/portrait/"))
    assert "Moodle, statement of 2 March 2026</a>" in shown
    assert "Moodle: seen 3 times" in shown
    director.cookies["django_language"] = "zh-hans"
    shown = page_of(director.get(f"/people/{person.pk}/portrait/"))
    assert "Moodle，2026年3月2日的陈述" in shown
    assert "Moodle：浏览 3 次" in shown
    from yucai.web.evidence.taking import undo_import

    undo_import(entry=taken.entry, by="lin", at=feed.at)
    assert portrait_of(person, at=feed.at).weak == ()


def test_the_statement_is_shown_to_the_learner_and_to_who_takes_in_and_to_nobody_else(
    director, client, feed, tool, space
):
    (id,) = sent(tool, answered("01", "1", 7, name={"en": "Optics"}))
    took(feed)
    record = EvidenceRecord.objects.get(person__space__code="school")
    person, group = record.person, Group.objects.create(space=space, code="1", kind="class", name_en="1", name_zh="1")
    group.people.add(person)
    teacher = account("teacher", space)
    teacher.charges.create(group=group)
    address = f"/evidence/scores/{record.pk}/statement"
    shown = page_of(director.get(address))
    assert id in shown
    assert "<h1>Optics</h1>" in shown
    assert len(looks(page="statement", person=person.code)) == 1
    client.force_login(account("student", space, person=person, name="s01"))
    assert id in page_of(client.get(address))
    client.force_login(account("student", space, person=Person.objects.get(code="02"), name="s02"))
    assert client.get(address).status_code == 403
    client.force_login(teacher)
    assert client.get(address).status_code == 403
    portrait = page_of(client.get(f"/people/{person.pk}/portrait/"))
    assert "Moodle, statement of" in portrait
    assert address not in portrait
    assert client.get("/evidence/scores/99999/statement").status_code == 403


def test_the_statement_behind_a_score_without_the_consent_it_rests_on_is_shown_to_the_learner_alone(
    director, client, feed, tool, space
):
    (id,) = sent(tool, answered("01", "1", 7))
    took(feed)
    record = EvidenceRecord.objects.select_related("person", "came_with").get(person__space__code="school")
    DataSource.objects.filter(pk=record.came_with.source_id).update(consent_code="research")
    address = f"/evidence/scores/{record.pk}/statement"
    refused = director.get(address)
    assert (refused.status_code, "does not hold now" in refused.content.decode()) == (403, True)
    client.force_login(account("student", space, person=record.person, name="s01"))
    assert id in page_of(client.get(address))


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_l9_a_score_out_of_a_statement_holds_all_six_parts(director, feed, tool, language):
    sent(tool, answered("01", "1", 7))
    took(feed)
    director.cookies["django_language"] = language
    address = f"/evidence/scores/{EvidenceRecord.objects.get(person__space__code='school').pk}/statement"
    assert lacking(page_of(director.get(address)), language) == []


def test_a_statement_that_was_taken_back_or_is_gone_says_so(director, feed, tool):
    from yucai.web.records.models import StatementRow

    (id,) = sent(tool, answered("01", "1", 7))
    took(feed)
    address = f"/evidence/scores/{EvidenceRecord.objects.get(person__space__code='school').pk}/statement"
    sent(tool, voids(id))
    assert "taken back since" in page_of(director.get(address))
    StatementRow.objects.all().delete()
    assert "not in the store any more" in page_of(director.get(address))


def test_a_score_of_a_file_has_no_statement(director, space, tmp_path):
    from tests.web.desk import taken, written

    taken(
        written(tmp_path, "exam.csv", ["学号,题目,得分,满分,学期", "01,exam/1,3,10,2025-2026-2"]),
        space,
        profile="responses",
    )
    record = EvidenceRecord.objects.get(person__space__code="school")
    assert director.get(f"/evidence/scores/{record.pk}/statement").status_code == 404
    assert "exam.csv row 2" in page_of(director.get(f"/people/{record.person.pk}/portrait/"))
