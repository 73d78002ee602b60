"""Files of own works: kept under their hash, refused when hostile, given out to be saved and to nobody else."""

import io
import zipfile
from datetime import UTC, datetime

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile

from yucai.web.evidence.models import OwnWork as Record
from yucai.web.evidence.uploads import damaged_uploads, upload_file

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n%%EOF\n"
FILLED = {
    "kind": "project", "title": "桥梁模型", "done_on": "2026-03-03", "team_size": "2", "part": "负责受力计算。",
    "quality": "practical-literacy", "proof": "document", "link": "", "level": "", "ai_used": "yes",
    "ai_machine_did": "检查公式。", "ai_i_did": "建模与试验。", "ai_checked_how": "手算复核。",
}  # fmt: skip


def sent(content=PDF, name="证书.pdf", **changes):
    file = {"document": SimpleUploadedFile(name, content)} if content is not None else {}
    return {**FILLED, **file, **changes}


def faults_in(answer):
    assert answer.status_code == 200
    return {name: list(said) for name, said in answer.context["form"].errors.items()}


def files_kept():
    return sorted(path.name for path in settings.WORKSPACE.uploads.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    "name", ["../../../etc/passwd", "..\\..\\x.pdf", "/etc/cron.d/x", "a\x00b.pdf", "x.html", 'a"\r\nX: y.pdf']
)
def test_no_name_leads_out_of_the_folder(signed_in, name):
    student, before = signed_in("student"), set(files_kept())
    boundary = "b0undary"
    lines = [f'--{boundary}\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in FILLED.items()]
    safe = name.replace('"', "%22")
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="document"; filename="{safe}"\r\n\r\n'
    body = "".join(lines).encode() + head.encode() + PDF + f"\r\n--{boundary}--\r\n".encode()
    student.post("/own-works/add", body, content_type=f"multipart/form-data; boundary={boundary}")
    inside = settings.WORKSPACE.uploads.resolve()
    for work in Record.objects.filter(title="桥梁模型"):
        assert upload_file(work.file_sha256).resolve().is_relative_to(inside)
        answer = student.get(f"/own-works/{work.pk}/file")
        assert answer["Content-Disposition"].startswith("attachment; filename")
        assert "X" not in answer.headers
        assert work.file_name.endswith(".pdf")
    assert [path for path in files_kept() if path not in before and len(path) != 64] == []


def test_a_file_is_given_out_to_be_saved_and_never_shown(signed_in):
    student = signed_in("student")
    student.post("/own-works/add", sent())
    answer = student.get(f"/own-works/{Record.objects.get(title='桥梁模型').pk}/file")
    assert answer.content == PDF
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == "attachment; filename*=utf-8''%E8%AF%81%E4%B9%A6.pdf"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert {"private", "no-store"} <= set(answer["Cache-Control"].split(", "))


def zipped(parts):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return made.getvalue()


OFFICE = {"[Content_Types].xml": b"x", "word/document.xml": b"x"}


@pytest.mark.parametrize(
    ("content", "name", "why"),
    [
        (b"<svg xmlns='x' onload='alert(1)'/>", "photo.png", "a web page, an SVG or a script"),
        (b"<script>alert(1)</script>", "certificate.pdf", "a web page, an SVG or a script"),
        (zipped({"a.txt": b"x"}), "certificate.docx", "a packed archive"),
        (zipped({**OFFICE, "word/media/a.bin": b"\0" * (201 * 1024**2)}), "thesis.docx", "far larger than it says"),
        (b"", "empty.pdf", "The file is empty"),
        (PDF + b"x" * (20 * 1024**2) + b"%%EOF", "large.pdf", "at most 20 MB are taken"),
    ],
)
def test_hostile_files_are_refused_at_their_field(signed_in, content, name, why):
    before = files_kept()
    said = faults_in(signed_in("student").post("/own-works/add", sent(content, name)))
    assert list(said) == ["document"]
    assert why in said["document"][0]
    assert files_kept() == before


def test_a_file_that_was_changed_on_the_disk_is_not_given_out_and_the_check_finds_it(signed_in, person):
    student = signed_in("student")
    student.post("/own-works/add", sent(PDF + b"\n%%EOF"))
    work = Record.objects.get(title="桥梁模型")
    assert damaged_uploads(work.person.space) == ()
    place = upload_file(work.file_sha256)
    place.write_bytes(b"%PDF-1.7 something else %%EOF")
    assert damaged_uploads(work.person.space) == (work.file_sha256,)
    lost = student.get(f"/own-works/{work.pk}/file")
    assert lost.status_code == 404
    assert "restores it from a backup" in lost.content.decode()
    student.post("/own-works/add", sent(PDF + b"\n%%EOF", title="again"))  # the same content mends the place
    assert damaged_uploads(work.person.space) == ()


@pytest.mark.parametrize("name", ["..", "../../secret.key", "a" * 63, "A" * 64, ""])
def test_only_a_hash_names_a_place(name):
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - an error of ours, not said to people
        upload_file(name)
    assert refused.value.args == (name,)
