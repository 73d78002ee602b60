"""What somebody may read for, and for what each page is read: two tables that say who may see what.

A right follows from role **and** relation **and** purpose. ``GRANTS`` says of each role whose people it sees and what
it reads for; ``PAGES`` says of each page what it may be read for. A page that is not listed cannot show a person.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from django.db.models import Q
from django.db.models.enums import TextChoices
from django.utils.translation import gettext_lazy as _

from yucai.texts import Text
from yucai.web.accounts.models import Account, Membership

__all__ = ["ALL_PURPOSES", "GRANTS", "PAGES", "Grant", "Purpose", "ReadPage", "Related", "purpose_for"]


class Purpose(TextChoices):
    """What a reading is for."""

    GUIDANCE = "guidance", _("guidance of the learner")
    TEACHING = "teaching", _("teaching")
    SELF = "self", _("own data")
    QUALITY = "quality", _("quality assurance")
    STATISTICS = "statistics", _("statistics")
    ASSESSMENT = "assessment", _("assessment of works")
    UPKEEP = "upkeep", _("keeping the data right")
    PROTECTION = "protection", _("protection of personal data")
    PUBLICATION = "publication", _("public announcement")


# What data are collected for. Protecting people follows from the law, whatever the data were collected for; what is
# announced is stated for the announcement, and is no value of any data set.
ALL_PURPOSES: Final = tuple(one for one in Purpose if one not in (Purpose.PROTECTION, Purpose.PUBLICATION))


def _of_my_spaces(account: Account) -> Q:
    return Q(space__in=account.spaces.values("pk"))


def _of_my_groups(account: Account) -> Q:
    mine = Membership.objects.filter(group__charges__account=account).values("person")
    return Q(pk__in=mine) & _of_my_spaces(account)


def _myself(account: Account) -> Q:
    return Q(pk=account.person_id) if account.person_id is not None else Q(pk__in=[])


def _nobody(account: Account) -> Q:
    """Aggregates only: no single person stands in this relation."""
    return Q(pk__in=[])


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """Whose people a role sees, as a condition on people that holds for one and for a queryset, and for what."""

    people: Callable[[Account], Q]
    purposes: tuple[Purpose, ...]


GRANTS: Final[Mapping[Account.Role, Grant]] = {
    Account.Role.DIRECTOR: Grant(
        people=_of_my_spaces,
        purposes=(Purpose.GUIDANCE, Purpose.QUALITY, Purpose.ASSESSMENT, Purpose.UPKEEP, Purpose.PUBLICATION),
    ),
    Account.Role.RESEARCHER: Grant(people=_of_my_spaces, purposes=(Purpose.QUALITY, Purpose.UPKEEP)),
    Account.Role.TEACHER: Grant(people=_of_my_groups, purposes=(Purpose.TEACHING, Purpose.ASSESSMENT)),
    Account.Role.MENTOR: Grant(people=_of_my_groups, purposes=(Purpose.GUIDANCE, Purpose.ASSESSMENT)),
    Account.Role.STUDENT: Grant(people=_myself, purposes=(Purpose.SELF,)),
    Account.Role.BUREAU: Grant(people=_nobody, purposes=(Purpose.STATISTICS,)),
    Account.Role.OFFICER: Grant(people=_of_my_spaces, purposes=(Purpose.PROTECTION,)),
}


class Related(Enum):
    """By what a reader stands to the people of a page."""

    BY_GRANT = "grant"  # as GRANTS says of the role
    BY_SEAT = "seat"  # by a work that was given to the reader to rate; the page looks at the seat itself


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPage:
    """A page that shows people: what it is called, and what it may be read for, the most usual first."""

    says: Text
    purposes: tuple[Purpose, ...]
    related: Related = Related.BY_GRANT


LEARNER: Final = (Purpose.GUIDANCE, Purpose.TEACHING, Purpose.SELF, Purpose.QUALITY)
GROUPS: Final = (Purpose.GUIDANCE, Purpose.TEACHING, Purpose.QUALITY)
TAUGHT: Final = (Purpose.GUIDANCE, Purpose.TEACHING)
RATING: Final = (Purpose.ASSESSMENT,)
UPKEEP: Final = (Purpose.UPKEEP,)
SELF: Final = (Purpose.SELF,)
PAGES: Final[Mapping[str, ReadPage]] = {
    "my-map": ReadPage(says=Text("my map", "成长地图"), purposes=SELF),
    "search": ReadPage(says=Text("search", "搜索"), purposes=(*GROUPS, Purpose.PROTECTION)),
    "portrait": ReadPage(says=Text("portrait", "画像"), purposes=LEARNER),
    "portrait-pdf": ReadPage(says=Text("portrait as PDF", "画像（PDF）"), purposes=LEARNER),
    "class-portraits": ReadPage(says=Text("portraits of the class as PDF", "全班画像（PDF）"), purposes=GROUPS),
    "who-looked": ReadPage(says=Text("who looked", "谁看过"), purposes=(*LEARNER, Purpose.PROTECTION)),
    "my-data": ReadPage(says=Text("what is on record", "本人数据概览"), purposes=(Purpose.SELF, Purpose.PROTECTION)),
    "person-export": ReadPage(
        says=Text("all data as a file", "全部数据导出"), purposes=(Purpose.SELF, Purpose.PROTECTION)
    ),
    "minors": ReadPage(says=Text("ages and consents", "年龄与监护人同意"), purposes=(Purpose.PROTECTION,)),
    "review-cases": ReadPage(
        says=Text("list of requests", "申请列表"), purposes=(Purpose.SELF, Purpose.PROTECTION, Purpose.GUIDANCE)
    ),
    "review-case": ReadPage(
        says=Text("request of a student", "学生的申请"), purposes=(Purpose.SELF, Purpose.PROTECTION, Purpose.GUIDANCE)
    ),
    "announcement": ReadPage(
        says=Text("public announcement", "公示"), purposes=(Purpose.PUBLICATION, Purpose.PROTECTION)
    ),
    "selection": ReadPage(
        says=Text("rule for entry or exit, simulated", "进出规则模拟"), purposes=(Purpose.ASSESSMENT,)
    ),
    "group": ReadPage(
        says=Text("class or group", "班级或分组"),
        purposes=(Purpose.GUIDANCE, Purpose.TEACHING, Purpose.QUALITY, Purpose.STATISTICS),
    ),
    "priority": ReadPage(says=Text("priority list", "优先关注名单"), purposes=(Purpose.GUIDANCE, Purpose.TEACHING)),
    "support-case": ReadPage(
        says=Text("case of a talk", "谈话记录"), purposes=(Purpose.GUIDANCE, Purpose.TEACHING, Purpose.SELF)
    ),
    "class-map": ReadPage(says=Text("class map", "班级学情图"), purposes=GROUPS),
    "attainment": ReadPage(says=Text("attainment of a course", "课程达成情况"), purposes=GROUPS),
    "attainment-students": ReadPage(
        says=Text("attainment of each student of a course", "课程达成情况（逐名学生）"), purposes=GROUPS
    ),
    "my-attainment": ReadPage(says=Text("own attainment", "本人课程达成情况"), purposes=SELF),
    "value-added": ReadPage(says=Text("value added of groups", "各组增值评价"), purposes=(Purpose.QUALITY,)),
    "group-scale": ReadPage(says=Text("scale of a class", "班级同尺对照"), purposes=GROUPS),
    "class-comments": ReadPage(says=Text("comments of a class", "班级评语"), purposes=TAUGHT),
    "comment": ReadPage(says=Text("comment to a student", "给学生的评语"), purposes=TAUGHT),
    "assessment": ReadPage(says=Text("figures of an assessment", "考核统计"), purposes=GROUPS),
    "question-bank": ReadPage(says=Text("figures of a question bank", "题库统计"), purposes=GROUPS),
    "adaptive-test": ReadPage(says=Text("adaptive test", "自适应测验"), purposes=GROUPS),
    "adaptive-test-add": ReadPage(says=Text("form for an adaptive test", "新建自适应测验"), purposes=GROUPS),
    "erasure": ReadPage(says=Text("erasure", "删除个人信息"), purposes=(Purpose.PROTECTION, Purpose.UPKEEP)),
    "research-export": ReadPage(
        says=Text("research export without names", "研究导出（不含姓名）"),
        purposes=(Purpose.QUALITY, Purpose.PROTECTION),
    ),
    "hold": ReadPage(says=Text("legal hold", "法定保全"), purposes=(Purpose.PROTECTION, Purpose.UPKEEP)),
    "own-works": ReadPage(says=Text("own works", "个人成果"), purposes=SELF),
    "own-works-add": ReadPage(says=Text("form for an own work", "个人成果填报"), purposes=SELF),
    "own-work": ReadPage(says=Text("own work", "个人成果详情"), purposes=LEARNER),
    "own-work-file": ReadPage(says=Text("file of an own work", "个人成果附件"), purposes=LEARNER),
    "own-work-withdraw": ReadPage(says=Text("withdrawal of an own work", "撤回个人成果"), purposes=SELF),
    "own-works-queue": ReadPage(says=Text("own works to verify", "待核验的个人成果"), purposes=RATING),
    "own-work-decide": ReadPage(says=Text("decision on an own work", "个人成果核验"), purposes=RATING),
    "own-work-take-back": ReadPage(says=Text("decision taken back", "撤销核验"), purposes=RATING),
    "ratings": ReadPage(says=Text("works to rate", "待评作品"), purposes=RATING, related=Related.BY_SEAT),
    "rating-seat": ReadPage(says=Text("work to rate", "作品评分"), purposes=RATING, related=Related.BY_SEAT),
    "rating-sheet": ReadPage(says=Text("rating sheet", "评分表"), purposes=RATING, related=Related.BY_SEAT),
    "rating-sheet-read": ReadPage(
        says=Text("rating sheet handed in", "上传的评分表"), purposes=RATING, related=Related.BY_SEAT
    ),
    "rating-sheet-saved": ReadPage(
        says=Text("rating sheet saved", "保存的评分表"), purposes=RATING, related=Related.BY_SEAT
    ),
    "rating-key": ReadPage(says=Text("whose work is which number", "作品编号对照"), purposes=RATING),
    "rating-round-add": ReadPage(says=Text("form for a rating round", "新建评分轮次"), purposes=RATING),
    "raters": ReadPage(says=Text("how raters compare", "评分人比较"), purposes=RATING),
    "consents": ReadPage(says=Text("consents", "同意记录"), purposes=(Purpose.PROTECTION, *UPKEEP)),
    "import-changes": ReadPage(says=Text("changes a file would make", "文件入库预览"), purposes=UPKEEP),
    "import-rows": ReadPage(says=Text("rows of an import", "导入的行"), purposes=UPKEEP),
    "feed": ReadPage(says=Text("source of evidence", "证据来源"), purposes=UPKEEP),
    "refused": ReadPage(says=Text("refused delivery", "被拒收的投递"), purposes=UPKEEP),
    "statements": ReadPage(says=Text("statements of learning tools", "学习工具的陈述"), purposes=UPKEEP),
    "statements-file": ReadPage(says=Text("file of statements", "陈述文件"), purposes=UPKEEP),
    "statement": ReadPage(says=Text("statement behind a score", "得分背后的陈述"), purposes=(Purpose.SELF, *UPKEEP)),
    "statement-attachment": ReadPage(says=Text("attachment of a statement", "陈述附件"), purposes=UPKEEP),
}


def purpose_for(account: Account, page: str) -> Purpose | None:
    """Return what an account reads a page for: the first of the page's purposes that its role has, or None."""
    granted = GRANTS[Account.Role(account.role)].purposes
    return next((purpose for purpose in PAGES[page].purposes if purpose in granted), None)
