"""What the pages of accounts ask of the database: few questions, and no more for many accounts than for one."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.accounts.signing import account, browser, come_in
from yucai.web.accounts.models import Group
from yucai.web.accounts.outside import give_link
from yucai.web.accounts.sign_in_models import SignIn

pytestmark = pytest.mark.django_db

PAGES = ("/account/", "/accounts/", "/accounts/add", "/accounts/outside/", "/accounts/outside/add")
MOST = 34  # as for every page


def asked(client, page):
    client.get(page)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(page).status_code == 200
    return len(queries)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_asks_few_questions_however_many_accounts_there_are(space, clock, page):
    lin = account(space, "school-lin", role="director")
    office = browser()
    come_in(office, "school-lin")
    few = asked(office, page)
    for n in range(12):
        group = Group.objects.create(space=space, code=f"g{n}", kind="class", name_en="x", name_zh="x")
        account(space, f"school-{n}")
        give_link(name=f"Guest {n}", group=group, days=3, by=lin, at=clock.at)
        SignIn.objects.create(account=lin, way="password", began_at=clock.at, seen_at=clock.at)
    assert asked(office, page) == few <= MOST


def test_a_page_that_needs_no_account_asks_less(space):
    assert asked(browser(), "/") <= 2
