"""``yucai policy``: an outsider with files and no workspace seals, sees the gate, works out and runs again."""

import json

import pytest

from yucai.cli import main
from yucai.demo import demo_policies
from yucai.governance import write_card


@pytest.fixture
def folder(tmp_path):
    policy = demo_policies()[2]
    (tmp_path / "card.toml").write_text(write_card(policy.card), encoding="utf-8")
    (tmp_path / "data.csv").write_bytes(policy.data)
    return tmp_path


@pytest.fixture
def yucai(folder, capsys, monkeypatch):
    monkeypatch.chdir(folder)

    def run(line, language="en"):
        code = main(["policy", *line.split(), "--lang", language])
        told = capsys.readouterr()
        return code, told.out + told.err

    return run


def test_from_the_card_to_the_bundle_that_runs_again(yucai, folder):
    assert yucai("new fresh.toml")[0] == 0
    assert "every key" not in (folder / "fresh.toml").read_text(encoding="utf-8")
    code, told = yucai("seal card.toml --by Li")
    mark = told.splitlines()[1]
    assert code == 0
    assert json.loads((folder / "card.seal.json").read_text())["mark"] == mark
    code, told = yucai("feasibility card.toml data.csv --by Li")
    assert "Nothing of the result was worked out" in told
    assert yucai("evaluate card.toml data.csv --by Li")[0] == 66  # nobody accepted the gate
    assert "Accepted by Wang" in yucai("feasibility card.toml data.csv --by Wang --accept")[1]
    code, told = yucai("evaluate card.toml data.csv --by Li", "zh")
    assert code == 0
    assert "无法检验" in told
    assert "未就其他检验作校正" in told  # nothing here knows of other looks
    assert yucai(f"verify card.zip --mark {mark}")[0] == 0
    assert "逐字节相同" in yucai("rerun card.zip", "zh")[1]
    code, told = yucai("list .")
    assert "dual-mentors: not testable" in told
    assert "Known is this folder and no more" in told
    assert "simulated: no finding" in told
    assert yucai("verify card.zip --mark 0123456789abcdef0123456789abcdef")[0] == 65


def test_what_would_be_skipped_or_written_over_is_refused(yucai, folder):
    assert yucai("feasibility card.toml data.csv --by Li")[0] == 66  # not sealed
    assert yucai("seal card.toml --by Li --dry-run")[0] == 0
    assert not (folder / "card.seal.json").exists()
    assert yucai("seal card.toml --by Li")[0] == 0
    assert yucai("seal card.toml --by Li")[0] == 73
    assert yucai("feasibility card.toml data.csv --by Li")[0] == 0
    (folder / "data.csv").write_bytes(demo_policies()[2].data.replace(b"Programme 02,2022,", b"Programme 02,2022,1"))
    code, told = yucai("feasibility card.toml data.csv --by Li")
    assert code == 65
    assert "is not the file that was opened" in told
    card = folder / "card.toml"
    card.write_text(card.read_text(encoding="utf-8").replace("horizon = 2", "horizon = 1"), encoding="utf-8")
    code, told = yucai("feasibility card.toml data.csv --by Li")
    assert code == 65
    assert "not the one that was sealed" in told


def test_a_changed_bundle_names_the_part(yucai, folder):
    for line in ("seal card.toml --by Li", "feasibility card.toml data.csv --by Li --accept",
                 "evaluate card.toml data.csv --by Li --to out.zip"):  # fmt: skip
        assert yucai(line)[0] == 0
    content = (folder / "out.zip").read_bytes()
    (folder / "out.zip").write_bytes(content.replace(b"Programme 02,2022,", b"Programme 02,2023,", 1))
    for command in ("verify", "rerun"):
        code, told = yucai(f"{command} out.zip")
        assert code == 65
        assert "data.csv" in told
    assert yucai("list .")[0] == 65
