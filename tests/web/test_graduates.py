"""Graduates on record: taken in from a list, shown in the chain through the gate, corrected, exported, erased."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from django.db import IntegrityError, transaction

from tests.web.desk import at_desk, made_space, take, taken, written
from yucai.governance import TOTAL
from yucai.web.accounts.consents import current_texts, give_consent, ship_texts
from yucai.web.accounts.models import Account, Group, Membership, Person
from yucai.web.evidence.foreseeing import table_of
from yucai.web.evidence.graduate_models import GraduateRecord
from yucai.web.evidence.graduates import standing_graduates
from yucai.web.evidence.models import DataSource, OwnWork
from yucai.web.evidence.taking import undo_import
from yucai.web.governance.indicator_chain import chain_of, destinations_of, read_chain
from yucai.web.rights.counting import counts_on_record
from yucai.web.rights.gathering import gather, row_counts

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 24, 4, tzinfo=UTC)
TITLES = "学号,姓名,毕业去向类别,单位名称,行业,毕业年份"
WENT = ["升学"] * 8 + ["就业"] * 14 + ["去向不明"] * 6


@pytest.fixture
def space(settings, tmp_path):
    """Forty who entered in 2022, all with a mentor and launched; two officers."""
    settings.WORKSPACE = replace(settings.WORKSPACE, folder=tmp_path)
    space = made_space("graduating")
    director = Account.objects.create_user("graduating-director", role="director", name_en="d", name_zh="d")
    bureau = Account.objects.create_user("graduating-bureau", role="bureau", name_en="b", name_zh="b")
    mentees = Group.objects.create(space=space, code="m", kind="mentees", name_en="m", name_zh="m")
    for account in (director, bureau):
        account.spaces.add(space)
    for n in range(40):
        one = Person.objects.create(space=space, code=f"20220{n:03d}", name_zh=f"甲{n}", name_en=f"a{n}", cohort="2022",
                                    talent_type=("engineer", "scientist")[n % 2])  # fmt: skip
        Membership.objects.create(group=mentees, person=one, joined=date(2022, 10, 1))
        OwnWork.objects.create(
            person=one, kind="paper", title=f"w{n}", done_on=date(2025, 5, 1), part="x", team_size=1, proof="own-word",
            quality="innovation", ai_used=False, added_at=NOON, state="verified", decided_by=director, decided_at=NOON,
            reason="seen",
        )  # fmt: skip
    return space


def lines(went=WENT, year="2026届"):
    rows = [f"20220{n:03d},甲{n},{word},某公司,制造业,{year}" for n, word in enumerate(went)]
    return [TITLES, *rows]


def who(name):
    return Account.objects.get(username=f"graduating-{name}")


def chain(space, name="director"):
    read = read_chain(space, "talent_type", to=who(name), at=NOON)
    groups, _told = chain_of(space, read, to=who(name), at=NOON)
    return groups, destinations_of(space, read, to=who(name), at=NOON)


def test_the_chain_goes_on_to_alumni_with_those_who_are_still_on_the_way(space, tmp_path):
    groups, went = chain(space)
    assert [step.step.value for step in groups[0].steps][-1] == "launched"  # nothing on record, so nothing is said
    assert went is None
    taken(written(tmp_path, "去向.csv", lines()), space)
    groups, _went = chain(space)
    launched, alumni = groups[0].steps[-2:]
    assert (launched.reached, launched.stopped, alumni.step.value, alumni.reached) == (40, 12, "alumni", 28)


def test_unknown_is_a_kind_of_its_own_and_never_without_work(space, tmp_path):
    taken(written(tmp_path, "去向.csv", lines()), space)
    _groups, went = chain(space)
    counts = {cell.place: cell.count for cell in went.cells}
    assert "not-yet" not in went.axes[1].leaves
    assert (counts[TOTAL, "unknown"], counts[TOTAL, "employed"]) == (6, 14)


def test_two_who_founded_an_enterprise_are_hidden_and_cannot_be_worked_out(space, tmp_path):
    taken(written(tmp_path, "去向.csv", lines([*WENT[:-2], "自主创业", "自主创业"])), space)
    _groups, went = chain(space)
    hidden = [cell.place for cell in went.cells if cell.place[0] == TOTAL and cell.count is None]
    assert (TOTAL, "founded") in hidden
    assert len(hidden) >= 2  # else the total less the others would tell


def test_the_page_says_so_to_the_office_and_to_a_bureau(space, tmp_path, client, django_assert_max_num_queries):
    taken(written(tmp_path, "去向.csv", lines()), space)
    for name in ("director", "bureau"):
        client.force_login(who(name))
        client.cookies["django_language"] = "zh-hans"
        client.get("/governance/chain/", {"space": space.code})
        with django_assert_max_num_queries(20):
            page = client.get("/governance/chain/", {"space": space.code}).content.decode()
        assert "毕业去向" in page
        assert "去向不明即为不明，不计为未就业" in page
        assert "某公司" not in page
        assert ("制造业" in page) == (name == "director")


def test_the_desk_asks_of_strangers_and_of_words_it_does_not_know(space, client):
    client.force_login(who("director"))
    client.cookies["django_language"] = "en"
    rows = [*lines(WENT[:10]), "2019999999,乙,升学,,,2026届", "20220030,甲30,航校待飞,,,2026届"]
    page = at_desk(client, space, rows)
    asks = {ask.code: ask for ask, *_rest in page.context["asks"]}
    assert asks.keys() == {"leavers", "words"}
    assert "航校待飞" in page.content.decode()
    take(client, space, agree=[asks["leavers"].token])
    assert not GraduateRecord.objects.filter(person__space=space).exists()
    take(client, space, agree=[one.token for one in asks.values()])
    found = GraduateRecord.objects.filter(person__space=space)
    assert found.count() == 11
    assert found.get(person__code="20220030").kind == "unknown"


def test_the_employer_is_kept_nowhere(space, tmp_path, client):
    client.force_login(who("director"))
    at_desk(client, space, lines())
    take(client, space)
    entry = GraduateRecord.objects.filter(person__space=space).first().came_with
    assert table_of(entry)["unit"].null_count() == table_of(entry).height


def test_a_corrected_list_takes_the_place_of_the_first_and_undoing_puts_it_back(space, tmp_path):
    first = taken(written(tmp_path, "去向.csv", lines()), space)
    second = taken(written(tmp_path, "去向2.csv", lines(["出国", *WENT[1:]])), space, corrects=first)
    one = Person.objects.get(code="20220000", space=space)
    assert [row.kind for row in standing_graduates(space, at=NOON).filter(person=one)] == ["study-abroad"]
    undo_import(entry=second, by="lin", at=NOON)
    assert [row.kind for row in standing_graduates(space, at=NOON).filter(person=one)] == ["study-home"]


def test_a_follow_up_counts_in_place_of_the_day_of_graduation(space, tmp_path):
    taken(written(tmp_path, "去向.csv", lines()), space)
    later = [f"{TITLES},毕业后年数", "20220000,甲0,自主创业,,,2026届,1"]
    taken(written(tmp_path, "跟踪.csv", later), space, source="follow-up")
    read = read_chain(space, "talent_type", to=who("director"), at=NOON)
    assert read.graduates[Person.objects.get(code="20220000", space=space).pk].kind == "founded"


def test_a_list_that_rests_on_consent_counts_only_who_gives_it(space, tmp_path):
    taken(written(tmp_path, "去向.csv", lines()), space)
    ship_texts(space=space, at=NOON)
    text = current_texts(space, at=NOON)[0]
    DataSource.objects.filter(space=space, code="graduates").update(consent_code=text.code)
    assert not standing_graduates(space, at=NOON).exists()
    one = Person.objects.get(code="20220000", space=space)
    student = Account.objects.create_user("graduating-one", role="student", name_en="s", name_zh="s", person=one)
    give_consent(text=text, by=student, at=NOON)
    assert [row.person for row in standing_graduates(space, at=NOON)] == [one]


def test_the_person_finds_it_in_their_export_and_an_erasure_takes_it(space, tmp_path):
    taken(written(tmp_path, "去向.csv", lines()), space)
    one = Person.objects.get(code="20220000", space=space)
    (row,) = gather(one).tables["graduated"]
    assert (row["kind"], row["graduated_on"], row["list"], row["current"]) == (
        "study-home", "2026-06-30", "去向.csv", True,
    )  # fmt: skip
    assert counts_on_record(one)[0] == row_counts(gather(one))
    one.delete()
    assert GraduateRecord.objects.filter(came_with__source__space=space).count() == len(WENT) - 1


def test_the_database_knows_the_times_of_follow_up(space, tmp_path):
    entry = taken(written(tmp_path, "去向.csv", lines()), space)
    one = Person.objects.get(code="20220039", space=space)
    with pytest.raises(IntegrityError), transaction.atomic():
        GraduateRecord.objects.create(came_with=entry, person=one, kind="employed", after=2)
