"""What an outside auditor tries first: every address, every export, many questions, names that would do harm, logs."""

import ast
import csv
import io
import logging
import os
import re
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import RequestFactory
from django.urls import get_resolver

import yucai
from tests.web import observing, rating
from tests.web.test_security import Page
from yucai.web.accounts.models import Account, Group, Person, Space
from yucai.web.evidence.desk_files import file_of
from yucai.web.evidence.models import OwnWork, Upload
from yucai.web.jobs.actions import ask_for
from yucai.web.limits import OF_ACCOUNTS, OF_ADDRESSES, Buckets, address_of
from yucai.web.logs import PlainFormatter

pytestmark = pytest.mark.django_db
SOURCE = Path(yucai.__file__).parent
FORMULA = '=HYPERLINK("http://elsewhere.example","x")'
NUMBERS = range(1, 4)


def addresses():
    """Every address of the site, with numbers that are there and numbers that are not."""
    for pattern in get_resolver().url_patterns:
        address = "/" + str(pattern.pattern).replace("<slug:code>", "demo-college").replace("<slug:sha2>", "a" * 64)
        address = address.replace("<uuid:id>", "6690e6c9-3ef0-4ed3-8b37-7f3964730bee")
        yield from {address.replace("<int:pk>", str(number)) for number in NUMBERS}


def test_no_page_at_any_address_holds_a_script_or_a_style_inside(signed_in):
    ask_for("measure", space=Space.objects.get(code="demo-college"), owner=None, at="2026-11-24T08:00:00Z")
    observing.opened()
    rating.a_round()
    client = signed_in("director")
    client.raise_request_exception = False
    pages = 0
    for address in addresses():
        answer = client.get(address)
        assert answer.status_code < 500, address
        if answer["Content-Type"].startswith("text/html"):
            assert Page(answer.content.decode()).run == [], address
            policy = answer["Content-Security-Policy"]
            assert "script-src 'self'" in policy, address
            assert "style-src 'self'" in policy, address
            assert "unsafe" not in policy, address
            pages += 1
    assert pages > 60


def test_who_asks_too_much_waits_and_others_do_not(signed_in, client, monkeypatch):
    monkeypatch.setattr(OF_ACCOUNTS, "most", 3)
    monkeypatch.setattr(OF_ACCOUNTS, "a_second", 0.001)
    director = signed_in("director")
    answers = [director.get("/rules") for _ in range(4)]
    assert [one.status_code for one in answers] == [200, 200, 200, 429]
    assert int(answers[-1]["Retry-After"]) > 900
    said = answers[-1].content.decode()
    assert "请在" in said
    assert "Try again in" in said
    director.logout()
    assert client.get("/").status_code == 200
    client.force_login(Account.objects.get(username="teacher"))
    assert client.get("/rules").status_code == 200


def test_an_address_that_is_not_signed_in_has_a_bucket_of_its_own(client, monkeypatch):
    monkeypatch.setattr(OF_ADDRESSES, "most", 2)
    monkeypatch.setattr(OF_ADDRESSES, "a_second", 0.001)
    assert [client.get("/", REMOTE_ADDR="10.0.0.7").status_code for _ in range(3)] == [200, 200, 429]
    assert client.get("/", REMOTE_ADDR="10.0.0.8").status_code == 200


def test_a_bucket_refills_with_time_and_a_clock_set_back_does_not_empty_it():
    buckets = Buckets(most=2, a_second=0.5)
    assert [buckets.take("a", at=at) for at in (0.0, 0.0, 0.0, 1.0, 2.0)] == [0.0, 0.0, 2.0, 1.0, 0.0]
    assert buckets.take("a", at=-50.0) == 2.0
    assert buckets.take("a", at=4.0) == 0.0


def test_an_address_is_told_by_the_server_in_front_only_where_there_is_one(settings):
    asked = RequestFactory().get("/", REMOTE_ADDR="127.0.0.1", HTTP_X_FORWARDED_FOR="6.6.6.6, 10.1.2.3")
    assert address_of(asked) == "127.0.0.1"  # anybody can write that line
    settings.HTTPS = True
    assert address_of(asked) == "10.1.2.3"
    asked.META["REMOTE_ADDR"] = "10.9.9.9"
    assert address_of(asked) == "10.9.9.9"


def cells_of(answer):
    """Every text in an export, and of a workbook whether it would be computed."""
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    kind = answer["Content-Disposition"] + answer["Content-Type"]
    if "xlsx" in kind or "spreadsheet" in kind:
        book = openpyxl.load_workbook(io.BytesIO(content))
        return [
            (cell.value, cell.data_type) for sheet in book for row in sheet for cell in row if cell.value is not None
        ]
    between = "\t" if "tsv" in kind or "tab-separated" in kind else ","
    rows = csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=between)
    return [(cell, "f" if cell.startswith(("=", "+", "-", "@")) else "s") for row in rows for cell in row]


def test_no_export_holds_a_cell_that_acts_as_a_formula(signed_in):
    """Names, titles and remarks that begin like a formula come out as text in every file that the pages give."""
    Person.objects.update(name_zh=FORMULA, name_en=FORMULA)
    OwnWork.objects.update(title=FORMULA)
    plan = observing.opened(name=FORMULA)
    turn = observing.turns_of(plan, "teacher").first()
    observing.hand_in(turn)
    record = rating.a_round(name=FORMULA, shown=rating.LearnersShown.NAMES)
    client, seen = signed_in("director"), 0
    for address in (
        f"/observations/plans/{plan.pk}/boris.tsv", f"/observations/plans/{plan.pk}/boris.xlsx",
        f"/observations/plans/{plan.pk}/observations.xlsx", f"/ratings/rounds/{record.pk}/sheet.xlsx",
    ):  # fmt: skip
        answer = client.get(address)
        assert answer.status_code == 200, address
        cells = cells_of(answer)
        assert [value for value, kind in cells if kind == "f"] == [], address
        seen += sum(FORMULA in str(value) for value, _ in cells)
    assert seen, "no export held what was planted, so nothing was tried"


@pytest.mark.parametrize(
    "name",
    ["../../escaped.csv", "..\\..\\escaped.csv", "/etc/escaped.csv", "a\0b.csv", ".hidden.csv", "CON.csv", "名单.csv"],
)
def test_an_upload_lies_in_the_workspace_whatever_it_is_called(director, space, settings, name):
    before = {path for path in settings.WORKSPACE.folder.parent.rglob("*") if path.is_file()}
    file = SimpleUploadedFile("x.csv", "学号,姓名\n1,张三\n".encode())
    file._name = name
    director.post(f"/spaces/{space.code}/import/drop", {"files": file})
    new = {path for path in settings.WORKSPACE.folder.parent.rglob("*") if path.is_file()} - before
    for path in new:
        assert path.is_relative_to(settings.WORKSPACE.uploads / space.code), path
    for upload in Upload.objects.all():
        assert file_of(upload).resolve().is_relative_to(settings.WORKSPACE.uploads.resolve())


@pytest.mark.parametrize("code", ["1\r\nSet-Cookie: a=b", '1"; filename="x.exe', "学号一", "1\n"])
def test_a_number_that_holds_a_header_stays_a_name(signed_in, person, code):
    who = person("2023010001")
    Person.objects.filter(pk=who.pk).update(code=code)
    client = signed_in("director")
    client.raise_request_exception = False
    answer = client.get(f"/people/{who.pk}/portrait.pdf")
    assert "Set-Cookie" not in answer or "a=b" not in str(answer["Set-Cookie"])
    assert answer.status_code == 200
    assert re.fullmatch(
        r"attachment; filename(\*=utf-8''[\w.%-]+|=\"(?:[^\"\\\r\n]|\\.)*\")", answer["Content-Disposition"]
    )


def test_an_exception_is_logged_without_its_words():
    try:
        try:
            raise ValueError("Key (code)=(2023010001) of 张三 already exists")
        except ValueError as inner:
            raise FileNotFoundError(2, "No such file", "/office/uploads/李四的证书.pdf") from inner
    except FileNotFoundError:
        record = logging.LogRecord("yucai", logging.ERROR, __file__, 1, "job %s", (7,), sys.exc_info())
    said = PlainFormatter("%(levelname)s %(name)s: %(message)s").format(record)
    assert "ERROR yucai: job 7" in said
    assert "builtins.FileNotFoundError [2]" in said
    assert "builtins.ValueError" in said
    assert f"{__file__}:" in said
    for private in ("2023010001", "张三", "李四"):
        assert private not in said


def test_what_pages_log_holds_no_name_and_no_number(signed_in, person, caplog, monkeypatch):
    """Pages that fail, are forbidden, are not there and are broken, driven with marked people."""
    who = person("2023010001")
    Person.objects.filter(pk=who.pk).update(name_en="Marked-Name", name_zh="标记姓名", code="MARK-2023")
    stream, handler = io.StringIO(), logging.StreamHandler()
    handler.setStream(stream)
    handler.setFormatter(PlainFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.getLogger().addHandler(handler)

    def broken(found, **_more):
        raise RuntimeError(f"{found.name} {found.code}")

    try:
        client = signed_in("director")
        client.raise_request_exception = False
        client.get(f"/people/{who.pk}/portrait/")
        client.get("/no/such/page?name=Marked-Name")
        client.get("/", headers={"host": "elsewhere.example"})
        signed_in("student").get(f"/groups/{Group.objects.first().pk}/")
        client.post("/", {"username": "Marked-Name", "password": "MARK-2023"})
        monkeypatch.setattr("yucai.web.measurement.views.portrait_of", broken)
        assert signed_in("director").get(f"/people/{who.pk}/portrait/").status_code == 500
    finally:
        logging.getLogger().removeHandler(handler)
    told = stream.getvalue()
    assert "RuntimeError" in told
    for private in ("Marked-Name", "标记姓名", "MARK-2023"):
        assert private not in told


CALLS_OUT = {"urllib.request", "http.client", "socket", "requests", "httpx", "ftplib", "smtplib", "aiohttp", "urllib3",
             "authlib", "cas"}  # fmt: skip
MAY = {
    "web/accounts/service_cas.py": "asks the identity service that the office named, and follows it nowhere else",
    "web/accounts/service_oidc.py": "asks the identity service that the office named",
    "web/serving.py": "asks its own pages on 127.0.0.1",
    "web/records/sending.py": "forwards statements to an address that an administrator declared",
}


def test_nothing_calls_out_but_what_an_office_declares():
    """There is nothing to send elsewhere by a forged address: no other file can open a connection."""
    found = {}
    for file in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            named = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            named += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if any(name in CALLS_OUT or name.partition(".")[0] in CALLS_OUT for name in named):
                found[file.relative_to(SOURCE).as_posix()] = named
    assert set(found) == set(MAY)


def test_djangos_check_for_deployment_is_clean_behind_https():
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "yucai.web.settings", "YUCAI_HTTPS": "1", "YUCAI_HOSTS": "a.example"}
    command = [sys.executable, "-m", "django", "check", "--deploy", "--fail-level", "WARNING"]
    said = subprocess.run(command, capture_output=True, text=True, env=env)
    assert said.returncode == 0, said.stderr
    assert "no issues" in said.stdout


def test_secrets_of_a_workspace_are_for_their_owner_only(tmp_path):
    from yucai.web.records.health import make_metrics_token
    from yucai.web.workspace import create_workspace

    office = create_workspace(tmp_path / "office", name="x", language="zh")
    make_metrics_token(office.folder, loopback=False)
    assert office.folder.stat().st_mode & 0o077 == 0
    for file in ("secret.key", "metrics-token.json"):
        assert (office.folder / file).stat().st_mode & 0o077 == 0, file


def test_no_secret_lies_in_the_repository():
    root = SOURCE.parents[1]
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, check=True).stdout.split(b"\0")
    private = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----|AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36}")
    files = [root / name.decode() for name in listed if name and (root / name.decode()).is_file()]
    assert files
    assert [file.name for file in files if file.suffix == ".key" or private.search(file.read_bytes())] == []
