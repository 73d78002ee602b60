"""A statement as one plain line: who did what to which thing, and what came of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from yucai.texts import Text

__all__ = ["ToldStatement", "actor_words", "called", "iri_end", "tell"]

Json = dict[str, Any]
VERBS: Final[Mapping[str, Text]] = {
    "abandoned": Text("abandoned", "中断了"),
    "accessed": Text("looked at", "访问了"),
    "answered": Text("answered", "回答了"),
    "asked": Text("asked about", "提问了"),
    "assigned": Text("was assigned", "被分配了"),
    "attempted": Text("began", "开始了"),
    "attended": Text("attended", "参加了"),
    "bookmarked": Text("bookmarked", "收藏了"),
    "commented": Text("commented on", "评论了"),
    "completed": Text("completed", "完成了"),
    "created": Text("created", "创建了"),
    "deleted": Text("deleted", "删除了"),
    "downloaded": Text("downloaded", "下载了"),
    "earned": Text("earned", "获得了"),
    "enrolled": Text("enrolled in", "加入了"),
    "evaluated": Text("was assessed in", "接受了评价："),
    "exited": Text("left", "退出了"),
    "experienced": Text("looked at", "浏览了"),
    "failed": Text("failed", "未通过"),
    "graded": Text("was graded in", "获得评分："),
    "initialized": Text("opened", "打开了"),
    "interacted": Text("used", "操作了"),
    "launched": Text("launched", "启动了"),
    "liked": Text("liked", "点赞了"),
    "logged-in": Text("signed in to", "登录了"),
    "logged-out": Text("signed out of", "登出了"),
    "mastered": Text("mastered", "掌握了"),
    "opened": Text("opened", "打开了"),
    "passed": Text("passed", "通过了"),
    "paused": Text("paused", "暂停了"),
    "planned": Text("planned", "计划了"),
    "played": Text("played", "播放了"),
    "preferred": Text("preferred", "偏好"),
    "progressed": Text("went on with", "推进了"),
    "read": Text("read", "阅读了"),
    "received": Text("received", "收到了"),
    "registered": Text("registered for", "注册了"),
    "replied": Text("replied to", "回复了"),
    "responded": Text("responded to", "回应了"),
    "resumed": Text("resumed", "继续了"),
    "reviewed": Text("reviewed", "检查了"),
    "satisfied": Text("met the criteria of", "达到了要求："),
    "saved": Text("saved", "保存了"),
    "scored": Text("scored in", "得分："),
    "searched": Text("searched", "搜索了"),
    "seeked": Text("jumped in", "跳转了"),
    "shared": Text("shared", "分享了"),
    "started": Text("began", "开始了"),
    "submit": Text("submitted", "提交了"),
    "submitted": Text("submitted", "提交了"),
    "suspended": Text("suspended", "暂停了"),
    "terminated": Text("ended", "结束了"),
    "unassigned": Text("was unassigned from", "被取消分配："),
    "unregistered": Text("left", "退出了"),
    "updated": Text("changed", "更新了"),
    "uploaded": Text("uploaded", "上传了"),
    "viewed": Text("looked at", "浏览了"),
    "voided": Text("voided", "作废了"),
    "voted": Text("voted in", "参与了投票："),
    "waived": Text("was waived from", "免修了"),
    "watched": Text("watched", "观看了"),
}
THE_STATEMENT: Final = Text("statement {id}", "陈述 {id}")
A_PLAN: Final = Text("“{said}”", "“{said}”")
OF: Final = Text("{raw} of {most}", "{raw} / {most}")
POINTS: Final = Text("{raw} point{raw:|s}", "{raw} 分")
CORRECT: Final = Text("correct", "正确")
WRONG: Final = Text("not correct", "不正确")
PASSED: Final = Text("passed", "通过")
FAILED: Final = Text("not passed", "未通过")
COMPLETE: Final = Text("complete", "已完成")
NOT_COMPLETE: Final = Text("not complete", "未完成")
SAID: Final = Text("answer “{said}”", "作答“{said}”")
NOBODY: Final = Text("somebody", "某人")
GROUP: Final = Text("a group of {n}", "{n} 人小组")
LINE_WITH: Final = Text("{line}: {result}", "{line}：{result}")
DURATION: Final = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.\d+)?S)?)?")
LONGEST: Final = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldStatement:
    """A statement in words. ``line`` is all of it; the others are its parts."""

    who: str
    did: str
    what: str
    result: str
    line: str


def tell(statement: Json, *, language: str, who: str = "", names: Mapping[str, Json] | None = None) -> ToldStatement:
    """Return a statement in plain words. ``who`` is the person's name where the office knows it, ``names`` holds what
    the store knows of activities.

    >>> tell({"actor": {"name": "Lin", "mbox": "mailto:lin@x.cn"}, "verb": {"id": "http://a/answered"},
    ...       "object": {"id": "http://x/3", "definition": {"name": {"en": "Question 3"}}},
    ...       "result": {"score": {"raw": 3, "max": 4}, "success": True}}, language="en").line
    'Lin answered Question 3: 3 of 4, correct'
    """
    person = who or called(statement["actor"], language=language)
    did, what = _verb(statement["verb"], language), _thing(statement["object"], language, names or {})
    result = (", " if language == "en" else "，").join(_results(statement, language))
    line = _set((person, did, what), language)
    told = LINE_WITH.in_language(language, line=line, result=result) if result else line
    return ToldStatement(who=person, did=did, what=what, result=result, line=told)


def _set(parts: Iterable[str], language: str) -> str:
    """Return words side by side; in Chinese with a space only where a Latin word or a number stands at the border."""
    line = ""
    for part in filter(None, parts):
        border = f"{line[-1:]}{part[:1]}"
        apart = language == "en" or (line[-1:] != "：" and any(one.isascii() and one.isalnum() for one in border))
        line = f"{line} {part}" if line and apart else f"{line}{part}"
    return line


def called(actor: Json, *, language: str) -> str:
    """Return how an agent or group is called: by name, else by what identifies it."""
    name = str(actor.get("name", "")).strip()
    if name:
        return _short(name)
    if "account" in actor:
        return _short(str(actor["account"]["name"]))
    if "mbox" in actor:
        return _short(str(actor["mbox"]).removeprefix("mailto:"))
    if "openid" in actor:
        return _short(str(actor["openid"]))
    if "mbox_sha1sum" in actor:
        return f"{actor['mbox_sha1sum'][:8]}…"
    members = actor.get("member", ())
    return GROUP.in_language(language, n=len(members)) if members else NOBODY.in_language(language)


def actor_words(key: str) -> str:
    """Return the key of an actor as people write it: a mail address, or a name at a platform.

    >>> actor_words('account:["https://x.cn","7"]'), actor_words("mbox:mailto:a@b.cn"), actor_words("openid:https://i/7")
    ('7 @ https://x.cn', 'a@b.cn', 'https://i/7')
    """
    kind, _colon, rest = key.partition(":")
    if kind == "account":
        home, name = json.loads(rest)
        return f"{name} @ {home}"
    if kind == "group":
        return ", ".join(map(actor_words, json.loads(rest)))
    return rest.removeprefix("mailto:")


def _short(words: str) -> str:
    return words if len(words) <= LONGEST else f"{words[: LONGEST - 1]}…"


def iri_end(iri: str) -> str:
    """Return the last part of an IRI that says something."""
    return iri.rstrip("/#").rpartition("/")[2].rpartition("#")[2] or iri


def spoken(told: object, language: str) -> str:
    """Return the words of a language map that suit the language best; "" where there are none."""
    if not isinstance(told, dict) or not told:
        return ""
    wanted = ("zh",) if language == "zh" else ("en",)
    fitting = [words for tag, words in told.items() if str(tag).lower().startswith(wanted)]
    return str((fitting or list(told.values()))[0]).strip()


def _verb(verb: Json, language: str) -> str:
    known = VERBS.get(iri_end(str(verb["id"])).lower())
    if known is not None:
        return known.in_language(language)
    return _short(spoken(verb.get("display"), language) or iri_end(str(verb["id"])))


def _thing(thing: Json, language: str, names: Mapping[str, Json]) -> str:
    kind = thing.get("objectType", "Activity")
    if kind == "StatementRef":
        return THE_STATEMENT.in_language(language, id=str(thing["id"])[:8])
    if kind in ("Agent", "Group"):
        return called(thing, language=language)
    if kind == "SubStatement":
        return A_PLAN.in_language(language, said=tell(thing, language=language, names=names).line)
    own = thing.get("definition", {})
    known = names.get(str(thing["id"]), {})
    for definition in (own, known):
        if words := spoken(definition.get("name"), language):
            return _short(words)
    return _short(iri_end(str(thing["id"])))


def _results(statement: Json, language: str) -> list[str]:
    result = statement.get("result", {})
    told = []
    score = result.get("score", {})
    if "raw" in score and "max" in score:
        told.append(OF.in_language(language, raw=_number(score["raw"]), most=_number(score["max"])))
    elif "scaled" in score:
        told.append(f"{float(score['scaled']):.0%}")
    elif "raw" in score:
        told.append(POINTS.in_language(language, raw=_number(score["raw"])))
    verb = iri_end(str(statement["verb"]["id"])).lower()
    if "success" in result and verb not in ("passed", "failed"):
        right, wrong = (CORRECT, WRONG) if verb in ("answered", "responded") else (PASSED, FAILED)
        told.append((right if result["success"] else wrong).in_language(language))
    if "completion" in result and verb != "completed" and "success" not in result:
        told.append((COMPLETE if result["completion"] else NOT_COMPLETE).in_language(language))
    response = str(result.get("response", "")).strip()
    if response and not score:
        told.append(SAID.in_language(language, said=response if len(response) <= 30 else f"{response[:29]}…"))
    if duration := _duration(str(result.get("duration", "")), language):
        told.append(duration)
    return told


def _number(value: float) -> str:
    return f"{value:.10g}"


HOURS: Final = Text("{n} h", "{n} 小时")
MINUTES: Final = Text("{n} min", "{n} 分")
SECONDS: Final = Text("{n} s", "{n} 秒")


def _duration(said: str, language: str) -> str:
    """Return a duration in the two greatest units that it has."""
    found = DURATION.fullmatch(said)
    if found is None:
        return ""
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    units = ((hours + 24 * days, HOURS), (minutes, MINUTES), (seconds, SECONDS))
    parts = [words.in_language(language, n=n) for n, words in units if n]
    return " ".join(parts[:2]) if language == "en" else "".join(parts[:2]).replace(" ", "")
