"""What is said of statements that give no evidence: how many, and why. No notice names a person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import polars as pl

from yucai.errors import Fault
from yucai.evidence.statement_mapping.profiles import Attempt, StatementProfile
from yucai.texts import Text

__all__ = ["notices_of"]

ATTEMPTS: Final[Mapping[Attempt, Text]] = {
    Attempt.FIRST: Text("the first", "首次"),
    Attempt.LAST: Text("the last", "末次"),
    Attempt.BEST: Text("the best", "最好的一次"),
}
TOLD: Final[Mapping[str, Text]] = {
    "voided": Text("{n} statement{n:|s} {n:is|are} voided and {n:does|do} not count.", "{n} 条陈述已作废，不计入。"),
    "voids": Text(
        "{n} statement{n:|s} {n:voids|void} others; {n:it is|they are} no evidence {n:itself|themselves}.",
        "{n} 条为作废陈述，本身不是证据。",
    ),
    "repeated": Text(
        "{n} statement{n:|s} came again under the same id; each counts once.",
        "{n} 条陈述以同一标识重复出现，各计一次。",
    ),
    "no-rule": Text(
        "{n} statement{n:|s} {n:has|have} verbs of which “{profile}” says nothing (most often: {what}); left out. "
        "Add a rule to use them.",
        "{n} 条陈述的动词不在“{profile}”的规则之内（最常见：{what}），未采用。如需采用，请补充规则。",
    ),
    "score-unread": Text(
        "{n} statement{n:|s} {n:holds|hold} scores, but “{profile}” has no rule for {n:its verb|their verbs} "
        "(most often: {what}). Add one, or use another profile.",
        "{n} 条陈述含有得分，但“{profile}”没有其动词的规则（最常见：{what}）。请补充规则或改用其他方案。",
    ),
    "ignored": Text(
        "{n} statement{n:|s} {n:says|say} nothing of what a learner can do, by “{profile}” (most often: {what}).",
        "按“{profile}”，{n} 条陈述不反映学习者的能力（最常见：{what}）。",
    ),
    "not-an-activity": Text(
        "{n} statement{n:|s} {n:is|are} about persons or other statements, not about an activity; left out.",
        "{n} 条陈述的对象是人或其他陈述而非活动，未采用。",
    ),
    "unknown-actor": Text(
        "{n} statement{n:|s} {n:is|are} of {n_actors} actors of whom it is not declared which learners they are; "
        "kept apart. Declare their home page or mail domain, or name them in the crosswalk.",
        "{n} 条陈述来自 {n_actors} 个未声明对应学习者的主体，已另行存放。请声明其主页或邮箱域名，或写入对照表。",
    ),
    "group": Text(
        "{n} statement{n:|s} {n:is|are} of groups; what one member did is not known, so left out.",
        "{n} 条陈述的主体是群组，无法得知个人所为，未采用。",
    ),
    "no-time": Text(
        "{n} statement{n:|s} {n:has|have} no time, so that {n:its|their} term is not known; left out.",
        "{n} 条陈述没有时间，无法判断学期，未采用。",
    ),
    "no-score": Text(
        "{n} statement{n:|s} should hold a score or success and {n:holds|hold} neither (most often: {what}); left out.",
        "{n} 条陈述应有得分或成败结果而两者皆无（最常见：{what}），未采用。",
    ),
    "no-highest": Text(
        "{n} statement{n:|s} {n:has|have} points but no highest score (most often: {what}); left out. State it to use "
        "them.",
        "{n} 条陈述有得分而无满分（最常见：{what}），未采用。请注明满分。",
    ),
    "outside": Text(
        "{n} score{n:|s} {n:lies|lie} outside {n:its|their} scale (most often: {what}); left out.",
        "{n} 个得分超出其量程（最常见：{what}），未采用。",
    ),
    "contradiction": Text(
        "{n} statement{n:|s} {n:says|say} passed and no success, or failed and success (most often: {what}); left out.",
        "{n} 条陈述的动词与成败结果相互矛盾（最常见：{what}），未采用。",
    ),
    "not-defined": Text(
        "{n} statement{n:|s} {n:lacks|lack} what a statement of a session needs: its category, session and "
        "registration (most often: {what}); not counted.",
        "{n} 条陈述缺少会话陈述所需的类别、会话标识或注册标识（最常见：{what}），不计入。",
    ),
    "no-move-on": Text(
        "{n} statement{n:|s} {n:says|say} success or completion without the category “moveon” (most often: {what}); "
        "not counted.",
        "{n} 条陈述给出成败或完成结果，却没有“moveon”类别（最常见：{what}），不计入。",
    ),
    "against-mastery": Text(
        "{n} statement{n:|s} {n:says|say} passed below the mastery score, or failed at or above it (most often: "
        "{what}); not counted.",
        "{n} 条陈述的通过与否和掌握分数线不符（最常见：{what}），不计入。",
    ),
    "browsed": Text(
        "{n} statement{n:|s} {n:is|are} of sessions that were opened to browse or review; not counted.",
        "{n} 条陈述来自浏览或回顾模式的会话，不计入。",
    ),
    "after-abandoned": Text(
        "{n} statement{n:|s} came after {n:its|their} session was abandoned; not counted.",
        "{n} 条陈述晚于会话的中止时间，不计入。",
    ),
    "sum": Text(
        "{n} results are sums of results that are there one by one (most often: {what}); they were not counted twice.",
        "{n} 个结果是已逐项计入的各部分之和（最常见：{what}），未重复计入。",
    ),
    "corrected": Text(
        "{n} results were given anew later (most often: {what}); the last one counts.",
        "{n} 个结果后来被重新给出（最常见：{what}），只计最后一次。",
    ),
    "attempt": Text("{n} results are further attempts; {attempt} counts.", "{n} 个结果是重复作答，只计{attempt}。"),
}


def notices_of(left: pl.DataFrame, profile: StatementProfile) -> Iterator[Fault]:
    """Yield one notice for each reason among the rows left out, in the order of ``TOLD``."""
    counted = left.group_by("reason", "what").agg(rows=pl.col("n").n_unique())
    for reason, says in TOLD.items():
        found = counted.filter(pl.col("reason") == reason).sort(
            ["rows", "what"], descending=[True, False], nulls_last=True
        )
        if found.is_empty():
            continue
        facts: dict[str, object] = {"n": int(found["rows"].sum())}
        if reason == "unknown-actor":
            facts |= {"n_actors": found.height}
        else:
            facts |= {"what": found["what"][0] or "?", "profile": profile.name, "attempt": ATTEMPTS[profile.attempt]}
        yield Fault(code=reason, says=says, facts=facts)
