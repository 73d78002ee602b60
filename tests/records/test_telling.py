"""A statement in one plain line, in both languages."""

import pytest

from tests.records.records_client import statement
from yucai.evidence import actor_key
from yucai.web.records.telling import actor_words, tell

ADL = "http://adlnet.gov/expapi/verbs/"
NAMED = {"id": "https://x.example/quiz/3", "definition": {"name": {"en": "Question 3", "zh": "第 3 题"}}}


@pytest.mark.parametrize(
    ("more", "en", "zh"),
    [
        (
            {"object": NAMED, "result": {"score": {"raw": 3, "max": 4}, "success": True}},
            "Lin answered Question 3: 3 of 4, correct", "Lin 回答了第 3 题：3 / 4，正确",
        ),
        ({}, "Lin answered 7", "Lin 回答了 7"),
        ({"result": {"response": "Beijing"}}, "Lin answered 7: answer “Beijing”", "Lin 回答了 7：作答“Beijing”"),
        (
            {"verb": {"id": ADL + "passed"}, "result": {"score": {"scaled": 0.85}, "success": True}},
            "Lin passed 7: 85%", "Lin 通过了 7：85%",
        ),
        (
            {"verb": {"id": "https://w3id.org/xapi/x/frobbed", "display": {"en": "frobbed", "zh": "弄了"}}},
            "Lin frobbed 7", "Lin 弄了 7",
        ),
        ({"verb": {"id": "https://w3id.org/xapi/x/frobbed"}}, "Lin frobbed 7", "Lin frobbed 7"),
        (
            {"verb": {"id": ADL + "voided"}, "object": {"objectType": "StatementRef", "id": "fa4a076f-0000"}},
            "Lin voided statement fa4a076f", "Lin 作废了陈述 fa4a076f",
        ),
        (
            {"verb": {"id": ADL + "initialized"}, "result": {"duration": "PT1H2M3.5S", "completion": False}},
            "Lin opened 7: not complete, 1 h 2 min", "Lin 打开了 7：未完成，1小时2分",
        ),
        (
            {"actor": {"account": {"homePage": "https://x", "name": "2023001"}}},
            "2023001 answered 7", "2023001 回答了 7",
        ),
        ({"actor": {"mbox": "mailto:a@b.cn"}}, "a@b.cn answered 7", "a@b.cn 回答了 7"),
        (
            {"actor": {"objectType": "Group", "member": [{"mbox": "mailto:a@b.cn"}] * 3}},
            "a group of 3 answered 7", "3 人小组回答了 7",
        ),
        (
            {"object": {"objectType": "SubStatement", **statement(object=NAMED)}},
            "Lin answered “Lin answered Question 3”", "Lin 回答了“Lin 回答了第 3 题”",
        ),
        (
            {"verb": {"id": ADL + "scored"}, "object": NAMED | {"definition": {"name": {"en": "Quiz 3"}}}},
            "Lin scored in Quiz 3", "Lin 得分：Quiz 3",
        ),
        (
            {"verb": {"id": "http://activitystrea.ms/schema/1.0/submit", "display": {"en": "submitted"}}},
            "Lin submitted 7", "Lin 提交了 7",
        ),
        ({"result": {"score": {"raw": 12.5}}}, "Lin answered 7: 12.5 points", "Lin 回答了 7：12.5 分"),
    ],
)  # fmt: skip
def test_a_statement_is_told(more, en, zh):
    one = statement(**more)
    assert tell(one, language="en").line == en
    assert tell(one, language="zh").line == zh


@pytest.mark.parametrize(
    ("actor", "said"),
    [
        ({"account": {"homePage": "https://x.cn", "name": "7"}}, "7 @ https://x.cn"),
        ({"mbox": "mailto:a@b.cn"}, "a@b.cn"),
        ({"openid": "https://id.example/7"}, "https://id.example/7"),
        ({"objectType": "Group", "member": [{"mbox": "mailto:a@b.cn"}, {"mbox": "mailto:c@b.cn"}]}, "a@b.cn, c@b.cn"),
    ],
)
def test_the_key_of_an_actor_is_written_as_people_do(actor, said):
    assert actor_words(actor_key(actor)) == said


def test_who_is_on_record_is_called_so_and_an_activity_as_the_store_knows_it():
    names = {"https://lms.example.edu/quiz/7": {"name": {"en-US": "Final test", "zh-CN": "期末测验"}}}
    assert tell(statement(), language="en", who="Lin Yue", names=names).line == "Lin Yue answered Final test"
    assert tell(statement(), language="zh", who="林悦", names=names).line == "林悦回答了期末测验"


def test_what_is_very_long_is_cut():
    told = tell(statement(actor={"mbox": "mailto:a@b.cn", "name": "x" * 500}), language="en")
    assert len(told.who) <= 120
