"""The portraits of a class as one file: made for who may see them, taken away while that holds, gone after a day."""

import io
from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone, translation
from pypdf import PdfReader

from tests.trust.world import furnish
from tests.web.looks import looks
from yucai.web.accounts.age_models import GuardianConsent, MinorApproval
from yucai.web.accounts.ages import years_before
from yucai.web.accounts.consent_models import Consent, ConsentText
from yucai.web.accounts.models import Account, Charge, Group, Membership, Person
from yucai.web.commands.working import job_handlers
from yucai.web.erasure.of_files import count_class_portraits, forget_class_portraits
from yucai.web.erasure.subjects import subject_of
from yucai.web.evidence.models import DataSource
from yucai.web.jobs.actions import ask_cancel, run_next
from yucai.web.measurement.class_portrait_models import ClassPortraits
from yucai.web.measurement.class_portraits import (
    KEPT,
    ask_for_portraits,
    drop_file,
    file_of,
    job_of,
    make_portraits,
    tend_portraits,
)
from yucai.web.measurement.portraits import PortraitWish, portrait_of

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def class_a(db, settings, tmp_path):
    """The class of an institution with everything in it; its teacher, and that of the class beside."""
    settings.WORKSPACE = replace(settings.WORKSPACE, folder=tmp_path / "office")
    settings.WORKSPACE.folder.mkdir(exist_ok=True)
    own, beside = furnish("book", tmp_path)
    ClassPortraits.objects.all().delete()
    other = Account.objects.create(username="book-other", role="teacher")
    other.spaces.add(own.accounts["teacher"].spaces.get())
    Charge.objects.create(account=other, group_id=beside.parts["group"]["pk"])
    return {
        "group": Group.objects.select_related("space").get(pk=own.parts["group"]["pk"]),
        "teacher": Account.objects.get(username="book-teacher"),
        "director": Account.objects.get(username="book-director"),
        "other": other,
    }


def members(class_a):
    return list(Person.objects.filter(groups=class_a["group"]).order_by("code"))


def asked(class_a, by="teacher", **wish):
    return ask_for_portraits(
        group=class_a["group"], wish=PortraitWish(**wish), language="en", by=class_a[by], at=timezone.now()
    )


def made(class_a, by="teacher", **wish):
    book = asked(class_a, by, **wish)
    make_portraits(book, report=lambda done, text: None, clock=timezone.now)
    return ClassPortraits.objects.get(pk=book.pk)


def words_of(book):
    sheets = PdfReader(io.BytesIO(file_of(book, at=timezone.now()).read_bytes())).pages
    return ["".join(sheet.extract_text().split()) for sheet in sheets]


def download(client, class_a, book, by="teacher"):
    client.force_login(class_a[by])
    return client.get(reverse("class_portraits_file", args=[class_a["group"].pk, book.pk]))


def test_everybody_of_the_class_has_a_page_in_the_order_of_their_numbers(class_a):
    book, people = made(class_a), members(class_a)
    pages = words_of(book)
    assert len(pages) == len(people)
    assert all(person.code in page for person, page in zip(people, pages, strict=True))
    assert book.people == sorted(person.pk for person in people)


def test_l9_each_page_of_the_file_holds_all_six_parts(class_a):
    with translation.override("en"):
        reading = portrait_of(members(class_a)[0], at=NOW).reading
    assert len(reading) == 2 + 6 + 1  # two sentences, six parts, and where it was tested
    for page in words_of(made(class_a)):
        assert all("".join(one.split()) in page for one in reading)


def test_each_download_is_a_look_at_everybody_in_it(class_a, client):
    book = made(class_a)
    answer = download(client, class_a, book)
    assert answer.status_code == 200
    assert b"".join(answer.streaming_content)[:5] == b"%PDF-"
    read = [look for look in looks(account="book-teacher") if look.page == "class-portraits" and look.person]
    assert {look.person for look in read} == {person.code for person in members(class_a)}
    assert not any(look.refused for look in read)


def test_nobody_but_who_asked_gets_the_file(class_a, client):
    book = made(class_a)
    for by in ("director", "other"):
        assert download(client, class_a, book, by).status_code == 403, by


def test_a_teacher_cannot_ask_for_another_class(class_a, client):
    with pytest.raises(PermissionDenied):
        asked(class_a, "other")
    client.force_login(class_a["other"])
    address = reverse("class_portraits", args=[class_a["group"].pk])
    assert client.get(address).status_code == client.post(address).status_code == 403
    assert not ClassPortraits.objects.exists()


def test_who_lost_the_class_gets_neither_a_new_file_nor_the_old_one(class_a, client):
    book, waiting = made(class_a), asked(class_a)
    Charge.objects.filter(account=class_a["teacher"]).delete()
    assert download(client, class_a, book).status_code == 403
    with pytest.raises(PermissionDenied):
        make_portraits(waiting, report=lambda done, text: None, clock=timezone.now)


def test_minors_without_an_approval_are_left_out_and_it_is_said(class_a, client):
    young = members(class_a)[0]
    MinorApproval.objects.all().delete()
    Person.objects.filter(pk=young.pk).update(born=years_before(timezone.localdate(), 16))
    client.force_login(class_a["teacher"])
    client.cookies["django_language"] = "en"
    page = client.get(reverse("class_portraits", args=[class_a["group"].pk])).content.decode()
    assert f"{len(members(class_a)) - 1} people would be in it." in page
    assert "1 person is left out: under 18" in page
    book = made(class_a)
    assert (book.left_out, young.pk in book.people) == (1, False)
    assert not any(young.code in words for words in words_of(book))


def test_a_person_who_becomes_closed_since_closes_the_file(class_a, client):
    book = made(class_a)
    MinorApproval.objects.all().delete()
    Person.objects.filter(pk=book.people[0]).update(born=years_before(timezone.localdate(), 16))
    assert download(client, class_a, book).status_code == 403


def test_a_consent_withdrawn_since_lets_the_file_go_at_once(class_a, client):
    person, text = members(class_a)[0], ConsentText.objects.first()
    consent = Consent.objects.create(person=person, text=text, way="paper", reference="x", given_at=NOW)
    book = made(class_a)
    Consent.objects.filter(pk=consent.pk).update(ended_at=timezone.now() + timedelta(seconds=1))
    assert download(client, class_a, book).status_code == 302
    book.refresh_from_db()
    assert book.gone_at is not None
    assert file_of(book, at=timezone.now()) is None


def test_a_guardian_who_withdraws_lets_the_file_go(class_a, client):
    book = made(class_a)
    GuardianConsent.objects.create(
        person_id=book.people[0], guardian="x", shown="paper", reference="x", given_on=timezone.localdate(),
        recorded_by=class_a["director"], recorded_at=NOW, withdrawn_on=timezone.localdate(),
        withdrawn_by=class_a["director"],
    )  # fmt: skip
    assert download(client, class_a, book).status_code == 302


def test_records_that_rest_on_no_consent_are_on_no_page(class_a):
    DataSource.objects.filter(space=class_a["group"].space).update(consent_code="research")
    words = words_of(made(class_a))
    assert all("isnotused" in page for page in words)


def test_a_data_set_that_is_read_for_something_else_closes_the_class(class_a):
    DataSource.objects.filter(space=class_a["group"].space).update(read_for="statistics")
    with pytest.raises(PermissionDenied):
        made(class_a)


def test_the_file_goes_after_its_day(class_a, client):
    book = made(class_a)
    file = file_of(book, at=timezone.now())
    over = timezone.now() + KEPT + timedelta(minutes=1)
    assert file_of(book, at=over) is None
    assert tend_portraits(at=over) == 1
    book.refresh_from_db()
    assert (file.exists(), book.people, book.gone_at) == (False, [], over)
    assert download(client, class_a, book).status_code == 302


def test_whoever_is_erased_is_in_no_file_any_more(class_a):
    book, person = made(class_a), members(class_a)[0]
    file, subject = file_of(book, at=timezone.now()), subject_of(person)
    assert count_class_portraits(subject) == 1
    task = type("Task", (), {"at": timezone.now()})()
    assert forget_class_portraits(subject, task) == 1
    assert (file.exists(), count_class_portraits(subject)) == (False, 0)


def test_it_is_a_job_that_tells_how_far_it_is_and_can_be_called_off(class_a, client):
    book = asked(class_a)
    assert asked(class_a) == book  # two clicks are one file
    ask_cancel(job_of(book), at=timezone.now())
    assert job_of(book).state == "cancelled"
    again = asked(class_a)
    assert again != book
    outcome = run_next(job_handlers(), clock=timezone.now, only=job_of(again))
    assert outcome.problem is None
    job = job_of(again)
    assert (job.state, job.progress) == ("done", 1.0)
    assert f"{len(members(class_a))} portraits in one file, 0 left out" in job.message_en
    client.force_login(class_a["teacher"])
    assert client.get(reverse("job", args=[job.pk])).status_code == 200
    for by in ("director", "other"):
        client.force_login(class_a[by])
        assert client.get(reverse("job", args=[job.pk])).status_code == 403, by


def test_a_job_that_is_called_off_while_it_works_leaves_no_file(class_a):
    book = asked(class_a)

    def called_off(done, text):
        if done > 0:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        make_portraits(book, report=called_off, clock=timezone.now)
    book.refresh_from_db()
    assert (book.made_at, book.file, book.people) == (None, "", [])


def test_somebody_who_left_the_class_is_in_no_new_file(class_a):
    gone = members(class_a)[0]
    Membership.objects.filter(person=gone, group=class_a["group"]).delete()
    assert gone.pk not in made(class_a).people


def test_dropping_a_file_twice_does_no_harm(class_a):
    book = made(class_a)
    for _time in range(2):
        drop_file(book, at=NOW)
    assert file_of(book, at=timezone.now()) is None
