"""Packs: what is shipped loads and says what it should; what is at fault is said at once, in both languages."""

# One sentence a line, however long, so that both languages can be read side by side.
# ruff: noqa: E501

import datetime
import math
from collections import Counter

import pytest

from yucai.errors import FaultyInputError
from yucai.framework import (
    ItemForm,
    ItemStatus,
    PackMissingError,
    PackUnreadableError,
    UnknownCodeError,
    load_crosswalk,
    load_evidence_map,
    load_framework,
    load_items,
    load_practices,
    load_rubric,
    load_talent_types,
    shipped_packs,
)

LOADERS = {
    "ai-literacy": load_framework,
    "crosswalk-ailit": load_crosswalk,
    "crosswalk-unesco": load_crosswalk,
    "evidence-demo-college": load_evidence_map,
    "evidence-items-performance": load_evidence_map,
    "evidence-items-self-report": load_evidence_map,
    "evidence-oulad": load_evidence_map,
    "items-ai-literacy": load_items,
    "items-innovation-cooperation": load_items,
    "nine-qualities": load_framework,
    "practices-nine-qualities": load_practices,
    "rubric-nine-qualities": load_rubric,
    "talent-types": load_talent_types,
}
ITEM_PACKS = ("items-ai-literacy", "items-innovation-cooperation")
ITEMS = [item for pack in ITEM_PACKS for item in load_items(pack).items]

NAME = 'name = { en = "Ours", zh = "我们的" }\n'
HEAD = f'code = "ours"\nversion = "1.0"\n{NAME}source = "Ourselves"\nlicence = "CC BY 4.0"\n'
LEVELS = "levels = [" + "".join(
    f'{{ rank = {n}, name = {{ en = "Level {n}", zh = "{n} 级" }}, descriptor = {{ en = "Does {n}", zh = "做到 {n}" }} }},'
    for n in range(1, 6)
) + "]\n"  # fmt: skip
ENTRY = f'[[entries]]\ncode = "care"\nkind = "quality"\nparent = "people"\n{NAME}definition = {{ en = "Cares", zh = "关怀" }}\n{LEVELS}'
LAYER = f'[[entries]]\ncode = "people"\nkind = "layer"\n{NAME}definition = {{ en = "People", zh = "人" }}\n'
FRAMEWORK = f'kind = "framework"\ndate = 2026-01-31\n{HEAD}{LAYER}{ENTRY}'
CROSSWALK = (
    f'kind = "crosswalk"\nframework = "ai-literacy"\ntarget = "Theirs"\n{HEAD}'
    '[titles]\n"1.1" = { en = "First", zh = "其一" }\n'
    '[[links]]\nours = "ai-awareness"\ntheirs = "1.1"\nrelation = "close"\nreason = { en = "Alike", zh = "相近" }\n'
)
TYPES = (
    f'kind = "talent-types"\nframework = "nine-qualities"\nproposal = true\nnote = {{ en = "Edit it", zh = "请修改" }}\n{HEAD}'
    f'[[types]]\ncode = "maker"\n{NAME}definition = {{ en = "Makes", zh = "制作" }}\n'
    "weights = { innovation = 0.25, practical-literacy = 0.75 }\n"
)
PRACTICES = (
    f'kind = "practices"\nframework = "nine-qualities"\ntalent-types = "talent-types"\ntested = false\ncuts = [-1, 0, 1, 2]\n'
    f'note = {{ en = "Untested", zh = "未检验" }}\n{HEAD}[targets]\nengineer = {{ innovation = 4 }}\n'
) + "".join(
    f'[[practices]]\nquality = "{entry.code}"\nlevel = {n}\nsays = {{ en = "Do {n}", zh = "做 {n}" }}\n'
    for entry in load_framework("nine-qualities").qualities
    for n in (2, 3, 4, 5)
)
ANCHORS = "anchors = [" + "".join(
    f'{{ code = "ai-{n}", rank = {n}, observed = {{ en = "Seen {n}", zh = "可见 {n}" }} }},' for n in range(1, 6)
) + "]\n"  # fmt: skip


def criterion(quality):
    anchors = ANCHORS.replace('"ai-', f'"{quality}-')
    return (
        f'[[criteria]]\ncode = "rubric/{quality}"\nquality = "{quality}"\n{NAME}'
        f'look_at = {{ en = "Work", zh = "作品" }}\n{anchors}'
    )


DIMENSIONS = [entry.code for entry in load_framework("ai-literacy").qualities]
RUBRIC = f'kind = "rubric"\nframework = "ai-literacy"\n{HEAD}' + "".join(map(criterion, DIMENSIONS))
SCALE = "scale = [" + "".join(f'{{ en = "Step {n}", zh = "第 {n} 级" }},' for n in range(5)) + "]\n"
OPTIONS = "options = [" + "".join(f'{{ code = "{c}", text = {{ en = "{c}!", zh = "选{c}" }} }},' for c in "ABC") + "]\n"
GUIDE = "guide = [" + "".join(f'{{ score = {n}, shows = {{ en = "S{n}", zh = "得{n}" }} }},' for n in range(3)) + "]\n"
PROMPT = 'prompt = { en = "Do it", zh = "请作答" }\n'
PACK = (
    f'kind = "items"\nframework = "ai-literacy"\nstatus = "untested"\nnote = {{ en = "New", zh = "新" }}\n{HEAD}{SCALE}'
    f'[[items]]\ncode = "s1"\nquality = "ai-awareness"\nform = "self-report"\nreversed = true\n{PROMPT}'
    f'[[items]]\ncode = "c1"\nquality = "ai-awareness"\nform = "choice"\n{PROMPT}{OPTIONS}key = "B"\n'
    'reason = { en = "Because", zh = "因为" }\n'
    f'[[items]]\ncode = "t1"\nquality = "ai-awareness"\nform = "task"\n{PROMPT}{GUIDE}licence = "CC0"\n'
)
EVIDENCE = (
    f'kind = "evidence-map"\nframework = "nine-qualities"\n{HEAD}[[rules]]\nitem = "exam/*"\nquality = "innovation"\n'
    'model = "graded"\nkind = "exam"\nstrength = "strong"\nbands = [0.5, 0.9]\nreason = { en = "Shows", zh = "表明" }\n'
)
PACKS = {
    "framework": (load_framework, FRAMEWORK),
    "crosswalk": (load_crosswalk, CROSSWALK),
    "types": (load_talent_types, TYPES),
    "practices": (load_practices, PRACTICES),
    "rubric": (load_rubric, RUBRIC),
    "items": (load_items, PACK),
    "evidence": (load_evidence_map, EVIDENCE),
}


@pytest.fixture
def load(tmp_path):
    """Write a pack of one kind with some words changed, and load it."""

    def write_and_load(kind, *changes):
        loader, text = PACKS[kind]
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new, 1)
        path = tmp_path / "own.toml"
        path.write_text(text, encoding="utf-8")
        return loader(path)

    return write_and_load


@pytest.fixture
def faults_of(load):
    """The faults of a changed pack, in both languages."""

    def said(kind, *changes):
        with pytest.raises(FaultyInputError) as told:
            load(kind, *changes)
        return [tuple(fault.in_language(language) for language in ("en", "zh")) for fault in told.value.faults]

    return said


def test_every_pack_that_is_shipped_loads():
    assert tuple(sorted(LOADERS)) == shipped_packs()
    assert [code for code, load in LOADERS.items() if load(code).code != code] == []


@pytest.mark.parametrize("code", [code for code, load in LOADERS.items() if load is not load_evidence_map])
def test_what_is_ours_is_under_an_open_licence(code):
    assert LOADERS[code](code).licence == "CC BY 4.0"


@pytest.mark.parametrize("kind", PACKS)
def test_a_pack_of_a_school_loads(load, kind):
    assert load(kind).code == "ours"


def test_what_a_pack_says_is_what_is_loaded(load):
    framework = load("framework")
    assert framework.date == datetime.date(2026, 1, 31)
    assert (framework.entry("care").parent, framework.entry("care").levels[4].descriptor.zh) == ("people", "做到 5")
    assert load("types").of("maker").weights == {"innovation": 0.25, "practical-literacy": 0.75}
    pack = load("items")
    assert [(item.code, item.max_score, item.reversed, item.licence) for item in pack.items] == [
        ("s1", 4, True, "CC BY 4.0"), ("c1", 1, False, "CC BY 4.0"), ("t1", 2, False, "CC0"),
    ]  # fmt: skip


NEEDS_BOTH = '“{}” needs a text in both languages: {{ en = "...", zh = "..." }}.'
NEEDS_BOTH_ZH = '“{}”须有中英文两种文字：{{ en = "...", zh = "..." }}。'
QUALITIES = ", ".join(entry.code for entry in load_framework("nine-qualities").qualities)
TALENTS = ", ".join(kind.code for kind in load_talent_types("talent-types").types)
FAULTS = [
    ("framework", ('version = "1.0"', "version = 1.0"), "“version” is 1.0, which is no text. Put it between quotation marks.", "“version”的值 1.0 不是文字。请加上引号。"),
    ("framework", ('source = "Ourselves"', 'source = " "'), "“source” is missing. Add it.", "缺少“source”。请补上。"),
    ("framework", ('en = "Cares", ', ""), "entries[2]: " + NEEDS_BOTH.format("definition"), "entries[2]：" + NEEDS_BOTH_ZH.format("definition")),
    ("framework", ('zh = "关怀"', "zh = 3"), "entries[2]: " + NEEDS_BOTH.format("definition"), "entries[2]：" + NEEDS_BOTH_ZH.format("definition")),
    ("framework", ("rank = 5", "rank = 4"), "entries[2]: levels must be ranked 1 to 5, each once.", "entries[2]：等级须为 1 至 5，各出现一次。"),
    ("framework", ("levels = [", "levels = [7,"), "entries[2].levels[1]: 7 stands where a table with named fields belongs. Write it as one.", "entries[2].levels[1]：此处应为带字段名的表，现为 7。请改写。"),
    ("framework", ('code = "care"', 'code = "people"'), "entries: the code “people” stands twice. Rename one.", "entries：代码“people”重复。请改名。"),
    ("framework", ('parent = "people"', 'parent = "things"'), "entries[2]: “parent” is “things”, which is none of: people.", "entries[2]：“parent”的值“things”不在可用值之中：people。"),
    ("framework", ('kind = "layer"\n', 'kind = "layer"\nparent = "people"\n'), "entries[1]: the layer “people” lies inside itself. Give it another parent, or none.", "entries[1]：层面“people”包含了自身。请改换上级，或不设上级。"),
    ("framework", ("date = 2026-01-31", 'date = "Monday"'), "“date” is Monday. Write it as 2026-11-24.", "“date”的值为 Monday。请写成 2026-11-24 的形式。"),
    ("crosswalk", ('framework = "ai-literacy"', 'framework = "none"'), f"“framework” is “none”, which is none of: {', '.join(shipped_packs())}.", f"“framework”的值“none”不在可用值之中：{', '.join(shipped_packs())}。"),
    ("crosswalk", ('ours = "ai-awareness"', 'ours = "ai"'), f"links[1]: “ours” is “ai”, which is none of: {', '.join(DIMENSIONS)}.", f"links[1]：“ours”的值“ai”不在可用值之中：{', '.join(DIMENSIONS)}。"),
    ("crosswalk", ('theirs = "1.1"', 'theirs = "1.2"'), "links[1]: “theirs” is “1.2”, which is none of: 1.1.", "links[1]：“theirs”的值“1.2”不在可用值之中：1.1。"),
    ("crosswalk", ('"close"', '"same"'), "links[1]: “relation” is “same”, which is none of: exact, close, broader, narrower, related.", "links[1]：“relation”的值“same”不在可用值之中：exact, close, broader, narrower, related。"),
    ("crosswalk", ('reason = { en = "Alike", zh = "相近" }\n', ""), "links[1]: " + NEEDS_BOTH.format("reason"), "links[1]：" + NEEDS_BOTH_ZH.format("reason")),
    ("crosswalk", (', zh = "其一"', ""), "titles: " + NEEDS_BOTH.format("1.1"), "titles：" + NEEDS_BOTH_ZH.format("1.1")),
    ("crosswalk", ("[[links]]", CROSSWALK[CROSSWALK.index("[[links]]"):] + "[[links]]"), "links: “ai-awareness” and “1.1” are linked twice. Keep the one that is meant.", "links：“ai-awareness”与“1.1”重复对照。请保留其中一条。"),
    ("types", ("proposal = true\n", ""), "“proposal” is missing. Add it.", "缺少“proposal”。请补上。"),
    ("types", ("proposal = true", 'proposal = "yes"'), "“proposal” is yes. Write true or false.", "“proposal”的值为 yes。请写 true 或 false。"),
    ("types", ("0.75", "0.70"), "types[1]: the weights add up to 0.95; they must add up to 1.", "types[1]：权重之和为 0.95；须等于 1。"),
    ("types", ("0.75", "1.75"), "types[1]: the weight of “practical-literacy” is 1.75; a weight is a number from 0 to 1.", "types[1]：“practical-literacy”的权重为 1.75；权重须为 0 到 1 之间的数。"),
    ("types", ("0.75", "nan"), "types[1]: the weight of “practical-literacy” is nan; a weight is a number from 0 to 1.", "types[1]：“practical-literacy”的权重为 nan；权重须为 0 到 1 之间的数。"),
    ("types", ("innovation =", "courage ="), f"types[1]: “weights” is “courage”, which is none of: {QUALITIES}.", f"types[1]：“weights”的值“courage”不在可用值之中：{QUALITIES}。"),
    ("types", ("weights = {", "weights = 1 #"), "types[1].weights: 1 stands where a table with named fields belongs. Write it as one.", "types[1].weights：此处应为带字段名的表，现为 1。请改写。"),
    ("practices", ("cuts = [-1, 0, 1, 2]", "cuts = [0, 0, 1, 2]"), "cuts are four rising numbers, where the levels 2 to 5 begin; they are [0, 0, 1, 2].", "切点须为四个递增的数，即 2 至 5 级的起点；现为 [0, 0, 1, 2]。"),
    ("practices", ("tested = false\n", ""), "“tested” is missing. Add it.", "缺少“tested”。请补上。"),
    ("practices", ('quality = "interdisciplinary-literacy"\nlevel = 3', 'quality = "interdisciplinary-literacy"\nlevel = 2'), "practices: “interdisciplinary-literacy” needs one practice for each of the levels 2 to 5; it has them for 2, 2, 4, 5.", "practices：“interdisciplinary-literacy”的 2 至 5 级须各有一条建议；现有：2, 2, 4, 5。"),
    ("practices", ("innovation = 4", "innovation = 1"), "targets.engineer: the level of “innovation” is 1; a level to reach is 2, 3, 4 or 5.", "targets.engineer：“innovation”的等级为 1；要达到的等级须为 2、3、4 或 5。"),
    ("practices", ("innovation = 4", "courage = 4"), f"targets.engineer: “quality” is “courage”, which is none of: {QUALITIES}.", f"targets.engineer：“quality”的值“courage”不在可用值之中：{QUALITIES}。"),
    ("practices", ("engineer =", "maker ="), f"targets: “targets” is “maker”, which is none of: {TALENTS}.", f"targets：“targets”的值“maker”不在可用值之中：{TALENTS}。"),
    ("practices", ("engineer = { innovation = 4 }", "engineer = 4"), "targets.engineer: 4 stands where a table with named fields belongs. Write it as one.", "targets.engineer：此处应为带字段名的表，现为 4。请改写。"),
    ("rubric", ("rank = 2", "rank = 3"), "criteria[1]: anchors must be ranked 1 to 5, each once and in that order; they are 1, 3, 3, 4, 5.", "criteria[1]：锚定描述须按 1 至 5 排列，各出现一次；现为 1, 3, 3, 4, 5。"),
    ("rubric", ("可见 2", "可见 1"), "criteria[1]: anchors 1 and 2 say the same in Chinese. Say what a rater sees at each.", "criteria[1]：第 1 与第 2 级锚定描述的中文相同。请分别写出可观察的表现。"),
    ("rubric", ('code = "ai-awareness-2"', 'code = "ai-awareness-1"'), "criteria: the code “ai-awareness-1” stands twice. Rename one.", "criteria：代码“ai-awareness-1”重复。请改名。"),
    ("rubric", (criterion("ai-capability"), ""), "criteria: no criterion speaks of “ai-capability”. Add one for every quality of the framework.", "criteria：没有评分项涉及“ai-capability”。框架中的每项素养都须有评分项。"),
    ("items", ('key = "B"', 'key = "E"'), "items[2]: the key “E” is none of the options: A, B, C.", "items[2]：答案“E”不在选项之中：A, B, C。"),
    ("items", ('key = "B"\n', ""), "items[2]: “key” is missing. Add it.", "items[2]：缺少“key”。请补上。"),
    ("items", ('{ code = "C", text = { en = "C!", zh = "选C" } },', ""), "items[2]: a choice needs at least three options; it has 2.", "items[2]：选择题至少需要三个选项；现有 2 个。"),
    ("items", ('code = "C"', 'code = "A"'), "items[2]: the code “A” stands twice. Rename one.", "items[2]：代码“A”重复。请改名。"),
    ("items", ("score = 2", "score = 3"), "items[3]: the scores of the guide must run 0, 1, 2 ... up to the highest, at least to 1; they are 0, 1, 3.", "items[3]：评分指南的分数须从 0 起依次递增，至少到 1；现为 0, 1, 3。"),
    ("items", (GUIDE, ""), "items[3]: the scores of the guide must run 0, 1, 2 ... up to the highest, at least to 1; they are -.", "items[3]：评分指南的分数须从 0 起依次递增，至少到 1；现为 -。"),
    ("items", ('{ en = "Step 4", zh = "第 4 级" },', ""), "scale: the scale needs five steps, lowest first; it has 4.", "scale：量表须有五级，从低到高；现有 4 级。"),
    ("items", ("reversed = true\n", f"reversed = true\n{GUIDE}"), "items[1]: “guide” has no place in an item of the form “self-report”. Take it out.", "items[1]：“self-report”形式的题目不应有“guide”。请删去。"),
    ("items", ('status = "untested"', 'status = "fine"'), "“status” is “fine”, which is none of: untested, piloted, calibrated.", "“status”的值“fine”不在可用值之中：untested, piloted, calibrated。"),
    ("items", ('code = "c1"', 'code = "s1"'), "items: the code “s1” stands twice. Rename one.", "items：代码“s1”重复。请改名。"),
    ("items", ('quality = "ai-awareness"', 'quality = "innovation"'), f"items[1]: “quality” is “innovation”, which is none of: {', '.join(DIMENSIONS)}.", f"items[1]：“quality”的值“innovation”不在可用值之中：{', '.join(DIMENSIONS)}。"),
    ("evidence", ("[0.5, 0.9]", "[0.9, 0.5]"), "rules[1]: bands must rise and lie above 0 and up to 1; they are 0.9, 0.5.", "rules[1]：分段须递增，且大于 0、不超过 1；现为 0.9, 0.5。"),
    ("evidence", ('item = "exam/*"', 'item = []'), "rules[1]: “item” is [], which is no text. Put it between quotation marks.", "rules[1]：“item”的值 [] 不是文字。请加上引号。"),
    ("evidence", ('item = "exam/*"', 'item = ["exam/*", 7]'), "rules[1]: “item” is 7, which is no text. Put it between quotation marks.", "rules[1]：“item”的值 7 不是文字。请加上引号。"),
    ("evidence", ('item = "exam/*"', 'item = ["exam/*", "exam/*"]'), "rules: the code “exam/*” stands twice. Rename one.", "rules：代码“exam/*”重复。请改名。"),
    ("evidence", ("[0.5, 0.9]", '["half"]'), "rules[1]: bands must rise and lie above 0 and up to 1; they are half.", "rules[1]：分段须递增，且大于 0、不超过 1；现为 half。"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "change", "en", "zh"), FAULTS, ids=[f"{row[0]}-{n}" for n, row in enumerate(FAULTS)])
def test_each_fault_is_said_in_both_languages_and_alone(faults_of, kind, change, en, zh):
    assert faults_of(kind, change) == [(en, zh)]


def test_all_faults_are_said_at_once(faults_of):
    said = faults_of("items", ('key = "B"', 'key = "E"'), ("score = 2", "score = 9"), ('status = "untested"', ""))
    assert len(said) == 3


@pytest.mark.parametrize("kind", ["framework", "crosswalk", "types", "practices", "rubric", "items", "evidence"])
def test_an_empty_pack_names_what_is_missing_and_does_not_break(load, kind, tmp_path):
    loader, text = PACKS[kind]
    (tmp_path / "own.toml").write_text(text.splitlines()[0], encoding="utf-8")
    with pytest.raises(FaultyInputError) as told:
        loader(tmp_path / "own.toml")
    assert "“code” is missing. Add it." in str(told.value)
    assert len(told.value.faults) > 3


def test_a_pack_of_another_kind_is_refused():
    with pytest.raises(
        FaultyInputError, match="a pack of the kind “framework”; a pack of the kind “rubric” was asked for"
    ):
        load_rubric("ai-literacy")


def test_a_pack_that_is_not_there_or_not_toml_is_refused(tmp_path):
    with pytest.raises(PackMissingError, match=r"There is no pack “ten-qualities”\. Shipped are: ai-literacy"):
        load_items("ten-qualities")
    (tmp_path / "own.toml").write_text("kind = ")
    with pytest.raises(PackUnreadableError, match="cannot be read as TOML"):
        load_crosswalk(tmp_path / "own.toml")


def test_a_code_that_nobody_has_is_refused():
    with pytest.raises(UnknownCodeError, match="“rubric-nine-qualities” has no “x”"):
        load_rubric("rubric-nine-qualities").criterion("x")
    with pytest.raises(UnknownCodeError, match="“talent-types” has no “x”"):
        load_talent_types("talent-types").of("x")
    with pytest.raises(UnknownCodeError, match="“items-ai-literacy” has no “x”"):
        load_items("items-ai-literacy").item("x")


@pytest.mark.parametrize(("code", "theirs"), [
    ("crosswalk-ailit", {"engage", "create", "manage", "shape"}),
    ("crosswalk-unesco", {f"4.{level}.{aspect}" for level in (1, 2, 3) for aspect in (1, 2, 3, 4)}),
])  # fmt: skip
def test_a_crosswalk_leaves_no_dimension_and_nothing_of_theirs_out(code, theirs):
    crosswalk = load_crosswalk(code)
    assert set(crosswalk.titles) == theirs == {link.theirs for link in crosswalk.links}
    assert [dimension for dimension in DIMENSIONS if not crosswalk.links_of(dimension)] == []


def test_the_talent_types_are_a_proposal_over_all_nine_qualities():
    pack = load_talent_types("talent-types")
    qualities = {entry.code for entry in load_framework(pack.framework).qualities}
    assert pack.proposal
    assert "建议" in pack.note.zh
    assert len(pack.types) == 8
    assert all(set(kind.weights) == qualities for kind in pack.types)
    assert all(math.isclose(sum(kind.weights.values()), 1) for kind in pack.types)
    assert len({max(kind.weights, key=kind.weights.get) for kind in pack.types}) >= 4  # not one ladder


def test_an_item_may_speak_of_further_qualities_or_belong_to_a_testlet(load, faults_of):
    said = 'quality = "innovation"\n'
    further = load("evidence", (said, said + 'also = ["scientific-spirit"]\n'))
    assert further.rules[0].also == ("scientific-spirit",)
    assert load("evidence", (said, said + 'testlet = "passage"\n')).rules[0].testlet == "passage"
    assert load("evidence").rules[0].also == ()
    assert len(faults_of("evidence", (said, said + 'also = ["innovation", "flying"]\n'))) == 2


def test_counts_are_cut_at_edges_and_count_for_as_much_as_is_declared(load, faults_of):
    bands = "bands = [0.5, 0.9]\n"
    rule = load("evidence", (bands, "edges = [1, 5, 20]\nreliability = 0.2\n")).rules[0]
    assert (rule.edges, rule.reliability, rule.bands) == ((1.0, 5.0, 20.0), 0.2, ())
    for wrong in ("edges = [5, 1]\n", 'edges = ["few"]\n', bands + "edges = [1]\n", "reliability = 1.5\n"):
        assert len(faults_of("evidence", (bands, wrong))) == 1


def test_items_may_share_one_slope(load, faults_of):
    said = 'quality = "innovation"\n'
    assert load("evidence", (said, said + "common-slope = true\n")).rules[0].common_slope
    assert not load("evidence").rules[0].common_slope
    for wrong in ('common-slope = "yes"\n', "common-slope = true\nreliability = 0.4\n"):
        assert len(faults_of("evidence", (said, said + wrong))) == 1


def test_a_rating_on_the_rubric_is_evidence_of_its_quality():
    rubric, evidence = load_rubric("rubric-nine-qualities"), load_evidence_map("evidence-demo-college")
    assert [c.quality for c in rubric.criteria] == [e.code for e in load_framework("nine-qualities").qualities]
    assert [c.code for c in rubric.criteria if evidence.rule_for(c.code).quality != c.quality] == []
    assert {criterion.max_score for criterion in rubric.criteria} == {4}
    assert rubric.criterion("rubric/innovation/whole").anchors[2].code == "innovation-3"


def test_no_anchor_only_praises():
    praise = ("good", "excellent", "very well", "较好", "很好", "优秀", "良好")
    anchors = [a.observed for c in load_rubric("rubric-nine-qualities").criteria for a in c.anchors]
    assert [text for text in anchors for word in praise if word in f"{text.en} {text.zh}"] == []


@pytest.mark.parametrize("code", ITEM_PACKS)
def test_items_are_untested_and_there_are_enough_of_both_kinds(code):
    pack = load_items(code)
    assert pack.status is ItemStatus.UNTESTED
    assert "未经测试" in pack.note.zh
    said, shown = (Counter(item.quality for item in items) for items in (pack.self_report, pack.performance))
    assert min(said.values()) >= 4
    assert min(shown.values()) >= 2
    assert set(said) == set(shown)
    assert {item.quality for item in pack.self_report if item.reversed} == set(said)
    assert {*pack.self_report, *pack.performance} == set(pack.items)


def test_the_item_packs_cover_ai_literacy_and_two_qualities():
    assert {item.quality for item in ITEMS} == {*DIMENSIONS, "innovation", "communication-cooperation"}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_guessing_the_longest_option_or_always_one_letter_does_not_help(language):
    choices = [item for item in ITEMS if item.form is ItemForm.CHOICE]
    lengths = [{o.code: len(o.text.in_language(language)) for o in item.options} for item in choices]
    longest = sum(max(found.values()) == found[item.key] for item, found in zip(choices, lengths, strict=True))
    assert longest <= len(choices) / 3
    assert max(Counter(item.key for item in choices).values()) <= len(choices) / 3


def test_self_report_and_performance_are_evidence_apart():
    said, shown = load_evidence_map("evidence-items-self-report"), load_evidence_map("evidence-items-performance")
    for item in ITEMS:
        own, other = (said, shown) if item.form is ItemForm.SELF_REPORT else (shown, said)
        assert (own.rule_for(item.code).quality, own.rule_for(item.code).reversed) == (item.quality, item.reversed)
        assert other.rule_for(item.code) is None
