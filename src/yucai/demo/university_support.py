"""The Open University's past as a test of priority lists: what was known on one day, and who left or failed after."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import polars as pl

from yucai.demo.university import START_MONTHS, read_university_table
from yucai.matching import Clicks, PastCase, SupportSigns, Work

__all__ = ["CLICKS_WHOLE", "university_past"]

KEY: Final = ["code_module", "code_presentation"]
PASS_MARK: Final = 0.4  # of the Open University
MARKED_AFTER: Final = {"TMA": 14, "CMA": 0}  # days until a result is back: marked by a tutor, or by a machine
CLICKS_WHOLE: Final = ("AAA-2013J", "AAA-2014J", "BBB-2013B")  # the presentations whose clicks are to be had in full
WINDOW: Final = 14


def university_past(
    *, day: int, clicks: Path | None = None, presentations: Collection[str] = ()
) -> tuple[PastCase, ...]:
    """Return everybody who was there on one day of a presentation, with what was known of their work by then.

    The event is that somebody left after that day or failed; who left has a day where the source gives one, who failed
    has none. Results carried over from an earlier presentation are excused work. The source has no day on which a
    result was back: work marked by a tutor counts as known two weeks after it came. Examinations are no work of the
    term. ``clicks`` is the file ``student_vle_part.parquet``, which is not shipped; with it only the presentations
    whose clicks are whole come back, without it all 22 and no clicks. ``presentations`` names those that are wanted
    ("AAA-2013J").
    """
    chosen = presentations or (CLICKS_WHOLE if clicks is not None else ())
    there = _there(day)
    if chosen:
        there = there.filter(pl.col("cohort").is_in(list(chosen)))
    visits = _visits(clicks, day) if clicks is not None else {}
    works = _works(there, day)
    return tuple(_cases(there, works, visits, day=day, clicks=clicks is not None))


def _cases(
    there: pl.DataFrame,
    works: dict[tuple[str, int], tuple[Work, ...]],
    visits: dict[tuple[str, int], tuple[int, int]],
    *,
    day: int,
    clicks: bool,
) -> Iterator[PastCase]:
    for row in there.iter_rows(named=True):
        cohort, student = row["cohort"], row["id_student"]
        starts = _starts(row["code_presentation"])
        last, active = visits.get((cohort, student), (None, 0))
        left = row["final_result"] == "Withdrawn"
        yield PastCase(
            signs=SupportSigns(
                learner=f"ou-{student}",
                as_of=starts + timedelta(days=day),
                joined=starts + timedelta(days=max(0, row["date_registration"] or 0)),
                works=works.get((cohort, student), ()),
                clicks=Clicks(
                    last_visit=None if last is None else starts + timedelta(days=last),
                    days_active=active,
                    window_days=WINDOW,
                )
                if clicks
                else None,
            ),
            cohort=cohort,
            happened=left or row["final_result"] == "Fail",
            on=starts + timedelta(days=row["date_unregistration"])
            if left and row["date_unregistration"] is not None
            else None,
        )


def _there(day: int) -> pl.DataFrame:
    """Who had registered by the day and had not left."""
    joined = read_university_table("student").join(
        read_university_table("student_registration"), on=[*KEY, "id_student"]
    )
    return joined.filter(
        pl.col("date_registration").fill_null(0) <= day,
        pl.col("date_unregistration").is_null() | (pl.col("date_unregistration") > day),
    ).with_columns(_cohort())


def _works(there: pl.DataFrame, day: int) -> dict[tuple[str, int], tuple[Work, ...]]:
    asked = read_university_table("assessment").filter(
        pl.col("assessment_type") != "Exam", pl.col("date").is_not_null()
    )
    came = read_university_table("student_assessment")
    rows = (
        there.select(*KEY, "cohort", "id_student")
        .join(asked, on=KEY)
        .join(came, on=["id_assessment", "id_student"], how="left")
        .filter((pl.col("date") <= day) | (pl.col("date_submitted") <= day))
        .sort("cohort", "id_student", "date", "id_assessment")
    )
    found = dict[tuple[str, int], list[Work]]()
    for row in rows.iter_rows(named=True):
        found.setdefault((row["cohort"], row["id_student"]), []).append(_work(row))
    return {key: tuple(works) for key, works in found.items()}


def _work(row: dict[str, object]) -> Work:
    starts = _starts(str(row["code_presentation"]))
    kind, submitted, score = str(row["assessment_type"]), row["date_submitted"], row["score"]
    handed_in = starts + timedelta(days=int(str(submitted))) if submitted is not None else None
    known = handed_in + timedelta(days=MARKED_AFTER[kind]) if handed_in is not None else None
    return Work(
        reference=str(row["id_assessment"]),
        name=f"{kind} {row['id_assessment']}",
        due=starts + timedelta(days=int(float(str(row["date"])))),
        handed_in=handed_in,
        excused=bool(row["is_banked"]),
        result=float(str(score)) / 100 if score is not None else None,
        pass_mark=PASS_MARK,
        result_on=known,
    )


def _visits(path: Path, day: int) -> dict[tuple[str, int], tuple[int, int]]:
    """Return the last day with a visit, and on how many of the last days there was one."""
    table = pl.scan_parquet(path).filter(pl.col("date") <= day).with_columns(_cohort())
    found = (
        table.filter(pl.col("cohort").is_in(CLICKS_WHOLE))
        .group_by("cohort", "id_student")
        .agg(
            last=pl.col("date").max(),
            active=pl.col("date").filter(pl.col("date") > day - WINDOW).n_unique(),
        )
        .collect()
    )
    return {(row["cohort"], row["id_student"]): (row["last"], row["active"]) for row in found.iter_rows(named=True)}


def _cohort() -> pl.Expr:
    return (pl.col("code_module") + "-" + pl.col("code_presentation")).alias("cohort")


def _starts(presentation: str) -> date:
    return date(int(presentation[:4]), START_MONTHS[presentation[4]], 1)
