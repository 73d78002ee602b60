"""Every store that holds something about a person, in one list: what it is, how it is found, how it goes.

The list is in the order in which an erasure goes through it: first nobody comes in any more, last goes the row of the
person. A table that is in neither of the two lists below fails a test: whoever adds one says here what becomes of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from yucai.texts import Text
from yucai.web.erasure import of_account, of_files, of_records, of_scores, of_statements, of_texts
from yucai.web.erasure.holding import Holding

__all__ = ["HOLDINGS", "WITHOUT_PEOPLE"]

GONE: Final = Text("deleted", "删除")
HOLDINGS: Final = (
    Holding(
        code="sign-ins",
        says=Text(
            "sign-ins, sessions, passkeys, second factors, links, tokens",
            "登录、会话、通行密钥、第二验证因素、链接和令牌",
        ),
        how=GONE,
        models=(
            "SignIn", "Session", "CodeGenerator", "RecoveryCode", "Passkey", "OneTimeLink", "ServiceIdentity",
            "ServiceSession", "ApiToken", "Charge", "NoticeSeen",
        ),
        find=of_account.count_sign_ins,
        erase=of_account.forget_sign_ins,
    ),
    Holding(
        code="desk",
        says=Text("files on the import desk", "导入台上的文件"),
        how=Text(
            "the file is thrown away; the office drops it again without the row", "丢弃该文件；由单位去掉该行后重新放入"
        ),
        models=("Upload",),
        find=of_files.count_desk,
        erase=of_files.forget_desk,
    ),
    Holding(
        code="tables",
        says=Text("rows of imported tables, sound and refused", "已导入表格中的行（含被拒收的行）"),
        how=Text("the row goes and the file is written anew", "删除该行并重写文件"),
        models=("TableFile",),
        find=of_files.count_tables,
        erase=of_files.forget_tables,
    ),
    Holding(
        code="works",
        says=Text("own works, decisions on them and their files", "个人成果、核验记录及其附件"),
        how=GONE,
        models=("OwnWork", "WorkTakenBack"),
        find=of_files.count_work_files,
        erase=of_files.forget_work_files,
    ),
    Holding(
        code="made",
        says=Text("that the person made works of others or of lists", "被列为他人成果或名单中成果的合作者"),
        how=Text(
            "the name is deleted from the works of others; how many made each stays",
            "从他人成果中删去此人；参与人数保留",
        ),
        models=("WorkMaker", "ImportedWork"),
        find=of_records.MADE[0],
        erase=of_records.MADE[1],
    ),
    Holding(
        code="graduated",
        says=Text("graduation and where the person went", "毕业及去向"),
        how=GONE,
        models=("GraduateRecord",),
        find=of_records.GRADUATED[0],
        erase=of_records.GRADUATED[1],
    ),
    Holding(
        code="tests",
        says=Text("adaptive tests with every answer", "自适应测验及全部作答"),
        how=GONE,
        models=("AdaptiveSitting", "AdaptiveAnswer", "AdaptiveEvent"),
        find=of_scores.count_sittings,
        erase=of_scores.forget_sittings,
    ),
    Holding(
        code="ratings",
        says=Text("rating rounds in which a work of the person is rated", "含此人作品的评分轮次"),
        how=Text(
            "own works leave the round with the marks on them; from shared works the person goes",
            "本人作品及其评分移出该轮次；合作作品中仅去掉此人",
        ),
        models=("RatingRoundRecord", "RatingSeatRecord", "RatingMark"),
        find=of_scores.count_rounds,
        erase=of_scores.forget_rounds,
    ),
    Holding(
        code="scores",
        says=Text("scores, also replaced ones, and their rows in the lake", "得分（含被替换的）及其在数据湖中的行"),
        how=Text("deleted, and the lake is written anew", "删除并重写数据湖文件"),
        models=("EvidenceRecord", "ChosenOption", "LakeFile"),
        find=of_scores.count_scores,
        erase=of_scores.forget_scores,
    ),
    Holding(
        code="class-portraits",
        says=Text("files of portraits of a class that hold the person", "含此人的全班画像文件"),
        how=Text(
            "the whole file is deleted; it can be made anew without the person",
            "删除整个文件；可重新生成不含此人的文件",
        ),
        models=("ClassPortraits",),
        find=of_files.count_class_portraits,
        erase=of_files.forget_class_portraits,
    ),
    Holding(
        code="profiles",
        says=Text("numbers of the person from calibrations", "标定得到的个人数值"),
        how=Text(
            "deleted; the calibration is marked as computed with somebody erased, to be run again",
            "删除；该次标定注明曾含已删除人员，须重新计算",
        ),
        models=("ProfileRow", "CalibrationRun"),
        find=of_scores.count_profiles,
        erase=of_scores.forget_profiles,
    ),
    Holding(
        code="steps",
        says=Text("what the person said of next steps, and refusals of them", "对下一步建议的标记与拒绝"),
        how=GONE,
        models=("StepMark", "StepsRefusal"),
        find=of_records.STEPS[0],
        erase=of_records.STEPS[1],
    ),
    Holding(
        code="talks",
        says=Text(
            "what priority lists say of the person, cases of talks with every note",
            "优先关注名单中的内容、谈话记录及每条笔记",
        ),
        how=GONE,
        models=("PriorityEntry", "SupportCase", "CaseDecision"),
        find=of_records.TALKS[0],
        erase=of_records.TALKS[1],
    ),
    Holding(
        code="attained",
        says=Text("scores in the parts of courses, for attainment", "课程各考核环节的得分（用于课程目标达成）"),
        how=Text(
            "deleted; results that are locked hold no student and stay", "删除；已锁定的结果不含任何学生，予以保留"
        ),
        models=("AttainmentScores",),
        find=of_records.ATTAINED[0],
        erase=of_records.ATTAINED[1],
    ),
    Holding(
        code="comments",
        says=Text("comments of teachers, sent and unsent", "教师评语（含未发送的）"),
        how=GONE,
        models=("StudentComment",),
        find=of_records.COMMENTS[0],
        erase=of_records.COMMENTS[1],
    ),
    Holding(
        code="statements",
        says=Text("statements and documents in record stores", "记录库中的陈述与文档"),
        how=Text(
            "about the person: removed; about others: an account of nobody takes the place",
            "关于此人的予以删除；关于他人的以匿名账号代替",
        ),
        models=(
            "RecordStore", "StatementRow", "StatementAgent", "StatementActivity", "StatementAttachment",
            "StatementRefRow", "AttachmentContent", "RecordDocument", "AgentName", "ActivityDefinition",
            "RecordCredential", "RecordErasure", "RecordTombstone", "RecordForgetting", "StatementMark",
            "RefusedRequest", "StatementFile", "RecordEvent",
        ),
        find=of_statements.count_statements,
        erase=of_statements.forget_statements,
    ),
    Holding(
        code="actors",
        says=Text("which actor the person is, and what was counted of them", "此人对应的学习工具账号及计数"),
        how=GONE,
        models=("ActorDeclaration", "WeakCount"),
        find=of_statements.count_declared,
        erase=of_statements.forget_declared,
    ),
    Holding(
        code="traits",
        says=Text("protected traits", "受保护特征"),
        how=GONE,
        models=("ProtectedTrait",),
        find=of_records.TRAITS[0],
        erase=of_records.TRAITS[1],
    ),
    Holding(
        code="changes",
        says=Text("what imports changed of the person, before and after", "导入对个人信息的更改（前后值）"),
        how=GONE,
        models=("PersonChange",),
        find=of_records.CHANGES[0],
        erase=of_records.CHANGES[1],
    ),
    Holding(
        code="consents",
        says=Text("consents, given and withdrawn", "同意记录（含已撤回的）"),
        how=GONE,
        models=("Consent", "ConsentText"),
        find=of_records.CONSENTS[0],
        erase=of_records.CONSENTS[1],
    ),
    Holding(
        code="guardians",
        says=Text("consents of guardians", "监护人同意书"),
        how=GONE,
        models=("GuardianConsent",),
        find=of_records.GUARDIANS[0],
        erase=of_records.GUARDIANS[1],
    ),
    Holding(
        code="cases",
        says=Text("requests for correction, objections and appeals", "更正、异议与申诉"),
        how=GONE,
        models=("ReviewCase",),
        find=of_records.CASES[0],
        erase=of_records.CASES[1],
    ),
    Holding(
        code="announced",
        says=Text("lines of announcements", "公示名单中的行"),
        how=Text("deleted; a page that runs is without the line from then on", "删除；正在公示的页面随即不再含该行"),
        models=("AnnouncedLine",),
        find=of_records.ANNOUNCED[0],
        erase=of_records.ANNOUNCED[1],
    ),
    Holding(
        code="selected",
        says=Text("what simulated rules for entry and exit say of the person", "进出规则模拟中关于此人的内容"),
        how=Text(
            "deleted; what a run says of others stays as it was worked out", "删除；同一次运行中关于他人的内容保持原样"
        ),
        models=("SelectionEntry",),
        find=of_records.SELECTED[0],
        erase=of_records.SELECTED[1],
    ),
    Holding(
        code="carried",
        says=Text("what the person brought along from an earlier office", "从原单位带来的记录"),
        how=GONE,
        models=("CarriedRow",),
        find=of_records.CARRIED[0],
        erase=of_records.CARRIED[1],
    ),
    Holding(
        code="groups",
        says=Text("classes and groups, with results", "班级、分组及结果"),
        how=GONE,
        models=("Membership",),
        find=of_records.MEMBERSHIPS[0],
        erase=of_records.MEMBERSHIPS[1],
    ),
    Holding(
        code="released",
        says=Text("places in numbers that left", "已发布汇总数据中的计入"),
        how=Text(
            "kept as somebody unknown: without them later numbers would tell who is missing",
            "以无名者保留：否则后续数字会透露缺了谁",
        ),
        models=("ReleasedPerson", "ReleasedTable"),
        find=of_records.RELEASED[0],
        erase=of_records.RELEASED[1],
    ),
    Holding(
        code="exports",
        says=Text("that the person is in a research export", "纳入研究导出的记录"),
        how=Text(
            "deleted here; who got the export is told by pseudonym", "在此删除；按假名通知导出接收方"
        ),
        models=("ResearchExportPerson", "ResearchExport"),
        find=of_records.EXPORTS[0],
        erase=of_records.EXPORTS[1],
    ),
    Holding(
        code="holds",
        says=Text("legal holds that were lifted", "已解除的法定保全"),
        how=Text("kept without the person", "保留记录但去掉此人"),
        models=("LegalHold",),
        find=of_records.HOLDS[0],
        erase=of_records.HOLDS[1],
    ),
    Holding(
        code="views",
        says=Text("views of lists that the person saved", "本人保存的列表视图"),
        how=GONE,
        models=("SavedView",),
        find=of_account.count_views,
        erase=of_account.forget_views,
    ),
    Holding(
        code="account",
        says=Text("the account", "账号"),
        how=Text(
            "emptied: only its number and role are left, to which what others did may point",
            "清空：仅留编号和角色，供他人操作记录引用",
        ),
        models=("Account", "Account_spaces", "Account_groups", "Account_user_permissions"),
        find=of_account.count_account,
        erase=of_account.forget_account,
    ),
    Holding(
        code="texts",
        says=Text("texts of others that name the person", "他人文字中提到此人之处"),
        how=Text("“…” takes the place of number, address and full name", "以“…”代替学号、地址与全名"),
        models=(
            "Import", "Item", "Group", "DataSource", "LearnedTitle", "Question", "Job", "Rule", "EvidenceFeed",
            "FeedDeclaration", "AdaptiveTestRecord", "ObservationRow", "ObservationPlan", "AddedTrait", "ReleaseRule",
            "Announcement", "AnnouncingRule", "IndicatorEntry", "PolicyRecord", "PolicyVintage", "PolicyUpload",
            "Announcement", "AnnouncingRule", "AttainmentRun", "AttainmentVersion", "AttainmentTicket",
            "AttainmentAction",
        ),
        find=of_texts.count_texts,
        erase=of_texts.forget_texts,
    ),
    Holding(
        code="trail",
        says=Text("events of the audit trail", "审计留痕"),
        how=Text(
            "kept: they know the person by a row number that leads nowhere once the row is deleted",
            "保留：其中仅有行号，行删除后不再指向任何人",
        ),
        models=("AuditPerson", "AuditEntry", "AuditStump"),
        find=of_records.TRAIL[0],
        erase=of_records.TRAIL[1],
        stays=Text(
            "who read what must be provable for at least six months; the events hold no name and no number of a school",
            "查阅记录须至少留存六个月以备查证；其中没有姓名和学号",
        ),
    ),
    Holding(
        code="person",
        says=Text("number, name, programme, entry year", "学号、姓名、专业、入学年份"),
        how=GONE,
        models=("Person",),
        find=of_records.count_person,
        erase=of_records.forget_person,
    ),
)  # fmt: skip
# Tables that hold nothing of a person in the sense of this list, each with why.
WITHOUT_PEOPLE: Final[Mapping[str, str]] = {
    "IndicatorPlan": "which staff account answers for an indicator, and its target",
    "Notice": "what an institution tells everybody",
    "PurposeEntry": "what a data set is read for",
    "ImpactRecord": "what was weighed before a method was switched on",
    "MethodSwitch": "which method is on",
    "Processor": "firms outside",
    "MinorApproval": "which accounts may read minors",
    "TeachingSurvey": "a table of course ratings; its raters have no number that leads to anybody",
    "TaughtLecturer": "lecturers, who are no learners; goes with the survey on its page",
    "TaughtCourse": "names of courses; goes with the survey",
    "TeachingRating": "scores by numbers drawn by lot, which lead to nobody",
    "AddedRun": "which scores were set against which; counts over everybody",
    "AddedGroup": "figures over whole groups; a group under the rules of release is left out",
    "ListCheck": "figures of how well a list was right, over everybody",
    "SelectionRule": "what a written rule for entry or exit says",
    "SelectionRun": "of which rule, group and day a run is, with its line and counts",
    "PriorityRun": "of which group and day a list is, with counts of everybody on it",
    "AttainmentMap": "what a course wants its students to reach, and how it is assessed",
    "AttainmentProgramme": "which course supports which requirement",
    "Space": "names an institution",
    "TryCount": "keyed hashes of names and addresses, which end after a day",
    "ServiceLogOut": "keyed hashes, kept for an hour",
    "SeveralAct": "which staff account did what to how many rows at once",
    "SeveralMember": "numbers of rows, which lead nowhere once the row is deleted, and why one was left",
    "OutsideLink": "of accounts of mentors outside, which are no learner's",
    "ObservationChild": "pseudonyms and numbers of consent forms; no link to a person, ended by withdrawal on its page",
    "ObservationTurn": "pseudonyms; goes by the plan",
    "ObservationSession": "pseudonyms; goes by the plan",
    "ObservationEvent": "what accounts did with a plan",
    "RecordCursor": "how far somebody has read a store",
    "RecordDay": "counts of a day",
    "RecordExport": "what went out of a store; told in the certificate as to be notified",
    "RecordHold": "that a store is held",
    "RefusedCount": "counts",
    "StatementReading": "which accounts read statements, by number",
    "Forwarding": "addresses of other stores; told in the certificate as to be notified",
    "Undeliverable": "numbers of statements, which go with them",
    "PersonErasure": "the erasures themselves; what tells the person is sealed, and emptied at the end",
    "PersonTombstone": "keyed hashes of numbers",
    "Permission": "of Django, unused",
    "Group_permissions": "of Django, unused",
    "auth.Group": "of Django, unused",
    "ContentType": "of Django: names of tables",
}
