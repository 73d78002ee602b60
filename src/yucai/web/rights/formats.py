"""What an export of a person holds, table by table: names, types and words in both languages. The promise of a format.

A table is either *kept*: another office takes its rows into tables of its own; or *carried*: another office keeps the
rows as they came, beside its own, for what somebody else did elsewhere is not vouched for here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from yucai.texts import Text

__all__ = ["CARRIED", "FORMAT", "TABLES", "VERSION", "Cell", "ExportTable", "Row"]

FORMAT: Final = "yucai-person"
VERSION: Final = 1

Cell = str | int | float | bool | None
Row = dict[str, Cell]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportTable:
    """One table: its columns with ``text``, ``number``, ``count``, ``flag``, ``day`` or ``time``, and its words."""

    name: str
    title: Text
    says: Text
    columns: Mapping[str, str]
    carried: bool = False


def _columns(told: str) -> dict[str, str]:
    """Read ``name:type`` words; a name without a type is a text."""
    pairs = (word.partition(":") for word in told.split())
    return {name: kind or "text" for name, _sep, kind in pairs}


def _table(name: str, title: Text, says: Text, columns: str, *, carried: bool = False) -> ExportTable:
    told = f"office {columns}" if carried else columns
    return ExportTable(name=name, title=title, says=says, columns=_columns(told), carried=carried)


ALL: Final = (
    _table("person", Text("Person", "个人"), Text("Who it is about.", "本人基本信息。"),
           "code name_en name_zh cohort programme talent_type born:day"),
    _table("traits", Text("Protected traits", "受保护信息"),
           Text("Kept apart, for fairness audits in the aggregate only.", "单独存放，仅用于公平性的汇总审查。"),
           "occasion trait value"),
    _table("groups", Text("Groups", "班级与分组"), Text("Classes, cohorts, courses.", "班级、年级、课程。"),
           "code kind name_en name_zh occasion outcome starts:day joined:day left:day"),
    _table("sources", Text("Data sets", "数据集"),
           Text("Where evidence came from, and what the law asks to know of it.", "证据的来源及其法定说明。"),
           "code name_en name_zh purpose legal_basis owner grade retention_months:count licence read_for"),
    _table("imports", Text("Imports", "入库批次"),
           Text("Each file that said something about this person.", "每个涉及本人的文件。"),
           "number:count source file_name digest profile at:time by version:count current:flag replaces:count "
           "supplements:count undone_at:time undone_by rows:count"),
    _table("items", Text("Tasks", "题目与任务"), Text("What was done and scored.", "被评分的考试、任务与问题。"),
           "code name_en name_zh kind occasion due_day:count weight:number"),
    _table("records", Text("Evidence", "证据记录"),
           Text("Each score with its source, also those that were replaced.", "每个得分及其来源，含已被取代的。"),
           "item rater occasion score:number max_score:number at:time source_file source_sheet source_row:count "
           "import:count replaced_by:count"),
    _table("changes", Text("Changes of the person", "个人信息变更"),
           Text("What a file said otherwise than before.", "文件带来的变更，保留原值。"),
           "import:count field before after"),
    _table("values", Text("Values of the portrait", "画像数值"),
           Text("Estimate and 90 % interval of each quality and period.", "各项素质在各时期的估计值及 90% 区间。"),
           "computed_at:time evidence_map evidence_map_version occasion quality mean:number std_error:number "
           "lower90:number upper90:number n_evidence:count enough:flag", carried=True),
    _table("works", Text("Own works", "个人成果"),
           Text("Each with its AI statement, its file and what became of it.", "含人工智能使用说明、附件与处理结果。"),
           "number:count kind title done_on:day part team_size:count quality level link proof ai_used:flag "
           "ai_machine_did ai_i_did ai_checked_how file_sha256 file_name file_type file_bytes:count added_at:time "
           "replaces:count state decided_by decided_at:time reason score:count", carried=True),
    _table("taken_back", Text("Decisions taken back", "收回的核验"),
           Text("Verifications and ratings that were taken back.", "已收回的核验与评分。"),
           "work:count what by at:time reason", carried=True),
    _table("made_with", Text("Works made with others", "合作完成的成果"),
           Text("Works of others and of lists that name this person, and those whom own works of this person name.",
                "列有此人的他人成果与名单中的成果，以及此人本人成果中列出的合作者。"),
           "work:count title kind done_on:day who_en who_zh names_me:flag state named_at:time answered_at:time",
           carried=True),
    _table("graduated", Text("Graduation and destinations", "毕业与去向"),
           Text("Where this person was after graduation, as lists of the office say, also replaced ones.",
                "单位名单所载的毕业去向（含已被取代的）。"),
           "kind after:count industry graduated_on:day list current:flag", carried=True),
    _table("ratings", Text("Ratings in rounds", "评分轮次中的评分"),
           Text("What raters handed in about works of this person.", "评分人就本人作品提交的评分。"),
           "round work rater criterion level:count remark handed_in_at:time", carried=True),
    _table("answers", Text("Answers to questions", "答题记录"),
           Text("The option that was chosen; the key of a question is not told.", "所选选项；不含参考答案。"),
           "item occasion option chosen_en chosen_zh at:time", carried=True),
    _table("tests", Text("Adaptive tests", "自适应测验"), Text("Each sitting.", "每次作答的起止。"),
           "test occasion began_at:time ended_at:time why_ended answers:count", carried=True),
    _table("counts", Text("Counts of learning tools", "学习工具计数"),
           Text("What was done that is no score.", "不计分的学习行为次数。"),
           "source verb times:count last_at:time", carried=True),
    _table("actors", Text("Names in learning tools", "学习工具中的身份"),
           Text("Under which actors the learning tools know this person.", "学习工具以哪些身份记录本人。"),
           "source actor at:time", carried=True),
    _table("steps", Text("Next steps", "下一步建议"),
           Text("What this person said of suggested next steps.", "本人对下一步建议的标记。"),
           "key rules_version title_en title_zh state said at:time", carried=True),
    _table("steps_refused", Text("Steps refused", "拒绝个人建议"),
           Text("From when until when suggestions of one's own were refused.", "拒绝个人建议的起止时间。"),
           "since:time until:time", carried=True),
    _table("listed", Text("Priority lists", "优先关注名单"),
           Text("What the lists that stand now say of this person.", "现有名单对本人的说明。"),
           "as_of:day band reasons_en reasons_zh against_en against_zh counts_en counts_zh step_en step_zh since:time "
           "rules_version", carried=True),
    _table("talk_cases", Text("Cases of talks", "谈话记录"),
           Text("Cases that were opened about this person, as the list said it then.",
                "为本人建立的谈话记录（名单当时的说明）。"),
           "number:count as_of:day band reasons_en reasons_zh against_en against_zh counts_en counts_zh step_en "
           "step_zh rules_version opened_by opened_at:time state ended_at:time helped", carried=True),
    _table("talk_decisions", Text("Decisions in cases of talks", "谈话记录中的决定"),
           Text("Each talk, help and outcome, by whom and why.", "每次谈话、帮助与结果，由谁作出、为何。"),
           "case:count kind by at:time reason seconds:count day:day who said", carried=True),
    _table("comments", Text("Comments", "评语"),
           Text("What teachers wrote to this person, also what was not sent or was withdrawn.",
                "教师写给本人的评语，含未发送和已撤回的。"),
           "occasion language said draft rules_version author kept_at:time sent_at:time withdrawn_at:time reason",
           carried=True),
    _table("attained", Text("Parts of courses", "课程考核环节"),
           Text("Scores, or states, for the attainment of course objectives.", "用于课程目标达成的得分或状态。"),
           "course name term part score:number max_score:number state", carried=True),
    _table("requests", Text("Requests", "申请与异议"),
           Text("Corrections, objections, appeals, and what became of them.", "更正、异议、申诉及其结果。"),
           "number:count kind about named_en named_zh said opened_at:time due_on:day state handler taken_at:time "
           "decided_at:time outcome reason effect_en effect_zh appeals:count", carried=True),
    _table("announced", Text("Public announcements", "公示"),
           Text("What was or is public of this person, as it was shown.", "曾公示或正在公示的本人信息（按公示样式）。"),
           "title_en title_zh name number outcome_en outcome_zh from_day:day until_day:day approved_at:time "
           "corrected_at:time down_at:time", carried=True),
    _table("selected", Text("Simulated rules for entry and exit", "进出规则模拟"),
           Text("What runs of a rule said of this person. They are simulations, and no decision.",
                "规则运行对本人的说明。均为模拟，不是决定。"),
           "rule_en rule_zh version:count as_of:day at:time outcome measure:number place:count reasons_en reasons_zh "
           "flagged:flag on_list:flag", carried=True),
    _table("consents", Text("Consents", "同意记录"),
           Text("What was consented to, by whom, and withdrawals.", "同意的内容、由谁作出及撤回情况。"),
           "code version:count way reference given_at:time ended_at:time", carried=True),
    _table("guardians", Text("Guardians' consents", "监护人同意"),
           Text("For who is under 14.", "用于未满 14 周岁者。"),
           "guardian shown reference given_on:day withdrawn_on:day", carried=True),
    _table("research", Text("Research exports", "研究数据导出"),
           Text("In which exports under a pseudonym this person is.", "以化名包含本人的研究数据导出。"),
           "code recipient purpose until:day at:time ended_at:time", carried=True),
    _table("holds", Text("Legal holds", "保全"),
           Text("Why nothing of this person may be erased, and when that is looked at.", "不得删除的原因及复核日期。"),
           "reason placed_at:time review_on:day lifted_at:time", carried=True),
    _table("notices", Text("Notices read", "已阅告知书"),
           Text("Which versions of the notice were said to have been read.", "确认阅读过的告知书版本。"),
           "version:count at:time", carried=True),
    _table("accounts", Text("Account", "账号"), Text("With which account this person signs in.", "本人登录用的账号。"),
           "username role joined:time last_login:time", carried=True),
    _table("saved_views", Text("Saved views", "保存的视图"),
           Text("Lists that this person saved with their filters.", "本人保存的列表视图及其筛选条件。"),
           "name page number:count space query made_at:time", carried=True),
    _table("sign_ins", Text("Sign-ins", "登录记录"), Text("When, from where, with which browser.",
                                                      "登录时间、地址与浏览器。"),
           "way began_at:time seen_at:time address browser ended_at:time ended_why", carried=True),
    _table("tokens", Text("Tokens for programs", "程序令牌"),
           Text("Which tokens this person made, for what and until when; never the token itself.",
                "本人创建的令牌、用途及期限；不含令牌本身。"),
           "name scopes made_at:time expires_at:time used_on:day revoked_at:time revoked_why", carried=True),
    _table("looks", Text("Who looked", "谁看过"),
           Text("Each event of the audit trail about this person.", "审计记录中关于本人的每个事件。"),
           "event:count at:time who_en who_zh role what_en what_zh purpose refused:flag", carried=True),
)  # fmt: skip
TABLES: Final[Mapping[str, ExportTable]] = {table.name: table for table in ALL}
CARRIED: Final = tuple(table.name for table in ALL if table.carried)
