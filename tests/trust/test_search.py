"""The search finds what somebody may see anyway, says whom it showed, and keeps nothing of what was typed."""

import json
import logging
import re
import time
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from tests.trust.world import ROLES, furnish
from yucai.web.accounts.audit_models import AuditEntry
from yucai.web.accounts.models import Account, Membership, Person
from yucai.web.bulk import insert_rows
from yucai.web.evidence.models import DataSource, Item, OwnWork
from yucai.web.homes.searching import MOST, enough_to_search

pytestmark = pytest.mark.django_db
SRC = Path(__file__).parents[2] / "src" / "yucai" / "web"
SEARCHERS = ("director", "researcher", "teacher", "mentor", "officer")


@pytest.fixture
def world(db, settings, tmp_path):
    settings.WORKSPACE = replace(settings.WORKSPACE, folder=tmp_path / "office")
    own, beside = furnish("seek", tmp_path)
    elsewhere, _ = furnish("away", tmp_path)
    for things, en, zh in (
        (own, "Lin Yueshu", "林悦书"),
        (beside, "Lin Wenyue", "林文月"),
        (elsewhere, "Lin Ya", "林雅"),
    ):
        Person.objects.filter(pk=things.parts["person"]["pk"]).update(name_en=en, name_zh=zh)
    return {"own": own, "beside": beside, "elsewhere": elsewhere}


def asked(client, world, role, said, language="en"):
    client.force_login(Account.objects.get(pk=world["own"].accounts[role].pk))
    client.cookies["django_language"] = language
    answer = client.post(reverse("search"), {"q": said})
    assert answer.status_code == 200
    return answer.content.decode()


def found(page):
    """Return the names that were found, by kind."""
    kinds = re.findall(r'<section aria-labelledby="found-(\w+)">(.*?)</section>', page, re.S)
    return {kind: re.findall(r'<li><a href="[^"]+">([^<]+)</a>', inside) for kind, inside in kinds}


def people_of(page):
    return found(page).get("people", [])


@pytest.mark.parametrize(
    ("role", "names"),
    [
        ("director", ["Lin Yueshu", "Lin Wenyue"]),
        ("researcher", ["Lin Yueshu", "Lin Wenyue"]),
        ("officer", ["Lin Yueshu", "Lin Wenyue"]),
        ("teacher", ["Lin Yueshu"]),
        ("mentor", ["Lin Yueshu"]),
    ],
)
def test_l17_a_search_finds_only_whom_somebody_may_see(client, world, role, names):
    assert people_of(asked(client, world, role, "lin")) == names


@pytest.mark.parametrize("role", sorted(set(ROLES) - set(SEARCHERS)))
def test_l17_who_sees_no_list_of_people_has_no_search(client, world, role):
    client.force_login(world["own"].accounts[role])
    assert client.post(reverse("search"), {"q": "lin"}).status_code == 403
    assert reverse("search") not in client.get(reverse("trust")).content.decode()


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ("林", ["Lin Yueshu", "Lin Wenyue"]), ("悦书", ["Lin Yueshu"]), ("YUESHU", ["Lin Yueshu"]),
        ("yue lin", ["Lin Yueshu", "Lin Wenyue"]), ("lys", ["Lin Yueshu"]), ("lwy", ["Lin Wenyue"]),
        ("ly", ["Lin Yueshu"]), ("a0", ["Lin Yueshu"]), (" b0 ", ["Lin Wenyue"]), ("%", []), ("_0", []),
        ("in'; DROP", []), ("xyz", []),
    ],
)  # fmt: skip
def test_people_are_found_by_number_by_name_and_by_the_initials_of_pinyin(client, world, said, names):
    assert people_of(asked(client, world, "director", said)) == names


def test_one_letter_is_too_little_and_one_chinese_character_is_enough(client, world):
    assert "too little to look for" in asked(client, world, "director", "l")
    assert "输入太少" in asked(client, world, "director", "l", "zh-hans")
    assert people_of(asked(client, world, "director", "悦", "zh-hans")) == ["林悦书"]
    assert [enough_to_search(said) for said in ("", "a", "ab", "𬱖", "7")] == [False, False, True, True, False]


def test_nothing_found_is_said_in_words_and_does_not_tell_whether_somebody_exists(client, world):
    unknown, hidden = (asked(client, world, "teacher", said) for said in ("Zhuge", "Wenyue"))
    assert "Nothing of that name among what you may see" in unknown
    assert unknown.replace("Zhuge", "") == re.sub("Wenyue", "", hidden) or _same(unknown, hidden)


def _same(one, other):
    """Whether two pages are the same but for what was typed and the token of the form."""
    plain = [
        re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"|value="(Zhuge|Wenyue)"', "", page) for page in (one, other)
    ]
    return plain[0] == plain[1]


def test_groups_assessments_and_works_are_found_by_the_doors_of_their_pages(client, world):
    Item.objects.filter(pk=world["own"].parts["assessment"]["pk"]).update(name_en="Optics", name_zh="光学")
    Item.objects.filter(pk=world["beside"].parts["assessment"]["pk"]).update(name_en="Optics two", name_zh="光学二")
    OwnWork.objects.filter(person=world["own"].parts["person"]["pk"], title="waiting").update(title="Optics bench")
    OwnWork.objects.filter(person=world["beside"].parts["person"]["pk"], title="waiting").update(title="Optics box")
    told = {role: found(asked(client, world, role, "optics")) for role in SEARCHERS}
    both = {"assessments": ["Optics", "Optics two"], "works": ["Optics box", "Optics bench"]}
    assert told["director"] == told["researcher"] == both
    assert told["teacher"] == {"assessments": ["Optics"], "works": ["Optics bench"]}
    assert told["mentor"] == {"works": ["Optics bench"]}
    assert told["officer"] == {}


@pytest.mark.parametrize("role", SEARCHERS)
def test_l17_whatever_a_search_shows_opens(client, world, role):
    for said in ("lin", "20", "waiting", "seek", "exam"):
        page = asked(client, world, role, said)
        for link in re.findall(r'<li><a href="([^"]+)">', page):
            assert client.get(link).status_code == 200, (role, said, link)


def test_a_search_is_one_look_at_everybody_it_showed(client, world):
    before = AuditEntry.objects.count()
    asked(client, world, "director", "lin")
    entry = AuditEntry.objects.order_by("-position").first()
    assert AuditEntry.objects.count() == before + 1
    assert (entry.act, entry.target, entry.purpose, entry.refused) == ("read", "search", "guidance", False)
    shown = {world[side].parts["person"]["pk"] for side in ("own", "beside")}
    assert set(entry.people.values_list("person", flat=True)) == shown
    asked(client, world, "director", "nobody is called so")
    assert AuditEntry.objects.count() == before + 1


def test_l4_who_may_not_be_read_for_their_age_is_not_found(client, world):
    Person.objects.filter(pk=world["own"].parts["person"]["pk"]).update(born=date(2012, 1, 1))
    assert people_of(asked(client, world, "teacher", "lin")) == ["Lin Yueshu"]  # an approval for teaching holds
    Person.objects.filter(pk=world["own"].parts["person"]["pk"]).update(born=date(timezone.now().year - 9, 1, 1))
    assert people_of(asked(client, world, "teacher", "lin")) == []
    assert people_of(asked(client, world, "officer", "lin")) == ["Lin Yueshu", "Lin Wenyue"]


def test_l2_data_that_were_not_collected_for_this_close_the_search_as_they_close_the_list(client, world):
    DataSource.objects.filter(space__code="seek").update(read_for="statistics")
    client.force_login(world["own"].accounts["teacher"])
    group = reverse("group", kwargs=world["own"].parts["group"])
    assert [client.get(group).status_code, client.post(reverse("search"), {"q": "lin"}).status_code] == [403, 403]
    assert AuditEntry.objects.order_by("-position").first().refused


def test_what_was_typed_is_kept_in_no_address_no_log_and_not_in_the_trail(client, world, caplog):
    typed = "林悦书"
    with caplog.at_level(logging.DEBUG):
        page = asked(client, world, "teacher", typed)
    assert typed not in caplog.text
    assert f"q={typed}" not in page
    forms = re.findall(r"<form class=\"search\".*?</form>", page, re.S)
    assert len(forms) == 2
    assert all('method="post"' in form and 'autocomplete="off"' in form for form in forms)
    entry = AuditEntry.objects.order_by("-position").first()
    assert typed not in json.dumps([entry.detail, entry.target, entry.reason])
    assert typed not in client.get(reverse("search"), {"q": typed}).content.decode()
    for template in SRC.rglob("*.html"):
        for form in re.findall(r"<form[^>]*>", template.read_text(encoding="utf-8")):
            assert "url 'search'" not in form or 'method="post"' in form, template


def test_at_most_twenty_of_a_kind_are_shown_and_it_is_said_that_there_are_more(client, world):
    space = Person.objects.get(pk=world["own"].parts["person"]["pk"]).space
    insert_rows(Person, ("space", "code", "name_en", "name_zh", "cohort", "programme", "talent_type"),
                [(space.pk, f"m{n:03}", "Mo Same", "莫同", "", "", "") for n in range(MOST + 5)])  # fmt: skip
    page = asked(client, world, "director", "mo same")
    assert len(people_of(page)) == MOST
    assert "There are more." in page
    assert len(set(AuditEntry.objects.order_by("-position").first().people.values_list("person", flat=True))) == MOST


def test_thirty_thousand_people_are_looked_through_at_once(client, world):
    """A bound far above what it takes, so that it fails on what grows with the square and not on a busy machine."""
    space = Person.objects.get(pk=world["own"].parts["person"]["pk"]).space
    columns = ("space", "code", "name_en", "name_zh", "cohort", "programme", "talent_type")
    insert_rows(
        Person, columns, [(space.pk, f"t{n:05}", f"Qin Person{n}", f"秦{n}", "", "", "") for n in range(30_000)]
    )
    group = world["own"].parts["group"]["pk"]
    rows = Person.objects.filter(space=space, code__startswith="t").values_list("pk", flat=True)
    insert_rows(Membership, ("group", "person", "outcome"), [(group, pk, "") for pk in rows])
    for role in ("director", "teacher"):
        for said in ("t29999", "秦29999", "person29999", "qzz"):
            asked(client, world, role, said)
            with CaptureQueriesContext(connection) as questions:
                began = time.perf_counter()
                asked(client, world, role, said)
                took = time.perf_counter() - began
            assert len(questions) <= 24, [query["sql"][:160] for query in questions.captured_queries]
            assert took < 10, (role, said, took)
