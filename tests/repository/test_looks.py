"""Every act on people has words for whoever reads who looked: a code of the program tells a student nothing."""

import ast
from pathlib import Path

from yucai.web.accounts.looks import ACTS

WEB = Path(__file__).resolve().parents[2] / "src" / "yucai" / "web"


def acts_on_people():
    """Yield the acts that are noted with people, by the literal that names them."""
    for path in WEB.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or getattr(node.func, "id", "") != "note" or not node.args:
                continue
            act = node.args[0]
            if isinstance(act, ast.Constant) and any(word.arg == "people" for word in node.keywords):
                yield act.value


def test_every_act_on_people_has_words():
    found = set(acts_on_people()) - {"read"}  # of a look the page has the words
    assert len(found) > 20
    assert not found - ACTS.keys()
