"""Every room says what it offers, and what it shows as an example is so."""

import doctest
import warnings
from importlib import import_module
from inspect import getdoc
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "yucai"
ROOMS = sorted(path.parent.name for path in SOURCE.glob("*/__init__.py"))
DOORS = ["yucai.errors", "yucai.frames", "yucai.texts", *(f"yucai.{room}" for room in ROOMS)]
WITH_EXAMPLES = sorted(
    ".".join(["yucai", *path.relative_to(SOURCE).with_suffix("").parts]).removesuffix(".__init__")
    for path in SOURCE.rglob("*.py")
    if "\n    >>> " in path.read_text(encoding="utf-8") or "\n>>> " in path.read_text(encoding="utf-8")
)


def test_all_rooms_of_the_house_stand():
    assert set(ROOMS) >= {
        "framework",
        "evidence",
        "measurement",
        "demand",
        "matching",
        "selection",
        "governance",
        "web",
    }


@pytest.mark.parametrize("name", DOORS)
def test_every_public_name_is_explained(name):
    door = import_module(name)
    assert getdoc(door)
    unexplained = []
    for public in door.__all__:
        thing = getattr(door, public)
        # A constant has the docstring of its type, which says nothing of it.
        if (isinstance(thing, type) or callable(thing)) and not (getattr(thing, "__doc__", None) or "").strip():
            unexplained.append(public)
        elif isinstance(thing, type) and (thing.__doc__ or "").startswith(f"{thing.__name__}("):
            unexplained.append(f"{public} (only the signature that dataclass writes)")
    assert unexplained == []


@pytest.mark.parametrize("name", DOORS)
def test_a_door_lists_what_it_has(name):
    door = import_module(name)
    assert [public for public in door.__all__ if not hasattr(door, public)] == []
    assert sorted(set(door.__all__)) == sorted(door.__all__)


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_examples_in_docstrings_are_so(name):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        told = doctest.testmod(import_module(name), optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    assert told.attempted > 0
    assert told.failed == 0
