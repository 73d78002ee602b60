"""Questions come in with a file of a question bank; a corrected file brings them anew, nothing is changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from yucai.errors import Fault
from yucai.evidence import BankQuestion
from yucai.texts import Text
from yucai.web.accounts.models import Space
from yucai.web.evidence.models import Import, Item
from yucai.web.evidence.question_models import Question

__all__ = ["clashing_questions", "record_questions"]

BATCH: Final = 500
LONGEST_NAME: Final = 120
CLASH: Final = Text(
    "the question “{item}” came with “{file}” in another wording. Say above that this file corrects that one, or give "
    "the question another code.",
    "题目“{item}”已随“{file}”导入，且内容不同。请在上方选择更正该文件，或为此题另设代码。",
)


def record_questions(questions: Sequence[BankQuestion], entry: Import) -> None:
    """Record the questions of an import; items not known yet are added. Call it inside a transaction."""
    space = entry.source.space
    known = set(Item.objects.filter(space=space).values_list("code", flat=True))
    made = [_item(space, question) for question in questions if question.item not in known]
    Item.objects.bulk_create(made, batch_size=BATCH)
    items = dict(Item.objects.filter(space=space).values_list("code", "pk"))
    Question.objects.bulk_create(
        (
            Question(
                item_id=items[question.item],
                came_with=entry,
                stem_en=question.stem.en,
                stem_zh=question.stem.zh,
                options=[[option.letter, option.text.en, option.text.zh] for option in question.options],
                key=question.key,
                area=question.area,
            )
            for question in questions
        ),
        batch_size=BATCH,
    )


def clashing_questions(questions: Sequence[BankQuestion], space: Space, corrects: Import | None) -> Iterator[Fault]:
    """Yield a fault for each question that another file has brought in another wording."""
    there = Question.objects.current(space).select_related("item", "came_with")
    if corrects is not None:
        there = there.exclude(came_with=corrects).exclude(came_with__supplements=corrects)
    before = {question.item.code: question for question in there}
    for question in questions:
        other = before.get(question.item)
        if other is not None and other.text != question:
            facts = {"item": question.item, "file": other.came_with.file_name}
            yield Fault(code="question-elsewhere", says=CLASH, facts=facts)


def _item(space: Space, question: BankQuestion) -> Item:
    return Item(
        space=space,
        code=question.item,
        name_en=_short(question.stem.en),
        name_zh=_short(question.stem.zh),
        kind=question.item.partition("/")[0][:30],
    )


def _short(words: str) -> str:
    return words if len(words) <= LONGEST_NAME else words[: LONGEST_NAME - 1] + "…"
