"""The methods of governance as the register tells of them: what leaves, who is listed, how an office stands."""

from __future__ import annotations

from typing import Final

from yucai.texts import Text
from yucai.web.registers.methods import Method, Trial

__all__ = ["ATTAINMENT", "CHAIN", "FAIRNESS", "RELEASE", "TEACHING", "VALUE_ADDED"]

RELEASE: Final = Method(
    code="small-cells",
    name=Text("Hiding of small numbers", "小单元格隐藏"),
    what=Text(
        "Hides numbers over too few people, and those from which they could be worked out.",
        "隐藏人数过少的数字，以及可据以推算的数字。",
    ),
    why=Text("So that a table tells of nobody in particular.", "使表格不泄露任何个人。"),
    data=Text("Counts and means over groups.", "群体的人数与均值。"),
    tested=Text(
        "Attacked by subtraction in its tests; no small number could be worked out.",
        "经差分攻击检验，无法推算任何小单元格。",
    ),
    measured="Releases",
    trial=Trial(
        whose=Text("made-up tables, attacked by subtraction", "模拟表格（差分攻击）"),
        when="2026-11",
        error=Text("no small number could be worked out", "未能推算出任何小数值"),
    ),
    calls=frozenset({"release_table", "tabulate", "policy_on", "standing_told", "told_of_each_other"}),
    why_always=Text(
        "It protects people; it can be made stricter and not switched off.", "用于保护个人；可以更严，不能停用。"
    ),
)


CHAIN: Final = Method(
    code="chain-and-ecosystem",
    name=Text("The chain of cultivation, and how mixed works are", "培养链条与成果多样性"),
    what=Text(
        "Counts how many people reached each step by dated records, and describes by named formulas (Hill, Rao-"
        "Stirling, Newman) how verified works spread over programmes and qualities, and who makes works with whom.",
        "依据带日期的记录统计达到各环节的人数，并用公开公式（Hill、Rao-Stirling、Newman）描述已核验成果在专业与素养上的分布及合作关系。",
    ),
    why=Text("So that an office sees where its chain loses people.", "使单位看到培养链条在何处流失人员。"),
    data=Text(
        "Entry years, memberships, verified own works, lists of works, who is named as a maker. No marks, no protected "
        "trait.",
        "入学年份、分组、已核验成果、成果名单及合作者；不用成绩，不用受保护特征。",
    ),
    tested=Text(
        "Formulas held against vegan 2.6-4; small cells attacked by subtraction in its tests.",
        "公式与 vegan 2.6-4 结果核对；小单元格经差分攻击检验。",
    ),
    trial=Trial(
        whose=Text("results of an independent program (R vegan 2.6-4)", "独立程序 R vegan 2.6-4 的结果"),
        when="2026-11",
        error=Text("the same to 1e-12; steps are counted", "相差不超过 1e-12；各环节为直接计数"),
    ),
    calls=frozenset(
        {
            "chain_axis",
            "chain_steps",
            "furthest_step",
            "cosine_distances",
            "hill_number",
            "rao_stirling",
            "describe_collaboration",
            "collaboration_ranges",
            "pairs_of_units",
        }
    ),
    why_always=Text(
        "It says nothing of one person; every number passes the gate or is shown to who sees the people.",
        "不涉及任何个人；各数字均经发布规则把关，或仅示于有权查看人员者。",
    ),
)


TEACHING: Final = Method(
    code="teaching-quality",
    name=Text("Teaching quality from course ratings", "课程评价中的教学质量"),
    what=Text(
        "Separates, in a table of course ratings, what goes back to lecturers, to strict or generous students, to "
        "courses and to chance. It draws each lecturer towards the average as far as the ratings are uncertain, with a "
        "90 % interval. No ranks.",
        "从课程评分中区分教师、宽严不同的学生、课程与偶然各自的影响；评分越不确定，结果越向全体平均靠拢，并给出 "
        "90% 区间。不排名。",
    ),
    why=Text(
        "So that nobody is judged by a raw mean that a few raters made.", "避免仅凭少数评价人形成的原始均值评判教师。"
    ),
    data=Text(
        "Course ratings by raters without a number, names of lecturers and courses, how many were asked. No comment. "
        "Groups of raters and lecturers, where the table names them: once, for means by group; whose is which is not "
        "kept.",
        "不含评价人编号的课程评分、教师与课程名称、应评人数。不使用评语。若表中注明评价人和教师的组别，只用一次，"
        "得出各组均值；谁属于哪个组不保存。",
    ),
    tested=Text(
        "Equals R's lme4 on 73,421 ratings. Simulated: its 90 % intervals hold the truth in 90.7 % of cases with 30 "
        "lecturers of 32 ratings (error 0.3 %), in 88.1 % with 12 of 17 (error 0.7 %). Not yet tested on this "
        "institution's own past.",
        "在 73,421 条评分上与 R 的 lme4 一致。模拟检验：30 位教师、每人 32 条评分时，90% 区间包含真值的比例为 90.7%"
        "（误差 0.3%）；12 位、每人 17 条时为 88.1%（误差 0.7%）。尚未用本单位的历史数据检验。",
    ),
    trial=Trial(
        whose=Text(
            "73,421 ratings of the ETH, beside R's lme4, and simulated surveys",
            "苏黎世联邦理工 73,421 条评分（与 R 的 lme4 对照）及模拟评教",
        ),
        when="2026-11",
        error=Text(
            "effects equal to 1e-6; 90 % intervals hold in 88 to 91 of 100 cases",
            "效应之差不超过 1e-6；90% 区间在 100 次中有 88 至 91 次包含真值",
        ),
    ),
    measured="Teaching quality",
    calls=frozenset(
        {
            "check_ordinal",
            "check_spacing",
            "differential_ratings",
            "fit_ratings",
            "ratings_needed",
            "response_bounds",
            "teaching_standings",
        }
    ),
    necessity=Text(
        "Raw means mix teaching with who happened to answer; the best and the worst of them are mostly those with few "
        "raters.",
        "原始均值把教学与谁碰巧作答混在一起；最高与最低者往往是评价人最少的教师。",
    ),
    risks=Text(
        "Ratings may follow likability, gender or the subject; who answers is not everybody; figures may be used for "
        "pay or promotion alone; a small course may give away who said what.",
        "评分可能受好感、性别或学科影响；作答者不能代表全体；数字可能被单独用于薪酬或晋升；小班可能暴露谁说了什么。",
    ),
    measures=Text(
        "Never a raw mean alone, no rank on any page or file, bounds for who did not answer, nothing of fewer raters "
        "than the rules of release ask for, a lecturer sees the own figures. The pages say that they are not the only "
        "ground of any decision.",
        "不单独显示原始均值，任何页面和文件均无排名；给出未作答者的上下限；评价人少于发布规则要求时不显示；"
        "教师可见本人结果；页面写明不得作为任何决定的唯一依据。",
    ),
    stops=Text(
        "No survey is worked out, and no figure of a lecturer or course is shown any more.",
        "不再计算评教，也不再显示教师或课程的任何数字。",
    ),
)


VALUE_ADDED: Final = Method(
    code="value-added",
    name=Text("Value added of groups", "各组增值评价"),
    what=Text(
        "Sets a score now against one or two earlier ones of the same people and says how far each class, section, "
        "entry year or programme lies from what these let one expect, with a 90 % interval over a range of "
        "reliabilities of the earlier scores. No ranks, nothing of one person.",
        "将现有成绩与同一批人的一至两项先前成绩对照，说明各班级、课程班、年级或专业与应有水平相差多少，"
        "并在先前成绩的一系列信度下给出 90% 区间。不排名，不涉及任何个人。",
    ),
    why=Text("So that a group is not praised or blamed for who came to it.", "避免因生源不同而对某个组作出褒贬。"),
    data=Text(
        "Scores on record, in per cent; class, section, entry year or programme. No trait of anybody.",
        "已有成绩（按得分率）；班级、课程班、年级或专业。不使用任何人的特征。",
    ),
    tested=Text(
        "Equals R's lme4 on 4,059 pupils of 65 London schools. Simulated, the true reliability inside the range: its "
        "90 % intervals hold the truth in 94 to 95 of 100 cases, in 77 to 82 as if earlier scores were without error. "
        "Not yet tested on this institution's own past.",
        "在伦敦 65 所学校 4,059 名学生上与 R 的 lme4 一致。模拟检验（真实信度在范围内）：90% 区间在 100 次中有 94 至 "
        "95 次包含真值；若把先前成绩当作无误差，则为 77 至 82 次。尚未用本单位的历史数据检验。",
    ),
    trial=Trial(
        whose=Text(
            "4,059 pupils of 65 London schools, beside R's lme4, and simulated groups",
            "伦敦 65 所学校的 4,059 名学生（与 R 的 lme4 对照）及模拟分组",
        ),
        when="2026-11",
        error=Text(
            "effects equal to 1e-5; 90 % intervals over the range hold in 94 to 95 of 100 cases",
            "效应之差不超过 1e-5；一系列信度下的 90% 区间在 100 次中有 94 至 95 次包含真值",
        ),
    ),
    measured="Teaching quality",
    calls=frozenset({"value_added", "groups_added"}),
    necessity=Text(
        "A mean score says who came as much as what was taught; without earlier scores groups cannot be compared at "
        "all.",
        "平均成绩既反映教得如何，也反映来的是谁；没有先前成绩，各组根本无法比较。",
    ),
    risks=Text(
        "What people met elsewhere is laid at the group's door; a reliability nobody knows decides; figures may be "
        "used against a teacher alone; a small group may give away its members.",
        "把成员在别处的经历算到组的头上；结论取决于无人知晓的信度；数字可能被单独用来追究教师；小组可能暴露成员。",
    ),
    measures=Text(
        "Intervals over a whole range, a kind of its own for groups that hang on it, no rank on any page or file, "
        "groups under the rules of release left out, a teacher sees the own groups only. The pages say what cannot be "
        "told, and that it is not the only ground of any decision.",
        "给出整个信度范围内的区间，结论取决于信度的组单列一类；任何页面和文件均无排名；"
        "人数少于发布规则要求的组不参与；教师只能看到本人的组；页面写明无法判断之处，以及不得作为任何决定的唯一依据。",
    ),
    stops=Text(
        "Nothing is worked out, and no figure of a group is shown any more.", "不再计算，也不再显示任何组的数字。"
    ),
)


FAIRNESS: Final = Method(
    code="list-fairness",
    name=Text("Fairness of the priority list", "优先关注名单的公平性"),
    what=Text(
        "Compares whom the list proposes for a talk between groups, with intervals.",
        "比较名单在各组中建议谈话的比例，附区间。",
    ),
    why=Text("So that a list that treats groups unlike is noticed.", "使区别对待群体的名单能被发现。"),
    data=Text(
        "The list; class, entry year, programme; protected traits that are held, in the aggregate alone.",
        "名单；班级、年级、专业；本单位掌握的受保护特征（仅作汇总）。",
    ),
    tested=Text("Its intervals equal those of statsmodels.", "区间与 statsmodels 的结果一致。"),
    trial=Trial(
        whose=Text("results of an independent program (statsmodels 0.14)", "独立程序 statsmodels 0.14 的结果"),
        when="2026-11",
        error=Text("the same intervals", "区间一致"),
    ),
    calls=frozenset({"difference_in_words", "rates_of_counts", "what_differs"}),
    why_always=Text(
        "It looks after people; without the list there is nothing to look at.",
        "用于保护个人；停用名单后即无可检查的内容。",
    ),
)


ATTAINMENT: Final = Method(
    code="course-attainment",
    name=Text("Attainment of course objectives", "课程目标达成度"),
    what=Text(
        "Weighs scores over full marks as the map of a course says, for class and student, with intervals; "
        "who was absent or exempt is left out, counted and never zero.",
        "按课程目标对应表对得分率加权，得出班级与每名学生的达成度及区间；缺考、免修等不计入、单独计数，绝不按零分计。",
    ),
    why=Text(
        "So that a course is improved where its students do not reach what it promises.",
        "使课程在学生未达到目标之处得到改进。",
    ),
    data=Text("Scores in the parts of a course; counts of a survey.", "课程各考核环节的得分；问卷人数。"),
    tested=Text(
        "The formula is held against an example by hand, intervals against published ones; a convention.",
        "公式与手算示例核对，区间与已发表结果核对；属约定算法，不是测量。",
    ),
    trial=Trial(
        whose=Text("an example by hand, and simulated classes of 6 to 60", "手算示例及 6 至 60 人的模拟班级"),
        when="2026-11",
        error=Text(
            "intervals hold the true mean in 93 to 95 of 100 classes", "区间在 100 个班级中有 93 至 95 个包含真实均值"
        ),
    ),
    calls=frozenset({"attain_course", "attain_requirements", "attain_students", "follow_up", "pool_classes"}),
    why_always=Text(
        "It judges a course and no student: two people stand behind each result, and nothing reads it into a grade.",
        "评价的是课程而非学生：每个结果由两人负责，不计入任何成绩。",
    ),
)
