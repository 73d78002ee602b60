"""``yucai coordination``: somebody with a file and no workspace audits a table, and asks whether two series drive one
another.
"""

import json
import re

import numpy as np
import pytest

from yucai.cli import main


@pytest.fixture
def yucai(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def run(line, language="en"):
        code = main(["coordination", *line.split(), "--lang", language])
        told = capsys.readouterr()
        return code, told.out + told.err

    return run


def table(mistake):
    """Scores of thirty units with a D in which a mistake may be."""
    rng = np.random.default_rng(5)
    u = rng.uniform(0.1, 0.9, (30, 2)).round(4)
    c, t = 2 * np.sqrt(u.prod(axis=1)) / u.sum(axis=1), u.mean(axis=1)
    d = np.cbrt(c * t) if mistake else np.sqrt(c * t)
    rows = [f"县{n},2020,{u[n, 0]},{u[n, 1]},{d[n]:.4f}" for n in range(30)]
    return "\n".join(["地区,年份,U:教育,U:科技,D", *rows])


def panel(slope, *, units=12, periods=14):
    """Two series; the first drives the second by ``slope``."""
    rng = np.random.default_rng(8)
    lines = ["city,year,talent,output"]
    for unit in range(units):
        x = rng.normal(size=periods + 1)
        y = slope * x[:-1] + 0.3 * rng.normal(size=periods)
        lines += [f"市{unit:02d},{2008 + t}年,{x[t + 1]:.4f},{y[t]:.4f}" for t in range(periods)]
    return "\n".join(lines)


DRIVE = "drive panel.csv --unit city --period year --first talent --second output --draws 199"


def test_an_audit_names_the_mistake_and_what_it_changes(yucai, tmp_path):
    (tmp_path / "table.csv").write_text(table(mistake=True), encoding="utf-8")
    code, told = yucai("audit table.csv")
    assert code == 0
    assert "! D = (C T)^(1/3): a cube root, which lifts every D and its grade" in told
    assert "D, coordination: 30 of 30 cells (100 %)" in told
    assert "change their grade of ten under the standard formula" in told
    told = yucai("audit table.csv", "zh")[1]
    assert "误用立方根" in told
    assert "30 格中的 30 格（100%）" in told
    assert "change" not in told


def test_an_audit_of_a_right_table_finds_no_mistake_and_can_be_read_by_a_program(yucai, tmp_path):
    (tmp_path / "table.csv").write_text(table(mistake=False), encoding="utf-8")
    assert "No known mistake was found" in yucai("audit table.csv")[1]
    found = json.loads(yucai("audit table.csv --json")[1])
    assert (found["rows"], found["mistakes"], found["changes"]) == (30, [], [])
    assert found["steps"][0]["best"][0]["cells"] == 30


def test_a_table_that_is_none_is_refused_with_what_is_right(yucai, tmp_path):
    (tmp_path / "table.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    code, told = yucai("audit table.csv")
    assert code == 65
    assert "scores or indicators of at least two subsystems" in told
    assert yucai("audit nowhere.csv")[0] == 66


def test_a_drive_is_answered_with_sizes_and_the_same_again(yucai, tmp_path):
    (tmp_path / "panel.csv").write_text(panel(0.9), encoding="utf-8")
    code, told = yucai(DRIVE)
    assert code == 0
    assert "One direction is found: past “talent” helps to foresee “output”" in told
    assert re.search(r"- talent → output: slope 0\.\d\d \(95 %: 0\.\d\d to", told)
    assert "after 3 periods:" in told
    assert yucai(DRIVE)[1] == told
    assert "只有一个方向成立" in yucai(DRIVE, "zh")[1]
    found = json.loads(yucai(DRIVE + " --json")[1])
    assert (found["verdict"], found["found"], found["units"]) == ("one-way", [True, False], 12)


def test_a_drive_without_an_effect_cannot_be_told(yucai, tmp_path):
    (tmp_path / "panel.csv").write_text(panel(0.0), encoding="utf-8")
    assert "It cannot be told" in yucai(DRIVE)[1]


def test_series_that_share_an_indicator_and_numbers_out_of_range_are_refused(yucai, tmp_path):
    (tmp_path / "panel.csv").write_text(panel(0.9), encoding="utf-8")
    code, told = yucai(DRIVE + " --shared patents")
    assert code != 0
    assert "patents" in told
    assert yucai(DRIVE + " --lags 9") == (64, "--lags is 9; it must be from 1 to 4.\n")


def test_every_fault_of_a_panel_is_named_with_its_place(yucai, tmp_path):
    lines = panel(0.9).split("\n")
    lines[1], lines[2] = "市00,2008年,many,0.1", "市00,,0.2,0.1"
    (tmp_path / "panel.csv").write_text("\n".join(lines), encoding="utf-8")
    code, told = yucai(DRIVE)
    assert code == 65
    assert "“talent” is “many”; it must be a number" in told
    assert "“year” is “”; it must be a year or another whole number" in told
    assert "There is no column “place”" in yucai(DRIVE.replace("city", "place"))[1]
    lines[1:3] = ["市00,2008年,,0.1", "市00,2009年,0.3,0.1"]
    (tmp_path / "panel.csv").write_text("\n".join(lines), encoding="utf-8")
    assert "市00 has no value of “talent” for 2008" in yucai(DRIVE)[1]
