"""A filtered set of statements out of the house: page by page from the store, so that memory stays small."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import IO, Any, Final

import msgspec
from django.db import transaction
from django.utils.timezone import localtime
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.utils import get_column_letter

from yucai.evidence import actor_key, harmless
from yucai.texts import Text
from yucai.web.accounts.models import Account, Person
from yucai.web.records.catalogue import definitions_for
from yucai.web.records.finding import find, replace_limit
from yucai.web.records.keys import stored_of
from yucai.web.records.models import RecordStore
from yucai.web.records.noting import record_event
from yucai.web.records.operating_models import RecordEvent
from yucai.web.records.telling import tell
from yucai.web.records.watermark import watermark
from yucai.web.stores.browsing import known_people, note_reading
from yucai.web.stores.filters import Asked, person_text

__all__ = ["KINDS", "csv_rows", "json_lines", "note_export", "workbook"]

Json = dict[str, Any]
PART: Final = 500
MOST_ROWS: Final = 1_000_000  # on one sheet; further ones go on another
KINDS: Final = {
    "jsonl": "application/x-ndjson",
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
TITLES: Final = (
    Text("stored", "存入时间"),
    Text("happened", "发生时间"),
    Text("person", "人员"),
    Text("number or mail", "编号或邮箱"),
    Text("statement", "陈述"),
    Text("verb", "动词"),
    Text("activity", "活动"),
    Text("score", "得分"),
    Text("highest score", "满分"),
    Text("scaled", "比例得分"),
    Text("success", "是否成功"),
    Text("completion", "是否完成"),
    Text("response", "作答"),
    Text("duration", "用时"),
    Text("registration", "注册标识"),
    Text("address of the verb", "动词地址"),
    Text("address of the activity", "活动地址"),
    Text("id", "标识"),
)
WIDTHS: Final = (19, 19, 14, 30, 60, 14, 36, 8, 8, 8, 8, 8, 24, 12, 38, 44, 44, 38)
TRUTH: Final[dict[str, dict[object, str]]] = {"en": {True: "yes", False: "no"}, "zh": {True: "是", False: "否"}}
WHAT: Final = Text("as {kind}; asked for: {filters}", "格式 {kind}；筛选项：{filters}")
ALL: Final = Text("everything", "全部")
NAMED: Final = {
    "person": Text("person", "人员"),
    "verb": Text("verb", "动词"),
    "activity": Text("activity", "活动"),
    "registration": Text("registration", "注册标识"),
    "credential": Text("tool", "工具"),
    "since": Text("stored from", "存入日期从"),
    "until": Text("stored until", "存入日期至"),
    "voided": Text("voided ones too", "含已作废"),
}


@transaction.atomic
def note_export(*, store: RecordStore, kind: str, asked: Asked, by: Account, at: datetime) -> None:
    """Write down that statements leave, before they do: which filters were set, never what was typed into them."""
    names = [NAMED[name] for name, typed in asked.said.items() if typed] or [ALL]
    filters = Text(", ".join(name.en for name in names), "、".join(name.zh for name in names))
    detail = WHAT.filled(kind=kind, filters=filters)
    record_event(store=store, kind=RecordEvent.Kind.EXPORTED, by=by, at=at, detail=detail)


Part = tuple[list[tuple[int, bytes, Json]], dict[str, Person]]


def _pages(store: RecordStore, asked: Asked, *, by: Account, at: datetime) -> Iterator[Part]:
    """Yield statements page by page, the newest first, with the people on record that actors are, by ``actor_key``;
    whoever is seen for the first time is written down.
    """
    search, certain, seen = replace_limit(asked.search, PART), watermark(store.pk), set[str]()
    people = dict[str, Person]()
    while True:
        found = find(search, caller=asked.caller, certain=certain)
        part = [(seq, body, msgspec.json.decode(body)) for seq, body in found.rows]
        new = {key: one["actor"] for _, _, one in part if (key := actor_key(one["actor"])) not in seen}
        seen |= new.keys()
        found_now = known_people(store, by, new.values())
        people |= found_now
        note_reading(store, new, found_now, account=by, page="statements-file", at=at)
        yield part, people
        if found.more is None:
            return
        search = found.more


def json_lines(store: RecordStore, asked: Asked, *, by: Account, at: datetime) -> Iterator[bytes]:
    """Yield statements as they are kept, one a line."""
    for part, _people in _pages(store, asked, by=by, at=at):
        yield b"".join(msgspec.json.format(body, indent=-1) + b"\n" for _, body, _ in part)


def csv_rows(store: RecordStore, asked: Asked, *, by: Account, language: str, at: datetime) -> Iterator[bytes]:
    """Yield statements as rows of a table that spreadsheet programs open as it is."""
    yield "\N{BYTE ORDER MARK}".encode() + _written([[title.in_language(language) for title in TITLES]])
    for rows in _rows(store, asked, by=by, language=language, at=at):
        yield _written(rows)


def _written(rows: Iterable[Sequence[object]]) -> bytes:
    told = io.StringIO()
    writer = csv.writer(told, lineterminator="\r\n")
    writer.writerows([harmless(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    return told.getvalue().encode("utf-8", "replace")


def workbook(store: RecordStore, asked: Asked, *, by: Account, language: str, at: datetime) -> IO[bytes]:
    """Return the table as a workbook in a file that goes when it is closed."""
    book = Workbook(write_only=True)
    titles = [title.in_language(language) for title in TITLES]
    n, sheet = MOST_ROWS, None
    for rows in _rows(store, asked, by=by, language=language, at=at):
        for row in rows:
            if sheet is None or n >= MOST_ROWS:
                sheet, n = _sheet(book, titles), 0
            sheet.append([_cell(sheet, value) for value in row])
            n += 1
    if sheet is None:
        _sheet(book, titles)
    file = tempfile.TemporaryFile(suffix=".xlsx")  # noqa: SIM115  (whoever sends it closes it)
    book.save(file)
    file.seek(0)
    return file


def _sheet(book: Workbook, titles: Sequence[str]) -> Any:
    """Return a new sheet whose titles stay in sight, with columns as wide as what stands in them."""
    sheet = book.create_sheet()
    sheet.freeze_panes = "A2"
    for n, width in enumerate(WIDTHS, start=1):
        sheet.column_dimensions[get_column_letter(n)].width = width
    sheet.append(titles)
    return sheet


def _cell(sheet: Any, value: object) -> object:
    """Return a cell; text stays text, whatever it begins with."""
    if not isinstance(value, str):
        return value
    cell = WriteOnlyCell(sheet, value=harmless("".join(one for one in value if one >= " ")[:32_000]))
    cell.data_type = "s"
    return cell


def _rows(
    store: RecordStore, asked: Asked, *, by: Account, language: str, at: datetime
) -> Iterator[list[list[object]]]:
    for part, people in _pages(store, asked, by=by, at=at):
        things = [thing for _, _, one in part for thing in (one["object"], one["object"].get("object", {}))]
        iris = {str(one["id"]) for one in things if "id" in one and one.get("objectType", "Activity") == "Activity"}
        names = definitions_for(store.pk, iris)
        rows = []
        for seq, _body, one in part:
            person = people.get(actor_key(one["actor"]))
            who = person.name.in_language(language) if person is not None else ""
            rows.append(_row(seq, one, tell(one, language=language, who=who, names=names), language))
        yield rows


def _row(seq: int, one: Json, told: Any, language: str) -> list[object]:
    result, score = one.get("result", {}), one.get("result", {}).get("score", {})
    verb = str(one["verb"]["id"])
    truth = TRUTH[language]
    return [
        _clock(stored_of(seq)),
        _happened(str(one.get("timestamp", ""))),
        told.who,
        person_text(one["actor"]),
        told.line,
        told.did.rstrip("："),
        told.what.strip(),
        score.get("raw", ""),
        score.get("max", ""),
        score.get("scaled", ""),
        truth.get(result.get("success"), ""),
        truth.get(result.get("completion"), ""),
        str(result.get("response", "")),
        str(result.get("duration", "")),
        str(one.get("context", {}).get("registration", "")),
        verb,
        str(one["object"].get("id", "")),
        str(one["id"]),
    ]


def _happened(said: str) -> str:
    """Return when something happened, by the clock of the office; what is no time is left as it is."""
    try:
        at = datetime.fromisoformat(said)
        return _clock(at if at.tzinfo else at.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        return said


def _clock(at: datetime) -> str:
    return f"{localtime(at):%Y-%m-%d %H:%M:%S}"
