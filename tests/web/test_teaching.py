"""Groups and assessments as their pages show them: every row, no count that points at somebody, few questions asked."""

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from yucai.demo import simulate_college
from yucai.web.accounts.models import Group, Membership, Person, Space
from yucai.web.evidence.models import EvidenceRecord, Item
from yucai.web.measurement.models import CalibrationRun, ProfileRow
from yucai.web.teaching.assessments import assessment_of
from yucai.web.teaching.cohorts import group_qualities, latest_occasion, member_rows

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def planted():
    return {problem.code: problem.who[0] for problem in simulate_college().planted}


@pytest.fixture
def english():
    with translation.override("en"):
        yield


@pytest.fixture
def item(db):
    return lambda code: Item.objects.get(space__code="demo-college", code=code)


def small_group(size, code="tiny"):
    """A cohort of a few people of the college who all have profiles."""
    space = Space.objects.get(code="demo-college")
    made = Group.objects.create(space=space, code=code, kind=Group.Kind.COHORT, name_en="Tiny", name_zh="小组")
    people = Person.objects.filter(groups__code="2022").order_by("code")[:size]
    Membership.objects.bulk_create(Membership(group=made, person=person) for person in people)
    return made


@pytest.mark.usefixtures("english")
def test_each_person_of_a_class_has_a_row_with_what_is_known(group):
    people = list(group("2023-1").people.order_by("code"))
    occasion = latest_occasion(group("2023-1"))
    rows = member_rows(group("2023-1"), occasion, people)
    assert occasion == "2025-2026"
    assert [row.person for row in rows] == people
    for row in rows[:5]:
        held = ProfileRow.objects.filter(run__current=True, person=row.person, occasion=occasion)
        nine = [profile for profile in held if not profile.quality.startswith("ai-")]
        assert row.known == sum(profile.enough for profile in nine)
        assert row.pieces == sum(profile.n_evidence for profile in nine)
        strong = sum(profile.enough and round(profile.lower90, 1) > 0 for profile in nine)
        assert len([name for name in row.strengths.split(", ") if name]) == strong


def test_the_one_who_fell_silent_is_a_grey_row(signed_in, group, planted):
    silent = Person.objects.get(code=planted["gone-quiet"])
    (row,) = member_rows(group("2024"), "2025-2026", [silent])
    assert (row.known, row.pieces, row.strengths) == (0, 0, "")
    page = signed_in("director").get(f"/groups/{group('2024').pk}/").content.decode()
    line = next(line for line in page.split("<tr") if silent.code in line)
    assert line.startswith(' class="grey"')


@pytest.mark.parametrize("code", ["2023-1", "2022"])
def test_the_figures_of_an_assessment_are_of_the_people_of_the_group(signed_in, group, code):
    items = signed_in("director").get(f"/groups/{group(code).pk}/").context["items"]
    assert items
    for row in items[:5]:
        held = EvidenceRecord.objects.current().filter(item=row.item, person__groups=group(code))
        shares = [100 * score / most for score, most in held.values_list("score", "max_score")]
        assert (row.item.n, row.item.mean) == (len(shares), pytest.approx(np.mean(shares)))


@pytest.mark.usefixtures("english")
def test_the_group_as_a_whole_is_counted_from_its_people(group):
    whole = group_qualities(group("2023-1"), "2025-2026")
    assert len(whole) == 9
    rows = ProfileRow.objects.filter(
        run__current=True, person__groups=group("2023-1"), occasion="2025-2026", quality="innovation", enough=True
    )
    means = list(rows.values_list("mean", flat=True))
    found = next(quality for quality in whole if quality.name == "Innovation")
    assert (found.with_enough, found.size) == (len(means), 30)
    assert [found.low_quarter, found.median, found.high_quarter] == list(np.quantile(means, [0.25, 0.5, 0.75]))


@pytest.mark.parametrize(("size", "status"), [(4, 403), (5, 200)])
def test_a_group_of_fewer_than_five_is_hidden_from_the_bureau(signed_in, size, status):
    tiny = small_group(size)
    bureau = signed_in("bureau")
    assert bureau.get(f"/groups/{tiny.pk}/").status_code == status
    assert (f"/groups/{tiny.pk}/" in bureau.get("/home/").content.decode()) == (status == 200)


def test_the_bureau_sees_no_name_no_number_and_no_count_of_a_few(signed_in, group):
    cohort = group("2022")
    few = cohort.people.order_by("code")[:3]
    ProfileRow.objects.filter(run__current=True, person__in=few, quality="innovation").update(enough=False)
    page = signed_in("bureau").get(f"/groups/{cohort.pk}/").content.decode()
    assert 'aria-describedby="why-hidden">hidden</a>' in page
    assert page.count("would tell something of fewer than 5 people") == 1
    for person in cohort.people.all():
        assert person.code not in page
        assert person.name_en not in page
    assert "hidden-cell" not in signed_in("director").get(f"/groups/{cohort.pk}/").content.decode()


@pytest.mark.usefixtures("english")
def test_quarters_of_fewer_than_five_are_shown_to_nobody():
    tiny = small_group(4)
    for quality in group_qualities(tiny, "2025-2026"):
        assert quality.median is quality.low_quarter is quality.high_quarter is None
        assert quality.with_enough is not None


@pytest.mark.usefixtures("english")
def test_an_exam_that_misleads_is_named_and_gives_no_difficulty(item, planted):
    view = assessment_of(item(planted["misleading-exam"]), people=Person.objects.all())
    assert view.misleading
    assert view.difficulty == ""
    assert view.discrimination.startswith("−")
    assert view.says[0].startswith("Misleading: ")
    others = Item.objects.filter(space__code="demo-college", kind="exam").exclude(code=planted["misleading-exam"])
    assert [other.code for other in others if assessment_of(other, people=Person.objects.all()).misleading] == []


@pytest.mark.usefixtures("english")
def test_how_an_exam_went_is_counted_from_its_results(item):
    view = assessment_of(item("exam/mechanics-2024-2025-2"), people=Person.objects.all())
    records = EvidenceRecord.objects.filter(item=view.item)
    assert view.results == records.count() == 60
    assert view.mean_share == pytest.approx(np.mean([r.score / r.max_score for r in records]))
    assert view.quality == "frontier-knowledge"
    assert view.difficulty
    assert view.raters_wide == view.raters_narrow == ""
    assert "<svg" in view.bars_wide
    assert "<svg" in view.bars_narrow


@pytest.mark.usefixtures("english")
def test_the_severe_rater_is_found_on_every_rated_task(item, planted):
    severe = planted["severe-rater"]
    view = assessment_of(item("rubric/innovation/term-project"), people=Person.objects.all())
    assert severe in view.far_off
    assert any(severe in sentence and "talk the anchors over" in sentence for sentence in view.says)
    assert severe in view.raters_wide
    assert severe in view.raters_narrow


@pytest.mark.usefixtures("english")
def test_a_harder_exam_has_the_higher_difficulty(item):
    """Compared within one entry year, that sat both: fewer points, higher difficulty."""
    exams = [
        assessment_of(item(f"exam/{name}"), people=Person.objects.all())
        for name in ("calculus-2024-2025-1", "programming-2024-2025-1")
    ]
    shares = [view.mean_share for view in exams]
    places = [float(view.difficulty.replace("−", "-")) for view in exams]
    assert (shares[0] < shares[1]) == (places[0] > places[1])


@pytest.mark.usefixtures("english")
def test_nothing_is_said_of_what_has_no_results_or_no_calibration(item):
    space = Space.objects.get(code="demo-college")
    empty = assessment_of(
        Item.objects.create(space=space, code="exam/new", name_en="New", name_zh="新", kind="exam"),
        people=Person.objects.all(),
    )
    assert (empty.results, empty.mean_share, empty.difficulty, empty.misleading) == (0, None, "", False)
    assert empty.says == ("No results are recorded for this assessment, so nothing is said of it.",)
    CalibrationRun.objects.filter(space=space).update(current=False)
    uncalibrated = assessment_of(item("exam/mechanics-2024-2025-2"), people=Person.objects.all())
    assert (uncalibrated.results, uncalibrated.difficulty, uncalibrated.quality) == (60, "", "")
    assert any(sentence.startswith("Not measured") for sentence in uncalibrated.says)


PAGES = {
    "group": lambda: f"/groups/{Group.objects.get(code='2023-1').pk}/",
    "cohort": lambda: f"/groups/{Group.objects.get(code='2023').pk}/",
    "portrait": lambda: f"/people/{Person.objects.get(code='2023010001').pk}/portrait/",
    "assessment": lambda: f"/assessments/{Item.objects.get(code='rubric/innovation/term-project').pk}/",
    "home": lambda: "/home/",
}


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("role", ["director", "teacher"])
def test_a_page_asks_the_database_few_questions(signed_in, django_assert_max_num_queries, page, role):
    client, address = signed_in(role), PAGES[page]()
    client.get(address)
    with django_assert_max_num_queries(34):  # of which up to 9 decide on the look and write it into the trail
        client.get(address)


def test_a_page_of_sixty_people_asks_no_more_than_one_of_five(signed_in, group):
    client = signed_in("director")
    asked = []
    for shown in (small_group(5), group("2023")):
        client.get(f"/groups/{shown.pk}/")
        with CaptureQueriesContext(
            connection,
        ) as questions:
            client.get(f"/groups/{shown.pk}/")
        asked.append(len(questions))
    assert asked[0] == asked[1]


def test_a_portrait_with_more_evidence_asks_no_more(signed_in):
    client, asked = signed_in("director"), []
    for code in ("2025010001", "2022010001"):
        address = f"/people/{Person.objects.get(code=code).pk}/portrait/"
        client.get(address)
        with CaptureQueriesContext(connection) as questions:
            client.get(address)
        asked.append(len(questions))
    assert asked[0] == asked[1]


def test_the_page_of_a_class_leads_to_all_that_can_be_done_with_it(signed_in, group):
    found = group("2023-1")
    ways = {role: signed_in(role).get(f"/groups/{found.pk}/").content.decode() for role in ("director", "teacher")}
    for page in ways.values():
        for address in (f"/groups/{found.pk}/map/", f"/groups/{found.pk}/portraits/", "/spaces/demo-college/priority/"):
            assert f'href="{address}' in page
