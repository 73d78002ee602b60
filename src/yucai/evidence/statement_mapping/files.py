"""Statements in files: JSON and JSON lines, packed or not, read one statement at a time."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, cast

from yucai.errors import YucaiError
from yucai.evidence.refusals import FileMissingError, FileUnreadableError
from yucai.evidence.statements import (
    NotJsonError,
    RecordRefusedError,
    RequestLimits,
    SentStatement,
    TooLargeError,
    Version,
    read_statements,
    stated_version,
)
from yucai.texts import Text

__all__ = ["FiledStatement", "NoStatementFileError", "read_kept_statements", "read_statement_file"]

ENDINGS: Final = (".json", ".jsonl", ".ndjson")
PIECE: Final = 65_536
GZIP: Final = b"\x1f\x8b"
MARK: Final = b"\xef\xbb\xbf"
SPACE: Final = b" \t\r\n"
# A whole string, or a sign that matters; a quotation mark alone begins a string that is not yet all there.
TOKEN: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"|["\[\]{},]', re.DOTALL)
# What a store answers to a query: the array in an object, and beside it where the rest is to be had.
MORE: Final = rb'"more"\s*:\s*"((?:[^"\\]|\\.)*)"'
ANSWER: Final = re.compile(rb"\{\s*(?:" + MORE + rb'\s*,\s*)?"statements"\s*:\s*\[')
ANSWER_ENDS: Final = re.compile(rb"\s*(?:,\s*" + MORE + rb"\s*)?\}\s*")
BYTES: Final = Text("bytes in one statement", "字节的单条陈述")
BROKEN_OFF: Final = Text("the file ends in the middle of it", "文件在其中间结束")
NO_COMMA: Final = Text("something stands between two statements that is no comma", "两条陈述之间有逗号以外的内容")
AFTER_END: Final = Text("something stands after the end of the array", "数组结束之后还有内容")
NOT_ONE: Final = Text("an array stands where one statement belongs", "此处应为一条陈述，而非数组")
MORE_THERE: Final = Text(
    "it is one page of a longer answer of a store; get the pages that follow by its “more” and read them too",
    "这只是记录库分页查询结果中的一页；请按其中的“more”取得其余各页并一并读入",
)
NOT_PACKED: Final = Text("it is no sound gzip file", "不是完好的 gzip 文件")


class NoStatementFileError(YucaiError):
    """The name of the file does not say that it holds statements."""

    says = Text(
        "“{file}” is no file of statements. They are read from .json, .jsonl and .ndjson, also with .gz behind.",
        "“{file}”不是陈述文件。可读取 .json、.jsonl 与 .ndjson，也可再以 gzip 压缩（.gz）。",
    )
    exit_code = 65


@dataclass(frozen=True, slots=True, kw_only=True)
class FiledStatement:
    """What stands at one place of a file: a statement, or why what stands there is refused. Lines count from 1.

    ``version`` is the one by whose rules it was read.
    """

    line: int
    version: Version = Version.V2
    sent: SentStatement | None = None
    refused: RecordRefusedError | None = None


def read_statement_file(
    path: Path, *, version: Version, limits: RequestLimits | None = None
) -> Iterator[FiledStatement]:
    """Return the statements of a file one by one, each checked as the door of the record store checks it.

    ``.json`` holds an array of statements, statements one after the other, or the answer of a store; ``.jsonl`` and
    ``.ndjson`` hold one a line; gzip is told by content. What is refused comes with its line, and reading goes on
    behind it. No more is held in memory than the largest statement allowed. That two statements share an id is for the
    store to find.
    """
    name = path.name.lower().removesuffix(".gz")
    if not name.endswith(ENDINGS):
        raise NoStatementFileError(file=path.name)
    return _reading(path, name, lambda _: version, limits or RequestLimits())


def read_kept_statements(
    path: Path, *, otherwise: Version, limits: RequestLimits | None = None
) -> Iterator[FiledStatement]:
    """Return the statements of a file as ``read_statement_file`` does, each by the rules of the version it states.

    A store keeps statements of both versions; one that states none is read as ``otherwise``.
    """
    name = path.name.lower().removesuffix(".gz")
    if not name.endswith(ENDINGS):
        raise NoStatementFileError(file=path.name)
    return _reading(path, name, lambda raw: stated_version(raw) or otherwise, limits or RequestLimits())


def _reading(
    path: Path, name: str, version_of: Callable[[bytes], Version], limits: RequestLimits
) -> Iterator[FiledStatement]:
    with _opened(path) as stream:
        pieces = _lines(stream, limits) if name.endswith(ENDINGS[1:]) else _Values(stream, limits).found()
        for line, raw, refused in pieces:
            yield _filed(line, raw, refused, version_of(raw), limits)


def _filed(
    line: int, raw: bytes, refused: RecordRefusedError | None, version: Version, limits: RequestLimits
) -> FiledStatement:
    if refused is None:
        try:
            if raw.lstrip(SPACE).startswith(b"["):
                raise NotJsonError(reason=NOT_ONE)
            sent = read_statements(raw, version=version, limits=limits).statements[0]
            return FiledStatement(line=line, version=version, sent=sent)
        except RecordRefusedError as problem:
            refused = problem
    return FiledStatement(line=line, version=version, refused=refused)


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """Open a file, unpacked where it is packed; what goes wrong on the way is a refusal of the file."""
    try:
        with path.open("rb") as plain:
            packed = plain.read(2) == GZIP
            plain.seek(0)
            if packed:
                with gzip.open(plain, "rb") as unpacked:
                    yield cast(BinaryIO, unpacked)
            else:
                yield plain
    except (FileNotFoundError, NotADirectoryError) as problem:
        raise FileMissingError(file=path.name) from problem
    except (EOFError, zlib.error, gzip.BadGzipFile) as problem:
        raise FileUnreadableError(file=path.name, reason=NOT_PACKED) from problem
    except OSError as problem:
        said = problem.strerror or str(problem)
        raise FileUnreadableError(
            file=path.name, reason=Text(f"the system says: {said}", f"系统提示：{said}")
        ) from problem


Found = tuple[int, bytes, RecordRefusedError | None]


def _too_large(found: int, limits: RequestLimits) -> TooLargeError:
    return TooLargeError(found=found, what=BYTES, limit=limits.statement_bytes)


def _lines(stream: BinaryIO, limits: RequestLimits) -> Iterator[Found]:
    """Yield the lines that are not empty. Of one too long only its length is kept."""
    line, most = 0, limits.statement_bytes + 2
    while raw := stream.readline(most + 1):
        line += 1
        if line == 1:
            raw = raw.removeprefix(MARK)
        size = len(raw)
        if size > most and not raw.endswith(b"\n"):
            while (more := stream.readline(PIECE)) and not more.endswith(b"\n"):
                size += len(more)
            yield line, b"", _too_large(size + len(more), limits)
        elif raw.strip(SPACE):
            yield line, raw.strip(SPACE), None


class _Values:
    """The values of one array, or one after the other, cut out of a stream by their brackets."""

    def __init__(self, stream: BinaryIO, limits: RequestLimits) -> None:
        self.stream, self.limits = stream, limits
        self.held = b""  # from the beginning of the value, or of the space before it
        self.line = 1
        self.ended = False

    def found(self) -> Iterator[Found]:
        self._more()
        self.held = self.held.removeprefix(MARK)
        self._skip(SPACE)
        answer = ANSWER.match(self.held)
        if answer:
            self._drop(answer.end())
            yield from self._array(answer=answer)
        elif self.held.startswith(b"["):
            self._drop(1)
            yield from self._array()
        else:
            yield from self._sequence()

    def _sequence(self) -> Iterator[Found]:
        while self._skip(SPACE):
            yield self._value(b"")

    def _array(self, *, answer: re.Match[bytes] | None = None) -> Iterator[Found]:
        """Between two values stands one comma; behind the last one the bracket that closes the array."""
        first = True
        while self._skip(SPACE):
            if self.held.startswith(b"]"):
                self._drop(1)
                yield from self._end(answer)
                return
            if not first:
                if not self.held.startswith(b","):
                    yield self.line, b"", NotJsonError(reason=NO_COMMA)
                else:
                    self._drop(1)
                    self._skip(SPACE)
            first = False
            if self.held:
                yield self._value(b",]")
        yield self.line, b"", NotJsonError(reason=BROKEN_OFF)

    def _end(self, answer: re.Match[bytes] | None) -> Iterator[Found]:
        """Say what is wrong behind the array; of a store's answer also that there is more of it."""
        line, more = self.line, answer[1] if answer else None
        if answer:
            self._more()
            rest = ANSWER_ENDS.match(self.held)
            if rest is None:
                yield line, b"", NotJsonError(reason=BROKEN_OFF if not self.held else AFTER_END)
                return
            more = more or rest[1]
            self._drop(rest.end())
        if self._skip(SPACE):
            yield self.line, b"", NotJsonError(reason=AFTER_END)
        if more:
            yield line, b"", NotJsonError(reason=MORE_THERE)

    def _value(self, ends: bytes) -> Found:
        """Return the next value: up to its last bracket, or where it has none to the sign that ends it."""
        line, at, depth, dropped = self.line, 0, 0, 0
        while True:
            token = TOKEN.search(self.held, at)
            if token is None or token[0] == b'"':
                seen = len(self.held)
                at = token.start() if token else seen
                if not self._more():
                    return self._rest(line, dropped, depth)
                if seen > self.limits.statement_bytes:
                    at, dropped = 0, dropped + self._shed(seen, in_string=token is not None)
                continue
            at = token.end()
            if token[0] in (b"{", b"["):
                depth += 1
            elif token[0] in (b"}", b"]") and depth:
                depth -= 1
                if not depth:
                    return self._cut(line, at, dropped)
            elif not depth and token[0] in (b",", b"]", b"}"):
                stop = token.start() if token[0] in (b",", b"]") and ends else at
                return self._cut(line, max(stop, 1), dropped)

    def _shed(self, seen: int, *, in_string: bool) -> int:
        """Forget what was seen of a value that is too large anyway, and return how much; a string keeps its mark."""
        if in_string:
            held = self.held[:seen]
            seen -= (seen - len(held.rstrip(b"\\"))) % 2  # the sign behind an odd one belongs to it
        start = b'"' if in_string else b""
        self.line += self.held.count(b"\n", 0, seen)
        self.held = start + self.held[seen:]
        return seen - len(start)

    def _cut(self, line: int, at: int, dropped: int) -> Found:
        raw = self.held[:at]
        self._drop(at)
        size = dropped + len(raw)
        if size > self.limits.statement_bytes:
            return line, b"", _too_large(size, self.limits)
        return line, raw.strip(SPACE), None

    def _rest(self, line: int, dropped: int, depth: int) -> Found:
        """The file has ended within a value; one without brackets may end so, and is refused for what it is."""
        found = self._cut(line, len(self.held), dropped)
        return (line, b"", NotJsonError(reason=BROKEN_OFF)) if depth and found[2] is None else found

    def _skip(self, signs: bytes) -> bool:
        """Go past space; tell whether anything is left."""
        while True:
            rest = self.held.lstrip(signs)
            self._drop(len(self.held) - len(rest))
            if self.held:
                return True
            if not self._more():
                return False

    def _drop(self, n: int) -> None:
        self.line += self.held.count(b"\n", 0, n)
        self.held = self.held[n:]

    def _more(self) -> bool:
        piece = b"" if self.ended else self.stream.read(PIECE)
        self.ended = not piece
        self.held += piece
        return bool(piece)
