"""Where graduates went, out of lists as offices keep them: kinds alone, nothing guessed, no employer kept."""

import csv
from datetime import UTC, date, datetime

import pytest

from yucai.evidence import DestinationKind, graduates_in, keep_least, read_destination, read_table

NOON = datetime(2026, 11, 24, 4, tzinfo=UTC)
ZH = ("学号", "姓名", "毕业去向类别", "单位名称", "职位", "行业", "毕业年份", "毕业后年数")
EN = ("Student number", "Name", "Destination", "Employer", "Post", "Industry", "Year", "Years after graduation")


def read(tmp_path, titles, *rows):
    file = tmp_path / "graduates.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([titles, *rows])
    return keep_least(read_table(file, at=NOON))


@pytest.mark.parametrize("titles", [ZH, EN])
def test_a_list_gives_the_kind_and_never_the_employer(tmp_path, titles):
    row = ("2022010001", "张三", "签劳动合同形式就业", "某某公司", "工程师", "制造业", "2026届", "1")
    reading = read(tmp_path, titles, row)
    (one,) = graduates_in(reading)
    assert (one.kind, one.industry, one.graduated_on, one.after) == (
        DestinationKind.EMPLOYED, "制造业", date(2026, 6, 30), 1,
    )  # fmt: skip
    assert reading.table.select("unit", "post").row(0) == (None, None)


@pytest.mark.parametrize(("word", "kind"), [
    ("境内升学", "study-home"), ("出国、出境", "study-abroad"), ("自主创业", "founded"), ("应征义务兵", "service"),
    ("待就业", "not-yet"), ("失联", "unknown"), ("Further study", "study-home"), (" 灵活就业 ", "flexible"),
])  # fmt: skip
def test_words_of_offices_stand_for_kinds(word, kind):
    assert read_destination(word).value == kind


def test_a_word_that_is_not_understood_is_unknown_and_kept_to_be_asked_about(tmp_path):
    (one,) = graduates_in(read(tmp_path, ZH[:3], ("2022010001", "张三", "航校待飞")))
    assert (one.kind, one.said) == (DestinationKind.UNKNOWN, "航校待飞")
    assert one.graduated_on is None


def test_a_day_of_graduation_is_taken_as_it_stands(tmp_path):
    titles = ("学号", "姓名", "毕业去向类别", "毕业时间")
    (one,) = graduates_in(read(tmp_path, titles, ("2022010001", "张三", "升学", "2026-07-01")))
    assert one.graduated_on == date(2026, 7, 1)


def test_no_word_stands_for_two_kinds():
    from yucai.evidence.destinations import _KINDS, _TOLD

    assert len(_KINDS) == sum(len(kind["words"]) for kind in _TOLD.values())
    assert set(_TOLD) == {kind.value for kind in DestinationKind}
