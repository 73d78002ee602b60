"""Where somebody is signed in, what ends that, and links with which passwords are set."""

import json
import os
import re
import subprocess
import sys

import pytest
from django.utils import timezone

from tests.accounts.signing import OTHER_PHRASE, PHRASE, account, browser, come_in, events, is_in
from yucai.web.accounts.actions import LastDirectorError, make_link, switch_off
from yucai.web.accounts.models import Account, Group, Person, Space
from yucai.web.accounts.sessions import browser_named
from yucai.web.accounts.sign_in_models import OneTimeLink, SignIn

pytestmark = pytest.mark.django_db

PHONE = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36"
NEW = {"first": OTHER_PHRASE, "second": OTHER_PHRASE}


@pytest.fixture
def wang(space):
    return account(space, "wang")


@pytest.fixture
def lin(space):
    return account(space, "lin", role="director")


@pytest.fixture
def two(wang):
    """Wang, signed in with a desk and with a phone."""
    desk, phone = browser(), browser("198.51.100.4", agent=PHONE)
    for one in (desk, phone):
        come_in(one, "wang")
    return desk, phone


def link_in(answer):
    return re.search(r"/password/[\w-]{43}", answer.content.decode())[0]


def test_one_sees_where_one_is_signed_in(two):
    page = two[0].get("/account/").content.decode()
    assert "Firefox · Linux" in page
    assert "Chrome · Android" in page
    assert "198.51.100.4" in page
    assert page.count("this browser") == 1


def test_of_a_browser_only_its_name_and_system_are_kept():
    assert browser_named(PHONE) == "Chrome · Android"
    assert browser_named("curl/8.0 <script>") == ""


def test_one_ends_a_sign_in_elsewhere_and_it_opens_nothing_any_more(two):
    desk, phone = two
    other = SignIn.objects.get(address="198.51.100.4")
    assert desk.post(f"/account/sign-ins/{other.pk}/end")["Location"] == "/account/"
    assert not is_in(phone)
    assert "ended from another browser" in phone.get("/").content.decode()
    assert is_in(desk)
    (event,) = events("session-ended")
    assert (event.reason, event.account_id) == ("by-owner", other.account_id)


def test_one_signs_out_everywhere_else_at_once(two):
    desk, phone = two
    desk.post("/account/sign-ins/end")
    assert (is_in(desk), is_in(phone)) == (True, False)


def test_nobody_ends_the_sign_in_of_another(two, space):
    account(space, "zhao")
    stranger = browser()
    come_in(stranger, "zhao")
    for pk in SignIn.objects.filter(account__username="wang").values_list("pk", flat=True):
        assert stranger.post(f"/account/sign-ins/{pk}/end").status_code == 403
    assert all(is_in(one) for one in two)


def test_signing_out_ends_the_session_for_good(two):
    desk = two[0]
    cookie = desk.cookies["sessionid"].value
    desk.post("/sign-out")
    desk.cookies["sessionid"] = cookie
    assert not is_in(desk)


def test_a_session_ends_when_nothing_is_done_for_an_hour(two, clock):
    desk, phone = two
    for _ in range(3):
        clock.go(minutes=40)
        assert is_in(desk)
    assert not is_in(phone)
    assert "nothing was done for too long" in phone.get("/").content.decode()


def test_a_session_ends_after_a_working_day_whatever_is_done(two, clock):
    desk = two[0]
    for _ in range(14):
        clock.go(minutes=42)
        assert is_in(desk)
    clock.go(minutes=30)
    assert not is_in(desk)
    come_in(desk, "wang")
    assert desk.get("/account/").content.decode().count("Firefox") == 1  # what is over is in no list


def test_a_session_whose_cookie_lives_on_ends_after_a_working_day_too(two, clock):
    """A cookie that was copied, with a session that somebody made live longer."""
    session = two[0].session
    session.set_expiry(10**7)
    session.save()
    clock.go(hours=11)
    SignIn.objects.update(seen_at=clock.at)
    assert not is_in(two[0])
    assert SignIn.objects.get(address="192.0.2.7").ended_why == "longest"


def test_the_office_settles_how_long(two, clock, settings):
    from dataclasses import replace

    settings.SIGN_IN = replace(settings.SIGN_IN, idle_minutes=10)
    clock.go(minutes=11)
    assert not is_in(two[0])


def test_a_clock_set_back_makes_no_session_longer(two, clock):
    clock.go(hours=-2)
    assert not is_in(two[0])
    assert "clock" in two[0].get("/").content.decode()


def test_a_deleted_users_session_opens_nothing(two):
    Account.objects.filter(username="wang").delete()
    assert not any(is_in(one) for one in two)
    assert SignIn.objects.count() == 0


def test_a_switched_off_users_sessions_end(two, wang, lin):
    office = browser()
    come_in(office, "lin")
    office.post(f"/accounts/{wang.pk}/off")
    assert not any(is_in(one) for one in two)
    assert come_in(browser(), "wang").status_code == 200
    office.post(f"/accounts/{wang.pk}/on")
    assert not any(is_in(one) for one in two)  # what ended stays ended
    assert come_in(browser(), "wang").status_code == 302
    assert [event.account_id for event in (*events("account-off"), *events("account-on"))] == [lin.pk, lin.pk]


def test_a_session_that_is_in_no_list_opens_nothing(two):
    session = two[0].session
    session["sign_in"] = SignIn.objects.order_by("-pk").first().pk + 1000
    session.save()
    assert not is_in(two[0])


def test_a_session_cannot_be_passed_off_as_another_accounts_sign_in(two, space):
    account(space, "zhao")
    own = browser()
    come_in(own, "zhao")
    session = own.session
    session["sign_in"] = SignIn.objects.filter(account__username="wang").first().pk
    session.save()
    assert not is_in(own)
    assert all(is_in(one) for one in two)


def test_changing_the_password_ends_all_other_sessions(two):
    desk, phone = two
    cookie = desk.cookies["sessionid"].value
    assert desk.post("/account/password", {"old": PHRASE, **NEW}).status_code == 302
    assert (is_in(desk), is_in(phone)) == (True, False)
    assert desk.cookies["sessionid"].value != cookie
    assert come_in(browser(), "wang").status_code == 200
    assert come_in(browser(), "wang", OTHER_PHRASE).status_code == 302


def test_the_old_password_is_asked_for_and_guessing_it_waits(two):
    desk = two[0]
    for _ in range(5):
        said = desk.post("/account/password", {"old": "wrong", **NEW}).content.decode()
        assert "This is not your password" in said
    assert "Wait" in desk.post("/account/password", {"old": PHRASE, **NEW}).content.decode()


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short", "5 characters are too few"),
        ("x" * 257, "257 characters are too many"),
        ("sunshinesunshine", "well known"),
        ("Password12345!", "well known"),
        ("123456789012", "well known"),
        ("qwertyuiopas", "well known"),
        ("abababababab", "well known"),
        ("zhangsan-2020", "too similar"),
    ],
)
def test_a_poor_password_is_refused_and_it_is_said_why(space, password, why):
    account(space, "zhangsan")
    client = browser()
    come_in(client, "zhangsan")
    page = client.post("/account/password", {"old": PHRASE, "first": password, "second": password}).content.decode()
    assert why in page
    assert Account.objects.get(demo=False).check_password(PHRASE)


@pytest.mark.parametrize("password", ["马到成功 水到渠成 一帆风顺", "correct horse battery staple", "Tr0ub4dor&3-x9!"])
def test_long_passwords_of_any_characters_are_taken_as_they_are(wang, password):
    client = browser()
    come_in(client, "wang")
    assert client.post("/account/password", {"old": PHRASE, "first": password, "second": password}).status_code == 302
    assert come_in(browser(), "wang", password).status_code == 302


def test_the_office_gives_a_link_that_sets_a_password_once(two, wang, lin):
    office, at_home = browser(), browser()
    come_in(office, "lin")
    link = link_in(office.post(f"/accounts/{wang.pk}/link"))
    assert "wang" in at_home.get(link).content.decode()
    assert at_home.post(link, NEW)["Location"] == "/"
    assert not is_in(at_home)  # the link sets a password and lets nobody in
    assert not any(is_in(one) for one in two)
    assert come_in(at_home, "wang", OTHER_PHRASE).status_code == 302
    for again in (at_home.get(link), at_home.post(link, {"first": PHRASE, "second": PHRASE})):
        assert again.status_code == 410
    assert not Account.objects.get(username="wang").check_password(PHRASE)
    (made,), (used,) = events("link-made"), events("password-set")
    assert (made.account_id, used.account_id) == (lin.pk, wang.pk)


def test_a_link_for_a_password_is_kept_as_a_hash_only(wang):
    new = make_link(account=wang, by=None, at=timezone.now())
    assert new.token not in str(OneTimeLink.objects.values_list())
    assert re.fullmatch(r"[0-9a-f]{64}", new.link.digest)


def test_a_link_expires_and_a_newer_one_replaces_it(wang, lin, clock):
    first, second = (make_link(account=wang, by=lin, at=clock.at).token for _ in range(2))
    assert browser().get(f"/password/{first}").status_code == 410
    assert browser().get(f"/password/{second}").status_code == 200
    clock.go(hours=-1)  # a clock set back behind its making makes it no longer
    assert browser().get(f"/password/{second}").status_code == 410
    clock.go(hours=50)
    assert browser().post(f"/password/{second}", NEW).status_code == 410


@pytest.mark.parametrize("token", ["x", "A" * 43, "%00", "..%2F..", "' OR 1=1 --"])
def test_a_forged_link_opens_nothing(wang, token):
    assert browser().get(f"/password/{token}").status_code in (404, 410)


def test_a_link_of_an_account_switched_off_opens_nothing(wang, lin, clock):
    token = make_link(account=wang, by=lin, at=clock.at).token
    switch_off(account=wang, by=lin, at=clock.at)
    assert browser().post(f"/password/{token}", NEW).status_code == 410


def test_a_link_ends_the_waiting_of_its_owner(wang, lin, clock):
    for _ in range(9):
        come_in(browser(), "wang", "wrong-wrong-wrong")
    token = make_link(account=wang, by=lin, at=clock.at).token
    browser().post(f"/password/{token}", NEW)
    assert come_in(browser(), "wang", OTHER_PHRASE).status_code == 302


def test_a_new_account_gets_its_password_from_its_owner(lin, space):
    person = Person.objects.create(space=space, code="2026001", name_en="Mei", name_zh="梅")
    office = browser()
    come_in(office, "lin")
    said = {"space": "school", "username": "mei", "name": "梅", "role": "student", "person_code": "2026001"}
    link = link_in(office.post("/accounts/add", said))
    made = Account.objects.get(username="mei")
    assert (made.person, made.role, made.has_usable_password()) == (person, "student", False)
    browser().post(link, NEW)
    assert come_in(browser(), "mei", OTHER_PHRASE).status_code == 302


def test_an_account_that_cannot_be_is_refused_with_all_faults(lin, space):
    class_one = Group.objects.create(space=space, code="1", kind="class", name_en="1", name_zh="1")
    office = browser()
    come_in(office, "lin")
    said = {"space": "school", "username": "LIN", "name": "x", "role": "student", "groups": [class_one.pk]}
    page = office.post("/accounts/add", said).content.decode()
    for words in ("is taken", "needs the student", "Only teachers and mentors"):
        assert words in page
    assert Account.objects.filter(demo=False).count() == 1


def test_what_the_form_does_not_ask_cannot_be_set(lin):
    """Mass assignment: nobody becomes a superuser, or gets a password, by more fields than the page has."""
    office = browser()
    come_in(office, "lin")
    more = {"is_superuser": "on", "is_staff": "on", "password": PHRASE, "demo": "on", "spaces": "1"}
    office.post("/accounts/add", {"space": "school", "username": "t1", "name": "t", "role": "teacher", **more})
    made = Account.objects.get(username="t1")
    assert not any((made.is_superuser, made.is_staff, made.demo, made.has_usable_password()))


def test_accounts_are_run_by_directors_of_all_their_spaces_only(space, lin, wang):
    elsewhere = Space.objects.create(code="b", name_en="B", name_zh="乙", simulated=False, evidence_map="m")
    both, theirs = account(space, "both"), account(elsewhere, "theirs")
    both.spaces.add(elsewhere)
    office, teacher = browser(), browser()
    come_in(office, "lin")
    come_in(teacher, "wang")
    assert "both" not in office.get("/accounts/").content.decode()
    for one in (both, theirs, lin):
        for act in ("link", "off", "on", "end"):
            assert office.post(f"/accounts/{one.pk}/{act}").status_code == 403
    assert office.post("/accounts/999999/link").status_code == 403
    said = {"space": "b", "username": "new", "name": "new", "role": "director"}
    assert office.post("/accounts/add", said).status_code == 200
    for act in ("link", "off", "on", "end"):
        assert teacher.post(f"/accounts/{both.pk}/{act}").status_code == 403
    assert teacher.get("/accounts/").status_code == teacher.get("/accounts/add").status_code == 403
    assert Account.objects.filter(demo=False).count() == 4


def test_two_directors_at_once_cannot_switch_each_other_off(space, lin, clock):
    other = account(space, "he", role="director")
    switch_off(account=other, by=lin, at=clock.at)
    lin.refresh_from_db()
    with pytest.raises(LastDirectorError, match="last director"):
        switch_off(account=lin, by=other, at=clock.at)  # asked before it was switched off, done after
    assert Account.objects.get(pk=lin.pk).is_active


def test_the_office_signs_somebody_out_everywhere(two, wang, lin):
    office = browser()
    come_in(office, "lin")
    office.post(f"/accounts/{wang.pk}/end")
    assert not any(is_in(one) for one in two)
    assert {event.reason for event in events("session-ended")} == {"by-office"}


def test_pages_of_accounts_are_in_both_languages(lin, wang):
    for language, words in (("en", ("My account", "Accounts of the office")), ("zh", ("我的账号", "本机构账号"))):
        client = browser(language=language)
        come_in(client, "lin")
        for page, said in zip(("/account/", "/accounts/"), words, strict=True):
            assert said in client.get(page).content.decode()


def test_whoever_runs_the_server_makes_a_link_for_the_only_director(tmp_path):
    """In processes of their own: a new office, whose password was lost."""
    told, env = {}, {name: value for name, value in os.environ.items() if not name.startswith("YUCAI_")}
    for what in (("init",), ("accounts", "link", "office", "--address", "https://yucai.example.edu/")):
        command = [
            sys.executable,
            "-m",
            "yucai.cli",
            *what,
            "--workspace",
            str(tmp_path / "o"),
            "--json",
            "--lang",
            "en",
        ]
        told = json.loads(subprocess.run(command, capture_output=True, text=True, check=True, env=env).stdout)
    assert re.fullmatch(r"https://yucai\.example\.edu/password/[\w-]{43}", told["address"])
    command = [sys.executable, "-m", "yucai.cli", "accounts", "link", "nobody", "--workspace", str(tmp_path / "o")]
    refused = subprocess.run([*command, "--lang", "zh"], capture_output=True, text=True, env=env)
    assert (refused.returncode, "没有账号“nobody”" in refused.stderr) == (64, True)
