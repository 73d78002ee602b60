"""Rules of activities and their definitions."""

from __future__ import annotations

from typing import Final

from yucai.evidence.statements.walk import Json, Walk

__all__ = ["COMPONENTS", "check_activity", "check_definition"]

_ACTIVITY = frozenset(("objectType", "id", "definition"))
COMPONENTS: Final = ("choices", "scale", "source", "target", "steps")
_INTERACTION = ("correctResponsesPattern", *COMPONENTS)
_DEFINITION = frozenset(("name", "description", "type", "moreInfo", "extensions", "interactionType", *_INTERACTION))
_BELONG: Final = {
    "true-false": (),
    "choice": ("choices",),
    "fill-in": (),
    "long-fill-in": (),
    "matching": ("source", "target"),
    "performance": ("steps",),
    "sequencing": ("choices",),
    "likert": ("scale",),
    "numeric": (),
    "other": (),
}
_COMPONENT = frozenset(("id", "description"))


def check_activity(walk: Walk, value: object, at: str) -> None:
    """Check an activity, with or without ``objectType``."""
    if not walk.is_object(value, at):
        return
    walk.keys(value, at, known=_ACTIVITY, needed=("id",))
    if value.get("objectType", "Activity") != "Activity":
        walk.one_of(value["objectType"], f"{at}.objectType", ("Activity",))
    if "id" in value:
        walk.iri(value["id"], f"{at}.id")
    if "definition" in value:
        check_definition(walk, value["definition"], f"{at}.definition")


def check_definition(walk: Walk, value: object, at: str) -> None:
    """Check the definition of an activity; an empty one is allowed."""
    if not walk.is_object(value, at):
        return
    walk.keys(value, at, known=_DEFINITION)
    if "name" in value:
        walk.language_map(value["name"], f"{at}.name")
    if "description" in value:
        walk.language_map(value["description"], f"{at}.description")
    if "type" in value:
        walk.iri(value["type"], f"{at}.type")
    if "moreInfo" in value:
        walk.iri(value["moreInfo"], f"{at}.moreInfo")
    if "extensions" in value:
        walk.extensions(value["extensions"], f"{at}.extensions")
    if "interactionType" in value:
        if walk.one_of(value["interactionType"], f"{at}.interactionType", _BELONG):
            _check_interaction(walk, value, at)
    else:
        for name in _INTERACTION:
            if name in value:
                walk.fault("no-interaction", at, name=name)


def _check_interaction(walk: Walk, value: Json, at: str) -> None:
    kind = value["interactionType"]
    if "correctResponsesPattern" in value:
        pattern, place = value["correctResponsesPattern"], f"{at}.correctResponsesPattern"
        if walk.is_list(pattern, place):
            for i, response in enumerate(pattern):
                walk.is_string(response, f"{place}[{i}]")
    for name in COMPONENTS:
        if name in value:
            if name not in _BELONG[kind]:
                walk.fault("other-interaction", f"{at}.{name}", name=name, kind=kind)
            _check_components(walk, value[name], f"{at}.{name}")


def _check_components(walk: Walk, value: object, at: str) -> None:
    if not walk.is_list(value, at):
        return
    seen = set()
    for i, component in enumerate(value):
        place = f"{at}[{i}]"
        if not walk.is_object(component, place):
            continue
        walk.keys(component, place, known=_COMPONENT, needed=("id",))
        if "id" in component and walk.is_string(component["id"], f"{place}.id"):
            if component["id"] in seen:
                walk.fault("same-component", f"{place}.id")
            seen.add(component["id"])
        if "description" in component:
            walk.language_map(component["description"], f"{place}.description")
