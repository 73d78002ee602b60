"""Writes what Yucai is made of as a CycloneDX 1.6 list, and compares it with known weaknesses where they are at hand.

    python tools/sbom.py                        writes build/sbom.json
    python tools/sbom.py --advisories FOLDER    also compares with advisories in the OSV form, one JSON file each

The list is made of the locked files alone (requirements/, package-lock.json), so the same lock gives the same list on
every machine, without a network. Whether a package has a known weakness no lock can tell: before a release somebody
fetches the advisories of PyPI and npm from osv.dev, unpacks them into a folder and names it here.
"""

from __future__ import annotations

import base64
import json
import re
import sys
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from packaging.version import InvalidVersion, Version

ROOT: Final = Path(__file__).resolve().parents[1]
LIST: Final = ROOT / "build" / "sbom.json"
SPACE: Final = uuid.UUID("6e0c1c0e-3f57-5b5e-8a43-5d0a6a5e2c11")  # of serial numbers made from what a list holds
PINNED: Final = re.compile(r"^([a-z0-9-]+)==([^\s;]+)(?: ; ([^\\]+?))? \\$")
HASH: Final = re.compile(r"^    --hash=sha256:([0-9a-f]{64})")
OPTIONAL: Final = frozenset({"psycopg", "psycopg-binary"})  # of the extra `postgres`


class AdvisoriesError(Exception):
    """The advisories could not be read; the message says which."""


@dataclass(slots=True)
class Package:
    """One locked package."""

    ecosystem: str  # as OSV calls it
    name: str
    version: str
    hashes: list[tuple[str, str]] = field(default_factory=list)  # algorithm, hexadecimal
    marker: str = ""
    licence: str = ""
    optional: bool = False

    @property
    def purl(self) -> str:
        """Return its package URL."""
        kind = {"PyPI": "pypi", "npm": "npm"}[self.ecosystem]
        return f"pkg:{kind}/{quote(self.name, safe='/')}@{quote(self.version)}"


def main(arguments: Sequence[str]) -> int:
    """Write the list; return 0, or 1 where a package has a known weakness."""
    packages = locked()
    LIST.parent.mkdir(exist_ok=True)
    LIST.write_text(json.dumps(bill_of(packages, version=own_version()), indent=1) + "\n", encoding="utf-8")
    if "--advisories" not in arguments:
        said = "known weaknesses were not looked for: --advisories FOLDER"
        sys.stdout.write(f"{len(packages)} packages in {LIST.relative_to(ROOT)}; {said}\n")
        return 0
    try:
        advisories = list(read_advisories(Path(arguments[arguments.index("--advisories") + 1])))
    except (AdvisoriesError, IndexError) as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    found = sorted(weaknesses(packages, advisories))
    sys.stderr.write("".join(f"{name} {version}: {code}\n" for name, version, code in found))
    sys.stdout.write(f"{len(packages)} packages, {len(advisories)} advisories, {len(found)} found\n")
    return 1 if found else 0


def locked() -> list[Package]:
    """Return every package that Yucai runs on, with the optional ones, by name."""
    runtime = list(pinned((ROOT / "requirements" / "demo.txt").read_text(encoding="utf-8")))
    further = pinned((ROOT / "requirements" / "test.txt").read_text(encoding="utf-8"))
    optional = [package for package in further if package.name in OPTIONAL]
    for package in optional:
        package.optional = True
    npm = from_npm(json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8")))
    return sorted([*runtime, *optional, *npm], key=lambda package: package.purl)


def pinned(text: str) -> Iterator[Package]:
    """Yield the packages of a locked requirements file with their hashes."""
    package: Package | None = None
    for line in text.splitlines():
        if found := PINNED.match(line):
            if package is not None:
                yield package
            package = Package(ecosystem="PyPI", name=found[1], version=found[2], marker=found[3] or "")
        elif (hashed := HASH.match(line)) and package is not None:
            package.hashes.append(("SHA-256", hashed[1]))
        else:
            raise ValueError(f"neither a version nor a hash: {line}")
    if package is not None:
        yield package


def from_npm(lock: dict[str, Any]) -> Iterator[Package]:
    """Yield the packages of an npm lock."""
    for place, said in lock["packages"].items():
        if place:
            algorithm, _, digest = said["integrity"].partition("-")
            hashed = (algorithm.upper().replace("SHA", "SHA-"), base64.b64decode(digest).hex())
            name = place.rpartition("node_modules/")[2]
            yield Package("npm", name, said["version"], hashes=[hashed], licence=said["license"])


def bill_of(packages: Sequence[Package], *, version: str) -> dict[str, Any]:
    """Return the list in the form of CycloneDX 1.6."""
    own = {"type": "application", "bom-ref": "yucai", "name": "yucai", "version": version}
    own |= {"licenses": [{"license": {"id": "Apache-2.0"}}], "purl": f"pkg:pypi/yucai@{version}"}  # type: ignore[dict-item]
    components = [_component(package) for package in packages]
    serial = uuid.uuid5(SPACE, json.dumps([own, components], sort_keys=True))
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
        "metadata": {"component": own},
        "components": components,
        "dependencies": [{"ref": "yucai", "dependsOn": [package.purl for package in packages]}],
    }


def _component(package: Package) -> dict[str, Any]:
    # A locked version has one hash for each file that it is published as; any of them may be what is installed.
    hashes = [{"alg": algorithm, "content": content} for algorithm, content in sorted(package.hashes)]
    said: dict[str, Any] = {
        "type": "library",
        "bom-ref": package.purl,
        "name": package.name,
        "version": package.version,
        "scope": "optional" if package.optional else "required",
        "purl": package.purl,
        "externalReferences": [{"type": "distribution", "url": package.purl, "hashes": hashes}],
    }
    if package.licence:
        said["licenses"] = [{"expression": package.licence}]
    if package.marker:
        said["properties"] = [{"name": "yucai:marker", "value": package.marker}]
    return said


def own_version() -> str:
    """Return Yucai's own version, read from its source."""
    text = (ROOT / "src" / "yucai" / "__init__.py").read_text(encoding="utf-8")
    found = re.search(r'__version__ = "([^"]+)"', text)
    if found is None:
        raise ValueError("src/yucai/__init__.py states no version")
    return found[1]


def read_advisories(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield the advisories of a folder; those withdrawn are passed over. Raises AdvisoriesError."""
    files = sorted(folder.rglob("*.json")) if folder.is_dir() else []
    if not files:
        raise AdvisoriesError(
            f"“{folder}” holds no advisory. Unpack the all.zip of PyPI and of npm from osv.dev there."
        )
    for file in files:
        try:
            said = json.loads(file.read_text(encoding="utf-8"))
            if "withdrawn" not in said:
                yield {"id": said["id"], "affected": said.get("affected", [])}
        except (ValueError, KeyError, TypeError) as problem:
            raise AdvisoriesError(f"“{file}” is no advisory in the OSV form.") from problem


def weaknesses(packages: Iterable[Package], advisories: Iterable[dict[str, Any]]) -> Iterator[tuple[str, str, str]]:
    """Yield name, version and advisory of every locked package that an advisory speaks of."""
    by_name = {(package.ecosystem, _plain(package.name)): package for package in packages}
    for advisory in advisories:
        for affected in advisory["affected"]:
            named = affected.get("package", {})
            package = by_name.get((named.get("ecosystem", ""), _plain(named.get("name", ""))))
            if package is not None and _is_affected(package.version, affected):
                yield package.name, package.version, advisory["id"]
                break


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _is_affected(version: str, affected: dict[str, Any]) -> bool:
    if version in affected.get("versions", ()):
        return True
    ranges = (one for one in affected.get("ranges", ()) if one.get("type") in ("ECOSYSTEM", "SEMVER"))
    return any(_is_within(version, one["events"]) for one in ranges)


def _is_within(version: str, events: Sequence[dict[str, str]]) -> bool:
    """Whether a version lies in a range; one that cannot be compared counts as within, so that somebody looks."""
    try:
        here, within = Version(version), False
        for event in sorted(events, key=_place):
            if "introduced" in event:
                within = within or event["introduced"] == "0" or here >= Version(event["introduced"])
            elif _is_past(here, event):
                within = False
    except InvalidVersion:
        return True
    return within


def _is_past(here: Version, event: dict[str, str]) -> bool:
    if "fixed" in event:
        return here >= Version(event["fixed"])
    return "last_affected" in event and here > Version(event["last_affected"])


def _place(event: dict[str, str]) -> tuple[Version, int]:
    said = next(iter(event.values()))
    return Version(said), 0 if "introduced" in event else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
