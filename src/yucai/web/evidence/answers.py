"""Answers given on pages become evidence one by one, under the import of the test that asked."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Final

import polars as pl
from django.db.models import F
from django.utils.timezone import localtime

from yucai.errors import YucaiError
from yucai.texts import Text
from yucai.web.accounts.models import Person, Space
from yucai.web.evidence.actions import source_of_pages
from yucai.web.evidence.models import EvidenceRecord, Import
from yucai.web.evidence.question_models import ChosenOption, Question

__all__ = ["AnswersTakenBackError", "open_answers", "record_answer", "record_choices"]

NAME: Final = Text("Adaptive tests", "自适应测验")
RIGHT: Final = 1.0
BATCH: Final = 500


class AnswersTakenBackError(YucaiError):
    """What a test brought was undone on the import desk."""

    says = Text(
        "The answers of this test were taken back by {by} on {at}. It cannot go on; ask your teacher.",
        "本测试的作答已由{by}于 {at} 撤销，无法继续。请联系任课教师。",
    )
    exit_code = 65


def open_answers(*, space: Space, name: str, by: str, at: datetime) -> Import:
    """Return a new import, empty yet, that the answers of one test will come with. Call it inside a transaction."""
    digest = hashlib.sha256(f"{space.code} {name}".encode()).hexdigest()
    return Import.objects.create(
        source=source_of_pages(space, "adaptive-tests", NAME), file_name=name, digest=digest, at=at, by=by, kept=0
    )


def record_answer(
    *, entry: Import, person: Person, question: Question, number: int, option: str, occasion: str, at: datetime
) -> EvidenceRecord | None:
    """Record one answer as evidence, with the option chosen; None where that response is on record from elsewhere.

    Call it inside a transaction that holds the space. Raises AnswersTakenBackError.
    """
    key = {"person": person, "item_id": question.item_id, "rater": "", "occasion": occasion}
    if EvidenceRecord.objects.current().filter(**key).exists():
        return None
    if not Import.objects.filter(pk=entry.pk, current=True).update(kept=F("kept") + 1, at=at):
        undone = Import.objects.get(pk=entry.pk)
        when = f"{localtime(undone.undone_at):%Y-%m-%d %H:%M}" if undone.undone_at else ""
        raise AnswersTakenBackError(by=undone.undone_by, at=when)
    record = EvidenceRecord.objects.create(
        came_with=entry,
        score=RIGHT if option == question.key else 0.0,
        max_score=RIGHT,
        at=at,
        source_file=entry.file_name,
        source_row=number,
        **key,
    )
    ChosenOption.objects.create(record=record, question=question, option=option)
    return record


def record_choices(chosen: pl.DataFrame, entry: Import) -> int:
    """Record which option is behind the scores of an import; return of how many.

    ``chosen`` has learner, item, occasion and option. What names no option of a current question is passed over: the
    score says enough without it. Call it inside a transaction.
    """
    questions = {q.item.code: q for q in Question.objects.current(entry.source.space).select_related("item")}
    known = {
        (code, item, occasion): pk
        for pk, code, item, occasion in EvidenceRecord.objects.filter(came_with=entry).values_list(
            "pk", "person__code", "item__code", "occasion"
        )
    }
    rows = []
    for learner, item, occasion, option in chosen.select("learner", "item", "occasion", "option").iter_rows():
        question, record = questions.get(item), known.get((learner, item, occasion or ""))
        letter = (option or "").strip().upper()
        if question is not None and record is not None and letter in {one[0] for one in question.options}:
            rows.append(ChosenOption(record_id=record, question=question, option=letter))
    ChosenOption.objects.bulk_create(rows, batch_size=BATCH)
    return len(rows)
