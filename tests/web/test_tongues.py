"""Chinese words on an English page are spoken by a Chinese voice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from yucai.web.tongues import marked

PIECES = st.sampled_from(
    ["一班", "二班，", " and ", "Lin", "<p>", "</p>", '<b lang="zh">', "</b>", "<br>", "<li>", "</li>", "<!-- 注 -->",
     "<textarea>", "</textarea>", "<title>", "</title>", '<i title="标题">', "</i>", "&lt;"]
)  # fmt: skip


def test_runs_of_chinese_are_marked_and_nothing_else_changes():
    page = '<td title="一班">Class 一班, 二班（2026 级） and “Lin”</td>'
    assert marked(page) == (
        '<td title="一班">Class <span lang="zh-hans">一班</span>, '
        '<span lang="zh-hans">二班（2026 级）</span> and “Lin”</td>'
    )


@pytest.mark.parametrize(
    "page",
    [
        '<button lang="zh">中文</button>',
        '<p lang="zh-hans">前 <b>中</b> 后</p>',
        "<title>育才</title>",
        "<textarea>一班</textarea>",
        "<!-- 注 --><p>no Chinese</p>",
    ],
)
def test_what_is_marked_already_or_cannot_be_marked_is_left_alone(page):
    assert marked(page) == page


def test_what_holds_no_element_says_its_language_itself():
    """A name on a chart, an option of a list."""
    assert marked("<svg><title>x</title><text>一班</text><text>Lin</text></svg>") == (
        '<svg><title>x</title><text lang="zh-hans">一班</text><text>Lin</text></svg>'
    )
    assert marked("<option>一班</option>") == '<option lang="zh-hans">一班</option>'


def test_after_such_a_part_the_page_is_marked_again():
    assert marked("<title>育才</title><p>一班</p>") == '<title>育才</title><p><span lang="zh-hans">一班</span></p>'


def test_an_option_carries_its_language_itself():
    page = '<select><option value="1" selected>一班</option><option>A</option></select>'
    assert marked(page) == '<select><option value="1" selected lang="zh-hans">一班</option><option>A</option></select>'


@given(st.lists(PIECES).map("".join))
def test_the_words_of_a_page_stay_the_same(page):
    whole = f"<div>{page}</div>"
    assert html.fromstring(marked(whole)).text_content() == html.fromstring(whole).text_content()
    assert marked(marked(whole)) == marked(whole)


@pytest.mark.django_db
def test_an_english_page_is_whole_and_a_chinese_page_is_as_it_was(signed_in):
    english = signed_in("director").get("/style/")
    assert '<span lang="zh-hans">' in signed_in("director").get("/own-works/to-verify").content.decode()
    assert int(english["Content-Length"]) == len(english.content)
    queue = signed_in("director").get("/own-works/to-verify")
    assert int(queue["Content-Length"]) == len(queue.content)
    chinese = signed_in("director", "zh").get("/own-works/to-verify").content.decode()
    assert chinese.count('<span lang="zh-hans">') == 1  # the name of the site
