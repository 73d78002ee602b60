"""CASE files of others: read by the fields of the standard, or refused in words, with all that is wrong."""

# One sentence a line, however long, so that both languages can be read side by side.
# ruff: noqa: E501

import datetime
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yucai.errors import FaultyInputError
from yucai.framework import CaseMissingError, CaseUnreadableError, Entry, read_case
from yucai.texts import Text

# Identifiers are short here, so that the examples can be read.
DOCUMENT = {
    "identifier": "d",
    "uri": "urn:d",
    "creator": "Ministry",
    "title": "Science",
    "lastChangeDateTime": "2025-02-03T00:00:00Z",
}


def item(identifier, statement, **more):
    return {
        "identifier": identifier,
        "uri": f"urn:{identifier}",
        "fullStatement": statement,
        "lastChangeDateTime": "2025-02-03T00:00:00Z",
        **more,
    }


def link(origin, kind, destination):
    ends = {
        end: {"title": one, "identifier": one, "uri": f"urn:{one}"}
        for end, one in (("originNodeURI", origin), ("destinationNodeURI", destination))
    }
    return {
        "identifier": f"{origin}-{destination}",
        "uri": "urn:x",
        "associationType": kind,
        "lastChangeDateTime": "2025-02-03T00:00:00Z",
        **ends,
    }


def package(items, links=(), document=DOCUMENT, **more):
    return {"CFDocument": document, "CFItems": list(items), "CFAssociations": list(links), **more}


@pytest.fixture
def read(tmp_path):
    def write_and_read(said):
        path = tmp_path / "theirs.json"
        path.write_text(said if isinstance(said, str) else json.dumps(said), encoding="utf-8")
        return read_case(path)

    return write_and_read


@pytest.fixture
def faults_of(read):
    def said(one):
        with pytest.raises(FaultyInputError) as told:
            read(one)
        return [tuple(fault.in_language(language) for language in ("en", "zh")) for fault in told.value.faults]

    return said


def test_a_file_of_others_is_read_by_the_fields_of_the_standard(read):
    found = read(package(
        [item("a", "Energy"), item("b", "Explains how energy is kept", humanCodingScheme="E.1", abbreviatedStatement="Keeping energy")],
        [link("a", "isChildOf", "d"), link("b", "isChildOf", "a"), link("b", "isRelatedTo", "somewhere-else")],
        {**DOCUMENT, "version": "3", "licenseURI": {"title": "CC BY", "identifier": "l", "uri": "urn:l"}},
    ))  # fmt: skip
    assert (found.code, found.version, found.name, found.source, found.licence) == (
        "d",
        "3",
        Text("Science", "Science"),
        "Ministry",
        "CC BY",
    )
    assert found.date == datetime.date(2025, 2, 3)
    assert found.entries == (
        Entry(code="a", kind="layer", name=Text("Energy", "Energy"), definition=Text("Energy", "Energy")),
        Entry(code="E.1", kind="quality", name=Text("Keeping energy", "Keeping energy"),
              definition=Text("Explains how energy is kept", "Explains how energy is kept"), parent="a"),
    )  # fmt: skip


def test_translations_inside_a_file_are_joined_whichever_language_leads(read):
    english, chinese = item("a", "Energy", language="en"), item("b", "能量", language="zh-Hans")
    for links in ([link("b", "isTranslationOf", "a")], [link("a", "isTranslationOf", "b")]):
        [entry] = read(package([english, chinese], links)).entries
        assert entry.name == entry.definition == Text("Energy", "能量")
    both = [link("b", "isTranslationOf", "a"), link("a", "isTranslationOf", "b")]
    assert [entry.name for entry in read(package([english, chinese], both)).entries] == [Text("Energy", "能量")]
    [entry] = read(package([english, item("c", "Energie", language="de")], [link("c", "isTranslationOf", "a")])).entries
    assert entry.name == Text("Energy", "Energy")  # German is no language of ours


def test_the_translation_of_a_translation_stays_an_entry_of_its_own(read):
    items = [item("a", "Energy", language="en"), item("b", "能量", language="zh"), item("c", "Power", language="en")]
    links = [link("b", "isTranslationOf", "a"), link("c", "isTranslationOf", "b")]
    assert [entry.name for entry in read(package(items, links)).entries] == [
        Text("Energy", "能量"),
        Text("Power", "Power"),
    ]


def test_levels_come_from_the_rubric_that_names_the_item_in_the_order_of_their_positions(read):
    levels = [
        {"identifier": str(n), "quality": q, "description": q * 2, "position": n} for n, q in ((2, "B"), (1, "A"))
    ]
    rubric = {
        "identifier": "r",
        "CFRubricCriteria": [{"identifier": "c", "CFItemURI": {"identifier": "a"}, "CFRubricCriterionLevels": levels}],
    }
    [entry] = read(package([item("a", "Energy")], CFRubrics=[rubric])).entries
    assert [(level.rank, level.name.en, level.descriptor.en) for level in entry.levels] == [
        (1, "A", "AA"),
        (2, "B", "BB"),
    ]


def test_codes_that_several_items_share_give_way_to_identifiers(read):
    items = [
        item("a", "One", humanCodingScheme="K"),
        item("b", "Two", humanCodingScheme="K"),
        item("c", "Three", humanCodingScheme="L"),
    ]
    assert [entry.code for entry in read(package(items)).entries] == ["a", "b", "L"]


def test_of_several_parents_the_first_counts(read):
    links = [link("c", "isChildOf", "b"), link("c", "isChildOf", "a")]
    assert read(package([item("a", "A"), item("b", "B"), item("c", "C")], links)).entry("c").parent == "b"


FAULTS = [
    ([1, 2], "there is no CFDocument. Export the whole package (CFPackage), not only its items.", "缺少 CFDocument。请导出整个资料包（CFPackage），而不只是条目。"),
    (package([]), "there are no CFItems, so there is nothing to speak of. Export the whole package.", "没有 CFItems，因而没有可用内容。请导出整个资料包。"),
    ({"CFDocument": DOCUMENT, "CFItems": {"a": 1}}, "CFItems: this must be a list of objects. Export the file again.", "CFItems：此处须为对象列表。请重新导出文件。"),
    (package([item("a", "A")], ["x"]), "CFAssociations: this must be a list of objects. Export the file again.", "CFAssociations：此处须为对象列表。请重新导出文件。"),
    (package([item("a", "A")], document={**DOCUMENT, "title": " "}), "CFDocument: “title” is missing or empty. The standard asks for it; add it.", "CFDocument：缺少“title”或其为空。标准要求此项；请补上。"),
    (package([item("a", "A"), item("", "B")]), "CFItems[2]: “identifier” is missing or empty. The standard asks for it; add it.", "CFItems[2]：缺少“identifier”或其为空。标准要求此项；请补上。"),
    (package([item("a", "")]), "CFItems[1]: “fullStatement” is missing or empty. The standard asks for it; add it.", "CFItems[1]：缺少“fullStatement”或其为空。标准要求此项；请补上。"),
    (package([item("a", "A"), item("a", "B")]), "CFItems[2]: the identifier “a” stands twice. Each item needs its own.", "CFItems[2]：标识符“a”重复。每个条目须有自己的标识符。"),
    (package([item("a", "A")], [link("a", "isChildOf", "z")]), "CFAssociations[1]: “z” in destinationNodeURI is no item of this file. Add the item, or take the association out.", "CFAssociations[1]：destinationNodeURI 中的“z”不是本文件的条目。请补上该条目，或删去该关联。"),
    (package([item("a", "A")], [link("z", "isChildOf", "d")]), "CFAssociations[1]: “z” in originNodeURI is no item of this file. Add the item, or take the association out.", "CFAssociations[1]：originNodeURI 中的“z”不是本文件的条目。请补上该条目，或删去该关联。"),
    (package([item("a", "A")], [link("y", "isRelatedTo", "z")]), "CFAssociations[1]: “y” in originNodeURI is no item of this file. Add the item, or take the association out.", "CFAssociations[1]：originNodeURI 中的“y”不是本文件的条目。请补上该条目，或删去该关联。"),
    (package([item("a", "A")], [{**link("a", "isChildOf", "d"), "originNodeURI": "a"}]), "CFAssociations[1]: “originNodeURI” is missing or empty. The standard asks for it; add it.", "CFAssociations[1]：缺少“originNodeURI”或其为空。标准要求此项；请补上。"),
    (package([item("a", "A"), item("b", "B"), item("c", "C")], [link("c", "isChildOf", "a"), link("a", "isChildOf", "b"), link("b", "isChildOf", "a")]), "CFAssociations: “a” lies inside itself: a → b → a. Take one of these isChildOf out.", "CFAssociations：“a”包含了自身：a → b → a。请删去其中一条 isChildOf。"),
    (package([item("a", "A")], [link("a", "isChildOf", "a")]), "CFAssociations: “a” lies inside itself: a → a. Take one of these isChildOf out.", "CFAssociations：“a”包含了自身：a → a。请删去其中一条 isChildOf。"),
]  # fmt: skip


@pytest.mark.parametrize(("said", "en", "zh"), FAULTS, ids=range(len(FAULTS)))
def test_each_fault_is_said_in_both_languages(faults_of, said, en, zh):
    assert (en, zh) in faults_of(said)
    assert len(faults_of(said)) == (2 if said == [1, 2] else 1)


def test_all_faults_are_said_at_once(faults_of):
    said = package(
        [item("a", ""), item("", "B"), item("c", "C")], [link("c", "isChildOf", "z"), link("c", "isChildOf", "c")]
    )
    assert len(faults_of(said)) == 4


def test_what_is_not_json_is_refused(read):
    with pytest.raises(CaseUnreadableError, match=r"“theirs\.json” is not JSON") as told:
        read("<CFPackage/>")
    assert "不是 JSON" in told.value.in_language("zh")
    with pytest.raises(CaseUnreadableError):
        read("[" * 200_000)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(CaseMissingError, match="There is no file") as told:
        read_case(tmp_path / "nothing.json")
    assert "没有文件" in told.value.in_language("zh")


FIELDS = (
    "identifier uri title creator version language fullStatement abbreviatedStatement humanCodingScheme CFItemType extensions"
    " associationType originNodeURI destinationNodeURI licenseURI CFRubricCriteria CFItemURI CFRubricCriterionLevels"
    " description quality position lastChangeDateTime yucai zh date"
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS.split()), inner, max_size=6),
    max_leaves=25,
)


@given(st.dictionaries(st.sampled_from(["CFDocument", "CFItems", "CFAssociations", "CFRubrics"]), anything))
def test_whatever_comes_in_is_read_or_refused_in_words(tmp_path_factory, said):
    file = tmp_path_factory.mktemp("case") / "any.json"
    base = package([item("a", "A"), item("b", "B")], [link("b", "isChildOf", "a")])
    for one in (said, base | said):
        file.write_text(json.dumps(one))
        try:
            read_case(file)
        except FaultyInputError as told:
            assert told.faults  # noqa: PT017
