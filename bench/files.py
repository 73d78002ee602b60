"""Measures files in and out: a workbook of 100,000 grades, the Open University's results, exports, a longer fuzz.

    .venv/bin/python bench/files.py             prints a table, with Polars and pandas reading the same text plainly
    .venv/bin/python bench/files.py --fuzz 600  tries damaged files of every kind for ten minutes

Each figure is taken in a fresh process: wall and CPU seconds, and the peak memory of the process.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

from fuzzing import fuzz

ONE = """
import resource, sys, time
from datetime import UTC, datetime
from pathlib import Path
from yucai.evidence import load_profile, read_responses, read_table, responses_from, write_csv, write_xlsx
what, source, out = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
at = datetime(2026, 1, 1, tzinfo=UTC)
began, busy = time.perf_counter(), time.process_time()
if what == "responses":
    rows = len(read_responses(source).responses)
elif what == "raw results":
    reading = read_table(source, at=at)
    rows = reading.report.read_count
    assert reading.profile.code == "oulad-results" and rows == reading.report.kept_count, reading.report
    made = len(responses_from(reading).responses)
    assert made == rows - sum(reading.report.states.values()), made
elif what == "peer polars":
    import polars
    rows = polars.read_csv(source).height
elif what == "peer pandas":
    import pandas
    rows = len(pandas.read_csv(source))
else:
    reading = read_table(source, at=at)
    reading.report.in_language("zh")
    rows = reading.report.read_count
    if what == "write xlsx":
        began, busy = time.perf_counter(), time.process_time()
        write_xlsx(out / "out.xlsx", reading.table, load_profile("grades"))
    if what == "write csv":
        began, busy = time.perf_counter(), time.process_time()
        write_csv(out / "out.csv", reading.table, load_profile("grades"))
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(f"{rows} {time.perf_counter() - began:.2f} {time.process_time() - busy:.2f} {peak:.0f}")
"""


def make_grades(path, n_rows=100_000):
    """Write a workbook of grades as a registrar's system gives it: 17 columns, numbers as numbers."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    page = book.create_sheet("成绩")
    page.append(["学号", "姓名", "班级", "课程号", "课序号", "课程名", "学年学期", "学分", "学时", "成绩", "绩点成绩",
                 "课程性质", "考核方式", "考试性质", "及格标志", "教师名", "备注"])  # fmt: skip
    chance = random.Random(1)
    for n in range(n_rows):
        grade = chance.choice([chance.randrange(40, 101), chance.randrange(40, 101), "优秀", "良好", "缺考"])
        who = [f"2025{n % 20_000:06d}", f"学生{n % 20_000}", f"{n % 400}班"]
        course = [f"C{n // 20_000:03d}", f"{n % 9:02d}", "课程", "2025-2026-1", 3, 48]
        page.append([*who, *course, grade, 3.3, "必修", "考试", "正常考试", "是", "王老师、李老师", ""])
    book.save(path)


def make_results(path):
    """Write the Open University's results that the program carries as a CSV with our titles."""
    from yucai.demo import open_university

    table = open_university().responses.table
    table.select("learner", "item", "score", "max_score", "occasion").write_csv(path)
    return table.height


def make_raw_results(path):
    """Write the results of the Open University data set as its authors publish them: studentAssessment.csv."""
    from importlib.resources import files

    import polars as pl

    names = ["id_assessment", "id_student", "date_submitted", "is_banked", "score"]
    with files("yucai.demo").joinpath("oulad/student_assessment.parquet").open("rb") as kept:
        pl.read_parquet(kept).select(names).write_csv(path)


def measure(what, source, out):
    ran = subprocess.run([sys.executable, "-c", ONE, what, str(source), str(out)], capture_output=True, text=True)
    if ran.returncode:
        sys.exit(ran.stderr)
    return ran.stdout.split()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fuzz", type=float, default=0, metavar="SECONDS")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--make", type=Path, metavar="FOLDER", help="only write the files that are measured")
    options = parser.parse_args()
    if options.fuzz:
        fuzz(options.fuzz, options.seed)
        return
    if options.make:
        make_grades(options.make / "grades.xlsx")
        make_results(options.make / "results.csv")
        make_raw_results(options.make / "studentAssessment.csv")
        return
    print(f"1-minute load at the start: {os.getloadavg()[0]:.2f}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # In a process of its own: the peak of a process begins with what its parent held.
        subprocess.run([sys.executable, __file__, "--make", name], check=True)
        tasks = [("read with report", "grades.xlsx"), ("raw results", "studentAssessment.csv"),
                 ("peer polars", "studentAssessment.csv"), ("peer pandas", "studentAssessment.csv"),
                 ("responses", "results.csv"), ("write xlsx", "grades.xlsx"),
                 ("write csv", "grades.xlsx")]  # fmt: skip
        print("| Task | File | Rows | Wall s | CPU s | Peak MB |\n|---|---|---|---|---|---|")
        for what, source in tasks:
            rows, wall, cpu, peak = measure(what, folder / source, folder)
            print(f"| {what} | {source} | {int(rows):,} | {wall} | {cpu} | {peak} |", flush=True)


if __name__ == "__main__":
    main()
