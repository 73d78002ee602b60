"""How raters compare, on the page of a closed round: severity, drift and agreement, and what cannot be told yet."""

import numpy as np
import pytest

from tests.web.looks import looks_as_a_whole
from tests.web.rating import CODES, NOON, a_round, account, give, rate, seats_of, wish
from yucai.web.evidence.rating_planning import origin_of, plan_of
from yucai.web.evidence.rating_rounds import close_rating_round, open_rating_round

pytestmark = pytest.mark.django_db

PEOPLE = ("teacher", "director")


def played(record, *, stricter=None, by=1, seed=1):
    """Rate a round: works lie between level 2 and 4, one rater is lower by so many levels, the rest is chance."""
    rng, plan = np.random.default_rng(seed), plan_of(record)
    for work in plan.works:
        origin = origin_of(work)
        place = 2 + (int((origin[1] if origin else work.code)[1:]) % 3)
        for name in PEOPLE:
            for seat in seats_of(record, name).filter(work=work.code):
                lower = by if name == stricter else 0
                rate(seat, {c: int(np.clip(place + rng.integers(0, 2) - lower, 1, 5)) for c in CODES})
    for name in PEOPLE:
        give(record, account(name))
    close_rating_round(record=record, although=False, by=account("director"), at=NOON)
    record.refresh_from_db()
    return record


def page(client, record, **query):
    return client.get(f"/ratings/rounds/{record.pk}/raters", query)


@pytest.fixture
def spring(db):
    return played(a_round(name="Spring", occasion="2025-2026-2", common=10))


def test_a_strict_rater_is_named_with_an_interval_in_both_languages(signed_in):
    record = played(a_round(common=10), stricter="teacher")
    shown = page(signed_in("director"), record)
    [director, teacher] = sorted(shown.context["view"].standings)
    assert teacher.startswith("Teacher Zhao (demo): stricter than the others by 1.0 levels (90 %: +")
    assert director.startswith("Director Lin (demo): more lenient than the others by 1.0 levels (90 %: −")
    assert "With two raters, the one is exactly as much stricter" in shown.content.decode()
    assert shown.content.decode().count("<svg") == 2
    shown = page(signed_in("director", "zh"), record).content.decode()
    assert "赵老师（演示）：比其他评分人严 1.0 级（90%：+" in shown
    assert "没有使用同一量规且已结束的往轮可供比较" in shown


def test_a_change_on_the_same_works_is_told_as_ones_own(signed_in, spring):
    again = open_rating_round(
        wanted=wish(again=spring, common=10), reason="", by=account("director"), at=NOON
    )  # fmt: skip
    played(again, stricter="teacher", seed=2)
    view = page(signed_in("director"), again).context["view"]
    [head, director, teacher] = view.drift
    assert head.startswith("Drift from Spring to Projects, by 10 common works")
    assert teacher.startswith("Teacher Zhao (demo): stricter by 1.0 levels")
    assert "the same works rated twice" in teacher
    assert director.startswith("Director Lin (demo): steady")


def test_on_other_works_a_change_is_one_beside_the_others(signed_in, spring):
    record = played(a_round(common=10), stricter="teacher", seed=3)
    view = page(signed_in("director"), record).context["view"]
    assert all("compared with the other raters" in line for line in view.drift[1:])
    assert view.drift[2].startswith("Teacher Zhao (demo): stricter by")


def test_which_earlier_round_is_compared_can_be_chosen(signed_in, spring):
    played(a_round(name="Summer", occasion="2024-2025-2", common=4), seed=5)
    record = played(a_round(common=10), seed=4)
    director = signed_in("director")
    assert page(director, record, earlier=spring.pk).context["view"].drift[0].startswith("Drift from Spring")
    for odd in ("x", "999999", record.pk):
        assert page(director, record, earlier=odd).status_code == 200


def test_small_numbers_cannot_tell_yet(signed_in):
    record = played(a_round(common=2), stricter="teacher")
    view = page(signed_in("director"), record).context["view"]
    assert all("cannot tell yet" in line for line in view.standings)
    assert {row.why for row in view.agreement} == {"cannot tell yet: fewer than 10 works rated by two or more"}
    alone = played(a_round(name="Alone", occasion="2024-2025-1", common=1), seed=8)
    view = page(signed_in("director"), alone).context["view"]
    assert all("fewer than two works" in line for line in view.standings)


def test_without_common_works_nothing_is_claimed(signed_in, spring):
    record = open_rating_round(wanted=wish(common=0), reason="A trial.", by=account("director"), at=NOON)
    played(record)
    shown = page(signed_in("director"), record)
    assert shown.context["view"].standings == ()
    assert "has ratings of two raters in: Projects." in shown.context["view"].drift_note
    assert "no common works were rated" in shown.content.decode()


def test_agreement_is_shown_with_its_interval_where_it_can_be_told(signed_in):
    record = played(a_round(common=30))
    rows = page(signed_in("director"), record).context["view"].agreement
    assert len(rows) == len(CODES)
    told = [row for row in rows if not row.why]
    assert told
    for row in told:
        low, high = (float(end) for end in row.interval.split(" – "))
        assert low <= float(row.alpha) <= high <= low + 0.5
        assert row.n_works == 30
    assert page(signed_in("director"), record).context["view"].agreement == rows


@pytest.mark.parametrize("name", ["teacher", "mentor", "student", "researcher", "bureau"])
def test_only_a_director_sees_how_raters_compare(signed_in, spring, name):
    assert page(signed_in(name), spring).status_code == 403


def test_while_a_round_is_open_nothing_is_shown_and_each_look_is_written_down(signed_in, spring):
    running = a_round()
    director = signed_in("director")
    assert page(director, running).status_code == 302
    assert "How the raters compare" not in director.get(f"/ratings/rounds/{running.pk}/").content.decode()
    assert "How the raters compare" in director.get(f"/ratings/rounds/{spring.pk}/").content.decode()
    page(director, spring)
    assert [entry.detail for entry in looks_as_a_whole("raters")] == [f'{{"group":{spring.group_id}}}']
