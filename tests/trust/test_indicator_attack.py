"""Attacks on what a bureau is told of indicators: two filters that overlap, two dates, two tables. None discloses.

The attacker keeps everything that left, knows who belongs to which group, and solves the equations of it all.
"""

import re
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from django.urls import reverse
from scipy import optimize

from yucai.governance import TOTAL, disclosures, load_indicators
from yucai.web.accounts.models import Account, Person, Space
from yucai.web.accounts.release_rules import policy_of
from yucai.web.governance.indicator_actions import fill_indicator, sign_indicator
from yucai.web.governance.indicator_models import IndicatorEntry
from yucai.web.governance.indicator_telling import released_by, told_values
from yucai.web.governance.ledgers import ledger_of

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 24, 4, tzinfo=UTC)
LATER = NOON + timedelta(days=40)
PACK = load_indicators("china-undergraduate")
STUDENTS = PACK.indicator("cn-01")


@pytest.fixture
def college(db):
    """Sixty students: entry years and programmes cross, and 2026 physics are three."""
    space = Space.objects.create(
        code="attacked", name_en="A", name_zh="A", simulated=False, evidence_map="evidence-demo-college"
    )
    number = 0
    for cohort, programme, n in (
        ("2025", "physics", 27),
        ("2025", "law", 12),
        ("2026", "physics", 3),
        ("2026", "law", 18),
    ):
        for _ in range(n):
            enter(space, number, cohort, programme)
            number += 1
    for name, role in (("rec", "researcher"), ("aud", "director"), ("bur", "bureau")):
        Account.objects.create_user(f"attacked-{name}", role=role).spaces.add(space)
    return space


def enter(space, number, cohort, programme):
    return Person.objects.create(space=space, code=f"a{number}", name_en="x", name_zh="x", cohort=cohort,
                                 programme=programme)  # fmt: skip


def who(name):
    return Account.objects.get(username=f"attacked-{name}")


def by(space, axis, at):
    told = released_by(PACK, STUDENTS, axis, space=space, year=2026, to=who("bur"), at=at)
    return {cell.place[0]: cell.count for cell in told.cells}, told


def reach(space, wanted):
    """Return how far the number of people in a group can be narrowed from everything that left to the bureau.

    An own linear program over the atoms of people, which shares no code with the gate.
    """
    people = {person.pk: person for person in Person.objects.filter(space=space)}
    ledger = ledger_of(space, "bureau")
    atoms: dict[tuple, list[int]] = {}
    entries = [
        (entry, dict(zip(entry.table.people, entry.table.base.tolist(), strict=True))) for entry in ledger.entries
    ]
    for pk in people:
        atoms.setdefault(tuple(seen.get(pk, -1) for _entry, seen in entries), []).append(pk)
    keys = sorted(atoms)
    rows, right = [], []
    for place, (entry, _seen) in enumerate(entries):
        for cell in entry.released.cells:
            if cell.count is not None:
                node = cell.place[0]
                leaves = entry.table.axes[0].leaves
                held = {n for n, leaf in enumerate(leaves) if node in (leaf, TOTAL)}
                rows.append([1.0 if key[place] in held else 0.0 for key in keys])
                right.append(float(cell.count))
    goal = np.array([sum(wanted(people[pk]) for pk in atoms[key]) / len(atoms[key]) for key in keys])
    told = {"A_eq": np.array(rows), "b_eq": right, "bounds": (0, None)}
    low, high = (optimize.linprog(sign * goal, **told) for sign in (1, -1))
    return low.fun, np.inf if high.fun is None else -high.fun  # unbounded: nothing that left says anything of them


def test_overlapping_filters_by_year_and_by_programme_leave_the_three_hidden(college):
    cohorts, _ = by(college, "cohort", NOON)
    programmes, _ = by(college, "programme", NOON)
    assert cohorts == {"2025": 39, "2026": 21, TOTAL: 60}
    assert programmes == {"law": 30, "physics": 30, TOTAL: 60}
    low, high = reach(college, lambda one: (one.cohort, one.programme) == ("2026", "physics"))
    assert high - low >= 5


def test_two_dates_and_two_filters_do_not_tell_of_the_newcomer(college):
    before = by(college, "cohort", NOON)[0], by(college, "programme", NOON)[0]
    newcomer = enter(college, 100, "2026", "physics")
    after, told = by(college, "cohort", LATER)
    assert (after, by(college, "programme", LATER)[0]) == before
    assert told.held is not None
    low, high = reach(college, lambda one: one.pk == newcomer.pk)
    assert high - low >= 5


def test_five_newcomers_are_told_and_the_gate_finds_no_disclosure_in_what_left(college):
    by(college, "cohort", NOON)
    for number in range(100, 106):
        enter(college, number, "2026", "law")
    assert by(college, "cohort", LATER)[0] == {"2025": 39, "2026": 27, TOTAL: 66}
    ledger = ledger_of(college, "bureau")
    last = ledger.entries[-1]
    policy = policy_of(college, day=LATER.date())
    assert disclosures(last.table, last.shown, policy=policy, ledger=ledger) == ()


def test_a_small_year_is_hidden_with_another_so_that_the_total_does_not_give_it_back(college):
    Person.objects.filter(space=college, cohort="2026", programme="law").delete()
    told, _ = by(college, "cohort", NOON)
    assert told["2026"] is None
    assert [told["2025"], told[TOTAL]].count(None) >= 1
    assert 3 not in told.values()


def test_the_attack_works_where_nothing_is_hidden(college):
    """The attacker is no straw man: from the plain table it finds the three at once."""
    rows = [[1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 1, 0], [0, 0, 1, 0]]  # years, a programme, and the crossing itself
    right = [39, 21, 30, 3]
    found = [optimize.linprog([0, 0, sign, 0], A_eq=rows, b_eq=right).fun * sign for sign in (1, -1)]
    assert found == [3, 3]


def signed(space, code, counts, *, at=NOON, reason=""):
    return sign_indicator(entry=filled(space, code, counts, at=at, reason=reason), by=who("aud"), at=at)


def filled(space, code, counts, *, at=NOON, reason="", source="x"):
    return fill_indicator(
        space=space, pack=PACK, indicator=PACK.indicator(code), year=2026, counts=counts, applies=True, source=source,
        as_of=date(2026, 8, 31), reason=reason, by=who("rec"), at=at,
    )  # fmt: skip


def told(space, code, at=NOON):
    entries = {}
    for row in IndicatorEntry.objects.filter(space=space, year=2026).order_by("version"):
        entries.setdefault(row.indicator, []).append(row)
    return told_values(PACK, entries, space=space, year=2026, to=who("bur"), at=at, min_cell=5)[code]


def test_a_rate_that_would_tell_of_three_is_not_told(college):
    signed(college, "cn-22", {"leavers.due": 60, "leavers.graduated": 57})
    assert told(college, "cn-22").value is None
    assert told(college, "cn-22").why.value == "small"


def test_two_tables_that_would_tell_of_three_together_are_not_both_told(college):
    signed(college, "cn-23", {"leavers.graduated": 57, "leavers.degree": 50})
    signed(college, "cn-22", {"leavers.due": 66, "leavers.graduated": 57})
    assert told(college, "cn-22").value.value == pytest.approx(86.36, abs=0.01)
    assert told(college, "cn-23").value.value == pytest.approx(87.72, abs=0.01)
    signed(college, "cn-24", {"leavers.graduated": 57, "leavers.placed": 54})
    assert told(college, "cn-24").value is None  # three without a destination


def test_a_correction_by_three_people_is_held_back_and_one_by_nine_is_not(college):
    first = {"leavers.due": 60, "leavers.graduated": 50}
    signed(college, "cn-22", first)
    signed(college, "cn-22", first | {"leavers.graduated": 47}, reason="typing")
    assert told(college, "cn-22").value.numerator == 50
    signed(college, "cn-22", first | {"leavers.graduated": 41}, reason="typing")
    assert told(college, "cn-22").value.numerator == 41


def test_a_figure_on_record_passes_the_gate_whatever_was_signed(college):
    signed(college, "cn-01", {})
    assert told(college, "cn-01").value.value == 60
    for number in range(100, 103):
        enter(college, number, "2026", "law")
    signed(college, "cn-01", {}, at=LATER, reason="three came")
    late = told(college, "cn-01", LATER)
    assert (late.value.value, late.held is not None) == (60, True)  # 63 is signed, and 3 is not told


def test_a_bureau_sees_nothing_unsigned_and_no_number_of_few_on_any_page(client, college):
    signed(college, "cn-22", {"leavers.due": 60, "leavers.graduated": 57})
    filled(college, "cn-13", {"equipment.new": 4321}, source="secret ledger")
    client.force_login(who("bur"))
    client.cookies["django_language"] = "en"
    ask = {"space": "attacked", "year": 2026}
    for name, parts in (("indicators", []), ("indicator", ["cn-22"]), ("indicator", ["cn-13"]), ("chain", [])):
        page = client.get(reverse(name, args=parts), ask).content.decode()
        text = re.sub(r"<[^>]+>", " ", page)
        assert not re.search(r"\b(57|95\.0|4,?321)\b|secret ledger|attacked-rec", text), name
    assert client.get(reverse("quality_report"), ask).status_code == 403


def test_a_bureau_asks_few_questions_once_a_table_has_left(client, college, django_assert_max_num_queries):
    signed(college, "cn-01", {})
    client.force_login(who("bur"))
    ask = {"space": "attacked", "year": 2026}
    for name, parts in (("indicators", []), ("indicator", ["cn-01"]), ("chain", [])):
        client.get(reverse(name, args=parts), ask)
        with django_assert_max_num_queries(20):
            client.get(reverse(name, args=parts), ask)
