"""What is known of activities and agents beside statements: merged definitions, and names."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from functools import reduce
from typing import Any, Final

import msgspec
from django.db import connection, transaction

from yucai.evidence import actor_key, merge_definitions, worked_out_once
from yucai.web.records.keys import key_of, long_key_of
from yucai.web.records.models import ActivityDefinition, AgentName

__all__ = ["SEEN", "activities_of", "definitions_for", "named_agents", "names_of", "note"]

Json = dict[str, Any]
MOST_REMEMBERED: Final = 50_000
MOST_ASKED: Final = 500
_ENCODE: Final = msgspec.json.Encoder(order="deterministic").encode


class _Seen:
    """What this process has written down already, so that the tables need not be asked again."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.held: OrderedDict[tuple[object, ...], None] = OrderedDict()

    def has(self, key: tuple[object, ...]) -> bool:
        return key in self.held

    def add(self, keys: Iterable[tuple[object, ...]]) -> None:
        with self.lock:
            for key in keys:
                self.held[key] = None
            while len(self.held) > MOST_REMEMBERED:
                self.held.popitem(last=False)

    def clear(self) -> None:
        with self.lock:
            self.held.clear()


SEEN: Final = _Seen()


def activities_of(statement: Json) -> Iterator[Json]:
    """Yield every activity that a statement names, also inside a SubStatement."""
    thing = statement["object"]
    kind = thing.get("objectType", "Activity")
    if kind == "Activity":
        yield thing
    for found in statement.get("context", {}).get("contextActivities", {}).values():
        yield from (found,) if isinstance(found, dict) else found
    if kind == "SubStatement":
        yield from activities_of(thing)


def named_agents(statement: Json) -> Iterator[Json]:
    """Yield every agent and identified group that has a name."""
    context, thing = statement.get("context", {}), statement["object"]
    kind = thing.get("objectType")
    people = [statement["actor"], context.get("instructor"), context.get("team")]
    people += [entry["agent"] for entry in context.get("contextAgents", ())]
    people += [entry["group"] for entry in context.get("contextGroups", ())]
    if kind in ("Agent", "Group"):
        people.append(thing)
    for one in people:
        if one is not None:
            yield from (each for each in (one, *one.get("member", ())) if "name" in each)
    if kind == "SubStatement":
        yield from named_agents(thing)


@worked_out_once
def _definition_of(activity: Json) -> bytes:
    return _ENCODE(activity["definition"])


def note(store: int, statements: Iterable[Json]) -> None:
    """Write down names of agents and definitions of activities that are new, in a short step of its own."""
    names: dict[tuple[object, ...], tuple[int, str]] = {}
    definitions: dict[tuple[object, ...], tuple[str, Json]] = {}
    for statement in statements:
        for agent in named_agents(statement):
            seen: tuple[object, ...] = ("name", store, actor_key(agent), agent["name"])
            if not SEEN.has(seen):
                names[seen] = (key_of(store, "agent", actor_key(agent)), agent["name"])
        for activity in activities_of(statement):
            if "definition" in activity:
                seen = ("definition", store, activity["id"], _definition_of(activity))
                if not SEEN.has(seen):
                    definitions[seen] = (activity["id"], activity["definition"])
    if not names and not definitions:
        return
    with transaction.atomic():
        _add_names(store, sorted(names.values()))
        _define(store, definitions.values())
    if not connection.in_atomic_block:  # else it may yet be rolled back
        SEEN.add([*names, *definitions])


def _add_names(store: int, names: list[tuple[int, str]]) -> None:
    if not names:
        return
    rows = [
        AgentName(store_id=store, agent=agent, name=name, name_key=long_key_of(name))
        for agent, name in names
        if "\0" not in name  # no database of ours keeps it as text; the statement itself does
    ]
    AgentName.objects.bulk_create(rows, ignore_conflicts=True)


def _define(store: int, new: Iterable[tuple[str, Json]]) -> None:
    """Merge definitions into what is known; rows are taken in one order, so that no two writers wait in a circle."""
    said: dict[int, tuple[str, list[Json]]] = {}
    for iri, definition in new:
        said.setdefault(key_of(store, "activity", iri), (iri, []))[1].append(definition)
    if not said:
        return
    known = _known(store, sorted(said))
    rows = [(store, key, iri, _merged({}, all_)) for key, (iri, all_) in sorted(said.items()) if key not in known]
    with connection.cursor() as cursor:
        cursor.executemany(INSERT, rows)
        if rows and connection.vendor == "postgresql":  # somebody else may have been faster
            known = _known(store, sorted(said))
        for key, text in known.items():
            merged = _merged(msgspec.json.decode(text), said[key][1])
            if merged != text:
                cursor.execute(UPDATE, [merged, store, key])


INSERT: Final = (
    "INSERT INTO web_activitydefinition (store_id, activity, iri, definition) VALUES (%s, %s, %s, %s)"
    " ON CONFLICT DO NOTHING"
)
UPDATE: Final = "UPDATE web_activitydefinition SET definition = %s WHERE store_id = %s AND activity = %s"


def _merged(known: Json, said: Iterable[Json]) -> str:
    return _ENCODE(reduce(merge_definitions, said, known)).decode()


def _known(store: int, keys: list[int]) -> dict[int, str]:
    """Return the definitions of activities as they are kept, and keep others from changing them meanwhile."""
    locked = " FOR UPDATE" if connection.vendor == "postgresql" else ""
    found: dict[int, str] = {}
    with connection.cursor() as cursor:
        for begin in range(0, len(keys), MOST_ASKED):
            part = keys[begin : begin + MOST_ASKED]
            marks = ", ".join(["%s"] * len(part))
            cursor.execute(
                "SELECT activity, definition FROM web_activitydefinition"  # noqa: S608  (marks, no values)
                f" WHERE store_id = %s AND activity IN ({marks}) ORDER BY activity{locked}",
                [store, *part],
            )
            found |= dict(cursor.fetchall())
    return found


def definitions_for(store: int, iris: Iterable[str]) -> Mapping[str, Json]:
    """Return what is known of these activities; one that nobody defined is left out."""
    keys = {key_of(store, "activity", iri) for iri in iris}
    found = ActivityDefinition.objects.filter(store=store, activity__in=keys).values_list("iri", "definition")
    return {iri: msgspec.json.decode(text) for iri, text in found}


def names_of(store: int, agent: Json) -> list[str]:
    """Return the names by which an agent was called."""
    key = key_of(store, "agent", actor_key(agent))
    return list(AgentName.objects.filter(store=store, agent=key).order_by("pk").values_list("name", flat=True))
