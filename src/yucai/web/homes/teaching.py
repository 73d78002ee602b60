"""The cards of those who teach, advise and mentor."""

from __future__ import annotations

from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from yucai.web.accounts.access import decidable_people, visible_groups, visible_people
from yucai.web.accounts.models import Group
from yucai.web.evidence.models import OwnWork
from yucai.web.homes.cards import Asked, Card, Way, address, card
from yucai.web.homes.office import talk_card

__all__ = ["adviser_cards", "mentor_cards", "teacher_cards"]


def teacher_cards(asked: Asked) -> tuple[Card, ...]:
    """Is the class in, which ideas does it not hold, and who has gone quiet."""
    groups = list(_own(asked).annotate(n=Count("people")).order_by("code"))
    first = next(iter(groups), None)
    opens = Way(words=_("Open the first class"), to=address("group", first.pk) if first is not None else "")
    people = visible_people(asked.account).filter(space=asked.space).count()
    lists = card(
        _("Is my class in?"),
        opens,
        figure=people,
        says=ngettext("person in %(groups)d of your classes and courses is on record.",
                      "people in %(groups)d of your classes and courses are on record.", people)
        % {"groups": len(groups)},
        missing=_("Files are taken in by the office; loading one yourself is not here yet."),
    )  # fmt: skip
    ideas = card(
        _("What does the class not hold yet?"),
        Way(words=_("Open the class map"), to=address("class_map", first.pk) if first is not None else ""),
        says=_("At most three ideas with one suggestion each, which question misled, and who has gone quiet."),
    )
    return (lists, ideas, talk_card(asked))


def adviser_cards(asked: Asked) -> tuple[Card, ...]:
    """Who needs a talk, a comment worth reading, and works that wait for a person to look."""
    first = _own(asked).order_by("code").first()
    comment = card(
        _("A comment worth reading"),
        Way(words=_("Write comments"), to=address("class_comments", first.pk) if first is not None else ""),
        says=_("A draft from the evidence, strengths first. You read it, change it and send it; the student reads it."),
    )
    return (talk_card(asked), comment, _to_verify(asked))


def mentor_cards(asked: Asked) -> tuple[Card, ...]:
    """Only one's own group: who they are, what of a problem can be brought in, who may suit it."""
    groups, people = list(_own(asked).order_by("code")), visible_people(asked.account).filter(space=asked.space).count()
    here = address("group", groups[0].pk) if groups else ""
    mine = card(
        _("My mentees, and nobody else"),
        Way(words=_("Open my group"), to=here),
        figure=people,
        says=ngettext("person is mentored by you.", "people are mentored by you.", people),
    )
    problem = card(
        _("Bring a real problem"),
        says=_("A problem of your firm, with who owns what comes of it, and what stays secret."),
        missing=_("No page takes one in yet. Tell the office; it keeps projects and firms in a list."),
    )
    suited = card(
        _("Meet two or three who may suit"),
        Way(words=_("Read the portraits"), to=here),
        says=_("Each portrait names the clear strengths with the evidence behind them."),
        missing=_("A short list with reasons for one problem is not here yet."),
    )
    return (mine, problem, suited)


def _own(asked: Asked) -> QuerySet[Group]:
    return visible_groups(asked.account).filter(space=asked.space)


def _to_verify(asked: Asked) -> Card:
    people = decidable_people(asked.account).filter(space=asked.space).values("pk")
    n = OwnWork.objects.filter(person__in=people, state=OwnWork.State.WAITING).count()
    return card(
        _("Works that wait for you"),
        Way(words=_("Verify works"), to=address("own_works_queue")),
        figure=n,
        says=ngettext("work of a student waits to be verified.", "works of students wait to be verified.", n),
    )
