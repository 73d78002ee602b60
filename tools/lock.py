"""Locks what ``do.py`` installs: exact versions with the hashes of the public registry, and nothing else.

    python tools/lock.py             takes the versions locked now as far as pyproject.toml allows
    python tools/lock.py --upgrade   takes the newest

Needs uv. The files hold no address: neither of a registry nor of this machine.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
FOLDER: Final = ROOT / "requirements"

# One file each: what pyproject.toml must give. The later ones take the versions of the first.
FILES: Final = {
    "demo": ("--extra", "web", "--extra", "report", "--extra", "effects", "--group", "build"),
    "test": (
        *("--extra", "web", "--extra", "report", "--extra", "postgres", "--extra", "oidc", "--extra", "cas"),
        *("--extra", "saml", "--extra", "effects"),
        *("--group", "build", "--group", "test"),
    ),
    "spark": ("--group", "spark", "--no-binary", "pyspark"),
    "node": ("--group", "node"),
}
ALONE: Final = frozenset({"spark", "node"})  # without what Yucai itself needs
UV: Final = (
    *("pip", "compile", "--universal", "--python-version", "3.11", "--generate-hashes", "--only-binary", ":all:"),
    *("--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links", "--quiet", "--no-config"),
)
_LINE: Final = re.compile(r"[a-z0-9-]+==\S+( ; [^\\]+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?")


def main() -> int:
    """Write the files; return 0, or 1 after one sentence."""
    uv = shutil.which("uv")
    if uv is None:
        sys.stderr.write("Locking needs uv; install it (pip install uv) and run this again.\n")
        return 1
    for name, wanted in FILES.items():
        ran = _compile(uv, name, wanted)
        if ran.returncode:
            sys.stderr.write(f"requirements/{name}.txt was left as it is: uv could not lock it.\n{ran.stderr}")
            return 1
        faults = foreign_lines((FOLDER / f"{name}.txt").read_text())
        if faults:
            sys.stderr.write(f"requirements/{name}.txt holds more than versions and hashes: {'; '.join(faults[:5])}\n")
            return 1
    return 0


def foreign_lines(text: str) -> list[str]:
    """Return the lines of a locked file that are neither a version nor a hash."""
    return [line for line in text.splitlines() if not _LINE.fullmatch(line)]


def _compile(uv: str, name: str, wanted: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    source = [] if name in ALONE else ["pyproject.toml"]
    upgrade = [option for option in sys.argv[1:] if option == "--upgrade"]
    constraint = ["-c", "requirements/demo.txt"] if name == "test" else []
    # An index or folder that this machine adds for itself must not decide what others install.
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("UV_", "PIP_"))}
    command = [uv, *UV, *source, *wanted, *constraint, *upgrade, "--output-file", f"requirements/{name}.txt"]
    return subprocess.run(command, cwd=ROOT, env=clean, capture_output=True, text=True, check=False)


if __name__ == "__main__":
    sys.exit(main())
