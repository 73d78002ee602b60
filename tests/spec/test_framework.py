"""Frameworks: what is spoken of, by which words it is judged and asked, and how it travels to other systems.

Read from top to bottom. A school opens the nine qualities, compares its words on AI with those of others, looks at
talent types, a rubric and items, writes a pack of its own, and exchanges frameworks with other systems.
"""

import json

import pytest

from yucai.errors import FaultyInputError
from yucai.framework import (
    ItemStatus,
    load_crosswalk,
    load_evidence_map,
    load_framework,
    load_items,
    load_rubric,
    load_talent_types,
    read_case,
    write_case,
)


def test_nine_qualities_lie_in_three_layers():
    nine = load_framework("nine-qualities")
    assert [layer.name.zh for layer in nine.layers] == ["文化基础", "自主发展", "社会参与"]
    assert len(nine.qualities) == 9
    assert nine.entry("innovation").parent == "autonomous-development"


def test_every_quality_has_five_levels_in_both_languages():
    level = load_framework("nine-qualities").entry("innovation").levels[3]
    assert level.rank == 4
    assert level.descriptor.en == "Builds and tests a new solution, and improves it after failure."
    assert level.descriptor.zh == "能做出并检验新方案，失败后加以改进。"


def test_a_crosswalk_says_how_our_words_stand_to_those_of_others_and_why():
    unesco = load_crosswalk("crosswalk-unesco")
    [agency, *_] = unesco.links_of("ai-awareness")
    assert (agency.theirs, unesco.titles[agency.theirs].en) == ("4.1.1", "Human agency")
    assert agency.relation == "narrower"  # theirs is a part of ours
    assert "refuse AI" in agency.reason.en


def test_talent_types_come_as_a_proposal_that_the_school_decides_on():
    types = load_talent_types("talent-types")
    assert types.proposal
    artisan = types.of("artisan")
    assert artisan.name.zh == "工匠与高技能人才"
    assert max(artisan.weights, key=artisan.weights.get) == "practical-literacy"


def test_a_rubric_says_what_a_rater_sees_not_how_good_it_is():
    innovation = load_rubric("rubric-nine-qualities").criterion("rubric/innovation/whole")
    assert innovation.anchors[2].observed.en == (
        "At least three different ideas are on paper, with a written reason why one was chosen."
    )
    assert innovation.max_score == 4  # level 1 is a score of 0, level 5 one of 4


def test_items_that_nobody_has_tried_say_so():
    items = load_items("items-ai-literacy")
    assert items.status is ItemStatus.UNTESTED
    assert items.item("self/ai-awareness/3").reversed
    assert items.item("choice/ai-awareness/1").key == "C"
    assert items.item("task/ai-awareness/1").max_score == 3


def test_what_learners_say_of_themselves_is_kept_apart_from_what_they_show():
    items = load_items("items-ai-literacy")
    assert {item.form.value for item in items.self_report} == {"self-report"}
    assert {item.form.value for item in items.performance} == {"choice", "task"}


OWN_TYPES = """
kind = "talent-types"
code = "our-types"
version = "2026"
name = { en = "Our types", zh = "本校类型" }
framework = "nine-qualities"
source = "School council"
licence = "CC BY 4.0"
proposal = false
note = { en = "Decided in May.", zh = "五月已定。" }

[[types]]
code = "maker"
name = { en = "Maker", zh = "创客" }
definition = { en = "Builds things.", zh = "动手制作。" }
weights = { innovation = 0.5, practical-literacy = 0.5 }
"""


def test_a_school_writes_its_own_pack(tmp_path):
    (tmp_path / "ours.toml").write_text(OWN_TYPES, encoding="utf-8")
    types = load_talent_types(tmp_path / "ours.toml")
    assert not types.proposal
    assert types.of("maker").weights["innovation"] == 0.5


def test_a_pack_at_fault_is_refused_with_everything_that_is_wrong(tmp_path):
    wrong = OWN_TYPES.replace("innovation = 0.5", "courage = 0.4").replace(', zh = "创客"', "")
    (tmp_path / "ours.toml").write_text(wrong, encoding="utf-8")
    with pytest.raises(FaultyInputError) as told:
        load_talent_types(tmp_path / "ours.toml")
    said = told.value.in_language("zh").splitlines()
    assert said[1:] == [
        '- types[1]：“name”须有中英文两种文字：{ en = "...", zh = "..." }。',
        "- types[1]：“weights”的值“courage”不在可用值之中：" + ", ".join(nine_codes()) + "。",
        "- types[1]：权重之和为 0.9；须等于 1。",
    ]


def nine_codes():
    return [entry.code for entry in load_framework("nine-qualities").qualities]


def test_a_framework_travels_to_other_systems_and_comes_back_whole(tmp_path):
    nine = load_framework("nine-qualities")
    file = write_case(nine, tmp_path / "nine.json")
    package = json.loads(file.read_text(encoding="utf-8"))
    assert package["CFDocument"]["caseVersion"] == "1.1"
    assert package["CFItems"][3]["abbreviatedStatement"] == "Interdisciplinary literacy"
    assert read_case(file) == nine


def test_a_framework_of_others_is_read_by_the_fields_of_the_standard(tmp_path):
    theirs = {
        "CFDocument": {"identifier": "d1", "title": "Science", "creator": "Ministry"},
        "CFItems": [
            {"identifier": "i1", "fullStatement": "Energy", "humanCodingScheme": "E"},
            {"identifier": "i2", "fullStatement": "Explains how energy is kept", "humanCodingScheme": "E.1"},
        ],
        "CFAssociations": [
            {
                "associationType": "isChildOf",
                "originNodeURI": {"identifier": "i2"},
                "destinationNodeURI": {"identifier": "i1"},
            }
        ],
    }
    (tmp_path / "theirs.json").write_text(json.dumps(theirs))
    science = read_case(tmp_path / "theirs.json")
    assert [(entry.code, entry.kind, entry.parent) for entry in science.entries] == [
        ("E", "layer", None),
        ("E.1", "quality", "E"),
    ]


def test_a_file_that_leads_nowhere_is_refused_in_plain_words(tmp_path):
    theirs = {"CFDocument": {"identifier": "d1", "title": "Science"}, "CFItems": [{"identifier": "i1"}]}
    (tmp_path / "theirs.json").write_text(json.dumps(theirs))
    with pytest.raises(FaultyInputError, match="CFItems\\[1\\]: “fullStatement” is missing or empty"):
        read_case(tmp_path / "theirs.json")


def test_a_rule_may_list_the_names_that_files_use_for_one_thing():
    rules = load_evidence_map("evidence-demo-college")
    for item in ("rubric/innovation/term-project", "创新能力/学期项目", "Innovation, term project"):
        assert rules.rule_for(item).quality == "innovation"
    assert rules.rule_for("course/HC101/five-level").bands == ()  # levels stand as they are
    assert rules.rule_for("course/HC101").bands == (0.60, 0.70, 0.80, 0.90)
