"""Reading a 1EdTech CASE package as a framework: ours with all that is in it, those of others as far as they go."""

from __future__ import annotations

import datetime
import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from yucai.errors import Fault, FaultyInputError, YucaiError, why_unread
from yucai.framework.frameworks import Entry, Framework, Level
from yucai.texts import Text

__all__ = ["CaseMissingError", "CaseUnreadableError", "read_case"]

NO_DOCUMENT: Final = Text(
    "there is no CFDocument. Export the whole package (CFPackage), not only its items.",
    "缺少 CFDocument。请导出整个资料包（CFPackage），而不只是条目。",
)
NO_ITEMS: Final = Text(
    "there are no CFItems, so there is nothing to speak of. Export the whole package.",
    "没有 CFItems，因而没有可用内容。请导出整个资料包。",
)
NO_LIST: Final = Text("this must be a list of objects. Export the file again.", "此处须为对象列表。请重新导出文件。")
LACKS: Final = Text(
    "“{field}” is missing or empty. The standard asks for it; add it.",
    "缺少“{field}”或其为空。标准要求此项；请补上。",
)
TWICE: Final = Text(
    "the identifier “{value}” stands twice. Each item needs its own.",
    "标识符“{value}”重复。每个条目须有自己的标识符。",
)
NOT_HERE: Final = Text(
    "“{value}” in {field} is no item of this file. Add the item, or take the association out.",
    "{field} 中的“{value}”不是本文件的条目。请补上该条目，或删去该关联。",
)
CIRCLE: Final = Text(
    "“{value}” lies inside itself: {path}. Take one of these isChildOf out.",
    "“{value}”包含了自身：{path}。请删去其中一条 isChildOf。",
)
NOT_STATED: Final = "not stated"
Part = Mapping[str, Any]


class CaseMissingError(YucaiError):
    """There is no such file."""

    says = Text("There is no file “{file}”. Check the name and the folder.", "没有文件“{file}”。请检查文件名与文件夹。")
    exit_code = 66


class CaseUnreadableError(YucaiError):
    """The file is not JSON, so it is no CASE package."""

    says = Text(
        "“{file}” is not JSON ({reason}). A CASE package is a .json file; export it again.",
        "“{file}”不是 JSON（{reason}）。CASE 资料包是 .json 文件；请重新导出。",
    )
    exit_code = 65


def read_case(file: str | Path) -> Framework:
    """Return the framework of a CASE 1.0 or 1.1 package; one that ``write_case`` wrote comes back equal.

    In a file of others only fields of the standard are used:

    - An item that has children is a ``layer``, any other a ``quality``; of several parents the first counts.
    - The code is ``humanCodingScheme`` where it is there and nobody else's, else the identifier; the name is
      ``abbreviatedStatement``, else ``fullStatement``.
    - Levels are those of a rubric whose criterion names the item, as many as it has; without one there are none.
    - The other language comes from items that are ``isTranslationOf`` another in the same file. Where the file speaks
      one language only, both languages show its words.

    Crosswalks (``exactMatchOf``, ``isRelatedTo``) are not read. Raises CaseMissingError, CaseUnreadableError,
    FaultyInputError (all faults at once).
    """
    path = Path(file)
    reader = _CaseReader(_json(path))
    reader.check()
    if reader.faults:
        raise FaultyInputError(path.name, reader.faults)
    return reader.framework()


def _json(path: Path) -> object:
    try:
        return json.loads(path.read_bytes().decode("utf-8-sig"))
    except (FileNotFoundError, IsADirectoryError) as problem:
        raise CaseMissingError(file=path) from problem
    except (ValueError, RecursionError) as problem:
        raise CaseUnreadableError(file=path.name, reason=why_unread(problem, form="JSON")) from problem


class _CaseReader:
    """Looks at one package; ``check`` gathers all faults, ``framework`` builds what is sound."""

    def __init__(self, said: object) -> None:
        self.faults: list[Fault] = []
        self.said: Part = said if isinstance(said, Mapping) else {}
        document = self.said.get("CFDocument")
        self.document: Part = document if isinstance(document, Mapping) else {}
        self.items = self.listed("CFItems")
        self.known = {str(item["identifier"]): item for _, item in self.items if _words(item, "identifier")}
        self.links = self.listed("CFAssociations")
        self.parents: dict[str, str] = {}
        self.translations: dict[str, Part] = {}
        self.translating: set[str] = set()

    def fault(self, where: str, says: Text, **facts: object) -> None:
        self.faults.append(Fault(code="case", says=says, where=where, facts=facts))

    def listed(self, field: str) -> list[tuple[str, Part]]:
        """Return the objects of a list, each with its place; no list at all is an empty one."""
        found = self.said.get(field)
        rows = found if isinstance(found, list) else []
        if (found is not None and not isinstance(found, list)) or not all(isinstance(row, Mapping) for row in rows):
            self.fault(field, NO_LIST)
        return [(f"{field}[{n}]", row) for n, row in enumerate(rows, start=1) if isinstance(row, Mapping)]

    def check(self) -> None:
        """Note every fault of the document, its items and its associations."""
        if not self.document:
            self.fault("", NO_DOCUMENT)
        for field in ("identifier", "title") if self.document else ():
            if not _words(self.document, field):
                self.fault("CFDocument", LACKS, field=field)
        if not self.items and not any(fault.where == "CFItems" for fault in self.faults):
            self.fault("", NO_ITEMS)
        seen: set[str] = set()
        for where, item in self.items:
            for field in ("identifier", "fullStatement"):
                if not _words(item, field):
                    self.fault(where, LACKS, field=field)
            if (own := _words(item, "identifier")) in seen:
                self.fault(where, TWICE, value=own)
            seen.update({own} - {""})
        for where, link in self.links:
            self.check_link(where, link)
        self.check_circles()

    def check_link(self, where: str, link: Part) -> None:
        """Note where an association leads nowhere, and keep what it says of parents and translations."""
        kind = _words(link, "associationType")
        ends = {field: _words(_part(link, field), "identifier") for field in ("originNodeURI", "destinationNodeURI")}
        lacking = [field for field, end in ends.items() if not end]
        for field in [*lacking, *([] if kind else ["associationType"])]:
            self.fault(where, LACKS, field=field)
        if lacking or not kind:
            return
        origin, destination = ends.values()
        root = {_words(self.document, "identifier")}
        if kind in ("isChildOf", "isTranslationOf"):
            for field, end in ends.items():
                if end not in self.known and not (field == "destinationNodeURI" and end in root):
                    self.fault(where, NOT_HERE, field=field, value=end)
        elif not {origin, destination} & {*self.known, *root}:  # it may lead out of the file, but not pass it by
            self.fault(where, NOT_HERE, field="originNodeURI", value=origin)
        if kind == "isChildOf" and origin in self.known and destination in self.known:
            self.parents.setdefault(origin, destination)
        if kind == "isTranslationOf" and origin in self.known and destination in self.known:
            self.note_translation(origin, destination)

    def note_translation(self, origin: str, destination: str) -> None:
        """Keep one item as the other words of another; two that translate each other do not both vanish."""
        if origin != destination and destination not in self.translating and origin not in self.translations:
            self.translations[destination] = self.known[origin]
            self.translating.add(origin)

    def check_circles(self) -> None:
        """Note each circle of parents once."""
        settled: set[str] = set()
        for start in self.parents:
            path: list[str] = []
            here: str | None = start
            while here is not None and here not in settled and here not in path:
                path.append(here)
                here = self.parents.get(here)
            if here is not None and here in path:
                circle = [*path[path.index(here) :], here]
                says = [_words(self.known[one], "humanCodingScheme") or one for one in circle]
                self.fault("CFAssociations", CIRCLE, value=says[0], path=" → ".join(says))
            settled.update(path)

    def framework(self) -> Framework:
        """Return what the package says. Call it only when nothing is at fault."""
        document, own = self.document, _own(self.document)
        licence = _part(document, "licenseURI")
        title = _words(document, "title")
        chinese = _words(_part(own, "zh"), "title")
        changed = _words(document, "lastChangeDateTime")[:10]
        return Framework(
            code=_words(own, "code") or _words(document, "identifier"),
            version=_words(document, "version") or changed or NOT_STATED,
            name=Text(title, chinese or title),
            source=_words(own, "source") or _words(document, "creator") or NOT_STATED,
            licence=_words(licence, "title") or NOT_STATED,
            entries=self.entries(),
            date=_date(_words(own, "date") if own else changed),
        )

    def entries(self) -> tuple[Entry, ...]:
        """Return the items in the order of the file, without those that only translate another."""
        items = {key: item for key, item in self.known.items() if key not in self.translating}
        codes = {key: _words(item, "humanCodingScheme") for key, item in items.items()}
        often = Counter(codes.values())
        codes = {key: code if often[code] == 1 and code not in ("", *items) else key for key, code in codes.items()}
        levels = self.levels()
        above = {key: parent for key, parent in self.parents.items() if key in items and parent in items}
        return tuple(
            Entry(
                code=codes[key],
                kind=_kind(item, has_children=key in above.values()),
                name=self.text(key, item, "abbreviatedStatement", "fullStatement"),
                definition=self.text(key, item, "fullStatement"),
                parent=codes[above[key]] if key in above else None,
                levels=levels.get(key, ()),
            )
            for key, item in items.items()
        )

    def text(self, key: str, item: Part, *fields: str) -> Text:
        """Return the first field that holds words, in both languages as far as they are there."""
        field = next(name for name in fields if _words(item, name))
        words = str(item[field])
        chinese = _words(_part(_own(item), "zh"), field)
        other = self.translations.get(key, {})
        translated = next((_words(other, name) for name in fields if _words(other, name)), "")
        if translated and self.is_chinese(item) != self.is_chinese(other):
            return Text(translated, words) if self.is_chinese(item) else Text(words, translated)
        return Text(words, chinese or words)

    def is_chinese(self, item: Part) -> bool:
        """Tell whether an item speaks Chinese: "zh", "zh-Hans", or in ISO 639-2 "zho" and "chi"."""
        language = _words(item, "language") or _words(self.document, "language")
        return language.lower().partition("-")[0] in {"zh", "zho", "chi"}

    def levels(self) -> dict[str, tuple[Level, ...]]:
        """Return the levels of each item that a rubric's criterion names; of several criteria the first counts."""
        found: dict[str, tuple[Level, ...]] = {}
        for rubric in _parts(self.said, "CFRubrics"):
            for criterion in _parts(rubric, "CFRubricCriteria"):
                item = _words(_part(criterion, "CFItemURI"), "identifier")
                rows = _parts(criterion, "CFRubricCriterionLevels")
                if item in self.known and rows:
                    found.setdefault(item, _levels(rows))
        return found


def _levels(rows: list[Part]) -> tuple[Level, ...]:
    numbered = [(row.get("position"), n, row) for n, row in enumerate(rows, start=1)]
    ordered = sorted(numbered, key=lambda one: (one[0] if isinstance(one[0], int) else one[1], one[1]))
    return tuple(
        Level(rank=rank, name=_level_text(row, rank, "quality", "description"),
              descriptor=_level_text(row, rank, "description", "quality"))
        for rank, (_, _, row) in enumerate(ordered, start=1)
    )  # fmt: skip


def _level_text(row: Part, rank: int, *fields: str) -> Text:
    field = next((name for name in fields if _words(row, name)), "")
    words = _words(row, field) or str(rank)
    return Text(words, _words(_part(_own(row), "zh"), field) or words)


def _kind(item: Part, *, has_children: bool) -> str:
    said = _words(item, "CFItemType")
    if _own(item) and said in ("layer", "quality", "dimension"):
        return said
    return "layer" if has_children else "quality"


def _words(part: Part, field: str) -> str:
    """Return a text field, or nothing where there are no words in it."""
    value = part.get(field)
    return value if isinstance(value, str) and value.strip() else ""


def _part(part: Part, field: str) -> Part:
    value = part.get(field)
    return value if isinstance(value, Mapping) else {}


def _parts(part: Part, field: str) -> list[Part]:
    value = part.get(field)
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _own(part: Part) -> Part:
    """Return what ``write_case`` put under ``extensions``; for levels the standard has a list of them."""
    found = _part(part, "extensions") or next(iter(_parts(part, "extensions")), {})
    return _part(found, "yucai")


def _date(words: str) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(words)
    except ValueError:
        return None
