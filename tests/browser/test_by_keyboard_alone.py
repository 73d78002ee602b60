"""Without a mouse: every stop is seen, nothing is left out, nothing holds one back, and a whole job can be done."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

# What the keyboard must reach: what can be pressed or filled in and is seen. Of radio buttons one stands for its group.
REACHABLE = """() => {
  const groups = new Set();
  return [...document.querySelectorAll('a[href], button, input, select, textarea, summary')].filter((one) => {
    if (one.disabled || one.type === 'hidden' || !one.checkVisibility()) return false;
    if (one.type !== 'radio') return true;
    const known = groups.has(one.name);
    groups.add(one.name);
    return !known;
  }).map((one, place) => { one.dataset.place = place; return place; });
}"""
# The element that has the focus: which one it is, whether a ring is drawn round it or its box, and whether it is seen.
STOP = """() => {
  const one = document.activeElement;
  if (one === document.body) return null;
  const ringed = [one, one.closest('label'), one.closest('.drop')].filter(Boolean).some((box) => {
    const look = getComputedStyle(box);
    return look.outlineStyle !== 'none' && parseFloat(look.outlineWidth) >= 2;
  });
  const at = one.getBoundingClientRect();
  const seen = at.bottom > 0 && at.top < innerHeight && at.right > 0 && at.left < innerWidth;
  return { place: one.dataset.place ?? null, what: one.outerHTML.slice(0, 150), ringed, seen };
}"""


def tab_through(page):
    """Press Tab from the top of a page until it is left; return the stops."""
    page.locator("body").evaluate("body => { body.tabIndex = -1; body.focus(); body.removeAttribute('tabindex'); }")
    stops = []
    while True:
        page.keyboard.press("Tab")
        stop = page.evaluate(STOP)
        if stop is None:
            return stops
        stops.append(stop)
        assert len(stops) < 1000, f"the keyboard goes round at {stop['what']}"


def tab_to(page, wanted):
    """Press Tab until something has the focus, as somebody does who cannot point at it."""
    for _press in range(200):
        if wanted.evaluate("one => one === document.activeElement"):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"the keyboard does not reach {wanted}")


def press(page, wanted, key="Enter"):
    tab_to(page, wanted)
    page.keyboard.press(key)


def sign_in_by_keyboard(page, role):
    press(page, page.locator(f"form:has(input[value='{role}']) button.card"))
    expect(page.locator("form[action='/sign-out']")).to_be_visible()


PAGES = {
    "home": ("director", "/home/"),
    "my map": ("student", "/home/"),
    "portrait": ("student", "a[href$='/portrait/']"),
    "import desk": ("director", "a[href*='/import/']"),
    "form with faults": ("director", "/accounts/add"),
    "style": ("teacher", "/style/"),
}


@pytest.mark.parametrize("name", PAGES)
def test_l32_the_keyboard_reaches_everything_in_order_and_shows_where_it_is(signed_in, name):
    role, address = PAGES[name]
    page = signed_in(role)
    if address.startswith("/"):
        page.goto(address)
    else:
        page.locator(address).first.click()
        expect(page.locator("#main input[type=file], #main a[href*='portrait.pdf']").first).to_be_attached()
    if name == "form with faults":
        page.locator("#main button.main").click()
        expect(page.locator(".faults")).to_be_visible()
    wanted = page.evaluate(REACHABLE)
    stops = tab_through(page)
    reached = [int(stop["place"]) for stop in stops if stop["place"] is not None]
    assert reached == wanted
    assert [stop["what"] for stop in stops if not stop["ringed"]] == []
    assert [stop["what"] for stop in stops if not stop["seen"]] == []


def test_l32_the_first_stop_leads_past_the_menu(signed_in):
    page = signed_in("teacher")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")


def test_l32_the_faults_of_a_form_are_heard_first_and_lead_to_their_fields(signed_in):
    page = signed_in("director")
    page.goto("/accounts/add")
    press(page, page.get_by_role("button", name="Open it"))
    faults = page.get_by_role("alert")
    expect(faults).to_contain_text("Not saved yet.")
    expect(faults).to_be_focused()
    page.keyboard.press("Tab")
    first = page.evaluate("document.activeElement.getAttribute('href')")
    page.keyboard.press("Enter")
    field = page.locator(first)
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description(re.compile("This is needed"))


def test_l32_a_teacher_opens_a_portrait_and_a_student_objects_without_a_mouse(look):
    page = look()
    sign_in_by_keyboard(page, "teacher")
    press(page, page.locator("#main").get_by_role("link", name="Class 2023-1"))
    press(page, page.locator("#main").get_by_role("link", name="Lin Yueshu", exact=True))
    expect(page.locator("h1")).to_have_text("Lin Yueshu")
    press(page, page.get_by_role("button", name="Sign out"))
    expect(page.get_by_role("heading", name="Look around as …")).to_be_visible()

    sign_in_by_keyboard(page, "student")
    press(page, page.get_by_role("link", name="My whole portrait"))
    page.wait_for_url("**/portrait/")
    quality = page.locator("details.quality:has(a[href*='about=record'])").last
    press(page, quality.locator("summary").first)
    press(page, quality.get_by_role("link", name="Object", exact=True).last)
    expect(page.locator("h1")).to_have_text("Correction or objection")
    press(page, page.locator("input[name=kind]").first, "Space")
    page.keyboard.press("ArrowDown")
    expect(page.locator("input[name=kind]").nth(1)).to_be_checked()
    tab_to(page, page.locator("textarea[name=said]"))
    page.keyboard.type("I handed this in on time; the mark belongs to another work.")
    press(page, page.get_by_role("button", name="Send the request"))
    expect(page.get_by_role("status")).to_contain_text("Your request is in.")
