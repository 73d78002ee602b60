"""The portrait on paper: one A4 page, our own fonts, readable by people, screen readers and machines."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from pypdf import PdfReader

from yucai.errors import FaultyInputError
from yucai.web.drawing import DotLabels, QualityRow, quality_dots
from yucai.web.paper import (
    LetterMissingError,
    LiteracyRow,
    PaperPartMissingError,
    PortraitLabels,
    PortraitPage,
    PortraitRow,
    PortraitWork,
    portrait,
    portrait_pdf,
)

AT = datetime(2024, 11, 24, 5, 20, tzinfo=UTC)
ZH = (
    ("文化基础", "跨学科素养"),
    ("文化基础", "科学精神"),
    ("文化基础", "前沿知识"),
    ("自主发展", "终身学习能力"),
    ("自主发展", "创新能力"),
    ("自主发展", "可迁移素养"),
    ("社会参与", "实践素养"),
    ("社会参与", "沟通合作"),
    ("社会参与", "家国情怀"),
)
EN = (
    ("Cultural foundation", "Interdisciplinary literacy"),
    ("Cultural foundation", "Scientific spirit"),
    ("Cultural foundation", "Frontier knowledge"),
    ("Autonomous development", "Lifelong learning"),
    ("Autonomous development", "Innovation"),
    ("Autonomous development", "Transferable literacy"),
    ("Social participation", "Practical literacy"),
    ("Social participation", "Communication and cooperation"),
    ("Social participation", "Home-country feeling"),
)


def chart(qualities, **words):
    rows = [
        QualityRow(name=name, layer=layer, mean=n / 4 - 1, lower=n / 4 - 2, upper=n / 4, enough=n != 4, note="12")
        for n, (layer, name) in enumerate(qualities)
    ]
    return quality_dots(rows, width=720, labels=DotLabels(**words))


def chinese():
    drawn = chart(
        ZH, title="九项素养", low="明显低于同组", middle="同组平均水平", high="明显高于同组",
        estimate="最可能的位置", interval="90% 区间", not_enough="证据尚不足",
    )  # fmt: skip
    labels = PortraitLabels(
        title="学生素养画像", name="姓名", number="学号", cohort="年级", occasion="时段", summary="概要",
        qualities="九项素养与证据", quality="素养", sentence="说明", place="位置（90% 区间）", pieces="证据条数",
        kinds="证据种类", strength="证据强度", literacy="人工智能素养", reading="阅读说明",
        signatures=("指导教师签字", "学生签字"), seal="（盖章处）", page="第 {page} 页，共 {pages} 页",
    )  # fmt: skip
    rows = tuple(
        PortraitRow(
            name=name, layer=layer, sentence="与同组平均水平相当，可能略高。" if n != 4 else "证据尚不足，暂不作判断。",
            place="" if n == 4 else "+0.4（−0.1 至 +0.9）", pieces=n, kinds="成绩、教师评分", strength="较强",
            enough=n != 4,
        )
        for n, (layer, name) in enumerate(ZH)
    )  # fmt: skip
    return PortraitPage(
        language="zh", space="示范荣誉学院", learner="陈思远", number="2022-H-0147", cohort="2022 级",
        occasion="2024 秋",
        simulated=True, banner="模拟数据：此人不存在。", summary=("九项中八项已有足够证据。", "创新能力证据尚不足。"),
        chart=drawn, chart_alt="九项素养的位置与区间，数字见下表。", rows=rows,
        literacy=(LiteracyRow(name="意识", sentence="与同组相当。"),
                  LiteracyRow(name="责任", sentence="不足。", enough=False)),
        reading=("圆点为最可能的位置。", "灰色虚线框不等于水平低。", "有异议可书面提出。"),
        printed="打印于 2024-11-24 13:20，打印人：王琳", attribution="数据：模拟。", labels=labels,
    )  # fmt: skip


def english():
    drawn = chart(
        EN, title="Nine qualities", low="well below the group", middle="at the group's average",
        high="well above the group", estimate="best estimate", interval="90 % interval", not_enough="not enough yet",
    )  # fmt: skip
    labels = PortraitLabels(
        title="Learner portrait", name="Name", number="Number", cohort="Cohort", occasion="Occasion",
        summary="In short",
        qualities="Nine qualities and their evidence", quality="Quality", sentence="What it says",
        place="Place (90 % interval)", pieces="Pieces", kinds="Kinds", strength="Strength", literacy="AI literacy",
        reading="How to read this page", signatures=("Mentor, date", "Student, date"), seal="Seal",
        page="Page {page} of {pages}",
    )  # fmt: skip
    rows = tuple(
        PortraitRow(
            name=name, layer=layer, sentence="About the group’s average, perhaps a little above; few pieces.",
            place="" if n == 4 else "+0.4 (−0.1 to +0.9)", pieces=n, kinds="marks, ratings", strength="strong",
            enough=n != 4,
        )
        for n, (layer, name) in enumerate(EN)
    )  # fmt: skip
    return replace(
        chinese(), language="en", space="Demonstration Honours College", learner="Chen Siyuan", cohort="2022",
        occasion="Autumn 2024", banner="Simulated: this person does not exist.",
        summary=("Eight of nine qualities have enough evidence.", "Innovation has not."), chart=drawn,
        chart_alt="Nine qualities with intervals; the table gives the numbers.", rows=rows,
        literacy=(LiteracyRow(name="Awareness", sentence="At the group's average."),),
        reading=("The dot is the best estimate.", "A grey box does not mean low.", "You may object in writing."),
        printed="Printed 24 November 2024 by Wang Lin", attribution="Data: simulated.", labels=labels,
    )  # fmt: skip


def with_works(page, n, *, title="Solar pump", reason="A named person verified it in a public record."):
    """A page with own works, numbered, the strongest first."""
    labels = replace(page.labels, works="Own works", works_note="Put in by the student.", works_more="and {n} more",
                     works_none="Listed on the screen: {n}")  # fmt: skip
    works = tuple(
        PortraitWork(
            title=f"{title} No{k}.", facts="Project · 2026-04-20 · team of 3 · Innovation", reason=reason,
            standing="verified · strength: strong · Wang Lin · 2026-05-01 · level 4 of 5",
            short="Project · 2026-04-20 · verified · strength: strong · Wang Lin",
        )
        for k in range(1, n + 1)
    )  # fmt: skip
    return replace(page, labels=labels, works=works)


def opened(pdf):
    return PdfReader(io.BytesIO(pdf))


def said(reader):
    return "".join("".join(page.extract_text().split()) for page in reader.pages)


def fonts(reader):
    """Every font of every page, those inside drawings too: name, and whether its outlines are inside the file."""
    found = {}

    def gather(resources):
        for font in (resources.get("/Font") or {}).values():
            kind = font.get_object()
            inner = kind["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
            found[kind["/BaseFont"]] = "/FontFile2" in inner or "/FontFile3" in inner
        for drawing in (resources.get("/XObject") or {}).values():
            gather(drawing.get_object().get("/Resources", {}))

    for page in reader.pages:
        gather(page["/Resources"])
    return found


def alternatives(node):
    node = node.get_object()
    if isinstance(node, list):
        return [alt for child in node for alt in alternatives(child)]
    if not hasattr(node, "get"):
        return []
    own = [str(node["/Alt"])] if "/Alt" in node else []
    return own + (alternatives(node["/K"]) if "/K" in node else [])


@pytest.mark.parametrize("page", [chinese(), english()], ids=["zh", "en"])
def test_a_normal_portrait_is_one_tagged_a4_page_in_its_language(page):
    reader = opened(portrait_pdf(page, at=AT))
    assert len(reader.pages) == 1
    assert [round(float(side)) for side in reader.pages[0].mediabox[2:]] == [595, 842]
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert str(root["/Lang"]).lower().startswith(page.language)
    assert page.learner in reader.metadata.title
    assert reader.metadata.creation_date == AT


@pytest.mark.parametrize("page", [chinese(), english()], ids=["zh", "en"])
def test_all_its_words_can_be_read_by_a_machine(page):
    text = said(opened(portrait_pdf(page, at=AT)))
    words = [page.space, page.learner, page.number, page.cohort, page.occasion, page.banner, page.printed]
    words += [*page.summary, *page.reading, *page.labels.signatures, page.attribution, page.labels.seal]
    words += [part for row in page.rows for part in (row.name, row.sentence, row.place, row.kinds)]
    words += [part for row in page.literacy for part in (row.name, row.sentence)]
    words.append(page.labels.page.format(page=1, pages=1))
    missing = [word for word in words if "".join(word.replace("’", "'").split()) not in text]
    assert missing == []


@pytest.mark.parametrize("page", [chinese(), english()], ids=["zh", "en"])
def test_only_our_own_fonts_are_used_and_they_are_inside(page):
    pdf = portrait_pdf(page, at=AT)
    found = fonts(opened(pdf))
    assert {name.split("+")[-1] for name in found} == {"NotoSansSC-Regular", "NotoSansSC-Bold"}
    assert all(found.values())
    assert len(pdf) < 300_000


def test_the_chart_speaks_to_those_who_cannot_see_it_and_holds_real_text():
    page = chinese()
    reader = opened(portrait_pdf(page, at=AT))
    assert page.chart_alt in alternatives(reader.trailer["/Root"]["/StructTreeRoot"]["/K"])
    assert said(reader).count("跨学科素养") == 2  # once in the chart, once in the table


def test_more_words_than_a_page_holds_flow_on_with_head_and_banner():
    page = english()
    rows = tuple(replace(row, sentence=row.sentence * 3) for row in page.rows)
    reader = opened(portrait_pdf(replace(page, rows=rows), at=AT))
    assert len(reader.pages) == 2
    second = " ".join(reader.pages[1].extract_text().split())
    assert "Page 2 of 2" in second
    assert "Simulated: this person does not exist." in second
    assert "What it says" in second
    assert "Chen Siyuan" in second


def test_a_real_portrait_carries_no_banner():
    page = replace(chinese(), simulated=False, banner="")
    assert "模拟数据" not in said(opened(portrait_pdf(page, at=AT)))


def test_the_same_page_at_the_same_moment_is_the_same_file():
    assert portrait_pdf(chinese(), at=AT) == portrait_pdf(chinese(), at=AT)


def test_all_that_a_page_lacks_is_said_at_once_in_both_languages():
    bare = replace(chinese(), language="fr", learner=" ", banner="", chart="<svg/>", chart_alt="")
    with pytest.raises(FaultyInputError) as caught:
        portrait_pdf(bare, at=datetime(2024, 11, 24))  # noqa: DTZ001
    assert [fault.code for fault in caught.value.faults] == [
        "language",
        "learner",
        "banner",
        "chart",
        "chart_alt",
        "at",
    ]
    assert "simulated people need a banner" in caught.value.in_language("en")
    assert "模拟人物须有说明模拟的横幅" in caught.value.in_language("zh")
    assert "图表缺少替代文字" in caught.value.in_language("zh")


def test_a_real_person_is_never_marked_as_simulated():
    with pytest.raises(FaultyInputError, match="real ones must not have one"):
        portrait_pdf(replace(chinese(), simulated=False), at=AT)


def test_a_letter_that_no_font_has_is_named_in_both_languages():
    with pytest.raises(LetterMissingError) as caught:
        portrait_pdf(replace(chinese(), learner="陈\U0010abcd"), at=AT)
    assert "U+10ABCD" in caught.value.in_language("en")
    assert "no font on this machine has the letter" in caught.value.in_language("en")
    assert "本机没有任何字体含有字符" in caught.value.in_language("zh")


def test_a_letter_our_faces_lack_is_taken_from_another_face():
    reader = opened(portrait_pdf(replace(chinese(), learner="Łukasz Wałęsa"), at=AT))
    assert "ŁukaszWałęsa" in said(reader)
    assert all(fonts(reader).values())


def test_missing_fonts_say_which_command_brings_them(monkeypatch, tmp_path):
    portrait.own_fonts.cache_clear()
    monkeypatch.setattr(portrait, "FONTS", tmp_path)
    with pytest.raises(PaperPartMissingError) as caught:
        portrait_pdf(chinese(), at=AT)
    for language in ("en", "zh"):
        assert "NotoSansSC_400Regular.ttf" in caught.value.in_language(language)
        assert "python tools/assets.py" in caught.value.in_language(language)
    assert "缺少字体" in caught.value.in_language("zh")


@pytest.mark.parametrize("page", [chinese(), english()], ids=["zh", "en"])
@pytest.mark.parametrize("n", [1, 2, 4, 5, 30])
@pytest.mark.parametrize("title", ["Solar pump", "A long title of a work that says all there is to say of it " * 3])
def test_own_works_are_on_the_page_and_it_stays_one(page, n, title):
    reader = opened(portrait_pdf(with_works(page, n, title=title), at=AT))
    assert len(reader.pages) == 1
    text = said(reader)
    assert "OwnworksPutinbythestudent." in text
    shown = [k for k in range(1, n + 1) if f"No{k}." in text]
    assert shown == list(range(1, len(shown) + 1))
    assert len(shown) >= min(n, 2)
    assert len(shown) <= 4
    assert (f"and{n - len(shown)}more" in text) == (len(shown) < n)


@pytest.mark.parametrize("page", [chinese(), english()], ids=["zh", "en"])
def test_a_work_is_told_in_full_where_there_is_room(page):
    text = said(opened(portrait_pdf(with_works(page, 1), at=AT)))
    [work] = with_works(page, 1).works
    for words in (work.title, work.facts, work.standing, work.reason):
        assert "".join(words.split()) in text


@pytest.mark.parametrize("page", [chinese(), english()], ids=["zh", "en"])
def test_what_fits_on_one_page_fits_with_own_works_too(page):
    """The page is filled line by line until it would be two; the last that was one stays one with any works."""
    ways = set()
    for n in range(1, 60, 2):
        fuller = replace(page, literacy=page.literacy[:1] * n)
        if len(opened(portrait_pdf(fuller, at=AT)).pages) > 1:
            break
        reader = opened(portrait_pdf(with_works(fuller, 6), at=AT))
        assert len(reader.pages) == 1, n
        text = said(reader)
        full, short = text.count("level4of5"), text.count("Project·2026-04-20·verified")
        assert f"and{6 - full - short}more" in text if full or short else "Listedonthescreen:6" in text
        ways.add("full" if full else "short" if short else "none")
    assert n > 3
    assert {"full", "short"} <= ways


def test_without_own_works_nothing_is_said_of_them():
    page = with_works(english(), 0)
    assert "Ownworks" not in said(opened(portrait_pdf(page, at=AT)))


def test_a_letter_in_a_title_that_no_font_has_is_a_box_and_the_page_is_made():
    text = said(opened(portrait_pdf(with_works(english(), 1, title="Pump \U0010abcd!"), at=AT)))
    assert "Pump□!No1." in text
    with pytest.raises(LetterMissingError):
        portrait_pdf(replace(with_works(english(), 1, title="Pump \U0010abcd"), learner="\U0010abce"), at=AT)
