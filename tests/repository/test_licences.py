"""What Yucai stands on may be given on by everybody: no copyleft part in the runtime."""

import json
import re
from pathlib import Path

import pytest

from tools.licences import LOCKED, SIGN_IN, families_of, names_in, read, table

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "licences.md"


def installed():
    return [package for name in names_in(LOCKED.read_text()) if (package := read(name)) is not None]


def test_the_licence_of_every_runtime_package_is_on_the_list():
    packages = installed()
    assert len(packages) > 20
    assert {package.name: package.licence for package in packages if not package.families} == {}


@pytest.mark.parametrize("name", SIGN_IN)
def test_the_licence_of_every_package_of_an_identity_service_is_on_the_list_and_on_the_page(name):
    assert read(name).families
    assert f"`{name}`" in PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("stated", ["GPL-3.0-only", "MIT AND LGPL-3.0-only", "Proprietary", "not stated", ""])
def test_any_other_licence_is_found(stated):
    assert families_of(stated) == ()


def test_a_choice_of_licences_counts_when_one_of_them_is_on_the_list():
    assert families_of("GPL-2.0-only OR MIT") == ("MIT",)


@pytest.mark.parametrize("folder", [".", "tests/clients"])
def test_the_licence_of_every_npm_package_is_on_the_list(folder):
    packages = json.loads((ROOT / folder / "package-lock.json").read_text())["packages"]
    assert {
        name: package.get("license") for name, package in packages.items() if not families_of(package["license"])
    } == {}


def test_the_page_lists_exactly_these_packages():
    assert table(installed()) in PAGE.read_text(encoding="utf-8")


def test_the_licence_of_yucai_is_the_whole_text():
    text = (ROOT / "LICENSE").read_text()
    assert re.search(r"Apache License\s+Version 2\.0, January 2004", text)
    assert "END OF TERMS AND CONDITIONS" in text
