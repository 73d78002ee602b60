"""The written rules of a priority list: what each asks, from which count it speaks, and where the count is from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from yucai.texts import Text

__all__ = ["SUPPORT_RULES", "SUPPORT_RULES_VERSION", "SupportBand", "SupportRule"]

SUPPORT_RULES_VERSION: Final = "1.0"


class SupportBand(StrEnum):
    """How soon somebody should talk with a learner. There are bands and no places: nobody is the worst of a list."""

    TALK = "talk-soon"
    WATCH = "keep-in-view"

    @property
    def says(self) -> Text:
        """Its name in both languages."""
        return BANDS[self]


BANDS: Final = {
    SupportBand.TALK: Text("talk within a fortnight", "两周内谈一次"),
    SupportBand.WATCH: Text("keep in view", "留意"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportRule:
    """One written rule.

    It gives a reason from ``threshold`` on, in ``unit``; from ``strong`` on the reason alone puts a learner into the
    band "talk within a fortnight" (None: never alone). ``source`` says where both numbers are from, ``tested`` whether
    they were tested on the school's own past data. A school that changes a number gives the rule its own source and
    version: ``dataclasses.replace(rule, threshold=3, version="1.0-ours", source=Text(...))``.
    """

    code: str
    version: str
    says: Text
    unit: Text
    threshold: float
    strong: float | None
    source: Text
    tested: bool = False


PROPOSAL: Final = Text(
    "A proposal of Yucai, not tested on data of this school.",
    "Yucai 的建议值，未经本校数据检验。",
)
PIECES: Final = Text("pieces of work", "份作业")
DAYS: Final = Text("days", "天")

SUPPORT_RULES: Final[tuple[SupportRule, ...]] = (
    SupportRule(
        code="missing",
        version=SUPPORT_RULES_VERSION,
        says=Text("work that was due did not come", "到期作业未交"),
        unit=PIECES,
        threshold=1,
        strong=2,
        source=Text(
            "A proposal of Yucai, not tested on data of this school. That a first piece of work which does not come is "
            "the earliest sign is found by Hlosta, Zdrahal and Zendulka (2017, LAK).",
            "Yucai 的建议值，未经本校数据检验。“首次作业未交是最早的信号”见 Hlosta、Zdrahal、Zendulka（2017，LAK）。",
        ),
    ),
    SupportRule(
        code="quiet",
        version=SUPPORT_RULES_VERSION,
        says=Text("days since work was due and no own work came", "作业到期后一直没有任何提交的天数"),
        unit=DAYS,
        threshold=14,
        strong=None,
        source=PROPOSAL,
    ),
    SupportRule(
        code="late",
        version=SUPPORT_RULES_VERSION,
        says=Text("work came late, of the last three pieces", "最近三份作业中的迟交"),
        unit=PIECES,
        threshold=2,
        strong=None,
        source=PROPOSAL,
    ),
    SupportRule(
        code="below-pass",
        version=SUPPORT_RULES_VERSION,
        says=Text("results below the pass mark, of the last three", "最近三次成绩中的不及格"),
        unit=Text("results", "次成绩"),
        threshold=1,
        strong=2,
        source=PROPOSAL,
    ),
    SupportRule(
        code="falling",
        version=SUPPORT_RULES_VERSION,
        says=Text("the last two results against the own earlier ones", "最近两次成绩与自己此前成绩相比"),
        unit=Text("points of 100", "分（百分制）"),
        threshold=15,
        strong=None,
        source=PROPOSAL,
    ),
    SupportRule(
        code="no-visit",
        version=SUPPORT_RULES_VERSION,
        says=Text("no visit to the course site; never a reason on its own", "未访问课程网站（不单独作为理由）"),
        unit=DAYS,
        threshold=7,
        strong=None,
        source=Text(
            "Seven days unseen is what other systems commonly list by. Clicks can be bought, and a reader of the "
            "printed book leaves none; here it only stands beside another reason.",
            "“七天未访问”是其他系统常用的标准。点击可以造假，读纸质教材也不留点击；此处只与其他理由并列，不单独成立。",
        ),
    ),
)
