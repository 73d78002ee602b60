"""What Yucai is made of: every locked package, by hash, the same on every machine, and weaknesses that are known."""

import json
import re

import pytest

from tools.licences import names_in
from tools.sbom import ROOT, Package, bill_of, locked, main, own_version, pinned, read_advisories, weaknesses

SCHEMA = {"type", "bom-ref", "name", "version", "scope", "purl", "externalReferences"}


def test_every_locked_package_is_in_the_list_with_its_hashes():
    packages = {package.name: package for package in locked()}
    assert set(names_in((ROOT / "requirements" / "demo.txt").read_text())) <= set(packages)
    assert {"@expo-google-fonts/noto-sans-sc", "psycopg"} <= set(packages)
    assert [package.name for package in packages.values() if not package.hashes] == []
    assert packages["psycopg"].optional
    assert packages["@expo-google-fonts/noto-sans-sc"].purl == "pkg:npm/%40expo-google-fonts/noto-sans-sc@0.4.3"
    assert len(packages["@expo-google-fonts/noto-sans-sc"].hashes[0][1]) == 128


def test_the_list_has_the_form_of_cyclonedx_and_never_changes_by_itself():
    first, second = (json.dumps(bill_of(locked(), version=own_version())) for _ in range(2))
    assert first == second
    bill = json.loads(first)
    assert (bill["bomFormat"], bill["specVersion"], bill["version"]) == ("CycloneDX", "1.6", 1)
    assert re.fullmatch(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}", bill["serialNumber"])
    refs = [one["bom-ref"] for one in bill["components"]]
    assert len(refs) == len(set(refs)) > 40
    assert bill["dependencies"] == [{"ref": "yucai", "dependsOn": refs}]
    for one in bill["components"]:
        assert set(one) >= SCHEMA
        (reference,) = one["externalReferences"]
        for hashed in reference["hashes"]:
            length = {"SHA-256": 64, "SHA-512": 128}[hashed["alg"]]
            assert re.fullmatch(rf"[0-9a-f]{{{length}}}", hashed["content"])


def test_a_line_that_is_no_pin_is_refused():
    with pytest.raises(ValueError, match="neither a version nor a hash"):
        list(pinned("django>=5.2\n"))


def advisory(*, name="Some_Package", ecosystem="PyPI", **affected):
    return {"id": "X-1", "affected": [{"package": {"ecosystem": ecosystem, "name": name}, **affected}]}


def ranged(*events):
    return {"ranges": [{"type": "ECOSYSTEM", "events": [dict([event]) for event in events]}]}


@pytest.mark.parametrize(
    ("affected", "found"),
    [
        ({"versions": ["1.4.0"]}, True),
        ({"versions": ["1.3.0"]}, False),
        (ranged(("introduced", "0")), True),
        (ranged(("introduced", "0"), ("fixed", "1.4.0")), False),
        (ranged(("introduced", "0"), ("fixed", "1.4.1")), True),
        (ranged(("introduced", "1.4.0"), ("last_affected", "1.4.0")), True),
        (ranged(("introduced", "1.0"), ("fixed", "1.2"), ("introduced", "1.3"), ("fixed", "1.10")), True),
        (ranged(("introduced", "1.5")), False),
        (ranged(("introduced", "what")), True),  # cannot be compared: somebody looks
    ],
)
def test_a_weakness_is_found_by_its_versions(affected, found):
    package = Package("PyPI", "some-package", "1.4.0")
    assert bool(list(weaknesses([package], [advisory(**affected)]))) is found
    assert list(weaknesses([package], [advisory(ecosystem="npm", **affected)])) == []
    assert list(weaknesses([package], [advisory(name="another", **affected)])) == []


def test_advisories_are_read_and_a_folder_without_any_is_said(tmp_path, capsys):
    assert main(["--advisories", str(tmp_path / "none")]) == 1
    assert "holds no advisory" in capsys.readouterr().err
    django = next(package for package in locked() if package.name == "django")
    said = advisory(name="Django", versions=[django.version])
    (tmp_path / "X-1.json").write_text(json.dumps(said))
    (tmp_path / "X-2.json").write_text(json.dumps({**said, "id": "X-2", "withdrawn": "2026-01-01T00:00:00Z"}))
    assert main(["--advisories", str(tmp_path)]) == 1
    told = capsys.readouterr()
    assert told.err == f"django {django.version}: X-1\n"
    assert [one["id"] for one in read_advisories(tmp_path)] == ["X-1"]


def test_without_advisories_it_is_said_that_nothing_was_looked_for(capsys):
    assert main([]) == 0
    assert "known weaknesses were not looked for" in capsys.readouterr().out
    assert json.loads((ROOT / "build" / "sbom.json").read_text())["bomFormat"] == "CycloneDX"
