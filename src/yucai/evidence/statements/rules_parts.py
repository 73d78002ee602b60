"""Rules of result, context and attachments."""

from __future__ import annotations

from yucai.evidence.statements.forms import is_duration, is_language, is_media_type, is_sha2
from yucai.evidence.statements.rules_activities import check_activity
from yucai.evidence.statements.rules_actors import check_actor, check_agent, check_group
from yucai.evidence.statements.versions import Version
from yucai.evidence.statements.walk import Json, Walk

__all__ = ["CONTEXT_ACTIVITIES", "check_attachments", "check_context", "check_reference", "check_result"]

CONTEXT_ACTIVITIES = ("parent", "grouping", "category", "other")
_PLACES = frozenset(CONTEXT_ACTIVITIES)
_RESULT = frozenset(("score", "success", "completion", "response", "duration", "extensions"))
_SCORE = frozenset(("scaled", "raw", "min", "max"))
_CONTEXT = {
    Version.V1: frozenset(
        (
            *("registration", "instructor", "team", "contextActivities", "revision", "platform"),
            *("language", "statement", "extensions"),
        )
    )
}
_CONTEXT[Version.V2] = _CONTEXT[Version.V1] | {"contextAgents", "contextGroups"}
_RELATED = {name: frozenset(("objectType", name, "relevantTypes")) for name in ("agent", "group")}
_REFERENCE = frozenset(("objectType", "id"))
_ATTACHMENT = frozenset(("usageType", "display", "description", "contentType", "length", "sha2", "fileUrl"))
_ATTACHMENT_NEEDS = ("usageType", "display", "contentType", "length", "sha2")


def check_result(walk: Walk, value: object, at: str) -> None:
    """Check a result."""
    if not walk.is_object(value, at):
        return
    walk.keys(value, at, known=_RESULT)
    if "score" in value:
        _check_score(walk, value["score"], f"{at}.score")
    if "success" in value:
        walk.boolean(value["success"], f"{at}.success")
    if "completion" in value:
        walk.boolean(value["completion"], f"{at}.completion")
    if "response" in value:
        walk.is_string(value["response"], f"{at}.response")
    if "duration" in value:
        walk.form(value["duration"], f"{at}.duration", check=is_duration, code="not-a-duration")
    if "extensions" in value:
        walk.extensions(value["extensions"], f"{at}.extensions")


def _check_score(walk: Walk, value: object, at: str) -> None:
    if not walk.is_object(value, at):
        return
    walk.keys(value, at, known=_SCORE)
    found = {
        name: walk.number(value[name], f"{at}.{name}") for name in ("scaled", "raw", "min", "max") if name in value
    }
    scaled, raw, low, high = found.get("scaled"), found.get("raw"), found.get("min"), found.get("max")
    if scaled is not None and not -1 <= scaled <= 1:
        walk.fault("out-of-range", f"{at}.scaled", low=-1, high=1)
    if low is not None and high is not None and not low < high:
        walk.fault("not-below-max", f"{at}.min")
    if raw is not None and ((low is not None and raw < low) or (high is not None and raw > high)):
        walk.fault("out-of-range", f"{at}.raw", low="min", high="max")


def check_context(walk: Walk, value: object, at: str, *, with_activity: bool) -> None:
    """Check a context; ``revision`` and ``platform`` belong to statements on activities only."""
    if not walk.is_object(value, at):
        return
    walk.keys(value, at, known=_CONTEXT[walk.version])
    if "registration" in value:
        walk.uuid(value["registration"], f"{at}.registration")
    if "contextActivities" in value and not walk.kept(value["contextActivities"]):
        _check_context_activities(walk, value["contextActivities"], f"{at}.contextActivities")
    if "language" in value:
        walk.form(value["language"], f"{at}.language", check=is_language, code="not-a-language")
    if "statement" in value:
        check_reference(walk, value["statement"], f"{at}.statement")
    if "extensions" in value:
        walk.extensions(value["extensions"], f"{at}.extensions")
    for name in ("revision", "platform"):
        if name in value:
            walk.is_string(value[name], f"{at}.{name}")
            if not with_activity:
                walk.fault("only-with-activity", f"{at}.{name}", name=name)
    _check_people(walk, value, at)


def _check_people(walk: Walk, value: Json, at: str) -> None:
    if "instructor" in value and not walk.kept(value["instructor"]):
        check_actor(walk, value["instructor"], f"{at}.instructor")
    if "team" in value and not walk.kept(value["team"]):
        check_group(walk, value["team"], f"{at}.team")
    if walk.version is Version.V2:
        if "contextAgents" in value:
            _check_related(walk, value["contextAgents"], f"{at}.contextAgents", kind="contextAgent", name="agent")
        if "contextGroups" in value:
            _check_related(walk, value["contextGroups"], f"{at}.contextGroups", kind="contextGroup", name="group")


def _check_related(walk: Walk, value: object, at: str, *, kind: str, name: str) -> None:
    """Check the agents or groups that stand in some relation to a statement of xAPI 2.0."""
    if not walk.is_list(value, at):
        return
    for i, entry in enumerate(value):
        place = f"{at}[{i}]"
        if not walk.is_object(entry, place):
            continue
        walk.keys(entry, place, known=_RELATED[name], needed=("objectType", name))
        if "objectType" in entry:
            walk.one_of(entry["objectType"], f"{place}.objectType", (kind,))
        if name in entry:
            (check_agent if name == "agent" else check_group)(walk, entry[name], f"{place}.{name}")
        if "relevantTypes" in entry:
            _check_types(walk, entry["relevantTypes"], f"{place}.relevantTypes")


def _check_types(walk: Walk, value: object, at: str) -> None:
    if not walk.is_list(value, at):
        return
    if not value:
        walk.fault("empty-list", at)
    for i, kind in enumerate(value):
        walk.iri(kind, f"{at}[{i}]")


def _check_context_activities(walk: Walk, value: object, at: str) -> None:
    if not walk.is_object(value, at):
        return
    walk.keys(value, at, known=_PLACES)
    for name in CONTEXT_ACTIVITIES:
        held = value.get(name, _PLACES)
        if held is _PLACES:
            continue
        if isinstance(held, list):
            for i, activity in enumerate(held):
                check_activity(walk, activity, f"{at}.{name}[{i}]")
        else:
            check_activity(walk, held, f"{at}.{name}")


def check_reference(walk: Walk, value: object, at: str) -> None:
    """Check a reference to another statement."""
    if not walk.is_object(value, at):
        return
    walk.keys(value, at, known=_REFERENCE, needed=("objectType", "id"))
    if "objectType" in value:
        walk.one_of(value["objectType"], f"{at}.objectType", ("StatementRef",))
    if "id" in value:
        walk.uuid(value["id"], f"{at}.id")


def check_attachments(walk: Walk, value: object, at: str) -> None:
    """Check the list of attachments."""
    if not walk.is_list(value, at):
        return
    for i, attachment in enumerate(value):
        _check_attachment(walk, attachment, f"{at}[{i}]")


def _check_attachment(walk: Walk, value: object, at: str) -> None:
    if not walk.is_object(value, at):
        return
    walk.keys(value, at, known=_ATTACHMENT, needed=_ATTACHMENT_NEEDS)
    for name in ("usageType", "fileUrl"):
        if name in value:
            walk.iri(value[name], f"{at}.{name}")
    for name in ("display", "description"):
        if name in value:
            walk.language_map(value[name], f"{at}.{name}")
    if "contentType" in value:
        walk.form(value["contentType"], f"{at}.contentType", check=is_media_type, code="not-a-media-type")
    if "sha2" in value:
        walk.form(value["sha2"], f"{at}.sha2", check=is_sha2, code="not-a-sha2")
    length = value.get("length", 0)
    if not isinstance(length, int) or isinstance(length, bool) or length < 0:
        walk.fault("not-a-count", f"{at}.length")
