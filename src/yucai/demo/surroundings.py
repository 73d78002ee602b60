"""What surrounds the students of the simulated college: counties, firms, labs, mentors, projects and rules.

All of it is invented. Counties do not exist, firms are called after them, and each name says that it is simulated.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from yucai.demo.people import invent_names

__all__ = ["UNFAIR_RULE", "counties", "fields", "firms", "labs", "mentors", "projects", "rules"]

COUNTIES: Final = (("Yunshan", "云杉"), ("Bailu", "白鹭"), ("Shiqiao", "石桥"))
Titles = tuple[tuple[str, str], ...]
FIELDS: Final[dict[str, tuple[str, str, Titles]]] = {  # English, Chinese, and the ten projects of the field
    "quantum-materials": ("quantum materials", "量子材料", (
        ("Thin films that conduct without loss", "无损耗导电薄膜"),
        ("A cheap magnetometer for schools", "面向中小学的低成本磁强计"),
        ("Growing crystals in a shoebox", "鞋盒里的晶体生长"),
        ("Diamond sensors for battery testing", "用于电池检测的金刚石传感器"),
        ("Reading the age of steel by its magnetism", "以磁性判断钢材老化"),
        ("A cold stage for two-dimensional materials", "二维材料低温平台"),
        ("Heat flow in layered crystals", "层状晶体中的热输运"),
        ("Coatings that shed ice", "防覆冰涂层"),
        ("A teaching kit on superposition", "量子叠加教学套件"),
        ("Sorting rare earths from old magnets", "废旧磁体中稀土的分选"),
    )),
    "robotics": ("robotics", "机器人", (
        ("A gripper for soft fruit", "软果采摘夹爪"),
        ("A guide robot for the blind", "导盲机器人"),
        ("Walking on river stones", "卵石河滩上的步行控制"),
        ("Repairing pipes from within", "管道内部检修机器人"),
        ("An arm that learns by being led", "示教学习机械臂"),
        ("Counting tea shoots in the field", "茶园嫩芽计数"),
        ("A glove that measures recovery", "康复评估手套"),
        ("Small boats that map lake beds", "湖底测绘小型无人船"),
        ("Robots that explain why they stop", "能说明停机原因的机器人"),
        ("A night watch for the greenhouse", "温室夜间巡检机器人"),
    )),
    "new-energy": ("new energy", "新能源", (
        ("Second life for bus batteries", "公交车电池的梯次利用"),
        ("Forecasting wind in one valley", "单一山谷的风电预测"),
        ("Solar dryers for mountain villages", "山村太阳能烘干房"),
        ("Salt that stores the heat of summer", "跨季节储热盐"),
        ("A fair tariff for charging at night", "夜间充电的公平电价"),
        ("Hydrogen from waste water", "废水制氢"),
        ("Finding leaks in heating networks", "供热管网漏损定位"),
        ("Quiet blades for small turbines", "小型风机低噪声叶片"),
        ("How dust dims solar panels", "积尘对光伏出力的影响"),
        ("A microgrid for the campus farm", "校园农场微电网"),
    )),
    "bioinformatics": ("bioinformatics", "生物信息", (
        ("Rice that stands salt: reading its genes", "耐盐水稻的基因解读"),
        ("Early signs of silkworm disease", "家蚕病害早期识别"),
        ("Tracing tea by its microbes", "茶叶微生物溯源"),
        ("Folding small proteins on a laptop", "在笔记本电脑上折叠小蛋白"),
        ("Which gut microbes travel with diet", "膳食与肠道菌群的关联"),
        ("A map of pollen in the city air", "城市空气花粉地图"),
        ("Enzymes that eat plastic film", "降解地膜的酶"),
        ("Privacy when families share genomes", "家族基因组共享中的隐私"),
        ("Bird song as a measure of wetland health", "以鸟鸣评估湿地健康"),
        ("Reading old herbarium leaves", "馆藏植物标本的基因读取"),
    )),
    "chip-design": ("chip design", "芯片设计", (
        ("An open processor for classrooms", "课堂用开源处理器"),
        ("A sensor chip that sleeps", "可休眠的传感芯片"),
        ("Checking a design by proof", "以形式证明验证设计"),
        ("Cooling chips with paraffin", "石蜡相变芯片散热"),
        ("A hearing aid with two microphones", "双麦克风助听芯片"),
        ("Memory that forgets on purpose", "主动遗忘的存储单元"),
        ("Reading meters without a battery", "免电池抄表芯片"),
        ("Faults that only heat reveals", "热致故障的定位"),
        ("Small neural networks in hardware", "小型神经网络的硬件实现"),
        ("A tester made of spare parts", "利旧搭建的芯片测试台"),
    )),
    "digital-governance": ("digital governance", "数字治理", (
        ("Plain words for public notices", "公告的通俗化改写"),
        ("Who is missed by online forms", "在线表单漏掉了谁"),
        ("Bus lines that follow the old and the young", "顾及老幼的公交线网"),
        ("Open budgets of three counties", "三县财政公开"),
        ("Auditing a school-place algorithm", "学位分配算法的审计"),
        ("Flood warnings that are believed", "让人相信的洪水预警"),
        ("A register of village wells", "乡村水井台账"),
        ("How long a complaint waits", "诉求办理时长分析"),
        ("Consent that children understand", "儿童看得懂的知情同意"),
        ("Archives that stay readable", "长久可读的电子档案"),
    )),
}  # fmt: skip
LABS: Final = {
    "quantum-materials": (("Low-Dimensional Materials", "低维材料"), ("Quantum Measurement", "量子精密测量")),
    "robotics": (("Soft Robotics", "柔性机器人"), ("Field Robotics", "野外机器人")),
    "new-energy": (("Energy Storage", "储能技术"), ("Wind and Light", "风光互补")),
    "bioinformatics": (("Genome Reading", "基因组信息"), ("Protein Design", "蛋白质设计")),
    "chip-design": (("Open Processor", "开源处理器"), ("Sensor Chip", "传感芯片")),
    "digital-governance": (("Public Data", "公共数据"), ("Algorithm Audit", "算法审计")),
}
FIRMS: Final = (  # the county is the one it is called after
    ("quantum-materials", "Quantum Materials", "量子材料"),
    ("robotics", "Robotics", "机器人"),
    ("new-energy", "Energy Storage", "储能"),
    ("bioinformatics", "Bioinformatics", "生物信息"),
    ("chip-design", "Microelectronics", "微电子"),
    ("digital-governance", "Digital Services", "数字服务"),
    ("new-energy", "Wind Power", "风电"),
    ("quantum-materials", "Precision Instruments", "精密仪器"),
)
N_MENTORS: Final = 30
UNFAIR_RULE: Final = "bonus-2025"


def fields() -> pl.DataFrame:
    """Return the six fields: field, name_en, name_zh."""
    rows = [(code, en, zh) for code, (en, zh, _titles) in FIELDS.items()]
    return pl.DataFrame(rows, schema=["field", "name_en", "name_zh"], orient="row")


def counties() -> pl.DataFrame:
    """Return the three counties: county, name_en, name_zh."""
    rows = [(f"county-{i + 1}", *_simulated(f"{en} County", f"{zh}县")) for i, (en, zh) in enumerate(COUNTIES)]
    return pl.DataFrame(rows, schema=["county", "name_en", "name_zh"], orient="row")


def firms() -> pl.DataFrame:
    """Return the eight firms: firm, name_en, name_zh, county, field."""
    rows = []
    for i, (field, en, zh) in enumerate(FIRMS):
        home_en, home_zh = COUNTIES[i % 3]
        rows.append((f"F{i + 1}", *_simulated(f"{home_en} {en}", f"{home_zh}{zh}"), f"county-{i % 3 + 1}", field))
    return pl.DataFrame(rows, schema=["firm", "name_en", "name_zh", "county", "field"], orient="row")


def labs() -> pl.DataFrame:
    """Return the twelve laboratories: lab, name_en, name_zh, field, places."""
    rows: list[tuple[object, ...]] = []
    for field, names in LABS.items():
        for en, zh in names:
            i = len(rows)
            rows.append((f"L{i + 1:02d}", *_simulated(f"{en} Laboratory", f"{zh}实验室"), field, 4 + i % 5))
    return pl.DataFrame(rows, schema=["lab", "name_en", "name_zh", "field", "places"], orient="row")


def mentors(rng: np.random.Generator) -> pl.DataFrame:
    """Return the thirty mentors, every third from a firm: mentor, name_zh, name_en, home, firm, field, places."""
    fields = tuple(FIELDS)
    named = {field: [f"F{i + 1}" for i, (own, *_) in enumerate(FIRMS) if own == field] for field in fields}
    rows = []
    for i, (zh, en) in enumerate(invent_names(N_MENTORS, rng=rng)):
        from_firm = i % 3 == 2
        nth = i // 3 if from_firm else i - i // 3
        field = fields[nth % len(fields)]
        firm = named[field][nth // len(fields) % len(named[field])] if from_firm else None
        home = "firm" if from_firm else "university"
        rows.append((f"M{i + 1:02d}", zh, en, home, firm, field, 4 + int(rng.integers(4, 10))))
    columns = ["mentor", "name_zh", "name_en", "home", "firm", "field", "places"]
    return pl.DataFrame(rows, schema=columns, orient="row")


def projects(learners: pl.Series, mentors: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Return sixty projects of four students each, with a laboratory, a firm and two mentors of their field.

    Columns: project, name_en, name_zh, field, lab, firm, mentor (of the university), firm_mentor, members (a list).
    """
    titles = [(field, *ten[n]) for n in range(10) for field, (_en, _zh, ten) in FIELDS.items()]
    teams = rng.permutation(learners.to_numpy()).reshape(len(titles), 4)
    rooms = labs()
    rows = []
    for p, ((field, en, zh), team) in enumerate(zip(titles, teams, strict=True)):
        nth = p // len(FIELDS)
        here = pl.col("field") == field
        by_home = {home: mentors.filter(here, home=home) for home in ("university", "firm")}
        ours, theirs = (table.row(nth % table.height, named=True) for table in by_home.values())
        lab = rooms.filter(here)["lab"][nth % 2]
        rows.append(
            (f"P{p + 1:02d}", *_simulated(en, zh), field, lab, theirs["firm"], ours["mentor"], theirs["mentor"],
             team.tolist())
        )  # fmt: skip
    columns = ["project", "name_en", "name_zh", "field", "lab", "firm", "mentor", "firm_mentor", "members"]
    return pl.DataFrame(rows, schema=columns, orient="row")


def rules(*, unfair: bool) -> pl.DataFrame:
    """Return the rules that decide over people: rule, text_en, text_zh, only_county; one of them may be unfair."""
    en, zh = COUNTIES[0]
    rows = [("stay-2025", "Stay in the programme: no failed exam in the year.", "留在本计划：本学年无不及格。", "")]
    if unfair:
        camp = f"Bonus of 5 points for the science camp of {en} County.", f"参加{zh}县科学营加 5 分。"
        rows.append((UNFAIR_RULE, *camp, "county-1"))
    return pl.DataFrame(rows, schema=["rule", "text_en", "text_zh", "only_county"], orient="row")


def _simulated(en: str, zh: str) -> tuple[str, str]:
    return f"{en} (simulated)", f"{zh}（模拟）"
