"""Checks the licences of the Python packages that Yucai runs on, as their installed metadata state them.

python tools/licences.py            says what is not on the list
python tools/licences.py --table    prints the table of docs/licences.md
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Final

LOCKED: Final = Path(__file__).resolve().parents[1] / "requirements" / "demo.txt"

# The families we take, by the words that stand for them in metadata. What none of these words covers is refused.
ALLOWED: Final = {
    "MIT": r"MIT( License)?|MIT-0",
    "BSD": r"BSD( License)?|BSD-[23]-Clause|3-Clause BSD License|0BSD|Modified BSD License",
    "Apache-2.0": r"Apache-2\.0( WITH LLVM-exception)?|Apache (License,? )?(Version )?2\.0|Apache Software License",
    "MPL-2.0": r"MPL-2\.0|Mozilla Public License 2\.0 \(MPL 2\.0\)",
    "PSF-2.0": r"PSF-2\.0|Python Software Foundation License|PSFL",
    "NCSA": r"NCSA",  # the University of Illinois's union of MIT and BSD, see decision 0048
    "ISC": r"ISC|ISC License \(ISCL\)",
    "Zlib": r"Zlib",
    "BSL-1.0": r"BSL-1\.0|Boost Software License 1\.0 \(BSL-1\.0\)",
    "CC0-1.0": r"CC0-1\.0",
    "OFL-1.1": r"OFL-1\.1",
    "Unlicense": r"Unlicense|The Unlicense \(Unlicense\)",
}
# Only with the extra `postgres`, used as a library and unchanged, which the LGPL allows.
OPTIONAL: Final = {"psycopg": "LGPL-3.0-only", "psycopg-binary": "LGPL-3.0-only"}
# Only with the extras `oidc`, `cas` and `saml`, by which a school's identity service vouches for people.
SIGN_IN: Final = (
    *("authlib", "joserfc", "requests", "certifi", "charset-normalizer", "idna", "urllib3", "python-cas"),
    *("minisaml", "minisignxml", "defusedxml", "yarl", "multidict", "propcache"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Licensed:
    """One installed package and the licence that its metadata state."""

    name: str
    version: str
    licence: str
    families: tuple[str, ...]  # empty: not on the list


def main() -> int:
    """Print the table, or what is wrong; return 0 when every licence is on the list."""
    found = [read(name) for name in names_in(LOCKED.read_text())]
    installed = [package for package in found if package is not None]
    optional = [package for name in SIGN_IN if (package := read(name)) is not None]
    if "--table" in sys.argv:
        sys.stdout.write(table(installed))
        return 0
    refused = [package for package in [*installed, *optional] if not package.families]
    for package in refused:
        sys.stderr.write(f"{package.name} {package.version}: “{package.licence}” is not on the list.\n")
    if not installed:
        sys.stderr.write("No locked package is installed here; set up with `python3 do.py build` first.\n")
    return 1 if refused or not installed else 0


def names_in(locked: str) -> list[str]:
    """Return the package names of a locked requirements file, each once."""
    return sorted({line.partition("==")[0] for line in locked.splitlines() if "==" in line})


def read(name: str) -> Licensed | None:
    """Return what an installed package says of its licence; None when it is not installed on this kind of machine."""
    try:
        package = distribution(name)
    except PackageNotFoundError:
        return None
    stated = stated_licence(package)
    return Licensed(name=name, version=package.version, licence=stated, families=families_of(stated))


def stated_licence(package: Distribution) -> str:
    """Return the licence expression of a package, else its classifiers, else the short form of its licence field."""
    expression = package.metadata.get_all("License-Expression")
    if expression:
        return str(expression[0])
    classifiers: Iterable[str] = package.metadata.get_all("Classifier") or ()
    named = [line.rpartition(" :: ")[2] for line in classifiers if line.startswith("License :: OSI Approved :: ")]
    if named:
        return " AND ".join(named)
    field = str((package.metadata.get_all("License") or [""])[0])
    return field if field and "\n" not in field else "not stated"


def families_of(stated: str) -> tuple[str, ...]:
    """Return the families of a licence expression, one a part; empty when any part is not on the list.

    >>> families_of("MIT OR Apache-2.0")
    ('Apache-2.0', 'MIT')
    >>> families_of("GPL-3.0-only")
    ()
    >>> families_of("MIT AND GPL-2.0-or-later")
    ()
    """
    choices = [_all_of(choice) for choice in re.split(r" OR | or ", stated)]
    allowed = sorted({family for choice in choices for family in choice})
    return tuple(allowed)


def table(packages: Iterable[Licensed]) -> str:
    """Return the Markdown table of packages, without versions: those stand in requirements/."""
    rows = [f"| {package.name} | {package.licence} |\n" for package in packages]
    return "| Package | Licence |\n|---|---|\n" + "".join(rows)


def _all_of(choice: str) -> tuple[str, ...]:
    """All parts of an AND must be on the list, else none of them counts."""
    parts = [part.strip() for part in re.split(r" AND | and |;", choice)]
    families = [next((name for name, words in ALLOWED.items() if re.fullmatch(words, part)), "") for part in parts]
    return tuple(families) if all(families) else ()


if __name__ == "__main__":
    sys.exit(main())
