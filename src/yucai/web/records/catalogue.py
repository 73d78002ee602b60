"""What is known of activities and agents beside statements: merged definitions, and names."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from functools import reduce
from typing import Any, Final

import msgspec
from django.db import connection

from yucai.evidence import actor_key, merge_definitions, worked_out_once
from yucai.web.records.keys import key_of, long_key_of
from yucai.web.records.models import ActivityDefinition, AgentName
from yucai.web.records.transactions import Sql, in_one_transaction, on_postgresql

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
        self.era = 0  # what was written down in an earlier one may be gone

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
            self.era += 1


SEEN: Final = _Seen()


def activities_of(statement: Json) -> Iterator[Json]:
    """Yield every activity that a statement names, also inside a SubStatement."""
    thing = statement["object"]
    kind = thing.get("objectType", "Activity")
    if kind == "Activity":
        yield thing
    yield from _context_activities(statement.get("context", {}).get("contextActivities", {}))
    if kind == "SubStatement":
        yield from activities_of(thing)


def _context_activities(context_activities: Json) -> Iterator[Json]:
    for found in context_activities.values():
        yield from (found,) if isinstance(found, dict) else found


def named_agents(statement: Json) -> Iterator[Json]:
    """Yield every agent and identified group that has a name."""
    thing = statement["object"]
    kind = thing.get("objectType")
    yield from _named((statement["actor"], *_people_of(statement.get("context", {}))))
    if kind in ("Agent", "Group"):
        yield from _named((thing,))
    if kind == "SubStatement":
        yield from named_agents(thing)


def _people_of(context: Json) -> Iterator[Json]:
    yield from (context[name] for name in ("instructor", "team") if name in context)
    yield from (entry["agent"] for entry in context.get("contextAgents", ()))
    yield from (entry["group"] for entry in context.get("contextGroups", ()))


def _named(people: Iterable[Json]) -> Iterator[Json]:
    for one in people:
        yield from (each for each in (one, *one.get("member", ())) if "name" in each)


class _Said:
    """What a part of a statement says of agents and activities, and in which era each store wrote it down."""

    __slots__ = ("definitions", "names", "written")

    def __init__(self, agents: Iterable[Json], activities: Iterable[Json]) -> None:
        self.names = [(actor_key(agent), agent["name"]) for agent in agents]
        self.definitions = [
            (one["id"], _ENCODE(one["definition"]), one["definition"]) for one in activities if "definition" in one
        ]
        self.written: dict[int, int] = {}


@worked_out_once
def _said_by_actor(actor: Json) -> _Said:
    return _Said(_named((actor,)), ())


@worked_out_once
def _said_by_object(thing: Json) -> _Said:
    statement = {"actor": {}, "object": thing}
    return _Said(named_agents(statement), activities_of(statement))


@worked_out_once
def _said_by_context_activities(found: Json) -> _Said:
    return _Said((), _context_activities(found))


def _said_in(statement: Json) -> Iterator[_Said]:
    yield _said_by_actor(statement["actor"])
    yield _said_by_object(statement["object"])
    context = statement.get("context")
    if context:
        if "contextActivities" in context:
            yield _said_by_context_activities(context["contextActivities"])
        if not context.keys().isdisjoint(OF_PEOPLE):
            yield _Said(_named(_people_of(context)), ())


OF_PEOPLE: Final = frozenset(("instructor", "team", "contextAgents", "contextGroups"))


def note(store: int, statements: Iterable[Json]) -> None:
    """Write down names of agents and definitions of activities that are new, in a short step of its own."""
    era = SEEN.era
    new = [said for statement in statements for said in _said_in(statement) if said.written.get(store, -1) != era]
    if not new:
        return
    names: dict[tuple[object, ...], tuple[int, str]] = {}
    definitions: dict[tuple[object, ...], tuple[str, Json]] = {}
    for said in new:
        for key, name in said.names:
            seen: tuple[object, ...] = ("name", store, key, name)
            if not SEEN.has(seen):
                names[seen] = (key_of(store, "agent", key), name)
        for iri, text, definition in said.definitions:
            seen = ("definition", store, iri, text)
            if not SEEN.has(seen):
                definitions[seen] = (iri, definition)
    if names or definitions:

        def work(sql: Sql) -> None:
            _add_names(sql, store, sorted(names.values()))
            _define(sql, store, definitions.values())

        in_one_transaction(work)
    if not connection.in_atomic_block:  # else it may yet be rolled back
        SEEN.add([*names, *definitions])
        for said in new:
            said.written[store] = era


def _add_names(sql: Sql, store: int, names: list[tuple[int, str]]) -> None:
    rows = [
        (store, agent, name, long_key_of(name))
        for agent, name in names
        if "\0" not in name  # no database of ours keeps it as text; the statement itself does
    ]
    if rows:
        sql.run_each(INSERT_NAME, rows)


def _define(sql: Sql, store: int, new: Iterable[tuple[str, Json]]) -> None:
    """Merge definitions into what is known; rows are taken in one order, so that no two writers wait in a circle."""
    said: dict[int, tuple[str, list[Json]]] = {}
    for iri, definition in new:
        said.setdefault(key_of(store, "activity", iri), (iri, []))[1].append(definition)
    if not said:
        return
    known = _known(sql, store, sorted(said))
    rows = [(store, key, iri, _merged({}, all_)) for key, (iri, all_) in sorted(said.items()) if key not in known]
    if rows:
        sql.run_each(INSERT, rows)
        if on_postgresql():  # somebody else may have been faster
            known = _known(sql, store, sorted(said))
    for key, text in known.items():
        merged = _merged(msgspec.json.decode(text), said[key][1])
        if merged != text:
            sql.run(UPDATE, [merged, store, key])


INSERT_NAME: Final = (
    "INSERT INTO web_agentname (store_id, agent, name, name_key) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING"
)
INSERT: Final = (
    "INSERT INTO web_activitydefinition (store_id, activity, iri, definition) VALUES (%s, %s, %s, %s)"
    " ON CONFLICT DO NOTHING"
)
UPDATE: Final = "UPDATE web_activitydefinition SET definition = %s WHERE store_id = %s AND activity = %s"


def _merged(known: Json, said: Iterable[Json]) -> str:
    return _ENCODE(reduce(merge_definitions, said, known)).decode()


def _known(sql: Sql, store: int, keys: list[int]) -> dict[int, str]:
    """Return the definitions of activities as they are kept, and keep others from changing them meanwhile."""
    locked = " FOR UPDATE" if on_postgresql() else ""
    found: dict[int, str] = {}
    for begin in range(0, len(keys), MOST_ASKED):
        part = keys[begin : begin + MOST_ASKED]
        marks = ", ".join(["%s"] * len(part))
        found |= dict(
            sql.ask(
                "SELECT activity, definition FROM web_activitydefinition"  # noqa: S608  (marks, no values)
                f" WHERE store_id = %s AND activity IN ({marks}) ORDER BY activity{locked}",
                [store, *part],
            )
        )
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
