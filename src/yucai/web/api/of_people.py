"""What is on the portrait page of a person, and on the page that says who looked."""

from __future__ import annotations

from yucai.web.accounts.access import read_person
from yucai.web.accounts.looks import OWN_AFFAIR, Look, looks_at
from yucai.web.api import answers
from yucai.web.api.asked import Asked, parts_of, person_named, rounded, said, until_next
from yucai.web.api.problems import ProblemError
from yucai.web.evidence.showing import WorkView, works_of
from yucai.web.measurement.portraits import EvidenceLine, Portrait, QualityView, named_period, portrait_of
from yucai.web.measurement.step_showing import StepsView, StepView, steps_view

__all__ = ["looks", "next_steps", "portrait"]


def portrait(asked: Asked) -> answers.Portrait:
    """Return the portrait of a person: by the function that page and PDF are made with, so the words are theirs."""
    person = read_person(asked.account, asked.pk, page="portrait", at=asked.at)
    period = asked.query.period
    found = portrait_of(person, at=asked.at, occasion=period)
    if period is not None and period not in found.occasions:
        raise ProblemError("no-period", facts={"period": period, "known": ", ".join(found.occasions) or "–"})
    works = works_of(person, at=asked.at, contested=found.contested)
    return answers.Portrait(
        person=person_named(person),
        space=found.space.code,
        simulated=found.space.simulated,
        period=answers.Named(code=found.occasion, name=named_period(found.occasion)),
        periods=[answers.Named(code=code, name=name) for code, name in found.periods],
        stale=found.stale,
        not_used=list(found.not_used),
        summary=list(found.summary),
        qualities=[_quality(view) for view in found.qualities],
        literacy=[_quality(view) for view in found.literacy],
        growth=_growth(found),
        weak=[answers.Weak(source=one.source, what=one.what) for one in found.weak],
        works=[_work(view) for view in works],
        reading=list(found.reading),
        explained=parts_of(found.explained),
    )


def _quality(view: QualityView) -> answers.Quality:
    return answers.Quality(
        code=view.code,
        name=view.name,
        definition=view.definition,
        layer=view.layer,
        enough=view.enough,
        mean=rounded(view.mean),
        lower90=rounded(view.lower),
        upper90=rounded(view.upper),
        place=view.place,
        sentence=view.sentence,
        missing=view.what_would_change,
        clear_strength=view.clear_strength,
        pieces=view.pieces,
        kinds=view.kinds,
        strength=view.strength,
        under_review=view.under_review,
        evidence=[_evidence(line) for line in view.evidence],
        explained=parts_of(view.explained),
    )


def _evidence(line: EvidenceLine) -> answers.Evidence:
    return answers.Evidence(
        what=line.what,
        score=line.score,
        rater=line.rater,
        period=line.when,
        strength=line.strength,
        source=line.source,
        under_review=line.under_review,
    )


def _growth(found: Portrait) -> answers.Growth:
    rows = [answers.GrowthLine(name=row.name, places=list(row.places)) for row in found.growth]
    return answers.Growth(periods=list(found.occasions), qualities=rows)


def _work(view: WorkView) -> answers.Work:
    return answers.Work(
        title=view.title,
        kind=view.kind,
        level=view.level,
        done_on=view.done_on,
        quality=view.quality,
        state=answers.Named(code=view.state, name=view.state_name),
        strength=answers.Named(code=view.strength, name=view.strength_name),
        strength_reason=view.strength_reason,
        rating=view.rating,
    )


def next_steps(asked: Asked) -> answers.NextSteps:
    """Return the next steps beside the portrait of the latest period."""
    person = read_person(asked.account, asked.pk, page="portrait", at=asked.at)
    found = steps_view(person, portrait_of(person, at=asked.at), at=asked.at)
    view = found or StepsView(personal=False, steps=(), silent=(), marked=(), general=(), note="")
    general = [
        answers.GeneralSteps(
            name=one.name, practices=[answers.Named(code=level, name=practice) for level, practice in one.practices]
        )
        for one in view.general
    ]
    return answers.NextSteps(
        person=person_named(person),
        personal=view.personal,
        steps=[_step(step) for step in view.steps],
        silent=list(view.silent),
        past=[
            answers.PastStep(key=one.key, title=one.title, state=one.state_name, said=one.said, at=one.at)
            for one in view.marked
        ],
        general=general,
        note=view.note,
    )


def _step(step: StepView) -> answers.Step:
    return answers.Step(
        key=step.key,
        title=step.title,
        do=step.do,
        reason=step.reason,
        state=answers.Named(code=step.state, name=step.state_name) if step.state else None,
        said=step.said,
        explained=parts_of(step.explained),
    )


def looks(asked: Asked) -> answers.Looks:
    """Return who looked at a person, the latest first, with what was refused."""
    account, limit = asked.account, asked.query.limit
    person = read_person(account, asked.pk, page="who-looked", at=asked.at)
    besides = () if account.person_id == person.pk else OWN_AFFAIR
    found = looks_at(person, most=limit + 1, besides=besides, before=asked.query.after)
    shown, following = until_next(asked, found, lambda one: one.position)
    return answers.Looks(items=[_look(one) for one in shown], next=following)


def _look(one: Look) -> answers.Look:
    return answers.Look(
        event=one.position,
        at=one.at,
        who=said(one.who),
        role=one.role,
        what=said(one.what),
        purpose=one.purpose,
        refused=one.refused,
        people=one.people,
    )
