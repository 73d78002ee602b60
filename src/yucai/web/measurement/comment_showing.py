"""Comments as they are shown: the same words for the learner and for whoever may read the portrait."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils import translation
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from yucai.web.accounts.contested import Contested
from yucai.web.accounts.models import Account, Person
from yucai.web.explaining import Explanation
from yucai.web.measurement.comment_models import StudentComment
from yucai.web.measurement.commenting import withdrawable_comments

__all__ = ["CommentView", "comments_of", "explained_comment"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentView:
    """One comment that was sent. Of a withdrawn one the words are gone; ``why_withdrawn`` stands in their place."""

    pk: int
    author: str
    sent_at: datetime
    language: str
    said: str
    how: str
    withdrawn_at: datetime | None
    why_withdrawn: str
    under_review: bool
    may_withdraw: bool
    explained: Explanation


def comments_of(person: Person, *, to: Account, contested: Contested) -> tuple[CommentView, ...]:
    """Return the comments that were sent to a person, the latest first, for a reader who may read the portrait."""
    sent = StudentComment.objects.filter(person=person, sent_at__isnull=False).select_related("author", "person")
    found = list(sent.order_by("-sent_at", "-pk"))
    mine = withdrawable_comments(to, [one for one in found if one.withdrawn_at is None])
    return tuple(_view(one, contested.comments, may_withdraw=one.pk in mine) for one in found)


def _view(comment: StudentComment, contested: frozenset[int], *, may_withdraw: bool) -> CommentView:
    withdrawn = comment.withdrawn_at is not None
    author, how = comment.author.name.in_language(translation.get_language() or "en"), _how(comment)
    assert comment.sent_at is not None
    return CommentView(
        pk=comment.pk,
        author=author,
        sent_at=comment.sent_at,
        language={"zh": "zh-Hans"}.get(comment.language, comment.language),
        said="" if withdrawn else comment.said,
        how=how,
        withdrawn_at=comment.withdrawn_at,
        why_withdrawn=comment.reason,
        under_review=comment.pk in contested,
        may_withdraw=may_withdraw,
        explained=explained_comment(
            author=author, period=comment.occasion, computed_at=comment.computed_at, version=comment.rules_version
        ),
    )


def _how(comment: StudentComment) -> str:
    if not comment.draft:
        return _("Written by hand.")
    if comment.as_drafted:
        return _("Drafted by rule, without AI; read and sent as it was.")
    return _("Drafted by rule, without AI; read, changed and sent by the author.")


def explained_comment(*, author: str, period: str, computed_at: datetime | None, version: str) -> Explanation:
    """Return the six parts of a comment; without a version no rule drafted it."""
    facts = {"author": author, "period": period or _("no term stated"), "version": version,
             "at": f"{localtime(computed_at):%Y-%m-%d}" if computed_at is not None else "–"}  # fmt: skip
    drafted = _(
        "Values of the portrait (%(period)s, computed %(at)s) of which there is enough evidence; nobody else's."
    )
    return Explanation(
        data=drafted % facts if version else _("What %(author)s knows; no values were put into a draft.") % facts,
        method=_(
            "Rule “draft of a comment”, version %(version)s, without AI; %(author)s reads and changes it, and decides "
            "whether to send it."
        )
        % facts
        if version
        else _("No rule and no model: %(author)s wrote it.") % facts,
        reasons=_("Strengths first, then one thing to work on and one next step. The words are those of %(author)s.")
        % facts,
        change=_("The author may withdraw it with a reason and write another."),
        sure=_("A comment is an opinion for a talk, and no grade; the practice it may name is untested."),
        objection=_("At the comment on the portrait; somebody who had no part in it answers, and an appeal is open."),
    )
