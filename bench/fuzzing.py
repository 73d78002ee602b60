"""Damages files of every kind that is read, at random, and reads them: a table, or one sentence, in bounded memory.

Each stretch runs in a process of its own, so that a reader that ends the process, or never ends, is caught as well.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import random
import resource
import struct
import subprocess
import sys
import tempfile
import time
import zipfile
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
AT = datetime(2026, 1, 1, tzinfo=UTC)
MOST_MB = 2_000
MOST_SECONDS = 60
STRETCH = 60
HOSTILE = [b"9" * 20, b"<table>" * 50, b"<td colspan=1000 rowspan=1000>", b"\xff" * 8, b"\0" * 64, b'"', b"'", b"=1",
           b'<c r="XFD1048576"><v>1</v></c>', b"<!DOCTYPE x [<!ENTITY a 'b'>]>", b"1e400", b"\xef\xbb\xbf", b"\r", b",",
           "学号,成绩,".encode("gb18030"), "得分".encode(), b'ss:Index="16384"', b'ss:MergeAcross="9999"']  # fmt: skip
ROWS = [["学号", "姓名", "课程号", "课程名", "学年学期", "成绩"]] + [
    [f"2025{n:04d}", f"学生{n}", "C1", "课程", "2025-2026-1", ("85", "缺考", "优秀")[n % 3]] for n in range(40)
]
SCORES = [["learner", "item", "score", "max_score", "rater", "at"]] + [
    [f"s{n}", "e", str(n % 6), "5", "An", "2026-03-31"] for n in range(40)
]


def sound_files(folder):
    """Return the bytes of one sound file of each kind."""
    import polars as pl

    sys.path.insert(0, str(ROOT))
    from tests.unit.evidence.office_files import csv_file, html_file, xls_file, xlsx_file, xml_file, zip_file

    text = "\n".join(",".join(row) for row in SCORES)
    made = {
        "xlsx": xlsx_file(folder / "a.xlsx", ROWS, merged=["A1:A2"]),
        "xls": xls_file(folder / "a.xls", ROWS),
        "xml": xml_file(folder / "b.xls", ROWS),
        "html": html_file(folder / "c.xls", ROWS),
        "gb18030": csv_file(folder / "a.csv", ROWS, encoding="gb18030"),
        "csv": csv_file(folder / "b.csv", SCORES),
        "utf-16": csv_file(folder / "c.csv", SCORES, encoding="utf-16"),
        "csv-zip": zip_file(folder / "a.zip", {"scores.csv": text, "more/grades.csv": text}),
    }
    files = {kind: path.read_bytes() for kind, path in made.items()}
    files["nested zip"] = zipped({"a.csv": files["csv"], "inner.zip": files["csv-zip"], "inner.xlsx": files["xlsx"]})
    parquet = io.BytesIO()
    pl.DataFrame(SCORES[1:], schema=SCORES[0], orient="row").write_parquet(parquet)
    files["parquet"] = parquet.getvalue()
    return files


def zipped(parts):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return made.getvalue()


def scratched(content, chance):
    """Change bytes, put hostile pieces in, double or drop stretches, cut the end off."""
    data = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 4, 12))):
        at = chance.randrange(len(data) + 1)
        what = chance.randrange(5)
        if what == 0 and data:
            data[at % len(data)] = chance.randrange(256)
        elif what == 1:
            data[at:at] = chance.choice(HOSTILE)
        elif what == 2:
            stretch = data[at : at + chance.randrange(1, 400)]
            data[at:at] = stretch * chance.choice((1, 2, 50))
        elif what == 3:
            del data[at : at + chance.randrange(1, 60)]
        else:
            data[at : at + 4] = struct.pack("<I", chance.choice((0, 1, 2**31 - 1, 2**32 - 1)))
    if chance.random() < 0.15:
        del data[chance.randrange(len(data) + 1) :]
    return bytes(data)


def within(content, chance):
    """Scratch one part inside an archive, which then is a sound archive again."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = chance.choice(sorted(parts))
    parts[name] = scratched(parts[name], chance)
    return zipped(parts)


def bomb(files, chance):
    """Return an archive that unpacks to a thousand times its size, and may say that it does not."""
    base = chance.choice(("xlsx", "csv-zip"))
    size = chance.choice((1 << 20, 30 << 20, 1100 << 20))
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(files[base])) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
        row = chance.choice((b"a,b\n", b"\0\0\0\0", b"<row/>\n", b"<c/>\n", b",,,,\n", b"\n\n\n\n"))
        name = chance.choice(("xl/worksheets/sheet9.xml", "xl/sharedStrings.xml", "big.csv"))
        with new.open(name, "w", force_zip64=True) as part:
            piece = row * ((1 << 20) // len(row))
            for _ in range(size >> 20):
                part.write(piece)
    content = made.getvalue()
    if chance.random() < 0.5:
        content = content.replace(size.to_bytes(4, "little"), chance.choice((9, 2**31)).to_bytes(4, "little"))
    return content


def damaged(files, chance):
    if chance.random() < 0.004:
        return "bomb", bomb(files, chance)
    kind = chance.choice(sorted(files))
    if kind in {"xlsx", "csv-zip", "nested zip"} and chance.random() < 0.6:
        return f"{kind}, within", within(files[kind], chance)
    return kind, scratched(files[kind], chance)


def stretch(seconds, seed, path):
    """Try damaged files for a while in this process; anything but a table or a refusal raises."""
    from yucai.errors import YucaiError
    from yucai.evidence import preview_file, read_responses, read_table

    chance, read, refused = random.Random(seed), Counter(), Counter()
    slowest, until = 0.0, time.monotonic() + seconds
    with tempfile.TemporaryDirectory() as folder:
        files = sound_files(Path(folder))
    for content in files.values():  # each is sound before it is damaged
        path.write_bytes(content)
        preview_file(path)
    while time.monotonic() < until:
        kind, content = damaged(files, chance)
        path.write_bytes(content)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        began, sound = time.monotonic(), False
        for act in (preview_file, lambda p: read_table(p, "grades", at=AT), read_responses):
            with contextlib.suppress(YucaiError):
                act(path)
                sound = True
        (read if sound else refused)[kind] += 1
        took, peak = time.monotonic() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        slowest = max(slowest, took)
        if peak / 1024 > MOST_MB or took > MOST_SECONDS:
            sys.exit(f"{kind}: {took:.1f} s, {before / 1024:.0f} -> {peak / 1024:.0f} MB")
    for kind in sorted(read | refused):
        print(f"{kind}\t{read[kind]}\t{refused[kind]}")
    print(f"peak\t{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}\t{slowest:.1f}")


def fuzz(seconds, seed):
    """Run stretches until the time is up, print a table; on the first failure keep the file and end with it."""
    read, refused, peak, slowest, until = Counter(), Counter(), 0, 0.0, time.monotonic() + seconds
    panics = 0
    path = Path(tempfile.mkdtemp()) / "damaged.xls"
    while (left := until - time.monotonic()) > 1:
        command = [sys.executable, __file__, "--seconds", f"{min(left, STRETCH):.0f}", "--seed", f"{seed}", str(path)]
        try:
            ran = subprocess.run(command, capture_output=True, text=True, timeout=STRETCH + 10 * MOST_SECONDS)
        except subprocess.TimeoutExpired:
            sys.exit(f"a reader did not come to an end: seed {seed}, {path}")
        if ran.returncode:
            sys.exit(f"seed {seed} ended with {ran.returncode}; the file is {path}\n{ran.stdout}{ran.stderr[-2000:]}")
        panics += ran.stderr.count("panicked at")
        for line in ran.stdout.splitlines():
            kind, first, second = line.split("\t")
            if kind == "peak":
                peak, slowest = max(peak, int(first)), max(slowest, float(second))
            else:
                read[kind], refused[kind] = read[kind] + int(first), refused[kind] + int(second)
        seed += 1
    print("| Damaged | Read | Refused in one sentence |\n|---|---|---|")
    for kind in sorted(read | refused):
        print(f"| {kind} | {read[kind]:,} | {refused[kind]:,} |")
    print(
        f"\n{read.total() + refused.total():,} files, none ended in anything else; "
        f"peak {peak} MB, slowest {slowest} s, {panics} panics of native code caught"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("path", type=Path)
    options = parser.parse_args()
    stretch(options.seconds, options.seed, options.path)
