"""Many rows at once: the same rows whether few or many, the same people whether named one by one or together."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from yucai.web.accounts.models import Person
from yucai.web.bulk import FEW, among, insert_rows

pytestmark = pytest.mark.django_db


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(known=st.frozensets(st.integers(0, 299)), strange=st.frozensets(st.integers(0, 2**63 - 1), max_size=9))
def test_among_finds_what_in_finds(known, strange):
    people = Person.objects.order_by("pk")
    pks = list(people.values_list("pk", flat=True)[:300])
    numbers = {pks[n % len(pks)] for n in known} | strange
    assert list(people.filter(among("pk", numbers)).values_list("pk")) == list(
        people.filter(pk__in=numbers).values_list("pk")
    )


@pytest.mark.parametrize("n", [0, 1, FEW, FEW + 1, 5 * FEW])
def test_few_rows_and_many_are_all_there(space, n):
    columns = ("space", "code", "name_en", "name_zh", "cohort", "programme", "talent_type")
    rows = [(space.pk, f"bulk-{k:04}", f"L{k}", "学生", "2026", "", "") for k in range(n)]
    insert_rows(Person, columns, iter(rows))
    assert list(Person.objects.filter(space=space).order_by("code").values_list(*columns)) == rows
