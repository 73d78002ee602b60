"""What is asked of every page that a browser shows: the rules of axe, and what no rule of it asks."""

import pytest
from axe_playwright_python.sync_playwright import Axe

AXE = Axe()
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "rules": {"target-size": {"enabled": True}},
    "resultTypes": ["violations"],
}
# What depends on the colours and the width of a screen; the rest is the same on every screen.
OF_A_SCREEN = ["color-contrast", "target-size", "scrollable-region-focusable", "link-in-text-block"]
ON_ANOTHER_SCREEN = {"runOnly": {"type": "rule", "values": OF_A_SCREEN}, "resultTypes": ["violations"]}
OWN_QUESTIONS = """() => {
  const wrong = [];
  const say = (what, element) => wrong.push(what + ': ' + element.outerHTML.slice(0, 200));
  const all = (selector) => [...document.querySelectorAll(selector)];
  if (all('h1').length !== 1) wrong.push('there are ' + all('h1').length + ' h1');
  if (document.documentElement.scrollWidth > innerWidth) wrong.push('the page is wider than its window');
  all('thead th:not([scope])').forEach((cell) => say('no scope', cell));
  all('svg').filter((svg) => !svg.querySelector(':scope > title')?.textContent).forEach((svg) => say('no title', svg));
  all('figure.chart').forEach((chart) => {  // the words of a chart are its table, which follows it
    const follows = (part) => chart.compareDocumentPosition(part) & Node.DOCUMENT_POSITION_FOLLOWING;
    if (!all('main table, main dl, main ul').some(follows)) say('no table after', chart);
  });
  all('.errorlist').filter((list) => list.textContent.trim()).forEach((list) => {
    const field = list.id && document.querySelector(`[aria-describedby~="${list.id}"]`);
    if (!field && !list.closest('[role=alert]')) say('a fault that no field names', list);
  });
  if (document.documentElement.lang === 'en') {
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
      const { data, parentElement } = walk.currentNode;
      if (/[\\u4e00-\\u9fff]/.test(data) && !parentElement.closest('[lang^=zh], script, style, code, pre, textarea')) {
        say('Chinese without lang', parentElement);
      }
    }
  }
  return wrong;
}"""


def nothing(wrong):
    """Fail with every line of what is wrong."""
    if wrong:
        pytest.fail("\n".join(wrong), pytrace=False)


def faults_of(page, name="the page", *, rules=RULES):
    """Return what axe and our own questions find on the page that stands open, a line each."""
    page.wait_for_load_state()
    found = AXE.run(page, options=rules).response["violations"]
    by_axe = [f"{name}: {one['id']}: {node['html'][:300]}" for one in found for node in one["nodes"]]
    return by_axe + [f"{name}: {fault}" for fault in page.evaluate(OWN_QUESTIONS)]
