"""Links, hostile files and the promises of own works that must hold for any input."""

import io
import struct
import zipfile
import zlib
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yucai.errors import FaultyInputError
from yucai.evidence import (
    MOST_BYTES,
    AiContribution,
    AttachmentType,
    OwnWork,
    Proof,
    WorkKind,
    check_own_work,
    link_address,
    look_into,
    school_term,
    strength_of,
)
from yucai.framework import Strength, load_framework

TODAY = date(2026, 11, 24)
WORK = OwnWork(
    kind=WorkKind.PAPER,
    title="A note",
    done_on=date(2026, 5, 2),
    part="All of it.",
    quality="innovation",
    proof=Proof.OUTSIDE_RECORD,
    link="https://example.org/x",
    ai=AiContribution(used=False),
)
FRAMEWORK = load_framework("nine-qualities")
OFFICE = {"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<document/>"}


def codes(**changes):
    return [fault.code for fault in check_own_work(replace(WORK, **changes), FRAMEWORK, at=TODAY)]


def office(parts=OFFICE, **written):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {**parts, **written.get("more", {})}.items():
            archive.writestr(name, content)
    return made.getvalue()


def png(width=3, height=2):
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0" * 8)) + chunk(b"IEND", b"")


GOOD = {
    AttachmentType.PDF: b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n%%EOF\n",
    AttachmentType.PNG: png(),
    AttachmentType.JPEG: b"\xff\xd8\xff\xe0" + b"\0" * 50 + b"\xff\xd9",
    AttachmentType.DOCX: office(),
    AttachmentType.XLSX: office({"[Content_Types].xml": b"x", "xl/workbook.xml": b"x"}),
    AttachmentType.PPTX: office({"[Content_Types].xml": b"x", "ppt/presentation.xml": b"x"}),
    AttachmentType.TEXT: "获奖证书\r\n\tNo. 7\n".encode(),
}
BOMB = office(more={"word/media/x.bin": b"\0" * (201 * 1024**2)})
LYING = office()[:-22] + office()[-22:].replace(b"PK\x05\x06", b"PK\x05\x07")


@pytest.mark.parametrize("link", ["https://example.org/a?b=c#d", "http://10.0.0.1:8000/x", "doi:10.1000/182",
                                  "10.1109/5.771073", "https://例子.中国/页"])  # fmt: skip
def test_addresses_and_dois_are_taken(link):
    assert codes(link=link) == []
    assert link_address(link).startswith(("https://", "http://"))


@pytest.mark.parametrize(
    "link",
    ["javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", "file:///etc/passwd", "ftp://example.org",
     "example.org", "https://", "https://a b.org", "https://bank.example@evil.example/", "https://x.org/\"onclick=", "http://[::1",
     "10.1/x", "//example.org/x", "https://localhost"],
)  # fmt: skip
def test_what_is_no_address_is_refused(link):
    assert "no-address" in codes(link=link)


@given(st.text(max_size=80))
def test_a_link_that_passes_leads_to_the_web_and_to_nothing_else(link):
    if "no-address" not in codes(link=link) and link.strip():
        address = link_address(link)
        assert address.startswith(("http://", "https://"))
        assert not set(address) & set(" \"'<>\\`\n\r\t")


@pytest.mark.parametrize("words", ["a\u202eb", "a\x00b", "a\x1bb"])
def test_characters_that_hide_are_refused(words):
    assert codes(title=words) == codes(part=words) == ["unprintable"]


def test_lengths_and_years_have_an_end():
    assert codes(title="x" * 201, part="y" * 2001, link="https://e.org/" + "z" * 500) == ["too-long"] * 3
    assert codes(done_on=date(2005, 1, 1)) == ["long-ago"]
    assert codes(done_on=TODAY) == []
    assert codes(done_on=TODAY + timedelta(days=1)) == ["future"]


@given(st.sampled_from(list(Proof)), st.integers(1, 100))
def test_nothing_unverified_is_more_than_weak_and_no_team_has_strong_evidence(proof, team_size):
    assert strength_of(proof, verified=False, team_size=team_size).strength is Strength.WEAK
    if team_size > 1:
        assert strength_of(proof, verified=True, team_size=team_size).strength is not Strength.STRONG


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)))
def test_terms_follow_each_other_without_a_gap(day):
    here, tomorrow = school_term(day), school_term(day + timedelta(days=1))
    assert here <= tomorrow
    assert (here != tomorrow) == ((day.month, day.day) in {(1, 31), (8, 31)})


@pytest.mark.parametrize("kind", GOOD)
def test_each_kind_is_known_by_its_content_whatever_its_name(kind):
    for name in ("x.exe", "", "照片", "a/b\\c.html"):
        assert look_into(GOOD[kind], name=name).type is kind


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"%PDF-1.7\n" + b"x" * MOST_BYTES, "too-large"),
        (b"%PDF-1.7\nno end", "cut-off"),
        (png()[:-30], "cut-off"),
        (png(60_000, 60_000), "too-many-pixels"),
        (b"\xff\xd8\xff\xe0 no end", "cut-off"),
        (b"<html><script>alert(1)</script>", "wrong-type"),
        (b"  \n<!DOCTYPE html>", "wrong-type"),
        ("\ufeff<svg onload='x'>".encode(), "wrong-type"),
        (b"certificate\n<script src=x></script>", "wrong-type"),
        (b"#!/bin/sh\nrm x", "wrong-type"),
        (b"MZ\x90\x00", "wrong-type"),
        (b"\x7fELF", "wrong-type"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "wrong-type"),
        (b"Rar!\x1a\x07", "wrong-type"),
        (b"\x1f\x8b\x08", "wrong-type"),
        (b"GIF89a", "wrong-type"),
        (b"text\x00text", "wrong-type"),
        (office({"a.txt": b"x"}), "wrong-type"),
        (office({"[Content_Types].xml": b"x", "xl/workbook.xml": b"x", "word/document.xml": b"x"}), "wrong-type"),
        (office()[:-30], "cut-off"),
        (LYING, "cut-off"),
        (BOMB, "bomb"),
        (office(more={f"word/{n}": b"" for n in range(5001)}), "bomb"),
        (office(more={"word/vbaProject.bin": b"x"}), "macros"),
        (office(more={"word/activeX/a.xml": b"x"}), "macros"),
        (office(more={"../../etc/cron.d/x": b"x"}), "wrong-type"),
        (office(more={"/etc/passwd": b"x"}), "wrong-type"),
        (office().replace(b"\x14\x00\x00\x00\x08\x00", b"\x14\x00\x01\x00\x08\x00"), "locked"),
    ],
)
def test_hostile_files_are_refused_with_a_sentence(content, code):
    with pytest.raises(FaultyInputError) as refused:
        look_into(content, name="certificate.pdf")
    [fault] = refused.value.faults
    assert (fault.code, fault.where) == (code, "document")
    assert fault.in_language("zh").endswith("。")


@given(st.binary(max_size=300))
def test_any_bytes_are_taken_as_one_kind_or_refused(content):
    try:
        found = [look_into(content, name="x").type]
    except FaultyInputError as refused:
        found = [fault.code for fault in refused.faults]
    assert len(found) == 1


@given(st.text(max_size=300))
def test_a_file_name_is_harmless_whatever_was_sent(name):
    kept = look_into(GOOD[AttachmentType.PDF], name=name).name
    assert kept.endswith(".pdf")
    assert len(kept) <= 84
    assert not set(kept) & set('/\\:*?"<>|\0\r\n;%\u202e')
    assert not kept.startswith((".", "-", " "))


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\x\\证书.pdf", "证书.pdf"),
        ("获奖证书（扫描）.PDF", "获奖证书（扫描）.pdf"),
        ("cert\u202efdp.exe", "cert_fdp.pdf"),
        ('a"; filename=evil.html', "a_filename_evil.pdf"),
        ("", "document.pdf"),
        ("...", "document.pdf"),
        (".htaccess", "htaccess.pdf"),
    ],
)
def test_tricks_in_names_come_to_nothing(sent, kept):
    assert look_into(GOOD[AttachmentType.PDF], name=sent).name == kept
