"""Every operation of the API, in one list: its address, what it is for, who may, and what it gives.

Each names the page whose access it shares (``page``, the name of its address); a test holds the two against each other
for every role and relation, and fails for an operation that names none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from msgspec import Struct

from yucai.texts import Text
from yucai.web.api import answers, of_groups, of_offices, of_people, of_requests, office_answers
from yucai.web.api.asked import Asked, ByGroup, JobWanted, NoQuery, OfPeriod, Paged

__all__ = ["BASE", "OPERATIONS", "Operation"]

BASE: Final = "api/v1/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation. ``scopes`` are alternatives; without any, every token will do, or none where it is ``open``.

    ``leads_to`` is the operation that says what became of what was asked for; its address is in ``Location``.
    """

    name: str
    path: str
    title: Text
    says: Text
    page: str
    act: Callable[[Asked], Any]
    answer: type[Struct]
    scopes: tuple[str, ...] = ()
    method: str = "GET"
    query: type[Struct] = NoQuery
    body: type[Struct] | None = None
    status: int = 200
    open: bool = False
    leads_to: str = ""

    @property
    def url_name(self) -> str:
        """The name of its address."""
        return f"api_{self.name}"


OPERATIONS: Final = (
    Operation(
        name="me", path="me", page="account", act=of_offices.me, answer=office_answers.Me,
        title=Text("Who asks", "我是谁"),
        says=Text("The account behind the token, and what the token may do at most.", "令牌所属账号及令牌的权限上限。"),
    ),
    Operation(
        name="spaces", path="spaces", page="rules", act=of_offices.spaces, answer=office_answers.Spaces,
        title=Text("Institutions", "单位"),
        says=Text("The institutions that the account is let into.", "该账号可进入的单位。"),
    ),
    Operation(
        name="groups", path="groups", page="home", act=of_groups.groups, answer=answers.Groups, query=ByGroup,
        scopes=("read:groups",),
        title=Text("Groups", "班级与分组"),
        says=Text("Cohorts, classes, courses and mentees whose pages the account may open.",
                  "该账号可打开其页面的年级、班级、课程与导师组。"),
    ),
    Operation(
        name="group", path="groups/<int:pk>", page="group", act=of_groups.group, answer=answers.Group,
        scopes=("read:groups",),
        title=Text("A group as a whole", "班级总体情况"),
        says=Text("Size and qualities of a group. A bureau gets what may leave, and is told why something is hidden.",
                  "班级人数与各项素养分布。区域主管部门只得到可发布的汇总，并说明为何隐藏。"),
    ),
    Operation(
        name="group_people", path="groups/<int:pk>/people", page="group", act=of_groups.group_people,
        answer=answers.Members, query=Paged, scopes=("read:people",),
        title=Text("People of a group", "分组成员"),
        says=Text("Who belongs to a group, with what is known of each. The list is one look at all who are in it.",
                  "分组成员及各人已知情况。一次列出即记为查阅其中所有人。"),
    ),
    Operation(
        name="group_assessments", path="groups/<int:pk>/assessments", page="group",
        act=of_groups.group_assessments_listed, answer=answers.Assessments, query=Paged, scopes=("read:assessments",),
        title=Text("Assessments of a group", "分组的考核"),
        says=Text("What a group was assessed by, with results and difficulty; empty for who may open none.",
                  "该分组的考核、结果数与难度；无权打开者得到空列表。"),
    ),
    Operation(
        name="assessment", path="assessments/<int:pk>", page="assessment", act=of_groups.assessment,
        answer=answers.Assessment, scopes=("read:assessments",),
        title=Text("An assessment at a glance", "考核概览"),
        says=Text("How it went, how hard it was, whether it can be trusted, over the people whom the account sees.",
                  "考核结果、难度与可信程度，仅统计该账号可查看的人员。"),
    ),
    Operation(
        name="portrait", path="people/<int:pk>/portrait", page="portrait", act=of_people.portrait,
        answer=answers.Portrait, query=OfPeriod, scopes=("read:portraits",),
        title=Text("Portrait of a person", "学生画像"),
        says=Text("Numbers, intervals, evidence, growth and explanations, in the words of the page and the PDF. Not "
                  "enough evidence is a normal answer: then the numbers are null.",
                  "数值、区间、证据、成长与说明，文字与页面和 PDF 相同。证据不足是正常结果，此时数值为空。"),
    ),
    Operation(
        name="next_steps", path="people/<int:pk>/next-steps", page="portrait", act=of_people.next_steps,
        answer=answers.NextSteps, scopes=("read:portraits",),
        title=Text("Next steps of a person", "下一步建议"),
        says=Text("The suggestions beside the portrait of the latest period, each with its reason.",
                  "最近时段画像旁的建议，各附理由。"),
    ),
    Operation(
        name="looks", path="people/<int:pk>/looks", page="who_looked", act=of_people.looks, answer=answers.Looks,
        query=Paged, scopes=("read:looks",),
        title=Text("Who looked at a person", "谁看过"),
        says=Text("Events of the audit trail about a person, the latest first, also refused ones.",
                  "审计记录中关于此人的事件，最近的在前，含被拒绝的。"),
    ),
    Operation(
        name="requests", path="requests", page="requests", act=of_requests.requests, answer=answers.Requests,
        query=Paged, scopes=("read:requests",),
        title=Text("Requests", "申请"),
        says=Text("One's own corrections, objections and appeals; for who handles them, those of the institution.",
                  "本人的更正、异议与申诉；处理人员得到本单位的全部申请。"),
    ),
    Operation(
        name="request", path="requests/<int:pk>", page="request", act=of_requests.request, answer=answers.Request,
        scopes=("read:requests",),
        title=Text("A request", "一项申请"),
        says=Text("One request with every step, the decision and its reason.", "一项申请的全部步骤、决定与理由。"),
    ),
    Operation(
        name="registers", path="spaces/<slug:code>/registers", page="registers", act=of_offices.registers,
        answer=office_answers.Registers, scopes=("read:registers",),
        title=Text("Registers of an institution", "登记册"),
        says=Text("Data sets with purpose and basis, methods with their state, processors, the notice in force.",
                  "数据集的目的与依据、方法及其状态、受托处理者、现行告知书。"),
    ),
    Operation(
        name="rules", path="rules", page="rules", act=of_offices.rules, answer=office_answers.Rules,
        scopes=("read:registers",),
        title=Text("Rules", "规则"),
        says=Text("The rules that decide over people, and how many can meet each.", "涉及个人的规则及能够满足的人数。"),
    ),
    Operation(
        name="algorithms", path="algorithms", page="about_algorithms", act=of_offices.algorithms,
        answer=office_answers.Algorithms, open=True,
        title=Text("Methods and processors, for anybody", "方法与受托处理者（公开）"),
        says=Text("What runs on people in each institution. No token is needed; nobody is named or counted.",
                  "各单位在人员数据上运行的方法。无需令牌；不涉及任何个人。"),
    ),
    Operation(
        name="job_asked", path="spaces/<slug:code>/jobs", page="measure", act=of_offices.job_asked, method="POST",
        answer=office_answers.Job, body=JobWanted, status=202, scopes=("run:measure",), leads_to="job",
        title=Text("Have the profiles computed anew", "发起画像计算"),
        says=Text("Asks for the work and says where to follow it. Where it goes on already, that work is returned.",
                  "发起任务并给出进度地址。如已在进行，则返回该任务。"),
    ),
    Operation(
        name="job", path="jobs/<int:pk>", page="job", act=of_offices.job, answer=office_answers.Job,
        scopes=("read:jobs", "run:measure"),
        title=Text("How far work is", "任务进度"),
        says=Text("Ask again every few seconds until “open” is false.", "每隔几秒查询一次，直到 open 为 false。"),
    ),
    Operation(
        name="job_cancelled", path="jobs/<int:pk>/cancel", page="job_cancel", act=of_offices.job_cancelled,
        method="POST", answer=office_answers.Job, status=202, scopes=("run:measure",), leads_to="job",
        title=Text("Call work off", "取消任务"),
        says=Text("At once where it waits, at its next report where it runs. Nothing is changed by work called off.",
                  "等待中的任务立即取消，进行中的在下次汇报时取消。被取消的任务不作任何改动。"),
    ),
)  # fmt: skip
