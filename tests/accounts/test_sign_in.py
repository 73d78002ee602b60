"""Signing in: what failed tries cost, what shows who has an account, and where a sign-in leads."""

import ast
import re
import subprocess
import sys
import threading
from urllib.parse import urlencode

import pytest
from django.contrib.auth.hashers import get_hasher, identify_hasher
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client

from tests.accounts.signing import PHRASE, account, browser, come_in, events, is_in
from yucai.web.accounts.models import Account
from yucai.web.accounts.sign_in_models import SignIn, TryCount
from yucai.web.accounts.tries import FREE_TRIES, LONGEST_WAIT, buckets_of

WRONG = "a-wrong-phrase-entirely"


def fail(client, username="wang", times=1):
    return [come_in(client, username, WRONG) for _ in range(times)][-1]


@pytest.mark.real_hashes
@pytest.mark.django_db
def test_passwords_are_kept_as_argon2id_with_the_parameters_of_the_standard(space):
    """RFC 9106, section 4, second recommended choice: t = 3, p = 4, m = 64 MiB; salt and tag of at least 128 bits."""
    kept = account(space, "wang").password
    told = get_hasher().decode(kept)
    assert (told["variety"], told["time_cost"], told["memory_cost"], told["parallelism"]) == ("argon2id", 3, 65_536, 4)
    assert kept.startswith("argon2$argon2id$v=19$m=65536,t=3,p=4$")
    assert all(len(part) >= 22 for part in kept.split("$")[-2:])  # 16 bytes and more in base64
    assert PHRASE not in kept


@pytest.mark.real_hashes
@pytest.mark.django_db
def test_a_hash_with_weaker_parameters_is_made_anew_at_the_next_sign_in(space):
    from argon2 import PasswordHasher

    wang = account(space, "wang")
    Account.objects.filter(username="wang").update(
        password="argon2" + PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PHRASE)
    )
    assert come_in(browser(), "wang").status_code == 302
    wang.refresh_from_db()
    assert "m=65536,t=3,p=4" in wang.password
    assert identify_hasher(wang.password).algorithm == "argon2"


@pytest.mark.django_db
def test_failed_tries_make_the_next_one_wait_longer_each_time_and_never_for_good(space, clock):
    account(space, "wang")
    client = browser()
    assert fail(client, times=FREE_TRIES).status_code == 200
    waits = []
    for _ in range(12):
        answer = come_in(client, "wang")  # even the right password
        assert answer.status_code == 429
        waits.append(int(answer["Retry-After"]))
        clock.go(seconds=waits[-1])
        assert fail(client).status_code == 200
    assert waits[:8] == [5, 10, 20, 40, 80, 160, 320, 640]
    assert set(waits[8:]) == {LONGEST_WAIT.total_seconds()}
    clock.go(minutes=15)
    assert come_in(client, "wang").status_code == 302


@pytest.mark.django_db
def test_waiting_is_said_in_both_languages_with_what_to_do(space, clock):
    account(space, "wang")
    fail(browser(), times=FREE_TRIES)
    assert "Wait 5 seconds" in come_in(browser(), "wang").content.decode()
    assert "请等待 5 秒" in come_in(browser(language="zh"), "wang").content.decode()


@pytest.mark.django_db
def test_tries_while_waiting_do_not_make_it_longer(space, clock):
    account(space, "wang")
    client = browser()
    fail(client, times=FREE_TRIES + 40)
    clock.go(seconds=5)
    assert come_in(client, "wang").status_code == 302


@pytest.mark.django_db
def test_what_was_counted_survives_a_restart(space):
    """Nothing of it lies in the process: a browser that was never seen, on a fresh connection, has to wait as well."""
    account(space, "wang")
    fail(browser(), times=FREE_TRIES)
    assert TryCount.objects.count() == 2
    assert come_in(browser("198.51.100.1"), "wang").status_code == 429


@pytest.mark.django_db
def test_strangers_cannot_keep_a_person_out_of_a_browser_where_they_signed_in_before(space, clock):
    account(space, "wang")
    own = browser()
    assert come_in(own, "wang").status_code == 302
    own.post("/sign-out")
    for n in range(20):
        fail(browser(f"198.51.100.{n}"))
        clock.go(minutes=20)
        fail(browser(f"198.51.100.{n}"))
    assert come_in(browser("203.0.113.9"), "wang").status_code == 429
    assert come_in(own, "wang").status_code == 302


@pytest.mark.django_db
def test_a_known_browser_opens_nothing_and_is_counted_too(space):
    account(space, "wang")
    account(space, "zhao")
    own = browser()
    come_in(own, "wang")
    own.post("/sign-out")
    assert fail(own, times=FREE_TRIES).status_code == 200
    assert come_in(own, "wang").status_code == 429
    fail(browser("198.51.100.1"), "zhao", times=FREE_TRIES)
    assert come_in(own, "zhao").status_code == 429  # it is known for wang only


@pytest.mark.django_db
def test_a_forged_cookie_makes_no_browser_known(space):
    account(space, "wang")
    client = browser()
    fail(client, times=FREE_TRIES)
    client.cookies["known_browser"] = "eyJhY2NvdW50IjoieCJ9:1:forged"
    assert come_in(client, "wang").status_code == 429


@pytest.mark.django_db
def test_one_address_that_tries_many_names_has_to_wait_and_others_have_not(space):
    account(space, "wang")
    thief = browser("198.51.100.1")
    for n in range(30):
        fail(thief, f"name{n}")
    assert come_in(thief, "wang").status_code == 429
    assert come_in(browser("192.0.2.7"), "wang").status_code == 302


@pytest.mark.django_db
def test_an_own_account_does_not_wash_an_address_clean(space):
    account(space, "own")
    thief = browser("198.51.100.1")
    answers = []
    for n in range(40):
        thief.cookies.clear()
        answers.append(fail(thief, f"name{n}").status_code)
        thief.cookies.clear()
        come_in(thief, "own")
    assert 429 in answers


@pytest.mark.parametrize(("one", "other"), [("2001:db8::1", "2001:db8::ffff"), ("192.0.2.1", "::ffff:192.0.2.1")])
def test_addresses_of_one_subscriber_count_as_one(one, other):
    keys = [buckets_of(username="x", address=address)[1].key for address in (one, other, "2001:db8:0:1::1")]
    assert keys[0] == keys[1] != keys[2]


@pytest.mark.django_db
def test_a_clock_set_back_keeps_nobody_waiting_longer_than_the_wait(space, clock):
    account(space, "wang")
    client = browser()
    fail(client, times=FREE_TRIES)
    clock.go(days=-30)
    assert int(come_in(client, "wang")["Retry-After"]) == 5
    clock.go(seconds=5)
    assert come_in(client, "wang").status_code == 302


@pytest.mark.django_db
def test_no_word_tells_whether_a_name_exists(space, clock):
    """Nobody, somebody, somebody switched off, somebody without a password: the same page, the same waits."""
    account(space, "wang")
    account(space, "gone", is_active=False)
    Account.objects.create_user("sso", role="teacher")
    pages = set()
    for name in ("wang", "gone", "sso", "nobody"):
        answers = [come_in(browser(f"192.0.2.{n}"), name, WRONG) for n in range(FREE_TRIES + 1)]
        assert [answer.status_code for answer in answers] == [200] * FREE_TRIES + [429]
        for answer in answers:
            page = re.sub(r'value="[^"]*"', "", answer.content.decode())
            pages.add((answer.status_code, page))
    assert len(pages) == 2


@pytest.mark.django_db
def test_no_work_tells_whether_a_name_exists(space, monkeypatch):
    """One password is hashed for each try, whoever it names; time cannot tell what work does not."""
    account(space, "wang")
    account(space, "gone", is_active=False)
    Account.objects.create_user("sso", role="teacher")
    hashed, hasher = [], type(get_hasher())
    for name in ("encode", "verify"):
        was = getattr(hasher, name)
        monkeypatch.setattr(
            hasher, name, lambda self, *said, was=was, name=name: hashed.append(name) or was(self, *said)
        )
    works = []
    for name in ("wang", "gone", "sso", "nobody"):
        hashed.clear()
        come_in(browser(), name, WRONG)
        works.append(len(hashed))
    assert works == [1, 1, 1, 1]


@pytest.mark.django_db
def test_sign_ins_and_failures_are_in_the_audit_trail_without_what_was_typed(space):
    wang = account(space, "wang")
    fail(browser())
    come_in(browser(), "my-password-typed-as-name", WRONG)
    come_in(browser(), "wang")
    failed, unknown = events("sign-in-failed")
    assert (failed.account_id, failed.target, failed.refused) == (None, f"account:{wang.pk}", True)
    assert (unknown.account_id, unknown.target, unknown.detail) == (None, "", "{}")
    (came,) = events("sign-in")
    assert (came.account_id, came.reason) == (wang.pk, "password")


@pytest.mark.django_db
def test_signing_in_gives_the_session_a_new_number(space):
    """Session fixation: a number that somebody planted before opens nothing afterwards."""
    account(space, "wang")
    client = browser()
    client.get("/")
    session = client.session
    session["planted"] = True
    session.save()
    client.cookies["sessionid"] = planted = session.session_key
    assert come_in(client, "wang").status_code == 302
    assert client.cookies["sessionid"].value != planted
    stranger = browser()
    stranger.cookies["sessionid"] = planted
    assert not is_in(stranger)
    assert not Session.objects.filter(session_key=planted).exists()


ELSEWHERE = ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example", "///elsewhere.example",
             "http:elsewhere.example", "javascript:alert(1)", "/\t/elsewhere.example", "//elsewhere.example/account/",
             "/no/such/page", "account/", "/sign-out", "/%2F/elsewhere.example", " //elsewhere.example"]  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("page", ELSEWHERE)
def test_next_leads_to_no_foreign_host(space, page):
    account(space, "wang")
    client = browser()
    answer = client.post(f"/?{urlencode({'next': page})}", {"username": "wang", "password": PHRASE})
    assert answer["Location"] == "/home/"


@pytest.mark.django_db
def test_next_leads_back_to_the_page_that_asked(space):
    account(space, "wang")
    assert come_in(browser(), "wang", page="/?next=/account/%3Fx%3D1")["Location"] == "/account/?x=1"


@pytest.mark.django_db
@pytest.mark.parametrize("header", [{"host": "elsewhere.example"}, {"x-forwarded-host": "elsewhere.example"}])
def test_a_host_header_gets_into_no_link(space, settings, header):
    settings.ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
    account(space, "lin", role="director")
    wang = account(space, "wang")
    client = Client(headers={"host": "127.0.0.1"})
    come_in(client, "lin")
    answer = client.post(f"/accounts/{wang.pk}/link", headers={"host": "127.0.0.1", **header})
    assert answer.status_code == (400 if "host" in header else 200)
    assert "elsewhere.example" not in answer.content.decode()


@pytest.mark.django_db
def test_the_cookie_of_a_known_browser_is_as_safe_as_that_of_the_session(space, settings):
    account(space, "wang")
    for https in (True, False):
        settings.HTTPS = https
        client = browser()
        come_in(client, "wang")
        kept = client.cookies["known_browser"]
        assert (bool(kept["secure"]), bool(kept["httponly"]), kept["samesite"]) == (https, True, "Lax")
        assert "wang" not in kept.value


@pytest.mark.django_db
def test_a_forwarded_address_is_believed_of_a_server_in_front_only(space, settings):
    account(space, "wang")
    told = {"x-forwarded-for": "203.0.113.66, 198.51.100.1"}  # the first is what the client itself claimed
    kept = []
    for https, near in ((False, "127.0.0.1"), (True, "127.0.0.1"), (True, "192.0.2.7")):
        settings.HTTPS = https
        browser(near).post("/", {"username": "wang", "password": PHRASE}, headers=told)
        kept.append(SignIn.objects.order_by("-pk").first().address)
    assert kept == ["127.0.0.1", "198.51.100.1", "192.0.2.7"]


BURST = """
import threading
from django.db import connection
from django.utils import timezone
from yucai.web.accounts.sign_in_models import TryCount
from yucai.web.accounts.tries import buckets_of, count_try

at, buckets, told, start = timezone.now(), buckets_of(username="wang", address="192.0.2.7"), [], threading.Barrier(20)

def one():
    start.wait()
    told.append(count_try(buckets, at=at))
    connection.close()

threads = [threading.Thread(target=one) for _ in range(20)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
counted = sorted(TryCount.objects.values_list("failures", flat=True))
TryCount.objects.all().delete()
connection.close()
"""
IN_A_FILE = """
import sys
import threading
from pathlib import Path
from yucai.web import make_workspace
made = make_workspace(Path(sys.argv[1]), language="en", name="x", dry_run=False)
from django.db import connections
connections.close_all()
import os
from django.conf import settings
settings.DATABASES["default"]["NAME"] = made.workspace / "records.sqlite3"
"""


@pytest.mark.django_db
def test_a_burst_of_tries_at_once_gets_no_further_than_one_after_another(tmp_path):
    """Twenty at once: five passwords are looked at, the others have to wait, and no count is lost."""
    if connection.vendor == "postgresql":  # in threads, for the test's own transaction is seen by nobody else
        found = {}
        apart = threading.Thread(target=exec, args=(BURST, found))
        apart.start()
        apart.join()
        told, counted = found["told"], found["counted"]
    else:  # the tests' own SQLite lies in memory and knows no waiting; an office's lies in a file
        program = f"{IN_A_FILE}{BURST}print(sorted(told), counted, sep=';')"
        command = [sys.executable, "-c", program, str(tmp_path / "office")]
        ran = subprocess.run(command, capture_output=True, text=True, check=True)
        told, counted = (ast.literal_eval(part) for part in ran.stdout.strip().splitlines()[-1].split(";"))
    assert sorted(told) == [0] * FREE_TRIES + [5] * (20 - FREE_TRIES)
    assert counted == [FREE_TRIES, FREE_TRIES]


@pytest.mark.django_db
def test_counts_name_nobody_and_go_after_a_day(space, clock):
    account(space, "wang")
    fail(browser(), times=3)
    assert all(re.fullmatch(r"[0-9a-f]{64}", key) for key in TryCount.objects.values_list("key", flat=True))
    clock.go(hours=25)
    come_in(browser("198.51.100.1"), "wang")
    assert TryCount.objects.filter(failures__gt=0).count() == 0
