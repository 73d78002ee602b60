"""The cards of those who look from further away: institutional research, the bureau, data protection."""

from __future__ import annotations

from django.db.models import Count, Min, Q, Sum
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from yucai.web.accounts.access import visible_groups
from yucai.web.accounts.ages import minors
from yucai.web.accounts.case_models import ReviewCase
from yucai.web.accounts.models import Group, Person
from yucai.web.evidence.models import Import
from yucai.web.governance.attainment_doors import seen_runs
from yucai.web.governance.attainment_models import AttainmentVersion
from yucai.web.governance.policy_doors import policies_seen
from yucai.web.governance.policy_models import PolicyRecord
from yucai.web.homes.cards import Asked, Card, Way, address, card
from yucai.web.registers.models import MethodSwitch

__all__ = ["bureau_cards", "officer_cards", "research_cards"]


def research_cards(asked: Asked) -> tuple[Card, ...]:
    """The state tables, the quality of the data, and what courses reach."""
    code = asked.space.code
    imports = Import.objects.filter(source__space=asked.space, current=True)
    told = imports.aggregate(n=Count("pk"), bad=Count("pk", filter=Q(refused__gt=0)), rows=Sum("refused"))
    tables = card(
        _("The tables of the state collection"),
        Way(words=_("Open the year report"), to=f"{address('quality_report')}?space={code}"),
        figure=told["n"],
        says=ngettext("file is on record here, with its owner and its purpose.",
                      "files are on record here, each with its owner and its purpose.", told["n"]),
        missing=_("Only items that are on record here are in the tables; check titles and numbers of tables against "
                  "the current notice."),
    )  # fmt: skip
    quality = card(
        _("Which files are broken"),
        Way(words=_("Look at the files"), to=address("import_desk", code)),
        figure=told["bad"],
        says=ngettext("file has refused rows, %(rows)d in all; each says why.",
                      "files have refused rows, %(rows)d in all; each says why.", told["bad"])
        % {"rows": told["rows"] or 0},
    )  # fmt: skip
    return (tables, quality, attainment_card(asked))


def attainment_card(asked: Asked) -> Card:
    """How many courses have a checked result on what they reach, of those that an account sees."""
    runs = seen_runs(asked.account).filter(space=asked.space)
    locked = Q(versions__state=AttainmentVersion.State.LOCKED)
    told = runs.aggregate(n=Count("pk", distinct=True), locked=Count("pk", filter=locked, distinct=True))
    return card(
        _("What a course reaches"),
        Way(words=_("Open attainment"), to=f"{address('attainment')}?space={asked.space.code}"),
        figure=told["locked"],
        says=ngettext("of %(n)d course on record has a checked result, objective by objective.",
                      "of %(n)d courses on record have a checked result, objective by objective.", told["n"])
        % {"n": told["n"]},
    )  # fmt: skip


def bureau_cards(asked: Asked) -> tuple[Card, ...]:
    """Supply against demand, needs that found a team, and whether a policy worked."""
    years = visible_groups(asked.account).filter(space=asked.space, kind=Group.Kind.COHORT).count()
    supply = card(
        _("Supply against demand"),
        Way(words=_("See the entry years"), to="#groups" if years else ""),
        figure=years,
        says=ngettext("entry year may be shown as a whole; smaller groups stay hidden.",
                      "entry years may be shown as a whole; smaller groups stay hidden.", years),
        missing=_("Demand by industry with the error of past forecasts is not here yet."),
    )  # fmt: skip
    needs = card(
        _("Which needs of firms found a team"),
        says=_("From a need to a team to a result, with the losses at each step."),
        missing=_("No page shows it yet, so there is nothing to press here."),
    )
    return (supply, needs, policy_card(asked))


def policy_card(asked: Asked) -> Card:
    """How many plans are sealed, and of how many it can be told whether the policy worked."""
    told = policies_seen(asked.account, asked.space).aggregate(
        n=Count("pk", filter=Q(sealed_at__isnull=False)),
        worked=Count("pk", filter=Q(grade=PolicyRecord.Grade.SUPPORTED)),
    )
    return card(
        _("Whether a policy worked"),
        Way(words=_("Open the policies"), to=f"{address('policies')}?space={asked.space.code}"),
        figure=told["n"],
        says=ngettext("policy has a sealed plan; an effect is supported for %(worked)d. “Cannot tell” counts too.",
                      "policies have a sealed plan; an effect is supported for %(worked)d. “Cannot tell” counts too.",
                      told["n"]) % {"worked": told["worked"]},
    )  # fmt: skip


def officer_cards(asked: Asked) -> tuple[Card, ...]:
    """Requests that run against a clock, ages, and the registers."""
    waiting = ReviewCase.objects.filter(space=asked.space).exclude(state=ReviewCase.State.DECIDED)
    told = waiting.aggregate(n=Count("pk"), due=Min("due_on"))
    due = _(" The next answer is due on %(day)s.") % {"day": f"{told['due']:%Y-%m-%d}"} if told["due"] else ""
    requests = card(
        _("Requests, against the clock"),
        Way(words=_("Open the requests"), to=address("requests")),
        figure=told["n"],
        says=ngettext("request waits for an answer.", "requests wait for an answer.", told["n"]) + due,
    )
    young = Person.objects.filter(minors(localdate(asked.at)), space=asked.space).count()
    ages = card(
        _("Who is under 18"),
        Way(words=_("Open ages and minors"), to=address("minors", asked.space.code)),
        figure=young,
        says=ngettext("person counts as a minor today.", "people count as minors today.", young),
    )
    unsigned = MethodSwitch.objects.filter(space=asked.space, on=True, impact__signed_by__isnull=True)
    n = unsigned.values("method").distinct().count()
    registers = card(
        _("Registers, notice and consents"),
        Way(words=_("Open the registers"), to=address("registers", asked.space.code)),
        figure=n,
        says=ngettext("method began without a signed assessment of its impact.",
                      "methods began without a signed assessment of their impact.", n),
    )  # fmt: skip
    return (requests, ages, registers)
