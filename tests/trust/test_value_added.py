"""Value added: which scores are set against which, what is said of which group to whom, and what is never shown."""

import io
import re
from datetime import UTC, datetime

import numpy as np
import openpyxl
import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone, translation
from pypdf import PdfReader

from tests.trust.explained import lacking
from yucai.errors import FaultyInputError
from yucai.governance import AddedPlace
from yucai.web.accounts.audit_models import AuditEntry
from yucai.web.accounts.models import Account, Charge, Group, Membership, Person, Space
from yucai.web.accounts.release_rules import set_release_rules
from yucai.web.evidence.models import DataSource, EvidenceRecord, Import, Item
from yucai.web.governance.added_demonstration import fill_value_added
from yucai.web.governance.added_models import AddedGroup, AddedRun
from yucai.web.governance.added_scores import Scored, scores_there
from yucai.web.governance.added_showing import added_view
from yucai.web.governance.added_words import explained_added, findings_of_added
from yucai.web.governance.added_working import AddedWanted, remove_added, work_added_out
from yucai.web.registers.switches import Assessment, MethodOffError, switch_method_off, switch_method_on

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 24, 4, tzinfo=UTC)
CLASSES, EACH = 8, 15


@pytest.fixture
def office(db):
    """Eight classes of fifteen and one of three, with an entrance test and a final exam; the teacher has the first."""
    space = Space.objects.create(code="va", name_en="va", name_zh="va", simulated=False, evidence_map="school")
    accounts = {}
    for role in ("director", "researcher", "teacher", "student"):
        accounts[role] = Account.objects.create_user(username=f"va-{role}", role=role, name_en=role, name_zh=role)
        accounts[role].spaces.add(space)
    groups = [
        Group.objects.create(space=space, code=f"va{n}", kind="class", name_en=f"Class {n}", name_zh=f"{n} 班")
        for n in range(CLASSES + 1)
    ]
    Charge.objects.create(account=accounts["teacher"], group=groups[0])
    source = DataSource.objects.create(space=space, code="va", name_en="e", name_zh="e", purpose="p",
                                       legal_basis="duty", owner="o", read_for="quality,teaching")  # fmt: skip
    entry = Import.objects.create(source=source, file_name="x", digest="va", at=NOON, by="x", kept=0)
    rng = np.random.default_rng(11)
    people = Person.objects.bulk_create(
        Person(space=space, code=f"va{n:03}", name_en="x", name_zh="某", programme="p")
        for n in range(CLASSES * EACH + 3)
    )
    where = [groups[min(n // EACH, CLASSES)] for n in range(len(people))]
    Membership.objects.bulk_create(
        Membership(group=group, person=person) for group, person in zip(where, people, strict=True)
    )
    items = [
        Item.objects.create(space=space, code=f"va-{name}", name_en=name, name_zh=name, kind="exam")
        for name in ("entrance", "final", "middle")
    ]
    intake, added = rng.normal(0, 6, CLASSES + 1), np.array([9, -9, *rng.normal(0, 1, CLASSES - 1)])
    truth = np.array([60 + intake[min(n // EACH, CLASSES)] + rng.normal(0, 8) for n in range(len(people))])
    final = 10 + 0.8 * truth + added[[min(n // EACH, CLASSES) for n in range(len(people))]]
    scores = (
        truth + rng.normal(0, 4, len(people)),
        final + rng.normal(0, 4, len(people)),
        truth + rng.normal(0, 5, len(people)),
    )
    EvidenceRecord.objects.bulk_create(
        EvidenceRecord(came_with=entry, person=person, item=item, score=float(np.clip(score, 0, 100)), max_score=100)
        for item, of_item in zip(items, scores, strict=True)
        for person, score in zip(people, of_item, strict=True)
    )
    return space, accounts, groups, items


@pytest.fixture
def english():
    with translation.override("en"):
        yield


def wanted(items, **changed):
    first, last = (Scored(item=one.pk, occasion="", name=one.name) for one in items[:2])
    given = {"kind": "class", "now": last, "prior": (first,), "lowest": 0.7, "highest": 0.9}
    return AddedWanted(**{**given, **changed})


def switch_on(space, by):
    parts = Assessment(purpose="x", necessity="x", risks="x", measures="x")
    switch_method_on(space=space, method="value-added", wanted=parts, owner="x", by=by, at=timezone.now())


@pytest.fixture
def run(office):
    space, accounts, _groups, items = office
    switch_on(space, accounts["director"])
    return work_added_out(space=space, wanted=wanted(items), by=accounts["director"], at=timezone.now())


def page(client, accounts, who, language="en", **asked):
    client.force_login(accounts[who])
    client.cookies["django_language"] = language
    return client.get(reverse("value_added"), asked)


@pytest.mark.usefixtures("english")
def test_groups_that_add_much_or_little_are_named_and_the_rest_is_left_open(run, office):
    view = added_view(run, to=office[1]["director"], at=timezone.now())
    assert "Class 0" in [one.name for one in view.within(AddedPlace.ABOVE)]
    assert "Class 1" in [one.name for one in view.within(AddedPlace.BELOW)]
    assert sum(len(view.within(place)) for place in AddedPlace) == CLASSES
    assert len(view.within(AddedPlace.NOT_TOLD_APART)) >= 2
    slopes = [one.slopes[0] for one in view.at]
    assert slopes == sorted(slopes)  # the less reliable the earlier score, the more intake is taken out
    assert [one.plain for one in view.at[:2]] == [True, False]


def test_a_class_of_three_is_left_out_before_anything_is_worked_out(run, office):
    """Effects of all groups sum to nothing: if it were merely hidden, it could be worked out from the others."""
    assert run.result["left_out"] == {"no-earlier": 0, "no-group": 0, "small-group": 3}
    assert not AddedGroup.objects.filter(run=run, code=f"va{CLASSES}").exists()
    effects = [one.figure["effect"] for one in run.groups.all()]
    assert sum(effects) == pytest.approx(0, abs=1e-6)


@pytest.mark.usefixtures("english")
def test_stricter_rules_of_release_hide_what_was_shown_before(run, office):
    """The gate is asked at every look; a group is hidden with another, from which it could be worked out."""
    space, accounts, groups, _items = office
    AddedGroup.objects.filter(run=run, code="va3").update(people=8)
    set_release_rules(space=space, by=accounts["director"], at=timezone.now(), min_cell=10, min_spread=10,
                      starts=timezone.localdate(), source="x")  # fmt: skip
    view = added_view(run, to=accounts["director"], at=timezone.now())
    hidden = [one.name for one in view.groups if one.hidden]
    assert "Class 3" in hidden
    assert len(hidden) == 2
    assert all((one.effect, one.people, one.raw) == (None, None, None) for one in view.groups if one.hidden)
    assert view.reasons
    assert groups[3].code == "va3"


def test_a_teacher_sees_the_own_group_and_no_other(client, run, office):
    shown = page(client, office[1], "teacher").content.decode()
    assert "Class 0" in shown
    assert not re.search("Class [1-9]", shown)
    assert lacking(shown, "en") == []
    assert "What hangs on the reliability" not in shown
    file = client.get(reverse("value_added"), {"as": "xlsx", "table": "groups"})
    rows = list(openpyxl.load_workbook(io.BytesIO(file.content)).worksheets[0].iter_rows(values_only=True))
    assert [row[0] for row in rows[1:] if row[0]][:1] == ["Class 0"]
    assert not any("Class 1" in str(row) for row in rows)
    assert client.get(reverse("value_added_paper", args=[run.pk])).status_code == 403


def test_others_see_nothing(client, run, office):
    space, accounts, *_rest = office
    assert page(client, accounts, "student").status_code == 403
    Charge.objects.all().delete()
    assert "No group of yours" in page(client, accounts, "teacher").content.decode()
    assert page(client, accounts, "teacher", run=run.pk).status_code == 403
    with pytest.raises(PermissionDenied):
        remove_added(run=run, by=accounts["teacher"], at=timezone.now())
    with pytest.raises(PermissionDenied):
        work_added_out(space=space, wanted=wanted(office[3]), by=accounts["teacher"], at=timezone.now())


def test_a_director_reads_intervals_what_cannot_be_told_and_no_order_of_merit(client, run, office):
    for language, words in (("en", ("no ranks", "This cannot tell", "only ground", "Reliability of earlier scores")),
                            ("zh-hans", ("不排名", "这里无法区分", "唯一依据", "先前成绩的信度"))):  # fmt: skip
        shown = page(client, office[1], "director", language).content.decode()
        for word in words:
            assert word in shown
        assert lacking(shown, language) == []
    assert not re.search(r"rank \d|第 ?\d+ ?名", shown)
    view = added_view(run, to=office[1]["director"], at=timezone.now())
    for place in AddedPlace:
        names = [one.name for one in view.within(place)]
        assert names == sorted(names)


def test_two_earlier_scores_and_other_groups_are_taken(run, office):
    space, accounts, _groups, items = office
    both = tuple(Scored(item=one.pk, occasion="", name=one.name) for one in (items[0], items[2]))
    found = work_added_out(space=space, wanted=wanted(items, prior=both, lowest=0.88), by=accounts["researcher"],
                           at=timezone.now())  # fmt: skip
    assert len(added_view(found, to=accounts["researcher"], at=timezone.now()).at[0].slopes) == 2
    with pytest.raises(FaultyInputError, match="Only 1 group"):
        work_added_out(space=space, wanted=wanted(items, kind="programme"), by=accounts["director"], at=timezone.now())


def test_a_choice_that_makes_no_sense_is_refused_with_everything_wrong_in_it(run, office):
    space, accounts, _groups, items = office
    now = wanted(items).now
    with pytest.raises(FaultyInputError) as refused:
        work_added_out(space=space, wanted=wanted(items, prior=(now, now), lowest=0.9, highest=0.7),
                       by=accounts["director"], at=timezone.now())  # fmt: skip
    assert [fault.where for fault in refused.value.faults] == ["prior", "second", "lowest"]
    assert "信度范围为 0.9 至 0.7" in refused.value.in_language("zh")
    with pytest.raises(FaultyInputError, match="Take a higher one"):
        work_added_out(space=space, wanted=wanted(items, lowest=0.06, highest=0.9), by=accounts["director"],
                       at=timezone.now())  # fmt: skip


def test_scores_that_were_collected_for_something_else_are_not_read(run, office):
    space, accounts, _groups, items = office
    DataSource.objects.filter(space=space).update(read_for="self")
    with pytest.raises(PermissionDenied):
        work_added_out(space=space, wanted=wanted(items), by=accounts["director"], at=timezone.now())


def test_working_out_on_the_page_anew_and_removing(client, office):
    space, accounts, _groups, items = office
    client.force_login(accounts["researcher"])
    sent = {"space": space.code, "now": f"{items[1].pk}:", "prior": f"{items[0].pk}:", "second": "", "kind": "class",
            "lowest": "0.7", "highest": "0.9"}  # fmt: skip
    off = client.post(reverse("value_added_add"), sent)
    assert (off.status_code, AddedRun.objects.filter(space=space).exists()) == (200, False)
    switch_on(space, accounts["director"])
    answer = client.post(reverse("value_added_add"), sent)
    made = AddedRun.objects.get(space=space)
    assert answer.headers["Location"].endswith(f"?run={made.pk}")
    assert "errorlist" in client.post(reverse("value_added_add"), {**sent, "prior": sent["now"]}).content.decode()
    before = list(made.groups.order_by("code").values_list("figure", flat=True))
    client.post(reverse("value_added_again", args=[made.pk]))
    assert list(made.groups.order_by("code").values_list("figure", flat=True)) == before
    client.post(reverse("value_added_remove", args=[made.pk]))
    assert not AddedRun.objects.filter(space=space).exists()
    acts = AuditEntry.objects.filter(space=space, act__startswith="value-added.").order_by("position")
    assert list(acts.values_list("act", flat=True)) == [
        "value-added.worked-out", "value-added.worked-out", "value-added.removed"
    ]  # fmt: skip


def test_it_is_off_until_somebody_signs_and_then_nothing_is_shown(client, office):
    space, accounts, _groups, items = office
    with pytest.raises(MethodOffError, match="never switched on"):
        work_added_out(space=space, wanted=wanted(items), by=accounts["director"], at=timezone.now())
    switch_on(space, accounts["director"])
    work_added_out(space=space, wanted=wanted(items), by=accounts["director"], at=timezone.now())
    assert "Class 0" in page(client, accounts, "director").content.decode()
    switch_method_off(space=space, method="value-added", reason="x", by=accounts["director"], at=timezone.now())
    for who in ("director", "teacher"):
        assert "Class 0" not in page(client, accounts, who).content.decode()


@pytest.mark.parametrize("who", ["director", "teacher"])
def test_the_page_asks_few_questions_and_every_look_is_in_the_trail(
    client, run, office, who, django_assert_max_num_queries
):
    page(client, office[1], who)
    with django_assert_max_num_queries(15):
        assert client.get(reverse("value_added")).status_code == 200
    looks = AuditEntry.objects.filter(space=office[0], act="value-added.read", account=office[1][who])
    assert looks.count() == 2


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_l9_value_added_on_paper_holds_all_six_parts(client, run, office, language):
    client.force_login(office[1]["director"])
    client.cookies["django_language"] = language
    answer = client.get(reverse("value_added_paper", args=[run.pk]))
    words = "".join(sheet.extract_text() for sheet in PdfReader(io.BytesIO(answer.content)).pages)
    words = re.sub(r"[\s“”\"]", "", words).replace("'", "’")
    with translation.override(language):
        view = added_view(run, to=office[1]["director"], at=timezone.now())
        told = [part.says for part in explained_added(view).parts] + list(findings_of_added(view))
    for line in told:
        assert re.sub(r"[\s“”\"]", "", line).replace("'", "’") in words, line


def test_what_can_be_chosen_has_scores_of_enough_people(office):
    space, _accounts, _groups, items = office
    EvidenceRecord.objects.filter(item=items[2], person__code__gte="va010").delete()
    there = scores_there(space, at=timezone.now())
    assert [(one.name.en, one.n) for one in there] == [("entrance", 123), ("final", 123)]


def test_what_was_removed_from_the_record_cannot_be_worked_out_anew(client, run, office):
    AddedRun.objects.filter(pk=run.pk).update(prior=[{**run.prior[0], "item": 0}])
    client.force_login(office[1]["director"])
    client.cookies["django_language"] = "en"
    answer = client.post(reverse("value_added_again", args=[run.pk]), follow=True).content.decode()
    assert "“entrance” is not on record" in answer
    assert run.groups.count() == CLASSES


def test_the_planted_findings_of_the_demonstration_can_be_found(office):
    """The best mean began high and hangs on the reliability; one class adds and one falls short, at each of them."""
    space, accounts, _groups, _items = office
    switch_on(space, accounts["director"])
    for number, (year, n) in enumerate((year, n) for year in (2022, 2023, 2024, 2025) for n in (1, 2)):
        Group.objects.filter(code=f"va{number}").update(code=f"{year}-{n}")
    Group.objects.filter(code=f"va{CLASSES}").delete()
    kept = fill_value_added(space, at=timezone.now())
    places = {one.code: one.figure["place"] for one in kept.groups.all()}
    assert (places["2022-2"], places["2024-1"], places["2023-1"]) == ("above", "below", "hangs")
    best = max(kept.groups.all(), key=lambda one: one.figure["raw"])
    assert best.code == "2023-1"
