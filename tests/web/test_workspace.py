"""The folder of an office, and the address of its database."""

import stat
import tomllib

import pytest

from yucai.errors import YucaiError
from yucai.web.settings import _database
from yucai.web.workspace import (
    DatabaseAddressError,
    FolderNotWritableError,
    WorkspaceExistsError,
    WorkspaceMissingError,
    create_workspace,
    open_workspace,
    require_free,
    without_password,
)


@pytest.mark.parametrize("name", ["示范学院", 'The "best" school', "back\\slash", "# no comment", "'''"])
def test_an_office_is_opened_as_it_was_made(tmp_path, name):
    made = create_workspace(tmp_path / "office", name=name, language="en", demo=True)
    assert open_workspace(tmp_path / "office") == made
    assert (made.name, made.language, made.database, made.demo) == (name, "en", "", True)
    assert made.folder == (tmp_path / "office").resolve()
    assert all(folder.is_dir() for folder in (made.lake, made.calibrations, made.logs))
    assert tomllib.loads((made.folder / "yucai.toml").read_text(encoding="utf-8"))["name"] == name


def test_the_key_is_long_its_own_and_for_its_owner_only(tmp_path):
    keys = [create_workspace(tmp_path / name, name="x", language="zh").secret_key for name in "ab"]
    assert len(keys[0]) >= 50
    assert keys[0] != keys[1]
    assert stat.S_IMODE((tmp_path / "a" / "secret.key").stat().st_mode) == 0o600


@pytest.mark.parametrize("name", ["two\nlines", "tab\there", "bell\x07\x7f"])
def test_a_name_with_control_characters_can_be_read_back(tmp_path, name):
    assert create_workspace(tmp_path / "office", name=name, language="zh").name == name


def test_an_empty_folder_is_free_and_anything_else_is_not(tmp_path):
    (tmp_path / "empty").mkdir()
    require_free(tmp_path / "empty")
    require_free(tmp_path / "not" / "there")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").touch()
    (tmp_path / "file").touch()
    for taken in ("full", "file"):
        with pytest.raises(WorkspaceExistsError):
            require_free(tmp_path / taken)
    with pytest.raises((WorkspaceExistsError, FolderNotWritableError)):
        create_workspace(tmp_path / "file" / "office", name="x", language="zh")


@pytest.mark.parametrize(
    ("settings", "key", "says"),
    [
        ("name = ", "k", "cannot be read"),
        ("name = 'x'", None, "cannot be read"),
        (b"name = '\xff'", "k", "cannot be read"),
    ],
)
def test_damaged_settings_are_said_with_their_file(tmp_path, settings, key, says):
    (tmp_path / "yucai.toml").write_bytes(settings if isinstance(settings, bytes) else settings.encode())
    if key:
        (tmp_path / "secret.key").write_text(key)
    with pytest.raises(YucaiError, match=says) as refused:
        open_workspace(tmp_path)
    assert str(tmp_path / "yucai.toml") in refused.value.in_language("zh")


def test_a_folder_that_is_no_office_says_how_to_make_one(tmp_path):
    with pytest.raises(WorkspaceMissingError, match="yucai init --workspace"):
        open_workspace(tmp_path / "nowhere")


def test_without_an_address_the_records_are_a_file(tmp_path):
    found = _database("", tmp_path / "records.sqlite3")
    assert (found["ENGINE"], found["NAME"]) == ("django.db.backends.sqlite3", tmp_path / "records.sqlite3")
    for part in ("journal_mode=WAL", "foreign_keys=ON", "wal_autocheckpoint=16000"):
        assert part in found["OPTIONS"]["init_command"]


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("postgresql://ana:p%40ss%2Fw@db.school:5433/office", ("office", "ana", "p@ss/w", "db.school", "5433", {})),
        ("postgres://ana@localhost/office", ("office", "ana", "", "localhost", "", {})),
        ("postgresql:///office", ("office", "", "", "", "", {})),
        ("postgresql://postgres:@/office?host=/run/pg", ("office", "postgres", "", "/run/pg", "", {})),
        ("postgresql://ana@[::1]:1/%E5%8A%9E?sslmode=require", ("办", "ana", "", "::1", "1", {"sslmode": "require"})),
    ],
)  # fmt: skip
def test_an_address_is_taken_apart(tmp_path, address, expected):
    found = _database(address, tmp_path)
    assert tuple(found[name] for name in ("NAME", "USER", "PASSWORD", "HOST", "PORT", "OPTIONS")) == expected
    assert found["ENGINE"] == "django.db.backends.postgresql"


@pytest.mark.parametrize(
    ("address", "en", "zh"),
    [
        ("mysql://ana:secret@db/office", "it begins with “mysql:”", "以“mysql:”开头"),
        ("sqlite:///secret.db", "it begins with “sqlite:”", "以“sqlite:”开头"),
        ("secret", "it begins with “-”", "以“-”开头"),
        ("postgresql://ana:secret@db", "it names no database", "没有写明数据库"),
        ("postgresql://ana:secret@db/", "it names no database", "没有写明数据库"),
        ("postgresql://ana:secret@db:many/office", "its port is no number", "端口不是"),
        ("postgresql://ana:secret@db:99999/office", "its port is no number", "端口不是"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused_and_keeps_its_secret(tmp_path, address, en, zh):
    with pytest.raises(DatabaseAddressError) as refused:
        _database(address, tmp_path)
    assert en in refused.value.in_language("en")
    assert zh in refused.value.in_language("zh")
    assert "secret" not in refused.value.in_language("en") + refused.value.in_language("zh") + repr(refused.value)


@pytest.mark.parametrize(
    ("address", "bare", "password"),
    [
        ("postgresql://ana:p%40ss@db:5433/office", "postgresql://ana@db:5433/office", "p@ss"),
        ("postgresql:///office", "postgresql:///office", ""),
        ("postgresql://postgres:@/o?host=/run", "postgresql://postgres@/o?host=/run", ""),
    ],
)
def test_the_password_is_kept_out_of_command_lines(address, bare, password):
    assert without_password(address) == (bare, password)
