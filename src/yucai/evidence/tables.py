"""A file as one typed table: which kind of table it is, its header, its sound rows, and a report on everything else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import polars as pl

from yucai.errors import Fault
from yucai.evidence.columns import TypedColumn, column_types, type_column
from yucai.evidence.headers import Header, Layout, lay_out, title_unit
from yucai.evidence.judging import judge
from yucai.evidence.profiles import Learned, ProfileColumn, TableProfile, known_titles, load_profile
from yucai.evidence.quality import REFUSAL_COLUMNS, REFUSAL_TITLES, QualityReport, RefusedCells
from yucai.evidence.recognising import columns_missing, match_sheet, titles_of, told_kind
from yucai.evidence.refusals import EmptyFileError, FileUnreadableError
from yucai.evidence.sheets import FileContent, Sheet, read_sheets
from yucai.evidence.sniffing import MOST_TABLE_BYTES
from yucai.evidence.unwanted import Unwanted, holds_id_cards, names_trait, unwanted_kind, unwanted_kinds
from yucai.evidence.vocabulary import plain
from yucai.texts import Text

__all__ = ["Origin", "TableReading", "counted_states", "read_table"]

OTHER_SHEET: Final = Text(
    "the sheet “{sheet}” does not look like {profile}; it was not read.", "工作表“{sheet}”不像“{profile}”，未读取。"
)
IDS_AS_NUMBERS: Final = Text(
    "{title} holds ID card numbers. Use the school's own numbers instead where it has any.",
    "{title}中是身份证号。如学校另有学号，请改用学号。",
)
SHIFTED: Final = Text(
    "the row has more cells than the header has titles: a value that holds the separator needs quotation marks. "
    "Correct the row.",
    "该行的单元格多于表头：取值中若含分隔符，须用引号括起。请改正该行。",
)
UNPLAIN: Final = Text(
    "the column {title} holds no plain values but {kind}; it was not read.",
    "“{title}”列不是普通取值（{kind}），未读取。",
)
TEXT_KINDS: Final = frozenset({"csv", "csv-zip"})
SAME_MEANING: Final = Text(
    "{title} and {other} may both be {column}: {title} was used, {other} kept as it is. "
    "Choose the other if it is right.",
    "{title}与{other}都可能是“{column}”：采用了{title}，{other}原样保留。如应采用后者，请指明。",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a row stood that was refused once and comes back in a workbook of refused rows."""

    file: str
    sheet: str
    row: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TableReading:
    """What a file gave: the kind of table, its sound rows, and the report.

    ``table`` holds the profile's columns in order (all of them, typed), then the unknown columns as text, then
    ``source_file``, ``source_sheet``, ``source_row``, ``import_code`` and ``imported_at``. ``item_columns`` maps the
    titles of item columns to their items, ``highest`` to their highest scores where the file says them. ``cells`` are
    all rows read, kept or not, as the file has them: sheet, row, and the titles that are not dropped. ``returned``
    says, by sheet and row, where rows stood that were refused once.
    """

    profile: TableProfile
    table: pl.DataFrame
    report: QualityReport
    item_columns: Mapping[str, str] = field(default_factory=dict)
    highest: Mapping[str, float] = field(default_factory=dict)
    cells: pl.DataFrame = field(default_factory=pl.DataFrame, repr=False)
    returned: Mapping[tuple[str, int], Origin] = field(default_factory=dict)


def read_table(
    path: Path,
    profile: str | None = None,
    *,
    at: datetime | None = None,
    import_code: str = "",
    chosen: Mapping[str, str] | None = None,
    learned: Learned | None = None,
    keep: Mapping[str, str] | None = None,
    sheets: Sequence[str] | None = None,
    learners: Mapping[tuple[str, int], str] | None = None,
    encoding: str | None = None,
    limit: int = MOST_TABLE_BYTES,
    protected: Sequence[Unwanted] = (),
) -> TableReading:
    """Return the table in a file, with a report; nothing is recorded anywhere.

    ``profile`` is a kind of table (told from the titles when not given), ``at`` the time of the import, if any is kept;
    ``chosen`` maps our columns to the file's titles (``""``: none means it), ``keep`` maps kinds of personal columns
    (``"phone"``) to the purpose for which they are kept. ``learners`` says, by sheet and row, whose row without a
    number a human found it to be. ``protected`` are the traits that a school protects itself: columns of them are
    dropped, whatever somebody chose them for. Raises one sentence for a file that cannot be read as a whole.
    """
    _check_purposes(keep or {})
    chosen = {column: title for column, title in (chosen or {}).items() if not names_trait(title, protected)}
    known = known_titles() | {plain(title) for title in (chosen or {}).values() if title}
    content = read_sheets(path, known=known, encoding=encoding, limit=limit)
    wanted = [sheet for sheet in content.sheets if (sheet.name in sheets if sheets else not sheet.hidden)]
    if not wanted:
        raise EmptyFileError(file=content.file)
    kind = load_profile(profile) if profile else told_kind(content, learned)
    titles = titles_of(kind, learned or {}, chosen or {})
    by_hand = [column for column, title in (chosen or {}).items() if title]
    matches = [(sheet, match_sheet(sheet, kind, titles, chosen=by_hand)) for sheet in wanted]
    fitting = [(sheet, match) for sheet, match in matches if match and match.fits]
    if not fitting:
        raise columns_missing(content.file, kind, matches)
    code = import_code or content.sha256[:16]
    by_text = content.kind in TEXT_KINDS
    parts = [
        _Part(sheet, match.header, kind, keep=keep or {}, learners=learners or {}, by_text=by_text, protected=protected)
        for sheet, match in fitting
    ]
    _refuse_unplain(content.file, parts)
    origin = {"source_file": content.file, "import_code": code, "imported_at": at}
    passed = [sheet for sheet, match in matches if not (match and match.fits)]
    others = [
        Fault(code="other-sheet", says=OTHER_SHEET, facts={"sheet": sheet.name, "profile": kind.name})
        for sheet in passed
    ]
    told = [fault for fault in content.notices if not (sheets and fault.facts.get("sheet") in sheets)]
    return _reading(content, kind, parts, origin=origin, notices=(*told, *others))


class _Part:
    """One sheet, taken apart: typed columns, unknown ones, dropped ones."""

    def __init__(
        self,
        sheet: Sheet,
        header: Header,
        profile: TableProfile,
        *,
        keep: Mapping[str, str],
        learners: Mapping[tuple[str, int], str],
        by_text: bool,
        protected: Sequence[Unwanted],
    ) -> None:
        self.protected = protected
        self.sheet, self.header, self.profile = sheet, header, profile
        self.layout: Layout = lay_out(sheet, header, profile)
        self.rows = self._with_learners(learners)
        self.dropped: dict[str, Unwanted] = {}
        self.kept_personal: dict[str, str] = {}
        self.unknown: dict[str, int] = {}
        self.items: dict[str, int] = {}
        self.notices: list[Fault] = []
        self.beyond = self._beyond_titles() if by_text else ()
        self._sort_places(keep)
        self.typed = {name: self._typed(profile.column(name), place) for name, place in header.places.items()}

    def title(self, place: int) -> str:
        return self.header.titles[place]

    def _with_learners(self, learners: Mapping[tuple[str, int], str]) -> pl.DataFrame:
        """Return the rows with the numbers that a human gave to those without one; a number that is there stays."""
        rows, place = self.layout.rows, self.header.places.get("learner")
        given = {row: number for (where, row), number in learners.items() if where == self.sheet.name}
        if place is None or not given:
            return rows
        own, said = pl.col(f"{place}"), pl.col("row").replace_strict(given, default="", return_dtype=pl.String)
        return rows.with_columns(pl.when(own == "").then(said).otherwise(own).alias(f"{place}"))

    def _beyond_titles(self) -> tuple[int, ...]:
        """Return the places after the last title: in a text, a cell there means that those before it have moved."""
        last = max(place for place, title in enumerate(self.header.titles) if title)
        return tuple(range(last + 1, len(self.header.titles)))

    def shifted(self) -> list[int]:
        """Return the rows with more cells than the header has titles."""
        if not self.beyond:
            return []
        filled = pl.any_horizontal(pl.col(f"{place}") != "" for place in self.beyond)
        rows: list[int] = self.rows.filter(filled)["row"].to_list()
        return rows

    def _sort_places(self, keep: Mapping[str, str]) -> None:
        places = {place: name for name, place in self.header.places.items()}
        for place, title in enumerate(self.header.titles):
            values = self.rows[f"{place}"]
            if place in places:
                if self.profile.column(places[place]).type == "identifier" and holds_id_cards(values):
                    self.notices.append(Fault(code="id-cards", says=IDS_AS_NUMBERS, facts={"title": title}))
            elif not (title or (values != "").any()) or plain(title) in REFUSAL_TITLES or place in self.beyond:
                continue
            elif place in self.sheet.unplain:
                facts = {"title": title, "kind": self.sheet.unplain[place]}
                self.notices.append(Fault(code="unplain", says=UNPLAIN, facts=facts))
            elif kind := unwanted_kind(title, values, besides=self.protected):
                if kind.code not in keep:
                    self.dropped[title or _letters(place)] = kind
                    continue
                self.kept_personal[title] = keep[kind.code]
                self.unknown[self._free(title)] = place
            elif place in self.header.items:
                self.items[self._free(title)] = place
            else:
                self.unknown[self._free(title or _letters(place))] = place
                self._note_same(title)

    def _note_same(self, title: str) -> None:
        """A second title of the same meaning is a choice that was made, so it is said."""
        name = self.profile.titles.get(plain(title.rpartition("/")[2]), "")
        if name in self.header.places:
            facts = {"title": self.title(self.header.places[name]), "other": title}
            column = self.profile.column(name).title
            self.notices.append(Fault(code="same-meaning", says=SAME_MEANING, facts={**facts, "column": column}))

    def _free(self, title: str) -> str:
        """Return a title that no column of the table has yet."""
        taken = {*self.unknown, *self.items, *(n for c in self.profile.columns for n in column_types(c)), *SOURCES}
        name, n = title, 2
        while name in taken:
            name, n = f"{title} ({n})", n + 1
        return name

    def _typed(self, column: ProfileColumn, place: int) -> TypedColumn:
        kinds = self.sheet.kinds[f"{place}"].gather(self.rows["row"] - self.sheet.first_row)
        unit = self.layout.units.get(place, "") or title_unit(self.title(place))
        return type_column(
            column, self.rows[f"{place}"], kinds, rows=self.rows["row"], title=self.title(place), unit=unit
        )

    def frame(self) -> pl.DataFrame:
        """Return the rows in the columns of the profile, then items and unknown ones, then sheet and row."""
        height = self.rows.height
        columns: list[pl.Series] = []
        for column in self.profile.columns:
            typed = self.typed.get(column.name)
            for name, kind in column_types(column).items():
                made = typed.values[name].rename(name) if typed else pl.Series(name, [None] * height, dtype=kind)
                columns.append(made)
        for title, place in {**self.items, **self.unknown}.items():
            text = self.rows[f"{place}"]
            columns.append(pl.select(pl.when(text != "").then(text).alias(title))[title])
        columns.append(pl.Series("source_sheet", [self.sheet.name or None] * height, dtype=pl.String))
        columns.append(self.rows["row"].rename("source_row"))
        return pl.DataFrame(columns)

    def kept_cells(self) -> dict[str, str]:
        """Return the file's titles, with the place of each as a column of ``rows``, without what is dropped."""
        places = {*self.header.places.values(), *self.items.values(), *self.unknown.values(), *self.beyond}
        return {self.title(place) or _letters(place): f"{place}" for place in sorted(places)}

    def cells(self) -> pl.DataFrame:
        """Return the rows as the file has them, under the file's titles, without what is dropped."""
        sheet = pl.lit(self.sheet.name).alias("source_sheet")
        titles = (pl.col(place).alias(title) for title, place in self.kept_cells().items() if title not in SOURCES)
        return self.rows.select(sheet, pl.col("row").alias("source_row"), *titles)

    def returned(self) -> Iterator[tuple[tuple[str, int], Origin]]:
        """Yield where rows stood that come back in a workbook of refused rows."""
        words = [{plain(text.en), plain(text.zh)} for text in REFUSAL_COLUMNS]
        places = [next((n for n, title in enumerate(self.header.titles) if plain(title) in word), -1) for word in words]
        if min(places) < 0:
            return
        _, file, sheet, row = (f"{place}" for place in places)
        for cells in self.rows.select("row", *{file, sheet, row}).iter_rows(named=True):
            if cells[row].isascii() and cells[row].isdigit():
                origin = Origin(file=cells[file], sheet=cells[sheet], row=int(cells[row]))
                yield (self.sheet.name, cells["row"]), origin


SOURCES: Final = ("source_file", "source_sheet", "source_row", "import_code", "imported_at")


def _letters(place: int) -> str:
    """Return how a spreadsheet names a column: 0 is A, 26 is AA."""
    name = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        name = chr(65 + rest) + name
    return name


def _reading(
    content: FileContent,
    profile: TableProfile,
    parts: Sequence[_Part],
    *,
    origin: Mapping[str, Any],
    notices: tuple[Fault, ...],
) -> TableReading:
    frames = [part.frame() for part in parts]
    whole = pl.concat(frames, how="diagonal")
    if not whole.height:
        raise EmptyFileError(file=content.file)
    shifted = {
        (part.sheet.name, row): [Fault(code="shifted", says=SHIFTED)] for part in parts for row in part.shifted()
    }
    judged = judge(profile, whole, [(part.sheet.name, part.typed) for part in parts], faults=shifted)
    kept = whole.filter(judged.kept)
    table = kept.with_columns(
        pl.lit(origin["source_file"]).alias("source_file"),
        pl.lit(origin["import_code"]).alias("import_code"),
        pl.lit(origin["imported_at"], pl.Datetime("us", "UTC")).alias("imported_at"),
    )
    table = table.select(*(name for name in table.columns if name not in SOURCES), *SOURCES)
    understood = {name: part.title(place) for part in reversed(parts) for name, place in part.header.places.items()}
    report = QualityReport(
        file=content.file,
        sha256=content.sha256,
        kind=content.kind,
        encoding=content.encoding,
        profile=profile.code,
        profile_name=profile.name,
        row_means=profile.row,
        sheets=tuple(part.sheet.name for part in parts),
        understood=understood,
        titles={column.name: column.title for column in profile.columns},
        unknown=tuple(dict.fromkeys(title for part in parts for title in part.unknown)),
        dropped={title: kind.name for part in parts for title, kind in part.dropped.items()},
        kept_personal={title: why for part in parts for title, why in part.kept_personal.items()},
        read_count=whole.height,
        kept_count=kept.height,
        doubled=judged.doubled,
        passed_over=tuple((p.sheet.name, row) for p in parts for row in (*p.layout.footers, *p.layout.repeated)),
        refused=_refused_cells(parts, judged.faults),
        states=counted_states(kept, profile),
        missing={name: kept[name].null_count() / kept.height for name in understood} if kept.height else {},
        notices=(*notices, *_notices(parts), *judged.notices),
    )
    items = {title: part.header.items[place] for part in parts for title, place in part.items.items()}
    return TableReading(
        profile=profile,
        table=table,
        report=report,
        item_columns=items,
        highest=_highest(parts, profile),
        cells=pl.concat([part.cells() for part in parts], how="diagonal"),
        returned=dict(pair for part in parts for pair in part.returned()),
    )


def _refuse_unplain(file: str, parts: Sequence[_Part]) -> None:
    """A column that is wanted and holds lists, bytes or the like ends the reading: nobody could tell what it means."""
    for part in parts:
        for place in sorted(set(part.header.places.values()) & part.sheet.unplain.keys()):
            title, kind = part.title(place), part.sheet.unplain[place]
            reason = Text(f"the column {title} holds no plain values: {kind}", f"“{title}”列不是普通取值：{kind}")
            raise FileUnreadableError(file=file, reason=reason)


def _refused_cells(
    parts: Sequence[_Part], faults: Mapping[tuple[str, int], Sequence[Fault]]
) -> tuple[RefusedCells, ...]:
    refused = []
    for part in parts:
        wrong = [row for sheet, row in faults if sheet == part.sheet.name]
        cells = part.kept_cells()
        for row in part.rows.filter(pl.col("row").is_in(wrong)).iter_rows(named=True) if wrong else ():
            told = tuple(faults[part.sheet.name, row["row"]])
            said = {title: row[place] for title, place in cells.items()}
            refused.append(RefusedCells(sheet=part.sheet.name, row=row["row"], faults=told, cells=said))
    return tuple(refused)


def _notices(parts: Sequence[_Part]) -> tuple[Fault, ...]:
    several = len(parts) > 1
    told = [
        Fault(code=fault.code, says=fault.says, facts=fault.facts, where=part.sheet.name if several else "")
        for part in parts
        for fault in (*part.notices, *(notice for typed in part.typed.values() for notice in typed.notices))
    ]
    return tuple(told)


def counted_states(kept: pl.DataFrame, profile: TableProfile) -> dict[str, int]:
    """Return how often each state stands in place of a grade or a score."""
    states = [f"{column.name}_state" for column in profile.columns if column.type in {"grade", "score"}]
    counted = pl.concat([kept[name].rename("state") for name in states]).drop_nulls() if states else pl.Series()
    return dict(counted.value_counts().sort("state").iter_rows()) if len(counted) else {}


def _highest(parts: Sequence[_Part], profile: TableProfile) -> dict[str, float]:
    """Return the highest score of each item column, where a row or the scale in the title says it."""
    from yucai.evidence.vocabulary import read_number

    found: dict[str, float] = {}
    for part in parts:
        for title, place in part.items.items():
            stated = read_number(part.layout.most.get(place, ""))
            if stated and stated.value > 0:
                found[title] = stated.value
            elif profile.items and any(f"({word})" in _plain_brackets(title) for word in profile.items.percent):
                found[title] = 100.0
    return found


def _plain_brackets(title: str) -> str:
    """Return a title with its brackets in their plain form."""
    return title.replace("（", "(").replace("）", ")")


def _check_purposes(keep: Mapping[str, str]) -> None:
    known = unwanted_kinds()
    if strange := sorted(keep.keys() - known.keys()):
        raise ValueError(f"no kinds of personal columns: {', '.join(strange)}. There are {', '.join(known)}.")
    if silent := sorted(code for code, purpose in keep.items() if not purpose.strip()):
        raise ValueError(
            f"a personal column is kept only under a stated purpose; none is stated for {', '.join(silent)}."
        )
