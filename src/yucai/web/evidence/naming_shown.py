"""Where a student is named as a maker of a work, as they see it: what it is, who named them, what they said to it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.utils import translation

from yucai.evidence import WorkKind
from yucai.texts import Text
from yucai.web.evidence.maker_models import WorkMaker

__all__ = ["NamingView", "named_work", "show_namings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NamingView:
    """One work that names somebody."""

    pk: int
    title: str
    kind: str
    done_on: date | None
    who: Text
    state: str
    state_name: str

    @property
    def agreed(self) -> bool:
        """Whether they said that they took part."""
        return self.state == WorkMaker.State.AGREED

    @property
    def declined(self) -> bool:
        """Whether they said that they took none."""
        return self.state == WorkMaker.State.DECLINED


def named_work(maker: WorkMaker) -> tuple[str, WorkKind, date | None, Text]:
    """Return title, kind and day of the work that names somebody, and who named them."""
    own, imported = maker.own, maker.imported
    if own is not None:
        name = own.person.name
        who = Text(f"named by {name.en}", f"由 {name.zh} 列入")
        return own.title, WorkKind(own.kind), own.done_on, who
    if imported is None:
        raise ValueError(maker.pk)
    file = imported.came_with.file_name
    return imported.title, WorkKind(imported.kind), imported.done_on, Text(f"list “{file}”", f"名单“{file}”")


def show_namings(makers: Iterable[WorkMaker]) -> tuple[NamingView, ...]:
    """Return works that name somebody in words, in the order they came."""
    language = translation.get_language() or "en"
    found = []
    for one in makers:
        title, kind, done_on, who = named_work(one)
        found.append(
            NamingView(pk=one.pk, title=title, kind=kind.says.in_language(language), done_on=done_on, who=who,
                       state=one.state, state_name=str(one.get_state_display()))
        )  # fmt: skip
    return tuple(found)
