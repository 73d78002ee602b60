"""The build fails where a protected trait could reach a model, a rule or a match, or a field reads what nobody may.

Law and position: L13 and L15 of ``docs/trust.md``.
"""

import ast
import re
import tomllib
from pathlib import Path

import pytest
from django.apps import apps

from yucai.errors import FaultyInputError
from yucai.measurement import calibrate

SRC = Path(__file__).parents[2] / "src" / "yucai"
TABLE = re.compile(r"web_protectedtrait", re.IGNORECASE)
# Where the table is made, filled with what is simulated, named for the whole of the tables, and erased; nowhere else.
MAY_NAME_IT = {
    "web/accounts/models.py", "web/models.py", "web/demonstration.py", "web/migrations/0001_spine.py",
    "web/rights/own_traits.py",  # for the copy that a person has a right to, of that one person
    "web/erasure/holdings.py", "web/erasure/of_records.py",
    "web/governance/trait_groups.py",  # as groups of an audit of fairness, behind the gate of releases
}  # fmt: skip
MAY_GROUP_BY_IT = {"web/governance/list_fairness.py"}  # counts, passes the gate, keeps nothing
READS_NOBODY_MAY = re.compile(
    r"emotion|mood(?!le)|facial|\bface|expression_of|posture|gesture|gaze|eye_?track|keystroke|key_?stroke|mouse_?move|"
    r"typing_?rhythm|geo_?loc|latitude|longitude|\bgps\b|whereabouts|heart_?rate|voice_?print|fingerprint|biometr|"
    r"情绪|表情|人脸|面部|体态|姿态|眼动|视线|击键|按键节奏|鼠标轨迹|定位|经度|纬度|行踪|心率|声纹|指纹|生物特征",
    re.IGNORECASE,
)
ABOUT_FILES = {"fingerprint"}  # of a file of an office's own, its digest: nothing of a person's body


def names_of(text):
    """The names that a module uses, and what its texts say."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.alias):
            yield from (node.name, node.asname or "")
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def names_the_table(text):
    return any(name == "ProtectedTrait" or TABLE.search(name) for name in names_of(text))


def test_no_other_module_names_the_table_of_protected_traits():
    found = {str(path.relative_to(SRC)) for path in SRC.rglob("*.py") if names_the_table(path.read_text("utf-8"))}
    assert found == MAY_NAME_IT


def test_only_an_audit_of_fairness_divides_people_by_it():
    naming = {str(path.relative_to(SRC)) for path in SRC.rglob("*.py") if "trait_groups" in path.read_text("utf-8")}
    assert naming == MAY_GROUP_BY_IT


@pytest.mark.parametrize(
    "planted",
    [
        "from yucai.web.accounts.models import ProtectedTrait",
        "from yucai.web import models\nmodels.ProtectedTrait.objects.all()",
        "from django.apps import apps\nsql = 'SELECT value FROM web_protectedtrait'",
        "from yucai.web.accounts import models as m\nx = getattr(m, 'ProtectedTrait')",
    ],
)
def test_a_planted_look_at_it_is_found(planted):
    assert names_the_table(planted)


def test_no_table_points_to_it_and_it_points_to_people_only():
    table = apps.get_model("web", "ProtectedTrait")
    assert [field.related_model.__name__ for field in table._meta.fields if field.is_relation] == ["Person"]
    pointing = [
        f"{model.__name__}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if field.is_relation and field.related_model is table and not field.auto_created
    ]
    assert pointing == []


def fields_nobody_may_have(fields):
    return [name for name in fields if READS_NOBODY_MAY.search(name) and name.rpartition(".")[2] not in ABOUT_FILES]


def test_no_table_has_a_field_for_emotion_face_posture_place_or_keystrokes():
    fields = []
    for model in apps.get_models():
        for field in model._meta.get_fields():
            fields.append(f"{model._meta.model_name}.{field.name}")
            fields.append(f"{model._meta.model_name}.{getattr(field, 'verbose_name', '')}")
    assert len(fields) > 400
    assert fields_nobody_may_have(fields) == []


def test_no_kind_of_table_that_is_taken_in_has_such_a_column():
    told = {}
    for path in sorted((SRC / "evidence" / "profiles" / "tables").glob("*.toml")):
        told[path.name] = fields_nobody_may_have(words_in(tomllib.loads(path.read_text("utf-8"))))
    assert len(told) > 20
    assert {name: found for name, found in told.items() if found} == {}


def words_in(value):
    if isinstance(value, dict):
        return [word for key, own in value.items() for word in (key, *words_in(own))]
    if isinstance(value, list):
        return [word for own in value for word in words_in(own)]
    return [value] if isinstance(value, str) else []


@pytest.mark.parametrize("planted", ["evidence.mood", "person.face_id", "visit.gps", "x.键盘击键", "clip.表情得分"])
def test_a_planted_field_is_found(planted):
    assert fields_nobody_may_have([planted]) == [planted]


def test_a_protected_trait_cannot_explain_places(protected_case):
    responses, evidence_map, covariates = protected_case
    with pytest.raises(FaultyInputError, match="protected trait"):
        calibrate(responses, evidence_map, covariates=covariates)


@pytest.fixture(
    params=["ethnicity", "family-income", "home_place", "Health", "民族", "家庭年收入", "生源地", "宗教信仰"]
)
def protected_case(request):
    import polars as pl

    from tests.unit.measurement.making import ANY_MODEL, BINARY, Simulated, np

    simulated = Simulated([BINARY] * 4, 60, rng=np.random.default_rng(1))
    learners = simulated.responses.table["learner"].unique(maintain_order=True)
    column = pl.Series(request.param, np.arange(len(learners)) % 2.0)
    return simulated.responses, ANY_MODEL, pl.DataFrame({"learner": learners}).with_columns(column)
