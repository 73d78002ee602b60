"""What a quiz tool and a cmi5 unit tell a served store is taken in on the pages, measured, and read on a portrait."""

import http.client
import json
import re
import subprocess
import sys
from contextlib import closing
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser.axe import faults_of, nothing
from tests.clients.real import HOME, profile_file, sending, unit_in_browser
from tests.feeds.lessons import PROFILE
from tests.records.records_client import basic

pytestmark = pytest.mark.browser

LIST = "学号,姓名,班级\n" + "".join(f"{n:02d},学生{n:02d},一班\n" for n in range(1, 13))


@pytest.fixture
def yucai(office, tmp_path):
    """Give a function that runs a command on the served office and returns what it gave."""

    def run(*arguments):
        command = [sys.executable, "-m", "yucai.cli", *arguments, "--workspace", str(tmp_path / "office"), "--json"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


@pytest.fixture
def login(office, yucai, tmp_path):
    """A store in the served office, and what a learning tool needs to speak to it."""
    (tmp_path / "list.csv").write_text(LIST, encoding="utf-8")
    yucai("import", str(tmp_path / "list.csv"), "--template", "class-list", "--owner", "教务处")
    yucai("records", "add-store", "lms")
    made = yucai("records", "add-credential", "lms", "--tool", "Moodle", "--home", HOME)
    return basic(made["key"], made["secret"])


def asking(address, login):
    """Give a function that sends a request to the store, as the launching system does."""

    def ask(method, resource, body=None):
        headers = {"Authorization": login, "X-Experience-API-Version": "1.0.3", "Content-Type": "application/json"}
        with closing(http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)) as connection:
            sent = None if body is None else json.dumps(body)
            connection.request(method, f"/xapi/lms/{resource}", body=sent, headers=headers)
            told = connection.getresponse()
            raw = told.read()
            assert told.status < 300, raw
            return json.loads(raw) if raw else None

    return ask


def signed_in(browser, office):
    address, username, password = office
    page = browser.new_page(base_url=address, locale="en-GB")
    page.goto("/")
    page.fill("input[name=username]", username)
    page.fill("input[name=password]", password)
    page.keyboard.press("Enter")
    page.locator("form[action='/sign-out']").wait_for()
    return page


def declared(page, *, name, profile):
    """Declare the store as a source on the page, and take in what it shows."""
    page.goto("/evidence/feeds/add")
    page.get_by_label("Name of the source").fill(name)
    page.get_by_label("Web addresses whose account names").fill(HOME)
    page.get_by_label("A profile of our own").check()
    page.set_input_files("input[name=own]", profile)
    page.get_by_label("Who answers for the data").fill("教务处")
    page.get_by_role("button", name="Show what would go in").click()
    page.get_by_role("button", name="Take it in").click()
    page.locator(".said").first.wait_for()
    expect(page.locator(".said").first).to_contain_text(re.compile(r"\d+ scores? new"), use_inner_text=True)


def test_a_statement_of_a_real_client_stands_on_a_portrait(browser, office, yucai, login, tmp_path):
    address = office[0]
    endpoint, ask = f"{address}/xapi/lms/", asking(address, login)
    told = sending(endpoint=endpoint, login=login)
    launch, shown = unit_in_browser(browser, ask=ask, endpoint=endpoint, login=login, learner="01", score=0.85)
    assert shown["likes"] == {"languagePreference": "zh-CN,en", "audioPreference": "off"}
    assert launch.handed_out == 1
    kept = ask("GET", f"statements?registration={launch.registration}&ascending=true")["statements"]
    verbs = [one["verb"]["id"].rpartition("/")[2] for one in kept]
    assert verbs == ["launched", "initialized", "answered", "passed", "terminated"]

    page = signed_in(browser, office)
    quizzes = tmp_path / "quizzes.toml"
    quizzes.write_text(PROFILE, encoding="utf-8")
    declared(page, name="Moodle", profile=quizzes)
    declared(page, name="Waves (cmi5)", profile=profile_file(tmp_path, "cmi5"))
    assert yucai("records", "feed", "xapi-lms")["number"] == 0
    page.goto("/home/")
    page.get_by_role("button", name="Compute the profiles").click()
    page.locator("#job strong", has_text="done").wait_for()
    page.goto("/home/")
    page.get_by_role("link", name="一班").click()
    page.get_by_role("link", name="学生01").first.click()

    quality = page.locator("details.quality", has=page.locator("th", has_text="Quiz 1"))
    quality.locator("summary").first.click()
    row = quality.locator("tr", has=page.locator("th", has_text="Quiz 1"))
    expect(row).to_contain_text("7 / 10", use_inner_text=True)
    expect(page.locator("main")).to_contain_text("seen 2 times", use_inner_text=True)
    row.get_by_role("link", name="Moodle, statement of 3 March 2026").click()
    page.locator("h1", has_text="Quiz 1").wait_for()
    page.get_by_text("The statement as it is kept").click()
    nothing(faults_of(page))
    expect(page.locator("pre.statement")).to_contain_text(told["single"], use_inner_text=True)
    page.go_back()
    page.get_by_role("navigation", name="Period").get_by_role("link").last.click()  # the unit was passed just now
    row = page.locator("tr", has=page.locator("th", has_text="exam/waves"))
    assert "0.85 / 1" in row.text_content()
    assert "Waves (cmi5), statement of" in row.text_content()
    page.close()
