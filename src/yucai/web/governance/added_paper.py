"""Value added on paper: what the page says, in the same words and numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from django.utils import translation
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from yucai.governance import NEVER_ALONE, NOT_CAUSED
from yucai.web.governance.added_charts import groups_table, reliabilities_table
from yucai.web.governance.added_showing import ORDER, AddedView, said_of
from yucai.web.governance.added_words import explained_added, findings_of_added, named, range_said
from yucai.web.governance.papers import banner_of, table_part
from yucai.web.paper import FactSheet, SheetPart

__all__ = ["added_sheet"]


def added_sheet(view: AddedView) -> FactSheet:
    """Return a run as a sheet in the language that is active."""
    run = view.run
    facts = [
        (_("Score now"), named(view.now)),
        *((_("Earlier score"), named(one)) for one in view.prior),
        (_("Groups are"), str(run.get_kind_display())),
        (_("People compared"), f"{run.result['people']:,}"),
        (_("Reliability of earlier scores"), range_said(view)),
        (_("Worked out"), f"{localtime(run.at):%Y-%m-%d %H:%M}"),
    ]
    return FactSheet(
        language=translation.get_language() or "en",
        title=_("Value added"),
        issuer=said_of(run.space.name),
        banner=banner_of([run.space]),
        facts=tuple(facts),
        parts=(
            SheetPart(title=_("What stands out"), said=tuple(findings_of_added(view))),
            SheetPart(title=_("What cannot be told"), said=(said_of(NOT_CAUSED),)),
            *_by_kind(view),
            table_part(reliabilities_table(view)),
            SheetPart(
                title=_("Why, how sure, and how to object"),
                said=tuple(f"{part.label}: {part.says}" for part in explained_added(view).parts),
            ),
        ),
        footer=said_of(NEVER_ALONE),
    )


def _by_kind(view: AddedView) -> Iterator[SheetPart]:
    """Yield the groups of each kind, by name."""
    for place in ORDER:
        those = replace(view, groups=view.within(place))
        if those.groups:
            part = table_part(groups_table(those), leave=("place",))
            yield replace(part, title=said_of(place.says).capitalize(), said=())
    hidden = [one.name for one in view.groups if one.hidden]
    if hidden:
        yield SheetPart(title=_("Too few people to show"), said=(" · ".join(hidden),))
