"""The forms in which statements are given back: identifiers only, or canonical in the reader's language.

The third form, exact, is the stored bytes themselves.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import msgspec

from yucai.evidence.statements.rules_activities import COMPONENTS
from yucai.evidence.statements.rules_actors import IDENTIFIERS
from yucai.evidence.statements.splicing import changed, written

__all__ = ["accepted_languages", "canonical", "chosen_words", "ids_only"]

Json = dict[str, Any]
Change = Callable[[bytes], bytes]
_RANGE = re.compile(
    r"\s*(\*|[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*)\s*(?:;\s*[qQ]\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?))?\s*"
)


def ids_only(raw: bytes) -> bytes:
    """Return a statement in which agents, groups, activities and verbs are bare identifiers; the rest is as sent."""
    actor, activity, activities = _on_value(_bare_actor), _on_value(_bare_activity), _on_value(_bare_activities)
    context = {
        "instructor": actor,
        "team": actor,
        "contextActivities": activities,
        "contextAgents": _on_value(partial(_bare_related, name="agent")),
        "contextGroups": _on_value(partial(_bare_related, name="group")),
    }
    return _with_parts(raw, actor=actor, verb=_on_value(_bare_verb), activity=activity, context=context, agent=actor)


def canonical(raw: bytes, *, languages: str | None, definitions: Mapping[str, Json]) -> bytes:
    """Return a statement with verbs and activities as the store knows them, in one language each.

    ``languages`` is the header Accept-Language; ``definitions`` maps an activity to its definition as merged by the
    store, and an activity it does not hold keeps its own. Agents and groups are as sent.
    """
    ranges = accepted_languages(languages)
    activity = _on_value(partial(_in_language, ranges=ranges, definitions=definitions))
    verb = _on_value(partial(_verb_in_language, ranges=ranges))
    each = _on_value(partial(_each_in_language, ranges=ranges, definitions=definitions))
    return _with_parts(raw, actor=None, verb=verb, activity=activity, context={"contextActivities": each}, agent=None)


def _with_parts(
    raw: bytes,
    *,
    actor: Change | None,
    verb: Change,
    activity: Change,
    context: Mapping[str, Change],
    agent: Change | None,
) -> bytes:
    """Change the parts of a statement, and of a SubStatement in it."""

    def thing(part: bytes) -> bytes:
        kind = msgspec.json.decode(part).get("objectType", "Activity")
        if kind == "SubStatement":
            return _with_parts(part, actor=actor, verb=verb, activity=activity, context=context, agent=agent)
        if kind in ("Agent", "Group"):
            return agent(part) if agent else part
        return activity(part) if kind == "Activity" else part

    changes: dict[str, Change] = {"verb": verb, "object": thing, "context": partial(changed, changes=context)}
    if actor:
        changes |= {"actor": actor, "authority": actor}
    return changed(raw, changes)


def _on_value(change: Callable[[Any], Any]) -> Change:
    def on_bytes(raw: bytes) -> bytes:
        value = msgspec.json.decode(raw)
        new = change(value)
        return raw if new == value else written(new)

    return on_bytes


def _bare_actor(actor: Json) -> Json:
    kept = {name: value for name, value in actor.items() if name in IDENTIFIERS or name == "objectType"}
    if not any(name in kept for name in IDENTIFIERS):
        kept["member"] = [_bare_actor(member) for member in actor.get("member", ())]
    return kept


def _bare_verb(verb: Json) -> Json:
    return {"id": verb["id"]}


def _bare_activity(activity: Json) -> Json:
    return {"id": activity["id"]}


def _bare_activities(held: Json) -> Json:
    return {name: [_bare_activity(one) for one in _many(found)] for name, found in held.items()}


def _bare_related(entries: list[Json], *, name: str) -> list[Json]:
    return [{**entry, name: _bare_actor(entry[name])} for entry in entries]


def _many(found: Any) -> list[Json]:
    return [found] if isinstance(found, dict) else list(found)


def _verb_in_language(verb: Json, *, ranges: tuple[str, ...]) -> Json:
    return {**verb, "display": chosen_words(verb["display"], ranges)} if "display" in verb else verb


def _each_in_language(held: Json, *, ranges: tuple[str, ...], definitions: Mapping[str, Json]) -> Json:
    return {
        name: [_in_language(one, ranges=ranges, definitions=definitions) for one in _many(found)]
        for name, found in held.items()
    }


def _in_language(activity: Json, *, ranges: tuple[str, ...], definitions: Mapping[str, Json]) -> Json:
    definition = definitions.get(activity["id"], activity.get("definition"))
    if definition is None:
        return activity
    held = dict(definition)
    for name in ("name", "description"):
        if name in held:
            held[name] = chosen_words(held[name], ranges)
    for name in COMPONENTS:
        if name in held:
            held[name] = [_component_in_language(component, ranges) for component in held[name]]
    return {**activity, "definition": held}


def _component_in_language(component: Json, ranges: tuple[str, ...]) -> Json:
    if "description" not in component:
        return component
    return {**component, "description": chosen_words(component["description"], ranges)}


def accepted_languages(header: str | None) -> tuple[str, ...]:
    """Return the languages of an Accept-Language header, the most wanted first; those of weight 0 are not wanted.

    >>> accepted_languages("en;q=0.5, zh-CN, fr;q=0")
    ('zh-cn', 'en')
    """
    weighted: list[tuple[float, int, str]] = []
    for part in (header or "").split(",")[:100]:
        found = _RANGE.fullmatch(part.strip()) if len(part) < 100 else None
        if found and float(found[2] or 1) > 0:
            weighted.append((-float(found[2] or 1), len(weighted), found[1].lower()))
    return tuple(name for _, _, name in sorted(weighted))


def chosen_words(words: Mapping[str, str], ranges: tuple[str, ...]) -> dict[str, str]:
    """Return the one entry of a language map that fits best, or its first where none does.

    A wanted tag fits itself, then what is more special (``en`` fits ``en-US``), then what is left of it when its last
    part is cut off (RFC 4647).

    >>> chosen_words({"en-US": "colour", "zh-Hans": "颜色"}, ("zh-cn", "en"))
    {'zh-Hans': '颜色'}
    """
    tags = {tag.lower(): tag for tag in words}
    for wanted in ranges:
        if wanted == "*":
            break
        while wanted:
            fitting = tags.get(wanted) or next((tag for low, tag in tags.items() if low.startswith(f"{wanted}-")), None)
            if fitting is not None:
                return {fitting: words[fitting]}
            wanted = wanted.rpartition("-")[0]
    return dict(list(words.items())[:1])
