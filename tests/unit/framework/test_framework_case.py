"""CASE 1.1: what is written follows the standard and comes back equal."""

# One sentence a line, however long, so that both languages can be read side by side.
# ruff: noqa: E501

import datetime
import re
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yucai.framework import (
    CaseNotWrittenError,
    Entry,
    Framework,
    Level,
    UndatedFrameworkError,
    load_crosswalk,
    load_framework,
    read_case,
    to_case,
    write_case,
)
from yucai.texts import Text

# Fields of each class inside a CFPackage: (required, permitted besides). Source: JSON schema of the CFPackage, version 1.1,
# purl.imsglobal.org/spec/case/v1p1/schema/json/case_v1p1_cfpackage-jsonschema1.json, as kept in 1EdTech/OpenCASE.
EVERY = "identifier uri lastChangeDateTime"
CLASSES = {
    "CFPackage": ("CFDocument", "CFItems CFAssociations CFDefinitions CFRubrics extensions"),
    "CFPckgDocument": (
        f"{EVERY} creator title",
        "frameworkType caseVersion officialSourceURL publisher description subject subjectURI language version"
        " adoptionStatus statusStartDate statusEndDate licenseURI notes extensions",
    ),
    "CFPckgItem": (
        f"{EVERY} fullStatement",
        "alternativeLabel CFItemType humanCodingScheme listEnumeration abbreviatedStatement conceptKeywords"
        " conceptKeywordsURI notes subject subjectURI language educationLevel CFItemTypeURI licenseURI statusStartDate"
        " statusEndDate extensions",
    ),
    "CFPckgAssociation": (
        f"{EVERY} associationType originNodeURI destinationNodeURI",
        "sequenceNumber CFAssociationGroupingURI notes extensions",
    ),
    "LinkURI": ("title identifier uri", ""),
    "LinkGenURI": ("title identifier uri", "targetType"),
    "CFLicense": (f"{EVERY} title licenseText", "description extensions"),
    "CFRubric": (EVERY, "title description CFRubricCriteria extensions"),
    "CFRubricCriterion": (
        EVERY,
        "category description CFItemURI weight position rubricId CFRubricCriterionLevels extensions",
    ),
    "CFRubricCriterionLevel": (EVERY, "description quality score feedback position rubricCriterionId extensions"),
}
ASSOCIATIONS = re.compile(
    "isChildOf|isPeerOf|isPartOf|exactMatchOf|precedes|isRelatedTo|replacedBy|exemplar|hasSkillLevel|isTranslationOf"
)
AT = datetime.datetime(2026, 11, 24, 9, 30, tzinfo=datetime.timezone(datetime.timedelta(hours=8)))
SHIPPED = ["nine-qualities", "ai-literacy"]


def parts_of(package):
    """Yield the class and the object of every part of a package."""
    yield "CFPackage", package
    yield "CFPckgDocument", package["CFDocument"]
    yield "LinkURI", package["CFDocument"]["licenseURI"]
    yield from (("CFPckgItem", item) for item in package["CFItems"])
    yield from (("CFLicense", licence) for licence in package["CFDefinitions"]["CFLicenses"])
    for link in package["CFAssociations"]:
        yield "CFPckgAssociation", link
        yield from (("LinkGenURI", link[end]) for end in ("originNodeURI", "destinationNodeURI"))
    for rubric in package.get("CFRubrics", []):
        yield "CFRubric", rubric
        for criterion in rubric["CFRubricCriteria"]:
            yield "CFRubricCriterion", criterion
            yield "LinkURI", criterion["CFItemURI"]
            yield from (("CFRubricCriterionLevel", level) for level in criterion["CFRubricCriterionLevels"])


def breaches(package):
    """Return where a package leaves the standard: fields, identifiers, times, types."""
    found = []
    for name, part in parts_of(package):
        required, permitted = (set(words.split()) for words in CLASSES[name])
        found += [f"{name} lacks {field}" for field in sorted(required - set(part))]
        found += [f"{name} has {field}" for field in sorted(set(part) - required - permitted)]
        if "lastChangeDateTime" in part and datetime.datetime.fromisoformat(part["lastChangeDateTime"]).tzinfo is None:
            found.append(f"{name} has a time without its zone")
        if name not in ("CFPackage", "LinkGenURI") and str(uuid.UUID(part["identifier"])) != part["identifier"]:
            found.append(f"{name} has the identifier {part['identifier']}")
    found += [
        x["associationType"] for x in package["CFAssociations"] if not ASSOCIATIONS.fullmatch(x["associationType"])
    ]
    return found


@pytest.mark.parametrize("code", SHIPPED)
def test_what_is_written_follows_the_standard(code):
    walks = [load_crosswalk("crosswalk-unesco"), load_crosswalk("crosswalk-ailit")]
    assert breaches(to_case(load_framework(code), crosswalks=walks)) == []


def test_a_breach_of_the_standard_is_found():
    package = to_case(load_framework("ai-literacy"))
    package["CFItems"][0]["chinese"] = package["CFItems"][1].pop("fullStatement")
    package["CFAssociations"][0]["associationType"] = "isBelow"
    assert breaches(package) == ["CFPckgItem has chinese", "CFPckgItem lacks fullStatement", "isBelow"]


@pytest.mark.parametrize("code", SHIPPED)
def test_a_framework_comes_back_equal_in_both_languages(tmp_path, code):
    framework = load_framework(code)
    assert read_case(write_case(framework, tmp_path / "out.json")) == framework
    assert read_case(write_case(framework, tmp_path / "out.json", at=AT, creator="Our school")) == framework


def test_the_same_framework_gives_the_same_bytes(tmp_path):
    framework = load_framework("nine-qualities")
    first, second = (write_case(framework, tmp_path / name).read_bytes() for name in ("a.json", "b.json"))
    assert first == second
    assert "创新能力" in first.decode("utf-8")  # readable, not escaped


def test_every_identifier_is_its_own_and_another_version_has_others():
    framework = load_framework("nine-qualities")
    made = [
        part["identifier"]
        for name, part in parts_of(to_case(framework))
        if not name.startswith("Link") and name != "CFPackage"
    ]
    assert len(set(made)) == len(made) > 9 * 6
    later = Framework(**{field: getattr(framework, field) for field in framework.__slots__} | {"version": "2.0"})
    assert {item["identifier"] for item in to_case(later)["CFItems"]}.isdisjoint(made)


def test_qualities_hang_under_their_layers_and_layers_under_the_document():
    package = to_case(load_framework("nine-qualities"))
    codes = {item["identifier"]: item["humanCodingScheme"] for item in package["CFItems"]}
    codes[package["CFDocument"]["identifier"]] = "document"
    above = {
        codes[x["originNodeURI"]["identifier"]]: codes[x["destinationNodeURI"]["identifier"]]
        for x in package["CFAssociations"]
    }
    assert above["innovation"] == "autonomous-development"
    assert above["autonomous-development"] == "document"
    assert [x["sequenceNumber"] for x in package["CFAssociations"]] == list(range(1, 13))


def test_crosswalks_become_associations_with_their_reason():
    framework, walk = load_framework("ai-literacy"), load_crosswalk("crosswalk-ailit")
    first = to_case(framework, crosswalks=[walk])["CFAssociations"][4]
    assert first["associationType"] == "isRelatedTo"
    assert first["destinationNodeURI"]["title"] == "AILit 2026 engage Engage with AI"
    assert first["notes"] == walk.links[0].reason.en
    assert first["extensions"]["yucai"] == {"relation": "close", "zh": {"notes": walk.links[0].reason.zh}}
    assert (
        len(to_case(load_framework("nine-qualities"), crosswalks=[walk])["CFAssociations"]) == 12
    )  # not of this framework


def test_the_time_of_the_last_change_is_the_date_of_the_framework_or_what_is_said():
    framework = load_framework("ai-literacy")
    assert to_case(framework)["CFDocument"]["lastChangeDateTime"] == "2026-11-24T00:00:00+00:00"
    assert to_case(framework, at=AT)["CFDocument"]["lastChangeDateTime"] == "2026-11-24T01:30:00+00:00"
    with pytest.raises(UndatedFrameworkError, match="“ai-literacy” has no date") as told:
        to_case(framework, at=AT.replace(tzinfo=None))
    assert "没有日期" in told.value.in_language("zh")


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(CaseNotWrittenError, match="cannot be written") as told:
        write_case(load_framework("ai-literacy"), tmp_path / "nowhere" / "out.json")
    assert "无法写入" in told.value.in_language("zh")
    assert told.value.exit_code == 73


words = st.text(min_size=1, max_size=20).filter(str.strip)
texts = st.builds(Text, words, words)
five = st.tuples(*[st.builds(Level, rank=st.just(n), name=texts, descriptor=texts) for n in range(1, 6)])


@st.composite
def frameworks(draw):
    """Any framework that a pack could hold: layers in layers, and qualities under layers or under none."""
    codes = draw(st.lists(words, min_size=1, max_size=8, unique=True))
    n_layers = draw(st.integers(0, len(codes) - 1))
    entries = []
    for n, code in enumerate(codes):
        layer = n < n_layers
        above = draw(st.sampled_from([None, *codes[: min(n, n_layers)]]))
        kind = "layer" if layer else draw(st.sampled_from(["quality", "dimension"]))
        entries.append(
            Entry(
                code=code,
                kind=kind,
                name=draw(texts),
                definition=draw(texts),
                parent=above,
                levels=() if layer else draw(five),
            )
        )
    return Framework(
        code=draw(words),
        version=draw(words),
        name=draw(texts),
        source=draw(words),
        licence=draw(words),
        entries=tuple(draw(st.permutations(entries))),
        date=draw(st.none() | st.dates()),
    )


@given(frameworks())
def test_any_framework_follows_the_standard_and_comes_back_equal(tmp_path_factory, framework):
    file = tmp_path_factory.mktemp("case") / "out.json"
    assert breaches(to_case(framework, at=AT)) == []
    assert read_case(write_case(framework, file, at=AT)) == framework
