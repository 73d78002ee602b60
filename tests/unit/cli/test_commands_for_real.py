"""The commands as a person types them, in a process of their own, on real workspaces."""

import json
import os
import zipfile
from pathlib import Path

import pytest

from tests.unit.cli.running import FACTS, yucai

GOOD = "学号,题目,得分,满分\n01,exam/physics-2025-2026-1,88,100\n02,exam/physics-2025-2026-1,61,100\n"


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cli") / "office"
    made = yucai("init", "--workspace", folder, "--name", "示范学院")
    assert made.returncode == 0, made.stderr
    assert "首个账号：office，密码：" in made.stdout
    return folder


def test_a_workspace_that_exists_is_left_as_it_is(office):
    before = sorted(path.name for path in office.iterdir())
    again = yucai("init", "--workspace", office)
    assert again.returncode == 73
    assert f"“{office}”已经存在，未作任何改动。" in again.stderr
    assert sorted(path.name for path in office.iterdir()) == before


def test_a_dry_run_of_init_makes_nothing(tmp_path):
    planned = yucai("init", "--workspace", tmp_path / "new", "--dry-run", lang="en")
    assert planned.returncode == 0
    assert "Would make a workspace" in planned.stdout
    assert not (tmp_path / "new").exists()


def test_a_broken_build_leaves_nothing(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    broken = yucai("init", "--workspace", tmp_path / "file" / "office")
    assert broken.returncode in (73, 77)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file"]


def test_no_workspace_here(tmp_path):
    missing = yucai("check", "--workspace", tmp_path, lang="en")
    assert missing.returncode == 66
    assert "is no Yucai workspace: it holds no yucai.toml. Make one with: yucai init" in missing.stderr


def test_a_file_goes_in_once_and_whole(office, tmp_path):
    file = tmp_path / "成绩.csv"
    file.write_text(GOOD, encoding="utf-8")
    planned = yucai("import", file, "--workspace", office, "--dry-run", *FACTS)
    assert "试运行：将入库 2 行；新增 2 人，变动 0 人；新增得分 2 个" in planned.stdout
    done = yucai("import", file, "--workspace", office, *FACTS)
    assert done.returncode == 0, done.stderr
    assert "新增得分 2 个" in done.stdout
    again = yucai("import", file, "--workspace", office, lang="en")
    assert "This very file was imported before: nothing to change." in again.stdout

    other = tmp_path / "another.csv"
    other.write_text(GOOD + "03,exam/physics-2025-2026-1,70,100\n", encoding="utf-8")
    like = yucai("import", other, "--workspace", office)
    assert (like.returncode, "若是其更正，请加 --corrects" in like.stderr) == (65, True)
    clash = yucai("import", other, "--workspace", office, "--corrects", "0")
    assert clash.returncode == 65
    assert "有 2 个得分已经入库" in clash.stderr
    assert yucai("check", "--workspace", office).returncode == 0


def test_scores_without_facts_of_their_source_are_refused_and_the_way_to_state_them_is_named(office, tmp_path):
    file = tmp_path / "成绩.csv"
    file.write_text(GOOD, encoding="utf-8")
    for more in ((), ("--dry-run",)):
        refused = yucai("import", file, "--workspace", office, "--source", "unstated", *more)
        assert refused.returncode == 65
        for asked in ("未说明目的", "未说明法律依据", "未指明责任人", "未说明数据分级", "未说明保存期限"):
            assert asked in refused.stderr
        assert "--template responses --owner 责任人" in refused.stderr
    in_english = yucai("import", file, "--workspace", office, "--source", "unstated", lang="en")
    assert "Take it over with: --template responses --owner NAME" in in_english.stderr


def test_an_item_that_no_rule_covers_is_kept_and_named(office, tmp_path):
    file = tmp_path / "chess.csv"
    file.write_text("learner,item,score,max_score\n01,chess/open,3,5\n", encoding="utf-8")
    done = yucai("import", file, "--workspace", office, *FACTS)
    assert done.returncode == 0
    assert "提示：“evidence-demo-college”中没有规则涵盖题目“chess/open”：已保留，但不参与测量。" in done.stdout
    said = json.loads(yucai("import", file, "--workspace", office, "--json").stdout)
    assert [(fault["code"], fault["facts"]["item"]) for fault in said["unmeasured"]] == [("no-rule", "chess/open")]


def test_a_term_without_evidence_has_no_portrait(office, tmp_path):
    refused = yucai("portrait", "01", "--occasion", "1999-2000", "--workspace", office, "--to", tmp_path / "x.pdf")
    assert refused.returncode == 65
    assert "01 在“1999-2000”没有证据。请用 --occasion 指定其一：" in refused.stderr
    assert not (tmp_path / "x.pdf").exists()


def test_the_result_as_json(office):
    checked = yucai("check", "--workspace", office, "--json")
    said = json.loads(checked.stdout)
    assert said["faults"] == []
    assert said["passed"][0] == {"en": "The records database is whole.", "zh": "记录库完好。"}


def test_a_damaged_lake_is_found(office, tmp_path):
    file = tmp_path / "more.csv"
    file.write_text("learner,item,score,max_score\n09,award/college,1,1\n", encoding="utf-8")
    assert yucai("import", file, "--workspace", office, *FACTS).returncode == 0
    part = sorted((office / "lake").rglob("*.parquet"))[-1]
    kept = part.read_bytes()
    part.write_bytes(kept[:-1] + b"x")
    try:
        found = yucai("check", "--workspace", office, lang="en")
        assert found.returncode == 65
        assert "is not as it was written. Restore it from a backup." in found.stdout
    finally:
        part.write_bytes(kept)


def test_a_file_that_is_not_what_its_name_says(office, tmp_path):
    file = tmp_path / "grades.xlsx"
    file.write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")
    refused = yucai("import", file, "--workspace", office)
    assert refused.returncode == 65
    assert "“grades.xlsx”是图片，不是表格。请向发送人索取原始的 Excel 或 CSV 文件" in refused.stderr


def test_an_unknown_learner_and_an_unknown_space(office, tmp_path):
    nobody = yucai("portrait", "404", "--workspace", office, lang="en", PWD=str(tmp_path))
    assert (nobody.returncode, "No learner with the number “404” is recorded." in nobody.stderr) == (65, True)
    nowhere = yucai("measure", "--space", "moon", "--workspace", office)
    assert (nowhere.returncode, "这里没有名为“moon”的空间" in nowhere.stderr) == (64, True)


def test_a_backup_holds_everything_and_can_be_served_again(office, tmp_path):
    file = tmp_path / "office.tar.gz"
    (office / "uploads" / "ab").mkdir(parents=True)
    (office / "uploads" / "ab" / "abc").write_bytes(b"a certificate")
    done = yucai("backup", "--workspace", office, "--to", file)
    assert done.returncode == 0, done.stderr
    assert yucai("restore", file, "--workspace", tmp_path / "back").returncode == 0
    assert yucai("check", "--workspace", tmp_path / "back").returncode == 0
    assert (tmp_path / "back" / "uploads" / "ab" / "abc").read_bytes() == b"a certificate"
    taken = yucai("backup", "--workspace", office, "--to", file, lang="en")
    assert (taken.returncode, "already exists and was left as it is" in taken.stderr) == (73, True)


def test_a_port_in_use_is_said(office):
    import socket

    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        refused = yucai("serve", "--workspace", office, "--port", port)
    assert refused.returncode == 69
    assert f"端口 {port} 已被其他程序占用。请关闭该程序，或换一个端口：--port {port + 1}" in refused.stderr


def test_what_was_typed_wrongly_is_said_in_both_languages():
    assert yucai("portrait").stderr == "缺少参数：learner。\n请看：yucai portrait --help\n"
    english = yucai("measure", "--spce", "x", lang="en")
    assert (english.returncode, english.stderr.startswith("Unrecognized arguments: --spce x.")) == (64, True)


def test_an_unexpected_fault_is_one_sentence_and_a_log(office, tmp_path):
    (tmp_path / "yucai.toml").write_text('name = "x"\n')
    (tmp_path / "secret.key").write_text("k" * 50)
    (tmp_path / "records.sqlite3").write_bytes(b"no database at all" * 100)
    broken = yucai("check", "--workspace", tmp_path, lang="en")
    assert broken.returncode == 70
    assert "Traceback" not in broken.stderr
    assert broken.stderr.startswith("Something unexpected happened (DatabaseError)")


def test_no_write_permission(tmp_path):
    tmp_path.chmod(0o500)
    place = tmp_path / "office"
    if os.geteuid() == 0:  # who may write in every folder but those of the kernel
        place = Path("/sys/office")
    refused = yucai("init", "--workspace", place, lang="en")
    assert refused.returncode == 77
    assert f"Yucai may not write in “{place}”" in refused.stderr
    assert not place.exists()


def test_zip_that_is_no_workbook(office, tmp_path):
    with zipfile.ZipFile(tmp_path / "grades.xlsx", "w") as archive:
        archive.writestr("a.txt", "hello")
    refused = yucai("import", tmp_path / "grades.xlsx", "--workspace", office, lang="en")
    assert "its content is a zip archive that is no workbook" in refused.stderr
