"""The attainment report of one course as plain tables: what the Word file, the workbook and the page have in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from yucai.evidence import CellKind, WorkbookColumn, WorkbookTable
from yucai.governance.attainment.improving import ActionOutcome, Improvement
from yucai.governance.attainment.maps import CourseMap
from yucai.governance.attainment.results import CourseAttainment, Interval, ObjectiveAttainment
from yucai.governance.attainment.scores import STATE_WORDS
from yucai.texts import Text

__all__ = ["CourseReport", "LockedBy", "ReportTable", "interval_words", "report_tables", "workbook_tables"]

Value = str | float | int | date | None
W, P, D = CellKind.WHOLE, CellKind.PERCENT, CellKind.DECIMAL
NONE = Text("–", "–")
LEFT_OUT = Text("{state} {n}", "{state} {n} 人")
NAMES = {
    "objectives": Text("Course objectives and graduation requirements", "课程目标与毕业要求"),
    "parts": Text("Assessment", "考核方式与权重"),
    "results": Text("Attainment (direct evidence)", "达成情况（直接评价）"),
    "spread": Text("How students are spread", "学生达成度分布"),
    "sensitivity": Text("Under other weights and choices", "权重与口径的影响"),
    "survey": Text("What students say (indirect evidence)", "学生问卷（间接评价）"),
    "last": Text("Actions of last year and what came after", "上一年改进措施及其后变化"),
    "this": Text("Actions of this year", "本年改进措施"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedBy:
    """Who filled a result in and who checked it, when, in which version, and what it corrects."""

    version: int
    digest: str
    filled_by: str
    filled_at: datetime
    checked_by: str
    checked_at: datetime
    corrects: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseReport:
    """Everything that stands in the report of one course and class. Names come in the language of the report.

    ``last_says`` tells why nothing is said of last year's actions, where there is a reason.
    """

    school: str
    group: str
    term: str
    teacher: str
    map: CourseMap
    result: CourseAttainment
    analysis: str = ""
    actions: tuple[Improvement, ...] = ()
    outcomes: tuple[ActionOutcome, ...] = ()
    last_says: str = ""
    locked: LockedBy | None = None
    simulated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportTable:
    """One table: a code, what it is called, its columns with their kinds, and its rows."""

    code: str
    name: Text
    columns: tuple[tuple[Text, CellKind], ...]
    rows: tuple[tuple[Value | Text, ...], ...]


def interval_words(interval: Interval | None, *, places: int = 2) -> str:
    """Return the ends of an interval; a stroke where there is none.

    >>> interval_words(Interval(value=0.7, low=0.612, high=0.788))
    '0.61–0.79'
    """
    return "–" if interval is None else f"{interval.low:.{places}f}–{interval.high:.{places}f}"


def report_tables(report: CourseReport) -> tuple[ReportTable, ...]:
    """Return the tables of a report in their order; one without rows is left out."""
    result = report.result
    made = (
        _objectives(report.map),
        _parts(report.map, result),
        _results(result),
        _spread(result),
        _sensitivity(result),
        _survey(result),
        _last(report.outcomes),
        _this(report.actions),
    )
    return tuple(table for table in made if table.rows)


def workbook_tables(report: CourseReport, language: str) -> list[WorkbookTable]:
    """Return the tables of a report for ``write_workbook``: numbers as numbers, words in one language."""
    return [
        WorkbookTable(
            name=table.name.in_language(language),
            columns=[
                WorkbookColumn(title=title.in_language(language), kind=kind, places=1 if kind is P else 3)
                for title, kind in table.columns
            ],
            rows=[[_said(value, language) for value in row] for row in table.rows],
        )
        for table in report_tables(report)
    ]


def _said(value: Value | Text, language: str) -> Value:
    return value.in_language(language) if isinstance(value, Text) else value


def _table(
    code: str, columns: Sequence[tuple[str, str, CellKind]], rows: Sequence[tuple[Value | Text, ...]]
) -> ReportTable:
    heads = tuple((Text(en, zh), kind) for en, zh, kind in columns)
    return ReportTable(code=code, name=NAMES[code], columns=heads, rows=tuple(rows))


T = CellKind.TEXT
INTERVAL = ("95 % interval", "95% 区间", T)
BY = ("By when", "完成日期", CellKind.DAY)


def _objectives(course: CourseMap) -> ReportTable:
    rows = []
    for one in course.objectives:
        told = [
            f"{support.indicator} ({support.strength or format(support.weight or 0, 'g')})"
            for support in course.supports
            if support.objective == one.code
        ]
        rows.append((one.code, one.says, one.expected, ", ".join(told) or "–"))
    columns = (("Objective", "课程目标", T), ("What students can do", "内容", T), ("Expected", "期望值", D),
               ("Indicator points", "支撑的毕业要求指标点", T))  # fmt: skip
    return _table("objectives", columns, rows)


def _parts(course: CourseMap, result: CourseAttainment) -> ReportTable:
    rows = [
        (one.objective, part.part, part.weight, part.full_marks, part.n, part.mean if part.mean is not None else NONE,
         part.ratio if part.ratio is not None else NONE)
        for one in result.objectives
        for part in one.parts
    ]  # fmt: skip
    columns = (("Objective", "课程目标", T), ("Part", "考核环节", T), ("Weight", "权重", D), ("Full marks", "满分", D),
               ("Students", "人数", W), ("Mean", "平均分", D), ("Mean / full marks", "得分率", D))  # fmt: skip
    return _table("parts", columns, rows)


def _left_out(one: ObjectiveAttainment) -> Text:
    if not one.left_out:
        return NONE
    told = [LEFT_OUT.filled(state=STATE_WORDS[left.state], n=left.n) for left in one.left_out]
    return Text(", ".join(text.en for text in told), "、".join(text.zh for text in told))


def _results(result: CourseAttainment) -> ReportTable:
    rows = []
    for one in result.objectives:
        share = NONE if one.share is None else one.share.value
        rows.append((one.objective, one.expected, NONE if one.value is None else one.value,
                     interval_words(one.interval), one.n, _left_out(one), share, _share_words(one),
                     one.level.says))  # fmt: skip
    columns = (("Objective", "课程目标", T), ("Expected", "期望值", D), ("Attainment", "达成度", D),
               ("95 % interval", "95% 区间", T), ("Students", "人数", W), ("Left out", "未计入", T),
               ("Reach the expected value", "达到期望值的比例", P), ("95 % interval", "95% 区间", T),
               ("Says", "判断", T))  # fmt: skip
    return _table("results", columns, rows)


def _share_words(one: ObjectiveAttainment) -> str:
    return "–" if one.share is None else f"{one.share.low:.0%}–{one.share.high:.0%}"


def _spread(result: CourseAttainment) -> ReportTable:
    tenths = [(name := f"{n / 10:.1f}–{n / 10 + 0.1:.1f}", name, W) for n in range(10)]
    rows: list[tuple[Value | Text, ...]] = []
    for one in result.objectives:
        quartiles = " / ".join(f"{value:.2f}" for value in one.quartiles) if one.quartiles else "–"
        rows.append((one.objective, *one.bins, quartiles))
    columns = (("Objective", "课程目标", T), *tenths, ("Quartiles", "四分位数", T))
    return _table("spread", columns, rows)


def _sensitivity(result: CourseAttainment) -> ReportTable:
    rows = []
    for one in result.objectives:
        told = one.sensitivity
        if told is not None and one.value is not None:
            rows.append((one.objective, one.value, told.equal, told.by_marks, f"{told.low:.3f}–{told.high:.3f}",
                         told.every_score, f"{told.worst:.3f}–{told.best:.3f}"))  # fmt: skip
    columns = (("Objective", "课程目标", T), ("As weighted", "按所定权重", D), ("Parts alike", "各环节等权", D),
               ("By full marks", "按满分加权", D), ("Weights 20 % off", "权重上下浮动 20%", T),
               ("Every score there is", "按各环节全部得分", D),
               ("Left out: nothing – everything", "未计入者按 0 分至满分", T))  # fmt: skip
    return _table("sensitivity", columns, rows)


def _survey(result: CourseAttainment) -> ReportTable:
    rows = []
    for one in result.objectives:
        told = one.survey
        if told is not None:
            combined = NONE if one.combined is None else one.combined.value
            rows.append((one.objective, told.value, interval_words(told.interval), told.n, told.asked,
                         "/".join(map(str, told.counts)), combined))  # fmt: skip
    columns = (("Objective", "课程目标", T), ("Mean level / highest", "平均等级得分率", D), INTERVAL,
               ("Answers", "有效问卷", W), ("Asked", "发放", W), ("Levels 1 to 5", "1 至 5 级人数", T),
               ("Combined", "综合达成度", D))  # fmt: skip
    return _table("survey", columns, rows)


def _last(outcomes: Sequence[ActionOutcome]) -> ReportTable:
    rows = []
    for one in outcomes:
        figures = [NONE if value is None else value for value in (one.before, one.after)]
        change = NONE if one.difference is None else one.difference.value
        rows.append((one.action.objective, one.action.what, one.action.who, one.action.by, *figures, change,
                     _signed(one.difference), one.change.says))  # fmt: skip
    columns = (("Objective", "课程目标", T), ("Action", "改进措施", T), ("Who", "责任人", T), BY,
               ("Last year", "上一年", D), ("This year", "本年", D), ("Difference", "变化", D), INTERVAL,
               ("Says", "判断", T))  # fmt: skip
    return _table("last", columns, rows)


def _signed(interval: Interval | None) -> str:
    return "–" if interval is None else f"{interval.low:+.2f} … {interval.high:+.2f}".replace("-", "−")


def _this(actions: Sequence[Improvement]) -> ReportTable:
    rows = [(one.objective, one.what, one.who, one.by) for one in actions]
    columns = (
        ("Objective", "课程目标", T),
        ("Action", "改进措施", T),
        ("Who", "责任人", T),
        BY,
    )
    return _table("this", columns, rows)
