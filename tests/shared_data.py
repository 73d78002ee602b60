"""Where the data lie that stand beside the repository: reference values, and sets that their licence keeps apart."""

from pathlib import Path

import pytest


def shared_folder(name: str) -> Path:
    """Return the folder ``shared/data/NAME`` beside or above this checkout.

    Where there is none, the test says so and is skipped; with ``CI`` set a skipped test is a failure.
    """
    places = [parent / "shared" / "data" / name for parent in Path(__file__).resolve().parents]
    found = next((place for place in places if place.is_dir()), None)
    if found is None:
        pytest.skip(f"the data shared/data/{name} are not beside this checkout")
    return found
