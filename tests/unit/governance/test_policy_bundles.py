"""A bundle is the same bytes each time, and no byte of it can be changed unseen."""

import io
import zipfile
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.unit.governance.cards import NOON, small_card, whole_bundle
from yucai.errors import FaultyInputError
from yucai.governance import read_bundle, seal_card, verify_bundle, write_bundle
from yucai.governance.policies.bundles import PARTS, _packed
from yucai.governance.policies.writing import canonical_json, hash_of
from yucai.texts import Text


@pytest.fixture(scope="module")
def bundle():
    return whole_bundle()


@pytest.fixture(scope="module")
def packed(bundle):
    return write_bundle(bundle)


def test_a_bundle_is_the_same_bytes_and_comes_back_whole(bundle, packed):
    assert write_bundle(bundle) == packed
    assert read_bundle(packed) == bundle
    assert write_bundle(read_bundle(packed)) == packed
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert tuple(archive.namelist()) == PARTS
        readme = archive.read("README.md").decode()
    assert bundle.seal.mark in readme
    assert "封存标记" in readme
    assert "yucai policy rerun" in readme


def test_every_single_byte_that_is_flipped_is_seen(packed):
    unseen = []
    for place in range(len(packed)):
        changed = bytearray(packed)
        changed[place] ^= 0x01
        if verify_bundle(bytes(changed)).whole:
            unseen.append(place)
    assert unseen == []


@pytest.mark.parametrize("name", PARTS)
def test_a_part_that_is_changed_is_named(packed, name):
    changed = _with(packed, name, lambda content: content.replace(b"e", b"f", 1))
    assert name in {fault.where for fault in verify_bundle(changed).faults} or name == "manifest.json"
    assert not verify_bundle(changed).whole


@pytest.mark.parametrize("name", PARTS)
def test_a_part_that_is_missing_is_named(packed, name):
    faults = verify_bundle(_repacked({one: held for one, held in _read(packed).items() if one != name})).faults
    assert ("part-missing", name) in {(fault.code, fault.where) for fault in faults}


def test_what_does_not_belong_and_what_was_packed_again_is_seen(packed):
    parts = _read(packed)
    assert [fault.code for fault in verify_bundle(_repacked(parts | {"more.txt": b"x"})).faults] == ["part-besides"]
    assert [fault.code for fault in verify_bundle(_repacked(parts, compress=True)).faults] == ["frame"]
    assert [fault.code for fault in verify_bundle(packed[:-10]).faults] == ["not-whole"]
    assert [fault.code for fault in verify_bundle(b"").faults] == ["not-whole"]


def test_who_changes_a_part_and_the_manifest_is_found_by_the_chain(packed):
    for name, code in [
        ("card.toml", "card-changed"), ("data.csv", "other-data"), ("gate.json", "other-gate"),
        ("evaluation.json", "other-result"), ("seal.json", "mark-wrong"),
    ]:  # fmt: skip
        was, now = (b"2023", b"2022") if name in {"card.toml", "data.csv"} else (b"e", b"f")
        if name == "gate.json":
            was, now = b"false", b"true"
        if name == "evaluation.json":
            was, now = b"Not testable.", b"It worked."
        if name == "seal.json":
            was, now = b"Li Ming", b"Li Wang"
        parts = _read(packed)
        parts[name] = parts[name].replace(was, now)
        parts["manifest.json"] = canonical_json({one: hash_of(parts[one]) for one in PARTS[:-1]})
        faults = verify_bundle(_packed(parts)).faults
        assert code in {fault.code for fault in faults}, (name, faults)
        assert all(fault.in_language("zh") != fault.in_language("en") for fault in faults)


def test_a_result_that_is_none_is_said_to_be_unreadable(bundle):
    for content in (b"no result", b"[]", b"{}", b'{"verdict": 1}', b"\xff"):
        evaluated = replace(bundle.evaluated, evaluation=content)
        parts = _read(write_bundle(bundle))
        parts |= {"evaluation.json": content, "evaluated.json": canonical_json(evaluated.as_json())}
        parts["manifest.json"] = canonical_json({one: hash_of(parts[one]) for one in PARTS[:-1]})
        faults = verify_bundle(_packed(parts)).faults
        assert [(fault.code, fault.where) for fault in faults] == [("unreadable", "evaluation.json")]


def test_a_time_without_a_zone_is_no_time(packed):
    parts = _read(packed)
    parts["opening.json"] = parts["opening.json"].replace(b"+00:00", b"")
    parts["manifest.json"] = canonical_json({one: hash_of(parts[one]) for one in PARTS[:-1]})
    assert [fault.code for fault in verify_bundle(_packed(parts)).faults] == ["unreadable"]


def test_a_whole_new_chain_is_seen_only_by_the_mark_that_was_kept_elsewhere(bundle):
    forged = write_bundle(whole_bundle(small_card(horizon=2)))
    assert verify_bundle(forged).whole
    assert [fault.code for fault in verify_bundle(forged, mark=bundle.seal.mark).faults] == ["mark-wrong"]
    assert verify_bundle(write_bundle(bundle), mark=bundle.seal.mark[:32].upper()).whole
    for signs in (1, 12, 16, 31):  # two cards that begin alike in so few can be made on purpose
        faults = verify_bundle(write_bundle(bundle), mark=bundle.seal.mark[:signs]).faults
        assert [fault.code for fault in faults] == ["mark-short"]


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (lambda one: replace(one, data=one.data + b"x"), "data.csv"),
        (lambda one: replace(one, card=replace(one.card, title=Text("x", "x"))), "card.toml"),
        (lambda one: replace(one, gate=b"{}"), "gate.json"),
        (lambda one: replace(one, seal=seal_card(one.card, at=NOON - timedelta(days=1), by="B")), "opening.json"),
        (lambda one: replace(one, acceptance=replace(one.acceptance, opening="0" * 64)), "acceptance.json"),
        (lambda one: replace(one, evaluated=replace(one.evaluated, at=NOON)), "evaluation.json"),
    ],
)
def test_what_does_not_fit_is_not_packed(bundle, change, where):
    with pytest.raises(FaultyInputError) as refused:
        write_bundle(change(bundle))
    assert where in {fault.where for fault in refused.value.faults}


def _read(packed):
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _repacked(parts, compress=False):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def _with(packed, name, change):
    parts = _read(packed)
    parts[name] = change(parts[name])
    return _packed(parts)
