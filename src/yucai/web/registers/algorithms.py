"""Every method that runs on people here: what it does, why, on which data, how well it was tested."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from yucai.texts import Text
from yucai.web.registers.methods import Method, Trial
from yucai.web.registers.methods_of_governance import ATTAINMENT, CHAIN, FAIRNESS, RELEASE, TEACHING, VALUE_ADDED
from yucai.web.registers.methods_of_selection import SELECTION

__all__ = [
    "ADAPTIVE", "CLASS_MAP", "COMMENTS", "METHODS", "PRIORITY", "PROFILES", "RATERS", "SELECTION", "STEPS", "TEACHING",
    "VALUE_ADDED", "Method", "Trial",
]  # fmt: skip

SIMULATED: Final = Text("simulated people", "模拟人员")
UNTESTED: Final = Text("A rule, untested: it measures nothing.", "规则，未经检验：不作任何测量。")


PROFILES: Final = Method(
    code="profiles",
    name=Text("Profiles of qualities", "素养画像"),
    what=Text(
        "A statistical model (item response theory) estimates from all scores where each learner stands on each "
        "quality, with a 90 % interval, and how hard each task is. It says when evidence is not enough.",
        "用统计模型（项目反应理论）根据全部得分估计每位学习者在各项素养上的位置及 90% 区间，并估计各任务的难度；"
        "证据不足时如实说明。",
    ),
    why=Text(
        "So that advice and support rest on evidence with its uncertainty.",
        "使指导与支持建立在注明不确定性的证据之上。",
    ),
    data=Text("Scores of every data set of the institution that may be used.", "本单位可用的各数据集中的得分。"),
    tested=Text(
        "Simulated: its 90 % intervals hold the true place in 89.4 % of cases (error 0.3 %). Not yet tested on this "
        "institution's own past.",
        "模拟检验：90% 区间包含真实位置的比例为 89.4%（误差 0.3%）。尚未用本单位的历史数据检验。",
    ),
    measured="The measurement engine",
    trial=Trial(
        whose=SIMULATED,
        when="2026-11",
        error=Text(
            "its 90 % intervals hold the true place in 89.4 % of cases (error 0.3 %)",
            "90% 区间包含真实位置的比例为 89.4%（误差 0.3%）",
        ),
    ),
    calls=frozenset(
        {
            "calibrate",
            "score",
            "category_uses",
            "curve_report",
            "information_report",
            "map_of",
            "option_report",
        }
    ),
    necessity=Text(
        "Single marks cannot be compared across tasks and raters; without a model, who was rated strictly looks weak.",
        "不同任务与评分人的单项成绩不可直接比较；若不用模型，被严格评分者会显得偏弱。",
    ),
    risks=Text(
        "A number may be taken for the person; few or one-sided records may mislead; somebody may be judged by "
        "it alone.",
        "数字可能被当作对人的定论；记录少或单一时可能产生误导；可能仅凭数字作出评判。",
    ),
    measures=Text(
        "Intervals beside every number, grey where evidence is not enough, no total, protected traits never enter, the "
        "learner sees the same page, and a named person decides and gives a reason.",
        "每个数字附区间，证据不足显示为灰色，不给总分，受保护特征不进入模型，学习者看到同一页面，由具名人员作出决"
        "定并说明理由。",
    ),
    stops=Text(
        "No profile is computed any more, and the profiles shown so far are taken off every page.",
        "不再计算画像，各页面也不再显示此前的画像。",
    ),
)
ADAPTIVE: Final = Method(
    code="adaptive-tests",
    name=Text("Adaptive tests", "自适应测验"),
    what=Text(
        "Chooses each next question of a test by the answers so far, and ends when the answer is sure enough.",
        "根据已有作答选择下一题，结果足够可靠时结束测验。",
    ),
    why=Text("So that a test is short and not too hard or too easy for anybody.", "使测验简短，且对每个人难易适中。"),
    data=Text("Answers to the questions of the bank.", "对题库题目的作答。"),
    tested=Text(
        "Simulated: after 20 of 500 questions the estimate is off by .24 standard deviations (root mean square).",
        "模拟检验：从 500 题中作答 20 题后，估计的均方根误差为 0.24 个标准差。",
    ),
    measured="Adaptive testing",
    trial=Trial(
        whose=SIMULATED,
        when="2026-11",
        error=Text(
            "after 20 of 500 questions the estimate is off by .24 standard deviations (root mean square)",
            "从 500 题中作答 20 题后，均方根误差为 0.24 个标准差",
        ),
    ),
    calls=frozenset({"bank_of", "control_exposure", "prepare_test", "simulate_test"}),
    necessity=Text(
        "A fixed test of the same precision takes more of the learner's time.",
        "达到同等精度的固定测验会占用学习者更多时间。",
    ),
    risks=Text(
        "People get different questions and may find that unfair; a slip early on may lead astray.",
        "各人题目不同，可能觉得不公平；开头的失误可能影响后续选题。",
    ),
    measures=Text(
        "The choice is written down with its seed and can be played again; questions are not always the same few; the "
        "result is a profile with its interval and no mark.",
        "选题过程连同随机种子留存，可以重演；题目不会总是集中在少数几道；结果是带区间的画像，不作为成绩。",
    ),
    stops=Text(
        "No test is started any more, and no question of a running one is asked.",
        "不再开始新测验，进行中的测验也不再出题。",
    ),
)
RATERS: Final = Method(
    code="rater-comparison",
    name=Text("Comparison of raters", "评分人比较"),
    what=Text(
        "Compares the raters of a closed round: how strict each is, whether that changed, and how far they agree.",
        "比较已结束轮次中的评分人：各自宽严、有无变化、一致程度。",
    ),
    why=Text("So that nobody's result depends on who rated the work.", "使结果不取决于由谁评分。"),
    data=Text("Levels that raters gave in rating rounds.", "评分轮次中评分人给出的等级。"),
    tested=Text(
        "Simulated: 90 % intervals of strictness hold the truth in 89.8 % of cases (error 0.9 %); of sound raters 6 % "
        "are told as unfitting where 5 % should be.",
        "模拟检验：宽严的 90% 区间包含真值的比例为 89.8%（误差 0.9%）；正常评分人被误报不拟合的比例为 6%（应为 5%）。",
    ),
    measured="The measurement engine",
    trial=Trial(
        whose=SIMULATED,
        when="2026-11",
        error=Text(
            "90 % intervals of strictness hold the truth in 89.8 % of cases (error 0.9 %)",
            "宽严的 90% 区间包含真值的比例为 89.8%（误差 0.9%）",
        ),
    ),
    calls=frozenset({"krippendorff_alpha", "rater_drift", "rater_standings"}),
    necessity=Text(
        "Raters differ in strictness; without a comparison nobody knows and nothing can be put right.",
        "评分人宽严不一；不作比较则无从知晓，也无法纠正。",
    ),
    risks=Text("A rater may be judged by a number that rests on few works.", "可能根据少量作品的数字评判评分人。"),
    measures=Text(
        "Only directors see how raters stand, only after the round is closed, with intervals; who teaches a class sees "
        "how far its raters agree. It enters no appraisal of staff.",
        "评分人之间的比较仅主任在轮次结束后可见，附区间；任课教师可见本班评分的一致程度。不进入教职工考核。",
    ),
    stops=Text(
        "The page that compares raters says that it is off and shows nothing.",
        "评分人比较页面只说明已停用，不显示任何结果。",
    ),
)
STEPS: Final = Method(
    code="next-steps",
    name=Text("Next steps of a learner", "学习者的下一步建议"),
    what=Text(
        "Suggests at most two next steps by three written rules: build on the surest strength, close the surest gap to "
        "the target of the talent type, show what is not known yet. The practices come from a pack.",
        "按三条书面规则提出至多两条建议：发挥最明确的长处、缩小与人才类型目标最明确的差距、补充尚缺的证据。具体做法出自"
        "实践建议包。",
    ),
    why=Text(
        "So that a learner knows what may be done next, with the reason.", "让学习者知道接下来可以做什么，以及为什么。"
    ),
    data=Text(
        "The learner's own portrait and talent type, tests and rating rounds open to them. No protected trait, nobody "
        "else, no ranking.",
        "学习者本人的画像与人才类型，以及向其开放的测验和评分轮次。不使用受保护特征和他人数据，不作排名。",
    ),
    tested=Text(
        "A rule, untested: no data show yet that whoever follows a step comes further.",
        "规则，未经检验：尚无数据表明照做的人进步更大。",
    ),
    trial=None,
    calls=frozenset({"next_steps"}),
    necessity=Text(
        "A portrait without a way on is a verdict; advisers cannot speak with everybody every fortnight.",
        "只有画像而无出路近似判定；指导老师无法每两周与每个人谈话。",
    ),
    risks=Text(
        "A suggestion may be taken for an order or a judgement; a target may narrow somebody; a practice may not fit.",
        "建议可能被当作命令或评判；目标可能限制发展；做法可能不适合本人。",
    ),
    measures=Text(
        "At most two, strengths first, each with its reason, how sure it is and that it is untested; refused with one "
        "click without any disadvantage; no step enters a grade, a list or a rule.",
        "至多两条、长处优先，逐条说明理由、把握和“未经检验”；一键拒绝且无任何不利；建议不进入成绩、名单或规则。",
    ),
    stops=Text(
        "Nobody sees steps of their own any more; everybody sees the list that is the same for all.",
        "不再显示个人建议，所有人看到同一份通用清单。",
    ),
)
PRIORITY: Final = Method(
    code="priority-list",
    name=Text("Priority list: who needs a talk", "优先关注名单"),
    what=Text(
        "Counts the work that was expected of each learner and what came, and proposes by written rules with whom to "
        "talk, with reasons, what speaks against them and a next step. Bands, no places; no score. Where too little is "
        "known it says nothing.",
        "统计每名学生应交与已交的作业，按书面规则建议与谁谈话，附理由、相反情况和下一步建议。只分档，不排名，不打分；所知太少时不作判断。",
    ),
    why=Text(
        "So that somebody talks in time with whoever has gone quiet, and can say why.",
        "让沉默下来的学生及时有人关心，并能说明原因。",
    ),
    data=Text(
        "Exams, tasks, tests and rated works with their due days and results; own works put in, which only speak for "
        "somebody; the day of the last talk. No clicks, no protected trait, no portrait.",
        "考试、作业、测验与评分作品及其截止日期和成绩；学生自己提交的成果（只作有利考虑）；最近一次谈话日期。不用点击记录、"
        "受保护特征和画像。",
    ),
    tested=Text(
        "Rules, untested on this institution's own past until it is tested on the page of the list. On 22 "
        "presentations of the Open University the first band of the fifth week held 18 of 100 of those who left or "
        "failed later.",
        "规则，在名单页面用本单位历史数据检验之前视为未经检验。以英国开放大学 22 期课程检验：第五周第一档包含之后退出或"
        "未通过者的 18%。",
    ),
    trial=Trial(
        whose=Text(
            "23,905 learners of 22 presentations of the Open University",
            "英国开放大学 22 期课程的 23,905 名学习者",
        ),
        when="2026-11",
        error=Text(
            "of 100 in the first band 94 left or failed later; it held 18 of 100 of those who did",
            "第一档每百人中 94 人后来退出或未通过；所有退出或未通过者中它列出了 18%",
        ),
    ),
    calls=frozenset({"admit_model", "compare_with_rules", "fit_support_model", "support_list", "watch_drift"}),
    necessity=Text(
        "A director cannot look through the work of everybody every fortnight; who goes quiet is noticed late.",
        "主任无法每两周查看所有人的作业；沉默下来的学生往往很晚才被发现。",
    ),
    risks=Text(
        "Somebody may be taken for weak because of a list; records may be missing; people may follow the list blindly, "
        "or write down what is no business of the office.",
        "可能因名单被视为“差生”；记录可能缺失；可能盲从名单，或写下与工作无关的内容。",
    ),
    measures=Text(
        "It proposes a talk and nothing else; contrary evidence stands beside the reasons; every decision needs a "
        "written reason of a named person; the student reads every word; how fast and how alike people decide is "
        "shown; no grade, place or rule reads it; a list nobody acts on says so.",
        "只建议谈话；理由旁列出相反情况；每个决定须由具名人员写明理由；学生能看到每一个字；显示决定的速度与一致程度；成绩、资格与规则均不读取；"
        "无人使用时如实说明。",
    ),
    stops=Text(
        "No list is worked out or shown any more; cases that are open can still be brought to their end.",
        "不再生成和显示名单；已建立的谈话记录仍可办结。",
    ),
)
CLASS_MAP: Final = Method(
    code="class-map",
    name=Text("Class map", "班级学情图"),
    what=Text(
        "Names at most three ideas that a class does not hold, the surest first, with one suggestion each, and who has "
        "gone quiet, by the rule of the priority list.",
        "指出全班至多三个未掌握的方面（最明确者优先），各附一条建议；并按优先关注名单的规则列出没了动静的学生。",
    ),
    why=Text(
        "So that a teacher knows what to go over on Thursday, and whom to ask how things are.",
        "使教师知道下节课讲什么、该问候谁。",
    ),
    data=Text(
        "Scores and portraits of the people of the class, and the calibration. No clicks, no protected trait.",
        "班级成员的得分与画像，以及标定结果。不使用点击记录和受保护特征。",
    ),
    tested=Text(
        "A rule, untested: false alarms over all ideas are held at 5 in 100 in theory; that a suggestion helps has not "
        "been looked at.",
        "规则，未经检验：理论上对全部考察项的误报控制在 5%；建议是否有效尚未考察。",
    ),
    trial=None,
    calls=frozenset({"class_ideas", "lesson_plan", "find_quiet"}),
    necessity=Text(
        "A page of marks tells nobody what to teach next; silence is not seen in a table.",
        "成绩表看不出接下来该教什么，也看不出谁没了动静。",
    ),
    risks=Text(
        "A class may be judged by it; somebody quiet may be taken for weak; a young class stands below the average of "
        "all years.",
        "可能据此评判班级；没有动静的学生可能被当作水平低；低年级班级天然低于各年级的平均。",
    ),
    measures=Text(
        "Intervals, false alarms held over all ideas, fewer than three where the evidence holds fewer, grey where it "
        "is thin; counts and a sentence to say aloud for who is quiet; nothing enters a grade or a list.",
        "附区间，对全部考察项统一控制误报，证据不支持时少于三项，证据不足显示为灰色；没有动静者附计数和可当面说的话；"
        "结果不进入成绩或名单。",
    ),
    stops=Text(
        "The class map names no idea and nobody who has gone quiet; the rest of the page stays.",
        "学情图不再指出未掌握的方面和没有动静的学生；页面其余部分保留。",
    ),
)
COMMENTS: Final = Method(
    code="comment-drafts",
    name=Text("Drafts of comments", "评语草稿"),
    what=Text(
        "Drafts a comment on one learner by written rules, without AI: strengths first, one thing to work on, one next "
        "step. A teacher reads, changes and sends it, or does not.",
        "按书面规则（不使用人工智能）为一名学生起草评语：先讲长处，再讲一点努力方向和一个下一步。由教师阅读、修改后决定是否"
        "发送。",
    ),
    why=Text("So that every student gets a comment worth reading.", "使每名学生都能得到值得一读的评语。"),
    data=Text(
        "The learner's own portrait where enough is known, own evidence, and a pack of practices. Nobody else's data.",
        "学生本人证据充足的画像、本人的证据和实践建议包。不使用他人数据。",
    ),
    tested=Text(
        "A rule, untested on people: that no sentence says more than the facts given is held by a property test.",
        "规则，未在人群中检验：由性质测试保证任何句子都不超出所给事实。",
    ),
    trial=None,
    calls=frozenset({"draft_comment"}),
    necessity=Text(
        "Nobody writes thirty comments from thirty portraits in an evening; without a draft most get none.",
        "一个晚上无法根据三十份画像写出三十条评语；没有草稿，多数学生得不到评语。",
    ),
    risks=Text(
        "A draft may be sent unread; a comment may sound like a verdict; the teacher's own view may be lost.",
        "草稿可能未读即发；评语可能听起来像定论；教师自己的看法可能丢失。",
    ),
    measures=Text(
        "Each must be opened and kept before it can be sent; nothing is said of what is not known; the student and "
        "staff read the same words, and whether the draft was changed; it can be contested and withdrawn.",
        "每条须打开并保存后才能发送；不评说未知之处；学生与教职工看到同样的文字，并注明草稿是否经过修改；可异议、可撤回。",
    ),
    stops=Text(
        "No draft is made any more; teachers may still write comments by hand.", "不再起草；教师仍可自己写评语。"
    ),
)
OBSERVED: Final = Method(
    code="observed-behaviour",
    name=Text("Answers from observation", "观察结果估计"),
    what=Text(
        "Estimates rates of behaviour from turns of watching, with intervals, and how far two observers agree.",
        "根据观察轮次估计行为发生率及区间，并计算两名观察者的一致程度。",
    ),
    why=Text(
        "So that an institution knows its groups without judging a child.",
        "使单位了解群体状况，而不评判任何儿童。",
    ),
    data=Text("Records of observation, under pseudonyms.", "以化名记录的观察数据。"),
    tested=Text(
        "Held against stored values of independent programs; see the guide of observation.",
        "已与独立程序的结果核对，见观察指南。",
    ),
    trial=Trial(
        whose=Text("stored results of independent programs", "独立程序的留存结果"),
        when="2026-11",
        error=Text("equal to as many digits as they print", "与其给出的位数完全一致"),
    ),
    calls=frozenset({"answer_behaviour", "event_agreement", "kappa", "time_unit_agreement", "assign_observers",
                     "draw_schedule", "estimate_behaviour"}),
    why_always=Text(
        "It speaks of groups of pseudonyms, and runs only on a plan that a director opened and can close.",
        "只涉及化名群体，且仅按主任开启并可结束的计划运行。",
    ),
)  # fmt: skip
STRENGTH: Final = Method(
    code="strength-of-works",
    name=Text("Strength of an own work", "个人成果的证据强度"),
    what=Text(
        "Calls a work strong, moderate or weak evidence by how it can be checked.",
        "按可核查程度将成果标为强、中、弱证据。",
    ),
    why=Text("So that what nobody can check is not taken for proof.", "避免把无法核查的内容当作证明。"),
    data=Text(
        "Own works: kind, proof, and whether somebody verified them.", "个人成果：类别、证明方式、是否经人核验。"
    ),
    tested=UNTESTED,
    trial=None,
    calls=frozenset({"strength_of"}),
    why_always=Text(
        "It is a label with its reason beside it; a named person verifies the work.",
        "只是附理由的标签；成果由具名人员核验。",
    ),
)
SEATS: Final = Method(
    code="rating-seats",
    name=Text("Who rates which work", "评分任务分配"),
    what=Text(
        "Draws which rater gets which work, so that raters can be compared and nobody rates their own.",
        "抽签分配评分任务，使评分人可比，且无人评自己的作品。",
    ),
    why=Text("So that works are spread fairly and blind.", "使作品公平、匿名地分配。"),
    data=Text("Numbers of works, names of raters, known advisers.", "作品编号、评分人、已知的指导关系。"),
    tested=UNTESTED,
    trial=None,
    calls=frozenset({"plan_ratings"}),
    why_always=Text("A director looks at each plan before the round is opened.", "每个计划都由主任查看后才开启轮次。"),
)
STATEMENTS: Final = Method(
    code="statements-to-scores",
    name=Text("Scores from statements of learning tools", "由学习工具陈述得出得分"),
    what=Text(
        "Reads scores out of statements of learning tools by a written mapping.",
        "按书面映射规则从学习工具的陈述中读取得分。",
    ),
    why=Text("So that nobody types over what a tool recorded.", "免去人工转录工具记录。"),
    data=Text("Statements of the institution's record stores.", "本单位记录库中的陈述。"),
    tested=Text("Held against 340,611 published results: the same scores.", "与 340,611 条公开成绩核对，得分一致。"),
    measured="Statements to evidence",
    trial=Trial(
        whose=Text("340,611 published results", "340,611 条公开成绩"),
        when="2026-11",
        error=Text("the same scores, none off", "得分全部一致"),
    ),
    calls=frozenset({"responses_from_statements"}),
    why_always=Text(
        "It copies and judges nothing; each source of evidence can be closed by itself.",
        "只作转录，不作评判；每个证据来源可单独停用。",
    ),
)
ROSTER: Final = Method(
    code="same-person",
    name=Text("Who is who in a file", "文件中的人员匹配"),
    what=Text(
        "Finds who a row of a file is about, by number and name; where that is not sure it asks.",
        "按学号和姓名判断文件各行对应何人；不能确定时询问。",
    ),
    why=Text("So that a score comes to the right person.", "使得分归到正确的人。"),
    data=Text("Numbers and names of class lists and files.", "名册与文件中的学号、姓名。"),
    tested=UNTESTED,
    trial=None,
    calls=frozenset({"match_people", "tell_makers"}),
    why_always=Text(
        "Somebody looks at each file before it is taken in, and each import can be undone.",
        "每个文件入库前都有人查看，且可撤销。",
    ),
)
METHODS: Final[Mapping[str, Method]] = {
    method.code: method
    for method in (
        PROFILES, ADAPTIVE, RATERS, STEPS, PRIORITY, CLASS_MAP, COMMENTS, OBSERVED, STRENGTH, SEATS, STATEMENTS,
        ROSTER, RELEASE, CHAIN, TEACHING, VALUE_ADDED, FAIRNESS, ATTAINMENT, SELECTION,
    )
}  # fmt: skip
