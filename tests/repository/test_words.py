"""Everything said to people is said in Chinese and in English."""

import ast
import re
import tomllib
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from tools.translations import CHINESE, WEB, faults, read, update, words_used

SOURCE = Path(__file__).parents[2] / "src" / "yucai"
PACKS = sorted(SOURCE.rglob("*.toml"))
HAN = re.compile(r"[\u3400-\u9fff]")
PLACEHOLDER = re.compile(r"\{(\w+)")


def one_sided(table, place=""):
    """Return the places of a TOML file where a text lacks one of its two languages."""
    if isinstance(table, list):
        return [fault for n, part in enumerate(table) for fault in one_sided(part, f"{place}[{n}]")]
    if not isinstance(table, dict):
        return []
    if set(table) & {"en", "zh"} and not isinstance(table.get("en"), dict | list):
        whole = all(isinstance(table.get(language), str) and table[language].strip() for language in ("en", "zh"))
        return [] if whole else [place]
    return [fault for key, part in table.items() for fault in one_sided(part, f"{place}.{key}")]


def texts_in(source):
    """Yield line, English and Chinese of every ``Text("...", "...")`` whose words stand in the source."""
    for node in ast.walk(ast.parse(source)):
        if not (isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Text"):
            continue
        words = dict(zip(("en", "zh"), node.args, strict=False)) | {word.arg: word.value for word in node.keywords}
        en, zh = words.get("en"), words.get("zh")
        if all(isinstance(word, ast.Constant) and isinstance(word.value, str) for word in (en, zh)):
            yield node.lineno, en.value, zh.value


def faults_of_text(en, zh):
    """Return what is wrong with one sentence in two languages."""
    said = []
    if bool(en.strip()) != bool(zh.strip()):
        said.append("one language is empty")
    if re.search(r"[a-z]{3}", PLACEHOLDER.sub("", en)) and zh.strip() and not HAN.search(zh):
        said.append("the Chinese holds no Chinese")
    if set(PLACEHOLDER.findall(en)) != set(PLACEHOLDER.findall(zh)):
        said.append("the facts differ")
    return said


@pytest.mark.parametrize("path", PACKS, ids=lambda path: path.stem)
def test_every_text_of_a_pack_has_both_languages(path):
    assert one_sided(tomllib.loads(path.read_text(encoding="utf-8"))) == []


def test_a_pack_with_half_a_text_is_found():
    pack = tomllib.loads('[[entries]]\nname = { en = "Innovation" }\n[[entries]]\nname = { en = "A", zh = "甲" }')
    assert one_sided(pack) == [".entries[0].name"]


def test_every_sentence_of_the_library_has_both_languages_and_the_same_facts():
    wrong = {
        f"{path.relative_to(SOURCE)}:{line}": said
        for path in sorted(SOURCE.rglob("*.py"))
        for line, en, zh in texts_in(path.read_text(encoding="utf-8"))
        if (said := faults_of_text(en, zh))
    }
    assert wrong == {}


def test_a_sentence_that_lost_a_fact_is_found():
    [(line, en, zh)] = texts_in('x = Text("{n} learners", zh="学生")')
    assert (line, faults_of_text(en, zh)) == (1, ["the facts differ"])
    assert faults_of_text("Nine qualities", "Nine qualities") == ["the Chinese holds no Chinese"]


def test_every_word_of_the_pages_is_translated():
    used = words_used(WEB)
    assert len(used) > 0
    assert faults(used, read(CHINESE)) == []


@pytest.fixture
def page(tmp_path):
    """A folder with one page and one Python file that use gettext."""
    (tmp_path / "page.html").write_text(
        "{% load i18n %}\n  <p>{% trans 'Sign in' %}</p>\n{% if x %}\n    {% blocktrans count n=n trimmed %}\n"
        "      {{ n }} learner\n    {% plural %}\n      {{ n }} learners\n    {% endblocktrans %}\n  {% endif %}\n"
    )
    (tmp_path / "views.py").write_text(
        "from django.utils.translation import gettext as _\nTITLE = _('Cohort %(name)s')\n"
    )
    return tmp_path


def test_words_are_found_in_templates_and_python(page):
    used = words_used(page)
    assert {message.id for message in used if message.id} == {
        "Sign in",
        "Cohort %(name)s",
        ("%(n)s learner", "%(n)s learners"),
    }


def test_missing_stale_and_damaged_translations_are_found(page):
    translated = Catalog(locale="zh_Hans")
    translated.add("Cohort %(name)s", "年级")
    translated.add("Sign out", "退出")
    said = faults(words_used(page), translated)
    assert said == [
        "not translated: “Sign in” (page.html:2)",
        "not translated: “%(n)s learner” (page.html:4)",
        "placeholders differ: “Cohort %(name)s” and '年级'",
        "stale, no page uses it: “Sign out”",
    ]


def test_an_update_keeps_translations_and_drops_what_no_page_uses(page, tmp_path):
    path = tmp_path / "LC_MESSAGES" / "django.po"
    used = words_used(page)
    update(path, used)
    filled = path.read_text().replace('msgid "Sign in"\nmsgstr ""', 'msgid "Sign in"\nmsgstr "登录"')
    path.write_text(filled + '\nmsgid "Sign out"\nmsgstr "退出"\n')
    update(path, used)
    translated = read(path)
    assert translated.get("Sign in").string == "登录"
    assert translated.get("Sign out") is None
    assert not translated.obsolete
