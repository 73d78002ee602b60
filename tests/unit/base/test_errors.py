"""Errors teach: the facts are kept, and said in the language of the reader; all faults at once."""

import dataclasses
import json
import tomllib

import pytest

from yucai.errors import Fault, FaultyInputError, YucaiError, why_unread
from yucai.texts import Text


class PlacesError(YucaiError):
    """A programme offers fewer places than one."""

    says = Text("{name} offers {n} places ({why}). Offer one.", "{name} 只有 {n} 个名额（{why}）。请至少给一个。")
    exit_code = 65


FULL = Text("all are taken", "已满")
TOO_FEW = Text("offers {n} places", "名额为 {n}")


def test_an_error_speaks_both_languages_and_keeps_its_facts():
    error = PlacesError(name="nursing", n=0, why=FULL)
    assert str(error) == "nursing offers 0 places (all are taken). Offer one."
    assert error.in_language("zh-hans") == "nursing 只有 0 个名额（已满）。请至少给一个。"
    assert error.facts == {"name": "nursing", "n": 0, "why": FULL}


def test_the_facts_of_an_error_are_its_own():
    facts = {"name": "nursing", "n": 0, "why": "x"}
    error = PlacesError(**facts)
    facts["n"] = 9
    assert error.facts["n"] == 0


def test_an_error_that_lacks_a_fact_is_not_made():
    with pytest.raises(KeyError, match="why"):
        PlacesError(name="nursing", n=0)


def test_the_root_speaks_too_and_says_which_exit_code():
    assert YucaiError(reason="no light").in_language("zh") == "出了问题：no light。"
    assert (YucaiError.exit_code, PlacesError.exit_code, FaultyInputError.exit_code) == (70, 65, 65)


def test_a_fault_says_its_place_first():
    fault = Fault(code="few", says=TOO_FEW, where="sheet 成绩, row 17", facts={"n": 0})
    assert fault.in_language("en") == "sheet 成绩, row 17: offers 0 places"
    assert fault.in_language("zh") == "sheet 成绩, row 17：名额为 0"
    assert dataclasses.replace(fault, where="").in_language("zh") == "名额为 0"


def test_facts_of_a_fault_in_two_languages_are_said_in_the_readers():
    fault = Fault(code="full", says=Text("no: {why}", "不行：{why}"), facts={"why": FULL})
    assert (fault.in_language("en"), fault.in_language("zh")) == ("no: all are taken", "不行：已满")


def test_all_faults_are_listed_and_counted():
    faults = (Fault(code="few", says=TOO_FEW, where=place, facts={"n": n}) for n, place in enumerate(["甲", "乙"]))
    error = FaultyInputError("plan", faults)
    assert [fault.where for fault in error.faults] == ["甲", "乙"]
    assert str(error) == (
        "plan cannot be used as it is (2 to correct). Nothing was changed.\n"
        "- 甲: offers 0 places\n- 乙: offers 1 places"
    )
    assert error.in_language("zh") == (
        "“plan”不能照原样使用（需改正 2 处）。没有改动任何数据。\n- 甲：名额为 0\n- 乙：名额为 1"
    )
    assert isinstance(error, YucaiError)


def test_braces_in_facts_are_only_braces():
    error = FaultyInputError("{plan}", [Fault(code="few", says=TOO_FEW, where="{0}", facts={"n": "{n}"})])
    assert str(error).endswith("- {0}: offers {n} places")
    assert str(error).startswith("{plan} cannot")


@pytest.mark.parametrize(
    ("read", "content", "english", "chinese"),
    [
        (
            tomllib.loads,
            "a = 1\nb 2",
            "line 2, column 3: a key is followed by “=” and a value",
            "第 2 行第 3 列：键名之后",
        ),
        (tomllib.loads, "a = “x”", "line 1, column 5: that is no value; words stand", "第 1 行第 5 列：不是有效的值"),
        (tomllib.loads, "a = [1", "at the end of the file: a list is not closed", "文件末尾：列表缺少"),
        (tomllib.loads, "a = 1\na = 2", "at the end of the file: a key is written twice", "文件末尾：键名重复"),
        (tomllib.loads, "a = " + "9" * 5000, "a number has more digits", "数字位数过多"),
        (
            json.loads,
            '{"a":\n 1,}',
            "line 2, column 4: it cannot be read as JSON",
            "第 2 行第 4 列：无法按 JSON 格式读取",
        ),
        (bytes.decode, b"a\nbc\xff", "line 2, column 3: this is not UTF-8", "第 2 行第 3 列：不是 UTF-8"),
    ],
)
def test_what_a_parser_met_is_said_in_words_of_ours_with_its_place(read, content, english, chinese):
    with pytest.raises(ValueError, match=r".") as met:
        read(content)
    why = why_unread(met.value, form="JSON" if read is json.loads else "TOML")
    assert why.en.startswith(english)
    assert why.zh.startswith(chinese)


def test_no_known_sentence_of_the_reader_of_toml_is_left_in_its_own_words():
    """Were a new release to word them otherwise, this says so; a user would then read only the place."""
    broken = [
        "a b",
        "a = b",
        'a = "x\n',
        "a = [1",
        "a = {b=1",
        "[a",
        "a=1\na=2",
        "[a]\n[a]",
        "a=1 b=2",
        "= 1",
        'a = "x',
    ]
    for content in broken:
        with pytest.raises(tomllib.TOMLDecodeError) as met:
            tomllib.loads(content)
        assert "cannot be read as" not in why_unread(met.value).en, content
