"""Which kind of table a sheet is: told from its titles, with what speaks for it and what is missing."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Final

from yucai.errors import YucaiError
from yucai.evidence.headers import Header, find_header
from yucai.evidence.profiles import Learned, ProfileColumn, TableProfile, load_profile, load_profiles
from yucai.evidence.refusals import ColumnsMissingError
from yucai.evidence.sheets import FileContent, Sheet
from yucai.evidence.unwanted import unwanted_kind
from yucai.evidence.vocabulary import plain
from yucai.texts import Text

__all__ = [
    "ProfileMatch",
    "TableUnknownError",
    "columns_missing",
    "lacking_title",
    "likely_title",
    "match_sheet",
    "recognise",
    "titles_of",
    "told_kind",
]

MOST_FOUND: Final = 400
LIKE_ENOUGH: Final = 0.5  # of two titles, for one to be asked about as the other


class TableUnknownError(YucaiError):
    """No kind of table fits the file."""

    says = Text(
        "“{file}” looks like no kind of table that is known. Its titles: {found}. Closest: {closest}. "
        "Choose the kind and say which title means what.",
        "“{file}”不像任何已知类型的表格。它的列名：{found}。最接近的：{closest}。请选择表格类型并指明各列含义。",
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


def recognise(content: FileContent, *, learned: Learned | None = None) -> tuple[ProfileMatch, ...]:
    """Return the kinds of tables that the visible sheets may be, best first, with the columns as reasons."""
    matches = []
    for profile in load_profiles().values():
        titles = titles_of(profile, learned or {}, {})
        matches += [
            match for sheet in content.sheets if not sheet.hidden if (match := match_sheet(sheet, profile, titles))
        ]
    return tuple(sorted(matches, key=lambda match: (match.fits, match.hits, -len(match.missing)), reverse=True))


def titles_of(profile: TableProfile, learned: Learned, chosen: Mapping[str, str]) -> dict[str, str]:
    """Return which plain title means which column: the profile's words, what was learned, the choice."""
    names = {column.name for column in profile.columns}
    if strange := sorted(chosen.keys() - names):
        raise ValueError(f"no columns of {profile.code}: {', '.join(strange)}. It has: {', '.join(sorted(names))}.")
    titles = {**profile.titles, **learned.get(profile.code, {})}
    titles = {title: column for title, column in titles.items() if column not in chosen}
    return {**titles, **{plain(title): column for column, title in chosen.items() if title}}


def match_sheet(
    sheet: Sheet, profile: TableProfile, titles: Mapping[str, str], *, chosen: Collection[str] = ()
) -> ProfileMatch | None:
    """Return how well a kind of table fits a sheet; a column whose title was ``chosen`` by hand must be there."""
    header = find_header(sheet, profile, titles)
    if header is None:
        return None
    missing = [column.name for column in profile.columns if column.needed and column.name not in header.places]
    missing += [name for name in chosen if name not in header.places and name not in missing]
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


def told_kind(content: FileContent, learned: Learned | None) -> TableProfile:
    """Return the kind of table that fits best; raises TableUnknownError where none does."""
    matches = recognise(content, learned=learned)
    if matches and matches[0].fits:
        return load_profile(matches[0].profile)
    profiles = load_profiles()
    near = [(profiles[match.profile], match.missing) for match in matches[:3]]
    lacking = [(kind.name, [lacking_title(kind, name) for name in missing]) for kind, missing in near]
    closest = Text(
        "; ".join(f"{name.en} (without {', '.join(text.en for text in gone)})" for name, gone in lacking) or "-",
        "；".join(f"{name.zh}（缺{'、'.join(text.zh for text in gone)}）" for name, gone in lacking) or "-",
    )
    titles = [cell for sheet in content.sheets if not sheet.hidden for cell in sheet.cells.row(0) if cell]
    if matches:
        titles = [title for title in matches[0].header.titles if title]
    raise TableUnknownError(file=content.file, found=", ".join(titles)[:MOST_FOUND] or "-", closest=closest)


def lacking_title(profile: TableProfile, name: str) -> Text:
    """Return what a column that is missing is called; ``"items"`` are the columns of single questions."""
    return profile.column(name).title if name != "items" else Text("columns of items", "题目列")


def likely_title(match: ProfileMatch, column: ProfileColumn) -> str | None:
    """Return which title without a meaning may be a column that is missing; None where none is like it."""
    taken = {*match.found.values(), *(match.header.titles[place] for place in match.header.items)}
    free = [title for title in match.header.titles if title and title not in taken and not unwanted_kind(title)]
    best = max(((_likeness(title, column), title) for title in free), default=(0.0, ""), key=lambda pair: pair[0])
    return best[1] if best[0] >= LIKE_ENOUGH else None


def _likeness(title: str, column: ProfileColumn) -> float:
    return max(SequenceMatcher(None, plain(title), word).ratio() for word in column.synonyms)


def columns_missing(
    file: str, profile: TableProfile, matches: Sequence[tuple[Sheet, ProfileMatch | None]]
) -> ColumnsMissingError:
    """Return the refusal that names, sheet by sheet, every column that is missing, in both languages."""
    several = len(matches) > 1
    en, zh, found = [], [], []
    for sheet, match in matches:
        where = f"{sheet.name}: " if several else ""
        names = match.missing if match else tuple(c.name for c in profile.columns if c.needed)
        texts = [lacking_title(profile, name) for name in names]
        en.append(where + ", ".join(text.en for text in texts))
        zh.append(where + "、".join(text.zh for text in texts))
        titles = match.header.titles if match else sheet.cells.row(0)
        found.append(where + (", ".join(title for title in titles if title) or "-"))
    missing = Text("; ".join(en), "；".join(zh))
    return ColumnsMissingError(file=file, profile=profile.name, missing=missing, found="; ".join(found)[:MOST_FOUND])
