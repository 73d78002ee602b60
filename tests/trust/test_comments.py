"""Comments to students: read before they go, the same words for everybody, contested, withdrawn, taken along."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from tests.trust.world import furnish
from yucai.errors import FaultyInputError
from yucai.web.accounts.audit_models import AuditEntry
from yucai.web.accounts.models import Account, Group, Person, Space
from yucai.web.evidence.models import EvidenceRecord, Item
from yucai.web.measurement.comment_models import StudentComment
from yucai.web.measurement.commenting import (
    CommentWritten,
    discard_comment,
    keep_comment,
    send_comments,
    withdraw_comment,
)
from yucai.web.measurement.models import CalibrationRun, ProfileRow
from yucai.web.registers.switches import Assessment, switch_method_off, switch_method_on
from yucai.web.rights.cases import decide_case, open_case, take_case
from yucai.web.rights.exporting import export_person
from yucai.web.rights.gathering import gather
from yucai.web.rights.results import result_of
from yucai.web.rights.taking import take_in_person
from yucai.web.rights.unpacking import unpack
from yucai.web.teaching.comment_drafts import drafted

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 27, 4, tzinfo=UTC)
LATER = NOON + timedelta(days=1)
WANTED = Assessment(purpose="x", necessity="x", risks="x", measures="x")
PLACES = {"innovation": 0.9, "practical-literacy": -0.9}


@pytest.fixture
def world(db, settings, tmp_path):
    """An institution whose first class has a strength, something below the average, and much that is not known."""
    settings.WORKSPACE = replace(settings.WORKSPACE, folder=tmp_path / "office")
    own, beside = furnish("said", tmp_path)
    person = Person.objects.select_related("space").get(pk=own.parts["person"]["pk"])
    StudentComment.objects.filter(person__space=person.space).delete()
    Person.objects.filter(pk=person.pk).update(name_en="Ana", name_zh="安娜")
    run = CalibrationRun.objects.filter(space=person.space).order_by("pk").first()
    CalibrationRun.objects.filter(pk=run.pk).update(current=True)
    ProfileRow.objects.bulk_create(
        ProfileRow(run=run, person=one, occasion="2026-2027", quality=code, mean=mean, std_error=0.3,
                   lower90=mean - 0.5, upper90=mean + 0.5, n_evidence=6, enough=True)
        for one in Person.objects.filter(space=person.space)
        for code, mean in PLACES.items()
    )  # fmt: skip
    switch_method_on(space=person.space, method="comment-drafts", wanted=WANTED, owner="x",
                     by=own.accounts["director"], at=timezone.now())  # fmt: skip
    group = Group.objects.select_related("space").get(pk=own.parts["group"]["pk"])
    return {"own": own, "beside": beside, "group": group, "run": run,
            "person": Person.objects.select_related("space").get(pk=person.pk)}  # fmt: skip


def who(world, role):
    return Account.objects.select_related("person__space").get(pk=world["own"].accounts[role].pk)


def kept(world, said="Well done, Ana.", role="teacher", person=None, draft="A draft.", at=NOON):
    written = CommentWritten(language="en", said=said, occasion="2026-2027", draft=draft, rules_version="1.0",
                             computed_at=world["run"].at)  # fmt: skip
    return keep_comment(person=person or world["person"], group=world["group"], written=written, by=who(world, role),
                        at=at)  # fmt: skip


def sent(world, **more):
    made = kept(world, **more)
    send_comments(group=world["group"], numbers=[made.pk], by=who(world, more.get("role", "teacher")), at=NOON)
    return StudentComment.objects.select_related("person").get(pk=made.pk)


def opened(client, world, role, name="portrait", args=None, language="en"):
    client.force_login(who(world, role))
    client.cookies["django_language"] = language
    return client.get(reverse(name, args=args or [world["person"].pk]))


def block(page):
    return re.search(r'<section id="comments".*?</section>', page.content.decode(), re.S).group()


def words(said):
    said = re.sub(r'<details class="withdraw">.*?</details>|<a class="contest".*?</a>', "", said, flags=re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", said)).strip()


# The draft


def test_the_draft_is_made_of_what_is_known_of_this_student_and_says_so(client, world):
    page = opened(client, world, "teacher", "class_comment", [world["group"].pk, world["person"].pk]).content.decode()
    assert "Dear Ana," in page
    assert "In innovation you stand clearly above the average" in page
    assert "One thing to work on is practical literacy" in page
    assert "too little is known yet" in page
    assert "A draft by rule (version 1.0), without AI" in page


def test_the_teacher_chooses_the_language_of_the_draft(client, world):
    address = reverse("class_comment", args=[world["group"].pk, world["person"].pk])
    client.force_login(who(world, "teacher"))
    assert "安娜同学：" in client.get(f"{address}?language=zh").content.decode()
    assert "Dear Ana," in client.get(f"{address}?language=en").content.decode()


def test_a_value_under_review_is_no_ground_for_a_sentence(world):
    open_case(kind="objection", about="quality", key="innovation|2026-2027", said="not so", by=who(world, "student"),
              at=NOON)  # fmt: skip
    said = drafted(world["person"], world["group"], at=NOON).draft.in_language("en")
    assert "innovation" not in said


def test_a_good_piece_of_evidence_is_named_and_a_low_mark_is_not(world):
    item = Item.objects.get(space=world["person"].space, code="exam/a")
    record = EvidenceRecord.objects.get(item=item, person=world["person"])
    Item.objects.filter(pk=item.pk).update(code="rubric/innovation/essay", name_en="Essay", kind="rubric")
    for score, named in ((5, True), (1, False)):
        EvidenceRecord.objects.filter(pk=record.pk).update(occasion="2026-2027", score=score)
        said = drafted(world["person"], world["group"], at=NOON).draft.in_language("en")
        assert ("in “Essay” (5 of 6)" in said) == named


def test_a_draft_is_kept_nowhere_before_somebody_keeps_it(client, world):
    opened(client, world, "teacher", "class_comment", [world["group"].pk, world["person"].pk])
    assert not StudentComment.objects.exists()


def test_switched_off_there_is_no_draft_and_one_may_write_by_hand(client, world):
    switch_method_off(space=world["person"].space, method="comment-drafts", reason="x", by=who(world, "officer"),
                      at=timezone.now())  # fmt: skip
    address = reverse("class_comment", args=[world["group"].pk, world["person"].pk])
    client.force_login(who(world, "teacher"))
    assert "Dear Ana," not in client.get(address).content.decode()
    client.post(address, {"said": "By hand.", "send": "yes"})
    made = StudentComment.objects.get()
    assert (made.said, made.draft, made.rules_version) == ("By hand.", "", "")
    assert "Written by hand." in block(opened(client, world, "student"))


# Nothing goes that nobody read


def test_what_was_not_opened_and_kept_cannot_be_sent(world):
    with pytest.raises(FaultyInputError, match="tick comments that you have opened and kept"):
        send_comments(group=world["group"], numbers=[1, 2, 3], by=who(world, "teacher"), at=NOON)


def test_nobody_sends_what_another_wrote(world):
    made = kept(world)
    with pytest.raises(FaultyInputError, match="Nothing was sent"):
        send_comments(group=world["group"], numbers=[made.pk], by=who(world, "director"), at=NOON)


def test_a_draft_whose_values_were_computed_anew_has_to_be_opened_again(client, world):
    made = kept(world)
    CalibrationRun.objects.filter(pk=world["run"].pk).update(at=LATER)
    with pytest.raises(FaultyInputError, match="the values were computed anew after you kept the comment for Ana"):
        send_comments(group=world["group"], numbers=[made.pk], by=who(world, "teacher"), at=LATER)
    index = opened(client, world, "teacher", "class_comments", [world["group"].pk]).content.decode()
    assert "values changed since it was read" in index
    assert 'name="comment"' not in index


def test_those_that_are_ticked_go_together_or_not_at_all(client, world):
    people = list(world["group"].people.order_by("code")[:3])
    made = [kept(world, person=person) for person in people]
    client.force_login(who(world, "teacher"))
    index = client.get(reverse("class_comments", args=[world["group"].pk])).content.decode()
    assert index.count('name="comment"') == 3
    client.post(reverse("comments_send", args=[world["group"].pk]), {"comment": [made[0].pk, made[1].pk]})
    assert [StudentComment.objects.get(pk=one.pk).sent_at is not None for one in made] == [True, True, False]


def test_it_is_kept_sent_and_thrown_away_from_its_page(client, world):
    address = reverse("class_comment", args=[world["group"].pk, world["person"].pk])
    client.force_login(who(world, "teacher"))
    client.cookies["django_language"] = "en"
    client.post(f"{address}?language=en", {"said": "First.", "keep": "yes"})
    assert StudentComment.objects.get().sent_at is None
    client.post(f"{address}?language=en", {"said": "Second.", "keep": "yes"})
    assert StudentComment.objects.get().said == "Second."  # one at a time
    client.post(address, {"said": "", "discard": "yes"})
    assert not StudentComment.objects.exists()
    refused = client.post(f"{address}?language=en", {"said": " ", "send": "yes"})
    assert "This is needed." in refused.content.decode()
    client.post(f"{address}?language=en", {"said": "Third.", "send": "yes"})
    assert StudentComment.objects.get().sent_at is not None


def test_only_who_teaches_the_group_writes_to_its_people(world):
    stranger = Person.objects.get(pk=world["beside"].parts["person"]["pk"])
    for role, person in (("mentor", world["person"]), ("researcher", world["person"]), ("teacher", stranger)):
        with pytest.raises(PermissionDenied):
            kept(world, role=role, person=person)
        with pytest.raises(PermissionDenied):
            discard_comment(person=person, group=world["group"], by=who(world, role), at=NOON)
    with pytest.raises(PermissionDenied):
        send_comments(group=world["group"], numbers=[], by=who(world, "mentor"), at=NOON)


# The student reads what staff read


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_l11_the_student_and_staff_read_the_same_words(client, world, language):
    sent(world, said="Well done, Ana.\n\nGo on.")
    seen = {role: words(block(opened(client, world, role, language=language)))
            for role in ("student", "teacher", "mentor", "director")}  # fmt: skip
    assert len(set(seen.values())) == 1
    assert "Well done, Ana." in seen["student"]


def test_before_it_is_sent_nobody_sees_it_on_the_portrait(client, world):
    kept(world)
    for role in ("student", "teacher", "director"):
        assert b"Well done, Ana." not in opened(client, world, role).content


def test_it_says_who_wrote_it_when_and_whether_a_draft_was_changed(client, world):
    sent(world)
    said = words(block(opened(client, world, "student")))
    assert "2026-11-27" in said
    assert "Drafted by rule, without AI; read, changed and sent by the author." in said
    StudentComment.objects.update(draft="Well done, Ana.")
    assert "read and sent as it was" in words(block(opened(client, world, "student")))


def test_what_somebody_types_is_words_and_no_page(client, world):
    sent(world, said="<script>alert(1)</script>")
    assert b"<script>alert(1)" not in opened(client, world, "student").content


# Withdrawn, contested


def test_a_withdrawn_comment_is_gone_and_the_reason_stands(client, world):
    made = sent(world)
    client.force_login(who(world, "teacher"))
    client.post(reverse("comment_withdraw", args=[made.pk]), {"reason": " "})
    assert StudentComment.objects.get().withdrawn_at is None
    client.post(reverse("comment_withdraw", args=[made.pk]), {"reason": "Meant for somebody else."})
    said = words(block(opened(client, world, "student")))
    assert "Well done, Ana." not in said
    assert "Withdrawn on" in said
    assert "Meant for somebody else." in said


def test_only_the_author_and_a_director_withdraw_it(world):
    made = sent(world)
    for role in ("student", "mentor", "researcher", "officer"):
        with pytest.raises(PermissionDenied):
            withdraw_comment(comment=made, reason="x", by=who(world, role), at=LATER)
    withdraw_comment(comment=made, reason="x", by=who(world, "director"), at=LATER)
    withdraw_comment(comment=made, reason="y", by=who(world, "teacher"), at=LATER)  # a second time changes nothing
    assert StudentComment.objects.get().reason == "x"


def test_l10_it_is_contested_marked_and_withdrawn_by_a_second_person(client, world):
    made = sent(world, role="director")
    case = open_case(kind="objection", about="comment", key=f"{made.pk}", said="That was not me.",
                     by=who(world, "student"), at=NOON)  # fmt: skip
    assert "under review" in block(opened(client, world, "teacher"))
    assert case.made_by == [made.author_id]
    take_case(case=case, by=who(world, "officer"), at=NOON)
    with pytest.raises(FaultyInputError, match="has not withdrawn the comment"):
        decide_case(case=case, outcome="corrected", reason="x", by=who(world, "officer"), at=LATER)
    page = opened(client, world, "officer", "request", [case.pk]).content.decode()
    assert "the comment is withdrawn" in page
    decide_case(case=case, outcome="set-aside", reason="It was another Ana.", by=who(world, "officer"), at=LATER)
    made.refresh_from_db()
    case.refresh_from_db()
    assert (made.reason, made.withdrawn_at) == ("It was another Ana.", LATER)
    assert "The comment was withdrawn" in case.effect.en
    assert "under review" not in block(opened(client, world, "student"))
    assert result_of(world["person"], about="comment", key=f"{made.pk}", at=LATER) is None


def test_l10_the_author_may_withdraw_it_while_it_is_contested(world):
    made = sent(world)
    case = open_case(kind="correction", about="comment", key=f"{made.pk}", said="x", by=who(world, "student"), at=NOON)
    take_case(case=case, by=who(world, "officer"), at=NOON)
    withdraw_comment(comment=made, reason="right", by=who(world, "teacher"), at=LATER)
    decide_case(case=case, outcome="corrected", reason="done", by=who(world, "officer"), at=LATER)
    case.refresh_from_db()
    assert case.effect.en == "Withdrawn by its author: the comment, on 2026-11-28."


# On record


def test_each_act_is_in_the_trail_with_the_person_and_no_word_of_the_comment(world):
    made = sent(world)
    withdraw_comment(comment=made, reason="a reason", by=who(world, "teacher"), at=LATER)
    kept(world)
    discard_comment(person=world["person"], group=world["group"], by=who(world, "teacher"), at=LATER)
    acts = AuditEntry.objects.filter(act__startswith="comment.", people__person=world["person"]).order_by("position")
    assert [one.act for one in acts] == ["comment.kept", "comment.sent", "comment.withdrawn", "comment.kept",
                                         "comment.discarded"]  # fmt: skip
    assert not any("Well done" in f"{one.target}{one.detail}" for one in acts)


def test_l20_comments_are_taken_along_and_come_in_elsewhere_as_they_were(world, tmp_path):
    sent(world)
    kept(world, said="Not sent.")
    rows = gather(world["person"]).tables["comments"]
    told = [(row["said"], row["sent_at"] is not None) for row in rows]
    assert told == [("Well done, Ana.", True), ("Not sent.", False)]
    file = tmp_path / "ana.zip"
    file.write_bytes(export_person(world["person"], by=None, language="zh", at=NOON).content)
    other = Space.objects.create(
        code="said-other", name_en="o", name_zh="o", simulated=False, evidence_map="evidence-demo-college"
    )
    taken = take_in_person(unpack(file), space=other, by=None, at=LATER)
    assert gather(taken).tables["comments"] == rows


def test_the_database_keeps_one_unsent_at_a_time_and_no_withdrawal_without_a_reason(world):
    made = kept(world)
    with pytest.raises(IntegrityError), transaction.atomic():
        StudentComment.objects.create(
            person=world["person"], author=who(world, "teacher"), language="en", said="x", kept_at=NOON
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        StudentComment.objects.filter(pk=made.pk).update(withdrawn_at=NOON, withdrawn_by=who(world, "teacher"))


def test_pages_of_comments_ask_at_most_twenty_questions(client, world, django_assert_max_num_queries):
    for name, args in (("class_comments", [world["group"].pk]),
                       ("class_comment", [world["group"].pk, world["person"].pk])):  # fmt: skip
        opened(client, world, "teacher", name, args)
        with django_assert_max_num_queries(20):
            assert client.get(reverse(name, args=args)).status_code == 200
