"""L13: a trait that a school adds is dropped from files by whatever title, and refused as what explains places."""

from datetime import UTC, datetime

import polars as pl
import pytest
from django.core.exceptions import PermissionDenied

from tests.unit.measurement.making import ANY_MODEL, BINARY, Simulated, np
from tests.web.desk import written
from yucai.errors import FaultyInputError
from yucai.evidence import is_protected, names_trait, protected_trait
from yucai.measurement import calibrate
from yucai.texts import Text
from yucai.web.accounts.audit_models import AuditEntry
from yucai.web.accounts.erasure_models import AddedTrait
from yucai.web.accounts.models import Account, Space
from yucai.web.accounts.traits import add_trait, added_traits, end_trait
from yucai.web.evidence.foreseeing import Wish, read_wished

AT = datetime(2026, 11, 27, 4, tzinfo=UTC)
MARITAL = protected_trait("x", Text("marital status", "婚姻状况"), ["是否已婚"])
TITLES = [
    "婚姻状况",
    "婚姻状况（选填）",
    "您的婚姻状况",
    "是否已婚",
    "Marital Status",
    "marital_status",
    "MARITAL-STATUS (opt.)",
]


@pytest.fixture
def space(db):
    return Space.objects.create(
        code="school-traits", name_en="s", name_zh="s", simulated=False, evidence_map="evidence-demo-college"
    )


def account(space, role="officer"):
    made = Account.objects.create(username=f"school-traits-{role}", role=role)
    made.spaces.add(space)
    return made


def added(space, by, **more):
    said = {"name": Text("marital status", "婚姻状况"), "titles": ["是否已婚"], "reason": "data council 12/2026"}
    return add_trait(space=space, by=by, at=AT, **said | more)


@pytest.mark.parametrize("title", TITLES)
def test_a_column_is_told_by_whatever_title(title):
    assert names_trait(title, [MARITAL]) is MARITAL
    assert is_protected(title, besides=[MARITAL])
    assert not is_protected(title)


@pytest.mark.parametrize("title", ["学号", "成绩", "状况", "status", "score", "备注"])
def test_other_columns_are_not(title):
    assert names_trait(title, [MARITAL]) is None


@pytest.mark.parametrize("title", TITLES)
def test_l13_a_trait_that_the_school_added_cannot_explain_places(title):
    simulated = Simulated([BINARY] * 4, 60, rng=np.random.default_rng(1))
    learners = simulated.responses.table["learner"].unique(maintain_order=True)
    column = pl.Series(title, np.arange(len(learners)) % 2.0)
    covariates = pl.DataFrame({"learner": learners}).with_columns(column)
    with pytest.raises(FaultyInputError, match="protected trait"):
        calibrate(simulated.responses, ANY_MODEL, covariates=covariates, protected=[MARITAL])


def read(space, folder, title, **wish):
    file = written(folder, "list.csv", [f"学号,姓名,班级,{title}", "2025990001,张三,一班,secret-value"])
    return read_wished(file, Wish(source="class-list", profile="class-list", **wish), space=space, at=AT)


def held_in(reading):
    return "secret-value" in reading.table.write_json() + str(reading.cells)


@pytest.mark.parametrize("title", TITLES)
def test_l13_a_column_of_an_added_trait_is_dropped_at_the_door(space, tmp_path, title):
    before = read(space, tmp_path, title)
    assert held_in(before)
    added(space, account(space))
    after = read(space, tmp_path, title)
    assert not held_in(after)
    assert [name.zh for name in after.report.dropped.values()] == ["婚姻状况"]


def test_it_is_dropped_also_where_somebody_chose_it_for_another_column(space, tmp_path):
    added(space, account(space))
    reading = read(space, tmp_path, "婚姻状况", chosen={"major": "婚姻状况"})
    assert not held_in(reading)


def test_another_institution_is_not_bound_and_an_end_is_kept(space, tmp_path):
    other = Space.objects.create(
        code="school-traits-2", name_en="s", name_zh="s", simulated=False, evidence_map="evidence-demo-college"
    )
    officer = account(space)
    trait = added(space, officer)
    assert added_traits(other) == ()
    end_trait(trait=trait, by=officer, at=AT)
    assert added_traits(space) == ()
    assert AddedTrait.objects.get().ended_by == officer
    acts = AuditEntry.objects.filter(target=f"trait:{trait.pk}").order_by("position").values_list("act", flat=True)
    assert list(acts) == ["trait.added", "trait.ended"]


def test_what_files_need_cannot_be_protected_and_all_faults_are_told(space):
    officer = account(space)
    with pytest.raises(FaultyInputError, match="is a column that files of learners need"):
        added(space, officer, titles=["学号"])
    with pytest.raises(FaultyInputError) as refused:
        added(space, officer, name=Text("", ""), reason=" ", titles=["x" * 101])
    assert {fault.code for fault in refused.value.faults} == {"no-name", "no-reason", "long"}
    added(space, officer)
    with pytest.raises(FaultyInputError, match="protected already"):
        added(space, officer)
    with pytest.raises(PermissionDenied):
        added(space, account(space, "teacher"), name=Text("other", "其他特征"))


def test_the_page_adds_and_ends_a_trait(client, space):
    client.cookies["django_language"] = "en"
    client.force_login(account(space))
    place = "/spaces/school-traits/protected-traits/"
    said = {"name_zh": "婚姻状况", "name_en": "marital status", "titles": "是否已婚", "reason": "council"}
    assert "Name the trait in both languages" in client.post(place, said | {"name_en": ""}).content.decode()
    page = client.post(place, said, follow=True).content.decode()
    assert "Protected from now on" in page
    assert "是否已婚" in page
    client.post(f"/protected-traits/{AddedTrait.objects.get().pk}/end")
    assert added_traits(space) == ()
