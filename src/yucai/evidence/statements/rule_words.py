"""What is said of a rule that a statement breaks. No value is repeated: it may be somebody's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from yucai.texts import Text

__all__ = ["RULES", "kind_of"]

RULES: Final[Mapping[str, Text]] = {
    "missing": Text("“{name}” is missing; it must be there.", "缺少“{name}”，该属性必须提供。"),
    "unknown": Text(
        "“{name}” is no property of this object; it may have: {known}.", "该对象没有属性“{name}”，可用属性：{known}。"
    ),
    "not-an-object": Text("This is {found}; it must be an object.", "此处是{found}，应为对象。"),
    "not-a-list": Text("This is {found}; it must be an array.", "此处是{found}，应为数组。"),
    "not-a-string": Text("This is {found}; it must be a text.", "此处是{found}，应为文本。"),
    "not-a-number": Text(
        "This is {found}; it must be a number, without quotation marks.", "此处是{found}，应为不带引号的数字。"
    ),
    "not-a-boolean": Text(
        "This is {found}; it must be true or false, without quotation marks.",
        "此处是{found}，应为不带引号的 true 或 false。",
    ),
    "not-a-count": Text("This must be a whole number of octets, 0 or more.", "应为字节数：不小于 0 的整数。"),
    "not-an-iri": Text(
        "This must be an IRI with a scheme, such as https://example.org/x.",
        "应为带协议的 IRI，例如 https://example.org/x。",
    ),
    "not-a-uuid": Text(
        "This must be a UUID of 32 hexadecimal digits in five groups.", "应为分五组的 32 位十六进制 UUID。"
    ),
    "not-a-language": Text(
        "This must be a language tag of RFC 5646, such as en-US.", "应为 RFC 5646 语言标签，例如 zh-CN。"
    ),
    "not-a-duration": Text(
        "This must be an ISO 8601 duration, such as PT1H30M; weeks stand alone (P4W).",
        "应为 ISO 8601 时长，例如 PT1H30M；周不可与其他单位混用（P4W）。",
    ),
    "not-a-timestamp": Text(
        "This must be a date and time, such as 2026-11-26T09:30:00.000Z; its offset must not be -00:00.",
        "应为日期时间，例如 2026-11-26T09:30:00.000Z；时差不得为 -00:00。",
    ),
    "not-everywhere": Text(
        "This must lie between the years 2 and 9998; leave it out if the time is not known.",
        "时间须在公元 2 年至 9998 年之间；时间未知时请省略。",
    ),
    "not-a-mailbox": Text("This must be “mailto:” and one mail address.", "应为“mailto:”加一个邮箱地址。"),
    "not-a-sha1": Text("This must be a SHA-1 of 40 hexadecimal digits.", "应为 40 位十六进制 SHA-1。"),
    "not-a-sha2": Text(
        "This must be a SHA-2 of 56, 64, 96 or 128 hexadecimal digits.", "应为 56、64、96 或 128 位十六进制 SHA-2。"
    ),
    "not-a-media-type": Text("This must be a media type, such as text/plain.", "应为媒体类型，例如 text/plain。"),
    "not-a-version": Text(
        "The version must be one this request may bring: {known}.", "版本须为本次请求可用的：{known}。"
    ),
    "not-one-of": Text("This must be one of these, letter for letter: {known}.", "必须与下列值之一逐字相同：{known}。"),
    "no-identifier": Text(
        "An agent needs exactly one of mbox, mbox_sha1sum, openid and account; there is none.",
        "主体必须有且只有一个标识（mbox、mbox_sha1sum、openid、account），此处没有。",
    ),
    "many-identifiers": Text(
        "Only one of mbox, mbox_sha1sum, openid and account may identify; there are: {names}.",
        "标识（mbox、mbox_sha1sum、openid、account）只能有一个，此处有：{names}。",
    ),
    "no-members": Text(
        "A group without identifier needs “member” with at least one agent.",
        "没有标识的群组须在“member”中至少列出一个主体。",
    ),
    "group-in-group": Text(
        "A member of a group must be an agent, not a group.", "群组成员必须是个人主体，不能是群组。"
    ),
    "not-a-group": Text("This must be a group, with “objectType”: “Group”.", "此处必须是群组，“objectType”为“Group”。"),
    "not-two-members": Text(
        "A group as authority has no identifier and exactly two members; here: {n}.",
        "作为授权方的群组不得有标识，且必须恰有两名成员，此处为 {n} 名。",
    ),
    "identified-authority": Text(
        "A group as authority must have no identifier of its own.", "作为授权方的群组自身不得有标识。"
    ),
    "substatement-in-substatement": Text(
        "A SubStatement must not hold another SubStatement.", "子陈述中不得再包含子陈述。"
    ),
    "not-in-substatement": Text("A SubStatement must not have “{name}”.", "子陈述不得有“{name}”。"),
    "voids-no-statement": Text(
        "A statement with the verb “voided” must have a StatementRef as object.",
        "动词为“voided”的陈述，其对象必须是 StatementRef。",
    ),
    "only-with-activity": Text(
        "“{name}” is allowed only where the object of the statement is an Activity.",
        "仅当陈述的对象是活动时才可使用“{name}”。",
    ),
    "out-of-range": Text("The number must lie between {low} and {high}.", "数值必须在 {low} 与 {high} 之间。"),
    "too-great": Text(
        "The number is too great to be calculated with; a score is at most about 1.8e308.",
        "数值过大，无法计算；分数最大约为 1.8e308。",
    ),
    "not-below-max": Text("“min” must be below “max”.", "“min”必须小于“max”。"),
    "no-interaction": Text(
        "“{name}” needs an “interactionType” beside it.", "使用“{name}”时必须同时给出“interactionType”。"
    ),
    "other-interaction": Text(
        "“{name}” does not belong to an interaction of type {kind}.", "“{name}”不适用于 {kind} 类型的题目。"
    ),
    "same-component": Text(
        "Two components have one id; ids must differ.", "两个选项使用了同一标识，标识必须互不相同。"
    ),
    "empty-list": Text("The array must have at least one entry.", "数组至少要有一项。"),
}

_KINDS: Final[Mapping[type, Text]] = {
    dict: Text("an object", "对象"),
    list: Text("an array", "数组"),
    str: Text("a text", "文本"),
    bool: Text("true or false", "布尔值"),
    int: Text("a number", "数字"),
    float: Text("a number", "数字"),
    type(None): Text("null", "空值 null"),
}


def kind_of(value: object) -> Text:
    """Return what kind of JSON value this is, in words."""
    return _KINDS.get(type(value), Text("something else", "其他内容"))
