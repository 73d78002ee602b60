"""A backup takes the lake while it is written: whole files, and no stop where one is replaced meanwhile."""

import tarfile

from yucai.web.commands.keeping import _add_lake
from yucai.web.workspace import create_workspace


def test_what_is_unfinished_or_gone_is_passed_over(tmp_path, monkeypatch):
    office = create_workspace(tmp_path / "office", name="x", language="en")
    place = office.lake / "school" / "statements" / "s" / "period=2026-11"
    place.mkdir(parents=True)
    for name in ("part-1-9.parquet", "part-10-19.parquet", ".0123.part"):
        (place / name).write_bytes(b"PAR1")
    add = tarfile.TarFile.add

    def merged_meanwhile(archive, name, **more):
        if str(name).endswith("part-1-9.parquet"):
            (place / "part-1-9.parquet").unlink()
        return add(archive, name, **more)

    monkeypatch.setattr(tarfile.TarFile, "add", merged_meanwhile)
    with tarfile.open(tmp_path / "b.tar.gz", "w:gz") as archive:
        _add_lake(archive, office)
    with tarfile.open(tmp_path / "b.tar.gz") as archive:
        held = [one.name for one in archive if one.isfile()]
    assert held == ["lake/school/statements/s/period=2026-11/part-10-19.parquet"]
