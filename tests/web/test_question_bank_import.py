"""A question bank on the import desk: taken in whole, corrected by another file, never changed in place."""

import pytest

from tests.web.desk import NOON
from yucai.errors import FaultyInputError
from yucai.evidence import SourceFacts
from yucai.web.evidence.foreseeing import Wish, read_wished
from yucai.web.evidence.models import Import, Item
from yucai.web.evidence.question_models import Question
from yucai.web.evidence.taking import take_table, undo_import
from yucai.web.measurement.adaptive_planning import space_bank

pytestmark = pytest.mark.django_db

TITLES = "题目代码,题干,选项A,选项B,选项C,答案,知识点"
FACTS = SourceFacts(purpose="tests", legal_basis="duty", owner="office", grade="2", retention_months=12)


@pytest.fixture
def take(space, tmp_path):
    def taken(*rows, name="bank.csv", corrects=None):
        file = tmp_path / name
        file.write_text("\n".join([TITLES, *rows]) + "\n", encoding="utf-8-sig")
        wish = Wish(source="question-bank", profile="question-bank", facts=FACTS, corrects=corrects)
        return take_table(read_wished(file, wish, space=space, at=NOON), wish, space=space, by="office", at=NOON)

    return taken


def current(space):
    return {q.item.code: (q.key, q.stem_zh) for q in Question.objects.current(space).select_related("item")}


def test_a_bank_goes_in_with_its_items_and_waits_for_answers(space, take):
    entry = take("q/1,一加一？,二,三,四,A,加法", "q/2,二加二？,三,四,五,B,加法")
    assert current(space) == {"q/1": ("A", "一加一？"), "q/2": ("B", "二加二？")}
    assert Item.objects.get(space=space, code="q/1").name_zh == "一加一？"
    assert (entry.kept, entry.refused) == (2, 0)
    bank = space_bank(space)
    assert (bank.bank, bank.waiting) == (None, ("q/1", "q/2"))


def test_rows_that_make_no_question_stay_out(space, take):
    entry = take("q/1,一加一？,二,三,四,A,加法", "q/2,二加二？,三,,五,Z,加法")
    assert (entry.kept, entry.refused) == (1, 1)
    assert list(current(space)) == ["q/1"]


def test_a_corrected_file_brings_new_versions_and_undoing_it_the_old_ones_back(space, take):
    first = take("q/1,一加一？,二,三,四,B,加法", "q/2,二加二？,三,四,五,B,加法")
    second = take("q/1,一加一？,二,三,四,A,加法", name="again.csv", corrects=first.pk)
    assert current(space) == {"q/1": ("A", "一加一？")}
    assert Question.objects.filter(item__code="q/1").count() == 2  # the first version stays as it was
    undo_import(entry=Import.objects.get(pk=second.pk), by="office", at=NOON)
    assert current(space) == {"q/1": ("B", "一加一？"), "q/2": ("B", "二加二？")}


def test_a_question_in_another_wording_from_another_file_is_told(space, take):
    take("q/1,一加一？,二,三,四,A,加法")
    with pytest.raises(FaultyInputError, match=r"the question “q/1” came with “bank\.csv” in another wording"):
        take("q/1,一加一等于几？,二,三,四,A,加法", name="other.csv")
    assert current(space) == {"q/1": ("A", "一加一？")}


def test_spaces_keep_their_questions_apart(space, take):
    take("q/1,一加一？,二,三,四,A,加法")
    assert "test/ai/ai-awareness/7" not in current(space)
