"""What is said, in both languages, when evidence or a file cannot be used, or a number needs a caution."""

import json

import numpy as np
import pytest

from tests.unit.measurement.making import ANY_MODEL, BINARY, CREDIT, GRADED, Simulated, a_map, responses, rule
from yucai.errors import FaultyInputError
from yucai.evidence import RESPONSES, Responses
from yucai.measurement import (
    Calibration,
    CalibrationFileError,
    EnoughRule,
    Profiles,
    UnknownQualityError,
    UnknownUnitError,
    calibrate,
    score,
)

HEADING = {
    "en": "responses cannot be used as it is ({n} to correct). Nothing was changed.\n",
    "zh": "“responses”不能照原样使用（需改正 {n} 处）。没有改动任何数据。\n",
}
EMPTY = Responses(RESPONSES.empty())
FAULTS = {
    "no responses": (
        EMPTY, ANY_MODEL, "empty",
        "there are no responses. Import some first.",
        "没有作答数据。请先导入。",
    ),
    "no rule": (
        responses([("一", "x/1", 1, 1)]), ANY_MODEL, "no-rule",
        "no item of these responses falls under a rule of the evidence map “try” (items such as x/1). Add rules for "
        "them, or choose another map.",
        "这些作答中没有任何题目符合证据映射“try”的规则（例如 x/1）。请补充规则，或换用其他映射。",
    ),
    "not whole": (
        responses([("一", "g1", 1.5, 3), ("二", "g1", 2.5, 3), ("三", "g1", 2, 3)]), ANY_MODEL, "not-whole",
        "2 scores on g1 are not whole numbers from 0 (first: 1.5). Give the rule bands, or whole-number scores.",
        "g1 有 2 个得分不是从 0 开始的整数（首见：1.5）。请为规则设定分段，或改用整数得分。",
    ),
    "not right or wrong": (
        responses([("一", "b1", 1, 3)]), ANY_MODEL, "not-binary",
        "b1 is to be right or wrong, but its scores make 4 categories. Give the rule one band, or the graded model.",
        "b1 应只分对错，其得分却有 4 档。请为规则只设一个分段界限，或改用等级模型。",
    ),
    "too many bands for right or wrong": (
        responses([("一", "b1", 1, 1)]), a_map(rule("b*", BINARY, bands=(0.5, 0.8))), "not-binary",
        "b1 is to be right or wrong, but its scores make 3 categories. Give the rule one band, or the graded model.",
        "b1 应只分对错，其得分却有 3 档。请为规则只设一个分段界限，或改用等级模型。",
    ),
    "too many categories": (
        responses([("一", "g1", 88, 100)]), ANY_MODEL, "too-many-categories",
        "g1 has scores up to 100: that makes 101 categories, and at most 21 can be told apart. Give the rule bands.",
        "g1 的得分最高到 100，共 101 档，最多只能区分 21 档。请为规则设定分段。",
    ),
    "other highest score": (
        responses([("一", "g1", 2, 4), ("二", "g1", 2, 3), ("三", "g1", 4, 4)]), ANY_MODEL, "other-highest-score",
        "g1 is marked out of 4, but 1 scores are out of another highest score (first: 3). Give the rule bands, or use "
        "one scale.",
        "g1 满分为 4，却有 1 个得分的满分不同（首见：3）。请为规则设定分段，或统一满分。",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("evidence", "evidence_map", "code", "en", "zh"), FAULTS.values(), ids=FAULTS)
def test_evidence_that_cannot_be_used_is_told_in_both_languages(evidence, evidence_map, code, en, zh):
    with pytest.raises(FaultyInputError) as told:
        calibrate(evidence, evidence_map)
    assert [fault.code for fault in told.value.faults] == [code]
    assert str(told.value) == HEADING["en"].format(n=1) + f"- {en}"
    assert told.value.in_language("zh") == HEADING["zh"].format(n=1) + f"- {zh}"


def test_all_faults_are_told_at_once():
    rows = [("一", "g1", 1.5, 3), ("一", "g2", 1, 3), ("二", "g2", 0.5, 2), ("一", "b1", 1, 3), ("一", "c1", 1, 50)]
    with pytest.raises(FaultyInputError) as told:
        calibrate(responses(rows), ANY_MODEL)
    codes = sorted(fault.code for fault in told.value.faults)
    assert codes == ["not-binary", "not-whole", "not-whole", "other-highest-score", "too-many-categories"]


def test_scoring_refuses_scores_that_are_no_categories_of_a_known_item():
    calibration = calibrate(responses([("一", "g1", 0, 3), ("二", "g1", 3, 3)]), ANY_MODEL)
    with pytest.raises(FaultyInputError, match="g1 is marked out of 3, but 1 scores are out of another highest score"):
        score(responses([("三", "g1", 3, 4)]), calibration)
    with pytest.raises(FaultyInputError, match="1 scores on g1 are not whole numbers from 0"):
        score(responses([("三", "g1", 0.5, 3)]), calibration)


ALL = [f"u{n}" for n in range(8)]
NOTICES = {
    "everybody alike": (
        [(who, f"b{j}", 1 if j else n % 2, 1) for n, who in enumerate(ALL) for j in range(5)],
        "skill: on 4 items everybody reached the same category (b1, b2, b3, and 1 more); they tell nothing and were "
        "left out.",
        "skill：有 4 个题目所有人得分档相同（b1、b2、b3等 4 个），不提供信息，已略去。",
    ),
    "a category never met": (
        [(who, "g1", 3 * (n % 2), 3) for n, who in enumerate(ALL)],
        "skill: 1 item has categories that nobody reached (g1); these were joined with their neighbours.",
        "skill：有 1 个题目存在无人达到的得分档（g1），已与相邻档合并。",
    ),
    "items that repeat each other": (
        [(f"u{n:03d}", f"b{j}", n % 2, 1) for n in range(240) for j in range(3)],
        "skill: 3 items repeat each other almost word for word (b0, b1, b2); their weight was bounded.",
        "skill：有 3 个题目的作答几乎完全相同（b0、b1、b2），其权重已设上限。",
    ),
    "one rater": (
        [(who, "c1", n % 3, 2, "甲") for n, who in enumerate(ALL)],
        "skill: 甲 is the only rater, so severity cannot be told from difficulty and was not estimated.",
        "skill：甲 是唯一的评分人，无法区分评分宽严与题目难度，因此未估计其宽严。",
    ),
    "raters apart": (
        [(who, "c1", n % 3, 2, "甲" if n < 5 else "乙") for n, who in enumerate(ALL)],
        "skill: 乙 judged nobody whom the other raters judged too; how severe they are, compared with the others, "
        "rests on the assumption that their learners are like all others.",
        "skill：乙 评过的学习者没有其他评分人评过；与其他评分人相比的宽严，只能假定这些学习者与其他人相当。",
    ),
}


@pytest.mark.parametrize(("rows", "en", "zh"), NOTICES.values(), ids=NOTICES)
def test_what_a_calibration_says_about_itself(rows, en, zh):
    assert [(notice.en, notice.zh) for notice in calibrate(responses(rows), ANY_MODEL).notices] == [(en, zh)]


def test_a_search_that_did_not_settle_says_so(monkeypatch):
    from yucai.measurement.engine import search

    monkeypatch.setattr(search, "MOST_STEPS", 2)
    rows = [(who, f"b{j}", n % (j + 2) // (j + 1), 1) for n, who in enumerate(ALL) for j in range(3)]
    calibration = calibrate(responses(rows), ANY_MODEL)
    assert not calibration.converged
    (notice,) = calibration.notices
    assert notice.en == "The search ended after 2 steps without settling; read all its numbers with care."
    assert notice.zh == "迭代 2 步后仍未收敛，全部数值须谨慎使用。"


def test_evidence_that_is_sound_needs_no_notice():
    simulated = Simulated([BINARY] * 2 + [GRADED, CREDIT], 200, rng=np.random.default_rng(1), n_raters=3)
    assert calibrate(simulated.responses, ANY_MODEL).notices == ()


@pytest.fixture
def calibration():
    return calibrate(responses([(who, "c1", n % 3, 2, "甲乙"[n % 2]) for n, who in enumerate(ALL)]), ANY_MODEL)


def damaged(saved, **changes):
    return json.dumps({**json.loads(saved), **changes})


DAMAGED = ("it is damaged or something else", "内容损坏或并非此类文件")
BROKEN = {
    "another version": (lambda saved: damaged(saved, yucai_calibration=1), ("it is of another version", "版本不同")),
    "cut short": (lambda saved: saved[: len(saved) // 2], DAMAGED),
    "empty": (lambda _saved: "", DAMAGED),
    "not JSON": (lambda _saved: "题目,得分", DAMAGED),
    "JSON of something else": (lambda _saved: "[1, 2]", DAMAGED),
    "no version": (lambda _saved: "{}", DAMAGED),
    "a part missing": (lambda saved: saved.replace('"scales"', '"stairs"'), DAMAGED),
    "a part too many": (lambda saved: damaged(saved, surprise=1), DAMAGED),
    "a model unknown": (lambda saved: saved.replace('"partial-credit"', '"unheard-of"'), DAMAGED),
    "guessing without a floor": (lambda saved: saved.replace('"partial-credit"', '"guessing"'), DAMAGED),
    "scales that are none": (lambda saved: damaged(saved, scales=[1]), DAMAGED),
}


@pytest.mark.parametrize(("broken", "reason"), BROKEN.values(), ids=BROKEN)
def test_a_file_that_is_no_calibration_is_refused(calibration, tmp_path, broken, reason):
    file = tmp_path / "标定.json"
    calibration.save(file)
    file.write_text(broken(file.read_text(encoding="utf-8")), encoding="utf-8")
    assert_refused(file, *reason)


def test_a_file_that_is_no_text_is_refused(tmp_path):
    file = tmp_path / "标定.json"
    file.write_bytes(b"\xff\xfe\x00{")
    assert_refused(file, *DAMAGED)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    assert_refused(tmp_path / "标定.json", "it is not there or cannot be opened", "文件不存在或无法打开")


def assert_refused(file, en, zh):
    with pytest.raises(CalibrationFileError) as told:
        Calibration.load(file)
    assert str(told.value) == (
        f"“标定.json” is no calibration that this version can read ({en}). Calibrate again: yucai measure"
    )
    assert told.value.in_language("zh") == f"“标定.json”不是本版本可读取的标定文件（{zh}）。请重新标定：yucai measure"
    assert told.value.exit_code == 65


def test_what_is_saved_is_read_again_equal(calibration, tmp_path):
    calibration.save(tmp_path / "c.json")
    assert Calibration.load(tmp_path / "c.json") == calibration


def test_saving_leaves_nothing_behind_but_the_file(calibration, tmp_path):
    calibration.save(tmp_path / "c.json")
    calibration.save(tmp_path / "c.json")
    assert [path.name for path in tmp_path.iterdir()] == ["c.json"]


@pytest.mark.parametrize("fails", ["write_text", "replace"])
def test_when_saving_fails_the_old_file_stays(calibration, tmp_path, monkeypatch, fails):
    """The disk is full half-way, or the folder lets nobody in: the error is raised and the old file is whole."""
    file = tmp_path / "c.json"
    calibration.save(file)
    before = file.read_bytes()

    def refuse(self, *arguments, **_more):
        if fails == "write_text":
            self.write_bytes(str(arguments[0])[:20].encode())
        raise PermissionError(13, "no")

    with monkeypatch.context() as broken:
        broken.setattr(type(file), fails, refuse)
        with pytest.raises(PermissionError):
            calibration.save(file)
    assert file.read_bytes() == before
    assert Calibration.load(file) == calibration


def test_a_folder_that_is_not_there_is_told_and_nothing_is_made(calibration, tmp_path):
    with pytest.raises(FileNotFoundError):
        calibration.save(tmp_path / "none" / "c.json")
    assert [*tmp_path.iterdir()] == []


def profiles_of(calibration) -> Profiles:
    return score(responses([("小明", "c1", 2, 2, "甲", "2025")]), calibration)


def test_a_learner_without_evidence_has_no_profile(calibration):
    with pytest.raises(UnknownUnitError) as told:
        profiles_of(calibration).of("小红", "2025")
    assert str(told.value) == "There is no evidence of 小红 in 2025, so there is no profile. Check both names."
    assert told.value.in_language("zh") == "没有 小红 在 2025 的证据，因此没有画像。请核对这两个名称。"
    with pytest.raises(UnknownUnitError, match="no evidence of 小明 in -, so"):
        profiles_of(calibration).of("小明")


def test_a_quality_that_is_not_spoken_of_is_named(calibration):
    with pytest.raises(UnknownQualityError) as told:
        profiles_of(calibration).of("小明", "2025").why_not_enough("charm")
    assert str(told.value) == "These profiles say nothing of “charm”; they know skill. Choose one of these."
    assert told.value.in_language("zh") == "这些画像不含“charm”，只有：skill。请从中选择。"


@pytest.mark.parametrize(
    ("n_evidence", "std_error", "en", "zh"),
    [
        (0, 1.0, "No evidence yet.", "尚无证据。"),
        (2, 0.5, "Only 2 of at least 3 pieces of evidence.", "目前只有 2 条证据，至少需要 3 条。"),
        (5, 0.9, "The 5 pieces of evidence leave it too unsure; stronger or further evidence is needed.",
         "现有 5 条证据仍不足以判断，需要更有力或更多的证据。"),
    ],
)  # fmt: skip
def test_why_there_is_not_enough(n_evidence, std_error, en, zh):
    why = EnoughRule().why_not(n_evidence, std_error)
    assert (why.en, why.zh) == (en, zh)


@pytest.mark.parametrize(("n_evidence", "std_error"), [(0, 1.0), (2, 0.1), (3, 0.8), (3, 0.81), (9, 0.5), (9, 1.0)])
def test_there_is_a_reason_exactly_where_there_is_not_enough(n_evidence, std_error):
    holds = EnoughRule().holds(np.array([n_evidence]), np.array([std_error]))[0]
    assert holds == (EnoughRule().why_not(n_evidence, std_error) is None)
