"""Indicators: what they are, how they are worked out, and what an empty cell says. Read from top to bottom.

Every definition comes from a pack, which names its standard. Nothing is put in the place of what is missing.
"""

from datetime import UTC, date, datetime

import pytest

from yucai.governance import (
    Axis,
    FilledItem,
    Ledger,
    Reference,
    ReleasePolicy,
    Step,
    WhyEmpty,
    chain_steps,
    chain_table,
    check_tables,
    compute_indicator,
    furthest_step,
    indicator_packs,
    load_indicators,
    period_of,
    release_table,
    standing_told,
    vintages_of,
)
from yucai.texts import Text

AT = datetime(2026, 9, 30, 4, tzinfo=UTC)
CHINA = load_indicators("china-undergraduate")
RATIO = CHINA.indicator("cn-08")
COLLEGE = dict.fromkeys(RATIO.figures, 0) | {
    "students.undergraduate": 900, "students.master": 100, "students.doctoral": 20, "students.foreign": 10,
    "students.evening": 100, "students.correspondence": 200, "teachers.full-time": 60, "teachers.outside": 20,
}  # fmt: skip


# 1. A definition says what counts, and which standard says so


def test_an_indicator_says_numerator_denominator_and_who_counts_and_as_of_when():
    assert RATIO.name.zh == "生师比"
    assert "master 1.5" in RATIO.numerator.en
    assert RATIO.denominator.zh == "专任教师数＋聘请校外教师数×0.5"
    assert RATIO.reference is Reference.CENSUS_DAY
    assert (RATIO.norm, RATIO.more_is_better) == (18, False)
    assert RATIO.standard.startswith("教发〔2004〕2号")


def test_the_25_core_data_stand_in_their_three_groups():
    found = [one.group for one in CHINA.indicators]
    assert [found.count(group) for group, _name in CHINA.groups] == [11, 10, 4]


def test_what_could_not_be_compared_with_its_standard_says_so():
    unchecked = [one for one in CHINA.indicators if not one.checked]
    assert {one.code for one in unchecked} >= {"cn-22", "cn-24"}
    assert all(one.remark.en and one.remark.zh for one in unchecked)


def test_one_year_has_three_senses():
    assert period_of(Reference.CALENDAR_YEAR, 2026).begins == date(2026, 1, 1)
    assert period_of(Reference.SCHOOL_YEAR, 2026).begins == date(2025, 9, 1)
    assert period_of(Reference.CENSUS_DAY, 2026).begins == date(2026, 9, 30)


# 2. A value carries its conversion: there two institutions' "same" ratio differs


def test_converted_enrolment_by_hand():
    value = compute_indicator(RATIO, COLLEGE, AT)
    assert value.numerator == 900 + 1.5 * 100 + 2 * 20 + 3 * 10 + 0.3 * 100 + 0.1 * 200 == 1170
    assert value.denominator == 60 + 0.5 * 20 == 70
    assert round(value.value, 2) == 16.71
    masters = next(line for line in value.top if line.figure == "students.master")
    assert (masters.count, masters.weight, masters.counts_as) == (100, 1.5, 150)


def test_the_same_college_without_conversion_has_another_ratio():
    pupils = load_indicators("uis-sdg4").indicator("uis-ptr")
    value = compute_indicator(pupils, {"region.pupils": 1330, "region.teachers": 80}, AT)
    assert round(value.value, 2) == 16.62  # heads over heads: not 16.71


def test_area_is_divided_by_full_time_students_and_not_by_converted_ones():
    area = CHINA.indicator("cn-17")
    value = compute_indicator(area, COLLEGE | {"space.teaching": 15450}, AT)
    assert (value.denominator, value.value) == (1030, 15)


# 3. An empty cell says why it is empty


@pytest.mark.parametrize(("given", "why"), [
    ({"leavers.graduated": 57}, WhyEmpty.NOT_RECORDED),
    ({"leavers.graduated": 57, "leavers.due": WhyEmpty.DOES_NOT_APPLY}, WhyEmpty.DOES_NOT_APPLY),
    ({"leavers.graduated": WhyEmpty.SMALL, "leavers.due": 60}, WhyEmpty.SMALL),
    ({"leavers.graduated": WhyEmpty.NOT_SIGNED, "leavers.due": None}, WhyEmpty.NOT_SIGNED),
    ({"leavers.graduated": 0, "leavers.due": 0}, WhyEmpty.ZERO),
])  # fmt: skip
def test_an_empty_cell_says_why(given, why):
    value = compute_indicator(CHINA.indicator("cn-22"), given, AT)
    assert (value.value, value.why) == (None, why)


def test_no_student_is_a_number_and_no_report_is_none():
    assert compute_indicator(CHINA.indicator("cn-01"), {"students.undergraduate": 0}, AT).value == 0
    assert compute_indicator(CHINA.indicator("cn-01"), {}, AT).missing == ("students.undergraduate",)


# 4. A past value that is worked out again is a new vintage beside the old one


def test_a_recomputed_value_is_a_new_vintage_with_its_difference():
    old = compute_indicator(RATIO, COLLEGE, AT)
    new = compute_indicator(RATIO, COLLEGE | {"teachers.full-time": 50}, datetime(2027, 3, 1, tzinfo=UTC))
    first, second = vintages_of([old], new)
    assert (first.value, first.difference) == (old, None)
    assert round(second.difference, 2) == 2.79
    assert len(vintages_of([old], old)) == 1


# 5. Tables are checked against one another


def filled(code, last_year=None, written=None, **counts):
    definition = CHINA.indicator(code)
    given = {name.replace("__", ".").replace("_", "-"): count for name, count in counts.items()}
    value = compute_indicator(definition, given, AT)
    return FilledItem(indicator=definition, counts=given, value=value, last_year=last_year, written=written)


def test_one_figure_in_two_tables_must_be_the_same():
    rows = [
        filled("cn-22", leavers__due=60, leavers__graduated=57),
        filled("cn-23", leavers__graduated=58, leavers__degree=57),
    ]
    (found,) = check_tables(CHINA, rows)
    assert (found.kind.value, found.items) == ("two-values", ("cn-22", "cn-23"))
    assert found.says.en == (
        "“of them, graduated” is 57 in “Share that graduate on time” but 58 in “Share awarded a degree”."
    )


def test_parts_are_at_most_the_whole():
    (found,) = check_tables(CHINA, [filled("cn-22", leavers__due=60, leavers__graduated=61)])
    assert found.kind.value == "sum"
    assert found.says.zh == "毕业人数不多于应届人数。现分别为 60 与 61。"


def test_a_ratio_is_what_its_parts_make():
    assert check_tables(CHINA, [filled("cn-25", written=95.0, fitness__tested=200, fitness__passed=190)]) == ()
    (found,) = check_tables(CHINA, [filled("cn-25", written=96.0, fitness__tested=200, fitness__passed=190)])
    assert (found.kind.value, found.says.en) == (
        "ratio", "Share up to the standard of fitness says 96; from its numerator and denominator it is 95.",
    )  # fmt: skip


def test_a_leap_against_last_year_wants_a_word():
    assert check_tables(CHINA, [filled("cn-13", last_year=100.0, equipment__new=149)]) == ()
    (found,) = check_tables(CHINA, [filled("cn-13", last_year=100.0, equipment__new=151)])
    assert found.kind.value == "leap"


# 6. The chain: where people stand, and where they leave it


def test_a_step_counts_only_where_the_ones_before_it_are_on_record():
    day = date(2026, 11, 28)
    events = {Step.FOUND: date(2023, 9, 1), Step.SELECTED: date(2023, 9, 10), Step.LAUNCHED: date(2025, 5, 1)}
    assert furthest_step(events, on=day) is Step.SELECTED
    assert furthest_step(events | {Step.RAISED: date(2024, 3, 1)}, on=day) is Step.LAUNCHED
    assert furthest_step(events, on=date(2023, 9, 5)) is Step.FOUND
    assert furthest_step({}, on=day) is None


def test_the_chain_says_how_many_reached_a_step_and_how_many_went_no_further():
    stands = [Step.FOUND] * 20 + [Step.SELECTED] * 15 + [Step.RAISED] * 10 + [Step.LAUNCHED] * 5
    kinds = Axis(code="type", name=Text("talent type", "人才类型"), leaves=("engineer",))
    table = chain_table(range(50), stands, over=kinds, values=["engineer"] * 50, code="chain", known=list(Step)[:4])
    told = release_table(table, policy=ReleasePolicy(), at=AT, ledger=Ledger()).released
    steps = chain_steps(told, "engineer")
    assert [one.reached for one in steps] == [50, 30, 15, 5]
    assert [one.stopped for one in steps] == [20, 15, 10, None]
    assert [one.share_on and round(one.share_on, 2) for one in steps] == [0.6, 0.5, 0.33, None]


def test_a_small_loss_is_hidden_and_so_is_what_would_tell_it():
    stands = [Step.FOUND] * 2 + [Step.SELECTED] * 28 + [Step.RAISED] * 20
    kinds = Axis(code="type", name=Text("talent type", "人才类型"), leaves=("engineer",))
    table = chain_table(range(50), stands, over=kinds, values=["engineer"] * 50, code="chain", known=list(Step)[:3])
    told = release_table(table, policy=ReleasePolicy(), at=AT, ledger=Ledger()).released
    found, selected, _raised = chain_steps(told, "engineer")
    assert found.stopped is None
    assert found.reached is None or selected.reached is None  # 50 less 48 would be 2


# 7. Whoever may not see the people is told no few of them


def test_a_version_that_is_a_few_people_away_from_the_one_told_stays_inside():
    definition, figures = CHINA.indicator("cn-01"), {one.code: one for one in CHINA.figures}

    def version(count):
        return compute_indicator(definition, {"students.undergraduate": count}, AT)

    first, three_more, nine_more = version(240), version(243), version(249)
    assert standing_told(definition, [first, three_more], figures, min_cell=5) is first
    assert standing_told(definition, [first, three_more, nine_more], figures, min_cell=5) is nine_more
    assert standing_told(definition, [version(4)], figures, min_cell=5) is None


def test_a_share_of_nearly_everybody_is_not_told():
    definition, figures = CHINA.indicator("cn-22"), {one.code: one for one in CHINA.figures}
    counts = {"leavers.due": 60, "leavers.graduated": 57}  # three did not
    value = compute_indicator(definition, counts, AT)
    assert standing_told(definition, [value], figures, min_cell=5) is None


@pytest.mark.parametrize("pack", indicator_packs(), ids=lambda pack: pack.code)
def test_every_definition_is_whole_in_both_languages(pack):
    for one in pack.indicators:
        texts = [
            one.name,
            one.numerator,
            one.rule,
            one.unit,
            one.source,
            *([one.denominator] if one.denominator else []),
        ]
        assert all(text.en.strip() and text.zh.strip() for text in texts)
        assert one.standard
        assert one.vintage.year >= 2026
