"""Questions that are formed once: what they answer is what the queryset answers, for any values."""

from datetime import date

import pytest
from django.db import connection
from django.db.models import Count
from django.test.utils import CaptureQueriesContext

from tests.trust.world import ROLES, furnish
from yucai.web.accounts.ages import minors
from yucai.web.accounts.deciding import _counted, related_people
from yucai.web.accounts.models import Account, Person
from yucai.web.bulk import among
from yucai.web.formed import ask_formed, row_names, row_of

DAY = date(2026, 11, 27)


def named(codes):
    return Person.objects.filter(code__in=codes)


@pytest.fixture
def people(db):
    from yucai.web.accounts.models import Space

    space = Space.objects.create(code="formed", name_en="Formed", name_zh="x", simulated=False)
    return [Person.objects.create(space=space, code=f"formed-{n}", name_en=f"L{n}", name_zh=f"L{n}") for n in range(5)]


def by_number(first, others):
    return Person.objects.filter(among("pk", others)).exclude(pk=first).order_by("pk").values_list("pk", "code")


def test_other_values_need_no_new_sentence(people):
    for size in range(1, 5):
        for first in people:
            others = [one.pk for one in people[:size]]
            expected = list(by_number(first.pk, others))
            assert ask_formed("a test by number", by_number, (first.pk, others)) == expected


def test_what_is_put_around_it_is_asked_with_it(people):
    counted = "SELECT COUNT(*) FROM ({}) told"
    assert ask_formed("a test that counts", by_number, (0, [one.pk for one in people]), around=counted) == [(5,)]


def test_a_condition_that_holds_for_nobody_asks_nothing(people):
    with CaptureQueriesContext(connection) as asked:
        nobody = ask_formed("a test of nobody", lambda pk: Person.objects.filter(pk__in=[]).values_list("pk"), (3,))
    assert (nobody, len(asked)) == ([], 0)


def test_a_value_that_is_not_used_as_it_is_is_refused(people):
    with pytest.raises(ValueError, match="computed of a value"):
        ask_formed("a test that adds", lambda pk: Person.objects.filter(pk=pk + 1).values_list("pk"), (3,))


def test_the_count_of_a_look_is_that_of_the_condition_of_its_role(db, tmp_path):
    own, _beside = furnish("formed", tmp_path)
    spaces = [*own.accounts["director"].spaces.all()]
    everybody = list(Person.objects.filter(space__in=spaces).values_list("pk", flat=True))
    assert len(everybody) > 3
    asked = 0
    for role in ROLES:
        account = Account.objects.get(pk=own.accounts[role].pk)
        for wanted in ({everybody[0]}, set(everybody[:3]), set(everybody), {2**40}, {account.person_id or 1}):
            for by_seat in (False, True):
                found = (Person.objects if by_seat else related_people(account)).filter(among("pk", wanted))
                told = found.aggregate(related=Count("pk"), perhaps=Count("pk", filter=minors(DAY)))
                counted = _counted(account, wanted, by_seat=by_seat, day=DAY)
                assert counted == (told["related"], told["perhaps"]), (role, wanted, by_seat)
                asked += told["related"]
    assert asked > 20
    assert Account.Role.BUREAU in ROLES


def test_a_row_that_is_asked_formed_is_the_row(people):
    Person.objects.filter(pk=people[0].pk).update(born=date(2008, 2, 29), talent_type="engineer")

    def form(pk):
        return Person.objects.filter(pk=pk).values_list(*row_names(Person, "space"))

    for one in people:
        (values,) = ask_formed("a test of rows", form, (one.pk,))
        made, row = row_of(Person, "space", values=values), Person.objects.select_related("space").get(pk=one.pk)
        with CaptureQueriesContext(connection) as asked:
            assert made == row
            for thing, other in ((made, row), (made.space, row.space)):
                for field in thing._meta.concrete_fields:
                    found, expected = getattr(thing, field.attname), getattr(other, field.attname)
                    assert (found, type(found)) == (expected, type(expected)), field.attname
        assert len(asked) == 0
        assert not made._state.adding
