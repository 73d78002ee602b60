"""What is said when something cannot be answered: one form for all (RFC 9457), in the language that was asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

import msgspec
from django.http import HttpResponse
from django.utils import translation

from yucai.errors import Fault
from yucai.texts import Text

__all__ = ["KINDS", "Kind", "Problem", "ProblemError", "problem_answer"]

PROBLEM_TYPE: Final = "application/problem+json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of refusal: its status, what it is called, and what it says where nothing better is known."""

    code: str
    status: int
    title: Text
    says: Text


def _kinds(*told: tuple[str, int, Text, Text]) -> Mapping[str, Kind]:
    return {code: Kind(code=code, status=status, title=title, says=says) for code, status, title, says in told}


KINDS: Final = _kinds(
    ("malformed", 400, Text("Not readable", "无法读取"),
     Text("What was sent cannot be read: {why}.", "发送的内容无法读取：{why}。")),
    ("token", 401, Text("No open token", "没有有效令牌"),
     Text("Send a token in the header “Authorization: Bearer …”. There is none, or it is unknown, over or revoked. "
          "Make one on the page “Tokens for programs”. A token in an address is never taken.",
          "请在请求头“Authorization: Bearer …”中发送令牌。未收到令牌，或令牌未知、过期或已吊销。"
          "请在“程序令牌”页面创建。网址中的令牌一律不接受。")),
    ("scope", 403, Text("Not what this token is for", "令牌权限不足"),
     Text("This token may not do that. It needs one of: {scopes}. Make a token with it.",
          "该令牌没有此权限，需要以下之一：{scopes}。请创建具有该权限的令牌。")),
    ("not-yours", 403, Text("Not yours to see", "无权查看"),
     Text("This is not there, or not for you to see or do. Which of these is not said.",
          "该内容不存在，或您无权查看或操作（不予区分）。")),
    ("not-found", 404, Text("No such address", "没有这个地址"),
     Text("There is nothing at this address. The document api/v1/openapi.json lists all.",
          "该地址没有内容。全部地址见 api/v1/openapi.json。")),
    ("no-period", 404, Text("No such period", "没有这个时段"),
     Text("There is no period “{period}” here. There are: {known}.", "没有时段“{period}”。现有：{known}。")),
    ("method", 405, Text("Not this method", "不支持此方法"),
     Text("This address does not take {method}. It takes: {allowed}.", "该地址不支持 {method}。支持：{allowed}。")),
    ("accept", 406, Text("Only JSON is given", "仅提供 JSON"),
     Text("Answers are application/json. Name it in Accept, or leave Accept out.",
          "应答格式为 application/json。请在 Accept 中写明，或省略 Accept。")),
    ("late", 408, Text("It did not arrive", "内容未送达"),
     Text("The body did not arrive in time. Send it again.", "请求内容未能及时送达。请重新发送。")),
    ("large", 413, Text("Too large", "内容过大"),
     Text("The body is larger than {most} bytes; nothing here needs so much.", "请求内容超过 {most} 字节，超出所需。")),
    ("media-type", 415, Text("Only JSON is taken", "仅接受 JSON"),
     Text("Send the body as application/json in UTF-8.", "请以 application/json（UTF-8）发送请求内容。")),
    ("invalid", 422, Text("Not as it should be", "内容不符合要求"),
     Text("Read, but not as the document asks: see errors.", "已读取，但不符合文档要求，详见 errors。")),
    ("many", 429, Text("Too much at once", "请求过于频繁"),
     Text("Too much was asked at once. Wait {seconds} s.", "请求过于频繁，请等待 {seconds} 秒。")),
    ("fault", 500, Text("Something went wrong here", "服务器出错"),
     Text("Something went wrong here; nothing was changed. The log of the office says more.",
          "服务器发生错误，未作任何改动。详见单位日志。")),
    ("busy", 503, Text("Busy", "服务繁忙"),
     Text("Too many bodies are waited for. Send it again in a moment.", "等待接收的请求过多，请稍后重新发送。")),
    ("disk", 507, Text("The disk is full", "磁盘已满"),
     Text("The disk of the office is full; nothing was changed. Tell the IT office.",
          "单位磁盘已满，未作任何改动。请告知信息技术部门。")),
)  # fmt: skip


class ProblemPart(msgspec.Struct, frozen=True, kw_only=True):
    """One fault, and which part it is of."""

    where: str
    detail: str


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Why something was not answered."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[ProblemPart] = []


@dataclass(slots=True)
class ProblemError(Exception):
    """Ends an answer with a problem of a kind. ``says`` stands in for what the kind says; ``headers`` go with it."""

    code: str
    facts: Mapping[str, object] = field(default_factory=dict)
    says: str = ""
    faults: Iterable[tuple[str, str]] = ()
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of_faults(cls, faults: Iterable[Fault]) -> ProblemError:
        """Return the problem that an action's faults are, each in the language that is active."""
        language = translation.get_language() or "en"
        told = [(fault.where or "", fault.says.in_language(language, **fault.facts)) for fault in faults]
        return cls("invalid", faults=told)


def problem_answer(problem: ProblemError) -> HttpResponse:
    """Return a problem as an answer, in the language that is active."""
    language, kind = translation.get_language() or "en", KINDS[problem.code]
    facts = {name: one.in_language(language) if isinstance(one, Text) else one for name, one in problem.facts.items()}
    told = Problem(
        type=f"urn:yucai:problem:{kind.code}",
        title=kind.title.in_language(language),
        status=kind.status,
        detail=problem.says or kind.says.in_language(language, **facts),
        errors=[ProblemPart(where=where, detail=detail) for where, detail in problem.faults],
    )
    answer = HttpResponse(msgspec.json.encode(told), content_type=PROBLEM_TYPE, status=kind.status)
    for name, value in problem.headers.items():
        answer[name] = value
    return answer
