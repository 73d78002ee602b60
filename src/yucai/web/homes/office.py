"""The cards of an office: its director, its secretary, and who runs the machine."""

from __future__ import annotations

from django.db.models import Count, Max, Q
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from yucai.web.accounts.access import run_accounts, visible_groups, visible_people
from yucai.web.evidence.models import Import, Upload
from yucai.web.homes.cards import Asked, Card, Way, address, card
from yucai.web.homes.figures import people_without_mentor, quiet_people
from yucai.web.jobs.models import Job
from yucai.web.matching.priority_showing import last_talks
from yucai.web.selection.rule_models import SelectionRule, SelectionRun

__all__ = ["administrator_cards", "director_cards", "secretary_cards", "talk_card"]


def director_cards(asked: Asked) -> tuple[Card, ...]:
    """By which rules, who needs a talk, who goes with whom."""
    return (_rules(asked), talk_card(asked), _places(asked))


def _rules(asked: Asked) -> Card:
    told = (
        SelectionRun.objects.filter(rule__space=asked.space, at__isnull=False)
        .order_by("-asked_at")
        .values_list("as_of")
    )
    n, last = SelectionRule.objects.filter(space=asked.space).values("code").distinct().count(), told.first()
    if last is None:
        says = ngettext(
            "rule is written; none was run. Simulate it on last year, and hold it against the list.",
            "rules are written; none was run. Simulate one on last year, and hold it against the list.",
            n,
        )
    else:
        says = ngettext(
            "rule is written; the last run is as of %(day)s, a simulation with reasons and the borderline.",
            "rules are written; the last run is as of %(day)s, a simulation with reasons and the borderline.",
            n,
        ) % {"day": f"{last[0]:%Y-%m-%d}"}
    return card(
        _("Entry and exit by the written rules"),
        Way(words=_("Try a rule on last year"), to=address("selection_rules", asked.space.code)),
        figure=n,
        says=says,
    )  # fmt: skip


def talk_card(asked: Asked) -> Card:
    """Who should be talked with, as far as this account sees people: by the last list, else by who fell silent."""
    opens = Way(words=_("Open the priority list"), to=address("priority", asked.space.code))
    last = last_talks(asked.account, asked.space, at=asked.at)
    if last is not None:
        day, listed = last
        return card(
            _("Who needs a talk this fortnight"),
            opens,
            figure=listed,
            says=ngettext("person, by the list of %(day)s; each with reasons that can be said aloud.",
                          "people, by the list of %(day)s; each with reasons that can be said aloud.", listed)
            % {"day": f"{day:%Y-%m-%d}"},
        )  # fmt: skip
    quiet = quiet_people(asked.space, visible_people(asked.account))
    return card(
        _("Who needs a talk this fortnight"),
        opens,
        figure=quiet.n if quiet is not None else "",
        says=ngettext(
            "person has evidence of %(before)s and none of %(period)s.",
            "people have evidence of %(before)s and none of %(period)s.",
            quiet.n,
        )
        % {"before": quiet.before, "period": quiet.period}
        if quiet is not None
        else _("A grey row on the page of a group is somebody of whom too little is known."),
    )


def _places(asked: Asked) -> Card:
    people, without = people_without_mentor(asked.space)
    return card(
        _("Mentors and laboratories, placed fairly"),
        Way(words=_("See who has which mentor"), to="#mentees" if without < people else ""),
        figure=without,
        says=_("of %(people)d people have no mentor on record.") % {"people": people},
        missing=_("Placing by wishes and places, with a reason for each, is not here yet."),
    )  # fmt: skip


def secretary_cards(asked: Asked) -> tuple[Card, ...]:
    """What a secretary gets in, prints and hands on."""
    return (_files_in(asked), _papers(asked), _tables(asked))


def _files_in(asked: Asked) -> Card:
    waiting = Upload.objects.filter(space=asked.space, state=Upload.State.OPEN).count()
    last = Import.objects.filter(source__space=asked.space, undone_at__isnull=True).aggregate(last=Max("at"))["last"]
    on = _(" The last file came in on %(day)s.") % {"day": f"{localdate(last):%Y-%m-%d}"} if last else ""
    says = ngettext("file is on the desk and waits for you.", "files are on the desk and wait for you.", waiting)
    return card(
        _("Get lists and grades in"),
        Way(words=_("Import files"), to=address("import_desk", asked.space.code)),
        figure=waiting,
        says=says + on,
    )


def _papers(asked: Asked) -> Card:
    classes = visible_groups(asked.account).filter(space=asked.space, kind="class").order_by("code")
    n = classes.count()
    return card(
        _("Paper for the mentor meeting"),
        Way(words=_("Choose a class"), to="#groups" if n else ""),
        figure=n,
        says=ngettext("class; all its portraits print as one PDF, one A4 page each.",
                      "classes; all portraits of one print as one PDF, one A4 page each.", n),
    )  # fmt: skip


def _tables(asked: Asked) -> Card:
    return card(
        _("Tables out, for Excel and WPS"),
        Way(words=_("Choose a class"), to="#groups"),
        Way(words=_("Open my saved views"), to=address("saved_views")),
        says=_("Most tables have a button “Excel”: what stands on the page stands in the file, numbers as numbers."),
    )


def administrator_cards(asked: Asked) -> tuple[Card, ...]:
    """Who may come in, what runs, and whether it could be restored."""
    return (_accounts(asked), _jobs(asked), _backup())


def _accounts(asked: Asked) -> Card:
    run = run_accounts(asked.account).filter(spaces=asked.space)
    told = run.aggregate(n=Count("pk", distinct=True), off=Count("pk", filter=Q(is_active=False), distinct=True))
    return card(
        _("Who may sign in"),
        Way(words=_("Open the accounts"), to=address("accounts")),
        figure=told["n"],
        says=_("accounts are run here, %(off)d of them switched off.") % {"off": told["off"]},
    )


def _jobs(asked: Asked) -> Card:
    jobs = Job.objects.filter(space=asked.space)
    open_, failed = Q(state__in=[Job.State.QUEUED, Job.State.RUNNING]), Q(state=Job.State.FAILED)
    told = jobs.aggregate(open=Count("pk", filter=open_), failed=Count("pk", filter=failed), last=Max("pk"),
                          last_failed=Max("pk", filter=failed))  # fmt: skip
    look = told["last_failed"] or told["last"]
    return card(
        _("Work in the background"),
        Way(words=_("Look at the last one that failed") if told["last_failed"] else _("Look at the last one"),
            to=address("job", look) if look else ""),
        figure=told["failed"],
        says=ngettext("job failed; %(open)d waiting or running.", "jobs failed; %(open)d waiting or running.",
                      told["failed"]) % {"open": told["open"]},
        missing="" if look else _("Nothing has run here yet."),
    )  # fmt: skip


def _backup() -> Card:
    return card(
        _("Backup, and proof that it restores"),
        says=_("Both are commands on the machine, on purpose: “yucai doctor” says how old the last backup is, “yucai "
               "backup” makes one, “yucai check” compares every file with what was written."),
        missing=_("There is no page for it, and none is planned: whoever can restore a machine has no need of one."),
    )  # fmt: skip
