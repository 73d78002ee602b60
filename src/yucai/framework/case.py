"""Writing a framework as a 1EdTech CASE 1.1 package, so that other systems can take it in.

CASE (Competencies and Academic Standards Exchange, version 1.1, 24 January 2025) is one JSON object, a ``CFPackage``: a
``CFDocument``, its ``CFItems``, their ``CFAssociations``, and ``CFRubrics``. Where our things go:

====================  ================================================================================================
Ours                  CASE 1.1
====================  ================================================================================================
framework             ``CFDocument``: name in ``title``, source in ``description``, licence in ``licenseURI``
layer, quality ...    ``CFItem``: code in ``humanCodingScheme``, kind in ``CFItemType``, definition in
                      ``fullStatement``, name in ``abbreviatedStatement``
parent                ``CFAssociation`` of the type ``isChildOf``, in order by ``sequenceNumber``; without a parent,
                      of the document
five levels           one ``CFRubric``; a criterion for each item, a ``CFRubricCriterionLevel`` for each level
crosswalk             ``exactMatchOf`` for what is exact, else ``isRelatedTo``; the reason in ``notes``
====================  ================================================================================================

**Two languages.** A statement in CASE has one language. ``alternativeLabel`` is no place for the other: the standard
means by it another word for "competency". ``isTranslationOf`` is, but would show every entry twice in programs that
do not know it. So the fields of the standard speak English, and the Chinese words stand under ``extensions``, which
version 1.1 gave to every part, as ``extensions.yucai.zh``. Both are read back.

**Identifiers** are made from code and version (UUID version 5): the same framework gives the same package, to the byte.
A ``CFPackageURI`` or ``CFDocumentURI`` has no place inside a package of version 1.1 and is not written.
"""

from __future__ import annotations

import datetime
import json
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from yucai.errors import YucaiError
from yucai.framework.frameworks import Crosswalk, CrosswalkLink, Entry, Framework, Level
from yucai.texts import Text

__all__ = ["CaseNotWrittenError", "UndatedFrameworkError", "to_case", "write_case"]

NAMESPACE: Final = uuid.uuid5(uuid.NAMESPACE_URL, "urn:yucai:framework")
Part = dict[str, Any]


class UndatedFrameworkError(YucaiError):
    """CASE needs the time of the last change, and the framework does not know its date."""

    says = Text(
        "“{code}” has no date, and CASE needs the time of the last change. Put “date = 2026-11-24” into the pack, or"
        " give the time with its time zone.",
        "“{code}”没有日期，而 CASE 须注明最近修改时间。请在资料包中写明“date = 2026-11-24”，或给出带时区的时间。",
    )
    exit_code = 65


class CaseNotWrittenError(YucaiError):
    """The file cannot be written there."""

    says = Text(
        "“{file}” cannot be written ({reason}). Name a folder that is there and may be written to.",
        "无法写入“{file}”（{reason}）。请指定已存在且可写的文件夹。",
    )
    exit_code = 73


def to_case(
    framework: Framework,
    *,
    crosswalks: Iterable[Crosswalk] = (),
    creator: str = "Yucai",
    at: datetime.datetime | None = None,
) -> Part:
    """Return a framework as a CASE 1.1 ``CFPackage``, ready for JSON.

    ``at`` is the time of the last change, aware; without it the framework's date at 00:00 UTC counts. ``crosswalks``
    must be of this framework; others are left out. Raises UndatedFrameworkError.

    >>> from yucai.framework.packs import load_framework
    >>> package = to_case(load_framework("ai-literacy"))
    >>> package["CFDocument"]["title"], package["CFItems"][0]["humanCodingScheme"]
    ('AI literacy', 'ai-awareness')
    """
    writer = _Writer(framework, creator, _stamp(framework, at))
    package: Part = {
        "CFDocument": writer.document(),
        "CFItems": [writer.item(entry) for entry in framework.entries],
        "CFAssociations": [*writer.children(), *writer.matches(crosswalks)],
        "CFDefinitions": {"CFLicenses": [writer.licence()]},
    }
    if any(entry.levels for entry in framework.entries):
        package["CFRubrics"] = [writer.rubric()]
    return package


def write_case(
    framework: Framework,
    file: str | Path,
    *,
    crosswalks: Iterable[Crosswalk] = (),
    creator: str = "Yucai",
    at: datetime.datetime | None = None,
) -> Path:
    """Write a framework as a CASE 1.1 package (JSON, UTF-8) and return the path; a file of that name is replaced.

    Raises UndatedFrameworkError, CaseNotWrittenError.
    """
    package = to_case(framework, crosswalks=crosswalks, creator=creator, at=at)
    path = Path(file)
    try:
        path.write_bytes((json.dumps(package, ensure_ascii=False, indent=2) + "\n").encode("utf-8"))
    except OSError as problem:
        raise CaseNotWrittenError(file=path, reason=problem.strerror) from problem
    return path


def _stamp(framework: Framework, at: datetime.datetime | None) -> str:
    if at is not None and at.tzinfo is not None:
        return at.astimezone(datetime.UTC).isoformat(timespec="seconds")
    if at is None and framework.date is not None:
        return f"{framework.date.isoformat()}T00:00:00+00:00"
    raise UndatedFrameworkError(code=framework.code)


class _Writer:
    """Writes the parts of one package; each part has its identifier from what it stands for."""

    def __init__(self, framework: Framework, creator: str, stamp: str) -> None:
        self.framework, self.creator, self.stamp = framework, creator, stamp

    def part(self, *what: str) -> Part:
        """Return the three fields that every part has."""
        made = _identifier(self.framework.code, self.framework.version, *what)
        return {"identifier": made, "uri": f"urn:uuid:{made}", "lastChangeDateTime": self.stamp}

    def link(self, title: str, *what: str) -> Part:
        """Return a reference to a part of this package."""
        part = self.part(*what)
        return {"title": title, "identifier": part["identifier"], "uri": part["uri"]}

    def link_to(self, entry: Entry) -> Part:
        return self.link(entry.name.en, "item", entry.code)

    def document(self) -> Part:
        one = self.framework
        own = {"code": one.code, "source": one.source, "date": one.date.isoformat() if one.date else None,
               "zh": {"title": one.name.zh}}  # fmt: skip
        return {
            **self.part("document"),
            "caseVersion": "1.1",
            "creator": self.creator,
            "title": one.name.en,
            "description": one.source,
            "language": "en",
            "version": one.version,
            "adoptionStatus": "Draft",
            "licenseURI": self.link(one.licence, "licence"),
            "extensions": {"yucai": own},
        }

    def licence(self) -> Part:
        licence = self.framework.licence
        return {**self.part("licence"), "title": licence, "licenseText": licence}

    def item(self, entry: Entry) -> Part:
        return {
            **self.part("item", entry.code),
            "fullStatement": entry.definition.en,
            "abbreviatedStatement": entry.name.en,
            "humanCodingScheme": entry.code,
            "CFItemType": entry.kind,
            "language": "en",
            "extensions": _chinese(fullStatement=entry.definition, abbreviatedStatement=entry.name),
        }

    def children(self) -> Iterator[Part]:
        """Yield where each entry belongs, in order."""
        entries = {entry.code: entry for entry in self.framework.entries}
        for number, entry in enumerate(self.framework.entries, start=1):
            parent = entries.get(entry.parent) if entry.parent is not None else None
            above = self.link_to(parent) if parent else self.link(self.framework.name.en, "document")
            yield {
                **self.part("isChildOf", entry.code),
                "associationType": "isChildOf",
                "sequenceNumber": number,
                "originNodeURI": {**self.link_to(entry), "targetType": "CASE"},
                "destinationNodeURI": {**above, "targetType": "CASE"},
            }

    def matches(self, crosswalks: Iterable[Crosswalk]) -> Iterator[Part]:
        """Yield what corresponds to entries of other frameworks."""
        for crosswalk in crosswalks:
            for link in crosswalk.links if crosswalk.framework == self.framework.code else ():
                yield self.match(crosswalk, link)

    def match(self, crosswalk: Crosswalk, link: CrosswalkLink) -> Part:
        theirs = _identifier(crosswalk.target, link.theirs)
        return {
            **self.part("match", crosswalk.code, link.ours, link.theirs),
            "associationType": "exactMatchOf" if link.relation == "exact" else "isRelatedTo",
            "originNodeURI": {**self.link_to(self.framework.entry(link.ours)), "targetType": "CASE"},
            "destinationNodeURI": {
                "title": f"{crosswalk.target} {link.theirs} {crosswalk.titles[link.theirs].en}",
                "identifier": link.theirs,
                "uri": f"urn:uuid:{theirs}",
                "targetType": "ext:framework",
            },
            "notes": link.reason.en,
            "extensions": {"yucai": {"relation": link.relation, "zh": {"notes": link.reason.zh}}},
        }

    def rubric(self) -> Part:
        """Return the levels of all entries as one rubric."""
        measured = [entry for entry in self.framework.entries if entry.levels]
        criteria = [self.criterion(entry, position) for position, entry in enumerate(measured, start=1)]
        name = self.framework.name
        return {
            **self.part("rubric"),
            "title": name.en,
            "CFRubricCriteria": criteria,
            "extensions": _chinese(title=name),
        }

    def criterion(self, entry: Entry, position: int) -> Part:
        levels = [self.level(entry, level) for level in entry.levels]
        return {
            **self.part("criterion", entry.code),
            "description": entry.name.en,
            "CFItemURI": self.link_to(entry),
            "position": position,
            "rubricId": self.part("rubric")["identifier"],
            "CFRubricCriterionLevels": levels,
            "extensions": _chinese(description=entry.name),
        }

    def level(self, entry: Entry, level: Level) -> Part:
        return {
            **self.part("level", entry.code, str(level.rank)),
            "description": level.descriptor.en,
            "quality": level.name.en,
            "score": level.rank,
            "position": level.rank,
            "rubricCriterionId": self.part("criterion", entry.code)["identifier"],
            "extensions": [_chinese(description=level.descriptor, quality=level.name)],  # here the standard has a list
        }


def _chinese(**fields: Text) -> Part:
    return {"yucai": {"zh": {field: words.zh for field, words in fields.items()}}}


def _identifier(*what: str) -> str:
    return str(uuid.uuid5(NAMESPACE, json.dumps(what, ensure_ascii=False)))
