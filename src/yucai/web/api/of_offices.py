"""Who asks, the institutions, their registers and rules, and work that goes on in them."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied

from yucai.evidence import BASES
from yucai.texts import Text
from yucai.web.accounts import models
from yucai.web.accounts.access import may_measure, visible_spaces
from yucai.web.api import office_answers as answers
from yucai.web.api.answers import Named
from yucai.web.api.asked import Asked, said
from yucai.web.evidence.models import DataSource
from yucai.web.evidence.read_purposes import purposes_of
from yucai.web.governance.showing import rules_told
from yucai.web.jobs.actions import ask_cancel, ask_for
from yucai.web.jobs.models import Job
from yucai.web.registers import models as registered
from yucai.web.registers.notices import latest_notice
from yucai.web.registers.processors import processors_of
from yucai.web.registers.switches import MethodState, states_of

__all__ = ["algorithms", "job", "job_asked", "job_cancelled", "me", "registers", "rules", "spaces"]


def me(asked: Asked) -> answers.Me:
    """Return who asks and with which token."""
    account, token = asked.account, asked.token
    assert token is not None
    return answers.Me(
        username=account.username,
        name=said(account.name),
        role=Named(code=account.role, name=str(account.get_role_display())),
        person=account.person_id,
        token=answers.Token(name=token.name, scopes=list(token.scope_list), expires_at=token.expires_at),
    )


def spaces(asked: Asked) -> answers.Spaces:
    """Return the institutions that the account is let into."""
    found = visible_spaces(asked.account).order_by("code")
    return answers.Spaces(items=[_space(asked.account, one) for one in found])


def _space(account: models.Account, space: models.Space) -> answers.Space:
    return answers.Space(
        code=space.code,
        name=said(space.name),
        simulated=space.simulated,
        framework=space.framework,
        attribution=said(space.attribution),
        may_measure=may_measure(account, space),
    )


def registers(asked: Asked) -> answers.Registers:
    """Return the registers of an institution, which everybody of it may read."""
    space = visible_spaces(asked.account).filter(code=asked.parts["code"]).first()
    if space is None:
        raise PermissionDenied
    notice = latest_notice(space, at=asked.at)
    return answers.Registers(
        space=space.code,
        data_sets=[_data_set(one) for one in space.sources.order_by("code")],
        methods=[_method(state) for state in states_of(space, at=asked.at)],
        processors=[_processor(one) for one in processors_of(space, day=asked.at.date())],
        notice=answers.Notice(version=notice.version, since=notice.since, body=said(notice.body)) if notice else None,
    )


def _data_set(source: DataSource) -> answers.DataSet:
    basis = BASES.get(source.legal_basis, Text(source.legal_basis, source.legal_basis))
    return answers.DataSet(
        id=source.pk,
        code=source.code,
        name=said(source.name),
        purpose=source.purpose,
        read_for=[Named(code=one.value, name=str(one.label)) for one in purposes_of(source)],
        basis=said(basis),
        consent_code=source.consent_code,
        owner=source.owner,
        grade=str(source.grade or ""),
        retention_months=source.retention_months or None,
    )


def _method(state: MethodState) -> answers.Method:
    method = state.method
    return answers.Method(
        code=method.code,
        name=said(method.name),
        what=said(method.what),
        why=said(method.why),
        data=said(method.data),
        tested=said(method.tested),
        version=method.version,
        running=state.running,
        always=state.always,
        provisional=state.provisional,
        why_not=said(state.why) if state.why is not None else "",
        owner=state.last.owner if state.last is not None else "",
    )


def _processor(one: registered.Processor) -> answers.Processor:
    return answers.Processor(
        name=one.name,
        what_for=one.what_for,
        data_sets=one.data_sets,
        contract=one.contract,
        sub_processors=one.sub_processors,
        on_leaving=one.on_leaving,
        since=one.since,
    )


def algorithms(asked: Asked) -> answers.Algorithms:
    """Return methods and processors of each institution, for anybody."""
    told = [
        answers.OfficeAlgorithms(
            space=Named(code=space.code, name=said(space.name)),
            methods=[_method(state) for state in states_of(space, at=asked.at)],
            processors=[_processor(one) for one in processors_of(space, day=asked.at.date())],
        )
        for space in models.Space.objects.order_by("code")
    ]
    return answers.Algorithms(items=told)


def rules(asked: Asked) -> answers.Rules:
    """Return the rules that decide over people, each with how many can meet it as far as that may be told."""
    told = [
        answers.OfficeRules(
            space=Named(code=space.code, name=said(space.name)),
            rules=[
                answers.Rule(
                    code=one.rule.code,
                    text=said(one.rule.text),
                    open_to=one.open_to,
                    people=one.people,
                    reasons=list(one.reasons),
                )
                for one in rules_told(space, at=asked.at)
            ],
        )
        for space in visible_spaces(asked.account).prefetch_related("rules").order_by("code")
    ]
    return answers.Rules(items=told)


def job_asked(asked: Asked) -> answers.Job:
    """Ask for the profiles to be computed anew; where that is going on already, return what goes on."""
    space = models.Space.objects.filter(code=asked.parts["code"]).first()
    if space is None:
        raise PermissionDenied
    if not may_measure(asked.account, space):
        raise PermissionDenied
    return _job(asked, ask_for(asked.body.kind, space=space, owner=asked.account, at=asked.at))


def job(asked: Asked) -> answers.Job:
    """Return how far some work is."""
    return _job(asked, _seen(asked))


def job_cancelled(asked: Asked) -> answers.Job:
    """Call some work off: at once when it waits, at its next report when it runs."""
    found = _seen(asked)
    ask_cancel(found, at=asked.at)
    found.refresh_from_db()
    return _job(asked, found)


def _seen(asked: Asked) -> Job:
    found = Job.objects.select_related("space").filter(pk=asked.pk).first()
    if found is None:
        raise PermissionDenied
    if not may_measure(asked.account, found.space):
        raise PermissionDenied
    return found


def _job(asked: Asked, found: Job) -> answers.Job:
    return answers.Job(
        id=found.pk,
        space=found.space.code,
        kind=found.kind,
        state=Named(code=found.state, name=str(found.get_state_display())),
        open=found.is_open,
        progress=found.progress,
        message=said(found.message),
        alone=found.is_without_worker(at=asked.at),
        asked_at=found.asked_at,
        started_at=found.started_at,
        ended_at=found.ended_at,
    )
