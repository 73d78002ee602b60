"""What the page of value added shows of a run: groups by kind and name, and what the gate of releases lets through."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils import translation

from yucai.governance import AddedPlace, Axis, AxisKind
from yucai.texts import Text
from yucai.web.accounts.models import Account
from yucai.web.accounts.release_rules import policy_of
from yucai.web.governance.added_doors import seen_groups
from yucai.web.governance.added_models import AddedGroup, AddedRun
from yucai.web.governance.added_scores import Scored, scored_of
from yucai.web.governance.releases import released_counts
from yucai.web.governance.teaching_doors import sees_all

__all__ = ["ORDER", "AddedAtView", "AddedView", "GroupView", "added_view", "said_of"]

ORDER: Final = (
    AddedPlace.BELOW, AddedPlace.HANGS, AddedPlace.NOT_TOLD_APART, AddedPlace.ABOVE, AddedPlace.UNKNOWN
)  # fmt: skip
COMPARED: Final = Text("groups that were compared", "参与比较的组")


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupView:
    """A group: figures where the gate lets its number of people through, else none of them."""

    name: str
    people: int | None
    place: AddedPlace | None = None
    effect: float | None = None
    lowest: float | None = None
    highest: float | None = None
    low: float | None = None
    high: float | None = None
    raw: float | None = None

    @property
    def hidden(self) -> bool:
        """Whether nothing is shown of it."""
        return self.place is None

    @property
    def told(self) -> bool:
        """Whether an interval is shown: enough people, and enough known."""
        return self.place not in (None, AddedPlace.UNKNOWN)

    @property
    def middle(self) -> float | None:
        """The middle of the effect over the range."""
        return None if self.lowest is None or self.highest is None else (self.lowest + self.highest) / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedAtView:
    """The model at one reliability; the first is as if earlier scores were without error."""

    reliability: float
    slopes: tuple[float, ...]
    sd: float
    above: int
    below: int
    plain: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedView:
    """A run as a reader sees it. ``everything`` is for who sees all groups."""

    run: AddedRun
    now: Scored
    prior: tuple[Scored, ...]
    groups: tuple[GroupView, ...]
    at: tuple[AddedAtView, ...]
    n_groups: int
    min_cell: int
    reasons: tuple[str, ...]
    everything: bool

    def within(self, place: AddedPlace) -> tuple[GroupView, ...]:
        """Return the groups of one kind whose figures are shown."""
        return tuple(one for one in self.groups if one.place is place)

    @property
    def left_out(self) -> int:
        """How many with a score now were left out."""
        return sum(self.run.result["left_out"].values())


def said_of(text: Text) -> str:
    """Return a text in the language that is active."""
    return text.in_language(translation.get_language() or "en")


def added_view(run: AddedRun, *, to: Account, at: datetime) -> AddedView:
    """Return what an account is shown of a run."""
    policy = policy_of(run.space, day=at.date())
    everybody = list(AddedGroup.objects.filter(run=run).order_by("code"))
    axis = Axis(code=f"added:{run.pk}", name=COMPARED, leaves=tuple(one.code for one in everybody), kind=AxisKind.GROUP)
    counts = {one.code: one.people for one in everybody}
    shown = released_counts("value-added-groups", counts, axis=axis, policy=policy, at=at)
    told = {cell.place[0]: cell.count for cell in shown.cells}
    mine = set(seen_groups(to, run).values_list("pk", flat=True))
    groups = [_group(one, told[one.code]) for one in everybody if one.pk in mine]
    return AddedView(
        run=run,
        now=scored_of(run.now),
        prior=tuple(map(scored_of, run.prior)),
        groups=tuple(sorted(groups, key=_in_kinds)),
        at=tuple(_at(run.result["at"])),
        n_groups=len(everybody),
        min_cell=policy.min_cell,
        reasons=tuple(map(said_of, shown.reasons)) if any(one.hidden for one in groups) else (),
        everything=sees_all(to),
    )


def _group(group: AddedGroup, people: int | None) -> GroupView:
    name = said_of(Text(group.name_en, group.name_zh))
    if people is None:
        return GroupView(name=name, people=None)
    figure = group.figure
    return GroupView(
        name=name, people=people, place=AddedPlace(figure["place"]), effect=figure["effect"], lowest=figure["lowest"],
        highest=figure["highest"], low=figure["low"], high=figure["high"], raw=figure["raw"],
    )  # fmt: skip


def _in_kinds(one: GroupView) -> tuple[int, str]:
    """Kinds in their order, hidden ones last; inside a kind by name and never by an effect."""
    return (len(ORDER) if one.place is None else ORDER.index(one.place), one.name)


def _at(told: Iterable[tuple[float, list[float], float, int, int]]) -> Iterable[AddedAtView]:
    for n, (reliability, slopes, sd, above, below) in enumerate(told):
        yield AddedAtView(reliability=reliability, slopes=tuple(slopes), sd=sd, above=above, below=below, plain=n == 0)
