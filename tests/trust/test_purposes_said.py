"""L27: what a data set is for is said in the language of who reads it, where it was written in both."""

import pytest

from yucai.texts import Text
from yucai.web.evidence.models import DataSource


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("指导学习者 / Guidance of the learner", Text("Guidance of the learner", "指导学习者")),
        ("Guidance of the learner / 指导学习者", Text("Guidance of the learner", "指导学习者")),
        ("教学 / 评价", Text("教学 / 评价", "教学 / 评价")),
        ("Teaching / rating", Text("Teaching / rating", "Teaching / rating")),
        ("教学 / rating / 评价", Text("教学 / rating / 评价", "教学 / rating / 评价")),
        ("教学", Text("教学", "教学")),
    ],
)
def test_l27_a_purpose_in_both_languages_is_said_in_one(written, said):
    assert DataSource(purpose=written).purpose_said == said
