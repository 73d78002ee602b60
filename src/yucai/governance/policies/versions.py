"""Which programs work a result out: their versions, and the hash of the code itself."""

from __future__ import annotations

import platform
from functools import cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from typing import Final

__all__ = ["code_versions"]

PACKAGES: Final = ("yucai", "numpy", "scipy", "polars", "pandas", "numba", "diff-diff")
CODE: Final = ("effects", "policies")


@cache
def code_versions() -> dict[str, str]:
    """Return the versions of the packages behind a result, and the hash of our own code for it."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found | {"code": _hash_of_code()}


def _hash_of_code() -> str:
    """Return one hash over every source file of estimators and register, by name and content."""
    digest = sha256()
    root = files("yucai.governance")
    for part in CODE:
        for file in sorted(root.joinpath(part).iterdir(), key=lambda one: one.name):
            if file.name.endswith((".py", ".toml")):
                digest.update(f"{part}/{file.name}\0".encode() + sha256(file.read_bytes()).digest())
    return digest.hexdigest()
