"""The network of works made together, as the office sees it: of the records, through the gate, or “too few”."""

from datetime import UTC, date, datetime
from io import BytesIO

import pytest
from pypdf import PdfReader

from tests.web.desk import made_space
from yucai.governance import describe_collaboration
from yucai.web.accounts.models import Account, Person
from yucai.web.evidence.maker_models import ImportedWork, WorkMaker
from yucai.web.evidence.models import DataSource, Import, OwnWork
from yucai.web.governance.indicator_network import joint_works_of, network_of
from yucai.web.governance.indicator_records import verified_works

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 24, 4, tzinfo=UTC)
YEAR, DAY = 2026, date(2026, 5, 1)
PROGRAMMES = ("化学", "数学", "物理")


@pytest.fixture
def office(db):
    """Three programmes of twelve; chemistry and physics each work with mathematics, and never together."""
    space = made_space("networked")
    for n in range(36):
        Person.objects.create(space=space, code=f"n{n}", name_en=f"n{n}", name_zh=f"n{n}", programme=PROGRAMMES[n % 3])
    for name, role in (("networked-director", "director"), ("networked-bureau", "bureau")):
        Account.objects.create_user(name, role=role, name_en=name, name_zh=name).spaces.add(space)
    source = DataSource.objects.create(space=space, code="projects", name_en="p", name_zh="p", purpose="p",
                                       legal_basis="duty", owner="o")  # fmt: skip
    entry = Import.objects.create(
        source=source, file_name="p.csv", digest="p", profile="projects", at=NOON, by="x", kept=36
    )
    for n in range(12):
        listed(entry, f"inside {n}", 3 * n, (3 * n + 3) % 36)  # physics, chemistry ... of one programme
        listed(entry, f"across {n}", 3 * n, 3 * ((n + 2) % 12) + 1)
        listed(entry, f"other {n}", 3 * n + 2, 3 * ((n + 5) % 12) + 1)
    return space, entry


def person(n):
    return Person.objects.get(space__code="networked", code=f"n{n}")


def listed(entry, title, *makers, done_on=DAY, size=None):
    work = ImportedWork.objects.create(
        came_with=entry, kind="project", title=title, done_on=done_on, size=size or len(makers), whole=size is None
    )
    WorkMaker.objects.bulk_create(WorkMaker(imported=work, person=person(n), named_at=NOON) for n in makers)
    return work


def own(n, title, **more):
    facts = {"kind": "project", "done_on": DAY, "part": "x", "team_size": 2, "quality": "practical-literacy",
             "proof": "own-word", "ai_used": False, "added_at": NOON, "state": "verified", "decided_at": NOON,
             "decided_by": Account.objects.get(username="networked-director"), "reason": "seen"}  # fmt: skip
    return OwnWork.objects.create(person=person(n), title=title, **facts | more)


def test_the_measures_are_those_of_the_library_over_the_makers_on_record(office):
    space, _entry = office
    found = network_of(space, YEAR, at=NOON)
    works = [work.makers for work in joint_works_of(space, YEAR, at=NOON)]
    units = dict(Person.objects.filter(space=space).values_list("pk", "programme"))
    whole = describe_collaboration(works, units=units)
    assert (found.works, found.joint, found.whole) == (36, 36, 36)
    assert [one.value.en for one in found.figures[:3]] == [
        f"{whole.density:.3f}", f"{whole.across:.2f}", f"{whole.assortativity:.2f}",
    ]  # fmt: skip
    assert all(one.within.en.startswith("90 %") for one in found.figures[:3])


def test_two_programmes_that_never_meet_are_found_and_the_page_says_so(office, client, django_assert_max_num_queries):
    space, _entry = office
    found = network_of(space, YEAR, at=NOON)
    assert [one.units for one in found.never] == [("化学", "物理")]
    client.force_login(Account.objects.get(username="networked-director"))
    client.cookies["django_language"] = "zh-hans"
    client.get("/governance/chain/", {"space": space.code})
    with django_assert_max_num_queries(20):
        page = client.get("/governance/chain/", {"space": space.code}).content.decode()
    assert "“化学”与“物理”之间没有一项合作成果" in page
    file = client.get("/governance/chain/", {"space": space.code, "as": "pdf"}).content
    assert "谁与谁合作" in "".join(one.extract_text() for one in PdfReader(BytesIO(file)).pages)


def test_a_bureau_sees_no_network(office, client):
    space, _entry = office
    client.force_login(Account.objects.get(username="networked-bureau"))
    client.cookies["django_language"] = "zh-hans"
    assert "谁与谁合作" not in client.get("/governance/chain/", {"space": space.code}).content.decode()


def test_a_work_that_two_put_in_and_a_list_has_is_one(office):
    space, entry = office
    before = len(joint_works_of(space, YEAR, at=NOON))
    first, second = own(0, "Shared"), own(3, "shared ")
    WorkMaker.objects.create(own=first, person=person(3), named_at=NOON)
    listed(entry, "SHARED", 0, 3)
    own(9, "shared", team_size=1)  # of somebody else, by chance of the same title
    assert len(joint_works_of(space, YEAR, at=NOON)) == before + 2
    assert second.makers.count() == 0


def test_who_said_no_and_a_list_that_was_replaced_do_not_count(office):
    space, entry = office
    WorkMaker.objects.filter(person=person(0)).update(state="declined", answered_at=NOON)
    works = joint_works_of(space, YEAR, at=NOON)
    assert person(0).pk not in {maker for work in works for maker in work.makers}
    assert sum(not work.whole for work in works) == 3  # and how many made each stays
    Import.objects.filter(pk=entry.pk).update(current=False)
    assert joint_works_of(space, YEAR, at=NOON) == ()


def test_where_few_made_works_together_nothing_is_worked_out(office):
    space, entry = office
    ImportedWork.objects.filter(came_with=entry).delete()
    for n, (one, other) in enumerate([(0, 3), (3, 6), (6, 9), (0, 6)]):
        listed(entry, f"few {n}", one, other)
    found = network_of(space, YEAR, at=NOON)
    assert (found.figures, found.pairs, found.told) == ((), (), None)
    assert "Too few: of 4 works" in found.why.en
    listed(entry, "one more", 0, 9)  # five works, of four people: the gate hides them
    found = network_of(space, YEAR, at=NOON)
    assert found.figures == ()
    assert "Too few: of 5 works" in found.why.en


def test_of_another_year_or_without_a_day_a_work_does_not_count(office):
    space, entry = office
    listed(entry, "late", 0, 3, done_on=date(2026, 9, 1))
    listed(entry, "no day", 0, 3, done_on=None)
    assert len(joint_works_of(space, YEAR, at=NOON)) == 36


def test_a_corrected_work_counts_once(office):
    space, _entry = office
    first = own(0, "first")
    own(0, "second", replaces=first)
    assert [work.title for work in verified_works(space, YEAR)] == ["second"]
