"""The recording page in a real browser: taps outlive a lost network, a reload, a sign-out, a dead battery, two tabs."""

import os
import re
import shutil
import signal
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Error, expect

from tests.browser.cable import Cable
from tests.browser.conftest import BROWSERS, PATIENCE, QUIET
from tests.browser.fitting import beyond

pytestmark = pytest.mark.browser

WORDS = {
    "en-GB": {
        "clear": "All handed in.", "one": "1 record on this device", "offline": "No network",
        "out": "You are signed out", "end": "End",
        "give": "Hand in", "elsewhere": "in another tab", "here": "Go on here", "cut": "away too long",
        "undo": "Undo last tap", "simulated": "Simulated", "sign out": "Sign out",
    },
    "zh-CN": {
        "clear": "已全部提交。", "one": "本设备上有 1 份记录", "offline": "没有网络", "out": "您已退出登录",
        "end": "结束", "give": "提交记录", "elsewhere": "另一标签页", "here": "在此继续", "cut": "页面离开太久",
        "undo": "撤销上一次点按", "simulated": "模拟", "sign out": "退出",
    },
}  # fmt: skip
SOON = 90_000


@pytest.fixture
def cable(demo):
    line = Cable(urlsplit(demo).port)
    yield line
    line.cut()


@pytest.fixture
def person(browser, cable):
    """Give a function that signs somebody in on a device of their own, over the cable."""
    opened, complaints = [], []

    def as_role(role, language="en-GB", width=390):
        context = browser.new_context(
            base_url=cable.address, locale=language, viewport={"width": width, "height": 780}, accept_downloads=True
        )
        context.set_default_timeout(PATIENCE)
        opened.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        sign_in(page, role)
        return page

    yield as_role
    for context in opened:
        context.close()
    assert complaints == []


def sign_in(page, role):
    page.goto("/")
    page.locator(f"form:has(input[value='{role}']) button.card").click()
    page.locator("form[action='/sign-out']").wait_for()


def open_page(page):
    """Open the recording page and wait until it could be opened without a network."""
    page.goto("/observe/")
    page.locator(".turn").first.wait_for()
    page.evaluate("navigator.serviceWorker.ready.then((there) => there.active.state)")
    page.wait_for_function(
        "caches.keys().then(async (names) => names.length === 1 && "
        "(await (await caches.open(names[0])).keys()).length >= 10)"
    )


def begin(page, state="shared-play"):
    """Begin the first turn that is still to be recorded; give the child."""
    turn = page.locator(".turn:not(:has(.done, .lies))").first
    child = turn.locator("strong").inner_text()
    turn.click()
    page.locator(f".first button:nth-child({['aggression', 'dispute', 'shared-play'].index(state) + 1})").click()
    page.locator(".recording").wait_for()
    page.wait_for_timeout(200)  # what lasts less than a tenth of a second is no record: there is nothing to hand in
    return child


def tap(page, *codes):
    for code in codes:
        page.locator(f"[data-code='{code}']").click()


def hand_in(page, words):
    page.get_by_role("button", name=words["end"], exact=True).click()
    page.get_by_role("button", name=words["give"], exact=True).click()


def await_state(page, text):
    page.locator("#state", has_text=text).wait_for(timeout=SOON)


def seconds_shown(page):
    minutes, seconds = page.locator(".face").inner_text().split(":")
    return 60 * int(minutes) + int(seconds)


def recorded(director):
    """Return how many records the plan of the kindergarten holds, from the page of the director."""
    director.goto("/observations/")
    director.locator("a[href^='/observations/plans/']").last.click()
    return int(re.search(r"\d+", director.locator("details.panel summary", has_text="came in").inner_text())[0])


@pytest.mark.parametrize(("language", "width"), [("zh-CN", 390), ("en-GB", 1280)])
def test_a_record_outlives_a_lost_network_and_reloads_and_is_handed_in_once(person, cable, tmp_path, language, width):
    words, director = WORDS[language], person("director")
    before = recorded(director)
    page = person("teacher", language, width)
    open_page(page)
    expect(page.locator(".simulated")).to_contain_text(words["simulated"], use_inner_text=True)
    assert beyond(page) <= 0
    page.screenshot(path=tmp_path / "list.png")
    begin(page)
    tap(page, "object-dispute")
    cable.cut()
    tap(page, "aggression")
    page.locator(".chip").first.click()
    page.wait_for_timeout(1500)
    page.screenshot(path=tmp_path / "watching.png")
    shown = seconds_shown(page)
    page.reload()  # nobody answers: the page comes from the device
    page.locator(".recording").wait_for()
    expect(page.locator("[data-code='aggression']")).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".chip").first).to_have_attribute("aria-pressed", "true")
    assert shown <= seconds_shown(page) <= shown + 15
    tap(page, "watching", "kind-act")
    page.get_by_role("button", name=words["undo"]).click()
    assert beyond(page) <= 0
    hand_in(page, words)
    await_state(page, words["one"])
    await_state(page, words["offline"])
    page.reload()
    await_state(page, words["one"])
    page.screenshot(path=tmp_path / "waiting.png")
    cable.mend()
    await_state(page, words["clear"])
    expect(page.locator(".turn .lies")).to_have_count(0)
    page.reload()
    await_state(page, words["clear"])
    assert recorded(director) == before + 1
    director.locator("details.panel summary", has_text="came in").click()
    newest = director.locator("details.panel tbody tr").first.inner_text()
    assert re.search(r"\b4\b", newest)  # shared play, a wanted object, aggression, watching; what was undone is gone


def test_signed_out_meanwhile_nothing_is_lost_and_it_goes_on_after_signing_in(person):
    words, director = WORDS["en-GB"], person("director")
    before = recorded(director)
    page = person("teacher")
    open_page(page)
    begin(page)
    other = page.context.new_page()
    other.goto("/home/")
    other.get_by_role("button", name=words["sign out"]).click()
    tap(page, "dispute")
    hand_in(page, words)
    await_state(page, words["out"])
    await_state(page, words["one"])
    page.reload()
    await_state(page, words["one"])
    page.get_by_role("link", name="Sign in").click()  # and from there back to the recording page
    page.locator("form:has(input[value='teacher']) button.card").click()
    page.wait_for_url("**/observe/")
    await_state(page, words["clear"])
    assert recorded(director) == before + 1


def test_another_account_on_the_device_sees_that_something_waits_and_does_not_hand_it_in(person):
    words, director = WORDS["en-GB"], person("director")
    before = recorded(director)
    page = person("teacher")
    open_page(page)
    begin(page)
    other = page.context.new_page()
    other.goto("/home/")
    other.get_by_role("button", name=words["sign out"]).click()
    hand_in(page, words)
    sign_in(other, "researcher")
    await_state(page, "belong to another account")
    page.wait_for_timeout(2000)
    assert recorded(director) == before
    other.get_by_role("button", name=words["sign out"]).click()
    sign_in(other, "teacher")
    await_state(page, words["clear"])
    assert recorded(director) == before + 1


def test_two_tabs_never_write_into_one_record_and_one_goes_on(person):
    words, director = WORDS["en-GB"], person("director")
    before = recorded(director)
    first = person("teacher")
    open_page(first)
    child = begin(first)
    tap(first, "aggression")
    second = first.context.new_page()
    second.goto("/observe/")
    second.locator(".running", has_text=words["elsewhere"]).wait_for()
    expect(second.locator(".recording")).to_have_count(0)
    second.get_by_role("button", name=words["here"]).click()
    second.locator(".recording h1", has_text=child).wait_for()
    expect(second.locator("[data-code='aggression']")).to_have_attribute("aria-pressed", "true")
    tap(first, "watching")  # too late: the record is in the other tab
    first.locator(".news", has_text=words["elsewhere"]).wait_for()
    expect(second.locator("[data-code='aggression']")).to_have_attribute("aria-pressed", "true")
    second.get_by_role("button", name=words["end"], exact=True).click()
    second.get_by_role("button", name=words["give"], exact=True).click()
    for page in (first, second):
        await_state(page, words["clear"])
    assert recorded(director) == before + 1


def test_a_record_sent_from_two_tabs_at_once_is_handed_in_once(person, cable):
    words, director = WORDS["en-GB"], person("director")
    before = recorded(director)
    first = person("teacher")
    open_page(first)
    second = first.context.new_page()
    open_page(second)
    cable.cut()
    begin(first)
    hand_in(first, words)
    await_state(first, words["one"])
    cable.mend()
    for page in (first, second):
        page.evaluate("dispatchEvent(new Event('online'))")
    for page in (first, second):
        await_state(page, words["clear"])
    assert recorded(director) == before + 1


def test_taps_are_on_the_device_when_the_battery_dies(browser, cable, tmp_path):
    program = next(path for name in BROWSERS if (path := shutil.which(name)))
    home = tmp_path / "device"

    def start():
        return browser.browser_type.launch_persistent_context(
            home, executable_path=program, args=list(QUIET), base_url=cable.address, locale="en-GB",
            viewport={"width": 390, "height": 780},
        )  # fmt: skip

    device = start()
    page = device.new_page()
    sign_in(page, "teacher")
    open_page(page)
    child = begin(page)
    tap(page, "aggression", "adult-attention")
    page.locator("button.entry, p.entry", has_text="Adult attends").wait_for()
    page.wait_for_timeout(300)
    kill_all_of(home)
    with suppress(Error):  # playwright hears of the death now or a moment later
        device.close()
    cable.cut()

    device = start()
    page = device.new_page()
    page.goto("/observe/")
    page.locator("#state", has_text=WORDS["en-GB"]["one"]).wait_for()
    taps = page.evaluate(
        "import('/static/yucai/observe-store.js').then((store) => store.allRecords())"
        ".then((all) => all.map((one) => [one.child, one.taps.map((tap) => tap.code)]))"
    )
    assert taps == [[child, ["shared-play", "aggression", "adult-attention"]]]
    cable.mend()
    kill_all_of(home)
    with suppress(Error):  # playwright hears of the death now or a moment later
        device.close()


def test_on_plain_http_the_page_says_that_it_must_stay_open_and_loses_nothing(browser, demo, tmp_path):
    words = WORDS["zh-CN"]
    line = Cable(urlsplit(demo).port, name="kindergarten.test")
    program = next(path for name in BROWSERS if (path := shutil.which(name)))
    rules = "--host-resolver-rules=MAP kindergarten.test 127.0.0.1"
    with browser.browser_type.launch(executable_path=program, args=[*QUIET, rules]) as phone:
        page = phone.new_page(base_url=line.address, locale="zh-CN", viewport={"width": 390, "height": 780})
        sign_in(page, "teacher")
        page.goto("/observe/")
        assert page.evaluate("[isSecureContext, 'serviceWorker' in navigator]") == [False, False]
        page.locator("#plain", has_text="请保持页面打开").wait_for()
        begin(page)
        line.cut()
        tap(page, "aggression", "watching")
        hand_in(page, words)
        await_state(page, words["offline"])
        await_state(page, words["one"])
        page.screenshot(path=tmp_path / "plain.png")
        line.mend()
        await_state(page, words["clear"])
    line.cut()


def kill_all_of(home):
    """Kill the browser of one device at once, as a battery does: by the folder that only its processes name."""
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            try:
                named = str(home).encode() in (process / "cmdline").read_bytes()
                if named and int(process.name) != os.getpid():
                    os.kill(int(process.name), signal.SIGKILL)
            except (FileNotFoundError, ProcessLookupError, PermissionError):
                continue


def test_what_the_server_refuses_stays_on_the_device_with_every_fault(person):
    page = person("teacher")
    open_page(page)
    begin(page)
    tap(page, "aggression")
    page.get_by_role("button", name="End", exact=True).click()
    # Somebody tampers with what lies on the device: a behaviour that the scheme does not have.
    page.evaluate(
        "import('/static/yucai/observe-store.js').then(async (store) => { const [one] = await store.allRecords();"
        "await store.changeRecord(one.uuid, (lying) => ({...lying, state: 'ended', tab: 'x',"
        " taps: [{code: 'jumping', at: 0}]})) })"
    )
    page.reload()
    page.locator(".refused li").first.wait_for()
    expect(page.locator(".refused")).to_contain_text("jumping", use_inner_text=True)
    expect(page.locator(".refused")).to_contain_text("stays on this device", use_inner_text=True)
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Save as a file").click()
    assert "jumping" in Path(waiting.value.path()).read_text(encoding="utf-8")
    page.reload()
    page.locator(".refused").wait_for()
    for name in ("Throw away", "Really throw away"):
        page.locator(".refused").get_by_role("button", name=name).click()
    await_state(page, "All handed in.")


def plan_moments(director):
    """Plan a way of watching that asks every second, for the teacher, today."""
    director.goto("/observations/add?space=demo-kindergarten")
    director.get_by_label("Name of the plan").fill("Moments")
    director.get_by_label(re.compile("moments")).check()
    director.get_by_label(re.compile("Seconds that one child")).fill("6")
    director.get_by_label(re.compile("Seconds of one interval")).fill("2")
    director.get_by_label("Children").fill("K-901\tC-1\nK-902\tC-2")
    for day in ("Saturday", "Sunday"):
        director.get_by_label(day).check()
    director.get_by_label("Times and settings").fill("00:10 Free play\n23:50 meal")
    director.get_by_label(re.compile("Teacher Zhao")).check()
    director.get_by_label(re.compile("second observer watches too")).fill("0")
    director.get_by_role("button", name="Draw the schedule").click()
    expect(director.locator(".drawn")).to_contain_text("2 children", use_inner_text=True)
    director.get_by_role("button", name="Open the plan").click()
    director.wait_for_url("**/observations/plans/*/")
    return director.url


def test_moments_are_asked_for_by_the_clock_and_counted_as_shares_of_moments(person, tmp_path):
    director = person("director", width=1280)
    plan = plan_moments(director)
    page = person("teacher")
    open_page(page)
    page.locator(".turn", has_text=re.compile("K-90[12]")).first.click()
    expect(page.locator(".first button")).to_have_count(0)
    page.get_by_role("button", name="Begin", exact=True).click()
    assert page.locator("[data-code='alone']").is_disabled()
    page.locator(".question", has_text="Now, at 00:02 (1 of 3)").wait_for()
    tap(page, "alone")
    expect(page.locator("[data-code='alone']")).to_have_attribute("aria-pressed", "true")
    page.screenshot(path=tmp_path / "moment.png")
    page.locator(".question", has_text="(2 of 3)").wait_for()
    expect(page.locator("[data-code='alone']")).to_have_attribute("aria-pressed", "false")
    page.get_by_role("button", name="None of these").click()
    page.locator(".question", has_text="(3 of 3)").wait_for()
    tap(page, "alone", "aggression", "aggression")
    page.get_by_role("button", name="Hand in", exact=True).click()
    await_state(page, "All handed in.")
    director.goto(f"{plan}answer?behaviour=alone")
    expect(director.locator("tbody")).to_contain_text("66.67%", use_inner_text=True)
    page.locator(".turn:not(:has(.done))", has_text=re.compile("K-90[12]")).first.click()
    page.get_by_role("button", name="Begin", exact=True).click()
    page.locator(".question", has_text="(1 of 3)").wait_for()
    page.get_by_role("button", name="End", exact=True).click()
    page.wait_for_timeout(2500)  # the clock of what was watched stands: the question stays the one that was over
    tap(page, "watching")
    expect(page.locator("[data-code='watching']")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Hand in", exact=True).click()
    await_state(page, "All handed in.")
    director.goto(f"{plan}answer?behaviour=watching")
    expect(director.locator("tbody")).to_contain_text("25.00%", use_inner_text=True)
    director.goto(plan)
    director.get_by_role("button", name="Close the plan").click()
    director.get_by_text(re.compile("Closed by Director Lin")).wait_for()


REPLAYS = [
    # mode, ended, taps, rows
    ("timed-event", 60, [("alone", 0), ("provoked", 4.04), ("aggression", 5), ("aggression", 9.96), ("watching", 30)],
     [("alone", 0, 5), ("provoked", 4, None), ("aggression", 5, 10), ("watching", 30, 60)]),
    ("event", 60, [("alone", 1), ("alone", 2)], [("alone", 1, None), ("alone", 2, None)]),
    ("partial-interval", 44, [("alone", 1), ("dispute", 2), ("dispute", 2), (None, 1), ("alone", 3), ("alone", 5)],
     [("alone", 20, 30)]),
    ("whole-interval", 60, [("alone", 6)], [("alone", 50, 60)]),
    ("momentary", 60, [("alone", 1), ("alone", 6)], [("alone", 10, None), ("alone", 60, None)]),
]  # fmt: skip


def test_taps_become_what_was_seen(person):
    page = person("teacher")
    page.goto("/observe/")
    for mode, ended, taps, expected in REPLAYS:
        by_clock = mode in ("event", "timed-event")
        record = {
            "mode": mode, "ended": ended, "seconds": 60, "interval_s": None if by_clock else 10,
            "states": ["alone", "aggression", "watching", "dispute"],
            "taps": [{"code": code, ("at" if by_clock else "k"): at} for code, at in taps],
        }  # fmt: skip
        found = page.evaluate(
            "(record) => import('/static/yucai/observe-replay.js').then((there) => there.rows(record))", record
        )
        assert [(row["code"], row["onset_s"], row["offset_s"]) for row in found] == expected, mode


def test_no_change_of_the_wall_clock_bends_times_and_sleep_counts(person):
    page = person("teacher")
    page.goto("/observe/")
    found = page.evaluate("""() => import('/static/yucai/observe-clock.js').then(({ Clock, resumed }) => {
        let steady = 1000, wall = 5000000;
        const clock = new Clock({ steady: () => steady, wall: () => wall });
        const pass = (s, w) => { steady += s * 1000; wall += w * 1000; return Math.round(clock.look()); };
        const record = (away) => ({ beat: { elapsed: 30, wall: 5000000 }, seconds: 600, away });
        return {
            plain: pass(10, 10), setForward: pass(1, 3600), setBack: pass(1, -7200),
            slept: (clock.hide(), pass(1, 61)), after: pass(5, 5),
            reloaded: resumed(record(), 5000000 + 8000), setBackWhileGone: resumed(record(), 4000000),
            gone: resumed(record(), 5000000 + 3600000),
        };
    })""")
    assert found == {
        "plain": 10, "setForward": 11, "setBack": 12, "slept": 73, "after": 78,
        "reloaded": {"elapsed": 38}, "setBackWhileGone": {"elapsed": 30}, "gone": {"ended": 30},
    }  # fmt: skip


@pytest.mark.parametrize(("language", "width"), [("en-GB", 390), ("zh-CN", 390), ("zh-CN", 1280)])
def test_no_page_of_observations_is_cut_at_this_width(signed_in, language, width):
    director = signed_in("director", language, width)
    director.goto("/observations/")
    plan = director.locator("a[href^='/observations/plans/']").last.get_attribute("href")
    for target in ("/observations/", "/observations/add?space=demo-kindergarten", plan, f"{plan}answer", "/observe/"):
        director.goto(target)
        director.wait_for_load_state("networkidle")
        assert beyond(director) <= 0, target
