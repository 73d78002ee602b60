"""A simulated honours college whose truth is known: for demonstrations, for tests, for trying methods out.

Everything here is invented by a seeded generator; no real person, firm or place is meant. 240 students of four entry
years live through their terms with exams, rated works, surveys, contests and AI-literacy tests. Their true places on
every quality, the raters' true severities and the problems planted on purpose are kept beside the data.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from yucai.demo.people import invent_names
from yucai.demo.spaces import SpaceFacts
from yucai.demo.works import simulate_works
from yucai.evidence import RESPONSES, Responses
from yucai.framework import load_framework
from yucai.texts import Text

__all__ = ["College", "PlantedProblem", "Truth", "simulate_college"]

Array = npt.NDArray[np.float64]

SEED: Final = 20260901
COHORTS: Final = (2022, 2023, 2024, 2025)
PER_COHORT: Final = 60
LAST_YEAR: Final = 2025  # the school year 2025-2026 is the last
FILE: Final = "simulated"
WORKS: Final = ("term-project", "team-presentation")
CONTESTS: Final = (("college", 0.2), ("provincial", 1.0), ("national", 1.9))
SURVEY_ITEMS: Final = 3
AI_ITEMS: Final = 6
SEVERE_RATER: Final = 6
MISLEADING_YEAR, MISLEADING_COURSE = 2024, "optics"
COURSES: Final = {  # by year of study: code, English, Chinese
    0: (
        ("calculus", "Calculus", "微积分"),
        ("mechanics", "Mechanics", "力学"),
        ("programming", "Programming", "程序设计"),
        ("writing", "Academic writing", "学术写作"),
        ("algebra", "Linear algebra", "线性代数"),
    ),
    1: (
        ("probability", "Probability", "概率论"),
        ("optics", "Optics", "光学"),
        ("data", "Data structures", "数据结构"),
        ("chemistry", "Chemistry", "化学"),
        ("history", "History of science", "科学史"),
    ),
    2: (
        ("learning", "Machine learning", "机器学习"),
        ("materials", "Materials", "材料科学"),
        ("systems", "Systems", "系统科学"),
        ("economics", "Economics", "经济学"),
        ("ethics", "Technology ethics", "科技伦理"),
    ),
    3: (
        ("frontier", "Frontier seminar", "前沿研讨"),
        ("design", "Engineering design", "工程设计"),
        ("policy", "Science policy", "科技政策"),
        ("energy", "Energy", "能源"),
        ("biology", "Synthetic biology", "合成生物学"),
    ),
}

SPACE: Final = SpaceFacts(
    code="demo-college",
    name=Text("Demonstration Honours College (simulated)", "示范荣誉学院（模拟）"),
    simulated=True,
    attribution=Text(
        "Simulated data: every person, mark and firm is invented by Yucai's generator.",
        "模拟数据：所有人员、成绩与企业均由育才的生成程序虚构。",
    ),
    licence="Apache-2.0",
    evidence_map="evidence-demo-college",
    period="school-year",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlantedProblem:
    """Something wrong on purpose, for a newcomer to find."""

    code: str
    who: str
    what: Text
    found: Text


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Truth:
    """What the generator knows: places (students, school years, qualities), severities by rater."""

    learners: tuple[str, ...]
    years: tuple[str, ...]
    qualities: tuple[str, ...]
    places: Array
    severities: dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class College:
    """The college as an office would hold it, and the truth behind it. Every table is simulated."""

    space: SpaceFacts
    people: pl.DataFrame  # learner, name_zh, name_en, cohort, class, programme, talent_type, county
    raters: pl.DataFrame  # rater, name_zh, name_en, from_industry
    mentors: pl.DataFrame
    labs: pl.DataFrame
    firms: pl.DataFrame
    projects: pl.DataFrame
    rules: pl.DataFrame
    items: pl.DataFrame  # item, name_zh, name_en, kind, occasion
    responses: Responses
    works: pl.DataFrame  # learner, kind, level, proof, quality, titles, team_size, ai_used, state, score, done_on
    truth: Truth
    planted: tuple[PlantedProblem, ...]


def simulate_college(*, seed: int = SEED) -> College:
    """Return the college of a seed; the same seed gives the same college, to the last bit."""
    rng = np.random.default_rng(seed)
    people = _people(rng)
    raters = _raters(rng)
    truth = _truth(people, raters, rng)
    quiet = str(people.filter(pl.col("cohort") == "2024")["learner"][17])
    rows = pl.concat(
        [_exams(people, truth, rng), _ratings(people, truth, rng), _surveys(people, truth, rng),
         _tests(people, truth, rng), _awards(people, truth, rng)]
    )  # fmt: skip
    silent = (pl.col("learner") == quiet) & pl.col("occasion").str.starts_with("2025-2026")
    rows = rows.filter(~silent).with_row_index("source_row", offset=2)
    table = rows.with_columns(pl.col("source_row").cast(pl.Int64), source_file=pl.lit(FILE))
    return College(
        space=SPACE,
        people=people,
        raters=raters,
        mentors=_mentors(rng),
        labs=_labs(),
        firms=_firms(),
        projects=_projects(people, rng),
        rules=_rules(),
        items=_items(table),
        responses=Responses.from_table(RESPONSES.check(table)),
        works=simulate_works(people, truth.places, truth.qualities, without=quiet),
        truth=truth,
        planted=_planted(quiet, raters, people),
    )


def _people(rng: np.random.Generator) -> pl.DataFrame:
    names = invent_names(len(COHORTS) * PER_COHORT, rng=rng)
    programmes = ("数理科学 Mathematical science", "智能工程 Intelligent engineering", "生命与材料 Life and materials")
    types = ("scientists", "engineers", "science-and-technology-leaders", "entrepreneurs-and-managers", "green-talents")
    rows = []
    for c, cohort in enumerate(COHORTS):
        for i in range(PER_COHORT):
            name_zh, name_en = names[c * PER_COHORT + i]
            if cohort == 2023 and i in (11, 41):  # planted: two students of one name
                name_zh, name_en = "王子涵", "Wang Zihan"
            rows.append(
                (f"{cohort}01{i + 1:04d}", name_zh, name_en, str(cohort), f"{cohort}-{i // 30 + 1}",
                 str(rng.choice(programmes)), str(rng.choice(types)), f"county-{rng.integers(1, 4)}")
            )  # fmt: skip
    columns = ["learner", "name_zh", "name_en", "cohort", "class", "programme", "talent_type", "county"]
    return pl.DataFrame(rows, schema=columns, orient="row")


def _raters(rng: np.random.Generator) -> pl.DataFrame:
    names = invent_names(20, rng=rng)
    rows = [(f"R{i + 1:02d}", zh, en, i >= 14) for i, (zh, en) in enumerate(names)]
    return pl.DataFrame(rows, schema=["rater", "name_zh", "name_en", "from_industry"], orient="row")


def _truth(people: pl.DataFrame, raters: pl.DataFrame, rng: np.random.Generator) -> Truth:
    """Correlated places that grow from year to year, each student at an own pace."""
    nine, four = load_framework("nine-qualities"), load_framework("ai-literacy")
    qualities = tuple(entry.code for framework in (nine, four) for entry in framework.qualities)
    layers = [entry.parent or "ai" for framework in (nine, four) for entry in framework.qualities]
    same = np.array([[a == b for b in layers] for a in layers])
    correlation = np.where(same, 0.6, 0.4)
    np.fill_diagonal(correlation, 1.0)
    n, k, years = people.height, len(qualities), len(COHORTS)
    start = rng.multivariate_normal(np.full(k, -0.4), correlation, size=n)
    pace = rng.normal(0.28, 0.12, size=(n, 1, k))
    places = start[:, None, :] + pace * np.arange(years)[None, :, None] + rng.normal(0, 0.1, size=(n, years, k))
    severities = rng.normal(0.0, 0.2, size=raters.height)
    severities[SEVERE_RATER] = 1.3
    return Truth(
        learners=tuple(people["learner"]),
        years=tuple(f"{year}-{year + 1}" for year in COHORTS),
        qualities=qualities,
        places=places,
        severities=dict(zip(raters["rater"], severities.tolist(), strict=True)),
    )


def _lived(people: pl.DataFrame) -> Iterator[tuple[int, str, int, int]]:
    """Student by student: place in the list, number, entry year, school year lived through."""
    for i, (learner, cohort) in enumerate(people.select("learner", "cohort").iter_rows()):
        for year in range(int(cohort), LAST_YEAR + 1):
            yield i, learner, int(cohort), year


def _table(rows: Sequence[tuple[str, str, float, float, str | None, str]]) -> pl.DataFrame:
    schema = {
        "learner": pl.String, "item": pl.String, "score": pl.Float64, "max_score": pl.Float64,
        "rater": pl.String, "occasion": pl.String,
    }  # fmt: skip
    return pl.DataFrame(rows, schema=schema, orient="row")


def _exams(people: pl.DataFrame, truth: Truth, rng: np.random.Generator) -> pl.DataFrame:
    knowledge = truth.qualities.index("frontier-knowledge")
    hard = {course: rng.normal(0, 0.4) for courses in COURSES.values() for course, *_ in courses}
    rows = []
    for i, learner, cohort, year in _lived(people):
        for c, (course, *_) in enumerate(COURSES[year - cohort]):
            term = f"{year}-{year + 1}-{1 + (c % 2)}"
            load = -0.9 if (year, course) == (MISLEADING_YEAR, MISLEADING_COURSE) else 0.9
            place = truth.places[i, year - cohort, knowledge]
            mark = 76 + 9.0 * (load * place - hard[course] + rng.normal(0, 0.7))
            rows.append((learner, f"exam/{course}-{term}", float(np.clip(np.round(mark), 0, 100)), 100.0, None, term))
    return _table(rows)


def _ratings(people: pl.DataFrame, truth: Truth, rng: np.random.Generator) -> pl.DataFrame:
    """Two works a year on all nine qualities, each by two raters drawn anew, so that all raters hang together."""
    names = list(truth.severities)
    severity = np.array(list(truth.severities.values()))
    steps = np.array([2.2, 0.9, -0.4, -1.8])
    rows = []
    for i, learner, cohort, year in _lived(people):
        for w, work in enumerate(WORKS):
            term = f"{year}-{year + 1}-{w + 1}"
            for rater in rng.choice(len(names), 2, replace=False):
                place = truth.places[i, year - cohort, :9] - severity[rater]
                line = np.arange(5)[None, :] * 1.3 * place[:, None] + np.concatenate([[0], np.cumsum(steps - 0.2 * w)])
                chance = np.exp(line - line.max(axis=1, keepdims=True))
                chance /= chance.sum(axis=1, keepdims=True)
                marks = (rng.random((9, 1)) > np.cumsum(chance, axis=1)).sum(axis=1)
                rows += [
                    (learner, f"rubric/{quality}/{work}", float(mark), 4.0, names[rater], term)
                    for quality, mark in zip(truth.qualities[:9], marks, strict=True)
                ]
    return _table(rows)


def _surveys(people: pl.DataFrame, truth: Truth, rng: np.random.Generator) -> pl.DataFrame:
    bounds = np.array([-2.2, -1.0, 0.2, 1.6])
    rows = []
    for i, learner, cohort, year in _lived(people):
        told = 0.7 * truth.places[i, year - cohort, :9] + rng.normal(0.3, 0.5)  # some paint themselves brighter
        for n in range(SURVEY_ITEMS):
            felt = told + rng.logistic(0, 0.8, size=9) - 0.2 * (n - 1)
            rows += [
                (learner, f"survey/{quality}/{n + 1}", float((bounds < x).sum()), 4.0, None, f"{year}-{year + 1}-2")
                for quality, x in zip(truth.qualities[:9], felt, strict=True)
            ]
    return _table(rows)


def _tests(people: pl.DataFrame, truth: Truth, rng: np.random.Generator) -> pl.DataFrame:
    hard = rng.normal(0, 0.8, size=(4, AI_ITEMS))
    rows = []
    for i, learner, cohort, year in _lived(people):
        chance = 1 / (1 + np.exp(-1.4 * (truth.places[i, year - cohort, 9:, None] - hard)))
        right = rng.random((4, AI_ITEMS)) < chance
        rows += [
            (learner, f"test/ai/{quality}/{n + 1}", float(right[q, n]), 1.0, None, f"{year}-{year + 1}-2")
            for q, quality in enumerate(truth.qualities[9:])
            for n in range(AI_ITEMS)
        ]
    return _table(rows)


def _awards(people: pl.DataFrame, truth: Truth, rng: np.random.Generator) -> pl.DataFrame:
    innovation = truth.qualities.index("innovation")
    rows = []
    for i, learner, cohort, year in _lived(people):
        for level, bar in CONTESTS:
            if rng.random() < 0.35:  # about a third enter
                won = rng.random() < 1 / (1 + np.exp(-1.2 * (truth.places[i, year - cohort, innovation] - bar)))
                rows.append((learner, f"award/{level}", float(won), 1.0, None, f"{year}-{year + 1}-2"))
    return _table(rows)


def _mentors(rng: np.random.Generator) -> pl.DataFrame:
    fields = ("quantum materials", "robotics", "new energy", "bioinformatics", "chip design", "digital governance")
    rows = [
        (
            f"M{i + 1:02d}",
            zh,
            en,
            "firm" if i % 3 == 2 else "university",
            fields[i % len(fields)],
            int(rng.integers(4, 10)),
        )
        for i, (zh, en) in enumerate(invent_names(30, rng=rng))
    ]
    return pl.DataFrame(rows, schema=["mentor", "name_zh", "name_en", "home", "field", "places"], orient="row")


def _labs() -> pl.DataFrame:
    rows = [
        (f"L{i + 1:02d}", f"Laboratory {i + 1} (simulated)", f"第 {i + 1} 实验室（模拟）", 4 + i % 5) for i in range(12)
    ]
    return pl.DataFrame(rows, schema=["lab", "name_en", "name_zh", "places"], orient="row")


def _firms() -> pl.DataFrame:
    rows = [(f"F{i + 1}", f"Firm {i + 1} (simulated)", f"企业{i + 1}（模拟）", f"county-{i % 3 + 1}") for i in range(8)]
    return pl.DataFrame(rows, schema=["firm", "name_en", "name_zh", "county"], orient="row")


def _projects(people: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    members = rng.permutation(people["learner"].to_numpy()).reshape(60, 4)
    rows = [
        (f"P{p + 1:02d}", f"Project {p + 1} (simulated)", f"项目{p + 1}（模拟）", "、".join(team), f"F{p % 8 + 1}")
        for p, team in enumerate(members)
    ]
    return pl.DataFrame(rows, schema=["project", "name_en", "name_zh", "members", "firm"], orient="row")


def _rules() -> pl.DataFrame:
    rows = [
        ("stay-2025", "Stay in the programme: no failed exam in the year.", "留在本计划：本学年无不及格。", ""),
        ("bonus-2025", "Bonus of 5 points for the county science camp.", "县科学营加 5 分。", "county-1"),
    ]
    return pl.DataFrame(rows, schema=["rule", "text_en", "text_zh", "only_county"], orient="row")


def _items(table: pl.DataFrame) -> pl.DataFrame:
    """Names of the items in both languages, made from their codes."""
    courses = {code: (en, zh) for level in COURSES.values() for code, en, zh in level}
    entries = {e.code: e.name for f in ("nine-qualities", "ai-literacy") for e in load_framework(f).qualities}
    works = {"term-project": ("term project", "学期项目"), "team-presentation": ("team presentation", "团队展示")}
    contests = {
        "college": ("College", "院级"),
        "provincial": ("Provincial", "省级"),
        "national": ("National", "国家级"),
    }
    rows = []
    for item in table["item"].unique().sort():
        kind, *rest = item.split("/")
        if kind == "exam":
            course, _, term = rest[0].partition("-")
            en, zh = courses[course]
            rows.append((item, f"Exam: {en}, {term}", f"考试：{zh}，{term}", kind, term))
        elif kind == "award":
            en, zh = contests[rest[0]]
            rows.append((item, f"{en} contest: award", f"{zh}竞赛获奖", kind, ""))
        else:
            quality = entries[rest[-2]]
            last = works.get(rest[-1], (f"question {rest[-1]}", f"第 {rest[-1]} 题"))
            words = {"rubric": ("Rating", "评分"), "survey": ("Survey", "问卷"), "test": ("Test", "测验")}[kind]
            rows.append(
                (item, f"{words[0]}: {quality.en}, {last[0]}", f"{words[1]}：{quality.zh}，{last[1]}", kind, "")
            )
    return pl.DataFrame(rows, schema=["item", "name_en", "name_zh", "kind", "occasion"], orient="row")


def _planted(quiet: str, raters: pl.DataFrame, people: pl.DataFrame) -> tuple[PlantedProblem, ...]:
    term = f"{MISLEADING_YEAR}-{MISLEADING_YEAR + 1}-2"
    twins = people.filter(pl.col("name_zh") == "王子涵")["learner"].to_list()
    return (
        PlantedProblem(
            code="severe-rater",
            who=str(raters["rater"][SEVERE_RATER]),
            what=Text("Rates far more severely than everybody else.", "评分明显严于其他所有人。"),
            found=Text("Page of a rated task: severity of the raters.", "评分任务页：评分人的宽严。"),
        ),
        PlantedProblem(
            code="misleading-exam",
            who=f"exam/{MISLEADING_COURSE}-{term}",
            what=Text("Students who know more get lower marks.", "水平越高的学生得分越低。"),
            found=Text("Page of the exam: discrimination below zero.", "该考试页：区分度为负。"),
        ),
        PlantedProblem(
            code="gone-quiet",
            who=quiet,
            what=Text(
                "No evidence in 2025-2026, while the class has plenty.",
                "2025-2026 学年没有任何证据，而同班同学证据充足。",
            ),
            found=Text("Cohort 2024: a row of grey.", "2024 级页面：整行灰色。"),
        ),
        PlantedProblem(
            code="unfair-rule",
            who="bonus-2025",
            what=Text("A bonus that only students of one county can get.", "只有一个县的学生能得到的加分。"),
            found=Text("Rules: the one that most cannot meet.", "规则页：多数人无法满足的那一条。"),
        ),
        PlantedProblem(
            code="same-name",
            who=", ".join(twins),
            what=Text("Two students of one name in one cohort.", "同一年级有两名同名学生。"),
            found=Text("Cohort 2023: 王子涵 twice, with two numbers.", "2023 级页面：王子涵出现两次，学号不同。"),
        ),
    )
