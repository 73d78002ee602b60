"""Why the door refuses a request, beside what the rules of statements say."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from yucai.evidence import RecordRefusedError
from yucai.texts import Text

__all__ = [
    "BadCursorError",
    "BrokenOffError",
    "BusyError",
    "ForbiddenError",
    "IdDiffersError",
    "MethodError",
    "NotFoundError",
    "StatementConflictError",
    "StoreClosedError",
    "TooSlowError",
    "UnauthorisedError",
    "UnknownParameterError",
]


class NotFoundError(RecordRefusedError):
    """Nothing is kept under what was asked."""

    says = Text("There is nothing here. Check the address and the id.", "此处没有内容。请核对地址与标识。")
    status = HTTPStatus.NOT_FOUND

    def __init__(self, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__()
        self.headers = dict(headers or {})


class MethodError(RecordRefusedError):
    """The resource does not have this method."""

    says = Text("{method} is not done here. There are: {known}.", "此处不支持 {method}，可用方法：{known}。")
    status = HTTPStatus.METHOD_NOT_ALLOWED


class UnauthorisedError(RecordRefusedError):
    """No credential came, or none that is known and in force."""

    says = Text(
        "Key and secret are missing or wrong. Send both by HTTP Basic authentication.",
        "缺少密钥或密钥有误。请以 HTTP Basic 方式发送 key 与 secret。",
    )
    status = HTTPStatus.UNAUTHORIZED


class ForbiddenError(RecordRefusedError):
    """The credential is good, but not for this."""

    says = Text(
        "This credential does not have the scope {needed}. Ask who runs the store for it.",
        "此凭据没有权限范围 {needed}。请联系记录库管理者。",
    )
    status = HTTPStatus.FORBIDDEN


class StatementConflictError(RecordRefusedError):
    """An id is taken by another statement."""

    says = Text(
        "The id {id} belongs to another statement here. Nothing was stored; send yours under a new id.",
        "标识 {id} 已属于另一条陈述。未存入任何内容；请使用新的标识发送。",
    )
    status = HTTPStatus.CONFLICT


class StoreClosedError(RecordRefusedError):
    """The store takes nothing any more."""

    says = Text(
        "This store was closed: what is in it can be read, nothing new is taken. Ask who runs it for another.",
        "此记录库已关闭：其中内容仍可读取，但不再接收新内容。请联系管理者获取其他记录库。",
    )
    status = HTTPStatus.FORBIDDEN


class IdDiffersError(RecordRefusedError):
    """A PUT brings a statement under another id than its own, or not exactly one."""

    says = Text(
        "PUT brings one statement, under the id that statementId names. Make the two ids equal, or use POST.",
        "PUT 只发送一条陈述，其标识须与 statementId 相同。请统一两者，或改用 POST。",
    )


class UnknownParameterError(RecordRefusedError):
    """A request without parameters has some."""

    says = Text("There are no parameters here. Leave out: {names}.", "此处没有参数，请去掉：{names}。")


class BadCursorError(RecordRefusedError):
    """The address of a further page is none that this store gave out."""

    says = Text(
        "This is no address of a further page from this store. Take it from “more” as it is, or ask anew.",
        "这不是本记录库给出的后续页面地址。请原样使用“more”的值，或重新查询。",
    )


class TooSlowError(RecordRefusedError):
    """The body of a request does not come."""

    says = Text(
        "The body of the request stopped coming. Nothing was stored; send the same request again.",
        "请求内容中途停止传输。未存入任何内容；请重新发送同一请求。",
    )
    status = HTTPStatus.REQUEST_TIMEOUT


class BusyError(RecordRefusedError):
    """Too many bodies are waited for."""

    says = Text(
        "Too many requests are still on their way. Nothing was stored; send the same request again in some seconds.",
        "尚在传输中的请求过多。未存入任何内容；请在几秒后重新发送同一请求。",
    )
    status = HTTPStatus.SERVICE_UNAVAILABLE


class BrokenOffError(RecordRefusedError):
    """A body ends before it should."""

    says = Text(
        "The body ends after {found} of {stated} bytes. Nothing was stored; send the same request again.",
        "请求内容在 {stated} 字节中的第 {found} 字节处中断。未存入任何内容；请重新发送同一请求。",
    )
