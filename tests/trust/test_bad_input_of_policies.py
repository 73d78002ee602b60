"""Cards, figures and bundles that were made to break the reader are refused in a sentence; nothing crashes or hangs."""

import io
import json
import struct
import zipfile

import pytest

from tests.unit.governance.cards import whole_bundle
from yucai.errors import FaultyInputError
from yucai.governance import check_gate, read_card, verify_bundle, write_bundle, write_card
from yucai.governance.policies.bundles import PARTS, _packed
from yucai.governance.policies.writing import canonical_json, hash_of, mapping_of


@pytest.fixture(scope="module")
def bundle():
    return whole_bundle()


def test_a_card_of_endless_numbers_or_broken_letters_is_refused(bundle):
    said = mapping_of(bundle.card)
    for content in (
        '{"code": ' + "1" * 5000 + "}",
        "code = " + "1" * 5000,
        "code = 0x" + "f" * 5000,
        json.dumps(said | {"document": "\ud800"}),
        json.dumps(said | {"document": "a\0b"}),
        json.dumps(said | {"\ud800": "a"}),
    ):
        with pytest.raises(FaultyInputError) as refused:
            read_card(content)
        assert [one.code for one in refused.value.faults] == ["not-a-card"]
        refused.value.in_language("zh").encode()
    spelt = r"the letters \u0000, spelt out"
    assert read_card(json.dumps(said | {"document": spelt})).document == spelt
    assert read_card(write_card(bundle.card)) == bundle.card


def test_a_file_that_cannot_be_read_is_refused_in_the_words_of_its_reader(bundle):
    with pytest.raises(FaultyInputError) as refused:
        read_card('format = 1\ncode = "a')
    assert "该文件不是政策卡：文件末尾：引号没有配对。" in refused.value.in_language("zh")
    for line, english, chinese in (
        (b"A,2019,1,1,1,1", "line {n} has 6 cells, the head has 3", "第 {n} 行有 6 个单元格，标题行只有 3 个"),
        (b'A,2019,"1"2"x', "cannot be told apart", "无法划分单元格"),
    ):
        figures = _figures(bundle, line)
        with pytest.raises(FaultyInputError) as refused:
            check_gate(bundle.card, figures)
        n = len(figures.splitlines())
        assert english.format(n=n) in refused.value.in_language("en")
        assert chinese.format(n=n) in refused.value.in_language("zh")
    with pytest.raises(FaultyInputError) as refused:
        check_gate(bundle.card, b" ")
    assert "文件为空" in refused.value.in_language("zh")


def _figures(bundle, line):
    return bundle.data.rstrip(b"\n") + b"\n" + line + b"\n"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"%s,1e300,1", "bad-year"),  # else every year up to it would be called missing
        (b"%s,99999999.0,1", "bad-year"),
        (b"%s,2019,1e200", "too-big"),
    ],
)
def test_figures_that_are_out_of_all_bounds_are_refused(bundle, line, code):
    unit = bundle.data.splitlines()[1].split(b",")[0]
    with pytest.raises(FaultyInputError) as refused:
        check_gate(bundle.card, _figures(bundle, line % unit))
    assert code in {one.code for one in refused.value.faults}


def test_two_columns_of_one_name_are_refused(bundle):
    head = bundle.card.data.unit_column
    with pytest.raises(FaultyInputError, match="Two columns"):
        check_gate(bundle.card, f"{head}, {head}\nA,B\n".encode())


def test_more_units_than_can_be_worked_with_are_refused_at_once(bundle):
    spec = bundle.card.data
    rows = "".join(f"u{n},{2012 + n % 12},1\n" for n in range(60_000))
    with pytest.raises(FaultyInputError) as refused:
        check_gate(bundle.card, f"{spec.unit_column},{spec.period_column},{spec.outcome_column}\n{rows}".encode())
    assert [one.code for one in refused.value.faults] == ["too-large"]


def _parts(packed):
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_bundle_with_broken_compression_is_refused(bundle, method):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, held in _parts(write_bundle(bundle)).items():
            archive.writestr(name, held)
    broken = bytearray(out.getvalue())
    begin = broken.find(b"card.toml") + len("card.toml") + 5
    for place in range(begin, begin + 40):
        broken[place] ^= 0xFF
    assert not verify_bundle(bytes(broken)).whole


def test_a_bundle_that_claims_another_compression_is_refused(bundle):
    changed = bytearray(write_bundle(bundle))
    directory = changed.find(b"PK\x01\x02")
    changed[8:10] = changed[directory + 10 : directory + 12] = struct.pack("<H", zipfile.ZIP_DEFLATED)
    assert not verify_bundle(bytes(changed)).whole


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("opening.json", {"size": float("inf")}),
        ("opening.json", {"by": "\ud800"}),
        ("seal.json", {"by": "\ud800"}),
        ("seal.json", {"at": "0001-01-01T00:00:00+14:00"}),
        ("seal.json", {"versions": [1]}),
        ("acceptance.json", {"at": 5}),
    ],
)
def test_a_bundle_with_a_part_that_says_nothing_is_refused(bundle, part, said):
    parts = _parts(write_bundle(bundle))
    parts[part] = json.dumps(json.loads(parts[part]) | said).encode()
    parts["manifest.json"] = canonical_json({name: hash_of(parts[name]) for name in PARTS[:-1]})
    faults = verify_bundle(_packed(parts)).faults
    assert "unreadable" in {one.code for one in faults}
