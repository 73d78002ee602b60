"""Archives that are damaged, newer, or made to do harm: refused in a sentence, and nothing is written anywhere."""

import gzip
import hashlib
import io
import json
import tarfile

import pytest

from yucai.errors import YucaiError
from yucai.web.operation.archive import Manifest, list_parts, read_archive, unsafe_paths, write_archive
from yucai.web.operation.refusals import BackupBrokenError, BackupNewerError

STEPS = ("web.0001_spine",)


def nothing(_share):
    return None


@pytest.fixture
def parts(tmp_path):
    folder = tmp_path / "held"
    (folder / "lake").mkdir(parents=True)
    (folder / "records.sqlite3").write_bytes(b"records" * 1000)
    (folder / "lake" / "部分.parquet").write_bytes(b"PAR1")
    return folder


def manifest_of(folder, **other):
    said = {
        "id": "1", "made_by": "0.1", "at": "2026-11-27T08:00:00+00:00", "steps": STEPS, "counts": {}, "missing": (),
        "parts": list_parts(folder, report=nothing), **other,
    }  # fmt: skip
    return Manifest(**said)


@pytest.fixture
def backup(parts, tmp_path):
    file = tmp_path / "b.tar.gz"
    write_archive(file, parts, manifest=manifest_of(parts), sealed=None, report=nothing)
    return file


def read(file, into=None):
    return read_archive(file, known_steps=STEPS, here="0.1", into=into, report=nothing)


def packed(file, members, manifest=None):
    """Write an archive by hand; a member is a name and a content, or a head of its own."""
    with tarfile.open(file, "w:gz") as archive:
        for name, content in [("manifest.json", manifest), *members]:
            head = name if isinstance(name, tarfile.TarInfo) else tarfile.TarInfo(name)
            head.size = len(content)
            archive.addfile(head, io.BytesIO(content))
    return file


def listing(*paths, content=b"x", **other):
    parts = [{"path": path, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()} for path in paths]
    said = {
        "yucai_backup": 1, "id": "1", "made_by": "0.1", "at": "", "steps": list(STEPS), "counts": {}, "missing": [],
        "parts": parts, **other,
    }  # fmt: skip
    return json.dumps(said).encode()


def test_a_backup_is_read_as_it_was_written(backup, parts, tmp_path):
    manifest, sealed = read(backup, tmp_path / "out")
    assert sealed is None
    assert manifest == manifest_of(parts)
    assert (tmp_path / "out" / "lake" / "部分.parquet").read_bytes() == b"PAR1"
    assert backup.stat().st_mode & 0o777 == 0o600


def test_every_cut_is_noticed(backup, tmp_path):
    whole = backup.read_bytes()
    for length in range(0, len(whole) - 8, max(1, len(whole) // 40)):
        (tmp_path / "cut").write_bytes(whole[:length])
        with pytest.raises(BackupBrokenError, match="cannot be restored"):
            read(tmp_path / "cut")


def test_every_changed_byte_of_a_part_is_noticed(backup, parts, tmp_path):
    plain = gzip.decompress(backup.read_bytes())
    first = plain.index(b"recordsrecords")
    for place in range(first, first + 7000, 701):
        changed = bytearray(plain)
        changed[place] ^= 1
        (tmp_path / "changed").write_bytes(gzip.compress(bytes(changed), 1))
        with pytest.raises(BackupBrokenError, match=r"“records\.sqlite3” is not as it was written"):
            read(tmp_path / "changed", tmp_path / f"out-{place}")


@pytest.mark.parametrize(
    "path",
    ["../escaped", "lake/../../escaped", "/tmp/escaped", "lake//x", "./lake/x", "lake/", "", ".hidden", "logs/x",
     "manifest.json", "lake/x\0y"],
)  # fmt: skip
def test_a_path_that_leads_astray_is_refused_before_anything_is_written(tmp_path, path):
    file = packed(tmp_path / "b", [("records.sqlite3", b"x")], listing("records.sqlite3", path))
    with pytest.raises(BackupBrokenError, match="which no backup of Yucai holds"):
        read(file, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "escaped").exists()


def test_two_names_of_one_file_and_a_file_as_a_folder_are_refused():
    assert unsafe_paths(["lake/a", "lake/a"]) == ["lake/a"]
    assert unsafe_paths(["lake/a", "LAKE/A"]) == ["LAKE/A"]
    assert unsafe_paths(["lake/a/b", "lake/a"]) == ["lake/a"]
    assert unsafe_paths(["lake/a", "lake/b", "uploads/中文/表.xlsx"]) == []


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.DIRTYPE])
def test_only_plain_files_are_taken_out(tmp_path, kind):
    head = tarfile.TarInfo("records.sqlite3")
    head.type, head.linkname = kind, "/etc/passwd"
    file = packed(tmp_path / "b", [(head, b"")], listing("records.sqlite3", content=b""))
    with pytest.raises(BackupBrokenError):
        read(file, tmp_path / "out")


@pytest.mark.parametrize(
    ("members", "says"),
    [
        ([("records.sqlite3", b"x"), ("lake/more", b"x")], "holds “'lake/more'”"),
        ([("records.sqlite3", b"x"), ("records.sqlite3", b"x")], "holds “'records.sqlite3'”"),
        ([("records.sqlite3", b"xx")], "is not as it was written"),
        ([], "“records.sqlite3” is missing"),
    ],
)
def test_what_the_list_does_not_tell_is_refused(tmp_path, members, says):
    with pytest.raises(BackupBrokenError) as refused:
        read(packed(tmp_path / "b", members, listing("records.sqlite3")), tmp_path / "out")
    assert says in refused.value.in_language("en")


def test_a_newer_backup_names_its_version_in_both_languages(tmp_path):
    for newer in (listing("records.sqlite3", yucai_backup=2, made_by="9.9"),
                  listing("records.sqlite3", steps=[*STEPS, "web.9999_later"], made_by="9.9")):  # fmt: skip
        with pytest.raises(BackupNewerError) as refused:
            read(packed(tmp_path / "b", [("records.sqlite3", b"x")], newer))
        assert "made by Yucai 9.9, which is newer than this one (0.1)" in refused.value.in_language("en")
        assert "由育才 9.9 生成，比当前版本（0.1）新" in refused.value.in_language("zh")


@pytest.mark.parametrize(
    "manifest",
    [b"", b"{}", b"[]", b"null", b'{"yucai_backup": "x"}', b"\xff", listing(), listing("records.sqlite3", parts=[1]),
     listing("records.sqlite3", parts=[{"path": "records.sqlite3", "size": -1, "sha256": ""}])],
)  # fmt: skip
def test_a_list_that_is_none_is_a_broken_backup(tmp_path, manifest):
    with pytest.raises(BackupBrokenError, match="no backup of Yucai, or is damaged"):
        read(packed(tmp_path / "b", [], manifest))


def test_another_kind_of_file_is_no_backup(tmp_path):
    for content in (b"", b"PK\x03\x04", b"\x1f\x8b", gzip.compress(b"hello"), gzip.compress(b"\0" * 10240)):
        (tmp_path / "other").write_bytes(content)
        with pytest.raises(YucaiError, match="no backup of Yucai"):
            read(tmp_path / "other")


def test_a_small_file_does_not_unpack_without_end(tmp_path):
    """A head of tar may tell of another head that is as long as it likes; reading stops at what the list can mean."""
    file = tmp_path / "b"
    first = packed(tmp_path / "first", [], listing("records.sqlite3"))
    plain = gzip.decompress(first.read_bytes())[: -20 * 512].rstrip(b"\0")
    plain += b"\0" * (-len(plain) % 512)
    long = tarfile.TarInfo("././@PaxHeader")
    long.type, long.size = tarfile.XHDTYPE, 1 << 40
    with gzip.open(file, "wb", compresslevel=1) as packing:
        packing.write(plain + long.tobuf(format=tarfile.GNU_FORMAT))
        for _ in range(40):
            packing.write(b"\0" * (1 << 20))
    with pytest.raises(BackupBrokenError):
        read(file, tmp_path / "out")
