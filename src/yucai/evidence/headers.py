"""Where a sheet's header is, which rows below it are data, and which are units, totals, signatures or repetitions."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from yucai.evidence.profiles import TableProfile
from yucai.evidence.sheets import HEADER_WITHIN, NUMBER, Sheet
from yucai.evidence.vocabulary import plain

__all__ = ["Header", "Layout", "find_header", "lay_out", "title_unit"]

FOOTER: Final = re.compile(
    r"\s*(?:合\s*计|总\s*计|小\s*计|共计|平均分?|平均成绩|最高分|最低分|及格率|优秀率|人数|制表|打印|填表|审核|复核|负责人签|签\s*字|签\s*名|盖\s*章"
    r"|任课教师签|教师签|院长签|备\s*注\s*[:：]|说\s*明\s*[:：]|注\s*[:：]|第\s*\d+\s*页|共\s*\d+\s*[页人条]|统计|以上|total\b|average\b|printed\b)",
    re.I,
)
TOTAL: Final = re.compile(
    r"\s*(?:合\s*计|总\s*计|小\s*计|共\s*计|平均分?|平均成绩|最高分|最低分|及格率|优秀率|total|average)\s*[:：]?\s*",
    re.I,
)
UNIT: Final = re.compile(
    r"[(（\[]?\s*(元|万元|千元|亿元|%|百分比|分|人|学分|学时|小时|天|年|台|门|个|项|yuan|points)\s*[)）\]]?"
)
IN_TITLE: Final = re.compile(r"[(（\[]\s*([^()（）\[\]]{1,6})\s*[)）\]]\s*$|[/／](元|万元|%)$")
UNITS: Final = frozenset({"元", "万元", "千元", "亿元", "%", "百分比"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """A sheet's header: rows ``first`` to ``last`` (from 0), the titles as written, and where each of ours stands.

    ``titles`` joins two rows with a stroke ("成绩/平时"). ``places`` maps our column to the place of its title.
    """

    first: int
    last: int
    titles: tuple[str, ...]
    places: Mapping[str, int]
    items: Mapping[int, str]  # place -> item, in wide tables


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The rows below a header by what they are. ``rows`` are data; their number in the file is ``row``."""

    rows: pl.DataFrame
    units: Mapping[int, str]
    most: Mapping[int, str]  # place -> highest score, where a row of them is
    footers: tuple[int, ...]
    repeated: tuple[int, ...]


def find_header(sheet: Sheet, profile: TableProfile, titles: Mapping[str, str]) -> Header | None:
    """Return the header among the first thirty rows in which most of the titles are known; None where none is.

    ``titles`` maps plain titles to our columns: those of the profile, those learned and those chosen.
    """
    best: tuple[tuple[int, int], Header] | None = None
    head = sheet.cells.head(HEADER_WITHIN + 1).rows()
    for at in range(min(len(head), HEADER_WITHIN)):
        alone = _header([(cell, (cell,)) for cell in head[at]], titles, profile, (at, at))
        for last in (at, at + 1):
            header = alone
            if last > at:
                # A row of two known words is a header; with fewer it is a title above one.
                if len(alone.places) < 2 or last >= len(head) or not _two_rows(sheet, head, at):
                    continue
                header = _header(_joined(head[at], head[last]), titles, profile, (at, last))
            hits = len(header.places) + len(header.items)
            # A known word in a title above ("2025 级学生名单") is one hit; a header has two, or is all there is.
            rank = (hits, -at if last == at else -at + 1)
            if hits and header.places and (best is None or rank > best[0]):
                best = rank, header
    return best[1] if best else None


def _header(
    words: Sequence[tuple[str, tuple[str, ...]]], titles: Mapping[str, str], profile: TableProfile, at: tuple[int, int]
) -> Header:
    places: dict[str, int] = {}
    for place, (_, forms) in enumerate(words):
        for form in forms:
            column = titles.get(plain(form)) or titles.get(_bare(form))
            if column and column not in places:
                places[column] = place
                break
    taken = set(places.values())
    items: dict[int, str] = {}
    if profile.items:
        for place, (title, _) in enumerate(words):
            found = profile.items.pattern.fullmatch(title.strip()) if place not in taken and title else None
            if found and found.groupdict().get("scale") not in profile.items.left_out:
                items[place] = found["item"].strip()
        named = list(items.values())
        items = {place: item if named.count(item) == 1 else words[place][0] for place, item in items.items()}
    return Header(first=at[0], last=at[1], titles=tuple(title for title, _ in words), places=places, items=items)


def _bare(title: str) -> str:
    """Return a title without blanks, line breaks, stars and a unit in brackets: 金 额（万元） is 金额.

    >>> _bare("* 金 额（万元）")
    '金额'
    """
    word = re.sub(r"[\s*＊]+", "", plain(title))
    return re.sub(r"[(\[][^()\[\]]*[)\]]$", "", word) or word


def title_unit(title: str) -> str:
    """Return the unit that a title states in brackets or after a stroke, or nothing.

    >>> title_unit("金额（万元）"), title_unit("权重/%"), title_unit("成绩（百分制）")
    ('万元', '%', '')
    """
    found = IN_TITLE.search(title.strip())
    unit = (found[1] or found[2]).strip() if found else ""
    return unit if unit in UNITS else ""


def _two_rows(sheet: Sheet, head: Sequence[tuple[str, ...]], at: int) -> bool:
    """Whether the row below belongs to the header: something merged, or a gap, above words that are no data."""
    top, bottom = head[at], head[at + 1]
    if not any(bottom) or any(sheet.kinds.item(at + 1, place) == NUMBER for place in range(len(bottom))):
        return False
    if any(re.search(r"\d{3,}", cell) for cell in bottom):
        return False
    across = [
        place for place in range(1, len(top)) if bottom[place] and (not top[place] or top[place] == top[place - 1])
    ]
    if not across:
        return False
    spanned = {
        column
        for first, left, last, right in sheet.merged
        if first == at == last and right > left
        for column in range(left, right + 1)
    }
    # Below a title of one column stands nothing, or the same title (merged downwards).
    alone = [
        place
        for place in range(len(top))
        if top[place]
        and place not in spanned
        and not (place + 1 < len(top) and place + 1 in across)
        and place not in across
    ]
    return all(bottom[place] in ("", top[place]) for place in alone)


def _joined(top: Sequence[str], bottom: Sequence[str]) -> list[tuple[str, tuple[str, ...]]]:
    """Return the titles of two rows, each with the forms by which it may be known."""
    words: list[tuple[str, tuple[str, ...]]] = []
    above = ""
    for upper, lower in zip(top, bottom, strict=True):
        above = upper or (above if lower else "")
        if not lower or lower == above:
            words.append((above, (above,)))
        else:
            words.append((f"{above}/{lower}" if above else lower, (f"{above}/{lower}", lower, f"{above}{lower}")))
    return words


def lay_out(sheet: Sheet, header: Header, profile: TableProfile) -> Layout:
    """Return the rows below the header, told apart: data, units, highest scores, totals and signatures, repetitions."""
    body = sheet.cells.slice(header.last + 1).with_row_index("row", offset=header.last + 1 + sheet.first_row)
    names = [name for name in body.columns if name != "row"]
    body = body.filter(~pl.all_horizontal(pl.col(name) == "" for name in names)).with_columns(
        pl.col("row").cast(pl.Int64)
    )
    units = _units(body)
    if units:
        body = body.slice(1)
    most = _most(body, header, profile)
    if most:
        body = body.filter(pl.col("row") != most[0])
    repeated = _repeated(body, header, sheet)
    first = pl.coalesce(*(pl.when(pl.col(name) != "").then(pl.col(name)) for name in names))
    ends = body.filter(first.str.contains(FOOTER.pattern.replace("\\b", ""), literal=False)) if body.height else body
    identified = [f"{header.places[name]}" for name in profile.key if name in header.places]
    footers = [
        int(row["row"])
        for row in ends.iter_rows(named=True)
        if _is_footer(next(row[name] for name in names if row[name]), [row[name] for name in identified[:1]])
    ]
    footers += [row for row in _trailing(body, names, identified) if row not in footers]
    out = {*footers, *repeated}
    return Layout(
        rows=body.filter(~pl.col("row").is_in(list(out))) if out else body,
        units=units,
        most=most[1] if most else {},
        footers=tuple(sorted(footers)),
        repeated=repeated,
    )


def _is_footer(first: str, number: Sequence[str]) -> bool:
    """A total is one by its word alone, though a count may stand where numbers do; a signature identifies nobody."""
    if TOTAL.fullmatch(first):
        return True
    return bool(FOOTER.match(first)) and not any(cell and not FOOTER.match(cell) for cell in number)


def _units(body: pl.DataFrame) -> dict[int, str]:
    """Return the units of the row below the header, if that is what it holds."""
    if not body.height:
        return {}
    cells = {int(name): cell for name, cell in body.row(0, named=True).items() if name != "row" and cell}
    found = {place: UNIT.fullmatch(cell) for place, cell in cells.items()}
    if not cells or not all(found.values()):
        return {}
    return {place: match[1] for place, match in found.items() if match}


def _most(body: pl.DataFrame, header: Header, profile: TableProfile) -> tuple[int, dict[int, str]] | None:
    """Return the row of highest scores: its number, and what it says in each column."""
    if not profile.items or not profile.items.most_column:
        return None
    place = header.places.get(profile.items.most_column)
    for row in body.head(3).iter_rows(named=True):
        if place is not None and plain(row[f"{place}"]) == profile.items.most_word:
            return int(row["row"]), {int(name): cell for name, cell in row.items() if name != "row" and cell}
    return None


def _repeated(body: pl.DataFrame, header: Header, sheet: Sheet) -> tuple[int, ...]:
    """Return the rows in which the header stands again, as printed pages have it."""
    found: list[int] = []
    for at in range(header.first, header.last + 1):
        titles = [(f"{place}", cell) for place, cell in enumerate(sheet.cells.row(at)) if cell]
        if len(titles) > 1:
            same = body.filter(pl.all_horizontal(pl.col(name) == cell for name, cell in titles))
            found += same["row"].to_list()
    return tuple(sorted(found))


def _trailing(body: pl.DataFrame, names: Sequence[str], identified: Sequence[str]) -> list[int]:
    """Return rows at the very end that hold a signature line: nothing that identifies a row, and one or two cells."""
    rows = []
    for row in body.tail(10).reverse().iter_rows(named=True):
        filled = [name for name in names if row[name]]
        if len(names) < 4 or len(filled) > 2 or any(row[name] for name in identified):
            break
        rows.append(int(row["row"]))
    return rows
