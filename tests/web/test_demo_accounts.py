"""The seven accounts of the demonstration: each its role, its spaces and those it is in charge of, none a password."""

import pytest

from yucai.web.accounts.models import Account

pytestmark = pytest.mark.django_db

ACCOUNTS = {  # role: groups in charge of, person
    "director": (set(), None),
    "teacher": ({"2023-1", "2024-1"}, None),
    "student": (set(), "2023010001"),
    "mentor": ({"mentees-M03"}, None),
    "researcher": (set(), None),
    "bureau": (set(), None),
    "officer": (set(), None),
}


def test_there_are_seven_one_for_each_role():
    accounts = Account.objects.filter(demo=True)
    assert {account.username: account.role for account in accounts} == {role: role for role in Account.Role.values}
    assert set(ACCOUNTS) == set(Account.Role.values)


@pytest.mark.parametrize("role", ACCOUNTS)
def test_each_is_what_the_start_page_says(client, role):
    account = Account.objects.get(username=role)
    groups, person = ACCOUNTS[role]
    assert {charge.group.code for charge in account.charges.all()} == groups
    assert (account.person.code if account.person else None) == person
    assert {space.code for space in account.spaces.all()} == {"demo-college"}
    assert account.name_en != account.name_zh
    assert (account.has_usable_password(), account.is_staff, account.is_superuser) == (False, False, False)
    page = client.get("/", headers={"accept-language": "zh"}).content.decode()
    assert account.name_zh in page


@pytest.mark.parametrize("role", ACCOUNTS)
def test_each_signs_in_from_the_start_page_and_out_again(client, role):
    assert client.post("/demo-sign-in", {"username": role})["Location"] == "/home/"
    assert client.get("/home/", follow=True).status_code == 200
    assert client.post("/sign-out")["Location"] == "/"
    assert client.get("/home/").status_code == 302


@pytest.mark.parametrize("password", ["", " ", "demo", "!"])
def test_none_of_them_opens_with_a_password(client, password):
    assert client.post("/", {"username": "director", "password": password}).status_code == 200
    assert client.get("/home/").status_code == 302


def test_an_ordinary_account_never_opens_without_a_password(client):
    Account.objects.create_user("office", password="a-long-pass-phrase", role="director")
    assert client.post("/demo-sign-in", {"username": "office"}).status_code == 404
