"""A file as one typed table: which kind of table it is, its header, its sound rows, and a report on everything else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import polars as pl

from yucai.errors import Fault, YucaiError
from yucai.evidence.columns import TypedColumn, column_types, type_column
from yucai.evidence.grids import plain
from yucai.evidence.headers import Header, Layout, find_header, lay_out, title_unit
from yucai.evidence.judging import judge
from yucai.evidence.profiles import Learned, ProfileColumn, TableProfile, known_titles, load_profile, load_profiles
from yucai.evidence.quality import REFUSAL_TITLES, QualityReport, RefusedCells
from yucai.evidence.refusals import EmptyFileError
from yucai.evidence.sheets import FileContent, Sheet, read_sheets
from yucai.evidence.sniffing import MOST_TABLE_BYTES
from yucai.evidence.unwanted import Unwanted, holds_id_cards, unwanted_kind, unwanted_kinds
from yucai.texts import Text

__all__ = [
    "ProfileMatch",
    "TableColumnsMissingError",
    "TableReading",
    "TableUnknownError",
    "read_table",
    "recognise",
]

OTHER_SHEET: Final = Text(
    "the sheet “{sheet}” does not look like {profile}; it was not read.", "工作表“{sheet}”不像“{profile}”，未读取。"
)
IDS_AS_NUMBERS: Final = Text(
    "{title} holds ID card numbers. Use the school's own numbers instead where it has any.",
    "{title}中是身份证号。如学校另有学号，请改用学号。",
)
SAME_MEANING: Final = Text(
    "{title} and {other} may both be {column}: {title} was used, {other} kept as it is. "
    "Choose the other if it is right.",
    "{title}与{other}都可能是“{column}”：采用了{title}，{other}原样保留。如应采用后者，请指明。",
)
MOST_FOUND: Final = 400


class TableUnknownError(YucaiError):
    """No kind of table fits the file."""

    says = Text(
        "“{file}” looks like no kind of table that is known. Its titles: {found}. Closest: {closest}. "
        "Choose the kind and say which title means what.",
        "“{file}”不像任何已知类型的表格。它的列名：{found}。最接近的：{closest}。请选择表格类型并指明各列含义。",
    )
    exit_code = 65


class TableColumnsMissingError(YucaiError):
    """The file lacks columns that every table of its kind needs."""

    says = Text(
        "“{file}” lacks columns that a table of the kind “{profile}” needs: {missing}. It has: {found}. "
        "Add them, or say which title means which column.",
        "“{file}”缺少“{profile}”所需的列：{missing}。现有列：{found}。请补上，或指明哪一列是它。",
    )
    exit_code = 65


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileMatch:
    """How well a kind of table fits one sheet: what was found, under which titles, and what was not."""

    profile: str
    sheet: str
    found: Mapping[str, str]
    missing: tuple[str, ...]
    items: int
    header: Header = field(repr=False)

    @property
    def fits(self) -> bool:
        """Whether all needed columns are there."""
        return not self.missing

    @property
    def hits(self) -> int:
        """The number of titles that the kind of table explains."""
        return len(self.found) + self.items


@dataclass(frozen=True, slots=True, kw_only=True)
class TableReading:
    """What a file gave: the kind of table, its sound rows, and the report.

    ``table`` holds the profile's columns in order (all of them, typed), then the unknown columns as text, then
    ``source_file``, ``source_sheet``, ``source_row``, ``import_code`` and ``imported_at``. ``item_columns`` maps the
    titles of item columns to their items, ``highest`` to their highest scores where the file says them.
    """

    profile: TableProfile
    table: pl.DataFrame
    report: QualityReport
    item_columns: Mapping[str, str] = field(default_factory=dict)
    highest: Mapping[str, float] = field(default_factory=dict)


def recognise(content: FileContent, *, learned: Learned | None = None) -> tuple[ProfileMatch, ...]:
    """Return the kinds of tables that the visible sheets may be, best first, with the columns as reasons."""
    matches = []
    for profile in load_profiles().values():
        titles = _titles(profile, learned or {}, {})
        matches += [match for sheet in content.sheets if not sheet.hidden if (match := _match(sheet, profile, titles))]
    return tuple(sorted(matches, key=lambda match: (match.fits, match.hits, -len(match.missing)), reverse=True))


def read_table(
    path: Path,
    profile: str | None = None,
    *,
    at: datetime,
    import_code: str = "",
    chosen: Mapping[str, str] | None = None,
    learned: Learned | None = None,
    keep: Mapping[str, str] | None = None,
    sheets: Sequence[str] | None = None,
    learners: Mapping[tuple[str, int], str] | None = None,
    encoding: str | None = None,
    limit: int = MOST_TABLE_BYTES,
) -> TableReading:
    """Return the table in a file, with a report; nothing is recorded anywhere.

    ``profile`` is a kind of table (told from the titles when not given), ``at`` the time of the import, ``chosen``
    maps our columns to the file's titles, ``keep`` maps kinds of personal columns (``"phone"``) to the purpose for
    which they are kept. ``learners`` says, by sheet and row, whose row without a number a human found it to be.
    Raises one sentence for a file that cannot be read as a whole.
    """
    _check_purposes(keep or {})
    content = read_sheets(path, known=known_titles(), encoding=encoding, limit=limit)
    wanted = [sheet for sheet in content.sheets if (sheet.name in sheets if sheets else not sheet.hidden)]
    if not wanted:
        raise EmptyFileError(file=content.file)
    kind = load_profile(profile) if profile else _told_kind(content, learned)
    titles = _titles(kind, learned or {}, chosen or {})
    matches = [(sheet, _match(sheet, kind, titles)) for sheet in wanted]
    fitting = [(sheet, match) for sheet, match in matches if match and match.fits]
    if not fitting:
        raise _columns_missing(content.file, kind, matches)
    code = import_code or content.sha256[:16]
    parts = [_Part(sheet, match.header, kind, keep=keep or {}, learners=learners or {}) for sheet, match in fitting]
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
    ) -> None:
        self.sheet, self.header, self.profile = sheet, header, profile
        self.layout: Layout = lay_out(sheet, header, profile)
        self.rows = self._with_learners(learners)
        self.dropped: dict[str, Unwanted] = {}
        self.kept_personal: dict[str, str] = {}
        self.unknown: dict[str, int] = {}
        self.items: dict[str, int] = {}
        self.notices: list[Fault] = []
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

    def _sort_places(self, keep: Mapping[str, str]) -> None:
        places = {place: name for name, place in self.header.places.items()}
        for place, title in enumerate(self.header.titles):
            values = self.rows[f"{place}"]
            if place in places:
                if self.profile.column(places[place]).type == "identifier" and holds_id_cards(values):
                    self.notices.append(Fault(code="id-cards", says=IDS_AS_NUMBERS, facts={"title": title}))
            elif not (title or (values != "").any()) or plain(title) in REFUSAL_TITLES:
                continue
            elif kind := unwanted_kind(title, values):
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
        kinds = self.sheet.kinds[f"{place}"].gather(self.rows["row"] - 1)
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
        places = {*self.header.places.values(), *self.items.values(), *self.unknown.values()}
        return {self.title(place) or _letters(place): f"{place}" for place in sorted(places)}


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
    judged = judge(profile, whole, [(part.sheet.name, part.typed) for part in parts])
    kept = whole.filter(judged.kept)
    table = kept.with_columns(
        pl.lit(origin["source_file"]).alias("source_file"),
        pl.lit(origin["import_code"]).alias("import_code"),
        pl.lit(origin["imported_at"]).alias("imported_at"),
    )
    table = table.select(*(name for name in table.columns if name not in SOURCES), *SOURCES)
    first = parts[0]
    understood = {name: first.title(place) for name, place in first.header.places.items()}
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
        states=_states(kept, profile),
        missing={name: kept[name].null_count() / kept.height for name in understood} if kept.height else {},
        notices=(*notices, *_notices(parts), *judged.notices),
    )
    items = {title: part.header.items[place] for part in parts for title, place in part.items.items()}
    return TableReading(
        profile=profile, table=table, report=report, item_columns=items, highest=_highest(parts, profile)
    )


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


def _states(kept: pl.DataFrame, profile: TableProfile) -> dict[str, int]:
    states = [f"{column.name}_state" for column in profile.columns if column.type == "grade"]
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


def _titles(profile: TableProfile, learned: Learned, chosen: Mapping[str, str]) -> dict[str, str]:
    """Return which plain title means which column: the profile's words, what was learned, the choice."""
    names = {column.name for column in profile.columns}
    if strange := sorted(chosen.keys() - names):
        raise ValueError(f"no columns of {profile.code}: {', '.join(strange)}. It has: {', '.join(sorted(names))}.")
    titles = {**profile.titles, **learned.get(profile.code, {})}
    titles = {title: column for title, column in titles.items() if column not in chosen}
    return {**titles, **{plain(title): column for column, title in chosen.items()}}


def _match(sheet: Sheet, profile: TableProfile, titles: Mapping[str, str]) -> ProfileMatch | None:
    header = find_header(sheet, profile, titles)
    if header is None:
        return None
    missing = [column.name for column in profile.columns if column.needed and column.name not in header.places]
    groups: dict[str, list[str]] = {}
    for column in profile.columns:
        if column.needed_one_of:
            groups.setdefault(column.needed_one_of, []).append(column.name)
    missing += [names[0] for names in groups.values() if not any(name in header.places for name in names)]
    if profile.items and profile.items.most_column == "" and not header.items and not _says_more(profile):
        missing.append("items")
    found = {name: header.titles[place] for name, place in header.places.items()}
    return ProfileMatch(
        profile=profile.code,
        sheet=sheet.name,
        found=found,
        missing=tuple(missing),
        items=len(header.items),
        header=header,
    )


def _says_more(profile: TableProfile) -> bool:
    """Whether a wide table says something even without item columns: it has a total, or activity, of its own."""
    return any(column.needed_one_of for column in profile.columns)


def _told_kind(content: FileContent, learned: Learned | None) -> TableProfile:
    matches = recognise(content, learned=learned)
    if matches and matches[0].fits:
        return load_profile(matches[0].profile)
    profiles = load_profiles()
    closest = [
        f"{profiles[match.profile].name.zh} {profiles[match.profile].name.en} (- {', '.join(match.missing)})"
        for match in matches[:3]
    ]
    titles = [cell for sheet in content.sheets if not sheet.hidden for cell in sheet.cells.row(0) if cell]
    if matches:
        titles = [title for title in matches[0].header.titles if title]
    raise TableUnknownError(
        file=content.file, found=", ".join(titles)[:MOST_FOUND] or "-", closest="; ".join(closest) or "-"
    )


def _columns_missing(
    file: str, profile: TableProfile, matches: Sequence[tuple[Sheet, ProfileMatch | None]]
) -> TableColumnsMissingError:
    """Return the refusal that names, sheet by sheet, every column that is missing, in both languages."""
    several = len(matches) > 1
    en, zh, found = [], [], []
    for sheet, match in matches:
        where = f"{sheet.name}: " if several else ""
        names = match.missing if match else tuple(c.name for c in profile.columns if c.needed)
        texts = [
            profile.column(name).title if name != "items" else Text("columns of items", "题目列") for name in names
        ]
        en.append(where + ", ".join(text.en for text in texts))
        zh.append(where + "、".join(text.zh for text in texts))
        titles = match.header.titles if match else sheet.cells.row(0)
        found.append(where + (", ".join(title for title in titles if title) or "-"))
    missing = Text("; ".join(en), "；".join(zh))
    return TableColumnsMissingError(
        file=file, profile=profile.name, missing=missing, found="; ".join(found)[:MOST_FOUND]
    )


def _check_purposes(keep: Mapping[str, str]) -> None:
    known = unwanted_kinds()
    if strange := sorted(keep.keys() - known.keys()):
        raise ValueError(f"no kinds of personal columns: {', '.join(strange)}. There are {', '.join(known)}.")
    if silent := sorted(code for code, purpose in keep.items() if not purpose.strip()):
        raise ValueError(
            f"a personal column is kept only under a stated purpose; none is stated for {', '.join(silent)}."
        )
