"""The methods of selection as the register tells of them."""

from __future__ import annotations

from typing import Final

from yucai.texts import Text
from yucai.web.registers.methods import Method

__all__ = ["SELECTION"]

SELECTION: Final = Method(
    code="selection-rules",
    name=Text("Rules for entry and exit, simulated", "进出规则模拟"),
    what=Text(
        "Applies a rule that the institution wrote to the records of a day: who is proposed, exempt, at the line, and "
        "of whom it cannot tell, each with reasons; whose outcome hangs on one course, the weights or the rounding of "
        "marks; and how a list that was really made differs.",
        "将本单位书面规则应用于某日的记录：给出建议、豁免、临界和无法判断的人员，逐人说明理由；指出谁的结果取决于一门课程、"
        "权重或成绩取整；并与实际名单比较。",
    ),
    why=Text(
        "So that a rule is known by what it does before anybody decides by it, and the same for everybody.",
        "使规则在用于决定之前即知其效果，并对所有人一致适用。",
    ),
    data=Text(
        "Marks of courses with credits and terms, awards and own works with their verification, and what a director "
        "enters by hand for the rule. No protected trait, no portrait, no survey, no click.",
        "课程成绩及学分、学期，奖项和个人成果及其核验状态，以及主任按规则人工登记的事项。不使用受保护特征、画像、问卷和点击记录。",
    ),
    tested=Text(
        "A rule, untested: it applies what the institution wrote and measures nothing. Whether the rule itself finds "
        "the right people nobody has looked at.",
        "规则，未经检验：只执行本单位所写规则，不作测量。规则本身能否选准人，尚无人考察。",
    ),
    trial=None,
    calls=frozenset({"propose", "borderline_of", "compare_with"}),
    necessity=Text(
        "By hand, a rule is applied with slips, ties are broken unseen, and nobody knows who stands at the line.",
        "人工执行容易出错，并列如何处理不透明，也无从得知谁处于分界线上。",
    ),
    risks=Text(
        "A proposal may be taken for a decision; records may be missing; marks may differ by course and teacher; a "
        "rule by marks alone passes over other talent.",
        "建议可能被当作决定；记录可能缺失；成绩受课程与教师影响；只看成绩的规则会忽略其他才能。",
    ),
    measures=Text(
        "It proposes only and is called a simulation; no page ends or begins a place; missing records and ties stay "
        "open; the borderline, verified evidence besides marks, and fairness by group stand beside; a protected trait "
        "in a rule is refused; every run, comparison and file is written down.",
        "只作建议并标明为模拟；没有任何页面使人进出；缺少记录与并列留待人工；同时列出临界人员、成绩以外的经核验成果和分组公平性；"
        "规则含受保护特征即被拒绝；每次运行、比较和导出均有记录。",
    ),
    stops=Text(
        "No rule is run any more, and no run is shown; the rules themselves can still be read and written.",
        "不再运行规则，也不再显示运行结果；规则本身仍可查看和编写。",
    ),
)
